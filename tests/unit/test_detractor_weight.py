"""How many promoters a detractor weighs: what is answered, and what is refused."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

import npsstats as nps
from npsstats.ratings.combinations import combinations_of

# Detractors, passives, promoters: respondents, and those of them who left.
LEFT = ((200, 60), (300, 45), (500, 40))


@pytest.fixture(autouse=True)
def no_window():
    matplotlib.use("agg")
    from matplotlib import pyplot

    pyplot.close("all")
    yield
    pyplot.close("all")


def rows_of(classes, **more):
    rows = [(rating, event) for rating, (n, events) in zip((3, 8, 10), classes, strict=True)
            for event in [1.0] * events + [0.0] * (n - events)]  # fmt: skip
    return pd.DataFrame(rows, columns=["rating", "left"]).assign(**more)


def joint(rows, **more):
    return nps.tabulate_joint(rows, {"rating": nps.NPS}, outcome="left", **more)


def weight(classes, event_is="bad", **more):
    return nps.detractor_weight(joint(rows_of(classes)), event_is=event_is, **more)


def inside(result, value, row=0):
    """Whether a weight lies in the set of a group."""
    low, high = result.low[row], result.high[row]
    return {"bounded": low <= value <= high, "outside": value <= low or value >= high, "all": True}[result.kind[row]]


# ------------------------------------------------------------------------------------------------------ answers


def test_the_weight_by_hand():
    result = weight(LEFT)
    np.testing.assert_allclose(result.mean_detractors, 0.30)
    np.testing.assert_allclose(result.loss, 0.15)
    np.testing.assert_allclose(result.gain, 0.07)
    np.testing.assert_allclose(result.weight, 15 / 7)
    assert (result.n_detractors, result.n_passives, result.n_promoters) == (200, 300, 500)
    # Independent classes, with n / (n - 1) for all respondents.
    expected = np.sqrt((0.3 * 0.7 / 200 + 0.15 * 0.85 / 300) * 1000 / 999)
    np.testing.assert_allclose(result.loss_error, expected, rtol=1e-12)


def test_means_errors_and_test_are_those_of_a_regression_on_the_classes():
    import statsmodels.api as sm

    rng = np.random.default_rng(3)
    rating = rng.choice(11, size=800, p=[0.02] * 6 + [0.08, 0.15, 0.2, 0.2, 0.25])
    spent = 20 + 4.0 * (rating >= 7) + 3.0 * (rating >= 9) + rng.integers(-9, 10, 800)
    rows = pd.DataFrame({"rating": rating, "left": spent.astype(float)})
    result = nps.detractor_weight(joint(rows), event_is="good")
    design = sm.add_constant(np.column_stack([rating <= 6, rating >= 9]).astype(float))
    fit = sm.OLS(spent, design).fit(cov_type="HC0")
    np.testing.assert_allclose(result.weight, -fit.params[1] / fit.params[2], rtol=1e-10)
    # Heteroscedastic errors, with n / (n - 1) here.
    np.testing.assert_allclose(
        [result.loss_error[0], result.gain_error[0]], fit.bse[1:] * np.sqrt(800 / 799), rtol=1e-10
    )
    test = fit.t_test([0, 1, 1])  # detractors + promoters - 2 passives
    np.testing.assert_allclose(result.statistic, -test.tvalue.ravel() / np.sqrt(800 / 799), rtol=1e-8)


@pytest.mark.parametrize(
    "classes",
    [LEFT, ((100, 60), (100, 40), (200, 70)), ((60, 30), (80, 36), (100, 44)), ((200, 60), (300, 45), (500, 75))],
    ids=["bounded", "outside", "all", "promoters no better"],
)
def test_the_set_holds_the_weights_whose_test_does_not_refuse_them(classes):
    result = weight(classes)
    shares = [events / n for n, events in classes]
    n = sum(size for size, _ in classes)
    variances = np.array([p * (1 - p) / size for p, (size, _) in zip(shares, classes, strict=True)]) * n / (n - 1)
    for value in np.linspace(-40, 40, 4001):
        # m_det - m_pas - value (m_pas - m_pro) = m_det - (1 + value) m_pas + value m_pro
        factors = np.array([1, -(1 + value), value])
        z = factors @ shares / np.sqrt(factors**2 @ variances)
        if abs(abs(z) - 1.959963985) > 1e-3:
            assert inside(result, value) == (abs(z) < 1.959963985), value


def test_the_kinds_of_sets_and_their_words():
    texts = {}
    for classes in (LEFT, ((100, 60), (100, 40), (200, 70)), ((60, 30), (80, 36), (100, 44))):
        result = weight(classes)
        texts[result.kind[0]] = result.sentences()[0]
    assert set(texts) == {"bounded", "outside", "all"}
    assert "A detractor weighs as much as 2.14 promoters (95 % interval 0.76 to 8.23)." in texts["bounded"]
    assert (
        "These data cannot tell whether a detractor weighs more or less than a promoter (p = 0.137)."
        in texts["bounded"]
    )
    assert "too little known for an interval (at 95 % these data fit weights from 0.49 on)." in texts["outside"]
    assert "these data fit any weight" in texts["all"]


@pytest.mark.parametrize(
    ("classes", "low", "high", "shown", "told"),
    [
        (((100, 60), (100, 40), (200, 70)), -3.95, 0.49, ["4.00", "from 0.49 on"], "fit weights from 0.49 on)"),
        (((100, 30), (100, 22), (100, 16)), -2.36, -0.43, ["1.33", "all"], "fit any weight)"),
        (((200, 30), (200, 60), (200, 10)), -0.83, -0.34, ["none", "none"], "fit no positive weight)"),
        (((300, 40), (300, 60), (300, 75)), -5.59, 0.08, ["none", "from 0.08 on"], "fit weights from 0.08 on)"),
        (((200, 40), (300, 45), (500, 40)), -0.20, 4.01, ["0.71", "up to 4.01"], "(95 % interval up to 4.01)"),
    ],
    ids=["outside", "outside below 0", "bounded below 0", "nobody does better", "bounded around 0"],
)
def test_negative_weights_are_kept_and_not_told(classes, low, high, shown, told):
    result = weight(classes)
    np.testing.assert_allclose([result.low[0], result.high[0]], [low, high], atol=0.005)
    table = result.table()
    row = dict(zip(table.headers, table.rows[0], strict=True))
    assert [row["detractor weight"], row["95 % set"]] == shown
    assert told in result.sentences()[0]
    frame = result.to_frame()
    assert frame[["detractor_weight", "low", "high"]].to_numpy().tolist() == [
        [result.weight[0], result.low[0], result.high[0]]
    ]


def test_a_weight_above_1_is_told_where_it_is_shown():
    result = weight(((400, 200), (600, 90), (1000, 60)))
    assert result.low > 1
    assert "It weighs more than a promoter (p = " in result.sentences()[0]
    result = weight(((400, 72), (600, 90), (1000, 50)))
    assert result.high < 1
    assert "It weighs less than a promoter (p = " in result.sentences()[0]


def test_promoters_who_do_worse_than_passives_give_no_weight():
    text = weight(((200, 60), (300, 45), (500, 160))).sentences()[0]
    assert "Promoters do no better than passives here" in text
    assert "weighs as much" not in text


def test_the_test_of_weight_1_agrees_with_the_set():
    for classes in (LEFT, ((400, 200), (600, 90), (1000, 60)), ((100, 60), (100, 40), (200, 70))):
        result = weight(classes)
        assert (result.pvalue[0] > 0.05) == inside(result, 1.0)


def test_good_and_bad_are_mirror_images():
    bad = weight(LEFT)
    stayed = rows_of(LEFT)
    stayed["left"] = 1 - stayed["left"]
    good = nps.detractor_weight(joint(stayed), event_is="good")
    for name in ("weight", "low", "high", "loss", "gain", "statistic", "pvalue"):
        np.testing.assert_allclose(getattr(bad, name), getattr(good, name), rtol=1e-9, err_msg=name)


def test_each_group_has_its_own_weight():
    rows = pd.concat([rows_of(LEFT, year=2024), rows_of(((400, 200), (600, 90), (1000, 60)), year=2025)])
    result = nps.detractor_weight(joint(rows, by="year"), event_is="bad")
    assert result.labels == ((2024,), (2025,))
    np.testing.assert_allclose(result.low[0], weight(LEFT).low[0], rtol=1e-12)
    assert [text[:5] for text in result.sentences()] == ["2024:", "2025:"]


def test_respondents_without_an_outcome_or_a_rating_count_for_nothing():
    rows = pd.concat([rows_of(LEFT), pd.DataFrame({"rating": [0, 10, None], "left": [None, None, 1.0]})])
    result = nps.detractor_weight(joint(rows), event_is="bad")
    assert result.n_detractors == 200
    np.testing.assert_allclose(result.weight, 15 / 7)
    # Means of a domain: 2 of 1,003 respondents outside it change nothing but n / (n - 1).
    np.testing.assert_allclose(result.low, weight(LEFT).low, rtol=1e-4)


def test_the_metric_is_found_or_named():
    rows = rows_of(LEFT, satisfied=4)
    metrics = {"rating": nps.NPS, "satisfied": nps.CSAT}
    both = nps.tabulate_joint(rows, metrics, outcome="left")
    found, named = (nps.detractor_weight(both, event_is="bad", metric=name) for name in (None, "NPS"))
    np.testing.assert_array_equal(found.low, named.low)
    assert found.metric == nps.NPS


def test_a_metric_whose_low_scores_are_good_has_its_promoters_there():
    trouble = nps.Metric("trouble", nps.NPS.scale, tuple(-v for v in nps.NPS.values), favourable="low")
    counts = nps.tabulate_joint(rows_of(LEFT), {"rating": trouble}, outcome="left")
    np.testing.assert_allclose(nps.detractor_weight(counts, event_is="bad").weight, 15 / 7)


def test_a_survey_of_equal_weights_has_the_same_weight_and_clusters_make_it_less_sure():
    simple = weight(LEFT)
    rows = rows_of(LEFT, w=2.0)
    equal = nps.detractor_weight(joint(rows, weight="w"), event_is="bad")
    np.testing.assert_allclose(equal.weight, simple.weight, rtol=1e-12)
    np.testing.assert_allclose(equal.loss_error, simple.loss_error, rtol=1e-9)
    assert equal.design == "weights"
    rows["cluster"] = np.arange(len(rows))
    copies = nps.detractor_weight(joint(pd.concat([rows] * 4), cluster="cluster"), event_is="bad")
    # Four copies of each respondent tell what one does; n / (n - 1) of clusters, as of respondents.
    np.testing.assert_allclose(copies.loss_error, simple.loss_error, rtol=1e-9)
    assert copies.low < simple.low  # Student's t


def test_the_set_holds_the_truth_as_often_as_it_says():
    # 500 samples of 400; the standard error of a share of 0.95 is 0.01.
    rates, sizes = np.array([0.3, 0.15, 0.08]), np.array([0.2, 0.3, 0.5])
    cells = (sizes[:, None] * np.column_stack([1 - rates, rates])).ravel()
    tables = np.random.default_rng(6).multinomial(400, cells, size=500)
    counts = nps.RatingCounts(
        tables,
        metric=combinations_of(6),
        missing=np.zeros(500, dtype=int),
        by=("sample",),
        labels=[(i,) for i in range(500)],
    )
    samples = nps.JointCounts(
        counts,
        metrics=(nps.NPS_CATEGORIES,),
        answers=np.repeat([0, 1, 2], 2)[:, None],
        outcome=np.tile([0.0, 1.0], 3),
        outcome_name="left",
    )
    result = nps.detractor_weight(samples, event_is="bad")
    held = np.mean([inside(result, 15 / 7, row) for row in range(500)])
    assert 0.92 < held < 0.98
    assert set(result.kind) > {"bounded", "outside"} or set(result.kind) == {"bounded", "outside"}


def test_table_sentences_and_frame_agree():
    result = weight(LEFT)
    frame = result.to_frame()
    assert frame["detractor_weight"][0] == result.weight[0]
    assert frame["kind"][0] == "bounded"
    assert "0.76 to 8.23" in str(result)
    assert "Fieller" in result.cite()
    assert result.to_dict()["event_is"] == "bad"


# ---------------------------------------------------------------------------------------------------- real data


def test_problems_at_the_airport(shared_data):
    frames = []
    for year in (2017, 2018):
        frame = pd.read_csv(shared_data / "sfo" / f"{year}.csv", low_memory=False)
        frame.columns = frame.columns.str.strip()
        frames.append(frame[["NETPRO", "Q15PROBLEM"]].apply(pd.to_numeric, errors="coerce").assign(year=year))
    rows = pd.concat(frames, ignore_index=True)
    rows = rows[rows["NETPRO"] <= 10]  # 11 = blank
    rows["problem"] = rows["Q15PROBLEM"].map({1: 1.0, 2: 0.0})  # yes and no; 0 and 3 are neither
    counts = nps.tabulate_joint(rows, {"NETPRO": nps.NPS}, by="year", outcome="problem")
    result = nps.detractor_weight(counts, event_is="bad")
    classes = pd.cut(rows["NETPRO"], [-1, 6, 8, 10], labels=["d", "s", "p"])
    for row, year in enumerate((2017, 2018)):
        mean = rows[rows["year"] == year].groupby(classes, observed=True)["problem"].mean()
        expected = (mean["d"] - mean["s"]) / (mean["s"] - mean["p"])
        np.testing.assert_allclose(result.weight[row], expected, rtol=1e-10)
    assert not inside(result, 1.0, 1)
    assert inside(result, 1.0, 0)


def test_complaints_and_repurchase_of_four_industries(shared_data):
    rows = pd.read_csv(shared_data / "acsi" / "acsi_2015.csv")[["INDUSTRY", "SATIS", "COMP", "REPUR"]]
    rows = rows.mask(rows.isin([98, 99]))
    net = nps.net_score(nps.Scale(1, 10), promoters_from=9, detractors_to=6, name="SATIS net")
    classes = pd.cut(rows["SATIS"], [0, 6, 8, 10], labels=["d", "s", "p"])
    for outcome, event_is in (("COMP", "bad"), ("REPUR", "good")):
        counts = nps.tabulate_joint(rows, {"SATIS": net}, by="INDUSTRY", outcome=outcome)
        result = nps.detractor_weight(counts, event_is=event_is)
        means = rows[outcome].groupby([rows["INDUSTRY"], classes], observed=True).mean().unstack()
        expected = (means["d"] - means["s"]) / (means["s"] - means["p"])
        found = [label[0] for label in result.labels]
        np.testing.assert_allclose(result.weight, expected.loc[found], rtol=1e-10)
    # A mean of 1-10 is no share.
    assert "the mean of REPUR is " in result.sentences()[0]
    assert "%" not in result.table().rows[0][4]


# ------------------------------------------------------------------------------------------------------ refusals


def told(error, counts, **more):
    with pytest.raises(error) as caught:
        nps.detractor_weight(counts, **{"event_is": "bad", **more})
    return str(caught.value)


def test_counts_without_an_outcome_are_refused():
    counts = nps.tabulate_joint(rows_of(LEFT), {"rating": nps.NPS})
    assert "`counts` must have an outcome" in told(ValueError, counts)
    assert "`counts`" in told(TypeError, nps.RatingCounts.from_histogram([1] * 11))


def test_what_more_of_the_outcome_means_must_be_said():
    with pytest.raises(TypeError, match="event_is"):
        nps.detractor_weight(joint(rows_of(LEFT)))
    assert "`event_is` must be 'bad' or 'good'" in told(ValueError, joint(rows_of(LEFT)), event_is="ugly")


def test_an_empty_class_is_named():
    message = told(ValueError, joint(rows_of(((30, 10), (0, 0), (40, 8)))))
    assert message == "the weight of a detractor needs passives with a known left; of NPS there are none."
    rows = pd.concat([rows_of(LEFT, year=2024), rows_of(((0, 0), (30, 3), (40, 8)), year=2025)])
    assert "needs detractors with a known left; of NPS there are none in '2025'." in told(
        ValueError, joint(rows, by="year")
    )


def test_an_outcome_that_does_not_vary_is_refused():
    message = told(ValueError, joint(rows_of(((30, 0), (30, 0), (40, 0)))))
    assert message == "the weight of a detractor needs an outcome that varies; left is 0 for all."


def test_a_metric_without_three_classes_is_refused():
    rows = rows_of(LEFT, satisfied=4)
    both = nps.tabulate_joint(rows, {"rating": nps.NPS, "satisfied": nps.CSAT}, outcome="left")
    assert "`metric` must have three classes, as NPS has; CSAT has 2." in told(ValueError, both, metric="CSAT")
    assert "there is no metric 'CES'" in told(ValueError, both, metric="CES")
    only = nps.tabulate_joint(rows, {"satisfied": nps.CSAT}, outcome="left")
    assert "of CSAT none has three classes." in told(ValueError, only)
    two = nps.tabulate_joint(rows.assign(again=rows["rating"]), {"rating": nps.NPS, "again": nps.ENPS}, outcome="left")
    assert "of NPS, eNPS 2 have three classes." in told(ValueError, two)
    assert "`confidence_level`" in told(ValueError, both, confidence_level=95)


def test_few_respondents_in_a_class_are_warned_of():
    with pytest.warns(nps.SmallSampleWarning, match="19 detractors; 25 passives with one outcome"):
        weight(((19, 6), (25, 0), (50, 4)))


# ------------------------------------------------------------------------------------------------------ pictures


def test_the_picture_draws_sets_in_one_part_or_two():
    rows = pd.concat(
        [
            rows_of(LEFT, kind_of_set="bounded"),
            rows_of(((100, 60), (100, 40), (200, 70)), kind_of_set="outside"),
            rows_of(((60, 30), (80, 36), (100, 44)), kind_of_set="everything"),
        ]
    )
    counts = nps.tabulate_joint(rows, {"rating": nps.NPS}, by="kind_of_set", outcome="left").select(
        "bounded", "outside", "everything"
    )
    result = nps.detractor_weight(counts, event_is="bad")
    assert result.kind == ("bounded", "outside", "all")
    axes = nps.plots.detractor_weight(result)
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["bounded", "outside", "everything"]
    lines = [tuple(piece[0]) + tuple(piece[1]) for lines in axes.collections for piece in lines.get_segments()]
    left, right = axes.get_xlim()
    first = [line for line in lines if line[1] == 0]
    np.testing.assert_allclose(first, [(result.low[0], 0, result.high[0], 0)])
    second = [line for line in lines if line[1] == 1]
    assert all(line[2] <= result.low[1] or line[0] >= result.high[1] for line in second)
    (third,) = [line for line in lines if line[1] == 2]
    assert third[2] - third[0] > 0.9 * (right - left)
    # Negative weights are not drawn.
    assert all(line[0] >= 0 for line in lines)
    with pytest.raises(TypeError, match="DetractorWeight"):
        nps.plots.detractor_weight(counts)


# ---------------------------------------------------------------------------------------------- what is told


def test_a_mean_below_1_of_what_is_no_event_is_not_called_a_share():
    rows = pd.DataFrame({"rating": [3] * 50 + [8] * 50 + [10] * 50, "left": ([0] * 4 + [2]) * 20 + ([0, 2]) * 25})
    result = nps.detractor_weight(joint(rows), event_is="good")
    assert not result.binary
    assert result.sentences()[0].startswith("The mean of left is 0.40 for detractors, 0.40 for passives and 1.00 for")
    assert weight(LEFT).binary


def test_detractors_who_do_better_than_passives_have_nothing_to_be_made_up_for():
    result = weight(((200, 30), (200, 60), (200, 10)))
    text = result.sentences()[0]
    assert result.weight < 0
    assert "Detractors do no worse than passives here" in text
    assert "weighs as much" not in text
    assert "It weighs less than a promoter" in text


def test_the_verdict_goes_by_the_level():
    classes = ((200, 64), (300, 45), (500, 40))
    for level in (0.95, 0.9):
        result = weight(classes, confidence_level=level)
        assert 0.05 < result.pvalue[0] < 0.1
        assert ("cannot tell" in result.sentences()[0]) == (level == 0.95)


def test_what_is_not_symmetric_is_told_without_a_weight():
    text = weight(((2000, 600), (3000, 450), (5000, 1000))).sentences()[0]
    assert "Promoters do no better than passives here" in text
    assert "What detractors lose and promoters gain against passives is not the same (p = " in text
    assert "than a promoter" not in text


def test_few_clusters_of_a_survey_give_student_tails():
    from scipy import stats

    rows = rows_of(LEFT)
    rows["city"] = np.arange(len(rows)) % 6
    result = nps.detractor_weight(joint(rows, cluster="city"), event_is="bad")
    np.testing.assert_allclose(result.pvalue[0], 2 * stats.t.sf(abs(result.statistic[0]), 5), rtol=1e-9)
