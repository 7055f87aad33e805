"""The command before a survey: plan."""

from typing import Annotated, Any

import numpy as np
import typer

import npsstats as nps
from npsstats.cli.options import (
    AlternativeName,
    Format,
    Level,
    MetricName,
    MissingCode,
    Rating,
    Sides,
    TableFormat,
    numbers,
)
from npsstats.cli.reading import read_counts, read_metric
from npsstats.cli.showing import show, told_plainly
from npsstats.inference.assumptions import DESIGNS
from npsstats.typing import FloatArray

__all__ = ["plan"]

Several = Annotated[str | None, typer.Option(show_default=False)]


def _several(text: str) -> Any:
    return typer.Option(help=f"{text}; several, as in 5,10, make all combinations.", show_default=False)


def plan(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCE...]", help="Files of a pilot or an earlier wave, in place of --shares."),
    ] = None,
    shares: Annotated[
        str | None,
        typer.Option(
            help="Assumed share of each value, lowest first: detractors, passives, promoters, as in 0.2,0.4,0.4. Of "
            "pairs of values, rows by the first rating: 0.1,0.1,0;0.1,0.2,0.1;0,0.1,0.3.",
            show_default=False,
        ),
    ] = None,
    rating: Rating = None,
    missing_code: MissingCode = None,
    n: Annotated[str | None, _several("Respondents of the group: what can they show?")] = None,
    difference: Annotated[str | None, _several("True difference, in points")] = None,
    margin: Annotated[str | None, _several("Margin of equivalence, in points; one-sided of non-inferiority")] = None,
    width: Annotated[str | None, _several("Full width of the interval, in points")] = None,
    power: Annotated[str | None, _several("Probability of showing what is there, 0.8 by default")] = None,
    design: Annotated[str | None, typer.Option(help=f"One of {', '.join(DESIGNS)}.", show_default=False)] = None,
    shares_reference: Annotated[
        str | None, typer.Option(help="Shares of the reference, if they are others.", show_default=False)
    ] = None,
    ratio: Annotated[str | None, _several("Respondents of the reference for each of the group")] = None,
    n_reference: Annotated[str | None, _several("Respondents of the reference, if their number is fixed")] = None,
    correlation: Annotated[str | None, _several("Of the two ratings of one respondent")] = None,
    overlap: Annotated[str | None, _several("Share of the smaller wave who are in both, 0 to 1")] = None,
    design_effect: Annotated[str | None, _several("Factor by which the design raises the variance")] = None,
    population: Annotated[str | None, _several("How many people there are in all")] = None,
    response_rate: Annotated[str | None, _several("Share of those invited who answer, 0 to 1")] = None,
    comparisons: Annotated[int, typer.Option(help="How many comparisons share the probability of an error.")] = 1,
    exact: Annotated[bool, typer.Option("--exact", help="Enumerate all samples, for up to 60 respondents.")] = False,
    metric: MetricName = "nps",
    alternative: AlternativeName = Sides.two_sided,
    confidence_level: Level = 0.95,
    format: Format = TableFormat.text,  # noqa: A002
) -> None:
    """Plan a survey: respondents that a goal takes; with --n its power, or the smallest difference that is seen."""
    with told_plainly():
        lists = {
            "n": n, "difference": difference, "margin": margin, "width": width, "power": power, "ratio": ratio,
            "n_reference": n_reference, "correlation": correlation, "overlap": overlap,
            "design_effect": design_effect, "population": population, "response_rate": response_rate,
        }  # fmt: skip
        options: dict[str, Any] = {
            **_combined({name: text for name, text in lists.items() if text is not None}),
            "design": design,
            "shares_reference": None if shares_reference is None else _shares("shares-reference", shares_reference),
            "metric": read_metric(metric),
            "alternative": alternative.value,
            "confidence_level": confidence_level,
            "comparisons": comparisons,
            "exact": exact,
        }
        if sources and shares is None:
            assumed: Any = read_counts(sources, rating, None, missing_code, metric).pool()
        elif shares is not None and not sources:
            assumed = _shares("shares", shares)
        else:
            msg = "a plan needs `--shares`, such as 0.2,0.4,0.4, or the files of an earlier wave: one of them."
            raise ValueError(msg)
        show(_answer(assumed, options), format)


def _answer(assumed: Any, options: dict[str, Any]) -> nps.Plan:
    """Ask for what was not given: the number of respondents, their power, or the difference that they show."""
    if "n" not in options:
        return nps.sample_size(assumed, **options)
    if "width" in options:
        msg = (
            "`--width` and `--n` say the same thing: leave out `--n` for the respondents that a width takes, or "
            "`--width` for what these respondents can show."
        )
        raise ValueError(msg)
    if "power" in options and ("difference" in options or "margin" in options):
        msg = (
            "`--n`, `--power` and a goal leave nothing to compute: leave out `--n` for the respondents, `--power` for "
            "their power, or the goal for the smallest difference that they show."
        )
        raise ValueError(msg)
    implied = options["shares_reference"] is not None and "power" not in options
    if "difference" in options or "margin" in options or implied:
        return nps.power(assumed, **options)
    return nps.detectable_difference(assumed, **options)


def _shares(option: str, text: str) -> list[Any]:
    """Read shares, or rows of them."""
    rows = [numbers(f"`--{option}` must be", row, "0.2,0.4,0.4") for row in text.split(";")]
    return rows if len(rows) > 1 else rows[0]


def _combined(lists: dict[str, str]) -> dict[str, FloatArray]:
    """Read lists of numbers, each along an axis of its own, so that all combinations are planned."""
    read = {name: numbers(f"`--{name.replace('_', '-')}` must be", text, "5,10") for name, text in lists.items()}
    long = [name for name, values in read.items() if len(values) > 1]
    shapes = {name: [-1 if other == name else 1 for other in long] for name in read}
    return {name: np.array(values).reshape(shapes[name] if name in long else ()) for name, values in read.items()}
