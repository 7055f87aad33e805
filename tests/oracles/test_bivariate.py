"""Probabilities of two normal estimates against closed forms, quadrature in 30 digits, SciPy, and brute force."""

import itertools

import mpmath
import numpy as np
import pytest
from scipy import integrate
from scipy.special import ndtr
from scipy.stats import chi2, multivariate_normal, norm

from npsstats.kernels.bivariate import opposite_probability, opposite_pvalue, opposite_quantile, orthant_probability


def opposite(first, second, correlation):
    return float(opposite_probability(np.array(first), np.array(second), np.array(correlation)))


def pvalue(first, second, correlation):
    return float(opposite_pvalue(np.array(first), np.array(second), np.array(correlation)))


@pytest.mark.parametrize("correlation", [-1.0, -0.9, -0.3, 0.0, 0.5, 0.99, 1.0])
def test_the_orthant_at_zero_is_sheppards_closed_form(correlation):
    # P(X > 0, Y > 0) = 1/4 + asin(rho) / (2 pi)
    found = orthant_probability(np.zeros(1), np.zeros(1), np.full(1, correlation))
    np.testing.assert_allclose(found, 0.25 + np.arcsin(correlation) / (2 * np.pi), rtol=0, atol=3e-16)


@pytest.mark.parametrize(("first", "second"), [(0.3, 0.7), (-2.0, 1.0), (4.0, -9.0), (0.0, 1.5), (0.0, -1.5)])
def test_independent_estimates_multiply(first, second):
    expected = ndtr(first) * ndtr(-second) + ndtr(-first) * ndtr(second)
    # A few roundings of relative size 1e-16.
    assert opposite(first, second, 0.0) == pytest.approx(expected, rel=2e-15)


@pytest.mark.parametrize(
    ("first", "second"), [(1.0, 2.0), (2.0, 1.0), (-1.0, -3.0), (1.0, -2.0), (0.0, 2.0), (1.0, 1.0)]
)
def test_perfectly_correlated_estimates_have_opposite_signs_where_their_noise_lies_between_them(first, second):
    assert opposite(first, second, 1.0) == pytest.approx(abs(ndtr(first) - ndtr(second)), rel=1e-14, abs=1e-17)
    assert opposite(first, second, -1.0) == pytest.approx(1 - abs(ndtr(first) - ndtr(-second)), rel=1e-14)


def in_many_digits(first, second, correlation):
    """Integrate the density of X times the probability of the other sign of Y given X."""
    with mpmath.workdps(30):
        x, y, r = map(mpmath.mpf, (first, second, correlation))
        spread = mpmath.sqrt(1 - r * r)

        def other(u, side):
            return mpmath.npdf(u - x) * mpmath.ncdf(-side * (y + r * (u - x)) / spread)

        cuts = [0, 1, 3, 6, 12, 30]
        above = mpmath.quad(lambda u: other(u, 1), cuts)
        below = mpmath.quad(lambda u: other(u, -1), [-cut for cut in reversed(cuts)])
        return float(above + below)


FAR = [(0.3, 2.0, 0.5), (5.0, 3.0, 0.9), (8.0, 8.0, 0.3), (12.0, 5.0, -0.5), (-8.0, -9.0, 0.95), (2.0, -6.0, -0.7)]


@pytest.mark.parametrize(("first", "second", "correlation"), FAR)
def test_tails_keep_their_relative_accuracy(first, second, correlation):
    # Positive terms only: errors are those of Owen's T, about 1e-15 each.
    expected = in_many_digits(first, second, correlation)
    assert opposite(first, second, correlation) == pytest.approx(expected, rel=3e-14)


def test_probabilities_are_those_of_scipys_bivariate_normal():
    rng = np.random.default_rng(6)
    for first, second, correlation in zip(*rng.normal(0, 2, (2, 60)), rng.uniform(-0.99, 0.99, 60), strict=True):
        law = multivariate_normal(mean=[0, 0], cov=[[1, correlation], [correlation, 1]])
        mirrored = multivariate_normal(mean=[0, 0], cov=[[1, -correlation], [-correlation, 1]])
        expected = mirrored.cdf([first, -second]) + mirrored.cdf([-first, second])
        # SciPy integrates numerically; its own error bound is 1e-5.
        assert opposite(first, second, correlation) == pytest.approx(expected, abs=1e-5)
        both = orthant_probability(np.array(first), np.array(second), np.array(correlation))
        assert float(both) == pytest.approx(law.cdf([first, second]), abs=1e-5)


def test_a_sure_sign_leaves_the_other_one():
    assert opposite(np.inf, 1.2, 0.4) == pytest.approx(ndtr(-1.2), rel=1e-15)
    assert opposite(np.inf, -1.2, 0.4) == pytest.approx(ndtr(1.2), rel=1e-15)
    assert opposite(-np.inf, 1.2, 0.4) == pytest.approx(ndtr(1.2), rel=1e-15)
    assert opposite(np.inf, -np.inf, 0.4) == 1
    assert opposite(-np.inf, -np.inf, 0.4) == 0
    assert np.isnan(opposite(np.nan, 1.0, 0.4))
    assert np.isnan(pvalue(np.nan, 1.0, 0.4))


# ---------------------------------------------------------------------------------------------- the test


# Simpson's rule with this many panels; half as many move the result by less than 2e-9 at the correlations below.
PANELS = 4000


def rejects(c, first, second, correlation):
    """P(X and Y have opposite signs and both are at least c from 0), integrated over X by Simpson's rule."""
    spread = np.sqrt(1 - correlation**2)
    away = c + np.linspace(0, 14, PANELS + 1)  # a normal tail beyond is below 1e-16 where the mean is at most 6
    shift = correlation * (away - first)
    below = norm.pdf(away - first) * norm.cdf((-c - second - shift) / spread)
    shift = correlation * (-away - first)
    above = norm.pdf(-away - first) * norm.sf((c - second - shift) / spread)
    return float(integrate.simpson(below + above, x=away))


@pytest.mark.parametrize("correlation", [-0.99, -0.9, -0.7, -0.4, -0.1])
@pytest.mark.parametrize("c", [0.2, 1.0, 1.645, 2.5])
def test_the_pvalue_is_the_largest_probability_on_the_edge_of_the_hypothesis(c, correlation):
    edge = [rejects(c, 0.0, t, correlation) for t in np.linspace(0, c + 6, 241)]
    found = pvalue(c, -c - 1, correlation)
    # The largest of a grid of step 0.03 lies below the supremum by at most the curvature times 0.015^2 / 2.
    assert max(edge) - 1e-9 <= found <= max(edge) + 2e-4
    assert found >= ndtr(-c)


@pytest.mark.parametrize("correlation", [-0.95, -0.5, 0.0, 0.5, 0.95])
def test_no_two_moves_of_one_direction_reject_more_often_than_the_pvalue_says(correlation):
    c = 1.3
    found = pvalue(-c, 2 * c, correlation)
    for first, second in itertools.product([0.0, 0.3, 1.0, 2.5], repeat=2):
        # The error of the quadrature.
        assert rejects(c, first, second, correlation) <= found + 1e-9


@pytest.mark.parametrize("correlation", [0.0, 0.2, 0.9])
@pytest.mark.parametrize(("first", "second"), [(1.0, -2.0), (-3.1, 2.2), (0.01, -9.0)])
def test_of_two_groups_it_is_the_test_of_gail_and_simon(first, second, correlation):
    # Their statistic min(Q+, Q-) has P = 1/2 P(chi-square with 1 df > q) for two groups; here by the other tail.
    expected = chi2.sf(min(first**2, second**2), 1) / 2
    assert pvalue(first, second, correlation) == pytest.approx(expected, rel=1e-13)


def test_estimates_without_opposite_signs_show_nothing():
    assert pvalue(2.0, 3.0, 0.5) == 1
    assert pvalue(-2.0, -3.0, -0.5) == 1
    assert pvalue(0.0, -3.0, 0.5) == 1


def test_moves_that_go_against_each_other_by_chance_alone_count_double():
    # With correlation -1 each move away from 0 is one of opposite directions: both tails.
    assert pvalue(1.7, -1.7, -1.0) == pytest.approx(2 * ndtr(-1.7), rel=1e-14)
    assert pvalue(np.inf, -np.inf, -0.5) == 0


@pytest.mark.parametrize("error", [0.01, 0.05, 0.2])
def test_the_quantile_is_where_the_largest_probability_is_the_error(error):
    # From correlation 0 on, one tail; at -1, two.
    found = opposite_quantile(error, np.array([0.0, 0.6, 1.0, -1.0, np.nan]))
    np.testing.assert_allclose(found[:3], norm.isf(error), rtol=1e-14)
    # Halved 20 times from at most 1.
    np.testing.assert_allclose(found[3], norm.isf(error / 2), rtol=0, atol=1e-6)
    assert np.isnan(found[4])
    for correlation in (-0.9, -0.4):
        c = float(opposite_quantile(error, np.array(correlation)))
        edge = max(rejects(c, 0.0, t, correlation) for t in np.linspace(0, c + 6, 241))
        # The grid lies below the supremum by at most 2e-4, as above.
        assert error - 2e-4 <= edge <= error + 1e-6


def test_a_level_below_one_half_asks_for_nothing():
    assert opposite_quantile(0.6, np.array([0.3])) == 0
