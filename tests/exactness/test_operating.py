"""Operating characteristics against other enumerations, closed forms and simulation; and every wrong argument."""

import math
from contextlib import nullcontext
from fractions import Fraction
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

import npsstats as nps
from npsstats.kernels.enumeration import log_multinomial, number_of_outcomes, outcomes

CENTRAL, LOPSIDED = [0.2, 0.3, 0.5], [0.01, 0.19, 0.8]


def characteristics(method="score", **arguments):
    return nps.operating_characteristics(method, **arguments)


@pytest.mark.parametrize("shares", [CENTRAL, LOPSIDED, [0.5, 0.5, 0.0], [0, 1, 0]], ids=str)
@pytest.mark.parametrize("method", ["score", "bonett-price", "mover-wilson"])
def test_sequences_of_answers_one_by_one_give_the_same(method, shares):
    """All 3^6 sequences of six answers, with their products of shares, in rational arithmetic."""
    exact = [Fraction(str(share)) for share in shares]
    true = 100 * (exact[2] - exact[0])
    left = right = width = Fraction(0)
    limits = {}
    for answers in product(range(3), repeat=6):
        table = tuple(answers.count(k) for k in range(3))
        if table not in limits:
            counts = nps.RatingCounts.from_categories(detractors=table[0], passives=table[1], promoters=table[2])
            with pytest.warns(nps.SmallSampleWarning) if method != "score" else nullcontext():
                result = nps.estimate(counts, method=method)
            limits[table] = (Fraction(result.low[0]), Fraction(result.high[0]))
        low, high = limits[table]
        probability = math.prod(exact[k] for k in answers)
        slack = Fraction(1, 10**8)
        left += probability * (high < true - slack)
        right += probability * (low > true + slack)
        width += probability * (high - low)
    found = characteristics(method, n=6, probabilities=shares)
    # Sums of 28 products in double precision.
    np.testing.assert_allclose(found.miss_left[0], float(left), rtol=0, atol=1e-13)
    np.testing.assert_allclose(found.miss_right[0], float(right), rtol=0, atol=1e-13)
    np.testing.assert_allclose(found.coverage[0], float(1 - left - right), rtol=0, atol=1e-13)
    np.testing.assert_allclose(found.expected_width[0], float(width), rtol=1e-12)
    np.testing.assert_allclose(found.score[0], float(true), rtol=0, atol=1e-12)


@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
def test_a_top_box_is_a_binomial(alternative):
    metric = nps.top_box(nps.Scale(1, 2), boxes=1)
    n, share, level = 15, 0.3, 0.9
    found = characteristics(
        "tango", n=n, probabilities=[1 - share, share], metric=metric, alternative=alternative, confidence_level=level
    )
    # Wilson's limits by SciPy; the one-sided ones are those of the two-sided interval with twice the error.
    two = level if alternative == "two-sided" else 2 * level - 1
    covered = 0.0
    for k in range(n + 1):
        interval = stats.binomtest(k, n).proportion_ci(two, method="wilson")
        low = 0.0 if alternative == "less" else interval.low
        high = 1.0 if alternative == "greater" else interval.high
        covered += stats.binom.pmf(k, n, share) * (low <= share <= high)
    np.testing.assert_allclose(found.coverage[0], covered, rtol=1e-12)
    if alternative == "less":
        assert found.miss_right[0] == 0 < found.miss_left[0]
    if alternative == "greater":
        assert found.miss_left[0] == 0 < found.miss_right[0]


def test_simulated_samples_are_missed_as_often():
    n, draws = 40, 40_000
    table = np.random.default_rng(5).multinomial(n, LOPSIDED, size=draws)
    kinds, times = np.unique(table, axis=0, return_counts=True)
    counts = nps.RatingCounts.from_histogram(kinds, metric=nps.NPS_CATEGORIES, groups=range(len(kinds)))
    result = nps.estimate(counts)
    true = 100 * (LOPSIDED[2] - LOPSIDED[0])
    left, right = (times * (result.high < true)).sum() / draws, (times * (result.low > true)).sum() / draws
    found = characteristics(n=n, probabilities=LOPSIDED)
    # Four standard errors of a simulated share.
    for simulated, exact in ((left, found.miss_left[0]), (right, found.miss_right[0])):
        assert abs(simulated - exact) < 4 * math.sqrt(exact * (1 - exact) / draws) + 1e-9


def test_any_metric_can_be_tried():
    metric = nps.mean_score(nps.Scale(1, 5))
    found = characteristics(n=12, probabilities=[0.1, 0.1, 0.2, 0.3, 0.3], metric=metric)
    np.testing.assert_allclose(found.score[0], 65)
    np.testing.assert_allclose(found.coverage + found.miss_left + found.miss_right, 1, rtol=1e-14)
    assert found.coverage[0] > 0.93
    assert list(found.to_frame().columns[:5]) == [f"share_{rating}" for rating in range(1, 6)]


def test_a_function_of_counts_can_be_tried():
    def wide(counts):
        class Limits:
            low = nps.estimate(counts).score - 25
            high = nps.estimate(counts).score + 25

        return Limits

    found = characteristics(wide, n=20, probabilities=[CENTRAL, LOPSIDED])
    np.testing.assert_allclose(found.expected_width, 50)
    assert found.method == "wide"
    named = characteristics(lambda counts: nps.estimate(counts, method="score"), n=20, probabilities=LOPSIDED)
    assert named.coverage[0] == characteristics(n=20, probabilities=LOPSIDED).coverage[0]
    # On 0-10 one rating stands for each category.
    on_ratings = characteristics(lambda counts: nps.estimate(counts), n=20, probabilities=LOPSIDED, metric=nps.NPS)
    assert on_ratings.coverage[0] == named.coverage[0]


def test_what_it_says():
    found = characteristics(n=20, probabilities=[CENTRAL, LOPSIDED])
    assert str(found).startswith("NPS, 95 % skewness-corrected score interval of samples of 20\n")
    assert "detractor  passive  promoter" in str(found)
    (sentence,) = found.sentences()
    assert "Over 2 populations and samples of 20" in sentence
    assert "Laud" in found.cite()
    record = found.to_records()[1]
    assert record["share_promoter"] == 0.8
    assert found.to_dict()["n"] == 20
    (alone,) = characteristics(n=20, probabilities=CENTRAL).sentences()
    assert alone.startswith("In samples of 20 it holds the true score")


def limits_of(low, high):
    """A function of counts that always gives the same interval."""
    return lambda counts: SimpleNamespace(low=np.full(len(counts), low), high=np.full(len(counts), high))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n": 0}, ValueError, "`n` must be 1 or more; got 0"),
        ({"n": 2.5}, TypeError, "`n` must be a whole number"),
        ({"n": 5_000}, ValueError, "12,507,501 samples; at most 2,000,000"),
        ({"probabilities": [0.5, 0.5]}, ValueError, "one share for each of the 3 values of NPS .*got the shape"),
        ({"probabilities": [0.5, 0.5, 0.1]}, ValueError, "adding up to 1; 1 of 1 rows do not .first: row 0"),
        ({"probabilities": [CENTRAL, [1.2, -0.2, 0]]}, ValueError, "1 of 2 rows do not .first: row 1"),
        ({"probabilities": [math.nan, 0.5, 0.5]}, ValueError, "1 of 1 rows do not"),
        ({"probabilities": "half"}, TypeError, "`probabilities` must hold one share"),
        ({"probabilities": []}, ValueError, "got the shape"),
        ({"method": "wilson"}, ValueError, "`method` must be one of 'score'"),
        ({"method": 5}, TypeError, "`method` must be a method of `estimate` or a function"),
        ({"method": lambda counts: nps.estimate(counts.select(0))}, ValueError, "one `low` per group"),
        ({"method": lambda counts: (0, 1)}, TypeError, "its tuple has no `low`"),
        (
            {"method": limits_of(np.nan, 50.0)},
            ValueError,
            "66 of 66 are none .first: nan to 50.0, of the counts .0, 0,",
        ),
        ({"method": limits_of(50.0, -50.0)}, ValueError, "`low` at most `high`; 66 of 66 are none"),
        ({"method": limits_of(-50.0, 50.0), "rng": 1}, ValueError, "are for methods of `estimate`; `method` is a func"),
        ({"confidence_level": 95}, ValueError, "For 95 % pass 0.95"),
        ({"alternative": "both"}, ValueError, "`alternative` must be one of"),
        ({"metric": "NPS"}, TypeError, "`metric` must be a Metric"),
        ({"rng": 1}, ValueError, "`rng` is an argument of method 'bootstrap-t' only"),
        ({"method": "exact", "n": 400}, ValueError, "'exact' lists all samples"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        characteristics(**{"n": 10, "probabilities": CENTRAL, **arguments})


@pytest.mark.parametrize("levels", [1, 2, 3, 5])
@pytest.mark.parametrize("n", [0, 1, 4])
def test_all_samples_are_listed_once_in_order_with_their_multiplicity(n, levels):
    listed = [tuple(row) for row in outcomes(n, levels).tolist()]
    sequences = [tuple(s.count(k) for k in range(levels)) for s in product(range(levels), repeat=n)]
    assert listed == sorted(set(sequences))
    assert len(listed) == number_of_outcomes(n, levels)
    # Logarithms of factorials of at most 4.
    np.testing.assert_allclose(
        np.exp(log_multinomial(outcomes(n, levels))), [sequences.count(row) for row in listed], rtol=1e-13
    )
