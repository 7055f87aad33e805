"""Is the score equal in all groups, and is the distribution?"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from npsstats.errors import SmallSampleWarning
from npsstats.inference.cautions import warn_of_small_samples
from npsstats.inference.intervals import ONE_SAMPLE_METHODS
from npsstats.inference.methods import (
    SMALLEST,
    Settings,
    UnitProblem,
    check_counts,
    check_pairs,
    find_method,
    score_and_error,
    settings_for,
)
from npsstats.inference.survey_tests import survey_homogeneity
from npsstats.inference.surveyed import check_survey
from npsstats.kernels import heterogeneity as kernel
from npsstats.kernels.heterogeneity import Verdict
from npsstats.kernels.marginal import bhapkar, exact_sign, stuart_maxwell
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.pairs import PairedCounts
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results import format as write
from npsstats.results.homogeneities import Homogeneity
from npsstats.results.protocol import group_text
from npsstats.typing import BoolArray, FloatArray, IndexArray, IntArray, Label

__all__ = ["HOMOGENEITY_METHODS", "HomogeneityMethod", "homogeneity"]


# NumPy draws hypergeometric numbers up to it.
MOST_SPLIT = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HomogeneityMethod:
    """A test that several independent groups have the same score.

    Attributes
    ----------
    title : str
        The test, in words.
    references : tuple of str
        Keys of the bibliography.
    test : callable
        Takes counts of the shape (rows, groups, levels), the levels on the unit scale, and the settings.
    needs_spread : bool
        Whether each group needs two different values; without them the test has no answer.
    """

    title: str
    references: tuple[str, ...]
    test: Callable[[FloatArray, FloatArray, Settings], Verdict]
    needs_spread: bool = False


def _permuted(counts: FloatArray, values: FloatArray, settings: Settings) -> Verdict:
    largest = counts.sum(axis=(1, 2)).max()
    if largest >= MOST_SPLIT:
        msg = (
            f"method 'permutation' splits fewer than {write.integer(MOST_SPLIT)} respondents; there are "
            f"{write.integer(largest)}. Use method='score', which needs no splits."
        )
        raise ValueError(msg)
    # Each row has a source of its own: its answer does not hang on the rows before.
    seeds = np.random.SeedSequence(settings.seed).spawn(len(counts))
    rngs = [np.random.default_rng(seed) for seed in seeds]
    return kernel.permutation_test(counts, values, rngs=rngs, n_resamples=settings.n_resamples)


HOMOGENEITY_METHODS = {
    "score": HomogeneityMethod(
        title="score test",
        references=("may1997", "owen2001"),
        test=lambda counts, values, settings: kernel.score_test(counts, values),
    ),
    "likelihood": HomogeneityMethod(
        title="likelihood-ratio test",
        references=("owen1990", "owen2001"),
        test=lambda counts, values, settings: kernel.likelihood_test(counts, values),
    ),
    "permutation": HomogeneityMethod(
        title="studentised permutation test",
        references=("chungromano2013",),
        test=_permuted,
    ),
    "welch": HomogeneityMethod(
        title="Welch's F test",
        references=("welch1951",),
        test=lambda counts, values, settings: kernel.welch_test(counts, values),
        needs_spread=True,
    ),
    "james": HomogeneityMethod(
        title="James's second-order test",
        references=("james1951",),
        test=lambda counts, values, settings: kernel.james_test(counts, values),
        needs_spread=True,
    ),
    "chi-square": HomogeneityMethod(
        title="chi-square test of weighted scores",
        references=("cochran1954",),
        test=lambda counts, values, settings: kernel.chi_square_test(counts, values),
        needs_spread=True,
    ),
}

# What the pieces of a row hold; a table of rows is made of them.
COLUMNS = ("statistic", "df", "df2", "pvalue")


def homogeneity(
    counts: RatingCounts | PairedCounts | SurveyCounts,
    *,
    metric: Metric | None = None,
    method: str = "score",
    rng: Any = None,
    n_resamples: int | None = None,
) -> Homogeneity:
    """Test whether the score is equal in all groups, beside tests whether the distribution is.

    A score can be the same where ratings are not, and a test of the whole distribution can miss a difference that a
    test of the score sees; so both are asked, and `sentences` says where they disagree. Use `compare` for how far
    which group is from which.

    Parameters
    ----------
    counts : RatingCounts, PairedCounts or SurveyCounts
        Respondents by group and rating: other respondents in each group. With several group columns the last one is
        compared, within equal labels of the others. Or pairs of ratings of the same respondents in two waves: then
        the waves are compared, within each group. Or a survey, whose groups may share clusters.
    metric : Metric, optional
        The score; by default the metric of the counts.
    method : str, default "score"
        The test of the score, for independent groups; with pairs ``"score"`` only, with a survey ``"score"``, carried
        over to its design, or ``"wald"``:

        - ``"score"``: score statistic of the multinomial likelihood, with variances that hold under the hypothesis
          [1]_, [2]_. The default, for its size (see Notes); it also takes groups of one respondent, and groups whose
          ratings all have the same value;
        - ``"likelihood"``: likelihood ratio [2]_, with more power and too many rejections in many small groups;
        - ``"permutation"``: weighted squares of the differences, studentised, under random splits of all respondents
          into groups of these sizes; exact where the distributions are the same [3]_;
        - ``"welch"``: F test with unequal variances [4]_;
        - ``"james"``: the same statistic, against critical values of the second order [5]_;
        - ``"chi-square"``: the same statistic, against chi-square [6]_: for large groups only;
        - ``"wald"``: for a survey, the quadratic form of the differences, as an F test with the design's degrees of
          freedom [9]_.
    rng : int or numpy.random.Generator, optional
        For ``"permutation"``: the seed, or the source of random numbers.
    n_resamples : int, optional
        For ``"permutation"``: how many splits are drawn; 9,999 by default.

    Returns
    -------
    Homogeneity
        Rows of ``question, method, statistic, df, df2, pvalue, n, groups``: the test of the score; Pearson's
        chi-square test of the distribution of the ratings that occur [7]_; the test of Kruskal and Wallis, with
        ties, whether ratings tend to be higher in some groups [8]_. For pairs: the score, by the squared score
        statistic of the change; as many up as down, by the exact sign test; the distribution, by the tests of Stuart
        and Maxwell and of Bhapkar, which has no answer where all respondents move alike. For a survey: Pearson's test
        with the correction of Rao and Scott [10]_, and the rank test of Lumley and Scott [11]_.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If there is only one group to compare, metric and counts are on different scales, or a name is not valid.
    UndefinedScoreError
        If a group has no rating.

    Warns
    -----
    SmallSampleWarning
        If groups are too small, or their ratings too lopsided, for ``"welch"``, ``"james"`` or ``"chi-square"``;
        these have no answer where a group is of one respondent, or all its ratings have the same value.

    Notes
    -----
    A p-value above 0.05 does not show that scores are equal.

    The default is the test whose size holds: at a nominal 5 % it lies below 6.2 % in all, and between 3 and 5.5 % with
    groups of 30 or more, of 108 simulated designs with equal scores, from equal and from unequal distributions, 2 to 12
    groups of 10 to 300; with many groups of 10 it falls to 0.5-4 %. The likelihood ratio reaches 10 % and Welch's and
    James's tests 14 %, the permutation test 6 % where the distributions are the same and 23 % in many unequal groups
    where they are not (benchmarks/coverage/homogeneity.csv). There Pearson's test lies between 1.5 and 8.2 %, that of
    Kruskal and Wallis between 3.9 and 5.2 %. With two groups, `compare` has the finer test, with skewness correction.

    References
    ----------
    .. [1] May, W. L. & Johnson, W. D. (1997). Confidence intervals for differences in correlated binary proportions.
       Statistics in Medicine 16, 2127-2136.
    .. [2] Owen, A. B. (2001). Empirical Likelihood. Chapman & Hall/CRC. doi:10.1201/9781420036152
    .. [3] Chung, E. & Romano, J. P. (2013). Exact and asymptotically robust permutation tests. The Annals of
       Statistics 41, 484-507. doi:10.1214/13-AOS1090
    .. [4] Welch, B. L. (1951). On the comparison of several mean values: an alternative approach. Biometrika 38,
       330-336. doi:10.1093/biomet/38.3-4.330
    .. [5] James, G. S. (1951). The comparison of several groups of observations when the ratios of the population
       variances are unknown. Biometrika 38, 324-329. doi:10.1093/biomet/38.3-4.324
    .. [6] Cochran, W. G. (1954). The combination of estimates from different experiments. Biometrics 10, 101-129.
       doi:10.2307/3001666
    .. [7] Pearson, K. (1900). On the criterion that a given system of deviations from the probable in the case of a
       correlated system of variables is such that it can be reasonably supposed to have arisen from random sampling.
       Philosophical Magazine 50, 157-175. doi:10.1080/14786440009463897
    .. [8] Kruskal, W. H. & Wallis, W. A. (1952). Use of ranks in one-criterion variance analysis. Journal of the
       American Statistical Association 47, 583-621. doi:10.1080/01621459.1952.10483441
    .. [9] Korn, E. L. & Graubard, B. I. (1990). Simultaneous testing of regression coefficients with complex survey
       data: use of Bonferroni t statistics. The American Statistician 44, 270-276.
    .. [10] Rao, J. N. K. & Scott, A. J. (1984). On chi-squared tests for multiway contingency tables with cell
       proportions estimated from survey data. The Annals of Statistics 12, 46-60. doi:10.1214/aos/1176346391
    .. [11] Lumley, T. & Scott, A. J. (2013). Two-sample rank tests under complex sampling. Biometrika 100, 831-842.

    Examples
    --------
    Two surveys with the same score and other customers:

    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[60, 44], passives=[120, 155], detractors=[20, 1], groups=["A", "B"], by="survey"
    ... )
    >>> answer = nps.homogeneity(counts)
    >>> answer
    Is NPS equal across survey? score test, beside the distribution
    <BLANKLINE>
    equal?        test                  statistic  df  df2        p    n  groups
    score         score test                 0.08   1    –    0.772  400       2
    distribution  Pearson's chi-square      24.11   2    –  5.8e-06  400       2
    order         Kruskal-Wallis             0.01   1    –    0.907  400       2
    >>> print(answer.sentences()[0][-76:])
    difference of the score is detected (p = 0.772): the single number hides it.
    """
    if isinstance(counts, PairedCounts):
        return _of_pairs(counts, metric, method, rng, n_resamples)
    if isinstance(counts, SurveyCounts):
        metric = check_survey(counts, metric)
        _settings(method, metric, rng, n_resamples)
        return survey_homogeneity(counts, _blocks(counts), metric, method, tuple(HOMOGENEITY_METHODS))
    counts, metric = check_counts(counts, metric)
    chosen = find_method(HOMOGENEITY_METHODS, method)
    settings = _settings(method, metric, rng, n_resamples)
    blocks = _blocks(counts)
    problem = UnitProblem.of(counts.counts, metric)
    spread = (problem.counts > 0).sum(axis=1) > 1
    if chosen.needs_spread:
        _warn_of_no_spread(method, counts, spread)
        needed = np.where(spread, ONE_SAMPLE_METHODS["t"].needs.respondents(problem), 0)
        warn_of_small_samples(method, needed, counts.n, counts.labels, stacklevel=3)
    verdicts = [
        _by_size(blocks, problem.counts, lambda tables: chosen.test(tables, problem.values, settings)),
        _by_size(blocks, counts.counts.astype(np.float64), kernel.pearson),
        _by_size(blocks, counts.counts.astype(np.float64), kernel.kruskal_wallis),
    ]
    if chosen.needs_spread:
        verdicts[0] = _without_answer(verdicts[0], np.array([not spread[rows].all() for rows in blocks]))
    score, _ = score_and_error(problem)
    n = counts.n
    return _answer(
        counts,
        metric,
        verdicts,
        by=counts.by[:-1],
        labels=[counts.labels[rows[0]][:-1] for rows in blocks],
        compared=counts.by[-1],
        question=("score", "distribution", "order"),
        method=(method, "pearson", "kruskal-wallis"),
        n=[n[rows].sum() for rows in blocks],
        scores=[score[rows] for rows in blocks],
        title=chosen.title,
        references=(*chosen.references, "pearson1900", "kruskal1952"),
    )


def _warn_of_no_spread(method: str, counts: RatingCounts, spread: BoolArray) -> None:
    """Warn of groups that leave a method without an answer."""
    rows = np.flatnonzero(~spread)
    if rows.size:
        msg = (
            f"method {method!r} has no answer where a group is of one respondent, or all its ratings have the same "
            f"value: its weight would have no bound. {rows.size} of these {len(counts)} groups are so (first: "
            f"{group_text(counts.labels[rows[0]])}, n = {write.integer(counts.n[rows[0]])}). Use method='score'."
        )
        warnings.warn(msg, SmallSampleWarning, stacklevel=4)


def _of_pairs(
    pairs: PairedCounts, metric: Metric | None, method: str, rng: Any, n_resamples: int | None
) -> Homogeneity:
    """Compare two waves of the same respondents, group by group."""
    metric = check_pairs(pairs, metric)
    find_method(HOMOGENEITY_METHODS, method)
    if method != "score":
        msg = (
            f"`method` of pairs must be 'score', which tests the change of each respondent; {method!r} is for "
            "independent groups. Use `compare(pairs, method=...)` for other tests of the change."
        )
        raise ValueError(msg)
    settings = _settings(method, metric, rng, n_resamples)
    changes = UnitProblem.of_changes(pairs.counts, metric)
    # No change is the middle of the scale of changes.
    z, pvalue = ONE_SAMPLE_METHODS["tango"].test(changes, np.full(len(pairs.labels), 0.5), settings)
    up, down = (changes.counts[:, side].sum(axis=1) for side in (changes.values > 0.5, changes.values < 0.5))
    nothing = np.full_like(z, np.nan)
    tables = pairs.counts.astype(np.float64)
    # Bhapkar's variance is 0 where all move alike, be they one or many: that is no answer, and no certainty.
    wald, df = bhapkar(tables)
    verdicts = [
        Verdict(z**2, np.ones_like(z), nothing, pvalue),
        Verdict(up, nothing, nothing, exact_sign(up.astype(np.int64), down.astype(np.int64))),
        _of_margins(*stuart_maxwell(tables)),
        _of_margins(np.where(np.isinf(wald), np.nan, wald), df),
    ]
    first, second = (score_and_error(UnitProblem.of(pairs.counts.sum(axis=axis), metric))[0] for axis in (2, 1))
    left_out = int((pairs.n_first - pairs.n).sum() + (pairs.n_second - pairs.n).sum())
    who = "respondent" if left_out == 1 else "respondents"
    note = f"{write.integer(left_out)} {who} with a rating in one of the two waves only left out"
    return _answer(
        pairs,
        metric,
        verdicts,
        by=pairs.by,
        labels=pairs.labels,
        compared=f"{group_text(pairs.first)} and {group_text(pairs.second)}, the same respondents",
        question=("score", "direction", "distribution", "distribution"),
        method=("score", "exact-sign", "stuart-maxwell", "bhapkar"),
        n=pairs.n,
        scores=list(np.column_stack([first, second])),
        title="score test of the change",
        references=("tango1998", "mcnemar1947", "stuart1955", "maxwell1970", "bhapkar1966"),
        notes=(note,) if left_out else (),
    )


def _answer(
    counts: RatingCounts | PairedCounts,
    metric: Metric,
    verdicts: Sequence[Verdict],
    *,
    by: tuple[str, ...],
    labels: Sequence[Label],
    compared: str,
    question: tuple[str, ...],
    method: tuple[str, ...],
    n: ArrayLike,
    scores: Sequence[FloatArray],
    title: str,
    references: tuple[str, ...],
    notes: tuple[str, ...] = (),
) -> Homogeneity:
    """Put the rows of all tests together, those of the same groups one after the other."""
    tests = len(verdicts)

    def column(name: str) -> FloatArray:
        return np.stack([getattr(verdict, name) for verdict in verdicts], axis=1).ravel()

    return Homogeneity(
        by=by,
        labels=tuple(label for label in labels for _ in range(tests)),
        compared=compared,
        question=question * len(labels),
        method=method * len(labels),
        statistic=column("statistic"),
        df=column("df"),
        df2=column("df2"),
        pvalue=column("pvalue").clip(min=SMALLEST),
        n=np.repeat(np.asarray(n, dtype=np.int64), tests),
        groups=np.repeat([len(block) for block in scores], tests),
        scores=tuple(block for block in (tuple(part.tolist()) for part in scores) for _ in range(tests)),
        metric=metric,
        score_method=method[0],
        method_title=title,
        references=metric.references + references,
        notes=counts.notes + notes,
    )


def _of_margins(statistic: FloatArray, df: IntArray) -> Verdict:
    return kernel.against_chi_square(statistic, df.astype(np.float64))


def _settings(method: str, metric: Metric, rng: Any, n_resamples: int | None) -> Settings:
    """Check what is asked of the test of the score; it has no level and no side."""
    return settings_for(
        method,
        metric,
        confidence_level=0.95,
        alternative="two-sided",
        pseudo_counts=None,
        rng=rng,
        n_resamples=n_resamples,
        methods=tuple(HOMOGENEITY_METHODS),
    )


def _blocks(counts: RatingCounts | SurveyCounts) -> list[IndexArray]:
    """Find the groups that are compared with each other: those with equal labels but the last."""
    if not counts.by:
        msg = "there is only one group, and nothing to compare it with. Tabulate with `by`."
        raise ValueError(msg)
    blocks: dict[Label, list[int]] = {}
    for i, label in enumerate(counts.labels):
        blocks.setdefault(label[:-1], []).append(i)
    alone = [rows[0] for rows in blocks.values() if len(rows) == 1]
    if alone:
        name, label = counts.by[-1], counts.labels[alone[0]]
        where = f" within {group_text(label[:-1])}" if len(label) > 1 else ""
        out = (
            f"; {len(alone)} of {len(blocks)} are so. Leave them out with `counts.select(...)`"
            if len(label) > 1
            else ""
        )
        msg = (
            f"groups are compared by {name!r}, the last group column, and {group_text(label[-1])!r} is the only "
            f"one{where}{out}. `counts.pool(...)` puts another column last."
        )
        raise ValueError(msg)
    return [np.array(rows, dtype=np.intp) for rows in blocks.values()]


def _by_size(blocks: list[IndexArray], counts: FloatArray, test: Callable[[FloatArray], Verdict]) -> Verdict:
    """Apply a test to all blocks, those with equally many groups at once."""
    columns = {name: np.empty(len(blocks)) for name in COLUMNS}
    sizes = np.array([rows.size for rows in blocks])
    for size in np.unique(sizes):
        which = np.flatnonzero(sizes == size)
        verdict = test(counts[np.stack([blocks[i] for i in which])])
        for name, column in columns.items():
            column[which] = getattr(verdict, name)
    return Verdict(**columns)


def _without_answer(verdict: Verdict, where: BoolArray) -> Verdict:
    """Take the answers back where groups without spread make weights without bound."""
    return Verdict(*(np.where(where, np.nan, getattr(verdict, name)) for name in COLUMNS))
