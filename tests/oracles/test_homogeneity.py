"""Tests of several groups against R, coin, SciPy, statsmodels, closed forms, brute force and other series."""

import csv
import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import chdtri, xlogy
from statsmodels.stats.oneway import anova_oneway

import npsstats as nps
from npsstats.kernels import heterogeneity as kernel
from npsstats.kernels.common_mean import hold_to_common_mean
from npsstats.kernels.restricted import restricted_shares
from npsstats.kernels.wald import mean_and_variance

R_ORACLE = json.loads((Path(__file__).parent / "data" / "homogeneity_r.json").read_text())["cases"]
NPS_VALUES = np.array([0.0, 0.5, 1.0])

of_each_case = pytest.mark.parametrize("case", R_ORACLE.values(), ids=list(R_ORACLE))

# 15 digits are stored; uniroot stops 1e-14 from its roots; sums of some ten products.
R_TOLERANCE = {"rtol": 1e-12}


def table_of(case):
    return np.array(case["table"], float)[None], np.array(case["values"], float)


def rows_of(table, values):
    """The value of each respondent, group by group."""
    return [np.repeat(values, group.astype(int)) for group in table]


# ------------------------------------------------------------------------------------------------- stored results


@of_each_case
def test_score_and_likelihood_are_those_of_the_dual_problem_in_r(case):
    table, values = table_of(case)
    np.testing.assert_allclose(kernel.score_test(table, values).statistic, case["score"], **R_TOLERANCE)
    np.testing.assert_allclose(kernel.likelihood_test(table, values).statistic, case["likelihood"], **R_TOLERANCE)


@of_each_case
def test_welch_is_oneway_test_of_r(case):
    found = kernel.welch_test(*table_of(case))
    np.testing.assert_allclose(found.statistic, case["welch"], **R_TOLERANCE)
    np.testing.assert_allclose([found.df[0], found.df2[0]], case["welch_df"], **R_TOLERANCE)
    np.testing.assert_allclose(found.pvalue, case["welch_p"], **R_TOLERANCE)


@of_each_case
def test_kruskal_wallis_is_that_of_r_and_coin(case):
    found = kernel.kruskal_wallis(table_of(case)[0])
    np.testing.assert_allclose([found.statistic[0], found.pvalue[0]], [case["kruskal"], case["kruskal_p"]], rtol=1e-11)
    expected = [case["coin_kruskal"], case["coin_kruskal_p"]]
    # As above; coin inverts a covariance matrix.
    np.testing.assert_allclose([found.statistic[0], found.pvalue[0]], expected, rtol=1e-9)


@of_each_case
def test_pearson_is_chisq_test_of_r_and_coin(case):
    found = kernel.pearson(table_of(case)[0])
    assert found.df[0] == case["pearson_df"]
    expected = [case["pearson"], case["pearson_p"]]
    np.testing.assert_allclose([found.statistic[0], found.pvalue[0]], expected, **R_TOLERANCE)
    np.testing.assert_allclose(found.statistic, case["coin_pearson"], rtol=1e-9)  # coin inverts a covariance matrix


# --------------------------------------------------------------------------------------------------- SciPy, statsmodels


@of_each_case
def test_welch_is_that_of_statsmodels(case):
    table, values = table_of(case)
    expected = anova_oneway(rows_of(table[0], values), use_var="unequal", welch_correction=True)
    found = kernel.welch_test(table, values)
    np.testing.assert_allclose([found.statistic[0], found.df2[0]], [expected.statistic, expected.df_denom], rtol=1e-12)
    np.testing.assert_allclose(found.pvalue[0], expected.pvalue, rtol=1e-11)


def random_tables(seed, arms, levels, n, rows=20):
    """Tables in which each group has respondents, and all together two levels."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(levels, 0.7), size=(rows, arms))
    sizes = rng.integers(1, n, size=(rows, arms))
    tables = rng.multinomial(sizes, shares).astype(float)
    return tables[(tables.sum(axis=1) > 0).sum(axis=1) > 1]


@pytest.mark.parametrize("arms", [2, 3, 7])
def test_tests_of_the_distribution_are_those_of_scipy(arms):
    for table in random_tables(arms, arms, 5, 30):
        kruskal = stats.kruskal(*rows_of(table, np.arange(5)))
        pearson = stats.chi2_contingency(table[:, table.sum(axis=0) > 0], correction=False)
        found = kernel.kruskal_wallis(table[None])
        # SciPy takes 3 (N + 1) from a sum of that size.
        np.testing.assert_allclose(
            [found.statistic[0], found.pvalue[0]], [kruskal[0], kruskal[1]], rtol=1e-9, atol=1e-11
        )
        found = kernel.pearson(table[None])
        np.testing.assert_allclose([found.statistic[0], found.pvalue[0]], pearson[:2], rtol=1e-11)
        assert found.df[0] == pearson[2]


@pytest.mark.parametrize("arms", [2, 3, 7])
def test_of_shares_the_score_test_is_pearsons_and_the_likelihood_ratio_is_g(arms):
    # With two values a common mean is a common distribution, so the restricted shares are the pooled ones.
    for table in random_tables(10 + arms, arms, 2, 60):
        values = np.array([0.0, 1.0])
        expected = stats.chi2_contingency(table, correction=False)[0]
        np.testing.assert_allclose(kernel.score_test(table[None], values).statistic, expected, rtol=1e-10, atol=1e-12)
        expected = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")[0]
        np.testing.assert_allclose(
            kernel.likelihood_test(table[None], values).statistic, expected, rtol=1e-9, atol=1e-11
        )


def test_welch_of_two_groups_is_the_squared_t():
    for table in random_tables(3, 2, 3, 40):
        first, second = rows_of(table, NPS_VALUES)
        if min(np.ptp(first), np.ptp(second)) > 0:
            expected = stats.ttest_ind(first, second, equal_var=False)
            found = kernel.welch_test(table[None], NPS_VALUES)
            np.testing.assert_allclose(found.statistic[0], expected.statistic**2, rtol=1e-10, atol=1e-14)
            np.testing.assert_allclose(found.df2[0], expected.df, rtol=1e-10)
            np.testing.assert_allclose(found.pvalue[0], expected.pvalue, rtol=1e-10)
            james = kernel.james_test(table[None], NPS_VALUES)
            np.testing.assert_allclose(james.statistic, found.statistic)


# ------------------------------------------------------------------------------------------------ three and more scores


def profile(table, t):
    """The likelihood of one group at the score t on -1 ... 1, and its variance (May & Johnson 1997)."""
    d, s, p = table
    n = sum(table)
    b = -p - d + (2 * n - p + d) * t
    q = (math.sqrt(max(b * b + 8 * n * d * t * (1 - t), 0)) - b) / (4 * n)
    q = min(max(q, 0, -t), (1 - t) / 2)
    return xlogy(d, q) + xlogy(s, 1 - 2 * q - t) + xlogy(p, q + t), 2 * q + t - t * t


SCORES = {
    "three": [(20, 40, 40), (10, 35, 55), (5, 60, 35)],
    "small": [(1, 2, 3), (0, 4, 1), (3, 1, 1), (2, 2, 0)],
    "no spread": [(0, 9, 0), (2, 5, 3), (4, 1, 9)],
    "no spread at both ends": [(0, 0, 6), (7, 0, 0), (3, 8, 5)],
    "single respondents": [(1, 0, 0), (0, 0, 1), (0, 1, 0), (1, 3, 2)],
    "lopsided": [(30, 100, 70), (0, 1, 8), (0, 0, 50), (1, 0, 400)],
}


@pytest.mark.parametrize("name", SCORES)
def test_several_scores_are_those_of_a_nested_maximisation(name):
    groups = SCORES[name]

    def loss(t):
        return -sum(profile(group, t)[0] for group in groups)

    grid = np.linspace(-1, 1, 2001)[1:-1]
    start = grid[int(np.argmin([loss(t) for t in grid]))]
    t = optimize.minimize_scalar(
        loss, bounds=(start - 1e-3, start + 1e-3), method="bounded", options={"xatol": 1e-13}
    ).x  # fmt: skip
    score = sum(
        sum(group) * ((group[2] - group[0]) / sum(group) - t) ** 2 / profile(group, t)[1]
        for group in groups
        if profile(group, t)[1] > 1e-6
    )
    best = sum(xlogy(np.array(group), np.array(group) / sum(group)).sum() for group in groups)
    table = np.array([groups], float)
    # A search for a maximum leaves about 1e-8 in t.
    np.testing.assert_allclose(kernel.score_test(table, NPS_VALUES).statistic, score, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(kernel.likelihood_test(table, NPS_VALUES).statistic, 2 * (best + loss(t)), rtol=1e-9)


def test_a_group_without_spread_can_hold_the_common_mean():
    # 100 passives hold t at 0. Of the 5 others the restricted shares are 1/2, 0, 1/2 with variance 1, their mean 1/5.
    table = np.array([[[0, 100, 0], [2, 0, 3]]], float)
    np.testing.assert_allclose(kernel.score_test(table, NPS_VALUES).statistic, 5 / 25, rtol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_the_common_mean_is_that_of_the_restricted_shares(seed):
    rng = np.random.default_rng(seed)
    values = np.r_[0.0, np.sort(rng.uniform(size=3)), 1.0]
    tables = random_tables(20 + seed, 3, 5, 25)
    fit = hold_to_common_mean(tables, values)
    shares = restricted_shares(fit.shares, np.broadcast_to(values[:, None, None], fit.shares.shape), fit.multiplier)
    t = values[0] - fit.shift[0]
    spread = (fit.shares > 0).sum(axis=0) > 1
    held = np.abs((shares * values[:, None, None]).sum(axis=0) - t)
    # Multipliers carry a relative error of 1e-9 squared; their shares move by no more.
    assert held[spread].max() < 1e-12
    # The slope of the likelihood is 0, but where a group without spread holds t at its kink.
    balance = np.abs((fit.n * fit.multiplier).sum(axis=0)) / (fit.n * np.abs(fit.multiplier)).sum(axis=0)
    assert balance[spread.all(axis=0)].max() < 1e-9


# --------------------------------------------------------------------------------------------------------------- James


@pytest.mark.parametrize("r", [1.0, 3.841, 10.8])
def test_james_with_two_groups_is_aspin_and_welchs_series(r):
    """Welch (1947) and Aspin (1948): the critical value of t to the order 1 / n^2, squared."""
    z, weights = math.sqrt(r), np.array([0.3, 0.7])
    variance_shares = 1 - weights
    remainders = []
    for scale in (10.0, 100.0):
        freedom = scale * np.array([10.0, 15.0])
        v21, v22, v32 = ((variance_shares**a / freedom**b).sum() for a, b in ((2, 1), (2, 2), (3, 2)))
        series = 1 + (1 + z**2) / 4 * v21 - (1 + z**2) / 2 * v22
        series += (3 + 5 * z**2 + z**4) / 3 * v32 - (15 + 32 * z**2 + 9 * z**4) / 32 * v21**2
        found = kernel._james_critical_value(np.array([r]), weights[None], freedom[None])[0]
        remainders.append(found - (z * series) ** 2)
    # What is left is of the order 1 / n^3: tenfold n leaves a thousandth, but for the order after that.
    assert abs(remainders[1] / remainders[0]) == pytest.approx(1e-3, rel=0.2)


def test_james_keeps_its_level_in_normal_samples_better_than_the_first_order():
    rng = np.random.default_rng(20260301)
    n, deviations, draws = np.array([8, 10, 14, 9]), np.array([1.0, 2.0, 3.0, 4.0]), 300_000
    mean = rng.normal(0, deviations / np.sqrt(n), size=(draws, 4))
    variance = deviations**2 * rng.chisquare(n - 1, size=(draws, 4)) / (n - 1) / n
    statistic, shares = kernel.weighted_sum_of_squares(mean, variance)
    for level, margin in ((0.05, 0.0025), (0.01, 0.0012)):
        r = np.full(draws, chdtri(3, level))
        size = (statistic > kernel._james_critical_value(r, shares, np.broadcast_to(n - 1.0, shares.shape))).mean()
        # Four standard errors of the simulation are 0.0016 and 0.0007; the rest is the order 1 / n^3.
        assert abs(size - level) < margin
        lack = ((1 - shares) ** 2 / (n - 1)).sum(axis=1)
        first_order = (statistic > r * (1 + (3 * r + 5) / 30 * lack)).mean()
        assert first_order - level > 2 * margin


def test_james_pvalue_is_where_the_critical_value_meets_the_statistic():
    tables = np.array([[[8, 9, 12], [4, 20, 9], [10, 3, 30]], [[20, 40, 40], [10, 35, 55], [9, 61, 30]]], float)
    found = kernel.james_test(tables, NPS_VALUES)
    mean, variance = mean_and_variance(tables, NPS_VALUES)
    n = tables.sum(axis=2)
    _, shares = kernel.weighted_sum_of_squares(mean, variance * n / (n - 1))
    critical = kernel._james_critical_value(chdtri(2, found.pvalue), shares, n - 1)
    np.testing.assert_allclose(critical, found.statistic, rtol=1e-12)


# --------------------------------------------------------------------------------------------------------- permutation


def all_splits(table):
    """All tables with the margins of a table, and their probabilities under random splits."""
    pooled, sizes = table.sum(axis=0), table.sum(axis=1)

    def fill(left, arm):
        if arm == len(sizes) - 1:
            yield (tuple(left),), 1
            return
        for own in itertools.product(*(range(c + 1) for c in left)):
            if sum(own) == sizes[arm]:
                ways = math.prod(math.comb(c, x) for c, x in zip(left, own, strict=True))
                for rest, more in fill([c - x for c, x in zip(left, own, strict=True)], arm + 1):
                    yield (own, *rest), ways * more

    found = list(fill([int(c) for c in pooled], 0))
    tables, ways = zip(*found, strict=True)
    return np.array(tables, float), np.array(ways, float) / sum(ways)


def studentised(table, values):
    """X2 respondent by respondent."""
    groups = rows_of(table, values)
    total = np.var(np.concatenate(groups), ddof=1)
    weights = np.array([len(x) ** 2 / (len(x) * np.var(x) + total) for x in groups])
    means = np.array([x.mean() for x in groups])
    return (weights * (means - np.average(means, weights=weights)) ** 2).sum()


SMALL = [
    [[2, 1, 0], [0, 2, 2], [1, 0, 3]],
    [[0, 3, 0], [1, 1, 3]],
    [[1, 0, 0], [0, 1, 2], [0, 0, 2], [1, 1, 0]],
]


@pytest.mark.parametrize("table", SMALL, ids=str)
def test_splits_have_the_hypergeometric_law(table):
    tables, probabilities = all_splits(np.array(table))
    where = {split.tobytes(): i for i, split in enumerate(tables)}
    drawn = kernel.draw_splits(np.array(table, float), np.random.default_rng(7), 40_000)
    seen = np.bincount([where[split.tobytes()] for split in drawn], minlength=len(tables))
    # Seeded; a p-value below 1e-4 would be a wrong law.
    assert stats.chisquare(seen, probabilities * 40_000).pvalue > 1e-4


@pytest.mark.parametrize("table", SMALL, ids=str)
def test_permutation_is_that_of_all_splits(table):
    table = np.array(table, float)
    tables, probabilities = all_splits(table)
    observed = studentised(table, NPS_VALUES)
    expected = probabilities[[studentised(split, NPS_VALUES) >= observed * (1 - 1e-9) for split in tables]].sum()
    found = kernel.permutation_test(table[None], NPS_VALUES, rngs=[np.random.default_rng(11)], n_resamples=40_000)
    np.testing.assert_allclose(found.statistic, observed, rtol=1e-12)
    # Four standard errors of 40,000 draws are 0.01 at the most.
    np.testing.assert_allclose(found.pvalue, expected, rtol=0, atol=0.01)


# ---------------------------------------------------------------------------------------------------------- exact size

TEN_SIXTY_THIRTY, EIGHTY_TWENTY = [0.1, 0.6, 0.3], [0.0, 0.8, 0.2]


def likely_tables(n, shares):
    """The tables of a trinomial sample that are not too rare to matter, and their probabilities."""
    tables = np.array([(d, n - d - p, p) for d in range(n + 1) for p in range(n - d + 1)])
    probabilities = stats.multinomial.pmf(tables, n, shares)
    kept = probabilities > 1e-6
    return tables[kept].astype(float), probabilities[kept]


@pytest.mark.parametrize("sizes", [(50, 200), (30, 300), (200, 50)], ids=str)
def test_size_for_the_classic_pair_of_equal_scores_by_enumeration(sizes):
    """Both +20; a plain permutation test rejects 10-15 % of the time at (50, 200) and (30, 300)."""
    (first, p), (second, q) = likely_tables(sizes[0], TEN_SIXTY_THIRTY), likely_tables(sizes[1], EIGHTY_TWENTY)
    probability = (p[:, None] * q).ravel()
    # 1 in 1,000 of the outcomes is left out.
    assert probability.sum() > 0.999
    both = np.stack([np.repeat(first, len(second), axis=0), np.tile(second, (len(first), 1))], axis=1)
    size = probability @ (kernel.score_test(both, NPS_VALUES).pvalue <= 0.05)
    assert 0.04 <= size <= 0.06


def test_simulated_sizes_are_what_the_default_is_chosen_for():
    """What the docstring of `homogeneity` says of the committed table."""
    path = Path(__file__).parents[2] / "benchmarks" / "coverage" / "homogeneity.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 108
    larger = [float(row["score"]) for row in rows if "10" not in row["n"].replace("100", "").split()]
    assert max(float(row["score"]) for row in rows) < 6.2
    assert min(larger) > 3
    assert max(larger) < 5.5
    for other in ("likelihood", "welch", "james", "chi-square", "permutation"):
        assert max(float(row[other]) for row in rows) > 10
    same = [row for row in rows if row["same_distribution"] == "yes"]
    # A size of 5 % has a standard error of 0.5 with the draws of the permutation test.
    assert max(float(row["permutation"]) for row in same) < 6.5
    assert max(float(row["pearson"]) for row in same) < 8.2
    assert min(float(row["kruskal-wallis"]) for row in same) > 3.9
    assert max(float(row["kruskal-wallis"]) for row in same) < 5.2


# -------------------------------------------------------------------------------------------------- the public function


def test_published_pair_of_equal_scores_differs_in_distribution():
    """30/60/10 and 20/80/0 of METHODS, both +20, 1,000 each: X2 of the score is 0, that of the shares 160.95."""
    counts = nps.RatingCounts.from_categories(
        promoters=[300, 200], passives=[600, 800], detractors=[100, 0], groups=["A", "B"]
    )
    found = nps.homogeneity(counts)
    by_hand = sum(
        (seen - expected) ** 2 / expected
        for seen, expected in ((300, 250), (200, 250), (600, 700), (800, 700), (100, 50), (0, 50))
    )
    np.testing.assert_allclose(found.statistic[:2], [0, by_hand], rtol=1e-12, atol=1e-12)
    assert found.pvalue[0] == 1
    assert found.pvalue[1] < 1e-30
