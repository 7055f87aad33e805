"""Exact power: how often the default test rejects, over all samples that could come."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from npsstats.inference.designs import Design
from npsstats.kernels.enumeration import number_of_outcomes, outcomes
from npsstats.kernels.planning import (
    Condition,
    likely_outcomes,
    outcome_probabilities,
    rejection_given_group,
    tilted_to_means,
)
from npsstats.kernels.restricted import restricted_statistic
from npsstats.kernels.score import skewness_corrected_score
from npsstats.typing import FloatArray, IntArray

__all__ = ["Enumeration", "score_statistic"]

# Samples, or pairs of samples, that are enumerated at most.
MOST_SAMPLES = 4_000_000

# Halvings of the way from no difference to the end of the scale: 50 leave nothing of it.
HALVINGS = 50


@dataclass(frozen=True, slots=True)
class Enumeration:
    """The samples of a design, on the unit scale.

    Attributes
    ----------
    values : ndarray, shape (levels,)
        The levels; for the same people those of their changes.
    shares : ndarray, shape (levels,)
        The shares of the group, to be tilted.
    reference : ndarray, shape (levels,), or None
        The shares of the reference; None if there is one sample only.
    center : float
        The mean of the group at a difference of 0.
    width : float
        Points in a unit.
    """

    values: FloatArray
    shares: FloatArray
    reference: FloatArray | None
    center: float
    width: float

    @classmethod
    def of(cls, design: Design) -> "Enumeration":
        """Bring the assumptions of a design to the unit scale."""
        a = design.assumed
        if design.kind == "paired" and a.changes is not None:
            levels, shares = a.changes
            reference, center = None, 0.0
        else:
            levels, shares = a.metric.levels, a.shares
            reference, center = a.shares_reference, a.score_reference
        width = float(levels[-1] - levels[0])
        return cls((levels - levels[0]) / width, shares, reference, float((center - levels[0]) / width), width)

    def population(self, difference: float) -> FloatArray:
        """Tilt the shares of the group to a difference in points, shape (1, levels)."""
        mean = self.center + difference / self.width
        seen = self.values[self.shares > 0]
        if not seen[0] < mean < seen[-1]:
            low, high = ((end - self.center) * self.width for end in (seen[0], seen[-1]))
            msg = (
                f"`difference` must lie strictly between {low:.6g} and {high:.6g} points, which the values with shares "
                f"above 0 can reach; got {difference:g}. Assume shares above 0 for further values too."
            )
            raise ValueError(msg)
        return tilted_to_means(self.shares, self.values, np.array([mean]))

    def null(self, difference: float) -> float:
        """Bring a null difference to the unit scale."""
        if self.reference is not None:
            return difference / self.width
        null = self.center + difference / self.width
        if not 0 < null < 1:
            msg = f"`margin` must stay on the scale of the score; got {abs(difference):g} points."
            raise ValueError(msg)
        return null

    def conditions(self, design: Design, row: int) -> tuple[Condition, ...]:
        """Say when the test rejects."""
        if design.goal == "difference":
            return ((self.null(0.0), int(design.side[row])),)
        margin = float(design.margin[row])
        sides = {"two-sided": (1, -1), "greater": (1,), "less": (-1,)}[design.alternative]
        return tuple((self.null(-side * margin), side) for side in sides)

    def power(self, design: Design, n: FloatArray) -> FloatArray:
        """Compute the exact power of n respondents in each scenario; what several need is made once."""
        kinds: dict[tuple[int, int, tuple[Condition, ...]], list[int]] = {}
        for row, other in enumerate(design.reference_sizes(n)):
            kinds.setdefault((int(n[row]), int(other), self.conditions(design, row)), []).append(row)
        power = np.empty(n.size)
        for (size, size_reference, conditions), rows in kinds.items():
            populations = np.concatenate([self.population(float(design.difference[row])) for row in rows])
            table, rejection = self.rejection(design.z, size, size_reference, conditions, populations)
            power[rows] = outcome_probabilities(table, populations) @ rejection
        return power

    def smallest(self, design: Design) -> FloatArray:
        """Find an n that is enough while n - 1 is not: the exact power is no smooth function of n.

        From the normal answer it goes down while n is enough, or up until it is.
        """
        found = np.empty(design.target.size)
        for row in range(found.size):
            one = design.take(row)
            start = self.as_tilted(one).smallest()[0]
            if np.isnan(start):
                found[row] = np.nan
                continue

            def enough(n: float, one: Design = one) -> bool:
                return bool(self.power(one, np.array([n]))[0] >= one.target[0])

            n = float(start)
            if enough(n):
                while n > 2 and enough(n - 1):
                    n -= 1
            else:
                n += 1
                while not enough(n):
                    n += 1
            found[row] = n
        return found

    def as_tilted(self, design: Design) -> Design:
        """Assume for the normal distribution the variances of the tilted population of one scenario."""
        shares = self.population(float(design.difference[0]))[0]
        variance = float(shares @ (self.values - shares @ self.values) ** 2) * self.width**2
        a = design.assumed
        if design.kind != "paired":
            return replace(design, assumed=replace(a, variance=variance))
        points = self.values * self.width
        return replace(design, assumed=replace(a, changes=(points, shares)))

    def detectable(self, design: Design) -> FloatArray:
        """Find the smallest difference that is detected with the power asked for; nan where there is none."""
        found = np.empty(design.n.size)
        seen = self.values[self.shares > 0]
        side = -1 if design.alternative == "less" else 1
        room = (seen[-1] - self.center if side > 0 else self.center - seen[0]) * self.width
        other = design.reference_sizes(design.n)
        for row, n in enumerate(design.n):
            condition = ((self.null(0.0), side),)
            table, rejection = self.rejection(design.z, int(n), int(other[row]), condition, None)

            def power(size: float, table: IntArray = table, rejection: FloatArray = rejection) -> float:
                return float((outcome_probabilities(table, self.population(side * size)) @ rejection)[0])

            low, high = 0.0, room * (1 - 1e-9)
            enough = power(high) >= design.target[row]
            for _ in range(HALVINGS if enough else 0):
                middle = (low + high) / 2
                low, high = (low, middle) if power(middle) >= design.target[row] else (middle, high)
            found[row] = side * high if enough else np.nan
        return found

    def rejection(
        self, z: float, n: int, n_reference: int, conditions: tuple[Condition, ...], populations: FloatArray | None
    ) -> tuple[IntArray, FloatArray]:
        """List samples of the group and how probable a rejection is with each."""
        levels = self.values.size
        samples = number_of_outcomes(n, levels)
        samples *= 1 if self.reference is None else number_of_outcomes(n_reference, levels)
        if samples > MOST_SAMPLES:
            of = f"{n:,}" if self.reference is None else f"{n:,} and {n_reference:,}"
            msg = (
                f"`exact` enumerates at most {MOST_SAMPLES:,} samples; {of} respondents and {levels} values make "
                f"{samples:,}. Use exact=False: with so many, the normal distribution serves."
            )
            raise ValueError(msg)
        # As long as the populations are not known, no sample is impossible.
        table = outcomes(n, levels) if populations is None else likely_outcomes(n, populations)
        chances = None if populations is None else outcome_probabilities(table, populations).max(axis=0)
        reference = None
        if self.reference is not None:
            others = likely_outcomes(n_reference, self.reference[None])
            reference = others, outcome_probabilities(others, self.reference[None])[0]
        statistic = score_statistic(self.values)
        return table, rejection_given_group(statistic, conditions, z, table, self.values, reference, chances)


def score_statistic(values: FloatArray) -> Callable[[FloatArray, float], FloatArray]:
    """Give the statistic of the default test of one mean, or of the difference of two."""

    def statistic(counts: FloatArray, null: float) -> FloatArray:
        weights = np.array([1.0, -1.0])[: counts.shape[1]]
        return restricted_statistic(skewness_corrected_score, counts, values, weights, np.full(len(counts), null))

    return statistic
