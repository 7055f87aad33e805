"""The commands on what a score hides: polarisation, dominance, flips, decompose, efficiency, sensitivity, eights."""

from typing import Annotated, Any

import typer

import npsstats as nps
from npsstats.cli.options import (
    Answered,
    By,
    Format,
    Groups,
    Level,
    MetricName,
    MissingCode,
    OptionalGroups,
    Rating,
    Sources,
    SurveyOptions,
    TableFormat,
    with_survey_options,
)
from npsstats.cli.reading import label_of, read_metric
from npsstats.cli.samples import read_sample
from npsstats.cli.showing import show, told_plainly

__all__ = ["decompose", "dominance", "efficiency", "eights", "polarisation", "score_flips", "sensitivity"]


@with_survey_options
def polarisation(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    answered: Answered = False,
    metric: MetricName = "nps",
    reference: Groups = "all-pairs",
    deep_to: Annotated[
        int | None,
        typer.Option(help="The highest rating of a deep detractor; 3 on 0-10 by default.", show_default=False),
    ] = None,
    confidence_level: Level = 0.95,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Print what is behind each score: who takes a side, how deep detractors are, how far apart all are."""
    with told_plainly():
        counts = read_sample(sources, rating, by, missing_code, metric, survey, answered=answered)
        found = nps.polarisation(
            counts, deep_to=deep_to, reference=label_of(counts, reference), confidence_level=confidence_level
        )
        show(found, format)


@with_survey_options
def dominance(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    answered: Answered = False,
    metric: MetricName = "nps",
    reference: Groups = "previous",
    cut_points: Annotated[bool, typer.Option("--cut-points", help="Print each cut point, not the verdicts.")] = False,
    confidence_level: Level = 0.95,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Test whether each group is better than its reference under every scoring of the ratings."""
    with told_plainly():
        counts = read_sample(sources, rating, by, missing_code, metric, survey, answered=answered)
        found = nps.dominance(counts, reference=label_of(counts, reference), confidence_level=confidence_level)
        show(found.cut_points if cut_points else found, format)


@with_survey_options
def score_flips(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    answered: Answered = False,
    metric: MetricName = "nps",
    reference: Groups = "previous",
    confidence_level: Level = 0.95,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Find the detractor weights and the cut points at which the order of two groups turns."""
    with told_plainly():
        counts = read_sample(sources, rating, by, missing_code, metric, survey, answered=answered)
        found = nps.score_flips(counts, reference=label_of(counts, reference), confidence_level=confidence_level)
        show(found, format)


@with_survey_options
def decompose(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    metric: MetricName = "nps",
    reference: Groups = "previous",
    factors: Annotated[
        bool, typer.Option("--factors", help="Divide the mix among the columns of segments, not among the segments.")
    ] = False,
    confidence_level: Level = 0.95,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Split a change into who answers and how they rate; compared is the last --by, or LABEL=PATH."""
    with told_plainly():
        counts = read_sample(sources, rating, by, missing_code, metric, survey)
        ask = nps.decompose_factors if factors else nps.decompose
        show(ask(counts, reference=label_of(counts, reference), confidence_level=confidence_level), format)


@with_survey_options
def efficiency(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    answered: Answered = False,
    metric: MetricName = "nps",
    against: Annotated[str, typer.Option(help="What it is held against: ordinal, or mean.")] = "ordinal",
    other: Annotated[
        list[str] | None,
        typer.Option("--other", help="A further metric of the same ratings, such as top-3:0-10.", show_default=False),
    ] = None,
    confidence_level: Level = 0.95,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Print how many respondents the score needs, beside the mean, top boxes and an ordinal analysis."""
    with told_plainly():
        counts = read_sample(sources, rating, by, missing_code, metric, survey, answered=answered)
        found = nps.efficiency(
            counts,
            against=against,  # type: ignore[arg-type]
            others=[read_metric(name) for name in other or []],
            confidence_level=confidence_level,
        )
        show(found, format)


@with_survey_options
def sensitivity(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    answered: Answered = False,
    metric: MetricName = "nps",
    reference: OptionalGroups = None,
    detractor_weight: Annotated[
        list[float] | None,
        typer.Option(help="What a detractor may weigh; once for each. 0.5 and 2 by default.", show_default=False),
    ] = None,
    confidence_level: Level = 0.95,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Score groups, or compare them, under many definitions: cut points, weights, scales."""
    with told_plainly():
        counts = read_sample(sources, rating, by, missing_code, metric, survey, answered=answered)
        weights = tuple(detractor_weight) if detractor_weight else (0.5, 2.0)
        if reference is None:
            found: Any = nps.score_variants(counts, detractor_weights=weights, confidence_level=confidence_level)
        else:
            found = nps.sensitivity(
                counts,
                reference=label_of(counts, reference),
                detractor_weights=weights,
                confidence_level=confidence_level,
            )
        show(found, format)


@with_survey_options
def eights(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    answered: Answered = False,
    metric: MetricName = "nps",
    reference: OptionalGroups = None,
    highest: Annotated[int, typer.Option(help="The rating that is the highest some people give.")] = 8,
    least_share: Annotated[float, typer.Option(help="Share of those who gave it and are promoters: at least.")] = 0.0,
    most_share: Annotated[float, typer.Option(help="The same share: at most.")] = 1.0,
    confidence_level: Level = 0.95,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Bound scores, or differences, if some who gave an eight are promoters who never give more."""
    with told_plainly():
        counts = read_sample(sources, rating, by, missing_code, metric, survey, answered=answered)
    assumed: dict[str, Any] = {
        "rating": highest,
        "least_share": least_share,
        "most_share": most_share,
        "confidence_level": confidence_level,
    }
    with told_plainly(rating="highest"):
        if reference is None:
            show(nps.eights(counts, **assumed), format)
        else:
            show(nps.eights_difference(counts, reference=label_of(counts, reference), **assumed), format)
