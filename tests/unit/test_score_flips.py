"""The detractor weights and the cut points at which the order of two groups turns."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t

import npsstats as nps

SAME_SCORE = nps.RatingCounts.from_categories(
    promoters=[300, 200], passives=[600, 800], detractors=[100, 0], groups=["A", "B"]
)


def categories(one, other):
    """Detractors, passives and promoters of A and B."""
    return nps.RatingCounts.from_histogram([one, other], metric=nps.NPS_CATEGORIES, groups=["A", "B"])


def not_told(table, weight, confidence_level=0.95):
    """Whether a weight is not told from a tie, by the definition: (P - w D)^2 <= z^2 Var, sample variances."""
    values = np.array([-weight, 0.0, 1.0])
    mean, variance = [], []
    for row in table:
        scores = np.repeat(values, row)
        mean.append(scores.mean())
        variance.append(scores.var(ddof=1) / scores.size)
    return (mean[1] - mean[0]) ** 2 <= norm.ppf((1 + confidence_level) / 2) ** 2 * sum(variance)


# --------------------------------------------------------------------------------------------------- by hand


def test_thirty_and_ten_tie_with_twenty_and_none_at_a_weight_of_one():
    flips = nps.score_flips(SAME_SCORE, reference="A")
    assert flips.tie_weight == pytest.approx([1.0], rel=1e-12)
    assert flips.promoter_difference == pytest.approx([-0.1])
    assert flips.detractor_difference == pytest.approx([-0.1])
    # Below it more promoters count, and A has them; above it B, which has no detractor.
    assert (flips.ahead_below, flips.ahead_above) == (("reference",), ("group",))
    assert flips.verdict == ("flips",)
    assert flips.tie_set == ("bounded",)
    assert flips.cuts_better == ((("passive", "detractor"),),)
    assert flips.cuts_worse == ((("promoter", "passive"),),)
    assert flips.pairs_better_shown.tolist() == flips.pairs_worse_shown.tolist() == [1]


@pytest.mark.parametrize("weight", [0.2, 0.5, 0.9, 1.1, 2.0, 5.0])
def test_any_larger_weight_prefers_twenty_and_none(weight):
    metric = nps.net_score(nps.Scale(-1, 1), promoters_from=1, detractors_to=-1, detractor_weight=weight)
    move = nps.compare(
        nps.RatingCounts.from_histogram(SAME_SCORE.counts, metric=metric, groups=["A", "B"]), reference="A"
    )
    assert (move.difference[0] > 0) == (weight > 1)


def test_a_tie_at_no_positive_weight():
    flips = nps.score_flips(categories([300, 400, 300], [200, 400, 400]), reference="A")
    assert flips.tie_weight[0] == pytest.approx(-1.0)
    assert flips.verdict == ("holds",)
    assert (flips.ahead_below, flips.ahead_above) == (("group",), ("group",))
    assert "B is shown ahead whatever a detractor weighs" in flips.sentences()[0]
    assert flips.weights_text(0) == "none"


def test_no_detractors_more_or_less_leaves_promoters_to_decide():
    flips = nps.score_flips(categories([100, 500, 400], [100, 400, 500]), reference="A")
    assert np.isinf(flips.tie_weight[0])
    assert (flips.ahead_below, flips.ahead_above) == (("group",), ("group",))
    # Large weights are not told from a tie: detractors may differ.
    assert flips.verdict == ("undecided",)


def test_the_same_shares_tie_at_every_weight():
    flips = nps.score_flips(categories([10, 20, 30], [20, 40, 60]), reference="A")
    assert np.isnan(flips.tie_weight[0])
    assert flips.tie_set == ("all",)
    assert flips.ahead_below == flips.ahead_above == ("neither",)
    assert flips.pairs_better[0] == flips.pairs_worse[0] == 0
    assert "settle no order" in flips.sentences()[0]


# ---------------------------------------------------------------------------------------- the set of weights

TABLES = {
    "bounded": [[100, 600, 300], [20, 780, 200]],
    "bounded below 0": [[300, 400, 300], [200, 400, 400]],
    "outside": [[100, 700, 200], [105, 495, 400]],
    "all": [[10, 30, 20], [11, 28, 21]],
}


@pytest.mark.parametrize("name", TABLES)
def test_the_set_holds_the_weights_that_a_test_does_not_refuse(name):
    table = np.array(TABLES[name])
    flips = nps.score_flips(categories(*table), reference="A")
    assert flips.tie_set == (name.split()[0],)
    low, high = flips.tie_low[0], flips.tie_high[0]
    for weight in np.concatenate([np.linspace(-8, 8, 81), [-1000.0, 1000.0]]):
        inside = {"bounded": low <= weight <= high, "outside": not low < weight < high, "all": True}[name.split()[0]]
        assert not_told(table, weight) == inside, weight


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_the_ends_of_the_set_are_where_the_test_turns(level):
    table = np.array(TABLES["bounded"])
    flips = nps.score_flips(categories(*table), reference="A", confidence_level=level)
    for end, way in ((flips.tie_low[0], 1), (flips.tie_high[0], -1)):
        assert not_told(table, end + way * 1e-7, level)
        assert not not_told(table, end - way * 1e-7, level)


def test_the_words_for_each_kind_of_set():
    texts = {name: nps.score_flips(categories(*table), reference="A") for name, table in TABLES.items()}
    assert " to " in texts["bounded"].weights_text(0)
    assert texts["bounded below 0"].weights_text(0) == "none"
    assert "from" in texts["outside"].weights_text(0)
    assert texts["all"].weights_text(0) == "all"
    for flips in texts.values():
        text = flips.sentences()[0]
        assert "inf" not in text
        assert "nan" not in text
        assert "∞" not in text


def test_the_set_holds_the_true_weight_as_often_as_it_says():
    """Promoters 30 against 40 %, detractors 10 against 20 %: a tie at 1, in samples of 120 and 80."""
    rng = np.random.default_rng(12)
    many = 800
    first = rng.multinomial(80, [0.1, 0.6, 0.3], size=many)
    second = rng.multinomial(120, [0.2, 0.4, 0.4], size=many)
    counts = nps.RatingCounts(
        np.stack([first, second], axis=1).reshape(-1, 3),
        metric=nps.NPS_CATEGORIES,
        missing=np.zeros(2 * many, int),
        by=("sample", "group"),
        labels=[(i, group) for i in range(many) for group in ("old", "new")],
    )
    flips = nps.score_flips(counts, reference="old")
    inside = (flips.tie_low <= 1) & (flips.tie_high >= 1)
    outside = (flips.tie_low >= 1) | (flips.tie_high <= 1)
    kind = np.array(flips.tie_set)
    covered = np.select([kind == "bounded", kind == "outside"], [inside, outside], True)
    # 95 % within three standard errors of 800 samples, and half a point for the normal law of such samples.
    assert covered.mean() == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / many) + 0.005)
    assert set(kind) == {"bounded", "outside", "all"}


@pytest.mark.parametrize("tables", [([1, 0, 0], [0, 0, 1]), ([2, 0, 0], [0, 0, 2]), ([9, 40, 1], [0, 0, 1])])
def test_a_handful_of_respondents_without_a_variance_is_no_certainty(tables):
    flips = nps.score_flips(categories(*tables), reference="A")
    assert flips.tie_set == ("all",)
    assert flips.verdict == ("undecided",)
    assert "no weight is told from a tie" in flips.sentences()[0]


def test_many_respondents_without_a_variance_are_enough():
    flips = nps.score_flips(categories([40, 0, 0], [0, 0, 40]), reference="A")
    assert flips.verdict == ("holds",)
    assert (flips.tie_low[0], flips.tie_high[0]) == pytest.approx((-1, -1))


def test_a_verdict_is_borne_by_the_score_tests_of_promoters_and_detractors():
    # Fieller's set is 0.5 to 149, yet promoters are not shown to differ: 0 of 3 against 6 of 9.
    few = nps.score_flips(categories([0, 3, 0], [3, 0, 6]), reference="A")
    assert few.tie_set == ("bounded",)
    assert 0 < few.tie_low[0] < few.tie_high[0] < np.inf
    assert few.promoter_low[0] < 0 < few.promoter_high[0]
    assert few.verdict == ("undecided",)
    assert "but that is not settled" in few.sentences()[0]
    many = nps.score_flips(categories([0, 30, 0], [30, 0, 60]), reference="A")
    assert many.verdict == ("flips",)


def test_weights_that_are_all_refused_without_a_shown_difference_are_explained():
    # Nobody promotes in either: no variance of promoters, and no knowledge of them.
    flips = nps.score_flips(categories([40, 20, 0], [10, 50, 0]), reference="A")
    assert flips.weights_text(0) == "none"
    assert flips.verdict == ("undecided",)
    assert "promoters and detractors by themselves are not both shown to differ" in flips.sentences()[0]


# ----------------------------------------------------------------------------------------------- cut points


def test_pairs_of_cut_points_are_those_of_every_net_score():
    tables = [[3, 2, 3, 8, 9, 16], [8, 1, 1, 4, 4, 30]]
    scale = nps.Scale(1, 6)
    for weight in (1.0, 1.7):
        metric = nps.net_score(scale, promoters_from=6, detractors_to=3, detractor_weight=weight)
        flips = nps.score_flips(
            nps.RatingCounts.from_histogram(tables, metric=metric, groups=["A", "B"]), reference="A"
        )
        found, pvalues = {}, []
        for top in range(2, 7):
            for bottom in range(1, top):
                other = nps.net_score(scale, promoters_from=top, detractors_to=bottom, detractor_weight=weight)
                move = nps.compare(
                    nps.RatingCounts.from_histogram(tables, metric=other, groups=["A", "B"]), reference="A"
                )
                found[top, bottom] = move.difference[0]
                pvalues.append((move.pvalue[0], move.difference[0]))
        assert flips.pairs[0] == len(found) == 15
        assert set(flips.cuts_better[0]) == {pair for pair, size in found.items() if size > 1e-9}
        assert set(flips.cuts_worse[0]) == {pair for pair, size in found.items() if size < -1e-9}
        # Holm by hand: step down until the first that is not shown.
        shown = []
        for step, (pvalue, size) in enumerate(sorted(pvalues)):
            if pvalue * (15 - step) > 0.05:
                break
            shown.append(size)
        assert flips.pairs_better_shown[0] == sum(size > 0 for size in shown)
        assert flips.pairs_worse_shown[0] == sum(size < 0 for size in shown)


def test_the_set_of_a_survey_allows_for_households_in_both_groups():
    rng = np.random.default_rng(3)
    taste = rng.random(150)
    rows = pd.DataFrame({"group": np.repeat(["A", "B"], 150), "home": np.tile(np.arange(150), 2)})
    # Of A 20 % are detractors and 25 % promoters, of B 40 % and 50 %; the taste of a home decides in both.
    rows["rating"] = np.concatenate([np.digitize(taste, [0.2, 0.75]), np.digitize(taste, [0.4, 0.5])]) - 1
    mixed = rng.random(300) < 0.2
    rows.loc[mixed, "rating"] = rng.integers(-1, 2, mixed.sum())
    metric = nps.net_score(nps.Scale(-1, 1), promoters_from=1, detractors_to=-1)
    survey = nps.tabulate_survey(rows, "rating", by="group", metric=metric, cluster="home")
    flips = nps.score_flips(survey, reference="A")
    assert flips.tie_set == ("bounded",)
    assert 0 < flips.tie_low[0] < flips.tie_high[0] < np.inf
    for weight in (flips.tie_low[0], flips.tie_high[0]):
        net = nps.net_score(metric.scale, promoters_from=1, detractors_to=-1, detractor_weight=weight)
        move = nps.compare(survey, reference="A", metric=net)
        # At the ends the difference is Student's quantile times its standard error.
        ratio = abs(move.difference[0]) / move.standard_error[0]
        assert ratio == pytest.approx(t.ppf(0.975, survey.df.min()), rel=1e-6)


def test_cut_points_are_tested_with_the_detractor_weight_of_the_metric():
    metric = nps.net_score(nps.Scale(-1, 1), promoters_from=1, detractors_to=-1, detractor_weight=4.0)
    counts = nps.RatingCounts.from_histogram(SAME_SCORE.counts, metric=metric, groups=["A", "B"])
    flips = nps.score_flips(counts, reference="A")
    # By hand, of 1,000: -10 + 4 x 10 and 10 + 4 x 10 points for B, -10 - 4 x 10 against it; with a weight of 1 the
    # first is 0, and none of its test.
    assert (flips.pairs_better_shown[0], flips.pairs_worse_shown[0]) == (2, 1)


def test_a_survey_of_equal_weights_has_the_same_ties():
    table = np.array(TABLES["bounded"]) // 4
    rows = pd.DataFrame(
        [
            {"group": group, "rating": rating, "weight": 3.0}
            for group, row in zip("AB", table, strict=True)
            for rating, many in zip((0, 8, 10), row, strict=True)
            for _ in range(many)
        ]
    )
    simple = nps.score_flips(nps.tabulate(rows, rating="rating", by="group"), reference="A")
    survey = nps.score_flips(nps.tabulate_survey(rows, "rating", by="group", weight="weight"), reference="A")
    assert survey.tie_weight == pytest.approx(simple.tie_weight)
    # n / (n - 1) of the whole sample, and Student's t: the third digit.
    assert survey.tie_low == pytest.approx(simple.tie_low, abs=0.01)
    assert survey.tie_high == pytest.approx(simple.tie_high, abs=0.03)
    assert survey.pairs_better.tolist() == simple.pairs_better.tolist()
    assert survey.pairs_worse_shown.tolist() == simple.pairs_worse_shown.tolist()


def test_a_survey_tests_each_pair_of_cut_points_by_compare():
    rng = np.random.default_rng(6)
    rows = pd.DataFrame({"group": np.repeat(["A", "B", "C"], 60), "home": np.arange(180) // 3})
    rows["rating"] = (rng.integers(1, 6, 180) + (rows["group"] == "B") * rng.integers(0, 3, 180)).clip(1, 5)
    metric = nps.net_score(nps.Scale(1, 5), promoters_from=5, detractors_to=3)
    survey = nps.tabulate_survey(rows, "rating", by="group", metric=metric, cluster="home")
    flips = nps.score_flips(survey, reference="rest")
    for i, (label,) in enumerate(survey.labels):
        pvalues, signs = [], []
        for top in range(2, 6):
            for bottom in range(1, top):
                net = nps.net_score(metric.scale, promoters_from=top, detractors_to=bottom)
                move = nps.compare(survey, reference="rest", metric=net, adjustment="none")
                pvalues.append(move.pvalue[move.labels.index((label,))])
                signs.append(np.sign(move.difference[move.labels.index((label,))]))
        order = np.argsort(pvalues)
        # Holm by hand.
        shown = np.cumprod(np.array(pvalues)[order] * (10 - np.arange(10)) <= 0.05).astype(bool)
        assert flips.pairs_better_shown[i] == (np.array(signs)[order][shown] > 0).sum()
        assert flips.pairs_worse_shown[i] == (np.array(signs)[order][shown] < 0).sum()
    assert flips.pairs_better_shown.max() > 0


def test_a_survey_whose_sides_do_not_overlap_is_shown_at_all_pairs():
    rows = pd.DataFrame(
        {"group": list("A" * 10 + "B" * 10), "rating": [10] * 10 + [0] * 10, "weight": 1.0 + np.arange(20)}
    )
    flips = nps.score_flips(nps.tabulate_survey(rows, "rating", by="group", weight="weight"), reference="A")
    assert flips.verdict == ("holds",)
    assert flips.pairs_worse_shown[0] == flips.pairs[0] == 55


def test_every_form_of_the_result_has_all_rows():
    counts = nps.RatingCounts.from_histogram(
        [[10, 20, 30], [12, 18, 40], [5, 30, 50]], metric=nps.NPS_CATEGORIES, groups=["A", "B", "C"]
    )
    flips = nps.score_flips(counts, reference="all-pairs")
    assert len(flips) == len(flips.to_frame()) == len(flips.sentences()) == len(flips.table().rows) == 3
    assert flips.to_dict()["detractor_weight"] == 1.0
    assert "fieller1954" in flips.references
    assert flips.cite()
    for text in [*flips.sentences(), flips.heading(), flips.method_text()]:
        assert "no difference" not in text


@pytest.mark.parametrize(
    ("counts", "change", "error", "text"),
    [
        (nps.RatingCounts.from_histogram([[1, 2, 3, 4, 5]] * 2, metric=nps.CSAT, groups=["A", "B"]), {}, ValueError,
         "net score"),
        (SAME_SCORE, {"confidence_level": 95}, ValueError, "confidence_level"),
        (SAME_SCORE, {"reference": None}, TypeError, "reference"),
        (SAME_SCORE, {"reference": "Z"}, ValueError, "Z"),
        ([1, 2], {}, TypeError, "RatingCounts"),
    ],
)  # fmt: skip
def test_bad_questions_are_refused(counts, change, error, text):
    with pytest.raises(error, match=text):
        nps.score_flips(counts, **{"reference": "A", **change})
