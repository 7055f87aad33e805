"""Samples in which the intervals for surveys are tried, many at once: drawn from a law whose scores are known.

Clusters have shares of detractors, passives and promoters of their own, from a Dirichlet law around those of the
population whose concentration (1 - icc) / icc gives respondents of a cluster the correlation `icc`. Each cluster has
`size` respondents; "unequal" sizes are geometric with the mean 20. Strata shift the shares of promoters and passives,
and are of equal size on average.

Weights: lognormal with the coefficient of variation that is named, unrelated to the answers; or "related": 1 or 3, and
3 more often the lower the rating, so that shares without weights are wrong (for one group and one stratum).

Designs: "one" group; a "domain" of which half the clusters have some, half of their respondents on average; two groups
in the same clusters ("crossed"), in half of the clusters each ("nested"), or the second one in every fifth cluster
("lopsided"); a "panel" of respondents in two waves: a third in the first only, a third in both, of whom half stick to
their rating, and a third in the second only.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from npsstats.inference.effective import LEAST_KEPT, MOST_EFFECTIVE, EffectiveProblem
from npsstats.inference.surveyed import NOTHING

__all__ = ["LEVELS", "Design", "Samples", "draw", "problem_of"]

LEVELS = np.array([0.0, 0.5, 1.0])
MEAN_SIZE = 20
# The weight 3 in place of 1, by level of the rating.
HEAVY = np.array([0.7, 0.5, 0.3])
# A second group: of those who would be detractors, passives, promoters in the first.
OTHER = np.array([[0.8, 0.15, 0.05], [0.15, 0.7, 0.15], [0.02, 0.18, 0.8]])
# A variance below is 0.
TINY = 1e-30
# Rows drawn together.
CHUNK = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Design:
    """A population and how samples are drawn from it."""

    kind: str = "one"
    promoters: float
    detractors: float
    icc: float
    clusters: int
    size: int | str = 20
    strata: int = 1
    weights: str = "equal"
    change: bool = False

    @property
    def shares(self) -> np.ndarray:
        """Detractors, passives, promoters."""
        return np.array([self.detractors, 1 - self.promoters - self.detractors, self.promoters])

    @property
    def truth(self) -> float:
        """The score, or the difference of the second group from the first, on the unit scale."""
        if self.kind in ("one", "domain"):
            return float(self.shares @ LEVELS)
        return float((self.shares @ OTHER - self.shares) @ LEVELS) if self.change else 0.0


@dataclass(frozen=True, kw_only=True)
class Samples:
    """What clusters add: arrays of the shape (samples, clusters, groups, levels), and the stratum of each cluster."""

    totals: np.ndarray
    respondents: np.ndarray
    stratum: np.ndarray
    others: np.ndarray | int = 0

    @property
    def rows(self) -> np.ndarray:
        """Rows of the data, those of no group included."""
        return self.respondents.sum(axis=(1, 2, 3)) + self.others

    def answered(self) -> "Samples":
        """Leave out samples with a group that has no ratings: they have no score."""
        some = (self.respondents.sum(axis=(1, 3)) > 0).all(axis=1)
        others = self.others if isinstance(self.others, int) else self.others[some]
        return replace(self, totals=self.totals[some], respondents=self.respondents[some], others=others)


def draw(design: Design, samples: int, rng: np.random.Generator) -> Iterator[Samples]:
    """Draw samples, some at a time."""
    mean = MEAN_SIZE if design.size == "unequal" else design.size
    step = max(CHUNK // (design.clusters * mean), 1)
    for start in range(0, samples, step):
        many = min(step, samples - start)
        yield (_panel if design.kind == "panel" else _clustered)(design, many, rng).answered()


def _clustered(design: Design, many: int, rng: np.random.Generator) -> Samples:
    units, stratum = design.clusters, np.arange(design.clusters) % design.strata
    shape = (many, units)
    size = rng.geometric(1 / MEAN_SIZE, shape) if design.size == "unequal" else np.full(shape, design.size)
    shares = _cluster_shares(design, stratum, shape, rng)
    others: np.ndarray | int = 0
    if design.kind == "one":
        groups = [(size, shares)]
    elif design.kind == "domain":
        inside = np.where(rng.random(shape) < 0.5, rng.binomial(size, 0.5), 0)
        groups, others = [(inside, shares)], (size - inside).sum(axis=1)
    else:
        second = shares @ OTHER if design.change else shares
        turn = np.arange(units) // design.strata
        inside = {"nested": turn % 2 == 1, "lopsided": turn % 5 == 4}
        own = rng.binomial(size, 0.5) if design.kind == "crossed" else size * inside[design.kind]
        groups = [(size - own, shares), (own, second)]
    drawn = [_answers(design, n, p, rng) for n, p in groups]
    totals, respondents = (np.stack(parts, axis=2) for parts in zip(*drawn, strict=True))
    return Samples(totals=totals, respondents=respondents, stratum=stratum, others=others)


def _cluster_shares(
    design: Design, stratum: np.ndarray, shape: tuple[int, ...], rng: np.random.Generator
) -> np.ndarray:
    """Draw the shares in each cluster: of the first group, if there are two."""
    centre = np.tile(design.shares, (design.strata, 1))
    if design.strata > 1:
        shift = np.linspace(-0.5, 0.5, design.strata) * design.shares[1:].min()
        centre += shift[:, None] * np.array([0.0, -1.0, 1.0])
    if design.weights == "related":
        # Those who answer: the weights make them the population.
        centre /= 1 + 2 * HEAVY
        centre /= centre.sum(axis=1, keepdims=True)
    own = centre[stratum]
    if not design.icc:
        return np.broadcast_to(own, (*shape, 3))
    gamma = rng.standard_gamma(own * (1 - design.icc) / design.icc, (*shape, 3))
    total = gamma.sum(axis=-1, keepdims=True)
    # With hardly any mass all three may underflow.
    return np.divide(gamma, total, out=np.broadcast_to(own, gamma.shape).copy(), where=total > 0)


def _answers(design: Design, n: np.ndarray, shares: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Draw n answers in each cluster: totals of weights, and respondents, by level."""
    if design.weights == "equal":
        respondents = rng.multinomial(n, shares)
        return respondents.astype(float), respondents
    if design.weights == "related":
        respondents = rng.multinomial(n, shares)
        return respondents + 2.0 * rng.binomial(respondents, HEAVY), respondents
    respondents = rng.multinomial(n, shares)
    spread = np.log1p(float(design.weights.removeprefix("cv ")) ** 2)
    weights = rng.lognormal(-spread / 2, np.sqrt(spread), respondents.sum())
    cell = np.repeat(np.arange(respondents.size), respondents.ravel())
    return np.bincount(cell, weights, minlength=respondents.size).reshape(respondents.shape), respondents


def _panel(design: Design, many: int, rng: np.random.Generator) -> Samples:
    """Draw respondents, each of them a cluster."""
    people = design.clusters
    third = np.arange(people) % 3
    cumulated = design.shares.cumsum()[:-1]
    first, fresh = ((rng.random((many, people))[..., None] > cumulated).sum(axis=-1) for _ in range(2))
    second = np.where(rng.random((many, people)) < 0.5, first, fresh)
    if design.change:
        moved = OTHER.cumsum(axis=1)[:, :-1]
        second = (rng.random((many, people))[..., None] > moved[second]).sum(axis=-1)
    waves = [(third < 2, first), (third > 0, second)]
    table = np.stack([there[:, None] * (level[..., None] == np.arange(3)) for there, level in waves], axis=2)
    return Samples(totals=table.astype(float), respondents=table, stratum=np.zeros(people, dtype=int))


def problem_of(samples: Samples) -> EffectiveProblem:
    """Set up the scores, or the differences of the second group from the first, as `estimate` and `compare` do.

    This is what `npsstats.inference.surveyed` does with one sample, for many.
    """
    totals = samples.totals.sum(axis=1)
    size = totals.sum(axis=-1)
    shares = totals / size[..., None]
    mean = shares @ LEVELS
    n = samples.respondents.sum(axis=(1, 3))
    linear = (samples.totals * (LEVELS - mean[:, None, :, None])).sum(axis=-1) / size[:, None]
    each = _by_group(linear, samples.stratum)
    alike = (totals > 0).sum(axis=-1) == 1
    # What share of a variance its estimate keeps, relative to independent respondents.
    sizes = samples.totals.sum(axis=-1)
    rows = samples.rows[:, None]
    kept = (1 - _by_group(sizes / size[:, None], samples.stratum)).clip(min=LEAST_KEPT)
    kept = np.where(alike, 1.0, kept * n / np.maximum(n - 1, 1) * (rows - 1) / rows)
    independent = (shares * (LEVELS - mean[..., None]) ** 2).sum(axis=-1) * rows / (rows - 1)
    effective = np.divide(independent, each, out=np.full_like(each, MOST_EFFECTIVE), where=each > TINY)
    effective = np.where(alike, size**2 / (sizes**2).sum(axis=1), effective).clip(max=MOST_EFFECTIVE) * kept
    weights, variance = np.ones((1, 1)), each[:, 0]
    df, effective_df = _df(sizes, samples.stratum, n)
    df, whole_df, largest = df[:, 0], effective_df[:, 0], np.maximum(n[:, 0] - 1.0, 1.0)
    if size.shape[1] == 2:
        weights, parts = np.array([[-1.0, 1.0]]), each / kept
        variance = _variance(linear[..., 1] - linear[..., 0], samples.stratum)
        unbiased = linear / np.sqrt(kept)[:, None]
        together, apart = _variance(unbiased[..., 1] - unbiased[..., 0], samples.stratum), parts.sum(axis=1)
        known = np.where(together > NOTHING * apart, together, (0.5 / len(samples.stratum)) ** 2)
        effective = effective * np.divide(apart, known, out=np.ones_like(apart), where=apart > TINY)[:, None]
        union = n.sum(axis=1)
        df, most = (found[:, 0] for found in _df(sizes.sum(axis=2, keepdims=True), samples.stratum, union[:, None]))
        whole_df = _added_df(parts, effective_df, most)
        largest = _added_df(parts, np.maximum(n - 1.0, 1.0), np.maximum(union - 1.0, 1.0))
    return EffectiveProblem(
        counts=shares * effective[..., None],
        values=LEVELS,
        weights=np.broadcast_to(weights, n.shape),
        sizes=n.astype(float),
        estimate=(mean * weights).sum(axis=1),
        error=np.sqrt(variance),
        df=df.astype(float),
        effective_df=whole_df,
        largest=np.where(alike.all(axis=1), whole_df, largest),
    )


def _df(sizes: np.ndarray, stratum: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count clusters minus strata, and these with clusters that count by their size, by sample and group."""
    there = sizes > 0
    present = there.sum(axis=1)
    strata = sum(there[:, stratum == h].any(axis=1).astype(int) for h in range(stratum.max() + 1))
    df = np.minimum(present - strata, n - 1)
    share = (sizes.sum(axis=1) ** 2 / (sizes**2).sum(axis=1) / present).clip(max=1)
    return df, np.where(df >= 1, np.maximum(df * share, 1), df)


def _added_df(variances: np.ndarray, df: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Compute the degrees of freedom of a sum of variances, at most those of all."""
    squared = np.divide(variances**2, df, out=np.zeros_like(variances), where=df > 0).sum(axis=1)
    added = np.divide(variances.sum(axis=1) ** 2, squared, out=most.astype(float), where=squared > TINY**2)
    return np.where(most >= 1, np.clip(added, 1, np.maximum(most, 1)), most)


def _by_group(linear: np.ndarray, stratum: np.ndarray) -> np.ndarray:
    return np.stack([_variance(linear[..., g], stratum) for g in range(linear.shape[2])], axis=1)


def _variance(linear: np.ndarray, stratum: np.ndarray) -> np.ndarray:
    """Compute sum_h n_h / (n_h - 1) sum_c (z_hc - zbar_h)^2 of values by sample and cluster."""
    found = np.zeros(len(linear))
    for h in range(stratum.max() + 1):
        own = linear[:, stratum == h]
        found += own.shape[1] * own.var(axis=1, ddof=1)
    return found
