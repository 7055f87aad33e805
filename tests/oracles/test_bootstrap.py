"""The exact bootstrap against rational arithmetic, closed forms, other software, and simulation.

On the unit scale of the kernels, NPS is (score + 100) / 200, and its values are 0, 1/2 and 1.
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
import scipy
from scipy import stats
from scipy.special import ndtr, ndtri

from npsstats.kernels.bootstrap import (
    basic_limits,
    basic_tails,
    bca_constants,
    bca_limits,
    bca_tails,
    bootstrap_t_limits,
    bootstrap_t_tails,
    lower_quantile,
    needs_resampling,
    percentile_limits,
    percentile_tails,
    upper_quantile,
)
from npsstats.kernels.lattice import chosen, lattice_steps, moments, resampled_totals, tails, window

R_ORACLE = json.loads((Path(__file__).parent / "data" / "bootstrap_r.json").read_text())

NPS_VALUES = np.array([0.0, 0.5, 1.0])
LIMITS = {"percentile": percentile_limits, "basic": basic_limits, "bca": bca_limits}
TAILS = {"percentile": percentile_tails, "basic": basic_tails, "bca": bca_tails}


def values_of(steps):
    return np.array(steps) / steps[-1]


def one(counts, steps):
    return resampled_totals(np.array([counts], float), np.array(steps))


# --------------------------------------------------------------------------------- rational arithmetic


def exact_law(counts, steps):
    """Probabilities of all totals of the steps: the n-th power of a polynomial, in whole numbers."""
    n = sum(counts)
    law = {0: 1}
    for _ in range(n):
        new = {}
        for total, ways in law.items():
            for step, count in zip(steps, counts, strict=True):
                if count:
                    new[total + step] = new.get(total + step, 0) + ways * count
        law = new
    return {total: Fraction(ways, n**n) for total, ways in sorted(law.items())}


CASES = [
    ((2, 3, 5), (0, 1, 2)),
    ((1, 7, 22), (0, 1, 2)),
    ((0, 3, 1), (0, 1, 2)),
    ((4, 0, 3), (0, 1, 2)),
    ((19, 0, 1), (0, 1, 2)),
    ((1, 0, 0), (0, 1, 2)),
    ((0, 1, 1), (0, 1, 2)),
    ((0, 0, 8), (0, 1, 2)),
    ((30, 50, 40), (0, 1, 2)),
    ((9, 3), (0, 1)),
    ((1, 2, 4, 9, 14), (0, 1, 2, 3, 4)),
    ((1, 0, 2, 1, 0, 0, 3, 2, 4, 1, 5), tuple(range(11))),
    ((3, 4, 2), (0, 3, 10)),
    ((3, 1, 5), (0, 1, 333)),  # wider than tables of the sine go
    ((2, 6, 1, 4), (0, 25, 26, 130)),
]
ids = [str(counts) for counts, _ in CASES]
cases = pytest.mark.parametrize(("counts", "steps"), CASES, ids=ids)


@cases
def test_tails_are_those_of_the_exact_law_however_small(counts, steps):
    law, exact = one(counts, steps), exact_law(counts, steps)
    stride, lowest, top = int(law.stride[0]), int(law.lowest[0]), int(law.top[0])
    assert (lowest, lowest + stride * top) == (min(exact), max(exact))
    totals = np.arange(-1, top + 3)
    upper, lower = tails(chosen(law, np.zeros(totals.size, int)), totals)
    probabilities = [exact.get(lowest + stride * k, Fraction(0)) for k in totals.tolist()]
    above = list(itertools.accumulate(reversed(probabilities)))[::-1]
    # Some 30 sums of terms with exponents of up to 700, each good to an ulp of the exponent.
    np.testing.assert_allclose(upper, np.array(above, float), rtol=1e-12, atol=0)
    np.testing.assert_allclose(lower, np.array([1 - p for p in above], float), rtol=1e-12, atol=0)


@cases
def test_window_holds_the_exact_law(counts, steps):
    law, exact = one(counts, steps), exact_law(counts, steps)
    first, found = window(law)
    wanted = [exact.get(int(law.lowest[0] + law.stride[0] * (first + i)), Fraction(0)) for i in range(found.size)]
    np.testing.assert_allclose(found, np.array(wanted, float), rtol=0, atol=1e-15)  # a few ulp of 1
    assert float(1 - sum(wanted)) < 1e-17


def exact_limits(exact, below, above):
    """The outermost totals that the tails do not exclude."""
    low = min(t for t in exact if sum(p for u, p in exact.items() if u <= t) >= below)
    high = max(t for t in exact if sum(p for u, p in exact.items() if u >= t) >= above)
    return low, high


@cases
@pytest.mark.parametrize(
    "tail", [Fraction(1, 40), Fraction(1, 200), Fraction(1, 10**6), Fraction(1, 8), Fraction(1, 2)]
)
def test_percentile_and_basic_limits_meet_their_definition(counts, steps, tail):
    exact, n = exact_law(counts, steps), sum(counts)
    low, high = exact_limits(exact, tail, tail)
    unit = n * steps[-1]
    total = sum(c * s for c, s in zip(counts, steps, strict=True))
    table, values = np.array([counts], float), values_of(steps)
    found = np.ravel(percentile_limits(table, values, float(tail)))
    np.testing.assert_allclose(found, [low / unit, high / unit], rtol=1e-15)  # one division
    found = np.ravel(basic_limits(table, values, float(tail)))
    wanted = [(2 * total - high) / unit, (2 * total - low) / unit]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-15)  # and a subtraction


def exact_bca(exact, counts, steps, tail):
    """Efron (1987), with the mid-probability for z0; levels of the lower and upper limit."""
    n, total = sum(counts), sum(c * s for c, s in zip(counts, steps, strict=True))
    middle = sum(p for t, p in exact.items() if t < total) + exact[total] / 2
    influence = [(c, Fraction(s) - Fraction(total, n)) for c, s in zip(counts, steps, strict=True)]
    second, third = (sum(c * x**power for c, x in influence) for power in (2, 3))
    z0 = float(ndtri(float(middle)))
    a = float(third) / (6 * float(second) ** 1.5) if second else 0.0
    z = z0 + float(ndtri(tail)), z0 - float(ndtri(tail))
    return z0, a, [float(ndtr(z0 + x / (1 - a * x))) for x in z]


@cases
@pytest.mark.parametrize("tail", [0.025, 0.005, 0.16])
def test_bca_limits_meet_their_definition(counts, steps, tail):
    exact = exact_law(counts, steps)
    z0, a, (below, above) = exact_bca(exact, counts, steps, tail)
    constants = bca_constants(one(counts, steps))
    np.testing.assert_allclose(np.ravel(constants), [z0, a], rtol=1e-12, atol=1e-14)  # sums of some 30 terms
    low, high = exact_limits(exact, below, 1 - above)
    found = np.ravel(bca_limits(np.array([counts], float), values_of(steps), tail))
    np.testing.assert_allclose(found * sum(counts) * steps[-1], [low, high], rtol=1e-14)  # whole numbers


@cases
def test_pvalues_meet_their_definition(counts, steps):
    exact, n, top = exact_law(counts, steps), sum(counts), steps[-1]
    total = sum(c * s for c, s in zip(counts, steps, strict=True))
    z0, a, _ = exact_bca(exact, counts, steps, 0.025)
    nulls = sorted({*list(exact)[:: max(1, len(exact) // 40)], total})
    nulls = [Fraction(t) + shift for t in nulls for shift in (0, Fraction(1, 3))]

    def bca(small, z0, a):
        if small in (0, 1):
            return float(small)
        t = float(ndtri(float(small)) if small < Fraction(1, 2) else -ndtri(float(1 - small))) - z0
        return float(ndtr(t / (1 + a * t) - z0)) if 1 + a * t > 0 else float(t > 0)

    wanted = {name: [] for name in TAILS}
    for null in nulls:
        least, most = (sum(p for t, p in exact.items() if t >= null), sum(p for t, p in exact.items() if t <= null))
        mirror = 2 * total - null
        wanted["percentile"].append((least, most))
        wanted["basic"].append((sum(p for t, p in exact.items() if t <= mirror),
                                sum(p for t, p in exact.items() if t >= mirror)))  # fmt: skip
        wanted["bca"].append((bca(least, -z0, -a), bca(most, z0, a)))
    table = np.repeat(np.array([counts], float), len(nulls), axis=0)
    null = np.array([float(x / (n * top)) for x in nulls])
    for name, pair in TAILS.items():
        found = np.column_stack(pair(table, values_of(steps), null))
        # BCa magnifies the error of a quantile by up to the quantile, below 40.
        np.testing.assert_allclose(found, np.array(wanted[name], float), rtol=1e-11, atol=0)


def listed_pivots(ratings, ends):
    """All n^n resamples of rows, with the pivot of each."""
    n, centre = len(ratings), Fraction(sum(ratings), len(ratings))

    def error(sample):
        more = [*sample, *ends]
        mean = Fraction(sum(more), n + 2)
        return math.sqrt(sum((x - mean) ** 2 for x in more) / (n + 2) / n)

    pivots = [float(Fraction(sum(s), n) - centre) / error(s) for s in itertools.product(ratings, repeat=n)]
    return float(centre), error(ratings), np.sort(pivots)


@pytest.mark.parametrize(
    ("counts", "steps"),
    [((1, 2, 2), (0, 1, 2)), ((0, 2, 3), (0, 1, 2)), ((2, 0, 0, 1, 2), (0, 1, 2, 3, 4)), ((1, 1, 1), (0, 3, 10))],
    ids=str,
)
def test_bootstrap_t_is_that_of_all_resamples_of_rows(counts, steps):
    ratings = [Fraction(s, steps[-1]) for s, c in zip(steps, counts, strict=True) for _ in range(c)]
    centre, error, pivots = listed_pivots(ratings, (0, 1))
    table, values = np.array([counts], float), values_of(steps)
    settings = {"rng": np.random.default_rng(1), "n_resamples": 10}
    assert not needs_resampling(table)[0]
    for tail in (0.025, 0.1, 0.31):
        # The k-th largest and smallest have at least k of n^n beyond or at them; ties are a rounding error apart.
        k = math.ceil(tail * pivots.size - 1e-6)
        wanted = centre - pivots[-k] * error, centre - pivots[k - 1] * error
        found = np.ravel(bootstrap_t_limits(table, values, tail, **settings))
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-13)
    for null in (0.1, centre, 0.55, 0.9):
        t = (centre - null) / error
        wanted = (pivots <= t + 1e-10).mean(), (pivots >= t - 1e-10).mean()
        found = np.ravel(bootstrap_t_tails(table, values, null, **settings))
        np.testing.assert_allclose(found, wanted, rtol=1e-12)  # a mean of up to 3,125 entries


# ------------------------------------------------------------------------------------------- closed forms

# Shares of a binomial count of m tries make the total one of n m tries.
BINOMIAL = [
    ((2 * 10**2, 8 * 10**2), 0.8),
    ((4 * 10**4, 32 * 10**4, 64 * 10**4), 0.8),
    ((25 * 10**7, 50 * 10**7, 25 * 10**7), 0.5),
    ((4 * 10**7, 32 * 10**7, 64 * 10**7), 0.8),
    ((81 * 10**5, 108 * 10**5, 54 * 10**5, 12 * 10**5, 1 * 10**5), 0.25),
    ((10**9 - 3, 3), 3e-9),
    ((99_980_001, 19_998, 1), 1e-4),
]
binomial = pytest.mark.parametrize(("counts", "p"), BINOMIAL, ids=str)


def binomial_tails(total, n, p):
    """P(T >= total) and P(T < total): few terms are added up in 40 digits, as SciPy has 8 where p is tiny."""
    if total > 40:
        return stats.binom.sf(total - 1, n, p), stats.binom.cdf(total - 1, n, p)
    with decimal.localcontext(decimal.Context(prec=40)):
        rare = Decimal(repr(p))
        below = sum(math.comb(n, k) * rare**k * (1 - rare) ** (n - k) for k in range(total))
        return float(1 - below), float(below)


@binomial
def test_tails_of_binomial_shares_are_binomial_up_to_a_billion_respondents(counts, p):
    law = one(counts, range(len(counts)))
    n = sum(counts) * (len(counts) - 1)
    sd = moments(law)[0][0]
    np.testing.assert_allclose(sd, math.sqrt(n * p * (1 - p)), rtol=1e-12)
    for z in (-20, -5, -1.5, -0.01, 0, 0.7, 3, 8, 25):
        total = int(law.total[0] + math.floor(z * sd))
        if 0 < total <= n:
            upper, lower = tails(law, np.array([total]))
            # A phase of some sqrt(n) turns is good to an ulp; as much again for SciPy's binomial.
            tolerance = 1e-12 + 2e-14 * math.sqrt(n)
            if tuple(map(int, scipy.__version__.split(".")[:2])) < (1, 17):
                # Up to some version between 1.15.0 and 1.17.1 SciPy's own binomial was off by 2e-8 at a billion.
                tolerance += 1e-16 * n
            np.testing.assert_allclose([upper[0], lower[0]], binomial_tails(total, n, p), rtol=tolerance)


@binomial
@pytest.mark.parametrize("tail", [0.025, 0.3, 1e-9])
def test_quantiles_of_binomial_shares_are_binomial(counts, p, tail):
    law = one(counts, range(len(counts)))
    n = sum(counts) * (len(counts) - 1)
    assert lower_quantile(law, np.array([tail]))[0] == stats.binom.ppf(tail, n, p)
    assert upper_quantile(law, np.array([tail]))[0] == n - stats.binom.ppf(tail, n, 1 - p)


def test_limits_of_a_billion_respondents_are_the_normal_ones():
    counts = np.array([[2e8, 3e8, 5e8]])
    error = math.sqrt(0.61 / 4 / 1e9)
    for limits in LIMITS.values():
        found = np.ravel(limits(counts, NPS_VALUES, 0.025))
        # The next term of the expansion is of the order of the skewness, 1e-5 standard errors, and of one step.
        np.testing.assert_allclose(found, 0.65 + np.array([-1, 1]) * 1.959964 * error, rtol=0, atol=3e-5 * error)


def test_lattices_are_found_where_there_are_some():
    for span in (1, 2, 7, 100, 101, 9999, 10_000):
        steps = lattice_steps(np.array([0.0, 1 / span, 1.0]))
        np.testing.assert_array_equal(steps, [0, 1, span] if span > 1 else [0, 1, 1])
    np.testing.assert_array_equal(lattice_steps(np.array([0, 0.3333, 1.0])), [0, 3333, 10_000])
    assert lattice_steps(np.array([0.0, 1 / 10_007, 1.0])) is None
    assert lattice_steps(np.array([0.0, math.sqrt(0.5), 1.0])) is None


# ---------------------------------------------------------------------------------------------- simulation


@pytest.mark.parametrize(("method", "name"), [("percentile", "percentile"), ("basic", "basic"), ("bca", "BCa")])
@pytest.mark.parametrize("counts", [(2, 3, 5), (1, 7, 22), (30, 50, 120)], ids=str)
def test_scipys_resamples_agree_within_their_noise(method, name, counts):
    resamples = 20_000
    rows = np.repeat([-100.0, 0.0, 100.0], counts)
    simulated = stats.bootstrap(
        (rows,), np.mean, n_resamples=resamples, method=name, rng=np.random.default_rng(5), vectorized=True, axis=-1,
        batch=2000,
    ).confidence_interval  # fmt: skip
    limits = np.array([simulated.low, simulated.high]) / 200 + 0.5
    if method == "basic":  # on the side where the law is
        limits = 2 * (np.array(counts) @ NPS_VALUES / sum(counts)) - limits[::-1]
    law = one(counts, (0, 1, 2))
    totals = limits * sum(counts) * 2
    levels = [0.025, 0.025]
    if method == "bca":
        _, _, (below, above) = exact_bca(exact_law(counts, (0, 1, 2)), counts, (0, 1, 2), 0.025)
        levels = [below, 1 - above]
    # Five standard errors of a simulated tail; for BCa also those of z0, which move it 2 phi(z) / phi(0) times as far.
    noise = 5 * math.sqrt(0.05 / resamples) * (2 if method == "bca" else 1)
    at_or_below, below = (
        tails(law, np.array([t]))[1][0] for t in (math.floor(totals[0] + 1e-6) + 1, math.ceil(totals[0] - 1e-6))
    )
    at_or_above, above = (
        tails(law, np.array([t]))[0][0] for t in (math.ceil(totals[1] - 1e-6), math.floor(totals[1] + 1e-6) + 1)
    )
    assert below - noise <= levels[0] <= at_or_below + noise
    assert above - noise <= levels[1] <= at_or_above + noise


def test_drawn_pivots_agree_with_listed_ones():
    counts, values = np.array([[12.0, 20.0, 28.0]]), NPS_VALUES
    listed = np.ravel(bootstrap_t_limits(counts, values, 0.025, rng=np.random.default_rng(0), n_resamples=1))
    # The same shares among so many that they are drawn: the interval shrinks with the root of n.
    many = counts * 100
    assert needs_resampling(many)[0]
    drawn = np.ravel(bootstrap_t_limits(many, values, 0.025, rng=np.random.default_rng(0), n_resamples=99_999))
    centre = counts[0] @ values / 60
    # A quantile at 2.5 % of 99,999 has a standard error of 0.9 % of the margin; skewness adds some 2 % at n = 60.
    np.testing.assert_allclose((drawn - centre) * 10, listed - centre, rtol=0.06)
    normal = np.array([-1, 1]) * 1.96 * math.sqrt((28 + 12 - 16**2 / 60) / 60 / 4 / 6000)
    np.testing.assert_allclose(drawn - centre, normal, rtol=0.03)


def test_drawn_pvalues_count_the_observed_sample():
    counts = np.array([[1200.0, 2000.0, 2800.0]])
    settings = {"rng": np.random.default_rng(0), "n_resamples": 999}
    below, above = bootstrap_t_tails(counts, NPS_VALUES, 0.1, **settings)
    assert (below[0], above[0]) == pytest.approx((1, 1 / 1000), rel=1e-12)  # sums of 999 equal weights
    # With 9 resamples a tail of 2.5 % is out of sight.
    settings["n_resamples"] = 9
    assert [limit[0] for limit in bootstrap_t_limits(counts, NPS_VALUES, 0.025, **settings)] == [0, 1]


# ------------------------------------------------------------------------------------------ R's package boot


def of_r(case):
    values = np.array(case["values"], float)
    unit = (values - values[0]) / (values[-1] - values[0])
    return (
        np.array([case["counts"]], float),
        unit,
        lambda limits: (np.array(limits) - values[0]) / (values[-1] - values[0]),
    )


r_cases = pytest.mark.parametrize("case", R_ORACLE["cases"], ids=lambda case: str(case["counts"]))


@r_cases
def test_constants_of_bca_are_those_of_r(case):
    counts, values, _ = of_r(case)
    law = resampled_totals(counts, lattice_steps(values))
    _, acceleration = bca_constants(law)
    np.testing.assert_allclose(acceleration[0], case["acceleration"], rtol=1e-9)  # a numerical derivative
    below = tails(law, law.total)[1][0]
    equal = tails(law, law.total + 1)[1][0] - below
    noise = 5 * 0.5 / math.sqrt(R_ORACLE["resamples"])  # five standard errors of a share
    assert abs(below - case["below"]) < noise
    assert abs(equal - case["equal"]) < noise


@r_cases
@pytest.mark.parametrize("method", ["percentile", "basic", "bca_mid"])
def test_limits_are_those_of_r_within_the_noise_of_its_resamples(case, method):
    counts, values, to_unit = of_r(case)
    steps = lattice_steps(values)
    limits = LIMITS[method.removesuffix("_mid")]
    # Limits at tails five standard errors apart enclose those simulated; R also interpolates, within one step.
    share = 5 * math.sqrt(0.025 / R_ORACLE["resamples"]) * (2.5 if method == "bca_mid" else 1)
    wide, narrow = (np.ravel(limits(counts, values, 0.025 + shift)) for shift in (-share, share))
    step = 1 / (counts.sum() * steps[-1])
    found = to_unit(case[method])
    assert wide[0] - step - 1e-9 <= found[0] <= narrow[0] + step + 1e-9
    assert narrow[1] - step - 1e-9 <= found[1] <= wide[1] + step + 1e-9


@r_cases
def test_bootstrap_t_limits_are_those_of_r_within_the_noise_of_its_resamples(case):
    counts, values, to_unit = of_r(case)
    share = 5 * math.sqrt(0.025 / R_ORACLE["resamples"])
    settings = {"n_resamples": 99_999}
    if needs_resampling(counts)[0]:  # two simulations
        share *= 1.5
    wide, narrow = (
        np.ravel(bootstrap_t_limits(counts, values, 0.025 + shift, rng=np.random.default_rng(3), **settings))
        for shift in (-share, share)
    )
    found = to_unit(case["student"])
    assert wide[0] - 1e-9 <= found[0] <= narrow[0] + 1e-9
    assert narrow[1] - 1e-9 <= found[1] <= wide[1] + 1e-9
