"""What the posteriors of scores and of differences share."""

from abc import abstractmethod
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from npsstats.kernels.contour import BoolArray, DirichletLaw, Law, Support
from npsstats.kernels.dirichlet import quantiles, shortest_interval
from npsstats.ratings.checks import check_number
from npsstats.ratings.scales import Metric
from npsstats.results.protocol import Result
from npsstats.typing import FloatArray

__all__ = ["LEVEL", "Distribution", "distribution_provenance"]

LEVEL = 0.95
KINDS = ("eti", "hdi")


class Distribution(Result):
    """Questions to a distribution, in points; a subclass says what the distribution is on the unit scale."""

    __slots__ = ()

    metric: Metric

    @abstractmethod
    def _law(self) -> Law:
        """Give the distribution on the unit scale."""

    @abstractmethod
    def _support(self) -> Support:
        """Give ends and moments on the unit scale."""

    @abstractmethod
    def _one_mode(self) -> BoolArray:
        """Tell which densities have one mode."""

    @property
    def _origin(self) -> float:
        """The point, in points, that is 0 on the unit scale."""
        return 0.0

    @property
    def _end(self) -> float:
        """The point, in points, that is 1 on the unit scale."""
        return self._width

    @property
    def _width(self) -> float:
        low, high = self.metric.bounds
        return high - low

    @property
    def mean(self) -> FloatArray:
        """The posterior mean, in points."""
        return self._to_points(self._support().mean)

    @property
    def sd(self) -> FloatArray:
        """The posterior standard deviation, in points."""
        return self._width * self._support().sd

    def interval(
        self, confidence_level: float = LEVEL, *, kind: Literal["eti", "hdi"] = "eti"
    ) -> tuple[FloatArray, FloatArray]:
        """Compute credible intervals.

        Parameters
        ----------
        confidence_level : float, default 0.95
            The posterior probability of the interval, between 0 and 1.
        kind : {"eti", "hdi"}, default "eti"
            ``"eti"`` leaves the same probability on either side; ``"hdi"`` is the shortest interval with this
            probability. A density with several modes is covered by one interval all the same.

        Returns
        -------
        low, high : ndarray, shape (groups,)
            In points.

        Raises
        ------
        TypeError, ValueError
            If the level or the kind is not valid.
        """
        if not 0 < check_number("confidence_level", confidence_level) < 1:
            msg = f"`confidence_level` must lie between 0 and 1; got {confidence_level!r}."
            raise ValueError(msg)
        if kind not in KINDS:
            msg = f"`kind` must be one of 'eti', 'hdi'; got {kind!r}."
            raise ValueError(msg)
        law, support = self._law(), self._support()
        if kind == "hdi":
            low, high = shortest_interval(law, support, float(confidence_level), self._one_mode())
        else:
            tail = (1 - confidence_level) / 2
            low, high = (quantiles(law, support, np.full(len(self), p)) for p in (tail, 1 - tail))
        return self._to_points(low), self._to_points(high)

    def quantile(self, q: float) -> FloatArray:
        """Compute the score that the posterior puts below with probability `q`.

        Parameters
        ----------
        q : float
            From 0 to 1.

        Returns
        -------
        ndarray, shape (groups,)
            In points.

        Raises
        ------
        TypeError, ValueError
            If `q` is not a number from 0 to 1.
        """
        if not 0 <= check_number("q", q) <= 1:
            msg = f"`q` must be a probability from 0 to 1; got {q!r}."
            raise ValueError(msg)
        return self._to_points(quantiles(self._law(), self._support(), np.full(len(self), float(q))))

    def cdf(self, x: float) -> FloatArray:
        """Compute the posterior probability of a score of at most `x`.

        Parameters
        ----------
        x : float
            In points.

        Returns
        -------
        ndarray, shape (groups,)

        Raises
        ------
        TypeError, ValueError
            If `x` is not a number.
        """
        return self._at(self._unit("x", x)).lower

    def probability(self, *, greater_than: float | None = None, less_than: float | None = None) -> FloatArray:
        """Compute the posterior probability of a range of scores.

        Parameters
        ----------
        greater_than, less_than : float, optional
            The ends of the range, in points; at least one.

        Returns
        -------
        ndarray, shape (groups,)
            Small probabilities have a small relative error.

        Raises
        ------
        TypeError, ValueError
            If neither end is given, or one is not a number.
        """
        if greater_than is None and less_than is None:
            msg = "`probability` needs `greater_than`, `less_than` or both, in points."
            raise ValueError(msg)
        support = self._support()
        full = np.ones(len(self))
        below, above = np.zeros(len(self)), full
        if greater_than is not None:
            at = self._at(self._unit("greater_than", greater_than))
            below, above = at.lower, at.upper
        if less_than is None:
            return above
        end = self._unit("less_than", less_than)
        at = self._at(end)
        # A point mass at the end is not below it.
        lower = np.where((support.low == support.high) & (support.low >= end), 0.0, at.lower)
        upper = np.where((support.low == support.high) & (support.low >= end), 1.0, at.upper)
        # The difference of the smaller tails cancels least.
        inside = np.where(below > 0.5, above - upper, lower - below)
        return inside.clip(0, 1)

    def density(self, x: ArrayLike) -> FloatArray:
        """Compute the posterior density, for plots.

        Parameters
        ----------
        x : float or array_like, shape (points,)
            In points.

        Returns
        -------
        ndarray, shape (groups,) or (groups, points)
            Per point. Infinite where the density has a pole or all of the mass.

        Raises
        ------
        ValueError
            If an `x` is not a number.
        """
        try:
            points = np.asarray(x, dtype=np.float64)
        except (TypeError, ValueError):
            points = np.array(np.nan)
        if points.ndim > 1 or np.isnan(points).any():
            msg = f"`x` must be a number or a list of numbers, in points; got {x!r}."
            raise ValueError(msg)
        law, rows = self._law(), np.arange(len(self))
        unit = (np.atleast_1d(points) - self._origin) / self._width
        columns = [law(np.full(len(self), one), rows).density / self._width for one in unit]
        table = np.stack(columns, axis=1) if columns else np.empty((len(self), 0))
        return table if points.ndim else table[:, 0]

    def _unit(self, name: str, value: float) -> float:
        number = check_number(name, value)
        if np.isnan(number):
            msg = f"`{name}` must be a number of points; got nan."
            raise ValueError(msg)
        return (number - self._origin) / self._width

    def _at(self, unit: float) -> DirichletLaw:
        # Beyond the scale nothing changes any more.
        return self._law()(np.full(len(self), np.clip(unit, -2.0, 2.0)), np.arange(len(self)))

    def _to_points(self, unit: FloatArray) -> FloatArray:
        # The ends of the scale exactly.
        return np.where(unit == 1, self._end, self._origin + self._width * unit)

    @abstractmethod
    def __len__(self) -> int: ...


def distribution_provenance(metric: Metric, prior: str, notes: tuple[str, ...], version: str) -> dict[str, Any]:
    """Give what all numbers of a distribution rest on."""
    return {
        "metric": metric.name,
        "scale": str(metric.scale),
        "prior": prior,
        "interval_kind": "eti",
        "confidence_level": LEVEL,
        "notes": list(notes),
        "npsstats_version": version,
    }
