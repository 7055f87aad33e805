"""Areas under ROC curves, log-losses, dependent correlations against other software, published cases, brute force."""

import json
from itertools import combinations
from math import log
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtri

import npsstats as nps
from npsstats.kernels.dependent_correlations import (
    meng_statistic,
    normal_dependence,
    pearson,
    spearman,
    steiger_statistic,
    zou_limits,
)
from npsstats.kernels.discrimination import concordance, delong_covariance
from npsstats.kernels.leaving_out import apparent_losses, leave_one_out_losses
from npsstats.kernels.transformed_limits import fisher_limits, logit_limits

DATA = Path(__file__).parent / "data"
R_ORACLE = json.loads((DATA / "discrimination_r.json").read_text())
PYTHON_ORACLE = json.loads((DATA / "discrimination.json").read_text())
SAMPLES = pytest.mark.parametrize("oracle", [R_ORACLE, R_ORACLE["small"]], ids=["900", "40"])
Z_95 = float(ndtri(0.975))


def cells_of(oracle):
    """Respondents, their event, and the values of the four predictors of the scripts."""
    recommend, csat, event, n = (np.array(oracle["cells"][name]) for name in ("recommend", "csat", "event", "n"))
    predictors = [recommend, csat, np.searchsorted([7, 9], recommend, side="right"), 1 * (csat >= 4)]
    return n.astype(float), event, predictors


def joint_of(oracle):
    """The same respondents as a public object."""
    table = np.zeros((11, 5, 2), dtype=int)
    cells = oracle["cells"]
    table[cells["recommend"], np.array(cells["csat"]) - 1, cells["event"]] = cells["n"]
    yes_no = nps.top_box(nps.Scale(0, 1), boxes=1, name="event")
    counts = nps.JointCounts.from_table(table, metrics=[nps.NPS, nps.CSAT, yes_no])
    return nps.JointCounts(
        counts.cells,
        metrics=counts.metrics[:2],
        answers=counts.answers[:, :2],
        outcome=counts.answers[:, 2].astype(float),
        outcome_name="event",
    )


def in_rows(n, *columns):
    return [np.repeat(column, n.astype(int)) for column in columns]


# --------------------------------------------------------------------------------------------- areas


@SAMPLES
def test_areas_and_their_covariance_are_those_of_proc(oracle):
    n, event, predictors = cells_of(oracle)
    found = [concordance(n[None], -1.0 * x, event) for x in predictors]
    np.testing.assert_allclose([f.estimate[0] for f in found], oracle["areas"], rtol=1e-13)
    covariance = delong_covariance(n[None], event, np.stack([f.influence for f in found]))[0]
    # Both are sums of some hundred products; 1e-12 is rounding.
    np.testing.assert_allclose(covariance, oracle["covariance"], rtol=1e-12)


@SAMPLES
def test_differences_of_areas_are_those_of_proc(oracle):
    found = nps.compare_validity(joint_of(oracle), event_is="bad", n_resamples=100, rng=1, adjustment="none")
    names = ["NPS (0-10)", "CSAT (1-5)", "NPS (3 classes)", "CSAT (2 classes)"]
    rows = {(one, two): i for i, (one, two) in enumerate(zip(found.predictor, found.reference, strict=True))}
    assert len(rows) == len(oracle["tests"])
    for test in oracle["tests"]:
        one, two = (names[place - 1] for place in test["pair"])
        sign = 1 if (one, two) in rows else -1
        i = rows[one, two] if sign == 1 else rows[two, one]
        low, high = sorted([sign * test["low"], sign * test["high"]])
        np.testing.assert_allclose([found.low[i], found.high[i]], [low, high], rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(found.difference[i] / found.standard_error[i], sign * test["z"], rtol=1e-11)
        np.testing.assert_allclose(found.pvalue[i], test["p"], rtol=1e-10)


def test_weighted_areas_are_those_of_scikit_learn():
    n, event, predictors = cells_of(R_ORACLE)
    weight = n * (1 + (np.array(R_ORACLE["cells"]["recommend"]) + R_ORACLE["cells"]["csat"] + event) % 3)
    found = [concordance(weight[None], -1.0 * x, event).estimate[0] for x in predictors]
    np.testing.assert_allclose(found, PYTHON_ORACLE["weighted_areas"], rtol=1e-13)


def test_concordance_of_an_amount_counts_all_pairs():
    rng = np.random.default_rng(3)
    x, y, weight = rng.integers(0, 5, 60), rng.integers(0, 7, 60), rng.integers(1, 4, 60)
    found = concordance(weight[None] * 1.0, x * 1.0, y * 1.0)
    ordered = different = 0.0
    for i, j in combinations(range(60), 2):
        pair = weight[i] * weight[j] * (y[i] != y[j])
        different += pair
        ordered += pair * ((x[i] - x[j]) * (y[i] - y[j]) > 0) + pair * (x[i] == x[j]) / 2
    np.testing.assert_allclose(found.estimate[0], ordered / different, rtol=1e-13)
    # Somers' D of x given y is twice the distance from a coin toss.
    rows = in_rows(weight, y, x)
    np.testing.assert_allclose(2 * found.estimate[0] - 1, stats.somersd(*rows).statistic, rtol=1e-12)


@pytest.mark.parametrize("measure", [lambda w, x, y: concordance(w, x, y).estimate, pearson, spearman], ids=str)
def test_influence_is_the_derivative_by_the_shares(measure):
    rng = np.random.default_rng(8)
    x, y, weight = rng.integers(0, 6, 25) * 1.0, rng.integers(0, 4, 25) * 1.0, rng.random(25)
    shares = weight / weight.sum()
    estimate = (lambda w: measure(w, x, y)[0]) if measure in (pearson, spearman) else (lambda w: measure(w, x, y))
    exact = {pearson: lambda: pearson(shares[None], x, y)[1], spearman: lambda: spearman(shares[None], x, y)[1]}
    influence = exact.get(measure, lambda: concordance(shares[None], x, y).influence)()[0]
    step = 1e-6
    for cell in range(25):
        moved = [estimate(((1 - t) * shares + t * np.eye(25)[cell])[None])[0] for t in (step, -step)]
        # A central difference errs by about step^2 and by rounding over step.
        np.testing.assert_allclose((moved[0] - moved[1]) / (2 * step), influence[cell], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(shares @ influence, 0, atol=1e-14)


def test_logit_limits_follow_their_definition():
    area, error = np.array([0.731]), np.array([0.0518])
    low, high = logit_limits(area, error, Z_95)
    centre, reach = log(0.731 / 0.269), Z_95 * 0.0518 / (0.731 * 0.269)
    np.testing.assert_allclose([low[0], high[0]], [1 / (1 + np.exp(-centre + d)) for d in (reach, -reach)], rtol=1e-13)


# ------------------------------------------------------------------------------------------------ log-loss


def test_log_losses_are_those_of_regressions_without_the_respondent():
    n, event, predictors = cells_of(R_ORACLE)
    for x, expected in zip(predictors, PYTHON_ORACLE["log_losses"], strict=True):
        classes = np.unique(x, return_inverse=True)[1]
        # statsmodels iterates until the deviance moves by less than 1e-14; the predictions hold to about 1e-9.
        found = leave_one_out_losses(n[None], n[None], classes, event == 1)[0][0]
        np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_log_losses_leave_out_one_after_the_other():
    rng = np.random.default_rng(5)
    kinds, events = rng.integers(0, 3, 40), rng.random(40) < 0.3
    losses = []
    for i in range(40):
        others = [(kinds[j], events[j]) for j in range(40) if j != i and kinds[j] == kinds[i]]
        losses.append(-log((sum(e == events[i] for _, e in others) + 0.5) / (len(others) + 1)))
    mean, by_cell = leave_one_out_losses(np.ones((1, 40)), np.ones((1, 40)), kinds, events)
    np.testing.assert_allclose(by_cell[0], losses, rtol=1e-13)
    np.testing.assert_allclose(mean[0], np.mean(losses), rtol=1e-13)


def test_apparent_losses_are_entropies_of_the_smoothed_shares():
    tables = np.array([[3.0, 1.0, 2.0, 6.0], [5.0, 5.0, 0.0, 2.0]])
    classes, events = np.array([0, 0, 1, 1]), np.array([True, False, True, False])
    expected = [
        -(3 * log(3.5 / 5) + 1 * log(1.5 / 5) + 2 * log(2.5 / 9) + 6 * log(6.5 / 9)) / 12,
        -(5 * log(5.5 / 11) + 5 * log(5.5 / 11) + 2 * log(2.5 / 3)) / 12,
    ]
    np.testing.assert_allclose(apparent_losses(tables, classes, events), expected, rtol=1e-14)


# ------------------------------------------------------------------------------------- dependent correlations

# Two correlations with one variable, that between the two others, respondents, and the published statistic.
STEIGER = [
    # The Fortran program DEPCOR of Silver, Hittner & May (2006), as the tests of R's package cocor have it.
    ((0.3, 0.4, 0.5, 100), -1.0718, 4),
    # Steiger (1980, page 249), recomputed by cocor without the rounding of the paper, which has -0.8913.
    ((0.4, 0.5, 0.1, 103), -0.8887185, 7),
]
MENG = [
    ((0.63, -0.03, -0.19, 15), 1.68, 2),  # Meng, Rosenthal & Rubin (1992)
    ((0.3, 0.4, 0.5, 100), -1.0707, 4),  # DEPCOR
    ((0.5, 0.2, 0.3, 50), 1.91, 2),  # May & Hittner (1997)
    ((0.7, 0.4, 0.8, 50), 4.05, 2),
]


@pytest.mark.parametrize(
    ("statistic", "case", "expected", "digits"),
    [(steiger_statistic, *case) for case in STEIGER] + [(meng_statistic, *case) for case in MENG],
)
def test_statistics_of_dependent_correlations_are_the_published_ones(statistic, case, expected, digits):
    assert round(float(statistic(*map(np.array, case))), digits) == expected


def test_zou_interval_is_the_published_one():
    # Zou (2007): r = 0.396 and 0.179, 0.088 between them, 66 respondents; -0.093 to 0.517.
    first, second, between, n = map(np.array, (0.396, 0.179, 0.088, 66))
    limits = tuple(fisher_limits(r, (1 - r**2) / np.sqrt(n - 3), Z_95) for r in (first, second))
    low, high = zou_limits((first, second), limits, normal_dependence(first, second, between))
    assert (round(float(low), 3), round(float(high), 3)) == (-0.093, 0.517)


def test_correlations_and_fisher_limits_are_those_of_scipy():
    n, event, predictors = cells_of(R_ORACLE)
    for x in predictors:
        rows = in_rows(n, x, event)
        found = stats.pearsonr(*rows)
        r = pearson(n[None], x * 1.0, event * 1.0)[0]
        np.testing.assert_allclose(r[0], found.statistic, rtol=1e-12)
        low, high = fisher_limits(r, (1 - r**2) / np.sqrt(n.sum() - 3), Z_95)
        np.testing.assert_allclose([low[0], high[0]], found.confidence_interval(0.95), rtol=1e-12)
        ranks = spearman(n[None], x * 1.0, event * 1.0)[0]
        np.testing.assert_allclose(ranks[0], stats.spearmanr(*rows).statistic, rtol=1e-12)


@pytest.mark.parametrize("kind", ["pearson", "spearman"])
def test_errors_of_correlations_agree_with_a_jackknife(kind):
    n, event, predictors = cells_of(R_ORACLE)
    x, z = predictors[:2]
    measure = {"pearson": pearson, "spearman": spearman}[kind]
    rows = in_rows(n, x, z, event)
    scipy_measure = {"pearson": stats.pearsonr, "spearman": stats.spearmanr}[kind]
    left = []
    for cell in range(len(n)):  # the respondents of a cell are alike
        where = np.flatnonzero((rows[0] == x[cell]) & (rows[1] == z[cell]) & (rows[2] == event[cell]))[0]
        one, two, y = (np.delete(row, where) for row in rows)
        left.append([scipy_measure(one, y).statistic, scipy_measure(two, y).statistic])
    left = np.array(left)
    size = n.sum()
    apart = left - (n @ left) / size
    jackknife = (size - 1) / size * (apart.T * n) @ apart
    influence = np.stack([measure(n[None], values * 1.0, event * 1.0)[1][0] for values in (x, z)])
    linear = (influence * n) @ influence.T / (size * (size - 1))
    # The two differ by terms of order 1/n.
    np.testing.assert_allclose(linear, jackknife, rtol=0.02)


# ---------------------------------------------------------------------------------------------- real data


def sfo_rows(folder, year):
    import pandas as pd

    rows = pd.read_csv(folder / "sfo" / f"{year}.csv", low_memory=False)
    rows.columns = rows.columns.str.strip()
    rows = rows[["NETPRO", "Q7ALL", "Q14FIND", "Q15PROBLEM"]].apply(pd.to_numeric, errors="coerce")
    rows.loc[rows["NETPRO"] == 11, "NETPRO"] = np.nan
    for name in ("Q7ALL", "Q14FIND"):
        rows.loc[~rows[name].between(1, 5), name] = np.nan
    return rows.assign(problem=rows["Q15PROBLEM"].map({1: 1.0, 2: 0.0}))


def acsi_rows(folder):
    import pandas as pd

    rows = pd.read_csv(folder / "acsi" / "acsi_2015.csv", low_memory=False)[["SATIS", "REPUR", "COMP"]]
    rows = rows.apply(pd.to_numeric, errors="coerce")
    for name in ("SATIS", "REPUR"):
        rows.loc[~rows[name].between(1, 10), name] = np.nan
    return rows.assign(COMP=rows["COMP"].where(rows["COMP"].isin([0, 1])))


def by_hand(rows, columns, outcome):
    """AUC by Mann-Whitney, and DeLong's covariance by the placement of each respondent."""
    rows = rows.dropna(subset=[*columns, outcome])
    with_event, without = (rows[rows[outcome] == kind] for kind in (1, 0))
    areas, up, down = [], [], []
    for column in columns:
        high, low = without[column].to_numpy(), with_event[column].to_numpy()
        areas.append(stats.mannwhitneyu(high, low).statistic / (len(high) * len(low)))
        table = (high[:, None] > low) + 0.5 * (high[:, None] == low)
        up.append(table.mean(axis=1))
        down.append(table.mean(axis=0))
    covariance = np.cov(up, ddof=1) / len(without) + np.cov(down, ddof=1) / len(with_event)
    return np.array(areas), covariance, len(rows)


@pytest.mark.parametrize("case", ["sfo 2017", "sfo 2018", "acsi"])
def test_real_comparisons_are_those_made_by_hand(shared_data, case):
    if case == "acsi":
        rows, outcome = acsi_rows(shared_data), "COMP"
        ten = nps.Scale(1, 10)
        metrics = {"SATIS": nps.mean_score(ten, name="satisfaction"), "REPUR": nps.mean_score(ten, name="repurchase")}
    else:
        rows, outcome = sfo_rows(shared_data, case[-4:]), "problem"
        easy = nps.effort_score(nps.Scale(1, 5), favourable="high")
        metrics = {"NETPRO": nps.NPS, "Q14FIND": easy}
    joint = nps.tabulate_joint(rows, metrics, outcome=outcome)
    names = [f"{metric.name} ({metric.scale})" for metric in metrics.values()]
    found = nps.compare_validity(joint, event_is="bad", predictors=names, n_resamples=100, rng=1)
    areas, covariance, n = by_hand(rows, list(metrics), outcome)
    assert found.n[0] == n
    np.testing.assert_allclose([found.auc[0], found.auc_reference[0]], areas, rtol=1e-12)
    error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    np.testing.assert_allclose(found.standard_error[0], error, rtol=1e-10)


def test_the_factor_of_meng_rosenthal_and_rubin_is_1_at_most():
    # Their f = (1 - between) / (2 (1 - s)) with the mean square s is 1.19, to be taken as 1, as is (1 - f s) / (1 - s).
    r1, r2, between, n = 0.6, -0.2, -0.9, 50
    assert (1 - between) / (2 * (1 - (r1**2 + r2**2) / 2)) > 1
    expected = (np.arctanh(r1) - np.arctanh(r2)) * np.sqrt((n - 3) / (2 * (1 - between)))
    np.testing.assert_allclose(meng_statistic(*map(np.array, (r1, r2, between, n))), expected, rtol=1e-12)


def test_rounding_does_not_make_a_perfect_correlation_imperfect():
    # Values on a line; without care the correlation of these weights is 1 - 2.2e-16, which would have limits.
    weights, x = np.array([[6.0, 6.0, 8.0, 8.0, 2.0]]), np.array([0.0, 1.0, 6.0, 9.0, 10.0])
    assert pearson(weights, x, 0.7 * x + 0.3)[0].tolist() == [1.0]
