"""The options that several commands share, and how their texts are read."""

from enum import StrEnum
from typing import Annotated

import typer

import npsstats as nps
from npsstats.inference.adjustment import ADJUSTMENTS
from npsstats.inference.compared import OVERLAPS
from npsstats.inference.contrasts import CONTRAST_METHODS
from npsstats.inference.pairing import REFERENCES

__all__ = [
    "METRICS",
    "AdjustmentName",
    "AlternativeName",
    "Answered",
    "By",
    "DifferenceMethod",
    "Format",
    "Level",
    "MetricName",
    "MissingCode",
    "NullDifference",
    "OverlapName",
    "PseudoCounts",
    "Rating",
    "Reference",
    "Resamples",
    "Seed",
    "Sides",
    "Sources",
    "TableFormat",
    "Window",
    "numbers",
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
MetricName = Annotated[str, typer.Option("--metric", help=f"One of {', '.join(METRICS)}.")]
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


def numbers(rule: str, text: str, example: str = "1,1,1") -> list[float]:
    """Read numbers that are separated by commas."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        msg = f"{rule} numbers separated by commas, such as {example}; got {text!r}."
        raise ValueError(msg) from None
