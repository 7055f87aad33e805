"""Laws that the exact bootstrap obeys whatever the data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import npsstats as nps
from npsstats.inference.resampling import bootstrap_distribution
from npsstats.kernels import bootstrap
from npsstats.kernels.bootstrap import upper_quantile
from npsstats.kernels.lattice import lattice_steps, resampled_totals, tails

# The same examples in every run; each holds several groups.
laws = settings(max_examples=25, deadline=None, derandomize=True)

METHODS = ("percentile", "basic", "bca")
NPS_VALUES = np.array([0.0, 0.5, 1.0])

cell = st.one_of(st.just(0), st.integers(0, 8), st.integers(0, 400))
huge = st.one_of(st.just(0), st.integers(0, 5), st.integers(0, 10**9))
rows = st.lists(st.tuples(cell, cell, cell).filter(any), min_size=1, max_size=6)
huge_rows = st.lists(st.tuples(huge, huge, huge).filter(any), min_size=1, max_size=4)
histograms = st.lists(st.tuples(*[cell] * 11).filter(any), min_size=1, max_size=3)
few = st.lists(st.tuples(*[st.integers(0, 7)] * 3).filter(any), min_size=1, max_size=4)
tail = st.one_of(st.sampled_from([0.005, 0.025, 0.05, 0.25]), st.floats(1e-9, 0.45))


def limits_of(method, table, values, tail):
    return getattr(bootstrap, f"{method}_limits")(table, values, tail)


def tails_of(method, table, values, null):
    return getattr(bootstrap, f"{method}_tails")(table, values, null)


def bootstrap_t(name, table, values, where):
    return getattr(bootstrap, f"bootstrap_t_{name}")(table, values, where, rng=np.random.default_rng(0), n_resamples=9)


def distribution(table, metric):
    return bootstrap_distribution(nps.RatingCounts.from_histogram(table, metric=metric, groups=range(len(table))))


@pytest.mark.parametrize("method", METHODS)
@laws
@given(st.one_of(rows, huge_rows), tail)
def test_reflected_ratings_have_reflected_limits(method, table, tail):
    table = np.array(table, float)
    low, high = limits_of(method, table, NPS_VALUES, tail)
    mirrored_low, mirrored_high = limits_of(method, table[:, ::-1], NPS_VALUES, tail)
    np.testing.assert_allclose(mirrored_low, 1 - high, rtol=0, atol=4e-16)  # the same whole number, divided
    np.testing.assert_allclose(mirrored_high, 1 - low, rtol=0, atol=4e-16)


@pytest.mark.parametrize("method", METHODS)
@laws
@given(rows, st.floats(-0.2, 1.2))
def test_reflected_ratings_have_reflected_pvalues(method, table, null):
    table = np.array(table, float)
    below, above = tails_of(method, table, NPS_VALUES, null)
    mirrored_below, mirrored_above = tails_of(method, table[:, ::-1], NPS_VALUES, 1 - null)
    # Both sides run through the same sums in another order.
    np.testing.assert_allclose(mirrored_above, below, rtol=1e-10)
    np.testing.assert_allclose(mirrored_below, above, rtol=1e-10)


@pytest.mark.parametrize("method", METHODS)
@laws
@given(rows, tail, st.data())
def test_limits_are_dual_to_pvalues(method, table, tail, data):
    """A null value lies outside of the interval exactly where its one-sided p-value lies below the tail."""
    table = np.array(table, float)
    n = table.sum(axis=-1)
    halves = data.draw(st.lists(st.integers(-3, 4 * int(n.max()) + 3), min_size=len(table), max_size=len(table)))
    null = np.array(halves) / (4 * n)  # attainable scores, and half way between them
    low, high = limits_of(method, table, NPS_VALUES, tail)
    below, above = tails_of(method, table, NPS_VALUES, null)
    slack = 1e-9 / n  # rounding is no difference, neither here nor in the p-values
    clear = np.abs(above - tail) > 1e-8 * tail
    np.testing.assert_array_equal((null < low - slack)[clear], (above < tail)[clear])
    clear = np.abs(below - tail) > 1e-8 * tail
    np.testing.assert_array_equal((null > high + slack)[clear], (below < tail)[clear])


@laws
@given(few, tail, st.floats(-0.2, 1.2))
def test_limits_of_bootstrap_t_are_dual_to_pvalues(table, tail, null):
    table = np.array(table, float)
    low, high = bootstrap_t("limits", table, NPS_VALUES, tail)
    below, above = bootstrap_t("tails", table, NPS_VALUES, null)
    clear = (np.abs(low - null) > 1e-8) & (np.abs(above - tail) > 1e-8 * tail)
    np.testing.assert_array_equal((null < low)[clear], (above < tail)[clear])
    clear = (np.abs(high - null) > 1e-8) & (np.abs(below - tail) > 1e-8 * tail)
    np.testing.assert_array_equal((null > high)[clear], (below < tail)[clear])


@laws
@given(few, tail)
def test_reflected_ratings_have_reflected_bootstrap_t_limits(table, tail):
    table = np.array(table, float)
    low, high = bootstrap_t("limits", table, NPS_VALUES, tail)
    mirrored = bootstrap_t("limits", table[:, ::-1], NPS_VALUES, tail)
    np.testing.assert_allclose(mirrored, [1 - high, 1 - low], rtol=0, atol=1e-12)  # sums in another order


@pytest.mark.parametrize("method", METHODS)
@laws
@given(rows, st.floats(1e-6, 0.2), st.floats(1.01, 2.4))
def test_intervals_of_a_higher_level_hold_those_of_a_lower_one(method, table, tail, times):
    table = np.array(table, float)
    low, high = limits_of(method, table, NPS_VALUES, tail)
    inner_low, inner_high = limits_of(method, table, NPS_VALUES, tail * times)
    assert (low <= inner_low).all()
    assert (inner_high <= high).all()


@laws
@given(st.one_of(rows, huge_rows))
def test_percentile_and_bca_limits_are_scores_that_can_come_out(table):
    table = np.array(table, float)
    lowest = np.array([NPS_VALUES[row > 0].min() for row in table])
    highest = np.array([NPS_VALUES[row > 0].max() for row in table])
    for method in ("percentile", "bca"):
        low, high = limits_of(method, table, NPS_VALUES, 0.025)
        assert (lowest <= low).all()
        assert (low <= high).all()
        assert (high <= highest).all()
        halves = low * 2 * table.sum(axis=-1)
        # A product of three rounded factors of up to 6e9.
        np.testing.assert_allclose(halves, np.rint(halves), rtol=0, atol=1e-5)


@laws
@given(histograms)
def test_the_law_adds_up_and_has_the_moments_of_resampling(table):
    metric = nps.mean_rating(nps.Scale(0, 10))
    result = distribution(table, metric)
    for row, counts in enumerate(table):
        scores, probabilities = result.law(row)
        # Some thousand terms, each good to an ulp of the largest.
        assert probabilities.sum() == pytest.approx(1, abs=1e-12)
        n, ratings = sum(counts), np.repeat(np.arange(11.0), counts)
        assert scores @ probabilities == pytest.approx(ratings.mean(), rel=1e-11, abs=1e-12)
        centred = scores - ratings.mean()
        assert centred**2 @ probabilities == pytest.approx(ratings.var() / n, rel=1e-9, abs=1e-14)
        third = ((ratings - ratings.mean()) ** 3).mean() / n**2
        assert centred**3 @ probabilities == pytest.approx(third, rel=1e-7, abs=1e-10)


@laws
@given(rows)
def test_the_distribution_function_adds_up_the_law(table):
    result = distribution(table, nps.NPS_CATEGORIES)
    for row in range(len(table)):
        scores, probabilities = result.law(row)
        for i in {0, scores.size // 3, scores.size // 2, scores.size - 1}:
            at, cumulated = np.full(len(table), scores[i]), probabilities[: i + 1].sum()
            assert result.cdf(at)[row] == pytest.approx(cumulated, abs=1e-13)  # sums of up to 2,400 terms
            assert result.sf(at)[row] == pytest.approx(1 - cumulated, abs=1e-13)


@laws
@given(rows, st.one_of(st.sampled_from([0.0, 1e-30, 0.5]), st.floats(0, 1 - 1e-9)))
def test_quantile_is_the_lowest_score_at_which_the_distribution_function_reaches_it(table, q):
    result = distribution(table, nps.NPS_CATEGORIES)
    at = result.quantile(q)
    step = 100 / result.n
    # Equality is taken up to 1e-10 of the smaller tail.
    assert (result.cdf(at) >= q * (1 - 1e-9)).all()
    assert ((result.sf(at) <= (1 - q) * (1 + 1e-9)) | (q <= 0.5)).all()
    missed = result.sf(at - step) > 1 - q if q > 0.5 else result.cdf(at - step) < q
    assert (missed | (at <= result.quantile(0.0))).all()


@laws
@given(huge_rows, st.integers(-40, 40))
def test_tails_are_complementary_and_fall_for_any_size(table, sixths):
    law = resampled_totals(np.array(table, float), lattice_steps(NPS_VALUES))
    sd = np.sqrt(law.n * (law.shares * (law.steps - (law.total / law.n)[:, None]) ** 2).sum(axis=-1))
    at = law.total + np.rint(sd * sixths / 6).astype(np.int64)
    upper, lower = tails(law, at)
    np.testing.assert_allclose(upper + lower, 1, rtol=1e-15)
    further, _ = tails(law, at + 1 + (sd / 10).astype(np.int64))
    # A phase of 1e5 turns is good to 1e-10 or so.
    assert (further <= upper * (1 + 1e-9)).all()


huge_histograms = st.lists(st.tuples(*[huge] * 5).filter(any), min_size=1, max_size=4)


@laws
@given(huge_histograms, st.one_of(tail, st.sampled_from([1e-100, 0.6, 0.999])))
def test_quantiles_meet_their_definition_for_any_size(table, tail):
    law = resampled_totals(np.array(table, float), np.arange(5))
    at = upper_quantile(law, np.full(len(table), tail))
    # Equality is taken up to 1e-10; a phase of 1e5 turns is good to as much.
    assert ((tails(law, at)[0] >= tail * (1 - 1e-9)) | (at == 0)).all()
    assert ((tails(law, at + 1)[0] < tail * (1 + 1e-9)) | (at == law.top)).all()


@laws
@given(rows, st.randoms(use_true_random=False))
def test_groups_do_not_interfere(table, random):
    order = list(range(len(table)))
    random.shuffle(order)
    table = np.array(table, float)
    for method in METHODS:
        together = np.column_stack(limits_of(method, table[order], NPS_VALUES, 0.025))
        alone = [np.ravel(limits_of(method, table[i : i + 1], NPS_VALUES, 0.025)) for i in order]
        np.testing.assert_array_equal(together, alone)


@laws
@given(rows)
def test_empty_levels_between_change_nothing(table):
    wide = np.zeros((len(table), 5))
    wide[:, [0, 2, 4]] = table
    for method in METHODS:
        np.testing.assert_allclose(
            limits_of(method, wide, np.linspace(0, 1, 5), 0.025),
            limits_of(method, np.array(table, float), NPS_VALUES, 0.025),
            rtol=1e-15,  # other whole numbers, divided
        )
