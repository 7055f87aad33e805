"""The answer to "does a detractor weigh as much as a promoter?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["KINDS", "DetractorWeight"]

# What sets of weights look like, in the order of the codes of the kernel.
KINDS = ("bounded", "outside", "all")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class DetractorWeight(Result):
    """How many promoters it takes to make up for a detractor, by an outcome; made by `detractor_weight`.

    Arrays have one entry per group.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each group, one entry per group column.
    n_detractors, n_passives, n_promoters : ndarray of int
        Respondents with a rating and an outcome, by class.
    mean_detractors, mean_passives, mean_promoters : ndarray
        The mean outcome of each class.
    loss, loss_error : ndarray
        By how much detractors do worse than passives, whatever way is better, and its standard error.
    gain, gain_error : ndarray
        By how much promoters do better than passives, and its standard error.
    weight : ndarray
        loss / gain: how many promoters weigh as much as a detractor.
    low, high : ndarray
        The ends of the set of weights that the data do not refuse, infinite where it has none. They may be negative;
        tables and sentences tell the positive weights of the set.
    kind : tuple of str
        ``"bounded"``: the set reaches from `low` to `high`; ``"outside"``: it is everything up to `low` and from
        `high` on; ``"all"``: everything.
    statistic, pvalue : ndarray
        Of the test that a detractor weighs as much as a promoter, positive if more.
    outcome : str
        What the outcome is called.
    event_is : {"bad", "good"}
        Whether more of the outcome is bad or good.
    binary : bool
        Whether the outcome is an event, 0 or 1, so that its means are shares.
    metric : Metric
        Whose classes they are.
    confidence_level : float
        The level of the sets.
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
    n_detractors: IntArray
    n_passives: IntArray
    n_promoters: IntArray
    mean_detractors: FloatArray
    mean_passives: FloatArray
    mean_promoters: FloatArray
    loss: FloatArray
    loss_error: FloatArray
    gain: FloatArray
    gain_error: FloatArray
    weight: FloatArray
    low: FloatArray
    high: FloatArray
    kind: tuple[str, ...]
    statistic: FloatArray
    pvalue: FloatArray
    outcome: str
    event_is: Literal["bad", "good"]
    binary: bool
    metric: Metric
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
            Group columns, n_detractors, n_passives, n_promoters, mean_detractors, mean_passives, mean_promoters, loss,
            loss_error, gain, gain_error, detractor_weight, low, high, kind, statistic, pvalue.
        """
        classes = ("detractors", "passives", "promoters")
        names = [f"{what}_{name}" for what in ("n", "mean") for name in classes]
        effects = {name: getattr(self, name) for name in (*names, "loss", "loss_error", "gain", "gain_error")}
        rest = {name: getattr(self, name) for name in ("low", "high", "kind", "statistic", "pvalue")}
        return {**group_columns(self.by, self.labels), **effects, "detractor_weight": self.weight, **rest}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metric": self.metric.name,
            "scale": str(self.metric.scale),
            "outcome": self.outcome,
            "event_is": self.event_is,
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
        means = (self.mean_detractors, self.mean_passives, self.mean_promoters)
        rows = [
            [
                *map(group_text, self.labels[i]),
                *(write.integer(n[i]) for n in (self.n_detractors, self.n_passives, self.n_promoters)),
                *(self._amount(mean[i]) for mean in means),
                self._amount(self.loss[i]),
                self._amount(self.gain[i]),
                self.weight_text(i),
                self.set_text(i),
                write.pvalue(self.pvalue[i]),
            ]
            for i in range(len(self))
        ]
        classes = ["detractors", "passives", "promoters"]
        level = f"{write.level(self.confidence_level)} set"
        headers = [*self.by, *(f"n {name}" for name in classes), *classes, "loss", "gain", "detractor weight", level]
        return Table(headers=[*headers, "p (weight 1)"], rows=rows, text_columns=len(self.by))

    def _amount(self, value: float) -> str:
        return write.percent(value) if self.binary else write.number(value, 2)

    def weight_text(self, row: int) -> str:
        """Write the weight of a group, "none" where there is nothing to gain or to make up for.

        Parameters
        ----------
        row : int
            The position of the group.

        Returns
        -------
        str
        """
        return "none" if self.gain[row] <= 0 or self.loss[row] <= 0 else write.number(self.weight[row], 2)

    def set_text(self, row: int) -> str:
        """Write the positive weights that the data of a group do not refuse.

        Parameters
        ----------
        row : int
            The position of the group.

        Returns
        -------
        str
        """
        return write.positive_set(self.kind[row], float(self.low[row]), float(self.high[row]), 2)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        by = f" by {', '.join(self.by)}" if self.by else ""
        design = f"\n{self.design}" if self.design else ""
        name = f"{self.metric.name}{by}"
        return f"{name}: how many promoters a detractor weighs, by {self.outcome} ({self.event_is}){design}"

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [self._sentence(i) for i in range(len(self))]

    def _sentence(self, i: int) -> str:
        group = f"{group_text(self.labels[i])}: " if self.labels[i] else ""
        means = [self._amount(mean[i]) for mean in (self.mean_detractors, self.mean_passives, self.mean_promoters)]
        what = f"the share of {self.outcome}" if self.binary else f"the mean of {self.outcome}"
        first = f"{group}{what} is {means[0]} for detractors, {means[1]} for passives and {means[2]} for promoters"
        text = first if group else first[0].upper() + first[1:]
        return f"{text}. {self._weighed(i)} {self._verdict(i)}"

    def _weighed(self, i: int) -> str:
        """Say the weight, as far as there is one."""
        level = write.level(self.confidence_level)
        if self.gain[i] <= 0:
            return (
                "Promoters do no better than passives here, so that a detractor has no weight in promoters "
                f"({self._fit(i)})."
            )
        if self.loss[i] <= 0:
            return (
                "Detractors do no worse than passives here, so that there is nothing for promoters to make up for "
                f"({self._fit(i)})."
            )
        if self.kind[i] == "bounded" and self.set_text(i) != "all":
            return (
                f"A detractor weighs as much as {write.number(self.weight[i], 2)} promoters ({level} interval "
                f"{self.set_text(i)})."
            )
        return (
            f"A detractor seems to weigh as much as {write.number(self.weight[i], 2)} promoters, but what promoters "
            f"have over passives is too little known for an interval ({self._fit(i)})."
        )

    def _fit(self, i: int) -> str:
        weights = self.set_text(i)
        fitting = {"all": "any weight", "none": "no positive weight"}.get(weights, f"weights {weights}")
        return f"at {write.level(self.confidence_level)} these data fit {fitting}"

    def _verdict(self, i: int) -> str:
        """Say whether the loss and the gain are told apart."""
        p = self.pvalue[i]
        how = "" if p != p else f" (p = {write.pvalue(p)})".replace("= <", "< ")
        if p != p:
            return "Whether it weighs more or less than a promoter has no test, as nothing is known of the variance."
        if p > 1 - self.confidence_level:
            return f"These data cannot tell whether a detractor weighs more or less than a promoter{how}."
        if self.gain[i] <= 0:
            return f"What detractors lose and promoters gain against passives is not the same{how}."
        return f"It weighs {'more' if self.statistic[i] > 0 else 'less'} than a promoter{how}."

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return (
            f"The weight of a detractor in {self.metric.name} ({self.metric.description or 'custom metric'}) by "
            f"{self.outcome}: what detractors lose against passives over what promoters gain, with "
            f"{write.level(self.confidence_level)} sets by Fieller's theorem{f', {self.design}' if self.design else ''}"
        )

    def __len__(self) -> int:
        return len(self.labels)
