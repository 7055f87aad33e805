"""The natural order of group labels."""

from collections.abc import Hashable, Iterable
from typing import Any

from npsstats.typing import Label

__all__ = ["sort_labels"]


def sort_labels(labels: Iterable[Label]) -> list[Label]:
    """Sort labels column by column; where the labels of a column cannot be compared, numbers first, then as text.

    A missing label, None, comes last.
    """

    def key(label: Label) -> tuple[Any, ...]:
        return tuple((entry is None, *rank(column, entry)) for column, entry in enumerate(label))

    known = list(labels)
    mixed = {column for column in range(len(known[0]) if known else 0) if _mixed(row[column] for row in known)}

    def rank(column: int, entry: Hashable) -> tuple[Any, ...]:
        if entry is None:
            return ()
        if column not in mixed:
            return (entry,)
        number = isinstance(entry, (int, float))
        return (not number, entry if number else 0, type(entry).__name__, str(entry))

    return sorted(known, key=key)


def _mixed(entries: Iterable[Hashable]) -> bool:
    try:
        sorted({entry for entry in entries if entry is not None})  # type: ignore[type-var]
    except TypeError:
        return True
    return False
