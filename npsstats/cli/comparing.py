"""The commands on differences of groups: compare, equivalence and homogeneity."""

from typing import Annotated, get_args

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
    NullDifference,
    OverlapName,
    PseudoCounts,
    Rating,
    Reference,
    Resamples,
    Seed,
    Sides,
    Sources,
    SurveyOptions,
    TableFormat,
    Window,
    numbers,
    with_survey_options,
)
from npsstats.cli.reading import label_of
from npsstats.cli.samples import read_sample
from npsstats.cli.showing import show, told_plainly
from npsstats.inference.heterogeneity import HOMOGENEITY_METHODS
from npsstats.results.equivalences import Claim

__all__ = ["compare", "equivalence", "homogeneity"]


@with_survey_options
def compare(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    answered: Answered = False,
    reference: Reference = "previous",
    metric: MetricName = "nps",
    method: DifferenceMethod = "score",
    alternative: AlternativeName = Sides.two_sided,
    null_difference: NullDifference = 0.0,
    adjustment: AdjustmentName = "holm",
    window: Window = None,
    overlap: OverlapName = "none",
    confidence_level: Level = 0.95,
    pseudo_counts: PseudoCounts = None,
    seed: Seed = None,
    resamples: Resamples = None,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Print the difference of each group from its reference, with interval and test, and what it tells."""
    with told_plainly():
        counts = read_sample(sources, rating, by, missing_code, metric, survey, answered=answered)
        result = nps.compare(
            counts,
            reference=label_of(counts, reference),
            method=method,
            alternative=alternative.value,
            null_difference=null_difference,
            adjustment=adjustment,
            window=window,
            overlap=overlap,
            confidence_level=confidence_level,
            pseudo_counts=None if pseudo_counts is None else numbers("`--pseudo-counts` must be", pseudo_counts),
            rng=seed,
            n_resamples=resamples,
        )
        show(result, format)


@with_survey_options
def equivalence(
    sources: Sources,
    margin: Annotated[
        float, typer.Option(help="The greatest difference that does not matter, in points.", show_default=False)
    ],
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    answered: Answered = False,
    claim: Annotated[str, typer.Option(help=f"What is to be shown: one of {', '.join(get_args(Claim))}.")] = (
        "equivalence"
    ),
    reference: Reference = "previous",
    metric: MetricName = "nps",
    method: DifferenceMethod = "score",
    window: Window = None,
    overlap: OverlapName = "none",
    confidence_level: Annotated[
        float, typer.Option(help="1 minus the probability of claiming wrongly, from 0.5 to 1.")
    ] = 0.95,
    pseudo_counts: PseudoCounts = None,
    seed: Seed = None,
    resamples: Resamples = None,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Test whether each group is within a margin of its reference."""
    with told_plainly():
        counts = read_sample(sources, rating, by, missing_code, metric, survey, answered=answered)
        result = nps.equivalence(
            counts,
            margin=margin,
            claim=claim,  # type: ignore[arg-type]
            reference=label_of(counts, reference),
            method=method,
            window=window,
            overlap=overlap,
            confidence_level=confidence_level,
            pseudo_counts=None if pseudo_counts is None else numbers("`--pseudo-counts` must be", pseudo_counts),
            rng=seed,
            n_resamples=resamples,
        )
        show(result, format)


@with_survey_options
def homogeneity(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    answered: Answered = False,
    metric: MetricName = "nps",
    method: Annotated[
        str, typer.Option(help=f"The test of the score, one of {', '.join(HOMOGENEITY_METHODS)}.")
    ] = "score",
    seed: Seed = None,
    resamples: Resamples = None,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Test whether the score is equal in all groups, beside tests whether the distribution is."""
    with told_plainly():
        counts = read_sample(sources, rating, by, missing_code, metric, survey, answered=answered)
        show(nps.homogeneity(counts, method=method, rng=seed, n_resamples=resamples), format)
