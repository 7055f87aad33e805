"""The command line: report, estimate, compare and posterior."""

import json
import os
import sys
import warnings
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import reduce
from operator import add
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

import npsstats as nps
from npsstats.datasets.embedded import DATASETS
from npsstats.inference.bayes import PRIORS
from npsstats.inference.comparison import TWO_SAMPLE_METHODS
from npsstats.inference.intervals import ONE_SAMPLE_METHODS
from npsstats.results.format import Table, probability
from npsstats.results.protocol import Result, group_text

__all__ = ["app"]

app = typer.Typer(
    help="Net Promoter Score statistics: scores and differences with intervals, as tables or as a report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

METRICS = {
    "nps": nps.NPS,
    "enps": nps.ENPS,
    "nps-1-to-10": nps.NPS_1_TO_10,
    "csat": nps.CSAT,
    "csat-mean": nps.CSAT_MEAN,
    "ces": nps.CES,
    "ces-2": nps.CES_2,
    "ces-2-top-box": nps.CES_2_TOP_BOX,
    "nki": nps.NKI,
}
PERIOD = "period"
DEFAULT_REPORT = Path("npsstats-report.html")
PLAIN_SIGNS = str.maketrans({"−": "-", "–": "-", "×": "x", "∞": "inf", "…": "...", "“": '"', "”": '"'})

# The metrics that a data set of the package can answer for, by table: those of the question that was asked.
EMBEDDED = {"recommend": ("nps",), "csat": ("csat", "csat-mean")}


class TableFormat(StrEnum):
    """How tables are printed."""

    text = "text"
    markdown = "markdown"
    csv = "csv"
    json = "json"


class ReportFormat(StrEnum):
    """How reports are written."""

    html = "html"
    markdown = "markdown"


class Sides(StrEnum):
    """Which way a difference is looked for."""

    two_sided = "two-sided"
    less = "less"
    greater = "greater"


Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        help="CSV, Parquet or JSON files; LABEL=PATH puts a file under a period; sfo is the data set of the package.",
        show_default=False,
    ),
]
Rating = Annotated[
    list[str] | None,
    typer.Option("--rating", help="Column of the ratings; once per item for nki.", show_default=False),
]
By = Annotated[
    list[str] | None,
    typer.Option("--by", help="Group column; may be given several times.", show_default=False),
]
MissingCode = Annotated[
    list[str] | None,
    typer.Option("--missing-code", help="Answer that means no answer; may be given several times.", show_default=False),
]
MetricName = Annotated[str, typer.Option("--metric", help=f"One of {', '.join(METRICS)}.")]
DifferenceMethod = Annotated[
    str,
    typer.Option("--method", help=f"One of {', '.join(TWO_SAMPLE_METHODS)}; against a number, one of estimate's."),
]
Alternative = Annotated[Sides, typer.Option("--alternative", help="greater: a lower limit only; less: an upper one.")]
Level = Annotated[float, typer.Option("--confidence-level", help="Level of the intervals, between 0 and 1.")]
Reference = Annotated[str, typer.Option("--reference", help="Label of a group, previous, rest, or a number in points.")]
Format = Annotated[TableFormat, typer.Option("--format", help="How the table is printed.")]


def _version(wanted: bool) -> None:
    if wanted:
        _echo(f"npsstats {nps.__version__}\n")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    """Net Promoter Score statistics."""


@app.command()
def estimate(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    metric: MetricName = "nps",
    method: Annotated[str, typer.Option(help=f"One of {', '.join(ONE_SAMPLE_METHODS)}.")] = "score",
    alternative: Alternative = Sides.two_sided,
    confidence_level: Level = 0.95,
    pseudo_counts: Annotated[str | None, typer.Option(help="For adjusted-wald, such as 0.75,1.5,0.75.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="For bootstrap-t: the seed of its random numbers.")] = None,
    resamples: Annotated[int | None, typer.Option(min=1, help="For bootstrap-t: how many; 9999 by default.")] = None,
    format: Format = TableFormat.text,  # noqa: A002 - the option is called --format
) -> None:
    """Print the score of each group with its interval."""
    with _told_plainly():
        _check_takes(method, "adjusted-wald", {"--pseudo-counts": pseudo_counts})
        _check_takes(method, "bootstrap-t", {"--seed": seed, "--resamples": resamples})
        result = nps.estimate(
            _counts(sources, rating, by, missing_code, metric),
            method=method,
            alternative=alternative.value,
            confidence_level=confidence_level,
            pseudo_counts=None if pseudo_counts is None else _numbers("`--pseudo-counts` must be", pseudo_counts),
            rng=seed,
            n_resamples=resamples,
        )
        _show(result, format)


@app.command()
def compare(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    reference: Reference = "previous",
    metric: MetricName = "nps",
    method: DifferenceMethod = "score",
    alternative: Alternative = Sides.two_sided,
    confidence_level: Level = 0.95,
    format: Format = TableFormat.text,  # noqa: A002
) -> None:
    """Print the difference of each group from its reference, with interval and test."""
    with _told_plainly():
        counts = _counts(sources, rating, by, missing_code, metric)
        against = _label(counts, reference)
        result = nps.compare(
            counts, reference=against, method=method, alternative=alternative.value, confidence_level=confidence_level
        )
        _show(result, format)


@app.command()
def posterior(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    metric: MetricName = "nps",
    prior: Annotated[str, typer.Option(help=f"One of {', '.join(PRIORS)}, or numbers such as 1,1,1.")] = "jeffreys",
    greater_than: Annotated[list[float] | None, typer.Option(help="Points; may be given several times.")] = None,
    format: Format = TableFormat.text,  # noqa: A002
) -> None:
    """Print the posterior of each score, and the probability that it is greater than some points."""
    with _told_plainly():
        before = prior if prior in PRIORS else _numbers(f"`--prior` must be one of {', '.join(PRIORS)} or", prior)
        found = nps.posterior(_counts(sources, rating, by, missing_code, metric), prior=before)
        own = {field.name: getattr(found, field.name) for field in fields(found)}
        _show(_WithProbabilities(**own, points=tuple(dict.fromkeys(greater_than or ()))), format)


@app.command()
def report(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    reference: Reference = "previous",
    metric: MetricName = "nps",
    method: DifferenceMethod = "score",
    confidence_level: Level = 0.95,
    title: Annotated[str | None, typer.Option(help="Heading of the report.", show_default=False)] = None,
    format: Annotated[  # noqa: A002
        ReportFormat | None,
        typer.Option("--format", help="By default as the name of the output says, else html.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help=f"File to write; by default {DEFAULT_REPORT} for html, the terminal for markdown.",
        ),
    ] = None,
) -> None:
    """Write a report: scores, differences, pictures, a sentence to paste, caveats and citations."""
    with _told_plainly():
        counts = _counts(sources, rating, by, missing_code, metric)
        made = nps.report(
            counts,
            reference=_label(counts, reference),
            method=method,
            confidence_level=confidence_level,
            title=title,
        )
        named = output is not None and output.suffix.lower() in (".md", ".markdown")
        if (format or (ReportFormat.markdown if named else ReportFormat.html)) is ReportFormat.markdown:
            text = made.to_markdown()
            if output is None:
                _echo(text)
                return
        else:
            text = made.to_html()
            output = output or DEFAULT_REPORT
        output.write_text(text, encoding="utf-8")
        for result in (made.estimates, made.differences):
            if result is not None:
                _echo(f"{result}\n\n")
        _echo("\n".join(made.sentences()) + "\n")
        typer.echo(f"The report is in {output}.", err=True)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class _WithProbabilities(nps.Posterior):
    """A posterior with a further column for each number of points: the probability of a score above it."""

    points: tuple[float, ...]

    def columns(self) -> dict[str, Sequence[Any]]:
        above = {f"probability_greater_than_{x:.12g}": list(self.probability(greater_than=x)) for x in self.points}
        return {**nps.Posterior.columns(self), **above}

    def table(self) -> Table:
        plain = nps.Posterior.table(self)
        cells = [[probability(p) for p in self.probability(greater_than=x)] for x in self.points]
        headers = [*plain.headers, *(f"P(> {x:.12g})" for x in self.points)]
        rows = [[*row, *(column[i] for column in cells)] for i, row in enumerate(plain.rows)]
        return replace(plain, headers=headers, rows=rows)


def _check_takes(method: str, taker: str, options: dict[str, Any]) -> None:
    """Check that options of one method are not given to another."""
    for option, given in options.items():
        if given is not None and method in ONE_SAMPLE_METHODS and method != taker:
            msg = f"`{option}` is for --method {taker}; the method is {method}."
            raise ValueError(msg)


def _numbers(rule: str, text: str) -> list[float]:
    """Read numbers that are separated by commas."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        msg = f"{rule} numbers separated by commas, such as 1,1,1; got {text!r}."
        raise ValueError(msg) from None


def _counts(
    sources: list[str],
    rating: list[str] | None,
    by: list[str] | None,
    missing_code: list[str] | None,
    metric: str,
) -> nps.RatingCounts:
    """Read the sources, each under its period if it has one."""
    if metric not in METRICS:
        msg = f"`--metric` must be one of {', '.join(METRICS)}; got {metric!r}."
        raise ValueError(msg)
    if len(sources) == 1 and not Path(sources[0]).exists() and sources[0] in DATASETS:
        return _embedded(sources[0], {"--rating": rating, "--missing-code": missing_code}, by, metric)
    if not rating:
        msg = "`--rating` must name the column of the ratings."
        raise ValueError(msg)
    parts = [_labelled(source) for source in sources]
    labels = [label for label, _ in parts]
    if None in labels and any(labels):
        msg = f"either all files have a LABEL=PATH or none; got {', '.join(sources)}."
        raise ValueError(msg)

    def tabulated(path: Path) -> nps.RatingCounts:
        return nps.tabulate(path, rating=rating, by=by or (), metric=METRICS[metric], missing_codes=missing_code or ())

    read = []
    for label, path in _with_progress(parts):
        counts = tabulated(path)
        read.append(counts if label is None else counts.with_group(PERIOD, label))
    total = reduce(add, read)
    return total if labels[0] is None else _in_given_order(total, [label for label in labels if label])


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


def _in_given_order(counts: nps.RatingCounts, periods: list[str]) -> nps.RatingCounts:
    """Put the periods in the order of the command line."""
    position = {period: i for i, period in enumerate(dict.fromkeys(periods))}
    first: dict[Hashable, int] = {}
    for label in counts.labels:
        first.setdefault(label[:-1], len(first))
    ordered = sorted(counts.labels, key=lambda label: (first[label[:-1]], position[str(label[-1])]))
    return counts.select(*(label if len(counts.by) > 1 else label[0] for label in ordered))


def _label(counts: nps.RatingCounts, text: str) -> Hashable:
    """Read `--reference`: a label as it is written, else a number, else the text."""
    for label in counts.labels:
        if label and group_text(label[-1]) == text:
            return label[-1]
    try:
        return float(text)
    except ValueError:
        return text


def _with_progress(parts: list[tuple[str | None, Path]]) -> Iterator[tuple[str | None, Path]]:
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


def _show(result: Result, format: TableFormat) -> None:  # noqa: A002
    if format is TableFormat.json:
        written = json.dumps(result.to_records(), indent=2, ensure_ascii=False, allow_nan=False)
        if not _encodable(written):
            written = json.dumps(result.to_records(), indent=2, allow_nan=False)
        _echo(f"{written}\n")
    elif format is TableFormat.csv:
        written = result.to_frame().to_csv(index=False)
        if not _encodable(written):
            msg = (
                f"the encoding of the output, {_encoding()}, lacks signs of the labels. Set PYTHONIOENCODING=utf-8, "
                "or use --format json."
            )
            raise ValueError(msg)
        _echo(written)
    elif format is TableFormat.markdown:
        _echo(result.to_markdown() + "\n")
    else:
        _echo(f"{result}\n")
    for note in result.provenance()["notes"]:
        typer.echo(f"Note: {note}", err=True)


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def _encodable(text: str) -> bool:
    return text.encode(_encoding(), errors="replace").decode(_encoding()) == text


def _echo(text: str) -> None:
    """Print; where a terminal or pipe lacks a sign, a plainer one instead, and none for a reader that has left."""
    if not _encodable(text):
        text = text.translate(PLAIN_SIGNS).encode(_encoding(), errors="replace").decode(_encoding())
    try:
        typer.echo(text, nl=False)
    except BrokenPipeError:
        # What Python itself flushes at exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Turn warnings into notes and expected errors into one message, without a traceback."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        failure: str | None = None
        try:
            yield
        except (ValueError, TypeError, OSError) as error:
            failure = str(error)
            if isinstance(error, nps.InvalidRatingError) and error.codes:
                options = " ".join(f"--missing-code {_shell_word(code)}" for code in error.codes)
                failure += f" On the command line: {options}"
    for warning in caught:
        typer.echo(f"Note: {warning.message}", err=True)
    if failure is not None:
        typer.echo(f"Error: {failure}", err=True)
        raise typer.Exit(1)


def _shell_word(code: int | str) -> str:
    import shlex

    return shlex.quote(str(code))


if __name__ == "__main__":
    sys.exit(app())
