"""Make the tables of benchmarks/published/where_nps_misleads from four published data sets.

    python benchmarks/published/where_nps_misleads.py FOLDER

FOLDER holds sfo/2017.csv and sfo/2018.csv (San Francisco International Airport, public domain), acsi/acsi_2015.csv
(American Customer Satisfaction Index; Morgeson et al. 2023, doi:10.17632/64xkbj2ry5.2), ecsi/mobi.csv and
ecsi/satisfaction.csv (European customer satisfaction model; Tenenhaus et al. 2005) and
hcahps/state_results.csv and hcahps/national_results.csv (CMS, US government work), as their publishers have them.
What is stored are results of npsstats, no answers of respondents. The output depends on the files alone: the resamples
behind the intervals of log-losses have a seed.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from make_sfo_counts import read
from make_sfo_responses import year_of_responses

import npsstats as nps

OUTPUT = Path(__file__).with_suffix("")
DIGITS = "%.8g"
SEED, RESAMPLES = 2018, 1999
ONE_TO_FIVE, ONE_TO_TEN = nps.Scale(1, 5), nps.Scale(1, 10)
DEEP_ON_1_TO_10 = 3

# The designs under which each question on the airport is asked.
DESIGNS: dict[str, dict[str, str]] = {"simple": {}, "survey": {"weight": "weight", "cluster": "run"}}
SFO_METRICS = {
    "recommend": nps.NPS,
    "satisfied": nps.CSAT,
    "find_way": nps.effort_score(ONE_TO_FIVE, favourable="high", name="finding the way"),
    "security": nps.effort_score(ONE_TO_FIVE, favourable="high", name="security"),
    "getting_there": nps.effort_score(ONE_TO_FIVE, favourable="high", name="getting there"),
}
SFO_SHORT = ("recommend", "satisfied", "find_way")
SFO_PREDICTORS = ("NPS (0-10)", "NPS (3 classes)", "CSAT (1-5)", "finding the way (1-5)", "security (1-5)")
SFO_PROBLEM: dict[str, Any] = {"outcome": "problem", "outcome_values": {"yes": 1, "no": 0}}

ACSI_INDUSTRIES = {1001: "food", 3003: "airlines", 3013: "internet", 5001: "banks"}
ACSI_MISSING = (98, 99)
SATISFACTION = nps.net_score(ONE_TO_TEN, promoters_from=9, detractors_to=6, name="satisfaction")
REPURCHASE = nps.net_score(ONE_TO_TEN, promoters_from=9, detractors_to=6, name="repurchase")
COMPLAINTS = nps.Metric("complaints", nps.Scale(0, 1), (0.0, 100.0), favourable="low")

Tables = Iterator[tuple[str, pd.DataFrame]]


def sfo_rows(folder: Path) -> pd.DataFrame:
    """Read both years of the airport as make_sfo_responses has them, with empty answers for none."""
    years = [year_of_responses(read(folder / f"{year}.csv"), year) for year in (2017, 2018)]
    return pd.concat(years, ignore_index=True).assign(weight=lambda rows: rows["weight"].astype(float))


def of_designs(samples: dict[str, Any], ask: Callable[..., Any]) -> pd.DataFrame:
    """Ask a question of simple counts, and of the survey with its weights and runs."""
    found = {name: ask(counts).to_frame() for name, counts in samples.items()}
    return pd.concat(found, names=["design", None]).reset_index("design").reset_index(drop=True)


def against_2017(question: Callable[..., Any]) -> Callable[..., Any]:
    """Ask a question with the first year as reference."""
    return lambda counts: question(counts, reference=2017)


def sfo_several(rows: pd.DataFrame) -> Tables:
    """Set the metrics of the same passengers against each other."""

    def count(metrics: dict[str, nps.Metric], *by: str, **outcome: Any) -> dict[str, nps.JointCounts]:
        return {name: nps.tabulate_joint(rows, metrics, by=by, **outcome, **design) for name, design in DESIGNS.items()}

    # A survey needs the covariance of all combinations of ratings, so small groups are asked about fewer metrics.
    few = {column: SFO_METRICS[column] for column in SFO_SHORT}
    two = {"recommend": nps.NPS, "satisfied": nps.CSAT}
    years, areas, by_year = count(SFO_METRICS, "year"), count(few, "area", "year"), count(two, "year", "area")
    told = count(SFO_METRICS, "year", **SFO_PROBLEM)
    told_alone = count({"recommend": nps.NPS}, "year", **SFO_PROBLEM)
    questions: dict[str, tuple[Callable[..., Any], dict[str, nps.JointCounts]]] = {
        "profile": (nps.profile, years),
        "contrast": (against_2017(nps.contrast), years),
        "opposite_moves": (against_2017(nps.opposite_moves), years),
        "item_association": (nps.item_association, years),
        "conflicting_customers": (nps.conflicting_customers, count(few, "year")),
        "criterion_validity": (lambda counts: nps.criterion_validity(counts, event_is="bad"), told),
        "compare_validity": (
            lambda counts: nps.compare_validity(
                counts, event_is="bad", predictors=SFO_PREDICTORS, rng=SEED, n_resamples=RESAMPLES
            ),
            told,
        ),
        "detractor_weight": (lambda counts: nps.detractor_weight(counts, event_is="bad"), told_alone),
        "contrast_by_area": (against_2017(nps.contrast), areas),
        "opposite_moves_by_area": (against_2017(nps.opposite_moves), areas),
        "unit_ranks": (nps.unit_ranks, by_year),
        "rank_agreement": (nps.rank_agreement, by_year),
        "discordant_units": (nps.discordant_units, by_year),
    }
    for name, (ask, samples) in questions.items():
        yield f"sfo_{name}", of_designs(samples, ask)


def sfo_one(rows: pd.DataFrame) -> Tables:
    """Look behind the one number: the distribution, the definition, the mix."""

    def count(*by: str) -> dict[str, Any]:
        return {
            "simple": nps.tabulate(rows, rating="recommend", by=by),
            "survey": nps.tabulate_survey(rows, "recommend", by=by, **DESIGNS["survey"]),
        }

    years = count("year")
    questions: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
        "dominance": (against_2017(nps.dominance), years),
        "dominance_cut_points": (lambda counts: nps.dominance(counts, reference=2017).cut_points, years),
        "score_flips": (against_2017(nps.score_flips), years),
        "score_flips_of_areas": (lambda counts: nps.score_flips(counts, reference="all-pairs"), count("area")),
        "polarisation": (nps.polarisation, years),
        "sensitivity": (against_2017(nps.sensitivity), years),
        "eights": (nps.eights, years),
        "eights_difference": (against_2017(nps.eights_difference), years),
        "efficiency": (nps.efficiency, years),
        "decompose": (against_2017(nps.decompose), count("area", "year")),
        "decompose_factors": (against_2017(nps.decompose_factors), count("area", "time_of_day", "year")),
    }
    for name, (ask, samples) in questions.items():
        yield f"sfo_{name}", of_designs(samples, ask)


def acsi(folder: Path) -> Tables:
    """Satisfaction against repurchase against complaints, over four industries."""
    rows = pd.read_csv(folder / "acsi_2015.csv")
    rows["industry"] = rows["INDUSTRY"].map(ACSI_INDUSTRIES)
    rows["complained"] = rows["COMP"].where(~rows["COMP"].isin(ACSI_MISSING))
    missing: dict[str, Any] = {"missing_codes": {"SATIS": ACSI_MISSING, "REPUR": ACSI_MISSING}}
    two = {"SATIS": SATISFACTION, "REPUR": REPURCHASE}
    three = nps.tabulate_joint(rows, {**two, "complained": COMPLAINTS}, by="industry", **missing)
    told = nps.tabulate_joint(rows, two, by="industry", outcome="complained", **missing)
    customers = nps.tabulate_joint(rows, two, outcome="complained", **missing)
    satisfied = told.margin("satisfaction")

    yield "acsi_profile", nps.profile(three).to_frame()
    yield "acsi_contrast", nps.contrast(three, reference="rest").to_frame()
    yield "acsi_opposite_moves", nps.opposite_moves(three, reference="rest").to_frame()
    yield "acsi_unit_ranks", nps.unit_ranks(three).to_frame()
    yield "acsi_rank_agreement", nps.rank_agreement(three).to_frame()
    yield "acsi_discordant_units", nps.discordant_units(three).to_frame()
    yield "acsi_item_association", nps.item_association(told).to_frame()
    yield "acsi_conflicting_customers", nps.conflicting_customers(told).to_frame()
    yield "acsi_criterion_validity", nps.criterion_validity(told, event_is="bad").to_frame()
    yield (
        "acsi_compare_validity",
        nps.compare_validity(customers, event_is="bad", rng=SEED, n_resamples=RESAMPLES).to_frame(),
    )
    yield "acsi_detractor_weight", nps.detractor_weight(told.of("satisfaction"), event_is="bad").to_frame()
    yield "acsi_polarisation", nps.polarisation(satisfied, deep_to=DEEP_ON_1_TO_10).to_frame()
    yield "acsi_dominance", nps.dominance(satisfied, reference="all-pairs").to_frame()
    yield "acsi_score_flips", nps.score_flips(satisfied, reference="all-pairs").to_frame()
    yield "acsi_sensitivity", nps.sensitivity(satisfied, reference="all-pairs").conclusions()
    yield "acsi_efficiency", nps.efficiency(satisfied).to_frame()


def ecsi(folder: Path) -> Tables:
    """Recommending against satisfaction, of customers of mobile phones and of a bank."""
    mobile = pd.read_csv(folder / "mobi.csv")
    names = {"CUSL3": "would recommend", "CUSA1": "CUSA1", "CUSA2": "CUSA2", "CUSA3": "CUSA3"}
    metrics = {
        column: nps.net_score(ONE_TO_TEN, promoters_from=9, detractors_to=6, name=name)
        for column, name in names.items()
    }
    joint = nps.tabulate_joint(mobile, metrics)
    yield "ecsi_mobi_profile", nps.profile(joint).to_frame()
    yield "ecsi_mobi_item_association", nps.item_association(joint).to_frame()
    yield "ecsi_mobi_conflicting_customers", nps.conflicting_customers(joint).to_frame()
    yield (
        "ecsi_mobi_polarisation",
        nps.polarisation(joint.margin("would recommend"), deep_to=DEEP_ON_1_TO_10).to_frame(),
    )

    customers = pd.read_csv(folder / "satisfaction.csv")
    items = {column: nps.mean_rating(nps.Scale(0, 10), name=column) for column in ("sat1", "sat2", "sat3", "sat4")}
    joint = nps.tabulate_joint(customers, {"loy3": nps.NPS, **items}, by="gender")
    recommend = joint.margin("NPS")
    yield "ecsi_gender_profile", nps.profile(joint).to_frame()
    yield "ecsi_gender_contrast", nps.contrast(joint, reference="male").to_frame()
    yield "ecsi_gender_opposite_moves", nps.opposite_moves(joint, reference="male").to_frame()
    yield "ecsi_gender_item_association", nps.item_association(joint).to_frame()
    yield "ecsi_gender_conflicting_customers", nps.conflicting_customers(joint).to_frame()
    yield "ecsi_gender_dominance", nps.dominance(recommend, reference="male").to_frame()
    yield "ecsi_gender_sensitivity", nps.sensitivity(recommend, reference="male").conclusions()
    yield "ecsi_gender_eights_difference", nps.eights_difference(recommend, reference="male").to_frame()


def hcahps_shares(folder: Path, file: str, by: list[str]) -> pd.DataFrame:
    """Read the shares of both questions: a row for each release and state, in whole percentages."""
    shares = pd.read_csv(folder / file).rename(columns={"Release Period": "release", "State": "state"})
    shares = shares[shares["Measure ID"].isin(["H_HSP_RATING", "H_RECMND"])]
    question = shares.pop("Measure ID").map({"H_HSP_RATING": "rating", "H_RECMND": "recommend"})
    boxes = {f"{box}-box Percentage": box.lower() for box in ("Bottom", "Middle", "Top")}
    wide = shares.rename(columns=boxes).assign(question=question).pivot(index=by, columns="question")
    wide.columns = [f"{name} {box}" for box, name in wide.columns]
    for name in ("rating", "recommend"):
        wide[name] = wide[f"{name} top"] - wide[f"{name} bottom"]
    wide = wide.reset_index()
    # Releases are named month_year, all of July.
    return wide.assign(year=wide.pop("release").str.removeprefix("07_").astype(int))


def same_score(shares: pd.DataFrame) -> pd.DataFrame:
    """Find in each year, among states with the same net rating, the two whose bottom shares are furthest apart."""
    rows = []
    for (year, net), part in shares.groupby(["year", "rating"]):
        first, last = part.nsmallest(1, "rating bottom").iloc[0], part.nlargest(1, "rating bottom").iloc[0]
        boxes = ("rating bottom", "rating top")
        rows.append(
            {
                "year": year,
                "net": net,
                "states": len(part),
                **{f"fewest {box}": first[box] for box in ("state", *boxes)},
                **{f"most {box}": last[box] for box in ("state", *boxes)},
                "apart": last["rating bottom"] - first["rating bottom"],
            }
        )
    found = pd.DataFrame(rows)
    return found[found["apart"] == found.groupby("year")["apart"].transform("max")].reset_index(drop=True)


def hcahps(folder: Path) -> Tables:
    """Rate the hospital against recommend it: states of the US in nine releases, known as whole percentages."""
    country = hcahps_shares(folder, "national_results.csv", ["release"])
    states = hcahps_shares(folder, "state_results.csv", ["release", "state"])
    names = {"rating": "rating", "recommend": "recommend"}
    # A net of two rounded shares is off by one point at most; of shares that were made to add up to 100, by two.
    scores, wide = (
        nps.PublishedScores.from_frame(states, scores=names, by=["year", "state"], rounding=off) for off in (1, 2)
    )
    yield "hcahps_country", country.assign(not_passive=country["rating top"] + country["rating bottom"])
    yield (
        "hcahps_spread",
        states.groupby("year")[["rating", "recommend"]].agg(["size", "mean", "std", "min", "max"]).pipe(flat),
    )
    agreement = pd.concat(
        [nps.rank_agreement(each).to_frame().assign(rounding=each.rounding[0]) for each in (scores, wide)]
    )
    yield "hcahps_rank_agreement", agreement
    yield "hcahps_moves", moves_of(states, names)
    yield "hcahps_rank_agreement_sampled", nps.rank_agreement(scores, units="sampled").to_frame()
    opposite = nps.discordant_units(scores).to_frame()
    yield "hcahps_discordant_states", opposite[opposite["verdict"] == "shown"]
    ranks = nps.unit_ranks(scores).to_frame()
    yield "hcahps_ranks_2023", ranks[ranks["year"] == 2023]
    yield "hcahps_same_score", same_score(states)


def moves_of(states: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Take the years of each state for units: how alike both questions order them, and which pairs oppositely."""
    rows = states.sort_values(["state", "year"])
    found = []
    for off in (1, 2):
        scores = nps.PublishedScores.from_frame(rows, scores=names, by=["state", "year"], rounding=off)
        agreement = nps.rank_agreement(scores).to_frame()
        columns = ["state", "n_units", "tau_b", "concordant", "discordant", "tied", "shown_discordant"]
        found.append(agreement[columns].assign(rounding=off))
    return pd.concat(found)


def flat(table: pd.DataFrame) -> pd.DataFrame:
    """Give columns one name, and the index a column."""
    table.columns = ["_".join(names) for names in table.columns]
    return table.reset_index()


def tables(folder: Path) -> Tables:
    """Make all tables, each with its name."""
    rows = sfo_rows(folder / "sfo")
    yield from sfo_several(rows)
    yield from sfo_one(rows)
    yield from acsi(folder / "acsi")
    yield from ecsi(folder / "ecsi")
    yield from hcahps(folder / "hcahps")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the folders sfo, acsi, ecsi and hcahps are")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    args = parser.parse_args()
    args.output.mkdir(exist_ok=True)
    for name, table in tables(args.folder):
        table.to_csv(args.output / f"{name}.csv", index=False, float_format=DIGITS, lineterminator="\n")
        print(f"{name}: {len(table)} rows")


if __name__ == "__main__":
    main()
