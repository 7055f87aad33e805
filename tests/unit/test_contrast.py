"""Several metrics of the same respondents side by side: `contrast`, its result and its picture."""

import json
import math
from fractions import Fraction

import matplotlib
import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

import npsstats as nps

matplotlib.use("agg")

HAPPY = nps.top_box(nps.Scale(0, 1), boxes=1, name="happy")
LOYAL = nps.top_box(nps.Scale(0, 1), boxes=1, name="loyal")
EASE = nps.effort_score(nps.Scale(1, 3), favourable="high", name="ease")
# Rows: loyal no, yes; columns: happy no, yes.
BEFORE, AFTER = [[20, 30], [10, 140]], [[60, 40], [30, 170]]


def two_by_two():
    return nps.JointCounts.from_table([BEFORE, AFTER], metrics=[LOYAL, HAPPY], groups=["before", "after"], by="moment")


def nps_and_happy():
    return nps.JointCounts.from_table(
        [[[40, 20], [60, 80], [20, 180]], [[60, 40], [40, 80], [10, 170]]],
        metrics=[nps.NPS_CATEGORIES, HAPPY],
        groups=[2024, 2025],
        by="year",
    )


def rows_of(seed=3, size=160):
    """Rows of three related questions in two waves, some of them not answered."""
    rng = np.random.default_rng(seed)
    liking = rng.normal(size=2 * size) + np.repeat([0.0, -0.2], size)
    rows = pd.DataFrame(
        {
            "wave": np.repeat(["a", "b"], size),
            "recommend": (6.5 + 2.2 * liking + rng.normal(size=2 * size)).round().clip(0, 10),
            "satisfied": (3.4 + 0.7 * liking + 0.6 * rng.normal(size=2 * size)).round().clip(1, 5),
            "effort": (2.5 - 0.6 * liking + 0.7 * rng.normal(size=2 * size)).round().clip(1, 5),
        }
    )
    for column in ("recommend", "satisfied", "effort"):
        rows.loc[rng.random(2 * size) < 0.15, column] = np.nan
    return rows


EFFORT = nps.effort_score(nps.Scale(1, 5), favourable="low", name="effort")
QUESTIONS = {"recommend": nps.NPS, "satisfied": nps.CSAT, "effort": EFFORT}


def joint_of(rows, **more):
    return nps.tabulate_joint(rows, QUESTIONS, by="wave", **more)


# ------------------------------------------------------------------------------------------------- a hand case


def test_two_tables_of_two_answers_by_hand():
    found = nps.contrast(two_by_two(), reference="before")
    # loyal: 150 of 200, then 200 of 300; happy: 170 of 200, then 210 of 300.
    loyal, happy = (Fraction(3, 4), Fraction(2, 3)), (Fraction(17, 20), Fraction(7, 10))
    for row, (before, after) in enumerate((loyal, happy)):
        assert found.score_reference[row] == pytest.approx(100 * float(before), abs=1e-12)
        assert found.score[row] == pytest.approx(100 * float(after), abs=1e-12)
        difference = after - before
        assert found.difference[row] == pytest.approx(100 * float(difference), abs=1e-12)
        assert found.share_of_range[row] == pytest.approx(float(difference), abs=1e-14)
        spread = Fraction(200, 199) * before * (1 - before) / 2 + Fraction(300, 299) * after * (1 - after) / 2
        # A dozen roundings.
        assert found.effect_size[row] == pytest.approx(float(difference) / math.sqrt(spread), rel=1e-13)
        z = float(ndtri(0.975) + ndtri(0.8))
        needed = z**2 * float((before * (1 - before) + after * (1 - after)) / difference**2)
        assert found.n_needed[row] == math.ceil(needed)
        error = math.sqrt(before * (1 - before) / 200 + after * (1 - after) / 300)
        assert found.in_standard_errors[row] == pytest.approx(float(difference) / error, rel=1e-13)
    assert found.n.tolist() == [300, 300]
    assert found.n_reference.tolist() == [200, 200]


def test_the_correlation_of_two_differences_by_hand():
    found = nps.contrast(two_by_two(), reference="before").correlation
    # Per group (p11 - p1 p2) / (n - 1) for the covariance, p (1 - p) / (n - 1) for the variances.
    parts = [(Fraction(140, 200), Fraction(3, 4), Fraction(17, 20), 199)]
    parts += [(Fraction(170, 300), Fraction(2, 3), Fraction(7, 10), 299)]
    covariance = sum((both - a * b) / n for both, a, b, n in parts)
    first = sum(a * (1 - a) / n for _, a, _, n in parts)
    second = sum(b * (1 - b) / n for _, _, b, n in parts)
    assert found.shape == (1, 2, 2)
    assert found[0, 0, 1] == pytest.approx(float(covariance) / math.sqrt(first * second), rel=1e-13)
    assert found[0, 0, 1] == found[0, 1, 0]
    assert found[0, 0, 0] == found[0, 1, 1] == 1


# ------------------------------------------------------------------------------------------------- one door


@pytest.mark.parametrize("method", ["score", "likelihood", "mover"])
@pytest.mark.parametrize("reference", ["a", "previous", "rest"])
def test_intervals_and_tests_are_those_of_compare(method, reference):
    counts = joint_of(rows_of())
    found = nps.contrast(counts, reference=reference, method=method, confidence_level=0.9)
    for place, name in enumerate(counts.names):
        alone = nps.compare(counts.margin(name), reference=reference, method=method, confidence_level=0.9)
        for column in ("n", "n_reference", "score", "score_reference", "difference", "standard_error"):
            np.testing.assert_array_equal(getattr(found, column)[place::3], getattr(alone, column))
        for column in ("low", "high", "pvalue"):
            np.testing.assert_array_equal(getattr(found, column)[place::3], getattr(alone, column))
        assert set(found.metric[place::3]) == {name}
        assert found.labels[place::3] == alone.labels


def test_needed_respondents_are_those_of_sample_size():
    counts = joint_of(rows_of())
    found = nps.contrast(counts, reference="a", confidence_level=0.9, power=0.7)
    for place, name in enumerate(counts.names):
        margin = counts.margin(name)
        plan = nps.sample_size(margin.select("b"), shares_reference=margin.select("a"), power=0.7, confidence_level=0.9)
        assert found.n_needed[place] == plan.n[0]


def test_each_metric_is_of_all_who_rated_it_and_complete_of_those_who_rated_all():
    rows = rows_of()
    counts = joint_of(rows)
    everyone, both = nps.contrast(counts, reference="a"), nps.contrast(counts.complete(), reference="a")
    assert everyone.n.tolist() == [rows.loc[rows["wave"] == "b", name].notna().sum() for name in QUESTIONS]
    assert set(both.n) == {int(rows.loc[rows["wave"] == "b"].notna().all(axis=1).sum())}
    complete = int(rows.notna().all(axis=1).sum())
    answered = int(rows[list(QUESTIONS)].notna().any(axis=1).sum())
    note = f"each metric is of all who rated it; {complete} of {answered} respondents rated all of them"
    assert note in everyone.notes
    assert both.notes == ()


# -------------------------------------------------------------------------------- effects from the rows alone


def effects_by_rows(rows, weights):
    """The three effects, for the better, from weighted rows; nothing of the package."""
    found = []
    for column, points, sign in (
        ("recommend", lambda x: 100.0 * (x >= 9) - 100.0 * (x <= 6), 1),
        ("satisfied", lambda x: 100.0 * (x >= 4), 1),
        ("effort", lambda x: x.astype(float), -1),
    ):
        moments = []
        for wave in ("a", "b"):
            kept = ((rows["wave"] == wave) & rows[column].notna()).to_numpy()
            n, w, x = kept.sum(), weights[kept], points(rows.loc[kept, column].to_numpy())
            mean = w @ x / w.sum()
            moments.append((mean, n / (n - 1) * (w @ (x - mean) ** 2) / w.sum()))
        found.append(sign * (moments[1][0] - moments[0][0]) / math.sqrt((moments[0][1] + moments[1][1]) / 2))
    return np.array(found)


def infinitesimal_jackknife(rows, statistic):
    """The covariance of statistics from their numerical derivatives by the weight of each row, shape (k, k)."""
    ones, step = np.ones(len(rows)), 1e-5
    slopes = []
    for i in range(len(rows)):
        nudge = np.zeros(len(rows))
        nudge[i] = step
        slopes.append((statistic(rows, ones + nudge) - statistic(rows, ones - nudge)) / (2 * step))
    slopes = np.array(slopes)
    total = 0
    for wave in ("a", "b"):
        part = slopes[((rows["wave"] == wave) & rows[list(QUESTIONS)].notna().any(axis=1)).to_numpy()]
        n = len(part)
        part = part - part.mean(axis=0)
        total = total + n / (n - 1) * part.T @ part
    return total


def test_effects_and_their_limits_are_those_of_the_rows():
    rows = rows_of(size=60)
    found = nps.contrast(joint_of(rows), reference="a")
    effects = effects_by_rows(rows, np.ones(len(rows)))
    np.testing.assert_allclose(found.effect_size, effects, rtol=1e-12)
    covariance = infinitesimal_jackknife(rows, effects_by_rows)
    margin = ndtri(0.975) * np.sqrt(np.diag(covariance))
    # Central differences with a step of 1e-5: truncation 1e-10, rounding 1e-16 / 1e-5, in relation to slopes of 1e-3.
    np.testing.assert_allclose(found.effect_low, effects - margin, rtol=0, atol=1e-7)
    np.testing.assert_allclose(found.effect_high, effects + margin, rtol=0, atol=1e-7)


def test_a_survey_of_equal_weights_has_the_effects_of_simple_counts():
    rows = rows_of().assign(weight=1.0)
    plain, survey = joint_of(rows), joint_of(rows, weight="weight")
    one, other = nps.contrast(plain, reference="a"), nps.contrast(survey, reference="a")
    np.testing.assert_allclose(other.effect_size, one.effect_size, rtol=1e-12)
    np.testing.assert_allclose(other.difference, one.difference, rtol=1e-12)
    # A survey takes t for z, and n / (n - 1) of the whole sample: 320 respondents.
    np.testing.assert_allclose(other.effect_high - other.effect_low, one.effect_high - one.effect_low, rtol=0.01)
    np.testing.assert_allclose(other.n_needed, one.n_needed, rtol=0.01)
    assert other.design == "a sample with weights"
    assert "a sample with weights" in other.heading()


def test_needed_respondents_of_a_survey_grow_with_its_design_effect():
    rows = rows_of()
    doubled = pd.concat([rows, rows], ignore_index=True).assign(person=lambda x: x.index % len(rows))
    survey = joint_of(doubled, cluster="person")
    plain = nps.contrast(joint_of(rows), reference="a").n_needed
    # Each answer twice, in one cluster: half of the respondents are worth nothing. Factors n / (n - 1) are 1 %.
    np.testing.assert_allclose(nps.contrast(survey, reference="a").n_needed, 2 * plain, rtol=0.015)


# ------------------------------------------------------------------------------------------------- edges


def test_a_difference_of_zero_needs_more_respondents_than_there_are():
    counts = nps.JointCounts.from_table([BEFORE, BEFORE], metrics=[LOYAL, HAPPY], groups=["a", "b"])
    found = nps.contrast(counts, reference="a")
    assert found.n_needed.tolist() == [math.inf, math.inf]
    assert found.effect_size.tolist() == [0, 0]
    assert found.sentences()[0].endswith(
        "These data do not settle whether loyal or happy have moved, nor in which direction."
    )
    assert found.to_dict()["n_needed"] == [None, None]


def test_a_metric_on_which_all_agree_has_no_effect_size():
    counts = nps.JointCounts.from_table(
        [[[0, 30], [0, 70]], [[0, 40], [0, 60]]], metrics=[LOYAL, HAPPY], groups=["a", "b"]
    )
    found = nps.contrast(counts, reference="a")
    assert np.isnan(found.effect_size[1])
    assert np.isnan(found.in_standard_errors[1])
    assert found.n_needed[1] == math.inf
    assert found.correlation[0, 0, 1] == 0
    assert np.isfinite([found.effect_low[0], found.effect_high[0]]).all()
    assert "happy 0.0 points" in found.reading()
    nps.plots.contrast(found)


def test_a_variance_takes_two_respondents():
    table = [[[98, 1], [1, 0]], [[0, 1], [1, 98]]]
    found = nps.contrast(nps.JointCounts.from_table(table, metrics=[LOYAL, HAPPY], groups=["a", "b"]), reference="a")
    # 7.8 (0.01 0.99 2) / 0.98^2 = 0.16
    assert found.n_needed.tolist() == [2, 2]


def test_a_difference_of_rounding_is_none():
    # Means of 3 x 1.4 / 6 and 7 x 1.4 / 14 in other orders of addition.
    uneven = nps.Metric("uneven", nps.Scale(1, 3), (0.0, 0.7, 1.4))
    table = np.array([[[1, 0], [1, 1], [0, 0]], [[2, 1], [3, 0], [0, 0]]])
    table[0, 2, 1], table[1, 2, 1] = 1, 2
    found = [
        nps.contrast(
            nps.JointCounts.from_table(
                np.stack([table[0], times * table[0]]), metrics=[uneven, HAPPY], groups=["a", "b"]
            ),
            reference="a",
        )
        for times in range(2, 60)
    ]
    assert any(one.difference[0] != 0 for one in found)
    assert all(one.n_needed[0] == math.inf for one in found)


def test_units_may_be_as_small_as_they_like():
    tiny = nps.Metric("loyal", LOYAL.scale, (0.0, 1e-11))
    one, other = (
        nps.contrast(
            nps.JointCounts.from_table([BEFORE, AFTER], metrics=[metric, HAPPY], groups=["a", "b"]), reference="a"
        )
        for metric in (LOYAL, tiny)
    )
    for name in ("in_standard_errors", "effect_size", "effect_low", "share_of_range", "n_needed"):
        # A dozen roundings, and one of the unit.
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-12)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([[0, 0], [1, 0]], [[10, 8], [9, 20]]),  # one respondent
        ([[0, 0], [8, 0]], [[0, 8], [0, 0]]),  # all alike in either group, and another in the other one
    ],
)
def test_what_no_spread_is_known_of_stands_on_compare_alone(before, after):
    counts = nps.JointCounts.from_table([before, after], metrics=[LOYAL, HAPPY], groups=["a", "b"])
    found = nps.contrast(counts, reference="a")
    for name in ("in_standard_errors", "effect_size", "effect_low", "effect_high", "n_needed"):
        assert np.isnan(getattr(found, name)).all()
    # One respondent shows nothing; eight against eight, all of one opinion, do.
    detected = bool(np.sum(before) > 1)
    assert found.detected.tolist() == [detected, detected]
    text = found.reading()
    assert ("tell opposite stories: happy for the better, loyal for the worse" in text) == detected
    assert "standard error not known" in text
    assert "∞" not in text + str(found)
    assert "–" not in text
    nps.plots.contrast(found)


def test_pairs_of_two_metrics_are_the_same_respondents():
    pairs = nps.PairedCounts.from_table(
        [BEFORE, AFTER], metric=LOYAL, metric_second=HAPPY, groups=["before", "after"], by="moment"
    )
    one, other = nps.contrast(pairs, reference="before"), nps.contrast(two_by_two(), reference="before")
    pd.testing.assert_frame_equal(one.to_frame(), other.to_frame())


# ------------------------------------------------------------------------------------------------- bad input


def test_pairs_of_one_metric_are_for_compare():
    pairs = nps.PairedCounts.from_table([BEFORE, AFTER], metric=LOYAL, groups=["a", "b"])
    with pytest.raises(ValueError, match=r"must be of two metrics; both are loyal.*`compare`"):
        nps.contrast(pairs, reference="a")


@pytest.mark.parametrize("shape", [lambda one: one, lambda one: [one, one], lambda one: {"NPS": one, "CSAT": one}])
def test_counts_of_each_metric_by_itself_do_not_say_who_gave_both(shape):
    one = nps.RatingCounts.from_categories(promoters=[5, 6], passives=[3, 3], detractors=[2, 1], groups=["a", "b"])
    with pytest.raises(TypeError, match="do not say who gave both"):
        nps.contrast(shape(one), reference="a")


@pytest.mark.parametrize("question", [nps.contrast, nps.opposite_moves])
def test_of_published_scores_the_way_leads_to_ranks(question):
    scores = nps.PublishedScores(
        [[60, 63], [66, 58]], names=["rating", "recommend"], by=["year"], labels=[(2021,), (2024,)], rounding=1
    )
    with pytest.raises(TypeError, match=r"got PublishedScores.*`discordant_units`.*`rank_agreement`") as caught:
        question(scores, reference=2021)
    assert "tabulate_joint" not in str(caught.value)
    # The way leads somewhere.
    assert nps.discordant_units(scores).verdict == ("shown",)


def test_one_metric_is_not_enough():
    with pytest.raises(ValueError, match=r"two metrics or more; got loyal only\. For one there is `compare`"):
        nps.contrast(two_by_two().of("loyal"), reference="before")


def test_an_effort_score_must_say_which_end_is_easy():
    counts = nps.tabulate_joint(rows_of(), {"recommend": nps.NPS, "effort": nps.CES}, by="wave")
    with pytest.raises(ValueError, match=r"CES must say which end of its scale.*effort_score"):
        nps.contrast(counts, reference="a")


def test_metrics_of_different_respondents_are_not_the_same():
    rows = rows_of()
    split = rows["satisfied"].notna().to_numpy() & (np.arange(len(rows)) % 2 == 0)
    rows.loc[split, "recommend"] = np.nan
    rows.loc[~split, "satisfied"] = np.nan
    with pytest.raises(ValueError, match=r"same respondents; nobody in a rated both NPS and CSAT"):
        nps.contrast(joint_of(rows), reference="a")
    # In one wave only, and nowhere else.
    rows = rows_of()
    rows.loc[(rows["wave"] == "b") & rows["recommend"].notna(), "effort"] = np.nan
    with pytest.raises(ValueError, match=r"nobody in b rated both NPS and effort"):
        nps.contrast(joint_of(rows), reference="a")


def test_a_group_without_a_rating_on_a_metric_is_named():
    rows = rows_of()
    rows.loc[rows["wave"] == "b", "effort"] = np.nan
    with pytest.raises(nps.UndefinedScoreError, match=r"on effort 1 of 2 groups have none \(first: b\)"):
        nps.contrast(joint_of(rows), reference="a")


@pytest.mark.parametrize("power", [0.0, 1.0, 80])
def test_power_is_a_probability(power):
    with pytest.raises(ValueError, match="`power` must lie between 0 and 1"):
        nps.contrast(two_by_two(), reference="before", power=power)


def test_other_arguments_are_checked():
    counts = two_by_two()
    with pytest.raises(TypeError, match="`power` must be a number"):
        nps.contrast(counts, reference="before", power="high")
    with pytest.raises(ValueError, match="`confidence_level`"):
        nps.contrast(counts, reference="before", confidence_level=95)
    with pytest.raises(TypeError, match="`reference` must be given"):
        nps.contrast(counts, reference=None)
    with pytest.raises(ValueError, match="`reference`"):
        nps.contrast(counts, reference="nowhere")
    with pytest.raises(ValueError, match="`reference`"):
        nps.contrast(counts, reference=40)
    with pytest.raises(ValueError, match="`method`"):
        nps.contrast(counts, reference="before", method="guess")


def test_a_warning_of_small_samples_comes_once():
    counts = nps.JointCounts.from_table([[[2, 1], [1, 5]], [[1, 1], [2, 5]]], metrics=[LOYAL, HAPPY], groups=["a", "b"])
    with pytest.warns(nps.SmallSampleWarning) as caught:
        nps.contrast(counts, reference="a", method="wald")
    assert len({str(warning.message) for warning in caught}) == len(caught)
    assert caught[0].filename == __file__


# ------------------------------------------------------------------------------------------------- the result


def test_the_reading_says_what_is_detected_and_what_is_not_settled():
    (text,) = nps.contrast(nps_and_happy(), reference=2024).sentences()
    assert text == (
        "2025 against 2024: NPS −15.0 points (95 % interval −25.7 to −4.3; p = 0.006), 2.8 standard errors for the "
        "worse and 0.19 standard deviations; happy +2.5 points (95 % interval −3.8 to 8.8; p = 0.435), 0.8 standard "
        "errors for the better and 0.06 standard deviations. A move of NPS for the worse is detected. These data do "
        "not settle whether happy has moved, nor in which direction. To detect a difference as large as its own with "
        "probability 80 % takes 415 respondents per group with NPS and 5,142 with happy."
    )


def test_opposite_stories_are_named():
    counts = nps.JointCounts.from_table(
        [[[150, 150], [150, 550]], [[30, 370], [30, 570]]], metrics=[LOYAL, HAPPY], groups=["a", "b"]
    )
    found = nps.contrast(counts, reference="a")
    assert "The metrics tell opposite stories: happy for the better, loyal for the worse." in found.reading()
    worse = nps.contrast(two_by_two(), reference="before").reading()
    assert "All of them moved for the worse." in worse


@pytest.mark.parametrize("words", ["no difference", "no change", "equal", "unchanged", "significant"])
def test_what_is_not_detected_is_not_said_to_be_absent(words):
    found = nps.contrast(nps_and_happy(), reference=2024, confidence_level=0.9999)
    assert "No move is detected." in found.reading()
    assert words not in found.reading() + str(found) + found.cite().split("\n")[0]


def test_the_result_has_all_its_forms():
    found = nps.contrast(nps_and_happy(), reference=2024)
    frame = found.to_frame()
    assert frame.columns.tolist() == [
        *("year", "reference", "metric", "n", "n_reference", "score_reference", "score", "difference"),
        *("standard_error", "low", "high", "pvalue", "in_standard_errors", "effect_size", "effect_low", "effect_high"),
        *("share_of_range", "n_needed"),
    ]
    assert frame["metric"].tolist() == ["NPS", "happy"]
    given = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert given["metrics"] == ["NPS", "happy"]
    assert given["favourable"] == ["high", "high"]
    assert given["power"] == 0.8
    assert len(found) == 2
    assert "Bonett" in found.cite()
    assert "| 2025 | 2024 | NPS |" in found.to_markdown()
    assert found.detected.tolist() == [True, False]


def test_no_group_column_can_hide_a_column_of_the_result():
    counts = nps.JointCounts.from_table([BEFORE, AFTER], metrics=[LOYAL, HAPPY], groups=["a", "b"], by="metric_first")
    with pytest.raises(ValueError, match="cannot be called 'metric_first'"):
        nps.opposite_moves(counts, reference="a").to_frame()
    counts = nps.JointCounts.from_table([BEFORE, AFTER], metrics=[LOYAL, HAPPY], groups=["a", "b"], by="effect_size")
    with pytest.raises(ValueError, match="cannot be called 'effect_size'"):
        nps.contrast(counts, reference="a").to_frame()


def test_the_picture_has_a_row_for_each_metric():
    found = nps.contrast(nps_and_happy(), reference=2024)
    axes = nps.plots.contrast(found)
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["2025 vs 2024: NPS", "2025 vs 2024: happy"]
    assert [text.get_text() for text in axes.texts] == ["−15.0 points, z −2.8", "+2.5 points, z +0.8"]
    filled, empty = (line for line in axes.lines if line.get_marker() == "o")
    assert filled.get_xdata().tolist() == [found.effect_size[0]]
    assert empty.get_markerfacecolor() == "white"
    with pytest.raises(TypeError, match="Contrast"):
        nps.plots.contrast(found.to_frame())


# ------------------------------------------------------------------------------------------------- real data


def sfo_rows(shared_data):
    frames = []
    for year in (2017, 2018):
        rows = pd.read_csv(shared_data / "sfo" / f"{year}.csv", low_memory=False)
        rows.columns = rows.columns.str.strip()
        rows = rows[["NETPRO", "Q7ALL", "Q14FIND", "Q14PASSTHRU", "Q13GETRATE"]].apply(pd.to_numeric, errors="coerce")
        rows["NETPRO"] = rows["NETPRO"].where(rows["NETPRO"] <= 10)
        for column in rows.columns[1:]:
            rows[column] = rows[column].where(rows[column].between(1, 5))
        frames.append(rows.assign(year=year))
    return pd.concat(frames, ignore_index=True)


ITEMS = {
    "NETPRO": "NPS",
    "Q7ALL": "CSAT",
    "Q14FIND": "finding",
    "Q14PASSTHRU": "security",
    "Q13GETRATE": "getting there",
}


def sfo_points(rows):
    points = rows[list(ITEMS)].astype(float).rename(columns=ITEMS)
    nps_points = 100.0 * (rows["NETPRO"] >= 9) - 100.0 * (rows["NETPRO"] <= 6)
    points["NPS"] = nps_points.where(rows["NETPRO"].notna())
    points["CSAT"] = (100.0 * (rows["Q7ALL"] >= 4)).where(rows["Q7ALL"].notna())
    return points


def sfo_joint(rows):
    easy = {name: nps.effort_score(nps.Scale(1, 5), favourable="high", name=ITEMS[name]) for name in list(ITEMS)[2:]}
    return nps.tabulate_joint(rows, {"NETPRO": nps.NPS, "Q7ALL": nps.CSAT, **easy}, by="year")


def test_the_airport_fell_on_all_metrics_and_most_of_all_at_security(shared_data):
    rows = sfo_rows(shared_data)
    points = sfo_points(rows)
    found = nps.contrast(sfo_joint(rows), reference=2017).to_frame().set_index("metric")
    means, spreads = points.groupby(rows["year"]).mean(), points.groupby(rows["year"]).var(ddof=1)
    expected = (means.loc[2018] - means.loc[2017]) / np.sqrt(spreads.mean())
    # pandas adds up rows in another order.
    np.testing.assert_allclose(found["effect_size"], expected, rtol=1e-10)
    np.testing.assert_allclose(found["difference"], means.loc[2018] - means.loc[2017], rtol=1e-10)
    assert found["n"].tolist() == points[rows["year"] == 2018].notna().sum().tolist()
    # The published figures of the data's description.
    np.testing.assert_allclose(found.loc["NPS", ["score_reference", "score"]].astype(float), [39.84, 30.98], atol=0.005)
    np.testing.assert_allclose(
        found.loc["CSAT", ["score_reference", "score"]].astype(float), [82.07, 78.44], atol=0.005
    )
    assert found["effect_size"].idxmin() == "security"
    assert found["n_needed"].idxmin() == "security"
    assert found.loc[found["pvalue"] > 0.05].index.tolist() == ["finding"]


def test_the_joint_uncertainty_of_the_airport_is_that_of_its_rows(shared_data):
    rows = sfo_rows(shared_data)
    points = sfo_points(rows)
    answered = points.notna().any(axis=1)
    expected = 0
    for year in (2017, 2018):
        part = points[(rows["year"] == year) & answered]
        # The influence of each row on each mean: 0 where it has no rating.
        influence = ((part - part.mean()) / part.notna().mean()).fillna(0.0)
        expected = expected + influence.cov() / len(part)
    errors = np.sqrt(np.diag(expected))
    found = nps.contrast(sfo_joint(rows), reference=2017).correlation[0]
    # Both divide by n - 1.
    np.testing.assert_allclose(found, expected / np.outer(errors, errors), rtol=1e-10)


def test_industries_against_the_rest_are_those_of_the_rows(shared_data):
    rows = pd.read_csv(shared_data / "acsi" / "acsi_2015.csv")
    again = nps.net_score(nps.Scale(1, 10), promoters_from=9, detractors_to=6, name="repurchase")
    joint = nps.tabulate_joint(rows, {"SATIS": nps.NPS_1_TO_10, "REPUR": again}, by="INDUSTRY", missing_codes=[98, 99])
    found = nps.contrast(joint, reference="rest").to_frame()
    for column, name in (("SATIS", "NPS (1-10)"), ("REPUR", "repurchase")):
        answers = rows.loc[rows[column] <= 10, [column, "INDUSTRY"]]
        points = 100.0 * (answers[column] >= 9) - 100.0 * (answers[column] <= 6)
        part = found[found["metric"] == name].set_index("INDUSTRY")
        for industry in answers["INDUSTRY"].unique():
            own = points[answers["INDUSTRY"] == industry]
            rest = points[answers["INDUSTRY"] != industry]
            assert part.loc[industry, "difference"] == pytest.approx(own.mean() - rest.mean(), rel=1e-10)
            spread = math.sqrt((own.var(ddof=1) + rest.var(ddof=1)) / 2)
            assert part.loc[industry, "effect_size"] == pytest.approx((own.mean() - rest.mean()) / spread, rel=1e-10)
