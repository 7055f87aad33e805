"""The command line where the single number misleads, and on several metrics of the same people."""

import inspect
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import npsstats as nps
from npsstats.cli import app, showing
from npsstats.cli.program import COMMANDS
from npsstats.cli.reading import read_metric

rng = np.random.default_rng(11)
N = 240
MOOD = rng.normal(0, 1, N)
ROWS = pd.DataFrame(
    {
        "recommend": np.clip(np.round(7.5 + 2 * MOOD + rng.normal(0, 1, N)), 0, 10).astype(int),
        "satisfied": np.clip(np.round(3.5 + MOOD + rng.normal(0, 0.6, N)), 1, 5).astype(int),
        # 5 is much effort.
        "effort": np.clip(np.round(3 - MOOD + rng.normal(0, 0.8, N)), 1, 5).astype(int),
        "left": np.where(MOOD + rng.normal(0, 1.5, N) < -0.5, "yes", "no"),
        "segment": rng.choice(["s", "t"], N),
        "wave": np.repeat([1, 2], N // 2),
        "w": rng.integers(1, 4, N) / 2,
        "school": np.repeat(np.arange(60), 4),
    }
)
EFFORT = nps.effort_score(nps.Scale(1, 5), favourable="low")
RATINGS = {"recommend": nps.NPS, "satisfied": nps.CSAT, "effort": EFFORT}
ASKED = ("--metric", "recommend=nps", "--metric", "satisfied=csat", "--metric", "effort=effort-low:1-5")
LEFT = {"outcome": "left", "outcome_values": {"yes": 1, "no": 0}}
LEAVING = ("--outcome", "left", "--outcome-value", "yes=1", "--outcome-value", "no=0", "--event-is", "bad")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with both waves, in one file and in a file each."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    ROWS.to_csv("all.csv", index=False)
    for wave, rows in ROWS.groupby("wave"):
        rows.drop(columns="wave").to_csv(f"{wave}.csv", index=False)
    return tmp_path


def run(*arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    return done


def ran(*arguments):
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(*arguments):
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def joint(**more):
    return nps.tabulate_joint(ROWS, RATINGS, **{"by": "wave", **more})


def counts(*by, **more):
    return nps.tabulate(ROWS, rating="recommend", by=by or ("wave",), **more)


# ------------------------------------------------------------------------------------ each asks the library

ON_SCORES = {
    "polarisation": (lambda c: nps.polarisation(c), ()),
    "polarisation --reference 1 --deep-to 2": (lambda c: nps.polarisation(c, reference=1, deep_to=2), ()),
    "dominance": (lambda c: nps.dominance(c, reference="previous"), ()),
    "dominance --reference 1 --confidence-level 0.9": (
        lambda c: nps.dominance(c, reference=1, confidence_level=0.9), (),
    ),
    "dominance --cut-points": (lambda c: nps.dominance(c, reference="previous").cut_points, ()),
    "flips --reference rest": (lambda c: nps.score_flips(c, reference="rest"), ()),
    "sensitivity": (lambda c: nps.score_variants(c), ()),
    "sensitivity --reference 1": (lambda c: nps.sensitivity(c, reference=1), ()),
    "sensitivity --reference 1 --detractor-weight 3": (
        lambda c: nps.sensitivity(c, reference=1, detractor_weights=(3,)), (),
    ),
    "eights": (lambda c: nps.eights(c), ()),
    "eights --highest 7 --most-share 0.5": (lambda c: nps.eights(c, rating=7, most_share=0.5), ()),
    "eights --reference 1 --least-share 0.1": (lambda c: nps.eights_difference(c, reference=1, least_share=0.1), ()),
    "decompose": (lambda c: nps.decompose(c, reference="previous"), ("segment", "wave")),
    "decompose --factors": (lambda c: nps.decompose_factors(c, reference="previous"), ("segment", "wave")),
    "efficiency --against mean --other top-3:0-10": (
        lambda c: nps.efficiency(c, against="mean", others=[nps.top_box(nps.Scale(0, 10), boxes=3)]), (),
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")
@pytest.mark.parametrize("command", ON_SCORES)
def test_commands_on_scores_ask_the_library(command, folder):
    ask, by = ON_SCORES[command]
    printed = ran(
        *command.split(), "all.csv", "--rating", "recommend", *(f"--by={name}" for name in by or ("wave",)),
        "--format", "json",
    )  # fmt: skip
    assert json.loads(printed) == ask(counts(*by)).to_records()


ON_METRICS = {
    "contrast": (lambda c: nps.profile(c), {}),
    "contrast --reference 1": (lambda c: nps.contrast(c, reference=1), {}),
    "contrast --reference previous --opposite": (lambda c: nps.opposite_moves(c, reference="previous"), {}),
    "items --confidence-level 0.9": (lambda c: nps.item_association(c, confidence_level=0.9), {}),
    "customers": (lambda c: nps.conflicting_customers(c), {}),
    "ranks": (lambda c: nps.unit_ranks(c), {}),
    "ranks --show agreement": (lambda c: nps.rank_agreement(c), {}),
    "ranks --show discordant": (lambda c: nps.discordant_units(c), {}),
    f"validity {' '.join(LEAVING)}": (lambda c: nps.criterion_validity(c, event_is="bad"), LEFT),
    f"validity {' '.join(LEAVING)} --compare --seed 3 --resamples 200 --adjustment none": (
        lambda c: nps.compare_validity(c, event_is="bad", rng=3, n_resamples=200, adjustment="none"), LEFT,
    ),
    f"detractor-weight {' '.join(LEAVING)}": (lambda c: nps.detractor_weight(c, event_is="bad"), LEFT),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")
@pytest.mark.parametrize("command", ON_METRICS)
def test_commands_on_metrics_ask_the_library(command, folder):
    ask, more = ON_METRICS[command]
    name, *options = command.split()
    printed = ran(name, "all.csv", *ASKED, "--by", "wave", *options, "--format", "json")
    assert json.loads(printed) == ask(joint(**more)).to_records()


@pytest.mark.parametrize("form", ["text", "markdown", "csv"])
@pytest.mark.parametrize("command", ["contrast", "polarisation"])
def test_answers_are_printed_in_each_form(command, form, folder):
    several = command == "contrast"
    result = nps.profile(joint()) if several else nps.polarisation(counts())
    given = ASKED if several else ("--rating", "recommend")
    printed = ran(command, "all.csv", *given, "--by", "wave", "--format", form)
    if form == "csv":
        assert printed == result.to_frame().to_csv(index=False)
    elif form == "markdown":
        assert printed == f"{result.to_markdown()}\n"
    else:
        told = "\n".join(result.sentences())
        assert printed == f"{result}\n\n{told}\n"


# --------------------------------------------------------------------------------------------- the sample


@pytest.mark.parametrize(
    ("options", "meant"),
    [
        ("--weight w", {"weight": "w"}),
        ("--weight w --cluster school", {"weight": "w", "cluster": "school"}),
        ("--strata segment --cluster school --nest", {"strata": "segment", "cluster": "school", "nest": True}),
        ("--strata w --cluster school --nest --lonely adjust", {
            "strata": "w", "cluster": "school", "nest": True, "lonely": "adjust",
        }),
    ],
)  # fmt: skip
def test_several_metrics_respect_the_design(options, meant, folder):
    expected = nps.profile(joint(**meant))
    printed = ran("contrast", "all.csv", *ASKED, "--by", "wave", *options.split(), "--format", "json")
    assert json.loads(printed) == expected.to_records()
    assert expected.standard_error[0] != pytest.approx(nps.profile(joint()).standard_error[0], rel=1e-6)


@pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")
def test_scores_respect_the_design(folder):
    sample = nps.tabulate_survey(ROWS, "recommend", by="wave", weight="w", cluster="school")
    printed = ran("polarisation", "all.csv", "--rating", "recommend", "--by", "wave", "--weight", "w", "--cluster",
                  "school", "--format", "json")  # fmt: skip
    assert json.loads(printed) == nps.polarisation(sample).to_records() != nps.polarisation(counts()).to_records()


def test_files_under_periods_are_one_sample(folder):
    rows = ROWS.assign(period=ROWS.wave.map({1: "z", 2: "a"}))
    given = ("z=1.csv", "a=2.csv", *ASKED, "--format", "json")
    expected = nps.contrast(nps.tabulate_joint(rows, RATINGS, by="period"), reference="z")
    assert json.loads(ran("contrast", *given, "--reference", "z")) == expected.to_records()
    # In the order given; outcomes and further groups go with them.
    records = json.loads(ran("validity", *given, *LEAVING, "--by", "segment"))
    named = [(record["segment"], record["period"]) for record in records]
    assert list(dict.fromkeys(named)) == [("s", "z"), ("s", "a"), ("t", "z"), ("t", "a")]
    both = nps.tabulate_joint(rows, RATINGS, by=["segment", "period"], **LEFT)
    found = nps.criterion_validity(both.select(*named[:: len(named) // 4]), event_is="bad")
    assert records == found.to_records()


def test_clusters_of_several_files_must_be_said_to_be_the_same_or_not(folder):
    for wave in (1, 2):
        ROWS[ROWS.wave == wave].assign(school=np.repeat(np.arange(30), 4)).to_csv(f"{wave}.csv", index=False)
    given = ("contrast", "a=1.csv", "b=2.csv", *ASKED, "--cluster", "school", "--reference", "a", "--format", "json")
    assert "Say `--nest` if labels start anew in each period" in refused(*given)
    apart = nps.tabulate_joint(ROWS.assign(period=ROWS.wave.map({1: "a", 2: "b"})), RATINGS, by="period",
                               cluster="school")  # fmt: skip
    assert json.loads(ran(*given, "--nest")) == nps.contrast(apart, reference="a").to_records()


def test_files_without_labels_are_put_together(folder):
    printed = ran("contrast", "1.csv", "2.csv", *ASKED, "--format", "json")
    assert json.loads(printed) == nps.profile(joint(by=())).to_records()


def test_rows_of_the_data_set_can_be_asked():
    rows = nps.datasets.responses("sfo")
    expected = nps.tabulate_joint(rows, {"recommend": nps.NPS, "satisfied": nps.CSAT}, by="year")
    printed = ran("contrast", "sfo", "--metric", "recommend=nps", "--metric", "satisfied=csat", "--by", "year",
                  "--reference", "2017", "--format", "json")  # fmt: skip
    assert json.loads(printed) == nps.contrast(expected, reference=2017).to_records()


def test_groups_without_a_rating_can_be_left_out(folder):
    holes = ROWS.astype({"satisfied": object})
    holes.loc[holes.wave == 1, "satisfied"] = None
    holes.to_csv("holes.csv", index=False)
    given = ("contrast", "holes.csv", *ASKED, "--by", "wave", "--format", "json")
    left = {record["wave"] for record in json.loads(ran(*given, "--answered"))}
    assert left == {2}


# -------------------------------------------------------------------------------------- metrics and codes


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("nps", nps.NPS),
        ("mean:1-10", nps.mean_rating(nps.Scale(1, 10))),
        ("mean:-2-2", nps.mean_rating(nps.Scale(-2, 2))),
        ("top-2:1-5", nps.top_box(nps.Scale(1, 5), boxes=2)),
        ("effort-low:1-7", nps.effort_score(nps.Scale(1, 7), favourable="low")),
        ("effort-high:1-7", nps.effort_score(nps.Scale(1, 7), favourable="high")),
    ],
)
def test_metrics_are_names_or_kinds_with_their_scale(name, metric):
    assert read_metric(name) == metric


def test_a_net_score_has_its_classes_by_name():
    assert read_metric("net-9-6:0-10").values == nps.NPS.values
    assert read_metric("net-4-2:1-5").values == (-100, -100, 0, 100, 100)


@pytest.mark.parametrize(
    "name", ["mean", "mean:1", "mean:1-x", "top:1-5", "effort:1-5", "effort-up:1-5", "", "mean:1-5 "]
)
def test_unknown_metrics_are_told_with_those_there_are(name, folder):
    told = refused("contrast", "all.csv", "--metric", f"recommend={name}")
    assert "`--metric` must be one of nps, enps, " in told
    assert "mean:1-10, top-2:1-10, net-9-6:0-10, effort-low:1-7 (low is easy)" in told


def test_items_of_one_metric_are_separated_by_commas(folder):
    rows = pd.DataFrame({"a": [9, 5, 10], "b": [9, 6, 10], "c": [8, 7, 10], "r": [10, 6, 9]})
    rows.to_csv("nki.csv", index=False)
    expected = nps.tabulate_joint(rows, {("a", "b", "c"): nps.NKI, ("r",): nps.NPS})
    printed = ran("contrast", "nki.csv", "--metric", "a,b,c=nki", "--metric", "r=nps", "--format", "json")
    assert json.loads(printed) == nps.profile(expected).to_records()


def test_a_column_may_hold_the_sign_that_separates(folder):
    ROWS.rename(columns={"recommend": "a=b"}).to_csv("odd.csv", index=False)
    given = ("--metric", "a=b=nps", "--metric", "satisfied=csat", "--format", "json")
    assert json.loads(ran("contrast", "odd.csv", *given))[0]["metric"] == "NPS"


def test_codes_are_of_one_column_or_of_all(folder):
    coded = ROWS.astype({"recommend": object, "satisfied": object, "left": object})
    coded.loc[:4, "recommend"], coded.loc[5:7, "satisfied"], coded.loc[8:9, ["recommend", "satisfied"]] = 11, 6, "Blank"
    coded.loc[10:12, "left"] = "3"
    coded.to_csv("coded.csv", index=False)
    codes = [f"--missing-code={code}" for code in ("recommend=11", "satisfied=6", "Blank", "left=3")]
    printed = ran("validity", "coded.csv", *ASKED, *LEAVING, *codes, "--format", "json")
    holes = coded.replace({"recommend": {11: None, "Blank": None}, "satisfied": {6: None, "Blank": None},
                           "left": {"3": None}})  # fmt: skip
    expected = nps.criterion_validity(nps.tabulate_joint(holes, RATINGS, **LEFT), event_is="bad")
    assert json.loads(printed) == expected.to_records()


def test_suggested_codes_name_their_column_and_work(folder):
    coded = ROWS.astype({"recommend": object})
    coded.loc[:4, "recommend"] = 11
    coded.to_csv("coded.csv", index=False)
    told = refused("contrast", "coded.csv", *ASKED)
    assert told.endswith("On the command line: --missing-code recommend=11\n")
    (record, *_) = json.loads(
        ran("contrast", "coded.csv", *ASKED, "--missing-code", "recommend=11", "--format", "json")
    )
    assert (record["n"], record["missing"]) == (N - 5, 5)


def test_outcomes_may_be_numbers_in_the_file(folder):
    ROWS.assign(left=(ROWS.left == "yes") + 1).to_csv("numbers.csv", index=False)
    given = ("--outcome", "left", "--outcome-value", "2=1", "--outcome-value", "1=0", "--event-is", "bad")
    printed = ran("validity", "numbers.csv", *ASKED, *given, "--by", "wave", "--format", "json")
    assert json.loads(printed) == nps.criterion_validity(joint(**LEFT), event_is="bad").to_records()


# ------------------------------------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("contrast all.csv --metric recommend", "`--metric` must be COLUMN=METRIC, such as recommend=nps"),
        ("contrast all.csv --metric =nps", "`--metric` must be COLUMN=METRIC, such as recommend=nps"),
        ("contrast all.csv --metric effort=csat --metric effort=csat-mean", "`--metric` must name each column once"),
        ("contrast no.csv --metric a=nps", "there is no file no.csv"),
        ("contrast a=1.csv 2.csv --metric recommend=nps", "either all files have a LABEL=PATH or none"),
        ("contrast all.csv --metric recommend=nps --metric satisfied=csat --opposite",
         "say from where by `--reference`"),
        ("contrast all.csv --metric recommend=nps --by wave --reference 1", "must hold two metrics or more"),
        ("contrast all.csv --metric recommend=nps --metric effort=ces --by wave --reference 1",
         "Use `effort-high:1-5` if 5 means easy, `effort-low:1-5` if it means much effort."),
        ("contrast all.csv --metric recommend=nps --metric satisfied=csat --missing-code 4",
         "Give the codes by column, as `--missing-code recommend=...`."),
        ("ranks all.csv --metric recommend=nps --metric satisfied=csat", "pass `--by`"),
        ("validity all.csv --metric recommend=nps --outcome left --event-is bad",
         "Say what they count in `--outcome-value`, or to `--missing-code`, as `--missing-code left="),
        ("validity all.csv --metric recommend=nps --outcome left --outcome-value yes --event-is bad",
         "`--outcome-value` must be VALUE=NUMBER, such as left=1; got 'yes'"),
        ("validity all.csv --metric recommend=nps --outcome w --event-is ugly", "`--event-is` must be 'bad' or 'good'"),
        ("validity all.csv --metric recommend=nps --outcome wave --event-is bad",
         "`--outcome-value 1=1 --outcome-value"),
        ("validity all.csv --metric recommend=nps --outcome school --event-is bad --predictor x",
         "`--predictor` must be among 'NPS (0-10)', 'NPS (3 classes)'"),
        ("flips all.csv --rating satisfied --by wave --metric csat", "Pass for example `--metric net-5-1:1-5`."),
        ("polarisation all.csv --rating satisfied --metric csat", "Make one with `--metric net-9-6:0-10`."),
        ("polarisation all.csv --rating recommend --deep-to 6", "`--deep-to` must divide the detractors"),
        ("dominance all.csv --rating recommend --by wave --reference total", "use 'rest', all others, instead"),
        ("decompose all.csv --rating recommend --by wave", "as in `--by region --by year`"),
        ("eights all.csv --rating recommend --highest 9", "`--highest` must be a rating of passives, one of 7, 8"),
        ("eights all.csv --by wave", "`--rating` must name the column of the ratings"),
        ("efficiency all.csv --rating recommend --against x", "`--against` must be 'ordinal' or 'mean'"),
    ],
)  # fmt: skip
def test_errors_are_in_words_of_the_command_line(command, message, folder):
    told = refused(*command.split())
    assert message in told
    assert "tabulate_joint" not in told
    assert "effort_score" not in told


def test_what_must_be_said_is_required(folder):
    for command, option in (("contrast", "--metric"), ("validity", "--outcome"), ("detractor-weight", "--event-is")):
        given = {"--metric": [], "--outcome": [*ASKED], "--event-is": [*ASKED, "--outcome", "left"]}[option]
        done = run(command, "all.csv", *given)
        assert done.exit_code == 2
        assert option in done.output


# ---------------------------------------------------------------------------------------------------- help


def test_help_has_the_commands_in_their_places():
    assert [*COMMANDS["Where the number misleads"]] == [
        "polarisation", "dominance", "flips", "sensitivity", "eights", "decompose", "efficiency",
    ]  # fmt: skip
    assert [*COMMANDS["Several metrics of the same people"]] == [
        "contrast", "customers", "items", "ranks", "validity", "detractor-weight",
    ]  # fmt: skip
    printed = ran("--help")
    for panel in ("Where the number misleads", "Several metrics of the same people"):
        assert panel in printed


def test_several_metrics_have_the_options_that_counting_them_knows():
    known = set(inspect.signature(nps.tabulate_joint).parameters)
    for command in COMMANDS["Several metrics of the same people"].values():
        names = set(inspect.signature(command).parameters)
        assert {"weight", "strata", "cluster", "nest", "lonely"} <= names & known
        assert not names & {"respondent", "duplicates", "fpc", "margins", "calibration", "bounds", "trim"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("pass `deep_to`", "pass `--deep-to`"),
        ("in `outcome_values`", "in `--outcome-value`"),
        ("as {'q': ['Blank']}", "as `--missing-code q=Blank`"),
        ("as {'q': [98]}", "as `--missing-code q=98`"),
    ],
)
def test_messages_call_arguments_by_their_options(said, told):
    assert showing._with_options(said) == told


# ----------------------------------------------------------------------------------------------- real files


def test_the_airport_files_can_be_read_as_published(folder, shared_data):
    files = [f"{year}={shared_data / 'sfo' / f'{year}.csv'}" for year in (2017, 2018)]
    codes = ["NETPRO=11", *(f"{name}={code}" for name in ("Q7ALL", "Q14FIND") for code in (0, 6)), "Blank", "BLANK"]
    done = run(
        "contrast", *files, "--metric", "NETPRO=nps", "--metric", "Q7ALL=csat", "--metric", "Q14FIND=effort-high:1-5",
        *(f"--missing-code={code}" for code in codes), "--format", "csv",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    frame = pd.read_csv(io.StringIO(done.stdout)).set_index(["metric", "period"])
    # Published: 39.84 of 2,746 and 30.98 of 2,650; top-2 82.07 % of 2,688 and 78.44 % of 2,625.
    np.testing.assert_allclose(frame.score["NPS"], [39.84, 30.98], atol=0.005)
    np.testing.assert_allclose(frame.score["CSAT"], [82.07, 78.44], atol=0.005)
    assert frame.n["NPS"].tolist() == [2746, 2650]
    assert frame.n["CSAT"].tolist() == [2688, 2625]


def test_four_industries_have_their_published_net_scores(folder, shared_data):
    path = Path(shared_data) / "acsi" / "acsi_2015.csv"
    printed = ran("polarisation", path, "--rating", "SATIS", "--by", "INDUSTRY", "--missing-code", 98,
                  "--missing-code", 99, "--metric", "nps-1-to-10", "--deep-to", 3, "--format", "json")  # fmt: skip
    found = {record["INDUSTRY"]: record["score"] for record in json.loads(printed)}
    # Food, airlines, internet, banks; to two decimals.
    for industry, score in {1001: 47.31, 3003: 17.12, 3013: -7.76, 5001: 34.21}.items():
        assert found[industry] == pytest.approx(score, abs=0.005)
