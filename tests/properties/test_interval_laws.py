"""Laws that every interval of one score obeys, and for which methods they do not hold.

No law for every method: the Wald kinds, t, goodman, bootstrap-basic and bootstrap-t may leave the scale; those with
pseudo-counts, bootstrap-bca and bootstrap-t need not hold the observed score; a method that lists samples has another
test on two sides than on one. Each exception stands beside the law that it breaks.
"""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

import npsstats as nps
from npsstats.inference import operating
from npsstats.inference.intervals import ONE_SAMPLE_METHODS
from npsstats.kernels.lattice import resampled_totals, tails

EVERY = tuple(ONE_SAMPLE_METHODS)
LISTED = ("exact", "lloyd")  # slow, and found by a search
LAW = ("bootstrap-percentile", "bootstrap-basic", "bootstrap-bca")
ADDED = ("adjusted-wald", "agresti-min", "bonett-price")
# The methods that take any metric, at least one on a lattice.
ANY_METRIC = tuple(name for name in EVERY if name not in (*LISTED, *ADDED, "mover-wilson"))
# Those whose limits and p-values are continuous functions of each other.
CONTINUOUS = tuple(name for name in EVERY if not name.startswith("bootstrap") and name not in LISTED)

# Limits are roots found to a relative 1e-14, on a scale of 200 points; sums of weights are good to as much.
POINTS = 1e-9
# A search over listed samples ends at 1e-8 of the scale, or 1e-6 where samples are almost tied: 2e-4 points.
SEARCHED = 2e-4

ALTERNATIVES = ("two-sided", "less", "greater")
MIRRORED = {"two-sided": "two-sided", "less": "greater", "greater": "less"}

FIVE = nps.mean_rating(nps.Scale(0, 4))


def rows_of(levels, most, groups=3):
    cell = st.one_of(st.just(0), st.integers(0, most))
    return st.lists(st.tuples(*[cell] * levels).filter(any), min_size=1, max_size=groups)


few = rows_of(3, 4, groups=2)
some = rows_of(3, 60)
# The correction for skewness shifts |z| by up to 1 beside the estimate: at levels below 68.3 % the limits of "score"
# may cross that point, and neither nest nor agree with the test.
level = st.sampled_from([0.7, 0.8, 0.9, 0.95, 0.99, 0.999])
low_level = st.sampled_from([0.05, 0.3, 0.5, 0.6, 0.68])
benchmark = st.floats(-99, 99)


def laws(method):
    """The same examples in every run, fewer where samples are listed."""
    return settings(max_examples=3 if method in LISTED else 8, deadline=None, derandomize=True)


def law(methods, **strategies):
    """Run a law over methods, each with counts that it can take in a moment."""

    def decorate(check):
        @pytest.mark.parametrize("method", methods)
        def run(method):
            given_ = {name: value(method) if callable(value) else value for name, value in strategies.items()}
            laws(method)(given(**given_)(lambda **drawn: check(method, **drawn)))()

        run.__name__, run.__doc__ = check.__name__, check.__doc__
        return run

    return decorate


def table_of(method):
    return few if method in LISTED else some


def tolerance(method, width=200):
    return (SEARCHED if method in LISTED else POINTS) * width / 200


def counts_of(table, metric=nps.NPS_CATEGORIES):
    return nps.RatingCounts.from_histogram(
        table, scale=metric.scale, metric=metric, groups=[f"group {i}" for i in range(len(table))]
    )


def quiet(function, counts, method, **arguments):
    if method == "bootstrap-t":
        arguments["rng"] = 7
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nps.SmallSampleWarning)
        return function(counts, method=method, **arguments)


def limits(table, method, metric=nps.NPS_CATEGORIES, **arguments):
    found = quiet(nps.estimate, counts_of(table, metric), method, **arguments)
    return found.low, found.high


def close(here, there, tolerance):
    np.testing.assert_allclose(here, there, rtol=1e-9, atol=tolerance)


# ------------------------------------------------------------------------------------------- the sides


@law(EVERY, table=table_of, level=level, alternative=st.sampled_from(ALTERNATIVES))
def test_reversed_ratings_reverse_every_interval(method, table, level, alternative):
    low, high = limits(table, method, confidence_level=level, alternative=alternative)
    mirrored = [row[::-1] for row in table]
    back_low, back_high = limits(mirrored, method, confidence_level=level, alternative=MIRRORED[alternative])
    close(back_low, -high, tolerance(method))
    close(back_high, -low, tolerance(method))


@law(EVERY, table=table_of, null=benchmark, alternative=st.sampled_from(ALTERNATIVES))
def test_reversed_ratings_reverse_every_test(method, table, null, alternative):
    here = quiet(nps.compare, counts_of(table), method, reference=null, alternative=alternative)
    mirrored = counts_of([row[::-1] for row in table])
    there = quiet(nps.compare, mirrored, method, reference=-null, alternative=MIRRORED[alternative])
    # p-values of listed samples are found to 1e-6; an error of z in the last digits is multiplied by z.
    close(there.pvalue, here.pvalue, 1e-6 if method in LISTED else 1e-12)
    close(there.statistic, -here.statistic, 1e-8)


@law([name for name in EVERY if name not in LISTED], table=table_of, alpha=st.sampled_from([0.001, 0.025, 0.05, 0.15]))
def test_one_sided_limits_are_those_of_the_two_sided_interval_with_twice_the_error(method, table, alpha):
    """Not for "exact" and "lloyd": their two-sided test counts the samples of both tails, not one tail twice."""
    low, high = limits(table, method, confidence_level=1 - 2 * alpha)
    close(limits(table, method, confidence_level=1 - alpha, alternative="greater")[0], low, 1e-8)
    close(limits(table, method, confidence_level=1 - alpha, alternative="less")[1], high, 1e-8)


@law(EVERY, table=table_of, level=level)
def test_one_sided_limits_lie_within_the_two_sided_interval_of_the_same_level(method, table, level):
    low, high = limits(table, method, confidence_level=level)
    slack = tolerance(method)
    assert (limits(table, method, confidence_level=level, alternative="greater")[0] >= low - slack).all()
    assert (limits(table, method, confidence_level=level, alternative="less")[1] <= high + slack).all()


@law(CONTINUOUS, table=rows_of(3, 30).map(lambda rows: [(d + 1, s, p + 2) for d, s, p in rows]), level=low_level)
def test_a_one_sided_lower_limit_is_the_upper_limit_of_the_remaining_level(method, table, level):
    """Below 50 % a limit lies beyond the estimate. Without spread Wald's and without a second respondent t's do not."""
    lower = limits(table, method, confidence_level=level, alternative="greater")[0]
    upper = limits(table, method, confidence_level=1 - level, alternative="less")[1]
    close(lower, upper, POINTS)


# --------------------------------------------------------------------------------------------- nesting


@law(EVERY, table=table_of, levels=st.lists(level, min_size=2, max_size=2, unique=True))
def test_an_interval_of_a_higher_level_holds_that_of_a_lower_one(method, table, levels):
    (inner_low, inner_high), (low, high) = (limits(table, method, confidence_level=one) for one in sorted(levels))
    slack = tolerance(method)
    assert (low <= inner_low + slack).all()
    assert (inner_high <= high + slack).all()


@law([name for name in EVERY if name != "score"], table=table_of, levels=st.tuples(low_level, level))
def test_intervals_of_low_levels_are_nested_too_but_for_score(method, table, levels):
    (inner_low, inner_high), (low, high) = (limits(table, method, confidence_level=one) for one in levels)
    slack = tolerance(method)
    assert (low <= inner_low + slack).all()
    assert (inner_low <= inner_high + slack).all()
    assert (inner_high <= high + slack).all()


def test_score_intervals_of_low_levels_need_not_hold_the_score():
    """The exception: the correction moves the centre of a skewed small group by more than the level leaves."""
    low, _ = limits([(0, 1, 9), (0, 0, 9)], "score", confidence_level=0.05)
    assert low[1] < 100
    lows, highs = zip(*(limits([(0, 9, 1)], "score", confidence_level=one) for one in (0.05, 0.9)), strict=True)
    assert not lows[0][0] <= 10 <= highs[0][0]
    assert lows[1][0] <= 10 <= highs[1][0]


# ------------------------------------------------------------------------------------ groups and ratings


@law(EVERY, table=table_of, other=table_of, level=level)
def test_other_groups_and_their_order_change_no_group(method, table, other, level):
    alone = limits(table, method, confidence_level=level)
    together = limits([*other, *table[::-1]], method, confidence_level=level)
    for one, both in zip(alone, together, strict=True):
        # Only the shape of sums differs, so a search over listed samples takes the same steps.
        close(both[len(other) :][::-1], one, POINTS)


@law(EVERY, table=lambda method: rows_of(11, 1 if method in LISTED else 6, groups=2), level=level)
def test_every_interval_of_eleven_ratings_is_that_of_the_three_categories(method, table, level):
    eleven = limits(table, method, nps.NPS, confidence_level=level)
    three = limits([(sum(row[:7]), sum(row[7:9]), sum(row[9:])) for row in table], method, confidence_level=level)
    np.testing.assert_array_equal(eleven, three)


@law([name for name in ANY_METRIC if name != "goodman"], table=rows_of(3, 30), level=level, place=st.integers(1, 2))
def test_an_unused_rating_between_others_changes_nothing(method, table, level, place):
    """Not for "goodman", which covers the contrasts of all values, used or not."""
    finer = nps.Metric("finer", nps.Scale(1, 4), tuple(np.insert([0.0, 2.0, 4.0], place, 2.0 * place - 1)))
    coarse = nps.Metric("coarse", nps.Scale(1, 3), (0.0, 2.0, 4.0))
    wide = np.insert(np.array(table), place, 0, axis=1)
    close(
        limits(wide, method, finer, confidence_level=level), limits(table, method, coarse, confidence_level=level), 1e-9
    )


TWO = nps.Metric("share", nps.Scale(1, 2), (-100.0, 100.0))
WITHOUT_MIDDLE = [name for name in EVERY if name not in (*ADDED, "goodman", "exact")]


@law(WITHOUT_MIDDLE, table=lambda method: rows_of(2, 6 if method in LISTED else 40), level=level)
def test_without_passives_nps_is_a_share(method, table, level):
    """Not for "exact": passives that nobody was could have been; its interval is the wider one.

    Nor for "mover-wilson" where all are promoters, or all detractors: Newcombe's correlation of promoters and
    detractors, -1 without passives, is 0 / 0 there, and taken for 0.
    """
    if method == "mover-wilson":
        table = [(d + 1, p + 1) for d, p in table]
    three = limits([(d, 0, p) for d, p in table], method, confidence_level=level)
    close(three, limits(table, method, TWO, confidence_level=level), tolerance(method))


@settings(max_examples=4, deadline=None, derandomize=True)
@given(table=rows_of(2, 6), level=level)
def test_the_exact_interval_of_nps_without_passives_holds_that_of_the_share(table, level):
    low, high = limits([(d, 0, p) for d, p in table], "exact", confidence_level=level)
    inner_low, inner_high = limits(table, "exact", TWO, confidence_level=level)
    assert (low <= inner_low + SEARCHED).all()
    assert (inner_high <= high + SEARCHED).all()


# --------------------------------------------------------------------------------------------- scales

THREE_LEVELS = [(0.0, 0.5, 1.0), (0.0, 0.25, 1.0), (0.0, 0.6, 1.0)]


@law(
    EVERY,
    table=table_of,
    level=level,
    values=st.sampled_from(THREE_LEVELS),
    start=st.integers(-1000, 1000),
    stretch=st.sampled_from([0.25, 1.0, 3.0, 250.0]),
)
def test_limits_move_and_stretch_with_the_values(method, table, level, values, start, stretch):
    unit = nps.Metric("unit", nps.Scale(1, 3), values)
    moved = nps.Metric("moved", nps.Scale(1, 3), tuple(start + stretch * value for value in values))
    here = np.array(limits(table, method, unit, confidence_level=level))
    there = np.array(limits(table, method, moved, confidence_level=level))
    # Values are rounded to 1e-16 of 1,000.
    close(there, start + stretch * here, tolerance(method, stretch) + 1e-10)


@law(ANY_METRIC, table=rows_of(5, 3, groups=2), level=level, start=st.integers(-50, 50))
def test_limits_of_means_move_with_the_values(method, table, level, start):
    moved = nps.Metric("moved", FIVE.scale, tuple(start + 10 * value for value in FIVE.values))
    here = np.array(limits(table, method, FIVE, confidence_level=level))
    close(np.array(limits(table, method, moved, confidence_level=level)), start + 10 * here, 1e-9)


@law(
    ("score", "tango", "likelihood", "mover-wilson", *LISTED, "bootstrap-percentile", "bootstrap-bca"),
    table=table_of,
    level=level,
    values=st.sampled_from(THREE_LEVELS),
)
def test_limits_stay_on_the_scale(method, table, level, values):
    """Not for the Wald kinds, t, goodman, bootstrap-basic and bootstrap-t, whose limits are not cut."""
    low, high = limits(table, method, nps.Metric("unit", nps.Scale(1, 3), values), confidence_level=level)
    assert (low >= 0).all()
    assert (low <= high).all()
    assert (high <= 1).all()


@law(
    [name for name in EVERY if name not in (*ADDED, *LAW, "bootstrap-t")],
    table=table_of,
    level=level,
)
def test_intervals_hold_the_score(method, table, level):
    """Not for intervals centred on an adjusted score, nor for quantiles of a skewed law."""
    low, high = limits(table, method, confidence_level=level)
    score = np.array([100 * (row[2] - row[0]) / sum(row) for row in table])
    assert (low <= score + tolerance(method)).all()
    assert (score <= high + tolerance(method)).all()


# ------------------------------------------------------------------------------------- interval and test


@law(EVERY, table=table_of, level=level, null=benchmark, alternative=st.sampled_from(ALTERNATIVES))
def test_benchmarks_outside_are_rejected_and_those_inside_are_not(method, table, level, null, alternative):
    """The exact tests accept sets with holes, whose hull is the interval: inside they may reject."""
    found = quiet(
        nps.compare, counts_of(table), method, reference=null, confidence_level=level, alternative=alternative
    )
    alpha, known = 1 - level, ~np.isnan(found.pvalue)  # no p-value for Wald's kind without spread at its own score
    slack = tolerance(method)
    outside = known & ((found.low > slack) | (found.high < -slack))
    assert (found.pvalue[outside] <= alpha + 1e-6).all()
    if method not in LISTED:
        inside = known & (found.low < -slack) & (found.high > slack)
        assert (found.pvalue[inside] >= alpha - 1e-9).all()


@law(EVERY, table=table_of, null=benchmark)
def test_pvalues_are_probabilities_above_zero(method, table, null):
    for alternative in ALTERNATIVES:
        found = quiet(nps.compare, counts_of(table), method, reference=null, alternative=alternative)
        known = ~np.isnan(found.pvalue)
        assert ((found.pvalue > 0) & (found.pvalue <= 1))[known].all()
        assert (known | (found.standard_error == 0)).all()


@law([name for name in EVERY if name != "exact"], table=table_of, null=benchmark)
def test_the_statistic_has_the_sign_of_the_difference(method, table, null):
    """But for adjusted scores, the correction for skewness and resampled laws, within one standard error."""
    found = quiet(nps.compare, counts_of(table), method, reference=null)
    n = np.array([sum(row) for row in table])
    far = np.abs(found.difference) > 200 / np.sqrt(n) + 300 / n
    agree = np.sign(found.statistic) == np.sign(found.difference)
    assert (agree | (found.statistic == 0))[far].all()


# ------------------------------------------------------------------------- values that are not evenly spaced


@pytest.mark.parametrize("weight", [0.5, 1.5, 3.0])
def test_mover_wilson_weighs_the_detractors(weight):
    """The formula for the net score p1 - w p3, with Wilson's limits by statsmodels."""
    metric = nps.net_score(nps.Scale(0, 2), promoters_from=2, detractors_to=0, detractor_weight=weight)
    for table in [(7, 13, 20), (2, 3, 5), (30, 0, 9)]:
        d, _, p = table
        n = sum(table)
        (l1, u1), (l3, u3) = (proportion_confint(count, n, 0.05, method="wilson") for count in (p, d))
        up, down = p / n, d / n
        r = -math.sqrt(up * down / ((1 - up) * (1 - down)))
        score = up - weight * down
        low = score - math.sqrt((up - l1) ** 2 + (weight * (u3 - down)) ** 2 - 2 * r * (up - l1) * weight * (u3 - down))
        high = score + math.sqrt(
            (u1 - up) ** 2 + (weight * (down - l3)) ** 2 - 2 * r * (u1 - up) * weight * (down - l3)
        )
        found = limits([table], "mover-wilson", metric)
        close(np.ravel(found), [100 * low, 100 * high], POINTS)


# ---------------------------------------------------------------------------- what operating characteristics add up


def of_share(share, n=12, **arguments):
    return nps.operating_characteristics(n=n, probabilities=[1 - share, share], metric=TWO, **arguments)


def fixed(low, high):
    """Make a function of counts that gives the same limits to all."""

    class Limits:
        def __init__(self, counts):
            self.low, self.high = np.full(len(counts), low), np.full(len(counts), high)

    return Limits


@pytest.mark.parametrize("share", [0.1, 0.3, 0.7])
def test_a_limit_at_the_true_score_holds_it_but_for_rounding(share):
    """The interval from 0 ulps, or a few, to 0: rounding of the true score makes no miss, 1e-5 of the scale does."""
    true = -100 + 200 * share
    for slip in (0.0, 1e-13, -1e-13):
        found = of_share(share, method=fixed(true + slip, true - slip))
        np.testing.assert_array_equal(found.coverage, 1)
    assert of_share(share, method=fixed(true + 2e-3, 100.0)).miss_right[0] == 1
    assert of_share(share, method=fixed(-100.0, true - 2e-3)).miss_left[0] == 1


def test_many_populations_are_added_up_in_blocks(monkeypatch):
    shares = np.random.default_rng(3).dirichlet([1, 1, 1], size=40)
    whole = nps.operating_characteristics("tango", n=15, probabilities=shares)
    monkeypatch.setattr(operating, "BLOCK", 400)  # 10 of 136 samples at a time
    parts = nps.operating_characteristics("tango", n=15, probabilities=shares)
    for name in ("coverage", "miss_left", "miss_right", "expected_width"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-12, atol=1e-14)
    alone = [nps.operating_characteristics("tango", n=15, probabilities=row).coverage[0] for row in shares]
    np.testing.assert_allclose(whole.coverage, alone, rtol=1e-12)


def test_shares_that_were_typed_with_nine_decimals_make_probabilities():
    third = 0.3333333333
    found = nps.operating_characteristics("tango", n=200, probabilities=[third, third, third])
    exact = nps.operating_characteristics("tango", n=200, probabilities=[1 / 3] * 3)
    total = found.coverage + found.miss_left + found.miss_right
    np.testing.assert_allclose(total, 1, rtol=0, atol=1e-14)
    # Not 1 - 200 * 1e-10: the probabilities of the samples are divided by their sum.
    np.testing.assert_allclose(found.coverage, exact.coverage, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.expected_width, exact.expected_width, rtol=1e-10)


def test_a_function_sees_ratings_that_have_the_values_asked_for():
    """For a metric whose values are not ascending, with ties: the score of a function is that of its samples."""
    metric = nps.Metric("up and down", nps.Scale(1, 5), (100.0, 0.0, 50.0, 0.0, 100.0))
    seen = {}

    def record(counts):
        seen["score"] = nps.estimate(counts).score
        return fixed(0.0, 100.0)(counts)

    shares = [0.5, 0.3, 0.2]
    nps.operating_characteristics(record, n=3, probabilities=shares, metric=metric)
    possible = {(50 * b + 100 * c) / 3 for b in range(4) for c in range(4 - b)}
    np.testing.assert_allclose(sorted(set(seen["score"].round(9))), sorted({round(x, 9) for x in possible}))


@pytest.mark.parametrize("side", ["less", "greater"])
@pytest.mark.parametrize("method", ["wald", "bonett-price", "tango"])
def test_a_one_sided_interval_is_open_to_the_end_of_the_scale_in_every_sample(method, side):
    """Its mean width, added up from the intervals of `estimate`."""
    n, shares = 6, [0.2, 0.3, 0.5]
    table = [(d, n - d - p, p) for d in range(n + 1) for p in range(n + 1 - d)]
    low, high = limits(table, method, alternative=side)
    expected = stats.multinomial(n, shares).pmf(table) @ (high - low)
    found = nps.operating_characteristics(method, n=n, probabilities=shares, alternative=side)
    np.testing.assert_allclose(found.expected_width[0], expected, rtol=1e-12)
    assert (low == -100).all() if side == "less" else (high == 100).all()


def test_a_population_of_two_categories_makes_no_samples_of_the_third():
    """With no passives the samples are binomial; a share of 0 is not merely a small one."""
    n, share = 300, 0.3
    kept = fixed(-100.0, 100.0)

    class Middle:
        def __init__(self, counts):
            everyone = kept(counts)
            passives = counts.counts[:, 1]
            # An interval that misses wherever there is a passive.
            self.low, self.high = np.where(passives > 0, 100.0, everyone.low), everyone.high

    found = nps.operating_characteristics(Middle, n=n, probabilities=[1 - share, 0.0, share])
    assert found.miss_right[0] == 0


# -------------------------------------------------------------------------------- one respondent, simulated tails


def test_one_respondent_bounds_t_on_neither_side():
    for side, ends in (("less", (-100, 100)), ("greater", (-100, 100)), ("two-sided", (-100, 100))):
        assert [limit[0] for limit in limits([(0, 1, 0)], "t", alternative=side)] == list(ends)


def test_too_few_resamples_for_a_level_are_refused():
    """A tail below 1 / (B + 1) cannot be told from none; p-values are no smaller."""
    table = [(30, 40, 50, 60, 70)]
    with pytest.raises(ValueError, match="`n_resamples` must be at least 40 at this level, as 39 resamples"):
        limits(table, "bootstrap-t", FIVE, n_resamples=39)
    low, high = limits(table, "bootstrap-t", FIVE, n_resamples=40)
    assert 0 < low[0] < high[0] < 4
    far = quiet(nps.compare, counts_of(table, FIVE), "bootstrap-t", reference=0.5, n_resamples=40)
    np.testing.assert_allclose(far.pvalue[0], 2 / 41, rtol=1e-12)
    # Nothing is drawn where all resamples can be listed.
    limits([(3, 4, 5)], "bootstrap-t", n_resamples=1)


def test_groups_of_one_size_keep_their_own_levels_in_bootstrap_t():
    """Groups of equal size that chose other categories, or more of them, share no list of resamples."""
    table = [(3, 0, 6), (0, 3, 6), (3, 6, 0), (2, 3, 4), (9, 0, 0)]
    together = limits(table, "bootstrap-t")
    for row, (low, high) in enumerate(zip(*together, strict=True)):
        alone = limits(table[row : row + 1], "bootstrap-t")
        np.testing.assert_allclose([low, high], np.ravel(alone), rtol=0, atol=POINTS)


@pytest.mark.parametrize("method", LAW)
def test_pvalues_of_scores_that_no_resample_reaches_are_the_smallest_number(method):
    for side in ALTERNATIVES:
        found = quiet(nps.compare, counts_of([(0, 0, 9)]), method, reference=50.0, alternative=side)
        assert found.pvalue[0] == (1 if side == "less" else 5e-324)
        assert found.statistic[0] > 30


@pytest.mark.parametrize("table", [(1, 9, 5), (5, 9, 1), (0, 3, 12), (12, 3, 0)])
def test_the_statistic_of_the_percentile_bootstrap_is_0_at_a_score_that_a_skewed_law_has_on_either_side(table):
    score = float(quiet(nps.estimate, counts_of([table]), "wald").score[0])
    assert quiet(nps.compare, counts_of([table]), "bootstrap-percentile", reference=score).statistic[0] == 0


def test_the_probability_that_all_of_a_billion_resampled_agree_has_relative_accuracy():
    """(1 - 1/n)^n, of which log(1 - 1/n) would leave 7 digits."""
    n = 10**9
    law = resampled_totals(np.array([[0, 1, n - 1]], float), np.array([0, 1, 2]))
    upper, _ = tails(law, law.top)
    np.testing.assert_allclose(upper[0], math.exp(n * math.log1p(-1 / n)), rtol=1e-14)


@pytest.mark.parametrize("method", LAW)
def test_the_statistic_of_a_resampled_law_is_0_at_the_score_and_has_the_sign_of_the_difference(method):
    """Both tails hold the score itself and are more than a half: that is no evidence on either side."""
    counts = counts_of([(4, 7, 4)])
    assert abs(quiet(nps.compare, counts, method, reference=0.0).statistic[0]) < 1e-12
    far = [quiet(nps.compare, counts, method, reference=reference).statistic[0] for reference in (-60.0, 60.0)]
    assert far[0] > 1
    np.testing.assert_allclose(far[1], -far[0], rtol=1e-9)


def test_a_need_for_respondents_counts_beside_the_need_for_kurtosis():
    """Half promoters, half detractors: of kurtosis 1, so that 8 would do; "bonett-price" needs 40 all the same."""
    with pytest.warns(nps.SmallSampleWarning, match="n = 30, it needs about 40"):
        nps.estimate(counts_of([(15, 0, 15)]), method="bonett-price")
    nps.estimate(counts_of([(20, 0, 20)]), method="bonett-price")
