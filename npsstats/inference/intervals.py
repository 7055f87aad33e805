"""The methods for one score: an interval and the test that belongs to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc, chdtri, ndtri, stdtr, stdtrit

from npsstats.inference.methods import Settings, UnitProblem, check_levels, pseudo_counted, pvalues, two_sided
from npsstats.kernels import bootstrap, exact
from npsstats.kernels.lattice import lattice_steps
from npsstats.kernels.likelihood import signed_root
from npsstats.kernels.mover import mover_wilson_limits, mover_wilson_statistic
from npsstats.kernels.restricted import Statistic, restricted_limits, restricted_statistic
from npsstats.kernels.score import plain_score, skewness_corrected_score
from npsstats.kernels.wald import mean_and_variance, wald_limits, wald_statistic
from npsstats.typing import Alternative, FloatArray

__all__ = ["NOTHING", "ONE_SAMPLE_METHODS", "Limits", "Needs", "OneSampleMethod", "Significance", "of_tails"]

ONE_ARM = np.ones(1)

Limits = tuple[FloatArray, FloatArray]
Significance = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """How large groups must be for a 95 % interval to cover at least 91.5 % wherever the population lies.

    Kurtosis, m4 / m2^2, is what normal approximations of these means suffer from: for NPS with few promoters and few
    detractors it is about 1 / (their share), so that `per_kurtosis` is the number of them that is needed. The numbers
    are those that exact coverage asks for, over the whole triangle of shares with its edges, where even the default
    falls to 92 % (benchmarks/coverage/needs.py). There the kurtosis is that of the population; a sample stands for it.

    Attributes
    ----------
    n : int
        Respondents.
    per_kurtosis : float
        Respondents for each unit of the kurtosis of the values.
    """

    n: int = 1
    per_kurtosis: float = 0.0

    def respondents(self, problem: UnitProblem) -> FloatArray:
        """Compute how many respondents each group needs; inf if all its ratings have the same value."""
        shares = problem.counts / problem.counts.sum(axis=-1, keepdims=True)
        squared = (problem.values - (shares @ problem.values)[:, None]) ** 2
        variance = (shares * squared).sum(axis=-1)
        fourth = (shares * squared**2).sum(axis=-1)
        spread = variance > 0
        kurtosis = np.divide(fourth, variance**2, out=np.full_like(fourth, np.inf), where=spread)
        required: FloatArray = (
            np.maximum(self.n, self.per_kurtosis * kurtosis) if self.per_kurtosis else np.full_like(fourth, self.n)
        )
        return required


NOTHING = Needs()


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSampleMethod:
    """An interval of one score and the test that belongs to it, both on the unit scale.

    Attributes
    ----------
    title : str
        The interval, in words.
    references : tuple of str
        Keys of the bibliography.
    limits : callable
        Takes the problem and the settings; gives both limits of each group. Where the alternative is one-sided, only
        the limit on its closed side counts.
    test : callable
        Takes the problem, the value under the null hypothesis and the settings; gives the statistic and the p-value
        of each group.
    applies : callable, optional
        Raises an error where the method does not apply; takes its name, the problem and the settings.
    notes : callable, optional
        Takes the problem and the settings; gives what a reader of the result must know.
    needs : Needs, optional
        What groups need for the interval to keep its level; by default nothing.
    """

    title: str
    references: tuple[str, ...]
    limits: Callable[[UnitProblem, Settings], Limits]
    test: Callable[[UnitProblem, FloatArray, Settings], Significance]
    applies: Callable[[str, UnitProblem, Settings], None] = lambda *_: None
    notes: Callable[[UnitProblem, Settings], tuple[str, ...]] = lambda *_: ()
    needs: Needs = NOTHING


def _values(least: int, most: int) -> Callable[[str, UnitProblem, Settings], None]:
    """Make a check that a metric has as many distinct values as a method is made for."""
    return lambda method, problem, settings: check_levels(method, problem, least, most)


def _normal(
    title: str,
    references: tuple[str, ...],
    limits: Callable[[FloatArray, FloatArray, float], Limits],
    statistic: Callable[[FloatArray, FloatArray, FloatArray], FloatArray],
    **more: Any,
) -> OneSampleMethod:
    """Make a method of limits at a normal quantile and a statistic that is normal under the hypothesis."""

    def test(problem: UnitProblem, null: FloatArray, settings: Settings) -> Significance:
        z = statistic(problem.counts, problem.values, null)
        return z, pvalues(z, settings.alternative)

    return OneSampleMethod(
        title=title,
        references=references,
        limits=lambda problem, settings: limits(problem.counts, problem.values, settings.z),
        test=test,
        **more,
    )


def _restricted(title: str, references: tuple[str, ...], statistic: Statistic, **more: Any) -> OneSampleMethod:
    """Make a method of a statistic at the restricted shares."""
    return _normal(
        title,
        references,
        lambda counts, values, z: restricted_limits(statistic, counts[:, None], values, ONE_ARM, z),
        lambda counts, values, null: restricted_statistic(statistic, counts[:, None], values, ONE_ARM, null),
        **more,
    )


def _adjusted(title: str, references: tuple[str, ...], method: str, **more: Any) -> OneSampleMethod:
    """Make a Wald interval of counts to which pseudo-counts have been added."""

    def check(method: str, problem: UnitProblem, settings: Settings) -> None:
        if settings.pseudo_counts is None:
            check_levels(method, problem, 3, 3)

    def centre(problem: UnitProblem, settings: Settings) -> tuple[FloatArray, FloatArray]:
        return mean_and_variance(pseudo_counted(problem.counts, method, settings.pseudo_counts), problem.values)

    def test(problem: UnitProblem, null: FloatArray, settings: Settings) -> Significance:
        z = wald_statistic(*centre(problem, settings), null)
        return z, pvalues(z, settings.alternative)

    return OneSampleMethod(
        title=title,
        references=references,
        limits=lambda problem, settings: wald_limits(*centre(problem, settings), settings.z),
        test=test,
        applies=check,
        **more,
    )


def _student_centre(problem: UnitProblem) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compute mean, unbiased variance of the mean, and degrees of freedom."""
    n = problem.counts.sum(axis=-1)
    mean, variance = mean_and_variance(problem.counts, problem.values)
    # One respondent tells nothing of the spread.
    return mean, np.divide(variance * n, n - 1, out=np.full_like(n, np.inf), where=n > 1), n - 1


def _student_limits(problem: UnitProblem, settings: Settings) -> Limits:
    mean, variance, freedom = _student_centre(problem)
    known = freedom > 0
    margin = stdtrit(freedom.clip(min=1), 1 - settings.tail) * np.sqrt(np.where(known, variance, 0.0))
    # Without a degree of freedom nothing but the scale bounds the score.
    return np.where(known, mean - margin, 0.0), np.where(known, mean + margin, 1.0)


def _student_test(problem: UnitProblem, null: FloatArray, settings: Settings) -> Significance:
    mean, variance, freedom = _student_centre(problem)
    t = wald_statistic(mean, variance, null)
    return t, pvalues(t, settings.alternative, lambda size: stdtr(freedom.clip(min=1), -size))


def _goodman_limits(problem: UnitProblem, settings: Settings) -> Limits:
    # At one-sided levels below 50 % the limits lie beyond the estimate.
    side = 1 if settings.tail <= 0.5 else -1
    constant = side * np.sqrt(chdtri(problem.values.size - 1, 2 * min(settings.tail, 1 - settings.tail)))
    return wald_limits(*mean_and_variance(problem.counts, problem.values), float(constant))


def _goodman_test(problem: UnitProblem, null: FloatArray, settings: Settings) -> Significance:
    z = wald_statistic(*mean_and_variance(problem.counts, problem.values), null)
    return z, pvalues(z, settings.alternative, lambda size: chdtrc(problem.values.size - 1, size**2) / 2)


def _from_law(
    title: str,
    references: tuple[str, ...],
    limits: Callable[[FloatArray, FloatArray, float], Limits],
    tails: Callable[[FloatArray, FloatArray, FloatArray], tuple[FloatArray, FloatArray]],
    n: int = 1,
) -> OneSampleMethod:
    """Make a method of the exact law of the resampled score."""

    def test(problem: UnitProblem, null: FloatArray, settings: Settings) -> Significance:
        return of_tails(*tails(problem.counts, problem.values, null), settings)

    return OneSampleMethod(
        title=title,
        references=references,
        limits=lambda problem, settings: limits(problem.counts, problem.values, settings.tail),
        test=test,
        applies=_on_a_lattice,
        needs=Needs(n=n, per_kurtosis=25),
    )


def _on_a_lattice(method: str, problem: UnitProblem, settings: Settings) -> None:
    if lattice_steps(problem.values) is None:
        msg = (
            f"`method` {method!r} needs a metric whose values are multiples of a common step; those of {problem.name} "
            "are not. Use 'bootstrap-t', which can be simulated, or 'score'."
        )
        raise ValueError(msg)


def of_tails(below: FloatArray, above: FloatArray, settings: Settings) -> Significance:
    """Turn one-sided p-values into the p-value asked for, and the normal quantile that stands for it."""
    # Both tails hold the estimate itself where it is possible under the hypothesis: the smaller one tells the side.
    statistic = np.where(above <= below, -ndtri(above.clip(max=0.5)), ndtri(below.clip(max=0.5)))
    return statistic, two_sided(below, above, settings.alternative)


def _bootstrap_t_limits(problem: UnitProblem, settings: Settings) -> Limits:
    return bootstrap.bootstrap_t_limits(
        problem.counts,
        problem.values,
        settings.tail,
        rng=np.random.default_rng(settings.seed),
        n_resamples=settings.n_resamples,
    )


def _bootstrap_t_test(problem: UnitProblem, null: FloatArray, settings: Settings) -> Significance:
    below, above = bootstrap.bootstrap_t_tails(
        problem.counts,
        problem.values,
        null,
        rng=np.random.default_rng(settings.seed),
        n_resamples=settings.n_resamples,
    )
    return of_tails(below, above, settings)


def _enough_resamples(method: str, problem: UnitProblem, settings: Settings) -> None:
    # The smallest p-value of B resamples is 1 / (B + 1): limits are order statistics only if it is below the tail.
    needed = int(np.floor(1 / settings.tail + 1e-9))
    if settings.n_resamples < needed and bootstrap.needs_resampling(problem.counts).any():
        msg = (
            f"`n_resamples` must be at least {needed} at this level, as {settings.n_resamples} resamples have no such "
            "quantile; 1,000 times as many are usual."
        )
        raise ValueError(msg)


def _bootstrap_t_notes(problem: UnitProblem, settings: Settings) -> tuple[str, ...]:
    simulated = int(bootstrap.needs_resampling(problem.counts).sum())
    if not simulated:
        return ()
    return (
        f"bootstrap-t of {simulated} of {len(problem.counts)} groups is simulated from {settings.n_resamples:,} "
        "resamples; another seed gives slightly other limits",
    )


def _enumerated(
    title: str,
    references: tuple[str, ...],
    limits: Callable[[FloatArray, FloatArray, float, Alternative], Limits],
    pvalues_of: Callable[[FloatArray, FloatArray, FloatArray, Alternative], FloatArray],
) -> OneSampleMethod:
    """Make a method that inverts a test whose p-values come from all samples of the size."""

    def test(problem: UnitProblem, null: FloatArray, settings: Settings) -> Significance:
        z = restricted_statistic(plain_score, problem.counts[:, None], problem.values, ONE_ARM, null)
        return z, pvalues_of(problem.counts, problem.values, null, settings.alternative)

    def check(method: str, problem: UnitProblem, settings: Settings) -> None:
        check_levels(method, problem, 2, 3)
        largest = int(problem.counts.sum(axis=-1).max())
        if largest > exact.LARGEST_N:
            msg = (
                f"`method` {method!r} lists all samples of a group's size, which is feasible up to {exact.LARGEST_N} "
                f"respondents; the largest group has {largest:,}. Use method='score'."
            )
            raise ValueError(msg)

    return OneSampleMethod(
        title=title,
        references=references,
        limits=lambda problem, settings: limits(
            problem.counts, problem.values, settings.confidence_level, settings.alternative
        ),
        test=test,
        applies=check,
    )


ONE_SAMPLE_METHODS = {
    "score": _restricted(
        "skewness-corrected score interval", ("tango1998", "gart1988", "laud2017"), skewness_corrected_score
    ),
    "tango": _restricted("score interval", ("may1997", "tango1998"), plain_score, needs=Needs(n=20, per_kurtosis=6)),
    "likelihood": _restricted(
        "likelihood-ratio interval", ("owen1990", "owen2001"), signed_root, needs=Needs(per_kurtosis=15)
    ),
    "wald": _normal(
        "Wald interval",
        ("rocks2016",),
        lambda counts, values, z: wald_limits(*mean_and_variance(counts, values), z),
        lambda counts, values, null: wald_statistic(*mean_and_variance(counts, values), null),
        needs=Needs(per_kurtosis=25),
    ),
    "t": OneSampleMethod(
        title="t interval",
        references=("student1908",),
        limits=_student_limits,
        test=_student_test,
        needs=Needs(per_kurtosis=15),
    ),
    "adjusted-wald": _adjusted(
        "adjusted Wald interval", ("rocks2016",), "adjusted-wald", needs=Needs(n=55, per_kurtosis=10)
    ),
    "agresti-min": _adjusted(
        "Agresti-Min adjusted Wald interval", ("agresti2005",), "agresti-min", needs=Needs(n=40, per_kurtosis=20)
    ),
    "bonett-price": _adjusted(
        "Bonett-Price adjusted Wald interval", ("bonett2012",), "bonett-price", needs=Needs(n=40, per_kurtosis=8)
    ),
    "goodman": OneSampleMethod(
        title="Goodman interval for all contrasts",
        references=("goodman1965",),
        limits=_goodman_limits,
        test=_goodman_test,
        needs=Needs(per_kurtosis=8),
    ),
    "mover-wilson": _normal(
        "MOVER interval from Wilson limits",
        ("newcombe1998b", "zou2008", "wilson1927"),
        mover_wilson_limits,
        mover_wilson_statistic,
        applies=_values(2, 3),
        needs=Needs(n=20, per_kurtosis=4),
    ),
    "exact": _enumerated(
        "exact unconditional interval", ("agresti2001", "chan1999"), exact.exact_limits, exact.exact_pvalues
    ),
    "lloyd": _enumerated("estimated-p interval", ("lloyd2008",), exact.lloyd_limits, exact.lloyd_pvalues),
    "bootstrap-percentile": _from_law(
        "percentile bootstrap interval",
        ("efron1979", "davison1997"),
        bootstrap.percentile_limits,
        bootstrap.percentile_tails,
    ),
    "bootstrap-basic": _from_law(
        "basic bootstrap interval", ("davison1997",), bootstrap.basic_limits, bootstrap.basic_tails, n=70
    ),
    "bootstrap-bca": _from_law("BCa bootstrap interval", ("efron1987",), bootstrap.bca_limits, bootstrap.bca_tails),
    "bootstrap-t": OneSampleMethod(
        title="bootstrap-t interval",
        references=("efron1981", "davison1997"),
        limits=_bootstrap_t_limits,
        test=_bootstrap_t_test,
        applies=_enough_resamples,
        notes=_bootstrap_t_notes,
        needs=Needs(per_kurtosis=25),
    ),
}
