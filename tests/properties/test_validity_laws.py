"""Laws of prediction: reversal, monotone recoding, copies, swapped sides, pooled losses."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import ndtri

from npsstats.kernels.dependent_correlations import normal_dependence, pearson, spearman, zou_limits
from npsstats.kernels.discrimination import concordance, delong_covariance
from npsstats.kernels.leaving_out import leave_one_out_losses
from npsstats.kernels.transformed_limits import fisher_limits, logit_limits

Z_95 = float(ndtri(0.975))

# Respondents by two ratings (4 and 3 levels) and the event.
TABLES = arrays(np.int64, (4, 3, 2), elements=st.integers(0, 12))
X, Z, Y = (axis.ravel().astype(float) for axis in np.indices((4, 3, 2)))


def usable(table):
    """At least two with and without the event, and two values of each rating."""
    assume((table.sum(axis=(0, 1)) >= 2).all())
    assume((table.sum(axis=(1, 2)) > 0).sum() >= 2)
    assume((table.sum(axis=(0, 2)) > 0).sum() >= 2)
    return table.ravel().astype(float)[None]


def area(n, x):
    return concordance(n, x, Y).estimate[0]


@given(TABLES)
def test_a_reversed_rating_has_the_rest_of_the_area(table):
    n = usable(table)
    there, back = concordance(n, X, Y), concordance(n, -X, Y)
    np.testing.assert_allclose(there.estimate, 1 - back.estimate, atol=1e-12)
    np.testing.assert_allclose(there.influence, -back.influence, atol=1e-11)
    np.testing.assert_allclose(area(n, X), 1 - concordance(n, X, -Y).estimate[0], atol=1e-12)


@given(TABLES, st.lists(st.floats(0.1, 5), min_size=4, max_size=4))
def test_what_keeps_the_order_keeps_area_and_rank_correlation(table, steps):
    n = usable(table)
    recoded = np.cumsum(steps)[X.astype(int)]
    np.testing.assert_allclose(area(n, recoded), area(n, X), atol=1e-13)
    np.testing.assert_allclose(spearman(n, recoded, Y)[0], spearman(n, X, Y)[0], atol=1e-13)


@given(TABLES, st.floats(0.1, 5), st.floats(-5, 5))
def test_a_line_keeps_the_product_moment_correlation(table, slope, start):
    n = usable(table)
    np.testing.assert_allclose(pearson(n, start + slope * X, Y)[0], pearson(n, X, Y)[0], atol=1e-11)


@given(TABLES, st.integers(2, 9))
def test_copies_of_everyone_change_no_estimate_and_shrink_errors(table, times):
    n = usable(table)
    for measure in (pearson, spearman):
        np.testing.assert_allclose(measure(times * n, X, Y)[0], measure(n, X, Y)[0], atol=1e-12)
    once, copied = concordance(n, X, Y), concordance(times * n, X, Y)
    np.testing.assert_allclose(once.influence, copied.influence, atol=1e-11)
    (one,), (many,) = (delong_covariance(k * n, Y, once.influence[None])[0] for k in (1, times))
    # Between 1 / times, and less by the unbiased divisors.
    assert many[0] <= one[0] / times * (1 + 1e-12)


@given(TABLES)
def test_covariances_are_symmetric_and_no_difference_has_a_negative_variance(table):
    n = usable(table)
    influence = np.stack([concordance(n, x, Y).influence for x in (X, Z)])
    covariance = delong_covariance(n, Y, influence)[0]
    np.testing.assert_allclose(covariance, covariance.T, atol=1e-15)
    assert np.linalg.eigvalsh(covariance).min() >= -1e-15


@given(TABLES)
def test_estimates_lie_in_their_intervals_and_intervals_in_their_range(table):
    n = usable(table)
    found = concordance(n, X, Y)
    error = np.sqrt(delong_covariance(n, Y, found.influence[None])[:, 0, 0])
    low, high = logit_limits(found.estimate, error, Z_95)
    if np.isfinite(low[0]):
        assert 0 <= low[0] <= found.estimate[0] + 1e-12
        assert found.estimate[0] - 1e-12 <= high[0] <= 1


@given(st.floats(-0.9, 0.9), st.floats(-0.9, 0.9), st.floats(-0.9, 0.9), st.integers(5, 5000))
def test_swapped_correlations_have_the_mirrored_interval(first, second, between, n):
    assume(1 + 2 * first * second * between - first**2 - second**2 - between**2 > 1e-6)
    r = [np.array(value) for value in (first, second)]
    limits = [fisher_limits(x, (1 - x**2) / np.sqrt(n - 3), Z_95) for x in r]
    dependence = normal_dependence(*r, np.array(between))
    low, high = zou_limits(tuple(r), tuple(limits), dependence)
    other_low, other_high = zou_limits(tuple(r[::-1]), tuple(limits[::-1]), dependence)
    np.testing.assert_allclose([low, high], [-other_high, -other_low], atol=1e-12)
    assert low <= first - second <= high


@given(TABLES, st.permutations(range(4)))
def test_losses_do_not_know_the_order_of_classes(table, order):
    n = usable(table)
    classes, events = X.astype(int), Y == 1
    renamed = np.array(order)[classes]
    np.testing.assert_allclose(
        leave_one_out_losses(n, n, renamed, events)[0], leave_one_out_losses(n, n, classes, events)[0], rtol=1e-13
    )


@settings(max_examples=50)
@given(TABLES)
def test_losses_do_not_know_how_respondents_are_split_into_cells(table):
    n = usable(table)
    # The other rating splits the cells of the first; the answer has only the first.
    joined = table.sum(axis=1).ravel().astype(float)[None]
    classes, events = np.repeat(np.arange(4), 2), np.tile([False, True], 4)
    split = leave_one_out_losses(n, n, X.astype(int), Y == 1)[0]
    np.testing.assert_allclose(split, leave_one_out_losses(joined, joined, classes, events)[0], rtol=1e-12)


@given(TABLES)
def test_ratings_that_say_nothing_are_no_better_than_none(table):
    # The same mix of outcomes in each class: leaving out makes four classes cost at least as much as one.
    usable(table)
    mix = table.sum(axis=(0, 1))
    counts = np.tile(mix, 4).astype(float)[None]
    classes, events = np.repeat(np.arange(4), 2), np.tile([False, True], 4)
    many, one = (leave_one_out_losses(counts, counts, kinds, events)[0] for kinds in (classes, 0 * classes))
    assert many >= one - 1e-12
