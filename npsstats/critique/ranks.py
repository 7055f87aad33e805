"""Which rank can each unit have, under each metric?"""

import numpy as np

from npsstats.critique.units import UnitScores, check_units, decimals_of, left_out, look
from npsstats.inference.methods import check_confidence_level
from npsstats.kernels.rank_sets import mid_ranks, rank_limits
from npsstats.ratings.joint import JointCounts
from npsstats.ratings.published import PublishedScores
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.protocol import group_text
from npsstats.results.ranks import Errors, UnitRanks
from npsstats.typing import Label

__all__ = ["design_of", "errors_of", "notes_of", "sources_of", "unit_ranks"]

# Many left-out units are counted, the first of them named.
MOST_NAMED = 5


def unit_ranks(counts: JointCounts | PublishedScores, *, confidence_level: float = 0.95) -> UnitRanks:
    """Rank units such as stores or states under each metric, and find the ranks that chance leaves open.

    Use `discordant_units` for the pairs that two metrics order oppositely, and `rank_agreement` for how far two metrics
    rank units alike as a whole.

    Parameters
    ----------
    counts : JointCounts or PublishedScores
        The units: the labels of the last group column, ranked within equal labels of the others; from `tabulate_joint`,
        or published scores.
    confidence_level : float, default 0.95
        The probability that the sets hold the true ranks of all units together, under one metric and within one block.

    Returns
    -------
    UnitRanks
        Per unit and metric ``n_units, score, standard_error, rank, rank_low, rank_high``.

    Raises
    ------
    TypeError
        If these are counts of one metric, or anything else.
    ValueError
        If there are no groups, fewer than two units in a block have a score, or it is not said which end of a metric is
        good news.

    Notes
    -----
    A unit surely ranks behind all units that are shown to be better, and before all that are shown to be worse. A pair
    is shown to be in order if its statistic exceeds the quantile of the largest of the statistics of all pairs: then
    all sets hold their true ranks at once with the confidence level [1]_, up to the normal law of scores; they are
    conservative. The statistic of a pair is that of the score test of `compare`; of published scores the difference,
    less what rounding explains, over its standard error. Without standard errors, rounding alone decides: sampling is
    then not allowed for, and the result says so.

    Units without a score under a metric are kept, have no rank under it, and are named in the notes.

    References
    ----------
    .. [1] Mogstad, M., Romano, J. P., Shaikh, A. M. & Wilhelm, D. (2024). Inference for ranks with applications to
       mobility across neighbourhoods and academic achievement across countries. The Review of Economic Studies 91,
       476-518. doi:10.1093/restud/rdad006

    Examples
    --------
    Net scores of whole percentages are known to one point:

    >>> import npsstats as nps
    >>> states = nps.PublishedScores(
    ...     [[71, 76], [70, 71], [66, 72], [62, 63]],
    ...     names=["rating", "recommend"], by=["state"], labels=[("SD",), ("NE",), ("WI",), ("AK",)], rounding=1,
    ... )
    >>> nps.unit_ranks(states)
    Ranks of state under rating and recommend: within errors of rounding; sampling errors are not known
    <BLANKLINE>
    state  rating  rank  can be  recommend  rank  can be
    SD       71.0     1     1–2       76.0     1     1–1
    NE       70.0     2     1–2       71.0     3     2–3
    WI       66.0     3     3–3       72.0     2     2–3
    AK       62.0     4     4–4       63.0     4     4–4
    """
    counts = check_units(counts, metrics=1)
    check_confidence_level(confidence_level)
    rows: dict[tuple[Label, str], tuple[float, ...]] = {}
    seen = look(counts)
    for block in seen.blocks:
        for name in seen.names:
            found = seen.standing(block, name)
            units = len(found.units)
            low, high = rank_limits(found.known(found.critical(confidence_level))[0], units)
            ranks = mid_ranks(found.signs[0])
            for u, unit in enumerate(found.units):
                values = (units, found.score[0, u], found.standard_error[0, u], ranks[u], low[u], high[u])
                rows[(*block, unit), name] = values
    keys = [(label, name) for label in counts.labels for name in counts.names]
    sizes = {(label[:-1], name): values[0] for (label, name), values in rows.items()}
    table = np.array([rows.get(key, (sizes[key[0][:-1], key[1]], *[np.nan] * 5)) for key in keys], dtype=np.float64)
    return UnitRanks(
        by=counts.by,
        labels=tuple(label for label, _ in keys),
        metric=tuple(name for _, name in keys),
        n_units=table[:, 0].astype(np.int64),
        score=table[:, 1],
        standard_error=table[:, 2],
        rank=table[:, 3],
        rank_low=table[:, 4],
        rank_high=table[:, 5],
        metrics=counts.names,
        decimals=decimals_of(counts),
        errors=errors_of(counts),
        confidence_level=float(confidence_level),
        design=design_of(counts),
        references=(*sources_of(counts), "mogstad2024"),
        notes=notes_of(counts, "no rank"),
    )


def errors_of(counts: UnitScores) -> Errors:
    """Say what makes scores uncertain, of what is known."""
    if isinstance(counts, JointCounts):
        return "sampling"
    rounded = bool(np.any(counts.rounding))
    if counts.standard_errors is not None:
        return "sampling and rounding" if rounded else "sampling"
    return "rounding" if rounded else "none"


def design_of(counts: UnitScores) -> str:
    """Say how the sample was drawn; nothing of independent respondents and of published scores."""
    survey = isinstance(counts, JointCounts) and isinstance(counts.cells, SurveyCounts)
    return counts.cells.design.description if survey else ""  # type: ignore[union-attr]


def sources_of(counts: UnitScores) -> tuple[str, ...]:
    """Give the references of the metrics and of the statistics of pairs."""
    if isinstance(counts, PublishedScores):
        return () if counts.standard_errors is None else ("hothorn2008",)
    metrics = tuple(key for metric in counts.metrics for key in metric.references)
    return tuple(dict.fromkeys((*metrics, "miettinen1985", "laud2017", "hothorn2008")))


def notes_of(counts: UnitScores, consequence: str) -> tuple[str, ...]:
    """Say what a reader must know: of the counts, of units without a score, of what errors are not known."""
    notes = list(counts.notes)
    for name in counts.names:
        without = left_out(counts, name)
        if without:
            named = "; ".join(map(group_text, without[:MOST_NAMED]))
            more = f" and {len(without) - MOST_NAMED} more" if len(without) > MOST_NAMED else ""
            notes.append(f"no score under {name}, therefore {consequence}: {named}{more}")
    if isinstance(counts, PublishedScores):
        if counts.standard_errors is None:
            notes.append(
                "published scores without standard errors: how much they would vary with other respondents is not "
                "known, and not allowed for"
            )
        else:
            notes.append(
                "published scores: units are taken for independent; how the errors of two metrics go together is not "
                "known"
            )
    return tuple(notes)
