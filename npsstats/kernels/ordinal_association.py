r"""Rank correlations of cross-tables, with the influence of each cell.

With shares p_ab of the cells, s_aa' = sign(a - a') and margins p_a, q_b:

    Spearman, mid-ranks:   rho = sum p_ab u_a v_b / sqrt(V_x V_y),   u_a = sum_a' s_aa' p_a' / 2,  V_x = sum p_a u_a^2
    Kendall's tau-b:       tau = sum p_ab K_ab / sqrt(T_x T_y),      K = s p s',  T_x = 1 - sum p_a^2

The influence of a cell is the derivative of the correlation by its share, centred: what one more respondent there does
to it, times the number of respondents. The asymptotic variance of independent respondents is its mean square over n
(as in Brown & Benedetti 1977).
"""

import numpy as np

from npsstats.kernels.dependent_correlations import spearman as correlate_ranks
from npsstats.typing import FloatArray

__all__ = ["centred", "kendall_tau_b", "spearman"]

# Margins with one category leave no ranks to correlate; shares are known to about this relative precision.
NEGLIGIBLE = 1e-14


def spearman(tables: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute Spearman's correlation with mid-ranks, and the influence of the cells.

    Parameters
    ----------
    tables : ndarray, shape (groups, rows, columns)
        Shares of the cells, adding up to 1 in each group.

    Returns
    -------
    correlation : ndarray, shape (groups,)
        nan where a margin has one category.
    influence : ndarray, shape (groups, rows, columns)
    """
    row, column = (places.ravel() for places in np.indices(tables.shape[1:], dtype=np.float64))
    correlation, influence = correlate_ranks(tables.reshape(len(tables), -1), row, column)
    return correlation, influence.reshape(tables.shape)


def kendall_tau_b(tables: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute Kendall's tau-b, and the influence of the cells.

    Parameters
    ----------
    tables : ndarray, shape (groups, rows, columns)
        Shares of the cells, adding up to 1 in each group.

    Returns
    -------
    correlation : ndarray, shape (groups,)
        nan where a margin has one category.
    influence : ndarray, shape (groups, rows, columns)
    """
    rows, columns = tables.shape[1:]
    concordance = _signs(rows) @ tables @ _signs(columns).T
    margins = [tables.sum(axis=axis) for axis in (2, 1)]
    untied = [(1 - (margin**2).sum(axis=1), -2 * margin) for margin in margins]
    return _ratio(tables, (tables * concordance).sum(axis=(1, 2)), 2 * concordance, untied)


def centred(tables: FloatArray, slope: FloatArray) -> FloatArray:
    """Subtract the mean over the respondents of each group."""
    influence: FloatArray = slope - (tables * slope).sum(axis=(1, 2), keepdims=True)
    return influence


def _ratio(
    tables: FloatArray, product: FloatArray, slope: FloatArray, spreads: list[tuple[FloatArray, FloatArray]]
) -> tuple[FloatArray, FloatArray]:
    """Divide by the root of the spreads of both margins; each comes with its derivative by the margin's shares."""
    (row, row_slope), (column, column_slope) = spreads
    known = np.minimum(row, column) > NEGLIGIBLE
    scale = np.sqrt(np.where(known, row * column, np.nan))
    correlation = product / scale
    relative = _scaled(row_slope, row)[:, :, None] + _scaled(column_slope, column)[:, None, :]
    influence = centred(tables, slope / scale[:, None, None] - correlation[:, None, None] * relative / 2)
    # Rounding may carry a perfect correlation beyond 1.
    return correlation.clip(-1.0, 1.0), influence


def _scaled(slope: FloatArray, spread: FloatArray) -> FloatArray:
    """Divide the derivative of a spread by the spread; nan where there is none."""
    scaled: FloatArray = slope / np.where(spread > NEGLIGIBLE, spread, np.nan)[:, None]
    return scaled


def _signs(size: int) -> FloatArray:
    """sign(a - a') of all pairs of categories."""
    places = np.arange(size, dtype=np.float64)
    signs: FloatArray = np.sign(places[:, None] - places)
    return signs
