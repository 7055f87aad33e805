"""What an answer is, how it is written, and what it cites."""

import datetime as dt
import html
import json
import re
import warnings
from dataclasses import FrozenInstanceError, replace
from decimal import Decimal
from html.parser import HTMLParser
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import npsstats as nps
from npsstats import RatingCounts, Scale, compare, estimate
from npsstats.inference.contrasts import CONTRAST_METHODS
from npsstats.inference.estimation import ONE_SAMPLE_METHODS
from npsstats.results import format as write
from npsstats.results.citations import bibtex, references
from npsstats.results.format import Table

LAW = settings(derandomize=True, deadline=None, max_examples=100)
NAN, INF = float("nan"), float("inf")
METRICS = [
    nps.NPS, nps.ENPS, nps.NPS_1_TO_10, nps.NPS_CATEGORIES, nps.CSAT, nps.CSAT_MEAN, nps.CES, nps.CES_2,
    nps.CES_2_TOP_BOX, nps.NKI,
]  # fmt: skip
HOSTILE = [
    "<script>alert(1)</script>", "a|b", "`code`", "*bold*", "_it_", "[link](http://x)", "$a_b$", "&amp;", '"quoted"',
    "it's", "two\nlines", "carriage\r\nreturn", "tab\there", "\\", "#", "~~x~~", "{{ 7 * 7 }}", "日本語", "{b}",
    "\u2028", "<!--", "]]>", "",
]  # fmt: skip


def categories(groups=("A", "B"), promoters=(40, 55), **more):
    return RatingCounts.from_categories(
        promoters=list(promoters), passives=[35] * len(groups), detractors=20, groups=list(groups), missing=3, **more
    )


def alike():
    """Two groups whose ratings all have the same value, which some methods cannot handle."""
    return RatingCounts.from_categories(promoters=[5, 5], passives=0, detractors=0, groups=["A", "B"])


def results():
    """Results of every kind."""
    counts = categories(["A", None, dt.date(2024, 1, 1)], (40, 55, 50)).with_group("year", 2024).pool("year", "group")
    yield estimate(counts)
    for reference in ("rest", 10, (2024, "A")):
        for alternative in ("two-sided", "less", "greater"):
            yield compare(counts, reference=reference, alternative=alternative)
    yield estimate(counts.pool())
    yield compare(counts.pool(), reference=10)


# --------------------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("value", "decimals", "plain", "signed"),
    [
        (8.857, 1, "8.9", "+8.9"),
        (-8.857, 1, "−8.9", "−8.9"),
        (0, 1, "0.0", "0.0"),
        (-0.0, 1, "0.0", "0.0"),
        (0.04, 1, "0.0", "0.0"),
        (-0.049, 1, "0.0", "0.0"),
        (-0.051, 1, "−0.1", "−0.1"),
        (99.96, 1, "100.0", "+100.0"),
        (1234567.891, 2, "1,234,567.89", "+1,234,567.89"),
        (-1234.5, 0, "−1,234", "−1,234"),
        (7, 0, "7", "+7"),
        (NAN, 1, "–", "–"),
        (INF, 1, "∞", "+∞"),
        (-INF, 1, "−∞", "−∞"),
        (np.float64(3.14159), 3, "3.142", "+3.142"),
        (np.int64(-2), 0, "−2", "−2"),
    ],
)
def test_numbers_are_written_with_true_signs(value, decimals, plain, signed):
    assert write.number(value, decimals) == plain
    assert write.number(value, decimals, signed=True) == signed


@LAW
@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_a_written_number_is_within_half_a_unit(value, decimals):
    text = write.number(value, decimals)
    assert "-" not in text
    back = Decimal(text.replace("−", "-").replace(",", ""))
    assert abs(back - Decimal(value)) <= Decimal("0.5") / 10**decimals
    assert back == 0 or (back > 0) == (value > 0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.000"),
        (0.5, "0.500"),
        (0.0534, "0.053"),
        (0.001, "0.001"),
        (0.00089, "0.0009"),
        (0.0001, "0.0001"),
        (0.00004, "4.0e-05"),
        (6.41e-6, "6.4e-06"),
        (1e-300, "1.0e-300"),
        (9e-301, "<1e-300"),
        (5e-324, "<1e-300"),
        (0.0, "<1e-300"),
        (NAN, "–"),
    ],
)
def test_p_values_have_three_decimals_or_four_or_two_digits(value, text):
    assert write.pvalue(value) == text


@LAW
@given(st.floats(1e-300, 1.0))
def test_a_written_p_value_is_close_and_never_0(value):
    text = write.pvalue(value)
    # Three decimals from 0.001 on, four from 0.0001 on, else two significant digits.
    tolerance = 0.0005 if value >= 0.001 else 0.00005 if value >= 0.0001 else 0.05 * value
    assert abs(float(text) - value) <= tolerance * (1 + 1e-9)
    assert float(text) > 0


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.95, "95 %"), (0.9, "90 %"), (0.999, "99.9 %"), (0.975, "97.5 %"), (0.9545, "95.45 %"), (0.5, "50 %")],
)
def test_levels_are_as_long_as_they_need_to_be(value, text):
    assert write.level(value) == text


def test_percentages_intervals_and_sizes():
    assert [write.percent(share) for share in (0, 1, 0.12345, 0.0004)] == ["0.0 %", "100.0 %", "12.3 %", "0.0 %"]
    assert write.percent(0.5, 0) == "50 %"
    assert write.interval(-12.71, -5.0, 1) == "−12.7 to −5.0"
    assert write.interval(-0.01, 0.01, 1) == "0.0 to 0.0"
    assert write.interval(-INF, NAN, 1) == "−∞ to –"
    assert [write.integer(n) for n in (0, 12.0, 1234, np.int64(1234567))] == ["0", "12", "1,234", "1,234,567"]


def test_short_scales_have_more_decimals():
    bounds = [(-100, 100), (0, 100), (0, 50), (1, 7), (1, 5), (0, 10), (-250, 100)]
    assert [write.decimals_for(each) for each in bounds] == [1, 1, 1, 2, 2, 2, 1]


# ---------------------------------------------------------------------------------------------------- tables


def hostile_table():
    return Table(headers=["a|b", "<n>"], rows=[[text, "1"] for text in HOSTILE], text_columns=1)


def unescaped(text):
    """Markdown without its escapes, as a reader sees it."""
    return re.sub(r"\\(.)", r"\1", text)


def test_plain_tables_align_text_left_and_numbers_right():
    table = Table(headers=["group", "n"], rows=[["A", "5"], ["long name", "1,000"]], text_columns=1)
    assert table.to_text() == "group          n\nA              5\nlong name  1,000"
    assert Table(headers=["n"], rows=[]).to_text() == "n"


def test_a_plain_table_has_one_line_per_row():
    text = hostile_table().to_text()
    assert len(text.splitlines()) == 1 + len(HOSTILE)


def test_a_markdown_table_keeps_its_shape_and_its_texts():
    lines = hostile_table().to_markdown().split("\n")
    assert len(lines) == 2 + len(HOSTILE)
    assert lines[1] == "| --- | ---: |"
    for line, text in zip(lines[2:], HOSTILE, strict=True):
        cells = re.split(r"(?<!\\)(?:\\\\)*\|", line)
        assert len(cells) == 4, line
        assert unescaped(cells[1]).split() == text.split()
        assert cells[2] == " 1 "
        # Nothing is left that would be markup.
        assert not re.search(r"(?<!\\)(?:\\\\)*[`*_<>\[\]$&#~{}]", line)


class Cells(HTMLParser):
    """The texts of the cells of a table, and the tags around them."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.cells, self.open = set(), [], []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1] += data

    def handle_comment(self, data):
        raise AssertionError(data)

    unknown_decl = handle_decl = handle_comment


def test_an_html_table_shows_texts_as_they_are():
    parser = Cells()
    parser.feed(hostile_table().to_html())
    parser.close()
    assert parser.open == []
    assert parser.tags == {"table", "thead", "tbody", "tr", "th", "td"}
    assert parser.cells[::2] == ["a|b", *HOSTILE]
    assert hostile_table().to_html().count("class=number") == 1 + len(HOSTILE)


# ---------------------------------------------------------------------------------------------------- frames

ESTIMATE_COLUMNS = ["n", "missing", "score", "standard_error", "low", "high"]
DIFFERENCE_COLUMNS = [
    "reference", "n", "n_reference", "difference", "standard_error", "low", "high", "statistic", "pvalue",
    "adjusted_pvalue", "detectable",
]  # fmt: skip


@pytest.mark.parametrize("method", ONE_SAMPLE_METHODS)
def test_every_method_of_estimates_has_the_same_columns(method):
    counts = categories(by="shop")
    assert list(estimate(counts, method=method).to_frame().columns) == ["shop", *ESTIMATE_COLUMNS]
    assert list(estimate(counts.pool(), method=method).to_frame().columns) == ESTIMATE_COLUMNS
    more = counts.with_group("year", 2024)
    assert list(estimate(more, method=method).to_frame().columns) == ["shop", "year", *ESTIMATE_COLUMNS]


@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
@pytest.mark.parametrize(
    ("method", "reference"), [*((m, "A") for m in CONTRAST_METHODS), *((m, 0) for m in ONE_SAMPLE_METHODS)]
)
def test_every_method_of_differences_has_the_same_columns(method, reference, alternative):
    result = compare(categories(by="shop"), reference=reference, method=method, alternative=alternative)
    assert list(result.to_frame().columns) == ["shop", *DIFFERENCE_COLUMNS]
    assert len(result.to_frame()) == len(result)
    if reference == 0:
        alone = compare(categories().pool(), reference=0, method=method, alternative=alternative)
        assert list(alone.to_frame().columns) == DIFFERENCE_COLUMNS


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: f"{metric.name} {metric.scale}")
def test_every_metric_has_the_same_columns(metric):
    counts = RatingCounts.from_histogram(
        np.arange(1, 2 * metric.scale.size + 1).reshape(2, -1), metric=metric, groups=["A", "B"]
    )
    assert list(estimate(counts).to_frame().columns) == ["group", *ESTIMATE_COLUMNS]
    assert list(compare(counts, reference="A").to_frame().columns) == ["group", *DIFFERENCE_COLUMNS]


def test_frames_hold_the_fields_unrounded():
    for result in results():
        frame = result.to_frame()
        assert isinstance(frame, pd.DataFrame)
        for name in frame.columns:
            if name not in result.by:
                assert frame[name].tolist() == list(getattr(result, name))
        for position, name in enumerate(result.by):
            assert [None if pd.isna(entry) else entry for entry in frame[name]] == [
                label[position] for label in result.labels
            ]


def test_results_hold_what_they_rest_on():
    counts = replace(categories(), notes=("from a report",))
    result = compare(counts, reference="A", method="mover", alternative="less", confidence_level=0.9)
    assert (result.metric, result.method, result.alternative, result.confidence_level) == (
        nps.NPS_CATEGORIES,
        "mover",
        "less",
        0.9,
    )
    assert result.notes == ("from a report",)
    assert result.version == nps.__version__
    one = estimate(counts, method="tango")
    assert (one.method, one.notes, one.version) == ("tango", ("from a report",), nps.__version__)
    assert one.missing.tolist() == [3, 3]


def test_results_cannot_be_changed():
    for result in results():
        with pytest.raises(FrozenInstanceError):
            result.method = "x"
        assert not hasattr(result, "__dict__")
        with pytest.raises(TypeError, match="positional"):
            type(result)(result.by)


# ------------------------------------------------------------------------------------------------------ JSON


def strictly_json(value):
    return json.loads(json.dumps(value, allow_nan=False))


def test_dictionaries_and_records_are_safe_for_json():
    for result in results():
        assert strictly_json(result.to_dict()) == result.to_dict()
        assert strictly_json(result.to_records()) == result.to_records()
        assert len(result.to_records()) == len(result)


@pytest.mark.parametrize(
    "label",
    [
        None, "a", 5, 2.5, True, NAN, INF, dt.date(2024, 1, 1), dt.datetime(2024, 1, 1), Decimal("1.5"), (1, "x"),
        np.int64(5), np.float64("nan"), np.str_("a"), np.bool_(True), pd.Timestamp("2024-01-01"), pd.NaT,
        pd.Period("2024Q1"), b"a", frozenset({1}),
    ],
    ids=repr,
)  # fmt: skip
def test_every_label_is_safe_for_json(label):
    counts = categories(["A", label])
    for result in (estimate(counts), compare(counts, reference="A"), compare(counts, reference=label)):
        (*_, record) = strictly_json(result.to_records())
        assert set(record) == {"group", *(ESTIMATE_COLUMNS if "score" in record else DIFFERENCE_COLUMNS)}
        strictly_json(result.to_dict())
        assert str(result)


def test_labels_that_json_has_stay_themselves():
    counts = categories([None, "a", 5], (40, 55, 50))
    assert [record["group"] for record in estimate(counts).to_records()] == [None, "a", 5]
    assert compare(counts, reference=None).to_records()[0]["reference"] is None
    days = categories([dt.date(2024, 1, 1), dt.date(2024, 2, 1)])
    (record,) = compare(days, reference="previous").to_records()
    assert (record["group"], record["reference"]) == ("2024-02-01", "2024-01-01")


def test_numbers_that_json_lacks_become_null():
    with pytest.warns(nps.SmallSampleWarning):
        result = compare(alike(), reference="A", method="wald")
    assert np.isnan(result.pvalue).all()
    (record,) = strictly_json(result.to_records())
    assert record["statistic"] is record["pvalue"] is None
    made = replace(result, low=np.array([-INF]), high=np.array([INF]))
    assert strictly_json(made.to_dict())["low"] == [None]
    assert strictly_json(made.to_records())[0]["high"] is None


def test_a_dictionary_is_flat_with_provenance_and_columns():
    result = compare(categories(), reference="A")
    assert result.to_dict() == {
        "metric": "NPS",
        "scale": "detractor/passive/promoter",
        "interval_method": "score",
        "confidence_level": 0.95,
        "alternative": "two-sided",
        "null_difference": 0.0,
        "adjustment": "holm",
        "comparison_design": "",
        "notes": [],
        "npsstats_version": nps.__version__,
        "group": ["B"],
        "reference": ["A"],
        **{name: getattr(result, name).tolist() for name in DIFFERENCE_COLUMNS[1:]},
    }
    provenance = [
        "metric", "scale", "interval_method", "confidence_level", "alternative", "sample_design", "notes",
        "npsstats_version",
    ]  # fmt: skip
    assert list(estimate(categories()).to_dict()) == [*provenance, "group", *ESTIMATE_COLUMNS]


def test_no_group_column_hides_the_provenance():
    results_of = [estimate(categories()), compare(categories(), reference="A")]
    for name in {name for result in results_of for name in result.provenance()}:
        with pytest.raises(ValueError, match=f"a group column cannot be called '{name}'"):
            categories(by=name)


@pytest.mark.parametrize("name", ["method", "version", "wave", "p", "z", "statistics"])
def test_plausible_group_columns_stand_beside_the_provenance(name):
    # "method": how a survey was answered.
    for result in (estimate(categories(by=name)), compare(categories(by=name), reference="A")):
        given = result.to_dict()
        assert given[name] == [label[0] for label in result.labels]
        assert result.provenance().items() <= given.items()


# ------------------------------------------------------------------------------------------------------ text


def test_str_is_a_heading_and_a_table():
    result = compare(categories(), reference="A", method="wald", alternative="greater", confidence_level=0.9)
    heading, empty, *table = str(result).split("\n")
    assert heading == "NPS: group minus reference, 90 % Wald interval, one-sided (greater)"
    assert empty == ""
    assert " ".join(table[0].split()) == (
        "group reference n n reference difference standard error low high z p adjusted p detectable"
    )
    assert len(table) == 2
    assert str(result) == repr(result)
    assert str(estimate(categories(by="shop"))).startswith("NPS by shop, 95 % skewness-corrected score interval\n\n")
    assert str(estimate(categories().pool())).startswith("NPS, 95 % ")


def test_html_of_a_notebook_shows_the_same_table():
    for result in results():
        parser = Cells()
        parser.feed(result._repr_html_())
        parser.close()
        assert parser.open == []
        table = result.table()
        assert parser.cells == [*table.headers, *(cell for row in table.rows for cell in row)]
        assert html.escape(result.heading()) in result._repr_html_()


def test_html_of_a_notebook_escapes_names_and_labels():
    counts = categories(["<script>a</script>", "b & c"], by="<i>g</i>")
    counts = replace(counts, metric=replace(nps.NPS_CATEGORIES, name="<b>N</b>"))
    for result in (estimate(counts), compare(counts, reference="b & c")):
        assert not re.search("<script|<i>|<b>|b & c", result._repr_html_())


def test_tables_round_and_frames_do_not():
    result = estimate(categories())
    row = result.table().rows[0]
    # sqrt((60 - 20^2 / 95) / 95^2) = 7.86
    assert row[:5] == ["A", "95", "3", "21.1", "7.86"]
    assert row[5:] == [write.number(limits[0], 1) for limits in (result.low, result.high)]
    assert result.to_frame()["score"][0] == pytest.approx(100 * 20 / 95, abs=1e-12)


def test_a_benchmark_has_no_size():
    assert compare(categories(), reference=10).table().rows[0][:4] == ["A", "10.0", "95", "–"]


def test_sentences_say_each_row():
    result = compare(categories(), reference="A")
    (sentence,) = result.sentences()
    assert sentence.startswith("NPS of B is 10.8 points above that of A (31.8, n = 110, against 21.1, n = 95; 95 % ")
    assert "interval of the difference " in sentence
    assert re.search(r"; p = 0\.\d{3}\)", sentence)
    (back,) = compare(categories(), reference="B").sentences()
    assert back.startswith("NPS of A is 10.8 points below that of B (21.1, n = 95, against 31.8, n = 110; ")
    (benchmark,) = compare(categories().pool(), reference=50).sentences()
    assert benchmark.startswith("NPS of the group is 23.2 points below the benchmark (26.8, n = 205, against 50.0; ")
    assert [text.split(":")[0] for text in estimate(categories()).sentences()] == ["NPS of A", "NPS of B"]
    assert estimate(categories().pool()).sentences()[0].startswith("NPS: 26.8 (95 % interval ")


def test_a_small_p_value_is_a_bound():
    far = RatingCounts.from_categories(promoters=[10**6, 0], passives=0, detractors=[0, 10**6], groups=["A", "B"])
    (sentence,) = compare(far, reference="A").sentences()
    assert "p <1e-300" in sentence
    assert "p = <" not in sentence


CLAIMS_OF_EQUALITY = re.compile(
    r"\bno (significant )?(difference|change|effect)\b|\bsame\b|\bequal\b|\bidentical\b|\bunchanged\b|"
    r"\bnot (significantly )?differ|\bdo(es)? not differ|\binsignificant\b",
    flags=re.IGNORECASE,
)
OPEN = "do not settle whether"


@settings(LAW, max_examples=60)
@given(
    st.lists(st.integers(0, 60), min_size=6, max_size=6).filter(lambda c: sum(c[:3]) and sum(c[3:])),
    st.sampled_from(["A", "rest", 10.0]),
    st.sampled_from(sorted(set(CONTRAST_METHODS) & set(ONE_SAMPLE_METHODS))),
    st.sampled_from(["two-sided", "less", "greater"]),
)
def test_what_was_not_detected_is_not_called_absent(cells, reference, method, alternative):
    counts = RatingCounts.from_categories(
        promoters=cells[::3], passives=cells[1::3], detractors=cells[2::3], groups=["A", "B"]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nps.SmallSampleWarning)
        result = compare(counts, reference=reference, method=method, alternative=alternative)
    for sentence, p in zip(result.sentences(), result.adjusted_pvalue, strict=True):
        assert not CLAIMS_OF_EQUALITY.search(sentence.replace(f"{OPEN} there is a difference", ""))
        # An undefined p-value settles nothing either.
        assert (OPEN in sentence) == (not p <= 0.05)


def test_an_undefined_test_settles_nothing():
    with pytest.warns(nps.SmallSampleWarning):
        result = compare(alike(), reference="A", method="wald")
    (sentence,) = result.sentences()
    assert OPEN in sentence


@pytest.mark.parametrize("alternative", ["less", "greater"])
def test_a_sentence_says_that_its_test_is_one_sided(alternative):
    # The sentence is made to be pasted, without the heading that says so.
    (sentence,) = compare(categories(), reference="A", alternative=alternative).sentences()
    assert "one-sided" in sentence


def test_equal_scores_differ_by_less_than_the_last_decimal():
    (sentence,) = compare(categories(promoters=(40, 40)), reference="A").sentences()
    assert sentence.startswith("NPS of B and A differ by less than 0.1 points (21.1, n = 95, against 21.1, n = 95; ")
    assert OPEN in sentence
    short = RatingCounts.from_histogram([[5] * 5, [5] * 5], metric=nps.CES, groups=["A", "B"])
    assert "CES of B and A differ by less than 0.01 points" in compare(short, reference="A").sentences()[0]


@pytest.mark.parametrize("label", ["", "  ", None])
def test_a_label_that_is_empty_is_visible_in_a_sentence(label):
    counts = categories(["A", label])
    for result in (estimate(counts), compare(counts, reference="A"), compare(counts, reference=label)):
        for sentence in result.sentences():
            assert not re.search(r"\bof +(is\b|and\b|\(\d|:)|\band +differ", sentence)


def test_points_follow_the_metric():
    counts = RatingCounts.from_histogram([[1, 2, 3, 4, 5], [5, 4, 3, 2, 1]], metric=nps.CES, groups=["A", "B"])
    assert estimate(counts).sentences()[0].startswith("CES of A: 3.67 (95 % interval ")
    assert estimate(counts).table().headers == ["group", "n", "missing", "CES", "standard error", "low", "high"]


# -------------------------------------------------------------------------------------------------- citations


def bib_file():
    return files("npsstats.results").joinpath("references.bib").read_text(encoding="utf-8")


def parsed(bib):
    """Entries of a bibliography by key, read by counting braces: {key: (kind, fields)}."""
    entries, position = {}, 0
    while (start := bib.find("@", position)) >= 0:
        kind, rest = bib[start + 1 :].split("{", 1)
        depth, end = 1, bib.index("{", start) + 1
        while depth:
            depth += {"{": 1, "}": -1}.get(bib[end], 0)
            end += 1
        key, body = bib[bib.index("{", start) + 1 : end - 1].split(",", 1)
        fields = {}
        while found := re.match(r"\s*(\w+)\s*=\s*\{", body):
            depth, stop = 1, found.end()
            while depth:
                depth += {"{": 1, "}": -1}.get(body[stop], 0)
                stop += 1
            fields[found[1]] = body[found.end() : stop - 1]
            body = body[stop:].lstrip().removeprefix(",")
        assert not body.strip(), f"{key}: {body!r}"
        assert key not in entries, key
        assert rest
        entries[key], position = (kind, fields), end
    return entries


def all_keys():
    for registry in (ONE_SAMPLE_METHODS, CONTRAST_METHODS):
        for method in registry.values():
            yield from method.references
    for metric in METRICS:
        yield from metric.references


def test_every_cited_key_is_in_the_bibliography():
    known = parsed(bib_file())
    assert set(all_keys()) <= set(known)
    assert len(references(set(all_keys()))) == len(set(all_keys()))


def test_every_method_cites_something():
    for registry in (ONE_SAMPLE_METHODS, CONTRAST_METHODS):
        for name, method in registry.items():
            assert method.references, name
            assert method.title, name


def test_every_entry_of_the_bibliography_is_complete_and_read_by_the_package():
    entries = parsed(bib_file())
    assert entries
    for key, (kind, fields) in entries.items():
        assert {"author", "title", "year"} <= set(fields), key
        assert re.fullmatch(r"(18|19|20)\d\d", fields["year"]), key
        assert re.fullmatch(rf"[a-z]+{fields['year']}[a-z]?", key), key
        assert kind in ("article", "book", "misc", "techreport", "inproceedings", "incollection"), key
        assert "journal" in fields or kind != "article", key
        (reference,) = references([key])
        assert set(reference.fields) == set(fields), key
        assert parsed(reference.entry) == {key: (kind, fields)}
        assert reference.short.endswith(fields["year"])
        assert not re.search(r"[{}\\]", reference.short + reference.full), key
        assert f"({fields['year']})" in reference.full
        assert reference.full.count("  ") == 0
        assert ", ." not in reference.full
        assert ".." not in reference.full
        if "doi" in fields:
            assert re.fullmatch(r"10\.\d{4,9}/\S+", fields["doi"]), key
            assert reference.full.endswith(f"https://doi.org/{fields['doi']}")


def test_references_come_once_in_the_order_asked_for():
    keys = ["tango1998", "bonett2012", "tango1998"]
    assert [reference.key for reference in references(keys)] == ["tango1998", "bonett2012"]
    assert [reference.short for reference in references(keys)] == ["Tango 1998", "Bonett & Price 2012"]
    assert references(["dixon2010"])[0].short == "Dixon et al. 2010"
    assert references([]) == []
    with pytest.raises(KeyError, match="nobody1900"):
        references(["nobody1900"])


def test_bibtex_begins_with_the_package():
    (key, (kind, fields)), *others = parsed(bibtex(["tango1998"])).items()
    assert (key, kind) == ("npsstats", "software")
    assert fields["version"] == nps.__version__
    assert {"author", "title", "year"} <= set(fields)
    assert [key for key, _ in others] == ["tango1998"]


@pytest.mark.parametrize(
    ("method", "reference"), [*((m, "A") for m in CONTRAST_METHODS), *((m, 0) for m in ONE_SAMPLE_METHODS)]
)
def test_a_comparison_cites_its_method_and_no_other(method, reference):
    result = compare(categories(), reference=reference, method=method)
    chosen = (ONE_SAMPLE_METHODS if reference == 0 else CONTRAST_METHODS)[method]
    # Of one comparison nothing is adjusted; two groups against a benchmark are two.
    check_citation(result, chosen, *(["holm1979"] if reference == 0 else []))


@pytest.mark.parametrize("method", ONE_SAMPLE_METHODS)
def test_an_estimate_cites_its_method_and_no_other(method):
    check_citation(estimate(categories(), method=method), ONE_SAMPLE_METHODS[method])


def check_citation(result, method, *more):
    keys = list(dict.fromkeys((*result.metric.references, *method.references, *more)))
    sentence, bib = result.cite().split("\n\n", 1)
    assert list(parsed(bib)) == ["npsstats", *keys]
    assert sentence.endswith(f"computed with npsstats {nps.__version__}.")
    assert method.title in sentence
    assert "95 %" in sentence
    assert "; ".join(reference.short for reference in references(keys)) in sentence
    assert result.reference_keys() == (*result.metric.references, *method.references, *more)


def test_a_metric_of_ones_own_is_cited_by_its_name():
    metric = nps.Metric("mine", Scale(0, 1), (0, 100))
    sentence = estimate(RatingCounts.from_histogram([3, 4], metric=metric)).cite().split("\n\n")[0]
    assert sentence.startswith("mine (custom metric) with 95 % ")
    assert "reichheld2003" not in estimate(RatingCounts.from_histogram([3, 4], metric=metric)).cite()
