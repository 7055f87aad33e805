"""Do two questions measure the same thing?"""

from itertools import combinations
from typing import Any, TypeAlias

import numpy as np

from npsstats.critique.linearising import covariance_by_group, critical_values, is_survey, shares_of
from npsstats.critique.together import check_same_people
from npsstats.inference.methods import check_confidence_level
from npsstats.kernels.ordinal_association import kendall_tau_b, spearman
from npsstats.kernels.polychoric import polychoric_correlation
from npsstats.kernels.transformed_limits import fisher_limits
from npsstats.ratings.joint import JointCounts
from npsstats.ratings.pairs import PairedCounts
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.associations import MEASURES, ItemAssociation
from npsstats.results.protocol import group_text
from npsstats.typing import BoolArray, FloatArray, IndexArray, IntArray, Label

__all__ = ["check_joint", "direction", "item_association"]

KERNELS = {"spearman": spearman, "tau_b": kendall_tau_b, "polychoric": polychoric_correlation}

# With fewer respondents the polychoric interval covered 90-95 % in simulations, at a level of 95 %.
ENOUGH = 100

# A standard error below this is rounding: of a perfect association it is 0.
ROUNDING = 1e-12

Columns: TypeAlias = dict[str, FloatArray]


def item_association(counts: JointCounts | PairedCounts, *, confidence_level: float = 0.95) -> ItemAssociation:
    """Measure how closely the ratings on several questions go together, among those who answered both.

    The ratings themselves are compared, all of them, not the values of the metrics: a promoter who gives a 10 is told
    from one who gives a 9. Use `conflicting_customers` for who rates one question well and another badly.

    Parameters
    ----------
    counts : JointCounts or PairedCounts
        Respondents by combination of ratings, from `tabulate_joint`, with two metrics or more.
    confidence_level : float, default 0.95
        The level of each interval by itself.

    Returns
    -------
    ItemAssociation
        Per group and pair of metrics Spearman's correlation, Kendall's tau-b and the polychoric correlation, each with
        its standard error and limits, from -1 to 1. Positive means that favourable ratings go together.

    Raises
    ------
    TypeError
        If there are no joint counts.
    ValueError
        If there is one metric only, one whose favourable end is not said, as of effort, or two that nobody rated both.

    Notes
    -----
    Spearman's correlation of mid-ranks and tau-b [1]_ are correlations of the ratings as they were given; few ratings,
    and ratings that pile up at one end, keep them below 1. The polychoric correlation [2]_ is that of the two opinions
    behind the ratings, if these are normal and cut into ratings: it can be compared across scales of different lengths,
    at the price of that assumption. It is estimated in two steps, cuts first.

    Intervals are those of the delta method on the scale of arctanh [3]_, for surveys by their design. They hold the
    estimation of the cuts, and do not rest on the normal law. Of a perfect association they know nothing, and are -1
    to 1. In simulations with 100 respondents and more they hold their level to within a point, the polychoric ones to
    within about two; with 20 to 50 these fall short by up to about five, and a note says so.

    References
    ----------
    .. [1] Kendall, M. G. (1945). The treatment of ties in ranking problems. Biometrika 33, 239-251.
    .. [2] Olsson, U. (1979). Maximum likelihood estimation of the polychoric correlation coefficient. Psychometrika 44,
       443-460. doi:10.1007/BF02296207
    .. [3] Brown, M. B. & Benedetti, J. K. (1977). Sampling behavior of tests for correlation in two-way contingency
       tables. Journal of the American Statistical Association 72, 309-315.

    Examples
    --------
    >>> import npsstats as nps
    >>> effort = nps.effort_score(nps.Scale(1, 3), favourable="low", name="effort")
    >>> counts = nps.JointCounts.from_table(
    ...     [[10, 20, 60], [40, 90, 70], [160, 120, 30]], metrics=[nps.NPS_CATEGORIES, effort]
    ... )
    >>> print(nps.item_association(counts).sentences()[0])
    NPS and effort of the same 600 respondents tend to go together, favourable with favourable: Spearman 0.47 (0.40 to
    0.53), Kendall's tau-b 0.43 (0.37 to 0.49), polychoric 0.59 (0.50 to 0.66); 95 % intervals.
    """
    joint = check_joint(counts, "item_association")
    check_confidence_level(confidence_level)
    signs = [direction(metric) for metric in joint.metrics]
    quantiles = critical_values(joint, confidence_level)
    pairs = list(combinations(range(len(joint.metrics)), 2))
    found = [_of_pair(joint, pair, signs[pair[0]] * signs[pair[1]], quantiles) for pair in pairs]
    size = len(joint)
    # Rows by group, then by pair.
    columns: dict[str, Any] = {
        name: np.stack([columns[name] for _, columns in found], axis=1).ravel() for name in found[0][1]
    }
    n = np.stack([n for n, _ in found], axis=1).ravel()
    labels = tuple(label for label in joint.labels for _ in pairs)
    names = [(joint.names[first], joint.names[second]) for first, second in pairs] * size
    cells = joint.cells
    return ItemAssociation(
        by=joint.by,
        labels=labels,
        metric=tuple(first for first, _ in names),
        other_metric=tuple(second for _, second in names),
        n=n,
        **columns,
        metrics=joint.metrics,
        confidence_level=float(confidence_level),
        references=("kendall1945", "olsson1979", "owen1956", "brown1977"),
        notes=joint.notes + _notes(labels, names, n, columns, np.repeat(np.isinf(quantiles), len(pairs))),
        design=cells.design.description if isinstance(cells, SurveyCounts) else "",
    )


def check_joint(counts: JointCounts | PairedCounts, asked_by: str) -> JointCounts:
    """Take joint counts of two metrics or more of the same respondents, whose favourable ends are said."""
    joint = JointCounts.from_pairs(counts) if isinstance(counts, PairedCounts) else counts
    if not isinstance(joint, JointCounts):
        msg = f"`counts` must be JointCounts, such as npsstats.tabulate_joint(...); got {type(counts).__name__}."
        raise TypeError(msg)
    if len(joint.metrics) < 2:
        msg = f"`{asked_by}` needs two metrics or more of the same respondents; got {', '.join(joint.names)} only."
        raise ValueError(msg)
    for metric in joint.metrics:
        direction(metric)
    check_same_people(joint)
    return joint


def direction(metric: Metric) -> int:
    """Say whether high ratings are favourable, 1, or low ones, -1; of a metric that falls as ratings rise, turned."""
    values = np.array(metric.values)
    places = np.arange(values.size) - (values.size - 1) / 2
    return metric.sign * (-1 if values @ places < 0 else 1)


def _of_pair(joint: JointCounts, pair: tuple[int, int], sign: int, quantiles: FloatArray) -> tuple[IntArray, Columns]:
    """Estimate the associations of two metrics in all groups, with respondents who rated both."""
    names = [joint.names[place] for place in pair]
    # Of a survey all respondents decide the variance; of simple counts those who rated both.
    counts = joint if is_survey(joint) else joint.complete(*names)
    answers = counts.answers[:, list(pair)]
    both = (answers >= 0).all(axis=1)
    n = counts.counts[:, both].sum(axis=1)
    shares = np.nan_to_num(shares_of(counts))
    rated = shares[:, both].sum(axis=1)
    sizes = [joint.metrics[place].scale.size for place in pair]
    tables = np.zeros((len(joint), *sizes))
    np.add.at(tables.transpose(1, 2, 0), tuple(answers[both].T), shares[:, both].T)
    known = rated > 0
    tables[known] /= rated[known, None, None]
    values, influence = [], np.zeros((len(MEASURES), *shares.shape))
    for place, measure in enumerate(MEASURES):
        value, slope = KERNELS[measure](tables)
        values.append(np.where(known, sign * value, np.nan))
        # The shares among those who rated both are ratios: p / rated.
        influence[place][:, both] = slope[:, *answers[both].T] / np.where(known, rated, np.nan)[:, None]
    errors = _errors(counts, influence)
    columns: Columns = {}
    for measure, value, error in zip(MEASURES, values, errors, strict=True):
        columns |= _limits(measure, value, error, quantiles)
    return n, columns


def _errors(counts: JointCounts, influence: FloatArray) -> FloatArray:
    """Compute the standard errors of estimates in each group alone; nan where there is no influence.

    Influences have the shape (estimates, groups, combinations).
    """
    variances = np.diagonal(covariance_by_group(counts, influence), axis1=1, axis2=2).T
    errors: FloatArray = np.sqrt(variances.clip(min=0.0))
    return errors


def _limits(measure: str, value: FloatArray, error: FloatArray, quantiles: FloatArray) -> Columns:
    """Compute limits on the scale of arctanh, where d arctanh(r) = dr / (1 - r^2)."""
    known = (error > ROUNDING) & (np.abs(value) < 1 - ROUNDING)
    # An infinite error: limits at the ends of the scale.
    low, high = fisher_limits(np.where(known, value, 0.0), np.where(known, error, np.inf), quantiles)
    return {
        measure: value,
        f"{measure}_standard_error": np.where(known, error, np.nan),
        f"{measure}_low": low,
        f"{measure}_high": high,
    }


def _notes(
    labels: tuple[Label, ...], names: list[tuple[str, str]], n: IntArray, columns: Columns, unbounded: BoolArray
) -> tuple[str, ...]:
    """Say where there is no correlation, no standard error or no degrees of freedom, and where errors are too small."""
    notes = []
    for measure, title in MEASURES.items():
        value, error = columns[measure], columns[f"{measure}_standard_error"]
        lost = np.flatnonzero(np.isfinite(value) & np.isnan(error))
        if lost.size:
            notes.append(
                f"{title}: of an association at its end, or of too few respondents or clusters, there is no standard "
                f"error, and limits are −1 and 1: {_where(lost, labels, names)}"
            )
    single = np.flatnonzero(unbounded & np.isfinite(columns["spearman_standard_error"]))
    if single.size:
        notes.append(
            "no interval can be had of as few clusters as there are strata, and limits are −1 and 1: "
            f"{_where(single, labels, names)}"
        )
    few = np.flatnonzero((n < ENOUGH) & np.isfinite(columns["polychoric_standard_error"]))
    if few.size:
        notes.append(
            f"polychoric: with fewer than {ENOUGH} respondents the interval is too short, and holds the truth less "
            f"often than it says: {_where(few, labels, names)}"
        )
    none = np.flatnonzero(np.isnan(columns["spearman"]))
    if none.size:
        notes.append(f"one of the ratings is always the same, or nobody rated both: {_where(none, labels, names)}")
    return tuple(notes)


def _where(
    rows: IndexArray,
    labels: tuple[Label, ...],
    names: list[tuple[str, str]],
) -> str:
    """Name the first rows, and count the others."""
    shown = [f"{' and '.join(names[row])}{f' ({group_text(labels[row])})' if labels[row] else ''}" for row in rows[:3]]
    more = f" and {rows.size - 3} more" if rows.size > 3 else ""
    return f"{'; '.join(shown)}{more}"
