"""The command line on samples with weights, strata, clusters or recurring respondents."""

import inspect
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import npsstats as nps
from npsstats.cli import app, showing
from npsstats.cli.options import SurveyOptions

rng = np.random.default_rng(5)
WAVE = pd.DataFrame(
    {
        "r": rng.integers(0, 11, 90),
        "w": rng.integers(1, 4, 90) / 2,
        "school": np.repeat(np.arange(30), 3),
        "region": np.repeat(["n", "s"], 45),
        "pupil": np.arange(90),
        "sex": rng.choice(["f", "m"], 90),
    }
)
SURVEYED = (
    *("estimate", "compare", "equivalence", "homogeneity", "trend", "report", "weights"),
    *("polarisation", "dominance", "flips", "sensitivity", "eights", "decompose", "efficiency"),
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with two waves of the same schools, in a file each and in one with a column of the waves."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    later = WAVE.assign(r=(WAVE.r.to_numpy()[::-1] + 2) % 11, w=WAVE.w.to_numpy()[::-1])
    WAVE.to_csv("a.csv", index=False)
    later.to_csv("b.csv", index=False)
    pd.concat([WAVE.assign(wave=1), later.assign(wave=2)]).to_csv("both.csv", index=False)
    Path("sex.csv").write_text("sex,total\nf,52\nm,48\n")
    return tmp_path


def run(*arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    return done


def ran(*arguments):
    done = run(*arguments)
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    return done.stdout


def refused(*arguments):
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def both(**more):
    """What the library makes of both waves, each under its label."""
    waves = [pd.read_csv(f"{name}.csv").assign(period=name) for name in "ab"]
    return nps.tabulate_survey(pd.concat(waves), "r", by="period", **more)


# ---------------------------------------------------------------------------------------- what options mean


@pytest.mark.parametrize(
    ("options", "meant"),
    [
        ("--weight w", {"weight": "w"}),
        ("--weight w --cluster school", {"weight": "w", "cluster": "school"}),
        ("--strata region --cluster school", {"strata": "region", "cluster": "school"}),
        ("--cluster school --cluster pupil", {"cluster": ["school", "pupil"]}),
        (
            "--strata school --cluster pupil --lonely certainty",
            {"strata": "school", "cluster": "pupil", "lonely": "certainty"},
        ),
        ("--cluster school --fpc 60", {"cluster": "school", "fpc": 60}),
        ("--cluster school --fpc 0.25", {"cluster": "school", "fpc": 0.25}),
        ("--strata sex --cluster school --nest", {"strata": "sex", "cluster": "school", "nest": True}),
        ("--respondent pupil --duplicates all", {"respondent": "pupil", "duplicates": "all"}),
        ("--margins sex.csv", {"margins": {"sex": {"f": 0.52, "m": 0.48}}}),
        (
            "--weight w --margins sex.csv --calibration logit --bounds 0.5,2",
            {"weight": "w", "margins": {"sex": {"f": 52, "m": 48}}, "calibration": "logit", "bounds": (0.5, 2)},
        ),
        ("--weight w --trim 0.9,1.5", {"weight": "w", "trim": (0.9, 1.5)}),
    ],
)
def test_options_are_the_arguments_of_the_library(options, meant, folder):
    counts = nps.tabulate_survey("both.csv", "r", by="wave", **meant)
    result = nps.compare(counts, reference="previous")
    done = run("compare", "both.csv", "--rating", "r", "--by", "wave", *options.split(), "--format", "json")
    assert json.loads(done.stdout) == result.to_records()
    # What was done to the data is said on the side.
    assert done.stderr == "".join(f"Note: {note}\n" for note in result.notes)


def test_the_last_column_of_margins_must_be_totals(folder):
    for text in ("sex,share,comment\nf,0.52,registry\nm,0.48,registry\n", "sex,share,comment\nf,0.52,\nm,0.48,\n"):
        Path("m.csv").write_text(text)
        message = refused("estimate", "a.csv", "--rating", "r", "--margins", "m.csv")
        assert message.endswith(
            "Totals stand in the column 'total', or, if there is none, in the last one, which is 'comment' here.\n"
        )
    Path("m.csv").write_text("sex,total\nf,many\nm,few\n")
    assert "Totals stand" not in refused("estimate", "a.csv", "--rating", "r", "--margins", "m.csv")


def test_margins_of_all_files_are_said_not_to_hold_in_each(folder):
    done = run("estimate", "a=a.csv", "b=b.csv", "--rating", "r", "--margins", "sex.csv", "--format", "json")
    assert done.stderr == "Note: margins hold for all groups together, not within period\n"
    assert run("estimate", "a=a.csv", "--rating", "r", "--margins", "sex.csv", "--format", "json").stderr == ""


@pytest.mark.parametrize("nest", ["--nest", "--no-nest"])
def test_blank_clusters_of_files_stay_blank(folder, nest):
    for name in "ab":
        rows = pd.read_csv(f"{name}.csv", dtype={"school": str})
        rows.loc[[4, 5], "school"] = "  "
        rows.to_csv(f"{name}.csv", index=False)
    message = refused("compare", "a=a.csv", "b=b.csv", "--rating", "r", "--cluster", "school", nest)
    assert (
        "`--cluster` must be known for each row; 4 of 180 have no school or a blank one (first: row 5 of a" in message
    )


def test_columns_of_populations_are_told_from_numbers(folder):
    rows = pd.read_csv("a.csv").assign(schools=90)
    rows.to_csv("size.csv", index=False)
    arguments = ("estimate", "size.csv", "--rating", "r", "--cluster", "school", "--format", "json")
    expected = nps.estimate(nps.tabulate_survey(rows, "r", cluster="school", fpc=90)).to_records()
    assert json.loads(ran(*arguments, "--fpc", "schools")) == expected
    assert json.loads(ran(*arguments, "--fpc", "90")) == expected
    assert json.loads(ran(*arguments)) != expected


def test_without_such_an_option_counts_are_simple(folder):
    assert ran("estimate", "a.csv", "--rating", "r") == f"{nps.estimate(nps.tabulate('a.csv', rating='r'))}\n"


@pytest.mark.parametrize(
    ("command", "asked"),
    [
        ("estimate", nps.estimate),
        ("homogeneity", nps.homogeneity),
        ("compare", lambda counts: nps.compare(counts, reference="previous")),
        ("equivalence", lambda counts: nps.equivalence(counts, margin=30, reference="previous")),
    ],
)
@pytest.mark.parametrize("form", ["json", "csv", "markdown", "text"])
def test_answers_are_printed_in_each_form(command, asked, form, folder):
    result = asked(nps.tabulate_survey("both.csv", "r", by="wave", weight="w", cluster="school"))
    options = ["--margin", "30"] if command == "equivalence" else []
    printed = ran(
        command, "both.csv", "--rating", "r", "--by", "wave", "--weight", "w", "--cluster", "school", *options,
        "--format", form,
    )  # fmt: skip
    if form == "json":
        assert json.loads(printed) == result.to_records()
    elif form == "csv":
        assert printed == result.to_frame().to_csv(index=False)
    elif form == "markdown":
        assert printed == f"{result.to_markdown()}\n"
    else:
        assert printed.startswith(f"{result}\n")


def test_a_trend_respects_the_design(folder):
    years = [pd.read_csv("a.csv").assign(r=(WAVE.r + step) % 11, year=2020 + step) for step in range(5)]
    pd.concat(years).to_csv("years.csv", index=False)
    found = nps.trend(nps.tabulate_survey("years.csv", "r", by="year", cluster="school"))
    printed = ran("trend", "years.csv", "--rating", "r", "--by", "year", "--cluster", "school", "--format", "json")
    assert json.loads(printed) == found.to_records()


def test_groups_without_ratings_can_be_left_out(folder):
    rows = pd.read_csv("both.csv")
    rows.loc[rows.wave == 1, "r"] = None
    rows.to_csv("holes.csv", index=False)
    arguments = ("estimate", "holes.csv", "--rating", "r", "--by", "wave", "--weight", "w")
    assert "Leave them out with `--answered`" in refused(*arguments)
    assert "90" in ran(*arguments, "--answered")


# --------------------------------------------------------------------------------------- files under periods


def test_files_under_periods_are_one_sample(folder):
    arguments = ("compare", "a=a.csv", "b=b.csv", "--rating", "r", "--weight", "w", "--format", "json")
    expected = nps.compare(both(weight="w"), reference="previous")
    assert json.loads(ran(*arguments)) == expected.to_records()


def test_periods_are_in_the_order_given(folder):
    printed = ran("estimate", "z=a.csv", "y=b.csv", "--rating", "r", "--weight", "w", "--format", "json")
    assert [record["period"] for record in json.loads(printed)] == ["z", "y"]
    by = json.loads(
        ran("estimate", "z=a.csv", "y=b.csv", "--rating", "r", "--by", "sex", "--weight", "w", "--format", "json")
    )
    assert [(record["sex"], record["period"]) for record in by] == [("f", "z"), ("f", "y"), ("m", "z"), ("m", "y")]


def test_whether_clusters_of_several_files_are_the_same_must_be_said(folder):
    arguments = ("compare", "a=a.csv", "b=b.csv", "--rating", "r", "--cluster", "school", "--format", "json")
    message = refused(*arguments)
    assert "30 of 30 labels in 'school' are in files of several periods (first: 0)" in message
    assert "Say `--nest` if labels start anew in each period, or `--no-nest` if they are the same clusters" in message
    same = nps.compare(both(cluster="school"), reference="previous")
    waves = [pd.read_csv(f"{name}.csv").assign(period=name) for name in "ab"]
    rows = pd.concat(waves).assign(school=lambda rows: rows.period + rows.school.astype(str))
    anew = nps.compare(nps.tabulate_survey(rows, "r", by="period", cluster="school"), reference="previous")
    assert json.loads(ran(*arguments, "--no-nest")) == same.to_records()
    assert json.loads(ran(*arguments, "--nest")) == anew.to_records()
    assert same.standard_error[0] != anew.standard_error[0]


def test_clusters_of_one_file_each_need_no_word(folder):
    pd.read_csv("b.csv").assign(school=lambda rows: rows.school + 30).to_csv("b.csv", index=False)
    arguments = ("estimate", "a=a.csv", "b=b.csv", "--rating", "r", "--cluster", "school", "--format", "json")
    assert json.loads(ran(*arguments)) == nps.estimate(both(cluster="school")).to_records()
    assert ran(*arguments) == ran(*arguments, "--nest") == ran(*arguments, "--no-nest")


def test_the_same_respondents_in_several_files_are_known(folder):
    arguments = ("compare", "a=a.csv", "b=b.csv", "--rating", "r", "--respondent", "pupil", "--format", "json")
    expected = nps.compare(both(respondent="pupil"), reference="previous")
    assert json.loads(ran(*arguments)) == expected.to_records()
    apart = nps.compare(both(), reference="previous")
    assert expected.standard_error[0] != pytest.approx(apart.standard_error[0], rel=1e-3)


def test_periods_may_be_strata_and_margins(folder):
    Path("m.csv").write_text("period,sex,total\na,f,26\na,m,24\nb,f,30\nb,m,20\n")
    known = {("period", "sex"): {("a", "f"): 26, ("a", "m"): 24, ("b", "f"): 30, ("b", "m"): 20}}
    expected = nps.estimate(both(strata="period", margins=known)).to_records()
    arguments = ("estimate", "a=a.csv", "b=b.csv", "--rating", "r", "--strata", "period", "--format", "json")
    assert json.loads(ran(*arguments, "--margins", "m.csv")) == expected


def test_a_row_is_named_in_its_file(folder):
    rows = pd.read_csv("b.csv").astype({"w": object})
    rows.loc[4, "w"] = -1
    rows.to_csv("b.csv", index=False)
    message = refused("estimate", "a=a.csv", "b=b.csv", "--rating", "r", "--weight", "w")
    assert "first: -1 at row 5 of b.csv" in message
    rows.loc[6, "r"] = 11
    rows.to_csv("b.csv", index=False)
    message = refused("estimate", "a=a.csv", "b=b.csv", "--rating", "r", "--weight", "w")
    assert "1 of 180 is not (first: 11 at row 7 of b.csv" in message
    assert message.endswith("On the command line: --missing-code 11\n")


def test_labels_of_files_under_periods_are_those_of_other_counts(folder):
    # 01 is no number, an empty label is none, and a name may have spaces around it.
    Path("x.csv").write_text("r,g, w \n9,01,1\n3,1,2\n8,,1\n10,b,1\n")
    arguments = ("estimate", "p=x.csv", "--rating", "r", "--by", "g", "--format", "json")
    plain = json.loads(run(*arguments).stdout)
    done = run(*arguments, "--weight", "w")
    weighted = json.loads(done.stdout)
    assert [record["g"] for record in weighted] == [record["g"] for record in plain]
    assert {record["g"] for record in plain} == {"01", 1, None, "b"}
    assert "column ' w ' is read as 'w'" in done.stderr


def test_the_airport_survey_has_its_published_errors(folder, shared_data):
    for year in (2017, 2018):
        rows = pd.read_csv(shared_data / "sfo" / f"{year}.csv", low_memory=False).rename(columns=str.strip)
        rows["RUNID"] = rows.RUNID.astype("Int64").astype("string").fillna("unknown")
        rows[["RUNID", "STRATA", "WEIGHT", "NETPRO"]].to_csv(f"{year}.csv", index=False)
    asked = ("2017=2017.csv", "2018=2018.csv", "--rating", "NETPRO", "--missing-code", "11", "--weight", "WEIGHT",
             "--cluster", "RUNID", "--nest", "--format", "json")  # fmt: skip
    scores = json.loads(ran("estimate", *asked))
    # By R's survey package, to four decimals.
    found = [(record["score"], record["standard_error"]) for record in scores]
    np.testing.assert_allclose(found, [(40.3984, 1.5507), (35.1136, 2.2405)], atol=5e-5)
    (change,) = json.loads(ran("compare", *asked))
    np.testing.assert_allclose([change["difference"], change["standard_error"]], [-5.2848, 2.7248], atol=5e-5)
    stratified = ("--strata", "period", "--strata", "STRATA", "--lonely", "adjust")
    (change,) = json.loads(ran("compare", *asked, *stratified))
    assert change["standard_error"] == pytest.approx(2.6849, abs=5e-5)


# ------------------------------------------------------------------------------------------- weights, report


def test_weights_and_design_effects_are_printed(folder):
    counts = nps.tabulate_survey("both.csv", "r", by="wave", weight="w", cluster="school")
    described, effects = nps.describe_weights(counts), nps.design_effects(counts)
    arguments = ("weights", "both.csv", "--rating", "r", "--by", "wave", "--weight", "w", "--cluster", "school")
    told = ["\n".join(result.sentences()) for result in (described, effects)]
    assert ran(*arguments) == f"{described}\n\n{told[0]}\n\n{effects}\n\n{told[1]}\n"
    assert ran(*arguments, "--format", "markdown") == f"{described.to_markdown()}\n\n{effects.to_markdown()}\n"
    assert json.loads(ran(*arguments, "--format", "json")) == {
        "weights": described.to_records(),
        "design_effects": effects.to_records(),
    }
    for name, result in (("weights", described), ("design-effects", effects)):
        printed = ran(*arguments, "--format", "csv", "--show", name)
        assert list(pd.read_csv(io.StringIO(printed)).columns) == list(result.to_frame().columns)
        assert json.loads(ran(*arguments, "--format", "json", "--show", name)) == result.to_records()
    assert "`--show` must be weights or design-effects for `--format csv`" in refused(*arguments, "--format", "csv")


def test_a_sample_without_weights_has_none_to_tell_of(folder):
    assert "All 90 respondents count the same." in ran("weights", "a.csv", "--rating", "r")


@pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")
def test_a_report_is_on_the_sample(folder):
    done = run("report", "both.csv", "--rating", "r", "--by", "wave", "--weight", "w", "--cluster", "school",
               "--method", "t", "--format", "markdown")  # fmt: skip
    assert done.exit_code == 0
    made = nps.report(nps.tabulate_survey("both.csv", "r", by="wave", weight="w", cluster="school"), method="t")
    assert done.stdout == made.to_markdown()


# --------------------------------------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--weight nope", "there is no column 'nope'"),
        ("--weight sex", "the column 'sex' must hold numbers; 90 of 90 are not"),
        ("--strata sex --cluster school", "If labels start anew in each stratum, pass `--nest`"),
        ("--strata school --cluster region", "a cluster must lie in one stratum"),
        ("--strata region --cluster region", "--lonely adjust, its distance from the whole sample (careful), or "),
        ("--cluster school --fpc 3", "`--fpc` must be at least the number of units in the sample"),
        ("--weight w --lonely no", "`--lonely` must be one of 'error', 'adjust', 'certainty'; got 'no'"),
        ("--duplicates first", "`--duplicates` 'first' needs `--respondent`"),
        ("--respondent sex", "Pass --duplicates first or last to keep one"),
        ("--cluster school --method tango", "For them: 'score', 'likelihood', 't', 'wald'"),
        ("--calibration linear", "`--calibration` says how weights are made to meet margins: pass `--margins` too"),
        ("--bounds 0.3,3", "`--bounds` says how weights are made to meet margins: pass `--margins` too"),
        ("--margins sex.csv --calibration logit", "pass them, such as `--bounds 0.3,3`"),
        ("--margins sex.csv --calibration linear --bounds 1", "`--bounds` must be two numbers such as 0.3,3"),
        ("--margins sex.csv --bounds x", "`--bounds` must be numbers separated by commas, such as 0.3,3; got 'x'"),
        ("--margins sex.csv --calibration x", "`--calibration` must be one of 'raking', 'linear', 'logit'"),
        ("--margins no.csv", "there is no file no.csv"),
        ("--margins one.csv", "`--margins` must be CSV files with columns of categories and one of totals"),
        ("--margins comma.csv", "Write decimals with a point, not with a comma"),
        ("--margins other.csv", "`--margins` for sex must have all categories of the data"),
        ("--margins binary.csv", "`--margins` must be CSV files; binary.csv cannot be read as one"),
        ("--trim 2,3", "`--trim` must be a number from 0 to below 1 and one above 1"),
        ("--trim x", "`--trim` must be numbers separated by commas, such as 0.2,5; got 'x'"),
    ],
)
def test_bad_designs_are_refused_in_words_of_the_command_line(options, message, folder):
    Path("one.csv").write_text("sex\nf\nm\n")
    Path("comma.csv").write_text("sex;total\nf;0,5\nm;0,5\n")
    Path("other.csv").write_text("sex,total\nf,0.5\nx,0.5\n")
    Path("binary.csv").write_bytes(b"\xff\xfe\x00")
    told = refused("estimate", "a.csv", "--rating", "r", *options.split())
    assert message in told
    # No argument is called as in Python.
    assert not re.search(rf"`({'|'.join(showing.ARGUMENTS)})`|tabulate_survey|SurveyCounts", told)


def test_a_data_set_of_counts_has_no_design():
    for command in ("estimate", "compare", "report"):
        assert "`--weight` has no meaning for the data set sfo, which holds counts" in refused(
            command, "sfo", "--weight", "w"
        )
    assert "weights have no meaning for the data set sfo" in refused("weights", "sfo")


# ---------------------------------------------------------------------------------------------- words, help


@pytest.mark.parametrize("command", SURVEYED)
def test_help_shows_the_options_together(command, folder):
    text = ran(command, "--help")
    # They are a box of their own, below the others.
    own = text.split("Weights and design of the sample ─")[1]
    for name in SurveyOptions.__dataclass_fields__:
        assert f"--{name}" in own
    assert "--rating" not in own


def test_other_commands_have_none_of_them():
    for registered in app.registered_commands:
        names = set(inspect.signature(registered.callback).parameters)
        # Several metrics of the same people know a part of them.
        assert ("margins" in names) == (registered.name in SURVEYED)
        assert "survey" not in names


def test_options_have_the_names_of_the_library():
    library = set(inspect.signature(nps.tabulate_survey).parameters)
    assert set(SurveyOptions.__dataclass_fields__) <= library
    assert set(SurveyOptions.__dataclass_fields__) <= set(showing.ARGUMENTS)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("pass `nest=True`; if", "pass `--nest`; if"),
        ('`lonely="adjust"`, its distance', "--lonely adjust, its distance"),
        ('`duplicates="first"` or `"last"` to keep', "--duplicates first or last to keep"),
        ("widen `bounds` (0.9, 1.1), or", "widen `--bounds` 0.9,1.1, or"),
        ("pass them, such as `bounds=(0.3, 3)`.", "pass them, such as `--bounds 0.3,3`."),
        ("two numbers such as (0.2, 5), the", "two numbers such as 0.2,5, the"),
    ],
)
def test_messages_call_designs_by_their_options(said, told):
    assert showing._with_options(said) == told
