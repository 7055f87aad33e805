"""Laws of dominance and of the weights and cut points at which the order turns."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import npsstats as nps

SCALE = nps.Scale(1, 5)
HIGH = nps.mean_rating(SCALE)
LOW = nps.effort_score(SCALE, favourable="low")
OPPOSITE = {"dominates": "dominated", "dominated": "dominates", "ahead": "behind", "behind": "ahead"}


@st.composite
def tables(draw):
    table = draw(arrays(np.int64, (2, 5), elements=st.integers(0, 60)))
    assume((table.sum(axis=1) > 0).all())
    return table


def asked(table, metric=HIGH, function=nps.dominance, **more):
    counts = nps.RatingCounts.from_histogram(table, metric=metric, groups=["A", "B"])
    return function(counts, reference="A", **more)


@given(tables())
@settings(max_examples=40, deadline=None)
def test_the_other_way_round_everything_is_the_other_way_round(table):
    one, other = asked(table), asked(table[::-1])
    for word in ("verdict", "observed"):
        (own,), (theirs,) = getattr(one, word), getattr(other, word)
        assert theirs == OPPOSITE.get(own, own)
    assert other.cut_points.low == pytest.approx(-one.cut_points.high, abs=1e-9)
    assert other.pvalue_dominance == pytest.approx(one.pvalue_dominance, rel=1e-9)
    assert other.worse_at_most == pytest.approx(one.better_at_most, abs=1e-9)


@given(tables())
@settings(max_examples=40, deadline=None)
def test_a_scale_turned_round_with_its_meaning_tells_the_same(table):
    one, other = asked(table), asked(table[:, ::-1], LOW)
    for word in ("verdict", "observed"):
        assert getattr(one, word) == getattr(other, word)
    assert other.worse_at_most == pytest.approx(one.worse_at_most, abs=1e-9)
    assert other.better_at_most == pytest.approx(one.better_at_most, abs=1e-9)
    assert other.critical_value == pytest.approx(one.critical_value, rel=1e-6)


@given(tables(), st.integers(0, 3), st.integers(1, 20))
@settings(max_examples=40, deadline=None)
def test_respondents_who_move_up_are_better_under_every_scoring(table, rating, many):
    moved = min(many, int(table[0, rating]))
    assume(moved > 0)
    better = table[0].copy()
    better[rating] -= moved
    better[rating + 1] += moved
    answer = asked(np.stack([table[0], better]))
    assert answer.observed == ("dominates",)
    assert answer.verdict[0] in ("dominates", "ahead", "undecided")


@given(tables())
@settings(max_examples=40, deadline=None)
def test_verdicts_follow_from_the_cut_points(table):
    answer = asked(table)
    cuts = answer.cut_points
    shown = set(cuts.shown)
    known = np.array(cuts.shown) != "no answers"
    # By each cut point alone: all of one sign, and all with a p-value of 5 % or less.
    alone = known.any() and (cuts.pvalue[known] <= 0.05).all()
    side = set(np.sign(cuts.difference[known]))
    expected = {(True, True): "crossing", (True, False): "ahead", (False, True): "behind"}
    word = expected.get(("better" in shown, "worse" in shown), "undecided")
    if alone and side in ({1.0}, {-1.0}):
        word = "dominates" if side == {1.0} else "dominated"
    assert answer.verdict[0] == word
    assert (cuts.adjusted_pvalue >= cuts.pvalue * (1 - 1e-9)).all()
    # What is shown has an interval to one side of 0, up to the accuracy of the roots.
    for low, high, word in zip(cuts.low, cuts.high, cuts.shown, strict=True):
        if word == "better":
            assert low > -1e-6
        if word == "worse":
            assert high < 1e-6
    if answer.verdict[0] in ("dominates", "dominated"):
        assert answer.verdict == answer.observed
        assert answer.pvalue_dominance[0] <= 0.05


@given(tables(), st.floats(0.5, 0.99), st.floats(0.5, 0.99))
@settings(max_examples=30, deadline=None)
def test_a_higher_level_shows_no_more(table, one, other):
    low, high = sorted([one, other])
    lax, strict = (asked(table, confidence_level=level) for level in (low, high))
    assert strict.better[0] <= lax.better[0]
    assert strict.critical_value[0] >= lax.critical_value[0] - 1e-9
    assert strict.worse_at_most[0] >= lax.worse_at_most[0] - 1e-9


@given(tables())
@settings(max_examples=30, deadline=None)
def test_ratings_that_nobody_gave_change_nothing(table):
    wide = np.insert(table, [2], [[0], [0]], axis=1)
    one = asked(table)
    other = asked(wide, nps.mean_rating(nps.Scale(1, 6)))
    assert one.verdict == other.verdict
    assert one.critical_value == pytest.approx(other.critical_value, rel=1e-9)


NET = nps.net_score(SCALE, promoters_from=5, detractors_to=2)


@given(tables())
@settings(max_examples=40, deadline=None)
def test_dominance_means_that_no_weight_and_no_cut_point_turns_the_order(table):
    observed = asked(table).observed[0]
    flips = asked(table, NET, nps.score_flips)
    if observed == "dominates":
        assert flips.pairs_worse[0] == 0
        assert not 0 < flips.tie_weight[0] < np.inf
        assert flips.verdict[0] != "flips"
    if observed == "dominated":
        assert flips.pairs_better[0] == 0
    assert flips.pairs_better[0] + flips.pairs_worse[0] <= flips.pairs[0] == 10


@given(tables())
@settings(max_examples=40, deadline=None)
def test_the_weight_of_a_tie_has_no_direction(table):
    one, other = asked(table, NET, nps.score_flips), asked(table[::-1], NET, nps.score_flips)
    assert one.tie_set == other.tie_set
    assert one.verdict == other.verdict
    for name in ("tie_weight", "tie_low", "tie_high"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-6, nan_ok=True)
    assert one.pairs_better_shown == other.pairs_worse_shown
