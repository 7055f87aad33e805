"""What can be said of everyone if not everyone answered: bounds, sensitivity, and every message."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

import npsstats as nps
from npsstats.kernels.identification import parameter_quantile

# Numbers by hand, but for rounding of the last bits.
EXACT = {"rtol": 1e-12, "atol": 1e-10}


def counted(**groups):
    """Counts of NPS by group: promoters, passives, detractors."""
    promoters, passives, detractors = zip(*groups.values(), strict=True)
    return nps.RatingCounts.from_categories(
        promoters=promoters, passives=passives, detractors=detractors, groups=list(groups), by="wave"
    )


FORTY = nps.RatingCounts.from_categories(promoters=600, passives=200, detractors=200)
WAVES = counted(old=(600, 200, 200), new=(300, 100, 180))
ALL_HAPPY = nps.RatingCounts.from_categories(promoters=30, passives=0, detractors=0)


def told(error, question, *data, **asked):
    with pytest.raises(error) as caught:
        question(*data, **asked)
    return str(caught.value)


# ---------------------------------------------------------------------------------------------------- bounds


def test_fifteen_per_cent_and_forty_leave_everything_between_minus_79_and_91():
    # METHODS: 0.15 * 40 -+ 0.85 * 100.
    bounds = nps.nonresponse_bounds(FORTY, response_rate=0.15)
    np.testing.assert_allclose([bounds.lower, bounds.upper], [[-79], [91]], **EXACT)


def test_all_answers_leave_the_score_interval():
    estimate, bounds = nps.estimate(WAVES), nps.nonresponse_bounds(WAVES, response_rate=1)
    assert bounds.lower.tolist() == bounds.upper.tolist() == estimate.score.tolist()
    # The quantile comes from bisection, within some units of the last bit.
    for ends in ((bounds.low, bounds.high), (bounds.low_set, bounds.high_set)):
        np.testing.assert_allclose(ends, [estimate.low, estimate.high], rtol=1e-9)


def test_all_answers_leave_an_interval_near_that_of_compare():
    found = nps.compare(WAVES, reference="old")
    bounds = nps.nonresponse_bounds(WAVES, response_rate=1, reference="old")
    np.testing.assert_allclose(bounds.lower, found.difference, **EXACT)
    # Two intervals of the same level of 1,580 answers, in points.
    np.testing.assert_allclose([bounds.low, bounds.high], [found.low, found.high], atol=0.05)


def test_the_quantile_solves_the_equation_of_imbens_and_manski():
    width = np.array([0.0, 0.3, 1.0, 2.5, 40.0, np.inf])
    quantile = parameter_quantile(width, 0.95)
    np.testing.assert_allclose(stats.norm.cdf(quantile + width) - stats.norm.cdf(-quantile), 0.95, rtol=1e-14)
    # The limits: two-sided without a width, one-sided with a great one.
    np.testing.assert_allclose(quantile[[0, -1]], [stats.norm.ppf(0.975), stats.norm.ppf(0.95)], rtol=1e-14)
    assert (np.diff(quantile)[:4] < 0).all()


def test_wide_bounds_take_one_sided_limits_and_their_set_two_sided_ones():
    bounds = nps.nonresponse_bounds(FORTY, response_rate=0.15)
    one, two = (nps.estimate(FORTY, confidence_level=level) for level in (0.9, 0.95))
    np.testing.assert_allclose([bounds.low, bounds.high], [0.15 * one.low - 85, 0.15 * one.high + 85], rtol=1e-9)
    np.testing.assert_allclose(
        [bounds.low_set, bounds.high_set], [0.15 * two.low - 85, 0.15 * two.high + 85], rtol=1e-9
    )


def test_narrow_bounds_take_a_quantile_in_between():
    # 0.4 points wide, with a standard error of about 2.5.
    bounds = nps.nonresponse_bounds(FORTY, response_rate=0.998)
    error = 0.998 * nps.estimate(FORTY).standard_error
    level = 2 * stats.norm.cdf(parameter_quantile(0.4 / error, 0.95)) - 1
    assert 0.9 < level[0] < 0.95
    inner = nps.estimate(FORTY, confidence_level=float(level[0]))
    np.testing.assert_allclose([bounds.low, bounds.high], 0.998 * np.array([inner.low, inner.high]) + [[-0.2], [0.2]])


def test_scores_without_spread_have_bounds_too():
    bounds = nps.nonresponse_bounds(ALL_HAPPY, response_rate=0.5)
    assert (bounds.lower[0], bounds.upper[0]) == (0, 100)
    low = nps.estimate(ALL_HAPPY, confidence_level=0.9).low
    np.testing.assert_allclose(bounds.low, low / 2 - 50, rtol=1e-9)
    assert bounds.high[0] == 100


def test_differences_of_waves_with_other_rates_by_hand():
    bounds = nps.nonresponse_bounds(WAVES, response_rate={"old": 0.4, "new": 0.9}, reference="old")
    old, new = 40.0, 100 * 120 / 580
    assert bounds.reference == ("old",)
    np.testing.assert_allclose(bounds.lower, (0.9 * new - 10) - (0.4 * old + 60), **EXACT)
    np.testing.assert_allclose(bounds.upper, (0.9 * new + 10) - (0.4 * old - 60), **EXACT)
    # MOVER of one-sided limits.
    inner = nps.estimate(WAVES, confidence_level=0.9)
    below = np.hypot(0.9 * (new - inner.low[1]), 0.4 * (inner.high[0] - old))
    np.testing.assert_allclose(bounds.low, bounds.lower - below, rtol=1e-9)


def test_previous_takes_the_rates_along():
    counts = counted(a=(60, 20, 20), b=(50, 20, 30), c=(70, 20, 10))
    bounds = nps.nonresponse_bounds(counts, response_rate=[0.2, 0.5, 0.9], reference="previous")
    assert bounds.response_rate.tolist() == [0.5, 0.9]
    assert bounds.response_rate_reference.tolist() == [0.2, 0.5]
    np.testing.assert_allclose(bounds.upper - bounds.lower, [200 * (0.5 + 0.8), 200 * (0.1 + 0.5)], **EXACT)


def test_several_group_columns_find_their_references():
    counts = WAVES.with_group("year", 2024) + counted(old=(5, 3, 2), new=(4, 3, 3)).with_group("year", 2025)
    rates = {("old", 2024): 0.2, ("new", 2024): 0.4, ("old", 2025): 0.6, ("new", 2025): 0.8}
    for reference in (2024, "previous"):
        bounds = nps.nonresponse_bounds(counts, response_rate=rates, reference=reference)
        assert sorted(zip(bounds.response_rate, bounds.response_rate_reference, strict=True)) == [
            (0.6, 0.2),
            (0.8, 0.4),
        ]
    bounds = nps.nonresponse_bounds(counts, response_rate=rates, reference=("old", 2024))
    assert bounds.response_rate_reference.tolist() == [0.2] * 3


@pytest.mark.parametrize(("assumption", "ends"), [("no-happier", (-30, 40)), ("no-unhappier", (40, 70))])
def test_nonrespondents_on_one_side_leave_half_of_the_bounds(assumption, ends):
    bounds = nps.nonresponse_bounds(FORTY, response_rate=0.5, assumption=assumption)
    np.testing.assert_allclose([bounds.lower[0], bounds.upper[0]], ends, **EXACT)
    # The side of the respondents has the one-sided limit of their score.
    inner = nps.estimate(FORTY, confidence_level=0.9)
    found, expected = (bounds.high, inner.high) if assumption == "no-happier" else (bounds.low, inner.low)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_largest_difference_narrows_the_bounds_within_the_scale():
    bounds = nps.nonresponse_bounds(FORTY, response_rate=0.4, max_difference=20)
    np.testing.assert_allclose([bounds.lower[0], bounds.upper[0]], [28, 52], **EXACT)
    wide = nps.nonresponse_bounds(FORTY, response_rate=0.4, max_difference=1000)
    np.testing.assert_allclose([wide.lower[0], wide.upper[0]], [-44, 76], **EXACT)
    # The scale ends 60 points above, and 140 below.
    part = nps.nonresponse_bounds(FORTY, response_rate=0.4, max_difference=100)
    np.testing.assert_allclose([part.lower[0], part.upper[0]], [-20, 76], **EXACT)
    none = nps.nonresponse_bounds(FORTY, response_rate=0.4, max_difference=0)
    estimate = nps.estimate(FORTY)
    np.testing.assert_allclose([none.low, none.high], [estimate.low, estimate.high], rtol=1e-9)


def mixed_level(width, errors):
    """The level with the quantile of Imbens and Manski, of the greatest error."""
    share = width / max(errors)
    quantile = optimize.brentq(lambda c: stats.norm.cdf(c + share) - stats.norm.cdf(-c) - 0.95, 1, 3)
    return 2 * stats.norm.cdf(quantile) - 1


def test_where_one_side_ends_with_the_scale_the_greater_error_of_the_two_counts():
    # NPS 80: 30 points below there is room, above only 20 of them; so the upper bound is 0.6 * score + 40 with 0.6 of
    # the error of the lower one.
    counts = nps.RatingCounts.from_categories(promoters=9, passives=0, detractors=1)
    bounds = nps.nonresponse_bounds(counts, response_rate=0.6, max_difference=30)
    np.testing.assert_allclose([bounds.lower[0], bounds.upper[0]], [68, 88], **EXACT)
    error = nps.estimate(counts).standard_error[0]
    level = mixed_level(20, [error, 0.6 * error])
    # The least error would give another level.
    assert level - mixed_level(20, [0.6 * error]) > 0.001
    inner = nps.estimate(counts, confidence_level=level)
    np.testing.assert_allclose(bounds.low, inner.low - 12, rtol=1e-9)
    np.testing.assert_allclose(bounds.high, 0.6 * inner.high + 40, rtol=1e-9)


def test_the_same_holds_of_differences():
    # The upper bound of `low` and the lower one of `high` move with their scores, the others with 0.6 of them.
    counts = counted(low=(1, 0, 9), high=(9, 0, 1))
    bounds = nps.nonresponse_bounds(counts, response_rate=0.6, reference="low", max_difference=30)
    np.testing.assert_allclose([bounds.lower[0], bounds.upper[0]], [68 + 68, 88 + 88], **EXACT)
    error = np.hypot(*nps.estimate(counts).standard_error)
    level = mixed_level(40, [error, 0.6 * error])
    assert level - mixed_level(40, [0.6 * error]) > 0.001
    inner = nps.estimate(counts, confidence_level=level)
    below = np.hypot(80 - inner.low[1], inner.high[0] + 80)
    np.testing.assert_allclose(bounds.low, 136 - below, rtol=1e-9)


def test_those_who_were_invited_are_counted_as_detractors_or_promoters():
    bounds = nps.nonresponse_bounds(FORTY, invited=2500)
    worst = nps.RatingCounts.from_categories(promoters=600, passives=200, detractors=1700)
    best = nps.RatingCounts.from_categories(promoters=2100, passives=200, detractors=200)
    np.testing.assert_allclose(bounds.response_rate, 0.4, **EXACT)
    np.testing.assert_allclose([bounds.lower[0], bounds.upper[0]], [-44, 76], **EXACT)
    low, high = (nps.estimate(counts, confidence_level=0.9) for counts in (worst, best))
    np.testing.assert_allclose([bounds.low, bounds.high], [low.low, high.high], rtol=1e-9)
    # The known rate leaves less to chance.
    known = nps.nonresponse_bounds(FORTY, response_rate=0.4)
    assert bounds.low < known.low
    assert bounds.high > known.high


def test_invited_with_an_assumption_keeps_the_respondents_on_that_side():
    bounds = nps.nonresponse_bounds(FORTY, invited=2500, assumption="no-happier")
    np.testing.assert_allclose([bounds.lower[0], bounds.upper[0]], [-44, 40], **EXACT)


def test_other_metrics_have_their_own_scale():
    counts = nps.RatingCounts.from_histogram([5, 10, 25, 40, 20], metric=nps.CSAT)
    bounds = nps.nonresponse_bounds(counts, response_rate=0.25)
    np.testing.assert_allclose([bounds.lower[0], bounds.upper[0]], [15, 90], **EXACT)


def test_frames_hold_what_is_said():
    scores = nps.nonresponse_bounds(WAVES, response_rate=0.5)
    assert list(scores.to_frame()) == [
        "wave", "n", "response_rate", "score", "lower", "upper", "low", "high", "low_set", "high_set",
    ]  # fmt: skip
    bounds = nps.nonresponse_bounds(WAVES, response_rate=0.5, reference="old", max_difference=10)
    assert list(bounds.to_frame()) == [
        "wave", "reference", "n", "n_reference", "response_rate", "response_rate_reference", "difference", "lower",
        "upper", "low", "high", "low_set", "high_set",
    ]  # fmt: skip
    assert bounds.to_dict()["max_difference"] == 10
    json.dumps([scores.to_dict(), bounds.to_dict(), scores.to_records()], allow_nan=False)
    assert len(bounds) == 1
    assert "| wave |" in bounds.to_markdown()


def test_sources_are_cited():
    assert "Imbens & Manski 2004; Stoye 2009" in nps.nonresponse_bounds(FORTY, response_rate=0.5).cite()
    assert "mean difference of respondents" in nps.nonresponse_sensitivity(FORTY, response_rate=0.5).cite()
    assert "Zou & Donner 2008" in nps.nonresponse_sensitivity(WAVES, response_rate=0.5, reference="old").cite()


def test_sentences_claim_no_more_than_is_known():
    (open_one,) = nps.nonresponse_bounds(WAVES, response_rate=0.5, reference="old").sentences()
    assert open_one.endswith("So it is not settled which of the two is higher.")
    (settled,) = nps.nonresponse_bounds(WAVES, response_rate=0.99, reference="old").sentences()
    assert settled.endswith("So the score of new is the lower one, whatever nonrespondents would have said.")
    (supposed,) = nps.nonresponse_bounds(WAVES, response_rate=0.9, reference="old", max_difference=5).sentences()
    assert supposed.endswith("So the score of new is the lower one, if so.")
    # -19.3 -+ 17.6, with a margin of some 7.
    (between,) = nps.nonresponse_bounds(WAVES, response_rate=0.912, reference="old").sentences()
    assert "direction is not settled" in between
    (both,) = nps.nonresponse_bounds(WAVES, response_rate=1, reference="old").sentences()
    assert both.startswith("All in new and old answered")
    (all_of_them,) = nps.nonresponse_bounds(FORTY, response_rate=1).sentences()
    assert all_of_them.startswith("All answered: NPS is 40.0 (n = 1,000; 95 % interval")
    assert "no happier" in nps.nonresponse_bounds(FORTY, response_rate=0.5, assumption="no-happier").heading()


# ----------------------------------------------------------------------------------------------- sensitivity


def test_scores_move_by_the_share_that_did_not_answer():
    table = nps.nonresponse_sensitivity(FORTY, response_rate=0.4, deltas=[-20, 0, 20])
    estimate = nps.estimate(FORTY)
    np.testing.assert_allclose(table.adjusted, [52, 40, 28], **EXACT)
    np.testing.assert_allclose(table.low, estimate.low + np.array([12, 0, -12]), **EXACT)
    np.testing.assert_allclose(table.high, estimate.high + np.array([12, 0, -12]), **EXACT)


def test_tipping_points_by_hand():
    table = nps.nonresponse_sensitivity(FORTY, response_rate=0.4)
    estimate = nps.estimate(FORTY)
    np.testing.assert_allclose(table.tipping_estimate, [[40 / 0.6]], **EXACT)
    np.testing.assert_allclose(table.tipping_limit, [estimate.low / 0.6], **EXACT)
    np.testing.assert_allclose(table.largest_estimate, [[140]], **EXACT)
    assert table.tipping_points().possible.tolist() == [True]


def test_at_the_tipping_point_the_limit_is_the_null():
    for null in (0.0, 25.0, 60.0):
        first = nps.nonresponse_sensitivity(FORTY, response_rate=0.6, null=null)
        again = nps.nonresponse_sensitivity(FORTY, response_rate=0.6, deltas=first.tipping_limit[0], null=null)
        np.testing.assert_allclose(again.low if null < 40 else again.high, null, atol=1e-10)


@pytest.mark.parametrize("rate", [0.5, 0.7, 0.72, 0.74, 0.76, 0.8, 0.9])
def test_a_conclusion_can_be_undone_where_the_bounds_of_the_set_hold_the_null(rate):
    table = nps.nonresponse_sensitivity(FORTY, response_rate=rate)
    bounds = nps.nonresponse_bounds(FORTY, response_rate=rate)
    assert table.tipping_points().possible.tolist() == (bounds.low_set <= 0).tolist()


def test_a_difference_can_be_undone_where_the_bounds_of_its_set_hold_the_null():
    def highest(rate):
        return nps.nonresponse_bounds(WAVES, response_rate=rate, reference="old").high_set[0]

    edge = optimize.brentq(highest, 0.8, 0.99, xtol=1e-6)
    # The two intervals of the difference, score and MOVER, are less than 0.05 points apart: 0.0003 of the rate.
    for rate in (0.8, edge - 0.001, edge + 0.001, 0.99):
        table = nps.nonresponse_sensitivity(WAVES, response_rate=rate, reference="old")
        assert table.tipping_points().possible[0] == (rate < edge)


def test_the_estimate_can_be_undone_where_the_bounds_hold_the_null():
    for rate in (0.6, 0.7, 0.71, 0.72, 0.8):
        table = nps.nonresponse_sensitivity(FORTY, response_rate=rate)
        bounds = nps.nonresponse_bounds(FORTY, response_rate=rate)
        assert (table.tipping_estimate <= table.largest_estimate).item() == (bounds.lower[0] <= 0)


def test_differences_move_by_the_change_of_bias():
    rates = {"old": 0.4, "new": 0.9}
    table = nps.nonresponse_sensitivity(
        WAVES, response_rate=rates, reference="old", deltas=[[20, 0], [0, 20], [20, 20]]
    )
    found = nps.compare(WAVES, reference="old")
    bias = np.array([2.0, -12.0, -10.0])
    np.testing.assert_allclose(table.bias, bias, **EXACT)
    np.testing.assert_allclose(table.adjusted, found.difference - bias, **EXACT)
    np.testing.assert_allclose(table.low, found.low - bias, **EXACT)
    alike = nps.nonresponse_sensitivity(WAVES, response_rate=rates, reference="old", deltas=[20])
    np.testing.assert_allclose(alike.adjusted, table.adjusted[2], **EXACT)


def test_tipping_points_of_differences_by_hand():
    table = nps.nonresponse_sensitivity(WAVES, response_rate=[0.4, 0.6], reference="old")
    gap, limit = (100 * 120 / 580 - 40), nps.compare(WAVES, reference="old").high.item()
    assert table.way == ("change of bias", "group only", "reference only", "both alike")
    for found, need in ((table.tipping_estimate, gap), (table.tipping_limit, limit)):
        # D - (0.4 delta_new - 0.6 delta_old) = 0
        np.testing.assert_allclose(found, [[need, need / 0.4, -need / 0.6, need / (0.4 - 0.6)]], **EXACT)
    assert table.largest_estimate[0, 0] == pytest.approx(0.4 * (100 * 120 / 580 - 100) - 0.6 * 140)
    assert table.largest_estimate[0, 1:].tolist() == pytest.approx([100 * 120 / 580 - 100, 140, 100 * 120 / 580 + 100])


def test_equal_rates_cancel_what_is_alike():
    table = nps.nonresponse_sensitivity(WAVES, response_rate=0.4, reference="old", deltas=[0, 20, 40])
    np.testing.assert_allclose(table.adjusted, table.adjusted[0], **EXACT)
    assert np.isinf(table.tipping_limit[0, 3])
    assert "cancel out" in table.sentences()[0]


def test_nonrespondents_do_not_leave_the_scale():
    # 60 points above is all there is; exactly there it is possible.
    table = nps.nonresponse_sensitivity(FORTY, response_rate=0.4, deltas=[-61, -60, 140, 141])
    assert np.isnan(table.adjusted).tolist() == [True, False, False, True]
    np.testing.assert_allclose(table.adjusted[1:3], [76, -44], **EXACT)
    assert table.table().rows[0][1] == "–"


def test_all_answers_cannot_be_undone():
    table = nps.nonresponse_sensitivity(FORTY, response_rate=1)
    assert np.isinf(table.tipping_limit).all()
    assert table.tipping_points().possible.tolist() == [False]
    assert "There are no nonrespondents." in table.sentences()[0]


@pytest.mark.parametrize(("rates", "silent", "way"), [((1, 0.5), "old", 2), ((0.5, 1), "new", 1)])
def test_a_group_without_nonrespondents_moves_nothing(rates, silent, way):
    table = nps.nonresponse_sensitivity(WAVES, response_rate=rates, reference="old")
    possible = table.tipping_points().set_index("way").possible
    other = table.way[3 - way]
    assert possible.to_dict() == {"change of bias": True, table.way[way]: False, other: True, "both alike": True}
    assert np.isinf(table.tipping_limit[0, way])
    assert np.isnan(table.largest_limit[0, way])
    # Alike in both is the other group alone, to the last of its room.
    for name in ("tipping_estimate", "tipping_limit", "largest_estimate", "largest_limit"):
        assert getattr(table, name)[0, 3] == getattr(table, name)[0, 3 - way]
    (said,) = table.sentences()
    assert f"{silent} has no nonrespondents" in said
    assert "would do it 21.2 points" in said
    assert "∞" not in said
    assert "alike" not in said


def test_the_room_of_a_group_without_nonrespondents_does_not_bind():
    # Nonrespondents of the new group could be 110 points below; respondents of the old one have room for 20 only.
    counts = counted(old=(10, 0, 90), new=(550, 0, 450))
    asked = {"response_rate": {"old": 1, "new": 0.3}, "reference": "old"}
    table = nps.nonresponse_sensitivity(counts, **asked)
    delta = table.tipping_estimate[0, 3]
    np.testing.assert_allclose(delta, 90 / 0.7)
    again = nps.nonresponse_sensitivity(counts, **asked, deltas=[table.tipping_limit[0, 3]])
    assert 20 < table.tipping_limit[0, 3] < 110
    np.testing.assert_allclose(again.low, 0, atol=1e-9)
    assert table.tipping_points().possible[3]
    # 128.6 points, with room for 110.
    assert "the estimate itself they cannot bring to 0." in table.sentences()[0]


def test_without_nonrespondents_on_either_side_nothing_is_possible():
    table = nps.nonresponse_sensitivity(WAVES, response_rate=1, reference="old")
    assert not table.tipping_points().possible.any()
    assert table.sentences()[0].endswith("There are no nonrespondents.")


def test_what_is_not_settled_among_respondents_has_no_tipping_point():
    even = nps.RatingCounts.from_categories(promoters=52, passives=10, detractors=48)
    table = nps.nonresponse_sensitivity(even, response_rate=0.4)
    assert np.isnan(table.tipping_limit).all()
    assert "even of them it is not settled on which side of 0 it lies" in table.sentences()[0]
    same = nps.nonresponse_sensitivity(counted(a=(5, 3, 2), b=(5, 3, 2)), response_rate=0.4, reference="a")
    assert "even of them it is not settled" in same.sentences()[0]


def test_sensitivity_says_in_words_what_would_undo_it():
    (dies,) = nps.nonresponse_sensitivity(FORTY, response_rate=0.4).sentences()
    assert "no longer shown if nonrespondents are 58.2 points or more below respondents; at 66.7 points" in dies
    (safe,) = nps.nonresponse_sensitivity(FORTY, response_rate=0.9).sentences()
    assert safe.endswith("No nonrespondents could undo that, not even if all gave the lowest rating.")
    (below,) = nps.nonresponse_sensitivity(FORTY, response_rate=0.9, null=60).sentences()
    assert "below 60" in below
    # -44 / 0.3: the limit can be reached, the estimate cannot.
    (part,) = nps.nonresponse_sensitivity(FORTY, response_rate=0.73).sentences()
    assert part.endswith("the estimate itself they cannot bring to 0.")
    (difference,) = nps.nonresponse_sensitivity(WAVES, response_rate=[0.8, 0.9], reference="old").sentences()
    assert "Nonrespondents of new alone could not do it; those of old alone" in difference
    (firm,) = nps.nonresponse_sensitivity(WAVES, response_rate=0.99, reference="old").sentences()
    assert firm.endswith("No nonrespondents could undo that it differs from 0.")


def test_frames_of_sensitivity():
    scores = nps.nonresponse_sensitivity(WAVES, response_rate=0.5)
    assert list(scores.to_frame()) == ["wave", "delta", "bias", "score", "low", "high"]
    assert scores.delta.tolist()[:7] == [-20, -10, 0, 10, 20, 30, 40]
    differences = nps.nonresponse_sensitivity(WAVES, response_rate=0.5, reference="old")
    assert list(differences.to_frame()) == [
        "wave", "reference", "delta", "delta_reference", "bias", "difference", "low", "high",
    ]  # fmt: skip
    assert len(differences) == 9
    json.dumps([scores.to_dict(), differences.to_dict()], allow_nan=False)
    assert "| below by |" in differences.to_markdown()


# --------------------------------------------------------------------------------------------------- surveys


def rows(weights=False):
    """600 answers of 60 people in two waves, who tend to give the same rating again."""
    rng = np.random.default_rng(20240315)
    person = np.repeat(np.arange(60), 10)
    happy = rng.random(60)[person] + 0.5 * rng.random(600)
    frame = pd.DataFrame({"person": person, "r": np.select([happy > 0.8, happy > 0.5], [10, 8], 3)})
    frame["wave"] = np.tile(["old", "new"], 300)
    frame["step"] = rng.choice(["s1", "s2", "s3"], 600)
    frame["w"] = 1 + rng.integers(0, 3, 600) if weights else 1
    return frame


def test_weights_of_one_change_nothing():
    plain = nps.tabulate(rows(), rating="r", by="wave")
    weighted = nps.tabulate_survey(rows(), "r", by="wave", weight="w")
    for asked in ({}, {"reference": "old"}):
        one = nps.nonresponse_bounds(plain, response_rate=[0.9, 0.8], **asked)
        two = nps.nonresponse_bounds(weighted, response_rate=[0.9, 0.8], **asked)
        for name in ("lower", "upper", "low", "high", "low_set", "high_set"):
            np.testing.assert_allclose(getattr(two, name), getattr(one, name), rtol=1e-10)
        one = nps.nonresponse_sensitivity(plain, response_rate=[0.9, 0.8], **asked)
        two = nps.nonresponse_sensitivity(weighted, response_rate=[0.9, 0.8], **asked)
        np.testing.assert_allclose(two.tipping_limit, one.tipping_limit, rtol=1e-9)


def test_people_in_both_waves_make_the_difference_surer():
    counts = nps.tabulate_survey(rows(weights=True), "r", by="wave", weight="w", cluster="person")
    scores = nps.estimate(counts)
    bounds = nps.nonresponse_bounds(counts, response_rate=1, reference="old")
    found = nps.compare(counts, reference="old")
    apart = np.hypot(*scores.standard_error)
    assert found.standard_error[0] < 0.8 * apart
    # Two intervals that both know of the covariance; without it that of the bounds would be 3 times as wide.
    np.testing.assert_allclose(bounds.high - bounds.low, found.high - found.low, rtol=0.02)
    assert "clusters" in bounds.heading()


def test_weighted_samples_say_their_design_and_have_no_invited():
    counts = nps.tabulate_survey(rows(weights=True), "r", by="wave", weight="w", cluster="person")
    assert "weighted `response_rate`" in told(TypeError, nps.nonresponse_bounds, counts, invited=3000)
    table = nps.nonresponse_sensitivity(counts, response_rate=0.4)
    assert "clusters" in table.heading()
    assert "korn1998" in table.references


def clustered(old, new, rows=200):
    """Counts of two waves, the new one much unhappier, in so many clusters each."""
    rng = np.random.default_rng(5)
    ratings = [rng.choice([10, 8, 3], rows, p=p) for p in ([0.6, 0.2, 0.2], [0.1, 0.2, 0.7])]
    frame = pd.DataFrame({"r": np.concatenate(ratings), "wave": np.repeat(["old", "new"], rows)})
    frame["place"] = np.concatenate([np.arange(rows) % old, old + np.arange(rows) % new])
    return nps.tabulate_survey(frame, "r", by="wave", cluster="place")


def quietly(question, *data, **asked):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nps.SmallSampleWarning)
        return question(*data, **asked)


@pytest.mark.parametrize("rate", [1, 0.95, 0.5])
@pytest.mark.parametrize("old", [1, 30])
def test_one_cluster_leaves_differences_open(old, rate):
    counts = clustered(old, 1 if old > 1 else 30)
    bounds = quietly(nps.nonresponse_bounds, counts, response_rate=rate, reference="old")
    for low, high in ((bounds.low, bounds.high), (bounds.low_set, bounds.high_set)):
        assert (low[0], high[0]) == (-200, 200)
    (said,) = bounds.sentences()
    assert "interval −200.0 to +200.0), which is all that the scale allows: the sample alone leaves it open." in said
    assert "makes up" not in said
    assert "Both bounds" not in said
    table = quietly(nps.nonresponse_sensitivity, counts, response_rate=rate, reference="old")
    assert "even of them it is not settled on which side of 0 it lies" in table.sentences()[0]
    assert not table.tipping_points().possible.any()


@pytest.mark.parametrize("rate", [1, 0.97, 0.4])
def test_scores_of_one_cluster_and_of_one_respondent_are_left_open(rate):
    alone = nps.RatingCounts.from_categories(promoters=1, passives=0, detractors=0)
    for counts in (clustered(1, 30).select("old"), alone):
        bounds = quietly(nps.nonresponse_bounds, counts, response_rate=rate)
        # The limits move with the rate, to the last bits.
        np.testing.assert_allclose([bounds.low[0], bounds.high[0]], [-100, 100], rtol=1e-12)
        assert bounds.sentences()[0].endswith("all that the scale allows: the sample alone leaves it open.")
    # One more is known of those who were asked.
    assert "makes up" in nps.nonresponse_bounds(alone, invited=50).sentences()[0]


def test_few_clusters_take_the_quantile_of_student():
    counts = clustered(3, 4)
    rate = 0.96
    bounds = quietly(nps.nonresponse_bounds, counts, response_rate=rate)
    scores = quietly(nps.estimate, counts)
    # Clusters of almost the same size: their number minus 1.
    df = {"old": 2, "new": 3}
    for i, (wave,) in enumerate(counts.labels):
        law, width = stats.t(df[wave]), 200 * (1 - rate) / (rate * scores.standard_error[i])
        quantile = optimize.brentq(lambda c, law=law, width=width: law.cdf(c + width) - law.cdf(-c) - 0.95, 1, 20)
        inner = quietly(nps.estimate, counts, confidence_level=1 - 2 * law.sf(quantile))
        # Sizes that differ by one respondent make the degrees of freedom differ in the fourth digit.
        np.testing.assert_allclose(bounds.low[i], rate * inner.low[i] - 4, rtol=1e-3)
        np.testing.assert_allclose(bounds.high[i], rate * inner.high[i] + 4, rtol=1e-3)


def test_bounds_settle_nothing_that_respondents_leave_open():
    # With few clusters the limits of one level and the next are far apart.
    counts = clustered(2, 2)
    found = quietly(nps.compare, counts, reference="old")
    for rate in (0.999, 0.99, 0.95, 0.9, 0.8):
        bounds = quietly(nps.nonresponse_bounds, counts, response_rate=rate, reference="old")
        assert bounds.high[0] - bounds.low[0] >= rate * (found.high[0] - found.low[0])


@pytest.mark.parametrize("question", [nps.nonresponse_bounds, nps.nonresponse_sensitivity])
@pytest.mark.parametrize("asked", [{}, {"reference": "old"}])
def test_warnings_are_raised_once_at_the_line_of_the_caller(question, asked):
    counts = clustered(2, 2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        question(counts, response_rate=[0.5, 0.7], **asked)
    texts = [str(warning.message) for warning in caught]
    # Of the scores, and of their difference.
    assert len(texts) == len(set(texts)) == 1 + len(asked)
    assert {warning.filename for warning in caught} == {__file__}
    assert {warning.category for warning in caught} == {nps.SmallSampleWarning}


@pytest.mark.filterwarnings("error::npsstats.SmallSampleWarning")
def test_warnings_can_be_errors():
    with pytest.raises(nps.SmallSampleWarning, match="too few clusters"):
        nps.nonresponse_bounds(clustered(2, 2), response_rate=0.5)


# ------------------------------------------------------------------------------------------------- bad input

QUESTIONS = pytest.mark.parametrize("question", [nps.nonresponse_bounds, nps.nonresponse_sensitivity])


@QUESTIONS
@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (15, "For 15 % pass 0.15."),
        (0, "above 0 and up to 1; got 0"),
        (-0.2, "got -0.2"),
        (np.nan, "got nan"),
        (1.2, "For 1.2 % pass 0.012."),
        ([0.5, 40], "got 40 for new. For 40 % pass 0.4."),
        ([0.5, 0.4, 0.3], "one for each of the 2 groups"),
        ({"old": 0.5}, "has no entry for the group 'new'; the groups are 'old', 'new'"),
        ({"old": 0.5, "new": 0.5, "next": 0.5}, "names the group 'next'"),
    ],
)
def test_wrong_rates_are_told(question, rate, said):
    assert said in told(ValueError, question, WAVES, response_rate=rate)


@QUESTIONS
@pytest.mark.parametrize("rate", ["0.5", True, [[0.5], [0.4]]])
def test_rates_of_the_wrong_type_are_told(question, rate):
    assert "`response_rate` must be a number or one per group" in told(TypeError, question, WAVES, response_rate=rate)


def test_a_series_of_pandas_is_read_by_its_labels():
    rates = pd.Series({"new": 0.9, "old": 0.4})
    assert nps.nonresponse_bounds(WAVES, response_rate=rates).response_rate.tolist() == [0.4, 0.9]


def test_one_of_rate_and_invited():
    for asked in ({}, {"response_rate": 0.5, "invited": 3000}):
        assert "exactly one of" in told(TypeError, nps.nonresponse_bounds, FORTY, **asked)


def test_wrong_numbers_of_invited_are_told():
    for invited in (999, 1200.5, np.nan):
        assert "at least the 1000 who gave a rating" in told(ValueError, nps.nonresponse_bounds, FORTY, invited=invited)
    told(ValueError, nps.nonresponse_bounds, FORTY, invited=3000, max_difference=10)


@QUESTIONS
def test_references_need_a_rate_of_their_own(question):
    for reference in ("rest", "total", 10.5):
        assert "a response rate of its own" in told(ValueError, question, WAVES, response_rate=0.5, reference=reference)
    told(ValueError, question, WAVES, response_rate=0.5, reference="nobody")


@QUESTIONS
def test_other_arguments_are_checked(question):
    assert "above 0.5" in told(ValueError, question, WAVES, response_rate=0.5, confidence_level=0.4)
    told(ValueError, question, WAVES, response_rate=0.5, confidence_level=95)
    told(TypeError, question, pd.DataFrame({"a": [1]}), response_rate=0.5)
    empty = nps.RatingCounts.from_categories(promoters=0, passives=0, detractors=0)
    told(nps.UndefinedScoreError, question, empty, response_rate=0.5)


def test_assumptions_are_checked():
    assert "'no-happier'" in told(ValueError, nps.nonresponse_bounds, FORTY, response_rate=0.5, assumption="happy")
    for wrong, error in ((-1, ValueError), (np.inf, ValueError), ("10", TypeError)):
        told(error, nps.nonresponse_bounds, FORTY, response_rate=0.5, max_difference=wrong)


def test_deltas_and_null_are_checked():
    ask = nps.nonresponse_sensitivity
    for deltas in ([], [np.nan], [[1, 2]]):
        told(ValueError, ask, FORTY, response_rate=0.5, deltas=deltas)
    told(TypeError, ask, FORTY, response_rate=0.5, deltas=["a"])
    told(ValueError, ask, WAVES, response_rate=0.5, reference="old", deltas=[[1, 2, 3]])
    assert "strictly between -100 and 100" in told(ValueError, ask, FORTY, response_rate=0.5, null=100)
    csat = nps.RatingCounts.from_histogram([5, 10, 25, 40, 20], metric=nps.CSAT)
    assert "strictly between 0 and 100" in told(ValueError, ask, csat, response_rate=0.5)


# --------------------------------------------------------------------------------------------------- picture


def test_the_picture_marks_where_conclusions_die():
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    table = nps.nonresponse_sensitivity(WAVES, response_rate=0.4)
    ax = nps.plots.tipping_point(table)
    marks = sorted(line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 1)
    np.testing.assert_allclose(marks, sorted([*table.tipping_limit[:, 0], *table.tipping_estimate[:, 0]]))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["old", "new"]
    line = ax.lines[0]
    # From respondents alone, down by 0.6 points for each.
    np.testing.assert_allclose(line.get_ydata(), 40 - 0.6 * np.asarray(line.get_xdata()))
    difference = nps.plots.tipping_point(nps.nonresponse_sensitivity(WAVES, response_rate=0.4, reference="old"))
    assert difference.get_ylabel() == "difference of NPS of everyone with 95 % interval"
    nps.plots.tipping_point(nps.nonresponse_sensitivity(WAVES, response_rate=1))
    with pytest.raises(TypeError, match="NonresponseSensitivity"):
        nps.plots.tipping_point(nps.nonresponse_bounds(WAVES, response_rate=0.4))
    pyplot.close("all")
