"""Laws that posteriors obey whatever the data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import npsstats as nps
from npsstats.inference.bayes import posterior, posterior_difference

# The same examples in every run; each holds several groups, which are solved together.
laws = settings(max_examples=15, deadline=None, derandomize=True)
few = settings(max_examples=6, deadline=None, derandomize=True)

# Quantiles are found to rounding of the unit scale, or to 1e-11 of a standard deviation.
POINTS = {"rtol": 0, "atol": 1e-9}

cell = st.one_of(st.just(0), st.integers(0, 8), st.integers(0, 400))
large_cell = st.integers(0, 10**9)
rows = st.lists(st.tuples(cell, cell, cell).filter(any), min_size=2, max_size=5)
large_rows = st.lists(st.tuples(large_cell, large_cell, large_cell).filter(any), min_size=1, max_size=5)
histograms = st.lists(st.tuples(*[cell] * 11).filter(any), min_size=1, max_size=4)
priors = st.sampled_from(["jeffreys", "uniform", "haldane", (0.1, 2.0, 0.7)])
symmetric_priors = st.sampled_from(["jeffreys", "uniform", "haldane", (0.3, 2.0, 0.3)])
probability = st.floats(1e-6, 1 - 1e-6)
# Nearer to an end, the rounding of a point to the unit scale moves its tail.
point = st.floats(-99.9, 99.9)


def counts_of(table, metric=nps.NPS_CATEGORIES):
    return nps.RatingCounts.from_histogram(table, metric=metric, groups=[f"group {i}" for i in range(len(table))])


def spread(after):
    """Whether the groups are no point masses."""
    return after.sd > 0


@laws
@given(table=rows, prior=symmetric_priors, x=point, q=probability)
def test_reversed_ratings_reverse_the_posterior(table, prior, x, q):
    here = posterior(counts_of(table), prior=prior)
    there = posterior(counts_of([row[::-1] for row in table]), prior=prior)
    np.testing.assert_allclose(there.mean, -here.mean, **POINTS)
    np.testing.assert_allclose(there.sd, here.sd, rtol=1e-12)
    np.testing.assert_allclose(there.quantile(q), -here.quantile(1 - q), **POINTS)
    for low, high in (here.interval(), here.interval(kind="eti", confidence_level=0.5)):
        assert (low <= high).all()
    alive = spread(here)
    np.testing.assert_allclose(
        there.probability(less_than=-x)[alive], here.probability(greater_than=x)[alive], rtol=1e-9, atol=1e-300
    )


@laws
@given(table=rows, prior=priors, xs=st.lists(point, min_size=2, max_size=6))
def test_distribution_function_rises_from_0_to_1(table, prior, xs):
    after = posterior(counts_of(table), prior=prior)
    values = np.array([after.cdf(x) for x in [-101, *sorted(xs), 100]])
    assert (np.diff(values, axis=0) >= -1e-14).all()  # rounding of 1
    assert (values[0] == 0).all()
    assert (values[-1] == 1).all()


@laws
@given(table=rows, prior=priors, q=probability)
def test_quantile_inverts_the_distribution_function(table, prior, q):
    after = posterior(counts_of(table), prior=prior)
    alive = spread(after)
    x = after.quantile(q)
    back = np.array([after.cdf(x[i])[i] for i in range(len(after))])
    # An ulp of x is 1e-14 points, and a density may be high: 0.02 per point at most, save near a pole at an end.
    at_end = np.abs(np.abs(x) - 100) < 1e-6
    np.testing.assert_allclose(back[alive & ~at_end], q, rtol=0, atol=1e-9)


@laws
@given(table=large_rows, q=st.floats(0.001, 0.999))
def test_quantile_inverts_the_distribution_function_of_large_samples(table, q):
    after = posterior(counts_of(table))
    x = after.quantile(q)
    back = np.array([after.cdf(x[i])[i] for i in range(len(after))])
    # An ulp of x, 1e-14 points, against the sd.
    assert (np.abs(back - q) <= 1e-9 + 1e-13 / after.sd).all()


@few
@given(table=rows, prior=st.sampled_from(["uniform", (1.0, 2.5, 1.5)]))
def test_density_is_the_slope_of_the_distribution_function(table, prior):
    """Gauss-Legendre over 40 panels from quantile to quantile; these priors give densities without poles."""
    after = posterior(counts_of(table), prior=prior)
    node, weight = np.polynomial.legendre.leggauss(12)
    for i in range(len(after)):
        one = posterior(counts_of([table[i]]), prior=prior)
        edges = np.unique(
            [-100, *(one.quantile(q)[0] for q in (1e-9, 1e-3, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999, 1 - 1e-9)), 0, 100]
        )
        centers, halves = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
        f = one.density((centers[:, None] + halves[:, None] * node).ravel())[0].reshape(-1, 12)
        mass = (f * weight).sum(1) * halves
        below = np.array([one.cdf(x)[0] for x in edges])
        # Twelve points on pieces of a bell; the outer pieces hold nearly nothing on nearly all of their length.
        np.testing.assert_allclose(mass[1:-1], np.diff(below)[1:-1], rtol=0, atol=1e-4)
        np.testing.assert_allclose(mass.sum(), 1, rtol=0, atol=1e-4)


@laws
@given(table=rows, prior=priors, seed=st.integers(0, 100))
def test_groups_do_not_interfere(table, prior, seed):
    order = np.random.default_rng(seed).permutation(len(table))
    counts = counts_of(table)
    here = posterior(counts, prior=prior)
    there = posterior(counts.select(*[f"group {i}" for i in order]), prior=prior)
    for kind in ("eti", "hdi"):
        for ours, theirs in zip(here.interval(kind=kind), there.interval(kind=kind), strict=True):
            # Sums in another order; ends of a shortest interval are found to 1e-7 of its width.
            np.testing.assert_allclose(theirs, ours[order], rtol=0, atol=1e-9 if kind == "eti" else 1e-4)


@laws
@given(table=rows, prior=priors, level=st.floats(0.05, 0.999))
def test_shortest_interval_has_its_probability_and_is_not_longer(table, prior, level):
    after = posterior(counts_of(table), prior=prior)
    low, high = after.interval(level, kind="hdi")
    below, above = after.interval(level)
    assert (high - low <= above - below + 1e-9).all()
    for i in np.flatnonzero(spread(after)):
        inside = after.cdf(high[i])[i] - after.cdf(low[i])[i]
        at_pole = max(abs(low[i]), abs(high[i])) > 100 - 1e-6 and prior == "haldane"
        assert inside == pytest.approx(level, abs=1e-3 if at_pole else 1e-7)


@laws
@given(table=histograms)
def test_haldane_is_moved_by_nobody(table):
    """With a prior of 0 the mean is the score, for any metric."""
    for metric in (nps.NPS, nps.mean_rating(nps.Scale(0, 10))):
        counts = counts_of(table, metric)
        np.testing.assert_allclose(
            posterior(counts, prior="haldane").mean, nps.estimate(counts).score, rtol=0, atol=1e-11
        )


@laws
@given(table=rows)
def test_an_earlier_wave_is_as_good_as_the_same_respondents_now(table):
    """The power prior with discount 1 is pooling; with discount 0 it is Jeffreys."""
    counts = counts_of(table)
    pooled = posterior(counts + counts)
    earlier = posterior(counts, prior=counts)
    assert (pooled.concentration == earlier.concentration).all()
    assert (posterior(counts, prior=counts, discount=0).concentration == posterior(counts).concentration).all()


@laws
@given(table=histograms)
def test_merging_ratings_of_one_value_changes_nothing(table):
    three = [(sum(row[:7]), sum(row[7:9]), sum(row[9:])) for row in table]
    fine, coarse = posterior(counts_of(table, nps.NPS)), posterior(counts_of(three))
    for ours, theirs in zip(fine.interval(), coarse.interval(), strict=True):
        assert (ours == theirs).all()


@few
@given(pair=st.tuples(*[st.tuples(cell, cell, cell).filter(any)] * 2), prior=priors, x=st.floats(-150, 150))
def test_differences_are_antisymmetric(pair, prior, x):
    after = posterior(counts_of(pair), prior=prior)
    here = posterior_difference(after, reference="group 0")
    there = posterior_difference(after, reference="group 1")
    np.testing.assert_allclose(there.mean, -here.mean, **POINTS)
    # Quadrature is good to 1e-11.
    if (here.sd > 0).all():
        np.testing.assert_allclose(
            there.probability(less_than=-x), here.probability(greater_than=x), rtol=0, atol=1e-10
        )
        np.testing.assert_allclose(here.cdf(x) + here.probability(greater_than=x), 1, rtol=0, atol=1e-10)


@few
@given(pair=st.tuples(*[st.tuples(cell, cell, cell).filter(any)] * 2), q=st.floats(0.01, 0.99))
def test_quantile_of_a_difference_inverts_its_distribution_function(pair, q):
    found = posterior_difference(posterior(counts_of(pair)), reference="group 1")
    x = found.quantile(q)
    np.testing.assert_allclose(found.cdf(x[0]), q, rtol=0, atol=1e-9)  # quadrature


@few
@given(row=st.tuples(cell, cell, cell).filter(any))
def test_a_group_is_higher_than_its_twin_with_probability_one_half(row):
    found = posterior_difference(posterior(counts_of([row, row])), reference="group 1")
    np.testing.assert_allclose(found.probability_greater, 0.5, rtol=0, atol=1e-10)  # quadrature
    np.testing.assert_allclose(found.mean, 0, rtol=0, atol=1e-12)
