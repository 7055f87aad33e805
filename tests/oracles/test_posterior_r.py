"""Posteriors against R: MCMCpack's draws, and R's own integrate over Beta distributions."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.special import digamma

import npsstats as nps
from npsstats.kernels.contour import dirichlet_law, mean_law, mean_support
from npsstats.kernels.dirichlet import difference_law, has_one_mode, log_shares, quantiles, shortest_interval

R_ORACLE = json.loads((Path(__file__).parent / "data" / "posterior_r.json").read_text())

NPS_VALUES = np.array([0.0, 0.5, 1.0])
# The largest of some 140 normal errors is beyond 5 standard errors in one of ten thousand data files.
STANDARD_ERRORS = 5


def posterior_of(case):
    values = tuple(map(float, case["values"]))
    metric = nps.Metric("oracle", nps.Scale(1, len(values)), values)
    return nps.posterior(nps.RatingCounts.from_histogram(case["counts"], metric=metric), prior=case["prior"])


def named(case):
    return " ".join(
        f"{name} {case[name]}" for name in ("counts", "prior", "parameters", "first", "second") if name in case
    )


# ---------------------------------------------------------------------------------------------- MCMCpack's draws


@pytest.mark.parametrize("case", R_ORACLE["draws"], ids=named)
def test_moments_are_those_of_draws(case):
    after = posterior_of(case)
    assert abs(after.mean[0] - case["mean"]) < STANDARD_ERRORS * case["mean_error"]
    assert abs(after.sd[0] - case["sd"]) < STANDARD_ERRORS * case["sd_error"]


@pytest.mark.parametrize("case", R_ORACLE["draws"], ids=named)
def test_quantiles_are_those_of_draws(case):
    after = posterior_of(case)
    found = np.array([after.quantile(q)[0] for q in R_ORACLE["probabilities"]])
    # Draws and quantiles at an end of the scale differ by rounding.
    errors = np.array(case["quantile_errors"]) + 1e-13 * np.ptp(case["values"])
    assert (np.abs(found - case["quantiles"]) < STANDARD_ERRORS * errors).all()


@pytest.mark.parametrize("case", R_ORACLE["draws"], ids=named)
def test_probabilities_are_those_of_draws(case):
    after = posterior_of(case)
    found = np.array([after.probability(greater_than=x)[0] for x in case["x"]])
    assert (np.abs(found - case["above"]) < STANDARD_ERRORS * np.array(case["above_errors"])).all()


# --------------------------------------------------------------------------------------------- R's own integrate


@pytest.mark.parametrize("case", R_ORACLE["tails"], ids=named)
def test_distribution_function_is_that_of_integrate(case):
    x = np.array(case["x"]) / 200 + 0.5
    law = dirichlet_law(np.tile(case["parameters"], (x.size, 1)), NPS_VALUES - x[:, None])
    # integrate stops at 1e-11, absolute or relative, and estimates its error.
    tolerance = 2e-11 + np.array(case["errors"])
    assert (np.abs(law.lower - case["below"]) < tolerance).all()
    assert (np.abs(law.upper - (1 - np.array(case["below"]))) < tolerance).all()


@pytest.mark.parametrize("case", R_ORACLE["differences"], ids=named)
def test_probability_of_a_higher_score_is_that_of_nested_integrals(case):
    first, second = (np.array([case[name]], float) for name in ("first", "second"))
    row = np.zeros(1, dtype=np.intp)
    here, there = (difference_law(*pair, NPS_VALUES)(np.zeros(1), row) for pair in ((first, second), (second, first)))
    # The outer integrate stops at 1e-8, the inner ones at 1e-9.
    assert abs(here.upper[0] - case["higher"]) < 1e-8 + case["error"]
    assert abs(there.lower[0] - case["higher"]) < 1e-8 + case["error"]


# ----------------------------------------------------------------------------------------- close to a value


@pytest.mark.parametrize("a", [0.4, 0.1, 0.01])
@pytest.mark.parametrize("sign", [1, -1])
def test_beside_a_value_with_little_else_the_density_is_a_power_of_the_distance(a, sign):
    """With a at either end and A = 2 a < 1 of all other parameters, the mass within d is 2 f(d) d / A."""
    distance = np.array([1e-200, 1e-160, 1e-120, 1e-80])
    table = np.tile([a, 3.0, a], (distance.size, 1))
    law = dirichlet_law(table, np.array([-0.5, 0.0, 0.5]) - sign * distance[:, None])
    # The exponents of some hundred lose digits; the next term is smaller by distance^(1 - A), 1e-16.
    np.testing.assert_allclose(np.diff(np.log(law.density)), np.diff(np.log(distance)) * (2 * a - 1), rtol=1e-10)
    outer = law.upper if sign > 0 else law.lower
    np.testing.assert_allclose(outer, 0.5 - law.density * distance / (2 * a), rtol=1e-10)


def test_weak_priors_have_a_difference():
    """Five promoters against nine passives, and 0.1 in each category: all densities have poles."""
    counts = nps.RatingCounts.from_categories(promoters=[5, 0], passives=[0, 9], detractors=0, groups=["A", "B"])
    after = nps.posterior(counts, prior=[0.1] * 3)
    found = nps.posterior_difference(after, reference="A").probability_greater[0]
    rng = np.random.default_rng(8)
    one, other = after.draws(10**6, rng=rng)
    share = (other > one).mean()
    assert abs(found - share) < STANDARD_ERRORS * math.sqrt(share / 10**6)


# ----------------------------------------------------------------------------------------- ends, modes and draws


def test_the_narrower_of_two_modes_is_found():
    """The density has poles at 0 and at 1/2: the local search from equal tails ends ten times as wide."""
    values, level = np.array([0.0, 0.5, 1.0]), 0.2
    table = np.array([[0.1, 0.6, 0.3]])
    low, high = shortest_interval(mean_law(table, values), mean_support(table, values), level, has_one_mode(table))
    p = np.linspace(0, 1 - level, 801)
    many = np.tile(table, (p.size, 1))
    law, support = mean_law(many, values), mean_support(many, values)
    widths = quantiles(law, support, np.minimum(p + level, 1)) - quantiles(law, support, p)
    # Widths on the grid cannot be less than the least one, which is found to 1e-7 of a probability.
    assert (high - low)[0] <= widths.min() * (1 + 1e-6)


def test_logarithms_of_draws_have_the_means_of_gamma_variables():
    """E log p_j - E log p_k = psi(a_j) - psi(a_k)."""
    a = np.array([1.0, 1.0, 1.0, 30.0])
    logs = log_shares(a[None], (10**6,), np.random.default_rng(9))[:, 0]
    gaps = logs[:, :3].mean(1) - logs[:, 3]
    error = gaps.std() / math.sqrt(len(gaps))
    assert abs(gaps.mean() - (digamma(1) - digamma(30))) < STANDARD_ERRORS * error


def test_the_highest_quantile_is_the_highest_value_to_the_last_digit():
    """-0.3 + (0.9 - (-0.3)) is not 0.9 in floating point."""
    metric = nps.Metric("shifted", nps.Scale(1, 2), (-0.3, 0.9))
    after = nps.posterior(nps.RatingCounts.from_histogram([3, 4], metric=metric))
    assert after.quantile(1)[0] == 0.9
    assert after.quantile(0)[0] == -0.3
