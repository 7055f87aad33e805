"""What is asked of the rows of a survey: which columns say what, and which rows count."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npsstats.kernels.linearisation import Stage
from npsstats.ratings.checks import check_number
from npsstats.ratings.scales import Metric
from npsstats.tabulation.answers import count_answers, in_order
from npsstats.tabulation.columns import Coded, Columns, group_codes
from npsstats.tabulation.judging import Judge
from npsstats.tabulation.margins import PopulationMargin
from npsstats.tabulation.recurring import answers_to_keep
from npsstats.tabulation.replicates import RaoWu, ReplicateWeights
from npsstats.tabulation.sampling import Drawing, check_asked, check_complete, check_lonely, draw
from npsstats.tabulation.sources import column_names
from npsstats.tabulation.weighing import check_weights
from npsstats.typing import BoolArray, FloatArray, IntArray, Label

__all__ = ["SurveyQuestion", "SurveyRows", "places_of", "rows_of", "stages_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyQuestion:
    """Which columns say what."""

    rating: list[str]
    by: list[str]
    weight: str | None
    strata: list[str]
    cluster: list[str]
    respondent: str | None
    fpc: list[str] | float | None
    replicate_weights: ReplicateWeights | RaoWu | None
    metric: Metric

    @classmethod
    def of(
        cls,
        *,
        rating: Any,
        by: Any,
        weight: Any,
        strata: Any,
        cluster: Any,
        respondent: Any,
        fpc: Any,
        replicate_weights: ReplicateWeights | RaoWu | None,
        trim: tuple[float, float] | None,
        metric: Metric,
    ) -> "SurveyQuestion":
        """Check names of columns, and which arguments go together."""
        names = {"rating": rating, "by": by, "strata": strata, "cluster": cluster}
        columns = {name: column_names(name, given) for name, given in names.items()}
        for name, column in (("weight", weight), ("respondent", respondent)):
            if column is not None and not isinstance(column, str):
                msg = f"`{name}` must be the name of a column; got {column!r}."
                raise TypeError(msg)
        items = metric.scale.items
        if len(columns["rating"]) != items:
            what = "the column of the ratings" if items == 1 else f"the {items} columns of the items"
            msg = f"`rating` must name {what}; got {columns['rating'] or 'none'}."
            raise ValueError(msg)
        if fpc is not None:
            fpc = column_names("fpc", fpc) if isinstance(fpc, (str, Sequence)) else check_number("fpc", fpc)
        stages = max(len(columns["cluster"]), 1)
        if isinstance(fpc, list) and len(fpc) > stages:
            msg = f"`fpc` may have one column for each stage of the sample; got {fpc} for {stages}."
            raise ValueError(msg)
        if isinstance(replicate_weights, ReplicateWeights):
            given = [name for name, value in {**columns, "fpc": fpc}.items() if value and name not in ("rating", "by")]
            if given:
                msg = (
                    f"`{given[0]}` is for variances by linearisation or Rao and Wu's bootstrap; replicate weights of "
                    "the data hold the design already. Leave it out."
                )
                raise ValueError(msg)
            _check_combined(replicate_weights, weight, trim)
        return cls(
            rating=columns["rating"],
            by=columns["by"],
            weight=weight,
            strata=columns["strata"],
            cluster=columns["cluster"],
            respondent=respondent,
            fpc=fpc,
            replicate_weights=replicate_weights,
            metric=metric,
        )

    @property
    def unit(self) -> str:
        """What was drawn at the first stage: a cluster, a respondent, or a row."""
        return "cluster" if self.cluster else "row" if self.respondent is None else "respondent"

    def label_columns(self, margins: Sequence[PopulationMargin]) -> list[str]:
        """Name the columns of labels."""
        person = [] if self.respondent is None else [self.respondent]
        return [
            *dict.fromkeys(
                [*self.by, *self.strata, *self.cluster, *person, *(name for known in margins for name in known.columns)]
            )
        ]

    @property
    def number_columns(self) -> list[str]:
        """Name the columns of numbers."""
        supplied = self.replicate_weights
        replicates = supplied.columns if isinstance(supplied, ReplicateWeights) else ()
        weights = [] if self.weight is None else [self.weight]
        return [*dict.fromkeys([*weights, *(self.fpc if isinstance(self.fpc, list) else []), *replicates])]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyRows:
    """The rows that count: where they stand in the data, their group, rating and weight.

    Groups and ratings are numbered from 0; the rating is -1 where there is none.
    """

    kept: IntArray
    group: IntArray
    labels: tuple[Label, ...]
    rating: IntArray
    weight: FloatArray
    dropped: int

    @property
    def rated(self) -> BoolArray:
        """Which rows have a rating and count."""
        return (self.rating >= 0) & (self.weight > 0)


def places_of(columns: Columns, name: str, metric: Metric, missing_codes: Collection[int | str]) -> IntArray:
    """Judge the answers of all rows: the place of each on the scale, from 0; -1 for no rating."""
    # Refuses answers that are no ratings, and data without rows.
    count_answers(columns.reading(name), metric, missing_codes)
    judge = Judge(metric.scale, missing_codes)
    verdicts = [judge(answer) for answer in columns.answers.labels]
    place = np.array([v - int(metric.scale.ratings[0]) if isinstance(v, int) else -1 for v in verdicts], dtype=np.int64)
    rating: IntArray = place[columns.answers.codes]
    return rating


def rows_of(columns: Columns, question: SurveyQuestion, rating: IntArray, duplicates: str) -> SurveyRows:
    """Choose the rows that count, of all whose ratings stand at these places."""
    group, labels = group_codes([columns.labels[name] for name in question.by], columns.n_rows)
    weight = np.ones(columns.n_rows)
    if question.weight is not None:
        weight = columns.numbers[question.weight]
        check_weights(question.weight, weight, columns.where)
    kept = np.arange(columns.n_rows)
    if question.respondent is None:
        if duplicates != "error":
            msg = f"`duplicates` {duplicates!r} needs `respondent`, the column of the keys of the respondents."
            raise ValueError(msg)
    else:
        person = columns.labels[question.respondent]
        check_complete("respondent", question.respondent, person, columns.where)
        names = [label[0] if len(label) == 1 else label for label in labels]
        keep = answers_to_keep(person, group, names, rating >= 0, weight > 0, duplicates, columns.where)
        kept = np.flatnonzero(keep)
    order = {i: known for i, name in enumerate(question.by) if (known := columns.labels[name].order) is not None}
    ordered = in_order(set(labels), order)
    rank = {label: i for i, label in enumerate(ordered)}
    position = np.array([rank[label] for label in labels], dtype=np.int64)
    return SurveyRows(
        kept=kept,
        group=position[group[kept]],
        labels=tuple(ordered),
        rating=rating[kept],
        weight=weight[kept],
        dropped=columns.n_rows - kept.size,
    )


def stages_of(
    columns: Columns, rows: SurveyRows, question: SurveyQuestion, nest: bool, lonely: str
) -> tuple[list[Stage], tuple[str, ...]]:
    """Number strata and clusters of the rows that count; with what a reader must know of them."""

    def where(row: int) -> str:
        return columns.where(int(rows.kept[row]))

    def kept(name: str) -> Coded:
        return _renumbered(columns.labels[name], rows.kept)

    strata = None
    for argument in ("strata", "cluster"):
        for name in getattr(question, argument):
            check_complete(argument, name, kept(name), where)
    if question.strata:
        codes, labels = group_codes([kept(name) for name in question.strata])
        strata = Coded(codes, [label[0] if len(label) == 1 else label for label in labels])
    clusters = [(name, kept(name)) for name in question.cluster]
    people = None if question.respondent is None else kept(question.respondent)
    if people is not None and not clusters:
        # A person is the same in all strata.
        clusters, nest = [(str(question.respondent), people)], False
    given = [question.fpc] if isinstance(question.fpc, float) else question.fpc or []
    populations: list[tuple[str, FloatArray | float]] = [
        ("it", known) if isinstance(known, float) else (repr(known), columns.numbers[known][rows.kept])
        for known in given
    ]
    unit = question.unit
    stages = draw(
        Drawing(strata=strata, clusters=clusters, unit=unit, populations=populations, nest=nest, where=where),
        rows.kept.size,
    )
    if people is not None:
        _check_people(question, people, stages[0].unit, where)
    if not isinstance(question.replicate_weights, ReplicateWeights):
        check_lonely(stages, strata, lonely, unit)
    if isinstance(question.replicate_weights, RaoWu):
        _check_resampling(stages, lonely)
    return stages, check_asked(stages[0], unit, strata, rows.rating >= 0)


def _check_combined(asked: ReplicateWeights, weight: str | None, trim: tuple[float, float] | None) -> None:
    """Check that replicates that are weights are compared with the weights they were made from."""
    if not asked.combined:
        return
    if weight is None:
        msg = (
            "`weight` must be given with combined replicate weights, which vary around it: name the column of the "
            "weights of the whole sample. If the replicates are factors of weights, pass `combined=False`."
        )
        raise ValueError(msg)
    if trim is not None:
        msg = (
            "`trim` would change `weight` and not the replicate weights that were made from it. Leave `trim` out; or "
            "divide the replicate weights by `weight` and pass them with `combined=False`, as factors of what trimming "
            "leaves."
        )
        raise ValueError(msg)


def _check_resampling(stages: list[Stage], lonely: str) -> None:
    """Check that the bootstrap of clusters covers the whole variance."""
    if len(stages) > 1 and stages[0].fraction.any():
        msg = (
            "`replicate_weights` RaoWu draws clusters of the first stage, and with `fpc` later stages vary besides. "
            "Leave `fpc` out, as if the population were large, or `replicate_weights`, for variances by linearisation."
        )
        raise ValueError(msg)
    if lonely == "adjust" and stages[0].lonely.any():
        msg = (
            "`replicate_weights` RaoWu can draw nothing in a stratum with one cluster: it counts nothing, and not its "
            'distance from the whole. Pass `lonely="certainty"`, or join strata that are alike.'
        )
        raise ValueError(msg)


def _renumbered(column: Coded, kept: IntArray) -> Coded:
    """Keep some rows of a column, and the labels that they have."""
    if kept.size == column.codes.size:
        return column
    used, codes = np.unique(column.codes[kept], return_inverse=True)
    return Coded(codes.ravel().astype(np.int64), [column.labels[i] for i in used])


def _check_people(question: SurveyQuestion, person: Coded, unit: IntArray, where: Callable[[int], str]) -> None:
    """Check that all rows of a respondent lie in one cluster, whose variance covers theirs."""
    home = np.empty(len(person.labels), dtype=np.int64)
    home[person.codes] = unit
    elsewhere = np.flatnonzero(home[person.codes] != unit)
    if elsewhere.size:
        first = int(elsewhere[0])
        who = person.codes[first]
        other = int(np.flatnonzero((person.codes == who) & (unit != unit[first]))[0])
        msg = (
            f"`cluster` must hold all rows of a respondent; {np.unique(person.codes[elsewhere]).size} in "
            f"{question.respondent!r} have rows in several of {question.cluster[0]!r} (first: {person.labels[who]!r}, "
            f"{where(first)} and {where(other)}). Leave `cluster` out, if people were drawn rather than clusters, or "
            "name clusters that hold people throughout."
        )
        raise ValueError(msg)
