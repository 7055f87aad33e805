"""What kind of distribution is behind the score?"""

from collections.abc import Callable, Hashable
from dataclasses import replace

import numpy as np
from scipy.special import stdtr

from npsstats.critique.facing import faced
from npsstats.critique.linearising import covariance_by_group, covariance_of, critical_values, shares_of
from npsstats.inference.adjustment import adjusted_pvalues
from npsstats.inference.comparison import compare
from npsstats.inference.estimation import estimate
from npsstats.inference.methods import check_confidence_level, check_counts, check_metric, pvalues
from npsstats.inference.surveyed import check_survey
from npsstats.kernels.ordinal_spread import entropy_of, ordinal_dispersion
from npsstats.kernels.transformed_limits import logit_limits
from npsstats.ratings.checks import check_whole_number
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import NPS, NPS_CATEGORIES, Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.polarisations import MEASURES, Polarisation, ShapeContrast
from npsstats.typing import BoolArray, FloatArray, IntArray, Label

__all__ = ["polarisation"]

# One imagined respondent, spread over all ratings, stands for rare ones that a sample may lack.
IMAGINED = 1.0

# Detractors on 0-10 who gave this or less are deep ones.
DEEP_TO = 3

ONLY_CLASSES = (
    "the counts hold classes instead of ratings: how deep detractors are is not known, and entropy and dispersion are "
    "those of three classes"
)


def polarisation(
    counts: RatingCounts | SurveyCounts,
    *,
    metric: Metric | None = None,
    deep_to: int | None = None,
    reference: Hashable = "all-pairs",
    confidence_level: float = 0.95,
) -> Polarisation:
    """Say what kind of distribution is behind a score: who takes a side, how deep detractors are, how far apart all.

    30 % promoters and 10 % detractors make +20, and so do 20 % and none. A 0 and a 6 weigh the same. The shares behind
    the score, each with its interval, tell such cases apart; pairs of groups whose scores are not told apart, but whose
    shares are, stand in the sentences of the result.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        Respondents by group and rating.
    metric : Metric, optional
        A score with three classes; by default the metric of the counts.
    deep_to : int, optional
        The highest rating of a deep detractor; 3 on the scale 0-10, to be given on others.
    reference : hashable, default "all-pairs"
        Which groups are put face to face: a label, ``"previous"``, ``"year-before"``, ``"rest"`` or ``"all-pairs"``.
    confidence_level : float, default 0.95
        The level of the intervals, between 0 and 1.

    Returns
    -------
    Polarisation
        Per group ``score, promoters, passives, detractors, deep, shallow, depth, not_passive, standard_deviation,
        entropy, dispersion``, each with ``_low`` and ``_high``.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If the metric has no three classes in the order of the ratings, is on another scale, `deep_to` does not divide
        the detractors, or the reference or level is not valid.
    UndefinedScoreError
        If a group has no rating.

    Warns
    -----
    SmallSampleWarning
        If respondents of a survey count like too few independent ones, or their answers are too lopsided, for an
        interval to keep its level.

    Notes
    -----
    With shares p and cumulated shares F of K ratings, entropy is -sum p log p / log K, and dispersion 4 sum F (1 - F) /
    (K - 1) (Blair and Lacy's 1 - l^2 [1]_): 0 if all give one rating, 1 if half are at each end. Few respondents leave
    ratings out, so the entropy of their shares is too low: sum Var(p) / (2 p log K) is added, which is (k - 1) /
    (2 n log K) for k ratings that occur among n independent respondents. Intervals of shares are score intervals; that
    of depth is conditional on the number of detractors, in a survey by linearisation; those of the rest are by the
    delta method, on the logarithm for the standard deviation and on the logit for dispersion; their errors are those of
    shares with one respondent more, spread evenly over all ratings, as a sample without the rare ones knows too little
    of them, and that of entropy also holds the size of its correction.

    References
    ----------
    .. [1] Blair, J. & Lacy, M. G. (2000). Statistics of ordinal variation. Sociological Methods & Research 28, 251-280.

    Examples
    --------
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_histogram(
    ...     [[30, 0, 0, 0, 0, 10, 60, 300, 300, 200, 100], [0, 0, 0, 0, 0, 0, 0, 400, 400, 150, 50]],
    ...     groups=["A", "B"],
    ... )
    >>> for sentence in nps.polarisation(counts).sentences():
    ...     print(sentence)
    A: NPS 20.0 (n = 1,000): 40.0 % are not passive, 30.0 % promoters and 10.0 % detractors; of the detractors 30.0 %
    gave 0-3 (21.6 to 39.5 %).
    B: NPS 20.0 (n = 1,000): 20.0 % are not passive, 20.0 % promoters and 0.0 % detractors.
    B against A: a difference of NPS is not detected (20.0 and 20.0; p = 0.999), but 20.0 % against 40.0 % are not
    passive (adjusted p = 1.8e-22): the single number hides it.
    """
    metric = _checked(counts, metric)
    deep_to = _check_depth(metric, deep_to)
    check_confidence_level(confidence_level)
    members = _classes(metric, deep_to)
    found = {name: _share(counts, inside, confidence_level) for name, inside in members.items()}
    if deep_to is None:
        unknown = np.full(len(counts), np.nan)
        found |= dict.fromkeys(("deep", "shallow", "depth"), (unknown, unknown, unknown))
    else:
        found["depth"] = _depth(counts, members["deep"], members["detractors"], confidence_level)
    whole = estimate(counts, metric=metric, confidence_level=confidence_level)
    found["score"] = (whole.score, whole.low, whole.high)
    found |= _spreads(counts, metric, critical_values(counts, confidence_level))
    low, high = (np.column_stack([found[measure][end] for measure in MEASURES]) for end in (1, 2))
    comparisons, remarks = _comparisons(counts, reference, metric, members)
    only_classes = (ONLY_CLASSES,) if metric.scale == NPS_CATEGORIES.scale else ()
    return Polarisation(
        by=counts.by,
        labels=counts.labels,
        n=counts.n,
        score=found["score"][0],
        promoters=found["promoters"][0],
        passives=found["passives"][0],
        detractors=found["detractors"][0],
        deep=found["deep"][0],
        shallow=found["shallow"][0],
        depth=found["depth"][0],
        not_passive=found["not_passive"][0],
        standard_deviation=found["standard_deviation"][0],
        entropy=found["entropy"][0],
        dispersion=found["dispersion"][0],
        low=low,
        high=high,
        comparisons=comparisons,
        deep_to=deep_to,
        metric=metric,
        confidence_level=float(confidence_level),
        references=(*whole.references, "blair2000", "holm1979"),
        notes=(*counts.notes, *remarks, *only_classes),
        design=counts.design.description if isinstance(counts, SurveyCounts) else "",
    )


def _checked(counts: RatingCounts | SurveyCounts, metric: Metric | None) -> Metric:
    """Check the counts, and that the metric puts ratings into three classes, low ratings lowest."""
    check_metric(counts, metric)
    found = check_survey(counts, metric) if isinstance(counts, SurveyCounts) else check_counts(counts, metric)[1]
    if found.levels.size != 3 or np.any(np.diff(found.values) < 0):
        msg = (
            f"`metric` must put ratings into three classes, the lowest ratings into the lowest; {found.name} does not. "
            "Make one with net_score(scale, promoters_from=..., detractors_to=...)."
        )
        raise ValueError(msg)
    return found


def _check_depth(metric: Metric, deep_to: int | None) -> int | None:
    """Check that the border of deep detractors lies among detractors; None where only classes are known."""
    ratings = metric.scale.ratings[np.array(metric.values) == metric.levels[0]]
    if deep_to is None:
        if metric.scale == NPS_CATEGORIES.scale:
            return None
        if metric.scale != NPS.scale:
            msg = f"`deep_to` must be given on the scale {metric.scale}: the highest rating of a deep detractor."
            raise ValueError(msg)
        deep_to = DEEP_TO
    deep_to = check_whole_number("deep_to", deep_to)
    if not ratings[0] <= deep_to < ratings[-1]:
        msg = (
            f"`deep_to` must divide the detractors, who gave {ratings[0]}-{ratings[-1]} in {metric.name}, into "
            f"deep ones and others; got {deep_to}."
        )
        raise ValueError(msg)
    return deep_to


def _classes(metric: Metric, deep_to: int | None) -> dict[str, BoolArray]:
    """Say which ratings belong to which share."""
    values, ratings = np.array(metric.values), metric.scale.ratings
    names = dict(zip(("detractors", "passives", "promoters"), metric.levels, strict=True))
    classes = {name: values == level for name, level in names.items()}
    classes["not_passive"] = ~classes["passives"]
    if deep_to is not None:
        classes["deep"] = ratings <= deep_to
        classes["shallow"] = classes["detractors"] & ~classes["deep"]
    return classes


def _member(metric: Metric, inside: BoolArray, name: str) -> Metric:
    """Make the metric of a share, in points of 0-100."""
    return Metric(name, metric.scale, tuple(np.where(inside, 100.0, 0.0).tolist()))


def _share(counts: RatingCounts | SurveyCounts, inside: BoolArray, confidence_level: float) -> tuple[FloatArray, ...]:
    """Estimate a share with its score interval, 0-1."""
    found = estimate(counts, metric=_member(counts.metric, inside, "share"), confidence_level=confidence_level)
    return found.score / 100, found.low / 100, found.high / 100


def _depth(
    counts: RatingCounts | SurveyCounts, deep: BoolArray, detractors: BoolArray, confidence_level: float
) -> tuple[FloatArray, ...]:
    """Estimate the share of the deep ones among detractors; nan where there are none."""
    value, low, high = (np.full(len(counts), np.nan) for _ in range(3))
    if isinstance(counts, SurveyCounts):
        ratio = _ratio(counts, deep, detractors)
        variance = np.diagonal(_covariance_of_ratios(counts, ratio, deep, detractors))
        limits = logit_limits(ratio, np.sqrt(variance), critical_values(counts, confidence_level))
        return ratio, *limits
    among = _among(counts, detractors)
    some = np.flatnonzero(among.n > 0)
    if some.size:
        value[some], low[some], high[some] = _share(
            among.select(*(among.groups[i] for i in some)) if among.by else among, deep, confidence_level
        )
    return value, low, high


def _among(counts: RatingCounts, kept: BoolArray) -> RatingCounts:
    """Keep the respondents with these ratings."""
    return replace(counts, counts=counts.counts * kept, missing=counts.missing + (counts.counts * ~kept).sum(axis=1))


def _ratio(counts: RatingCounts | SurveyCounts, part: BoolArray, whole: BoolArray) -> FloatArray:
    """Compute the share of a part in a whole for each group; nan where there is no whole."""
    shares = shares_of(counts)
    size = shares @ whole
    ratio: FloatArray = np.divide(shares @ part, size, out=np.full(len(size), np.nan), where=size > 0)
    return ratio


def _covariance_of_ratios(counts: SurveyCounts, ratio: FloatArray, part: BoolArray, whole: BoolArray) -> FloatArray:
    """Compute the covariance of such shares by linearisation; 0 where there is no whole."""
    shares = shares_of(counts)
    size = (shares @ whole)[:, None]
    slopes = part - np.nan_to_num(ratio)[:, None] * whole
    influence = np.zeros((len(counts), *shares.shape))
    at = np.arange(len(counts))
    influence[at, at] = np.divide(slopes, size, out=np.zeros_like(shares), where=size > 0)
    return covariance_of(counts, influence)


def _spreads(counts: RatingCounts | SurveyCounts, metric: Metric, z: FloatArray) -> dict[str, tuple[FloatArray, ...]]:
    """Compute the standard deviation of the values, entropy and dispersion, with limits by the delta method."""
    shares, values = shares_of(counts), np.array(metric.values)
    deviation, _ = _deviation_of(shares, values)
    error = _smooth_errors(counts, lambda moved: _deviation_of(moved, values))
    some = deviation > 0
    known = some & (error > 0)
    factor = np.exp(z * np.where(known, error / np.where(some, deviation, 1.0), 1.0))
    low, high = (np.where(known, limit, np.nan) for limit in (deviation / factor, deviation * factor))
    spreads: dict[str, tuple[FloatArray, ...]] = {"standard_deviation": (deviation, low, high)}
    value, _ = ordinal_dispersion(shares)
    spreads["dispersion"] = (value, *logit_limits(value, _smooth_errors(counts, ordinal_dispersion), z))
    spreads["entropy"] = _entropy(counts, shares, z)
    return spreads


def _deviation_of(shares: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute the standard deviation of the values, and its derivatives by the shares; 0 where there is none."""
    squares = (values - (shares @ values)[:, None]) ** 2
    deviation: FloatArray = np.sqrt((shares * squares).sum(axis=1))
    some = deviation[:, None] > 0
    return deviation, np.divide(squares, 2 * deviation[:, None], out=np.zeros_like(squares), where=some)


def _entropy(counts: RatingCounts | SurveyCounts, shares: FloatArray, z: FloatArray) -> tuple[FloatArray, ...]:
    """Compute the entropy without its bias, with limits."""
    plain, _ = entropy_of(shares)
    if isinstance(counts, SurveyCounts):
        variances = np.diagonal(counts.covariance).reshape(shares.shape)
    else:
        variances = shares * (1 - shares) / counts.n[:, None]
    # By the second term of Taylor's series, log K E H = log K H - sum Var(p) / (2 p).
    bias = np.divide(variances, 2 * shares, out=np.zeros_like(shares), where=shares > 0).sum(axis=1)
    value = (plain + bias / np.log(shares.shape[1])).clip(max=1)
    error = _smooth_errors(counts, entropy_of)
    # How many ratings are left out is as little known as the correction is large.
    error = np.where(error > 0, np.hypot(error, bias / np.log(shares.shape[1])), 0.0)
    reach = z * np.where(error > 0, error, 1.0)
    low, high = (value - reach).clip(min=0), (value + reach).clip(max=1)
    return value, np.where(error > 0, low, np.nan), np.where(error > 0, high, np.nan)


def _errors(counts: RatingCounts | SurveyCounts, gradient: FloatArray) -> FloatArray:
    """Compute the standard error of an estimate in each group, from its derivatives by the shares."""
    error: FloatArray = np.sqrt(covariance_by_group(counts, gradient[None])[:, 0, 0].clip(min=0))
    return error


def _smooth_errors(
    counts: RatingCounts | SurveyCounts, kernel: Callable[[FloatArray], tuple[FloatArray, FloatArray]]
) -> FloatArray:
    """Compute standard errors that know of ratings which few respondents happen not to give; 0 where all are alike.

    Those of independent respondents are taken where one more, spread evenly over all ratings, puts the shares.
    """
    error = _errors(counts, kernel(shares_of(counts))[1])
    if isinstance(counts, SurveyCounts):
        return error
    n = counts.n[:, None]
    shares = (counts.counts + IMAGINED / counts.counts.shape[1]) / (n + IMAGINED)
    slopes = kernel(shares)[1]
    centred = slopes - (slopes * shares).sum(axis=1, keepdims=True)
    smooth = np.sqrt((centred**2 * shares).sum(axis=1) / np.maximum(counts.n - 1, 1))
    return np.where(error > 0, smooth, 0.0)


def _comparisons(
    counts: RatingCounts | SurveyCounts, reference: Hashable, metric: Metric, members: dict[str, BoolArray]
) -> tuple[tuple[ShapeContrast, ...], tuple[str, ...]]:
    """Put groups face to face; none where no two groups can be. With notes, such as of groups without a partner."""
    blocks = [label[:-1] for label in counts.labels]
    if reference == "all-pairs" and len(set(blocks)) == len(blocks):
        return (), ()
    facings, notes = _faced(counts, reference)
    scores = _tests(counts, facings, reference, metric)
    taking = _tests(counts, facings, reference, _member(metric, members["not_passive"], "not passive"))
    depths = _depth_tests(facings, metric, members)
    adjusted = adjusted_pvalues(np.column_stack([taking[:, 2], depths[:, 2]]).ravel(), "holm").reshape(-1, 2)
    rows = zip(facings, scores.tolist(), (taking / 100).tolist(), depths.tolist(), adjusted.tolist(), strict=True)
    contrasts = tuple(
        ShapeContrast(
            label=label,
            reference=other,
            scores=(score[0], score[1]),
            score_pvalue=score[2],
            not_passive=(sides[0], sides[1]),
            not_passive_pvalue=pvalue,
            depth=(depth[0], depth[1]),
            depth_pvalue=depth_pvalue,
        )
        for (label, other, _), score, sides, depth, (pvalue, depth_pvalue) in rows
    )
    return contrasts, notes


def _faced(
    counts: RatingCounts | SurveyCounts, reference: Hashable
) -> tuple[list[tuple[Label, Hashable, RatingCounts | SurveyCounts]], tuple[str, ...]]:
    """Give each group, what it is compared with, and the counts of both; with notes."""
    # The same for either kind; but a kind has to be known for its pairs to have one.
    if isinstance(counts, SurveyCounts):
        weighted, notes = faced(counts, reference)
        return [(facing.label, facing.reference, facing.counts) for facing in weighted], notes
    simple, notes = faced(counts, reference)
    return [(facing.label, facing.reference, facing.counts) for facing in simple], notes


def _tests(
    counts: RatingCounts | SurveyCounts,
    facings: list[tuple[Label, Hashable, RatingCounts | SurveyCounts]],
    reference: Hashable,
    metric: Metric,
) -> FloatArray:
    """Test that the scores of both sides are equal: scores of group and reference, and p-values, shape (pairs, 3)."""
    if isinstance(counts, SurveyCounts):
        found = compare(counts, reference=reference, metric=metric, adjustment="none")
    else:
        sides = [both.counts for _, _, both in facings if isinstance(both, RatingCounts)]
        found = compare(_pairs(sides, metric), reference="reference", metric=metric, adjustment="none")
    return np.column_stack([found.score, found.score_reference, found.pvalue])


def _pairs(sides: list[IntArray], metric: Metric) -> RatingCounts:
    """Put pairs of reference and group into blocks of their own, so that they are tested at once."""
    return RatingCounts(
        np.concatenate(sides),
        metric=metric,
        missing=np.zeros(2 * len(sides), dtype=np.int64),
        by=("pair", "side"),
        labels=tuple((i, side) for i in range(len(sides)) for side in ("reference", "group")),
    )


def _depth_tests(
    facings: list[tuple[Label, Hashable, RatingCounts | SurveyCounts]], metric: Metric, members: dict[str, BoolArray]
) -> FloatArray:
    """Test the depth of both sides: depths of group and reference, p-values, nan without detractors on either side."""
    found = np.full((len(facings), 3), np.nan)
    if "deep" not in members:
        return found
    deep, detractors = members["deep"], members["detractors"]
    simple: dict[int, IntArray] = {}
    for row, (_, _, both) in enumerate(facings):
        ratio = _ratio(both, deep, detractors)
        found[row, :2] = ratio[::-1]
        if np.isnan(ratio).any():
            continue
        if isinstance(both, RatingCounts):
            simple[row] = both.counts * detractors
        else:
            covariance = _covariance_of_ratios(both, ratio, deep, detractors)
            found[row, 2] = _linearised_test(ratio, covariance, int(both.df.min()))
    if simple:
        member = _member(metric, deep, "depth")
        pairs = _pairs(list(simple.values()), member)
        found[list(simple), 2] = compare(pairs, reference="reference", metric=member, adjustment="none").pvalue
    return found


def _linearised_test(ratio: FloatArray, covariance: FloatArray, df: int) -> float:
    """Test that two ratios of a survey are equal, by Student's t; nan where nothing is known of the variance."""
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    if variance <= 0 or df < 1:
        return np.nan
    t = np.array([(ratio[1] - ratio[0]) / np.sqrt(variance)])
    return float(pvalues(t, "two-sided", lambda size: stdtr(df, -size))[0])
