"""Checks of single arguments, with messages that name them."""

from numbers import Real
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from npsstats.typing import FloatArray, IntArray

__all__ = ["check_number", "check_rng", "check_type", "check_whole_number", "numbers", "whole_numbers"]

Kind = TypeVar("Kind")


def check_type(name: str, value: object, kind: type[Kind], example: str) -> Kind:
    """Check that an argument is of a class of the package."""
    if not isinstance(value, kind):
        msg = f"`{name}` must be a {kind.__name__} such as {example}; got {value!r}."
        raise TypeError(msg)
    return value


def check_whole_number(name: str, value: Any) -> int:
    """Check that an argument is a whole number, and no truth value."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        msg = f"`{name}` must be a whole number; got {value!r}."
        raise TypeError(msg)
    return int(value)


def check_number(name: str, value: Any) -> float:
    """Check that an argument is a number, and no truth value."""
    if isinstance(value, bool) or not isinstance(value, (Real, np.number)):
        msg = f"`{name}` must be a number; got {value!r}."
        raise TypeError(msg)
    return float(value)


def check_rng(rng: Any) -> np.random.Generator:
    """Make a generator of random numbers from a seed, a generator, or fresh entropy."""
    msg = f"`rng` must be None, a seed (a whole number, 0 or more) or a numpy.random.Generator; got {rng!r}."
    if isinstance(rng, bool):
        raise TypeError(msg)
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise TypeError(msg) from None


def numbers(name: str, values: ArrayLike) -> FloatArray:
    """Turn one or several numbers into a one-dimensional array."""
    array = np.atleast_1d(np.asarray(values))
    if array.dtype.kind not in "iuf" or array.ndim != 1:
        msg = f"`{name}` must be a number or one per group; got {values!r}."
        raise TypeError(msg)
    return array.astype(np.float64)


def whole_numbers(name: str, values: ArrayLike) -> IntArray:
    """Copy to int64 what are counts; refuse anything else."""
    array = np.asarray(values)
    if array.dtype.kind not in "iuf":
        msg = f"`{name}` must be whole numbers, 0 or more; got values of type {array.dtype}."
        raise TypeError(msg)
    with np.errstate(invalid="ignore"):
        whole = array.astype(np.int64)
    wrong = (whole != array) | (whole < 0)
    if wrong.any():
        msg = f"`{name}` must be whole numbers, 0 or more; {wrong.sum()} are not (first: {array[wrong][0]})."
        raise ValueError(msg)
    return whole
