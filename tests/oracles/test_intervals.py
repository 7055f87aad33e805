"""The closed-form and likelihood intervals of one score against formulas written out, and other software."""

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
from scipy import optimize, stats
from statsmodels.emplike.descriptive import DescStat
from statsmodels.stats.proportion import proportion_confint

import npsstats as nps
from npsstats.inference.intervals import ONE_SAMPLE_METHODS

TABLES = [(7, 13, 1), (20, 30, 50), (2, 3, 5), (0, 6, 14), (11, 0, 9), (118, 276, 380), (1, 0, 29)]
FIVE = nps.mean_score(nps.Scale(1, 5))
RATINGS = [(3, 0, 4, 9, 14), (10, 20, 30, 20, 10), (0, 1, 0, 6, 3), (40, 1, 1, 1, 40)]


def estimate(counts, method, **arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nps.SmallSampleWarning)
        return nps.estimate(counts, method=method, **arguments)


def against(counts, method, benchmark, **arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nps.SmallSampleWarning)
        return nps.compare(counts, method=method, reference=benchmark, **arguments)


def categories(table):
    detractors, passives, promoters = table
    return nps.RatingCounts.from_categories(promoters=promoters, passives=passives, detractors=detractors)


def ratings(table):
    return nps.RatingCounts.from_histogram(table, scale=FIVE.scale, metric=FIVE)


def rows_of(counts):
    """The value of each respondent, in points."""
    return np.repeat(counts.metric.values, counts.counts[0])


ALL = [*map(categories, TABLES), *map(ratings, RATINGS)]
IDS = [str(table) for table in TABLES + RATINGS]


# ----------------------------------------------------------------------------------------------------------- t


@pytest.mark.parametrize("counts", ALL, ids=IDS)
@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
def test_t_is_scipys_t_test_of_the_values(counts, alternative):
    rows, benchmark = rows_of(counts), 12.5
    expected = stats.ttest_1samp(rows, benchmark, alternative=alternative)
    interval = expected.confidence_interval(0.9)
    found = estimate(counts, "t", confidence_level=0.9, alternative=alternative)
    test = against(counts, "t", benchmark, confidence_level=0.9, alternative=alternative)
    low, high = counts.metric.bounds
    # SciPy's open end is infinite, ours is the end of the scale.
    limits = [low if math.isinf(interval.low) else interval.low, high if math.isinf(interval.high) else interval.high]
    # Sums of rows, in another order.
    np.testing.assert_allclose([found.low[0], found.high[0]], limits, rtol=1e-10, atol=1e-9)
    np.testing.assert_allclose(test.statistic[0], expected.statistic, rtol=1e-10)
    np.testing.assert_allclose(test.pvalue[0], expected.pvalue, rtol=1e-9)


def test_t_of_one_respondent_is_the_whole_scale():
    found = estimate(categories((0, 0, 1)), "t")
    assert (found.low[0], found.high[0]) == (-100, 100)
    test = against(categories((0, 0, 1)), "t", 0.0)
    assert (test.statistic[0], test.pvalue[0]) == (0, 1)


# ------------------------------------------------------------------------------------------------- likelihood


@pytest.mark.parametrize("counts", ALL, ids=IDS)
def test_likelihood_is_statsmodels_empirical_likelihood(counts):
    rows = rows_of(counts)
    oracle = DescStat(rows)
    for benchmark in np.quantile(rows, [0.3, 0.6]) * 0.3 + rows.mean() * 0.7 + 1.3:
        if not rows.min() < benchmark < rows.max():
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of a named tuple that is to come
            deviance, pvalue = oracle.test_mean(benchmark)[:2]
        test = against(counts, "likelihood", float(benchmark))
        # statsmodels' Newton iteration stops at 1e-8 or so.
        np.testing.assert_allclose(test.statistic[0] ** 2, deviance, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(test.pvalue[0], pvalue, rtol=1e-6)


@pytest.mark.parametrize("table", TABLES, ids=str)
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_likelihood_limits_are_where_the_profile_has_fallen_by_the_quantile(table, level):
    """l(theta) = d log q + s log(1 - 2 q - theta) + p log(q + theta), maximised over q without derivatives."""
    d, s, p = table
    n = sum(table)

    def loglikelihood(q, theta):
        shares = (q, 1 - 2 * q - theta, q + theta)
        terms = zip((d, s, p), shares, strict=True)
        return sum(count * math.log(share) if share > 0 else -math.inf for count, share in terms if count)

    def profile(theta):
        low, high = max(0.0, -theta), (1 - theta) / 2
        found = optimize.minimize_scalar(
            lambda q: -loglikelihood(q, theta), bounds=(low, high), method="bounded", options={"xatol": 1e-13}
        )
        return max(-found.fun, loglikelihood(low, theta), loglikelihood(high, theta))

    top = sum(count * math.log(count / n) for count in table if count)
    drop = stats.chi2.ppf(level, 1)
    found = estimate(categories(table), "likelihood", confidence_level=level)
    for limit in (found.low[0] / 100, found.high[0] / 100):
        # The search over q is exact to the square root of the rounding of a log-likelihood of some hundreds.
        np.testing.assert_allclose(2 * (top - profile(limit)), drop, rtol=1e-5)


@pytest.mark.parametrize("n", [5, 30, 1000])
def test_likelihood_of_a_sample_of_one_value_has_a_closed_form(n):
    # All are promoters: of the shares with p1 - p3 = theta the most likely have p3 = 1 - p1, so theta = 2 p1 - 1, and
    # p1^n = exp(-z^2 / 2).
    found = estimate(categories((0, 0, n)), "likelihood")
    z = stats.norm.ppf(0.975)
    share = math.exp(-(z**2) / (2 * n))
    np.testing.assert_allclose(found.low[0], 100 * (2 * share - 1), rtol=1e-9)
    assert found.high[0] == 100


def test_likelihood_reaches_from_one_respondent_to_a_billion():
    z = stats.norm.ppf(0.975)
    for n in (1, 10**3, 10**6, 10**9):
        table = (n // 5, n // 5, n - 2 * (n // 5))
        found = estimate(categories(table), "likelihood")
        assert -100 <= found.low[0] <= found.score[0] <= found.high[0] <= 100
        if n > 10**5:
            # The ratio is that of the normal limit but for terms of 1 / n in width and 1 / sqrt(n) in place.
            width = (found.high[0] - found.low[0]) / (2 * z * found.standard_error[0])
            np.testing.assert_allclose(width, 1, rtol=10 / n + 1e-7)


# -------------------------------------------------------------------------------------- Wald and pseudo-counts


@pytest.mark.parametrize("table", TABLES, ids=str)
@pytest.mark.parametrize(
    ("method", "added", "options"),
    [
        ("wald", (0, 0, 0), {}),
        ("adjusted-wald", (0.75, 1.5, 0.75), {}),
        ("agresti-min", (0.5, 1, 0.5), {}),
        ("bonett-price", (1, 0, 1), {}),
        ("adjusted-wald", (2, 0, 1), {"pseudo_counts": [2, 0, 1]}),
    ],
)
def test_wald_intervals_are_their_formula(table, method, added, options):
    d, s, p = (Fraction(count) + Fraction(more) for count, more in zip(table, added, strict=True))
    n = d + s + p
    theta = (p - d) / n
    error = math.sqrt((p + d) / n - theta**2) / math.sqrt(n)
    z = stats.norm.ppf(0.95)
    found = estimate(categories(table), method, confidence_level=0.9, **options)
    limits = [100 * (float(theta) - z * error), 100 * (float(theta) + z * error)]
    np.testing.assert_allclose([found.low[0], found.high[0]], limits, rtol=1e-12, atol=1e-10)
    test = against(categories(table), method, 20.0, **options)
    np.testing.assert_allclose(test.statistic[0], (float(theta) - 0.2) / error, rtol=1e-10)


def test_pseudo_counts_extend_the_adjusted_interval_to_any_metric():
    counts = ratings((3, 0, 4, 9, 14))
    found = estimate(counts, "adjusted-wald", pseudo_counts=[1, 0, 0, 0, 1])
    filled = estimate(ratings((4, 0, 4, 9, 15)), "wald")
    # Whole pseudo-counts are respondents.
    np.testing.assert_allclose([found.low[0], found.high[0]], [filled.low[0], filled.high[0]], rtol=1e-13)
    assert found.score[0] == estimate(counts, "wald").score[0]


# ------------------------------------------------------------------------------------------ Goodman, Wilson


@pytest.mark.parametrize("counts", ALL, ids=IDS)
def test_goodman_is_wald_with_scheffes_constant(counts):
    levels = counts.metric.levels.size
    wald, goodman = (estimate(counts, method, confidence_level=0.9) for method in ("wald", "goodman"))
    constant = math.sqrt(stats.chi2.ppf(0.9, levels - 1)) / stats.norm.ppf(0.95)
    np.testing.assert_allclose(goodman.high - goodman.score, constant * (wald.high - wald.score), rtol=1e-10)
    test = against(counts, "goodman", 10.0)
    np.testing.assert_allclose(test.pvalue[0], stats.chi2.sf(test.statistic[0] ** 2, levels - 1), rtol=1e-10)


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_mover_wilson_is_its_formula(table):
    d, _, p = table
    n = sum(table)
    down, up = d / n, p / n
    (l1, u1), (l3, u3) = (proportion_confint(count, n, 0.1, method="wilson") for count in (p, d))
    both = (1 - up) * (1 - down)
    r = -math.sqrt(up * down / both) if both else 0.0
    low = up - down - math.sqrt((up - l1) ** 2 + (u3 - down) ** 2 - 2 * r * (up - l1) * (u3 - down))
    high = up - down + math.sqrt((u1 - up) ** 2 + (down - l3) ** 2 - 2 * r * (u1 - up) * (down - l3))
    found = estimate(categories(table), "mover-wilson", confidence_level=0.9)
    np.testing.assert_allclose([found.low[0], found.high[0]], [100 * low, 100 * high], rtol=1e-11, atol=1e-10)


@pytest.mark.parametrize(("top", "n"), [(14, 20), (0, 7), (400, 401)])
def test_of_a_share_mover_wilson_and_tango_are_wilsons_interval(top, n):
    metric = nps.top_box(nps.Scale(1, 2), boxes=1)
    counts = nps.RatingCounts.from_histogram([n - top, top], scale=metric.scale, metric=metric)
    expected = np.array(proportion_confint(top, n, 0.05, method="wilson")) * 100
    for method in ("mover-wilson", "tango"):
        found = estimate(counts, method)
        # 1e-10 of a point is far below what a search in double precision may be wrong by.
        np.testing.assert_allclose([found.low[0], found.high[0]], expected, rtol=1e-11, atol=1e-9)


# ----------------------------------------------------------------------------------- the interval and its test

SMALL = [(2, 3, 5), (7, 13, 1), (0, 1, 5), (0, 6, 14), (4, 0, 4), (30, 40, 30)]
CONTINUOUS = [name for name in ONE_SAMPLE_METHODS if not name.startswith(("bootstrap", "exact", "lloyd"))]


@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
@pytest.mark.parametrize("method", CONTINUOUS)
def test_a_limit_is_where_the_pvalue_is_one_minus_the_level(method, alternative):
    for table in SMALL:
        counts = categories(table)
        found = estimate(counts, method, confidence_level=0.9, alternative=alternative)
        low, high = found.low[0], found.high[0]
        if alternative == "less":
            assert low == -100
        if alternative == "greater":
            assert high == 100
        limits = {"two-sided": (low, high), "less": (high,), "greater": (low,)}[alternative]
        for limit in limits:
            if not -100 < limit < 100:
                continue
            test = against(counts, method, float(limit), alternative=alternative)
            # A limit is exact to some 1e-12 of the scale; near its ends p changes by 1e6 times as much.
            np.testing.assert_allclose(test.pvalue[0], 0.1, rtol=1e-6)


@pytest.mark.parametrize("method", CONTINUOUS)
def test_a_one_sided_limit_is_that_of_the_two_sided_interval_with_twice_the_error(method):
    counts = categories((20, 30, 50))
    two = estimate(counts, method, confidence_level=0.9)
    less, greater = (estimate(counts, method, alternative=side) for side in ("less", "greater"))
    # Quantiles of .95 and of (1 + .9) / 2 differ in the last digit.
    np.testing.assert_allclose([greater.low[0], less.high[0]], [two.low[0], two.high[0]], rtol=1e-10)
