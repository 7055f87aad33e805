"""Coverage of what `criterion_validity`, `compare_validity` and `detractor_weight` say of an outcome.

AUC by the logit of DeLong's error, their difference by DeLong, correlations by Fisher's z and their difference by Zou,
log-losses by the paired bootstrap; each with an outcome that depends on the rating, the satisfaction, both or neither.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np
from critique_counting import SIZES, Z, rng_of, tally
from scipy.optimize import brentq
from scipy.special import expit

from npsstats.kernels.dependent_correlations import pearson, zou_limits
from npsstats.kernels.discrimination import concordance, delong_covariance
from npsstats.kernels.leaving_out import leave_one_out_losses, resampled_differences
from npsstats.kernels.ratios import ALL, BOUNDED, OUTSIDE, FiellerSet, fieller
from npsstats.kernels.transformed_limits import fisher_limits, logit_limits

DRAWS = 2_000
DRAWS_OF_BOOTSTRAP, N_RESAMPLES = 300, 499
EVENTS = (0.05, 0.13, 0.4)
RATING, SATISFACTION = (part.ravel() for part in np.meshgrid(np.arange(11.0), np.arange(5.0), indexing="ij"))
DEPENDS = {
    "on the rating": -0.35 * RATING,
    "on satisfaction": -0.9 * SATISFACTION,
    "on both": -0.2 * RATING - 0.4 * SATISFACTION,
    "on neither": 0.0 * RATING,
}
OUTCOME = np.repeat([0.0, 1.0], len(RATING))
PREDICTORS = {
    "NPS (0-10)": np.tile(RATING, 2),
    "NPS (3 classes)": np.tile((RATING > 6) + 1.0 * (RATING > 8), 2),
    "CSAT (1-5)": np.tile(SATISFACTION, 2),
}
PAIRS = [("NPS (0-10)", "CSAT (1-5)"), ("NPS (0-10)", "NPS (3 classes)")]


def cells() -> list[tuple[object, ...]]:
    """What the outcome depends on, how frequent it is, and respondents."""
    found: list[tuple[object, ...]] = [("areas", *cell) for cell in product(DEPENDS, EVENTS, SIZES)]
    return found + [("losses", *cell) for cell in product(("on both", "on neither"), EVENTS, (100, 400))]


def shares_of(depends: str, events: float) -> np.ndarray:
    """Shares of those without, then of those with the event, by rating and satisfaction."""
    ratings = np.exp(-0.5 * ((np.arange(11) - 8) / 2.2) ** 2)
    given = np.exp(-0.5 * (np.arange(5) - 0.4 * np.arange(11)[:, None]) ** 2)
    both = (ratings[:, None] * given / given.sum(axis=1, keepdims=True)).ravel() / ratings.sum()
    logit = DEPENDS[depends]
    level = brentq(lambda x: both @ expit(x + logit) - events, -20, 20)
    event = expit(level + logit)
    return np.concatenate([both * (1 - event), both * event])


def drawn(kind: str, depends: str, events: float, n: int, draws: int) -> np.ndarray:
    """Samples with two events, two others and no constant predictor, as all else is refused or has no interval."""
    tables = rng_of(kind, depends, events, n).multinomial(n, shares_of(depends, events), size=draws)
    happened = tables[:, OUTCOME == 1].sum(axis=1)
    various = [np.stack([tables[:, x == level].any(axis=1) for level in np.unique(x)]).sum(axis=0) > 1
               for x in PREDICTORS.values()]  # fmt: skip
    return tables[(happened > 1) & (happened < n - 1) & np.all(various, axis=0)].astype(float)


def intervals(tables: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Limits of areas, of correlations, and of their differences, of predictors of a bad event."""
    n = tables.sum(axis=1)
    areas = {name: concordance(tables, -x, OUTCOME) for name, x in PREDICTORS.items()}
    covariance = delong_covariance(tables, OUTCOME, np.stack([area.influence for area in areas.values()]))
    related = {name: pearson(tables, -x, OUTCOME) for name, x in PREDICTORS.items()}
    place = {name: i for i, name in enumerate(PREDICTORS)}
    found, limits, errors = {}, {}, {}
    for name, i in place.items():
        r, influence = related[name]
        errors[name] = np.sqrt((tables * influence**2).sum(axis=1) / n / (n - 1))
        limits[name] = fisher_limits(r, errors[name], Z)
        found[f"AUC of {name}"] = logit_limits(areas[name].estimate, np.sqrt(covariance[:, i, i]), Z)
        found[f"correlation of {name}"] = limits[name]
    for first, second in PAIRS:
        i, j = place[first], place[second]
        difference = areas[first].estimate - areas[second].estimate
        error = np.sqrt((covariance[:, i, i] + covariance[:, j, j] - 2 * covariance[:, i, j]).clip(min=0))
        found[f"AUC, {first} minus {second}"] = difference - Z * error, difference + Z * error
        (r, own), (q, other) = related[first], related[second]
        together = (tables * own * other).sum(axis=1) / n / (n - 1) / (errors[first] * errors[second])
        found[f"correlation, {first} minus {second}"] = zou_limits((r, q), (limits[first], limits[second]), together)
    return found


def truths(shares: np.ndarray) -> dict[str, float]:
    """The same quantities of the population."""
    areas = {name: concordance(shares[None], -x, OUTCOME).estimate[0] for name, x in PREDICTORS.items()}
    related = {name: pearson(shares[None], -x, OUTCOME)[0][0] for name, x in PREDICTORS.items()}
    found = {f"AUC of {name}": area for name, area in areas.items()}
    found |= {f"correlation of {name}": r for name, r in related.items()}
    for first, second in PAIRS:
        found[f"AUC, {first} minus {second}"] = areas[first] - areas[second]
        found[f"correlation, {first} minus {second}"] = related[first] - related[second]
    return found


def classes_of(name: str) -> np.ndarray:
    """The classes of a predictor, numbered."""
    return np.unique(PREDICTORS[name], return_inverse=True)[1].ravel()


def rows(cell: tuple[object, ...], draws: int | None = None) -> Iterator[dict[str, object]]:
    """A row for each quantity; of log-losses for what n respondents can learn, and for what any number could."""
    kind, depends, events, n = cell
    about = {"population": f"depends {depends}, {100 * events:.0f} % events", "n": n}
    if kind == "areas":
        asked = draws or DRAWS
        tables, true = drawn(*cell, asked), truths(shares_of(depends, events))
        for part, (low, high) in intervals(tables).items():
            # Samples that are refused have no interval.
            low, high = (np.append(limit, np.full(asked - len(tables), np.nan)) for limit in (low, high))
            question = "compare_validity" if "minus" in part else "criterion_validity"
            yield {"question": question, **about, "part": part, **tally(true[part], low, high)}
        return
    tables = drawn(*cell, draws or DRAWS_OF_BOOTSTRAP)
    many = drawn("expected", depends, events, n, 20_000)
    shares = shares_of(depends, events)
    for first, second in PAIRS:
        classes = classes_of(first), classes_of(second)
        expected = np.subtract(*(leave_one_out_losses(many, many, one, OUTCOME == 1)[0].mean() for one in classes))
        limit = np.subtract(*(entropy(shares, one) for one in classes))
        low, high = loss_intervals(tables, classes, rng_of("resamples", *cell, first, second))
        part = f"log-loss, {first} minus {second}"
        yield {"question": "compare_validity", **about, "part": f"{part}, fitted to n", **tally(expected, low, high)}
        yield {"question": "compare_validity", **about, "part": f"{part}, frequencies known", **tally(limit, low, high)}


def loss_intervals(tables: np.ndarray, classes: tuple, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Limits of the difference of log-losses by the paired bootstrap, as `compare_validity` has them."""
    one, two = (leave_one_out_losses(tables, tables, kinds, OUTCOME == 1)[0] for kinds in classes)
    limits = []
    for table, difference in zip(tables, one - two, strict=True):
        resampled = resampled_differences(table, classes, OUTCOME == 1, rng, N_RESAMPLES)
        limits.append(difference + np.quantile(resampled, [0.025, 0.975]) - resampled.mean())
    return tuple(np.array(limits).T)


def entropy(shares: np.ndarray, classes: np.ndarray) -> float:
    """The log-loss of the true frequencies of the event in each class."""
    table = np.zeros((classes.max() + 1, 2))
    np.add.at(table, (classes, OUTCOME.astype(int)), shares)
    return float(-(table * np.log(table / table.sum(axis=1, keepdims=True))).sum())


# ------------------------------------------------------------------------------------------------ sets of ratios

DRAWS_OF_SETS = 10_000
KINDS = {"bounded": BOUNDED, "outside": OUTSIDE, "all": ALL}
SET_COLUMNS = [
    "question", "population", "truth", "n", "draws", "without", "coverage", "error", "bounded", "outside", "all",
    "covered_bounded", "npsstats",
]  # fmt: skip
# Shares of detractors, passives and promoters, and of those among them who left.
LEAVING = {
    "weight 3": ((0.2, 0.35, 0.45), (0.30, 0.12, 0.06)),
    "weight 1": ((0.2, 0.35, 0.45), (0.21, 0.14, 0.07)),
    "weight 1, detractors 5 %": ((0.05, 0.25, 0.7), (0.26, 0.16, 0.06)),
    "weight 2, small effects": ((0.2, 0.35, 0.45), (0.16, 0.13, 0.115)),
    "no effect at all": ((0.2, 0.35, 0.45), (0.13, 0.13, 0.13)),
}
# Detractors, passives and promoters of the reference and of the group.
TIES = {
    "30/60/10 and 20/80/0": ((0.1, 0.6, 0.3), (0.0, 0.8, 0.2)),
    "more of both": ((0.15, 0.45, 0.4), (0.2, 0.3, 0.5)),
    "a little more of both": ((0.15, 0.45, 0.4), (0.17, 0.4, 0.43)),
    "few detractors": ((0.02, 0.78, 0.2), (0.06, 0.64, 0.3)),
    "as many detractors": ((0.15, 0.45, 0.4), (0.15, 0.35, 0.5)),
}


def set_cells() -> list[tuple[str, str, int]]:
    """Questions, populations and respondents: in all, or in each group."""
    return [("detractor_weight", *cell) for cell in product(LEAVING, SIZES)] + [
        ("score_flips", *cell) for cell in product(TIES, SIZES)
    ]


def weight_sets(tables: np.ndarray) -> FiellerSet:
    """Sets of weights from counts by class and outcome, shape (draws, 3, 2)."""
    sizes = tables.sum(axis=2)
    means = tables[:, :, 1] / sizes
    # By the variance of a ratio of shares with n / (n - 1).
    variances = means * (1 - means) / sizes * (sizes.sum(axis=1) / (sizes.sum(axis=1) - 1))[:, None]
    contrasts = np.array([[1.0, -1.0, 0.0], [0.0, 1.0, -1.0]])
    loss, gain = contrasts @ means.T
    return fieller(loss, gain, np.einsum("ic,dc,jc->dij", contrasts, variances, contrasts), Z)


def tie_sets(tables: np.ndarray) -> FiellerSet:
    """Sets of tying weights from counts by group and class, shape (draws, 2, 3), the reference first."""
    n = tables.sum(axis=2, keepdims=True)
    shares = tables / n
    detractors, promoters = shares[..., 0], shares[..., 2]
    factor = 1 / (n[..., 0] - 1)
    covariance = np.empty((len(tables), 2, 2))
    covariance[:, 0, 0] = (promoters * (1 - promoters) * factor).sum(axis=1)
    covariance[:, 1, 1] = (detractors * (1 - detractors) * factor).sum(axis=1)
    covariance[:, 0, 1] = covariance[:, 1, 0] = -(promoters * detractors * factor).sum(axis=1)
    return fieller(promoters[:, 1] - promoters[:, 0], detractors[:, 1] - detractors[:, 0], covariance, Z)


def draw_sets(question: str, name: str, n: int, draws: int) -> tuple[np.ndarray, float]:
    """Samples, and the true ratio; infinite over 0, nan of nothing over nothing."""
    rng = rng_of(question, name, n)
    if question == "detractor_weight":
        sizes, left = (np.array(part) for part in LEAVING[name])
        shares = sizes[:, None] * np.column_stack([1 - left, left])
        tables = rng.multinomial(n, shares.ravel(), size=draws).reshape(draws, 3, 2)
        known = (tables.sum(axis=2) > 0).all(axis=1) & (tables.sum(axis=1) > 0).all(axis=1)
        above, below = left[0] - left[1], left[1] - left[2]
    else:
        sides = np.array(TIES[name])
        tables = np.stack([rng.multinomial(n, side, size=draws) for side in sides], axis=1)
        known = np.ones(draws, dtype=bool)
        above, below = (sides[1] - sides[0])[[2, 0]]
    truth = above / below if below else np.nan if not above else np.inf
    return tables[known].astype(float), float(truth)


def set_row(cell: tuple[str, str, int], draws: int = DRAWS_OF_SETS) -> dict[str, object]:
    """How often the set holds the true ratio, and of which kind it is; without a ratio any set but all misses none."""
    question, name, n = cell
    tables, truth = draw_sets(question, name, n, draws)
    found = (weight_sets if question == "detractor_weight" else tie_sets)(tables)
    inside = (found.low <= truth + 1e-9) & (truth <= found.high + 1e-9)
    outside = (truth <= found.low + 1e-9) | (truth >= found.high - 1e-9)
    if np.isinf(truth):
        # A weight beyond all limits: sets that go on for ever.
        inside, outside = np.isinf(found.high) | np.isinf(found.low), np.ones_like(outside)
    held = np.select([found.kind == BOUNDED, found.kind == OUTSIDE], [inside, outside], True)
    coverage = held.mean() if not np.isnan(truth) else np.nan
    shares = {kind: f"{100 * (found.kind == code).mean():.1f}" for kind, code in KINDS.items()}
    bounded = held[found.kind == BOUNDED]
    return {
        "question": question,
        "population": name,
        "truth": f"{truth:.3g}",
        "n": n,
        "draws": draws,
        "without": f"{100 * (1 - len(tables) / draws):.1f}",
        "coverage": f"{100 * coverage:.1f}",
        "error": f"{100 * np.sqrt(coverage * (1 - coverage) / len(tables)):.1f}",
        **shares,
        "covered_bounded": f"{100 * bounded.mean():.1f}" if bounded.size > 50 and not np.isnan(truth) else "",
        "npsstats": tally(0.0, np.zeros(1), np.zeros(1))["npsstats"],
    }
