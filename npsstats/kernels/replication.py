r"""Replicate weights: the Rao-Wu bootstrap of clusters, and what each kind of replicates is multiplied by.

The variance of any estimate is that of its replicates around a centre,

    V = sum_r a_r (theta_r - centre)^2,

with the factors a_r of `replicate_scales`. The bootstrap draws m_h = n_h - 1 of the n_h clusters of each stratum, with
replacement; a cluster drawn k times counts n_h / (n_h - 1) k times. Over all draws, the variance of a total is then

    sum_h n_h / (n_h - 1) sum_c (z_hc - zbar_h)^2,

that of linearisation (Rao & Wu 1988; Rao, Wu & Yue 1992): n_h clusters drawn from n_h would lose n_h - 1 of n_h parts
of it, which is half of it for two clusters.
"""

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from npsstats.typing import FloatArray, IndexArray

__all__ = ["ReplicateKind", "rao_wu_factors", "replicate_scales"]

ReplicateKind: TypeAlias = Literal["JK1", "JKn", "BRR", "Fay", "bootstrap", "other"]

# Draws at a time: some 16 MB for each of a few arrays.
MOST_DRAWS = 2_000_000


def rao_wu_factors(
    strata: IndexArray, n_replicates: int, rng: np.random.Generator, sampling_fractions: ArrayLike = 0.0
) -> FloatArray:
    """Draw the factors by which the weights of the clusters are multiplied in each replicate.

    Parameters
    ----------
    strata : ndarray of int, shape (clusters,)
        The stratum of each cluster: 0, 1, 2 and so on.
    n_replicates : int
        How many replicates to draw.
    rng : numpy.random.Generator
        Draws replicate by replicate: the factors of 7 replicates are those of 3, and then those of 4.
    sampling_fractions : float or array_like, shape (clusters,), default 0
        The share f_h of the clusters of the population that was drawn, the same in all clusters of a stratum. It
        multiplies the deviation of a factor from 1 by sqrt(1 - f_h), as in Rao & Wu (1988).

    Returns
    -------
    ndarray, shape (n_replicates, clusters)
        1 on average. A cluster that is alone in its stratum always has 1 and adds nothing to the variance.
    """
    strata = np.asarray(strata)
    sizes = np.bincount(strata)
    # Clusters sorted by stratum: those of a stratum stand together, and a draw is a place among them.
    order = np.argsort(strata, kind="stable")
    starts = np.cumsum(sizes) - sizes
    stratum_of_draw = np.repeat(np.arange(sizes.size), np.maximum(sizes - 1, 0))
    n_clusters, n_draws = strata.size, stratum_of_draw.size
    times = sizes / np.maximum(sizes - 1, 1)
    factors = np.ones((n_replicates, n_clusters))
    drawn_from = np.flatnonzero(sizes[strata] > 1)
    block = max(1, MOST_DRAWS // max(n_draws, 1))
    for start in range(0, n_replicates if n_draws else 0, block):
        rows = np.arange(min(block, n_replicates - start))
        places = rng.integers(0, sizes[stratum_of_draw], size=(rows.size, n_draws))
        clusters = order[places + starts[stratum_of_draw]] + rows[:, None] * n_clusters
        counts = np.bincount(clusters.ravel(), minlength=rows.size * n_clusters).reshape(rows.size, n_clusters)
        factors[start : start + rows.size, drawn_from] = (counts * times[strata])[:, drawn_from]
    fractions = np.asarray(sampling_fractions, dtype=np.float64)
    # Untouched without fractions, so that no factor is rounded twice.
    return 1 + np.sqrt(1 - fractions) * (factors - 1) if np.any(fractions) else factors


def replicate_scales(
    kind: ReplicateKind, n_replicates: int, *, fay: float = 0.0, scale: float | None = None, scales: ArrayLike = 1.0
) -> FloatArray:
    """Compute the factors of the squared deviations of the replicates.

    Parameters
    ----------
    kind : {"JK1", "JKn", "BRR", "Fay", "bootstrap", "other"}
        The jackknife without and with strata, balanced repeated replication, Fay's variant of it, the bootstrap, or
        anything whose `scale` and `scales` say all.
    n_replicates : int
        Their number R.
    fay : float, default 0
        Fay's rho: the weights of the half left out are multiplied by rho, those of the other half by 2 - rho.
    scale : float, optional
        In place of the factor of the kind, which is (R - 1) / R for JK1, 1 / R for BRR, 1 / (R (1 - rho)^2) for Fay,
        1 / (R - 1) for the bootstrap and 1 for the others.
    scales : float or array_like, shape (n_replicates,), default 1
        A factor for each replicate on top: for JKn, (n_h - 1) / n_h of the stratum whose cluster was left out.

    Returns
    -------
    ndarray, shape (n_replicates,)
        The products.
    """
    factors = {
        "JK1": (n_replicates - 1) / n_replicates,
        "BRR": 1 / n_replicates,
        "Fay": 1 / (n_replicates * (1 - fay) ** 2),
        "bootstrap": 1 / max(n_replicates - 1, 1),
    }
    constant = factors.get(kind, 1.0) if scale is None else scale
    return constant * np.broadcast_to(np.asarray(scales, dtype=np.float64), n_replicates)
