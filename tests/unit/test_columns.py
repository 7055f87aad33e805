"""Whole columns: every engine gives each row the label, the number and the answer that reading row by row gives."""

import csv
import datetime as dt
import json
import math
from decimal import Decimal
from fractions import Fraction

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import npsstats as nps
from npsstats.tabulation.answers import count_answers
from npsstats.tabulation.columns import Coded, group_codes, read_columns
from npsstats.tabulation.files import read_file_rows
from npsstats.tabulation.frames import read_frame_rows
from npsstats.tabulation.judging import plain

LAW = settings(derandomize=True, deadline=None, max_examples=100)
NAN = float("nan")

RATINGS = [9, 10, None, 3, 0, 9, 7, 8, None, 1]
GROUPS = ["b", "a", "a", None, "a", "b", "c, d", "b", None, "a"]
YEARS = [2018, 2017, 2017, 2018, None, 2017, 2018, 2018, 2017, 2018]
WEIGHTS = [1.5, 0.5, 2.0, None, 1.0, 1e-3, 1e3, 0.25, 3.0, 1.0]


def told(error, call, *arguments, **named):
    """The message of the error that a call raises."""
    with pytest.raises(error) as caught:
        call(*arguments, **named)
    return str(caught.value)


def read(data, labels=(), numbers=(), answers=("r",)):
    return read_columns(data, labels=list(labels), numbers=list(numbers), answers=list(answers))


def spread(coded):
    """The label of each row, with its type."""
    return [(type(label := coded.labels[code]), label) for code in coded.codes.tolist()]


def in_rows(data, column):
    """The label of each row, with its type, by the reader that goes from row to row."""
    if isinstance(data, list):
        rows = read_file_rows(data, ["r"], [column]).rows()
    else:
        import narwhals as nw

        rows = read_frame_rows(nw.from_native(data), ["r"], [column]).rows()
    return [(type(label), label) for _, (label,), _ in rows]


def columns():
    return {"r": RATINGS, "g": GROUPS, "y": YEARS, "w": WEIGHTS}


def pandas_frame(**types):
    return pd.DataFrame({name: pd.Series(values, dtype=types.get(name)) for name, values in columns().items()})


FRAMES = {
    "pandas": lambda: pandas_frame(),
    "pandas nullable": lambda: pandas_frame(r="Int64", g="string", y="Int16", w="Float64"),
    "pandas objects": lambda: pandas_frame(r=object, g=object, y=object, w=object),
    "pandas categories": lambda: pandas_frame(g="category", y="category"),
    "pandas Arrow types": lambda: pandas_frame(
        r="int64[pyarrow]", g="string[pyarrow]", y="int32[pyarrow]", w="double[pyarrow]"
    ),
    "pandas with an odd index": lambda: pandas_frame().set_index(pd.Index([5] * len(RATINGS))),
    "Polars": lambda: pl.DataFrame(columns()),
    "Polars lazy": lambda: pl.DataFrame(columns()).lazy(),
    "Polars categories": lambda: pl.DataFrame(columns()).with_columns(pl.col("g").cast(pl.Categorical)),
    "Arrow": lambda: pa.table(columns()),
    "Arrow dictionaries": lambda: pa.table({**columns(), "g": pa.array(GROUPS).dictionary_encode()}),
    "DuckDB": lambda: duckdb.from_arrow(pa.table(columns())),
}


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_a_frame_gives_each_row_what_it_holds(make):
    found = read(make(), ["g", "y"], ["w"])
    assert [label for _, label in spread(found.labels["g"])] == GROUPS
    assert [label for _, label in spread(found.labels["y"])] == YEARS
    assert [plain(answer) for _, (answer,) in spread(found.answers)] == RATINGS
    np.testing.assert_array_equal(found.numbers["w"], np.array(WEIGHTS, dtype=float))
    assert found.n_rows == len(RATINGS)


@pytest.mark.parametrize("column", ["g", "y"])
@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_labels_of_a_frame_are_those_of_the_other_readers(make, column):
    data = make()
    found = read(data, [column]).labels[column]
    assert spread(found) == in_rows(data, column)
    assert set(found.labels) == set(nps.tabulate(data, rating="r", by=column).groups)


ZONE = dt.timezone(dt.timedelta(hours=2))
VALUES = {
    "whole numbers": [3, 1, 3, 2],
    "large whole numbers": [2**63 - 1, -(2**63), 0, 2**63 - 1],
    "numbers": [0.5, 2.0, 0.5, 1e300],
    "truth values": [True, False, True, True],
    "texts": ["b", "", " b", "b"],
    "dates": [dt.date(2024, 1, 31), dt.date(1950, 2, 1), dt.date(2024, 1, 31), dt.date(9999, 12, 31)],
    "times": [dt.datetime(2024, 1, 31, 12, 30, 0, 250), dt.datetime(1960, 1, 1), dt.datetime(2024, 1, 31)] * 2,
    "times in a zone": [dt.datetime(2024, 1, 31, 12, tzinfo=ZONE), dt.datetime(2024, 7, 1, tzinfo=ZONE)] * 2,
    "hours": [dt.time(12, 30), dt.time(0), dt.time(12, 30)],
    "durations": [dt.timedelta(days=1), dt.timedelta(hours=24), dt.timedelta(0)],
    "decimals": [Decimal("1.50"), Decimal("2.25"), Decimal("1.50")],
    "bytes": [b"a", b"\x00", b"a"],
}


@pytest.mark.parametrize("gaps", [False, True], ids=["full", "with gaps"])
@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_labels_of_every_type_are_those_of_reading_by_row(values, gaps, tmp_path):
    values = [None, *values, None] if gaps else values
    table = pa.table({"r": [9] * len(values), "x": pa.array(values)})
    polars = pl.from_arrow(table)
    polars.write_parquet(tmp_path / "x.parquet")
    frames = {
        "pandas": table.to_pandas(),
        "pandas Arrow types": table.to_pandas(types_mapper=pd.ArrowDtype),
        "Polars": polars,
        "Arrow": table,
        "Parquet": tmp_path / "x.parquet",
    }
    if pa.types.is_timestamp(table["x"].type) and table["x"].type.tz:
        del frames["Parquet"]  # DuckDB needs pytz for them, which is not among the requirements.
    for name, data in frames.items():
        found = read(data, ["x"]).labels["x"]
        expected = in_rows([data] if name == "Parquet" else data, "x")
        assert spread(found) == expected, name
        # Something was read: as many different labels as there are values.
        assert len(found.labels) == len(set(values)), name


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint8", "uint64", "float32", "bool"])
def test_labels_of_small_and_large_types_are_exact(dtype, tmp_path):
    extremes = {"float32": [0.1, -3e38, 0.5], "bool": [True, False, True]}.get(dtype)
    if extremes is None:
        info = np.iinfo(dtype)
        extremes = [info.max, info.min, 0, info.max]
    array = np.array(extremes, dtype=dtype)
    for data in (pd.DataFrame({"r": 9, "x": array}), pl.DataFrame({"x": array}).with_columns(r=pl.lit(9))):
        assert [label for _, label in spread(read(data, ["x"]).labels["x"])] == array.tolist()
    data.write_parquet(tmp_path / "x.parquet")
    assert [label for _, label in spread(read(tmp_path / "x.parquet", ["x"]).labels["x"])] == array.tolist()


def test_codes_are_in_order_of_appearance_and_only_of_labels_that_occur():
    frame = pd.DataFrame({"r": [9, 9, 9], "g": pd.Categorical(["b", None, "a"], categories=["z", "a", "b"])})
    found = read(frame, ["g"]).labels["g"]
    assert found.labels == ["b", None, "a"]
    assert found.codes.tolist() == [0, 1, 2]
    assert found.codes.dtype == np.int64
    assert found.order is None


def test_ordered_categories_keep_their_order():
    ordered = pd.Categorical(["mid", "low"], categories=["low", "mid", "top"], ordered=True)
    assert read(pd.DataFrame({"r": [9, 9], "g": ordered}), ["r", "g"]).labels["g"].order == ["low", "mid", "top"]
    enum = pl.Series(["mid", "low"], dtype=pl.Enum(["low", "mid", "top"]))
    assert read(pl.DataFrame({"r": [9, 9], "g": enum}), ["g"]).labels["g"].order == ["low", "mid", "top"]


def test_true_and_one_are_different_labels_and_answers():
    mixed = pd.DataFrame({"r": pd.Series([1, True, "1", 1.0, NAN, None], dtype=object)})
    found = read(mixed, ["r"])
    assert spread(found.labels["r"]) == [(int, 1), (bool, True), (str, "1"), (int, 1), *[(type(None), None)] * 2]
    answers = [answer for _, (answer,) in spread(found.answers)]
    assert list(map(type, answers)) == [int, bool, str, float, type(None), type(None)]


def test_mixed_objects_far_below_the_first_rows_are_seen():
    # Narwhals calls a column a text column for its first hundred rows.
    mixed = pd.DataFrame({"r": 9, "g": pd.Series(["a"] * 200 + [1, True, "1"], dtype=object)})
    assert spread(read(mixed, ["g"]).labels["g"])[-3:] == [(int, 1), (bool, True), (str, "1")]


# --------------------------------------------------------------------------------------------------------- files


def write_csv(path, delimiter=",", header=("r", "g", "y", "w")):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows(zip(RATINGS, GROUPS, YEARS, WEIGHTS, strict=True))
    return path


def write_parquet(path):
    pl.DataFrame(columns()).write_parquet(path)
    return path


def write_json(path):
    rows = [dict(zip("rgyw", row, strict=True)) for row in zip(RATINGS, GROUPS, YEARS, WEIGHTS, strict=True)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


FILES = {
    "csv": write_csv,
    "tsv": lambda path: write_csv(path, "\t"),
    "parquet": write_parquet,
    "jsonl": write_json,
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_gives_each_row_what_it_holds(kind, tmp_path):
    path = FILES[kind](tmp_path / f"x.{kind}")
    found = read(path, ["g", "y"], ["w"])
    assert [label for _, label in spread(found.labels["g"])] == GROUPS
    assert spread(found.labels["y"]) == [(type(year), year) for year in YEARS]
    np.testing.assert_array_equal(found.numbers["w"], np.array(WEIGHTS, dtype=float))
    text = kind in ("csv", "tsv")
    assert [a for _, (a,) in spread(found.answers)] == [None if r is None else str(r) if text else r for r in RATINGS]


@pytest.mark.parametrize("kind", FILES)
def test_labels_of_a_file_are_those_of_the_other_readers(kind, tmp_path):
    path = FILES[kind](tmp_path / f"x.{kind}")
    for column in ("g", "y"):
        found = read(path, [column]).labels[column]
        assert spread(found) == in_rows([path], column)
        assert set(found.labels) == set(nps.tabulate(path, rating="r", by=column).groups)


def test_whole_numbers_of_csv_are_numbers_value_by_value(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("r,g\n9,2017\n9,02017\n9,Q1\n9,-3\n9, 5\n9,\n", encoding="utf-8")
    assert read(path, ["g"]).labels["g"].labels == [2017, "02017", "Q1", -3, " 5", None]


def test_values_of_json_are_taken_as_written(tmp_path):
    path = tmp_path / "x.json"
    values = ["1", 1, True, 1.0, None, "null", 'a "b"', 2.5]
    path.write_text(json.dumps([{"r": 9, "g": value} for value in values]), encoding="utf-8")
    found = read(path, ["g"])
    assert spread(found.labels["g"]) == [*in_rows([path], "g")[:3], (int, 1), *in_rows([path], "g")[4:]]
    assert found.labels["g"].labels == ["1", 1, True, None, "null", 'a "b"', 2.5]


def test_files_come_one_after_the_other_and_their_labels_are_one(tmp_path):
    write_csv(tmp_path / "a.csv")
    write_parquet(tmp_path / "b.parquet")
    write_json(tmp_path / "c.jsonl")
    found = read([tmp_path / name for name in ("b.parquet", "c.jsonl", "a.csv")], ["g", "y"], ["w"])
    assert [label for _, label in spread(found.labels["g"])] == GROUPS * 3
    assert [label for _, label in spread(found.labels["y"])] == YEARS * 3
    assert len(found.labels["y"].labels) == 3
    np.testing.assert_array_equal(found.numbers["w"], np.array(WEIGHTS * 3, dtype=float))
    # The answers of CSV are text.
    assert {type(answer) for (answer,) in found.answers.labels} == {int, str, type(None)}
    assert found.where(0) == f"row 1 of {tmp_path / 'b.parquet'}"
    assert found.where(9) == f"row 10 of {tmp_path / 'b.parquet'}"
    assert found.where(10) == f"row 1 of {tmp_path / 'c.jsonl'}"
    assert found.where(29) == f"row 10 of {tmp_path / 'a.csv'}"
    with pytest.raises(IndexError):
        found.where(30)


def test_a_pattern_names_several_files(tmp_path):
    for name in ("b", "a"):
        write_csv(tmp_path / f"{name}.csv")
    found = read(str(tmp_path / "*.csv"), ["g"])
    assert [file for file, _ in found.files] == [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]
    assert found.n_rows == 20


def test_rows_of_large_files_keep_their_order(tmp_path):
    # Large enough that DuckDB reads both with several threads, out of order inside.
    n = 400_000
    frame = pl.DataFrame({"r": np.arange(n) % 11, "g": [f"t{i % 997}" for i in range(n)], "w": np.arange(n) / 8})
    frame = frame.with_columns(d=pl.date(2020, 1, 1) + pl.duration(days=pl.col("r")))
    frame.write_parquet(tmp_path / "x.parquet", row_group_size=5000)
    frame.write_csv(tmp_path / "x.csv")
    for name in ("x.parquet", "x.csv"):
        found = read(tmp_path / name, ["g", "d"], ["w"])
        assert np.array_equal(found.numbers["w"], np.arange(n) / 8), name
        assert np.array_equal(found.labels["g"].codes, np.arange(n) % 997), name
        assert found.labels["g"].labels == [f"t{i}" for i in range(997)]
        assert np.array_equal(found.labels["d"].codes, np.arange(n) % 11), name
        assert np.array_equal(found.answers.codes, np.arange(n) % 11), name


# ------------------------------------------------------------------------------------------------------- numbers

WRITTEN = {
    "0.5": 0.5, " 1e3 ": 1000.0, "+2": 2.0, "-3.": -3.0, ".25": 0.25, "1E-2": 0.01, "": NAN, "  ": NAN, "nan": NAN,
    "NaN": NAN, "inf": math.inf, "-Infinity": -math.inf, "0.1": 0.1, "9007199254740993": 9007199254740992.0,
    "1e400": math.inf, "2.2250738585072011e-308": 2.225073858507201e-308, "\t4": 4.0,
}  # fmt: skip
NO_NUMBERS = ["1_000", "+-1", "1,5", "1 000", "0x10", "١", "NA", "1e", ".", "-", "1.5.2", "true", "5 %"]


def as_text(texts, folder):
    """The same column of texts from each engine that has texts."""
    table = pa.table({"r": [9] * len(texts), "w": texts})
    with (folder / "w.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([("r", "w"), *((9, text) for text in texts)])
    pl.from_arrow(table).write_parquet(folder / "w.parquet")
    rows = "".join(json.dumps({"r": 9, "w": text}) + "\n" for text in texts)
    (folder / "w.jsonl").write_text(rows, encoding="utf-8")
    frames = {"pandas": table.to_pandas(), "Polars": pl.from_arrow(table), "Arrow": table}
    return {**frames, **{kind: folder / f"w.{kind}" for kind in ("csv", "parquet", "jsonl")}}


def test_texts_are_read_as_numbers_by_every_engine(tmp_path):
    for name, data in as_text(list(WRITTEN), tmp_path).items():
        np.testing.assert_array_equal(read(data, numbers=["w"]).numbers["w"], list(WRITTEN.values()), err_msg=name)


def test_numbers_of_csv_are_exact(tmp_path):
    rng = np.random.default_rng(5)
    values = rng.random(5000) * 10.0 ** rng.integers(-300, 300, 5000)
    (tmp_path / "w.csv").write_text("r,w\n" + "".join(f"9,{value!r}\n" for value in values.tolist()), encoding="utf-8")
    assert np.array_equal(read(tmp_path / "w.csv", numbers=["w"]).numbers["w"], values)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_a_text_that_is_no_number_is_refused_by_every_engine(text, tmp_path):
    for name, data in as_text(["1", "", text, "2", text], tmp_path).items():
        message = told(ValueError, read, data, numbers=["w"])
        where = f" of {data}" if name in ("csv", "parquet", "jsonl") else ""
        assert message.startswith(
            f"the column 'w' must hold numbers; 2 of 5 are not (first: {text!r} at row 3{where})."
        ), name


def test_a_decimal_comma_gets_a_hint():
    message = told(ValueError, read, pd.DataFrame({"r": [9], "w": ["1,5"]}), numbers=["w"])
    assert message == (
        "the column 'w' must hold numbers; 1 of 1 is not (first: '1,5' at row 1). "
        "Write decimals with a point, not with a comma."
    )


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("12,5", "Write decimals with a point, not with a comma."),
        ("1,2345", "Write decimals with a point, not with a comma."),
        (
            "1,234",
            "A comma may be a decimal one or stand between thousands: write decimals with a point, and thousands",
        ),
        ("1,234.5", "Write decimals with a point, and thousands without a sign between them."),
        ("1.234,5", "Write decimals with a point, and thousands without a sign between them."),
        ("1,234,567", "Write decimals with a point, and thousands without a sign between them."),
        ("1 234", "Write decimals with a point, and thousands without a sign between them."),
        ("1\u00a0234,5", "Write decimals with a point, and thousands without a sign between them."),
        ("12%", "Leave the percent sign out, and divide by 100: 12 % is 0.12."),
        (" 12,5 %", "Leave the percent sign out, and divide by 100"),
        ("heavy", "Make numbers of them, or leave such rows out."),
        ("12 kg", "Make numbers of them, or leave such rows out."),
        ("1,234.567,8", "Make numbers of them, or leave such rows out."),
    ],
)
def test_the_hint_says_how_to_write_the_number(text, hint):
    message = told(ValueError, read, pd.DataFrame({"r": [9], "w": [text]}), numbers=["w"])
    assert message.split(" at row 1). ")[1].startswith(hint)
    # An empty weight is an error, too.
    assert "empty" not in message


def test_a_long_text_is_cut_in_the_message():
    message = told(ValueError, read, pd.DataFrame({"r": [9], "w": ["x" * 500]}), numbers=["w"])
    assert "... (502 characters)" in message
    assert len(message) < 200


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([True, False], "True"),
        ([1j, 2j], "1j"),
        (pd.to_datetime(["2024-01-01", "2024-01-02"]), "Timestamp('2024-01-01 00:00:00')"),
        (pd.Series([1.0, True], dtype=object), "True"),
        ([dt.date(2024, 1, 1), 3], "datetime.date(2024, 1, 1)"),
    ],
)
def test_other_types_than_numbers_are_refused(values, shown):
    message = told(TypeError, read, pd.DataFrame({"r": [9, 9], "w": values}), numbers=["w"])
    assert f"(first: {shown} at row " in message


def test_wrong_numbers_are_counted_over_all_files(tmp_path):
    (tmp_path / "a.csv").write_text("r,w\n9,1\n9,2\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("r,w\n9,1\n9,x\n9,y\n", encoding="utf-8")
    (tmp_path / "c.csv").write_text("r,w\n9,z\n", encoding="utf-8")
    message = told(ValueError, read, str(tmp_path / "*.csv"), numbers=["w"])
    assert f"3 of 6 are not (first: 'x' at row 2 of {tmp_path / 'b.csv'})" in message


def test_numbers_of_every_type_are_read(tmp_path):
    expected = [1.0, NAN, 2.5, math.inf]
    objects = pd.Series([1, None, Fraction(5, 2), np.float32("inf")], dtype=object)
    frames = {
        "objects": pd.DataFrame({"w": objects}),
        "nullable": pd.DataFrame({"w": pd.array([1.0, None, 2.5, math.inf], dtype="Float64")}),
        "Polars NaN": pl.DataFrame({"w": expected}),
        "Polars null": pl.DataFrame({"w": [1.0, None, 2.5, math.inf]}, schema={"w": pl.Float32}),
    }
    for name, frame in frames.items():
        found = read(frame, numbers=["w"], answers=["w"]).numbers["w"]
        np.testing.assert_array_equal(found, expected, err_msg=name)
        assert found.dtype == np.float64, name
    decimals = pl.DataFrame({"w": [Decimal("1.25"), None], "k": [1, 2]})
    decimals.write_parquet(tmp_path / "d.parquet")
    for data in (decimals, tmp_path / "d.parquet"):
        np.testing.assert_array_equal(read(data, numbers=["w", "k"], answers=["k"]).numbers["w"], [1.25, NAN])


def test_a_column_can_be_a_label_a_number_and_an_answer_at_once(tmp_path):
    sources = [write_csv(tmp_path / "x.csv"), write_parquet(tmp_path / "x.parquet"), write_json(tmp_path / "x.jsonl")]
    for data in (pd.DataFrame(columns()), *sources):
        found = read(data, ["y", "g", "y"], ["y", "w", "y"], ["y"])
        assert list(found.labels) == ["y", "g"]
        assert list(found.numbers) == ["y", "w"]
        np.testing.assert_array_equal(found.numbers["y"], np.array(YEARS, dtype=float))
        assert [label for _, label in spread(found.labels["y"])] == YEARS


# ------------------------------------------------------------------------------------------------ answers and errors


def test_answers_of_several_items_are_tuples():
    frame = pd.DataFrame({"a": [1, 2, 1, 1], "b": ["x", "x", "x", None]})
    found = read(frame, answers=["a", "b"]).answers
    assert found.labels == [(1, "x"), (2, "x"), (1, None)]
    assert found.codes.tolist() == [0, 1, 0, 2]


def test_answers_are_judged_and_refused_as_by_tabulate(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("r,g\n9,x\n11,y\n,x\nno,x\n", encoding="utf-8")
    for data in (str(tmp_path / "*.csv"), pd.DataFrame({"r": [9, 11, None, 12], "g": list("xyxx")})):
        reading = read(data).reading("r")
        assert told(nps.InvalidRatingError, count_answers, reading, nps.NPS, ()) == told(
            nps.InvalidRatingError, nps.tabulate, data, rating="r"
        )
        codes = [11, 12, "no"]
        assert count_answers(reading, nps.NPS, codes) == nps.tabulate(data, rating="r", missing_codes=codes)


def test_a_column_that_is_not_there_is_told_as_by_tabulate(tmp_path):
    for data in (pd.DataFrame(columns()), write_csv(tmp_path / "x.csv"), write_parquet(tmp_path / "x.parquet")):
        expected = told(ValueError, nps.tabulate, data, rating="r", by="G")
        assert told(ValueError, read, data, ["G"]) == expected
        assert told(ValueError, read, data, numbers=["G"]) == expected


def test_trimmed_names_are_remarked_once(tmp_path):
    frame = pd.DataFrame({" r": [9], "g ": ["a"]})
    frame.to_csv(tmp_path / "x.csv", index=False)
    for data, start in ((frame, ""), (tmp_path / "x.csv", f"{tmp_path / 'x.csv'}: ")):
        found = read(data, ["g", "g"])
        assert found.remarks == [
            f"{start}column 'g ' is read as 'g': spaces around the name are trimmed.",
            f"{start}column ' r' is read as 'r': spaces around the name are trimmed.",
        ]
        assert found.labels["g"].labels == ["a"]


def test_containers_are_refused(tmp_path):
    nested = pl.DataFrame({"r": [9], "g": [[1]]})
    assert "must hold single values" in told(TypeError, read, nested, ["g"])
    assert "must hold single values" in told(TypeError, read, nested, numbers=["g"])
    nested.write_parquet(tmp_path / "x.parquet")
    assert "must hold single values" in told(TypeError, read, tmp_path / "x.parquet", ["g"])
    (tmp_path / "x.json").write_text('[{"r": 9, "g": [1]}]', encoding="utf-8")
    assert "must hold single values" in told(TypeError, read, tmp_path / "x.json", ["g"])
    objects = pd.DataFrame({"r": [9, 9], "g": pd.Series(["a", [1]], dtype=object)})
    assert told(TypeError, read, objects, ["g"]) == "the column 'g' must hold single values; it holds list."


@pytest.mark.parametrize("data", [[1, 2], pd.Series([1, 2]), 3, None])
def test_what_is_no_frame_and_no_file_is_refused(data):
    message = told(TypeError, read, data)
    assert message == f"`data` must be a frame or the path of a file; got {type(data).__name__}."


@pytest.mark.parametrize("empty", [pd.DataFrame(columns()).iloc[:0], pl.DataFrame(columns()).head(0)])
def test_no_rows_are_no_codes(empty, tmp_path):
    found = read(empty, ["g", "y"], ["w"])
    assert found.n_rows == 0
    assert found.labels["g"].labels == []
    assert found.labels["g"].codes.size == found.numbers["w"].size == found.answers.codes.size == 0
    (tmp_path / "x.csv").write_text("r,g,w\n", encoding="utf-8")
    assert read(tmp_path / "x.csv", ["g"], ["w"]).n_rows == 0


def test_empty_columns_have_one_label():
    for frame in (pd.DataFrame({"r": [9, 8], "g": [None, None]}), pl.DataFrame({"r": [9, 8], "g": [None, None]})):
        found = read(frame, ["g"], ["g"])
        assert found.labels["g"].labels == [None]
        assert np.isnan(found.numbers["g"]).all()


# ---------------------------------------------------------------------------------------------------- crossed labels


@LAW
@given(
    st.integers(1, 30).flatmap(
        lambda n: st.lists(st.lists(st.integers(0, 4), min_size=n, max_size=n), min_size=1, max_size=4)
    )
)
def test_crossed_codes_are_those_of_the_tuples(rows_by_column):
    crossed = list(zip(*rows_by_column, strict=True))
    expected = list(dict.fromkeys(crossed))
    coded = []
    for column in rows_by_column:
        labels = list(dict.fromkeys(column))
        coded.append(Coded(np.array([labels.index(value) for value in column]), labels))
    codes, labels = group_codes(coded)
    assert labels == expected
    assert codes.tolist() == [expected.index(row) for row in crossed]


def test_without_columns_all_rows_are_one_group():
    codes, labels = group_codes([], 3)
    assert codes.tolist() == [0, 0, 0]
    assert labels == [()]
