"""The arguments of a plan, checked and spread out to one row per scenario; and the plan that is made of them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from npsstats.inference.assumptions import DESIGNS, Assumed, assume, covariance_of, is_joint
from npsstats.inference.designs import Design, check_attainable
from npsstats.inference.enumeration import Enumeration
from npsstats.inference.methods import check_alternative, check_confidence_level
from npsstats.ratings.checks import check_whole_number
from npsstats.ratings.scales import Metric
from npsstats.results.plans import Plan
from npsstats.typing import Alternative, BoolArray, FloatArray, IntArray

__all__ = ["answer", "check_found", "read_design"]

TITLES = {False: "normal approximation", True: "enumeration of the score test"}

# The designs that each argument belongs to.
BELONGS = {
    "shares_reference": ("independent", "paired", "overlapping"),
    "ratio": ("independent", "overlapping"),
    "n_reference": ("independent", "overlapping"),
    "correlation": ("paired", "overlapping"),
    "overlap": ("overlapping",),
}

# What each number must be: the rule in words, and the test.
RULES: dict[str, tuple[str, Callable[[FloatArray], BoolArray]]] = {
    "width": ("above 0", lambda x: x > 0),
    "margin": ("above 0", lambda x: x > 0),
    "difference": ("of points", np.isfinite),
    "power": ("between 0 and 1", lambda x: (x > 0) & (x < 1)),
    "n": ("2 or more", lambda x: x >= 2),
    "n_reference": ("2 or more", lambda x: x >= 2),
    "ratio": ("above 0", lambda x: x > 0),
    "correlation": ("from -1 to 1", lambda x: np.abs(x) <= 1),
    "overlap": ("from 0 to 1", lambda x: (x >= 0) & (x <= 1)),
    "design_effect": ("above 0", lambda x: x > 0),
    "population": ("2 or more", lambda x: x >= 2),
    "response_rate": ("above 0, at most 1", lambda x: (x > 0) & (x <= 1)),
}

# Numbers of people.
WHOLE = ("n", "n_reference", "population")

# Those that are often given as percentages.
SHARES = ("power", "overlap", "response_rate")


def read_design(
    shares: Any,
    *,
    goals: dict[str, ArrayLike | None],
    design: str | None,
    shares_reference: Any,
    alternative: Alternative,
    confidence_level: float,
    comparisons: int,
    exact: bool,
    metric: Metric | None,
    **options: ArrayLike | None,
) -> Design:
    """Check all arguments of a plan.

    `goals` holds those of width, difference and margin that the question knows; `options` the other numbers, with
    `n` and `power` where the question has them.
    """
    check_confidence_level(confidence_level)
    check_alternative(alternative)
    arguments = {**goals, **options, "shares_reference": shares_reference}
    kind = _check_kind(design, arguments, joint=is_joint(shares))
    _check_belongs(kind, arguments)
    assumed = assume(shares, shares_reference, metric, kind)
    _check_known(kind, assumed, options)
    comparisons = _check_settings(comparisons, exact)
    given = {**goals, **options}
    if "difference" in goals and goals.get("width") is None and goals["difference"] is None:
        given["difference"] = _default_difference(goals, assumed)
    rows = _broadcast({name: _numbers(name, value) for name, value in given.items() if value is not None})
    goal = _goal(goals, alternative)
    missing = np.full(next(iter(rows.values())).size if rows else 1, np.nan)
    filled = {name: rows.get(name, missing) for name in RULES}
    correlation = filled["correlation"]
    made = Design(
        assumed=assumed,
        kind=kind,
        goal=goal,
        alternative=alternative,
        confidence_level=float(confidence_level),
        error=(1 - float(confidence_level)) / comparisons,
        comparisons=comparisons,
        exact=bool(exact),
        n=filled["n"],
        difference=filled["difference"],
        margin=filled["margin"],
        target=filled["width" if goal == "width" else "power"],
        ratio=_default(filled["ratio"], 1.0, ~np.isnan(filled["n_reference"])),
        n_reference=filled["n_reference"],
        correlation=correlation,
        covariance=covariance_of(assumed, correlation),
        overlap=filled["overlap"],
        design_effect=filled["design_effect"],
        population=_default(filled["population"], np.inf),
        response_rate=filled["response_rate"],
    )
    _check_goal(made)
    _check_room(made)
    _check_exact(made)
    return made


def _check_kind(design: str | None, given: dict[str, Any], *, joint: bool) -> str:
    """Check the design; where none was named it is the one that the other arguments belong to."""
    if design is not None:
        if design not in DESIGNS:
            msg = f"`design` must be one of {', '.join(map(repr, DESIGNS))}; got {design!r}."
            raise ValueError(msg)
        return design
    named = {name for name, value in given.items() if value is not None}
    if "overlap" in named:
        return "overlapping"
    if joint or "correlation" in named:
        return "paired"
    two = {"shares_reference", "ratio", "n_reference"}
    return "one-sample" if "width" in named and not named & two else "independent"


def _check_settings(comparisons: object, exact: object) -> int:
    number = check_whole_number("comparisons", comparisons)
    if number < 1:
        msg = f"`comparisons` must be 1 or more; got {number}."
        raise ValueError(msg)
    if not isinstance(exact, (bool, np.bool_)):
        msg = f"`exact` must be True or False; got {exact!r}."
        raise TypeError(msg)
    return number


def _check_belongs(kind: str, given: dict[str, Any]) -> None:
    for name, designs in BELONGS.items():
        if given.get(name) is not None and kind not in designs:
            names = " or ".join(map(repr, designs))
            msg = f"`{name}` is an argument of design {names} only; got design {kind!r}."
            raise ValueError(msg)
    if given.get("ratio") is not None and given.get("n_reference") is not None:
        msg = "`ratio` and `n_reference` both say how large the reference is; pass one of them."
        raise ValueError(msg)


def _check_known(kind: str, assumed: Assumed, options: dict[str, ArrayLike | None]) -> None:
    """Check that a design with the same people knows how their ratings go together."""
    correlation = options.get("correlation")
    if kind in ("paired", "overlapping"):
        if assumed.changes is None and correlation is None:
            msg = (
                f"design {kind!r} must know how the two ratings of a respondent go together. Pass `correlation`, or "
                "as `shares` a table of joint shares, or PairedCounts of a pilot."
            )
            raise ValueError(msg)
        if assumed.changes is not None and correlation is not None:
            msg = "`correlation` must not be given beside joint `shares`, which hold it."
            raise ValueError(msg)
    if kind == "overlapping" and options.get("overlap") is None:
        msg = "design 'overlapping' needs `overlap`: the share of the smaller wave's respondents who are in both."
        raise ValueError(msg)


def _default_difference(goals: dict[str, ArrayLike | None], assumed: Assumed) -> float:
    if goals.get("margin") is not None:
        return 0.0
    if np.isnan(assumed.implied):
        wanted = "`width`, `difference` or `margin`" if "width" in goals else "`difference` or `margin`"
        msg = f"a plan needs a goal: pass {wanted}, in points."
        raise ValueError(msg)
    return assumed.implied


def _goal(goals: dict[str, ArrayLike | None], alternative: Alternative) -> str:
    if goals.get("width") is not None:
        others = [f"`{name}`" for name in ("difference", "margin") if goals.get(name) is not None]
        if others:
            msg = f"`width` asks for an interval, {others[0]} for a test; pass one of them."
            raise ValueError(msg)
        if alternative != "two-sided":
            msg = f"`width` is that of a two-sided interval; got `alternative` {alternative!r}."
            raise ValueError(msg)
        return "width"
    if goals.get("margin") is None:
        return "difference"
    return "equivalence" if alternative == "two-sided" else "non-inferiority"


def _numbers(name: str, values: ArrayLike) -> FloatArray:
    """Check numbers of any shape by the rule of their name."""
    array = np.asarray(values)
    rule, test = RULES[name]
    what = "whole number" if name in WHOLE else "number"
    if array.dtype.kind not in "iuf" or not array.size:
        msg = f"`{name}` must be a {what}, or several, {rule}; got {values!r}."
        raise TypeError(msg)
    array = array.astype(np.float64)
    good = test(array) & np.isfinite(array)
    if name in WHOLE:
        good &= np.floor(array) == array
    if not good.all():
        first = float(array[~good].flat[0])
        hint = ""
        if name in SHARES and 1 < first <= 100:
            hint = f" For {first:g} % pass {first / 100:g}."
        of = "" if array.size == 1 else f"{(~good).sum()} of {array.size} are not, first: "
        msg = f"`{name}` must be a {what} {rule}; got {of}{first:.15g}.{hint}"
        raise ValueError(msg)
    return array


def _broadcast(arrays: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """Spread arguments out to one row per scenario, the last axis fastest."""
    try:
        spread = np.broadcast_arrays(*arrays.values())
    except ValueError:
        shapes = ", ".join(f"`{name}` {array.shape}" for name, array in arrays.items() if array.size > 1)
        msg = (
            f"the arguments of scenarios must fit together as NumPy's broadcasting asks; got the shapes {shapes}. "
            "For all combinations of two lists make one of them a column: [[3], [5], [10]]."
        )
        raise ValueError(msg) from None
    return {name: array.astype(np.float64).ravel() for name, array in zip(arrays, spread, strict=True)}


def _default(array: FloatArray, value: float, unless: BoolArray | None = None) -> FloatArray:
    absent = np.isnan(array) if unless is None else np.isnan(array) & ~unless
    return np.where(absent, value, array)


def _first(rows: BoolArray, values: FloatArray) -> str | None:
    """Write the first value that breaks a rule."""
    where = np.flatnonzero(rows)
    return f"{values[where[0]]:g}" if where.size else None


def _check_goal(design: Design) -> None:
    """Check goals against the scale and against each other."""
    low, high = design.assumed.metric.bounds
    span = high - low
    widest = span if design.kind == "one-sample" else 2 * span
    checks = []
    if design.goal == "width":
        checks.append(
            (design.target >= widest, design.target, f"`width` must be below {widest:g} points, all there is")
        )
    else:
        d, m = design.difference, design.margin
        checks.append((m >= span, m, f"`margin` must be below {span:g} points, the width of the scale"))
        if design.goal == "difference":
            checks += [
                (
                    d == 0,
                    d,
                    "`difference` must not be 0: no number of respondents detects it. Equivalence needs a `margin`",
                ),
                ((design.alternative == "less") & (d > 0), d, "`difference` must be below 0 for `alternative` 'less'"),
                (
                    (design.alternative == "greater") & (d < 0),
                    d,
                    "`difference` must be above 0 for `alternative` 'greater'",
                ),
            ]
        if design.goal == "equivalence":
            checks.append((np.abs(d) >= m, d, "`difference` must lie inside the margins, or equivalence is not true"))
        if design.goal == "non-inferiority":
            sign = 1 if design.alternative == "greater" else -1
            checks.append((sign * d <= -m, d, "`difference` must lie inside the margin, or there is nothing to show"))
    for broken, values, rule in checks:
        if (first := _first(broken, values)) is not None:
            msg = f"{rule}; got {first}."
            raise ValueError(msg)


def _check_room(design: Design) -> None:
    """Check that scale, spread and population have room for what is assumed."""
    known = design.difference[~np.isnan(design.difference)]
    check_attainable(known, design.assumed)
    if design.kind == "paired" and design.assumed.changes is None:
        same = design.assumed.variance + design.assumed.variance_reference - 2 * design.covariance
        if (first := _first(same <= 1e-12 * design.assumed.variance, design.correlation)) is not None:
            msg = f"`correlation` must leave a spread of the changes to plan for; got {first}."
            raise ValueError(msg)
    most = design.population
    for name, sizes in {"n": design.n, "n_reference": design.reference_sizes(design.n)}.items():
        if (first := _first(sizes > most, sizes)) is not None:
            msg = f"`{name}` must not exceed `population`; got {first}."
            raise ValueError(msg)


def _check_exact(design: Design) -> None:
    """Check that enumeration covers what is asked."""
    if not design.exact:
        return
    reasons = {
        "the width of an interval: `operating_characteristics` gives it": design.goal == "width",
        "design 'overlapping'": design.kind == "overlapping",
        "design 'paired' by a correlation: pass a table of joint shares": design.kind == "paired"
        and design.assumed.changes is None,
        "a design effect": bool((design.design_effect != 1).any()),
        "a finite population": bool(np.isfinite(design.population).any()),
    }
    for what, true in reasons.items():
        if true:
            msg = f"`exact` enumerates independent samples; it is not made for {what}."
            raise ValueError(msg)


def check_found(found: FloatArray, asked: Design) -> None:
    """Check that a difference was found that the scale has room for."""
    low, high = asked.assumed.metric.bounds
    score = asked.assumed.score_reference + found
    wrong = np.flatnonzero(~((score >= low) & (score <= high)))
    if wrong.size:
        first = wrong[0]
        start = asked.assumed.score_reference
        side, room = ("fall", start - low) if asked.alternative == "less" else ("rise", high - start)
        msg = (
            f"`n` must be large enough to detect a difference that the scale has room for; {wrong.size} of "
            f"{found.size} are not (first: n = {asked.n[first]:g}; from {start:.6g} the score can {side} by {room:.6g} "
            "points). Use a larger `n` or a smaller `power`."
        )
        raise ValueError(msg)


def answer(question: str, design: Design, n: FloatArray) -> Plan:
    """Put the answer together."""
    other = design.reference_sizes(n)
    _check_people(n, other, design)
    invitations, invitations_reference = (_invited(size, design) for size in (n, other))
    keys: tuple[str, ...] = ("miettinen1985", "gart1988", "laud2017") if design.exact else ()
    keys += ("schuirmann1987",) if design.goal in ("equivalence", "non-inferiority") else ()
    keys += ("kish1965",) if (design.design_effect != 1).any() else ()
    return Plan(
        difference=design.difference,
        margin=design.margin,
        target=design.target,
        n=n.astype(np.int64),
        n_reference=other.astype(np.int64),
        n_both=np.ceil(design.in_both(n) * (1 - 1e-12)).astype(np.int64),
        invitations=invitations,
        invitations_reference=invitations_reference,
        power=Enumeration.of(design).power(design, n) if design.exact else design.power(n),
        width=design.width(n),
        standard_error=design.standard_error(n),
        correlation=design.correlation_used(),
        overlap=design.overlap,
        design_effect=design.design_effect,
        population=np.where(np.isinf(design.population), np.nan, design.population),
        response_rate=design.response_rate,
        question=question,
        goal=design.goal,
        design=design.kind,
        method="exact" if design.exact else "normal",
        method_title=TITLES[design.exact],
        shares=design.assumed.shares,
        shares_reference=design.assumed.shares_reference,
        metric=design.assumed.metric,
        confidence_level=design.confidence_level,
        alternative=design.alternative,
        comparisons=design.comparisons,
        references=design.assumed.metric.references + keys,
        notes=design.assumed.notes,
    )


def _check_people(n: FloatArray, n_reference: FloatArray, design: Design) -> None:
    """Check that both waves together are no more people than there are; independent waves may meet some twice."""
    people = n + n_reference - np.ceil(design.in_both(n) * (1 - 1e-12))
    if design.kind == "overlapping" and (first := _first(people > design.population, people)) is not None:
        msg = f"`overlap` must leave both waves within the `population`; they would be {first} people."
        raise ValueError(msg)


def _invited(n: FloatArray, design: Design) -> IntArray:
    """Compute how many people to invite for n respondents, and check that there are so many."""
    people = np.ceil(n / design.response_rate * (1 - 1e-12))
    wrong = np.flatnonzero(people > design.population)
    if wrong.size:
        first = wrong[0]
        msg = (
            f"`response_rate` must leave enough respondents in the `population`; {wrong.size} of {n.size} scenarios "
            f"need more invitations than there are people (first: {people[first]:,.0f} for {n[first]:,.0f} respondents "
            f"among {design.population[first]:,.0f})."
        )
        raise ValueError(msg)
    return people.astype(np.int64)
