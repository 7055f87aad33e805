"""What kind of distribution is behind a score: what is answered, and what is refused."""

from fractions import Fraction

import matplotlib
import numpy as np
import pandas as pd
import pytest

import npsstats as nps
from npsstats import RatingCounts, Scale

# The same score, +20, by different people: most in the middle, nobody below 7, and many at both ends.
CALM = [10, 0, 0, 0, 10, 40, 40, 300, 300, 200, 100]
NOBODY_BELOW = [0, 0, 0, 0, 0, 0, 0, 400, 400, 150, 50]
POLARISED = [100, 50, 0, 0, 50, 0, 100, 50, 150, 400, 100]


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


def same_score(times=1):
    return RatingCounts.from_histogram(
        np.array([CALM, NOBODY_BELOW, POLARISED]) * times, groups=["calm", "nobody below 7", "polarised"]
    )


# ------------------------------------------------------------------------------------------------------ answers


def test_shares_by_hand():
    result = nps.polarisation(histogram(POLARISED))
    expected = {
        "score": 20.0, "promoters": 0.5, "passives": 0.2, "detractors": 0.3, "deep": 0.15, "shallow": 0.15,
        "depth": 0.5, "not_passive": 0.8, "standard_deviation": 100 * np.sqrt(0.8 - 0.04),
    }  # fmt: skip
    for measure, value in expected.items():
        np.testing.assert_allclose(getattr(result, measure), value, rtol=1e-14, err_msg=measure)


def test_entropy_and_dispersion_by_hand():
    # Half each at the ends of 0-10: F = 1/2 ten times, so 4 * 10 / 4 / 10; the entropy is that of a coin.
    ends = nps.polarisation(histogram([5] + [0] * 9 + [5]))
    np.testing.assert_allclose(ends.dispersion, 1, rtol=1e-15)
    np.testing.assert_allclose(ends.entropy, (np.log(2) + 1 / 20) / np.log(11), rtol=1e-14)  # (2 - 1) / (2 * 10)
    uniform = nps.polarisation(histogram([3] * 11))
    np.testing.assert_allclose(uniform.entropy, 1, rtol=1e-15)
    exact = 4 * sum(Fraction(k, 11) * (1 - Fraction(k, 11)) for k in range(1, 11)) / 10
    np.testing.assert_allclose(uniform.dispersion, float(exact), rtol=1e-15)
    alike = nps.polarisation(histogram([0] * 9 + [4, 0]))
    assert alike.dispersion == alike.entropy == alike.standard_deviation == 0


def test_the_entropy_of_few_is_right_on_average():
    shares = np.array(POLARISED) / 1000
    truth = -(shares[shares > 0] @ np.log(shares[shares > 0])) / np.log(11)
    tables = np.random.default_rng(5).multinomial(100, shares, size=400)
    labels = [(i, 0) for i in range(400)]  # blocks of one group each: no pairs
    samples = RatingCounts(
        tables, metric=nps.NPS, missing=np.zeros(400, dtype=int), by=("sample", "block"), labels=labels
    )
    found = nps.polarisation(samples).entropy
    # Uncorrected it would be 0.015 too low; three standard errors of the mean of 400.
    np.testing.assert_allclose(found.mean(), truth, atol=3 * found.std() / 20)
    assert abs(found.mean() - truth) < 0.007


def test_dispersion_is_that_of_blair_and_lacy_in_fractions_with_their_variance():
    # The frequencies are the example of the help pages of the R package agrmt (`lsquared`).
    counts = [30, 40, 210, 130, 530, 50, 10]
    n, k = sum(counts), len(counts)
    metric = nps.net_score(Scale(1, k), promoters_from=6, detractors_to=4)
    result = nps.polarisation(histogram(counts, metric=metric), deep_to=2)
    cumulated = [Fraction(sum(counts[: i + 1]), n) for i in range(k - 1)]
    l_squared = sum((share - Fraction(1, 2)) ** 2 for share in cumulated) / Fraction(k - 1, 4)
    np.testing.assert_allclose(result.dispersion, float(1 - l_squared), rtol=1e-14)
    # Blair & Lacy (2000, page 274): 64 / (k - 1)^2 times the variance of a over n; here with one respondent more,
    # spread evenly over the ratings.
    p = (np.array(counts) + 1 / k) / (n + 1)
    a = np.array([(k - i) / 2 + sum((i - j) * p[j - 1] for j in range(i + 1, k + 1)) for i in range(1, k + 1)])
    error = np.sqrt(64 * (p @ a**2 - (p @ a) ** 2) / ((k - 1) ** 2 * (n - 1)))  # n - 1 is ours
    low, high = result.interval("dispersion")
    d = result.dispersion[0]
    half = 1.959963984540054 * error / (d * (1 - d))
    np.testing.assert_allclose(np.log(low / (1 - low)), np.log(d / (1 - d)) - half, rtol=1e-10)
    np.testing.assert_allclose(np.log(high / (1 - high)), np.log(d / (1 - d)) + half, rtol=1e-10)


def test_depth_is_a_share_of_detractors_with_the_interval_of_that_many_respondents():
    result = nps.polarisation(histogram(POLARISED))
    among = RatingCounts.from_histogram([150, 150], metric=nps.top_box(Scale(0, 1), boxes=1))
    found = nps.estimate(among)
    np.testing.assert_allclose(result.interval("depth"), [found.low / 100, found.high / 100], rtol=1e-9)


def test_the_border_of_deep_detractors_can_be_moved():
    result = nps.polarisation(histogram(POLARISED), deep_to=0)
    np.testing.assert_allclose(result.deep, 0.1)
    assert "33.3 % gave 0 (" in result.sentences()[0]
    assert nps.polarisation(histogram([1] * 10, metric=nps.NPS_1_TO_10), deep_to=3).depth == 0.5


def test_without_detractors_depth_is_unknown():
    result = nps.polarisation(histogram(NOBODY_BELOW))
    assert np.isnan(result.depth).all()
    assert np.isnan(result.interval("depth")).all()
    assert "gave 0-3" not in result.sentences()[0]
    assert result.detractors == 0
    assert 0 < result.interval("detractors")[1] < 0.01


def test_the_same_score_of_different_people_is_told():
    result = nps.polarisation(same_score())
    np.testing.assert_allclose(result.score, 20, rtol=1e-14)
    hidden = result.sentences()[3:]
    assert len(hidden) == 3
    first, _, last = hidden
    assert first.startswith("nobody below 7 against calm: a difference of NPS is not detected (20.0 and 20.0; p = ")
    assert "20.0 % against 40.0 % are not passive" in first
    assert "of the detractors" not in first
    assert "polarised" in last
    assert "80.0 %" in last


def test_depth_that_differs_is_told_too():
    deep = [60, 20, 10, 10, 0, 0, 0, 300, 300, 200, 100]
    shallow = [0, 0, 0, 0, 0, 0, 100, 300, 300, 200, 100]
    texts = nps.polarisation(histogram(deep, shallow)).sentences()
    assert len(texts) == 3
    assert "0.0 % against 100.0 % of the detractors gave 0-3" in texts[2]
    assert "are not passive (adjusted" not in texts[2]


def test_scores_that_differ_hide_nothing():
    result = nps.polarisation(histogram(CALM, [200, 50, 0, 0, 50, 0, 100, 50, 150, 300, 100]))
    assert result.comparisons[0].score_pvalue < 0.001
    assert result.comparisons[0].not_passive_pvalue < 0.001
    assert len(result.sentences()) == 2


def test_pvalues_of_pairs_are_those_of_compare_adjusted_by_holm():
    counts = same_score()
    result = nps.polarisation(counts)
    taking = nps.Metric("t", nps.NPS.scale, tuple(0.0 if value == 0 else 1.0 for value in nps.NPS.values))
    raw = nps.compare(counts, reference="all-pairs", metric=taking, adjustment="none").pvalue
    depth = nps.compare(
        RatingCounts.from_histogram(
            [[10, 90], [150, 150]], metric=nps.top_box(Scale(0, 1), boxes=1), groups=["a", "b"]
        ),
        reference="a",
    ).pvalue
    every = np.sort([*raw, *depth])
    adjusted = np.maximum.accumulate(every * np.arange(4, 0, -1)).clip(max=1)
    found = [p for pair in result.comparisons for p in (pair.not_passive_pvalue, pair.depth_pvalue) if p == p]
    np.testing.assert_allclose(np.sort(found), adjusted, rtol=1e-6)


def test_pairs_can_be_chosen():
    assert [pair.reference for pair in nps.polarisation(same_score(), reference="calm").comparisons] == ["calm"] * 2
    assert [pair.reference for pair in nps.polarisation(same_score(), reference="rest").comparisons] == ["rest"] * 3
    assert nps.polarisation(histogram(CALM)).comparisons == ()


def test_classes_are_enough_for_all_but_depth():
    counts = RatingCounts.from_categories(
        promoters=[300, 200], passives=[600, 800], detractors=[100, 0], groups=["A", "B"]
    )
    result = nps.polarisation(counts)
    assert np.isnan(result.depth).all()
    np.testing.assert_allclose(result.not_passive, [0.4, 0.2])
    assert "20.0 % against 40.0 % are not passive" in result.sentences()[2]
    assert any("classes instead of ratings" in note for note in result.notes)


def test_equal_weights_give_the_estimates_of_simple_counts():
    rows = pd.DataFrame({"r": np.repeat(np.arange(11), POLARISED), "w": 3.0})
    simple = nps.polarisation(nps.tabulate(rows, rating="r"))
    survey = nps.polarisation(nps.tabulate_survey(rows, "r", weight="w"))
    for measure in simple.measures:
        # The correction of the entropy, 0.2 %, by a variance with n / (n - 1).
        close = 1e-5 if measure == "entropy" else 1e-10
        np.testing.assert_allclose(getattr(survey, measure), getattr(simple, measure), rtol=close, err_msg=measure)
        # Depth by linearisation instead of the score method; the normal law for Student's with 999 degrees.
        np.testing.assert_allclose(
            survey.interval(measure), simple.interval(measure), rtol=0.01 if measure == "depth" else 2e-3
        )


def test_clusters_that_agree_make_a_survey_less_sure():
    one = pd.DataFrame({"r": np.repeat(np.arange(11), np.array(POLARISED) // 10)})
    copies = pd.concat([one.assign(cluster=np.arange(len(one)))] * 10)
    clustered = nps.polarisation(nps.tabulate_survey(copies, "r", cluster="cluster"))
    plain = nps.polarisation(nps.tabulate(copies, rating="r"))
    for measure in ("depth", "not_passive", "dispersion"):
        widths = [np.diff(found.interval(measure), axis=0)[0, 0] for found in (clustered, plain)]
        # Ten copies of each respondent tell what one does: root 10 = 3.16, less the t quantile and curvature.
        assert 2.8 < widths[0] / widths[1] < 3.6


def test_pairs_of_a_survey_are_tested_by_its_design():
    one = pd.DataFrame({"r": np.repeat(np.arange(11), CALM), "g": "a"})
    two = pd.DataFrame({"r": np.repeat(np.arange(11), POLARISED), "g": "b"})
    rows = pd.concat([one, two], ignore_index=True)
    rows["c"] = np.arange(len(rows))
    single = nps.polarisation(nps.tabulate_survey(rows, "r", by="g", cluster="c")).comparisons[0]
    tripled = pd.concat([rows] * 3)
    repeated = nps.polarisation(nps.tabulate_survey(tripled, "r", by="g", cluster="c")).comparisons[0]
    # Copies in the same cluster tell nothing more.
    np.testing.assert_allclose(repeated.depth_pvalue, single.depth_pvalue, rtol=1e-3)
    simple = nps.polarisation(nps.tabulate(rows, rating="r", by="g")).comparisons[0]
    np.testing.assert_allclose(single.depth, simple.depth, rtol=1e-12)


def test_table_sentences_and_frame_are_of_all_groups():
    result = nps.polarisation(same_score())
    frame = result.to_frame()
    assert {"depth", "depth_low", "depth_high", "score_low", "dispersion_high"} <= set(frame.columns)
    assert len(frame) == len(result) == 3
    assert len(result.table().rows) == 3
    assert "nan" not in str(result)
    assert "Blair & Lacy 2000" in result.cite()
    assert all("no difference" not in text for text in result.sentences())


# ------------------------------------------------------------------------------------------------------ refusals


def told(error, counts, **more):
    with pytest.raises(error) as caught:
        nps.polarisation(counts, **more)
    return str(caught.value)


def test_a_score_without_three_classes_is_refused():
    assert "three classes" in told(ValueError, histogram([1, 2, 3, 4, 5], metric=nps.CSAT))
    assert "three classes" in told(ValueError, histogram(CALM), metric=nps.mean_rating(Scale(0, 10)))
    turned = nps.Metric("turned", Scale(0, 10), tuple(-value for value in nps.NPS.values))
    assert "the lowest ratings into the lowest" in told(ValueError, histogram(CALM), metric=turned)


def test_the_border_of_deep_detractors_must_divide_them():
    assert "`deep_to` must divide the detractors, who gave 0-6 in NPS" in told(ValueError, histogram(CALM), deep_to=6)
    assert "got -1" in told(ValueError, histogram(CALM), deep_to=-1)
    assert "`deep_to`" in told(TypeError, histogram(CALM), deep_to="3")
    assert "`deep_to` must be given on the scale 1-10" in told(ValueError, histogram([1] * 10, metric=nps.NPS_1_TO_10))


def test_other_arguments_of_the_wrong_kind_are_named():
    assert "`counts`" in told(TypeError, [1, 2, 3])
    assert "`confidence_level`" in told(ValueError, histogram(CALM), confidence_level=0)
    assert "`reference`" in told(ValueError, same_score(), reference="nobody")
    with pytest.raises(nps.UndefinedScoreError):
        nps.polarisation(histogram(CALM, [0] * 11))
    with pytest.raises(ValueError, match="`measure` must be one of"):
        nps.polarisation(histogram(CALM)).interval("width")


# ------------------------------------------------------------------------------------------------------ pictures


def test_the_picture_stacks_the_shares_around_the_middle_of_the_passives():
    result = nps.polarisation(same_score())
    axes = nps.plots.polarisation(result)
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["calm", "nobody below 7", "polarised"]
    bars = [patch for patch in axes.patches if patch.get_height() == 0.7]
    widths = np.array([bar.get_width() for bar in bars]).reshape(4, 3)
    np.testing.assert_allclose(widths, [result.deep, result.shallow, result.passives, result.promoters], atol=1e-12)
    passives = bars[6:9]
    np.testing.assert_allclose([bar.get_x() + bar.get_width() / 2 for bar in passives], 0, atol=1e-12)


def test_the_picture_of_classes_has_three_parts():
    counts = RatingCounts.from_categories(promoters=30, passives=60, detractors=10)
    axes = nps.plots.polarisation(nps.polarisation(counts))
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["detractors", "passives", "promoters"]
    with pytest.raises(TypeError, match="Polarisation"):
        nps.plots.polarisation(counts)


def test_pairs_of_a_survey_and_of_simple_counts_stand_in_the_same_order():
    rows = pd.concat(
        [
            pd.DataFrame({"r": np.repeat(np.arange(11), row), "g": name})
            for name, row in zip("abc", (CALM, NOBODY_BELOW, POLARISED), strict=True)
        ]
    )
    simple, survey = (
        nps.tabulate(rows, rating="r", by="g"),
        nps.tabulate_survey(rows.assign(w=1.0), "r", by="g", weight="w"),
    )
    for reference in ("all-pairs", "rest", "b"):
        one, two = (nps.polarisation(counts, reference=reference).comparisons for counts in (simple, survey))
        assert [(pair.label, pair.reference) for pair in one] == [(pair.label, pair.reference) for pair in two]
        for first, second in zip(one, two, strict=True):
            np.testing.assert_allclose(first.scores, second.scores, rtol=1e-10)
            np.testing.assert_allclose(first.not_passive, second.not_passive, rtol=1e-10)
            np.testing.assert_allclose(first.depth, second.depth, rtol=1e-10)


def test_of_many_pairs_those_with_the_smallest_pvalues_are_told():
    counts = histogram(*[CALM, POLARISED] * 5)
    result = nps.polarisation(counts)
    assert len(result.comparisons) == 45
    texts = result.sentences()
    assert len(texts) == 10 + 10 + 1
    assert texts[-1] == "Of 15 more pairs the same can be said."


# ------------------------------------------------------------------------------------------------ more errors


def test_limits_of_the_standard_deviation_are_those_of_moments():
    result = nps.polarisation(histogram(POLARISED))
    values, n = np.array(nps.NPS.values), sum(POLARISED)

    def moments(counts, *orders):
        shares = np.array(counts) / np.sum(counts)
        return [shares @ (values - shares @ values) ** order for order in orders]

    (variance,) = moments(POLARISED, 2)
    # Var(s^2) = (m4 - m2^2) / n and ds = ds^2 / (2 s), of one respondent more, spread evenly over the ratings.
    second, fourth = moments(np.array(POLARISED) + 1 / 11, 2, 4)
    error = np.sqrt((fourth - second**2) / (n - 1) / (4 * second))
    limits = np.sqrt(variance) * np.exp(np.array([-1, 1]) * 1.959963985 * error / np.sqrt(variance))
    np.testing.assert_allclose(np.concatenate(result.interval("standard_deviation")), limits, rtol=1e-8)


def test_the_bias_of_the_entropy_is_that_of_the_sample_as_it_was_drawn():
    one = pd.DataFrame({"r": np.repeat(np.arange(11), np.array(POLARISED) // 10)})
    copies = pd.concat([one.assign(cluster=np.arange(len(one)))] * 10)
    clustered = nps.polarisation(nps.tabulate_survey(copies, "r", cluster="cluster")).entropy
    plain = nps.polarisation(nps.tabulate(one, rating="r")).entropy
    # Ten copies of a respondent tell what one does; a variance with 1 / 99 for 1 / 100 makes the bias, 0.015, 1 % more.
    np.testing.assert_allclose(clustered, plain, atol=2e-4)


def test_depths_of_clusters_in_both_groups_are_compared_as_by_a_regression_with_clusters():
    import statsmodels.api as sm
    from scipy import stats

    rng = np.random.default_rng(8)
    mood = rng.normal(size=60)
    rows = pd.DataFrame({"c": np.repeat(np.arange(60), 10), "g": np.tile(["a", "b"], 300)})
    rows["r"] = np.clip(np.round(5 + 2.5 * mood[rows["c"]] + 1.5 * rng.normal(size=600) + (rows["g"] == "b")), 0, 10)
    pair = nps.polarisation(nps.tabulate_survey(rows, "r", by="g", cluster="c")).comparisons[0]
    below = rows[rows["r"] <= 6]
    design = sm.add_constant((below["g"] == "b").astype(float))
    fit = sm.OLS((below["r"] <= 3).astype(float), design).fit(
        cov_type="cluster", cov_kwds={"groups": below["c"], "use_correction": False}
    )
    # The design has 60 clusters in all, those without a detractor too: a factor of 60 / 59, and 59 degrees of freedom.
    t = fit.tvalues["g"] / np.sqrt(60 / 59)
    # Holm leaves the larger of two p-values as it is.
    assert pair.not_passive_pvalue < pair.depth_pvalue
    np.testing.assert_allclose(pair.depth_pvalue, 2 * stats.t.sf(abs(t), 59), rtol=1e-6)


def test_groups_without_a_partner_are_told_of():
    counts = nps.datasets.load("sfo")["recommend"].select(("A", 2017), ("A", 2018), ("B", 2017))
    result = nps.polarisation(counts, reference="previous")
    assert len(result.comparisons) == 1
    assert any("no partner" in note and "B" in note for note in result.notes)


# Five clusters are too few for its intervals, of which a warning tells.
@pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")
def test_depths_are_compared_with_the_degrees_of_freedom_of_the_group_that_has_fewer_clusters():
    import statsmodels.api as sm
    from scipy import stats

    rng = np.random.default_rng(2)
    mood = rng.normal(size=35)
    rows = pd.DataFrame({"c": np.repeat(np.arange(35), 12)})
    rows["g"] = np.where(rows["c"] < 5, "a", "b")
    rows["r"] = np.clip(np.round(4 + 1.5 * mood[rows["c"]] + 2 * rng.normal(size=420)), 0, 10)
    pair = nps.polarisation(nps.tabulate_survey(rows, "r", by="g", cluster="c")).comparisons[0]
    below = rows[rows["r"] <= 6]
    fit = sm.OLS((below["r"] <= 3).astype(float), sm.add_constant((below["g"] == "b").astype(float))).fit(
        cov_type="cluster", cov_kwds={"groups": below["c"], "use_correction": False}
    )
    # One stratum of 35 clusters, 5 of them in the smaller group; Holm's factor is 1 or 2.
    pvalue = 2 * stats.t.sf(abs(fit.tvalues["g"]) / np.sqrt(35 / 34), 4)
    factor = 2 if pair.depth_pvalue < pair.not_passive_pvalue else 1
    np.testing.assert_allclose(pair.depth_pvalue, min(1, factor * pvalue), rtol=1e-6)
