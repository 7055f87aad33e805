"""What the questions of critique share: groups face to face, covariance by linear influence, Fieller's sets."""

import re
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import npsstats as nps
from npsstats.critique.facing import faced
from npsstats.critique.linearising import covariance_by_group, covariance_of, critical_value, is_survey, shares_of
from npsstats.kernels.ratios import ALL, BOUNDED, OUTSIDE, fieller

NPS_VALUES = np.array(nps.NPS.values)


def two_years():
    return nps.datasets.load("sfo")["recommend"].pool("year")


def survey():
    rows = nps.datasets.responses("sfo")
    return nps.tabulate_survey(rows, "recommend", by="year", weight="weight", cluster="run")


# ---------------------------------------------------------------------------------------------------- covariance


def test_the_covariance_of_two_means_is_that_of_fractions():
    counts = nps.RatingCounts.from_categories(promoters=[5, 7], passives=[3, 1], detractors=[2, 4], groups=["a", "b"])
    values = [(-1, 0, 1), (2, 5, 3)]
    influence = np.zeros((2, 2, 3))
    influence[0] = values[0]
    influence[1, 0] = values[1]

    def covariance(group, first, second):
        row = [Fraction(int(c)) for c in counts.counts[group]]
        n = sum(row)
        means = [sum(c * v for c, v in zip(row, one, strict=True)) / n for one in (first, second)]
        both = zip(row, first, second, strict=True)
        return sum(c * (a - means[0]) * (b - means[1]) for c, a, b in both) / n / (n - 1)

    expected = [
        [covariance(0, values[0], values[0]) + covariance(1, values[0], values[0]), covariance(0, *values)],
        [covariance(0, *values), covariance(0, values[1], values[1])],
    ]
    np.testing.assert_allclose(covariance_of(counts, influence), np.array(expected, dtype=float), rtol=1e-13)


def test_a_constant_in_a_group_changes_nothing():
    for counts in (two_years(), survey()):
        influence = np.stack([-NPS_VALUES, NPS_VALUES])[None]
        moved = influence + np.array([3.0, -7.0])[:, None]
        np.testing.assert_allclose(covariance_of(counts, moved), covariance_of(counts, influence), rtol=1e-9)


def test_the_error_of_a_difference_by_the_design_is_that_of_compare():
    counts = survey()
    influence = np.stack([-NPS_VALUES, NPS_VALUES])[None]
    error = float(np.sqrt(covariance_of(counts, influence)[0, 0]))
    assert error == pytest.approx(nps.compare(counts, reference=2017).standard_error[0], rel=1e-10)
    assert (is_survey(counts), is_survey(two_years())) == (True, False)


def test_joint_counts_have_the_covariance_of_their_rows():
    rows = nps.datasets.responses("sfo").dropna(subset=["recommend", "satisfied"])
    joint = nps.tabulate_joint(rows, {"recommend": nps.NPS, "satisfied": nps.CSAT})
    influence = np.stack(joint.values)[:, None]
    ours = covariance_of(joint, influence)
    values = [
        np.array(nps.NPS.values)[rows["recommend"].to_numpy(int)],
        np.array(nps.CSAT.values)[rows["satisfied"].to_numpy(int) - 1],
    ]
    np.testing.assert_allclose(ours, np.cov(values) / len(rows), rtol=1e-10)
    np.testing.assert_allclose(shares_of(joint).sum(axis=1), 1)


def test_limits_use_the_fewest_degrees_of_freedom_of_a_survey():
    # 211 and 205 = runs minus 1 of the two years; the quantile is R's qt(0.975, 205).
    assert critical_value(two_years(), 0.95) == pytest.approx(1.959964, abs=1e-6)
    assert critical_value(survey(), 0.95) == pytest.approx(1.971603, abs=1e-6)
    assert critical_value(two_years(), 0.95, "less") == pytest.approx(1.644854, abs=1e-6)


# -------------------------------------------------------------------------------------------------- face to face


def test_each_comparison_has_reference_and_group():
    counts = nps.datasets.load("sfo")["recommend"]
    rows, notes = faced(counts, "previous")
    assert [(row.label, row.reference) for row in rows][:2] == [(("A", 2018), 2017), (("B", 2018), 2017)]
    assert rows[0].counts.counts.tolist() == counts.select(("A", 2017), ("A", 2018)).counts.tolist()
    assert notes == ()
    rest, _ = faced(counts.pool("area"), "rest")
    whole = counts.pool().counts[0]
    for row in rest:
        np.testing.assert_array_equal(row.counts.counts.sum(axis=0), whole)
        np.testing.assert_array_equal(row.counts.counts[1], counts.pool("area").select(*row.label).counts[0])


def test_surveys_and_joint_counts_stand_face_to_face_with_their_design():
    rows = nps.datasets.responses("sfo")
    counts = nps.tabulate_survey(rows, "recommend", by="area", weight="weight", cluster="run")
    row = faced(counts, "rest")[0][0]
    error = np.sqrt(covariance_of(row.counts, np.stack([-NPS_VALUES, NPS_VALUES])[None])[0, 0])
    assert error == pytest.approx(nps.compare(counts, reference="rest").standard_error[0], rel=1e-9)
    metrics = {"recommend": nps.NPS, "satisfied": nps.CSAT}
    joint = nps.tabulate_joint(rows, metrics, by="year", weight="weight", cluster="run")
    both = faced(joint, 2017)[0][0].counts
    assert both.n.tolist() == joint.n.tolist()
    assert nps.estimate(both.margin("CSAT")).score == pytest.approx(nps.estimate(joint.margin("CSAT")).score)


def test_a_reference_must_stand_apart_from_the_group():
    counts = two_years()
    for reference, error, part in (
        (None, TypeError, "must be given"),
        ("total", ValueError, "use 'rest'"),
        (2016, ValueError, "2016"),
    ):
        with pytest.raises(error, match=part):
            faced(counts, reference)


@pytest.mark.parametrize("reference", [12.5, 2016, "2017", "before", True])
def test_what_is_no_reference_is_told_all_that_are(reference):
    with pytest.raises(ValueError, match="`reference`") as caught:
        faced(two_years(), reference)
    assert str(caught.value) == (
        "`reference` must be the label of a group, or one of 'previous', 'year-before', 'rest', 'all-pairs'; "
        f"got {reference!r}. The labels are 2017, 2018."
    )


def test_all_words_that_a_message_offers_are_taken():
    with pytest.raises(TypeError) as caught:
        faced(two_years(), [2017])
    words = re.findall(r"'([a-z-]+)'", str(caught.value))
    assert words == ["previous", "year-before", "rest", "all-pairs"]
    for word in words:
        assert faced(two_years(), word)[0]


def test_without_groups_the_way_out_is_to_tabulate_by_them():
    with pytest.raises(ValueError, match=r"one group only\. Tabulate with `by`\.$"):
        faced(two_years().pool(), "rest")


# ------------------------------------------------------------------------------------------------------ Fieller


def inside(found, ratio):
    if found.kind == ALL:
        return np.ones_like(ratio, dtype=bool)
    between = (found.low <= ratio) & (ratio <= found.high)
    return between if found.kind == BOUNDED else (ratio <= found.low) | (ratio >= found.high)


NUMBERS = st.floats(-5, 5, allow_nan=False).map(lambda x: round(x, 3))


@given(NUMBERS, NUMBERS, st.floats(0.05, 2), st.floats(0.05, 2), st.floats(-0.95, 0.95), st.floats(0.5, 3))
def test_the_set_is_that_of_all_ratios_that_are_not_refused(a, b, sd_a, sd_b, correlation, quantile):
    covariance = np.array([[sd_a**2, correlation * sd_a * sd_b], [correlation * sd_a * sd_b, sd_b**2]])
    found = fieller(np.array(a), np.array(b), covariance, quantile)
    ratio = np.tan(np.linspace(-1.57, 1.57, 4001))
    distance = (a - ratio * b) ** 2 - quantile**2 * np.einsum(
        "ri,ij,rj->r",
        np.stack([np.ones_like(ratio), -ratio], 1),
        covariance,
        np.stack([np.ones_like(ratio), -ratio], 1),
    )
    # Ratios at the limits themselves are decided by rounding.
    clear = np.abs(distance) > 1e-7 * (1 + ratio**2)
    np.testing.assert_array_equal(inside(found, ratio)[clear], (distance <= 0)[clear])


def test_a_denominator_that_may_be_zero_leaves_no_interval():
    covariance = np.eye(2)
    assert fieller(np.array(10.0), np.array(5.0), covariance, 1.96).kind == BOUNDED
    assert fieller(np.array(10.0), np.array(0.5), covariance, 1.96).kind == OUTSIDE
    assert fieller(np.array(0.5), np.array(0.5), covariance, 1.96).kind == ALL


def test_without_variance_the_set_is_the_ratio():
    found = fieller(np.array([6.0, 0.0]), np.array([3.0, 2.0]), np.zeros((2, 2, 2)), 1.96)
    np.testing.assert_allclose(found.low, [2, 0], atol=1e-15)
    np.testing.assert_allclose(found.high, [2, 0], atol=1e-15)


def test_the_set_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covariance = np.array([[1.0, 0.3], [0.3, 0.5]])
    # 20,000 draws: the standard error of a coverage of 95 % is 0.15 points; four of them.
    for truth in ((2.0, 3.0), (1.0, 0.2), (0.0, 1.0)):
        draws = rng.multivariate_normal(truth, covariance, 20_000)
        found = fieller(draws[:, 0], draws[:, 1], covariance, 1.959964)
        ratio = truth[0] / truth[1]
        between = (found.low <= ratio) & (ratio <= found.high)
        beyond = (ratio <= found.low) | (ratio >= found.high)
        covered = np.where(found.kind == BOUNDED, between, np.where(found.kind == OUTSIDE, beyond, True))
        assert covered.mean() == pytest.approx(0.95, abs=0.0062)


def test_the_covariance_by_the_design_is_that_of_all_shares():
    rows = nps.datasets.responses("sfo")
    influence = np.random.default_rng(0).normal(size=(3, 2, 11))
    for more in ({"cluster": "run"}, {"cluster": "run", "replicate_weights": nps.RaoWu(50, rng=1)}):
        counts = nps.tabulate_survey(rows, "recommend", by="year", weight="weight", **more)
        flat = influence.reshape(3, -1)
        np.testing.assert_allclose(covariance_of(counts, influence), flat @ counts.covariance @ flat.T, rtol=1e-9)


def test_groups_by_themselves_have_the_blocks_of_the_whole_covariance():
    rows = nps.datasets.responses("sfo")
    influence = np.random.default_rng(1).normal(size=(3, 2, 11))
    whole = np.zeros((2, 3, 2, 11))
    for group in (0, 1):
        whole[group, :, group] = influence[:, group]
    design = {"by": "year", "weight": "weight", "cluster": "run"}
    for counts in (
        two_years(),
        nps.tabulate_survey(rows, "recommend", **design),
        nps.tabulate_survey(rows, "recommend", **design, replicate_weights=nps.RaoWu(50, rng=1)),
    ):
        blocks = covariance_of(counts, whole.reshape(6, 2, 11)).reshape(2, 3, 2, 3)
        expected = [blocks[group, :, group] for group in (0, 1)]
        np.testing.assert_allclose(covariance_by_group(counts, influence), expected, rtol=1e-9)


def test_a_group_with_one_cluster_leaves_limits_at_infinity():
    rows = pd.DataFrame({"r": [9, 3, 8, 1, 10, 7], "g": list("aaabbb"), "c": [1, 2, 3, 4, 4, 4]})
    counts = nps.tabulate_survey(rows, "r", by="g", cluster="c")
    assert counts.df.tolist() == [2, 0]
    assert critical_value(counts, 0.95) == np.inf
    assert critical_value(counts.select("a"), 0.95) == pytest.approx(4.302653, abs=1e-6)  # R: qt(0.975, 2)


def test_a_side_of_a_survey_is_what_its_rows_say():
    rows = nps.datasets.responses("sfo")
    design = {"weight": "weight", "cluster": "run"}
    metrics = {"recommend": nps.NPS, "satisfied": nps.CSAT}
    joint = nps.tabulate_joint(rows, metrics, by="area", **design)
    row = faced(joint, "rest")[0][0]
    sides = rows.assign(side=np.where(rows["area"] == row.label[0], "group", "reference"))
    for column, metric in metrics.items():
        both = row.counts.margin(metric.name)
        alone = nps.tabulate_survey(sides, column, by="side", metric=metric, **design).select("reference", "group")
        np.testing.assert_allclose(both.squares, alone.squares, rtol=1e-12)
        ours, theirs = nps.estimate(both), nps.estimate(alone)
        for name in ("n", "score", "standard_error", "low", "high"):
            np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-8, err_msg=name)
