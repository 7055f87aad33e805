"""Eights that are really promoters: bounds of scores and differences, tipping points, every message."""

import json
from fractions import Fraction

import matplotlib
import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

import npsstats as nps

# Numbers by hand, but for rounding of the last bits.
EXACT = {"rtol": 1e-12, "atol": 1e-10}

TEN = nps.Scale(0, 10)
# Detractors, sevens, eights, promoters: NPS +25 and +20, with 30 % and 10 % of eights.
ROWS = {"A": (50, 50, 90, 110), "B": (120, 80, 40, 160)}


def counted(**groups):
    """Counts on 0-10 from detractors, sevens, eights, promoters."""
    tables = [[0] * 5 + [low, 0, seven, eight, 0, high] for low, seven, eight, high in groups.values()]
    return nps.RatingCounts.from_histogram(tables, groups=list(groups), by="wave")


WAVES = counted(**ROWS)
# With few eights in the one that is higher, and many in the other.
TURNING = counted(old=(200, 250, 450, 300), new=(260, 250, 100, 490))


@pytest.fixture(autouse=True)
def no_window():
    matplotlib.use("agg")
    from matplotlib import pyplot

    yield
    pyplot.close("all")


def told(error, question, *data, **asked):
    with pytest.raises(error) as caught:
        question(*data, **asked)
    return str(caught.value)


def score(row, share):
    low, _, eight, high = row
    return float(100 * (Fraction(high) + Fraction(share) * eight - low) / sum(row))


# ---------------------------------------------------------------------------------------------- scores


@pytest.mark.parametrize(("least", "most"), [(0, 1), (0, 0.5), (0.25, 0.75), (0.5, 0.5)])
def test_bounds_are_those_by_hand(least, most):
    bounds = nps.eights(WAVES, least_share=least, most_share=most)
    for share, found in ((least, bounds.lower), (most, bounds.upper), (0, bounds.observed)):
        np.testing.assert_allclose(found, [score(row, share) for row in ROWS.values()], **EXACT)
    np.testing.assert_allclose(bounds.share_of_rating, [0.3, 0.1], **EXACT)


def test_none_is_nps_and_all_is_the_european_cut():
    bounds = nps.eights(WAVES)
    eu = nps.net_score(TEN, promoters_from=8, detractors_to=6)
    for metric, end, limit in ((nps.NPS, bounds.lower, bounds.low_set), (eu, bounds.upper, bounds.high_set)):
        found = nps.estimate(WAVES, metric=metric)
        np.testing.assert_allclose(end, found.score, **EXACT)
        np.testing.assert_allclose(limit, found.low if metric is nps.NPS else found.high, rtol=1e-9)


def test_a_share_that_is_known_leaves_the_interval_of_estimate():
    half = nps.Metric("half", TEN, (-100.0,) * 7 + (0.0, 50.0, 100.0, 100.0))
    found = nps.estimate(WAVES, metric=half)
    bounds = nps.eights(WAVES, least_share=0.5, most_share=0.5)
    # The quantile comes from bisection, within some units of the last bit.
    for ends in ((bounds.low, bounds.high), (bounds.low_set, bounds.high_set)):
        np.testing.assert_allclose(ends, [found.low, found.high], rtol=1e-9)


def test_wide_bounds_take_one_sided_limits():
    bounds = nps.eights(WAVES)
    eu = nps.net_score(TEN, promoters_from=8, detractors_to=6)
    # 30 and 10 points wide, with standard errors near 4.5: 6.6 and 2.2 of them.
    np.testing.assert_allclose(bounds.low[0], nps.estimate(WAVES, confidence_level=0.9).low[0], rtol=1e-9)
    np.testing.assert_allclose(bounds.high[0], nps.estimate(WAVES, metric=eu, confidence_level=0.9).high[0], rtol=1e-9)


def test_narrow_bounds_take_the_quantile_of_imbens_and_manski():
    bounds = nps.eights(WAVES, most_share=0.1)
    tenth = nps.Metric("tenth", TEN, (-100.0,) * 7 + (0.0, 10.0, 100.0, 100.0))
    ends = [nps.estimate(WAVES, metric=metric) for metric in (nps.NPS, tenth)]
    for i in range(2):
        width = ends[1].score[i] - ends[0].score[i]
        error = max(end.standard_error[i] for end in ends)

        def gap(c, width=width, error=error):
            return stats.norm.cdf(c + width / error) - stats.norm.cdf(-c) - 0.95

        quantile = optimize.brentq(gap, 1.6, 2.0, xtol=1e-14)
        level = 2 * stats.norm.cdf(quantile) - 1
        assert 0.9 < level < 0.95
        low = nps.estimate(WAVES, confidence_level=level).low[i]
        high = nps.estimate(WAVES, metric=tenth, confidence_level=level).high[i]
        np.testing.assert_allclose([bounds.low[i], bounds.high[i]], [low, high], rtol=1e-9)


def test_the_curve_is_a_line_between_the_bounds():
    bounds = nps.eights(WAVES, least_share=0.2, most_share=0.8)
    np.testing.assert_allclose(bounds.share, np.linspace(0.2, 0.8, 11), **EXACT)
    lines = [[score(row, Fraction(share)) for share in bounds.share] for row in ROWS.values()]
    np.testing.assert_allclose(bounds.curve, lines, **EXACT)
    assert (bounds.curve_low < bounds.curve).all()
    assert (bounds.curve < bounds.curve_high).all()


def test_nobody_with_the_rating_leaves_the_score():
    counts = counted(all=(30, 30, 0, 40))
    bounds, found = nps.eights(counts), nps.estimate(counts)
    assert bounds.lower == bounds.upper == found.score
    np.testing.assert_allclose([bounds.low, bounds.high], [found.low, found.high], rtol=1e-9)
    assert "Nobody gave the rating 8" in bounds.sentences()[0]


def test_other_ratings_and_scales_of_passives():
    sevens = nps.eights(WAVES, rating=7)
    np.testing.assert_allclose(sevens.upper, [100 * (110 + 50 - 50) / 300, 100 * (160 + 80 - 120) / 400], **EXACT)
    scale = nps.RatingCounts.from_histogram([5, 0, 0, 0, 0, 5, 10, 20, 5, 5], metric=nps.NPS_1_TO_10)
    np.testing.assert_allclose(nps.eights(scale).upper, [100 * (10 + 20 - 10) / 50], **EXACT)
    # Of three categories all passives are in question; of a weighted score a promoter is worth 100.
    three = nps.RatingCounts.from_categories(promoters=3, passives=4, detractors=3)
    np.testing.assert_allclose(nps.eights(three, rating=0).upper, [40], **EXACT)
    heavy = nps.net_score(TEN, promoters_from=9, detractors_to=6, detractor_weight=2)
    np.testing.assert_allclose(nps.eights(WAVES, metric=heavy).upper[0], 100 * (110 + 90 - 2 * 50) / 300, **EXACT)


def test_a_survey_has_weighted_shares_and_the_level_of_its_clusters():
    rows = nps.datasets.responses("sfo")
    survey = nps.tabulate_survey(rows, "recommend", by="year", weight="weight", cluster="run")
    bounds = nps.eights(survey)
    known = rows.dropna(subset=["recommend"])
    share = known.assign(eight=known["recommend"] == 8).groupby("year").apply(
        lambda part: np.average(part["eight"], weights=part["weight"]), include_groups=False
    )  # fmt: skip
    np.testing.assert_allclose(bounds.share_of_rating, share.loc[[2017, 2018]], **EXACT)
    np.testing.assert_allclose(bounds.upper - bounds.lower, 100 * bounds.share_of_rating, **EXACT)
    # Wide bounds: the one-sided quantile of Student.
    inner = nps.estimate(survey, confidence_level=0.9)
    np.testing.assert_allclose(bounds.low, inner.low, rtol=1e-9)
    assert "418 clusters" in bounds.heading()


# ---------------------------------------------------------------------------------------------- differences


def test_differences_with_a_common_share_are_those_by_hand():
    found = nps.eights_difference(WAVES, reference="A")
    ends = [score(ROWS["B"], share) - score(ROWS["A"], share) for share in (0, 1)]
    # +10 - 20 and 20 - 50 points: -10 and -30.
    np.testing.assert_allclose(ends, [-10, -30], **EXACT)
    np.testing.assert_allclose([found.lower[0], found.upper[0], found.observed[0]], [-30, -10, -10], **EXACT)
    assert np.isnan(found.tipping_estimate[0])


def test_intervals_with_a_common_share_enclose_those_of_compare_at_every_share():
    found = nps.eights_difference(WAVES, reference="A", least_share=0.1, most_share=0.7)
    lows, highs = [], []
    for share in np.linspace(0.1, 0.7, 11):
        metric = nps.Metric("x", TEN, (-100.0,) * 7 + (0.0, 100.0 * share, 100.0, 100.0))
        compared = nps.compare(WAVES, reference="A", metric=metric)
        lows.append(compared.low[0])
        highs.append(compared.high[0])
    assert found.low[0] == min(lows)
    assert found.high[0] == max(highs)
    np.testing.assert_array_equal(found.curve_low[0], lows)


def test_shares_of_their_own_are_recovered_from_both_intervals():
    found = nps.eights_difference(WAVES, reference="A")
    np.testing.assert_allclose([found.lower_apart[0], found.upper_apart[0]], [10 - 50, 20 - 20], **EXACT)
    # 40 points apart with errors near 6: the one-sided quantile; MOVER by hand.
    eu = nps.net_score(TEN, promoters_from=8, detractors_to=6)
    least, most = (nps.estimate(WAVES, metric=metric, confidence_level=0.9) for metric in (nps.NPS, eu))
    below = np.hypot(10 - least.low[1], most.high[0] - 50)
    above = np.hypot(most.high[1] - 20, 20 - least.low[0])
    # Phi(-C - 6.6) beside Phi(-C) is below 1e-14 / 0.05.
    np.testing.assert_allclose([found.low_apart[0], found.high_apart[0]], [-40 - below, above], rtol=1e-8)


def test_the_tipping_point_is_where_the_line_meets_zero():
    found = nps.eights_difference(TURNING, reference="old")
    old, new = (200, 250, 450, 300), (260, 250, 100, 490)
    start = Fraction(490 - 260, 1100) - Fraction(300 - 200, 1200)
    slope = Fraction(100, 1100) - Fraction(450, 1200)
    tip = -start / slope
    np.testing.assert_allclose(found.tipping_estimate[0], float(tip), **EXACT)
    assert score(new, tip) == pytest.approx(score(old, tip))
    # At the share where it is lost, the limit of compare is 0.
    lost = found.tipping_limit[0]
    assert 0 < lost < float(tip)
    metric = nps.Metric("x", TEN, (-100.0,) * 7 + (0.0, 100.0 * lost, 100.0, 100.0))
    # 1e-9 of a share is 1e-7 points and less.
    assert nps.compare(TURNING, reference="old", metric=metric).low[0] == pytest.approx(0, abs=1e-6)
    text = found.sentences()[0]
    assert "It is shown only up to a share of" in text
    assert "beyond that it is the other way, and with 100 % that is shown" in text


def test_the_tipping_point_of_a_fall_is_that_of_the_rise_turned_round():
    there, back = (nps.eights_difference(TURNING, reference=wave) for wave in ("old", "new"))
    np.testing.assert_allclose(there.tipping_estimate, back.tipping_estimate, **EXACT)
    # Both come from bisection to 1e-9.
    np.testing.assert_allclose(there.tipping_limit, back.tipping_limit, atol=1e-8)


def test_shares_outside_those_supposed_tip_nothing():
    found = nps.eights_difference(TURNING, reference="old", most_share=0.2)
    assert np.isnan(found.tipping_estimate[0])
    assert found.lower[0] > 0


def test_all_references_with_single_groups_and_the_rest_are_taken():
    three = counted(a=(50, 50, 90, 110), b=(120, 80, 40, 160), c=(80, 80, 80, 80))
    for reference, rows in (("previous", 2), ("rest", 3), ("all-pairs", 3), ("b", 2)):
        found = nps.eights_difference(three, reference=reference)
        assert len(found) == rows
    rest = nps.eights_difference(three, reference="rest")
    pooled = three.select("b", "c").pool().counts[0]
    np.testing.assert_allclose(rest.share_of_rating_reference[0], pooled[8] / pooled.sum(), **EXACT)
    lower = score((50, 50, 90, 110), 0) - 100 * (160 + 80 + 40 + 80 - 120 - 80) / 720
    np.testing.assert_allclose(rest.lower_apart[0], lower, **EXACT)


def test_the_survey_allows_for_clusters_in_both_waves():
    rows = nps.datasets.responses("sfo")
    rows = rows.assign(panel=rows.groupby("year").cumcount() // 5)
    survey = nps.tabulate_survey(rows, "recommend", by="year", weight="weight", cluster="panel")
    found = nps.eights_difference(survey, reference=2017)
    plain = nps.compare(survey, reference=2017)
    assert found.curve_low[0, 0] == plain.low[0]
    assert found.low_apart[0] < found.lower_apart[0] < found.upper_apart[0] < found.high_apart[0]


def test_one_cluster_leaves_the_difference_open():
    rows = pd.DataFrame({"r": [10, 9, 8, 8, 0, 7] * 4, "s": [1] * 12 + [2, 3, 4, 5] * 3, "wave": [1] * 12 + [2] * 12})
    survey = nps.tabulate_survey(rows, "r", by="wave", cluster="s")
    with pytest.warns(nps.SmallSampleWarning) as caught:
        found = nps.eights_difference(survey, reference=1)
    assert {warning.filename for warning in caught} == {__file__}
    assert (found.low_apart[0], found.high_apart[0]) == (-200, 200)


# ---------------------------------------------------------------------------------------------- readings


def test_readings_say_what_a_common_share_does():
    def reading(**groups):
        return nps.eights_difference(counted(**groups), reference=next(iter(groups))).sentences()[0]

    sure = reading(A=(500, 100, 300, 100), B=(100, 100, 300, 500))
    assert "So B is the higher one whatever that share." in sure
    assert "even so the direction is shown" in sure
    alike = reading(A=(200, 100, 400, 300), B=(100, 100, 400, 400))
    assert "the direction is shown only if people in both use the scale alike" in alike
    assert "None of these shares settles which of the two is higher." in reading(A=(9, 9, 9, 9), B=(8, 9, 9, 10))
    assert "others do not" in reading(A=(60, 60, 60, 60), B=(60, 30, 100, 70))
    fading = reading(A=(60, 60, 75, 45), B=(45, 90, 45, 60))
    assert "It is shown only up to a share of" in fading
    assert "Its direction stays." in fading


def test_no_reading_claims_that_nothing_is_there():
    results = [
        nps.eights(WAVES),
        nps.eights_difference(WAVES, reference="A"),
        nps.eights_difference(TURNING, reference="old"),
    ]
    for text in (sentence for result in results for sentence in result.sentences()):
        assert not [word for word in ("no difference", "no change", "equal", "significant") if word in text.lower()]


def test_suppositions_are_said_in_words():
    assert "none to all of those who gave 8" in nps.eights(WAVES).heading()
    assert (
        "25 % to 75 % of those who gave 7" in nps.eights(WAVES, rating=7, least_share=0.25, most_share=0.75).heading()
    )
    known = nps.eights_difference(WAVES, reference="A", least_share=0.5, most_share=0.5)
    assert "If 50 % of those who gave 8 are really promoters" in known.sentences()[0]
    assert known.lower.tolist() == known.upper.tolist()


@pytest.mark.parametrize("kind", ["eights", "eights_difference"])
def test_results_are_safe_for_json_and_have_fixed_columns(kind):
    result = nps.eights(WAVES) if kind == "eights" else nps.eights_difference(WAVES, reference="A")
    made = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert (made["rating_at_stake"], made["least_share"], made["most_share"]) == (8, 0.0, 1.0)
    columns = {
        "eights": ["wave", "n", "share_of_rating", "score", "lower", "upper", "low", "high", "low_set", "high_set"],
        "eights_difference": [
            "wave", "reference", "n", "n_reference", "share_of_rating", "share_of_rating_reference", "difference",
            "pvalue", "lower", "upper", "low", "high", "lower_apart", "upper_apart", "low_apart", "high_apart",
            "tipping_estimate", "tipping_limit",
        ],
    }  # fmt: skip
    assert list(result.to_frame()) == columns[kind]
    assert len(result.table().rows) == len(result)
    assert "Imbens" in result.cite()
    assert "Bounds on" in result.method_text()


# ---------------------------------------------------------------------------------------------- real data


def test_the_airport_by_pandas(shared_data):
    rows = pd.read_csv(shared_data / "sfo" / "2017.csv", low_memory=False)
    given = pd.to_numeric(rows["NETPRO"], errors="coerce")
    given = given[given.between(0, 10)]
    bounds = nps.eights(nps.datasets.load("sfo")["recommend"].pool("year").select(2017))
    net = 100 * ((given >= 9).mean() - (given <= 6).mean())
    np.testing.assert_allclose([bounds.lower[0], bounds.upper[0]], [net, net + 100 * (given == 8).mean()], **EXACT)


# ---------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("asked", "error", "part"),
    [
        ({"rating": 9}, ValueError, "one of 7, 8; got 9, which is one of promoters as it is"),
        ({"rating": 5}, ValueError, "got 5, which is one of detractors"),
        ({"rating": 11}, ValueError, "got 11, which is not on the scale 0-10"),
        ({"rating": 8.5}, TypeError, "`rating` must be a whole number"),
        ({"metric": nps.net_score(TEN, promoters_from=8, detractors_to=7)}, ValueError, "of which there are none"),
        ({"metric": nps.mean_rating(TEN)}, ValueError, "must be a net score of promoters and detractors"),
        ({"metric": nps.NPS_1_TO_10}, ValueError, "defined on the scale 1-10; the counts are on 0-10"),
        ({"most_share": 50}, ValueError, "must be a share between 0 and 1; got 50. For 50 % pass 0.5."),
        ({"least_share": -0.1}, ValueError, "`least_share` must be a share between 0 and 1; got -0.1."),
        ({"least_share": 0.7, "most_share": 0.3}, ValueError, "must not be above `most_share`"),
        ({"most_share": "all"}, TypeError, "`most_share` must be a number"),
        ({"confidence_level": 0.4}, ValueError, "must be above 0.5"),
    ],
)
def test_wrong_arguments_are_named(asked, error, part):
    assert part in told(error, nps.eights, WAVES, **asked)
    assert part in told(error, nps.eights_difference, WAVES, reference="A", **asked)


def test_other_data_are_refused():
    csat = nps.RatingCounts.from_histogram([1, 2, 3, 4, 5], metric=nps.CSAT)
    assert "must be a net score" in told(ValueError, nps.eights, csat)
    three = nps.RatingCounts.from_categories(promoters=3, passives=4, detractors=3)
    assert "which is not on the scale detractor/passive/promoter" in told(ValueError, nps.eights, three)
    assert "`counts` must be a RatingCounts" in told(TypeError, nps.eights, [1, 2])
    assert "`reference` must be given" in told(TypeError, nps.eights_difference, WAVES)
    assert "'total' contains the group" in told(ValueError, nps.eights_difference, WAVES, reference="total")
    told(nps.UndefinedScoreError, nps.eights, counted(A=(0, 0, 0, 0)))
    told(nps.UndefinedScoreError, nps.eights_difference, counted(A=(0, 0, 0, 0), B=(1, 1, 1, 1)), reference="A")


# ---------------------------------------------------------------------------------------------- the picture


def test_lines_run_from_the_lower_to_the_upper_bound():
    bounds = nps.eights(WAVES)
    ax = nps.plots.eights(bounds)
    for i, line in enumerate(ax.lines[:2]):
        np.testing.assert_allclose(line.get_xdata()[[0, -1]], [0, 100], **EXACT)
        np.testing.assert_allclose(line.get_ydata()[[0, -1]], [bounds.lower[i], bounds.upper[i]], **EXACT)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["A", "B"]
    assert ax.get_ylabel() == "NPS with 95 % interval"


def test_tipping_points_are_marked():
    found = nps.eights_difference(TURNING, reference="old")
    ax = nps.plots.eights(found)
    marks = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(marks, [100 * found.tipping_limit[0], 100 * found.tipping_estimate[0]], **EXACT)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["new − old"]


def test_what_cannot_be_drawn_is_said():
    assert "same" in told(ValueError, nps.plots.eights, nps.eights(WAVES, least_share=0.5, most_share=0.5))
    assert "EightsBounds" in told(TypeError, nps.plots.eights, WAVES)


# ---------------------------------------------------------------------------------------------- households


@pytest.mark.parametrize("most", [0.0, 0.06])
def test_shares_of_their_own_allow_for_households_in_both_waves(most):
    rng = np.random.default_rng(8)
    taste = rng.integers(-2, 3, 120)
    rows = pd.DataFrame({"wave": np.repeat(["old", "new"], 120), "home": np.tile(np.arange(120), 2)})
    rows["rating"] = np.clip(8 + np.tile(taste, 2) + rng.integers(-1, 2, 240), 0, 10)
    survey = nps.tabulate_survey(rows, "rating", by="wave", cluster="home").select("old", "new")
    found = nps.eights_difference(survey, reference="old", most_share=most)
    least = nps.Metric("least", TEN, nps.NPS.values)
    up = nps.Metric("up", TEN, (-100.0,) * 7 + (0.0, 100.0 * most, 100.0, 100.0))

    def covariance(one, other):
        """That of the new wave by one metric with the old one by another, from the values of respondents by home."""
        values = {"new": np.array(one.values), "old": np.array(other.values)}
        totals = []
        for wave in ("new", "old"):
            own = rows[rows["wave"] == wave].sort_values("home")["rating"].to_numpy()
            totals.append((values[wave][own] - values[wave][own].mean()) / own.size)
        # Every home answers once in each wave: 120 clusters.
        return 120 / 119 * np.cov(totals, ddof=0) * 120

    # Bounds: new at its least less old at its most, and the other way round.
    tables = [covariance(least, up), covariance(up, least)]
    error = max(np.sqrt(table[0, 0] + table[1, 1] - 2 * table[0, 1]) for table in tables)
    # The homes matter.
    assert tables[0][0, 1] > 0.3 * np.sqrt(tables[0][0, 0] * tables[0][1, 1])
    width = found.upper_apart[0] - found.lower_apart[0]
    # Within a wave each respondent is a cluster: the normal law.
    law = stats.norm
    quantile = optimize.brentq(lambda c: law.cdf(c + width / error) - law.cdf(-c) - 0.95, 1.5, 2.1, xtol=1e-13)
    level = 2 * law.cdf(quantile) - 1
    ends = {
        name: nps.estimate(survey, metric=metric, confidence_level=level)
        for name, metric in (("least", least), ("up", up))
    }
    below, above = ends["least"].score - ends["least"].low, ends["up"].high - ends["up"].score
    margins = []
    for (new, old), table in zip(((below[1], above[0]), (above[1], below[0])), tables, strict=True):
        correlation = table[0, 1] / np.sqrt(table[0, 0] * table[1, 1])
        # Zou & Donner (2008), for estimates that are correlated.
        margins.append(np.sqrt(new**2 + old**2 - 2 * correlation * new * old))
    wanted = [found.lower_apart[0] - margins[0], found.upper_apart[0] + margins[1]]
    np.testing.assert_allclose([found.low_apart[0], found.high_apart[0]], wanted, rtol=1e-6)
