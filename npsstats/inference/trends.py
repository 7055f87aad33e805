"""Where is the score going?"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from npsstats.errors import SmallSampleWarning
from npsstats.inference.methods import (
    Settings,
    check_alternative,
    check_confidence_level,
    pvalues,
)
from npsstats.inference.period_samples import PeriodSamples, samples_of_periods
from npsstats.inference.series import series_of, times_of
from npsstats.kernels.regression import (
    contrast_columns,
    harmonic_columns,
    joint_tail,
    widened_quantile,
    widened_tail,
)
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.periods import Periods
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.protocol import group_text
from npsstats.results.trends import Trend
from npsstats.typing import Alternative, FloatArray, IndexArray, IntArray, Label

__all__ = ["trend"]

Season: TypeAlias = Literal["half", "quarter", "month"] | int | None

# How many of each there are in a year, and their names.
SEASONS = {
    "half": ("H1", "H2"),
    "quarter": ("Q1", "Q2", "Q3", "Q4"),
    "month": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}


def trend(
    counts: RatingCounts | SurveyCounts,
    *,
    metric: Metric | None = None,
    times: ArrayLike | Sequence[Any] | None = None,
    season: Season = None,
    overdispersion: bool = True,
    confidence_level: float = 0.95,
    alternative: Alternative = "two-sided",
) -> Trend:
    """Fit a straight line through the scores of periods, in points per year, with or without a season.

    The last group column holds the periods; there is a line for each combination of labels of the others. The
    periods must be independent samples, other respondents in each, unless the counts are those of a survey, which
    knows what periods have in common. Time is real time, so gaps count. Use
    `find_changes` for steps rather than a slope, `compare` for the difference of single periods.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        Respondents by period and rating, in order of time.
    metric : Metric, optional
        The score; by default the metric of the counts.
    times : array_like, optional
        When each group was asked, one entry per group: numbers in years, or labels that read as periods. By default
        the labels themselves are read: years (2024), halves ("2024H1"), quarters ("2024Q1"), months ("2024-03",
        "Mar 2024"), weeks ("2024-W05"), days ("2024-03-15", dates), pandas periods.
    season : {None, "half", "quarter", "month"} or int, default None
        Effects of the halves, quarters or months of the year, which add up to 0; or a number of harmonics, that is
        of pairs of a cosine and a sine with 1, 2, ... waves a year.
    overdispersion : bool, default True
        Whether the intervals allow for scores that vary more between periods than chance makes them.
    confidence_level : float, default 0.95
        The level of the intervals, between 0 and 1; of each, not of all together.
    alternative : {"two-sided", "less", "greater"}, default "two-sided"
        The alternative to a slope, or an effect, of 0; a one-sided one gives one-sided intervals.

    Returns
    -------
    Trend
        Per term ``estimate, standard_error, low, high, statistic, pvalue``: the slope in points per year, the level
        in the middle of the time, the effects of the season; ``fitted()`` gives the line, period by period.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If the labels cannot be read as periods, are not in order, or are too few for the parameters; if the season
        cannot be told from the slope; or a metric, name or level is not valid.
    UndefinedScoreError
        If no group has a rating.

    Warns
    -----
    SmallSampleWarning
        If all ratings of a series have the same value, which leaves its line without a standard error.

    Notes
    -----
    Weighted least squares of the scores y_t with the weights n_t / v_t. The variance v_t is that of a distribution
    whose first two moments move along straight lines through all answers: the variance that was observed in a period
    of few answers is noise, and 0 if they all agree, and weights made of it bend the line and ruin the test.

    The overdispersion is the sum of n_t / v_t (y_t - line)^2 over its degrees of freedom, as in quasi-likelihood
    [1]_. Above 1 it multiplies the squared standard errors; below 1 it does not. The interval is the wider of two: the
    normal one with chance alone, and the one with the overdispersion as estimated and quantiles of Student's t. In
    simulations, 95 % intervals missed the slope in 1.9 to 2.3 % with 5 to 8 periods without overdispersion, and
    otherwise in 3.5 to 6.5 %, days with a single answer included; without the allowance, up to 48 % where periods vary
    more than by chance. Scores that lie on one side of the line for several periods in a row (autocorrelation) make
    the intervals too short still.

    References
    ----------
    .. [1] McCullagh, P. & Nelder, J. A. (1989). Generalized Linear Models, 2nd edition. Chapman and Hall, London.
       doi:10.1007/978-1-4899-3242-6

    Examples
    --------
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[80, 96, 85, 101, 112, 108],
    ...     passives=[70, 66, 68, 60, 62, 60],
    ...     detractors=[50, 38, 47, 39, 26, 32],
    ...     groups=["2024Q1", "2024Q2", "2024Q3", "2024Q4", "2025Q1", "2025Q2"],
    ...     by="quarter",
    ... )
    >>> line = nps.trend(counts)
    >>> line
    NPS: straight line over time, 95 % intervals
    <BLANKLINE>
    term                 estimate  standard error   low   high     t      p
    slope per year          +19.3            6.16  +2.2  +36.4  3.13  0.035
    level in the middle      29.2            2.64  21.8   36.5     –      –
    >>> line.dispersion.round(2)
    array([1.43])
    """
    check_confidence_level(confidence_level)
    check_alternative(alternative)
    if not isinstance(overdispersion, bool):
        msg = f"`overdispersion` must be True or False; got {overdispersion!r}."
        raise TypeError(msg)
    settings = Settings(confidence_level=float(confidence_level), alternative=alternative)
    samples = samples_of_periods(counts, metric, "trend", stacklevel=3)
    counts, metric, n = samples.counts, samples.metric, samples.counts.n
    when, periods = times_of(counts, times, samples.answered)
    model = _Season.of(season, periods)
    lines = [_line(label, rows, samples, when, model, settings, overdispersion) for label, rows in series_of(counts)]
    _warn_without_spread(lines)
    shown = np.concatenate([line.rows for line in lines])

    def joined(name: str) -> FloatArray:
        return np.concatenate([line.columns[name] for line in lines])

    def each(name: str) -> NDArray[Any]:
        return np.array([getattr(line, name) for line in lines])

    return Trend(
        by=counts.by,
        labels=tuple(line.label for line in lines for _ in line.terms),
        term=tuple(term for line in lines for term in line.terms),
        estimate=joined("estimate"),
        standard_error=joined("standard_error"),
        low=joined("low"),
        high=joined("high"),
        statistic=joined("statistic"),
        pvalue=joined("pvalue"),
        series=tuple(line.label for line in lines),
        n_periods=np.array([line.rows.size for line in lines], dtype=np.int64),
        n=np.array([n[line.rows].sum() for line in lines], dtype=np.int64),
        df=each("df"),
        dispersion=each("dispersion"),
        season_pvalue=each("season_pvalue"),
        middle=each("middle"),
        span=each("span"),
        period_labels=tuple(counts.labels[i] for i in shown),
        period_n=n[shown],
        period_score=joined("period_score"),
        period_fitted=joined("period_fitted"),
        period_low=joined("period_low"),
        period_high=joined("period_high"),
        kind="period" if periods is None else periods.kind,
        periods_per_year=np.nan if periods is None else periods.per_year,
        season=model.title,
        overdispersion=overdispersion,
        metric=metric,
        confidence_level=settings.confidence_level,
        alternative=alternative,
        references=(*metric.references, "mccullagh1989"),
        notes=samples.notes,
        design=samples.design,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Season:
    """What moves the score within a year.

    Attributes
    ----------
    title : str
        In words; empty without a season.
    level : ndarray of int or None, shape (groups,)
        Which half, quarter or month each period is in, from 0.
    names : tuple of str
        What these are called.
    order : int
        The number of harmonics.
    """

    title: str = ""
    level: IntArray | None = None
    names: tuple[str, ...] = ()
    order: int = 0

    @classmethod
    def of(cls, season: object, periods: Periods | None) -> "_Season":
        if season is None:
            return cls()
        if isinstance(season, str) and season in SEASONS:
            names = SEASONS[season]
            if periods is None or periods.per_year < len(names):
                msg = (
                    f"`season` {season!r} needs periods that each lie in one {season}; these are "
                    f"{'numbers' if periods is None else periods.kind + 's'}."
                )
                raise ValueError(msg)
            word = {"half": "half-year"}.get(season, season)
            return cls(title=f"effects of {word}s", level=(periods.month - 1) // (12 // len(names)), names=names)
        if isinstance(season, bool) or not isinstance(season, (int, np.integer)) or season < 1:
            msg = (
                "`season` must be None, 'half', 'quarter', 'month' or a number of harmonics, 1 or more; "
                f"got {season!r}."
            )
            raise ValueError(msg)
        if periods is not None and 2 * season >= periods.per_year:
            msg = f"`season` {season!r} has too many harmonics for {periods.kind}s: at most {_most(periods)}."
            raise ValueError(msg)
        return cls(title=f"{season} harmonic{'' if season == 1 else 's'} of the year", order=int(season))

    def columns(self, rows: IndexArray, when: FloatArray) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
        """Make the columns of a series, the matrix from their coefficients to the effects, and the effects' names."""
        if self.level is not None:
            seen, place = np.unique(self.level[rows], return_inverse=True)
            if seen.size == 1:
                only = self.names[seen[0]]
                msg = f"`season` needs periods in at least two of {', '.join(self.names)}; all are in {only}."
                raise ValueError(msg)
            return contrast_columns(place), contrast_columns(np.arange(seen.size)), tuple(self.names[i] for i in seen)
        waves = [f"{wave}, {k} a year" for k in range(1, self.order + 1) for wave in ("cosine", "sine")]
        return harmonic_columns(when[rows], self.order), np.eye(2 * self.order), tuple(waves)


def _most(periods: Periods) -> int:
    return int(np.ceil(periods.per_year / 2)) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """The line of one series, in points."""

    label: Label
    rows: IndexArray
    terms: tuple[str, ...]
    columns: dict[str, FloatArray]
    df: int
    dispersion: float
    season_pvalue: float
    middle: float
    span: float


def _line(
    label: Label,
    rows: IndexArray,
    samples: PeriodSamples,
    when: FloatArray,
    season: _Season,
    settings: Settings,
    overdispersion: bool,
) -> _Line:
    middle = (when[rows[0]] + when[rows[-1]]) / 2
    design, effects, names = season.columns(rows, when)
    design = np.column_stack([np.ones(rows.size), when[rows] - middle, design])
    _check_design(label, design, season)
    fit, chance = samples.line(rows, when, design), samples.chance(rows)
    # Rows: the slope, the level, the effects of the season.
    terms = np.zeros((2 + len(effects), design.shape[1]))
    terms[[0, 1], [1, 0]] = 1
    terms[2:, 2:] = effects
    width, lowest = samples.problem.width, samples.problem.bounds[0]
    estimate, fitted = width * (terms @ fit.coefficients), width * fit.fitted + lowest
    estimate[1] += lowest
    error, fitted_error = (width * np.sqrt(((x @ fit.covariance) * x).sum(axis=1)) for x in (terms, design))
    dispersion = fit.chi2 / fit.df
    # Without overdispersion, as if there were none at all: then chance alone decides.
    spread = dispersion if overdispersion else 0.0
    quantile = widened_quantile(settings.tail, spread, fit.df, chance.quantile(settings.tail))
    low, high = _limits(estimate, quantile * error, settings)
    period_low, period_high = _limits(fitted, quantile * fitted_error, settings)
    statistic = estimate / error
    pvalue = pvalues(
        statistic,
        settings.alternative,
        lambda size: widened_tail(size, spread, fit.df, chance.tails(size)),
    )
    factor = np.sqrt(np.maximum(spread, 1))
    # No hypothesis belongs to the level.
    unasked = np.where(np.arange(len(terms)) == 1, np.nan, 1.0)
    columns = {
        "estimate": estimate,
        "standard_error": factor * error,
        "low": low,
        "high": high,
        "statistic": statistic / factor * unasked,
        "pvalue": pvalue * unasked,
        "period_score": samples.scores(rows),
        "period_fitted": fitted,
        "period_low": period_low,
        "period_high": period_high,
    }
    return _Line(
        label=label,
        rows=rows,
        terms=("slope per year", "level in the middle", *names),
        columns=columns,
        df=fit.df,
        dispersion=dispersion,
        season_pvalue=joint_tail(fit.coefficients[2:], fit.covariance[2:, 2:], spread, fit.df, chance.joint_df),
        middle=middle,
        span=when[rows[-1]] - when[rows[0]],
    )


def _limits(centre: FloatArray, margin: FloatArray, settings: Settings) -> tuple[FloatArray, FloatArray]:
    """Compute limits; the one that was not asked for is infinite."""
    none = np.full_like(centre, np.inf)
    low = -none if settings.alternative == "less" else centre - margin
    return low, none if settings.alternative == "greater" else centre + margin


def _check_design(label: Label, design: FloatArray, season: _Season) -> None:
    """Check that there are periods enough, and that the season is not the slope."""
    periods, columns = design.shape
    where = f" of {group_text(label)}" if label else ""
    if periods <= columns:
        msg = (
            f"a trend{' with ' + season.title if season.title else ''} has {columns} parameters and needs at least "
            f"{columns + 1} periods with ratings; the series{where} has {periods}."
        )
        raise ValueError(msg)
    if np.linalg.matrix_rank(design) < columns:
        msg = f"the periods{where} do not tell {season.title} and the slope apart; pass a simpler `season`, or None."
        raise ValueError(msg)


def _warn_without_spread(lines: Sequence[_Line]) -> None:
    without = [line.label for line in lines if np.isnan(line.dispersion)]
    if without:
        where = f" (first: {group_text(without[0])})" if without[0] else ""
        msg = (
            f"all ratings of {len(without)} of {len(lines)} series{where} have the same value, which leaves the line "
            "without a standard error. Use `estimate` for the score itself."
        )
        warnings.warn(msg, SmallSampleWarning, stacklevel=3)
