"""Count tables of published surveys that come with the package, and rows where the design of a survey needs them."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import CSAT, NPS, Metric
from npsstats.typing import Label

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Dataset", "load", "responses"]

DATASETS = ("sfo",)
METRICS = {metric.name: metric for metric in (NPS, CSAT)}
RATINGS = ("recommend", "satisfied", "find_way", "security", "getting_there")
TIMES_OF_DAY = ("morning", "midday", "evening")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Tables of counts from one source, with what must be known about them.

    Made by `load`. ``dataset["recommend"]`` is short for ``dataset.tables["recommend"]``.

    Parameters
    ----------
    name : str
        What `load` calls it.
    title, publisher, licence : str
        What the source calls the data, who published them, and on which terms they may be used.
    urls : tuple of str
        Where the publisher offers them.
    description : str
        Who was asked what.
    notes : tuple of str
        What was done to make the counts.
    caveat : str
        What the counts cannot show; it goes with them into every result.
    tables : mapping of str to RatingCounts
        The counts; read-only.
    """

    name: str
    title: str
    publisher: str
    licence: str
    urls: tuple[str, ...] = field(repr=False)
    description: str = field(repr=False)
    notes: tuple[str, ...] = field(repr=False)
    caveat: str = field(repr=False)
    tables: Mapping[str, RatingCounts]

    def __post_init__(self) -> None:
        object.__setattr__(self, "urls", tuple(self.urls))
        object.__setattr__(self, "notes", tuple(self.notes))
        object.__setattr__(self, "tables", MappingProxyType(dict(self.tables)))

    def __getitem__(self, table: str) -> RatingCounts:
        if table not in self.tables:
            msg = f"the data set {self.name!r} has no table {table!r}; its tables are {', '.join(self.tables)}."
            raise KeyError(msg)
        return self.tables[table]


def load(name: str) -> Dataset:
    """Load the count tables of a published survey, with their provenance.

    Nothing is downloaded; use `responses` for the respondents behind the counts, `fetch` for the full files.

    Parameters
    ----------
    name : {'sfo'}
        The data set. ``"sfo"`` holds the customer surveys of San Francisco International Airport:
        ``"recommend"``, the 0-10 recommend question by boarding area and year (2017, 2018), and ``"csat"``,
        the 1-5 rating of the airport as a whole by year (2013-2018).

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        If there is no such data set; the message lists those that there are.

    Examples
    --------
    >>> sfo = load("sfo")
    >>> sfo["recommend"].pool("year")
    RatingCounts(2 groups by year; 0-10; n=5396, missing=244)
    >>> sfo["recommend"].select(("A", 2017), ("A", 2018)).n
    array([724, 661])
    >>> sfo.licence
    'Open Data Commons Public Domain Dedication and License (ODC-PDDL)'
    """
    _check_name(name)
    import csv
    import tomllib
    from importlib.resources import files

    folder = files("npsstats.datasets").joinpath("data")
    about = tomllib.loads(folder.joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    rows = list(csv.DictReader(folder.joinpath(f"{name}.csv").read_text(encoding="utf-8").splitlines()))
    tables = {
        table: _counts(
            [row for row in rows if row["table"] == table], METRICS[form["metric"]], tuple(form["by"]), about["caveat"]
        )
        for table, form in about.pop("tables").items()
    }
    return Dataset(name=name, tables=tables, **about)


def responses(name: str) -> "pd.DataFrame":
    """Load the rows of a published survey: who was asked where and when, the weight and the answer.

    For analyses that counts do not allow: by weights, strata and clusters, and of several questions. Nothing is
    downloaded; provenance and licence are those of `load`.

    Parameters
    ----------
    name : {'sfo'}
        The data set. ``"sfo"``: the passengers asked by San Francisco International Airport in 2017 and 2018.

    Returns
    -------
    pandas.DataFrame
        A row per respondent, in the order of the publisher's files. For ``"sfo"``: ``year``, ``area`` (boarding area),
        ``time_of_day`` (the stratum), ``run`` (the interviewing run: passengers asked at the same time and place),
        ``weight``, ``recommend`` (0-10); ``satisfied`` (the airport as a whole), ``find_way``, ``security`` (getting
        through it) and ``getting_there`` (1-5, 5 the best or easiest); ``problem`` (whether one was met: ``"yes"`` or
        ``"no"``). Answers may be missing. The 12 rows of 2018 without a run are one: ``"2018-none"``.

    Raises
    ------
    ValueError
        If there is no such data set; the message lists those that there are.

    Examples
    --------
    >>> import npsstats as nps
    >>> rows = nps.datasets.responses("sfo")
    >>> len(rows), rows["run"].nunique()
    (5640, 418)
    >>> counts = nps.tabulate_survey(rows, "recommend", by="year", weight="weight", cluster="run")
    >>> nps.estimate(counts).score.round(1)
    array([40.4, 35.1])
    """
    _check_name(name)
    from importlib.resources import files

    import pandas as pd

    file = files("npsstats.datasets").joinpath("data", f"{name}_responses.csv")
    with file.open(encoding="utf-8") as text:
        # Weights are read as text first: the fast parser of pandas may miss their last digit.
        rows = pd.read_csv(
            text,
            dtype={"weight": "str", "problem": "str", **dict.fromkeys(RATINGS, "Int64")},
            keep_default_na=False,
            na_values={name: [""] for name in (*RATINGS, "problem")},
        )
    rows["weight"] = rows["weight"].astype(float)
    rows["time_of_day"] = pd.Categorical(rows["time_of_day"], TIMES_OF_DAY, ordered=True)
    return rows


def _check_name(name: str) -> None:
    if name not in DATASETS:
        msg = f"there is no data set {name!r}; the data sets are {', '.join(DATASETS)}."
        raise ValueError(msg)


def _counts(rows: Iterable[Mapping[str, str]], metric: Metric, by: tuple[str, ...], note: str) -> RatingCounts:
    """Build counts from rows of group columns, rating and count; an empty rating stands for missing."""
    column = {str(rating): i for i, rating in enumerate(metric.scale.ratings)}
    table: dict[Label, list[int]] = {}
    missing: dict[Label, int] = {}
    for row in rows:
        label = tuple(_label(row[name]) for name in by)
        counts = table.setdefault(label, [0] * metric.scale.size)
        missing.setdefault(label, 0)
        if row["rating"]:
            counts[column[row["rating"]]] += int(row["count"])
        else:
            missing[label] += int(row["count"])
    return RatingCounts(
        np.array(list(table.values())),
        metric=metric,
        missing=np.array(list(missing.values())),
        by=by,
        labels=tuple(table),
        notes=(note,),
    )


def _label(text: str) -> Hashable:
    """Read a label; one of digits alone, such as a year, is a number."""
    return int(text) if text.isdigit() else text
