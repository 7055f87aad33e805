r"""Exact unconditional tests and intervals of one score with two or three levels 0 < c < 1, by complete enumeration.

Under the hypothesis that the mean is theta, the shares lie on a segment from u = 0, where nobody chooses the middle
level, to u = 1, where one end is empty: with w = min(theta / c, (1 - theta) / (1 - c)),

    p_middle = u w,    p_top = theta - c u w,    p_bottom = 1 - theta - (1 - c) u w.

The u of the truth is the nuisance parameter. Samples are ranked by the score statistic Z of theta (Tango 1998). The
unconditional p-value is the largest tail over u (Chan & Zhang 1999; two-sided, with tails of |Z|, Agresti & Min 2001);
Lloyd's (2008) is the tail at the restricted estimate of u.

Each respondent under u answers, with probability u, by the law of u = 1, else by that of u = 0; so the probability of
any set of samples is a polynomial in u in Bernstein's form,

    P_u(S) = sum_m Bin(m; n, u) b_m,    b_m = P(S | m respondents answer by the law of u = 1).

Both laws have two levels, so that all b_m are one product of two binomial tables with the indicator of S. With two
levels there is no middle one, and only b_0 is left: a binomial tail.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy.special import binom

from npsstats.typing import Alternative, FloatArray, IndexArray

__all__ = ["LARGEST_N", "exact_limits", "exact_pvalues", "lloyd_limits", "lloyd_pvalues"]

# Work grows a little faster than n^2: both limits of one group take about 0.3 s at n = 150 and 1 to 2 s at n = 300. Far
# beyond, binomial coefficients leave the floating-point range (n = 1030).
LARGEST_N = 300

# A limit is the last point from outside that is certainly rejected, found to this width of the scale.
RESOLUTION = 1e-8

# Statistics that differ by less are tied: rounding must not order samples.
TIE = 1e-10

# Stands for a standard error of 0, well above the rounding of a mean.
SMALLEST_ERROR = 1e-9

# Nodes over psi in [0, pi], where u = sin(psi / 2)^2, times the root of n. A share of n trials has the standard
# deviation 1 / sqrt(n) in psi, and P varies on that scale: with 64 nodes to it, a parabola through the best three
# misses a maximum by less than 1e-6.
NODES = 200

# Between the restricted estimates at the ends of a cell, Lloyd's tail is taken at so many points.
BETWEEN = 5

# A search goes on in longer steps after so many certain rejections in a row.
PATIENCE = 3

# Table cells worked on at once: arrays of 256 KiB stay in the cache.
CHUNK = 2**15


@dataclass(frozen=True, slots=True)
class _Design:
    """All samples of n respondents: the tables that their enumeration needs, whatever the hypothesis."""

    n: int
    middle: float
    degree: int  # most respondents at the middle level: n, or 0 if there are two levels
    coefficients: FloatArray = field(init=False)  # k choose x
    basis: FloatArray = field(init=False)  # Bernstein polynomials at the nodes

    def __post_init__(self) -> None:
        size = np.arange(self.n + 1.0)
        object.__setattr__(self, "coefficients", binom(size[:, None], size))
        nodes = int(np.ceil(NODES * np.sqrt(max(self.degree, 1))))
        u = np.sin(np.linspace(0, np.pi / 2, nodes)) ** 2
        object.__setattr__(self, "basis", _bernstein(self, u))


# From the Bernstein coefficients and the restricted estimates of u at both ends of a cell to a probability.
_Tail = Callable[[_Design, FloatArray, FloatArray, FloatArray], FloatArray]


def exact_limits(
    counts: FloatArray, values: FloatArray, level: float, alternative: Alternative
) -> tuple[FloatArray, FloatArray]:
    """Find the hull of the means that the exact unconditional test does not reject.

    Parameters
    ----------
    counts : ndarray, shape (groups, levels)
        Respondents by level, two or three levels, at most `LARGEST_N` respondents.
    values : ndarray, shape (levels,)
        The levels, ascending from 0 to 1.
    level : float
        The confidence level.
    alternative : {"two-sided", "less", "greater"}
        "greater" gives lower limits only, with 1 as upper ones; "less" the reverse.

    Returns
    -------
    low, high : ndarray, shape (groups,)
        The bounds 0 and 1 where nothing beyond is rejected.

    Notes
    -----
    The p-value jumps and is not monotone, so a limit is not a root. The search walks from the bound inwards in cells.
    A cell is passed only if an upper bound of the p-value inside it is at most 1 - level: the tails of all samples
    that are as extreme as the observed one at either end of the cell, the upper tail's probability taken at the right
    end and the lower one's at the left. (Z grows with each rating and falls with theta, as enumeration shows, so that
    these probabilities are monotone in theta at each u.) Else the cell is halved; the walk ends when a cell of 1e-8
    cannot be passed.

    So no accepted piece beyond a limit is lost, however narrow, unless the statistics of two samples change places
    twice within one cell, which few pairs do. A limit is at most 1e-8 too far out, or some 1e-6 where samples are
    close to tied.

    References
    ----------
    Chan, I. S. F. & Zhang, Z. (1999). Test-based exact confidence intervals for the difference of two binomial
    proportions. Biometrics 55, 1202-1209. https://doi.org/10.1111/j.0006-341X.1999.01202.x

    Agresti, A. & Min, Y. (2001). On small-sample confidence intervals for parameters in discrete distributions.
    Biometrics 57, 963-971. https://doi.org/10.1111/j.0006-341X.2001.00963.x
    """
    return _limits(counts, values, level, alternative, _largest)


def exact_pvalues(counts: FloatArray, values: FloatArray, null: FloatArray, alternative: Alternative) -> FloatArray:
    """Compute the largest probability, over the nuisance parameter, of samples as extreme as the observed one.

    Parameters
    ----------
    counts, values, alternative
        As for `exact_limits`.
    null : ndarray, shape (groups,)
        The mean under the null hypothesis, strictly between 0 and 1.

    Returns
    -------
    ndarray, shape (groups,)
        The largest value is found to 1e-6 or better.
    """
    return _pvalues(counts, values, null, alternative, _largest)


def lloyd_limits(
    counts: FloatArray, values: FloatArray, level: float, alternative: Alternative
) -> tuple[FloatArray, FloatArray]:
    """Find the hull of the means that the test of `lloyd_pvalues` does not reject.

    Parameters
    ----------
    counts, values, level, alternative
        As for `exact_limits`.

    Returns
    -------
    low, high : ndarray, shape (groups,)
        Inside the limits of `exact_limits`; coverage is close to the level, and can be a little below it.

    Notes
    -----
    The search is that of `exact_limits`, but the bound of a cell is taken at five points between the restricted
    estimates of u at its ends, and is not certain.
    """
    return _limits(counts, values, level, alternative, _estimated)


def lloyd_pvalues(counts: FloatArray, values: FloatArray, null: FloatArray, alternative: Alternative) -> FloatArray:
    """Compute the probability of samples as extreme as the observed one, at its restricted estimate.

    Parameters
    ----------
    counts, values, alternative
        As for `exact_limits`.
    null : ndarray, shape (groups,)
        The mean under the null hypothesis, strictly between 0 and 1.

    Returns
    -------
    ndarray, shape (groups,)

    References
    ----------
    Lloyd, C. J. (2008). Exact p-values for discrete models obtained by estimation and maximization. Australian & New
    Zealand Journal of Statistics 50, 329-345.
    """
    return _pvalues(counts, values, null, alternative, _estimated)


def _limits(
    counts: FloatArray, values: FloatArray, level: float, alternative: Alternative, tail: _Tail
) -> tuple[FloatArray, FloatArray]:
    """Find both limits; the upper one is the lower one of the reversed scale."""
    two_sided = alternative == "two-sided"
    low, high = np.zeros(len(counts)), np.ones(len(counts))
    if alternative != "less":
        for rows, design in _by_size(counts, values):
            low[rows] = _lower_limits(design, _as_three(counts[rows]), 1 - level, tail, two_sided=two_sided)
    if alternative != "greater":
        for rows, design in _by_size(counts, 1 - values[::-1]):
            reversed_counts = _as_three(counts[rows, ::-1])
            high[rows] = 1 - _lower_limits(design, reversed_counts, 1 - level, tail, two_sided=two_sided)
    return low, high


def _pvalues(
    counts: FloatArray, values: FloatArray, null: FloatArray, alternative: Alternative, tail: _Tail
) -> FloatArray:
    """Compute p-values; "less" is "greater" of the reversed scale."""
    if alternative == "less":
        return _pvalues(counts[:, ::-1], 1 - values[::-1], 1 - null, "greater", tail)
    pvalues = np.empty(len(counts))
    for rows, design in _by_size(counts, values):
        theta, two_sided = null[rows], alternative == "two-sided"
        pvalues[rows] = _greatest(design, _as_three(counts[rows]), theta, theta, tail, two_sided=two_sided)
    return pvalues


def _by_size(counts: FloatArray, values: FloatArray) -> Iterator[tuple[IndexArray, _Design]]:
    """Give the groups of each size, and their design."""
    sizes = np.rint(counts.sum(axis=1)).astype(np.intp)
    for n in np.unique(sizes).tolist():
        # With two levels any middle value will do: nobody is there.
        middle, degree = (float(values[1]), n) if values.size > 2 else (0.5, 0)
        yield np.flatnonzero(sizes == n), _Design(n, middle, degree)


def _as_three(counts: FloatArray) -> FloatArray:
    """Put an empty middle level between two."""
    return counts if counts.shape[1] > 2 else np.insert(counts, 1, 0.0, axis=1)


def _lower_limits(design: _Design, counts: FloatArray, alpha: float, tail: _Tail, *, two_sided: bool) -> FloatArray:
    """Walk up from 0 through cells that are certainly rejected."""
    n, middle = design.n, design.middle
    mean = (middle * counts[:, 1] + counts[:, 2]) / n
    lowest = middle if design.degree else 1.0
    # Below, everybody is at the bottom with probability 1 - n theta / c, at least; all other samples are rejected.
    position = np.where(mean > 0, min(alpha, 0.4) * lowest / n, 0.0)
    # At its own mean no sample is rejected two-sidedly, and at 1 none at all.
    last = np.minimum(mean if two_sided else 1.0, 1 - RESOLUTION) * np.ones_like(mean)
    width = (last - position) / 2
    streak = np.zeros(mean.size, dtype=np.intp)
    rows = np.flatnonzero(mean > 0)
    while rows.size:
        left = position[rows]
        right = np.minimum(left + width[rows], last[rows])
        # The law of u = 1 changes its levels at theta = c.
        right = np.where(left < middle, np.minimum(right, middle), right)
        passed = _greatest(design, counts[rows], left, right, tail, two_sided=two_sided) <= alpha
        position[rows] = np.where(passed, right, left)
        streak[rows] = np.where(passed, streak[rows] + 1, 0)
        # After a failure the limit is expected within the cell that failed: halving it further is bisection.
        width[rows] *= np.where(streak[rows] > PATIENCE, 4.0, 0.5)
        found = (~passed & (right - left <= RESOLUTION)) | (position[rows] >= last[rows])
        rows = rows[~found]
    return position


def _greatest(
    design: _Design, counts: FloatArray, left: FloatArray, right: FloatArray, tail: _Tail, *, two_sided: bool
) -> FloatArray:
    """Bound the p-values of all theta from left to right, both on the same side of c; exact if left = right."""
    bounds = np.empty(len(counts))
    size = max(1, CHUNK // ((design.n + 1) * (design.degree + 1)))
    for start in range(0, len(counts), size):
        rows = slice(start, start + size)
        bounds[rows] = _bound(design, counts[rows], left[rows], right[rows], tail, two_sided=two_sided)
    return bounds


def _bound(
    design: _Design, counts: FloatArray, left: FloatArray, right: FloatArray, tail: _Tail, *, two_sided: bool
) -> FloatArray:
    """Bound the p-values as `_greatest`, for as many groups as memory has room for."""
    # Where theta > c, the law of u = 1 has no bottom: then samples are listed by bottom instead of top.
    above = right > design.middle
    upper: np.ndarray | bool = False
    lower: np.ndarray | bool = False
    estimates = []
    for theta in (left, right):
        share, statistic = _score(design, counts[:, 0], counts[:, 1], counts[:, 2], theta)
        estimates.append(share / _longest(design, theta))
        everywhere = _all_scores(design, theta, above)
        size = np.abs(statistic) if two_sided else statistic
        threshold = (size - TIE * np.maximum(np.abs(statistic), 1))[:, None, None]
        upper = upper | (everywhere >= threshold)
        if two_sided:
            lower = lower | (everywhere <= -threshold)
    coefficients = _coefficients(design, right, above, np.asarray(upper))
    if two_sided:
        coefficients += _coefficients(design, left, above, np.asarray(lower))
    return tail(design, coefficients, *estimates).clip(max=1)


def _all_scores(design: _Design, theta: FloatArray, above: np.ndarray) -> FloatArray:
    """Compute Z of all samples: by respondents at the top, or the bottom where theta is above c, and the middle.

    The table has a triangle of impossible samples, whose probability is 0 in `_coefficients`.
    """
    listed = np.arange(design.n + 1.0)[:, None]
    middle = np.arange(design.degree + 1.0)
    left_over = (design.n - listed - middle).clip(min=0)
    scores = np.empty((theta.size, *left_over.shape))
    for rows, bottom, top in ((above, listed, left_over), (~above, left_over, listed)):
        if rows.any():
            scores[rows] = _score(design, bottom, middle, top, theta[rows, None, None])[1]
    return scores


def _score(
    design: _Design, bottom: FloatArray, middle: FloatArray, top: FloatArray, theta: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Compute the restricted share of the middle level, and the score statistic of the hypothesis theta.

    With A = (1 - theta) / (1 - c) and B = theta / c, the likelihood is stationary where x2 / q = x1 / (A - q) +
    x3 / (B - q): n q^2 - (B (x1 + x2) + A (x2 + x3)) q + A B x2 = 0, of which q is the smaller root. The variance of
    one rating is theta (1 - theta) - c (1 - c) q = c (1 - c) (A B - q).
    """
    c = design.middle
    a, b = (1 - theta) / (1 - c), theta / c
    one, other = b * (bottom + middle), a * (middle + top)
    root = np.sqrt((one - other) ** 2 + (4 * a * b) * (bottom * top))
    share: FloatArray = (2 * a * b) * middle / (one + other + root)
    error = np.sqrt((c * (1 - c) / design.n) * (a * b - share).clip(min=0))
    # The error is 0 only if all answer c, and theta = c: then the gap is 0 but for rounding.
    statistic: FloatArray = ((c * middle + top) / design.n - theta) / np.maximum(error, SMALLEST_ERROR)
    return share, statistic


def _longest(design: _Design, theta: FloatArray) -> FloatArray:
    """Compute w, the share of the middle level at u = 1."""
    share: FloatArray = np.minimum(theta / design.middle, (1 - theta) / (1 - design.middle))
    return share


def _coefficients(design: _Design, theta: FloatArray, above: np.ndarray, samples: np.ndarray) -> FloatArray:
    """Compute the Bernstein coefficients of the probability of sets of samples, shape (groups, degree + 1)."""
    by_one = np.arange(design.degree + 1)
    listed = _binomials(design, np.where(above, 1 - theta, theta), design.n - by_one, design.n)
    middle = _binomials(design, _longest(design, theta).clip(max=1), by_one, design.degree)
    coefficients: FloatArray = ((listed @ samples.astype(np.float64)) * middle).sum(axis=-1)
    return coefficients


def _binomials(design: _Design, chance: FloatArray, trials: IndexArray, most: int) -> FloatArray:
    """Compute binomial probabilities of 0 ... most successes, shape (groups, trials, most + 1)."""
    successes = np.arange(most + 1)
    failures = (trials[:, None] - successes).clip(min=0)
    powers = np.arange(design.n + 1.0)
    hits, misses = chance[:, None] ** powers[: most + 1], (1 - chance)[:, None] ** powers
    # The coefficient of too many successes is 0.
    table: FloatArray = design.coefficients[trials[:, None], successes] * misses[:, failures]
    table *= hits[:, None]
    return table


def _bernstein(design: _Design, u: FloatArray) -> FloatArray:
    """Compute the Bernstein polynomials of the design's degree at u, shape (..., degree + 1)."""
    m = np.arange(design.degree + 1.0)
    basis: FloatArray = design.coefficients[design.degree, : design.degree + 1] * u[..., None] ** m
    basis *= (1 - u[..., None]) ** m[::-1]
    return basis


def _largest(design: _Design, coefficients: FloatArray, left: FloatArray, right: FloatArray) -> FloatArray:
    """Find the largest value of each polynomial over u in [0, 1]."""
    table = coefficients @ design.basis.T
    best = table.argmax(axis=1)
    largest: FloatArray = table[np.arange(best.size), best]
    # The vertex of the parabola through the best node and its neighbours in psi.
    rows = np.flatnonzero((best > 0) & (best < table.shape[1] - 1))
    before, at, after = (table[rows, best[rows] + step] for step in (-1, 0, 1))
    bend = 2 * at - before - after
    largest[rows] += np.divide((after - before) ** 2, 8 * bend, out=np.zeros_like(bend), where=bend > 0)
    return largest


def _estimated(design: _Design, coefficients: FloatArray, left: FloatArray, right: FloatArray) -> FloatArray:
    """Find the largest value at some points between two restricted estimates of u."""
    u = np.linspace(left, right, BETWEEN, axis=1).clip(0, 1)
    values: FloatArray = np.einsum("gpm,gm->gp", _bernstein(design, u), coefficients).max(axis=1)
    return values
