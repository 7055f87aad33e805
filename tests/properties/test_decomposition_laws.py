"""Laws of the split of a change, whatever the counts."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import npsstats as nps
from npsstats.results.decompositions import CONTRIBUTIONS

# The same examples in every run.
laws = settings(max_examples=20, deadline=None, derandomize=True)

MEAN = nps.mean_rating(nps.Scale(0, 10))
METRICS = [
    nps.NPS,
    MEAN,
    nps.net_score(nps.Scale(0, 10), promoters_from=8, detractors_to=5, detractor_weight=2.5),
    nps.top_box(nps.Scale(0, 10), boxes=2),
]
# Contributions are sums of a few products of numbers of 16 digits, up to some hundred points.
EXACT = {"rtol": 0, "atol": 1e-10}

sizes = st.tuples(st.just(2), st.integers(1, 6), st.just(11))
# Half of the cells empty, so that segments of one period, or of one respondent, come up by themselves.
cells = sizes.flatmap(lambda shape: arrays(np.int64, shape, elements=st.integers(-12, 12).map(lambda x: max(x, 0))))
empties = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), max_size=5)
metric = st.sampled_from(METRICS)


def counts_of(table, columns=("segment",), labels=None, metric=nps.NPS, years=(2024, 2025)):
    labels = [(i,) for i in range(table.shape[1])] if labels is None else labels
    return nps.RatingCounts(
        table.reshape(-1, 11),
        metric=metric,
        missing=np.zeros(2 * table.shape[1], dtype=int),
        by=(*columns, "year"),
        labels=[(*label, year) for year in years for label in labels],
    )


def emptied(table, empties):
    table = table.copy()
    for period, segment in empties:
        table[period, segment % table.shape[1]] = 0
    assume((table.sum(axis=(1, 2)) > 0).all())
    return table


def column(result, name):
    return result.contribution[:, CONTRIBUTIONS.index(name)]


@laws
@given(cells, empties, metric)
def test_contributions_add_up_to_the_change(table, empties, metric):
    counts = counts_of(emptied(table, empties))
    result = nps.decompose(counts, reference=2024, metric=metric)
    change = np.diff(nps.estimate(counts.pool("year"), metric=metric).score)[0]
    np.testing.assert_allclose(column(result, "total")[:-1].sum(), change, **EXACT)
    np.testing.assert_allclose(column(result, "total")[-1], change, **EXACT)
    np.testing.assert_allclose(result.contribution[:-1].sum(axis=0), result.contribution[-1], **EXACT)
    np.testing.assert_allclose(column(result, "mix") + column(result, "rate"), column(result, "total"), **EXACT)
    for name in ("mix", "rate", "total"):
        both = column(result, f"{name}_promoters") + column(result, f"{name}_detractors")
        np.testing.assert_allclose(both, column(result, name), **EXACT)


@laws
@given(cells, empties, metric)
def test_the_covariance_adds_up_to_the_variance_of_the_change(table, empties, metric):
    table = emptied(table, empties)
    n = table.sum(axis=(1, 2))
    assume((n > 1).all())
    result = nps.decompose(counts_of(table), reference=2024, metric=metric)
    values = np.array(metric.values)
    shares = table.sum(axis=1) / n[:, None]
    variance = sum((shares[t] @ values**2 - (shares[t] @ values) ** 2) / (n[t] - 1) for t in (0, 1))
    # Relative to terms of the size of squared values, which may cancel.
    np.testing.assert_allclose(result.covariance[0].sum(), variance, rtol=1e-8, atol=1e-9 * np.abs(values).max() ** 2)
    assert np.linalg.eigvalsh(result.covariance[0]).min() >= -1e-9 * np.abs(values).max() ** 2


@laws
@given(cells, empties)
def test_going_back_in_time_turns_all_signs(table, empties):
    counts = counts_of(emptied(table, empties))
    there, back = nps.decompose(counts, reference=2024), nps.decompose(counts, reference=2025)
    np.testing.assert_allclose(there.contribution, -back.contribution, **EXACT)
    # Square roots of sums that differ by rounding.
    np.testing.assert_allclose(there.standard_error, back.standard_error, rtol=1e-7, atol=1e-6)
    turned = {"entering": "leaving", "leaving": "entering"}
    assert [turned.get(one, one) for one in there.presence] == list(back.presence)
    assert there.paradox == back.paradox


@laws
@given(cells, empties, st.integers(0, 10**6))
def test_the_order_of_segments_does_not_matter(table, empties, seed):
    table = emptied(table, empties)
    order = np.random.default_rng(seed).permutation(table.shape[1])
    first = nps.decompose(counts_of(table), reference=2024)
    labels = [(int(i),) for i in order]
    second = nps.decompose(counts_of(table[:, order], labels=labels), reference=2024)
    place = [second.labels.index(label) for label in first.labels]
    np.testing.assert_allclose(first.contribution, second.contribution[place], **EXACT)


@laws
@given(cells, empties)
def test_points_added_to_all_ratings_change_no_mix_and_no_rate(table, empties):
    counts = counts_of(emptied(table, empties))
    shifted = nps.Metric("shifted", MEAN.scale, tuple(100 + value for value in MEAN.values))
    plain, moved = (nps.decompose(counts, reference=2024, metric=metric) for metric in (MEAN, shifted))
    np.testing.assert_allclose(plain.contribution[:, :3], moved.contribution[:, :3], **EXACT)
    np.testing.assert_allclose(plain.standard_error[:, :3], moved.standard_error[:, :3], rtol=1e-6, atol=1e-6)


@laws
@given(cells, st.integers(1, 5))
def test_the_same_shares_have_no_mix_and_the_same_scores_no_rate(table, times):
    assume((table[0].sum(axis=1) > 0).all())
    # The same ratings, and so many of each as in the reference, but for their number.
    same = np.stack([table[0], times * table[0]])
    result = nps.decompose(counts_of(same), reference=2024)
    np.testing.assert_allclose(result.contribution, 0, **EXACT)
    # Segments of other sizes with the same scores.
    grown = np.stack([table[0], table[0] * np.arange(1, table.shape[1] + 1)[:, None]])
    result = nps.decompose(counts_of(grown), reference=2024)
    np.testing.assert_allclose(column(result, "rate"), 0, **EXACT)
    np.testing.assert_allclose(column(result, "mix")[-1], column(result, "total")[-1], **EXACT)
    # Segments of the same size in both periods.
    turned = np.stack([table[0], table[0][:, ::-1]])
    result = nps.decompose(counts_of(turned), reference=2024)
    np.testing.assert_allclose(column(result, "mix"), 0, **EXACT)


@laws
@given(cells, empties)
def test_a_segment_cut_in_two_alike_halves_keeps_its_contributions(table, empties):
    table = emptied(2 * table, empties)
    halves = np.concatenate([table[:, :1] // 2, table[:, :1] // 2, table[:, 1:]], axis=1)
    whole, cut = (nps.decompose(counts_of(part), reference=2024) for part in (table, halves))
    np.testing.assert_allclose(whole.contribution[-1], cut.contribution[-1], **EXACT)
    if table[:, 0].sum():
        np.testing.assert_allclose(whole.contribution[0], cut.contribution[:2].sum(axis=0), **EXACT)


# ------------------------------------------------------------------------------------------------- several columns

shapes = st.sampled_from([(2, 2), (3, 2), (2, 2, 2), (3, 2, 2)])
crossed = shapes.flatmap(
    lambda shape: st.tuples(
        st.just(shape),
        arrays(np.int64, (2, int(np.prod(shape)), 11), elements=st.integers(-12, 9).map(lambda x: max(x, 0))),
    )
)


def crossed_counts(shape, table, order=None):
    labels = [tuple(int(i) for i in label) for label in np.ndindex(*shape)]
    columns = [f"column {i}" for i in range(len(shape))]
    order = list(range(len(shape))) if order is None else order
    return counts_of(table, tuple(columns[i] for i in order), [tuple(label[i] for i in order) for label in labels])


@laws
@given(crossed)
def test_mixes_of_columns_add_up_to_that_of_crossed_segments(crossed):
    shape, table = crossed
    assume((table.sum(axis=(1, 2)) > 0).all())
    counts = crossed_counts(shape, table)
    factors, segments = nps.decompose_factors(counts, reference=2024), nps.decompose(counts, reference=2024)
    columns = len(shape)
    for place, part in enumerate(("", "_promoters", "_detractors")):
        mix, rate, total = (column(segments, f"{name}{part}")[-1] for name in ("mix", "rate", "total"))
        np.testing.assert_allclose(factors.contribution[:columns, place].sum(), mix, **EXACT)
        np.testing.assert_allclose(factors.contribution[columns:, place], [rate, total], **EXACT)
    # What is known of rate and total is the same, too.
    rate, total = (CONTRIBUTIONS.index(name) for name in ("rate", "total"))
    np.testing.assert_allclose(
        factors.standard_error[columns:, 0], segments.standard_error[-1, [rate, total]], rtol=1e-6, atol=1e-6
    )


@laws
@given(crossed, st.randoms(use_true_random=False))
def test_the_order_of_columns_does_not_matter(crossed, random):
    shape, table = crossed
    assume((table.sum(axis=(1, 2)) > 0).all())
    order = list(range(len(shape)))
    random.shuffle(order)
    first = nps.decompose_factors(crossed_counts(shape, table), reference=2024)
    second = nps.decompose_factors(crossed_counts(shape, table, order), reference=2024)
    place = [second.component.index(name) for name in first.component]
    np.testing.assert_allclose(first.contribution, second.contribution[place], **EXACT)
    np.testing.assert_allclose(first.standard_error, second.standard_error[place], rtol=1e-6, atol=1e-6)


@laws
@given(cells, empties)
def test_of_one_column_the_mix_is_that_of_kitagawa(table, empties):
    counts = counts_of(emptied(table, empties))
    factors, segments = nps.decompose_factors(counts, reference=2024), nps.decompose(counts, reference=2024)
    np.testing.assert_allclose(factors.contribution[:, 0], segments.contribution[-1, :3], **EXACT)
    np.testing.assert_allclose(factors.standard_error[:, 0], segments.standard_error[-1, :3], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_a_column_that_is_independent_and_does_not_change_has_no_mix(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 9, (2, 3))
    halves = np.array([2, 3])
    # Ratings of any kind; the number of ratings of a cell is the product of its labels' sizes.
    ratings = rng.integers(0, 11, (2, 3, 2))
    table = np.zeros((2, 3, 2, 11), dtype=np.int64)
    for t, i, j in np.ndindex(2, 3, 2):
        table[t, i, j, ratings[t, i, j]] = sizes[t, i] * halves[j]
    counts = crossed_counts((3, 2), table.reshape(2, 6, 11))
    found = nps.decompose_factors(counts, reference=2024)
    np.testing.assert_allclose(found.contribution[1], 0, **EXACT)
    assert abs(found.contribution[0, 0]) > 1e-6


@pytest.mark.parametrize("seed", range(5))
def test_a_label_that_is_new_is_the_doing_of_its_own_column(seed):
    rng = np.random.default_rng(seed)
    # The second column is the same within all labels of the first, in both periods.
    sizes = np.array([[4, 6, 0], [4, 3, 3]])
    ratings = rng.integers(0, 11, (3, 2))
    table = np.zeros((2, 3, 2, 11), dtype=np.int64)
    for t, i, j in np.ndindex(2, 3, 2):
        table[t, i, j, ratings[i, j]] += sizes[t, i] * (j + 1)
    found = nps.decompose_factors(crossed_counts((3, 2), table.reshape(2, 6, 11)), reference=2024)
    np.testing.assert_allclose(found.contribution[1:3], 0, **EXACT)
