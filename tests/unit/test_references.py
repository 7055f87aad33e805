"""What each group is compared with."""

import datetime as dt
from fractions import Fraction

import numpy as np
import pytest

import npsstats as nps
from npsstats import RatingCounts, compare


def groups(labels, by="group"):
    """Groups of different sizes and scores; the first has 101 respondents, the second 102, ..."""
    size = len(labels)
    return RatingCounts.from_categories(
        promoters=[51 + i for i in range(size)],
        passives=[30] * size,
        detractors=[20] * size,
        groups=labels,
        by=by,
    )


def pairs(result):
    """Which group against which reference, by label."""
    own = [label[0] if len(label) == 1 else label for label in result.labels]
    return list(zip(own, result.reference, strict=True))


def stores_by_year():
    return groups(["a", "b", "c"], "store").with_group("year", 2024) + groups(["a", "b"], "store").with_group(
        "year", 2025
    )


def score_of(counts, label):
    (row,) = counts.select(label).counts
    return float(row @ counts.metric.values / row.sum())


def told(error, counts, reference, **more):
    with pytest.raises(error) as caught:
        compare(counts, reference=reference, **more)
    return str(caught.value)


# ------------------------------------------------------------------------------------------------- one column


def test_a_label_compares_every_other_group_with_that_group():
    counts = groups(["a", "b", "c"])
    result = compare(counts, reference="b")
    assert pairs(result) == [("a", "b"), ("c", "b")]
    assert result.n.tolist() == [101, 103]
    assert result.n_reference.tolist() == [102, 102]
    expected = [score_of(counts, label) - score_of(counts, "b") for label in "ac"]
    np.testing.assert_allclose(result.difference, expected, atol=1e-12)
    np.testing.assert_allclose(result.score - result.score_reference, result.difference, atol=1e-12)


def test_previous_compares_each_group_with_the_one_before_it():
    result = compare(groups(["Q1", "Q2", "Q3"]), reference="previous")
    assert pairs(result) == [("Q2", "Q1"), ("Q3", "Q2")]
    assert result.n_reference.tolist() == [101, 102]


def test_previous_follows_the_order_of_the_counts():
    counts = groups(["Q4 2024", "Q1 2025", "Q2 2025"])
    assert pairs(compare(counts, reference="previous")) == [("Q1 2025", "Q4 2024"), ("Q2 2025", "Q1 2025")]
    # What cannot be read as periods has no other order.
    turned = groups(["c", "a", "b"])
    assert pairs(compare(turned, reference="previous")) == [("a", "c"), ("b", "a")]


def test_rest_is_all_other_groups_together():
    counts = groups(["a", "b", "c"])
    result = compare(counts, reference="rest")
    assert pairs(result) == [("a", "rest"), ("b", "rest"), ("c", "rest")]
    assert result.n_reference.tolist() == [205, 204, 203]
    others = counts.select("a", "c").pool()
    np.testing.assert_allclose(result.score_reference[1], score_of(others, ()), atol=1e-12)


@pytest.mark.parametrize("number", [10, 10.0, np.int64(10), np.float32(10), np.float64(10), Fraction(10)])
def test_a_number_is_a_benchmark(number):
    counts = groups(["a", "b"])
    result = compare(counts, reference=number)
    assert pairs(result) == [("a", 10.0), ("b", 10.0)]
    assert {type(reference) for reference in result.reference} == {float}
    assert result.n_reference.tolist() == [0, 0]
    assert result.score_reference.tolist() == [10.0, 10.0]
    np.testing.assert_allclose(result.difference, [score_of(counts, label) - 10 for label in "ab"], atol=1e-12)


def test_a_benchmark_needs_no_groups():
    result = compare(groups(["a"]).pool(), reference=0)
    assert result.labels == ((),)
    assert result.reference == (0.0,)
    assert compare(groups(["a"]), reference=-99.9).reference == (-99.9,)


@pytest.mark.parametrize("number", [-100, 100, 150, -100.5, float("nan"), float("inf"), 2019])
def test_a_benchmark_lies_inside_the_bounds_of_the_score(number):
    assert told(ValueError, groups(["a", "b"]), number) == (
        f"`reference` {number!r} is neither the label of a group nor a benchmark strictly between -100 and 100 points; "
        "the labels are 'a', 'b'."
    )


def test_a_benchmark_is_in_the_points_of_the_metric():
    counts = RatingCounts.from_histogram([1, 2, 3, 4, 5], metric=nps.CES)
    assert compare(counts, reference=3.5).reference == (3.5,)
    assert "strictly between 1 and 5 points." in told(ValueError, counts, 5)
    as_share = RatingCounts.from_histogram([1, 2, 3, 4, 5], metric=nps.CSAT)
    assert compare(as_share, reference=80).reference == (80.0,)


@pytest.mark.parametrize("reference", ["A", "d", "", "10", ("a", "b"), b"a", dt.date(2024, 1, 1), 5 + 0j, True])
def test_an_unknown_label_is_told_with_those_there_are(reference):
    assert told(ValueError, groups(["a", "b", "c"]), reference) == (
        "`reference` must be the label of a group, one of 'previous', 'year-before', 'rest', 'total', 'all-pairs', or "
        f"a number in points; got {reference!r}. The labels are 'a', 'b', 'c'."
    )


def test_of_many_labels_the_first_ten_are_told():
    message = told(ValueError, groups(list(range(1000, 1012))), "1000")
    assert message.endswith("The labels are 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, ....")


@pytest.mark.parametrize("reference", [["a"], {"a": 1}])
def test_a_reference_of_the_wrong_type_is_named(reference):
    assert "`reference`" in told((TypeError, ValueError), groups(["a", "b"]), reference)


def test_the_reference_must_be_given():
    with pytest.raises(TypeError, match="reference"):
        compare(groups(["a", "b"]))


# ---------------------------------------------------------------------------------------- labels that look odd


@pytest.mark.parametrize("reference", [2017, 2017.0, np.int64(2017)])
def test_a_number_that_is_a_label_is_that_group(reference):
    result = compare(groups([2016, 2017, 2018]), reference=reference)
    assert pairs(result) == [(2016, 2017), (2018, 2017)]
    assert result.n_reference.tolist() == [102, 102]


def test_a_small_number_that_is_a_label_is_that_group_and_any_other_a_benchmark():
    counts = groups([1, 2, 3])
    assert pairs(compare(counts, reference=2)) == [(1, 2), (3, 2)]
    assert pairs(compare(counts, reference=4)) == [(1, 4.0), (2, 4.0), (3, 4.0)]


def test_a_number_as_text_is_no_number():
    assert "got '2017'. The labels are 2016, 2017." in told(ValueError, groups([2016, 2017]), "2017")
    assert "`reference` 2017 is neither the label" in told(ValueError, groups(["2016", "2017"]), 2017)


def test_a_group_called_previous_or_rest_is_that_group():
    counts = groups(["previous", "rest", "z"])
    assert pairs(compare(counts, reference="previous")) == [("rest", "previous"), ("z", "previous")]
    result = compare(counts, reference="rest")
    assert pairs(result) == [("previous", "rest"), ("z", "rest")]
    assert result.n_reference.tolist() == [102, 102]


def test_the_group_without_a_label_can_be_the_reference():
    assert pairs(compare(groups(["a", None]), reference=None)) == [("a", None)]
    assert pairs(compare(groups(["a", None]), reference="a")) == [(None, "a")]


def test_labels_of_any_type_can_be_the_reference():
    days = [dt.date(2024, 1, 1), dt.date(2024, 2, 1)]
    assert pairs(compare(groups(days), reference=days[0])) == [(days[1], days[0])]
    assert pairs(compare(groups([False, True]), reference=False)) == [(True, False)]


# -------------------------------------------------------------------------------------------- several columns


def test_the_last_column_is_compared_within_the_others():
    counts = stores_by_year()
    assert counts.by == ("store", "year")
    result = compare(counts, reference=2024)
    assert pairs(result) == [(("a", 2025), 2024), (("b", 2025), 2024)]
    np.testing.assert_allclose(
        result.score_reference, [score_of(counts, ("a", 2024)), score_of(counts, ("b", 2024))], atol=1e-12
    )
    assert pairs(compare(counts, reference="previous")) == pairs(result)


def test_rest_is_the_rest_of_the_block():
    counts = stores_by_year().pool("year", "store")
    result = compare(counts, reference="rest")
    assert dict(zip(result.labels, result.n_reference.tolist(), strict=True)) == {
        (2024, "a"): 205,
        (2024, "b"): 204,
        (2024, "c"): 203,
        (2025, "a"): 102,
        (2025, "b"): 101,
    }


def test_a_tuple_is_one_group_for_all():
    counts = stores_by_year()
    result = compare(counts, reference=("b", 2024))
    assert pairs(result) == [(label, ("b", 2024)) for label in counts.labels if label != ("b", 2024)]
    assert set(result.n_reference.tolist()) == {102}


def test_a_benchmark_is_for_all_groups():
    assert pairs(compare(stores_by_year(), reference=5)) == [(label, 5.0) for label in stores_by_year().labels]


@pytest.mark.parametrize("reference", [("a", 2030), ("a",), (2024,), (2024, "a"), "a"])
def test_a_label_of_several_columns_fits_all_of_them(reference):
    message = told(ValueError, stores_by_year(), reference)
    assert f"got {reference!r}. The labels are 2024, 2025." in message


def test_a_tuple_of_one_names_the_group_of_one_column():
    assert pairs(compare(groups(["a", "b"]), reference=("a",))) == [("b", "a")]


def test_a_block_of_one_group_has_no_rest():
    message = told(ValueError, stores_by_year() + groups(["d"], "store").with_group("year", 2030), "rest")
    assert "`reference` 'rest' needs other groups; ('c', 2024) has none beside it." in message


# ---------------------------------------------------------------------------------------------- nothing there


@pytest.mark.parametrize("reference", ["a", "previous", "rest"])
def test_counts_without_groups_say_so(reference):
    message = told(ValueError, groups(["a"]).pool(), reference)
    assert "`reference` needs groups; these counts have one group only." in message
    assert "Tabulate with `by`, or use a number in points." in message


@pytest.mark.parametrize("reference", ["a", "previous"])
def test_a_single_group_leaves_nothing_to_compare(reference):
    message = told(ValueError, groups(["a"]), reference)
    assert message == f"`reference` {reference!r} leaves nothing to compare; the groups are 'a'."


def test_a_single_group_has_no_rest():
    assert told(ValueError, groups(["a"]), "rest") == "`reference` 'rest' needs other groups; 'a' has none beside it."


def test_groups_that_pair_with_none_leave_nothing_to_compare():
    counts = groups(["a"], "store").with_group("year", 2024) + groups(["b"], "store").with_group("year", 2025)
    assert "leaves nothing to compare" in told(ValueError, counts, "previous")
    assert "leaves nothing to compare" in told(ValueError, counts, 2024)


# ---------------------------------------------------------------------------------------------------- symmetry


def test_the_difference_changes_its_sign_with_the_reference():
    counts = groups(["a", "b"])
    forth, back = compare(counts, reference="a"), compare(counts, reference="b")
    np.testing.assert_allclose(forth.difference, -back.difference, atol=1e-12)
    np.testing.assert_allclose([forth.low, forth.high], [-back.high, -back.low], atol=1e-6)
    np.testing.assert_allclose(forth.pvalue, back.pvalue, rtol=1e-6)


def test_rest_of_two_groups_is_the_other_one():
    counts = groups(["a", "b"])
    rest, other = compare(counts, reference="rest"), compare(counts, reference="a")
    np.testing.assert_allclose(rest.difference[1], other.difference[0], atol=1e-12)
    np.testing.assert_allclose(rest.pvalue[1], other.pvalue[0], rtol=1e-9)
