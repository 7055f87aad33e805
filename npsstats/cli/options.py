"""The options that several commands share, and how their texts are read."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import partial, wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any

import typer

import npsstats as nps
from npsstats.inference.adjustment import ADJUSTMENTS
from npsstats.inference.compared import OVERLAPS
from npsstats.inference.contrasts import CONTRAST_METHODS
from npsstats.inference.pairing import REFERENCES
from npsstats.tabulation.margins import CALIBRATIONS

__all__ = [
    "KINDS",
    "METRICS",
    "AdjustmentName",
    "AlternativeName",
    "Answered",
    "By",
    "DifferenceMethod",
    "EventIs",
    "Format",
    "Groups",
    "Level",
    "MetricName",
    "Metrics",
    "MissingCode",
    "MissingCodes",
    "NullDifference",
    "OptionalGroups",
    "Outcome",
    "OutcomeValues",
    "OverlapName",
    "PseudoCounts",
    "Rating",
    "Reference",
    "Resamples",
    "Seed",
    "Sides",
    "Sources",
    "SurveyOptions",
    "TableFormat",
    "Window",
    "numbers",
    "with_design_options",
    "with_survey_options",
]

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

# References that do not contain the group itself.
WORDS = tuple(word for word in REFERENCES if word != "total")

# Kinds of metrics that are named with their scale.
KINDS = "mean:1-10, top-2:1-10, net-9-6:0-10, effort-low:1-7 (low is easy)"


class TableFormat(StrEnum):
    """How tables are printed."""

    text = "text"
    markdown = "markdown"
    csv = "csv"
    json = "json"


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
Answered = Annotated[bool, typer.Option("--answered", help="Leave out groups without a rating.")]
MetricName = Annotated[
    str,
    typer.Option("--metric", help=f"One of {', '.join(METRICS)}, or such as {KINDS}."),
]
DifferenceMethod = Annotated[
    str,
    typer.Option("--method", help=f"One of {', '.join(CONTRAST_METHODS)}; against a number, one of estimate's."),
]
AlternativeName = Annotated[
    Sides, typer.Option("--alternative", help="greater: a lower limit only; less: an upper one.")
]
NullDifference = Annotated[
    float, typer.Option("--null-difference", help="The difference under the hypothesis, in points.")
]
AdjustmentName = Annotated[
    str,
    typer.Option(
        "--adjustment", help=f"For several comparisons: one of {', '.join(ADJUSTMENTS)}; max-z also widens intervals."
    ),
]
Window = Annotated[
    int | None,
    typer.Option("--window", help="Compare windows of so many successive periods.", show_default=False),
]
OverlapName = Annotated[
    str,
    typer.Option(
        "--overlap",
        help=f"What a group and its reference have in common, one of {', '.join(OVERLAPS)}; contained: all of the "
        "group are part of the reference.",
    ),
]
Level = Annotated[float, typer.Option("--confidence-level", help="Level of the intervals, between 0 and 1.")]
Reference = Annotated[
    str, typer.Option("--reference", help=f"Label of a group, one of {', '.join(REFERENCES)}, or a number in points.")
]
Metrics = Annotated[
    list[str],
    typer.Option(
        "--metric",
        metavar="COLUMN=METRIC",
        help=f"What a column measures; once for each. One of {', '.join(METRICS)}, or such as {KINDS}.",
        show_default=False,
    ),
]
MissingCodes = Annotated[
    list[str] | None,
    typer.Option(
        "--missing-code",
        metavar="[COLUMN=]CODE",
        help="Answer that means no answer, in one column or in all; may be given several times.",
        show_default=False,
    ),
]
Outcome = Annotated[
    str,
    typer.Option("--outcome", help="Column of what became of the respondents: 0 or 1, or an amount."),
]
OutcomeValues = Annotated[
    list[str] | None,
    typer.Option(
        "--outcome-value", metavar="VALUE=NUMBER", help="What a value counts, such as left=1.", show_default=False
    ),
]
EventIs = Annotated[
    str, typer.Option("--event-is", help="Whether 1, or a larger amount, is bad or good news.", show_default=False)
]
Groups = Annotated[str, typer.Option("--reference", help=f"Label of a group, or one of {', '.join(WORDS)}.")]
OptionalGroups = Annotated[
    str | None,
    typer.Option(
        "--reference",
        help=f"Label of a group, or one of {', '.join(WORDS)}; without it, each group by itself.",
        show_default=False,
    ),
]
PseudoCounts = Annotated[
    str | None, typer.Option("--pseudo-counts", help="For adjusted-wald, such as 0.75,1.5,0.75.", show_default=False)
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", min=0, help="Where random numbers are drawn: their seed.", show_default=False),
]
Resamples = Annotated[
    int | None,
    typer.Option("--resamples", min=1, help="Where random numbers are drawn: how many times.", show_default=False),
]
Format = Annotated[TableFormat, typer.Option("--format", help="How the table is printed.")]


def _of_survey(help_text: str, *names: str) -> Any:
    """Make an option that stands with the others of a survey."""
    return typer.Option(*names, help=help_text, show_default=False, rich_help_panel="Weights and design of the sample")


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyOptions:
    """What is said of a sample whose respondents do not all count the same, or do not answer independently."""

    weight: Annotated[str | None, _of_survey("Column of the weights.")] = None
    strata: Annotated[list[str] | None, _of_survey("Column of the strata; several are crossed.")] = None
    cluster: Annotated[
        list[str] | None, _of_survey("Column of the clusters that were drawn; several are stages, the first one first.")
    ] = None
    respondent: Annotated[
        str | None, _of_survey("Column that says who answered: all answers of a respondent are a cluster.")
    ] = None
    duplicates: Annotated[
        str, _of_survey("Of several ratings of a respondent in a group: error (as by default), first, last or all.")
    ] = "error"
    fpc: Annotated[
        list[str] | None,
        _of_survey("Units in the population, or the share drawn: a number, or a column for each stage.", "--fpc"),
    ] = None
    nest: Annotated[
        bool | None,
        _of_survey("Whether labels of clusters start anew in each stratum, and each LABEL=.", "--nest/--no-nest"),
    ] = None
    lonely: Annotated[
        str, _of_survey("What a stratum with one cluster counts: error (as by default), adjust or certainty.")
    ] = "error"
    margins: Annotated[
        list[str] | None,
        _of_survey("CSV file of the population: columns of categories, then one called total; once for each margin."),
    ] = None
    calibration: Annotated[
        str | None, _of_survey(f"How weights are made to meet the margins: one of {', '.join(CALIBRATIONS)}.")
    ] = None
    bounds: Annotated[str | None, _of_survey("Least and greatest factor of linear or logit, such as 0.3,3.")] = None
    trim: Annotated[str | None, _of_survey("Least and greatest weight, in mean weights, such as 0.2,5.")] = None

    @property
    def given(self) -> list[str]:
        """The options that differ from their default."""
        return [f"--{field.name}" for field in fields(self) if getattr(self, field.name) not in (field.default, [])]


def with_survey_options(command: Callable[..., None], *, only: Collection[str] = ()) -> Callable[..., None]:
    """Give a command the options of a survey, or only some of them, together as its argument `survey`."""
    chosen = [field for field in fields(SurveyOptions) if not only or field.name in only]

    @wraps(command)
    def run(**given: Any) -> None:
        survey = SurveyOptions(**{field.name: given.pop(field.name) for field in chosen})
        command(**given, survey=survey)

    own = [parameter for parameter in signature(command).parameters.values() if parameter.name != "survey"]
    added = [
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type) for field in chosen
    ]
    # Typer reads options off the signature.
    run.__signature__ = Signature([*own, *added])  # type: ignore[attr-defined]
    return run


# What `tabulate_joint` knows of a survey.
with_design_options = partial(with_survey_options, only=("weight", "strata", "cluster", "nest", "lonely"))


def numbers(rule: str, text: str, example: str = "1,1,1") -> list[float]:
    """Read numbers that are separated by commas."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        msg = f"{rule} numbers separated by commas, such as {example}; got {text!r}."
        raise ValueError(msg) from None
