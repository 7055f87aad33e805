"""The picture of the detractor weights at which groups tie."""

import dataclasses

import matplotlib as mpl
import numpy as np
import pytest

import npsstats as nps

mpl.use("agg")


def lines(axes):
    """The sets that are drawn, by row: (row, from, to)."""
    return [
        (path[0, 1], path[0, 0], path[-1, 0])
        for collection in axes.collections
        for path in [segment.vertices for segment in collection.get_paths()]
    ]


def counts(*groups):
    table = np.array(groups)
    return nps.RatingCounts.from_categories(
        promoters=table[:, 0], passives=table[:, 1], detractors=table[:, 2], groups=list("ABCD"[: len(table)])
    )


def test_a_bounded_set_is_a_line_around_the_tie():
    flips = nps.score_flips(counts([300, 600, 100], [200, 800, 0]), reference="B")
    axes = nps.plots.score_flips(flips)
    ((row, low, high),) = lines(axes)
    assert (row, low, high) == pytest.approx((0, flips.tie_low[0], flips.tie_high[0]))
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["group ahead", "reference ahead", f"1.00  [{flips.weights_text(0)}]"]
    assert axes.get_xlim() == (0.1, 10.0)


def test_sets_that_go_on_end_in_arrows_and_sets_below_zero_are_not_drawn():
    # All weights; none above 0.
    flips = nps.score_flips(counts([300, 600, 100], [310, 580, 110], [600, 350, 50]), reference="A")
    axes = nps.plots.score_flips(flips)
    assert flips.tie_set[0] == "all"
    drawn = lines(axes)
    assert (0, 0.1, 10.0) in drawn
    arrows = [line.get_marker() for line in axes.lines if line.get_marker() in ("<", ">") and line.get_ydata()[0] == 0]
    assert sorted(arrows) == ["<", ">"]
    none = [i for i in range(2) if flips.weights_text(i) == "none"]
    assert none == [1]
    assert not [row for row, *_ in drawn if row in none]


def test_weights_beside_the_picture_are_told_by_an_arrow():
    # Up to a small weight, and from a large one on.
    flips = nps.score_flips(counts([200, 700, 100], [300, 600, 100]), reference="A")
    flips = dataclasses.replace(flips, tie_set=("outside",), tie_low=np.array([0.06]), tie_high=np.array([12.0]))
    axes = nps.plots.score_flips(flips)
    assert lines(axes) == []
    assert sorted(line.get_marker() for line in axes.lines if line.get_marker() in ("<", ">")) == ["<", ">"]


def test_other_answers_are_refused():
    with pytest.raises(TypeError, match="ScoreFlips"):
        nps.plots.score_flips([1, 2])
