"""Margins of the population: all forms they come in, and each message."""

import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from npsstats.tabulation.margins import calibrate_weights, check_calibration, match_margins, read_margins

GENDER = {"gender": {"f": 0.51, "m": 0.49}}
CROSSED = {("gender", "age"): {("f", "18-34"): 120, ("f", "35+"): 180, ("m", "18-34"): 110, ("m", "35+"): 190}}
AS_FRAME = {"gender": ["f", "f", "m", "m"], "age": ["18-34", "35+", "18-34", "35+"], "total": [120, 180, 110, 190]}


def coded(*labels):
    """A column as the readers give it: codes in order of appearance, and their labels."""
    known = list(dict.fromkeys((type(label), label) for label in labels))
    return np.array([known.index((type(label), label)) for label in labels]), [label for _, label in known]


def matched(margins, weights=None, **columns):
    read = read_margins(margins)
    rows = len(next(iter(columns.values())))
    weights = np.ones(rows) if weights is None else np.array(weights, float)
    return match_margins(read, {name: coded(*labels) for name, labels in columns.items()}, weights)


def calibrated(margins, calibration="raking", bounds=None, weights=None, **columns):
    rows = len(next(iter(columns.values())))
    weights = np.ones(rows) if weights is None else np.array(weights, float)
    found = matched(margins, weights, **columns)
    checked = check_calibration(calibration, bounds, len(found))
    return calibrate_weights(weights, read_margins(margins), found, calibration, checked)


# ------------------------------------------------------------------------------------------------------------ forms


def test_a_mapping_of_shares():
    (margin,) = read_margins(GENDER)
    assert (margin.columns, margin.cells, margin.name) == (("gender",), (("f",), ("m",)), "gender")
    assert margin.labels == ("f", "m")
    assert margin.totals.tolist() == [0.51, 0.49]


SERIES = pd.Series(
    AS_FRAME["total"], index=pd.MultiIndex.from_arrays([AS_FRAME["gender"], AS_FRAME["age"]], names=["gender", "age"])
)
FRAME = pd.DataFrame(AS_FRAME)


@pytest.mark.parametrize(
    "margins",
    [
        CROSSED,
        FRAME,
        [FRAME],
        (FRAME,),
        {("gender", "age"): FRAME},
        {("gender", "age"): FRAME.rename(columns={"total": "people"})},
        FRAME.rename(columns={"total": "people"}),
        FRAME[["total", "gender", "age"]],
        FRAME.set_index(["gender", "age"]),
        SERIES,
        {("gender", "age"): SERIES},
        {("gender", "age"): SERIES.rename_axis([None, None])},
        pl.DataFrame(AS_FRAME),
        pl.LazyFrame(AS_FRAME),
        pa.table(AS_FRAME),
    ],
    ids=lambda margins: type(margins).__name__,
)
def test_cells_of_several_columns_come_in_many_forms(margins):
    (margin,) = read_margins(margins)
    assert margin.columns == ("gender", "age")
    assert margin.name == "gender × age"
    assert margin.cells == (("f", "18-34"), ("f", "35+"), ("m", "18-34"), ("m", "35+"))
    assert margin.totals.tolist() == [120, 180, 110, 190]


def test_several_margins_come_as_a_mapping_or_as_frames():
    mapping = {"gender": {"f": 300, "m": 300}, "year": {2024: 250, 2025: 350}}
    frames = [
        pd.DataFrame({"gender": ["f", "m"], "n": [300, 300]}),
        pl.DataFrame({"total": [250, 350], "year": [2024, 2025]}),
    ]
    for first, second in zip(read_margins(mapping), read_margins(frames), strict=True):
        assert (first.columns, first.cells) == (second.columns, second.cells)
        assert first.totals.tolist() == second.totals.tolist()


def test_a_single_column_may_be_a_tuple():
    (margin,) = read_margins({("gender",): {("f",): 1, "m": 3}})
    assert margin.cells == (("f",), ("m",))


def test_labels_of_other_libraries_are_plain():
    (margin,) = read_margins({"year": pd.Series([1.0, 2.0, 3.0], index=np.array([2024.0, 2025.0, np.nan]))})
    assert margin.cells == ((2024.0,), (2025.0,), (None,))
    assert [type(label) for (label,) in margin.cells] == [float, float, type(None)]


def test_percentages_and_shares_are_one_to_the_last_digit():
    shares, percentages = (
        read_margins({"gender": {"f": 0.51, "m": 0.49}, "age": {"young": 1 / 3 - 1e-8, "old": 2 / 3}}),
        read_margins({"gender": {"f": 51, "m": 49}, "age": {"young": 33.333333, "old": 66.666667}}),
    )
    for margin in shares + percentages:
        assert margin.totals.sum() == pytest.approx(1, rel=4e-16)


def test_totals_that_differ_by_rounding_are_those_of_the_first_margin():
    first, second = read_margins({"gender": {"f": 4e6, "m": 5e6}, "age": {"young": 3e6, "old": 6e6 + 1}})
    assert second.totals.sum() == pytest.approx(first.totals.sum(), rel=4e-16)


def test_shares_are_scaled_to_the_weights():
    (margin,) = matched(GENDER, [1, 2, 3, 4], gender="fmmf")
    assert margin.totals == pytest.approx([5.1, 4.9])
    assert margin.codes.tolist() == [0, 1, 1, 0]


def test_cells_are_found_whatever_the_order_of_columns_and_labels():
    (margin,) = matched(CROSSED, age=["35+", "18-34", "35+", "18-34"], gender=["m", "m", "f", "f"])
    assert margin.codes.tolist() == [3, 2, 1, 0]
    assert margin.totals.tolist() == [120, 180, 110, 190]


def test_truth_values_are_not_numbers():
    with pytest.raises(ValueError, match=r"2 of 2 rows are in others: True in 1, False in 1"):
        matched({"member": {1: 0.5, 0: 0.5}}, member=[True, False])
    (margin,) = matched({"member": {False: 0.5, True: 0.5}}, member=[True, False])
    assert margin.codes.tolist() == [1, 0]


def test_whole_numbers_are_the_same_as_floats():
    (margin,) = matched({"year": {2024: 0.5, 2025: 0.5}}, year=[2025.0, 2024.0])
    assert margin.codes.tolist() == [1, 0]


def test_rows_without_a_category_may_have_a_share():
    (margin,) = matched({"gender": {"f": 0.5, "m": 0.4, None: 0.1}}, gender=["f", None, "m"])
    assert margin.codes.tolist() == [0, 2, 1]


# --------------------------------------------------------------------------------------------- what margins must be


@pytest.mark.parametrize(
    ("margins", "error", "message"),
    [
        ({}, ValueError, "`margins` must name at least one column; it is empty. Leave it out"),
        ([], ValueError, "`margins` must name at least one column"),
        ({1: {"f": 1}}, TypeError, "must have a column or a tuple of columns for each key; got 1"),
        ({(): {"f": 1}}, TypeError, r"for each key; got \(\)"),
        ({("a", "a"): {("f", "f"): 1}}, ValueError, "name each column of a margin once"),
        ({"gender": 0.5}, TypeError, "`margins` for gender must be a mapping of categories to numbers, .* got float"),
        ("gender", TypeError, "`margins` must be a mapping of categories to numbers, .* got str"),
        ([{"f": 0.5, "m": 0.5}], TypeError, "got dict. Pass such as {'gender': {'f': 0.51, 'm': 0.49}}"),
        ({"gender": {}}, ValueError, "`margins` for gender must have categories; there are none"),
        ({"gender": {"f": "0.5"}}, TypeError, "must be numbers; got '0.5' for 'f' of gender"),
        ({"gender": {"f": True}}, TypeError, "must be numbers; got True for 'f' of gender"),
        ({"gender": {"f": -0.5, "m": 1.5}}, ValueError, "above 0 and finite; got -0.5 for 'f' of gender. Give the pop"),
        ({"gender": {"f": math.inf}}, ValueError, "above 0 and finite; got inf for 'f' of gender"),
        ({"gender": {"f": math.nan}}, ValueError, "above 0 and finite; got no number for 'f' of gender"),
        ({"gender": {"f": None}}, ValueError, "above 0 and finite; got no number for 'f' of gender"),
        ({"gender": {"f": 0, "m": 1}}, ValueError, "got 0 for 'f' of gender. Leave the cell out, in the data too"),
        ({("a", "b"): {"f": 1}}, ValueError, "`margins` for a × b must have a tuple of 2 categories for each cell"),
        ({"a": {("f", "g"): 1}}, ValueError, r"for a must have a category for each cell; got \('f', 'g'\)"),
        ({"gender": {"f": 0.5, ("f",): 0.5}}, ValueError, "each cell once; 'f' of gender is there twice. Add"),
        (
            {("a", "b"): {("f", 1): 1}, ("b", "a"): {(1, "f"): 1}},
            ValueError,
            "one margin for the same columns; b × a is there twice. Leave one out",
        ),
        (
            {"gender": {"f": 0.5, "m": 0.48}},
            ValueError,
            "`margins` for gender must add up to 1, as shares do; they add up to 0.98. If they were rounded, divide",
        ),
        ({"gender": {"f": 51.2, "m": 48.7}}, ValueError, "must add up to 100, as percentages do; they add up to 99.9"),
        (
            {"gender": {"f": 0.51, "m": 0.49}, "age": {"young": 600, "old": 800}},
            ValueError,
            "must all add up to the same population, or to 1; they add up to: gender 1, age 1400. Give all as totals",
        ),
        (
            {"gender": {"f": 51, "m": 49}, "age": {"young": 0.4, "old": 0.6}},
            ValueError,
            "they add up to: gender 100, age 1",
        ),
        (pd.DataFrame({"total": [1, 2]}), ValueError, r"one, totals; got \['total'\]"),
        ({"age": FRAME}, ValueError, "for age must be a frame with the columns 'age' and one of totals; got"),
        ({"sex": FRAME[["gender", "total"]]}, ValueError, "for sex must be a frame with the columns 'sex'"),
        (pd.Series([1, 2], index=["f", "m"]), ValueError, "the index of a Series has no name. Pass {'gender': series}"),
    ],
)
def test_each_message_says_what_is_wrong(margins, error, message):
    with pytest.raises(error, match=message):
        read_margins(margins)


# ---------------------------------------------------------------------------------------- margins and respondents


def test_a_column_that_is_not_there():
    with pytest.raises(ValueError, match="must be of columns of the data; there is no column 'gender'"):
        matched(GENDER, age=["old"])


def test_respondents_in_a_category_that_the_margin_lacks():
    message = (
        r"`margins` for gender must have all categories of the data; 3 of 6 rows are in others: 'x' in 2, 'y' in 1\. "
        "Add them to the margin, put them together with others in the data, or leave the rows out.$"
    )
    with pytest.raises(ValueError, match=message):
        matched(GENDER, gender=list("fyxmxf"))


def test_more_than_three_lacking_categories_are_counted():
    with pytest.raises(ValueError, match=r"5 of 7 rows are in others: 'a' in 1, 'b' in 1, 'c' in 1 and 2 more"):
        matched(GENDER, gender=list("fabcdem"))


def test_respondents_without_a_category():
    with pytest.raises(ValueError, match=r"1 of 3 rows are in others: None in 1. Give each row a category, or leave"):
        matched(GENDER, gender=["f", None, "m"])


def test_a_combination_that_the_margin_lacks():
    margins = {("gender", "age"): {("f", "old"): 0.5, ("m", "old"): 0.5}}
    with pytest.raises(ValueError, match=r"for gender × age .* 1 of 3 rows are in others: \('f', 'young'\) in 1"):
        matched(margins, gender=["f", "m", "f"], age=["old", "old", "young"])


def test_a_cell_of_the_population_without_respondents():
    message = (
        r"each cell of `margins` must have respondents; 1 of 4 cells of gender × age have none \(first: "
        r"\('f', '35\+'\), population 180\). Put the cell together with another one, in the margin and in the data.$"
    )
    with pytest.raises(ValueError, match=message):
        matched(CROSSED, gender=["f", "m", "m"], age=["18-34", "35+", "18-34"])


def test_a_cell_with_respondents_without_weight():
    with pytest.raises(ValueError, match=r"1 of 2 cells of gender have none with a weight above 0 \(first: 'm'"):
        matched(GENDER, [1, 0], gender=["f", "m"])


@pytest.mark.parametrize(
    ("label", "other", "shown"),
    [
        (2024, "2024", "'2024' and 2024"),
        ("f ", "F", "'F' and 'f '"),
        (2024.0, "2024", "'2024' and 2024.0"),
        (True, "True", "'True' and True"),
    ],
)
def test_labels_that_only_look_the_same_are_pointed_at(label, other, shown):
    with pytest.raises(ValueError, match=f"{shown} are different labels; write them alike"):
        matched({"x": {label: 0.5, "else": 0.5}}, x=[other, "else"])
    # In a margin with both, one has no respondents.
    with pytest.raises(ValueError, match=r"must have respondents.*are different labels; write them alike"):
        matched({"x": {label: 0.5, other: 0.5}}, x=[other, other])


# -------------------------------------------------------------------------------------------------- calibration


@pytest.mark.parametrize(
    ("calibration", "bounds", "margins", "error", "message"),
    [
        ("rake", None, 1, ValueError, "`calibration` must be one of 'raking', 'linear', 'logit', .* got 'rake'"),
        ("post-stratification", None, 2, ValueError, "is for one margin; got 2. Pass `calibration='raking'`, or one"),
        ("logit", None, 1, ValueError, r"`bounds` must be given for `calibration` 'logit': pass them"),
        (
            "raking",
            (0.5, 2),
            1,
            ValueError,
            "`bounds` are for `calibration` 'linear' or 'logit'; got them with 'raking'",
        ),
        ("linear", 2, 1, TypeError, "`bounds` must be two numbers such as .* got 2"),
        ("linear", (0.5,), 1, TypeError, "`bounds` must be two numbers"),
        ("linear", ("0.5", 2), 1, TypeError, "`bounds` must be two numbers"),
        ("linear", (True, 2), 1, TypeError, "`bounds` must be two numbers"),
        ("linear", (1, 2), 1, ValueError, "a number from 0 to below 1 and one above 1, such as .* got"),
        ("linear", (0.5, 0.9), 1, ValueError, "a number from 0 to below 1 and one above 1"),
        ("linear", (-0.5, 2), 1, ValueError, "a number from 0 to below 1"),
        ("linear", (math.nan, 2), 1, ValueError, "a number from 0 to below 1"),
        ("logit", (0.5, math.inf), 1, ValueError, "one above 1, and finite for `calibration` 'logit'"),
    ],
)
def test_each_message_on_calibration_says_what_is_wrong(calibration, bounds, margins, error, message):
    with pytest.raises(error, match=message):
        check_calibration(calibration, bounds, margins)


def test_bounds_come_back_as_numbers():
    assert check_calibration("linear", [0, np.float64(3)], 2) == (0.0, 3.0)
    assert check_calibration("linear", (0, math.inf), 2) == (0.0, math.inf)
    assert check_calibration("raking", None, 2) is None


BOTH = {"gender": {"f": 0.5, "m": 0.5}, "age": {"young": 0.4, "old": 0.6}}
ROWS = {"gender": list("ffffmmff"), "age": ["young", "old"] * 4}


@pytest.mark.parametrize(
    ("calibration", "bounds"), [("raking", None), ("linear", None), ("linear", (0.3, 3)), ("logit", (0.3, 3))]
)
def test_calibrated_weights_meet_the_margins(calibration, bounds):
    weights = calibrated(BOTH, calibration, bounds, **ROWS).weights
    # Eight rows of weight 1: the shares of eight.
    assert weights[4:6].sum() == pytest.approx(4, rel=1e-12)
    assert weights[::2].sum() == pytest.approx(3.2, rel=1e-12)


def test_post_stratification_of_one_margin():
    weights = calibrated({"gender": BOTH["gender"]}, "post-stratification", **ROWS).weights
    assert weights == pytest.approx([4 / 6] * 4 + [2] * 2 + [4 / 6] * 2, rel=1e-14)


@pytest.mark.parametrize("calibration", ["linear", "logit"])
def test_bounds_that_are_too_narrow_name_the_cell(calibration):
    # Men weigh 2 of 8 and shall weigh 4: at most 1.5 times 2 is 3, a quarter below.
    message = (
        r"found no weights that meet `margins`: the cell 'm' of gender stays farthest from its population, "
        r"25 % below\. Without bounds the factors run from 0\.\d+ to 2\.\d+: widen `bounds` \(0\.5, 1\.5\), or"
    )
    with pytest.raises(ValueError, match=message):
        calibrated(BOTH, calibration, (0.5, 1.5), **ROWS)


@pytest.mark.parametrize("calibration", ["raking", "linear"])
def test_margins_that_contradict_each_other_name_a_cell(calibration):
    margins = dict(BOTH)
    margins[("gender", "age")] = {("f", "young"): 0.1, ("f", "old"): 0.2, ("m", "young"): 0.3, ("m", "old"): 0.4}
    with pytest.raises(
        ValueError, match=r"the cell .* stays farthest .* The margins contradict each other: no weights"
    ):
        calibrated(margins, calibration, **ROWS)


def test_raking_without_respondents_in_a_combination_names_a_cell():
    # All men are old; the young are women, and shall weigh more than women do.
    margins = {"gender": {"f": 0.3, "m": 0.7}, "age": {"young": 0.5, "old": 0.5}}
    rows = {"gender": ["f", "f", "m"], "age": ["young", "old", "old"]}
    with pytest.raises(
        ValueError, match=r"found no weights that meet .* Only negative weights meet them, as some combinations"
    ):
        calibrated(margins, **rows)
    message = (
        "`calibration` 'linear' makes 1 of 3 weights negative .the lowest for gender 'f', age 'old'.. "
        "Pass `calibration='raking'`, or bounds such as"
    )
    with pytest.raises(ValueError, match=message):
        calibrated(margins, "linear", **rows)


def test_a_category_with_a_weight_of_zero_rows_is_calibrated_by_the_others():
    weights = calibrated(GENDER, weights=[1, 0, 3, 2], gender="ffmm").weights
    assert weights == pytest.approx([0.51 * 6, 0, 0.49 * 6 * 0.6, 0.49 * 6 * 0.4], rel=1e-12)
