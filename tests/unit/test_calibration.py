"""The laws of calibrated weights, hand cases, and what happens where totals cannot be met."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from npsstats.kernels.calibration import (
    Margin,
    calibrate_linear,
    calibrate_logit,
    post_stratify,
    rake,
    regression_coefficients,
    trim_weights,
)

# Sums and ratios of some hundred weights, after an iteration that stops at 1e-12.
ROUNDING = 1e-9
WIDE = (0.02, 50.0)

METHODS = {
    "raking": rake,
    "linear": calibrate_linear,
    "linear in bounds": lambda weights, margins: calibrate_linear(weights, margins, WIDE),
    "logit": lambda weights, margins: calibrate_logit(weights, margins, WIDE),
}


def sample(seed, sizes=(2, 4, 3), rows=150, strength=0.3):
    """Rows with margins that some positive weights meet: those that made the totals."""
    rng = np.random.default_rng(seed)
    weights = rng.gamma(4, size=rows) + 0.1
    codes = [np.concatenate([np.arange(size), rng.integers(0, size, rows - size)]) for size in sizes]
    for code in codes[1:]:
        rng.shuffle(code)
    met = weights * np.exp(strength * rng.normal(size=rows))
    return weights, [
        Margin(code, np.bincount(code, met, minlength=size)) for code, size in zip(codes, sizes, strict=True)
    ]


def reached(weights, margins):
    return np.concatenate([np.bincount(m.codes, weights, minlength=m.totals.size) / m.totals for m in margins])


# ------------------------------------------------------------------------------------------------------- hand cases


def test_post_stratification_scales_each_cell():
    margin = Margin(np.array([0, 0, 1, 1, 1]), np.array([6.0, 12.0]))
    found = post_stratify(np.array([1.0, 2.0, 1.0, 1.0, 2.0]), margin)
    assert found.weights.tolist() == [2, 4, 3, 3, 6]
    assert found.converged


def test_raking_of_two_by_two_keeps_the_odds_ratio():
    # Cells 1, 2, 3, 4 to margins of 1/2: x = y of the diagonal with x^2 / (1/2 - x)^2 = 1 * 4 / (2 * 3).
    margins = [
        Margin(np.array([0, 0, 1, 1]), np.array([0.5, 0.5])),
        Margin(np.array([0, 1, 0, 1]), np.array([0.5, 0.5])),
    ]
    root = (4 / 6) ** 0.5
    diagonal = 0.5 * root / (1 + root)
    found = rake(np.array([1.0, 2.0, 3.0, 4.0]), margins).weights
    assert found == pytest.approx([diagonal, 0.5 - diagonal, 0.5 - diagonal, diagonal], rel=1e-12)


def test_raking_is_where_iterative_proportional_fitting_ends():
    weights, margins = sample(3)
    fitted = weights.copy()
    # Each round brings it closer by a factor far below 1/2, as the margins hardly depend on each other.
    for _, margin in itertools.product(range(100), margins):
        fitted *= (margin.totals / np.bincount(margin.codes, fitted))[margin.codes]
    assert rake(weights, margins).weights == pytest.approx(fitted, rel=ROUNDING)


def test_linear_weights_are_those_of_regression():
    weights, margins = sample(4)
    x = np.concatenate([np.eye(m.totals.size)[m.codes] for m in margins], axis=1)
    base = weights * margins[0].totals.sum() / weights.sum()
    target = np.concatenate([m.totals for m in margins])
    multiplier = np.linalg.pinv(x.T @ (base[:, None] * x)) @ (target - x.T @ base)
    assert calibrate_linear(weights, margins).weights == pytest.approx(base * (1 + x @ multiplier), rel=ROUNDING)


def test_bounded_linear_weights_are_the_nearest_ones():
    # Any other weights that meet the totals inside the bounds are farther away: the Karush-Kuhn-Tucker conditions.
    weights, margins = sample(5, strength=1.0)
    low, high = 0.6, 1.5
    found = calibrate_linear(weights, margins, (low, high))
    assert found.converged
    base = weights * margins[0].totals.sum() / weights.sum()
    ratio = found.weights / base
    x = np.concatenate([np.eye(m.totals.size)[m.codes] for m in margins], axis=1)
    inside = (ratio > low + ROUNDING) & (ratio < high - ROUNDING)
    multiplier = np.linalg.lstsq(x[inside], ratio[inside] - 1)[0]
    wanted = 1 + x @ multiplier
    assert wanted[inside] == pytest.approx(ratio[inside], abs=ROUNDING)
    assert (wanted[np.isclose(ratio, low, atol=ROUNDING, rtol=0)] <= low + ROUNDING).all()
    assert (wanted[np.isclose(ratio, high, atol=ROUNDING, rtol=0)] >= high - ROUNDING).all()
    assert 0 < inside.sum() < inside.size


# ------------------------------------------------------------------------------------------------------------- laws


@pytest.mark.parametrize("method", METHODS)
@given(seed=st.integers(0, 10**6), sizes=st.lists(st.integers(1, 6), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_margins_are_met(method, seed, sizes):
    weights, margins = sample(seed, tuple(sizes))
    found = METHODS[method](weights, margins)
    assert found.converged
    # The kernel stops at 1e-12; adding up all rows anew brings rounding.
    assert reached(found.weights, margins) == pytest.approx(np.ones(sum(sizes)), rel=2e-12)
    assert max(np.abs(miss).max() for miss in found.misses) <= 1e-12


@pytest.mark.parametrize("method", METHODS)
@given(seed=st.integers(0, 10**6), factor=st.sampled_from([1e-9, 0.01, 7.0, 1e12]))
@settings(max_examples=15, deadline=None)
def test_neither_a_constant_nor_the_order_of_rows_matters(method, seed, factor):
    weights, margins = sample(seed)
    order = np.random.default_rng(seed).permutation(weights.size)
    expected = METHODS[method](weights, margins).weights
    assert METHODS[method](factor * weights, margins).weights == pytest.approx(expected, rel=ROUNDING)
    moved = [Margin(margin.codes[order], margin.totals) for margin in margins]
    assert METHODS[method](weights[order], moved).weights == pytest.approx(expected[order], rel=ROUNDING)


@pytest.mark.parametrize("factor", [1e-9, 1e9])
@pytest.mark.parametrize("method", METHODS)
def test_weights_go_along_with_the_totals(method, factor):
    weights, margins = sample(11)
    larger = [Margin(margin.codes, factor * margin.totals) for margin in margins]
    expected = factor * METHODS[method](weights, margins).weights
    assert METHODS[method](weights, larger).weights == pytest.approx(expected, rel=ROUNDING)


@pytest.mark.parametrize("method", METHODS)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_with_one_margin_all_is_post_stratification(method, seed):
    weights, (margin,) = sample(seed, (5,))
    expected = post_stratify(weights, margin).weights
    assert METHODS[method](weights, [margin]).weights == pytest.approx(expected, rel=ROUNDING)


@pytest.mark.parametrize("method", METHODS)
def test_weights_that_meet_the_totals_stay(method):
    weights, margins = sample(12, strength=0.0)
    found = METHODS[method](weights, margins)
    assert found.weights == pytest.approx(weights, rel=ROUNDING)


@pytest.mark.parametrize("method", METHODS)
def test_a_weight_of_zero_stays_and_takes_no_part(method):
    weights, margins = sample(13)
    weights[20:40] = 0
    kept = weights > 0
    less = [Margin(margin.codes[kept], margin.totals) for margin in margins]
    found = METHODS[method](weights, margins).weights
    assert (found[~kept] == 0).all()
    assert found[kept] == pytest.approx(METHODS[method](weights[kept], less).weights, rel=ROUNDING)


@given(seed=st.integers(0, 10**6), strength=st.floats(0, 2))
@settings(max_examples=40, deadline=None)
def test_raked_weights_are_positive(seed, strength):
    weights, margins = sample(seed, strength=strength)
    found = rake(weights, margins)
    assert found.converged
    assert (found.weights > 0).all()


@given(
    seed=st.integers(0, 10**6),
    strength=st.floats(0, 1.5),
    low=st.floats(0, 0.95),
    high=st.floats(1.05, 5),
    logit=st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_bounds_are_kept_and_totals_met_wherever_that_is_possible(seed, strength, low, high, logit):
    weights, margins = sample(seed, (2, 3, 3), rows=40, strength=strength)
    found = (calibrate_logit if logit else calibrate_linear)(weights, margins, (low, high))
    base = weights * margins[0].totals.sum() / weights.sum()
    ratio = found.weights / base
    assert ratio.min() >= low - ROUNDING
    assert ratio.max() <= high + ROUNDING
    x = np.concatenate([np.eye(m.totals.size)[m.codes] for m in margins], axis=1)
    target = np.concatenate([m.totals for m in margins])
    # Whether there are such weights is a linear programme: room is how far inside the bounds all ratios can be.
    rows = np.arange(weights.size)
    inside = np.zeros((2 * weights.size, weights.size + 1))
    inside[rows, rows], inside[weights.size + rows, rows], inside[:, -1] = 1, -1, 1
    limits = np.concatenate([np.full(weights.size, high), np.full(weights.size, -low)])
    room = linprog(
        np.append(np.zeros(weights.size), -1.0), A_ub=inside, b_ub=limits,
        A_eq=np.column_stack([(x * base[:, None]).T / target[:, None], np.zeros(target.size)]),
        b_eq=np.ones(target.size),
        bounds=[(None, None)] * weights.size + [(-10, None)],
    )  # fmt: skip
    # At the edge the solver's tolerance of 1e-7 decides, and the logit method needs some room.
    if -room.fun > 1e-4:
        assert found.converged
    if -room.fun < -1e-6:
        assert not found.converged
        assert max(np.abs(miss).max() for miss in found.misses) > 1e-8


# ------------------------------------------------------------------------------------------ what cannot be met


def test_raking_says_where_no_positive_weights_meet_the_totals():
    # Nobody is in (0, 0), so the first row cannot weigh more than the second column.
    margins = [Margin(np.array([0, 1, 1]), np.array([0.7, 0.3])), Margin(np.array([1, 0, 1]), np.array([0.5, 0.5]))]
    found = rake(np.ones(3), margins)
    assert not found.converged
    assert np.isfinite(found.weights).all()
    assert max(np.abs(miss).max() for miss in found.misses) > 0.1
    # With less weight in that cell it can: 0.4, 0.5, 0.1.
    assert rake(np.ones(3), [Margin(margins[0].codes, np.array([0.4, 0.6])), margins[1]]).weights == pytest.approx(
        [0.4, 0.5, 0.1], rel=1e-12
    )


@pytest.mark.parametrize("method", METHODS)
def test_margins_that_contradict_each_other_are_not_met(method):
    code = np.array([0, 0, 1, 1])
    margins = [Margin(code, np.array([0.5, 0.5])), Margin(np.array([0, 1, 2, 3]), np.array([0.3, 0.3, 0.2, 0.2]))]
    found = METHODS[method](np.ones(4), margins)
    assert not found.converged
    assert max(np.abs(miss).max() for miss in found.misses) > 0.05


def test_a_cell_without_weight_is_missed_by_all():
    found = post_stratify(np.array([1.0, 0.0]), Margin(np.array([0, 1]), np.array([1.0, 1.0])))
    assert found.misses[0].tolist() == [0, -1]
    assert not found.converged


def test_many_margins_with_more_combinations_than_a_number_holds():
    # 30 ** 20 combinations: their code would not fit into 64 bits.
    weights, margins = sample(14, (30,) * 20, rows=3_000, strength=0.05)
    found = rake(weights, margins)
    assert found.converged


# -------------------------------------------------------------------------------------------------- residuals


@given(seed=st.integers(0, 10**6), sizes=st.lists(st.integers(1, 5), min_size=1, max_size=3))
@settings(max_examples=30, deadline=None)
def test_residuals_are_those_of_weighted_regression(seed, sizes):
    weights, margins = sample(seed, tuple(sizes))
    rng = np.random.default_rng(seed)
    weights[rng.integers(0, weights.size, 9)] = 0
    cells = rng.integers(-1, 7, weights.size)
    x = np.concatenate([np.eye(m.totals.size)[m.codes] for m in margins], axis=1)
    y = np.where(cells[:, None] == np.arange(7), 1.0, 0.0)
    root = np.sqrt(weights)[:, None]
    expected = x @ np.linalg.lstsq(root * x, root * y)[0]
    found = x @ regression_coefficients(weights, margins, cells, 7)
    # Rows without weight may have any, where no row with weight tells it.
    assert found[weights > 0] == pytest.approx(expected[weights > 0], abs=ROUNDING)


def test_residuals_leave_nothing_of_what_the_margins_know():
    weights, margins = sample(15)
    coefficients = regression_coefficients(weights, margins, margins[1].codes, margins[1].totals.size)
    x = np.concatenate([np.eye(m.totals.size)[m.codes] for m in margins], axis=1)
    assert x @ coefficients == pytest.approx(np.eye(margins[1].totals.size)[margins[1].codes], abs=ROUNDING)


# --------------------------------------------------------------------------------------------------- trimming


def test_trimming_shares_out_what_is_cut_off():
    # Mean 2: 8.25 is cut to 4, and 0.85 added to each of the five others.
    assert trim_weights(np.array([0.25, 0.5, 1.0, 1.0, 1.0, 8.25]), 0.0, 2.0) == pytest.approx(
        [0.25 + 0.85, 0.5 + 0.85, 1.85, 1.85, 1.85, 4.0], rel=1e-15
    )


def test_trimming_goes_on_where_others_are_lifted_over_the_limit():
    # Mean 1, limit 1.25: the first 0.75 are shared out over three and lift the second to 1.4; then over two.
    found = trim_weights(np.array([2.0, 1.15, 0.5, 0.35]), 0.0, 1.25)
    assert found == pytest.approx([1.25, 1.25, 0.825, 0.675], rel=1e-14)


@given(seed=st.integers(0, 10**6), spread=st.floats(0.01, 2.5), low=st.floats(0, 0.95), high=st.floats(1.05, 5))
@settings(max_examples=100, deadline=None)
def test_trimmed_weights_are_inside_and_keep_their_sum(seed, spread, low, high):
    weights = np.exp(spread * np.random.default_rng(seed).normal(size=60))
    weights[:5] = 0
    mean = weights[5:].mean()
    found = trim_weights(weights, low, high)
    assert (found[:5] == 0).all()
    assert found.sum() == pytest.approx(weights.sum(), rel=1e-12)
    assert found[5:].min() >= low * mean * (1 - 1e-12)
    assert found[5:].max() <= high * mean * (1 + 1e-12)
    # Whatever is moved, the order stays.
    assert (np.diff(found[5:][np.argsort(weights[5:])]) >= -1e-12 * mean).all()


def test_weights_inside_the_limits_stay_as_they_are():
    weights = np.array([0.9, 1.0, 1.1])
    assert trim_weights(weights, 0.5, 2.0).tolist() == weights.tolist()


def test_trimming_works_where_all_weights_are_outside():
    # Mean 1: all but the last are lifted to 0.5 by 0.2 in all; the last gives 1.4, more than that.
    assert trim_weights(np.array([0.4, 0.4, 2.2]), 0.5, 1.5) == pytest.approx([0.75, 0.75, 1.5], rel=1e-14)
