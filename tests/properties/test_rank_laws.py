"""Laws of ranks and of their agreement: enumeration of orders, reflection, order of units, more uncertainty."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import npsstats as nps
from npsstats.kernels.rank_sets import pairs_of, rank_limits

# A few whole points between scores, so that ties and undecided pairs are frequent.
SCORES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=2, max_size=7)
ROUNDING = st.sampled_from([0.0, 0.5, 1.0, 2.0])


def published(scores, **known):
    labels = [(f"u{i}",) for i in range(len(scores))]
    return nps.PublishedScores(np.array(scores), names=["one", "two"], by=["unit"], labels=labels, **known)


@given(st.lists(st.integers(0, 20), min_size=2, max_size=5), st.integers(0, 8))
def test_sets_are_the_ranks_of_all_orders_that_fit_what_is_known(scores, within):
    size = len(scores)
    first, second = pairs_of(size)
    difference = np.array(scores)[first] - np.array(scores)[second]
    known = np.where(np.abs(difference) > within, np.sign(difference), 0)
    ranks = [
        order
        for order in permutations(range(1, size + 1))
        if all(sign == 0 or sign * (order[j] - order[i]) > 0 for i, j, sign in zip(first, second, known, strict=True))
    ]
    low, high = rank_limits(known, size)
    assert low.tolist() == np.min(ranks, axis=0).tolist()
    assert high.tolist() == np.max(ranks, axis=0).tolist()


@given(SCORES, ROUNDING)
def test_the_rank_lies_in_its_set(scores, rounding):
    found = nps.unit_ranks(published(scores, rounding=rounding))
    assert (found.rank_low <= found.rank).all()
    assert (found.rank <= found.rank_high).all()


@given(SCORES, ROUNDING)
def test_the_other_end_favourable_reverses_ranks(scores, rounding):
    high = nps.unit_ranks(published(scores, rounding=rounding))
    low = nps.unit_ranks(published(scores, rounding=rounding, favourable="low"))
    size = len(scores)
    assert low.rank.tolist() == (size + 1 - high.rank).tolist()
    assert low.rank_low.tolist() == (size + 1 - high.rank_high).tolist()
    assert low.rank_high.tolist() == (size + 1 - high.rank_low).tolist()


@given(SCORES, ROUNDING, st.sampled_from(["fixed", "sampled"]))
def test_one_metric_reversed_turns_tau_around(scores, rounding, units):
    same = nps.rank_agreement(published(scores, rounding=rounding), units=units)
    turned = nps.rank_agreement(published(scores, rounding=rounding, favourable=["high", "low"]), units=units)
    # Reflected sums of whole numbers: rounding errors only.
    assert turned.tau_b[0] == pytest.approx(-same.tau_b[0], abs=1e-12, nan_ok=True)
    assert turned.low[0] == pytest.approx(-same.high[0], abs=1e-12, nan_ok=True)
    assert turned.high[0] == pytest.approx(-same.low[0], abs=1e-12, nan_ok=True)
    assert turned.shown_discordant[0] == same.shown_concordant[0]


@given(SCORES, ROUNDING)
def test_the_order_of_units_does_not_matter(scores, rounding):
    counts = published(scores, rounding=rounding)
    turned = counts.select(*counts.groups[::-1])
    one, other = nps.unit_ranks(counts).to_frame(), nps.unit_ranks(turned).to_frame()
    keys = ["metric", "unit"]
    assert one.sort_values(keys, ignore_index=True).equals(other.sort_values(keys, ignore_index=True))
    both = [nps.rank_agreement(each).to_frame() for each in (counts, turned)]
    assert both[0].equals(both[1])


@given(SCORES, st.sampled_from([(0.0, 0.5), (0.5, 1.0), (1.0, 3.0)]))
def test_more_rounding_leaves_more_open(scores, sizes):
    few, many = (nps.unit_ranks(published(scores, rounding=size)) for size in sizes)
    assert (many.rank_low <= few.rank_low).all()
    assert (many.rank_high >= few.rank_high).all()
    narrow, wide = (nps.rank_agreement(published(scores, rounding=size)) for size in sizes)
    if not np.isnan(narrow.tau_b[0]):
        assert wide.low[0] <= narrow.low[0] + 1e-12
        assert wide.high[0] >= narrow.high[0] - 1e-12
    assert wide.undecided[0] >= narrow.undecided[0]


@given(SCORES, ROUNDING)
def test_every_pair_is_counted_once(scores, rounding):
    counts = published(scores, rounding=rounding)
    found = nps.rank_agreement(counts)
    pairs = len(scores) * (len(scores) - 1) // 2
    assert found.concordant[0] + found.discordant[0] + found.tied[0] == pairs
    if rounding:
        assert found.shown_concordant[0] + found.shown_discordant[0] + found.undecided[0] == pairs
    rows = nps.discordant_units(counts)
    assert len(rows) == found.discordant[0]
    assert rows.shown.sum() == found.shown_discordant[0]
    assert (rows.difference > 0).all()
    assert (rows.other_difference < 0).all()


@given(SCORES, ROUNDING)
def test_the_estimate_lies_in_its_bounds(scores, rounding):
    found = nps.rank_agreement(published(scores, rounding=rounding))
    if not np.isnan(found.tau_b[0]):
        assert found.low[0] - 1e-12 <= found.tau_b[0] <= found.high[0] + 1e-12


TABLES = st.lists(
    st.lists(st.integers(1, 60), min_size=6, max_size=6).map(lambda row: np.reshape(row, (3, 2))),
    min_size=2,
    max_size=4,
)
HAPPY = nps.top_box(nps.Scale(0, 1), boxes=1, name="happy")


@settings(max_examples=5, deadline=None)
@given(TABLES)
def test_a_higher_level_leaves_more_open(tables):
    groups = list("ABCD")[: len(tables)]
    counts = nps.JointCounts.from_table(tables, metrics=[nps.NPS_CATEGORIES, HAPPY], groups=groups)
    low, high = (nps.unit_ranks(counts, confidence_level=level) for level in (0.8, 0.99))
    assert (high.rank_low <= low.rank_low).all()
    assert (high.rank_high >= low.rank_high).all()
    few, many = (nps.rank_agreement(counts, confidence_level=level) for level in (0.8, 0.99))
    assert many.low[0] <= few.low[0]
    assert many.high[0] >= few.high[0]
    assert many.undecided[0] >= few.undecided[0]
