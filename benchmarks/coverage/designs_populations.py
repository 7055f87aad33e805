"""The populations in which comparisons of the same people, partly the same, windows and parts are tried.

Two waves of the same people are a table of shares by first level (down) and second level (across), lowest level first.
Their limits depend on the law of the change only: the shares that fall by two levels, by one, stay, and so on.
"""

import numpy as np
from populations import POPULATIONS

from npsstats.kernels.enumeration import outcomes

__all__ = ["CHANGED", "EVERY_LAW", "HOMOGENEOUS", "UNCHANGED", "UNEVEN_LAWS", "change_laws", "two_waves"]

TABLES_OF_A_KIND = 100


def two_waves(first: np.ndarray, second: np.ndarray, staying: float) -> np.ndarray:
    """A share answers as before; all others give a new answer, whatever the old one, from `second`."""
    return staying * np.diag(first) + (1 - staying) * np.outer(first, second)


def change_laws(tables: np.ndarray) -> np.ndarray:
    """Shares of the changes of -2, -1, 0, 1 and 2 levels, of tables of the shape (tables, 3, 3)."""
    return np.stack([np.trace(tables, offset=k, axis1=1, axis2=2) for k in range(-2, 3)], axis=1)


def movers(**flows: float) -> np.ndarray:
    """Shares of the flows, named by the first letters of the levels: dp=0.01 is from detractor to promoter."""
    table = np.zeros((3, 3))
    for (origin, destination), share in flows.items():
        table["dsp".index(origin), "dsp".index(destination)] = share
    # Those who stay are half passives, half promoters.
    rest = 1 - table.sum()
    return table + np.diag([0, rest / 2, rest / 2])


def _make() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Tables with the same score in both waves, and others."""
    rng = np.random.default_rng(20260501)
    first, second = (rng.choice(POPULATIONS["realistic"], TABLES_OF_A_KIND, replace=False) for _ in range(2))
    # As many promoters and detractors more or less: the same score, other shares.
    room = np.minimum(first[:, 1] / 2, 0.2)
    polarised = first + rng.uniform(0.2, 0.9, TABLES_OF_A_KIND)[:, None] * room[:, None] * np.array([1, -2, 1])
    few, one_way = rng.uniform(0.005, 0.05, (2, TABLES_OF_A_KIND))
    some = rng.uniform(0.02, 0.15, TABLES_OF_A_KIND)
    unchanged = {
        "80 % stay": [two_waves(p, p, 0.8) for p in first],
        "20 % stay": [two_waves(p, p, 0.2) for p in first],
        "50 % stay, same score, more polarised": [two_waves(p, q, 0.5) for p, q in zip(first, polarised, strict=True)],
        "drift: many one level up, half as many two down": [movers(sp=2 * x, pd=x) for x in some],
        "1-10 % move": [movers(sp=x / 2, ps=x / 2, dp=x / 2, pd=x / 2) for x in few],
        "1.5-15 % move: one level up, or two down": [movers(sp=2 * x, pd=x) for x in few],
    }
    changed = {
        "80 % stay": [two_waves(p, q, 0.8) for p, q in zip(first, second, strict=True)],
        "20 % stay": [two_waves(p, q, 0.2) for p, q in zip(first, second, strict=True)],
        "0.5-5 % up by one, 0.5-5 % down by two": [movers(sp=x, pd=y) for x, y in zip(few, one_way, strict=True)],
        "0.5-5 % up by one only": [movers(sp=x) for x in one_way],
    }
    return tuple({name: np.array(tables) for name, tables in kind.items()} for kind in (unchanged, changed))


UNCHANGED, CHANGED = _make()

# All laws of the change in steps of 10 %, with their edges, without the corners.
EVERY_LAW = outcomes(10, 5) / 10
EVERY_LAW = EVERY_LAW[EVERY_LAW.max(axis=1) < 1]

# Laws of which some changes are rare, or do not occur.
UNEVEN_LAWS = np.random.default_rng(20260502).dirichlet(np.full(5, 0.3), 1_000)

# Tables whose two waves have the same shares.
HOMOGENEOUS = {
    "80 % stay": two_waves(np.array([0.2, 0.35, 0.45]), np.array([0.2, 0.35, 0.45]), 0.8),
    "20 % stay": two_waves(np.array([0.2, 0.35, 0.45]), np.array([0.2, 0.35, 0.45]), 0.2),
    "few detractors, 50 % stay": two_waves(np.array([0.02, 0.28, 0.7]), np.array([0.02, 0.28, 0.7]), 0.5),
    "round and round: 30 % of all, one way": movers(ds=0.1, sp=0.1, pd=0.1),
    "6 % move": movers(ds=0.01, sd=0.01, sp=0.01, ps=0.01, dp=0.01, pd=0.01),
}
