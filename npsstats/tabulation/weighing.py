"""From the weights of the data to those that count: checked, trimmed, calibrated to the population."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from npsstats.kernels.calibration import Margin, regression_coefficients, trim_weights
from npsstats.ratings.checks import check_number
from npsstats.ratings.weightings import Weighting, weighting_of
from npsstats.tabulation.columns import Columns
from npsstats.tabulation.margins import PopulationMargin, calibrate_weights, match_margins
from npsstats.typing import BoolArray, FloatArray, IntArray, Label

__all__ = ["Target", "Weighed", "check_trim", "check_weights", "weigh"]

# Shares of those with a rating that differ from the population by more than this are told of.
NOTABLE = 0.01

# Weights at a limit differ from it by rounding.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What weights are to meet.

    Attributes
    ----------
    margins : list of PopulationMargin
        What is known of the population; empty without calibration.
    calibration : str
        How weights are changed.
    bounds, trim : tuple of float or None
        By how much, at most; and what weights may be before.
    """

    margins: list[PopulationMargin]
    calibration: str
    bounds: tuple[float, float] | None
    trim: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """Weights that count, and how they came about.

    Attributes
    ----------
    base, final : ndarray, shape (rows,)
        The weights before and after calibration.
    summary : Weighting
        What they are like.
    target : Target
        What they meet.
    margins : list of Margin
        The cells of each row.
    """

    base: FloatArray
    final: FloatArray
    summary: Weighting
    target: Target
    margins: list[Margin] = field(default_factory=list)

    def notes(self, by: Sequence[str], labels: Sequence[Label]) -> tuple[str, ...]:
        """Say what the weights do not meet, though margins are given, in groups of these columns and labels."""
        several = [name for name, found in zip(by, zip(*labels, strict=True), strict=True) if len(set(found)) > 1]
        return (*_only_together(self.target.margins, several), *_of_the_rated(self.summary))

    def coefficients(self, cells: IntArray, n_cells: int) -> FloatArray:
        """Regress the indicators of cells on those of the margins; without margins there is nothing to regress on."""
        if not self.margins:
            return np.zeros((0, n_cells))
        return regression_coefficients(self.base, self.margins, cells, n_cells)

    def again(self, weights: FloatArray) -> FloatArray:
        """Calibrate other weights of the same rows to the same margins."""
        if not self.margins:
            return weights
        target = self.target
        try:
            return calibrate_weights(weights, target.margins, self.margins, target.calibration, target.bounds).weights
        except ValueError as error:
            msg = (
                f"a replicate of the weights cannot be calibrated: {error} Put cells together, or leave "
                "`replicate_weights` out, for variances by linearisation."
            )
            raise ValueError(msg) from error


def _only_together(margins: Sequence[PopulationMargin], by: Sequence[str]) -> tuple[str, ...]:
    """Say that margins without the group columns are not met within each group."""
    lacking = [name for name in by if any(name not in known.columns for known in margins)]
    return (f"margins hold for all groups together, not within {' and '.join(lacking)}",) if lacking else ()


def _of_the_rated(summary: Weighting) -> tuple[str, ...]:
    """Say that rows with a rating miss the population that all rows meet."""
    if not summary.unrated:
        return ()
    # Without any rating a share is nan, and not above anything.
    notable = [cell for cell in summary.cells if abs(cell.share_rated - cell.population_share) > NOTABLE]
    if not notable:
        return ()
    worst = max(notable, key=lambda cell: abs(cell.share_rated - cell.population_share))
    name = ", ".join(map(str, worst.cell)) if isinstance(worst.cell, tuple) else worst.cell
    return (
        f"weights are calibrated over all rows, also {summary.unrated:,} without a rating; of those with a rating, "
        f"{worst.margin} {name} is {100 * worst.share_rated:.1f} %, of the population "
        f"{100 * worst.population_share:.1f} %",
    )


def check_weights(name: str, weights: FloatArray, where: Callable[[int], str]) -> None:
    """Check that weights are numbers, 0 or more, and not all 0.

    Raises
    ------
    ValueError
        If they are not.
    """
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if wrong.size:
        first = int(wrong[0])
        shown = "no number" if np.isnan(weights[first]) else f"{weights[first]:g}"
        msg = (
            f"`weight` must be finite numbers, 0 or more, one in each row; {wrong.size} of {weights.size} in {name!r} "
            f"are not (first: {shown} at {where(first)}). Leave such rows out, or give them a weight."
        )
        raise ValueError(msg)
    if not weights.any():
        msg = f"`weight` must be above 0 for some row; all {weights.size} in {name!r} are 0."
        raise ValueError(msg)


def check_trim(trim: Any) -> tuple[float, float] | None:
    """Check the limits of weights, in mean weights.

    Raises
    ------
    TypeError, ValueError
        If they are not two numbers around 1.
    """
    if trim is None:
        return None
    if not isinstance(trim, Sequence) or isinstance(trim, str) or len(trim) != 2:
        msg = f"`trim` must be two numbers such as (0.2, 5), the least and the greatest weight; got {trim!r}."
        raise TypeError(msg)
    low, high = (check_number("trim", limit) for limit in trim)
    if not 0 <= low < 1 < high:
        msg = f"`trim` must be a number from 0 to below 1 and one above 1, in mean weights; got {trim!r}."
        raise ValueError(msg)
    return low, high


def _outside(weights: FloatArray, trim: tuple[float, float], tolerance: float = 0.0) -> int:
    """Count the weights that are beyond the limits of trimming."""
    part = weights[weights > 0]
    ratio = part / part.mean()
    return int(((ratio < trim[0] * (1 - tolerance)) | (ratio > trim[1] * (1 + tolerance))).sum())


def weigh(
    columns: Columns, kept: IntArray, weights: FloatArray, rated: BoolArray, target: Target, *, weighted: bool
) -> Weighed:
    """Trim and calibrate the weights of the rows that are kept; `rated` says which of them have a rating.

    Raises
    ------
    ValueError
        If the margins cannot be met.
    """
    base = weights if target.trim is None else trim_weights(weights, *target.trim)
    trimmed = 0 if target.trim is None else _outside(weights, target.trim)
    if not target.margins:
        summary = weighting_of(weights, base, rated=rated, weighted=weighted or bool(trimmed), trimmed=trimmed)
        return Weighed(base=base, final=base, summary=summary, target=target)
    labels = {name: (coded.codes[kept], coded.labels) for name, coded in columns.labels.items()}
    margins = match_margins(target.margins, labels, base)
    calibrated = calibrate_weights(base, target.margins, margins, target.calibration, target.bounds)
    described = [
        (known.name, known.labels, margin.codes, margin.totals)
        for known, margin in zip(target.margins, margins, strict=True)
    ]
    summary = weighting_of(
        weights,
        calibrated.weights,
        described,
        rated=rated,
        trimmed=trimmed,
        beyond=0 if target.trim is None else _outside(calibrated.weights, target.trim, ROUNDING),
        calibration=target.calibration,
        iterations=calibrated.iterations,
    )
    # Calibration starts from weights that add up to the population.
    base = base * (margins[0].totals.sum() / base.sum())
    return Weighed(base=base, final=calibrated.weights, summary=summary, target=target, margins=margins)
