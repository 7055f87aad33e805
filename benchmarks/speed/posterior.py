"""The time and memory of exact posteriors for 10,000 groups, against 4,000 Dirichlet draws for each group.

The draws are what one would write without the package: NumPy's gamma variables, normalised, and quantiles of their
scores; group by group, as all at once would not fit into memory. Their limits have a Monte Carlo error, which is
stored beside the time: the root mean square of the distance to the exact limits, in standard deviations.
"""

import time
import tracemalloc
from collections.abc import Callable

import numpy as np
from measuring import store

import npsstats as nps

GROUPS = 10_000
COMPARED = 1_000
RESPONDENTS = 200
DRAWS = 4_000
CHUNK = 100


def drawn_limits(concentration: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Compute 95 % limits from draws, some groups at once; an array of the shape (2, groups)."""
    rng = np.random.default_rng(20260101)
    limits = []
    for start in range(0, len(concentration), CHUNK):
        part = concentration[start : start + CHUNK]
        shares = rng.standard_gamma(part, (DRAWS, *part.shape))
        scores = shares @ levels / shares.sum(-1)
        limits.append(np.quantile(scores, [0.025, 0.975], axis=0))
    return np.concatenate(limits, axis=1)


def measured(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds of one run, and the peak memory of another in MiB (tracing memory takes time)."""
    start = time.perf_counter()
    call()
    seconds = time.perf_counter() - start
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return seconds, peak / 2**20


def main() -> None:
    """Measure, check that the two agree, and store."""
    rng = np.random.default_rng(20260101)
    ratings = rng.multinomial(RESPONDENTS, rng.dirichlet(np.linspace(0.3, 2.0, 11), size=GROUPS))
    rows = []
    for metric in (nps.NPS, nps.mean_rating(nps.Scale(0, 10))):
        counts = nps.RatingCounts.from_histogram(ratings, metric=metric, groups=range(GROUPS))
        after = nps.posterior(counts)
        few = nps.posterior(counts.select(*range(COMPARED)))
        exact = np.array(after.interval())
        drawn = drawn_limits(after.concentration, after.levels)
        error = np.sqrt((((drawn - exact) / after.sd) ** 2).mean())
        # 4,000 draws have an error of some 0.04 standard deviations at these limits.
        if not 0.02 < error < 0.08:
            msg = f"draws and exact limits disagree: {error}"
            raise RuntimeError(msg)
        calls: dict[str, Callable[[], object]] = {
            "interval": lambda counts=counts: nps.posterior(counts).interval(),
            "interval hdi": lambda counts=counts: nps.posterior(counts).interval(kind="hdi"),
            "difference probability": lambda few=few: (
                nps.posterior_difference(few, reference="previous").probability_greater
            ),
            "draws": lambda after=after: drawn_limits(after.concentration, after.levels),
        }
        for name, call in calls.items():
            seconds, mebibytes = measured(call)
            rows.append(
                {
                    "call": name,
                    "groups": COMPARED if name.startswith("difference") else GROUPS,
                    "values": metric.levels.size,
                    "seconds": round(seconds, 2),
                    "peak_mebibytes": round(mebibytes),
                    "error_in_sd": round(float(error), 4) if name == "draws" else "",
                }
            )
    store(__file__, rows)


if __name__ == "__main__":
    main()
