"""How many respondents does it take, and what can be seen with those there are?"""

from numpy.typing import ArrayLike

from npsstats.inference.designs import check_enough
from npsstats.inference.enumeration import Enumeration
from npsstats.inference.scenarios import answer, check_found, read_design
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.pairs import PairedCounts
from npsstats.ratings.scales import Metric
from npsstats.results.plans import Plan
from npsstats.typing import Alternative

__all__ = ["detectable_difference", "power", "sample_size"]


def sample_size(
    shares: ArrayLike | RatingCounts | PairedCounts,
    *,
    width: ArrayLike | None = None,
    difference: ArrayLike | None = None,
    margin: ArrayLike | None = None,
    power: ArrayLike = 0.8,
    design: str | None = None,
    shares_reference: ArrayLike | RatingCounts | None = None,
    ratio: ArrayLike | None = None,
    n_reference: ArrayLike | None = None,
    correlation: ArrayLike | None = None,
    overlap: ArrayLike | None = None,
    metric: Metric | None = None,
    alternative: Alternative = "two-sided",
    confidence_level: float = 0.95,
    comparisons: int = 1,
    design_effect: ArrayLike = 1.0,
    population: ArrayLike | None = None,
    response_rate: ArrayLike = 1.0,
    exact: bool = False,
) -> Plan:
    """Compute how many respondents an interval, a difference or a proof of equivalence takes.

    Use `power` for what given respondents can show, `detectable_difference` for the smallest difference that they
    show. Arguments that may be arrays are broadcast as NumPy does, to one scenario per row: three differences, or
    ``difference=[[5], [10]], power=[0.8, 0.9]`` for all combinations.

    Parameters
    ----------
    shares : array_like of float, RatingCounts or PairedCounts
        What is assumed of the ratings:

        - shape (values,): the share of each distinct value of the metric, lowest value first (for NPS detractors,
          passives, promoters), adding up to 1;
        - counts of one group, from an earlier wave or a pilot;
        - for the same people in two waves: shape (values, values), the share of each pair of values, rows by the
          first rating; or counts of pairs of one group. The group is the second wave, the reference the first.
    width : float or array_like of float, optional
        The full width of the two-sided interval, in points: of the score, or of the difference that `design` says.
    difference : float or array_like of float, optional
        The true difference to detect, group minus reference, in points. By default 0 with a `margin`, whatever is
        assumed of the populations, and else the difference of two assumed populations.
    margin : float or array_like of float, optional
        The largest difference that does not matter, in points: equivalence within it on both sides is to be shown,
        or with a one-sided `alternative` non-inferiority: ``"greater"`` that the score is not further below its
        reference, ``"less"`` that it is not further above.
    power : float or array_like of float, default 0.8
        The probability with which it is to be shown.
    design : {"one-sample", "independent", "paired", "overlapping"}, optional
        One wave alone, or against a benchmark; two waves of other people each; of the same people; with some people
        in both. By default "overlapping" with an `overlap`; "paired" with a `correlation` or joint shares; else
        "one-sample" for a width, without arguments of a reference; else "independent".
    shares_reference : array_like of float or RatingCounts, optional
        The shares of the reference; those of the group by default.
    ratio : float or array_like of float, optional
        Respondents of the reference for each one of the group; 1 by default.
    n_reference : int or array_like of int, optional
        Respondents of the reference where their number is fixed, as in an earlier wave.
    correlation : float or array_like of float, optional
        Of the two values of one respondent, for designs "paired" and "overlapping" without joint shares.
    overlap : float or array_like of float, optional
        For design "overlapping": the share of the smaller wave's respondents who are in both, 0 to 1.
    metric : Metric, optional
        The score; that of the counts, or NPS, by default.
    alternative : {"two-sided", "less", "greater"}, default "two-sided"
        Of the test.
    confidence_level : float, default 0.95
        One minus the probability of a false rejection. Equivalence takes two one-sided tests with the whole of that
        probability each, which is an interval of level 90 % inside the margins at the default.
    comparisons : int, default 1
        How many comparisons share the probability of a false rejection (Bonferroni).
    design_effect : float or array_like of float, default 1
        By how much weights, clusters and strata raise the variance [1]_.
    population : int or array_like of int, optional
        How many people there are in all; samples without replacement from it take fewer respondents.
    response_rate : float or array_like of float, default 1
        The share of those invited who rate; for the same people, who rate both times.
    exact : bool, default False
        Take the exact power of the default test of `compare`, for small groups: up to 60 respondents each, which
        takes seconds. As it is no smooth function of n, the answer is an n that is enough while n - 1 is not, not
        far from the normal one.

    Returns
    -------
    Plan
        Per scenario ``difference, margin, target, n, n_reference, n_both, invitations, invitations_reference, power,
        width, standard_error`` and the adjustments. Numbers of people are rounded up.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If shares are no shares, an argument is out of its range or does not belong to the design, or no number of
        respondents is enough.

    Notes
    -----
    With the normal distribution, group minus reference has the variance ``V = v1 / n1 + v2 / n2 - 2 c n12 /
    (n1 n2)``; v is the variance of a rating's value, c the covariance of the two values of one respondent, of whom
    n12 are in both waves. Both v are those of the assumed shares, also under the difference: from one population
    both are the same. Near the ends of the scale, where the spread of ratings changes most with their score, power
    can then be far from planned; there assume the populations of both waves.

    A difference is detected with probability ``Phi(|difference| / sqrt(V) - z)``, z the quantile of the test:
    rejections on the wrong side do not count. For independent waves of one size that is ``n = (z + z_power)^2 (v1 +
    v2) / difference^2``. Equivalence is shown with probability ``Phi((margin - difference) / sqrt(V) - z) +
    Phi((margin + difference) / sqrt(V) - z) - 1`` [2]_. A population of N multiplies a variance by (N - n) /
    (N - 1); independent waves are drawn from all of it, each by itself.

    Exact power needs whole populations. The reference has the assumed shares; the group has its own, tilted
    exponentially until its score is that of the reference plus the difference: ``p_k`` in proportion to ``w_k
    exp(t c_k)``, so that for NPS the odds of promoter to passive and of passive to detractor change by the same
    factor. For the same people the law of the changes is tilted.

    References
    ----------
    .. [1] Kish, L. (1965). Survey Sampling. Wiley.
    .. [2] Schuirmann, D. J. (1987). A comparison of the two one-sided tests procedure and the power approach for
       assessing the equivalence of average bioavailability. Journal of Pharmacokinetics and Biopharmaceutics 15,
       657-680. doi:10.1007/BF01068419

    Examples
    --------
    Differences of 5 and 10 points, between waves with 20 % detractors and 40 % promoters, in a survey that one in
    five answers:

    >>> import npsstats as nps
    >>> nps.sample_size([0.2, 0.4, 0.4], difference=[5, 10], response_rate=0.2)
    Sample size, NPS, difference of independent waves, two-sided test at 5 % (normal approximation)
    <BLANKLINE>
    difference  response rate      n  n reference  invitations  invitations reference   power  width
          +5.0         20.0 %  3,517        3,517       17,585                 17,585  80.0 %    7.0
         +10.0         20.0 %    880          880        4,400                  4,400  80.0 %   14.0
    >>> print(nps.sample_size([0.2, 0.4, 0.4], width=10).sentences()[0])
    With 861 respondents, the 95 % interval of NPS will be about 10.0 points wide.
    """
    wanted = read_design(
        shares,
        goals={"width": width, "difference": difference, "margin": margin},
        design=design,
        shares_reference=shares_reference,
        alternative=alternative,
        confidence_level=confidence_level,
        comparisons=comparisons,
        exact=exact,
        metric=metric,
        power=power,
        ratio=ratio,
        n_reference=n_reference,
        correlation=correlation,
        overlap=overlap,
        design_effect=design_effect,
        population=population,
        response_rate=response_rate,
    )
    n = Enumeration.of(wanted).smallest(wanted) if wanted.exact else wanted.smallest()
    check_enough(n, wanted)
    return answer("sample size", wanted, n)


def power(
    shares: ArrayLike | RatingCounts | PairedCounts,
    *,
    n: ArrayLike,
    difference: ArrayLike | None = None,
    margin: ArrayLike | None = None,
    design: str | None = None,
    shares_reference: ArrayLike | RatingCounts | None = None,
    ratio: ArrayLike | None = None,
    n_reference: ArrayLike | None = None,
    correlation: ArrayLike | None = None,
    overlap: ArrayLike | None = None,
    metric: Metric | None = None,
    alternative: Alternative = "two-sided",
    confidence_level: float = 0.95,
    comparisons: int = 1,
    design_effect: ArrayLike = 1.0,
    population: ArrayLike | None = None,
    response_rate: ArrayLike = 1.0,
    exact: bool = False,
) -> Plan:
    """Compute with what probability given respondents show a difference, equivalence or non-inferiority.

    Use `sample_size` for the respondents that a power takes, `detectable_difference` for the smallest difference
    that they show. A range of `n` gives a power curve.

    Parameters
    ----------
    shares
        What is assumed of the ratings, as for `sample_size`.
    n : int or array_like of int
        Respondents with a rating in the group, 2 or more.
    difference, margin : float or array_like of float, optional
        As for `sample_size`, in points.
    design, shares_reference, ratio, n_reference, correlation, overlap
        As for `sample_size`; by default two independent waves with n respondents each.
    metric, alternative, confidence_level, comparisons, design_effect, population, response_rate
        As for `sample_size`.
    exact : bool, default False
        Add up the probabilities of all samples in which the default test of `compare` rejects, on the side of the
        true difference.

    Returns
    -------
    Plan
        As for `sample_size`; the target is nan.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If shares are no shares, or an argument is out of its range or does not belong to the design.

    Examples
    --------
    >>> import npsstats as nps
    >>> plan = nps.power([0.2, 0.4, 0.4], n=[100, 400, 1600], difference=[[5], [10]])
    >>> plan.power.reshape(2, 3).round(3)
    array([[0.068, 0.155, 0.472],
           [0.155, 0.472, 0.966]])

    Thirty respondents each, by the normal distribution and by enumeration:

    >>> small = [nps.power([0.2, 0.4, 0.4], n=30, difference=40, exact=exact).power[0] for exact in (False, True)]
    >>> print(f"{small[0]:.3f} {small[1]:.3f}")
    0.544 0.602
    """
    asked = read_design(
        shares,
        goals={"difference": difference, "margin": margin},
        design=design,
        shares_reference=shares_reference,
        alternative=alternative,
        confidence_level=confidence_level,
        comparisons=comparisons,
        exact=exact,
        metric=metric,
        n=n,
        ratio=ratio,
        n_reference=n_reference,
        correlation=correlation,
        overlap=overlap,
        design_effect=design_effect,
        population=population,
        response_rate=response_rate,
    )
    return answer("power", asked, asked.n)


def detectable_difference(
    shares: ArrayLike | RatingCounts | PairedCounts,
    *,
    n: ArrayLike,
    power: ArrayLike = 0.8,
    design: str | None = None,
    shares_reference: ArrayLike | RatingCounts | None = None,
    ratio: ArrayLike | None = None,
    n_reference: ArrayLike | None = None,
    correlation: ArrayLike | None = None,
    overlap: ArrayLike | None = None,
    metric: Metric | None = None,
    alternative: Alternative = "two-sided",
    confidence_level: float = 0.95,
    comparisons: int = 1,
    design_effect: ArrayLike = 1.0,
    population: ArrayLike | None = None,
    response_rate: ArrayLike = 1.0,
    exact: bool = False,
) -> Plan:
    """Compute the smallest true difference that given respondents detect with a given power.

    Use `sample_size` for the respondents that a difference takes, `power` for the power that they have.

    Parameters
    ----------
    shares
        What is assumed of the ratings, as for `sample_size`.
    n : int or array_like of int
        Respondents with a rating in the group, 2 or more.
    power : float or array_like of float, default 0.8
        The probability with which it is to be detected.
    design, shares_reference, ratio, n_reference, correlation, overlap
        As for `sample_size`; by default two independent waves with n respondents each.
    metric, confidence_level, comparisons, design_effect, population, response_rate
        As for `sample_size`.
    alternative : {"two-sided", "less", "greater"}, default "two-sided"
        Of the test. The difference is above 0, for ``"less"`` below 0.
    exact : bool, default False
        Take the exact power of the default test of `compare`.

    Returns
    -------
    Plan
        As for `sample_size`, with the difference that was found, in points.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If shares are no shares, an argument is out of its range or does not belong to the design, or the scale has
        no room for a difference large enough.

    Examples
    --------
    >>> import npsstats as nps
    >>> plan = nps.detectable_difference([0.2, 0.4, 0.4], n=[200, 1000], confidence_level=0.9)
    >>> print(plan.sentences()[1])
    With 1,000 respondents per wave, a true difference of 8.3 points is detected with probability 80.0 % (two-sided
    test at 10 %).
    """
    asked = read_design(
        shares,
        goals={},
        design=design,
        shares_reference=shares_reference,
        alternative=alternative,
        confidence_level=confidence_level,
        comparisons=comparisons,
        exact=exact,
        metric=metric,
        n=n,
        power=power,
        ratio=ratio,
        n_reference=n_reference,
        correlation=correlation,
        overlap=overlap,
        design_effect=design_effect,
        population=population,
        response_rate=response_rate,
    )
    found = Enumeration.of(asked).detectable(asked) if asked.exact else asked.detectable(asked.n)
    check_found(found, asked)
    return answer("detectable difference", asked.with_difference(found), asked.n)
