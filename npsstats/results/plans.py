"""The answer to "how many respondents does it take?", and its inverses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result
from npsstats.typing import Alternative, FloatArray, IntArray
from npsstats.version import __version__

__all__ = ["Plan"]

COLUMNS = (
    "difference", "margin", "target", "n", "n_reference", "n_both", "invitations", "invitations_reference", "power",
    "width", "standard_error", "correlation", "overlap", "design_effect", "population", "response_rate",
)  # fmt: skip

WHOSE = {
    "one-sample": "one sample",
    "independent": "independent waves",
    "paired": "the same people in two waves",
    "overlapping": "waves with some people in both",
}


def _written(shares: FloatArray) -> str:
    return ", ".join(write.percent(share) for share in shares)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Plan(Result):
    """Respondents, power and differences of scenarios, one per row; made by `sample_size`, `power` and others.

    The others: `detectable_difference`. Numbers that do not apply are nan, numbers of people 0.

    Attributes
    ----------
    difference : ndarray
        The true difference, group minus reference, in points; given, or the smallest that is detected.
    margin : ndarray
        The margin of equivalence or non-inferiority, in points.
    target : ndarray
        What was asked for: the power, or for a width that width, in points.
    n, n_reference : ndarray of int
        Respondents with a rating in the group, and in its reference; the second is 0 where there is none.
    n_both : ndarray of int
        Respondents in both waves, rounded up.
    invitations, invitations_reference : ndarray of int
        People to invite: n and n_reference divided by the response rate, rounded up.
    power : ndarray
        The probability that the test shows what is there with these respondents: at least the target.
    width : ndarray
        The full width that the two-sided interval will have, of the score or of the difference, in points.
    standard_error : ndarray
        Of the score or of the difference, in points.
    correlation, overlap : ndarray
        Of the two ratings of one respondent; and the share of the smaller wave's respondents who are in both.
    design_effect, population, response_rate : ndarray
        The adjustments.
    question : str
        "sample size", "power" or "detectable difference".
    goal : str
        "width", "difference", "equivalence" or "non-inferiority".
    design : str
        "one-sample", "independent", "paired" or "overlapping".
    method, method_title : str
        How power was computed: "normal" or "exact", and in words.
    shares : ndarray
        The assumed share of each distinct value of the metric, lowest value first, in the group.
    shares_reference : ndarray or None
        The same for the reference.
    metric : Metric
        What the score is.
    confidence_level : float
        The level of all comparisons together.
    alternative : str
        Of the test.
    comparisons : int
        Among how many comparisons the probability of an error is divided.
    references : tuple of str
        Bibliography keys.
    notes : tuple of str
        What a reader must know about the counts that the shares come from.
    version : str
        The version of npsstats.
    """

    difference: FloatArray
    margin: FloatArray
    target: FloatArray
    n: IntArray
    n_reference: IntArray
    n_both: IntArray
    invitations: IntArray
    invitations_reference: IntArray
    power: FloatArray
    width: FloatArray
    standard_error: FloatArray
    correlation: FloatArray
    overlap: FloatArray
    design_effect: FloatArray
    population: FloatArray
    response_rate: FloatArray
    question: str
    goal: str
    design: str
    method: str
    method_title: str
    shares: FloatArray
    shares_reference: FloatArray | None
    metric: Metric
    confidence_level: float
    alternative: Alternative
    comparisons: int
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            The attributes that have one number per scenario, in their order.
        """
        return {name: getattr(self, name) for name in COLUMNS}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metric": self.metric.name,
            "scale": str(self.metric.scale),
            "question": self.question,
            "goal": self.goal,
            "design": self.design,
            "power_method": self.method,
            "shares": self.shares.tolist(),
            "shares_reference": None if self.shares_reference is None else self.shares_reference.tolist(),
            "confidence_level": self.confidence_level,
            "alternative": self.alternative,
            "comparisons": self.comparisons,
            "notes": list(self.notes),
            "npsstats_version": self.version,
        }

    def table(self) -> Table:
        """Give the rounded table that people read: of the columns those that the plan is about.

        Returns
        -------
        Table
        """
        places = write.decimals_for(self.metric.bounds)
        signed = self.goal == "difference"
        texts = {
            "difference": [write.number(x, places, signed=signed) for x in self.difference],
            "margin": [write.number(x, places) for x in self.margin],
            "correlation": [write.number(x, 2) for x in self.correlation],
            "overlap": [write.percent(x) for x in self.overlap],
            "design effect": [write.number(x, 2) for x in self.design_effect],
            "population": [write.number(x, 0) for x in self.population],
            "response rate": [write.percent(x) for x in self.response_rate],
            "n": list(map(write.integer, self.n)),
            "n reference": list(map(write.integer, self.n_reference)),
            "n in both": list(map(write.integer, self.n_both)),
            "invitations": list(map(write.integer, self.invitations)),
            "invitations reference": list(map(write.integer, self.invitations_reference)),
            "power": [write.percent(x) for x in self.power],
            "width": [write.number(x, places) for x in self.width],
        }
        shown = {name: column for name, column in texts.items() if self._concerns(name)}
        rows = [list(row) for row in zip(*shown.values(), strict=True)]
        return Table(headers=list(shown), rows=rows, text_columns=0)

    def _concerns(self, name: str) -> bool:
        """Tell whether the plan is about a column."""
        invited = bool((self.response_rate < 1).any())
        two = self.design in ("independent", "overlapping")
        concerns = {
            "difference": self.goal != "width",
            "margin": self.goal in ("equivalence", "non-inferiority"),
            "correlation": self.design in ("paired", "overlapping"),
            "overlap": self.design == "overlapping",
            "design effect": bool((self.design_effect != 1).any()),
            "population": not bool(np.isnan(self.population).all()),
            "response rate": invited,
            "n reference": two,
            "n in both": self.design == "overlapping",
            "invitations": invited,
            "invitations reference": invited and two,
            "power": self.goal != "width",
        }
        return concerns.get(name, True)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        about = f"{self._interval()}{self._among()}" if self.goal == "width" else self.goal
        tested = "" if self.goal == "width" else f", {self._test()}"
        what = "" if self.question == "detectable difference" else f", {about}"
        whose = f"{what} of {WHOSE[self.design]}{tested}"
        return f"{self.question.capitalize()}, {self.metric.name}{whose} ({self.method_title})"

    def _test(self) -> str:
        error = f"{100 * (1 - self.confidence_level):.6g} %"
        kind = "two one-sided tests" if self.goal == "equivalence" else f"{self._sided()} test"
        return f"{kind} at {error}{self._among()}"

    def _among(self) -> str:
        return "" if self.comparisons == 1 else f" among {write.integer(self.comparisons)} comparisons"

    def _interval(self) -> str:
        return f"{'' if self.comparisons == 1 else 'simultaneous '}{write.level(self.confidence_level)} interval"

    def _sided(self) -> str:
        return "two-sided" if self.alternative == "two-sided" else "one-sided"

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [self._sentence(i) for i in range(len(self))]

    def _sentence(self, i: int) -> str:
        places = write.decimals_for(self.metric.bounds)
        who, points = self._who(i), write.number(self.width[i], places)
        power = write.percent(self.power[i])
        name = self.metric.name
        if self.goal == "width":
            of = f"of {name}" if self.design == "one-sample" else f"of the difference of {name}"
            among = f" ({self._among().strip()})" if self._among() else ""
            body = f"the {self._interval()} {of} will be about {points} points wide{among}"
        elif self.goal == "difference":
            two_sided = self.alternative == "two-sided"
            size = write.number(self.difference[i] if two_sided else abs(self.difference[i]), places)
            way = {"less": " downwards", "greater": " upwards"}.get(self.alternative, "")
            body = f"a true difference of {size} points{way} is detected with probability {power} ({self._test()})"
        else:
            margin, true = write.number(self.margin[i], places), write.number(self.difference[i], places, signed=True)
            shown = {
                "two-sided": f"{name} is shown to be within {margin} points of its reference",
                "greater": f"{name} is shown to be at most {margin} points below its reference",
                "less": f"{name} is shown to be at most {margin} points above its reference",
            }[self.alternative]
            body = f"{shown} with probability {power}, if the true difference is {true} ({self._test()})"
        return f"With {who}, {body}.{self._invited(i)}"

    def _who(self, i: int) -> str:
        n, other = write.integer(self.n[i]), write.integer(self.n_reference[i])
        if self.design == "one-sample":
            return f"{n} respondents"
        if self.design == "paired":
            return f"{n} respondents who rate in both waves"
        both = f", {write.integer(self.n_both[i])} of them in both" if self.design == "overlapping" else ""
        if n == other:
            return f"{n} respondents per wave{both}"
        return f"{n} respondents and {other} in the reference{both}"

    def _invited(self, i: int) -> str:
        if self.response_rate[i] == 1:
            return ""
        own, other = write.integer(self.invitations[i]), write.integer(self.invitations_reference[i])
        per = "" if self.design in ("one-sample", "paired") else " per wave"
        people = (
            f"{own} invitations{per}" if not per or own == other else f"{own} invitations, {other} in the reference"
        )
        return f" At a response rate of {write.percent(self.response_rate[i])} that takes {people}."

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        shares = _written(self.shares)
        if self.shares_reference is not None and not np.array_equal(self.shares, self.shares_reference):
            shares += f", in the reference {_written(self.shares_reference)}"
        adjusted = [
            text
            for text, true in {
                "a design effect": bool((self.design_effect != 1).any()),
                "a finite population": not bool(np.isnan(self.population).all()),
                "the response rate": bool((self.response_rate < 1).any()),
            }.items()
            if true
        ]
        more = f", allowing for {', '.join(adjusted)}" if adjusted else ""
        tested = f"{self._interval()}{self._among()}" if self.goal == "width" else self._test()
        return (
            f"{self.question.capitalize()} for {self.metric.name} of {WHOSE[self.design]} with assumed shares of "
            f"{shares} (lowest value first), {tested}, by {self.method_title}{more}"
        )

    def __len__(self) -> int:
        return len(self.n)
