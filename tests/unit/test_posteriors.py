"""What a posterior is, what it answers, and every error message."""

import json
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

import npsstats as nps
from npsstats import RatingCounts
from npsstats.inference.bayes import PRIORS, posterior, posterior_difference
from npsstats.results.posterior_differences import PosteriorDifference
from npsstats.results.posteriors import Posterior


def categories(groups=("A", "B"), promoters=(40, 55), by="group"):
    return RatingCounts.from_categories(
        promoters=list(promoters), passives=[35] * len(groups), detractors=20, groups=list(groups), missing=3, by=by
    )


def single(**shares):
    return RatingCounts.from_categories(**({"promoters": 4, "passives": 3, "detractors": 2} | shares))


# ----------------------------------------------------------------------------------------------------- priors


@pytest.mark.parametrize(
    ("prior", "expected"),
    [
        ("jeffreys", [2.5, 3.5, 4.5]),
        ("uniform", [3, 4, 5]),
        ("haldane", [2, 3, 4]),
        ([0, 1, 2.5], [2, 4, 6.5]),
        ((1, 2, 3), [3, 5, 7]),
        (np.array([1, 0, 0]), [3, 3, 4]),
    ],
)
def test_prior_is_added_to_the_counts(prior, expected):
    assert posterior(single(), prior=prior).concentration.tolist() == [expected]


def test_prior_has_one_number_for_each_value_of_the_metric():
    counts = RatingCounts.from_histogram([1, 2, 3, 4, 5], metric=nps.CSAT)
    assert posterior(counts).concentration.tolist() == [[6.5, 9.5]]
    assert posterior(counts, metric=nps.CSAT_MEAN).concentration.tolist() == [[1.5, 2.5, 3.5, 4.5, 5.5]]


@pytest.mark.parametrize("discount", [0, 0.25, 1.0])
def test_an_earlier_wave_counts_by_its_discount(discount):
    earlier = single(promoters=8, passives=4, detractors=12)
    found = posterior(single(), prior=earlier, discount=discount)
    assert found.concentration.tolist() == [[2.5 + 12 * discount, 3.5 + 4 * discount, 4.5 + 8 * discount]]


def test_an_earlier_wave_is_matched_by_group():
    earlier = categories(("B", "C", "A"), (10, 20, 30))
    found = posterior(categories(), prior=earlier)
    assert found.prior_concentration.tolist() == [[20.5, 35.5, 30.5], [20.5, 35.5, 10.5]]


def test_an_earlier_wave_of_one_group_is_for_all():
    found = posterior(categories(), prior=categories(("old",), (10,)))
    assert found.prior_concentration.tolist() == [[20.5, 35.5, 10.5]] * 2
    found = posterior(categories(), prior=single())
    assert found.prior_concentration.tolist() == [[2.5, 3.5, 4.5]] * 2


def test_earlier_wave_may_have_another_metric_on_the_same_scale():
    counts = RatingCounts.from_histogram(range(11))
    found = posterior(counts, prior=RatingCounts.from_histogram([1] * 11, metric=nps.ENPS))
    assert found.prior_concentration.tolist() == [[7.5, 2.5, 2.5]]


NAMES = "'jeffreys', 'uniform', 'haldane'"


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"prior": "flat"}, ValueError, f"`prior` must be one of {NAMES}, .* got 'flat'"),
        ({"prior": "Jeffreys"}, ValueError, f"`prior` must be one of {NAMES}"),
        ({"prior": [1, 2]}, ValueError, r"must hold 3 numbers, .* NPS, ascending \(-100, 0, 100 points\); got 2"),
        ({"prior": [0.5] * 11}, ValueError, r"must hold 3 numbers.* got 11"),
        ({"prior": [[1, 1, 1]]}, ValueError, r"must hold 3 numbers.* got an array of shape \(1, 3\)"),
        ({"prior": 0.5}, ValueError, r"must hold 3 numbers.* got an array of shape \(\)"),
        ({"prior": [1, -1, 1]}, ValueError, r"finite numbers, 0 or more; got \[1, -1, 1\]"),
        ({"prior": [1, float("nan"), 1]}, ValueError, "finite numbers, 0 or more"),
        ({"prior": [1, float("inf"), 1]}, ValueError, "finite numbers, 0 or more"),
        ({"prior": ["a", "b", "c"]}, TypeError, "`prior` must be a name, numbers, or RatingCounts"),
        ({"prior": [[1], [1, 2], 3]}, TypeError, "`prior` must be a name, numbers, or RatingCounts"),
        ({"prior": None}, TypeError, "`prior` must be a name, numbers, or RatingCounts"),
        ({"prior": True}, TypeError, "`prior` must be a name, numbers, or RatingCounts"),
        ({"discount": 0.5}, ValueError, "`discount` is for a `prior` that is the RatingCounts of an earlier wave"),
        ({"discount": -0.1}, ValueError, "`discount` must be a number from 0 to 1; got -0.1"),
        ({"discount": float("nan")}, ValueError, "`discount` must be a number from 0 to 1; got nan"),
        ({"discount": "half"}, TypeError, "`discount` must be a number; got 'half'"),
        ({"metric": nps.CSAT}, ValueError, "`metric` CSAT is defined on the scale 1-5"),
        ({"metric": "NPS"}, TypeError, "`metric` must be a Metric"),
        ({"prior": RatingCounts.from_histogram([1] * 11)}, ValueError, "`prior` must be counts on the scale"),
        (
            {"prior": categories(("A", "C"))},
            ValueError,
            "`prior` must be counts of the same groups, or of one group for all; it has no group 'B'",
        ),
    ],
)
def test_wrong_arguments_are_named(arguments, kind, message):
    with pytest.raises(kind, match=message):
        posterior(categories(), **arguments)


def test_a_group_without_ratings_has_no_posterior_however_strong_the_prior():
    with pytest.raises(nps.UndefinedScoreError, match="at least one rating; 1 of 2 groups have none"):
        posterior(
            RatingCounts.from_categories(promoters=[1, 0], passives=0, detractors=0, groups=["A", "B"]), prior=[5, 5, 5]
        )
    with pytest.raises(TypeError, match="`counts` must be RatingCounts; got list"):
        posterior([1, 2, 3])


# -------------------------------------------------------------------------------------------------- questions


def test_answers_are_arrays_by_group():
    after = posterior(categories())
    low, high = after.interval()
    for answer in (
        after.mean, after.sd, low, high, after.cdf(10), after.quantile(0.1), after.density(10),
        after.probability(greater_than=3), after.draws(5, rng=1)[:, 0],
    ):  # fmt: skip
        assert answer.shape == (2,)
        assert answer.dtype == np.float64
    assert after.density([1, 2, 3]).shape == (2, 3)
    assert after.density([]).shape == (2, 0)
    assert after.draws(5).shape == (2, 5)
    assert len(after) == 2


def test_probabilities_of_ranges_add_up():
    after = posterior(categories())
    below, above = after.probability(less_than=10), after.probability(greater_than=30)
    between = after.probability(greater_than=10, less_than=30)
    np.testing.assert_allclose(below + between + above, 1, rtol=0, atol=1e-14)
    assert (after.probability(greater_than=30, less_than=10) == 0).all()
    assert (after.probability(greater_than=-101) == 1).all()
    assert (after.probability(less_than=float("inf")) == 1).all()
    assert (after.probability(greater_than=float("inf")) == 0).all()


def test_a_narrow_range_far_in_a_tail_keeps_its_probability():
    after = posterior(single(promoters=500, passives=300, detractors=200))
    for center in (5, 55):
        found = after.probability(greater_than=center, less_than=center + 0.001)
        np.testing.assert_allclose(
            found, 0.001 * after.density(center + 0.0005), rtol=1e-5
        )  # the midpoint rule, off by some 1e-6


def test_quantiles_end_where_the_values_end():
    after = posterior(single())
    assert after.quantile(0) == [-100]
    assert after.quantile(1) == [100]
    assert posterior(single(promoters=0), prior="haldane").quantile(1) == [0]


def test_haldane_with_all_in_one_category_is_a_point_mass():
    after = posterior(single(promoters=0, detractors=0), prior="haldane")
    assert after.sd == 0
    assert after.mean == 0
    for kind in ("eti", "hdi"):
        assert after.interval(kind=kind) == (0, 0)
    assert after.cdf(-1e-9) == 0
    assert after.cdf(0) == 1
    assert after.probability(less_than=0) == 0
    assert after.probability(greater_than=0) == 0
    assert after.probability(greater_than=-1, less_than=1) == 1
    assert after.density(0) == np.inf
    assert after.density(1) == 0
    assert (after.draws(10) == 0).all()


def test_difference_of_point_masses_is_a_point_mass():
    counts = RatingCounts.from_categories(
        promoters=[5, 0, 5, 3], passives=[0, 5, 0, 3], detractors=0, groups=list("abcd")
    )
    after = posterior(counts, prior="haldane")
    found = posterior_difference(after, reference="a")
    assert found.probability_greater.tolist() == [0, 0, 0]
    assert found.interval()[0].tolist()[:2] == [-100, 0]
    assert found.sd.tolist()[:2] == [0, 0]
    # d against a is d against 100 points.
    np.testing.assert_allclose(found.quantile(0.3)[2], after.quantile(0.3)[3] - 100, rtol=1e-12)
    np.testing.assert_allclose(
        posterior_difference(after, reference="d").quantile(0.3)[0], 100 - after.quantile(0.7)[3]
    )


def test_density_is_infinite_at_its_poles_only():
    after = posterior(single(promoters=1, passives=0, detractors=0), prior="haldane", metric=None)
    assert after.density([100, 50]).tolist() == [[np.inf, 0]]
    one = posterior(RatingCounts.from_histogram([0, 0, 0, 0, 1], metric=nps.CSAT))
    assert one.density(100) == np.inf
    assert one.density(0) == 0
    assert np.isfinite(one.density(99.999)).all()
    # Beta(1/2, 3/2) has the density 2 sqrt(x / (1 - x)) / pi.
    np.testing.assert_allclose(one.density(36), 2 * np.sqrt(36 / 64) / np.pi / 100, rtol=1e-13)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda p: p.interval(95), ValueError, "`confidence_level` must lie between 0 and 1; got 95"),
        (lambda p: p.interval("a"), TypeError, "`confidence_level` must be a number"),
        (lambda p: p.interval(kind="HPD"), ValueError, "`kind` must be one of 'eti', 'hdi'; got 'HPD'"),
        (lambda p: p.quantile(1.1), ValueError, "`q` must be a probability from 0 to 1; got 1.1"),
        (lambda p: p.quantile(float("nan")), ValueError, "`q` must be a probability"),
        (lambda p: p.cdf(float("nan")), ValueError, "`x` must be a number of points; got nan"),
        (lambda p: p.cdf("1"), TypeError, "`x` must be a number; got '1'"),
        (lambda p: p.probability(), ValueError, "needs `greater_than`, `less_than` or both"),
        (lambda p: p.probability(less_than=float("nan")), ValueError, "`less_than` must be a number of points"),
        (lambda p: p.density([[1.0]]), ValueError, "`x` must be a number or a list of numbers"),
        (lambda p: p.density([float("nan")]), ValueError, "`x` must be a number or a list of numbers"),
        (lambda p: p.density("a"), ValueError, "`x` must be a number or a list of numbers, in points; got 'a'"),
        (lambda p: p.density([[1], [1, 2]]), ValueError, "`x` must be a number or a list of numbers"),
        (lambda p: p.density(1j), ValueError, "`x` must be a number or a list of numbers"),
        (lambda p: p.draws(5, rng="a"), TypeError, "`rng` must be None, a seed .* got 'a'"),
        (lambda p: p.to_arviz(rng=-1), TypeError, "`rng` must be None, a seed .* got -1"),
        (lambda p: posterior_difference(p, reference=3.5), ValueError, "or use `posterior.probability.greater_than"),
        (lambda p: p.draws(0), ValueError, "`n_draws` must be 1 or more; got 0"),
        (lambda p: p.draws(2.5), TypeError, "`n_draws` must be a whole number"),
    ],
)
def test_wrong_questions_are_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call(posterior(single()))


# ----------------------------------------------------------------------------------------------------- draws


def test_draws_repeat_with_their_seed():
    after = posterior(categories())
    assert (after.draws(4, rng=1) == after.draws(4, rng=np.random.default_rng(1))).all()
    assert (after.draws(4, rng=1) != after.draws(4, rng=2)).any()


def test_draws_have_the_distribution():
    after = posterior(single(promoters=1, passives=0, detractors=0), prior=[0.01, 0.02, 0.03])
    draws = after.draws(100_000, rng=3)
    for x in (0, 50, 99.9999):
        p = after.cdf(x)[0]
        # Five standard errors; half of the draws are within 1e-20 of the end.
        assert abs((draws <= x).mean() - p) < 5 * np.sqrt(p * (1 - p) / 100_000)
    assert np.isfinite(draws).all()


# ------------------------------------------------------------------------------------------------- differences


def test_reference_may_be_previous_a_label_or_the_rest():
    counts = categories(("x", "y", "z"), (10, 30, 50))
    after = posterior(counts)
    assert posterior_difference(after, reference="previous").reference == ("x", "y")
    assert posterior_difference(after, reference="y").labels == (("x",), ("z",))
    rest = posterior_difference(after, reference="rest")
    assert rest.concentration_reference.tolist() == [[40.5, 70.5, 80.5], [40.5, 70.5, 60.5], [40.5, 70.5, 40.5]]
    assert rest.n_reference.tolist() == [190, 170, 150]


def test_each_reference_keeps_its_own_prior():
    earlier = categories(("x", "y", "z"), (1, 2, 3))
    after = posterior(categories(("x", "y", "z"), (10, 30, 50)), prior=earlier)
    previous = posterior_difference(after, reference="previous")
    assert (previous.concentration == after.concentration[[1, 2]]).all()
    assert (previous.concentration_reference == after.concentration[[0, 1]]).all()
    by_label = posterior_difference(after, reference="z")
    assert (by_label.concentration_reference == after.concentration[[2, 2]]).all()
    with pytest.raises(ValueError, match="'rest' needs a prior that is the same for all groups"):
        posterior_difference(after, reference="rest")


def test_within_blocks_the_last_column_is_compared():
    counts = categories(("A", "B"), (40, 55)).with_group("year", 1) + categories(("A", "B"), (50, 50)).with_group(
        "year", 2
    )
    found = posterior_difference(posterior(counts, prior=counts), reference=1)
    assert found.labels == (("A", 2), ("B", 2))
    assert found.reference == (1, 1)
    assert found.concentration_reference[:, 2].tolist() == [80.5, 110.5]


@pytest.mark.parametrize(
    ("reference", "kind", "message"),
    [("C", ValueError, "`reference` must be the label"), ([1], TypeError, "`reference` must be a label")],
)
def test_wrong_references_are_named(reference, kind, message):
    with pytest.raises(kind, match=message):
        posterior_difference(posterior(categories()), reference=reference)


def test_difference_needs_a_posterior():
    with pytest.raises(TypeError, match="`posterior` must be a Posterior"):
        posterior_difference(categories(), reference="A")


# ------------------------------------------------------------------------------------------------------ forms


def results():
    counts = categories(("A", None), (40, 55)).with_group("year", 2024).pool("year", "group")
    yield posterior(counts)
    yield posterior(counts.pool())
    yield posterior(RatingCounts.from_histogram([1, 2, 3, 4, 5], metric=nps.CSAT_MEAN), prior="uniform")
    yield posterior_difference(posterior(counts), reference="A")


@pytest.mark.parametrize("result", list(results()), ids=lambda result: f"{type(result).__name__} {len(result.labels)}")
def test_result_has_the_forms_of_all_results(result):
    frame = result.to_frame()
    assert list(frame) == list(result.columns())
    assert len(frame) == len(result) == len(result.sentences())
    assert json.loads(json.dumps(result.to_dict()))["npsstats_version"] == nps.__version__
    assert result.heading() in str(result)
    assert repr(result) == str(result)
    assert "npsstats" in result.cite()
    assert result.to_markdown().count("\n") == len(result) + 1
    with pytest.raises(FrozenInstanceError):
        result.metric = None


def test_columns_and_provenance_have_fixed_names():
    after = posterior(categories())
    assert list(after.columns()) == ["group", "n", "missing", "mean", "sd", "median", "low", "high"]
    assert list(after.provenance()) == [
        "metric", "scale", "prior", "interval_kind", "confidence_level", "notes", "npsstats_version",
    ]  # fmt: skip
    found = posterior_difference(after, reference="A")
    assert list(found.columns()) == [
        "group", "reference", "n", "n_reference", "mean", "sd", "low", "high", "probability_greater",
    ]  # fmt: skip
    assert isinstance(after, Posterior)
    assert isinstance(found, PosteriorDifference)


def test_sentences_say_what_was_found():
    after = posterior(categories())
    mean, low, high = (f"{x:.1f}" for x in (after.mean[0], after.interval()[0][0], after.interval()[1][0]))
    assert after.sentences()[0] == (
        f"NPS of A: posterior mean {mean} (95 % credible interval {low} to {high}; n = 95)."
    )
    found = posterior_difference(after, reference="A")
    assert found.sentences()[0].startswith(f"NPS of B minus that of A: posterior mean +{found.mean[0]:.1f} points")
    assert found.sentences()[0].endswith(f"higher is {found.probability_greater[0]:.3f}.")


@pytest.mark.parametrize("prior", PRIORS)
def test_prior_is_named(prior):
    assert prior in posterior(single(), prior=prior).heading().lower()


def test_categories_are_named_by_the_metric():
    assert posterior(RatingCounts.from_histogram([1] * 11)).categories == ("detractor", "passive", "promoter")
    assert posterior(RatingCounts.from_histogram([1] * 5, metric=nps.CSAT)).categories == ("other", "top")
    scale = nps.Scale(1, 4)
    odd = nps.Metric("odd", scale, (0.0, 5.0, 5.0, 9.0), categories=("a", "b", "c", "a"))
    assert posterior(RatingCounts.from_histogram([1] * 4, metric=odd)).categories == ("a (0)", "b/c (5)", "a (9)")
