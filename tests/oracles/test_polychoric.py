"""Associations of cross-tables against R, SciPy, published figures, closed forms and quadrature."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr

from npsstats.kernels.ordinal_association import kendall_tau_b, spearman
from npsstats.kernels.polychoric import bivariate_normal, polychoric_correlation

R_ORACLE = json.loads((Path(__file__).parent / "data" / "polychoric_r.json").read_text())["cases"]

of_each_case = pytest.mark.parametrize("name", list(R_ORACLE))

# The data set Pain of the SAS/STAT User's Guide (the FREQ procedure, example of the Cochran-Armitage trend test).
PAIN = [[26, 26, 23, 18, 9], [6, 7, 9, 14, 23]]


def shares_of(table):
    table = np.array(table, dtype=float)
    return table / table.sum()


def estimate_of(kernel, table):
    """The correlation, and its standard error with n - 1."""
    shares = shares_of(table)
    value, influence = kernel(shares[None])
    return value[0], math.sqrt((shares * influence[0] ** 2).sum() / (np.sum(table) - 1))


def expanded(table):
    """The ratings of each respondent."""
    table = np.array(table, dtype=int)
    return [np.repeat(places.ravel(), table.ravel()) for places in np.indices(table.shape)]


def normal_table(rho, row_cuts, column_cuts):
    """The shares of cells that a bivariate normal law has, by SciPy's own integration."""
    law = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]])
    rows, columns = ([-9.0, *cuts, 9.0] for cuts in (row_cuts, column_cuts))
    corners = np.array([[law.cdf([h, k]) for k in columns] for h in rows])
    return np.diff(np.diff(corners, axis=0), axis=1)


# ------------------------------------------------------------------------------------------------ rank correlations


@of_each_case
def test_rank_correlations_are_those_of_scipy(name):
    table = R_ORACLE[name]["table"]
    rows = expanded(table)
    # Sums of some thousand ranks.
    assert estimate_of(spearman, table)[0] == pytest.approx(stats.spearmanr(*rows).statistic, abs=1e-12)
    assert estimate_of(kendall_tau_b, table)[0] == pytest.approx(stats.kendalltau(*rows).statistic, abs=1e-12)


@pytest.mark.parametrize(
    ("kernel", "scipy"), [(spearman, stats.spearmanr), (kendall_tau_b, stats.kendalltau)], ids=["spearman", "tau-b"]
)
@pytest.mark.parametrize("name", ["three_by_five", "negative", "weak", "strong"])
def test_errors_of_rank_correlations_are_near_the_jackknife_of_scipy(name, kernel, scipy):
    table = np.array(R_ORACLE[name]["table"])
    n = table.sum()
    left = {}
    for cell in zip(*np.nonzero(table), strict=True):
        less = table.copy()
        less[cell] -= 1
        left[cell] = scipy(*expanded(less)).statistic
    mean = sum(table[cell] * value for cell, value in left.items()) / n
    jackknife = math.sqrt((n - 1) / n * sum(table[cell] * (value - mean) ** 2 for cell, value in left.items()))
    # They differ by terms of the order of 1/n, here 800 and more.
    assert estimate_of(kernel, table)[1] == pytest.approx(jackknife, rel=5 / n)


@pytest.mark.parametrize(
    ("kernel", "scipy"), [(spearman, stats.spearmanr), (kendall_tau_b, stats.kendalltau)], ids=["spearman", "tau-b"]
)
def test_influence_is_what_one_more_respondent_does_to_scipy(kernel, scipy):
    # One respondent more, and one less, of very many of the same shares.
    times = 60
    many = times * np.array(PAIN)
    _, influence = kernel(shares_of(PAIN)[None])
    for cell in np.ndindex(*many.shape):
        sides = []
        for step in (1, -1):
            moved = many.copy()
            moved[cell] += step
            sides.append(scipy(*expanded(moved)).statistic)
        # Central differences: their error is of the order of 1/n^2 times n, here 1e-4 of the largest influence.
        assert (sides[0] - sides[1]) * many.sum() / 2 == pytest.approx(influence[0][cell], abs=2e-4)


# ---------------------------------------------------------------------------------------------------------- polychoric


@of_each_case
def test_polychoric_correlation_is_that_of_polycor_and_lavaan(name):
    case = R_ORACLE[name]
    value, _ = estimate_of(polychoric_correlation, case["table"])
    # polycor stops R's optimize at about a quarter root of the precision; lavaan's likelihood is flat near its maximum.
    assert value == pytest.approx(case["two_step"], abs=5e-5)
    assert value == pytest.approx(case["lavaan"], abs=3e-8)


@pytest.mark.parametrize("name", ["fourfold", "fourfold_negative"])
def test_error_of_a_fourfold_table_is_that_of_lavaan(name):
    # Two by two the model fits exactly, so that expected and observed information are one; lavaan has n - 1, too.
    case = R_ORACLE[name]
    assert estimate_of(polychoric_correlation, case["table"])[1] == pytest.approx(case["lavaan_error"], rel=1e-8)


@of_each_case
def test_error_is_near_the_jackknife_of_polycor(name):
    # The jackknife differs by terms of the order of 1/n; two tables rest on single respondents in odd cells.
    case = R_ORACLE[name]
    rel = 0.2 if name in ("sparse", "corners") else 0.012
    assert estimate_of(polychoric_correlation, case["table"])[1] == pytest.approx(case["jackknife_error"], rel=rel)


@pytest.mark.parametrize("name", ["eleven_by_five", "weak", "strong", "negative"])
def test_two_steps_lose_next_to_nothing_against_full_likelihood(name):
    # These tables were drawn from a normal law, where two steps are as good in large samples (Olsson 1979).
    case = R_ORACLE[name]
    value, error = estimate_of(polychoric_correlation, case["table"])
    assert value == pytest.approx(case["full_ml"], abs=0.1 * case["full_ml_error"])
    assert error == pytest.approx(case["full_ml_error"], rel=0.03)


def test_blocks_of_groups_give_what_each_group_gives(monkeypatch):
    tables = np.concatenate([shares_of([[9, 4, i], [i, 6, 8]])[None] for i in (1, 2, 5)] + [np.zeros((1, 2, 3))])
    tables[3, 0] = 1 / 3
    together = polychoric_correlation(tables)
    # Corners of two tables: blocks of two groups, of which the last has one whose correlation is not known.
    monkeypatch.setattr("npsstats.kernels.polychoric.BLOCK", 24)
    for whole, in_blocks in zip(together, polychoric_correlation(tables), strict=True):
        # Other groups of the block may take one Newton step more.
        np.testing.assert_allclose(in_blocks, whole, rtol=1e-9)


@pytest.mark.parametrize("rho", [-0.97, -0.5, 0.0, 0.3, 0.8, 0.99])
def test_a_table_that_is_exactly_normal_gives_its_correlation(rho):
    shares = normal_table(rho, [-1.4, -0.2, 0.1, 1.1], [-0.7, 0.0, 0.9]).clip(min=0)
    found, _ = polychoric_correlation((shares / shares.sum())[None])
    # SciPy's integrals are known to about 1e-15, and the cut at 9 leaves out 1e-19.
    assert found[0] == pytest.approx(rho, abs=1e-11)


def test_a_fourfold_table_with_even_margins_has_a_closed_form():
    # P(both low) = 1/4 + arcsin(rho) / 2 pi (Sheppard 1899).
    table = np.array([[30.0, 20.0], [20.0, 30.0]])
    assert estimate_of(polychoric_correlation, table)[0] == pytest.approx(
        math.sin(2 * math.pi * (0.3 - 0.25)), abs=1e-13
    )


@pytest.mark.parametrize(
    "table",
    [
        [[1000, 3, 0, 1], [4, 1000, 6, 0], [0, 2, 1000, 1]],
        [[5, 9, 2], [4, 30, 12], [1, 8, 60]],
        [[900, 1, 0], [2, 0, 900]],
    ],
    ids=["nearly diagonal with an outlier", "small", "empty cells"],
)
def test_the_likelihood_by_quadrature_is_highest_at_the_correlation(table):
    # Cell probabilities by integrating over one variable: nothing in common with Owen's T.
    table = np.array(table, dtype=float)
    value, _ = estimate_of(polychoric_correlation, table)
    row_cuts, column_cuts = (
        np.concatenate([[-12], stats.norm.ppf(margin.cumsum()[:-1] / margin.sum()), [12]])
        for margin in (table.sum(axis=1), table.sum(axis=0))
    )

    nodes, weights = np.polynomial.legendre.leggauss(8)

    def cell(rho, a, b):
        s = math.sqrt(1 - rho**2)
        edges = np.linspace(row_cuts[a], row_cuts[a + 1], 2001)
        half = (edges[1] - edges[0]) / 2
        x = ((edges[:-1] + half)[:, None] + half * nodes).ravel()
        low, high = ((cut - rho * x) / s for cut in column_cuts[b : b + 2])
        # Differences of small numbers, not of numbers near 1.
        low, high = np.where(low > 0, -high, low), np.where(low > 0, -low, high)
        return half * np.tile(weights, 2000) @ (stats.norm.pdf(x) * (ndtr(high) - ndtr(low)))

    def likelihood(rho):
        cells = zip(*np.nonzero(table), strict=True)
        return sum(table[a, b] * math.log(cell(rho, a, b)) for a, b in cells)

    step = 1e-3 * (1 - value**2)
    highest = likelihood(value)
    assert highest > likelihood(value - step)
    assert highest > likelihood(value + step)
    # The derivative is 0, relative to its size one step away.
    small = step / 100
    slopes = [(likelihood(at + small) - likelihood(at - small)) / (2 * small) for at in (value, value + step)]
    assert abs(slopes[0]) < 1e-3 * abs(slopes[1])


@pytest.mark.parametrize("rho", [-0.999, -0.4, 0.0, 0.7, 0.9999])
def test_bivariate_normal_probabilities_are_those_of_scipy(rho):
    cuts = np.array([-6.0, -1.3, -1e-9, 0.0, 0.2, 1.3, 5.0])
    h, k = (part.ravel() for part in np.meshgrid(cuts, cuts))
    found = bivariate_normal(h, k, np.full(h.shape, rho))
    law = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]])
    # Both are known to about 1e-15.
    np.testing.assert_allclose(found, [law.cdf(pair) for pair in zip(h, k, strict=True)], atol=1e-14)


# --------------------------------------------------------------------------------------------------- ends of the range


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ([[5, 0], [0, 5]], 1.0),
        ([[0, 7], [3, 0]], -1.0),
        ([[5, 0], [3, 5]], 1.0),
        ([[0, 5], [5, 3]], -1.0),
        ([[9, 4, 0], [0, 6, 8]], 1.0),
        ([[5, 0, 0], [0, 0, 0], [0, 0, 5]], 1.0),
    ],
)
def test_tables_that_a_perfect_correlation_explains_give_one(table, expected):
    shares = shares_of(table)
    value, influence = polychoric_correlation(shares[None])
    assert value[0] == expected
    assert np.isnan(influence).all()


@pytest.mark.parametrize("kernel", [spearman, kendall_tau_b, polychoric_correlation])
def test_nothing_is_known_where_all_give_one_rating(kernel):
    value, influence = kernel(shares_of([[5, 5], [0, 0]])[None])
    assert np.isnan(value[0])
    assert np.isnan(influence).all()


@pytest.mark.parametrize("kernel", [spearman, kendall_tau_b, polychoric_correlation])
def test_ratings_that_nobody_gave_change_nothing(kernel):
    table = np.array([[22, 30, 9], [6, 60, 55], [2, 33, 60]])
    wide = np.zeros((6, 5))
    wide[np.ix_([1, 2, 4], [0, 2, 3])] = table
    value, influence = kernel(shares_of(table)[None])
    again, wide_influence = kernel(shares_of(wide)[None])
    # The same sums in another order.
    assert again[0] == pytest.approx(value[0], abs=1e-13)
    np.testing.assert_allclose(wide_influence[0][np.ix_([1, 2, 4], [0, 2, 3])], influence[0], atol=1e-12)
