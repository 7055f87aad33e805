"""The program: its commands, in the order in which the help lists them."""

from collections.abc import Callable
from typing import Annotated

import typer

import npsstats as nps
from npsstats.cli.comparing import compare, equivalence, homogeneity
from npsstats.cli.contrasting import (
    conflicting_customers,
    contrast,
    criterion_validity,
    detractor_weight,
    item_association,
    unit_ranks,
)
from npsstats.cli.panels import compare_pairs
from npsstats.cli.probing import decompose, dominance, efficiency, eights, polarisation, score_flips, sensitivity
from npsstats.cli.scoring import estimate, posterior, report
from npsstats.cli.showing import echo
from npsstats.cli.surveying import plan
from npsstats.cli.tracking import find_changes, trend
from npsstats.cli.weighting import weights

__all__ = ["app"]

app = typer.Typer(
    help="Net Promoter Score statistics: scores and differences with intervals, as tables or as a report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

COMMANDS: dict[str, dict[str, Callable[..., None]]] = {
    "Scores": {"report": report, "estimate": estimate, "posterior": posterior},
    "Differences": {
        "compare": compare,
        "pairs": compare_pairs,
        "equivalence": equivalence,
        "homogeneity": homogeneity,
    },
    "Over time": {"trend": trend, "changes": find_changes},
    "Where the number misleads": {
        "polarisation": polarisation,
        "dominance": dominance,
        "flips": score_flips,
        "sensitivity": sensitivity,
        "eights": eights,
        "decompose": decompose,
        "efficiency": efficiency,
    },
    "Several metrics of the same people": {
        "contrast": contrast,
        "customers": conflicting_customers,
        "items": item_association,
        "ranks": unit_ranks,
        "validity": criterion_validity,
        "detractor-weight": detractor_weight,
    },
    "The sample": {"weights": weights},
    "Before the survey": {"plan": plan},
}


def _version(wanted: bool) -> None:
    if wanted:
        echo(f"npsstats {nps.__version__}\n")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    """Net Promoter Score statistics."""


for _panel, _commands in COMMANDS.items():
    for _name, _command in _commands.items():
        app.command(_name, rich_help_panel=_panel)(_command)
