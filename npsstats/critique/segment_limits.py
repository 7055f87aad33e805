"""Limits of what single segments contribute: a few respondents may be all that is known of one."""

import numpy as np

from npsstats.critique.composition import Counts, Mix
from npsstats.critique.linearising import critical_value
from npsstats.inference.comparison import compare
from npsstats.inference.response_rates import warned_before
from npsstats.kernels.standardisation import factors_of_contributions, segment_reaches
from npsstats.ratings.scales import Metric
from npsstats.typing import BoolArray, FloatArray

__all__ = ["limits_of_segments"]

# Promoters and detractors together, promoters, detractors.
WAYS = np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
# Segments whose factors are taken together.
TOGETHER = 64


def limits_of_segments(
    mix: Mix, metric: Metric, errors: tuple[FloatArray, FloatArray, FloatArray], confidence_level: float
) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """Compute how far below and above mix, rate and total their limits are, for each segment.

    Parameters
    ----------
    mix : Mix
    metric : Metric
    errors : tuple of ndarray, each of shape (segments, 3)
        The standard errors of mix, rate and total, by the delta method: of all, of promoters, and of detractors; nan
        where none is known.
    confidence_level : float

    Returns
    -------
    tuple of tuple of ndarray, each of shape (segments, 3)
        For mix, rate and total: the distance down and the distance up.
    """
    z = critical_value(mix.cells, confidence_level)
    z = z if np.isfinite(z) else np.nan
    growth, excess, weight, change = factors_of_contributions(mix.shares, mix.parts)
    variances = _variances(mix, [growth.gradient, *_ways(excess.gradient), *_ways(change.gradient)])
    second = variances[:, :1, 1] * variances[:, 1:4, 1] + variances[:, 1:4, 0] ** 2
    low, high = _score_limits(mix, metric, confidence_level)
    known = (errors[0] ** 2, errors[1] ** 2, errors[2] ** 2, variances[:, 4:, 1])
    return segment_reaches(weight.values, change.values @ WAYS.T, (low, high), known, second, z)


def _ways(gradient: FloatArray) -> list[FloatArray]:
    """Add up the parts of each way, kept apart."""
    return [np.tensordot(gradient, way, axes=(1, 0))[:, None] for way in WAYS]


def _variances(mix: Mix, gradients: list[FloatArray]) -> FloatArray:
    """Compute the covariance of each factor with the first one, and its variance, shape (segments, factors, 2)."""
    segments, factors = len(gradients[0]), len(gradients)
    found = np.zeros((segments, factors, 2))
    for start in range(0, segments, TOGETHER):
        part = np.concatenate([gradient[start : start + TOGETHER] for gradient in gradients], axis=1)
        own = mix.covariance(part).reshape(len(part), factors, len(part), factors)
        place = np.arange(len(part))
        blocks = own[place, :, place]
        found[start : start + TOGETHER] = np.stack([blocks[:, :, 0], np.diagonal(blocks, axis1=1, axis2=2)], axis=2)
    return found


def _score_limits(mix: Mix, metric: Metric, confidence_level: float) -> tuple[FloatArray, FloatArray]:
    """Compute the limits of the change of the score in segments of both periods, shape (segments, 3); else nan."""
    both: BoolArray = np.all(mix.n > 0, axis=0)
    low, high = np.full((2, both.size, len(WAYS)), np.nan)
    if not both.any():
        return low, high
    table = mix.table.select(*((int(i), side) for i in np.flatnonzero(both) for side in ("reference", "group")))
    values = np.array(metric.values)
    known: dict[tuple[float, ...], tuple[FloatArray, FloatArray]] = {}
    for way, part in enumerate((values, values.clip(min=0), values.clip(max=0))):
        key = tuple(part.tolist())
        if key not in known:
            known[key] = (
                _compared(table, Metric("part", metric.scale, key), confidence_level)
                if np.ptp(part)
                else (np.zeros(both.sum()), np.zeros(both.sum()))
            )
        low[both, way], high[both, way] = known[key]
    return low, high


def _compared(table: Counts, part: Metric, confidence_level: float) -> tuple[FloatArray, FloatArray]:
    """Compare the segments of the period with those of the reference."""
    # Notes of the decomposition say which segments are small.
    with warned_before():
        found = compare(table, reference="reference", metric=part, adjustment="none", confidence_level=confidence_level)
    return found.low, found.high
