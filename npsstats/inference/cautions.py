"""Warnings about answers that hold less than they seem to."""

import warnings

import numpy as np

from npsstats.errors import SmallSampleWarning
from npsstats.results import format as write
from npsstats.results.protocol import group_text
from npsstats.typing import FloatArray, IntArray, Label

__all__ = ["warn_of_small_contrasts", "warn_of_small_samples"]


def warn_of_small_samples(
    method: str, needed: FloatArray, n: IntArray, labels: tuple[Label, ...], *, stacklevel: int
) -> None:
    """Warn of groups with fewer respondents than a method needs to keep its level."""
    rows = np.flatnonzero(n < needed)
    if rows.size:
        first = rows[0]
        name = f"{group_text(labels[first])}, " if labels[first] else ""
        lack = f"it needs about {write.about(needed[first])}" if needed[first] < np.inf else "all of the same value"
        which = "this one (" if len(labels) == 1 else f"{rows.size} of these {len(labels)} (first: "
        msg = (
            f"method {method!r} falls short of its level in groups as small, or as lopsided, as {which}{name}"
            f"n = {write.integer(n[first])}, {lack}). Use method='score'."
        )
        warnings.warn(msg, SmallSampleWarning, stacklevel=stacklevel)


def warn_of_small_contrasts(
    method: str, shortfall: FloatArray, sizes: list[IntArray], labels: tuple[Label, ...], *, stacklevel: int
) -> None:
    """Warn of differences for which a method needs more respondents than there are.

    `shortfall` says how many times as many it needs; inf where the ratings of all have the same value.
    """
    rows = np.flatnonzero(shortfall > 1)
    if rows.size:
        first = rows[0]
        many = shortfall[first]
        lack = "in each all ratings have the same value" if many == np.inf else f"it needs {many:.1f} times as many"
        which = "this one (" if len(labels) == 1 else f"{rows.size} of these {len(labels)} (first: "
        name = f"{group_text(labels[first])}, " if labels[first] else ""
        n = " and ".join(write.integer(side[first]) for side in sizes)
        msg = (
            f"method {method!r} falls short of its level in differences of groups as small, or as lopsided, as "
            f"{which}{name}n = {n}; {lack}). Use method='score'."
        )
        warnings.warn(msg, SmallSampleWarning, stacklevel=stacklevel)
