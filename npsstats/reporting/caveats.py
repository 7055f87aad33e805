"""What a reader of a report must keep in mind."""

import numpy as np

from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results import format as write
from npsstats.results.differences import Differences
from npsstats.results.effects import DesignEffects
from npsstats.results.protocol import group_text

__all__ = ["caveats_of"]

# Below 30 respondents even the default interval misses more often on one side than on the other.
SMALL_GROUP = 30

# With fewer degrees of freedom standard errors are hardly known.
LEAST_DF = 8


def caveats_of(
    counts: RatingCounts | SurveyCounts,
    effects: DesignEffects | None,
    differences: Differences | None,
    left_out: list[str],
) -> list[str]:
    """Say what applies to these data, the gravest first; `effects` are those of a survey."""
    caveats = list(counts.notes)
    if left_out:
        caveats.append(f"Left out, without any rating: {', '.join(left_out)}.")
    n, missing = int(counts.n.sum()), int(counts.missing.sum())
    if missing:
        caveats.append(
            f"{write.integer(missing)} of {write.integer(n + missing)} respondents "
            f"({write.percent(missing / (n + missing))}) gave no rating. The scores describe those who did."
        )
    caveats += _about_small_groups(counts) if effects is None else _about_few(effects)
    if isinstance(counts, SurveyCounts):
        caveats.append(_about_design(counts))
    else:
        caveats.append(
            "Unweighted: each respondent counts the same, as in a simple random sample. Weights, strata or clusters "
            "in the design of the survey would change scores and intervals."
        )
    if differences is not None and (differences.n_reference > 0).any():
        caveats.append(_about_independence(counts))
    if differences is not None and len(differences) > 1:
        caveats.append(_about_several(differences))
    return caveats


def _about_small_groups(counts: RatingCounts | SurveyCounts) -> list[str]:
    small = [
        f"{group_text(label) or 'all'} (n = {size})"
        for label, size in zip(counts.labels, counts.n, strict=True)
        if size < SMALL_GROUP
    ]
    if not small:
        return []
    return [
        f"Groups of fewer than {SMALL_GROUP} respondents: {', '.join(small)}. Their intervals are wide, and "
        "only score intervals keep their level."
    ]


def _about_few(effects: DesignEffects) -> list[str]:
    """Name the groups of a survey that are worth few respondents, or have few clusters."""
    told = []
    names = [group_text(label) or "all" for label in effects.labels]
    small = [
        f"{name} (n = {n}, like {write.number(worth, 0)})"
        for name, n, worth in zip(names, effects.n, effects.effective_n, strict=True)
        if min(n, worth) < SMALL_GROUP
    ]
    if small:
        told.append(
            f"Groups that count like fewer than {SMALL_GROUP} independent respondents: {', '.join(small)}. Their "
            "intervals are wide, and only score intervals keep their level."
        )
    few = [f"{name} ({df})" for name, df in zip(names, effects.df, strict=True) if df < LEAST_DF]
    if few:
        told.append(
            f"Groups with fewer than {LEAST_DF} degrees of freedom, clusters minus strata: {', '.join(few)}. Their "
            "standard errors are hardly known; their intervals allow for it, and are wide."
        )
    return told


def _about_design(counts: SurveyCounts) -> str:
    """Say what respondents count, and what intervals rest on."""
    who = "Unweighted: each respondent counts the same."
    if counts.weighting.weighted:
        who = "Weighted: shares and scores count respondents by their weight, n and missing count each of them once."
    return f"{who} Intervals and tests follow the design of the sample: {counts.design.description}."


def _about_independence(counts: RatingCounts | SurveyCounts) -> str:
    """Say what groups have in common."""
    if isinstance(counts, SurveyCounts):
        design = counts.design
        if design.ranks is not None:
            return "What the groups have in common is known from the replicate weights, and is part of the differences."
        if (design.products[~np.eye(len(counts), dtype=bool)] > 0).any():
            return "Groups have clusters in common, so they are not independent; the differences allow for it."
        if design.clusters < design.rows:
            return "The groups have no clusters in common, and are taken as samples of different people."
    return "The groups are taken as samples of different people."


def _about_several(differences: Differences) -> str:
    """Say what holds for each of several differences, and what for all of them."""
    many = len(differences)
    if differences.adjustment == "max-z":
        return f"The intervals and the adjusted p-values of the {many} differences hold for all of them together."
    allowed = "the p-values are not adjusted for looking at several."
    if differences.adjustment != "none":
        allowed = "the adjusted p-values allow for looking at several, the intervals do not."
    return f"Each of the {many} differences has its own {write.level(differences.confidence_level)} interval; {allowed}"
