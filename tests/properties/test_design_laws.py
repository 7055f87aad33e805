"""Laws of comparisons whose groups share respondents."""

import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import npsstats as nps
from npsstats.inference.contrasts import CONTRAST_METHODS
from npsstats.inference.paired import PAIRED_METHODS
from npsstats.ratings.pairs import PairedCounts

# The same examples in every run; few of them where each takes a tenth of a second.
LAW = settings(max_examples=12, deadline=None, derandomize=True)
SLOW_LAW = settings(max_examples=3, deadline=None, derandomize=True)

# Those that do not ask for two groups without common respondents.
ANY_DESIGN = ("score", "likelihood", "mover", "wald", "welch")
FAST, SLOW = ("score", "likelihood", "wald", "welch"), ("mover", "bayes", "bootstrap-bca")

cells = st.lists(st.integers(0, 25), min_size=3, max_size=3).filter(lambda c: sum(c) > 1)
tables = st.lists(st.integers(0, 12), min_size=9, max_size=9).filter(lambda c: sum(c) > 1)
groups = st.lists(cells, min_size=2, max_size=5)


def quietly(function, *arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nps.SmallSampleWarning)
        return function(*arguments, **options)


def compare(counts, **options):
    return quietly(nps.compare, counts, **options)


def counts_of(rows):
    detractors, passives, promoters = np.transpose(rows)
    return nps.RatingCounts.from_categories(
        detractors=detractors,
        passives=passives,
        promoters=promoters,
        groups=list(range(2001, 2001 + len(rows))),
        by="year",
    )


def pairs_of(table, first_only=(0, 0, 0), second_only=(0, 0, 0)):
    return PairedCounts.from_table(
        np.reshape(table, (3, 3)), first="before", second="after", first_only=[first_only], second_only=[second_only]
    )


def assert_same(one, other, *, names=("difference", "standard_error", "low", "high", "statistic", "pvalue")):
    for name in names:
        # Limits are roots in a multiplier, good to some 1e-9 points where an interval ends at the edge of the scale.
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-7, atol=1e-7, err_msg=name)


# ------------------------------------------------------------------------------------------- part and whole


@LAW
@given(groups)
@pytest.mark.parametrize("method", sorted(set(CONTRAST_METHODS) - set(SLOW)))
def test_a_part_differs_from_its_whole_by_a_share_of_its_difference_from_the_rest(method, rows):
    assert_part_is_a_share_of_the_rest(method, rows)


@SLOW_LAW
@given(groups)
@pytest.mark.parametrize("method", SLOW)
def test_a_part_differs_from_its_whole_by_a_share_of_its_difference_from_the_rest_slowly(method, rows):
    assert_part_is_a_share_of_the_rest(method, rows)


def assert_part_is_a_share_of_the_rest(method, rows):
    counts = counts_of(rows)
    rng = {"rng": 1} if method == "permutation" else {}
    whole = compare(counts, reference="total", method=method, **rng)
    rest = compare(counts, reference="rest", method=method, **rng)
    share = 1 - counts.n / counts.n.sum()
    for name in ("difference", "standard_error", "low", "high"):
        np.testing.assert_allclose(getattr(whole, name), share * getattr(rest, name), rtol=1e-7, atol=1e-7)
    # "same z as A vs rest"
    assert_same(whole, rest, names=("statistic", "pvalue"))


@LAW
@given(groups)
def test_a_reference_that_contains_the_group_is_the_total(rows):
    counts = counts_of(rows)
    total = nps.RatingCounts.from_categories(
        **dict(zip(("detractors", "passives", "promoters"), counts.counts.sum(axis=0).tolist(), strict=True)),
        groups=[1999],
        by="year",
    )
    contained = compare(counts + total, reference=1999, overlap="contained")
    assert_same(contained, compare(counts, reference="total"))


# -------------------------------------------------------------------------------------------------- windows


@SLOW_LAW
@given(groups)
@pytest.mark.parametrize("method", ANY_DESIGN)
def test_windows_of_one_period_are_the_periods(method, rows):
    counts = counts_of(rows)
    assert_same(
        compare(counts, reference="previous", window=1, method=method),
        compare(counts, reference="previous", method=method),
    )


@LAW
@given(st.lists(cells, min_size=3, max_size=6), st.integers(2, 4))
def test_windows_differ_as_their_pooled_scores_do(rows, window):
    assume(len(rows) > window)
    counts = counts_of(rows)
    result = compare(counts, reference="previous", window=window, method="wald")
    n, total = counts.n, counts.counts @ np.array([-100.0, 0, 100])
    for i, (label,) in enumerate(result.labels):
        end = label - 2000
        own, before = slice(end - window, end), slice(end - window - 1, end - 1)
        expected = total[own].sum() / n[own].sum() - total[before].sum() / n[before].sum()
        np.testing.assert_allclose(result.difference[i], expected, rtol=0, atol=1e-9)
    # The pieces that share no respondents add up to it.
    np.testing.assert_allclose((result.low + result.high) / 2, result.difference, rtol=0, atol=1e-9)


@LAW
@given(cells.flatmap(lambda c: st.tuples(st.just(c), st.permutations(c))), cells)
@pytest.mark.parametrize("method", FAST)
def test_what_equal_windows_share_tells_nothing(method, ends, shared):
    # With as many respondents in the new period as in the dropped one, (new - dropped) times their share is left.
    counts = counts_of([ends[0], shared, ends[1]])
    rolled = compare(counts, reference="previous", window=2, method=method)
    direct = compare(counts.select(2001, 2003), reference="previous", method=method)
    share = sum(ends[0]) / (sum(ends[0]) + sum(shared))
    for name in ("difference", "standard_error", "low", "high"):
        np.testing.assert_allclose(getattr(rolled, name), share * getattr(direct, name), rtol=1e-7, atol=1e-7)
    assert_same(rolled, direct, names=("statistic", "pvalue"))


# ------------------------------------------------------------------------------------ partly the same people


@LAW
@given(tables)
@pytest.mark.parametrize("respondents", ["all", "optimal"])
@pytest.mark.parametrize("method", ["score", "likelihood", "wald"])
def test_waves_of_the_same_people_only_are_pairs(method, respondents, table):
    pairs = pairs_of(table)
    assert_same(compare(pairs, method=method, respondents=respondents), compare(pairs, method=method))


@SLOW_LAW
@given(cells, cells)
@pytest.mark.parametrize("respondents", ["all", "optimal"])
@pytest.mark.parametrize("method", ANY_DESIGN)
def test_waves_without_common_people_are_independent_groups(method, respondents, first, second):
    pairs = pairs_of([0] * 9, first, second)
    groups = counts_of([first, second])
    assert_same(compare(pairs, method=method, respondents=respondents), compare(groups, method=method, reference=2001))


@LAW
@given(tables, cells, cells)
def test_the_overlap_enters_with_its_covariance(table, first, second):
    """Var = v1 / n1 + v2 / n2 - 2 c m / (n1 n2), but for the differences between those who answered once and twice."""
    pairs = pairs_of(table, first, second)
    result = compare(pairs, method="wald", respondents="all")
    joint, x = np.reshape(table, (3, 3)), np.array([-100.0, 0, 100])
    m, n1, n2 = joint.sum(), joint.sum() + sum(first), joint.sum() + sum(second)
    people = [(a, b, joint[i, j]) for i, a in enumerate(x) for j, b in enumerate(x)]
    mean1 = sum(a * k for a, b, k in people) / m, np.dot(first, x) / max(sum(first), 1)
    mean2 = sum(b * k for a, b, k in people) / m, np.dot(second, x) / max(sum(second), 1)
    variance = sum(((b - mean2[0]) / n2 - (a - mean1[0]) / n1) ** 2 * k for a, b, k in people)
    variance += sum(k * ((a - mean1[1]) / n1) ** 2 for a, k in zip(x, first, strict=True))
    variance += sum(k * ((b - mean2[1]) / n2) ** 2 for b, k in zip(x, second, strict=True))
    np.testing.assert_allclose(result.standard_error[0] ** 2, variance, rtol=1e-9, atol=1e-9)
    score1 = (m * mean1[0] + np.dot(first, x)) / n1
    score2 = (m * mean2[0] + np.dot(second, x)) / n2
    np.testing.assert_allclose(result.difference[0], score2 - score1, rtol=0, atol=1e-9)


@LAW
@given(tables, cells, cells)
def test_no_other_weights_have_less_variance(table, first, second):
    """The weights of least variance suppose that all respondents of a wave are of one population.

    The covariance has the correlation of the pairs, of which three more are taken to have none.
    """
    pairs = pairs_of(table, first, second)
    joint, x = np.reshape(table, (3, 3)), np.array([-1.0, 0, 1])
    m, k1, k2 = joint.sum(), sum(first), sum(second)
    all1, all2 = joint.sum(1) + first, joint.sum(0) + second
    v1, v2 = (np.dot(t, x**2) / t.sum() - (np.dot(t, x) / t.sum()) ** 2 for t in (all1, all2))
    assume(v1 > 1e-9 and v2 > 1e-9)
    people = np.repeat(np.argwhere(joint >= 0), joint.ravel(), axis=0) - 1
    assume((people.std(axis=0) > 0).all())
    c = np.corrcoef(people.T)[0, 1] * m / (m + 3) * np.sqrt(v1 * v2)

    def variance(a, b):
        return a**2 * v1 / m + b**2 * v2 / m - 2 * a * b * c / m + (1 - a) ** 2 * v1 / k1 + (1 - b) ** 2 * v2 / k2

    result = compare(pairs, respondents="optimal")
    grid = np.linspace(-0.5, 1.5, 81)
    a, b = np.meshgrid(grid, grid)
    place = np.unravel_index(np.argmin(variance(a, b)), a.shape)
    mean = {
        "x": (joint.sum(1) @ x / m, np.dot(first, x) / k1),
        "y": (joint.sum(0) @ x / m, np.dot(second, x) / k2),
    }

    def difference(a, b):
        return 100 * (b * mean["y"][0] + (1 - b) * mean["y"][1] - a * mean["x"][0] - (1 - a) * mean["x"][1])

    # The best point of the grid is at most half a step of 0.025 away in either weight, where the minimum is that flat.
    near = difference(a, b)[variance(a, b) <= variance(a[place], b[place]) + 1e-12]
    slack = 0.025 * 100 * (abs(mean["y"][0] - mean["y"][1]) + abs(mean["x"][0] - mean["x"][1])) + 1e-9
    inside = 0 < place[0] < 80 and 0 < place[1] < 80
    assert not inside or np.abs(near - result.difference[0]).min() <= slack * 3


@LAW
@given(tables, cells, cells)
@pytest.mark.parametrize("respondents", ["paired", "all", "optimal"])
@pytest.mark.parametrize("method", ["score", "wald"])
def test_swapping_the_waves_turns_the_sign(method, respondents, table, first, second):
    pairs = pairs_of(table, first, second)
    one = compare(pairs, method=method, respondents=respondents)
    other = compare(pairs.reversed(), method=method, respondents=respondents)
    np.testing.assert_allclose(one.difference, -other.difference, rtol=0, atol=1e-9)
    np.testing.assert_allclose([one.low, one.high], [-other.high, -other.low], rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(one.pvalue, other.pvalue, rtol=1e-7)


@LAW
@given(tables)
@pytest.mark.parametrize("method", sorted(set(PAIRED_METHODS) - {"exact", "lloyd"}))  # of two or three values only
def test_interval_and_test_of_a_change_agree(method, table):
    pairs = pairs_of(table)
    options = {"rng": 1, "n_resamples": 399} if method in ("sign-flip", "bootstrap-t") else {}
    result = compare(pairs, method=method, **options)
    low, high, p = result.low[0], result.high[0], result.pvalue[0]
    assume(abs(p - 0.05) > 1e-6 and min(abs(low), abs(high)) > 1e-6)
    assert (low <= 0 <= high) == (p >= 0.05)


# ------------------------------------------------------------------------------------------ several at once


@settings(LAW, max_examples=8)
@given(st.lists(cells, min_size=3, max_size=5), st.sampled_from(["previous", "all-pairs", "rest", "total", 2001, 10.0]))
@pytest.mark.parametrize("adjustment", ["holm", "benjamini-hochberg", "max-z", "none"])
def test_adjusted_p_values_lie_between_their_own_and_bonferronis(adjustment, rows, reference):
    result = compare(counts_of(rows), reference=reference, adjustment=adjustment)
    # The law of the maximum is computed to some ten digits, and on a fixed grid of points where all groups are linked.
    assert (result.adjusted_pvalue >= result.pvalue * (1 - 1e-6)).all()
    assert (result.adjusted_pvalue <= np.minimum(1, len(result) * result.pvalue) * (1 + 1e-6)).all()
    order = np.argsort(result.pvalue)
    assert (np.diff(result.adjusted_pvalue[order]) >= -1e-12).all()


@settings(LAW, max_examples=8)
@given(st.lists(cells, min_size=3, max_size=5), st.sampled_from(["previous", "all-pairs", "rest", 2001]))
def test_simultaneous_limits_and_adjusted_p_values_agree(rows, reference):
    result = compare(counts_of(rows), reference=reference, adjustment="max-z")
    clear = np.abs(result.adjusted_pvalue - 0.05) > 1e-3  # limits and p-values share the points of a grid
    outside = (result.low > 0) | (result.high < 0)
    assert (outside == (result.adjusted_pvalue < 0.05))[clear].all()
    alone = compare(counts_of(rows), reference=reference)
    assert (result.low <= alone.low + 1e-9).all()
    assert (result.high >= alone.high - 1e-9).all()


# --------------------------------------------------------------------------------------------- equivalence


@LAW
@given(st.lists(cells, min_size=2, max_size=3), st.floats(1, 60))
@pytest.mark.parametrize("claim", ["equivalence", "non-inferiority", "non-superiority"])
@pytest.mark.parametrize("method", ["score", "wald", "welch"])
def test_a_claim_is_shown_where_the_interval_lies_within_the_margin(method, claim, rows, margin):
    counts = counts_of(rows)
    result = quietly(nps.equivalence, counts, margin=margin, claim=claim, reference=2001, method=method)
    inside = {
        "equivalence": (result.low > -margin) & (result.high < margin),
        "non-inferiority": result.low > -margin,
        "non-superiority": result.high < margin,
    }[claim]
    clear = ~np.isnan(result.pvalue) & (np.abs(result.pvalue - 0.05) > 1e-6)
    assert (inside == result.shown)[clear].all()


@LAW
@given(st.lists(cells, min_size=2, max_size=2), st.floats(1, 60))
def test_equivalence_is_symmetric(rows, margin):
    counts = counts_of(rows)
    one = nps.equivalence(counts, margin=margin, reference=2001)
    other = nps.equivalence(counts, margin=margin, reference=2002)
    np.testing.assert_allclose(one.pvalue, other.pvalue, rtol=1e-7)
    np.testing.assert_allclose([one.low, one.high], [-other.high, -other.low], rtol=1e-7, atol=1e-7)
