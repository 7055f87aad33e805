"""Plans against statsmodels, base R, published figures and samples listed one by one."""

import json
from fractions import Fraction
from itertools import combinations, permutations, product
from math import factorial, prod
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, stats

import npsstats as nps
from npsstats.kernels.planning import tilted_to_means

R = json.loads((Path(__file__).parent / "data" / "planning_r.json").read_text())
CLASSIC = [0.2, 0.4, 0.4]
UNIT = np.array([0.0, 0.5, 1.0])


def shares_with(standard_deviation):
    """Shares of detractors and promoters, equally many, with a standard deviation in points."""
    end = (standard_deviation / 100) ** 2 / 2
    return [end, 1 - 2 * end, end]


# ------------------------------------------------------------------------------------------- published figures


@pytest.mark.parametrize(
    ("shares", "sizes"), [(CLASSIC, [9_768, 3_517, 880, 391]), ([0.1, 0.6, 0.3], [6_280, 2_261, 566, 252])], ids=str
)
def test_the_sizes_per_wave_of_3_5_10_and_15_points(shares, sizes):
    """For 80 % power and a two-sided 5 % test; recomputed here in rational arithmetic, but for the quantiles."""
    detractors, _, promoters = (Fraction(str(share)) for share in shares)
    variance = 10_000 * (promoters + detractors - (promoters - detractors) ** 2)
    z = stats.norm.isf(0.025) + stats.norm.isf(0.2)
    by_hand = [int(np.ceil(z**2 * float(2 * variance / d**2))) for d in (3, 5, 10, 15)]
    assert by_hand == sizes
    assert nps.sample_size(shares, difference=[3, 5, 10, 15]).n.tolist() == sizes


def test_the_published_width_of_an_interval_falls_with_the_root_of_n(shared_golden):
    """SE05: for a third in each category the width is about 320 / sqrt(n)."""
    cases = json.loads((shared_golden / "published_cases.json").read_text())
    (published_case,) = (case for case in cases if case["id"] == "SE05")
    checks = published_case["checks"]
    plan = nps.sample_size([1 / 3] * 3, width=published_case["inputs"]["widths"])
    # The source rounds 320.06 to 320 before it squares: 4 in 10,000.
    np.testing.assert_allclose(plan.n, [checks["n10"]["expected"], checks["n1"]["expected"]], rtol=1e-3)
    at_one = nps.power([1 / 3] * 3, n=10_000, difference=5, design="one-sample")
    assert round(at_one.width[0] * 100) == checks["const"]["expected"]


def test_a_published_margin_of_error_is_half_the_width():
    """SE02: 291 promoters, 476 passives and 395 detractors among 1,162 have a margin of 4.4 points."""
    counts = nps.RatingCounts.from_categories(promoters=291, passives=476, detractors=395)
    plan = nps.power(counts, n=1_162, difference=5, design="one-sample")
    assert round(plan.width[0] / 2, 1) == 4.4


# ------------------------------------------------------------------------------------------------- statsmodels


@pytest.mark.parametrize("ratio", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("alternative", ["greater", "two-sided"])
def test_independent_waves_have_the_power_of_statsmodels(ratio, alternative):
    power_module = pytest.importorskip("statsmodels.stats.power")
    difference, n = np.array([4.0, 8.0, 15.0]), 400
    plan = nps.power(CLASSIC, n=n, difference=difference, ratio=ratio, alternative=alternative)
    theirs = power_module.NormalIndPower().power(
        difference / np.sqrt(5_600),
        n,
        0.05,
        ratio=ratio,
        alternative={"greater": "larger"}.get(alternative, alternative),
    )
    # statsmodels counts rejections on the wrong side, too: at z = -1.96 - 0.62 and below.
    wrong = stats.norm.cdf(-1.959964 - difference / plan.standard_error) if alternative == "two-sided" else 0
    np.testing.assert_allclose(plan.power, theirs - wrong, rtol=0, atol=1e-8)


def test_one_sample_has_the_size_of_statsmodels():
    power_module = pytest.importorskip("statsmodels.stats.power")
    theirs = power_module.NormalIndPower(ddof=0).solve_power(
        7 / np.sqrt(5_600), alpha=0.05, power=0.9, ratio=0, alternative="larger"
    )
    plan = nps.sample_size(CLASSIC, difference=7, power=0.9, design="one-sample", alternative="greater")
    assert plan.n[0] == np.ceil(theirs)


# ------------------------------------------------------------------------------------------------------ base R


def test_sizes_are_those_of_t_tests_but_for_what_the_t_distribution_adds():
    designs = {"two.sample": "independent", "paired": "paired", "one.sample": "one-sample"}
    for case in R["tests"]:
        arguments = {"difference": case["delta"], "power": case["power"], "confidence_level": case["level"]}
        alternative = "two-sided" if case["alternative"] == "two.sided" else "greater"
        # The deviation of a paired t test is that of the changes: two ratings with half its variance each.
        deviation = case["sd"] / np.sqrt(2) if case["type"] == "paired" else case["sd"]
        more = {"correlation": 0.0} if case["type"] == "paired" else {}
        plan = nps.sample_size(
            shares_with(deviation), design=designs[case["type"]], alternative=alternative, **arguments, **more
        )
        z = stats.norm.isf((1 - case["level"]) / (2 if alternative == "two-sided" else 1))
        # Guenther (1981): z^2 / 4 more in each of two groups, z^2 / 2 in one; what is left falls with 1 / n, from 0.1.
        added = z**2 / (4 if case["type"] == "two.sample" else 2)
        smooth = case["n"] - added
        assert smooth - 0.1 <= plan.n[0] <= smooth + 1.1, case


def test_the_power_of_two_one_sided_tests_is_an_integral_of_the_normal_density():
    for case in R["equivalence"]:
        plan = nps.power(
            shares_with(case["sd"]),
            n=case["n"],
            margin=case["margin"],
            difference=case["difference"],
            confidence_level=case["level"],
        )
        # Two tails are added up here, an integral there, both to 1e-12 or so.
        np.testing.assert_allclose(plan.power[0], case["power"], rtol=0, atol=1e-10)


# -------------------------------------------------------------------------------------------------- brute force


def population_of(values):
    """Shares, standard deviations and covariance of people with two ratings each, one row per person."""
    values = np.asarray(values, dtype=float)
    table = np.zeros((3, 3))
    for first, second in values:
        table[int(first / 100) + 1, int(second / 100) + 1] += 1
    return table / len(values)


PEOPLE = [(-100, 0), (0, 0), (0, 100), (100, 100), (100, 0), (-100, -100), (0, 100)]


@pytest.mark.parametrize(("n", "n_reference", "both"), [(3, 3, 3), (4, 2, 1), (3, 3, 0), (2, 4, 2), (5, 5, 4)])
def test_all_pairs_of_samples_from_seven_people_have_the_variance(n, n_reference, both):
    """Every two samples without replacement that share so many people, in rational arithmetic."""
    everyone = range(len(PEOPLE))
    differences = [
        Fraction(sum(PEOPLE[i][1] for i in second), n) - Fraction(sum(PEOPLE[i][0] for i in first), n_reference)
        for second in combinations(everyone, n)
        for first in combinations(everyone, n_reference)
        if len(set(first) & set(second)) == both
    ]
    mean = sum(differences) / len(differences)
    exact = float(sum((d - mean) ** 2 for d in differences) / len(differences))
    plan = nps.power(
        population_of(PEOPLE),
        n=n,
        n_reference=n_reference,
        overlap=both / min(n, n_reference),
        population=len(PEOPLE),
        difference=10,
        design="overlapping",
    )
    np.testing.assert_allclose(plan.standard_error[0] ** 2, exact, rtol=1e-12)
    if n == n_reference == both:
        paired = nps.power(population_of(PEOPLE), n=n, population=len(PEOPLE), difference=10, design="paired")
        np.testing.assert_allclose(paired.standard_error[0] ** 2, exact, rtol=1e-12)


def tables(n, levels):
    """All counts of n respondents, each once."""
    return sorted({tuple(answers.count(k) for k in range(levels)) for answers in product(range(levels), repeat=n)})


def probability(table, shares):
    return (
        factorial(sum(table))
        / prod(map(factorial, table))
        * prod(float(p) ** k for k, p in zip(table, shares, strict=True))
    )


def tilted(shares, values, mean):
    """The exponential tilt by a root of SciPy."""
    shares, values = np.asarray(shares, float), np.asarray(values, float)

    def weights(t):
        weight = shares * np.exp(t * values)
        return weight / weight.sum()

    end = 60 / (values[-1] - values[0])
    return weights(optimize.brentq(lambda t: weights(t) @ values - mean, -end, end, xtol=1e-17, rtol=1e-15))


def compared(groups, references, **arguments):
    """Each sample of the group against each of the reference, in one call: a block for each pair."""
    pairs = list(product(groups, references))
    counts = nps.RatingCounts(
        np.array([table for pair in pairs for table in pair]),
        metric=nps.NPS_CATEGORIES,
        missing=np.zeros(2 * len(pairs), dtype=int),
        by=("pair", "wave"),
        labels=tuple((i, wave) for i in range(len(pairs)) for wave in ("group", "reference")),
    )
    return pairs, nps.compare(counts, reference="reference", **arguments)


@pytest.mark.parametrize("difference", [55.0, -45.0])
def test_exact_power_is_how_often_compare_rejects_on_that_side(difference):
    n, n_reference, level = 5, 4, 0.8
    found = nps.power(CLASSIC, n=n, n_reference=n_reference, difference=difference, confidence_level=level, exact=True)
    group = tilted(CLASSIC, [-100, 0, 100], 20 + difference)
    rejected = 0.0
    pairs, answer = compared(tables(n, 3), tables(n_reference, 3))
    for (own, other), p, observed in zip(pairs, answer.pvalue, answer.difference, strict=True):
        if p <= 1 - level and np.sign(observed) == np.sign(difference):
            rejected += probability(own, group) * probability(other, CLASSIC)
    assert 0.2 < rejected < 0.9
    # Samples with a probability below 1e-10, all together, are left out.
    np.testing.assert_allclose(found.power[0], rejected, rtol=0, atol=1e-9)


def test_exact_power_against_a_benchmark_is_how_often_compare_rejects():
    n, difference = 9, -40.0
    found = nps.power(CLASSIC, n=n, difference=difference, design="one-sample", alternative="less", exact=True)
    group = tilted(CLASSIC, [-100, 0, 100], 20 + difference)
    rejected = 0.0
    for own in tables(n, 3):
        counts = nps.RatingCounts.from_histogram(list(own), metric=nps.NPS_CATEGORIES)
        if nps.compare(counts, reference=20, alternative="less").pvalue[0] <= 0.05:
            rejected += probability(own, group)
    np.testing.assert_allclose(found.power[0], rejected, rtol=0, atol=1e-9)


def test_exact_power_of_equivalence_is_how_often_the_interval_lies_within_the_margins():
    n, margin, level = 6, 60.0, 0.75
    found = nps.power(CLASSIC, n=n, margin=margin, difference=10, confidence_level=level, exact=True)
    group = tilted(CLASSIC, [-100, 0, 100], 30)
    shown = 0.0
    # Two one-sided tests of 25 % each are a two-sided interval of 50 %.
    pairs, answer = compared(tables(n, 3), tables(n, 3), confidence_level=2 * level - 1)
    for (own, other), low, high in zip(pairs, answer.low, answer.high, strict=True):
        if -margin < low and high < margin:
            shown += probability(own, group) * probability(other, CLASSIC)
    assert 0.1 < shown < 0.9
    np.testing.assert_allclose(found.power[0], shown, rtol=0, atol=1e-9)


def test_exact_power_of_the_same_people_is_that_of_one_sample_of_changes():
    table = np.array([[0.3, 0.2], [0.15, 0.35]])
    n, difference = 8, 45.0
    box = nps.top_box(nps.Scale(1, 2), boxes=1)
    found = nps.power(table, n=n, difference=difference, design="paired", metric=box, confidence_level=0.9, exact=True)
    # Changes of -100, 0 and 100 points are what NPS gives to detractors, passives and promoters.
    group = tilted([0.15, 0.65, 0.2], [-100, 0, 100], difference)
    rejected = 0.0
    for own in tables(n, 3):
        counts = nps.RatingCounts.from_histogram(list(own), metric=nps.NPS_CATEGORIES)
        answer = nps.compare(counts, reference=0)
        if answer.pvalue[0] <= 0.1 and answer.difference[0] > 0:
            rejected += probability(own, group)
    np.testing.assert_allclose(found.power[0], rejected, rtol=0, atol=1e-9)


def test_exact_power_of_the_same_people_is_how_often_compare_rejects_over_all_joint_tables():
    """Every table of 4 people in 9 cells; within each change the joint shares keep their proportions."""
    joint = np.array([[0.12, 0.05, 0.03], [0.04, 0.30, 0.09], [0.01, 0.06, 0.30]])
    n, difference, level = 4, 75.0, 0.8
    change = np.subtract.outer(np.arange(3), np.arange(3)).T
    law = np.array([joint[change == step].sum() for step in range(-2, 3)])
    factor = tilted(law, [-200, -100, 0, 100, 200], difference) / law
    shares = (joint * factor[change + 2]).ravel()
    samples = tables(n, 9)
    pairs = nps.PairedCounts.from_table(
        np.reshape(samples, (-1, 3, 3)), groups=range(len(samples)), metric=nps.NPS_CATEGORIES
    )
    answer = nps.compare(pairs, confidence_level=level)
    rejects = (answer.pvalue <= 1 - level) & (answer.difference > 0)
    rejected = sum(probability(table, shares) for table, yes in zip(samples, rejects, strict=True) if yes)
    found = nps.power(joint, n=n, difference=difference, design="paired", confidence_level=level, exact=True)
    assert 0.1 < rejected < 0.9
    np.testing.assert_allclose(found.power[0], rejected, rtol=0, atol=1e-9)


# ----------------------------------------------------------------------------------------------- the tilted shares


@pytest.mark.parametrize("mean", [0.02, 0.3, 0.6, 0.61, 0.97])
def test_the_tilt_is_the_nearest_population_with_that_mean(mean):
    (found,) = tilted_to_means(np.array(CLASSIC), UNIT, np.array([mean]))
    np.testing.assert_allclose(found, tilted(CLASSIC, UNIT, mean), rtol=1e-9)

    def distance(passives):
        shares = np.array([1 - mean - passives / 2, passives, mean - passives / 2])
        return float((shares * np.log(shares / CLASSIC)).sum())

    # Over all shares with this mean, by another way: one number, the passives, is free.
    widest = 2 * min(mean, 1 - mean)
    nearest = optimize.minimize_scalar(
        distance, bounds=(1e-9, widest - 1e-9), method="bounded", options={"xatol": 1e-9}
    )
    np.testing.assert_allclose(found[1], nearest.x, rtol=0, atol=1e-6)


def test_the_tilt_of_a_share_multiplies_its_odds():
    (found,) = tilted_to_means(np.array([0.7, 0.3]), np.array([0.0, 1.0]), np.array([0.45]))
    np.testing.assert_allclose(found, [0.55, 0.45], rtol=1e-14)


def test_the_tilt_of_nps_changes_both_odds_by_the_same_factor():
    found = tilted_to_means(np.array(CLASSIC), UNIT, np.array([0.2, 0.5, 0.9]))
    odds = found[:, 1:] / found[:, :-1] / (np.array(CLASSIC)[1:] / np.array(CLASSIC)[:-1])
    np.testing.assert_allclose(odds[:, 0], odds[:, 1], rtol=1e-12)
    np.testing.assert_allclose(found @ UNIT, [0.2, 0.5, 0.9], rtol=1e-14)


def test_values_that_do_not_occur_stay_away_and_no_tilt_changes_nothing():
    shares = np.array([0.0, 0.25, 0.35, 0.4])
    values = np.array([0.0, 0.2, 0.7, 1.0])
    found = tilted_to_means(shares, values, np.array([shares @ values, 0.5]))
    assert found[0].tolist() == shares.tolist()
    assert found[1, 0] == 0
    np.testing.assert_allclose(found[1, 1:], tilted(shares[1:], values[1:], 0.5), rtol=1e-10)


def test_samples_of_every_order_add_up():
    """The probabilities of counts, against all orders of answers."""
    from npsstats.kernels.planning import outcome_probabilities

    table = np.array([[2, 1, 1], [0, 4, 0], [1, 0, 3]])
    exact = [
        len(set(permutations([k for k, times in enumerate(row) for _ in range(times)])))
        * prod(CLASSIC[k] ** times for k, times in enumerate(row))
        for row in table.tolist()
    ]
    np.testing.assert_allclose(outcome_probabilities(table, np.array([CLASSIC]))[0], exact, rtol=1e-13)
