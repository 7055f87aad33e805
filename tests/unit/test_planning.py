"""Plans: laws, tables and sentences, and every wrong argument."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import npsstats as nps
from npsstats.results.plans import Plan

LAW = settings(derandomize=True, deadline=None, max_examples=60)
CLASSIC = [0.2, 0.4, 0.4]
JOINT = [[0.12, 0.05, 0.03], [0.04, 0.30, 0.09], [0.01, 0.06, 0.30]]
PILOT = nps.RatingCounts.from_categories(promoters=80, passives=80, detractors=40)
PAIRS = nps.PairedCounts.from_table(np.rint(np.array(JOINT) * 100).astype(int).tolist(), metric=nps.NPS_CATEGORIES)

populations = st.tuples(*[st.floats(0.05, 1)] * 3).map(lambda x: [part / sum(x) for part in x])
differences = st.floats(2, 12)


def size(shares=CLASSIC, **arguments):
    return nps.sample_size(shares, **arguments)


# -------------------------------------------------------------------------------------------------------- laws


@LAW
@given(
    shares=populations,
    difference=differences,
    power=st.floats(0.3, 0.99),
    alternative=st.sampled_from(["two-sided", "greater"]),
    ratio=st.floats(0.3, 3),
)
def test_n_has_the_power_and_one_less_has_not(shares, difference, power, alternative, ratio):
    # Some populations have no room for the rise.
    shares = sorted(shares, reverse=True)
    more = {"difference": difference, "alternative": alternative, "ratio": ratio}
    plan = size(shares, power=power, **more)
    assert plan.power[0] >= power - 1e-12
    if plan.n[0] > 2:
        assert nps.power(shares, n=plan.n[0] - 1, **more).power[0] < power
    assert plan.power[0] == nps.power(shares, n=plan.n[0], **more).power[0]


@LAW
@given(shares=populations, n=st.integers(200, 10_000), power=st.floats(0.3, 0.95))
def test_the_detectable_difference_is_detected_with_that_power(shares, n, power):
    for alternative in ("two-sided", "less", "greater"):
        shares = sorted(shares, reverse=alternative != "less")
        found = nps.detectable_difference(shares, n=n, power=power, alternative=alternative)
        assert np.sign(found.difference[0]) == (-1 if alternative == "less" else 1)
        np.testing.assert_allclose(found.power[0], power, rtol=1e-10)
        again = nps.power(shares, n=n, difference=found.difference[0], alternative=alternative)
        np.testing.assert_allclose(again.power[0], power, rtol=1e-10)


@LAW
@given(shares=populations, width=st.floats(1, 40), level=st.sampled_from([0.8, 0.95, 0.99]))
def test_the_width_is_kept_and_by_one_less_it_is_not(shares, width, level):
    plan = size(shares, width=width, confidence_level=level)
    assert plan.width[0] <= width * (1 + 1e-12)
    wider = nps.power(
        shares, n=max(plan.n[0] - 1, 2), difference=-1, design="one-sample", confidence_level=level
    ).width[0]
    assert wider > width or plan.n[0] == 2


def test_a_plan_is_reflected_with_its_shares():
    for design in ("independent", "one-sample"):
        forth = nps.power(CLASSIC, n=20, difference=30, design=design, exact=True)
        back = nps.power(CLASSIC[::-1], n=20, difference=-30, design=design, exact=True)
        # Samples with a probability below 1e-10, all together, are left out.
        np.testing.assert_allclose(forth.power, back.power, rtol=0, atol=1e-9)
    assert size(difference=5).n[0] == size(CLASSIC[::-1], difference=-5).n[0]


def test_an_overlap_lies_between_other_people_and_the_same_people():
    overlap = np.linspace(0, 1, 5)
    mixed = size(design="overlapping", correlation=0.6, overlap=overlap, difference=5)
    assert (np.diff(mixed.n) < 0).all()
    assert mixed.n[0] == size(difference=5).n[0]
    same = size(design="paired", correlation=0.6, difference=5)
    assert mixed.n[-1] == same.n[0] == mixed.n_both[-1]
    joint = size(JOINT, design="overlapping", overlap=1, difference=5)
    assert joint.n[0] == size(JOINT, design="paired", difference=5).n[0]


def test_a_correlation_says_what_a_table_of_joint_shares_says():
    table = np.array(JOINT)
    first, second = table.sum(axis=1), table.sum(axis=0)
    plan = size(JOINT, design="paired", difference=5)
    by_correlation = size(
        second, shares_reference=first, design="paired", correlation=plan.correlation[0], difference=5
    )
    np.testing.assert_allclose(plan.standard_error, by_correlation.standard_error, rtol=1e-12)
    values = np.array([-100.0, 0.0, 100.0])
    mean = [second @ values, first @ values]
    spread = np.sqrt([second @ (values - mean[0]) ** 2, first @ (values - mean[1]) ** 2])
    covariance = (values - mean[1]) @ table @ (values - mean[0])
    np.testing.assert_allclose(plan.correlation[0], covariance / spread.prod(), rtol=1e-12)


def test_counts_are_their_shares():
    assert size(PILOT, difference=5).n[0] == 3_517
    wide = nps.RatingCounts.from_histogram([10, 5, 5, 5, 5, 5, 5, 40, 40, 40, 40])
    assert size(wide, difference=5).n[0] == 3_517
    np.testing.assert_allclose(size(wide, difference=5).shares, CLASSIC, rtol=1e-15)
    assert size(CLASSIC, shares_reference=wide, difference=5).n[0] == 3_517
    assert size(PAIRS, design="paired", difference=5).n[0] == size(JOINT, design="paired", difference=5).n[0]


@pytest.mark.parametrize(
    ("arguments", "design"),
    [
        ({"width": 10}, "one-sample"),
        ({"difference": 5}, "independent"),
        ({"margin": 5}, "independent"),
        ({"width": 10, "ratio": 2}, "independent"),
        ({"width": 10, "n_reference": 2_000}, "independent"),
        ({"width": 10, "shares_reference": [0.3, 0.3, 0.4]}, "independent"),
        ({"width": 10, "correlation": 0.5}, "paired"),
        ({"difference": 5, "correlation": 0.5}, "paired"),
        ({"difference": 5, "shares": JOINT}, "paired"),
        ({"width": 5, "shares": PAIRS}, "paired"),
        ({"difference": 5, "shares": JOINT, "overlap": 0.4}, "overlapping"),
        ({"width": 5, "correlation": 0.5, "overlap": 0.4}, "overlapping"),
    ],
    ids=str,
)
def test_a_design_that_was_not_named_is_the_one_of_the_arguments(arguments, design):
    plan = size(**arguments)
    assert plan.design == design
    assert plan.to_frame().equals(size(**arguments, design=design).to_frame())


def test_pairs_of_ratings_count_by_the_values_of_the_metric():
    rows = np.zeros((11, 11), dtype=int)
    rows[np.ix_([2, 8, 10], [6, 7, 9])] = np.rint(np.array(JOINT) * 100)
    pairs = nps.PairedCounts.from_table(rows.tolist())
    plan = size(pairs, design="paired", difference=5)
    assert plan.n[0] == size(JOINT, design="paired", difference=5).n[0]
    assert plan.metric is nps.NPS


def test_two_populations_have_the_difference_that_they_imply():
    plan = size([0.15, 0.4, 0.45], shares_reference=CLASSIC)
    np.testing.assert_allclose(plan.difference, 10)
    both = 10_000 * np.array([0.6 - 0.09, 0.6 - 0.04])
    z = stats.norm.isf(0.025) + stats.norm.isf(0.2)
    assert plan.n[0] == np.ceil(z**2 * both.sum() / 100)
    np.testing.assert_allclose(size(JOINT, design="paired").difference, 8)


def test_other_metrics_have_other_values():
    share = size([0.3, 0.7], metric=nps.CSAT, difference=5)
    z = stats.norm.isf(0.025) + stats.norm.isf(0.2)
    assert share.n[0] == np.ceil(z**2 * 2 * 0.21 * 10_000 / 25)
    five = size([0.1, 0.1, 0.2, 0.3, 0.3], metric=nps.CES, difference=0.2)
    assert five.n[0] == np.ceil(z**2 * 2 * (0.1 * (2.6**2 + 1.6**2) + 0.2 * 0.6**2 + 0.3 * (0.4**2 + 1.4**2)) / 0.04)


# ------------------------------------------------------------------------------------------------- adjustments


def test_a_design_effect_multiplies_n():
    plain, clustered = size(difference=5), size(difference=5, design_effect=1.7)
    assert clustered.n[0] == np.ceil(1.7 * (stats.norm.isf(0.025) + stats.norm.isf(0.2)) ** 2 * 11_200 / 25)
    assert clustered.n[0] > plain.n[0]


def test_a_population_takes_fewer():
    # n0 / (1 + (n0 - 1) / N), Cochran's correction, of the n0 that no population takes.
    n0 = (2 * stats.norm.isf(0.025) / 10) ** 2 * 5_600
    plan = size(width=10, population=[500, 5_000, 10**9])
    assert plan.n.tolist() == [np.ceil(n0 / (1 + (n0 - 1) / big)) for big in (500, 5_000, 10**9)]
    everyone = nps.power(CLASSIC, n=500, population=500, difference=1)
    assert everyone.power[0] == 1
    assert everyone.standard_error[0] == 0


def test_the_larger_wave_comes_from_the_population_too():
    # At most 333 and 999 respondents, whose standard error of 3.35 detects 2.8 times as much.
    with pytest.raises(ValueError, match=re.escape("1 of 1 scenarios, with `population` 1000 (first: `power` 0.8)")):
        size(difference=9, ratio=3, population=1_000)
    plan = size(difference=10, ratio=3, population=1_000)
    assert plan.n_reference[0] <= 1_000
    assert plan.power[0] >= 0.8


def test_invitations_are_respondents_by_the_response_rate():
    plan = size(difference=10, ratio=2, response_rate=[1, 0.3])
    assert plan.n.tolist() == [660, 660]
    assert plan.n_reference.tolist() == [1_320, 1_320]
    assert plan.invitations.tolist() == [660, 2_200]
    assert plan.invitations_reference.tolist() == [1_320, 4_400]


def test_people_are_rounded_up_but_not_for_a_rounding_error():
    # 21 / 0.35 is 60, but 60.00000000000001 in binary numbers.
    assert nps.power(CLASSIC, n=21, difference=5, response_rate=0.35).invitations[0] == 60
    assert nps.power(CLASSIC, n=22, difference=5, response_rate=0.35).invitations[0] == 63
    assert nps.power(CLASSIC, n=101, difference=5, correlation=0.5, overlap=0.5).n_both[0] == 51


def test_a_fixed_reference_takes_more_of_the_group():
    plan = size(difference=5, n_reference=[3_517, 5_000, 10**9])
    assert plan.n[0] in (3_516, 3_517)
    assert plan.n[0] > plan.n[1] > plan.n[2]
    assert plan.n_reference.tolist() == [3_517, 5_000, 10**9]


def test_comparisons_share_the_error():
    plan = size(difference=5, comparisons=10)
    z = stats.norm.isf(0.0025) + stats.norm.isf(0.2)
    assert plan.n[0] == np.ceil(z**2 * 11_200 / 25)


def test_scenarios_are_broadcast():
    plan = size(difference=[[3], [5], [10]], power=[0.8, 0.9])
    assert plan.difference.tolist() == [3, 3, 5, 5, 10, 10]
    assert plan.target.tolist() == [0.8, 0.9] * 3
    assert len(plan) == 6
    single = [size(difference=d, power=p).n[0] for d in (3, 5, 10) for p in (0.8, 0.9)]
    assert plan.n.tolist() == single


# ------------------------------------------------------------------------------------------------------- tests


def test_one_sided_tests_take_fewer_and_equivalence_more():
    two, one = size(difference=5), size(difference=5, alternative="greater")
    z = stats.norm.isf(0.05) + stats.norm.isf(0.2)
    assert one.n[0] == np.ceil(z**2 * 11_200 / 25) < two.n[0]
    # Of no true difference non-inferiority takes what the one-sided test of the margin does.
    for alternative in ("less", "greater"):
        assert size(margin=5, alternative=alternative).n[0] == one.n[0]
    equivalent = size(margin=5)
    assert equivalent.n[0] == np.ceil((stats.norm.isf(0.05) + stats.norm.isf(0.1)) ** 2 * 11_200 / 25)


def test_non_inferiority_looks_at_one_margin():
    better = size(margin=5, difference=3, alternative="greater")
    assert better.n[0] == size(margin=5, difference=-3, alternative="less").n[0]
    z = stats.norm.isf(0.05) + stats.norm.isf(0.2)
    assert better.n[0] == np.ceil(z**2 * 11_200 / 64)
    worse = size(margin=5, difference=-3, alternative="greater")
    assert worse.n[0] == np.ceil(z**2 * 11_200 / 4)


def test_exact_sizes_have_the_power_and_one_less_has_not():
    plan = size(difference=60, exact=True)
    more = {"difference": 60, "exact": True}
    assert plan.power[0] >= 0.8 > nps.power(CLASSIC, n=plan.n[0] - 1, **more).power[0]
    assert plan.method == "exact"


def test_exact_sizes_go_below_the_normal_one_where_fewer_are_enough():
    more = {"difference": -40, "exact": True, "design": "one-sample", "alternative": "less"}
    plan = size([0.1, 0.2, 0.7], power=0.9, **more)
    below = nps.power([0.1, 0.2, 0.7], n=plan.n[0] - 1, **more)
    assert plan.power[0] >= 0.9 > below.power[0]


def test_exact_sizes_for_the_same_people_have_the_power_and_one_less_has_not():
    more = {"difference": 60, "exact": True}
    plan = size(JOINT, **more)
    assert plan.design == "paired"
    assert plan.power[0] >= 0.8 > nps.power(JOINT, n=plan.n[0] - 1, **more).power[0]
    assert plan.power[0] == nps.power(PAIRS, n=plan.n[0], **more).power[0]
    # The normal answer, with the variance of the changes as they are tilted, is not far.
    assert 0 < plan.n[0] - size(JOINT, difference=60).n[0] < 20
    shown = size(JOINT, margin=45, difference=5, exact=True, alternative="greater", power=0.7)
    assert shown.power[0] >= 0.7 > nps.power(
        JOINT, n=shown.n[0] - 1, margin=45, difference=5, exact=True, alternative="greater"
    ).power[0]  # fmt: skip


def test_exact_detectable_differences_have_the_power():
    for alternative, shares in (("two-sided", CLASSIC), ("less", [0.1, 0.2, 0.7])):
        found = nps.detectable_difference(shares, n=15, exact=True, alternative=alternative)
        np.testing.assert_allclose(found.power, 0.8, rtol=0, atol=1e-8)


def test_exact_and_normal_power_meet_in_large_samples():
    box = nps.top_box(nps.Scale(1, 2), boxes=1)
    more = {"shares": [0.45, 0.55], "n": 700, "difference": 6, "metric": box}
    exact, normal = (nps.power(**more, exact=exact).power[0] for exact in (True, False))
    # Edgeworth's next term, of order 1 / sqrt(n), and the tilt of the variance by 0.6 %.
    assert abs(exact - normal) < 0.01
    paired = {"shares": JOINT, "n": 60, "difference": 25, "design": "paired"}
    exact, normal = (nps.power(**paired, exact=exact).power[0] for exact in (True, False))
    # At 60 pairs the two still differ by some points; a wrong law of the changes would be farther off.
    assert abs(exact - normal) < 0.1


# ------------------------------------------------------------------------------------------- what people read


def every_plan():
    yield size(width=[10, 5])
    yield size(width=10, design="independent", metric=nps.NPS_CATEGORIES)
    yield size(difference=5, response_rate=0.2)
    yield size(difference=5, response_rate=0.2, ratio=3)
    yield size(margin=5, design_effect=2)
    yield size(margin=5, alternative="less", population=10**6)
    yield size(margin=5, alternative="greater", design="paired", correlation=0.5, response_rate=0.5)
    yield size(difference=-5, design="overlapping", correlation=0.5, overlap=0.3, alternative="less")
    yield nps.power(PILOT, n=[50, 100], difference=20, comparisons=3)
    yield nps.power(CLASSIC, n=20, difference=40, exact=True)
    yield nps.detectable_difference(PAIRS, n=300, design="paired")


def test_the_frame_has_the_same_columns_whatever_was_asked():
    frames = [plan.to_frame() for plan in every_plan()]
    assert {tuple(frame.columns) for frame in frames} == {tuple(frames[0].columns)}
    assert list(frames[0].columns[:6]) == ["difference", "margin", "target", "n", "n_reference", "n_both"]
    for plan, frame in zip(every_plan(), frames, strict=True):
        assert len(frame) == len(plan) == len(plan.sentences())
        assert json.loads(json.dumps(plan.to_dict()))["metric"] == plan.metric.name
        assert len(plan.table().rows) == len(plan)
        assert plan.heading() in str(plan)
        assert plan.to_markdown().count("\n") == len(plan) + 1


def test_no_sentence_takes_absence_of_evidence_for_evidence():
    for plan in every_plan():
        assert not re.search("no difference|no change|are equal|is equal|same score", " ".join(plan.sentences()))


def test_sentences_say_who_and_what():
    assert size(difference=5, response_rate=0.2).sentences() == [
        "With 3,517 respondents per wave, a true difference of 5.0 points is detected with probability 80.0 % "
        "(two-sided test at 5 %). At a response rate of 20.0 % that takes 17,585 invitations per wave."
    ]
    assert size(width=10).sentences() == [
        "With 861 respondents, the 95 % interval of NPS will be about 10.0 points wide."
    ]
    assert (
        size(margin=5, alternative="greater", ratio=2, difference=1)
        .sentences()[0]
        .startswith(
            "With 1,443 respondents and 2,886 in the reference, NPS is shown to be at most 5.0 points below its "
            "reference with probability 80.0 %, if the true difference is +1.0 (one-sided test at 5 %)."
        )
    )
    assert (
        size(difference=5, design="overlapping", overlap=0.5, correlation=0.5)
        .sentences()[0]
        .startswith("With 2,638 respondents per wave, 1,319 of them in both, a true difference")
    )
    assert "a true difference of −5.0 points is detected" in size(difference=-5).sentences()[0]
    assert size(width=10, comparisons=4).sentences()[0].endswith(
        "the simultaneous 95 % interval of NPS will be about 10.0 points wide (among 4 comparisons)."
    )  # fmt: skip
    assert "within 5.0 points of its reference" in size(margin=5).sentences()[0]
    assert "among 3 comparisons" in nps.power(PILOT, n=50, difference=20, comparisons=3).sentences()[0]
    assert "rate in both waves" in size(JOINT, design="paired", difference=5).sentences()[0]


def test_a_method_text_names_goal_design_and_all_that_was_assumed():
    assert size(width=10, comparisons=4).method_text() == (
        "Sample size for NPS of one sample with assumed shares of 20.0 %, 40.0 %, 40.0 % (lowest value first), "
        "simultaneous 95 % interval among 4 comparisons, by normal approximation"
    )
    assert size([0.15, 0.4, 0.45], shares_reference=CLASSIC, design_effect=2).method_text() == (
        "Sample size for NPS of independent waves with assumed shares of 15.0 %, 40.0 %, 45.0 %, in the reference "
        "20.0 %, 40.0 %, 40.0 % (lowest value first), two-sided test at 5 %, by normal approximation, allowing for a "
        "design effect"
    )
    assert "simultaneous 95 % interval among 4 comparisons of one sample" in size(width=10, comparisons=4).heading()


def test_the_table_shows_what_the_plan_is_about():
    assert list(size(width=10).table().headers) == ["n", "width"]
    assert "population" in size(width=10, population=900).table().headers
    headers = size(design="overlapping", correlation=0.5, overlap=0.3, margin=4, response_rate=0.4).table().headers
    assert {"margin", "overlap", "correlation", "n in both", "invitations reference"} <= set(headers)


def test_what_does_not_apply_is_nan():
    plan = size(width=10)
    for name in ("difference", "margin", "power", "correlation", "overlap", "population"):
        assert np.isnan(getattr(plan, name)).all(), name
    assert plan.n_reference.tolist() == plan.n_both.tolist() == [0]
    assert plan.to_dict()["difference"] == [None]


def test_the_sources_are_those_of_what_was_used():
    assert "schuirmann1987" in size(margin=5).references
    assert "kish1965" in size(width=5, design_effect=2).references
    assert "laud2017" in nps.power(CLASSIC, n=5, difference=40, exact=True).references
    assert not {"schuirmann1987", "kish1965", "laud2017"} & set(size(difference=5).references)


def test_plans_are_frozen():
    plan = size(width=10)
    assert isinstance(plan, Plan)
    with pytest.raises(AttributeError):
        plan.n = 3
    assert not hasattr(plan, "__dict__")


# --------------------------------------------------------------------------------------------- wrong arguments

TWO_GROUPS = nps.RatingCounts.from_categories(promoters=[5, 6], passives=[3, 3], detractors=[2, 1], groups=["A", "B"])
ALL_PROMOTERS = nps.RatingCounts.from_categories(promoters=5, passives=0, detractors=0)

WRONG = [
    ({}, "a plan needs a goal: pass `width`, `difference` or `margin`, in points."),
    ({"width": 0}, "`width` must be a number above 0; got 0."),
    ({"width": -3}, "`width` must be a number above 0; got -3."),
    ({"width": 200}, "`width` must be below 200 points, all there is; got 200."),
    ({"width": 5, "difference": 5}, "`width` asks for an interval, `difference` for a test; pass one of them."),
    ({"width": 5, "alternative": "less"}, "`width` is that of a two-sided interval; got `alternative` 'less'."),
    ({"margin": 0}, "`margin` must be a number above 0; got 0."),
    ({"margin": [3, -1, -2]}, "`margin` must be a number above 0; got 2 of 3 are not, first: -1."),
    ({"margin": 200}, "`margin` must be below 200 points, the width of the scale; got 200."),
    ({"margin": 5, "difference": -5}, "`difference` must lie inside the margins, or equivalence is not true; got -5."),
    (
        {"margin": 5, "difference": -6, "alternative": "greater"},
        "`difference` must lie inside the margin, or there is nothing to show; got -6.",
    ),
    (
        {"difference": 0},
        "`difference` must not be 0: no number of respondents detects it. Equivalence needs a `margin`",
    ),
    ({"difference": float("nan")}, "`difference` must be a number of points; got nan."),
    (
        {"difference": 90},
        "`difference` must keep the score on the scale, -100 to 100 points; 1 of 1 do not (first: 90 points from 20.0)."
        " From there the score can fall by 120 and rise by 80 points.",
    ),
    ({"difference": 5, "alternative": "less"}, "`difference` must be below 0 for `alternative` 'less'; got 5."),
    ({"difference": -5, "alternative": "greater"}, "`difference` must be above 0 for `alternative` 'greater'; got -5."),
    ({"difference": 5, "alternative": "larger"}, "`alternative` must be one of 'two-sided', 'less', 'greater'"),
    ({"difference": 5, "power": 1}, "`power` must be a number between 0 and 1; got 1."),
    ({"difference": 5, "power": 80}, "`power` must be a number between 0 and 1; got 80. For 80 % pass 0.8."),
    (
        {"difference": 5, "confidence_level": 95},
        "`confidence_level` must lie between 0 and 1; got 95. For 95 % pass 0.95.",
    ),
    ({"difference": 5, "comparisons": 0}, "`comparisons` must be 1 or more; got 0."),
    ({"difference": 5, "ratio": 0}, "`ratio` must be a number above 0; got 0."),
    ({"difference": 5, "n_reference": 1}, "`n_reference` must be a whole number 2 or more; got 1."),
    ({"difference": 5, "n_reference": 10.5}, "`n_reference` must be a whole number 2 or more; got 10.5."),
    ({"difference": 5, "ratio": 1, "n_reference": 10}, "`ratio` and `n_reference` both say how large the reference is"),
    ({"difference": 5, "design_effect": 0}, "`design_effect` must be a number above 0; got 0."),
    ({"difference": 5, "population": 1}, "`population` must be a whole number 2 or more; got 1."),
    (
        {"difference": 5, "response_rate": 30},
        "`response_rate` must be a number above 0, at most 1; got 30. For 30 % pass 0.3.",
    ),
    (
        {"difference": 5, "response_rate": 0.2, "population": 5_000},
        "`response_rate` must leave enough respondents in the `population`; 1 of 1 scenarios need more invitations "
        "than there are people",
    ),
    (
        {"difference": 5, "n_reference": 500},
        "no number of respondents is enough in 1 of 1 scenarios, with `n_reference` 500 (first: `power` 0.8).",
    ),
    ({"difference": 5, "n_reference": 500, "population": 400}, "`n_reference` must not exceed `population`; got 500."),
    (
        {"difference": 5, "design": "panel"},
        "`design` must be one of 'one-sample', 'independent', 'paired', 'overlapping'; got 'panel'.",
    ),
    (
        {"difference": 5, "design": "independent", "correlation": 0.5},
        "`correlation` is an argument of design 'paired' or 'overlapping' only; got design 'independent'.",
    ),
    (
        {"difference": 5, "design": "paired"},
        "design 'paired' must know how the two ratings of a respondent go together.",
    ),
    ({"difference": 5, "design": "paired", "correlation": 2}, "`correlation` must be a number from -1 to 1; got 2."),
    (
        {"difference": 5, "design": "paired", "correlation": 1},
        "`correlation` must leave a spread of the changes to plan for; got 1.",
    ),
    (
        {"difference": 5, "design": "paired", "correlation": 0.5, "ratio": 2},
        "`ratio` is an argument of design 'independent' or 'overlapping' only",
    ),
    ({"difference": 5, "design": "overlapping", "correlation": 0.5}, "design 'overlapping' needs `overlap`"),
    (
        {"difference": 5, "design": "overlapping", "correlation": 0.5, "overlap": 40},
        "`overlap` must be a number from 0 to 1; got 40. For 40 % pass 0.4.",
    ),
    (
        {"difference": 5, "design": "one-sample", "shares_reference": CLASSIC},
        "`shares_reference` is an argument of design",
    ),
    (
        {"difference": [1, 2], "power": [0.7, 0.8, 0.9]},
        "the arguments of scenarios must fit together as NumPy's broadcasting asks; got the shapes "
        "`difference` (2,), `power` (3,).",
    ),
    (
        {"difference": 5, "exact": True, "population": 10**6},
        "`exact` enumerates independent samples; it is not made for a finite population.",
    ),
    (
        {"difference": 5, "exact": True, "design_effect": 2},
        "`exact` enumerates independent samples; it is not made for a design effect.",
    ),
    ({"width": 5, "exact": True}, "it is not made for the width of an interval: `operating_characteristics` gives it."),
    ({"difference": 5, "exact": True}, "`exact` enumerates at most 4,000,000 samples;"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=[str(arguments) for arguments, _ in WRONG])
def test_a_wrong_value_is_told_with_its_rule(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        size(**arguments)


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ([20, 40, 40], "adding up to 1; got [20.0, 40.0, 40.0], which add up to 100. Divide percentages by 100"),
        ([0.2, 0.4, 0.5], "0 or more and adding up to 1; got [0.2, 0.4, 0.5], which add up to 1.1."),
        ([0.124, 0.353, 0.524], "which add up to 1.001. Divide rounded shares by their sum."),
        ([-0.2, 0.6, 0.6], "0 or more and adding up to 1; got [-0.2, 0.6, 0.6]"),
        ([0.4, 0.6], "(-100, 0, 100 points, in this order), shape (3,); got the shape (2,)."),
        ([0, 0, 1], "`shares` must leave a spread to plan for; all respondents have the same value."),
        (ALL_PROMOTERS, "`shares` must leave a spread to plan for; all respondents have the same value."),
        (TWO_GROUPS, "`shares` must be one group of counts; got 2 (by group). Choose one with `counts.select(...)`"),
        ([[0.2, 0.4], [0.4]], "`shares` must hold one share for each of the 3 values"),
    ],
    ids=str,
)
def test_wrong_shares_are_told(shares, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        size(shares, difference=5)


@pytest.mark.parametrize(
    ("shares", "more", "message"),
    [
        (JOINT, {"correlation": 0.5}, "`correlation` must not be given beside joint `shares`, which hold it."),
        (JOINT, {"shares_reference": CLASSIC}, "`shares_reference` must not be given beside joint `shares`"),
        (np.diag(CLASSIC), {}, "all respondents have the same change."),
        (np.ones((3, 3)), {}, "rows by the first rating, 0 or more and adding up to 1"),
        (np.eye(2) / 2, {}, "shape (3, 3); got the shape (2, 2)."),
        (
            nps.PairedCounts.from_table(np.ones((2, 3, 3), int), groups=["A", "B"], metric=nps.NPS_CATEGORIES),
            {},
            "`shares` must be one group of counts; got 2 (by group). Choose one with `pairs.select(...)`",
        ),
        (
            nps.PairedCounts.from_table(np.zeros((3, 3), int), metric=nps.NPS_CATEGORIES),
            {},
            "`shares` must hold respondents who were rated in both waves; these counts have none.",
        ),
        (
            nps.PairedCounts.from_table(np.ones((3, 5), int), metric=nps.NPS_CATEGORIES, metric_second=nps.CSAT),
            {},
            "`shares` must hold one metric in both waves; got",
        ),
        (PAIRS, {"metric": nps.CSAT}, "is defined on the scale 1-5; the counts are on detractor/passive/promoter."),
    ],
    ids=str,
)  # fmt: skip
def test_wrong_joint_shares_are_told(shares, more, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        size(shares, design="paired", difference=5, **more)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"difference": "5"}, "`difference` must be a number, or several, of points; got '5'."),
        ({"difference": True}, "`difference` must be a number, or several, of points; got True."),
        ({"difference": []}, "`difference` must be a number, or several, of points; got []."),
        ({"difference": 5, "comparisons": 2.0}, "`comparisons` must be a whole number; got 2.0."),
        ({"difference": 5, "exact": 1}, "`exact` must be True or False; got 1."),
        ({"difference": 5, "metric": "NPS"}, "`metric` must be a Metric such as npsstats.NPS; got 'NPS'."),
        ({"shares": "0.2", "difference": 5}, "`shares` must hold one share for each of the 3 values"),
        ({"shares": None, "difference": 5}, "`shares` must hold one share for each of the 3 values"),
    ],
    ids=str,
)
def test_a_wrong_type_is_told(arguments, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        size(**arguments)


def test_an_empty_pilot_is_an_undefined_score():
    with pytest.raises(nps.UndefinedScoreError, match="a score needs at least one rating"):
        size(nps.RatingCounts.from_categories(promoters=0, passives=0, detractors=0), difference=5)


def test_given_respondents_are_checked():
    with pytest.raises(ValueError, match=re.escape("`n` must be a whole number 2 or more; got 1.")):
        nps.power(CLASSIC, n=1, difference=5)
    with pytest.raises(ValueError, match=re.escape("pass `difference` or `margin`, in points.")):
        nps.power(CLASSIC, n=10)
    with pytest.raises(ValueError, match=re.escape("`n` must not exceed `population`; got 11.")):
        nps.power(CLASSIC, n=[10, 11], population=10, difference=5)
    for exact in (False, True):
        with pytest.raises(ValueError, match=re.escape("(first: n = 4; from 20 the score can rise by 80 points)")):
            nps.detectable_difference(CLASSIC, n=[200, 4] if not exact else [4, 4], exact=exact)


def test_two_waves_are_no_more_people_than_there_are():
    more = {"difference": 5, "correlation": 0.5, "population": 400}
    with pytest.raises(ValueError, match=re.escape("`overlap` must leave both waves within the `population`; they")):
        nps.power(CLASSIC, n=300, overlap=0.6, **more)
    assert nps.power(CLASSIC, n=300, overlap=2 / 3, **more).n_both[0] == 200


def test_a_tilt_stays_within_the_values_that_occur():
    message = "`difference` must lie strictly between -20 and 80 points, which the values with shares above 0 can reach"
    with pytest.raises(ValueError, match=message):
        nps.power([0, 0.8, 0.2], n=10, difference=-30, exact=True)


def test_exact_power_needs_the_joint_shares_and_no_overlap():
    with pytest.raises(ValueError, match=re.escape("design 'paired' by a correlation: pass a table of joint shares.")):
        nps.power(CLASSIC, n=10, design="paired", correlation=0.3, difference=5, exact=True)
    with pytest.raises(ValueError, match=re.escape("it is not made for design 'overlapping'.")):
        nps.power(CLASSIC, n=10, design="overlapping", overlap=0.1, correlation=0.3, difference=5, exact=True)
    with pytest.raises(ValueError, match=re.escape("`margin` must stay on the scale of the score; got 90 points.")):
        nps.power(CLASSIC, n=10, design="one-sample", margin=90, exact=True)
