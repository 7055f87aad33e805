"""Several metrics of the same respondents side by side."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import npsstats as nps

mpl.use("agg")
EASE = nps.effort_score(nps.Scale(1, 5), favourable="high", name="ease")
QUESTIONS = {"recommend": nps.NPS, "satisfied": nps.CSAT, "find_way": EASE}


@pytest.fixture(scope="module")
def rows():
    return nps.datasets.responses("sfo")


@pytest.fixture(scope="module")
def profile(rows):
    return nps.profile(nps.tabulate_joint(rows, QUESTIONS, by="year"))


def test_each_metric_has_the_answers_of_estimate(rows, profile):
    for i, (column, metric) in enumerate(QUESTIONS.items()):
        alone = nps.estimate(nps.tabulate(rows, rating=column, by="year", metric=metric))
        for name in ("n", "missing", "score", "standard_error", "low", "high"):
            assert getattr(profile, name)[i::3].tolist() == getattr(alone, name).tolist()
        assert profile.metric[i::3] == (metric.name,) * 2
    assert profile.labels == ((2017,),) * 3 + ((2018,),) * 3


def test_the_standard_deviation_is_that_of_the_rows(rows, profile):
    values = {
        "NPS": rows["recommend"].map(dict(enumerate(nps.NPS.values))),
        "CSAT": 100.0 * (rows["satisfied"] >= 4).mask(rows["satisfied"].isna()),
        "ease": rows["find_way"],
    }
    frame = profile.to_frame().set_index("year")
    for name, column in values.items():
        expected = column.astype(float).groupby(rows["year"]).std(ddof=0)
        ours = frame.loc[frame["metric"] == name, "standard_deviation"]
        np.testing.assert_allclose(ours, expected, rtol=1e-12)


def test_positions_run_from_the_worst_to_the_best_score(profile):
    np.testing.assert_allclose(profile.position[0::3], (profile.score[0::3] + 100) / 200)
    np.testing.assert_allclose(profile.position[1::3], profile.score[1::3] / 100)
    np.testing.assert_allclose(profile.position[2::3], (profile.score[2::3] - 1) / 4)
    assert (profile.position_low < profile.position).all()
    assert (profile.position < profile.position_high).all()


def test_a_scale_turned_round_has_the_same_positions(rows):
    turned = rows.assign(effort=6 - rows["find_way"])
    effort = nps.effort_score(nps.Scale(1, 5), favourable="low")
    both = nps.profile(nps.tabulate_joint(turned, {"find_way": EASE, "effort": effort}))
    for name in ("position", "position_low", "position_high"):
        first, second = getattr(both, name)
        assert second == pytest.approx(first, abs=1e-9)


def test_a_survey_has_the_answers_of_its_design(rows):
    design = {"weight": "weight", "cluster": "run"}
    profile = nps.profile(nps.tabulate_joint(rows, QUESTIONS, by="year", **design))
    alone = nps.estimate(nps.tabulate_survey(rows, "satisfied", by="year", metric=nps.CSAT, **design))
    assert profile.low[1::3].tolist() == alone.low.tolist()
    assert "418 clusters" in str(profile)
    assert "418 clusters" in profile.cite()


def test_pairs_of_two_metrics_are_the_same_people():
    happy = nps.top_box(nps.Scale(0, 1), boxes=1, name="happy")
    pairs = nps.PairedCounts.from_table([[80, 20], [100, 200], [50, 550]], metric_second=happy)
    profile = nps.profile(pairs)
    assert profile.score == pytest.approx([50, 77])
    assert profile.sentences() == [
        "NPS 50.0 (45.7 to 54.1, n = 1,000), 75 % of the way from its worst to its best score; happy 77.0 (74.3 to "
        "79.5, n = 1,000), 77 % of the way from its worst to its best score."
    ]


def test_counts_of_one_metric_do_not_say_who_gave_both():
    counts = nps.RatingCounts.from_categories(promoters=1, passives=2, detractors=3)
    with pytest.raises(TypeError, match="who gave which ratings"):
        nps.profile(counts)


def test_metrics_of_different_people_are_no_profile():
    rows = pd.DataFrame(
        {"recommend": [10, 9, None, None], "satisfied": [None, None, 5, 4], "shop": ["a", "b", "a", "b"]}
    )
    joint = nps.tabulate_joint(rows, {"recommend": nps.NPS, "satisfied": nps.CSAT}, by="shop")
    for ask in (nps.profile, nps.unit_ranks, nps.rank_agreement, nps.discordant_units):
        with pytest.raises(ValueError, match="nobody rated both NPS and CSAT"):
            ask(joint)


def test_effort_without_a_direction_is_refused(rows):
    joint = nps.tabulate_joint(rows, {"recommend": nps.NPS, "find_way": nps.CES})
    with pytest.raises(ValueError, match="must say which end of its scale is favourable"):
        nps.profile(joint)


def test_the_picture_has_a_row_for_each_group_and_metric(profile):
    axes = nps.plots.profile(profile)
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == [f"{year}: {name}" for year in (2017, 2018) for name in ("NPS", "CSAT", "ease")]
    with pytest.raises(TypeError, match="Profile"):
        nps.plots.profile([1, 2])


def test_all_forms_hold_the_same_numbers(profile):
    frame = profile.to_frame()
    assert frame["score"].tolist() == profile.to_dict()["score"] == [r["score"] for r in profile.to_records()]
    assert profile.to_dict()["metrics"] == ["NPS", "CSAT", "ease"]
    assert "of the best" in profile.to_markdown()


def test_a_group_without_ratings_of_a_metric_is_named_with_the_way_out():
    rows = pd.DataFrame({"r": [9, 3, 8, 1], "s": [5, 4, None, None], "g": ["a", "a", "b", "b"]})
    joint = nps.tabulate_joint(rows, {"r": nps.NPS, "s": nps.CSAT}, by="g")
    with pytest.raises(nps.UndefinedScoreError, match=r"of CSAT 1 of 2 groups have none \(first: b\)"):
        nps.profile(joint)
    assert nps.profile(joint.answered()).labels == (("a",), ("a",))
