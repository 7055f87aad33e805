"""Coverage of the 95 % intervals for surveys, by seeded simulation of samples: surveys.csv and surveys_summary.csv.

    python benchmarks/coverage/surveys.py [summary]

One row for each design of `surveys_samples.py` and each method: coverage, the shares of intervals that lie left and
right of the truth, in per cent, and the mean width, in points. `df` and `effective` are the medians over samples of the
degrees of freedom and of the effective respondents, those of the smaller group; `flat` is the share of samples, in per
cent, whose variance is 0 although ratings differ. With 5,000 samples, 95 % has a standard error of 0.3 points.
Populations are shares of detractors/passives/promoters.

The summary gives mean/least coverage over groups of designs; `summary` makes it anew from surveys.csv.
"""

import csv
import itertools
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from surveys_samples import Design, draw, problem_of

import npsstats as nps
from npsstats.inference.effective import SURVEY_METHODS, EffectiveProblem
from npsstats.inference.methods import Settings

HERE = Path(__file__).parent
SEED = 20260601
SAMPLES = 5_000
SETTINGS = Settings(confidence_level=0.95)
SLACK = 1e-10

# Promoters and detractors, in per cent.
REALISTIC = ((52, 12), (30, 10), (45, 25))
EXTREME = ((90, 2), (5, 3), (97, 0), (60, 38))
ONE_OF_EACH = (REALISTIC[0], EXTREME[0])
# Whether there is a change.
PAIRS = ((52, 12, False), (30, 10, True), (90, 2, True))

OF_DESIGN = ["kind", "change", "icc", "clusters", "size", "strata", "weights"]
COLUMNS = [
    "block",
    "population",
    *OF_DESIGN,
    "method",
    "coverage",
    "miss_left",
    "miss_right",
    "width",
    "df",
    "effective",
    "flat",
    "samples",
]
SUMMARY = ["designs", "populations", "cells", *SURVEY_METHODS]


def designs() -> Iterator[tuple[str, Design]]:
    """List the designs by block."""
    product = itertools.product
    for (p, d), icc, c in product(REALISTIC + EXTREME, (0, 0.05, 0.3), (5, 10, 20, 60)):
        yield "equal clusters", _design(p, d, icc, c)
        yield "unequal clusters", _design(p, d, icc, c, size="unequal")
    for (p, d), size, c in product(ONE_OF_EACH, (5, 50), (5, 8, 10, 15, 20, 30, 60, 200)):
        yield "equal clusters", _design(p, d, 0.05, c, size=size)
    for icc, c in product((0.02, 0.1), (8, 15, 30, 200)):
        yield "equal clusters", _design(52, 12, icc, c)
        yield "unequal clusters", _design(52, 12, icc, c, size="unequal")
    for (p, d), icc, size, (c, h) in product(
        ONE_OF_EACH, (0.05, 0.3), (20, "unequal"), ((4, 2), (10, 2), (10, 5), (30, 15), (60, 5))
    ):
        yield "strata", _design(p, d, icc, c, size=size, strata=h)
    for (p, d), icc, size, c, w in product(
        ONE_OF_EACH, (0, 0.05), (20, "unequal"), (10, 30), ("cv 0.5", "cv 1", "related")
    ):
        yield "weights", _design(p, d, icc, c, size=size, weights=w)
    for (p, d), n, w in product(ONE_OF_EACH, (50, 200), ("cv 0.5", "cv 1", "related")):
        yield "weights, no clusters", _design(p, d, 0, n, size=1, weights=w)
    for (p, d), icc, size, c in product(ONE_OF_EACH, (0.05, 0.3), (20, "unequal"), (10, 20, 60)):
        yield "domain", _design(p, d, icc, c, size=size, kind="domain")
    for kind, (p, d, change), icc, size, c in product(
        ("crossed", "nested", "lopsided"), PAIRS, (0.05, 0.3), (20, "unequal"), (10, 30)
    ):
        yield kind, _design(p, d, icc, c, size=size, kind=kind, change=change)
    for (p, d, change), people in product(PAIRS, (30, 60, 200, 600)):
        yield "panel", _design(p, d, 0, people, size=1, kind="panel", change=change)


def _design(promoters: int, detractors: int, icc: float, clusters: int, **more: object) -> Design:
    return Design(promoters=promoters / 100, detractors=detractors / 100, icc=icc, clusters=clusters, **more)


def rows_of(place: int, block: str, design: Design) -> list[dict[str, object]]:
    """Simulate one design; one row per method."""
    problems = [problem_of(samples) for samples in draw(design, SAMPLES, np.random.default_rng([SEED, place]))]
    shares = "/".join(f"{100 * share:.0f}" for share in design.shares)
    common = {"block": block, "population": shares} | {name: getattr(design, name) for name in OF_DESIGN}
    common |= {
        "df": f"{np.median(np.concatenate([problem.df for problem in problems])):g}",
        "effective": f"{np.median(np.concatenate([_effective(problem) for problem in problems])):.1f}",
        "flat": f"{100 * np.concatenate([_flat(problem) for problem in problems]).mean():.3f}",
        "samples": sum(len(problem.df) for problem in problems),
        "npsstats": nps.__version__,
    }
    found = []
    for name, method in SURVEY_METHODS.items():
        low, high = np.concatenate([method.limits(problem, SETTINGS) for problem in problems], axis=1)
        left, right = (100 * side.mean() for side in (high < design.truth - SLACK, low > design.truth + SLACK))
        shown = {
            "coverage": 100 - left - right,
            "miss_left": left,
            "miss_right": right,
            "width": 200 * (high - low).mean(),
        }
        found.append(common | {"method": name} | {key: f"{value:.3f}" for key, value in shown.items()})
    return found


def _effective(problem: EffectiveProblem) -> np.ndarray:
    return problem.counts.sum(axis=-1).min(axis=-1)


def _flat(problem: EffectiveProblem) -> np.ndarray:
    """Which samples have a variance of 0 although the ratings of a group differ."""
    return (problem.error < 1e-12) & (((problem.counts > 0).sum(axis=-1) > 1).any(axis=-1))


def summary() -> None:
    """Make the summary from surveys.csv."""
    with (HERE / "surveys.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    realistic = {f"{d}/{100 - p - d}/{p}" for p, d in REALISTIC}
    groups: dict[tuple[str, str], dict[str, list[float]]] = {}
    for row in rows:
        size = f", {row['clusters']}" if row["block"] in ("equal clusters", "unequal clusters") else ""
        if size and row["clusters"] not in ("5", "10", "20", "60"):
            continue
        key = (row["block"] + size, "realistic" if row["population"] in realistic else "extreme")
        groups.setdefault(key, {}).setdefault(row["method"], []).append(float(row["coverage"]))
    with (HERE / "surveys_summary.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*SUMMARY, "npsstats"])
        for (name, populations), found in sorted(groups.items(), key=lambda group: group[0][1], reverse=True):
            cells = [f"{np.mean(found[method]):.1f}/{min(found[method]):.1f}" for method in SURVEY_METHODS]
            writer.writerow([name, populations, len(found["score"]), *cells, nps.__version__])


def main() -> None:
    """Make the tables."""
    start = time.perf_counter()
    with (HERE / "surveys.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*COLUMNS, "npsstats"], lineterminator="\n")
        writer.writeheader()
        for place, (block, design) in enumerate(designs()):
            writer.writerows(rows_of(place, block, design))
    print(f"{time.perf_counter() - start:.0f} s", flush=True)
    summary()


if __name__ == "__main__":
    summary() if sys.argv[1:] == ["summary"] else main()
