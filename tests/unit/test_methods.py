"""What can be asked of methods: options, sides, and the warnings and errors where they do not apply."""

import re
import warnings

import numpy as np
import pytest

import npsstats as nps
from npsstats.inference.intervals import ONE_SAMPLE_METHODS

FIVE = nps.mean_score(nps.Scale(1, 5))
LARGE = {"promoters": [45, 60], "passives": [40, 55], "detractors": [25, 45]}


def categories(groups=("A", "B"), **shares):
    shares = shares or LARGE
    return nps.RatingCounts.from_categories(**shares, groups=list(groups), by="store")


def lopsided(detractors, passives, promoters):
    return nps.RatingCounts.from_categories(promoters=promoters, passives=passives, detractors=detractors)


def quiet(function, *arguments, **more):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nps.SmallSampleWarning)
        return function(*arguments, **more)


# -------------------------------------------------------------------------------------------------- the sides


@pytest.mark.parametrize("method", ONE_SAMPLE_METHODS)
def test_one_sided_limits_lie_inside_the_two_sided_ones_and_leave_the_other_side_open(method):
    counts = lopsided(4, 6, 10)
    two, less, greater = (
        quiet(nps.estimate, counts, method=method, alternative=side, rng=5 if method == "bootstrap-t" else None)
        for side in ("two-sided", "less", "greater")
    )
    assert less.low[0] == -100
    assert greater.high[0] == 100
    assert less.high[0] <= two.high[0]
    assert greater.low[0] >= two.low[0]
    assert less.score[0] == two.score[0]
    assert "one-sided (less)" in less.heading()
    assert "at most" in less.sentences()[0]
    assert "at least" in greater.sentences()[0]
    assert "one-sided 95 %" in greater.cite()
    assert less.to_dict()["alternative"] == "less"


@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
@pytest.mark.parametrize("method", ONE_SAMPLE_METHODS)
def test_a_benchmark_is_rejected_if_it_lies_outside_the_interval(method, alternative):
    """For discrete laws too: between the limits p is above the error, outside not."""
    tables = np.array([(4, 6, 10), (1, 2, 9), (0, 3, 8), (5, 0, 6)])
    counts = nps.RatingCounts.from_histogram(tables, metric=nps.NPS_CATEGORIES, groups=range(4))
    options = {"method": method, "alternative": alternative, "confidence_level": 0.9}
    if method == "bootstrap-t":
        options["rng"] = 3
    found = quiet(nps.estimate, counts, **options)
    # Each comparison with a benchmark also computes the limits, which exact methods take their time for.
    for benchmark in np.linspace(-97.3, 98.1, 8 if method in ("exact", "lloyd") else 31):
        pvalue = quiet(nps.compare, counts, reference=float(benchmark), **options).pvalue
        known = ~np.isnan(pvalue)
        inside = (found.low - 1e-6 <= benchmark) & (benchmark <= found.high + 1e-6)
        # Limits that a search has found are exact to far less than 1e-6 points.
        outside = (benchmark < found.low - 1e-6) | (benchmark > found.high + 1e-6)
        assert (pvalue[outside & known] <= 0.1 + 1e-9).all(), benchmark
        # The exact region can have holes: its hull is the interval.
        if method not in ("exact", "lloyd"):
            assert (pvalue[inside & known] >= 0.1 - 1e-9).all(), benchmark


# ------------------------------------------------------------------------------------------------ the options


def test_pseudo_counts_are_respondents_of_each_value():
    counts = lopsided(20, 30, 60)
    default = nps.estimate(counts, method="adjusted-wald")
    same = nps.estimate(counts, method="adjusted-wald", pseudo_counts=[0.75, 1.5, 0.75])
    assert (default.low[0], default.high[0]) == (same.low[0], same.high[0])
    other = nps.estimate(counts, method="adjusted-wald", pseudo_counts=(0, 0, 50))
    assert other.low[0] > default.low[0]
    compared = nps.compare(categories(), reference="A", method="adjusted-wald", pseudo_counts=[0.0, 0.0, 0.0])
    plain = nps.compare(categories(), reference="A", method="wald")
    np.testing.assert_allclose([compared.low, compared.high], [plain.low, plain.high], rtol=1e-14)


def test_the_same_seed_gives_the_same_interval_and_its_test():
    counts = nps.RatingCounts.from_histogram(
        [9, 2, 3, 8, 4, 16, 14, 30, 40, 50, 40], metric=nps.mean_rating(nps.Scale(0, 10))
    )
    first, again, other = (
        nps.estimate(counts, method="bootstrap-t", rng=seed, n_resamples=2_000) for seed in (1, 1, 2)
    )
    assert first.low[0] == again.low[0] != other.low[0]
    generator = nps.estimate(counts, method="bootstrap-t", rng=np.random.default_rng(1), n_resamples=2_000)
    assert generator.low[0] == first.low[0]
    (note,) = first.notes
    assert re.match("bootstrap-t of 1 of 1 groups is simulated from 2,000 resamples", note)
    test = nps.compare(counts, reference=float(first.low[0]), method="bootstrap-t", rng=1, n_resamples=2_000)
    # p at a limit is the error but for the (b + 1) / (B + 1) of a simulated tail, on two sides.
    np.testing.assert_allclose(test.pvalue[0], 0.05, atol=3 / 2_000)
    assert test.notes == (note,)


def test_what_can_be_enumerated_needs_no_seed():
    counts = lopsided(10, 20, 30)
    one, two = (nps.estimate(counts, method="bootstrap-t") for _ in range(2))
    assert (one.low[0], one.high[0], one.notes) == (two.low[0], two.high[0], ())


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"pseudo_counts": [1, 1, 1]}, ValueError, "`pseudo_counts` is an argument of method 'adjusted-wald' only"),
        ({"rng": 5}, ValueError, "`rng` is an argument of method.*'bootstrap-t'.* only.*needs no random numbers"),
        ({"n_resamples": 99, "method": "bootstrap-bca"}, ValueError, "`n_resamples` is an argument of method"),
        ({"method": "adjusted-wald", "pseudo_counts": [1, 1]}, ValueError, "for each of the 3 values of NPS .-100, 0"),
        ({"method": "adjusted-wald", "pseudo_counts": [1, -1, 1]}, ValueError, "0 or more, for each.*got .1, -1, 1"),
        ({"method": "adjusted-wald", "pseudo_counts": [1, np.nan, 1]}, ValueError, "`pseudo_counts` must hold"),
        ({"method": "adjusted-wald", "pseudo_counts": "one"}, TypeError, "`pseudo_counts` must hold"),
        ({"method": "bootstrap-t", "rng": "seed"}, TypeError, "`rng` must be None, a seed"),
        ({"method": "bootstrap-t", "rng": -1}, TypeError, "`rng` must be None, a seed"),
        ({"method": "bootstrap-t", "rng": True}, TypeError, "`rng` must be None, a seed.*got True"),
        ({"method": "bootstrap-t", "n_resamples": 0}, ValueError, "`n_resamples` must be 1 or more; got 0"),
        ({"method": "bootstrap-t", "n_resamples": 9.5}, TypeError, "`n_resamples` must be a whole number"),
        ({"alternative": "larger"}, ValueError, "`alternative` must be one of 'two-sided', 'less', 'greater'; got"),
        ({"confidence_level": 0.0}, ValueError, "between 0 and 1; got 0.0"),
        ({"confidence_level": 1.0}, ValueError, "between 0 and 1; got 1.0"),
        ({"method": "bca"}, ValueError, "must be one of 'score', .*'bootstrap-bca'.*; got 'bca'"),
    ],
)
def test_options_that_make_no_sense_are_named(options, error, message):
    for function, more in ((nps.estimate, {}), (nps.compare, {"reference": 10.0})):
        with pytest.raises(error, match=message):
            function(categories(), **more, **options)


# ------------------------------------------------------------------------------------- where methods apply

FIVE_COUNTS = nps.RatingCounts.from_histogram([5, 10, 20, 40, 25], scale=FIVE.scale, metric=FIVE)
UNEVEN = nps.Metric("uneven", nps.Scale(1, 5), (0.0, 1.0, 2**0.5 * 10, 31.4159, 100.0))


@pytest.mark.parametrize("method", ["adjusted-wald", "agresti-min", "bonett-price"])
def test_pseudo_counts_of_the_literature_are_for_three_values(method):
    with pytest.raises(ValueError, match=f"'{method}' is made for metrics with three .*mean score has 5.*'score'"):
        nps.estimate(FIVE_COUNTS, method=method)


@pytest.mark.parametrize("method", ["mover-wilson", "exact", "lloyd"])
def test_some_methods_are_for_two_or_three_values(method):
    with pytest.raises(ValueError, match=f"'{method}' is made for metrics with two or three .*has 5"):
        nps.estimate(FIVE_COUNTS, method=method)


@pytest.mark.parametrize("method", ["exact", "lloyd"])
def test_enumeration_has_an_end(method):
    with pytest.raises(ValueError, match=r"feasible up to \d+ respondents; the largest group has 2,650. Use"):
        nps.estimate(lopsided(500, 1000, 1150), method=method)


@pytest.mark.parametrize("method", ["bootstrap-percentile", "bootstrap-basic", "bootstrap-bca"])
def test_exact_bootstraps_need_a_lattice(method):
    counts = nps.RatingCounts.from_histogram([5, 10, 20, 40, 25], scale=UNEVEN.scale, metric=UNEVEN)
    with pytest.raises(ValueError, match=f"'{method}' needs a metric whose values are multiples.*those of uneven"):
        nps.estimate(counts, method=method)
    assert np.isfinite(nps.estimate(counts, method="bootstrap-t", rng=1).low[0])


@pytest.mark.parametrize("method", ["score", "tango", "likelihood", "wald", "t", "goodman", "bootstrap-bca"])
def test_other_methods_are_for_any_metric(method):
    found = nps.estimate(FIVE_COUNTS, method=method)
    assert 0 < found.low[0] < found.score[0] < found.high[0] < 100


# --------------------------------------------------------------------------------------------------- warnings


@pytest.mark.parametrize("method", [name for name, one in ONE_SAMPLE_METHODS.items() if one.needs.per_kurtosis])
def test_small_or_lopsided_groups_are_named_with_a_better_method(method):
    options = {"rng": 1} if method == "bootstrap-t" else {}
    large = nps.RatingCounts.from_categories(promoters=800, passives=700, detractors=500)
    nps.estimate(large, method=method, **options)
    one_of_two = nps.RatingCounts.from_categories(
        promoters=[2, 80], passives=[2, 70], detractors=[1, 50], groups=["A", "B"], by="store"
    )
    few = rf"'{method}' falls short of its level.* 1 of these 2 .first: A, n = 5, it needs about \d+.*method='score'"
    with pytest.warns(nps.SmallSampleWarning, match=few) as caught:
        nps.estimate(one_of_two, method=method, **options)
    assert [warning.filename for warning in caught] == [__file__]
    with pytest.warns(nps.SmallSampleWarning, match=few) as caught:
        nps.compare(one_of_two, reference=0.0, method=method, **options)
    assert [warning.filename for warning in caught] == [__file__]
    # Many respondents, hardly any of them promoters or detractors.
    with pytest.warns(nps.SmallSampleWarning, match=r"as this one \(n = 1,001, it needs about"):
        nps.estimate(lopsided(0, 1000, 1), method=method, **options)
    with pytest.warns(nps.SmallSampleWarning, match=r"n = 1,000, all of the same value"):
        nps.estimate(lopsided(0, 1000, 0), method=method, **options)


@pytest.mark.parametrize("method", ["score", "exact", "lloyd"])
def test_methods_that_keep_their_level_do_not_warn(method):
    for table in ((0, 0, 1), (0, 5, 0), (1, 8, 1), (0, 29, 1)):
        found = nps.estimate(lopsided(*table), method=method)
        assert found.low[0] < found.high[0]


def test_t_of_one_respondent_needs_no_quantile():
    with pytest.warns(nps.SmallSampleWarning, match="as this one .n = 1, all of the same value"):
        found = nps.estimate(lopsided(0, 0, 1), method="t", alternative="less", confidence_level=0.5)
    assert (found.low[0], found.high[0]) == (-100, 100)


def test_needs_are_respondents_per_unit_of_kurtosis():
    """Of 40 promoters and 60 passives: kurtosis (1 - 3 p q) / (p q) = 7 / 6, so Wald needs 25 times that."""
    nps.estimate(lopsided(0, 18, 12), method="wald")
    with pytest.warns(nps.SmallSampleWarning, match="n = 25, it needs about 30"):
        nps.estimate(lopsided(0, 15, 10), method="wald")
