"""The command on the sample itself: weights."""

from enum import StrEnum
from typing import Annotated

import typer

from npsstats.cli.options import (
    Answered,
    By,
    Format,
    MetricName,
    MissingCode,
    Rating,
    Sources,
    SurveyOptions,
    TableFormat,
    with_survey_options,
)
from npsstats.cli.samples import read_survey
from npsstats.cli.showing import show, show_all, told_plainly
from npsstats.inference.weighting import describe_weights, design_effects

__all__ = ["weights"]


class Shown(StrEnum):
    """What is told of a sample."""

    both = "both"
    weights = "weights"
    design_effects = "design-effects"


@with_survey_options
def weights(
    sources: Sources,
    rating: Rating = None,
    by: By = None,
    missing_code: MissingCode = None,
    answered: Answered = False,
    metric: MetricName = "nps",
    shown: Annotated[Shown, typer.Option("--show", help="What to print; one of the two for csv.")] = Shown.both,
    format: Format = TableFormat.text,  # noqa: A002
    *,
    survey: SurveyOptions,
) -> None:
    """Print what the weights are like, and how many independent respondents each group is worth by the design."""
    with told_plainly():
        if shown is Shown.both and format is TableFormat.csv:
            msg = "`--show` must be weights or design-effects for `--format csv`, which holds one table."
            raise ValueError(msg)
        counts = read_survey(sources, rating, by, missing_code, metric, survey)
        counts = counts.answered() if answered else counts
        if shown is Shown.weights:
            show(describe_weights(counts), format)
        elif shown is Shown.design_effects:
            show(design_effects(counts), format)
        else:
            show_all({"weights": describe_weights(counts), "design_effects": design_effects(counts)}, format)
