"""Replicate weights: the Rao-Wu bootstrap by complete enumeration, and the scales of all kinds."""

import itertools
from fractions import Fraction
from math import isqrt, prod

import numpy as np
import pytest

from npsstats.kernels import replication
from npsstats.kernels.replication import rao_wu_factors, replicate_scales

# Strata of 3, 2, 1 and 4 clusters, not in order, and two totals for each cluster.
STRATA = np.array([0, 3, 1, 0, 3, 2, 1, 0, 3, 3])
TOTALS = np.array([[5, 1], [0, 2], [-3, 4], [7, 0], [2, 2], [11, 9], [6, -5], [1, 3], [4, 0], [-8, 1]])
SIZES = np.bincount(STRATA)


class EveryDraw:
    """In place of a generator: the rows that it draws are all combinations there are."""

    def integers(self, low, high, size):
        combinations = list(itertools.product(*(range(low, int(most)) for most in high)))
        assert size == (len(combinations), len(high))
        return np.array(combinations)


def every_resample():
    return prod(int(n) ** int(n - 1) for n in SIZES)


def exact(number):
    """The fraction that a factor stands for: multiples of 2, 3/2 and 4/3, and after a correction of sixths of them."""
    found = Fraction(number).limit_denominator(1000)
    assert abs(float(found) - number) < 1e-14  # so no other fraction of such a size is near
    return found


def dot(first, second):
    return sum((a * b for a, b in zip(first, second, strict=True)), Fraction(0))


def linearised_covariance(first, second, fractions):
    """sum_h (1 - f_h) n_h / (n_h - 1) sum_c (y_hc - ybar_h)(z_hc - zbar_h), in fractions."""
    total = Fraction(0)
    for stratum, n in enumerate(SIZES):
        if n == 1:
            continue
        y, z = ([Fraction(int(value)) for value in column[stratum == STRATA]] for column in (first, second))
        means = sum(y) / int(n), sum(z) / int(n)
        products = dot([value - means[0] for value in y], [value - means[1] for value in z])
        total += (1 - fractions[stratum]) * Fraction(int(n), int(n) - 1) * products
    return total


# 1 - f is a square, so that the factors are fractions too.
@pytest.mark.parametrize(
    "fractions",
    [(0, 0, 0, 0), (Fraction(5, 9), 0, 0, Fraction(3, 4)), (1, Fraction(3, 4), 0, 0)],
    ids=["without", "with", "census"],
)
def test_all_resamples_together_have_the_linearised_variance_of_totals(fractions):
    fractions = [Fraction(f) for f in fractions]
    assert all(isqrt((1 - f).numerator) ** 2 == (1 - f).numerator for f in fractions)
    by_cluster = np.array([float(f) for f in fractions])[STRATA]
    drawn = rao_wu_factors(STRATA, every_resample(), EveryDraw(), by_cluster)
    rows = [[exact(factor) for factor in row] for row in drawn.tolist()]
    deviations = {}
    for column in (0, 1):
        values = [Fraction(int(value)) for value in TOTALS[:, column]]
        deviations[column] = [dot(row, values) - sum(values) for row in rows]
        assert sum(deviations[column]) == 0  # without bias
    for first, second in [(0, 0), (0, 1), (1, 1)]:
        found = dot(deviations[first], deviations[second]) / len(rows)
        assert found == linearised_covariance(TOTALS[:, first], TOTALS[:, second], fractions)


def test_each_stratum_keeps_its_number_of_clusters_and_a_lone_one_is_certain(rng):
    factors = rao_wu_factors(STRATA, 50, rng)
    for stratum, n in enumerate(SIZES):
        # n - 1 draws times n / (n - 1), a sum of at most four terms
        np.testing.assert_allclose(factors[:, stratum == STRATA].sum(axis=1), n, rtol=1e-15)
    assert (factors[:, STRATA == 2] == 1).all()
    assert (factors.std(axis=0)[STRATA != 2] > 0).all()


def test_draws_are_uniform_and_independent_between_strata(rng):
    n_replicates = 40_000
    factors = rao_wu_factors(STRATA, n_replicates, rng)
    # The variance of a factor of n clusters: (n / (n - 1))^2 (n - 1) (1 / n) (1 - 1 / n) = 1.
    error = 1 / np.sqrt(n_replicates)
    drawn = STRATA != 2
    np.testing.assert_allclose(factors.mean(axis=0)[drawn], 1, rtol=0, atol=4.5 * error)  # of a fixed seed
    correlation = np.corrcoef(factors[:, drawn].T)
    apart = STRATA[drawn][:, None] != STRATA[drawn]
    assert np.abs(correlation[apart]).max() < 4.5 * error
    # The bootstrap estimate of the variance of a total; its relative error is about sqrt(2 / R) = 0.7 %.
    found = np.var(factors @ TOTALS[:, 0])
    np.testing.assert_allclose(found, float(linearised_covariance(TOTALS[:, 0], TOTALS[:, 0], [0] * 4)), rtol=0.03)


@pytest.fixture
def rng():
    return np.random.default_rng(20260105)


@pytest.mark.parametrize("most", [1, 13, 60])
def test_factors_do_not_depend_on_the_size_of_blocks(rng, monkeypatch, most):
    whole = rao_wu_factors(STRATA, 40, np.random.default_rng(20260105))
    monkeypatch.setattr(replication, "MOST_DRAWS", most)
    np.testing.assert_array_equal(rao_wu_factors(STRATA, 40, rng), whole)


def test_replicates_continue_where_the_generator_stands(rng):
    whole = rao_wu_factors(STRATA, 7, np.random.default_rng(20260105))
    parts = np.concatenate([rao_wu_factors(STRATA, 3, rng), rao_wu_factors(STRATA, 4, rng)])
    np.testing.assert_array_equal(parts, whole)


def test_strata_that_are_all_lone_have_factors_of_one(rng):
    np.testing.assert_array_equal(rao_wu_factors(np.arange(3), 5, rng), np.ones((5, 3)))


def test_a_code_without_clusters_changes_nothing(rng):
    other = np.random.default_rng(20260105)
    np.testing.assert_array_equal(rao_wu_factors(STRATA * 2, 5, rng), rao_wu_factors(STRATA, 5, other))


@pytest.mark.parametrize(
    ("kind", "n", "fay", "expected"),
    [
        ("JK1", 20, 0.0, 19 / 20),
        ("JKn", 20, 0.0, 1.0),
        ("BRR", 12, 0.0, 1 / 12),
        ("Fay", 12, 0.3, 1 / (12 * 0.49)),
        ("bootstrap", 50, 0.0, 1 / 49),
        ("other", 9, 0.0, 1.0),
    ],
)
def test_scales_are_those_of_the_kind(kind, n, fay, expected):
    found = replicate_scales(kind, n, fay=fay)
    assert found.shape == (n,)
    np.testing.assert_allclose(found, expected, rtol=1e-14)  # 1 - 0.3 is rounded before it is squared


def test_a_given_scale_replaces_that_of_the_kind_and_given_scales_multiply_it():
    np.testing.assert_array_equal(replicate_scales("JKn", 3, scales=[0.5, 0.75, 0.5]), [0.5, 0.75, 0.5])
    np.testing.assert_array_equal(replicate_scales("BRR", 2, scale=0.125, scales=[1, 2]), [0.125, 0.25])
    np.testing.assert_array_equal(replicate_scales("JK1", 2, scales=[1, 2]), [0.5, 1.0])


def test_jackknife_of_a_mean_is_its_variance():
    """n / (n - 1) times the weights of all but one; the variance of a mean is then s^2 / n exactly."""
    values = np.array([3.0, 8.0, 1.0, 4.0, 9.0, 9.0])
    n = values.size
    means = np.array([np.delete(values, i).mean() for i in range(n)])
    scales = replicate_scales("JK1", n)
    # Sums of six numbers below 100
    np.testing.assert_allclose((scales * (means - values.mean()) ** 2).sum(), values.var(ddof=1) / n, rtol=1e-13)


@pytest.mark.parametrize(("kind", "fay"), [("BRR", 0.0), ("Fay", 0.3)])
def test_balanced_halves_have_the_linearised_variance_of_a_total(kind, fay):
    """A Hadamard matrix of order 4 balances three strata of two clusters each (McCarthy 1969)."""
    signs = np.array([[1, 1, 1], [-1, 1, -1], [1, -1, -1], [-1, -1, 1]])
    pairs = np.array([[4.0, 9.0], [2.0, -5.0], [7.0, 8.0]])
    factors = 1 + (1 - fay) * np.stack([signs, -signs], axis=-1)
    totals = (factors * pairs).sum(axis=(1, 2))
    found = (replicate_scales(kind, 4, fay=fay) * (totals - pairs.sum()) ** 2).sum()
    np.testing.assert_allclose(found, ((pairs[:, 0] - pairs[:, 1]) ** 2).sum(), rtol=1e-13)  # a dozen products
