"""Quadrature for the difference of two Dirichlet means."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from npsstats.kernels.contour import BoolArray, dirichlet_law
from npsstats.typing import FloatArray, IndexArray

__all__ = ["Convolution"]

# With at least this much in the parameters of all other levels, the density has no kink at a value that quadrature
# would notice.
SMOOTH = 20.0
# Edges closer than this are one edge, apart by rounding.
SAME = 4e-16
AGREEMENT = 1e-6
LEVELS = 6
EVEN_POINTS = 16
FIRST_STEP = 0.25
# exp(-40) is nothing; a tanh-sinh rule beyond 200 in sinh would underflow.
LOG_NEGLIGIBLE, LARGEST_SINH = 40.0, 200.0


@dataclass(frozen=True, slots=True)
class Convolution:
    """The integrals of F(y + t) f(t), (1 - F(y + t)) f(t) and f_wide(y + t) f(t) over t from low to high.

    F and f_wide are of the wider distribution, f is the density of the narrower one. Panels end where one of them
    has a kink or a pole, at a value c_k of the narrower one, or c_k - y of the wider one. In panels the tanh-sinh rule
    copes with any pole at their ends, as distances from the ends, not points, enter the densities. Where nothing
    but a smooth bell lies between low and high, the trapezoidal rule converges geometrically.
    """

    wide: FloatArray
    narrow: FloatArray
    values: FloatArray
    shift: FloatArray
    low: FloatArray
    high: FloatArray

    def solve(self) -> FloatArray:
        """Compute the integrals; an array of the shape (3, rows)."""
        row, t, s = self._panels()
        # Powers at the ends of the range, too, would make the trapezoidal rule converge slowly.
        bell = (np.bincount(row, minlength=self.low.size) == 1) & ~_kinks(self.narrow).any(-1)
        total = np.zeros((3, self.low.size))
        for even, rows in ((True, np.flatnonzero(bell)), (False, np.flatnonzero(~bell))):
            total[:, rows] = self._refined(row, t, s, rows, even=even)
        return total

    def _panels(self) -> tuple[IndexArray, FloatArray, FloatArray]:
        """Give the row of each panel, and its two ends as points t of the narrow and s of the wide distribution."""
        values, shift = self.values, self.shift[:, None]
        t_narrow = np.broadcast_to(values, self.narrow.shape).copy()
        s_wide = t_narrow.copy()
        s_narrow, t_wide = t_narrow + shift, s_wide - shift
        kinks, wide_kinks = _kinks(self.narrow), _kinks(self.wide)
        for j in np.flatnonzero(kinks.any(0)):
            for k in np.flatnonzero(wide_kinks.any(0)):
                same = kinks[:, j] & wide_kinks[:, k] & (np.abs(t_narrow[:, j] - t_wide[:, k]) <= SAME)
                t_wide[same, k], s_narrow[same, j] = values[j], values[k]
        low, high = self.low[:, None], self.high[:, None]
        t = np.concatenate([low, high, t_narrow, t_wide], axis=1)
        s = np.concatenate([low + shift, high + shift, s_narrow, s_wide], axis=1)
        kept = np.concatenate([np.ones_like(kinks[:, :2]), kinks, wide_kinks], axis=1) & (t >= low) & (t <= high)
        t, s = np.where(kept, t, high), np.where(kept, s, high + shift)
        # A kink at an end of the range takes its place, with the exact s.
        for end, column in ((low, 0), (high, 1)):
            at_end = kept[:, 2:] & (t[:, 2:] == end)
            hit = np.flatnonzero(at_end.any(-1))
            s[hit, column] = s[hit, 2 + at_end[hit].argmax(-1)]
        order = np.argsort(t, axis=1, kind="stable")
        t, s = np.take_along_axis(t, order, 1), np.take_along_axis(s, order, 1)
        # Of edges at one point the exact ones agree; inexact ones, dropped above, sort behind `high`.
        row, left = np.nonzero(t[:, 1:] > t[:, :-1])
        right = left + 1
        return row, np.stack([t[row, left], t[row, right]]), np.stack([s[row, left], s[row, right]])

    def _refined(self, row: IndexArray, t: FloatArray, s: FloatArray, rows: IndexArray, *, even: bool) -> FloatArray:
        """Refine the rule until two steps agree; the error of the finer one is the square of their distance."""
        result = np.zeros((3, self.low.size))
        sums = np.zeros_like(result)
        live = rows
        for level in range(LEVELS if live.size else 0):
            panels = np.flatnonzero(np.isin(row, live))
            before = result[:, live]
            sums += self._sum(row[panels], t[:, panels], s[:, panels], level, even=even)
            step = (1 / EVEN_POINTS if even else FIRST_STEP) / 2**level
            result[:, live] = step * sums[:, live]
            off = np.abs(result[:, live] - before) > AGREEMENT * np.abs(result[:, live])
            # A density may be infinite.
            live = live[(off & np.isfinite(result[:, live])).any(0)]
            if not live.size:
                break
        return result[:, rows]

    def _sum(self, row: IndexArray, t: FloatArray, s: FloatArray, level: int, *, even: bool) -> FloatArray:
        """Add up the integrands at the points that a level of the rule adds, without the step."""
        left, right, weight = _even_points(level) if even else self._tanh_sinh_points(row, level)
        width = t[1] - t[0]
        near_left = left < right
        # Distances from the nearer end, to which the gaps of its value are exact.
        offset = np.where(near_left, left, -right) * width[:, None]
        shape = (row.size, left.size, self.values.size)
        gaps = []
        for ends in (s, t):
            edge = np.where(near_left, ends[0][:, None], ends[1][:, None])
            gaps.append(((self.values - edge[..., None]) - offset[..., None]).reshape(-1, shape[-1]))
        arms = [np.repeat(arm[row], left.size, axis=0) for arm in (self.wide, self.narrow)]
        far, near = (dirichlet_law(arm, gap) for arm, gap in zip(arms, gaps, strict=True))
        mass = near.density.reshape(shape[:2]) * weight * width[:, None]
        total = np.zeros((3, self.low.size))
        for i, part in enumerate((far.lower, far.upper, far.density)):
            np.add.at(total[i], row, (part.reshape(shape[:2]) * mass).sum(-1))
        return total

    def _tanh_sinh_points(self, row: IndexArray, level: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Points of the tanh-sinh rule, as shares of the panel from the left and from the right."""
        arms = (arm[row] for arm in (self.wide, self.narrow))
        # Towards a pole the integral falls as the distance to the power of the other parameters' sum, else as itself.
        weakest = min(1.0, *(float(_others(arm)[arm > 0].min()) for arm in arms))
        end = np.arcsinh(min(LOG_NEGLIGIBLE / (np.pi * max(weakest, 1e-3)), LARGEST_SINH))
        step = FIRST_STEP / 2**level
        count = int(np.ceil(end / step))
        tau = step * (np.arange(-count, count + 1) if level == 0 else np.arange(1 - 2 * (count // 2), count + 1, 2))
        left, right = expit(np.pi * np.sinh(tau)), expit(-np.pi * np.sinh(tau))
        return left, right, np.pi * np.cosh(tau) * left * right


def _even_points(level: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    points = EVEN_POINTS * 2**level
    left = (np.arange(1, points) if level == 0 else np.arange(1, points, 2)) / points
    return left, 1 - left, np.ones_like(left)


def _others(concentration: FloatArray) -> FloatArray:
    """Give what all other levels of a row have."""
    others: FloatArray = concentration.sum(-1, keepdims=True) - concentration
    return others


def _kinks(concentration: FloatArray) -> BoolArray:
    """Tell at which values a density may have a kink or a pole."""
    kinks: BoolArray = (concentration > 0) & (_others(concentration) < SMOOTH)
    return kinks
