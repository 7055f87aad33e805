"""The bootstrap distribution as a result: its columns, its law, its words, and its errors."""

import math

import numpy as np
import pytest

import npsstats as nps
from npsstats.inference.resampling import bootstrap_distribution
from npsstats.kernels.bootstrap import needs_resampling, percentile_limits
from npsstats.results.laws import BootstrapDistribution

SMALL = nps.RatingCounts.from_categories(promoters=2, passives=1, detractors=1)
PAIR = nps.RatingCounts.from_categories(
    promoters=[5, 300], passives=[3, 600], detractors=[2, 100], groups=["pilot", "survey"], by="wave"
)


@pytest.fixture(scope="module")
def pair():
    return bootstrap_distribution(PAIR)


def test_law_of_two_respondents_by_hand():
    counts = nps.RatingCounts.from_categories(promoters=1, passives=0, detractors=1)
    result = bootstrap_distribution(counts)
    scores, probabilities = result.law()
    np.testing.assert_array_equal(scores, [-100, 0, 100])
    np.testing.assert_allclose(probabilities, [0.25, 0.5, 0.25], rtol=0, atol=2e-16)  # an ulp
    assert result.score[0] == 0
    assert result.standard_error[0] == pytest.approx(100 / math.sqrt(2), rel=1e-15)
    assert (result.skewness[0], result.z0[0], result.acceleration[0]) == (0, 0, 0)
    assert [result.cdf(x)[0] for x in (-101, -100, -0.001, 0, 99.9, 100, 1e9)] == [0, 0.25, 0.25, 0.75, 0.75, 1, 1]
    assert [result.sf(x)[0] for x in (-1e9, -100, 0, 99.9, 100)] == pytest.approx([1, 0.75, 0.25, 0.25, 0], rel=1e-15)
    assert [result.quantile(q)[0] for q in (0, 0.2, 0.25, 0.26, 0.75, 0.76, 1)] == [-100, -100, -100, 0, 0, 100, 100]


def test_columns_are_per_group(pair):
    frame = pair.to_frame()
    names = ["wave", "n", "missing", "score", "standard_error", "skewness", "z0", "acceleration"]
    assert list(frame.columns) == names
    assert frame["wave"].tolist() == ["pilot", "survey"]
    np.testing.assert_array_equal(frame["score"], [30, 20])
    # By hand: shares (0.2, 0.3, 0.5), mean 0.3, variance 0.61, third moment -0.276.
    assert frame["standard_error"][0] == pytest.approx(100 * math.sqrt(0.061), rel=1e-14)
    assert frame["skewness"][0] == pytest.approx(-0.276 / 0.61**1.5 / math.sqrt(10), rel=1e-13)
    assert frame["acceleration"][0] == pytest.approx(-0.276 / 0.61**1.5 / math.sqrt(10) / 6, rel=1e-13)
    assert len(pair) == 2
    assert (pair.by, pair.labels) == (("wave",), (("pilot",), ("survey",)))


def test_scores_and_errors_are_those_of_estimate(pair):
    estimates = nps.estimate(PAIR)
    np.testing.assert_allclose(pair.score, estimates.score, rtol=1e-15)
    np.testing.assert_allclose(pair.standard_error, estimates.standard_error, rtol=1e-14)


def test_one_number_goes_for_all_groups_or_each_has_its_own(pair):
    np.testing.assert_array_equal(pair.cdf(25), pair.cdf([25, 25]))
    assert pair.cdf([30, 0])[0] == pair.cdf(30)[0]
    assert pair.quantile([0.5, 0.025])[1] == pair.quantile(0.025)[1]


def test_tails_stay_positive_far_from_the_score(pair):
    # The normal tail at 0, 20 / 1.897 = 10.5 standard errors, is 3e-26; without skewness to speak of this one is near.
    assert pair.cdf(0)[1] == pytest.approx(2.8e-26, rel=0.8)
    assert 0 < pair.cdf(-45)[1] < 1e-150


def test_law_by_label(pair):
    scores, probabilities = pair.law("pilot")
    assert (scores[0], scores[-1], scores.size) == (-100, 100, 21)
    assert probabilities[-1] == pytest.approx(0.5**10, abs=1e-16)
    with pytest.raises(ValueError, match="no group has the label 'x'; the groups are 'pilot', 'survey'"):
        pair.law("x")
    with pytest.raises(ValueError, match="`group` must name one of the 2 groups, such as 'pilot'"):
        pair.law()


def test_law_of_a_large_group_is_a_window():
    counts = nps.RatingCounts.from_categories(promoters=5 * 10**8, passives=3 * 10**8, detractors=2 * 10**8)
    result = bootstrap_distribution(counts)
    scores, probabilities = result.law()
    assert scores.size < 10**6
    assert probabilities.sum() == pytest.approx(1, abs=1e-11)
    assert scores @ probabilities == pytest.approx(30, abs=1e-9)
    np.testing.assert_allclose(np.diff(scores), 1e-7, rtol=1e-6)  # points; differences of numbers around 30


def test_point_mass_where_all_ratings_are_the_same():
    result = bootstrap_distribution(nps.RatingCounts.from_categories(promoters=7, passives=0, detractors=0))
    assert [column[0] for column in (result.score, result.standard_error, result.skewness, result.z0)] == [100, 0, 0, 0]
    assert (result.cdf(100)[0], result.cdf(99.9)[0], result.sf(99.9)[0]) == (1, 0, 1)
    scores, probabilities = result.law()
    assert (scores.tolist(), probabilities.tolist()) == ([100], [1])
    assert [result.quantile(q)[0] for q in (0, 0.5, 1)] == [100, 100, 100]


def test_one_respondent():
    result = bootstrap_distribution(nps.RatingCounts.from_categories(promoters=0, passives=1, detractors=0))
    assert (result.quantile(0.025)[0], result.quantile(0.975)[0]) == (0, 0)


@pytest.mark.parametrize("metric", [nps.NPS, nps.mean_rating(nps.Scale(0, 10)), nps.ENPS])
def test_any_metric_with_a_common_step_has_its_law(metric):
    histogram = [1, 0, 0, 2, 0, 3, 1, 4, 5, 3, 6]
    counts = nps.RatingCounts.from_histogram(histogram)
    if metric.scale == counts.scale:
        scores, probabilities = bootstrap_distribution(counts, metric=metric).law()
        score = np.array(histogram) @ metric.values / 25
        assert scores @ probabilities == pytest.approx(score, rel=1e-12)
        np.testing.assert_allclose([scores[0], scores[-1]], metric.bounds, rtol=1e-14)


def test_a_metric_without_a_common_step_is_refused_with_the_way_out():
    scale = nps.Scale(1, 3)
    metric = nps.Metric("odd score", scale, [0, 100 * math.sqrt(0.5), 100])
    counts = nps.RatingCounts.from_histogram([1, 2, 3], metric=metric)
    with pytest.raises(ValueError, match=r"those of odd score are not\. Use `estimate` with method='bootstrap-t'"):
        bootstrap_distribution(counts)
    with pytest.raises(ValueError, match="the values lie on no lattice"):
        percentile_limits(np.array([[1.0, 2, 3]]), np.array([0, math.sqrt(0.5), 1]), 0.025)


def test_wrong_arguments_are_named(pair):
    with pytest.raises(TypeError, match="`counts` must be RatingCounts"):
        bootstrap_distribution([1, 2, 3])
    with pytest.raises(ValueError, match="`q` must lie between 0 and 1; got 95"):
        pair.quantile(95)
    with pytest.raises(ValueError, match="`q` must lie between 0 and 1"):
        pair.quantile(float("nan"))
    with pytest.raises(ValueError, match="`x` must be a number or one per group; got 3 for 2 groups"):
        pair.cdf([1, 2, 3])
    with pytest.raises(ValueError, match="`x` must be a number or one per group; got 3 for 2 groups"):
        pair.sf([1, 2, 3])
    with pytest.raises(TypeError, match="`x` must be a number or one per group"):
        pair.cdf("0")
    with pytest.raises(nps.UndefinedScoreError, match="a score needs at least one rating"):
        bootstrap_distribution(nps.RatingCounts.from_categories(promoters=0, passives=0, detractors=0))


def test_what_people_read(pair):
    assert isinstance(pair, BootstrapDistribution)
    assert repr(pair).splitlines()[0] == "NPS by wave, exact bootstrap distribution"
    assert pair.sentences()[1] == (
        "NPS of survey: 20.0; 95 % of resamples lie within 16.3 to 23.7 (standard error 1.90; n = 1,000)."
    )
    assert bootstrap_distribution(SMALL).sentences()[0].startswith("NPS: 25.0; 95 % of resamples lie within ")
    assert pair.method_text().startswith("Exact bootstrap distribution, without simulation, of NPS (")
    assert "efron1979" in pair.cite()
    assert pair.to_dict()["method"] == "exact bootstrap"
    assert pair.to_records()[0]["wave"] == "pilot"


def test_only_long_lists_of_resamples_are_drawn():
    # n + 2 choose 2 is 199,396 for n = 630 and 200,028 for n = 631.
    few, many = np.array([[630.0 - 2, 1, 1]]), np.array([[631.0 - 2, 1, 1]])
    assert [needs_resampling(counts)[0] for counts in (few, many)] == [False, True]
    # Two levels make short lists: n + 1 of them.
    assert not needs_resampling(np.array([[150_000.0, 0, 1]]))[0]
    assert not needs_resampling(np.array([[10.0**9, 0, 0]]))[0]
