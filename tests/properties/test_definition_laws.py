"""Laws of scores under other definitions, and of eights that are really promoters."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import npsstats as nps

# Each example compares under dozens of definitions.
laws = settings(max_examples=4, deadline=None, derandomize=True)
quick = settings(max_examples=6, deadline=None, derandomize=True)

# Points of up to 200.
SLACK = 1e-7

FIVE = nps.Scale(0, 4)
NET = nps.net_score(FIVE, promoters_from=4, detractors_to=1)

cell = st.one_of(st.just(0), st.integers(0, 8), st.integers(0, 300))
group = st.lists(cell, min_size=5, max_size=5).filter(any)
share = st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 1))


def counted(*rows):
    return nps.RatingCounts.from_histogram(rows, metric=NET, groups=[f"g{i}" for i in range(len(rows))])


def cut(result):
    """The pairs of cut points: {(from, to): where}."""
    return {
        (x.promoters_from, x.detractors_to): j for j, x in enumerate(result.definitions) if x.promoters_from is not None
    }


@laws
@given(group, group)
def test_the_reference_turns_every_difference_round(one, two):
    there, back = (nps.sensitivity(counted(one, two), reference=g) for g in ("g0", "g1"))
    np.testing.assert_allclose(back.difference, -there.difference, atol=SLACK)
    np.testing.assert_allclose(back.low, -there.high, atol=SLACK)
    np.testing.assert_allclose(back.pvalue, there.pvalue, atol=SLACK)
    assert (back.direction == -there.direction).all()
    assert back.conclusion == there.conclusion


@laws
@given(group, group)
def test_all_cut_points_agree_exactly_where_one_distribution_lies_above_the_other(one, two):
    result = nps.sensitivity(counted(one, two), reference="g0")
    places = cut(result)
    assert len(places) == 10
    below = [np.cumsum(row)[:-1] / sum(row) for row in (one, two)]
    # How much more of the second group lies above each cut.
    above = np.round(below[0] - below[1], 12)
    directions = {pair: result.direction[0, j] for pair, j in places.items()}
    dominates = (above > 0).all()
    assert dominates == all(way > 0 for way in directions.values())
    # Without passives a pair of cut points is the distribution at one cut.
    assert [directions[k + 1, k] for k in range(4)] == np.sign(above).astype(int).tolist()
    if dominates:
        assert (result.direction > 0).all()


@laws
@given(group, group)
def test_a_pair_of_cut_points_is_the_mean_of_two_pairs_without_passives(one, two):
    result = nps.score_variants(counted(one, two))
    places = cut(result)
    for (start, end), j in places.items():
        parts = (result.score[:, places[start, start - 1]] + result.score[:, places[end + 1, end]]) / 2
        np.testing.assert_allclose(result.score[:, j], parts, atol=SLACK)


@laws
@given(group)
def test_stricter_cut_points_never_raise_a_score(row):
    result = nps.score_variants(counted(row))
    places = cut(result)
    for (start, end), j in places.items():
        for stricter in ((start + 1, end), (start, end + 1)):
            if stricter in places:
                assert result.score[0, places[stricter]] <= result.score[0, j] + SLACK


@laws
@given(group, group, st.integers(2, 5))
def test_more_of_the_same_answers_change_no_score_and_no_rank(one, two, times):
    few = nps.score_variants(counted(one, two))
    many = nps.score_variants(counted(*([times * n for n in row] for row in (one, two))))
    np.testing.assert_allclose(many.score, few.score, atol=SLACK)
    assert many.rank.tolist() == few.rank.tolist()


@quick
@given(group, share, share)
def test_bounds_lie_within_their_intervals_and_the_scale(row, one, two):
    least, most = sorted((one, two))
    bounds = nps.eights(counted(row), rating=3, least_share=least, most_share=most)
    ends = np.array([bounds.low_set, bounds.low, bounds.lower, bounds.upper, bounds.high, bounds.high_set])
    assert (np.diff(ends, axis=0) >= -SLACK).all()
    assert np.abs(ends).max() <= 100 + SLACK
    np.testing.assert_allclose(bounds.upper - bounds.lower, 100 * (most - least) * bounds.share_of_rating, atol=SLACK)


@quick
@given(group)
def test_none_and_all_are_net_scores_of_their_own(row):
    counts = counted(row)
    bounds = nps.eights(counts, rating=3)
    wider = nps.net_score(FIVE, promoters_from=3, detractors_to=1)
    np.testing.assert_allclose(bounds.lower, nps.estimate(counts).score, atol=SLACK)
    np.testing.assert_allclose(bounds.upper, nps.estimate(counts, metric=wider).score, atol=SLACK)
    np.testing.assert_allclose(bounds.high_set, nps.estimate(counts, metric=wider).high, atol=SLACK)


@laws
@given(group, group, share, share)
def test_differences_change_their_sign_with_the_reference(one, two, first, second):
    least, most = sorted((first, second))
    asked = {"rating": 3, "least_share": least, "most_share": most}
    there, back = (nps.eights_difference(counted(one, two), reference=g, **asked) for g in ("g0", "g1"))
    for low, high in (("lower", "upper"), ("low", "high"), ("lower_apart", "upper_apart"), ("low_apart", "high_apart")):
        np.testing.assert_allclose(getattr(back, low), -getattr(there, high), atol=SLACK)
    np.testing.assert_allclose(back.tipping_estimate, there.tipping_estimate, atol=SLACK)


@laws
@given(group, group)
def test_a_common_share_is_one_of_all_pairs_of_shares(one, two):
    found = nps.eights_difference(counted(one, two), reference="g0", rating=3)
    assert found.lower_apart[0] <= found.lower[0] + SLACK
    assert found.upper[0] <= found.upper_apart[0] + SLACK
    if not np.isnan(found.tipping_estimate[0]):
        assert found.lower[0] <= SLACK
        assert found.upper[0] >= -SLACK
