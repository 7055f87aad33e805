"""What weights, strata and clusters do to a sample: design effects and the report of the weights."""

import json

import numpy as np
import pandas as pd
import pytest

import npsstats as nps
from npsstats.ratings.weightings import weighting_of


def schools(n_schools=7, pupils=4, seed=1):
    """Pupils of some schools, alike within a school."""
    rng = np.random.default_rng(seed)
    level = np.repeat(rng.normal(7, 2, n_schools), pupils)
    return pd.DataFrame(
        {
            "rating": np.clip(np.round(level + rng.normal(0, 1, level.size)), 0, 10).astype(int),
            "school": np.repeat(np.arange(n_schools), pupils),
            "weight": rng.uniform(0.5, 3, level.size),
            "wave": np.tile(["first", "second"], level.size // 2),
        }
    )


def effects_of(rows, *, metric=None, **design):
    return nps.design_effects(nps.tabulate_survey(rows, "rating", **design), metric=metric)


# ------------------------------------------------------------------------------------------------ design effects


def test_respondents_who_count_the_same_and_answer_alone_count_as_many_as_they_are():
    effects = effects_of(schools(), by="wave")
    for name in ("effective_n", "kish_effective_n"):
        np.testing.assert_allclose(getattr(effects, name), [14, 14], rtol=1e-12)  # rounding
    for name in ("design_effect", "kish_design_effect"):
        np.testing.assert_allclose(getattr(effects, name), [1, 1], rtol=1e-12)
    assert effects.clusters.tolist() == [14, 14]
    assert effects.df.tolist() == [13, 13]


def test_weights_alone_have_kishs_design_effect():
    rows = schools()
    effects = effects_of(rows, weight="weight", by="wave")
    for i, wave in enumerate(("first", "second")):
        w = rows.weight[rows.wave == wave]
        np.testing.assert_allclose(effects.kish_effective_n[i], w.sum() ** 2 / (w**2).sum(), rtol=1e-12)
        np.testing.assert_allclose(effects.kish_design_effect[i], 14 * (w**2).sum() / w.sum() ** 2, rtol=1e-12)
    np.testing.assert_allclose(effects.share_of_weight, rows.groupby("wave").weight.sum() / rows.weight.sum())


def test_clusters_of_twins_are_worth_their_number():
    # All pupils of a school answer alike: the design effect is the size of a cluster, but for n / (n - 1).
    rows = pd.DataFrame({"rating": np.repeat([10, 9, 3, 7, 8, 0, 10, 5], 5), "school": np.repeat(np.arange(8), 5)})
    effects = effects_of(rows, cluster="school")
    np.testing.assert_allclose(effects.design_effect[0], 5 * (8 / 7) * (39 / 40), rtol=1e-12)
    np.testing.assert_allclose(effects.effective_n[0] * effects.design_effect[0], 40, rtol=1e-12)
    assert (effects.clusters[0], effects.df[0]) == (8, 7)


def test_strata_that_explain_all_make_a_sample_surer():
    rows = pd.DataFrame({"rating": [10, 9, 10, 9, 2, 0, 1, 2], "stratum": list("aaaabbbb")})
    effects = effects_of(rows, strata="stratum", metric=nps.mean_rating(nps.Scale(0, 10)))
    # By hand: each stratum has the variance s^2 = 1/3 or 11/12 of a mean of 4, and half the weight.
    variance = (1 / 3 + 11 / 12) / 4 / 4
    np.testing.assert_allclose(effects.standard_error[0], np.sqrt(variance), rtol=1e-12)
    spread = rows.rating.var(ddof=1)
    np.testing.assert_allclose(effects.effective_n[0], spread / variance, rtol=1e-12)
    assert effects.design_effect[0] < 0.05
    assert effects.df[0] == 6


def test_the_score_and_its_error_are_those_of_estimate():
    counts = nps.tabulate_survey(schools(30), "rating", by="wave", weight="weight", cluster="school")
    effects, estimates = nps.design_effects(counts), nps.estimate(counts)
    np.testing.assert_array_equal(effects.score, estimates.score)
    np.testing.assert_array_equal(effects.standard_error, estimates.standard_error)


def test_each_score_has_a_design_effect_of_its_own():
    counts = nps.tabulate_survey(schools(30), "rating", weight="weight", cluster="school")
    of_nps = nps.design_effects(counts)
    of_mean = nps.design_effects(counts, metric=nps.mean_rating(nps.Scale(0, 10)))
    assert abs(of_nps.design_effect[0] / of_mean.design_effect[0] - 1) > 0.01
    np.testing.assert_array_equal(of_nps.kish_design_effect, of_mean.kish_design_effect)


def test_the_unit_of_weights_does_not_matter():
    rows = schools(12)
    one = effects_of(rows, weight="weight", cluster="school").columns()
    other = effects_of(rows.assign(weight=rows.weight * 1e6), weight="weight", cluster="school").columns()
    for name, column in one.items():
        np.testing.assert_allclose(other[name], column, rtol=1e-10)


def test_a_census_leaves_no_room_for_chance():
    rows = schools()
    effects = effects_of(rows, fpc=1.0)
    assert effects.effective_n[0] == np.inf
    assert effects.design_effect[0] == 0
    assert effects.sentences() == ["The design leaves no room for chance in the NPS of these 28 respondents."]
    assert "∞" in str(effects)


def test_a_group_whose_ratings_agree_is_worth_its_clusters():
    rows = pd.DataFrame({"rating": [10] * 12, "school": np.repeat([1, 2, 3], 4)})
    effects = effects_of(rows, cluster="school")
    np.testing.assert_allclose(effects.effective_n, [3], rtol=1e-12)


def test_the_airports_passengers_are_worth_fewer_because_of_runs(shared_data):
    parts = []
    for year in (2017, 2018):
        part = pd.read_csv(shared_data / "sfo" / f"{year}.csv", low_memory=False)
        part.columns = part.columns.str.strip()
        run = pd.to_numeric(part["RUNID"], errors="coerce").fillna(-1)
        rating = pd.to_numeric(part["NETPRO"], errors="coerce")
        parts.append(pd.DataFrame({"rating": rating, "weight": part["WEIGHT"], "run": run, "year": year}))
    rows = pd.concat(parts)
    rows["rating"] = rows.rating.where(rows.rating <= 10)
    rows["run"] = rows.year * 1e6 + rows.run
    effects = effects_of(rows, by="year", weight="weight", cluster="run")
    # R survey: svyby of the NPS by year, cluster = run, four decimals.
    np.testing.assert_allclose(effects.score, [40.3984, 35.1136], atol=5e-5)
    np.testing.assert_allclose(effects.standard_error, [1.5507, 2.2405], atol=5e-5)
    rated = rows.dropna(subset="rating")
    for i, year in enumerate((2017, 2018)):
        w = rated.weight[rated.year == year]
        x = np.where(rated.rating >= 9, 100.0, np.where(rated.rating <= 6, -100.0, 0.0))[rated.year == year]
        simple = np.average((x - np.average(x, weights=w)) ** 2, weights=w) * len(rows) / (len(rows) - 1)
        np.testing.assert_allclose(effects.effective_n[i], simple / [1.5507, 2.2405][i] ** 2, rtol=1e-4)
        assert effects.design_effect[i] > effects.kish_design_effect[i]


def test_what_is_worth_how_much_is_said_in_a_managers_words():
    rows = pd.DataFrame({"rating": np.repeat([10, 9, 3, 7, 8, 0, 10, 5], 5), "school": np.repeat(np.arange(8), 5)})
    rows["year"] = 2025
    effects = effects_of(rows, cluster="school", by="year")
    assert effects.sentences() == [
        "2025: For NPS, 40 respondents count like 7 who count the same and answer independently (design effect 5.57; "
        "unequal weights alone would make it 1.00)."
    ]
    assert effects.heading() == "NPS by year: what the design of the sample costs\n8 clusters"
    assert list(effects.to_frame()) == [
        "year", "n", "share_of_weight", "score", "standard_error", "design_effect", "effective_n",
        "kish_design_effect", "kish_effective_n", "clusters", "df",
    ]  # fmt: skip
    assert len(effects) == 1
    assert json.dumps(effects.to_dict())
    assert effects.to_dict()["sample_design"] == "8 clusters"
    assert "by year" not in effects.method_text()


def test_the_table_of_design_effects():
    rows = pd.DataFrame({"rating": np.repeat([10, 9, 3, 7, 8, 0, 10, 5], 5), "school": np.repeat(np.arange(8), 5)})
    table = effects_of(rows, cluster="school").table()
    assert table.headers == [
        "n", "share of weight", "NPS", "standard error", "design effect", "effective n", "Kish's design effect",
        "Kish's effective n", "clusters", "df",
    ]  # fmt: skip
    assert table.rows == [["40", "100.0 %", "0.0", "32.73", "5.57", "7", "1.00", "40", "8", "7"]]


@pytest.mark.parametrize("question", [nps.design_effects, nps.describe_weights])
def test_simple_counts_have_no_design(question):
    counts = nps.RatingCounts.from_categories(promoters=5, passives=3, detractors=2)
    with pytest.raises(TypeError, match=r"`counts` must be a SurveyCounts such as npsstats.tabulate_survey"):
        question(counts)


def test_a_group_without_ratings_has_no_design_effect():
    rows = schools().assign(rating=lambda rows: rows.rating.where(rows.wave == "first"))
    with pytest.raises(nps.UndefinedScoreError, match="second"):
        effects_of(rows, by="wave")


# ---------------------------------------------------------------------------------------------------- the weights


def test_weights_are_described_by_hand():
    report = nps.describe_weights(
        nps.tabulate_survey(pd.DataFrame({"rating": [10, 9, 3, 8], "w": [1, 1, 2, 4]}), "rating", weight="w")
    )
    (row,) = report.to_records()
    # Mean 2, squares 22: n sum w^2 / (sum w)^2 = 4 * 22 / 64.
    assert (row["n"], row["smallest"], row["largest"], row["mean"]) == pytest.approx((4, 1, 4, 2), rel=1e-14)
    assert row["design_effect"] == pytest.approx(88 / 64, rel=1e-14)
    assert row["effective_n"] == pytest.approx(64 / 22, rel=1e-14)
    assert row["cv"] == pytest.approx(np.sqrt(88 / 64 - 1), rel=1e-14)
    assert (row["margin"], row["cell"], row["population_share"]) == ("", None, None)
    assert report.sentences() == [
        "4 respondents count like 3 with equal weights: weights run from 0.50 to 2.00 times their mean (Kish's design "
        "effect 1.38)."
    ]
    assert report.table().rows == [["4", "0.50", "2.00", "0.61", "1.38", "3"]]
    assert report.heading() == "Weights of 4 rows"
    assert report.reference_keys() == ("kish1992",)


def test_equal_weights_are_said_to_be_equal():
    report = nps.describe_weights(
        nps.tabulate_survey(pd.DataFrame({"rating": [10, 9, 3], "w": [0.3] * 3}), "rating", weight="w")
    )
    assert report.sentences() == ["All 3 respondents count the same."]


def calibrated(**more):
    rows = pd.DataFrame(
        {
            "rating": [10, 9, 3, 8, 10, 0, 7, 6],
            "sex": list("ffffffmm"),
            "age": ["old", "old", "young", "young", "young", "old", "old", "young"],
        }
    )
    margins = {"sex": {"f": 0.6, "m": 0.4}, "age": {"young": 0.3, "old": 0.7}}
    return nps.tabulate_survey(rows, "rating", margins=margins, **more)


def test_calibration_is_told_cell_by_cell():
    report = nps.describe_weights(calibrated())
    frame = report.to_frame()
    assert frame.margin.tolist() == ["", "sex", "sex", "age", "age"]
    assert frame.cell.tolist()[1:] == ["f", "m", "young", "old"]
    assert frame.n.tolist() == [8, 6, 2, 4, 4]
    np.testing.assert_allclose(frame.share_before, [1, 0.75, 0.25, 0.5, 0.5], rtol=1e-14)
    np.testing.assert_allclose(frame.population_share, [1, 0.6, 0.4, 0.3, 0.7], rtol=1e-14)
    # Raking meets its margins to a relative 1e-12.
    np.testing.assert_allclose(frame.share_after, frame.population_share, rtol=1e-11)
    # Raked factors are products: of women a b1 and a b2, of men c b1 and c b2.
    np.testing.assert_allclose(frame.factor_low[1] / frame.factor_low[2], frame.factor_high[1] / frame.factor_high[2])
    np.testing.assert_allclose([frame.factor_low[0], frame.factor_high[0]], [frame.factor_low[1], frame.factor_high[2]])
    assert report.heading() == "Weights of 8 rows, calibrated to sex and age (raking)"
    assert report.sentences()[0].endswith("This puts right the shares of sex and age, and nothing else.")
    assert report.sentences()[2].startswith(
        "sex m: 25.0 % of the weight before and 40.0 % after, 40.0 % of the population (n = 2; factors from "
    )
    assert len(report) == 5
    assert report.table().rows[0][:3] == ["", "all", "8"]
    assert report.reference_keys() == ("kish1992", "demingstephan1940", "deville1992")
    assert report.to_dict()["calibration"] == "raking"


def test_one_margin_has_one_factor_a_cell():
    rows = pd.DataFrame({"rating": [10, 9, 3, 8, 10, 0], "sex": list("ffffmm")})
    report = nps.describe_weights(
        nps.tabulate_survey(rows, "rating", margins={"sex": {"f": 1, "m": 1}}, calibration="post-stratification")
    )
    assert report.sentences()[1] == (
        "sex f: 66.7 % of the weight before and 50.0 % after, 50.0 % of the population (n = 4; a factor of 0.75)."
    )
    assert "(post-stratification)" in report.sentences()[0]


def test_trimming_is_told():
    rows = pd.DataFrame({"rating": [10, 9, 3, 8, 10, 0], "w": [1, 1, 1, 1, 1, 40]})
    report = nps.describe_weights(nps.tabulate_survey(rows, "rating", weight="w", trim=(0.1, 2)))
    overall = report.to_records()[0]
    assert overall["largest"] / overall["mean"] == pytest.approx(2, rel=1e-12)
    assert "Trimming cut 1 of them to its limits." in report.sentences()[0]
    assert report.heading() == "Weights of 6 rows, 1 cut to limits by trimming"


def test_trimming_and_calibration_are_told_as_one_factor():
    rows = pd.DataFrame({"rating": [10, 9, 3, 8, 10, 0], "w": [1, 1, 1, 1, 1, 40], "sex": list("fffffm")})
    margins = {"sex": {"f": 0.2, "m": 0.8}}
    report = nps.describe_weights(nps.tabulate_survey(rows, "rating", weight="w", trim=(0.1, 2), margins=margins))
    told = report.sentences()[0]
    # Of 45: 40 are cut to 15, the others have 6 each. Women shall have 9 of 45, 1.8 each: 1.8 times what they had; the
    # man 36, 0.9 times what he had, and 4.8 mean weights: beyond 2 of them. 1.8 is 0.24 of the mean, within the limits.
    assert "Trimming cut 1 of them to its limits. Trimming and calibration (raking, " in told
    assert " multiplied them by 0.90 to 1.80. After calibration 1 of them are beyond the limits of trimming." in told
    assert report.to_dict()["beyond_trim_after_calibration"] == 1
    without = nps.describe_weights(nps.tabulate_survey(rows, "rating", weight="w", margins=margins))
    assert " mean (Kish's design effect 3.89). Calibration (raking, " in without.sentences()[0]
    assert "beyond" not in without.sentences()[0]


def test_weights_at_the_limits_are_not_beyond_them():
    rows = pd.DataFrame({"rating": [10, 9, 3, 8], "w": [1, 1, 1, 9], "sex": list("ffmm")})
    # What trimming leaves meets the margin, so that calibration changes nothing but the last digits.
    cut = [2, 2, 2, 6]
    margins = {"sex": {"f": (cut[0] + cut[1]) / 12, "m": (cut[2] + cut[3]) / 12}}
    counts = nps.tabulate_survey(rows, "rating", weight="w", trim=(0.1, 2), margins=margins)
    assert (counts.weighting.trimmed, counts.weighting.beyond) == (1, 0)


def with_blanks():
    """Four women with a rating, two men with one and two without."""
    return pd.DataFrame({"rating": [10, 9, 3, 8, 10, 0, None, None], "sex": list("ffffmmmm")})


def test_rows_without_a_rating_are_told_of():
    counts = nps.tabulate_survey(with_blanks(), "rating", margins={"sex": {"f": 0.6, "m": 0.4}})
    report = nps.describe_weights(counts)
    # Women have 1.2 each and men 0.8: of those with a rating 4.8 and 1.6 of 6.4.
    frame = report.to_frame()
    np.testing.assert_allclose(frame.share_after, [1, 0.6, 0.4], rtol=1e-11)
    np.testing.assert_allclose(frame.share_rated, [1, 0.75, 0.25], rtol=1e-11)
    told = report.sentences()
    assert told[0].startswith(
        "8 rows (2 without a rating) count like 8 with equal weights: weights run from 0.80 to 1.20"
    )
    assert told[0].endswith(
        "This puts right the shares of sex among all rows, with and without a rating, and nothing else."
    )
    assert told[1] == (
        "sex f: 50.0 % of the weight before and 60.0 % after (75.0 % among rows with a rating), 60.0 % of the "
        "population (4 rows; a factor of 1.20)."
    )
    assert not any("respondents" in text for text in told)
    assert report.table().headers[5:7] == ["share after", "share rated"]
    assert report.table().rows[1][5:7] == ["60.0 %", "75.0 %"]
    assert report.to_dict()["rows_without_rating"] == 2
    assert counts.notes == (
        "weights are calibrated over all rows, also 2 without a rating; of those with a rating, sex f is 75.0 %, of "
        "the population 60.0 %",
    )
    # The advice of the guide: without these rows the shares of the rated are those of the population.
    only = nps.tabulate_survey(with_blanks().dropna(), "rating", margins={"sex": {"f": 0.6, "m": 0.4}})
    np.testing.assert_allclose(nps.describe_weights(only).to_frame().share_rated, [1, 0.6, 0.4], rtol=1e-11)
    assert only.notes == ()


def test_equal_rows_some_without_a_rating_are_no_respondents():
    report = nps.describe_weights(nps.tabulate_survey(with_blanks(), "rating"))
    assert report.sentences() == ["All 8 rows (2 without a rating) count the same."]


def test_shares_of_the_rated_close_to_the_population_need_no_note():
    rows = pd.concat([with_blanks().dropna()] * 50 + [with_blanks().iloc[-1:]])
    counts = nps.tabulate_survey(rows, "rating", margins={"sex": {"f": 0.6, "m": 0.4}})
    assert counts.weighting.unrated == 1
    assert 0 < abs(counts.weighting.cells[0].share_rated - 0.6) < 0.01
    assert counts.notes == ()


def test_no_rating_at_all_has_no_share_of_the_rated():
    rows = with_blanks().assign(rating=None)
    counts = nps.tabulate_survey(rows, "rating", margins={"sex": {"f": 0.6, "m": 0.4}})
    assert all(np.isnan(cell.share_rated) for cell in counts.weighting.cells)
    assert counts.notes == ()


@pytest.mark.parametrize(
    ("by", "margins", "lacking"),
    [
        ("year", {"sex": {"f": 0.5, "m": 0.5}}, "year"),
        ("year", {"sex": {"f": 0.5, "m": 0.5}, "year": {1: 0.5, 2: 0.5}}, "year"),
        (["sex", "year"], {"sex": {"f": 0.5, "m": 0.5}}, "year"),
        (["area", "year"], {"sex": {"f": 0.5, "m": 0.5}}, "area and year"),
        ("year", {("year", "sex"): {(1, "f"): 0.2, (1, "m"): 0.3, (2, "f"): 0.3, (2, "m"): 0.2}}, None),
        ("sex", {"sex": {"f": 0.5, "m": 0.5}}, None),
        ("one", {"sex": {"f": 0.5, "m": 0.5}}, None),
        ((), {"sex": {"f": 0.5, "m": 0.5}}, None),
    ],
)
def test_margins_that_are_not_met_within_groups_are_told_of(by, margins, lacking):
    rows = pd.DataFrame(
        {"rating": np.arange(16) % 11, "sex": list("ffmmfmmm") * 2, "year": [1, 2] * 8, "area": list("aabb") * 4}
    ).assign(one=1)
    counts = nps.tabulate_survey(rows, "rating", by=by, margins=margins)
    told = () if lacking is None else (f"margins hold for all groups together, not within {lacking}",)
    assert counts.notes == told


def test_each_wave_is_calibrated_by_margins_that_name_it():
    rows = pd.DataFrame({"rating": [10, 0, 10, 10, 10, 0, 0, 0], "sex": list("fmffmfmm"), "year": [1] * 4 + [2] * 4})
    known = {("year", "sex"): {(1, "f"): 1, (1, "m"): 1, (2, "f"): 1, (2, "m"): 1}}
    # By hand: women of year 1 are all promoters and the man a detractor; in year 2 the woman is a detractor, and of
    # three men one is a promoter.
    found = nps.estimate(nps.tabulate_survey(rows, "rating", by="year", margins=known, lonely="adjust")).score
    np.testing.assert_allclose(found, [0, (-100 - 100 / 3) / 2], rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("words", ["representative", "equal score", "no difference"])
def test_no_sentence_claims_what_weights_cannot_do(words):
    counts = calibrated()
    told = nps.describe_weights(counts).sentences() + nps.design_effects(counts).sentences()
    assert not any(words in text for text in told)


def test_cells_without_rows_and_rows_without_cell_are_described():
    summary = weighting_of(
        np.array([1.0, 2.0, 0.0, 1.0]),
        np.array([2.0, 2.0, 0.0, 4.0]),
        [("area", ["A", "B", "C"], np.array([0, 0, 1, -1]), np.array([1.0, 2.0, 1.0]))],
    )
    a, b, c = summary.cells
    assert (a.n, b.n, c.n) == (2, 1, 0)
    assert a.share_before == 0.75
    assert a.population_share == 0.25
    # After / before, relative to the mean: (2/8) / (1/4) and (2/8) / (2/4).
    assert (a.factor_low, a.factor_high) == (0.5, 1.0)
    # A row without weight has no factor; a cell without rows no weight.
    assert np.isnan(b.factor_low)
    assert np.isnan(c.mean)
    assert (summary.overall.factor_low, summary.overall.factor_high) == (0.5, 2.0)
    # Without a word all rows have a rating.
    assert [cell.share_rated for cell in summary.cells] == [cell.share_after for cell in summary.cells]
    assert summary.unrated == 0


def test_the_spread_of_weights_that_hardly_differ_is_kept():
    base = 1 + np.array([-1e-9, 1e-9] * 500)
    cv = weighting_of(base, base).overall.cv
    np.testing.assert_allclose(cv, 1e-9, rtol=1e-6)  # weights near 1 carry 2e-16, a relative 2e-7 of the spread
