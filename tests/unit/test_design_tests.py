"""Tests of several groups of a complex sample: laws, hand cases and limits."""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq

from npsstats.kernels import heterogeneity
from npsstats.kernels.common_mean import multipliers
from npsstats.kernels.design_tests import (
    adjusted_wald,
    generalised_score,
    mid_ranks,
    quadratic_form,
    rank_test,
    rao_scott,
)

NPS_VALUES = np.array([0.0, 0.5, 1.0])


def random_covariance(rng, size):
    square = rng.normal(size=(size, size + 3))
    return square @ square.T / 1000


def random_table(rng, groups, levels):
    table = rng.dirichlet(np.full(groups * levels, 1.5)).reshape(groups, levels)
    return table, random_covariance(rng, groups * levels)


def multinomial_covariance(table, n):
    cells = table.ravel()
    return (np.diag(cells) - np.outer(cells, cells)) / n


# ---------------------------------------------------------------------------------------------------- Wald


@pytest.mark.parametrize("groups", [2, 3, 7])
def test_quadratic_form_is_the_distance_from_the_nearest_common_mean(groups):
    rng = np.random.default_rng(groups)
    means, covariance = rng.random(groups), random_covariance(rng, groups)
    inverse = np.linalg.inv(covariance)
    ones = np.ones(groups)
    nearest = ones @ inverse @ means / (ones @ inverse @ ones)
    distance = (means - nearest) @ inverse @ (means - nearest)
    statistic, rank = quadratic_form(means, covariance)
    np.testing.assert_allclose(statistic, distance, rtol=1e-10)  # the inverse loses digits
    assert rank == groups - 1


def test_two_groups_are_the_squared_t_test_of_their_difference():
    covariance = np.array([[0.0004, 0.0001], [0.0001, 0.0009]])
    verdict = adjusted_wald(np.array([0.62, 0.70]), covariance, 11)
    t = 0.08 / np.sqrt(0.0004 + 0.0009 - 2 * 0.0001)
    np.testing.assert_allclose(verdict.statistic[0], t**2, rtol=1e-13)  # rounding
    np.testing.assert_allclose(verdict.pvalue[0], 2 * stats.t.sf(t, 11), rtol=1e-12)


def test_without_a_limit_of_degrees_of_freedom_wald_is_held_against_chi_square():
    rng = np.random.default_rng(5)
    means, covariance = rng.random(4), random_covariance(rng, 4)
    verdict = adjusted_wald(means, covariance, np.inf)
    statistic, _ = quadratic_form(means, covariance)
    np.testing.assert_allclose(verdict.pvalue[0], stats.chi2.sf(statistic, 3), rtol=1e-12)


def test_the_order_of_groups_does_not_matter():
    rng = np.random.default_rng(6)
    means, covariance = rng.random(5), random_covariance(rng, 5)
    order = rng.permutation(5)
    turned = adjusted_wald(means[order], covariance[np.ix_(order, order)], 20)
    np.testing.assert_allclose(turned.pvalue, adjusted_wald(means, covariance, 20).pvalue, rtol=1e-10)


def test_a_group_that_is_there_twice_adds_nothing():
    rng = np.random.default_rng(7)
    means, covariance = rng.random(3), random_covariance(rng, 3)
    twice = [0, 1, 2, 1]
    statistic, rank = quadratic_form(means[twice], covariance[np.ix_(twice, twice)])
    assert rank == 2
    np.testing.assert_allclose(statistic, quadratic_form(means, covariance)[0], rtol=1e-9)


def test_a_difference_that_never_varies_has_no_answer():
    verdict = adjusted_wald(np.array([0.5, 0.7, 0.9]), np.diag([0.01, 0.0, 0.0]), 30)
    assert np.isnan(verdict.pvalue[0])
    # Both groups move together: their difference is always the same.
    verdict = adjusted_wald(np.array([0.5, 0.7]), np.full((2, 2), 0.01), 30)
    assert np.isnan(verdict.pvalue[0])


def test_equal_means_that_never_vary_differ_by_nothing():
    verdict = adjusted_wald(np.array([0.7, 0.7]), np.zeros((2, 2)), 30)
    assert (verdict.statistic[0], verdict.df[0], verdict.pvalue[0]) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(("df", "answers"), [(2, False), (3, True)])
def test_three_differences_need_three_degrees_of_freedom(df, answers):
    rng = np.random.default_rng(8)
    verdict = adjusted_wald(rng.random(4), random_covariance(rng, 4), df)
    assert np.isfinite(verdict.pvalue[0]) == answers


def test_adjusted_wald_keeps_its_level_in_samples_of_few_clusters():
    # Normal means of 6 clusters in 3 groups: the law is Hotelling's exactly, so the rate is 5 % within 4 standard
    # errors of 20,000 draws, 0.62 points.
    rng = np.random.default_rng(9)
    mixing = np.array([[1.0, 0.5, 0.2], [0.0, 1.0, 0.4], [0.0, 0.0, 2.0]])
    draws = rng.normal(size=(20_000, 6, 3)) @ mixing
    means = draws.mean(axis=1)
    spread = np.einsum("rci,rcj->rij", draws - means[:, None], draws - means[:, None]) / 5 / 6
    rejected = [adjusted_wald(m, v, 5).pvalue[0] < 0.05 for m, v in zip(means, spread, strict=True)]
    assert abs(np.mean(rejected) - 0.05) < 0.0062


# ---------------------------------------------------------------------------------------------------- score


@pytest.mark.parametrize("seed", range(30))
def test_independent_groups_have_the_score_statistic_of_their_counts(seed):
    rng = np.random.default_rng(seed)
    groups, levels = int(rng.integers(2, 8)), int(rng.integers(2, 12))
    counts = rng.integers(0, 30, (groups, levels)) * (rng.random((groups, levels)) > 0.3)
    counts[:, rng.integers(levels)] += 1
    values = np.linspace(0, 1, levels)
    n = counts.sum(axis=1)
    shares = counts / n[:, None]
    means = shares @ values
    variance = (shares * (values - means[:, None]) ** 2).sum(axis=1) / n
    plain = heterogeneity.score_test(counts[None].astype(float), values)
    verdict = generalised_score(shares, values, n.astype(float), np.diag(variance), n.sum() - 1, n.sum() - 1)
    # The same products in another order.
    np.testing.assert_allclose(verdict.statistic, plain.statistic, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(verdict.pvalue, plain.pvalue, rtol=1e-11)


def test_score_of_correlated_groups_has_the_variance_of_their_restricted_shares():
    shares = np.array([[0.2, 0.3, 0.5], [0.35, 0.35, 0.3]])
    sizes = np.array([80.0, 47.5])
    errors = np.array([0.04, 0.05])
    covariance = np.array([[1.0, 0.4], [0.4, 1.0]]) * np.outer(errors, errors)

    def slope(t):
        return float(sizes @ multipliers(shares.T, NPS_VALUES, np.full(2, t)))

    common = brentq(slope, 0.45, 0.65, xtol=1e-15)
    factors = multipliers(shares.T, NPS_VALUES, np.full(2, common))
    tilted = shares / (1 + factors[:, None] * (NPS_VALUES - common))
    variance = (tilted * (NPS_VALUES - common) ** 2).sum(axis=1) / sizes
    gap = (shares[0] - shares[1]) @ NPS_VALUES
    by_hand = gap**2 / (variance.sum() - 2 * 0.4 * np.sqrt(variance.prod()))
    verdict = generalised_score(shares, NPS_VALUES, sizes, covariance, 30)
    np.testing.assert_allclose(verdict.statistic[0], by_hand, rtol=1e-11)  # a root in between


def test_only_the_correlations_of_the_covariance_count():
    rng = np.random.default_rng(3)
    shares, sizes = rng.dirichlet([2, 2, 2], 4), np.array([40.0, 60.0, 25.0, 90.0])
    covariance = random_covariance(rng, 4)
    scale = rng.random(4) + 0.5
    one = generalised_score(shares, NPS_VALUES, sizes, covariance, 30)
    other = generalised_score(shares, NPS_VALUES, sizes, covariance * np.outer(scale, scale), 30)
    np.testing.assert_allclose(one.statistic, other.statistic, rtol=1e-10)


def test_a_group_without_spread_has_one_under_the_hypothesis():
    shares = np.array([[0.0, 0.0, 1.0], [0.3, 0.4, 0.3]])
    verdict = generalised_score(shares, NPS_VALUES, np.array([12.0, 30.0]), np.diag([0.0, 0.005]), 20, 41)
    assert 0 < verdict.pvalue[0] < 0.01


def test_equal_scores_have_a_statistic_of_zero():
    shares = np.array([[0.1, 0.6, 0.3], [0.0, 0.8, 0.2]])
    verdict = generalised_score(shares, NPS_VALUES, np.array([100.0, 50.0]), np.diag([0.01, 0.01]), 20)
    assert (verdict.statistic[0], verdict.pvalue[0]) == (0.0, 1.0)


@pytest.mark.parametrize(("df", "reference"), [(5, 500), (30, 2000), (1, 4)])
def test_two_groups_are_judged_by_korn_and_graubards_critical_value(df, reference):
    shares = np.array([[0.2, 0.3, 0.5], [0.35, 0.35, 0.3]])
    verdict = generalised_score(
        shares, NPS_VALUES, np.array([80.0, 60.0]), np.diag([0.0016, 0.0016]), df, float(reference)
    )
    tail = verdict.pvalue[0] / 2
    critical = stats.norm.isf(tail) * stats.t.isf(tail, df) / stats.t.isf(tail, reference)
    np.testing.assert_allclose(verdict.statistic[0], critical**2, rtol=1e-9)  # quantiles of a p-value from a root


def test_fewer_degrees_of_freedom_never_make_a_finding_surer():
    rng = np.random.default_rng(4)
    shares, sizes = rng.dirichlet([3, 3, 5], 4), np.full(4, 90.0)
    covariance = np.diag(np.full(4, 0.002)) + 0.0005
    pvalues = [
        generalised_score(shares, NPS_VALUES, sizes, covariance, df, 359).pvalue[0] for df in (3, 4, 8, 40, 200, 359)
    ]
    assert (np.diff(pvalues) < 0).all()


@pytest.mark.parametrize("size", [1e5, 1e9])
def test_no_pvalue_is_zero(size):
    shares = np.array([[0.9, 0.05, 0.05], [0.05, 0.05, 0.9], [0.1, 0.8, 0.1]])
    verdict = generalised_score(shares, NPS_VALUES, np.full(3, size), np.diag(np.full(3, 1e-7)), 400, 3 * size)
    assert 0 < verdict.pvalue[0] < 1e-100
    assert 0 < adjusted_wald(shares @ NPS_VALUES, np.diag(np.full(3, 1e-9)), np.inf).pvalue[0] < 1e-300


def test_the_score_test_has_no_answer_with_fewer_degrees_of_freedom_than_differences():
    shares, sizes = np.full((4, 3), 1 / 3), np.full(4, 30.0)
    shares[0] = [0.5, 0.3, 0.2]
    assert np.isnan(generalised_score(shares, NPS_VALUES, sizes, np.diag(np.full(4, 0.01)), 2, 119).pvalue[0])


# ------------------------------------------------------------------------------------------------ Rao & Scott


def test_rao_scott_of_a_simple_random_sample_is_pearsons_chi_square():
    rng = np.random.default_rng(1)
    counts = rng.integers(3, 30, (3, 5))
    n = counts.sum()
    table = counts / n
    verdict = rao_scott(table, multinomial_covariance(table, n), 99)
    pearson = stats.chi2_contingency(counts, correction=False)
    np.testing.assert_allclose(verdict.statistic[0], pearson.statistic / 8, rtol=1e-11)  # a matrix is inverted
    np.testing.assert_allclose([verdict.df[0], verdict.df2[0]], [8, 8 * 99], rtol=1e-10)


def test_a_design_effect_divides_pearsons_statistic():
    table = np.random.default_rng(2).dirichlet(np.full(12, 4.0)).reshape(3, 4)
    covariance = multinomial_covariance(table, 500)
    plain, clustered = rao_scott(table, covariance, 40), rao_scott(table, 2.5 * covariance, 40)
    np.testing.assert_allclose(clustered.statistic, plain.statistic / 2.5, rtol=1e-11)
    np.testing.assert_allclose(clustered.df, plain.df, rtol=1e-10)


def test_a_level_that_nobody_chose_is_left_out():
    table, covariance = random_table(np.random.default_rng(3), 3, 4)
    wider = np.insert(table, 2, 0.0, axis=1)
    cells = np.flatnonzero(np.tile([True, True, False, True, True], 3))
    padded = np.zeros((15, 15))
    padded[np.ix_(cells, cells)] = covariance
    for name in ("statistic", "df", "df2", "pvalue"):
        one, other = (getattr(rao_scott(*given, 30), name) for given in ((table, covariance), (wider, padded)))
        np.testing.assert_array_equal(one, other)


def test_the_order_of_levels_does_not_matter_to_the_distribution():
    table, covariance = random_table(np.random.default_rng(4), 3, 4)
    order = np.array([2, 0, 3, 1])
    cells = (np.arange(3)[:, None] * 4 + order).ravel()
    turned = rao_scott(table[:, order], covariance[np.ix_(cells, cells)], 30)
    np.testing.assert_allclose(turned.pvalue, rao_scott(table, covariance, 30).pvalue, rtol=1e-9)


def test_a_table_with_more_empty_cells_than_it_can_bear_still_has_an_answer():
    # Each group but the first uses one level of its own: of 4 effects only some can be told.
    table = np.array([[0.2, 0.1, 0.1], [0.3, 0.0, 0.0], [0.0, 0.0, 0.3]])
    verdict = rao_scott(table, multinomial_covariance(table, 100), 40)
    assert 0 < verdict.pvalue[0] < 1e-6


@pytest.mark.parametrize("empty", range(6))
def test_rao_scott_has_the_moments_of_its_definition(empty):
    # D = n (C' P^-1 C)^- C' P^-1 V P^-1 C with C written out, 0 for 1 / p of an empty cell.
    rng = np.random.default_rng(empty)
    table, covariance = random_table(rng, 4, 5)
    table.ravel()[rng.choice(20, empty, replace=False)] = 0.0
    table /= table.sum()
    keep = np.diag((table.ravel() > 0).astype(float))
    covariance = keep @ covariance @ keep
    rows, columns = (np.linalg.svd(np.ones((1, size)))[2][1:].T for size in table.shape)
    contrasts = np.kron(rows, columns)
    inverse = np.diag([1 / p if p else 0.0 for p in table.ravel()])
    effects = np.linalg.pinv(contrasts.T @ inverse @ contrasts, rcond=1e-12) @ (
        150 * contrasts.T @ inverse @ covariance @ inverse @ contrasts
    )
    trace, square = np.trace(effects), np.trace(effects @ effects)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    pearson = 150 * ((table - expected) ** 2 / expected).sum()
    verdict = rao_scott(table, covariance, 30)
    # Inverses of shares of very different size.
    np.testing.assert_allclose(verdict.df[0], trace**2 / square, rtol=1e-8)
    np.testing.assert_allclose(verdict.statistic[0], pearson / trace, rtol=1e-8)


@pytest.mark.parametrize("table", [np.array([[0.4, 0.0], [0.6, 0.0]]), np.array([[0.4, 0.6]])])
def test_one_level_or_one_group_leaves_nothing_to_test(table):
    verdict = rao_scott(table, np.zeros((table.size, table.size)), 10)
    assert (verdict.df[0], verdict.pvalue[0]) == (0, 1)


def test_rao_scott_has_no_answer_where_nothing_varies():
    assert np.isnan(rao_scott(np.array([[0.3, 0.2], [0.1, 0.4]]), np.zeros((4, 4)), 10).pvalue[0])


# ------------------------------------------------------------------------------------------------------ ranks


def ranked(proportions, covariance, df):
    """The rank test of the proportions of all cells of a table, with the covariance of mean ranks linearised."""
    ranks = mid_ranks(proportions.sum(axis=0))
    groups = proportions.sum(axis=1)
    means = proportions @ ranks / groups
    slopes = (ranks - means[:, None]) / groups[:, None]
    jacobian = (np.eye(len(means))[:, :, None] * slopes).reshape(len(means), -1)
    return rank_test(means, jacobian @ covariance @ jacobian.T, df)


def test_ranks_of_two_levels_are_their_shares():
    table, covariance = random_table(np.random.default_rng(5), 4, 2)
    groups = table.sum(axis=1)
    means = table[:, 1] / groups
    slopes = np.stack([-means, 1 - means], axis=1) / groups[:, None]
    jacobian = np.kron(np.eye(4), np.ones((1, 2))) * slopes.ravel()
    statistic, rank = quadratic_form(means, jacobian @ covariance @ jacobian.T)
    verdict = ranked(table, covariance, 20)
    np.testing.assert_allclose(verdict.statistic[0], statistic / rank, rtol=1e-9)
    assert (verdict.df[0], verdict.df2[0]) == (3, 17)


def test_ranks_from_above_tell_the_same_as_ranks_from_below():
    table, covariance = random_table(np.random.default_rng(6), 3, 5)
    cells = (np.arange(3)[:, None] * 5 + np.arange(5)[::-1]).ravel()
    turned = ranked(table[:, ::-1], covariance[np.ix_(cells, cells)], 20)
    np.testing.assert_allclose(turned.pvalue, ranked(table, covariance, 20).pvalue, rtol=1e-9)


def test_groups_with_the_same_shares_have_equal_ranks():
    table = np.outer([0.2, 0.5, 0.3], [0.1, 0.2, 0.3, 0.4])
    verdict = ranked(table, multinomial_covariance(table, 300), 50)
    assert verdict.statistic[0] < 1e-20  # squares of rounding
    np.testing.assert_allclose(verdict.pvalue, 1.0)


def test_ranks_at_one_level_leave_nothing_to_test():
    verdict = ranked(np.array([[0.4, 0.0], [0.6, 0.0]]), np.zeros((4, 4)), 10)
    assert (verdict.df[0], verdict.pvalue[0]) == (0, 1)


def test_ranks_need_more_degrees_of_freedom_than_differences():
    table, covariance = random_table(np.random.default_rng(7), 4, 3)
    assert np.isnan(ranked(table, covariance, 3).pvalue[0])
    assert np.isfinite(ranked(table, covariance, 4).pvalue[0])
