"""Tests of marginal homogeneity and the exact sign test against R, statsmodels, exact fractions and brute force."""

import itertools
import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import SquareTable

from npsstats.kernels.marginal import bhapkar, chi_square_pvalue, exact_sign, stuart_maxwell

R = json.loads((Path(__file__).parent / "data" / "marginal_r.json").read_text())
TINY = np.finfo(float).tiny
ALTERNATIVES = ("two-sided", "less", "greater")


def solved(matrix, right):
    """Solve in fractions; where the matrix is singular, one of the solutions. Also its rank."""
    size = len(matrix)
    rows = [[Fraction(x) for x in row] + [Fraction(y)] for row, y in zip(matrix, right, strict=True)]
    pivots = []
    for column in range(size):
        found = next((i for i in range(len(pivots), size) if rows[i][column]), None)
        if found is None:
            continue
        place = len(pivots)
        rows[place], rows[found] = rows[found], rows[place]
        rows[place] = [x / rows[place][column] for x in rows[place]]
        for i in range(size):
            if i != place and rows[i][column]:
                rows[i] = [x - rows[i][column] * y for x, y in zip(rows[i], rows[place], strict=True)]
        pivots.append(column)
    # A right side outside the range has no solution.
    if any(row[-1] for row in rows[len(pivots) :]):
        return None, len(pivots)
    solution = [Fraction(0)] * size
    for place, column in enumerate(pivots):
        solution[column] = rows[place][-1]
    return solution, len(pivots)


def in_fractions(table, *, wald):
    """D' C^- D with the covariance C as the literature writes it, for either test; and the rank of C."""
    levels, n = len(table), sum(map(sum, table))
    row = [sum(line) for line in table]
    column = [sum(line[a] for line in table) for a in range(levels)]
    shift = [row[a] - column[a] for a in range(levels)]
    covariance = [
        [
            Fraction(row[a] + column[a] - 2 * table[a][a] if a == b else -(table[a][b] + table[b][a]))
            - (Fraction(shift[a] * shift[b], n) if wald else 0)
            for b in range(levels)
        ]
        for a in range(levels)
    ]
    solution, rank = solved(covariance, shift)
    statistic = None if solution is None else sum(x * y for x, y in zip(shift, solution, strict=True))
    return statistic, rank


def random_tables(levels, count, largest, empty, seed):
    rng = np.random.default_rng(seed)
    tables = rng.integers(0, largest, (count, levels, levels)) * (rng.random((count, levels, levels)) >= empty)
    tables[:, 0, 0] += 1
    return tables


# --------------------------------------------------------------------------------------- marginal homogeneity


@pytest.mark.parametrize("name", R["homogeneity"])
def test_stuart_maxwell_is_that_of_coin(name):
    case = R["homogeneity"][name]
    statistic, df = stuart_maxwell(np.array([case["table"]]))
    assert df[0] == case["df"]
    np.testing.assert_allclose(statistic[0], case["statistic"], rtol=1e-12)  # stored with 15 digits
    if case["pvalue"] > 0:  # R's underflows
        # A relative error of the statistic W counts W / 2 times in its tail; coin's is 1 less what lies below.
        np.testing.assert_allclose(chi_square_pvalue(statistic, df)[0], case["pvalue"], rtol=1e-11, atol=2e-16)


@pytest.mark.parametrize("name", R["homogeneity"])
def test_bhapkar_is_the_wald_test_of_the_multinomial_margins_in_r(name):
    case = R["homogeneity"][name]
    statistic, df = bhapkar(np.array([case["table"]]))
    assert df[0] == case["df"]
    np.testing.assert_allclose(statistic[0], case["bhapkar"], rtol=1e-10)  # R's generalised inverse


def test_two_levels_are_mcnemars_test_in_r():
    case = R["homogeneity"]["two_levels"]
    np.testing.assert_allclose(stuart_maxwell(np.array([case["table"]]))[0], case["mcnemar"], rtol=1e-13)


@pytest.mark.parametrize("levels", [2, 3, 5, 11])
def test_full_tables_are_those_of_statsmodels(levels):
    tables = random_tables(levels, 20, 40, 0.0, levels) + 1
    for method, kernel in (("stuart_maxwell", stuart_maxwell), ("bhapkar", bhapkar)):
        statistic, df = kernel(tables)
        for i, table in enumerate(tables):
            oracle = SquareTable(table, shift_zeros=False).homogeneity(method=method)
            assert df[i] == oracle.df
            np.testing.assert_allclose(statistic[i], oracle.statistic, rtol=1e-10)  # it solves by floating point, too
            np.testing.assert_allclose(chi_square_pvalue(statistic, df)[i], oracle.pvalue, rtol=1e-8, atol=1e-15)


@pytest.mark.parametrize("levels", [2, 3, 4, 6])
@pytest.mark.parametrize("empty", [0.0, 0.5, 0.8])
def test_statistics_and_df_are_those_of_exact_fractions(levels, empty):
    """With empty cells the covariance is singular in more than one direction; its rank is the df."""
    tables = random_tables(levels, 60, 9, empty, int(10 * empty) + levels)
    symmetric, wald = stuart_maxwell(tables), bhapkar(tables)
    for i, table in enumerate(tables.tolist()):
        statistic, rank = in_fractions(table, wald=False)
        assert symmetric[1][i] == wald[1][i] == rank
        # Counts below 10: the solved system is well conditioned.
        np.testing.assert_allclose(symmetric[0][i], float(statistic), rtol=1e-12, atol=1e-13)
        statistic, _ = in_fractions(table, wald=True)
        if statistic is None:
            assert wald[0][i] == np.inf
        else:
            np.testing.assert_allclose(wald[0][i], float(statistic), rtol=1e-11, atol=1e-13)
            # The identity that joins the two, by the exact values alone.
            n, plain = sum(map(sum, table)), in_fractions(table, wald=False)[0]
            assert statistic == plain / (1 - plain / n)


@pytest.mark.parametrize(
    "table",
    [
        [[10**9, 1, 0], [0, 10**9, 10**8], [1, 10**8 + 20_000, 3]],
        [[0, 10**6, 1], [10**6 + 3000, 0, 2], [0, 1, 10**9]],
        [[5, 1, 10**8], [1, 5, 1], [10**8 + 10**5, 1, 5]],
    ],
)
def test_statistics_hold_where_flows_differ_by_many_orders(table):
    for kernel, wald in ((stuart_maxwell, False), (bhapkar, True)):
        statistic, _ = kernel(np.array([table]))
        # The margins are whole numbers, subtracted without error; the system is solved without cancellation.
        np.testing.assert_allclose(statistic[0], float(in_fractions(table, wald=wald)[0]), rtol=1e-12)


def test_the_mean_of_the_statistic_over_all_directions_is_the_df():
    """Given who moved between which levels, each went either way with probability 1/2: E D' S^- D = rank of S."""
    pairs = [
        [(0, 1), (0, 1), (1, 2), (0, 2), (1, 2)],
        [(0, 1), (0, 1), (0, 1)],
        [(0, 1), (0, 1), (2, 3), (2, 3), (3, 4)],
        [(0, 4), (1, 4), (2, 4), (3, 4)],
    ]
    for moves in pairs:
        tables = []
        for way in itertools.product((False, True), repeat=len(moves)):
            table = np.diag([3, 1, 0, 2, 5])
            for (a, b), back in zip(moves, way, strict=True):
                table[(b, a) if back else (a, b)] += 1
            tables.append(table)
        statistic, df = stuart_maxwell(np.array(tables))
        assert len(set(df.tolist())) == 1
        np.testing.assert_allclose(statistic.mean(), df[0], rtol=1e-13)  # at most 32 terms


def test_levels_that_nobody_chose_change_nothing():
    small = random_tables(3, 30, 9, 0.3, 5)
    large = np.zeros((30, 6, 6), dtype=int)
    large[np.ix_(range(30), (1, 2, 4), (1, 2, 4))] = small
    for kernel in (stuart_maxwell, bhapkar):
        for found, expected in zip(kernel(large), kernel(small), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)  # the order of sums


def test_the_order_of_levels_and_of_waves_changes_nothing():
    tables = random_tables(5, 30, 30, 0.4, 8)
    order = [3, 0, 4, 1, 2]
    for kernel in (stuart_maxwell, bhapkar):
        statistic, df = kernel(tables)
        for other in (tables[:, order][:, :, order], tables.transpose(0, 2, 1)):
            # Sums in another order; 1 - W / n may lose a digit.
            np.testing.assert_allclose(kernel(other)[0], statistic, rtol=1e-11, atol=1e-12)
            np.testing.assert_array_equal(kernel(other)[1], df)


def test_those_who_stay_count_in_bhapkars_test_only():
    tables = random_tables(4, 20, 30, 0.0, 3)
    more = tables + 1000 * np.eye(4, dtype=int)
    np.testing.assert_allclose(stuart_maxwell(more)[0], stuart_maxwell(tables)[0], rtol=1e-12)
    moved = stuart_maxwell(tables)[0] > 0
    assert (bhapkar(more)[0] < bhapkar(tables)[0])[moved].all()


def test_without_movers_there_is_no_evidence():
    tables = np.array([np.diag([5, 3, 2]), np.zeros((3, 3)), np.diag([0, 0, 4])])
    for kernel in (stuart_maxwell, bhapkar):
        statistic, df = kernel(tables)
        assert statistic.tolist() == [0, 0, 0]
        assert df.tolist() == [0, 0, 0]
        assert df.dtype == np.int64
        assert chi_square_pvalue(statistic, df).tolist() == [1, 1, 1]


def test_if_all_move_by_one_step_the_wald_statistic_has_no_bound():
    tables = np.zeros((3, 3, 3), dtype=int)
    tables[0, 0, 2] = 9  # all from the lowest level to the highest
    tables[1, 0, 1], tables[1, 1, 2] = 4, 7  # all one level up
    tables[2, 0, 1], tables[2, 2, 1] = 4, 7  # all to the middle
    assert stuart_maxwell(tables)[0] == pytest.approx([9, 11, 11], rel=1e-14)
    statistic, df = bhapkar(tables)
    assert statistic.tolist() == [np.inf] * 3
    assert df.tolist() == [1, 2, 2]
    assert (chi_square_pvalue(statistic, df) == TINY).all()


def test_one_who_stays_bounds_the_wald_statistic_however_many_move():
    n = 10**9
    table = np.array([[[1, n - 1], [0, 0]]])
    # W = n - 1, so that W / (1 - W / n) = n (n - 1); 1 - W / n keeps 7 of 16 digits.
    np.testing.assert_allclose(bhapkar(table)[0], n * (n - 1.0), rtol=1e-6)


def test_the_tail_of_chi_square_is_never_0_and_never_nan():
    pvalue = chi_square_pvalue(np.array([0.0, 3.841458820694124, 1e5, np.inf]), np.array([2, 1, 3, 3]))
    np.testing.assert_allclose(pvalue, [1, 0.05, TINY, TINY], rtol=1e-13)


# ------------------------------------------------------------------------------------------ the exact sign test


def sign_in_fractions(up, down, alternative):
    n = up + down

    def tail(successes):
        return Fraction(sum(math.comb(n, k) for k in range(successes, n + 1)), 2**n)

    sides = {"greater": tail(up), "less": tail(down)}
    return sides.get(alternative, min(1, 2 * min(sides.values())))


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_sign_test_is_the_binomial_sum_in_fractions(alternative):
    cases = [*itertools.product(range(13), repeat=2), (60, 40), (3, 90), (500, 400), (0, 1000), (700, 4)]
    up, down = np.array(cases).T
    expected = [float(sign_in_fractions(*case, alternative)) for case in cases]
    np.testing.assert_allclose(exact_sign(up, down, alternative), expected, rtol=1e-12)  # scipy's betainc


@pytest.mark.parametrize("case", R["sign"], ids=lambda case: f"{case['up']}-{case['down']}")
def test_sign_test_is_that_of_r(case):
    for alternative in ALTERNATIVES:
        found = exact_sign(case["up"], case["down"], alternative)
        # pbinom and betainc both lose digits in far tails of a million.
        np.testing.assert_allclose(found, case[alternative.replace("-", "_")], rtol=1e-9)


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_sign_test_is_that_of_scipy(alternative):
    rng = np.random.default_rng(1)
    up, down = rng.integers(0, 3000, (2, 40))
    expected = [stats.binomtest(u, u + d, alternative=alternative).pvalue for u, d in zip(up, down, strict=True)]
    # A p-value that scipy lets underflow is given as the smallest number of full precision.
    np.testing.assert_allclose(exact_sign(up, down, alternative), np.maximum(expected, TINY), rtol=1e-9)


def test_sign_test_turns_with_the_direction():
    up, down = np.random.default_rng(2).integers(0, 500, (2, 50))
    np.testing.assert_array_equal(exact_sign(up, down, "less"), exact_sign(down, up, "greater"))
    np.testing.assert_array_equal(exact_sign(up, down), exact_sign(down, up))


def test_p_values_too_small_for_a_number_are_bounded_by_one_of_full_precision():
    up = np.array([1022, 1023, 1075, 1100, 10**9])
    down = np.array([0, 0, 0, 5, 10**8])
    expected = np.maximum([2.0**-1022, 0, 0, 0, 0], TINY)
    np.testing.assert_array_equal(exact_sign(up, down, "greater"), expected)
    assert (exact_sign(up, down) >= TINY).all()


def test_without_movers_and_without_an_edge_the_sign_test_gives_1():
    for alternative in ALTERNATIVES:
        assert exact_sign(np.array([0]), np.array([0]), alternative) == 1
    assert exact_sign(np.array([1, 7, 10**7]), np.array([1, 7, 10**7])).tolist() == [1, 1, 1]
