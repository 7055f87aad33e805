"""The answer to "what are the weights like?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from npsstats.ratings.weightings import Weighting, WeightSummary
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_text
from npsstats.version import __version__

__all__ = ["WeightReport"]

# Weights closer to each other than this differ by rounding.
SAME = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class WeightReport(Result):
    """The weights of all rows, and of each cell of the margins they were calibrated to; made by `describe_weights`.

    Attributes
    ----------
    weighting : Weighting
        The weights: of all rows, of each cell, and what was done to them.
    references : tuple of str
        Bibliography keys.
    notes : tuple of str
        What a reader must know about the counts.
    version : str
        The version of npsstats.
    """

    weighting: Weighting
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded: all rows first, then cell by cell.

        Returns
        -------
        dict
            margin, cell (None for all rows), n, smallest, largest, mean, cv, design_effect (Kish's), effective_n,
            share_before and share_after calibration, share_rated (after, among rows with a rating), population_share,
            factor_low and factor_high (the range of the weight after / before, both relative to their mean).
        """
        names = ("margin", "cell", "n", "smallest", "largest", "mean", "cv", "design_effect", "effective_n")
        more = ("share_before", "population_share", "share_after", "share_rated", "factor_low", "factor_high")
        return {name: [getattr(row, name) for row in self._rows] for name in (*names, *more)}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "calibration": self.weighting.calibration,
            "iterations": self.weighting.iterations,
            "trimmed": self.weighting.trimmed,
            "beyond_trim_after_calibration": self.weighting.beyond,
            "rows_without_rating": self.weighting.unrated,
            "notes": list(self.notes),
            "npsstats_version": self.version,
        }

    def table(self) -> Table:
        """Give the rounded table that people read, weights relative to their mean.

        Returns
        -------
        Table
        """
        spread = ["smallest / mean", "largest / mean", "CV", "design effect", "counts like"]
        if not self._changed:
            rows = [[write.integer(row.n), *_spread(row)] for row in self._rows]
            return Table(headers=["rows", *spread], rows=rows)
        # Where all rows have a rating, the share of those with one says nothing new.
        of_rated = self.weighting.unrated > 0
        shares = ["share before", "population", "share after", *(["share rated"] if of_rated else [])]
        rows = [
            [
                row.margin,
                group_text(row.cell) if row.margin else "all",
                write.integer(row.n),
                *(_share(share) for share in (row.share_before, row.population_share, row.share_after)),
                *([_share(row.share_rated)] if of_rated else []),
                *(write.number(factor, 2) for factor in (row.factor_low, row.factor_high)),
                *_spread(row)[-2:],
            ]
            for row in self._rows
        ]
        headers = ["margin", "cell", "rows", *shares, "least factor", "greatest factor", *spread[-2:]]
        return Table(headers=headers, rows=rows, text_columns=2)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        return f"Weights of {write.integer(self.weighting.overall.n)} rows{self._what_was_done()}"

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        of_rated = self.weighting.unrated > 0
        return [self._of_all(), *(_of_cell(cell, of_rated=of_rated) for cell in self.weighting.cells)]

    def _of_all(self) -> str:
        weighting = self.weighting
        row = weighting.overall
        n = write.integer(row.n)
        who = f"rows ({write.integer(weighting.unrated)} without a rating)" if weighting.unrated else "respondents"
        if row.largest - row.smallest <= SAME * abs(row.mean):
            text = f"All {n} {who} count the same."
        else:
            text = (
                f"{n} {who} count like {write.number(row.effective_n, 0)} with equal weights: weights run from "
                f"{_ratio(row.smallest, row.mean)} to {_ratio(row.largest, row.mean)} times their mean (Kish's design "
                f"effect {write.number(row.design_effect, 2)})."
            )
        if weighting.trimmed:
            text += f" Trimming cut {write.integer(weighting.trimmed)} of them to its limits."
        return text if weighting.calibration is None else f"{text} {self._of_calibration()}"

    def _of_calibration(self) -> str:
        weighting = self.weighting
        row = weighting.overall
        steps = f", {write.integer(weighting.iterations)} steps" if weighting.iterations > 1 else ""
        both = "Trimming and calibration" if weighting.trimmed else "Calibration"
        text = (
            f"{both} ({weighting.calibration}{steps}) multiplied them by {write.number(row.factor_low, 2)} to "
            f"{write.number(row.factor_high, 2)}."
        )
        if weighting.beyond:
            text += f" After calibration {write.integer(weighting.beyond)} of them are beyond the limits of trimming."
        of_rows = " among all rows, with and without a rating" if weighting.unrated else ""
        return f"{text} This puts right the shares of {self._margins}{of_rows}, and nothing else."

    def _what_was_done(self) -> str:
        """Say how the weights were changed, to be put after a noun."""
        weighting = self.weighting
        done = [] if weighting.calibration is None else [f"calibrated to {self._margins} ({weighting.calibration})"]
        if weighting.trimmed:
            done.append(f"{write.integer(weighting.trimmed)} cut to limits by trimming")
        return "".join(f", {text}" for text in done)

    @property
    def _rows(self) -> list[WeightSummary]:
        return [self.weighting.overall, *self.weighting.cells]

    @property
    def _changed(self) -> bool:
        """Whether weights are not those that came with the data."""
        return self.weighting.calibration is not None or self.weighting.trimmed > 0

    @property
    def _margins(self) -> str:
        """The margins, in words."""
        names = list(dict.fromkeys(cell.margin for cell in self.weighting.cells))
        return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return f"Weights with Kish's design effect{self._what_was_done()}"

    def __len__(self) -> int:
        return len(self._rows)


def _of_cell(row: WeightSummary, *, of_rated: bool) -> str:
    """Say what calibration did to a cell."""
    same = abs(row.factor_high - row.factor_low) <= SAME * abs(row.factor_high)
    factors = "a factor of " if same else "factors from "
    factors += write.number(row.factor_low, 2) + ("" if same else f" to {write.number(row.factor_high, 2)}")
    n = write.integer(row.n)
    after = f" ({_share(row.share_rated)} among rows with a rating)" if of_rated else ""
    return (
        f"{row.margin} {group_text(row.cell)}: {_share(row.share_before)} of the weight before and "
        f"{_share(row.share_after)} after{after}, {_share(row.population_share)} of the population "
        f"({f'{n} rows' if of_rated else f'n = {n}'}; {factors})."
    )


def _spread(row: WeightSummary) -> list[str]:
    """Write how much the weights differ."""
    return [
        _ratio(row.smallest, row.mean),
        _ratio(row.largest, row.mean),
        write.number(row.cv, 2),
        write.number(row.design_effect, 2),
        write.number(row.effective_n, 0),
    ]


def _ratio(weight: float, mean: float) -> str:
    return write.number(weight / mean if mean else float("nan"), 2)


def _share(share: float) -> str:
    return write.percent(share) if share == share else write.number(share, 1)
