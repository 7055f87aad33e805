"""Does one metric predict better than another: pairs, verdicts, resamples, adjustments, surveys, bad input."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import ndtr, ndtri

import npsstats as nps
from npsstats.inference.adjustment import adjusted_pvalues
from npsstats.kernels.leaving_out import apparent_losses, resampled_differences

ITEMS = ["NPS (0-10)", "CSAT (1-5)"]


def some_rows(n=300, seed=4, *, about=0.0):
    """Respondents of whom the ratings of satisfaction know more of who left, the more the larger `about`."""
    rng = np.random.default_rng(seed)
    latent, other = rng.normal(size=n), rng.normal(size=n)
    rows = pd.DataFrame(
        {
            "r": np.clip(np.round(7.5 + 2 * latent + rng.normal(size=n)), 0, 10),
            "csat": np.clip(np.round(3.4 + 0.7 * latent + 0.7 * other), 1, 5),
            "left": (rng.random(n) < 1 / (1 + np.exp(1.3 + 0.6 * latent + about * other))) * 1.0,
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
    return nps.tabulate_joint(rows, {"r": nps.NPS, "csat": nps.CSAT}, outcome=outcome, **more)


def compared(counts, **more):
    return nps.compare_validity(counts, **{"event_is": "bad", "rng": 1, "n_resamples": 200, **more})


def told(error, counts, **more):
    with pytest.raises(error) as caught:
        compared(counts, **more)
    return str(caught.value)


# ------------------------------------------------------------------------------------------------------ pairs


def test_every_pair_is_compared_once_in_each_group():
    found = compared(joint_of(some_rows(), by="store"))
    names = ["NPS (0-10)", "NPS (3 classes)", "CSAT (1-5)", "CSAT (2 classes)"]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    assert list(zip(found.predictor, found.reference, strict=True)) == pairs * 2
    assert found.labels == (("north",),) * 6 + (("south",),) * 6


def test_only_respondents_with_both_ratings_and_the_outcome_count():
    rows = some_rows()
    found = compared(joint_of(rows), predictors=ITEMS)
    kept = rows.dropna(subset=["r", "csat", "left"])
    assert found.n.tolist() == [len(kept)]
    assert found.n_events.tolist() == [kept["left"].sum()]
    assert len(kept) < len(rows.dropna(subset=["r", "left"]))


def test_each_side_is_what_it_is_by_itself_among_these_respondents():
    rows = some_rows().dropna(subset=["r", "csat", "left"])
    alone = nps.criterion_validity(joint_of(rows), event_is="bad", predictors=ITEMS)
    found = compared(joint_of(rows), predictors=ITEMS)
    for name in ("auc", "log_loss", "correlation"):
        both = [getattr(found, name)[0], getattr(found, f"{name}_reference")[0]]
        np.testing.assert_allclose(both, getattr(alone, name), rtol=1e-12)


def test_a_change_of_sides_changes_the_signs():
    joint = joint_of(some_rows())
    there, back = (compared(joint, predictors=names) for names in (ITEMS, ITEMS[::-1]))
    for name in ("difference", "log_loss_difference", "correlation_difference"):
        np.testing.assert_allclose(getattr(there, name), -getattr(back, name), rtol=1e-10)
    np.testing.assert_allclose(there.low, -back.high, rtol=1e-10)
    np.testing.assert_allclose(there.correlation_low, -back.correlation_high, rtol=1e-10)
    np.testing.assert_allclose(there.pvalue, back.pvalue, rtol=1e-10)
    np.testing.assert_allclose(there.correlation_pvalue, back.correlation_pvalue, rtol=1e-10)


# --------------------------------------------------------------------------------------------------- verdicts


def test_a_large_difference_is_told_and_a_small_one_is_not():
    large = compared(joint_of(some_rows(2000, about=1.5)), predictors=ITEMS)
    assert large.verdict == ("worse",)
    assert "NPS (0-10) predicts left worse than CSAT (1-5) (AUC 0." in large.sentences()[0]
    small = compared(joint_of(some_rows(120)), predictors=ITEMS)
    assert small.verdict == ("cannot tell",)
    text = small.sentences()[0]
    assert text.startswith("These data cannot tell whether NPS (0-10) or CSAT (1-5) predicts left better (AUC 0.")
    assert "To be found with probability 80 %, the AUCs would have to differ by about " in text
    assert "respondents" in text
    for sentence in large.sentences() + small.sentences():
        assert "no difference" not in sentence


def test_what_is_detectable_is_found_four_times_of_five():
    found = compared(joint_of(some_rows()), predictors=ITEMS)
    # A normal estimate with this standard error, at the detectable distance, is beyond the critical value.
    beyond = ndtr(found.detectable / found.standard_error - ndtri(0.975))
    np.testing.assert_allclose(beyond, 0.8, rtol=1e-10)
    np.testing.assert_allclose(found.n_needed, found.n * (found.detectable / found.difference) ** 2, rtol=1e-10)


def test_more_comparisons_need_more_respondents():
    joint = joint_of(some_rows())
    alone = compared(joint, predictors=ITEMS)
    many, plain = compared(joint), compared(joint, adjustment="none")
    row = list(zip(many.predictor, many.reference, strict=True)).index(tuple(ITEMS))
    ratio = (-ndtri(0.05 / 6 / 2) + ndtri(0.8)) / (ndtri(0.975) + ndtri(0.8))
    np.testing.assert_allclose(many.detectable[row], alone.detectable[0] * ratio, rtol=1e-10)
    np.testing.assert_allclose(plain.detectable[row], alone.detectable[0], rtol=1e-12)


@pytest.mark.parametrize("adjustment", ["none", "holm", "benjamini-hochberg"])
def test_pvalues_are_adjusted_for_the_number_of_rows(adjustment):
    found = compared(joint_of(some_rows(600, about=0.6)), adjustment=adjustment)
    np.testing.assert_array_equal(found.adjusted_pvalue, adjusted_pvalues(found.pvalue, adjustment))


def test_an_interval_without_0_beside_cannot_tell_is_explained_by_the_adjustment():
    joint = joint_of(some_rows())
    found = compared(joint)
    alone = compared(joint, adjustment="none")
    why = "leaves out 0; the p-value is adjusted for 6 comparisons (alone: p = "
    without = (found.low > 0) | (found.high < 0)
    explained = without & (np.array(found.verdict) == "cannot tell")
    assert [why in text for text in found.sentences()] == explained.tolist()
    # Only those, and there is one; by itself its p-value tells.
    assert explained.any()
    assert (found.pvalue[explained] < 0.05).all()
    assert found.heading().endswith(
        "95 % intervals of each comparison alone, verdicts by p-values adjusted for 6 comparisons"
    )
    assert alone.heading().endswith("95 % intervals")
    assert compared(joint, predictors=ITEMS).heading().endswith("95 % intervals")
    assert not any("leaves out 0" in text for text in alone.sentences())


def test_the_same_order_cannot_be_compared():
    # The same three answers under two metrics, one of them with other values.
    other = nps.Metric("other", nps.NPS_CATEGORIES.scale, (0.0, 10.0, 30.0))
    rng = np.random.default_rng(2)
    table = np.zeros((3, 3), dtype=int)
    np.fill_diagonal(table, [30, 30, 40])
    joint = nps.JointCounts.from_table(table, metrics=[nps.NPS_CATEGORIES, other])
    rows = joint.to_frame().loc[lambda frame: frame.index.repeat(frame["n"])]
    rows = rows.assign(left=rng.integers(0, 2, 100))
    joint = nps.tabulate_joint(rows, {"NPS": nps.NPS_CATEGORIES, "other": other}, outcome="left")
    found = compared(joint)
    assert found.difference.tolist() == [0]
    assert np.isnan([found.pvalue, found.low, found.high]).all()
    assert found.verdict == ("cannot tell",)
    assert "cannot be compared: nothing is known of how their difference varies" in found.sentences()[0]
    assert np.isinf(found.n_needed).all()


# -------------------------------------------------------------------------------------------------- log-loss


def test_resamples_are_fitted_again():
    counts = np.array([20.0, 5.0, 10.0, 15.0, 8.0, 12.0])
    first, second = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 0, 0, 0, 1, 1])
    events = np.array([True, False] * 3)
    drawn = resampled_differences(counts, (first, second), events, np.random.default_rng(3), 500)
    # Cells are sorted by class and event before they are drawn: none before the event.
    order = np.lexsort((events, second, first))
    tables = np.random.default_rng(3).multinomial(70, counts[order] / 70, size=500) * 1.0
    expected = apparent_losses(tables, first[order], events[order]) - apparent_losses(
        tables, second[order], events[order]
    )
    np.testing.assert_allclose(drawn, expected, rtol=1e-12, atol=1e-15)


def test_cells_that_nothing_tells_apart_are_drawn_together():
    counts = np.array([12.0, 8.0, 5.0, 10.0, 15.0])
    classes, events = np.array([0, 0, 0, 1, 1]), np.array([True, True, False, True, False])
    other = np.array([1, 1, 0, 0, 1])
    split = resampled_differences(counts, (classes, other), events, np.random.default_rng(3), 50)
    joined = resampled_differences(
        np.array([20.0, 5.0, 10.0, 15.0]), (classes[1:], other[1:]), events[1:], np.random.default_rng(3), 50
    )
    np.testing.assert_array_equal(split, joined)


def test_intervals_of_losses_lie_around_the_estimate_and_are_as_wide_as_theory_says():
    rows = some_rows(3000, about=1.0).dropna(subset=["r", "csat", "left"])
    found = compared(joint_of(rows), predictors=ITEMS, n_resamples=4000)
    assert found.log_loss_low[0] < found.log_loss_difference[0] < found.log_loss_high[0]
    # Respondents' own losses from the frequencies of their class: to first order all there is.
    losses = []
    for column in ("r", "csat"):
        share = rows.groupby(column)["left"].transform("mean").clip(1e-3, 1 - 1e-3)
        losses.append(-np.log(np.where(rows["left"] == 1, share, 1 - share)))
    width = 2 * 1.96 * np.std(losses[0] - losses[1]) / np.sqrt(len(rows))
    # 4,000 resamples know the width to about 2 %, the second order adds some more.
    np.testing.assert_allclose(found.log_loss_high[0] - found.log_loss_low[0], width, rtol=0.08)


def test_a_seed_makes_resamples_the_same_and_rows_do_not_hang_on_each_other():
    joint = joint_of(some_rows())
    once, again, other = (compared(joint, rng=seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(once.log_loss_low, again.log_loss_low)
    assert (once.log_loss_low != other.log_loss_low).any()


def test_an_amount_has_no_losses_and_draws_nothing():
    found = nps.compare_validity(joint_of(some_rows(), "spent"), event_is="good", correlation="spearman")
    assert found.n_resamples == 0
    assert np.isnan([found.log_loss_difference, found.log_loss_low, found.n_events]).all()
    assert np.isfinite([found.low, found.high, found.correlation_low, found.correlation_high]).all()
    assert "log-loss" not in found.method_text()
    assert "log-loss" not in found.sentences()[0]
    assert "efron1979" not in found.references


# ---------------------------------------------------------------------------------------------- correlations


def test_the_normal_law_gives_the_textbook_test():
    rows = some_rows(500).dropna(subset=["r", "csat", "left"])
    found = compared(joint_of(rows), predictors=ITEMS, correlation_test="steiger")
    r1, r2, between = (
        stats.pearsonr(rows[a], rows[b]).statistic for a, b in (("r", "left"), ("csat", "left"), ("r", "csat"))
    )
    r1, r2, mean = -r1, -r2, -(r1 + r2) / 2  # leaving is bad
    covariance = (between * (1 - 2 * mean**2) - mean**2 * (1 - 2 * mean**2 - between**2) / 2) / (1 - mean**2) ** 2
    z = (np.arctanh(r1) - np.arctanh(r2)) * np.sqrt((len(rows) - 3) / (2 - 2 * covariance))
    np.testing.assert_allclose(found.correlation_pvalue[0], 2 * ndtr(-abs(z)), rtol=1e-10)
    assert "Steiger's test" in found.method_text()
    assert {"steiger1980", "zou2007"} <= set(found.references)


def test_the_tests_agree_where_ratings_are_many_and_normal():
    rng = np.random.default_rng(7)
    # Scales of many steps and an outcome of many values, of a normal law.
    n, scale = 4000, nps.Scale(-40, 40)
    y, noise, more = rng.normal(size=n), rng.normal(size=n), rng.normal(size=n)
    rows = pd.DataFrame(
        {"a": np.clip(np.round(10 * (y + noise)), -40, 40), "b": np.clip(np.round(8 * (y + 1.2 * more)), -40, 40)}
    )
    joint = nps.tabulate_joint(
        rows.assign(y=np.round(10 * y)),
        {name: nps.mean_rating(scale, name=name) for name in ("a", "b")},
        outcome="y",
    )
    found = {
        test: nps.compare_validity(joint, event_is="good", correlation_test=test)
        for test in ("distribution-free", "steiger", "meng-rosenthal-rubin")
    }
    widths = [f.correlation_high[0] - f.correlation_low[0] for f in found.values()]
    # Standard errors of 4,000 respondents are known to about 1 / sqrt(2 * 4000) = 1 %; three times that.
    np.testing.assert_allclose(widths, widths[0], rtol=0.035)
    z = [ndtri(f.correlation_pvalue[0] / 2) for f in found.values()]
    np.testing.assert_allclose(z, z[0], rtol=0.035)


# --------------------------------------------------------------------------------------------------- surveys


def test_a_survey_is_linearised_and_says_so():
    rows = some_rows(600, about=1.0).assign(one=1.0, own=np.arange(600))
    simple = compared(joint_of(rows), predictors=ITEMS, n_resamples=4000)
    survey = compared(joint_of(rows, weight="one", cluster="own"), predictors=ITEMS)
    assert survey.n_resamples == 0
    assert "linearisation" in survey.method_text()
    np.testing.assert_allclose(survey.difference, simple.difference, rtol=1e-10)
    np.testing.assert_allclose(survey.log_loss_difference, simple.log_loss_difference, rtol=1e-9)
    for name, tolerance in (("", 0.02), ("correlation_", 0.02), ("log_loss_", 0.1)):  # the last against resamples
        widths = [getattr(f, f"{name}high") - getattr(f, f"{name}low") for f in (survey, simple)]
        np.testing.assert_allclose(*widths, rtol=tolerance)


def test_clusters_of_the_same_people_make_intervals_wider():
    rows = some_rows(300, about=1.0)
    twice = pd.concat([rows.assign(who=np.arange(300))] * 2).assign(one=1.0)
    once = compared(joint_of(rows.assign(one=1.0, who=np.arange(300)), weight="one", cluster="who"))
    copied = compared(joint_of(twice, weight="one", cluster="who"))
    np.testing.assert_allclose(copied.standard_error, once.standard_error, rtol=1e-8)
    assert (compared(joint_of(twice)).standard_error < 0.75 * copied.standard_error).all()


def test_the_normal_law_is_refused_for_surveys():
    text = told(ValueError, joint_of(some_rows(), weight="w"), correlation_test="steiger")
    assert "distribution-free" in text


# ------------------------------------------------------------------------------------------------- bad input


def test_one_predictor_alone_cannot_be_compared():
    text = told(ValueError, joint_of(some_rows()), predictors=["NPS (0-10)"])
    assert text == "to be compared there must be two predictors or more; there is NPS (0-10) alone."


@pytest.mark.parametrize(
    ("more", "error", "text"),
    [
        ({"adjustment": "max-z"}, ValueError, "got 'max-z'"),
        ({"adjustment": "bonferroni"}, ValueError, "`adjustment` must be one of"),
        ({"correlation_test": "hotelling"}, ValueError, "`correlation_test` must be one of"),
        ({"n_resamples": 10}, ValueError, "`n_resamples` must be 100 or more"),
        ({"n_resamples": 200.0}, TypeError, "whole number"),
        ({"rng": "one"}, TypeError, "`rng`"),
        ({"confidence_level": 1.0}, ValueError, "confidence_level"),
        ({"event_is": "odd"}, ValueError, "`event_is` must be"),
    ],
)
def test_wrong_arguments_are_named(more, error, text):
    assert text in told(error, joint_of(some_rows()), **more)


def test_an_outcome_with_one_value_among_those_with_both_ratings_is_named():
    rows = some_rows()
    rows.loc[rows["csat"].notna() & (rows["left"] == 1), "csat"] = np.nan
    text = told(ValueError, joint_of(rows), predictors=ITEMS)
    assert "has one value: 0, of all" in text
    assert "NPS (0-10) and CSAT (1-5)" in text


def test_the_frame_has_all_columns():
    found = compared(joint_of(some_rows(), by="store"))
    frame = found.to_frame()
    assert frame.columns.tolist()[:3] == ["store", "predictor", "reference"]
    assert frame.columns.tolist()[-1] == "verdict"
    assert len(frame) == 12
    assert "detectable" in str(found)
    assert found.to_dict()["n_resamples"] == 200


# --------------------------------------------------------------------------------------------------- pictures


def axes_of(result, **more):
    import matplotlib

    matplotlib.use("agg")
    return nps.plots.compare_validity(result, **more)


def test_points_are_filled_where_the_data_tell():
    found = compared(joint_of(some_rows(1000, about=1.0), by="store"))
    told_apart = np.array([verdict != "cannot tell" for verdict in found.verdict])
    assert 0 < told_apart.sum() < len(told_apart)
    axes = axes_of(found)
    filled, open_ones = axes.get_lines()[:2]
    np.testing.assert_array_equal(filled.get_xdata(), found.difference[told_apart])
    np.testing.assert_array_equal(open_ones.get_xdata(), found.difference[~told_apart])
    assert open_ones.get_markerfacecolor() == "white"
    assert axes.get_yticklabels()[0].get_text() == "north: NPS (0-10) vs NPS (3 classes)"
    losses = axes_of(found, measure="log_loss")
    away = (found.log_loss_low > 0) | (found.log_loss_high < 0)
    np.testing.assert_array_equal(losses.get_lines()[0].get_xdata(), found.log_loss_difference[away])
    assert "left: the first predicts left better" in losses.get_xlabel()


def test_the_picture_refuses_what_it_cannot_draw():
    found = nps.compare_validity(joint_of(some_rows(), "spent"), event_is="good")
    with pytest.raises(ValueError, match="not an event of 0 or 1"):
        axes_of(found, measure="log_loss")
    with pytest.raises(ValueError, match="`measure` must be one of"):
        axes_of(found, measure="loss")
    with pytest.raises(TypeError, match="ValidityDifferences"):
        axes_of("found")


def test_few_clusters_give_student_tails():
    rows = some_rows(300, about=1.0).assign(city=lambda rows: rows["day"] % 7)
    found = compared(joint_of(rows, cluster="city"), predictors=ITEMS, adjustment="none")
    t = abs(found.difference[0] / found.standard_error[0])
    np.testing.assert_allclose(found.pvalue[0], 2 * stats.t.sf(t, 6), rtol=1e-9)


def test_the_normal_law_gives_the_textbook_interval():
    rows = some_rows(60).dropna(subset=["r", "csat", "left"])
    found = compared(joint_of(rows), predictors=ITEMS, correlation_test="steiger")
    r1, r2, between = (
        stats.pearsonr(rows[a], rows[b]).statistic for a, b in (("r", "left"), ("csat", "left"), ("r", "csat"))
    )
    r1, r2 = -r1, -r2  # leaving is bad
    reach = 1.959963985 / np.sqrt(len(rows) - 3)
    (low1, high1), (low2, high2) = (np.tanh(np.arctanh(r) + np.array([-reach, reach])) for r in (r1, r2))
    # Zou (2007): the correlation of two correlations of one sample under the normal law.
    c = ((between - r1 * r2 / 2) * (1 - r1**2 - r2**2 - between**2) + between**3) / ((1 - r1**2) * (1 - r2**2))
    low = r1 - r2 - np.sqrt((r1 - low1) ** 2 + (high2 - r2) ** 2 - 2 * c * (r1 - low1) * (high2 - r2))
    high = r1 - r2 + np.sqrt((high1 - r1) ** 2 + (r2 - low2) ** 2 - 2 * c * (high1 - r1) * (r2 - low2))
    np.testing.assert_allclose([found.correlation_low[0], found.correlation_high[0]], [low, high], rtol=1e-7)


def test_rows_without_a_rating_make_losses_of_a_survey_no_less_sure():
    rng = np.random.default_rng(6)
    rows = pd.DataFrame({"r": rng.integers(0, 11, 1200), "csat": rng.integers(1, 6, 1200) * 1.0, "w": 1.0})
    rows["left"] = ((rows["r"] <= 3) ^ (rng.random(1200) < 0.05)) * 1.0
    rows.loc[300:, "csat"] = np.nan
    part, whole = (compared(joint_of(some, weight="w"), predictors=ITEMS) for some in (rows[:300], rows))
    assert part.n.tolist() == whole.n.tolist() == [300]
    assert part.log_loss_difference[0] < -0.3
    np.testing.assert_allclose(whole.log_loss_difference, part.log_loss_difference, rtol=1e-9)
    widths = [found.log_loss_high[0] - found.log_loss_low[0] for found in (whole, part)]
    # Student's t has 1,199 degrees of freedom instead of 299, and n / (n - 1) is smaller: 0.5 % together.
    np.testing.assert_allclose(*widths, rtol=0.01)
