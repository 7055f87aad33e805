"""What is known of the population, category by category, and the weights that agree with it."""

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from numbers import Real
from typing import Any

import narwhals as nw
import numpy as np

from npsstats.kernels.calibration import Calibrated, Margin, calibrate_linear, calibrate_logit, post_stratify, rake
from npsstats.tabulation.judging import plain
from npsstats.typing import FloatArray, IntArray, Label

__all__ = [
    "CALIBRATIONS",
    "PopulationMargin",
    "calibrate_weights",
    "check_calibration",
    "match_margins",
    "read_margins",
]

# Published totals are rounded; sums that differ by no more than this part are the same.
SAME = 1e-6

CALIBRATIONS = ("raking", "linear", "logit", "post-stratification")

# The column of a frame that holds the totals, wherever it stands.
TOTALS = "total"


@dataclass(frozen=True, slots=True)
class PopulationMargin:
    """How the population is spread over cells: the categories of one or several columns, and their totals.

    Totals are above 0; shares add up to 1.
    """

    columns: tuple[str, ...]
    cells: tuple[Label, ...]
    totals: FloatArray

    @property
    def name(self) -> str:
        """The columns, as a message names them."""
        return " × ".join(self.columns)

    @property
    def labels(self) -> tuple[Hashable, ...]:
        """The cells, as a message names them: without a tuple around a single category."""
        return tuple(map(_bare, self.cells))


def read_margins(margins: Any) -> list[PopulationMargin]:
    """Read margins from a mapping by columns, a frame, or several frames.

    Parameters
    ----------
    margins : mapping, frame, or sequence of frames
        ``{"gender": {"f": 0.51, "m": 0.49}}``; ``{("gender", "age"): {("f", "18-34"): 120, ...}}``; with a pandas
        Series or a frame in place of the inner mapping; or frames of any library, with columns of categories and one
        of totals, which is called "total" or stands last.

    Returns
    -------
    list of PopulationMargin
        With the same sum: 1 for shares and percentages, the total of the first margin for other numbers.

    Raises
    ------
    TypeError
        If something is no margin, or no number.
    ValueError
        If a number is not above 0, a cell or a margin is there twice, or margins do not add up.
    """
    if isinstance(margins, Mapping):
        read = [_margin(_columns(key), value) for key, value in margins.items()]
    else:
        read = [_margin(None, frame) for frame in (margins if isinstance(margins, (list, tuple)) else [margins])]
    if not read:
        msg = "`margins` must name at least one column; it is empty. Leave it out to keep the weights as they are."
        raise ValueError(msg)
    seen: set[frozenset[str]] = set()
    for margin in read:
        if frozenset(margin.columns) in seen:
            msg = f"`margins` must have one margin for the same columns; {margin.name} is there twice. Leave one out."
            raise ValueError(msg)
        seen.add(frozenset(margin.columns))
    return _with_one_sum(read)


def match_margins(
    population: Sequence[PopulationMargin],
    columns: Mapping[str, tuple[IntArray, Sequence[Hashable]]],
    weights: FloatArray,
) -> list[Margin]:
    """Find the cell of each row in each margin, given the code of each row in each column, and the labels of the codes.

    Shares are scaled to the sum of the weights.

    Raises
    ------
    ValueError
        If there is no such column, a cell has no respondents, or respondents are in no cell.
    """
    matched = []
    for margin in population:
        missing = [column for column in margin.columns if column not in columns]
        if missing:
            msg = f"`margins` must be of columns of the data; there is no column {missing[0]!r}."
            raise ValueError(msg)
        codes = _cells_of_rows(margin, [columns[column] for column in margin.columns])
        _check_respondents(margin, codes, weights)
        # A population of a single person is no sample: a sum of 1 means shares.
        shares = abs(margin.totals.sum() - 1) <= SAME
        matched.append(Margin(codes, margin.totals * (weights.sum() if shares else 1.0)))
    return matched


def check_calibration(calibration: Any, bounds: Any, margins: int) -> tuple[float, float] | None:
    """Check how weights shall be calibrated to a number of margins; give the bounds as numbers.

    Raises
    ------
    TypeError, ValueError
        If there is no such method, or it cannot have these bounds or margins.
    """
    if calibration not in CALIBRATIONS:
        msg = f"`calibration` must be one of {', '.join(map(repr, CALIBRATIONS))}; got {calibration!r}."
        raise ValueError(msg)
    if calibration == "post-stratification" and margins > 1:
        msg = (
            f"`calibration` 'post-stratification' is for one margin; got {margins}. Pass `calibration='raking'`, or "
            "one margin of the columns together, such as {('gender', 'age'): {('f', '18-34'): 0.1, ...}}."
        )
        raise ValueError(msg)
    if bounds is None:
        if calibration == "logit":
            msg = "`bounds` must be given for `calibration` 'logit': pass them, such as `bounds=(0.3, 3)`."
            raise ValueError(msg)
        return None
    if calibration not in ("linear", "logit"):
        msg = f"`bounds` are for `calibration` 'linear' or 'logit'; got them with {calibration!r}. Pass one of these."
        raise ValueError(msg)
    if not isinstance(bounds, (tuple, list)) or len(bounds) != 2 or not all(map(_is_number, bounds)):
        msg = f"`bounds` must be two numbers such as (0.3, 3), the least and the greatest factor; got {bounds!r}."
        raise TypeError(msg)
    low, high = map(float, bounds)
    if not 0 <= low < 1 < high or (calibration == "logit" and math.isinf(high)):
        finite = ", and finite for `calibration` 'logit'" if calibration == "logit" else ""
        msg = f"`bounds` must be a number from 0 to below 1 and one above 1{finite}, such as (0.3, 3); got {bounds!r}."
        raise ValueError(msg)
    return low, high


def calibrate_weights(
    weights: FloatArray,
    population: Sequence[PopulationMargin],
    margins: Sequence[Margin],
    calibration: str,
    bounds: tuple[float, float] | None = None,
) -> Calibrated:
    """Change weights so that they meet all margins, as from `match_margins` and `check_calibration`.

    Raises
    ------
    ValueError
        If no such weights exist, or some would be below 0.
    """
    methods: dict[str, Callable[[], Calibrated]] = {
        "raking": lambda: rake(weights, margins),
        "linear": lambda: calibrate_linear(weights, margins, bounds or (-math.inf, math.inf)),
        "logit": lambda: calibrate_logit(weights, margins, bounds or (0.0, math.inf)),
        "post-stratification": lambda: post_stratify(weights, margins[0]),
    }
    calibrated = methods[calibration]()
    if not calibrated.converged:
        raise ValueError(_unmet(weights, population, margins, calibrated, bounds))
    below = np.flatnonzero(calibrated.weights < 0)
    if below.size:
        worst = int(calibrated.weights.argmin())
        cells = ", ".join(
            f"{known.name} {known.labels[margin.codes[worst]]!r}"
            for known, margin in zip(population, margins, strict=True)
        )
        msg = (
            f"`calibration` 'linear' makes {below.size} of {weights.size} weights negative (the lowest for {cells}). "
            "Pass `calibration='raking'`, or bounds such as `bounds=(0.1, 10)`."
        )
        raise ValueError(msg)
    return calibrated


def _columns(key: Any) -> tuple[str, ...]:
    columns = (key,) if isinstance(key, str) else key
    if not isinstance(columns, tuple) or not columns or not all(isinstance(name, str) for name in columns):
        msg = f"`margins` must have a column or a tuple of columns for each key; got {key!r}."
        raise TypeError(msg)
    if len(set(columns)) < len(columns):
        msg = f"`margins` must name each column of a margin once; got {key!r}."
        raise ValueError(msg)
    return columns


def _margin(columns: tuple[str, ...] | None, value: Any) -> PopulationMargin:
    """Read one margin; its columns are None where only the value tells them."""
    if isinstance(value, Mapping) and columns is not None:
        return _checked(columns, list(value), list(value.values()))
    if nw.dependencies.is_pandas_series(value):
        own = columns or _index_columns(value.index)
        return _checked(own, value.index.tolist(), value.tolist())
    if nw.dependencies.is_pandas_dataframe(value) and any(name is not None for name in value.index.names):
        # A table by category keeps its categories in the index.
        value = value.reset_index()
    frame = nw.from_native(value, pass_through=True)
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    if not isinstance(frame, nw.DataFrame):
        where = "" if columns is None else f" for {' × '.join(columns)}"
        msg = (
            f"`margins`{where} must be a mapping of categories to numbers, or a frame of them; got "
            f"{type(value).__name__}. Pass such as {{'gender': {{'f': 0.51, 'm': 0.49}}}}."
        )
        raise TypeError(msg)
    own, totals = _columns_of_frame(columns, frame.columns)
    return _checked(own, list(zip(*(frame[name].to_list() for name in own), strict=True)), frame[totals].to_list())


def _index_columns(index: Any) -> tuple[str, ...]:
    """The columns that a Series is of, where only the names of its index tell them."""
    if not all(isinstance(name, str) for name in index.names):
        msg = "`margins` must name the columns; the index of a Series has no name. Pass {'gender': series}."
        raise ValueError(msg)
    return tuple(index.names)


def _columns_of_frame(columns: tuple[str, ...] | None, names: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Say which columns of a frame hold categories, and which one totals."""
    totals = TOTALS if TOTALS in names else (list(names) or [""])[-1]
    own = tuple(name for name in names if name != totals)
    if columns is None:
        if not own:
            msg = (
                f"`margins` must be frames with columns of categories and, as the last one, totals; got {list(names)}."
            )
            raise ValueError(msg)
        return own, totals
    rest = [name for name in names if name not in columns]
    if len(rest) != 1 or len(names) != len(columns) + 1:
        msg = (
            f"`margins` for {' × '.join(columns)} must be a frame with the columns {', '.join(map(repr, columns))} and "
            f"one of totals; got {list(names)}."
        )
        raise ValueError(msg)
    return columns, rest[0]


def _checked(columns: tuple[str, ...], labels: Sequence[Any], totals: Sequence[Any]) -> PopulationMargin:
    """Check the cells of one margin and their numbers."""
    name = " × ".join(columns)
    if not labels:
        msg = f"`margins` for {name} must have categories; there are none."
        raise ValueError(msg)
    cells = [_cell(columns, label) for label in labels]
    known: set[Hashable] = set()
    for cell, total in zip(cells, map(plain, totals), strict=True):
        shown = f"{_bare(cell)!r} of {name}"
        if total is not None and not _is_number(total):
            msg = f"`margins` must be numbers; got {total!r} for {shown}."
            raise TypeError(msg)
        if total is None or not 0 < total < math.inf:
            out = (
                " Leave the cell out, in the data too, if nobody of the population is in it."
                if total == 0
                else " Give the population of the cell, as a number or a share."
            )
            msg = (
                f"`margins` must be above 0 and finite; got {'no number' if total is None else total} for {shown}.{out}"
            )
            raise ValueError(msg)
        if _exact(cell) in known:
            msg = f"`margins` must have each cell once; {shown} is there twice. Add the two up."
            raise ValueError(msg)
        known.add(_exact(cell))
    return PopulationMargin(columns, tuple(cells), np.array(totals, dtype=np.float64))


def _cell(columns: tuple[str, ...], label: Any) -> Label:
    """Read the categories of a cell, one for each column."""
    if len(columns) == 1 and not isinstance(label, tuple):
        return (plain(label),)
    if not isinstance(label, tuple) or len(label) != len(columns):
        wanted = "a category" if len(columns) == 1 else f"a tuple of {len(columns)} categories"
        msg = f"`margins` for {' × '.join(columns)} must have {wanted} for each cell; got {label!r}."
        raise ValueError(msg)
    return tuple(map(plain, label))


def _with_one_sum(margins: list[PopulationMargin]) -> list[PopulationMargin]:
    """Check that margins add up to the same, and make it the same to the last digit."""
    sums = [float(margin.totals.sum()) for margin in margins]
    for margin, total in zip(margins, sums, strict=True):
        _check_sum(margin, total)
    if max(sums) - min(sums) > SAME * max(sums):
        shown = ", ".join(f"{margin.name} {total:.10g}" for margin, total in zip(margins, sums, strict=True))
        msg = (
            f"`margins` must all add up to the same population, or to 1; they add up to: {shown}. Give all as totals "
            "of the same population, or all as shares."
        )
        raise ValueError(msg)
    whole = 1.0 if _is_near(sums[0], 1) or _is_near(sums[0], 100) else sums[0]
    return [
        PopulationMargin(margin.columns, margin.cells, margin.totals * (whole / total))
        for margin, total in zip(margins, sums, strict=True)
    ]


def _check_sum(margin: PopulationMargin, total: float) -> None:
    """Refuse numbers that can only be shares or percentages, but do not add up to all."""
    shares = (margin.totals <= 1).all() and not (margin.totals == 1).all()
    # Whole numbers near 100 may be a small population; the weights are the same.
    percentages = 90 < total < 110 and (margin.totals % 1 != 0).any()
    for meant, whole, name in ((shares, 1, "shares"), (percentages, 100, "percentages")):
        if meant and not _is_near(total, whole):
            msg = (
                f"`margins` for {margin.name} must add up to {whole}, as {name} do; they add up to {total:.10g}. If "
                "they were rounded, divide each by their sum."
            )
            raise ValueError(msg)


def _is_near(total: float, whole: float) -> bool:
    return abs(total - whole) <= SAME * whole


def _cells_of_rows(margin: PopulationMargin, columns: list[tuple[IntArray, Sequence[Hashable]]]) -> IntArray:
    """Find the cell of each row; refuse rows that are in none."""
    key = reduce(lambda so_far, column: so_far * len(column[1]) + column[0], columns[1:], columns[0][0])
    found, rows, counts = np.unique(key, return_inverse=True, return_counts=True)
    places = np.unravel_index(found, [len(labels) for _, labels in columns])
    occurring: list[Label] = list(
        zip(*([labels[i] for i in place] for place, (_, labels) in zip(places, columns, strict=True)), strict=True)
    )
    known = {_exact(cell): i for i, cell in enumerate(margin.cells)}
    cell_of = np.array([known.get(_exact(cell), -1) for cell in occurring], dtype=np.int64)
    lost = np.flatnonzero(cell_of < 0)
    if lost.size:
        lost = lost[np.argsort(-counts[lost], kind="stable")]
        raise ValueError(_lacking(margin, [occurring[i] for i in lost], counts[lost], key.size))
    codes: IntArray = cell_of[rows]
    return codes


def _lacking(margin: PopulationMargin, lost: Sequence[Label], counts: IntArray, rows: int) -> str:
    """Say which categories of the data the margin lacks."""
    shown = ", ".join(f"{_bare(cell)!r} in {count}" for cell, count in zip(lost[:3], counts[:3], strict=False))
    empty = None in lost[0]
    more = "" if len(lost) <= 3 else f" and {len(lost) - 3} more"
    out = (
        "Give each row a category, or leave out those without one"
        if empty
        else "Add them to the margin, put them together with others in the data, or leave the rows out"
    )
    return (
        f"`margins` for {margin.name} must have all categories of the data; {counts.sum()} of {rows} rows are in "
        f"others: {shown}{more}. {out}.{_alike(lost, margin.cells)}"
    )


def _check_respondents(margin: PopulationMargin, codes: IntArray, weights: FloatArray) -> None:
    """Check that each cell of the population has respondents who count."""
    size = margin.totals.size
    empty = np.flatnonzero(np.bincount(codes, weights, minlength=size) <= 0)
    if empty.size == 0:
        return
    first = int(empty[0])
    with_rows = np.bincount(codes, minlength=size)[first]
    what = "none with a weight above 0" if with_rows else "none"
    filled = [cell for i, cell in enumerate(margin.cells) if i not in set(empty.tolist())]
    msg = (
        f"each cell of `margins` must have respondents; {empty.size} of {size} cells of {margin.name} have {what} "
        f"(first: {margin.labels[first]!r}, population {margin.totals[first]:.6g}). Put the cell together with another "
        f"one, in the margin and in the data.{_alike([margin.cells[first]], filled)}"
    )
    raise ValueError(msg)


def _unmet(
    weights: FloatArray,
    population: Sequence[PopulationMargin],
    margins: Sequence[Margin],
    calibrated: Calibrated,
    bounds: tuple[float, float] | None,
) -> str:
    """Say which cell stays farthest from its population, and why no weights meet all margins."""
    worst = int(np.argmax([np.abs(miss).max() for miss in calibrated.misses]))
    known, misses = population[worst], calibrated.misses[worst]
    cell = int(np.abs(misses).argmax())
    free = calibrate_linear(weights, margins)
    if not free.converged:
        why = "The margins contradict each other: no weights at all meet them. Check those that share columns."
    elif bounds is not None:
        kept = weights > 0
        factor = free.weights[kept] / weights[kept] * (weights.sum() / free.weights.sum())
        why = (
            f"Without bounds the factors run from {factor.min():.3g} to {factor.max():.3g}: widen `bounds` "
            f"({bounds[0]:g}, {bounds[1]:g}), or put cells together."
        )
    else:
        why = "Only negative weights meet them, as some combinations of cells have no respondents: put cells together."
    return (
        f"found no weights that meet `margins`: the cell {known.labels[cell]!r} of {known.name} stays farthest from "
        f"its population, {100 * abs(misses[cell]):.3g} % {'above' if misses[cell] > 0 else 'below'}. {why}"
    )


def _alike(labels: Iterable[Label], others: Sequence[Label]) -> str:
    """Point at two labels that only look the same."""
    by_text = {_text(other): other for other in others}
    for label in labels:
        other = by_text.get(_text(label))
        if other is not None and _exact(other) != _exact(label):
            return f" {_bare(label)!r} and {_bare(other)!r} are different labels; write them alike."
    return ""


def _text(label: Label) -> tuple[str, ...]:
    whole = (int(entry) if isinstance(entry, float) and entry.is_integer() else entry for entry in label)
    return tuple(str(entry).strip().casefold() for entry in whole)


def _exact(label: Label) -> Hashable:
    """Keep truth values apart from the numbers 0 and 1."""
    return tuple((isinstance(entry, bool), entry) for entry in label)


def _is_number(value: Any) -> bool:
    return isinstance(value, (Real, np.number)) and not isinstance(value, (bool, np.bool_))


def _bare(label: Label) -> Hashable:
    return label[0] if len(label) == 1 else label
