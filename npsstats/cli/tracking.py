"""The commands on long series of periods: trend and changes."""

from typing import Annotated, Any

import typer

import npsstats as nps
from npsstats.cli.options import (
    AlternativeName,
    By,
    Format,
    Level,
    MetricName,
    MissingCode,
    Rating,
    Resamples,
    Seed,
    Sides,
    Sources,
    SurveyOptions,
    TableFormat,
    with_survey_options,
)
from npsstats.cli.reading import read_counts
from npsstats.cli.samples import read_sample
from npsstats.cli.showing import show, told_plainly

__all__ = ["find_changes", "trend"]


@with_survey_options
def trend(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    metric: MetricName = "nps",
    season: Annotated[
        str | None,
        typer.Option(help="half, quarter, month, or a number of waves a year.", show_default=False),
    ] = None,
    overdispersion: Annotated[
        bool, typer.Option(help="Allow for periods that vary more than chance makes them.")
    ] = True,
    alternative: AlternativeName = Sides.two_sided,
    confidence_level: Level = 0.95,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Fit a line through the scores of periods: the last --by column, or LABEL=PATH."""
    with told_plainly():
        result = nps.trend(
            read_sample(sources, rating, by, missing_code, metric, survey),
            season=int(season) if season is not None and season.isdecimal() else season,  # type: ignore[arg-type]
            overdispersion=overdispersion,
            alternative=alternative.value,
            confidence_level=confidence_level,
        )
        show(result, format)


def find_changes(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    metric: MetricName = "nps",
    on: Annotated[
        str, typer.Option(help="What may change: distribution, of the values of the metric; or ratings, all of them.")
    ] = "distribution",
    exchange: Annotated[
        str,
        typer.Option(help="What chance deals out: respondents; or periods, if they vary more than respondents do."),
    ] = "respondents",
    penalty: Annotated[
        float | None, typer.Option(help="What a change must save; from random numbers by default.", show_default=False)
    ] = None,
    max_changes: Annotated[
        int | None, typer.Option(min=1, help="The most changes to look for.", show_default=False)
    ] = None,
    confidence_level: Level = 0.95,
    seed: Seed = None,
    resamples: Resamples = None,
    format: Format = TableFormat.text,  # noqa: A002
) -> None:
    """Find the periods at which the answers changed: the last --by column, or LABEL=PATH."""
    with told_plainly():
        more: dict[str, Any] = {} if resamples is None else {"n_resamples": resamples}
        result = nps.find_changes(
            read_counts(sources, rating, by, missing_code, metric),
            on=on,  # type: ignore[arg-type]
            exchange=exchange,  # type: ignore[arg-type]
            penalty=penalty,
            max_changes=max_changes,
            rng=seed,
            confidence_level=confidence_level,
            **more,
        )
        show(result, format)
