"""The populations in which methods are tried: shares of detractors, passives and promoters.

- realistic: detractors 2-50 %, promoters 10-85 %, passives 5 % or more;
- extreme: detractors or promoters 0.2-5 %, the other 5-90 %, passives 5 % or more;
- triangle: a grid over all shares in steps of 2 %, with its edges (no passives, no promoters, no detractors), without
  its corners.
"""

import numpy as np

__all__ = ["POPULATIONS"]

SIZE = 1_500


def _drawn(
    rng: np.random.Generator, detractors: tuple[float, float], promoters: tuple[float, float], size: int
) -> np.ndarray:
    """Draw shares uniformly from a rectangle, but for those that leave less than 5 % passives."""
    drawn = rng.uniform(*zip(detractors, promoters, strict=True), size=(10 * size, 2))
    shares = np.column_stack([drawn[:, 0], 1 - drawn.sum(axis=1), drawn[:, 1]])
    return shares[shares[:, 1] >= 0.05][:size]


def _triangle(steps: int) -> np.ndarray:
    grid = np.array([(d, steps - d - p, p) for d in range(steps + 1) for p in range(steps - d + 1)])
    return grid[grid.max(axis=1) < steps] / steps


def _make() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(20260101)
    few = _drawn(rng, (0.002, 0.05), (0.05, 0.90), SIZE // 2)
    return {
        "realistic": _drawn(rng, (0.02, 0.50), (0.10, 0.85), SIZE),
        "extreme": np.concatenate([few, _drawn(rng, (0.002, 0.05), (0.05, 0.90), SIZE // 2)[:, ::-1]]),
        "triangle": _triangle(50),
    }


POPULATIONS = _make()
