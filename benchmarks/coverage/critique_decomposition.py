"""Coverage of the parts of `decompose`: many samples at once through the same kernels; tests hold both together."""

from collections.abc import Iterator
from itertools import product

import numpy as np
from critique_counting import SIZES, Z, rng_of, tally

from npsstats.critique.decomposition import SUMS
from npsstats.kernels.restricted import restricted_limits
from npsstats.kernels.score import skewness_corrected_score
from npsstats.kernels.standardisation import factors_of_contributions, mix_and_rate, reaches_of_all, segment_reaches
from npsstats.results.decompositions import CONTRIBUTIONS

DRAWS = 2_000
PARTS = np.array([[0.0, 0.0, 100.0], [-100.0, 0.0, 0.0]])
WAYS = np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
# Of mix, rate and total: through both, through promoters, through detractors.
COLUMNS_OF = [
    [CONTRIBUTIONS.index(name + way) for way in ("", "_promoters", "_detractors")] for name in ("mix", "rate", "total")
]

# Shares of the segments in both periods; detractors, passives and promoters in each segment of both periods.
POPULATIONS = {
    "usual": (
        ([0.5, 0.3, 0.2], [0.3, 0.3, 0.4]),
        ([[0.2, 0.3, 0.5], [0.3, 0.3, 0.4], [0.1, 0.3, 0.6]], [[0.3, 0.3, 0.4], [0.25, 0.3, 0.45], [0.1, 0.2, 0.7]]),
    ),
    "small segments": (
        ([0.86, 0.1, 0.04], [0.85, 0.08, 0.07]),
        ([[0.2, 0.3, 0.5], [0.5, 0.3, 0.2], [0.05, 0.15, 0.8]], [[0.25, 0.3, 0.45], [0.4, 0.4, 0.2], [0.1, 0.2, 0.7]]),
    ),
    "nothing moves": (([0.5, 0.3, 0.2],) * 2, ([[0.2, 0.3, 0.5]] * 3,) * 2),
    "few detractors": (
        ([0.6, 0.3, 0.1], [0.5, 0.35, 0.15]),
        (
            [[0.02, 0.08, 0.9], [0.05, 0.1, 0.85], [0.01, 0.04, 0.95]],
            [[0.04, 0.1, 0.86], [0.03, 0.07, 0.9], [0.02, 0.08, 0.9]],
        ),
    ),
}


def cells() -> list[tuple[str, int]]:
    """Populations and respondents per period."""
    return list(product(POPULATIONS, SIZES))


def shares_of(name: str) -> np.ndarray:
    """The shares of segment and level, shape (2, segments, levels)."""
    weights, ratings = (np.array(part) for part in POPULATIONS[name])
    return weights[:, :, None] * ratings


def contributions(shares: np.ndarray) -> np.ndarray:
    """All contributions of each segment."""
    return np.concatenate([part.values for part in mix_and_rate(shares, PARTS)], axis=1) @ SUMS.T


def drawn(name: str, n: int, draws: int) -> np.ndarray:
    """Samples, shape (draws, 2, segments, levels)."""
    rng, shares = rng_of("decompose", name, n), shares_of(name)
    sides = [rng.multinomial(n, side.ravel(), size=draws).reshape(draws, *side.shape) for side in shares]
    return np.stack(sides, axis=1)


def intervals(tables: np.ndarray, *, delta: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Limits of segments and, last, of all together, shape (draws, segments + 1, contributions).

    With `delta`, those of single segments are by the delta method, too, which was not chosen.
    """
    draws, _, segments, _ = tables.shape
    sizes = tables.sum(axis=3)
    n = sizes.sum(axis=2)[0]
    value, error = np.full((2, draws, segments + 1, len(SUMS)), np.nan)
    known = {name: np.full((draws, segments, 3), np.nan) for name in ("second", "change", "of_change")}
    weight = np.full((draws, segments, 1), np.nan)
    for i, table in enumerate(tables):
        there = table.any(axis=(0, 2))
        shares = table[:, there] / n[:, None, None]
        rows = np.append(there, True)
        by_mix, by_rate = mix_and_rate(shares, PARTS)
        own = np.concatenate([by_mix.values, by_rate.values], axis=1) @ SUMS.T
        slopes = np.tensordot(SUMS, np.concatenate([by_mix.gradient, by_rate.gradient], axis=1), axes=(1, 1))
        slopes = np.concatenate([slopes, slopes.sum(axis=1, keepdims=True)], axis=1).swapaxes(0, 1)
        value[i, rows] = np.concatenate([own, own.sum(axis=0, keepdims=True)])
        error[i, rows] = np.sqrt(covariance(slopes, slopes, shares, n))
        growth, excess, share, change = factors_of_contributions(shares, PARTS)
        of_excess, of_change = (np.tensordot(WAYS, x.gradient, axes=(1, 1)).swapaxes(0, 1) for x in (excess, change))
        both = covariance(growth.gradient, of_excess, shares, n)
        known["second"][i, there] = (
            covariance(growth.gradient, growth.gradient, shares, n) * covariance(of_excess, of_excess, shares, n)
            + both**2
        )
        known["of_change"][i, there] = covariance(of_change, of_change, shares, n)
        known["change"][i, there] = change.values @ WAYS.T
        weight[i, there] = share.values
    down, up = Z * error, Z * error
    if delta:
        return value - down, value + up
    single = [error[:, :-1, columns] for columns in COLUMNS_OF]
    single[1] = np.where((sizes < 2).any(axis=1)[:, :, None], np.nan, single[1])
    alone = (sizes < 2).any(axis=1) & (sizes > 0).all(axis=1)
    single[2] = np.where(alone[:, :, None], np.nan, single[2])
    variances = (*(one**2 for one in single), known["of_change"])
    reaches = segment_reaches(weight, known["change"], score_limits(tables), variances, known["second"], Z)
    for columns, (below, above) in zip(COLUMNS_OF, reaches, strict=True):
        down[:, :-1, columns], up[:, :-1, columns] = below, above
    # 2e-10 points are rounding, as in the library.
    down[:, -1], up[:, -1] = (reaches_of_all(reach[:, :-1], error[:, -1], reach[:, -1], 2e-10) for reach in (down, up))
    return value - down, value + up


def covariance(first: np.ndarray, second: np.ndarray, shares: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Covariances from derivatives whose last axes are those of the shares."""
    first, second = (x - (x * shares).sum(axis=(-2, -1), keepdims=True) for x in (first, second))
    return ((first * second * shares).sum(axis=(-2, -1)) / (n - 1)).sum(axis=-1)


def score_limits(tables: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Score limits of the change of each segment, of all, of promoters, of detractors, in points."""
    draws, _, segments, levels = tables.shape
    arms = tables.transpose(0, 2, 1, 3).reshape(-1, 2, levels)[:, ::-1].astype(float)
    both = (arms.sum(axis=2) > 0).all(axis=1)
    low, high = np.full((2, len(arms), 3), np.nan)
    whole, halves = np.array([0.0, 0.5, 1.0]), np.array([0.0, 1.0])
    promoters = np.stack([arms[..., 0] + arms[..., 1], arms[..., 2]], axis=-1)
    detractors = np.stack([arms[..., 0], arms[..., 1] + arms[..., 2]], axis=-1)
    for way, (counts, unit, points) in enumerate(
        [(arms, whole, 200), (promoters, halves, 100), (detractors, halves, 100)]
    ):
        found = restricted_limits(skewness_corrected_score, counts[both], unit, np.array([1.0, -1.0]), Z)
        low[both, way], high[both, way] = (points * limit for limit in found)
    return low.reshape(draws, segments, 3), high.reshape(draws, segments, 3)


def rows(cell: tuple[str, int], draws: int = DRAWS) -> Iterator[dict[str, object]]:
    """A row for each contribution of each segment and of all; the total of all is that of `compare`, and left out."""
    name, n = cell
    truth = contributions(shares_of(name))
    truth = np.concatenate([truth, truth.sum(axis=0, keepdims=True)])
    low, high = intervals(drawn(name, n, draws))
    weights = 100 * np.array(POPULATIONS[name][0])
    for segment, contribution in product(range(len(truth)), range(len(CONTRIBUTIONS))):
        last = segment == len(truth) - 1
        if last and CONTRIBUTIONS[contribution] == "total":
            continue
        who = "all" if last else f"segment of {weights[0, segment]:.0f} to {weights[1, segment]:.0f} %"
        yield {
            "question": "decompose",
            "population": name,
            "n": n,
            "part": f"{CONTRIBUTIONS[contribution]}, {who}",
            **tally(truth[segment, contribution], low[:, segment, contribution], high[:, segment, contribution]),
        }
