"""Laws of metrics side by side: what must not matter, what must turn around, and what must agree."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import npsstats as nps
from npsstats.kernels.bivariate import opposite_probability, opposite_pvalue

laws = settings(max_examples=12, deadline=None, derandomize=True)
many_laws = settings(max_examples=200, deadline=None, derandomize=True)

HAPPY = nps.top_box(nps.Scale(1, 4), boxes=2, name="happy")
EASY = nps.effort_score(nps.Scale(1, 4), favourable="high", name="effort")
HARD = nps.effort_score(nps.Scale(1, 4), favourable="low", name="effort")

# Everything occurs, so that every score has a spread.
TABLES = arrays(np.int64, (2, 3, 4), elements=st.integers(1, 40))
NUMBERS = st.floats(-8, 8)
CORRELATIONS = st.floats(-1, 1)
FOOTING = ("in_standard_errors", "effect_size", "effect_low", "effect_high", "share_of_range", "n_needed")
TESTS = ("correlation", "probability_opposite", "pvalue_opposite", "pvalue_same")


def joint(table, second=HAPPY, groups=("a", "b")):
    return nps.JointCounts.from_table(table, metrics=[nps.NPS_CATEGORIES, second], groups=list(groups))


def same(one, other, names):
    for name in names:
        # The same sums in another order.
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-12, err_msg=name)


@laws
@given(TABLES)
def test_group_and_reference_swapped_negate_all_moves(table):
    counts = joint(table)
    there, back = (nps.contrast(counts, reference=name) for name in "ab")
    for name in ("difference", "in_standard_errors", "effect_size", "share_of_range"):
        np.testing.assert_allclose(getattr(there, name), -getattr(back, name), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(there.effect_low, -back.effect_high, rtol=1e-9, atol=1e-12)
    same(there, back, ("standard_error", "n_needed", "correlation"))
    there, back = (nps.opposite_moves(counts, reference=name) for name in "ab")
    same(there, back, TESTS)
    np.testing.assert_allclose(there.effect_difference, -back.effect_difference, rtol=1e-9, atol=1e-12)
    assert there.verdict == back.verdict


@laws
@given(TABLES)
def test_metrics_swapped_swap(table):
    counts = joint(table)
    one = nps.opposite_moves(counts, reference="a")
    other = nps.opposite_moves(counts.of("happy", "NPS"), reference="a")
    same(one, other, TESTS)
    np.testing.assert_array_equal(one.z_first, other.z_second)
    np.testing.assert_array_equal(one.difference_second, other.difference_first)
    np.testing.assert_allclose(one.effect_low, -other.effect_high, rtol=1e-9, atol=1e-12)
    straight = nps.contrast(counts, reference="a").to_frame().set_index("metric")
    swapped = nps.contrast(counts.of("happy", "NPS"), reference="a").to_frame().set_index("metric")
    pd.testing.assert_frame_equal(straight, swapped.loc[straight.index])


@laws
@given(TABLES)
def test_an_effort_scale_read_backwards_tells_the_same(table):
    one = joint(table, EASY)
    other = joint(table[:, :, ::-1], HARD)
    same(nps.contrast(one, reference="a"), nps.contrast(other, reference="a"), (*FOOTING, "correlation", "pvalue"))
    first, second = (nps.opposite_moves(counts, reference="a") for counts in (one, other))
    same(first, second, (*TESTS, "z_first", "z_second", "effect_difference", "effect_low", "effect_high"))
    assert first.verdict == second.verdict
    # In points the move is turned around.
    np.testing.assert_allclose(first.difference_second, -second.difference_second, rtol=1e-9, atol=1e-12)


@laws
@given(TABLES, st.floats(0.1, 50), st.floats(-100, 100))
def test_units_of_a_metric_do_not_matter(table, factor, shift):
    values = tuple(factor * value + shift for value in HAPPY.values)
    stretched = nps.Metric("happy", HAPPY.scale, values)
    one, other = (nps.contrast(joint(table, metric), reference="a") for metric in (HAPPY, stretched))
    for name in ("in_standard_errors", "effect_size", "effect_low", "effect_high", "share_of_range"):
        # A shift of a thousand times the unit costs three digits, squared deviations twice that.
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-7, atol=1e-9)


@laws
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_rows_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {
            "wave": rng.permutation(["a", "b"] * 40),
            "recommend": rng.integers(0, 11, 80),
            "satisfied": rng.integers(1, 5, 80).astype(float),
        }
    )
    rows.loc[rng.random(80) < 0.2, "satisfied"] = np.nan
    questions = {"recommend": nps.NPS, "satisfied": HAPPY}
    one, other = (nps.tabulate_joint(frame, questions, by="wave").select("a", "b") for frame in (rows, rows.iloc[::-1]))
    same(nps.contrast(one, reference="a"), nps.contrast(other, reference="a"), (*FOOTING, "correlation"))
    same(nps.opposite_moves(one, reference="a"), nps.opposite_moves(other, reference="a"), TESTS)


@laws
@given(arrays(np.int64, (2, 3), elements=st.integers(1, 40)))
def test_a_metric_under_another_name_moves_with_itself(histogram):
    table = histogram[:, :, None] * np.eye(3, dtype=int)
    again = nps.Metric("again", nps.NPS_CATEGORIES.scale, nps.NPS_CATEGORIES.values)
    found = nps.opposite_moves(joint(table, again), reference="a")
    np.testing.assert_allclose(found.correlation, 1, rtol=0, atol=1e-14)
    assert found.z_first[0] == found.z_second[0]
    assert found.effect_difference[0] == 0
    assert found.verdict[0] != "opposite"


@laws
@given(
    arrays(np.int64, (2, 3), elements=st.integers(1, 12)),
    arrays(np.int64, (2, 4), elements=st.integers(1, 12)),
)
def test_independent_answers_have_independent_moves(first, second):
    found = nps.opposite_moves(joint(first[:, :, None] * second[:, None, :]), reference="a")
    # Sums of products that cancel to rounding.
    np.testing.assert_allclose(found.correlation, 0, rtol=0, atol=1e-13)


@laws
@given(TABLES, st.integers(2, 9))
def test_more_respondents_of_the_same_opinions_change_no_effect(table, times):
    one, other = (nps.contrast(joint(counts), reference="a") for counts in (table, times * table))
    same(one, other, ("difference", "share_of_range", "n_needed"))
    # Variances divide by n - 1, at least 11.
    np.testing.assert_allclose(one.effect_size, other.effect_size, rtol=0.05)
    moved = np.abs(one.effect_size) > 1e-12
    assert (np.abs(other.in_standard_errors[moved]) > np.abs(one.in_standard_errors[moved])).all()


@many_laws
@given(NUMBERS, NUMBERS, CORRELATIONS)
def test_a_sign_turned_around_makes_opposite_the_same(first, second, correlation):
    x, y, r = np.array(first), np.array(second), np.array(correlation)
    turned = opposite_probability(-x, y, -r)
    # One of the two is made as 1 minus the other; the other way round that rounds.
    assert abs(float(opposite_probability(x, y, r) + turned) - 1) <= 2.3e-16
    assert float(opposite_probability(x, y, r)) == float(opposite_probability(y, x, r))
    # 0 has no side, so that both ways can be taken.
    assert abs(float(opposite_probability(x, y, r) - opposite_probability(-x, -y, r))) <= 2.3e-16
    assert 0 <= float(turned) <= 1


@many_laws
@given(NUMBERS, NUMBERS, CORRELATIONS)
def test_a_pvalue_lies_between_one_tail_and_two(first, second, correlation):
    x, y, r = np.array(first), np.array(second), np.array(correlation)
    found = float(opposite_pvalue(x, y, r))
    if np.sign(first) * np.sign(second) >= 0:
        assert found == 1
        return
    tail = float(opposite_pvalue(x, y, np.array(1.0)))
    # Rounding of sums of tails.
    assert tail * (1 - 1e-12) <= found <= 2 * tail * (1 + 1e-12)


@many_laws
@given(st.floats(0.01, 6), st.floats(0.01, 6), CORRELATIONS, st.floats(0.01, 3))
def test_moves_further_apart_are_surer(first, second, correlation, more):
    r = np.array(correlation)
    near = opposite_pvalue(np.array(first), np.array(-second), r)
    far = opposite_pvalue(np.array(first + more), np.array(-second - more), r)
    assert float(far) < float(near) * (1 + 1e-12)
