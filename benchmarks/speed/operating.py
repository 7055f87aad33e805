"""The time of exact coverage, against simulating it.

The target of the project: one method at n = 200 over 200 populations in at most 0.5 s. The simulation draws 10,000
samples from each population and asks for their intervals in one call; its coverage has a standard error of 0.2 points.
"""

import time
from collections.abc import Callable

import numpy as np
from measuring import store

import npsstats as nps

N = 200
POPULATIONS = 200
DRAWS = 10_000


def best(call: Callable[[], object], runs: int = 5) -> float:
    """The shortest time of several runs."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def simulated(shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Simulate the coverage of the default interval, a population at a time."""
    covered = []
    for share in shares:
        table = rng.multinomial(N, share, size=DRAWS)
        counts = nps.RatingCounts.from_histogram(table, metric=nps.NPS_CATEGORIES, groups=range(DRAWS))
        found = nps.estimate(counts)
        true = 100 * (share[2] - share[0])
        covered.append(((found.low <= true) & (true <= found.high)).mean())
    return np.array(covered)


def main() -> None:
    """Measure, check that the two agree, and store."""
    rng = np.random.default_rng(20260101)
    shares = rng.dirichlet([2.0, 3.0, 4.0], size=POPULATIONS)
    rows = []
    for method in ("score", "tango", "likelihood", "wald", "bonett-price", "bootstrap-bca"):
        runs = 3 if method == "bootstrap-bca" else 5
        seconds = best(lambda method=method: nps.operating_characteristics(method, n=N, probabilities=shares), runs)
        rows.append({"call": f"exact coverage of {method}", "n": N, "populations": POPULATIONS, "seconds": seconds})
    few = shares[:10]
    start = time.perf_counter()
    about = simulated(few, rng)
    seconds = (time.perf_counter() - start) * POPULATIONS / len(few)
    exact = nps.operating_characteristics("score", n=N, probabilities=few).coverage
    # Five standard errors of a simulated share.
    np.testing.assert_allclose(about, exact, rtol=0, atol=5 * np.sqrt(0.05 * 0.95 / DRAWS))
    rows.append({"call": "simulation of score (scaled)", "n": N, "populations": POPULATIONS, "seconds": seconds})
    store(__file__, [{**row, "seconds": f"{row['seconds']:.3g}"} for row in rows])


if __name__ == "__main__":
    main()
