"""Scores of designed samples against R's package survey (tests/oracles/make/survey.R)."""

import dataclasses
import functools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import npsstats as nps
from npsstats.kernels.design_tests import rao_scott
from npsstats.kernels.replication import replicate_scales

DATA = Path(__file__).parent / "data"
R_ORACLE = json.loads((DATA / "survey_r.json").read_text())
CALIBRATED = json.loads((DATA / "calibration.json").read_text())
LINEARISED = [case for case in R_ORACLE["cases"] if "replicates" not in case]
REPLICATED = [case for case in R_ORACLE["cases"] if "replicates" in case]
AIRPORT = {case["name"]: case for case in R_ORACLE["sfo"]}
MEAN = nps.mean_rating(nps.Scale(0, 10))

# Both sides are sums of some hundred products, and 15 digits are stored. Where the clusters of a stratum weigh almost
# the same, their spread about their mean loses three digits or four of the sixteen.
CLOSE = {"rtol": 1e-10}


def close_covariance(found, packed):
    """Each covariance to 1e-10 of the standard errors it belongs to; those of groups apart are 0, but for rounding."""
    size = len(found)
    lower = np.tril_indices(size)
    expected = np.zeros((size, size))
    expected[lower] = packed
    expected[lower[::-1]] = packed
    errors = np.sqrt(np.diag(expected))
    np.testing.assert_array_less(np.abs(found - expected), 1e-10 * np.outer(errors, errors) + 1e-18)


def rows_of(case):
    columns = R_ORACLE["samples"][case["sample"]]
    return pd.DataFrame({**columns, "rating": pd.array(columns["rating"], dtype="Int64")})


def arguments_of(case):
    """Those of `tabulate_survey`; where replicates are stored, they become columns."""
    return {**case["arguments"], "by": "group"}


@functools.cache
def tabulated(name):
    case = next(case for case in R_ORACLE["cases"] if case["name"] == name)
    rows, arguments = rows_of(case), arguments_of(case)
    if "replicates" in case:
        rows, arguments["replicate_weights"] = with_replicates(rows, case["replicates"])
    return nps.tabulate_survey(rows, "rating", **arguments)


def with_replicates(rows, stored):
    columns = stored["columns"]
    clusters = pd.MultiIndex.from_frame(pd.DataFrame(stored["clusters"])[columns])
    factors = np.array(stored["factors"], float)[clusters.get_indexer(pd.MultiIndex.from_frame(rows[columns]))]
    names = [f"replicate_{i}" for i in range(factors.shape[1])]
    weights = pd.DataFrame(factors * rows["weight"].to_numpy()[:, None], columns=names, index=rows.index)
    kind = stored["kind"]
    settings = {"fay": stored["fay"]} if kind == "Fay" else {}
    if kind in ("JKn", "other"):
        settings["scales"] = stored["scales"]
    if kind == "other":
        settings["scale"] = stored["scale"]
    return rows.join(weights), nps.ReplicateWeights(names, kind=kind, centre=stored["centre"], **settings)


def named(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case["name"])


def covariance_of_scores(counts, metric):
    """From that of the shares."""
    values = np.kron(np.eye(len(counts)), np.array(metric.values)[:, None])
    return values.T @ counts.covariance @ values


def check_scores(counts, case):
    """Scores, errors and covariances of groups, of all together, and of the last group minus the first."""
    assert list(counts.groups) == case["groups"]
    assert counts.n.tolist() == case["n_groups"]
    for metric, name in [(nps.NPS, "nps"), (MEAN, "rating")]:
        found = nps.estimate(counts, metric=metric)
        np.testing.assert_allclose(found.score, case[name]["estimate"], **CLOSE)
        np.testing.assert_allclose(found.standard_error, case[name]["standard_error"], **CLOSE)
        close_covariance(covariance_of_scores(counts, metric), case[name]["covariance"])
        place = 0 if name == "nps" else 1
        whole = nps.estimate(counts.pool(), metric=metric)
        # A score near 0 is the difference of shares near 0.4, in points.
        np.testing.assert_allclose(whole.score, [case["overall"][name]], rtol=1e-10, atol=1e-11)
        np.testing.assert_allclose(whole.standard_error, case["overall"]["standard_error"][place], **CLOSE)


def check_contrast(counts, case):
    first, last = case["groups"][0], case["groups"][-1]
    found = nps.compare(counts.select(first, last), reference=first)
    assert found.to_frame()["group"].tolist() == [last]
    np.testing.assert_allclose(found.difference, [case["contrast"]["estimate"]], **CLOSE)
    np.testing.assert_allclose(found.standard_error, [case["contrast"]["standard_error"]], **CLOSE)


def check_shares(counts, case):
    shares = np.reshape(case["shares"]["estimate"], (len(counts), 11))
    np.testing.assert_allclose(counts.proportions, shares, **CLOSE)
    close_covariance(counts.covariance, case["shares"]["covariance"])


# Some designs have few clusters on purpose.
@pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")
@named(LINEARISED + REPLICATED)
def test_scores_and_their_covariance_are_those_of_r(case):
    check_scores(tabulated(case["name"]), case)


@named(LINEARISED + REPLICATED)
def test_difference_of_two_groups_is_the_contrast_of_r(case):
    check_contrast(tabulated(case["name"]), case)


@named(LINEARISED)
@pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")
def test_t_intervals_have_the_errors_and_degrees_of_freedom_of_r(case):
    found = nps.estimate(tabulated(case["name"]), method="t")
    estimate, error = np.array(case["nps"]["estimate"]), np.array(case["nps"]["standard_error"])
    reach = stats.t.ppf(0.975, case["df_groups"]) * error
    # Limits near 0 are differences of numbers of some 30 points.
    np.testing.assert_allclose(found.low, estimate - reach, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(found.high, estimate + reach, rtol=1e-10, atol=1e-10)


@named([case for case in LINEARISED if "references" in case])
@pytest.mark.parametrize("reference", ["rest", "total"])
@pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")
def test_difference_from_the_others_and_from_all_is_that_of_r(case, reference):
    found = nps.compare(tabulated(case["name"]), reference=reference)
    expected = [stored[reference] for stored in case["references"]]
    # A difference near 0 is that of scores of some 30 points.
    np.testing.assert_allclose(found.difference, [stored["estimate"] for stored in expected], rtol=1e-10, atol=1e-11)
    error = [stored["standard_error"] for stored in expected]
    if reference == "total":
        # R lets the group's share of the total vary; simple counts take it as it is. Here it varies as far as it varies
        # more than in a simple random sample: by (w (1 - w) difference)^2 N / (N - 1) (1 / n + 1 / n of the others).
        counts = tabulated(case["name"])
        share, n = counts.totals.sum(axis=1) / counts.totals.sum(), counts.n
        rest = [stored["rest"] for stored in case["references"]]
        distance = np.array([stored["estimate"] for stored in rest])
        simple = (share * (1 - share) * distance) ** 2 * (1 / n + 1 / (n.sum() - n))
        simple *= case["rows"] / (case["rows"] - 1)
        fixed = ((1 - share) * [stored["standard_error"] for stored in rest]) ** 2
        error = np.sqrt(np.maximum(np.square(error) - simple, fixed))
    np.testing.assert_allclose(found.standard_error, error, **CLOSE)


@named(LINEARISED)
@pytest.mark.parametrize(("metric", "place"), [(nps.NPS, 0), (MEAN, 1)], ids=["nps", "mean"])
def test_design_effects_are_those_of_r(case, metric, place):
    """R divides by S / (n - 1) of n ratings; here it is N / (N - 1) S / n of N rows, which is 1 without a design."""
    counts, rows = tabulated(case["name"]), case["rows"]
    for some, stored in [(counts, case["design_effect_groups"]), (counts.pool(), [case["overall"]["design_effect"]])]:
        found = nps.design_effects(some, metric=metric)
        expected = np.array(stored)[:, place] * some.n / (some.n - 1) * (rows - 1) / rows
        np.testing.assert_allclose(found.design_effect, expected, **CLOSE)


@named([case for case in LINEARISED if "shares" in case])
def test_shares_of_all_ratings_and_their_covariance_are_those_of_r(case):
    check_shares(tabulated(case["name"]), case)


@named(LINEARISED)
def test_degrees_of_freedom_are_those_of_the_rows_with_a_rating_in_r(case):
    counts = tabulated(case["name"])
    assert counts.df.tolist() == case["df_groups"]
    assert counts.pool().df.tolist() == [case["df_answered"]]


# R counts the rank again after calibration, when weights are no longer the same throughout a cluster: more than the
# design has.
@named([case for case in REPLICATED if "margins" not in case["arguments"]])
def test_degrees_of_freedom_of_replicates_are_their_rank_less_one_as_in_r(case):
    assert tabulated(case["name"]).pool().df.tolist() == [case["df"]]


@named([case for case in LINEARISED + REPLICATED if "homogeneity" in case])
@pytest.mark.parametrize(("metric", "name"), [(nps.NPS, "nps"), (MEAN, "mean_rating")], ids=["nps", "mean"])
def test_wald_test_of_equal_scores_from_the_covariance_is_that_of_a_regression_in_r(case, metric, name):
    counts, stored = tabulated(case["name"]), case["homogeneity"][name]
    differences = np.column_stack([-np.ones(len(counts) - 1), np.eye(len(counts) - 1)])
    means = differences @ counts.proportions @ metric.values
    covariance = differences @ covariance_of_scores(counts, metric) @ differences.T
    q = len(means)
    statistic = means @ np.linalg.solve(covariance, means) / q
    np.testing.assert_allclose(statistic, stored["statistic"], rtol=1e-9)  # as above, and a linear system
    df = [q, counts.pool().df[0] - q]
    assert df == stored["df"]
    np.testing.assert_allclose(stats.f.sf(statistic, *df), stored["pvalue"], rtol=1e-8)


CATEGORIES = np.repeat(np.eye(3), [7, 2, 2], axis=0)


def check_verdict(found, expected):
    # As above, and a linear system of up to 20 unknowns.
    np.testing.assert_allclose(found.statistic, expected["statistic"], rtol=1e-9)
    np.testing.assert_allclose(np.concatenate([found.df, found.df2]), expected["df"], rtol=1e-9)
    np.testing.assert_allclose(found.pvalue, expected["pvalue"], rtol=1e-8)


@named([case for case in LINEARISED + REPLICATED if "homogeneity" in case])
@pytest.mark.parametrize(
    ("name", "merge"), [("ratings", np.eye(11)), ("categories", CATEGORIES)], ids=["ratings", "categories"]
)
def test_chi_square_of_equal_distributions_is_that_of_r(case, name, merge):
    counts = tabulated(case["name"])
    proportions, covariance = counts.totals / counts.totals.sum(), counts.variance.of_cells(counts.totals)
    spread = np.kron(np.eye(len(counts)), merge)
    found = rao_scott(proportions @ merge, spread.T @ covariance @ spread, case["df_answered"])
    check_verdict(found, case["homogeneity"][name]["rao_scott"])


@named([case for case in LINEARISED + REPLICATED if "homogeneity" in case])
def test_homogeneity_is_that_of_r(case):
    answer, stored = nps.homogeneity(tabulated(case["name"])), case["homogeneity"]
    for row, name in ((1, stored["ratings"]["rao_scott"]), (2, stored["rank_test"])):
        np.testing.assert_allclose(answer.statistic[row], name["statistic"], rtol=1e-9)  # as above
        if case["name"] in {linearised["name"] for linearised in LINEARISED}:
            # Replicates of part of the rows have other degrees of freedom in R.
            np.testing.assert_allclose([answer.df[row], answer.df2[row]], name["df"], rtol=1e-9)
            np.testing.assert_allclose(answer.pvalue[row], name["pvalue"], rtol=1e-8)


@named(REPLICATED)
def test_scales_of_replicates_are_those_of_r(case):
    stored = case["replicates"]
    settings = {"scales": stored["scales"]}
    if stored["kind"] == "Fay":
        settings["fay"] = stored["fay"]
    if stored["kind"] == "other":
        settings["scale"] = stored["scale"]
    found = replicate_scales(stored["kind"], len(stored["scales"]), **settings)
    np.testing.assert_allclose(found, stored["scale"] * np.array(stored["scales"]), rtol=1e-14)  # 15 digits are stored


@pytest.mark.parametrize("name", ["JK1 around the mean", "Fay around the estimate"])
def test_factors_give_what_the_weights_made_of_them_give(name):
    case = next(case for case in REPLICATED if case["name"] == name)
    rows, weights = with_replicates(rows_of(case), case["replicates"])
    rows[list(weights.columns)] = rows[list(weights.columns)].div(rows["weight"], axis=0)
    factors = dataclasses.replace(weights, combined=False)
    counts = nps.tabulate_survey(rows, "rating", **arguments_of(case), replicate_weights=factors)
    close_covariance(covariance_of_scores(counts, nps.NPS), case["nps"]["covariance"])


@pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")
def test_bootstrap_made_here_has_the_errors_of_linearisation_in_r():
    case = next(case for case in LINEARISED if case["name"] == "clusters named within strata")
    made = nps.RaoWu(4000, rng=20260107)
    counts = nps.tabulate_survey(rows_of(case), "rating", **arguments_of(case), replicate_weights=made)
    found = nps.estimate(counts).standard_error
    # Chance leaves 1 / sqrt(2 * 4000) = 1.1 %; the bootstrap of a ratio adds terms of second order, some percent in the
    # group of 26 respondents. The seed is fixed.
    np.testing.assert_allclose(found, case["nps"]["standard_error"], rtol=0.06)


def test_policies_of_lone_clusters_are_told_apart_by_the_oracle():
    errors = {case["name"]: case["overall"]["standard_error"][0] for case in LINEARISED}
    for kind in ("lone clusters", "two stages, lone households"):
        assert errors[f"{kind} adjusted"] > 1.001 * errors[f"{kind} certain"]


def test_centres_of_replicates_are_told_apart_by_the_oracle():
    errors = {case["name"]: case["nps"]["standard_error"][0] for case in REPLICATED}
    for kind in ("JK1", "JKn", "BRR", "Fay", "bootstrap"):
        assert abs(errors[f"{kind} around the estimate"] / errors[f"{kind} around the mean"] - 1) > 1e-8


# ------------------------------------------------------------------------- calibrated (make/calibration.R)


@pytest.mark.parametrize(
    "case",
    [case for case in CALIBRATED["cases"] if case["estimates"]],
    ids=lambda case: f"{case['method']} to {' '.join(case['margins'])} within {case['bounds']}",
)
def test_calibrated_scores_and_their_covariance_are_those_of_r(case):
    rows = pd.DataFrame(CALIBRATED["rows"])
    rows["rating"] = rows["rating"].astype("Int64")
    counts = nps.tabulate_survey(
        rows,
        "rating",
        by="group",
        weight="weight",
        strata="stratum",
        cluster="cluster",
        margins={name: CALIBRATED["population"][name] for name in case["margins"]},
        calibration=case["method"],
        bounds=case["bounds"] and tuple(case["bounds"]),
    )
    # Weights that are iterated stop in R where totals are met to 1e-13 of 1 + total.
    iterated = case["bounds"] or case["method"] in ("raking", "logit")
    close = {"rtol": 1e-6 if iterated else 1e-8}
    for metric, name in [(nps.NPS, "nps"), (MEAN, "rating")]:
        stored = case["estimates"][name]
        found = nps.estimate(counts, metric=metric)
        np.testing.assert_allclose(found.score, stored["mean"], **close)
        np.testing.assert_allclose(found.standard_error, np.sqrt(np.diag(stored["covariance"])), **close)
        errors = np.outer(found.standard_error, found.standard_error)
        np.testing.assert_allclose(
            covariance_of_scores(counts, metric) / errors, stored["covariance"] / errors, rtol=0, atol=close["rtol"]
        )
        whole = nps.estimate(counts.pool(), metric=metric)
        np.testing.assert_allclose(whole.score, [stored["all"]], **close)
        np.testing.assert_allclose(whole.standard_error, [stored["all_se"]], **close)


# --------------------------------------------------------------------------- San Francisco Airport, 2017 and 2018


AIRPORT_COLUMNS = {"year": "group", "recommend": "rating", "run": "cluster"}


@pytest.fixture(scope="module")
def airport_rows():
    """The rows of the package, under the names that the oracle has for them; strata lie within a year."""
    rows = nps.datasets.responses("sfo").rename(columns=AIRPORT_COLUMNS)
    return rows.assign(
        stratum=[f"{year} {time}" for year, time in zip(rows["group"], rows["time_of_day"], strict=True)]
    )


@pytest.fixture(scope="module")
def published_rows(shared_data):
    """The rows of the publisher; NETPRO 11 is a blank, 12 rows of 2018 have no run and are taken as one cluster."""

    def one(year):
        rows = pd.read_csv(shared_data / "sfo" / f"{year}.csv").rename(columns=str.strip)
        run = rows["RUNID"].astype("Int64").astype("string").fillna("none")
        return pd.DataFrame(
            {
                "group": year,
                "rating": rows["NETPRO"].where(rows["NETPRO"] <= 10).astype("Int64"),
                "weight": rows["WEIGHT"],
                "cluster": [f"{year}-{name}" for name in run],
                "stratum": [f"{year} {name}" for name in rows["STRATA"]],
            }
        )

    return pd.concat([one(2017), one(2018)], ignore_index=True)


def test_airport_rows_of_the_package_are_those_of_the_publisher(airport_rows, published_rows):
    pd.testing.assert_frame_equal(
        airport_rows[["group", "rating", "cluster"]], published_rows[["group", "rating", "cluster"]], check_dtype=False
    )
    # The parser of pandas may miss the last digit of a weight.
    np.testing.assert_allclose(airport_rows["weight"], published_rows["weight"], rtol=1e-15)
    # The same strata under other names.
    pairs = set(zip(airport_rows["stratum"], published_rows["stratum"], strict=True))
    assert len(pairs) == airport_rows["stratum"].nunique() == published_rows["stratum"].nunique()


@pytest.mark.parametrize("name", AIRPORT)
def test_airport_survey_is_that_of_r(airport_rows, name):
    case = AIRPORT[name]
    counts = nps.tabulate_survey(airport_rows, "rating", **arguments_of(case))
    check_scores(counts, case)
    check_contrast(counts, case)
    if "shares" in case:
        check_shares(counts, case)
    assert counts.df.tolist() == case["df_groups"]
    assert counts.pool().df.tolist() == [case["df_answered"]]


@pytest.mark.parametrize(
    ("design", "errors", "error"),
    [
        ({"cluster": "cluster"}, [1.5507, 2.2405], 2.7248),
        ({"cluster": "cluster", "strata": "stratum", "lonely": "adjust"}, [1.5247, 2.2100], 2.6849),
    ],
    ids=["by run", "by run in strata"],
)
def test_airport_survey_gives_the_published_figures(airport_rows, design, errors, error):
    counts = nps.tabulate_survey(airport_rows, "rating", by="group", weight="weight", **design)
    found = nps.estimate(counts)
    half = {"rtol": 0, "atol": 0.5e-4}  # four decimals are printed
    np.testing.assert_allclose(found.score, [40.3984, 35.1136], **half)
    np.testing.assert_allclose(found.standard_error, errors, **half)
    change = nps.compare(counts, reference=2017)
    np.testing.assert_allclose(change.difference, [-5.2848], **half)
    np.testing.assert_allclose(change.standard_error, [error], **half)


def test_airport_survey_has_three_verdicts(airport_rows):
    """t of the shared data's README: about -4.5 unweighted, -2.5 weighted, -1.94 on 416 degrees of freedom by run."""

    def change(**design):
        counts = nps.tabulate_survey(airport_rows, "rating", by="group", **design)
        found = nps.compare(counts, reference=2017, method="t")
        return found.statistic[0], found.pvalue[0]

    plain, weighted, by_run = change(), change(weight="weight"), change(weight="weight", cluster="cluster")
    statistics = [-8.8586 / 1.9648, -5.2848 / 2.1399, -5.2848 / 2.7248]  # each printed to four decimals
    np.testing.assert_allclose([plain[0], weighted[0], by_run[0]], statistics, rtol=1e-4)
    assert plain[1] < 1e-5 < weighted[1] < 0.05 < by_run[1]
    np.testing.assert_allclose(by_run[1], 2 * stats.t.sf(5.28480340811020 / 2.72479122611171, 416), rtol=1e-6)


def test_stayers_of_soep_are_told_apart_by_their_key(shared_data):
    """The published +0.85 (1.22) of those in both waves; as pairs, whose variance lacks the factor N / (N - 1)."""
    rows = pd.read_csv(shared_data / "soep" / "soep_practice_long.csv")
    rows = rows[rows["syear"].isin([2015, 2019]) & (rows["lebensz_org"] >= 0)]
    pairs = nps.tabulate_pairs(rows, 2015, 2019, rating="lebensz_org", respondent="id", period="syear")
    stayers = rows[rows.groupby("id")["id"].transform("size") == 2]
    counts = nps.tabulate_survey(stayers, "lebensz_org", by="syear", respondent="id")
    assert counts.n.tolist() == [3311, 3311]
    found, paired = nps.compare(counts, reference=2015), nps.compare(pairs)
    np.testing.assert_allclose(found.difference, paired.difference, rtol=1e-12)
    np.testing.assert_allclose(found.standard_error, paired.standard_error * np.sqrt(3311 / 3310), rtol=1e-9)
    assert [round(found.difference[0], 2), round(found.standard_error[0], 2)] == [0.85, 1.22]
    # All who answered, with the covariance of those who did so twice: variances within kinds of people, or over all.
    everyone = nps.compare(nps.tabulate_survey(rows, "lebensz_org", by="syear", respondent="id"), reference=2015)
    overlapping = nps.compare(pairs, respondents="all")
    np.testing.assert_allclose(everyone.difference, overlapping.difference, rtol=1e-12)
    np.testing.assert_allclose(everyone.standard_error, overlapping.standard_error, rtol=3e-3)
