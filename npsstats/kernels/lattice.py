r"""The exact law of a resampled total: n draws, with replacement, from values that lie on a lattice.

A resample of n respondents with shares p_k at the whole-number steps v_k has the total T* = sum of n draws. At the
tilt s the draws have the shares q_k = p_k exp(s v_k) / M(s), and

    P(T* = t) = M(s)^n exp(-s t) P_s(T* = t),   P_s(T* = t) = (1/m) sum_f phi_s(w_f)^n exp(-i w_f t),  w_f = 2 pi f / m,

the second exactly so for m points that hold the whole support, and within 1e-18 for a window of m points outside of
which Bernstein's inequality leaves less. With s at the saddlepoint, where the tilted mean is t, the tail

    P(T* >= t) = M(s)^n exp(-s t) sum_{j >= 0} exp(-s j) P_s(T* = t + j)

is a sum of positive terms of one size, whatever the tail: relative accuracy, for any n. Swapping the sums leaves a
geometric series for each frequency, and but a few dozen frequencies have |phi_s|^n above rounding; so a tail costs
the same for ten respondents and for a billion. (Daniels 1954 has the saddlepoint, and the integral of which
this is the sum.)

Every tail is computed as an upper one; a lower one is the upper one of the reflected values.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from npsstats.typing import FloatArray, IndexArray, IntArray

__all__ = [
    "ResampledTotals",
    "all_at_the_top",
    "centred_cumulants",
    "characteristic_function",
    "chosen",
    "lattice_steps",
    "moments",
    "reflected",
    "resampled_totals",
    "scores_of",
    "tails",
    "window",
    "window_around",
    "with_reflection",
]

# A lattice finer than this is none that a scale of ratings has.
MOST_STEPS = 10_000
# Values come from a division in floating point; a fraction k / span that is not meant hardly comes this close.
LATTICE_TOLERANCE = 1e-12

# Terms below exp(-41.4) = 1e-18 are left out: of the window, and of the frequencies.
NEGLIGIBLE = 41.4
# Frequencies worked on at a time; some 20 arrays of them are in use.
CHUNK = 1 << 16
# Groups worked on at a time.
MOST_GROUPS = 1 << 13
# Transforms of up to so many points, of values up to so many steps wide, look their frequencies up in a table.
MOST_DENSE = 1 << 12
WIDEST_DENSE = 100

# Newton's method takes 3 to 8 steps; bisection, its safeguard, halves 64 bits.
MAX_STEPS = 100


@dataclass(frozen=True, slots=True)
class ResampledTotals:
    """What the law of the resampled total of each group hangs on.

    Attributes
    ----------
    shares : ndarray, shape (groups, levels)
        The observed shares.
    steps : ndarray of int, shape (groups, levels)
        The values, as whole numbers from 0 on without a common divisor; 0 for levels without respondents.
    n, total, top : ndarray of int, shape (groups,)
        Respondents, the observed total, and the highest possible one; the lowest is 0.
    lowest, stride, span : ndarray of int, shape (groups,)
        A total t means the score (lowest + stride * t) / (n * span) on the unit scale.
    """

    shares: FloatArray
    steps: IntArray
    n: IntArray
    total: IntArray
    top: IntArray
    lowest: IntArray
    stride: IntArray
    span: IntArray


def lattice_steps(values: FloatArray) -> IntArray | None:
    """Write values on the unit scale as whole multiples of the coarsest step that allows it.

    Parameters
    ----------
    values : ndarray, shape (levels,)
        Ascending, from 0 to 1.

    Returns
    -------
    ndarray of int, shape (levels,), or None
        None if no lattice of up to 10,000 steps holds them.
    """
    for spans in (np.arange(1, 101), np.arange(101, MOST_STEPS + 1)):
        multiples = spans[:, None] * values
        steps = np.rint(multiples)
        fits = (np.abs(multiples - steps) <= LATTICE_TOLERANCE * spans[:, None]).all(axis=-1)
        if fits.any():
            whole: IntArray = steps[fits.argmax()].astype(np.int64)
            return whole
    return None


def resampled_totals(counts: FloatArray, steps: IntArray) -> ResampledTotals:
    """Reduce each group to the lattice of its own occupied levels.

    Parameters
    ----------
    counts : ndarray, shape (groups, levels)
        Respondents by level: whole numbers, at least one in each group.
    steps : ndarray of int, shape (levels,)
        The levels as multiples of a common step, ascending from 0.

    Returns
    -------
    ResampledTotals
    """
    occupied = counts > 0
    whole = np.rint(counts).astype(np.int64)
    n = whole.sum(axis=-1)
    lowest = np.where(occupied, steps, steps[-1]).min(axis=-1)
    above = np.where(occupied, steps - lowest[:, None], 0)
    stride = np.maximum(np.gcd.reduce(above, axis=-1), 1)
    own = above // stride[:, None]
    return ResampledTotals(
        shares=whole / n[:, None],
        steps=own,
        n=n,
        total=(whole * own).sum(axis=-1),
        top=n * own.max(axis=-1),
        lowest=n * lowest,
        stride=stride,
        span=np.full_like(n, steps[-1]),
    )


def chosen(law: ResampledTotals, groups: IndexArray) -> ResampledTotals:
    """Take the laws of some of the groups."""
    return ResampledTotals(*(getattr(law, name)[groups] for name in ResampledTotals.__slots__))


def scores_of(law: ResampledTotals, totals: IntArray) -> FloatArray:
    """Give the scores, on the unit scale, that totals of the groups mean."""
    scores: FloatArray = (law.lowest + law.stride * totals) / (law.n * law.span)
    return scores


def reflected(law: ResampledTotals) -> ResampledTotals:
    """Turn the totals t into top - t; the scores they mean stay behind."""
    highest = law.steps.max(axis=-1)
    return replace(law, steps=highest[:, None] - law.steps, total=law.top - law.total)


def with_reflection(law: ResampledTotals) -> ResampledTotals:
    """Stack the laws and their mirror images, for what is wanted on both sides."""
    mirror = reflected(law)
    names = ResampledTotals.__slots__
    return ResampledTotals(*(np.concatenate([getattr(law, name), getattr(mirror, name)]) for name in names))


def moments(law: ResampledTotals) -> tuple[FloatArray, FloatArray]:
    """Compute standard deviation and skewness of the resampled totals; 0 both where all ratings are the same."""
    deviation = _deviations(law)
    variance = (law.shares * deviation**2).sum(axis=-1)
    third = (law.shares * deviation**3).sum(axis=-1)
    skewness = np.divide(third, variance**1.5 * np.sqrt(law.n), out=np.zeros_like(third), where=law.top > 0)
    return np.sqrt(law.n * variance), skewness


def tails(law: ResampledTotals, totals: IntArray) -> tuple[FloatArray, FloatArray]:
    """Compute P(T* >= t) and P(T* < t), the smaller one to relative accuracy.

    Parameters
    ----------
    law : ResampledTotals
    totals : ndarray of int, shape (groups,)
        A total t of each group; any whole number.

    Returns
    -------
    upper, lower : ndarray, shape (groups,)
    """
    beyond = totals > law.total
    mirror = reflected(law)
    steps = np.where(beyond[:, None], law.steps, mirror.steps)
    turned = replace(law, steps=steps, total=np.where(beyond, law.total, mirror.total))
    at = np.where(beyond, totals, law.top - (totals - 1))
    small = all_at_the_top(turned)
    small[at > law.top] = 0.0
    rows = np.flatnonzero(at < law.top)
    for part in (rows[i : i + MOST_GROUPS] for i in range(0, rows.size, MOST_GROUPS)):
        small[part] = _upper_tail(chosen(turned, part), at[part])
    return np.where(beyond, small, 1 - small), np.where(beyond, 1 - small, small)


def window(law: ResampledTotals) -> tuple[int, FloatArray]:
    """Compute the law of one group, leaving out ends of less than 1e-18.

    Parameters
    ----------
    law : ResampledTotals
        A single group.

    Returns
    -------
    first : int
        The lowest total of the window.
    probabilities : ndarray
        Of the totals from there on, to an absolute accuracy of rounding.
    """
    below, above, points = window_around(law, law.shares, law.total)
    spectrum = np.zeros(points[0] // 2 + 1, dtype=complex)
    spectrum[0] = 1.0
    for _, frequency, logarithm, phase in characteristic_function(law, law.shares, law.total, points):
        # NumPy's inverse has the other sign in its exponent.
        spectrum[frequency] = np.exp(logarithm - 1j * phase)
    rolled = np.roll(np.fft.irfft(spectrum, points[0]), below[0])
    return int(law.total[0] - below[0]), rolled[: below[0] + above[0] + 1].clip(min=0)


def _deviations(law: ResampledTotals) -> FloatArray:
    """Compute the steps less their mean; whole numbers until the division, as a mean may be close to a step."""
    deviations: FloatArray = (law.n[:, None] * law.steps - law.total[:, None]) / law.n[:, None]
    return deviations


def all_at_the_top(law: ResampledTotals) -> FloatArray:
    """Compute P(T* = top), the n-th power of the share at the highest level."""
    at_top = law.steps == law.steps.max(axis=-1)[:, None]
    share = (law.shares * at_top).sum(axis=-1)
    rest = (law.shares * ~at_top).sum(axis=-1)
    # The logarithm of what is small is exact; that of a share near 1 must come from the rest.
    with np.errstate(divide="ignore"):
        logarithm = np.where(rest < 0.5, np.log1p(-rest), np.log(share))
    power: FloatArray = np.exp(law.n * logarithm)
    return power


def _upper_tail(law: ResampledTotals, at: IntArray) -> FloatArray:
    """Compute P(T* >= t) where total < t < top."""
    tilt, tilted = _saddlepoint(law, at)
    _, above, points = window_around(law, tilted, at)
    terms = above + 1
    decay, ratio = np.exp(-tilt * terms), np.exp(-tilt)
    # The geometric series sum_j r^j = (1 - r^terms) / (1 - r) with r = exp(-s - i w); its frequency 0 first.
    gap = -np.expm1(-tilt)
    weighted = np.divide(-np.expm1(-tilt * terms), gap, out=terms.astype(np.float64), where=gap > 0)
    for row, frequency, logarithm, phase in characteristic_function(law, tilted, at, points):
        turn = 2 * np.pi / points[row]
        end = phase - turn * (frequency * terms[row] % points[row])
        half = turn / 2 * frequency
        sine, kept = np.sin(half), decay[row]
        # 1 - r = real + i imaginary
        imaginary = 2 * ratio[row] * sine
        real = gap[row] + imaginary * sine
        imaginary *= np.cos(half)
        parts = (np.cos(phase) - kept * np.cos(end)) * real + (np.sin(phase) - kept * np.sin(end)) * imaginary
        # Frequencies f and m - f are conjugates of each other.
        parts *= 2 * np.exp(logarithm) / (real**2 + imaginary**2)
        weighted += np.bincount(row, parts, minlength=law.n.size)
    exponent = law.n * centred_cumulants(law, tilt) - tilt * (at - law.total)
    probability: FloatArray = np.exp(exponent) * weighted / points
    return probability.clip(0, 1)


def _saddlepoint(law: ResampledTotals, at: IntArray) -> tuple[FloatArray, FloatArray]:
    """Solve for the tilt s >= 0 whose mean total is t, and give the tilted shares.

    Newton's method on the logit of the mean between its bounds, which is linear in s for two levels, and close
    to it for more. A hundredth of a standard deviation is near enough, as the law holds at any tilt.
    """
    steps = law.steps.astype(np.float64)
    highest = steps.max(axis=-1)
    target = np.log(at / (law.top - at))
    tilt, low, high = np.zeros(law.n.size), np.zeros(law.n.size), np.full(law.n.size, np.inf)
    tilted = law.shares
    for _ in range(MAX_STEPS):
        weights = law.shares * np.exp(tilt[:, None] * (steps - highest[:, None]))
        tilted = weights / weights.sum(axis=-1, keepdims=True)
        down = (tilted * steps).sum(axis=-1)
        up = (tilted * (highest[:, None] - steps)).sum(axis=-1)
        variance = (tilted * (steps - down[:, None]) ** 2).sum(axis=-1)
        far = np.abs(law.n * down - at) > 0.01 * np.sqrt(law.n * variance)
        if not far.any():
            break
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            excess = np.log(down) - np.log(up) - target
            newton = tilt - excess * down * up / (variance * highest)
        low, high = np.where(excess < 0, tilt, low), np.where(excess > 0, tilt, high)
        middle = np.where(np.isfinite(high), (low + high) / 2, 2 * low + 1)
        tilt = np.where(far, np.where((newton > low) & (newton < high), newton, middle), tilt)
    return tilt, tilted


def centred_cumulants(law: ResampledTotals, tilt: FloatArray) -> FloatArray:
    """Compute log E exp(s (v - mean)) without the cancellation that a large n would magnify."""
    x = tilt[:, None] * _deviations(law)
    series = np.zeros_like(x)  # exp(x) - 1 - x = x^2 / 2 (1 + x/3 (1 + x/4 (...)))
    for k in range(14, 2, -1):
        series = (1 + series) * x / k
    largest = x.max(axis=-1, keepdims=True)
    curved = np.where(np.abs(x) < 0.5, x**2 / 2 * (1 + series), np.expm1(np.minimum(x, 500)) - x)
    near = np.log1p((law.shares * curved).sum(axis=-1))
    far = np.log((law.shares * np.exp(x - largest)).sum(axis=-1))
    # The second only where exponentials are about to overflow.
    cumulants: FloatArray = np.where(largest[:, 0] < 500, near, largest[:, 0] + far)
    return cumulants


def window_around(law: ResampledTotals, shares: FloatArray, centre: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Count the points below and above the mean total that matter, and those of the transform, an odd number.

    Bernstein's inequality: P(|T - mean| > h) <= 2 exp(-h^2 / 2 / (variance + span h / 3)).
    """
    mean = (shares * law.steps).sum(axis=-1)
    variance = law.n * (shares * (law.steps - mean[:, None]) ** 2).sum(axis=-1)
    linear = NEGLIGIBLE / 3 * law.steps.max(axis=-1)
    half = np.ceil(linear + np.sqrt(linear**2 + 2 * NEGLIGIBLE * variance)).astype(np.int64)
    below, above = np.minimum(half, centre), np.minimum(half, law.top - centre)
    # More points do no harm; a few sizes in common let groups share their tables of the sine.
    points = below + above + 1
    grain = np.left_shift(1, np.maximum(np.log2(points).astype(np.int64) - 4, 0))
    return below, above, -(-points // grain) * grain | 1


def characteristic_function(
    law: ResampledTotals, shares: FloatArray, centre: IntArray, points: IntArray
) -> Iterator[tuple[IndexArray, IntArray, FloatArray, FloatArray]]:
    """Yield log |phi(w)|^n and the phase of phi(w)^n exp(-i w centre) at the frequencies f > 0 that matter.

    Everything is relative to the most frequent level: phi(w) exp(-i w v_0) = 1 + A + iB, and |phi|^2 - 1 =
    2A + A^2 + B^2 loses no more than a factor 1 / p_0 to cancellation. Multiples of w are reduced as whole numbers.
    Each chunk is (rows, f, logarithm, phase).
    """
    order = np.argsort(-shares, axis=-1)
    share = np.take_along_axis(shares, order, axis=-1)
    steps = np.take_along_axis(law.steps, order, axis=-1)
    apart = steps - steps[:, :1]
    shift = (centre - law.n * steps[:, 0]) % points
    used = int(np.flatnonzero(share.max(axis=0)).max())
    contrast, distance = 4 * share[:, 0] * share[:, 1], np.abs(apart[:, 1])
    dense = (points <= MOST_DENSE) & (law.steps.max(axis=-1) <= WIDEST_DENSE)
    for row, frequency in chain(
        _frequencies_of_few_points(law, shares, points, np.flatnonzero(dense)),
        _frequencies_of_many_points(law.n, contrast, distance, points, np.flatnonzero(~dense)),
    ):
        size, real, imaginary = points[row], np.zeros(row.size), np.zeros(row.size)
        for level in range(1, used + 1):
            turns = (frequency * apart[row, level]).astype(np.float64)  # below 2^53
            half_angle = np.pi * ((turns - size * np.rint(turns / size)) / size)
            sine, weight = np.sin(half_angle), 2 * share[row, level]
            real -= weight * sine**2
            imaginary += weight * sine * np.cos(half_angle)
        with np.errstate(divide="ignore"):
            logarithm = law.n[row] / 2 * np.log1p(np.maximum(2 * real + real**2 + imaginary**2, -1))
        kept = np.flatnonzero(logarithm > -NEGLIGIBLE)
        row, frequency = row[kept], frequency[kept]
        turns = (frequency * shift[row] % points[row]) / points[row]
        phase = law.n[row] * np.arctan2(imaginary[kept], 1 + real[kept]) - 2 * np.pi * turns
        yield row, frequency, logarithm[kept], phase


def _frequencies_of_few_points(
    law: ResampledTotals, shares: FloatArray, points: IntArray, rows: IndexArray
) -> Iterator[tuple[IndexArray, IntArray]]:
    """Yield, in chunks, the frequencies f with 0 < f < points / 2 at which |phi|^n may matter, and their rows.

    By a product of matrices for all rows with as many points; it is exact enough to choose by.
    """
    for size in np.unique(points[rows]).tolist():
        frequency = np.arange(1, size // 2 + 1)
        circle = 2 * np.pi / size * np.arange(size)
        alike = rows[points[rows] == size]
        share = max(1, 2 * CHUNK // size)
        for part in (alike[i : i + share] for i in range(0, alike.size, share)):
            width = int(law.steps[part].max()) + 1
            cell = np.arange(part.size)[:, None] * width + law.steps[part]
            histogram = np.bincount(cell.ravel(), shares[part].ravel(), part.size * width).reshape(-1, width)
            turns = frequency * np.arange(width)[:, None] % size
            square = (histogram @ np.cos(circle)[turns]) ** 2 + (histogram @ np.sin(circle)[turns]) ** 2
            chosen_row, column = np.nonzero(square >= np.exp(-2 * NEGLIGIBLE / law.n[part])[:, None] - 1e-13)
            yield part[chosen_row], frequency[column]


def _frequencies_of_many_points(
    n: IntArray, contrast: FloatArray, distance: IntArray, points: IntArray, rows: IndexArray
) -> Iterator[tuple[IndexArray, IntArray]]:
    """Yield the same where a table were too large.

    For any two levels at a distance d, |phi|^2 <= 1 - 4 p_j p_k sin^2(w d / 2). So only frequencies near the zeros of
    the sine, w = 2 pi i / d, matter, within a part of the way to the next that is the same for every d.
    """
    with np.errstate(divide="ignore"):
        squared = -np.expm1(-2 * NEGLIGIBLE / n) / contrast
    part = np.arcsin(np.sqrt(np.minimum(squared, 1))) / np.pi
    peaks = (distance + 1) // 2 + 1
    while rows.size:
        # As many rows as have together no more than a chunk of peaks, and at least one.
        taken = max(1, int(np.searchsorted(peaks[rows].cumsum(), CHUNK, side="right")))
        here, rows = rows[:taken], rows[taken:]
        row = np.repeat(here, peaks[here])
        peak = np.arange(row.size) - np.repeat(peaks[here].cumsum() - peaks[here], peaks[here])
        unit, width = points[row] / distance[row], part[row]
        start = np.maximum(np.floor(unit * (peak - width)).astype(np.int64) + 1, 1)
        stop = np.minimum(np.floor(unit * (peak + width)).astype(np.int64), points[row] // 2)
        length = np.maximum(stop - start + 1, 0)
        ends = length.cumsum()
        for begin in range(0, int(ends[-1]), CHUNK):
            end = min(begin + CHUNK, int(ends[-1]))
            inside = np.minimum(ends, end) - np.maximum(ends - length, begin)
            piece = np.repeat(np.arange(row.size), np.maximum(inside, 0))
            yield row[piece], start[piece] + np.arange(begin, end) - (ends - length)[piece]
