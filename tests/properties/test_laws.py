"""Laws that intervals and tests obey whatever the data."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import npsstats as nps
from npsstats.kernels.restricted import restricted_statistic
from npsstats.kernels.score import plain_score

# The same examples in every run; each holds several groups or pairs, which are solved together.
laws = settings(max_examples=12, deadline=None, derandomize=True)

ONE_SAMPLE = ("score", "tango", "wald", "adjusted-wald", "bonett-price")
TWO_SAMPLE = ("score", "likelihood", "mover", "wald", "welch", "adjusted-wald")
ALTERNATIVES = ("two-sided", "less", "greater")
# One-sided tests by MOVER are halves of its two-sided one, which is a law of its own; a root in a root is slow.
TESTS = [(method, side) for method in TWO_SAMPLE for side in ALTERNATIVES if method != "mover" or side == "two-sided"]
ESTIMATES = ("score", "standard_error", "low", "high")
DIFFERENCES = ("difference", "standard_error", "low", "high", "statistic", "pvalue")

# Limits are roots found to a relative 1e-14, on a scale of 200 points.
POINTS = {"rtol": 1e-10, "atol": 1e-10}
# Two values at a bound may differ by rounding of 200 points.
SLACK = 1e-12

MEAN = nps.mean_rating(nps.Scale(0, 10))


def has_spread(row):
    return sum(x > 0 for x in row) > 1


cell = st.one_of(st.just(0), st.integers(0, 8), st.integers(0, 400))
large_cell = st.integers(0, 10**9)
categories = st.tuples(cell, cell, cell).filter(any)
large = st.tuples(large_cell, large_cell, large_cell).filter(any)
rows = st.lists(categories, min_size=1, max_size=6)
spread_rows = st.lists(categories.filter(has_spread), min_size=1, max_size=6)
histogram = st.tuples(*[cell] * 11).filter(any)
histograms = st.lists(histogram, min_size=1, max_size=4)


def pairs_of(row, accepted=lambda pair: True):
    return st.lists(st.tuples(row, row).filter(accepted), min_size=1, max_size=4)


pairs = pairs_of(categories)
# The Wald statistic needs some spread.
spread_pairs = pairs_of(categories, lambda pair: has_spread(pair[0]) or has_spread(pair[1]))

# The skewness-corrected statistic passes through 0 beside the estimate, not at it: |z| may be up to 1 there, so
# at levels below 68.3 % its interval need not hold the estimate, nor agree with its test.
level = st.sampled_from([0.7, 0.8, 0.9, 0.95, 0.99, 0.999])
any_level = st.floats(0.1, 0.9999)
benchmark = st.floats(-99.5, 99.5)


def counts_of(table, metric=nps.NPS_CATEGORIES):
    return nps.RatingCounts.from_histogram(table, metric=metric, groups=[f"group {i}" for i in range(len(table))])


def counts_of_pairs(table, metric=nps.NPS_CATEGORIES):
    """Each pair a block of its own; `reference="old"` compares its first row with its second."""
    return nps.RatingCounts(
        np.concatenate(table),
        metric=metric,
        missing=np.zeros(2 * len(table), int),
        by=("pair", "wave"),
        labels=[(f"pair {i}", wave) for i in range(len(table)) for wave in ("new", "old")],
    )


def swapped(table):
    return [pair[::-1] for pair in table]


def reversed_ratings(table):
    return [tuple(row[::-1] for row in pair) for pair in table]


def estimate(counts, **arguments):
    """Intervals without width, of which the package warns, obey the laws too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nps.SmallSampleWarning)
        return nps.estimate(counts, **arguments)


def compare(counts, reference="old", **arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nps.SmallSampleWarning)
        return nps.compare(counts, reference=reference, **arguments)


def assert_opposite(there, here):
    np.testing.assert_allclose(there.difference, -here.difference, **POINTS)
    np.testing.assert_allclose(there.low, -here.high, **POINTS)
    np.testing.assert_allclose(there.high, -here.low, **POINTS)
    np.testing.assert_allclose(there.statistic, -here.statistic, **POINTS)
    # An error of z in the last digits is multiplied by z.
    np.testing.assert_allclose(there.pvalue, here.pvalue, rtol=1e-8, atol=1e-320)
    np.testing.assert_allclose(there.standard_error, here.standard_error, rtol=1e-13)  # sums in another order


# ------------------------------------------------------------------------------------------------ reflection


@pytest.mark.parametrize("method", ONE_SAMPLE)
@laws
@given(table=rows, level=any_level)
def test_reversed_ratings_reverse_the_interval(method, table, level):
    here = estimate(counts_of(table), method=method, confidence_level=level)
    there = estimate(counts_of([row[::-1] for row in table]), method=method, confidence_level=level)
    np.testing.assert_allclose(there.score, -here.score, **POINTS)
    np.testing.assert_allclose(there.low, -here.high, **POINTS)
    np.testing.assert_allclose(there.high, -here.low, **POINTS)


@pytest.mark.parametrize("method", ["score", "tango"])
@laws
@given(table=histograms, level=level)
def test_reversed_ratings_reverse_the_interval_of_a_mean(method, table, level):
    here = estimate(counts_of(table, MEAN), method=method, confidence_level=level)
    there = estimate(counts_of([row[::-1] for row in table], MEAN), method=method, confidence_level=level)
    np.testing.assert_allclose(there.low, 10 - here.high, **POINTS)
    np.testing.assert_allclose(there.high, 10 - here.low, **POINTS)


@pytest.mark.parametrize("method", TWO_SAMPLE)
@laws
@given(table=spread_pairs, level=level)
def test_reversed_ratings_reverse_a_comparison(method, table, level):
    here = compare(counts_of_pairs(table), method=method, confidence_level=level)
    there = compare(counts_of_pairs(reversed_ratings(table)), method=method, confidence_level=level)
    assert_opposite(there, here)


# --------------------------------------------------------------------------------------------- antisymmetry


@pytest.mark.parametrize("method", TWO_SAMPLE)
@laws
@given(table=spread_pairs, level=level)
def test_swapping_group_and_reference_changes_every_sign_and_no_pvalue(method, table, level):
    counts = counts_of_pairs(table)
    here = compare(counts, method=method, confidence_level=level)
    there = compare(counts, reference="new", method=method, confidence_level=level)
    assert [label[1] for label in here.labels] == ["new"] * len(table)
    assert [label[1] for label in there.labels] == ["old"] * len(table)
    assert_opposite(there, here)
    assert (there.n.tolist(), there.n_reference.tolist()) == (here.n_reference.tolist(), here.n.tolist())
    again = compare(counts_of_pairs(swapped(table)), method=method, confidence_level=level)
    assert_opposite(again, here)


@pytest.mark.parametrize("method", ["bootstrap-percentile", "bootstrap-bca", "bayes"])
@settings(laws, max_examples=4)
@given(table=spread_pairs, level=level)
def test_swapping_turns_intervals_from_a_law_around(method, table, level):
    here, there, mirrored = (
        compare(counts_of_pairs(pairs), method=method, confidence_level=level)
        for pairs in (table, swapped(table), reversed_ratings(table))
    )
    for other in (there, mirrored):
        # Quantiles of a law that is computed by quadrature, or from sums of some hundred probabilities.
        np.testing.assert_allclose([other.low, other.high], [-here.high, -here.low], rtol=1e-7, atol=1e-6)
        np.testing.assert_allclose(other.pvalue, here.pvalue, rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(other.difference, -here.difference, **POINTS)


@laws
@given(table=pairs)
def test_difference_is_score_minus_reference_score_with_its_sign(table):
    result = compare(counts_of_pairs(table), method="adjusted-wald")  # which has another centre
    own, other = np.array([[100 * (row[2] - row[0]) / sum(row) for row in pair] for pair in table]).T
    np.testing.assert_allclose(result.difference, own - other, rtol=0, atol=SLACK)
    np.testing.assert_allclose(result.score, own, rtol=0, atol=SLACK)
    np.testing.assert_allclose(result.score_reference, other, rtol=0, atol=SLACK)


@laws
@given(table=pairs)
def test_rest_and_previous_of_two_groups_are_the_other_group(table):
    counts = counts_of_pairs(table)
    rest, previous = compare(counts, reference="rest"), compare(counts, reference="previous")
    for reference, place in (("old", 0), ("new", 1)):
        alone = compare(counts, reference=reference)
        for name in DIFFERENCES:
            np.testing.assert_allclose(getattr(rest, name)[place::2], getattr(alone, name), **POINTS)
            if reference == "new":  # the wave before "old"
                np.testing.assert_allclose(getattr(previous, name), getattr(alone, name), **POINTS)


# -------------------------------------------------------------------------------------------------- nesting


@pytest.mark.parametrize("method", ONE_SAMPLE)
@laws
@given(table=rows, levels=st.tuples(level, level))
def test_interval_of_a_higher_level_holds_that_of_a_lower_one(method, table, levels):
    narrow, wide = (estimate(counts_of(table), method=method, confidence_level=one) for one in sorted(levels))
    assert (wide.low <= narrow.low + SLACK).all()
    assert (narrow.high <= wide.high + SLACK).all()


@pytest.mark.parametrize("method", TWO_SAMPLE)
@laws
@given(table=pairs, levels=st.tuples(level, level))
def test_interval_of_a_difference_of_a_higher_level_holds_that_of_a_lower_one(method, table, levels):
    narrow, wide = (compare(counts_of_pairs(table), method=method, confidence_level=one) for one in sorted(levels))
    assert (wide.low <= narrow.low + SLACK).all()
    assert (narrow.high <= wide.high + SLACK).all()


# ------------------------------------------------------------------------------------------------- duality


def assert_interval_and_test_agree(result):
    alpha = 1 - result.confidence_level
    clear = np.abs(result.pvalue - alpha) > 1e-9  # on the limit, rounding decides
    inside = (result.low <= 0) & (result.high >= 0)
    np.testing.assert_array_equal(inside[clear], (result.pvalue >= alpha)[clear])


@pytest.mark.parametrize(("method", "alternative"), TESTS)
@laws
@given(table=spread_pairs, level=level)
def test_interval_holds_zero_if_and_only_if_the_test_keeps_it(method, alternative, table, level):
    assert_interval_and_test_agree(
        compare(counts_of_pairs(table), method=method, alternative=alternative, confidence_level=level)
    )


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("method", ONE_SAMPLE)
@laws
@given(table=spread_rows, level=level, benchmark=benchmark)
def test_interval_holds_a_benchmark_if_and_only_if_the_test_keeps_it(method, alternative, table, level, benchmark):
    assert_interval_and_test_agree(
        compare(counts_of(table), benchmark, method=method, alternative=alternative, confidence_level=level)
    )


@pytest.mark.parametrize("method", ["score", "tango", "adjusted-wald", "bonett-price"])
@laws
@given(table=rows, level=level, benchmark=benchmark)
def test_interval_and_test_agree_on_samples_without_spread(method, table, level, benchmark):
    table = [tuple(sum(row) * (place == sum(row) % 3) for place in range(3)) for row in table]
    assert_interval_and_test_agree(compare(counts_of(table), benchmark, method=method, confidence_level=level))


@laws
@given(table=pairs_of(histogram.filter(lambda row: sum(row) > 1)), level=level)
def test_interval_and_test_agree_on_a_difference_of_means(table, level):
    assert_interval_and_test_agree(compare(counts_of_pairs(table, MEAN), confidence_level=level))


@pytest.mark.parametrize("method", ONE_SAMPLE)
@laws
@given(table=rows, level=level, benchmark=benchmark)
def test_comparison_with_a_benchmark_is_the_interval_of_the_score_moved(method, table, level, benchmark):
    alone = estimate(counts_of(table), method=method, confidence_level=level)
    result = compare(counts_of(table), benchmark, method=method, confidence_level=level)
    np.testing.assert_allclose(result.difference, alone.score - benchmark, **POINTS)
    np.testing.assert_allclose(result.low, alone.low - benchmark, **POINTS)
    np.testing.assert_allclose(result.high, alone.high - benchmark, **POINTS)
    np.testing.assert_allclose(result.standard_error, alone.standard_error, rtol=1e-14)


def assert_halves(both, less, greater, bounds):
    np.testing.assert_allclose(less.pvalue + greater.pvalue, 1, rtol=1e-15)
    smaller = np.minimum(less.pvalue, greater.pvalue)
    np.testing.assert_allclose(2 * smaller, both.pvalue, rtol=1e-13, atol=1e-320)  # the smallest stands for all below
    np.testing.assert_allclose(less.low, bounds[0], rtol=1e-15)
    np.testing.assert_allclose(less.high, both.high, **POINTS)
    np.testing.assert_allclose(greater.low, both.low, **POINTS)
    np.testing.assert_allclose(greater.high, bounds[1], rtol=1e-15)


@pytest.mark.parametrize("method", TWO_SAMPLE)
@laws
@given(table=spread_pairs, alpha=st.sampled_from([0.001, 0.025, 0.05, 0.1]))
def test_one_sided_tests_and_limits_are_halves_of_the_two_sided_ones(method, table, alpha):
    counts = counts_of_pairs(table)
    both = compare(counts, method=method, confidence_level=1 - 2 * alpha)
    less, greater = (
        compare(counts, method=method, alternative=side, confidence_level=1 - alpha) for side in ("less", "greater")
    )
    assert_halves(both, less, greater, (-200, 200))


@pytest.mark.parametrize("method", ONE_SAMPLE)
@laws
@given(table=spread_rows, alpha=st.sampled_from([0.001, 0.025, 0.05, 0.1]), benchmark=benchmark)
def test_one_sided_comparisons_with_a_benchmark_are_halves_of_the_two_sided_ones(method, table, alpha, benchmark):
    counts = counts_of(table)
    both = compare(counts, benchmark, method=method, confidence_level=1 - 2 * alpha)
    less, greater = (
        compare(counts, benchmark, method=method, alternative=side, confidence_level=1 - alpha)
        for side in ("less", "greater")
    )
    assert_halves(both, less, greater, (-100 - benchmark, 100 - benchmark))


@pytest.mark.parametrize("level", [0.5, 0.4, 0.1])
@pytest.mark.parametrize("method", ONE_SAMPLE)
def test_one_sided_lower_limit_of_a_level_is_the_upper_limit_of_the_rest(method, level):
    """At 50 % and below, a one-sided limit lies on the other side of the estimate."""
    counts = counts_of([(20, 40, 40), (395, 476, 291)])
    low = compare(counts, 0.0, method=method, alternative="greater", confidence_level=level).low
    high = compare(counts, 0.0, method=method, alternative="less", confidence_level=1 - level).high
    np.testing.assert_allclose(low, high, **POINTS)


@pytest.mark.parametrize("level", [0.5, 0.4, 0.1])
@pytest.mark.parametrize("method", TWO_SAMPLE)
def test_one_sided_lower_limit_of_a_difference_is_the_upper_limit_of_the_rest(method, level):
    counts = counts_of_pairs([((10, 35, 55), (20, 40, 40)), ((4, 9, 2), (3, 3, 8))])
    low = compare(counts, method=method, alternative="greater", confidence_level=level).low
    high = compare(counts, method=method, alternative="less", confidence_level=1 - level).high
    np.testing.assert_allclose(low, high, **POINTS)


@pytest.mark.parametrize("level", [0.4, 0.1])
@pytest.mark.parametrize("method", ["score", "tango"])
def test_one_sided_limits_of_samples_at_the_end_of_the_scale_mirror_each_other(method, level):
    counts = counts_of([(0, 0, 5), (5, 0, 0), (1, 0, 4)])
    low = compare(counts, 0.0, method=method, alternative="greater", confidence_level=level).low
    high = compare(counts, 0.0, method=method, alternative="less", confidence_level=1 - level).high
    np.testing.assert_allclose(low, high, **POINTS)


@pytest.mark.parametrize("level", [0.4, 0.1])
@pytest.mark.parametrize("method", ["score", "mover"])
def test_one_sided_limits_of_differences_at_the_end_of_the_scale_mirror_each_other(method, level):
    counts = counts_of_pairs([((0, 0, 5), (5, 0, 0)), ((0, 0, 2), (0, 0, 3)), ((0, 1, 4), (5, 0, 0))])
    low = compare(counts, method=method, alternative="greater", confidence_level=level).low
    high = compare(counts, method=method, alternative="less", confidence_level=1 - level).high
    np.testing.assert_allclose(low, high, **POINTS)


@pytest.mark.parametrize("method", TWO_SAMPLE)
def test_one_sided_comparison_at_50_per_cent_warns_of_nothing(method):
    counts = counts_of_pairs([((10, 35, 55), (20, 40, 40))])
    result = nps.compare(counts, reference="old", method=method, alternative="greater", confidence_level=0.5)
    assert -200 < result.low[0] < result.high[0] == 200


@pytest.mark.parametrize("level", [0.001, 0.01, 0.05])
def test_intervals_of_very_low_levels_are_numbers(level):
    few = [row for n in (1, 2, 6, 7) for row in np.ndindex(n + 1, n + 1, n + 1) if sum(row) == n]
    result = compare(counts_of_pairs([(first, second) for first in few for second in few]), confidence_level=level)
    assert np.isfinite([result.low, result.high]).all()


def test_one_sided_limit_at_60_per_cent_of_two_samples_of_one_value_is_a_number():
    result = compare(counts_of_pairs([((0, 0, 5), (0, 6, 0))]), alternative="greater", confidence_level=0.6)
    assert np.isfinite(result.low).all()


# ------------------------------------------------------------------------------------------ p-values, bounds


@pytest.mark.parametrize(("method", "alternative"), TESTS)
@laws
@given(table=pairs_of(large.filter(has_spread)))
def test_pvalues_lie_above_zero_and_not_above_one(method, alternative, table):
    result = compare(counts_of_pairs(table), method=method, alternative=alternative)
    assert ((result.pvalue > 0) & (result.pvalue <= 1)).all()


@pytest.mark.parametrize("method", TWO_SAMPLE)
def test_pvalue_of_a_huge_difference_is_an_upper_bound_and_not_zero(method):
    result = compare(counts_of_pairs([((0, 0, 10**9), (10**9, 0, 0))]), method=method)
    assert result.pvalue.tolist() == [5e-324]
    assert result.difference.tolist() == [200]


@pytest.mark.parametrize("method", ["score", "tango"])
@laws
@given(table=st.lists(st.one_of(categories, large), min_size=1, max_size=6), level=any_level)
def test_score_limits_stay_inside_the_scale(method, table, level):
    result = estimate(counts_of(table), method=method, confidence_level=level)
    assert (result.low >= -100).all()
    assert (result.low <= result.high).all()
    assert (result.high <= 100).all()


@pytest.mark.parametrize("method", ["score", "mover"])
@laws
@given(table=pairs, level=any_level)
def test_limits_of_a_difference_stay_inside_its_scale(method, table, level):
    result = compare(counts_of_pairs(table), method=method, confidence_level=level)
    assert (result.low >= -200).all()
    assert (result.low <= result.high).all()
    assert (result.high <= 200).all()


@pytest.mark.parametrize("method", ["score", "tango", "wald"])
@laws
@given(table=rows, level=level)
def test_interval_holds_its_estimate(method, table, level):
    result = estimate(counts_of(table), method=method, confidence_level=level)
    assert (result.low - SLACK <= result.score).all()
    assert (result.score <= result.high + SLACK).all()


@pytest.mark.parametrize("method", ["score", "mover", "wald"])
@laws
@given(table=pairs, level=level)
def test_interval_of_a_difference_holds_its_estimate(method, table, level):
    result = compare(counts_of_pairs(table), method=method, confidence_level=level)
    assert (result.low - SLACK <= result.difference).all()
    assert (result.difference <= result.high + SLACK).all()


@laws
@given(table=rows, null=st.tuples(st.floats(0.001, 0.999), st.floats(0.001, 0.999)))
def test_plain_score_statistic_falls_as_the_null_value_rises(table, null):
    counts = np.array(table, float)[:, None]
    values = np.array([0.0, 0.5, 1.0])
    first, second = (
        restricted_statistic(plain_score, counts, values, np.ones(1), np.full(len(table), one)) for one in sorted(null)
    )
    assert (first >= second - 1e-9 * (1 + np.abs(first))).all()  # equal null values, up to rounding


# --------------------------------------------------------------------------------------- metrics and scales


@pytest.mark.parametrize("method", ["score", "tango"])
@laws
@given(table=histograms, level=level, start=st.floats(-1000, 1000), stretch=st.floats(1e-3, 1e3))
def test_affine_change_of_values_changes_score_and_limits_by_the_same(method, table, level, start, stretch):
    moved = nps.Metric("moved", MEAN.scale, tuple(start + stretch * value for value in MEAN.values))
    here = estimate(counts_of(table, MEAN), method=method, confidence_level=level)
    there = estimate(counts_of(table, moved), method=method, confidence_level=level)
    # The values themselves are rounded to 1e-16 of the start.
    tolerance = 1e-10 * stretch + 1e-12 * abs(start)
    for name in ("score", "low", "high"):
        expected = start + stretch * getattr(here, name)
        np.testing.assert_allclose(getattr(there, name), expected, rtol=1e-10, atol=tolerance)
    np.testing.assert_allclose(there.standard_error, stretch * here.standard_error, rtol=1e-9, atol=tolerance)


@laws
@given(table=pairs_of(histogram), stretch=st.floats(1e-3, 1e3))
def test_affine_change_of_values_leaves_a_test_as_it_is(table, stretch):
    moved = nps.Metric("moved", MEAN.scale, tuple(7 + stretch * value for value in MEAN.values))
    here, there = compare(counts_of_pairs(table, MEAN)), compare(counts_of_pairs(table, moved))
    # 7 + x is rounded to 1e-15, which is 1e-12 of the smallest stretch.
    np.testing.assert_allclose(there.statistic, here.statistic, rtol=1e-8, atol=1e-8)


def in_categories(row):
    return sum(row[:7]), sum(row[7:9]), sum(row[9:])


@pytest.mark.parametrize("method", ONE_SAMPLE)
@laws
@given(table=histograms, level=level)
def test_nps_of_eleven_ratings_is_that_of_its_three_categories(method, table, level):
    eleven = estimate(counts_of(table, nps.NPS), method=method, confidence_level=level)
    three = estimate(counts_of(list(map(in_categories, table))), method=method, confidence_level=level)
    for name in ESTIMATES:
        np.testing.assert_array_equal(getattr(eleven, name), getattr(three, name))


@pytest.mark.parametrize("method", TWO_SAMPLE)
@laws
@given(table=pairs_of(histogram))
def test_comparison_of_eleven_ratings_is_that_of_their_three_categories(method, table):
    eleven = compare(counts_of_pairs(table, nps.NPS), method=method)
    three = compare(counts_of_pairs([tuple(map(in_categories, pair)) for pair in table]), method=method)
    for name in DIFFERENCES:
        np.testing.assert_array_equal(getattr(eleven, name), getattr(three, name))


@laws
@given(table=histograms, place=st.integers(0, 11), level=level)
def test_an_unused_rating_with_the_value_of_its_neighbour_changes_nothing(table, place, level):
    values = list(MEAN.values)
    values.insert(place, values[min(place, 10)])
    wide = nps.Metric("wide", nps.Scale(0, 11), tuple(values))
    here = estimate(counts_of(table, MEAN), confidence_level=level)
    there = estimate(counts_of(np.insert(table, place, 0, axis=1), wide), confidence_level=level)
    for name in ESTIMATES:
        np.testing.assert_array_equal(getattr(here, name), getattr(there, name))


# ---------------------------------------------------------------------------------------- pooling and order

responses = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", None]), st.one_of(st.integers(0, 10), st.none())),
    min_size=1,
    max_size=25,
)


def tabulated(answers):
    labels, ratings = zip(*answers, strict=True)
    frame = pd.DataFrame({"group": labels, "rating": ratings}, dtype="object")
    return nps.tabulate(frame, rating="rating", by="group")


@laws
@given(first=responses, second=responses)
def test_counts_of_parts_add_up_to_the_counts_of_the_whole(first, second):
    whole = tabulated(first + second)
    assert tabulated(first) + tabulated(second) == whole
    assert tabulated(second) + tabulated(first) == whole


@laws
@given(parts=st.tuples(responses, responses, responses))
def test_counts_add_up_in_any_order(parts):
    a, b, c = map(tabulated, parts)
    assert (a + b) + c == a + (b + c)
    assert (a + b).pool() == a.pool() + b.pool()


@laws
@given(answers=responses, data=st.data())
def test_order_of_responses_does_not_matter(answers, data):
    assert tabulated(data.draw(st.permutations(answers))) == tabulated(answers)


@pytest.mark.parametrize("method", ONE_SAMPLE)
@laws
@given(table=rows, data=st.data())
def test_order_and_company_of_groups_do_not_matter(method, table, data):
    counts = counts_of(table)
    order = data.draw(st.permutations(counts.groups))
    here, there = estimate(counts, method=method), estimate(counts.select(*order), method=method)
    alone = estimate(counts.select("group 0"), method=method)
    for name in ESTIMATES:
        np.testing.assert_allclose(getattr(there, name), getattr(here, name)[counts.positions(order)], **POINTS)
        np.testing.assert_allclose(getattr(alone, name), getattr(here, name)[:1], **POINTS)


@laws
@given(table=pairs)
def test_a_pair_does_not_depend_on_the_other_pairs(table):
    assume(len(table) > 1)
    for method in ("score", "mover"):
        together = compare(counts_of_pairs(table), method=method)
        alone = compare(counts_of_pairs(table[-1:]), method=method)
        for name in DIFFERENCES:
            np.testing.assert_allclose(getattr(alone, name), getattr(together, name)[-1:], rtol=1e-8, atol=1e-10)
