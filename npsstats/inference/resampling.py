"""What would the score have been, had the respondents been drawn again?"""

from npsstats.inference.methods import UnitProblem, check_counts
from npsstats.kernels.bootstrap import bca_constants
from npsstats.kernels.lattice import lattice_steps, moments, resampled_totals, scores_of
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.results.laws import BootstrapDistribution

__all__ = ["bootstrap_distribution"]


def bootstrap_distribution(counts: RatingCounts, *, metric: Metric | None = None) -> BootstrapDistribution:
    """Compute the exact bootstrap distribution of the score of each group.

    The law of the score of n respondents drawn with replacement from those observed. It is computed, not
    simulated: there is no seed, and everyone gets the same answer. `estimate` gives the intervals that are made from
    it, with the methods ``"bootstrap-percentile"``, ``"bootstrap-basic"`` and ``"bootstrap-bca"``.

    Parameters
    ----------
    counts : RatingCounts
        Respondents by group and rating, from `tabulate` or `RatingCounts.from_categories`.
    metric : Metric, optional
        The score; by default the metric of the counts, NPS on the scale 0-10. Its values must be multiples of a
        common step, from the lowest value on, as those of NPS, of shares and of mean ratings are.

    Returns
    -------
    BootstrapDistribution
        Per group ``n, missing, score, standard_error, skewness, z0, acceleration``, and the law through the
        methods ``cdf``, ``sf``, ``quantile`` and ``law``.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If metric and counts are on different scales, or the values of the metric have no common step.
    UndefinedScoreError
        If a group has no rating.

    Notes
    -----
    The total of n draws from whole-number steps has the generating function (sum p_k x^(v_k))^n. Probabilities are its
    inverse discrete Fourier transform; tails are inverted at the saddlepoint, where they keep their relative
    accuracy [2]_.

    References
    ----------
    .. [1] Efron, B. (1979). Bootstrap methods: another look at the jackknife. The Annals of Statistics 7, 1-26.
       doi:10.1214/aos/1176344552
    .. [2] Daniels, H. E. (1954). Saddlepoint approximations in statistics. The Annals of Mathematical Statistics 25,
       631-650. doi:10.1214/aoms/1177728652

    Examples
    --------
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[5, 300], passives=[3, 600], detractors=[2, 100], groups=["pilot", "survey"]
    ... )
    >>> law = nps.bootstrap_distribution(counts)
    >>> law
    NPS by group, exact bootstrap distribution
    <BLANKLINE>
    group       n  missing   NPS  standard error  skewness       z0  acceleration
    pilot      10        0  30.0           24.70   −0.1832  −0.0294       −0.0305
    survey  1,000        0  20.0            1.90   −0.0035  −0.0006       −0.0006
    >>> law.cdf(0).round(6).tolist()
    [0.157164, 0.0]
    >>> scores, probabilities = law.law("pilot")
    >>> float(scores[probabilities.argmax()])
    30.0
    """
    counts, metric = check_counts(counts, metric)
    problem = UnitProblem.of(counts.counts, metric)
    steps = lattice_steps(problem.values)
    if steps is None:
        msg = (
            f"the exact bootstrap needs a metric whose values are multiples of a common step, at most 10,000 of them; "
            f"those of {metric.name} are not. Use `estimate` with method='bootstrap-t' or method='score'."
        )
        raise ValueError(msg)
    totals = resampled_totals(problem.counts, steps)
    z0, acceleration = bca_constants(totals)
    sd, skewness = moments(totals)
    return BootstrapDistribution(
        counts=counts,
        score=problem.to_points(scores_of(totals, totals.total)),
        standard_error=problem.width * sd * totals.stride / (totals.n * totals.span),
        skewness=skewness,
        z0=z0,
        acceleration=acceleration,
        totals=totals,
        metric=metric,
        references=(*metric.references, "efron1979", "daniels1954"),
    )
