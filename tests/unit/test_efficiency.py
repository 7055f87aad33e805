"""How many respondents a score throws away: what is answered, and what is refused."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

import npsstats as nps
from npsstats import RatingCounts, Scale

# The probabilities that the help page of `nps` in the R package NPS samples its ratings from.
R_EXAMPLE = [20, 10, 10, 10, 10, 30, 30, 90, 220, 220, 350]
UNIFORM = [100] * 11


@pytest.fixture(autouse=True)
def no_window():
    matplotlib.use("agg")
    from matplotlib import pyplot

    pyplot.close("all")
    yield
    pyplot.close("all")


def histogram(*rows, **more):
    groups = {"groups": [f"g{i}" for i in range(len(rows))]} if len(rows) > 1 else {}
    return RatingCounts.from_histogram(np.array(rows), **groups, **more)


def by_name(result, column):
    return dict(zip(result.analysis, getattr(result, column).tolist(), strict=True))


# ------------------------------------------------------------------------------------------------------ answers


def test_three_ratings_by_hand():
    # Shares 1/4, 1/2, 1/4: F = 1/4, 3/4, so the mean moves by 2 * 3/16 with variance 1/2, which is 9/32, and the
    # information is (1 - 1/64 - 1/8 - 1/64) / 3 = 9/32 too; the top box has 3/16, two thirds of it.
    result = nps.efficiency(histogram([10, 20, 10], metric=nps.mean_rating(Scale(1, 3), name="mean")))
    assert result.analysis == ("mean", "top-1-box", "top-2-box", "ordinal analysis")
    np.testing.assert_allclose(by_name(result, "efficacy")["mean"], 9 / 32, rtol=1e-14)
    np.testing.assert_allclose(by_name(result, "efficacy")["ordinal analysis"], 9 / 32, rtol=1e-14)
    np.testing.assert_allclose(by_name(result, "slope")["top-1-box"], 100 * 3 / 16, rtol=1e-14)
    np.testing.assert_allclose(by_name(result, "relative_to_ordinal")["top-1-box"], 2 / 3, rtol=1e-14)
    np.testing.assert_allclose(by_name(result, "sample_size_factor")["top-1-box"], 3 / 2, rtol=1e-14)


@pytest.mark.parametrize(
    ("counts", "score", "mean", "expected"),
    [(R_EXAMPLE, 45.0, 8.30, (1.11, 1.08, 0.46, 1.37)), (UNIFORM, -45.5, 5.0, (0.71, 0.45, 0.70, 1.00))],
    ids=["R example", "uniform"],
)
def test_the_figures_of_the_design_document_hold_for_the_populations_that_it_fixes(counts, score, mean, expected):
    # Asymptotic relative efficiency to the mean of NPS, 9-10, 0-6 and ordinal logit, printed to two decimals there.
    made = histogram(counts)
    np.testing.assert_allclose(nps.estimate(made).score, score, atol=0.05)
    np.testing.assert_allclose(nps.estimate(made, metric=nps.mean_rating(Scale(0, 10))).score, mean, atol=0.005)
    found = by_name(nps.efficiency(made), "relative_to_mean")
    names = ("NPS", "top-2-box", "share of detractors", "ordinal analysis")
    np.testing.assert_allclose([found[name] for name in names], expected, atol=0.005)


def test_nps_can_see_more_than_the_mean_or_less():
    result = nps.efficiency(histogram(R_EXAMPLE, UNIFORM), against="mean")
    first, second = (result.relative_to_mean[i] for i, name in enumerate(result.analysis) if name == "NPS")
    assert first > 1.1
    assert second < 0.75
    good, bad = result.sentences()
    assert "NPS sees more of it than the mean (relative efficiency 1.11)." in good
    assert "NPS sees less of it than the mean (relative efficiency 0.71)." in bad


def test_what_it_is_held_against_has_factor_1_without_error():
    for against, name in (("ordinal", "ordinal analysis"), ("mean", "mean")):
        result = nps.efficiency(histogram(R_EXAMPLE), against=against)
        for column in ("sample_size_factor", "factor_low", "factor_high"):
            assert by_name(result, column)[name] == 1


def test_intervals_hold_the_estimate_and_never_pass_1_against_the_ordinal_analysis():
    result = nps.efficiency(histogram(R_EXAMPLE, [3, 2, 3, 8, 1, 16, 4, 10, 10, 20, 18]))
    own = np.array([name != "ordinal analysis" for name in result.analysis])
    assert np.all(result.low[own] < result.relative_to_ordinal[own])
    assert np.all(result.relative_to_ordinal[own] < result.high[own])
    assert np.all(result.high[own] < 1)


def test_intervals_shrink_with_the_root_of_the_number_of_respondents():
    few, many = (nps.efficiency(histogram(np.array(R_EXAMPLE) * times)) for times in (100, 10_000))
    logit = [np.log(found.high[0] / (1 - found.high[0]) * (1 - found.low[0]) / found.low[0]) for found in (few, many)]
    # Two imagined respondents among 100,000 move the centre by a part of the standard error, 2 / sqrt(100,000).
    np.testing.assert_allclose(logit[0] / logit[1], 10, rtol=6e-3)


def test_a_share_and_its_complement_are_one_analysis():
    names = nps.efficiency(histogram([1, 2, 3, 4, 5], metric=nps.CSAT)).analysis
    assert names == ("CSAT", "mean", "top-1-box", "ordinal analysis")


def test_other_scores_can_be_asked_for():
    european = nps.net_score(Scale(0, 10), promoters_from=8, detractors_to=5, name="European")
    result = nps.efficiency(histogram(R_EXAMPLE), others=[european, nps.NPS])
    assert result.analysis[-2:] == ("European", "ordinal analysis")
    assert result.analysis.count("NPS") == 1


def test_the_metric_can_be_another_one():
    strict = nps.net_score(Scale(0, 10), promoters_from=10, detractors_to=4, name="strict")
    result = nps.efficiency(histogram(R_EXAMPLE), metric=strict)
    assert result.analysis[0] == "strict"
    assert result.metric == strict


def test_equal_weights_give_the_estimates_of_simple_counts():
    rows = pd.DataFrame({"r": np.repeat(np.arange(11), np.array(R_EXAMPLE) // 10), "w": 2.0})
    simple = nps.efficiency(nps.tabulate(rows, rating="r"))
    survey = nps.efficiency(nps.tabulate_survey(rows, "r", weight="w"))
    np.testing.assert_allclose(survey.efficacy, simple.efficacy, rtol=1e-12)
    # Student's t with 99 degrees of freedom instead of the normal law: 1.2 % wider, of up to half the estimate.
    np.testing.assert_allclose(survey.low, simple.low, rtol=8e-3)
    assert survey.design == "weights"


def test_all_ratings_alike_tell_nothing():
    result = nps.efficiency(histogram([0] * 10 + [7]))
    assert np.isnan(result.efficacy).all()
    assert "unknown" in result.sentences()[0]
    assert "nan" not in str(result)


def test_of_two_ratings_all_that_differ_tell_the_same_and_no_interval_is_given():
    result = nps.efficiency(histogram([0] * 9 + [5, 7]))
    np.testing.assert_allclose(by_name(result, "relative_to_ordinal")["top-1-box"], 1, rtol=1e-12)
    assert np.isnan(by_name(result, "low")["top-1-box"])
    assert np.isnan(by_name(result, "efficacy")["NPS"])


def test_table_sentences_and_frame_are_of_all_analyses():
    result = nps.efficiency(histogram(R_EXAMPLE, UNIFORM))
    frame = result.to_frame()
    assert len(frame) == len(result) == 12
    assert list(frame.columns[:3]) == ["group", "analysis", "n"]
    assert len(result.table().rows) == 12
    assert len(result.sentences()) == 2
    assert result.sentences()[0].startswith("g0: To see the same shift of all odds, NPS needs 1.24 times as many")
    assert "Whitehead 1993" in result.cite()
    assert result.to_dict()["against"] == "ordinal"


# ------------------------------------------------------------------------------------------------------ refusals


def told(error, counts, **more):
    with pytest.raises(error) as caught:
        nps.efficiency(counts, **more)
    return str(caught.value)


def test_classes_do_not_tell_what_they_forget():
    counts = RatingCounts.from_categories(promoters=5, passives=3, detractors=2)
    assert "`counts` must hold ratings" in told(ValueError, counts)


def test_arguments_of_the_wrong_kind_are_named():
    counts = histogram(R_EXAMPLE)
    assert "`against` must be 'ordinal' or 'mean'; got 'wilcoxon'." in told(ValueError, counts, against="wilcoxon")
    assert "`others`" in told(TypeError, counts, others=nps.NPS)
    assert "`others`" in told(TypeError, counts, others=["NPS"])
    assert "`others` must be on the scale 0-10" in told(ValueError, counts, others=[nps.CSAT])
    assert "`confidence_level`" in told(ValueError, counts, confidence_level=95)
    assert "`counts`" in told(TypeError, [1, 2, 3])
    assert "scale" in told(ValueError, counts, metric=nps.CSAT)


def test_two_scores_under_one_name_are_refused():
    other = nps.net_score(Scale(0, 10), promoters_from=8, detractors_to=5, name="NPS")
    assert "two different scores are called 'NPS'" in told(ValueError, histogram(R_EXAMPLE), others=[other])


def test_a_group_without_ratings_is_refused():
    with pytest.raises(nps.UndefinedScoreError):
        nps.efficiency(histogram(R_EXAMPLE, [0] * 11))


# ------------------------------------------------------------------------------------------------------ pictures


def test_the_picture_has_a_row_for_each_analysis_and_a_mark_for_each_group():
    result = nps.efficiency(histogram(R_EXAMPLE, UNIFORM))
    axes = nps.plots.efficiency(result)
    assert [tick.get_text() for tick in axes.get_yticklabels()] == list(result.analysis[:5])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["g0", "g1"]
    marks = [line for line in axes.get_lines() if line.get_marker() in ("o", "s")]
    np.testing.assert_allclose(np.concatenate([mark.get_xdata() for mark in marks]),
                               result.sample_size_factor[[*range(5), *range(6, 11)]])  # fmt: skip


def test_the_picture_draws_where_it_is_told_and_nothing_else():
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    assert nps.plots.efficiency(nps.efficiency(histogram(R_EXAMPLE), against="mean"), ax=axes) is axes
    assert len(axes.get_yticks()) == 6
    with pytest.raises(TypeError, match="Efficiency"):
        nps.plots.efficiency(histogram(R_EXAMPLE))


# ------------------------------------------------------------------------------------------- what is not known


def test_rare_low_ratings_that_a_sample_lacks_are_allowed_for():
    # The ratings of the airport: 0-4 are rare, and decide how noisy the mean is.
    population = nps.datasets.load("sfo")["recommend"].pool("year").select(2017)
    truth = by_name(nps.efficiency(population), "relative_to_ordinal")
    draws = np.random.default_rng(3).multinomial(100, population.counts[0] / population.n[0], 2_000)
    found = nps.efficiency(histogram(*draws))
    for name, least in (("mean", 0.93), ("NPS", 0.93), ("top-1-box", 0.93)):
        own = np.array([analysis == name for analysis in found.analysis])
        held = (found.low[own] <= truth[name]) & (truth[name] <= found.high[own])
        # 95 % less four standard errors of 2,000 draws, 0.49 % each; the delta method alone held the mean in 77 %.
        assert least < held.mean() < 0.98, name


def test_the_imagined_respondents_are_two_at_all_ratings():
    # With 22 imagined at 11 ratings instead of 2 the counts would be whole; the law is the same.
    from npsstats.critique import information

    counts = np.array([1, 0, 3, 0, 2, 7, 9, 14, 30, 21, 13])
    values = np.array([nps.NPS.values, np.arange(11.0)])
    relative, error = information._diluted(histogram(counts), values, 2)
    more = histogram(11 * counts + 2)
    expected = nps.efficiency(more)
    names = ("NPS", "mean")
    np.testing.assert_allclose(relative[0, :2], [by_name(expected, "relative_to_ordinal")[name] for name in names])
    # Eleven times as many respondents have a variance of 1 / 11, but for n - 1.
    raw = information._errors(more, information._told(nps.critique.linearising.shares_of(more), values)[1])
    assert raw.shape == (1, 3)
    _, gradient = information._told(nps.critique.linearising.shares_of(more), values)
    whole = information._errors(more, gradient - gradient[:, [2]])[0, :2]
    n = counts.sum() + 2
    np.testing.assert_allclose(error[0, :2], whole * np.sqrt((11 * n - 1) / (n - 1)), rtol=1e-10)


def test_whether_nps_or_the_mean_sees_more_is_said_with_an_interval_only():
    sfo = nps.datasets.load("sfo")["recommend"].pool("year").select(2018)
    bare = nps.efficiency(sfo).sentences()[0]
    assert bare.endswith("Held against the mean, the relative efficiency of NPS is 1.02.")
    held = nps.efficiency(sfo, against="mean")
    assert held.low[0] < 1 < held.high[0]
    assert "cannot tell whether NPS sees more of it than the mean, or less" in held.sentences()[0]


def test_an_analysis_that_sees_exactly_as_much_has_no_interval_made_of_rounding():
    found = nps.efficiency(histogram(UNIFORM), against="mean")
    np.testing.assert_allclose(by_name(found, "relative_to_mean")["ordinal analysis"], 1, rtol=1e-12)
    assert np.isnan(by_name(found, "low")["ordinal analysis"])


def test_rounding_makes_no_information_and_no_limits():
    from npsstats.kernels.ordinal_shift import ordinal_information
    from npsstats.kernels.transformed_limits import logit_limits

    assert ordinal_information(np.array([[0.0, np.nextafter(1, 0), 0.0]])).tolist() == [0]
    assert np.isnan(logit_limits(np.array([0.5]), np.array([0.0]), 1.96)).all()
