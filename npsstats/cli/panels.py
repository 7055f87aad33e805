"""The command on two waves of the same people: pairs."""

from typing import Annotated

import typer

import npsstats as nps
from npsstats.cli.options import (
    AdjustmentName,
    AlternativeName,
    By,
    Format,
    Level,
    MetricName,
    MissingCode,
    NullDifference,
    Resamples,
    Seed,
    Sides,
    Sources,
    TableFormat,
)
from npsstats.cli.reading import read_pairs
from npsstats.cli.showing import show, told_plainly
from npsstats.inference.overlap import RESPONDENTS
from npsstats.inference.paired import PAIRED_METHODS

__all__ = ["compare_pairs"]


def compare_pairs(
    sources: Sources,
    first: Annotated[
        list[str],
        typer.Option(help="Column of the first ratings; with --period, label of the first wave.", show_default=False),
    ],
    second: Annotated[
        list[str],
        typer.Option(help="Column of the second ratings; with --period, label of the second wave.", show_default=False),
    ],
    rating: Annotated[
        list[str] | None, typer.Option(help="With --period: column of the ratings.", show_default=False)
    ] = None,
    respondent: Annotated[
        str | None, typer.Option(help="Column that says who answered; needed with --period.", show_default=False)
    ] = None,
    period: Annotated[
        str | None, typer.Option(help="Column of the waves, if there is a row for each rating.", show_default=False)
    ] = None,
    by: By = None,
    by_from: Annotated[
        str | None,
        typer.Option(help="Of who changes the group: first or second, the wave that counts.", show_default=False),
    ] = None,
    duplicates: Annotated[
        str, typer.Option(help="Of several ratings of a respondent in a wave: error, first, last or mean.")
    ] = "error",
    missing_code: MissingCode = None,
    answered: Annotated[
        bool, typer.Option("--answered", help="Leave out groups without anybody in both waves.")
    ] = False,
    respondents: Annotated[
        str,
        typer.Option(
            help=f"Who is compared, one of {', '.join(RESPONDENTS)}: those in both waves; all of each wave; all, "
            "weighted for the least variance."
        ),
    ] = "paired",
    flows: Annotated[
        bool, typer.Option("--flows", help="Print who moved from where to where, not the difference.")
    ] = False,
    metric: MetricName = "nps",
    method: Annotated[
        str,
        typer.Option(help=f"One of {', '.join(PAIRED_METHODS)}; for all and optimal, one of compare's first."),
    ] = "score",
    alternative: AlternativeName = Sides.two_sided,
    null_difference: NullDifference = 0.0,
    adjustment: AdjustmentName = "holm",
    confidence_level: Level = 0.95,
    seed: Seed = None,
    resamples: Resamples = None,
    format: Format = TableFormat.text,  # noqa: A002
) -> None:
    """Compare two ratings of the same people: columns of a row each, or rows matched by --respondent."""
    with told_plainly():
        if flows:
            _check_flows({"--method": method != "score", "--respondents": respondents != "paired"})
        pairs = read_pairs(
            sources,
            (first, second),
            rating=rating,
            respondent=respondent,
            period=period,
            by=by,
            by_from=by_from,
            duplicates=duplicates,
            missing_code=missing_code,
            metric=metric,
            answered=answered,
        )
        if flows:
            show(nps.transitions(pairs, confidence_level=confidence_level), format)
            return
        result = nps.compare(
            pairs,
            method=method,
            alternative=alternative.value,
            null_difference=null_difference,
            adjustment=adjustment,
            respondents=respondents,
            confidence_level=confidence_level,
            rng=seed,
            n_resamples=resamples,
        )
        show(result, format)


def _check_flows(given: dict[str, bool]) -> None:
    """Check that flows are not asked for with options of the difference."""
    for option, true in given.items():
        if true:
            msg = f"`{option}` is for the difference, not for `--flows`, which are those of people in both waves."
            raise ValueError(msg)
