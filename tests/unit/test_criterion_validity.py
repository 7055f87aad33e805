"""Which metric tells who had a problem: predictors, directions, amounts, surveys, bad input."""

import warnings
from math import log

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import npsstats as nps

# Cases by hand have few respondents.
pytestmark = pytest.mark.filterwarnings("ignore:intervals are too short:npsstats.SmallSampleWarning")


def some_rows(n=300, seed=4):
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=n)
    rows = pd.DataFrame(
        {
            "r": np.clip(np.round(7.5 + 2 * latent + rng.normal(size=n)), 0, 10),
            "csat": np.clip(np.round(3.6 + 0.8 * latent + rng.normal(size=n)), 1, 5),
            "effort": np.clip(np.round(2.6 - 0.6 * latent + rng.normal(size=n)), 1, 5),
            "left": (rng.random(n) < 1 / (1 + np.exp(1.3 + 0.9 * latent))) * 1.0,
            "spent": np.round(np.exp(2 + 0.5 * latent + rng.normal(size=n)), 1),
            "store": rng.choice(["north", "south"], n),
            "w": rng.integers(1, 5, n) * 1.0,
            "day": np.arange(n) // 6,
        }
    )
    rows.loc[::17, "csat"] = np.nan
    rows.loc[::23, "left"] = np.nan
    return rows


def joint_of(rows, outcome="left", **more):
    metrics = {"r": nps.NPS, "csat": nps.CSAT, "effort": nps.effort_score(nps.Scale(1, 5), favourable="low")}
    return nps.tabulate_joint(rows, metrics, outcome=outcome, **more)


def told(error, counts, **more):
    with pytest.raises(error) as caught:
        nps.criterion_validity(counts, **{"event_is": "bad", **more})
    return str(caught.value)


# ------------------------------------------------------------------------------------------------- predictors


def test_a_metric_is_asked_by_its_ratings_and_by_its_classes():
    found = nps.criterion_validity(joint_of(some_rows()), event_is="bad")
    assert found.predictor == ("NPS (0-10)", "NPS (3 classes)", "CSAT (1-5)", "CSAT (2 classes)", "CES (1-5)")
    assert found.metric_name == ("NPS", "NPS", "CSAT", "CSAT", "CES")


def test_a_name_that_has_its_scale_gets_no_second_one():
    rows = pd.DataFrame({"r": [1, 5, 9, 10, 7], "left": [1, 1, 0, 0, 1]})
    joint = nps.tabulate_joint(rows, {"r": nps.NPS_1_TO_10}, outcome="left")
    assert nps.criterion_validity(joint, event_is="bad").predictor == ("NPS (1-10)", "NPS (1-10) (3 classes)")


def test_predictors_can_be_chosen():
    found = nps.criterion_validity(joint_of(some_rows()), event_is="bad", predictors=["CES (1-5)", "NPS (0-10)"])
    assert found.predictor == ("CES (1-5)", "NPS (0-10)")


def test_each_predictor_has_the_respondents_who_gave_it_and_have_an_outcome():
    rows = some_rows()
    found = nps.criterion_validity(joint_of(rows, by="store"), event_is="bad")
    for label, name, n, events in zip(found.labels, found.metric_name, found.n, found.n_events, strict=True):
        column = {"NPS": "r", "CSAT": "csat", "CES": "effort"}[name]
        kept = rows[rows["store"] == label[0]].dropna(subset=[column, "left"])
        assert (n, events) == (len(kept), kept["left"].sum())


# ------------------------------------------------------------------------------------------------- directions


def test_areas_are_those_of_mann_and_whitney_whatever_end_is_favourable():
    rows = some_rows()
    found = nps.criterion_validity(joint_of(rows), event_is="bad").to_frame().set_index("predictor")["auc"]
    for name, column, sign in (("NPS (0-10)", "r", 1), ("CSAT (1-5)", "csat", 1), ("CES (1-5)", "effort", -1)):
        kept = rows.dropna(subset=[column, "left"])
        stayed, left = (sign * kept.loc[kept["left"] == kind, column] for kind in (0, 1))
        expected = stats.mannwhitneyu(stayed, left).statistic / (len(stayed) * len(left))
        np.testing.assert_allclose(found[name], expected, rtol=1e-12)
        assert expected > 0.6  # the direction matters in this sample


def test_a_good_event_turns_areas_and_correlations_round_and_leaves_losses():
    joint = joint_of(some_rows())
    bad, good = (nps.criterion_validity(joint, event_is=kind) for kind in ("bad", "good"))
    np.testing.assert_allclose(bad.auc, 1 - good.auc, rtol=1e-12)
    np.testing.assert_allclose(bad.auc_low, 1 - good.auc_high, rtol=1e-10)
    np.testing.assert_allclose(bad.correlation, -good.correlation, rtol=1e-12)
    np.testing.assert_array_equal(bad.log_loss, good.log_loss)


def test_ratings_whose_values_fall_are_read_the_way_of_their_values():
    # Detractors are worth +100 here: more of the score is worse, and low ratings are, too.
    flipped = nps.Metric("flipped", nps.NPS.scale, tuple(-v for v in nps.NPS.values), favourable="low")
    rows = pd.DataFrame({"r": [1, 5, 9, 10, 7], "left": [1, 1, 0, 0, 1]})
    joint = nps.tabulate_joint(rows, {"r": flipped}, outcome="left")
    assert nps.criterion_validity(joint, event_is="bad").auc.tolist() == [1, 1]


# --------------------------------------------------------------------------------------------- hand cases


def test_a_case_by_hand():
    # 2 x 2: of 4 unhappy 3 left, of 6 happy 1.
    happy = nps.top_box(nps.Scale(0, 1), boxes=1, name="happy")
    rows = pd.DataFrame({"h": [0] * 4 + [1] * 6, "left": [1, 1, 1, 0] + [1] + [0] * 5})
    found = nps.criterion_validity(nps.tabulate_joint(rows, {"h": happy}, outcome="left"), event_is="bad")
    # 6 stayed, 4 left: 24 pairs; 5 happy stayers beat 3 unhappy leavers, 5 x 1 + 1 x 3 ties count half.
    assert found.auc.tolist() == [(15 + 8 / 2) / 24]
    losses = [3 * log(4 / 2.5), log(4 / 0.5), log(6 / 0.5), 5 * log(6 / 4.5)]
    np.testing.assert_allclose(found.log_loss, sum(losses) / 10, rtol=1e-13)
    np.testing.assert_allclose(found.log_loss_base, (4 * log(10 / 3.5) + 6 * log(10 / 5.5)) / 10, rtol=1e-13)
    np.testing.assert_allclose(found.correlation, (10 * 5 - 6 * 6) / np.sqrt(6 * 4 * 6 * 4), rtol=1e-13)


def test_a_perfect_predictor_has_no_limits_rather_than_false_ones():
    rows = pd.DataFrame({"r": [1, 2, 9, 10, 3, 9], "left": [1, 1, 0, 0, 1, 0]})
    found = nps.criterion_validity(nps.tabulate_joint(rows, {"r": nps.NPS}, outcome="left"), event_is="bad")
    assert found.auc.tolist() == [1, 1]
    assert np.isnan(found.auc_low).all()
    assert np.isnan(found.auc_high).all()
    text = found.sentences()[0]
    assert "no limits can be told" in text
    # That would be said of noise; all pairs are in order here.
    assert "do not tell it from a coin toss" not in text
    assert text.endswith("there is no standard error to tell it from a coin toss.")


def test_a_perfect_correlation_has_no_limits():
    happy = nps.top_box(nps.Scale(0, 1), boxes=1, name="happy")
    rows = pd.DataFrame({"h": [0, 0, 0, 1, 1, 1, 1], "left": [1, 1, 1, 0, 0, 0, 0]})
    joint = nps.tabulate_joint(rows, {"h": happy}, outcome="left")
    for kind in ("pearson", "spearman"):
        found = nps.criterion_validity(joint, event_is="bad", correlation=kind)
        assert found.correlation.tolist() == [1]
        assert np.isnan([found.correlation_low, found.correlation_high]).all()


# ---------------------------------------------------------------------------------------------- amounts


def test_an_amount_has_areas_and_correlations_and_no_losses():
    rows = some_rows()
    kept = rows.dropna(subset=["csat"])
    for kind, measure in (("pearson", stats.pearsonr), ("spearman", stats.spearmanr)):
        found = nps.criterion_validity(joint_of(rows, "spent"), event_is="good", correlation=kind)
        row = found.predictor.index("CSAT (1-5)")
        np.testing.assert_allclose(found.correlation[row], measure(kept["csat"], kept["spent"]).statistic, rtol=1e-12)
        # somersd(x, y) leaves out ties of x: of amounts.
        somers = stats.somersd(kept["spent"], kept["csat"]).statistic
        np.testing.assert_allclose(found.auc[row], (1 + somers) / 2, rtol=1e-12)
        assert np.isnan(found.log_loss).all()
        assert np.isnan(found.n_events).all()
    assert "the one with the better outcome" in found.sentences()[0]


# ---------------------------------------------------------------------------------------------- surveys


def test_a_survey_without_weights_or_clusters_that_matter_is_close_to_simple_counts():
    rows = some_rows(600).assign(one=1.0, own=np.arange(600))
    simple = nps.criterion_validity(joint_of(rows), event_is="bad")
    survey = nps.criterion_validity(joint_of(rows, weight="one", cluster="own"), event_is="bad")
    for name in ("auc", "log_loss", "log_loss_base", "correlation"):
        np.testing.assert_allclose(getattr(survey, name), getattr(simple, name), rtol=1e-10)
    # DeLong divides by m - 1 and n - 1, the design by m + n - 1, and t is not normal: 1/100 of the width.
    np.testing.assert_allclose(survey.auc_high - survey.auc_low, simple.auc_high - simple.auc_low, rtol=0.015)


def test_errors_of_a_survey_agree_with_leaving_out_clusters():
    rows = some_rows(600)
    survey = nps.criterion_validity(joint_of(rows, weight="w", cluster="day"), event_is="bad")

    def by_hand(part):
        part = part.dropna(subset=["r", "left"])
        stayed, left = (part[part["left"] == kind] for kind in (0, 1))
        x, y = stayed["r"].to_numpy()[:, None], left["r"].to_numpy()
        pairs = np.outer(stayed["w"], left["w"])
        return (pairs * ((x > y) + 0.5 * (x == y))).sum() / pairs.sum()

    np.testing.assert_allclose(survey.auc[0], by_hand(rows), rtol=1e-12)
    left_out = np.array([by_hand(rows[rows["day"] != day]) for day in rows["day"].unique()])
    size = len(left_out)
    jackknife = np.sqrt((size - 1) / size * ((left_out - left_out.mean()) ** 2).sum())
    logit = np.log(survey.auc_high[0] / (1 - survey.auc_high[0])) - np.log(survey.auc[0] / (1 - survey.auc[0]))
    linear = logit * survey.auc[0] * (1 - survey.auc[0]) / stats.t.ppf(0.975, size - 1)
    # The two differ by terms of order 1 / clusters.
    np.testing.assert_allclose(linear, jackknife, rtol=0.03)


# ------------------------------------------------------------------------------------------- what is told


def test_sentences_and_table_tell_the_numbers():
    found = nps.criterion_validity(joint_of(some_rows(), by="store"), event_is="bad")
    text = found.sentences()[0]
    assert text.startswith("north: Of a respondent without left and one with, the first gave the better NPS (0-10) in ")
    assert "better than a coin toss" in text
    assert "AUC" in str(found)
    assert list(found.columns()) == [
        "store", "predictor", "metric", "n", "n_events", "auc", "auc_low", "auc_high", "log_loss", "log_loss_base",
        "correlation", "correlation_low", "correlation_high",
    ]  # fmt: skip
    assert found.to_dict()["event_is"] == "bad"
    assert "DeLong" in found.cite()


def test_noise_is_not_told_from_a_coin_toss():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"r": rng.integers(0, 11, 60), "left": rng.integers(0, 2, 60)})
    found = nps.criterion_validity(nps.tabulate_joint(rows, {"r": nps.NPS}, outcome="left"), event_is="bad")
    assert found.auc_low[0] < 0.5 < found.auc_high[0]
    assert "do not tell it from a coin toss" in found.sentences()[0]


def test_a_metric_that_points_the_wrong_way_is_called_so():
    found = nps.criterion_validity(joint_of(some_rows()), event_is="good")
    assert "points the wrong way" in found.sentences()[0]


# ---------------------------------------------------------------------------------------------- bad input


def test_other_objects_are_refused():
    assert "JointCounts" in told(TypeError, nps.tabulate([1, 2, 9]))


def test_an_outcome_must_be_there():
    assert "must have an outcome" in told(ValueError, joint_of(some_rows(), outcome=None))


@pytest.mark.parametrize("name", ["event_is", "correlation"])
def test_unknown_words_are_refused(name):
    assert f"`{name}` must be" in told(ValueError, joint_of(some_rows()), **{name: "sideways"})


def test_what_the_event_is_must_be_said():
    with pytest.raises(TypeError, match="event_is"):
        nps.criterion_validity(joint_of(some_rows()))


@pytest.mark.parametrize("level", [0, 1, 95])
def test_levels_lie_between_0_and_1(level):
    assert "confidence_level" in told(ValueError, joint_of(some_rows()), confidence_level=level)


def test_one_outcome_only_is_named_with_its_number():
    rows = some_rows().assign(left=1.0)
    text = told(ValueError, joint_of(rows))
    assert "`outcome` left must have two values at least" in text
    assert "1" in text


def test_a_group_with_one_outcome_only_is_named():
    rows = some_rows()
    rows.loc[rows["store"] == "south", "left"] = 0.0
    text = told(ValueError, joint_of(rows, by="store"))
    assert f"one value in south: 0, of all {(rows['store'] == 'south').sum()} respondents with NPS (0-10)" in text


def test_two_values_that_are_not_0_and_1_are_refused():
    rows = some_rows()
    text = told(ValueError, joint_of(rows.assign(left=rows["left"] + 1)))
    assert "must be 1 for the event and 0 for none; left is 1 or 2" in text
    assert "outcome_values={1: 1, 2: 0}" in text


def test_an_unknown_outcome_of_all_is_refused():
    assert "none is known" in told(ValueError, joint_of(some_rows().assign(left=np.nan)))


def test_a_constant_predictor_is_named():
    rows = some_rows().assign(r=9.0)
    text = told(ValueError, joint_of(rows))
    assert text.startswith("NPS (0-10) is constant: all ")


def test_a_group_without_the_rating_is_named():
    rows = some_rows()
    rows.loc[rows["store"] == "south", "csat"] = np.nan
    assert "no respondent in south has both CSAT (1-5) and the outcome left" in told(
        nps.UndefinedScoreError, joint_of(rows, by="store")
    )


def test_an_effort_item_must_say_its_direction():
    joint = nps.tabulate_joint(some_rows(), {"effort": nps.CES}, outcome="left")
    assert "favourable" in told(ValueError, joint)


@pytest.mark.parametrize(
    ("predictors", "error", "text"),
    [
        (["NPS"], ValueError, "among 'NPS (0-10)'"),
        ("NPS (0-10)", TypeError, "sequence of names"),
        ([], ValueError, "at least one"),
    ],
)
def test_predictors_must_be_there(predictors, error, text):
    assert text in told(error, joint_of(some_rows()), predictors=predictors)


def test_a_single_event_has_no_standard_error():
    rows = pd.DataFrame({"r": [1, 2, 9, 10, 3, 9], "left": [0, 0, 1, 0, 0, 0]})
    found = nps.criterion_validity(nps.tabulate_joint(rows, {"r": nps.NPS}, outcome="left"), event_is="bad")
    assert np.isfinite(found.auc).all()
    assert np.isnan(found.auc_low).all()


def test_counts_themselves_are_left_alone():
    joint = joint_of(some_rows())
    before = joint.counts.copy()
    nps.criterion_validity(joint, event_is="bad")
    np.testing.assert_array_equal(joint.counts, before)


# --------------------------------------------------------------------------------------------------- pictures


def axes_of(result, **more):
    import matplotlib

    matplotlib.use("agg")
    return nps.plots.criterion_validity(result, **more)


@pytest.mark.parametrize(("measure", "nothing"), [("auc", 0.5), ("correlation", 0.0)])
def test_the_picture_has_a_row_for_each_predictor_and_a_sign_for_each_group(measure, nothing):
    found = nps.criterion_validity(joint_of(some_rows(), by="store"), event_is="bad")
    axes = axes_of(found, measure=measure)
    assert [tick.get_text() for tick in axes.get_yticklabels()] == list(found.predictor[:5])
    lines = axes.get_lines()
    np.testing.assert_array_equal(lines[0].get_xdata(), getattr(found, measure)[:5])
    np.testing.assert_array_equal(lines[1].get_xdata(), getattr(found, measure)[5:])
    assert list(lines[2].get_xdata()) == [nothing, nothing]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["north", "south"]
    ends = np.array([segment[:, 0] for segment in axes.collections[0].get_segments()])
    limits = [getattr(found, f"{measure}{end}")[:5] for end in ("_low", "_high")]
    np.testing.assert_array_equal(ends, np.column_stack(limits))


def test_the_picture_refuses_what_it_cannot_draw():
    found = nps.criterion_validity(joint_of(some_rows()), event_is="bad")
    with pytest.raises(ValueError, match="`measure` must be one of 'auc', 'correlation'"):
        axes_of(found, measure="log_loss")
    with pytest.raises(TypeError, match="CriterionValidity"):
        axes_of(nps.estimate(nps.tabulate([1, 9, 10])))


def test_outcomes_of_groups_that_are_left_out_are_of_no_matter():
    rows = some_rows()
    rows.loc[rows.index[rows["store"] == "south"][0], "left"] = 2.0
    joint = joint_of(rows, by="store")
    assert not nps.criterion_validity(joint, event_is="bad").binary
    alone = nps.criterion_validity(joint.select("north"), event_is="bad")
    fresh = nps.criterion_validity(joint_of(rows[rows["store"] == "north"]), event_is="bad")
    assert alone.binary
    np.testing.assert_allclose(alone.log_loss, fresh.log_loss, rtol=1e-12)


def test_limits_of_a_correlation_follow_from_the_spread_of_its_influence():
    rows = some_rows(40).dropna(subset=["r", "spent"])
    found = nps.criterion_validity(joint_of(rows, "spent"), event_is="good", predictors=["NPS (0-10)"])
    u, v = (stats.zscore(rows[name]) for name in ("r", "spent"))
    r = np.mean(u * v)
    error = np.std(u * v - r * (u**2 + v**2) / 2, ddof=1) / np.sqrt(len(rows))
    reach = stats.norm.ppf(0.975) * error / (1 - r**2)
    limits = np.tanh(np.arctanh(r) + np.array([-reach, reach]))
    np.testing.assert_allclose([found.correlation_low[0], found.correlation_high[0]], limits, rtol=1e-9)


def test_losses_of_a_survey_leave_out_each_respondent_with_an_average_weight_of_the_kind():
    rows = some_rows(80).dropna(subset=["csat", "left"])
    found = nps.criterion_validity(joint_of(rows, weight="w"), event_is="bad", predictors=["CSAT (1-5)"])
    # Weights with a mean of 1; respondents who look alike weigh their mean, as counts know no more.
    own = rows["w"] / rows["w"].mean()
    alike = own.groupby([rows["r"], rows["csat"], rows["effort"], rows["left"]], dropna=False).transform("mean")
    total = 0.0
    for i in rows.index:
        others = rows["csat"] == rows.loc[i, "csat"]
        same = others & (rows["left"] == rows.loc[i, "left"])
        total -= own[i] * log((own[same].sum() - alike[i] + 0.5) / (own[others].sum() - alike[i] + 1))
    np.testing.assert_allclose(found.log_loss[0], total / own.sum(), rtol=1e-9)


@pytest.mark.filterwarnings("default::npsstats.SmallSampleWarning")
def test_few_events_are_warned_of():
    rows = some_rows().dropna().reset_index(drop=True)
    rows["left"] = [1.0] * 9 + [0.0] * (len(rows) - 9)
    joint = nps.tabulate_joint(rows, {"r": nps.NPS, "csat": nps.CSAT}, outcome="left")
    for ask in (nps.criterion_validity, nps.compare_validity):
        more = {"rng": 1, "n_resamples": 100} if ask is nps.compare_validity else {}
        with pytest.warns(nps.SmallSampleWarning, match="fewer than 10 .*fewest: 9"):
            ask(joint, event_is="bad", **more)
    rows.loc[9, "left"] = 1.0
    joint = nps.tabulate_joint(rows, {"r": nps.NPS, "csat": nps.CSAT}, outcome="left")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nps.criterion_validity(joint, event_is="bad")
