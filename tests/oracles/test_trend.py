"""The trend against R's lm, statsmodels, and fractions."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

import npsstats as nps
from npsstats.kernels.regression import joint_tail, period_variances, widened_quantile, widened_tail

R_ORACLE = json.loads((Path(__file__).parent / "data" / "trend_r.json").read_text())["cases"]
POINTS = np.array([-100.0, 0.0, 100.0])
SEASONS = {4: "quarter", 12: "month"}


def counted(table, labels=None):
    table = np.array(table)
    return nps.RatingCounts(
        table,
        metric=nps.NPS_CATEGORIES,
        missing=np.zeros(len(table), int),
        by=("period",),
        labels=tuple((label,) for label in (labels or range(len(table)))),
    )


def labels_of(case):
    """Quarters or months, where the case has a season."""
    per_year = 4 if case["time"][1] - case["time"][0] > 0.2 else 12
    year = int(case["time"][0])
    write = "{0}Q{1}" if per_year == 4 else "{0}-{1:02d}"
    return [write.format(year + i // per_year, i % per_year + 1) for i in range(len(case["time"]))]


@pytest.fixture(params=range(len(R_ORACLE)), ids=lambda i: f"case{i}")
def both(request):
    case = R_ORACLE[request.param]
    if not case["season"]:
        return case, nps.trend(counted(case["counts"]), times=case["time"])
    season = SEASONS[max(case["season"])]
    return case, nps.trend(counted(case["counts"], labels_of(case)), season=season)


def rows_of(line, case):
    """R's rows: level, slope, effects of all seasons but the last."""
    return [1, 0, *range(2, len(case["estimate"]))]


# R rounds its output to 15 digits; levels are some 50 points with errors of 1, so a dozen digits are common to both.
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def test_the_stored_cases_are_overdispersed():
    # Only then are R's intervals, which always estimate the dispersion, the wider ones.
    assert min(case["sigma2"] for case in R_ORACLE) > 1


def test_estimates_and_errors_are_those_of_lm(both):
    case, line = both
    rows = rows_of(line, case)
    np.testing.assert_allclose(line.estimate[rows], case["estimate"], **CLOSE)
    np.testing.assert_allclose(line.standard_error[rows], case["standard_error"], **CLOSE)
    np.testing.assert_allclose(line.dispersion[0], case["sigma2"], **CLOSE)
    assert line.df.tolist() == [case["df"]]


def test_limits_and_tests_are_those_of_lm(both):
    case, line = both
    rows = rows_of(line, case)
    np.testing.assert_allclose(line.low[rows], case["low"], **CLOSE)
    np.testing.assert_allclose(line.high[rows], case["high"], **CLOSE)
    tested = [i for i, row in enumerate(rows) if row != 1]
    np.testing.assert_allclose(line.statistic[rows][tested], np.array(case["statistic"])[tested], **CLOSE)
    np.testing.assert_allclose(line.pvalue[rows][tested], np.array(case["pvalue"])[tested], **CLOSE)


def test_the_fitted_line_is_that_of_predict(both):
    case, line = both
    for ours, theirs in (
        (line.period_fitted, "fitted"),
        (line.period_low, "fitted_low"),
        (line.period_high, "fitted_high"),
    ):
        np.testing.assert_allclose(ours, case[theirs], **CLOSE)


def test_the_test_of_the_season_is_that_of_anova(both):
    case, line = both
    if not case["season"]:
        assert np.isnan(line.season_pvalue[0])
    else:
        np.testing.assert_allclose(line.season_pvalue[0], case["season_p"], **CLOSE)


def test_weights_are_those_of_r(both):
    case, _ = both
    table, time = np.array(case["counts"], float), np.array(case["time"])
    np.testing.assert_allclose(table.sum(axis=1) / period_variances(table, POINTS, time), case["weights"], rtol=1e-10)


# ------------------------------------------------------------------------------------------------- statsmodels


@pytest.mark.parametrize("season", [None, 1, 2])
def test_without_overdispersion_it_is_a_model_with_known_variances(season):
    """statsmodels WLS with its scale fixed at 1, normal quantiles, and harmonics written out."""
    rng = np.random.default_rng(3)
    table = rng.multinomial(rng.poisson(20, 36) + 1, [0.3, 0.3, 0.4])
    time = 2020 + (np.arange(36) + 0.5) / 12
    labels = [f"{2020 + i // 12}-{i % 12 + 1:02d}" for i in range(36)]
    line = nps.trend(counted(table, labels), season=season, overdispersion=False, confidence_level=0.9)
    n, score = table.sum(axis=1), table @ POINTS / table.sum(axis=1)
    lines = [
        sm.WLS(table @ POINTS**k / n, sm.add_constant(time - 2021.5), weights=n).fit().fittedvalues for k in (1, 2)
    ]
    weights = n / ((lines[1] - lines[0] ** 2) * n.sum() / (n.sum() - 2))
    waves = [f(2 * np.pi * k * time) for k in range(1, (season or 0) + 1) for f in (np.cos, np.sin)]
    fit = sm.WLS(score, np.column_stack([time - 2021.5, np.ones(36), *waves]), weights=weights).fit(
        cov_type="fixed scale"
    )
    np.testing.assert_allclose(line.estimate, fit.params, rtol=1e-8)  # the whole years cost its cosines four digits
    np.testing.assert_allclose(line.standard_error, fit.bse, rtol=1e-8)
    limits = fit.conf_int(0.1)
    np.testing.assert_allclose(line.low, limits[:, 0], rtol=1e-7)
    np.testing.assert_allclose(line.high, limits[:, 1], rtol=1e-7)
    tested = np.arange(len(line)) != 1
    np.testing.assert_allclose(line.pvalue[tested], 2 * stats.norm.sf(np.abs(fit.params / fit.bse))[tested], rtol=1e-7)
    if season:
        wald = fit.wald_test(np.eye(2 + 2 * season)[2:], use_f=False, scalar=True)
        np.testing.assert_allclose(line.season_pvalue[0], wald.pvalue, rtol=1e-7)


def test_the_weights_of_the_first_step_are_those_of_single_answers():
    """Moments on time with the weights n are least squares on the answers themselves."""
    table = np.array([[3, 1, 4], [1, 5, 9], [2, 6, 5], [3, 5, 8]])
    time = np.array([0.0, 1.0, 3.0, 4.0])
    answers = np.concatenate([np.repeat(POINTS, row) for row in table])
    when = np.repeat(time, table.sum(axis=1))
    first, second = (np.polynomial.Polynomial.fit(when, answers**k, 1) for k in (1, 2))
    expected = (second(time) - first(time) ** 2) * table.sum() / (table.sum() - 2)
    np.testing.assert_allclose(period_variances(table.astype(float), POINTS, time), expected, rtol=1e-12)


# ------------------------------------------------------------------------------------------------- by hand


def exact_line(table, time):
    """Slope, its variance and chi-square in fractions, by the sums of a textbook."""
    n = [Fraction(sum(row)) for row in table]
    moments = [[Fraction(row[2] + (-1) ** k * row[0], sum(row)) for row in table] for k in (1, 2)]

    def fit(y, w):
        total = sum(w)
        t0, y0 = (sum(a * b for a, b in zip(w, x, strict=True)) / total for x in (time, y))
        sxx = sum(a * (t - t0) ** 2 for a, t in zip(w, time, strict=True))
        slope = sum(a * (t - t0) * b for a, t, b in zip(w, time, y, strict=True)) / sxx
        return slope, sxx, [y0 + slope * (t - t0) for t in time]

    (_, _, mean), (_, _, second) = (fit(moment, n) for moment in moments)
    answers = sum(n)
    w = [size * (answers - 2) / answers / (b - a * a) for size, a, b in zip(n, mean, second, strict=True)]
    slope, sxx, line = fit(moments[0], w)
    chi2 = sum(a * (y - f) ** 2 for a, y, f in zip(w, moments[0], line, strict=True))
    return slope, sxx, chi2


def test_a_variance_that_the_lines_leave_below_0_is_a_tenth_of_the_pooled_one():
    # Detractors, passives, promoters: the mean runs from -100 to 100, the second moment is 5,000 throughout.
    table = np.array([[50.0, 0, 0], [0, 100, 0], [0, 0, 50]])
    variances = period_variances(table, POINTS, np.array([0.0, 1, 2]))
    # At the ends 5,000 - 100^2 is below 0, in the middle it is the pooled variance; N / (N - 2) is 200 / 198.
    np.testing.assert_allclose(variances * 198 / 200, [500, 5_000, 500], rtol=1e-12)


def test_the_line_by_hand():
    table, time = [[30, 40, 30], [20, 50, 30], [25, 25, 50], [10, 30, 60]], [2021, 2022, 2024, 2025]
    slope, sxx, chi2 = exact_line(table, [Fraction(t) for t in time])
    line = nps.trend(counted(table, time))
    tolerance = {"rtol": 1e-12}  # some dozen roundings
    np.testing.assert_allclose(line.estimate[0], 100 * float(slope), **tolerance)
    np.testing.assert_allclose(line.dispersion[0], float(chi2 / 2), **tolerance)
    # Here the scores vary less than by chance, and the error is that of chance.
    assert chi2 < 2
    np.testing.assert_allclose(line.standard_error[0], 100 / float(sxx) ** 0.5, **tolerance)
    z = float(slope) * float(sxx) ** 0.5
    # Yet two degrees of freedom make Student's test the larger one by far.
    student = 2 * stats.t.sf(z / float(chi2 / 2) ** 0.5, 2)
    assert student > 100 * stats.norm.sf(z)
    np.testing.assert_allclose(line.pvalue[0], student, rtol=1e-10)
    alone = nps.trend(counted(table, time), overdispersion=False)
    np.testing.assert_allclose(alone.pvalue[0], 2 * stats.norm.sf(z), rtol=1e-10)


@pytest.mark.parametrize("dispersion", [0.0, 0.3, 1.0, 2.5])
@pytest.mark.parametrize("df", [1, 4, 30])
def test_tails_are_the_larger_and_quantiles_the_wider_of_normal_and_student(dispersion, df):
    size = np.array([0.0, 0.5, 2.0, 6.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        student = stats.t.sf(size / np.sqrt(dispersion), df)
    np.testing.assert_allclose(widened_tail(size, dispersion, df), np.fmax(stats.norm.sf(size), student), rtol=1e-10)
    quantile = max(stats.norm.ppf(0.975), stats.t.ppf(0.975, df) * np.sqrt(dispersion))
    np.testing.assert_allclose(widened_quantile(0.025, dispersion, df), quantile, rtol=1e-10)


def test_the_joint_test_is_the_larger_of_chi_square_and_f():
    estimate, covariance = np.array([1.0, -2.0, 0.5]), np.diag([0.5, 1.0, 0.25])
    wald = 2 + 4 + 1
    for dispersion in (0.0, 0.4, 2.0):
        f = stats.f.sf(wald / 3 / dispersion, 3, 9) if dispersion else 0
        expected = max(stats.chi2.sf(wald, 3), f)
        np.testing.assert_allclose(joint_tail(estimate, covariance, dispersion, 9), expected, rtol=1e-12)
