"""Customers whom two metrics judge in opposite ways: who they are, how many, and real data."""

import json

import matplotlib
import numpy as np
import pandas as pd
import pytest

import npsstats as nps

TABLE = [[60, 20, 10], [40, 90, 70], [8, 120, 182]]
THREE = nps.mean_rating(nps.Scale(1, 3), name="CSAT")
SHARE = nps.top_box(nps.Scale(0, 1), boxes=1)


def joint(table=TABLE, metrics=(nps.NPS_CATEGORIES, THREE), **more):
    return nps.JointCounts.from_table(table, metrics=metrics, **more)


def words_of(metric, **more):
    """The words for the favourable and the unfavourable end of a metric."""
    table = np.ones((3, metric.scale.size), int)
    rows = nps.conflicting_customers(joint(table, (nps.NPS_CATEGORIES, metric)), **more)
    return rows.who[1], rows.who[0]


def estimate_of_rows(rows, column, **design):
    """The share by the package's own estimate on rows of 0 and 1, nan for those who do not belong."""
    if design:
        return nps.estimate(nps.tabulate_survey(rows, column, metric=SHARE, **design))
    return nps.estimate(nps.tabulate(rows, column, metric=SHARE))


# ------------------------------------------------------------------------------------------------------------ numbers


def test_numbers_are_those_of_the_corners_of_the_table():
    found = nps.conflicting_customers(joint())
    assert list(zip(found.metric, found.other_metric, found.conflict, strict=True)) == [
        ("NPS", "CSAT", "favourable-unfavourable"),
        ("NPS", "CSAT", "unfavourable-favourable"),
        ("CSAT", "NPS", "favourable-unfavourable"),
        ("CSAT", "NPS", "unfavourable-favourable"),
    ]
    assert found.n.tolist() == [8, 10, 10, 8]
    assert found.n_customers.tolist() == [310, 90, 262, 108]
    assert found.n_both.tolist() == [600] * 4
    np.testing.assert_allclose(found.share_of_customers, [8 / 310, 10 / 90, 10 / 262, 8 / 108], rtol=1e-14)
    np.testing.assert_allclose(found.share_of_all, np.array([8, 10, 10, 8]) / 600, rtol=1e-14)


def test_intervals_are_those_of_a_share():
    found = nps.conflicting_customers(joint(), confidence_level=0.9)
    sizes = [(8, 310), (10, 90), (10, 262), (8, 108)]
    for row, (n, of) in enumerate(sizes):
        for share, total in (("share_of_customers", of), ("share_of_all", 600)):
            counts = nps.RatingCounts.from_histogram([total - n, n], metric=SHARE)
            expected = nps.estimate(counts, confidence_level=0.9)
            limits = [getattr(found, f"{share}_{end}")[row] for end in ("low", "high")]
            np.testing.assert_allclose(limits, [expected.low[0] / 100, expected.high[0] / 100], rtol=1e-12)


def test_only_those_who_rated_both_count():
    rows = pd.DataFrame(
        {"recommend": [10, 10, 9, 0, None, 8], "satisfied": [1, None, 5, 4, 2, None], "group": list("AABBBC")}
    )
    metrics = {"recommend": nps.NPS, "satisfied": nps.CSAT}
    frame = nps.conflicting_customers(nps.tabulate_joint(rows, metrics, by="group")).to_frame()
    first = frame[(frame.metric == "NPS")]
    assert first[["group", "n", "n_customers", "n_both"]].to_numpy().tolist() == [
        ["A", 1, 1, 1], ["A", 0, 0, 1], ["B", 0, 1, 2], ["B", 1, 1, 2], ["C", 0, 0, 0], ["C", 0, 0, 0]
    ]  # fmt: skip
    none = frame[frame.n_customers == 0]
    assert none.share_of_customers.isna().all()
    assert (none.share_of_customers_low == 0).all()
    assert (none.share_of_customers_high == 1).all()
    assert frame.share_of_all.isna().tolist() == (frame.n_both == 0).tolist()


def test_three_metrics_have_six_ordered_pairs():
    metrics = (nps.NPS_CATEGORIES, THREE, nps.effort_score(nps.Scale(1, 3), favourable="low"))
    table = np.arange(27).reshape(3, 3, 3)
    found = nps.conflicting_customers(joint(table, metrics))
    assert len(set(zip(found.metric, found.other_metric, strict=True))) == 6
    row = next(i for i in range(12) if found.metric[i] == "CSAT" and found.other_metric[i] == "CES")
    # Satisfied, 3, and much effort, 3.
    assert found.n[row] == table[:, 2, 2].sum()
    assert found.n_customers[row] == table[:, 2].sum()


def test_tables_hold_the_shares_of_those_who_rated_both():
    found = nps.conflicting_customers(joint(np.stack([TABLE, np.zeros((3, 3), int)]), groups=["full", "empty"]))
    np.testing.assert_allclose(found.tables[0], np.array(TABLE) / 600, rtol=1e-14)
    np.testing.assert_allclose(found.tables[2], np.array(TABLE).T / 600, rtol=1e-14)
    assert np.isnan(found.tables[-1]).all()
    assert found.customer_ratings[0].tolist() == [False, False, True]
    assert found.who_ratings[0].tolist() == [True, False, False]


# --------------------------------------------------------------------------------------------- favourable, unfavourable


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        (nps.CSAT, ("high CSAT (4-5)", "low CSAT (1-2)")),
        (nps.CSAT_MEAN, ("high CSAT mean (4-5)", "low CSAT mean (1-2)")),
        (nps.NPS_1_TO_10, ("promoters (NPS (1-10))", "detractors (NPS (1-10))")),
        (nps.CES_2, ("high CES 2.0 (5-7)", "low CES 2.0 (1-3)")),
        (nps.mean_rating(nps.Scale(1, 10), name="mean"), ("high mean (6-10)", "low mean (1-5)")),
        (nps.effort_score(nps.Scale(1, 5), favourable="low"), ("low CES (1-2)", "high CES (4-5)")),
        (THREE, ("high CSAT (3)", "low CSAT (1)")),
        (
            nps.mean_rating(nps.Scale(1, 3, labels=("bad", "ok", "good")), name="service"),
            ("high service (good)", "low service (bad)"),
        ),
        (
            nps.top_box(nps.Scale(0, 1, labels=("no", "yes")), boxes=1, name="again"),
            ("high again (yes)", "low again (no)"),
        ),
    ],
)
def test_ends_by_default_are_categories_or_sides_of_the_middle(metric, words):
    assert words_of(metric) == words


def test_ends_can_be_given():
    found = words_of(nps.CSAT, satisfied={"CSAT": (5,)}, dissatisfied={"CSAT": [1, 3]})
    assert found == ("high CSAT (5)", "low CSAT (1, 3)")
    counts = joint(np.arange(15).reshape(3, 5), (nps.NPS_CATEGORIES, nps.CSAT))
    narrow = nps.conflicting_customers(counts, satisfied={"CSAT": {5}, "NPS": ["passive", "promoter"]})
    # Detractors with a 5; with a 1 or 2 those who are no detractors.
    assert narrow.n[:2].tolist() == [5 + 6 + 10 + 11, 4]
    assert narrow.customers[0] == "high NPS (passive/promoter)"


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"satisfied": {"CES": (4,)}}, ValueError, "names the metric 'CES'; the metrics are NPS, CSAT"),
        ({"satisfied": {"CSAT": (4,)}}, ValueError, "holds 4 for CSAT, which is not on its scale 1-3"),
        ({"satisfied": {"CSAT": ()}}, ValueError, "at least one rating of CSAT"),
        ({"satisfied": {"CSAT": (1, 3)}}, ValueError, "both favourable and unfavourable; 1 would be"),
        ({"dissatisfied": {"CSAT": 1}}, TypeError, r"a set of ratings for CSAT, such as \(4, 5\); got 1"),
        ({"satisfied": {"CSAT": ([3],)}}, ValueError, r"holds \[3\] for CSAT, which is not on its scale"),
        ({"dissatisfied": (1, 2)}, TypeError, "must be a mapping from metrics to ratings"),
        ({"confidence_level": 95}, ValueError, "confidence_level"),
    ],
)
def test_wrong_arguments_are_named(given, error, message):
    with pytest.raises(error, match=message):
        nps.conflicting_customers(joint(), **given)


def test_effort_must_say_which_end_is_easy():
    with pytest.raises(ValueError, match="CES must say which end"):
        nps.conflicting_customers(joint(np.ones((3, 5), int), (nps.NPS_CATEGORIES, nps.CES)))


def test_one_metric_is_not_enough():
    with pytest.raises(ValueError, match="`conflicting_customers` needs two metrics or more"):
        nps.conflicting_customers(joint().of("NPS"))


# ------------------------------------------------------------------------------------------------------------- surveys


@pytest.fixture
def survey_rows():
    rng = np.random.default_rng(11)
    n = 900
    opinion = rng.standard_normal(n)
    rows = pd.DataFrame(
        {
            "recommend": (7 + 1.5 * opinion + 2 * rng.standard_normal(n)).round().clip(0, 10),
            "satisfied": (3.2 + 0.5 * opinion + rng.standard_normal(n)).round().clip(1, 5),
        }
    ).mask(rng.random((n, 2)) < 0.08)
    rows = rows.assign(group=np.where(rng.random(n) < 0.5, "A", "B"), weight=rng.choice([0.5, 1.0, 2.5], n))
    both = rows.recommend.notna() & rows.satisfied.notna()
    conflict = ((rows.recommend <= 6) & (rows.satisfied >= 4)).astype(float)
    rows["of_these"] = conflict.where(both & (rows.recommend <= 6))
    rows["of_all"] = conflict.where(both)
    return rows.assign(cluster=rng.integers(0, 90, n))


@pytest.mark.parametrize("design", [{"weight": "weight"}, {"weight": "weight", "cluster": "cluster"}])
def test_shares_of_a_survey_are_those_of_rows_of_0_and_1(survey_rows, design):
    metrics = {"recommend": nps.NPS, "satisfied": nps.CSAT}
    found = nps.conflicting_customers(nps.tabulate_joint(survey_rows, metrics, by="group", **design))
    rows = [i for i in range(len(found)) if (found.metric[i], found.conflict[i]) == ("NPS", "unfavourable-favourable")]
    for share, column in (("share_of_customers", "of_these"), ("share_of_all", "of_all")):
        expected = estimate_of_rows(survey_rows, column, by="group", **design)
        np.testing.assert_allclose(getattr(found, share)[rows], expected.score / 100, rtol=1e-10)
        # Degrees of freedom are those of the group, and clusters spread the class at random: limits nearly the same.
        limits = np.array([getattr(found, f"{share}_{end}")[rows] for end in ("low", "high")])
        half = (expected.high - expected.low) / 200
        assert (np.abs(limits - np.array([expected.low, expected.high]) / 100) < 0.02 * half).all()


@pytest.mark.parametrize("replicates", [None, nps.RaoWu(replicates=60, rng=5)], ids=["linearised", "replicates"])
def test_shares_of_all_are_those_of_a_metric_of_the_combinations(survey_rows, replicates):
    # Combinations as ratings of their own: a conflict counts 100, all else 0.
    rows = survey_rows.dropna(subset=["recommend", "satisfied"])
    rows = rows.assign(cell=rows.recommend * 5 + rows.satisfied - 1)
    size = 55
    number = nps.mean_rating(nps.Scale(0, size - 1), name="combination")
    cells = nps.tabulate_survey(
        rows, "cell", metric=number, weight="weight", cluster="cluster", replicate_weights=replicates
    )
    answers = np.stack(np.divmod(np.arange(size), 5), axis=1)
    margins = [
        nps.tabulate_survey(rows, column, metric=metric, weight="weight", cluster="cluster")
        for column, metric in (("recommend", nps.NPS), ("satisfied", nps.CSAT))
    ]
    counts = nps.JointCounts(cells, metrics=(nps.NPS, nps.CSAT), answers=answers, margins=tuple(margins))
    found = nps.conflicting_customers(counts)
    values = np.where((answers[:, 0] <= 6) & (answers[:, 1] >= 3), 100.0, 0.0)
    expected = nps.estimate(cells, metric=nps.Metric("in conflict", number.scale, tuple(values)))
    for part, value in (("", expected.score), ("_low", expected.low), ("_high", expected.high)):
        # The same numbers added up in another order; limits are roots known to about 1e-12.
        assert getattr(found, f"share_of_all{part}")[1] == pytest.approx(value[0] / 100, rel=1e-9)


@pytest.mark.filterwarnings("ignore:method 'score' falls short")
def test_groups_of_a_survey_do_not_know_of_each_other(survey_rows):
    # A group with larger weights and few clusters, beside one of another kind.
    small = survey_rows.group.eq("A") & (survey_rows.index % 3 > 0)
    rows = survey_rows[~small].assign(weight=lambda rows: rows.weight * rows.group.map({"A": 7.0, "B": 1.0}))
    rows.loc[rows.group == "A", "cluster"] = rows.cluster % 12 + 1000
    metrics = {"recommend": nps.NPS, "satisfied": nps.CSAT}
    counts = nps.tabulate_joint(rows, metrics, by="group", weight="weight", cluster="cluster")
    together = nps.conflicting_customers(counts).to_frame()
    for label, part in together.groupby("group"):
        alone = nps.conflicting_customers(counts.select(label)).to_frame()
        for column in ("share_of_customers", "share_of_all"):
            for end in ("", "_low", "_high"):
                # Limits are roots known to about 1e-12.
                np.testing.assert_allclose(part[f"{column}{end}"], alone[f"{column}{end}"], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("ask", [nps.conflicting_customers, nps.item_association])
def test_metrics_of_different_respondents_are_refused(ask):
    rows = pd.DataFrame({"recommend": [10, 3, None, None], "satisfied": [None, None, 4, 2], "easy": [1, 2, 3, 4]})
    metrics = {
        "recommend": nps.NPS,
        "satisfied": nps.CSAT,
        "easy": nps.effort_score(nps.Scale(1, 5), favourable="high"),
    }
    counts = nps.tabulate_joint(rows, metrics)
    with pytest.raises(ValueError, match=r"of the same respondents; nobody rated both NPS and CSAT.*counts\.of"):
        ask(counts)
    assert len(ask(counts.of("NPS", "CES"))) > 0


def test_equal_weights_give_nearly_the_simple_answer(survey_rows):
    rows = survey_rows.assign(weight=2.0)
    metrics = {"recommend": nps.NPS, "satisfied": nps.CSAT}
    simple = nps.conflicting_customers(nps.tabulate_joint(rows, metrics))
    survey = nps.conflicting_customers(nps.tabulate_joint(rows, metrics, weight="weight"))
    np.testing.assert_array_equal(survey.n, simple.n)
    np.testing.assert_allclose(survey.share_of_customers, simple.share_of_customers, rtol=1e-12)
    # Critical values of t with some 800 degrees of freedom instead of the normal one.
    np.testing.assert_allclose(survey.share_of_all_high, simple.share_of_all_high, rtol=2e-3)


# --------------------------------------------------------------------------------------------------------------- words


def test_sentences_tell_numbers_and_intervals():
    assert nps.conflicting_customers(joint()).sentences()[1] == (
        "Detractors (NPS) but high CSAT (3): 10 of 90, 11.1 % (95 % interval 5.8 to 18.9 %), and 1.7 % (0.9 to 2.9 %) "
        "of all 600 who rated both NPS and CSAT."
    )


def test_sentences_of_empty_classes_say_so():
    found = nps.conflicting_customers(
        joint(np.stack([np.eye(3, dtype=int) * [0, 5, 5], np.zeros((3, 3), int)]), groups=["A", "B"])
    )
    assert found.sentences()[1] == "A: None of the 10 who rated both NPS and CSAT is among detractors (NPS)."
    assert found.sentences()[4] == "B: Nobody rated both NPS and CSAT."
    assert found.table().rows[1][-4:] == ["–", "0.0 to 100.0 %", "0.0 %", found.table().rows[0][-1]]


def test_all_forms_of_the_result_agree():
    found = nps.conflicting_customers(joint())
    assert json.loads(json.dumps(found.to_dict()))["customers"] == list(found.customers)
    assert "promoters (NPS)" in found.to_markdown()
    assert "Laud 2017" in found.cite()
    assert len(found) == len(found.sentences()) == len(found.to_records()) == 4


# ----------------------------------------------------------------------------------------------------------- real data


def test_sfo_detractors_who_are_satisfied(shared_data):
    frame = pd.read_csv(shared_data / "sfo" / "2017.csv", dtype=str).rename(columns=str.strip)
    rows = frame[["NETPRO", "Q7ALL"]].apply(pd.to_numeric, errors="coerce")
    metrics = {"NETPRO": nps.NPS, "Q7ALL": nps.CSAT}
    counts = nps.tabulate_joint(rows, metrics, missing_codes={"NETPRO": [11], "Q7ALL": [0, 6]})
    found = nps.conflicting_customers(counts)
    both = rows[rows.NETPRO.between(0, 10) & rows.Q7ALL.between(1, 5)]
    detractors = both[both.NETPRO <= 6]
    assert found.n[1] == (detractors.Q7ALL >= 4).sum()
    assert found.n_customers[1] == len(detractors)
    assert found.n_both[1] == len(both)
    # Four of ten detractors are satisfied: the two metrics do not have the same customers in mind.
    assert found.share_of_customers_low[1] > 0.35


# ------------------------------------------------------------------------------------------------------------- picture


@pytest.fixture
def no_window():
    matplotlib.use("agg")
    from matplotlib import pyplot

    yield
    pyplot.close("all")


@pytest.mark.usefixtures("no_window")
def test_the_picture_has_a_tile_for_each_pair_of_ratings():
    axes = nps.plots.conflicting_customers(nps.conflicting_customers(joint()))
    assert len(axes.patches) == 9
    framed = [patch.get_center() for patch in axes.patches if patch.get_linewidth() > 0]
    # Promoters with a 1 at the right below, detractors with a 3 at the left above.
    np.testing.assert_allclose(framed, [[0, 2], [2, 0]], atol=1e-12)
    texts = {tuple(text.get_position()): text.get_text() for text in axes.texts}
    assert texts[2, 2] == "30.3"
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["detractor", "passive", "promoter"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["1", "2", "3"]
    # The first line of the legend has the colour of promoters with a 1, the second that of detractors with a 3.
    frames = {tuple(patch.get_center().round().astype(int)): patch.get_edgecolor() for patch in axes.patches}
    assert [patch.get_edgecolor() for patch in axes.get_legend().get_patches()] == [frames[2, 0], frames[0, 2]]
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend[0] == "promoters (NPS) but low CSAT (1): 1.3 % of all, 2.6 % of these"


@pytest.mark.usefixtures("no_window")
def test_the_picture_writes_no_zero_into_a_tile():
    few = nps.conflicting_customers(joint([[3000, 0, 1], [0, 500, 0], [0, 0, 3000]]))
    axes = nps.plots.conflicting_customers(few)
    # 1 of 6,501 is 0.02 %.
    assert {tuple(text.get_position()) for text in axes.texts} == {(0, 0), (1, 1), (2, 2)}


@pytest.mark.usefixtures("no_window")
def test_the_picture_of_another_pair_and_group():
    found = nps.conflicting_customers(joint(np.stack([TABLE, TABLE[::-1]]), groups=["A", "B"]))
    axes = nps.plots.conflicting_customers(found, group="B", metrics=("CSAT", "NPS"))
    assert axes.get_xlabel() == "CSAT\n% of 600 who rated both, B"
    assert axes.get_ylabel() == "NPS"


@pytest.mark.usefixtures("no_window")
def test_the_picture_names_what_it_cannot_draw():
    found = nps.conflicting_customers(joint(np.stack([TABLE, np.zeros((3, 3), int)]), groups=["A", "B"]))
    with pytest.raises(ValueError, match="`group` must be one of the groups 'A', 'B'; got None"):
        nps.plots.conflicting_customers(found)
    with pytest.raises(ValueError, match="`metrics` must be two different ones of NPS, CSAT"):
        nps.plots.conflicting_customers(found, group="A", metrics=("NPS", "CES"))
    with pytest.raises(ValueError, match="`metrics` must be two different ones of NPS, CSAT; got 2"):
        nps.plots.conflicting_customers(found, group="A", metrics=2)
    with pytest.raises(ValueError, match="nobody did in B"):
        nps.plots.conflicting_customers(found, group="B")
    with pytest.raises(TypeError, match="must be ConflictingCustomers"):
        nps.plots.conflicting_customers(joint())
