"""Laws of what can be said of everyone if not everyone answered."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import npsstats as nps

laws = settings(max_examples=12, deadline=None, derandomize=True)

cell = st.one_of(st.just(0), st.integers(0, 8), st.integers(0, 400))
group = st.tuples(cell, cell, cell).filter(any)
rate = st.one_of(st.just(1.0), st.floats(0.01, 0.99), st.floats(0.99, 0.9999))
assumption = st.sampled_from(["none", "no-happier", "no-unhappier"])
apart = st.one_of(st.none(), st.just(0.0), st.floats(0, 250))

MIRRORED = {"none": "none", "no-happier": "no-unhappier", "no-unhappier": "no-happier"}
# Points of up to 200; the quantile hangs on the last bits of widths and errors.
ROUNDING = {"rtol": 0, "atol": 1e-7}
SLACK = 1e-7


def counted(*rows):
    promoters, passives, detractors = zip(*rows, strict=True)
    return nps.RatingCounts.from_categories(
        promoters=promoters, passives=passives, detractors=detractors, groups=[f"g{i}" for i in range(len(rows))]
    )


def ends(bounds):
    return np.array([bounds.low_set, bounds.low, bounds.lower, bounds.upper, bounds.high, bounds.high_set])


@laws
@given(group, rate, assumption, apart)
def test_intervals_lie_around_their_bounds_and_within_the_scale(row, r, supposed, kappa):
    bounds = nps.nonresponse_bounds(counted(row), response_rate=r, assumption=supposed, max_difference=kappa)
    assert (np.diff(ends(bounds), axis=0) >= -SLACK).all()
    assert np.abs(ends(bounds)).max() <= 100 + SLACK
    assert bounds.lower - SLACK <= bounds.observed <= bounds.upper + SLACK


@laws
@given(group, rate, assumption, apart)
def test_swapping_promoters_and_detractors_turns_bounds_over(row, r, supposed, kappa):
    bounds = nps.nonresponse_bounds(counted(row), response_rate=r, assumption=supposed, max_difference=kappa)
    other = nps.nonresponse_bounds(
        counted(row[::-1]), response_rate=r, assumption=MIRRORED[supposed], max_difference=kappa
    )
    np.testing.assert_allclose(ends(other), -ends(bounds)[::-1], **ROUNDING)


@laws
@given(group, group, rate, rate, assumption)
def test_differences_change_their_sign_with_the_reference(one, two, r, s, supposed):
    counts = counted(one, two)
    there, back = (
        nps.nonresponse_bounds(counts, response_rate=[r, s], reference=g, assumption=supposed) for g in ("g0", "g1")
    )
    np.testing.assert_allclose(ends(back), -ends(there)[::-1], **ROUNDING)


@laws
@given(group, st.lists(st.floats(0.05, 1), min_size=2, max_size=2))
def test_more_answers_narrow_the_bounds(row, rates):
    few, many = sorted(rates)
    wide, narrow = (nps.nonresponse_bounds(counted(row), response_rate=r) for r in (few, many))
    assert wide.lower <= narrow.lower + SLACK
    assert narrow.upper <= wide.upper + SLACK


@laws
@given(group, group, rate, rate, st.floats(0, 150), st.floats(0, 150))
def test_the_further_nonrespondents_may_be_the_wider_the_bounds(one, two, r, s, kappa, more):
    counts = counted(one, two)
    inner, outer = (
        nps.nonresponse_bounds(counts, response_rate=[r, s], reference="g0", max_difference=k)
        for k in (kappa, kappa + more)
    )
    assert outer.lower <= inner.lower + SLACK
    assert inner.upper <= outer.upper + SLACK


@laws
@given(group, st.floats(0.01, 1), st.integers(0, 400))
def test_scores_that_nonrespondents_can_give_lie_within_the_bounds(row, r, delta):
    table = nps.nonresponse_sensitivity(counted(row), response_rate=r, deltas=[delta, -delta], null=0.5)
    bounds = nps.nonresponse_bounds(counted(row), response_rate=r)
    there = ~np.isnan(table.adjusted)
    assert (table.adjusted[there] >= bounds.lower - SLACK).all()
    assert (table.adjusted[there] <= bounds.upper + SLACK).all()


@laws
@given(group, group, st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_tipping_points_bring_the_estimate_to_the_null(one, two, r, s):
    counts = counted(one, two)
    asked = {"response_rate": [r, s], "reference": "g0"}
    table = nps.nonresponse_sensitivity(counts, **asked)
    _, group_only, reference_only, _ = table.tipping_estimate[0]
    again = nps.nonresponse_sensitivity(counts, **asked, deltas=[[group_only, 0], [0, reference_only]])
    # Beyond the scale there is nothing; within it, the null.
    inside = ~np.isnan(again.adjusted)
    np.testing.assert_allclose(again.adjusted[inside], 0, atol=1e-9)
    largest = np.abs(table.tipping_estimate[0, 1:3]) <= np.abs(table.largest_estimate[0, 1:3])
    near = np.abs(np.abs(table.tipping_estimate[0, 1:3]) - np.abs(table.largest_estimate[0, 1:3])) < SLACK
    assert ((largest == inside) | near).all()


@laws
@given(group, st.integers(0, 300), st.integers(0, 50), assumption)
def test_invited_give_the_bounds_of_their_rate_with_more_left_to_chance(row, silent, more, supposed):
    counts = counted(row)
    n = int(counts.n[0])
    sampled = nps.nonresponse_bounds(counts, invited=n + silent, assumption=supposed)
    known = nps.nonresponse_bounds(counts, response_rate=n / (n + silent), assumption=supposed)
    np.testing.assert_allclose([sampled.lower, sampled.upper], [known.lower, known.upper], **ROUNDING)
    fewer = nps.nonresponse_bounds(counts, invited=n + silent + more, assumption=supposed)
    assert fewer.lower <= sampled.lower + SLACK
