"""The score statistics and limits against closed forms, brute force, other software, and published limits.

On the unit scale of the kernels, NPS is (score + 100) / 200, and its values are 0, 1/2 and 1. What is written out
here follows the literature's scale, -1 ... 1.
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
from scipy import optimize
from scipy.special import ndtri, xlogy
from statsmodels.stats import proportion

import npsstats as nps
from npsstats.kernels.mover import mover_limits, mover_statistic
from npsstats.kernels.restricted import restricted_limits, restricted_shares, restricted_statistic
from npsstats.kernels.score import plain_score, skewness_corrected_score

NPS_VALUES = np.array([0.0, 0.5, 1.0])
ONE = np.ones(1)
DIFFERENCE = np.array([1.0, -1.0])
DIFFERENCES = DIFFERENCE[None]
STATISTICS = {False: plain_score, True: skewness_corrected_score}
Z_95 = float(ndtri(0.975))

R_ORACLE = json.loads((Path(__file__).parent / "data" / "score_r.json").read_text())


def limits_of(table, values=NPS_VALUES, z=Z_95, *, corrected):
    """Limits of one sample (one row) or of a difference (two rows), on the unit scale."""
    table = np.atleast_2d(np.asarray(table, float))
    low, high = restricted_limits(
        STATISTICS[corrected], table[None], np.asarray(values, float), ONE if len(table) == 1 else DIFFERENCE, z
    )
    return low[0], high[0]


def statistic_of(table, null, values=NPS_VALUES, *, corrected):
    table = np.atleast_2d(np.asarray(table, float))
    weights = ONE if len(table) == 1 else DIFFERENCE
    return restricted_statistic(
        STATISTICS[corrected], table[None], np.asarray(values, float), weights, np.array([float(null)])
    )[0]


# ------------------------------------------------------------------------------------ the restricted shares


def exact_problem(shares, values, multiplier):
    """Find observed shares w = p (1 + lambda (c - theta)), whose restricted shares at lambda are exactly p.

    They add up to 1 for any lambda; the problem exists if none is negative.
    """
    theta = sum(p * c for p, c in zip(shares, values, strict=True))
    observed = [p * (1 + multiplier * (c - theta)) for p, c in zip(shares, values, strict=True)]
    assert sum(observed) == 1
    return observed, theta


THIRD, RARE = Fraction(1, 3), Fraction(1, 10**9)
EXACT = {
    "two levels": ([Fraction(3, 10), Fraction(7, 10)], [0, 1], Fraction(5, 4)),
    "two levels, up": ([Fraction(3, 10), Fraction(7, 10)], [0, 1], Fraction(-3)),
    "NPS": ([Fraction(1, 5), Fraction(3, 10), Fraction(1, 2)], [0, Fraction(1, 2), 1], Fraction(3, 2)),
    "hardly tilted": ([Fraction(1, 5), Fraction(3, 10), Fraction(1, 2)], [0, Fraction(1, 2), 1], Fraction(1, 10**9)),
    "unequal steps": ([Fraction(1, 7), Fraction(2, 7), Fraction(4, 7)], [0, Fraction(9, 10), 1], Fraction(-1)),
    "five levels": ([Fraction(k, 15) for k in (1, 2, 3, 4, 5)], [Fraction(k, 4) for k in range(5)], Fraction(1)),
    "five levels, an empty middle": ([THIRD, 0, THIRD, 0, THIRD], [Fraction(k, 4) for k in range(5)], Fraction(-7, 4)),
    "eleven levels": ([Fraction(k, 66) for k in range(1, 12)], [Fraction(k, 10) for k in range(11)], Fraction(-2)),
    "rare ends": ([RARE, 1 - 2 * RARE, RARE], [0, Fraction(1, 2), 1], Fraction(1)),
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_restricted_shares_recover_exact_rational_solutions(name):
    shares, values, multiplier = EXACT[name]
    observed, _ = exact_problem(shares, values, multiplier)
    found = restricted_shares(np.array(observed, float), np.array(values, float), np.array(float(multiplier)))
    # The root is found to a relative 1e-9 squared, that is to rounding of a dozen operations.
    np.testing.assert_allclose(found, np.array(shares, float), rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize(
    ("shares", "values"),
    [
        ([Fraction(1, 4), Fraction(1, 4), Fraction(1, 2)], [0, Fraction(1, 2), 1]),
        ([Fraction(1, 10**6), Fraction(1, 2), Fraction(499999, 10**6)], [0, Fraction(1, 2), 1]),
        ([Fraction(3, 4), Fraction(1, 4)], [0, 1]),
        ([Fraction(k, 15) for k in (5, 4, 3, 2, 1)], [Fraction(k, 4) for k in range(5)]),
        ([Fraction(1, 2), *[Fraction(1, 20)] * 10], [Fraction(k, 10) for k in range(11)]),
    ],
)
@pytest.mark.parametrize("down", [True, False])
def test_empty_end_level_takes_exactly_the_mass_that_no_other_level_can(shares, values, down):
    """At lambda = 1 / (theta - c_end) the observed share of the end is 0 and its restricted share is not."""
    theta = sum(p * c for p, c in zip(shares, values, strict=True))
    multiplier = 1 / (theta - values[0 if down else -1])
    observed, _ = exact_problem(shares, values, multiplier)
    assert observed[0 if down else -1] == 0
    found = restricted_shares(np.array(observed, float), np.array(values, float), np.array(float(multiplier)))
    # lambda is rounded once, which moves the mass of the end, 1 - sum w / (lambda d), by some ulp of 1.
    np.testing.assert_allclose(found, np.array(shares, float), rtol=0, atol=2e-15)


def test_an_interior_empty_level_never_takes_mass():
    for multiplier in (-1e6, -3.0, -0.1, 0.0, 0.1, 3.0, 1e6):
        found = restricted_shares(np.array([0.0, 0.0, 1.0, 0.0, 0.0]), np.linspace(0, 1, 5), np.array(multiplier))
        assert found[1] == found[3] == 0


def random_shares(rng, levels):
    """Shares of a random histogram in which about half of the levels are empty."""
    counts = rng.integers(0, 12, levels) * rng.integers(0, 2, levels)
    counts[rng.integers(levels)] += 1
    return counts / counts.sum()


@pytest.mark.parametrize("levels", [2, 3, 5, 11])
def test_restricted_shares_meet_the_conditions_of_the_constrained_maximum(levels):
    """Karush-Kuhn-Tucker: the problem is convex, so these conditions are sufficient."""
    rng = np.random.default_rng(levels)
    values = np.sort(np.append(rng.uniform(0, 1, levels - 2), [0, 1]))
    for _ in range(200):
        shares = random_shares(rng, levels)
        multiplier = rng.choice([-1, 1]) * 10 ** rng.uniform(-6, 6)
        found = restricted_shares(shares, values, np.array(multiplier))
        assert (found >= 0).all()
        np.testing.assert_allclose(found.sum(), 1, rtol=0, atol=1e-13)  # a sum of at most 11 rounded terms
        room = 1 + multiplier * (values - found @ values)
        # Dual feasibility, stationarity and slackness, all scaled by the largest term of `room`.
        scale = 1 + abs(multiplier)
        assert (room >= -1e-13 * scale).all()
        np.testing.assert_allclose(found * room, shares, rtol=0, atol=1e-13 * scale)


@pytest.mark.parametrize("levels", [2, 3, 5, 11])
def test_no_direct_search_finds_a_higher_likelihood(levels):
    """SLSQP over all shares with the same mean, which knows nothing of multipliers."""
    rng = np.random.default_rng(100 + levels)
    values = np.linspace(0, 1, levels)
    for _ in range(8):
        shares = random_shares(rng, levels)
        multiplier = rng.choice([-1, 1]) * 10 ** rng.uniform(-0.5, 1)
        found = restricted_shares(shares, values, np.array(multiplier))
        theta = found @ values

        def loss(p, shares=shares):
            return -xlogy(shares, np.maximum(p, 1e-300)).sum()

        constraints = [
            {"type": "eq", "fun": lambda p: p.sum() - 1},
            {"type": "eq", "fun": lambda p, theta=theta: p @ values - theta},
        ]
        # A feasible start: the uniform shares mixed with all mass on the two ends.
        ends = np.zeros(levels)
        ends[[0, -1]] = 1 - theta, theta
        best = optimize.minimize(
            loss, ends * 0.999 + found * 0.001, method="SLSQP", bounds=[(1e-12, 1)] * levels, constraints=constraints,
            options={"ftol": 1e-13, "maxiter": 1000},
        )  # fmt: skip
        # The search stops within 1e-8 of the maximum, and may leave the constraints by as much.
        assert loss(found) <= best.fun + 1e-7
        np.testing.assert_allclose(loss(found), best.fun, rtol=0, atol=1e-5)
        np.testing.assert_allclose(found, best.x, rtol=0, atol=5e-3)  # the likelihood is flat at its maximum


@pytest.mark.parametrize("multiplier", [0.0, 1e-300, 1e-12, 1.0, 1e12, 1e100, 1e300])
@pytest.mark.parametrize("sign", [-1, 1])
def test_restricted_shares_stay_a_distribution_at_extreme_multipliers(multiplier, sign):
    rng = np.random.default_rng(7)
    for levels in (2, 3, 11):
        values = np.linspace(0, 1, levels)
        for shares in [*np.eye(levels), *(random_shares(rng, levels) for _ in range(10))]:
            found = restricted_shares(shares, values, np.array(sign * multiplier))
            assert (found >= 0).all()
            np.testing.assert_allclose(found.sum(), 1, rtol=0, atol=1e-13)  # rounding of at most 11 terms
            if multiplier <= 1e-300:
                np.testing.assert_allclose(found, shares, rtol=1e-15)  # their sum is 1 within an ulp
            if multiplier >= 1e100:  # all that can move has moved
                assert found[-1 if sign < 0 else 0] >= 1 - 1e-15


# --------------------------------------------------------------------- one NPS: the closed form in 50 digits


def closed_form(table, theta, *, corrected):
    """The statistic of May & Johnson (1997) and Tango (1998), or skewness-corrected, in 50 digits.

    2 n q^2 + B q + C = 0 for the restricted share q of detractors; theta is on -1 ... 1.
    """
    with decimal.localcontext() as context:
        context.prec = 50
        d, s, p = (Decimal(int(x)) for x in table)
        n, theta = d + s + p, Decimal(theta)
        b = -p - d + (2 * n - p + d) * theta
        c = -d * theta * (1 - theta)
        q = ((b * b - 8 * n * c).sqrt() - b) / (4 * n)
        second = 2 * q + theta
        variance = second - theta**2
        distance = (p - d) / n - theta
        if not corrected:
            return distance / (variance / n).sqrt()
        variance /= n - 1
        skewness = (theta - 3 * theta * second + 2 * theta**3) / n**2 / (6 * variance * variance.sqrt())
        score = distance / variance.sqrt()
        # A (z^2 - 1) + z = score; the root that tends to the score as A goes to 0.
        return 2 * (skewness + score) / (1 + (1 + 4 * skewness * (skewness + score)).sqrt())


def unit(theta):
    return (theta + 1) / 2


SMALL_TABLES = [
    table for n in range(2, 8) for table in itertools.product(range(n + 1), repeat=3) if sum(table) == n
]  # fmt: skip
LARGE_TABLES = [
    (20, 100, 40), (395, 476, 291), (0, 500, 1), (1, 999_998, 1), (999, 0, 1), (0, 3, 10**6),
    (200_000_000, 300_000_000, 500_000_000), (1, 0, 999_999_999), (0, 999_999_999, 1), (333_333_333, 1, 666_666_666),
]  # fmt: skip


@pytest.mark.parametrize("corrected", [False, True])
def test_statistic_is_the_closed_form_for_every_small_table(corrected):
    nulls = (-0.999, -0.6, -0.25, 0.01, 0.1, 0.5, 0.95)
    expected = [float(closed_form(table, null, corrected=corrected)) for table in SMALL_TABLES for null in nulls]
    counts = np.repeat(np.array(SMALL_TABLES, float), len(nulls), axis=0)[:, None]
    found = restricted_statistic(
        STATISTICS[corrected], counts, NPS_VALUES, ONE, np.tile(unit(np.array(nulls)), len(SMALL_TABLES))
    )
    # The null value is rounded to the unit scale; where the variance is 0.001, that costs three digits.
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("table", LARGE_TABLES, ids=str)
def test_statistic_is_the_closed_form_for_large_tables(table, corrected):
    n = sum(table)
    estimate = Fraction(table[2] - table[0], n)
    error = math.sqrt(max(float(Fraction(table[2] + table[0], n) - estimate**2), 1 / n) / n)
    for steps in (-8.0, -2.0, -0.5, 0.5, 2.0, 8.0):
        null = float(estimate) + steps * error
        if not -1 < null < 1:
            continue
        null = 2 * unit(null) - 1  # representable on both scales
        expected = float(closed_form(table, null, corrected=corrected))
        # Shares and null value are rounded to 1e-16, which is so many standard errors; relative to half a one, with a
        # rounding for each of the two, four times as much.
        rounding = 4 * np.finfo(float).eps / error
        found = statistic_of(table, unit(null), corrected=corrected)
        np.testing.assert_allclose(found, expected, rtol=1e-11 + rounding)


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_limits_are_where_the_closed_form_reaches_the_quantile(level, corrected):
    z = float(ndtri((1 + level) / 2))
    counts = np.array(SMALL_TABLES + LARGE_TABLES, float)
    low, high = restricted_limits(STATISTICS[corrected], counts[:, None], NPS_VALUES, ONE, z)
    for table, *limits in zip(SMALL_TABLES + LARGE_TABLES, low, high, strict=True):
        n = sum(table)
        step = 1e-10 * math.sqrt(1 / n)  # a limit may be wrong by about 1e-10 standard errors
        for limit, sign in zip(limits, (1, -1), strict=True):
            theta = 2 * Decimal(limit) - 1

            def excess(theta, table=table, sign=sign):
                return sign * closed_form(table, theta, corrected=corrected) - Decimal(z)

            if limit in (0.0, 1.0):
                # At a bound, the statistic has not reached the quantile just inside it.
                inside = theta + Decimal(sign) * Decimal("1e-12")
                assert excess(inside) <= 0 or (table[0 if sign > 0 else 2] == n)
            else:
                assert excess(theta - sign * Decimal(step)) >= 0 >= excess(theta + sign * Decimal(step)), (table, limit)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1000, 10**9])
def test_plain_limits_of_one_sided_samples_have_a_closed_form(n):
    """All promoters: z^2 = n (1 - theta) / (1 + theta). All passives: z^2 = n theta / (1 - theta)."""
    rest = Z_95**2 / (n + Z_95**2)
    tolerance = {"rtol": 1e-12, "atol": 1e-15}  # a dozen operations; 1 - rest is rounded to 1e-16
    np.testing.assert_allclose(limits_of([0, 0, n], corrected=False), (1 - rest, 1), **tolerance)
    np.testing.assert_allclose(limits_of([n, 0, 0], corrected=False), (0, rest), **tolerance)
    np.testing.assert_allclose(limits_of([0, n, 0], corrected=False), ((1 - rest) / 2, (1 + rest) / 2), **tolerance)


@pytest.mark.parametrize("n", [2, 3, 10, 1000, 10**9])
def test_corrected_limit_of_all_promoters_solves_its_two_point_equation(n):
    """With two-point shares on -1 and 1 all moments are known: A (z^2 - 1) + z = s."""
    low, high = limits_of([0, 0, n], corrected=True)
    assert high == 1
    rest = Fraction(1) - Fraction(low)  # the share of detractors; theta = 1 - 2 rest
    variance = 4 * rest * (1 - rest) / (n - 1)
    third = -2 * (1 - 2 * rest) * 4 * rest * (1 - rest) / Fraction(n) ** 2
    skewness = float(third) / (6 * float(variance) ** 1.5)
    # A and s are about 1; at n = 1e9 the share of detractors keeps 7 of 16 digits.
    np.testing.assert_allclose(skewness * (Z_95**2 - 1) + Z_95, float(2 * rest) / math.sqrt(variance), rtol=1e-6)
    np.testing.assert_allclose(limits_of([n, 0, 0], corrected=True), (0, 1 - low), rtol=0, atol=1e-15)


def test_one_respondent_tells_nothing_about_the_skewness_corrected_score():
    for table in np.eye(3):
        assert limits_of(table, corrected=True) == (0, 1)
        for null in (0.01, 0.3, 0.9):
            assert statistic_of(table, null, corrected=True) == 0


# ----------------------------------------------------------------------------------------- published limits


@pytest.mark.parametrize(
    ("categories", "method", "low", "high", "decimals"),
    [
        # ratesci, scorepairci(c(1, 1, 7, 12)), prints -0.5281 and -0.0184; more digits by two other computations.
        ({"promoters": 1, "passives": 13, "detractors": 7}, "score", -52.811, -1.842, 3),
        # Fagerland, Lydersen & Laake, and ratesci's source: -0.517, -0.026.
        ({"promoters": 1, "passives": 13, "detractors": 7}, "tango", -51.72, -2.60, 2),
        # PropCIs, scoreci.mp(b = 40, c = 20, n = 160).
        ({"promoters": 20, "passives": 100, "detractors": 40}, "tango", -21.806, -3.086, 3),
    ],
)
def test_published_limits(categories, method, low, high, decimals):
    result = nps.estimate(nps.RatingCounts.from_categories(**categories), method=method)
    # Half a unit of the last printed digit.
    np.testing.assert_allclose([result.low[0], result.high[0]], [low, high], rtol=0, atol=0.5 * 10.0**-decimals)


# --------------------------------------------------------------------------- two-valued metrics: proportions

TOP_BOX = nps.top_box(nps.Scale(1, 2), boxes=1)


@pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
@pytest.mark.parametrize(("top", "n"), [(0, 1), (1, 1), (0, 9), (3, 10), (57, 60), (1234, 5000), (1, 10**8)])
def test_plain_score_interval_of_a_share_is_wilsons(top, n, level):
    counts = nps.RatingCounts.from_histogram([n - top, top], scale=TOP_BOX.scale, metric=TOP_BOX)
    result = nps.estimate(counts, method="tango", confidence_level=level)
    expected = proportion.proportion_confint(top, n, alpha=1 - level, method="wilson")
    # Wilson's closed form subtracts nearly equal numbers where the share is 1e-8.
    np.testing.assert_allclose(
        [result.low[0], result.high[0]], 100 * np.array(expected).clip(0, 1), rtol=1e-9, atol=1e-12
    )


def two_share_statistic(top, n, reference_top, reference_n, null):
    """Farrington & Manning's statistic, by the cubic of Miettinen & Nurminen (1985) in its trigonometric form.

    statsmodels 0.15 has a wrong coefficient in that cubic (its issue 10269), so it serves only where null is 0.
    """
    total_n, total = n + reference_n, top + reference_top
    l2 = (n + 2 * reference_n) * null - total_n - total
    l1 = (reference_n * null - total_n - 2 * reference_top) * null + total
    l0 = reference_top * null * (1 - null)
    q = l2**3 / (3 * total_n) ** 3 - l1 * l2 / (6 * total_n**2) + l0 / (2 * total_n)
    p = math.copysign(math.sqrt(max(l2**2 / (3 * total_n) ** 2 - l1 / (3 * total_n), 0)), q)
    angle = (math.pi + math.acos(min(max(q / p**3, -1), 1))) / 3
    share_2 = 2 * p * math.cos(angle) - l2 / (3 * total_n)
    share_1 = share_2 + null
    variance = share_1 * (1 - share_1) / n + share_2 * (1 - share_2) / reference_n
    return (top / n - reference_top / reference_n - null) / math.sqrt(variance)


def two_shares(top, n, reference_top, reference_n):
    return [[n - top, top], [reference_n - reference_top, reference_top]]


TWO_SHARES = [(7, 20, 11, 40), (1, 12, 9, 13), (30, 31, 5, 400), (450, 1000, 300, 2000), (2, 4, 3, 5)]


@pytest.mark.parametrize("null", [-0.3, 0.1, 0.55])
@pytest.mark.parametrize("case", TWO_SHARES, ids=str)
def test_plain_statistic_of_two_shares_is_farrington_and_mannings(case, null):
    expected = two_share_statistic(*case, null)
    # The cubic is solved by a cosine, to some 1e-12.
    np.testing.assert_allclose(
        statistic_of(two_shares(*case), null, [0, 1], corrected=False), expected, rtol=1e-10, atol=1e-11
    )


@pytest.mark.parametrize("case", TWO_SHARES, ids=str)
def test_plain_test_of_two_equal_shares_is_the_pooled_one_of_statsmodels(case):
    expected = proportion.test_proportions_2indep(
        *case, value=0, compare="diff", method="score", correction=False
    ).statistic
    found = statistic_of(two_shares(*case), 0, [0, 1], corrected=False)
    np.testing.assert_allclose(found, expected, rtol=1e-12)  # a closed form there, a root here


@pytest.mark.parametrize("case", TWO_SHARES, ids=str)
def test_plain_limits_of_two_shares_are_mees(case):
    for limit, sign in zip(limits_of(two_shares(*case), [0, 1], corrected=False), (1, -1), strict=True):
        # As for the statistic.
        np.testing.assert_allclose(two_share_statistic(*case, limit), sign * Z_95, rtol=1e-10)


# Newcombe (1998), Interval estimation for the difference between independent proportions, Statistics in Medicine
# 17, 873-890, Table II: Mee's limits, Miettinen & Nurminen's, and those of method 10.
NEWCOMBE = {
    (56, 70, 48, 80): [(0.0533, 0.3377), (0.0528, 0.3382), (0.0524, 0.3339)],
    (9, 10, 3, 10): [(0.1821, 0.8370), (0.1700, 0.8406), (0.1705, 0.8090)],
    (6, 7, 2, 7): [(0.0544, 0.8478), (0.0342, 0.8534), (0.0582, 0.8062)],
    (5, 56, 0, 29): [(-0.0313, 0.1926), (-0.0326, 0.1933), (-0.0381, 0.1926)],
    (0, 10, 0, 20): [(-0.1611, 0.2775), (-0.1658, 0.2844), (-0.1611, 0.2775)],
    (0, 10, 0, 10): [(-0.2775, 0.2775), (-0.2879, 0.2879), (-0.2775, 0.2775)],
    (10, 10, 0, 20): [(0.7225, 1.0000), (0.7156, 1.0000), (0.6791, 1.0000)],
    (10, 10, 0, 10): [(0.6777, 1.0000), (0.6636, 1.0000), (0.6075, 1.0000)],
}


@pytest.mark.parametrize("case", NEWCOMBE, ids=str)
def test_limits_of_two_shares_are_those_that_newcombe_printed(case):
    mee, miettinen_nurminen, method_10 = NEWCOMBE[case]
    table, total_n = two_shares(*case), case[1] + case[3]
    tolerance = {"rtol": 0, "atol": 0.5e-4}  # four decimals are printed
    np.testing.assert_allclose(limits_of(table, [0, 1], corrected=False), mee, **tolerance)
    # Miettinen & Nurminen multiply the variance by N / (N - 1), which widens the quantile by its root.
    z = Z_95 * math.sqrt(total_n / (total_n - 1))
    np.testing.assert_allclose(limits_of(table, [0, 1], z, corrected=False), miettinen_nurminen, **tolerance)
    found = mover_limits(np.array([table], float), np.array([0.0, 1.0]), DIFFERENCES, Z_95)
    np.testing.assert_allclose(np.ravel(found), method_10, **tolerance)


def test_limits_of_two_shares_are_those_of_propcis():
    # diffscoreci(7, 34, 1, 34, 0.95) of R's PropCIs, with the factor N / (N - 1); its search stops at 1e-7.
    found = limits_of(two_shares(7, 34, 1, 34), [0, 1], Z_95 * math.sqrt(68 / 67), corrected=False)
    np.testing.assert_allclose(found, [0.0270416, 0.3452912], rtol=0, atol=1e-7)


# ------------------------------------------------------------------- two NPS: direct nested maximisation


def log_likelihood(table, theta):
    """Of one group at its mean theta, maximised in closed form; and the restricted (q, second moment)."""
    d, s, p = table
    n = sum(table)
    b = -p - d + (2 * n - p + d) * theta
    q = (math.sqrt(max(b * b + 8 * n * d * theta * (1 - theta), 0)) - b) / (4 * n)
    q = min(max(q, 0, -theta), (1 - theta) / 2)
    return xlogy(d, q) + xlogy(s, 1 - 2 * q - theta) + xlogy(p, q + theta), 2 * q + theta


def nested_statistic(first, second, null, *, corrected):
    """Maximise over the first mean t, the second being t - null; then the formula of METHODS' two-sample test."""
    low, high = max(-1, null - 1), min(1, null + 1)

    def loss(t):
        return -(log_likelihood(first, t)[0] + log_likelihood(second, t - null)[0])

    # A coarse search, then a fine one; the profile is concave.
    grid = np.linspace(low, high, 401)[1:-1]
    start = int(np.argmin([loss(t) for t in grid]))
    step = grid[1] - grid[0]
    t = optimize.minimize_scalar(
        loss, bounds=(max(low, grid[start] - step), min(high, grid[start] + step)), method="bounded",
        options={"xatol": 1e-12},
    ).x  # fmt: skip
    n_1, n_2 = sum(first), sum(second)
    m_1, m_2 = log_likelihood(first, t)[1], log_likelihood(second, t - null)[1]
    distance = (first[2] - first[0]) / n_1 - (second[2] - second[0]) / n_2 - null
    v_1, v_2 = m_1 - t**2, m_2 - (t - null) ** 2
    if not corrected:
        return distance / math.sqrt(v_1 / n_1 + v_2 / n_2)
    variance = v_1 / (n_1 - 1) + v_2 / (n_2 - 1)
    third = (t - 3 * t * m_1 + 2 * t**3) / n_1**2
    third -= (t - null - 3 * (t - null) * m_2 + 2 * (t - null) ** 3) / n_2**2
    a, score = third / (6 * variance**1.5), distance / math.sqrt(variance)
    return 2 * (a + score) / (1 + math.sqrt(1 + 4 * a * (a + score)))


PAIRS = [
    ((20, 40, 40), (10, 35, 55)),
    ((7, 13, 1), (1, 3, 6)),
    ((30, 100, 70), (0, 4, 8)),
    ((2, 1, 0), (5, 0, 5)),
    ((0, 0, 6), (3, 5, 4)),
    ((0, 9, 0), (2, 20, 3)),
    ((12, 0, 0), (0, 0, 5)),
    ((395, 476, 291), (332, 226, 609)),
]


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize(("first", "second"), PAIRS, ids=str)
def test_statistic_of_two_scores_is_that_of_a_nested_maximisation(first, second, corrected):
    for null in (-1.2, -0.35, 0.0, 0.2, 0.7):
        expected = nested_statistic(first, second, null, corrected=corrected)
        found = statistic_of([first, second], null / 2, corrected=corrected)
        # A search for a maximum leaves about 1e-8 in t, and a standard error is 0.02 to 1.
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=str)
def test_limits_of_two_scores_are_where_the_nested_maximisation_reaches_the_quantile(first, second):
    for limit, sign in zip(limits_of([first, second], corrected=True), (1, -1), strict=True):
        if abs(limit) < 1:
            found = nested_statistic(first, second, 2 * limit, corrected=True)
            np.testing.assert_allclose(found, sign * Z_95, rtol=1e-5)  # as above


def test_difference_is_group_minus_reference():
    high, low = (1, 4, 15), (12, 5, 3)
    assert statistic_of([high, low], 0, corrected=True) > 3
    assert limits_of([high, low], corrected=True)[0] > 0
    assert limits_of([low, high], corrected=True)[1] < 0


# ----------------------------------------------------------------------------------------------- MOVER


def mover_by_hand(first, second, z):
    """Zou & Donner (2008), equation 3, from the plain score limits of the arms found in 50 digits."""

    def limit(table, sign):
        n = sum(table)
        estimate = (table[2] - table[0]) / n
        bound = -sign
        if estimate == bound:
            return bound
        return optimize.brentq(
            lambda theta: float(sign * closed_form(table, theta, corrected=False)) - z,
            bound * (1 - 1e-13), estimate - sign * 1e-13, xtol=1e-14,
        )  # fmt: skip

    means = [(table[2] - table[0]) / sum(table) for table in (first, second)]
    low = [limit(table, 1) for table in (first, second)]
    high = [limit(table, -1) for table in (first, second)]
    difference = means[0] - means[1]
    return (
        difference - math.hypot(means[0] - low[0], high[1] - means[1]),
        difference + math.hypot(high[0] - means[0], means[1] - low[1]),
    )


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=str)
def test_mover_limits_are_made_of_the_limits_of_the_arms(first, second):
    table = np.array([[first, second]], float)
    low, high = mover_limits(table, NPS_VALUES, DIFFERENCES, Z_95)
    # The roots here are found to 1e-13, at a distance of 0.01 to 1.
    np.testing.assert_allclose([2 * low[0], 2 * high[0]], mover_by_hand(first, second, Z_95), rtol=0, atol=1e-11)


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=str)
def test_mover_statistic_is_the_quantile_whose_interval_ends_at_the_null_value(first, second):
    table = np.array([[first, second]], float)
    statistic = mover_statistic(table, NPS_VALUES, DIFFERENCES, np.zeros(1))[0]
    low, high = mover_by_hand(first, second, abs(statistic))
    # As for the limits; a standard error is above 0.02.
    np.testing.assert_allclose(low if statistic > 0 else high, 0, rtol=0, atol=1e-10)


# ---------------------------------------------------------------------------------- stored results of R

R_TOLERANCE = {"rtol": 1e-7, "atol": 1e-8}  # uniroot stops 1e-13 from the root of one mean, inside a second root


@pytest.mark.parametrize("case", R_ORACLE["wilson"], ids=str)
def test_interval_of_a_share_is_that_of_r_prop_test(case):
    table = [case["n"] - case["top"], case["top"]]
    z = float(ndtri((1 + case["level"]) / 2))
    # 15 digits are stored; R's closed form cancels where the share is 0.
    np.testing.assert_allclose(
        limits_of(table, [0, 1], z, corrected=False), [case["low"], case["high"]], rtol=1e-12, atol=1e-15
    )


@pytest.mark.parametrize("case", R_ORACLE["pooled"], ids=str)
def test_plain_test_of_two_shares_is_that_of_r_prop_test(case):
    table = [[n - top, top] for top, n in zip(case["top"], case["n"], strict=True)]
    statistic = statistic_of(table, 0, [0, 1], corrected=False)
    np.testing.assert_allclose(statistic**2, case["chi2"], rtol=1e-11)  # 15 digits are stored


@pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")
@pytest.mark.parametrize("case", R_ORACLE["mcnemar"], ids=str)
def test_plain_test_of_a_score_of_zero_is_mcnemars_in_r(case):
    categories = {name: case[name] for name in ("promoters", "passives", "detractors")}
    result = nps.compare(nps.RatingCounts.from_categories(**categories), reference=0.0, method="tango")
    np.testing.assert_allclose(result.statistic[0] ** 2, case["chi2"], rtol=1e-11)  # 15 digits are stored
    np.testing.assert_allclose(result.pvalue[0], case["pvalue"], rtol=1e-11)


@pytest.mark.parametrize("kind", ["plain", "corrected"])
@pytest.mark.parametrize("case", R_ORACLE["one_sample"], ids=lambda case: str(case["counts"]))
def test_one_sample_is_that_of_the_dual_problem_in_r(case, kind):
    corrected = kind == "corrected"
    found = statistic_of(case["counts"], case["null"], case["values"], corrected=corrected)
    np.testing.assert_allclose(found, case[kind], **R_TOLERANCE)
    limits = limits_of(case["counts"], case["values"], corrected=corrected)
    np.testing.assert_allclose(limits, case[f"{kind}_limits"], **R_TOLERANCE)


@pytest.mark.parametrize("kind", ["plain", "corrected"])
@pytest.mark.parametrize("case", R_ORACLE["two_sample"], ids=lambda case: f"{case['x']}-{case['y']}")
def test_two_samples_are_those_of_the_dual_problem_in_r(case, kind):
    table, corrected = [case["x"], case["y"]], kind == "corrected"
    np.testing.assert_allclose(statistic_of(table, 0, case["values"], corrected=corrected), case[kind], **R_TOLERANCE)
    limits = limits_of(table, case["values"], corrected=corrected)
    np.testing.assert_allclose(limits, case[f"{kind}_limits"], **R_TOLERANCE)


# ----------------------------------------------------------------------------------- rows do not interfere


def test_each_row_of_a_stack_is_solved_as_if_it_were_alone():
    tables = np.array([*SMALL_TABLES, *LARGE_TABLES], float)[:, None]
    low, high = restricted_limits(STATISTICS[True], tables, NPS_VALUES, ONE, Z_95)
    alone = [limits_of(table[0], corrected=True) for table in tables[::7]]
    # Easy rows take further Newton steps until the hardest row is done: a few ulp.
    np.testing.assert_allclose(np.column_stack([low, high])[::7], alone, rtol=0, atol=1e-14)
