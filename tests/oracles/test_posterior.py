"""Posteriors against closed forms, splines, quadrature and draws; none of them uses a contour integral.

For whole-number parameters the density of a Dirichlet mean is a B-spline with the values as knots, each as often as
its parameter, so tails are piecewise polynomials.
"""

import itertools
import math

import numpy as np
import pytest
import scipy
from scipy import integrate, optimize, stats
from scipy.interpolate import BSpline
from scipy.special import beta, betainc, betaincc, k0, ndtri

import npsstats as nps
from npsstats.inference.bayes import posterior, posterior_difference
from npsstats.kernels.contour import dirichlet_law, mean_law, mean_support
from npsstats.kernels.dirichlet import difference_law, has_one_mode, quantiles, shortest_interval

NPS_VALUES = np.array([0.0, 0.5, 1.0])
SCIPY = tuple(map(int, scipy.__version__.split(".")[:2]))
BETA_VALUES = np.array([0.0, 1.0])


def law_at(concentration, values, x):
    """The law of one Dirichlet mean at several points."""
    x = np.atleast_1d(np.asarray(x, float))
    table = np.broadcast_to(np.asarray(concentration, float), (x.size, len(concentration)))
    return dirichlet_law(table, np.asarray(values, float) - x[:, None])


def quantile_of(concentration, values, q):
    table = np.asarray([concentration], float)
    values = np.asarray(values, float)
    return quantiles(mean_law(table, values), mean_support(table, values), np.array([q]))[0]


def shortest_of(concentration, values, level):
    table, values = np.asarray([concentration], float), np.asarray(values, float)
    low, high = shortest_interval(mean_law(table, values), mean_support(table, values), level, has_one_mode(table))
    return low[0], high[0]


def difference_at(first, second, values, x):
    values = np.asarray(values, float)
    law = difference_law(np.asarray([first], float), np.asarray([second], float), values)
    at = law(np.array([float(x)]), np.zeros(1, dtype=np.intp))
    return at.lower[0], at.upper[0], at.density[0]


# ------------------------------------------------------------------------------- two values: a Beta distribution


@pytest.mark.parametrize("size", [(0.02, 1), (0.5, 3), (1, 100), (100, 1e6), (1e8, 1e9)], ids=str)
def test_two_values_give_the_beta_distribution(size):
    rng = np.random.default_rng(1)
    a, b = np.exp(rng.uniform(*np.log(size), (2, 500)))
    x = stats.beta.ppf(rng.uniform(0, 1, 500), a, b)
    a, b, x = (part[(x > 0) & (x < 1)] for part in (a, b, x))
    law = dirichlet_law(np.column_stack([b, a]), BETA_VALUES - x[:, None])
    # x is off by an ulp, that is by sqrt(a + b) ulp of the standard deviation. SciPy's own incomplete beta function was
    # off by 1e-7 at a billion, and by 3e-11 at a million, up to some version between 1.15.0 and 1.17.1.
    tolerance = (1e-13 + 3e-15 * np.sqrt(size[1])) if SCIPY >= (1, 17) else 1e-13 + 1e-16 * size[1]
    np.testing.assert_allclose(law.lower, betainc(a, b, x), rtol=tolerance)
    np.testing.assert_allclose(law.upper, betaincc(a, b, x), rtol=tolerance, atol=1e-16)
    # SciPy's density takes logarithms of a + b terms of rounding.
    np.testing.assert_allclose(law.density, stats.beta.pdf(x, a, b), rtol=30 * tolerance)


@pytest.mark.parametrize("z", [6, 12, 20])
def test_small_tails_keep_their_relative_accuracy(z):
    a, b = 300.5, 700.5
    low, high = 0.3 - z * 0.0145, 0.3 + z * 0.0145
    law = law_at([b, a], BETA_VALUES, [low, high])
    np.testing.assert_allclose(law.lower[0], betainc(a, b, low), rtol=1e-12)  # exponents of some hundred
    np.testing.assert_allclose(law.upper[1], betaincc(a, b, high), rtol=1e-12)
    assert 0 < law.upper[1] < 1e-8


# --------------------------------------------------------------------- NPS: a mixture of two Beta distributions


def mixture(concentration, x):
    """P(NPS <= x) on -1 ... 1: NPS = t (2 r - 1), t ~ Beta(a1 + a3, a2) and r ~ Beta(a3, a1) independent."""
    a1, a2, a3 = concentration
    size = abs(x)
    beyond = betainc(a1 + a3, a2, size) if x >= 0 else 0.0  # |NPS| < t <= |x|

    def integrand(angle):
        # Trigonometric steps soften the powers at both ends.
        sine, cosine = math.sin(angle), math.cos(angle)
        t = size + (1 - size) * sine**2
        rest = (1 - size) * cosine**2
        weight = math.exp((a1 + a3 - 1) * math.log(t) + (a2 - 1) * math.log(rest)) / beta(a1 + a3, a2)
        return betainc(a3, a1, (1 + x / t) / 2) * weight * (1 - size) * 2 * sine * cosine

    # Around the peak of t, which is narrow in large samples.
    mean = (a1 + a3) / (a1 + a2 + a3)
    spread = math.sqrt(mean * (1 - mean) / (a1 + a2 + a3 + 1))
    around = [(mean + k * spread - size) / (1 - size) for k in (-8, -3, 0, 3, 8)]
    edges = [0.0, *(math.asin(math.sqrt(s)) for s in around if 1e-6 < s < 1 - 1e-6), math.pi / 2]
    parts = [
        integrate.quad(integrand, *pair, epsabs=1e-15, epsrel=1e-13, limit=200)[0] for pair in itertools.pairwise(edges)
    ]
    return beyond + math.fsum(parts)


@pytest.mark.parametrize(
    "concentration",
    [
        (0.5, 0.5, 1.5), (0.5, 1.5, 0.5), (1.5, 0.5, 0.5), (1.5, 1.5, 1.5), (0.5, 10.5, 0.5), (0.5, 0.5, 100.5),
        (2.5, 30.5, 0.5), (20.5, 30.5, 50.5), (0.5, 1000.5, 0.5), (3, 2, 1), (300.5, 200.5, 500.5),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("x", [-0.97, -0.4, -1e-3, 1e-6, 0.03, 0.25, 0.6, 0.98])
def test_nps_is_the_mixture_of_beta_distributions(concentration, x):
    expected, mirrored = mixture(concentration, x), mixture(concentration[::-1], -x)
    law = law_at(concentration, [-1, 0, 1], x)
    # What QUADPACK reaches beside the kink at t = |x|.
    np.testing.assert_allclose(law.lower[0], expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(law.upper[0], mirrored, rtol=1e-9, atol=1e-12)


def test_haldane_without_passives_is_a_beta_distribution_on_the_whole_scale():
    x = np.array([-0.5, 0.0, 0.3])
    law = law_at([4, 0, 7], [-1, 0, 1], x)
    np.testing.assert_allclose(law.lower, betainc(7, 4, (1 + x) / 2), rtol=1e-13)  # some ulp


# --------------------------------------------------------------------------- any values: B-splines as densities


def spline(concentration, values):
    """The density of a Dirichlet mean with whole-number parameters, and its distribution function."""
    knots = np.repeat(np.asarray(values, float), concentration)
    element = BSpline.basis_element(knots, extrapolate=False)
    scale = (knots.size - 1) / (knots[-1] - knots[0])
    primitive = element.antiderivative()
    return lambda x: scale * element(x), lambda x: scale * (primitive(x) - primitive(knots[0]))


SPLINES = [
    ([1, 1, 1], NPS_VALUES),
    ([2, 1, 3], NPS_VALUES),
    ([1, 4, 1], NPS_VALUES),
    ([1, 1, 1, 1, 1], np.array([0, 0.1, 0.35, 0.9, 1])),
    ([1, 2, 1, 3, 2, 1, 1], np.linspace(0, 1, 7)),
    ([1, 0, 2, 0, 3], np.linspace(0, 1, 5)),
    ([1] * 11, np.linspace(0, 1, 11)),
    ([1, 1, 1, 2, 1, 2, 1, 2, 2, 3, 3], np.linspace(0, 1, 11)),
]


@pytest.mark.parametrize(("concentration", "values"), SPLINES, ids=str)
def test_whole_parameters_give_b_splines(concentration, values):
    density, below = spline(concentration, values)
    x = np.concatenate([np.linspace(0.003, 0.997, 60), values[1:-1]])
    law = law_at(concentration, values, x)
    # Splines of degree 17 lose some digits to differences of knots.
    np.testing.assert_allclose(law.lower, below(x), rtol=0, atol=1e-12)
    np.testing.assert_allclose(law.upper, 1 - below(x), rtol=0, atol=1e-12)
    # At a knot of a spline of degree 1 the density has a kink, and still one value.
    np.testing.assert_allclose(law.density, density(x), rtol=0, atol=1e-11)


@pytest.mark.parametrize(("concentration", "values"), SPLINES, ids=str)
@pytest.mark.parametrize("q", [0.025, 0.5, 0.99])
def test_quantiles_invert_b_splines(concentration, values, q):
    _, below = spline(concentration, values)
    np.testing.assert_allclose(below(quantile_of(concentration, values, q)), q, rtol=0, atol=1e-12)  # as above


@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 2), (2, 0), (0, 0)], ids=str)
@pytest.mark.parametrize("x", [-0.7, -0.5, -0.1, 0.0, 0.2, 0.5, 0.83])
def test_differences_of_b_splines(first, second, x):
    """Gauss-Legendre on each polynomial piece is exact."""
    (one, _), (other, _) = SPLINES[first], SPLINES[second]
    _, below = spline(one, NPS_VALUES)
    density, _ = spline(other, NPS_VALUES)
    pieces = np.unique(np.clip([*NPS_VALUES, *(NPS_VALUES - x)], 0, 1))
    node, weight = np.polynomial.legendre.leggauss(10)
    total = 0.0
    for left, right in itertools.pairwise(pieces):
        t = (left + right) / 2 + (right - left) / 2 * node
        f = np.where(x + t <= 0, 0.0, np.where(x + t >= 1, 1.0, below(np.clip(x + t, 0, 1))))
        total += (right - left) / 2 * (weight * f * density(t)).sum()
    lower, upper, _ = difference_at(one, other, NPS_VALUES, x)
    # Rounding of a few dozen terms of at most 1.
    np.testing.assert_allclose(lower, total, rtol=0, atol=1e-13)
    np.testing.assert_allclose(upper, 1 - total, rtol=0, atol=1e-13)


# -------------------------------------------------------------------------------- differences of two values


def test_difference_of_two_uniforms_is_triangular():
    for x in (-0.999, -0.3, 0.0, 0.25, 0.9):
        lower, upper, density = difference_at([1, 1], [1, 1], BETA_VALUES, x)
        expected = (1 + x) ** 2 / 2 if x < 0 else 1 - (1 - x) ** 2 / 2
        np.testing.assert_allclose([lower, upper, density], [expected, 1 - expected, 1 - abs(x)], rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    "pair", [((3, 7), (5, 5)), ((1, 40), (2, 60)), ((50, 50), (70, 30)), ((1, 1), (9, 1))], ids=str
)
def test_probability_of_a_higher_share_is_the_closed_sum(pair):
    """P(B > A) for whole parameters, summed over the binomial tail of B."""
    (a, b), (c, d) = pair
    logs = [
        math.lgamma(a + i) + math.lgamma(b + d) - math.lgamma(a + i + b + d)
        - math.log(d + i) - math.lgamma(1 + i) - math.lgamma(d) + math.lgamma(1 + i + d)
        - math.lgamma(a) - math.lgamma(b) + math.lgamma(a + b)
        for i in range(c)
    ]  # fmt: skip
    expected = math.fsum(map(math.exp, logs))
    _, upper, _ = difference_at([d, c], [b, a], BETA_VALUES, 0)
    np.testing.assert_allclose(upper, expected, rtol=1e-11)  # logarithms of some hundred


@pytest.mark.parametrize(
    ("first", "second"), [((1.5, 0.5), (0.5, 3.5)), ((0.5, 0.5), (0.5, 0.5)), ((0.5, 30.5), (4, 2))]
)
@pytest.mark.parametrize("x", [-0.6, -0.01, 0.0, 0.3])
def test_differences_of_densities_with_poles_are_those_of_quadrature(first, second, x):
    """E F(x + T), T = sin(u)^2, which takes the poles of order 1/2 away; [b, a] are the parameters at 0 and 1."""
    (b1, a1), (b2, a2) = first, second

    def integrand(u):
        t = math.sin(u) ** 2
        weight = 2 * math.sin(u) ** (2 * a2 - 1) * math.cos(u) ** (2 * b2 - 1) / beta(a2, b2)
        return betainc(a1, b1, min(max(x + t, 0.0), 1.0)) * weight

    kink = math.asin(math.sqrt(abs(x) if x <= 0 else 1 - x))
    parts = [integrate.quad(integrand, *pair, epsabs=1e-14, epsrel=1e-13, limit=400)[0]
             for pair in ((0, kink), (kink, math.pi / 2)) if pair[0] < pair[1]]  # fmt: skip
    lower, upper, _ = difference_at(first, second, BETA_VALUES, x)
    # What QUADPACK reaches at a square root.
    np.testing.assert_allclose(lower, sum(parts), rtol=0, atol=1e-11)
    np.testing.assert_allclose(lower + upper, 1, rtol=0, atol=1e-12)


# ------------------------------------------------------------------------------------------------------ draws


@pytest.mark.parametrize(
    ("concentration", "values"),
    [
        ((0.5, 3.5, 1.5), NPS_VALUES),
        ((0.1, 0.2, 0.9), NPS_VALUES),
        (np.arange(11) % 4 + 0.5, np.linspace(0, 1, 11)),
        ((12.5, 0.5, 40.5, 7.5), np.array([0, 0.2, 0.5, 1])),
    ],
    ids=str,
)
def test_a_million_draws_agree(concentration, values):
    draws = np.random.default_rng(5).dirichlet(concentration, 10**6) @ values
    for q in (0.001, 0.025, 0.5, 0.9, 0.999):
        share = (draws <= quantile_of(concentration, values, q)).mean()
        # Five standard errors of a million draws.
        assert abs(share - q) < 5 * math.sqrt(q * (1 - q) / 10**6)


@pytest.mark.parametrize("x", [-0.2, 0.0, 0.05, 0.3])
def test_a_million_draws_of_a_difference_agree(x):
    rng = np.random.default_rng(6)
    values = np.linspace(0, 1, 11)
    first, second = np.arange(11) % 4 + 0.5, np.arange(11) % 3 * 2 + 0.5
    draws = rng.dirichlet(first, 10**6) @ values - rng.dirichlet(second, 10**6) @ values
    lower, upper, _ = difference_at(first, second, values, x)
    assert abs((draws <= x).mean() - lower) < 5 * math.sqrt(lower * upper / 10**6)  # five standard errors
    np.testing.assert_allclose(lower + upper, 1, rtol=0, atol=1e-12)


# ------------------------------------------------------------------------------------------------ large samples


@pytest.mark.parametrize("n", [10**6, 10**9])
def test_large_samples_follow_the_cornish_fisher_expansion(n):
    counts = nps.RatingCounts.from_categories(promoters=n // 2, passives=n // 5 * 2, detractors=n // 10)
    after = posterior(counts)
    third = 0.5 * (100 - 40) ** 3 + 0.4 * (0 - 40) ** 3 + 0.1 * (-100 - 40) ** 3
    second = 0.5 * 60**2 + 0.4 * 40**2 + 0.1 * 140**2
    # The third central moment of a Dirichlet mean is 2 mu3 / ((A + 1)(A + 2)), its variance mu2 / (A + 1).
    skewness = 2 * third / second**1.5 / math.sqrt(n)
    for q in (0.001, 0.025, 0.5, 0.975):
        z = float(ndtri(q))
        expected = after.mean[0] + after.sd[0] * (z + skewness * (z * z - 1) / 6)
        # The next term is of the order of 10 / n standard deviations; points have 1e-14, that is 1e-11 of them at 10^9.
        assert abs(after.quantile(q)[0] - expected) < after.sd[0] * (50 / n + 1e-9)


def test_a_billion_passives_are_a_difference_of_gamma_variables():
    """2 n (score - 1/2) tends to G1 - G2 with parameters 1/2: P(G1 - G2 > x) by quadrature over G2 = u^2."""
    n = 10**9
    for x in (0.01, 1.0, 3.0):
        expected = integrate.quad(
            lambda u, x=x: stats.gamma.sf(x + u * u, 0.5) * 2 * math.exp(-u * u) / math.sqrt(math.pi), 0, 8,
            epsabs=1e-13,
        )[0]  # fmt: skip
        law = law_at([0.5, n + 0.5, 0.5], NPS_VALUES, 0.5 + x / (2 * n))
        # The point is rounded at 1e-16 of its scale of 1e-9; the limit is off by 1 / n.
        np.testing.assert_allclose(law.upper[0], expected, rtol=1e-6)
        np.testing.assert_allclose(law.lower[0], 1 - expected, rtol=1e-6)


# ------------------------------------------------------------------------------------------------------ moments


def test_moments_are_the_closed_forms_of_the_dirichlet_distribution():
    """Covariances a_j (A [j = k] - a_k) / (A^2 (A + 1)), as a full double sum."""
    rng = np.random.default_rng(2)
    table = rng.integers(0, 30, (20, 11)) + 0.5
    counts = nps.RatingCounts.from_histogram(
        rng.integers(1, 30, (4, 11)), metric=nps.mean_rating(nps.Scale(0, 10)), groups=range(4)
    )
    after = posterior(counts)
    for a, mean, sd in zip(after.concentration, after.mean, after.sd, strict=True):
        total = a.sum()
        covariance = (np.diag(a) * total - np.outer(a, a)) / (total**2 * (total + 1))
        np.testing.assert_allclose(mean, a @ after.levels / total, rtol=1e-14)
        np.testing.assert_allclose(sd, math.sqrt(after.levels @ covariance @ after.levels), rtol=1e-12)
    support = mean_support(table, np.linspace(0, 1, 11))
    assert (support.sd > 0).all()


# -------------------------------------------------------------------------------------------- shortest intervals


@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
@pytest.mark.parametrize(("b", "a"), [(3, 8), (1.5, 4), (30.5, 2.5), (1000, 500), (2, 2)])
def test_shortest_interval_of_a_beta_distribution_is_that_of_a_direct_search(b, a, level):
    low, high = shortest_of([b, a], BETA_VALUES, level)
    np.testing.assert_allclose(betainc(a, b, high) - betainc(a, b, low), level, rtol=1e-9)
    best = optimize.minimize_scalar(
        lambda p: stats.beta.ppf(p + level, a, b) - stats.beta.ppf(p, a, b),
        bounds=(0, 1 - level), method="bounded", options={"xatol": 1e-12},
    )  # fmt: skip
    # A search for a minimum finds its value to rounding, and its place only to the root of it.
    np.testing.assert_allclose(high - low, best.fun, rtol=1e-9)
    np.testing.assert_allclose(low, stats.beta.ppf(best.x, a, b), rtol=0, atol=1e-5 * (high - low))


@pytest.mark.parametrize(
    ("concentration", "low", "high"),
    [((0.5, 10.5), None, 1.0), ((10.5, 0.5), 0.0, None), ((1, 3), None, 1.0), ((0.5, 0.9), None, 1.0)],
)
def test_shortest_interval_of_a_falling_density_starts_at_its_end(concentration, low, high):
    found = shortest_of(concentration, BETA_VALUES, 0.9)
    b, a = concentration
    if high is None:
        np.testing.assert_allclose(found, [low, stats.beta.ppf(0.9, a, b)], rtol=0, atol=1e-12)
    else:
        np.testing.assert_allclose(found, [stats.beta.ppf(0.1, a, b), high], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "concentration", [(0.5, 0.5, 1.5), (0.3, 0.3, 0.9), (0.5, 2.5, 0.5), (1.5, 0.5, 1.5), (0.2, 5.2, 0.2)]
)
def test_no_interval_on_a_fine_grid_is_shorter(concentration):
    low, high = shortest_of(concentration, NPS_VALUES, 0.8)
    p = np.linspace(0, 0.2, 401)
    table = np.broadcast_to(np.asarray(concentration), (p.size, 3))
    law, support = mean_law(table, NPS_VALUES), mean_support(table, NPS_VALUES)
    widths = quantiles(law, support, np.minimum(p + 0.8, 1)) - quantiles(law, support, p)
    assert high - low <= widths.min() * (1 + 1e-7)
    at = law_at(concentration, NPS_VALUES, [low, high])
    np.testing.assert_allclose(at.lower[1] - at.lower[0], 0.8, rtol=0, atol=1e-12)


# ------------------------------------------------------------------------------ the trap of the eleven categories


def test_prior_is_on_what_the_metric_tells_apart_not_on_the_eleven_ratings():
    histogram = [3, 2, 3, 8, 1, 16, 4, 10, 10, 20, 18]
    eleven = posterior(nps.RatingCounts.from_histogram(histogram))
    three = posterior(nps.RatingCounts.from_categories(promoters=38, passives=20, detractors=37))
    assert eleven.concentration.tolist() == three.concentration.tolist() == [[37.5, 20.5, 38.5]]
    assert eleven.interval() == three.interval()
    # 1/2 in each of eleven cells would be 40.5 detractors.
    np.testing.assert_allclose(eleven.mean, 100 * (38.5 - 37.5) / 96.5, rtol=1e-14)


def test_difference_of_groups_is_that_of_the_kernel_in_points():
    counts = nps.RatingCounts.from_categories(
        promoters=[3, 9], passives=[4, 2], detractors=[5, 1], groups=["A", "B"]
    )  # fmt: skip
    found = posterior_difference(posterior(counts, prior="uniform"), reference="A")
    _, upper, _ = difference_at([2, 3, 10], [6, 5, 4], NPS_VALUES, 0.0)
    draws = np.random.default_rng(7).dirichlet
    simulated = (draws([2, 3, 10], 10**6) - draws([6, 5, 4], 10**6)) @ [-100, 0, 100]
    np.testing.assert_allclose(found.probability_greater, upper, rtol=1e-13)
    p = (simulated > 0).mean()
    assert abs(found.probability_greater[0] - p) < 5 * math.sqrt(p * (1 - p) / 10**6)  # five standard errors
    assert abs(found.mean[0] - simulated.mean()) < 5 * simulated.std() / 1000


@pytest.mark.parametrize("n", [10**7, 10**9])
def test_density_beside_a_billion_passives_is_a_bessel_function(n):
    """The difference of two gamma variables with parameters 1/2 has the density K0(|x|) / pi, with a pole at 0."""
    x = np.array([1e-5, 1e-3, 0.01, 0.1, 0.5, 1.0])
    law = law_at([0.5, n + 0.5, 0.5], NPS_VALUES - 0.5, x / (2 * n))
    # The limit is off by some 1 / n.
    np.testing.assert_allclose(law.density, 2 * n * k0(x) / math.pi, rtol=3 / n)


@pytest.mark.parametrize("row", [(0.5, 10**9 + 0.5, 0.5), (0.5, 0.5, 10**9 + 0.5), (10**9, 3 * 10**9, 10**9)], ids=str)
def test_differences_of_large_samples_keep_all_of_their_mass(row):
    lower, upper, _ = difference_at(row, row, NPS_VALUES, 0.0)
    # The relative error of a density at 10^9 respondents is 1e-11.
    np.testing.assert_allclose([lower, upper], 0.5, rtol=0, atol=1e-10)
