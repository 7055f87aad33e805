"""Tables and a figure of all methods side by side, from the tables that tables.py has made.

summary_<populations>.csv: mean and least coverage by method and n. figure.svg: the least coverage, coloured.
"""

import csv
from collections import defaultdict
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from tables import SIZES

import npsstats as nps

HERE = Path(__file__).parent
SHOWN = ("realistic", "extreme")


def read() -> dict[str, dict[str, dict[int, tuple[float, float]]]]:
    """Read mean and least coverage: by populations, method and n, the safest method first."""
    found: dict[str, dict[str, dict[int, tuple[float, float]]]] = defaultdict(lambda: defaultdict(dict))
    for path in sorted((HERE / "methods").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                pair = (float(row["coverage_mean"]), float(row["coverage_min"]))
                found[row["populations"]][path.stem][int(row["n"])] = pair
    worst = {name: np.mean([min(found[kind][name][n][1], 95) for kind in SHOWN for n in (10, 20, 30)])
             for name in found[SHOWN[0]]}  # fmt: skip
    order = sorted(worst, key=lambda name: -worst[name])
    return {kind: {name: methods[name] for name in order} for kind, methods in found.items()}


def write_table(kind: str, methods: dict[str, dict[int, tuple[float, float]]]) -> None:
    """Write one summary."""
    with (HERE / f"summary_{kind}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["method", *(f"n = {n}" for n in SIZES), "npsstats"])
        for name, by_n in methods.items():
            cells = [f"{by_n[n][0]:.1f}/{by_n[n][1]:.1f}" if n in by_n else "" for n in SIZES]
            writer.writerow([name, *cells, nps.__version__])


def draw(found: dict[str, dict[str, dict[int, tuple[float, float]]]]) -> None:
    """Draw the least coverage of each method and n: white at 95 %, the redder the lower."""
    figure = Figure(figsize=(11, 6.4), layout="constrained")
    for axes, kind in zip(figure.subplots(1, len(SHOWN), sharey=True), SHOWN, strict=True):
        methods = found[kind]
        least = np.array([[by_n.get(n, (np.nan, np.nan))[1] for n in SIZES] for by_n in methods.values()])
        axes.imshow(least, aspect="auto", cmap="RdBu", norm=TwoSlopeNorm(95, 80, 100))
        for (i, j), value in np.ndenumerate(least):
            if np.isfinite(value):
                colour = "white" if value < 86 else "black"
                axes.text(j, i, f"{value:.1f}", ha="center", va="center", fontsize=8, color=colour)
        axes.set_xticks(range(len(SIZES)), [f"{n:,}" for n in SIZES])
        axes.set_yticks(range(len(methods)), list(methods))
        axes.set_xlabel("respondents")
        axes.set_title(f"{kind} populations")
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
    figure.suptitle("Least coverage of 95 % intervals for NPS, in per cent, by complete enumeration")
    # Without a date and with fixed names inside, the same data give the same file.
    with mpl.rc_context({"svg.hashsalt": "npsstats", "svg.fonttype": "path"}):
        figure.savefig(HERE / "figure.svg", metadata={"Date": None})


def main() -> None:
    """Make both."""
    found = read()
    for kind in SHOWN:
        write_table(kind, found[kind])
    draw(found)


if __name__ == "__main__":
    main()
