"""Make npsstats/datasets/data/sfo.csv from the yearly files of the SFO customer survey.

    python benchmarks/published/make_sfo_counts.py FOLDER

FOLDER holds the files of the publisher as 2013.csv to 2018.csv; columns that are not needed may be missing.
The output depends on them alone. Also printed: the shares by year, and the checksums for files.toml.
"""

import argparse
from pathlib import Path

import pandas as pd

from npsstats.datasets.fetching import content_sha256, remote_files

OUTPUT = Path(__file__).parents[2] / "npsstats" / "datasets" / "data" / "sfo.csv"
RECOMMEND_MISSING = {"", "11"}
CSAT_MISSING = {"", "0", "6", "Blank", "BLANK"}


def read(path: Path) -> pd.DataFrame:
    """Read a year as text, as published; some headers of 2018 end in spaces."""
    return pd.read_csv(path, dtype=str, keep_default_na=False).rename(columns=str.strip)


def tally(frame: pd.DataFrame, question: str, ratings: range, missing: set[str], by: list[str]) -> pd.DataFrame:
    """Count each rating, and the missing answers, in each group, zeros included."""
    answer = frame[question].str.strip()
    known = {str(rating) for rating in ratings}
    unknown = set(answer) - known - missing
    if unknown:
        raise ValueError(f"{question} has codes that are neither ratings nor missing: {sorted(unknown)}")
    rating = answer.where(answer.isin(known)).astype(float).astype("Int64")
    counts = frame[by].assign(rating=rating).value_counts(dropna=False)
    groups = [sorted(frame[name].unique()) for name in by]
    grid = pd.MultiIndex.from_product([*groups, pd.array([*ratings, None], dtype="Int64")], names=[*by, "rating"])
    table = grid.to_frame(index=False).merge(counts.reset_index(), how="left")
    table["count"] = table["count"].fillna(0).astype(int)
    if table["count"].sum() != len(frame):
        raise ValueError(f"{question}: {table['count'].sum()} answers counted of {len(frame)}")
    return table


def shares(table: pd.DataFrame, boxes: dict[str, tuple[int, int]]) -> str:
    """Show a tally by year: n, missing, and the percentage of each box."""
    lines = []
    for year, part in table.groupby("year"):
        given = part.dropna(subset="rating")
        n = given["count"].sum()
        percent = {
            name: 100 * given.loc[given["rating"].between(*box), "count"].sum() / n for name, box in boxes.items()
        }
        text = ", ".join(f"{name} {share:.2f} %" for name, share in percent.items())
        lines.append(f"  {year}: n {n}, missing {part['count'].sum() - n}, {text}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where 2013.csv ... 2018.csv are")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    args = parser.parse_args()
    years = {year: read(args.folder / f"{year}.csv") for year in range(2013, 2019)}

    recommend = pd.concat([years[year].assign(area=years[year]["BAREA"], year=year) for year in (2017, 2018)])
    recommend = tally(recommend, "NETPRO", range(11), RECOMMEND_MISSING, ["area", "year"])
    # 2013 asks the same question under another name: the last of the same fifteen items, with the same codes.
    csat = pd.concat([frame.rename(columns={"Q7O_WHOLE": "Q7ALL"}).assign(year=year) for year, frame in years.items()])
    csat = tally(csat, "Q7ALL", range(1, 6), CSAT_MISSING, ["year"])

    tables = pd.concat([recommend.assign(table="recommend"), csat.assign(table="csat")])
    columns = ["table", "area", "year", "rating", "count"]
    tables[columns].to_csv(args.output, index=False, lineterminator="\n")

    print(f"recommend\n{shares(recommend, {'promoters': (9, 10), 'passives': (7, 8), 'detractors': (0, 6)})}")
    print(f"csat\n{shares(csat, {'top two': (4, 5)})}")
    print("checksums of the content")
    for name, file in remote_files().items():
        data = (args.folder / f"{name.removeprefix('sfo-')}.csv").read_bytes()
        print(f"  {name}: {content_sha256(data, file.columns)}")


if __name__ == "__main__":
    main()
