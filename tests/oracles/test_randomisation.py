"""Randomisation tests against brute force over rows, R's package coin, and complete enumeration of their size.

On the unit scale of the kernels, NPS is (score + 100) / 200, and its values are 0, 1/2 and 1.
"""

import itertools
import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.special import xlogy

from npsstats.kernels import permutation, sign_flip
from npsstats.kernels.enumeration import log_multinomial, outcomes
from npsstats.kernels.permutation import (
    listed_splits,
    needs_permuting,
    permutation_limits,
    permutation_tails,
    split_pivots,
)
from npsstats.kernels.sign_flip import flipped_means, needs_flipping, sign_flip_limits, sign_flip_tails

R_ORACLE = json.loads((Path(__file__).parent / "data" / "permutation_r.json").read_text())

NPS_VALUES = np.array([0.0, 0.5, 1.0])
CHANGES = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])


def permuted(name, table, values, where, n_resamples=9, seed=0):
    rng = np.random.default_rng(seed)
    return np.ravel(
        getattr(permutation, f"permutation_{name}")(
            np.array([table], float), np.asarray(values, float), where, rng=rng, n_resamples=n_resamples
        )
    )


def flipped(name, counts, values, where, n_resamples=9, seed=0):
    rng = np.random.default_rng(seed)
    return np.ravel(
        getattr(sign_flip, f"sign_flip_{name}")(
            np.array([counts], float), np.asarray(values, float), where, rng=rng, n_resamples=n_resamples
        )
    )


# ------------------------------------------------------------------- two groups: all splits of the rows


def rows_of(counts, values):
    return [value for value, count in zip(values, counts, strict=True) for _ in range(count)]


def squared_pivot(first, second, null):
    """T |T| as a fraction, which orders pivots without rounding; the error as the module's first lines say."""

    def square(ratings):
        mean = Fraction(sum(ratings), len(ratings))
        return sum((x - mean) ** 2 for x in ratings)

    one = square(first + second) / (len(first) + len(second) - 1)
    gap = Fraction(sum(first), len(first)) - Fraction(sum(second), len(second)) - null
    variance = sum((square(group) + one) / len(group) ** 2 for group in (first, second))
    if variance == 0:
        return gap * 10**30, variance
    return gap * abs(gap) / variance, variance


def brute_pivots(first, second):
    every = first + second
    for chosen in itertools.combinations(range(len(every)), len(first)):
        inside = set(chosen)
        rest = [x for i, x in enumerate(every) if i not in inside]
        yield squared_pivot([every[i] for i in chosen], rest, Fraction(0))[0]


HALVES, FIFTHS = (Fraction(0), Fraction(1, 2), Fraction(1)), tuple(Fraction(k, 4) for k in range(5))
SPLITS = [
    (((1, 2, 3), (4, 1, 2)), HALVES),
    (((0, 0, 3), (2, 4, 3)), HALVES),
    (((0, 1, 6), (2, 2, 0)), HALVES),
    (((0, 0, 5), (4, 0, 0)), HALVES),
    (((0, 3, 0), (0, 7, 0)), HALVES),
    (((0, 0, 1), (2, 3, 4)), HALVES),
    (((0, 1, 0), (1, 0, 0)), HALVES),
    (((1, 0, 1, 2, 1), (0, 3, 1, 1, 1)), FIFTHS),
    (((0, 0, 0, 2, 2), (1, 2, 2, 1, 0)), FIFTHS),
    (((3, 2), (1, 6)), (Fraction(0), Fraction(1))),
    (((2, 1, 2), (1, 3, 1)), (Fraction(0), Fraction(9, 10), Fraction(1))),
]
splits = pytest.mark.parametrize(("table", "values"), SPLITS, ids=[str(table) for table, _ in SPLITS])


@splits
def test_permutation_pvalues_are_those_of_all_splits_of_the_rows(table, values):
    first, second = (rows_of(counts, values) for counts in table)
    pivots = list(brute_pivots(first, second))
    for null in (Fraction(0), Fraction(1, 4), Fraction(-1, 3), Fraction(7, 10)):
        at = squared_pivot(first, second, null)[0]
        # Beyond all pivots it is that of a single split.
        below = Fraction(max(1, sum(t <= at for t in pivots)), len(pivots))
        above = Fraction(max(1, sum(t >= at for t in pivots)), len(pivots))
        found = permuted("tails", table, values, float(null))
        # Sums of at most some hundred products of three rounded factors.
        np.testing.assert_allclose(found, [float(below), float(above)], rtol=1e-12, atol=0)


@splits
@pytest.mark.parametrize("tail", [Fraction(1, 40), Fraction(1, 200), Fraction(1, 8), Fraction(2, 5)])
def test_permutation_limits_meet_their_definition(table, values, tail):
    first, second = (rows_of(counts, values) for counts in table)
    pivots = sorted(brute_pivots(first, second))
    variance = squared_pivot(first, second, Fraction(0))[1]
    difference = Fraction(sum(first), len(first)) - Fraction(sum(second), len(second))

    def limit(side):
        if Fraction(1, len(pivots)) >= tail:
            return -side
        ordered = [side * t for t in pivots[::side]]
        # The highest pivot that still has `tail` of them at or above it.
        highest = ordered[len(pivots) - math.ceil(tail * len(pivots))]
        root = math.copysign(math.sqrt(abs(highest) * variance), highest)
        return max(-1.0, side * float(difference) - root) * side

    found = permuted("limits", table, values, float(tail))
    # Roots of fractions; on the other side rounded sums of some ten terms.
    np.testing.assert_allclose(found, [limit(1), limit(-1)], rtol=0, atol=1e-13)


@pytest.mark.parametrize("case", R_ORACLE["splits"], ids=lambda case: f"{case['x']}-{case['y']}")
def test_permutation_is_that_of_all_splits_in_r(case):
    table = case["x"], case["y"]
    for null, below, above in zip(case["nulls"], case["below"], case["above"], strict=True):
        # 15 digits are stored.
        np.testing.assert_allclose(permuted("tails", table, case["values"], null), [below, above], rtol=1e-12)
    for tail, limits in zip(case["tails"], case["limits"], strict=True):
        # R compares with a slack of 1e-9, which a bisection follows, times an error below 1 and a pivot of some units.
        np.testing.assert_allclose(permuted("limits", table, case["values"], tail), limits, rtol=0, atol=1e-8)


@pytest.mark.parametrize("case", R_ORACLE["plain"], ids=lambda case: f"{case['x']}-{case['y']}")
def test_listed_splits_give_the_plain_permutation_test_of_coin(case):
    pooled = np.array(case["x"]) + np.array(case["y"])
    held = pooled > 0
    tables, weights = listed_splits(pooled[held], sum(case["x"]))
    mean = tables @ np.array(case["values"])[held]
    at, centre = np.dot(case["x"], case["values"]), pooled @ case["values"] * sum(case["x"]) / pooled.sum()
    near = 1e-9  # totals are multiples of 1/20
    found = [
        weights[mean <= at + near].sum(),
        weights[mean >= at - near].sum(),
        weights[abs(mean - centre) >= abs(at - centre) - near].sum(),
    ]
    # coin adds up probabilities of whole totals in double precision.
    np.testing.assert_allclose(found, [case["below"], case["above"], case["two_sided"]], rtol=1e-10)


@pytest.mark.parametrize(
    ("pooled", "n"),
    [((3, 4, 2), 4), ((1, 1, 1, 1), 2), ((9,), 4), ((0, 5, 0, 7), 6), ((40, 25, 60), 50), ((2, 300000), 5),
     ((10**7, 3 * 10**8, 7), 6), ((1500, 1700), 1600), ((3, 1, 4, 1, 5, 9), 11)],
)  # fmt: skip
def test_splits_are_complete_and_have_their_exact_probabilities(pooled, n):
    tables, weights = listed_splits(np.array(pooled), n)
    assert (tables.sum(axis=1) == n).all()
    assert ((tables >= 0) & (tables <= pooled)).all()
    assert len(np.unique(tables, axis=0)) == len(tables)
    ways = [math.prod(map(math.comb, pooled, table)) for table in tables.tolist()]
    # Vandermonde's identity: they are all the splits there are.
    every = math.comb(sum(pooled), n)
    assert sum(ways) == every
    # From the peak on, sums of logarithms of up to some hundred; probabilities below the smallest number are 0.
    np.testing.assert_allclose(weights, [float(Fraction(w, every)) for w in ways], rtol=1e-11, atol=1e-300)


def test_square_of_the_error_has_no_bias_under_the_splits():
    """E*(sum (Q_i + s^2) / n_i^2) is the variance of the difference, s^2 (1 / n_1 + 1 / n_2)."""
    for pooled, n in (((3, 4, 5), 4), ((0, 7, 2), 1), ((6, 1, 9), 8)):
        pooled = np.array(pooled, float)
        tables, weights = listed_splits(pooled.astype(int), n)
        difference, error = split_pivots(tables.astype(float), pooled, NPS_VALUES)
        ratings = np.repeat(NPS_VALUES, pooled.astype(int))
        wanted = ratings.var(ddof=1) * (1 / n + 1 / (ratings.size - n))
        np.testing.assert_allclose(weights @ error**2, wanted, rtol=1e-13)  # some fifty terms
        np.testing.assert_allclose(weights @ difference**2, wanted, rtol=1e-13)


def test_large_samples_have_the_normal_pvalue_of_welch():
    # 100,000 draws of a p-value near 0.03 scatter by 0.0005; normal and permuted pivot differ by less at this n.
    table = np.array([[3000, 6000, 11000], [9400, 17500, 33100]], float)
    shares = table / table.sum(axis=1)[:, None]
    mean = shares @ NPS_VALUES
    variance = (shares @ NPS_VALUES**2 - mean**2) / table.sum(axis=1)
    null = mean[0] - mean[1] - 1.9 * math.sqrt(variance.sum())
    assert needs_permuting(table[None]).all()
    found = permuted("tails", table, NPS_VALUES, null, n_resamples=100_000)
    np.testing.assert_allclose(found, [stats.norm.cdf(1.9), stats.norm.sf(1.9)], rtol=0, atol=5 * 0.0005)


@pytest.mark.parametrize("table", [((2, 5, 8), (9, 7, 4)), ((1, 30, 9), (14, 3, 3))], ids=str)
def test_drawn_splits_agree_with_listed_ones(table, monkeypatch):
    listed = [permuted("tails", table, NPS_VALUES, null) for null in (-0.2, 0.0, 0.35)]
    listed_limits = permuted("limits", table, NPS_VALUES, 0.1)
    monkeypatch.setattr(permutation, "MOST_LISTED", 0)
    draws = 40_000
    drawn = [permuted("tails", table, NPS_VALUES, null, draws) for null in (-0.2, 0.0, 0.35)]
    scatter = np.sqrt(np.multiply(listed, np.subtract(1, listed)) / draws)
    assert (np.abs(np.subtract(drawn, listed)) <= 5 * scatter + 2 / draws).all()
    # Each is (b + 1) / (B + 1).
    hits = np.array(drawn) * (draws + 1)
    np.testing.assert_allclose(hits, np.rint(hits), rtol=0, atol=1e-6)  # some 10^4 additions of ulps
    assert (np.array(drawn) >= 1 / (draws + 1) * (1 - 1e-12)).all()
    # A limit lies between those at tails five standard deviations away.
    monkeypatch.undo()
    spread = 5 * math.sqrt(0.1 * 0.9 / draws)
    outer, inner = (permuted("limits", table, NPS_VALUES, 0.1 + side * spread) for side in (-1, 1))
    monkeypatch.setattr(permutation, "MOST_LISTED", 0)
    low, high = permuted("limits", table, NPS_VALUES, 0.1, draws)
    assert outer[0] - 1e-12 <= low <= inner[0] + 1e-12
    assert inner[1] - 1e-12 <= high <= outer[1] + 1e-12
    assert abs(low - listed_limits[0]) < 0.03  # the steps of the pivots


def test_splits_are_drawn_where_they_are_too_many():
    tables = np.array([[[60, 80, 70], [70, 60, 70]], [[400, 900, 400], [300, 800, 600]], [[5, 0, 10**6], [9, 0, 10**6]],
                       [[10**8, 10**7, 10**8], [1, 1, 1]]], float)  # fmt: skip
    assert needs_permuting(tables).tolist() == [False, True, False, False]
    # The bound on their number holds where it says so.
    for table in tables[[0, 2]]:
        assert len(listed_splits(table.sum(axis=0).astype(int), int(table.sum(axis=1).min()))[0]) <= 200_000


@pytest.mark.parametrize("table", [((0, 0, 1), (0, 0, 1)), ((0, 0, 1), (1, 0, 0)), ((0, 0, 3), (3, 0, 0))], ids=str)
def test_so_few_splits_that_none_is_rare_say_nothing(table):
    np.testing.assert_array_equal(permuted("limits", table, NPS_VALUES, 0.025), [-1, 1])
    n = sum(table[0])
    assert (permuted("tails", table, NPS_VALUES, 0.9) >= 1 / math.comb(2 * n, n) * (1 - 1e-12)).all()


def test_ratings_that_are_all_the_same_show_no_difference_and_exclude_the_rest():
    table = ((0, 0, 10), (0, 0, 20))
    np.testing.assert_array_equal(permuted("limits", table, NPS_VALUES, 0.025), [0, 0])
    np.testing.assert_array_equal(permuted("tails", table, NPS_VALUES, 0.0), [1, 1])
    found = permuted("tails", table, NPS_VALUES, 0.1)
    np.testing.assert_allclose(found, [1 / math.comb(30, 10), 1], rtol=1e-12)  # one quotient


# --------------------------------------------------------------------- size, by enumeration of all samples


def probabilities(shares, n):
    table = outcomes(n, len(shares))
    return table, np.exp(log_multinomial(table) + xlogy(table, shares).sum(axis=1))


def all_pairs(first, second, sizes, least):
    """Samples of two groups whose probability exceeds `least`, and their probabilities."""
    (one, p_one), (two, p_two) = (probabilities(*group) for group in zip((first, second), sizes, strict=True))
    joint = np.multiply.outer(p_one, p_two)
    i, j = np.nonzero(joint > least)
    return np.stack([one[i], two[j]], axis=1), joint[i, j]


CLASSIC = (0.10, 0.60, 0.30), (0.00, 0.80, 0.20)  # detractors, passives, promoters: both have a score of +20
CLASSIC_SIZES = [(50, 200), (30, 300), (200, 50), (300, 30)]


@pytest.mark.parametrize("sizes", CLASSIC_SIZES, ids=str)
def test_size_is_within_four_to_six_per_cent_where_only_the_scores_are_the_same(sizes):
    tables, weight = all_pairs(*CLASSIC, sizes, 1e-8)
    assert weight.sum() > 1 - 5e-5
    assert not needs_permuting(tables).any()  # nothing is drawn: this is exact
    below, above = permutation_tails(tables.astype(float), NPS_VALUES, 0.0, rng=np.random.default_rng(), n_resamples=1)
    size = weight[np.minimum(below, above) <= 0.025].sum()
    assert 0.04 < size < 0.06
    # Another enumeration, by margin and without the package, printed these to two digits of a per cent.
    assert size == pytest.approx({50: 0.0539, 30: 0.0543, 200: 0.0509, 300: 0.0550}[sizes[0]], abs=1.5e-4)


@pytest.mark.parametrize(("sizes", "expected"), [((50, 200), 0.1036), ((30, 300), 0.1371), ((200, 50), 0.0098)])
def test_plain_permutation_has_another_size(sizes, expected):
    """Why the difference is studentised: where the larger group has the smaller spread, it rejects too often."""
    tables, weight = all_pairs(*CLASSIC, sizes, 1e-7)
    steps, size = np.array([0, 1, 2]), 0.0
    margins, which = np.unique(tables.sum(axis=1), axis=0, return_inverse=True)
    mean = margins @ steps * sizes[0] / sum(sizes)
    observed = np.abs(tables[:, 0] @ steps - mean[which])
    order = np.argsort(which, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(which[order])) + 1):
        listed, p = listed_splits(margins[which[rows[0]]], sizes[0])
        distance = np.abs(listed @ steps - mean[which[rows[0]]])
        farthest_first = np.argsort(-distance)
        # Whole numbers less a fraction: what is meant to be the same is so within 1e-9.
        reached = np.searchsorted(-distance[farthest_first], 1e-9 - observed[rows], side="right")
        size += weight[rows][p[farthest_first].cumsum()[reached - 1] <= 0.05].sum()
    # Another enumeration, without the package; here all but 1e-4 of the samples are taken.
    assert size == pytest.approx(expected, abs=3e-4)


@pytest.mark.parametrize("shares", [(0.2, 0.3, 0.5), (0.02, 0.08, 0.9), (0.45, 0.1, 0.45)], ids=str)
@pytest.mark.parametrize("sizes", [(4, 9), (8, 8), (15, 5)], ids=str)
def test_permutation_is_exact_where_the_distributions_are_the_same(shares, sizes):
    tables, weight = all_pairs(shares, shares, sizes, 0)
    for side in permutation_tails(tables.astype(float), NPS_VALUES, 0.0, rng=np.random.default_rng(), n_resamples=1):
        for level in (0.005, 0.025, 0.05, 0.1, 0.3, 0.5):
            assert weight[side <= level].sum() <= level * (1 + 1e-9)  # sums of up to 10^4 probabilities


SYMMETRIC = [(0.1, 0.2, 0.4, 0.2, 0.1), (0.02, 0.03, 0.9, 0.03, 0.02), (0.4, 0.1, 0.0, 0.1, 0.4)]


@pytest.mark.parametrize("shares", SYMMETRIC, ids=str)
@pytest.mark.parametrize("n", [5, 12])
def test_sign_flip_is_exact_where_the_differences_are_symmetric(shares, n):
    table, weight = probabilities(shares, n)
    # Symmetric about 0; and about another value when all are moved.
    for shift in (0.0, 0.3):
        tails = sign_flip_tails(table.astype(float), CHANGES + shift, shift, rng=np.random.default_rng(), n_resamples=1)
        for side in tails:
            for level in (2**-12, 0.005, 0.025, 0.05, 0.1, 0.3, 0.5):
                assert weight[side <= level].sum() <= level * (1 + 1e-9)  # as above


@pytest.mark.parametrize("shares", SYMMETRIC, ids=str)
def test_sign_flip_limits_cover_the_centre_of_symmetric_differences(shares):
    table, weight = probabilities(shares, 12)
    low, high = sign_flip_limits(table.astype(float), CHANGES, 0.025, rng=np.random.default_rng(), n_resamples=1)
    covered = weight[(low <= 1e-12) & (high >= -1e-12)].sum()
    assert 0.95 - 1e-9 <= covered < 1 - 1e-6  # and the intervals are not the whole scale


# ----------------------------------------------------------------------------- pairs: all flips of the rows

QUARTERS = tuple(Fraction(k, 2) for k in range(-2, 3))
ODD = (Fraction(-4, 5), Fraction(-31, 100), Fraction(1, 50), Fraction(47, 100), Fraction(9, 10))
FLIPS = [
    ((1, 2, 3, 2, 2), QUARTERS),
    ((0, 0, 4, 3, 1), QUARTERS),
    ((3, 0, 0, 0, 6), QUARTERS),
    ((0, 0, 7, 0, 0), QUARTERS),
    ((0, 0, 0, 8, 0), QUARTERS),
    ((0, 0, 0, 1, 0), QUARTERS),
    ((2, 1, 3, 2, 2), ODD),
]
flips = pytest.mark.parametrize(("counts", "values"), FLIPS, ids=[str(counts) for counts, _ in FLIPS])


def brute_tails(differences, null):
    """Shares of all 2^n flips after which the sum is at most, and at least, what it was."""
    centred = [d - null for d in differences]
    at = sum(centred)
    sums = [sum(s * d for s, d in zip(signs, centred, strict=True)) for signs in
            itertools.product((1, -1), repeat=len(centred))]  # fmt: skip
    return [
        float(Fraction(sum(s <= at for s in sums), len(sums))),
        float(Fraction(sum(s >= at for s in sums), len(sums))),
    ]


@flips
def test_sign_flip_pvalues_are_those_of_all_flips_of_the_rows(counts, values):
    differences = rows_of(counts, values)
    for null in (Fraction(0), Fraction(1, 2), Fraction(1, 8), Fraction(-1, 3), Fraction(2)):
        found = flipped("tails", counts, values, float(null))
        # Sums of at most some hundred products of five rounded factors.
        np.testing.assert_allclose(found, brute_tails(differences, null), rtol=1e-12, atol=0)


@flips
@pytest.mark.parametrize("tail", [Fraction(1, 40), Fraction(1, 200), Fraction(1, 8), Fraction(2, 5)])
def test_sign_flip_limits_are_quantiles_of_the_means_of_all_subsets(counts, values, tail):
    differences = rows_of(counts, values)
    subsets = (c for size in range(1, len(differences) + 1) for c in itertools.combinations(differences, size))
    means = sorted(Fraction(sum(subset), len(subset)) for subset in subsets)
    # With the empty subset, which counts on both sides.
    needed = math.ceil(tail * 2 ** len(differences)) - 1
    wanted = (means[needed - 1], means[-needed]) if needed else (values[0], values[-1])
    found = flipped("limits", counts, values, float(tail))
    np.testing.assert_allclose(found, np.array(wanted, float), rtol=0, atol=1e-14)  # one quotient of rounded sums


@flips
def test_studentised_flips_have_the_same_pvalues(counts, values):
    """t is an increasing function of the sum, as a flip leaves the sum of squares as it is."""
    null = 0.125
    d = np.array(rows_of(counts, values), float) - null
    flips_of_rows = np.array(list(itertools.product((1, -1), repeat=d.size))) * d
    mean = flips_of_rows.mean(axis=1)
    deviation = flips_of_rows - mean[:, None]
    error = np.sqrt((deviation**2).sum(axis=1) / d.size)
    # No spread at all: 0 / 0 does not come up here, as no difference is the null value.
    t = np.divide(mean, error, out=np.sign(mean) * 1e12, where=error > 1e-12)
    near = 1e-9 * (1 + abs(t[0]))
    np.testing.assert_allclose(
        flipped("tails", counts, values, null), [(t <= t[0] + near).mean(), (t >= t[0] - near).mean()], rtol=1e-12
    )  # as above


@pytest.mark.parametrize("case", R_ORACLE["flips"], ids=lambda case: str(case["counts"]))
def test_sign_flip_is_that_of_all_flips_in_r(case):
    for null, below, above in zip(case["nulls"], case["below"], case["above"], strict=True):
        # 15 digits are stored.
        np.testing.assert_allclose(flipped("tails", case["counts"], case["values"], null), [below, above], rtol=1e-12)
    for tail, limits in zip(case["tails"], case["limits"], strict=True):
        # R compares with a slack of 1e-9, which a bisection follows.
        np.testing.assert_allclose(flipped("limits", case["counts"], case["values"], tail), limits, rtol=0, atol=1e-8)


@pytest.mark.parametrize("case", R_ORACLE["pairs"], ids=lambda case: str(case["counts"]))
def test_sign_flip_at_zero_is_the_blocked_permutation_test_of_coin(case, monkeypatch):
    monkeypatch.setattr(sign_flip, "MOST_LISTED", 10**7)  # to list also the larger case
    found = flipped("tails", case["counts"], case["values"], 0.0)
    # coin adds up probabilities of whole sums in double precision.
    np.testing.assert_allclose(found, [case["below"], case["above"]], rtol=1e-10)


@pytest.mark.parametrize(("up", "down"), [(9, 3), (0, 6), (25, 41), (12, 12)])
@pytest.mark.parametrize("unchanged", [0, 5])
def test_sign_flip_of_equal_steps_at_zero_is_the_sign_test(up, down, unchanged):
    found = flipped("tails", [down, unchanged, up], [-1, 0, 1], 0.0)
    wanted = [stats.binomtest(up, up + down, alternative=side).pvalue for side in ("less", "greater")]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)  # sums of at most some hundred terms


@pytest.mark.parametrize("counts", [(1, 2, 3), (9,), (40, 55), (1100, 2)], ids=str)
def test_subsets_have_their_exact_probabilities(counts):
    values = np.array([1.0, 10.0**4, 10.0**8])[: len(counts)]  # a total tells its counts
    means, weights, empty = flipped_means(np.array(counts), values)
    tables = list(itertools.product(*(range(count + 1) for count in counts)))[1:]
    np.testing.assert_allclose(means, [np.dot(t, values) / sum(t) for t in tables], rtol=1e-14)  # a rounded quotient
    ways = [Fraction(math.prod(map(math.comb, counts, t)), 2 ** sum(counts)) for t in tables]
    # From the peak on, sums of logarithms of up to some hundred; probabilities below the smallest number are 0.
    np.testing.assert_allclose(weights, [float(w) for w in ways], rtol=1e-11, atol=1e-300)
    assert empty == float(Fraction(1, 2 ** sum(counts)))


def test_drawn_flips_agree_with_listed_ones(monkeypatch):
    counts, draws = (4, 6, 3, 9, 5), 40_000
    nulls = (-0.25, 0.0, 0.2)
    listed = [flipped("tails", counts, CHANGES, null) for null in nulls]
    spread = 5 * math.sqrt(0.1 * 0.9 / draws)
    outer, inner = (flipped("limits", counts, CHANGES, 0.1 + side * spread) for side in (-1, 1))
    monkeypatch.setattr(sign_flip, "MOST_LISTED", 0)
    drawn = [flipped("tails", counts, CHANGES, null, draws) for null in nulls]
    scatter = np.sqrt(np.multiply(listed, np.subtract(1, listed)) / draws)
    assert (np.abs(np.subtract(drawn, listed)) <= 5 * scatter + 2 / draws).all()
    hits = np.array(drawn) * (draws + 1)
    np.testing.assert_allclose(hits, np.rint(hits), rtol=0, atol=1e-6)  # (b + 1) / (B + 1)
    low, high = flipped("limits", counts, CHANGES, 0.1, draws)
    assert outer[0] - 1e-12 <= low <= inner[0] + 1e-12
    assert inner[1] - 1e-12 <= high <= outer[1] + 1e-12


def test_draws_that_flip_nobody_count_on_both_sides(monkeypatch):
    monkeypatch.setattr(sign_flip, "MOST_LISTED", 0)
    draws = 10_000
    below, above = flipped("tails", [0, 0, 0, 1, 1], CHANGES, 0.0, draws)
    # A quarter of the draws flips neither of the two gains; the standard deviation is 0.0043.
    assert above == pytest.approx(1 / 4, abs=5 * 0.0043)
    assert below == pytest.approx(1, abs=1e-9)
    np.testing.assert_array_equal(flipped("limits", [0, 0, 0, 1, 1], CHANGES, 0.2, draws), [-1, 1])
    np.testing.assert_array_equal(flipped("limits", [0, 0, 0, 1, 0], CHANGES, 0.2, 1, seed=1)[0], -1)


def test_flips_are_drawn_where_they_are_too_many():
    counts = np.array([[10, 10, 10, 10, 10], [12, 12, 12, 12, 12], [0, 0, 199_999, 0, 0], [0, 0, 200_000, 0, 0]], float)
    assert needs_flipping(counts).tolist() == [False, True, False, True]


def test_limits_far_beyond_what_draws_can_tell_are_the_bounds(monkeypatch):
    monkeypatch.setattr(permutation, "MOST_LISTED", 0)
    monkeypatch.setattr(sign_flip, "MOST_LISTED", 0)
    table = np.array([[[5, 9, 30], [20, 9, 6]]], float)
    low, high = permutation_limits(table, NPS_VALUES, 0.001, rng=np.random.default_rng(1), n_resamples=99)
    assert (low[0], high[0]) == (-1, 1)
    found = flipped("limits", [5, 9, 12, 20, 6], CHANGES, 0.001, 99)
    np.testing.assert_array_equal(found, [-1, 1])
