"""How often `dominance`, `unit_ranks` and `rank_agreement` err, and how often their limits hold the truth."""

from collections.abc import Iterator
from functools import cache
from itertools import product

import numpy as np
from critique_counting import SIZES, Z, counted, normal_cells, rng_of, tally
from critique_items import FIVE, RATINGS, moments, shifted

import npsstats as nps
from npsstats.kernels.rank_correlation import signs_of, tau_b, tau_bounds, tau_limits, tau_variance
from npsstats.kernels.rank_sets import order_quantile, pairs_of, rank_limits
from npsstats.kernels.restricted import restricted_statistic
from npsstats.kernels.score import skewness_corrected_score

# ------------------------------------------------------------------------------------------------ dominance

DRAWS_OF_DOMINANCE = 600
TOGETHER = 100
VERDICTS = ("dominates", "ahead", "crossing", "behind", "dominated", "undecided")
VERDICT_COLUMNS = [
    "population", "categories", "n", "draws", *VERDICTS, "wrong", "dominance_wrong", "band", "error", "npsstats",
]  # fmt: skip


def _classes(shares: np.ndarray) -> np.ndarray:
    return np.array([shares[:7].sum(), shares[7:9].sum(), shares[9:].sum()])


def _apart(shares: np.ndarray) -> np.ndarray:
    """Fewer in the middle, more at both ends: the curves cross."""
    moved = shares.copy()
    moved[7:9] *= 0.7
    freed = shares.sum() - moved.sum()
    moved[4:7] += freed / 2 / 3
    moved[9:] += freed / 2 / 2
    return moved


# Reference and group.
PAIRS = {
    "equal, usual": (RATINGS["usual"],) * 2,
    "equal, near the top": (RATINGS["near the top"],) * 2,
    "the group is better": (RATINGS["usual"], shifted(RATINGS["usual"], 1.5)),
    "the curves cross": (RATINGS["usual"], _apart(RATINGS["usual"])),
    "better but at the lowest cut points": (
        RATINGS["usual"],
        shifted(RATINGS["usual"], 1.5) * np.array([0.97] * 11) + 0.03 * np.eye(11)[0],
    ),
}


def dominance_cells() -> list[tuple[str, int, int]]:
    """Populations, categories and respondents per group."""
    return list(product(PAIRS, (11, 3), SIZES))


def dominance_row(cell: tuple[str, int, int], draws: int = DRAWS_OF_DOMINANCE) -> dict[str, object]:
    """The verdicts, how often a statement or the proof is wrong, and how often the band holds all differences."""
    name, categories, n = cell
    sides = [shares if categories == 11 else _classes(shares) for shares in PAIRS[name]]
    metric = nps.NPS if categories == 11 else nps.NPS_CATEGORIES
    rng = rng_of("dominance", *cell)
    # Group minus reference, of the shares above.
    truth = -np.diff([side.cumsum()[:-1] for side in sides], axis=0)[0]
    verdicts, wrong, held = [], [], []
    for _ in range(draws // TOGETHER):
        tables = np.stack([rng.multinomial(n, side, size=TOGETHER) for side in sides], axis=1)
        found = nps.dominance(counted(tables, metric, ("old", "new")), reference="old")
        cuts = found.cut_points
        shown, low, high = (np.array(part).reshape(TOGETHER, -1) for part in (cuts.shown, cuts.low, cuts.high))
        wrong.append((((shown == "better") & (truth <= 1e-12)) | ((shown == "worse") & (truth >= -1e-12))).any(axis=1))
        held.append(((low <= truth + 1e-9) & (truth <= high + 1e-9)).all(axis=1))
        verdicts.append(np.array(found.verdict))
    verdict = np.concatenate(verdicts)
    shares = {word: f"{100 * (verdict == word).mean():.1f}" for word in VERDICTS}
    false = (verdict == "dominates") & (truth <= 1e-12).any() | (verdict == "dominated") & (truth >= -1e-12).any()
    band = np.concatenate(held).mean()
    return {
        "population": name,
        "categories": categories,
        "n": n,
        "draws": draws,
        **shares,
        "wrong": f"{100 * (np.concatenate(wrong) | false).mean():.1f}",
        "dominance_wrong": f"{100 * false.mean():.1f}",
        "band": f"{100 * band:.1f}",
        "error": f"{100 * np.sqrt(band * (1 - band) / draws):.1f}",
        "npsstats": nps.__version__,
    }


# ------------------------------------------------------------------------------------------------ units as a sample

DRAWS_OF_TAU = 4_000
UNITS = (4, 10, 20, 51)


@cache
def true_tau(rho: float, ties: bool) -> float:
    """Kendall's tau-b over all units."""
    if not ties:
        return float(2 / np.pi * np.arcsin(rho))
    # Scores in five steps: the tau-b of their cross-table.
    from npsstats.kernels.ordinal_association import kendall_tau_b

    steps = np.array([0.07, 0.24, 0.38, 0.24, 0.07])
    return float(kendall_tau_b(normal_cells(rho, steps, steps)[None])[0][0])


def tau_cells() -> list[tuple[object, ...]]:
    """Units, correlation of their normal scores, whether these are rounded to five steps."""
    return list(product(UNITS, (0.0, 0.5, 0.8, 0.95), (False, True)))


def tau_row(cell: tuple[object, ...], draws: int = DRAWS_OF_TAU) -> dict[str, object]:
    """Coverage of tau-b of sampled units."""
    from scipy.special import ndtri

    units, rho, ties = cell
    rng = rng_of("tau", *cell)
    first = rng.normal(size=(draws, units))
    second = rho * first + np.sqrt(1 - rho**2) * rng.normal(size=(draws, units))
    if ties:
        cuts = ndtri(np.array([0.07, 0.31, 0.69, 0.93]))
        first, second = (np.searchsorted(cuts, score).astype(float) for score in (first, second))
    limits = []
    for one, other in zip(signs_of(first), signs_of(second), strict=True):
        limits.append(tau_limits(float(tau_b(one, other)), tau_variance(one, other), units, Z))
    population = f"correlation {rho:g}, {'five steps' if ties else 'no ties'}"
    about = {"question": "rank_agreement, sampled", "population": population, "n": units, "part": "tau-b"}
    return about | tally(true_tau(rho, ties), *np.array(limits).T)


# ------------------------------------------------------------------------------------------------ fixed units

DRAWS_OF_UNITS = 400
SPREADS = {"scores apart": 0.6, "scores close": 0.2, "half of the units alike": 0.6, "all units alike": 0.0}
METRICS = (nps.NPS, nps.CSAT)


def unit_cells() -> list[tuple[str, int, int]]:
    """How units differ, how many there are, respondents of each."""
    sizes = [(10, n) for n in SIZES[:3]] + [(20, 100), (51, 100)]
    return [(name, *size) for name, size in product(SPREADS, sizes)]


def unit_shares(name: str, units: int) -> np.ndarray:
    """Shares of rating and satisfaction in each unit, shape (units, 11, 5); the two orders differ."""
    rng = rng_of("units", name, units)
    first = SPREADS[name] * rng.normal(size=units)
    second = 0.7 * first + 0.7 * SPREADS[name] * rng.normal(size=units)
    if name == "half of the units alike":
        first[: units // 2], second[: units // 2] = 0.0, 0.0
    sides = zip(np.exp(first), np.exp(second), strict=True)
    return np.stack(
        [normal_cells(0.6, shifted(RATINGS["usual"], one), shifted(FIVE["usual"], other)) for one, other in sides]
    )


def unit_rows(cell: tuple[str, int, int], draws: int = DRAWS_OF_UNITS) -> Iterator[dict[str, object]]:
    """Coverage of all ranks of a metric at once, and of the bounds of tau-b, with the quantile of the true variances.

    Quantiles of each sample would take seconds; they hang on ratios of variances only, and hardly differ.
    """
    name, units, n = cell
    shares = unit_shares(name, units)
    rng = rng_of("unit ranks", *cell)
    tables = np.stack([rng.multinomial(n, unit.ravel(), size=draws) for unit in shares], axis=1)
    tables = tables.reshape(draws, units, 11, 5)
    margins = [(shares.sum(axis=2), tables.sum(axis=3)), (shares.sum(axis=1), tables.sum(axis=2))]
    truth = np.array([margin @ np.array(metric.values) for metric, (margin, _) in zip(METRICS, margins, strict=True)])
    first, second = pairs_of(units)
    signs = signs_of(truth)
    z = np.stack(
        [statistics(counts, metric, first, second) for metric, (_, counts) in zip(METRICS, margins, strict=True)]
    )
    about = {"population": f"{name}, {units} units", "n": n}
    for m, metric in enumerate(METRICS):
        values = np.array(metric.values)
        variance = np.diag([moments(unit, values)[1] / n for unit in margins[m][0]])
        known = np.where(np.abs(z[m]) > order_quantile(variance, 1, 0.95), np.sign(z[m]), 0.0)
        sets = [rank_limits(row, units) for row in known]
        # Where units tie, each may have any of the ranks that they share.
        least, most = 1 + (signs[m] < 0).sum(axis=1), units - (signs[m] > 0).sum(axis=1)
        held = np.array([((low <= least) & (most <= high)).all() for low, high in sets])
        width = np.mean([high - low for low, high in sets]) + 1
        yield {"question": "unit_ranks", **about, "part": f"all ranks under {metric.name}"} | one_sided(held, width)
    if not signs.any():
        # Units that are all alike have no tau.
        return
    joint = order_quantile(covariance(shares, n), 2, 0.95)
    known = np.where(np.abs(z) > joint, np.sign(z), 0.0)
    limits = np.array([tau_bounds(known[0, i], known[1, i]) for i in range(draws)]).T
    true = float(tau_b(signs[0], signs[1]))
    yield {"question": "rank_agreement, fixed", **about, "part": "tau-b"} | tally(true, *limits)


def one_sided(held: np.ndarray, width: float) -> dict[str, object]:
    """A tally of sets that hold the truth or do not."""
    found = tally(np.where(held, 0.5, 2.0), np.zeros(held.size), np.ones(held.size))
    return found | {"below": "", "above": "", "width": f"{width:.4g}"}


def statistics(counts: np.ndarray, metric: nps.Metric, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The score statistics of all pairs, shape (draws, pairs)."""
    values = np.array(metric.values)
    levels = np.unique(values)
    by_level = np.stack([counts[..., values == level].sum(axis=-1) for level in levels], axis=-1).astype(float)
    arms = np.stack([by_level[:, first], by_level[:, second]], axis=2).reshape(-1, 2, levels.size)
    unit = (levels - levels[0]) / np.ptp(levels)
    z = restricted_statistic(skewness_corrected_score, arms, unit, np.array([1.0, -1.0]), np.zeros(len(arms)))
    return z.reshape(len(counts), -1)


def covariance(shares: np.ndarray, n: int) -> np.ndarray:
    """Of the scores of all units under both metrics, order by order."""
    units = len(shares)
    values = [np.array(metric.values) for metric in METRICS]
    points = [np.broadcast_to(values[0][:, None], shares.shape[1:]), np.broadcast_to(values[1], shares.shape[1:])]
    means = [(shares * point).sum(axis=(1, 2)) for point in points]
    table = np.zeros((2, units, 2, units))
    for (i, one), (j, other) in product(enumerate(points), enumerate(points)):
        both = (shares * one * other).sum(axis=(1, 2)) - means[i] * means[j]
        table[i, np.arange(units), j, np.arange(units)] = both / n
    return table.reshape(2 * units, -1)
