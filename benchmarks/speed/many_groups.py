"""The time and memory of one call for 100,000 groups, against a loop over groups.

The loop is what one would write without the package: SciPy's brentq on Tango's closed form (Statistics in Medicine
17, 1998, 891-908), group by group. It runs on fewer groups, and its time is scaled up.
"""

import time
import tracemalloc
import warnings
from collections.abc import Callable
from math import sqrt

import numpy as np
from measuring import store
from scipy.optimize import brentq
from scipy.special import ndtri

import npsstats as nps

GROUPS = 100_000
LOOPED = 1_000
RESPONDENTS = 200


def tango_loop(table: np.ndarray) -> np.ndarray:
    """Compute Tango's limits, in points, group by group, from detractors, passives and promoters."""
    z = ndtri(0.975)

    def statistic(theta: float, d: float, p: float, n: float) -> float:
        b = -p - d + (2 * n - p + d) * theta
        q = (sqrt(max(b * b + 8 * n * d * theta * (1 - theta), 0.0)) - b) / (4 * n)
        variance = max(2 * q + theta - theta * theta, 1e-300) / n
        return ((p - d) / n - theta) / sqrt(variance)

    limits = []
    for d, s, p in table.tolist():
        n = d + s + p
        centre = (p - d) / n
        low = brentq(lambda t, d=d, p=p, n=n: statistic(t, d, p, n) - z, -1 + 1e-12, centre)
        high = brentq(lambda t, d=d, p=p, n=n: statistic(t, d, p, n) + z, centre, 1 - 1e-12)
        limits.append((100 * low, 100 * high))
    return np.array(limits)


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
    warnings.simplefilter("ignore", nps.SmallSampleWarning)  # among 100,000 random groups some are lopsided
    rng = np.random.default_rng(20260101)
    table = rng.multinomial(RESPONDENTS, rng.dirichlet([2.0, 3.0, 4.0], size=GROUPS))
    counts = nps.RatingCounts.from_categories(
        detractors=table[:, 0], passives=table[:, 1], promoters=table[:, 2], groups=range(GROUPS)
    )
    few = counts.select(*range(LOOPED))
    ours = nps.estimate(few, method="tango")
    # brentq stops at 2e-12 on the unit scale, 2e-10 points.
    np.testing.assert_allclose(np.column_stack([ours.low, ours.high]), tango_loop(few.counts), atol=1e-9)
    rows = []
    for name, call in {
        "estimate score": lambda: nps.estimate(counts),
        "estimate tango": lambda: nps.estimate(counts, method="tango"),
        "estimate wald": lambda: nps.estimate(counts, method="wald"),
        "compare score": lambda: nps.compare(counts, reference="previous"),
        "compare mover": lambda: nps.compare(counts, reference="previous", method="mover"),
        "compare wald": lambda: nps.compare(counts, reference="previous", method="wald"),
    }.items():
        seconds, mebibytes = measured(call)
        rows.append({"call": name, "groups": GROUPS, "seconds": round(seconds, 2), "peak_mebibytes": round(mebibytes)})
    start = time.perf_counter()
    tango_loop(few.counts)
    looped = (time.perf_counter() - start) * GROUPS / LOOPED
    rows.append({"call": "loop tango (scaled)", "groups": GROUPS, "seconds": round(looped, 2), "peak_mebibytes": ""})
    store(__file__, rows)


if __name__ == "__main__":
    main()
