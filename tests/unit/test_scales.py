"""Scales, metrics, and the metrics of the field."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

import npsstats as nps
from npsstats import Metric, Scale, mean_rating, mean_score, net_score, top_box

ZERO_TO_TEN = Scale(0, 10)
THREE_VALUES = (-100.0, 0.0, 100.0)
BUILT_IN = (
    nps.NPS,
    nps.ENPS,
    nps.NPS_1_TO_10,
    nps.NPS_CATEGORIES,
    nps.CSAT,
    nps.CSAT_MEAN,
    nps.CES,
    nps.CES_2,
    nps.CES_2_TOP_BOX,
    nps.NKI,
)


# --------------------------------------------------------------------------------------------------- scales


@pytest.mark.parametrize(
    ("scale", "ratings", "text"),
    [
        (Scale(0, 10), range(11), "0-10"),
        (Scale(1, 5), range(1, 6), "1-5"),
        (Scale(-2, 2), range(-2, 3), "-2-2"),
        (Scale(1, 10, items=3), range(3, 31), "1-10 (sum of 3 items)"),
        (Scale(0, 1, items=2), range(3), "0-1 (sum of 2 items)"),
        (Scale(0, 1, labels=("no", "yes")), range(2), "no/yes"),
    ],
)
def test_a_scale_lists_its_ratings(scale, ratings, text):
    assert scale.ratings.tolist() == list(ratings)
    assert scale.ratings.dtype == np.int64
    assert scale.size == len(ratings)
    assert str(scale) == text


def test_whole_numbers_of_numpy_become_plain_ones():
    scale = Scale(np.int8(0), np.uint64(10), items=np.int32(2))
    assert scale == Scale(0, 10, items=2)
    assert {type(scale.low), type(scale.high), type(scale.items)} == {int}


@pytest.mark.parametrize("value", [True, 0.0, "0", None, np.float64(0), np.bool_(0)])
@pytest.mark.parametrize("name", ["low", "high", "items"])
def test_ends_and_items_must_be_whole_numbers(name, value):
    with pytest.raises(TypeError, match=rf"`{name}` must be a whole number; got .*{value}"):
        Scale(**{"low": 0, "high": 10, name: value})


@pytest.mark.parametrize(("low", "high"), [(10, 0), (5, 5)])
def test_the_highest_rating_is_above_the_lowest(low, high):
    with pytest.raises(ValueError, match=f"`high` must be above `low`; got low={low}, high={high}"):
        Scale(low, high)


@pytest.mark.parametrize("items", [0, -3])
def test_at_least_one_item(items):
    with pytest.raises(ValueError, match=f"`items` must be 1 or more; got {items}"):
        Scale(0, 10, items=items)


@pytest.mark.parametrize("labels", [(), ("a",), ("a", "b", "c")])
def test_each_rating_has_one_label(labels):
    with pytest.raises(ValueError, match=f"`labels` must name each of the 2 ratings; got {len(labels)} labels"):
        Scale(0, 1, labels=labels)


def test_scales_are_values():
    assert Scale(0, 10) == Scale(0, 10)
    assert Scale(0, 10) != Scale(0, 10, items=2)
    assert Scale(0, 1) != Scale(0, 1, labels=("a", "b"))
    assert len({Scale(0, 10), Scale(0, 10), Scale(1, 10), Scale(0, 1, labels=["a", "b"])}) == 3
    with pytest.raises(FrozenInstanceError):
        Scale(0, 10).low = 1
    assert not hasattr(Scale(0, 10), "__dict__")
    with pytest.raises(TypeError, match="positional"):
        Scale(0, 10, 2)


def test_the_ratings_cannot_be_changed_through_the_array():
    scale = Scale(0, 10)
    scale.ratings[0] = 99
    assert scale.ratings[0] == 0


# -------------------------------------------------------------------------------------------------- metrics


def test_a_metric_gives_each_rating_a_value():
    metric = Metric("half", Scale(0, 2), (0, 50, 100))
    assert metric.values == (0.0, 50.0, 100.0)
    assert metric.bounds == (0.0, 100.0)
    assert metric.levels.tolist() == [0.0, 50.0, 100.0]
    assert metric.categories == metric.category_names == ("0", "1", "2")


def test_categories_default_to_the_labels_of_the_scale():
    metric = Metric("yes", Scale(0, 1, labels=("no", "yes")), (0, 100))
    assert metric.categories == ("no", "yes")


def test_category_names_are_in_the_order_of_the_ratings():
    assert nps.NPS.category_names == ("detractor", "passive", "promoter")
    metric = Metric("u", Scale(0, 2), (1, 0, 1), categories=("ends", "middle", "ends"))
    assert metric.category_names == ("ends", "middle")
    assert metric.bounds == (0.0, 1.0)
    assert metric.levels.tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0, 1), "`values` must hold one value for each of the 3 ratings of the scale 0-2; got 2"),
        ((0, 1, 2, 3), "`values` must hold one value for each of the 3 ratings of the scale 0-2; got 4"),
        ((0, 1, float("nan")), "`values` must be finite; got"),
        ((0, 1, float("inf")), "`values` must be finite; got"),
        ((5, 5, 5), "`values` must differ between at least two ratings; all are 5.0"),
    ],
)
def test_values_of_a_metric_are_checked(values, message):
    with pytest.raises(ValueError, match=message):
        Metric("x", Scale(0, 2), values)


def test_each_rating_has_one_category():
    with pytest.raises(ValueError, match="`categories` must name each of the 3 ratings; got 2"):
        Metric("x", Scale(0, 2), (0, 1, 2), categories=("a", "b"))


def test_metrics_are_values():
    assert net_score(ZERO_TO_TEN, promoters_from=9, detractors_to=6, name="NPS") == nps.NPS
    assert nps.NPS != nps.ENPS
    assert len({nps.NPS, nps.ENPS, nps.NPS_CATEGORIES}) == 3
    with pytest.raises(FrozenInstanceError):
        nps.NPS.name = "x"
    assert not hasattr(nps.NPS, "__dict__")


@pytest.mark.parametrize("scale", ["0-10", (0, 10), None])
def test_a_scale_of_the_wrong_type_is_named(scale):
    with pytest.raises(TypeError, match="`scale`"):
        Metric("x", scale, (0, 1))


# ------------------------------------------------------------------------------------------------ built-in


@pytest.mark.parametrize("metric", [nps.NPS, nps.ENPS], ids=lambda metric: metric.name)
def test_nps_counts_9_and_10_as_promoters_and_0_to_6_as_detractors(metric):
    assert metric.scale == ZERO_TO_TEN
    assert metric.values == (-100.0,) * 7 + (0.0,) * 2 + (100.0,) * 2
    assert metric.categories == ("detractor",) * 7 + ("passive",) * 2 + ("promoter",) * 2


def test_nps_on_1_to_10_has_no_zero():
    assert nps.NPS_1_TO_10.values == (-100.0,) * 6 + (0.0,) * 2 + (100.0,) * 2


def test_nps_of_categories_has_one_value_per_category():
    assert nps.NPS_CATEGORIES.values == THREE_VALUES
    assert nps.NPS_CATEGORIES.scale.labels == ("detractor", "passive", "promoter")
    assert nps.NPS_CATEGORIES.scale.ratings.tolist() == [-1, 0, 1]


def test_satisfaction_and_effort_metrics():
    assert nps.CSAT.values == (0.0, 0.0, 0.0, 100.0, 100.0)
    assert nps.CSAT_MEAN.values == nps.CES.values == (1.0, 2.0, 3.0, 4.0, 5.0)
    assert nps.CES_2.values == tuple(map(float, range(1, 8)))
    assert nps.CES_2_TOP_BOX.values == (0.0,) * 4 + (100.0,) * 3


def test_nki_stretches_the_mean_of_three_items_to_0_100():
    # EPSI's index: (mean - 1) / 9 * 100 with three items of 1-10.
    assert nps.NKI.scale == Scale(1, 10, items=3)
    expected = [100 * (total / 3 - 1) / 9 for total in range(3, 31)]
    np.testing.assert_allclose(nps.NKI.values, expected, atol=1e-12)


@pytest.mark.parametrize("metric", BUILT_IN, ids=lambda metric: f"{metric.name} {metric.scale}")
def test_built_in_metrics_rise_with_the_rating_and_say_what_they_are(metric):
    assert np.all(np.diff(metric.values) >= 0)
    assert metric.description
    assert metric.name
    assert metric.bounds == (metric.values[0], metric.values[-1])


# ------------------------------------------------------------------------------------------------ factories


@pytest.mark.parametrize(("low", "high"), [(0, 10), (1, 10), (1, 5), (-3, 3)])
def test_a_net_score_is_promoters_minus_detractors(low, high):
    scale = Scale(low, high)
    for detractors_to in range(low, high):
        for promoters_from in range(detractors_to + 1, high + 1):
            metric = net_score(scale, promoters_from=promoters_from, detractors_to=detractors_to)
            assert metric.values == tuple(
                100.0 * (rating >= promoters_from) - 100.0 * (rating <= detractors_to)
                for rating in range(low, high + 1)
            )


def test_a_detractor_weight_counts_detractors_more():
    metric = net_score(ZERO_TO_TEN, promoters_from=9, detractors_to=6, detractor_weight=2.5)
    assert metric.bounds == (-250.0, 100.0)
    assert "detractor weight 2.5" in metric.name
    assert "2.5 times % detractors (0-6)" in metric.description


def test_a_net_score_is_named_after_its_cut_points():
    metric = net_score(ZERO_TO_TEN, promoters_from=8, detractors_to=5)
    assert metric.name == "net score 8-10/0-5"
    assert metric.description == "% promoters (8-10) minus % detractors (0-5)"
    assert net_score(ZERO_TO_TEN, promoters_from=8, detractors_to=5, name="mine").name == "mine"


def test_a_net_score_of_several_items_cuts_their_sum():
    metric = net_score(Scale(1, 10, items=3), promoters_from=27, detractors_to=18)
    assert metric.values == (-100.0,) * 16 + (0.0,) * 8 + (100.0,) * 4


@pytest.mark.parametrize(("promoters_from", "detractors_to"), [(6, 6), (5, 6), (11, 6), (9, -1), (9, 10)])
def test_cut_points_lie_on_the_scale_in_order(promoters_from, detractors_to):
    message = (
        "`detractors_to` must lie below `promoters_from`, both on the scale 0-10; "
        f"got detractors_to={detractors_to}, promoters_from={promoters_from}"
    )
    with pytest.raises(ValueError, match=message):
        net_score(ZERO_TO_TEN, promoters_from=promoters_from, detractors_to=detractors_to)


@pytest.mark.parametrize("weight", [0, -1, float("nan"), float("inf")])
def test_the_detractor_weight_is_positive_and_finite(weight):
    with pytest.raises(ValueError, match=f"`detractor_weight` must be positive; got {weight}"):
        net_score(ZERO_TO_TEN, promoters_from=9, detractors_to=6, detractor_weight=weight)


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: net_score(ZERO_TO_TEN, promoters_from="9", detractors_to=6), "promoters_from"),
        (lambda: net_score(ZERO_TO_TEN, promoters_from=8.5, detractors_to=6), "promoters_from"),
        (lambda: net_score(ZERO_TO_TEN, promoters_from=9, detractors_to=6.5), "detractors_to"),
        (lambda: net_score(ZERO_TO_TEN, promoters_from=9, detractors_to=6, detractor_weight="2"), "detractor_weight"),
        (lambda: top_box(Scale(1, 5), boxes="2"), "boxes"),
        (lambda: top_box(Scale(1, 5), boxes=1.5), "boxes"),
        (lambda: top_box(Scale(1, 5), boxes=True), "boxes"),
    ],
)
def test_an_argument_of_the_wrong_type_is_named(call, argument):
    with pytest.raises(TypeError, match=f"`{argument}`"):
        call()


@pytest.mark.parametrize("boxes", [1, 2, 3, 4])
def test_a_top_box_is_the_share_of_the_highest_ratings(boxes):
    metric = top_box(Scale(1, 5), boxes=boxes)
    assert metric.values == (0.0,) * (5 - boxes) + (100.0,) * boxes
    assert metric.category_names == ("other", "top")
    assert metric.name == f"top-{boxes}-box"
    assert metric.description == f"% of ratings {6 - boxes}-5"


@pytest.mark.parametrize("boxes", [0, 5, -1, 6])
def test_a_top_box_leaves_a_rating_on_either_side(boxes):
    with pytest.raises(ValueError, match=f"`boxes` must be between 1 and 4 on the scale 1-5; got {boxes}"):
        top_box(Scale(1, 5), boxes=boxes)


def test_a_mean_rating_is_in_rating_points_per_item():
    assert mean_rating(Scale(1, 7)).values == (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)
    metric = mean_rating(Scale(1, 3, items=2))
    assert metric.values == (1.0, 1.5, 2.0, 2.5, 3.0)
    assert metric.name == "mean"


def test_a_mean_score_runs_from_0_to_100():
    assert mean_score(Scale(1, 5)).values == (0.0, 25.0, 50.0, 75.0, 100.0)
    assert mean_score(Scale(-1, 1)).values == (0.0, 50.0, 100.0)
    metric = mean_score(Scale(0, 1, items=4), name="index")
    assert (metric.name, metric.bounds) == ("index", (0.0, 100.0))
    assert metric.description == "mean of 4 items on 0-1, stretched to 0-100"
