"""Counts of ratings by group, and how they are made from published figures."""

import copy
import pickle
import re
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction
from functools import reduce
from itertools import product
from operator import add

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import npsstats as nps
from npsstats import RatingCounts, Scale

LAW = settings(derandomize=True, deadline=None, max_examples=60)
# As the design names them.
RESULT_COLUMNS = [
    "n", "missing", "score", "standard_error", "low", "high", "reference", "n_reference", "difference", "statistic",
    "pvalue",
]  # fmt: skip


def histograms(size, groups=None, **more):
    """Counts whose cells all differ."""
    table = np.arange(1, 11 * size + 1).reshape(size, 11)
    return RatingCounts.from_histogram(table, groups=groups, **more)


def small(**more):
    return RatingCounts.from_categories(
        promoters=[5, 6, 0], passives=[3, 4, 0], detractors=[2, 1, 0], groups=["A", "B", "C"], missing=[1, 0, 7], **more
    )


def stores_by_year():
    counts = RatingCounts.from_categories(
        promoters=[1, 2, 3], passives=[4, 5, 6], detractors=[7, 8, 9], groups=["x", "y", "z"], by="store", missing=1
    )
    return counts.with_group("year", 2024) + counts.select("z", "x").with_group("year", 2025)


# ----------------------------------------------------------------------------------------------------- what


def test_counts_hold_respondents_by_group_and_rating():
    counts = histograms(2, ["a", "b"], missing=[3, 4])
    assert counts.counts.tolist() == [list(range(1, 12)), list(range(12, 23))]
    assert counts.counts.shape == (2, 11)
    assert counts.missing.tolist() == [3, 4]
    assert counts.n.tolist() == [66, 187]
    assert counts.groups == ("a", "b")
    assert counts.labels == (("a",), ("b",))
    assert counts.by == ("group",)
    assert counts.scale == Scale(0, 10)
    assert counts.metric == nps.NPS
    assert counts.notes == ()
    assert len(counts) == 2
    assert counts.counts.dtype == counts.missing.dtype == counts.n.dtype == np.int64


def test_one_group_needs_no_label():
    counts = histograms(1)
    assert counts.groups == counts.labels == ((),)
    assert counts.by == ()


def test_counts_cannot_be_changed():
    counts = small()
    for name in ("counts", "missing"):
        array = getattr(counts, name)
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
        with pytest.raises(FrozenInstanceError):
            setattr(counts, name, array)
    assert not hasattr(counts, "__dict__")


def test_counts_keep_a_copy_of_what_they_are_made_from():
    table, missing, labels, notes = np.ones((1, 11), np.int64), np.array([5]), [["a"]], ["n"]
    counts = RatingCounts(table, metric=nps.NPS, missing=missing, by=["g"], labels=labels, notes=notes)
    table[:], missing[:], labels[0][0], notes[0] = 9, 9, "b", "m"
    assert counts.counts.tolist() == [[1] * 11]
    assert counts.missing.tolist() == [5]
    assert counts.labels == (("a",),)
    assert counts.notes == ("n",)
    assert table.flags.writeable


def test_everything_but_the_counts_is_keyword_only():
    with pytest.raises(TypeError, match="positional"):
        RatingCounts(np.ones((1, 11)), nps.NPS)
    with pytest.raises(TypeError, match="positional"):
        RatingCounts.from_histogram([1] * 11, Scale(0, 10))
    with pytest.raises(TypeError, match="positional"):
        RatingCounts.from_categories(1, 2, 3)


def test_notes_are_kept_once_each_in_order():
    counts = replace(small(), notes=("b", "a", "b"))
    assert counts.notes == ("b", "a")
    assert (counts + counts).notes == ("b", "a")
    assert (counts + replace(small(), notes=("c", "a"))).notes == ("b", "a", "c")


def test_one_text_is_no_list_of_notes():
    with pytest.raises(TypeError, match="`notes` must be a tuple of texts; got the text 'rounded'"):
        replace(small(), notes="rounded")
    with pytest.raises(TypeError, match="`by` must be a tuple of texts; got the text 'g'"):
        RatingCounts([[1] * 11], metric=nps.NPS, missing=[0], by="g", labels=(("a",),))


# ---------------------------------------------------------------------------------------------------- checks


@pytest.mark.parametrize(
    ("values", "first"),
    [
        ([1.5] + [1] * 10, "1.5"),
        ([1] * 10 + [-1], "-1"),
        ([float("nan")] + [1] * 10, "nan"),
        ([float("inf")] + [1] * 10, "inf"),
        ([1e300] + [1] * 10, "1e+300"),
        (np.full(11, 2**63, np.uint64), str(2**63)),
    ],
)
def test_counts_are_whole_numbers_from_0(values, first):
    wrong = 11 if isinstance(values, np.ndarray) else 1
    message = f"`counts` must be whole numbers, 0 or more; {wrong} are not (first: {first})."
    with pytest.raises(ValueError, match=re.escape(message)):
        RatingCounts.from_histogram(values)


@pytest.mark.parametrize("value", [True, "1", None, 1j, b"1", 10**30])
def test_counts_are_numbers(value):
    with pytest.raises(TypeError, match="`counts` must be whole numbers, 0 or more; got values of type"):
        RatingCounts.from_histogram([value] * 11)


def test_whole_valued_floats_are_counts():
    assert RatingCounts.from_histogram(np.full(11, 2.0)).counts.tolist() == [[2] * 11]


@pytest.mark.parametrize("size", [0, 3, 10, 12])
def test_there_is_one_count_per_rating(size):
    message = f"`counts` must have shape (1, 11), for 1 groups and the scale 0-10; got (1, {size})."
    with pytest.raises(ValueError, match=re.escape(message)):
        RatingCounts.from_histogram(np.ones(size, int))


def test_a_table_has_two_dimensions():
    with pytest.raises(
        ValueError, match=re.escape("must have shape (1, 11), for 1 groups and the scale 0-10; got (1,")
    ):
        RatingCounts.from_histogram(np.ones((1, 2, 11), int))


@pytest.mark.parametrize("missing", [[1, 2, 3], [[1, 2]], []])
def test_there_is_one_missing_count_per_group(missing):
    with pytest.raises(ValueError, match="`missing`"):
        histograms(2, ["a", "b"], missing=missing)


@pytest.mark.parametrize("missing", [-1, 0.5, [0, float("nan")]])
def test_missing_counts_are_whole_numbers_from_0(missing):
    with pytest.raises(ValueError, match="`missing` must be whole numbers, 0 or more"):
        histograms(2, ["a", "b"], missing=missing)


def test_missing_counts_of_the_constructor_fit_the_groups():
    message = "`missing` must have shape (1,), for 1 groups and the scale 0-10; got (2,)."
    with pytest.raises(ValueError, match=re.escape(message)):
        RatingCounts([[1] * 11], metric=nps.NPS, missing=[0, 0])


@pytest.mark.parametrize("name", RESULT_COLUMNS)
def test_a_group_column_is_not_called_like_a_column_of_results(name):
    with pytest.raises(ValueError, match=f"a group column cannot be called '{name}'.*rename it"):
        histograms(1, ["a"], by=name)
    with pytest.raises(ValueError, match=f"a group column cannot be called '{name}'"):
        small().with_group(name, 1)


@pytest.mark.parametrize("by", [3, None, ("a",)])
def test_group_columns_have_text_names(by):
    with pytest.raises(TypeError, match="group columns must have text names; got"):
        histograms(1, ["a"], by=by)


def test_group_columns_have_different_names():
    with pytest.raises(ValueError, match=re.escape("group columns must have different names; got ['group', 'group']")):
        small().with_group("group", 1)


def test_labels_fit_the_group_columns():
    for by, labels in [((), (("a",),)), (("g", "h"), (("a",),)), (("g",), ("ab",))]:
        with pytest.raises(ValueError, match=re.escape(f"each label must have one entry per group column {list(by)}")):
            RatingCounts([[1] * 11], metric=nps.NPS, missing=[0], by=by, labels=labels)


@pytest.mark.parametrize(
    ("groups", "shown"), [(["a", "a"], "a"), ([1, True], "1"), ([None, None], "None"), ([2024, 2024.0], "2024")]
)
def test_no_label_occurs_twice(groups, shown):
    with pytest.raises(ValueError, match=f"no label may occur twice; '?{shown}'? does"):
        histograms(2, groups)


def test_several_groups_need_labels():
    with pytest.raises(ValueError, match="`groups` must name the 2 groups"):
        histograms(2)
    message = "`groups` must hold one label per group; got 3 labels for 2 groups"
    with pytest.raises(ValueError, match=message):
        histograms(2, ["a", "b", "c"])


def test_one_text_is_no_sequence_of_labels():
    with pytest.raises(TypeError, match="`groups` must be a sequence of labels; got the text 'ab'"):
        histograms(2, "ab")


@pytest.mark.parametrize(
    "labels",
    [pd.Series(["a", "b"]), np.array(["a", "b"]), pd.Index(["a", "b"]), ("a", "b"), (label for label in "ab")],
    ids=lambda labels: type(labels).__name__,
)
def test_labels_come_in_any_iterable(labels):
    assert histograms(2, labels).groups == ("a", "b")


def test_a_scale_without_a_metric_of_its_own_needs_one():
    with pytest.raises(ValueError, match="`metric` must be given for the scale 1-5: only 0-10 has a metric of its own"):
        RatingCounts.from_histogram([1] * 5, scale=Scale(1, 5))
    with pytest.raises(ValueError, match="`metric` NPS is defined on the scale 0-10, not on 1-5"):
        RatingCounts.from_histogram([1] * 5, scale=Scale(1, 5), metric=nps.NPS)
    assert RatingCounts.from_histogram([1] * 5, scale=Scale(1, 5), metric=nps.CES).metric == nps.CES
    assert RatingCounts.from_histogram([1] * 5, metric=nps.CSAT).scale == Scale(1, 5)
    assert RatingCounts.from_histogram([1] * 11, scale=Scale(0, 10)).metric == nps.NPS


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("metric", lambda: RatingCounts.from_histogram([1] * 5, metric="csat")),
        ("metric", lambda: RatingCounts([[1] * 11], metric="nps", missing=[0])),
        ("scale", lambda: RatingCounts.from_histogram([1] * 5, scale="1-5")),
    ],
)
def test_an_argument_of_the_wrong_type_is_named(argument, call):
    with pytest.raises(TypeError, match=f"`{argument}`"):
        call()


# -------------------------------------------------------------------------------------------------- +, pool


def test_counts_of_the_same_groups_add_up():
    total = small() + small()
    assert total.counts.tolist() == (2 * small().counts).tolist()
    assert total.missing.tolist() == [2, 0, 14]
    assert total.groups == small().groups


def test_groups_of_one_side_only_are_kept():
    total = small().select("A") + small().select("C", "B")
    assert sorted(total.groups) == ["A", "B", "C"]
    assert total.select("A", "B", "C") == small()


def test_the_sum_of_sorted_groups_is_sorted():
    left, right = histograms(2, [2017, 2019]), histograms(2, [2018, 2020])
    total = right + left
    assert total.groups == (2017, 2018, 2019, 2020)
    assert total.counts[:, 0].tolist() == [1, 1, 12, 12]


def test_the_sum_of_unsorted_groups_is_in_order_of_appearance():
    total = histograms(2, ["Q4", "Q1"]) + histograms(2, ["Q1", "Q2"])
    assert total.groups == ("Q4", "Q1", "Q2")
    assert total.counts[:, 0].tolist() == [1, 12 + 1, 12]


@pytest.mark.parametrize(
    ("other", "name"),
    [
        (histograms(3, ["A", "B", "C"]), "metric"),
        (replace(small(), by=("shop",)), "by"),
        (small().with_group("year", 1), "by"),
    ],
)
def test_only_the_same_kind_of_counts_adds_up(other, name):
    with pytest.raises(ValueError, match=f"counts add up if their `{name}` is the same; got") as caught:
        small() + other
    # A person reads it: not the whole of both metrics, value by value.
    assert len(str(caught.value)) < 250


def test_counts_add_up_by_sum():
    assert sum([small(), small(), small()]) == small() + small() + small()
    with pytest.raises(TypeError, match="unsupported operand"):
        1 + small()


@pytest.mark.parametrize("other", [1, None, "x", np.int64(1)])
def test_only_counts_add_to_counts(other):
    with pytest.raises(TypeError, match="unsupported operand"):
        small() + other


def test_pooling_adds_groups_up():
    assert small().pool().counts.tolist() == [[3, 7, 11]]
    assert small().pool().missing.tolist() == [8]
    assert small().pool().labels == ((),)
    assert small().pool("group") == small()


def test_pooling_keeps_the_columns_asked_for_in_their_order():
    counts = stores_by_year()
    years = counts.pool("year")
    assert years.groups == (2024, 2025)
    assert years.counts.tolist() == [[24, 15, 6], [16, 10, 4]]
    assert years.missing.tolist() == [3, 2]
    turned = counts.pool("year", "store")
    assert turned.by == ("year", "store")
    assert set(turned.groups) == {(year, store) for store, year in counts.groups}
    assert turned.pool("store") == counts.pool("store")


@pytest.mark.parametrize("name", ["x", "Group", ""])
def test_only_group_columns_can_be_kept(name):
    with pytest.raises(ValueError, match=re.escape(f"`pool` keeps group columns; {name!r} is none of ['group']")):
        small().pool(name)


def test_a_group_column_is_kept_once():
    with pytest.raises(ValueError, match="different names"):
        small().pool("group", "group")


@LAW
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 10), st.integers(0, 5)), min_size=1, max_size=20))
def test_sums_do_not_depend_on_the_order_of_the_parts(cells):
    def part(label, rating, size):
        return RatingCounts.from_histogram([size * (k == rating) for k in range(11)], groups=[label], missing=size)

    parts = [part(*cell) for cell in cells]
    total = reduce(add, parts)
    assert total == reduce(add, parts[::-1])
    assert total.groups == tuple(sorted({label for label, *_ in cells}))
    for label, row, missing in zip(total.groups, total.counts, total.missing, strict=True):
        assert row.tolist() == [sum(s for g, k, s in cells if (g, k) == (label, rating)) for rating in range(11)]
        assert missing == sum(s for g, _, s in cells if g == label)
    assert total.pool() == reduce(add, (one.pool() for one in parts))


# -------------------------------------------------------------------------------------------------- groups


def test_select_keeps_groups_in_the_order_asked_for():
    chosen = small().select("C", "A")
    assert chosen.groups == ("C", "A")
    assert chosen.counts.tolist() == [[0, 0, 0], [2, 3, 5]]
    assert chosen.missing.tolist() == [7, 1]


def test_select_takes_tuples_if_there_are_several_columns():
    assert stores_by_year().select(("x", 2025)).counts.tolist() == [[7, 4, 1]]
    with pytest.raises(ValueError, match="no group has the label 'x'; the groups are \\('x', 2024\\)"):
        stores_by_year().select("x")


def test_an_unknown_label_is_told_with_those_there_are():
    with pytest.raises(ValueError, match="no group has the label 'D'; the groups are 'A', 'B', 'C'"):
        small().select("A", "D")
    with pytest.raises(ValueError, match="no group has the label '2017'; the groups are 2017"):
        histograms(1, [2017]).select("2017")


def test_of_many_labels_the_first_ten_are_told():
    counts = histograms(12, list(range(12)))
    with pytest.raises(ValueError, match=r"the groups are 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, \.\.\.\.$"):
        counts.select("x")


def test_no_group_is_selected_twice():
    with pytest.raises(ValueError, match="no label may occur twice"):
        small().select("A", "A")


def test_positions_say_where_groups_stand():
    assert small().positions(["C", "A"]) == [2, 0]
    assert small().positions([]) == []


def test_answered_leaves_groups_without_ratings_out():
    assert small().answered() == small().select("A", "B")
    assert small().answered().answered() == small().answered()


def test_with_group_adds_a_last_column():
    counts = small().with_group("year", 2024)
    assert counts.by == ("group", "year")
    assert counts.groups == (("A", 2024), ("B", 2024), ("C", 2024))
    assert counts.pool("group") == small()
    only = histograms(1).with_group("year", 2024)
    assert only.groups == (2024,)


def test_every_view_keeps_metric_and_notes():
    counts = replace(small(), notes=("from a report",))
    views = (counts.select("A"), counts.answered(), counts.pool(), counts.with_group("y", 1), counts + counts)
    assert {view.notes for view in views} == {("from a report",)}
    assert {view.metric for view in views} == {nps.NPS_CATEGORIES}


# ------------------------------------------------------------------------------------------------ equality


def test_counts_are_equal_if_everything_is():
    assert small() == small()
    different = [
        small().select("A", "C", "B"),
        small(by="shop"),
        replace(small(), missing=[1, 0, 6]),
        replace(small(), counts=small().counts + 1),
        replace(small(), notes=("n",)),
        replace(small(), metric=replace(nps.NPS_CATEGORIES, name="other")),
    ]
    assert all(other != small() for other in different)
    assert small() != "counts"
    assert small() != None  # noqa: E711 - comparing with None must not fail


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda counts: pickle.loads(pickle.dumps(counts))],
    ids=["copy", "deep", "pickle"],
)
def test_copies_are_equal(copied):
    # Shards are counted by other processes, which send their counts.
    assert copied(stores_by_year()) == stores_by_year()


def test_counts_have_no_hash():
    with pytest.raises(TypeError, match="unhashable"):
        hash(small())


def test_repr_says_what_is_counted():
    assert repr(small()) == "RatingCounts(3 groups by group; detractor/passive/promoter; n=21, missing=8)"
    assert repr(histograms(1)) == "RatingCounts(1 group; 0-10; n=66, missing=0)"
    assert repr(stores_by_year()).startswith("RatingCounts(5 groups by store, year; ")


def test_to_frame_has_group_columns_ratings_and_missing():
    frame = stores_by_year().to_frame()
    assert list(frame.columns) == ["store", "year", "detractor", "passive", "promoter", "missing"]
    assert frame["year"].tolist() == [label[1] for label in stores_by_year().labels]
    assert frame["passive"].tolist() == stores_by_year().counts[:, 1].tolist()
    assert list(histograms(1).to_frame().columns) == [*range(11), "missing"]
    assert histograms(1).to_frame()[10].tolist() == [11]


@pytest.mark.parametrize("by", ["promoter", "detractor"])
def test_a_group_column_is_not_called_like_a_rating_of_the_scale(by):
    # In a frame of the counts, one would hide the other.
    with pytest.raises(ValueError, match=f"a group column cannot be called '{by}', like a rating of the scale"):
        RatingCounts.from_categories(promoters=1, passives=2, detractors=3, groups=["A"], by=by)


# -------------------------------------------------------------------------------------------- from_categories


def test_categories_are_stored_from_low_to_high():
    counts = RatingCounts.from_categories(promoters=1, passives=13, detractors=7)
    assert counts.counts.tolist() == [[7, 13, 1]]
    assert counts.metric == nps.NPS_CATEGORIES
    assert counts.to_frame().to_dict("records") == [{"detractor": 7, "passive": 13, "promoter": 1, "missing": 0}]


def test_one_number_stands_for_all_groups():
    counts = RatingCounts.from_categories(promoters=[1, 2], passives=5, detractors=0, groups=["a", "b"], missing=4)
    assert counts.counts.tolist() == [[0, 5, 1], [0, 5, 2]]
    assert counts.missing.tolist() == [4, 4]


def test_categories_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="shape"):
        RatingCounts.from_categories(promoters=[1, 2], passives=1, detractors=[1, 2, 3])


@pytest.mark.parametrize("wrong", ["5", None, [True]])
def test_categories_are_numbers(wrong):
    with pytest.raises(TypeError, match="`counts` must be whole numbers"):
        RatingCounts.from_categories(promoters=wrong, passives=wrong, detractors=wrong)


# ------------------------------------------------------------------------------------------- from_percentages


def printed(share, decimals):
    """Write an exact percentage as a report would, ties to even."""
    units = round(share * 10**decimals)
    return f"{units // 10**decimals}.{units % 10**decimals:0{decimals}}" if decimals else str(units)


def rounds_to(count, n, figure, decimals):
    """Does count / n round to the figure, whichever way a tie is rounded?"""
    return abs(Fraction(100 * count, n) - Fraction(figure)) <= Fraction(1, 2) / 10**decimals


def all_counts(n, figures, decimals):
    """Every (detractors, passives, promoters) whose percentages round to the figures; None stands for unknown."""
    low, middle, high = (
        {k for k in range(n + 1) if figure is None or rounds_to(k, n, figure, decimals)} for figure in figures
    )
    return [(i, n - i - k, k) for i, k in product(low, high) if n - i - k in middle]


def score(counts):
    return Fraction(100 * (counts[2] - counts[0]), sum(counts))


def from_figures(n, figures, decimals):
    detractors, passives, promoters = (None if figure is None else float(figure) for figure in figures)
    return RatingCounts.from_percentages(
        promoters=promoters, passives=passives, detractors=detractors, n=n, decimals=decimals
    )


def told_inexactness(note):
    return float(match[1]) if (match := re.search(r"exact to within ([\d.e+-]+) points$", note)) else 0.0


@st.composite
def published(draw):
    """Figures as they would be printed: of real counts, or of none at all."""
    n, decimals = draw(st.integers(1, 400)), draw(st.integers(0, 2))
    if draw(st.booleans()):
        low = draw(st.integers(0, n))
        high = draw(st.integers(0, n - low))
        figures = [printed(Fraction(100 * k, n), decimals) for k in (low, n - low - high, high)]
    else:
        unit = 10**decimals
        low = draw(st.integers(0, 100 * unit))
        high = draw(st.integers(0, 100 * unit - low))
        off = draw(st.integers(-1, 1))
        middle = min(max(100 * unit - low - high + off, 0), 100 * unit)
        figures = [printed(Fraction(k, unit), decimals) for k in (low, middle, high)]
    if draw(st.booleans()):
        figures[1] = None
    return n, figures, decimals


@settings(LAW, max_examples=400)
@given(published())
def test_rebuilt_counts_are_among_all_that_round_to_the_figures(case):
    n, figures, decimals = case
    possible = all_counts(n, figures, decimals)
    if not possible:
        with pytest.raises(ValueError, match=f"no whole counts of n={n} respondents round to the percentages"):
            from_figures(n, figures, decimals)
        return
    counts = from_figures(n, figures, decimals)
    (found,) = map(tuple, counts.counts.tolist())
    assert found in possible

    def distance(candidate):
        return sum(
            abs(Fraction(100 * k, n) - Fraction(figure))
            for k, figure in zip(candidate, figures, strict=True)
            if figure is not None
        )

    # The computation is in floating point.
    assert distance(found) <= min(map(distance, possible)) + Fraction(1, 10**9)
    off = max(abs(score(other) - score(found)) for other in possible)
    # The note writes two digits. The figure of the passives may exclude some counts that it allows for.
    told = told_inexactness(counts.notes[0])
    assert told >= float(off) * 0.949
    if figures[1] is None:
        assert told == pytest.approx(float(off), rel=0.051)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 11, 30])
@pytest.mark.parametrize("decimals", [0, 1])
def test_true_counts_are_never_refused(n, decimals):
    for low in range(n + 1):
        for high in range(n + 1 - low):
            figures = [printed(Fraction(100 * k, n), decimals) for k in (low, n - low - high, high)]
            found = tuple(from_figures(n, figures, decimals).counts[0].tolist())
            if n <= 10 * 10**decimals:  # then no two counts round to the same figures
                assert found == (low, n - low - high, high)


def test_published_shares_of_the_airport_surveys_give_back_the_counts():
    # 342 + 969 + 1435 = 2746 respondents of 2017, shares with two decimals.
    exact = RatingCounts.from_percentages(promoters=52.26, passives=35.29, detractors=12.45, n=2746)
    assert exact.counts.tolist() == [[342, 969, 1435]]
    assert exact.notes == ("counts rebuilt from percentages rounded to 2 decimals; the score is exact",)
    rough = RatingCounts.from_percentages(promoters=52, passives=35, detractors=12, n=2746)
    assert "rounded to 0 decimals; the score is exact to within" in rough.notes[0]


def test_one_decimal_is_one_decimal():
    (note,) = RatingCounts.from_percentages(promoters=50.5, detractors=20, n=1000).notes
    assert note.startswith("counts rebuilt from percentages rounded to 1 decimal; ")


def test_decimals_say_how_exact_round_figures_are():
    guessed = RatingCounts.from_percentages(promoters=50.0, detractors=20.0, n=1000)
    told = RatingCounts.from_percentages(promoters=50.0, detractors=20.0, n=1000, decimals=1)
    assert guessed.notes == (
        "counts rebuilt from percentages rounded to 0 decimals; the score is exact to within 1 points",
    )
    assert told.notes == ("counts rebuilt from percentages rounded to 1 decimal; the score is exact",)
    assert guessed.counts.tolist() == told.counts.tolist() == [[200, 300, 500]]


@pytest.mark.parametrize(
    ("figures", "shown"),
    [
        ({"promoters": 60, "detractors": 50, "n": 100}, "n=100 respondents round to the percentages 50, 60 "),
        (
            {"promoters": 60, "passives": 22, "detractors": 20, "n": 1000},
            "n=1000 respondents round to the percentages 20, 22, 60 ",
        ),
        ({"promoters": 52, "detractors": 12, "n": 7}, "n=7 respondents round to the percentages 12, 52 "),
        # Shares of 1 in place of percentages.
        ({"promoters": 0.5, "passives": 0.3, "detractors": 0.2, "n": 100}, "percentages 0.2, 0.3, 0.5 at 1 decimal"),
    ],
)
def test_impossible_percentages_are_refused(figures, shown):
    with pytest.raises(ValueError, match=re.escape(shown)) as caught:
        RatingCounts.from_percentages(**figures)
    assert "(group 1 of 1). Check the figures, or pass `decimals`." in str(caught.value)


def test_the_impossible_group_is_named():
    with pytest.raises(ValueError, match=re.escape("percentages 30, 47 at 0 decimals (group 2 of 2)")):
        RatingCounts.from_percentages(promoters=[50, 47], detractors=[20, 30], n=[10, 20], groups=["a", "b"])


@pytest.mark.parametrize("wrong", [-1, 100.5, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["promoters", "passives", "detractors"])
def test_percentages_lie_between_0_and_100(name, wrong):
    figures = {"promoters": 50, "passives": 30, "detractors": 20, name: wrong}
    with pytest.raises(ValueError, match=re.escape(f"percentages must lie between 0 and 100; got {wrong:g}")):
        RatingCounts.from_percentages(**figures, n=100)


@pytest.mark.parametrize("n", [0, -5, 100.5, float("nan"), float("inf")])
def test_n_is_a_whole_number_above_0(n):
    with pytest.raises(ValueError, match=re.escape(f"`n` must be whole numbers above 0; got {n:g}")):
        RatingCounts.from_percentages(promoters=50, detractors=20, n=n)


@pytest.mark.parametrize(
    ("name", "value"),
    [("n", "many"), ("promoters", "50 %"), ("promoters", True), ("decimals", "1"), ("decimals", 1.5), ("decimals", -1)],
)
def test_a_figure_of_the_wrong_kind_is_named(name, value):
    figures = {"promoters": 50, "detractors": 20, "n": 100, name: value}
    with pytest.raises((TypeError, ValueError), match=f"`{name}`"):
        RatingCounts.from_percentages(**figures)


def test_percentages_by_group():
    counts = RatingCounts.from_percentages(
        promoters=[50, 40], detractors=[20, 30], n=[10, 20], groups=["a", "b"], by="shop", missing=[1, 2]
    )
    assert counts.counts.tolist() == [[2, 3, 5], [6, 6, 8]]
    assert (counts.by, counts.groups, counts.missing.tolist()) == (("shop",), ("a", "b"), [1, 2])


def test_large_n_keeps_every_respondent():
    counts = RatingCounts.from_percentages(promoters=33.3, passives=33.3, detractors=33.3, n=10**7)
    assert counts.n.tolist() == [10**7]
    assert told_inexactness(counts.notes[0]) == pytest.approx(0.1)


# ---------------------------------------------------------------------------------------------- many groups


def test_a_hundred_thousand_groups_are_handled():
    # No clock: quadratic work would not come back.
    size = 100_000
    labels = [f"g{i:06}" for i in range(size)]
    table = np.zeros((size, 11), np.int64)
    table[:, 9] = np.arange(size)
    counts = RatingCounts.from_histogram(table, groups=labels, missing=1)
    assert counts.pool().n.tolist() == [size * (size - 1) // 2]
    assert (counts + counts).n.tolist() == (2 * np.arange(size)).tolist()
    assert len(counts.answered()) == size - 1
    assert counts.select(*labels[::-1]).groups[0] == labels[-1]
    assert len(counts.with_group("year", 1) + counts.with_group("year", 2)) == 2 * size
    assert len(counts.to_frame()) == size
    with pytest.raises(ValueError, match="no label may occur twice; 'g000000' does"):
        RatingCounts.from_histogram(table, groups=[*labels[:-1], labels[0]])
