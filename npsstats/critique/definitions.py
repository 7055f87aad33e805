"""The definitions of a score: every pair of cut points, the variants that people use, weights, recoded scales."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from npsstats.ratings.checks import check_number, check_type, check_whole_number
from npsstats.ratings.scales import Metric, Scale, mean_rating, mean_score, net_score, top_box
from npsstats.results.definitions import CUT_POINTS, Definition

__all__ = ["DETRACTOR_WEIGHTS", "check_rising", "cut_points_of", "define", "nearest_recode"]

DETRACTOR_WEIGHTS = (0.5, 2.0)

# More pairs of cut points than that tell nobody anything.
MOST_RATINGS = 21

# What people call them; "European" because an 8 is a very good grade in schools there.
KNOWN_CUTS = {(8, 5): "European ", (8, 6): "European ", (9, 6): "NPS "}

# The usual cut points by the ends of the scale: promoters from, detractors to.
USUAL_CUTS = {(0, 10): (9, 6), (1, 10): (9, 6), (1, 7): (6, 4), (1, 5): (5, 3)}

# Scales that ratings are recoded to.
COARSER = (7, 5)


def define(
    base: Metric,
    *,
    detractor_weights: Sequence[float] = DETRACTOR_WEIGHTS,
    recodes: Mapping[str, Mapping[int, int]] | None = None,
    definitions: Sequence[Metric] | None = None,
) -> tuple[Definition, ...]:
    """List the definitions, the one that is asked for first, each assignment of values once.

    Parameters
    ----------
    base : Metric
        The definition whose conclusion is at stake.
    detractor_weights : sequence of float
        What a detractor counts against a promoter, at the cut points of `base`.
    recodes : mapping, optional
        What each rating becomes on another scale, by the name of the recode.
    definitions : sequence of Metric, optional
        Instead of all others.

    Returns
    -------
    tuple of Definition

    Raises
    ------
    TypeError, ValueError
        If an argument is not valid; see `sensitivity`.
    """
    if base.sign < 0:
        msg = (
            f"`metric` must have its good news at the high end; of {base.name} low scores are favourable. Turn the "
            "ratings round, so that the highest is the best."
        )
        raise ValueError(msg)
    check_rising("metric", base)
    cuts = cut_points_of(base)
    promoters_from, detractors_to = cuts if cuts is not None else (None, None)
    first = Definition(metric=base, family="base", promoters_from=promoters_from, detractors_to=detractors_to)
    if definitions is not None:
        return _distinct([first, *_own(definitions, base)])
    if base.scale.size > MOST_RATINGS:
        msg = (
            f"the scale {base.scale} has {base.scale.size} ratings, too many for all pairs of cut points; pass the "
            "`definitions` that matter."
        )
        raise ValueError(msg)
    return _distinct(
        [
            first,
            *_of_cut_points(base.scale),
            *_of_weights(base, cuts, detractor_weights),
            *_of_boxes(base.scale, cuts),
            *_of_means(base.scale),
            *_of_recodes(base.scale, recodes),
        ]
    )


def check_rising(argument: str, metric: Metric) -> None:
    """Check that no higher rating is worth less than a lower one: else "better" would have two meanings."""
    ratings = metric.scale.labels or tuple(metric.scale.ratings.tolist())
    for k, (lower, higher) in enumerate(pairwise(metric.values)):
        if higher < lower:
            msg = (
                f"`{argument}` must not fall as ratings rise; {metric.name} gives {ratings[k]} {lower:g} points and "
                f"{ratings[k + 1]} only {higher:g}. Turn the ratings round, so that the highest is the best."
            )
            raise ValueError(msg)


def cut_points_of(metric: Metric) -> tuple[int, int] | None:
    """Find the lowest rating of promoters and the highest of detractors; None if a metric is no net score."""
    values = np.array(metric.values)
    low, high = metric.bounds
    if not low < 0 < high or np.any(np.diff(values) < 0) or np.any((values > low) & (values < high) & (values != 0)):
        return None
    ratings = metric.scale.ratings
    return int(ratings[values == high][0]), int(ratings[values == low][-1])


def _of_cut_points(scale: Scale) -> Iterator[Definition]:
    ratings = scale.ratings.tolist()
    known = KNOWN_CUTS if scale.items == 1 and (scale.low, scale.high) in ((0, 10), (1, 10)) else {}
    for start in ratings[1:]:
        for end in ratings[: ratings.index(start)]:
            name = f"{known.get((start, end), '')}{_span(scale, start, ratings[-1])} / {_span(scale, ratings[0], end)}"
            yield Definition(
                metric=net_score(scale, promoters_from=start, detractors_to=end, name=name),
                family=CUT_POINTS,
                promoters_from=start,
                detractors_to=end,
                known=(start, end) in known,
            )


def _of_weights(base: Metric, cuts: tuple[int, int] | None, weights: Sequence[float]) -> Iterator[Definition]:
    if isinstance(weights, str) or not isinstance(weights, (Sequence, np.ndarray)):
        msg = f"`detractor_weights` must be a sequence of positive numbers; got {weights!r}."
        raise TypeError(msg)
    for given in weights:
        weight = check_number("detractor_weights", given)
        if not 0 < weight < np.inf:
            msg = f"`detractor_weights` must be positive numbers; got {weight:g}."
            raise ValueError(msg)
        if cuts is None:
            continue
        name = f"a detractor counts {weight:g}"
        yield Definition(
            metric=net_score(
                base.scale, promoters_from=cuts[0], detractors_to=cuts[1], detractor_weight=weight, name=name
            ),
            family="detractor weight",
        )


def _of_boxes(scale: Scale, cuts: tuple[int, int] | None) -> Iterator[Definition]:
    for boxes in range(1, min(4, scale.size)):
        yield Definition(metric=top_box(scale, boxes=boxes), family="boxes")
    if cuts is not None:
        span = _span(scale, int(scale.ratings[0]), cuts[1])
        values = np.where(scale.ratings <= cuts[1], -100.0, 0.0)
        yield Definition(
            # Negative, so that up is better as under all others.
            metric=Metric(f"minus % {span}", scale, tuple(values.tolist()), description=f"minus the % of {span}"),
            family="boxes",
        )


def _of_means(scale: Scale) -> Iterator[Definition]:
    """The mean, of ratings that are numbers."""
    if scale.labels is None:
        yield Definition(metric=mean_rating(scale), family="mean")
        yield Definition(metric=mean_score(scale, name="mean, stretched to 0-100"), family="mean")


def _of_recodes(scale: Scale, recodes: Mapping[str, Mapping[int, int]] | None) -> Iterator[Definition]:
    given = _usual_recodes(scale) if recodes is None else recodes
    if not isinstance(given, Mapping):
        msg = f'`recodes` must map names to recodes, such as {{"halves": {{0: 0, 1: 0, 2: 1}}}}; got {given!r}.'
        raise TypeError(msg)
    for name, recode in given.items():
        new = _check_recode(name, recode, scale)
        values = np.array([new[rating] for rating in scale.ratings.tolist()])
        low, high = int(values.min()), int(values.max())
        made = {f"mean on {name}": values.astype(np.float64)}
        for boxes in (1, 2):
            if low < high - boxes + 1:
                made[f"top-{boxes}-box on {name}"] = np.where(values > high - boxes, 100.0, 0.0)
        if (low, high) in USUAL_CUTS:
            start, end = USUAL_CUTS[low, high]
            cuts = f"{_numbers(start, high)} / {_numbers(low, end)} on {name}"
            made[cuts] = np.where(values >= start, 100.0, np.where(values <= end, -100.0, 0.0))
        rule = ", ".join(f"{rating} to {new[rating]}" for rating in scale.ratings.tolist())
        for title, points in made.items():
            metric = Metric(title, scale, tuple(points.tolist()), description=f"ratings recoded: {rule}")
            yield Definition(metric=metric, family="recode")


def _usual_recodes(scale: Scale) -> dict[str, dict[int, int]]:
    """The recodes to scales that people use: 0-10 to 1-10 by merging 0 and 1, and the nearest on coarser scales."""
    if scale.labels is not None or scale.items > 1:
        return {}
    merged = {"1-10": {rating: max(rating, 1) for rating in range(11)}} if (scale.low, scale.high) == (0, 10) else {}
    return merged | {f"1-{size}": nearest_recode(scale, size) for size in COARSER if scale.size > size}


def nearest_recode(scale: Scale, size: int) -> dict[int, int]:
    """Recode to 1-`size`: the nearest rating in proportion, the upper one of two that are equally near."""
    steps = scale.size - 1
    places = [(2 * place * (size - 1) + steps) // (2 * steps) for place in range(scale.size)]
    return dict(zip(scale.ratings.tolist(), [place + 1 for place in places], strict=True))


def _check_recode(name: object, recode: Any, scale: Scale) -> dict[int, int]:
    if not isinstance(name, str) or not isinstance(recode, Mapping):
        msg = f"`recodes` must map texts to mappings from rating to rating; got {name!r}: {recode!r}."
        raise TypeError(msg)
    new = {check_whole_number("recodes", old): check_whole_number("recodes", to) for old, to in recode.items()}
    ratings = scale.ratings.tolist()
    if sorted(new) != ratings:
        lost = sorted(set(ratings) ^ set(new))
        fault = "has no entry for" if lost[0] in ratings else "names, though it is not on the scale,"
        msg = f"`recodes` must cover the ratings of the scale {scale}, each once; {name!r} {fault} {lost[0]}."
        raise ValueError(msg)
    falls = [old for old, later in pairwise(ratings) if new[later] < new[old]]
    if falls:
        msg = (
            f"`recodes` must keep the order of ratings; {name!r} takes {falls[0]} to {new[falls[0]]} and "
            f"{falls[0] + 1} to {new[falls[0] + 1]}."
        )
        raise ValueError(msg)
    if len(set(new.values())) == 1:
        msg = f"`recodes` must keep at least two ratings apart; {name!r} takes all to {new[ratings[0]]}."
        raise ValueError(msg)
    return new


def _own(definitions: Any, base: Metric) -> Iterator[Definition]:
    if isinstance(definitions, Metric) or not isinstance(definitions, Sequence):
        msg = f"`definitions` must be a sequence of metrics such as [npsstats.NPS]; got {definitions!r}."
        raise TypeError(msg)
    for metric in definitions:
        check_type("definitions", metric, Metric, "npsstats.net_score(...)")
        if metric.scale != base.scale:
            msg = f"`definitions` must be on the scale {base.scale}; {metric.name} is on {metric.scale}."
            raise ValueError(msg)
        if metric.sign < 0:
            msg = f"`definitions` must have good news at the high end; of {metric.name} low scores are favourable."
            raise ValueError(msg)
        check_rising("definitions", metric)
        cuts = cut_points_of(metric)
        start, end = cuts if cuts is not None else (None, None)
        yield Definition(metric=metric, family="own", promoters_from=start, detractors_to=end)


def _distinct(definitions: Sequence[Definition]) -> tuple[Definition, ...]:
    """Keep the first of those with the same values, with the names of the others."""
    kept: dict[tuple[float, ...], Definition] = {}
    for given in definitions:
        first = kept.setdefault(given.metric.values, given)
        if first is not given and given.name != first.name:
            kept[given.metric.values] = replace(first, also=(*first.also, given.name), known=first.known or given.known)
    names = [given.name for given in kept.values()]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        msg = f"definitions must have different names; two are called {twice[0]!r}. Give one another `name`."
        raise ValueError(msg)
    return tuple(kept.values())


def _span(scale: Scale, low: int, high: int) -> str:
    """Write ratings from one to another, by their names where they have some."""
    if scale.labels is None:
        return _numbers(low, high)
    first = int(scale.ratings[0])
    return ", ".join(scale.labels[low - first : high - first + 1])


def _numbers(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"
