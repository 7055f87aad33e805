"""Scales, metrics, and the metrics of the field.

A scale says which ratings can be given. A metric gives each rating a value in points; a score is the
mean of the values.
"""

from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Literal

import numpy as np

from npsstats.ratings.checks import check_number, check_type, check_whole_number
from npsstats.typing import FloatArray, IntArray

__all__ = [
    "CES",
    "CES_2",
    "CES_2_TOP_BOX",
    "CSAT",
    "CSAT_MEAN",
    "ENPS",
    "NKI",
    "NPS",
    "NPS_1_TO_10",
    "NPS_CATEGORIES",
    "Metric",
    "Scale",
    "effort_score",
    "mean_rating",
    "mean_score",
    "net_score",
    "top_box",
]


@dataclass(frozen=True, slots=True)
class Scale:
    """The ratings that can be given: whole numbers from `low` to `high`.

    Parameters
    ----------
    low, high : int
        The lowest and the highest rating.
    items : int, default 1
        The number of questions whose ratings a respondent's answer adds up. With more than one, the
        ratings of the scale are the sums, from ``items * low`` to ``items * high``.
    labels : tuple of str, optional
        A name for each rating, for scales that are not asked as numbers.

    Raises
    ------
    TypeError
        If `low`, `high` or `items` is not a whole number.
    ValueError
        If `high` is not above `low`, `items` is below 1, or there is not one label per rating.

    Examples
    --------
    >>> Scale(0, 10).size
    11
    >>> Scale(1, 10, items=3).ratings[[0, -1]]
    array([ 3, 30])
    """

    low: int
    high: int
    _: KW_ONLY
    items: int = 1
    labels: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("low", "high", "items"):
            object.__setattr__(self, name, check_whole_number(name, getattr(self, name)))
        if self.high <= self.low:
            msg = f"`high` must be above `low`; got low={self.low}, high={self.high}."
            raise ValueError(msg)
        if self.items < 1:
            msg = f"`items` must be 1 or more; got {self.items}."
            raise ValueError(msg)
        if self.labels is not None:
            object.__setattr__(self, "labels", tuple(self.labels))
            if len(self.labels) != self.size:
                msg = f"`labels` must name each of the {self.size} ratings; got {len(self.labels)} labels."
                raise ValueError(msg)

    @property
    def ratings(self) -> IntArray:
        """The ratings in ascending order; for several items, the possible sums."""
        return np.arange(self.items * self.low, self.items * self.high + 1, dtype=np.int64)

    @property
    def size(self) -> int:
        """The number of ratings."""
        return self.items * (self.high - self.low) + 1

    def __str__(self) -> str:
        if self.labels is not None:
            return "/".join(self.labels)
        span = f"{self.low}-{self.high}"
        return span if self.items == 1 else f"{span} (sum of {self.items} items)"


@dataclass(frozen=True, slots=True)
class Metric:
    """A value in points for each rating of a scale; a score is the mean of the values.

    The built-in metrics are `NPS`, `ENPS`, `NPS_1_TO_10`, `NPS_CATEGORIES`, `CSAT`, `CSAT_MEAN`, `CES`, `CES_2`,
    `CES_2_TOP_BOX` and `NKI`; `net_score`, `top_box`, `mean_rating`, `mean_score` and `effort_score` make others.

    Parameters
    ----------
    name : str
        What reports call it.
    scale : Scale
        The ratings it is defined on.
    values : tuple of float
        The value of each rating, in points, in the order of ``scale.ratings``.
    categories : tuple of str, optional
        The category of each rating, such as ``"detractor"``; by default the rating itself.
    description : str, optional
        How the score is made, for reports.
    references : tuple of str, optional
        Keys of the package's bibliography.
    favourable : {"high", "low"} or None, default "high"
        Which scores are good news; None if it was not said, as of `CES`.

    Raises
    ------
    ValueError
        If there is not one finite value per rating, all values are the same, or `favourable` is something else.

    Examples
    --------
    A net score that asks for a 10 and counts 0-4 as detractors:

    >>> strict = net_score(Scale(0, 10), promoters_from=10, detractors_to=4)
    >>> strict.values[4], strict.values[9], strict.values[10]
    (-100.0, 0.0, 100.0)
    """

    name: str
    scale: Scale
    values: tuple[float, ...]
    _: KW_ONLY
    categories: tuple[str, ...] = ()
    description: str = ""
    references: tuple[str, ...] = field(default=(), repr=False)
    favourable: Literal["high", "low"] | None = field(default="high", repr=False)

    def __post_init__(self) -> None:
        check_type("scale", self.scale, Scale, "Scale(0, 10)")
        if self.favourable not in ("high", "low", None):
            msg = f"`favourable` must be 'high', 'low' or None; got {self.favourable!r}."
            raise ValueError(msg)
        object.__setattr__(self, "values", tuple(check_number("values", value) for value in self.values))
        if len(self.values) != self.scale.size:
            msg = (
                f"`values` must hold one value for each of the {self.scale.size} ratings of the scale "
                f"{self.scale}; got {len(self.values)}."
            )
            raise ValueError(msg)
        if not np.all(np.isfinite(self.values)):
            msg = f"`values` must be finite; got {self.values}."
            raise ValueError(msg)
        if len(set(self.values)) == 1:
            msg = f"`values` must differ between at least two ratings; all are {self.values[0]}."
            raise ValueError(msg)
        categories = self.categories or self.scale.labels or tuple(map(str, self.scale.ratings.tolist()))
        object.__setattr__(self, "categories", tuple(categories))
        if len(self.categories) != self.scale.size:
            msg = f"`categories` must name each of the {self.scale.size} ratings; got {len(self.categories)}."
            raise ValueError(msg)

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest possible score, in points."""
        return min(self.values), max(self.values)

    @property
    def sign(self) -> int:
        """1 if high scores are good news, -1 if low ones are; a ValueError if it was not said."""
        if self.favourable is None:
            msg = (
                f"`metric` {self.name} must say which end of its scale is favourable, as effort is asked with easy at "
                f"either end. Use npsstats.effort_score(npsstats.Scale({self.scale.low}, {self.scale.high}), "
                f'favourable="high") if {self.scale.high} means easy, favourable="low" if it means much effort.'
            )
            raise ValueError(msg)
        return 1 if self.favourable == "high" else -1

    @property
    def levels(self) -> FloatArray:
        """The distinct values, ascending: what the metric can tell apart."""
        return np.unique(self.values)

    @property
    def category_names(self) -> tuple[str, ...]:
        """The categories, each once, in the order of the ratings."""
        return tuple(dict.fromkeys(self.categories))

    @property
    def level_names(self) -> tuple[str, ...]:
        """The names of the levels: the category where all ratings of a level share one, else the value.

        All are the values where several levels have one category.
        """
        known: dict[float, set[str]] = {}
        for value, category in zip(self.values, self.categories, strict=True):
            known.setdefault(value, set()).add(category)
        values = {value: f"{value:g}" for value in self.levels.tolist()}
        names = [min(known[value]) if len(known[value]) == 1 else text for value, text in values.items()]
        return tuple(names if len(set(names)) == len(names) else values.values())


def net_score(
    scale: Scale,
    *,
    promoters_from: int,
    detractors_to: int,
    detractor_weight: float = 1.0,
    name: str | None = None,
) -> Metric:
    """Make a net score: % promoters minus `detractor_weight` times % detractors.

    Parameters
    ----------
    scale : Scale
        The ratings.
    promoters_from : int
        The lowest rating of a promoter.
    detractors_to : int
        The highest rating of a detractor.
    detractor_weight : float, default 1.0
        How much a detractor counts against one promoter; positive.
    name : str, optional
        What reports call it.

    Returns
    -------
    Metric
        With the categories detractor, passive and promoter.

    Raises
    ------
    ValueError
        If the cut points do not lie on the scale in this order, or the weight is not positive.

    Examples
    --------
    >>> net_score(Scale(0, 10), promoters_from=8, detractors_to=5).name
    'net score 8-10/0-5'
    """
    check_type("scale", scale, Scale, "Scale(0, 10)")
    promoters_from = check_whole_number("promoters_from", promoters_from)
    detractors_to = check_whole_number("detractors_to", detractors_to)
    detractor_weight = check_number("detractor_weight", detractor_weight)
    low, high = int(scale.ratings[0]), int(scale.ratings[-1])
    if not low <= detractors_to < promoters_from <= high:
        msg = (
            f"`detractors_to` must lie below `promoters_from`, both on the scale {scale}; "
            f"got detractors_to={detractors_to}, promoters_from={promoters_from}."
        )
        raise ValueError(msg)
    if not (np.isfinite(detractor_weight) and detractor_weight > 0):
        msg = f"`detractor_weight` must be positive; got {detractor_weight!r}."
        raise ValueError(msg)
    ratings = scale.ratings
    detractor, promoter = ratings <= detractors_to, ratings >= promoters_from
    values = np.where(promoter, 100.0, np.where(detractor, -100.0 * detractor_weight, 0.0))
    categories = np.where(promoter, "promoter", np.where(detractor, "detractor", "passive"))
    cuts = f"{promoters_from}-{high}/{low}-{detractors_to}"
    weight = "" if detractor_weight == 1 else f", detractor weight {detractor_weight:g}"
    return Metric(
        name or f"net score {cuts}{weight}",
        scale,
        tuple(values.tolist()),
        categories=tuple(categories.tolist()),
        description=f"% promoters ({promoters_from}-{high}) minus "
        f"{'' if detractor_weight == 1 else f'{detractor_weight:g} times '}% detractors ({low}-{detractors_to})",
        references=("reichheld2003",),
    )


def top_box(scale: Scale, *, boxes: int, name: str | None = None) -> Metric:
    """Make a top-box share: the % of respondents who give one of the `boxes` highest ratings.

    Parameters
    ----------
    scale : Scale
        The ratings.
    boxes : int
        How many ratings count, from the top.
    name : str, optional
        What reports call it.

    Returns
    -------
    Metric
        Values 0 and 100; the categories are ``"top"`` and ``"other"``.

    Raises
    ------
    ValueError
        If `boxes` is not between 1 and one less than the number of ratings.

    Examples
    --------
    >>> top_box(Scale(1, 5), boxes=2).values
    (0.0, 0.0, 0.0, 100.0, 100.0)
    """
    check_type("scale", scale, Scale, "Scale(1, 5)")
    boxes = check_whole_number("boxes", boxes)
    if not 1 <= boxes < scale.size:
        msg = f"`boxes` must be between 1 and {scale.size - 1} on the scale {scale}; got {boxes!r}."
        raise ValueError(msg)
    first = int(scale.ratings[-boxes])
    top = scale.ratings >= first
    return Metric(
        name or f"top-{boxes}-box",
        scale,
        tuple(np.where(top, 100.0, 0.0).tolist()),
        categories=tuple(np.where(top, "top", "other").tolist()),
        description=f"% of ratings {first}-{int(scale.ratings[-1])}",
    )


def mean_rating(scale: Scale, *, name: str = "mean") -> Metric:
    """Make the plain mean of the ratings, in rating points; for several items, the mean per item.

    Use `mean_score` for the mean on 0-100.

    Parameters
    ----------
    scale : Scale
        The ratings.
    name : str, default "mean"
        What reports call it.

    Returns
    -------
    Metric
        Each rating's value is the rating.

    Raises
    ------
    TypeError
        If `scale` is not a Scale.

    Examples
    --------
    >>> mean_rating(Scale(1, 7)).bounds
    (1.0, 7.0)
    """
    check_type("scale", scale, Scale, "Scale(1, 5)")
    return Metric(
        name,
        scale,
        tuple((scale.ratings / scale.items).tolist()),
        description=f"mean rating on {scale.low}-{scale.high}",
    )


def mean_score(scale: Scale, *, name: str = "mean score") -> Metric:
    """Make the mean stretched to 0-100: 0 if all give the lowest rating, 100 if all give the highest.

    Use `mean_rating` for the mean in rating points.

    Parameters
    ----------
    scale : Scale
        The ratings; with several items, their mean is stretched.
    name : str, default "mean score"
        What reports call it.

    Returns
    -------
    Metric
        Values equally spaced from 0 to 100.

    Raises
    ------
    TypeError
        If `scale` is not a Scale.

    Examples
    --------
    >>> mean_score(Scale(1, 5)).values
    (0.0, 25.0, 50.0, 75.0, 100.0)
    """
    check_type("scale", scale, Scale, "Scale(1, 5)")
    of_items = "" if scale.items == 1 else f" of {scale.items} items"
    return Metric(
        name,
        scale,
        tuple(np.linspace(0.0, 100.0, scale.size).tolist()),
        description=f"mean{of_items} on {scale.low}-{scale.high}, stretched to 0-100",
    )


def effort_score(scale: Scale, *, favourable: Literal["high", "low"], name: str = "CES") -> Metric:
    """Make a customer effort score: the mean rating (as `mean_rating`), of a question that says which end is easy.

    Parameters
    ----------
    scale : Scale
        The ratings, often 1-5 or 1-7.
    favourable : {"high", "low"}
        Which end means little effort: ``"high"`` of "it was easy", ``"low"`` of "how much effort was it?".
    name : str, default "CES"
        What reports call it.

    Returns
    -------
    Metric

    Raises
    ------
    TypeError, ValueError
        If `scale` is not a Scale, or `favourable` neither.

    Examples
    --------
    >>> effort_score(Scale(1, 5), favourable="low").description
    'mean rating on 1-5, where low is easy'
    """
    if favourable not in ("high", "low"):
        msg = f"`favourable` must be 'high' or 'low', the end that means little effort; got {favourable!r}."
        raise ValueError(msg)
    mean = mean_rating(scale, name=name)
    return replace(mean, favourable=favourable, description=f"{mean.description}, where {favourable} is easy")


NPS = net_score(Scale(0, 10), promoters_from=9, detractors_to=6, name="NPS")
ENPS = net_score(Scale(0, 10), promoters_from=9, detractors_to=6, name="eNPS")
NPS_1_TO_10 = net_score(Scale(1, 10), promoters_from=9, detractors_to=6, name="NPS (1-10)")
NPS_CATEGORIES = Metric(
    "NPS",
    Scale(-1, 1, labels=("detractor", "passive", "promoter")),
    (-100.0, 0.0, 100.0),
    description="% promoters minus % detractors",
    references=("reichheld2003",),
)
CSAT = top_box(Scale(1, 5), boxes=2, name="CSAT")
CSAT_MEAN = mean_rating(Scale(1, 5), name="CSAT mean")
# Which end is easy differs from survey to survey.
CES = replace(mean_rating(Scale(1, 5), name="CES"), favourable=None)
CES_2 = mean_rating(Scale(1, 7), name="CES 2.0")
CES_2_TOP_BOX = top_box(Scale(1, 7), boxes=3, name="CES 2.0 top-3-box")
NKI = mean_score(Scale(1, 10, items=3), name="NKI")
