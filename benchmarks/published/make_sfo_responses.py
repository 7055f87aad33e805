"""Make npsstats/datasets/data/sfo_responses.csv from the yearly files of the SFO customer survey.

    python benchmarks/published/make_sfo_responses.py FOLDER

FOLDER holds the files of the publisher as 2017.csv and 2018.csv, the years with the recommend question. A row for each
passenger, in the order of the files, with what an analysis by the design of the survey needs, the recommend question,
and the questions that it is set against. The output depends on the files alone. Also printed: rows, runs and missing
answers by year.
"""

import argparse
from pathlib import Path

import pandas as pd
from make_sfo_counts import CSAT_MISSING, RECOMMEND_MISSING, read

OUTPUT = Path(__file__).parents[2] / "npsstats" / "datasets" / "data" / "sfo_responses.csv"
TIMES_OF_DAY = {"1": "morning", "2": "midday", "3": "evening"}
# Questions on 1-5, 5 the best or the easiest, with the codes of CSAT for no answer.
ITEMS = {"satisfied": "Q7ALL", "find_way": "Q14FIND", "security": "Q14PASSTHRU", "getting_there": "Q13GETRATE"}
# Code 3 is not explained; 0 is a blank.
PROBLEM = {"1": "yes", "2": "no", "3": "", "0": "", "": ""}
# RUNID starts anew each year; the rows without one are taken as one run.
NO_RUN = "none"


def ratings(frame: pd.DataFrame, question: str) -> "pd.Series[str]":
    """Give the ratings of an item as they are written, and nothing for no answer."""
    answer = frame[question].str.strip()
    unknown = set(answer) - {str(rating) for rating in range(1, 6)} - CSAT_MISSING
    if unknown:
        raise ValueError(f"{question} has codes that are neither ratings nor missing: {sorted(unknown)}")
    return answer.mask(answer.isin(CSAT_MISSING), "")


def year_of_responses(frame: pd.DataFrame, year: int) -> pd.DataFrame:
    """Choose and name the columns of a year; numbers stay as they are written."""
    answer = frame["NETPRO"].str.strip()
    unknown = set(answer) - {str(rating) for rating in range(11)} - RECOMMEND_MISSING
    if unknown:
        raise ValueError(f"NETPRO has codes that are neither ratings nor missing: {sorted(unknown)}")
    run = frame["RUNID"].str.strip().replace("", NO_RUN)
    return pd.DataFrame(
        {
            "year": year,
            "area": frame["BAREA"].str.strip(),
            "time_of_day": [TIMES_OF_DAY[code] for code in frame["STRATA"].str.strip()],
            "run": [f"{year}-{name}" for name in run],
            "weight": frame["WEIGHT"].str.strip(),
            "recommend": answer.mask(answer.isin(RECOMMEND_MISSING), ""),
            **{name: ratings(frame, question) for name, question in ITEMS.items()},
            "problem": [PROBLEM[code] for code in frame["Q15PROBLEM"].str.strip()],
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where 2017.csv and 2018.csv are")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    args = parser.parse_args()
    rows = pd.concat([year_of_responses(read(args.folder / f"{year}.csv"), year) for year in (2017, 2018)])
    rows.to_csv(args.output, index=False, lineterminator="\n")
    for year, part in rows.groupby("year"):
        without = (part["run"] == f"{year}-{NO_RUN}").sum()
        missing = (part["recommend"] == "").sum()
        print(f"{year}: {len(part)} rows, {part['run'].nunique()} runs, {without} rows without, {missing} missing")


if __name__ == "__main__":
    main()
