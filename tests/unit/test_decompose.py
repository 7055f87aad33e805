"""The split of a change into mix and rate: figures, rules, words, pictures and errors."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtrit

import npsstats as nps
from npsstats.results.decompositions import CONTRIBUTIONS

# Sums of a few products of 16 digits, in points.
EXACT = {"rtol": 1e-12, "atol": 1e-10}


def channels(year, by="channel", **categories):
    names = list(categories)
    promoters, passives, detractors = zip(*categories.values(), strict=True)
    return nps.RatingCounts.from_categories(
        promoters=promoters, passives=passives, detractors=detractors, groups=names, by=by
    ).with_group("year", year)


def tenure():
    return channels(2024, by="tenure", old=(480, 240, 80), new=(60, 60, 80)) + channels(
        2025, by="tenure", old=(260, 110, 30), new=(220, 200, 180)
    )


def of(result, name):
    return result.contribution[:, CONTRIBUTIONS.index(name)]


def errors_of(result, name):
    column = CONTRIBUTIONS.index(name)
    return result.standard_error[:, column], result.low[:, column], result.high[:, column]


# -------------------------------------------------------------------------------------------------------- by hand


def test_two_segments_by_hand():
    # Old: share 0.8 to 0.4, score 50 to 57.5; new: 0.2 to 0.6, -10 to 20 / 3. Totals 38 and 27, centre 32.5.
    result = nps.decompose(tenure(), reference=2024)
    np.testing.assert_allclose(result.share_reference, [0.8, 0.2, 1])
    np.testing.assert_allclose(result.share, [0.4, 0.6, 1])
    np.testing.assert_allclose(result.score_reference, [50, -10, 38])
    np.testing.assert_allclose(result.score, [57.5, 20 / 3, 27])
    old, new = -0.4 * (53.75 - 32.5), 0.4 * (-5 / 3 - 32.5)
    np.testing.assert_allclose(of(result, "mix"), [old, new, old + new], **EXACT)
    np.testing.assert_allclose(of(result, "rate"), [0.6 * 7.5, 0.4 * 50 / 3, 4.5 + 20 / 3], **EXACT)
    np.testing.assert_allclose(of(result, "total"), [-4, -7, -11], **EXACT)


def test_promoters_and_detractors_by_hand():
    # Promoters: old 60 to 65 %, new 30 to 110 / 3 %; in total 54 to 48 %. Detractors: 10 to 7.5, 40 to 30; 16 to 21 %.
    result = nps.decompose(tenure(), reference=2024)
    promoters = [0.6 * 5, 0.4 * 20 / 3]
    np.testing.assert_allclose(of(result, "rate_promoters")[:-1], promoters, **EXACT)
    np.testing.assert_allclose(of(result, "rate_detractors")[:-1], [0.6 * 2.5, 0.4 * 10], **EXACT)
    np.testing.assert_allclose(of(result, "mix_promoters")[:-1], [-0.4 * 11.5, 0.4 * (100 / 3 - 51)], **EXACT)
    np.testing.assert_allclose(of(result, "mix_detractors")[:-1], [-0.4 * 9.75, -0.4 * 16.5], **EXACT)
    np.testing.assert_allclose(result.contribution[-1, -2:], [-6, -5], **EXACT)


def test_a_segment_of_one_period_is_kept_and_counts_as_mix():
    # Shop 50 to 48 in both; phone -10 with 200 of 700, then gone; app 20 with 200 of 700. Totals 230 / 7 and 40.
    counts = channels(2024, shop=(300, 150, 50), phone=(60, 60, 80)) + channels(
        2025, shop=(290, 160, 50), app=(90, 60, 50)
    )
    result = nps.decompose(counts, reference=2024)
    centre = (230 / 7 + 40) / 2
    place = {label[0]: i for i, label in enumerate(result.labels)}
    rows = [place[name] for name in ("shop", "phone", "app", "all")]
    assert [result.presence[i] for i in rows] == ["both", "leaving", "entering", "total"]
    np.testing.assert_allclose(of(result, "mix")[rows[1:3]], [-2 / 7 * (-10 - centre), 2 / 7 * (20 - centre)], **EXACT)
    np.testing.assert_allclose(of(result, "rate")[rows], [-10 / 7, 0, 0, -10 / 7], **EXACT)
    np.testing.assert_allclose(of(result, "total")[rows[-1]], 40 - 230 / 7, **EXACT)
    # Of a change that nobody saw there is no interval; of the mix there is.
    for column in errors_of(result, "rate"):
        assert np.isnan(column[rows[1:3]]).all()
        assert np.isfinite(column[[rows[0], rows[3]]]).all()
    assert all(np.isfinite(column[rows]).all() for column in errors_of(result, "mix"))
    assert np.isnan(result.score[place["phone"]])
    assert np.isnan(result.score_reference[place["app"]])
    (text,) = result.sentences()
    assert "In 2025 only: app; what it contributes counts as mix" in text
    assert "In 2024 only: phone; what it contributes counts as mix" in text


def test_the_error_of_a_rate_by_hand():
    # One segment: the mix is 0, and the rate the change, of variance sum_t v_t / (n_t - 1).
    counts = channels(2024, all_=(40, 40, 20)) + channels(2025, all_=(90, 60, 50))
    result = nps.decompose(counts, reference=2024)
    variance = (0.6 - 0.2**2) / 99 + (0.7 - 0.2**2) / 199
    error, low, high = errors_of(result, "rate")
    np.testing.assert_allclose(error, 100 * np.sqrt(variance), rtol=1e-12)
    # Of all segments together.
    assert high[-1] - low[-1] == pytest.approx(2 * 1.959963984540054 * error[-1], rel=1e-12)


@pytest.mark.parametrize("name", ["rate", "total"])
def test_of_the_only_segment_the_limits_are_those_of_the_difference_of_its_scores(name):
    # Its share is 1 in both periods and does not vary.
    counts = channels(2024, all_=(40, 40, 20)) + channels(2025, all_=(90, 60, 50))
    result, change = nps.decompose(counts, reference=2024), nps.compare(counts, reference=2024)
    _, low, high = errors_of(result, name)
    np.testing.assert_allclose([low[0], high[0]], [change.low[0], change.high[0]], rtol=1e-9)


def test_the_limits_of_a_rate_by_hand():
    # MOVER: the score limits of the change, and the variance of the mean share that goes with it.
    counts = channels(1, shop=(30, 20, 10), kiosk=(7, 5, 8)) + channels(2, shop=(50, 30, 40), kiosk=(2, 4, 14))
    result = nps.decompose(counts, reference=1)
    change = nps.compare(counts.select(("kiosk", 1), ("kiosk", 2)), reference=1)
    share, moved = (20 / 80 + 20 / 140) / 2, (-12 / 20 + 1 / 20) * 100
    of_share = (20 / 80 * 60 / 80 / 79 + 20 / 140 * 120 / 140 / 139) / 4
    kiosk = [label[0] for label in result.labels].index("kiosk")
    _, low, high = errors_of(result, "rate")
    for limit, score_limit, way in ((low, change.low[0], -1), (high, change.high[0], 1)):
        z = 1.959963984540054
        reach = np.sqrt((share * (score_limit - moved)) ** 2 + (z * moved) ** 2 * of_share)
        assert limit[kiosk] == pytest.approx(share * moved + way * reach, rel=1e-9)


def test_the_limits_of_a_mix_by_hand():
    # A product of two estimates: the delta method's variance, and Var(x) Var(y) + Cov(x, y)^2, here from every cell.
    counts = channels(1, shop=(30, 20, 10), kiosk=(7, 5, 8)) + channels(2, shop=(50, 30, 40), kiosk=(2, 4, 14))
    result = nps.decompose(counts, reference=1)
    shares = np.array([[30, 20, 10, 7, 5, 8], [50, 30, 40, 2, 4, 14]]) / [[80], [140]]
    values, inside = np.array([100.0, 0, -100] * 2), np.array([0] * 3 + [1] * 3)
    weight = shares @ inside
    score = shares @ (inside * values) / weight
    growth = np.outer([-1, 1], inside)
    excess = 0.5 * (inside * (values - score[:, None]) / weight[:, None] - values)
    covariance = np.zeros((2, 2))
    for p, n, slopes in zip(shares, (80, 140), zip(growth, excess, strict=True), strict=True):
        covariance += np.cov(np.array(slopes), aweights=p, ddof=0) / (n - 1)
    second = covariance[0, 0] * covariance[1, 1] + covariance[0, 1] ** 2
    kiosk = [label[0] for label in result.labels].index("kiosk")
    error, low, high = (column[kiosk] for column in errors_of(result, "mix"))
    centre = score.mean() - (shares @ values).mean()
    first = (weight[1] - weight[0]) ** 2 * covariance[1, 1] + centre**2 * covariance[0, 0]
    first += 2 * (weight[1] - weight[0]) * centre * covariance[0, 1]
    assert error == pytest.approx(np.sqrt(first), rel=1e-9)
    assert (high - low) / 2 == pytest.approx(1.959963984540054 * np.sqrt(first + second), rel=1e-9)
    assert second > 0.001 * first


@pytest.mark.parametrize("alike", [(3, 0, 0), (0, 3, 0), (0, 0, 3)])
def test_a_segment_whose_ratings_are_all_alike_is_not_known_exactly(alike):
    counts = channels(1, shop=(30, 20, 10), kiosk=alike) + channels(2, shop=(30, 30, 10), kiosk=alike)
    result = nps.decompose(counts, reference=1)
    kiosk = [label[0] for label in result.labels].index("kiosk")
    for name in ("rate", "rate_promoters", "rate_detractors", "total"):
        _, low, high = errors_of(result, name)
        # Three respondents of 63 and of 73 who may be anywhere: a point or more.
        assert low[kiosk] < of(result, name)[kiosk] - 1 or high[kiosk] > of(result, name)[kiosk] + 1


def test_the_interval_of_the_change_is_that_of_compare():
    counts = nps.datasets.load("sfo")["recommend"]
    result, change = nps.decompose(counts, reference=2017), nps.compare(counts.pool("year"), reference=2017)
    _, low, high = errors_of(result, "total")
    assert (low[-1], high[-1]) == (change.low[0], change.high[0])
    assert result.score[-1] == pytest.approx(change.score[0], abs=1e-10)
    assert of(result, "total")[-1] == pytest.approx(change.difference[0], abs=1e-10)


@pytest.mark.parametrize("question", [nps.decompose, nps.decompose_factors])
def test_words_say_which_score_is_above(question):
    fall, rise = (question(tenure(), reference=reference).sentences()[0] for reference in (2024, 2025))
    assert fall.startswith("NPS of 2025 is 11.0 points below that of 2024 (27.0, n = 1,000, against 38.0, n = 1,000;")
    assert rise.startswith("NPS of 2024 is 11.0 points above that of 2025 (38.0, n = 1,000, against 27.0, n = 1,000;")


def test_the_interval_of_the_change_by_factors_is_that_of_compare_also_in_words():
    counts = nps.datasets.load("sfo")["recommend"]
    result, change = nps.decompose_factors(counts, reference=2017), nps.compare(counts.pool("year"), reference=2017)
    assert (result.low[-1, 0], result.high[-1, 0]) == (change.low[0], change.high[0])
    limits = f"−{-change.low[0]:.1f} to −{-change.high[0]:.1f} points"
    assert f"95 % interval of the difference {limits}" in result.sentences()[0]


def test_the_level_widens_intervals():
    narrow, wide = (nps.decompose(tenure(), reference=2024, confidence_level=level) for level in (0.8, 0.99))
    assert (wide.low < narrow.low).all()
    assert (wide.high > narrow.high).all()


# ------------------------------------------------------------------------------------------------ several comparisons


def three_years():
    return tenure() + channels(2026, by="tenure", old=(200, 90, 20), new=(260, 190, 140))


def test_each_period_is_split_against_the_one_before():
    both = nps.decompose(three_years(), reference="previous")
    assert [both.labels[rows.stop - 1] for rows in both.comparisons] == [("all", 2025), ("all", 2026)]
    assert both.reference == (2024,) * 3 + (2025,) * 3
    for rows, (before, after) in zip(both.comparisons, [(2024, 2025), (2025, 2026)], strict=True):
        pair = three_years().select(*((name, year) for name in ("old", "new") for year in (before, after)))
        alone = nps.decompose(pair, reference=before)
        np.testing.assert_allclose(both.contribution[rows], alone.contribution, **EXACT)
    assert len(both.covariance) == len(both.paradox) == len(both.sentences()) == 2


def test_the_rest_can_be_the_reference():
    counts = three_years()
    result = nps.decompose(counts, reference="rest")
    rows = result.comparisons[0]
    others = counts.pool("year")
    rest = nps.estimate(others.select(2025, 2026).pool()).score[0]
    assert result.reference[rows.start] == "rest"
    np.testing.assert_allclose(result.score_reference[rows.stop - 1], rest, **EXACT)
    np.testing.assert_allclose(of(result, "total")[rows.stop - 1], 38 - rest, **EXACT)


def test_segments_may_be_crossed_by_several_columns():
    rows = nps.datasets.responses("sfo")
    counts = nps.tabulate(rows, rating="recommend", by=["area", "time_of_day", "year"])
    result = nps.decompose(counts, reference=2017)
    assert result.by == ("area", "time_of_day", "year")
    assert result.labels[-1] == ("all", "all", 2018)
    assert len(result) == len({label[:2] for label in counts.labels}) + 1


# ------------------------------------------------------------------------------------------------------ other metrics


def test_a_metric_without_values_below_zero_has_nothing_through_detractors():
    rng = np.random.default_rng(2)
    scale = nps.Scale(1, 5)
    counts = nps.RatingCounts(
        rng.integers(1, 40, (4, 5)),
        metric=nps.CSAT,
        missing=np.zeros(4, dtype=int),
        by=("shop", "year"),
        labels=[(shop, year) for shop in "AB" for year in (1, 2)],
    )
    for metric in (nps.CSAT, nps.mean_rating(scale)):
        result = nps.decompose(counts, reference=1, metric=metric)
        assert not of(result, "total_detractors").any()
        np.testing.assert_array_equal(of(result, "rate_promoters"), of(result, "rate"))
        assert "detractors" not in str(result)
        assert "promoters" not in result.sentences()[0]


def test_a_mean_is_split_in_its_own_units():
    counts = nps.datasets.load("sfo")["recommend"]
    mean = nps.mean_rating(counts.scale)
    result = nps.decompose(counts, reference=2017, metric=mean)
    frame = counts.to_frame()
    ratings = np.arange(11)
    table = frame.set_index(["area", "year"])[list(range(11))]
    total = table.groupby("year").sum()
    expected = np.diff((total @ ratings) / total.sum(axis=1))[0]
    assert of(result, "total")[-1] == pytest.approx(expected, abs=1e-10)


# ------------------------------------------------------------------------------------------------- Simpson's paradox


def test_a_paradox_that_is_shown_has_the_largest_of_the_one_sided_pvalues():
    result = nps.decompose(tenure(), reference=2024)
    assert result.paradox == ("shown",)
    rises = nps.compare(tenure(), reference=2024, alternative="greater").pvalue
    falls = nps.compare(tenure().pool("year"), reference=2024, alternative="less").pvalue
    assert result.paradox_pvalue[0] == pytest.approx(max(*rises, *falls), rel=1e-12)
    (text,) = result.sentences()
    assert "Simpson's paradox: NPS rises in every segment that is in both periods, and falls in total" in text
    assert "All of these moves are detected" in text
    assert {"simpson1951", "berger1982"} <= set(result.references)


def test_a_paradox_in_few_answers_is_observed_and_not_shown():
    counts = channels(1, by="tenure", old=(48, 24, 8), new=(6, 6, 8)) + channels(
        2, by="tenure", old=(26, 11, 3), new=(22, 20, 18)
    )
    result = nps.decompose(counts, reference=1)
    assert result.paradox == ("observed",)
    assert result.paradox_pvalue[0] > 0.05
    assert "not all of these moves are detected" in result.sentences()[0]


def test_the_reverse_is_a_paradox_too():
    result = nps.decompose(tenure(), reference=2025)
    assert result.paradox == ("shown",)
    assert "NPS falls in every segment that is in both periods, and rises in total" in result.sentences()[0]


@pytest.mark.parametrize(
    "after",
    [
        {"old": (220, 120, 60), "new": (220, 200, 180)},  # one segment falls
        {"old": (520, 220, 60), "new": (70, 60, 70)},  # the total rises, too
        {"old": (260, 110, 30)},  # one segment of both periods only
    ],
)
def test_other_changes_are_no_paradox(after):
    counts = channels(2024, by="tenure", old=(480, 240, 80), new=(60, 60, 80)) + channels(2025, by="tenure", **after)
    result = nps.decompose(counts, reference=2024)
    assert result.paradox == ("",)
    assert np.isnan(result.paradox_pvalue[0])
    assert "Simpson" not in result.sentences()[0]
    assert "simpson1951" not in result.references


def test_scores_that_are_the_same_but_for_rounding_are_no_move_of_a_paradox():
    # So many of each rating that every score stays as it is, and the shares move the total.
    for times in range(2, 9):
        counts = channels(1, a=(4, 26, 29), b=(19, 9, 21)) + channels(
            2, a=(4 * times, 26 * times, 29 * times), b=(19, 9, 21)
        )
        for reference in (1, 2):
            result = nps.decompose(counts, reference=reference)
            assert result.paradox == ("",)
            assert "Simpson" not in result.sentences()[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Shares of promoters less detractors are the same in both periods, though both segments rise.
        ({"a": (9, 4, 5), "b": (4, 7, 8)}, {"a": (9, 2, 5), "b": (7, 8, 11)}),
        ({"a": (3, 7, 4), "b": (11, 10, 10)}, {"a": (10, 7, 11), "b": (2, 10, 1)}),
        ({"a": (11, 6, 5), "b": (1, 7, 4)}, {"a": (4, 4, 1), "b": (10, 5, 10)}),
    ],
)
def test_a_total_that_is_the_same_but_for_rounding_has_not_moved(before, after):
    result = nps.decompose(channels(1, **before) + channels(2, **after), reference=1)
    assert (result.score[:2] > result.score_reference[:2]).all()
    assert abs(of(result, "total")[-1]) < 1e-10
    assert result.paradox == ("",)


def test_one_segment_of_both_periods_makes_no_paradox():
    # Old customers rise from 50 to 52; new ones, who were not there before, pull the total down.
    counts = channels(1, old=(60, 30, 10)) + channels(2, old=(61, 30, 9), new=(10, 20, 70))
    result = nps.decompose(counts, reference=1)
    assert of(result, "rate")[0] > 0 > of(result, "total")[-1]
    assert result.paradox == ("",)


def designed(clusters=30):
    """Rows of the paradox with weights, in clusters."""
    rng = np.random.default_rng(4)
    rows = []
    for year, groups in ((2024, {"old": (480, 240, 80), "new": (60, 60, 80)}), (2025, TENURE_AFTER)):
        for name, categories in groups.items():
            rows += [
                (year, name, rating) for rating, times in zip((9, 7, 0), categories, strict=True) for _ in range(times)
            ]
    frame = pd.DataFrame(rows, columns=["year", "tenure", "rating"])
    frame["weight"] = rng.uniform(0.8, 1.25, len(frame))
    frame["cluster"] = rng.integers(0, clusters, len(frame))
    return frame


TENURE_AFTER = {"old": (260, 110, 30), "new": (220, 200, 180)}


def test_the_paradox_of_a_survey_has_the_pvalues_of_compare():
    survey = nps.tabulate_survey(designed(), "rating", by=["tenure", "year"], weight="weight", cluster="cluster")
    result = nps.decompose(survey, reference=2024)
    assert result.paradox[0]
    rises = nps.compare(survey, reference=2024, alternative="greater").pvalue
    falls = nps.compare(survey.pool("year"), reference=2024, alternative="less").pvalue
    # Sums over segments and their covariance in another order.
    assert result.paradox_pvalue[0] == pytest.approx(max(*rises, *falls), rel=1e-8)


def test_limits_in_a_survey_take_the_quantile_of_student():
    survey = nps.tabulate_survey(
        designed(clusters=12), "rating", by=["tenure", "year"], weight="weight", cluster="cluster"
    )
    # 12 clusters in one stratum: 11 degrees of freedom.
    quantile = stdtrit(11, 0.975)
    result = nps.decompose(survey, reference=2024)
    for name in ("mix", "rate"):
        error, low, high = errors_of(result, name)
        assert (high - low)[-1] == pytest.approx(2 * quantile * error[-1], rel=1e-10)
    factors = nps.decompose_factors(survey, reference=2024)
    width = (factors.high - factors.low)[:-1, 0]
    np.testing.assert_allclose(width, 2 * quantile * factors.standard_error[:-1, 0], rtol=1e-10)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("question", [nps.decompose, nps.decompose_factors])
def test_of_a_period_in_one_cluster_no_error_is_known_and_one_warning_comes(question):
    rows = designed()
    rows["cluster"] = np.where(rows["year"] == 2024, 0, rows["cluster"])
    survey = nps.tabulate_survey(rows, "rating", by=["tenure", "year"], weight="weight", cluster="cluster")
    with pytest.warns(nps.SmallSampleWarning) as caught:
        result = question(survey, reference=2024)
    assert np.isnan(result.standard_error).all()
    assert len({str(warning.message) for warning in caught}) == len(caught)
    # At the line that asked.
    assert {warning.filename for warning in caught} == {__file__}


# -------------------------------------------------------------------------------------------------- little is known


def test_one_respondent_tells_nothing_of_the_spread_of_a_segment():
    counts = channels(1, shop=(30, 20, 10), kiosk=(1, 0, 0)) + channels(2, shop=(30, 30, 10), kiosk=(3, 2, 1))
    result = nps.decompose(counts, reference=1)
    kiosk = [label[0] for label in result.labels].index("kiosk")
    for name in ("rate", "total", "rate_promoters"):
        assert all(np.isnan(column[kiosk]) for column in errors_of(result, name))
    assert np.isfinite(errors_of(result, "mix")[0][kiosk])
    assert np.isfinite(result.standard_error[-1]).all()
    assert any("fewer than 10 respondents in a period are rough: 1 of them (first: kiosk)" in x for x in result.notes)


def test_a_few_respondents_of_a_segment_of_one_period_are_named_too():
    counts = channels(1, shop=(30, 20, 10)) + channels(2, shop=(30, 30, 10), kiosk=(3, 2, 1))
    result = nps.decompose(counts, reference=1)
    assert any("fewer than 10 respondents in a period are rough: 1 of them (first: kiosk)" in x for x in result.notes)


def test_of_a_period_with_one_respondent_nothing_is_known():
    counts = channels(1, shop=(1, 0, 0)) + channels(2, shop=(20, 10, 5), kiosk=(4, 4, 4))
    result = nps.decompose(counts, reference=1)
    assert np.isnan(nps.decompose_factors(counts, reference=1).standard_error).all()
    assert np.isnan(result.standard_error).all()
    np.testing.assert_allclose(of(result, "mix") + of(result, "rate"), of(result, "total"), **EXACT)
    assert "of its interval nothing is known" in result.sentences()[0]


def test_a_segment_without_any_rating_is_named():
    counts = channels(1, shop=(30, 20, 10)) + channels(2, shop=(30, 30, 10))
    silent = nps.RatingCounts.from_categories(
        promoters=0, passives=0, detractors=0, missing=4, groups=["web"], by="channel"
    )
    result = nps.decompose(counts + silent.with_group("year", 2), reference=1)
    assert [label[0] for label in result.labels] == ["shop", "all"]
    assert "segments without any rating have no row: 1 (first: web)" in result.notes


def test_periods_without_a_common_segment_differ_by_mix_alone():
    counts = channels(1, a=(5, 3, 2), b=(6, 2, 2)) + channels(2, c=(9, 1, 2), d=(3, 3, 3))
    result = nps.decompose(counts, reference=1)
    assert not of(result, "rate").any()
    assert of(result, "mix")[-1] == pytest.approx(of(result, "total")[-1], abs=1e-10)
    # Nobody is seen to rate otherwise, and nobody not to.
    rates = [i for i, name in enumerate(result.contributions) if "rate" in name]
    for limits in (result.standard_error, result.low, result.high):
        assert np.isnan(limits[:, rates]).all()
        assert np.isfinite(limits[-1, result.contributions.index("mix")])
    text = result.sentences()[0]
    assert "No segment (channel) has ratings in both periods: all of the change is entering and leaving" in text
    assert "of a change of ratings within segments nothing is known" in text
    assert "0.0" not in text.partition("No segment")[2]
    assert "detected" not in text
    table = result.table()
    place = table.headers.index("rate")
    assert {tuple(row[place : place + 2]) for row in table.rows} == {("–", "–")}


def test_a_period_without_a_common_segment_takes_nothing_from_the_others():
    counts = channels(1, a=(50, 30, 20)) + channels(2, a=(40, 30, 30)) + channels(3, b=(60, 20, 20))
    result = nps.decompose(counts, reference="previous")
    known = np.isfinite(result.low[:, result.contributions.index("rate")])
    assert known.tolist() == [True, True, False, False, False]
    assert "Other shares of channel alone" in result.sentences()[0]
    assert "No segment (channel)" in result.sentences()[1]
    cells = result.table().rows
    place = result.table().headers.index("rate")
    assert [row[place] == "–" for row in cells] == [False, False, True, True, True]


def test_of_periods_without_a_common_segment_the_rate_by_factors_is_not_known():
    counts = channels(1, a=(5, 3, 2), b=(6, 2, 2)) + channels(2, c=(9, 1, 2), d=(3, 3, 3))
    result = nps.decompose_factors(counts, reference=1)
    assert result.component == ("channel", "rate", "total")
    assert np.isnan(result.low[:, 0]).tolist() == [False, True, False]
    assert "by the ratings 0.0 points (of its interval nothing is known)" in result.sentences()[0]


# ------------------------------------------------------------------------------------------------------- real data


def by_hand(rows, segments, weight=None):
    """Mix and rate of all segments together, from the rows."""
    rows = rows.dropna(subset=["recommend"])
    rows = rows.assign(
        value=np.select([rows["recommend"] >= 9, rows["recommend"] <= 6], [100.0, -100.0], 0.0),
        one=1.0 if weight is None else rows[weight],
    )
    rows["product"] = rows["value"] * rows["one"]
    sums = rows.groupby([*segments, "year"], observed=True)[["product", "one"]].sum()
    score = (sums["product"] / sums["one"]).unstack()
    share = sums["one"].unstack().fillna(0)
    share = share / share.sum()
    score = score.apply(lambda row: row.fillna(row.mean()), axis=1)
    mix = ((share[2018] - share[2017]) * score.mean(axis=1)).sum()
    return mix, (share.mean(axis=1) * (score[2018] - score[2017])).sum()


@pytest.mark.parametrize("segments", [["area"], ["area", "time_of_day"]])
def test_the_fall_of_the_airport_is_that_of_its_rows(segments):
    rows = nps.datasets.responses("sfo")
    counts = nps.tabulate(rows, rating="recommend", by=[*segments, "year"])
    result = nps.decompose(counts, reference=2017)
    np.testing.assert_allclose(result.contribution[-1, :2], by_hand(rows, segments), rtol=1e-10)
    assert of(result, "total")[-1] == pytest.approx(-8.8586, abs=5e-5)


def test_the_weighted_fall_of_the_airport_is_that_of_its_rows():
    rows = nps.datasets.responses("sfo")
    survey = nps.tabulate_survey(rows, "recommend", by=["area", "time_of_day", "year"], weight="weight", cluster="run")
    result = nps.decompose(survey, reference=2017)
    np.testing.assert_allclose(result.contribution[-1, :2], by_hand(rows, ["area", "time_of_day"], "weight"), rtol=1e-9)
    change = nps.compare(survey.pool("year"), reference=2017)
    error, low, high = errors_of(result, "total")
    # The design's error of the change, by the whole table of segments instead of the two scores.
    assert error[-1] == pytest.approx(change.standard_error[0], rel=1e-9)
    assert (low[-1], high[-1]) == pytest.approx((change.low[0], change.high[0]), rel=1e-9)
    assert "418 clusters" in result.design


def test_life_satisfaction_by_sex_adds_up(shared_data):
    # Persons are counted as other people in each year here: this is of sums, not of errors.
    rows = pd.read_csv(shared_data / "soep" / "soep_practice_long.csv")
    rows = rows[rows["lebensz_org"].between(0, 10)]
    counts = nps.tabulate(rows, rating="lebensz_org", by=["sex", "syear"])
    result = nps.decompose(counts, reference="previous")
    value = np.select([rows["lebensz_org"] >= 9, rows["lebensz_org"] <= 6], [100.0, -100.0], 0.0)
    changes = pd.Series(value).groupby(rows["syear"].to_numpy()).mean().diff().dropna()
    totals = [of(result, "total")[part.stop - 1] for part in result.comparisons]
    np.testing.assert_allclose(totals, changes, rtol=0, atol=1e-10)


# ---------------------------------------------------------------------------------------------------- columns' mixes


def test_mixes_of_columns_by_hand():
    # Shares (0.4, 0.1; 0.1, 0.4) turn to (0.3, 0.2; 0.3, 0.2): rows keep their shares, columns go from 0.5, 0.5 to
    # 0.6, 0.4. Only the first cell's score is 100, all others 0. Chains of the first cell, rows before columns:
    # 0.5 * 0.8 and 0.5 * 0.6; columns before rows: 0.5 * 0.8 and 0.6 * 0.5. With rows changed alone: 0.5 * 0.8 and
    # 0.5 * 0.5, mean 0.325; columns alone: 0.5 * 0.6 and 0.6 * 0.8, mean 0.39. From 0.4 to 0.3:
    # rows ((0.325 - 0.4) + (0.3 - 0.39)) / 2 = -0.0825, columns ((0.39 - 0.4) + (0.3 - 0.325)) / 2 = -0.0175.
    labels = [("r", "c"), ("r", "d"), ("s", "c"), ("s", "d")]
    table = np.zeros((2, 4, 3), dtype=np.int64)
    table[0, :, 1], table[1, :, 1] = [40, 10, 10, 40], [30, 20, 30, 20]
    table[:, 0] = table[:, 0, [0, 2, 1]]
    counts = nps.RatingCounts(
        table.reshape(8, 3),
        metric=nps.NPS_CATEGORIES,
        missing=np.zeros(8, dtype=int),
        by=("row", "column", "year"),
        labels=[(*label, year) for year in (1, 2) for label in labels],
    )
    result = nps.decompose_factors(counts, reference=1)
    assert result.component == ("row", "column", "rate", "total")
    np.testing.assert_allclose(result.contribution[:, 0], [-8.25, -1.75, 0, -10], **EXACT)
    assert result.segments.tolist() == [4]


def test_mixes_of_columns_are_less_sure_if_whole_runs_were_drawn():
    rows = nps.datasets.responses("sfo")
    by = ["area", "time_of_day", "year"]
    plain = nps.decompose_factors(nps.tabulate_survey(rows, "recommend", by=by), reference=2017)
    runs = nps.decompose_factors(nps.tabulate_survey(rows, "recommend", by=by, cluster="run"), reference=2017)
    simple = nps.decompose_factors(nps.tabulate(rows, rating="recommend", by=by), reference=2017)
    np.testing.assert_allclose(plain.contribution, simple.contribution, **EXACT)
    # n / (n - 1) of the whole sample instead of each period's; parts of a period vary as the period's size does not.
    np.testing.assert_allclose(plain.standard_error, simple.standard_error, rtol=1e-3)
    # A run lies in one area at one time of day.
    assert (runs.standard_error[:2, 0] > plain.standard_error[:2, 0]).all()


def test_factors_of_several_comparisons_stand_one_after_the_other():
    result = nps.decompose_factors(three_years(), reference="previous")
    assert result.component == ("tenure", "rate", "total") * 2
    assert [label for (label,) in result.labels] == [2025] * 3 + [2026] * 3
    assert len(result.sentences()) == 2
    assert "by the mix of tenure" in result.sentences()[0]
    assert "by the ratings" in result.sentences()[0]


def test_crossed_segments_of_one_period_are_counted_in_a_note():
    labels = [("a", "x", 1), ("a", "y", 1), ("a", "x", 2), ("b", "y", 2)]
    counts = nps.RatingCounts(
        [[5, 3, 2]] * 4, metric=nps.NPS_CATEGORIES, missing=[0] * 4, by=("p", "q", "year"), labels=labels
    )
    result = nps.decompose_factors(counts, reference=1)
    assert any("2 of 3 crossed segments have ratings in one period only" in note for note in result.notes)


# --------------------------------------------------------------------------------------------------------- the result


@pytest.mark.parametrize("question", [nps.decompose, nps.decompose_factors])
def test_the_result_becomes_frames_and_text(question):
    result = question(three_years(), reference="previous")
    frame = result.to_frame()
    assert len(frame) == len(result)
    json.dumps(result.to_dict(), allow_nan=False)
    json.dumps(result.to_records(), allow_nan=False)
    assert str(result).startswith("NPS: the change by year, split")
    assert "Kitagawa 1955" in result.cite()
    assert result._repr_html_().count("<tr>") == len(result) + 1
    assert result.to_markdown().count("\n") == len(result) + 1


def test_the_columns_of_the_frame_are_always_the_same():
    frame = nps.decompose(tenure(), reference=2024).to_frame()
    parts = [f"{name}{error}" for name in CONTRIBUTIONS for error in ("", "_standard_error", "_low", "_high")]
    shown = ["n_reference", "n", "share_reference", "share", "score_reference", "score"]
    assert list(frame) == ["tenure", "year", "reference", "presence", *shown, *parts]


def test_a_rate_that_nobody_saw_is_a_dash_in_the_table():
    counts = channels(1, shop=(30, 20, 10)) + channels(2, shop=(30, 30, 10), app=(8, 3, 2))
    line = next(row for row in nps.decompose(counts, reference=1).table().rows if row[0] == "app")
    assert line.count("–") == 3  # its score before, its rate, and the interval of that


def test_what_is_not_detected_is_not_said_to_be_absent():
    counts = channels(1, shop=(30, 20, 10), web=(9, 9, 9)) + channels(2, shop=(31, 20, 10), web=(9, 9, 9))
    for question in (nps.decompose, nps.decompose_factors):
        (text,) = question(counts, reference=1).sentences()
        assert "not detected" in text
        assert "would be with a probability of 80 %" in text
        assert "no difference" not in text
        assert "no change" not in text
    assert (
        "The ratings of no single segment are detected to have moved it."
        in nps.decompose(counts, reference=1).sentences()[0]
    )


def test_what_would_be_detected_is_as_far_as_two_quantiles():
    counts = channels(1, shop=(30, 20, 10), web=(9, 9, 9)) + channels(2, shop=(31, 20, 10), web=(9, 9, 9))
    result = nps.decompose(counts, reference=1)
    # z_0.975 + z_0.8
    needed = (1.959963984540054 + 0.8416212335729143) * errors_of(result, "rate")[0][-1]
    assert f"not detected; {needed:.1f} would be" in result.sentences()[0]


# ----------------------------------------------------------------------------------------------------------- pictures


@pytest.fixture
def pyplot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def bars(axes):
    return [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches]


@pytest.mark.parametrize(
    ("result", "many"),
    [
        (lambda: nps.decompose(tenure(), reference=2024), 3),
        (lambda: nps.decompose_factors(tenure(), reference=2024), 2),
    ],
)
def test_the_steps_lead_from_one_score_to_the_other(pyplot, result, many):
    axes = nps.plots.waterfall(result())
    drawn = bars(axes)
    assert len(drawn) == 2 * many
    assert drawn[0][0] == pytest.approx(38)
    assert drawn[-1][1] == pytest.approx(27)
    for (_, end), (start, _) in itertools.pairwise(drawn):
        assert end == pytest.approx(start)
    low, high = axes.get_xlim()
    assert low < min(min(bar) for bar in drawn)
    assert high > max(max(bar) for bar in drawn)


def test_steps_can_be_segments(pyplot):
    axes = nps.plots.waterfall(nps.decompose(tenure(), reference=2024), steps="segment")
    assert [text.get_text() for text in axes.get_yticklabels()] == ["2024", "old", "new", "2025"]
    assert [text.get_text() for text in axes.texts][1].startswith("−4.0  [")


def test_a_metric_with_one_part_has_one_bar_for_a_step(pyplot):
    metric = nps.top_box(nps.NPS_CATEGORIES.scale, boxes=1, name="promoters")
    axes = nps.plots.waterfall(nps.decompose(tenure(), reference=2024, metric=metric))
    assert len(bars(axes)) == 3
    assert axes.get_legend() is None


def many_segments(number):
    rng = np.random.default_rng(8)
    return nps.RatingCounts(
        rng.integers(1, 30, (2 * number, 3)),
        metric=nps.NPS_CATEGORIES,
        missing=np.zeros(2 * number, dtype=int),
        by=("store", "year"),
        labels=[(store, year) for store in range(number) for year in (1, 2)],
    )


@pytest.mark.parametrize("steps", ["rate", "segment"])
def test_of_many_segments_the_smaller_ones_share_a_step(pyplot, steps):
    result = nps.decompose(many_segments(40), reference=1)
    axes = nps.plots.waterfall(result, steps=steps)
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert len(names) == 2 + 15 + (steps == "rate")
    assert names[-2] == ("rate of 26 others" if steps == "rate" else "26 others")
    assert bars(axes)[-1][1] == pytest.approx(result.score[-1])
    # The interval of the rest, from the covariance of its parts.
    assert "[" in axes.texts[-2].get_text()


def test_fifteen_segments_have_a_step_each(pyplot):
    axes = nps.plots.waterfall(nps.decompose(many_segments(15), reference=1))
    assert len(axes.get_yticklabels()) == 2 + 1 + 15


def test_a_segment_of_one_period_is_in_the_step_of_the_mix(pyplot):
    counts = channels(1, shop=(30, 20, 10)) + channels(2, shop=(30, 30, 10), app=(8, 3, 2))
    result = nps.decompose(counts, reference=1)
    axes = nps.plots.waterfall(result)
    assert [text.get_text() for text in axes.get_yticklabels()] == ["1", "mix of channel", "rate of shop", "2"]
    assert bars(axes)[-1][1] == pytest.approx(result.score[-1])


def test_one_of_several_comparisons_is_drawn(pyplot):
    result = nps.decompose(three_years(), reference="previous")
    axes = nps.plots.waterfall(result, group=2026)
    assert [text.get_text() for text in axes.get_yticklabels()][-1] == "2026"
    with pytest.raises(ValueError, match="`group` must say which of 2 comparisons to draw; the periods are 2025, 2026"):
        nps.plots.waterfall(result)
    with pytest.raises(ValueError, match="`group` must be the label of a period that is compared; got 2024"):
        nps.plots.waterfall(result, group=2024)


@pytest.mark.parametrize(("steps", "parts"), [("rate", [False, False, True, True]), ("segment", [True] * 4)])
def test_the_smaller_segments_together_have_the_interval_of_their_sum(steps, parts):
    rng = np.random.default_rng(6)
    names = [f"shop {i}" for i in range(20)]
    periods = [
        channels(year, **dict(zip(names, rng.integers(5, 40, (20, 3)).tolist(), strict=True))) for year in (1, 2)
    ]
    result = nps.decompose(periods[0] + periods[1], reference=1, confidence_level=0.9)
    axes = nps.plots.waterfall(result, steps=steps)
    column = of(result, "rate" if steps == "rate" else "total")[:-1]
    smaller = np.argsort(-np.abs(column))[14:]
    chosen = np.zeros((20, 4))
    chosen[smaller] = parts
    value = column[smaller].sum()
    error = np.sqrt(chosen.ravel() @ result.covariance[0] @ chosen.ravel())
    # The quantile of 95 % below; written with one decimal.
    low, high = (f"{value + side * 1.6448536269514722 * error:.1f}".replace("-", "−") for side in (-1, 1))
    tick = [label.get_text() for label in axes.get_yticklabels()].index(
        "rate of 6 others" if steps == "rate" else "6 others"
    )
    assert axes.texts[tick].get_text().endswith(f"[{low} to {high}]")


def test_wrong_steps_and_results_are_refused():
    with pytest.raises(ValueError, match="`steps` must be one of 'rate', 'segment'; got 'mix'"):
        nps.plots.waterfall(nps.decompose(tenure(), reference=2024), steps="mix")
    with pytest.raises(TypeError, match="`result` must be Decomposition or FactorDecomposition; got Estimates"):
        nps.plots.waterfall(nps.estimate(tenure()))


def test_given_axes_are_used(pyplot):
    _, axes = pyplot.subplots()
    assert nps.plots.waterfall(nps.decompose(tenure(), reference=2024), ax=axes) is axes


# ------------------------------------------------------------------------------------------------------------- errors

QUESTIONS = pytest.mark.parametrize("question", [nps.decompose, nps.decompose_factors])


@QUESTIONS
def test_what_are_no_counts_of_groups_is_refused(question):
    pairs = nps.PairedCounts.from_table([[3, 1], [1, 3]], metric=nps.top_box(nps.Scale(0, 1), boxes=1))
    with pytest.raises(TypeError, match="`counts` must be RatingCounts or SurveyCounts; got PairedCounts"):
        question(pairs, reference=1)


@QUESTIONS
def test_counts_without_segments_are_refused(question):
    with pytest.raises(ValueError, match=r"group columns for segments and, last, for the periods .* one, 'year'"):
        question(tenure().pool("year"), reference=2024)
    with pytest.raises(ValueError, match="these have none"):
        question(tenure().pool(), reference=2024)


@QUESTIONS
def test_a_metric_on_another_scale_is_refused(question):
    with pytest.raises(ValueError, match="`metric` CSAT is defined on the scale 1-5; the counts are on"):
        question(tenure(), reference=2024, metric=nps.CSAT)
    with pytest.raises(TypeError, match="`metric` must be a Metric"):
        question(tenure(), reference=2024, metric="NPS")


@QUESTIONS
def test_a_wrong_reference_is_refused(question):
    with pytest.raises(ValueError, match="`reference` must be the label of a group"):
        question(tenure(), reference=1999)
    with pytest.raises(TypeError, match="`reference` must be given"):
        question(tenure(), reference=None)
    with pytest.raises(ValueError, match="'total' contains the group itself"):
        question(tenure(), reference="total")


@QUESTIONS
@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_wrong_level_is_refused(question, level):
    with pytest.raises(ValueError, match="`confidence_level` must lie between 0 and 1"):
        question(tenure(), reference=2024, confidence_level=level)


@QUESTIONS
def test_a_period_without_ratings_is_refused(question):
    silent = nps.RatingCounts.from_categories(
        promoters=0, passives=0, detractors=0, missing=4, groups=["old"], by="tenure"
    )
    with pytest.raises(nps.UndefinedScoreError, match="at least one rating; year 2026 has none"):
        question(tenure() + silent.with_group("year", 2026), reference=2024)


def test_too_many_columns_are_refused():
    counts = nps.RatingCounts(
        [[5, 3, 2], [3, 3, 3]],
        metric=nps.NPS_CATEGORIES,
        missing=[0, 0],
        by=(*(f"column {i}" for i in range(9)), "year"),
        labels=[(*"abcdefghi", 1), (*"abcdefghi", 2)],
    )
    with pytest.raises(ValueError, match="at most 8 columns of segments; got 9"):
        nps.decompose_factors(counts, reference=1)
    assert len(nps.decompose(counts, reference=1)) == 2


@pytest.mark.parametrize("name", ["mix", "rate_low", "presence"])
def test_segments_cannot_be_called_like_a_column_of_the_result(name):
    with pytest.raises(ValueError, match=f"cannot be called '{name}'"):
        nps.decompose(channels(1, by=name, a=(2, 1, 1)) + channels(2, by=name, a=(1, 1, 1)), reference=1).to_frame()


@pytest.mark.parametrize("name", ["rate", "total"])
def test_columns_of_segments_cannot_be_called_like_another_component(name):
    with pytest.raises(ValueError, match=f"a column of segments cannot be called '{name}', like a component"):
        nps.decompose_factors(channels(1, by=name, a=(2, 1, 1)) + channels(2, by=name, a=(1, 1, 1)), reference=1)


def test_all_alike_in_both_periods_is_no_certainty_for_all_segments_either():
    counts = nps.RatingCounts(
        [[0] * 10 + [n] for n in (20, 20, 30, 10)],
        metric=nps.NPS,
        missing=[0] * 4,
        by=("channel", "year"),
        labels=tuple(itertools.product("ab", (1, 2))),
    )
    frame = nps.decompose(counts, reference=1).to_frame()
    every, segments = frame.iloc[-1], frame.iloc[:-1]
    # Independent segments: the square root of the sum of the squares of their limits.
    for side in ("low", "high"):
        reach = np.hypot.reduce((segments[f"rate_{side}"] - segments["rate"]).to_numpy())
        assert abs(every[f"rate_{side}"] - every["rate"]) == pytest.approx(reach)
        assert reach > 5
