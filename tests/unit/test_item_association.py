"""Associations of the ratings of the same respondents: what goes in, what comes out, and real data."""

import json

import matplotlib
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import npsstats as nps
from npsstats.kernels.ordinal_association import kendall_tau_b, spearman
from npsstats.kernels.polychoric import polychoric_correlation

KERNELS = {"spearman": spearman, "tau_b": kendall_tau_b, "polychoric": polychoric_correlation}
TABLE = [[60, 20, 10], [40, 90, 70], [8, 120, 182]]
THREE = nps.mean_rating(nps.Scale(1, 3), name="CSAT")


def joint(table=TABLE, second=THREE, **more):
    return nps.JointCounts.from_table(table, metrics=[nps.NPS_CATEGORIES, second], **more)


def rows_of(n=400, seed=3):
    """Respondents with three ratings, some missing, in two groups, with weights and clusters."""
    rng = np.random.default_rng(seed)
    opinion = rng.standard_normal(n)
    recommend = (7.5 + 2 * opinion + rng.standard_normal(n)).round().clip(0, 10)
    satisfied = (3.5 + 0.8 * opinion + rng.standard_normal(n)).round().clip(1, 5)
    effort = (3 - 0.5 * opinion + rng.standard_normal(n)).round().clip(1, 5)
    rows = pd.DataFrame({"recommend": recommend, "satisfied": satisfied, "effort": effort})
    rows = rows.mask(rng.random(rows.shape) < 0.1)
    return rows.assign(
        group=np.where(rng.random(n) < 0.4, "A", "B"),
        weight=rng.choice([0.5, 1.0, 2.5], n),
        cluster=rng.integers(0, 60, n),
    )


METRICS = {
    "recommend": nps.NPS,
    "satisfied": nps.CSAT,
    "effort": nps.effort_score(nps.Scale(1, 5), favourable="low"),
}


# ---------------------------------------------------------------------------------------------------------------- rows


def test_each_group_and_pair_of_metrics_has_a_row():
    found = nps.item_association(nps.tabulate_joint(rows_of(), METRICS, by="group"))
    frame = found.to_frame()
    assert list(frame["group"]) == ["A"] * 3 + ["B"] * 3
    pairs = [("NPS", "CSAT"), ("NPS", "CES"), ("CSAT", "CES")]
    assert list(zip(frame["metric"], frame["other_metric"], strict=True)) == pairs * 2
    assert list(frame.columns) == [
        "group", "metric", "other_metric", "n",
        "spearman", "spearman_standard_error", "spearman_low", "spearman_high",
        "tau_b", "tau_b_standard_error", "tau_b_low", "tau_b_high",
        "polychoric", "polychoric_standard_error", "polychoric_low", "polychoric_high",
    ]  # fmt: skip
    assert len(found) == len(found.sentences()) == 6


def test_respondents_count_for_the_pairs_that_they_rated():
    rows = rows_of()
    found = nps.item_association(nps.tabulate_joint(rows, METRICS, by="group")).to_frame()
    for row in found.itertuples():
        columns = [
            next(key for key, metric in METRICS.items() if metric.name == name)
            for name in (row.metric, row.other_metric)
        ]
        both = rows.loc[rows.group == row.group, columns].dropna()
        assert row.n == len(both)
        sign = -1 if "effort" in columns else 1
        # Sums of some hundred ranks.
        assert row.spearman == pytest.approx(sign * stats.spearmanr(both).statistic, abs=1e-13)
        assert row.tau_b == pytest.approx(sign * stats.kendalltau(*both.to_numpy().T).statistic, abs=1e-13)


def test_errors_are_those_of_respondents_who_rated_both():
    rows = rows_of()
    complete = rows[["recommend", "satisfied"]].dropna()
    all_rows = nps.item_association(nps.tabulate_joint(rows, METRICS))
    two = {name: METRICS[name] for name in ("recommend", "satisfied")}
    only = nps.item_association(nps.tabulate_joint(complete, two))
    for name, column in only.columns().items():
        if name not in ("metric", "other_metric"):
            assert all_rows.columns()[name][0] == pytest.approx(column[0], rel=1e-12)


def test_pairs_of_two_metrics_are_joint_counts():
    pairs = nps.PairedCounts.from_table(TABLE, metric=nps.NPS_CATEGORIES, metric_second=THREE)
    assert str(nps.item_association(pairs)) == str(nps.item_association(joint()))


def test_limits_are_those_of_the_scale_of_arctanh():
    found = nps.item_association(joint(), confidence_level=0.9)
    z = stats.norm.ppf(0.95)
    for measure in KERNELS:
        value, error = getattr(found, measure)[0], getattr(found, f"{measure}_standard_error")[0]
        limits = np.tanh(np.arctanh(value) + z * error / (1 - value**2) * np.array([-1, 1]))
        np.testing.assert_allclose(
            [getattr(found, f"{measure}_{end}")[0] for end in ("low", "high")], limits, rtol=1e-12
        )


def test_values_of_the_metric_do_not_matter_but_its_ratings():
    strict = nps.net_score(nps.Scale(1, 3), promoters_from=3, detractors_to=1, name="CSAT")
    top = nps.top_box(nps.Scale(1, 3), boxes=1, name="CSAT")
    found = [nps.item_association(joint(second=metric)).spearman[0] for metric in (THREE, strict, top)]
    assert found[0] == found[1] == found[2]


def test_a_metric_that_falls_as_ratings_rise_is_turned():
    # Complaints: the share of low ratings, of which few are favourable. High ratings are favourable then.
    complaints = nps.Metric("CSAT", nps.Scale(1, 3), (100.0, 0.0, 0.0), favourable="low")
    assert nps.item_association(joint(second=complaints)).spearman[0] == nps.item_association(joint()).spearman[0]


# ------------------------------------------------------------------------------------------------------------- surveys


def test_equal_weights_without_clusters_give_the_simple_answer():
    rows = rows_of().assign(weight=3.0)
    simple = nps.item_association(nps.tabulate_joint(rows, METRICS, by="group"))
    survey = nps.item_association(nps.tabulate_joint(rows, METRICS, by="group", weight="weight"))
    for measure in KERNELS:
        np.testing.assert_allclose(getattr(survey, measure), getattr(simple, measure), rtol=1e-9)
        # n / (n - 1) of all rows of the sample instead of those who rated both.
        errors = [getattr(result, f"{measure}_standard_error") for result in (survey, simple)]
        np.testing.assert_allclose(errors[0], errors[1], rtol=0.5 / simple.n.min() + 1e-9)


@pytest.mark.parametrize("measure", KERNELS)
def test_a_survey_is_linearised_by_clusters(measure):
    rows = rows_of()
    survey = nps.tabulate_joint(rows, METRICS, weight="weight", cluster="cluster")
    found = nps.item_association(survey)
    both = rows.dropna(subset=["recommend", "satisfied"])
    places = both["recommend"].astype(int).to_numpy(), both["satisfied"].astype(int).to_numpy() - 1
    table = np.zeros((11, 5))
    np.add.at(table, places, both["weight"])
    value, influence = KERNELS[measure]((table / table.sum())[None])
    assert getattr(found, measure)[0] == pytest.approx(value[0], abs=1e-12)
    # Binder (1983): the variance of the totals of w_i influence_i / sum w by cluster; clusters without any count too.
    parts = pd.Series(both["weight"].to_numpy() * influence[0][places] / table.sum(), index=both["cluster"])
    totals = parts.groupby(level=0).sum().reindex(rows["cluster"].unique(), fill_value=0.0)
    error = np.sqrt(len(totals) / (len(totals) - 1) * ((totals - totals.mean()) ** 2).sum())
    assert getattr(found, f"{measure}_standard_error")[0] == pytest.approx(error, rel=1e-10)
    assert found.design == survey.cells.design.description


def test_limits_of_a_group_rest_on_its_own_clusters():
    rows = rows_of()
    few = rows.index[:14]
    rows.loc[few, "group"] = "few"
    rows.loc[few, "cluster"] = 1000 + np.arange(14) % 2
    rows["stratum"] = rows.cluster % 2
    survey = nps.tabulate_joint(rows, METRICS, by="group", weight="weight", strata="stratum", cluster="cluster")
    found = nps.item_association(survey)
    for row, label in enumerate(found.labels):
        clusters = rows.loc[rows.group == label[0], "cluster"].nunique()
        for measure in KERNELS:
            value, error, low, high = (
                getattr(found, f"{measure}{part}")[row] for part in ("", "_standard_error", "_low", "_high")
            )
            if label == ("few",):
                assert (low, high) == (-1, 1)
            else:
                # Clusters of the group minus its two strata.
                reach = stats.t.ppf(0.975, clusters - 2) * error / (1 - value**2)
                assert [low, high] == pytest.approx(
                    list(np.tanh(np.arctanh(value) + np.array([-1, 1]) * reach)), rel=1e-9
                )
    assert next(note for note in found.notes if "as few clusters as there are strata" in note).endswith(
        "NPS and CSAT (few); NPS and CES (few); CSAT and CES (few)"
    )


# ---------------------------------------------------------------------------------------------------------- ends, words


def test_a_perfect_association_has_no_error_and_says_so():
    found = nps.item_association(joint([[30, 0, 0], [0, 50, 0], [0, 0, 20]]))
    for measure in KERNELS:
        assert getattr(found, measure)[0] == pytest.approx(1, abs=1e-12)
        assert np.isnan(getattr(found, f"{measure}_standard_error")[0])
        assert [getattr(found, f"{measure}_{end}")[0] for end in ("low", "high")] == [-1, 1]
    assert len([note for note in found.notes if "limits are −1 and 1: NPS and CSAT" in note]) == 3
    assert found.sentences()[0].startswith(
        "NPS and CSAT of the same 100 respondents go together without exception; how far beyond them, these"
    )
    against = nps.item_association(joint([[0, 0, 30], [0, 50, 0], [20, 0, 0]]))
    assert "go against each other without exception" in against.sentences()[0]


def test_an_empty_corner_leaves_ranks_known_and_the_normal_correlation_at_its_end():
    two = nps.top_box(nps.Scale(0, 1), boxes=1, name="stays")
    other = nps.top_box(nps.Scale(0, 1), boxes=1, name="pays")
    found = nps.item_association(nps.JointCounts.from_table([[20, 0], [15, 40]], metrics=[two, other]))
    assert found.polychoric[0] == 1
    assert found.spearman_low[0] > 0.4
    assert [note.split(",")[0] for note in found.notes] == ["polychoric: of an association at its end"]


def test_groups_without_any_ratings_of_both_are_kept():
    table = np.stack([TABLE, np.zeros((3, 3), int), [[0, 0, 0], [0, 5, 6], [0, 0, 0]]])
    found = nps.item_association(joint(table, groups=["full", "empty", "alike"]))
    assert found.n.tolist() == [600, 0, 11]
    assert np.isnan(found.spearman).tolist() == [False, True, True]
    assert found.spearman_low.tolist()[1:] == [-1, -1]
    assert found.notes[-1].endswith("NPS and CSAT (empty); NPS and CSAT (alike)")
    assert found.sentences()[1] == "empty: Nobody rated both NPS and CSAT."
    assert found.sentences()[2].startswith(
        "alike: How NPS and CSAT of the same 11 respondents go together cannot be said"
    )


@pytest.mark.parametrize(("times", "noted"), [(5, False), (4, True)])
def test_a_note_says_where_polychoric_intervals_fall_short(times, noted):
    found = nps.item_association(joint(times * np.array([[3, 2, 1], [2, 4, 1], [1, 2, 4]])))
    # 20 times 5 is 100, times 4 is 80.
    assert any("too short" in note and note.endswith("NPS and CSAT") for note in found.notes) == noted


def test_one_respondent_has_no_error():
    found = nps.item_association(joint(np.diag([1, 0, 0])))
    assert np.isnan(found.spearman_standard_error[0])
    assert (found.spearman_low[0], found.spearman_high[0]) == (-1, 1)


def test_sentences_say_which_way_and_never_that_there_is_nothing():
    against = nps.item_association(joint(TABLE[::-1])).sentences()[0]
    # A correlation of −0.06: below 0, and not known to be.
    open_question = nps.item_association(joint([[3, 2, 4], [2, 3, 2], [3, 2, 3]])).sentences()[0]
    assert "tend to go against each other, favourable with unfavourable: Spearman −0.47 (−0.54 to −0.40)" in against
    assert open_question.startswith("Whether NPS and CSAT of the same 24 respondents go together is not settled")
    for sentence in (against, open_question):
        assert "significant" not in sentence
        assert "no association" not in sentence


def test_all_forms_of_the_result_agree():
    found = nps.item_association(joint())
    assert json.loads(json.dumps(found.to_dict()))["metrics"] == ["NPS", "CSAT"]
    assert len(found.to_records()) == 1
    assert found.heading() == "Association of NPS, CSAT, ratings of the same respondents"
    assert "| 0.47 | 0.40 to 0.54 |" in found.to_markdown()
    assert "Olsson 1979" in found.cite()


# -------------------------------------------------------------------------------------------------------------- errors


def test_effort_must_say_which_end_is_easy():
    counts = nps.JointCounts.from_table(np.ones((3, 5), int), metrics=[nps.NPS_CATEGORIES, nps.CES])
    with pytest.raises(ValueError, match=r"`metric` CES must say which end.*effort_score"):
        nps.item_association(counts)


def test_one_metric_is_not_enough():
    with pytest.raises(ValueError, match="needs two metrics or more of the same respondents; got NPS only"):
        nps.item_association(joint().of("NPS"))


def test_two_samples_of_other_people_are_refused():
    counts = nps.RatingCounts.from_categories(promoters=5, passives=3, detractors=2)
    with pytest.raises(TypeError, match=r"must be JointCounts.*got RatingCounts"):
        nps.item_association(counts)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_levels_lie_between_0_and_1(level):
    with pytest.raises(ValueError, match="confidence_level"):
        nps.item_association(joint(), confidence_level=level)


# ----------------------------------------------------------------------------------------------------------- real data


def test_acsi_satisfaction_and_repurchase_by_industry(shared_data):
    rows = pd.read_csv(shared_data / "acsi" / "acsi_2015.csv")
    ten = nps.Scale(1, 10)
    metrics = {name: nps.mean_rating(ten, name=name) for name in ("SATIS", "REPUR")}
    found = nps.item_association(nps.tabulate_joint(rows, metrics, by="INDUSTRY", missing_codes=[98, 99])).to_frame()
    for row in found.itertuples():
        both = rows.loc[(rows.INDUSTRY == row.INDUSTRY) & rows.SATIS.between(1, 10) & rows.REPUR.between(1, 10)]
        assert row.n == len(both)
        assert row.spearman == pytest.approx(both.SATIS.corr(both.REPUR, method="spearman"), abs=1e-12)
        assert row.tau_b == pytest.approx(both.SATIS.corr(both.REPUR, method="kendall"), abs=1e-12)
        assert row.polychoric > row.spearman > row.tau_b > 0.3


def test_sfo_nps_csat_and_ease_with_its_missing_codes(shared_data):
    frame = pd.read_csv(shared_data / "sfo" / "2018.csv", dtype=str).rename(columns=str.strip)
    ease = nps.effort_score(nps.Scale(1, 5), favourable="high", name="ease")
    metrics = {"NETPRO": nps.NPS, "Q7ALL": nps.CSAT, "Q14FIND": ease}
    rows = frame[list(metrics)].apply(pd.to_numeric, errors="coerce")
    codes = {"NETPRO": [11], "Q7ALL": [0, 6], "Q14FIND": [0, 6]}
    found = nps.item_association(nps.tabulate_joint(rows, metrics, missing_codes=codes)).to_frame()
    clean = rows.where(rows.isin({"NETPRO": range(11), "Q7ALL": range(1, 6), "Q14FIND": range(1, 6)}))
    pairs = [("NETPRO", "Q7ALL"), ("NETPRO", "Q14FIND"), ("Q7ALL", "Q14FIND")]
    assert found["n"].tolist() == [len(clean[list(pair)].dropna()) for pair in pairs]
    for measure, method in (("spearman", "spearman"), ("tau_b", "kendall")):
        expected = clean.corr(method=method)
        np.testing.assert_allclose(found[measure], [expected.loc[pair] for pair in pairs], atol=1e-12)


def test_ecsi_recommendation_and_satisfaction(shared_data):
    rows = pd.read_csv(shared_data / "ecsi" / "satisfaction.csv")
    metrics = {"loy3": nps.NPS, "sat1": nps.mean_rating(nps.Scale(0, 10), name="satisfaction")}
    found = nps.item_association(nps.tabulate_joint(rows, metrics))
    assert found.n[0] == 250
    assert found.tau_b[0] == pytest.approx(rows.loy3.corr(rows.sat1, method="kendall"), abs=1e-13)


# ------------------------------------------------------------------------------------------------------------- picture


def test_the_picture_has_three_intervals_for_each_pair():
    matplotlib.use("agg")
    from matplotlib import pyplot

    found = nps.item_association(nps.tabulate_joint(rows_of(), METRICS, by="group"))
    axes = nps.plots.item_association(found)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["Spearman", "Kendall's tau-b", "polychoric"]
    assert [tick.get_text() for tick in axes.get_yticklabels()][:2] == ["A: NPS with CSAT", "A: NPS with CES"]
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), found.spearman)
    segments = axes.collections[2].get_segments()
    np.testing.assert_allclose(
        [line[:, 0] for line in segments], np.stack([found.polychoric_low, found.polychoric_high], 1)
    )
    pyplot.close("all")
    with pytest.raises(TypeError, match="must be ItemAssociation"):
        nps.plots.item_association(joint())
