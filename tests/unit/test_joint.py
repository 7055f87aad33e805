"""Counts of combinations of ratings, and the way from rows to them."""

import numpy as np
import pandas as pd
import pytest

import npsstats as nps
from npsstats.ratings.combinations import combinations_of

HAPPY = nps.top_box(nps.Scale(0, 1), boxes=1, name="happy")
EASE = nps.effort_score(nps.Scale(1, 5), favourable="high", name="ease")
QUESTIONS = {"recommend": nps.NPS, "satisfied": nps.CSAT, "ease": EASE}


def random_rows(size=400, seed=0):
    rng = np.random.default_rng(seed)
    mood = rng.normal(size=size)
    rows = pd.DataFrame(
        {
            "recommend": np.clip(np.round(7.5 + 2 * mood + rng.normal(size=size)), 0, 10),
            "satisfied": np.clip(np.round(3.6 + 0.8 * mood + 0.5 * rng.normal(size=size)), 1, 5),
            "ease": rng.integers(1, 6, size).astype(float),
            "year": rng.integers(2017, 2019, size),
            "left": rng.random(size) < 0.3,
            "weight": rng.uniform(0.5, 2, size),
            "school": rng.integers(0, 40, size),
        }
    )
    for name in QUESTIONS:
        rows.loc[rng.random(size) < 0.1, name] = np.nan
    return rows


def told(error, call, *arguments, **more):
    with pytest.raises(error) as caught:
        call(*arguments, **more)
    return str(caught.value)


# ------------------------------------------------------------------------------------------------------- counts


def test_each_metric_is_counted_as_by_itself():
    rows = random_rows()
    joint = nps.tabulate_joint(rows, QUESTIONS, by="year")
    for column, metric in QUESTIONS.items():
        alone = nps.tabulate(rows, rating=column, by="year", metric=metric)
        assert joint.margin(metric.name).labels == alone.labels
        np.testing.assert_array_equal(joint.margin(metric.name).counts, alone.counts)
        # Who gave none of the ratings is missing everywhere.
        np.testing.assert_array_equal(joint.margin(metric.name).missing, alone.missing)


def test_combinations_are_those_of_the_rows():
    rows = random_rows()
    joint = nps.tabulate_joint(rows, QUESTIONS, by="year", outcome="left")
    names = ["year", *QUESTIONS, "left"]
    some = rows.dropna(subset=list(QUESTIONS), how="all").astype({"left": float})
    expected = some.groupby(names, dropna=False).size().rename("n").reset_index()
    frame = joint.to_frame().rename(columns={"NPS": "recommend", "CSAT": "satisfied"})
    pd.testing.assert_frame_equal(
        frame.sort_values(names).reset_index(drop=True).astype(float),
        expected.sort_values(names).reset_index(drop=True).astype(float),
    )
    assert joint.missing.sum() == rows[list(QUESTIONS)].isna().all(axis=1).sum() > 0


def test_files_and_frames_count_alike(tmp_path):
    rows = random_rows()
    rows.to_csv(tmp_path / "rows.csv", index=False)
    from_frame = nps.tabulate_joint(rows, QUESTIONS, by="year", outcome="left")
    from_file = nps.tabulate_joint(
        tmp_path / "rows.csv", QUESTIONS, by="year", outcome="left", outcome_values={"True": 1, "False": 0, True: 1}
    )
    np.testing.assert_array_equal(from_frame.counts, from_file.counts)
    np.testing.assert_array_equal(from_frame.answers, from_file.answers)
    np.testing.assert_array_equal(from_frame.outcome, from_file.outcome)


def test_the_order_of_rows_is_of_no_matter():
    rows = random_rows()
    first = nps.tabulate_joint(rows, QUESTIONS, by="year", outcome="left")
    second = nps.tabulate_joint(rows.sample(frac=1, random_state=1), QUESTIONS, by="year", outcome="left")
    np.testing.assert_array_equal(first.counts, second.counts)
    np.testing.assert_array_equal(first.answers, second.answers)


def test_parts_add_up_to_the_whole():
    rows = random_rows()
    whole = nps.tabulate_joint(rows, QUESTIONS, by="year", outcome="left")
    parts = [nps.tabulate_joint(rows[i::3], QUESTIONS, by="year", outcome="left") for i in range(3)]
    added = parts[0] + parts[1] + parts[2]
    np.testing.assert_array_equal(added.answers, whole.answers)
    np.testing.assert_array_equal(added.counts, whole.counts)
    np.testing.assert_array_equal(added.missing, whole.missing)
    np.testing.assert_array_equal(added.outcome, whole.outcome)


def test_complete_keeps_who_answered_all_and_counts_the_others_as_missing():
    rows = random_rows()
    joint = nps.tabulate_joint(rows, QUESTIONS, by="year")
    complete = nps.tabulate_joint(rows, QUESTIONS, by="year", respondents="complete")
    np.testing.assert_array_equal(joint.complete().counts, complete.counts)
    np.testing.assert_array_equal(joint.complete().missing, complete.missing)
    assert complete.n.sum() == len(rows.dropna(subset=list(QUESTIONS)))
    assert joint.complete("NPS", "CSAT").n.sum() == len(rows.dropna(subset=["recommend", "satisfied"]))
    assert (joint.complete("NPS").n + joint.complete("NPS").missing == joint.n + joint.missing).all()


def test_pairs_of_two_metrics_are_joint_counts():
    pairs = nps.PairedCounts.from_table(
        [[8, 2], [10, 20], [5, 55]], metric_second=HAPPY, first_only=[1, 0, 2], second_only=[3, 4], missing=5
    )
    joint = nps.JointCounts.from_pairs(pairs)
    assert joint.margin("NPS").counts.tolist() == [[11, 30, 62]]
    assert joint.margin("happy").counts.tolist() == [[26, 81]]
    assert joint.margin("NPS").missing.tolist() == [12]
    assert joint.n.tolist() == [110]
    assert joint.complete().n.tolist() == [100]


def test_tables_of_three_metrics_have_their_ratings_in_order():
    table = np.arange(2 * 3 * 2 * 2).reshape(2, 3, 2, 2)
    other = nps.top_box(nps.Scale(0, 1), boxes=1, name="back")
    joint = nps.JointCounts.from_table(table, metrics=[nps.NPS_CATEGORIES, HAPPY, other], groups=["a", "b"])
    assert joint.margin("NPS").counts.tolist() == table.sum(axis=(2, 3)).tolist()
    assert joint.margin("happy").counts.tolist() == table.sum(axis=(1, 3)).tolist()
    assert joint.margin("back").counts.tolist() == table.sum(axis=(1, 2)).tolist()


def test_groups_are_selected_pooled_and_metrics_chosen():
    joint = nps.tabulate_joint(random_rows(), QUESTIONS, by="year")
    assert joint.select(2018).n.tolist() == [joint.n[1]]
    assert joint.pool().n.tolist() == [joint.n.sum()]
    assert joint.of("CSAT", "NPS").names == ("CSAT", "NPS")
    np.testing.assert_array_equal(joint.of("CSAT").margin("CSAT").counts, joint.margin("CSAT").counts)


def test_values_are_points_and_nan_without_a_rating():
    joint = nps.JointCounts.from_pairs(
        nps.PairedCounts.from_table([[8, 2], [10, 20], [5, 55]], metric_second=HAPPY, second_only=[3, 4])
    )
    values = joint.values[0]
    assert np.isnan(values[joint.answers[:, 0] < 0]).all()
    assert set(values[joint.answers[:, 0] >= 0]) == {-100.0, 0.0, 100.0}


def test_nobody_at_all_is_counted_as_missing():
    rows = pd.DataFrame({"recommend": [None, None], "satisfied": [None, None]})
    joint = nps.tabulate_joint(rows, {"recommend": nps.NPS, "satisfied": nps.CSAT})
    assert (joint.n.tolist(), joint.missing.tolist()) == ([0], [2])


def test_questions_with_one_metric_are_named_by_their_columns():
    rows = random_rows().rename(columns={"satisfied": "waiting"})
    joint = nps.tabulate_joint(rows, {"recommend": nps.NPS, "waiting": EASE, "ease": EASE})
    assert joint.names == ("NPS", "ease (waiting)", "ease (ease)")


def test_metrics_of_several_items_take_a_tuple_of_columns():
    rows = pd.DataFrame({"a": [10, 1], "b": [10, 1], "c": [10, None], "recommend": [9, 2]})
    joint = nps.tabulate_joint(rows, {("a", "b", "c"): nps.NKI, "recommend": nps.NPS})
    alone = nps.tabulate(rows, rating=["a", "b", "c"], metric=nps.NKI)
    np.testing.assert_array_equal(joint.margin("NKI").counts, alone.counts)


def test_outcomes_are_read_as_numbers_truths_or_by_their_values():
    rows = pd.DataFrame({"recommend": [9, 9, 2, 5], "left": ["yes", "no", "", None]})
    joint = nps.tabulate_joint(rows, {"recommend": nps.NPS}, outcome="left", outcome_values={"yes": 1, "no": 0})
    assert sorted(joint.outcome[~np.isnan(joint.outcome)]) == [0, 1]
    assert np.isnan(joint.outcome).sum() == 2
    amounts = rows.assign(left=["12.5", 3, np.float64(4.25), True])
    joint = nps.tabulate_joint(amounts, {"recommend": nps.NPS}, outcome="left")
    assert sorted(joint.outcome) == [1, 3, 4.25, 12.5]


# ------------------------------------------------------------------------------------------------------ surveys


def test_a_survey_has_the_scores_and_errors_of_each_metric_by_itself():
    rows = random_rows()
    design = {"weight": "weight", "cluster": "school"}
    joint = nps.tabulate_joint(rows, QUESTIONS, by="year", **design)
    for column, metric in QUESTIONS.items():
        alone = nps.tabulate_survey(rows, column, by="year", metric=metric, **design)
        assert nps.estimate(joint.margin(metric.name)).to_dict() == nps.estimate(alone).to_dict()
    assert joint.shares.sum(axis=1) == pytest.approx([1, 1])
    assert "40 clusters" in repr(joint)
    pooled = joint.pool()
    assert nps.estimate(pooled.margin("NPS")).score == pytest.approx(
        nps.estimate(nps.tabulate_survey(rows, "recommend", **design)).score, abs=1e-12
    )


def test_complete_and_added_surveys_need_the_rows():
    joint = nps.tabulate_joint(random_rows(), QUESTIONS, weight="weight")
    assert 'respondents="complete"' in told(TypeError, joint.complete)
    assert "tabulate all rows together" in told(TypeError, lambda: joint + joint)
    complete = nps.tabulate_joint(random_rows(), QUESTIONS, weight="weight", respondents="complete")
    assert complete.n.sum() == len(random_rows().dropna(subset=list(QUESTIONS)))


def test_too_many_combinations_for_a_covariance_are_refused():
    rows = pd.DataFrame({"recommend": np.arange(7_000) % 11, "spent": np.arange(7_000.0), "w": 1.0})
    message = told(ValueError, nps.tabulate_joint, rows, {"recommend": nps.NPS}, outcome="spent", weight="w")
    assert "7,000 combinations" in message


# ---------------------------------------------------------------------------------------------------- bad input


def test_codes_of_one_question_are_not_those_of_another():
    rows = pd.DataFrame({"recommend": [10, 11, 0], "satisfied": [5, 0, 6], "p": [1, 2, 0]})
    codes = {"recommend": [11], "satisfied": [0, 6]}
    joint = nps.tabulate_joint(rows, {"recommend": nps.NPS, "satisfied": nps.CSAT}, missing_codes=codes)
    assert joint.margin("NPS").missing.tolist() == [1]
    assert joint.margin("CSAT").missing.tolist() == [2]
    questions = {"recommend": nps.NPS, "satisfied": nps.CSAT}
    message = told(ValueError, nps.tabulate_joint, rows, questions, missing_codes=[0, 6, 11])
    assert "0 is one of NPS" in message
    assert "by column" in message
    message = told(ValueError, nps.tabulate_joint, rows, questions, missing_codes={"recomend": [11]})
    assert "'recomend'" in message


def test_an_answer_that_is_no_rating_says_which_question_and_where():
    rows = pd.DataFrame({"recommend": [10, 9], "satisfied": [5, 7]})
    message = told(nps.InvalidRatingError, nps.tabulate_joint, rows, {"recommend": nps.NPS, "satisfied": nps.CSAT})
    assert "`satisfied`" in message
    assert "7 at row 2" in message


def test_an_outcome_that_is_no_number_says_where_and_the_way_out():
    rows = pd.DataFrame({"recommend": [10, 9, 8], "left": ["no", "yes", "perhaps"]})
    message = told(ValueError, nps.tabulate_joint, rows, {"recommend": nps.NPS}, outcome="left")
    assert "3 of 3" in message
    assert "outcome_values" in message
    assert "row 1" in message
    message = told(
        ValueError, nps.tabulate_joint, rows, {"recommend": nps.NPS}, outcome="left", outcome_values={"no": 0, "yes": 1}
    )
    assert "'perhaps' at row 3" in message
    assert message.endswith("Add them to `outcome_values`, or to `missing_codes`, as {'left': ['perhaps']}.")
    assert "missing_codes" in message
    for strange in (np.inf, [1]):
        rows = pd.DataFrame({"recommend": [10], "left": [strange]})
        with pytest.raises((ValueError, TypeError)):
            nps.tabulate_joint(rows, {"recommend": nps.NPS}, outcome="left")


def test_all_listed_outcomes_are_suggested_as_missing_codes():
    rows = pd.DataFrame({"recommend": [10, 9, 8, 7], "left": [1, 3, 0, 2]})
    message = told(
        ValueError, nps.tabulate_joint, rows, {"recommend": nps.NPS}, outcome="left", outcome_values={1: 1, 2: 0}
    )
    assert "3, 0)" in message
    assert message.endswith("{'left': [3, 0]}.")
    codes = {"left": [3, 0]}
    joint = nps.tabulate_joint(
        rows, {"recommend": nps.NPS}, outcome="left", outcome_values={1: 1, 2: 0}, missing_codes=codes
    )
    assert np.isnan(joint.outcome).sum() == 2


@pytest.mark.parametrize("more", [{}, {"weight": "w"}, {"cluster": "w"}, {"by": "w"}, {"outcome": "w"}])
def test_a_frame_without_rows_is_refused_as_by_tabulate(more, tmp_path):
    rows = pd.DataFrame({"recommend": [], "satisfied": [], "w": []})
    metrics = {"recommend": nps.NPS, "satisfied": nps.CSAT}
    nothing = "`recommend, satisfied` holds no rows; there is nothing to count."
    assert told(ValueError, nps.tabulate_joint, rows, metrics, **more) == nothing
    rows.to_csv(tmp_path / "none.csv", index=False)
    assert told(ValueError, nps.tabulate_joint, tmp_path / "none.csv", metrics, **more) == nothing
    one = told(ValueError, nps.tabulate, rows, rating="recommend")
    assert one == nothing.replace(", satisfied", "")


@pytest.mark.parametrize(
    ("arguments", "error", "part"),
    [
        ({"ratings": ["recommend"]}, TypeError, "the metric of each column"),
        ({"ratings": {}}, TypeError, "the metric of each column"),
        ({"ratings": {"recommend": "NPS"}}, TypeError, "Metric"),
        ({"ratings": {("recommend", "satisfied"): nps.NPS}}, ValueError, "one column for NPS"),
        ({"ratings": {"recommend": nps.NKI}}, ValueError, "a tuple of 3 columns"),
        ({"outcome": 3}, TypeError, "`outcome` must be the name"),
        ({"respondents": "some"}, ValueError, "`respondents` must be one of 'all', 'complete'"),
        ({"lonely": "some"}, ValueError, "`lonely` must be one of"),
        ({"by": "yeer"}, ValueError, "yeer"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, part):
    given = {"ratings": {"recommend": nps.NPS}, **arguments}
    assert part in told(error, nps.tabulate_joint, random_rows(), **given)


def test_counts_that_do_not_belong_together_are_refused():
    joint = nps.tabulate_joint(random_rows(), QUESTIONS, by="year")
    assert "same metrics" in told(ValueError, lambda: joint + joint.of("NPS"))
    assert "the metrics are NPS, CSAT, ease" in told(ValueError, joint.margin, "nps")
    with pytest.raises(TypeError):
        joint + 1
    cells = nps.RatingCounts.from_histogram([1, 2], metric=combinations_of(2))
    build = nps.JointCounts
    assert "different names" in told(ValueError, build, cells, metrics=[nps.NPS, nps.NPS], answers=[[1, 1], [2, 2]])
    assert "at least one metric" in told(ValueError, build, cells, metrics=[], answers=np.empty((2, 0), int))
    assert "shape (2, 1)" in told(ValueError, build, cells, metrics=[nps.NPS], answers=[1, 2])
    assert "0 to 10" in told(ValueError, build, cells, metrics=[nps.NPS], answers=[[1], [11]])
    assert "`outcome`" in told(ValueError, build, cells, metrics=[nps.NPS], answers=[[1], [2]], outcome=[np.inf, 1])
    assert "`cells`" in told(TypeError, build, [1, 2], metrics=[nps.NPS], answers=[[1], [2]])
    assert "shape (3, 2)" in told(ValueError, build.from_table, [[1, 2]], metrics=[nps.NPS_CATEGORIES, HAPPY])
    same = nps.PairedCounts.from_table(np.eye(3, dtype=int))
    assert "compare" in told(ValueError, build.from_pairs, same)
    assert "PairedCounts" in told(TypeError, build.from_pairs, cells)


def test_effort_needs_its_direction():
    assert "favourable" in told(ValueError, nps.effort_score, nps.Scale(1, 5), favourable="easy")
    assert "easy at either end" in told(ValueError, lambda: nps.CES.sign)
    assert nps.effort_score(nps.Scale(1, 7), favourable="low").sign == -1
    assert (nps.NPS.sign, nps.CSAT.sign, nps.CES_2.sign) == (1, 1, 1)
    assert "favourable" in told(ValueError, nps.Metric, "x", nps.Scale(0, 1), (0.0, 1.0), favourable="up")


# ----------------------------------------------------------------------------------------- what is kept apart


def test_an_outcome_that_is_not_known_is_not_an_outcome_of_0():
    rows = pd.DataFrame({"recommend": [9, 9, 9, 2], "left": [0.0, None, None, 1.0]})
    joint = nps.tabulate_joint(rows, {"recommend": nps.NPS}, outcome="left")
    known = {str(outcome): n for outcome, n in zip(joint.outcome, joint.counts[0], strict=True)}
    assert known == {"0.0": 1, "nan": 2, "1.0": 1}
    parts = [nps.tabulate_joint(part, {"recommend": nps.NPS}, outcome="left") for part in (rows[:1], rows[1:])]
    added = parts[0] + parts[1]
    assert sorted(added.outcome[added.counts[0] > 0].astype(str)) == ["0.0", "1.0", "nan"]
    assert added.n.tolist() == [4]


def test_counts_with_different_outcomes_do_not_add_up():
    rows = random_rows().assign(stayed=lambda rows: ~rows["left"])
    first, second = (nps.tabulate_joint(rows, QUESTIONS, outcome=name) for name in ("left", "stayed"))
    assert "same metrics and outcome" in told(ValueError, lambda: first + second)


def test_metrics_of_a_survey_are_chosen_with_their_own_counts():
    joint = nps.tabulate_joint(random_rows(), QUESTIONS, by="year", weight="weight")
    for name in joint.names:
        chosen = joint.of(name).margin(name)
        assert chosen.metric.name == name
        np.testing.assert_array_equal(chosen.totals, joint.margin(name).totals)


def test_true_is_no_rating_of_1():
    rows = pd.DataFrame({"recommend": pd.Series([1, True], dtype=object), "satisfied": [5, 5]})
    message = told(nps.InvalidRatingError, nps.tabulate_joint, rows, {"recommend": nps.NPS, "satisfied": nps.CSAT})
    assert "True at row 2" in message


def test_an_outcome_has_codes_for_no_answer_too():
    rows = pd.DataFrame({"recommend": [9, 8, 2], "left": [0, 99, 1]})
    for codes in ({"left": [99]}, [99]):
        joint = nps.tabulate_joint(rows, {"recommend": nps.NPS}, outcome="left", missing_codes=codes)
        assert np.isnan(joint.outcome).sum() == 1
        assert sorted(joint.outcome[~np.isnan(joint.outcome)]) == [0, 1]


def test_groups_without_ratings_of_a_metric_are_left_out():
    rows = pd.DataFrame({"r": [9, 3, 8, 1], "s": [5, 4, None, None], "g": ["a", "b", "b", "c"]})
    joint = nps.tabulate_joint(rows, {"r": nps.NPS, "s": nps.CSAT}, by="g")
    assert joint.answered().groups == ("a", "b")
    assert joint.answered("NPS").groups == ("a", "b", "c")
    assert "there is no metric 'x'" in told(ValueError, joint.answered, "x")


def test_a_frame_loses_no_column_to_another_of_the_same_name():
    rows = pd.DataFrame({"r": [9, 3], "CSAT": [5, 4], "n": [1, 0], "NPS": [0, 1]})
    taken = [
        (nps.tabulate_joint(rows, {"r": nps.NPS}, outcome="n"), "'n'"),
        (nps.tabulate_joint(rows, {"r": nps.NPS}, outcome="NPS"), "'NPS'"),
        (nps.tabulate_joint(rows, {"r": nps.NPS, "CSAT": nps.CSAT}, by="CSAT"), "'CSAT'"),
    ]
    for joint, name in taken:
        message = told(ValueError, joint.to_frame)
        assert f"2 columns {name}" in message
        assert "Rename" in message


@pytest.mark.parametrize(
    ("values", "outcome", "error", "part"),
    [
        ({"yes": 1}, None, ValueError, "give it as `outcome`"),
        ([1, 0], "left", TypeError, "must be a mapping"),
        ({"yes": "1", "no": 0}, "left", ValueError, "'yes' has '1'"),
        ({"yes": np.inf, "no": 0}, "left", ValueError, "'yes' has inf"),
    ],
)
def test_values_of_outcomes_are_finite_numbers(values, outcome, error, part):
    rows = pd.DataFrame({"recommend": [9, 8], "left": ["yes", "no"]})
    call = {"outcome": outcome, "outcome_values": values}
    assert part in told(error, nps.tabulate_joint, rows, {"recommend": nps.NPS}, **call)
