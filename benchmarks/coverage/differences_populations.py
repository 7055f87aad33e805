"""The pairs of populations, and the sizes, in which methods for a difference are tried.

- realistic: both populations are realistic ones of populations.py;
- extreme: both are extreme, with few detractors or few promoters;
- mixed: one is realistic, the other extreme;
- edge: both lack one category.
"""

import numpy as np
from populations import POPULATIONS

__all__ = ["PAIRS", "SIZES"]

PAIRS_OF_A_KIND = 500

# Respondents of the group and of its reference.
SIZES = ((10, 10), (20, 20), (30, 30), (15, 100), (30, 300), (50, 200), (100, 100))


def _make() -> dict[str, np.ndarray]:
    """Shares of detractors, passives and promoters: arrays of the shape (pairs, 2, 3)."""
    rng = np.random.default_rng(20260401)
    triangle = POPULATIONS["triangle"]
    sources = {
        "realistic": (POPULATIONS["realistic"],) * 2,
        "extreme": (POPULATIONS["extreme"],) * 2,
        "mixed": (POPULATIONS["realistic"], POPULATIONS["extreme"]),
        "edge": (triangle[(triangle == 0).any(axis=1)],) * 2,
    }
    pairs = {
        kind: np.stack([rng.choice(source, PAIRS_OF_A_KIND) for source in two], axis=1) for kind, two in sources.items()
    }
    # Either may be the group.
    pairs["mixed"][::2] = pairs["mixed"][::2, ::-1]
    return pairs


PAIRS = _make()
