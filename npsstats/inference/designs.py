"""Designs of a study: the standard error and the power that a number of respondents has, row by row."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from npsstats.inference.assumptions import Assumed
from npsstats.ratings.scales import Metric
from npsstats.results.format import number
from npsstats.typing import Alternative, BoolArray, FloatArray

__all__ = ["MOST", "Design", "check_attainable", "check_enough"]

# More respondents than any plan can have; above them whole numbers are no longer exact.
MOST = 1e15


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What is planned, in points; arrays have one entry for each scenario, nan where a thing does not apply.

    Attributes
    ----------
    assumed : Assumed
        The shares.
    kind : str
        One of `DESIGNS`.
    goal : str
        "width", "difference", "equivalence" or "non-inferiority".
    alternative : str
        Of the test.
    confidence_level, error : float
        The level, and the probability of an error that it leaves to each comparison.
    comparisons : int
        Among how many comparisons the error is divided.
    exact : bool
        Power by enumeration.
    n : ndarray
        Respondents of the group; nan where they are asked for.
    difference, margin, target : ndarray
        The true difference; the margin; the power or the width that is asked for.
    ratio, n_reference : ndarray
        The size of the reference, relative to n or fixed.
    correlation, covariance, overlap : ndarray
        Of the respondents in both waves.
    design_effect, population, response_rate : ndarray
        Adjustments; the population is inf where it has no bound.
    """

    assumed: Assumed
    kind: str
    goal: str
    alternative: Alternative
    confidence_level: float
    error: float
    comparisons: int
    exact: bool
    n: FloatArray
    difference: FloatArray
    margin: FloatArray
    target: FloatArray
    ratio: FloatArray
    n_reference: FloatArray
    correlation: FloatArray
    covariance: FloatArray
    overlap: FloatArray
    design_effect: FloatArray
    population: FloatArray
    response_rate: FloatArray

    def take(self, row: int) -> "Design":
        """Keep one scenario."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        kept: dict[str, Any] = {k: x[[row]] for k, x in given.items() if isinstance(x, np.ndarray)}
        return replace(self, **kept)

    def with_difference(self, difference: FloatArray) -> "Design":
        """Set the true differences."""
        return replace(self, difference=difference)

    @property
    def z(self) -> float:
        """The critical value of the test; equivalence takes two one-sided tests at the whole error each."""
        both_sides = self.alternative == "two-sided" and self.goal in ("width", "difference")
        return float(-ndtri(self.error / (2 if both_sides else 1)))

    @property
    def z_width(self) -> float:
        """The normal quantile of the two-sided interval."""
        return float(-ndtri(self.error / 2))

    @property
    def side(self) -> FloatArray:
        """The side on which a difference is to be detected: 1 above, -1 below."""
        return np.where(self.difference < 0, -1.0, 1.0)

    def reference_sizes(self, n: FloatArray) -> FloatArray:
        """Give the respondents of the reference that go with n in the group; 0 without a reference."""
        if self.kind == "one-sample":
            return np.zeros_like(n)
        if self.kind == "paired":
            return n
        # A product such as 0.1 * 30 is a whole number but for rounding.
        by_ratio = np.maximum(np.ceil(self.ratio * n * (1 - 1e-12)), 2)
        return np.where(np.isnan(self.n_reference), by_ratio, self.n_reference)

    def in_both(self, n: FloatArray) -> FloatArray:
        """Give the respondents in both waves."""
        if self.kind in ("one-sample", "independent"):
            return np.zeros_like(n)
        return n if self.kind == "paired" else self.overlap * np.minimum(n, self.reference_sizes(n))

    def standard_error(self, n: FloatArray) -> FloatArray:
        """Compute the standard error of the score or the difference.

        With v the variance of one rating, c the covariance in one respondent, N the population, and sampling
        without replacement: v1/n1 (N - n1)/(N - 1) + v2/n2 (N - n2)/(N - 1) - 2 c (n12/(n1 n2) - 1/N) N/(N - 1).
        """
        a, other = self.assumed, self.reference_sizes(n)
        rest = 1 - 1 / self.population
        own = a.variance / n * (1 - n / self.population) / rest
        if self.kind == "one-sample":
            variance = own
        elif self.kind == "paired":
            variance = self._variance_of_change() / n * (1 - n / self.population) / rest
        else:
            variance = own + a.variance_reference / other * (1 - other / self.population) / rest
            if self.kind == "overlapping":
                shared = self.in_both(n) / (n * other) - 1 / self.population
                variance = variance - 2 * self.covariance * shared / rest
        error: FloatArray = np.sqrt((self.design_effect * variance).clip(min=0))
        return error

    def _variance_of_change(self) -> FloatArray:
        if self.assumed.changes is not None:
            values, law = self.assumed.changes
            return np.full_like(self.covariance, law @ (values - law @ values) ** 2)
        total: FloatArray = self.assumed.variance + self.assumed.variance_reference - 2 * self.covariance
        return total

    def correlation_used(self) -> FloatArray:
        """Give the correlation of the two ratings of one respondent, also where a table of joint shares holds it."""
        a = self.assumed
        if a.changes is None or min(a.variance, a.variance_reference) == 0:
            return self.correlation
        return np.full_like(self.correlation, a.covariance / np.sqrt(a.variance * a.variance_reference))

    def width(self, n: FloatArray) -> FloatArray:
        """Compute the full width of the two-sided interval, 2 z standard errors."""
        return 2 * self.z_width * self.standard_error(n)

    def power(self, n: FloatArray) -> FloatArray:
        """Compute the probability that the test shows what is there, by the normal distribution.

        A rejection on the wrong side is no detection. Of two one-sided tests both must reject, which has the
        probability Phi(a) + Phi(b) - 1, or 0.
        """
        if self.goal == "width":
            return np.full_like(n, np.nan)
        error = self.standard_error(n)
        # In a whole population no error is left.
        with np.errstate(divide="ignore"):
            if self.goal == "difference":
                return np.asarray(ndtr(self.side * self.difference / error - self.z))
            above = np.asarray(ndtr((self.margin + self.difference) / error - self.z))
            below = np.asarray(ndtr((self.margin - self.difference) / error - self.z))
        if self.goal == "equivalence":
            above = (above + below - 1).clip(min=0)
        return above if self.alternative != "less" else below

    def meets(self, n: FloatArray) -> BoolArray:
        """Tell where n respondents are enough; equality holds within rounding."""
        if self.goal == "width":
            enough: BoolArray = self.width(n) <= self.target * (1 + 1e-12)
        else:
            enough = self.power(n) >= self.target - 1e-12
        return enough

    def most(self) -> FloatArray:
        """Give the most respondents that the population has for a group."""
        # The reference comes from the same population.
        larger = np.where(np.isnan(self.ratio), 1.0, np.maximum(self.ratio, 1.0))
        return np.floor(np.minimum(self.population, MOST) / larger * (1 + 1e-12))

    def smallest(self) -> FloatArray:
        """Find the smallest n that is enough, by doubling and halving; nan where none is."""
        # What is below is never enough, but where 2 respondents are: there both stay 2.
        low = np.full_like(self.target, 2.0)
        most = np.maximum(self.most(), low)
        high = low.copy()
        while (short := ~self.meets(high) & (high < most)).any():
            low = np.where(short, high, low)
            high = np.where(short, np.minimum(2 * high, most), high)
        never = ~self.meets(high)
        while (high - low > 1).any():
            middle = np.floor((low + high) / 2)
            enough = self.meets(middle)
            high, low = np.where(enough, middle, high), np.where(enough, low, middle)
        return np.where(never, np.nan, high)

    def detectable(self, n: FloatArray) -> FloatArray:
        """Compute the smallest difference that n respondents detect with the power asked for, signed."""
        sign = -1 if self.alternative == "less" else 1
        size: FloatArray = sign * (self.z + ndtri(self.target)) * self.standard_error(n)
        return size


def check_attainable(difference: FloatArray, assumed: Assumed) -> None:
    """Check that the scale has room for the differences."""
    metric: Metric = assumed.metric
    score = assumed.score_reference + difference
    wrong = np.flatnonzero((score < metric.bounds[0]) | (score > metric.bounds[1]))
    if wrong.size:
        low, high = metric.bounds
        start = assumed.score_reference
        msg = (
            f"`difference` must keep the score on the scale, {low:g} to {high:g} points; {wrong.size} of "
            f"{difference.size} do not (first: {difference[wrong[0]]:g} points from {number(start, 1)}). From there "
            f"the score can fall by {start - low:.4g} and rise by {high - start:.4g} points."
        )
        raise ValueError(msg)


def check_enough(n: FloatArray, wanted: Design) -> None:
    """Check that a number of respondents was found that is enough."""
    never = np.flatnonzero(np.isnan(n))
    if never.size:
        first = never[0]
        limits = []
        if np.isfinite(wanted.population[first]):
            limits.append(f"`population` {wanted.population[first]:g}")
        if not np.isnan(wanted.n_reference[first]):
            limits.append(f"`n_reference` {wanted.n_reference[first]:g}")
        what = "`width`" if wanted.goal == "width" else "`power`"
        msg = (
            f"no number of respondents is enough in {never.size} of {n.size} scenarios, with "
            f"{' and '.join(limits) or 'the limits of arithmetic'} (first: {what} {wanted.target[first]:g}). "
            "Ask for less, or lift the limit."
        )
        raise ValueError(msg)
