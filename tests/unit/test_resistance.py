"""The continuum of resistance: steps of response, early against late, and what is supposed of the others."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest

import npsstats as nps

# Numbers by hand, but for rounding of the last bits.
EXACT = {"rtol": 1e-12, "atol": 1e-10}


def counted(labels, table, by="step"):
    promoters, passives, detractors = zip(*table, strict=True)
    return nps.RatingCounts.from_categories(
        promoters=promoters, passives=passives, detractors=detractors, groups=labels, by=by
    )


STEPS = counted(
    ["first mailing", "reminder 1", "reminder 2"], [(300, 150, 50), (110, 70, 40), (40, 30, 30)]
)  # scores 50, 31.8, 10 of 500, 220, 100
SCORES, SHARES = np.array([50, 7000 / 220, 10]), np.array([500, 220, 100]) / 820


def told(error, *data, **asked):
    with pytest.raises(error) as caught:
        nps.resistance(*data, **asked)
    return str(caught.value)


def test_steps_have_the_scores_of_estimate():
    found, estimate = nps.resistance(STEPS), nps.estimate(STEPS)
    for name in ("n", "score", "standard_error", "low", "high"):
        assert getattr(found, name).tolist() == getattr(estimate, name).tolist()
    np.testing.assert_allclose(found.share, SHARES, **EXACT)


def test_so_far_is_the_score_of_all_up_to_a_step():
    found = nps.resistance(STEPS)
    for last in range(3):
        alone = nps.estimate(STEPS.select(*STEPS.groups[: last + 1]).pool())
        assert found.cumulative_score[last] == alone.score[0]
        assert (found.cumulative_low[last], found.cumulative_high[last]) == (alone.low[0], alone.high[0])
    np.testing.assert_allclose(found.cumulative_share, np.cumsum(SHARES), **EXACT)


def test_late_minus_early_is_that_of_compare():
    found = nps.resistance(STEPS, confidence_level=0.9).late_minus_early()
    alone = nps.compare(STEPS.select("reminder 2", "first mailing"), reference="first mailing", confidence_level=0.9)
    assert found.difference.tolist() == alone.difference.tolist()
    assert (found.low.tolist(), found.pvalue.tolist()) == (alone.low.tolist(), alone.pvalue.tolist())


def test_the_slope_is_that_of_weighted_least_squares():
    middle = np.cumsum(SHARES) - SHARES / 2
    # polyfit multiplies residuals by the weights.
    slope, level = np.polyfit(middle, SCORES, 1, w=np.sqrt(SHARES))
    found = nps.resistance(STEPS, response_rate=0.8)
    np.testing.assert_allclose(found.slope, slope, rtol=1e-10)
    # Nonrespondents stand between 1 and 1 / 0.8 on the order.
    np.testing.assert_allclose(found.nonrespondents[0, 2], level + slope * (1 + 1 / 0.8) / 2, rtol=1e-10)


def test_two_steps_have_a_slope_by_hand():
    found = nps.resistance(counted(["early", "late"], [(60, 30, 10), (30, 40, 30)]))
    # 50 and 0 points at 1/4 and 3/4.
    np.testing.assert_allclose(found.slope, -100, **EXACT)
    assert found.slope_low[0] < -100 < found.slope_high[0]
    # Twice the difference of the two: MOVER of their score limits, twice.
    limits = nps.estimate(counted(["early", "late"], [(60, 30, 10), (30, 40, 30)]))
    reach = 2 * np.hypot(limits.high[0] - 50, limits.low[1] - 0)
    np.testing.assert_allclose(found.slope_low, -100 - reach, **EXACT)


def test_extrapolations_by_hand():
    found = nps.resistance(STEPS, response_rate=0.4)
    plain = SHARES @ SCORES
    np.testing.assert_allclose(found.everyone[0, :2], [plain, 0.4 * plain + 0.6 * 10], **EXACT)
    line = plain + found.slope[0] / 0.8
    np.testing.assert_allclose(found.nonrespondents[0], [plain, 10, line], **EXACT)
    np.testing.assert_allclose(found.everyone[0, 2], 0.4 * plain + 0.6 * line, **EXACT)
    frame = found.extrapolation()
    np.testing.assert_allclose(frame.delta, plain - found.nonrespondents[0], **EXACT)
    assert (frame.low < frame.score).all()
    assert (frame.score < frame.high).all()


def test_nonrespondents_like_the_others_leave_the_score_and_its_interval():
    found, whole = nps.resistance(STEPS, response_rate=0.4), nps.estimate(STEPS.pool())
    assert found.everyone_low[0, 0] == whole.low[0]
    assert found.everyone_high[0, 0] == whole.high[0]


def test_lines_end_where_the_scale_does():
    found = nps.resistance(STEPS, response_rate=0.05)
    plain = SHARES @ SCORES
    np.testing.assert_allclose(found.nonrespondents[0, 2], -100, **EXACT)
    np.testing.assert_allclose(found.everyone[0, 2], 0.05 * plain - 95, **EXACT)
    assert found.everyone_low[0, 2] >= -100
    assert found.everyone_low[0, 2] <= found.everyone[0, 2] <= found.everyone_high[0, 2]
    assert "which ends at the end of the scale" in found.sentences()[2]


def test_at_the_end_of_the_scale_the_error_of_respondents_is_left():
    # A line that leads far beyond 100: nonrespondents are promoters, whatever its error.
    found = nps.resistance(counted(["early", "late"], [(10, 20, 70), (60, 20, 20)]), response_rate=0.5)
    assert found.nonrespondents[0, 2] == 100
    steps = nps.estimate(counted(["early", "late"], [(10, 20, 70), (60, 20, 20)]))
    plain = steps.score.mean()
    np.testing.assert_allclose(found.everyone[0, 2], 0.5 * plain + 50, **EXACT)
    # MOVER of the mean of two independent scores.
    below = np.hypot(*(steps.score - steps.low)) / 2
    np.testing.assert_allclose(found.everyone_low[0, 2], 0.5 * (plain - below) + 50, **EXACT)


def test_a_step_of_one_respondent_may_have_any_score():
    counts = counted(["early", "late"], [(60, 30, 10), (1, 0, 0)])
    found, steps = nps.resistance(counts), nps.estimate(counts)
    # Twice the difference of the two; the late one anywhere.
    assert (steps.low[1], steps.high[1]) == (-100, 100)
    np.testing.assert_allclose(found.slope_low, 2 * (-100 - steps.high[0]), **EXACT)
    np.testing.assert_allclose(found.slope_high, 2 * (100 - steps.low[0]), **EXACT)
    assert "it is not settled whether it rises or falls" in found.sentences()[1]


def test_all_answers_leave_nothing_to_extrapolate():
    found = nps.resistance(STEPS, response_rate=1)
    np.testing.assert_allclose(found.everyone, SHARES @ SCORES, **EXACT)
    assert found.sentences()[2].startswith("Everyone answered")


def test_tables_within_groups_are_those_of_their_own():
    other = counted(list(STEPS.groups), [(50, 30, 20), (40, 30, 30), (50, 20, 30)])
    both = nps.RatingCounts(
        np.concatenate([STEPS.counts, other.counts]),
        metric=STEPS.metric,
        missing=np.zeros(6, int),
        by=("store", "step"),
        labels=tuple((store, step) for store in "ab" for step in STEPS.groups),
    )
    found = nps.resistance(both, response_rate={"a": 0.4, "b": 0.5})
    alone = [nps.resistance(STEPS, response_rate=0.4), nps.resistance(other, response_rate=0.5)]
    for name in ("slope", "slope_low", "everyone", "everyone_high", "cumulative_low", "share"):
        expected = np.concatenate([getattr(one, name) for one in alone])
        np.testing.assert_allclose(getattr(found, name), expected, **EXACT)
    assert len(found.sentences()) == 6
    assert found.extrapolation().store.tolist() == list("aaabbb")
    assert found.late_minus_early().reference.tolist() == ["first mailing"] * 2


def test_steps_may_be_put_in_order():
    mixed = STEPS.select("reminder 2", "first mailing", "reminder 1")
    found = nps.resistance(mixed, steps=list(STEPS.groups))
    assert found.labels == STEPS.labels
    np.testing.assert_allclose(found.slope, nps.resistance(STEPS).slope, **EXACT)


def test_turned_over_steps_turn_the_slope_over():
    there, back = nps.resistance(STEPS), nps.resistance(STEPS, steps=STEPS.groups[::-1])
    np.testing.assert_allclose(back.slope, -there.slope, **EXACT)
    np.testing.assert_allclose([back.slope_low, back.slope_high], [-there.slope_high, -there.slope_low], **EXACT)
    np.testing.assert_allclose(back.differences.difference, -there.differences.difference, **EXACT)


def test_sentences_do_not_take_assumptions_for_findings():
    late, along, beyond = nps.resistance(STEPS, response_rate=0.4).sentences()
    assert late.startswith("NPS of reminder 2 is 40.0 points below that of first mailing")
    assert "fell by" in along
    assert beyond.startswith("60.0 % did not answer.")
    assert "These are assumptions, not findings" in beyond
    late, along = nps.resistance(counted(["early", "late"], [(6, 3, 1), (5, 3, 2)])).sentences()
    assert "do not settle whether there is a difference" in late
    assert "it is not settled whether it rises or falls" in along


def test_frames_hold_what_is_said():
    found = nps.resistance(STEPS, response_rate=0.4)
    assert list(found.to_frame()) == [
        "step", "n", "share", "score", "standard_error", "low", "high", "cumulative_share", "cumulative_score",
        "cumulative_low", "cumulative_high",
    ]  # fmt: skip
    json.dumps(found.to_dict(), allow_nan=False)
    assert nps.resistance(STEPS).extrapolation().empty
    assert "| step |" in found.to_markdown()
    assert len(found) == 3


def test_sources_are_cited():
    said = nps.resistance(STEPS, response_rate=0.4).cite()
    assert "extrapolation to nonrespondents" in said
    assert "Armstrong & Overton 1977" in said


def survey_rows():
    rng = np.random.default_rng(7)
    school = rng.integers(0, 40, 500)
    rating = np.select([school / 40 + rng.random(500) > 1.2, school > 10], [10, 8], 2)
    return pd.DataFrame(
        {"r": rating, "step": rng.choice(["s1", "s2", "s3"], 500), "w": rng.uniform(1, 4, 500), "school": school}
    )


def test_weighted_steps_add_up_to_the_weighted_score():
    counts = nps.tabulate_survey(survey_rows(), "r", by="step", weight="w", cluster="school")
    found, whole = nps.resistance(counts, response_rate=0.4), nps.estimate(counts.pool())
    weights = survey_rows().groupby("step").w.sum()
    np.testing.assert_allclose(found.share, weights / weights.sum(), **EXACT)
    np.testing.assert_allclose(found.share @ found.score, whole.score, **EXACT)
    np.testing.assert_allclose(found.cumulative_score[-1], whole.score, **EXACT)
    # Steps share schools: the line knows it, as the interval of the last minus the first does.
    two = nps.resistance(counts.select("s1", "s2"))
    change = two.differences
    np.testing.assert_allclose(two.slope, 2 * change.difference, **EXACT)
    # MOVER beside the score interval of the difference; taken as independent, steps would make it half as wide again.
    np.testing.assert_allclose(two.slope_high - two.slope_low, 2 * (change.high - change.low), rtol=0.05)


def test_weights_of_one_change_nothing():
    rows = survey_rows().assign(w=1)
    plain = nps.resistance(nps.tabulate(rows, rating="r", by="step"), response_rate=0.4)
    weighted = nps.resistance(nps.tabulate_survey(rows, "r", by="step", weight="w"), response_rate=0.4)
    for name in ("score", "slope", "slope_low", "everyone", "everyone_low", "cumulative_high"):
        np.testing.assert_allclose(getattr(weighted, name), getattr(plain, name), rtol=1e-9, atol=1e-9)


def test_warnings_are_raised_once_at_the_line_of_the_caller():
    rows = pd.DataFrame({"r": [10, 8, 3, 10] * 60, "step": np.repeat(["s1", "s2", "s3", "s4"], 60)})
    rows["place"] = rows.step + (np.arange(240) % 2).astype(str)
    counts = nps.tabulate_survey(rows, "r", by="step", cluster="place")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nps.resistance(counts, steps=["s4", "s3", "s2", "s1"], response_rate=0.4)
    texts = [str(warning.message) for warning in caught]
    # Of the scores, and of the last step minus the first.
    assert len(texts) == len(set(texts)) == 2
    assert {warning.filename for warning in caught} == {__file__}
    assert {warning.category for warning in caught} == {nps.SmallSampleWarning}


def test_bad_input_is_told():
    assert "one group only" in told(ValueError, STEPS.pool())
    assert "at least two steps" in told(ValueError, STEPS.select("reminder 1"))
    assert "must name each step once" in told(ValueError, STEPS, steps=["first mailing", "reminder 1"])
    told(ValueError, STEPS, steps=["first mailing", "reminder 1", "reminder 1", "reminder 2"])
    told(TypeError, STEPS, steps="first mailing")
    assert "For 40 % pass 0.4." in told(ValueError, STEPS, response_rate=40)
    told(ValueError, STEPS, confidence_level=0.5)
    told(TypeError, "counts")
    told(nps.UndefinedScoreError, counted(["early", "late"], [(6, 3, 1), (0, 0, 0)]))
