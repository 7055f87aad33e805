"""Pictures of counts and results."""

import copy
import warnings

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure

import npsstats as nps
from npsstats import Metric, RatingCounts, Scale, compare, estimate, plots
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
    (points,) = [line for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(points.get_xdata(), value)
    np.testing.assert_allclose(points.get_ydata(), range(len(result)))
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
    assert ax.get_xlabel() == "difference of NPS with 95 % interval"
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
    assert colours == [to_rgba(colour) for colour in plots.THREE_COLOURS]
    assert [colour for *_, colour in bars(ax)[1]] == colours
    two = plots.distribution(histograms(nps.CSAT))
    assert [text.get_text() for text in two.get_legend().get_texts()] == ["other", "top"]
    assert [colour for *_, colour in bars(two)[0]] == [to_rgba(colour) for colour in plots.THREE_COLOURS[1:]]


def luminance(colour):
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot(channels, (0.2126, 0.7152, 0.0722)))


def test_the_categories_differ_in_lightness():
    # Also for who sees no colours: neighbours have a contrast of 2 at least (WCAG's ratio).
    low, middle, high = map(luminance, plots.THREE_COLOURS)
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
    with pytest.raises(TypeError, match=f"`counts` must be RatingCounts; got {type(counts).__name__}"):
        plots.distribution(counts)
    assert open_figures() == []


def test_counts_and_results_are_not_changed_by_drawing():
    counts = categories()
    before = counts.counts.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plots.distribution(counts)
    np.testing.assert_array_equal(counts.counts, before)
