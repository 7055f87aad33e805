"""Did two metrics of the same respondents move in opposite directions? `opposite_moves`, its result and its picture."""

import json
import math
from dataclasses import replace

import matplotlib
import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import multivariate_normal, t

import npsstats as nps
from npsstats.kernels.bivariate import opposite_probability, opposite_pvalue

matplotlib.use("agg")

HAPPY = nps.top_box(nps.Scale(0, 1), boxes=1, name="happy")
LOYAL = nps.top_box(nps.Scale(0, 1), boxes=1, name="loyal")


def joint(before, after, metrics=(LOYAL, HAPPY)):
    """Two groups; rows of the tables: loyal no, yes; columns: happy no, yes."""
    return nps.JointCounts.from_table([before, after], metrics=metrics, groups=["a", "b"])


def many(before, after):
    """Many samples at once, each a group by itself, with its own reference beside it."""
    size = len(before)
    counts = nps.JointCounts.from_table(
        np.concatenate([before, after]), metrics=(LOYAL, HAPPY), groups=list(range(2 * size))
    )
    labels = tuple((i, moment) for moment in ("before", "after") for i in range(size))
    return replace(counts, cells=replace(counts.cells, by=("sample", "moment"), labels=labels))


OPPOSITE = joint([[150, 150], [150, 550]], [[30, 370], [30, 570]])
SAME = joint([[20, 30], [10, 140]], [[60, 40], [30, 170]])
UNDECIDED = joint([[30, 30], [40, 100]], [[35, 35], [30, 100]])


def the_row(found):
    (record,) = found.to_records()
    return record


# ------------------------------------------------------------------------------------------------- the answer


def test_a_rise_beside_a_fall_is_opposite():
    row = the_row(nps.opposite_moves(OPPOSITE, reference="a"))
    assert row["verdict"] == "opposite"
    assert row["difference_first"] == pytest.approx(-10)
    assert row["difference_second"] == pytest.approx(24)
    assert row["pvalue_same"] == 1
    # The move nearer to 0 decides, one-sided; the correlation is positive, so that nothing is added.
    # Two shares under the hypothesis that they are one, Miettinen & Nurminen's n / (n - 1); skewness corrects little.
    errors = math.sqrt(0.65 * 0.35 / 1000 * 2 * 2000 / 1999)
    assert row["z_first"] == pytest.approx(-0.1 / errors, rel=1e-3)
    assert row["pvalue_opposite"] == pytest.approx(ndtr(row["z_first"]), rel=1e-12)
    assert row["probability_opposite"] > 0.999


def test_moves_that_go_against_each_other_in_every_answer_are_tested_with_their_correlation():
    # Who is loyal is not happy: opposite moves come by chance in one metric alone.
    found = nps.opposite_moves(joint([[2, 60], [50, 2]], [[2, 47], [63, 2]]), reference="a")
    assert found.correlation[0] < -0.9
    nearer = float(ndtr(-min(abs(found.z_first[0]), abs(found.z_second[0]))))
    expected = opposite_pvalue(found.z_first[0], found.z_second[0], found.correlation[0])
    assert found.pvalue_opposite[0] == float(expected)
    assert 1.1 * nearer < found.pvalue_opposite[0] <= 2 * nearer


def test_two_falls_are_the_same():
    found = nps.opposite_moves(SAME, reference="a")
    assert found.verdict == ("same",)
    assert found.pvalue_opposite[0] == 1
    # Positively correlated falls can both be chance together: the p-value is at least that of the nearer one.
    nearer = max(ndtr(found.z_first[0]), ndtr(found.z_second[0]))
    assert nearer <= found.pvalue_same[0] <= 1.1 * nearer


def test_the_probability_is_that_of_the_normal_law_with_the_covariance_of_the_rows():
    table = [np.array([[30, 30], [40, 100]]), np.array([[35, 35], [30, 100]])]
    covariance = np.zeros((2, 2))
    means = []
    for counts in table:
        loyal = np.repeat([0, 0, 1, 1], counts.ravel())
        happy = np.repeat([0, 1, 0, 1], counts.ravel())
        # Standard errors of `compare` divide by n; so do all here, as both groups have 200.
        covariance += np.cov(loyal, happy, ddof=0) / counts.sum()
        means.append((loyal.mean(), happy.mean()))
    difference = np.subtract(means[1], means[0])
    found = nps.opposite_moves(UNDECIDED, reference="a")
    correlation = covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1])
    assert found.correlation[0] == pytest.approx(correlation, rel=1e-12)
    mirror = np.array([1, -1])
    z = difference / np.sqrt(np.diag(covariance))
    # The score test has the errors of the hypothesis that nothing moved: (d / error)^2 / n apart, less than 1 %.
    assert [found.z_first[0], found.z_second[0]] == pytest.approx(z, rel=0.01)
    z = np.array([found.z_first[0], found.z_second[0]])
    form = np.array([[1, correlation], [correlation, 1]])
    quarters = [multivariate_normal(side * z, form * np.outer(side, side)).cdf([0, 0]) for side in (mirror, -mirror)]
    # SciPy's own error bound is 1e-5.
    assert found.probability_opposite[0] == pytest.approx(sum(quarters), abs=1e-5)
    assert found.verdict == ("undecided",)


def test_covariances_are_those_of_repeated_samples():
    rng = np.random.default_rng(20)
    shares = [np.array([0.15, 0.10, 0.20, 0.55]), np.array([0.25, 0.15, 0.15, 0.45])]
    # The correlation at the shares themselves, then among 4,000 pairs of samples of 250.
    exact = joint(*[(1000 * part).round().astype(int).reshape(2, 2) for part in shares])
    expected = nps.opposite_moves(exact, reference="a").correlation[0]
    samples = [rng.multinomial(250, part, 4000) / 250 for part in shares]
    loyal, happy = (samples[1][:, cells].sum(axis=1) - samples[0][:, cells].sum(axis=1) for cells in ([2, 3], [1, 3]))
    # The standard error of a correlation of 4,000 is (1 - rho^2) / 63 = 0.014; four of them.
    assert np.corrcoef(loyal, happy)[0, 1] == pytest.approx(expected, abs=0.056)
    assert expected > 0.1


def test_limits_of_the_difference_of_effects_hold_their_level():
    # 400 pairs of samples of 150 and 200 at once: each is a group of its own, with its reference beside it.
    rng = np.random.default_rng(21)
    shares = [np.array([0.15, 0.10, 0.20, 0.55]), np.array([0.25, 0.10, 0.10, 0.55])]
    effects = []
    for cells in ([2, 3], [1, 3]):
        p = [part[cells].sum() for part in shares]
        effects.append((p[1] - p[0]) / math.sqrt(sum(x * (1 - x) for x in p) / 2))
    tables = [rng.multinomial(n, part, 400).reshape(-1, 2, 2) for n, part in zip((150, 200), shares, strict=True)]
    found = nps.opposite_moves(many(*tables), reference="before")
    truth = effects[0] - effects[1]
    inside = ((found.effect_low <= truth) & (truth <= found.effect_high)).sum()
    # 95 % of 400 with a standard error of 1.1 %; three of them.
    assert abs(inside / 400 - 0.95) < 0.033


def test_directions_are_said_wrongly_no_more_often_than_the_level_says():
    # NPS moves, the other one does not: "opposite" is wrong, and so is "same".
    rng = np.random.default_rng(22)
    shares = [np.array([0.30, 0.30, 0.20, 0.20]), np.array([0.20, 0.20, 0.30, 0.30])]
    tables = [rng.multinomial(200, part, 400).reshape(-1, 2, 2) for part in shares]
    said = nps.opposite_moves(many(*tables), reference="before", confidence_level=0.9).verdict
    for verdict in ("opposite", "same"):
        # 10 % with a standard error of 1.5 %; three of them. The move of NPS is sure, so that it is not far below.
        assert 0.055 <= said.count(verdict) / 400 <= 0.145


# ---------------------------------------------------------------------------------------------- sizes and signs


def three():
    rng = np.random.default_rng(5)
    table = rng.integers(1, 30, (3, 3, 2, 3))
    ease = nps.effort_score(nps.Scale(1, 3), favourable="low", name="effort")
    return nps.JointCounts.from_table(table, metrics=[nps.NPS_CATEGORIES, HAPPY, ease], groups=["a", "b", "c"])


def test_there_is_a_row_for_each_comparison_and_pair():
    found = nps.opposite_moves(three(), reference="all-pairs")
    assert len(found) == 9
    assert list(zip(found.metric_first, found.metric_second, strict=True))[:3] == [
        ("NPS", "happy"),
        ("NPS", "effort"),
        ("happy", "effort"),
    ]
    assert [label[0] for label in found.labels[::3]] == ["b", "c", "c"]
    assert found.reference[::3] == ("a", "a", "b")


def test_differences_and_effects_are_those_of_contrast():
    counts = three()
    found, side_by_side = nps.opposite_moves(counts, reference="rest"), nps.contrast(counts, reference="rest")
    place = {name: i for i, name in enumerate(counts.names)}
    for row in range(len(found)):
        first, second = (3 * (row // 3) + place[names[row]] for names in (found.metric_first, found.metric_second))
        assert found.difference_first[row] == side_by_side.difference[first]
        assert found.difference_second[row] == side_by_side.difference[second]
        expected = side_by_side.effect_size[first] - side_by_side.effect_size[second]
        assert found.effect_difference[row] == expected
        assert found.correlation[row] == side_by_side.correlation[row // 3, first % 3, second % 3]


@pytest.mark.parametrize("reference", ["a", "rest", "all-pairs"])
def test_z_is_that_of_compare_for_the_better(reference):
    counts = three()
    found = nps.opposite_moves(counts, reference=reference)
    for name, sign in zip(counts.names, (1, 1, -1), strict=True):
        alone = nps.compare(counts.margin(name), reference=reference)
        for names, z in ((found.metric_first, found.z_first), (found.metric_second, found.z_second)):
            # Two of the three pairs have the metric, one on either side, or both on one.
            own = [row for row in range(len(found)) if names[row] == name]
            np.testing.assert_array_equal(z[own], sign * alone.statistic[[row // 3 for row in own]])
            # Two tails, of normal quantiles.
            np.testing.assert_allclose(2 * ndtr(-np.abs(z[own])), alone.pvalue[[row // 3 for row in own]], rtol=1e-12)


@pytest.mark.parametrize(("n", "verdict"), [(2, "undecided"), (8, "opposite")])
def test_a_few_answers_that_are_all_alike_are_no_more_than_compare_makes_of_them(n, verdict):
    # All loyal and unhappy, then all happy and not loyal: no spread in either group, and no standard error.
    found = nps.opposite_moves(joint([[0, 0], [n, 0]], [[0, n], [0, 0]]), reference="a")
    one = nps.RatingCounts([[0, n], [n, 0]], metric=LOYAL, missing=[0, 0], labels=[("a",), ("b",)], by=("group",))
    alone = nps.compare(one, reference="a")
    assert alone.standard_error[0] == 0
    assert found.pvalue_opposite[0] == pytest.approx(alone.pvalue[0] / 2, rel=1e-12)
    assert found.verdict == (verdict,)
    assert np.isfinite([found.z_first[0], found.z_second[0]]).all()
    assert "∞" not in found.reading() + str(found)


def test_one_respondent_tells_nothing_of_directions():
    for after in ([[0, 1], [0, 0]], [[10, 8], [9, 20]]):
        found = nps.opposite_moves(joint([[0, 0], [1, 0]], after), reference="a")
        assert found.verdict == ("undecided",)
        assert np.isnan(found.probability_opposite[0])
        assert found.reading().endswith("of one of the two moves no standard error is known.")
        assert "loyal −" in found.reading()
        assert "points (standard error not known) and happy" in found.reading()


def test_what_the_nearer_move_would_need_is_where_its_test_begins_to_reject():
    found = nps.opposite_moves(three(), reference="all-pairs", confidence_level=0.9)
    for row in range(len(found)):
        apart = found.z_first[row] * found.z_second[row] < 0
        correlation = found.correlation[row] if apart else -found.correlation[row]
        needed = found.z_needed[row]
        assert 1.2815 < needed < 1.6449
        # The density of a normal law times the 1e-6 to which it is known, twice.
        assert float(opposite_pvalue(needed, -needed, correlation)) == pytest.approx(0.1, abs=1e-6)
        nearer = min(abs(found.z_first[row]), abs(found.z_second[row]))
        assert (nearer >= needed) == (found.verdict[row] != "undecided")


def test_falls_that_go_together_need_more_than_one_tail():
    # Nearly one question: both fall by 1.7 standard errors, which one tail of 5 % would let pass.
    found = nps.opposite_moves(joint([[84, 2], [2, 122]], [[102, 2], [2, 104]]), reference="a")
    assert 1.6449 < abs(found.z_first[0]) < found.z_needed[0] < 1.96
    assert found.verdict == ("undecided",)
    assert f"and both would have to be about {found.z_needed[0]:.1f}." in found.reading()


def test_more_effort_is_a_move_for_the_worse():
    found = nps.opposite_moves(three(), reference="a").to_frame()
    effort = found[found["metric_second"] == "effort"]
    assert (np.sign(effort["difference_second"]) == -np.sign(effort["z_second"])).all()


def test_independent_answers_have_uncorrelated_differences():
    product = np.outer([2, 3], [3, 5])
    found = nps.opposite_moves(joint(product, 2 * product[::-1]), reference="a")
    # Products of shares cancel to rounding.
    assert found.correlation[0] == pytest.approx(0, abs=1e-15)


def test_a_metric_under_two_names_is_perfectly_correlated_with_itself():
    found = nps.opposite_moves(joint([[30, 0], [0, 70]], [[45, 0], [0, 55]]), reference="a")
    assert found.correlation[0] == pytest.approx(1, abs=1e-15)
    assert found.effect_difference[0] == 0
    # The law lies on a line; rounding of the correlation by 1e-16 opens it by its root.
    assert found.probability_opposite[0] == pytest.approx(0, abs=1e-7)
    # The variance of the difference is one of rounding.
    assert found.effect_high[0] - found.effect_low[0] < 1e-7


def test_a_metric_on_which_all_agree_leaves_the_direction_open():
    found = nps.opposite_moves(joint([[0, 30], [0, 70]], [[0, 90], [0, 60]]), reference="a")
    assert found.verdict == ("undecided",)
    assert np.isnan(found.probability_opposite[0])
    assert found.reading().endswith("of one of the two moves no standard error is known.")
    assert found.to_dict()["probability_opposite"] == [None]
    nps.plots.opposite_moves(found)


def test_a_pvalue_is_never_zero():
    far = joint([[40000, 10000], [40000, 10000]], [[10000, 40000], [10000, 10000]])
    found = nps.opposite_moves(joint([[90000, 0], [0, 10000]], [[10000, 0], [0, 90000]]), reference="a")
    assert found.pvalue_same[0] == 5e-324
    assert nps.opposite_moves(far, reference="a").pvalue_opposite[0] == 5e-324


def clustered_rows():
    rng = np.random.default_rng(8)
    liking = np.repeat(rng.normal(size=24), 10) + rng.normal(size=240) + np.repeat([0.0, 0.5], 120)
    return pd.DataFrame(
        {
            "wave": np.repeat(["a", "b"], 120),
            "store": np.repeat(np.arange(24), 10),
            "loyal": (liking > 0.2).astype(int),
            "happy": (liking + rng.normal(size=240) > 0).astype(int),
        }
    )


def test_a_survey_takes_the_tail_of_student():
    rows = clustered_rows()
    counts = nps.tabulate_joint(rows, {"loyal": LOYAL, "happy": HAPPY}, by="wave", cluster="store")
    found = nps.opposite_moves(counts, reference="a")
    # The normal quantiles that have the tails of `compare`, which knows how few stores there are.
    alone = [nps.compare(counts.margin(name), reference="a") for name in ("loyal", "happy")]
    first, second = (-ndtri(one.pvalue[0] / 2) for one in alone)
    assert 0 < first < alone[0].statistic[0]
    assert [found.z_first[0], found.z_second[0]] == pytest.approx([first, second], rel=1e-10)
    # 12 stores in each wave, one stratum: 11 degrees of freedom, of t at the error of the estimate.
    tails = [t.sf(one.difference[0] / one.standard_error[0], 11) for one in alone]
    assert ndtr([-first, -second]) == pytest.approx(tails, rel=0.15)
    expected = opposite_pvalue(first, -second, -found.correlation[0])
    assert found.pvalue_same[0] == pytest.approx(float(expected), rel=1e-10)
    assert found.probability_opposite[0] == pytest.approx(
        float(opposite_probability(first, second, found.correlation[0])), rel=1e-10
    )
    assert "24 clusters" in found.design
    assert "24 clusters" in found.heading()


def test_the_correlation_of_a_survey_is_that_of_its_clusters():
    rows = clustered_rows()
    counts = nps.tabulate_joint(rows, {"loyal": LOYAL, "happy": HAPPY}, by="wave", cluster="store")
    # Stores of equal size: means of stores are independent, and all that varies.
    stores = rows.groupby(["wave", "store"])[["loyal", "happy"]].mean()
    covariance = sum(part.cov().to_numpy() / len(part) for _, part in stores.groupby("wave"))
    expected = covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1])
    assert nps.opposite_moves(counts, reference="a").correlation[0] == pytest.approx(expected, rel=1e-10)


def test_a_wave_in_one_cluster_leaves_everything_open():
    rows = clustered_rows()
    rows["store"] = np.where(rows["wave"] == "a", 0, rows["store"])
    counts = nps.tabulate_joint(rows, {"loyal": LOYAL, "happy": HAPPY}, by="wave", cluster="store")
    with pytest.warns(nps.SmallSampleWarning):
        found = nps.opposite_moves(counts, reference="a")
    assert found.verdict == ("undecided",)
    assert np.isnan(found.probability_opposite[0])
    assert found.reading().endswith("no standard error is known.")
    with pytest.warns(nps.SmallSampleWarning):
        side_by_side = nps.contrast(counts, reference="a")
    assert np.isnan(side_by_side.in_standard_errors).all()
    assert not np.isfinite(side_by_side.effect_low).any()
    assert "nan" not in side_by_side.reading() + str(side_by_side)


# ------------------------------------------------------------------------------------------------- bad input


def test_counts_must_say_who_gave_both():
    one = nps.RatingCounts.from_categories(promoters=[5, 6], passives=[3, 3], detractors=[2, 1], groups=["a", "b"])
    with pytest.raises(TypeError, match="do not say who gave both"):
        nps.opposite_moves([one, one], reference="a")


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="two metrics or more"):
        nps.opposite_moves(SAME.of("happy"), reference="a")
    with pytest.raises(ValueError, match="must say which end"):
        nps.opposite_moves(
            nps.JointCounts.from_table(np.ones((2, 5, 2), int), metrics=[nps.CES, HAPPY], groups=["a", "b"]),
            reference="a",
        )
    with pytest.raises(ValueError, match="`confidence_level`"):
        nps.opposite_moves(SAME, reference="a", confidence_level=1)
    with pytest.raises(TypeError, match="`reference` must be given"):
        nps.opposite_moves(SAME, reference=None)


def test_metrics_of_different_respondents_have_no_joint_answer():
    pairs = nps.PairedCounts.from_table(
        np.zeros((2, 2, 2), int),
        metric=LOYAL,
        metric_second=HAPPY,
        groups=["a", "b"],
        first_only=[[3, 5], [4, 4]],
        second_only=[[1, 7], [2, 6]],
    )
    with pytest.raises(ValueError, match="nobody in a rated both loyal and happy"):
        nps.opposite_moves(pairs, reference="a")


# ------------------------------------------------------------------------------------------------- the result


def test_the_reading_of_opposite_directions():
    text = nps.opposite_moves(OPPOSITE, reference="a").reading()
    assert text.startswith(
        "b against a: loyal −10.0 points (4.7 standard errors for the worse) and happy +24.0 points (14.0 standard "
        "errors for the better). They moved in opposite directions, happy for the better and loyal for the worse (p = "
    )


def test_the_reading_of_equal_directions():
    text = nps.opposite_moves(SAME, reference="a").reading()
    assert "Both moved for the worse (p = 0.02" in text
    assert "which of the two fared better is not settled" in text


def test_the_reading_of_what_is_not_settled():
    text = nps.opposite_moves(UNDECIDED, reference="a").reading()
    assert "These data do not settle whether loyal and happy moved in the same direction or in opposite ones" in text
    assert "with a flat prior" in text
    assert "both would have to be about 1.6." in text
    found = nps.opposite_moves(UNDECIDED, reference="a")
    # Loyal: 140 to 130 of 200; happy: 130 to 135, the smaller move.
    assert abs(found.z_second[0]) < abs(found.z_first[0])
    assert f"the move of happy is {abs(found.z_second[0]):.1f} standard errors from 0" in text
    swapped = nps.opposite_moves(UNDECIDED.of("happy", "loyal"), reference="a").reading()
    assert f"the move of happy is {abs(found.z_second[0]):.1f} standard errors from 0" in swapped


def test_the_reading_of_several_pairs_begins_with_all_of_them():
    found = nps.opposite_moves(three(), reference="a")
    assert found.reading().startswith("Of 6 pairs of moves ")
    assert len(found.reading().split("\n")) == 7
    assert len(found.sentences()) == 6


@pytest.mark.parametrize("words", ["no difference", "no change", "equal to", "unchanged", "significant"])
def test_what_is_not_settled_is_not_said_to_be_absent(words):
    found = nps.opposite_moves(UNDECIDED, reference="a")
    assert words not in found.reading() + str(found) + found.cite().split("\n")[0]


def test_the_result_has_all_its_forms():
    found = nps.opposite_moves(OPPOSITE, reference="a")
    assert found.to_frame().columns.tolist() == [
        *("group", "reference", "metric_first", "metric_second", "difference_first", "difference_second"),
        *("z_first", "z_second", "correlation", "probability_opposite", "pvalue_opposite", "pvalue_same"),
        *("effect_difference", "effect_low", "effect_high", "verdict"),
    ]
    given = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert given["metrics"] == ["loyal", "happy"]
    assert given["verdict"] == ["opposite"]
    assert "Berger" in found.cite()
    assert "| b | a | loyal | happy | opposite |" in found.to_markdown()
    assert len(found) == 1


def test_the_picture_shows_the_moves_and_their_region():
    found = nps.opposite_moves(UNDECIDED, reference="a")
    axes = nps.plots.opposite_moves(found)
    point = next(line for line in axes.lines if line.get_marker() == "o")
    assert point.get_xydata().tolist() == [[found.z_first[0], found.z_second[0]]]
    assert point.get_markerfacecolor() == "white"
    region = next(line for line in axes.lines if len(line.get_xdata()) > 100).get_xydata() - point.get_xydata()
    r = found.correlation[0]
    # On the line the quadratic form of the law is the quantile of chi-square with 2 df.
    form = (region[:, 0] ** 2 - 2 * r * region[:, 0] * region[:, 1] + region[:, 1] ** 2) / (1 - r**2)
    np.testing.assert_allclose(form, -2 * np.log(0.05), rtol=1e-10)
    assert axes.get_xlabel().startswith("loyal: standard errors")
    several = nps.plots.opposite_moves(nps.opposite_moves(three(), reference="a"))
    assert several.get_xlabel().startswith("first metric")
    with pytest.raises(TypeError, match="OppositeMoves"):
        nps.plots.opposite_moves(found.to_frame())


# ------------------------------------------------------------------------------------------------- real data


def test_the_airport_moved_one_way_on_recommendation_and_satisfaction(shared_data):
    frames = []
    for year in (2017, 2018):
        rows = pd.read_csv(shared_data / "sfo" / f"{year}.csv", low_memory=False)
        rows.columns = rows.columns.str.strip()
        rows = rows[["NETPRO", "Q7ALL"]].apply(pd.to_numeric, errors="coerce")
        frames.append(rows.where(rows["NETPRO"].le(10), pd.NA).assign(Q7ALL=rows["Q7ALL"], year=year))
    rows = pd.concat(frames, ignore_index=True).astype({"NETPRO": float})
    counts = nps.tabulate_joint(rows, {"NETPRO": nps.NPS, "Q7ALL": nps.CSAT}, by="year")
    found = nps.opposite_moves(counts, reference=2017)
    # z from the rows: differences of means and their standard errors.
    score = (100.0 * (rows["NETPRO"] >= 9) - 100.0 * (rows["NETPRO"] <= 6)).where(rows["NETPRO"].notna())
    happy = (100.0 * (rows["Q7ALL"] >= 4)).where(rows["Q7ALL"].notna())
    for points, z in ((score, found.z_first[0]), (happy, found.z_second[0])):
        means, errors = (points.groupby(rows["year"]).agg(how) for how in ("mean", "sem"))
        # The score test has the error of the hypothesis: z^2 / n = 0.004 of the variance.
        assert z == pytest.approx((means[2018] - means[2017]) / math.hypot(errors[2017], errors[2018]), rel=2e-3)
    assert found.verdict == ("same",)
    assert found.pvalue_same[0] == pytest.approx(ndtr(found.z_second[0]), rel=0.02)
    assert ndtri(found.probability_opposite[0]) == pytest.approx(found.z_second[0], abs=0.02)
