"""The command line."""

import csv
import datetime as dt
import inspect
import io
import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from typer.testing import CliRunner

import npsstats as nps
from npsstats.cli import METRICS, app, showing
from npsstats.inference.contrasts import CONTRAST_METHODS
from npsstats.inference.estimation import ONE_SAMPLE_METHODS

OLD = "r,store\n9,1\n10,2\n3,1\n8,2\n,1\n" + "7,1\n9,2\n" * 20
NEW = "r,store\n9,1\n10,2\n10,1\n9,2\n" + "9,1\n6,2\n" * 20
FORMATS = ["text", "markdown", "csv", "json"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with two files of responses, in which the command runs."""
    monkeypatch.chdir(tmp_path)
    # Help and usage errors are laid out for this width.
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "old.csv").write_text(OLD)
    (tmp_path / "new.csv").write_text(NEW)
    return tmp_path


def run(*arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    # What is expected to fail ends by itself, with a status and without a traceback.
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert "Traceback" not in done.output
    return done


CAVEAT = f"Note: {nps.datasets.load('sfo')['recommend'].notes[0]}\n"


def ran(*arguments, noted=""):
    """Run and give what is printed; it must succeed and say nothing on the side but what the data set carries."""
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    assert done.stderr == (CAVEAT if "sfo" in arguments else "") + noted
    return done.stdout


def refused(*arguments, status=1):
    """Run and give the one message; nothing else may be printed."""
    done = run(*arguments)
    assert done.exit_code == status, done.output
    assert done.stdout == ""
    if status == 1:
        assert done.stderr.startswith("Error: ")
        assert done.stderr.count("\n") == 1
    return done.stderr


def process(*arguments, **more):
    """Run in a process of its own."""
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", **more.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "npsstats.cli", *arguments], capture_output=True, check=False, env=environment, **more
    )


def counts(path, **more):
    return nps.tabulate(Path(path), rating="r", **more)


# ----------------------------------------------------------------------------------------- version, help, usage


def test_version():
    assert ran("--version") == f"npsstats {nps.__version__}\n"


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_names_the_commands_and_their_choices(flag, folder):
    text = ran(flag)
    for command in ("report", "estimate", "compare", "equivalence"):
        assert command in text
        # The layout breaks lines.
        own = " ".join(re.sub(r"[│╭╮╰╯─]", " ", ran(command, flag)).split())
        for name in METRICS:
            assert name in own
        methods = ONE_SAMPLE_METHODS if command == "estimate" else CONTRAST_METHODS
        assert f"One of {', '.join(methods)}" in own


def test_help_tells_of_benchmarks_and_priors(folder):
    def help_of(command):
        return " ".join(re.sub(r"[│╭╮╰╯─]", " ", ran(command, "--help")).split())

    assert "posterior" in ran("--help")
    assert "One of jeffreys, uniform, haldane, or numbers such as 1,1,1" in help_of("posterior")
    for command in ("compare", "report"):
        assert f"{', '.join(CONTRAST_METHODS)}; against a number, one of estimate's" in help_of(command)


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ([], "Usage"),
        (["estimate"], "SOURCE"),
        (["nosuch"], "nosuch"),
        (["estimate", "old.csv", "--nosuch"], "--nosuch"),
        (["estimate", "old.csv", "--rating"], "--rating"),
        (["estimate", "old.csv", "--rating", "r", "--format", "xml"], "'text', 'markdown', 'csv', 'json'"),
        (["report", "old.csv", "--rating", "r", "--format", "pdf"], "'html', 'markdown'"),
        (["estimate", "old.csv", "--rating", "r", "--confidence-level", "high"], "--confidence-level"),
    ],
)
def test_wrong_usage_ends_with_2(arguments, shown, folder):
    done = run(*arguments)
    assert done.exit_code == 2
    assert shown in done.output


# ----------------------------------------------------------------------------------------------------- formats


def test_text_is_the_table_of_the_result(folder):
    assert ran("estimate", "old.csv", "--rating", "r") == f"{nps.estimate(counts('old.csv'))}\n"
    by = counts("old.csv", by="store")
    assert ran("estimate", "old.csv", "--rating", "r", "--by", "store") == f"{nps.estimate(by)}\n"
    expected = nps.compare(by, reference="previous")
    told = f"{expected}\n\n{expected.reading()}\n"
    assert ran("compare", "old.csv", "--rating", "r", "--by", "store") == told
    assert ran("compare", "old.csv", "--rating", "r", "--by", "store", "--format", "text") == told


def test_json_is_the_records_of_the_frame(folder):
    result = nps.compare(counts("old.csv", by="store"), reference=1, method="score", confidence_level=0.9)
    printed = ran(
        "compare", "old.csv", "--rating", "r", "--by", "store", "--reference", "1", "--method", "score",
        "--confidence-level", "0.9", "--format", "json",
    )  # fmt: skip
    assert json.loads(printed) == result.to_records()
    pd.testing.assert_frame_equal(pd.DataFrame(json.loads(printed)), result.to_frame(), check_exact=True)


def test_csv_is_the_frame(folder):
    printed = ran("estimate", "old.csv", "--rating", "r", "--by", "store", "--format", "csv")
    frame = nps.estimate(counts("old.csv", by="store")).to_frame()
    # Before version 3 pandas reads up to three of the last digits wrong.
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(printed)), frame, rtol=1e-12, atol=0)
    assert "\n\n" not in printed


def test_markdown_is_the_table(folder):
    printed = ran("estimate", "old.csv", "--rating", "r", "--by", "store", "--format", "markdown")
    assert printed == f"{nps.estimate(counts('old.csv', by='store')).to_markdown()}\n"


@pytest.mark.parametrize("form", FORMATS)
def test_labels_of_any_kind_are_printed(form, folder):
    (folder / "x.csv").write_text('r,g\n9,"a|b, ""c"""\n8,日本\n7,\n', encoding="utf-8")
    printed = ran("estimate", "x.csv", "--rating", "r", "--by", "g", "--format", form)
    assert "日本" in printed
    if form == "json":
        assert [record["g"] for record in json.loads(printed)] == ['a|b, "c"', "日本", None]
    if form == "csv":
        assert [row["g"] for row in csv.DictReader(io.StringIO(printed))] == ['a|b, "c"', "日本", ""]


# ----------------------------------------------------------------------------------------------------- sources


def test_files_without_labels_are_put_together(folder):
    total = nps.tabulate([Path("old.csv"), Path("new.csv")], rating="r", by="store")
    printed = ran("estimate", "old.csv", "new.csv", "--rating", "r", "--by", "store", "--format", "json")
    assert json.loads(printed) == nps.estimate(total).to_records()


def test_labels_of_several_files_are_those_of_all(folder):
    # Store 01, which is in one of them only, is another one than store 1.
    (folder / "new.csv").write_text(NEW + "9,01\n")
    printed = ran("estimate", "old.csv", "new.csv", "--rating", "r", "--by", "store", "--format", "json")
    assert [record["store"] for record in json.loads(printed)] == [1, 2, "01"]
    left_out = "Note: 1 of 5 groups have no partner and are in no comparison (first: 01, b)\n"
    printed = ran(
        "compare", "a=old.csv", "b=new.csv", "--rating", "r", "--by", "store", "--format", "json", noted=left_out
    )
    assert [record["store"] for record in json.loads(printed)] == [1, 2]


@pytest.mark.parametrize("form", FORMATS)
def test_periods_are_in_the_order_given(form, folder):
    printed = ran("estimate", "z=old.csv", "a=new.csv", "--rating", "r", "--format", form)
    if form == "json":
        assert [record["period"] for record in json.loads(printed)] == ["z", "a"]
    else:
        assert [line.strip("| ")[0] for line in printed.splitlines()[-2:]] == ["z", "a"]


def test_each_period_is_compared_with_the_one_before_it(folder):
    (folder / "mid.csv").write_text(OLD)
    printed = ran("compare", "z=old.csv", "m=mid.csv", "a=new.csv", "--rating", "r", "--format", "json")
    records = json.loads(printed)
    assert [(record["period"], record["reference"]) for record in records] == [("m", "z"), ("a", "m")]
    both = counts("old.csv").with_group("period", "m") + counts("new.csv").with_group("period", "a")
    alone = nps.compare(both.select("m", "a"), reference="previous")
    # Limits are found by iteration, for all rows at once.
    np.testing.assert_allclose(
        [records[1][name] for name in ("difference", "low", "high", "pvalue")],
        np.ravel([alone.difference, alone.low, alone.high, alone.pvalue]),
        rtol=1e-9,
    )


def test_groups_are_compared_over_periods(folder):
    printed = ran("compare", "z=old.csv", "a=new.csv", "--rating", "r", "--by", "store", "--format", "json")
    assert [(r["store"], r["period"], r["reference"]) for r in json.loads(printed)] == [(1, "a", "z"), (2, "a", "z")]
    (old, _) = counts("old.csv", by="store").n
    assert json.loads(printed)[0]["n_reference"] == old


def test_a_label_may_be_given_to_several_files(folder):
    printed = ran("estimate", "x=old.csv", "y=new.csv", "x=new.csv", "--rating", "r", "--format", "json")
    sizes = {record["period"]: record["n"] for record in json.loads(printed)}
    old, new = counts("old.csv").n[0], counts("new.csv").n[0]
    assert sizes == {"x": old + new, "y": new}


def test_a_file_named_with_an_equals_sign_is_a_file(folder):
    (folder / "a=b.csv").write_text(OLD)
    assert ran("estimate", "a=b.csv", "--rating", "r") == ran("estimate", "old.csv", "--rating", "r")
    (record,) = json.loads(ran("estimate", "x=a=b.csv", "--rating", "r", "--format", "json"))
    assert record["period"] == "x"


def test_patterns_and_other_kinds_of_files_are_sources(folder):
    pl.read_csv("old.csv").write_parquet("old.parquet")
    expected = ran("estimate", "old.csv", "--rating", "r")
    assert ran("estimate", "old.parquet", "--rating", "r") == expected
    assert ran("estimate", "*.parquet", "--rating", "r") == expected
    assert "period" in ran("estimate", "p=*.parquet", "--rating", "r")


def test_items_are_given_one_by_one(folder):
    (folder / "nki.csv").write_text("a,b,c\n9,9,9\n5,6,7\n10,10,10\n")
    printed = ran("estimate", "nki.csv", "--metric", "nki", "--rating", "a", "--rating", "b", "--rating", "c")
    assert printed.startswith("NKI, 95 % ")


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (["a=old.csv", "new.csv"], "either all files have a LABEL=PATH or none; got a=old.csv, new.csv"),
        (["=old.csv"], "a source must be PATH or LABEL=PATH; got '=old.csv'"),
        (["a="], "a source must be PATH or LABEL=PATH; got 'a='"),
        (["no.csv"], "there is no file no.csv"),
        (["a=no.csv"], "there is no file no.csv"),
        (["*.parquet"], "there is no file *.parquet"),
        (["."], ". is a folder; pass its files as a pattern"),
    ],
)
def test_sources_that_are_none(sources, message, folder):
    assert message in refused("estimate", *sources, "--rating", "r")


def test_a_period_that_is_a_group_column_too_is_refused(folder):
    (folder / "p.csv").write_text("r,period\n9,a\n")
    assert "different names" in refused("estimate", "x=p.csv", "--rating", "r", "--by", "period")


# ------------------------------------------------------------------------------------------------- bad answers


def test_codes_are_suggested_and_the_suggestion_works(folder):
    (folder / "bad.csv").write_text("r\n9\n11\n98\n11\n")
    message = refused("estimate", "bad.csv", "--rating", "r")
    assert "3 of 4 are not (first: 11 at row 2 of bad.csv; 2 × 11, 1 × 98)" in message
    options = message.split("On the command line: ")[1].split()
    assert options == ["--missing-code", "11", "--missing-code", "98"]
    (record,) = json.loads(ran("estimate", "bad.csv", "--rating", "r", *options, "--format", "json"))
    assert (record["n"], record["missing"]) == (1, 3)


@pytest.mark.parametrize("code", ["don't know", "n/a", "a b", '"x"', "-1", "$HOME", "*"])
def test_suggestions_can_be_pasted_into_a_shell(code, folder):
    with (folder / "bad.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["r", "id"], [9, 1], [code, 2]])
    message = refused("estimate", "bad.csv", "--rating", "r")
    options = message.split("On the command line: ")[1].strip()
    words = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {options}"], capture_output=True, text=True, check=True
    ).stdout.split("\n")[:-1]
    assert words == ["--missing-code", code]
    (record,) = json.loads(ran("estimate", "bad.csv", "--rating", "r", *words, "--format", "json"))
    assert record["missing"] == 1


def test_nothing_is_suggested_where_no_code_helps(folder):
    (folder / "bad.jsonl").write_text('{"r": 8.5}\n')
    message = refused("estimate", "bad.jsonl", "--rating", "r")
    assert "8.5" in message
    assert "command line" not in message


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe", b"", b"\n\n", b'"r\n', b"r\n9\n\x00", b'id,"a\nb"\n1,9\n', b'"', b"r,r\n9,9\n", b"[", b"{", b"PAR1"],
)
@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.csv.gz", "x.parquet", "x.json", "x.jsonl.gz"])
def test_no_file_however_broken_ends_in_a_traceback(name, content, folder):
    (folder / name).write_bytes(content)
    message = refused("estimate", name, "--rating", "q")
    assert name in message or "`q` holds no rows" in message


def test_trimmed_headers_are_noted_on_the_side(folder):
    (folder / "x.csv").write_text(" r ,id\n9,1\n")
    done = run("estimate", "x.csv", "--rating", "r", "--format", "json")
    assert done.exit_code == 0
    assert done.stderr == "Note: x.csv: column ' r ' is read as 'r': spaces around the name are trimmed.\n"
    assert len(json.loads(done.stdout)) == 1


def test_intervals_that_fall_short_of_their_level_are_noted_on_the_side(folder):
    (folder / "x.csv").write_text("r\n9\n10\n")
    done = run("estimate", "x.csv", "--rating", "r", "--method", "wald")
    assert done.exit_code == 0
    assert done.stderr.startswith("Note: method 'wald' falls short of its level in groups")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "`--rating` must name the column of the ratings"),
        (["--rating", "R"], "old.csv: there is no column 'R'; did you mean one of 'r', 'store'?"),
        (["--rating", "r", "--by", "shop"], "there is no column 'shop'"),
        (["--rating", "r", "--by", ""], "there is no column ''"),
        (["--rating", "r", "--rating", "store"], "`--rating` must name the column of the ratings; got ['r', 'store']"),
        (
            ["--rating", "r", "--missing-code", "9"],
            "`--missing-code` must not hold ratings of the scale 0-10; 9 is one",
        ),
        (
            ["--rating", "r", "--confidence-level", "95"],
            "`--confidence-level` must lie between 0 and 1; got 95.0. For 95 %",
        ),
        (["--rating", "r", "--metric", "csat"], "`r` must be whole numbers 1-5"),
    ],
)
@pytest.mark.parametrize("command", ["estimate", "compare", "report"])
def test_errors_are_one_message(command, options, message, folder):
    assert message in refused(command, "old.csv", *options)
    assert not (folder / "npsstats-report.html").exists()


@pytest.mark.parametrize("command", ["estimate", "compare", "report"])
@pytest.mark.parametrize("option", ["metric", "method"])
@pytest.mark.parametrize("name", ["NPS", "Score", "scor", ""])
def test_unknown_metrics_and_methods_are_told_with_those_there_are(command, option, name, folder):
    message = refused(command, "old.csv", "--rating", "r", "--by", "store", f"--{option}", name)
    known = METRICS if option == "metric" else ONE_SAMPLE_METHODS if command == "estimate" else CONTRAST_METHODS
    assert re.search(rf"`--{option}` must be one of .*; got '{name}'", message)
    assert all(each in message for each in known)


def test_a_reference_that_is_none_is_told_with_the_labels(folder):
    message = refused("compare", "old.csv", "--rating", "r", "--by", "store", "--reference", "3 stores")
    assert "got '3 stores'. The labels are 1, 2." in message
    message = refused("compare", "old.csv", "--rating", "r", "--by", "store", "--reference", "2019")
    assert "2019" in message
    assert "neither the label of a group nor a benchmark strictly between -100 and 100 points" in message
    assert "these counts have one group only" in refused("compare", "old.csv", "--rating", "r")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [("1", 1), ("2", 2), ("previous", "previous"), ("rest", "rest"), ("50", 50), ("-5.5", -5.5)],
)
def test_a_reference_is_a_label_a_word_or_a_number(reference, expected, folder):
    printed = ran(
        "compare", "old.csv", "--rating", "r", "--by", "store", f"--reference={reference}", "--format", "json"
    )
    result = nps.compare(counts("old.csv", by="store"), reference=expected)
    assert json.loads(printed) == result.to_records()


@pytest.mark.parametrize(("reference", "pair"), [("01", (10, "01")), ("10", ("01", 10))])
def test_a_text_label_that_looks_like_a_number_is_that_label(reference, pair, folder):
    (folder / "x.csv").write_text("r,g\n9,01\n8,10\n7,10\n")
    printed = ran("compare", "x.csv", "--rating", "r", "--by", "g", "--reference", reference, "--format", "json")
    assert [(record["g"], record["reference"]) for record in json.loads(printed)] == [pair]


def test_a_label_of_any_type_is_named_as_tables_write_it(folder):
    days = [dt.date(2024, 1, 1), dt.date(2024, 2, 1), None]
    pl.DataFrame({"r": [9, 3, 8], "day": days}).write_parquet("x.parquet")
    for reference, label in (("2024-02-01", "2024-02-01"), ("(none)", None)):
        printed = ran(
            "compare", "x.parquet", "--rating", "r", "--by", "day", "--reference", reference, "--format", "json"
        )
        assert {record["reference"] for record in json.loads(printed)} == {label}
        assert len(json.loads(printed)) == 2


# ----------------------------------------------------------------------------------------------- the data set


def test_sfo_is_the_data_set_of_the_package(folder):
    sfo = nps.datasets.load("sfo")
    assert ran("estimate", "sfo") == f"{nps.estimate(sfo['recommend'].pool('year'))}\n"
    assert ran("estimate", "sfo", "--by", "area") == f"{nps.estimate(sfo['recommend'].pool('area'))}\n"
    assert ran("estimate", "sfo", "--metric", "csat") == f"{nps.estimate(sfo['csat'])}\n"
    printed = ran("compare", "sfo", "--by", "area", "--by", "year", "--format", "json")
    assert len(json.loads(printed)) == 7


def test_a_file_called_sfo_goes_before_the_data_set(folder):
    (folder / "sfo").write_text(OLD)
    assert "must be CSV, Parquet or JSON" in refused("estimate", "sfo", "--rating", "r")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rating", "r"], "`--rating` has no meaning for the data set sfo, which holds counts"),
        (["--missing-code", "11"], "`--missing-code` has no meaning for the data set sfo"),
        (["--metric", "nki"], "the data set sfo has no ratings for the metric nki"),
        (["--by", "terminal"], "'terminal' is none of ['area', 'year']"),
    ],
)
def test_what_the_data_set_has_not_is_refused(options, message, folder):
    assert message in refused("estimate", "sfo", *options)


@pytest.mark.parametrize("metric", ["ces", "enps"])
def test_the_data_set_answers_only_what_was_asked(metric, folder):
    # Visitors rated the airport and were asked whether they recommend it: neither effort nor as employees.
    assert f"no ratings for the metric {metric}" in refused("estimate", "sfo", "--metric", metric)


def test_the_data_set_stands_alone(folder):
    assert "there is no file sfo" in refused("estimate", "sfo", "old.csv", "--rating", "r")


# ------------------------------------------------------------------------- sides, pseudo-counts, random numbers


@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
def test_intervals_and_tests_may_be_one_sided(alternative, folder):
    arguments = ("old.csv", "--rating", "r", "--by", "store", "--alternative", alternative, "--format", "json")
    by = counts("old.csv", by="store")
    assert json.loads(ran("estimate", *arguments)) == nps.estimate(by, alternative=alternative).to_records()
    expected = nps.compare(by, reference="previous", alternative=alternative)
    assert json.loads(ran("compare", *arguments)) == expected.to_records()
    against = nps.compare(by, reference=20, alternative=alternative)
    assert json.loads(ran("compare", *arguments, "--reference", "20")) == against.to_records()


def test_a_one_sided_table_says_so(folder):
    printed = ran("estimate", "old.csv", "--rating", "r", "--alternative", "greater")
    assert printed == f"{nps.estimate(counts('old.csv'), alternative='greater')}\n"
    assert "one-sided (greater)" in printed.splitlines()[0]


def test_pseudo_counts_are_those_given():
    arguments = ("estimate", "sfo", "--method", "adjusted-wald", "--format", "json")
    default, given = ran(*arguments), ran(*arguments, "--pseudo-counts", "0.75,1.5,0.75")
    assert given == default
    other = ran(*arguments, "--pseudo-counts", " 2, 0,3.5")
    sfo = nps.datasets.load("sfo")["recommend"].pool("year")
    assert json.loads(other) == nps.estimate(sfo, method="adjusted-wald", pseudo_counts=[2, 0, 3.5]).to_records()
    assert other != default


def test_a_seed_makes_a_simulated_interval_repeatable():
    # The years of the data set are too large for an enumeration.
    arguments = ("estimate", "sfo", "--method", "bootstrap-t", "--resamples", "99", "--format", "json", "--seed")
    noted = (
        "Note: bootstrap-t of 2 of 2 groups is simulated from 99 resamples; another seed gives slightly other limits\n"
    )
    first = ran(*arguments, "0", noted=noted)
    assert ran(*arguments, "0", noted=noted) == first
    assert ran(*arguments, "1", noted=noted) != first
    sfo = nps.datasets.load("sfo")["recommend"].pool("year")
    expected = nps.estimate(sfo, method="bootstrap-t", rng=0, n_resamples=99)
    assert json.loads(first) == expected.to_records()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--method", "adjusted-wald", "--pseudo-counts", "a"],
            "`--pseudo-counts` must be numbers separated by commas",
        ),
        (["--method", "adjusted-wald", "--pseudo-counts", ""], "such as 1,1,1; got ''"),
        (["--method", "adjusted-wald", "--pseudo-counts", "1;2;1"], "got '1;2;1'"),
        (["--method", "adjusted-wald", "--pseudo-counts", "1,2"], "one number, 0 or more, for each of the 3 values"),
        (["--method", "adjusted-wald", "--pseudo-counts=-1,1,1"], "one number, 0 or more, for each of the 3 values"),
        (
            ["--method", "adjusted-wald", "--pseudo-counts", "nan,1,1"],
            "one number, 0 or more, for each of the 3 values",
        ),
        (
            ["--pseudo-counts", "1,1,1"],
            "`--pseudo-counts` is an argument of method 'adjusted-wald' only; method 'score' adds",
        ),
        (["--seed", "0"], "method 'score' needs no random numbers"),
        (["--method", "wald", "--resamples", "9"], "`--resamples` is an argument of method"),
        (["--method", "nosuch", "--seed", "0"], "`--method` must be one of 'score'"),
    ],
)
def test_options_of_one_method_are_checked(options, message, folder):
    assert message in refused("estimate", "old.csv", "--rating", "r", *options)


@pytest.mark.parametrize(
    ("command", "options", "shown"),
    [
        ("estimate", ["--alternative", "up"], "'two-sided', 'less', 'greater'"),
        ("compare", ["--alternative", ""], "'two-sided', 'less', 'greater'"),
        ("report", ["--alternative", "less"], "--alternative"),
        ("estimate", ["--method", "bootstrap-t", "--seed", "-1"], "--seed"),
        ("estimate", ["--method", "bootstrap-t", "--seed", "x"], "--seed"),
        ("estimate", ["--method", "bootstrap-t", "--resamples", "0"], "--resamples"),
        ("posterior", ["--greater-than", "high"], "--greater-than"),
    ],
)
def test_values_that_no_option_has_are_wrong_usage(command, options, shown, folder):
    assert shown in refused(command, "old.csv", "--rating", "r", *options, status=2)


@pytest.mark.parametrize("method", sorted(set(ONE_SAMPLE_METHODS) - set(CONTRAST_METHODS)))
def test_a_number_is_compared_with_by_the_methods_of_estimate(method, folder):
    done = run("compare", "old.csv", "--rating", "r", "--reference", "5", "--method", method, "--format", "json")
    assert done.exit_code == 0
    assert all(line.startswith("Note: method ") for line in done.stderr.splitlines())
    (record,) = json.loads(done.stdout)
    assert 0 < record["pvalue"] <= 1
    assert record["low"] < record["difference"] < record["high"]
    message = refused("compare", "old.csv", "--rating", "r", "--by", "store", "--method", method)
    assert "`--method` " in message


# --------------------------------------------------------------------------------------------------- posterior


def test_a_posterior_is_the_table_of_the_result(folder):
    arguments = ("posterior", "old.csv", "--rating", "r", "--by", "store")
    found = nps.posterior(counts("old.csv", by="store"))
    assert ran(*arguments) == f"{found}\n"
    assert ran(*arguments, "--format", "markdown") == f"{found.to_markdown()}\n"
    assert json.loads(ran(*arguments, "--format", "json")) == found.to_records()


def test_a_posterior_has_a_column_for_each_number_of_points(folder):
    arguments = ("posterior", "old.csv", "--rating", "r", "--by", "store")
    points = ("--greater-than", "30", "--greater-than=-12.5", "--greater-than", "30.0")
    found = nps.posterior(counts("old.csv", by="store"))
    frame = found.to_frame().assign(
        **{
            "probability_greater_than_30": found.probability(greater_than=30),
            "probability_greater_than_-12.5": found.probability(greater_than=-12.5),
        }
    )
    text = ran(*arguments, *points, "--format", "csv")
    printed = pd.read_csv(io.StringIO(text))
    pd.testing.assert_frame_equal(printed, frame, rtol=1e-12, atol=0)  # as above
    records = json.loads(ran(*arguments, *points, "--format", "json"))
    pd.testing.assert_frame_equal(pd.DataFrame(records), frame, check_exact=True)
    heading, _, header, *rows = ran(*arguments, *points).splitlines()
    assert heading == found.heading()
    assert re.split("  +", header)[-3:] == ["high", "P(> 30)", "P(> -12.5)"]
    assert len(rows) == 2
    assert ran(*arguments, *points, "--format", "markdown").splitlines()[0].endswith("| P(\\> 30) | P(\\> -12.5) |")


def test_probabilities_are_those_of_a_beta_distribution_where_there_are_two_values(folder):
    from scipy.stats import beta

    (folder / "x.csv").write_text("r\n" + "5\n" * 13 + "2\n" * 5)
    points = ("--greater-than", "60", "--greater-than", "90")
    (record,) = json.loads(ran("posterior", "x.csv", "--rating", "r", "--metric", "csat", *points, "--format", "json"))
    # Jeffreys' prior adds one half to 13 satisfied respondents and to 5 others; both sides to about 1e-13.
    np.testing.assert_allclose(
        [record["mean"], record["probability_greater_than_60"], record["probability_greater_than_90"]],
        [100 * 13.5 / 19, beta.sf(0.6, 13.5, 5.5), beta.sf(0.9, 13.5, 5.5)],
        rtol=1e-10,
    )


@pytest.mark.parametrize(
    ("prior", "expected"),
    [("jeffreys", "jeffreys"), ("uniform", "uniform"), ("haldane", "haldane"), ("1, 2,0.5", [1, 2, 0.5])],
)
def test_a_prior_is_a_name_or_numbers(prior, expected, folder):
    printed = ran("posterior", "z=old.csv", "a=new.csv", "--rating", "r", "--prior", prior, "--format", "json")
    both = counts("old.csv").with_group("period", "z") + counts("new.csv").with_group("period", "a")
    assert json.loads(printed) == nps.posterior(both.select("z", "a"), prior=expected).to_records()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--prior", "flat"], "`--prior` must be one of jeffreys, uniform, haldane or numbers separated by commas"),
        (["--prior", ""], "such as 1,1,1; got ''"),
        (["--prior", "1,,1"], "got '1,,1'"),
        (["--prior", "1,1"], "`--prior` must hold 3 numbers"),
        (["--prior=-1,1,1"], "`--prior` must hold finite numbers, 0 or more"),
        (["--prior", "1,inf,1"], "`--prior` must hold finite numbers, 0 or more"),
        (["--greater-than", "nan"], "`--greater-than` must be a number of points; got nan"),
        (["--metric", "csat"], "`r` must be whole numbers 1-5"),
        (["--metric", "NPS"], "`--metric` must be one of nps"),
        (["--by", "shop"], "there is no column 'shop'"),
    ],
)
def test_a_posterior_without_sense_is_refused(options, message, folder):
    assert message in refused("posterior", "old.csv", "--rating", "r", *options)


def test_a_posterior_needs_the_same_options_as_an_estimate(folder):
    assert "`--rating` must name the column of the ratings" in refused("posterior", "old.csv")
    assert "there is no file no.csv" in refused("posterior", "no.csv", "--rating", "r")
    (folder / "bad.csv").write_text("r\n9\n11\n")
    assert "--missing-code 11" in refused("posterior", "bad.csv", "--rating", "r")
    (folder / "x.csv").write_text(" r ,id\n9,1\n")
    assert run("posterior", "x.csv", "--rating", "r").stderr.startswith("Note: x.csv: column ' r ' is read as 'r'")


def test_a_probability_near_1_is_printed_in_any_encoding(folder):
    arguments = ("posterior", "sfo", "--greater-than", "30")
    assert "1 − " in ran(*arguments)
    done = process(*arguments, env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, CAVEAT.encode())
    assert b"1 - " in done.stdout


# ------------------------------------------------------------------------------------ differences, all designs


MONTHS = "r,month\n" + "".join(
    f"{rating},2024-{month:02d}\n" for month in range(1, 7) for rating in [10] * (8 + 3 * month) + [8] * 20 + [3] * 15
)
WIDE = "id,spring,autumn,store\n" + "".join(
    f"{i},{a},{b},{1 + i % 2}\n"
    for i, (a, b) in enumerate([(9, 10), (8, 9), (3, 7), (10, 6), (7, 7), (0, 9), (9, ""), ("", 4)] * 8)
)
LONG = "id,wave,r\n" + "".join(
    f"{row.split(',')[0]},{wave},{row.split(',')[place]}\n"
    for row in WIDE.splitlines()[1:]
    for place, wave in ((1, 2024), (2, 2025))
)


@pytest.fixture
def more(folder):
    """A folder with a series of months and with two ratings of the same people, wide and long."""
    for name, content in {"months.csv": MONTHS, "wide.csv": WIDE, "long.csv": LONG}.items():
        (folder / name).write_text(content)
    return folder


def in_every_form(result, *arguments, noted=""):
    """Check what a command prints, in each format."""
    told = "\n".join(result.sentences()) if not hasattr(result, "reading") else result.reading()
    assert ran(*arguments, noted=noted) == f"{result}\n\n{told}\n"
    assert ran(*arguments, "--format", "markdown", noted=noted) == f"{result.to_markdown()}\n"
    assert json.loads(ran(*arguments, "--format", "json", noted=noted)) == result.to_records()
    printed = pd.read_csv(io.StringIO(ran(*arguments, "--format", "csv", noted=noted)))
    assert list(printed.columns) == list(result.to_frame().columns)
    assert len(printed) == len(result)


def months(**more):
    return nps.tabulate(Path("months.csv"), rating="r", by="month", **more)


def test_a_difference_may_be_asked_in_all_ways(more):
    arguments = ("months.csv", "--rating", "r", "--by", "month")
    in_every_form(
        nps.compare(months(), reference="2024-01", adjustment="max-z", null_difference=-2, alternative="greater"),
        "compare", *arguments, "--reference", "2024-01", "--adjustment", "max-z", "--null-difference=-2",
        "--alternative", "greater",
    )  # fmt: skip
    in_every_form(
        nps.compare(months(), reference="previous", window=2),
        "compare", *arguments, "--window", "2", noted="Note: windows of 2 periods, called by their last one\n",
    )  # fmt: skip
    whole = nps.compare(months(), reference="total")
    in_every_form(whole, "compare", *arguments, "--reference", "total", noted=f"Note: {whole.notes[-1]}\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nps.SmallSampleWarning)
        permuted = nps.compare(months(), reference="previous", method="permutation", rng=5, n_resamples=99)
        added = nps.compare(months(), reference="previous", method="adjusted-wald", pseudo_counts=[1, 1, 1])
    done = run("compare", *arguments, "--method", "permutation", "--seed", "5", "--resamples", "99", "--format", "json")
    assert json.loads(done.stdout) == permuted.to_records()
    done = run(
        "compare", *arguments, "--method", "adjusted-wald", "--pseudo-counts", "1,1,1", "--adjustment", "none",
        "--format", "json",
    )  # fmt: skip
    assert [row["low"] for row in json.loads(done.stdout)] == list(added.low)
    assert [row["adjusted_pvalue"] for row in json.loads(done.stdout)] == list(added.pvalue)


def test_who_says_that_groups_overlap_is_warned(more):
    done = run("compare", "months.csv", "--rating", "r", "--by", "month", "--overlap", "unknown")
    assert done.exit_code == 0
    assert "Note: the groups share respondents, and these counts do not say which" in done.stderr
    assert "--reference total or --overlap contained" in done.stderr


def test_of_many_differences_the_detected_ones_are_told(folder):
    rows = [f"{rating},s{store:02d}\n" for store in range(20) for rating in [10] * 30 + [3] * (2 if store == 7 else 40)]
    (folder / "x.csv").write_text("r,store\n" + "".join(rows))
    text = ran("compare", "x.csv", "--rating", "r", "--by", "store", "--reference", "rest")
    result = nps.compare(nps.tabulate(Path("x.csv"), rating="r", by="store"), reference="rest")
    table, told = text.split("\n\n", 1)[1].split("\n\n")
    assert len(table.splitlines()) == 21
    assert told.splitlines() == [
        result.reading().splitlines()[0],
        result.sentences()[7],
        "The other 19 are in the table.",
    ]


def test_groups_without_a_rating_may_be_left_out(folder):
    (folder / "x.csv").write_text("r,g\n9,a\n8,a\n,b\n3,c\n10,c\n")
    arguments = ("x.csv", "--rating", "r", "--by", "g")
    answered = nps.tabulate(Path("x.csv"), rating="r", by="g").answered()
    for command in ("estimate", "compare", "homogeneity"):
        assert "Leave them out with `--answered`" in refused(command, *arguments)
    assert ran("estimate", *arguments, "--answered") == f"{nps.estimate(answered)}\n"
    in_every_form(nps.compare(answered, reference="previous"), "compare", *arguments, "--answered")
    in_every_form(
        nps.equivalence(answered, reference="previous", margin=20), "equivalence", *arguments, "--margin", "20",
        "--answered",
    )  # fmt: skip
    in_every_form(nps.homogeneity(answered), "homogeneity", *arguments, "--answered")
    assert ran("posterior", *arguments, "--answered") == f"{nps.posterior(answered)}\n"


def test_equivalence_is_the_table_and_its_sentences(more):
    arguments = ("equivalence", "months.csv", "--rating", "r", "--by", "month", "--margin", "30")
    in_every_form(nps.equivalence(months(), reference="previous", margin=30), *arguments)
    expected = nps.equivalence(
        months(), reference="rest", margin=30, claim="non-inferiority", method="mover", confidence_level=0.9
    )
    in_every_form(
        expected, *arguments, "--claim", "non-inferiority", "--reference", "rest", "--method", "mover",
        "--confidence-level", "0.9",
    )  # fmt: skip


def test_homogeneity_is_the_table_and_its_sentences(more):
    arguments = ("homogeneity", "months.csv", "--rating", "r", "--by", "month")
    in_every_form(nps.homogeneity(months()), *arguments)
    in_every_form(
        nps.homogeneity(months(), method="permutation", rng=3, n_resamples=99),
        *arguments, "--method", "permutation", "--seed", "3", "--resamples", "99",
    )  # fmt: skip


def test_trend_is_the_table_and_its_sentences(more):
    arguments = ("trend", "months.csv", "--rating", "r", "--by", "month")
    in_every_form(nps.trend(months()), *arguments)
    in_every_form(
        nps.trend(months(), season=1, overdispersion=False, alternative="greater", confidence_level=0.9),
        *arguments, "--season", "1", "--no-overdispersion", "--alternative", "greater", "--confidence-level", "0.9",
    )  # fmt: skip
    in_every_form(nps.trend(months(), season="quarter"), *arguments, "--season", "quarter")
    files = [f"{year}={name}.csv" for year, name in ((2022, "old"), (2023, "new"), (2024, "old"), (2025, "new"))]
    assert "4 years" in ran("trend", *files, "--rating", "r")
    assert "must be in order of time" in refused("trend", *files[::-1], "--rating", "r")


def test_changes_are_the_table_and_its_sentences(more):
    arguments = ("changes", "months.csv", "--rating", "r", "--by", "month", "--seed", "1")
    in_every_form(nps.find_changes(months(), rng=1, penalty=3), *arguments, "--penalty", "3")
    in_every_form(
        nps.find_changes(months(), rng=1, penalty=1, on="ratings", exchange="periods", max_changes=1, n_resamples=99),
        *arguments, "--penalty", "1", "--on", "ratings", "--exchange", "periods", "--max-changes", "1",
        "--resamples", "99",
    )  # fmt: skip


def test_without_a_change_there_is_a_sentence_and_no_table(folder):
    (folder / "flat.csv").write_text("r,year\n" + "".join(f"{r},{y}\n" for y in range(2019, 2025) for r in (3, 8, 10)))
    arguments = ("changes", "flat.csv", "--rating", "r", "--by", "year", "--seed", "1")
    result = nps.find_changes(nps.tabulate(Path("flat.csv"), rating="r", by="year"), rng=1)
    assert ran(*arguments) == f"{result.heading()}\n\n{result.sentences()[0]}\n"
    assert json.loads(ran(*arguments, "--format", "json")) == []


ONCE = "Note: only those who answered both waves are compared; 8 answered the first only and 8 the second only\n"


def test_pairs_are_read_wide_and_long(more):
    wide = nps.tabulate_pairs(Path("wide.csv"), "spring", "autumn")
    columns = ("pairs", "wide.csv", "--first", "spring", "--second", "autumn")
    in_every_form(nps.compare(wide), *columns, noted=ONCE)
    assert ran(*columns, "--respondent", "id", noted=ONCE) == ran(*columns, noted=ONCE)
    # The labels of the waves are numbers in the file, and texts on the command line.
    long = nps.tabulate_pairs(Path("long.csv"), 2024, 2025, rating="r", respondent="id", period="wave")
    rows = ("pairs", "long.csv", "--rating", "r", "--respondent", "id", "--period", "wave")
    in_every_form(nps.compare(long), *rows, "--first", "2024", "--second", "2025", noted=ONCE)
    assert list(nps.compare(long).low) == list(nps.compare(wide).low)
    by = nps.tabulate_pairs(Path("wide.csv"), "spring", "autumn", by="store")
    in_every_form(nps.compare(by), *columns, "--by", "store", noted=ONCE)


def test_pairs_take_the_options_of_a_difference(more):
    wide = nps.tabulate_pairs(Path("wide.csv"), "spring", "autumn")
    columns = ("pairs", "wide.csv", "--first", "spring", "--second", "autumn")
    in_every_form(
        nps.compare(wide, method="sign-flip", rng=1, n_resamples=99, alternative="greater", null_difference=-1),
        *columns, "--method", "sign-flip", "--seed", "1", "--resamples", "99", "--alternative", "greater",
        "--null-difference=-1", noted=ONCE + flips(wide),
    )  # fmt: skip
    for respondents in ("all", "optimal"):
        in_every_form(nps.compare(wide, respondents=respondents), *columns, "--respondents", respondents)


def flips(pairs):
    """The note on simulated sign flips, if these are so many that they are simulated."""
    notes = nps.compare(pairs, method="sign-flip", rng=1, n_resamples=99).notes
    return "".join(f"Note: {note}\n" for note in notes if "flips" in note)


def test_flows_are_those_of_the_pairs(more):
    wide = nps.tabulate_pairs(Path("wide.csv"), "spring", "autumn", by="store")
    flows = nps.transitions(wide, confidence_level=0.9)
    noted = "".join(f"Note: {note}\n" for note in flows.notes)
    assert "left out are 8 rated in spring only" in noted
    columns = ("pairs", "wide.csv", "--first", "spring", "--second", "autumn", "--by", "store", "--flows")
    in_every_form(flows, *columns, "--confidence-level", "0.9", noted=noted)
    for option in (["--method", "wald"], ["--respondents", "all"]):
        assert f"`{option[0]}` is for the difference, not for `--flows`" in refused(*columns, *option)


def test_respondents_with_several_rows_are_refused_or_chosen(folder):
    (folder / "x.csv").write_text("id,a,b\n1,9,10\n1,3,4\n2,8,9\n")
    arguments = ("pairs", "x.csv", "--first", "a", "--second", "b", "--respondent", "id")
    message = refused(*arguments)
    assert "1 respondent has several ratings in 'a'" in message
    assert "pass --duplicates first, last or mean to keep the first, the last or the mean" in message
    for duplicates in ("first", "last"):
        pairs = nps.tabulate_pairs(Path("x.csv"), "a", "b", respondent="id", duplicates=duplicates)
        in_every_form(nps.compare(pairs), *arguments, "--duplicates", duplicates)


def test_who_changes_the_group_counts_in_the_one_that_is_chosen(folder):
    (folder / "x.csv").write_text("id,w,g,r\n1,1,a,9\n1,2,b,10\n2,1,a,3\n2,2,a,8\n3,1,b,9\n3,2,b,9\n")
    rows = ("pairs", "x.csv", "--rating", "r", "--respondent", "id", "--period", "w", "--first", "1", "--second", "2")
    assert "Pass --by-from first or --by-from second" in refused(*rows, "--by", "g")
    printed = ran(*rows, "--by", "g", "--by-from", "second", "--format", "json")
    assert [(row["g"], row["n"]) for row in json.loads(printed)] == [("a", 1), ("b", 2)]
    (folder / "x.csv").write_text("id,w,g,r\n1,1,a,9\n1,2,a,10\n2,1,a,3\n2,2,a,8\n3,1,b,9\n")
    assert "Leave them out with `--answered`" in refused(*rows, "--by", "g")
    assert len(json.loads(ran(*rows, "--by", "g", "--answered", "--format", "json"))) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--first", "2023", "--second", "2025"],
            "`--first` must be a label of the column 'wave', which has 2024, 2025",
        ),
        (["--first", "2024", "--second", "2024"], "must be two different labels; both are 2024"),
        (["--first", "2024", "--first", "2023", "--second", "2025"], "are one period each"),
        (["--first", "2024", "--second", "2025", "--duplicates", "any"], "`--duplicates` must be 'error', 'first'"),
        (
            ["--first", "2024", "--second", "2025", "--respondents", "id"],
            "`--respondents` must be one of 'paired', 'all'",
        ),
        (["--first", "2024", "--second", "2025", "--method", "welch"], "`--method` must be one of 'score'"),
        (["--first", "2024", "--second", "2025", "--metric", "NPS"], "`--metric` must be one of nps"),
    ],
)
def test_pairs_that_are_none_are_refused(options, message, more):
    assert message in refused("pairs", "long.csv", "--rating", "r", "--respondent", "id", "--period", "wave", *options)


def test_pairs_need_to_know_who_is_who(more):
    waves = ("--first", "2024", "--second", "2025")
    message = refused("pairs", "long.csv", "--rating", "r", "--period", "wave", *waves)
    assert "need `--rating`, `--respondent` and `--period`; there is no `--respondent`" in message
    assert "there is no `--period`" in refused("pairs", "long.csv", "--rating", "r", "--respondent", "id", *waves)
    assert "there is no column '2024'" in refused("pairs", "long.csv", *waves)
    message = refused("pairs", "2024=old.csv", "2025=new.csv", "--rating", "r", "--respondent", "id", *waves)
    assert "pairs are matched within the files: LABEL=PATH does not say who is who; got '2024=old.csv'" in message
    assert "Missing option '--second'" in refused("pairs", "long.csv", "--first", "2024", status=2)


# -------------------------------------------------------------------------------------------------------- plan


@pytest.mark.parametrize(
    ("options", "plan"),
    [
        (["--difference", "5"], lambda s: nps.sample_size(s, difference=5)),
        (["--width", "10"], lambda s: nps.sample_size(s, width=10)),
        (["--margin", "5", "--alternative", "greater"], lambda s: nps.sample_size(s, margin=5, alternative="greater")),
        (
            ["--difference", "5,10", "--power", "0.8,0.9"],
            lambda s: nps.sample_size(s, difference=[[5], [10]], power=[[0.8, 0.9]]),
        ),
        (["--n", "500"], lambda s: nps.detectable_difference(s, n=500)),
        (["--n", "500", "--power", "0.9"], lambda s: nps.detectable_difference(s, n=500, power=0.9)),
        (["--n", "500,900", "--difference", "5"], lambda s: nps.power(s, n=[500, 900], difference=5)),
        (["--n", "5000", "--margin", "5"], lambda s: nps.power(s, n=5000, margin=5)),
        (
            ["--shares-reference", "0.3,0.4,0.3"],
            lambda s: nps.sample_size(s, shares_reference=[0.3, 0.4, 0.3]),
        ),
        (
            ["--shares-reference", "0.3,0.4,0.3", "--n", "400"],
            lambda s: nps.power(s, shares_reference=[0.3, 0.4, 0.3], n=400),
        ),
        (
            ["--n", "12", "--difference", "40", "--exact"],
            lambda s: nps.power(s, n=12, difference=40, exact=True),
        ),
        (
            ["--difference", "5", "--design", "overlapping", "--correlation", "0.5", "--overlap", "0.4",
             "--comparisons", "3", "--design-effect", "1.5", "--population", "90000", "--response-rate", "0.25",
             "--ratio", "2"],
            lambda s: nps.sample_size(
                s, difference=5, design="overlapping", correlation=0.5, overlap=0.4, comparisons=3, design_effect=1.5,
                population=90_000, response_rate=0.25, ratio=2,
            ),
        ),
        (
            ["--difference", "5", "--n-reference", "4000", "--confidence-level", "0.9"],
            lambda s: nps.sample_size(s, difference=5, n_reference=4000, confidence_level=0.9),
        ),
    ],
)  # fmt: skip
def test_a_plan_answers_what_was_not_given(options, plan):
    in_every_form(plan([0.2, 0.4, 0.4]), "plan", "--shares", "0.2,0.4,0.4", *options)


def test_a_plan_rests_on_shares_or_on_an_earlier_wave(more):
    shares = "0.12,0.05,0.03;0.04,0.3,0.09;0.01,0.06,0.3"
    joint = [[0.12, 0.05, 0.03], [0.04, 0.3, 0.09], [0.01, 0.06, 0.3]]
    expected = nps.sample_size(joint, difference=5, design="paired")
    in_every_form(expected, "plan", "--shares", shares, "--difference", "5", "--design", "paired")
    pilot = nps.sample_size(counts("old.csv"), difference=5)
    in_every_form(pilot, "plan", "old.csv", "--rating", "r", "--difference", "5")
    in_every_form(nps.sample_size(counts("old.csv") + counts("new.csv"), width=10), "plan", "old.csv", "new.csv",
                  "--rating", "r", "--width", "10")  # fmt: skip
    top = nps.sample_size([0.3, 0.7], width=10, metric=nps.CSAT)
    in_every_form(top, "plan", "--shares", "0.3,0.7", "--metric", "csat", "--width", "10")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "a plan needs `--shares`, such as 0.2,0.4,0.4, or the files of an earlier wave: one of them"),
        (["old.csv", "--shares", "0.2,0.4,0.4"], "a plan needs `--shares`"),
        (["old.csv", "--difference", "5"], "`--rating` must name the column of the ratings"),
        (["--shares", "0.2,0.4,0.4"], "a plan needs a goal: pass `--width`, `--difference` or `--margin`"),
        (["--shares", "20,40,40", "--width", "5"], "`--shares` must hold one share for each of the 3 values"),
        (
            ["--shares", "a", "--width", "5"],
            "`--shares` must be numbers separated by commas, such as 0.2,0.4,0.4; got 'a'",
        ),
        (
            ["--shares", "0.2,0.4,0.4", "--width", "x"],
            "`--width` must be numbers separated by commas, such as 5,10; got 'x'",
        ),
        (["--shares", "0.2,0.4,0.4", "--n", "9", "--width", "5"], "`--width` and `--n` say the same thing"),
        (
            ["--shares", "0.2,0.4,0.4", "--n", "9", "--power", "0.8", "--difference", "5"],
            "`--n`, `--power` and a goal leave nothing to compute",
        ),
        (["--shares", "0.2,0.4,0.4", "--difference", "5", "--power", "80"], "For 80 % pass 0.8"),
        (["--shares", "0.2,0.4,0.4", "--difference", "5", "--metric", "NPS"], "`--metric` must be one of nps"),
        (
            ["--shares", "0.2,0.4,0.4", "--difference", "5", "--response-rate", "2"],
            "`--response-rate` must be a number",
        ),
    ],
)
def test_a_plan_without_sense_is_refused(options, message, folder):
    assert message in refused("plan", *options)


# ------------------------------------------------------------------------------------------ words of the program


def options_of(command):
    return {
        name.replace("_", "-")
        for registered in app.registered_commands
        if command in (None, registered.name)
        for name in inspect.signature(registered.callback).parameters
    }


def test_arguments_that_messages_name_are_options():
    assert {showing.OTHERWISE.get(name, name.replace("_", "-")) for name in showing.ARGUMENTS} <= options_of(None)
    # And none that the library has under this name is forgotten.
    library = {name for asked in (nps.compare, nps.equivalence, nps.homogeneity, nps.trend, nps.find_changes,
                                  nps.sample_size, nps.power, nps.tabulate_pairs, nps.posterior, nps.estimate)
               for name in inspect.signature(asked).parameters}  # fmt: skip
    assert {name.replace("_", "-") for name in library} & options_of(None) <= {
        name.replace("_", "-") for name in showing.ARGUMENTS
    }


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("`null_difference` must lie", "`--null-difference` must lie"),
        ("`n_resamples` must be 19", "`--resamples` must be 19"),
        ("Use method='score'.", "Use --method score."),
        ("pass `duplicates='first'`, `'last'` or `'mean'` to", "pass --duplicates first, last or mean to"),
        ("Leave them out with `counts.answered()`.", "Leave them out with `--answered`."),
        (
            "`Q7` must be whole numbers; pass `missing_codes=['x']`",
            "`Q7` must be whole numbers; pass `missing_codes=['x']`",
        ),
        ("the labels are 'method', 'by'", "the labels are 'method', 'by'"),
        ("Write them as 2024, or pass `times`: for each group when it was asked, in years.", "Write them as 2024."),
    ],
)
def test_messages_call_arguments_by_their_options(said, told):
    assert showing._with_options(said) == told


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (
            "compare",
            ["holm, benjamini-hochberg, max-z", "previous, year-before, rest, total, all-pairs", "none, contained"],
        ),
        ("pairs", ["paired, all, optimal", "error, first, last or mean", "sign-flip"]),
        ("equivalence", ["equivalence, non-inferiority, non-superiority"]),
        ("homogeneity", ["score, likelihood, permutation, welch, james, chi-square"]),
        ("plan", ["one-sample, independent, paired, overlapping", "0.2,0.4,0.4"]),
    ],
)
def test_help_names_the_choices(command, words, folder):
    own = " ".join(re.sub(r"[│╭╮╰╯─]", " ", ran(command, "--help")).split())
    assert not [word for word in words if word not in own]


def test_help_lists_the_commands_by_what_they_are_for(folder):
    text = ran("--help")
    places = [text.index(title) for title in ("Scores ─", "Differences ─", "Over time ─", "Before the survey ─")]
    assert places == sorted(places)
    for command in ("pairs", "homogeneity", "trend", "changes", "plan"):
        assert f"│ {command} " in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["trend", "sfo"],
        ["changes", "no.csv", "--rating", "r", "--by", "m"],
        ["trend", "months.csv", "--rating", "r", "--by", "month", "--season", "x"],
        ["trend", "months.csv", "--rating", "r", "--by", "r"],
        ["changes", "months.csv", "--rating", "r", "--by", "month", "--on", "score"],
        ["changes", "months.csv", "--rating", "r", "--by", "month", "--penalty", "0"],
        ["changes", "months.csv", "--rating", "r", "--by", "month", "--resamples", "3"],
        ["homogeneity", "months.csv", "--rating", "r", "--by", "month", "--method", "anova"],
        ["homogeneity", "months.csv", "--rating", "r"],
        ["equivalence", "months.csv", "--rating", "r", "--by", "month", "--margin", "0"],
        ["equivalence", "months.csv", "--rating", "r", "--by", "month", "--margin", "5", "--claim", "same"],
        ["compare", "months.csv", "--rating", "r", "--by", "month", "--window", "9"],
        ["compare", "months.csv", "--rating", "r", "--by", "month", "--adjustment", "bonferroni"],
        ["compare", "months.csv", "--rating", "r", "--by", "month", "--overlap", "some"],
        ["compare", "months.csv", "--rating", "r", "--by", "month", "--null-difference", "250"],
        ["report", "months.csv", "--rating", "r", "--by", "month", "--adjustment", "x"],
    ],
    ids=" ".join,
)
def test_bad_input_ends_in_one_message(arguments, more):
    message = refused(*arguments)
    # No argument is called as in Python.
    assert not re.search(rf"`({'|'.join(showing.ARGUMENTS)})`", message)


# ------------------------------------------------------------------------------------------------------ report


def test_report_sfo_writes_a_page_and_prints_its_findings(folder):
    done = run("report", "sfo")
    assert done.exit_code == 0
    assert done.stderr == "The report is in npsstats-report.html.\n"
    made = nps.report(nps.datasets.load("sfo")["recommend"].pool("year"))
    assert done.stdout == f"{made.estimates}\n\n{made.differences}\n\n" + "\n".join(made.sentences()) + "\n"
    assert (folder / "npsstats-report.html").read_text(encoding="utf-8") == made.to_html()
    assert sorted(path.name for path in folder.iterdir()) == ["new.csv", "npsstats-report.html", "old.csv"]


def test_a_report_takes_all_options(folder):
    done = run(
        "report", "b=old.csv", "a=new.csv", "--rating", "r", "--reference", "a", "--method", "wald",
        "--confidence-level", "0.9", "--title", "Our <survey>", "--metric", "enps", "-o", "out.html",
    )  # fmt: skip
    assert done.exit_code == 0
    text = (folder / "out.html").read_text(encoding="utf-8")
    assert "<h1>Our &lt;survey&gt;</h1>" in text
    assert "eNPS of b is" in text
    assert "90 % Wald interval" in text


@pytest.mark.parametrize(
    ("options", "kind", "name"),
    [
        (["-o", "x.html"], "html", "x.html"),
        (["-o", "x.md"], "markdown", "x.md"),
        (["-o", "x.MARKDOWN"], "markdown", "x.MARKDOWN"),
        (["-o", "x.txt"], "html", "x.txt"),
        (["-o", "x.md", "--format", "html"], "html", "x.md"),
        (["--output", "x.html", "--format", "markdown"], "markdown", "x.html"),
        (["--format", "html"], "html", "npsstats-report.html"),
    ],
)
def test_the_kind_of_a_report_follows_format_then_name(options, kind, name, folder):
    done = run("report", "old.csv", "--rating", "r", *options)
    assert done.exit_code == 0
    assert done.stderr == f"The report is in {name}.\n"
    made = nps.report(counts("old.csv"))
    expected = made.to_html() if kind == "html" else made.to_markdown()
    assert (folder / name).read_text(encoding="utf-8") == expected


def test_markdown_goes_to_the_terminal(folder):
    printed = ran("report", "old.csv", "--rating", "r", "--format", "markdown")
    assert printed == nps.report(counts("old.csv")).to_markdown()
    assert sorted(path.name for path in folder.iterdir()) == ["new.csv", "old.csv"]


@pytest.mark.parametrize("output", ["no/such/folder/x.html", "."])
def test_a_report_that_cannot_be_written_is_an_error(output, folder):
    message = refused("report", "old.csv", "--rating", "r", "-o", output)
    assert output in message


def test_a_folder_without_permission_is_an_error(folder):
    locked = folder / "locked"
    locked.mkdir()
    locked.chmod(0o500)
    try:
        (locked / "probe").touch()
    except PermissionError:
        assert "locked" in refused("report", "old.csv", "--rating", "r", "-o", "locked/x.html")
    else:
        pytest.skip("this user may write anywhere")
    finally:
        locked.chmod(0o700)


def test_a_report_replaces_the_one_before(folder):
    (folder / "x.html").write_text("x" * 10**6)
    run("report", "old.csv", "--rating", "r", "-o", "x.html")
    assert (folder / "x.html").read_text(encoding="utf-8") == nps.report(counts("old.csv")).to_html()


def test_a_benchmark_goes_into_a_report(folder):
    done = run("report", "old.csv", "--rating", "r", "--reference", "50", "-o", "x.html")
    assert "points below the benchmark" in done.stdout


# ------------------------------------------------------------------------------------------------ as a process


def test_a_pipe_holds_the_table_and_nothing_else(folder):
    done = process("compare", "z=old.csv", "a=new.csv", "--rating", "r")
    assert (done.returncode, done.stderr) == (0, b"")
    expected = ran("compare", "z=old.csv", "a=new.csv", "--rating", "r")
    assert done.stdout.decode() == expected.replace("\n", os.linesep)
    assert b"\x1b" not in done.stdout


def test_errors_go_to_the_side_with_status_1_and_usage_with_2(folder):
    done = process("estimate", "no.csv", "--rating", "r")
    assert (done.returncode, done.stdout, done.stderr.split()) == (1, b"", b"Error: there is no file no.csv.".split())
    done = process("estimate")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"\x1b" not in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_a_terminal_with_few_signs_gets_a_table(encoding, folder):
    # Pipes of Windows have such encodings, and the minus sign is not among their signs.
    assert "−" in ran("compare", "z=old.csv", "a=new.csv", "--rating", "r")
    done = process("compare", "z=old.csv", "a=new.csv", "--rating", "r", env={"PYTHONIOENCODING": encoding})
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"group minus reference" in done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_json_loses_no_sign_in_any_encoding(encoding, folder):
    labels = ["日本", "Zürich", "a − b…"]
    (folder / "x.csv").write_text("r,g\n" + "".join(f"9,{label}\n" for label in labels), encoding="utf-8")
    arguments = ("estimate", "x.csv", "--rating", "r", "--by", "g", "--format", "json")
    done = process(*arguments, env={"PYTHONIOENCODING": encoding})
    assert done.returncode == 0
    # ASCII is written as UTF-8, in which it is contained.
    records = json.loads(done.stdout.decode("utf-8" if encoding == "ascii" else encoding))
    assert {record["g"] for record in records} == set(labels)


def test_a_reader_that_stops_early_is_no_error(folder):
    command = f"'{sys.executable}' -m npsstats.cli estimate sfo --format json | true"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_the_command_is_installed():
    from importlib.metadata import entry_points

    (script,) = entry_points(group="console_scripts", name="npsstats")
    assert script.value == "npsstats.cli:app"
    assert script.load() is app


# --------------------------------------------------------------------------------------------------- real files


def test_two_years_of_the_airport_survey_from_their_files(folder, shared_data):
    sources = [f"{year}={shared_data / 'sfo' / f'{year}.csv'}" for year in (2017, 2018)]
    done = run("compare", *sources, "--rating", "NETPRO", "--missing-code", "11", "--format", "json")
    assert done.exit_code == 0
    (record,) = json.loads(done.stdout)
    expected = nps.compare(nps.datasets.load("sfo")["recommend"].pool("year"), reference=2017)
    assert (record["period"], record["reference"], record["n"], record["n_reference"]) == ("2018", "2017", 2650, 2746)
    assert (record["difference"], record["pvalue"]) == (expected.difference[0], expected.pvalue[0])
    assert "--missing-code 11" in refused("compare", *sources, "--rating", "NETPRO")


def test_the_stayers_of_a_panel_from_their_file(folder, shared_data):
    # 3,311 respondents in 2015 and 2019: +0.85 with a standard error of 1.22, and not the 1.64 of other people.
    path = shared_data / "soep" / "soep_practice_long.csv"
    rows = ("--rating", "lebensz_org", "--respondent", "id", "--period", "syear", "--first", "2015", "--second", "2019")
    done = run("pairs", path, *rows, "--format", "json")
    assert done.exit_code == 0
    (record,) = json.loads(done.stdout)
    assert (record["n"], record["n_reference"]) == (3311, 3311)
    assert (round(record["difference"], 2), round(record["standard_error"], 2)) == (0.85, 1.22)
    assert "2,091 answered the first only and 527 the second only" in done.stderr
