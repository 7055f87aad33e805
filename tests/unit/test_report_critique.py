"""The report where the single number misleads: it says so where that is shown, and is silent where it is not."""

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

import npsstats as nps
from npsstats import RatingCounts, report
from npsstats.reporting.doubts import _of_each

ALL_AT_ONCE = '<b onx="1">|`$a_b$*~[{#&amp;\\\n</pre></style>\''
HEADING = "Where the single number misleads"
# 30 % promoters and 10 % detractors, or 20 % and none: both +20.
SAME_SCORE = RatingCounts.from_categories(
    promoters=[300, 200], passives=[600, 800], detractors=[100, 0], groups=["A", "B"], by="store"
)
SHARES = np.array([2, 1, 1, 1, 2, 5, 6, 14, 25, 20, 23]) / 100


class Page(HTMLParser):
    """The text, the tags and the attributes of a page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.words, self.attributes, self.tags = [], [], set()
        self.feed(text)
        self.close()
        self.shown = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += [(name, value) for name, value in attributes]

    def handle_data(self, data):
        self.words.append(data)


def pictures(made):
    """The words in each picture of a page."""
    for name, value in Page(made.to_html()).attributes:
        if name == "src":
            tree = ElementTree.fromstring(base64.b64decode(value.split(",")[1]))
            yield " ".join("".join(node.itertext()) for node in tree.iter() if node.tag.endswith("}text"))


def both(made):
    """What a reader sees, in each form."""
    text = re.sub(r"\\(.)", r"\1", made.to_markdown().split("\n[scores]:")[0])
    return Page(made.to_html()).shown, " ".join(text.split())


def alike(groups, seed, n=500):
    """Samples of one distribution."""
    table = np.random.default_rng(seed).multinomial(n, SHARES, size=groups)
    return RatingCounts.from_histogram(table, groups=[f"g{i:02}" for i in range(groups)])


def years():
    return nps.datasets.load("sfo")["recommend"].pool("year")


def test_groups_of_the_same_score_and_other_distributions_are_told():
    made = report(SAME_SCORE)
    for text in both(made):
        assert HEADING in text
        assert "20.0 % against 40.0 % are not passive" in text
        # More without detractors by 100 of 1,000, fewer promoters by as many.
        assert (
            "B is shown better than A at passive or more (by 10.0 points), and shown worse at promoter (by 10.0 "
            "points): which of the two is ahead depends on how ratings are scored."
        ) in text
        # Both shares differ by 10 points: they tie where a detractor weighs as much as one promoter.
        assert "They tie where a detractor weighs as much as 1.00 promoters" in text
        assert "A is ahead at smaller weights, B at larger ones." in text
        for key in ("berger1982", "fieller1954", "blair2000"):
            assert f"{{{key}," in text
        assert "Other definitions of the score" not in text


def test_the_triangle_stands_beside_it():
    made = report(SAME_SCORE)
    triangle = list(pictures(made))[1]
    assert "lines: the same NPS; height: share of passives; areas: 95 % regions" in triangle
    assert "[triangle]: data:image/svg+xml;base64," in made.to_markdown()
    assert all(value for name, value in Page(made.to_html()).attributes if name == "alt")
    # Regions of many groups would cover each other.
    table = np.tile(SAME_SCORE.counts, (5, 1))
    many = report(replace(SAME_SCORE, counts=table, missing=[0] * 10, labels=tuple((f"s{i}",) for i in range(10))))
    assert "regions" not in list(pictures(many))[1]


def test_a_change_that_other_definitions_confirm_is_told_in_one_sentence():
    made = report(years(), reference=2017)
    found = nps.dominance(years(), reference=2017)
    assert (found.verdict, found.worse[0], found.informative[0]) == (("behind",), 7, 10)
    assert nps.score_flips(years(), reference=2017).verdict == ("holds",)
    for text in both(made):
        assert HEADING not in text
        assert (
            "Other definitions of the score: 2018 is shown worse than 2017 at 7 of 10 cut points of the scale, and "
            "better at none; and it is shown worse whatever a detractor weighs."
        ) in text
        assert made.doubts.dominance.method_text() in text
        assert made.doubts.flips.method_text() in text
        # Nothing is told of it.
        assert made.doubts.polarisation.method_text() not in text


def test_what_other_definitions_show_and_the_score_does_not_is_told():
    # Detractors who gave 6 now give 0 or 1: the score does not see it, and six cut points do.
    table = np.array([[0, 0, 0, 0, 0, 0, 100, 400, 0, 0, 500], [60, 40, 0, 0, 0, 0, 0, 400, 0, 0, 500]])
    counts = RatingCounts.from_histogram(table, groups=["A", "B"])
    for text in both(report(counts)):
        assert HEADING in text
        assert "A difference of NPS between B and A is not detected, but B is shown worse at 6 of 10 cut points" in text
        assert "the most at 2 or more (by 10.0 points), and better at none." in text


def test_dominance_is_told_of_all_cut_points_and_without_the_others_of_no_share_of_them():
    # By themselves the p-values are 3 to 4 %, and among both these are too large to be shown.
    table = [[120, 60, 120], [95, 60, 145]]
    counts = RatingCounts.from_histogram(table, metric=nps.NPS_CATEGORIES, groups=["A", "B"])
    made = report(counts)
    assert (made.doubts.dominance.verdict, made.doubts.dominance.better[0]) == (("dominates",), 0)
    assert made.differences.detected[0]
    for text in both(made):
        assert "B is shown better than A at all 2 cut points of the scale, each by itself, and worse at none" in text
    one = RatingCounts.from_histogram([[0, 60, 40], [0, 30, 70]], metric=nps.NPS_CATEGORIES, groups=["A", "B"])
    for text in both(report(one)):
        assert "B is shown better than A at the only cut point with answers on both sides, and worse at none" in text


def test_of_several_differences_those_that_are_confirmed_are_counted():
    table = np.array([500, 500, 500])[:, None] * SHARES
    table[1] = table[1][[0, 1, 2, 3, 4, 5, 8, 7, 6, 9, 10]]
    table[2] = table[0] + [0, 0, 0, 0, 0, 0, 0, 0, -125, 0, 125]
    counts = RatingCounts.from_histogram(table.astype(int), groups=["A", "B", "C"])
    made = report(counts, reference="A")
    assert made.differences.detected.tolist() == [True, True]
    for text in both(made):
        assert "Other definitions of the score: 2 of 2 detected differences are shown at a cut point" in text


def test_nothing_is_told_where_nothing_is_shown():
    made = report(alike(2, seed=4))
    assert made.doubts.misleading() == []
    assert made.doubts.confirming() == ""
    for text in both(made):
        assert HEADING not in text
        assert "Other definitions" not in text
        assert "{berger1982," not in text
    assert len(list(pictures(made))) == 2


def test_many_comparisons_are_told_at_a_level_that_holds_for_all_together():
    counts = alike(20, seed=7)
    # Each by itself, some of twenty comparisons of one and the same distribution seem to be decided.
    alone = nps.dominance(counts, reference="rest")
    assert set(alone.verdict) != {"undecided"}
    made = report(counts, reference="rest")
    assert made.doubts.dominance.confidence_level == pytest.approx(1 - 0.05 / 20)
    assert set(made.doubts.dominance.verdict) == {"undecided"}
    assert HEADING not in made.to_html()
    assert report(counts, reference="rest", adjustment="none").doubts.dominance.confidence_level == 0.95


@pytest.mark.parametrize(
    ("level", "many", "each"),
    [(0.95, 1, 0.95), (0.95, 7, 0.9929), (0.95, 40, 0.9988), (0.9, 10, 0.99), (0.999, 2, 0.9995)],
)
def test_levels_of_each_are_rounded_to_the_safe_side(level, many, each):
    found = _of_each(level, many)
    assert found == pytest.approx(each, abs=1e-12)
    assert 1 - found <= (1 - level) / many + 1e-12


def test_the_level_of_several_is_told():
    counts = SAME_SCORE + replace(SAME_SCORE.select("A"), labels=(("C",),))
    for text in both(report(counts)):
        assert "Cut points and weights at 97.5 % in each comparison, so that all 2 hold together at 95 %." in text
        assert "Each comparison by itself" not in text
    for text in both(report(counts, adjustment="none")):
        assert "Each comparison by itself at 95 %." in text


def test_of_many_findings_a_few_are_told_and_the_others_counted():
    table = np.tile(SAME_SCORE.counts, (5, 1))
    counts = replace(SAME_SCORE, counts=table, missing=[0] * 10, labels=tuple((f"s{i}",) for i in range(10)))
    made = report(counts)
    *told, rest = made.doubts.misleading()
    assert len(told) == 6
    left = int(re.search(r"There are (\d+) more findings of this kind, not told here\.", rest)[1])
    # Nine neighbours whose order turns, and as many sentences of `polarisation` as there are.
    hidden = len(made.doubts.polarisation.sentences()) - len(counts)
    assert left == 9 - 3 + hidden - 3


def test_a_single_group_or_a_benchmark_has_no_other_definitions():
    assert report(years().pool()).doubts is None
    assert report(years(), reference=10).doubts is None
    # The total contains the group.
    assert report(years(), reference="total").doubts is None


def test_an_effort_score_that_does_not_say_what_is_good_has_none():
    counts = RatingCounts.from_histogram(np.arange(10, 20).reshape(2, 5), metric=nps.CES, groups=["A", "B"])
    assert report(counts).doubts is None


def test_scores_without_detractors_have_cut_points_only():
    crossing = np.array([[100, 0, 100, 0, 300], [0, 0, 300, 0, 200]])
    made = report(RatingCounts.from_histogram(crossing, metric=nps.CSAT, groups=["A", "B"]))
    assert made.doubts.flips is made.doubts.polarisation is None
    for text in both(made):
        assert "B is shown better than A at 2 or more" in text
    assert "[triangle]" not in made.to_markdown()


def test_another_scale_has_its_own_depth():
    table = np.random.default_rng(2).multinomial(400, np.full(10, 0.1), size=2)
    made = report(RatingCounts.from_histogram(table, metric=nps.NPS_1_TO_10, groups=["A", "B"]))
    assert made.doubts.polarisation.deep_to == 3
    assert report(years()).doubts.polarisation.deep_to == nps.polarisation(years()).deep_to


def test_the_sample_is_respected():
    rows = nps.datasets.responses("sfo")
    sample = nps.tabulate_survey(rows, "recommend", by="year", weight="weight", cluster="run")
    made = report(sample)
    # By the design the fall of the score is not detected, and three cut points show one.
    assert not made.differences.detected[0]
    found = nps.dominance(sample, reference="previous")
    assert (found.verdict, found.worse[0]) == (("behind",), 3)
    for text in both(made):
        assert (
            "but 2018 is shown worse at 3 of 10 cut points of the scale, the most at 8 or more (by 5.0 points)" in text
        )


def test_many_differences_of_a_survey_are_not_asked():
    rows = pd.DataFrame({"r": np.tile(np.arange(11), 140), "g": np.repeat(np.arange(14), 110), "w": 1.0})
    rows.loc[::3, "w"] = 2.0
    assert report(nps.tabulate_survey(rows, "r", by="g", weight="w")).doubts is None


def test_text_of_the_user_is_only_text():
    counts = replace(SAME_SCORE, labels=(("A",), (ALL_AT_ONCE,)))
    made = report(counts)
    page, markdown = Page(made.to_html()), made.to_markdown()
    harmless = Page(report(SAME_SCORE).to_html())
    assert page.tags == harmless.tags
    assert {name for name, _ in page.attributes} == {name for name, _ in harmless.attributes}
    wanted = " ".join(ALL_AT_ONCE.split())
    assert f"{wanted} is shown better than A" in page.shown
    body = markdown.partition("\n```bibtex\n")[0]
    assert not re.search(r"(?<!\\)(?:\\\\)*[<>`$*_&~{}]", re.sub("^> ", "", body, flags=re.MULTILINE))


def test_nothing_is_said_to_be_absent_for_not_being_detected():
    for counts in (SAME_SCORE, years(), alike(5, seed=1)):
        for text in both(report(counts)):
            assert not re.search(r"no difference (?!of|is)|no change|significant", text)


def test_ratings_of_several_metrics_are_reported_one_by_one():
    rows = nps.datasets.responses("sfo")
    joint = nps.tabulate_joint(rows, {"recommend": nps.NPS, "satisfied": nps.CSAT}, by="year")
    with pytest.raises(TypeError, match=r"these are of NPS, CSAT. Report one of them, `counts.margin\('NPS'\)`"):
        report(joint)
    # The way out is one.
    assert "NPS by year" in report(joint.margin("NPS")).title
