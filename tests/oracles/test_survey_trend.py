"""The line through periods that share respondents, against generalised least squares of statsmodels."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

import npsstats as nps
from npsstats.kernels.regression import fit_line, period_variances

QUARTERS = [f"{year}Q{quarter}" for year in (2024, 2025) for quarter in (1, 2, 3, 4)]


@pytest.fixture(scope="module")
def panel():
    """Respondents who answer in some of eight quarters, alike in each."""
    rng = np.random.default_rng(12)
    people = rng.normal(6.5, 2, 500)
    rows = [
        (quarter, person, int(np.clip(round(people[person] + 0.1 * i + rng.normal(0, 1)), 0, 10)))
        for i, quarter in enumerate(QUARTERS)
        for person in np.flatnonzero(rng.random(500) < 0.6)
    ]
    return pd.DataFrame(rows, columns=["quarter", "person", "rating"])


def test_a_line_through_correlated_scores_is_that_of_generalised_least_squares():
    rng = np.random.default_rng(4)
    counts, values = rng.integers(20, 90, (6, 3)).astype(float), np.array([0.0, 0.5, 1.0])
    time = np.arange(6.0)
    design = np.column_stack([np.ones(6), time - 2.5])
    correlation = 0.7 ** np.abs(np.subtract.outer(time, time))
    fit = fit_line(counts, values, time, design, correlation)
    n = counts.sum(axis=1)
    error = np.sqrt(period_variances(counts, values, time) / n)
    model = sm.GLS(counts @ values / n, design, sigma=correlation * np.outer(error, error)).fit()
    # Two factorisations of a well-conditioned 6 by 6 matrix.
    np.testing.assert_allclose(fit.coefficients, model.params, rtol=1e-10)
    np.testing.assert_allclose(fit.covariance, model.normalized_cov_params, rtol=1e-9)
    np.testing.assert_allclose(fit.chi2 / fit.df, model.scale, rtol=1e-9)


def test_a_survey_of_independent_respondents_has_the_line_of_simple_counts(panel):
    once = panel.drop_duplicates("person")
    survey = nps.trend(nps.tabulate_survey(once, "rating", by="quarter"), season="half")
    simple = nps.trend(nps.tabulate(once, rating="rating", by="quarter"), season="half")
    for name in ("estimate", "standard_error", "low", "high", "pvalue", "season_pvalue", "dispersion"):
        np.testing.assert_allclose(getattr(survey, name), getattr(simple, name), rtol=1e-8, err_msg=name)  # whitening


def test_respondents_who_recur_make_a_slope_surer(panel):
    survey = nps.trend(nps.tabulate_survey(panel, "rating", by="quarter", respondent="person"), overdispersion=False)
    simple = nps.trend(nps.tabulate(panel, rating="rating", by="quarter"), overdispersion=False)
    assert survey.standard_error[0] < 0.8 * simple.standard_error[0]
    # The same people in each quarter tell less of the level.
    assert survey.standard_error[1] > 1.2 * simple.standard_error[1]


def test_few_clusters_widen_the_line_by_students_t(panel):
    clusters = panel.assign(cluster=panel.person % 12)
    counts = nps.tabulate_survey(clusters, "rating", by="quarter", cluster="cluster")
    line = nps.trend(counts, overdispersion=False)
    width = (line.high - line.low) / 2 / line.standard_error
    n, sizes = len(panel), clusters["cluster"].value_counts()
    # Clusters count by their size.
    df = 11 * sizes.sum() ** 2 / (12 * (sizes**2).sum())
    np.testing.assert_allclose(width, stats.norm.isf(0.025) * stats.t.isf(0.025, df) / stats.t.isf(0.025, n - 1))
    # The p-value that belongs to the interval: 0.05 where a limit is 0.
    at_limit = line.statistic[0] * width[0] / abs(line.statistic[0])
    assert (line.pvalue[0] < 0.05) == (abs(line.statistic[0]) > abs(at_limit))
