"""What do the data, and a prior, say about the score?"""

from collections.abc import Hashable, Sequence

import numpy as np

from npsstats.inference.methods import UnitProblem, check_counts
from npsstats.inference.pairing import pair_with_reference
from npsstats.ratings.checks import check_number, check_type
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.results.posterior_differences import PosteriorDifference
from npsstats.results.posteriors import Posterior
from npsstats.results.protocol import group_text
from npsstats.typing import FloatArray

__all__ = ["PRIORS", "posterior", "posterior_difference"]

# The parameter at each distinct value of the metric.
PRIORS = {"jeffreys": 0.5, "uniform": 1.0, "haldane": 0.0}
TITLES = {"jeffreys": "Jeffreys' prior", "uniform": "uniform prior", "haldane": "Haldane's prior"}
SOURCES = {"jeffreys": ("jeffreys1946",), "haldane": ("rubin1981",)}


def posterior(
    counts: RatingCounts,
    *,
    metric: Metric | None = None,
    prior: str | Sequence[float] | FloatArray | RatingCounts = "jeffreys",
    discount: float = 1.0,
) -> Posterior:
    """Compute the exact posterior distribution of the score of each group.

    The shares of the metric's distinct values, for NPS the shares of detractors, passives and promoters, have a
    Dirichlet distribution; nothing is simulated. Use `posterior_difference` for the difference of two groups,
    `estimate` for intervals without a prior.

    Parameters
    ----------
    counts : RatingCounts
        Respondents by group and rating.
    metric : Metric, optional
        The score; by default the metric of the counts.
    prior : str, sequence of float or RatingCounts, default "jeffreys"
        The Dirichlet parameters before the data:

        - ``"jeffreys"``: 1/2 for each distinct value of the metric;
        - ``"uniform"``: 1 for each;
        - ``"haldane"``: 0 for each, the Bayesian bootstrap [1]_: values that nobody chose have no mass;
        - one number for each distinct value, 0 or more, ascending in points: for NPS detractors, passives, promoters;
        - the counts of an earlier wave, with the same groups or with one group for all: they are multiplied by
          `discount` and added to Jeffreys' prior (the power prior [2]_).
    discount : float, default 1.0
        From 0 to 1: how much a respondent of the earlier wave counts against one of now.

    Returns
    -------
    Posterior
        Per group mean, sd, median and interval, in points; with methods for any probability, quantile, interval
        or density, and for draws.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If metric and counts are on different scales, or the prior or the discount is not valid.
    UndefinedScoreError
        If a group has no rating.

    Notes
    -----
    The prior is on what the metric can tell apart. On the eleven ratings of NPS, 1/2 each would be 3.5 detractors
    against 1 promoter. The probability that the score is below x comes from a contour integral, with a relative error
    of about 1e-13 in either tail, and 1e-11 for 10^9 respondents.

    References
    ----------
    .. [1] Rubin, D. B. (1981). The Bayesian bootstrap. The Annals of Statistics 9, 130-134.
       doi:10.1214/aos/1176345338
    .. [2] Ibrahim, J. G. & Chen, M.-H. (2000). Power prior distributions for regression models. Statistical
       Science 15, 46-60. doi:10.1214/ss/1009212673

    Examples
    --------
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[40, 55], passives=[40, 35], detractors=[20, 10], groups=[2024, 2025], by="year"
    ... )
    >>> after = nps.posterior(counts)
    >>> after
    Posterior of NPS by year, Jeffreys' prior, 95 % equal-tailed interval
    <BLANKLINE>
    year    n  missing  mean    sd  median   low  high
    2024  100        0  19.7  7.41    19.8   5.0  34.0
    2025  100        0  44.3  6.65    44.5  30.8  56.9
    >>> after.probability(greater_than=30).round(3)
    array([0.081, 0.981])
    """
    counts, metric = check_counts(counts, metric)
    problem = UnitProblem.of(counts.counts, metric)
    before, title = _prior(prior, discount, counts, metric)
    return Posterior(
        counts=counts,
        metric=metric,
        levels=metric.levels,
        concentration=problem.counts + before,
        prior_concentration=before,
        prior=title,
        references=metric.references + _sources(prior),
    )


def posterior_difference(posterior: Posterior, *, reference: Hashable) -> PosteriorDifference:
    """Compute the exact posterior distribution of the difference of each group from a reference.

    Parameters
    ----------
    posterior : Posterior
        From `posterior`. The groups are independent samples with independent priors.
    reference : label, ``"previous"``, ``"year-before"``, ``"all-pairs"`` or ``"rest"``
        What each group is compared with, as for `compare`. ``"rest"`` puts all other groups together as one sample,
        and needs a prior that is the same for all groups.

    Returns
    -------
    PosteriorDifference
        Group minus reference, in points.

    Raises
    ------
    TypeError, ValueError
        If the posterior is none, or the reference is not valid.

    Examples
    --------
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[40, 55], passives=[40, 35], detractors=[20, 10], groups=[2024, 2025], by="year"
    ... )
    >>> nps.posterior_difference(nps.posterior(counts), reference="previous")
    Posterior of NPS: group minus reference, Jeffreys' prior, 95 % equal-tailed interval
    <BLANKLINE>
    year  reference    n  n reference   mean    sd   low   high  P(greater)
    2025  2024       100          100  +24.6  9.96  +5.0  +44.1       0.993
    """
    posterior = check_type("posterior", posterior, Posterior, "posterior(counts)")
    counts = posterior.counts
    instead = "`posterior.probability(greater_than=...)` for a benchmark"
    pairing = pair_with_reference(counts, reference, instead=instead)
    if pairing.contrasts is None or not (np.abs(pairing.weights) == 1).all():
        msg = "`reference` 'total' contains the group, and this is for groups without common respondents; use 'rest'."
        raise ValueError(msg)
    others = pairing.contrasts.members[:, 1]
    other = UnitProblem.of(pairing.reference_counts, posterior.metric).counts
    own = posterior.prior_concentration[pairing.positions]
    if (posterior.prior_concentration == posterior.prior_concentration[0]).all():
        before = own
    elif (others >= len(counts)).any():
        msg = "`reference` 'rest' needs a prior that is the same for all groups; use a label or 'previous'."
        raise ValueError(msg)
    else:
        before = posterior.prior_concentration[others]
    return PosteriorDifference(
        by=counts.by,
        labels=tuple(counts.labels[i] for i in pairing.positions),
        reference=pairing.names,
        n=counts.n[pairing.positions],
        n_reference=pairing.reference_counts.sum(axis=1),
        metric=posterior.metric,
        levels=posterior.levels,
        concentration=posterior.concentration[pairing.positions],
        concentration_reference=other + before,
        prior=posterior.prior,
        references=posterior.references,
        notes=counts.notes + pairing.notes,
    )


def _prior(
    prior: str | Sequence[float] | FloatArray | RatingCounts, discount: float, counts: RatingCounts, metric: Metric
) -> tuple[FloatArray, str]:
    """Read a prior: its parameters by group and level, and its name in words."""
    shape = (len(counts), metric.levels.size)
    if not 0 <= check_number("discount", discount) <= 1:
        msg = f"`discount` must be a number from 0 to 1; got {discount!r}."
        raise ValueError(msg)
    if isinstance(prior, RatingCounts):
        return _earlier_wave(prior, float(discount), counts, metric)
    if discount != 1:
        msg = f"`discount` is for a `prior` that is the RatingCounts of an earlier wave; got prior={prior!r}."
        raise ValueError(msg)
    if isinstance(prior, str):
        if prior not in PRIORS:
            msg = (
                f"`prior` must be one of {', '.join(map(repr, PRIORS))}, one number for each distinct value of the "
                f"metric, or the RatingCounts of an earlier wave; got {prior!r}."
            )
            raise ValueError(msg)
        return np.full(shape, PRIORS[prior]), TITLES[prior]
    try:
        given = np.asarray(prior)
    except ValueError:  # lists of unequal lengths
        given = np.array(None)
    if given.dtype.kind not in "iuf":
        msg = f"`prior` must be a name, numbers, or RatingCounts of an earlier wave; got {prior!r}."
        raise TypeError(msg)
    if given.shape != shape[1:]:
        wanted = ", ".join(f"{level:g}" for level in metric.levels)
        msg = (
            f"`prior` must hold {shape[1]} numbers, one for each distinct value of {metric.name}, ascending "
            f"({wanted} points); got {given.size if given.ndim == 1 else f'an array of shape {given.shape}'}."
        )
        raise ValueError(msg)
    if not (np.isfinite(given) & (given >= 0)).all():
        msg = f"`prior` must hold finite numbers, 0 or more; got {prior!r}."
        raise ValueError(msg)
    listed = ", ".join(f"{value:g}" for value in given)
    return np.broadcast_to(given.astype(np.float64), shape), f"Dirichlet({listed}) prior"


def _sources(prior: object) -> tuple[str, ...]:
    """Name the sources of a prior."""
    if isinstance(prior, RatingCounts):
        return (*SOURCES["jeffreys"], "ibrahim2000")
    return SOURCES.get(prior, ()) if isinstance(prior, str) else ()


def _earlier_wave(
    earlier: RatingCounts, discount: float, counts: RatingCounts, metric: Metric
) -> tuple[FloatArray, str]:
    """Make Jeffreys' prior with the discounted respondents of an earlier wave."""
    if earlier.scale != counts.scale:
        msg = f"`prior` must be counts on the scale of `counts`, {counts.scale}; it is on {earlier.scale}."
        raise ValueError(msg)
    table = UnitProblem.of(earlier.counts, metric).counts
    if len(earlier) > 1 or (earlier.by and earlier.by == counts.by and earlier.labels[0] in counts.labels):
        where = {label: i for i, label in enumerate(earlier.labels)}
        unknown = [label for label in counts.labels if label not in where]
        if unknown:
            msg = (
                f"`prior` must be counts of the same groups, or of one group for all; it has no group "
                f"{group_text(unknown[0])!r}. Use `pool()` for one prior, `select` for some groups."
            )
            raise ValueError(msg)
        table = table[[where[label] for label in counts.labels]]
    before = np.broadcast_to(PRIORS["jeffreys"] + discount * table, (len(counts), table.shape[1]))
    share = "" if discount == 1 else f", discounted to {discount:g}"
    return before, f"Jeffreys' prior with an earlier wave{share}"
