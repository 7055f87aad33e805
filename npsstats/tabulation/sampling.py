"""How the rows of a survey were drawn: strata, clusters and populations, checked and numbered."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npsstats.kernels.linearisation import Stage
from npsstats.tabulation.columns import Coded
from npsstats.typing import BoolArray, FloatArray, IntArray

__all__ = ["Drawing", "check_asked", "check_complete", "check_lonely", "draw", "is_blank"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What the caller says of how rows were drawn.

    Attributes
    ----------
    strata : Coded or None
        The stratum of each row; None for a single one.
    clusters : list of (str, Coded)
        Name and labels of the clusters of each stage; empty if rows were drawn.
    unit : {"cluster", "respondent", "row"}
        What was drawn at the first stage.
    populations : list of (str, ndarray or float)
        Name and numbers of units in the population, or sampling fractions, of each stage.
    nest : bool
        Whether labels of clusters count within their stratum only.
    where : callable
        Says where a row stands.
    """

    strata: Coded | None
    clusters: list[tuple[str, Coded]]
    unit: str
    populations: list[tuple[str, FloatArray | float]]
    nest: bool
    where: Callable[[int], str]


def draw(drawing: Drawing, rows: int) -> list[Stage]:
    """Number the units and strata of each stage.

    Raises
    ------
    ValueError
        If a cluster lies in two strata, or populations do not fit the sample.
    """
    stratum = np.zeros(rows, dtype=np.int64) if drawing.strata is None else drawing.strata.codes
    names: Sequence[Hashable] = [()] if drawing.strata is None else drawing.strata.labels
    stages: list[Stage] = []
    for depth, (name, cluster) in enumerate(drawing.clusters or [("", None)]):
        unit, units = _units(stratum, cluster, within=depth > 0 or drawing.nest)
        of_unit = np.empty(units, dtype=np.int64)
        of_unit[unit] = stratum
        if depth == 0 and cluster is not None:
            _check_nested(name, cluster, unit, of_unit, stratum, names, people=drawing.unit == "respondent")
        drawn = np.bincount(of_unit, minlength=len(names) if depth == 0 else int(stratum.max()) + 1)
        known = drawing.populations[depth] if depth < len(drawing.populations) else None
        fraction = np.zeros(drawn.size) if known is None else _fractions(known, stratum, drawn, names, depth, drawing)
        stages.append(Stage(unit, of_unit, drawn, fraction))
        stratum = unit
    return stages


def _units(stratum: IntArray, cluster: Coded | None, *, within: bool) -> tuple[IntArray, int]:
    """Number the units of a stage from 0; without clusters each row is one."""
    if cluster is None:
        return np.arange(stratum.size), stratum.size
    if not within:
        return cluster.codes, len(cluster.labels)
    both = stratum * len(cluster.labels) + cluster.codes
    found, unit = np.unique(both, return_inverse=True)
    return unit.ravel().astype(np.int64), found.size


def _check_nested(
    name: str,
    cluster: Coded,
    unit: IntArray,
    of_unit: IntArray,
    stratum: IntArray,
    names: Sequence[Hashable],
    *,
    people: bool,
) -> None:
    """Check that each cluster lies in one stratum."""
    elsewhere = np.flatnonzero(of_unit[unit] != stratum)
    if elsewhere.size:
        first = elsewhere[0]
        label = cluster.labels[cluster.codes[first]]
        two = " and ".join(_named(names[i]) for i in sorted({int(stratum[first]), int(of_unit[unit[first]])}))
        many = np.unique(unit[elsewhere]).size
        way = (
            "Leave the period out of `strata`, if it is there: people were drawn once, and asked in several periods."
            if people
            else "If labels start anew in each stratum, pass `nest=True`; if people or places were drawn once and "
            "asked in several periods, the period is no stratum."
        )
        msg = (
            f"a {'respondent' if people else 'cluster'} must lie in one stratum; {many} of {of_unit.size} in {name!r} "
            f"do not (first: {label!r}, in {two}). {way}"
        )
        raise ValueError(msg)


def _fractions(
    known: tuple[str, FloatArray | float],
    stratum: IntArray,
    drawn: IntArray,
    names: Sequence[Hashable],
    depth: int,
    drawing: Drawing,
) -> FloatArray:
    """Turn numbers of units in the population into sampling fractions, one for each stratum."""
    name, given = known
    if isinstance(given, float):
        if not given > 0:
            msg = f"`fpc` must be a number of units in the population, or a sampling fraction, above 0; got {given:g}."
            raise ValueError(msg)
        if drawn.size > 1:
            msg = f"`fpc` must be a column, with the population of each of the {drawn.size} strata; got {given:g}."
            raise ValueError(msg)
        given = np.full(stratum.size, given)
    wrong = np.flatnonzero(~(given > 0))
    if wrong.size:
        first = int(wrong[0])
        msg = (
            f"`fpc` must hold numbers of units in the population, or sampling fractions up to 1, above 0; {wrong.size} "
            f"of {given.size} in {name} are not (first: {given[first]:g} at {drawing.where(first)})."
        )
        raise ValueError(msg)
    population = np.empty(drawn.size)
    population[stratum] = given
    differs = np.flatnonzero(population[stratum] != given)
    if differs.size:
        first = int(differs[0])
        place = f"stratum {_named(names[stratum[first]])}" if depth == 0 and drawn.size > 1 else "the population"
        if depth:
            place = f"a cluster of stage {depth}"
        msg = (
            f"`fpc` must be the same for all rows of a stratum; {name} has {population[stratum[first]]:g} and "
            f"{given[first]:g} in {place} (second at {drawing.where(first)})."
        )
        raise ValueError(msg)
    # Fractions are a column of their own: beside larger numbers a 1 is a population of one.
    fraction = population if (population <= 1).all() else drawn / population
    small = np.flatnonzero(fraction > 1)
    if small.size:
        first = int(small[0])
        units = "clusters" if depth else f"{drawing.unit}s"
        at = f" in stratum {_named(names[first])}" if depth == 0 and drawn.size > 1 else ""
        at = f" in a cluster of stage {depth}" if depth else at
        msg = (
            f"`fpc` must be at least the number of units in the sample; {name} is {population[first]:g}{at}, where the "
            f"sample has {drawn[first]} {units}. It counts {units} of the population."
        )
        raise ValueError(msg)
    return fraction


def check_asked(first: Stage, unit: str, strata: Coded | None, rated: BoolArray) -> tuple[str, ...]:
    """Refuse a population without chance of which some are not known; else say what a sampling fraction is that of.

    Where rows or respondents were drawn, those without a rating were asked, and stay in the sample as in the design.

    Returns
    -------
    tuple of str
        What a reader must know.

    Raises
    ------
    ValueError
        If all of a stratum were asked, and some have no rating.
    """
    if unit == "cluster" or not first.fraction.any():
        return ()
    silent = np.bincount(first.unit, weights=rated, minlength=first.stratum.size) == 0
    many = np.bincount(first.stratum[silent], minlength=first.drawn.size)
    whole = np.flatnonzero((many > 0) & (first.fraction == 1))
    if whole.size:
        stratum = int(whole[0])
        where = "" if strata is None or first.drawn.size == 1 else f" of stratum {_named(strata.labels[stratum])}"
        who = "rows" if unit == "row" else "people"
        msg = (
            f"`fpc` says that the {first.drawn[stratum]:,} {who}{where} are the whole population, which would leave no "
            f"room for chance; but those without a rating, {many[stratum]:,} of them, are no respondents. Leave their "
            "rows out, and pass as `fpc` how many the population has: the fraction is then that of those who answered."
        )
        raise ValueError(msg)
    # Of strata that are large, no fraction is taken.
    asked = int(many[first.fraction > 0].sum())
    if not asked:
        return ()
    what = f"1 {unit} without a rating counts" if asked == 1 else f"{asked:,} {unit}s without a rating count"
    return (f"{what} as asked; the sampling fraction is that of those asked",)


def check_lonely(stages: Sequence[Stage], strata: Coded | None, lonely: str, unit: str) -> None:
    """Refuse strata with one cluster, unless it is said what to do.

    Raises
    ------
    ValueError
        If there are any and `lonely` is "error".
    """
    if lonely != "error":
        return
    for depth, stage in enumerate(stages):
        alone = np.flatnonzero(stage.lonely)
        if alone.size:
            raise ValueError(_lonely(stage, depth, int(alone[0]), strata, alone.size, unit))
        if not stage.fraction.any():
            # What later stages add is part of the variance between these units.
            return


def _lonely(stage: Stage, depth: int, first: int, strata: Coded | None, many: int, unit: str) -> str:
    """Say which strata have one unit, and what can be done."""
    if depth:
        what = f"{many} of {stage.drawn.size} clusters of stage {depth} have one unit of stage {depth + 1} only"
        units, wholes, whole = "units of a cluster", "clusters", "cluster"
    elif strata is None:
        way = {
            "cluster": "If rows are the units that were drawn, leave `cluster` out.",
            "respondent": "If rows are of different people, leave `respondent` out.",
            "row": 'Pass `lonely="adjust"`, which leaves everything open, or count it with `npsstats.tabulate`.',
        }[unit]
        return f"the sample has one {unit} only, which tells nothing of the variance between {unit}s. {way}"
    else:
        what = f"{many} of {stage.drawn.size} strata have one {unit} only (first: {_named(strata.labels[first])})"
        units, wholes, whole = f"{unit}s", "strata", "stratum"
    return (
        f"{what}, which tells nothing of the variance between {units}. Join {wholes} that are alike, or say what such "
        f'a {whole} counts: `lonely="adjust"`, its distance from the whole sample (careful), or `lonely="certainty"`, '
        "nothing, as it was sure to be in the sample."
    )


def is_blank(label: Any) -> bool:
    """Whether a label of the design is none: nothing, or text without a sign."""
    return label is None or (isinstance(label, str) and not label.strip())


def check_complete(argument: str, name: str, column: Coded, where: Callable[[int], str]) -> None:
    """Check that each row has a label; blank text is none, as it would make one unit of unknown ones.

    Raises
    ------
    ValueError
        If one has none.
    """
    blank = [code for code, label in enumerate(column.labels) if is_blank(label)]
    if not blank:
        return
    empty = np.flatnonzero(np.isin(column.codes, blank))
    if empty.size:
        way = {
            "cluster": "Fill them in: one label for all makes them one cluster, a label for each makes each its own.",
            "strata": "Fill them in, with a label of their own if their stratum is not known.",
            "respondent": "Fill them in: a key for each who answered once.",
        }[argument]
        msg = (
            f"`{argument}` must be known for each row; {empty.size} of {column.codes.size} have no {name}"
            f"{' or a blank one' if any(column.labels[code] is not None for code in blank) else ''} (first: "
            f"{where(int(empty[0]))}). {way}"
        )
        raise ValueError(msg)


def _named(label: Any) -> str:
    return ", ".join(map(repr, label)) if isinstance(label, tuple) else repr(label)
