"""The answer to "is the score equal in all groups, and is the distribution?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["Homogeneity"]

# Readings call a difference detected at this level.
ERROR = 0.05

TITLES = {
    "pearson": "Pearson's chi-square",
    "kruskal-wallis": "Kruskal-Wallis",
    "exact-sign": "exact sign test",
    "stuart-maxwell": "Stuart-Maxwell",
    "bhapkar": "Bhapkar",
    "rao-scott": "Rao-Scott",
    "lumley-scott": "Lumley-Scott rank test",
}

# What each test asks, said if it finds something and if it does not.
FINDINGS = {
    "distribution": ("the distribution of the ratings differs", "no difference of the distribution is detected"),
    "order": (
        "some groups rate higher as a whole than others",
        "no tendency of some groups to rate higher is detected",
    ),
    "direction": ("moves up and moves down are not equally frequent", "no tendency to move up or down is detected"),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Homogeneity(Result):
    """Tests of equal scores, beside tests of equal distributions, of several groups; made by `homogeneity`.

    One row per test; all tests of the same groups stand together. Arrays have one entry per row.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns within whose labels groups are compared.
    labels : tuple of tuple
        The label of each row in these columns.
    compared : str
        What is compared: the name of the last group column, or the names of two waves of the same respondents.
    question : tuple of str
        What is asked to be equal: ``"score"``; ``"distribution"``, of the ratings; ``"order"``: whether ratings tend
        to be higher in some groups; ``"direction"``: of the same respondents, as many up as down.
    method : tuple of str
        The test of each row, by its key.
    statistic : ndarray
        Its statistic; nan where the test has no answer.
    df, df2 : ndarray
        Its degrees of freedom, the second ones of an F test; nan where there are none.
    pvalue : ndarray
        A p-value too small for a floating-point number is given as the smallest one, an upper bound; nan where the
        test has no answer.
    n : ndarray of int
        Respondents in all groups together.
    groups : ndarray of int
        How many groups are compared.
    scores : tuple of tuple of float
        The scores of the groups that are compared, in points, in their order; of pairs those of the two waves.
    metric : Metric
        What the score is.
    score_method, method_title : str
        The test of the score, by its key and in words.
    references : tuple of str
        Bibliography keys of metric and methods.
    notes : tuple of str
        What a reader must know about the counts.
    design : str
        How the sample was drawn, in words; empty for independent respondents who count the same.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    compared: str
    question: tuple[str, ...]
    method: tuple[str, ...]
    statistic: FloatArray
    df: FloatArray
    df2: FloatArray
    pvalue: FloatArray
    n: IntArray
    groups: IntArray
    scores: tuple[tuple[float, ...], ...]
    metric: Metric
    score_method: str
    method_title: str
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    design: str = ""
    version: str = __version__

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, question, method, statistic, df, df2, pvalue, n, groups.
        """
        names = ("question", "method", "statistic", "df", "df2", "pvalue", "n", "groups")
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
            "compared": self.compared,
            "score_method": self.score_method,
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
                self.question[i],
                TITLES.get(self.method[i], self.method_title),
                write.number(self.statistic[i], 0 if self.method[i] == "exact-sign" else 2),
                _freedom(self.df[i]),
                _freedom(self.df2[i]),
                write.pvalue(self.pvalue[i]),
                write.integer(self.n[i]),
                write.integer(self.groups[i]),
            ]
            for i in range(len(self))
        ]
        headers = [*self.by, "equal?", "test", "statistic", "df", "df2", "p", "n", "groups"]
        return Table(headers=headers, rows=rows, text_columns=len(self.by) + 2)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        within = f" within {', '.join(self.by)}" if self.by else ""
        return (
            f"Is {self.metric.name} equal across {self.compared}{within}? {self.method_title}, beside the distribution"
            f"{f' ({self.design})' if self.design else ''}"
        )

    def sentences(self) -> list[str]:
        """Say in words what the tests of each comparison find, ready for a report.

        Returns
        -------
        list of str
            One text for all tests of the same groups.
        """
        return [self._reading(list(rows)) for _, rows in groupby(range(len(self)), key=lambda i: self.labels[i])]

    def _reading(self, rows: list[int]) -> str:
        first = rows[0]
        places = write.decimals_for(self.metric.bounds)
        where = f"{group_text(self.labels[first])}: " if self.labels[first] else ""
        who = f"({self.compared}; n = {write.integer(self.n[first])})"
        if self._of_waves:
            # Which wave is the higher one matters.
            before, after = (write.number(score, places) for score in self.scores[first])
            text = f"{where}{self.metric.name} is {before} and {after} {who}"
        else:
            span = write.interval(min(self.scores[first]), max(self.scores[first]), places)
            text = f"{where}{self.metric.name} of {write.integer(self.groups[first])} groups {who} ranges from {span}"
        return f"{text}; {self._of_score(first)}. Beside it, {self._findings(rows[1:])}.{self._news(rows)}"

    @property
    def _of_waves(self) -> bool:
        """Whether two waves of the same respondents are compared."""
        return "direction" in self.question

    def _of_score(self, row: int) -> str:
        p = self.pvalue[row]
        if p != p:
            why = "clusters are too few" if self.design else "a group has no spread"
            return f"the test of a difference has no answer, as {why}"
        if p <= ERROR:
            return f"a difference is detected ({_p(p)})"
        return f"no difference is detected ({_p(p)}), which does not show that there is none"

    def _findings(self, rows: list[int]) -> str:
        """Say what the tests beside that of the score find, once for tests that find the same."""
        findings: dict[str, list[str]] = {}
        without = []
        for i in rows:
            p, title = float(self.pvalue[i]), TITLES[self.method[i]]
            if p != p:
                without.append(f"{title} has no answer")
            else:
                findings.setdefault(FINDINGS[self.question[i]][p > ERROR], []).append(f"{title}, {_p(p)}")
        return "; ".join([*(f"{said} ({'; '.join(tests)})" for said, tests in findings.items()), *without])

    def _news(self, rows: list[int]) -> str:
        """Say where the score and the distribution tell different stories."""
        score = self.pvalue[rows[0]]
        # The first test of the distribution keeps its level in small samples; Bhapkar's does not.
        whole = next(self.pvalue[i] for i in rows if self.question[i] == "distribution")
        who = "waves" if self._of_waves else "groups"
        if score > ERROR >= whole:
            return (
                f" The distribution differs between the {who} ({_p(whole)}) though no difference of the score is "
                f"detected ({_p(score)}): the single number hides it."
            )
        if score <= ERROR < whole:
            return (
                f" The score differs ({_p(score)}) though the test of the whole distribution does not detect it "
                f"({_p(whole)}): it looks for differences of every kind, and has less power against this one."
            )
        return ""

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        beside = [TITLES[method] for method in dict.fromkeys(self.method) if method in TITLES]
        return (
            f"Equality of {self.metric.name} ({self.metric.description or 'custom metric'}) across {self.compared} by "
            f"{self.method_title}, beside tests of the distribution: {', '.join(beside)}"
            f"{f'; {self.design}' if self.design else ''}"
        )

    def __len__(self) -> int:
        return len(self.labels)


def _freedom(df: float) -> str:
    """Write degrees of freedom, those of an F test with a decimal."""
    return write.number(df, 0 if df == df // 1 else 1)


def _p(pvalue: float) -> str:
    """Write a p-value with its equals sign."""
    text = write.pvalue(pvalue)
    return f"p {'' if text.startswith('<') else '= '}{text}"
