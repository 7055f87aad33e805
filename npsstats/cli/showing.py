"""From a result to what is printed, and from errors and warnings to messages in the words of the command line."""

import json
import os
import re
import shlex
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import typer

import npsstats as nps
from npsstats.cli.options import TableFormat
from npsstats.reporting.documents import findings
from npsstats.results.protocol import Result

__all__ = ["echo", "in_sentences", "show", "told_plainly"]

PLAIN_SIGNS = str.maketrans({"−": "-", "–": "-", "×": "x", "∞": "inf", "…": "...", "“": '"', "”": '"', "→": "->"})

# So many sentences are printed; the table has the other rows.
MOST_SENTENCES = 12

# The arguments of the library that are options here, and the options where they are called otherwise.
ARGUMENTS = (
    "adjustment", "alternative", "by", "by_from", "claim", "comparisons", "confidence_level", "correlation",
    "design", "design_effect", "difference", "duplicates", "exact", "exchange", "first", "greater_than", "margin",
    "max_changes", "method", "metric", "missing_codes", "n", "n_reference", "n_resamples", "null_difference", "on",
    "overdispersion", "overlap", "penalty", "period", "population", "power", "prior", "pseudo_counts", "rating",
    "ratio", "reference", "respondent", "respondents", "response_rate", "rng", "season", "second", "shares",
    "shares_reference", "width", "window",
)  # fmt: skip
OTHERWISE = {"missing_codes": "missing-code", "n_resamples": "resamples", "rng": "seed"}
NAMED = re.compile(rf"`({'|'.join(ARGUMENTS)})`")
CALLED = re.compile(rf"(`?)\b({'|'.join(ARGUMENTS)})='([^'\s]+)'\1")


def show(result: Result, format: TableFormat, *, in_words: bool = True) -> None:  # noqa: A002
    """Print a result; as text with its sentences."""
    if format is TableFormat.json:
        written = json.dumps(result.to_records(), indent=2, ensure_ascii=False, allow_nan=False)
        if not _encodable(written):
            written = json.dumps(result.to_records(), indent=2, allow_nan=False)
        echo(f"{written}\n")
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
def told_plainly() -> Iterator[None]:
    """Turn warnings into notes and expected errors into one message, without a traceback."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        failure: str | None = None
        try:
            yield
        except (ValueError, TypeError, OSError) as error:
            failure = _with_options(str(error))
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


def _with_options(text: str) -> str:
    """Call the arguments of the library by the options that they are on the command line."""
    text = CALLED.sub(lambda found: f"{_option(found[2])} {found[3]}", text)
    text = re.sub(r"`'([\w-]+)'`", r"\1", text)
    text = re.sub(r"`(counts|pairs)\.answered\(\)`|`pairs\.select\(\.\.\.\)`", "`--answered`", text)
    # Periods are always labels here.
    text = re.sub(r", or pass `times`[^.]*", "", text)
    return NAMED.sub(lambda found: f"`{_option(found[1])}`", text)


def _option(argument: str) -> str:
    return f"--{OTHERWISE.get(argument, argument.replace('_', '-'))}"


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def _encodable(text: str) -> bool:
    return text.encode(_encoding(), errors="replace").decode(_encoding()) == text


def _shell_word(code: int | str) -> str:
    return shlex.quote(str(code))
