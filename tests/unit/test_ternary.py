"""The triangle of promoters, passives and detractors, its regions, and the picture of dominance."""

import itertools

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Polygon
from matplotlib.text import Annotation
from scipy.stats import chi2, f

import npsstats as nps
from npsstats.kernels.simplex import likelihood_region, region_quantile

TOP = np.sqrt(3)
SAME_SCORE = nps.RatingCounts.from_categories(
    promoters=[30, 20], passives=[60, 80], detractors=[10, 0], groups=["A", "B"]
)
YEARS = nps.RatingCounts.from_categories(
    promoters=[300, 320, 350, 400],
    passives=[500, 480, 430, 330],
    detractors=[200, 200, 220, 270],
    groups=["2020", "2021", "2022", "2023"],
    by="year",
)


@pytest.fixture(autouse=True)
def no_window():
    matplotlib.use("agg")
    from matplotlib import pyplot

    pyplot.close("all")
    yield
    pyplot.close("all")


def points(ax):
    return np.array([line.get_xydata()[0] for line in ax.lines if line.get_marker() == "o"])


def areas(ax):
    return [patch.get_xy() for patch in ax.patches if isinstance(patch, Polygon)][1:]  # the first is the triangle


def boxes(ax):
    ax.figure.canvas.draw()
    return {text.get_text(): text.get_window_extent() for text in ax.texts if text.get_text()}


# --------------------------------------------------------------------------------------------------- regions


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.999])
def test_quantiles_are_those_of_scipy(level):
    assert region_quantile(level) == pytest.approx(chi2.ppf(level, 2), rel=1e-12)
    for df in (1, 5, 40.5, 1e7):
        assert region_quantile(level, df) == pytest.approx(2 * f.ppf(level, 2, df), rel=1e-6)


@pytest.mark.parametrize("shares", [(0.1, 0.6, 0.3), (0.02, 0.08, 0.9), (1 / 3, 1 / 3, 1 / 3)])
def test_the_edge_is_where_the_likelihood_ratio_has_its_quantile(shares):
    shares = np.array(shares)
    edge = likelihood_region(shares, 80, 5.99)
    assert 160 * (shares * np.log(shares / edge)).sum(axis=1) == pytest.approx(np.full(len(edge), 5.99), rel=1e-8)
    assert edge.sum(axis=1) == pytest.approx(np.ones(len(edge)), abs=1e-12)
    assert (edge > 0).all()


def test_a_region_at_the_side_of_the_triangle_stays_within_it():
    edge = likelihood_region(np.array([0.0, 0.8, 0.2]), 50, 5.99)
    assert (edge >= 0).all()
    # 2 n log(1 / (1 - q)) with the other shares in proportion: as far as q = 1 - exp(-5.99 / 100).
    assert edge[:, 0].max() == pytest.approx(1 - np.exp(-5.99 / 100), rel=1e-3)


def test_all_of_one_kind_leaves_a_corner():
    edge = likelihood_region(np.array([0.0, 0.0, 1.0]), 20, region_quantile(0.95))
    assert edge[:, 2].min() == pytest.approx(0.05 ** (1 / 20), rel=1e-9)  # 2 n log(1 / q) = -2 log 0.05


def test_no_respondents_to_speak_of_leave_the_whole_triangle():
    edge = likelihood_region(np.array([0.2, 0.5, 0.3]), 3, np.inf)
    assert edge.min(axis=1) == pytest.approx(np.zeros(len(edge)), abs=1e-12)


def test_regions_hold_the_truth_as_often_as_they_say():
    """By complete enumeration of 40 respondents."""
    n, truth = 40, np.array([0.2, 0.45, 0.35])
    table = np.array([(d, n - d - p, p) for d in range(n + 1) for p in range(n - d + 1)])
    from scipy.stats import multinomial

    with np.errstate(divide="ignore", invalid="ignore"):
        distance = 2 * np.where(table > 0, table * np.log(table / n / truth), 0).sum(axis=1)
    covered = multinomial.pmf(table, n, truth) @ (distance <= region_quantile(0.95))
    assert covered == pytest.approx(0.95, abs=0.01)  # chi-square with 40 respondents


# ------------------------------------------------------------------------------------------------- the triangle


def test_a_point_stands_at_its_score_and_as_high_as_its_passives():
    ax = nps.plots.ternary(SAME_SCORE)
    assert points(ax) == pytest.approx(np.array([[0.2, 0.6 * TOP], [0.2, 0.8 * TOP]]))


def test_all_sides_of_the_triangle_are_equal():
    corners = nps.plots.ternary(SAME_SCORE).patches[0].get_xy()[:3]
    assert [np.hypot(*(a - b)) for a, b in itertools.combinations(corners, 2)] == pytest.approx([2, 2, 2])


def test_lines_of_the_same_score_join_the_same_score():
    metric = nps.net_score(nps.Scale(0, 10), promoters_from=9, detractors_to=6, detractor_weight=2.0)
    counts = nps.RatingCounts.from_histogram(np.arange(1, 12), metric=metric)
    for given, values in ((SAME_SCORE, (-100, 0, 100)), (counts, (-200, 0, 100))):
        ax = nps.plots.ternary(given)
        ends = [line.get_xydata() for line in ax.lines if line.get_linestyle() == "-" and line.get_marker() == "None"]
        assert len(ends) >= 4
        for line in ends:
            middle = line[:, 1] / TOP
            high = (1 - middle + line[:, 0]) / 2
            score = np.column_stack([1 - middle - high, middle, high]) @ values
            assert score[0] == pytest.approx(score[1], abs=1e-9)


def test_ticks_below_say_the_score():
    ax = nps.plots.ternary(SAME_SCORE)
    for place, text in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True):
        assert float(text.get_text().replace("−", "-")) == pytest.approx(100 * place, abs=1e-9)


def test_regions_lie_around_their_points_and_within_the_triangle():
    ax = nps.plots.ternary(SAME_SCORE)
    for area, point in zip(areas(ax), points(ax), strict=True):
        assert area[:, 0].min() <= point[0] <= area[:, 0].max()
        assert (area[:, 1] >= -1e-9).all()
        assert (np.abs(area[:, 0]) <= 1 - area[:, 1] / TOP + 1e-9).all()
    assert not areas(nps.plots.ternary(SAME_SCORE, regions=False))


def test_arrows_lead_from_each_period_to_the_next():
    ax = nps.plots.ternary(YEARS, trajectory=True)
    arrows = [text for text in ax.texts if isinstance(text, Annotation) and text.arrow_patch is not None]
    places = points(ax)
    assert [tuple(arrow.xyann) for arrow in arrows] == [tuple(place) for place in places[:-1]]
    assert [tuple(arrow.xy) for arrow in arrows] == [tuple(place) for place in places[1:]]


def test_arrows_stay_within_a_series():
    counts = YEARS.with_group("brand", "X") + YEARS.with_group("brand", "Y")
    counts = nps.RatingCounts(
        counts.counts, metric=counts.metric, missing=counts.missing, by=("brand", "year"),
        labels=[label[::-1] for label in counts.labels],
    )  # fmt: skip
    ax = nps.plots.ternary(counts, trajectory=True)
    assert sum(text.arrow_patch is not None for text in ax.texts if isinstance(text, Annotation)) == 6


@pytest.mark.parametrize("zoom", [False, True])
def test_names_touch_neither_corners_nor_each_other(zoom):
    for counts in (SAME_SCORE, YEARS):
        found = boxes(nps.plots.ternary(counts, trajectory=True, zoom=zoom))
        assert set(map(str, counts.groups)) <= set(found)
        for (one, left), (other, right) in itertools.combinations(found.items(), 2):
            assert not left.overlaps(right), (one, other)


def test_names_in_the_corners_keep_clear_of_the_axis():
    ax = nps.plots.ternary(SAME_SCORE)
    corners = {name: box for name, box in boxes(ax).items() if name.startswith("all ")}
    assert set(corners) == {"all detractors", "all passives", "all promoters"}
    below = [ax.xaxis.label, *ax.get_xticklabels()]
    for box, text in itertools.product(corners.values(), below):
        assert not box.overlaps(text.get_window_extent())


def test_of_many_groups_the_outermost_are_named():
    rng = np.random.default_rng(4)
    table = rng.integers(20, 60, size=(40, 3))
    counts = nps.RatingCounts.from_histogram(table, metric=nps.NPS_CATEGORIES, groups=[f"store {i}" for i in range(40)])
    ax = nps.plots.ternary(counts)
    named = {text.get_text() for text in ax.texts if text.get_text().startswith("store")}
    shares = table / table.sum(axis=1, keepdims=True)
    assert 4 <= len(named) <= 8
    assert f"store {(shares[:, 2] - shares[:, 0]).argmax()}" in named
    assert len(points(ax)) == 40


def test_zoom_shows_the_points_and_little_else():
    ax = nps.plots.ternary(YEARS, zoom=True)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    for x, y in np.concatenate([points(ax), *areas(ax)]):
        assert left <= x <= right
        assert bottom <= y <= top
    assert right - left < 0.8


def test_a_survey_of_equal_weights_has_the_regions_of_its_counts():
    rows = pd.DataFrame({"rating": [0] * 40 + [8] * 90 + [10] * 110, "weight": 1.5})
    simple = nps.plots.ternary(nps.tabulate(rows, rating="rating"))
    weighted = nps.plots.ternary(nps.tabulate_survey(rows, "rating", weight="weight"))
    # F with 239 degrees of freedom for chi-square, and n - 1 for n: less than 2 % of a width of 0.3.
    assert areas(weighted)[0] == pytest.approx(areas(simple)[0], abs=4e-3)


def test_clusters_widen_the_regions_of_a_survey():
    rows = pd.DataFrame({"rating": [0] * 40 + [8] * 90 + [10] * 110, "shop": np.arange(240) // 5})
    simple = areas(nps.plots.ternary(nps.tabulate(rows, rating="rating")))[0]
    clustered = areas(nps.plots.ternary(nps.tabulate_survey(rows, "rating", cluster="shop")))[0]
    # Five of a shop answer alike: as if each shop were one.
    assert np.ptp(clustered[:, 0]) == pytest.approx(np.sqrt(5) * np.ptp(simple[:, 0]), rel=0.1)


def test_any_score_of_three_values_can_be_drawn_and_no_other():
    metric = nps.net_score(nps.Scale(1, 5), promoters_from=5, detractors_to=2)
    ax = nps.plots.ternary(nps.RatingCounts.from_histogram([1, 2, 3, 4, 5], metric=metric))
    assert points(ax) == pytest.approx(np.array([[2 / 15, 7 / 15 * TOP]]))
    with pytest.raises(ValueError, match="three values"):
        nps.plots.ternary(nps.RatingCounts.from_histogram([1, 2, 3, 4, 5], metric=nps.CSAT))


def test_bad_pictures_are_refused():
    with pytest.raises(TypeError, match="RatingCounts"):
        nps.plots.ternary([1, 2, 3])
    with pytest.raises(ValueError, match="confidence_level"):
        nps.plots.ternary(SAME_SCORE, confidence_level=95)
    empty = nps.RatingCounts.from_histogram([[1, 2, 3], [0, 0, 0]], metric=nps.NPS_CATEGORIES, groups=["A", "B"])
    with pytest.raises(ValueError, match="answered"):
        nps.plots.ternary(empty)


def test_given_axes_are_used():
    from matplotlib import pyplot

    _, axes = pyplot.subplots()
    assert nps.plots.ternary(SAME_SCORE, ax=axes) is axes
    assert nps.plots.dominance(nps.dominance(SAME_SCORE, reference="A"), ax=axes) is axes


# -------------------------------------------------------------------------------------- the picture of dominance


def test_differences_are_marked_by_what_is_shown():
    answer = nps.dominance(SAME_SCORE, reference="A", confidence_level=0.5)
    ax = nps.plots.dominance(answer)
    marks = {line.get_marker(): line.get_xydata()[0] for line in ax.lines if line.get_marker() in "^vox"}
    assert marks["^"] == pytest.approx([0, 10])
    assert marks["v"] == pytest.approx([1, -10])


def test_the_turn_of_the_order_has_a_line_and_both_curves_are_named():
    answer = nps.dominance(SAME_SCORE, reference="A")
    ax = nps.plots.dominance(answer)
    upper = ax.child_axes[0]
    assert any(set(line.get_xdata()) == {0.5} for line in ax.lines)
    assert [text.get_text() for text in upper.get_legend().get_texts()] == ["B", "A"]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["passive or more", "promoter"]
    assert upper.lines[0].get_ydata() == pytest.approx([100, 20])
    assert upper.lines[1].get_ydata() == pytest.approx([90, 30])


def test_one_of_several_comparisons_is_named():
    answer = nps.dominance(YEARS, reference="2020")
    assert nps.plots.dominance(answer, group="2022").child_axes[0].get_legend().get_texts()[0].get_text() == "2022"
    for group, why in (
        (None, "which one of 3 comparisons"),
        ("2020", "must be one of"),
        ("1999", "'2021', '2022', '2023'"),
    ):
        with pytest.raises(ValueError, match=why):
            nps.plots.dominance(answer, group=group)
    with pytest.raises(TypeError, match="Dominance"):
        nps.plots.dominance(YEARS)
