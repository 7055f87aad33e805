"""The way in for respondents with several ratings each: from rows to counts of combinations."""

import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from npsstats.ratings.checks import check_type
from npsstats.ratings.combinations import combinations_of
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.joint import JointCounts
from npsstats.ratings.scales import Metric
from npsstats.tabulation.columns import NUMBER, Coded, Columns, read_columns
from npsstats.tabulation.questioning import SurveyQuestion, SurveyRows, places_of, rows_of, stages_of
from npsstats.tabulation.sources import column_names
from npsstats.tabulation.totals import MOST_TOTALS, estimate_totals
from npsstats.tabulation.weighing import Target, weigh
from npsstats.typing import FloatArray, IntArray

__all__ = ["tabulate_joint"]

Codes: TypeAlias = Collection[int | str] | Mapping[str, Collection[int | str]]

# How many wrong values a message lists.
LISTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """A question: its columns, its metric under a name of its own, its codes for no answer."""

    columns: list[str]
    metric: Metric
    codes: Collection[int | str]


def tabulate_joint(
    data: Any,
    ratings: Mapping[str, Metric] | Mapping[tuple[str, ...], Metric],
    *,
    by: str | Sequence[str] = (),
    outcome: str | None = None,
    outcome_values: Mapping[Any, float] | None = None,
    respondents: Literal["all", "complete"] = "all",
    missing_codes: Codes = (),
    weight: str | None = None,
    strata: str | Sequence[str] = (),
    cluster: str | Sequence[str] = (),
    nest: bool = False,
    lonely: Literal["error", "adjust", "certainty"] = "error",
) -> JointCounts:
    """Count respondents by the combination of their ratings on several metrics: NPS, CSAT and CES side by side.

    Each row is a respondent. Answers are read as by `tabulate`, which counts one metric alone; `tabulate_pairs` counts
    two waves of one metric.

    Parameters
    ----------
    data : frame or path
        As for `tabulate`.
    ratings : mapping of str to Metric
        The column of each question, and what it measures; a tuple of columns for a metric of several items. Several
        questions with one metric are named apart by their columns, as ``"CES (checkin)"``.
    by : str or sequence of str, optional
        The group columns.
    outcome : str, optional
        A column that says what became of the respondents: 0 or 1, True or False, or an amount.
    outcome_values : mapping, optional
        What the values of that column count, such as ``{"left": 1, "stayed": 0}``; by default they are numbers.
    respondents : {"all", "complete"}, default "all"
        Whether to count all, each with the ratings given, or only those who gave all of them; the others count as
        missing.
    missing_codes : collection of int or str, or mapping of str to such, optional
        Answers that stand for no answer, for all columns or by column.
    weight, strata, cluster, nest, lonely : optional
        The design of a survey, as for `tabulate_survey`; with one of the first three the counts are those of a survey.

    Returns
    -------
    JointCounts

    Raises
    ------
    InvalidRatingError
        If an answer is neither a rating of its scale nor missing.
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If an argument or the data do not fit.

    Warns
    -----
    UserWarning
        If a column is found only after trimming spaces around its name.

    Examples
    --------
    >>> import npsstats as nps
    >>> import pandas as pd
    >>> rows = pd.DataFrame(
    ...     {
    ...         "recommend": [10, 9, 3, 8, 10, 0],
    ...         "satisfied": [5, 2, 1, 4, 5, None],
    ...         "effort": [1, 4, 5, 2, 1, 5],
    ...         "left": [False, False, True, False, False, True],
    ...     }
    ... )
    >>> effort = nps.effort_score(nps.Scale(1, 5), favourable="low")
    >>> metrics = {"recommend": nps.NPS, "satisfied": nps.CSAT, "effort": effort}
    >>> nps.tabulate_joint(rows, metrics, outcome="left")
    JointCounts(1 group; NPS, CSAT, CES, outcome left; 5 combinations; n=6, missing=0)
    """
    items = _items(ratings, missing_codes, outcome)
    check_choice(respondents, lonely)
    named = [name for item in items for name in item.columns]
    if outcome is not None and not isinstance(outcome, str):
        msg = f"`outcome` must be the name of a column; got {outcome!r}."
        raise TypeError(msg)
    question = SurveyQuestion.of(
        rating=named[0],
        by=by,
        weight=weight,
        strata=strata,
        cluster=cluster,
        respondent=None,
        fpc=None,
        replicate_weights=None,
        trim=None,
        metric=combinations_of(2),
    )
    values = _outcome_values(outcome, outcome_values)
    labels = [*question.label_columns([]), *([] if outcome is None else [outcome])]
    columns = read_columns(data, labels=[*dict.fromkeys(labels)], numbers=question.number_columns, answers=named)
    for remark in columns.remarks:
        warnings.warn(remark, stacklevel=2)
    if columns.n_rows == 0:
        msg = f"`{', '.join(named)}` holds no rows; there is nothing to count."
        raise ValueError(msg)
    places = np.stack(_judged(columns, items), axis=1)
    if respondents == "complete":
        places[(places < 0).any(axis=1)] = -1
    results = None
    if outcome is not None:
        results = _outcomes(columns, outcome, values, _codes(missing_codes, outcome))
    cell, answers, known = _combinations(places, results)
    question = replace(question, metric=combinations_of(len(answers)))
    rows = rows_of(columns, question, cell, "error")
    shared: dict[str, Any] = {
        "metrics": tuple(item.metric for item in items),
        "answers": answers,
        "outcome": known,
        "outcome_name": outcome,
    }
    if weight is None and not question.strata and not question.cluster:
        return JointCounts(_counted(rows, question), **shared)
    return _surveyed(columns, rows, question, places, nest, lonely, shared)


def check_choice(respondents: object, lonely: object) -> None:
    """Check the arguments that are words."""
    for name, value, choices in (
        ("respondents", respondents, ("all", "complete")),
        ("lonely", lonely, ("error", "adjust", "certainty")),
    ):
        if value not in choices:
            msg = f"`{name}` must be one of {', '.join(map(repr, choices))}; got {value!r}."
            raise ValueError(msg)


def _items(ratings: Any, missing_codes: Codes, outcome: str | None) -> list[_Item]:
    """Read which columns hold which metric."""
    if not isinstance(ratings, Mapping) or not ratings:
        msg = (
            '`ratings` must say the metric of each column, as {"recommend": npsstats.NPS, "satisfied": npsstats.CSAT}; '
            f"got {ratings!r}."
        )
        raise TypeError(msg)
    for metric in ratings.values():
        check_type("ratings", metric, Metric, "npsstats.NPS")
    if not isinstance(missing_codes, Mapping):
        _check_common(missing_codes, ratings)
    names = [metric.name for metric in ratings.values()]
    items = []
    for key, metric in ratings.items():
        columns = column_names("ratings", key)
        if len(columns) != metric.scale.items:
            what = "one column" if metric.scale.items == 1 else f"a tuple of {metric.scale.items} columns"
            msg = f"`ratings` must name {what} for {metric.name}; got {key!r}."
            raise ValueError(msg)
        if names.count(metric.name) > 1:
            metric = replace(metric, name=f"{metric.name} ({', '.join(columns)})")
        items.append(_Item(columns=columns, metric=metric, codes=_codes(missing_codes, columns[0])))
    if isinstance(missing_codes, Mapping):
        known = {item.columns[0] for item in items} | {outcome}
        strange = [name for name in missing_codes if name not in known]
        if strange:
            msg = (
                f"`missing_codes` are for the columns {', '.join(repr(name) for name in known if name is not None)}; "
                f"got {strange[0]!r}. Of several items name the first."
            )
            raise ValueError(msg)
    return items


def _check_common(codes: Collection[int | str], ratings: Mapping[Any, Metric]) -> None:
    """Check that no code for all columns is a rating of one of them."""
    for column, metric in ratings.items():
        scale = metric.scale
        clash = [code for code in codes if isinstance(code, int) and scale.low <= code <= scale.high]
        if clash:
            msg = (
                f"`missing_codes` must not hold ratings; {clash[0]} is one of {metric.name}, on the scale {scale}. "
                f"Give the codes by column, as {{{column!r}: [...]}}."
            )
            raise ValueError(msg)


def _codes(missing_codes: Codes, column: str) -> Collection[int | str]:
    return missing_codes.get(column, ()) if isinstance(missing_codes, Mapping) else missing_codes


def _judged(columns: Columns, items: list[_Item]) -> list[IntArray]:
    """Find the places of the ratings of each metric in all rows."""
    start = 0
    places = []
    for item in items:
        part = slice(start, start + len(item.columns))
        start = part.stop
        lookup: dict[Any, int] = {}
        # True, 1 and 1.0 are equal, and not the same answer.
        of = [
            lookup.setdefault(tuple((type(value), value) for value in answer[part]), len(lookup))
            for answer in columns.answers.labels
        ]
        answers = Coded(np.array(of)[columns.answers.codes], [tuple(value for _, value in key) for key in lookup])
        places.append(places_of(replace(columns, answers=answers), ", ".join(item.columns), item.metric, item.codes))
    return places


def _outcome_values(outcome: str | None, values: Any) -> Mapping[Any, float] | None:
    """Check what the values of an outcome count."""
    if values is None:
        return None
    if outcome is None:
        msg = "`outcome_values` are those of a column: give it as `outcome`."
        raise ValueError(msg)
    if not isinstance(values, Mapping):
        msg = f'`outcome_values` must be a mapping, as {{"left": 1, "stayed": 0}}; got {values!r}.'
        raise TypeError(msg)
    for label, value in values.items():
        if not isinstance(value, (bool, int, float, np.number, np.bool_)) or not np.isfinite(value):
            msg = f"`outcome_values` must be finite numbers; {label!r} has {value!r}. Missing are `missing_codes`."
            raise ValueError(msg)
    return values


def _outcomes(
    columns: Columns, name: str, values: Mapping[Any, float] | None, codes: Collection[int | str]
) -> FloatArray:
    """Read the outcome of all rows; nan where it is missing."""
    column = columns.labels[name]
    numbers = [_number(label, values, codes) for label in column.labels]
    wrong = np.array([number is None for number in numbers])[column.codes]
    if wrong.any():
        strange = list(dict.fromkeys(column.labels[code] for code in column.codes[wrong]))
        listed = ", ".join(map(repr, strange[:LISTED])) + (", ..." if len(strange) > LISTED else "")
        way = "Add them to `outcome_values`" if values is not None else "Say what they count in `outcome_values`"
        msg = (
            f"`outcome` must hold {'numbers' if values is None else 'values of `outcome_values`'}; {wrong.sum()} of "
            f"{wrong.size} in {name!r} are not (first: {strange[0]!r} at {columns.where(int(wrong.argmax()))}; "
            f"{listed}). {way}, or to `missing_codes`, as {{{name!r}: [{listed}]}}."
        )
        raise ValueError(msg)
    found: FloatArray = np.array(numbers, dtype=np.float64)[column.codes]
    return found


def _number(label: Any, values: Mapping[Any, float] | None, codes: Collection[int | str]) -> float | None:
    """Read what an outcome counts; nan if it is missing, None if it cannot be read."""
    if label is None or (isinstance(label, str) and not label.strip()) or label in codes:
        return np.nan
    if values is not None:
        return float(values[label]) if label in values else None
    if isinstance(label, str):
        text = label.strip()
        number = float(text) if NUMBER.fullmatch(text) else None
    else:
        number = float(label) if isinstance(label, (bool, int, float)) else None
    return number if number is not None and np.isfinite(number) else None


def _combinations(places: IntArray, outcome: FloatArray | None) -> tuple[IntArray, IntArray, FloatArray | None]:
    """Number the combinations that occur; -1 for rows without any rating. With what each of them is."""
    rated = (places >= 0).any(axis=1)
    known = np.zeros(len(places)) if outcome is None else outcome
    keys = np.column_stack([places, np.isnan(known), np.nan_to_num(known)])[rated]
    _, first, code = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    cell = np.full(len(places), -1, dtype=np.int64)
    cell[rated] = code.ravel()
    rows = np.flatnonzero(rated)[first]
    answers, results = places[rows], known[rows]
    # A scale has two ratings at least.
    spare = max(0, 2 - len(rows))
    answers = np.concatenate([answers, np.full((spare, places.shape[1]), -1, dtype=np.int64)])
    results = np.concatenate([results, np.full(spare, np.nan)])
    return cell, answers, None if outcome is None else results


def _counted(rows: SurveyRows, question: SurveyQuestion) -> RatingCounts:
    """Count respondents who count the same and answer independently."""
    size, groups = question.metric.scale.size, len(rows.labels)
    rated = rows.rating >= 0
    table = np.bincount(rows.group[rated] * size + rows.rating[rated], minlength=groups * size)
    return RatingCounts(
        table.reshape(groups, size),
        metric=question.metric,
        missing=np.bincount(rows.group[~rated], minlength=groups),
        by=tuple(question.by),
        labels=rows.labels,
    )


def _surveyed(
    columns: Columns,
    rows: SurveyRows,
    question: SurveyQuestion,
    places: IntArray,
    nest: bool,
    lonely: str,
    shared: dict[str, Any],
) -> JointCounts:
    """Estimate totals of combinations, and of the ratings of each metric."""
    size, groups = question.metric.scale.size, len(rows.labels)
    if groups * size > MOST_TOTALS:
        msg = (
            f"`ratings` make {size:,} combinations in {groups:,} groups; the covariance of a survey is for up to "
            f"{MOST_TOTALS:,} of both together. Take fewer questions or groups at a time."
        )
        raise ValueError(msg)
    target = Target(margins=[], calibration="raking", bounds=None, trim=None)
    weighted = question.weight is not None
    weighed = weigh(columns, rows.kept, rows.weight, rows.rating >= 0, target, weighted=weighted)
    stages, remarks = stages_of(columns, rows, question, nest, lonely)
    way = "certainty" if lonely == "certainty" else "adjust"

    def totals(metric: Metric, rating: IntArray) -> Any:
        asked, answered = replace(question, metric=metric), replace(rows, rating=rating)
        counts = estimate_totals(columns, answered, asked, weighed, stages, way)
        return replace(counts, respondents=replace(counts.respondents, notes=(*counts.notes, *remarks)))

    return JointCounts(
        totals(question.metric, rows.rating),
        margins=tuple(totals(metric, places[rows.kept, i]) for i, metric in enumerate(shared["metrics"])),
        **shared,
    )
