"""From a result to what is printed, and from errors and warnings to messages in the words of the command line."""

import json
import os
import re
import shlex
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import typer

import npsstats as nps
from npsstats.cli.options import TableFormat
from npsstats.reporting.sentences import findings
from npsstats.results.protocol import Result

__all__ = ["echo", "in_sentences", "show", "show_all", "told_plainly"]

PLAIN_SIGNS = str.maketrans({"−": "-", "–": "-", "×": "x", "∞": "inf", "…": "...", "“": '"', "”": '"', "→": "->"})

# So many sentences are printed; the table has the other rows.
MOST_SENTENCES = 12

# The arguments of the library that are options here, and the options where they are called otherwise.
ARGUMENTS = (
    "adjustment", "against", "alternative", "bounds", "by", "by_from", "calibration", "claim", "cluster",
    "comparisons", "confidence_level", "correlation", "deep_to", "design", "design_effect", "detractor_weights",
    "difference", "duplicates", "event_is", "exact", "exchange", "first", "fpc", "greater_than", "least_share",
    "lonely", "margin", "margins", "max_changes", "method", "metric", "missing_codes", "most_share", "n",
    "n_reference", "n_resamples", "nest", "null_difference", "on", "others", "outcome", "outcome_values",
    "overdispersion", "overlap", "penalty", "period", "population", "power", "predictors", "prior", "pseudo_counts",
    "rating", "ratio", "reference", "respondent", "respondents", "response_rate", "rng", "season", "second", "shares",
    "shares_reference", "strata", "trim", "weight", "width", "window",
)  # fmt: skip
OTHERWISE = {
    "detractor_weights": "detractor-weight",
    "missing_codes": "missing-code",
    "n_resamples": "resamples",
    "others": "other",
    "outcome_values": "outcome-value",
    "predictors": "predictor",
    "rng": "seed",
}
NAMED = re.compile(rf"`({'|'.join(ARGUMENTS)})`")
CALLED = re.compile(rf"(`?)\b({'|'.join(ARGUMENTS)})=(['\"])([^'\"\s]+)\3\1")
CALLED_TRUE = re.compile(rf"`({'|'.join(ARGUMENTS)})=True`")
PAIR = re.compile(r"(such as|`--\w+`) \(([-.\d]+), ([-.\d]+)\)")
CALLED_PAIR = re.compile(rf"`({'|'.join(ARGUMENTS)})=\(([-.\d]+), ([-.\d]+)\)`")

# Metrics that a message makes, and codes by column.
MADE = (
    (
        re.compile(
            r'npsstats\.effort_score\(npsstats\.Scale\((-?\d+), (-?\d+)\), favourable="high"\)(.*?)favourable="low"'
        ),
        r"`effort-high:\1-\2`\3`effort-low:\1-\2`",
    ),
    (
        re.compile(r"metric=npsstats\.net_score\(counts\.scale, promoters_from=(\d+), detractors_to=(\d+)\)"),
        r"`--metric net-\1-\2:\2-\1`",
    ),
    (re.compile(r"\bnet_score\(scale, promoters_from=\.\.\., detractors_to=\.\.\.\)"), "`--metric net-9-6:0-10`"),
    (re.compile(r'as in by=\["(\w+)", "(\w+)"\]'), r"as in `--by \1 --by \2`"),
    (re.compile(r"`by` to `tabulate_joint`"), "`--by`"),
    (re.compile(r"as \{'([^']+)': \['?(.*?)'?\]\}"), r"as `--missing-code \1=\2`"),
    (
        re.compile(r"npsstats\.tabulate_joint\(\.\.\., outcome_values=\{([^:]+): 1, ([^:]+): 0\}\)"),
        r"`--outcome-value \1=1 --outcome-value \2=0`",
    ),
)


def show(result: Result, format: TableFormat, *, in_words: bool = True) -> None:  # noqa: A002
    """Print a result; as text with its sentences."""
    if format is TableFormat.json:
        _echo_json(result.to_records())
    elif format is TableFormat.csv:
        written = result.to_frame().to_csv(index=False)
        if not _encodable(written):
            msg = (
                f"the encoding of the output, {_encoding()}, lacks signs of the labels. Set PYTHONIOENCODING=utf-8, "
                "or use --format json."
            )
            raise ValueError(msg)
        echo(written)
    elif format is TableFormat.markdown:
        echo(result.to_markdown() + "\n")
    else:
        echo(f"{result}\n" if result.table().rows else f"{result.heading()}\n")
        if in_words:
            echo(f"\n{in_sentences(result)}\n")
    for note in result.provenance()["notes"]:
        _note(note)


def show_all(results: dict[str, Result], format: TableFormat) -> None:  # noqa: A002
    """Print several results of the same counts, one below the other; as JSON by their names."""
    if format is TableFormat.json:
        _echo_json({name: result.to_records() for name, result in results.items()})
    elif format is TableFormat.markdown:
        echo("\n\n".join(result.to_markdown() for result in results.values()) + "\n")
    else:
        echo("\n\n".join(f"{result}\n\n{in_sentences(result)}" for result in results.values()) + "\n")
    for note in dict.fromkeys(note for result in results.values() for note in result.provenance()["notes"]):
        _note(note)


def _echo_json(content: Any) -> None:
    written = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    echo(f"{written if _encodable(written) else json.dumps(content, indent=2, allow_nan=False)}\n")


def in_sentences(result: Result) -> str:
    """Say a result in words, of many differences those that are detected."""
    chosen, left = findings(result, MOST_SENTENCES)
    return "\n".join([*chosen, *([f"The other {left} are in the table."] if left else [])])


def echo(text: str) -> None:
    """Print; where a terminal or pipe lacks a sign, a plainer one instead, and none for a reader that has left."""
    if not _encodable(text):
        text = text.translate(PLAIN_SIGNS).encode(_encoding(), errors="replace").decode(_encoding())
    try:
        typer.echo(text, nl=False)
    except BrokenPipeError:
        # What Python itself flushes at exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None


@contextmanager
def told_plainly(**called: str) -> Iterator[None]:
    """Turn warnings into notes and expected errors into one message, without a traceback.

    Options of one command that are called otherwise than the arguments are given by the names of these.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        failure: str | None = None
        try:
            yield
        except (ValueError, TypeError, OSError) as error:
            failure = _with_options(str(error), called)
            if isinstance(error, nps.InvalidRatingError) and error.codes:
                options = " ".join(f"--missing-code {_shell_word(code)}" for code in error.codes)
                failure += f" On the command line: {options}"
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        _note(message)
    if failure is not None:
        typer.echo(f"Error: {failure}", err=True)
        raise typer.Exit(1)


def _note(text: str) -> None:
    typer.echo(f"Note: {_with_options(text)}", err=True)


def _with_options(text: str, called: Mapping[str, str] = MappingProxyType({})) -> str:
    """Call the arguments of the library by the options that they are on the command line."""
    for made, option in MADE:
        text = made.sub(option, text)
    text = CALLED.sub(lambda found: f"{_option(found[2])} {found[4]}", text)
    text = CALLED_TRUE.sub(lambda found: f"`{_option(found[1])}`", text)
    text = CALLED_PAIR.sub(lambda found: f"`{_option(found[1])} {found[2]},{found[3]}`", text)
    text = re.sub(r"`(['\"])([\w-]+)\1`", r"\2", text)
    text = re.sub(r"`(counts|pairs)\.answered\(\)`|`pairs\.select\(\.\.\.\)`", "`--answered`", text)
    # Periods are always labels here.
    text = re.sub(r", or pass `times`[^.]*", "", text)
    text = NAMED.sub(lambda found: f"`{_option(called.get(found[1], found[1]))}`", text)
    return PAIR.sub(r"\1 \2,\3", text)


def _option(argument: str) -> str:
    return f"--{OTHERWISE.get(argument, argument.replace('_', '-'))}"


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def _encodable(text: str) -> bool:
    return text.encode(_encoding(), errors="replace").decode(_encoding()) == text


def _shell_word(code: int | str) -> str:
    return shlex.quote(str(code))
