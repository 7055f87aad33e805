"""The commands on scores: estimate, posterior and report."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

import npsstats as nps
from npsstats.cli.options import (
    AdjustmentName,
    AlternativeName,
    Answered,
    By,
    DifferenceMethod,
    Format,
    Level,
    MetricName,
    MissingCode,
    PseudoCounts,
    Rating,
    Reference,
    Resamples,
    Seed,
    Sides,
    Sources,
    SurveyOptions,
    TableFormat,
    numbers,
    with_survey_options,
)
from npsstats.cli.reading import label_of, read_counts
from npsstats.cli.samples import read_sample
from npsstats.cli.showing import echo, in_sentences, show, told_plainly
from npsstats.inference.bayes import PRIORS
from npsstats.inference.intervals import ONE_SAMPLE_METHODS
from npsstats.results.format import Table, probability

__all__ = ["estimate", "posterior", "report"]

DEFAULT_REPORT = Path("npsstats-report.html")


class ReportFormat(StrEnum):
    """How reports are written."""

    html = "html"
    markdown = "markdown"


@with_survey_options
def estimate(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    answered: Answered = False,
    metric: MetricName = "nps",
    method: Annotated[str, typer.Option(help=f"One of {', '.join(ONE_SAMPLE_METHODS)}.")] = "score",
    alternative: AlternativeName = Sides.two_sided,
    confidence_level: Level = 0.95,
    pseudo_counts: PseudoCounts = None,
    seed: Seed = None,
    resamples: Resamples = None,
    format: Format = TableFormat.text,  # noqa: A002 - the option is called --format
    *,
    survey: SurveyOptions,
) -> None:
    """Print the score of each group with its interval."""
    with told_plainly():
        result = nps.estimate(
            read_sample(sources, rating, by, missing_code, metric, survey, answered=answered),
            method=method,
            alternative=alternative.value,
            confidence_level=confidence_level,
            pseudo_counts=None if pseudo_counts is None else numbers("`--pseudo-counts` must be", pseudo_counts),
            rng=seed,
            n_resamples=resamples,
        )
        show(result, format, in_words=False)


def posterior(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    answered: Answered = False,
    metric: MetricName = "nps",
    prior: Annotated[str, typer.Option(help=f"One of {', '.join(PRIORS)}, or numbers such as 1,1,1.")] = "jeffreys",
    greater_than: Annotated[list[float] | None, typer.Option(help="Points; may be given several times.")] = None,
    format: Format = TableFormat.text,  # noqa: A002
) -> None:
    """Print the posterior of each score, and the probability that it is greater than some points."""
    with told_plainly():
        before = prior if prior in PRIORS else numbers(f"`--prior` must be one of {', '.join(PRIORS)} or", prior)
        found = nps.posterior(read_counts(sources, rating, by, missing_code, metric, answered=answered), prior=before)
        own = {field.name: getattr(found, field.name) for field in fields(found)}
        points = tuple(dict.fromkeys(greater_than or ()))
        show(_WithProbabilities(**own, points=points), format, in_words=False)


@with_survey_options
def report(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    reference: Reference = "previous",
    metric: MetricName = "nps",
    method: DifferenceMethod = "score",
    adjustment: AdjustmentName = "holm",
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
    *,
    survey: SurveyOptions,
) -> None:
    """Write a report: scores, differences, pictures, a sentence to paste, caveats and citations."""
    with told_plainly():
        counts = read_sample(sources, rating, by, missing_code, metric, survey)
        made = nps.report(
            counts,
            reference=label_of(counts, reference),
            method=method,
            adjustment=adjustment,
            confidence_level=confidence_level,
            title=title,
        )
        named = output is not None and output.suffix.lower() in (".md", ".markdown")
        if (format or (ReportFormat.markdown if named else ReportFormat.html)) is ReportFormat.markdown:
            text = made.to_markdown()
            if output is None:
                echo(text)
                return
        else:
            text = made.to_html()
            output = output or DEFAULT_REPORT
        output.write_text(text, encoding="utf-8")
        for result in (made.estimates, made.differences):
            if result is not None:
                echo(f"{result}\n\n")
        echo(f"{in_sentences(made.differences or made.estimates)}\n")
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
