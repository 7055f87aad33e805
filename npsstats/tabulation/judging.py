"""Is a raw answer a rating, a missing one, or neither?"""

import math
import re
from collections.abc import Collection
from decimal import Decimal
from enum import Enum
from typing import Any

import numpy as np

from npsstats.ratings.scales import Scale

__all__ = ["Judge", "Verdict", "plain"]

# A whole number as text: "9", " 9 ", "9.0" as files write it where a column has gaps; not "9 - likely".
WHOLE_NUMBER = re.compile(r"([+-]?\d{1,18})(\.0*)?", flags=re.ASCII)

# How much of an answer a message shows.
LONGEST = 40


class Verdict(Enum):
    """What an answer can be besides a rating."""

    MISSING = "missing"
    INVALID = "invalid"


class Judge:
    """Reads raw answers on a scale, and remembers what it has read.

    Parameters
    ----------
    scale : Scale
        The ratings.
    missing_codes : collection of int or str
        Answers that mean no answer.

    Raises
    ------
    TypeError
        If the codes are not a collection of whole numbers or texts.
    ValueError
        If a code is a rating of the scale.
    """

    def __init__(self, scale: Scale, missing_codes: Collection[Any]) -> None:
        if isinstance(missing_codes, str) or not isinstance(missing_codes, Collection):
            msg = f"`missing_codes` must be a list of codes; got {missing_codes!r}. Pass `[{missing_codes!r}]`."
            raise TypeError(msg)
        self.scale = scale
        self.codes = frozenset(map(_read, missing_codes)) - {None}
        self._known: dict[tuple[type, Any], int | Verdict] = {}
        for code in self.codes:
            if code is Verdict.INVALID:
                msg = f"`missing_codes` must be whole numbers or texts; got {list(missing_codes)!r}."
                raise TypeError(msg)
            if isinstance(code, int) and scale.low <= code <= scale.high:
                msg = f"`missing_codes` must not hold ratings of the scale {scale}; {code} is one."
                raise ValueError(msg)

    def __call__(self, answer: tuple[Any, ...]) -> int | Verdict:
        """Give the rating, for several items their sum; invalid if any item is, else missing if any is."""
        if len(answer) == 1:
            return self.item(answer[0])
        verdicts = [self.item(value) for value in answer]
        for verdict in (Verdict.INVALID, Verdict.MISSING):
            if verdict in verdicts:
                return verdict
        return sum(verdict for verdict in verdicts if isinstance(verdict, int))

    def item(self, value: Any) -> int | Verdict:
        """Judge one item."""
        # True, 1 and 1.0 are equal, and not the same answer.
        key = (type(value), value)
        verdict = self._known.get(key)
        if verdict is None:
            verdict = self._known[key] = self._judged(_read(value))
        return verdict

    def as_code(self, value: Any) -> int | str | None:
        """Give the form in which `missing_codes` could name an answer, if there is one."""
        read = _read(value)
        return read if isinstance(read, (int, str)) and len(str(read)) <= LONGEST else None

    def shown(self, value: Any) -> str:
        """Write an answer for messages: whole numbers bare, also where a file holds them as text."""
        code = self.as_code(value)
        text = repr(plain(value) if code is None else code)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} characters)"

    def _judged(self, read: int | str | Verdict | None) -> int | Verdict:
        if read is None or read in self.codes:
            return Verdict.MISSING
        return read if isinstance(read, int) and self.scale.low <= read <= self.scale.high else Verdict.INVALID


def plain(value: Any) -> Any:
    """Turn a value of any library into plain Python; what stands for no value into None."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, (float, Decimal)) and math.isnan(value) else value


def _read(value: Any) -> int | str | Verdict | None:
    """Read a whole number, or a text that is none; None if empty, invalid otherwise."""
    value = plain(value)
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        number = WHOLE_NUMBER.fullmatch(text)
        return int(number[1]) if number else text or None
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return Verdict.INVALID
    if not math.isfinite(value):
        return Verdict.INVALID
    return int(value) if value == int(value) else Verdict.INVALID
