"""Labels are read as periods, or not at all; and sorted by time."""

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest

import npsstats as nps
from npsstats.ratings.order import sort_labels
from npsstats.ratings.periods import read_periods, year_before

D = dt.date

# Each line: what it is, and ways to write two successive periods.
READ = {
    "year": [(2024, 2025), ("2024", "2025"), ("FY2024", "fy 2025"), (np.int64(1999), np.int64(2000))],
    "half": [("2024H1", "2024H2"), ("H2 2024", "2025-H1"), ("2H2024", "1H 2025"), ("2024 h1", "H2/2024")],
    "quarter": [("2024Q4", "2025Q1"), ("2024-Q1", "2024 Q2"), ("Q4 2024", "Q1-2025"), ("3Q2024", "q4 2024")],
    "month": [
        ("2024-12", "2025-01"), ("2024/03", "2024/04"), ("Mar 2024", "April 2024"), ("2024M03", "2024-M4"),
        ("Sept. 2024", "october 2024"), ("2024 Jan", "2024-Feb"), ("11/2024", "12/2024"),
        ("11-2024", "12.2024"), ("07_2015", "08_2015"),
    ],
    "week": [("2024-W52", "2025-W01"), ("2020W53", "2021W1"), ("W05 2024", "W6 2024"), ("2024-w09", "2024w10")],
    "day": [
        ("2024-02-29", "2024-03-01"), ("2024/12/31", "2025/01/01"), (D(2023, 2, 28), D(2023, 3, 1)),
        (dt.datetime(2024, 1, 1), D(2024, 1, 2)), ("2024-03-15 00:00:00", "2024-03-16T00:00"),
        (pd.Timestamp("2024-03-15", tz="Europe/Stockholm"), pd.Timestamp("2024-03-16", tz="Europe/Stockholm")),
        (np.datetime64("2024-12-31"), np.datetime64("2025-01-01T00:00")),
    ],
}  # fmt: skip
CASES = [(kind, pair) for kind, pairs in READ.items() for pair in pairs]


@pytest.mark.parametrize(("kind", "pair"), CASES, ids=str)
def test_successive_periods_differ_by_one(kind, pair):
    periods = read_periods(pair)
    assert periods.kind == kind
    assert np.diff(periods.ordinal).tolist() == [1]
    assert periods.in_order
    assert not read_periods(pair[::-1]).in_order
    # One step of the kind, to rounding of a number of some 2,000 years.
    np.testing.assert_allclose(np.diff(periods.time), 1 / periods.per_year, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("frequency", "kind"),
    [
        ("Y", "year"), ("Q", "quarter"), ("Q-MAR", "quarter"), ("M", "month"), ("W", "week"), ("W-WED", "week"),
        ("D", "day"),
    ],
)  # fmt: skip
def test_pandas_periods_of_ten_years_follow_each_other(frequency, kind):
    labels = list(pd.period_range("2019-01-01", "2028-12-31", freq=frequency))
    periods = read_periods(labels)
    assert periods.kind == kind
    assert set(np.diff(periods.ordinal)) == {1}


def test_numpy_dates_are_what_their_unit_says():
    assert read_periods([np.datetime64("2024")]).kind == "year"
    assert read_periods([np.datetime64("2024-03")]).kind == "month"
    assert read_periods([np.datetime64("2024-03-15", "ns")]).kind == "day"


@pytest.mark.parametrize(
    "labels",
    [
        [], [None], [True], [2024.0], ["Q1"], ["1Q24"], ["Q1 24"], ["24-03"], ["2024-13"], ["2024-00"], ["2024-3"],
        ["2024Q5"], ["2024H3"], ["2024-W54"], ["2021-W53"], ["2023-02-29"], ["2024-04-31"], ["2024-03/15"],
        ["wave 2024"], ["202403"], ["20240315"], [1899], [2200], ["Mar"], ["²024"], ["2024Q²"], [("2024",)], [b"2024"],
        ["2024", "2024Q1"], ["2024-03", None], [2024, "2024Q1"], [dt.datetime(2024, 1, 1, 12)], [pd.NaT],
        [np.datetime64("NaT", "D")], [np.datetime64("2024-01-01T05")], [pd.Period("2024-01-01 05:00", freq="h")],
        [pd.Period("2024Q1", freq="2Q")], ["2024-03-15 12:30"],
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_period_or_not_of_one_kind_is_not_read(labels):
    assert read_periods(labels) is None


def test_kinds_may_be_written_in_several_ways_at_once():
    assert np.diff(read_periods(["2024", "FY2025", 2026]).ordinal).tolist() == [1, 1]
    assert read_periods(["Q1 2024", "2024Q1"]).ordinal.tolist() == [8096, 8096]
    assert not read_periods(["Q1 2024", "2024Q1"]).in_order


def test_weeks_are_those_of_the_calendar():
    days = [D(2019, 12, 28) + dt.timedelta(days=i) for i in range(800)]
    weeks = read_periods(["{}-W{:02d}".format(*day.isocalendar()) for day in days])
    # A week later exactly on Mondays.
    assert np.diff(weeks.ordinal).tolist() == [int(day.weekday() == 0) for day in days[1:]]


def test_times_are_middles_in_years():
    assert read_periods([2024]).time.tolist() == [2024.5]
    assert read_periods(["2024H1", "2024H2"]).time.tolist() == [2024.25, 2024.75]
    assert read_periods(["2024Q1", "2024Q4"]).time.tolist() == [2024.125, 2024.875]
    np.testing.assert_allclose(read_periods(["2024-01", "2024-12"]).time, [2024 + 1 / 24, 2025 - 1 / 24], atol=1e-12)


@pytest.mark.parametrize("day", [D(1900, 1, 1), D(2000, 2, 29), D(2024, 7, 1), D(2199, 12, 20)])
def test_days_and_weeks_lie_where_their_year_is(day):
    within = (day.timetuple().tm_yday - 0.5) / 365.25
    # Leap days move the years of the calendar against mean years by up to 1.5 days around a century.
    assert abs(read_periods([day]).time[0] - day.year - within) < 2 / 365.25
    year, week, _ = day.isocalendar()
    assert abs(read_periods([f"{year}-W{week}"]).time[0] - read_periods([day]).time[0]) < 3.6 / 365.25


def test_months_are_those_in_which_a_period_begins():
    assert read_periods(["2024H1", "2024H2"]).month.tolist() == [1, 7]
    assert read_periods([f"2024Q{q}" for q in (1, 2, 3, 4)]).month.tolist() == [1, 4, 7, 10]
    assert read_periods(["2024-02-29", "2024-12-31"]).month.tolist() == [2, 12]
    # The week from 2024-12-30 to 2025-01-05 has its Thursday in January.
    assert read_periods(["2025-W01", "2024-W31"]).month.tolist() == [1, 8]


def test_the_same_period_a_year_before():
    months = [f"{year}-{month:02d}" for year, month in itertools.product((2023, 2024), range(1, 13))]
    assert year_before(read_periods(months)).tolist() == [-1] * 12 + list(range(12))
    assert year_before(read_periods(["Q1 2025", "Q1 2024", "Q2 2025", "Q1 2022"])).tolist() == [1, -1, -1, -1]
    assert year_before(read_periods([2022, 2024, 2025])).tolist() == [-1, -1, 1]


def test_days_and_weeks_that_the_year_before_lacks_have_none():
    assert year_before(read_periods(["2023-02-28", "2023-03-01", "2024-02-29", "2024-03-01"])).tolist() == [
        -1,
        -1,
        -1,
        1,
    ]
    assert year_before(read_periods(["2019-W52", "2020-W52", "2020-W53"])).tolist() == [-1, 0, -1]


# ----------------------------------------------------------------------------------------------------- sorting


def test_texts_that_are_periods_are_sorted_by_time():
    labels = [("Q1 2025",), ("Q4 2024",), (None,), ("Q1 2024",)]
    assert sort_labels(labels) == [("Q1 2024",), ("Q4 2024",), ("Q1 2025",), (None,)]
    months = ["Jan 2024", "Feb 2024", "Apr 2024", "Dec 2024", "Jan 2025"]
    for order in itertools.permutations(months):
        assert [label for (label,) in sort_labels([(month,) for month in order])] == months


def test_each_column_has_its_own_order():
    labels = [(store, quarter) for store in ("b", "a") for quarter in ("Q1 2025", "Q4 2024")]
    assert sort_labels(labels) == [("a", "Q4 2024"), ("a", "Q1 2025"), ("b", "Q4 2024"), ("b", "Q1 2025")]


def test_what_is_no_period_is_sorted_as_before():
    assert sort_labels([("Q2",), ("Q10",), ("Q1",)]) == [("Q1",), ("Q10",), ("Q2",)]
    assert sort_labels([("Q1 2025",), ("Q4 2024",), ("all",)]) == [("Q1 2025",), ("Q4 2024",), ("all",)]
    assert sort_labels([(2,), ("Q4 2024",), ("Q1 2025",), (1,)]) == [(1,), (2,), ("Q1 2025",), ("Q4 2024",)]


def test_two_ways_to_write_a_period_stand_side_by_side_in_a_fixed_order():
    labels = [("Q1 2024",), ("2024Q1",), ("2023Q4",)]
    for order in itertools.permutations(labels):
        assert sort_labels(order) == [("2023Q4",), ("2024Q1",), ("Q1 2024",)]


def test_tabulated_periods_are_in_order_of_time():
    frame = pd.DataFrame({"rating": [10, 9, 8, 3], "quarter": ["Q1 2025", "Q4 2024", "Q2 2024", "Q1 2025"]})
    assert nps.tabulate(frame, rating="rating", by="quarter").groups == ("Q2 2024", "Q4 2024", "Q1 2025")


def test_days_and_weeks_are_counted_from_the_first_of_january_of_the_year_1():
    # 2,000 years are five times 146,097 days: 2001 begins when 2001 mean years have begun.
    day = read_periods([D(2001, 1, 1), D(1, 1, 1)]).time
    np.testing.assert_allclose(day, [2001 + 0.5 / 365.2425, 1 + 0.5 / 365.2425], rtol=1e-14)
    week = read_periods(["2001-W01"]).time
    np.testing.assert_allclose(week, 2001 + 3.5 / 365.2425, rtol=1e-14)


def test_weeks_that_begin_on_another_day_are_those_that_most_of_their_days_are_in():
    assert read_periods([pd.Period("2024-03-10", "W-SAT")]).part.tolist() == [11]
    assert read_periods([pd.Period("2024-03-11", "W-SUN")]).part.tolist() == [11]
    assert read_periods([pd.Period("2024-03-08", "W-THU")]).part.tolist() == [11]
