"""Reading files through DuckDB, which streams them: no file needs to fit into memory."""

import glob
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from npsstats.tabulation.answers import Answer, Reading
from npsstats.tabulation.frames import match_columns, trimmed
from npsstats.tabulation.judging import plain
from npsstats.typing import Label

__all__ = ["read_files"]

# How DuckDB reads a file, by its kind. CSV is read as text: no value or date is guessed at, and no code lost.
READERS = {
    "CSV": "read_csv(?, header = true, all_varchar = true)",
    "Parquet": "read_parquet(?)",
    "JSON": "read_json(?)",
}
KINDS = {
    ".csv": "CSV",
    ".tsv": "CSV",
    ".txt": "CSV",
    ".parquet": "Parquet",
    ".pq": "Parquet",
    ".json": "JSON",
    ".jsonl": "JSON",
    ".ndjson": "JSON",
}
COMPRESSED = (".gz", ".zst")

ROWS_AT_A_TIME = 10_000

# A label that is the same as a number and as text; not 01.
WHOLE_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")


def read_files(paths: Sequence[Path], rating: Sequence[str], by: Sequence[str]) -> Reading:
    """Tally CSV, Parquet or JSON files, one row per respondent; a path may be a glob.

    Raises
    ------
    FileNotFoundError
        If no file is there.
    ValueError
        If the kind of a file is unknown, it cannot be read, or it lacks a column.
    """
    sources = [_Source(file, rating, by) for path in paths for file in _matching(path)]
    lines = [line for source in sources for line in source.tally()]
    labels = [tuple(map(plain, line[: len(by)])) for line in lines]
    if all(source.kind == "CSV" for source in sources):
        labels = _with_numbers(labels)

    def rows() -> Iterator[tuple[str, Answer]]:
        return ((str(source.file), answer) for source in sources for answer in source.answers())

    tally = [(label, line[len(by) : -1], line[-1]) for label, line in zip(labels, lines, strict=True)]
    remarks = [remark for source in sources for remark in source.remarks]
    return Reading(tally=tally, rows=rows, by=tuple(by), name=", ".join(rating), remarks=remarks)


class _Source:
    """One file and its columns."""

    def __init__(self, file: Path, rating: Sequence[str], by: Sequence[str]) -> None:
        self.file = file
        self.kind = _kind(file)
        names = [column[0] for column in self._query(f"DESCRIBE SELECT * FROM {READERS[self.kind]}")]
        try:
            actual, remarks = match_columns([*by, *rating], names)
        except ValueError as error:
            msg = f"{file}: {error}"
            raise ValueError(msg) from None
        if self.kind == "CSV":
            remarks += self._trimmed_by_reader(set(actual))
        self.remarks = [f"{file}: {remark}" for remark in remarks]
        quoted = ['"' + column.replace('"', '""') + '"' for column in actual]
        self.group_columns, self.answer_columns = quoted[: len(by)], quoted[len(by) :]

    def tally(self) -> Iterator[tuple[Any, ...]]:
        """Give group labels, answer and number of rows for each combination."""
        columns = ", ".join((*self.group_columns, *self.answer_columns))
        return self._query(f"SELECT {columns}, count(*) FROM {READERS[self.kind]} GROUP BY ALL")

    def answers(self) -> Iterator[Answer]:
        """Give the answers row by row."""
        return self._query(f"SELECT {', '.join(self.answer_columns)} FROM {READERS[self.kind]}")

    def _trimmed_by_reader(self, used: set[str]) -> list[str]:
        """DuckDB trims the header of a CSV file by itself; say so where it matters."""
        header = next(self._query("SELECT * FROM read_csv(?, header = false, all_varchar = true) LIMIT 1"), ())
        names = [name for name in header if isinstance(name, str) and name.strip() in used]
        return [trimmed(name, name.strip()) for name in names if name != name.strip() and name not in used]

    def _query(self, query: str) -> Iterator[tuple[Any, ...]]:
        import duckdb

        try:
            with duckdb.connect() as connection:
                connection.execute("SET enable_progress_bar = false")
                cursor = connection.execute(query, [str(self.file)])
                while chunk := cursor.fetchmany(ROWS_AT_A_TIME):
                    yield from chunk
        except duckdb.Error as error:
            reason = str(error).strip().splitlines()[0]
            msg = f"{self.file} cannot be read as {self.kind}: {reason}"
            raise ValueError(msg) from error


def _matching(path: Path) -> list[Path]:
    """Find the files of a path or glob, sorted."""
    if path.is_file():
        return [path]
    if path.is_dir():
        msg = f"{path} is a folder; pass its files as a pattern, such as {path / '*.parquet'}."
        raise FileNotFoundError(msg)
    files = sorted(Path(name) for name in glob.glob(str(path), recursive=True) if Path(name).is_file())  # noqa: PTH207
    if not files:
        msg = f"there is no file {path}."
        raise FileNotFoundError(msg)
    return files


def _kind(file: Path) -> str:
    name = file.name.lower()
    for ending in COMPRESSED:
        name = name.removesuffix(ending)
    kind = KINDS.get(Path(name).suffix)
    if kind is None:
        msg = f"{file} must be CSV, Parquet or JSON, named {', '.join(KINDS)}; its name says neither."
        raise ValueError(msg)
    return kind


def _with_numbers(labels: list[Label]) -> list[Label]:
    """Turn the labels of a CSV column into whole numbers if all of them are written as such (2017, not 01)."""
    numeric = [
        all(entry is None or WHOLE_NUMBER.fullmatch(str(entry)) for entry in column)
        for column in zip(*labels, strict=True)
    ]
    return [
        tuple(
            int(str(entry)) if number and entry is not None else entry
            for entry, number in zip(label, numeric, strict=True)
        )
        for label in labels
    ]
