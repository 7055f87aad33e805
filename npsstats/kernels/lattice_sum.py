r"""The exact law of a difference of two resampled scores: tails of the sum of two totals on their lattices.

The two groups are resampled independently of each other, so the resampled difference is a sum of two independent
arms, the first score and the second one with its sign turned. Each has an exact law on a lattice
(`kernels.lattice`), but n_1 and n_2 leave the sum with none that were worth a transform: its lattice has some
n_1 n_2 points. On it, with whole numbers a and b, the sum is D* = a T + b U, and

    P(D* >= d) = sum_t P(T = t) P(U >= ceil((d - a t) / b)),

a sum over a window of the narrower arm, O(sqrt(n)) terms. Both arms are tilted as in `kernels.lattice`, to
the saddlepoint s of the sum, K'(s) = d, where the terms that count are of one size:

    P(D* >= d) = sum_t P_s(T = t) exp(K(s) - s (a t + b u)) W(u),    u = ceil((d - a t) / b),
    W(u) = sum_{j >= 0} exp(-s b j) P_s(U = u + j).

All terms are positive, so that a tail keeps its relative accuracy however small it is. Every tail is an upper one; a
lower one is the upper one of the sum with its sign turned.

Counts have the shape (rows, 2, levels); values lie on the unit scale, so differences run from -1 to 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from npsstats.kernels.bootstrap import MAX_STEPS, TIE
from npsstats.kernels.lattice import (
    NEGLIGIBLE,
    ResampledTotals,
    all_at_the_top,
    centred_cumulants,
    characteristic_function,
    chosen,
    lattice_steps,
    moments,
    reflected,
    resampled_totals,
    scores_of,
    window_around,
)
from npsstats.typing import FloatArray, IndexArray, IntArray

__all__ = [
    "LatticeSums",
    "Windows",
    "chunks",
    "either_tail",
    "lattice_sums",
    "moments_of_sum",
    "tails_of_sum",
    "upper_tails",
    "windows_at",
]

# Points of all windows that are worked on at a time.
CHUNK = 1 << 18
# If both windows are longer, that is beyond some 3e9 respondents in each group, there are none.
MOST_POINTS = 1 << 20
# Differences are counted in whole numbers up to here; a finer lattice is rounded to it.
MOST_STEPS = float(1 << 61)
# A tilt whose mean is this close, in standard deviations, is near enough: the law holds at any tilt.
NEAR_ENOUGH = 0.1
# Tilted shares so small are left out, as quotients by them would overflow.
NOTHING = 1e-200


@dataclass(frozen=True, slots=True)
class LatticeSums:
    """Sums D = a T + b U of the totals of two independent arms, one per row, from 0 to `top`.

    `width` is what a step of D means on the unit scale.
    """

    outer: ResampledTotals
    inner: ResampledTotals
    a: IntArray
    b: IntArray
    width: FloatArray

    @property
    def total(self) -> IntArray:
        """The observed sum."""
        return self.a * self.outer.total + self.b * self.inner.total

    @property
    def top(self) -> IntArray:
        """The highest sum."""
        return self.a * self.outer.top + self.b * self.inner.top

    @property
    def observed(self) -> FloatArray:
        """The observed difference."""
        return scores_of(self.outer, self.outer.total) + scores_of(self.inner, self.inner.total)

    def take(self, rows: IndexArray) -> "LatticeSums":
        """Keep some rows."""
        outer, inner = chosen(self.outer, rows), chosen(self.inner, rows)
        return LatticeSums(outer, inner, self.a[rows], self.b[rows], self.width[rows])

    def negated(self) -> "LatticeSums":
        """Turn the sign of the sums."""
        return replace(self, outer=_negated(self.outer), inner=_negated(self.inner))


@dataclass(frozen=True, slots=True)
class Windows:
    """The laws of both arms at a tilt, around their tilted means.

    `chance` are probabilities of the outer totals from `start` on, `inner` of the inner ones from `first` on, and
    `weight` are the sums W, with a last one of 0.
    """

    sums: LatticeSums
    tilt: FloatArray
    spread: FloatArray
    cumulant: FloatArray
    start: IntArray
    chance: FloatArray
    first: IntArray
    inner: FloatArray
    weight: FloatArray

    def take(self, rows: IndexArray) -> "Windows":
        """Keep some rows."""
        if rows.size == self.tilt.size:
            return self
        names = [name for name in Windows.__slots__ if name != "sums"]
        return Windows(self.sums.take(rows), *(getattr(self, name)[rows] for name in names))

    def upper_tail(self, at: IntArray) -> FloatArray:
        """Compute P(D >= d); accurate at d near the tilted mean."""
        _, partner, sizes = self._boundary(at)
        place = np.clip(partner - self.first[:, None], 0, self.inner.shape[1])
        probability: FloatArray = (self.chance * np.take_along_axis(self.weight, place, axis=1) * sizes).sum(axis=-1)
        return probability.clip(0, 1)

    def _boundary(self, at: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
        """Give the outer totals, to each the lowest inner one in the window with D >= d, and exp(K - s D)."""
        a, b = self.sums.a[:, None], self.sums.b[:, None]
        totals = self.start[:, None] + np.arange(self.chance.shape[1])
        partner = np.maximum(-((a * totals - at[:, None]) // b), self.first[:, None])
        beyond = a * totals + b * partner - self.sums.total[:, None]
        # Where an arm has no window any more, exponents have no bound.
        exponent = np.minimum(self.cumulant[:, None] - self.tilt[:, None] * beyond, 700)
        return totals, partner, np.exp(exponent)

    def last_atom(self, low: IntArray, high: IntArray, tail: FloatArray) -> tuple[IntArray, IntArray]:
        """Find the totals of both arms at the highest D in low ... high - 1 with P(D >= d) >= tail.

        low and high are no further apart than b, so that each outer total has but one partner.
        """
        totals, partner, sizes = self._boundary(low)
        sums = self.sums.a[:, None] * totals + self.sums.b[:, None] * partner
        place = partner - self.first[:, None]
        inside = (place < self.inner.shape[1]) & (sums < high[:, None])
        chance = np.take_along_axis(self.inner, np.minimum(place, self.inner.shape[1] - 1), axis=1)
        chance = np.where(inside, self.chance * chance * sizes, 0)
        inside &= chance > 0
        order = np.argsort(np.where(inside, -sums, np.iinfo(np.int64).max), axis=1)
        reached = self.upper_tail(high)[:, None] + np.take_along_axis(chance, order, axis=1).cumsum(axis=1)
        enough = reached >= tail[:, None] * (1 - TIE)
        # Rounding may leave the last one short.
        last = np.maximum(inside.sum(axis=1) - 1, 0)
        pick = np.where(enough.any(axis=1), np.minimum(enough.argmax(axis=1), last), last)
        column = np.take_along_axis(order, pick[:, None], axis=1)
        return np.take_along_axis(totals, column, axis=1)[:, 0], np.take_along_axis(partner, column, axis=1)[:, 0]


def lattice_sums(counts: FloatArray, values: FloatArray) -> LatticeSums:
    """Put the differences of all rows on their lattices; the arm with the narrower window comes first."""
    steps = lattice_steps(values)
    if steps is None:
        msg = "the values lie on no lattice"
        raise ValueError(msg)
    own = resampled_totals(counts[:, 0], steps)
    other = _negated(resampled_totals(counts[:, 1], steps))
    swap = _longest(other) < _longest(own)

    def either(yes: ResampledTotals, no: ResampledTotals) -> ResampledTotals:
        names = ResampledTotals.__slots__
        pairs = ((getattr(yes, name), getattr(no, name)) for name in names)
        return ResampledTotals(*(np.where(swap[:, None] if x.ndim == 2 else swap, x, y) for x, y in pairs))

    outer, inner = either(other, own), either(own, other)
    common = np.gcd(outer.n, inner.n)
    a, b = inner.n // common * outer.stride, outer.n // common * inner.stride
    shared = np.gcd(a, b)
    a, b = a // shared, b // shared
    width = shared / (outer.n / common * inner.n * outer.span)
    # A lattice too fine for whole numbers is rounded, to some 1e-8 of a margin for 1e10 respondents in each group.
    coarse = np.maximum((a.astype(float) * outer.top + b.astype(float) * inner.top) / MOST_STEPS, 1)
    a, b = (np.where(coarse > 1, np.rint(x / coarse), x).astype(np.int64).clip(min=1) for x in (a, b))
    return LatticeSums(outer, inner, a, b, width * coarse)


def _negated(law: ResampledTotals) -> ResampledTotals:
    """Turn the sign of the scores."""
    return replace(reflected(law), lowest=-(law.lowest + law.stride * law.top))


def _longest(law: ResampledTotals) -> IntArray:
    """Bound the points of a window at any tilt, as `lattice` counts them."""
    highest = law.steps.max(axis=-1)
    linear = NEGLIGIBLE / 3 * highest
    half = linear + np.sqrt(linear**2 + NEGLIGIBLE / 2 * law.n * highest.astype(float) ** 2)
    points: IntArray = np.minimum(law.top, np.ceil(2 * half).astype(np.int64)) + 1
    return points


def moments_of_sum(sums: LatticeSums) -> tuple[FloatArray, FloatArray]:
    """Compute standard deviation and skewness of D; 0 both where there is no spread."""
    (sd, skewness), (inner_sd, inner_skewness) = moments(sums.outer), moments(sums.inner)
    sd, inner_sd = sums.a * sd, sums.b * inner_sd
    both = np.hypot(sd, inner_sd)
    shares = [np.divide(x, both, out=np.zeros_like(x), where=both > 0) for x in (sd, inner_sd)]
    return both, shares[0] ** 3 * skewness + shares[1] ** 3 * inner_skewness


def tails_of_sum(sums: LatticeSums, at: IntArray) -> tuple[FloatArray, FloatArray]:
    """Compute P(D >= d) and P(D < d), the smaller one to relative accuracy."""
    small, beyond = np.empty(at.size), at > sums.total
    mirror = sums.negated()
    small[beyond] = upper_tails(sums.take(np.flatnonzero(beyond)), at[beyond])
    small[~beyond] = upper_tails(mirror.take(np.flatnonzero(~beyond)), (sums.top - at + 1)[~beyond])
    return np.where(beyond, small, 1 - small), np.where(beyond, 1 - small, small)


def upper_tails(sums: LatticeSums, at: IntArray) -> FloatArray:
    """Compute P(D >= d) where d is above the observed sum, each at its own tilt."""
    probability = np.where(at == sums.top, all_at_the_top(sums.outer) * all_at_the_top(sums.inner), 0.0)
    for rows, windowed in chunks(sums, np.flatnonzero(at < sums.top)):
        part = sums.take(rows)
        probability[rows] = (
            windows_at(part, at[rows]).upper_tail(at[rows]) if windowed else _smooth_tail(part, at[rows])
        )
    # Not 0, so that the levels of BCa, which may be large where tails are tiny, exclude nothing that is attainable.
    return np.where(at <= sums.top, np.maximum(probability, np.nextafter(0.0, 1.0)), 0.0)


def chunks(sums: LatticeSums, rows: IndexArray) -> Iterator[tuple[IndexArray, bool]]:
    """Yield rows with windows of about the same length, as many as fit together; and whether they have windows."""
    outer, inner = _longest(sums.outer), _longest(sums.inner)
    smooth = rows[np.minimum(outer, inner)[rows] > MOST_POINTS]
    if smooth.size:
        yield smooth, False
    rows = np.setdiff1d(rows, smooth)
    rows = rows[np.argsort((outer + inner)[rows], kind="stable")]
    while rows.size:
        longest = np.maximum.accumulate(outer[rows]) + np.maximum.accumulate(inner[rows])
        taken = max(1, int(np.searchsorted(longest * np.arange(1, rows.size + 1), CHUNK, side="right")))
        yield rows[:taken], True
        rows = rows[taken:]


def windows_at(sums: LatticeSums, at: IntArray) -> Windows:
    """Compute the laws of both arms, tilted towards d."""
    tilt, shares, spread = _saddlepoint(sums, at, NEAR_ENOUGH)
    start, chance = _probabilities(sums.outer, shares[0])
    first, inner = _probabilities(sums.inner, shares[1])
    weight = np.zeros((at.size, inner.shape[1] + 1))
    weight[:, :-1] = inner
    decay = -tilt * sums.b
    # W(u) = sum of r^j P(u + j): twice as many terms each time, until the next ones are nothing.
    shift = 1
    while shift < inner.shape[1]:
        ratio = np.exp(decay * shift)[:, None]
        if not (ratio > 1e-25).any():
            break
        weight[:, :-shift] += ratio * weight[:, shift:].copy()
        shift *= 2
    return Windows(sums, tilt, spread, _cumulants(sums, tilt), start, chance, first, inner, weight)


def _probabilities(law: ResampledTotals, shares: FloatArray) -> tuple[IntArray, FloatArray]:
    """Compute the laws of totals with the shares given, each from its own start on, in windows of one length."""
    centre = np.clip(np.rint(law.n * (shares * law.steps).sum(axis=-1)).astype(np.int64), 0, law.top)
    below, above, points = window_around(law, shares, centre)
    size = int(points.max())
    spectrum = np.zeros((centre.size, size // 2 + 1), dtype=complex)
    spectrum[:, 0] = 1.0
    constant = law.top == 0
    spectrum[constant] = 1.0
    varied = np.flatnonzero(~constant)
    common = np.full(varied.size, size)
    parts = characteristic_function(chosen(law, varied), shares[varied], centre[varied], common)
    for row, frequency, logarithm, phase in parts if varied.size else ():
        # NumPy's inverse has the other sign in its exponent.
        spectrum[varied[row], frequency] = np.exp(logarithm - 1j * phase)
    around = np.fft.irfft(spectrum, size, axis=-1)
    place = np.arange(size)
    chance = np.take_along_axis(around, (place - below[:, None]) % size, axis=1)
    # Shorter windows end earlier.
    return centre - below, np.where(place <= (below + above)[:, None], chance, 0).clip(min=0)


def _cumulants(sums: LatticeSums, tilt: FloatArray) -> FloatArray:
    """Compute K(s) = log E exp(s (D - mean))."""
    both: FloatArray = sums.outer.n * centred_cumulants(sums.outer, sums.a * tilt)
    both += sums.inner.n * centred_cumulants(sums.inner, sums.b * tilt)
    return both


def _saddlepoint(
    sums: LatticeSums, at: IntArray | FloatArray, tolerance: float
) -> tuple[FloatArray, tuple[FloatArray, FloatArray], FloatArray]:
    """Solve K'(s) = d for the tilt s, 0 up to the mean; give the tilted shares, and the standard deviation of D.

    Newton's method on the logit of the mean between its bounds, between the last values on either side of it.
    """
    top = sums.top.astype(np.float64)
    sd = moments_of_sum(sums)[0]
    with np.errstate(divide="ignore"):
        target = np.log(at / (top - at))
    tilt, low, high = np.zeros(top.size), np.zeros(top.size), np.full(top.size, np.inf)
    for _ in range(MAX_STEPS):
        shares, down, up, variance = zip(
            *(_tilted(arm, step, tilt) for arm, step in ((sums.outer, sums.a), (sums.inner, sums.b))), strict=True
        )
        below, above, spread = down[0] + down[1], up[0] + up[1], variance[0] + variance[1]
        far = (np.abs(below - at) > tolerance * np.sqrt(spread)) & (at > sums.total)
        if not far.any():
            break
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            excess = np.log(below) - np.log(above) - target
            newton = tilt - excess * below * above / (spread * top)
        low, high = np.where(excess < 0, tilt, low), np.where(excess > 0, tilt, high)
        middle = np.where(np.isfinite(high), (low + high) / 2, 2 * low + 1 / np.where(sd > 0, sd, 1))
        tilt = np.where(far, np.where((newton > low) & (newton < high), newton, middle), tilt)
    return tilt, (shares[0], shares[1]), np.sqrt(spread)


def _tilted(
    law: ResampledTotals, step: IntArray, tilt: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Give the tilted shares of an arm, its distance from 0 and from its top in steps of D, and its variance."""
    steps, highest = law.steps.astype(np.float64), law.steps.max(axis=-1)[:, None]
    weights = law.shares * np.exp((step * tilt)[:, None] * (steps - highest))
    shares = weights / weights.sum(axis=-1, keepdims=True)
    shares[shares < NOTHING] = 0
    mean = (shares * steps).sum(axis=-1)
    factor = step.astype(np.float64) * law.n
    variance = factor * step * (shares * (steps - mean[:, None]) ** 2).sum(axis=-1)
    return shares, factor * mean, factor * (shares * (highest - steps)).sum(axis=-1), variance


def _smooth_tail(sums: LatticeSums, at: IntArray) -> FloatArray:
    """Approximate P(D >= d) above the mean (Lugannani & Rice 1980), at the edge of the step (Daniels 1987)."""
    edge = at.astype(np.float64) - 0.5
    tilt, _, spread = _saddlepoint(sums, edge, 1e-9)
    exponent = tilt * (edge - sums.total) - _cumulants(sums, tilt)
    w = np.sqrt(2 * exponent.clip(min=0))
    u = 2 * np.sinh(tilt / 2) * spread
    with np.errstate(divide="ignore", invalid="ignore"):
        # Near the mean both are infinite; their difference is not.
        gap = np.where(w > 1e-3, 1 / u - 1 / w, -moments_of_sum(sums)[1] / 6)
    probability: FloatArray = ndtr(-w) + np.exp(-exponent) / np.sqrt(2 * np.pi) * gap
    return probability.clip(0, 1)


def either_tail(sums: LatticeSums, at: IntArray) -> FloatArray:
    """Compute P(D >= d) on either side of the mean, where there are no windows."""
    beyond = at > sums.total
    mirror = sums.negated()
    upper, lower = _smooth_tail(sums, at), _smooth_tail(mirror, sums.top - at + 1)
    return np.where(beyond, upper, 1 - lower)
