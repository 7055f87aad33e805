"""Laws that the exact bootstrap of a difference obeys whatever the data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npsstats.kernels import bootstrap_difference
from npsstats.kernels.bootstrap_difference import bca_difference_constants

# The same examples in every run; each holds several rows.
laws = settings(max_examples=20, deadline=None, derandomize=True)

METHODS = ("percentile", "bca")
methods = pytest.mark.parametrize("method", METHODS)
NPS_VALUES = np.array([0.0, 0.5, 1.0])

cell = st.one_of(st.just(0), st.integers(0, 8), st.integers(0, 400))
large = st.one_of(st.just(0), st.integers(0, 5), st.integers(0, 10**6))
group, large_group = (st.tuples(x, x, x).filter(any) for x in (cell, large))
rows = st.lists(st.tuples(group, group), min_size=1, max_size=6)
large_rows = st.lists(st.tuples(large_group, large_group), min_size=1, max_size=3)
tail = st.one_of(st.sampled_from([0.005, 0.025, 0.05, 0.25]), st.floats(1e-9, 0.45))
null = st.one_of(st.just(0.0), st.floats(-1.1, 1.1))

# Differences of rounded scores.
ROUNDING = {"rtol": 0, "atol": 4e-16}


def limits_of(method, table, tail, values=NPS_VALUES):
    return getattr(bootstrap_difference, f"{method}_difference_limits")(table, values, tail)


def tails_of(method, table, null, values=NPS_VALUES):
    return getattr(bootstrap_difference, f"{method}_difference_tails")(table, values, null)


@methods
@laws
@given(st.one_of(rows, large_rows), tail)
def test_swapped_groups_have_the_negative_limits(method, table, tail):
    table = np.array(table, float)
    low, high = limits_of(method, table, tail)
    swapped_low, swapped_high = limits_of(method, table[:, ::-1], tail)
    np.testing.assert_allclose([swapped_low, swapped_high], [-high, -low], **ROUNDING)


@methods
@laws
@given(st.one_of(rows, large_rows), null)
def test_swapped_groups_have_swapped_pvalues(method, table, null):
    table = np.array(table, float)
    below, above = tails_of(method, table, null)
    swapped_below, swapped_above = tails_of(method, table[:, ::-1], -null)
    # Both run through the same sums in another order, BCa with a quantile of up to 38.
    np.testing.assert_allclose(swapped_above, below, rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(swapped_below, above, rtol=1e-9, atol=1e-300)


@methods
@laws
@given(rows, tail, null)
def test_reflected_ratings_have_reflected_answers(method, table, tail, null):
    table = np.array(table, float)
    low, high = limits_of(method, table, tail)
    mirrored_low, mirrored_high = limits_of(method, table[:, :, ::-1], tail)
    np.testing.assert_allclose([mirrored_low, mirrored_high], [-high, -low], **ROUNDING)
    below, above = tails_of(method, table, null)
    mirrored_below, mirrored_above = tails_of(method, table[:, :, ::-1], -null)
    np.testing.assert_allclose(mirrored_above, below, rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(mirrored_below, above, rtol=1e-9, atol=1e-300)


@methods
@laws
@given(rows, tail, st.data())
def test_limits_are_dual_to_pvalues(method, table, tail, data):
    """A null value lies outside of the interval exactly where its one-sided p-value lies below the tail."""
    table = np.array(table, float)
    n, m = table.sum(axis=-1).T
    shift = data.draw(st.lists(st.integers(-8, 8), min_size=len(table), max_size=len(table)))
    low, high = limits_of(method, table, tail)
    for limit in (low, high):
        # Attainable differences near the limit and, with odd shifts, half way between multiples of the lattice.
        null = limit + np.array(shift) / (4 * n * m)
        below, above = tails_of(method, table, null)
        slack = 1e-9 / (n * m)  # rounding is no difference, neither here nor in the p-values
        clear = np.abs(above - tail) > 1e-8 * tail
        np.testing.assert_array_equal((null < low - slack)[clear], (above < tail)[clear])
        clear = np.abs(below - tail) > 1e-8 * tail
        np.testing.assert_array_equal((null > high + slack)[clear], (below < tail)[clear])


@methods
@laws
@given(st.one_of(rows, large_rows), st.floats(1e-6, 0.2), st.floats(1.01, 2.4))
def test_intervals_of_a_higher_level_hold_those_of_a_lower_one(method, table, tail, times):
    table = np.array(table, float)
    low, high = limits_of(method, table, tail)
    inner_low, inner_high = limits_of(method, table, tail * times)
    assert (low <= inner_low + 4e-16).all()
    assert (inner_high <= high + 4e-16).all()


@methods
@laws
@given(st.one_of(rows, large_rows), tail)
def test_limits_are_differences_that_can_come_out(method, table, tail):
    table = np.array(table, float)
    score = [np.array([NPS_VALUES[g > 0][[0, -1]] for g in table[:, i]]) for i in (0, 1)]
    low, high = limits_of(method, table, tail)
    assert (score[0][:, 0] - score[1][:, 1] <= low).all()
    assert (low <= high).all()
    assert (high <= score[0][:, 1] - score[1][:, 0]).all()
    n, m = table.sum(axis=-1).T
    steps = low * 2 * n * m
    # A difference of two rounded scores, on a lattice of up to 2e13 steps.
    np.testing.assert_allclose(steps, np.rint(steps), rtol=0, atol=1e-15 * (n * m).max() * 2 + 1e-9)


@laws
@given(st.one_of(rows, large_rows), null)
def test_pvalues_add_up_to_one_and_the_chance_of_the_null_itself(table, null):
    table = np.array(table, float)
    below, above = tails_of("percentile", table, null)
    assert (below + above >= 1 - 1e-12).all()
    # The chance of any one difference is at most that of the other group's likeliest total.
    assert ((below >= 0) & (below <= 1) & (above >= 0) & (above <= 1)).all()


@laws
@given(rows)
def test_acceleration_is_that_of_the_influence_values_of_both_samples(table):
    for pair, a in zip(table, bca_difference_constants(np.array(table, float), NPS_VALUES)[1], strict=True):
        samples = [np.repeat(NPS_VALUES, group) for group in pair]
        influence = np.concatenate([sign * (x - x.mean()) / x.size for sign, x in zip((1, -1), samples, strict=True)])
        square = (influence**2).sum()
        wanted = (influence**3).sum() / (6 * square**1.5) if square > 1e-20 else 0
        assert a == pytest.approx(wanted, rel=1e-9, abs=1e-12)  # thousands of terms that cancel


@methods
@laws
@given(rows, st.randoms(use_true_random=False))
def test_rows_do_not_interfere(method, table, random):
    order = list(range(len(table)))
    random.shuffle(order)
    table = np.array(table, float)
    together = np.column_stack(limits_of(method, table[order], 0.025))
    alone = [np.ravel(limits_of(method, table[i : i + 1], 0.025)) for i in order]
    np.testing.assert_allclose(together, alone, **ROUNDING)
    together = np.column_stack(tails_of(method, table[order], 0.1))
    alone = [np.ravel(tails_of(method, table[i : i + 1], 0.1)) for i in order]
    # Transforms of other lengths.
    np.testing.assert_allclose(together, alone, rtol=1e-9, atol=1e-300)


@methods
@laws
@given(rows, tail)
def test_empty_levels_between_change_nothing(method, table, tail):
    table = np.array(table, float)
    wide = np.zeros((*table.shape[:2], 5))
    wide[:, :, [0, 2, 4]] = table
    np.testing.assert_allclose(
        limits_of(method, wide, tail, np.linspace(0, 1, 5)), limits_of(method, table, tail), **ROUNDING
    )


@methods
@laws
@given(rows, st.integers(2, 3))
def test_more_of_the_same_respondents_narrow_the_interval_towards_the_difference(method, table, times):
    table = np.array(table, float)
    low, high = limits_of(method, table, 0.16)
    more_low, more_high = limits_of(method, table * times**2, 0.16)
    # To the order of the steps of the scores: the width falls with the root of n.
    step = (1 / table.sum(axis=-1)).sum(axis=-1)
    np.testing.assert_allclose((more_high - more_low) * times, high - low, rtol=0, atol=4 * step.max() + 1e-15)
