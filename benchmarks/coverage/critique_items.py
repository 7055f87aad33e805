"""Coverage of effect sizes (`contrast`), of associations of items, of shapes and of relative efficiencies."""

import warnings
from collections.abc import Iterator
from itertools import product

import numpy as np
from critique_counting import SIZES, counted, joined, normal_cells, rng_of, tally

import npsstats as nps
from npsstats.kernels.ordinal_association import kendall_tau_b, spearman
from npsstats.kernels.ordinal_shift import efficacies, ordinal_information
from npsstats.kernels.ordinal_spread import entropy_of, ordinal_dispersion

DRAWS = {"contrast": 400, "item_association": 600, "polarisation": 600, "efficiency": 4_000}
# Groups of one call, whose covariances take the square of their number.
TOGETHER = 100

RATINGS = {
    "usual": np.array([2, 1, 2, 2, 3, 8, 8, 16, 24, 14, 20]) / 100,
    "near the top": np.array([0.5, 0, 0.25, 0.25, 0, 1, 1, 4, 13, 25, 55]) / 100,
    "polarised": np.array([20, 5, 3, 2, 2, 5, 3, 5, 10, 12, 33]) / 100,
}
FIVE = {
    "usual": np.array([4, 6, 20, 40, 30]) / 100,
    "near the top": np.array([1, 1, 5, 23, 70]) / 100,
    "polarised": np.array([25, 10, 10, 15, 40]) / 100,
}
METRICS = (nps.NPS, nps.CSAT)
ASSOCIATIONS = {"spearman": spearman, "tau_b": kendall_tau_b}
SHAPES = ("standard_deviation", "entropy", "dispersion", "depth")
ENDS = ("low", "high")


def cells() -> list[tuple[object, ...]]:
    """What is asked, populations, respondents (per group of a contrast)."""
    return [
        *(("contrast", *cell) for cell in product(RATINGS, (0.3,), SIZES)),
        *(("item_association", *cell) for cell in product(RATINGS, (0.0, 0.3, 0.6, 0.9), SIZES)),
        *(("polarisation", name, 0.0, n) for name, n in product(RATINGS, SIZES)),
        *(("efficiency", name, 0.0, n) for name, n in product(RATINGS, SIZES)),
    ]


def rows(cell: tuple[object, ...], draws: int | None = None) -> Iterator[dict[str, object]]:
    """A row for each quantity of the question."""
    question, name, strength, n = cell
    asked = {"contrast": effects, "item_association": associations, "polarisation": shapes, "efficiency": efficiencies}
    rng = rng_of(*cell)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nps.SmallSampleWarning)
        for population, part, truth, low, high in asked[question](name, strength, n, draws or DRAWS[question], rng):
            about = {"question": question, "population": population, "n": n, "part": part}
            yield about | tally(truth, low, high)


def in_parts(draws: int) -> Iterator[int]:
    """Sizes of calls."""
    return iter([TOGETHER] * (draws // TOGETHER) + [draws % TOGETHER] * (draws % TOGETHER > 0))


def shifted(shares: np.ndarray, odds: float) -> np.ndarray:
    """All odds of giving more multiplied."""
    above = shares[::-1].cumsum()[::-1]
    moved = odds * above / (1 - above + odds * above)
    return -np.diff(moved, append=0.0)


def effects(name: str, shift: float, n: int, draws: int, rng: np.random.Generator) -> Iterator[tuple]:
    """Differences of two groups in standard deviations: of NPS and CSAT of the same respondents."""
    shares = [
        normal_cells(0.6, shifted(RATINGS[name], np.exp(odds)), shifted(FIVE[name], np.exp(odds)))
        for odds in (0.0, shift)
    ]
    found, differences, truths = [], [], []
    for size in in_parts(draws):
        tables = np.stack([rng.multinomial(n, side.ravel(), size=size) for side in shares], axis=1)
        counts = joined(tables, METRICS, ("old", "new"))
        result, opposite = nps.contrast(counts, reference="old"), nps.opposite_moves(counts, reference="old")
        found.append(np.array([result.effect_low, result.effect_high]).reshape(2, -1, 2))
        differences.append(np.array([opposite.effect_low, opposite.effect_high]))
    low, high = np.concatenate(found, axis=1)
    population = f"{name}, odds times {np.exp(shift):.2f}"
    for i, (metric, axis) in enumerate(zip(METRICS, (1, 0), strict=True)):
        values = np.array(metric.values)
        means, variances = np.transpose([moments(side.sum(axis=axis), values) for side in shares])
        truths.append(np.diff(means)[0] / np.sqrt(variances.mean()))
        yield population, f"effect size of {metric.name}", truths[i], low[:, i], high[:, i]
    yield population, "effect size, NPS minus CSAT", truths[0] - truths[1], *np.concatenate(differences, axis=1)


def moments(shares: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Mean and variance."""
    mean = shares @ values
    return float(mean), float(shares @ (values - mean) ** 2)


def associations(name: str, rho: float, n: int, draws: int, rng: np.random.Generator) -> Iterator[tuple]:
    """Correlations of the ratings, and of the normal opinions behind them."""
    shares = normal_cells(rho, RATINGS[name], FIVE[name])
    found: dict[str, list] = {f"{measure}_{end}": [] for measure in (*ASSOCIATIONS, "polychoric") for end in ENDS}
    for size in in_parts(draws):
        tables = rng.multinomial(n, shares.ravel(), size=size)[:, None]
        result = nps.item_association(joined(tables, METRICS)).to_frame()
        for column, values in found.items():
            values.append(result[column].to_numpy())
    truth = {measure: kernel(shares[None])[0][0] for measure, kernel in ASSOCIATIONS.items()} | {"polychoric": rho}
    for measure, true in truth.items():
        low, high = (np.concatenate(found[f"{measure}_{end}"]) for end in ENDS)
        yield f"{name}, correlation {rho:g}", measure, true, low, high


def shapes(name: str, _: float, n: int, draws: int, rng: np.random.Generator) -> Iterator[tuple]:
    """What `polarisation` adds to shares, which are those of `estimate`."""
    shares = RATINGS[name]
    found = []
    for size in in_parts(draws):
        result = nps.polarisation(counted(rng.multinomial(n, shares, size=size)[:, None], nps.NPS)).to_frame()
        found.append([[result[f"{measure}_{end}"] for end in ENDS] for measure in SHAPES])
    limits = np.concatenate(found, axis=2)
    truth = [
        np.sqrt(moments(shares, np.array(nps.NPS.values))[1]),
        entropy_of(shares[None])[0][0],
        ordinal_dispersion(shares[None])[0][0],
        shares[:4].sum() / shares[:7].sum(),
    ]
    for measure, true, (low, high) in zip(SHAPES, truth, limits, strict=True):
        yield name, measure, true, low, high


def efficiencies(name: str, _: float, n: int, draws: int, rng: np.random.Generator) -> Iterator[tuple]:
    """Relative efficiencies of scores against the ordinal analysis."""
    shares, analyses, found = RATINGS[name], [], []
    for size in in_parts(draws):
        result = nps.efficiency(counted(rng.multinomial(n, shares, size=size)[:, None], nps.NPS))
        analyses = list(dict.fromkeys(result.analysis))
        found.append(np.array([result.low, result.high]).reshape(2, -1, len(analyses)))
    low, high = np.concatenate(found, axis=1)
    scale = nps.NPS.scale
    scored = {"NPS": nps.NPS, "mean": nps.mean_rating(scale), "top-1-box": nps.top_box(scale, boxes=1)}
    for analysis, metric in scored.items():
        seen = efficacies(shares[None], np.array([metric.values])).efficacy[0, 0]
        truth, place = seen / ordinal_information(shares[None])[0], analyses.index(analysis)
        yield name, f"{analysis} against ordinal", truth, low[:, place], high[:, place]
