"""Size of tests and coverage of 95 % intervals where respondents are shared, and of the tests of moves: designs.csv.

    python benchmarks/coverage/designs.py [design ...]

- `pairs`: the same people, every method; 10, 20 and 50 pairs by complete enumeration of the changes (the limits depend
  on nothing else), 200 by seeded draws, at which the true change is tested;
- `partly-all`, `partly-optimal`: partly the same people, all respondents, or weighted for least variance;
- `windows`: windows of three months against those that end a month earlier; `naive` takes both windows as independent;
- `part`: a part against the whole; `naive` takes both as independent;
- `moves`: the sign test of up against down, Stuart & Maxwell's and Bhapkar's tests of the margins.

`quantity` is the size of the test of no change where there is none, else the coverage of the true change, in per cent.
Over several populations `mean` and `worst` (the highest size, the least coverage) are given; `worst_unwarned` is that
of the populations that meet the `Needs` of the method. `miss_low` and `miss_high` are the mean probabilities that the
interval lies left, and right, of the truth; `warned` is the share of samples of which the method warns. `bias` is in
points. A percentage of 5 has a standard error of 0.15 points with 20,000 draws, 0.22 with 10,000, 0.35 with 4,000,
0.5 with 2,000, 0.7 with 1,000 and 1.0 with 500.
"""

import csv
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from designs_populations import CHANGED, EVERY_LAW, HOMOGENEOUS, UNCHANGED, UNEVEN_LAWS, change_laws, two_waves

import npsstats as nps
from npsstats.inference.contrasts import CONTRAST_METHODS
from npsstats.inference.methods import Settings, UnitProblem
from npsstats.inference.overlap import overlapping_waves
from npsstats.inference.paired import PAIRED_METHODS
from npsstats.kernels import marginal
from npsstats.kernels.enumeration import outcomes
from npsstats.kernels.planning import outcome_probabilities

HERE = Path(__file__).parent
SEED = 20260501
LEVEL = 0.05
# Sign flips that are not all listed are drawn, fewer than by default: 1 / 1,000 divides the level.
SETTINGS = Settings(confidence_level=1 - LEVEL, seed=SEED, n_resamples=999)
SLACK = 1e-10
DRAWS = 20_000

COLUMNS = [
    "design", "population", "populations", "shared", "method", "n", "quantity", "mean", "worst", "worst_unwarned",
    "miss_low", "miss_high", "warned", "bias", "draws", "npsstats",
]  # fmt: skip
Row = dict[str, object]


def row(
    design: str,
    population: str,
    method: str,
    n: object,
    quantity: str,
    misses: tuple[np.ndarray, np.ndarray] | None = None,
    unwarned: np.ndarray | None = None,
    **more: object,
) -> Row:
    """Summarise the misses on the two sides, one entry per population."""
    made = dict.fromkeys(COLUMNS, "") | {"design": design, "population": population, "method": method, "n": n}
    made |= {"quantity": quantity, "populations": 1, "npsstats": nps.__version__} | more
    if misses is not None:
        low, high = (100 * np.atleast_1d(side) for side in misses)
        size = low + high
        shown = {"mean": size.mean(), "worst": size.max()}
        if unwarned is not None and unwarned.any():
            shown["worst_unwarned"] = size[unwarned].max()
        if quantity == "coverage":
            shown = {name: 100 - value for name, value in shown.items()}
        shown |= {"miss_low": low.mean(), "miss_high": high.mean()}
        made |= {"populations": len(low)} | {name: f"{value:.3f}" for name, value in shown.items()}
    return made


def weighted(rejected: np.ndarray, statistic: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Probabilities of a rejection as the interval lies left, and right, of the truth."""
    return float(weights @ (rejected & (statistic < 0))), float(weights @ (rejected & (statistic > 0)))


def rejects(pvalue: np.ndarray) -> np.ndarray:
    """A p-value at the level keeps the value in the interval."""
    return pvalue < LEVEL * (1 - 1e-9)


# ---------------------------------------------------------------------------------------------- the same people

PAIRS_METHODS = ("score", "tango", "likelihood", "wald", "t", "bootstrap-percentile", "bootstrap-bca", "sign-flip")
CHANGES = np.arange(5) / 4
# All flips of each of 316,251 samples of 50 would take an hour.
FEWER_DRAWS = {
    "bootstrap-percentile": {200: 10_000},
    "bootstrap-bca": {200: 10_000},
    "sign-flip": {50: 500, 200: 1_000},
}
TABLES_DRAWN = {"sign-flip": 2}


def problem_of_changes(counts: np.ndarray) -> UnitProblem:
    return UnitProblem(counts.astype(float), CHANGES, (-200.0, 200.0), "the change of NPS")


def all_limits(method: str, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Limits of all samples of changes, in units; reflected samples have the reflected limits."""
    table = outcomes(n, 5)
    digits = (n + 1) ** np.arange(5)
    keys, mirror = table @ digits, table[:, ::-1] @ digits
    own = np.flatnonzero(keys <= mirror)
    found = PAIRED_METHODS[method].limits(problem_of_changes(table[own]), SETTINGS)
    low, high = np.empty((2, len(table)))
    order = np.argsort(keys)
    image = order[np.searchsorted(keys[order], mirror[own])]
    low[image], high[image] = 1 - found[1], 1 - found[0]
    low[own], high[own] = found
    return low, high


def enumerated(
    limits: dict[str, tuple[np.ndarray, np.ndarray]], n: int, laws: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Probabilities that the interval lies left, and right, of the true change, by method and law of the change."""
    table = outcomes(n, 5)
    misses = {method: (np.empty(len(laws)), np.empty(len(laws))) for method in limits}
    for start in range(0, len(laws), 20):
        for k, weights in enumerate(outcome_probabilities(table, laws[start : start + 20]), start):
            true = laws[k] @ CHANGES
            for method, (low, high) in limits.items():
                left, right = misses[method]
                left[k], right[k] = weights @ (high < true - SLACK), weights @ (low > true + SLACK)
    return misses


def drawn(method: str, n: int, laws: np.ndarray, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """As `enumerated`, from draws; equal samples are tested once."""
    left, right = np.empty((2, len(laws)))
    for k, law in enumerate(laws):
        rng = np.random.default_rng([SEED, n, k])
        samples, times = np.unique(rng.multinomial(n, law, draws), axis=0, return_counts=True)
        true = np.full(len(samples), law @ CHANGES)
        statistic, pvalue = PAIRED_METHODS[method].test(problem_of_changes(samples), true, SETTINGS)
        left[k], right[k] = weighted(rejects(pvalue), statistic, times / draws)
    return left, right


def unwarned(method: str, n: int, laws: np.ndarray) -> np.ndarray:
    """Whether populations have what the method needs: respondents, and respondents per unit of kurtosis."""
    needs = PAIRED_METHODS[method].needs
    squared = (CHANGES - (laws @ CHANGES)[:, None]) ** 2
    kurtosis = (laws * squared**2).sum(axis=1) / (laws * squared).sum(axis=1) ** 2
    return (n >= needs.n) & (n >= needs.per_kurtosis * kurtosis)


def pairs(sizes: tuple[int, ...] = (10, 20, 50, 200)) -> Iterator[Row]:
    sets = [("size", name, change_laws(tables)) for name, tables in UNCHANGED.items()]
    sets += [("coverage", name, change_laws(tables)) for name, tables in CHANGED.items()]
    # Neighbours of the first grid points are alike: a few of them are to be a fair choice.
    every = np.random.default_rng(SEED).permutation(EVERY_LAW)
    sets += [("coverage", "all laws in steps of 10 %", every), ("coverage", "uneven laws", UNEVEN_LAWS)]
    for n in sizes:
        draws = {method: FEWER_DRAWS.get(method, {}).get(n, DRAWS if n > 50 else 0) for method in PAIRS_METHODS}
        limits = {method: all_limits(method, n) for method in PAIRS_METHODS if not draws[method]}
        for quantity, name, laws in sets:
            exact = enumerated(limits, n, laws) if limits else {}
            for method in PAIRS_METHODS:
                used = laws if method in exact else laws[: TABLES_DRAWN.get(method, 3)]
                misses = exact[method] if method in exact else drawn(method, n, used, draws[method])
                met = unwarned(method, n, used)
                yield row("pairs", name, method, n, quantity, misses, met, shared=1, draws=draws[method] or "exact")


# ------------------------------------------------------------------------------------------- partly the same people
PARTLY_METHODS = ("score", "likelihood", "mover", "wald", "welch")
PARTLY_DRAWS = {"score": 4_000, "likelihood": 4_000, "mover": 500}
# Limits of three arms take some milliseconds.
WITH_MOVER = ("no change", "change", "few detractors, no change")
A, B, POLAR = np.array([0.2, 0.35, 0.45]), np.array([0.1, 0.3, 0.6]), np.array([0.3, 0.15, 0.55])
LOPSIDED, LIFTED = np.array([0.02, 0.13, 0.85]), np.array([0.04, 0.11, 0.85])
STAYING = 0.6


def mixed(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The second wave of those of whom some stay."""
    return STAYING * first + (1 - STAYING) * second


# The table of those in both waves, and the shares of those in the first and in the second only.
PARTLY = {
    "no change": (two_waves(A, A, STAYING), A, A),
    "same score, more polarised": (two_waves(A, POLAR, STAYING), A, mixed(A, POLAR)),
    "change": (two_waves(A, B, STAYING), A, mixed(A, B)),
    "few detractors, no change": (two_waves(LOPSIDED, LOPSIDED, STAYING), LOPSIDED, LOPSIDED),
    "few detractors, change": (two_waves(LOPSIDED, LIFTED, STAYING), LOPSIDED, mixed(LOPSIDED, LIFTED)),
    "stayers differ, no change": (two_waves(B, B, STAYING), A, A),
    "stayers differ, change": (two_waves(B, A, STAYING), A, B),
}
SCORES = np.array([-100.0, 0.0, 100.0])


def waves_of(name: str, n: int, shared: float, draws: int) -> tuple[nps.PairedCounts, float]:
    """Draw two waves of n respondents; and give the difference of their expected scores."""
    both, first, second = PARTLY[name]
    m = round(shared * n)
    rng = np.random.default_rng([SEED, n, m, list(PARTLY).index(name)])
    change = (both.sum(axis=0) - both.sum(axis=1)) @ SCORES
    waves = nps.PairedCounts.from_table(
        rng.multinomial(m, both.ravel(), draws).reshape(-1, 3, 3),
        first_only=rng.multinomial(n - m, first, draws),
        second_only=rng.multinomial(n - m, second, draws),
        groups=range(draws),
    )
    return waves, float((m * change + (n - m) * (second - first) @ SCORES) / n)


def partly(respondents: str) -> Iterator[Row]:
    for name in PARTLY:
        for n in (30, 100, 300):
            for shared in (0.1, 0.5, 0.9):
                yield from of_waves(name, n, shared, respondents, *waves_of(name, n, shared, DRAWS))


def of_waves(name: str, n: int, shared: float, respondents: str, waves: nps.PairedCounts, true: float) -> Iterator[Row]:
    problem = overlapping_waves(waves, waves.metric, respondents)
    bias = problem.width * problem.moments[0].mean() - true
    common = {"n": n, "shared": shared, "bias": f"{bias:.3f}"}
    design = f"partly-{respondents}"
    if respondents == "optimal" and name.startswith("stayers differ"):
        # Another weighting estimates another mean: of its interval there is nothing to say but where it lies.
        yield row(design, name, "any", quantity="bias", draws=DRAWS, **common)
        return
    for method in PARTLY_METHODS:
        if method == "mover" and name not in WITH_MOVER:
            continue
        draws = PARTLY_DRAWS.get(method, DRAWS)
        first = replace(
            problem,
            **{name: getattr(problem, name)[:draws] for name in ("counts", "values", "weights", "sizes")},
        )
        chosen = CONTRAST_METHODS[method]
        statistic, pvalue = chosen.test(first, np.full(draws, true / problem.width), SETTINGS)
        misses = weighted(rejects(pvalue), statistic, np.full(draws, 1 / draws))
        warned = f"{100 * (first.shortfall(chosen.needs) > 1).mean():.3f}"
        yield row(design, name, method, quantity=quantity(true), misses=misses, draws=draws, warned=warned, **common)


def quantity(true: float) -> str:
    return "size" if abs(true) < 1e-9 else "coverage"


# ------------------------------------------------------------------------------------- windows, part against whole

GROUPED_DRAWS = {"mover": 2_000}
MONTHS = ("2024-01", "2024-02", "2024-03", "2024-04")
MONTHLY = {
    "no change": (A, A, A, A),
    "same score, other shares": (A, POLAR, A, POLAR),
    "the last month differs": (A, A, A, B),
    "all months differ": (A, B, LOPSIDED, POLAR),
    "few detractors, no change": (LOPSIDED,) * 4,
}
MONTHLY_SIZES = ((40, 60, 30, 80), (100, 100, 100, 100))
PARTS = {
    "no difference": (A, A),
    "same score, other shares": (A, POLAR),
    "a difference": (A, B),
    "few detractors, no difference": (LOPSIDED, LOPSIDED),
}
PART_SIZES = ((40, 160), (150, 50))


def grouped(samples: np.ndarray, names: tuple[str, ...]) -> nps.RatingCounts:
    """Counts of each draw (rows) and each group."""
    return nps.RatingCounts(
        samples.reshape(-1, 3),
        metric=nps.NPS_CATEGORIES,
        missing=np.zeros(samples.shape[0] * samples.shape[1], int),
        by=("draw", "group"),
        labels=[(draw, name) for draw in range(len(samples)) for name in names],
    )


def compared(counts: nps.RatingCounts, true: float, method: str, **design: object) -> tuple[float, float]:
    """Test the true difference in the first comparison of each draw."""
    found = nps.compare(counts, method=method, null_difference=true, adjustment="none", **design)
    each = len({label[0] for label in found.labels})
    rows = np.arange(each) * (len(found.labels) // each)
    return weighted(rejects(found.pvalue[rows]), found.statistic[rows], np.full(each, 1 / each))


def samples_of(sizes: tuple[int, ...], shares: tuple[np.ndarray, ...], draws: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng([SEED, seed, *sizes])
    return np.stack([rng.multinomial(n, p, draws) for n, p in zip(sizes, shares, strict=True)], axis=1)


def window_misses(name: str, sizes: tuple[int, ...], method: str, draws: int, *, naive: bool = False) -> Row:
    """Compare the windows of the last and the first three of four months."""
    shares = MONTHLY[name]
    earlier, later = (np.average(shares[part], axis=0, weights=sizes[part]) for part in (slice(3), slice(1, 4)))
    true = float((later - earlier) @ SCORES)
    months = samples_of(sizes, shares, draws, list(MONTHLY).index(name))
    if naive:
        counts = grouped(np.stack([months[:, :3].sum(axis=1), months[:, 1:].sum(axis=1)], axis=1), ("earlier", "later"))
        misses = compared(counts, true, method, reference="earlier")
    else:
        misses = compared(grouped(months, MONTHS), true, method, reference="previous", window=3)
    shown = f"naive {method}" if naive else method
    return row("windows", name, shown, ", ".join(map(str, sizes)), quantity(true), misses, draws=draws)


def part_misses(name: str, sizes: tuple[int, ...], method: str, draws: int, *, naive: bool = False) -> Row:
    """Compare a part with the whole of part and rest."""
    shares = PARTS[name]
    true = float((shares[0] - shares[1]) @ SCORES * sizes[1] / sum(sizes))
    both = samples_of(sizes, shares, draws, 100 + list(PARTS).index(name))
    if naive:
        counts = grouped(np.stack([both[:, 0], both.sum(axis=1)], axis=1), ("part", "whole"))
        misses = compared(counts, true, method, reference="whole")
    else:
        misses = compared(grouped(both, ("part", "rest")), true, method, reference="total")
    shown = f"naive {method}" if naive else method
    return row("part", name, shown, f"{sizes[0]} of {sum(sizes)}", quantity(true), misses, draws=draws)


def windows() -> Iterator[Row]:
    for name in MONTHLY:
        for sizes in MONTHLY_SIZES:
            for method in PARTLY_METHODS:
                yield window_misses(name, sizes, method, GROUPED_DRAWS.get(method, DRAWS))
            yield window_misses(name, sizes, "score", DRAWS, naive=True)


def part() -> Iterator[Row]:
    for name in PARTS:
        for sizes in PART_SIZES:
            for method in PARTLY_METHODS:
                yield part_misses(name, sizes, method, GROUPED_DRAWS.get(method, DRAWS))
            yield part_misses(name, sizes, "score", DRAWS, naive=True)


# ------------------------------------------------------------------------------------------------ tests of moves

MARGINAL_TESTS = {"stuart-maxwell": marginal.stuart_maxwell, "bhapkar": marginal.bhapkar}
MARGINAL_DRAWS = 100_000
OFF_DIAGONAL = np.flatnonzero(~np.eye(3, dtype=bool).ravel())


def sign_sizes(n: int, moving: np.ndarray) -> np.ndarray:
    """Size of the exact sign test by the share who move, as many up as down, over all samples."""
    table = outcomes(n, 3)
    rejected = marginal.exact_sign(table[:, 2], table[:, 0]) <= LEVEL
    shares = np.column_stack([moving / 2, 1 - moving, moving / 2])
    return outcome_probabilities(table, shares) @ rejected


def marginal_size(test: str, table: np.ndarray, n: int) -> tuple[float, object]:
    """Size of a test of the margins: of the movers, and n, over all samples of 20; from draws of more."""
    if n <= 20:
        samples = outcomes(n, 7)
        law = np.append(table.ravel()[OFF_DIAGONAL], np.trace(table))
        weights, draws = outcome_probabilities(samples, law[None])[0], "exact"
        tables = np.zeros((len(samples), 9))
        tables[:, OFF_DIAGONAL], tables[:, 0] = samples[:, :6], samples[:, 6]
    else:
        drawn_tables = np.random.default_rng([SEED, n]).multinomial(n, table.ravel(), MARGINAL_DRAWS)
        tables, times = np.unique(drawn_tables, axis=0, return_counts=True)
        weights, draws = times / MARGINAL_DRAWS, MARGINAL_DRAWS
    pvalue = marginal.chi_square_pvalue(*MARGINAL_TESTS[test](tables.reshape(-1, 3, 3).astype(float)))
    return float(weights @ (pvalue <= LEVEL)), draws


def moves() -> Iterator[Row]:
    moving = np.linspace(0.01, 1, 100)
    for n in (10, 20, 50, 200):
        size = sign_sizes(n, moving)
        yield row("moves", "1-100 % move", "sign", n, "size", (size / 2, size / 2), draws="exact")
    for name, table in HOMOGENEOUS.items():
        for test in MARGINAL_TESTS:
            for n in (10, 20, 50, 200):
                size, draws = marginal_size(test, table, n)
                made = row("moves", name, test, n, "size", (size, 0.0), draws=draws)
                # A chi-square test has no sides.
                yield made | {"miss_low": "", "miss_high": ""}


DESIGNS = {
    "pairs": pairs,
    "partly-all": lambda: partly("all"),
    "partly-optimal": lambda: partly("optimal"),
    "windows": windows,
    "part": part,
    "moves": moves,
}
PATH = HERE / "designs.csv"


def main(names: list[str]) -> None:
    """Make the rows of the designs named, or of all; rows of other designs stay."""
    made: dict[str, list[Row]] = {}
    # That a method warns of such samples is known; here is to be seen what it does there.
    warnings.simplefilter("ignore", nps.SmallSampleWarning)
    for name in names or DESIGNS:
        start = time.perf_counter()
        made[name] = []
        for one in DESIGNS[name]():
            made[name].append(one)
            print(*one.values(), sep="|", file=sys.stderr, flush=True)
        print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
    if PATH.exists():
        with PATH.open(encoding="utf-8", newline="") as file:
            old = list(csv.DictReader(file))
        for name in DESIGNS:
            made.setdefault(name, [one for one in old if one["design"] == name])
    with PATH.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(one for name in DESIGNS for one in made.get(name, []))


if __name__ == "__main__":
    main(sys.argv[1:])
