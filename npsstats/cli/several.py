"""From the sources of a command to respondents with ratings on several metrics."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

import npsstats as nps
from npsstats.cli.options import SurveyOptions
from npsstats.cli.reading import PERIOD, in_given_order, is_embedded, labelled_paths, read_metric, with_progress
from npsstats.cli.samples import Sample

__all__ = ["read_joint"]

Columns: TypeAlias = str | tuple[str, ...]

WHOLE = re.compile(r"-?\d+", flags=re.ASCII)


def read_joint(
    sources: list[str],
    metrics: list[str],
    by: list[str] | None,
    missing_code: list[str] | None,
    survey: SurveyOptions,
    *,
    answered: bool = False,
    outcome: str | None = None,
    outcome_values: list[str] | None = None,
) -> nps.JointCounts:
    """Read the sources as one sample of people with several ratings, each file under its period if it has one."""
    ratings: dict[Any, nps.Metric] = dict(map(_rating, metrics))
    if len(ratings) < len(metrics):
        msg = f"`--metric` must name each column once; got {', '.join(metrics)}."
        raise ValueError(msg)
    question: dict[str, Any] = {
        "by": by or [],
        "outcome": outcome,
        "outcome_values": _values(outcome_values) if outcome_values else None,
        "missing_codes": _codes(missing_code or [], [*map(_first, ratings), *([outcome] if outcome else [])]),
        "weight": survey.weight,
        "strata": survey.strata or (),
        "cluster": survey.cluster or (),
        "nest": bool(survey.nest),
        "lonely": survey.lonely,
    }
    with _codes_by_column(ratings):
        counts = _read(sources, ratings, question, survey)
    return _answered(counts) if answered else counts


def _answered(counts: nps.JointCounts) -> nps.JointCounts:
    """Leave out groups without a rating on one of the metrics."""
    rated = np.all([counts.margin(name).n > 0 for name in counts.names], axis=0)
    # Without any such group the library says what is wrong.
    return counts.select(*(counts.groups[i] for i in np.flatnonzero(rated))) if rated.any() else counts


def _read(
    sources: list[str], ratings: Mapping[Any, nps.Metric], question: dict[str, Any], survey: SurveyOptions
) -> nps.JointCounts:
    if is_embedded(sources):
        return nps.tabulate_joint(nps.datasets.responses(sources[0]), ratings, **question)
    parts = labelled_paths(sources)
    labels = [label for label, _ in parts if label is not None]
    if not labels:
        return nps.tabulate_joint([path for _, path in parts], ratings, **question)
    return _under_periods([(str(label), path) for label, path in parts], ratings, question, survey)


@contextmanager
def _codes_by_column(ratings: Mapping[Any, nps.Metric]) -> Iterator[None]:
    """Let an error suggest its codes for the column in which they are."""
    try:
        yield
    except nps.InvalidRatingError as error:
        for key in ratings:
            named = key if isinstance(key, str) else ", ".join(key)
            if f"`{named}` must be" in str(error):
                error.codes = tuple(f"{_first(key)}={code}" for code in error.codes)
                break
        raise


def _under_periods(
    parts: list[tuple[str, Path]],
    ratings: Mapping[Any, nps.Metric],
    question: dict[str, Any],
    survey: SurveyOptions,
) -> nps.JointCounts:
    """Read files of several periods: their rows, one below the other, with a column of the periods."""
    import pandas as pd

    names = [column for key in ratings for column in ([key] if isinstance(key, str) else key)]
    columns = [*question["by"], *([question["outcome"]] if question["outcome"] else [])]
    asked = {**question, "rating": names, "by": columns, "respondent": None, "fpc": None, "margins": None}
    sample = Sample.of([(str(label), path) for label, path in with_progress([*parts])], asked)
    if survey.cluster and survey.cluster[0] != PERIOD:
        sample.nest(survey.cluster[0], nest=survey.nest)
    question["by"] = [*question["by"], PERIOD]
    with sample.placing():
        counts = nps.tabulate_joint(pd.DataFrame(sample.columns), ratings, **question)
    return in_given_order(counts, [label for label, _ in parts])


def _rating(text: str) -> tuple[Columns, nps.Metric]:
    """Read COLUMN=METRIC; of several items, COLUMN,COLUMN=METRIC."""
    column, sign, name = text.rpartition("=")
    if not sign or not column:
        msg = f"`--metric` must be COLUMN=METRIC, such as recommend=nps; got {text!r}."
        raise ValueError(msg)
    metric = read_metric(name)
    return (column if metric.scale.items == 1 else tuple(column.split(","))), metric


def _first(columns: Columns) -> str:
    return columns if isinstance(columns, str) else columns[0]


def _codes(given: list[str], columns: list[str]) -> list[int | str] | dict[str, list[int | str]]:
    """Read codes: of all columns, or, if one has its column before it, by column."""
    common: list[int | str] = []
    own: dict[str, list[int | str]] = {}
    for text in given:
        # Columns and codes may hold the sign; a column that is asked for is meant.
        column = next((name for name in columns if text.startswith(f"{name}=")), None)
        if column is None:
            common += _either(text)
        else:
            own.setdefault(column, []).extend(_either(text.removeprefix(f"{column}=")))
    return {name: [*common, *own.get(name, [])] for name in columns} if own else common


def _values(given: list[str]) -> dict[int | str, float]:
    """Read VALUE=NUMBER."""
    values: dict[int | str, float] = {}
    for text in given:
        value, _, number = text.rpartition("=")
        try:
            values |= dict.fromkeys(_either(value), float(number))
        except ValueError:
            msg = f"`--outcome-value` must be VALUE=NUMBER, such as left=1; got {text!r}."
            raise ValueError(msg) from None
    return values


def _either(text: str) -> list[int | str]:
    """What a file may hold where a text is meant: whole numbers are numbers, unless other rows make them texts."""
    return [int(text), text] if WHOLE.fullmatch(text) else [text]
