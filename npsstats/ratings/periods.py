"""Reading group labels as periods: years, halves, quarters, months, weeks or days."""

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import MINYEAR, date, datetime
from typing import Any, Literal, TypeAlias

import numpy as np

from npsstats.typing import FloatArray, IntArray

__all__ = ["PeriodKind", "Periods", "read_periods", "year_before"]

PeriodKind: TypeAlias = Literal["year", "half", "quarter", "month", "week", "day"]

# The mean Gregorian year: 146,097 days in 400 years.
DAYS = 365.2425

PER_YEAR: dict[PeriodKind, float] = {"year": 1, "half": 2, "quarter": 4, "month": 12, "week": DAYS / 7, "day": DAYS}

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?P<year>(?:19|20|21)\d\d)"
_TWO = r"(?P<part>0[1-9]|1[0-2])"
_WEEK = r"w(?P<part>0?[1-9]|[1-4]\d|5[0-3])"

# Years have four digits: with two, too much else could be meant. Letters may be small or capital.
PATTERNS: tuple[tuple[PeriodKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, flags=re.IGNORECASE | re.ASCII))  # type: ignore[misc]
    for kind, pattern in (
        ("year", rf"(?:fy[ -]?)?{_YEAR}"),
        ("half", rf"{_YEAR}[ -]?h(?P<part>[12])"),
        ("half", rf"h(?P<part>[12])[ -/]?{_YEAR}"),
        ("half", rf"(?P<part>[12])h[ -]?{_YEAR}"),
        ("quarter", rf"{_YEAR}[ -]?q(?P<part>[1-4])"),
        ("quarter", rf"q(?P<part>[1-4])[ -/]?{_YEAR}"),
        ("quarter", rf"(?P<part>[1-4])q[ -]?{_YEAR}"),
        ("month", rf"{_YEAR}[-/]{_TWO}"),
        ("month", rf"{_TWO}[-/._]{_YEAR}"),
        ("month", rf"{_YEAR}[ -]?m(?P<part>0?[1-9]|1[0-2])"),
        ("month", rf"{_MONTH}[ -]?{_YEAR}"),
        ("month", rf"{_YEAR}[ -]?{_MONTH}"),
        ("week", rf"{_YEAR}[ -]?{_WEEK}"),
        ("week", rf"{_WEEK}[ -]?{_YEAR}"),
        ("day", rf"{_YEAR}([-/]){_TWO}\2(?P<day>0[1-9]|[12]\d|3[01])(?:[t ]00:00(?::00)?)?"),
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """Periods of one kind.

    Attributes
    ----------
    kind : {"year", "half", "quarter", "month", "week", "day"}
        What they are; weeks are those of ISO 8601, from Monday to Sunday.
    ordinal : ndarray of int
        The number of each on its own axis: successive periods differ by 1.
    year, part : ndarray of int
        The year, and which period of its year it is: the same one a year earlier has the same `part`.
    month : ndarray of int
        The month in which it begins, 1-12; of a week, that of its Thursday, which decides its year too.
    """

    kind: PeriodKind
    ordinal: IntArray
    year: IntArray
    part: IntArray
    month: IntArray

    @property
    def per_year(self) -> float:
        """How many there are in a year, on average."""
        return PER_YEAR[self.kind]

    @property
    def time(self) -> FloatArray:
        """The middle of each period, in years; a year is 365.2425 days for weeks and days."""
        # Days count from the first of January of the year 1; so do weeks, which begin with a Monday, as it was.
        start = {"week": MINYEAR * self.per_year, "day": (MINYEAR - 1 / DAYS) * DAYS}.get(self.kind, 0.0)
        middle: FloatArray = (self.ordinal.astype(np.float64) + (start + 0.5)) / self.per_year
        return middle

    @property
    def in_order(self) -> bool:
        """Whether each period comes after the one before it."""
        return bool((np.diff(self.ordinal) > 0).all())


def read_periods(labels: Iterable[Hashable]) -> Periods | None:
    """Read labels as periods of one kind; None if that is not possible for all of them.

    Read are whole numbers from 1900 to 2199 (years), dates, NumPy and pandas dates and pandas periods, and texts
    such as "2024", "FY2024", "2024H1", "Q1 2024", "2024-03", "Mar 2024", "2024-W05" or "2024-03-15".
    """
    read = [_read(label) for label in labels]
    known = [entry for entry in read if entry is not None]
    if not known or len(known) < len(read) or len({kind for kind, _, _ in known}) > 1:
        return None
    kind = known[0][0]
    year, part = np.array([entry[1:] for entry in known], dtype=np.int64).T
    if kind in ("week", "day"):
        days = [_date(*entry) for entry in known]
        ordinal = np.array([day.toordinal() for day in days], dtype=np.int64)
        month = np.array([day.month for day in days], dtype=np.int64)
        # The first day of the calendar was a Monday, the first day of a week.
        return Periods(kind, (ordinal - 1) // 7 if kind == "week" else ordinal, year, part, month)
    per_year = int(PER_YEAR[kind])
    return Periods(kind, year * per_year + part, year, part, part * (12 // per_year) + 1)


def year_before(periods: Periods) -> IntArray:
    """Find where the same period one year earlier stands; -1 where it is not there.

    Of a week it is the week with the same number, of a day the same date: a week 53 and a 29 February have none.
    """
    where = {key: i for i, key in enumerate(zip(periods.year.tolist(), periods.part.tolist(), strict=True))}
    pairs = zip(periods.year.tolist(), periods.part.tolist(), strict=True)
    return np.array([where.get((year - 1, part), -1) for year, part in pairs], dtype=np.int64)


_Entry: TypeAlias = tuple[PeriodKind, int, int]
"""Kind, year, and which period of the year: from 0; weeks by their number; days as 100 month + day."""


def _date(kind: PeriodKind, year: int, part: int) -> date:
    """A day, or the Thursday of a week."""
    return date.fromisocalendar(year, part, 4) if kind == "week" else date(year, *divmod(part, 100))


def _read(label: object) -> _Entry | None:
    if isinstance(label, str):
        return _read_text(label.strip())
    if isinstance(label, np.datetime64):
        return _read_datetime64(label)
    if isinstance(label, date):
        return _read_date(label)
    if isinstance(label, (int, np.integer)) and not isinstance(label, bool):
        return ("year", int(label), 0) if 1900 <= label <= 2199 else None
    # A pandas period, known by what it can do, so that pandas need not be there.
    if all(hasattr(label, name) for name in ("freqstr", "ordinal", "start_time")):
        return _read_pandas(label)
    return None


def _read_text(text: str) -> _Entry | None:
    for kind, pattern in PATTERNS:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        fields = found.groupdict()
        year = int(fields["year"])
        if kind == "year":
            return kind, year, 0
        part = MONTHS.index(fields["name"][:3].lower()) + 1 if fields.get("name") else int(fields["part"])
        if kind not in ("week", "day"):
            return kind, year, part - 1
        return _if_it_exists(kind, year, part if kind == "week" else 100 * part + int(fields["day"]))
    return None


def _if_it_exists(kind: PeriodKind, year: int, part: int) -> _Entry | None:
    """Refuse a 31 February, and a week 53 of a year that has 52."""
    try:
        _date(kind, year, part)
    except ValueError:
        return None
    return kind, year, part


def _read_date(day: date) -> _Entry | None:
    # A moment is no period; midnight is how data frames write a day. A missing one (NaT) is not even itself.
    if isinstance(day, datetime) and (day != day or day.time() != datetime.min.time()):
        return None
    return "day", day.year, 100 * day.month + day.day


def _read_datetime64(moment: "np.datetime64[Any]") -> _Entry | None:
    if np.isnat(moment):
        return None
    unit = np.datetime_data(moment.dtype)
    if unit == ("Y", 1):
        return "year", moment.astype(object).year, 0
    if unit == ("M", 1):
        month = moment.astype(object)
        return "month", month.year, month.month - 1
    day = moment.astype("datetime64[D]")
    return _read_date(day.astype(object)) if day == moment else None


def _read_pandas(period: Any) -> _Entry | None:
    unit = str(period.freqstr).partition("-")[0]
    if unit in ("Y", "A"):
        return "year", int(period.year), 0
    if unit == "Q":
        return "quarter", int(period.qyear), int(period.quarter) - 1
    if unit == "M":
        return "month", int(period.year), int(period.month) - 1
    if unit == "W":
        # Weeks may begin on any day; their fourth one says which week of the year it is.
        return "week", *date.fromordinal(period.start_time.toordinal() + 3).isocalendar()[:2]
    return _read_date(period.start_time.date()) if unit == "D" else None
