"""The commands on several metrics of the same people: contrast, items, customers, ranks, validity, detractor-weight."""

from enum import StrEnum
from typing import Annotated

import typer

import npsstats as nps
from npsstats.cli.options import (
    AdjustmentName,
    Answered,
    By,
    EventIs,
    Format,
    Level,
    Metrics,
    MissingCodes,
    OptionalGroups,
    Outcome,
    OutcomeValues,
    Resamples,
    Seed,
    Sources,
    SurveyOptions,
    TableFormat,
    with_design_options,
)
from npsstats.cli.reading import label_of
from npsstats.cli.several import read_joint
from npsstats.cli.showing import show, told_plainly

__all__ = [
    "conflicting_customers",
    "contrast",
    "criterion_validity",
    "detractor_weight",
    "item_association",
    "unit_ranks",
]

Predictors = Annotated[
    list[str] | None,
    typer.Option(
        "--predictor", help="Only these, as tables name them, such as 'NPS (0-10)'; once for each.", show_default=False
    ),
]


class Ranked(StrEnum):
    """What is told of the ranks of units."""

    ranks = "ranks"
    agreement = "agreement"
    discordant = "discordant"


@with_design_options
def contrast(
    sources: Sources,
    metrics: Metrics,
    by: By = None,
    missing_code: MissingCodes = None,
    answered: Answered = False,
    reference: OptionalGroups = None,
    opposite: Annotated[
        bool, typer.Option("--opposite", help="Ask of each two metrics whether they moved in opposite directions.")
    ] = False,
    confidence_level: Level = 0.95,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Set several metrics of the same people side by side: their scores, or how each differs from a reference."""
    with told_plainly():
        if opposite and reference is None:
            msg = "`--opposite` is about moves: say from where by `--reference`, such as previous."
            raise ValueError(msg)
        counts = read_joint(sources, metrics, by, missing_code, survey, answered=answered)
        if reference is None:
            show(nps.profile(counts, confidence_level=confidence_level), format)
            return
        ask = nps.opposite_moves if opposite else nps.contrast
        show(ask(counts, reference=label_of(counts, reference), confidence_level=confidence_level), format)


@with_design_options
def item_association(
    sources: Sources,
    metrics: Metrics,
    by: By = None,
    missing_code: MissingCodes = None,
    answered: Answered = False,
    confidence_level: Level = 0.95,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Print how closely the ratings on several questions go together."""
    with told_plainly():
        counts = read_joint(sources, metrics, by, missing_code, survey, answered=answered)
        show(nps.item_association(counts, confidence_level=confidence_level), format)


@with_design_options
def conflicting_customers(
    sources: Sources,
    metrics: Metrics,
    by: By = None,
    missing_code: MissingCodes = None,
    answered: Answered = False,
    confidence_level: Level = 0.95,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Count the customers whom two metrics judge in opposite ways, such as dissatisfied promoters."""
    with told_plainly():
        counts = read_joint(sources, metrics, by, missing_code, survey, answered=answered)
        show(nps.conflicting_customers(counts, confidence_level=confidence_level), format)


@with_design_options
def unit_ranks(
    sources: Sources,
    metrics: Metrics,
    by: By = None,
    missing_code: MissingCodes = None,
    answered: Answered = False,
    shown: Annotated[
        Ranked, typer.Option("--show", help="Ranks; how far metrics agree on them; pairs that they order oppositely.")
    ] = Ranked.ranks,
    confidence_level: Level = 0.95,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Rank units, the groups of --by, under each metric, with the ranks that chance leaves open."""
    with told_plainly():
        counts = read_joint(sources, metrics, by, missing_code, survey, answered=answered)
        if shown is Ranked.ranks:
            show(nps.unit_ranks(counts, confidence_level=confidence_level), format)
        elif shown is Ranked.agreement:
            show(nps.rank_agreement(counts, confidence_level=confidence_level), format)
        else:
            show(nps.discordant_units(counts, confidence_level=confidence_level), format)


@with_design_options
def criterion_validity(
    sources: Sources,
    metrics: Metrics,
    outcome: Outcome,
    event_is: EventIs,
    outcome_value: OutcomeValues = None,
    by: By = None,
    missing_code: MissingCodes = None,
    answered: Answered = False,
    predictor: Predictors = None,
    compared: Annotated[
        bool, typer.Option("--compare", help="Compare each two metrics: which of them predicts better?")
    ] = False,
    adjustment: AdjustmentName = "holm",
    confidence_level: Level = 0.95,
    seed: Seed = None,
    resamples: Resamples = None,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Print how well each metric tells people with different outcomes apart."""
    with told_plainly():
        counts = read_joint(
            sources,
            metrics,
            by,
            missing_code,
            survey,
            answered=answered,
            outcome=outcome,
            outcome_values=outcome_value,
        )
        if not compared:
            found = nps.criterion_validity(
                counts,
                event_is=event_is,  # type: ignore[arg-type]
                predictors=predictor or None,
                confidence_level=confidence_level,
            )
            show(found, format)
            return
        duel = nps.compare_validity(
            counts,
            event_is=event_is,  # type: ignore[arg-type]
            predictors=predictor or None,
            adjustment=adjustment,
            confidence_level=confidence_level,
            rng=seed,
            n_resamples=resamples,
        )
        show(duel, format)


@with_design_options
def detractor_weight(
    sources: Sources,
    metrics: Metrics,
    outcome: Outcome,
    event_is: EventIs,
    outcome_value: OutcomeValues = None,
    by: By = None,
    missing_code: MissingCodes = None,
    answered: Answered = False,
    confidence_level: Level = 0.95,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Estimate from an outcome how many promoters a detractor weighs."""
    with told_plainly():
        counts = read_joint(
            sources,
            metrics,
            by,
            missing_code,
            survey,
            answered=answered,
            outcome=outcome,
            outcome_values=outcome_value,
        )
        found = nps.detractor_weight(
            counts,
            event_is=event_is,  # type: ignore[arg-type]
            confidence_level=confidence_level,
        )
        show(found, format)
