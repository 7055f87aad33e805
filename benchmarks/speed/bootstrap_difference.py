"""The time of the exact bootstrap of a difference, against resampling rows of both groups with SciPy.

Both are treated alike: each is warmed up, then they take turns, and the shortest of as many runs counts. SciPy may
resample in batches of several sizes, of which the fastest counts. Times are the processor's, of all threads: where
others share the machine, the clock would count against long calls more than against short ones. SciPy's BCa finds the
acceleration from a jackknife of all rows. The targets are those of the project: a million respondents on either side
below a second, and 10,000 rows of small groups in a few seconds.
"""

import time
import tracemalloc
from collections.abc import Callable

import numpy as np
from measuring import store
from scipy import stats

from npsstats.kernels.bootstrap_difference import (
    bca_difference_limits,
    bca_difference_tails,
    percentile_difference_limits,
    percentile_difference_tails,
)

NPS_VALUES = np.array([0.0, 0.5, 1.0])
SHARES = np.array([[0.2, 0.3, 0.5], [0.15, 0.35, 0.5]])
TAIL = 0.025
RESAMPLES = 9_999
BATCHES = (20, 100, 500)
TURNS = 3
LIMITS = {"percentile": percentile_difference_limits, "BCa": bca_difference_limits}


def seconds_of(call: Callable[[], object]) -> float:
    """The processor time of one run."""
    start = time.process_time()
    call()
    return time.process_time() - start


def best(call: Callable[[], object], runs: int) -> float:
    """The shortest time of several runs, after one to warm up."""
    call()
    return min(seconds_of(call) for _ in range(runs))


def peak(call: Callable[[], object]) -> float:
    """The peak memory of a call in MiB."""
    tracemalloc.start()
    call()
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return memory / 2**20


def pair(n: int, m: int) -> np.ndarray:
    """One row of two groups with about the shares above, and of exactly these sizes."""
    table = np.floor(SHARES * np.array([[n], [m]]))
    table[:, -1] += np.array([n, m]) - table.sum(axis=-1)
    return table[None]


def scipy_limits(samples: list[np.ndarray], method: str, batch: int) -> np.ndarray:
    """Limits of SciPy's bootstrap of the rows of both groups."""
    interval = stats.bootstrap(
        samples,
        lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
        n_resamples=RESAMPLES,
        method=method,
        paired=False,
        batch=batch,
        rng=np.random.default_rng(1),
    ).confidence_interval
    return np.array([interval.low, interval.high])


def side_by_side(n: int, m: int, method: str) -> list[dict[str, object]]:
    """Both on the same groups, taking turns; they must agree."""
    table = pair(n, m)
    samples = [np.repeat(NPS_VALUES, group.astype(int)) for group in table[0]]
    calls: dict[object, Callable[[], np.ndarray]] = {
        batch: lambda batch=batch: scipy_limits(samples, method, batch) for batch in BATCHES
    }
    calls["exact"] = lambda: np.ravel(LIMITS[method](table, NPS_VALUES, TAIL))
    answers = {name: call() for name, call in calls.items()}
    # A quantile of 9,999 resamples has a standard error of 0.03 standard errors of the difference.
    error = np.sqrt(0.16 * (1 / n + 1 / m))
    for batch in BATCHES:
        np.testing.assert_allclose(answers["exact"], answers[batch], rtol=0, atol=6 * 0.03 * error)
    times: dict[object, list[float]] = {name: [] for name in calls}
    for _ in range(TURNS):
        for name, call in calls.items():
            times[name].append(seconds_of(call))
    exact = min(times["exact"])
    fastest = min(BATCHES, key=lambda batch: min(times[batch]))
    scipy_seconds = min(times[fastest])
    size = f"n = {n:,} and {m:,}"
    return [
        {
            "call": f"SciPy {method}, {size}, in batches of {fastest}",
            "groups": 1,
            "processor_seconds": f"{scipy_seconds:.4g}",
        },
        {
            "call": f"{method}, {size}",
            "groups": 1,
            "processor_seconds": f"{exact:.4g}",
            "peak_mebibytes": f"{peak(calls['exact']):.3g}",
            "times_faster_than_scipy": f"{scipy_seconds / exact:.3g}",
        },
    ]


def main() -> None:
    """Measure, check that the two agree, and store."""
    rng = np.random.default_rng(20260101)
    rows = [row for n, m in ((200, 150), (10_000, 9_000)) for method in LIMITS for row in side_by_side(n, m, method)]
    million, billion = pair(1_000_000, 999_999), pair(1_000_000_000, 999_999_999)
    small = np.stack(
        [rng.multinomial(n, rng.dirichlet([2.0, 3.0, 4.0])) for n in rng.integers(10, 100, size=20_000)]
    ).reshape(10_000, 2, 3).astype(float)  # fmt: skip
    ratings = np.stack(
        [rng.multinomial(n, rng.dirichlet(np.ones(11) * 2)) for n in rng.integers(10, 100, size=20_000)]
    ).reshape(10_000, 2, 11).astype(float)  # fmt: skip
    levels = np.linspace(0, 1, 11)
    cases = {
        "percentile, n = 1,000,000 and 999,999": (
            lambda: percentile_difference_limits(million, NPS_VALUES, TAIL), 1, 5,
        ),
        "BCa, n = 1,000,000 and 999,999": (lambda: bca_difference_limits(million, NPS_VALUES, TAIL), 1, 5),
        "BCa p-values, n = 1,000,000 and 999,999": (lambda: bca_difference_tails(million, NPS_VALUES, 0.0), 1, 5),
        "percentile, n = 1,000,000,000 and 1 less": (
            lambda: percentile_difference_limits(billion, NPS_VALUES, TAIL), 1, 1,
        ),
        "percentile, 10,000 rows of n = 10-99": (
            lambda: percentile_difference_limits(small, NPS_VALUES, TAIL), 10_000, 1,
        ),
        "BCa, 10,000 rows of n = 10-99": (lambda: bca_difference_limits(small, NPS_VALUES, TAIL), 10_000, 1),
        "percentile p-values, 10,000 rows of n = 10-99": (
            lambda: percentile_difference_tails(small, NPS_VALUES, 0.0), 10_000, 1,
        ),
        "BCa p-values, 10,000 rows of n = 10-99": (lambda: bca_difference_tails(small, NPS_VALUES, 0.0), 10_000, 1),
        "BCa, mean of 0-10, 10,000 rows of n = 10-99": (
            lambda: bca_difference_limits(ratings, levels, TAIL), 10_000, 1,
        ),
    }  # fmt: skip
    for name, (call, groups, runs) in cases.items():
        row = {"call": name, "groups": groups, "processor_seconds": f"{best(call, runs):.4g}"}
        rows.append(row | {"peak_mebibytes": f"{peak(call):.3g}"})
    order = ("call", "groups", "processor_seconds", "peak_mebibytes", "times_faster_than_scipy")
    store(__file__, [{name: row.get(name, "") for name in order} for row in rows])


if __name__ == "__main__":
    main()
