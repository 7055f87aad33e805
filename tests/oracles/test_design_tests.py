"""Tests of several groups of complex samples against the R package survey."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from npsstats.kernels.design_tests import adjusted_wald, mid_ranks, quadratic_form, rank_test, rao_scott
from npsstats.ratings.variances import Linearised

R = json.loads((Path(__file__).parent / "data" / "design_tests_r.json").read_text())
CASES = R["cases"]

# Both sides sum the same rows in another order and solve small systems: some digits of 16 are lost.
TOLERANCE = 1e-9


def arrays(case, *names):
    return (np.array(case[name], dtype=float) for name in names)


@pytest.mark.parametrize("name", CASES)
def test_pearson_corrected_by_rao_and_scott_is_svychisq(name):
    case = CASES[name]
    verdict = rao_scott(*arrays(case, "proportions", "covariance"), case["df"])
    np.testing.assert_allclose(verdict.statistic[0], case["chisq"], rtol=TOLERANCE)
    np.testing.assert_allclose([verdict.df[0], verdict.df2[0]], case["chisq_df"], rtol=TOLERANCE)
    np.testing.assert_allclose(verdict.pvalue[0], case["chisq_p"], rtol=TOLERANCE)


def ranked(proportions, covariance, df):
    """The rank test of the proportions of all cells of a table, with the covariance of mean ranks linearised."""
    ranks = mid_ranks(proportions.sum(axis=0))
    groups = proportions.sum(axis=1)
    means = proportions @ ranks / groups
    slopes = (ranks - means[:, None]) / groups[:, None]
    jacobian = (np.eye(len(means))[:, :, None] * slopes).reshape(len(means), -1)
    return rank_test(means, jacobian @ covariance @ jacobian.T, df)


@pytest.mark.parametrize("name", CASES)
def test_mean_ranks_are_compared_as_by_svyranktest(name):
    case = CASES[name]
    verdict = ranked(*arrays(case, "proportions", "covariance"), case["df"])
    # A statistic near 0 is a difference of nearly equal ranks.
    np.testing.assert_allclose(verdict.statistic[0], case["rank"], rtol=TOLERANCE, atol=1e-12)
    assert [verdict.df[0], verdict.df2[0]] == case["rank_df"]
    np.testing.assert_allclose(verdict.pvalue[0], case["rank_p"], rtol=TOLERANCE)


@pytest.mark.parametrize("name", CASES)
def test_wald_statistic_of_means_is_that_of_a_regression_on_groups(name):
    case = CASES[name]
    statistic, rank = quadratic_form(*arrays(case, "means", "means_covariance"))
    assert rank == case["groups"] - 1
    np.testing.assert_allclose(statistic / rank, case["wald"], rtol=TOLERANCE)


@pytest.mark.parametrize("name", CASES)
def test_adjusted_wald_holds_that_statistic_against_hotellings_law(name):
    case = CASES[name]
    q, df = case["groups"] - 1, case["df"]
    verdict = adjusted_wald(*arrays(case, "means", "means_covariance"), df)
    # Korn & Graubard (1990), equation by hand: F = (df - q + 1) / (df q) W.
    f = (df - q + 1) / df * case["wald"]
    np.testing.assert_allclose(verdict.statistic[0], f, rtol=TOLERANCE)
    np.testing.assert_allclose(verdict.pvalue[0], stats.f.sf(f, q, df - q + 1), rtol=TOLERANCE)
    assert (verdict.df[0], verdict.df2[0]) == (q, df - q + 1)


@pytest.mark.parametrize("name", CASES)
def test_proportions_of_the_table_follow_from_its_totals(name):
    case = CASES[name]
    totals, of_totals = arrays(case, "totals", "totals_covariance")
    proportions, covariance = totals / totals.sum(), Linearised(of_totals).of_cells(totals)
    np.testing.assert_allclose(proportions, np.array(case["proportions"]), rtol=1e-13)  # a sum in another order
    # Entries near 0 are differences of larger ones.
    largest = np.abs(case["covariance"]).max()
    np.testing.assert_allclose(covariance, np.array(case["covariance"]), rtol=TOLERANCE, atol=1e-13 * largest)
