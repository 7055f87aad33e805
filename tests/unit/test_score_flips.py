"""The detractor weights and the cut points at which the order of two groups turns."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

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


def test_the_ends_of_the_set_are_where_the_test_turns():
    table = np.array(TABLES["bounded"])
    flips = nps.score_flips(categories(*table), reference="A")
    for end, way in ((flips.tie_low[0], 1), (flips.tie_high[0], -1)):
        assert not_told(table, end + way * 1e-7)
        assert not not_told(table, end - way * 1e-7)


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
