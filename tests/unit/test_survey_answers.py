"""Scores and differences of samples with a design: `estimate`, `compare` and `equivalence` on `SurveyCounts`."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import npsstats as nps

METHODS = ("score", "likelihood", "t", "wald")
SIDES = ("two-sided", "less", "greater")
MEAN = nps.mean_rating(nps.Scale(0, 10))

# Limits are roots found to a relative 1e-14, from effective sizes that are sums of 100 terms; on a scale of 200 points.
POINTS = {"rtol": 1e-9, "atol": 1e-9}

pytestmark = pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")


def sample(seed=1, n=180, groups=3):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "r": rng.choice(11, n, p=[0.04, 0.01, 0.02, 0.03, 0.04, 0.08, 0.08, 0.15, 0.2, 0.15, 0.2]),
            "g": np.sort(rng.integers(0, groups, n)) + 2020,
            "w": rng.uniform(0.25, 4, n),
            "stratum": np.arange(n) % 3,
            "cluster": np.arange(n) % 30,
            "person": np.concatenate([rng.permutation(n // groups) for _ in range(groups)])[:n],
        }
    )


def tabulated(rows, by="g", **design):
    return nps.tabulate_survey(rows, "r", by=by, **design)


DESIGNS = {
    "weights": {"weight": "w"},
    "clusters": {"weight": "w", "cluster": "cluster"},
    "clusters in strata": {"weight": "w", "cluster": "cluster", "strata": "stratum"},
    "finite": {"cluster": "cluster", "fpc": 45},
    "bootstrap": {"weight": "w", "cluster": "cluster", "replicate_weights": nps.RaoWu(100, rng=2)},
}


def assert_columns(found, expected, columns, **tolerance):
    for column in columns:
        np.testing.assert_allclose(
            getattr(found, column), getattr(expected, column), err_msg=column, **(POINTS | tolerance)
        )


# --------------------------------------------------------------------------- without weights and clusters


@pytest.mark.parametrize("metric", [nps.NPS, MEAN], ids=["nps", "mean"])
@pytest.mark.parametrize("alternative", SIDES)
@pytest.mark.parametrize("method", ["score", "likelihood"])
def test_scores_of_equal_weights_are_those_of_simple_counts(method, alternative, metric):
    rows = sample()
    asked = {"method": method, "alternative": alternative, "metric": metric, "confidence_level": 0.9}
    expected = nps.estimate(nps.tabulate(rows, rating="r", by="g"), **asked)
    found = nps.estimate(tabulated(rows), **asked)
    assert_columns(found, expected, ("n", "missing", "score", "low", "high"))
    # Of the sample as a whole: n / (n - 1) of all its rows.
    np.testing.assert_allclose(found.standard_error, expected.standard_error * np.sqrt(180 / 179), rtol=1e-12)


@pytest.mark.parametrize("alternative", SIDES)
def test_the_t_interval_of_one_group_is_that_of_simple_counts(alternative):
    rows = sample()
    asked = {"method": "t", "alternative": alternative}
    expected = nps.estimate(nps.tabulate(rows, rating="r"), **asked)
    assert_columns(nps.estimate(tabulated(rows, by=()), **asked), expected, ("score", "low", "high"))


SHOWN = ("n", "n_reference", "difference", "low", "high", "statistic", "pvalue", "adjusted_pvalue", "detectable")


def quarters(gap=None):
    rows = sample(3, 330, 11)
    names = [f"{year}-Q{quarter}" for year in (2020, 2021, 2022) for quarter in (1, 2, 3, 4)]
    if gap is not None:
        del names[gap]
    return rows.assign(g=[names[i] for i in rows["g"] - 2020])


QUESTIONS = {
    "a group": {"reference": 2021},
    "rest": {"reference": "rest"},
    "previous": {"reference": "previous"},
    "all pairs": {"reference": "all-pairs"},
    "benchmark": {"reference": 12.5},
}
TOGETHER = {
    "total": {"reference": "total"},
    "window": {"reference": "previous", "window": 2},
}


@pytest.mark.parametrize("question", [*QUESTIONS, *TOGETHER])
@pytest.mark.parametrize("alternative", SIDES)
@pytest.mark.parametrize("method", ["score", "likelihood"])
def test_differences_of_equal_weights_are_those_of_simple_counts(question, method, alternative):
    rows = sample(2, 200, 4)
    asked = {"method": method, "alternative": alternative, **(QUESTIONS | TOGETHER)[question]}
    expected = nps.compare(nps.tabulate(rows, rating="r", by="g"), **asked)
    found = nps.compare(tabulated(rows), **asked)
    assert found.labels == expected.labels
    assert found.reference == expected.reference
    assert_columns(found, expected, SHOWN)
    np.testing.assert_allclose(found.standard_error, expected.standard_error * np.sqrt(200 / 199), rtol=1e-12)


@pytest.mark.parametrize("metric", [MEAN, nps.net_score(nps.Scale(0, 10), promoters_from=10, detractors_to=5)])
def test_differences_by_other_metrics_are_those_of_simple_counts(metric):
    rows = sample(2)
    asked = {"reference": 2020, "metric": metric, "null_difference": 0.25}
    expected = nps.compare(nps.tabulate(rows, rating="r", by="g"), **asked)
    assert_columns(nps.compare(tabulated(rows), **asked), expected, SHOWN)


def test_groups_within_groups_are_compared_as_simple_counts():
    rows = sample(2).assign(shop=lambda x: np.where(x.index % 2, "east", "west"))
    expected = nps.compare(nps.tabulate(rows, rating="r", by=["shop", "g"]), reference="previous")
    found = nps.compare(tabulated(rows, by=["shop", "g"]), reference="previous")
    assert found.labels == expected.labels
    assert_columns(found, expected, SHOWN)


def test_a_group_against_the_year_before_is_that_of_simple_counts():
    rows = quarters(gap=6)
    expected = nps.compare(nps.tabulate(rows, rating="r", by="g"), reference="year-before")
    assert_columns(nps.compare(tabulated(rows), reference="year-before"), expected, SHOWN)


def test_windows_that_overlap_in_some_rows_only_are_compared():
    """A window of four quarters and the one that ends a year before share one where a quarter is missing."""
    rows = quarters(gap=10)
    found = nps.compare(tabulated(rows, weight="w"), reference="year-before", window=4)
    expected = nps.compare(nps.tabulate(rows, rating="r", by="g"), reference="year-before", window=4)
    assert found.labels == expected.labels
    assert np.isfinite(found.low).all()
    assert np.isfinite(found.pvalue).all()


# The likelihood and Wald's formula of one respondent know something; here no degrees of freedom leave the whole scale.
@pytest.mark.parametrize("method", ["score", "t"])
def test_one_respondent_is_as_in_simple_counts(method):
    rows = pd.DataFrame({"r": [9, 3, 10, 4, 8], "g": [1, 2, 2, 2, 2]})
    expected = nps.estimate(nps.tabulate(rows, rating="r", by="g"), method=method)
    found = nps.estimate(tabulated(rows), method=method)
    assert (found.low[0], found.high[0]) == (expected.low[0], expected.high[0])


@pytest.mark.parametrize("method", ["score", "likelihood"])
@pytest.mark.parametrize("rating", [10, 8, 0])
def test_a_group_of_one_rating_is_as_in_simple_counts(rating, method):
    rows = sample().assign(r=lambda x: np.where(x["g"] == 2021, rating, x["r"]))
    simple = nps.tabulate(rows, rating="r", by="g")
    assert_columns(
        nps.estimate(tabulated(rows), method=method), nps.estimate(simple, method=method), ("score", "low", "high")
    )
    asked = {"method": method, "reference": 2021}
    assert_columns(nps.compare(tabulated(rows), **asked), nps.compare(simple, **asked), SHOWN)


@pytest.mark.parametrize("claim", ["equivalence", "non-inferiority", "non-superiority"])
def test_equivalence_of_equal_weights_is_that_of_simple_counts(claim):
    rows, asked = sample(), {"reference": 2020, "margin": 30, "claim": claim}
    expected = nps.equivalence(nps.tabulate(rows, rating="r", by="g"), **asked)
    found = nps.equivalence(tabulated(rows), **asked)
    assert_columns(found, expected, ("difference", "low", "high", "pvalue", "pvalue_low", "pvalue_high"))


def test_all_comparisons_together_are_as_of_simple_counts():
    rows, asked = sample(2, 200, 4), {"reference": 2020, "adjustment": "max-z"}
    expected = nps.compare(nps.tabulate(rows, rating="r", by="g"), **asked)
    found = nps.compare(tabulated(rows), **asked)
    # One is the law of a star, to ten digits; the other a mean over some thousand points, to three or four.
    assert_columns(found, expected, ("low", "high"), atol=0.01)
    assert_columns(found, expected, ("adjusted_pvalue",), rtol=2e-3)


# --------------------------------------------------------------------------- limits and their tests


@pytest.mark.parametrize("alternative", SIDES)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("design", DESIGNS)
def test_the_test_at_a_limit_has_the_level_of_the_interval(design, method, alternative):
    counts = tabulated(sample(groups=2), **DESIGNS[design])
    asked = {"method": method, "alternative": alternative, "reference": 2020}
    for level in (0.8, 0.95, 0.999):
        found = nps.compare(counts, confidence_level=level, **asked)
        ends = [found.low[0]] * (alternative != "less") + [found.high[0]] * (alternative != "greater")
        for end in ends:
            assert -200 < end < 200
            pvalue = nps.compare(counts, null_difference=float(end), **asked).pvalue
            # p changes by up to 1e4 times the relative error of the limit.
            np.testing.assert_allclose(pvalue, 1 - level, rtol=1e-8)


@pytest.mark.parametrize("alternative", SIDES)
@pytest.mark.parametrize("method", METHODS)
def test_the_interval_of_a_score_is_that_of_the_test_against_a_benchmark(method, alternative):
    counts = tabulated(sample(), weight="w", cluster="cluster")
    asked = {"method": method, "alternative": alternative, "confidence_level": 0.9}
    scores = nps.estimate(counts, **asked)
    moves = nps.compare(counts, reference=5.5, **asked)
    assert_columns(moves, scores, ("standard_error",))
    np.testing.assert_allclose(moves.difference, scores.score - 5.5, **POINTS)
    np.testing.assert_allclose([moves.low + 5.5, moves.high + 5.5], [scores.low, scores.high], **POINTS)
    for end in (scores.low, scores.high):
        if abs(end[0]) < 100:
            pvalue = nps.compare(counts, reference=float(end[0]), **asked).pvalue[0]
            np.testing.assert_allclose(pvalue, 0.1, rtol=1e-8)


@pytest.mark.parametrize("design", DESIGNS)
def test_equivalence_is_shown_where_the_interval_lies_within_the_margins(design):
    counts = tabulated(sample(), **DESIGNS[design])
    found = nps.equivalence(counts, reference=2020, margin=25)
    interval = nps.compare(counts, reference=2020, confidence_level=0.9, adjustment="none")
    assert_columns(found, interval, ("low", "high"))
    for i in range(len(found)):
        for margin in (
            np.nextafter(abs(x) * (1 + side * 1e-6), 200) for x in (found.low[i], found.high[i]) for side in (-1, 1)
        ):
            inside = -margin < found.low[i] and found.high[i] < margin
            assert (nps.equivalence(counts, reference=2020, margin=margin).pvalue[i] < 0.05) == inside


def test_wald_and_t_limits_are_those_of_the_error_of_the_design():
    counts = tabulated(sample(), weight="w", cluster="cluster")
    normal = nps.estimate(counts, method="wald")
    student = nps.estimate(counts, method="t")
    np.testing.assert_allclose(normal.high - normal.score, stats.norm.isf(0.025) * normal.standard_error, rtol=1e-12)
    np.testing.assert_allclose(
        student.high - student.score, stats.t.isf(0.025, counts.df) * student.standard_error, rtol=1e-12
    )
    change = nps.compare(counts, reference=2020, method="t")
    np.testing.assert_allclose(change.statistic, change.difference / change.standard_error, rtol=1e-12)
    # Both groups together lie in 30 clusters.
    np.testing.assert_allclose(change.pvalue, 2 * stats.t.sf(abs(change.statistic), 29), rtol=1e-12)


def test_score_limits_are_those_of_as_many_independent_respondents():
    """A sample with weights of which each row stands four times: a quarter of the respondents count."""
    rows = sample()
    fourfold = pd.concat([rows] * 4, ignore_index=True).assign(id=lambda x: x.index % 180)
    found = nps.estimate(tabulated(fourfold, cluster="id"))
    once = nps.estimate(tabulated(rows))
    assert found.n.tolist() == (once.n * 4).tolist()
    np.testing.assert_allclose(found.standard_error, once.standard_error, rtol=1e-12)
    # Student quantiles of n - 1 and 4 n - 1, and n / (n - 1) of 4 n: part in a hundred of the width.
    np.testing.assert_allclose([found.low, found.high], [once.low, once.high], atol=0.02 * (once.high - once.low).max())


def test_score_limits_of_a_change_know_who_answered_twice():
    """Of 600 people the score interval is close to the t interval, whose error holds the covariance of the waves."""
    rng = np.random.default_rng(10)
    lean = rng.normal(7.5, 2, 600)
    rows = pd.DataFrame(
        {
            "r": np.clip(np.round(np.concatenate([lean, lean]) + rng.normal(0, 1, 1200)), 0, 10).astype(int),
            "g": np.repeat([1, 2], 600),
            "person": np.tile(np.arange(600), 2),
        }
    )
    student = nps.compare(tabulated(rows, respondent="person"), reference=1, method="t")
    apart = nps.compare(tabulated(rows), reference=1)
    assert (student.high - student.low)[0] < 0.75 * (apart.high - apart.low)[0]
    for method in ("score", "likelihood"):
        found = nps.compare(tabulated(rows, respondent="person"), reference=1, method=method)
        # Terms of higher order: of the order of 1 / 600, by factors of ten or so.
        np.testing.assert_allclose(found.high - found.low, student.high - student.low, rtol=0.02)


# --------------------------------------------------------------------------- several at once


def test_joint_limits_of_correlated_waves_are_those_of_the_normal_law():
    rows = sample(5, 240, 4).assign(g=np.repeat([2020, 2021, 2022, 2023], 60))
    rows["r"] = np.clip(rows["person"] % 11 + np.random.default_rng(6).integers(-1, 2, 240), 0, 10)
    counts = tabulated(rows, weight="w", respondent="person")
    found = nps.compare(counts, reference=2020, method="wald", adjustment="max-z")
    values = np.kron(np.eye(4), np.array(nps.NPS.values))
    contrasts = np.column_stack([-np.ones(3), np.eye(3)])
    covariance = contrasts @ values @ counts.covariance @ values.T @ contrasts.T
    errors = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(found.standard_error, errors, rtol=1e-10)
    correlation = covariance / np.outer(errors, errors)

    def beyond(z):
        # The points of its integral are drawn; a million leave an error of some 1e-6.
        law = {"cov": correlation, "maxpts": 10**6}
        return 1 - stats.multivariate_normal.cdf(np.full(3, z), np.zeros(3), lower_limit=np.full(3, -z), **law)

    z = np.abs(found.difference / errors)
    # Means over some thousand points are good to three digits or four; SciPy integrates to about 1e-5.
    np.testing.assert_allclose(found.adjusted_pvalue, [beyond(x) for x in z], rtol=2e-3)
    critical = (found.high - found.difference) / errors
    np.testing.assert_allclose(critical, critical[0], rtol=1e-9)
    np.testing.assert_allclose(beyond(critical[0]), 0.05, rtol=2e-3)
    independent = stats.norm.isf(0.5 * (1 - 0.95 ** (1 / 3)))
    assert critical[0] < independent - 1e-3


def test_a_hundred_groups_are_estimated():
    """1,100 totals."""
    rng = np.random.default_rng(7)
    rows = pd.DataFrame({"r": rng.integers(0, 11, 5000), "g": np.arange(5000) % 100, "w": rng.uniform(1, 2, 5000)})
    found = nps.estimate(tabulated(rows, weight="w"))
    assert len(found) == 100
    v = np.where(rows["r"] > 8, 100.0, np.where(rows["r"] < 7, -100.0, 0.0))
    own = (rows["g"] == 37).to_numpy()
    w = rows["w"].to_numpy()[own]
    u = w * (v[own] - np.average(v[own], weights=w)) / w.sum()
    np.testing.assert_allclose(found.standard_error[37], np.sqrt(5000 / 4999 * (u**2).sum()), rtol=1e-11)


def test_all_pairs_of_many_groups_are_those_of_simple_counts():
    """435 pairs of 30 groups."""
    rng = np.random.default_rng(8)
    rows = pd.DataFrame({"r": rng.integers(0, 11, 900), "g": np.arange(900) % 30})
    found = nps.compare(tabulated(rows), reference="all-pairs")
    expected = nps.compare(nps.tabulate(rows, rating="r", by="g"), reference="all-pairs")
    assert_columns(found, expected, ("difference", "low", "high"))


# --------------------------------------------------------------------------- little to go by


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("clusters", [2, 3])
def test_few_clusters_make_wide_intervals(clusters, method):
    """With one or two degrees of freedom Student's quantile is 12.7 or 4.3."""
    rows = sample().assign(cluster=lambda x: x.index % clusters)
    counts = tabulated(rows, by=(), weight="w", cluster="cluster")
    assert counts.df.tolist() == [clusters - 1]
    found = nps.estimate(counts, method=method)
    assert found.low[0] <= found.score[0] <= found.high[0]
    if method == "t":
        width = stats.t.isf(0.025, clusters - 1) * found.standard_error[0]
        np.testing.assert_allclose(found.high[0] - found.score[0], width, rtol=1e-12)


@pytest.mark.parametrize("method", ["score", "likelihood", "t"])
def test_without_degrees_of_freedom_all_scores_are_possible(method):
    """A group in one cluster only."""
    rows = sample().assign(g=lambda x: np.where(x["cluster"] == 4, "one", "others"))
    counts = tabulated(rows, weight="w", cluster="cluster")
    found = nps.estimate(counts, method=method)
    assert counts.df.tolist() == [0, 28]
    assert (found.low[0], found.high[0]) == (-100, 100)
    assert -100 < found.low[1] < found.high[1] < 100
    assert nps.compare(counts, reference=99, method=method).pvalue[0] == 1
    for alternative in ("less", "greater"):
        assert nps.compare(counts, reference=99, method=method, alternative=alternative).pvalue[0] == 0.5


@pytest.mark.parametrize("design", ["weights", "clusters", "clusters in strata"])
@pytest.mark.parametrize("method", ["score", "likelihood"])
def test_promoters_only_leave_room_below(method, design):
    rows = sample().assign(r=10)
    found = nps.estimate(tabulated(rows, **DESIGNS[design]), method=method)
    simple = nps.estimate(nps.tabulate(rows, rating="r", by="g"), method=method)
    assert (found.high == 100).all()
    # Weights and clusters make them fewer.
    assert (found.low < simple.low).all()
    assert (found.low > -100).all()
    change = nps.compare(tabulated(rows, **DESIGNS[design]), reference=2020, method=method)
    assert (change.low < 0).all()
    assert (change.high > 0).all()
    np.testing.assert_array_equal(change.pvalue, 1)


def test_promoters_only_in_clusters_are_as_many_as_clusters():
    """Kish's formula for sums of clusters; with weights of one and clusters of six, their number."""
    rows = sample().assign(r=10)
    found = nps.estimate(tabulated(rows, by=(), cluster="cluster"))
    thirty = nps.estimate(nps.RatingCounts.from_categories(promoters=30, passives=0, detractors=0))
    # 180 respondents tell of the spread where 30 do: 180 / 179 and 30 / 29, and Student quantiles of both.
    assert found.low[0] == pytest.approx(thirty.low[0], abs=1.5)


def test_promoters_only_in_few_clusters_are_not_counted_down_twice():
    rows = sample().assign(r=10, cluster=lambda x: x.index % 4)
    found = nps.estimate(tabulated(rows, by=(), cluster="cluster"))
    four = nps.estimate(nps.RatingCounts.from_categories(promoters=4, passives=0, detractors=0))
    assert found.low[0] > four.low[0] - 5


def test_people_who_repeat_their_rating_leave_a_change_of_zero():
    rows = sample(9, 60, 2).assign(
        person=np.tile(np.arange(30), 2), r=np.tile(sample(9)["r"][:30], 2), g=np.repeat([1, 2], 30)
    )
    for weight in (None, "w"):
        rows["w"] = np.tile(sample(4)["w"][:30], 2)
        counts = tabulated(rows, weight=weight, respondent="person")
        for method in METHODS:
            found = nps.compare(counts, reference=1, method=method)
            np.testing.assert_allclose(found.difference, 0, atol=1e-12)
            assert found.low[0] <= 0 <= found.high[0]
            assert not found.pvalue[0] < 1


def test_people_who_almost_all_repeat_their_rating_know_no_more_than_those_who_all_do():
    base = np.tile([10, 10, 3, 8, 10, 2, 9, 7, 0, 10], 12)
    rows = pd.DataFrame({"r": np.tile(base, 2), "g": np.repeat([1, 2], 120), "person": np.tile(np.arange(120), 2)})
    one = rows.copy()
    one.loc[0, "r"] = 8
    widths = []
    for data in (rows, one):
        found = nps.compare(tabulated(data, respondent="person"), reference=1)
        widths.append(found.high[0] - found.low[0])
    # One rating that changed by one level is the least variance that is taken.
    assert widths[0] <= 1.02 * widths[1]


def test_group_of_promoters_against_a_mixed_one_in_a_panel():
    rows = sample(9, 60, 2).assign(person=np.tile(np.arange(30), 2), g=np.repeat([1, 2], 30))
    rows.loc[rows["g"] == 1, "r"] = 10
    for method in METHODS:
        found = nps.compare(tabulated(rows, weight="w", respondent="person"), reference=1, method=method)
        assert found.low[0] < found.difference[0] < found.high[0]
        assert found.pvalue[0] < 0.05


def test_metrics_of_several_items_are_estimated():
    rng = np.random.default_rng(2)
    rows = pd.DataFrame(rng.integers(1, 11, (60, 3)), columns=["a", "b", "c"]).assign(g=np.arange(60) % 2)
    found = nps.estimate(nps.tabulate_survey(rows, ["a", "b", "c"], by="g", metric=nps.NKI))
    expected = nps.estimate(nps.tabulate(rows, rating=["a", "b", "c"], by="g", metric=nps.NKI))
    assert_columns(found, expected, ("score", "low", "high"))


# --------------------------------------------------------------------------- what is said


def warned(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return caught


def test_few_clusters_are_warned_of_where_the_question_was_asked():
    rows = sample(n=600).assign(cluster=lambda x: x.index % 5)
    counts = tabulated(rows, weight="w", cluster="cluster")
    calls = [
        lambda: nps.estimate(counts, method="t"),
        lambda: nps.compare(counts, reference=2020, method="t"),
        lambda: nps.compare(counts, reference=12.5, method="t"),
        lambda: nps.equivalence(counts, reference=2020, margin=20, method="t"),
    ]
    for call in calls:
        found = [one for one in warned(call) if "degrees of freedom" in str(one.message)]
        assert len(found) == 1
        assert found[0].category is nps.SmallSampleWarning
        assert found[0].filename == __file__
        assert "degrees of freedom, clusters counted by their size; it needs 8). Use method='score'" in str(
            found[0].message
        )


def test_clusters_of_unequal_size_count_for_fewer():
    """Twelve clusters, two of which hold most respondents: by hand, 11 (sum t)^2 / (12 sum t^2)."""
    sizes = np.array([200, 150, *[10] * 10])
    rows = sample(n=int(sizes.sum())).assign(cluster=np.repeat(np.arange(12), sizes), g=1)
    counts = tabulated(rows, cluster="cluster")
    assert counts.df.tolist() == [11]
    found = [str(one.message) for one in warned(lambda: nps.estimate(counts, method="t"))]
    assert len(found) == 1
    assert f": {11 * sizes.sum() ** 2 / (12 * (sizes**2).sum()):.1f} degrees of freedom" in found[0]


def test_score_is_silent_with_few_equal_clusters_and_speaks_with_hardly_any():
    few, fewest = (
        tabulated(sample(n=600).assign(cluster=lambda x, k=k: x.index % k, g=1), cluster="cluster") for k in (5, 3)
    )
    assert not warned(lambda: nps.estimate(few))
    assert len(warned(lambda: nps.estimate(fewest))) == 1


def test_enough_clusters_are_not_warned_of():
    assert not warned(lambda: nps.estimate(tabulated(sample(), cluster="cluster")))
    assert not warned(lambda: nps.compare(tabulated(sample(), cluster="cluster"), reference=2020))


def test_results_say_how_the_sample_was_drawn():
    counts = tabulated(sample(), weight="w", cluster="cluster", strata="stratum")
    scores, moves = nps.estimate(counts), nps.compare(counts, reference=2020)
    design = "weights, 3 strata, 30 clusters"
    assert scores.design == design
    assert moves.design == f"a sample with {design}"
    assert design in scores.heading()
    assert design in scores.method_text()
    assert scores.provenance()["sample_design"] == design
    assert nps.compare(counts, reference="total").design == f"parts of a whole, a sample with {design}"
    assert nps.compare(counts, reference=10).design == f"a fixed benchmark, a sample with {design}"
    assert nps.compare(counts, reference="previous", window=2).design == f"windows of 2 periods, a sample with {design}"


@pytest.mark.parametrize("asked", [{"reference": 2020}, {"reference": 12.5}])
def test_what_was_not_detected_is_not_called_equal(asked):
    words = " ".join(nps.compare(tabulated(sample(), weight="w", cluster="cluster"), **asked).sentences())
    for claim in ("no difference", "no change", "equal"):
        assert claim not in words


# --------------------------------------------------------------------------- what is refused


def refused(error, call, *arguments, **named):
    with pytest.raises(error) as caught:
        call(*arguments, **named)
    return str(caught.value)


@pytest.fixture(scope="module")
def counts():
    return tabulated(sample(), weight="w", cluster="cluster")


@pytest.mark.parametrize(
    ("question", "asked", "methods"),
    [
        (nps.estimate, {}, ["bootstrap-bca", "bootstrap-t", "exact", "tango", "adjusted-wald", "goodman", "lloyd"]),
        (nps.compare, {"reference": 2020}, ["bootstrap-bca", "permutation", "welch", "mover", "bayes"]),
        (nps.compare, {"reference": 12.5}, ["exact", "tango", "bootstrap-t"]),
        (nps.equivalence, {"reference": 2020, "margin": 5}, ["welch", "mover"]),
    ],
)
def test_methods_of_simple_counts_are_refused_with_those_that_apply(counts, question, asked, methods):
    for method in methods:
        assert refused(ValueError, question, counts, method=method, **asked) == (
            f"`method` {method!r} is made for independent respondents who count the same; these counts have a design. "
            "For them: 'score', 'likelihood', 't', 'wald'."
        )


@pytest.mark.parametrize("method", ["nonsense", ""])
def test_unknown_methods_are_refused_with_those_that_there_are(counts, method):
    message = f"`method` must be one of 'score', 'likelihood', 't', 'wald'; got {method!r}."
    assert refused(ValueError, nps.estimate, counts, method=method) == message
    assert refused(ValueError, nps.compare, counts, reference=2020, method=method) == message
    assert refused(TypeError, nps.estimate, counts, method=3) == "`method` must be text; got 3."


def test_overlap_is_known_and_need_not_be_told(counts):
    for overlap in ("contained", "unknown"):
        message = refused(ValueError, nps.compare, counts, reference=2020, overlap=overlap)
        assert message.startswith(f"`overlap` is for simple counts; got {overlap!r}.")
        assert message.endswith("For a part and its whole use reference='total'.")


def test_respondents_of_pairs_need_not_be_told(counts):
    message = refused(ValueError, nps.compare, counts, reference=2020, respondents="all")
    assert message.startswith("`respondents` is for pairs; got 'all'.")
    assert message.endswith("Leave it out.")


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"reference": 2030}, ValueError, "`reference` 2030 is neither the label of a group nor a benchmark"),
        ({"reference": "best"}, ValueError, "`reference` must be the label of a group, one of"),
        ({"reference": 2020, "window": 2}, ValueError, "`window` is for reference='previous' or 'year-before'"),
        ({"reference": "previous", "window": 0}, ValueError, "`window` must be 1 or more periods; got 0."),
        ({"reference": "previous", "window": 3}, ValueError, "`window` 3 leaves nothing to compare"),
        ({"reference": 2020, "null_difference": 200}, ValueError, "`null_difference` must lie strictly between"),
        ({"reference": 2020, "metric": nps.CSAT}, ValueError, "`metric` CSAT is defined on the scale 1-5"),
        ({"reference": 2020, "rng": 1}, ValueError, "`rng` is an argument of methods"),
        ({"reference": 2020, "pseudo_counts": [1, 1, 1]}, ValueError, "`pseudo_counts` is an argument of method"),
        ({"reference": 2020, "adjustment": "tukey"}, ValueError, "`adjustment` must be one of"),
        ({"reference": [2020]}, TypeError, "`reference` must be a label"),
    ],
)
def test_questions_that_do_not_fit_are_refused(counts, asked, error, message):
    assert refused(error, nps.compare, counts, **asked).startswith(message)


def test_a_reference_must_be_given(counts):
    assert refused(TypeError, nps.compare, counts).startswith("`reference` must be given:")


def test_one_group_needs_a_benchmark():
    message = refused(ValueError, nps.compare, tabulated(sample(), by=()), reference="previous")
    assert message.startswith("`reference` needs groups; these counts have one group only.")


@pytest.mark.parametrize(
    "question",
    [nps.posterior, nps.find_changes, nps.bootstrap_distribution],
    ids=lambda question: question.__name__,
)
def test_questions_to_simple_counts_say_what_applies(counts, question):
    message = refused(TypeError, question, counts)
    assert message.startswith("`counts` must be RatingCounts, of independent respondents who count the same;")
    for word in ("`estimate`", "`compare`", "`equivalence`", "`counts.respondents`"):
        assert word in message


def test_questions_to_pairs_say_what_they_need(counts):
    assert "`pairs` must be PairedCounts; got SurveyCounts" in refused(TypeError, nps.transitions, counts)


def test_pictures_of_other_results_say_what_they_need(counts):
    assert "`transitions` must be Transitions; got SurveyCounts" in refused(TypeError, nps.plots.flows, counts)


def test_groups_without_ratings_are_refused_with_a_way_out():
    rows = sample().assign(r=lambda x: x["r"].astype("Int64").where(x["g"] != 2021))
    counts = tabulated(rows, weight="w")
    n = int((rows["g"] == 2021).sum())
    message = (
        f"a score needs at least one rating with a weight; 1 of 3 groups have none; the first is '2021' ({n} missing). "
        "Leave them out with `counts.answered()`."
    )
    assert refused(nps.UndefinedScoreError, nps.estimate, counts) == message
    assert refused(nps.UndefinedScoreError, nps.compare, counts, reference=2020) == message
    assert len(nps.compare(counts.answered(), reference=2020)) == 1
