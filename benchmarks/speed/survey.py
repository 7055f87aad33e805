"""The time and memory of a survey of 1,000,000 rows, from a pandas frame and from files through DuckDB.

Each call runs in a new interpreter. Its memory is the peak of the whole process minus that after the imports, so that
the rows count too. Beside it R's package survey (svydesign, svyby with svymean) on the same rows, and on a tenth of
them, if R is there with the packages survey and jsonlite. Reading the file is in our times, and not in R's.
"""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROWS = 1_000_000
CLUSTERS = 50_000
STRATA = 50
DOMAINS = 20
# A tenth of the rows: whole strata.
PART_STRATA = 5

R_SCRIPT = """
suppressMessages({library(survey); library(jsonlite)})
arguments <- commandArgs(trailingOnly = TRUE)
rows <- read.csv(arguments[1])
rows$nps <- 100 * (rows$rating >= 9) - 100 * (rows$rating <= 6)
seconds <- system.time({
  design <- svydesign(ids = ~cluster, strata = ~stratum, weights = ~weight, data = rows)
  scores <- svyby(~nps, ~region, subset(design, !is.na(rating)), svymean)
})[["elapsed"]]
cat(toJSON(list(
  call = paste("svydesign, svyby: R", getRversion(), "survey", packageVersion("survey")), rows = nrow(rows),
  seconds = seconds, groups = scores$region, score = scores$nps, standard_error = unname(SE(scores))
), auto_unbox = TRUE, digits = NA))
"""


def draw(folder: Path) -> None:
    """Draw the rows: ratings that lean with the region and the cluster, one in twenty missing."""
    import duckdb
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(20260601)
    cluster = rng.permutation(np.arange(ROWS) % CLUSTERS)
    region = rng.integers(DOMAINS, size=ROWS)
    leaning = 7 + 0.1 * region + rng.normal(0, 0.8, CLUSTERS)[cluster]
    rows = pd.DataFrame(
        {
            "rating": np.clip(np.rint(leaning + rng.normal(0, 2, ROWS)), 0, 10),
            "place": region,
            "weight": np.round(rng.gamma(6, 1 / 6, ROWS) + 0.1, 4),
            "stratum": cluster % STRATA,
            "cluster": cluster,
            "answered": rng.random(ROWS) > 0.05,
        }
    )
    with duckdb.connect() as connection:
        connection.register("drawn", rows)
        for name, where in {"rows": "true", "part": f"stratum < {PART_STRATA}"}.items():
            for kind in ("parquet", "csv"):
                connection.execute(
                    "COPY (SELECT CASE WHEN answered THEN CAST(rating AS INTEGER) END AS rating, "
                    "'region ' || (place + 10) AS region, weight, stratum, cluster "
                    f"FROM drawn WHERE {where}) TO '{folder / f'{name}.{kind}'}'"
                )


def peak() -> float:
    """The peak memory of this process in MiB."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (2**20 if sys.platform == "darwin" else 2**10)


def measure(path: Path, engine: str) -> dict[str, Any]:
    """Count the survey and estimate its scores, from a file or from a frame of it."""
    import duckdb

    import npsstats as nps

    if engine == "pandas":
        import pandas  # noqa: F401

    before = peak()
    data = duckdb.sql(f"SELECT * FROM '{path}'").df() if engine == "pandas" else path
    start = time.perf_counter()
    counts = nps.tabulate_survey(data, "rating", by="region", weight="weight", strata="stratum", cluster="cluster")
    counted = time.perf_counter() - start
    scores = nps.estimate(counts)
    return {
        "call": f"tabulate_survey, estimate: {engine}",
        "rows": int(counts.n.sum() + counts.missing.sum()),
        "tabulate_seconds": round(counted, 2),
        "seconds": round(time.perf_counter() - start, 2),
        "peak_mebibytes": round(peak() - before),
        "groups": [label for (label,) in counts.labels],
        "score": scores.score.tolist(),
        "standard_error": scores.standard_error.tolist(),
    }


def in_child(*arguments: str) -> dict[str, Any]:
    """Run this script in a new interpreter; what it writes last is its result."""
    done = subprocess.run([sys.executable, __file__, *arguments], check=True, capture_output=True, text=True)
    return json.loads(done.stdout or "{}")


def measure_r(path: Path, folder: Path) -> dict[str, Any] | None:
    """Run R's package survey on the same rows, if it is there."""
    if shutil.which("Rscript") is None:
        return None
    (folder / "survey.R").write_text(R_SCRIPT, encoding="utf-8")
    command = ["Rscript", str(folder / "survey.R"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def main() -> None:
    """Measure, check that all agree, and store."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        in_child("draw", name)
        measured = [
            in_child("measure", str(folder / f"{rows}.{kind}"), engine)
            for rows in ("rows", "part")
            for kind, engine in (("parquet", "pandas"), ("parquet", "Parquet through DuckDB"), ("csv", "CSV"))
        ]
        by_r = [measure_r(folder / f"{rows}.csv", folder) for rows in ("rows", "part")]
    # Imported late: what this process has in memory would count for its children.
    import numpy as np
    from measuring import store

    for (first, *others), other_way in zip((measured[:3], measured[3:]), by_r, strict=True):
        for other in others:
            for field in ("groups", "score", "standard_error"):
                np.testing.assert_array_equal(first[field], other[field])
        if other_way is None:
            print("R with the packages survey and jsonlite is not here; it is left out.")
            continue
        np.testing.assert_array_equal(first["groups"], other_way["groups"])
        for field in ("score", "standard_error"):
            # Sums over a million rows in double precision, in another order; R writes 15 digits.
            np.testing.assert_allclose(first[field], other_way[field], rtol=1e-10)
        measured.append({"tabulate_seconds": "", "peak_mebibytes": "", **other_way})
    fields = ("call", "rows", "tabulate_seconds", "seconds", "peak_mebibytes")
    sizes = {"clusters": CLUSTERS, "strata": STRATA, "domains": DOMAINS}
    part = {"clusters": CLUSTERS * PART_STRATA // STRATA, "strata": PART_STRATA, "domains": DOMAINS}
    rows = [{field: each[field] for field in fields} for each in measured]
    store(__file__, [{**row, **(sizes if row["rows"] == ROWS else part)} for row in rows])


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["draw", folder]:
            draw(Path(folder))
        case ["measure", path, engine]:
            print(json.dumps(measure(Path(path), engine)))
        case _:
            main()
