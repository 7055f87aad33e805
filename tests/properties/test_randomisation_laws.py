"""Laws that randomisation tests obey whatever the data."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from npsstats.kernels import permutation, sign_flip
from npsstats.kernels.permutation import listed_splits, needs_permuting
from npsstats.kernels.sign_flip import needs_flipping

# The same examples in every run; each holds several rows.
laws = settings(max_examples=25, deadline=None, derandomize=True)

NPS_VALUES = np.array([0.0, 0.5, 1.0])
CHANGES = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])

cell = st.one_of(st.just(0), st.integers(0, 4), st.integers(0, 25))
group = st.tuples(cell, cell, cell).filter(any)
tables = st.lists(st.tuples(group, group), min_size=1, max_size=5)
pairs = st.lists(st.tuples(*[st.integers(0, 7)] * 5).filter(any), min_size=1, max_size=5)
# Enough to be drawn.
large = st.tuples(*[st.integers(400, 3000)] * 3)
large_tables = st.lists(st.tuples(large, large), min_size=1, max_size=3)
large_pairs = st.lists(st.tuples(*[st.integers(30, 600)] * 5), min_size=1, max_size=3)
tail = st.one_of(st.sampled_from([0.005, 0.025, 0.05, 0.25]), st.floats(1e-9, 0.45))
null = st.one_of(st.sampled_from([-0.5, 0.0, 0.25]), st.floats(-0.95, 0.95))

# What two orders of the same sums differ by: pivots, and limits of which an error below 1 times a pivot is part.
ROUNDING = {"rtol": 1e-11, "atol": 1e-12}


def permuted(name, table, where, values=NPS_VALUES):
    function = getattr(permutation, f"permutation_{name}")
    return function(np.array(table, float), values, where, rng=np.random.default_rng(0), n_resamples=199)


def flipped(name, counts, where, values=CHANGES):
    function = getattr(sign_flip, f"sign_flip_{name}")
    return function(np.array(counts, float), values, where, rng=np.random.default_rng(0), n_resamples=199)


def check_duality(limits, tails, tail, null):
    """A null value lies outside exactly when its p-value is below the tail, rounding apart."""
    (low, high), (below, above) = limits, tails
    clear = (np.abs(low - null) > 1e-8) & (np.abs(above - tail) > 1e-8 * tail)
    np.testing.assert_array_equal((null < low)[clear], (above < tail)[clear])
    clear = (np.abs(high - null) > 1e-8) & (np.abs(below - tail) > 1e-8 * tail)
    np.testing.assert_array_equal((null > high)[clear], (below < tail)[clear])


@laws
@given(tables, tail, null)
def test_permutation_limits_are_dual_to_pvalues(table, tail, null):
    check_duality(permuted("limits", table, tail), permuted("tails", table, null), tail, null)


@laws
@given(large_tables, st.floats(0.006, 0.45), st.floats(-0.15, 0.15))
def test_permutation_limits_are_dual_to_pvalues_from_the_same_draws(table, tail, null):
    assert needs_permuting(np.array(table, float)).all()
    check_duality(permuted("limits", table, tail), permuted("tails", table, null), tail, null)


@laws
@given(pairs, tail, null)
def test_sign_flip_limits_are_dual_to_pvalues(counts, tail, null):
    check_duality(flipped("limits", counts, tail), flipped("tails", counts, null), tail, null)


@laws
@given(large_pairs, st.floats(0.006, 0.45), st.floats(-0.15, 0.15))
def test_sign_flip_limits_are_dual_to_pvalues_from_the_same_draws(counts, tail, null):
    assert needs_flipping(np.array(counts, float)).all()
    check_duality(flipped("limits", counts, tail), flipped("tails", counts, null), tail, null)


@laws
@given(tables, tail)
def test_limits_themselves_are_not_excluded(table, tail):
    low, high = permuted("limits", table, tail)
    slack = 1 + 1e-9
    assert (permuted("tails", table, low)[1] * slack >= tail).all()
    assert (permuted("tails", table, high)[0] * slack >= tail).all()


@laws
@given(pairs, tail)
def test_sign_flip_limits_themselves_are_not_excluded(counts, tail):
    low, high = flipped("limits", counts, tail)
    slack = 1 + 1e-9
    # The bounds stand where no null value at all is excluded.
    assert ((flipped("tails", counts, low)[1] * slack >= tail) | (low == -1)).all()
    assert ((flipped("tails", counts, high)[0] * slack >= tail) | (high == 1)).all()


@laws
@given(tables, tail, null)
def test_swapped_groups_have_swapped_tails_and_negative_limits(table, tail, null):
    swapped = [pair[::-1] for pair in table]
    below, above = permuted("tails", table, null)
    np.testing.assert_allclose(permuted("tails", swapped, -null), [above, below], **ROUNDING)
    low, high = permuted("limits", table, tail)
    np.testing.assert_allclose(permuted("limits", swapped, tail), [-high, -low], **ROUNDING)


@laws
@given(tables, tail, null)
def test_reflected_ratings_have_swapped_tails_and_negative_limits(table, tail, null):
    mirrored = np.array(table)[..., ::-1]
    below, above = permuted("tails", table, null)
    np.testing.assert_allclose(permuted("tails", mirrored, -null), [above, below], **ROUNDING)
    low, high = permuted("limits", table, tail)
    np.testing.assert_allclose(permuted("limits", mirrored, tail), [-high, -low], **ROUNDING)


@laws
@given(pairs, tail, null)
def test_reflected_differences_have_swapped_tails_and_negative_limits(counts, tail, null):
    mirrored = np.array(counts)[:, ::-1]
    below, above = flipped("tails", counts, null)
    np.testing.assert_allclose(flipped("tails", mirrored, -null), [above, below], **ROUNDING)
    low, high = flipped("limits", counts, tail)
    np.testing.assert_allclose(flipped("limits", mirrored, tail), [-high, -low], **ROUNDING)


@laws
@given(tables, pairs, null, st.floats(0, 0.5))
def test_pvalues_fall_as_the_null_value_moves_away(table, counts, null, further):
    for tails, data in ((permuted, table), (flipped, counts)):
        below, above = tails("tails", data, null)
        # The tail against a difference above the null value falls as that goes down, the other one rises.
        lower_below, lower_above = tails("tails", data, null - further)
        assert (lower_above <= above * (1 + 1e-9)).all()
        assert (lower_below >= below * (1 - 1e-9)).all()


@laws
@given(tables)
def test_pvalues_of_the_splits_fall_as_the_pivot_grows(table):
    """Of all tables with the same margins: the more extreme the pivot, the lower the p-value."""
    first, second = np.array(table[0])
    splits, _ = listed_splits(first + second, int(first.sum()))
    splits = splits[:: max(1, len(splits) // 40)]
    stack = np.stack([splits, first + second - splits], axis=1).astype(float)
    below, above = permuted("tails", stack, 0.0)
    difference, error = permutation.split_pivots(stack[:, 0], stack.sum(axis=1), NPS_VALUES)
    order = np.argsort(difference / error)
    assert (np.diff(above[order]) <= 1e-12).all()
    assert (np.diff(below[order]) >= -1e-12).all()


@laws
@given(tables, pairs, st.floats(1e-6, 0.2), st.floats(1.01, 2.4))
def test_intervals_of_a_higher_level_hold_those_of_a_lower_one(table, counts, tail, times):
    for limits, data in ((permuted, table), (flipped, counts)):
        low, high = limits("limits", data, tail)
        inner_low, inner_high = limits("limits", data, tail * times)
        assert (low <= inner_low).all()
        assert (inner_high <= high).all()


@laws
@given(tables, pairs)
def test_limits_hold_the_estimate_and_stay_within_the_bounds(table, counts):
    for limits, data, estimate in (
        (permuted, table, [np.dot(a, NPS_VALUES) / sum(a) - np.dot(b, NPS_VALUES) / sum(b) for a, b in table]),
        (flipped, counts, [np.dot(row, CHANGES) / sum(row) for row in counts]),
    ):
        low, high = limits("limits", data, 0.025)
        assert (low <= np.array(estimate) + 1e-12).all()
        assert (high >= np.array(estimate) - 1e-12).all()
        assert ((low >= -1) & (high <= 1)).all()


@laws
@given(tables, pairs, null)
def test_tails_of_both_sides_overlap_in_what_is_observed(table, counts, null):
    for tails, data in ((permuted, table), (flipped, counts)):
        below, above = tails("tails", data, null)
        assert (below + above >= 1 - 1e-12).all()
        assert ((below > 0) & (above > 0) & (below <= 1) & (above <= 1)).all()


@laws
@given(tables, pairs, tail, st.randoms(use_true_random=False))
def test_rows_do_not_interfere(table, counts, tail, random):
    for limits, data in ((permuted, table), (flipped, counts)):
        order = list(range(len(data)))
        random.shuffle(order)
        together = np.column_stack(limits("limits", [data[i] for i in order], tail))
        alone = [np.ravel(limits("limits", data[i : i + 1], tail)) for i in order]
        np.testing.assert_array_equal(together, alone)


@laws
@given(tables, pairs, tail)
def test_empty_levels_change_nothing(table, counts, tail):
    wide = np.zeros((len(table), 2, 5))
    wide[..., [0, 2, 4]] = table
    found = permuted("limits", wide, tail, np.linspace(0, 1, 5))
    np.testing.assert_allclose(found, permuted("limits", table, tail), **ROUNDING)
    wide = np.zeros((len(counts), 9))
    wide[:, ::2] = counts
    np.testing.assert_array_equal(flipped("limits", wide, tail, np.linspace(-1, 1, 9)), flipped("limits", counts, tail))


@laws
@given(pairs, tail, null, st.floats(-2, 2))
def test_moved_differences_have_moved_limits_and_the_same_pvalues(counts, tail, null, shift):
    low, high = flipped("limits", counts, tail)
    moved = flipped("limits", counts, tail, CHANGES + shift)
    np.testing.assert_allclose(moved, [low + shift, high + shift], rtol=0, atol=1e-12)
    moved = flipped("tails", counts, null + shift, CHANGES + shift)
    np.testing.assert_allclose(moved, flipped("tails", counts, null), **ROUNDING)
