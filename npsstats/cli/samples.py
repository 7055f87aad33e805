"""From the sources of a command to a survey: rows with weights, strata, clusters or recurring respondents."""

import csv
import gzip
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import npsstats as nps
from npsstats.cli.options import SurveyOptions, numbers
from npsstats.cli.reading import (
    PERIOD,
    in_given_order,
    is_embedded,
    labelled_sources,
    read_counts,
    read_metric,
    with_progress,
)
from npsstats.tabulation.columns import Coded, Columns, read_columns
from npsstats.tabulation.margins import TOTALS
from npsstats.tabulation.sampling import is_blank

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Sample", "read_sample", "read_survey"]

DELIMITERS = (",", ";", "\t", "|")


def read_sample(
    sources: list[str],
    rating: list[str] | None,
    by: list[str] | None,
    missing_code: list[str] | None,
    metric: str,
    survey: SurveyOptions,
    *,
    answered: bool = False,
) -> nps.RatingCounts | nps.SurveyCounts:
    """Read the sources: as simple counts, unless something is said of weights or the design of the sample."""
    if not survey.given:
        return read_counts(sources, rating, by, missing_code, metric, answered=answered)
    counts = read_survey(sources, rating, by, missing_code, metric, survey)
    return counts.answered() if answered else counts


def read_survey(
    sources: list[str],
    rating: list[str] | None,
    by: list[str] | None,
    missing_code: list[str] | None,
    metric: str,
    survey: SurveyOptions,
) -> nps.SurveyCounts:
    """Read the sources as one sample, each under its period if it has one."""
    if is_embedded(sources):
        named = f"`{survey.given[0]}` has" if survey.given else "weights have"
        msg = f"{named} no meaning for the data set {sources[0]}, which holds counts; pass the files of the responses."
        raise ValueError(msg)
    parts = labelled_sources(sources, rating)
    question = _question(rating or [], by or [], missing_code or [], metric, survey)
    labels = [label for label, _ in parts if label is not None]
    if not labels:
        return nps.tabulate_survey([path for _, path in parts], **question)
    import pandas as pd

    sample = Sample.of([(str(label), path) for label, path in with_progress(parts)], question)
    if survey.cluster and survey.cluster[0] != PERIOD:
        sample.nest(survey.cluster[0], nest=survey.nest)
    question["by"] = [*question["by"], PERIOD]
    with sample.placing():
        counts = nps.tabulate_survey(pd.DataFrame(sample.columns), **question)
    return in_given_order(counts, labels)


def _question(
    rating: list[str], by: list[str], missing_code: list[str], metric: str, survey: SurveyOptions
) -> dict[str, Any]:
    """Turn options into the arguments of the library."""
    for option, given in {"calibration": survey.calibration, "bounds": survey.bounds}.items():
        if given is not None and not survey.margins:
            msg = f"`--{option}` says how weights are made to meet margins: pass `--margins` too."
            raise ValueError(msg)
    question: dict[str, Any] = {
        "rating": rating,
        "by": by,
        "weight": survey.weight,
        "strata": survey.strata or (),
        "cluster": survey.cluster or (),
        "respondent": survey.respondent,
        "duplicates": survey.duplicates,
        "fpc": _population(survey.fpc),
        "nest": bool(survey.nest),
        "lonely": survey.lonely,
        "margins": [_margin(path) for path in survey.margins] if survey.margins else None,
        "bounds": None if survey.bounds is None else tuple(numbers("`--bounds` must be", survey.bounds, "0.3,3")),
        "trim": None if survey.trim is None else tuple(numbers("`--trim` must be", survey.trim, "0.2,5")),
        "metric": read_metric(metric),
        "missing_codes": missing_code,
    }
    return question if survey.calibration is None else {**question, "calibration": survey.calibration}


def _population(given: list[str] | None) -> float | list[str] | None:
    """Read `--fpc`: a number, or columns."""
    if not given:
        return None
    try:
        return float(given[0]) if len(given) == 1 else given
    except ValueError:
        return given


def _margin(path: str) -> "pd.DataFrame":
    """Read a margin; its categories are labels like those of the data."""
    import pandas as pd

    names = _header(Path(path))
    totals = TOTALS if TOTALS in names else names[-1]
    cells = [name for name in names if name != totals]
    stands = f"Totals stand in the column {TOTALS!r}, or, if there is none, in the last one, which is {totals!r} here."
    try:
        read = read_columns(path, labels=cells, numbers=[totals], answers=[totals])
    except (ValueError, TypeError) as error:
        if totals != TOTALS:
            error.args = (f"{error} {stands}", *error.args[1:])
        raise
    numbers = read.numbers[totals]
    if totals != TOTALS and np.isnan(numbers).all():
        msg = f"`--margins` must have totals; {path} has none. {stands}"
        raise ValueError(msg)
    return pd.DataFrame({**{name: _spread(read.labels[name]) for name in cells}, totals: numbers})


def _header(path: Path) -> list[str]:
    """Read the names of the columns of a CSV file."""
    if not path.is_file():
        msg = f"there is no file {path}."
        raise FileNotFoundError(msg)
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            line = file.readline()
        fields = [next(csv.reader([line], delimiter=sign), []) for sign in DELIMITERS]
    except (UnicodeDecodeError, csv.Error, gzip.BadGzipFile, EOFError) as error:
        msg = f"`--margins` must be CSV files; {path} cannot be read as one: {error}."
        raise ValueError(msg) from error
    names = [name.strip() for name in max(fields, key=len)]
    if len(names) < 2:
        msg = (
            f"`--margins` must be CSV files with columns of categories and one of totals; {path} has {names or 'none'}."
        )
        raise ValueError(msg)
    return names


@dataclass(slots=True)
class Sample:
    """Rows of all files, one below the other, with a column of their periods."""

    columns: dict[str, NDArray[Any]]
    parts: list[Columns]

    @classmethod
    def of(cls, parts: list[tuple[str, Path]], question: dict[str, Any]) -> "Sample":
        """Read the columns that a question to `tabulate_survey` names."""
        fpc = question["fpc"]
        measured = [question["weight"], *(fpc if isinstance(fpc, list) else [])]
        margins = [name for margin in question["margins"] or () for name in margin.columns[:-1]]
        labels = [*question["by"], *question["strata"], *question["cluster"], question["respondent"], *margins]
        wanted = {
            "labels": [name for name in dict.fromkeys(labels) if name not in (None, PERIOD)],
            "numbers": [name for name in dict.fromkeys(measured) if name is not None],
            "answers": question["rating"],
        }
        read = [read_columns(path, **wanted) for _, path in parts]
        for remark in dict.fromkeys(remark for columns in read for remark in columns.remarks):
            warnings.warn(remark, stacklevel=2)
        columns: dict[str, NDArray[Any]] = {
            **{name: np.concatenate([part.numbers[name] for part in read]) for name in wanted["numbers"]},
            **{name: np.concatenate([_spread(part.labels[name]) for part in read]) for name in wanted["labels"]},
        }
        for i, name in enumerate(question["rating"]):
            columns[name] = np.concatenate([_spread(_item(part.answers, i)) for part in read])
        periods = np.array([label for label, _ in parts], dtype=object)
        columns[PERIOD] = np.repeat(periods, [part.n_rows for part in read])
        # The periods of a margin are the labels of the files, which are texts.
        for margin in question["margins"] or ():
            if PERIOD in margin.columns[:-1]:
                margin[PERIOD] = [str(label) for label in margin[PERIOD]]
        return cls(columns, read)

    def nest(self, name: str, *, nest: bool | None) -> None:
        """Tell clusters of different periods apart, if labels start anew in each; ask, if that is not clear."""
        clusters, periods = self.columns[name], self.columns[PERIOD]
        if nest:
            # No label of a period holds the sign. Blank labels stay what they are, to be refused.
            self.columns[name] = np.array(
                [
                    label if is_blank(label) else f"{period}={label}"
                    for label, period in zip(clusters, periods, strict=True)
                ],
                dtype=object,
            )
        elif nest is None:
            pairs = set(zip(clusters.tolist(), periods.tolist(), strict=True))
            occur = Counter(label for label, _ in pairs if not is_blank(label))
            again = [label for label, many in occur.items() if many > 1]
            if again:
                first = min(map(str, again))
                msg = (
                    f"{len(again)} of {len(occur)} labels in {name!r} are in files of several periods (first: "
                    f"{first}). Say `--nest` if labels start anew in each period, or `--no-nest` if they are the same "
                    "clusters, asked again."
                )
                raise ValueError(msg)

    @contextmanager
    def placing(self) -> Iterator[None]:
        """Let errors name rows of the files, which the frame of all of them does not know."""
        try:
            yield
        except (ValueError, TypeError) as error:
            error.args = (self.placed(str(error)), *error.args[1:])
            raise

    def placed(self, message: str) -> str:
        """Say where in its file a row is that a message names."""

        def where(found: re.Match[str]) -> str:
            row = int(found[1]) - 1
            for part in self.parts:
                if row < part.n_rows:
                    return part.where(row)
                row -= part.n_rows
            return found[0]

        return re.sub(r"\brow (\d+)\b", where, message)


def _item(answers: Coded, i: int) -> Coded:
    """The answers to one of several items."""
    return Coded(answers.codes, [answer[i] for answer in answers.labels])


def _spread(column: Coded) -> NDArray[np.object_]:
    """The label of each row."""
    labels = np.empty(len(column.labels), dtype=object)
    labels[:] = column.labels
    spread: NDArray[np.object_] = labels[column.codes]
    return spread
