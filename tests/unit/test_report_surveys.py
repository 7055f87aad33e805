"""The report on samples with weights, strata, clusters or recurring respondents."""

import html
import re

import numpy as np
import pandas as pd
import pytest

import npsstats as nps
from npsstats import report
from npsstats.results import format as write


def sample(schools=40, pupils=4, years=(2023, 2024, 2025), seed=3, **more):
    """Schools with levels of their own, of which all pupils are asked each year."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        [(year, school, pupil) for year in years for school in range(schools) for pupil in range(pupils)],
        columns=["year", "school", "pupil"],
    )
    level = rng.normal(7.5, 1.5, schools)[rows.school]
    rows["r"] = np.clip(np.round(rng.normal(level, 1)), 0, 10).astype(int)
    rows["w"] = rng.integers(1, 5, len(rows)) / 2
    rows["region"] = np.where(rows.school % 2, "n", "s")
    return rows.assign(**more)


def surveyed(rows=None, **more):
    rows = sample() if rows is None else rows
    return nps.tabulate_survey(rows, "r", by="year", **{"weight": "w", "cluster": "school", **more})


def plainly(text):
    """Markdown or a page as plain text on one line, without pictures and references."""
    text = text.split("\n[scores]:")[0].split("<details>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"\\(.)", r"\1", text))).split())


def forms(made):
    return plainly(made.to_html()), plainly(made.to_markdown())


def test_a_report_holds_what_is_asked_of_the_sample():
    counts = surveyed()
    made = report(counts, reference=2023, confidence_level=0.9)
    assert made.estimates.to_dict() == nps.estimate(counts, confidence_level=0.9).to_dict()
    assert made.differences.to_dict() == nps.compare(counts, reference=2023, confidence_level=0.9).to_dict()
    assert made.homogeneity.to_dict() == nps.homogeneity(counts).to_dict()
    assert made.effects.to_dict() == nps.design_effects(counts).to_dict()
    assert made.weights.to_dict() == nps.describe_weights(counts).to_dict()
    assert made.trend is None


def test_simple_counts_have_no_design():
    made = report(nps.tabulate(sample(), rating="r", by="year"))
    assert (made.effects, made.weights) == (None, None)
    for text in forms(made):
        assert "The sample" not in text
        assert "Unweighted: each respondent counts the same, as in a simple random sample." in text


def test_four_periods_of_a_survey_have_a_line():
    counts = surveyed(sample(years=(2022, 2023, 2024, 2025)))
    made = report(counts)
    assert made.trend.to_dict() == nps.trend(counts).to_dict()
    assert "[trend]: data:image/svg+xml" in made.to_markdown()


def test_shares_are_weighted_and_sizes_are_not():
    rows = pd.DataFrame({"r": [10, 9, 8, 3, 10, 2], "w": [1, 1, 4, 2, 3, 1], "year": [1, 1, 1, 1, 2, 2]})
    lines = [line for line in report(surveyed(rows, cluster=())).to_markdown().splitlines() if line.startswith("| 1 |")]
    assert lines[0].startswith("| 1 | 4 | 0 | 25.0 % | 50.0 % | 25.0 % | 0.0 |")


def test_a_report_tells_the_design():
    made = report(surveyed())
    described = nps.describe_weights(surveyed()).sentences()[0]
    for text in forms(made):
        assert "Intervals and tests follow the design of the sample: weights, 40 clusters." in text
        assert "Weighted: shares and scores count respondents by their weight, n and missing count each" in text
        assert described in text
        assert "Unweighted: each respondent counts the same, as in a simple random sample" not in text
        for effective in made.effects.effective_n:
            assert f" {write.integer(round(effective))} " in text
        # Its methods are cited too.
        assert "Kish" in text
        assert made.effects.method_text() in text
    assert "Weighted shares of the categories" in plainly(made.to_markdown())


def test_a_design_without_weights_is_told_too():
    (told,) = [text for text in report(surveyed(weight=None)).caveats if "design" in text]
    assert told == (
        "Unweighted: each respondent counts the same. Intervals and tests follow the design of the sample: 40 clusters."
    )


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "Groups have clusters in common, so they are not independent; the differences allow for it."),
        ({"cluster": ()}, "The groups are taken as samples of different people."),
        (
            {"cluster": "own"},
            "The groups have no clusters in common, and are taken as samples of different people.",
        ),
        ({"cluster": (), "respondent": "person"}, "Groups have clusters in common, so they are not independent; "),
    ],
)
def test_what_groups_have_in_common_is_told(more, told):
    rows = sample()
    rows["own"] = rows.year * 1000 + rows.school
    rows["person"] = rows.school * 100 + rows.pupil
    assert sum(text.startswith(told) for text in report(surveyed(rows, **more)).caveats) == 1


@pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")
def test_replicate_weights_know_what_groups_have_in_common():
    rows = sample(schools=12)
    names = [f"rep{i}" for i in range(12)]
    rows = rows.assign(**{name: rows.w * (rows.school != i) * 12 / 11 for i, name in enumerate(names)})
    replicates = nps.ReplicateWeights(names, kind="JK1")
    counts = nps.tabulate_survey(rows, "r", by="year", weight="w", replicate_weights=replicates)
    told = "What the groups have in common is known from the replicate weights, and is part of the differences."
    assert told in report(counts).caveats


def test_groups_that_count_like_few_are_told():
    # Schools agree so much that many pupils tell little.
    rows = sample(schools=9, pupils=30)
    with pytest.warns(nps.SmallSampleWarning, match="method 'wald'|fall short|hardly known"):
        made = report(surveyed(rows.assign(r=rows.school), strata="region"), method="wald")
    effects = made.effects
    assert effects.n.min() > 200
    named = ", ".join(
        f"{year} (n = {n}, like {write.number(like, 0)})"
        for (year,), n, like in zip(effects.labels, effects.n, effects.effective_n, strict=True)
    )
    assert any(text.startswith(f"Groups that count like fewer than 30 independent respondents: {named}.")
               for text in made.caveats)  # fmt: skip
    told = "Groups with fewer than 8 degrees of freedom, clusters minus strata: 2023 (7), 2024 (7), 2025 (7)."
    assert any(text.startswith(told) for text in made.caveats)
    assert not any("degrees of freedom" in text or "count like" in text for text in report(surveyed()).caveats)


def test_calibrated_weights_are_told():
    counts = surveyed(margins={"region": {"n": 0.6, "s": 0.4}})
    for text in forms(report(counts)):
        assert "weights, raking to region, 40 clusters" in text
        assert nps.describe_weights(counts).sentences()[0] in text


def test_groups_without_ratings_are_left_out_of_the_groups_and_not_of_the_sample():
    rows = sample()
    rows["r"] = rows.r.where(rows.year != 2024)
    made = report(surveyed(rows))
    assert made.counts.groups == (2023, 2025)
    assert "Left out, without any rating: 2024 (160 missing)." in made.caveats
    assert made.estimates.to_dict() == nps.estimate(surveyed(rows).answered()).to_dict()


def test_a_single_group_of_a_survey_has_scores_and_a_design():
    made = report(nps.tabulate_survey(sample(), "r", cluster="school"))
    assert made.differences is None
    assert not any("in common" in text for text in made.caveats)
    assert "The sample" in plainly(made.to_markdown())
    against = report(nps.tabulate_survey(sample(), "r", cluster="school"), reference=10.0)
    assert against.differences.reference == (10.0,)


def test_another_metric_of_a_survey():
    made = report(surveyed(), metric=nps.mean_rating(nps.Scale(0, 10)))
    assert made.title == "mean by year"
    assert made.counts.metric.name == made.effects.metric.name == "mean"
    np.testing.assert_allclose(made.effects.standard_error, made.estimates.standard_error, rtol=1e-12)


@pytest.mark.parametrize("method", ["tango", "newcombe", "mover", "exact", "bootstrap-t", "welch", "nosuch"])
def test_methods_that_need_simple_counts_say_what_applies(method):
    with pytest.raises(ValueError, match=r"`method` .*'score', 'likelihood', 't', 'wald'"):
        report(surveyed(), method=method)


@pytest.mark.parametrize("method", ["score", "likelihood", "t", "wald"])
def test_scores_and_differences_of_a_survey_have_one_method(method):
    made = report(surveyed(), method=method)
    assert made.estimates.method == made.differences.method == method


def test_the_same_sample_gives_the_same_bytes():
    assert report(surveyed()).to_html() == report(surveyed()).to_html()


@pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")
def test_nothing_in_a_survey_is_said_to_be_absent_for_not_being_detected():
    made = report(surveyed(sample(schools=12)), reference="previous")
    assert not made.differences.detected.any()
    for text in forms(made):
        told = text.split("Methods and references")[0]
        assert "do not settle" in told
        assert not re.search(
            r"no change|(?<!which does not show that there is )no difference (?!of|is)|unchanged", told
        )
