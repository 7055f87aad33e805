"""From rows to counts: every engine gives the same counts and refuses the same answers."""

import array
import csv
import datetime as dt
import gzip
import io
import json
import re
import shutil
from collections import Counter, deque
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import npsstats as nps
from npsstats import InvalidRatingError, Scale, tabulate

LAW = settings(derandomize=True, deadline=None, max_examples=50)
NAN = float("nan")

# A rating and a group each; None where the respondent left it empty. All eleven ratings occur.
ROWS = [
    (9, "b"), (10, "a"), (None, "a"), (3, None), (0, "a"), (9, "b"), (7, "c, d"), (8, "b"), (None, None),
    (1, "a"), (2, "b"), (4, "c, d"), (5, "a"), (6, "b"), (10, "b"), (None, "b"), (9, "a"), (None, "e"),
]  # fmt: skip
RATINGS = [rating for rating, _ in ROWS]
GROUPS = [group for _, group in ROWS]
LABELS = ("a", "b", "c, d", "e", None)


def told(error, call, *arguments, **named):
    """The message of the error that a call raises."""
    with pytest.raises(error) as caught:
        call(*arguments, **named)
    return str(caught.value)


def as_tally(counts):
    """Counts as a Counter of (label, rating), with None for missing."""
    tally = Counter()
    for label, row, missing in zip(counts.groups, counts.counts, counts.missing, strict=True):
        tally.update({(label, rating): int(n) for rating, n in zip(counts.scale.ratings.tolist(), row, strict=True)})
        tally[label, None] += int(missing)
    return +tally


def expected(rows=ROWS):
    return Counter((group, rating) for rating, group in rows)


def pandas_frame(dtype, rows=ROWS):
    return pd.DataFrame(
        {"r": pd.Series([r for r, _ in rows], dtype=dtype), "g": pd.Series([g for _, g in rows], dtype=object)}
    )


def polars_frame(rows=ROWS, group_type=pl.String):
    return pl.DataFrame({"r": [r for r, _ in rows], "g": pl.Series([g for _, g in rows], dtype=group_type)})


def text_of(rows=ROWS, delimiter=",", quoting=csv.QUOTE_MINIMAL, header=("r", "g"), end="\n"):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerows([header, *rows])
    return out.getvalue()


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def json_lines(rows=ROWS):
    return "".join(json.dumps({"r": r, "g": g}) + "\n" for r, g in rows)


# -------------------------------------------------------------------------------- frames: all engines agree

FRAMES = {
    "pandas float with NaN": lambda: pandas_frame("float64"),
    "pandas nullable Int64": lambda: pandas_frame("Int64"),
    "pandas nullable Float64": lambda: pandas_frame("Float64"),
    "pandas object": lambda: pandas_frame(object),
    "pandas string": lambda: pd.DataFrame(
        {"r": pd.Series([None if r is None else f" {r} " for r in RATINGS], dtype="string"), "g": GROUPS}
    ),
    "pandas mixed objects": lambda: pd.DataFrame(
        {
            "r": pd.Series([*RATINGS[:4], *("" if r is None else f"{r}.0" for r in RATINGS[4:])], dtype=object),
            "g": GROUPS,
        }
    ),
    "pandas Arrow types": lambda: pd.DataFrame(
        {"r": pd.array(RATINGS, dtype="int64[pyarrow]"), "g": pd.array(GROUPS, dtype="string[pyarrow]")}
    ),
    "pandas categorical ratings": lambda: pd.DataFrame({"r": pd.Categorical(RATINGS), "g": GROUPS}),
    "pandas categorical groups": lambda: pd.DataFrame(
        {"r": pd.Series(RATINGS, dtype="Int64"), "g": pd.Categorical(GROUPS, categories=["e", "c, d", "b", "a", "z"])}
    ),
    "pandas with other columns and an odd index": lambda: pandas_frame("float64").assign(x=1).set_index("x"),
    "pandas in reverse order": lambda: pandas_frame("Int64").iloc[::-1],
    "Polars": polars_frame,
    "Polars floats with NaN": lambda: pl.DataFrame(
        {"r": [NAN if r is None else float(r) for r in RATINGS], "g": GROUPS}
    ),
    "Polars lazy": lambda: polars_frame().lazy(),
    "Polars text": lambda: polars_frame([(None if r is None else str(r), g) for r, g in ROWS]),
    "Polars categorical groups": lambda: polars_frame(group_type=pl.Categorical),
    "Polars Enum groups": lambda: polars_frame(group_type=pl.Enum(["a", "b", "c, d", "d", "e"])),
    "Polars lazy Enum groups": lambda: polars_frame(group_type=pl.Enum(["a", "b", "c, d", "d", "e"])).lazy(),
    "Polars decimals": lambda: pl.DataFrame(
        {"r": pl.Series([None if r is None else Decimal(f"{r}.0") for r in RATINGS]), "g": GROUPS}
    ),
    "Polars objects": lambda: pl.DataFrame({"r": pl.Series(RATINGS, dtype=pl.Object), "g": GROUPS}),
    "Arrow table": lambda: pa.table({"r": RATINGS, "g": GROUPS}),
    "Arrow table in chunks": lambda: pa.concat_tables(
        [pa.table({"r": RATINGS[:5], "g": GROUPS[:5]}), pa.table({"r": RATINGS[5:], "g": GROUPS[5:]})]
    ),
    "Arrow dictionary groups": lambda: pa.table({"r": RATINGS, "g": pa.array(GROUPS).dictionary_encode()}),
}


@pytest.mark.parametrize("name", FRAMES)
def test_every_frame_gives_the_same_counts(name):
    counts = tabulate(FRAMES[name](), rating="r", by="g")
    assert as_tally(counts) == expected()
    assert counts.groups == LABELS
    assert counts.by == ("g",)
    assert counts.metric == nps.NPS
    assert counts.counts.shape == (5, 11)
    assert {type(label) for label in counts.groups} == {str, type(None)}


@pytest.mark.parametrize("name", FRAMES)
def test_every_frame_gives_the_same_counts_without_groups(name):
    counts = tabulate(FRAMES[name](), rating="r")
    tally = Counter(RATINGS)
    assert counts.counts.tolist() == [[tally[rating] for rating in range(11)]]
    assert counts.missing.tolist() == [tally[None]]
    assert counts.groups == ((),)


def test_a_duckdb_relation_gives_the_same_counts():
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE responses (r INTEGER, g VARCHAR)")
        connection.executemany("INSERT INTO responses VALUES (?, ?)", ROWS)
        counts = tabulate(connection.table("responses"), rating="r", by="g")
    assert as_tally(counts) == expected()
    assert counts.groups == LABELS


# --------------------------------------------------------------------------------- values: all engines agree

VALUES = {
    "list": lambda: RATINGS,
    "tuple": lambda: tuple(RATINGS),
    "deque": lambda: deque(RATINGS),
    "list of texts": lambda: ["" if r is None else str(r) for r in RATINGS],
    "list of NumPy numbers": lambda: [NAN if r is None else np.int8(r) for r in RATINGS],
    "list of whole and decimal numbers": lambda: [
        None if r is None else (float(r), Decimal(r))[r % 2] for r in RATINGS
    ],
    "NumPy float": lambda: np.array([NAN if r is None else r for r in RATINGS]),
    "NumPy float32": lambda: np.array([NAN if r is None else r for r in RATINGS], np.float32),
    "NumPy object": lambda: np.array(RATINGS, object),
    "NumPy text": lambda: np.array(["" if r is None else f"{r}.0" for r in RATINGS]),
    "NumPy masked": lambda: np.ma.masked_equal([-1 if r is None else r for r in RATINGS], -1),
    "pandas float": lambda: pd.Series(RATINGS, dtype=float),
    "pandas Int64": lambda: pd.Series(RATINGS, dtype="Int64"),
    "pandas object with pd.NA": lambda: pd.Series([pd.NA if r is None else r for r in RATINGS], dtype=object),
    "pandas string": lambda: pd.Series([None if r is None else str(r) for r in RATINGS], dtype="string"),
    "pandas categorical": lambda: pd.Series(pd.Categorical(RATINGS)),
    "pandas with an odd index": lambda: pd.Series(RATINGS, index=[7] * len(ROWS), dtype="Int8"),
    "Polars": lambda: pl.Series(RATINGS),
    "Polars floats": lambda: pl.Series([NAN if r is None else float(r) for r in RATINGS]),
    "Arrow array": lambda: pa.array(RATINGS),
    "Arrow chunks": lambda: pa.chunked_array([RATINGS[:3], RATINGS[3:]]),
}


@pytest.mark.parametrize("name", VALUES)
def test_every_kind_of_values_gives_the_same_counts(name):
    counts = tabulate(VALUES[name]())
    tally = Counter(RATINGS)
    assert counts.counts.tolist() == [[tally[rating] for rating in range(11)]]
    assert counts.missing.tolist() == [tally[None]]
    assert (counts.by, counts.groups) == ((), ((),))


@pytest.mark.parametrize(
    "make",
    [list, tuple, np.array, pd.Series, pl.Series, pa.array, lambda r: r, lambda r: array.array("b", r)],
    ids=["list", "tuple", "numpy", "pandas", "polars", "arrow", "range", "array"],
)
@pytest.mark.parametrize("metric", [nps.NPS, nps.NPS_1_TO_10, nps.CSAT, nps.CES_2, nps.NPS_CATEGORIES])
def test_every_rating_lands_in_its_own_column(make, metric):
    # No off-by-one: rating k occurs k + 5 times.
    ratings = metric.scale.ratings.tolist()
    for position, rating in enumerate(ratings):
        alone = tabulate(make(range(rating, rating + 1)), metric=metric)
        assert alone.counts.tolist() == [[int(i == position) for i in range(len(ratings))]]
    every = make(range(ratings[0], ratings[-1] + 1))
    assert tabulate(every, metric=metric).counts.tolist() == [[1] * len(ratings)]


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64, np.float16, np.float32, np.float64])
def test_all_number_types_of_numpy_are_read(dtype):
    counts = tabulate(np.arange(11).repeat(2).astype(dtype))
    assert counts.counts.tolist() == [[2] * 11]


# -------------------------------------------------------------------------------------- files: all engines agree


def two_parts(folder, write_part):
    write_part(folder / "part 1", ROWS[:7])
    write_part(folder / "part 2", ROWS[7:])


FILES = {
    "CSV": lambda folder: write(folder / "a.csv", text_of()),
    "CSV, all quoted": lambda folder: write(folder / "a.csv", text_of(quoting=csv.QUOTE_ALL)),
    "CSV of Windows": lambda folder: write(folder / "a.CSV", b"\xef\xbb\xbf" + text_of(end="\r\n").encode()),
    "CSV with semicolons": lambda folder: write(folder / "a.csv", text_of(delimiter=";")),
    "CSV without an end of line at its end": lambda folder: write(folder / "a.csv", text_of().rstrip("\n")),
    "CSV called txt": lambda folder: write(folder / "a.txt", text_of(delimiter="|")),
    "TSV": lambda folder: write(folder / "a.tsv", text_of(delimiter="\t")),
    "CSV, gzipped": lambda folder: write(folder / "a.csv.gz", gzip.compress(text_of().encode())),
    "CSV, a pattern": lambda folder: (
        two_parts(folder, lambda path, rows: write(path.with_suffix(".csv"), text_of(rows))),
        folder / "part *.csv",
    )[1],
    "CSV, a pattern of folders": lambda folder: (
        two_parts(folder, lambda path, rows: write(path / "x" / "rows.csv", text_of(rows))),
        folder / "**" / "*.csv",
    )[1],
    "CSV, a list of paths": lambda folder: [
        write(folder / "1.csv", text_of(ROWS[:7])),
        write(folder / "2.csv", text_of(ROWS[7:], delimiter="\t")),
    ],
    "Parquet": lambda folder: (polars_frame().write_parquet(folder / "a.parquet"), folder / "a.parquet")[1],
    "Parquet of pandas": lambda folder: (pandas_frame("float64").to_parquet(folder / "a.pq"), folder / "a.pq")[1],
    "Parquet of texts": lambda folder: (
        polars_frame([(None if r is None else str(r), g) for r, g in ROWS]).write_parquet(folder / "a.parquet"),
        folder / "a.parquet",
    )[1],
    "Parquet, a pattern": lambda folder: (
        two_parts(folder, lambda path, rows: polars_frame(rows).write_parquet(path.with_suffix(".parquet"))),
        folder / "*.parquet",
    )[1],
    "JSON lines": lambda folder: write(folder / "a.jsonl", json_lines()),
    "JSON lines, gzipped": lambda folder: write(folder / "a.ndjson.gz", gzip.compress(json_lines().encode())),
    "JSON array": lambda folder: write(folder / "a.json", json.dumps([{"g": g, "r": r} for r, g in ROWS])),
    "JSON without the empty ones": lambda folder: write(
        folder / "a.jsonl",
        "".join(
            json.dumps({k: v for k, v in {"r": r, "g": g}.items() if v is not None} or {"x": 1}) + "\n" for r, g in ROWS
        ),
    ),
    "CSV and Parquet and JSON": lambda folder: [
        write(folder / "1.csv", text_of(ROWS[:5])),
        (polars_frame(ROWS[5:9]).write_parquet(folder / "2.parquet"), folder / "2.parquet")[1],
        write(folder / "3.jsonl", json_lines(ROWS[9:])),
    ],
}


@pytest.mark.parametrize("name", FILES)
def test_every_file_gives_the_same_counts(name, tmp_path):
    source = FILES[name](tmp_path)
    # A path may be a text; a list of texts is a list of ratings.
    for data in [source] if isinstance(source, list) else [source, str(source)]:
        counts = tabulate(data, rating="r", by="g")
        assert as_tally(counts) == expected()
        assert counts.groups == LABELS


@pytest.mark.parametrize("name", ["a[1].csv", "a*.csv", "a?.csv", "[a].csv", "[!b].csv"])
def test_a_file_whose_name_looks_like_a_pattern_is_read_itself(name, tmp_path):
    path = write(tmp_path / name, "r\n9\n")
    for other in ("a1.csv", "ab.csv", "b.csv", "a.csv"):
        write(tmp_path / other, "r\n1\n")
    assert as_tally(tabulate(path, rating="r")) == {((), 9): 1}


def test_a_pattern_reads_each_file_once(tmp_path):
    names = ["a.csv", "a*.csv", "a?.csv", "[a].csv", "a b.csv"]
    for name in names:
        write(tmp_path / name, "r\n9\n")
    assert tabulate(tmp_path / "*.csv", rating="r").n.tolist() == [len(names)]


@pytest.mark.parametrize(
    "name", ["it's.csv", 'say "a".csv', "a b;c.csv", "a{b}.csv", "a%20$HOME.csv", "ä 日本.csv", "-r.csv"]
)
def test_file_names_need_no_quoting(name, tmp_path):
    counts = tabulate(write(tmp_path / name, "r\n9\n11\n"), rating="r", missing_codes=[11])
    assert (counts.n.tolist(), counts.missing.tolist()) == ([1], [1])


def test_a_folder_called_like_a_column_does_not_replace_it(tmp_path):
    # Hive partitions: the name of a folder would pass for the ratings of all its files.
    text = write(tmp_path / "r=1" / "g=z" / "c0=1" / "c1=z" / "a.csv", "r,g\n9,a\n")
    assert as_tally(tabulate(text, rating="r", by="g")) == {("a", 9): 1}
    table = tmp_path / "r=1" / "g=z" / "a.parquet"
    pl.DataFrame({"r": [9], "g": ["a"]}).write_parquet(table)
    assert as_tally(tabulate(table, rating="r", by="g")) == {("a", 9): 1}


def test_files_of_several_kinds_have_the_same_labels(tmp_path):
    paths = [write(tmp_path / "1.csv", "r,g\n9,2017\n"), write(tmp_path / "2.jsonl", '{"r": 8, "g": 2017}\n')]
    assert tabulate(paths, rating="r", by="g").groups == (2017,)


# ------------------------------------------------------------------------------- CSV: nothing is lost or changed


@pytest.mark.parametrize(
    "text",
    [
        "g,r,t\n#1,9,\n,8,\n#2,7,\n",
        "g,r\n#1,9\n,8\n#2,\n",
        't,r,g\n"good, fast",8,#2\nshop,0,#1\n#1,4,"A, B"\n',
        'g,r,t\n#N/A,9,"x, y"\na,8,\nb,7,\n',
        "g,r\n#1,9\n#2,8\n",
    ],
)
def test_rows_that_begin_with_a_number_sign_are_rows(text, tmp_path):
    rows = list(csv.DictReader(io.StringIO(text)))
    counts = tabulate(write(tmp_path / "a.csv", text), rating="r", by="g")
    assert as_tally(counts) == Counter((row["g"] or None, int(row["r"]) if row["r"] else None) for row in rows)


@pytest.mark.parametrize("label", ["x1", "x, y", 'the "best"', "two\nlines"])
def test_the_first_quoted_field_may_come_late(label, tmp_path):
    rows = [(i % 11, f"x{i % 3}") for i in range(25_000)]
    text = text_of(rows) + text_of([(1, label)], quoting=csv.QUOTE_ALL).split("\n", 1)[1]
    counts = tabulate(write(tmp_path / "a.csv", text), rating="r", by="g")
    assert as_tally(counts) == expected([*rows, (1, label)])


def test_apostrophes_are_part_of_a_label(tmp_path):
    counts = tabulate(write(tmp_path / "a.csv", "r,g\n9,'a'\n8,'b'\n"), rating="r", by="g")
    assert counts.groups == ("'a'", "'b'")


CELL = st.text(alphabet="ab #,;'\"\t|1é\\$\n", max_size=5)


@settings(LAW, max_examples=80, phases=[Phase.generate])  # shrinking would read a thousand files
@given(
    st.lists(st.tuples(st.sampled_from([None, *range(11)]), CELL, CELL), min_size=1, max_size=6),
    st.permutations(["r", "g", "t"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_the_csv_module_writes_is_read_as_written(tmp_path_factory, rows, columns, quoting, end):
    names = dict(zip("rgt", range(3), strict=True))
    table = [[row[names[column]] for column in columns] for row in rows]
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    write(path, text_of(table, quoting=quoting, header=columns, end=end))
    # A label that is written as a whole number is one.
    labels = {str(number): number for number in range(100_000)}
    assert as_tally(tabulate(path, rating="r", by="g")) == Counter((labels.get(g, g or None), r) for r, g, _ in rows)


@pytest.mark.parametrize(
    "header",
    [
        "How likely, from 0 to 10, would you recommend us?",
        "How likely? (0 = not at all; 5 = neutral; 10 = extremely)",
        "a|b|c",
        "a\tb\tc",
        "two\nlines",
        'the "best"',
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_question_can_be_a_header(header, delimiter, tmp_path):
    text = text_of([(1, 9), (2, 8)], header=("id", header), delimiter=delimiter)
    assert as_tally(tabulate(write(tmp_path / "a.csv", text), rating=header)) == {((), 9): 1, ((), 8): 1}


def test_commas_need_no_quotes_where_semicolons_are_delimiters(tmp_path):
    path = write(tmp_path / "a.csv", "id;How likely, from 0 to 10, would you?\n1;9\n")
    assert as_tally(tabulate(path, rating="How likely, from 0 to 10, would you?")) == {((), 9): 1}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_in_any_way(end, tmp_path):
    counts = tabulate(write(tmp_path / "a.csv", text_of(end=end)), rating="r", by="g")
    assert as_tally(counts) == expected()


def test_lines_that_end_in_several_ways_are_read_or_called_so(tmp_path):
    path = write(tmp_path / "a.csv", "r,g\n9,a\r\n8,b\n")
    message = told(ValueError, tabulate, path, rating="r", by="g")
    assert re.search("line ends|line endings|ends of lines|end of line", message.replace(str(path), ""))


@pytest.mark.parametrize("text", ['r,t\n9,5" pipe\n8,x\n', 'r,t\n9,"5"" pipe"\n8,x\n'])
def test_a_quote_can_be_a_sign_of_inches(text, tmp_path):
    counts = tabulate(write(tmp_path / "a.csv", text), rating="r", by="t")
    assert as_tally(counts) == {('5" pipe', 9): 1, ("x", 8): 1}


def test_empty_lines_are_no_respondents_unless_there_is_one_column(tmp_path):
    two = tabulate(write(tmp_path / "2.csv", "r,g\n9,a\n\n8,b\n\n"), rating="r", by="g")
    assert (two.n.sum(), two.missing.sum()) == (2, 0)
    one = tabulate(write(tmp_path / "1.csv", "r\n9\n\n8\n"), rating="r")
    assert (one.n.tolist(), one.missing.tolist()) == ([2], [1])


def test_numbers_are_read_as_text_and_labels_kept(tmp_path):
    counts = tabulate(write(tmp_path / "a.csv", "r,g\n9.0,01\n09,1\n 9 ,1\n"), rating="r", by="g")
    assert as_tally(counts) == {("01", 9): 1, (1, 9): 2}


@pytest.mark.parametrize(
    ("written", "labels"),
    [
        (["2018", "2017", ""], (2017, 2018, None)),
        (["10", "9", "0"], (0, 9, 10)),
        (["01", "1", "2"], (1, 2, "01")),
        (["2017", "n/a"], (2017, "n/a")),
        (["-1", "1"], (-1, 1)),
        (["1.0", "2"], (2, "1.0")),
        (["2024-01-02", "2024-01-01"], ("2024-01-01", "2024-01-02")),
        (["99999999999999999999", "1"], (1, "99999999999999999999")),
        (["NULL", "NA", "None"], ("NA", "NULL", "None")),
        (["TRUE", "FALSE"], ("FALSE", "TRUE")),
        (["a ", "a"], ("a", "a ")),
    ],
)
def test_labels_of_csv_files_are_text_or_whole_numbers(written, labels, tmp_path):
    text = text_of([(9, label) for label in written])
    counts = tabulate(write(tmp_path / "a.csv", text), rating="r", by="g")
    assert counts.groups == labels
    assert [type(label) for label in counts.groups] == [type(label) for label in labels]


def test_labels_are_numbers_one_by_one(tmp_path):
    paths = [write(tmp_path / "1.csv", "r,g\n9,1\n"), write(tmp_path / "2.csv", "r,g\n9,01\n8,1\n")]
    assert as_tally(tabulate(paths, rating="r", by="g")) == {(1, 9): 1, (1, 8): 1, ("01", 9): 1}


def test_counts_of_csv_files_add_up_to_those_of_all(tmp_path):
    paths = [write(tmp_path / "1.csv", "r,g\n9,1\n"), write(tmp_path / "2.csv", "r,g\n9,01\n8,1\n")]
    apart = tabulate(paths[0], rating="r", by="g") + tabulate(paths[1], rating="r", by="g")
    assert apart == tabulate(paths, rating="r", by="g")


def test_a_column_with_gaps_is_not_shifted(tmp_path):
    text = "id,r,g\n1,,a\n2,9,\n,8,b\n"
    counts = tabulate(write(tmp_path / "a.csv", text), rating="r", by="g")
    assert as_tally(counts) == {("a", None): 1, (None, 9): 1, ("b", 8): 1}


@pytest.mark.parametrize(
    "lines",
    [
        [{"r": "9", "g": "a"}, {"r": 8, "g": "b"}],
        [{"r": 9, "g": "a"}, {"r": "8", "g": "b"}],
    ],
)
def test_numbers_and_texts_may_mix_in_json(lines, tmp_path):
    path = write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, lines)))
    assert as_tally(tabulate(path, rating="r", by="g")) == {("a", 9): 1, ("b", 8): 1}


def test_labels_of_json_files_carry_no_quotes(tmp_path):
    path = write(tmp_path / "a.jsonl", '{"r": 9, "g": "a"}\n{"r": 8, "g": 1}\n')
    assert "a" in tabulate(path, rating="r", by="g").groups


def test_labels_of_json_files_are_as_written(tmp_path):
    # As in CSV files: no date or time is guessed at.
    path = write(tmp_path / "a.jsonl", '{"r": 9, "g": "2024-01-02"}\n')
    assert tabulate(path, rating="r", by="g").groups == ("2024-01-02",)


def test_json_may_begin_with_a_byte_order_mark(tmp_path):
    # As tools of Windows write it.
    path = write(tmp_path / "a.json", "\ufeff" + json.dumps([{"r": 9, "g": "a"}]))
    assert as_tally(tabulate(path, rating="r", by="g")) == {("a", 9): 1}


def test_json_without_records_is_refused(tmp_path):
    message = told(ValueError, tabulate, write(tmp_path / "a.json", "[9, 10]"), rating="r")
    assert "empty" not in message.replace(str(tmp_path), "")


@pytest.mark.parametrize("column", ["r", "g"])
@pytest.mark.parametrize("value", [[1, 2], {"a": 1}])
def test_lists_and_records_in_a_file_are_no_single_values(column, value, tmp_path):
    row = {"r": 9, "g": "a"} | {column: value}
    message = told((TypeError, ValueError), tabulate, write(tmp_path / "a.jsonl", json.dumps(row)), rating="r", by="g")
    assert f"`{column}`" in message or f"'{column}'" in message
    pl.DataFrame([row]).write_parquet(tmp_path / "a.parquet")
    message = told(TypeError, tabulate, tmp_path / "a.parquet", rating="r", by="g")
    assert f"the column {column!r} must hold single values; it holds " in message


def test_keys_of_json_may_hold_any_signs(tmp_path):
    names = ["a/b", "a~b", "~1", "a.b", "$.r", 'a"b', "it's", "0", ""]
    for name in names:
        path = write(tmp_path / "a.jsonl", json.dumps(dict.fromkeys(names, 1) | {name: 9, "g": "x"}))
        assert as_tally(tabulate(path, rating=name, by="g")) == {("x", 9): 1}


# ----------------------------------------------------------------------------------- columns and their names

NAMES = [
    'say "r"', "it's", "r; DROP TABLE x", "a,b", "a;b", '"', "{r}", "ä 日本", "a.b", "$r", " rows ", "--", "select",
    "%s", "[r]", "r\tx", "rows", "count", "c0", "json",
]  # fmt: skip
FORMS = {
    "pandas": lambda data, _: pd.DataFrame(data),
    "Polars": lambda data, _: pl.DataFrame(data),
    "Polars lazy": lambda data, _: pl.LazyFrame(data),
    "Arrow": lambda data, _: pa.table(data),
    "CSV": lambda data, folder: write(
        folder / "a.csv", text_of(zip(*data.values(), strict=True), quoting=csv.QUOTE_ALL, header=list(data))
    ),
    "Parquet": lambda data, folder: (pl.DataFrame(data).write_parquet(folder / "a.parquet"), folder / "a.parquet")[1],
    "JSON": lambda data, folder: write(
        folder / "a.json", json.dumps([dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)])
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_column_names_need_no_quoting(form, tmp_path):
    table = {name: [9, 8] if i % 2 else ["a", "b"] for i, name in enumerate(NAMES)}
    data = FORMS[form](table, tmp_path)
    for ratings in NAMES[1:12:2]:
        counts = tabulate(data, rating=ratings, by=NAMES[::2])
        size = len(NAMES[::2])
        assert as_tally(counts) == {(("a",) * size, 9): 1, (("b",) * size, 8): 1}
    for group in NAMES[:12:2]:
        assert as_tally(tabulate(data, rating=NAMES[1], by=group)) == {("a", 9): 1, ("b", 8): 1}


@pytest.mark.parametrize("form", FORMS)
def test_spaces_around_a_header_are_told(form, tmp_path):
    data = FORMS[form]({" r ": [9], "g ": ["a"], " other": [1]}, tmp_path)
    with pytest.warns(
        UserWarning, match=r"column '.*' is read as '.*': spaces around the name are trimmed\.$"
    ) as caught:
        counts = tabulate(data, rating="r", by="g")
    messages = " ".join(str(warning.message) for warning in caught)
    assert len(caught) == 2
    assert "column ' r ' is read as 'r'" in messages
    assert "column 'g ' is read as 'g'" in messages
    assert as_tally(counts) == {("a", 9): 1}


def test_the_warning_points_to_the_caller():
    with pytest.warns(UserWarning, match="spaces around") as caught:
        tabulate(pd.DataFrame({"r ": [9]}), rating="r")
    assert [Path(warning.filename).name for warning in caught] == [Path(__file__).name]


@pytest.mark.parametrize("form", [form for form in FORMS if form != "CSV"])
def test_an_exact_name_goes_before_a_trimmed_one(form, tmp_path):
    data = FORMS[form]({"r ": [1, 1], "r": [9, 9], " r": [1, 1]}, tmp_path)
    assert as_tally(tabulate(data, rating="r")) == {((), 9): 2}


@pytest.mark.parametrize("form", [form for form in FORMS if form != "CSV"])
def test_names_that_differ_by_spaces_only_are_not_guessed(form, tmp_path):
    data = FORMS[form]({"r ": [1], " r": [9]}, tmp_path)
    message = told(ValueError, tabulate, data, rating="r")
    assert "'r' fits several columns that differ by spaces only: ['r ', ' r']. Name one exactly." in message


@pytest.mark.parametrize("form", FORMS)
def test_a_missing_column_is_told_with_the_closest(form, tmp_path):
    data = FORMS[form]({"recommend": [9], "quarter": ["a"], "id": [1]}, tmp_path)
    message = told(ValueError, tabulate, data, rating="recomend")
    assert "there is no column 'recomend'; did you mean one of 'recommend'?" in message
    message = told(ValueError, tabulate, data, rating="recommend", by="quater")
    assert "there is no column 'quater'; did you mean one of 'quarter'?" in message
    message = told(ValueError, tabulate, data, rating="zzz")
    assert "'recommend', 'quarter', 'id'" in message


@pytest.mark.parametrize("form", ["Polars", "Arrow", "Parquet", "JSON", "pandas", "CSV"])
def test_names_that_differ_by_case_only_are_different(form, tmp_path):
    data = FORMS[form]({"r": [9], "R": [1]}, tmp_path)
    assert as_tally(tabulate(data, rating="r")) == {((), 9): 1}
    if form == "Parquet":  # its reader renames one of them; then it is said why
        message = told(ValueError, tabulate, data, rating="R")
        assert message.endswith("Small and capital letters are different.")
    else:
        assert as_tally(tabulate(data, rating="R")) == {((), 1): 1}


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: pd.DataFrame([[9, 1]], columns=["r", "r"]),
        lambda folder: pa.table([[9], [1]], names=["r", "r"]),
        lambda folder: write(folder / "a.csv", "r,r\n9,1\n"),
    ],
    ids=["pandas", "Arrow", "CSV"],
)
def test_a_column_that_is_there_twice_is_refused(make, tmp_path):
    message = told(ValueError, tabulate, make(tmp_path), rating="r")
    assert "'r'" in message


@pytest.mark.parametrize(
    "columns",
    [[0, 1], [("a", "r"), ("a", "g")], [1.5, None], ["x", 5], pd.MultiIndex.from_product([["a"], ["r", "g"]])],
)
def test_columns_whose_names_are_no_text_do_not_hide_the_message(columns):
    frame = pd.DataFrame([[9, "a"]], columns=columns)
    message = told(ValueError, tabulate, frame, rating="r")
    assert "there is no column 'r'" in message


def test_columns_whose_names_are_no_text_are_left_alone():
    assert tabulate(pd.DataFrame({"r": [9], 1: [0], None: [3]}), rating="r").n.tolist() == [1]


@pytest.mark.parametrize("named", [{"rating": 0}, {"rating": 5}, {"rating": "r", "by": 5}, {"rating": "r", "by": None}])
def test_a_column_name_of_the_wrong_type_is_named(named):
    argument = "by" if "by" in named else "rating"
    message = told((TypeError, ValueError), tabulate, pd.DataFrame({"r": [9]}), **named)
    assert f"`{argument}`" in message


@pytest.mark.parametrize("form", FORMS)
def test_the_ratings_can_be_their_own_groups(form, tmp_path):
    counts = tabulate(FORMS[form]({"r": [9, 8, 9]}, tmp_path), rating="r", by="r")
    assert as_tally(counts) == {(9, 9): 2, (8, 8): 1}
    assert counts.groups == (8, 9)


@pytest.mark.parametrize("form", FORMS)
def test_several_group_columns_keep_their_order(form, tmp_path):
    data = FORMS[form]({"y": [2, 1, 2], "r": [9, 8, 9], "g": ["b", "a", "b"]}, tmp_path)
    counts = tabulate(data, rating="r", by=["g", "y"])
    assert counts.by == ("g", "y")
    assert as_tally(counts) == {(("b", 2), 9): 2, (("a", 1), 8): 1}
    assert tabulate(data, rating="r", by=("y", "g")).groups == ((1, "a"), (2, "b"))


def test_a_group_column_is_named_once():
    message = told(ValueError, tabulate, pd.DataFrame({"r": [9], "g": [1]}), rating="r", by=["g", "g"])
    assert "group columns must have different names; got ['g', 'g']" in message


def test_a_group_column_called_like_a_column_of_results_is_refused():
    message = told(ValueError, tabulate, pd.DataFrame({"r": [9], "score": [1]}), rating="r", by="score")
    assert "a group column cannot be called 'score', like a column of the results; rename it" in message


@pytest.mark.parametrize("data", [pd.DataFrame({"r": [9]}), pl.LazyFrame({"r": [9]}), "a.csv", Path("a.csv")])
def test_frames_and_files_need_the_name_of_the_ratings(data):
    assert "`rating` must name the column of the ratings; got none." in told(ValueError, tabulate, data)
    message = told(ValueError, tabulate, data, rating=["r", "s"])
    assert "`rating` must name the column of the ratings; got ['r', 's']." in message


@pytest.mark.parametrize("named", [{"rating": "r"}, {"by": "g"}, {"metric": nps.NKI}])
@pytest.mark.parametrize("data", [[9], np.array([9]), pd.Series([9]), pl.Series([9]), pa.array([9])])
def test_bare_values_have_no_columns(data, named):
    message = told(TypeError, tabulate, data, **named)
    assert "`rating`, `by` and metrics of several items need a frame or a file; got " in message
    assert type(data).__name__ in message


# ------------------------------------------------------------------------------------------------ the labels


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        ([3, 1, 2], (1, 2, 3)),
        ([10, 9, 2], (2, 9, 10)),
        (["10", "9", "2"], ("10", "2", "9")),
        ([2018.0, 2017.0, NAN], (2017, 2018, None)),
        ([True, False, None], (False, True, None)),
        (["b", None, "a"], ("a", "b", None)),
        (["b", "", "a"], ("", "a", "b")),
        ([dt.date(2024, 2, 1), dt.date(2023, 1, 1), None], (dt.date(2023, 1, 1), dt.date(2024, 2, 1), None)),
        ([None, None, None], (None,)),
    ],
)
@pytest.mark.parametrize("form", ["pandas", "Polars", "Polars lazy", "Arrow"])
def test_groups_are_sorted_by_label_the_missing_one_last(labels, order, form):
    make = {"pandas": pd.DataFrame, "Polars": pl.DataFrame, "Polars lazy": pl.LazyFrame, "Arrow": pa.table}[form]
    counts = tabulate(make({"r": [9, 9, 9], "g": labels}), rating="r", by="g")
    assert counts.groups == order
    assert counts.n.sum() == 3


@pytest.mark.parametrize("missing", [None, NAN, pd.NA, pd.NaT, np.datetime64("NaT", "s")], ids=str)
def test_every_missing_label_is_the_same_one(missing):
    frame = pd.DataFrame({"r": [9, 8, 7], "g": pd.Series(["a", missing, None], dtype=object)})
    assert as_tally(tabulate(frame, rating="r", by="g")) == {("a", 9): 1, (None, 8): 1, (None, 7): 1}


def test_nan_and_null_are_one_label_in_polars():
    frame = pl.DataFrame({"r": [9, 8, 7], "g": [1.0, NAN, None]})
    assert as_tally(tabulate(frame, rating="r", by="g")) == {(1.0, 9): 1, (None, 8): 1, (None, 7): 1}


def test_labels_of_several_types_are_sorted_numbers_first():
    frame = pd.DataFrame({"r": [1, 2, 3, 4, 5], "g": pd.Series(["b", 1, None, 2.5, "a"], dtype=object)})
    assert tabulate(frame, rating="r", by="g").groups == (1, 2.5, "a", "b", None)


@pytest.mark.parametrize(
    "labels",
    [
        pd.Categorical(["low", "high", None, "low"], categories=["low", "mid", "high"], ordered=True),
        pl.Series(["low", "high", None, "low"], dtype=pl.Enum(["low", "mid", "high"])),
    ],
    ids=["pandas", "Polars"],
)
def test_ordered_categories_keep_their_order(labels):
    frame = (pd if isinstance(labels, pd.Categorical) else pl).DataFrame({"r": [9, 9, 9, 8], "g": labels})
    counts = tabulate(frame, rating="r", by="g")
    assert counts.groups == ("low", "high", None)
    assert counts.n.tolist() == [2, 1, 1]
    # Also beside a column of mixed values.
    mixed = frame.assign(r=np.array([9, "9", 9.0, 8], object)) if isinstance(frame, pd.DataFrame) else frame
    assert tabulate(mixed, rating="r", by="g") == counts


def test_ordered_categories_order_within_the_columns_before():
    size = pd.Categorical(["S", "L", "M", "S"], categories=["S", "M", "L"], ordered=True)
    frame = pd.DataFrame({"r": [9] * 4, "g": ["b", "a", "a", "a"], "size": size})
    counts = tabulate(frame, rating="r", by=["g", "size"])
    assert counts.groups == (("a", "S"), ("a", "M"), ("a", "L"), ("b", "S"))


def test_unordered_categories_are_sorted_by_label_and_unused_ones_left_out():
    frame = pd.DataFrame({"r": [9, 8], "g": pd.Categorical(["x", "a"], categories=["x", "q", "a"])})
    assert tabulate(frame, rating="r", by="g").groups == ("a", "x")


def test_dates_and_periods_are_labels():
    days = pd.to_datetime(["2024-02-01", "2024-01-01", None])
    assert tabulate(pd.DataFrame({"r": [9, 9, 9], "g": days}), rating="r", by="g").groups == (days[1], days[0], None)
    quarters = pd.PeriodIndex(["2024Q2", "2024Q1"], freq="Q")
    counts = tabulate(pd.DataFrame({"r": [9, 9], "g": quarters}), rating="r", by="g")
    assert list(map(str, counts.groups)) == ["2024Q1", "2024Q2"]


def test_groups_without_a_rating_stay():
    counts = tabulate(pd.DataFrame({"r": [None, None, 9], "g": ["a", "a", "b"]}), rating="r", by="g")
    assert (counts.groups, counts.n.tolist(), counts.missing.tolist()) == (("a", "b"), [0, 1], [2, 0])


# ------------------------------------------------------------------------------------------------ bad answers

# An answer that is no rating, how a message shows it, and the code that could declare it missing.
WRONG = [
    (11, "11", 11),
    (98, "98", 98),
    (-1, "-1", -1),
    (10**30, str(10**30), 10**30),
    (2**64 - 1, str(2**64 - 1), 2**64 - 1),
    (11.0, "11", 11),
    (1e9, "1000000000", 10**9),
    (Decimal("11.0"), "11", 11),
    (8.5, "8.5", None),
    (float("inf"), "inf", None),
    (float("-inf"), "-inf", None),
    (Decimal("8.5"), "Decimal('8.5')", None),
    (Fraction(1, 2), "Fraction(1, 2)", None),
    (True, "True", None),
    (False, "False", None),
    (np.True_, "True", None),
    (b"9", "b'9'", None),
    (9 + 0j, "(9+0j)", None),
    (dt.date(2024, 1, 1), "datetime.date(2024, 1, 1)", None),
    ("9 - likely", "'9 - likely'", "9 - likely"),
    ("9,0", "'9,0'", "9,0"),
    ("9.5", "'9.5'", "9.5"),
    ("1e1", "'1e1'", "1e1"),
    ("nine", "'nine'", "nine"),
    ("nan", "'nan'", "nan"),
    ("NULL", "'NULL'", "NULL"),
    ("\uff19", "'\uff19'", "\uff19"),  # a full-width 9
    ("\u0669", "'\u0669'", "\u0669"),  # an Arabic 9
    ("²", "'²'", "²"),
    ("11", "11", 11),
    ("011.0", "11", 11),
    (" 11 ", "11", 11),
    ("- 1", "'- 1'", "- 1"),
]
READ = [
    9, 9.0, np.int8(9), np.float32(9), Decimal(9), Decimal("9.0"), "9", " 9 ", "\t9\n", "9.0", "9.", "09",
    "+9", "9.000", "\u00a09", np.str_("9"),
]  # fmt: skip
EMPTY = [None, NAN, np.float64(NAN), "", "  ", "\t", "\u00a0", pd.NA, pd.NaT, np.datetime64("NaT", "s"), Decimal("NaN")]


@pytest.mark.parametrize(("value", "shown", "code"), WRONG, ids=lambda value: repr(value)[:20])
def test_what_is_no_rating_is_refused_with_its_place_and_a_way_out(value, shown, code):
    message = told(InvalidRatingError, tabulate, [9, None, value, 10, value])
    way_out = (
        "Recode them; nothing is rounded or guessed."
        if code is None
        else f"Recode them, or pass `missing_codes=[{code!r}]` if they mean no answer."
    )
    assert message == (
        f"`data` must be whole numbers 0-10; 2 of 5 are not (first: {shown} at row 3; 2 × {shown}). {way_out}"
    )


@pytest.mark.parametrize(("value", "shown", "code"), WRONG, ids=lambda value: repr(value)[:20])
def test_the_way_out_works(value, shown, code):
    with pytest.raises(InvalidRatingError) as caught:
        tabulate([9, value])
    assert caught.value.codes == (() if code is None else (code,))
    if code is not None:
        counts = tabulate([9, value], missing_codes=caught.value.codes)
        assert (counts.n.tolist(), counts.missing.tolist()) == ([1], [1])


@pytest.mark.parametrize("value", READ, ids=repr)
def test_whole_numbers_are_read_however_they_are_written(value):
    assert tabulate([value, 0]).counts.tolist() == [[1, *[0] * 8, 1, 0]]


@pytest.mark.parametrize("value", EMPTY, ids=repr)
def test_empty_answers_are_missing(value):
    counts = tabulate([value, 9])
    assert (counts.n.tolist(), counts.missing.tolist()) == ([1], [1])


BAD_FORMS = {
    **{form: FORMS[form] for form in ("pandas", "Polars", "Polars lazy", "Arrow", "CSV", "Parquet", "JSON")},
    "list": lambda data, _: data["r"],
    "NumPy": lambda data, _: np.array(data["r"]),
    "pandas Series": lambda data, _: pd.Series(data["r"]),
    "Polars Series": lambda data, _: pl.Series(data["r"]),
    "Arrow array": lambda data, _: pa.array(data["r"]),
}


def refused(form, ratings, folder, **more):
    data = BAD_FORMS[form]({"r": ratings}, folder)
    columns = {"rating": "r"} if form in FORMS else {}
    return (
        told(InvalidRatingError, tabulate, data, **columns, **more).replace(f" of {data}", "").replace("`r`", "`data`")
    )


@pytest.mark.parametrize("form", BAD_FORMS)
def test_all_engines_refuse_codes_alike(form, tmp_path):
    ratings = [0, 9, 99, 98, 11, 99, 98, 99, 10]
    assert refused(form, ratings, tmp_path) == (
        "`data` must be whole numbers 0-10; 6 of 9 are not (first: 99 at row 3; 3 × 99, 2 × 98, 1 × 11). "
        "Recode them, or pass `missing_codes=[99, 98, 11]` if they mean no answer."
    )


@pytest.mark.parametrize("form", BAD_FORMS)
def test_codes_declared_missing_are_counted_as_missing(form, tmp_path):
    data = BAD_FORMS[form]({"r": [0, 9, 99, 98, 11, 99]}, tmp_path)
    columns = {"rating": "r"} if form in FORMS else {}
    counts = tabulate(data, **columns, missing_codes=[99, 98, 11])
    assert (counts.n.tolist(), counts.missing.tolist()) == ([2], [4])


@pytest.mark.parametrize("form", BAD_FORMS)
def test_a_scale_shipped_from_1_to_11_is_recognised(form, tmp_path):
    assert refused(form, [1, 2, 11, *range(3, 12)], tmp_path) == (
        "`data` must be whole numbers 0-10; 2 of 12 are not (first: 11 at row 3; 2 × 11). Recode them, or pass "
        "`missing_codes=[11]` if they mean no answer. No answer is 0: was the scale shipped as 1-11? Then subtract 1."
    )
    for otherwise in ([*range(12)], [*range(1, 13)], [*range(1, 10), 12]):
        assert "shipped" not in refused(form, otherwise, tmp_path)


def test_a_scale_shipped_from_0_to_10_is_refused_on_1_to_10():
    message = told(InvalidRatingError, tabulate, list(range(11)), metric=nps.NPS_1_TO_10)
    assert "must be whole numbers 1-10; 1 of 11 is not (first: 0 at row 1; 1 × 0)" in message


@pytest.mark.parametrize("form", [form for form in BAD_FORMS if form != "CSV"])
def test_all_engines_refuse_booleans(form, tmp_path):
    message = refused(form, [True, False, True], tmp_path)
    assert "3 of 3 are not (first: True at row 1; 2 × True, 1 × False). Recode them; nothing is rounded" in message


@pytest.mark.parametrize("form", [form for form in BAD_FORMS if form not in ("CSV", "JSON")])
def test_all_engines_refuse_fractions_and_infinities(form, tmp_path):
    message = refused(form, [9.0, 8.5, float("inf"), 8.5], tmp_path)
    assert "3 of 4 are not (first: 8.5 at row 2; 2 × 8.5, 1 × inf). Recode them; nothing is rounded" in message


@pytest.mark.parametrize("form", BAD_FORMS)
def test_all_engines_refuse_texts(form, tmp_path):
    message = refused(form, ["9", "9 - likely", "10"], tmp_path)
    assert "1 of 3 is not (first: '9 - likely' at row 2; 1 × '9 - likely')." in message


@pytest.mark.parametrize("form", FORMS)
def test_wrong_answers_in_a_group_without_others_are_refused(form, tmp_path):
    data = FORMS[form]({"r": [9, 11], "g": ["a", None]}, tmp_path)
    assert "first: 11 at row 2" in told(InvalidRatingError, tabulate, data, rating="r", by="g")


@pytest.mark.parametrize(("values", "row"), [([1, True], 2), ([True, 1], 1), ([1.0, True, 1], 2)])
def test_objects_that_are_equal_and_of_other_types_stay_apart(values, row):
    frame = pd.DataFrame({"r": pd.Series(values, dtype=object)})
    for data, columns in ((values, {}), (frame, {"rating": "r"}), (np.array(values, object), {})):
        message = told(InvalidRatingError, tabulate, data, **columns)
        assert f"1 of {len(values)} is not (first: True at row {row}; 1 × True)" in message


def test_at_most_five_wrong_answers_are_listed():
    message = told(InvalidRatingError, tabulate, [*range(11, 18), 17])
    assert "8 of 8 are not (first: 11 at row 1; 2 × 17, 1 × 11, 1 × 12, 1 × 13, 1 × 14, ...)" in message
    assert "`missing_codes=[17, 11, 12, 13, 14]`" in message


def test_a_message_stays_readable_when_answers_are_long():
    # A column of comments, taken for the ratings.
    comments = [f"{i}: " + "The staff was friendly and the queue was short. " * 40 for i in range(8)]
    assert len(told(InvalidRatingError, tabulate, comments)) < 1500


def test_a_number_of_many_digits_is_one_wrong_answer():
    message = told(InvalidRatingError, tabulate, [9, "9" * 5000])
    assert "1 of 2 is not" in message


def test_the_first_wrong_answer_of_several_files_is_placed(tmp_path):
    paths = [write(tmp_path / f"{i}.csv", text) for i, text in enumerate(["r\n9\n8\n", "r\n7\n11\n11\n", "r\n99\n"])]
    for source in (paths, tmp_path / "*.csv"):
        message = told(InvalidRatingError, tabulate, source, rating="r")
        assert f"3 of 6 are not (first: 11 at row 2 of {paths[1]}; 2 × 11, 1 × 99)" in message
    assert f"first: 99 at row 1 of {paths[2]}" in told(InvalidRatingError, tabulate, paths[::-1], rating="r")


def test_a_wrong_answer_far_down_a_file_is_placed(tmp_path):
    text = text_of([(i % 11, "a") for i in range(30_000)] + [(12, "a")])
    message = told(InvalidRatingError, tabulate, write(tmp_path / "a.csv", text), rating="r")
    assert f"1 of 30001 is not (first: 12 at row 30001 of {tmp_path / 'a.csv'}; 1 × 12)" in message


def test_invalid_ratings_are_value_errors():
    assert issubclass(InvalidRatingError, ValueError)


# ------------------------------------------------------------------------------------------- missing codes


@pytest.mark.parametrize(
    "codes",
    [
        [11],
        (11,),
        {11},
        ["11"],
        [" 11 "],
        [11.0],
        ["11.0"],
        range(11, 100),
        np.array([11]),
        pd.Series([11]),
        {11: "dk"},
    ],
    ids=repr,
)
@pytest.mark.parametrize("form", ["list", "CSV"])
def test_a_code_is_the_same_as_number_and_as_text(codes, form, tmp_path):
    data = BAD_FORMS[form]({"r": [9, 11]}, tmp_path)
    counts = tabulate(data, **({"rating": "r"} if form in FORMS else {}), missing_codes=codes)
    assert (counts.n.tolist(), counts.missing.tolist()) == ([1], [1])


def test_texts_are_codes_without_the_spaces_around_them():
    counts = tabulate(["9", "Don't know", " Don't know "], missing_codes=["Don't know"])
    assert counts.missing.tolist() == [2]
    message = told(InvalidRatingError, tabulate, ["9", "Don't know"], missing_codes=["don't know"])
    assert """pass `missing_codes=["Don't know"]`""" in message


@pytest.mark.parametrize("codes", [[9], ["9"], [0, 99], ["10.0"], range(10, 100)])
def test_a_code_on_the_scale_is_refused(codes):
    message = told(ValueError, tabulate, [9, 99], missing_codes=codes)
    assert re.search(r"`missing_codes` must not hold ratings of the scale 0-10; (9|0|10) is one\.", message)


@pytest.mark.parametrize("codes", [11, "11", None, 11.0])
def test_one_code_is_no_list_of_codes(codes):
    message = told(TypeError, tabulate, [9, 11], missing_codes=codes)
    assert f"`missing_codes` must be a list of codes; got {codes!r}." in message


@pytest.mark.parametrize("codes", [[True], [11.5], [b"11"], [[11]], [99, dt.date(2024, 1, 1)], [float("inf")]])
def test_codes_are_whole_numbers_or_texts(codes):
    message = told(TypeError, tabulate, [9, 11], missing_codes=codes)
    assert f"`missing_codes` must be whole numbers or texts; got {codes!r}." in message


def test_codes_are_checked_before_the_data_are_judged():
    assert "`missing_codes`" in told(ValueError, tabulate, [9, 98, 99], missing_codes=[9])


# ------------------------------------------------------------------------------------------ several items


@pytest.mark.parametrize("form", FORMS)
def test_items_are_added_up(form, tmp_path):
    data = FORMS[form](
        {"c": [1, 9, None, 10], "a": [1, 10, 5, 10], "b": [1, 10, 5, None], "g": ["x", "x", "y", "x"]}, tmp_path
    )
    counts = tabulate(data, rating=["a", "b", "c"], by="g", metric=nps.NKI)
    assert counts.scale == Scale(1, 10, items=3)
    # Respondents who left an item empty have no sum.
    assert as_tally(counts) == {("x", 3): 1, ("x", 29): 1, ("y", None): 1, ("x", None): 1}


@pytest.mark.parametrize("form", FORMS)
def test_each_item_is_checked(form, tmp_path):
    data = FORMS[form]({"a": [5, 10, 10], "b": [5, 10, 11], "c": [5, 0, 11]}, tmp_path)
    message = told(InvalidRatingError, tabulate, data, rating=["a", "b", "c"], metric=nps.NKI)
    assert "`a, b, c` must be whole numbers 1-10 in all 3 columns; 2 of 3 are not (first: 0 at row 2" in message
    assert "2 × 11, 1 × 0). Recode them, or pass `missing_codes=[11, 0]`" in message


def test_a_wrong_item_goes_before_an_empty_one():
    frame = pd.DataFrame({"a": [None], "b": [99], "c": [1]})
    message = told(InvalidRatingError, tabulate, frame, rating=["a", "b", "c"], metric=nps.NKI)
    assert "1 of 1 is not (first: 99 at row 1; 1 × 99)" in message
    counts = tabulate(frame, rating=["a", "b", "c"], metric=nps.NKI, missing_codes=[99])
    assert (counts.n.tolist(), counts.missing.tolist()) == ([0], [1])


def test_a_sum_is_no_code():
    # 29 is on the scale of the sums, not on that of the items.
    frame = pd.DataFrame({"a": [29, 10], "b": [10, 10], "c": [10, 9]})
    counts = tabulate(frame, rating=["a", "b", "c"], metric=nps.NKI, missing_codes=[29])
    assert as_tally(counts) == {((), None): 1, ((), 29): 1}


@pytest.mark.parametrize("rating", ["a", ["a", "b"], ["a", "b", "c", "d"], None])
def test_there_are_as_many_columns_as_items(rating):
    frame = pd.DataFrame([[1, 2, 3, 4]], columns=list("abcd"))
    message = told(ValueError, tabulate, frame, rating=rating, metric=nps.NKI)
    assert "`rating` must name the 3 columns of the items; got" in message


# ------------------------------------------------------------------------------------- what is no data at all


@pytest.mark.parametrize("data", [None, 5, 9.5, True, {9}, {"r": [9]}, b"9", bytearray(b"\x09"), object(), iter([9])])
def test_what_holds_no_ratings_is_refused(data):
    message = told(TypeError, tabulate, data)
    assert f"`data` must be ratings, a frame or a path; got {type(data).__name__}." in message


@pytest.mark.parametrize("shape", [(2, 2), (), (1, 1), (0, 3)])
def test_an_array_has_one_dimension(shape):
    message = told(ValueError, tabulate, np.ones(shape))
    assert f"`data` must be one-dimensional, one rating per respondent; got shape {shape}." in message


@pytest.mark.parametrize("data", [[9, [8, 7]], [9, {"r": 8}], [9, {8}], [9, np.array([8])]])
def test_an_answer_is_one_value(data):
    message = told(TypeError, tabulate, data)
    assert f"`data` must be single ratings; got {type(data[1]).__name__} at row 2." in message
    assert "For several columns pass a frame with `rating` and `by`." in message


@pytest.mark.parametrize(
    "frame",
    [
        lambda column: pd.DataFrame({"r": [9, 8], "g": ["a", "b"]} | {column: [[1, 2], [3]]}),
        lambda column: pl.DataFrame({"r": [9, 8], "g": ["a", "b"]} | {column: [[1, 2], [3]]}),
    ],
    ids=["pandas", "Polars"],
)
@pytest.mark.parametrize("column", ["r", "g"])
def test_several_answers_of_a_respondent_in_one_cell_are_refused(frame, column):
    message = told((TypeError, ValueError), tabulate, frame(column), rating="r", by="g")
    assert f"{column}`" in message or f"'{column}'" in message


def test_several_answers_of_a_respondent_in_one_text_are_refused():
    message = told(InvalidRatingError, tabulate, ["9;8", "9"])
    assert "first: '9;8' at row 1" in message


@pytest.mark.parametrize(
    "data", [[], (), np.array([]), pd.Series([], dtype=float), pl.Series([], dtype=pl.Int64), pa.array([])]
)
def test_no_rows_are_refused(data):
    assert told(ValueError, tabulate, data) == "`data` holds no rows; there is nothing to count."


@pytest.mark.parametrize("form", ["pandas", "Polars", "Polars lazy", "Arrow", "CSV", "Parquet"])
def test_a_frame_or_file_without_rows_is_refused(form, tmp_path):
    data = FORMS[form]({"r": [], "g": []}, tmp_path)
    assert told(ValueError, tabulate, data, rating="r", by="g") == "`r` holds no rows; there is nothing to count."


def test_answers_that_are_all_empty_are_counted():
    counts = tabulate([None, "", NAN])
    assert (counts.n.tolist(), counts.missing.tolist()) == ([0], [3])


@pytest.mark.parametrize("metric", ["nps", None, Scale(0, 10), 5])
def test_a_metric_is_a_metric(metric):
    message = told(TypeError, tabulate, [9], metric=metric)
    assert f"`metric` must be a Metric such as npsstats.NPS; got {metric!r}." in message


def test_everything_after_the_data_is_keyword_only():
    with pytest.raises(TypeError, match="positional"):
        tabulate(pd.DataFrame({"r": [9]}), "r")


# -------------------------------------------------------------------------------------------------- bad files


def test_a_file_that_is_not_there(tmp_path):
    for source in (tmp_path / "no.csv", str(tmp_path / "no.csv"), tmp_path / "*.csv", [tmp_path / "no.csv"]):
        shown = source[0] if isinstance(source, list) else source
        assert told(FileNotFoundError, tabulate, source, rating="r") == f"there is no file {shown}."


def test_a_folder_is_no_file(tmp_path):
    message = told(OSError, tabulate, tmp_path, rating="r")
    assert message == f"{tmp_path} is a folder; pass its files as a pattern, such as {tmp_path / '*.parquet'}."


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.sav", "csv", "a.gz", "a.parquet.bak"])
def test_a_kind_of_file_that_is_not_known(name, tmp_path):
    path = write(tmp_path / name, "r\n9\n")
    message = told(ValueError, tabulate, path, rating="r")
    assert f"{path} must be CSV, Parquet or JSON, named .csv, .tsv, " in message


def test_a_file_that_is_not_what_its_name_says(tmp_path):
    pl.DataFrame({"r": [9]}).write_parquet(tmp_path / "a.parquet")
    shutil.copy(tmp_path / "a.parquet", tmp_path / "a.csv")
    cases = {
        tmp_path / "a.csv": "CSV",
        write(tmp_path / "b.parquet", "r\n9\n"): "Parquet",
        write(tmp_path / "c.csv.gz", "r\n9\n"): "CSV",
        write(tmp_path / "d.csv", gzip.compress(b"r\n9\n")): "CSV",
        write(tmp_path / "e.jsonl", '{"r": 9\n'): "JSON",
    }
    for path, kind in cases.items():
        assert f"{path} cannot be read as {kind}: " in told(ValueError, tabulate, path, rating="r")


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.json"])
def test_an_empty_file_is_called_empty(name, tmp_path):
    path = write(tmp_path / name, "")
    message = told(ValueError, tabulate, path, rating="r", by="g")
    assert str(path) in message
    assert re.search("empty|no rows", message.replace(str(path), ""))


def test_a_file_in_another_encoding_says_so(tmp_path):
    for encoding in ("latin-1", "utf-16"):
        path = write(tmp_path / f"{encoding}.csv", "r,g\n9,Zürich\n10,Genève\n".encode(encoding))
        message = told(ValueError, tabulate, path, rating="r", by="g")
        assert str(path) in message
        assert re.search(r"utf-?8|unicode|encod", message.replace(str(path), ""), flags=re.IGNORECASE)


@pytest.mark.parametrize(
    "text",
    [
        "r,g\n9,b\n10\n8,a\n",
        "r,g\n9,b\n10,a,x\n8,a\n",
        "r,g\n9,b,1\n10,a,x\n8,a,2\n",
        "r,g\n" + "9,b\n" * 25_000 + "9,b,1\n",
    ],
    ids=["short", "long", "all long", "late"],
)
def test_rows_of_different_lengths_are_called_so(text, tmp_path):
    path = write(tmp_path / "a.csv", text)
    message = told(ValueError, tabulate, path, rating="r", by="g")
    assert str(path) in message
    # Not "there is no column 'g'; did you mean 'r,g'?": the header is right.
    assert "did you mean" not in message
    assert re.search(r"column|field|length|row", message.replace(str(path), ""))


def test_columns_of_one_of_several_files_are_told_with_the_file(tmp_path):
    write(tmp_path / "1.csv", "r,g\n9,a\n")
    other = write(tmp_path / "2.csv", "r,h\n9,a\n")
    message = told(ValueError, tabulate, tmp_path / "*.csv", rating="r", by="g")
    assert message == f"{other}: there is no column 'g'; did you mean one of 'r', 'h'?"


def test_a_warning_of_one_of_several_files_names_the_file(tmp_path):
    paths = [write(tmp_path / "1.csv", "r,g\n9,a\n"), write(tmp_path / "2.csv", " r,g\n9,a\n")]
    with pytest.warns(UserWarning, match="spaces around") as caught:
        counts = tabulate(paths, rating="r")
    assert [str(warning.message) for warning in caught] == [
        f"{paths[1]}: column ' r' is read as 'r': spaces around the name are trimmed."
    ]
    assert counts.n.tolist() == [2]


def test_the_second_header_of_a_survey_tool_is_refused(tmp_path):
    # Qualtrics puts the question below the names of the columns.
    path = write(tmp_path / "a.csv", "r,g\nHow likely are you?,Which store?\n9,a\n8,b\n")
    message = told(InvalidRatingError, tabulate, path, rating="r")
    assert "1 of 3 is not (first: 'How likely are you?' at row 1" in message


def test_reading_a_file_changes_nothing(tmp_path):
    path = write(tmp_path / "a.csv", text_of())
    before = sorted(tmp_path.iterdir()), path.read_bytes()
    tabulate(path, rating="r", by="g")
    assert (sorted(tmp_path.iterdir()), path.read_bytes()) == before


def test_data_are_not_changed():
    frame = pandas_frame("float64")
    before = frame.copy()
    tabulate(frame, rating="r", by="g")
    pd.testing.assert_frame_equal(frame, before)
    values = np.array([9.0, NAN])
    tabulate(values)
    np.testing.assert_array_equal(values, [9.0, NAN])


# ------------------------------------------------------------------------------------------------------- laws

ANSWERS = st.sampled_from([None, *range(11)])
LABEL = st.sampled_from([None, "a", "b", "c d", "", "Z"])
TABLES = st.lists(st.tuples(ANSWERS, LABEL), min_size=1, max_size=60)


def frames(rows):
    return [pandas_frame("Int64", rows), polars_frame(rows, pl.String), polars_frame(rows, pl.String).lazy()]


@LAW
@given(TABLES, st.randoms(use_true_random=False))
def test_counts_are_those_of_a_counter_in_any_order_of_the_rows(rows, random):
    shuffled = random.sample(rows, len(rows))
    for frame, other in zip(frames(rows), frames(shuffled), strict=True):
        counts = tabulate(frame, rating="r", by="g")
        assert as_tally(counts) == expected(rows)
        assert counts.groups == tuple(sorted({g for _, g in rows}, key=lambda g: (g is None, g or "")))
        assert tabulate(other, rating="r", by="g") == counts
        assert tabulate(frame, rating="r") == counts.pool()


@LAW
@given(TABLES, st.data())
def test_shards_add_up_to_the_whole(rows, data):
    cut = data.draw(st.integers(0, len(rows)))
    parts = [part for part in (rows[:cut], rows[cut:]) if part]
    for whole, *shards in zip(frames(rows), *(frames(part) for part in parts), strict=True):
        counts = [tabulate(shard, rating="r", by="g") for shard in shards]
        total = counts[0] if len(counts) == 1 else counts[0] + counts[1]
        assert total == tabulate(whole, rating="r", by="g")


@LAW
@given(st.lists(st.sampled_from([9, 9.0, "9", None, "", 11, True, 8.5, "x"]), min_size=1, max_size=12))
def test_answers_are_read_missing_or_refused_and_none_is_lost(values):
    wrong = [position for position, value in enumerate(values) if value is True or value in (11, 8.5, "x")]
    if wrong:
        message = told(InvalidRatingError, tabulate, values)
        assert f"{len(wrong)} of {len(values)} {'is' if len(wrong) == 1 else 'are'} not" in message
        assert f"at row {wrong[0] + 1};" in message
    else:
        counts = tabulate(values)
        assert counts.counts[0, 9] == counts.n[0] == sum(value in (9, "9") for value in values)
        assert counts.missing.tolist() == [sum(value in (None, "") for value in values)]


# ------------------------------------------------------------------------------------------------- real files


def test_real_files_are_read_with_their_codes_and_headers(shared_data):
    path = shared_data / "sfo" / "2017.csv"
    with path.open(newline="", encoding="utf-8-sig") as file:
        tally = Counter(
            ({name.strip(): text.strip() for name, text in row.items()})["NETPRO"] for row in csv.DictReader(file)
        )
    message = told(InvalidRatingError, tabulate, path, rating="NETPRO")
    assert f"{tally['11']} of {tally.total()} are not" in message
    assert "pass `missing_codes=[11]`" in message
    counts = tabulate(path, rating="NETPRO", missing_codes=[11])
    assert counts.counts[0].tolist() == [tally[str(rating)] for rating in range(11)]
    assert counts.missing.tolist() == [tally["11"] + tally[""]]
