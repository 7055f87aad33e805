"""The segmentation against all segmentations there are, and its random allotments against exact tests."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

import npsstats as nps
from npsstats.kernels.segmentation import (
    best_segmentation,
    dispersion,
    largest_by_periods,
    largest_by_respondents,
    split_statistics,
)


def cost(segment):
    """Minus twice the maximal log likelihood, from logarithms of factors one by one."""
    total = [sum(column) for column in zip(*segment, strict=True)]
    return -2 * math.fsum(k * math.log(k / sum(total)) for k in total if k)


def all_segmentations(table):
    """Every set of places with the cost of its segments."""
    size = len(table)
    costs = {(i, j): cost(table[i:j]) for i, j in itertools.combinations(range(size + 1), 2)}
    for many in range(size):
        for places in itertools.combinations(range(1, size), many):
            ends = (0, *places, size)
            yield places, math.fsum(costs[pair] for pair in itertools.pairwise(ends))


def random_table(seed):
    rng = np.random.default_rng(seed)
    periods, cells = rng.integers(2, 10), rng.integers(2, 6)
    shares = rng.dirichlet(np.ones(cells), size=periods)
    # Runs of equal shares, so that changes are there to be found.
    shares = shares[np.cumsum(rng.integers(0, 4, periods) == 0).clip(max=periods - 1)]
    return rng.multinomial(rng.integers(1, 40, periods), shares)


@pytest.mark.parametrize("penalty", [0.5, 3.0, 8.0, 20.0])
@pytest.mark.parametrize("max_changes", [None, 1, 2, 3])
def test_no_segmentation_is_better_than_the_one_that_is_found(penalty, max_changes):
    found_some = 0
    for seed in range(60):
        table = random_table(seed)
        most = len(table) if max_changes is None else max_changes
        scored = [
            (value + penalty * len(places), places)
            for places, value in all_segmentations(table.tolist())
            if len(places) <= most
        ]
        best, places = min(scored)
        found = best_segmentation(table.astype(float), penalty, max_changes)
        own = {places: value for value, places in scored}[tuple(found.tolist())]
        # Sums of at most some hundred logarithms of numbers below 400.
        assert own <= best + 1e-9
        # Where the second best is further away than rounding, the places are the same.
        if sorted(value for value, _ in scored)[1 % len(scored)] > best + 1e-9:
            assert tuple(found.tolist()) == places
        found_some += found.size > 0
    assert found_some > 5


def test_the_statistic_of_two_cells_is_the_likelihood_ratio_of_two_by_two_tables():
    table = np.array([[3, 7], [5, 5], [9, 1], [8, 3], [2, 2]])
    expected = []
    for place in range(1, 5):
        two = np.array([table[:place].sum(axis=0), table[place:].sum(axis=0)])
        expected.append(stats.chi2_contingency(two, correction=False, lambda_="log-likelihood").statistic)
    np.testing.assert_allclose(split_statistics(table.astype(float)), expected, rtol=1e-10)


def test_a_change_by_hand():
    """Four periods of 10, all passives and then all promoters: the whole costs 2 * 40 log 2, the parts nothing."""
    counts = nps.RatingCounts.from_categories(
        promoters=[0, 0, 10, 10],
        passives=[10, 10, 0, 0],
        detractors=[0] * 4,
        groups=[2021, 2022, 2023, 2024],
        by="year",
    )
    found = nps.find_changes(counts, rng=1)
    assert found.labels == ((2023,),)
    np.testing.assert_allclose(found.statistic, 80 * math.log(2), rtol=1e-12)
    assert (found.score_before.tolist(), found.score_after.tolist()) == ([0], [100])
    # A year earlier: 10 passives, and 10 passives with 20 promoters; far below 55.5 - 7.35.
    a_year_off = 80 * math.log(2) - 2 * (30 * math.log(30) - 10 * math.log(10) - 20 * math.log(20))
    np.testing.assert_allclose(split_statistics(counts.counts.astype(float))[0], a_year_off, rtol=1e-12)
    assert (found.earliest, found.latest) == ((2023,), (2023,))


def every_allotment(n, total):
    """All tables with these margins and the probability of each, for two cells, in fractions."""
    for first in itertools.product(*(range(size + 1) for size in n)):
        if sum(first) == total[0]:
            ways = math.prod(math.comb(size, k) for size, k in zip(n, first, strict=True))
            yield [[k, size - k] for k, size in zip(first, n, strict=True)], Fraction(ways, math.comb(sum(n), total[0]))


def test_dealt_out_answers_have_the_law_of_all_allotments():
    """The tail of the largest statistic, by enumeration of all tables with the same margins."""
    table = np.array([[1, 5], [2, 6], [5, 2]])
    drawn = largest_by_respondents(table, np.random.default_rng(1), 20_000)
    law = [
        (max(split_statistics(np.array(rows, float))), probability)
        for rows, probability in every_allotment(table.sum(axis=1).tolist(), table.sum(axis=0).tolist())
    ]
    assert sum(probability for _, probability in law) == 1
    for bound in (1.0, 2.0, 4.0, 6.0):
        tail = float(sum(probability for value, probability in law if value >= bound))
        error = math.sqrt(tail * (1 - tail) / 20_000)
        assert abs((drawn >= bound).mean() - tail) < 4.5 * error  # 4 bounds, a chance of 3e-5 that one fails


def test_dealt_out_answers_keep_their_margins():
    """Three cells: the mean of the largest statistic, against shuffled answers."""
    rng = np.random.default_rng(5)
    table = np.array([[2, 3, 1], [0, 4, 4], [1, 0, 2], [3, 3, 3]])
    drawn = largest_by_respondents(table, rng, 4_000)
    answers, ends = np.repeat([0, 1, 2], table.sum(axis=0)), np.cumsum(table.sum(axis=1))[:-1]
    shuffled = []
    for _ in range(4_000):
        parts = np.split(rng.permutation(answers), ends)
        shuffled.append(split_statistics(np.array([np.bincount(part, minlength=3) for part in parts], float)).max())
    # Two samples of 4,000 of the same law: Kolmogorov-Smirnov, a chance of 1e-4.
    assert stats.ks_2samp(drawn, shuffled).pvalue > 1e-4


def test_shuffled_periods_have_the_law_of_all_orders():
    table = np.array([[1, 5, 2], [2, 6, 0], [5, 2, 3], [0, 1, 9]])
    drawn = largest_by_periods(table, np.random.default_rng(2), 20_000)
    orders = [split_statistics(table[list(order)].astype(float)).max() for order in itertools.permutations(range(4))]
    values, expected = np.unique(np.round(orders, 9), return_counts=True)
    seen = np.array([(np.abs(drawn - value) < 1e-6).sum() for value in values])
    assert seen.sum() == 20_000
    assert stats.chisquare(seen, expected / 24 * 20_000).pvalue > 1e-4


def test_the_dispersion_within_segments_is_pearsons():
    table = np.array([[3, 7, 2], [5, 5, 4], [9, 1, 0], [8, 3, 0], [7, 2, 0]])
    parts = [table[:2], table[2:, :2]]  # no third cell after the change
    tests = [stats.chi2_contingency(part, correction=False) for part in parts]
    chi2, df = dispersion(table.astype(float), np.array([2]))
    np.testing.assert_allclose(chi2, sum(test.statistic for test in tests), rtol=1e-10)
    assert df == sum(test.dof for test in tests)
