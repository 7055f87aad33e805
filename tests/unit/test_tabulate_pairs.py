"""From rows to pairs: who was rated twice, read from every kind of data, wide and long."""

import json
from collections import Counter
from datetime import date

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import npsstats as nps
from npsstats import InvalidRatingError, Scale, tabulate_pairs

LAW = settings(derandomize=True, deadline=None, max_examples=60)

# Key, group, first rating, second rating; None where there is none. No pair is like its mirror.
PEOPLE = [
    ("p1", "b", 9, 10), ("p2", "a", 10, 3), ("p3", "b", None, 7), ("p4", "a", 0, None), ("p5", "a", 9, 10),
    ("p6", None, 5, 6), ("p7", "c, d", None, None), ("p8", "b", 9, 10), ("p9", "b", 2, 8),
]  # fmt: skip
LABELS = ("a", "b", "c, d", None)
LONG = {"rating": "r", "respondent": "id", "period": "year"}


def told(error, call, *arguments, **named):
    """The message of the error that a call raises."""
    with pytest.raises(error) as caught:
        call(*arguments, **named)
    return str(caught.value)


def as_tally(pairs):
    """Pairs as a Counter of (group, first rating, second rating), with None for no rating."""
    tally = Counter()
    first, second = (metric.scale.ratings.tolist() for metric in (pairs.metric, pairs.metric_second))
    for i, group in enumerate(pairs.groups):
        for j, a in enumerate(first):
            tally.update({(group, a, b): int(pairs.counts[i, j, k]) for k, b in enumerate(second)})
            tally[group, a, None] = int(pairs.first_only[i, j])
        tally.update({(group, None, b): int(pairs.second_only[i, k]) for k, b in enumerate(second)})
        tally[group, None, None] = int(pairs.missing[i])
    return +tally


EXPECTED = Counter((group, a, b) for _, group, a, b in PEOPLE)


def wide_columns():
    keys, groups, first, second = map(list, zip(*PEOPLE, strict=True))
    return {"id": keys, "g": groups, "spring": first, "autumn": second}


def long_columns(people=PEOPLE):
    """A row for each rating and for each empty answer, waves mixed, with a wave that nobody asks for."""
    rows = [(key, 2015, group, a) for key, group, a, _ in people]
    rows += [(key, 2019, group, b) for key, group, _, b in reversed(people)]
    rows.insert(3, ("p1", 2017, "other", 4))
    rows.append(("q1", 2017, "b", 4))
    keys, years, groups, ratings = map(list, zip(*rows, strict=True))
    return {"id": keys, "year": years, "g": groups, "r": ratings}


def write(path, content):
    path.write_text(content, encoding="utf-8")
    return path


def with_writer(path, frame, write_frame):
    write_frame(frame, path)
    return path


FORMS = {
    "pandas": lambda columns, folder: pd.DataFrame(columns),
    "pandas nullable": lambda columns, folder: pd.DataFrame(columns).convert_dtypes(),
    "pandas object": lambda columns, folder: pd.DataFrame(columns, dtype=object),
    "Polars": lambda columns, folder: pl.DataFrame(columns),
    "Polars lazy": lambda columns, folder: pl.LazyFrame(columns),
    "Arrow": lambda columns, folder: pa.table(columns),
    "CSV": lambda columns, folder: with_writer(folder / "a.csv", pl.DataFrame(columns), pl.DataFrame.write_csv),
    "Parquet": lambda columns, folder: with_writer(
        folder / "a.parquet", pl.DataFrame(columns), pl.DataFrame.write_parquet
    ),
    "JSON": lambda columns, folder: write(
        folder / "a.jsonl",
        "".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in zip(*columns.values(), strict=True)),
    ),
}


# --------------------------------------------------------------------------------------- all engines, both forms


@pytest.mark.parametrize("form", FORMS)
def test_every_engine_gives_the_same_pairs_from_wide_rows(form, tmp_path):
    data = FORMS[form](wide_columns(), tmp_path)
    for more in ({}, {"respondent": "id"}):
        pairs = tabulate_pairs(data, "spring", "autumn", by="g", **more)
        assert as_tally(pairs) == EXPECTED
        assert pairs.groups == LABELS
        assert (pairs.by, pairs.first, pairs.second) == (("g",), "spring", "autumn")
        assert pairs.metric == pairs.metric_second == nps.NPS
        assert tabulate_pairs(data, "spring", "autumn", **more) == pairs.pool()
        assert tabulate_pairs(data, "autumn", "spring", by="g", **more) == pairs.reversed()


@pytest.mark.parametrize("form", FORMS)
def test_every_engine_gives_the_same_pairs_from_long_rows(form, tmp_path):
    data = FORMS[form](long_columns(), tmp_path)
    pairs = tabulate_pairs(data, 2015, 2019, by="g", **LONG)
    assert as_tally(pairs) == EXPECTED
    assert pairs.groups == LABELS
    assert (pairs.by, pairs.first, pairs.second, pairs.notes) == (("g",), 2015, 2019, ())
    assert tabulate_pairs(data, 2015, 2019, **LONG) == pairs.pool()
    assert tabulate_pairs(data, 2019, 2015, by="g", **LONG) == pairs.reversed()


def test_a_duckdb_relation_gives_the_same_pairs():
    frame = pl.DataFrame(long_columns()).to_arrow()
    with duckdb.connect() as connection:
        connection.register("rows", frame)
        pairs = tabulate_pairs(connection.table("rows"), 2015, 2019, by="g", **LONG)
    assert as_tally(pairs) == EXPECTED


def test_waves_may_be_in_several_files(tmp_path):
    frame = pl.DataFrame(long_columns())
    frame.filter(pl.col("year") == 2015).write_csv(tmp_path / "1.csv")
    frame.filter(pl.col("year") != 2015).write_parquet(tmp_path / "2.parquet")
    pairs = tabulate_pairs([tmp_path / "1.csv", tmp_path / "2.parquet"], 2015, 2019, by="g", **LONG)
    assert as_tally(pairs) == EXPECTED


def test_margins_of_pairs_are_the_tabulated_waves():
    pairs = tabulate_pairs(pd.DataFrame(wide_columns()), "spring", "autumn", by="g")
    for wave, column in zip(pairs.margins(), ("spring", "autumn"), strict=True):
        assert wave == nps.tabulate(pd.DataFrame(wide_columns()), rating=column, by="g")


def test_several_group_columns_and_their_order_are_those_of_tabulate():
    frame = pl.DataFrame(
        {
            "id": [1, 2, 1, 2], "year": [1, 1, 2, 2], "r": [1, 2, 3, 4], "city": ["y", "x", "y", "x"],
            "size": pl.Series(["small", "big", "small", "big"], dtype=pl.Enum(["small", "big"])),
        }
    )  # fmt: skip
    assert tabulate_pairs(frame, 1, 2, by=["size", "city"], **LONG).groups == (("small", "y"), ("big", "x"))
    assert tabulate_pairs(frame, 1, 2, by=["city", "size"], **LONG).groups == (("x", "big"), ("y", "small"))


def test_labels_of_waves_may_be_texts_dates_and_questions():
    for first, second in (("1", "2"), (date(2024, 1, 1), date(2025, 1, 1)), (True, False), (1.5, 2.5)):
        for library in (pd.DataFrame, pl.DataFrame):
            frame = library({"id": [1, 1], "year": [first, second], "r": [3, 4]})
            pairs = tabulate_pairs(frame, first, second, **LONG)
            assert as_tally(pairs) == {((), 3, 4): 1}
            assert (pairs.first, pairs.second) == (first, second)
    frame = pd.DataFrame({"id": [1, 1], "year": pd.to_datetime(["2024-01-01", "2025-01-01"]), "r": [3, 4]})
    assert tabulate_pairs(frame, pd.Timestamp("2024-01-01"), pd.Timestamp("2025-01-01"), **LONG).n.tolist() == [1]
    assert type(tabulate_pairs(_two_rows(1, 2), np.int64(1), np.int64(2), **LONG).first) is int


def _two_rows(first, second, ratings=(3, 4)):
    return pd.DataFrame({"id": [7, 7], "year": [first, second], "r": ratings})


def test_keys_are_not_confused(tmp_path):
    # 01 is not 1, and a number in a file is the number in another.
    path = write(tmp_path / "a.csv", "id,year,r\n01,1,9\n1,1,8\n01,2,7\n1,2,6\n")
    assert as_tally(tabulate_pairs(path, 1, 2, **LONG)) == {((), 9, 7): 1, ((), 8, 6): 1}
    other = write(tmp_path / "b.jsonl", '{"id": 1, "year": 3, "r": 0}\n')
    assert as_tally(tabulate_pairs([path, other], 1, 3, **LONG)) == {((), 8, 0): 1, ((), 9, None): 1}


# --------------------------------------------------------------------------------------------------- metrics


def test_two_metrics_side_by_side():
    frame = pd.DataFrame({"nps": [9, 10, None, 0], "csat": [5, None, 2, 1]})
    pairs = tabulate_pairs(frame, "nps", "csat", metric=(nps.NPS, nps.CSAT))
    assert (pairs.metric, pairs.metric_second) == (nps.NPS, nps.CSAT)
    assert as_tally(pairs) == {((), 9, 5): 1, ((), 10, None): 1, ((), None, 2): 1, ((), 0, 1): 1}
    questions = pd.DataFrame({"id": [1, 1, 2], "year": ["nps", "csat", "csat"], "r": [10, 5, 1]})
    pairs = tabulate_pairs(questions, "nps", "csat", metric=[nps.NPS, nps.CSAT], **LONG)
    assert as_tally(pairs) == {((), 10, 5): 1, ((), None, 1): 1}


def test_each_question_is_judged_on_its_own_scale():
    frame = pd.DataFrame({"nps": [9, 9], "csat": [5, 9]})
    message = told(InvalidRatingError, tabulate_pairs, frame, "nps", "csat", metric=(nps.NPS, nps.CSAT))
    assert message.startswith("`csat` must be whole numbers 1-5; 1 of 2 is not (first: 9 at row 2; 1 × 9).")
    questions = pd.DataFrame({"id": [1, 1, 2, 2], "year": ["nps", "csat"] * 2, "r": [9, 5, 9, 9]})
    message = told(InvalidRatingError, tabulate_pairs, questions, "nps", "csat", metric=(nps.NPS, nps.CSAT), **LONG)
    assert message.startswith("`r` must be whole numbers 1-5; 1 of 2 is not (first: 9 at row 4; 1 × 9).")


def test_items_are_added_up_in_both_waves():
    frame = pd.DataFrame({"a": [1, 10], "b": [2, 10], "c": [3, 10], "d": [4, 10], "e": [5, None], "f": [6, 10]})
    pairs = tabulate_pairs(frame, ["a", "b", "c"], ["d", "e", "f"], metric=nps.NKI)
    assert as_tally(pairs) == {((), 6, 15): 1, ((), 30, None): 1}
    assert (pairs.first, pairs.second) == ("a, b, c", "d, e, f")
    long = pd.DataFrame({"id": [1, 1], "year": [1, 2], "a": [1, 4], "b": [2, 5], "c": [3, 6]})
    pairs = tabulate_pairs(long, 1, 2, metric=nps.NKI, **LONG | {"rating": ["a", "b", "c"]})
    assert as_tally(pairs) == {((), 6, 15): 1}
    mixed = tabulate_pairs(frame, ["a", "b", "c"], "d", metric=(nps.NKI, nps.NPS))
    assert as_tally(mixed) == {((), 6, 4): 1, ((), 30, 10): 1}


@pytest.mark.parametrize("metric", ["nps", (nps.NPS, "csat"), (nps.NPS, nps.NPS, nps.NPS), (), Scale(0, 10)])
def test_a_metric_is_a_metric_or_a_pair(metric):
    message = told(TypeError, tabulate_pairs, pd.DataFrame(wide_columns()), "spring", "autumn", metric=metric)
    assert message == f"`metric` must be a Metric such as npsstats.NPS, or a pair of them; got {metric!r}."


# ---------------------------------------------------------------------------------------------- wrong answers


@pytest.mark.parametrize("form", ["pandas", "Polars", "CSV", "Parquet"])
@pytest.mark.parametrize("key", [{}, {"respondent": "id"}])
def test_a_wrong_answer_is_told_with_its_column_and_row(form, key, tmp_path):
    data = FORMS[form]({"id": [1, 2, 3, 4], "a": [1, 2, 3, 4], "b": [None, 2, 99, 99]}, tmp_path)
    message = told(InvalidRatingError, tabulate_pairs, data, "a", "b", **key)
    where = f" of {data}" if form in ("CSV", "Parquet") else ""
    assert message == (
        f"`b` must be whole numbers 0-10; 2 of 4 are not (first: 99 at row 3{where}; 2 × 99). "
        "Recode them, or pass `missing_codes=[99]` if they mean no answer."
    )
    pairs = tabulate_pairs(data, "a", "b", missing_codes=[99], **key)
    assert (pairs.n.tolist(), pairs.first_only.sum()) == ([1], 3)


@pytest.mark.parametrize("form", ["pandas", "Polars", "CSV", "Parquet"])
def test_a_wrong_answer_of_either_wave_is_told_with_its_row(form, tmp_path):
    # The 77 belongs to a wave that nobody asks for.
    data = FORMS[form]({"id": [1, 1, 1, 2, 2], "year": [1, 2, 3, 3, 1], "r": [9, 77, 8, 99, 99]}, tmp_path)
    where = f" of {data}" if form in ("CSV", "Parquet") else ""
    message = told(InvalidRatingError, tabulate_pairs, data, 1, 3, **LONG)
    assert message.startswith(f"`r` must be whole numbers 0-10; 2 of 4 are not (first: 99 at row 4{where}; 2 × 99).")
    pairs = tabulate_pairs(data, 1, 3, missing_codes=[99], **LONG)
    assert as_tally(pairs) == {((), 9, 8): 1, ((), None, None): 1}


def test_a_missing_code_is_no_rating():
    frame = pd.DataFrame(wide_columns())
    message = told(ValueError, tabulate_pairs, frame, "spring", "autumn", missing_codes=[10])
    assert message == "`missing_codes` must not hold ratings of the scale 0-10; 10 is one."


def test_each_of_two_ratings_may_have_its_own_missing_codes():
    both = {"id": [1, 2, 3, 4], "nps": [6, 11, 0, 9], "csat": [6, 5, 0, 4]}
    metric, key = (nps.NPS, nps.CSAT), {"respondent": "id"}
    expected = {((), 6, None): 1, ((), None, 5): 1, ((), 0, None): 1, ((), 9, 4): 1}
    for more in ({}, key):
        frame = pd.DataFrame(both)
        pairs = tabulate_pairs(frame, "nps", "csat", metric=metric, missing_codes=([11], {0, 6}), **more)
        assert as_tally(pairs) == expected
        message = told(ValueError, tabulate_pairs, frame, "nps", "csat", metric=metric, missing_codes=[6, 11], **more)
        assert message == (
            "`missing_codes` must not hold ratings of the scale 0-10; 6 is one. For codes of one of the two ratings "
            "pass a pair of lists, such as `missing_codes=([11], [0])`."
        )
        message = told(
            InvalidRatingError, tabulate_pairs, frame, "nps", "csat", metric=metric, missing_codes=([], [0, 6]), **more
        )
        assert message.startswith("`nps` must be whole numbers 0-10; 1 of 4 is not (first: 11 at row 2;")
    # Of one metric too, as where a wave was coded otherwise; and two codes are no pair.
    long = pd.DataFrame({"id": [1, 1, 2, 2, 3, 3], "year": [1, 2, 1, 2, 1, 2], "r": [9, 98, 99, 8, 7, 7]})
    expected = {((), 9, None): 1, ((), None, 8): 1, ((), 7, 7): 1}
    for codes in (([99], [98]), [98, 99], (98, 99), {98, 99}, np.array([98, 99])):
        assert as_tally(tabulate_pairs(long, 1, 2, missing_codes=codes, **LONG)) == expected
    message = told(InvalidRatingError, tabulate_pairs, long, 1, 2, missing_codes=([98], [99]), **LONG)
    assert message.startswith("`r` must be whole numbers 0-10; 1 of 3 is not (first: 99 at row 3;")


@pytest.mark.parametrize("codes", ["99", 99, None, [[1], [2], [3]], ([99], 98)])
def test_missing_codes_are_a_list_or_a_pair_of_lists(codes):
    message = told(TypeError, tabulate_pairs, pd.DataFrame(wide_columns()), "spring", "autumn", missing_codes=codes)
    assert message.startswith("`missing_codes` must be ")


def test_keys_and_periods_are_no_groups():
    for column in ("id", "year"):
        message = told(ValueError, tabulate_pairs, pd.DataFrame(MOVERS), 1, 2, by=["g", column], **LONG)
        assert message == (f"`by` must name columns of groups; {column!r} is that of the respondents or the periods.")


# ------------------------------------------------------------------------------------- repeated respondents

REPEATED = {
    "id": ["x", "y", "x", "x", "y", "z", "y", "x", "z"],
    "year": [1, 1, 2, 2, 2, 2, 2, 1, 1],
    "r": [5, 6, 7, 9, 1, 10, 8, None, 0],
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_respondent_twice_in_a_wave_is_refused(form, tmp_path):
    data = FORMS[form](REPEATED, tmp_path)
    assert told(ValueError, tabulate_pairs, data, 1, 2, **LONG) == (
        "a respondent must have one rating in a wave; 2 respondents have several ratings in 2 (first: 'x', 2 ratings). "
        "Leave out all but one, or pass `duplicates='first'`, `'last'` or `'mean'` to keep the first, the last or the "
        "mean."
    )


def test_both_waves_with_repeated_respondents_are_named():
    frame = pd.DataFrame({"id": [1, 1, 1, 2, 2, 2], "year": [1, 1, 1, 2, 2, 1], "r": [1, 1, 1, 2, 3, 4]})
    assert (
        "1 respondent has several ratings in 1 and 1 respondent has several ratings in 2 (first: 1, 3 ratings)"
    ) in told(ValueError, tabulate_pairs, frame, 1, 2, **LONG)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("duplicates", "expected"),
    [("first", {(5, 7): 1, (6, 1): 1, (0, 10): 1}), ("last", {(5, 9): 1, (6, 8): 1, (0, 10): 1})],
)
def test_the_first_or_the_last_rating_is_kept(form, duplicates, expected, tmp_path):
    data = FORMS[form](REPEATED, tmp_path)
    pairs = tabulate_pairs(data, 1, 2, duplicates=duplicates, **LONG)
    # The empty second row of x in wave 1 is no rating, so it is neither a repetition nor the last one.
    assert as_tally(pairs) == {((), *pair): count for pair, count in expected.items()}


def test_the_mean_is_kept_where_it_is_a_rating():
    frame = pd.DataFrame({"id": [1, 1, 1, 1, 2, 2], "year": [1, 2, 2, 2, 1, 2], "r": [9, 2, 3, 7, 6, 5]})
    assert as_tally(tabulate_pairs(frame, 1, 2, duplicates="mean", **LONG)) == {((), 9, 4): 1, ((), 6, 5): 1}
    assert told(InvalidRatingError, tabulate_pairs, pd.DataFrame(REPEATED), 1, 2, duplicates="mean", **LONG) == (
        "the mean of several ratings must be a rating of the scale, for `duplicates` 'mean'; 1 of 2 is not "
        "(first: respondent 'y' in 2, 4.5). Nothing is rounded; pass `duplicates='first'` or `duplicates='last'`."
    )


def test_a_rating_of_0_is_a_rating():
    frame = pd.DataFrame({"id": [1, 1, 1], "year": [1, 1, 2], "r": [0, 6, 3]})
    assert "(first: 1, 2 ratings)" in told(ValueError, tabulate_pairs, frame, 1, 2, **LONG)
    for duplicates, kept in (("first", 0), ("last", 6), ("mean", 3)):
        assert as_tally(tabulate_pairs(frame, 1, 2, duplicates=duplicates, **LONG)) == {((), kept, 3): 1}


def test_an_empty_answer_is_no_repetition():
    frame = pd.DataFrame({"id": [1, 1, 1, 2, 2], "year": [1, 1, 2, 1, 1], "r": [None, 9, 8, None, None]})
    pairs = tabulate_pairs(frame, 1, 2, **LONG)
    assert as_tally(pairs) == {((), 9, 8): 1, ((), None, None): 1}


def test_a_key_finds_repeated_respondents_in_wide_rows():
    frame = pd.DataFrame({"id": [1, 2, 1], "a": [9, 8, 7], "b": [6, 5, None]})
    message = told(ValueError, tabulate_pairs, frame, "a", "b", respondent="id")
    assert "1 respondent has several ratings in 'a' (first: 1, 2 ratings)" in message
    assert as_tally(tabulate_pairs(frame, "a", "b", respondent="id", duplicates="last")) == {
        ((), 7, 6): 1, ((), 8, 5): 1,
    }  # fmt: skip
    # Without a key each row is a respondent.
    assert tabulate_pairs(frame, "a", "b").n.tolist() == [2]


def test_repeated_respondents_need_a_key():
    message = told(ValueError, tabulate_pairs, pd.DataFrame(wide_columns()), "spring", "autumn", duplicates="mean")
    assert message == "`duplicates` 'mean' needs `respondent`, the column of the keys of the respondents."


@pytest.mark.parametrize("value", ["drop", None, 1, ["first"]])
def test_there_are_four_ways_with_duplicates(value):
    message = told(ValueError, tabulate_pairs, pd.DataFrame(REPEATED), 1, 2, duplicates=value, **LONG)
    assert message == f"`duplicates` must be 'error', 'first', 'last' or 'mean'; got {value!r}."


# ----------------------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize("form", FORMS)
def test_rows_without_a_key_are_refused(form, tmp_path):
    data = FORMS[form]({"id": ["x", None, "x", "", "y"], "year": [1, 3, 2, 2, 1], "r": [5, 6, 7, 9, 1]}, tmp_path)
    where = f" of {data}" if form in ("CSV", "Parquet", "JSON") else ""
    assert told(ValueError, tabulate_pairs, data, 1, 2, **LONG) == (
        "`respondent` must be a column with a key in each row; 1 of 4 rows of the two waves has none in 'id' "
        f"(first: row 4{where}). Leave them out, or give a key to each."
    )


def test_a_row_without_a_key_is_told_with_its_file(tmp_path):
    files = [
        write(tmp_path / "a.csv", "id,year,r\n1,1,9\n2,1,8\n"),
        write(tmp_path / "b.csv", "id,year,r\n1,2,9\n,2,8\n"),
    ]
    message = told(ValueError, tabulate_pairs, files, 1, 2, **LONG)
    assert f"(first: row 2 of {files[1]})" in message


def test_several_rows_without_a_key_are_counted():
    frame = pd.DataFrame({"id": [1.0, 2.0, None, None], "a": [1, 2, 3, 4], "b": [1, 2, 3, 4]})
    message = told(ValueError, tabulate_pairs, frame, "a", "b", respondent="id")
    assert "2 of 4 rows of the two waves have none in 'id' (first: row 3)" in message


def test_a_wave_that_nobody_answered_is_counted():
    # There is nothing that could match, so nothing is warned of.
    pairs = tabulate_pairs(_two_rows(1, 2, (3, None)), 1, 2, **LONG)
    assert as_tally(pairs) == {((), 3, None): 1}


@pytest.mark.filterwarnings("default:no respondent has:UserWarning")
def test_keys_that_match_nowhere_are_warned_of():
    frame = pd.DataFrame({"id": ["1", "2", "01", "02", "03"], "year": [1, 1, 2, 2, 2], "r": [5, 6, 7, 9, 1]})
    with pytest.warns(UserWarning, match="no respondent has") as caught:
        pairs = tabulate_pairs(frame, 1, 2, **LONG)
    assert str(caught[0].message) == (
        "no respondent has a rating in both waves: 2 have one in 1 only, 3 in 2 only. "
        "Is each respondent known by the same key in both?"
    )
    assert caught[0].filename == __file__
    assert (pairs.n.tolist(), pairs.n_first.tolist(), pairs.n_second.tolist()) == ([0], [2], [3])
    wide = pd.DataFrame({"id": [1, 2], "a": [9, None], "b": [None, 9]})
    with pytest.warns(UserWarning, match="Are both ratings of a respondent in one row"):
        tabulate_pairs(wide, "a", "b")
    with pytest.warns(UserWarning, match="Are both ratings of a respondent under one key"):
        tabulate_pairs(wide, "a", "b", respondent="id")


# --------------------------------------------------------------------------------------------------- groups

MOVERS = {
    "id": [1, 1, 2, 2, 3, 4, 5, 5],
    "year": [1, 2, 1, 2, 2, 1, 2, 1],
    "g": ["a", "b", "a", "a", "b", "a", "a", "b"],
    "r": [1, 2, 3, 4, 5, 6, 7, 8],
}


@pytest.mark.parametrize("form", ["pandas", "Polars", "CSV"])
def test_respondents_who_change_the_group_are_refused(form, tmp_path):
    data = FORMS[form](MOVERS, tmp_path)
    assert told(ValueError, tabulate_pairs, data, 1, 2, by="g", **LONG) == (
        "a respondent must be in one group of g; 2 of 5 change it from 1 to 2 (first: 1, from 'a' to 'b'). "
        "Pass `by_from='first'` or `by_from='second'` to take the groups of that wave."
    )


def test_the_wave_whose_groups_count_can_be_chosen():
    frame = pd.DataFrame(MOVERS)
    first = tabulate_pairs(frame, 1, 2, by="g", by_from="first", **LONG)
    assert as_tally(first) == {
        ("a", 1, 2): 1, ("a", 3, 4): 1, ("b", None, 5): 1, ("a", 6, None): 1, ("b", 8, 7): 1,
    }  # fmt: skip
    second = tabulate_pairs(frame, 1, 2, by="g", by_from="second", **LONG)
    assert as_tally(second) == {
        ("b", 1, 2): 1, ("a", 3, 4): 1, ("b", None, 5): 1, ("a", 6, None): 1, ("a", 8, 7): 1,
    }  # fmt: skip
    assert first.pool() == second.pool() == tabulate_pairs(frame, 1, 2, **LONG)
    assert tabulate_pairs(frame, 2, 1, by="g", by_from="second", **LONG) == first.reversed()


def test_a_group_that_was_asked_for_once_comes_from_that_wave():
    frame = pd.DataFrame({"id": [1, 1], "year": [1, 2], "g": ["a", None], "r": [3, 4]})
    assert "(first: 1, from 'a' to None)" in told(ValueError, tabulate_pairs, frame, 1, 2, by="g", **LONG)
    assert tabulate_pairs(frame, 1, 2, by="g", by_from="first", **LONG).groups == ("a",)


def test_two_groups_in_one_wave_are_refused_whatever_is_kept():
    frame = pd.DataFrame({"id": [1, 1, 1], "year": [1, 2, 2], "g": ["a", "a", "b"], "h": 0, "r": [3, 4, 4]})
    for more in ({}, {"by_from": "second"}):
        message = told(ValueError, tabulate_pairs, frame, 1, 2, by=["g", "h"], duplicates="last", **LONG, **more)
        assert message == (
            "a respondent must be in one group of g, h in a wave; 1 is in several in 2 "
            "(first: 1, in ('a', 0) and ('b', 0)). Give each one group, or leave out `by`."
        )
    # The groups of the other wave count.
    pairs = tabulate_pairs(frame, 1, 2, by="g", duplicates="last", by_from="first", **LONG)
    assert as_tally(pairs) == {("a", 3, 4): 1}
    # But not for those who are not in it.
    alone = frame[frame["year"] == 2]
    both = pd.concat([alone, _two_rows(1, 2).assign(g="a")])
    message = told(ValueError, tabulate_pairs, both, 1, 2, by="g", duplicates="last", by_from="first", **LONG)
    assert "1 is in several in 2 (first: 1, in 'a' and 'b')" in message


@pytest.mark.parametrize("value", ["third", 1, ["first"]])
def test_groups_come_from_one_of_two_waves(value):
    message = told(ValueError, tabulate_pairs, pd.DataFrame(MOVERS), 1, 2, by="g", by_from=value, **LONG)
    assert message == f"`by_from` must be None, 'first' or 'second'; got {value!r}."


# --------------------------------------------------------------------------------------------------- periods


@pytest.mark.parametrize("form", ["pandas", "Polars", "CSV"])
def test_a_period_that_is_not_there_is_told_with_those_that_are(form, tmp_path):
    data = FORMS[form](long_columns(), tmp_path)
    for name, waves in (("first", (2014, 2019)), ("second", (2015, 2014))):
        assert told(ValueError, tabulate_pairs, data, *waves, **LONG) == (
            f"`{name}` must be a label of the column 'year', which has 2015, 2017, 2019; got 2014."
        )
    assert told(ValueError, tabulate_pairs, data, "2015", 2019, **LONG) == (
        "`first` must be a label of the column 'year', which has 2015, 2017, 2019; got '2015'. "
        "str and int are different labels."
    )
    days = pd.DataFrame({"id": [1, 1], "year": pd.to_datetime(["2024-01-01", "2025-01-01"]), "r": [9, 10]})
    for wave, kind in (("2024-01-01", "str"), (date(2024, 1, 1), "date")):
        message = told(ValueError, tabulate_pairs, days, wave, pd.Timestamp("2025-01-01"), **LONG)
        assert message.endswith(f" {kind} and Timestamp are different labels.")


def test_many_periods_are_not_all_listed():
    frame = pd.DataFrame({"id": range(30), "year": range(30), "r": 5})
    message = told(ValueError, tabulate_pairs, frame, 0, 99, **LONG)
    assert "which has 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...; got 99." in message


def test_rows_without_a_period_are_left_out_with_a_note():
    frame = pl.DataFrame({"id": [1, 1, 2, 2, None], "year": [1, 2, 1, None, None], "r": [3, 4, 5, 6, 77]})
    pairs = tabulate_pairs(frame, 1, 2, **LONG)
    assert as_tally(pairs) == {((), 3, 4): 1, ((), 5, None): 1}
    assert pairs.notes == ("2 rows without year left out",)
    assert tabulate_pairs(frame[:4], 1, 2, **LONG).notes == ("1 row without year left out",)
    # It is no wave either.
    message = told(ValueError, tabulate_pairs, frame, None, 2, **LONG)
    assert message == "`first` must be a label of the column 'year', which has 1, 2; got None."


def test_two_waves_are_two():
    assert told(ValueError, tabulate_pairs, pd.DataFrame(MOVERS), 1, 1, **LONG) == (
        "`first` and `second` must be two different labels; both are 1."
    )
    assert told(ValueError, tabulate_pairs, pd.DataFrame(wide_columns()), "spring", "spring") == (
        "`first` and `second` must be two different labels; both are 'spring'."
    )
    message = told(TypeError, tabulate_pairs, pd.DataFrame(MOVERS), [1], 2, **LONG)
    assert message == "`first` must be a label, such as a text or a year; got [1]."


# ------------------------------------------------------------------------------------------------- arguments


@pytest.mark.parametrize("absent", ["rating", "respondent", "period"])
def test_long_rows_need_three_columns(absent):
    given_columns = {name: column for name, column in LONG.items() if name != absent}
    # Without a rating and a period the rows are wide.
    message = told(ValueError, tabulate_pairs, pd.DataFrame(MOVERS), 1, 2, **given_columns)
    assert message == (
        f"data with a row for each rating need `rating`, `respondent` and `period`; there is no `{absent}`. With a row "
        "for each respondent, `first` and `second` are columns, and neither `rating` nor `period` is given."
    )


def test_labels_of_waves_without_a_column_of_periods_are_told_what_they_need():
    for given_first in (2015, [9, 8, 7], np.array([9, 8])):
        message = told(TypeError, tabulate_pairs, pd.DataFrame(MOVERS), given_first, "r")
        assert message == (
            f"`first` must be the name of a column or a list of names; got {given_first!r}. If it is a label of a "
            "column of periods, pass `rating`, `respondent` and `period`."
        )


@pytest.mark.parametrize("name", ["respondent", "period"])
def test_the_key_is_one_column(name):
    message = told(TypeError, tabulate_pairs, pd.DataFrame(MOVERS), 1, 2, **LONG | {name: ["id", "g"]})
    assert message == f"`{name}` must be the name of a column; got ['id', 'g']."


def test_there_are_as_many_columns_as_items():
    frame = pd.DataFrame({"id": [1, 1], "year": [1, 2], "a": [1, 2], "b": [1, 2]})
    for key in ({}, {"respondent": "id"}):
        message = told(ValueError, tabulate_pairs, frame, ["a", "b"], "b", **key)
        assert message == "`first` must name the column of the ratings; got ['a', 'b']."
        message = told(ValueError, tabulate_pairs, frame, "a", [], **key)
        assert message == "`second` must name the column of the ratings; got none."
        message = told(ValueError, tabulate_pairs, frame, "a", "b", metric=(nps.NPS, nps.NKI), **key)
        assert message == "`second` must name the 3 columns of the items; got ['b']."
    message = told(ValueError, tabulate_pairs, frame, 1, 2, **LONG | {"rating": ["a", "b"]})
    assert message == "`rating` must name the column of the ratings; got ['a', 'b']."


@pytest.mark.parametrize("data", [[9, 8], np.ones((2, 2)), {"a": [9], "b": [8]}, None, pd.Series([9])])
def test_pairs_come_from_frames_and_files(data):
    for call in ({"first": "a", "second": "b"}, {"first": 1, "second": 2, **LONG}):
        message = told(TypeError, tabulate_pairs, data, **call)
        assert message == f"`data` must be a frame or the path of a file; got {type(data).__name__}."


@pytest.mark.parametrize("form", ["pandas", "Polars", "Arrow", "CSV"])
def test_no_rows_are_refused(form, tmp_path):
    data = FORMS[form]({"id": [], "year": [], "r": [], "a": [], "b": []}, tmp_path)
    assert told(ValueError, tabulate_pairs, data, 1, 2, **LONG) == "`r` holds no rows; there is nothing to count."
    for key in ({}, {"respondent": "id"}):
        message = told(ValueError, tabulate_pairs, data, "a", "b", **key)
        assert message == "`a` holds no rows; there is nothing to count."


def test_columns_that_are_not_there(tmp_path):
    for form in ("pandas", "CSV"):
        data = FORMS[form](long_columns(), tmp_path)
        assert "there is no column 'key'" in told(
            ValueError, tabulate_pairs, data, 2015, 2019, **LONG | {"respondent": "key"}
        )
        assert "there is no column 'when'" in told(
            ValueError, tabulate_pairs, data, 2015, 2019, **LONG | {"period": "when"}
        )
        assert "there is no column 'spring'" in told(ValueError, tabulate_pairs, data, "spring", "r")
        assert "there is no column 'G'" in told(ValueError, tabulate_pairs, data, 2015, 2019, by="G", **LONG)


@pytest.mark.filterwarnings("default:column:UserWarning")
def test_trimmed_columns_are_warned_of():
    frame = pd.DataFrame(long_columns()).rename(columns={"r": " r "})
    with pytest.warns(UserWarning, match="column ' r ' is read as 'r': spaces around the name are trimmed"):
        pairs = tabulate_pairs(frame, 2015, 2019, by="g", **LONG)
    assert as_tally(pairs) == EXPECTED


def test_containers_are_no_keys():
    frame = pd.DataFrame({"id": [[1], [1]], "year": [1, 2], "r": [3, 4]})
    assert "the column 'id' must hold single values" in told(TypeError, tabulate_pairs, frame, 1, 2, **LONG)


def test_data_are_not_changed():
    frame = pd.DataFrame(long_columns())
    before = frame.copy()
    tabulate_pairs(frame, 2015, 2019, by="g", **LONG)
    pd.testing.assert_frame_equal(frame, before)


# ------------------------------------------------------------------------------------------------------- laws

ROW = st.tuples(
    st.integers(0, 7), st.sampled_from([1, 2, 3]), st.sampled_from([None, *range(11)]), st.sampled_from("ab")
)


def joined(rows, first, second, choose):
    """The pairs by a plain join of dicts: by wave and key the ratings in order, then the chosen one of them."""
    waves = ({}, {})
    for key, year, rating, _ in rows:
        for wave, label in zip(waves, (first, second), strict=True):
            if year == label:
                wave.setdefault(key, []).extend([] if rating is None else [rating])
    chosen = [{key: choose(ratings) if ratings else None for key, ratings in wave.items()} for wave in waves]
    keys = set(chosen[0]) | set(chosen[1])
    return Counter(((), chosen[0].get(key), chosen[1].get(key)) for key in keys)


@pytest.mark.filterwarnings("ignore:no respondent has:UserWarning")
@LAW
@given(st.lists(ROW, min_size=1, max_size=40), st.sampled_from(["first", "last"]))
def test_pairs_are_those_of_a_plain_join(rows, duplicates):
    # Every wave is there.
    rows = [*rows, (0, 1, None, "a"), (0, 2, None, "a")]
    keys, years, ratings, _ = map(list, zip(*rows, strict=True))
    choose = {"first": lambda given_ratings: given_ratings[0], "last": lambda given_ratings: given_ratings[-1]}
    for library in (pd.DataFrame, pl.DataFrame):
        frame = library({"id": keys, "year": years, "r": ratings})
        pairs = tabulate_pairs(frame, 1, 2, duplicates=duplicates, **LONG)
        assert as_tally(pairs) == joined(rows, 1, 2, choose[duplicates])
        assert tabulate_pairs(frame, 2, 1, duplicates=duplicates, **LONG) == pairs.reversed()


@pytest.mark.filterwarnings("ignore:no respondent has:UserWarning")
@LAW
@given(
    st.dictionaries(
        st.integers(0, 30),
        st.tuples(*[st.sampled_from([None, *range(11)])] * 2, st.sampled_from(["a", "b", None])),
        min_size=1,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_rows_and_the_form_of_the_data_do_not_matter(people, random):
    rows = [(key, group, year, rating) for key, (a, b, group) in people.items() for year, rating in ((1, a), (2, b))]
    random.shuffle(rows)
    long = pl.DataFrame(rows, schema={"id": pl.Int64, "g": pl.String, "year": pl.Int64, "r": pl.Int64}, orient="row")
    wide = pl.DataFrame(
        [(key, *row) for key, row in people.items()],
        schema={"id": pl.Int64, "a": pl.Int64, "b": pl.Int64, "g": pl.String},
        orient="row",
    )
    pairs = tabulate_pairs(wide, "a", "b", by="g")
    assert as_tally(pairs) == Counter((group, a, b) for a, b, group in people.values())
    assert tabulate_pairs(wide, "a", "b", by="g", respondent="id") == pairs
    from_long = tabulate_pairs(long, 1, 2, by="g", **LONG)
    assert as_tally(from_long) == as_tally(pairs)
    assert from_long == tabulate_pairs(long.to_pandas().convert_dtypes(), 1, 2, by="g", **LONG)


# --------------------------------------------------------------------------------------------------- real files


def net_change(pairs):
    """Mean change of the net score in points, its paired error, and the error as if the waves were independent."""
    values = np.array(pairs.metric.values)
    table, n = pairs.counts[0], pairs.n[0]
    change = values[np.newaxis, :] - values[:, np.newaxis]
    mean = (table * change).sum() / n
    variance = (table * change**2).sum() / n - mean**2
    apart = 0.0
    for wave in (table.sum(axis=1), table.sum(axis=0)):
        apart += (wave * values**2).sum() / n - ((wave * values).sum() / n) ** 2
    return mean, np.sqrt(variance / n), np.sqrt(apart / n)


def test_the_stayers_of_the_panel_have_the_published_change(shared_data):
    path = shared_data / "soep" / "soep_practice_long.csv"
    named = {"rating": "lebensz_org", "respondent": "id", "period": "syear"}
    pairs = tabulate_pairs(path, 2015, 2019, **named)
    assert pairs.n.tolist() == [3311]
    # As published with the data, to two decimals.
    assert np.round(net_change(pairs), 2).tolist() == [0.85, 1.22, 1.64]
    frame = pd.read_csv(path)
    assert tabulate_pairs(frame, 2015, 2019, **named) == pairs
    assert tabulate_pairs(pl.from_pandas(frame).lazy(), 2015, 2019, **named) == pairs
    # The margins are the two cross-sections, and whoever is in neither wave is not there at all.
    years = nps.tabulate(path, rating="lebensz_org", by="syear")
    for wave, year in zip(pairs.margins(), (2015, 2019), strict=True):
        assert wave.counts.tolist() == years.select(year).counts.tolist()
    wide = frame[frame["syear"].isin([2015, 2019])].pivot(index="id", columns="syear", values="lebensz_org")
    wide.columns = ["y2015", "y2019"]
    from_wide = tabulate_pairs(wide, "y2015", "y2019")
    assert from_wide.counts.tolist() == pairs.counts.tolist()
    assert from_wide.first_only.tolist() == pairs.first_only.tolist()
    assert from_wide.second_only.tolist() == pairs.second_only.tolist()
    assert from_wide.missing.tolist() == pairs.missing.tolist()


def test_groups_that_change_in_the_panel_are_counted(shared_data):
    path = shared_data / "soep" / "soep_practice_long.csv"
    named = {"rating": "lebensz_org", "respondent": "id", "period": "syear"}
    frame = pd.read_csv(path, usecols=["id", "syear", "anz_kind"])
    first, second = (frame[frame["syear"] == year].set_index("id")["anz_kind"] for year in (2015, 2019))
    both = first.index.intersection(second.index)
    changed = int((first[both] != second[both]).sum())
    message = told(ValueError, tabulate_pairs, path, 2015, 2019, by="anz_kind", **named)
    assert f"{changed} of {len(first.index.union(second.index))} change it from 2015 to 2019" in message
    pairs = tabulate_pairs(path, 2015, 2019, by="anz_kind", by_from="first", **named)
    assert pairs.pool() == tabulate_pairs(path, 2015, 2019, **named)
