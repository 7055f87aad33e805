"""The methods for a difference: an interval and the test that belongs to it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from npsstats.inference.intervals import NOTHING, Limits, Needs, Significance, of_tails
from npsstats.inference.methods import Settings, pseudo_counted, pvalues
from npsstats.kernels import bootstrap_difference, permutation
from npsstats.kernels.dirichlet import difference_law, difference_support, quantiles
from npsstats.kernels.lattice import lattice_steps
from npsstats.kernels.likelihood import signed_root
from npsstats.kernels.mover import mover_limits, mover_statistic
from npsstats.kernels.restricted import Arms, Statistic, restricted_limits, restricted_statistic
from npsstats.kernels.score import skewness_corrected_score
from npsstats.kernels.wald import mean_and_variance, wald_limits, wald_statistic
from npsstats.typing import FloatArray

__all__ = ["CONTRAST_METHODS", "ContrastMethod", "ContrastProblem"]


MOST_PERMUTED = 10**9


@dataclass(frozen=True, kw_only=True)
class ContrastProblem:
    """Differences as weighted sums of the means of independent arms, with the values mapped to a range of 1.

    Two groups with other respondents in each are two arms with weights 1 and -1. Groups that share respondents fall
    into arms that share none: those in both, those in the first only, those in the second only.

    Attributes
    ----------
    counts : ndarray, shape (rows, arms, levels)
        Respondents by level.
    values : ndarray, shape (levels,) or (rows, arms, levels)
        The levels, ascending.
    weights : ndarray, shape (rows, arms)
        How the means add up to the difference.
    sizes : ndarray, shape (rows, arms), or None
        The respondents that tell of the spread in each arm; None for its own.
    width : float
        The points of a unit.
    name : str
        What the score is called.
    """

    counts: FloatArray
    values: FloatArray
    weights: FloatArray
    sizes: FloatArray | None = None
    width: float
    name: str

    @cached_property
    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """The lowest and the highest difference of each row, in units."""
        low, high = Arms.of(self.counts, self.values, self.weights).bounds
        rows = len(self.counts)
        return np.broadcast_to(low, rows), np.broadcast_to(high, rows)

    @cached_property
    def moments(self) -> tuple[FloatArray, FloatArray]:
        """The difference of each row and the plug-in variances of its parts, in units."""
        return _moments(self, self.counts)

    @property
    def two_groups(self) -> bool:
        """Whether each row compares two groups without common respondents, whatever the scale of the difference."""
        return (
            self.values.ndim == 1
            and self.counts.shape[1] == 2
            and bool(np.allclose(self.weights[:, 0], -self.weights[:, 1], rtol=1e-12, atol=0))
        )

    def shortfall(self, needs: Needs) -> FloatArray:
        """Compute how many times as many respondents a method needs; inf where all ratings have the same value.

        Needed are respondents in the smallest arm, and for each unit of kurtosis: of one arm that is m4 / m2^2, of
        several n times the fourth moments over the squared variance, each added up for the estimate.
        """
        n = self.counts.sum(axis=-1)
        used = (n > 0) & (self.weights != 0)
        n = np.maximum(n, 1)
        shares = self.counts / n[..., None]
        squared = (self.values - (shares * self.values).sum(axis=-1, keepdims=True)) ** 2
        second = ((shares * squared).sum(axis=-1) * self.weights**2 / n).sum(axis=-1)
        fourth = ((shares * squared**2).sum(axis=-1) * self.weights**4 / n**3).sum(axis=-1)
        ratio = np.divide(fourth, second**2, out=np.full_like(second, np.inf), where=second > 0)
        lopsided = needs.per_kurtosis * ratio if needs.per_kurtosis else np.zeros_like(second)
        small = needs.n / np.where(used, n, np.inf).min(axis=-1)
        most: FloatArray = np.maximum(lopsided, small)
        return most


@dataclass(frozen=True, slots=True, kw_only=True)
class ContrastMethod:
    """An interval of a difference and the test that belongs to it, both in units.

    Attributes
    ----------
    title : str
        The interval, in words.
    references : tuple of str
        Keys of the bibliography.
    limits : callable
        Takes the problem and the settings; gives both limits of each row.
    test : callable
        Takes the problem, the difference under the null hypothesis and the settings; gives statistic and p-value.
    applies : callable, optional
        Raises an error where the method does not apply; takes its name, the problem and the settings.
    notes : callable, optional
        Takes the problem and the settings; gives what a reader of the result must know.
    needs : Needs, optional
        What rows need for the interval to keep its level, respondents in the smaller arm and per unit of kurtosis.
    """

    title: str
    references: tuple[str, ...]
    limits: Callable[[ContrastProblem, Settings], Limits]
    test: Callable[[ContrastProblem, FloatArray, Settings], Significance]
    applies: Callable[[str, ContrastProblem, Settings], None] = lambda *_: None
    notes: Callable[[ContrastProblem, Settings], tuple[str, ...]] = lambda *_: ()
    needs: Needs = NOTHING


def _moments(problem: ContrastProblem, counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    mean, variance = mean_and_variance(counts, problem.values)
    weights = np.where(counts.sum(axis=-1) > 0, problem.weights, 0.0)
    return (mean * weights).sum(axis=-1), variance * weights**2


def _restricted(title: str, references: tuple[str, ...], statistic: Statistic, **more: Any) -> ContrastMethod:
    """Make a method of a statistic at the restricted shares."""

    def test(problem: ContrastProblem, null: FloatArray, settings: Settings) -> Significance:
        z = restricted_statistic(statistic, problem.counts, problem.values, problem.weights, null, problem.sizes)
        return z, pvalues(z, settings.alternative)

    return ContrastMethod(
        title=title,
        references=references,
        limits=lambda problem, settings: restricted_limits(
            statistic, problem.counts, problem.values, problem.weights, settings.z, problem.sizes
        ),
        test=test,
        **more,
    )


def _mover_test(problem: ContrastProblem, null: FloatArray, settings: Settings) -> Significance:
    z = mover_statistic(problem.counts, problem.values, problem.weights, null)
    return z, pvalues(z, settings.alternative)


def _wald(
    title: str, references: tuple[str, ...], add: Callable[[FloatArray, Settings], FloatArray], **more: Any
) -> ContrastMethod:
    """Make a Wald interval of counts to which something may have been added."""

    def centre(problem: ContrastProblem, settings: Settings) -> tuple[FloatArray, FloatArray]:
        estimate, variances = _moments(problem, add(problem.counts, settings))
        return estimate, variances.sum(axis=-1)

    def test(problem: ContrastProblem, null: FloatArray, settings: Settings) -> Significance:
        z = wald_statistic(*centre(problem, settings), null)
        return z, pvalues(z, settings.alternative)

    return ContrastMethod(
        title=title,
        references=references,
        limits=lambda problem, settings: wald_limits(*centre(problem, settings), settings.z),
        test=test,
        **more,
    )


def _welch_centre(problem: ContrastProblem) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compute the difference, its unbiased variance, and Satterthwaite's degrees of freedom (Welch 1947)."""
    estimate, plug_in = problem.moments
    n = problem.counts.sum(axis=-1)
    # An arm of one respondent tells nothing of its spread.
    parts = np.divide(plug_in * n, n - 1, out=np.where((n == 1) & (problem.weights != 0), np.inf, 0.0), where=n > 1)
    variance = parts.sum(axis=-1)
    loss = np.divide(parts**2, n - 1, out=np.zeros_like(parts), where=n > 1).sum(axis=-1)
    with np.errstate(invalid="ignore"):
        freedom = np.divide(variance**2, loss, out=np.ones_like(variance), where=(loss > 0) & np.isfinite(variance))
    return estimate, variance, freedom


def _welch_limits(problem: ContrastProblem, settings: Settings) -> Limits:
    estimate, variance, freedom = _welch_centre(problem)
    known = np.isfinite(variance)
    margin = stdtrit(freedom, 1 - settings.tail) * np.sqrt(np.where(known, variance, 0.0))
    low, high = problem.bounds
    return np.where(known, estimate - margin, low), np.where(known, estimate + margin, high)


def _welch_test(problem: ContrastProblem, null: FloatArray, settings: Settings) -> Significance:
    estimate, variance, freedom = _welch_centre(problem)
    t = wald_statistic(estimate, variance, null)
    return t, pvalues(t, settings.alternative, lambda size: stdtr(freedom, -size))


def _of_two_groups(method: str, problem: ContrastProblem, settings: Settings) -> None:
    if not problem.two_groups:
        msg = (
            f"`method` {method!r} is made for two groups without common respondents. Where respondents are shared use "
            "'score', 'likelihood', 'mover', 'wald' or 'welch'."
        )
        raise ValueError(msg)


def _pseudo_counts_apply(method: str, problem: ContrastProblem, settings: Settings) -> None:
    _of_two_groups(method, problem, settings)
    if settings.pseudo_counts is None and problem.values.size != 3:
        msg = (
            f"`method` {method!r} is made for metrics with three distinct values, such as NPS; {problem.name} has "
            f"{problem.values.size}. Pass `pseudo_counts`, one for each value, or use method='score'."
        )
        raise ValueError(msg)


def _on_a_lattice(method: str, problem: ContrastProblem, settings: Settings) -> None:
    _of_two_groups(method, problem, settings)
    if lattice_steps(problem.values) is None:
        msg = (
            f"`method` {method!r} needs a metric whose values are multiples of a common step; those of {problem.name} "
            "are not. Use method='score'."
        )
        raise ValueError(msg)


def _between_two_groups(
    title: str,
    references: tuple[str, ...],
    limits: Callable[[ContrastProblem, Settings], Limits],
    tails: Callable[[ContrastProblem, FloatArray, Settings], tuple[FloatArray, FloatArray]],
    **more: Any,
) -> ContrastMethod:
    """Make a method of the plain difference of two groups; a difference from the whole is a part of it."""

    def scaled_limits(problem: ContrastProblem, settings: Settings) -> Limits:
        low, high = limits(problem, settings)
        return low * problem.weights[:, 0], high * problem.weights[:, 0]

    def test(problem: ContrastProblem, null: FloatArray, settings: Settings) -> Significance:
        return of_tails(*tails(problem, null / problem.weights[:, 0], settings), settings)

    return ContrastMethod(title=title, references=references, limits=scaled_limits, test=test, **more)


def _can_be_permuted(method: str, problem: ContrastProblem, settings: Settings) -> None:
    _of_two_groups(method, problem, settings)
    largest = problem.counts.sum(axis=(1, 2)).max()
    # NumPy draws hypergeometric numbers from fewer.
    if largest >= MOST_PERMUTED:
        msg = (
            f"`method` {method!r} draws from fewer than {MOST_PERMUTED:,} respondents of both groups together; the "
            f"largest comparison has {int(largest):,}. Use method='score'."
        )
        raise ValueError(msg)


def _permutation_notes(problem: ContrastProblem, settings: Settings) -> tuple[str, ...]:
    simulated = int(permutation.needs_permuting(problem.counts).sum())
    if not simulated:
        return ()
    return (
        f"permutation tests of {simulated} of {len(problem.counts)} differences are simulated from "
        f"{settings.n_resamples:,} permutations; another seed gives slightly other p-values",
    )


def _drawn(settings: Settings) -> dict[str, Any]:
    return {"rng": np.random.default_rng(settings.seed), "n_resamples": settings.n_resamples}


JEFFREYS = 0.5


def _posterior_parameters(problem: ContrastProblem) -> tuple[FloatArray, FloatArray, FloatArray]:
    return problem.counts[:, 0] + JEFFREYS, problem.counts[:, 1] + JEFFREYS, problem.values


def _posterior_limits(problem: ContrastProblem, settings: Settings) -> Limits:
    law, support = difference_law(*_posterior_parameters(problem)), difference_support(*_posterior_parameters(problem))
    rows = len(problem.counts)
    low, high = (quantiles(law, support, np.full(rows, p)) for p in (settings.tail, 1 - settings.tail))
    return low, high


def _posterior_tails(problem: ContrastProblem, null: FloatArray, settings: Settings) -> tuple[FloatArray, FloatArray]:
    at = difference_law(*_posterior_parameters(problem))(null, np.arange(len(null)))
    # Against "less", the probability that the difference is not below `null`.
    return at.upper, at.lower


CONTRAST_METHODS = {
    "score": _restricted(
        "skewness-corrected score interval", ("miettinen1985", "gart1988", "laud2017"), skewness_corrected_score
    ),
    "likelihood": _restricted(
        "likelihood-ratio interval", ("owen1990", "owen2001"), signed_root, needs=Needs(per_kurtosis=12)
    ),
    "mover": ContrastMethod(
        title="MOVER interval",
        references=("newcombe1998", "zou2008", "tango1998"),
        limits=lambda problem, settings: mover_limits(problem.counts, problem.values, problem.weights, settings.z),
        test=_mover_test,
        needs=Needs(per_kurtosis=5),
    ),
    "wald": _wald("Wald interval", ("rocks2016",), lambda counts, settings: counts, needs=Needs(per_kurtosis=25)),
    "welch": ContrastMethod(
        title="Welch interval",
        references=("welch1947",),
        limits=_welch_limits,
        test=_welch_test,
        needs=Needs(per_kurtosis=14),
    ),
    "adjusted-wald": _wald(
        "adjusted Wald interval",
        ("rocks2016",),
        lambda counts, settings: pseudo_counted(counts, "adjusted-wald", settings.pseudo_counts),
        applies=_pseudo_counts_apply,
        needs=Needs(per_kurtosis=90),
    ),
    "permutation": _between_two_groups(
        "studentised permutation interval",
        ("janssen1997", "chungromano2013"),
        lambda problem, settings: permutation.permutation_limits(
            problem.counts, problem.values, settings.tail, **_drawn(settings)
        ),
        lambda problem, null, settings: permutation.permutation_tails(
            problem.counts, problem.values, null, **_drawn(settings)
        ),
        applies=_can_be_permuted,
        notes=_permutation_notes,
        needs=Needs(n=50, per_kurtosis=28),
    ),
    "bootstrap-percentile": _between_two_groups(
        "percentile bootstrap interval",
        ("efron1979", "davison1997"),
        lambda problem, settings: bootstrap_difference.percentile_difference_limits(
            problem.counts, problem.values, settings.tail
        ),
        lambda problem, null, settings: bootstrap_difference.percentile_difference_tails(
            problem.counts, problem.values, null
        ),
        applies=_on_a_lattice,
        needs=Needs(per_kurtosis=25),
    ),
    "bootstrap-bca": _between_two_groups(
        "BCa bootstrap interval",
        ("efron1987",),
        lambda problem, settings: bootstrap_difference.bca_difference_limits(
            problem.counts, problem.values, settings.tail
        ),
        lambda problem, null, settings: bootstrap_difference.bca_difference_tails(problem.counts, problem.values, null),
        applies=_on_a_lattice,
        needs=Needs(per_kurtosis=15),
    ),
    "bayes": _between_two_groups(
        "credible interval with Jeffreys' prior",
        ("jeffreys1946",),
        _posterior_limits,
        _posterior_tails,
        applies=_of_two_groups,
        needs=Needs(n=40, per_kurtosis=18),
    ),
}
