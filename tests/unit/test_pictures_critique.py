"""Pictures of many, long and odd groups: what is shown, what is left out, and that it is said."""

import dataclasses
import time

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import npsstats as nps
from npsstats.reporting.plots.drawing import MANY_ROWS
from npsstats.reporting.plots.ends import spread
from npsstats.reporting.plots.labels import LONGEST_NAME, pair_names, short_names

mpl.use("agg")

STORES = [f"Store number {i:03d}, North-Western region" for i in range(120)]
THREE = nps.mean_rating(nps.Scale(1, 3), name="satisfaction")


@pytest.fixture(autouse=True)
def _close():
    yield
    from matplotlib import pyplot

    pyplot.close("all")


def joint(groups, *, by="store", rows=40):
    """Respondents whose ratings go together, as many in each group."""
    rng = np.random.default_rng(5)
    tables = [rng.multinomial(rows, np.array([4, 2, 1, 2, 4, 3, 1, 3, 10]) / 30).reshape(3, 3) + 1 for _ in groups]
    return nps.JointCounts.from_table(np.array(tables), metrics=[nps.NPS_CATEGORIES, THREE], groups=groups, by=by)


def single(groups):
    rng = np.random.default_rng(6)
    shares = np.array([2, 1, 1, 1, 2, 4, 4, 10, 20, 20, 25]) / 90
    return nps.RatingCounts.from_histogram(rng.multinomial(200, shares, size=len(groups)) + 1, groups=list(groups))


def names_of(axes):
    return [tick.get_text() for tick in axes.get_yticklabels()]


def inside(axes):
    """Whether all texts lie within the figure, a pixel allowed for rounding."""
    figure = axes.figure
    figure.canvas.draw()
    whole = figure.bbox
    legend = axes.get_legend()
    bottom, top = sorted(axes.get_ylim())
    ticks = [tick for tick in axes.get_yticklabels() if bottom <= tick.get_position()[1] <= top]
    parts = [*axes.texts, *ticks, axes.xaxis.label, *([legend] if legend else [])]
    boxes = [part.get_window_extent() for part in parts if part.get_visible()]
    return all(box.x0 >= -1 and box.x1 <= whole.x1 + 1 and box.y0 >= -1 and box.y1 <= whole.y1 + 1 for box in boxes)


# ------------------------------------------------------------------------------------------------------ short names


def test_what_tells_labels_apart_is_not_cut():
    names = short_names([(store,) for store in STORES])
    assert names[3] == "Store number 003, North-Western…"
    assert len(set(names)) == 120
    starts = short_names([f"Terminal {i} of San Francisco International Airport" for i in (1, 2)])
    assert starts == ["Terminal 1 of San Francisco…", "Terminal 2 of San Francisco…"]
    ends = short_names([f"San Francisco International Airport, Terminal {i}" for i in (1, 2)])
    assert ends == ["…ternational Airport, Terminal 1", "…ternational Airport, Terminal 2"]


def test_labels_of_several_columns_keep_the_narrow_ones():
    names = short_names([(store, year) for store in STORES for year in (2017, 2018)])
    assert names[:2] == ["Store number 000, North…, 2017", "Store number 000, North…, 2018"]
    assert len(set(names)) == 240


def test_short_labels_stay_as_they_are():
    labels = [("A", 2017), ("B", None), (" ", "x")]
    assert short_names(labels) == ["A, 2017", "B, (none)", "(blank), x"]
    assert short_names([()]) == ["all"]
    assert short_names([]) == []


def test_a_group_has_one_name_on_both_sides_of_a_comparison():
    labels = [(store,) for store in STORES]
    assert pair_names(labels[1:3], labels[:1] * 2) == [
        "Store number 001… vs Store number 000…",
        "Store number 002… vs Store number 000…",
    ]
    assert pair_names([("A",)], ["rest"]) == ["A vs rest"]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text("ab -", min_size=1, max_size=60), min_size=1, max_size=12, unique=True))
def test_different_labels_have_different_names(labels):
    texts = {label if label.strip() else "(blank)" for label in labels}
    names = short_names(labels)
    assert len(set(names)) == len(texts)
    assert all(
        len(name) <= max(LONGEST_NAME, len(label)) for name, label in zip(names, labels, strict=True) if label.strip()
    )


@settings(deadline=None, max_examples=100)
@given(st.lists(st.floats(-100, 100), min_size=1, max_size=30), st.floats(0.1, 20))
def test_names_at_ends_keep_their_distance_and_their_order(heights, apart):
    heights = np.array(heights)
    places = spread(heights, apart)
    order = np.argsort(heights, kind="stable")
    # Sums of up to 30 numbers of up to 700: rounding of 1e-12 of them.
    assert (np.diff(places[order]) >= apart - 1e-9).all()
    assert places.mean() == pytest.approx(heights.mean(), abs=1e-9)
    if (np.diff(heights[order]) > apart).all():
        np.testing.assert_allclose(places, heights, atol=1e-9)


# ------------------------------------------------------------------------------------------------------- many rows

ROWS = {
    "profile": lambda counts: nps.profile(counts),
    "contrast": lambda counts: nps.contrast(counts, reference="rest"),
    "opposite_moves": lambda counts: nps.opposite_moves(counts, reference="rest"),
    "item_association": lambda counts: nps.item_association(counts),
    "polarisation": lambda counts: nps.polarisation(counts.margin("NPS")),
    "score_flips": lambda counts: nps.score_flips(counts.margin("NPS"), reference="rest"),
    "ranks": lambda counts: nps.unit_ranks(counts),
}


@pytest.mark.parametrize("name", ROWS)
def test_pictures_of_many_groups_with_long_labels_are_whole_and_soon_made(name):
    result = ROWS[name](joint(STORES[: MANY_ROWS + 4]))
    began = time.process_time()
    axes = getattr(nps.plots, name)(result)
    assert inside(axes)
    # Two seconds at most for 128 rows here; it was half a minute when each row was drawn by itself.
    assert time.process_time() - began < 15
    if name != "ranks":
        assert len(axes.texts) == 0
        assert f"{len(result)} rows: their numbers are in the table" in axes.get_xlabel() or name == "item_association"
        assert all("number 0" in text for text in names_of(axes))
        assert len(set(names_of(axes))) == len(result)


@pytest.mark.parametrize("name", ROWS)
def test_pictures_of_some_groups_with_long_labels_are_whole(name):
    axes = getattr(nps.plots, name)(ROWS[name](joint(STORES[:8])))
    assert inside(axes)
    assert axes.get_position().width > 0.25


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("name", ["profile", "item_association", "polarisation"])
def test_pictures_of_one_group_or_two_are_whole(name, size):
    assert inside(getattr(nps.plots, name)(ROWS[name](joint(["a", "b"][:size]))))


def test_units_that_tie_have_lines_of_their_own():
    scores = nps.PublishedScores(
        [[5.0, 1.0], [5.0, 2.0], [1.0, 3.0]], names=["x", "y"], by=["store"], labels=[(s,) for s in STORES[:3]]
    )
    axes = nps.plots.ranks(nps.unit_ranks(scores))
    left = [(text.get_text(), text.get_position()[1]) for text in axes.texts if text.get_ha() == "right"]
    assert [(text.split("  ")[-1], place) for text, place in left] == [("1.5", 1.0), ("1.5", 2.0), ("3", 3.0)]


# -------------------------------------------------------------------------------------- more lines than styles


def test_more_than_six_pairs_of_moves_have_rows():
    result = nps.opposite_moves(joint(list("abcdefgh")), reference="a")
    axes = nps.plots.opposite_moves(result)
    assert names_of(axes) == [f"{group} vs a" for group in "bcdefgh"]
    moves = {marker: [] for marker in "os"}
    for line in axes.lines:
        if line.get_marker() in moves:
            moves[line.get_marker()] += list(zip(line.get_ydata(), line.get_xdata(), strict=True))
    for marker, z in (("o", result.z_first), ("s", result.z_second)):
        assert sorted(moves[marker]) == list(enumerate(z))
    assert [text.get_text() for text in axes.texts] == list(result.verdict)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["NPS", "satisfaction"]


def test_more_than_six_pairs_of_metrics_are_named():
    five = [nps.top_box(nps.Scale(0, 1), boxes=1, name=f"m{i}") for i in range(5)]
    table = np.random.default_rng(2).integers(1, 30, size=(2, *[2] * 5))
    counts = nps.JointCounts.from_table(table, metrics=five, groups=[1, 2], by="year")
    axes = nps.plots.opposite_moves(nps.opposite_moves(counts, reference=1))
    assert len(names_of(axes)) == 10
    assert names_of(axes)[0] == "2 vs 1: m0, m1"


@pytest.mark.parametrize("size", [7, 60])
def test_many_lines_of_eights_are_named_at_their_ends(size):
    result = nps.eights(single([f"g{i}" for i in range(size)]))
    axes = nps.plots.eights(result)
    assert len(axes.lines) == size
    for line, curve in zip(axes.lines, result.curve, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), curve)
    highest = axes.texts[0]
    assert highest.get_text() == f"g{result.curve[:, -1].argmax()}"
    # Each name is led to the end of its own line.
    assert highest.xy == (1, result.curve[:, -1].max())
    assert len(axes.texts) == min(size, 40)
    assert ("named: 40 of 60" in axes.get_xlabel()) == (size == 60)
    assert inside(axes)
    places = sorted(text.xyann[1] for text in axes.texts)
    assert min(np.diff(places)) > 0


def test_differences_whose_sign_turns_are_dashed():
    rows = [[60, 20, 5, 0, 20, 75], [60, 0, 5, 20, 20, 75], [50, 0, 5, 80, 0, 45], *([[40, 0, 5, 20, 20, 90]] * 5)]
    table = np.zeros((8, 11), dtype=int)
    table[:, [0, 5, 7, 8, 9, 10]] = rows
    result = nps.eights_difference(nps.RatingCounts.from_histogram(table, groups=list("abcdefgh")), reference="a")
    axes = nps.plots.eights(result)
    turning = np.isfinite(result.tipping_estimate)
    assert 0 < turning.sum() < 7
    styles = [line.get_linestyle() for line in axes.lines if len(line.get_xdata()) > 2]
    assert styles == ["--" if turns else "-" for turns in turning]


def test_more_than_six_groups_have_a_row_each_with_their_analyses():
    result = nps.efficiency(single(STORES[:9]))
    axes = nps.plots.efficiency(result)
    assert len(names_of(axes)) == 9
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == [name for name in dict.fromkeys(result.analysis) if name != "ordinal analysis"]
    marks = [line for line in axes.lines if len(line.get_xdata()) == 9]
    for name, mark in zip(names, marks, strict=True):
        own = [value for value, one in zip(result.sample_size_factor, result.analysis, strict=True) if one == name]
        np.testing.assert_array_equal(mark.get_xdata(), own)
        assert np.round(mark.get_ydata()).tolist() == list(range(9))
    assert inside(axes)


def test_validity_of_more_than_six_groups_has_a_row_each():
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"r": rng.integers(0, 11, 1400), "store": np.arange(1400) % 7})
    rows["left"] = (rng.random(1400) < 0.5 - rows["r"] / 25).astype(int)
    counts = nps.tabulate_joint(rows, {"r": nps.NPS}, by="store", outcome="left")
    result = nps.criterion_validity(counts, event_is="bad")
    axes = nps.plots.criterion_validity(result)
    assert names_of(axes) == [str(i) for i in range(7)]
    assert axes.lines[0].get_xdata().tolist() == [
        value for value, name in zip(result.auc, result.predictor, strict=True) if name == "NPS (0-10)"
    ]


@pytest.mark.parametrize(("areas", "named"), [(3, 6), (7, 7), (12, 12), (40, 8)])
def test_trajectories_of_many_series_are_named_at_their_ends(areas, named):
    rng = np.random.default_rng(3)
    labels = [(f"area {i}", year) for i in range(areas) for year in (2017, 2018)]
    counts = nps.RatingCounts(
        rng.integers(20, 60, size=(2 * areas, 3)), metric=nps.NPS_CATEGORIES, missing=np.zeros(2 * areas, dtype=int),
        by=("area", "year"), labels=labels,
    )  # fmt: skip
    axes = nps.plots.ternary(counts, trajectory=True)
    texts = [text.get_text() for text in axes.texts if text.get_text().startswith("area")]
    assert sum(getattr(text, "arrow_patch", None) is not None for text in axes.texts) == areas
    assert len(texts) <= named
    assert len(texts) >= min(named, 4)
    if areas > 6:
        assert all(text.endswith("2018") for text in texts)


# ------------------------------------------------------------------------------------------------ what is said


@pytest.mark.parametrize(
    ("rounding", "units", "said"),
    [
        (1.0, "fixed", "with the bounds that rounding leaves open\nthese units are all there are"),
        (0.0, "fixed", "Kendall's tau-b over state\nthese units are all there are; scores are taken as known"),
        (1.0, "sampled", "with 95 % interval\nthese units are a sample of many"),
    ],
)
def test_agreement_says_what_its_lines_are(rounding, units, said):
    scores = nps.PublishedScores(
        [[70, 60], [60, 65], [50, 40], [55, 41]], names=("a", "b"), by=("state",), labels=[(s,) for s in "wxyz"],
        **({"rounding": rounding} if rounding else {}),
    )  # fmt: skip
    label = nps.plots.rank_agreement(nps.rank_agreement(scores, units=units)).get_xlabel()
    assert said in label
    assert ("95 %" in label) == (units == "sampled")


def test_sampled_scores_have_bounds_with_a_level():
    assert "with 95 % bounds" in nps.plots.rank_agreement(nps.rank_agreement(joint(list("abcd")))).get_xlabel()


def test_the_firmest_pairs_of_all_blocks_are_drawn():
    scores = nps.PublishedScores(
        [[70, 60], [60, 70], [90, 40], [40, 90]], names=("a", "b"), by=("year", "state"),
        labels=[(2017, "X"), (2017, "Y"), (2018, "X"), (2018, "Y")], rounding=1.0,
    )  # fmt: skip
    axes = nps.plots.discordant_units(nps.discordant_units(scores), most=1)
    assert names_of(axes) == ["2018, a: X over Y"]
    assert axes.get_xlabel().endswith("1 of 2 pairs in opposite order, the firmest first")


def test_the_map_says_which_of_its_comparisons_it_draws():
    result = nps.sensitivity(single(["a", "b", "c"]), reference="a")
    titles = [nps.plots.sensitivity(result, row=row).get_title(loc="left").split("\n")[0] for row in (0, 1)]
    assert titles == ["b − a   (comparison 1 of 2: row=0)", "c − a   (comparison 2 of 2: row=1)"]
    alone = nps.sensitivity(single(["a", "b"]), reference="a")
    assert "comparison" not in nps.plots.sensitivity(alone).get_title(loc="left")


def test_one_of_all_pairs_can_be_drawn():
    result = nps.dominance(single(["a", "b", "c"]), reference="all-pairs")
    with pytest.raises(
        ValueError, match="`group` must say which one of 3 comparisons to draw; the groups are 'b', 'c'"
    ):
        nps.plots.dominance(result)
    with pytest.raises(
        ValueError, match="`reference` must say which one comparison of c to draw; the references are 'a', 'b'"
    ):
        nps.plots.dominance(result, group="c")
    with pytest.raises(ValueError, match="`reference` must be one of the references 'a', 'b'; got 'x'"):
        nps.plots.dominance(result, group="c", reference="x")
    with pytest.raises(ValueError, match="`group` must be one of the groups 'b', 'c'; got 'x'"):
        nps.plots.dominance(result, group="x")
    axes = nps.plots.dominance(result, group="c", reference="b")
    assert [text.get_text() for text in axes.child_axes[0].get_legend().get_texts()] == ["c", "b"]


def test_flips_without_a_tie_are_said_in_words():
    counts = nps.RatingCounts.from_categories(
        promoters=[300, 600, 310], passives=[600, 350, 580], detractors=[100, 50, 110], groups=list("abc")
    )
    axes = nps.plots.score_flips(nps.score_flips(counts, reference="a"))
    beside = [text.get_text() for text in axes.texts if "ahead" not in text.get_text()]
    assert beside == ["no tie at any weight", "1.00  [any weight fits]"]
    assert inside(axes)


def test_words_of_who_is_ahead_do_not_touch():
    groups = [f"A rather long label of group {i}" for i in range(4)]
    axes = nps.plots.score_flips(nps.score_flips(single(groups), reference="all-pairs"))
    axes.figure.canvas.draw()
    words = [text for text in axes.texts if "ahead" in text.get_text() or text.get_text() == "level"]
    for left, right in zip(words[::2], words[1::2], strict=True):
        assert left.get_window_extent().x1 < right.get_window_extent().x0


def test_parts_of_a_set_beyond_the_picture_are_arrows():
    groups = [(3, 1, 60), (3, 0, 140), (8, 1, 45), (8, 0, 255), (10, 1, 40), (10, 0, 460)]
    rows = pd.DataFrame([(r, left) for r, left, n in groups for _ in range(n)], columns=["rating", "left"])
    result = nps.detractor_weight(nps.tabulate_joint(rows, {"rating": nps.NPS}, outcome="left"), event_is="bad")
    beyond = dataclasses.replace(result, kind=("outside",), low=np.array([0.5]), high=np.array([40.0]))
    axes = nps.plots.detractor_weight(beyond)
    segments = [segment[:, 0].tolist() for each in axes.collections for segment in each.get_segments()]
    assert segments == [[0.0, 0.5]]
    (arrow,) = [line for line in axes.lines if line.get_marker() == ">"]
    assert arrow.get_ydata().tolist() == [0]
    assert arrow.get_xdata()[0] < 40
    assert axes.texts[-1].get_text().endswith("[up to 0.50, and from 40.00 on]")
    negative = dataclasses.replace(result, kind=("outside",), low=np.array([-3.0]), high=np.array([1.5]))
    axes = nps.plots.detractor_weight(negative)
    assert [line.get_marker() for line in axes.lines if line.get_marker() in "<>"] == [">"]


def test_the_airport_by_area_and_year_can_be_drawn(shared_data):
    frames = []
    for year in (2017, 2018):
        frame = pd.read_csv(shared_data / "sfo" / f"{year}.csv", dtype=str).rename(columns=str.strip)
        frames.append(frame[["NETPRO", "Q7ALL", "BAREA"]].assign(year=year))
    rows = pd.concat(frames)
    for name in ("NETPRO", "Q7ALL"):
        rows[name] = pd.to_numeric(rows[name], errors="coerce")
    counts = nps.tabulate_joint(
        rows, {"NETPRO": nps.NPS, "Q7ALL": nps.CSAT}, by=["BAREA", "year"],
        missing_codes={"NETPRO": [11], "Q7ALL": [0, 6]},
    )  # fmt: skip
    moves = nps.plots.opposite_moves(nps.opposite_moves(counts, reference=2017))
    assert names_of(moves) == [f"{area}, 2018 vs 2017" for area in "ABCDEFG"]
    scores = counts.margin("NPS")
    pictures = (
        moves,
        nps.plots.eights(nps.eights(scores)),
        nps.plots.eights(nps.eights_difference(scores, reference=2017)),
        nps.plots.efficiency(nps.efficiency(scores)),
        nps.plots.ternary(scores, trajectory=True),
    )
    for axes in pictures:
        assert inside(axes)
