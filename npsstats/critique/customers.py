"""Who likes us by one question, and not by another?"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any, TypeAlias

import numpy as np

from npsstats.critique.items import check_joint, direction
from npsstats.critique.linearising import shares_of
from npsstats.inference.estimation import estimate
from npsstats.inference.methods import check_confidence_level
from npsstats.inference.response_rates import warned_once
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.designs import SampleDesign
from npsstats.ratings.joint import JointCounts
from npsstats.ratings.pairs import PairedCounts
from npsstats.ratings.scales import Metric, Scale, top_box
from npsstats.ratings.surveys import SurveyCounts
from npsstats.ratings.variances import Linearised, Replicates
from npsstats.results.conflicts import ConflictingCustomers
from npsstats.typing import BoolArray, FloatArray, IntArray, Label

__all__ = ["conflicting_customers"]

Ratings: TypeAlias = Mapping[str, Collection[int | str]]

# Whether a respondent of a class is in conflict: not, or so.
IN_CONFLICT = top_box(Scale(0, 1), boxes=1, name="share in conflict")
CONFLICTS = ("favourable-unfavourable", "unfavourable-favourable")


@dataclass(frozen=True, slots=True)
class _End:
    """The ratings at one end of a metric, and what those who give them are called."""

    ratings: BoolArray
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Conflict:
    """A class of customers by one metric, and the opposite end of another."""

    metrics: tuple[int, int]
    kind: str
    ends: tuple[_End, _End]

    def members(self, answers: np.ndarray) -> tuple[BoolArray, BoolArray, BoolArray]:
        """Say which combinations of ratings hold both ratings, are of the class, and are in conflict."""
        columns = [answers[:, place] for place in self.metrics]
        both = (columns[0] >= 0) & (columns[1] >= 0)
        ends = [end.ratings[column] for end, column in zip(self.ends, columns, strict=True)]
        return both, both & ends[0], both & ends[0] & ends[1]


def conflicting_customers(
    counts: JointCounts | PairedCounts,
    *,
    satisfied: Ratings | None = None,
    dissatisfied: Ratings | None = None,
    confidence_level: float = 0.95,
) -> ConflictingCustomers:
    """Count the customers whom two metrics judge in opposite ways: promoters who are dissatisfied, for one.

    They are why two metrics of the same people can tell two stories. Use `item_association` for how closely the
    ratings go together as a whole.

    Parameters
    ----------
    counts : JointCounts or PairedCounts
        Respondents by combination of ratings, from `tabulate_joint`, with two metrics or more.
    satisfied, dissatisfied : mapping of str to collection of int or str, optional
        For metrics named here, the ratings that count as favourable, or as unfavourable, such as ``{"CSAT": (5,)}``. By
        default promoters and detractors of metrics with three values; of others the ratings above and below the middle
        of the scale, turned round where low is favourable. Ratings in neither set are neither.
    confidence_level : float, default 0.95
        The level of each interval by itself.

    Returns
    -------
    ConflictingCustomers
        Per group, ordered pair of metrics and way round the number of customers, their share of their class by the
        first metric, and of all who rated both, with skewness-corrected score intervals [1]_.

    Raises
    ------
    TypeError
        If there are no joint counts, or no sets of ratings.
    ValueError
        If there is one metric only, one whose favourable end is not said, two that nobody rated both, a rating that is
        not on its scale, or one that is both favourable and unfavourable.

    Warns
    -----
    SmallSampleWarning
        If a survey has too few clusters, or too few customers in conflict, for an interval to keep its level.

    Notes
    -----
    Of a survey, shares are weighted and intervals those of `estimate` for the class of customers, with the degrees of
    freedom of their group. Numbers n are always respondents.

    References
    ----------
    .. [1] Laud, P. J. (2017). Equal-tailed confidence intervals for comparison of rates. Pharmaceutical
       Statistics 16, 334-348. doi:10.1002/pst.1813

    Examples
    --------
    >>> import npsstats as nps
    >>> three = nps.mean_rating(nps.Scale(1, 3), name="CSAT")
    >>> counts = nps.JointCounts.from_table(
    ...     [[60, 20, 10], [40, 90, 70], [8, 120, 182]], metrics=[nps.NPS_CATEGORIES, three]
    ... )
    >>> for sentence in nps.conflicting_customers(counts).sentences()[:2]:
    ...     print(sentence)
    Promoters (NPS) but low CSAT (1): 8 of 310, 2.6 % (95 % interval 1.2 to 4.8 %), and 1.3 % (0.6 to 2.5 %) of all 600
    who rated both NPS and CSAT.
    Detractors (NPS) but high CSAT (3): 10 of 90, 11.1 % (95 % interval 5.8 to 18.9 %), and 1.7 % (0.9 to 2.9 %) of all
    600 who rated both NPS and CSAT.
    """
    joint = check_joint(counts, "conflicting_customers")
    check_confidence_level(confidence_level)
    ends = _ends_of_all(joint.metrics, satisfied, dissatisfied)
    conflicts = [
        _Conflict(metrics=pair, kind=kind, ends=(ends[pair[0]][way], ends[pair[1]][1 - way]))
        for pair in permutations(range(len(joint.metrics)), 2)
        for way, kind in enumerate(CONFLICTS)
    ]
    members = np.array([conflict.members(joint.answers) for conflict in conflicts])
    with warned_once():
        shares, title, references = _shares(joint, conflicts, members, confidence_level)
    sizes = np.einsum("gc,rkc->grk", joint.counts, members.astype(np.int64)).reshape(-1, 3)
    rows = [(group, conflict) for group in range(len(joint)) for conflict in conflicts]
    tables = _tables(joint, conflicts)
    cells = joint.cells
    return ConflictingCustomers(
        by=joint.by,
        labels=tuple(joint.labels[group] for group, _ in rows),
        metric=tuple(joint.names[conflict.metrics[0]] for _, conflict in rows),
        other_metric=tuple(joint.names[conflict.metrics[1]] for _, conflict in rows),
        conflict=tuple(conflict.kind for _, conflict in rows),
        customers=tuple(conflict.ends[0].words for _, conflict in rows),
        who=tuple(conflict.ends[1].words for _, conflict in rows),
        n=sizes[:, 2],
        n_customers=sizes[:, 1],
        n_both=sizes[:, 0],
        **shares,
        tables=tuple(tables[conflict.metrics][group] for group, conflict in rows),
        customer_ratings=tuple(conflict.ends[0].ratings for _, conflict in rows),
        who_ratings=tuple(conflict.ends[1].ratings for _, conflict in rows),
        metrics=joint.metrics,
        method="score",
        method_title=title,
        confidence_level=float(confidence_level),
        references=references,
        notes=joint.notes,
        design=cells.design.description if isinstance(cells, SurveyCounts) else "",
    )


# ------------------------------------------------------------------------------------------- favourable, unfavourable


def _ends_of_all(
    metrics: tuple[Metric, ...], satisfied: Ratings | None, dissatisfied: Ratings | None
) -> list[tuple[_End, _End]]:
    """Find the favourable and the unfavourable end of each metric."""
    names = [metric.name for metric in metrics]
    for argument, given in (("satisfied", satisfied), ("dissatisfied", dissatisfied)):
        if given is not None and not isinstance(given, Mapping):
            msg = f'`{argument}` must be a mapping from metrics to ratings, such as {{"CSAT": (4, 5)}}; got {given!r}.'
            raise TypeError(msg)
        for name in given or ():
            if name not in names:
                msg = f"`{argument}` names the metric {name!r}; the metrics are {', '.join(names)}."
                raise ValueError(msg)
    return [_ends(metric, satisfied or {}, dissatisfied or {}) for metric in metrics]


def _ends(metric: Metric, satisfied: Ratings, dissatisfied: Ratings) -> tuple[_End, _End]:
    """Find both ends of one metric."""
    high = direction(metric) > 0
    found = []
    for favourable, argument, given in ((True, "satisfied", satisfied), (False, "dissatisfied", dissatisfied)):
        if metric.name in given:
            ratings = _chosen(metric, argument, given[metric.name])
            words = None
        else:
            ratings, words = _usual(metric, favourable)
        which = "high" if favourable == high else "low"
        found.append(_End(ratings, words or f"{which} {metric.name} ({_span(metric.scale, ratings)})"))
    overlap = found[0].ratings & found[1].ratings
    if overlap.any():
        msg = (
            f"no rating of {metric.name} may be both favourable and unfavourable; {_span(metric.scale, overlap)} would "
            "be. Give both `satisfied` and `dissatisfied`."
        )
        raise ValueError(msg)
    return found[0], found[1]


def _usual(metric: Metric, favourable: bool) -> tuple[BoolArray, str | None]:
    """The ends of a metric by default: those of a net score by its categories, of others by the middle of the scale."""
    if metric.levels.size == 3:
        values = np.array(metric.values) * metric.sign
        best = values == (values.max() if favourable else values.min())
        categories = {name for name, there in zip(metric.categories, best, strict=True) if there}
        # Other names of ratings, such as "good", have no plural.
        named = categories in ({"promoter"}, {"detractor"})
        return best, f"{min(categories)}s ({metric.name})" if named else None
    ratings = metric.scale.ratings * direction(metric)
    above = 2 * ratings - (ratings[0] + ratings[-1])
    return (above > 0) if favourable else (above < 0), None


def _chosen(metric: Metric, argument: str, given: object) -> BoolArray:
    """Read the ratings that were given for one end."""
    if isinstance(given, str) or not isinstance(given, Collection):
        msg = f"`{argument}` must hold a set of ratings for {metric.name}, such as (4, 5); got {given!r}."
        raise TypeError(msg)
    known: dict[object, int] = {int(rating): place for place, rating in enumerate(metric.scale.ratings)}
    known |= {label: place for place, label in enumerate(metric.scale.labels or ())}
    ratings = np.zeros(metric.scale.size, dtype=bool)
    for rating in given:
        if not isinstance(rating, Hashable) or rating not in known:
            msg = f"`{argument}` holds {rating!r} for {metric.name}, which is not on its scale {metric.scale}."
            raise ValueError(msg)
        ratings[known[rating]] = True
    if not ratings.any():
        msg = f"`{argument}` must hold at least one rating of {metric.name}; got {given!r}."
        raise ValueError(msg)
    return ratings


def _span(scale: Scale, ratings: BoolArray) -> str:
    """Write a set of ratings: 4-5, or one by one if they have names or gaps."""
    places = np.flatnonzero(ratings)
    if scale.labels is not None:
        return "/".join(scale.labels[place] for place in places)
    chosen = scale.ratings[places].tolist()
    if len(chosen) > 1 and places[-1] - places[0] == places.size - 1:
        return f"{chosen[0]}-{chosen[-1]}"
    return ", ".join(map(str, chosen))


# ------------------------------------------------------------------------------------------------------------- shares


def _shares(
    joint: JointCounts, conflicts: list[_Conflict], members: BoolArray, confidence_level: float
) -> tuple[dict[str, Any], str, tuple[str, ...]]:
    """Estimate shares of the class and of all, all at once, each as a group of respondents in conflict or not."""
    both, customers, conflicting = members[:, 0], members[:, 1], members[:, 2]
    bases = np.concatenate([customers, both])
    held = np.concatenate([conflicting, conflicting])
    # What each combination counts in each group: (groups of shares, combinations, not in conflict or so).
    sorting = np.stack([bases & ~held, held], axis=2)
    words = [f"{conflict.ends[0].words} with {conflict.ends[1].words}" for conflict in conflicts]
    labels = tuple((text, base, *group) for base in ("of these", "of all") for text in words for group in joint.labels)
    sorted_counts = _sorted(joint, sorting, labels)
    rated = np.flatnonzero(sorted_counts.n > 0)
    found = estimate(sorted_counts.answered(), confidence_level=confidence_level)
    columns: dict[str, Any] = {}
    for part, column in (("", found.score), ("_low", found.low), ("_high", found.high)):
        full = np.full(len(labels), {"": np.nan, "_low": 0.0, "_high": 1.0}[part])
        full[rated] = column / 100
        # Rows by group, then by conflict.
        by_base = full.reshape(2, len(conflicts), len(joint)).transpose(0, 2, 1).reshape(2, -1)
        columns |= {f"share_of_customers{part}": by_base[0], f"share_of_all{part}": by_base[1]}
    return columns, found.method_title, found.references


def _sorted(joint: JointCounts, sorting: BoolArray, labels: tuple[Label, ...]) -> RatingCounts | SurveyCounts:
    """Sort the respondents of each group into those in conflict and the others, once for each share."""
    cells = joint.cells
    numbers = sorting.astype(np.int64)
    simple = RatingCounts(
        np.einsum("gc,kcl->kgl", joint.counts, numbers).reshape(-1, 2),
        metric=IN_CONFLICT,
        missing=np.zeros(len(labels), dtype=np.int64),
        by=("conflicting", "base", *(f"group {i + 1}" for i in range(len(joint.by)))),
        labels=labels,
    )
    if isinstance(cells, RatingCounts):
        return simple
    weights = sorting.astype(np.float64)
    totals = np.einsum("gc,kcl->kgl", cells.totals, weights).reshape(-1, 2)
    return replace(
        cells,
        totals=totals,
        respondents=simple,
        variance=_variance(cells, weights),
        design=_design(cells, totals, simple.n),
        squares=np.tile(cells.squares, len(sorting)),
    )


def _design(cells: SurveyCounts, totals: FloatArray, n: IntArray) -> SampleDesign:
    """Say of each class how large its clusters are, of which only those of its group are known.

    If the class is spread over its group at random and has the share f of its weight, the sum of the squared sizes of
    its clusters is f^2 times that of the group, and f (1 - f) times the sum of the squared weights.
    """
    times = len(n) // len(cells)
    whole, size = np.tile(cells.totals.sum(axis=1), times), totals.sum(axis=1)
    part = np.divide(size, whole, out=np.zeros_like(whole), where=whole > 0)
    of_group = cells.design.products.diagonal(), cells.squares
    products, squares = (np.tile(values, times) for values in of_group)
    products = part**2 * products + part * (1 - part) * squares
    design = cells.design.pooled(np.tile(np.eye(len(cells)), (times, 1)))
    # Degrees of freedom count clusters by their size, relative to those of the group: a class has no more than n of
    # them. Where all of it are alike, their number by size itself decides, and stays as small as it is.
    present = np.tile(cells.design.clusters_and_strata(np.eye(len(cells)))[0], times)
    fewer = (totals > 0).all(axis=1) & (present > 0)
    shrunk = np.divide(np.minimum(n, present), present, out=np.ones_like(products), where=fewer)
    return replace(design, products=np.diag(products * shrunk))


def _variance(cells: SurveyCounts, weights: FloatArray) -> Linearised | Replicates:
    """Sort the variance of totals as the totals are sorted."""
    groups = len(cells)
    if isinstance(cells.variance, Replicates):
        sorted_totals = np.einsum("rgc,kcl->rkgl", cells.variance.totals, weights, optimize=True)
        return replace(cells.variance, totals=sorted_totals.reshape(len(sorted_totals), -1, 2))
    sums = np.einsum("kcl,gh->kglhc", weights, np.eye(groups)).reshape(weights.shape[0] * groups * 2, -1)
    return Linearised(sums @ cells.variance.covariance @ sums.T)


def _tables(joint: JointCounts, conflicts: list[_Conflict]) -> dict[tuple[int, int], FloatArray]:
    """Cross-tabulate each pair of metrics, in shares of those who rated both; nan in groups without any."""
    shares, tables = np.nan_to_num(shares_of(joint)), {}
    for pair in dict.fromkeys(conflict.metrics for conflict in conflicts):
        answers = joint.answers[:, list(pair)]
        both = (answers >= 0).all(axis=1)
        table = np.zeros((*(joint.metrics[place].scale.size for place in pair), len(joint)))
        np.add.at(table, tuple(answers[both].T), shares[:, both].T)
        size = table.sum(axis=(0, 1))
        tables[pair] = np.where(size > 0, table / np.where(size > 0, size, 1.0), np.nan).transpose(2, 0, 1)
    return tables
