"""What every result can do: become a frame, a dictionary, a table, a citation."""

import html
from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from npsstats.results.citations import bibtex, references
from npsstats.results.format import Table
from npsstats.version import __version__

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Result", "group_columns", "group_text"]


class Result(ABC):
    """An answer: fixed columns of unrounded numbers, with what they rest on.

    Every result is a frozen dataclass that says what its columns, provenance, table and sentences are; from
    them this protocol makes the forms that all results share.
    """

    __slots__ = ()

    references: tuple[str, ...]

    @abstractmethod
    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded."""

    @abstractmethod
    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on: metric, method, level, notes, version."""

    @abstractmethod
    def table(self) -> Table:
        """Give the rounded table that people read."""

    @abstractmethod
    def heading(self) -> str:
        """Say in one line what the table shows."""

    @abstractmethod
    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report."""

    @abstractmethod
    def method_text(self) -> str:
        """Say in one sentence how the numbers were made."""

    def reference_keys(self) -> tuple[str, ...]:
        """Give the bibliography keys of the methods used.

        Returns
        -------
        tuple of str
        """
        return self.references

    def to_frame(self) -> "pd.DataFrame":
        """Give the result as a pandas frame, a row per group.

        Returns
        -------
        pandas.DataFrame
        """
        import pandas as pd

        return pd.DataFrame(self._columns())

    def to_dict(self) -> dict[str, Any]:
        """Give provenance and columns as one flat dictionary that is safe for JSON.

        Numbers that JSON lacks (nan, infinite) become None; labels that it lacks become text.

        Returns
        -------
        dict
        """
        columns = {name: [_json_safe(value) for value in values] for name, values in self._columns().items()}
        return {**{name: _json_safe(value) for name, value in self.provenance().items()}, **columns}

    def to_records(self) -> list[dict[str, Any]]:
        """Give the rows of the frame as dictionaries that are safe for JSON.

        Returns
        -------
        list of dict
        """
        columns = {name: [_json_safe(value) for value in values] for name, values in self._columns().items()}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def to_markdown(self) -> str:
        """Give the table as Markdown.

        Returns
        -------
        str
        """
        return self.table().to_markdown()

    def cite(self) -> str:
        """Give the sentence to put in a report, with the references as BibTeX.

        Returns
        -------
        str
        """
        named = "; ".join(reference.short for reference in references(self.reference_keys()))
        sources = f" ({named})" if named else ""
        return (
            f"{self.method_text()}{sources}, computed with npsstats {__version__}.\n\n{bibtex(self.reference_keys())}"
        )

    def _columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns, of which none may have taken the place of a group column."""
        columns = self.columns()
        taken = {*columns, *self.provenance()}
        for name in getattr(self, "by", ()):
            if name in taken and not isinstance(columns.get(name), GroupLabels):
                msg = f"a group column cannot be called {name!r}, like a column of this answer; rename it."
                raise ValueError(msg)
        return columns

    def __str__(self) -> str:
        return f"{self.heading()}\n\n{self.table().to_text()}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.heading())}</p>\n{self.table().to_html()}"


class GroupLabels(list[Any]):
    """A column of group labels, which no other column may replace."""

    __slots__ = ()


def group_columns(by: tuple[str, ...], labels: tuple[tuple[Hashable, ...], ...]) -> dict[str, Sequence[Any]]:
    """Give the group columns of a frame."""
    return {name: GroupLabels(label[i] for label in labels) for i, name in enumerate(by)}


def group_text(label: Hashable) -> str:
    """Write a label, or several, for people."""
    if isinstance(label, tuple):
        return ", ".join(map(group_text, label))
    if label is None:
        return "(none)"
    # A date frame writes days as midnights; a missing one (NaT) is not even itself.
    if isinstance(label, datetime) and label == label and label.time() == time.min:
        return label.date().isoformat()
    return str(label) if str(label).strip() else "(blank)"


def _json_safe(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_json_safe(entry) for entry in value]
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
