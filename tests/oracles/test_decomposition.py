"""Mix and rate against statsmodels' Oaxaca-Blinder, R's survey, fractions, and orders gone through one by one."""

import itertools
import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import npsstats as nps
from npsstats.kernels.standardisation import column_mixes, mix_and_rate

DATA = Path(__file__).parent / "data"
OAXACA = json.loads((DATA / "oaxaca.json").read_text())["cases"]
SURVEY = json.loads((DATA / "decomposition_r.json").read_text())

PROMOTERS = [0] * 9 + [100, 100]
DETRACTORS = [-100] * 7 + [0] * 4
PARTS = np.array([PROMOTERS, DETRACTORS], dtype=float)

# Both sides add up some hundred products of 16 digits, in points; 15 digits are stored.
CLOSE = {"rtol": 1e-10, "atol": 1e-10}


def counts_of(table, columns=("segment",), labels=None):
    """Counts by segment and year from an array of shape (2, segments, 11)."""
    table = np.asarray(table)
    labels = [(i,) for i in range(table.shape[1])] if labels is None else labels
    return nps.RatingCounts(
        table.reshape(-1, 11),
        metric=nps.NPS,
        missing=np.zeros(2 * table.shape[1], dtype=int),
        by=(*columns, "year"),
        labels=[(*label, year) for year in (2024, 2025) for label in labels],
    )


def table_with_gaps(seed, segments, most=30):
    """Counts in which some segments are in one period only, and some have one respondent."""
    rng = np.random.default_rng(seed)
    table = rng.integers(0, most, (2, segments, 11)) * (rng.random((2, segments, 11)) < 0.5)
    table[0, 0], table[1, 1] = 0, 0
    table[1, 0, 9], table[0, 1, 3] = 4, 1
    if segments > 3:
        table[0, 2], table[0, 2, 8] = 0, 1
    return table


# ----------------------------------------------------------------------------------------------- Oaxaca-Blinder


@pytest.mark.parametrize("case", OAXACA, ids=lambda case: f"{len(case['counts'][0])} segments")
def test_mix_and_rate_are_explained_and_unexplained_at_the_mean_of_both_coefficients(case):
    whole = nps.decompose(counts_of(case["counts"]), reference=2024).to_frame().iloc[-1]
    np.testing.assert_allclose(whole["mix"], case["two_fold"]["explained"], **CLOSE)
    np.testing.assert_allclose(whole["rate"], case["two_fold"]["unexplained"], **CLOSE)
    np.testing.assert_allclose(whole["total"], case["two_fold"]["gap"], **CLOSE)


@pytest.mark.parametrize("case", OAXACA, ids=lambda case: f"{len(case['counts'][0])} segments")
def test_mix_and_rate_share_the_interaction_of_three_parts_equally(case):
    whole = nps.decompose(counts_of(case["counts"]), reference=2024).to_frame().iloc[-1]
    three = case["three_fold"]
    np.testing.assert_allclose(whole["mix"], three["endowments"] + three["interaction"] / 2, **CLOSE)
    np.testing.assert_allclose(whole["rate"], three["coefficients"] + three["interaction"] / 2, **CLOSE)


# ------------------------------------------------------------------------------------------------------ fractions


def kitagawa_in_fractions(table, values):
    """Mix and rate of each segment, by the definition; None stands for no score."""
    n = [[sum(map(int, row)) for row in period] for period in table]
    weights = [[Fraction(size, sum(period)) for size in period] for period in n]
    scores = [
        [
            Fraction(sum(int(x) * v for x, v in zip(row, values, strict=True)), size) if size else None
            for row, size in zip(period, sizes, strict=True)
        ]
        for period, sizes in zip(table, n, strict=True)
    ]
    totals = [
        sum(w * s for w, s in zip(ws, ss, strict=True) if s is not None) for ws, ss in zip(weights, scores, strict=True)
    ]
    centre = (totals[0] + totals[1]) / 2
    mix, rate = [], []
    for w0, w1, s0, s1 in zip(*weights, *scores, strict=True):
        if s0 is None or s1 is None:
            mix.append(w1 * (s1 - centre) if s0 is None else -w0 * (s0 - centre))
            rate.append(Fraction(0))
        else:
            mix.append((w1 - w0) * ((s0 + s1) / 2 - centre))
            rate.append((w0 + w1) / 2 * (s1 - s0))
    return mix, rate, totals[1] - totals[0]


@pytest.mark.parametrize("seed", range(6))
def test_contributions_are_those_of_fractions(seed):
    table = table_with_gaps(seed, 3 + seed)
    frame = nps.decompose(counts_of(table), reference=2024).to_frame()
    for part, values in (("promoters", PROMOTERS), ("detractors", DETRACTORS)):
        mix, rate, change = kitagawa_in_fractions(table.tolist(), values)
        assert sum(mix) + sum(rate) == change
        np.testing.assert_allclose(frame[f"mix_{part}"][:-1], [float(x) for x in mix], **CLOSE)
        np.testing.assert_allclose(frame[f"rate_{part}"][:-1], [float(x) for x in rate], **CLOSE)
        np.testing.assert_allclose(frame[f"total_{part}"].iloc[-1], float(change), **CLOSE)


# ------------------------------------------------------------------------------------- orders, one after the other


def margins_of(weights, codes):
    """For each period and set of columns: the share of all that have the labels of a segment."""
    cells, columns = range(len(codes)), range(len(codes[0]))
    return [
        {
            frozenset(chosen): [
                sum(period[c] for c in cells if all(codes[c][i] == codes[cell][i] for i in chosen)) for cell in cells
            ]
            for size in range(len(columns) + 1)
            for chosen in itertools.combinations(columns, size)
        }
        for period in weights
    ]


def counterfactual(margins, order, changed):
    """Shares of crossed segments by the chain of one order: links of changed columns from period 1, others from 0."""
    found = []
    for cell in range(len(margins[0][frozenset()])):
        share = 1
        for place, column in enumerate(order):
            before, after = frozenset(order[:place]), frozenset(order[: place + 1])
            period = int(column in changed)
            if not margins[period][before][cell]:
                period = 1 - period
            share *= margins[period][after][cell] / margins[period][before][cell]
        found.append(share)
    return found


def shapley_by_orders(weights, worth, codes):
    """The mix of each column: what its turn adds, over all orders of turns and all orders of chains."""
    columns = range(len(codes[0]))
    orders, margins = list(itertools.permutations(columns)), margins_of(weights, codes)

    def value(changed):
        total = 0
        for order in orders:
            shares = counterfactual(margins, order, changed)
            total += sum(share * worth[cell] for cell, share in enumerate(shares))
        return total / len(orders)

    known = {
        frozenset(changed): value(changed)
        for size in range(len(columns) + 1)
        for changed in itertools.combinations(columns, size)
    }
    gains = [0] * len(columns)
    for turns in orders:
        for place, column in enumerate(turns):
            gains[column] += known[frozenset(turns[: place + 1])] - known[frozenset(turns[:place])]
    return [gain / math.factorial(len(columns)) for gain in gains]


def crossed(seed, columns, labels=2):
    """Counts over crossed segments, of which some are in one period only and some nowhere."""
    rng = np.random.default_rng(seed)
    codes = list(itertools.product(range(labels), repeat=columns))
    table = rng.integers(0, 6, (2, len(codes), 11)) * (rng.random((2, len(codes), 1)) < 0.75)
    kept = table.sum(axis=(0, 2)) > 0
    return table[:, kept], [code for code, keep in zip(codes, kept, strict=True) if keep]


@pytest.mark.parametrize(("columns", "labels"), [(1, 5), (2, 2), (2, 4), (3, 2), (3, 3), (4, 2), (5, 2)])
def test_mixes_of_columns_are_those_of_all_orders(columns, labels):
    # Five columns and the rate are six factors; there fractions would take minutes.
    kind = Fraction if columns < 5 else float
    table, codes = crossed(columns * 10 + labels, columns, labels)
    n = table.sum(axis=2)
    weights = [[kind(Fraction(int(x), int(period.sum()))) for x in period] for period in n]
    for part, values in (("promoters", PROMOTERS), ("detractors", DETRACTORS)):
        worth = []
        for cell in range(len(codes)):
            scores = [Fraction(int(table[t, cell] @ np.array(values)), int(n[t, cell])) for t in (0, 1) if n[t, cell]]
            worth.append(sum(scores) / len(scores))
        expected = shapley_by_orders(weights, worth, codes)
        counts = counts_of(table, tuple(f"column {i}" for i in range(columns)), codes)
        frame = nps.decompose_factors(counts, reference=2024).to_frame()
        found = frame[f"contribution_{part}"][:columns]
        np.testing.assert_allclose(found, [float(x) for x in expected], **CLOSE)


@pytest.mark.parametrize("columns", [2, 3])
def test_with_the_rate_as_a_player_the_value_is_that_of_orders_that_keep_the_columns_together(columns):
    # Owen's value: all orders of columns and rate in which the rate does not stand between columns.
    table, codes = crossed(7 + columns, columns)
    shares = table / table.sum(axis=(1, 2), keepdims=True)
    n = table.sum(axis=2)
    weights = [[Fraction(int(x), int(period.sum())) for x in period] for period in n]
    scores = np.divide(table @ PARTS.sum(axis=0), n, out=np.full(n.shape, np.nan), where=n > 0)
    scores = np.where(np.isnan(scores), scores[::-1], scores)
    orders, margins = list(itertools.permutations(range(columns))), margins_of(weights, codes)

    def value(changed, period):
        each = [counterfactual(margins, order, changed) for order in orders]
        return float(np.mean([[float(x) for x in one] for one in each], axis=0) @ scores[period])

    gains, allowed = np.zeros(columns + 1), 0
    for turns in itertools.permutations(range(columns + 1)):
        if 0 < turns.index(columns) < columns:
            continue
        allowed += 1
        for place, player in enumerate(turns):
            before, after = turns[:place], turns[: place + 1]
            gains[player] += value(set(after) - {columns}, int(columns in after))
            gains[player] -= value(set(before) - {columns}, int(columns in before))
    gains /= allowed
    found = column_mixes(shares, PARTS, np.array(codes)).values.sum(axis=1)
    np.testing.assert_allclose(found, gains[:-1], **CLOSE)
    np.testing.assert_allclose(mix_and_rate(shares, PARTS)[1].values.sum(), gains[-1], **CLOSE)


# --------------------------------------------------------------------------------------------- derivatives, variance


def slopes(function, shares, step=1e-6):
    """Central differences; each cell takes from all others in proportion, so that shares add up to 1."""
    found = np.zeros((*function(shares).shape, *shares.shape))
    for place in zip(*np.nonzero(shares), strict=True):
        sides = []
        for change in (step, -step):
            moved = shares.copy()
            moved[place] += change
            moved[place[0]] /= moved[place[0]].sum()
            sides.append(function(moved))
        found[(..., *place)] = (sides[0] - sides[1]) / (2 * step)
    return found


CROSSED = np.array(list(itertools.product(range(2), range(3))))


@pytest.mark.parametrize(
    "made",
    [
        lambda shares: mix_and_rate(shares, PARTS)[0],
        lambda shares: mix_and_rate(shares, PARTS)[1],
        lambda shares: column_mixes(shares, PARTS, CROSSED),
    ],
    ids=["mix", "rate", "columns"],
)
@pytest.mark.parametrize("gaps", [False, True])
def test_derivatives_are_those_of_small_steps(made, gaps):
    shares = np.random.default_rng(3).gamma(1.0, size=(2, 6, 11))
    if gaps:
        shares[0, 0], shares[1, 3] = 0, 0
    shares /= shares.sum(axis=(1, 2), keepdims=True)
    gradient = made(shares).gradient
    # What is added to all cells of a period changes nothing.
    centred = gradient - (gradient * shares).sum(axis=(3, 4), keepdims=True)
    numeric = slopes(lambda moved: made(moved).values, shares)
    # Of second order in a step of 1e-6 of shares, times third derivatives of up to some 1e5 points.
    np.testing.assert_allclose(centred * (shares > 0), numeric, atol=1e-5)


def test_the_covariance_is_that_of_repeated_samples():
    rng = np.random.default_rng(5)
    truth = rng.dirichlet(np.full(33, 2.0), 2).reshape(2, 3, 11)
    n, draws = (900, 1300), 4000
    drawn = np.stack([rng.multinomial(n[t], truth[t].ravel(), draws).reshape(draws, 3, 11) for t in (0, 1)], axis=1)
    parts = []
    for table in drawn:
        mix, rate = mix_and_rate(table / table.sum(axis=(1, 2), keepdims=True), PARTS)
        parts.append(np.concatenate([mix.values, rate.values], axis=1).ravel())
    simulated = np.cov(np.array(parts).T)
    # Expected counts, so that the estimate stands at the truth (to within rounding of counts).
    expected = np.round(truth * np.array(n)[:, None, None]).astype(int)
    found = nps.decompose(counts_of(expected), reference=2024).covariance[0]
    errors = np.sqrt(np.diag(simulated))
    # A simulated covariance has an error of at most sqrt(2 / 4000) = 0.022 of the standard errors' product: 4.5 of
    # them; terms of second order add some 1 / sqrt(n) of a few per cent to the smallest ones.
    np.testing.assert_array_less(np.abs(found - simulated), 0.1 * np.outer(errors, errors))
    # The sum of all parts is the change, whose variance is known exactly.
    values = PARTS.sum(axis=0)
    shares = expected.sum(axis=1) / expected.sum(axis=(1, 2))[:, None]
    variance = sum(
        (p @ values**2 - (p @ values) ** 2) / (size - 1)
        for p, size in zip(shares, expected.sum(axis=(1, 2)), strict=True)
    )
    np.testing.assert_allclose(found.sum(), variance, rtol=1e-10)


# ------------------------------------------------------------------------------------------------ samples with a design


def surveyed(case):
    rows = pd.DataFrame(SURVEY["rows"])
    return nps.tabulate_survey(rows, "rating", by=["segment", "year"], **case["arguments"])


@pytest.mark.parametrize("case", SURVEY["cases"], ids=lambda case: case["name"])
def test_contributions_in_a_survey_are_those_of_r(case):
    found = nps.decompose(surveyed(case), reference=2024).to_frame()
    names = ["mix_promoters", "mix_detractors", "rate_promoters", "rate_detractors"]
    np.testing.assert_allclose(found[names].to_numpy()[:-1].ravel(), case["contributions"], **CLOSE)


@pytest.mark.parametrize("case", SURVEY["cases"], ids=lambda case: case["name"])
def test_their_covariance_is_that_of_r(case):
    found = nps.decompose(surveyed(case), reference=2024).covariance[0]
    expected = np.zeros_like(found)
    lower = np.tril_indices(len(found))
    expected[lower] = case["covariance"]
    expected[lower[::-1]] = case["covariance"]
    errors = np.sqrt(np.diag(expected))
    # Sums of some hundred products; a covariance may be far smaller than the errors it belongs to.
    np.testing.assert_array_less(np.abs(found - expected), 1e-9 * np.outer(errors, errors) + 1e-12)


def test_jackknife_replicates_have_the_variance_of_linearisation():
    rows = pd.DataFrame(SURVEY["rows"])
    clusters = sorted(rows["cluster"].unique())
    factor = len(clusters) / (len(clusters) - 1)
    names = []
    for cluster in clusters:
        names.append(f"replicate {cluster}")
        rows[names[-1]] = rows["weight"] * np.where(rows["cluster"] == cluster, 0.0, factor)
    replicates = nps.ReplicateWeights(names, kind="JK1")
    counts = nps.tabulate_survey(rows, "rating", by=["segment", "year"], weight="weight", replicate_weights=replicates)
    found = nps.decompose(counts, reference=2024).to_frame()
    linear = nps.decompose(
        surveyed({"arguments": {"weight": "weight", "cluster": "cluster"}}), reference=2024
    ).to_frame()
    pairs = [
        (found[f"{name}_standard_error"].iloc[-1], linear[f"{name}_standard_error"].iloc[-1])
        for name in ("mix", "rate")
    ]
    # The two agree up to terms of the order of 1 / clusters, here 24.
    for replicated, linearised in pairs:
        assert abs(replicated / linearised - 1) < 0.1
