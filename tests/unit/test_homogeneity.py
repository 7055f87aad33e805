"""Is the score equal in all groups: what is compared, laws, groups without spread, words, errors and warnings."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

import npsstats as nps
from npsstats.inference.heterogeneity import HOMOGENEITY_METHODS
from npsstats.results.citations import references

METHODS = list(HOMOGENEITY_METHODS)
# Methods that answer whatever the groups are.
SAFE = ["score", "likelihood", "permutation"]


def seeded(method):
    return {"method": method, **({"rng": 1, "n_resamples": 199} if method == "permutation" else {})}


def of(*groups, metric=nps.NPS_CATEGORIES, labels="ABCDEFGH", by="store"):
    return nps.RatingCounts.from_histogram(
        np.array(groups), scale=metric.scale, metric=metric, groups=list(labels[: len(groups)]), by=by
    )


LARGE = of([200, 300, 500], [250, 350, 400], [180, 400, 420])


def score_row(result):
    return result.statistic[0], result.df[0], result.df2[0], result.pvalue[0]


# ----------------------------------------------------------------------------------------------------- what is compared


def test_rows_are_the_three_questions():
    result = nps.homogeneity(LARGE)
    assert result.question == ("score", "distribution", "order")
    assert result.method == ("score", "pearson", "kruskal-wallis")
    assert result.by == ()
    assert result.compared == "store"
    assert result.n.tolist() == [3000] * 3
    assert result.groups.tolist() == [3] * 3
    assert result.df.tolist() == [2, 4, 2]
    assert (min(result.scores[0]), max(result.scores[0])) == (15.0, 30.0)
    assert list(result.to_frame()) == ["question", "method", "statistic", "df", "df2", "pvalue", "n", "groups"]


@pytest.mark.parametrize("method", METHODS)
def test_the_last_column_is_compared_within_labels_of_the_others(method):
    north = of([20, 30, 50], [35, 35, 40], [18, 40, 60]).with_group("region", "north")
    south = of([90, 20, 80], [30, 40, 50]).with_group("region", "south")
    # The store is the last column again.
    both = nps.RatingCounts(
        np.concatenate([north.counts, south.counts])[[0, 3, 1, 4, 2]],
        metric=nps.NPS_CATEGORIES,
        missing=np.zeros(5, int),
        by=("region", "store"),
        labels=(("north", "A"), ("south", "A"), ("north", "B"), ("south", "B"), ("north", "C")),
    )
    result = nps.homogeneity(both, **seeded(method))
    assert result.by == ("region",)
    assert result.labels == (("north",),) * 3 + (("south",),) * 3
    assert result.groups.tolist() == [3] * 3 + [2] * 3
    for place, part in ((0, north), (3, south)):
        alone = nps.homogeneity(part.pool("store"), **seeded(method))
        rows = slice(place, place + 3)
        np.testing.assert_array_equal(result.statistic[rows], alone.statistic)
        np.testing.assert_array_equal(result.n[rows], alone.n)
        # Splits of later blocks have other random numbers.
        if method != "permutation" or place == 0:
            np.testing.assert_array_equal(result.pvalue[rows], alone.pvalue)


def test_the_distribution_is_that_of_the_ratings_and_the_score_that_of_their_values():
    # Groups that differ within the promoters only.
    counts = nps.RatingCounts.from_histogram(
        [[5, 0, 0, 0, 0, 0, 0, 10, 0, 40, 5], [5, 0, 0, 0, 0, 0, 0, 10, 0, 5, 40]], groups=["A", "B"]
    )
    result = nps.homogeneity(counts)
    assert result.statistic[0] == 0
    assert result.pvalue[0] == 1
    assert result.df.tolist() == [1, 3, 1]
    assert (result.pvalue[1:] < 1e-4).all()


@pytest.mark.parametrize("method", METHODS)
def test_another_metric_of_the_same_counts_can_be_asked_for(method):
    counts = nps.RatingCounts.from_histogram(
        [[9, 5, 5, 5, 5, 5, 20, 30, 30, 40, 50], [9, 9, 9, 9, 9, 9, 9, 40, 20, 60, 30]], groups=["A", "B"]
    )
    mean = nps.homogeneity(counts, metric=nps.mean_rating(nps.Scale(0, 10)), **seeded(method))
    score = nps.homogeneity(counts, **seeded(method))
    assert mean.metric.name == "mean"
    assert mean.statistic[0] != score.statistic[0]
    np.testing.assert_array_equal(mean.statistic[1:], score.statistic[1:])


# ----------------------------------------------------------------------------------------------------------------- laws

tables = st.lists(st.lists(st.integers(0, 12), min_size=5, max_size=5).filter(sum), min_size=2, max_size=5)
FIVE = nps.Metric("five", nps.Scale(1, 5), (0.0, 10.0, 10.0, 30.0, 100.0))


@pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")
@pytest.mark.parametrize("method", ["score", "likelihood", "welch", "james", "chi-square"])
@settings(max_examples=25, deadline=None)
@given(groups=tables, data=st.data())
def test_order_of_groups_unit_of_points_and_reflection_do_not_matter(method, groups, data):
    found = nps.homogeneity(of(*groups, metric=FIVE), method=method)
    order = data.draw(st.permutations(range(len(groups))))
    stretched = nps.Metric("stretched", FIVE.scale, tuple(7 + 3 * value for value in FIVE.values))
    reflected = nps.Metric("reflected", FIVE.scale, tuple(-value for value in FIVE.values))
    others = {
        "order": of(*(groups[i] for i in order), metric=FIVE),
        "unit": of(*groups, metric=stretched),
        "reflection": of(*groups, metric=reflected),
    }
    for counts in others.values():
        other = nps.homogeneity(counts, method=method)
        # Roots and sums in another order; a statistic of rounding errors is no larger than 1e-12.
        np.testing.assert_allclose(other.statistic, found.statistic, rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(other.pvalue, found.pvalue, rtol=1e-7)


@pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")
@pytest.mark.parametrize("method", ["score", "likelihood", "welch", "james", "chi-square"])
@settings(max_examples=25, deadline=None)
@given(groups=tables)
def test_ratings_of_the_same_value_can_be_merged(method, groups):
    merged_scale = nps.Metric("four", nps.Scale(1, 4), (0.0, 10.0, 30.0, 100.0))
    merged = [[a, b + c, d, e] for a, b, c, d, e in groups]
    found = nps.homogeneity(of(*groups, metric=FIVE), method=method)
    other = nps.homogeneity(of(*merged, metric=merged_scale), method=method)
    assert score_row(other) == pytest.approx(score_row(found), nan_ok=True, rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(groups=tables)
def test_statistics_are_not_negative_and_pvalues_are_probabilities(groups):
    for method in ("score", "likelihood"):
        found = nps.homogeneity(of(*groups, metric=FIVE), method=method)
        assert (found.statistic >= 0).all()
        assert ((found.pvalue > 0) & (found.pvalue <= 1)).all()


@settings(max_examples=25, deadline=None)
@given(group=st.lists(st.integers(0, 12), min_size=5, max_size=5).filter(sum), copies=st.integers(2, 5))
def test_groups_with_the_same_shares_differ_in_nothing(group, copies):
    groups = [[size * count for count in group] for size in range(1, copies + 1)]
    for method in SAFE:
        found = nps.homogeneity(of(*groups, metric=FIVE), **seeded(method))
        # Shares are rounded once.
        np.testing.assert_allclose(found.statistic, 0, atol=1e-12)
        np.testing.assert_allclose(found.pvalue, 1, rtol=1e-5)


def test_methods_agree_in_large_groups():
    found = [score_row(nps.homogeneity(LARGE, method=method))[3] for method in METHODS if method != "permutation"]
    # Of the order 1 / n, relative to a p-value of some 1e-12 whose exponent is some 28.
    np.testing.assert_allclose(np.log(found), np.log(found[0]), rtol=0.02)


def test_a_score_with_two_values_asks_for_the_distribution():
    top = nps.top_box(nps.Scale(1, 2), boxes=1)
    found = nps.homogeneity(of([5, 15], [9, 31], [2, 28], metric=top))
    np.testing.assert_allclose(found.statistic[0], found.statistic[1], rtol=1e-12)


# ---------------------------------------------------------------------------------------------------------- permutation


def test_splits_are_those_of_the_seed():
    small = of([2, 3, 5], [3, 1, 1], [0, 4, 2])
    first, again, other = (nps.homogeneity(small, method="permutation", rng=seed) for seed in (3, 3, 4))
    assert first.pvalue[0] == again.pvalue[0]
    assert first.pvalue[0] != other.pvalue[0]
    generator = np.random.default_rng(3)
    assert nps.homogeneity(small, method="permutation", rng=generator).pvalue[0] == first.pvalue[0]


@pytest.mark.parametrize("n_resamples", [1, 39, 9_999])
def test_permutation_pvalue_counts_what_is_observed(n_resamples):
    far = of([40, 0, 0], [0, 0, 40])
    found = nps.homogeneity(far, method="permutation", rng=1, n_resamples=n_resamples)
    assert found.pvalue[0] == 1 / (n_resamples + 1)


# ------------------------------------------------------------------------------------------------ groups without spread


@pytest.mark.parametrize("method", SAFE)
@pytest.mark.parametrize(
    "groups",
    [
        ([0, 9, 0], [2, 5, 3], [4, 1, 9]),
        ([0, 0, 6], [7, 0, 0], [3, 8, 5]),
        ([1, 0, 0], [0, 0, 1], [0, 1, 0]),
        ([0, 0, 5], [0, 9, 0]),
        ([10**8, 0, 0], [0, 0, 1]),
    ],
    ids=str,
)
def test_safe_methods_answer_whatever_the_groups_are(method, groups):
    found = nps.homogeneity(of(*groups), **seeded(method))
    assert np.isfinite(found.statistic).all()
    assert found.statistic[0] > 0
    assert (found.pvalue > 0).all()


@pytest.mark.parametrize("method", SAFE)
def test_groups_that_all_say_the_same_differ_in_nothing(method):
    for same in ([0, 5, 0], [7, 0, 0], [0, 0, 1]):
        found = nps.homogeneity(of(same, [3 * count for count in same]), **seeded(method))
        assert found.statistic.tolist() == [0, 0, 0]
        assert found.pvalue.tolist() == [1, 1, 1]
        assert found.df[1:].tolist() == [0, 0]


@pytest.mark.parametrize("method", ["welch", "james", "chi-square"])
@pytest.mark.parametrize("group", [[0, 500, 0], [0, 0, 1]], ids=str)
def test_other_methods_have_no_answer_without_spread_and_say_so(method, group):
    counts = of([200, 300, 500], group, [180, 400, 420])
    with pytest.warns(nps.SmallSampleWarning, match=r"no answer.* 1 of these 3 .*first: B, .*method='score'"):
        found = nps.homogeneity(counts, method=method)
    assert np.isnan(score_row(found)).all()
    assert np.isfinite(found.pvalue[1:]).all()
    assert "has no answer" in found.sentences()[0]


def test_blocks_with_spread_are_answered_beside_those_without():
    counts = of([200, 300, 500], [250, 350, 400]).with_group("y", 1) + of([0, 300, 0], [9, 350, 400]).with_group("y", 2)
    counts = dataclasses.replace(counts, by=("y", "store"), labels=tuple(label[::-1] for label in counts.labels))
    with pytest.warns(nps.SmallSampleWarning):
        found = nps.homogeneity(counts, method="welch")
    assert np.isnan(found.pvalue).tolist() == [False, False, False, True, False, False]


@pytest.mark.parametrize("method", ["welch", "james", "chi-square"])
def test_small_groups_are_warned_of(method):
    with pytest.warns(nps.SmallSampleWarning, match=f"{method}.*falls short"):
        nps.homogeneity(of([2, 3, 5], [3, 1, 1]), method=method)


@pytest.mark.parametrize("method", METHODS)
def test_a_tiny_pvalue_is_not_zero(method):
    huge = of([10**7, 10**6, 10**6], [10**6, 10**6, 10**7])
    found = nps.homogeneity(huge, **seeded(method))
    assert (found.pvalue > 0).all()


# ---------------------------------------------------------------------------------------------------------------- words


def test_disagreement_of_score_and_distribution_is_said():
    counts = of([20, 120, 60], [1, 155, 44])
    said = nps.homogeneity(counts).sentences()[0]
    assert "no difference is detected" in said
    assert said.endswith("the single number hides it.")


def test_a_score_that_differs_where_the_distribution_test_does_not_see_it_is_said():
    many = np.arange(11) + 5
    shifted = many.copy()
    shifted[[6, 9]] += [-6, 10]
    counts = nps.RatingCounts.from_histogram([3 * many, 3 * shifted], groups=["A", "B"])
    found = nps.homogeneity(counts)
    assert found.pvalue[0] <= 0.05 < found.pvalue[1]
    assert "does not detect it" in found.sentences()[0]


@pytest.mark.parametrize("seed", range(5))
def test_words_never_say_that_scores_are_equal(seed):
    groups = np.random.default_rng(seed).multinomial(60, [0.2, 0.4, 0.4], size=3)
    for text in nps.homogeneity(of(*groups)).sentences():
        assert "equal" not in text.replace("equally", "")
        assert "no difference is detected" not in text or "does not show that there is none" in text


def test_one_text_for_each_comparison():
    blocks = sum(of([20, 30, 50], [35, 35, 40]).with_group("region", region) for region in ("north", "south"))
    by_region = dataclasses.replace(blocks, by=("region", "store"), labels=tuple(x[::-1] for x in blocks.labels))
    said = nps.homogeneity(by_region).sentences()
    assert [text.split(":")[0] for text in said] == ["north", "south"]


def test_result_is_frozen_and_safe_for_json():
    found = nps.homogeneity(LARGE, method="welch")
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.statistic = None
    record = json.loads(json.dumps(found.to_dict()))
    assert record["score_method"] == "welch"
    assert record["df2"][1:] == [None, None]
    assert len(found.to_records()) == len(found) == 3
    assert "Welch's F test" in str(found)
    assert "<table>" in found._repr_html_()


@pytest.mark.parametrize("method", METHODS)
def test_sources_are_in_the_bibliography(method):
    found = nps.homogeneity(LARGE, **seeded(method))
    keys = found.reference_keys()
    assert len(references(keys)) == len(set(keys))
    assert "Kruskal" in found.cite()


# --------------------------------------------------------------------------------------------------------------- errors


def test_one_group_is_refused_with_the_way_out():
    with pytest.raises(ValueError, match=r"only one group.*Tabulate with `by`"):
        nps.homogeneity(
            nps.RatingCounts.from_histogram([3, 2, 5], metric=nps.NPS_CATEGORIES, scale=nps.NPS_CATEGORIES.scale)
        )
    with pytest.raises(ValueError, match=r"'store', the last group column, and 'A' is the only one"):
        nps.homogeneity(of([3, 2, 5]))


def test_a_block_with_one_group_is_refused_with_the_way_out():
    counts = of([20, 30, 50], [35, 35, 40]).with_group("y", 1) + of([9, 3, 3]).with_group("y", 2)
    counts = dataclasses.replace(counts, by=("y", "store"), labels=tuple(label[::-1] for label in counts.labels))
    with pytest.raises(ValueError, match=r"'A' is the only one within 2; 1 of 2 .*counts.select"):
        nps.homogeneity(counts)


def test_empty_groups_are_refused():
    with pytest.raises(nps.UndefinedScoreError, match="answered"):
        nps.homogeneity(of([3, 2, 5], [0, 0, 0]))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"method": "anova"},
            ValueError,
            "one of 'score', 'likelihood', 'permutation', 'welch', 'james', 'chi-square'",
        ),
        ({"method": 3}, TypeError, "must be text"),
        ({"metric": nps.CSAT}, ValueError, "defined on the scale"),
        ({"metric": "NPS"}, TypeError, "must be a Metric"),
        ({"rng": 1}, ValueError, "`rng` is an argument of method"),
        ({"n_resamples": 99}, ValueError, "`n_resamples` is an argument of method 'permutation' only"),
        ({"method": "permutation", "rng": "x"}, TypeError, "`rng`"),
        ({"method": "permutation", "n_resamples": 0}, ValueError, "1 or more"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        nps.homogeneity(LARGE, **arguments)


def test_other_data_are_refused():
    with pytest.raises(TypeError, match="RatingCounts"):
        nps.homogeneity([[1, 2, 3]])


def test_more_respondents_than_can_be_split_are_refused():
    with pytest.raises(ValueError, match=r"fewer than 1,000,000,000.*method='score'"):
        nps.homogeneity(of([10**9, 1, 1], [1, 1, 1]), method="permutation")


# ---------------------------------------------------------------------------------------------------------------- pairs

PAIRS = nps.PairedCounts.from_table(
    [[[12, 5, 3], [4, 30, 9], [1, 6, 30]], [[5, 1, 9], [0, 20, 14], [1, 2, 8]]],
    groups=["A", "B"], first="spring", second="autumn",
)  # fmt: skip


def test_pairs_compare_the_waves_group_by_group():
    found = nps.homogeneity(PAIRS)
    assert found.question == ("score", "direction", "distribution", "distribution") * 2
    assert found.method == ("score", "exact-sign", "stuart-maxwell", "bhapkar") * 2
    assert found.labels == (("A",),) * 4 + (("B",),) * 4
    assert found.n.tolist() == [100] * 4 + [60] * 4
    assert found.groups.tolist() == [2] * 8
    assert found.df[[0, 2, 3]].tolist() == [1, 2, 2]


def test_pairs_by_hand():
    found = nps.homogeneity(PAIRS)
    # Group A moves by -2 ... 2 steps; the restricted shares w / (1 + lambda d) have the mean 0.
    moves, shares = np.arange(-2, 3), np.array([1, 10, 72, 14, 3]) / 100
    multiplier = optimize.brentq(lambda x: (shares * moves / (1 + x * moves)).sum(), -0.45, 0.45, xtol=1e-15)
    variance = (shares / (1 + multiplier * moves) * moves**2).sum()
    np.testing.assert_allclose(found.statistic[0], 100 * (shares @ moves) ** 2 / variance, rtol=1e-11)
    assert found.statistic[1] == 17
    np.testing.assert_allclose(found.pvalue[1], stats.binomtest(17, 28).pvalue, rtol=1e-12)
    # Bhapkar is Stuart-Maxwell over 1 - Stuart-Maxwell / n.
    np.testing.assert_allclose(found.statistic[3], found.statistic[2] / (1 - found.statistic[2] / 100), rtol=1e-12)


def test_score_of_pairs_with_two_values_is_mcnemars():
    top = nps.top_box(nps.Scale(1, 2), boxes=1)
    pairs = nps.PairedCounts.from_table([[20, 14], [5, 30]], metric=top, scale=top.scale)
    found = nps.homogeneity(pairs)
    # The restricted score statistic of a difference of 0 is (b - c)^2 / (b + c); so is Stuart and Maxwell's.
    np.testing.assert_allclose(found.statistic[[0, 2]], 81 / 19, rtol=1e-12)


def test_respondents_of_one_wave_are_left_out_and_counted():
    pairs = dataclasses.replace(
        PAIRS, first_only=np.array([[1, 0, 0], [0, 2, 0]]), second_only=np.array([[0, 0, 4], [0, 0, 0]])
    )
    found = nps.homogeneity(pairs)
    np.testing.assert_array_equal(found.statistic, nps.homogeneity(PAIRS).statistic)
    assert any(note.startswith("7 respondents") for note in found.notes)


def test_words_of_pairs_tell_which_wave_is_higher_and_join_tests_that_find_the_same():
    up, down = (nps.homogeneity(pairs).sentences()[0] for pairs in (PAIRS, PAIRS.reversed()))
    # Spring has 37 promoters and 20 detractors of 100, autumn 42 and 17.
    assert up.startswith(
        "A: NPS is 17.0 and 25.0 (spring and autumn, the same respondents; n = 100); no difference is "
    )
    assert down.startswith("A: NPS is 25.0 and 17.0 (autumn and spring, the same respondents; n = 100)")
    assert up.endswith(
        "Beside it, no tendency to move up or down is detected (exact sign test, p = 0.345); no difference of the "
        "distribution is detected (Stuart-Maxwell, p = 0.443; Bhapkar, p = 0.437)."
    )


@pytest.mark.parametrize("n", [1, 3, 50])
def test_a_wald_test_without_a_variance_has_no_answer(n):
    found = nps.homogeneity(nps.PairedCounts.from_table([[0, 0, 0], [0, 0, n], [0, 0, 0]]))
    assert found.method[3] == "bhapkar"
    assert np.isnan(found.statistic[3])
    assert np.isnan(found.pvalue[3])
    np.testing.assert_allclose(found.statistic[2], n)
    text = found.sentences()[0]
    assert "; Bhapkar has no answer." in text
    # One who moves settles nothing.
    assert "single number" not in text
    assert ("no difference of the distribution is detected (Stuart-Maxwell, " in text) is (n < 4)


def test_news_of_pairs_rest_on_the_test_that_keeps_its_level():
    # Bhapkar's test rejects too often in small samples; W / (1 - W / n) of W = 3.57 and n = 9 is 5.92.
    found = nps.homogeneity(nps.PairedCounts.from_table([[2, 0, 6], [0, 0, 0], [1, 0, 0]]))
    assert found.pvalue[[0, 2]].min() > 0.05 > found.pvalue[3]
    assert "single number" not in found.sentences()[0]
    found = nps.homogeneity(nps.PairedCounts.from_table([[7, 10, 1], [0, 0, 2], [3, 11, 8]]))
    assert found.pvalue[0] > 0.05 > found.pvalue[2]
    assert "The distribution differs between the waves (p = 0.0004) though" in found.sentences()[0]


def test_pairs_have_no_methods_of_independent_groups():
    with pytest.raises(ValueError, match=r"must be 'score'.*'welch' is for independent groups"):
        nps.homogeneity(PAIRS, method="welch")
