"""Laws of the exact unconditional and Lloyd's tests and intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npsstats.kernels.exact import exact_limits, exact_pvalues, lloyd_limits, lloyd_pvalues

# The same examples in every run.
laws = settings(max_examples=6, deadline=None, derandomize=True)

LIMITS = {"exact": exact_limits, "lloyd": lloyd_limits}
PVALUES = {"exact": exact_pvalues, "lloyd": lloyd_pvalues}
ALTERNATIVES = ("two-sided", "less", "greater")
MIRRORED = {"two-sided": "two-sided", "less": "greater", "greater": "less"}

# A limit is found to 1e-8, but to 1e-6 where two samples are close to tied.
RESOLUTION = 2e-8

cell = st.integers(0, 7)
rows = st.lists(st.tuples(cell, cell, cell).filter(any), min_size=2, max_size=2).map(lambda x: np.array(x, float))
levels = st.sampled_from([0.1, 0.25, 0.5, 2 / 3, 0.9]).map(lambda c: np.array([0, c, 1.0]))
means = st.floats(0.01, 0.99).map(lambda mean: np.full(2, mean))
kinds = pytest.mark.parametrize("kind", ["exact", "lloyd"])
alternatives = pytest.mark.parametrize("alternative", ALTERNATIVES)


@kinds
@alternatives
@laws
@given(counts=rows, values=levels, null=means)
def test_pvalues_are_probabilities(kind, alternative, counts, values, null):
    pvalues = PVALUES[kind](counts, values, null, alternative)
    assert ((pvalues > 0) & (pvalues <= 1)).all()


@kinds
@alternatives
@laws
@given(counts=rows, values=levels, null=means)
def test_reversed_scale_reverses_the_test(kind, alternative, counts, values, null):
    ours = PVALUES[kind](counts, values, null, alternative)
    theirs = PVALUES[kind](counts[:, ::-1], 1 - values[::-1], 1 - null, MIRRORED[alternative])
    # 1 - null and 1 - values are rounded, and each maximum is found to 1e-6.
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


@kinds
@laws
@given(counts=rows, values=levels)
def test_reversed_scale_reverses_the_limits(kind, counts, values):
    low, high = LIMITS[kind](counts, values, 0.9, "two-sided")
    reversed_low, reversed_high = LIMITS[kind](counts[:, ::-1], 1 - values[::-1], 0.9, "two-sided")
    # Both are the same computation, but for the rounding of 1 - values.
    np.testing.assert_allclose([low, high], [1 - reversed_high, 1 - reversed_low], rtol=0, atol=RESOLUTION)


@laws
@given(counts=rows, values=levels, null=means)
def test_largest_tail_is_at_least_the_tail_at_the_estimate(counts, values, null):
    for alternative in ALTERNATIVES:
        exact = exact_pvalues(counts, values, null, alternative)
        lloyd = lloyd_pvalues(counts, values, null, alternative)
        assert (exact >= lloyd - 1e-6).all()  # the promise of the supremum


@alternatives
@laws
@given(counts=rows, values=levels)
def test_lloyd_interval_lies_inside_the_exact_one(alternative, counts, values):
    exact_low, exact_high = exact_limits(counts, values, 0.9, alternative)
    low, high = lloyd_limits(counts, values, 0.9, alternative)
    assert (exact_low <= low + RESOLUTION).all()
    assert (high <= exact_high + RESOLUTION).all()


@kinds
@laws
@given(counts=rows, values=levels)
def test_limits_hold_the_observed_mean_and_lie_inside_those_of_a_higher_level(kind, counts, values):
    mean = counts @ values / counts.sum(axis=1)
    low, high = LIMITS[kind](counts, values, 0.8, "two-sided")
    wide_low, wide_high = LIMITS[kind](counts, values, 0.99, "two-sided")
    assert ((wide_low <= low + RESOLUTION) & (low <= mean) & (mean <= high) & (high <= wide_high + RESOLUTION)).all()


@kinds
@alternatives
@laws
@given(counts=rows, values=levels, null=means)
def test_mean_outside_the_interval_is_rejected(kind, alternative, counts, values, null):
    low, high = LIMITS[kind](counts, values, 0.9, alternative)
    pvalues = PVALUES[kind](counts, values, null, alternative)
    assert (pvalues[(null < low) | (null > high)] <= 0.1).all()


@laws
@given(counts=rows, values=levels, null=means, place=st.integers(0, 1))
def test_a_better_rating_is_never_evidence_for_a_lower_mean(counts, values, null, place):
    """Barnard's condition, on which the search for limits rests: the statistic grows with each rating."""
    better = counts[counts[:, place] > 0].copy()
    worse = better.copy()
    better[:, place] -= 1
    better[:, place + 1] += 1
    before = exact_pvalues(worse, values, null[: len(worse)], "greater")
    after = exact_pvalues(better, values, null[: len(worse)], "greater")
    assert (after <= before + 1e-6).all()  # the promise of the supremum


@kinds
@laws
@given(counts=rows, values=levels)
def test_groups_do_not_interfere(kind, counts, values):
    together = LIMITS[kind](counts, values, 0.95, "two-sided")
    alone = [LIMITS[kind](row[None], values, 0.95, "two-sided") for row in counts]
    # Matrix products of another shape round differently.
    np.testing.assert_allclose(np.transpose(together), np.array(alone)[:, :, 0], rtol=0, atol=RESOLUTION)


@kinds
@laws
@given(counts=rows, values=levels, null=means)
def test_an_empty_middle_level_is_still_a_possible_answer(kind, counts, values, null):
    """The p-value is at least that of two levels, and for Lloyd's, whose estimate then has no middle, equal or more."""
    counts = counts[:, [0, 2]]
    counts = counts[counts.sum(axis=1) > 0]
    three = np.insert(counts, 1, 0.0, axis=1)
    theta = null[: len(counts)]
    for alternative in ("less", "greater"):
        two = PVALUES[kind](counts, np.array([0.0, 1.0]), theta, alternative)
        found = PVALUES[kind](three, values, theta, alternative)
        # At u = 0 nobody is at the middle, and the samples without it are ordered as those of two levels.
        assert (found >= two - 1e-6).all()
