"""Calibrated and trimmed weights, and the standard errors they leave, against R's package survey."""

import json
from pathlib import Path

import numpy as np
import pytest

from npsstats.kernels.calibration import (
    Margin,
    calibrate_linear,
    calibrate_logit,
    post_stratify,
    rake,
    regression_coefficients,
    trim_weights,
)

ORACLE = json.loads((Path(__file__).parent / "data" / "calibration.json").read_text())
ROWS = ORACLE["rows"]
WEIGHTS = np.array(ROWS["weight"])
CASES = ORACLE["cases"]

# A closed form carries the rounding of sums of 211 weights. What is iterated stops in R at totals met to 1e-13 of 1 +
# total, which weights follow, and here at 1e-12.
CLOSED, ITERATED = 1e-8, 1e-6
TOLERANCES = {"post-stratification": CLOSED, "linear": CLOSED, "raking": ITERATED, "logit": ITERATED}


def named(case):
    return f"{case['made_by']} {case['method']} {' '.join(case['margins'])} {case['bounds'] or ''}"


def tolerance_of(case):
    return ITERATED if case["bounds"] else TOLERANCES[case["method"]]


def margins_of(case):
    margins = []
    for name in case["margins"]:
        totals = ORACLE["population"][name]
        place = {label: i for i, label in enumerate(totals)}
        margins.append(Margin(np.array([place[label] for label in ROWS[name]]), np.array([*totals.values()], float)))
    return margins


def calibrated(case):
    margins, bounds = margins_of(case), case["bounds"]
    if case["method"] == "post-stratification":
        return post_stratify(WEIGHTS, *margins)
    if case["method"] == "raking":
        return rake(WEIGHTS, margins)
    if case["method"] == "logit":
        return calibrate_logit(WEIGHTS, margins, tuple(bounds))
    return calibrate_linear(WEIGHTS, margins, tuple(bounds)) if bounds else calibrate_linear(WEIGHTS, margins)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_weights_are_those_of_survey(case):
    found = calibrated(case)
    assert found.converged
    assert found.weights == pytest.approx(np.array(case["weight"]), rel=tolerance_of(case))


def test_the_bounds_of_the_oracle_bind():
    # Otherwise the bounded linear case would be the plain one.
    case = next(case for case in CASES if case["method"] == "linear" and case["bounds"])
    factor = np.array(case["weight"]) / WEIGHTS * (WEIGHTS.sum() / sum(case["weight"]))
    # To within the tolerance of the weights.
    assert (np.abs(factor - case["bounds"][0]) < ITERATED).sum() > 5
    assert (np.abs(factor - case["bounds"][1]) < ITERATED).sum() > 5


def ratio_moments(case, value):
    """Means of groups, and their covariance by clusters in strata, from residuals of the indicators of cells.

    A cell is a group and a rating, as it is where scores are computed: residuals of the totals of all cells, the
    covariance matrix of their cluster totals, and then the means of values by the delta method.
    """
    groups = ORACLE["groups"]
    cells = np.array(
        [
            -1 if rating is None else groups.index(group) * 11 + rating
            for group, rating in zip(ROWS["group"], ROWS["rating"], strict=True)
        ]
    )
    size = len(groups) * 11
    margins, weights = margins_of(case), calibrated(case).weights
    columns = np.concatenate([np.eye(margin.totals.size)[margin.codes] for margin in margins], axis=1)
    own = np.where(cells[:, None] == np.arange(size), 1.0, 0.0)
    residuals = own - columns @ regression_coefficients(WEIGHTS, margins, cells, size)
    clusters, first, place = np.unique(ROWS["cluster"], return_index=True, return_inverse=True)
    totals = np.zeros((clusters.size, size))
    np.add.at(totals, place, weights[:, None] * residuals)
    strata = np.array(ROWS["stratum"])[first]
    covariance = np.zeros((size, size))
    for stratum in np.unique(strata):
        z = totals[strata == stratum]
        covariance += len(z) * np.cov(z.T, ddof=1)
    estimated = weights @ own
    sides = np.vstack([np.kron(np.eye(len(groups)), np.ones(11)), np.ones(size)])
    mean = sides @ (estimated * np.tile(value, len(groups))) / (sides @ estimated)
    slopes = sides * (np.tile(value, len(groups)) - mean[:, None]) / (sides @ estimated)[:, None]
    return mean, slopes @ covariance @ slopes.T


VALUES = {"nps": np.repeat([-100.0, 0.0, 100.0], [7, 2, 2]), "rating": np.arange(11.0)}


@pytest.mark.parametrize("measure", VALUES)
@pytest.mark.parametrize("case", [case for case in CASES if case["estimates"]], ids=named)
def test_standard_errors_know_of_the_calibration_as_those_of_survey(case, measure):
    expected = case["estimates"][measure]
    mean, covariance = ratio_moments(case, VALUES[measure])
    rel = tolerance_of(case)
    # A mean near 0 has the rounding of its terms, up to 100 points; a covariance that of the variances.
    assert mean[:-1] == pytest.approx(np.array(expected["mean"]), rel=rel, abs=100 * rel)
    assert mean[-1] == pytest.approx(expected["all"], rel=rel, abs=100 * rel)
    largest = np.max(expected["covariance"])
    assert covariance[:-1, :-1] == pytest.approx(np.array(expected["covariance"]), rel=rel, abs=rel * largest)
    assert covariance[-1, -1] ** 0.5 == pytest.approx(expected["all_se"], rel=rel)


@pytest.mark.parametrize("case", ORACLE["trimmed"], ids=lambda case: f"{case['low']} to {case['high']}")
def test_trimmed_weights_are_those_of_survey(case):
    # R moves the weights in ever smaller rounds, here they move at once: rounding only.
    found = trim_weights(WEIGHTS, case["low"], case["high"])
    assert found == pytest.approx(np.array(case["weight"]), rel=CLOSED)
    assert not np.allclose(found, WEIGHTS)
