"""What can be compared with what, by which method; and what is said of bad input."""

import datetime as dt
import math
import re
import warnings

import numpy as np
import pytest
from scipy import optimize, stats

import npsstats as nps
from npsstats.inference.contrasts import CONTRAST_METHODS, ContrastProblem
from npsstats.inference.intervals import Needs


def categories(groups, promoters, passives, detractors, by="month"):
    return nps.RatingCounts.from_categories(
        promoters=promoters, passives=passives, detractors=detractors, groups=groups, by=by
    )


@pytest.fixture
def months():
    return categories(
        ["2024-01", "2024-02", "2024-03", "2024-04", "2025-01"],
        [40, 55, 300, 20, 90],
        [40, 35, 200, 10, 60],
        [20, 10, 100, 3, 50],
    )


@pytest.fixture
def pairs():
    return nps.PairedCounts.from_table(
        [[12, 5, 3], [4, 30, 9], [1, 6, 30]],
        first="spring",
        second="autumn",
        first_only=[[3, 4, 5]],
        second_only=[[30, 10, 20]],
    )


# --------------------------------------------------------------------------------------------- references


def test_previous_year_before_and_all_pairs_pair_the_periods(months):
    def paired(reference):
        result = nps.compare(months, reference=reference)
        return [(label[0], other) for label, other in zip(result.labels, result.reference, strict=True)]

    names = months.groups
    assert paired("previous") == list(zip(names[1:], names[:-1], strict=True))
    assert paired("year-before") == [("2025-01", "2024-01")]
    assert paired("all-pairs") == [(later, names[i]) for i in range(5) for later in names[i + 1 :]]
    assert paired("2024-03") == [(name, "2024-03") for name in names if name != "2024-03"]


def test_groups_without_a_partner_are_named(months):
    (note,) = nps.compare(months, reference="year-before").notes
    assert note == "3 of 5 groups have no partner and are in no comparison (first: 2024-02)"
    assert not nps.compare(months, reference="previous").notes


def test_leading_group_columns_are_held_fixed():
    counts = categories([1, 2], [40, 55], [40, 35], [20, 10], by="wave").with_group("x", "a")
    both = counts + categories([1, 2], [10, 15], [40, 35], [20, 10], by="wave").with_group("x", "b")
    both = nps.RatingCounts(
        both.counts,
        metric=both.metric,
        missing=both.missing,
        by=("x", "wave"),
        labels=[(x, w) for w, x in both.labels],
    )
    result = nps.compare(both, reference="all-pairs")
    assert [(*label, other) for label, other in zip(result.labels, result.reference, strict=True)] == [
        ("a", 2, 1),
        ("b", 2, 1),
    ]


def test_the_total_contains_the_group(months):
    result = nps.compare(months, reference="total")
    n, score = months.n, months.counts @ [-100.0, 0, 100] / months.n
    total = months.counts.sum(axis=0) @ [-100.0, 0, 100] / n.sum()
    np.testing.assert_allclose(result.difference, score - total, rtol=0, atol=1e-12)
    # th_A - th_T = (1 - w) (th_A - th_rest), and the two are independent.
    rest = months.counts.sum(axis=0) - months.counts
    share = n / n.sum()

    def variance(table):
        p = table / table.sum(axis=1, keepdims=True)
        return (p[:, 0] + p[:, 2] - (p[:, 2] - p[:, 0]) ** 2) / table.sum(axis=1)

    expected = 100 * (1 - share) * np.sqrt(variance(months.counts) + variance(rest))
    np.testing.assert_allclose(result.standard_error, expected, rtol=1e-12)
    assert "parts of a whole" in result.heading()


def test_windows_know_what_they_share(months):
    result = nps.compare(months, reference="previous", window=2)
    assert [(label[0], other) for label, other in zip(result.labels, result.reference, strict=True)] == [
        ("2024-03", "2024-02"),
        ("2024-04", "2024-03"),
        ("2025-01", "2024-04"),
    ]
    assert result.n.tolist() == [700, 633, 233]
    assert result.n_reference.tolist() == [200, 700, 633]
    # New, shared and dropped month, each with its weight.
    dropped, shared, new = ({"n": n, "p": months.counts[i] / n} for i, n in enumerate(months.n[:3]))
    weights = {
        "new": new["n"] / 700,
        "shared": shared["n"] / 700 - shared["n"] / 200,
        "dropped": -dropped["n"] / 200,
    }
    variance = sum(
        weights[name] ** 2 * (arm["p"][0] + arm["p"][2] - (arm["p"][2] - arm["p"][0]) ** 2) / arm["n"]
        for name, arm in (("new", new), ("shared", shared), ("dropped", dropped))
    )
    np.testing.assert_allclose(result.standard_error[0], 100 * math.sqrt(variance), rtol=1e-12)
    assert result.notes == (
        "windows of 2 periods, called by their last one",
        "periods without counts are not in the windows (first: between 2024-04 and 2025-01)",
    )


def test_windows_share_groups_in_simultaneous_answers_as_their_periods_do(months):
    # One-sided: turning every second row would hide a wrong sign.
    options = {"reference": "previous", "adjustment": "max-z", "alternative": "greater"}
    windows, periods = nps.compare(months, window=1, **options), nps.compare(months, **options)
    # One law is computed along a chain, the other from points; their mean is good to some four digits.
    np.testing.assert_allclose(windows.adjusted_pvalue, periods.adjusted_pvalue, rtol=5e-3)


def test_simultaneous_answers_know_how_large_groups_are():
    """Against a group whose error is negligible, others are independent: 1 - (1 - p)^2 for two."""
    counts = categories(["a", "b", "large"], [22, 12, 4 * 10**6], [10, 10, 3 * 10**6], [8, 9, 2 * 10**6])
    result = nps.compare(counts, reference="large", adjustment="max-z")
    np.testing.assert_allclose(result.adjusted_pvalue, 1 - (1 - result.pvalue) ** 2, rtol=1e-3)


def test_a_group_that_is_called_total_is_a_group_like_others():
    counts = categories(["a", "total"], [10, 50], [10, 50], [5, 30])
    result = nps.compare(counts, reference="total")
    assert (result.n.tolist(), result.n_reference.tolist()) == ([25], [130])
    assert result.design == ""
    assert "part" not in result.heading()
    contained = nps.compare(counts, reference="total", overlap="contained")
    assert contained.design == "parts of a whole"
    assert contained.standard_error[0] < result.standard_error[0]


# ------------------------------------------------------------------------------------ tests and hypotheses


def test_welch_is_the_test_of_scipy(months):
    rows = [np.repeat([-100.0, 0, 100], row) for row in months.counts[:2]]
    result = nps.compare(months.select("2024-01", "2024-02"), reference="2024-01", method="welch")
    peer = stats.ttest_ind(rows[1], rows[0], equal_var=False)
    limits = peer.confidence_interval()
    np.testing.assert_allclose(
        [result.statistic[0], result.pvalue[0], result.low[0], result.high[0]],
        [peer.statistic, peer.pvalue, limits.low, limits.high],
        rtol=1e-10,
    )


def test_t_of_pairs_is_the_test_of_scipy(pairs):
    first, second = np.array([(a, b) for a in range(3) for b in range(3) for _ in range(pairs.counts[0, a, b])]).T
    result = nps.compare(pairs, method="t")
    peer = stats.ttest_rel(second, first)
    np.testing.assert_allclose([result.statistic[0], result.pvalue[0]], [peer.statistic, peer.pvalue], rtol=1e-10)


@pytest.mark.parametrize("method", sorted(set(CONTRAST_METHODS) - {"permutation"}))
@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
def test_a_null_difference_at_a_limit_has_the_p_value_of_the_level(months, method, alternative):
    two = months.select("2024-01", "2024-02")
    result = nps.compare(two, reference="2024-01", method=method, alternative=alternative)
    limit = result.high[0] if alternative == "less" else result.low[0]
    at = nps.compare(two, reference="2024-01", method=method, alternative=alternative, null_difference=limit)
    if method.startswith("bootstrap"):
        # Resampled totals are discrete: the limit is the last value that the tail does not exclude.
        beyond = limit + (1e-6 if alternative == "less" else -1e-6)
        outside = nps.compare(two, reference="2024-01", method=method, alternative=alternative, null_difference=beyond)
        assert outside.pvalue[0] < 0.05 <= at.pvalue[0]
    else:
        np.testing.assert_allclose(at.pvalue[0], 0.05, rtol=1e-6)
    assert at.null_difference == limit


def test_the_sign_of_the_difference_is_kept(months):
    result = nps.compare(months.select("2024-02", "2024-01"), reference="2024-02")
    assert result.difference[0] == -25
    assert result.statistic[0] < 0
    assert result.high[0] < 0


def test_detectable_is_the_distance_found_with_probability_80_percent():
    # (1.959964 + 0.841621) sqrt(2 * 0.56 / n) with promoters 40 %, detractors 20 %: 4.998 points at n = 3,517.
    n = 3517
    counts = categories(["a", "b"], [0.4 * n // 1] * 2, [n - 0.4 * n // 1 - 0.2 * n // 1] * 2, [0.2 * n // 1] * 2)
    result = nps.compare(counts, reference="a")
    np.testing.assert_allclose(result.detectable, 5.0, rtol=0, atol=0.01)  # shares rounded to whole respondents


def test_detectable_is_a_distance_from_the_null_difference_that_the_scale_has_room_for():
    # Standard errors with one promoter and one detractor more: 3 / 5 of both, (3 / 5 - (1 / 5)^2) / 3 each.
    counts = categories(["a", "b"], [2, 2], [0, 0], [1, 1])
    error = 100 * math.sqrt(2 * (1 - (1 / 5) ** 2) / 3)
    two, one = (stats.norm.ppf(1 - tail) + stats.norm.ppf(0.8) for tail in (0.025, 0.05))
    for null, side, expected in (
        (0.0, "two-sided", np.nan),  # 224 points
        (50.0, "two-sided", two * error),
        (50.0, "greater", np.nan),
        (50.0, "less", one * error),
        (-50.0, "greater", one * error),
    ):
        result = nps.compare(counts, reference="a", null_difference=null, alternative=side)
        np.testing.assert_allclose(result.detectable, expected, rtol=1e-12)


def test_what_is_detectable_counts_the_comparisons(months):
    def detectable(adjustment):
        return nps.compare(months, reference="previous", adjustment=adjustment).detectable

    # The distance is (z_{1 - alpha / 2} + z_{0.8}) errors; four comparisons have a fourth of alpha each.
    power = stats.norm.ppf(0.8)
    ratio = (stats.norm.isf(0.025 / 4) + power) / (stats.norm.isf(0.025) + power)
    np.testing.assert_allclose(detectable("holm") / detectable("none"), ratio, rtol=1e-12)
    np.testing.assert_array_equal(detectable("benjamini-hochberg"), detectable("holm"))
    assert (detectable("none") < detectable("max-z")).all()
    assert (detectable("max-z") < detectable("holm")).all()


@pytest.mark.parametrize("alternative", ["less", "greater"])
def test_one_sided_simultaneous_limits_and_p_values_agree(months, alternative):
    def asked(**options):
        return nps.compare(months, reference="2024-03", alternative=alternative, **options)

    alone, together = asked(adjustment="none"), asked(adjustment="max-z")
    assert (alone.pvalue < together.adjusted_pvalue).all()
    assert (together.adjusted_pvalue <= 4 * alone.pvalue).all()
    # At the level at which a row is just detected, its limit lies at the null difference.
    row = int(np.argmin(alone.pvalue))
    edge = asked(adjustment="max-z", confidence_level=1 - together.adjusted_pvalue[row])
    limit = edge.high if alternative == "less" else edge.low
    np.testing.assert_allclose(limit[row], 0, rtol=0, atol=0.01)  # the law of the maximum is good to some four digits


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"null_difference": 5}, r"about [\d.]+ points away from 5\.0\.$"),
        ({"null_difference": 5, "alternative": "greater"}, r"about [\d.]+ points above 5\.0\.$"),
        ({"alternative": "less"}, r"about [\d.]+ points below 0\.0\.$"),
        ({}, r"about [\d.]+ points\.$"),
    ],
)
def test_a_sentence_says_from_where_a_detectable_distance_counts(options, said):
    counts = categories(["a", "b"], [30, 31], [30, 31], [30, 29])
    assert re.search(said, nps.compare(counts, reference="a", **options).sentences()[0])


def test_what_the_scale_has_no_room_for_is_not_detectable():
    counts = categories(["a", "b"], [1, 1], [0, 1], [1, 0])
    result = nps.compare(counts, reference="a")
    assert np.isnan(result.detectable).all()
    assert "even the largest that the scale allows would have been missed" in result.sentences()[0]


def test_one_respondent_leaves_the_whole_scale():
    result = nps.compare(categories(["a", "b"], [1, 0], [0, 1], [0, 0]), reference="a")
    assert (result.difference[0], result.low[0], result.high[0]) == (-100, -200, 200)


def test_what_a_method_needs_is_held_against_the_smallest_group_and_the_kurtosis_of_the_difference():
    weights, values = np.array([[1.0, -1.0]]), np.array([0.0, 1.0])
    problem = ContrastProblem(
        counts=np.array([[[5.0, 5.0], [50.0, 50.0]]]), values=values, weights=weights, width=1.0, name="share"
    )
    assert problem.shortfall(Needs(n=30)) == pytest.approx(3)
    # Halves of 0 and 1 have kurtosis 1. Of the difference: (1 / 10^3 + 1 / 100^3) / (1 / 10 + 1 / 100)^2.
    assert problem.shortfall(Needs(per_kurtosis=20)) == pytest.approx(20 * (1e-3 + 1e-6) / 0.11**2)


# -------------------------------------------------------------------------------------------- the same people


def test_pairs_are_one_sample_of_changes(pairs):
    result = nps.compare(pairs)
    changes = np.array([100.0 * (b - a) for a in range(3) for b in range(3) for _ in range(pairs.counts[0, a, b])])
    assert result.difference[0] == pytest.approx(changes.mean(), abs=1e-12)
    assert result.standard_error[0] == pytest.approx(changes.std() / math.sqrt(changes.size), rel=1e-12)
    assert (result.by, result.labels, result.reference) == (("wave",), (("autumn",),), ("spring",))
    assert result.n.tolist() == result.n_reference.tolist() == [100]
    assert result.notes == (
        "only those who answered both waves are compared; 12 answered the first only and 60 the second only",
    )


@pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")
def test_exact_tests_of_pairs_are_mcnemars_for_a_share():
    # Of a share the change is -1, 0 or 1.
    share = nps.top_box(nps.Scale(0, 1), boxes=1)
    pairs = nps.PairedCounts.from_table([[10, 9], [2, 12]], metric=share)
    result = nps.compare(pairs, method="sign-flip")
    # Flips of 11 movers, both tails: 2 P(B >= 9) with B ~ Bin(11, 1/2), and the 22 stayers change nothing.
    assert result.pvalue[0] == pytest.approx(2 * stats.binom.sf(8, 11, 0.5), rel=1e-9)
    assert nps.compare(pairs, method="exact").pvalue[0] < 0.1


def test_soep_stayers_change_by_the_reported_points(shared_data):
    pairs = nps.tabulate_pairs(
        shared_data / "soep" / "soep_practice_long.csv",
        2015,
        2019,
        rating="lebensz_org",
        respondent="id",
        period="syear",
        missing_codes=list(range(-8, 0)),
    )
    assert pairs.n.tolist() == [3311]
    stayers = nps.compare(pairs)
    # Two decimals are reported.
    assert round(stayers.difference[0], 2) == 0.85
    assert round(stayers.standard_error[0], 2) == 1.22
    both = nps.PairedCounts(pairs.counts, metric=pairs.metric, first=2015, second=2019)
    apart = nps.compare(
        both.margins()[1].with_group("year", 2019) + both.margins()[0].with_group("year", 2015), reference=2015
    )
    assert round(apart.standard_error[0], 2) == 1.64
    # With those who answered once, the error lies between that of pairs and that of independent waves.
    everyone = nps.compare(pairs, respondents="all")
    waves = pairs.margins()
    independent = nps.compare(
        waves[0].with_group("year", 2015) + waves[1].with_group("year", 2019), reference=2015, method="wald"
    )
    assert everyone.difference[0] == pytest.approx(independent.difference[0], abs=1e-9)
    assert everyone.standard_error[0] < independent.standard_error[0]
    optimal = nps.compare(pairs, respondents="optimal")
    assert optimal.standard_error[0] < min(stayers.standard_error[0], everyone.standard_error[0])


def restricted_by_slsqp(arms, null):
    """Maximise the likelihood of independent arms (counts, values, weight) at a difference of `null`."""
    ends = np.cumsum([len(counts) for counts, _, _ in arms])[:-1]

    def loss(p):
        return -sum((c * np.log(q)).sum() for (c, _, _), q in zip(arms, np.split(p, ends), strict=True)) / 100

    def gap(p):
        return sum(w * (v @ q) for (_, v, w), q in zip(arms, np.split(p, ends), strict=True)) - null

    constraints = [{"type": "eq", "fun": gap}]
    constraints += [{"type": "eq", "fun": lambda p, i=i: np.split(p, ends)[i].sum() - 1} for i in range(len(arms))]
    start = np.concatenate([counts / counts.sum() for counts, _, _ in arms])
    found = optimize.minimize(
        loss, start, bounds=[(1e-9, 1)] * start.size, constraints=constraints, method="SLSQP", options={"ftol": 1e-14}
    )
    return np.split(found.x, ends)


def test_score_of_partly_the_same_people_is_that_of_the_restricted_likelihood():
    joint, first, second = np.array([[5, 3, 2], [4, 9, 6], [1, 5, 12]]), np.array([4, 3, 2]), np.array([2, 5, 9])
    pairs = nps.PairedCounts.from_table(joint, first_only=[first], second_only=[second])
    m, n1, n2 = joint.sum(), joint.sum() + first.sum(), joint.sum() + second.sum()
    x = np.array([-100.0, 0, 100])
    changes = (m / n2 * x - m / n1 * x[:, None]).ravel()
    arms = [(joint.ravel(), changes, 1.0), (second, x, second.sum() / n2), (first, x, -first.sum() / n1)]
    # Of the spread, the pairs tell what as many as in the smaller wave do, single answers what their whole wave does.
    sizes = (m + min(first.sum(), second.sum()), n2, n1)
    null = -5.0
    variance = third = 0.0
    for (counts, values, weight), p, size in zip(arms, restricted_by_slsqp(arms, null), sizes, strict=True):
        n, deviation = counts.sum(), values - values @ p
        variance += weight**2 * (p @ deviation**2) / n * size / (size - 1)
        third += weight**3 * (p @ deviation**3) / n**2
    score = (sum(w * (v @ c) / c.sum() for c, v, w in arms) - null) / math.sqrt(variance)
    skewness = third / (6 * variance**1.5)
    expected = (math.sqrt(1 + 4 * skewness * (skewness + score)) - 1) / (2 * skewness)
    result = nps.compare(pairs, respondents="all", null_difference=null)
    np.testing.assert_allclose(result.statistic[0], expected, rtol=1e-5)  # SLSQP stops at some six digits


def test_few_pairs_among_many_single_answers_do_not_get_wild_weights():
    """Two pairs that differ most, among answers that differ little: their covariance is more than the waves allow."""
    pairs = nps.PairedCounts.from_table(
        [[1, 0, 0], [0, 0, 0], [0, 0, 1]], first_only=[[1, 20, 2]], second_only=[[2, 20, 2]]
    )
    everyone, optimal = (nps.compare(pairs, respondents=who) for who in ("all", "optimal"))
    assert optimal.standard_error[0] < 1.1 * everyone.standard_error[0]
    assert abs(optimal.difference[0]) < 10  # the waves differ by 4 points
    width = optimal.high[0] - optimal.low[0]
    assert width < 1.25 * (everyone.high[0] - everyone.low[0])


def test_weights_of_least_variance_where_nobody_answered_the_first_wave_only():
    joint, second = np.array([[5, 3, 2], [4, 9, 6], [1, 5, 12]]), np.array([2, 5, 9])
    m, x = joint.sum(), np.array([-100.0, 0, 100])
    first_wave, second_wave = (np.repeat(x, n) for n in (joint.sum(axis=1), joint.sum(axis=0) + second))
    people = np.repeat(np.argwhere(joint >= 0), joint.ravel(), axis=0)
    covariance = np.corrcoef(people.T)[0, 1] * m / (m + 3) * first_wave.std() * second_wave.std()

    def variance(b):
        return second_wave.var() * (b**2 / m + (1 - b) ** 2 / second.sum()) - 2 * b * covariance / m

    b = optimize.minimize_scalar(variance, tol=1e-12).x
    both, only = joint.sum(axis=0) @ x / m, second @ x / second.sum()
    pairs = nps.PairedCounts.from_table(joint, second_only=[second])
    expected = b * both + (1 - b) * only - joint.sum(axis=1) @ x / m
    for one, sign in ((pairs, 1), (pairs.reversed(), -1)):
        result = nps.compare(one, respondents="optimal")
        assert result.difference[0] == pytest.approx(sign * expected, abs=1e-5)  # a minimum is found to half the digits


def test_a_reading_of_a_benchmark_does_not_speak_of_its_score(months):
    result = nps.compare(months, reference=20)
    assert "(% promoters minus % detractors) from a fixed benchmark with" in result.method_text()
    close = nps.equivalence(months, reference=20, margin=5)
    assert "from a fixed benchmark within 5 points" in close.method_text()
    assert not any("that of the benchmark" in sentence for sentence in close.sentences() + result.sentences())
    assert "differs from that of 2024-01 by" in nps.equivalence(months, reference="2024-01", margin=60).sentences()[0]


# Derrick, Russ, Toher & White (2017): the example of the authors' R package, with unpaired and paired answers.
A_ONLY, A_BOTH = [20, 21, 16, 18, 14, 12, 14, 17], [14, 15, 18, 20, 11, 19, 14, 15]
B_ONLY, B_BOTH = [10, 16, 18, 16, 15, 14, 13, 10], [15, 10, 15, 17, 13, 19, 12, 13]


def test_partly_overlapping_samples_agree_with_derrick_and_others():
    scale = nps.Scale(10, 21)

    def histogram(values):
        return np.bincount(np.array(values) - 10, minlength=12)

    table = np.zeros((12, 12), int)
    np.add.at(table, (np.array(A_BOTH) - 10, np.array(B_BOTH) - 10), 1)
    pairs = nps.PairedCounts.from_table(
        table, metric=nps.mean_rating(scale), first_only=[histogram(A_ONLY)], second_only=[histogram(B_ONLY)]
    )
    with pytest.warns(nps.SmallSampleWarning):
        result = nps.compare(pairs, method="welch", respondents="all")
    # Their statistic without equal variances (equation for T_new2): whole-sample variances, correlation of the pairs.
    a, b = A_ONLY + A_BOTH, B_ONLY + B_BOTH
    sd_a, sd_b, r = np.std(a, ddof=1), np.std(b, ddof=1), np.corrcoef(A_BOTH, B_BOTH)[0, 1]
    error = math.sqrt((sd_a**2 + sd_b**2) / 16 - 2 * r * sd_a * sd_b * 8 / 16**2)
    assert result.difference[0] == pytest.approx(np.mean(b) - np.mean(a), abs=1e-12)
    # Ours takes the spread around the mean of each piece, with its own n - 1: apart by less than 5 % here.
    ours = result.difference[0] / result.statistic[0]
    assert ours == pytest.approx(error, rel=0.05)
    # The package prints p = 0.026, with equal variances.
    assert result.pvalue[0] == pytest.approx(0.026, abs=0.005)


# ------------------------------------------------------------------------------------------------- readings


def test_the_reading_begins_with_all_comparisons(months):
    text = nps.compare(months, reference="previous").reading()
    first, *others = text.split("\n")
    assert first == (
        "None of 4 differences is detected, with a probability of at most 5 % of any error (Holm). "
        "They may be chance, or too small for these numbers of respondents."
    )
    assert len(others) == 4
    assert all("adjusted for 4 comparisons" in sentence for sentence in others)


@pytest.mark.parametrize(
    ("adjustment", "said"),
    [
        ("none", "each tested at 5 %, without regard to their number"),
        ("holm", "with a probability of at most 5 % of any error (Holm)"),
        ("benjamini-hochberg", "with at most 5 % of the detected expected to be errors (Benjamini and Hochberg)"),
        ("max-z", "with a probability of 5 % of any error (joint distribution)"),
    ],
)
def test_a_reading_says_what_its_p_values_hold(months, adjustment, said):
    result = nps.compare(months, reference="previous", adjustment=adjustment)
    assert said in result.reading()
    assert ("simultaneous" in result.heading()) == (adjustment == "max-z")


def test_nothing_detected_is_said_so():
    counts = categories(["a", "b", "c"], [10, 11, 10], [10, 10, 11], [10, 9, 9])
    text = nps.compare(counts, reference="a").reading()
    assert text.startswith("None of 2 differences is detected, with ")
    assert "They may be chance, or too small for these numbers of respondents." in text
    assert not re.search(r"\bno (difference|change)\b", text)


def test_up_and_down_count_from_the_null_difference():
    counts = categories(["a", "b", "c"], [4000, 4500, 6500], [4000, 3900, 2500], [2000, 1600, 1000])
    result = nps.compare(counts, reference="a", null_difference=20)
    assert result.difference.tolist() == [9, 35]
    assert result.reading().startswith("2 of 2 differences are detected: 1 up, 1 down, ")


def test_an_equivalence_names_the_level_of_its_interval(months):
    assert "90 % skewness-corrected" in nps.equivalence(months, reference="rest", margin=5).heading()
    claim = nps.equivalence(months, reference="rest", margin=5, claim="non-inferiority")
    assert "95 % skewness-corrected" in claim.heading()


def test_a_detectable_move_is_in_the_sentence(months):
    result = nps.compare(months, reference="previous")
    for sentence, found in zip(result.sentences(), result.detected, strict=True):
        assert found != ("do not settle whether" in sentence)
        assert found != ("to be found with probability 80 %, it would have to be about " in sentence)


# ------------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({}, TypeError, "`reference` must be given: the label of a group, one of 'previous', "),
        ({"reference": "2023-12"}, ValueError, "got '2023-12'. The labels are '2024-01', '2024-02', '2024-03'"),
        ({"reference": "previous", "window": 0}, ValueError, "`window` must be 1 or more periods; got 0."),
        ({"reference": "previous", "window": 2.5}, TypeError, "`window` must be a whole number; got 2.5."),
        ({"reference": "previous", "window": 5}, ValueError, "`window` 5 leaves nothing to compare"),
        ({"reference": "rest", "window": 2}, ValueError, "`window` is for reference='previous' or 'year-before'"),
        (
            {"reference": "rest", "overlap": "yes"},
            ValueError,
            "`overlap` must be one of 'none', 'contained', 'unknown'",
        ),
        ({"reference": "rest", "respondents": "all"}, ValueError, "make them with `tabulate_pairs`"),
        ({"reference": "rest", "adjustment": "bonferroni"}, ValueError, "`adjustment` must be one of "),
        (
            {"reference": "rest", "null_difference": 200},
            ValueError,
            "`null_difference` must lie strictly between -200 and",
        ),
        ({"reference": "rest", "null_difference": "5"}, TypeError, "`null_difference` must be a number; got '5'."),
        (
            {"reference": "rest", "overlap": "contained"},
            ValueError,
            "`overlap` 'contained' is for a group that contains the others, or for reference='total'; got "
            "reference='rest'. Leave it out.",
        ),
        (
            {"reference": "previous", "overlap": "contained", "window": 2},
            ValueError,
            "got reference='previous' and window=2. Leave it out.",
        ),
        ({"reference": 20, "overlap": "unknown"}, ValueError, "a fixed benchmark has none; got 'unknown' with ref"),
        (
            {"reference": "2024-04", "overlap": "contained"},
            ValueError,
            "`overlap` 'contained' needs references that cont",
        ),
    ],
)
def test_errors_name_argument_rule_and_way_out(months, options, error, said):
    with pytest.raises(error, match=re.escape(said)):
        nps.compare(months, **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"reference": "spring"}, "leave it out, or swap the waves with `pairs.reversed()`"),
        ({"window": 2}, "`window` is for counts of groups; pairs say who answered twice"),
        ({"overlap": "unknown"}, "`overlap` is for counts of groups"),
        ({"respondents": "both"}, "`respondents` must be one of 'paired', 'all', 'optimal'; got 'both'."),
        ({"method": "permutation"}, "`method` must be one of 'score', "),
        ({"respondents": "all", "method": "bootstrap-bca"}, "Where respondents are shared use 'score', "),
        ({"metric": nps.CSAT}, "is defined on the scale 1-5"),
    ],
)
def test_errors_of_pairs_name_argument_rule_and_way_out(pairs, options, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        nps.compare(pairs, **options)


def test_two_metrics_side_by_side_are_no_change():
    table = np.zeros((11, 5), int)
    table[9, 4] = 3
    with pytest.raises(ValueError, match="both waves must have the same metric"):
        nps.compare(nps.PairedCounts.from_table(table, metric=nps.NPS, metric_second=nps.CSAT))


def test_pairs_without_a_pair_need_other_respondents():
    pairs = nps.PairedCounts.from_table(np.zeros((3, 3), int), first_only=[[1, 2, 3]], second_only=[[2, 2, 2]])
    with pytest.raises(nps.UndefinedScoreError, match="at least one respondent with both ratings; 1 of 1 groups"):
        nps.compare(pairs)
    assert nps.compare(pairs, respondents="all").n.tolist() == [6]


def test_periods_out_of_order_are_refused(months):
    mixed = months.select("2024-02", "2024-01", "2024-03")
    with pytest.raises(
        ValueError, match=re.escape("'2024-02' stands before '2024-01'. Put them in order with `counts.sel")
    ):
        nps.compare(mixed, reference="previous")
    with pytest.raises(ValueError, match="'year-before' needs labels that can be read as periods"):
        nps.compare(categories(["a", "b"], [1, 2], [1, 2], [1, 2]), reference="year-before")


def test_one_group_has_nothing_to_be_compared_with(months):
    one = months.select("2024-01")
    for reference in ("previous", "rest", "total", "all-pairs", "2024-01"):
        with pytest.raises(ValueError, match=r"leaves nothing to compare|needs other groups"):
            nps.compare(one, reference=reference)
    with pytest.raises(ValueError, match="these counts have one group only"):
        nps.compare(months.pool(), reference="previous")


def test_an_overlap_that_nobody_knows_is_warned_of(months):
    with pytest.warns(nps.OverlapWarning, match="`tabulate_pairs`.*reference='total'.*`window`") as caught:
        result = nps.compare(months, reference="previous", overlap="unknown")
    assert caught[0].filename == __file__
    plain = nps.compare(months, reference="previous")
    np.testing.assert_array_equal(result.low, plain.low)


def test_warnings_point_to_the_line_that_asks(pairs):
    small = categories(["a", "b"], [3, 3], [2, 2], [0, 1])
    asked = [
        lambda: nps.compare(small, reference="a", method="wald"),
        lambda: nps.compare(small, reference=10, method="wald"),
        lambda: nps.compare(
            nps.PairedCounts.from_table(np.eye(3, dtype=int) + np.eye(3, k=1, dtype=int)), method="wald"
        ),
        lambda: nps.equivalence(small, reference="a", method="wald", margin=50),
    ]
    for ask in asked:
        with pytest.warns(nps.SmallSampleWarning, match="Use method='score'") as caught:
            ask()
        assert caught[0].filename == __file__


def test_max_z_is_for_some_thousands_of_comparisons():
    many = categories(list(range(102)), [5] * 102, [3] * 102, [2] * 102)
    with pytest.raises(ValueError, match=r"'max-z' is for up to 5,000 comparisons; there are 5,151. Use 'holm'"):
        nps.compare(many, reference="all-pairs", adjustment="max-z")


def test_a_midnight_is_written_as_a_day():
    days = [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2, 9, 30)]
    result = nps.compare(categories(days, [5, 6], [3, 3], [2, 2]), reference=days[0])
    assert result.sentences()[0].startswith("NPS of 2024-01-02 09:30:00 is ")
    assert " that of 2024-01-01 (" in result.sentences()[0]


def test_max_z_needs_to_know_the_groups(months):
    whole = categories(["all"], [600], [400], [200])
    with pytest.raises(ValueError, match="'max-z' needs to know how comparisons share groups"):
        nps.compare(months + whole, reference="all", overlap="contained", adjustment="max-z")


@pytest.mark.parametrize("margin", [0, -5, math.inf, math.nan])
def test_a_margin_is_above_zero(months, margin):
    with pytest.raises(ValueError, match="`margin` must be a number of points above 0"):
        nps.equivalence(months, reference="rest", margin=margin)


def test_errors_of_equivalence(months):
    with pytest.raises(ValueError, match="`margin` 250 points reaches beyond the differences that there can be"):
        nps.equivalence(months, reference="rest", margin=250)
    with pytest.raises(ValueError, match="`claim` must be one of 'equivalence', "):
        nps.equivalence(months, reference="rest", margin=5, claim="equal")
    with pytest.raises(ValueError, match=r"`confidence_level` must be at least 0\.5"):
        nps.equivalence(months, reference="rest", margin=5, confidence_level=0.4)
    with pytest.raises(TypeError, match=r"`margin` must be a number; got '5'\."):
        nps.equivalence(months, reference="rest", margin="5")


def test_sentences_of_equivalence_claim_no_more_than_is_shown(months):
    wide = nps.equivalence(months, reference="rest", margin=40)
    narrow = nps.equivalence(months, reference="rest", margin=1)
    for result in (wide, narrow):
        for sentence, shown in zip(result.sentences(), result.shown, strict=True):
            claims = sentence.startswith("NPS of") and "lies beyond the margin" not in sentence
            assert shown == claims
            assert shown or "These data do not show that " in sentence or "lies beyond the margin" in sentence
    apart = categories(["a", "b"], [900, 100], [50, 50], [50, 850])
    (sentence,) = nps.equivalence(apart, reference="b", margin=5).sentences()
    assert sentence.startswith("NPS of a lies beyond the margin of 5 points from that of b")


def test_more_respondents_than_can_be_permuted_are_refused():
    counts = categories(["a", "b"], [10**9, 1], [5, 5], [10**6, 10**6])
    with pytest.raises(ValueError, match="draws from fewer than 1,000,000,000 respondents of both groups together"):
        nps.compare(counts, reference="a", method="permutation", rng=1)


def test_a_simulated_test_says_so():
    many = nps.RatingCounts.from_histogram(
        np.tile(np.arange(5, 16), (2, 1)) * [[10], [11]], metric=nps.mean_score(nps.Scale(0, 10)), groups=["a", "b"]
    )
    result = nps.compare(many, reference="a", method="permutation", rng=1, n_resamples=199)
    (note,) = result.notes
    assert note.startswith("permutation tests of 1 of 1 differences are simulated from 199 permutations")
    again = nps.compare(many, reference="a", method="permutation", rng=1, n_resamples=199)
    np.testing.assert_array_equal(result.pvalue, again.pvalue)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert 0 < result.pvalue[0] <= 1
