"""The exact bootstrap of a difference against rational arithmetic, closed forms, other software, and simulation.

On the unit scale of the kernels, NPS values are 0, 1/2 and 1, and a difference of one is 200 points.
"""

import decimal
import itertools
import json
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr, ndtri

from npsstats.kernels.bootstrap import bca_limits, bca_tails, percentile_limits, percentile_tails
from npsstats.kernels.bootstrap_difference import (
    bca_difference_constants,
    bca_difference_limits,
    bca_difference_tails,
    percentile_difference_limits,
    percentile_difference_tails,
)

R_ORACLE = json.loads((Path(__file__).parent / "data" / "bootstrap_difference_r.json").read_text())

NPS_VALUES = np.array([0.0, 0.5, 1.0])
BINARY = np.array([0.0, 1.0])
LIMITS = {"percentile": percentile_difference_limits, "bca": bca_difference_limits}
TAILS = {"percentile": percentile_difference_tails, "bca": bca_difference_tails}
Z_95 = float(ndtri(0.975))


def values_of(steps):
    return np.array(steps) / steps[-1]


# --------------------------------------------------------------------------------- rational arithmetic


def exact_score_law(counts, steps):
    """Probabilities of all scores of a resample: the n-th power of a polynomial, in whole numbers."""
    n = sum(counts)
    law = {0: 1}
    for _ in range(n):
        new = {}
        for total, ways in law.items():
            for step, count in zip(steps, counts, strict=True):
                if count:
                    new[total + step] = new.get(total + step, 0) + ways * count
        law = new
    return {Fraction(total, n * steps[-1]): Fraction(ways, n**n) for total, ways in law.items()}


def exact_law(first, second, steps):
    """Probabilities of all differences, ascending."""
    law = {}
    other = exact_score_law(second, steps)
    for x, p in exact_score_law(first, steps).items():
        for y, q in other.items():
            law[x - y] = law.get(x - y, 0) + p * q
    return dict(sorted(law.items()))


CASES = [
    ((2, 3, 5), (1, 2, 4), (0, 1, 2)),
    ((1, 7, 22), (3, 3, 3), (0, 1, 2)),
    ((12, 9, 4), (5, 8, 12), (0, 1, 2)),  # as many in both
    ((2, 3, 5), (4, 4, 12), (0, 1, 2)),  # n with a common divisor
    ((1, 0, 0), (1, 3, 2), (0, 1, 2)),
    ((0, 0, 4), (1, 2, 3), (0, 1, 2)),
    ((0, 3, 0), (0, 0, 5), (0, 1, 2)),  # no spread at all
    ((4, 0, 3), (0, 4, 9), (0, 1, 2)),  # steps of different size
    ((19, 0, 1), (0, 1, 17), (0, 1, 2)),
    ((9, 3), (2, 11), (0, 1)),
    ((1, 2, 4, 9, 14), (2, 0, 1, 5, 5), (0, 1, 2, 3, 4)),
    ((1, 0, 2, 1, 0, 0, 3, 2, 4, 1, 5), (2, 1, 0, 1, 3, 0, 0, 0, 1, 2, 1), tuple(range(11))),
    ((3, 4, 2), (1, 5, 2), (0, 3, 10)),
    ((3, 1, 5), (2, 1, 2), (0, 1, 333)),  # wider than tables of the sine go
]
cases = pytest.mark.parametrize(("first", "second", "steps"), CASES, ids=[f"{a}-{b}" for a, b, _ in CASES])


@cases
def test_tails_are_those_of_the_exact_law_however_small(first, second, steps):
    exact = exact_law(first, second, steps)
    places = np.array(sorted({*range(0, len(exact), max(1, len(exact) // 200)), 0, 1, len(exact) - 2, len(exact) - 1}))
    places = places[(places >= 0) & (places < len(exact))]
    differences, probabilities = list(exact), list(exact.values())
    at_most = list(itertools.accumulate(probabilities))
    at_least = list(itertools.accumulate(reversed(probabilities)))[::-1]
    table = np.repeat(np.array([[first, second]], float), places.size, axis=0)
    null = np.array([float(differences[i]) for i in places])
    below, above = percentile_difference_tails(table, values_of(steps), null)
    # Sums of some 1,000 terms with exponents of up to 700, each good to an ulp of the exponent.
    np.testing.assert_allclose(below, [float(at_least[i]) for i in places], rtol=1e-12, atol=0)
    np.testing.assert_allclose(above, [float(at_most[i]) for i in places], rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("first", "second"), [((1, 1, 2), (2, 0, 1)), ((0, 2, 3), (1, 2, 1)), ((1, 0, 1), (0, 1, 4))], ids=str
)
def test_pvalues_and_limits_are_those_of_all_resamples_of_rows(first, second):
    rows = [np.repeat([0, 1, 2], counts) for counts in (first, second)]
    sums = [np.array([sum(sample) for sample in itertools.product(group, repeat=group.size)]) for group in rows]
    n, m = (group.size for group in rows)
    differences = np.sort((m * sums[0][:, None] - n * sums[1]).ravel())  # in steps of 1 / (2 n m)
    table = np.array([[first, second]], float)
    for step in np.unique(differences):
        below, above = percentile_difference_tails(table, NPS_VALUES, step / (2 * n * m))
        wanted = (differences >= step).mean(), (differences <= step).mean()
        np.testing.assert_allclose([below[0], above[0]], wanted, rtol=1e-12)  # a mean of thousands
    for tail in (0.025, 0.1, 0.31):
        k = math.ceil(tail * differences.size - 1e-6)
        found = np.ravel(percentile_difference_limits(table, NPS_VALUES, tail))
        # A difference of two rounded scores.
        np.testing.assert_allclose(found * 2 * n * m, [differences[k - 1], differences[-k]], rtol=0, atol=1e-12)


def exact_limits(exact, below, above):
    """The outermost differences that the tails do not exclude."""
    at_most = itertools.accumulate(exact.values())
    low = next(x for x, p in zip(exact, at_most, strict=True) if p >= below)
    at_least = itertools.accumulate(reversed(exact.values()))
    high = next(x for x, p in zip(reversed(exact), at_least, strict=True) if p >= above)
    return float(low), float(high)


@cases
def test_percentile_limits_meet_their_definition(first, second, steps):
    exact, table = exact_law(first, second, steps), np.array([[first, second]], float)
    for tail in (Fraction(0), Fraction(1, 10**30), Fraction(1, 10**6), Fraction(1, 200), Fraction(1, 40),
                 Fraction(1, 8), Fraction(1, 2), Fraction(4, 5), Fraction(99, 100)):  # fmt: skip
        found = np.ravel(percentile_difference_limits(table, values_of(steps), float(tail)))
        np.testing.assert_allclose(found, exact_limits(exact, tail, tail), rtol=0, atol=3e-16)  # rounded scores


def exact_constants(exact, first, second, steps):
    """z0 from the mid-probability, and the acceleration from the influence values of both samples."""
    scores = [sum(c * Fraction(s, steps[-1]) for c, s in zip(k, steps, strict=True)) / sum(k) for k in (first, second)]
    observed = scores[0] - scores[1]
    middle = sum(p for x, p in exact.items() if x < observed) + exact[observed] / 2
    # Davison & Hinkley (1997): each value is divided by its sample's size; the second sample has the other sign.
    influence = [
        (count, sign * (Fraction(s, steps[-1]) - score) / sum(counts))
        for counts, score, sign in zip((first, second), scores, (1, -1), strict=True)
        for count, s in zip(counts, steps, strict=True)
    ]
    square, cube = (sum(c * x**power for c, x in influence) for power in (2, 3))
    return float(ndtri(float(middle))), float(cube) / (6 * float(square) ** 1.5) if square else 0.0


@cases
def test_bca_limits_meet_their_definition(first, second, steps):
    exact, table = exact_law(first, second, steps), np.array([[first, second]], float)
    z0, a = exact_constants(exact, first, second, steps)
    constants = bca_difference_constants(table, values_of(steps))
    np.testing.assert_allclose(np.ravel(constants), [z0, a], rtol=1e-12, atol=1e-13)  # sums of some 1,000 terms
    for tail in (0.025, 0.005, 0.16):
        z = z0 + float(ndtri(tail)), z0 - float(ndtri(tail))
        below, above = (float(ndtr(z0 + x / (1 - a * x))) for x in z)
        found = np.ravel(bca_difference_limits(table, values_of(steps), tail))
        np.testing.assert_allclose(found, exact_limits(exact, below, 1 - above), rtol=0, atol=3e-16)  # rounded scores


@cases
def test_bca_pvalues_meet_their_definition(first, second, steps):
    exact = exact_law(first, second, steps)
    z0, a = exact_constants(exact, first, second, steps)

    def bca(small, z0, a):
        if small in (0, 1):
            return float(small)
        t = float(ndtri(float(small)) if small < Fraction(1, 2) else -ndtri(float(1 - small))) - z0
        return float(ndtr(t / (1 + a * t) - z0)) if 1 + a * t > 0 else float(t > 0)

    differences = list(exact)[:: max(1, len(exact) // 10)]
    gap = Fraction(1, 10**7)  # narrower than any two differences are apart
    nulls = [x + shift for x in differences for shift in (0, gap)]
    at_least = [sum(p for y, p in exact.items() if y >= x) for x in nulls]
    at_most = [sum(p for y, p in exact.items() if y <= x) for x in nulls]
    wanted = [(bca(p, -z0, -a), bca(q, z0, a)) for p, q in zip(at_least, at_most, strict=True)]
    table = np.repeat(np.array([[first, second]], float), len(nulls), axis=0)
    found = bca_difference_tails(table, values_of(steps), np.array([float(x) for x in nulls]))
    # BCa magnifies the error of a quantile by up to the quantile, below 40.
    np.testing.assert_allclose(np.column_stack(found), wanted, rtol=1e-11, atol=0)


# ------------------------------------------------------------------------------------------- closed forms


def few_terms(n, rare, total):
    """P(T <= total) of a rare event, in 40 digits, as SciPy has 8 where the share is tiny."""
    with decimal.localcontext(decimal.Context(prec=40)):
        p = Decimal(rare) / Decimal(n)
        return float(sum(math.comb(2 * n, k) * p**k * (1 - p) ** (2 * n - k) for k in range(total + 1)))


@pytest.mark.parametrize(("n", "k"), [(100, 20), (10**4, 2_000), (10**6, 2 * 10**5), (10**8, 2 * 10**7)])
def test_mirrored_groups_have_a_binomial_difference(n, k):
    """k of n against n - k of n: the difference is that of 2 n tries with k / n, less 1."""
    table, p = np.array([[[n - k, k], [k, n - k]]], float), k / n
    sd = math.sqrt(2 * n * p * (1 - p))
    for z in (-25, -8, -3, -0.5, 0, 0.5, 3, 8, 25):
        total = math.floor(2 * k + z * sd)
        if 0 <= total <= 2 * n:
            found = np.ravel(percentile_difference_tails(table, BINARY, (total - n) / n))
            wanted = stats.binom.sf(total - 1, 2 * n, p), stats.binom.cdf(total, 2 * n, p)
            # A phase of some sqrt(n) turns is good to an ulp; as much again for SciPy's binomial.
            np.testing.assert_allclose(found, wanted, rtol=1e-12 + 4e-14 * math.sqrt(n), atol=1e-300)


@pytest.mark.parametrize(("n", "k"), [(10**6, 3), (10**9, 7)])
def test_mirrored_groups_of_rare_ratings_have_a_binomial_difference(n, k):
    table = np.array([[[n - k, k], [k, n - k]]], float)
    for total in (0, 1, 5, 13, 30):
        _, above = percentile_difference_tails(table, BINARY, (total - n) / n)
        np.testing.assert_allclose(above[0], few_terms(n, k, total), rtol=1e-12)  # a few dozen frequencies


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((80, 20), (7, 30)),
        ((8_000, 2_000), (4_973, 5_000)),
        ((8 * 10**5, 2 * 10**5), (699_999, 3 * 10**5)),
        ((8 * 10**5, 2 * 10**5), (40, 10)),
        ((15, 5), (9 * 10**8, 10**8)),
        ((600_000, 400_000), (599_991, 9)),
    ],
    ids=str,
)
def test_differences_of_shares_are_those_of_two_binomial_counts(first, second):
    (n, k), (m, j) = ((sum(counts), counts[1]) for counts in (first, second))
    p, q = k / n, j / m
    sd, half = math.sqrt(p * (1 - p) / n + q * (1 - q) / m), 45 * math.sqrt(n * p * (1 - p)) + 200
    total = np.arange(max(0, int(k - half)), min(n, int(k + half)) + 1)
    chance = stats.binom.pmf(total, n, p)
    # (total m - other n) / (n m) >= d / (n m / g) with g the common divisor
    divisor = math.gcd(n, m)
    for z in (-20, -8, -3, -0.5, 0.2, 3, 8, 20):
        d = math.floor((p - q + z * sd) * n * (m // divisor))
        null = d / (n * (m // divisor))
        if abs(null) < 1:
            found = np.ravel(percentile_difference_tails(np.array([[first, second]], float), BINARY, null))
            shifted = total * (m // divisor) - d
            other = shifted // (n // divisor), -(-shifted // (n // divisor))
            wanted = chance @ stats.binom.cdf(other[0], m, q), chance @ stats.binom.sf(other[1] - 1, m, q)
            # As above; here SciPy's errors of thousands of probabilities add up.
            tolerance = 1e-12 + 1e-14 * math.sqrt(max(n, m))
            np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=1e-300)


@pytest.mark.parametrize(
    "n", [(10**6, 10**6), (10**6, 999_983), (10**8, 7 * 10**7 + 11), (10**10, 10**10), (10**10, 10**10 - 1)]
)
@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_limits_of_large_groups_are_the_normal_ones(n, method):
    table = np.floor(np.array([[[0.2, 0.3, 0.5], [0.1, 0.3, 0.6]]]) * np.array(n)[:, None])
    size = table.sum(axis=-1)[0]
    mean = table[0] @ NPS_VALUES / size
    error = math.sqrt(((table[0] @ NPS_VALUES**2 / size - mean**2) / size).sum())
    found = (np.ravel(LIMITS[method](table, NPS_VALUES, 0.025)) - (mean[0] - mean[1])) / error
    # The next term of the expansion is of the order of the skewness, below 2 / sqrt(n), and there are lattices.
    np.testing.assert_allclose(found, [-Z_95, Z_95], rtol=0, atol=4 / math.sqrt(min(n)))


@pytest.mark.parametrize("n", [4 * 10**9, 10**11])
def test_groups_too_large_for_windows_have_a_binomial_difference_too(n):
    # Shares (1, 2, 1) / 4 of a scale of two steps are those of two tries with 1 / 2: all is one binomial of 4 n tries.
    table = np.array([[[n / 4, n / 2, n / 4]] * 2])
    for z in (-8, -2, 0, 0.3, 2, 8):
        total = math.floor(2 * n + z * math.sqrt(n))
        found = np.ravel(percentile_difference_tails(table, NPS_VALUES, (total - 2 * n) / (2 * n)))
        # A normal count to the order 1 / n, at the edges of its steps; no skewness.
        edges = np.array([total - 0.5 - 2 * n, 2 * n - total - 0.5]) / math.sqrt(n)
        np.testing.assert_allclose(found, ndtr(-edges), rtol=1e-7)
    low, high = percentile_difference_limits(table, NPS_VALUES, 0.025)
    error = 1 / math.sqrt(4 * n)
    # A step of the score, 1 / (2 n), is this part of the error.
    np.testing.assert_allclose([low[0] / error, high[0] / error], [-Z_95, Z_95], rtol=0, atol=2 / math.sqrt(n))


@pytest.mark.parametrize("constant", [(0, 9, 0), (4, 0, 0), (0, 0, 1)], ids=str)
def test_against_a_constant_it_is_the_bootstrap_of_one_group(constant):
    rng = np.random.default_rng(20260101)
    single = np.concatenate([rng.multinomial(n, rng.dirichlet([1, 1, 1]), size=4) for n in (1, 2, 7, 40, 900)])
    table = np.stack([single, np.broadcast_to(constant, single.shape)], axis=1).astype(float)
    single, fixed = single.astype(float), np.array(constant) @ NPS_VALUES / sum(constant)
    for limits, of_one in ((percentile_difference_limits, percentile_limits), (bca_difference_limits, bca_limits)):
        low, high = of_one(single, NPS_VALUES, 0.025)
        np.testing.assert_allclose(limits(table, NPS_VALUES, 0.025), [low - fixed, high - fixed], rtol=0, atol=3e-16)
        mirrored = limits(table[:, ::-1], NPS_VALUES, 0.025)
        np.testing.assert_allclose(mirrored, [fixed - high, fixed - low], rtol=0, atol=3e-16)  # rounded scores
    for pvalues, of_one in ((percentile_difference_tails, percentile_tails), (bca_difference_tails, bca_tails)):
        for null in (0.2, 0.5, 0.8):
            # Two ways to the same sums; of up to 40 respondents, whose chances floating point can hold.
            wanted = of_one(single[:16], NPS_VALUES, null)
            np.testing.assert_allclose(pvalues(table[:16], NPS_VALUES, null - fixed), wanted, rtol=1e-11, atol=0)


# ---------------------------------------------------------------------------------------------- simulation


def enclosing(method, table, values, share):
    """Limits at tails that far apart enclose simulated ones."""
    return (np.ravel(LIMITS[method](table, values, 0.025 + shift)) for shift in (-share, share))


@pytest.mark.parametrize("counts", [((2, 3, 5), (3, 3, 2)), ((30, 50, 120), (9, 20, 8))], ids=str)
@pytest.mark.parametrize(("method", "name"), [("percentile", "percentile"), ("bca", "BCa")])
def test_scipys_resamples_agree_within_their_noise(counts, method, name):
    resamples = 20_000
    samples = [np.repeat(NPS_VALUES, group) for group in counts]
    interval = stats.bootstrap(
        samples, lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis), n_resamples=resamples, method=name,
        paired=False, rng=np.random.default_rng(5), batch=2000,
    ).confidence_interval  # fmt: skip
    # SciPy interpolates, and its acceleration is that of the jackknife, which differs by the order of 1 / n.
    share = 5 * math.sqrt(0.025 / resamples) * (3 if method == "bca" else 1)
    table = np.array([counts], float)
    wide, narrow = enclosing(method, table, NPS_VALUES, share)
    assert wide[0] - 1e-9 <= interval.low <= narrow[0] + 1e-9
    assert narrow[1] - 1e-9 <= interval.high <= wide[1] + 1e-9


def of_r(case):
    values = np.array(case["values"], float)
    width = values[-1] - values[0]
    return np.array([case["counts"]], float), (values - values[0]) / width, width


r_cases = pytest.mark.parametrize("case", R_ORACLE["cases"], ids=lambda case: str(case["counts"]))


@r_cases
def test_constants_of_bca_are_those_of_rs_stratified_influence_values(case):
    table, values, width = of_r(case)
    z0, acceleration = bca_difference_constants(table, values)
    np.testing.assert_allclose(acceleration[0], case["acceleration"], rtol=1e-7, atol=1e-9)  # a numerical derivative
    below, above = percentile_difference_tails(table, values, case["difference"] / width)
    noise = 5 * 0.5 / math.sqrt(R_ORACLE["resamples"])  # five standard errors of a share
    assert abs(1 - below[0] - case["below"]) < noise
    assert abs(below[0] + above[0] - 1 - case["equal"]) < noise
    assert abs(ndtr(z0[0]) - case["below"] - case["equal"] / 2) < noise


@r_cases
@pytest.mark.parametrize("method", ["percentile", "bca_mid"])
def test_limits_are_those_of_r_within_the_noise_of_its_resamples(case, method):
    table, values, width = of_r(case)
    # Five standard errors of the tail; for BCa also those of z0, which move it by 2 phi(z) / phi(0) as much.
    share = 5 * math.sqrt(0.025 / R_ORACLE["resamples"]) * (2.5 if method == "bca_mid" else 1)
    wide, narrow = enclosing(method.removesuffix("_mid"), table, values, share)
    found = np.array(case[method]) / width
    assert wide[0] - 1e-9 <= found[0] <= narrow[0] + 1e-9
    assert narrow[1] - 1e-9 <= found[1] <= wide[1] + 1e-9


def test_no_pvalue_of_what_can_come_out_is_zero():
    """All of 149 at a level that one of them has: 149^-149 is below the smallest number of floating point."""
    table = np.array([[[0, 0, 1], [0, 1, 148]]] * 2, float)
    for tails in TAILS.values():
        below, above = tails(table, NPS_VALUES, np.array([0.5, 0.51]))
        assert below[0] > 0
        assert below[1] == 0
        np.testing.assert_array_equal(above, 1)
