"""Laws that answers for samples with a design obey whatever the data."""

import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import npsstats as nps

# The same examples in every run.
laws = settings(max_examples=15, deadline=None, derandomize=True)

METHODS = ("score", "likelihood", "t", "wald")
MEAN = nps.mean_rating(nps.Scale(0, 10))

# Limits are roots found to a relative 1e-14, from effective sizes that are sums of some 100 terms in another order; few
# degrees of freedom stretch their errors. On a scale of 200 points.
POINTS = {"rtol": 1e-7, "atol": 1e-7}

seeds = st.integers(0, 10**6)
method = st.sampled_from(METHODS)
# Strata and clusters are numbered so that each stratum has several.
design = st.sampled_from(
    [
        {},
        {"weight": "w"},
        {"cluster": "cluster"},
        {"weight": "w", "cluster": "cluster"},
        {"weight": "w", "cluster": "cluster", "strata": "stratum"},
        {"weight": "w", "cluster": "cluster", "strata": "stratum", "fpc": "f"},
        {"weight": "w", "respondent": "person"},
    ]
)


def sample(seed, groups=3):
    """Ratings lean by cluster and person; groups cut across clusters."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(20, 50)) * groups
    cluster = rng.permutation(np.arange(n) % 12)
    person = np.concatenate([rng.permutation(n) for _ in range(groups)])[:n]
    group = np.arange(n) % groups
    # One answer of each person in each group.
    person = np.where(pd.Series(zip(person, group, strict=True)).duplicated(), n + np.arange(n), person)
    lean = rng.normal(0, 2, 12)[cluster] + rng.normal(0, 2, 2 * n)[person]
    return pd.DataFrame(
        {
            "r": np.clip(np.round(rng.normal(rng.uniform(3, 9), 2.5, n) + lean), 0, 10).astype(int),
            "g": [f"wave {i}" for i in group],
            "w": rng.lognormal(0, 0.7, n),
            "cluster": cluster,
            "stratum": cluster % 3,
            "person": person,
            "f": np.array([0.2, 0.5, 0.05])[cluster % 3],
        }
    )


def tabulated(rows, by="g", **design):
    return nps.tabulate_survey(rows, "r", by=by, **design)


def quietly(question, *arguments, **named):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nps.SmallSampleWarning)
        return question(*arguments, **named)


def estimate(counts, **asked):
    return quietly(nps.estimate, counts, **asked)


def compare(counts, **asked):
    return quietly(nps.compare, counts, **{"reference": "wave 0", **asked})


def assert_columns(found, expected, columns):
    for column in columns:
        np.testing.assert_allclose(getattr(found, column), getattr(expected, column), err_msg=column, **POINTS)


def assert_same_answers(found, expected, method):
    assert_columns(
        estimate(found, method=method), estimate(expected, method=method), ("score", "standard_error", "low", "high")
    )
    for reference in ("wave 0", "rest"):
        here, there = (compare(counts, method=method, reference=reference) for counts in (found, expected))
        assert_columns(here, there, ("difference", "standard_error", "low", "high", "statistic", "pvalue"))


@laws
@given(seeds, design, method)
def test_the_order_of_rows_does_not_matter(seed, design, method):
    rows = sample(seed)
    mixed = rows.sample(frac=1, random_state=seed)
    assert_same_answers(tabulated(mixed, **design), tabulated(rows, **design), method)


@laws
@given(seeds, design, method, st.floats(-6, 6))
def test_the_size_of_weights_does_not_matter(seed, design, method, power):
    rows = sample(seed)
    scaled = rows.assign(w=rows["w"] * 10**power)
    assert_same_answers(tabulated(scaled, **design), tabulated(rows, **design), method)


@laws
@given(seeds, design, method)
def test_names_of_clusters_strata_and_people_do_not_matter(seed, design, method):
    rows = sample(seed)
    rng = np.random.default_rng(seed)
    names = {
        column: [f"{rng.integers(10**9)} {label}" for label in range(rows[column].max() + 1)]
        for column in ("cluster", "stratum", "person")
    }
    renamed = rows.assign(**{column: np.array(given)[rows[column]] for column, given in names.items()})
    assert_same_answers(tabulated(renamed, **design), tabulated(rows, **design), method)


@laws
@given(seeds, st.sampled_from(["score", "likelihood"]), st.sampled_from(["two-sided", "less", "greater"]))
def test_equal_weights_without_clusters_are_simple_counts(seed, method, alternative):
    rows = sample(seed)
    simple, found = nps.tabulate(rows, rating="r", by="g"), tabulated(rows.assign(w=2.5), weight="w")
    asked = {"method": method, "alternative": alternative}
    assert_columns(estimate(found, **asked), estimate(simple, **asked), ("score", "low", "high"))
    for reference in ("wave 0", "rest", "previous", 7.5):
        here, there = (compare(counts, reference=reference, **asked) for counts in (found, simple))
        assert_columns(here, there, ("difference", "low", "high", "statistic", "pvalue", "adjusted_pvalue"))


@laws
@given(seeds, design)
def test_groups_added_up_are_those_of_the_sample_without_the_column(seed, design):
    rows = sample(seed).assign(half=lambda x: np.arange(len(x)) % 2)
    design = {name: value for name, value in design.items() if name != "respondent"}
    found = tabulated(rows, by=["g", "half"], **design).pool("g")
    assert_same_answers(found, tabulated(rows, **design), "score")


@laws
@given(seeds, design, method)
def test_reversed_ratings_reverse_the_answers(seed, design, method):
    rows = sample(seed)
    here, there = (tabulated(data, **design) for data in (rows, rows.assign(r=10 - rows["r"])))
    scores = [estimate(counts, method=method, metric=MEAN) for counts in (here, there)]
    np.testing.assert_allclose(scores[0].low, 10 - scores[1].high, **POINTS)
    np.testing.assert_allclose(scores[0].high, 10 - scores[1].low, **POINTS)
    moves = [compare(counts, method=method, metric=MEAN) for counts in (here, there)]
    np.testing.assert_allclose(moves[0].low, -moves[1].high, **POINTS)
    np.testing.assert_allclose(moves[0].high, -moves[1].low, **POINTS)
    np.testing.assert_allclose(moves[0].pvalue, moves[1].pvalue, **POINTS)


@laws
@given(seeds, design, method)
def test_swapped_groups_change_the_sign(seed, design, method):
    counts = tabulated(sample(seed, 2), **design)
    here = compare(counts, method=method, null_difference=10)
    there = compare(counts, method=method, null_difference=-10, reference="wave 1")
    np.testing.assert_allclose(here.difference, -there.difference, **POINTS)
    np.testing.assert_allclose(here.low, -there.high, **POINTS)
    np.testing.assert_allclose(here.high, -there.low, **POINTS)
    np.testing.assert_allclose(here.statistic, -there.statistic, **POINTS)
    np.testing.assert_allclose(here.pvalue, there.pvalue, **POINTS)


@laws
@given(seeds, design, method, st.sampled_from(["two-sided", "less", "greater"]))
def test_intervals_of_higher_levels_hold_those_of_lower_ones(seed, design, method, alternative):
    counts = tabulated(sample(seed), **design)
    # Below 68.3 % the skewness-corrected interval need not hold the estimate.
    for question in (estimate, compare):
        found = [
            question(counts, method=method, alternative=alternative, confidence_level=level)
            for level in (0.7, 0.9, 0.95, 0.999)
        ]
        for inner, outer in pairwise(found):
            assert (outer.low <= inner.low + 1e-9).all()
            assert (outer.high >= inner.high - 1e-9).all()
        centre = found[0].score if question is estimate else found[0].difference
        assert (found[0].low <= centre + 1e-9).all()
        assert (found[0].high >= centre - 1e-9).all()


@laws
@given(seeds, design, method, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_a_hypothesis_is_rejected_where_the_interval_does_not_hold_it(seed, design, method, level):
    counts = tabulated(sample(seed), **design)
    found = compare(counts, method=method, confidence_level=level)
    for null in (-60.0, -20.0, 0.0, 5.0, 40.0):
        tested = compare(counts, method=method, null_difference=null)
        outside = (null < found.low) | (null > found.high)
        near = np.minimum(abs(found.low - null), abs(found.high - null)) < 1e-6
        assert ((tested.pvalue < 1 - level) == outside)[~near].all()


@laws
@given(seeds, design, method)
def test_one_sided_tests_are_the_sides_of_the_two_sided_one(seed, design, method):
    counts = tabulated(sample(seed), **design)
    both, less, greater = (
        compare(counts, method=method, alternative=side) for side in ("two-sided", "less", "greater")
    )
    np.testing.assert_allclose(less.pvalue + greater.pvalue, 1, rtol=1e-12)
    np.testing.assert_allclose(2 * np.minimum(less.pvalue, greater.pvalue), both.pvalue, rtol=1e-12)
    halves = compare(counts, method=method, alternative="greater", confidence_level=0.975)
    np.testing.assert_allclose(halves.low, both.low, **POINTS)


@laws
@given(seeds, st.integers(2, 5))
def test_a_cluster_of_copies_is_one_respondent(seed, copies):
    """The same score and error as of each once; n / (n - 1) is of the clusters."""
    rows = sample(seed)
    rows["id"] = np.arange(len(rows))
    copied = pd.concat([rows] * copies)
    found = tabulated(copied, weight="w", cluster="id")
    once = tabulated(rows, weight="w")
    np.testing.assert_array_equal(found.n, copies * once.n)
    # A group of n respondents has n - 1, whether each is there once or more often.
    np.testing.assert_array_equal(found.df, once.df)
    here, there = estimate(found, method="t"), estimate(once, method="t")
    assert_columns(here, there, ("score", "standard_error", "low", "high"))


@laws
@given(seeds)
def test_a_whole_number_of_weight_is_as_many_respondents_with_a_common_key(seed):
    """A weight of 3 and three rows of the same person that weigh 1 are the same sample."""
    rows = sample(seed).assign(id=lambda x: np.arange(len(x)))
    weights = np.random.default_rng(seed).integers(1, 5, len(rows))
    found = tabulated(rows.assign(w=weights), weight="w")
    spread = tabulated(rows.loc[np.repeat(rows.index, weights)], cluster="id")
    np.testing.assert_allclose(found.totals, spread.totals, rtol=1e-13)
    np.testing.assert_allclose(found.covariance, spread.covariance, rtol=1e-9, atol=1e-14)


@laws
@given(seeds)
def test_a_sample_and_an_unrelated_one_do_not_know_of_each_other(seed):
    """Two samples that are strata of one: the error of their difference is that of both."""
    rows = sample(seed, 2)
    rows["cluster"] = rows["cluster"] + 12 * (rows["g"] == "wave 1")
    apart = {"weight": "w", "strata": "g", "cluster": "cluster"}
    found = compare(tabulated(rows, **apart), method="wald")
    errors = [
        estimate(tabulated(part, by=(), weight="w", cluster="cluster"), method="wald").standard_error[0]
        for _, part in rows.groupby("g")
    ]
    np.testing.assert_allclose(found.standard_error, np.hypot(*errors), rtol=1e-10)


@laws
@given(seeds, st.sampled_from([{"weight": "w"}, {"weight": "w", "cluster": "cluster"}]))
def test_differences_of_differences_add_up(seed, design):
    counts = tabulated(sample(seed), **design)
    pairs = compare(counts, reference="all-pairs")
    found = {
        (group[0], other): d for group, other, d in zip(pairs.labels, pairs.reference, pairs.difference, strict=True)
    }
    total = found["wave 1", "wave 0"] + found["wave 2", "wave 1"]
    assert total == pytest.approx(found["wave 2", "wave 0"], abs=1e-9)


@laws
@given(seeds, design, st.floats(1, 60))
def test_equivalence_is_the_greater_of_two_one_sided_tests(seed, design, margin):
    counts = tabulated(sample(seed), **design)
    found = quietly(nps.equivalence, counts, reference="wave 0", margin=margin)
    above = compare(counts, alternative="greater", null_difference=-margin)
    below = compare(counts, alternative="less", null_difference=margin)
    np.testing.assert_allclose(found.pvalue, np.maximum(above.pvalue, below.pvalue), rtol=1e-12)


@laws
@given(seeds, design)
def test_covariance_has_no_negative_direction(seed, design):
    covariance = tabulated(sample(seed), **design).covariance
    np.testing.assert_allclose(covariance, covariance.T, atol=1e-16)
    assert np.linalg.eigvalsh(covariance).min() > -1e-14
