"""The time of the exact bootstrap, against resampling rows with SciPy.

Times are the best of several runs after one to warm up, SciPy's of three: with all resamples at once, which is its
default and takes some 2.4 GB, and in batches of the size that was fastest here. The targets are those of the project:
BCa limits of 10,000 respondents 1,000 times as fast as 9,999 resamples of rows, percentile limits of a billion below
50 ms, and BCa limits of all 20,301 samples of 200 respondents, from which exact coverage is added up, in 1 to 2 s.
"""

import time
import tracemalloc
from collections.abc import Callable

import numpy as np
from measuring import store
from scipy import stats

from npsstats.kernels.bootstrap import basic_limits, bca_limits, bootstrap_t_limits, percentile_limits
from npsstats.kernels.enumeration import outcomes

NPS_VALUES = np.array([0.0, 0.5, 1.0])
SHARES = np.array([0.2, 0.3, 0.5])
TAIL = 0.025
RESAMPLES = 9_999


def best(call: Callable[[], object], runs: int) -> float:
    """The shortest time of several runs, after one to warm up."""
    call()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def peak(call: Callable[[], object]) -> float:
    """The peak memory of a call in MiB."""
    tracemalloc.start()
    call()
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return memory / 2**20


def scipy_bca(counts: np.ndarray, batch: int | None) -> tuple[float, np.ndarray]:
    """Seconds and limits of SciPy's BCa bootstrap of rows: all resamples at once, its default, or in batches."""
    rows = np.repeat(NPS_VALUES, counts.astype(int))
    found = []

    def call() -> None:
        interval = stats.bootstrap(
            (rows,), np.mean, n_resamples=RESAMPLES, method="BCa", batch=batch, rng=np.random.default_rng(1)
        ).confidence_interval
        found.append([interval.low, interval.high])

    return best(call, 3), np.array(found[0])


def main() -> None:
    """Measure, check that the two agree, and store."""
    rng = np.random.default_rng(20260101)
    medium = (SHARES * 10_000)[None]
    exact = np.ravel(bca_limits(medium, NPS_VALUES, TAIL))
    scipy_seconds = {}
    for name, batches in {"at once": (None,), "in batches": (10, 20, 50, 100, 500)}.items():
        measured = [(*scipy_bca(medium[0], batch), batch) for batch in batches]
        fastest, _, batch = min(measured, key=lambda one: one[0])
        scipy_seconds[name if batch is None else f"{name} of {batch}"] = fastest
        for _, simulated, _ in measured:
            # A quantile of 9,999 resamples has a standard error of 0.03 standard errors of the score, 0.0039.
            np.testing.assert_allclose(exact, simulated, rtol=0, atol=6 * 0.03 * 0.0039)
    cases = {
        "BCa, n = 10,000": (lambda: bca_limits(medium, NPS_VALUES, TAIL), 1, 20),
        "percentile, n = 1,000,000,000": (lambda: percentile_limits(SHARES[None] * 1e9, NPS_VALUES, TAIL), 1, 20),
        "BCa, n = 1,000,000,000": (lambda: bca_limits(SHARES[None] * 1e9, NPS_VALUES, TAIL), 1, 20),
    }
    every = outcomes(200, 3).astype(float)
    many = rng.multinomial(200, rng.dirichlet([2.0, 3.0, 4.0], size=100_000)).astype(float)
    ratings = rng.multinomial(200, rng.dirichlet(np.ones(11) * 2, size=20_000)).astype(float)
    cases |= {
        "percentile, all samples of n = 200": (lambda: percentile_limits(every, NPS_VALUES, TAIL), len(every), 3),
        "basic, all samples of n = 200": (lambda: basic_limits(every, NPS_VALUES, TAIL), len(every), 3),
        "BCa, all samples of n = 200": (lambda: bca_limits(every, NPS_VALUES, TAIL), len(every), 3),
        "BCa, 100,000 groups of n = 200": (lambda: bca_limits(many, NPS_VALUES, TAIL), len(many), 1),
        "BCa, mean of 0-10, n = 200": (lambda: bca_limits(ratings, np.linspace(0, 1, 11), TAIL), len(ratings), 1),
        "bootstrap-t, n = 200, listed": (
            lambda: bootstrap_t_limits(SHARES[None] * 200, NPS_VALUES, TAIL, rng=rng, n_resamples=RESAMPLES), 1, 5,
        ),
        "bootstrap-t, n = 10,000, 9,999 draws": (
            lambda: bootstrap_t_limits(medium, NPS_VALUES, TAIL, rng=rng, n_resamples=RESAMPLES), 1, 5,
        ),
    }  # fmt: skip
    rows = [
        {"call": f"SciPy BCa, n = 10,000, {name}", "groups": 1, "seconds": f"{seconds:.4g}", "peak_mebibytes": ""}
        for name, seconds in scipy_seconds.items()
    ]
    for name, (call, groups, runs) in cases.items():
        seconds = best(call, runs)
        row = {"call": name, "groups": groups, "seconds": f"{seconds:.4g}", "peak_mebibytes": f"{peak(call):.3g}"}
        rows.append(row)
    for row in rows:
        for name, seconds in scipy_seconds.items():
            compared = row["call"] == "BCa, n = 10,000"
            row[f"times_faster_than_scipy_{'_'.join(name.split()[:2])}"] = (
                f"{seconds / float(row['seconds']):.4g}" if compared else ""
            )
    store(__file__, rows)


if __name__ == "__main__":
    main()
