"""The report: complete, readable anywhere, and the same each time."""

import base64
import re
from dataclasses import FrozenInstanceError, replace
from functools import cache
from html.parser import HTMLParser
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest

import npsstats as nps
from npsstats import RatingCounts, Scale, report
from npsstats.results import format as write

VOID = {"meta", "img", "br", "hr", "link", "input", "source", "wbr"}
METRICS = [
    nps.NPS, nps.ENPS, nps.NPS_1_TO_10, nps.NPS_CATEGORIES, nps.CSAT, nps.CSAT_MEAN, nps.CES, nps.CES_2,
    nps.CES_2_TOP_BOX, nps.NKI,
]  # fmt: skip


def categories(groups=("A", "B", "C"), **more):
    size = len(groups)
    given = {"promoters": [400 + 50 * i for i in range(size)], "passives": 350, "detractors": 200, "missing": 30} | more
    return RatingCounts.from_categories(groups=list(groups), **given)


class Page(HTMLParser):
    """A page taken apart: it fails where tags do not match."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.attributes, self.text, self.tables, self.pre = [], [], {}, [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert len(set(names)) == len(names)
        self.attributes += [(tag, name, value) for name, value in attributes]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open:
            self.text[self.open[-1]] = self.text.get(self.open[-1], "") + data
            if self.open[-1] in ("td", "th"):
                self.tables[-1][-1][-1] += data

    def handle_comment(self, data):
        raise AssertionError(data)

    @property
    def shown(self):
        return " ".join(" ".join(text for tag, text in self.text.items() if tag != "style").split())

    def values(self, name):
        return [value for _, attribute, value in self.attributes if attribute == name]


def pictures(page):
    """The SVG pictures of a page."""
    for source in page.values("src"):
        head, data = source.split(",", 1)
        assert head == "data:image/svg+xml;base64"
        yield base64.b64decode(data, validate=True).decode()


def words_of(picture):
    return " ".join(
        "".join(node.itertext()) for node in ElementTree.fromstring(picture).iter() if node.tag.endswith("}text")
    )


def unescaped(text):
    return re.sub(r"\\(.)", r"\1", text)


def plain(markdown):
    """Markdown without escapes and pictures, on one line."""
    return " ".join(unescaped(markdown.split("\n[scores]:")[0]).split())


def both(made):
    """What a reader sees, in each form."""
    return Page(made.to_html()).shown, plain(made.to_markdown())


@cache
def usual():
    """A report of three groups, its page and its Markdown."""
    made = report(categories())
    return made, made.to_html(), made.to_markdown()


# -------------------------------------------------------------------------------------------------- contents


def test_a_report_holds_estimates_and_differences():
    counts = categories()
    made = report(counts, reference="A", method="mover", confidence_level=0.9)
    assert made.title == "NPS by group"
    assert made.counts == counts
    assert made.estimates.to_dict() == nps.estimate(counts, confidence_level=0.9).to_dict()
    expected = nps.compare(counts, reference="A", method="mover", confidence_level=0.9)
    assert made.differences.to_dict() == expected.to_dict()
    # The summary of both differences comes first.
    assert made.sentences() == expected.reading().splitlines()
    assert made.sentences()[1:] == expected.sentences()
    with pytest.raises(FrozenInstanceError):
        made.title = "x"
    with pytest.raises(TypeError, match="positional"):
        report(counts, "A")


def test_groups_are_compared_with_the_one_before_unless_told():
    assert report(categories()).differences.reference == ("A", "B")
    assert report(categories(), reference="rest").differences.reference == ("rest",) * 3


@pytest.mark.parametrize("method", ["score", "wald", "adjusted-wald"])
def test_scores_have_the_method_of_the_differences(method):
    made = report(categories(), method=method)
    assert made.estimates.method == made.differences.method == method


def test_both_forms_tell_everything():
    counts = replace(categories(), notes=("counts of a made-up survey",))
    made = report(counts, title="Our survey", reference="A")
    for text in both(made):
        assert "Our survey" in text
        assert "NPS: % promoters minus % detractors." in text
        for sentence in made.sentences():
            assert sentence in text
        for caveat in made.caveats:
            assert caveat in text
        assert f"Computed with npsstats {nps.__version__}." in text
        for heading in ("Scores", "Differences", "Distribution", "To keep in mind", "Methods and references"):
            assert heading in text
        assert made.estimates.method_text() in text
        assert made.differences.method_text() in text
        for key in {*made.estimates.reference_keys(), *made.differences.reference_keys()}:
            assert f"{{{key}," in text
        assert "Miettinen, Olli; Nurminen, Markku (1985)" in text
        assert "@software{npsstats" in text


def test_the_table_of_scores_has_sizes_shares_scores_and_intervals():
    made, text, _ = usual()
    scores, differences = Page(text).tables
    assert scores[0] == [
        "group", "n", "missing", "detractor", "passive", "promoter", "NPS", "standard error", "low", "high",
    ]  # fmt: skip
    # 200, 350 and 400 of 950.
    assert scores[1][:7] == ["A", "950", "30", "21.1 %", "36.8 %", "42.1 %", "21.1"]
    estimates = made.estimates
    for i, row in enumerate(scores[1:]):
        assert row[6:] == [
            write.number(estimates.score[i], 1),
            write.number(estimates.standard_error[i], 2),
            write.number(estimates.low[i], 1),
            write.number(estimates.high[i], 1),
        ]
    # On a page there is room for the adjusted p-values and the detectable differences, but not for all columns.
    table = made.differences.table()
    shown = [i for i, header in enumerate(table.headers) if header not in ("standard error", "z")]
    assert differences[0] == [
        "group", "reference", "n", "n reference", "difference", "low", "high", "p", "adjusted p", "detectable",
    ]  # fmt: skip
    assert differences == [[row[i] for i in shown] for row in (table.headers, *table.rows)]


def test_the_tables_of_markdown_are_those_of_html():
    made = report(categories(["a|b", "c"]), reference="rest")
    found = [
        [unescaped(cell).strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in made.to_markdown().split("\n")
        if line.startswith("|") and "---" not in line
    ]
    assert found == [row for table in Page(made.to_html()).tables for row in table]


def test_a_page_has_its_title_language_and_encoding():
    text = report(categories(), title="Our survey").to_html()
    page = Page(text)
    assert text.startswith("<!doctype html>")
    assert page.text["title"] == page.text["h1"] == "Our survey"
    assert ("html", "lang", "en") in page.attributes
    assert ("meta", "charset", "utf-8") in page.attributes
    assert all(page.values("alt"))
    assert len(page.values("alt")) == 2


def test_the_title_names_metric_and_groups():
    assert report(categories(by="shop").with_group("year", 1), reference=0).title == "NPS by shop, year"
    assert report(categories().pool()).title == "NPS"
    assert report(categories(), title="mine").title == "mine"


# ------------------------------------------------------------------------------------------------ needs nothing


def test_a_page_loads_nothing_from_anywhere():
    page = Page(usual()[1])
    for name in ("src", "href", "srcset", "data", "poster", "action", "background"):
        assert all(value.startswith("data:") for value in page.values(name)), name
    assert "script" not in page.text
    assert "link" not in {tag for tag, *_ in page.attributes}
    assert not re.search(r"url\(|@import|expression\(", page.text["style"])
    assert not any(name.startswith("on") for _, name, _ in page.attributes)


def test_pictures_load_nothing_from_anywhere():
    for picture in pictures(Page(usual()[1])):
        tree = ElementTree.fromstring(picture)
        for node in tree.iter():
            for name, value in node.attrib.items():
                if name.endswith("href"):
                    assert value.startswith("#")
                assert not name.startswith("on")
                assert "url(http" not in value
            assert not node.tag.endswith(("}script", "}image", "}foreignObject"))


def test_markdown_holds_its_pictures():
    _, page, text = usual()
    assert re.findall(r"^\[(\w+)\]: (data:image/svg\+xml;base64,)", text, flags=re.MULTILINE) == [
        ("scores", "data:image/svg+xml;base64,"),
        ("distribution", "data:image/svg+xml;base64,"),
    ]
    assert re.findall(r"^!\[.*\]\[(\w+)\]$", text, flags=re.MULTILINE) == ["scores", "distribution"]
    assert [line.split(",")[1] for line in text.split("\n") if re.match(r"\[\w+\]: data:", line)] == [
        source.split(",")[1] for source in Page(page).values("src")
    ]


def test_pictures_show_the_groups_as_text():
    made = report(categories(["Zürich", "日本語", "$a_b$"]), reference="rest")
    scores, distribution = map(words_of, pictures(Page(made.to_html())))
    for picture in (scores, distribution):
        for label in ("Zürich", "日本語", "$a_b$"):
            assert label in picture
    assert "promoter" in distribution
    assert write.interval(made.estimates.low[0], made.estimates.high[0], 1) in scores


def test_the_same_data_give_the_same_bytes():
    _, page, markdown = usual()
    again = report(categories())
    assert again.to_html() == page
    assert again.to_markdown() == markdown
    assert not re.search(r"20\d\d-\d\d-\d\d", "".join(pictures(Page(page))))


def test_a_report_leaves_no_trace():
    from matplotlib import pyplot

    before = dict(matplotlib.rcParams)
    report(categories()).to_html()
    assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []


def test_settings_of_the_user_do_not_break_a_report():
    with matplotlib.rc_context({"svg.fonttype": "path", "font.family": "monospace", "svg.hashsalt": "other"}):
        _, distribution = pictures(Page(report(categories()).to_html()))
        assert "promoter" in words_of(distribution)


# ------------------------------------------------------------------------------------------------ hostile text

HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"quoted" it\'s', "a|b", "two\nlines\r\nthree",
    "`code`", "```\nfence", "*bold* _it_", "[link](http://x)", "![img](http://x)", "$a_b$", "&amp; &lt;", "# head",
    "{{ 7 * 7 }} {% raw %}", "</style></title></pre></table>", "日本語", "a\tb", "\\", "~~x~~", "<!-- x -->", "]]>",
]  # fmt: skip


# Everything at once, short enough to be drawn.
ALL_AT_ONCE = '<b onx="1">|`$a_b$*~[{#&amp;\\\n</pre></style>\''


@pytest.mark.parametrize("place", ["labels", "column", "title", "note", "metric", "category"])
def test_text_of_the_user_is_only_text(place):
    counts = categories(HOSTILE if place == "labels" else ["A", "B"], by=ALL_AT_ONCE if place == "column" else "group")
    if place == "note":
        counts = replace(counts, notes=(ALL_AT_ONCE,))
    if place == "metric":
        counts = replace(counts, metric=replace(counts.metric, name=ALL_AT_ONCE, description=ALL_AT_ONCE))
    if place == "category":
        counts = replace(counts, metric=replace(counts.metric, categories=(ALL_AT_ONCE, "passive", "promoter")))
    made = report(counts, reference="rest", title=ALL_AT_ONCE if place == "title" else None)
    page, markdown = Page(made.to_html()), made.to_markdown()
    for text in HOSTILE if place == "labels" else [ALL_AT_ONCE]:
        wanted = " ".join(text.split())
        assert wanted in page.shown
        assert wanted in plain(markdown)
    # The same tags and attributes as a report without such text.
    harmless = Page(usual()[1])
    assert {entry[:2] for entry in page.attributes} == {entry[:2] for entry in harmless.attributes}
    assert set(page.text) == set(harmless.text)
    assert all(value.startswith("data:") for value in page.values("src"))
    # In Markdown: no sign of markup but those of the template.
    body, _, rest = markdown.partition("\n```bibtex\n")
    assert rest.count("```") == 1
    assert not re.search(r"(?<!\\)(?:\\\\)*[<>`$*_&~{}]", re.sub("^> ", "", body, flags=re.MULTILINE))
    headings = ["Scores", "Differences", "Distribution", "To keep in mind", "Methods and references"]
    assert re.findall("^#+ .*", body, flags=re.MULTILINE)[1:] == [f"## {heading}" for heading in headings]
    assert len(re.findall(r"^\|", body, flags=re.MULTILINE)) == 4 + 2 * len(counts)
    for picture in pictures(page):
        assert ElementTree.fromstring(picture).tag.endswith("}svg")


@pytest.mark.parametrize("length", [60, 120, 250])
def test_long_labels_do_not_break_the_pictures(length):
    label = ("An option of a survey, spelled out in full, with all its conditions; " * 4)[:length].strip()
    made = report(categories([label, "b"]))
    assert label in Page(made.to_html()).shown


# ---------------------------------------------------------------------------------------- all together, over time


def years(*labels, by="year", promoters=None):
    size = len(labels)
    made = {} if promoters is None else {"promoters": promoters}
    return categories(labels, by=by, **({"promoters": [400 + 20 * i for i in range(size)]} | made))


def test_three_groups_are_tested_together():
    made = report(categories())
    assert made.homogeneity.to_dict() == nps.homogeneity(categories()).to_dict()
    for text in both(made):
        assert made.homogeneity.sentences()[0] in text
        assert made.homogeneity.method_text() in text
        for key in made.homogeneity.reference_keys():
            assert f"{{{key}," in text
    two = report(categories(["A", "B"]))
    assert two.homogeneity is None
    assert "Pearson" not in two.to_html()


def test_groups_of_the_same_score_and_other_distributions_are_told():
    # The classic case: a score of 20 in each group, from 30/60/10 and from 20/80/0.
    counts = categories(
        ["A", "B", "C"], promoters=[300, 200, 300], passives=[600, 800, 600], detractors=[100, 0, 100], missing=0
    )
    for text in both(report(counts)):
        assert "None of 2 differences" in text
        assert "the single number hides it" in text


def test_four_periods_have_a_line():
    counts = years(2021, 2022, 2023, 2024)
    made = report(counts, confidence_level=0.9)
    assert made.trend.to_dict() == nps.trend(counts, confidence_level=0.9).to_dict()
    for text in both(made):
        assert "Over time" in text
        assert made.trend.sentences()[0] in text
        assert made.trend.method_text() in text
        assert "{mccullagh1989," in text
    # The line stands in for the picture of the scores, which it shows too.
    page = Page(made.to_html())
    line, distribution = map(words_of, pictures(page))
    assert "line: straight trend" in line
    assert "2021" in line
    assert "promoter" in distribution
    assert re.findall(r"^\[(\w+)\]: data", made.to_markdown(), flags=re.MULTILINE) == ["distribution", "trend"]
    assert re.findall(r"^!\[.*\]\[(\w+)\]$", made.to_markdown(), flags=re.MULTILINE) == ["trend", "distribution"]


@pytest.mark.parametrize(
    "labels",
    [(2022, 2023, 2024), ("a", "b", "c", "d"), (2024, 2023, 2022, 2021), ("2024", "2024-02", "2024-03", "2024-04")],
    ids=["three", "no periods", "backwards", "mixed"],
)
def test_what_is_no_series_of_four_periods_has_no_line(labels):
    made = report(years(*labels), reference="rest")
    assert made.trend is None
    assert "Over time" not in made.to_html() + made.to_markdown()
    assert len(Page(made.to_html()).values("src")) == 2


def test_lines_of_several_series_are_told_in_part():
    parts = [
        replace(
            years(2021, 2022, 2023, 2024), by=("store", "year"), labels=tuple((store, y) for y in range(2021, 2025))
        )
        for store in "ABCDE"
    ]
    made = report(sum(parts[1:], parts[0]))
    assert len(made.trend.sentences()) == len(made.homogeneity.sentences()) == 5
    for text in both(made):
        for result in (made.trend, made.homogeneity):
            assert all(sentence in text for sentence in result.sentences()[:3])
            assert not any(sentence in text for sentence in result.sentences()[3:])
        # In Markdown once more, for who does not see the picture.
        assert text.count("There are 2 more series, not told here.") >= 2
    assert "line: straight trend" in words_of(next(pictures(Page(made.to_html()))))


def test_a_series_that_is_too_short_is_left_out_of_the_lines_only():
    long = replace(
        years(2021, 2022, 2023, 2024), by=("store", "year"), labels=tuple(("A", y) for y in range(2021, 2025))
    )
    short = replace(years(2023, 2024), by=("store", "year"), labels=(("B", 2023), ("B", 2024)))
    made = report(long + short)
    assert made.trend.series == (("A",),)
    assert [label for label in made.homogeneity.labels if label == ("B",)] == []
    # All scores have a picture.
    assert len(Page(made.to_html()).values("src")) == 3


def test_nothing_is_said_to_be_absent_for_not_being_detected():
    for counts in (categories(promoters=[400] * 3), years(2021, 2022, 2023, 2024, promoters=[400, 405, 395, 400])):
        for text in both(report(counts)):
            assert not re.search(r"no change|(?<!which does not show that there is )no difference (?!of|is)", text)
            assert "These data do not settle whether" in text


def test_a_report_says_how_p_values_are_adjusted():
    made = report(categories(), adjustment="benjamini-hochberg")
    assert made.differences.adjustment == "benjamini-hochberg"
    for text in both(made):
        assert "p-values adjusted by Benjamini and Hochberg's method" in text
    with pytest.raises(ValueError, match="`adjustment` must be one of 'none', 'holm'"):
        report(categories(), adjustment="bonferroni")


# ---------------------------------------------------------------------------------------------------- caveats


def caveats(counts, **more):
    return "\n".join(report(counts, **more).caveats)


def test_respondents_without_a_rating_are_told():
    counts = RatingCounts.from_categories(
        promoters=[400, 1000], passives=350, detractors=250, groups=["A", "B"], missing=[100, 300]
    )
    assert "400 of 3,000 respondents (13.3 %) gave no rating. The scores describe those who did." in caveats(counts)
    assert "gave no rating" not in caveats(replace(counts, missing=[0, 0]))


def test_small_groups_are_told():
    counts = RatingCounts.from_categories(
        promoters=[10, 10, 10], passives=[9, 10, 0], detractors=10, groups=list("ABC")
    )
    assert "Groups of fewer than 30 respondents: A (n = 29), C (n = 20)." in caveats(counts)
    assert "Groups of fewer than 30" not in caveats(categories())
    assert "Groups of fewer than 30 respondents: all (n = 29)." in caveats(counts.select("A").pool())


def test_groups_without_ratings_are_left_out_and_told_with_their_missing_answers():
    counts = categories(["A", "B", "C"], promoters=[40, 0, 50], passives=[35, 0, 35], detractors=[20, 0, 20])
    counts = replace(counts, missing=[1, 7, 2])
    made = report(counts)
    assert made.counts.groups == ("A", "C")
    assert made.differences.reference == ("A",)
    told = "\n".join(made.caveats)
    assert re.search(r"Left out, without any rating: B \(7 missing\)\.", told)
    # Nobody disappears: 10 of 210 gave no rating, 3 of them in the groups that are shown.
    assert "10 of 210 respondents" in told or "3 of 203 respondents" in told


def test_notes_on_the_counts_come_first():
    counts = replace(categories(), notes=("first note", "second note"))
    assert report(counts).caveats[:2] == ("first note", "second note")
    rounded = RatingCounts.from_percentages(promoters=[52, 50], detractors=[12, 15], n=2000, groups=["A", "B"])
    assert "counts rebuilt from percentages rounded to 0 decimals" in caveats(rounded)


def test_several_differences_are_told():
    each = "Each of the 2 differences has its own 95 % interval;"
    assert f"{each} the adjusted p-values allow for looking at several, the intervals do not." in caveats(categories())
    assert f"{each} the p-values are not adjusted" in caveats(categories(), adjustment="none")
    together = caveats(categories(), adjustment="max-z")
    assert "The intervals and the adjusted p-values of the 2 differences hold for all of them together." in together
    assert "Each of the 3 differences has its own 90 % interval" in caveats(
        categories(), reference="rest", confidence_level=0.9
    )
    assert "adjusted" not in caveats(categories(["A", "B"]))


def test_assumptions_are_told_where_they_are_made():
    assert "Unweighted: each respondent counts the same" in caveats(categories())
    assert "samples of different people" in caveats(categories())
    assert "samples of different people" not in caveats(categories(), reference=10)
    assert "samples of different people" not in caveats(categories().pool())


# -------------------------------------------------------------------------------------------- one group, many


def test_a_single_group_has_scores_only():
    made = report(categories(["A"]))
    assert made.differences is None
    assert made.sentences() == made.estimates.sentences()
    page = Page(made.to_html())
    assert len(page.tables) == 1
    assert "Differences" not in page.shown
    assert "## Differences" not in made.to_markdown()
    assert made.sentences()[0] in plain(made.to_markdown())


@pytest.mark.parametrize("number", [10, 10.0, np.float64(10), np.int64(10), np.float32(10)], ids=repr)
def test_a_single_group_can_have_a_benchmark(number):
    made = report(categories().pool(), reference=number)
    assert made.differences is not None
    assert made.differences.reference == (10.0,)
    for text in both(made):
        assert "points above the benchmark" in text


@pytest.mark.parametrize(
    "counts", [categories(), categories(["A"]), categories().pool()], ids=["many", "one", "no groups"]
)
@pytest.mark.parametrize("method", ["Score", "scor", "", "bayesian"])
def test_an_unknown_method_is_refused_whatever_the_counts(counts, method):
    with pytest.raises(ValueError, match=f"`method` must be one of .*; got '{method}'"):
        report(counts, method=method)


def test_many_groups_have_tables_and_no_pictures():
    made = report(categories([f"g{i:03}" for i in range(61)]))
    page = Page(made.to_html())
    assert page.values("src") == []
    assert "[scores]" not in made.to_markdown()
    assert len(page.tables[0]) == 62
    assert len(page.tables[1]) == 61
    most = report(categories([f"g{i:03}" for i in range(60)]))
    assert len(Page(most.to_html()).values("src")) == 2


def test_of_many_sentences_a_few_are_shown_and_the_others_counted():
    made = report(categories([f"g{i:03}" for i in range(40)]))
    summary, *sentences = made.sentences()
    assert len(sentences) == 39
    for text in both(made):
        assert summary in text
        shown = sum(sentence in text for sentence in sentences)
        assert 1 <= shown < 39
        assert f"The other {39 - shown} are in the table." in text


def test_the_findings_that_the_data_settle_are_shown_first():
    # The last of twelve groups is far from the others.
    counts = categories(
        [f"g{i:02}" for i in range(12)], promoters=[400] * 11 + [900], passives=350, detractors=[200] * 11 + [20]
    )
    made = report(counts, reference="g00")
    assert "points above" in made.sentences()[-1]
    for text in both(made):
        assert made.sentences()[-1] in text
        assert "The other 10 are in the table." in text


def test_differences_that_only_unadjusted_p_values_would_settle_are_not_shown_as_findings():
    # Of twenty differences one has p below 5 %.
    promoters = [400] * 21
    promoters[7] = 500
    counts = categories([f"g{i:02}" for i in range(21)], promoters=promoters)
    made = report(counts, reference="g00")
    assert made.differences.pvalue.min() < 0.05
    assert made.differences.adjusted_pvalue.min() > 0.05
    for text in both(made):
        assert re.search(r"None of 20 differences (is|are) detected", text)
        assert made.sentences()[7] not in text
    other = report(counts, reference="g00", adjustment="none")
    for text in both(other):
        assert "1 of 20 differences is detected" in text
        assert other.sentences()[7] in text
        assert "The other 19 are in the table." in text


def test_few_sentences_are_all_shown():
    made, page, markdown = usual()
    for text in (Page(page).shown, plain(markdown)):
        assert all(sentence in text for sentence in made.sentences())
        assert "are in the table" not in text


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: f"{metric.name} {metric.scale}")
def test_every_metric_has_a_report(metric):
    table = 10 + np.arange(2 * metric.scale.size).reshape(2, -1)
    made = report(RatingCounts.from_histogram(table, metric=metric, groups=["g0", "g1"]))
    assert made.title == f"{metric.name} by group"
    page = Page(made.to_html())
    cells = [cell for rows in page.tables for row in rows for cell in row]
    for name in (*metric.category_names, metric.name):
        assert name in cells
    for text in (page.shown, plain(made.to_markdown())):
        assert made.sentences()[0] in text
        assert f"{metric.name}: {metric.description}." in text
    # The shares of a group add up to 100 %, as far as they are rounded.
    (heads, first, *_), *_ = [rows for rows in page.tables if metric.category_names[0] in rows[0]]
    shares = [float(cell[:-2]) for head, cell in zip(heads, first, strict=True) if head in metric.category_names]
    assert sum(shares) == pytest.approx(100, abs=0.05 * len(shares) + 1e-9)


def test_another_metric_on_the_same_scale():
    counts = RatingCounts.from_histogram(np.arange(10, 32).reshape(2, 11), groups=["A", "B"])
    made = report(counts, metric=nps.mean_rating(Scale(0, 10)))
    assert made.title == "mean by group"
    assert made.counts.metric.name == "mean"
    assert "mean: mean rating on 0-10." in Page(made.to_html()).shown
    with pytest.raises(ValueError, match="`metric` CSAT is defined on the scale 1-5; the counts are on 0-10"):
        report(counts, metric=nps.CSAT)


# ---------------------------------------------------------------------------------------------------- refused


@pytest.mark.parametrize("counts", [pd.DataFrame({"r": [9]}), [9, 10], None, "sfo"], ids=lambda x: type(x).__name__)
def test_a_report_is_on_counts(counts):
    with pytest.raises(TypeError, match=f"`counts` must be RatingCounts; got {type(counts).__name__}"):
        report(counts)


def test_counts_without_any_rating_have_no_report():
    counts = categories(["A", "B"], promoters=[0, 0], passives=0, detractors=0)
    with pytest.raises(nps.UndefinedScoreError, match="a score needs at least one rating; 2 of 2 groups have none"):
        report(counts)


def test_a_reference_that_is_left_out_or_unknown_is_refused():
    counts = categories(["A", "B", "C"], promoters=[40, 0, 50], passives=[35, 0, 35], detractors=[20, 0, 20])
    for reference in ("B", "D"):
        with pytest.raises(ValueError, match=f"got '{reference}'. The labels are 'A', 'C'"):
            report(counts, reference=reference)


def test_the_embedded_survey_has_its_published_scores():
    sfo = nps.datasets.load("sfo")
    made = report(sfo["recommend"].pool("year"))
    for text in both(made):
        assert "NPS of 2018 is 8.9 points below that of 2017 (31.0, n = 2,650, against 39.8, n = 2,746;" in text
        assert " ".join(sfo.caveat.split()) in text
        assert "244 of 5,640 respondents (4.3 %) gave no rating." in text
