"""The answer to "what would the score have been, had the respondents been drawn again?"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from npsstats.kernels.bootstrap import TIE, lower_quantile, totals_at, upper_quantile
from npsstats.kernels.lattice import ResampledTotals, chosen, scores_of, tails, window
from npsstats.ratings.checks import numbers
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["BootstrapDistribution"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class BootstrapDistribution(Result):
    """The exact law of the resampled score, one per group; made by `bootstrap_distribution`.

    Attributes
    ----------
    counts : RatingCounts
        The counts that are resampled.
    score : ndarray
        The score, in points, which is also the mean of the law.
    standard_error : ndarray
        The standard deviation of the law, in points.
    skewness : ndarray
        The skewness of the law; 0 where all ratings have the same value.
    z0, acceleration : ndarray
        The constants of the BCa interval: the normal quantile of P(resampled < score) + P(resampled = score) / 2,
        and skewness / 6.
    totals : ResampledTotals
        What the law is computed from, as whole numbers.
    metric : Metric
        What the score is.
    references : tuple of str
        Bibliography keys of metric and method.
    version : str
        The version of npsstats.
    """

    counts: RatingCounts
    score: FloatArray
    standard_error: FloatArray
    skewness: FloatArray
    z0: FloatArray
    acceleration: FloatArray
    totals: ResampledTotals
    metric: Metric
    references: tuple[str, ...]
    version: str = __version__

    @property
    def by(self) -> tuple[str, ...]:
        """The names of the group columns."""
        return self.counts.by

    @property
    def labels(self) -> tuple[Label, ...]:
        """The label of each group, one entry per group column."""
        return self.counts.labels

    @property
    def n(self) -> IntArray:
        """Respondents with a rating."""
        return self.counts.n

    @property
    def missing(self) -> IntArray:
        """Respondents without a rating."""
        return self.counts.missing

    def cdf(self, x: ArrayLike) -> FloatArray:
        """Compute the probability that the resampled score is at most x.

        Parameters
        ----------
        x : array_like
            A score in points for all groups, or one for each.

        Returns
        -------
        ndarray, shape (groups,)
            To a relative accuracy of about 1e-12, 1e-9 for a billion respondents, however small.

        Raises
        ------
        TypeError
            If x is no number.
        ValueError
            If there is neither one score nor one for each group, or it is nan.
        """
        at_most, _ = totals_at(self.totals, self._unit(x))
        return tails(self.totals, at_most + 1)[1]

    def sf(self, x: ArrayLike) -> FloatArray:
        """Compute the probability that the resampled score is above x, 1 - cdf.

        Parameters
        ----------
        x : array_like
            A score in points for all groups, or one for each.

        Returns
        -------
        ndarray, shape (groups,)
            As accurate as `cdf`.

        Raises
        ------
        TypeError
            If x is no number.
        ValueError
            If there is neither one score nor one for each group, or it is nan.
        """
        at_most, _ = totals_at(self.totals, self._unit(x))
        return tails(self.totals, at_most + 1)[0]

    def quantile(self, q: ArrayLike) -> FloatArray:
        """Find the lowest score that the resampled score does not exceed with at least a probability.

        Parameters
        ----------
        q : array_like
            A probability for all groups, or one for each.

        Returns
        -------
        ndarray, shape (groups,)
            Scores that can come out, in points; the lowest one for q = 0.

        Raises
        ------
        TypeError
            If q is no number.
        ValueError
            If q lies outside 0-1, or there is neither one nor one for each group.
        """
        wanted = self._per_group("q", q)
        if not ((wanted >= 0) & (wanted <= 1)).all():
            msg = f"`q` must lie between 0 and 1; got {q!r}."
            raise ValueError(msg)
        # Above 1/2 by the other tail: the highest t with P(T* >= t) > 1 - q, ties counted as equal.
        low = lower_quantile(self.totals, np.where(wanted > 0.5, 0.5, wanted))
        high = upper_quantile(self.totals, np.where(wanted > 0.5, 1 - wanted, 0.5) * (1 + 2 * TIE))
        return self._points(scores_of(self.totals, np.where(wanted > 0.5, high, low)))

    def law(self, group: Hashable = None) -> tuple[FloatArray, FloatArray]:
        """Give the law of one group: the scores that can come out, and their probabilities.

        Parameters
        ----------
        group : hashable, optional
            The label of the group, a tuple if there are several group columns. Not needed for a single group.

        Returns
        -------
        scores : ndarray
            In points, ascending, evenly spaced. In large groups the ends of the law are left out, together less than
            1e-17; `cdf` and `sf` know them.
        probabilities : ndarray
            To an absolute accuracy of about 1e-16, 1e-14 for a billion respondents.

        Raises
        ------
        ValueError
            If no group has the label, or there are several groups and no label is given.
        """
        if group is None and len(self) > 1 and None not in self.counts.groups:
            msg = f"`group` must name one of the {len(self)} groups, such as {self.counts.groups[0]!r}."
            raise ValueError(msg)
        row = 0 if group is None and len(self) == 1 else self.counts.positions([group])[0]
        one = chosen(self.totals, np.array([row]))
        first, probabilities = window(one)
        return self._points(scores_of(one, first + np.arange(probabilities.size))), probabilities

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, n, missing, score, standard_error, skewness, z0, acceleration.
        """
        names = ("n", "missing", "score", "standard_error", "skewness", "z0", "acceleration")
        return {**group_columns(self.by, self.labels), **{name: getattr(self, name) for name in names}}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metric": self.metric.name,
            "scale": str(self.metric.scale),
            "method": "exact bootstrap",
            "notes": list(self.counts.notes),
            "npsstats_version": self.version,
        }

    def table(self) -> Table:
        """Give the rounded table that people read.

        Returns
        -------
        Table
        """
        places = write.decimals_for(self.metric.bounds)
        columns = [
            *([write.integer(x) for x in column] for column in (self.n, self.missing)),
            [write.number(x, places) for x in self.score],
            [write.number(x, places + 1) for x in self.standard_error],
            *([write.number(x, 4) for x in column] for column in (self.skewness, self.z0, self.acceleration)),
        ]
        groups = [map(group_text, label) for label in self.labels]
        rows = [[*label, *rest] for label, *rest in zip(groups, *columns, strict=True)]
        headers = ["n", "missing", self.metric.name, "standard error", "skewness", "z0", "acceleration"]
        return Table(headers=[*self.by, *headers], rows=rows, text_columns=len(self.by))

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        by = f" by {', '.join(self.by)}" if self.by else ""
        return f"{self.metric.name}{by}, exact bootstrap distribution"

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        places = write.decimals_for(self.metric.bounds)
        limits = self.quantile(0.025), self.quantile(0.975)
        return [
            f"{self.metric.name}{' of ' + group_text(label) if label else ''}: {write.number(score, places)}; "
            f"95 % of resamples lie within {write.interval(low, high, places)} "
            f"(standard error {write.number(error, places + 1)}; n = {write.integer(n)})."
            for label, n, score, error, low, high in zip(
                self.labels, self.n, self.score, self.standard_error, *limits, strict=True
            )
        ]

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        described = self.metric.description or "custom metric"
        return f"Exact bootstrap distribution, without simulation, of {self.metric.name} ({described})"

    def __len__(self) -> int:
        return len(self.counts)

    def _per_group(self, name: str, values: ArrayLike) -> FloatArray:
        """Spread a number, or one for each group, over the groups."""
        given = numbers(name, values)
        if given.size not in (1, len(self)):
            msg = f"`{name}` must be a number or one per group; got {given.size} for {len(self)} groups."
            raise ValueError(msg)
        return np.broadcast_to(given, len(self))

    def _unit(self, x: ArrayLike) -> FloatArray:
        """Map points to the unit scale; what lies far outside, to somewhere outside."""
        low, high = self.metric.bounds
        given = self._per_group("x", x)
        if np.isnan(given).any():
            msg = f"`x` must be scores in points, not nan; got {x!r}."
            raise ValueError(msg)
        unit: FloatArray = (given - low) / (high - low)
        return unit.clip(-1, 2)

    def _points(self, unit: FloatArray) -> FloatArray:
        """Map scores from the unit scale to points; the ends of the scale exactly."""
        low, high = self.metric.bounds
        return np.where(unit == 1, high, low + (high - low) * unit)
