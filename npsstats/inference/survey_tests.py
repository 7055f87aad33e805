"""Tests that groups of a survey have the same score, and the same distribution, by its design."""

from collections.abc import Collection, Sequence

import numpy as np

from npsstats.inference.effective import Sides, degrees_of_freedom, unit_levels
from npsstats.kernels.design_tests import adjusted_wald, generalised_score, mid_ranks, rank_test, rao_scott
from npsstats.kernels.heterogeneity import Verdict
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.ratings.variances import means_of
from npsstats.results.homogeneities import Homogeneity
from npsstats.typing import IndexArray

__all__ = ["survey_homogeneity"]

TITLES = {"score": "score test by the design", "wald": "Wald F test by the design"}
SOURCES = {"score": ("korn1998", "owen2001"), "wald": ("korn1990",)}

BESIDE = ("rao-scott", "lumley-scott")


def survey_homogeneity(
    counts: SurveyCounts, blocks: Sequence[IndexArray], metric: Metric, method: str, simple: Collection[str]
) -> Homogeneity:
    """Compare the groups of each block; `simple` are the methods for simple counts."""
    if method not in TITLES:
        rule = (
            f"{method!r} is for independent respondents who count the same; these counts have a design"
            if method in simple
            else f"there is no {method!r}"
        )
        msg = f"`method` of a survey must be one of {', '.join(map(repr, TITLES))}; {rule}."
        raise ValueError(msg)
    verdicts, n, scores = [], [], []
    for block in blocks:
        part = counts.select(*(counts.groups[i] for i in block))
        verdicts += _tests(part, metric, method)
        n.append(int(part.n.sum()))
        scores.append(tuple(Sides.of(part, np.eye(len(part)), metric).shares @ metric.levels))
    tests = 1 + len(BESIDE)

    def column(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.concatenate([getattr(verdict, name) for verdict in verdicts])

    return Homogeneity(
        by=counts.by[:-1],
        labels=tuple(counts.labels[block[0]][:-1] for block in blocks for _ in range(tests)),
        compared=counts.by[-1],
        question=("score", "distribution", "order") * len(blocks),
        method=(method, *BESIDE) * len(blocks),
        statistic=column("statistic"),
        df=column("df"),
        df2=column("df2"),
        pvalue=column("pvalue"),
        n=np.repeat(n, tests),
        groups=np.repeat([len(block) for block in blocks], tests),
        scores=tuple(tuple(map(float, block)) for block in scores for _ in range(tests)),
        metric=metric,
        score_method=method,
        method_title=TITLES[method],
        references=(*metric.references, *SOURCES[method], "raoscott1984", "lumleyscott2013"),
        notes=counts.notes,
        design=counts.design.description,
    )


def _tests(counts: SurveyCounts, metric: Metric, method: str) -> list[Verdict]:
    """Test the score, the distribution and the order."""
    whole = np.ones((1, len(counts)))
    n, df, effective_df = (float(number[0]) for number in degrees_of_freedom(counts, whole))
    sides = Sides.of(counts, np.eye(len(counts)), metric)
    if ((sides.df < 1) & (sides.n > 1)).any() and not counts.design.complete:
        # Nothing is known of the variance of a group in one cluster.
        nothing = np.array([np.nan])
        return [Verdict(nothing, np.array([len(counts) - 1.0]), nothing, nothing) for _ in range(1 + len(BESIDE))]
    if method == "wald":
        score = adjusted_wald(sides.mean, sides.covariance, df)
    else:
        effective = sides.effective * sides.kept
        score = generalised_score(sides.shares, unit_levels(metric), effective, sides.covariance, effective_df, n - 1)
    shares = counts.totals / counts.totals.sum()
    ranks = mid_ranks(shares.sum(axis=0))[:, None]
    groups = np.eye(len(counts))
    return [
        score,
        rao_scott(shares, counts.variance.of_cells(counts.totals), df),
        rank_test(
            means_of(counts.totals, groups, ranks)[:, 0], counts.variance.of_means(counts.totals, groups, ranks), df
        ),
    ]
