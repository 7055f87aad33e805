"""Published scores, and ranks of units with the ranks that chance leaves open: hand cases, words, errors."""

import json

import numpy as np
import pandas as pd
import pytest

import npsstats as nps
from npsstats.kernels.rank_sets import order_quantile

HAPPY = nps.top_box(nps.Scale(0, 1), boxes=1, name="happy")
STATES = nps.PublishedScores(
    [[71, 76], [70, 71], [66, 72], [62, 63]],
    names=["rating", "recommend"],
    by=["state"],
    labels=[("SD",), ("NE",), ("WI",), ("AK",)],
    rounding=1,
)


def joint(*tables, groups="ABCDEFGH", **known):
    return nps.JointCounts.from_table(
        np.array(tables), metrics=[nps.NPS_CATEGORIES, HAPPY], groups=list(groups[: len(tables)]), by="store", **known
    )


# Respondents by NPS category (down) and happiness (across).
STORES = joint([[10, 2], [10, 20], [5, 53]], [[30, 5], [20, 20], [5, 20]], [[12, 2], [11, 20], [5, 50]])


def of(result, **where):
    frame = result.to_frame()
    for name, value in where.items():
        frame = frame[frame[name] == value]
    return frame


# --------------------------------------------------------------------------------------------------- published scores


def test_scores_of_a_frame_are_those_of_its_columns():
    table = pd.DataFrame({"year": [1, 1, 2], "state": ["a", "b", "a"], "x": [1, 2, np.nan], "y": [4.5, 5, 6]})
    scores = nps.PublishedScores.from_frame(
        table,
        scores={"one": "x", "two": "y"},
        by=["year", "state"],
        standard_errors={"two": "y", "one": "x"},
        rounding={"two": 0.5, "one": 0},
        favourable={"one": "low", "two": "high"},
    )
    assert scores.labels == ((1, "a"), (1, "b"), (2, "a"))
    assert scores.scores[:, 1].tolist() == [4.5, 5, 6]
    assert np.isnan(scores.scores[2, 0])
    assert scores.standard_errors[:2].tolist() == [[1, 4.5], [2, 5]]
    assert scores.rounding.tolist() == [0, 0.5]
    assert scores.sign.tolist() == [-1, 1]
    assert repr(scores) == (
        "PublishedScores(3 units by year, state; one, two; with standard errors; rounded to ±0, ±0.5)"
    )


def test_a_missing_unit_of_a_frame_is_none():
    for names in (["a", np.nan], ["a", None], pd.array(["a", pd.NA], dtype="string")):
        table = pd.DataFrame({"state": names, "x": [1, 2]})
        scores = nps.PublishedScores.from_frame(table, scores={"one": "x"}, by=["state"])
        assert scores.groups == ("a", None)
        assert scores.select(None).scores.tolist() == [[2]]


def test_labels_may_be_rows_of_an_array():
    given = np.array([["p", "a"], ["p", "b"]])
    scores = nps.PublishedScores([[1], [2]], names=["x"], by=["block", "unit"], labels=given)
    assert scores.labels == (("p", "a"), ("p", "b"))


def test_published_scores_can_be_chosen():
    assert STATES.of("recommend").names == ("recommend",)
    assert STATES.select("WI", "SD").scores.tolist() == [[66, 72], [71, 76]]
    assert STATES.within(state="NE").labels == (("NE",),)
    assert STATES.to_frame().columns.tolist() == ["state", "rating", "recommend"]
    assert not STATES.scores.flags.writeable


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"names": "rating"}, TypeError, "`names` must be a sequence of texts"),
        ({"names": ["rating", "rating"]}, ValueError, "a different name for each metric"),
        ({"names": ["rating", 2]}, TypeError, "`names` must be texts"),
        ({"by": []}, ValueError, "`by` must name a group column"),
        ({"by": ["score"]}, ValueError, "cannot be called 'score'"),
        ({"labels": [("a",), ("a",)]}, ValueError, "no label may occur twice"),
        ({"scores": [[1, 2]]}, ValueError, r"`scores` must have shape \(2, 2\)"),
        ({"scores": [[1, 2], [3, np.inf]]}, ValueError, "`scores` must be finite"),
        ({"scores": [["1", "2"], ["3", "4"]]}, TypeError, "`scores` must be numbers"),
        ({"standard_errors": [[1, 2], [3, np.nan]]}, ValueError, "one for each score"),
        ({"standard_errors": [[1, 2], [3, -1]]}, ValueError, "`standard_errors` must be 0 or more; got -1"),
        ({"rounding": -1}, ValueError, "`rounding` must be 0 or more; got -1"),
        ({"rounding": [1, 1, 1]}, ValueError, r"`rounding` must have shape \(2,\)"),
        ({"names": ["rating", ""]}, ValueError, "a different name for each metric"),
        ({"labels": "ab"}, TypeError, "`labels` must hold a sequence for each unit.*got 'ab'"),
        ({"labels": ["SD", "NE"]}, TypeError, r"got 'SD'\. Write for example \[\('SD',\)"),
        ({"labels": ["SD", "NE"], "by": ["year", "unit"]}, TypeError, "got 'SD'"),
        ({"labels": [1, 2]}, TypeError, "got 1"),
        ({"labels": [("a",), (["b"],)]}, TypeError, "`labels` must be hashable"),
        ({"favourable": "up"}, ValueError, "`favourable` must be 'high' or 'low'"),
        ({"favourable": None}, ValueError, "`favourable` must be 'high' or 'low'"),
        ({"favourable": ["high"]}, ValueError, "`favourable` must be 'high' or 'low'"),
    ],
)
def test_wrong_published_scores_are_refused(change, error, message):
    right = {"scores": [[1, 2], [3, 4]], "names": ["x", "y"], "by": ["unit"], "labels": [("a",), ("b",)]}
    with pytest.raises(error, match=message):
        nps.PublishedScores(**{**right, **change})


@pytest.mark.parametrize(
    ("ask", "names"),
    [(nps.unit_ranks, ["rank", "n_units"]), (nps.discordant_units, ["other_unit", "other_difference", "verdict"])],
)
def test_units_never_hide_a_column_of_the_answer(ask, names):
    for name in names:
        scores = nps.PublishedScores([[1, 2], [2, 1]], names=["x", "y"], by=[name], labels=[("a",), ("b",)])
        with pytest.raises(ValueError, match=f"a group column cannot be called '{name}'"):
            ask(scores).to_frame()


def test_wrong_columns_are_named():
    table = {"state": ["a", "b"], "x": [1, 2], "text": ["?", "!"]}
    with pytest.raises(ValueError, match="no column 'y'; the columns are 'state', 'x'"):
        nps.PublishedScores.from_frame(table, scores={"one": "y"}, by=["state"])
    with pytest.raises(TypeError, match="`column text` must be numbers"):
        nps.PublishedScores.from_frame(table, scores={"one": "text"}, by=["state"])
    with pytest.raises(TypeError, match=r"`by` must be a sequence of column names; got the text 'state'"):
        nps.PublishedScores.from_frame(table, scores={"one": "x"}, by="state")
    with pytest.raises(TypeError, match="`scores` must be a mapping"):
        nps.PublishedScores.from_frame(table, scores=["x"], by=["state"])
    with pytest.raises(ValueError, match="`scores` must name at least one metric"):
        nps.PublishedScores.from_frame(table, scores={}, by=["state"])
    with pytest.raises(ValueError, match="`rounding` must name the metrics one; got two"):
        nps.PublishedScores.from_frame(table, scores={"one": "x"}, by=["state"], rounding={"two": 1})
    with pytest.raises(ValueError, match="no metric 'three'"):
        STATES.of("three")
    with pytest.raises(ValueError, match="no unit has the label 'XX'"):
        STATES.select("XX")
    with pytest.raises(ValueError, match="'year' is no group column"):
        STATES.within(year=2)
    with pytest.raises(ValueError, match="no unit has state='XX'"):
        STATES.within(state="XX")


# -------------------------------------------------------------------------------------------------------------- ranks


def test_rounding_leaves_open_pairs_within_it():
    rows = of(nps.unit_ranks(STATES), metric="rating")
    # Differences of two points or less: SD and NE only.
    assert rows["rank"].tolist() == [1, 2, 3, 4]
    assert rows["rank_low"].tolist() == [1, 1, 3, 4]
    assert rows["rank_high"].tolist() == [2, 2, 3, 4]
    assert rows["standard_error"].isna().all()


def test_a_difference_as_large_as_rounding_is_open():
    pair = nps.PublishedScores([[70.0], [68.0]], names=["x"], by=["unit"], labels=[("a",), ("b",)], rounding=1)
    assert nps.unit_ranks(pair).rank_high.tolist() == [2, 2]
    # 0.3 - 0.1 is a little less than 0.2 in floating-point numbers, and 0.7 - 0.5 a little more.
    for scores in ([[0.3], [0.1]], [[0.7], [0.5]]):
        pair = nps.PublishedScores(scores, names=["x"], by=["unit"], labels=[("a",), ("b",)], rounding=0.1)
        assert nps.unit_ranks(pair).rank_high.tolist() == [2, 2]


def test_standard_errors_are_held_against_the_largest_statistic():
    error, gap = 2.0, 12.0
    scores = np.array([[3 * gap], [2 * gap], [gap], [0.0]])
    labels = [(unit,) for unit in "abcd"]
    # Pairs next to each other: 12 / sqrt(8) = 4.24 > 2.57; with rounding of 3, (12 - 6) / sqrt(8) = 2.12 < 2.57.
    critical = order_quantile(np.eye(4), 1, 0.95)
    assert (gap - 6) / np.sqrt(8) < critical < gap / np.sqrt(8)
    known = {"names": ["x"], "by": ["unit"], "labels": labels, "standard_errors": np.full((4, 1), error)}
    sharp, rounded = (nps.unit_ranks(nps.PublishedScores(scores, rounding=r, **known)) for r in (0, 3))
    assert sharp.rank_low.tolist() == sharp.rank_high.tolist() == [1, 2, 3, 4]
    assert rounded.rank_low.tolist() == [1, 1, 2, 3]
    assert rounded.rank_high.tolist() == [2, 3, 4, 4]
    assert (sharp.errors, rounded.errors) == ("sampling", "sampling and rounding")


def test_scores_of_respondents_are_those_of_estimate():
    found = nps.unit_ranks(STORES)
    for name in ("NPS", "happy"):
        alone = nps.estimate(STORES.margin(name))
        rows = of(found, metric=name)
        assert rows["score"].to_numpy() == pytest.approx(alone.score, abs=1e-10)
        n = alone.n
        # `estimate` has the plug-in variance.
        assert rows["standard_error"].to_numpy() == pytest.approx(alone.standard_error * np.sqrt(n / (n - 1)), rel=1e-9)


def test_sets_follow_from_the_pairs_that_compare_finds():
    found = of(nps.unit_ranks(STORES), metric="NPS")
    pairs = nps.compare(STORES.margin("NPS"), reference="all-pairs", adjustment="max-z")
    sure = {
        frozenset((label[0], other)): difference
        for label, other, difference, p in zip(
            pairs.labels, pairs.reference, pairs.difference, pairs.adjusted_pvalue, strict=True
        )
        if p < 0.05
    }
    # B is below both others, which are not told apart.
    assert set(sure) == {frozenset("AB"), frozenset("BC")}
    assert found["rank_low"].tolist() == [1, 3, 1]
    assert found["rank_high"].tolist() == [2, 3, 2]


def test_blocks_are_ranked_by_themselves():
    rows = [["p", "a"], ["p", "b"], ["q", "a"], ["q", "b"], ["q", "c"]]
    scores = [[1.0], [2.0], [9.0], [8.0], [7.0]]
    found = nps.unit_ranks(nps.PublishedScores(scores, names=["x"], by=["block", "unit"], labels=rows))
    assert found.rank.tolist() == [2, 1, 1, 2, 3]
    assert found.n_units.tolist() == [2, 2, 3, 3, 3]
    assert found.blocks == (("p",), ("q",))


def test_blocks_of_respondents_are_those_of_their_own_counts():
    both = STORES.cells
    counts = np.concatenate([both.counts, both.counts[::-1]])
    cells = nps.RatingCounts(
        counts,
        metric=both.metric,
        missing=np.zeros(6, dtype=int),
        by=("year", "store"),
        labels=[(year, store) for year in (1, 2) for store in "ABC"],
    )
    two = nps.JointCounts(cells, metrics=STORES.metrics, answers=STORES.answers)
    alone = nps.unit_ranks(STORES).to_frame()
    found = nps.unit_ranks(two).to_frame()
    columns = ["score", "standard_error", "rank", "rank_low", "rank_high"]
    assert found[found.year == 1][columns].to_numpy() == pytest.approx(alone[columns].to_numpy(), rel=1e-12)
    turned = alone.set_index(["store", "metric"]).loc[list(zip("CCBBAA", ["NPS", "happy"] * 3, strict=True)), columns]
    assert found[found.year == 2][columns].to_numpy() == pytest.approx(turned.to_numpy(), rel=1e-12)


def test_a_unit_without_ratings_of_a_metric_is_kept_and_named():
    metrics = [nps.NPS_CATEGORIES, HAPPY]
    cells = nps.RatingCounts(
        [[10, 20, 30, 0, 0], [20, 20, 5, 0, 0], [0, 0, 0, 9, 6]],
        metric=nps.mean_rating(nps.Scale(0, 4)),
        missing=[0, 0, 0],
        by=("store",),
        labels=[("A",), ("B",), ("C",)],
    )
    answers = [[2, 1], [1, 1], [0, 0], [2, -1], [0, -1]]
    found = nps.unit_ranks(nps.JointCounts(cells, metrics=metrics, answers=answers))
    rows = of(found, metric="happy")
    assert rows["rank"].isna().tolist() == [False, False, True]
    assert rows["n_units"].tolist() == [2, 2, 2]
    assert found.notes == ("no score under happy, therefore no rank: C",)
    assert of(found, metric="NPS")["rank"].notna().all()


def test_few_effort_is_good_only_if_it_is_said():
    effort = {"scale": nps.Scale(1, 5), "name": "effort"}
    table = np.array([[[30, 0, 5, 0, 5]], [[5, 0, 5, 0, 30]]]).transpose(0, 2, 1)
    table = np.concatenate([table, table], axis=2)
    for end, ranks in (("low", [1, 2]), ("high", [2, 1])):
        metrics = [nps.effort_score(favourable=end, **effort), HAPPY]
        counts = nps.JointCounts.from_table(table, metrics=metrics, groups=["A", "B"])
        assert of(nps.unit_ranks(counts), metric="effort")["rank"].tolist() == ranks
    unsaid = nps.JointCounts.from_table(table, metrics=[nps.CES, HAPPY], groups=["A", "B"])
    with pytest.raises(ValueError, match="which end of its scale is favourable"):
        nps.unit_ranks(unsaid)


def test_units_of_a_survey_that_share_clusters_are_ranked():
    rng = np.random.default_rng(5)
    rows = pd.DataFrame({"store": np.repeat(list("ABC"), 80), "school": np.tile(np.arange(16), 15)})
    rows["recommend"] = (rng.integers(0, 11, 240) + 3 * (rows.store == "A") + rows.school % 3).clip(0, 10)
    rows["happy"] = (rng.random(240) < 0.5).astype(int)
    counts = nps.tabulate_joint(rows, {"recommend": nps.NPS, "happy": HAPPY}, by="store", cluster="school")
    found = nps.unit_ranks(counts)
    assert "16 clusters" in found.design
    assert found.design in found.heading()
    alone = nps.estimate(counts.margin("NPS"))
    # The errors of a design, twice: by cells and by ratings.
    assert of(found, metric="NPS")["standard_error"].to_numpy() == pytest.approx(alone.standard_error, rel=1e-9)


def test_one_respondent_has_a_score_and_no_standard_error():
    one, many = [[0, 0], [0, 0], [0, 1]], [[30, 10], [20, 20], [10, 10]]
    found = of(nps.unit_ranks(joint(one, many)), metric="NPS")
    assert found["standard_error"].isna().tolist() == [True, False]
    assert found["rank"].tolist() == [1, 2]
    assert found["rank_high"].tolist() == [2, 2]


def test_respondents_are_never_taken_for_certainty():
    one, other = [[0, 0], [0, 0], [0, 1]], [[1, 0], [0, 0], [0, 0]]
    found = nps.rank_agreement(joint(one, other))
    assert (found.low[0], found.high[0], found.undecided[0]) == (-1, 1, 1)


# -------------------------------------------------------------------------------------------------------------- words


def test_the_reading_says_what_rounding_leaves_open():
    assert nps.unit_ranks(STATES).sentences() == [
        "Under rating, SD ranks first of 4 (71.0). Rounding leaves first place open to 2: SD and NE. The rank of 2 of "
        "4 is settled.",
        "Under recommend, SD ranks first of 4 (76.0). Rounding cannot change that. The rank of 2 of 4 is settled.",
    ]


def test_the_reading_says_what_sampling_leaves_open():
    assert nps.unit_ranks(STORES).sentences()[0] == (
        "Under NPS, A ranks first of 3 (46.0). With 95 % confidence, first place belongs to one of 2: A and C. The "
        "rank of 1 of 3 is settled."
    )


def test_scores_taken_as_known_are_called_so():
    exact = nps.PublishedScores([[1.0], [2.0], [2.0]], names=["x"], by=["unit"], labels=[(1,), (2,), (3,)])
    found = nps.unit_ranks(exact)
    assert found.sentences() == ["Under x, 2 and 3 rank first of 3 (2.00)."]
    assert found.rank.tolist() == [3, 1.5, 1.5]
    assert "taken as known exactly" in found.heading()
    assert "not known, and not allowed for" in found.notes[0]


def test_many_units_are_not_all_named():
    many = nps.PublishedScores(np.zeros((9, 1)), names=["x"], by=["unit"], labels=[(i,) for i in range(9)], rounding=1)
    assert "open to 9: 0, 1, 2, 3, 4 and 4 more" in nps.unit_ranks(many).sentences()[0]


def test_the_table_has_a_row_per_unit_the_best_on_top():
    table = nps.unit_ranks(STATES.select("AK", "SD", "NE")).table()
    assert [row[0] for row in table.rows] == ["SD", "NE", "AK"]
    assert table.headers == ["state", "rating", "rank", "can be", "recommend", "rank", "can be"]
    assert table.rows[0] == ["SD", "71.0", "1", "1–2", "76.0", "1", "1–1"]


def test_the_result_becomes_json_and_is_cited():
    found = nps.unit_ranks(STATES)
    known = json.loads(json.dumps(found.to_dict()))
    assert known["errors"] == "rounding"
    assert known["standard_error"] == [None] * 8
    assert "Mogstad et al. 2024" in found.cite()
    assert "Laud 2017" in nps.unit_ranks(STORES).cite()


# ------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("ask", [nps.unit_ranks, nps.rank_agreement, nps.discordant_units])
def test_counts_of_one_metric_are_refused(ask):
    with pytest.raises(TypeError, match="counts of one metric say nothing of another"):
        ask(STORES.margin("NPS"))
    with pytest.raises(TypeError, match="must be JointCounts or PublishedScores; got int"):
        ask(3)


@pytest.mark.parametrize("ask", [nps.unit_ranks, nps.rank_agreement, nps.discordant_units])
def test_too_few_units_are_refused(ask):
    with pytest.raises(ValueError, match=r"at least two units must have scores of .* got 1"):
        ask(STORES.select("A"))
    with pytest.raises(ValueError, match="`counts` must have groups"):
        ask(STORES.pool())
    labels = [("p", "a"), ("p", "b"), ("q", "a")]
    scores = nps.PublishedScores(np.zeros((3, 2)), names=["x", "y"], by=["block", "unit"], labels=labels)
    with pytest.raises(ValueError, match="at least two units in q must have scores"):
        ask(scores)


def test_too_many_units_are_refused():
    labels = [(i,) for i in range(251)]
    with pytest.raises(ValueError, match="at most 250 units can be ranked together"):
        nps.unit_ranks(nps.PublishedScores(np.zeros((251, 1)), names=["x"], by=["unit"], labels=labels))


@pytest.mark.parametrize("ask", [nps.unit_ranks, nps.rank_agreement, nps.discordant_units])
def test_a_wrong_level_is_refused(ask):
    with pytest.raises(ValueError, match="`confidence_level` must lie between 0 and 1"):
        ask(STATES, confidence_level=95)


# ------------------------------------------------------------------------------------------------------------ picture


def test_the_picture_marks_units_without_a_common_rank():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot

    scores = [[80.0, 50.0], [70.0, 80.0], [60.0, 70.0], [50.0, 40.0]]
    units = nps.PublishedScores(scores, names=["x", "y"], by=["unit"], labels=[(u,) for u in "abcd"], rounding=1)
    axes = nps.plots.ranks(nps.unit_ranks(units))
    names = [text.get_text() for text in axes.texts]
    assert names == ["a*  1", "b*  2", "c*  3", "d  4", "1  b*", "2  c*", "3  a*", "4  d"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "* no rank in common under two metrics",
        "ranks in common",
    ]
    pyplot.close("all")


def test_the_picture_of_several_blocks_needs_one():
    labels = [(block, unit) for block in (1, 2) for unit in "ab"]
    found = nps.unit_ranks(nps.PublishedScores(np.zeros((4, 1)), names=["x"], by=["year", "unit"], labels=labels))
    with pytest.raises(ValueError, match="`block` must be given: there are several blocks, 1, 2"):
        nps.plots.ranks(found)
    with pytest.raises(ValueError, match="`block` must be one of the blocks; got 3, 1, 2"):
        nps.plots.ranks(found, block=3)
    with pytest.raises(TypeError, match="`result` must be UnitRanks"):
        nps.plots.ranks(nps.estimate(STORES.margin("NPS")))
