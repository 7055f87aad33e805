"""The natural order of group labels."""

from collections.abc import Collection, Hashable, Iterable
from typing import Any

from npsstats.ratings.periods import read_periods
from npsstats.typing import Label

__all__ = ["sort_labels"]


def sort_labels(labels: Iterable[Label]) -> list[Label]:
    """Sort labels column by column; where the labels of a column cannot be compared, numbers first, then as text.

    Texts that all read as periods of one kind are sorted by time: "Q4 2024" before "Q1 2025". A missing label, None,
    comes last.
    """

    def key(label: Label) -> tuple[Any, ...]:
        return tuple((entry is None, *rank(column, entry)) for column, entry in enumerate(label))

    known = list(labels)
    columns = [{row[column] for row in known} - {None} for column in range(len(known[0]) if known else 0)]
    mixed = {column for column, entries in enumerate(columns) if _mixed(entries)}
    times = {column: _times(entries) for column, entries in enumerate(columns)}

    def rank(column: int, entry: Hashable) -> tuple[Any, ...]:
        if entry is None:
            return ()
        if column not in mixed:
            # Two ways to write one period are sorted as text.
            return (times[column].get(entry, 0), entry)
        number = isinstance(entry, (int, float))
        return (not number, entry if number else 0, type(entry).__name__, str(entry))

    return sorted(known, key=key)


def _mixed(entries: Iterable[Hashable]) -> bool:
    try:
        sorted(entries)  # type: ignore[type-var]
    except TypeError:
        return True
    return False


def _times(entries: Collection[Hashable]) -> dict[Hashable, int]:
    """When each label is, if all are texts that read as periods of one kind."""
    texts = [entry for entry in entries if isinstance(entry, str)]
    periods = read_periods(texts) if len(texts) == len(entries) else None
    return {} if periods is None else dict(zip(texts, periods.ordinal.tolist(), strict=True))
