"""The answer to "who likes us by one question, and not by another?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import BoolArray, FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["ConflictingCustomers"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ConflictingCustomers(Result):
    """Customers whom two metrics judge in opposite ways; made by `conflicting_customers`.

    One row for each group, ordered pair of metrics, and way round: promoters who are dissatisfied, detractors who are
    satisfied. Arrays have one entry per row.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each row in these columns.
    metric, other_metric : tuple of str
        The names of the two metrics of each row.
    conflict : tuple of str
        ``"favourable-unfavourable"``: well rated on the metric and badly on the other one; or the reverse.
    customers, who : tuple of str
        The class of customers by the metric, and their class by the other one, in words.
    n : ndarray of int
        Respondents in both classes.
    n_customers : ndarray of int
        Respondents in the class by the metric, who rated both.
    n_both : ndarray of int
        Respondents who rated both.
    share_of_customers, share_of_customers_low, share_of_customers_high : ndarray
        The share of those in both classes among those in the class by the metric, 0-1, with its limits; nan where there
        are none.
    share_of_all, share_of_all_low, share_of_all_high : ndarray
        Their share among all who rated both, 0-1, with its limits.
    tables : tuple of ndarray
        For each row the shares of all pairs of ratings among those who rated both, the metric's ratings along the first
        axis.
    customer_ratings, who_ratings : tuple of ndarray of bool
        For each row which ratings make the two classes.
    metrics : tuple of Metric
        The metrics, in their order.
    method, method_title : str
        The method of the intervals, by its key and in words.
    confidence_level : float
        The level of each interval by itself.
    references : tuple of str
        Bibliography keys.
    notes : tuple of str
        What a reader must know about the counts.
    design : str
        How the sample was drawn, in words; empty for independent respondents who count the same.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    metric: tuple[str, ...]
    other_metric: tuple[str, ...]
    conflict: tuple[str, ...]
    customers: tuple[str, ...]
    who: tuple[str, ...]
    n: IntArray
    n_customers: IntArray
    n_both: IntArray
    share_of_customers: FloatArray
    share_of_customers_low: FloatArray
    share_of_customers_high: FloatArray
    share_of_all: FloatArray
    share_of_all_low: FloatArray
    share_of_all_high: FloatArray
    tables: tuple[FloatArray, ...]
    customer_ratings: tuple[BoolArray, ...]
    who_ratings: tuple[BoolArray, ...]
    metrics: tuple[Metric, ...]
    method: str
    method_title: str
    confidence_level: float
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    design: str = ""
    version: str = __version__

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, metric, other_metric, conflict, customers, who, n, n_customers, n_both, share_of_customers
            and share_of_all with their low and high.
        """
        texts = ("metric", "other_metric", "conflict", "customers", "who")
        shares = (
            f"{share}{part}" for share in ("share_of_customers", "share_of_all") for part in ("", "_low", "_high")
        )
        names = (*texts, "n", "n_customers", "n_both", *shares)
        return {**group_columns(self.by, self.labels), **{name: getattr(self, name) for name in names}}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metrics": [metric.name for metric in self.metrics],
            "scales": [str(metric.scale) for metric in self.metrics],
            "favourable": [str(metric.favourable) for metric in self.metrics],
            "interval_method": self.method,
            "confidence_level": self.confidence_level,
            "sample_design": self.design,
            "notes": list(self.notes),
            "npsstats_version": self.version,
        }

    def table(self) -> Table:
        """Give the rounded table that people read.

        Returns
        -------
        Table
        """
        rows = [
            [
                *map(group_text, self.labels[i]),
                self.customers[i],
                self.who[i],
                *(write.integer(size[i]) for size in (self.n, self.n_customers, self.n_both)),
                write.percent(self.share_of_customers[i]) if self.n_customers[i] else "–",
                self._interval("share_of_customers", i),
                write.percent(self.share_of_all[i]) if self.n_both[i] else "–",
                self._interval("share_of_all", i),
            ]
            for i in range(len(self))
        ]
        level = write.level(self.confidence_level)
        headers = [
            *(*self.by, "customers", "but", "n", "of these", "of all"),
            *("share of these", f"{level} interval", "share of all", f"{level} interval"),
        ]
        return Table(headers=headers, rows=rows, text_columns=len(self.by) + 2)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        by = f" by {', '.join(self.by)}" if self.by else ""
        design = f"\n{self.design}" if self.design else ""
        names = ", ".join(metric.name for metric in self.metrics)
        return f"Customers whom two of {names} judge in opposite ways{by}, {self.method_title}{design}"

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [self._sentence(i) for i in range(len(self))]

    def _sentence(self, i: int) -> str:
        group = f"{group_text(self.labels[i])}: " if self.labels[i] else ""
        both = f"rated both {self.metric[i]} and {self.other_metric[i]}"
        if not self.n_both[i]:
            return f"{group}Nobody {both}."
        n_both = write.integer(self.n_both[i])
        if not self.n_customers[i]:
            return f"{group}None of the {n_both} who {both} is among {self.customers[i]}."
        level = write.level(self.confidence_level)
        customers = self.customers[i] if group else self.customers[i][:1].upper() + self.customers[i][1:]
        return (
            f"{group}{customers} but {self.who[i]}: {write.integer(self.n[i])} of "
            f"{write.integer(self.n_customers[i])}, {write.percent(self.share_of_customers[i])} ({level} interval "
            f"{self._interval('share_of_customers', i)}), and {write.percent(self.share_of_all[i])} "
            f"({self._interval('share_of_all', i)}) of all {n_both} who {both}."
        )

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        names = ", ".join(metric.name for metric in self.metrics)
        return (
            f"Shares of respondents whom two of {names} judge in opposite ways, among those who rated both, with "
            f"{self.method_title}s of {write.level(self.confidence_level)}{f'; {self.design}' if self.design else ''}"
        )

    def __len__(self) -> int:
        return len(self.labels)

    def _interval(self, share: str, i: int) -> str:
        low, high = getattr(self, f"{share}_low")[i], getattr(self, f"{share}_high")[i]
        return f"{write.interval(100 * low, 100 * high, 1)} %"
