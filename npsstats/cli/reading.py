"""From the sources of a command to counts."""

import re
from collections.abc import Hashable, Iterator
from dataclasses import replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

import npsstats as nps
from npsstats.cli.options import KINDS, METRICS
from npsstats.datasets.embedded import DATASETS
from npsstats.results.protocol import group_text

__all__ = [
    "PERIOD",
    "in_given_order",
    "is_embedded",
    "label_of",
    "labelled_paths",
    "labelled_sources",
    "read_counts",
    "read_metric",
    "read_pairs",
    "with_progress",
]

PERIOD = "period"

Counts = TypeVar("Counts", nps.RatingCounts, nps.SurveyCounts, nps.JointCounts)

# A kind of metric with its scale, such as mean:1-10.
WITH_SCALE = re.compile(
    r"(mean|top-(?P<boxes>\d+)|net-(?P<promoters>\d+)-(?P<detractors>\d+)|effort-(?P<end>high|low))"
    r":(?P<low>-?\d+)-(?P<high>-?\d+)"
)

# The metrics that a data set of the package can answer for, by table: those of the question that was asked.
EMBEDDED = {"recommend": ("nps",), "csat": ("csat", "csat-mean")}


def read_metric(name: str) -> nps.Metric:
    """Read `--metric`: a name, or a kind with its scale."""
    if name in METRICS:
        return METRICS[name]
    found = WITH_SCALE.fullmatch(name)
    if found is None:
        msg = f"`--metric` must be one of {', '.join(METRICS)}, or such as {KINDS}; got {name!r}."
        raise ValueError(msg)
    scale = nps.Scale(int(found["low"]), int(found["high"]))
    if found["end"]:
        return nps.effort_score(scale, favourable="high" if found["end"] == "high" else "low")
    if found["promoters"]:
        return nps.net_score(
            scale, promoters_from=int(found["promoters"]), detractors_to=int(found["detractors"]), name="net score"
        )
    return nps.top_box(scale, boxes=int(found["boxes"])) if found["boxes"] else nps.mean_rating(scale)


def read_counts(
    sources: list[str],
    rating: list[str] | None,
    by: list[str] | None,
    missing_code: list[str] | None,
    metric: str,
    *,
    answered: bool = False,
) -> nps.RatingCounts:
    """Read the sources, each under its period if it has one; all groups, or those with a rating."""
    counts = _counts(sources, rating, by, missing_code, metric)
    return counts.answered() if answered else counts


def _counts(
    sources: list[str],
    rating: list[str] | None,
    by: list[str] | None,
    missing_code: list[str] | None,
    metric: str,
) -> nps.RatingCounts:
    asked = read_metric(metric)
    if is_embedded(sources):
        return _embedded(sources[0], {"--rating": rating, "--missing-code": missing_code}, by, metric)
    parts = labelled_sources(sources, rating)
    labels = [label for label, _ in parts]
    read = []
    for label, path in with_progress(parts):
        counts = nps.tabulate(path, rating=rating, by=by or (), metric=asked, missing_codes=missing_code or ())
        read.append(counts if label is None else counts.with_group(PERIOD, label))
    total = reduce(add, read)
    return total if labels[0] is None else in_given_order(total, [label for label in labels if label])


def is_embedded(sources: list[str]) -> bool:
    """Say whether the source is a data set of the package."""
    return len(sources) == 1 and not Path(sources[0]).exists() and sources[0] in DATASETS


def labelled_sources(sources: list[str], rating: list[str] | None) -> list[tuple[str | None, Path]]:
    """Split the sources into labels and paths; all of them have a label, or none."""
    if not rating:
        msg = "`--rating` must name the column of the ratings."
        raise ValueError(msg)
    return labelled_paths(sources)


def labelled_paths(sources: list[str]) -> list[tuple[str | None, Path]]:
    """Split the sources into labels and paths; all of them have a label, or none."""
    parts = [_labelled(source) for source in sources]
    labels = [label for label, _ in parts]
    if None in labels and any(labels):
        msg = f"either all files have a LABEL=PATH or none; got {', '.join(sources)}."
        raise ValueError(msg)
    return parts


def read_pairs(
    sources: list[str],
    waves: tuple[list[str], list[str]],
    *,
    rating: list[str] | None,
    respondent: str | None,
    period: str | None,
    by: list[str] | None,
    by_from: str | None,
    duplicates: str,
    missing_code: list[str] | None,
    metric: str,
    answered: bool,
) -> nps.PairedCounts:
    """Read two ratings of the same respondents: `waves` are columns, or labels of the column `period`."""
    asked = read_metric(metric)
    for source in sources:
        label, path = _labelled(source)
        if label is not None:
            msg = (
                f"pairs are matched within the files: LABEL=PATH does not say who is who; got {source!r}. Put the "
                f"rows of both waves into one file with a column of the waves, and name it by `--period`; {path} alone "
                "is one wave."
            )
            raise ValueError(msg)
    paths = [Path(source) for source in sources]
    codes = missing_code or ()
    first, second = (_wave(paths, wave, rating, period, asked, codes) for wave in waves)
    pairs = nps.tabulate_pairs(
        paths,
        first,
        second,
        by=by or (),
        metric=asked,
        rating=rating or None,
        respondent=respondent,
        period=period,
        duplicates=duplicates,  # type: ignore[arg-type]
        by_from=by_from,  # type: ignore[arg-type]
        missing_codes=codes,
    )
    return pairs.answered() if answered else pairs


def label_of(counts: nps.RatingCounts | nps.SurveyCounts | nps.JointCounts, text: str) -> Hashable:
    """Read a label as tables write it, else a number, else the text."""
    for label in counts.labels:
        if label and group_text(label[-1]) == text:
            return label[-1]
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError:
        return text


def _wave(
    paths: list[Path],
    given: list[str],
    rating: list[str] | None,
    period: str | None,
    metric: nps.Metric,
    codes: list[str] | tuple[()],
) -> Hashable:
    """Read `--first` or `--second`: columns, or the label of a period as it stands in the files."""
    if not rating and not period:
        return given  # type: ignore[return-value]
    if len(given) > 1:
        msg = f"`--first` and `--second` are one period each where `--period` is given; got {', '.join(given)}."
        raise ValueError(msg)
    if not rating or not period:
        return given[0]
    found = nps.tabulate(paths, rating=rating, by=period, metric=metric, missing_codes=codes)
    known = {group_text(label): label for (label,) in found.labels}
    return known.get(given[0], given[0])


def _embedded(name: str, options: dict[str, list[str] | None], by: list[str] | None, metric: str) -> nps.RatingCounts:
    """Take the counts of a data set of the package."""
    for option, given in options.items():
        if given:
            msg = f"`{option}` has no meaning for the data set {name}, which holds counts; choose by `--metric`."
            raise ValueError(msg)
    for table, counts in nps.datasets.load(name).tables.items():
        if metric in EMBEDDED[table]:
            return replace(counts.pool(*(by or counts.by[-1:])), metric=METRICS[metric])
    msg = f"the data set {name} has no ratings for the metric {metric}."
    raise ValueError(msg)


def _labelled(source: str) -> tuple[str | None, Path]:
    """Split LABEL=PATH, unless a file has that very name."""
    label, sign, path = source.partition("=")
    if not sign or Path(source).exists():
        return None, Path(source)
    if not label or not path:
        msg = f"a source must be PATH or LABEL=PATH; got {source!r}."
        raise ValueError(msg)
    return label, Path(path)


def in_given_order(counts: Counts, periods: list[str]) -> Counts:
    """Put the periods in the order of the command line."""
    position = {period: i for i, period in enumerate(dict.fromkeys(periods))}
    first: dict[Hashable, int] = {}
    for label in counts.labels:
        first.setdefault(label[:-1], len(first))
    ordered = sorted(counts.labels, key=lambda label: (first[label[:-1]], position[str(label[-1])]))
    return counts.select(*(label if len(counts.by) > 1 else label[0] for label in ordered))


def with_progress(parts: list[tuple[str | None, Path]]) -> Iterator[tuple[str | None, Path]]:
    """Show on a terminal which file is being read; show nothing in a pipe."""
    console = Console(stderr=True)
    # Some versions of Rich end even a bar that is switched off with an empty line.
    if not console.is_terminal:
        yield from parts
        return
    columns = (SpinnerColumn(), TextColumn("reading {task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(parts))
        for label, path in parts:
            progress.update(task, description=path.name)
            yield label, path
            progress.advance(task)
