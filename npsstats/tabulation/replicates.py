"""Replicate weights: those that come with the data, and those made from strata and clusters."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

from npsstats.ratings.checks import check_number, check_whole_number
from npsstats.ratings.variances import Centre

__all__ = ["RaoWu", "ReplicateWeights"]

KINDS = ("JK1", "JKn", "BRR", "Fay", "bootstrap", "other")


@dataclass(frozen=True, slots=True)
class ReplicateWeights:
    """Replicate weights that are columns of the data; for `tabulate_survey`.

    Use `RaoWu` where the data have strata and clusters instead.

    Parameters
    ----------
    columns : sequence of str
        The columns, one for each replicate.
    kind : {"JK1", "JKn", "BRR", "Fay", "bootstrap", "other"}
        How they were made, which decides what the square of each deviation counts [1]_: (R - 1) / R of R replicates for
        ``"JK1"``, 1 / R for ``"BRR"``, 1 / (R (1 - fay)^2) for ``"Fay"``, 1 / (R - 1) for ``"bootstrap"``. For
        ``"JKn"`` pass `scales`, (n_h - 1) / n_h of the stratum of each replicate; for ``"other"`` pass `scale` or
        `scales`. What other software calls JK2, paired replicates, is ``"JKn"`` with scales of 1; successive
        differences, as of the American Community Survey, are ``"other"`` with a scale of 4 / R.
    fay : float, optional
        The factor of Fay's method, from 0 to below 1: for ``"Fay"``.
    scale : float, optional
        What each square counts, instead of what the kind says.
    scales : sequence of float, optional
        What the square of each replicate counts, besides `scale`.
    centre : {"estimate", "mean"}, default "estimate"
        What deviations are taken from: the estimate of the whole sample, or the mean of the replicates.
    combined : bool, default True
        Whether the columns are weights, for which `tabulate_survey` needs the `weight` of the whole sample; False if
        they are factors of it.
    df : int, optional
        Degrees of freedom; by default the rank of the replicate weights minus 1.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit the kind.

    References
    ----------
    .. [1] Wolter, K. M. (2007). Introduction to Variance Estimation, 2nd ed. Springer.
       doi:10.1007/978-0-387-35099-8

    Examples
    --------
    >>> ReplicateWeights([f"rep{i}" for i in range(1, 81)], kind="Fay", fay=0.5).kind
    'Fay'
    """

    columns: Sequence[str]
    _: KW_ONLY
    kind: Literal["JK1", "JKn", "BRR", "Fay", "bootstrap", "other"]
    fay: float | None = None
    scale: float | None = None
    scales: Sequence[float] | None = None
    centre: Centre = "estimate"
    combined: bool = True
    df: int | None = None

    def __post_init__(self) -> None:
        if isinstance(self.columns, str) or not all(isinstance(name, str) for name in self.columns):
            msg = f"`columns` must be a list of column names, one for each replicate; got {self.columns!r}."
            raise TypeError(msg)
        object.__setattr__(self, "columns", tuple(self.columns))
        if len(self.columns) < 2:
            msg = f"`columns` must name two replicates or more; got {list(self.columns)}."
            raise ValueError(msg)
        if self.kind not in KINDS:
            msg = (
                f"`kind` must be one of {', '.join(map(repr, KINDS))}; got {self.kind!r}. JK2 is 'JKn' with `scales` "
                "of 1; successive differences are 'other' with `scale` 4 / R of R replicates."
            )
            raise ValueError(msg)
        self._check_numbers()

    def _check_numbers(self) -> None:
        if (self.fay is not None) != (self.kind == "Fay"):
            msg = f"`fay` is the factor of kind 'Fay', and needed there; got kind={self.kind!r}, fay={self.fay!r}."
            raise ValueError(msg)
        if self.fay is not None and not 0 <= check_number("fay", self.fay) < 1:
            msg = f"`fay` must be 0 or more and below 1; got {self.fay!r}."
            raise ValueError(msg)
        if self.kind == "JKn" and self.scales is None:
            msg = "`scales` must be given for kind 'JKn': (n_h - 1) / n_h of the stratum of each replicate."
            raise ValueError(msg)
        if self.kind == "other" and self.scale is None and self.scales is None:
            msg = "`scale` or `scales` must be given for kind 'other': what the square of each deviation counts."
            raise ValueError(msg)
        if self.scale is not None and not check_number("scale", self.scale) > 0:
            msg = f"`scale` must be above 0; got {self.scale!r}."
            raise ValueError(msg)
        if self.scales is not None:
            if len(self.scales) != len(self.columns) or not all(check_number("scales", x) >= 0 for x in self.scales):
                msg = f"`scales` must hold a number, 0 or more, for each of the {len(self.columns)} replicates."
                raise ValueError(msg)
            object.__setattr__(self, "scales", tuple(map(float, self.scales)))
        if self.centre not in ("estimate", "mean"):
            msg = f"`centre` must be 'estimate' or 'mean'; got {self.centre!r}."
            raise ValueError(msg)
        if self.df is not None and check_whole_number("df", self.df) < 1:
            msg = f"`df` must be 1 or more; got {self.df!r}."
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class RaoWu:
    """Bootstrap replicates made from strata and clusters, by the method of Rao and Wu; for `tabulate_survey`.

    In each stratum n - 1 of its n clusters are drawn with replacement, and weights are multiplied so that totals stay
    right [1]_, [2]_. Linearisation, the default of `tabulate_survey`, needs no draws and agrees with it in large
    samples; replicates follow the score where it is not close to linear, as in groups with few clusters.

    Parameters
    ----------
    replicates : int, default 500
        How many are made.
    rng : int or numpy.random.Generator, optional
        The seed, or the source of random numbers.

    Raises
    ------
    TypeError, ValueError
        If there are not at least two replicates.

    References
    ----------
    .. [1] Rao, J. N. K. & Wu, C. F. J. (1988). Resampling inference with complex survey data. Journal of the American
       Statistical Association 83, 231-241. doi:10.1080/01621459.1988.10478591
    .. [2] Rao, J. N. K., Wu, C. F. J. & Yue, K. (1992). Some recent work on resampling methods for complex surveys.
       Survey Methodology 18, 209-217.

    Examples
    --------
    >>> RaoWu(200, rng=1)
    RaoWu(replicates=200, rng=1)
    """

    replicates: int = 500
    rng: Any = None

    def __post_init__(self) -> None:
        if check_whole_number("replicates", self.replicates) < 2:
            msg = f"`replicates` must be 2 or more; got {self.replicates!r}."
            raise ValueError(msg)
