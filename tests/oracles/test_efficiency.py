"""Relative efficiencies against other packages, ranks, numerical derivatives, and the power of tests."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit, ndtri
from scipy.stats import rankdata

import npsstats as nps
from npsstats.kernels.ordinal_shift import efficacies, ordinal_information, ordinal_information_gradient

R_EXAMPLE = np.array([20, 10, 10, 10, 10, 30, 30, 90, 220, 220, 350])
SFO_2017 = nps.datasets.load("sfo")["recommend"].pool("year").select(2017).counts[0]
VALUES = np.array([[-1.0] * 7 + [0, 0, 1, 1], np.arange(11.0), [0.0] * 10 + [1], [1.0] * 7 + [0.0] * 4])
POPULATIONS = {"R example": R_EXAMPLE / 1000, "sfo": SFO_2017 / SFO_2017.sum(), "uniform": np.full(11, 1 / 11)}
cases = pytest.mark.parametrize("shares", POPULATIONS.values(), ids=POPULATIONS)


def shifted(shares, by):
    """Shares whose odds of more than each rating are exp(by) times as high."""
    below = np.cumsum(shares)[:-1]
    return np.diff(np.concatenate([[0.0], expit(logit(below) - by), [1.0]]))


@cases
def test_slopes_are_numerical_derivatives_of_a_proportional_odds_shift(shares):
    step = 1e-5
    numerical = (VALUES @ shifted(shares, step) - VALUES @ shifted(shares, -step)) / (2 * step)
    # Central differences are off by the third derivative times step^2 / 6, and by rounding over the step.
    np.testing.assert_allclose(efficacies(shares[None], VALUES).slope[0], numerical, rtol=1e-8)


@cases
def test_the_relative_efficiency_to_the_ordinal_analysis_is_the_squared_correlation_with_mid_ranks(shares):
    counts = np.round(shares * 11_000).astype(int)
    ratings = np.repeat(np.arange(11), counts)
    ranks = rankdata(ratings)
    found = nps.efficiency(nps.RatingCounts.from_histogram(counts))
    relative = dict(zip(found.analysis, found.relative_to_ordinal, strict=True))
    for name, values in zip(("NPS", "mean", "top-1-box", "share of detractors"), VALUES, strict=True):
        np.testing.assert_allclose(relative[name], np.corrcoef(values[ratings], ranks)[0, 1] ** 2, rtol=1e-10)


@cases
def test_the_information_is_the_efficacy_of_the_mann_whitney_statistic_by_brute_force(shares):
    # P(X < Y) + P(X = Y) / 2 for Y shifted against X; under the hypothesis its variance with n respondents on each
    # side is that of both mean ridits, 2 / n times the variance of a ridit.
    beats = np.tri(11, k=-1).T + np.eye(11) / 2
    step = 1e-5
    slope = (shares @ beats @ shifted(shares, step) - shares @ beats @ shifted(shares, -step)) / (2 * step)
    ridits = shares @ beats
    variance = shares @ ridits**2 - (shares @ ridits) ** 2
    np.testing.assert_allclose(ordinal_information(shares[None]), slope**2 / variance, rtol=1e-8)


def test_the_information_is_that_of_statsmodels_ordered_model():
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    # Two halves with the same ratings: the estimate is 0 and its variance 1 / (n / 4 * information).
    ratings = np.repeat(np.arange(11), R_EXAMPLE)
    both = np.concatenate([ratings, ratings])
    group = np.repeat([0.0, 1.0], len(ratings))
    fit = OrderedModel(
        pd.Series(pd.Categorical(both, ordered=True)), pd.DataFrame({"group": group}), distr="logit"
    ).fit(method="bfgs", disp=False, gtol=1e-8)
    assert abs(fit.params["group"]) < 1e-4
    information = ordinal_information(R_EXAMPLE[None] / 1000)[0]
    # Their Hessian is numerical.
    np.testing.assert_allclose(fit.bse["group"] ** 2, 1 / (len(both) / 4 * information), rtol=1e-3)


@cases
def test_derivatives_by_the_shares_are_numerical_ones(shares):
    rng = np.random.default_rng(11)
    way = rng.normal(size=11)
    way -= way.mean()
    step = 1e-6

    def logs(at):
        return np.append(np.log(efficacies(at[None], VALUES).efficacy[0]), np.log(ordinal_information(at[None])))

    numerical = (logs(shares + step * way) - logs(shares - step * way)) / (2 * step)
    gradient = np.vstack([efficacies(shares[None], VALUES).gradient[0], ordinal_information_gradient(shares[None])])
    # Differences of logarithms of order 1 lose about 1e-16 / step.
    np.testing.assert_allclose(gradient @ way, numerical, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("against", ["ordinal", "mean"])
def test_standard_errors_are_those_of_the_jackknife(against):
    counts = np.array(SFO_2017)
    found = nps.efficiency(nps.RatingCounts.from_histogram(counts), against=against)
    relative = found.relative_to_ordinal if against == "ordinal" else found.relative_to_mean
    scale = (lambda x: np.log(x / (1 - x))) if against == "ordinal" else np.log
    some = found.low < found.high
    error = (scale(found.high[some]) - scale(found.low[some])) / (2 * ndtri(0.975))
    # Leaving out one respondent of each rating; as many of these are alike as gave the rating.
    left = np.flatnonzero(counts)
    without = nps.RatingCounts.from_histogram(counts - np.eye(11, dtype=int)[left], groups=left.tolist())
    each = nps.efficiency(without, against=against)
    column = each.relative_to_ordinal if against == "ordinal" else each.relative_to_mean
    replicates = scale(column.reshape(len(left), -1)[:, some])
    n = counts.sum()
    middle = counts[left] @ replicates / n
    jackknife = np.sqrt((n - 1) / n * (counts[left] @ (replicates - middle) ** 2))
    assert some.sum() == len(relative) - 1
    # Two first-order methods that differ by 1 / n, n = 2,746; more where a share is near its extreme.
    np.testing.assert_allclose(error, jackknife, rtol=0.02)


def test_the_factor_is_what_samples_need_to_have_the_same_power():
    shares = POPULATIONS["R example"]
    factor = 1 / 0.8091  # NPS against the ordinal analysis: squared correlation with mid-ranks, as tested above
    np.testing.assert_allclose(
        nps.efficiency(nps.RatingCounts.from_histogram(R_EXAMPLE)).sample_size_factor[0], factor, rtol=1e-3
    )
    rng = np.random.default_rng(2024)
    other = shifted(shares, 0.15)
    n, many = 2_200, 40_000

    def power_of_nps(size):
        tables = rng.multinomial(size, shares, many), rng.multinomial(size, other, many)
        scores = [table @ VALUES[0] / size for table in tables]
        variances = [
            (table @ VALUES[0] ** 2 / size - score**2) / size for table, score in zip(tables, scores, strict=True)
        ]
        return np.mean((scores[1] - scores[0]) / np.sqrt(sum(variances)) > ndtri(0.975))

    first, second = rng.multinomial(n, shares, many), rng.multinomial(n, other, many)
    pooled = first + second
    ranks = np.cumsum(pooled, axis=1) - (pooled - 1) / 2
    centre = (2 * n + 1) / 2
    spread = (pooled * (ranks - centre) ** 2).sum(axis=1) / (2 * n - 1)
    wilcoxon = ((second * ranks).sum(axis=1) - n * centre) / np.sqrt(spread * n / 2)
    ordinal = np.mean(wilcoxon > ndtri(0.975))
    assert 0.6 < ordinal < 0.95
    # Three standard errors of a difference of two simulated powers: 3 sqrt(2 * 0.16 / 40,000), and 0.005 for the shift
    # not being infinitely small.
    np.testing.assert_allclose(power_of_nps(round(factor * n)), ordinal, atol=0.0085 + 0.005)
    assert power_of_nps(n) < ordinal - 0.04
