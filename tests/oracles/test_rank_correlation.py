"""Rank correlation and sets of ranks against SciPy, brute force, simulation and real files."""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import npsstats as nps
from npsstats.kernels.rank_correlation import (
    agreement_of,
    signs_of,
    tau_b,
    tau_bounds,
    tau_limits,
    tau_variance,
)
from npsstats.kernels.rank_sets import mid_ranks, order_quantile, pairs_of, rank_limits

Z = stats.norm.ppf(0.975)


def tau_by_hand(one, other):
    """Kendall's tau-b of signs of pairs."""
    one, other = np.array(one), np.array(other)
    untied = (one != 0).sum() * (other != 0).sum()
    return (one * other).sum() / np.sqrt(untied) if untied else np.nan


# --------------------------------------------------------------------------------------------------------- tau-b


@pytest.mark.parametrize("seed", range(20))
def test_tau_b_is_that_of_scipy_with_many_ties(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 5, size=(2, rng.integers(3, 30))).astype(float)
    # Both are a few sums of whole numbers: rounding errors only.
    assert tau_b(signs_of(x), signs_of(y)) == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-13, nan_ok=True)


def test_tau_b_has_no_value_where_all_units_tie():
    assert np.isnan(tau_b(signs_of(np.ones(4)), signs_of(np.arange(4.0))))


def test_pairs_are_counted_as_by_hand():
    x, y = np.array([1.0, 2, 2, 3]), np.array([1.0, 3, 2, 2])
    # (1,2) +, (1,3) +, (1,4) +, (2,3) tie, (2,4) -, (3,4) tie.
    each = pairs_of(4)
    assert agreement_of(signs_of(x)[each], signs_of(y)[each]) == (3, 1, 2)


@pytest.mark.parametrize("known", [(1, 1, 0, 0), (1, 0, -1, 0), (0, 0, 0, 0), (-1, -1, -1, 0), (1, 1, 1, 1)])
@pytest.mark.parametrize("other", [(1, 0, 1, 0), (0, 1, -1, 1), (-1, -1, 1, -1)])
def test_no_order_of_unknown_pairs_leads_out_of_the_bounds(known, other):
    one, two = np.array(known), np.array(other)
    low, high = tau_bounds(one, two)
    signs = (-1, 0, 1)
    found, plain = [], []
    for first in product(*[(s,) if s else signs for s in known]):
        for second in product(*[(s,) if s else signs for s in other]):
            found.append(tau_by_hand(first, second))
            plain.append((np.array(first) * np.array(second)).mean())
    # tau-a reaches both ends, tau-b does not leave them; 1e-12 for the square root.
    assert (min(plain), max(plain)) == pytest.approx((low, high), abs=1e-12)
    assert np.nanmin(found) >= low - 1e-12
    assert np.nanmax(found) <= high + 1e-12


# -------------------------------------------------------------------------------------------- tau of sampled units


def variance_by_hand(x, y):
    """The variance of tau without ties, pair by pair (Long & Cliff 1997)."""
    n = len(x)
    t = np.array(
        [[np.sign(a - b) * np.sign(c - d) for b, d in zip(x, y, strict=True)] for a, c in zip(x, y, strict=True)]
    )
    tau = t.sum() / (n * (n - 1))
    of_units = sum((row.sum() / (n - 1) - tau) ** 2 for row in t) / (n - 1)
    of_pairs = ((t**2).sum() - n * (n - 1) * tau**2) / (n * (n - 1) - 1)
    return (4 * (n - 2) * of_units + 2 * of_pairs) / (n * (n - 1))


@pytest.mark.parametrize("seed", range(5))
def test_the_variance_without_ties_is_the_published_one(seed):
    rng = np.random.default_rng(seed)
    x, noise = rng.normal(size=(2, 9))
    y = x + noise
    assert tau_variance(signs_of(x), signs_of(y)) == pytest.approx(variance_by_hand(x, y), rel=1e-12)


def test_the_variance_with_ties_is_close_to_the_jackknife():
    rng = np.random.default_rng(4)
    x, noise = rng.normal(size=(2, 200))
    x, y = np.round(2 * x), np.round(2 * (x + noise))
    left = np.array([stats.kendalltau(np.delete(x, i), np.delete(y, i)).statistic for i in range(200)])
    jackknife = 199 / 200 * ((left - left.mean()) ** 2).sum()
    # Both estimate the same to the order 1 / n of their size: 200 units leave some percent.
    assert tau_variance(signs_of(x), signs_of(y)) == pytest.approx(jackknife, rel=0.05)


def samples(rng, units, many, slope, digits):
    x, noise = rng.normal(size=(2, many, units))
    y = slope * x + noise
    return (x, y) if digits is None else (np.round(digits * x), np.round(digits * y))


@pytest.mark.parametrize(("units", "above"), [(15, 0.30), (80, 0.06)])
def test_the_variance_is_that_of_samples_with_ties_and_a_little_more(units, above):
    many = 1500
    x, y = samples(np.random.default_rng(8), units, many, 1.0, 1.5)
    taus, estimated = np.empty(many), np.empty(many)
    for i in range(many):
        first, second = signs_of(x[i]), signs_of(y[i])
        taus[i], estimated[i] = tau_b(first, second), tau_variance(first, second)
    # The variance of 1,500 values is known to 3.7 %. The means by unit have noise of their own, of relative size
    # 1 / units, which the consistent estimate leaves in; three or four times that for these scores.
    ratio = estimated.mean() / taus.var()
    assert 1 - 2 * 0.037 <= ratio <= 1 + above + 2 * 0.037


@pytest.mark.parametrize(
    ("units", "slope", "digits"), [(10, 0.0, None), (10, 1.0, 1.5), (20, 2.0, None), (51, 1.0, 1.5)]
)
def test_intervals_of_sampled_units_hold_tau(units, slope, digits):
    many = 1000
    rng = np.random.default_rng(units)
    x, y = samples(rng, units, many, slope, digits)
    big = samples(np.random.default_rng(0), 6000, 1, slope, digits)
    # tau of the population: exact for normal scores, else of 6,000 units, known to 0.01.
    truth = (
        2 / np.pi * np.arcsin(slope / np.hypot(slope, 1))
        if digits is None
        else stats.kendalltau(*map(np.ravel, big))[0]
    )
    inside = 0
    for a, b in zip(signs_of(x), signs_of(y), strict=True):
        low, high = tau_limits(float(tau_b(a, b)), tau_variance(a, b), units, Z)
        inside += low <= truth <= high
    # 95 %, less three standard errors of 1,000 draws, 2.1 %.
    assert inside / many >= 0.95 - 0.021


def test_the_interval_of_complete_agreement_is_not_a_point():
    low, high = tau_limits(1.0, 0.0, 10, Z)
    # By hand: 1 - t <= (2 z^2 / n) (1 + t).
    most = 2 * Z**2 / 10
    assert (low, high) == pytest.approx(((1 - most) / (1 + most), 1.0), rel=1e-12)
    assert tau_limits(-1.0, 0.0, 10, Z) == pytest.approx((-high, -low))


# ------------------------------------------------------------------------------------------------- sets of ranks


@pytest.mark.parametrize("units", [3, 5, 12])
def test_the_quantile_of_alike_units_is_that_of_the_studentised_range(units):
    wanted = stats.studentized_range.ppf(0.95, units, np.inf) / np.sqrt(2)
    # The joint law is a mean over at least 4,096 points, good to three digits.
    assert order_quantile(np.eye(units) * 7.0, 1, 0.95) == pytest.approx(wanted, abs=2e-3)


def simulated_quantile(covariance, orders, many=200_000):
    units = len(covariance) // orders
    normals = np.random.default_rng(2).multivariate_normal(np.zeros(len(covariance)), covariance, size=many)
    scores = normals.reshape(many, orders, units)
    first, second = pairs_of(units)
    contrast = np.zeros((orders * first.size, len(covariance)))
    for m, (p, (i, j)) in product(range(orders), enumerate(zip(first, second, strict=True))):
        contrast[m * first.size + p, m * units + np.array([i, j])] = 1, -1
    error = np.sqrt(((contrast @ covariance) * contrast).sum(axis=1)).reshape(orders, -1)
    return np.quantile((np.abs(scores[:, :, first] - scores[:, :, second]) / error).max(axis=(1, 2)), 0.95)


def test_the_quantile_of_two_metrics_is_that_of_their_joint_law():
    own = np.array([[1.0, 0.7], [0.7, 2.0]])
    table = np.zeros((2, 5, 2, 5))
    for unit in range(5):
        table[:, unit, :, unit] = own * (1 + unit)
    covariance = table.reshape(10, 10)
    # A quantile of 200,000 draws is known to 0.005.
    assert order_quantile(covariance, 2, 0.95) == pytest.approx(simulated_quantile(covariance, 2), abs=0.015)


def test_the_quantile_of_units_that_share_clusters_is_that_of_their_joint_law():
    root = np.random.default_rng(3).normal(size=(8, 8))
    covariance = root @ root.T + np.eye(8)
    assert order_quantile(covariance, 2, 0.95) == pytest.approx(simulated_quantile(covariance, 2), abs=0.015)


def test_a_metric_seen_twice_asks_for_no_more_than_once():
    one = np.diag(np.arange(1.0, 7.0))
    twice = np.kron(np.ones((2, 2)), one)
    assert order_quantile(twice, 2, 0.95) == pytest.approx(order_quantile(one, 1, 0.95), abs=2e-3)


def test_too_many_correlated_units_take_the_larger_quantile_of_independent_ones():
    units = 51
    covariance = np.eye(units) + 0.5
    rows = units * (units - 1) // 2
    assert order_quantile(covariance, 1, 0.95) == pytest.approx(stats.norm.isf((1 - 0.95 ** (1 / rows)) / 2), rel=1e-10)


def test_sets_hold_all_true_ranks_as_often_as_they_say():
    rng = np.random.default_rng(11)
    truth, error = np.array([0.0, 0.5, 1.0, 1.1, 3.0, 3.0]), np.array([0.5, 1.0, 0.7, 0.5, 0.6, 0.6])
    first, second = pairs_of(6)
    of_pairs = np.hypot(error[first], error[second])
    critical = order_quantile(np.diag(error**2), 1, 0.90)
    best, worst = 1 + (truth[:, None] < truth).sum(axis=1), 6 - (truth[:, None] > truth).sum(axis=1)
    many, held = 4000, 0
    for estimate in rng.normal(truth, error, size=(many, 6)):
        difference = estimate[first] - estimate[second]
        low, high = rank_limits(np.where(np.abs(difference) > critical * of_pairs, np.sign(difference), 0), 6)
        held += bool((low <= best).all() and (high >= worst).all())
    # At least 90 %, less three standard errors of 4,000 draws, 1.4 %.
    assert held / many >= 0.90 - 0.014


def test_mid_ranks_are_those_of_scipy():
    scores = np.array([3.0, 5, 3, 1, 5, 5, 2])
    assert mid_ranks(signs_of(scores)).tolist() == stats.rankdata(-scores).tolist()


# ---------------------------------------------------------------------------------------------------- real files


@pytest.fixture(scope="module")
def hospitals(shared_data):
    rows = pd.read_csv(shared_data / "hcahps" / "state_results.csv")
    rows["net"] = rows["Top-box Percentage"] - rows["Bottom-box Percentage"]
    return rows.pivot(index=["Release Period", "State"], columns="Measure ID", values="net").reset_index()


@pytest.fixture(scope="module")
def published(hospitals):
    return nps.PublishedScores.from_frame(
        hospitals.rename(columns={"Release Period": "release"}),
        scores={"rating": "H_HSP_RATING", "recommend": "H_RECMND"},
        by=["release", "State"],
        rounding=1,
    )


def test_tau_of_hospital_states_is_that_of_scipy_each_year(hospitals, published):
    found = nps.rank_agreement(published)
    assert len(found) == 9
    for (release, group), tau, label in zip(
        hospitals.groupby("Release Period"), found.tau_b, found.labels, strict=True
    ):
        assert label == (release,)
        assert tau == pytest.approx(stats.kendalltau(group.H_HSP_RATING, group.H_RECMND).statistic, abs=1e-12)


def test_discordant_hospital_states_are_those_that_rounding_cannot_turn(hospitals, published):
    found = nps.discordant_units(published)
    wanted = set()
    for release, group in hospitals.groupby("Release Period"):
        for one, other in combinations(group.itertuples(), 2):
            rating, recommend = one.H_HSP_RATING - other.H_HSP_RATING, one.H_RECMND - other.H_RECMND
            # Two nets of two whole percentages each: their difference is known to 2 points.
            if rating * recommend < 0 and min(abs(rating), abs(recommend)) > 2:
                wanted.add((release, *((one.State, other.State) if rating > 0 else (other.State, one.State))))
    shown = {
        (label[0], unit, other)
        for label, unit, other, shown in zip(found.labels, found.unit, found.other_unit, found.shown, strict=True)
        if shown
    }
    assert shown == wanted
    assert shown


def test_banks_please_more_than_airlines_and_have_more_complaints(shared_data):
    rows = pd.read_csv(shared_data / "acsi" / "acsi_2015.csv")
    metrics = {
        "SATIS": nps.net_score(nps.Scale(1, 10), promoters_from=9, detractors_to=6, name="satisfaction"),
        "COMP": nps.Metric("complaints", nps.Scale(0, 1), (0.0, 100.0), favourable="low"),
    }
    counts = nps.tabulate_joint(rows, metrics, by="INDUSTRY", missing_codes=(98, 99))
    found = nps.discordant_units(counts)
    assert (found.unit, found.other_unit, found.verdict) == ((5001,), (3003,), ("shown",))
    # By hand, with pandas.
    satisfied, complained = (rows[~rows[name].isin([98, 99])] for name in ("SATIS", "COMP"))
    net = satisfied.groupby("INDUSTRY").SATIS.agg(lambda x: 100 * ((x >= 9).mean() - (x <= 6).mean()))
    complaints = complained.groupby("INDUSTRY").COMP.mean() * 100
    assert found.difference[0] == pytest.approx(net[5001] - net[3003], abs=1e-9)
    assert found.other_difference[0] == pytest.approx(complaints[3003] - complaints[5001], abs=1e-9)
    spread = complained.groupby("INDUSTRY").COMP.agg(["mean", "size"])
    variance = (spread["mean"] * (1 - spread["mean"]) / (spread["size"] - 1))[[3003, 5001]].sum()
    # Standard errors differ by the factor sqrt(n / (n - 1)) at most, according to who takes them from the sample.
    assert found.other_standard_error[0] == pytest.approx(100 * np.sqrt(variance), rel=1e-3)
