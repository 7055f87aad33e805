"""How p-values of several comparisons are adjusted for their number."""

import numpy as np
from numpy.typing import ArrayLike

from npsstats.typing import FloatArray

__all__ = ["ADJUSTMENTS", "adjusted_pvalues", "check_adjustment"]


# The ways to adjust, each with its sources; what they hold is said in words by the result.
ADJUSTMENTS: dict[str, tuple[str, ...]] = {
    "none": (),
    "holm": ("holm1979",),
    "benjamini-hochberg": ("benjamini1995",),
    "max-z": ("hothorn2008",),
}


def check_adjustment(adjustment: object) -> None:
    """Check the name of an adjustment.

    Parameters
    ----------
    adjustment : str
        One of `ADJUSTMENTS`.

    Raises
    ------
    TypeError
        If it is not text.
    ValueError
        If there is no such adjustment.
    """
    if not isinstance(adjustment, str):
        msg = f"`adjustment` must be text; got {adjustment!r}."
        raise TypeError(msg)
    if adjustment not in ADJUSTMENTS:
        msg = f"`adjustment` must be one of {', '.join(map(repr, ADJUSTMENTS))}; got {adjustment!r}."
        raise ValueError(msg)


def adjusted_pvalues(pvalues: ArrayLike, adjustment: str) -> FloatArray:
    """Adjust p-values for their number, each by what it alone says.

    Parameters
    ----------
    pvalues : array_like, shape (rows,)
        P-values; nan where there is none, which does not count among the rows.
    adjustment : {"none", "holm", "benjamini-hochberg"}
        Holm's step-down method [1]_, valid under any dependence, or Benjamini & Hochberg's step-up method [2]_. The
        adjustment ``"max-z"`` needs the joint distribution: `npsstats.kernels.simultaneous.max_pvalues`.

    Returns
    -------
    ndarray, shape (rows,)
        In the order of the p-values; never below them, never above 1.

    Raises
    ------
    TypeError
        If the adjustment is not text.
    ValueError
        If p-values alone do not tell the adjustment, or there is none of this name.

    Notes
    -----
    With the m p-values in ascending order, Holm's are the running maxima of (m - i + 1) p_i from the smallest on, and
    Benjamini & Hochberg's the running minima of m p_i / i from the largest on. (statsmodels' `multipletests` gives the
    same; these lines save the second that its import takes.)

    References
    ----------
    .. [1] Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of
       Statistics 6, 65-70.
    .. [2] Benjamini, Y. & Hochberg, Y. (1995). Controlling the false discovery rate: a practical and powerful approach
       to multiple testing. Journal of the Royal Statistical Society B 57, 289-300.

    Examples
    --------
    >>> from npsstats.inference.adjustment import adjusted_pvalues
    >>> adjusted_pvalues([0.01, 0.04, 0.03], "holm")
    array([0.03, 0.06, 0.06])
    >>> adjusted_pvalues([0.01, 0.04, 0.03], "benjamini-hochberg")
    array([0.03, 0.04, 0.04])
    """
    check_adjustment(adjustment)
    if adjustment == "max-z":
        msg = "`adjustment` 'max-z' needs the joint distribution of the comparisons; p-values alone do not tell it."
        raise ValueError(msg)
    adjusted = np.array(pvalues, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(adjusted))
    if adjustment == "none" or not known.size:
        return adjusted
    order = known[np.argsort(adjusted[known], kind="stable")]
    p, m = adjusted[order], order.size
    if adjustment == "holm":
        stepped = np.maximum.accumulate(p * np.arange(m, 0, -1))
    else:
        # m / i first: at i = m it is 1 exactly, and p stays as it is.
        stepped = np.minimum.accumulate((p * (m / np.arange(1, m + 1)))[::-1])[::-1]
    adjusted[order] = stepped.clip(max=1)
    return adjusted
