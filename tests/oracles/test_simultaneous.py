"""The largest of many statistics against R's mvtnorm and multcomp, SciPy, quadrature in the test, and hand cases.

Trees (against one reference, successive) are exact to some ten digits. All pairs and group against rest are means over
a fixed sequence of points: within 1e-4 where the tail is below 0.1, and relative to the tail within `RELATIVE`; their
larger tails are only as exact as anybody reads them, within `COARSE`.
"""

import itertools
import json
import math
from pathlib import Path

import mpmath
import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import ndtr, owens_t

from npsstats.inference.adjustment import adjusted_pvalues
from npsstats.kernels.simultaneous import Contrasts, max_pvalues, max_quantile

R_ORACLE = json.loads((Path(__file__).parent / "data" / "simultaneous_r.json").read_text())
CASES = {f"{case['type']}-{len(case['errors'])}": case for case in R_ORACLE["cases"]}

# Measured against the exact range of 3 to 30 groups: at most 1.4e-4 below 0.1 with 435 pairs, 2e-5 with up to 45.
FINE, RELATIVE, COARSE = 1e-4, 3e-3, 2e-3
# As mvtnorm's error of 3.5 standard deviations or so is itself an estimate.
TRUST = 3


def star(groups):
    return Contrasts.pairs(np.arange(1, groups), np.zeros(groups - 1, int), groups)


def chain(groups):
    return Contrasts.pairs(np.arange(1, groups), np.arange(groups - 1), groups)


def all_pairs(groups):
    return Contrasts.pairs(*np.triu_indices(groups, 1), groups)


def whole_rest(groups, n=None):
    return Contrasts.rest(np.zeros(groups, int), np.ones(groups) if n is None else np.asarray(n, float))


def tail(contrasts, errors, c, alternative="two-sided"):
    """P(max >= c), as the p-value of rows that all have the statistic c."""
    return max_pvalues(np.full(len(contrasts.members), float(c)), contrasts, np.asarray(errors, float), alternative)[0]


def contrasts_of(case):
    if case["type"] == "rest":
        return whole_rest(len(case["n"]), case["n"])
    matrix = np.array(case["contrasts"])
    return Contrasts.pairs(matrix.argmax(axis=1), matrix.argmin(axis=1), matrix.shape[1])


def is_tree(case):
    return case["type"] in ("reference", "successive")


def close(found, expected, error, *, tree):
    """Within what R says of its own error, and within ours."""
    own = 1e-9 if tree else np.where(expected < 0.1, FINE, COARSE)
    return bool((np.abs(np.asarray(found) - expected) <= TRUST * error + own).all())


# ------------------------------------------------------------------------------------------------- stored results of R


@pytest.mark.parametrize("name", CASES)
def test_tails_are_those_of_mvtnorm(name):
    case = CASES[name]
    for one in case["tails"]:
        found = tail(contrasts_of(case), case["errors"], one["c"], "two-sided" if one["sides"] == 2 else "greater")
        assert close(found, one["tail"], one["error"], tree=is_tree(case)), (one, found)


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name]["miwa"]])
def test_tails_of_trees_are_those_of_miwas_method_to_ten_digits(name):
    case = CASES[name]
    for one in case["miwa"]:
        found = tail(contrasts_of(case), case["errors"], one["c"], "two-sided" if one["sides"] == 2 else "less")
        # 1,024 grid points leave 1e-11 in R, and `less` with c turned round is `greater`.
        expected = one["tail"] if one["sides"] == 2 else None
        if expected is not None:
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
        else:
            found = tail(contrasts_of(case), case["errors"], -one["c"], "less")
            np.testing.assert_allclose(found, one["tail"], rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", CASES)
def test_quantiles_are_those_of_mvtnorm(name):
    case = CASES[name]
    for one in case["quantiles"]:
        alternative = "two-sided" if one["sides"] == 2 else "less"
        found = max_quantile(contrasts_of(case), np.array(case["errors"], float), one["level"], alternative)
        # R's search stops at 1e-4, over a simulated law with an error of 1e-4 in p, that is 1e-3 in c.
        assert abs(found - one["quantile"]) < 1e-3


@pytest.mark.parametrize("name", CASES)
def test_adjusted_p_values_are_those_of_multcomp(name):
    case = CASES[name]
    for one in case["tested"]:
        statistics, expected = np.array(one["statistic"]), np.array(one["pvalue"])
        found = max_pvalues(statistics, contrasts_of(case), np.array(case["errors"], float), one["alternative"])
        assert close(found, expected, max(one["error"], 1e-5), tree=is_tree(case)), np.abs(found - expected).max()


@pytest.mark.parametrize("place", range(len(R_ORACLE["adjusted"])))
@pytest.mark.parametrize("adjustment", ["holm", "benjamini-hochberg"])
def test_adjusted_p_values_are_those_of_p_adjust(place, adjustment):
    family = R_ORACLE["adjusted"][place]
    given, expected = (np.array(np.ravel(family[key]), dtype=float) for key in ("pvalues", adjustment))
    # 15 digits are stored.
    np.testing.assert_allclose(adjusted_pvalues(given, adjustment), expected, rtol=1e-14)


# ----------------------------------------------------------------------------------------- against one reference


def star_tail(errors, c):
    """P(max |Z| >= c) against the first group, by adaptive quadrature over its normal (Dunnett 1955)."""
    own, others = errors[0], np.asarray(errors[1:])
    scale = np.hypot(own, others)

    def density(y):
        beyond = ndtr((-c * scale - own * y) / others) + ndtr((-c * scale + own * y) / others)
        return np.exp(-y * y / 2) / math.sqrt(2 * math.pi) * -np.expm1(np.log1p(-np.minimum(beyond, 1 - 1e-16)).sum())

    # Breaks where a small group makes a step.
    steps = c * scale / own
    breaks = np.unique(np.concatenate([[0, 45], *(steps + k * others / own for k in range(-8, 9)), np.arange(0, 45)]))
    breaks = breaks[(breaks >= 0) & (breaks <= 45)]
    parts = [integrate.quad(density, a, b, epsabs=0, epsrel=1e-12)[0] for a, b in itertools.pairwise(breaks)]
    return 2 * math.fsum(parts)


@pytest.mark.parametrize("errors", [[1, 1, 1, 1], [0.1, 1, 2], [3, 1, 0.5, 1], [40, 1, 2, 0.5]], ids=str)
@pytest.mark.parametrize("c", [0.3, 2.0, 5.0, 15.0, 30.0])
def test_tail_against_one_reference_is_that_of_a_quadrature_to_ten_digits_however_small(errors, c):
    found = tail(star(len(errors)), errors, c)
    np.testing.assert_allclose(found, star_tail([float(e) for e in errors], c), rtol=1e-10)  # quad's is 1e-12


def test_comparisons_with_a_control_are_those_of_scipy():
    rng = np.random.default_rng(5)
    n = 4000
    control, *samples = ((x - x.mean()) / x.std(ddof=4 / 4) for x in rng.normal(size=(4, n)))
    samples = [x + shift for x, shift in zip(samples, (0.03, 0.05, -0.06), strict=True)]
    expected = stats.dunnett(*samples, control=control, rng=np.random.default_rng(1))
    found = max_pvalues(expected.statistic, star(4), np.ones(4), "two-sided")
    # 15,996 degrees of freedom are 1e-4 from normal, and SciPy integrates by quasi-random points to about 1e-3.
    np.testing.assert_allclose(found, expected.pvalue, rtol=0, atol=2e-3)


# -------------------------------------------------------------------------------------------------- successive


def two_rows_tail(rho, c, sides):
    """P(max of two >= c) by Owen's T: P(X > c, Y > c) = ndtr(-c) - 2 T(c, sqrt((1 - rho) / (1 + rho)))."""

    def both(r):
        return ndtr(-c) - 2 * owens_t(c, math.sqrt((1 - r) / (1 + r)))

    if sides == 1:
        return 2 * ndtr(-c) - both(rho)
    # |X| and |Y|: two signs of each
    return 4 * ndtr(-c) - 2 * both(rho) - 2 * both(-rho)


@pytest.mark.parametrize("errors", [(1.0, 1.0, 1.0), (0.2, 1.0, 3.0), (1.0, 20.0, 1.0), (5.0, 0.1, 2.0)], ids=str)
@pytest.mark.parametrize("c", [0.5, 2.0, 4.0])
def test_two_successive_differences_have_the_bivariate_normal_tail(errors, c):
    a, b, d = errors
    rho = -(b**2) / (math.hypot(a, b) * math.hypot(b, d))
    # Owen's T is exact to 1e-15, and c = 4 has a tail of 1e-4.
    np.testing.assert_allclose(tail(chain(3), errors, c), two_rows_tail(rho, c, 2), rtol=1e-10)
    np.testing.assert_allclose(tail(chain(3), errors, c, "greater"), two_rows_tail(rho, c, 1), rtol=1e-10)


def test_a_long_chain_has_the_tail_of_a_simple_recursion_on_a_grid():
    """One-sided, with a plain sum over 8,001 points: P(all below c) by density of X_i and all so far below c."""
    errors = np.array([1.0, 0.6, 1.4, 0.9, 1.1, 0.7, 1.2])
    c = 1.8
    grid, step = np.linspace(-12, 12, 8001, retstep=True)
    kept = stats.norm.pdf(grid, scale=errors[0])
    for before, after in itertools.pairwise(errors):
        # X_i - X_(i-1) <= c se: X_(i-1) >= X_i - c se
        above = np.concatenate([[0.0], np.cumsum((kept[1:] + kept[:-1]) / 2 * step)])
        from_here = above[-1] - np.interp(grid - c * math.hypot(before, after), grid, above)
        kept = stats.norm.pdf(grid, scale=after) * from_here
    # Sums and interpolation over steps of 0.003 leave about step^2.
    np.testing.assert_allclose(tail(chain(7), errors, c, "greater"), 1 - kept.sum() * step, rtol=0, atol=2e-5)


# ---------------------------------------------------------------------------------------------------- all pairs


@pytest.mark.parametrize("groups", [3, 5, 10])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99, 0.999])
def test_quantile_of_all_pairs_with_equal_errors_is_that_of_the_range(groups, level):
    """The range over sqrt(2): Tukey's studentised range with infinitely many degrees of freedom."""
    c = max_quantile(all_pairs(groups), np.full(groups, 0.3), level, "two-sided")
    reached = stats.studentized_range.sf(c * math.sqrt(2), groups, np.inf)
    assert abs(reached - (1 - level)) < min(FINE, RELATIVE * (1 - level))


@pytest.mark.parametrize("c", [4.0, 6.0, 10.0])
def test_tail_of_the_range_keeps_its_relative_accuracy(c):
    """In 60 digits, P(range < w) = G int phi(x) (Phi(x) - Phi(x - w))^(G - 1) dx."""
    groups = 6
    with mpmath.workdps(60):
        w = mpmath.mpf(c) * mpmath.sqrt(2)
        inside = mpmath.quad(
            lambda x: groups * mpmath.npdf(x) * (mpmath.ncdf(x) - mpmath.ncdf(x - w)) ** (groups - 1),
            [*range(-16, 0, 4), *range(0, 33, 4)],
        )
        expected = float(1 - inside)
    np.testing.assert_allclose(tail(all_pairs(groups), np.ones(groups), c), expected, rtol=RELATIVE)


def test_three_pairs_with_unequal_errors_have_the_tail_of_an_integral_over_the_plane():
    errors = np.array([1.0, 0.4, 2.5])
    c = 2.2
    w = c * np.hypot(errors[:, None], errors)

    def given(x):
        """P(a pair of the second and third is beyond, or one with the first, given the first)."""

        def inner(y):
            low, high = max(x - w[0, 2], y - w[1, 2]), min(x + w[0, 2], y + w[1, 2])
            return stats.norm.pdf(y, scale=errors[1]) * max(ndtr(high / errors[2]) - ndtr(low / errors[2]), 0.0)

        return stats.norm.pdf(x, scale=errors[0]) * integrate.quad(inner, x - w[0, 1], x + w[0, 1], limit=200)[0]

    below = integrate.quad(given, -8, 8, epsabs=1e-8)[0]
    assert abs(tail(all_pairs(3), errors, c) - (1 - below)) < FINE


# --------------------------------------------------------------------------------------------- hand cases and laws


@pytest.mark.parametrize("alternative", ["two-sided", "greater"])
def test_rows_without_common_groups_are_independent(alternative):
    rows = 40
    pairs = Contrasts.pairs(np.arange(rows), np.arange(rows, 2 * rows), 2 * rows)
    z = np.random.default_rng(1).normal(size=rows)
    alone = 2 * ndtr(-np.abs(z)) if alternative == "two-sided" else ndtr(-z)
    found = max_pvalues(z, pairs, np.linspace(0.1, 3, 2 * rows), alternative)
    # 1 - (1 - p)^m; an interpolation over 40 rows, whose logarithm is 0 throughout.
    np.testing.assert_allclose(found, -np.expm1(rows * np.log1p(-alone)), rtol=1e-12)
    c = max_quantile(pairs, np.ones(2 * rows), 0.95, alternative)
    sides = 2 if alternative == "two-sided" else 1
    np.testing.assert_allclose(-np.expm1(rows * np.log1p(-sides * ndtr(-c))), 0.05, rtol=1e-9)


def test_blocks_without_common_groups_multiply():
    errors = np.array([1, 0.5, 2, 0.7, 1.5, 1, 1])
    pairs = Contrasts.pairs(np.array([1, 2, 4, 5, 6]), np.array([0, 0, 3, 4, 5]), 7)
    for alternative in ("two-sided", "greater"):
        one, other = tail(star(3), errors[:3], 2.1, alternative), tail(chain(4), errors[3:], 2.1, alternative)
        # exact integrals of the same pieces; panels differ
        np.testing.assert_allclose(tail(pairs, errors, 2.1, alternative), 1 - (1 - one) * (1 - other), rtol=1e-10)


def test_two_groups_each_against_the_other_are_one_comparison():
    z = np.array([2.5, -2.5])
    np.testing.assert_allclose(
        max_pvalues(z, whole_rest(2, [30, 70]), np.array([1.0, 2.0]), "two-sided"), 2 * ndtr(-2.5), rtol=1e-6
    )  # the values are counted in single precision


def test_one_row_is_not_adjusted():
    pair = chain(2)
    np.testing.assert_allclose(max_quantile(pair, np.ones(2), 0.95, "two-sided"), 1.959963984540054, rtol=1e-15)
    assert max_pvalues(np.array([-1.2]), pair, np.ones(2), "less")[0] == ndtr(-1.2)


FAMILIES = {"star": star(9), "chain": chain(9), "pairs": all_pairs(9), "rest": whole_rest(9, np.arange(1, 10))}
ERRORS = np.array([1.0, 0.3, 2.0, 0.8, 1.1, 0.05, 1.0, 4.0, 0.6])


@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
@pytest.mark.parametrize("name", FAMILIES)
def test_p_values_lie_between_that_of_the_row_and_bonferronis_and_keep_the_order(name, alternative):
    family = FAMILIES[name]
    rows = len(family.members)
    z = np.random.default_rng(2).normal(0, 3, rows)
    z[:4] = [0.0, 45.0, -45.0, math.inf]
    found = max_pvalues(z, family, ERRORS, alternative)
    towards = {"two-sided": np.abs(z), "less": -z, "greater": z}[alternative]
    alone = (2 if alternative == "two-sided" else 1) * ndtr(-towards)
    assert (found >= alone).all()
    assert (found <= np.maximum(np.minimum(1, rows * alone), 5e-324)).all()
    assert (found > 0).all()
    assert (np.diff(found[np.argsort(-towards, kind="stable")]) >= 0).all()


@pytest.mark.parametrize("name", FAMILIES)
def test_neither_the_order_of_rows_nor_of_groups_matters(name):
    rng = np.random.default_rng(3)
    family = FAMILIES[name]
    z = rng.normal(0, 2, len(family.members))
    found = max_pvalues(z, family, ERRORS, "two-sided")
    rows = rng.permutation(z.size)
    turned = Contrasts(family.members[rows], family.weights[rows], family.pool, family.shares)
    np.testing.assert_array_equal(max_pvalues(z[rows], turned, ERRORS, "two-sided"), found[rows])
    if name != "rest":
        new = rng.permutation(9)
        errors = np.empty(9)
        errors[new] = ERRORS
        renamed = Contrasts.pairs(*new[family.members].T, 9)
        # Rows of all pairs come in the order of the errors of their groups; ties (1 and 1) may change places.
        same = {"rtol": 1e-9} if name != "pairs" else {"rtol": RELATIVE, "atol": COARSE}
        np.testing.assert_allclose(max_pvalues(z, renamed, errors, "two-sided"), found, **same)


@pytest.mark.parametrize("name", FAMILIES)
def test_less_is_greater_of_the_negative_and_units_do_not_matter(name):
    family = FAMILIES[name]
    z = np.random.default_rng(4).normal(0, 2, len(family.members))
    greater = max_pvalues(z, family, ERRORS, "greater")
    np.testing.assert_array_equal(max_pvalues(-z, family, ERRORS, "less"), greater)
    np.testing.assert_array_equal(max_pvalues(z, family, ERRORS * 256, "greater"), greater)


@pytest.mark.parametrize("alternative", ["two-sided", "less"])
@pytest.mark.parametrize("name", FAMILIES)
def test_p_value_at_the_quantile_is_one_less_the_level(name, alternative):
    family = FAMILIES[name]
    c = max_quantile(family, ERRORS, 0.95, alternative)
    sides = 2 if alternative == "two-sided" else 1
    low, high = -stats.norm.ppf([0.05 / sides, 0.05 / sides / len(family.members)])
    assert low < c < high
    found = tail(family, ERRORS, c if alternative == "two-sided" else -c, alternative)
    # The quantile comes from an interpolation at three points within 0.03; the points of a mean are counted.
    np.testing.assert_allclose(found, 0.05, rtol=1e-7 if name in ("star", "chain") else 1e-3)


def test_a_row_without_a_statistic_is_not_counted():
    z = np.array([2.0, np.nan, 1.0, -3.0])
    found = max_pvalues(z, star(5), np.ones(5), "two-sided")
    assert np.isnan(found[1])
    np.testing.assert_array_equal(found[[0, 2, 3]], max_pvalues(z[[0, 2, 3]], star(4), np.ones(4), "two-sided"))
    assert np.isnan(max_pvalues(np.full(4, np.nan), star(5), np.ones(5), "two-sided")).all()


def test_groups_without_spread_leave_a_law():
    """Against a reference that alone has an error, all rows are the same comparison."""
    errors = np.array([1.0, 0, 0, 0, 0])
    found = tail(star(5), errors, 2.5)
    # They keep a thousandth of the error: correlations of 1 - 1e-6.
    np.testing.assert_allclose(found, 2 * ndtr(-2.5), rtol=5e-3)
    np.testing.assert_allclose(tail(chain(4), np.zeros(4), 2.0), tail(chain(4), np.ones(4), 2.0), rtol=1e-12)
    assert 0 < tail(all_pairs(4), np.zeros(4), 2.0) < 1


def test_interpolated_p_values_are_those_of_a_few():
    groups = 400
    errors = np.random.default_rng(6).uniform(0.3, 3, groups)
    z = np.random.default_rng(7).normal(0, 3, groups - 1)
    few = np.where(np.arange(groups - 1) % 60 == 0, z, z[0])
    for family in (star(groups), chain(groups)):
        every = max_pvalues(z, family, errors, "two-sided")
        direct = max_pvalues(few, family, errors, "two-sided")
        shown = np.arange(groups - 1) % 60 == 0
        # 32 and 12 points within segments of a smooth function
        np.testing.assert_allclose(every[shown], direct[shown], rtol=1e-4)


def test_groups_together_are_pairs_for_one_on_each_side_and_the_rest_for_all_others():
    n = np.array([10.0, 40, 25, 5])
    errors = np.array([1.0, 0.5, 0.7, 2.0])
    single = Contrasts.together(np.arange(1, 4)[:, None], np.zeros((3, 1), int), n)
    assert tail(single, errors, 2.0) == tail(star(4), errors, 2.0)
    others = np.array([[j for j in range(4) if j != i] for i in range(4)])
    padded = np.column_stack([np.arange(4), np.full(4, -1)])
    together = Contrasts.together(padded, others, n)
    for c in (1.0, 2.5, 4.0):
        # Equal laws; rows differ by a positive factor, which single precision rounds.
        np.testing.assert_allclose(tail(together, errors, c), tail(whole_rest(4, n), errors, c), rtol=1e-3)


def test_windows_that_share_periods_have_the_correlation_of_what_is_not_shared():
    """Two windows of two months, each against the one before: Z of (1, 1, -1, -1) and (0, 1, 1, -1, -1)."""
    windows = Contrasts.together(np.array([[3, 2], [4, 3]]), np.array([[1, 0], [2, 1]]), np.ones(5))
    # (1, 1, -1, -1, 0) . (0, 1, 1, -1, -1) / 4 = (1 - 1 + 1) / 4
    assert abs(tail(windows, np.ones(5), 2.0) - two_rows_tail(0.25, 2.0, 2)) < FINE
    assert abs(tail(windows, np.ones(5), 2.0, "greater") - two_rows_tail(0.25, 2.0, 1)) < FINE
