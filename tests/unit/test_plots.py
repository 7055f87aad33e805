"""Pictures of counts and results."""

import copy
import itertools
import warnings
from dataclasses import replace

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure

import npsstats as nps
from npsstats import Metric, RatingCounts, Scale, compare, estimate, plots
from npsstats.reporting.plots.drawing import INK, STYLES, THREE_COLOURS
from npsstats.results import format as write

METRICS = [
    nps.NPS, nps.NPS_1_TO_10, nps.NPS_CATEGORIES, nps.CSAT, nps.CSAT_MEAN, nps.CES, nps.CES_2, nps.CES_2_TOP_BOX,
    nps.NKI,
]  # fmt: skip


@pytest.fixture(autouse=True)
def no_window():
    matplotlib.use("agg")
    from matplotlib import pyplot

    pyplot.close("all")
    yield
    pyplot.close("all")


def open_figures():
    from matplotlib import pyplot

    return pyplot.get_fignums()


def categories(groups=("A", "B", "C")):
    return RatingCounts.from_categories(
        promoters=[40 + 5 * i for i in range(len(groups))], passives=35, detractors=20, groups=list(groups)
    )


def histograms(metric, size=2):
    table = np.arange(1, size * metric.scale.size + 1).reshape(size, -1)
    return RatingCounts.from_histogram(table, metric=metric, groups=[f"g{i}" for i in range(size)])


def drawings(counts):
    """Each kind of picture, as a function of the axes."""
    yield lambda ax=None: plots.forest(estimate(counts), ax=ax)
    yield lambda ax=None: plots.forest(compare(counts, reference="rest"), ax=ax)
    yield lambda ax=None: plots.density(nps.posterior(counts), ax=ax)
    yield lambda ax=None: plots.distribution(counts, ax=ax)


def row_names(ax):
    return [tick.get_text() for tick in ax.get_yticklabels()]


def bars(ax):
    """Left end, width and colour of each bar: {row: [(left, width, colour), ...]} from left to right."""
    rows = {}
    for patch in ax.patches:
        row = round(patch.get_y() + patch.get_height() / 2)
        rows.setdefault(row, []).append((patch.get_x(), patch.get_width(), patch.get_facecolor()))
    return {row: sorted(parts, key=lambda part: part[0]) for row, parts in rows.items()}


# ------------------------------------------------------------------------------------------- what all share


def test_a_picture_is_drawn_on_a_figure_of_its_own():
    for number, draw in enumerate(drawings(categories()), start=1):
        ax = draw()
        assert isinstance(ax, matplotlib.axes.Axes)
        assert len(open_figures()) == number
        assert ax.figure.number in open_figures()


def test_given_axes_are_drawn_on_and_returned():
    for draw in drawings(categories()):
        ax = Figure().subplots()
        assert draw(ax) is ax
        assert row_names(ax)
        assert open_figures() == []


def test_two_pictures_fit_beside_each_other():
    left, right = Figure(figsize=(12, 3)).subplots(1, 2)
    plots.forest(estimate(categories()), ax=left)
    plots.distribution(categories(), ax=right)
    assert row_names(left) == row_names(right) == ["A", "B", "C"]


def test_drawing_leaves_no_trace_in_the_settings():
    before = copy.deepcopy(dict(matplotlib.rcParams))
    for draw in drawings(categories(["$a_b$", "日本語", "c"])):
        draw()
    assert dict(matplotlib.rcParams) == before


def test_axes_are_keyword_only():
    with pytest.raises(TypeError, match="positional"):
        plots.forest(estimate(categories()), None)
    with pytest.raises(TypeError, match="positional"):
        plots.distribution(categories(), None)


def test_the_first_group_is_on_top():
    for draw in drawings(categories()):
        ax = draw()
        bottom, top = ax.get_ylim()
        assert bottom > top
        assert [name.split(" vs ")[0] for name in row_names(ax)] == ["A", "B", "C"]
        assert list(ax.get_yticks()) == [0, 1, 2]


def test_labels_are_shown_as_they_are():
    labels = [
        "$a_b$", "$10 & up$ 100%", "a_b^c", "\\frac{", "$\\alpha$", "<b>x</b>", "$", "%s", "two\nlines", "_x",
    ]  # fmt: skip
    for draw in drawings(categories(labels)):
        ax = draw()
        ax.figure.canvas.draw()
        assert [name.split(" vs ")[0] for name in row_names(ax)] == labels
        assert not any(tick.get_parse_math() for tick in ax.get_yticklabels())


def test_names_of_metrics_and_categories_are_shown_as_they_are():
    metric = Metric("$x_y$ ^{bad", Scale(0, 2), (0, 50, 100), categories=("$l_o$", "_middle", "hi\\gh"))
    counts = histograms(metric)
    for draw in drawings(counts):
        ax = draw()
        ax.figure.canvas.draw()
        assert not ax.xaxis.label.get_parse_math()
    legend = ax.get_legend().get_texts()
    assert [text.get_text() for text in legend] == ["$l_o$", "_middle", "hi\\gh"]
    assert not any(text.get_parse_math() for text in legend)


@pytest.mark.parametrize("size", [2, 30])
def test_figures_grow_with_the_groups(size):
    heights = []
    for draw in drawings(categories([f"g{i}" for i in range(size)])):
        ax = draw()
        ax.figure.canvas.draw()
        heights.append(ax.figure.get_size_inches()[1])
    assert all(height > 0.3 * size for height in heights)


@pytest.mark.parametrize("metric", [nps.NPS, nps.CSAT_MEAN, nps.CES_2, nps.NKI], ids=lambda metric: metric.name)
def test_every_metric_can_be_drawn(metric):
    for draw in drawings(histograms(metric)):
        ax = draw()
        ax.figure.canvas.draw()  # a warning of the layout fails the test
        assert ax.get_position().width > 0.1


@pytest.mark.parametrize("length", [40, 80, 150])
def test_long_labels_leave_room_for_the_picture(length):
    for draw in drawings(categories(["An option of a survey, spelled out in full. "[:40] * (length // 40), "b"])):
        ax = draw()
        ax.figure.canvas.draw()
        assert ax.get_position().width > 0.1


@pytest.mark.parametrize(
    "labels",
    [
        ["San Francisco International Airport, Terminal 1", "San Francisco International Airport, Terminal 2"],
        ["Terminal 1 of San Francisco International Airport", "Terminal 2 of San Francisco International Airport"],
    ],
)
def test_shortened_labels_can_still_be_told_apart(labels):
    for draw in drawings(categories(labels)):
        names = row_names(draw())
        assert len(set(names)) == 2


# ---------------------------------------------------------------------------------------------------- forest


def limits_drawn(ax):
    (lines,) = [each for each in ax.collections if len(each.get_segments()) == len(ax.get_yticks())]
    return [(segment[0][0], segment[1][0], segment[0][1]) for segment in lines.get_segments()]


@pytest.mark.parametrize(
    "make", [estimate, lambda counts: compare(counts, reference="rest")], ids=["scores", "differences"]
)
def test_a_forest_shows_value_and_interval_of_each_row(make):
    result = make(categories())
    ax = plots.forest(result)
    value = getattr(result, "difference", result.score)
    np.testing.assert_allclose(
        limits_drawn(ax), np.column_stack([result.low, result.high, range(len(result))]), atol=1e-12
    )
    points = [line for line in ax.lines if line.get_marker() == "o"]
    drawn = {y: x for line in points for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)}
    np.testing.assert_allclose([drawn[row] for row in range(len(result))], value)
    assert sum(len(line.get_xdata()) for line in points) == len(result)
    signed = hasattr(result, "difference")
    assert [text.get_text() for text in ax.texts] == [
        f"{write.number(v, 1, signed=signed)}  [{write.interval(low, high, 1)}]"
        for v, low, high in zip(value, result.low, result.high, strict=True)
    ]


def test_a_forest_says_what_it_shows():
    ax = plots.forest(estimate(categories(), confidence_level=0.9))
    assert ax.get_xlabel() == "NPS with 90 % interval"
    assert row_names(ax) == ["A", "B", "C"]
    ax = plots.forest(compare(categories(), reference="A"))
    assert ax.get_xlabel().splitlines() == [
        "difference of NPS with 95 % interval",
        "filled point: detected, p adjusted by Holm's method",
    ]
    assert row_names(ax) == ["B vs A", "C vs A"]
    ax = plots.forest(compare(categories(), reference=10))
    assert row_names(ax) == ["A vs 10.0", "B vs 10.0", "C vs 10.0"]
    ax = plots.forest(estimate(categories().pool()))
    assert row_names(ax) == ["all"]
    ax = plots.forest(compare(categories().pool(), reference=10))
    assert row_names(ax) == ["all vs 10.0"]
    ax = plots.forest(estimate(categories([None, "b"]).with_group("year", 2024)))
    assert row_names(ax) == ["(none), 2024", "b, 2024"]


def test_differences_have_a_line_at_zero_and_scores_have_none():
    def lines_at_zero(ax):
        return [line for line in ax.lines if list(line.get_xdata()) == [0, 0]]

    assert len(lines_at_zero(plots.forest(compare(categories(), reference="A")))) == 1
    assert lines_at_zero(plots.forest(estimate(categories()))) == []


@pytest.mark.parametrize("result", [pd.DataFrame({"a": [1]}), None, "x", categories()], ids=lambda x: type(x).__name__)
def test_a_forest_is_of_results(result):
    with pytest.raises(TypeError, match=f"`result` must be Estimates or Differences; got {type(result).__name__}"):
        plots.forest(result)
    assert open_figures() == []


def filled(ax):
    """The rows whose points are filled."""
    return {
        row
        for line in ax.lines
        if line.get_marker() == "o" and line.get_markerfacecolor() != "white"
        for row in line.get_ydata()
    }


def test_the_points_of_detected_differences_are_filled():
    counts = RatingCounts.from_categories(
        promoters=[40, 64, 42, 80], passives=35, detractors=[20, 15, 20, 5], groups=list("ABCD")
    )
    result = compare(counts, reference="A")
    assert list(result.detected) == [False, False, True]
    assert filled(plots.forest(result)) == {2}
    # Below 5 % before the adjustment for the number of differences only.
    assert filled(plots.forest(compare(counts, reference="A", adjustment="none"))) == {0, 2}
    assert filled(plots.forest(estimate(counts))) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("adjustment", "lines"),
    [
        ("holm", ["difference of NPS with 95 % interval", "filled point: detected, p adjusted by Holm's method"]),
        ("none", ["difference of NPS with 95 % interval", "filled point: detected, p not adjusted"]),
        ("max-z", ["difference of NPS with simultaneous 95 % interval", "filled point: detected"]),
    ],
)
def test_a_forest_of_differences_says_what_holds_for_all_of_them(adjustment, lines):
    ax = plots.forest(compare(categories(), reference="A", adjustment=adjustment))
    assert ax.get_xlabel().splitlines() == lines
    # For one difference there is nothing to adjust.
    ax = plots.forest(compare(categories("AB"), reference="A", adjustment=adjustment))
    assert ax.get_xlabel().splitlines() == ["difference of NPS with 95 % interval", "filled point: detected"]


def test_the_hypothesis_is_drawn_where_it_is_not_0():
    ax = plots.forest(compare(categories(), reference="A", null_difference=-3))
    (dashed,) = [line for line in ax.lines if line.get_linestyle() == "--"]
    assert list(dashed.get_xdata()) == [-3, -3]
    assert ax.get_xlabel().endswith("; dashed: the hypothesis, −3.0")


@pytest.mark.parametrize(("alternative", "word", "marker"), [("greater", "at least", ">"), ("less", "at most", "<")])
def test_an_interval_with_one_limit_ends_in_an_arrow(alternative, word, marker):
    for result in (
        estimate(categories(), alternative=alternative),
        compare(categories(), reference="A", alternative=alternative),
    ):
        ax = plots.forest(result)
        limit = result.low if alternative == "greater" else result.high
        drawn = limits_drawn(ax)
        np.testing.assert_allclose([row[0 if alternative == "greater" else 1] for row in drawn], limit)
        # The end of the scale would make the picture unreadable.
        assert max(abs(end) for row in drawn for end in row[:2]) < 90
        (arrows,) = [line for line in ax.lines if line.get_marker() == marker]
        assert sorted(arrows.get_xdata()) == sorted(row[1 if alternative == "greater" else 0] for row in drawn)
        assert all(word in text.get_text() for text in ax.texts)
        assert ax.get_xlabel().splitlines()[0].endswith("95 % limit")


# -------------------------------------------------------------------------------------------- trend, changes


def months(size=12, *, promoters=None, start=2024, by="month"):
    labels = [f"{start + i // 12}-{i % 12 + 1:02d}" for i in range(size)]
    return RatingCounts.from_categories(
        promoters=[40 + 3 * i for i in range(size)] if promoters is None else promoters,
        passives=60,
        detractors=[30 + (7 * i) % 11 for i in range(size)],
        groups=labels,
        by=by,
    )


def stores(size=2):
    parts = [
        replace(
            months(promoters=[40 + (store + 1) * i for i in range(12)]),
            by=("store", "month"),
            labels=tuple((f"$s_{store}$", label) for (label,) in months().labels),
        )
        for store in range(size)
    ]
    return sum(parts[1:], parts[0])


def lines_of(ax, *, markers):
    """The lines with markers, or those without."""
    return [
        line for line in ax.lines if line.get_marker() != "|" and (line.get_marker() not in ("None", "")) == markers
    ]


def bands(ax):
    return [patch for patch in ax.collections if hasattr(patch, "get_paths") and len(patch.get_facecolor())]


def test_a_trend_shows_scores_line_and_band():
    line = nps.trend(months())
    ax = plots.trend(line)
    ((points,), (fitted,)) = lines_of(ax, markers=True), lines_of(ax, markers=False)
    np.testing.assert_allclose(points.get_ydata(), line.period_score)
    np.testing.assert_allclose(fitted.get_ydata(), line.period_fitted)
    # Months stand at equal distances, a twelfth of a year.
    np.testing.assert_allclose(np.diff(points.get_xdata()), 1 / 12, atol=1e-9)
    (band,) = ax.collections
    corners = band.get_paths()[0].vertices
    assert corners[:, 1].min() == pytest.approx(line.period_low.min())
    assert corners[:, 1].max() == pytest.approx(line.period_high.max())
    assert ax.get_ylabel() == "NPS"
    assert ax.get_xlabel() == "month\nline: straight trend; band: its 95 % interval"
    assert ax.get_legend() is None


def test_pictures_of_series_flows_and_plans_share_what_all_share():
    settings = copy.deepcopy(dict(matplotlib.rcParams))
    found = nps.find_changes(jump(), rng=1, n_resamples=99)
    draws = [
        (plots.trend, nps.trend(months())),
        (plots.changes, found),
        (plots.flows, nps.transitions(pairs())),
        (plots.power_curve, nps.sample_size(SHARES, difference=[5, 10])),
    ]
    for number, (draw, result) in enumerate(draws, start=1):
        given = Figure().subplots()
        assert draw(result, ax=given) is given
        assert len(open_figures()) == number - 1
        own = draw(result)
        own.figure.canvas.draw()
        assert own.figure.number in open_figures()
        assert own.get_position().width > 0.5
        with pytest.raises(TypeError, match="positional"):
            draw(result, given)
    assert dict(matplotlib.rcParams) == settings


def test_gaps_between_periods_are_as_wide_as_they_are_long():
    counts = months().select(*months().groups[:5], "2024-11", "2024-12")
    (points,) = lines_of(plots.trend(nps.trend(counts)), markers=True)
    assert np.diff(points.get_xdata())[4] == pytest.approx(0.5)


def test_a_trend_may_show_the_intervals_of_the_scores():
    scores = estimate(months(), confidence_level=0.9)
    ax = plots.trend(nps.trend(months()), scores=scores)
    (bars_drawn,) = [each for each in ax.collections if hasattr(each, "get_segments")]
    segments = bars_drawn.get_segments()
    np.testing.assert_allclose(
        [[low[1], high[1]] for low, high in segments], np.column_stack([scores.low, scores.high])
    )
    assert ax.get_xlabel().endswith("; bars: 90 % intervals of the scores")
    with pytest.raises(ValueError, match=r"`scores` must be those of the same counts, .*; there is none of 2024-12"):
        plots.trend(nps.trend(months()), scores=estimate(months(11)))
    with pytest.raises(TypeError, match="`scores` must be Estimates; got RatingCounts"):
        plots.trend(nps.trend(months()), scores=months())


@pytest.mark.parametrize("alternative", ["less", "greater"])
def test_a_one_sided_trend_has_a_limit_and_no_band(alternative):
    line = nps.trend(months(), alternative=alternative, season=1)
    ax = plots.trend(line)
    assert len(ax.collections) == 0
    _, limit = lines_of(ax, markers=False)
    np.testing.assert_allclose(limit.get_ydata(), line.period_low if alternative == "greater" else line.period_high)
    assert "thin line: its 95 % limit" in ax.get_xlabel()
    assert "1 harmonic of the year" in ax.get_xlabel()


def test_periods_without_readable_labels_stand_in_their_order():
    counts = replace(months(5), labels=tuple((name,) for name in "abcde"))
    ax = plots.trend(nps.trend(counts, times=[2020, 2021, 2022, 2023, 2024]))
    (points,) = lines_of(ax, markers=True)
    assert list(points.get_xdata()) == [0, 1, 2, 3, 4]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == list("abcde")


def test_series_are_told_apart_without_colours():
    draw = [
        lambda: plots.trend(nps.trend(stores(6))),
        lambda: plots.changes(nps.find_changes(stores(6), rng=1, n_resamples=99), scores=estimate(stores(6))),
    ]
    for ax in (each() for each in draw):
        handles = ax.get_legend().legend_handles
        assert len({(line.get_marker(), str(line._unscaled_dash_pattern)) for line in handles}) == 6
        assert len({line.get_marker() for line in handles}) == 6
        assert [text.get_text() for text in ax.get_legend().get_texts()] == [f"$s_{i}$" for i in range(6)]
        assert not any(text.get_parse_math() for text in ax.get_legend().get_texts())
        assert [line.get_color() for line in handles] == [style[0] for style in STYLES]


def test_more_series_than_can_be_told_apart_are_refused():
    for draw in (
        lambda: plots.trend(nps.trend(stores(7))),
        lambda: plots.changes(nps.find_changes(stores(7), rng=1, n_resamples=99)),
    ):
        with pytest.raises(ValueError, match="must have at most 6 lines to be told apart; got 7"):
            draw()
    assert open_figures() == []


def test_the_names_below_a_series_do_not_touch():
    for size in (4, 30, 200):
        ax = plots.trend(nps.trend(months(size)))
        ax.figure.canvas.draw()
        boxes = sorted((tick.get_window_extent() for tick in ax.get_xticklabels()), key=lambda box: box.x0)
        assert all(right.x0 > left.x1 for left, right in itertools.pairwise(boxes))
        assert 2 <= len(boxes) <= 9


def jump():
    return months(promoters=[30] * 6 + [80] * 6)


def test_changes_are_steps_with_the_interval_of_their_place():
    found = nps.find_changes(jump(), rng=1, n_resamples=99)
    assert found.labels == (("2024-07",),)
    ax = plots.changes(found, scores=estimate(jump()))
    (points,) = [line for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(points.get_ydata(), estimate(jump()).score)
    (steps,) = lines_of(ax, markers=False)
    before, after = found.score_before[0], found.score_after[0]
    np.testing.assert_allclose(steps.get_ydata(), [before, before, after, after])
    # From half a month before the first one to half a month after the last one; the step before July.
    left = points.get_xdata()[0] - 1 / 24
    np.testing.assert_allclose(steps.get_xdata() - left, [0, 0.5, 0.5, 1], atol=1e-9)
    (ends,) = [line for line in ax.lines if line.get_marker() == "|"]
    middle = (before + after) / 2
    np.testing.assert_allclose(ends.get_ydata(), [middle, middle])
    places = {month: left + (int(month[-2:]) - 1) / 12 for month in (found.earliest[0], found.latest[0])}
    np.testing.assert_allclose(ends.get_xdata(), [places[found.earliest[0]], places[found.latest[0]]], atol=1e-9)
    assert ends.get_color() == INK
    assert ax.get_xlabel() == "month\nline: level; bar: 95 % interval of the place"


def test_without_scores_the_levels_end_in_the_open():
    found = nps.find_changes(jump(), rng=1, n_resamples=99)
    (steps,) = lines_of(plots.changes(found), markers=False)
    # Some months on both sides of the change.
    assert np.diff(steps.get_xdata())[[0, 2]].min() >= 3 / 12
    unreadable = replace(jump(), labels=tuple((name,) for name in "abcdefghijkl"))
    found = nps.find_changes(unreadable, times=range(12), rng=1, n_resamples=99)
    with pytest.raises(ValueError, match=r"cannot be read as periods, .*; pass `scores`"):
        plots.changes(found)
    assert plots.changes(found, scores=estimate(unreadable)).get_ylabel() == "NPS"


def test_without_a_change_there_is_one_level():
    counts = months(promoters=[50] * 12)
    found = nps.find_changes(counts, rng=1, n_resamples=99, penalty=1e6)
    with pytest.raises(ValueError, match="there is no change to draw; pass `scores`"):
        plots.changes(found)
    ax = plots.changes(found, scores=estimate(counts))
    (steps,) = lines_of(ax, markers=False)
    np.testing.assert_allclose(steps.get_ydata(), estimate(counts.pool()).score[[0, 0]])
    assert ax.get_xlabel() == "month\nline: level; no change detected"


def test_changes_need_the_scores_of_the_same_counts():
    found = nps.find_changes(jump(), rng=1, n_resamples=99)
    with pytest.raises(ValueError, match="`scores` must be those of the same counts"):
        plots.changes(found, scores=estimate(months(3)))
    with pytest.raises(TypeError, match="`scores` must be Estimates; got list"):
        plots.changes(found, scores=[1])
    with pytest.raises(TypeError, match="`changes` must be Changes; got RatingCounts"):
        plots.changes(jump())
    with pytest.raises(TypeError, match="`trend` must be Trend; got Estimates"):
        plots.trend(estimate(jump()))


# ------------------------------------------------------------------------------------------------------ flows


def pairs(**more):
    return nps.PairedCounts.from_table(
        [[12, 5, 3], [4, 30, 9], [1, 6, 30]], **{"first": "$a_b$", "second": "autumn", **more}
    )


def test_flows_stand_where_the_table_has_them():
    moved = nps.transitions(pairs())
    ax = plots.flows(moved)
    names = ["detractor", "passive", "promoter"]
    assert row_names(ax) == [tick.get_text() for tick in ax.get_xticklabels()] == names
    bottom, top = ax.get_ylim()
    assert bottom > top
    for i, text in enumerate(ax.texts):
        column, row = text.get_position()
        assert (names[int(row)], names[int(column)]) == (moved.origin[i], moved.destination[i])
        lines = [f"{moved.n[i]}", f"{moved.share[i]:.1f} %"]
        assert text.get_text().splitlines()[:2] == lines
    # What each flow adds to the change; those who stay add nothing.
    assert [text.get_text().splitlines()[2:] for text in ax.texts] == [
        [], ["+5.0"], ["+6.0"], ["−4.0"], [], ["+9.0"], ["−2.0"], ["−6.0"], [],
    ]  # fmt: skip
    assert ax.get_title(loc="left") == "NPS +8.0, n = 100"
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("$a_b$", "autumn\nrespondents, % of all, points")
    assert not ax.yaxis.label.get_parse_math()


def test_moves_up_and_down_differ_in_colour_and_crowded_flows_are_darker():
    ax = plots.flows(nps.transitions(pairs()))
    cells = {(round(p.get_y() + 0.5), round(p.get_x() + 0.5)): p.get_facecolor()[:3] for p in ax.patches}
    for row, column in cells:
        red, _, blue = cells[row, column]
        if row != column:
            assert (blue > red) == (column > row)
    assert luminance(cells[1, 1]) < luminance(cells[0, 0]) < 1
    assert luminance(cells[1, 2]) < luminance(cells[0, 1]) < luminance(cells[0, 2])
    for text in ax.texts:
        column, row = text.get_position()
        light, dark = sorted((luminance(text.get_color()), luminance(cells[int(row), int(column)])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3


def test_one_group_of_flows_is_drawn():
    several = nps.PairedCounts.from_table(
        [[[12, 5, 3], [4, 30, 9], [1, 6, 30]], [[1, 0, 0], [0, 2, 0], [3, 0, 4]]], groups=["Berlin", "Paris"], by="city"
    )
    moved = nps.transitions(several)
    assert plots.flows(moved, group="Paris").get_title(loc="left") == "Paris: NPS −60.0, n = 10"
    for group in (None, "Rome"):
        with pytest.raises(ValueError, match=f"`group` must be one of the groups 'Berlin', 'Paris'; got {group!r}"):
            plots.flows(moved, group=group)
    with pytest.raises(ValueError, match="`group` must be left out: there is one group, without a label; got 'Paris'"):
        plots.flows(nps.transitions(pairs()), group="Paris")
    with pytest.raises(TypeError, match="`transitions` must be Transitions; got PairedCounts"):
        plots.flows(several)
    assert len(open_figures()) == 1


def test_flows_between_many_levels_are_numbers():
    table = np.arange(121).reshape(11, 11)
    moved = nps.transitions(nps.PairedCounts.from_table(table, metric=nps.mean_rating(Scale(0, 10))))
    ax = plots.flows(moved)
    ax.figure.canvas.draw()
    assert [text.get_text() for text in ax.texts] == [f"{k}" for k in range(121)]
    assert ax.get_xlabel().endswith("\nrespondents")


def test_two_levels_make_four_flows():
    moved = nps.transitions(nps.PairedCounts.from_table([[5, 3], [2, 0]], metric=nps.top_box(Scale(0, 1), boxes=1)))
    ax = plots.flows(moved)
    assert [text.get_text().splitlines()[0] for text in ax.texts] == ["5", "3", "2", "0"]


# ------------------------------------------------------------------------------------------------- power curve

SHARES = [0.2, 0.4, 0.4]


def legend_texts(ax):
    return [] if ax.get_legend() is None else [text.get_text() for text in ax.get_legend().get_texts()]


def curves(ax):
    return [line for line in ax.lines if not (len(line.get_xdata()) == 2 and list(line.get_xdata()) == [0, 1])]


def test_power_is_drawn_against_the_respondents():
    n = np.arange(100, 1001, 100)
    plan = nps.power(SHARES, n=n, difference=[[5], [10]])
    ax = plots.power_curve(plan)
    assert legend_texts(ax) == ["difference 5", "difference 10"]
    for line, power in zip(curves(ax), plan.power.reshape(2, -1), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), n)
        np.testing.assert_allclose(line.get_ydata(), 100 * power)
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("power, %", "respondents per wave")
    (usual,) = [line for line in ax.lines if line not in curves(ax)]
    assert list(usual.get_ydata()) == [80, 80]


@pytest.mark.parametrize(
    ("plan", "label", "column", "lines"),
    [
        (
            lambda: nps.detectable_difference(SHARES, n=[400, 100, 200], power=[[0.8], [0.9]]),
            "detected difference of NPS", "difference", ["power 80 %", "power 90 %"],
        ),
        (
            lambda: nps.detectable_difference(SHARES, n=[400, 100], alternative="less"),
            "detected difference of NPS", "difference", [],
        ),
        (
            lambda: nps.sample_size(SHARES, difference=[5, 10], design="paired", correlation=[[0.3], [0.5]]),
            "difference of NPS", "difference", ["correlation 0.3", "correlation 0.5"],
        ),
        (lambda: nps.sample_size(SHARES, width=[5, 10]), "width of the interval of NPS", "width", []),
        (lambda: nps.sample_size(SHARES, margin=[5, 10]), "margin of NPS", "margin", []),
        (
            lambda: nps.sample_size(SHARES, margin=[5, 10], difference=[[0], [1]]),
            "margin of NPS", "margin", ["difference 0", "difference 1"],
        ),
    ],
)  # fmt: skip
def test_what_is_found_is_drawn_against_the_respondents(plan, label, column, lines):
    made = plan()
    ax = plots.power_curve(made)
    assert ax.get_ylabel() == label
    assert legend_texts(ax) == lines
    drawn = sorted((x, y) for line in ax.lines for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True))
    np.testing.assert_allclose(drawn, sorted(zip(made.n, abs(getattr(made, column)), strict=True)))
    for line in ax.lines:
        assert (np.diff(line.get_xdata()) > 0).all()
    assert ax.get_ylim()[0] == 0


def test_respondents_are_whole_numbers():
    few, many = nps.power(SHARES, n=30, difference=40), nps.power(SHARES, n=[30, 30_000], difference=4)
    for plan, scale in ((few, "linear"), (many, "log")):
        ax = plots.power_curve(plan)
        ax.figure.canvas.draw()
        assert ax.get_xscale() == scale
        shown = [tick.get_text() for tick in ax.get_xticklabels()]
        assert len(set(shown)) == len(shown)
        boxes = [tick.get_window_extent() for tick in ax.get_xticklabels() if tick.get_text()]
        inside = sorted((box for box in boxes if ax.bbox.x0 <= box.x0 <= ax.bbox.x1), key=lambda box: box.x0)
        assert all(right.x0 > left.x1 for left, right in itertools.pairwise(inside))


def test_a_curve_names_whose_respondents_they_are():
    def whose(plan):
        return plots.power_curve(plan).get_xlabel()

    assert whose(nps.sample_size(SHARES, width=10)) == "respondents"
    assert whose(nps.power(SHARES, n=[50, 90], difference=9, ratio=2)) == "respondents of the group"
    paired = nps.power(SHARES, n=[50, 90], difference=9, design="paired", correlation=0.5)
    assert whose(paired) == "respondents who rate in both waves"


def test_a_curve_is_of_a_plan_with_few_lines():
    with pytest.raises(TypeError, match="`plan` must be Plan; got list"):
        plots.power_curve(SHARES)
    with pytest.raises(ValueError, match="`plan` must have at most 6 lines to be told apart; got 7"):
        plots.power_curve(nps.power(SHARES, n=[50, 90], difference=[[k] for k in range(1, 8)]))
    assert open_figures() == []


# ---------------------------------------------------------------------------------------------------- density


def test_a_density_has_its_peak_at_the_mode_and_its_interval_below():
    counts = categories(["A", "B"])
    posterior = nps.posterior(counts)
    ax = plots.density(posterior)
    low, high = posterior.interval()
    for row, segments in enumerate(ax.collections[1::2]):
        ((left, y), (right, _)) = segments.get_segments()[0]
        np.testing.assert_allclose([left, right], [low[row], high[row]])
        assert y > row
    curves = [line for line in ax.lines if len(line.get_xdata()) > 100]
    for row, curve in enumerate(curves):
        x, y = curve.get_xdata(), curve.get_ydata()
        # The axis points down: the higher the density, the lower y. Mode and mean of a hundred answers are close.
        assert abs(x[np.argmin(y)] - posterior.mean[row]) < 2
        assert y.max() <= row
        assert y.min() >= row - 0.8 - 1e-9
    # Ridges of the same area: the narrower, the higher.
    areas = [np.trapezoid(row - curve.get_ydata(), curve.get_xdata()) for row, curve in enumerate(curves)]
    np.testing.assert_allclose(areas[0], areas[1], rtol=1e-3)


def test_densities_without_bound_and_without_spread_can_be_drawn():
    counts = RatingCounts.from_categories(promoters=[1, 5], passives=[0, 0], detractors=[0, 0], groups=["A", "B"])
    for prior in ("jeffreys", "uniform", "haldane"):
        ax = plots.density(nps.posterior(counts, prior=prior))
        ax.figure.canvas.draw()
        assert row_names(ax) == ["A", "B"]
        assert all(np.isfinite(line.get_ydata()).all() for line in ax.lines)


def test_densities_of_differences_name_both_groups_and_have_a_line_at_zero():
    difference = nps.posterior_difference(nps.posterior(categories(["A", "B"])), reference="A")
    ax = plots.density(difference)
    assert row_names(ax) == ["B vs A"]
    assert "difference of NPS" in ax.get_xlabel()
    assert [0, 0] in [list(line.get_xdata()) for line in ax.lines]


@pytest.mark.parametrize("result", [None, "x", categories()], ids=lambda x: type(x).__name__)
def test_a_density_is_of_a_posterior(result):
    with pytest.raises(TypeError, match=f"must be a Posterior or PosteriorDifference; got {type(result).__name__}"):
        plots.density(result)
    assert open_figures() == []


# ----------------------------------------------------------------------------------------------- distribution


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: f"{metric.name} {metric.scale}")
def test_the_bars_of_a_group_add_up_to_100(metric):
    counts = histograms(metric, size=3)
    ax = plots.distribution(counts, ax=Figure(figsize=(9, 9)).subplots())
    names = metric.category_names
    for row, parts in bars(ax).items():
        expected = [
            100 * sum(n for n, name in zip(counts.counts[row], metric.categories, strict=True) if name == category)
            / counts.n[row]
            for category in names
        ]  # fmt: skip
        np.testing.assert_allclose([width for _, width, _ in parts], expected, atol=1e-9)
        assert sum(width for _, width, _ in parts) == pytest.approx(100, abs=1e-9)
        # They stand side by side, the middle category, or the middle of them all, on zero.
        ends = [left + width for left, width, _ in parts]
        np.testing.assert_allclose([left for left, *_ in parts[1:]], ends[:-1], atol=1e-9)
        if len(names) % 2:
            left, width, _ = parts[len(names) // 2]
            assert left + width / 2 == pytest.approx(0, abs=1e-9)
        else:
            assert parts[len(names) // 2][0] == pytest.approx(0, abs=1e-9)


def test_the_middle_of_a_bar_is_half_the_score():
    # The bar reaches from -(detractors + passives / 2) to promoters + passives / 2.
    counts = categories()
    ax = plots.distribution(counts)
    for row, score in enumerate(estimate(counts).score):
        parts = bars(ax)[row]
        assert parts[0][0] + 50 == pytest.approx(score / 2, abs=1e-9)


def test_shares_are_written_into_bars_that_are_wide_enough():
    counts = RatingCounts.from_categories(
        promoters=[900, 333], passives=[50, 333], detractors=[50, 334], groups=["A", "B"]
    )
    texts = plots.distribution(counts).texts
    assert [(text.get_position()[1], text.get_text()) for text in texts] == [
        (1, "33 %"),
        (1, "33 %"),
        (0, "90 %"),
        (1, "33 %"),
    ]


def test_the_colours_are_those_of_the_categories():
    ax = plots.distribution(categories())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["detractor", "passive", "promoter"]
    colours = [colour for *_, colour in bars(ax)[0]]
    assert colours == [to_rgba(colour) for colour in THREE_COLOURS]
    assert [colour for *_, colour in bars(ax)[1]] == colours
    two = plots.distribution(histograms(nps.CSAT))
    assert [text.get_text() for text in two.get_legend().get_texts()] == ["other", "top"]
    assert [colour for *_, colour in bars(two)[0]] == [to_rgba(colour) for colour in THREE_COLOURS[1:]]


def luminance(colour):
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot(channels, (0.2126, 0.7152, 0.0722)))


def test_the_categories_differ_in_lightness():
    # Also for who sees no colours: neighbours have a contrast of 2 at least (WCAG's ratio).
    low, middle, high = map(luminance, THREE_COLOURS)
    assert (middle + 0.05) / (low + 0.05) > 2
    assert (middle + 0.05) / (high + 0.05) > 2


@pytest.mark.parametrize("metric", [nps.NPS, nps.CSAT, nps.CES_2, nps.CSAT_MEAN], ids=lambda metric: metric.name)
def test_shares_are_readable_on_their_colour(metric):
    ax = plots.distribution(histograms(metric))
    for text in ax.texts:
        x, y = text.get_position()
        (under,) = [colour for left, width, colour in bars(ax)[round(y)] if left < x < left + width]
        light, dark = sorted((luminance(text.get_color()), luminance(under)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3


def test_many_categories_have_a_legend_from_high_to_low_beside_the_bars():
    metric = nps.mean_rating(Scale(0, 10))
    ax = plots.distribution(histograms(metric))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [str(k) for k in range(10, -1, -1)]


def test_a_group_without_ratings_has_no_distribution():
    counts = RatingCounts.from_categories(promoters=[5, 0], passives=0, detractors=0, groups=["A", "B"])
    with pytest.raises(ValueError, match=r"`counts` must have a rating in each group; .* `counts.answered\(\)`"):
        plots.distribution(counts)
    assert row_names(plots.distribution(counts.answered())) == ["A"]


@pytest.mark.parametrize(
    "counts", [pd.DataFrame({"a": [1]}), None, estimate(categories())], ids=lambda x: type(x).__name__
)
def test_a_distribution_is_of_counts(counts):
    with pytest.raises(TypeError, match=f"`counts` must be RatingCounts or SurveyCounts; got {type(counts).__name__}"):
        plots.distribution(counts)
    assert open_figures() == []


def test_a_distribution_of_a_survey_shows_weighted_shares():
    rows = pd.DataFrame({"r": [10, 9, 8, 3, 10, 2], "w": [1, 1, 4, 2, 3, 1], "wave": [1, 1, 1, 1, 2, 2]})
    ax = plots.distribution(nps.tabulate_survey(rows, "r", by="wave", weight="w"))
    widths = [[bar.get_width() for bar in bars] for bars in ax.containers]
    # Of weight 8 in the first wave and 4 in the second.
    np.testing.assert_allclose(widths, [[25, 25], [50, 0], [25, 75]], rtol=1e-12)
    assert ax.get_xlabel() == "% of respondents with a rating, weighted"


def test_a_survey_without_weights_is_drawn_like_simple_counts():
    rows = pd.DataFrame({"r": [10, 9, 8, 3, 10, 2], "school": [1, 1, 2, 2, 3, 3], "wave": [1, 1, 1, 2, 2, 2]})
    drawn = [
        plots.distribution(nps.tabulate_survey(rows, "r", by="wave", cluster="school")),
        plots.distribution(nps.tabulate(rows, rating="r", by="wave")),
    ]
    np.testing.assert_allclose(*([bar.get_bbox().bounds for bar in ax.patches] for ax in drawn), rtol=1e-12)
    assert [ax.get_xlabel() for ax in drawn] == ["% of respondents with a rating"] * 2


@pytest.mark.parametrize(
    "draw", [plots.forest, plots.density, plots.trend, plots.changes, plots.power_curve, plots.flows]
)
def test_pictures_of_results_say_what_they_need_in_place_of_a_survey(draw):
    rows = pd.DataFrame({"r": [10, 9, 8, 3], "w": [1, 1, 4, 2]})
    with pytest.raises(TypeError, match=r"must be .*; got SurveyCounts"):
        draw(nps.tabulate_survey(rows, "r", weight="w"))
    assert open_figures() == []


def test_counts_and_results_are_not_changed_by_drawing():
    counts = categories()
    before = counts.counts.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plots.distribution(counts)
    np.testing.assert_array_equal(counts.counts, before)
