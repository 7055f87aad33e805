"""Counts of pairs of ratings: the same respondents in two waves."""

import copy
import pickle
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import npsstats as nps
from npsstats import PairedCounts, RatingCounts, Scale

LAW = settings(derandomize=True, deadline=None, max_examples=60)
# Nine cells that all differ, so that a swap of rows and columns shows.
TABLE = [[12, 5, 3], [4, 30, 9], [1, 6, 31]]


def small(**more):
    """Three groups of detractors, passives and promoters; no cell is like its mirror."""
    return PairedCounts.from_table(
        [TABLE, np.multiply(TABLE, 2), np.zeros((3, 3), int)],
        groups=["A", "B", "C"],
        first=2015,
        second=2019,
        first_only=[[1, 2, 3], [0, 0, 1], [4, 0, 0]],
        second_only=[[3, 2, 2], [0, 1, 0], [0, 0, 5]],
        missing=[7, 0, 1],
        **more,
    )


def told(error, call, *arguments, **named):
    with pytest.raises(error) as caught:
        call(*arguments, **named)
    return str(caught.value)


# ----------------------------------------------------------------------------------------------------- what


def test_pairs_are_respondents_by_group_first_and_second_rating():
    pairs = small()
    assert pairs.counts.shape == (3, 3, 3)
    assert pairs.counts[0].tolist() == TABLE
    assert pairs.n.tolist() == [101, 202, 0]
    assert pairs.n_first.tolist() == [107, 203, 4]
    assert pairs.n_second.tolist() == [108, 203, 5]
    assert pairs.missing.tolist() == [7, 0, 1]
    assert (pairs.first, pairs.second) == (2015, 2019)
    assert (pairs.by, pairs.labels, pairs.groups) == (("group",), (("A",), ("B",), ("C",)), ("A", "B", "C"))
    assert pairs.metric == pairs.metric_second == nps.NPS_CATEGORIES
    assert len(pairs) == 3
    for name in ("counts", "first_only", "second_only", "missing", "n", "n_first", "n_second"):
        assert getattr(pairs, name).dtype == np.int64


def test_what_is_not_given_is_none():
    pairs = PairedCounts([[[1] * 11] * 11], metric=nps.NPS)
    assert pairs.first_only.tolist() == pairs.second_only.tolist() == [[0] * 11]
    assert pairs.missing.tolist() == [0]
    assert pairs.metric_second is nps.NPS
    assert (pairs.by, pairs.labels, pairs.groups, pairs.notes) == ((), ((),), ((),), ())
    assert (pairs.first, pairs.second) == ("first", "second")


def test_two_metrics_stand_side_by_side():
    table = np.arange(55).reshape(11, 5)
    pairs = PairedCounts.from_table(
        table, metric=nps.NPS, metric_second=nps.CSAT, first="nps", second="csat", second_only=[5, 4, 3, 2, 1]
    )
    assert pairs.counts.tolist() == [table.tolist()]
    recommend, satisfied = pairs.margins()
    assert (recommend.metric, satisfied.metric) == (nps.NPS, nps.CSAT)
    assert recommend.counts.tolist() == [table.sum(axis=1).tolist()]
    assert satisfied.counts.tolist() == [np.add(table.sum(axis=0), [5, 4, 3, 2, 1]).tolist()]
    back = pairs.reversed()
    assert (back.metric, back.metric_second) == (nps.CSAT, nps.NPS)
    assert back.counts.tolist() == [table.T.tolist()]
    assert repr(pairs).startswith("PairedCounts(1 group; 0-10 × 1-5; nps → csat; n=")


def test_margins_count_all_who_answered_a_wave():
    first, second = small().margins()
    assert isinstance(first, RatingCounts)
    assert isinstance(second, RatingCounts)
    assert first.counts.tolist() == [[21, 45, 41], [40, 86, 77], [4, 0, 0]]
    assert second.counts.tolist() == [[20, 43, 45], [34, 83, 86], [0, 0, 5]]
    # Missing in a wave are also those who answered the other one only.
    assert first.missing.tolist() == [7 + 7, 0 + 1, 1 + 5]
    assert second.missing.tolist() == [7 + 6, 0 + 1, 1 + 4]
    assert first.by == second.by == ("group",)
    assert first.groups == second.groups == ("A", "B", "C")
    assert replace(small(), notes=("n",)).margins()[1].notes == ("n",)


def test_reversed_pairs_have_the_waves_swapped():
    back = small().reversed()
    assert back.counts[0].tolist() == np.transpose(TABLE).tolist()
    assert back.first_only.tolist() == small().second_only.tolist()
    assert back.second_only.tolist() == small().first_only.tolist()
    assert (back.first, back.second) == (2019, 2015)
    assert back.missing.tolist() == small().missing.tolist()
    assert back.margins() == small().margins()[::-1]
    assert back != small()
    assert back.reversed() == small()


def test_pairs_cannot_be_changed():
    pairs = small()
    for name in ("counts", "first_only", "second_only", "missing"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(pairs, name)[0] = 0
        with pytest.raises(FrozenInstanceError):
            setattr(pairs, name, None)
    assert not hasattr(pairs, "__dict__")


def test_pairs_keep_a_copy_of_what_they_are_made_from():
    table, only = np.ones((1, 3, 3), np.int64), np.ones((1, 3), np.int64)
    pairs = PairedCounts(table, metric=nps.NPS_CATEGORIES, first_only=only, second_only=only, labels=[[]], notes=["n"])
    table[:], only[:] = 9, 9
    assert pairs.counts.max() == pairs.first_only.max() == pairs.second_only.max() == 1
    assert (pairs.labels, pairs.notes) == (((),), ("n",))
    assert table.flags.writeable


def test_pairs_are_copied_and_pickled_whole():
    pairs = replace(small(), notes=("a", "b", "a"))
    assert pairs.notes == ("a", "b")
    for other in (pickle.loads(pickle.dumps(pairs)), copy.deepcopy(pairs), copy.copy(pairs)):
        assert other == pairs


def test_pairs_are_equal_if_everything_is():
    assert small() == small()
    assert small() != small().margins()[0]
    for change in (
        {"metric": nps.CES}, {"first": 2016}, {"second": 2016}, {"notes": ("n",)}, {"by": ("g",)},
        {"missing": [7, 0, 2]}, {"first_only": [[1, 2, 3]] * 3}, {"second_only": [[1, 2, 3]] * 3},
        {"counts": np.zeros((3, 3, 3))}, {"labels": (("A",), ("B",), ("D",))},
    ):  # fmt: skip
        change = {"metric_second": nps.mean_rating(nps.NPS_CATEGORIES.scale)} if "metric" in change else change
        assert replace(small(), **change) != small()
    with pytest.raises(TypeError, match="unhashable"):
        hash(small())


def test_pairs_say_what_they_hold():
    assert repr(small()) == (
        "PairedCounts(3 groups by group; detractor/passive/promoter; 2015 → 2019; "
        "n=303, first_only=11, second_only=13, missing=8)"
    )


# ---------------------------------------------------------------------------------------------------- tables


def test_a_table_of_three_is_of_the_categories_and_one_of_eleven_of_nps():
    assert PairedCounts.from_table(TABLE).metric == nps.NPS_CATEGORIES
    assert PairedCounts.from_table(np.ones((11, 11))).metric == nps.NPS
    assert PairedCounts.from_table(TABLE, scale=nps.NPS_CATEGORIES.scale).metric == nps.NPS_CATEGORIES
    three = nps.mean_rating(Scale(1, 3))
    assert PairedCounts.from_table(TABLE, metric=three).metric == three
    assert PairedCounts.from_table(np.ones((5, 5)), metric=nps.CSAT, scale=Scale(1, 5)).metric == nps.CSAT


def test_a_table_needs_a_metric_where_none_is_usual():
    message = told(ValueError, PairedCounts.from_table, TABLE, scale=Scale(1, 3))
    assert "`metric` must be given for the scale 1-3" in message
    message = told(ValueError, PairedCounts.from_table, TABLE, scale=Scale(1, 3), metric=nps.CSAT)
    assert "`metric` CSAT is defined on the scale 1-5, not on 1-3." in message
    assert "`metric` must be a Metric such as npsstats.NPS; got 'nps'." in told(
        TypeError, PairedCounts.from_table, TABLE, metric="nps"
    )
    assert "`metric_second` must be a Metric such as npsstats.NPS; got 'csat'." in told(
        TypeError, PairedCounts.from_table, TABLE, metric_second="csat"
    )


@pytest.mark.parametrize("shape", [(), (3,), (1, 1, 3, 3)])
def test_a_table_has_two_or_three_dimensions(shape):
    message = told(ValueError, PairedCounts.from_table, np.ones(shape))
    assert message == f"`table` must be one cross-table or one per group; got shape {shape}."


def test_rows_of_a_table_are_equally_long():
    message = told(ValueError, PairedCounts.from_table, [[1, 2], [3]])
    assert message == "`table` must be one cross-table or one per group; its rows differ in length."


def test_several_tables_need_labels():
    assert told(ValueError, PairedCounts.from_table, [TABLE, TABLE]) == "`groups` must name the 2 groups."
    pairs = PairedCounts.from_table([TABLE, TABLE], groups=[1, 2], by="store", missing=3)
    assert (pairs.by, pairs.groups, pairs.missing.tolist()) == (("store",), (1, 2), [3, 3])


# ---------------------------------------------------------------------------------------------------- checks


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("counts", np.ones((1, 3, 2)), (1, 3, 3)),
        ("counts", np.ones((2, 3, 3)), (1, 3, 3)),
        ("counts", np.ones((3, 3)), (1, 3, 3)),
        ("first_only", np.ones((1, 2)), (1, 3)),
        ("first_only", np.ones(3), (1, 3)),
        ("second_only", np.ones((2, 3)), (1, 3)),
        ("missing", [1, 2], (1,)),
    ],
)
def test_shapes_fit_the_scales(name, value, expected):
    message = told(ValueError, PairedCounts, **{"counts": [TABLE], "metric": nps.NPS_CATEGORIES} | {name: value})
    scale = "detractor/passive/promoter"
    assert message == (
        f"`{name}` must have shape {expected}, for 1 group and the scales {scale} and {scale}; got {np.shape(value)}."
    )


@pytest.mark.parametrize("name", ["counts", "first_only", "second_only", "missing"])
def test_counts_are_whole_numbers_from_0(name):
    good = {"counts": np.ones((1, 3, 3)), "first_only": np.ones((1, 3)), "second_only": np.ones((1, 3)), "missing": [1]}
    for wrong in (0.5, -1.0, np.nan):
        value = np.array(good[name], float)
        value.flat[0] = wrong
        message = told(ValueError, PairedCounts, **good | {name: value}, metric=nps.NPS_CATEGORIES)
        assert message == f"`{name}` must be whole numbers, 0 or more; 1 are not (first: {wrong})."
    message = told(TypeError, PairedCounts, **good | {name: np.array(good[name], str)}, metric=nps.NPS_CATEGORIES)
    assert f"`{name}` must be whole numbers, 0 or more; got values of type <U" in message


def test_counts_are_needed():
    assert "`counts` must be whole numbers" in told(TypeError, PairedCounts, None, metric=nps.NPS)


def test_the_waves_have_different_names():
    message = told(ValueError, PairedCounts.from_table, TABLE, first=2015, second=2015)
    assert message == "`first` and `second` must be two different labels; both are 2015."
    for name in ("first", "second"):
        message = told(TypeError, PairedCounts.from_table, TABLE, **{name: [2015]})
        assert message == f"`{name}` must be a label, such as a text or a year; got [2015]."


@pytest.mark.parametrize("name", ["first", "second", "wave"])
def test_a_group_column_is_not_called_like_a_wave(name):
    message = told(ValueError, PairedCounts.from_table, TABLE, groups=["A"], by=name)
    assert message == f"a group column cannot be called {name!r}, like a wave of the pairs; rename it."


def test_groups_are_checked_as_those_of_ratings():
    assert "cannot be called 'n', like a column of the results" in told(
        ValueError, PairedCounts.from_table, TABLE, groups=["A"], by="n"
    )
    assert "like a rating of the scale" in told(ValueError, PairedCounts.from_table, TABLE, groups=["A"], by="passive")
    assert "no label may occur twice; 'A' does" in told(
        ValueError, PairedCounts.from_table, [TABLE] * 2, groups=["A", "A"]
    )
    # The names of the ratings of the second scale are columns too.
    both = {"metric": nps.mean_rating(Scale(1, 3)), "metric_second": nps.NPS_CATEGORIES}
    assert "like a rating" in told(ValueError, PairedCounts.from_table, TABLE, **both, groups=["A"], by="passive")


@pytest.mark.parametrize("name", ["by", "notes"])
def test_one_text_is_no_list(name):
    message = told(TypeError, PairedCounts, [TABLE], metric=nps.NPS_CATEGORIES, **{name: "abc"})
    assert message == f"`{name}` must be a tuple of texts; got the text 'abc'."


def test_everything_but_the_counts_is_keyword_only():
    for make in (PairedCounts, PairedCounts.from_table):
        with pytest.raises(TypeError, match="positional"):
            make([TABLE], nps.NPS_CATEGORIES)


# ---------------------------------------------------------------------------------------------------- groups


def test_groups_are_selected_in_any_order():
    pairs = small().select("C", "A")
    assert pairs.groups == ("C", "A")
    assert pairs.counts[1].tolist() == TABLE
    assert pairs.first_only.tolist() == [[4, 0, 0], [1, 2, 3]]
    assert pairs.second_only.tolist() == [[0, 0, 5], [3, 2, 2]]
    assert pairs.missing.tolist() == [1, 7]
    assert "no group has the label 'D'; the groups are 'A', 'B', 'C'." in told(ValueError, small().select, "D")


def test_groups_without_a_pair_are_left_out_of_the_answered():
    assert small().answered().groups == ("A", "B")


def test_groups_are_pooled():
    whole = small().pool()
    assert whole.counts.tolist() == [np.multiply(TABLE, 3).tolist()]
    assert whole.first_only.tolist() == [[5, 2, 4]]
    assert whole.second_only.tolist() == [[3, 3, 7]]
    assert whole.missing.tolist() == [8]
    assert (whole.by, whole.labels) == ((), ((),))
    both = small().with_group("year", 1) + small().select("A").with_group("year", 2)
    assert both.by == ("group", "year")
    assert both.groups == (("A", 1), ("A", 2), ("B", 1), ("C", 1))
    assert both.pool("year").groups == (1, 2)
    assert both.pool("year").select(2).counts[0].tolist() == TABLE
    assert "`pool` keeps group columns; 'city' is none of ['group']." in told(ValueError, small().pool, "city")


def test_pairs_add_up_group_by_group():
    total = small() + small().select("B", "A")
    assert total.groups == ("A", "B", "C")
    assert total.counts[0].tolist() == np.multiply(TABLE, 2).tolist()
    assert total.first_only.tolist() == [[2, 4, 6], [0, 0, 2], [4, 0, 0]]
    assert total.second_only.tolist() == [[6, 4, 4], [0, 2, 0], [0, 0, 5]]
    assert total.missing.tolist() == [14, 0, 1]
    assert sum([small(), small()]) == small() + small()
    # Sorted if both are, in order of appearance otherwise.
    assert (small().select("C") + small().select("A")).groups == ("A", "C")
    assert (small().select("B", "A") + small().select("C")).groups == ("B", "A", "C")
    assert (replace(small(), notes=("b", "a")) + replace(small(), notes=("c", "a"))).notes == ("b", "a", "c")


def test_only_pairs_of_the_same_question_add_up():
    other = nps.mean_rating(nps.NPS_CATEGORIES.scale)
    scale = "detractor/passive/promoter"
    assert told(ValueError, lambda: small() + replace(small(), metric=other)) == (
        f"counts add up if their `metric` is the same; got NPS on {scale} and mean on {scale}."
    )
    assert "their `metric_second` is the same; got NPS on" in told(
        ValueError, lambda: small() + replace(small(), metric_second=other)
    )
    assert told(ValueError, lambda: small() + replace(small(), by=("store",))) == (
        "counts add up if their `by` is the same; got ('group',) and ('store',)."
    )
    assert told(ValueError, lambda: small() + replace(small(), first="2015")) == (
        "counts add up if their `first` is the same; got 2015 and '2015'."
    )
    assert told(ValueError, lambda: small() + replace(small(), second=2020)) == (
        "counts add up if their `second` is the same; got 2019 and 2020."
    )
    for wrong in (1, small().margins()[0], None):
        with pytest.raises(TypeError, match="unsupported operand"):
            small() + wrong


# ---------------------------------------------------------------------------------------------------- frames


def test_the_frame_has_a_row_for_each_pair_and_each_rating_without_a_partner():
    frame = small().to_frame()
    assert list(frame.columns) == ["group", "first", "second", "n"]
    assert len(frame) == 3 * 4 * 4
    names = ["detractor", "passive", "promoter", None]
    rows = frame[frame["group"] == "A"]
    assert rows["first"].tolist() == [name for name in names for _ in range(4)]
    assert rows["second"].tolist() == names * 4
    assert rows["n"].tolist() == [12, 5, 3, 1, 4, 30, 9, 2, 1, 6, 31, 3, 3, 2, 2, 7]
    assert frame["n"].sum() == 303 + 11 + 13 + 8


def test_the_frame_of_numbers_has_numbers():
    pairs = PairedCounts.from_table(np.arange(55).reshape(11, 5), metric=nps.NPS, metric_second=nps.CSAT)
    frame = pairs.to_frame()
    assert str(frame["first"].dtype) == str(frame["second"].dtype) == "Int64"
    assert frame.dropna().set_index(["first", "second"])["n"][10, 5] == 54
    assert frame.dropna().set_index(["first", "second"])["n"][0, 2] == 1
    assert len(frame) == 12 * 6


# ------------------------------------------------------------------------------------------------------ laws

CELL = st.integers(0, 9)


@st.composite
def pairs_of(draw, labels="abcd"):
    groups = sorted(draw(st.sets(st.sampled_from(labels), min_size=1)))

    def cells(*shape):
        size = len(groups) * int(np.prod(shape))
        return np.reshape(draw(st.lists(CELL, min_size=size, max_size=size)), (len(groups), *shape))

    return PairedCounts(
        cells(3, 2), metric=nps.NPS_CATEGORIES, metric_second=nps.mean_rating(Scale(0, 1)), first_only=cells(3),
        second_only=cells(2), missing=cells(), by=("g",), labels=[(group,) for group in groups],
    )  # fmt: skip


@LAW
@given(pairs_of(), pairs_of())
def test_margins_and_sums_commute(one, other):
    total = one + other
    assert total == other + one
    for wave in (0, 1):
        assert total.margins()[wave] == one.margins()[wave] + other.margins()[wave]
        assert total.margins()[wave].pool() == total.pool().margins()[wave]
    assert (one + other).reversed() == one.reversed() + other.reversed()
    assert one.pool().to_frame()["n"].sum() == one.to_frame()["n"].sum()


@LAW
@given(pairs_of())
def test_everyone_is_counted_once(pairs):
    first, second = pairs.margins()
    everyone = pairs.n + pairs.first_only.sum(axis=1) + pairs.second_only.sum(axis=1) + pairs.missing
    for wave, n in ((first, pairs.n_first), (second, pairs.n_second)):
        assert wave.n.tolist() == n.tolist()
        assert (wave.n + wave.missing).tolist() == everyone.tolist()
    assert pairs.reversed().reversed() == pairs
    assert pairs.select(*pairs.groups) == pairs
