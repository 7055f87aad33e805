"""Scores of units that were published without the counts behind them."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from npsstats.ratings.grouping import check_groups
from npsstats.ratings.scales import Scale
from npsstats.typing import FloatArray, IntArray, Label

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PublishedScores"]

Favourable: TypeAlias = Literal["high", "low"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PublishedScores:
    """Published scores of units, such as states or stores, under several metrics; a unit has one row.

    What is known of their errors comes with them: standard errors, or how far they were rounded. How the errors of two
    metrics of a unit go together, though its respondents are the same, is not known, and nothing is assumed of it;
    different units are taken for independent. From respondents use `tabulate_joint`, which knows.

    Parameters
    ----------
    scores : array_like, shape (units, metrics)
        In points; nan where a unit has none.
    names : sequence of str
        What the metrics are called, each by another name.
    by : sequence of str
        The names of the group columns: the last holds the units, the others the blocks, such as years, within which
        units are compared.
    labels : sequence of tuple
        The label of each unit, one entry per group column, no label twice.
    standard_errors : array_like, shape (units, metrics), optional
        In points; nan where a score is nan.
    rounding : float or sequence of float, optional
        How far a score can be off by rounding, in points, for all metrics or for each: 0.5 for whole percentages, 1 for
        a net of two of them; 0 by default.
    favourable : {"high", "low"} or sequence of them, default "high"
        Which scores are good news, for all metrics or for each.
    notes : sequence of str, optional
        What a reader of any result must know about the origin of the scores.

    Raises
    ------
    TypeError
        If scores, errors or names have the wrong type.
    ValueError
        If shapes disagree, a number is infinite, an error negative, a name or label occurs twice, or a group column has
        the name of a column of the results.

    Examples
    --------
    >>> import npsstats as nps
    >>> nps.PublishedScores(
    ...     [[71, 76], [66, 69], [64, 70]],
    ...     names=["rating", "recommend"],
    ...     by=["state"],
    ...     labels=[("SD",), ("WI",), ("ME",)],
    ...     rounding=1,
    ... )
    PublishedScores(3 units by state; rating, recommend; rounded to ±1)
    """

    scores: FloatArray
    _: KW_ONLY
    names: tuple[str, ...]
    by: tuple[str, ...]
    labels: tuple[Label, ...]
    standard_errors: FloatArray | None = None
    rounding: FloatArray | float = 0.0
    favourable: Sequence[Favourable] = "high"  # type: ignore[assignment]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("names", "by", "notes"):
            if isinstance(getattr(self, name), str):
                msg = f"`{name}` must be a sequence of texts; got the text {getattr(self, name)!r}."
                raise TypeError(msg)
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "labels", _labels(self.labels))
        object.__setattr__(self, "notes", tuple(dict.fromkeys(self.notes)))
        self._check_names()
        shape = (len(self.labels), len(self.names))
        scores = _checked("scores", self.scores, shape, "units and metrics")
        _keep(self, "scores", scores)
        if self.standard_errors is not None:
            errors = _checked("standard_errors", self.standard_errors, shape, "units and metrics")
            if (np.isnan(errors) & ~np.isnan(scores)).any():
                msg = "`standard_errors` must hold one for each score; leave them out if they are not known."
                raise ValueError(msg)
            _not_negative("standard_errors", errors)
            _keep(self, "standard_errors", errors)
        given = _numbers("rounding", self.rounding)
        rounding = _checked("rounding", np.full(shape[1:], given) if given.ndim == 0 else given, shape[1:], "metrics")
        _not_negative("rounding", rounding)
        _keep(self, "rounding", rounding)

    def _check_names(self) -> None:
        """Check the names of metrics and groups, and which scores are good news."""
        if not all(isinstance(name, str) for name in self.names):
            msg = f"`names` must be texts; got {list(self.names)}."
            raise TypeError(msg)
        if not all(self.names) or not self.names or len(set(self.names)) != len(self.names):
            msg = f"`names` must hold a different name for each metric; got {list(self.names)}."
            raise ValueError(msg)
        if not self.by:
            msg = "`by` must name a group column: that of the units."
            raise ValueError(msg)
        check_groups(self.by, self.labels, Scale(0, 10))
        given = self.favourable
        favourable = (given,) * len(self.names) if given is None or isinstance(given, str) else tuple(given)
        if len(favourable) != len(self.names) or not set(favourable) <= {"high", "low"}:
            msg = (
                f"`favourable` must be 'high' or 'low', for all {len(self.names)} metrics or for each; got {given!r}. "
                "It says which scores are good news: of effort, low ones may be."
            )
            raise ValueError(msg)
        object.__setattr__(self, "favourable", favourable)

    @classmethod
    def from_frame(
        cls,
        frame: "pd.DataFrame | Mapping[str, Sequence[Any]]",
        *,
        scores: Mapping[str, str],
        by: Sequence[str],
        standard_errors: Mapping[str, str] | None = None,
        rounding: Mapping[str, float] | float = 0.0,
        favourable: Mapping[str, Favourable] | Favourable = "high",
        notes: Sequence[str] = (),
    ) -> Self:
        """Take scores from the columns of a table with a row per unit.

        Parameters
        ----------
        frame : pandas.DataFrame or mapping of columns
            The table.
        scores : mapping of str to str
            The name of each metric, and the column that holds its scores, in points.
        by : sequence of str
            The group columns; the last holds the units.
        standard_errors : mapping of str to str, optional
            The name of each metric, and the column that holds its standard errors.
        rounding : float or mapping of str to float, optional
            How far scores can be off by rounding, in points, for all metrics or by metric.
        favourable : {"high", "low"} or mapping of str to them, default "high"
            Which scores are good news, for all metrics or by metric.
        notes : sequence of str, optional
            What a reader of any result must know.

        Returns
        -------
        PublishedScores

        Raises
        ------
        TypeError, ValueError
            As for `PublishedScores`; also if a column is not there, or a metric is not named.

        Examples
        --------
        >>> import npsstats as nps
        >>> table = {"state": ["SD", "WI"], "net_rating": [71, 66], "net_recommend": [76, 69]}
        >>> nps.PublishedScores.from_frame(
        ...     table, scores={"rating": "net_rating", "recommend": "net_recommend"}, by=["state"], rounding=1
        ... )
        PublishedScores(2 units by state; rating, recommend; rounded to ±1)
        """
        if isinstance(by, str):
            msg = f"`by` must be a sequence of column names; got the text {by!r}. Write [{by!r}]."
            raise TypeError(msg)
        if not isinstance(scores, Mapping):
            msg = (
                f"`scores` must be a mapping of metrics to columns, such as {{'rating': 'net_rating'}}; got {scores!r}."
            )
            raise TypeError(msg)
        if not scores:
            msg = "`scores` must name at least one metric, such as {'rating': 'net_rating'}; got none."
            raise ValueError(msg)
        names = tuple(scores)
        errors = None
        if standard_errors is not None:
            errors = np.column_stack(
                [_column(frame, each) for each in _by_metric("standard_errors", standard_errors, names)]
            )
        good = _by_metric("favourable", favourable, names) if isinstance(favourable, Mapping) else favourable
        labels = [list(map(_entry, np.asarray(_entries(frame, name)).tolist())) for name in by]
        return cls(
            np.column_stack([_column(frame, scores[name]) for name in names]),
            names=names,
            by=tuple(by),
            labels=tuple(zip(*labels, strict=True)),
            standard_errors=errors,
            rounding=np.array(_by_metric("rounding", rounding, names)) if isinstance(rounding, Mapping) else rounding,
            favourable=good,  # type: ignore[arg-type]
            notes=tuple(notes),
        )

    @property
    def sign(self) -> IntArray:
        """1 for each metric whose high scores are good news, -1 where low ones are."""
        return np.array([1 if end == "high" else -1 for end in self.favourable], dtype=np.int64)

    @property
    def groups(self) -> tuple[Hashable, ...]:
        """One label per unit: the bare label if there is one group column, else a tuple."""
        return tuple(label[0] for label in self.labels) if len(self.by) == 1 else self.labels

    def of(self, *names: str) -> Self:
        """Keep these metrics, in this order.

        Parameters
        ----------
        *names : str
            The names of the metrics.

        Returns
        -------
        PublishedScores

        Raises
        ------
        ValueError
            If no metric has one of the names.
        """
        for name in names:
            if name not in self.names:
                msg = f"there is no metric {name!r}; the metrics are {', '.join(self.names)}."
                raise ValueError(msg)
        places = [self.names.index(name) for name in names]
        return replace(
            self,
            scores=self.scores[:, places],
            names=names,
            standard_errors=None if self.standard_errors is None else self.standard_errors[:, places],
            rounding=np.asarray(self.rounding)[places],
            favourable=tuple(self.favourable[place] for place in places),
        )

    def select(self, *labels: Hashable) -> Self:
        """Keep the units with these labels, in this order.

        Parameters
        ----------
        *labels : hashable
            The labels of the units; tuples if there are several group columns.

        Returns
        -------
        PublishedScores

        Raises
        ------
        ValueError
            If no unit has one of the labels.
        """
        where = {label: i for i, label in enumerate(self.groups)}
        for label in labels:
            if label not in where:
                msg = f"no unit has the label {label!r}; the first ones are {', '.join(map(repr, self.groups[:10]))}."
                raise ValueError(msg)
        return self._take([where[label] for label in labels])

    def within(self, **labels: Hashable) -> Self:
        """Keep the units with these labels in group columns, such as ``year=2023``.

        Parameters
        ----------
        **labels : hashable
            The group columns, and the label wanted in each.

        Returns
        -------
        PublishedScores

        Raises
        ------
        ValueError
            If there is no such group column, or no unit with the label.
        """
        for name in labels:
            if name not in self.by:
                msg = f"{name!r} is no group column; they are {list(self.by)}."
                raise ValueError(msg)
        wanted = {self.by.index(name): label for name, label in labels.items()}
        kept = [i for i, label in enumerate(self.labels) if all(label[k] == value for k, value in wanted.items())]
        if not kept:
            msg = f"no unit has {', '.join(f'{name}={label!r}' for name, label in labels.items())}."
            raise ValueError(msg)
        return self._take(kept)

    def _take(self, rows: list[int]) -> Self:
        return replace(
            self,
            scores=self.scores[rows],
            labels=tuple(self.labels[i] for i in rows),
            standard_errors=None if self.standard_errors is None else self.standard_errors[rows],
        )

    def to_frame(self) -> "pd.DataFrame":
        """Show the scores as a pandas frame: group columns, one column per metric.

        Returns
        -------
        pandas.DataFrame
        """
        import pandas as pd

        groups = {name: [label[i] for label in self.labels] for i, name in enumerate(self.by)}
        return pd.DataFrame({**groups, **dict(zip(self.names, self.scores.T, strict=True))})

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        known = [] if self.standard_errors is None else ["with standard errors"]
        sizes = dict.fromkeys(f"±{size:g}" for size in np.atleast_1d(self.rounding))
        if np.any(self.rounding):
            known.append(f"rounded to {', '.join(sizes)}")
        parts = [f"{len(self)} units by {', '.join(self.by)}", ", ".join(self.names), *known]
        return f"PublishedScores({'; '.join(parts)})"


def _labels(labels: Sequence[Any]) -> tuple[Label, ...]:
    """Make tuples of labels; a text is not taken apart into its letters."""
    if not isinstance(labels, str) and isinstance(labels, Iterable):
        labels = list(labels)
    for label in (labels, *labels):
        if isinstance(label, str) or not isinstance(label, Iterable):
            msg = (
                f"`labels` must hold a sequence for each unit, one entry per group column; got {label!r}. Write for "
                "example [('SD',), ('NE',)]."
            )
            raise TypeError(msg)
        if label is not labels and not all(isinstance(entry, Hashable) for entry in label):
            msg = f"`labels` must be hashable, such as texts or numbers; got {list(label)}."
            raise TypeError(msg)
    return tuple(map(tuple, labels))


def _entry(label: Any) -> Any:
    """Make missing labels, such as nan, None as everywhere; they are not even themselves."""
    same = label == label
    return label if isinstance(same, (bool, np.bool_)) and same else None


def _numbers(name: str, values: ArrayLike) -> FloatArray:
    """Copy to float what are numbers; refuse anything else."""
    array = np.asarray(values)
    if array.dtype.kind not in "iuf":
        msg = f"`{name}` must be numbers, nan where there is none; got values of type {array.dtype}."
        raise TypeError(msg)
    return array.astype(np.float64)


def _checked(name: str, values: ArrayLike, shape: tuple[int, ...], of: str) -> FloatArray:
    array = _numbers(name, values)
    if array.shape != shape:
        msg = f"`{name}` must have shape {shape}, for the {of}; got {array.shape}."
        raise ValueError(msg)
    if np.isinf(array).any():
        msg = f"`{name}` must be finite, or nan where there is none; got {array[np.isinf(array)][0]}."
        raise ValueError(msg)
    return array


def _not_negative(name: str, array: FloatArray) -> None:
    if (array < 0).any() or (name == "rounding" and np.isnan(array).any()):
        msg = f"`{name}` must be 0 or more; got {array[~(array >= 0)][0]:g}."
        raise ValueError(msg)


def _keep(scores: PublishedScores, name: str, array: FloatArray) -> None:
    array.setflags(write=False)
    object.__setattr__(scores, name, array)


def _by_metric(argument: str, given: Mapping[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
    """Put what was given by metric in the order of the metrics."""
    if set(given) != set(names):
        msg = f"`{argument}` must name the metrics {', '.join(names)}; got {', '.join(map(str, given))}."
        raise ValueError(msg)
    return tuple(given[name] for name in names)


def _entries(frame: Any, name: str) -> Any:
    if name not in frame:
        msg = f"there is no column {name!r}; the columns are {', '.join(map(repr, list(frame)[:12]))}."
        raise ValueError(msg)
    return frame[name]


def _column(frame: Any, name: str) -> FloatArray:
    return _numbers(f"column {name}", _entries(frame, name))
