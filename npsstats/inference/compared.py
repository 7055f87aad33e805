"""What all designs of a comparison come to: differences, with the interval and the test of a method."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from npsstats.inference.methods import Settings
from npsstats.kernels.simultaneous import Contrasts
from npsstats.ratings.scales import Metric
from npsstats.typing import FloatArray, IntArray, Label

__all__ = ["OVERLAPS", "Compared", "Limits", "Question", "apart"]

# What the caller may say of the respondents of a group and of its reference.
OVERLAPS = ("none", "contained", "unknown")

Limits = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Differences in points, with the interval and the test of a method, whatever the design.

    Attributes
    ----------
    scale : ndarray
        A standard error that is never 0, in points.
    bounds : tuple of ndarray
        The lowest and the highest difference that there can be, in points.
    limits : callable
        Takes the settings; gives both limits in points.
    test : callable
        Takes the differences under the hypothesis, in points, and the settings; gives statistic and p-value.
    contrasts : Contrasts or None
        How rows share groups; None if that is not known.
    group_errors : ndarray
        The standard errors of those groups, up to a factor.
    design : str
        Who is compared, in words; empty for independent groups.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    names: tuple[Hashable, ...]
    n: IntArray
    n_reference: IntArray
    score: FloatArray
    score_reference: FloatArray
    difference: FloatArray
    standard_error: FloatArray
    scale: FloatArray
    bounds: tuple[FloatArray, FloatArray]
    limits: Callable[[Settings], Limits]
    test: Callable[[FloatArray, Settings], Limits]
    title: str
    references: tuple[str, ...]
    contrasts: Contrasts | None
    group_errors: FloatArray
    design: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be compared with what, as the caller says it."""

    reference: Hashable
    metric: Metric | None
    window: int | None
    overlap: str
    respondents: str


def apart(rows: int) -> dict[str, Any]:
    """Say that rows share no respondents."""
    alone = Contrasts(np.arange(rows)[:, None], np.ones((rows, 1)), np.full(rows, -1), np.zeros(rows))
    return {"contrasts": alone, "group_errors": np.ones(rows)}
