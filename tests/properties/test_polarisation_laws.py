"""Laws of the shape of distributions, and of relative efficiencies."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import npsstats as nps
from npsstats.kernels.ordinal_shift import efficacies, ordinal_information
from npsstats.kernels.ordinal_spread import entropy_of, ordinal_dispersion
from npsstats.kernels.transformed_limits import logit_limits

histograms = st.lists(st.integers(0, 200), min_size=11, max_size=11).filter(lambda row: sum(row) > 0)
quick = settings(max_examples=60, deadline=None)
# Whole results take some 50 ms each.
slow = settings(max_examples=12, deadline=None)
SHARES = ("promoters", "passives", "detractors", "deep", "shallow", "not_passive")


def shares(row):
    return np.array([row]) / sum(row)


@slow
@given(histograms)
def test_parts_add_up_and_limits_hold_their_estimates(row):
    result = nps.polarisation(nps.RatingCounts.from_histogram(row))
    np.testing.assert_allclose(result.promoters + result.passives + result.detractors, 1, rtol=1e-12)
    np.testing.assert_allclose(result.deep + result.shallow, result.detractors, atol=1e-12)
    np.testing.assert_allclose(100 * (result.promoters - result.detractors), result.score, atol=1e-10)
    if result.detractors > 0:
        np.testing.assert_allclose(result.depth * result.detractors, result.deep, atol=1e-12)
    for measure in result.measures:
        (low,), (high,) = result.interval(measure)
        value = getattr(result, measure)[0]
        # Limits by iteration end within 1e-9 of a share of 0 or 1.
        if np.isfinite(low):
            assert low <= value + 1e-7, measure
            assert high >= value - 1e-7, measure
        if measure in SHARES:
            assert 0 <= low <= high <= 1


@slow
@given(histograms)
def test_the_standard_deviation_follows_from_score_and_share_that_is_not_passive(row):
    result = nps.polarisation(nps.RatingCounts.from_histogram(row))
    variance = 100**2 * result.not_passive - result.score**2
    np.testing.assert_allclose(result.standard_deviation**2, variance, atol=1e-8)


@quick
@given(histograms)
def test_a_scale_turned_around_has_the_same_entropy_and_dispersion(row):
    for measure in (entropy_of, ordinal_dispersion):
        value, _ = measure(shares(row))
        turned, _ = measure(shares(row[::-1]))
        np.testing.assert_allclose(value, turned, atol=1e-13)
        assert 0 <= value <= 1


@quick
@given(histograms, st.permutations(range(11)))
def test_entropy_knows_no_order_but_dispersion_does(row, order):
    mixed = [row[i] for i in order]
    np.testing.assert_allclose(entropy_of(shares(row))[0], entropy_of(shares(mixed))[0], atol=1e-13)
    # Sorted outwards, nothing is further apart: half of the weight at each end is the most.
    ends = [0] * 11
    ends[0] = ends[10] = sum(row)
    assert ordinal_dispersion(shares(mixed))[0] <= ordinal_dispersion(shares(ends))[0]


@slow
@given(histograms, st.integers(2, 50))
def test_more_respondents_of_the_same_kind_are_surer_of_the_same(row, times):
    few, many = (nps.polarisation(nps.RatingCounts.from_histogram(np.array(row) * k)) for k in (1, times))
    for measure in ("not_passive", "depth", "dispersion"):
        np.testing.assert_allclose(getattr(few, measure), getattr(many, measure), atol=1e-12)
        inner, outer = many.interval(measure), few.interval(measure)
        if np.isfinite(outer[0][0]):
            assert inner[0][0] >= outer[0][0] - 1e-9
            assert inner[1][0] <= outer[1][0] + 1e-9


@quick
@given(histograms, st.lists(st.integers(-5, 5), min_size=11, max_size=11))
def test_no_score_sees_more_than_the_ordinal_analysis(row, values):
    found = efficacies(shares(row), np.array([values], dtype=float))
    assume(np.isfinite(found.efficacy[0, 0]))
    # A squared correlation.
    assert found.efficacy[0, 0] <= ordinal_information(shares(row))[0] * (1 + 1e-12)


@quick
@given(histograms, st.floats(-50, 50), st.floats(0.01, 100) | st.floats(-100, -0.01))
def test_the_unit_of_a_score_does_not_matter(row, shift, factor):
    values = np.array(nps.NPS.values)
    found = efficacies(shares(row), np.stack([values, shift + factor * values]))
    # A mean far from 0 costs digits.
    np.testing.assert_allclose(found.efficacy[0, 0], found.efficacy[0, 1], rtol=1e-6)
    np.testing.assert_allclose(found.slope[0, 1], factor * found.slope[0, 0], rtol=1e-9, atol=1e-12)


@quick
@given(st.floats(0.001, 0.999), st.floats(1e-6, 10), st.floats(0.1, 50))
def test_limits_on_the_logit_scale_stay_between_0_and_1_and_turn_around(value, error, quantile):
    low, high = logit_limits(np.array([value]), np.array([error]), quantile)
    assert 0 <= low <= value <= high <= 1
    other = logit_limits(np.array([1 - value]), np.array([error]), quantile)
    np.testing.assert_allclose([low, high], [1 - other[1], 1 - other[0]], atol=1e-12)
