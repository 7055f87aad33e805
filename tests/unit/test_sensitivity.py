"""Conclusions under other definitions of the score: the definitions, the differences, what becomes of conclusions."""

import json
from fractions import Fraction

import matplotlib
import numpy as np
import pandas as pd
import pytest

import npsstats as nps
from npsstats.critique.definitions import cut_points_of, define, nearest_recode

# Numbers by hand, but for rounding of the last bits.
EXACT = {"rtol": 1e-12, "atol": 1e-10}

TEN = nps.Scale(0, 10)
A = [3, 2, 3, 8, 1, 16, 4, 10, 10, 20, 18]
B = [1, 4, 0, 2, 6, 11, 9, 30, 31, 12, 21]
WAVES = nps.RatingCounts.from_histogram([A, B], groups=["A", "B"], by="wave")
# 30 % promoters and 10 % detractors, or 20 % and none: both +20.
TWENTY = nps.RatingCounts.from_categories(
    promoters=[300, 200], passives=[600, 800], detractors=[100, 0], groups=["A", "B"]
)


@pytest.fixture(autouse=True)
def no_window():
    matplotlib.use("agg")
    from matplotlib import pyplot

    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def waves():
    """Two waves under all built-in definitions."""
    return nps.sensitivity(WAVES, reference="A")


@pytest.fixture(scope="module")
def variants():
    return nps.score_variants(WAVES)


def told(error, question, *data, **asked):
    with pytest.raises(error) as caught:
        question(*data, **asked)
    return str(caught.value)


def of(result, name):
    """Where a definition stands."""
    return [given.name for given in result.definitions].index(name)


def mean_of(counts, values):
    """The score by hand, in exact arithmetic."""
    total = sum(Fraction(value) * count for value, count in zip(values, counts, strict=True))
    return float(total / sum(counts))


# ---------------------------------------------------------------------------------------------- the definitions


def test_all_pairs_of_cut_points_are_there_once():
    for scale, base, pairs in (
        (TEN, nps.NPS, 55),
        (nps.Scale(1, 10), nps.NPS_1_TO_10, 45),
        (nps.Scale(1, 5), nps.CSAT, 10),
        (nps.NPS_CATEGORIES.scale, nps.NPS_CATEGORIES, 3),
    ):
        found = [
            (given.promoters_from, given.detractors_to) for given in define(base) if given.promoters_from is not None
        ]
        expected = {(a, b) for a in scale.ratings.tolist() for b in scale.ratings.tolist() if b < a}
        assert len(found) == len(set(found)) == pairs
        assert set(found) == expected


def test_every_net_score_is_promoters_minus_detractors_by_hand(waves):
    checked = 0
    for j, given in enumerate(waves.definitions):
        if given.promoters_from is None:
            continue
        values = [100 if r >= given.promoters_from else -100 if r <= given.detractors_to else 0 for r in range(11)]
        scores = [mean_of(counts, values) for counts in (A, B)]
        found = [waves.score_reference[0, j], waves.score[0, j], waves.difference[0, j]]
        np.testing.assert_allclose(found, [*scores, scores[1] - scores[0]], **EXACT)
        checked += 1
    assert checked == 55


# What each rating from 0 to 10 becomes, by hand: 0.4 r and 0.6 r to the nearest whole number, counted from 1.
ONE_TO_FIVE = [1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5]
ONE_TO_SEVEN = [1, 2, 2, 3, 3, 4, 5, 5, 6, 6, 7]
ONE_TO_TEN = [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
BY_HAND = {
    "NPS": [-100] * 7 + [0, 0, 100, 100],
    "European 8-10 / 0-5": [-100] * 6 + [0, 0, 100, 100, 100],
    "European 8-10 / 0-6": [-100] * 7 + [0, 100, 100, 100],
    "9-10 / 0-5": [-100] * 6 + [0, 0, 0, 100, 100],
    "10 / 0-6": [-100] * 7 + [0, 0, 0, 100],
    "a detractor counts 0.5": [-50] * 7 + [0, 0, 100, 100],
    "a detractor counts 2": [-200] * 7 + [0, 0, 100, 100],
    "top-1-box": [0] * 10 + [100],
    "top-2-box": [0] * 9 + [100] * 2,
    "top-3-box": [0] * 8 + [100] * 3,
    "minus % 0-6": [-100] * 7 + [0] * 4,
    "mean": list(range(11)),
    "mean, stretched to 0-100": [10 * r for r in range(11)],
    "mean on 1-10": ONE_TO_TEN,
    "mean on 1-7": ONE_TO_SEVEN,
    "mean on 1-5": ONE_TO_FIVE,
    "top-2-box on 1-5": [0] * 7 + [100] * 4,
}


@pytest.mark.parametrize("name", BY_HAND)
def test_named_definitions_have_the_values_that_they_say(name):
    given = next(given for given in define(nps.NPS) if given.name == name)
    assert list(given.metric.values) == BY_HAND[name]
    assert given.known == (name not in ("9-10 / 0-5", "10 / 0-6"))


def test_definitions_with_the_same_values_are_one_with_several_names():
    definitions = define(nps.NPS)
    values = [given.metric.values for given in definitions]
    assert len(set(values)) == len(values)
    # Merging 0 and 1, or asking for 1-5 with a 5 for promoters, leaves NPS as it is.
    assert definitions[0].name == "NPS"
    assert set(definitions[0].also) == {"NPS 9-10 / 0-6", "9-10 / 1-6 on 1-10", "5 / 1-3 on 1-5"}
    eight = next(given for given in definitions if given.name == "European 8-10 / 0-5")
    assert eight.also == ("6-7 / 1-4 on 1-7",)


def test_recodes_to_the_nearest_rating_are_those_by_hand():
    assert list(nearest_recode(TEN, 5).values()) == ONE_TO_FIVE
    assert list(nearest_recode(TEN, 7).values()) == ONE_TO_SEVEN
    # Of 1-7 on 1-5: 2/3 of a step each.
    assert list(nearest_recode(nps.Scale(1, 7), 5).values()) == [1, 2, 2, 3, 4, 4, 5]


def test_own_recodes_take_the_place_of_the_built_in_ones():
    halves = {r: r // 2 for r in range(11)}
    names = [given.name for given in define(nps.NPS, recodes={"halves": halves})]
    assert [name for name in names if " on " in name] == ["mean on halves"]
    given = next(given for given in define(nps.NPS, recodes={"halves": halves}) if given.name == "mean on halves")
    assert list(given.metric.values) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5]
    assert not [given for given in define(nps.NPS, recodes={}) if given.family == "recode"]


def test_own_definitions_take_the_place_of_all_others():
    own = [nps.net_score(TEN, promoters_from=8, detractors_to=4), nps.mean_rating(TEN)]
    definitions = define(nps.NPS, definitions=own)
    assert [given.metric for given in definitions] == [nps.NPS, *own]
    assert [given.family for given in definitions] == ["base", "own", "own"]
    assert (definitions[1].promoters_from, definitions[1].detractors_to) == (8, 4)


def test_cut_points_are_read_from_values():
    assert cut_points_of(nps.NPS) == (9, 6)
    assert cut_points_of(nps.NPS_CATEGORIES) == (1, -1)
    assert cut_points_of(nps.net_score(TEN, promoters_from=4, detractors_to=3, detractor_weight=3)) == (4, 3)
    for metric in (nps.CSAT, nps.NKI, nps.mean_rating(TEN)):
        assert cut_points_of(metric) is None
    # A passive that counts is none.
    assert cut_points_of(nps.Metric("x", nps.Scale(0, 3), (-100, 0, 50, 100))) is None


def test_of_three_categories_the_definitions_that_keep_them_together_are_left():
    result = nps.sensitivity(TWENTY, reference="A")
    assert [given.name for given in result.definitions] == [
        "NPS",
        "passive, promoter / detractor",
        "promoter / detractor, passive",
        "a detractor counts 0.5",
        "a detractor counts 2",
        "top-1-box",
        "top-2-box",
        "minus % detractor",
    ]
    assert any("only detractor, passive, promoter are known" in note for note in result.notes)


def test_other_metrics_than_net_scores_can_be_at_stake():
    counts = nps.RatingCounts.from_histogram([[5, 5, 10, 40, 40], [8, 9, 20, 30, 33]], metric=nps.CSAT, groups=[1, 2])
    result = nps.sensitivity(counts, reference=1)
    assert result.definitions[0].metric == nps.CSAT
    families = {given.family for given in result.definitions}
    # Without detractors of its own there is no weight for them.
    assert families == {"base", "cut points", "boxes", "mean"}


# ---------------------------------------------------------------------------------------------- the numbers


def test_each_difference_is_that_of_compare():
    result = nps.sensitivity(WAVES, reference="A", confidence_level=0.9)
    for j, given in enumerate(result.definitions):
        found = nps.compare(WAVES, reference="A", metric=given.metric, confidence_level=0.9, adjustment="none")
        for name in ("difference", "standard_error", "low", "high", "statistic", "pvalue"):
            assert getattr(result, name)[:, j].tolist() == getattr(found, name).tolist()


def test_each_score_is_that_of_estimate(variants):
    for j, given in enumerate(variants.definitions):
        found = nps.estimate(WAVES, metric=given.metric)
        for name in ("score", "standard_error", "low", "high"):
            assert getattr(variants, name)[:, j].tolist() == getattr(found, name).tolist()


def test_units_change_differences_and_not_statistics(waves):
    mean, stretched = of(waves, "mean"), of(waves, "mean, stretched to 0-100")
    np.testing.assert_allclose(waves.difference[:, stretched], 10 * waves.difference[:, mean], **EXACT)
    np.testing.assert_allclose(waves.statistic[:, stretched], waves.statistic[:, mean], rtol=1e-9)


def test_all_references_of_compare_are_taken():
    three = nps.RatingCounts.from_histogram([A, B, A[::-1]], groups=["2024-01", "2024-02", "2024-03"], by="month")
    for reference, rows in (("previous", 2), ("rest", 3), ("total", 3), ("all-pairs", 3), ("2024-02", 2)):
        result = nps.sensitivity(three, reference=reference, definitions=[nps.mean_rating(TEN)])
        assert result.difference.shape == (rows, len(result.definitions))


def test_a_survey_has_the_covariance_of_its_design():
    rows = nps.datasets.responses("sfo")
    survey = nps.tabulate_survey(rows, "recommend", by="year", weight="weight", cluster="run")
    result = nps.sensitivity(survey, reference=2017, recodes={})
    assert "418 clusters" in result.design
    j = of(result, "European 8-10 / 0-6")
    found = nps.compare(survey, reference=2017, metric=result.definitions[j].metric)
    assert (result.low[0, j], result.high[0, j]) == (found.low[0], found.high[0])
    # Weighted shares by pandas, of those with a rating and a weight.
    known = rows.dropna(subset=["recommend"])
    by_year = known.assign(value=100 * (known["recommend"] >= 8) - 100.0 * (known["recommend"] <= 6)).groupby("year")
    scores = by_year.apply(lambda part: np.average(part["value"], weights=part["weight"]), include_groups=False)
    np.testing.assert_allclose(result.difference[0, j], scores[2018] - scores[2017], **EXACT)


# ---------------------------------------------------------------------------------------------- conclusions


def test_two_twenties_are_shown_both_ways():
    result = nps.sensitivity(TWENTY, reference="A")
    differences = dict(zip([given.name for given in result.definitions], result.difference[0], strict=True))
    # 30/60/10 against 20/80/0.
    assert differences == pytest.approx(
        {
            "NPS": 0, "passive, promoter / detractor": 20, "promoter / detractor, passive": -20,
            "a detractor counts 0.5": -5, "a detractor counts 2": 10, "top-1-box": -10, "top-2-box": 10,
            "minus % detractor": 10,
        }
    )  # fmt: skip
    assert result.conclusion == ("shown both ways",)
    assert result.direction[0].tolist() == [0, 1, -1, -1, 1, -1, 1, 1]
    text = result.sentences()[0]
    assert "in this sample the same number as" in text
    assert 'higher by "passive, promoter / detractor", "a detractor counts 2"' in text


def by_shift(reference, group):
    counts = nps.RatingCounts.from_histogram([reference, group], groups=["A", "B"])
    return nps.sensitivity(counts, reference="A", recodes={})


def test_a_shift_of_everyone_survives_all_definitions():
    result = by_shift([100] * 10 + [0], [0] + [100] * 10)
    assert result.conclusion == ("survives all",)
    assert (result.shown == 1).all()
    assert "under all 63 definitions, and all of them show it" in result.sentences()[0]


def test_a_shift_of_few_survives_and_is_never_shown():
    result = by_shift([10] * 11, [9, 10, 10, 10, 10, 10, 10, 10, 10, 10, 11])
    assert result.conclusion == ("sign survives, never shown",)
    assert "none of them shows it" in result.sentences()[0]


def test_a_shift_in_the_middle_survives_and_is_not_always_shown():
    # Some move from 5 to 7; below and above nothing changes.
    result = by_shift([100] * 11, [100] * 5 + [40, 100, 160, 100, 100, 100])
    assert result.conclusion == ("sign survives, not always shown",)
    assert result.direction[0].min() == 0
    text = result.sentences()[0]
    assert "and neither under the others" in text
    assert "Not shown under" in text


def test_a_cross_that_is_not_shown_flips():
    result = by_shift([10] * 11, [9, 10, 10, 10, 10, 12, 10, 10, 10, 10, 9])
    assert result.conclusion == ("flips",)
    assert "None of them shows either" in result.sentences()[0]


def test_conclusions_count_definitions():
    table = nps.sensitivity(TWENTY, reference="A").conclusions()
    row = table.iloc[0]
    assert (row["definitions"], row["higher"], row["lower"], row["tied"]) == (8, 4, 3, 1)
    assert (row["shown_higher"], row["shown_lower"]) == (4, 3)
    known = nps.sensitivity(TWENTY, reference="A").conclusions(known=True).iloc[0]
    # Without the two pairs of cut points.
    assert (known["definitions"], known["higher"], known["lower"]) == (6, 3, 2)
    assert list(table) == [
        "group", "reference", "difference", "pvalue", "definitions", "higher", "lower", "tied", "shown_higher",
        "shown_lower", "conclusion",
    ]  # fmt: skip


def test_ranks_are_those_by_hand_and_ties_share_the_better_one():
    result = nps.score_variants(TWENTY)
    assert result.rank[:, 0].tolist() == [1, 1]
    assert result.rank[:, of(result, "top-1-box")].tolist() == [1, 2]
    assert result.rank[:, of(result, "top-2-box")].tolist() == [2, 1]
    assert result.unsettled == ((0, 1),)
    assert "The two groups stand one way under some of the 8 definitions" in result.sentences()[-1]


def test_flipped_pairs_are_counted_by_brute_force():
    rng = np.random.default_rng(6)
    counts = nps.RatingCounts.from_histogram(rng.multinomial(60, [1 / 11] * 11, size=6), groups=list("abcdef"))
    result = nps.score_variants(counts)
    rows = {j: result.score[:, j].round(9) for j in range(len(result.definitions))}
    for j, scores in rows.items():
        flips = sum((rows[0][a] - rows[0][b]) * (scores[a] - scores[b]) < 0 for a in range(6) for b in range(a))
        assert result.flips[j] == flips
    table = result.orders()
    assert table["pairs"].unique().tolist() == [15]
    assert table["flipped"].tolist() == result.flips.tolist()
    best = [counts.groups[int(np.argmax(scores))] for scores in rows.values()]
    assert table["first"].tolist() == best
    assert result.flips.max() > 0


# ---------------------------------------------------------------------------------------------- real data


def test_the_fall_of_the_airport_survives_what_people_use():
    sfo = nps.datasets.load("sfo")["recommend"].pool("year")
    result = nps.sensitivity(sfo, reference=2017)
    assert result.conclusions(known=True)["conclusion"].tolist() == ["survives all"]
    # Almost nobody gives 0 or 1: the pairs at that end cannot show it.
    assert result.conclusion == ("sign survives, not always shown",)
    quiet = {given.name for given, shown in zip(result.definitions, result.shown[0], strict=True) if not shown}
    assert quiet == {"1-10 / 0", "2-10 / 0", "2-10 / 0-1"}


def test_industries_by_pandas(shared_data):
    rows = pd.read_csv(shared_data / "acsi" / "acsi_2015.csv")
    rows = rows[rows["SATIS"].between(1, 10)]
    counts = nps.tabulate(rows, rating="SATIS", by="INDUSTRY", metric=nps.NPS_1_TO_10)
    result = nps.score_variants(counts)
    for start, end in ((9, 6), (8, 5), (10, 9), (4, 3)):
        j = next(j for j, x in enumerate(result.definitions) if (x.promoters_from, x.detractors_to) == (start, end))
        value = 100 * (rows["SATIS"] >= start) - 100.0 * (rows["SATIS"] <= end)
        expected = value.groupby(rows["INDUSTRY"]).mean()
        np.testing.assert_allclose(result.score[:, j], expected.loc[list(counts.groups)], **EXACT)
    np.testing.assert_allclose(
        result.score[:, of(result, "mean")], rows.groupby("INDUSTRY")["SATIS"].mean().loc[list(counts.groups)], **EXACT
    )
    # Food, banks, airlines, internet: in this order under NPS and under all that people use.
    known = [j for j, given in enumerate(result.definitions) if given.known]
    assert set(map(tuple, result.rank[:, known].T.tolist())) == {(1, 3, 4, 2)}


# ---------------------------------------------------------------------------------------------- forms


def test_frames_have_fixed_columns(waves, variants):
    assert list(waves.to_frame()) == [
        "wave", "reference", "definition", "family", "promoters_from", "detractors_to", "n", "n_reference", "score",
        "score_reference", "difference", "standard_error", "low", "high", "statistic", "pvalue", "shown",
    ]  # fmt: skip
    assert list(variants.to_frame()) == [
        "wave", "definition", "family", "promoters_from", "detractors_to", "n", "score", "standard_error", "low",
        "high", "rank",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["waves", "variants"])
def test_results_are_safe_for_json_and_say_what_they_rest_on(name, request):
    result = request.getfixturevalue(name)
    assert len(result.to_frame()) == len(result)
    made = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert made["metric"] == "NPS"
    assert len(made["definitions"]) == len(result.definitions)
    assert "NPS" in result.heading()
    assert "other definitions" in result.method_text()
    assert "npsstats" in result.cite()


def test_the_table_has_what_people_use_and_the_ends_of_the_cut_points(waves):
    table = waves.table()
    names = [row[2] for row in table.rows]
    assert names[:3] == ["NPS", "European 8-10 / 0-5", "European 8-10 / 0-6"]
    assert [name.split(":")[0] for name in names[-2:]] == ["lowest of 55 cut points", "highest of 55 cut points"]
    cuts = [j for j, given in enumerate(waves.definitions) if given.promoters_from is not None]
    lowest = min(cuts, key=lambda j: waves.statistic[0, j])
    assert names[-2].endswith(waves.definitions[lowest].name)


def test_no_reading_claims_that_nothing_is_there(variants):
    texts = [
        *nps.sensitivity(TWENTY, reference="A").sentences(),
        *by_shift([10] * 11, [9, 10, 10, 10, 10, 12, 10, 10, 10, 10, 9]).sentences(),
        *by_shift([10] * 11, [9, 10, 10, 10, 10, 10, 10, 10, 10, 10, 11]).sentences(),
        *variants.sentences(),
    ]
    for text in texts:
        assert not [word for word in ("no difference", "no change", "equal", "significant") if word in text.lower()]


def test_small_groups_are_warned_of_once_at_the_caller():
    rows = pd.DataFrame({"r": [10, 9, 3, 8, 10, 0] * 2, "s": [1, 1, 2, 2, 3, 3] * 2, "wave": [1] * 6 + [2] * 6})
    survey = nps.tabulate_survey(rows, "r", by="wave", cluster="s", nest=True)
    with pytest.warns(nps.SmallSampleWarning) as caught:
        nps.sensitivity(survey, reference=1, recodes={})
    assert len(caught) == 1
    assert caught[0].filename == __file__


# ---------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("asked", "error", "part"),
    [
        ({"reference": 40}, ValueError, "A benchmark in points belongs to one definition"),
        ({}, TypeError, "`reference` must be given"),
        ({"reference": "C"}, ValueError, "must be the label of a group"),
        ({"reference": "A", "detractor_weights": (0,)}, ValueError, "must be positive numbers; got 0"),
        ({"reference": "A", "detractor_weights": 2.0}, TypeError, "must be a sequence of positive numbers"),
        ({"reference": "A", "detractor_weights": ("a",)}, TypeError, "must be a number"),
        ({"reference": "A", "recodes": {"x": {0: 1}}}, ValueError, "'x' has no entry for 1"),
        (
            {"reference": "A", "recodes": {"x": {r: r for r in range(12)}}},
            ValueError,
            "'x' names, though it is not on the scale, 11",
        ),
        (
            {"reference": "A", "recodes": {"x": {r: -r for r in range(11)}}},
            ValueError,
            "must keep the order of ratings; 'x' takes 0 to 0 and 1 to -1",
        ),
        ({"reference": "A", "recodes": {"x": dict.fromkeys(range(11), 1)}}, ValueError, "takes all to 1"),
        ({"reference": "A", "recodes": {"x": {r: 0.5 * r for r in range(11)}}}, TypeError, "must be a whole number"),
        ({"reference": "A", "recodes": [1]}, TypeError, "must map names to recodes"),
        ({"reference": "A", "recodes": {"x": 1}}, TypeError, "must map texts to mappings"),
        ({"reference": "A", "definitions": nps.NPS}, TypeError, "must be a sequence of metrics"),
        ({"reference": "A", "definitions": ["mean"]}, TypeError, "must be a Metric"),
        ({"reference": "A", "definitions": [nps.CSAT]}, ValueError, "must be on the scale 0-10; CSAT is on 1-5"),
        (
            {"reference": "A", "definitions": [nps.mean_rating(TEN), nps.top_box(TEN, boxes=1, name="mean")]},
            ValueError,
            "two are called 'mean'",
        ),
        (
            {"reference": "A", "definitions": [nps.effort_score(TEN, favourable="low")]},
            ValueError,
            "of CES low scores are favourable",
        ),
        ({"reference": "A", "metric": nps.CSAT}, ValueError, "on the scale"),
        ({"reference": "A", "metric": nps.effort_score(TEN, favourable="low")}, ValueError, "Turn the ratings round"),
        ({"reference": "A", "confidence_level": 95}, ValueError, "For 95 % pass 0.95"),
    ],
)
def test_wrong_arguments_are_named(asked, error, part):
    assert part in told(error, nps.sensitivity, WAVES, **asked)


def test_a_direction_that_is_not_said_is_asked_for():
    counts = nps.RatingCounts.from_histogram([[1, 2, 3, 4, 5]] * 2, metric=nps.CES, groups=[1, 2])
    assert "favourable" in told(ValueError, nps.sensitivity, counts, reference=1)


def test_too_many_ratings_need_definitions():
    counts = nps.RatingCounts.from_histogram([range(1, 29), range(2, 30)], metric=nps.NKI, groups=[1, 2])
    assert "28 ratings, too many" in told(ValueError, nps.sensitivity, counts, reference=1)
    own = nps.top_box(nps.NKI.scale, boxes=4)
    assert len(nps.sensitivity(counts, reference=1, definitions=[own]).definitions) == 2


def test_other_data_are_refused():
    assert "`counts` must be a RatingCounts" in told(TypeError, nps.sensitivity, [1, 2], reference=1)
    pairs = nps.PairedCounts.from_table(np.ones((3, 3), int), metric=nps.NPS_CATEGORIES)
    assert "`counts` must be a RatingCounts" in told(TypeError, nps.sensitivity, pairs)
    empty = nps.RatingCounts.from_histogram([A, [0] * 11], groups=["A", "B"])
    told(nps.UndefinedScoreError, nps.sensitivity, empty, reference="A")
    told(nps.UndefinedScoreError, nps.score_variants, empty)


# ---------------------------------------------------------------------------------------------- the picture


def cells(ax):
    """The numbers on the map: {(from, to): text}."""
    return {tuple(map(round, text.get_position())): text.get_text() for text in ax.texts if text.get_ha() == "center"}


def test_the_map_has_a_cell_for_each_pair_with_its_number(waves):
    ax = nps.plots.sensitivity(waves)
    found = cells(ax)
    assert len(found) == len(ax.patches) == 55
    for j, given in enumerate(waves.definitions):
        if given.promoters_from is not None:
            value = waves.difference[0, j]
            text = found[given.promoters_from, given.detractors_to].replace("−", "-")
            # A tenth of a point is shown.
            assert abs(float(text) - value) <= 0.05 + 1e-9
            assert text[0] == ("+" if value > 0.05 else "-" if value < -0.05 else "0")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == [str(r) for r in range(1, 11)]
    listed = [text.get_text() for text in ax.texts]
    assert "top-3-box" in listed
    assert "other definitions (difference, z)" in listed


def test_shown_differences_are_bold_and_framed(waves):
    ax = nps.plots.sensitivity(waves)
    bold = {
        tuple(map(round, text.get_position()))
        for text in ax.texts
        if text.get_ha() == "center" and text.get_fontweight() == "bold"
    }
    expected = {
        (given.promoters_from, given.detractors_to)
        for j, given in enumerate(waves.definitions)
        if given.promoters_from is not None and waves.shown[0, j]
    }
    assert bold == expected
    assert bold
    thick = [patch for patch in ax.patches if patch.get_linewidth() > 2]
    assert [(round(patch.get_x() + 0.46), round(patch.get_y() + 0.46)) for patch in thick] == [(9, 6)]


def test_scores_and_categories_can_be_drawn(variants):
    ax = nps.plots.sensitivity(variants, row=1)
    assert ax.get_title(loc="left") == "B   (group 2 of 2: row=1)"
    ax = nps.plots.sensitivity(nps.sensitivity(TWENTY, reference="A"))
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["passive", "promoter"]
    weighted = nps.net_score(TEN, promoters_from=9, detractors_to=6, detractor_weight=2)
    assert len(cells(nps.plots.sensitivity(nps.sensitivity(WAVES, reference="A", metric=weighted)))) == 55


def test_what_cannot_be_drawn_is_said(waves):
    assert "`row` must be one of 0 to 0" in told(ValueError, nps.plots.sensitivity, waves, row=1)
    assert "whole number" in told(TypeError, nps.plots.sensitivity, waves, row=0.5)
    few = nps.sensitivity(WAVES, reference="A", definitions=[nps.mean_rating(TEN)])
    assert "at least two pairs of cut points" in told(ValueError, nps.plots.sensitivity, few)
    assert "Sensitivity" in told(TypeError, nps.plots.sensitivity, WAVES)


# ---------------------------------------------------------------------------------------------- which way is up


FALLING = nps.Metric(
    "grades", nps.Scale(1, 5), (100, 100, 0, -100, -100),
    categories=("promoter", "promoter", "passive", "detractor", "detractor"),
)  # fmt: skip


@pytest.mark.parametrize("ask", [nps.sensitivity, nps.dominance, nps.score_flips])
def test_a_metric_that_falls_as_ratings_rise_is_refused(ask):
    counts = nps.RatingCounts.from_histogram(
        [[10, 20, 30, 20, 20], [30, 30, 20, 10, 10]], metric=FALLING, groups=["A", "B"]
    )
    with pytest.raises(
        ValueError, match=r"`metric` must not fall as ratings rise; grades gives 2 100 points and 3 onl"
    ):
        ask(counts, reference="A")


def test_definitions_that_fall_are_refused():
    counts = nps.RatingCounts.from_histogram([[1, 2, 3, 4, 5], [5, 4, 3, 2, 1]], metric=nps.CSAT, groups=["A", "B"])
    with pytest.raises(ValueError, match="`definitions` must not fall as ratings rise; grades"):
        nps.sensitivity(counts, reference="A", definitions=[FALLING])


def test_groups_alike_under_all_definitions_are_tied_and_have_no_sign_to_survive():
    counts = nps.RatingCounts.from_histogram([[1, 2, 3, 4, 5], [2, 4, 6, 8, 10]], metric=nps.CSAT, groups=["A", "B"])
    assert nps.sensitivity(counts, reference="A").conclusion == ("tied",)


@pytest.mark.parametrize("name", ["conclusion", "definitions", "shown_higher"])
def test_a_group_column_never_hides_one_of_the_conclusions(name):
    counts = nps.RatingCounts.from_histogram([[1] * 11, [2] * 11], groups=["A", "B"], by=name)
    with pytest.raises(ValueError, match=f"a group column cannot be called '{name}'"):
        nps.sensitivity(counts, reference="A").conclusions()


def test_advice_on_the_reference_is_none_that_is_refused():
    counts = nps.RatingCounts.from_histogram([[1, 2, 3, 4, 5], [2, 4, 6, 8, 10]], metric=nps.CSAT, groups=["A", "B"])
    with pytest.raises(
        TypeError, match=r"must be given: the label of a group, or one of 'previous'.*'all-pairs'\.$"
    ) as one:
        nps.sensitivity(counts)
    with pytest.raises(ValueError, match=r"needs groups.*`score_variants`") as other:
        nps.sensitivity(counts.select("A").pool(), reference="previous")
    assert "number" not in f"{one.value}{other.value}"


def test_those_without_a_label_may_be_the_reference():
    counts = nps.RatingCounts.from_histogram([[1, 2, 3, 4, 5], [5, 4, 3, 2, 1]], metric=nps.CSAT, groups=["A", None])
    assert nps.sensitivity(counts, reference=None).reference == (None,)


def test_what_is_shown_depends_on_the_level():
    counts = nps.RatingCounts.from_histogram(
        [[15, 15, 10, 5, 5], [10, 10, 10, 10, 10]], metric=nps.CSAT, groups=["A", "B"]
    )
    for level in (0.6, 0.95, 0.999):
        found = nps.sensitivity(counts, reference="A", confidence_level=level)
        assert (found.shown != 0).tolist() == (found.pvalue <= 1 - level).tolist()
        assert (found.low * found.high > 0).tolist() == (found.shown != 0).tolist()
    lax, usual = (nps.sensitivity(counts, reference="A", confidence_level=level) for level in (0.6, 0.95))
    assert (lax.shown != 0).sum() > (usual.shown != 0).sum()
