"""The exact unconditional and Lloyd's tests and intervals against brute force, hand cases, and published values.

On the unit scale of the kernels the values of NPS are 0, 1/2 and 1; a score of 0 points is the mean 1/2, where the
score test is McNemar's test of promoters against detractors.
"""

import functools
import json
import math
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import gammaln, xlogy

from npsstats.kernels.exact import LARGEST_N, exact_limits, exact_pvalues, lloyd_limits, lloyd_pvalues

NPS_VALUES = np.array([0.0, 0.5, 1.0])
TWO_VALUES = np.array([0.0, 1.0])
ALTERNATIVES = ("two-sided", "less", "greater")
LIMITS = {"exact": exact_limits, "lloyd": lloyd_limits}
PVALUES = {"exact": exact_pvalues, "lloyd": lloyd_pvalues}

R_ORACLE = json.loads((Path(__file__).parent / "data" / "exact_r.json").read_text())

# What `exact_pvalues` promises of the supremum.
SUPREMUM = 1e-6


def pvalue_of(row, values, null, alternative, kind="exact"):
    return PVALUES[kind](np.array([row], float), np.asarray(values, float), np.array([float(null)]), alternative)[0]


def limits_of(row, values, level, alternative, kind="exact"):
    low, high = LIMITS[kind](np.array([row], float), np.asarray(values, float), level, alternative)
    return low[0], high[0]


def samples(n):
    return [(d, s, n - d - s) for d in range(n + 1) for s in range(n + 1 - d)]


# ------------------------------------------------------------------- brute force: order in 50 digits, sums over nodes


def decimal_statistic(row, c, theta):
    """Write the hypothesis out in 50 digits; the restricted share of the middle level by bisection of the slope."""
    c, theta = (Decimal(x.numerator) / x.denominator for x in (c, theta))
    bottom, middle, top = row
    n = sum(row)

    def others(q):
        return 1 - theta - (1 - c) * q, theta - c * q

    def rises(q):
        # The derivative of the log likelihood in q, times q p_bottom p_top > 0.
        low, high = others(q)
        return middle * low * high > q * ((1 - c) * bottom * high + c * top * low)

    left, right = Decimal(0), min(theta / c, (1 - theta) / (1 - c))
    for _ in range(160):
        half = (left + right) / 2
        left, right = (half, right) if rises(half) else (left, half)
    low, high = others(left)
    variance = low * theta**2 + left * (c - theta) ** 2 + high * (1 - theta) ** 2
    gap = (c * middle + top) / n - theta
    return gap / (variance / n).sqrt() if gap else Decimal(0)


def tail_of(row, c, theta, alternative):
    """The samples that are at least as extreme as a row, by 50 digits."""
    with localcontext() as context:
        context.prec = 50
        z = {sample: decimal_statistic(sample, c, theta) for sample in samples(sum(row))}
        # Bisection leaves 1e-40 or so; distinct statistics of so few respondents are much farther apart.
        size = {"two-sided": abs, "greater": lambda x: x, "less": lambda x: -x}[alternative]
        return np.array([sample for sample in z if size(z[sample]) >= size(z[row]) - Decimal("1e-20")])


def probabilities(tail, c, theta, shares):
    """The probability of a set of samples at each share of the middle level, by direct summation."""
    p = np.column_stack([1 - theta - (1 - c) * shares, shares, theta - c * shares]).clip(min=0)
    coefficient = gammaln(tail.sum(axis=1) + 1) - gammaln(tail + 1.0).sum(axis=1)
    total = np.zeros(shares.size)
    for sample, log in zip(tail, coefficient, strict=True):
        total += np.exp(log + xlogy(sample, p).sum(axis=1))
    return total


def nodes(c, theta, size):
    return min(theta / c, (1 - theta) / (1 - c)) * np.sin(np.linspace(0, np.pi / 2, size)) ** 2


CASES = [
    ((1, 3, 4), Fraction(1, 2), Fraction(1, 2)),
    ((0, 3, 4), Fraction(1, 2), Fraction(11, 20)),
    ((2, 1, 6), Fraction(1, 2), Fraction(2, 5)),
    ((0, 8, 0), Fraction(1, 2), Fraction(1, 2)),
    ((0, 8, 0), Fraction(1, 2), Fraction(9, 20)),
    ((5, 2, 0), Fraction(1, 2), Fraction(1, 50)),
    ((0, 2, 7), Fraction(1, 2), Fraction(97, 100)),
    ((3, 3, 4), Fraction(3, 10), Fraction(3, 10)),
    ((3, 0, 4), Fraction(3, 10), Fraction(7, 10)),
    ((1, 5, 2), Fraction(9, 10), Fraction(1, 2)),
    ((6, 0, 0), Fraction(1, 10), Fraction(1, 5)),
    ((0, 1, 0), Fraction(1, 3), Fraction(1, 4)),
]


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize(("row", "c", "theta"), CASES, ids=str)
def test_exact_pvalue_is_the_largest_sum_over_a_fine_grid(row, c, theta, alternative):
    tail = tail_of(row, c, theta, alternative)
    expected = probabilities(tail, float(c), float(theta), nodes(float(c), float(theta), 20_001)).max()
    # By Bernstein's inequality, twice, a grid of 20,001 nodes is within 100 (pi / 20,000)^2 / 16 = 1.5e-7 at n = 10.
    np.testing.assert_allclose(
        pvalue_of(row, [0, float(c), 1], theta, alternative), min(expected, 1), rtol=0, atol=SUPREMUM
    )


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize(("row", "c", "theta"), CASES, ids=str)
def test_lloyd_pvalue_is_the_sum_at_the_maximum_of_the_restricted_likelihood(row, c, theta, alternative):
    tail = tail_of(row, c, theta, alternative)
    c, theta = float(c), float(theta)

    def loss(q):
        return -xlogy(row, np.clip([1 - theta - (1 - c) * q, q, theta - c * q], 0, None)).sum()

    most = min(theta / c, (1 - theta) / (1 - c))
    inside = optimize.minimize_scalar(loss, bounds=(0, most), method="bounded", options={"xatol": 1e-12}).x
    best = min((0.0, inside, most), key=loss)
    expected = probabilities(tail, c, theta, np.array([best]))[0]
    # A search for a maximum leaves about 1e-8 in q, and the slope of P in q is at most n (1 / q + ...): some 100.
    np.testing.assert_allclose(
        pvalue_of(row, [0, c, 1], theta, alternative, "lloyd"), min(expected, 1), rtol=0, atol=2e-6
    )


def test_pvalue_of_three_respondents_is_the_hand_calculated_polynomial():
    # (0, 1, 2) against 1/2: Z^2 = 2, and at least as large only for (0, 1, 2), (0, 0, 3) and their mirror images.
    # With p the share of each end, 2 (p^3 + 3 p^2 (1 - 2 p)) = 6 p^2 - 10 p^3 is largest at p = 2/5: 8/25.
    # The vertex of a parabola stands for the maximum.
    np.testing.assert_allclose(pvalue_of((0, 1, 2), NPS_VALUES, 0.5, "two-sided"), 8 / 25, rtol=1e-7)
    np.testing.assert_allclose(pvalue_of((0, 1, 2), NPS_VALUES, 0.5, "greater"), 4 / 25, rtol=1e-7)
    # The restricted share of promoters is 1/3: 6/9 - 10/27.
    np.testing.assert_allclose(pvalue_of((0, 1, 2), NPS_VALUES, 0.5, "two-sided", "lloyd"), 8 / 27, rtol=1e-12)


@pytest.mark.parametrize("n", [2, 7, 30, 150, LARGEST_N])
def test_pvalues_of_nearly_all_promoters_are_powers(n):
    # Only n promoters reach Z^2 = n; with p the share of each end, p^n is largest at 1/2.
    np.testing.assert_allclose(pvalue_of((0, 0, n), NPS_VALUES, 0.5, "greater"), 0.5**n, rtol=1e-10)
    np.testing.assert_allclose(pvalue_of((0, 0, n), NPS_VALUES, 0.5, "two-sided"), 2 * 0.5**n, rtol=1e-10)
    # One passive: p^n + n p^(n - 1) (1 - 2 p) is largest at p = (n - 1) / (2 n - 1), where it is p^(n - 1). The
    # vertex of a parabola is taken for the maximum.
    p = (n - 1) / (2 * n - 1)
    np.testing.assert_allclose(pvalue_of((0, 1, n - 1), NPS_VALUES, 0.5, "greater"), p ** (n - 1), rtol=1e-6)
    np.testing.assert_allclose(pvalue_of((n - 1, 1, 0), NPS_VALUES, 0.5, "less"), p ** (n - 1), rtol=1e-6)


# The literature's restricted estimate (Tango 1998): q = p_detractor on the scale -1 ... 1.


def tango(d, s, p, theta):
    n = d + s + p
    b = -p - d + (2 * n - p + d) * theta
    q = (np.sqrt(b * b + 8 * n * d * theta * (1 - theta)) - b) / (4 * n)
    gap = (p - d) / n - theta
    return np.where(np.abs(gap) < 1e-14, 0, gap / np.sqrt((2 * q + theta - theta**2).clip(min=1e-30) / n))


@pytest.mark.parametrize(
    ("row", "theta"), [((9, 22, 29), 0.1), ((3, 10, 47), 0.9), ((40, 65, 45), -0.18), ((5, 5, 140), 0.8)], ids=str
)
def test_supremum_of_large_samples_is_that_of_a_dense_grid(row, theta):
    n = sum(row)
    d, s, p = np.array(samples(n)).T
    z, observed = np.abs(tango(d, s, p, theta)), abs(tango(*row, theta))
    tail = z >= observed - 1e-9
    # P is a smooth function of psi with a scale of 1 / sqrt(n), here 15 nodes or more; two further rounds around the
    # best leave nothing.
    mean = (theta + 1) / 2
    low, high = 0.0, np.pi
    for _ in range(3):
        psi = np.linspace(low, high, 600)
        share = min(mean, 1 - mean) * 2 * np.sin(psi / 2) ** 2
        values = np.zeros(share.size)
        for k in np.unique(s):
            # Given the passives, the tail is a sum of binomial probabilities.
            rows = np.flatnonzero(tail & (s == k))
            chance = (mean - share / 2) / (1 - share).clip(min=1e-300)
            among = stats.binom.pmf(p[rows][:, None], n - k, chance.clip(0, 1)).sum(axis=0)
            values += stats.binom.pmf(k, n, share) * among
        best = values.argmax()
        low, high = psi[max(best - 1, 0)], psi[min(best + 1, psi.size - 1)]
    np.testing.assert_allclose(pvalue_of(row, NPS_VALUES, mean, "two-sided"), values.max(), rtol=0, atol=SUPREMUM)


# --------------------------------------------------------------------------------------------------- two levels


@pytest.mark.parametrize("kind", ["exact", "lloyd"])
@pytest.mark.parametrize(("low", "high"), [(5, 12), (0, 4), (9, 0), (1, 0), (140, 10)])
def test_one_sided_tests_of_a_share_are_binomial_and_clopper_pearsons(low, high, kind):
    for alternative in ("less", "greater"):
        expected = stats.binomtest(high, low + high, 0.37, alternative=alternative)
        found = pvalue_of((low, high), TWO_VALUES, 0.37, alternative, kind)
        np.testing.assert_allclose(found, expected.pvalue, rtol=1e-11)  # sums of up to 150 terms
        for level in (0.9, 0.975):
            interval = expected.proportion_ci(level, method="exact")
            limits = limits_of((low, high), TWO_VALUES, level, alternative, kind)
            np.testing.assert_allclose(limits, interval, rtol=0, atol=2e-8)  # the resolution of the search


@pytest.mark.parametrize("null", [0.5, 0.21, 0.9])
def test_two_sided_test_of_a_share_adds_all_counts_as_far_from_the_mean(null):
    n = 15
    for top in range(n + 1):
        distance = np.abs(np.arange(n + 1) - n * null)
        expected = stats.binom.pmf(np.flatnonzero(distance >= distance[top] - 1e-9), n, null).sum()
        found = pvalue_of((n - top, top), TWO_VALUES, null, "two-sided")
        np.testing.assert_allclose(found, expected, rtol=1e-12)  # sums of 16 terms


# ------------------------------------------------------------------------------------------- published p-values

# The McNemar exact unconditional test of the R package contingencytables 3.0.1, in its own tests; the companion of
# Fagerland, Lydersen & Laake (2017), Statistical Analysis of Contingency Tables, chapter 8. The first case is that of
# Cavo et al. (2012). They maximise over a confidence set of the discordant pairs' share and add its error (Berger &
# Boos 1994); here it is the whole range.
PUBLISHED = {(6, 139, 16): 0.034053, (0, 13, 1): 0.542071}
BERGER_BOOS = 1e-4


@pytest.mark.parametrize("row", PUBLISHED, ids=str)
def test_unconditional_mcnemar_test_is_the_published_one_but_for_the_confidence_set(row):
    n, discordant = sum(row), row[0] + row[2]
    d, s, p = np.array([sample for sample in samples(n) if sample[0] + sample[2]]).T
    tail = (p - d) ** 2 / (p + d) >= (row[2] - row[0]) ** 2 / discordant - 1e-12
    coefficient = (gammaln(n + 1) - gammaln(d + 1.0) - gammaln(s + 1.0) - gammaln(p + 1.0))[tail]

    def largest(low, high, size):
        share = np.linspace(low, high, size)[:, None]
        return np.exp(coefficient + xlogy((p + d)[tail], share / 2) + xlogy(s[tail], 1 - share)).sum(axis=1).max()

    # Theirs: 1000 nodes, six decimals.
    ends = stats.binomtest(discordant, n).proportion_ci(1 - BERGER_BOOS, method="exact")
    np.testing.assert_allclose(largest(*ends, 1000) + BERGER_BOOS, PUBLISHED[row], rtol=0, atol=0.6e-6)
    # Ours, with finer nodes near the maxima, which lie at shares of 0.98 and 0.10.
    near = max(largest(0, 1, 400), largest(0.97, 0.99, 400), largest(0.095, 0.105, 400))
    np.testing.assert_allclose(pvalue_of(row, NPS_VALUES, 0.5, "two-sided"), near, rtol=0, atol=SUPREMUM)


# -------------------------------------------------------------------------------------- stored results of R


@pytest.mark.parametrize("kind", ["exact", "lloyd"])
def test_pvalues_are_those_of_brute_force_in_r(kind):
    for case in R_ORACLE["tests"]:
        if case["kind"] == kind:
            found = pvalue_of(case["counts"], [0, case["c"], 1], case["null"], case["alternative"], kind)
            np.testing.assert_allclose(found, case["pvalue"], rtol=0, atol=SUPREMUM, err_msg=str(case))


@pytest.mark.parametrize("kind", ["exact", "lloyd"])
def test_limits_are_those_of_a_scan_in_r(kind):
    for case in R_ORACLE["limits"]:
        if case["kind"] == kind:
            found = limits_of(case["counts"], [0, case["c"], 1], case["level"], "two-sided", kind)
            # The p-value is right to 1e-6, and its slope in the mean is 0.1 or more where a limit is no jump.
            np.testing.assert_allclose(found, [case["low"], case["high"]], rtol=0, atol=1e-5, err_msg=str(case))


# --------------------------------------------------------------------------------------------------- coverage


@functools.cache
def all_limits(kind, n, c, alternative):
    rows = np.array(samples(n), float)
    return LIMITS[kind](rows, np.array([0, c, 1]), 0.95, alternative)


def vectors(rng, size):
    """Shares as surveys have them, with rare ends, and on the edges of the triangle."""
    usual = np.column_stack([rng.uniform(0.02, 0.5, size), rng.uniform(0.1, 0.5, size)])
    rare = np.column_stack([rng.uniform(0.002, 0.05, size), rng.uniform(0, 0.95, size)])
    rare[::2] = rare[::2, ::-1]
    edge = rng.uniform(size=size)
    edges = [np.column_stack([edge, 0 * edge]), np.column_stack([0 * edge, edge]), np.column_stack([edge, 1 - edge])]
    ends = np.concatenate([usual, rare, *edges])
    return np.column_stack([ends[:, 0], 1 - ends.sum(axis=1), ends[:, 1]]).clip(min=0)


def coverage(kind, n, c, alternative):
    rows = np.array(samples(n), float)
    low, high = all_limits(kind, n, c, alternative)
    p = vectors(np.random.default_rng(n), 200)
    chance = np.exp(gammaln(n + 1) - gammaln(rows + 1).sum(axis=1) + xlogy(rows, p[:, None]).sum(axis=-1))
    np.testing.assert_allclose(chance.sum(axis=1), 1, rtol=1e-12)
    mean = (p @ [0, c, 1])[:, None]
    # A mean at the bound may be an ulp beyond it.
    return (chance * ((low <= mean + 1e-12) & (mean - 1e-12 <= high))).sum(axis=1)


@pytest.mark.parametrize(
    ("n", "c", "alternative"),
    [
        (3, 0.5, "two-sided"),
        (10, 0.5, "two-sided"),
        (20, 0.5, "two-sided"),
        (10, 0.3, "two-sided"),
        (10, 0.5, "greater"),
        (10, 0.3, "less"),
    ],
)
def test_exact_interval_never_covers_less_than_its_level(n, c, alternative):
    # The error of the supremum over the nuisance parameter.
    assert coverage("exact", n, c, alternative).min() >= 0.95 - SUPREMUM


@pytest.mark.parametrize("n", [10, 20])
def test_lloyd_interval_covers_closer_to_its_level(n):
    exact, lloyd = (coverage(kind, n, 0.5, "two-sided") for kind in ("exact", "lloyd"))
    assert (lloyd <= exact + 1e-12).all()
    assert lloyd.mean() < exact.mean()
    # What is known of this method: a little below the level at worst (Lloyd 2008).
    assert lloyd.min() > 0.94


# --------------------------------------------------------------------------------------------------- the search


def test_no_accepted_mean_lies_outside_the_limits():
    rows = np.array(samples(12), float)[::3]
    for kind in ("exact", "lloyd"):
        low, high = LIMITS[kind](rows, NPS_VALUES, 0.9, "two-sided")
        for mean in np.linspace(0, 1, 402)[1:-1]:
            pvalues = PVALUES[kind](rows, NPS_VALUES, np.full(len(rows), mean), "two-sided")
            outside = (mean < low) | (mean > high)
            assert (pvalues[outside] <= 0.1).all()


@pytest.mark.parametrize(
    ("row", "c", "piece", "gap"),
    [((4, 1, 3), Fraction(1, 10), "0.11158035", "0.14"), ((2, 1, 5), Fraction(3, 10), "0.42092", "0.425")],
    ids=str,
)
def test_accepted_piece_beyond_a_rejected_stretch_belongs_to_the_interval(row, c, piece, gap):
    level = 0.9 if c == Fraction(1, 10) else 0.8

    def brute_force(theta):
        tail = tail_of(row, c, Fraction(theta), "two-sided")
        return probabilities(tail, float(c), float(theta), nodes(float(c), float(theta), 2_001)).max()

    assert brute_force(piece) > 1 - level > brute_force(gap)
    assert limits_of(row, [0, float(c), 1], level, "two-sided")[0] < float(piece)


def test_limits_are_tight():
    """Just inside each limit, a mean is not rejected."""
    rows = np.array(samples(12), float)
    low, high = exact_limits(rows, NPS_VALUES, 0.9, "two-sided")
    for limit, step, bound in ((low, 1, 0), (high, -1, 1)):
        inner = rows[limit != bound], limit[limit != bound]
        # The resolution of the search, or up to 1e-6 where samples are nearly tied; p-values are right to 1e-6.
        found = [exact_pvalues(inner[0], NPS_VALUES, inner[1] + step * gap, "two-sided") for gap in (1e-8, 1e-7, 1e-6)]
        assert (np.max(found, axis=0) > 0.1 - SUPREMUM).all()


def test_bounds_of_the_scale_are_limits_where_nothing_is_rejected():
    assert limits_of((9, 0, 0), NPS_VALUES, 0.95, "two-sided")[0] == 0
    assert limits_of((0, 0, 9), NPS_VALUES, 0.95, "two-sided")[1] == 1
    for row in ((9, 0, 0), (2, 3, 4), (0, 0, 9)):
        assert limits_of(row, NPS_VALUES, 0.95, "greater")[1] == 1
        assert limits_of(row, NPS_VALUES, 0.95, "less")[0] == 0


def test_one_sided_limit_of_all_promoters_is_a_root():
    # Only the sample itself is as high, and p_promoter is at most the mean: theta^n = 5 %.
    for n in (1, 5, 40):
        low, _ = limits_of((0, 0, n), NPS_VALUES, 0.95, "greater")
        np.testing.assert_allclose(low, math.pow(0.05, 1 / n), rtol=0, atol=2e-8)  # the resolution of the search
