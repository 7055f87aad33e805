"""Reading files through DuckDB, which streams them: no file needs to fit into memory.

Nothing is guessed at. A CSV file has its delimiter read off its header; quotes are double quotes, and there are no
comments, types or dates. Values of JSON are taken as written. The names of folders are not columns.
"""

import csv
import glob
import gzip
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np

from npsstats.tabulation.answers import Answer, Reading, RowReading
from npsstats.tabulation.frames import Distinct, Piece, distinct_numbers, distinct_objects, match_columns
from npsstats.tabulation.judging import plain
from npsstats.typing import FloatArray, Label

__all__ = ["read_file_columns", "read_file_rows", "read_files"]

DELIMITERS = (",", ";", "\t", "|")
ROWS_AT_A_TIME = 10_000

SIZES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
# Types of DuckDB that NumPy has too.
NUMBERS = frozenset({"FLOAT", "DOUBLE", *(sign + size for sign in ("", "U") for size in SIZES)})

# Texts that NumPy's numbers can come from without a look at each of them.
PLAIN_NUMBER = r"[+-]?[0-9]*[.]?[0-9]*([eE][+-]?[0-9]+)?"

# A label that is the same as a number and as text; not 01.
WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}")


def read_files(paths: Sequence[Path], rating: Sequence[str], by: Sequence[str]) -> Reading:
    """Tally CSV, Parquet or JSON files, one row per respondent; a path may be a glob.

    Raises
    ------
    FileNotFoundError
        If no file is there.
    ValueError
        If the kind of a file is unknown, it cannot be read, or it lacks a column.
    TypeError
        If a column holds lists or records.
    """
    sources = _sources(paths, rating, by)
    size = len(by)
    tally = [
        (tuple(map(source.label, row[:size])), tuple(map(source.answer, row[size:-1])), row[-1])
        for source in sources
        for row in source.rows(count=True)
    ]

    def rows() -> Iterator[tuple[str, Answer]]:
        return (
            (str(source.file), tuple(map(source.answer, row[size:]))) for source in sources for row in source.rows()
        )

    remarks = [remark for source in sources for remark in source.remarks]
    return Reading(tally=tally, rows=rows, by=tuple(by), name=", ".join(rating), remarks=remarks)


def read_file_rows(paths: Sequence[Path], rating: Sequence[str], labels: Sequence[str]) -> RowReading:
    """Read CSV, Parquet or JSON files row by row; a path may be a glob.

    Raises
    ------
    FileNotFoundError, ValueError, TypeError
        As for `read_files`.
    """
    sources = _sources(paths, rating, labels)
    size = len(labels)

    def rows() -> Iterator[tuple[str, Label, Answer]]:
        return (
            (str(source.file), tuple(map(source.label, row[:size])), tuple(map(source.answer, row[size:])))
            for source in sources
            for row in source.rows()
        )

    return RowReading(rows=rows, remarks=[remark for source in sources for remark in source.remarks])


def read_file_columns(
    paths: Sequence[Path], labels: Sequence[str], numbers: Sequence[str], answers: Sequence[str]
) -> list[Piece]:
    """Read whole columns of CSV, Parquet or JSON files; a path may be a glob.

    Raises
    ------
    FileNotFoundError, ValueError, TypeError
        As for `read_files`.
    """
    size, both = len(labels), len(labels) + len(answers)
    pieces = []
    for source in _sources(paths, [*answers, *numbers], labels):
        coded, floats = source.whole(source.columns[:both], source.columns[both:])
        pieces.append(
            Piece(
                file=str(source.file),
                n_rows=len(coded[0].codes),
                labels=[_turned(raw, source.label) for raw in coded[:size]],
                numbers=[_turned(raw, source.answer) if isinstance(raw, Distinct) else raw for raw in floats],
                answers=[_turned(raw, source.answer) for raw in coded[size:]],
                remarks=list(dict.fromkeys(source.remarks)),
            )
        )
    return pieces


class _Source(ABC):
    """One file: how DuckDB reads it, and what its values mean."""

    kind = ""

    def __init__(self, file: Path, wanted: Sequence[str]) -> None:
        self.file = file
        self.wanted = wanted
        # DuckDB takes a path for a pattern.
        self.path = glob.escape(str(file))
        names = self.names()
        try:
            actual, remarks = match_columns(wanted, names)
        except ValueError as error:
            msg = f"{file}: {error}" if names else f"{file} is empty: it has no columns and no rows."
            raise ValueError(msg) from None
        self.columns = [self.column(names, name) for name in actual]
        # What each of them holds.
        self.kinds = {column: self.kind_of(column) for column in self.columns}
        self.remarks = [f"{file}: {remark}" for remark in remarks]

    @abstractmethod
    def names(self) -> list[str]:
        """Give the names of the columns, as they are written."""

    @abstractmethod
    def column(self, names: list[str], name: str) -> str:
        """Give the SQL expression of a column."""

    @abstractmethod
    def table(self) -> str:
        """Give the SQL table function, with a question mark for the path."""

    def kind_of(self, column: str) -> Literal["number", "text", "other"]:
        """Say what a column holds: numbers that NumPy has too, texts, or values to read back from their text."""
        return "text"

    def label(self, value: Any) -> Any:
        """Turn a value into the label of a group."""
        return plain(value)

    def answer(self, value: Any) -> Any:
        """Turn a value into a raw answer."""
        return value

    def rows(self, *, count: bool = False) -> Iterator[tuple[Any, ...]]:
        """Give the wanted columns, row by row; or each combination once, with its number of rows."""
        chosen = ", ".join(self.columns)
        return self.query(
            f"SELECT {chosen}{', count(*)' if count else ''} FROM {self.table()}{' GROUP BY ALL' * count}"
        )

    def whole(self, coded: Sequence[str], numbers: Sequence[str]) -> tuple[list[Distinct], list[FloatArray | Distinct]]:
        """Give columns as a whole: some factorised, some as numbers, these too factorised if not all of them are."""
        looked_at = dict.fromkeys([*coded, *(column for column in numbers if self.kinds[column] == "other")])
        plainly = dict.fromkeys(column for column in numbers if self.kinds[column] != "other")
        asked = [column if self.kinds[column] == "number" else f"CAST({column} AS VARCHAR)" for column in looked_at]
        for column in plainly:
            asked += [column] if self.kinds[column] == "number" else [f"TRY_CAST({column} AS DOUBLE)", _wrong(column)]
        arrays = iter(self.arrays(asked))
        known = {column: self.distinct(column, next(arrays)) for column in looked_at}
        floats: dict[str, FloatArray | Distinct] = {}
        for column in plainly:
            floats[column] = np.ma.filled(next(arrays).astype(np.float64), np.nan)
            if self.kinds[column] == "text" and np.ma.filled(next(arrays), False).any():
                floats[column] = self.distinct(column, self.arrays([column])[0])
        return [known[column] for column in coded], [
            floats[column] if column in floats else known[column] for column in numbers
        ]

    def distinct(self, column: str, array: np.ndarray[Any, Any]) -> Distinct:
        """Factorise a column that came as numbers or as texts."""
        absent = np.ma.getmaskarray(array)
        if self.kinds[column] == "number":
            return distinct_numbers(np.ma.compressed(array), absent)
        texts = np.array(np.ma.getdata(array), dtype=object)
        texts[absent] = None
        read = distinct_objects(texts.tolist())
        return read if self.kinds[column] == "text" else Distinct(read.codes, self.read_back(column, read.values))

    def read_back(self, column: str, texts: list[Any]) -> list[Any]:
        """Give the values that are written so; much quicker for the distinct ones than for all."""
        written = dict(self.query(f"SELECT DISTINCT CAST({column} AS VARCHAR), {column} FROM {self.table()}"))
        return [written.get(text) for text in texts]

    def arrays(self, expressions: Sequence[str]) -> list[np.ndarray[Any, Any]]:
        """Give whole columns, in the order of the rows; masked where they are empty."""
        chosen = ", ".join(f"{expression} AS v{i}" for i, expression in enumerate(expressions))
        with self.asked(f"SELECT {chosen} FROM {self.table()}") as cursor:
            columns = cursor.fetchnumpy()
        return [columns[f"v{i}"] for i in range(len(expressions))]

    def query(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Run a query on the file, a piece at a time."""
        with self.asked(query) as cursor:
            while chunk := cursor.fetchmany(ROWS_AT_A_TIME):
                yield from chunk

    @contextmanager
    def asked(self, query: str) -> Iterator[Any]:
        """Run a query on the file; whatever DuckDB says of it is said of the file."""
        import duckdb

        try:
            with duckdb.connect() as connection:
                connection.execute("SET enable_progress_bar = false")
                yield connection.execute(query, [self.path])
        except duckdb.Error as error:
            raise ValueError(self.unreadable(str(error))) from error

    def start(self, enough: Callable[[str], bool]) -> str:
        """Read lines of text from the start of the file, until there are enough."""
        opened = gzip.open if self.file.suffix.lower() == ".gz" else open
        try:
            with opened(self.file, "rt", encoding="utf-8-sig", newline="") as file:
                text = file.readline()
                while not enough(text) and (more := file.readline()):
                    text += more
        except UnicodeDecodeError as error:
            reason = f"it is not in UTF-8 ({error.reason}). Save it again in that encoding."
            raise ValueError(self.unreadable(reason)) from error
        except (gzip.BadGzipFile, EOFError) as error:
            raise ValueError(self.unreadable(f"it is not compressed as its name says ({error}).")) from error
        return text

    def unreadable(self, reason: str) -> str:
        """Say why a file cannot be read, without the advice that is meant for users of SQL."""
        uneven = re.search(r"Line: (\d+)\s.*Expected Number of Columns: (\d+) Found: (\d+)", reason, flags=re.DOTALL)
        if uneven:
            line, expected, found = uneven.groups()
            told = f"line {line} has {found} fields, the header has {expected} columns."
        elif "state machine" in reason:
            told = "its line ends or quotes are not the same throughout. Save it again with one kind of line ends."
        else:
            advice = r"\s*(?:Possible (?:fix|solution)|\n\s*file = )"
            told = " ".join(re.split(advice, reason, maxsplit=1, flags=re.IGNORECASE)[0].split())[:400]
        return f"{self.file} cannot be read as {self.kind}: {told}"


class _Csv(_Source):
    kind = "CSV"

    def names(self) -> list[str]:
        """Read the header; the delimiter is the one that finds the wanted columns, or else most names."""
        start = self.start(lambda text: text.count('"') % 2 == 0)  # a quoted name may have a line break in it
        headers = {sign: _fields(start, sign) for sign in DELIMITERS}

        def fit(sign: str) -> tuple[int, int]:
            known = {name.strip() for name in headers[sign]}
            return sum(name.strip() in known for name in self.wanted), len(headers[sign])

        self.delimiter = max(DELIMITERS, key=fit)
        return headers[self.delimiter]

    def column(self, names: list[str], name: str) -> str:
        if names.count(name) > 1:
            msg = f"{self.file}: the column {name!r} is there {names.count(name)} times. Rename one."
            raise ValueError(msg)
        self.width = len(names)
        return f"c{names.index(name)}"

    def table(self) -> str:
        columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(self.width))
        return (
            f"read_csv(?, auto_detect = false, header = true, delim = '{self.delimiter}', quote = '\"', escape = '\"', "
            f"comment = '', hive_partitioning = false, columns = {{{columns}}})"
        )

    def label(self, value: Any) -> Any:
        """Whole numbers are numbers, as in other files; value by value, so that files add up."""
        return int(value) if value and WHOLE_NUMBER.fullmatch(value) else value


class _Parquet(_Source):
    kind = "Parquet"

    def names(self) -> list[str]:
        described = list(self.query(f"DESCRIBE SELECT * FROM {self.table()}"))
        self.types = {row[0]: row[1] for row in described}
        return list(self.types)

    def column(self, names: list[str], name: str) -> str:
        if re.match(r"STRUCT|MAP|UNION|.*\]$", self.types[name]):
            msg = f"{self.file}: the column {name!r} must hold single values; it holds {self.types[name]}."
            raise TypeError(msg)
        return '"' + name.replace('"', '""') + '"'

    def kind_of(self, column: str) -> Literal["number", "text", "other"]:
        held = self.types[column[1:-1].replace('""', '"')]
        return "number" if held in NUMBERS else "text" if held == "VARCHAR" else "other"

    def table(self) -> str:
        return "read_parquet(?, hive_partitioning = false)"


class _Json(_Source):
    kind = "JSON"

    def names(self) -> list[str]:
        start = self.start(lambda text: bool(text.strip()))
        if not start.strip():
            return []
        # A byte order mark would hide an array from DuckDB.
        self.form = "array" if start.lstrip().startswith("[") else "auto"
        kinds = {row[0] for row in self.query(f"SELECT DISTINCT json_type(json) FROM {self.table()}")}
        if kinds - {"OBJECT"}:
            raise ValueError(self.unreadable("it must hold records, one per respondent."))
        first = next(self.query(f"SELECT json_keys(json) FROM {self.table()} LIMIT 1"), ([],))[0] or []
        keys = self.query(f"SELECT DISTINCT unnest(json_keys(json)) FROM {self.table()} ORDER BY 1")
        return list(dict.fromkeys([*first, *(row[0] for row in keys)]))

    def column(self, names: list[str], name: str) -> str:
        pointer = "/" + name.replace("~", "~0").replace("/", "~1")
        return "json_extract(json, '" + pointer.replace("'", "''") + "')"

    def table(self) -> str:
        return f"read_json_objects(?, format = '{self.form}', hive_partitioning = false)"

    def kind_of(self, column: str) -> Literal["number", "text", "other"]:
        return "other"

    def read_back(self, column: str, texts: list[Any]) -> list[Any]:
        """JSON is read from its text anyway."""
        return texts

    def label(self, value: Any) -> Any:
        if value is not None and value[0] in "[{":
            columns = ", ".join(map(repr, self.wanted))
            msg = f"{self.file}: the columns {columns} must hold single values; one holds {value}."
            raise TypeError(msg)
        return plain(self.answer(value))

    def answer(self, value: Any) -> Any:
        """Values come as JSON texts; lists and records stay texts, which are no ratings."""
        if value is None or value[0] in "[{":
            return value
        return json.loads(value)


def _turned(read: Distinct, turn: Callable[[Any], Any]) -> Distinct:
    return Distinct(read.codes, list(map(turn, read.values)))


def _wrong(column: str) -> str:
    """Mark the texts that are no numbers, or that SQL alone takes for some, such as 1_000 and +-1."""
    return (
        f"coalesce(trim({column}), '') <> '' AND "
        f"NOT (TRY_CAST({column} AS DOUBLE) IS NOT NULL AND regexp_full_match(trim({column}), '{PLAIN_NUMBER}'))"
    )


def _fields(line: str, delimiter: str) -> list[str]:
    """Split a header; not at all if it cannot be split with this delimiter."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


KINDS: dict[str, type[_Source]] = {
    ".csv": _Csv,
    ".tsv": _Csv,
    ".txt": _Csv,
    ".parquet": _Parquet,
    ".pq": _Parquet,
    ".json": _Json,
    ".jsonl": _Json,
    ".ndjson": _Json,
}


def _opened(file: Path, rating: Sequence[str], by: Sequence[str]) -> _Source:
    kind = KINDS.get(Path(file.name.lower().removesuffix(".gz")).suffix)
    if kind is None:
        msg = f"{file} must be CSV, Parquet or JSON, named {', '.join(KINDS)}; its name says none of them."
        raise ValueError(msg)
    return kind(file, [*by, *rating])


def _sources(paths: Sequence[Path], rating: Sequence[str], by: Sequence[str]) -> list[_Source]:
    return [_opened(file, rating, by) for path in paths for file in _matching(path)]


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
