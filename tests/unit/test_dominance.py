"""Dominance: what each verdict claims, the joint law behind it, and what is said of it."""

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal, norm

import npsstats as nps
from npsstats.kernels.simultaneous import max_pvalues, max_quantile
from npsstats.kernels.stochastic_order import (
    chain_pvalues,
    chain_quantile,
    factors_of,
    informative_cuts,
    neighbour_correlations,
)

SAME_SCORE = nps.RatingCounts.from_categories(
    promoters=[300, 200], passives=[600, 800], detractors=[100, 0], groups=["A", "B"]
)


def histograms(*tables, metric=None, groups=None):
    return nps.RatingCounts.from_histogram(
        np.array(tables), metric=metric, groups=groups or [chr(65 + i) for i in range(len(tables))]
    )


def bridge(below):
    """The correlation matrix of a Brownian bridge at these shares, as a whole."""
    odds = below / (1 - below)
    return np.sqrt(np.minimum.outer(odds, odds) / np.maximum.outer(odds, odds))


# ------------------------------------------------------------------------------------------------ the joint law


@pytest.mark.parametrize("cells", [3, 4, 5, 6])
def test_the_quantile_is_that_of_the_multivariate_normal_law(cells):
    rng = np.random.default_rng(cells)
    for _ in range(3):
        below = np.cumsum(rng.dirichlet(np.ones(cells)))[:-1]
        c = chain_quantile(neighbour_correlations(below), 0.95)
        size = cells - 1
        inside = multivariate_normal.cdf(
            np.full(size, c), np.zeros(size), bridge(below), lower_limit=np.full(size, -c), maxpts=400_000
        )
        # SciPy's quasi-random integral has some four digits.
        assert inside == pytest.approx(0.95, abs=2e-4)


def test_the_correlations_are_those_of_shares_below_cut_points():
    rng = np.random.default_rng(5)
    shares = np.array([0.1, 0.25, 0.3, 0.2, 0.15])
    table = rng.multinomial(400, shares, size=40_000) / 400
    seen = np.corrcoef(table.cumsum(axis=1)[:, :-1].T)
    below = shares.cumsum()[:-1]
    assert bridge(below) == pytest.approx(seen, abs=0.02)  # 4 standard errors of 40,000 correlations
    assert neighbour_correlations(below) == pytest.approx(np.diagonal(bridge(below), 1), rel=1e-12)


def test_p_values_agree_with_the_general_law_into_the_tail():
    below = np.array([0.02, 0.05, 0.1, 0.3, 0.45, 0.62, 0.7, 0.93])
    z = np.array([0.3, 1.0, 2.0, 2.5, 3.0, 4.0, 5.0, 5.9])
    general = max_pvalues(z, factors_of(bridge(below)), np.ones(8), "two-sided")
    # The general law is a mean over some 10^5 quasi-random points.
    assert chain_pvalues(z, neighbour_correlations(below)) == pytest.approx(general, rel=5e-3)


def test_the_quantile_agrees_with_the_general_law():
    below = np.array([0.01, 0.02, 0.3, 0.31, 0.5, 0.9])
    general = max_quantile(factors_of(bridge(below)), np.ones(6), 0.9, "two-sided")
    assert chain_quantile(neighbour_correlations(below), 0.9) == pytest.approx(general, abs=2e-3)


def test_one_cut_point_has_the_plain_normal_law():
    none = np.empty(0)
    assert chain_quantile(none, 0.95) == pytest.approx(norm.ppf(0.975), rel=1e-12)
    assert chain_pvalues(np.array([2.5]), none) == pytest.approx([2 * norm.sf(2.5)], rel=1e-12)


def test_p_values_fall_with_the_statistic_and_are_never_0():
    z = np.concatenate([np.linspace(0, 12, 25), [40.0, 100.0]])
    p = chain_pvalues(z, np.array([0.9, 0.5, 0.99]))
    assert (np.diff(p) <= 0).all()
    assert (p > 0).all()
    assert np.isnan(chain_pvalues(np.array([np.nan]), np.array([0.5]))).all()


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
def test_the_proof_of_dominance_adds_hardly_anything_to_what_can_be_wrong(correlation):
    """Two cut points of the same distribution: shown at one of them, or dominance at both, each by itself."""
    c, alone = chain_quantile(np.array([correlation]), 0.95), norm.ppf(0.975)
    law = multivariate_normal(np.zeros(2), [[1, correlation], [correlation, 1]])
    inside = law.cdf([c, c], lower_limit=[-c, -c])
    proof_only = 2 * law.cdf([c, c], lower_limit=[alone, alone])
    assert inside == pytest.approx(0.95, abs=1e-5)
    # What the page says: 5.2 % at most, with one digit.
    assert 0.05 < 1 - inside + proof_only < 0.0525


def test_neighbours_that_are_nearly_the_same_cost_little():
    # Set apart on purpose: at most 3 % more than without the second of the two.
    alone = chain_pvalues(np.array([2.2]), np.array([0.6]))
    doubled = chain_pvalues(np.array([2.2]), np.array([1.0 - 1e-9, 0.6]))
    assert alone < doubled < 1.03 * alone


def test_cut_points_without_answers_between_them_count_once():
    chosen = informative_cuts(np.array([0.0, 0.0, 0.2, 0.2, 0.5, 1.0]))
    assert chosen.tolist() == [False, False, True, False, True, False]


# --------------------------------------------------------------------------------------------------- verdicts


def test_the_same_score_may_hide_a_crossing():
    answer = nps.dominance(SAME_SCORE, reference="A")
    assert answer.verdict == ("crossing",)
    assert answer.observed == ("crossing",)
    assert answer.pvalue_dominance[0] == 1
    assert answer.score_difference == pytest.approx([0.0])
    assert answer.largest_better == pytest.approx([0.1])
    assert answer.cut_better == ("passive",)
    assert answer.largest_worse == pytest.approx([0.1])
    assert answer.cut_worse == ("promoter",)
    assert answer.cut_points.shown == ("better", "worse")


def test_better_at_every_cut_point_dominates():
    counts = histograms([300, 300, 400], [100, 200, 700], metric=nps.NPS_CATEGORIES)
    answer = nps.dominance(counts, reference="A")
    assert (answer.verdict, answer.observed) == (("dominates",), ("dominates",))
    assert answer.worse_at_most[0] == 0
    # The weakest of the two cut points by itself, with pooled shares; the score test has n - 1 where this has n.
    z = [(0.9 - 0.7) / np.sqrt(0.8 * 0.2 * 2 / 1000), (0.7 - 0.4) / np.sqrt(0.55 * 0.45 * 2 / 1000)]
    assert answer.pvalue_dominance[0] == pytest.approx(2 * norm.sf(min(z)), rel=0.1)
    text = answer.sentences()[0]
    assert text.startswith("B against A: shown better at all 2 cut points, each by itself (p ")
    assert "every scoring by which higher is better puts it ahead." in text


def test_nowhere_shown_worse_is_less_than_better_everywhere():
    # One answer of 1,000 below the first cut point shows nothing there.
    counts = histograms([1, 499, 500], [1, 299, 700], metric=nps.NPS_CATEGORIES)
    answer = nps.dominance(counts, reference="A")
    assert (answer.verdict, answer.observed) == (("ahead",), ("dominates",))
    assert answer.pvalue_dominance[0] > 0.05
    assert answer.informative[0] == 2
    assert answer.better[0] == 1
    assert 0 < answer.worse_at_most[0] < 0.01
    assert "That every scoring puts it ahead is not shown (p = " in answer.sentences()[0]


def test_where_the_samples_cross_one_can_be_behind_but_is_not_dominated():
    # Clearly fewer promoters, and two detractors fewer, which show nothing.
    counts = histograms([12, 288, 300], [10, 390, 200], metric=nps.NPS_CATEGORIES)
    answer = nps.dominance(counts, reference="A")
    assert (answer.verdict, answer.observed) == (("behind",), ("crossing",))
    assert answer.pvalue_dominance[0] == 1
    assert (
        "That every scoring puts it behind is not shown (in the samples the order turns at passive or more"
        in answer.sentences()[0]
    )


def test_the_proof_takes_the_weakest_cut_point_by_itself():
    # Not adjusted: 0.04 at the weakest of four is a proof, though none by the law of the largest.
    counts = histograms([90, 100, 100, 100, 110], [66, 60, 80, 110, 184], metric=nps.CSAT)
    answer = nps.dominance(counts, reference="A")
    cuts = answer.cut_points
    alone = [
        nps.compare(counts, reference="A", metric=nps.top_box(nps.Scale(1, 5), boxes=boxes)).pvalue[0]
        for boxes in (4, 3, 2, 1)
    ]
    assert answer.pvalue_dominance[0] == pytest.approx(max(alone), rel=1e-9)
    assert max(alone) < 0.05 < cuts.adjusted_pvalue.max()
    assert answer.verdict == ("dominates",)
    # Among all together the weakest is not shown; the sentence counts what the verdict rests on.
    assert answer.better[0] < 4
    assert "shown better at all 4 cut points, each by itself" in answer.sentences()[0]


def test_dominance_may_be_shown_where_no_cut_point_is_among_all_together():
    # The p-values are 3.4 and 4.0 %; to be shown among both, one must be below 2.9 %.
    counts = histograms([120, 60, 120], [95, 60, 145], metric=nps.NPS_CATEGORIES)
    answer = nps.dominance(counts, reference="A")
    assert (answer.cut_points.pvalue > 0.02).all()
    assert answer.pvalue_dominance[0] <= 0.05 < answer.pvalue_better[0]
    assert (answer.verdict, answer.better[0]) == (("dominates",), 0)
    assert set(answer.cut_points.shown) == {"open"}
    assert "do not settle" not in answer.sentences()[0]


def test_the_only_cut_point_with_answers_is_every_cut_point():
    answer = nps.dominance(histograms([0, 60, 40], [0, 30, 70], metric=nps.NPS_CATEGORIES), reference="A")
    assert (answer.verdict, answer.informative[0]) == (("dominates",), 1)
    assert "shown better at the only cut point with answers on both sides (p " in answer.sentences()[0]


def test_few_answers_leave_it_undecided_and_say_what_was_needed():
    answer = nps.dominance(histograms([3, 4, 5], [2, 4, 6], metric=nps.NPS_CATEGORIES), reference="A")
    assert answer.verdict == ("undecided",)
    assert answer.observed == ("dominates",)
    text = answer.sentences()[0]
    assert "do not settle" in text
    assert "with probability 80 %" in text


def test_the_same_shares_are_called_alike():
    answer = nps.dominance(histograms([3, 4, 5], [6, 8, 10], metric=nps.NPS_CATEGORIES), reference="A")
    assert (answer.verdict, answer.observed) == (("undecided",), ("alike",))
    assert answer.pvalue_better[0] == answer.pvalue_worse[0] == 1


def test_all_answers_alike_carry_nothing():
    answer = nps.dominance(histograms([0, 0, 9], [0, 0, 7], metric=nps.NPS_CATEGORIES), reference="A")
    assert answer.verdict == ("undecided",)
    assert answer.informative[0] == 0
    assert set(answer.cut_points.shown) == {"no answers"}
    assert answer.pvalue_dominance[0] == 1
    assert np.isfinite(answer.critical_value).all()
    assert answer.sentences()
    assert answer.cut_points.sentences()


def test_a_cut_point_without_answers_below_it_does_not_weaken_the_proof():
    wide = histograms([0, 0, 300, 300, 400], [0, 0, 100, 200, 700], metric=nps.mean_rating(nps.Scale(1, 5)))
    narrow = histograms([300, 300, 400], [100, 200, 700], metric=nps.NPS_CATEGORIES)
    one, other = (nps.dominance(counts, reference="A") for counts in (wide, narrow))
    assert one.pvalue_dominance == pytest.approx(other.pvalue_dominance, rel=1e-12)
    assert one.critical_value == pytest.approx(other.critical_value, rel=1e-9)
    assert one.cut_points.shown == ("no answers", "no answers", "better", "better")


def test_where_low_ratings_are_good_better_is_the_other_side():
    effort = nps.effort_score(nps.Scale(1, 3), favourable="low")
    tables = [300, 300, 400], [100, 200, 700]
    high = nps.dominance(histograms(*tables, metric=nps.mean_rating(nps.Scale(1, 3))), reference="A")
    low = nps.dominance(histograms(*tables, metric=effort), reference="A")
    assert (high.verdict, low.verdict) == (("dominates",), ("dominated",))
    assert low.worse_at_most == pytest.approx(high.better_at_most)
    assert "lower is better" in low.sentences()[0]


def test_a_scale_whose_direction_is_not_said_is_refused():
    with pytest.raises(ValueError, match="favourable"):
        nps.dominance(histograms([1, 2, 3, 4, 5], [5, 4, 3, 2, 1], metric=nps.CES), reference="A")


# ----------------------------------------------------------------------------------------- what it rests on


def test_each_cut_point_is_tested_as_by_compare():
    counts = histograms([3, 2, 3, 8, 1, 16, 4, 10, 10, 20, 18], [0, 2, 1, 8, 4, 6, 14, 20, 15, 30, 48])
    cuts = nps.dominance(counts, reference="A").cut_points
    c = nps.dominance(counts, reference="A").critical_value[0]
    for k in range(10):
        alone = nps.compare(
            counts, reference="A", metric=nps.top_box(counts.scale, boxes=10 - k), confidence_level=2 * norm.cdf(c) - 1
        )
        assert cuts.pvalue[k] == pytest.approx(alone.pvalue[0], rel=1e-9)
        assert 100 * cuts.low[k] == pytest.approx(alone.low[0], abs=1e-6)
        assert 100 * cuts.high[k] == pytest.approx(alone.high[0], abs=1e-6)


def test_the_score_and_the_distribution_are_those_of_the_package():
    answer = nps.dominance(SAME_SCORE, reference="A")
    move = nps.compare(SAME_SCORE, reference="A", adjustment="none")
    assert answer.score_low == pytest.approx(move.low)
    assert answer.score_pvalue == pytest.approx(move.pvalue)
    assert answer.distribution_pvalue[0] == pytest.approx(nps.homogeneity(SAME_SCORE).pvalue[1])


def rows_of(counts):
    frame = [
        {"group": label[0], "rating": int(rating)}
        for label, table in zip(counts.labels, counts.counts, strict=True)
        for rating, many in zip(counts.scale.ratings, table, strict=True)
        for _ in range(many)
    ]
    return pd.DataFrame(frame)


def test_a_survey_of_equal_weights_tells_what_its_counts_tell():
    counts = histograms([30, 12, 31, 40, 60], [10, 20, 25, 60, 120], metric=nps.CSAT)
    rows = rows_of(counts).assign(weight=2.0)
    survey = nps.tabulate_survey(rows, "rating", by="group", metric=nps.CSAT, weight="weight")
    simple, weighted = (nps.dominance(given, reference="A") for given in (counts, survey))
    assert weighted.verdict == simple.verdict
    assert weighted.cut_points.share == pytest.approx(simple.cut_points.share)
    # Student's t with 408 degrees of freedom, and the unpooled covariance of the survey, move the second digit.
    assert weighted.critical_value == pytest.approx(simple.critical_value, abs=0.03)
    assert weighted.cut_points.low == pytest.approx(simple.cut_points.low, abs=0.004)
    assert weighted.design
    assert weighted.sentences()


def test_clusters_make_a_survey_less_sure():
    counts = histograms([30, 12, 31, 40, 60], [10, 20, 25, 60, 120], metric=nps.CSAT)
    rows = rows_of(counts)
    rows["household"] = np.arange(len(rows)) // 6
    survey = nps.tabulate_survey(rows, "rating", by="group", metric=nps.CSAT, cluster="household")
    simple = nps.dominance(counts, reference="A")
    # Ratings of a cluster are all alike here: they count like few.
    with pytest.warns(nps.SmallSampleWarning) as caught:
        clustered = nps.dominance(survey, reference="A")
    assert len({str(warning.message) for warning in caught}) == len(caught)
    wide = clustered.cut_points.high - clustered.cut_points.low
    assert (wide > (simple.cut_points.high - simple.cut_points.low)).all()


def test_a_survey_whose_sides_do_not_overlap_is_shown_apart():
    # All of A on one side of each cut point and all of B on the other: no variance is estimated.
    rows = pd.DataFrame(
        {"group": list("A" * 10 + "B" * 10), "rating": [5] * 10 + [1] * 10, "weight": 1.0 + np.arange(20)}
    )
    survey = nps.tabulate_survey(rows, "rating", by="group", metric=nps.CSAT, weight="weight")
    answer = nps.dominance(survey, reference="A")
    assert answer.informative[0] == 4
    assert answer.verdict == ("dominated",)
    # Four cut points as if independent, from the p-value of compare (Sidak 1967).
    alone = nps.compare(survey, reference="A", metric=nps.top_box(nps.Scale(1, 5), boxes=1)).pvalue[0]
    assert answer.pvalue_worse[0] == pytest.approx(-np.expm1(4 * np.log1p(-alone)), rel=0.02)
    assert "all answers have the same rating" not in answer.sentences()[0]


def test_a_survey_of_a_single_cluster_on_each_side_shows_nothing_and_promises_nothing():
    rows = pd.DataFrame({"group": list("A" * 10 + "B" * 10), "rating": [1, 2, 3, 4, 5] * 4})
    rows.loc[10:, "rating"] = 5
    survey = nps.tabulate_survey(rows, "rating", by="group", metric=nps.CSAT, cluster="group")
    answer = nps.dominance(survey, reference="A")
    assert answer.verdict == ("undecided",)
    assert set(answer.cut_points.shown) == {"open"}
    assert np.isnan(answer.cut_points.detectable).all()
    assert "these samples could hardly have shown any difference there" in answer.sentences()[0]
    assert "could hardly have shown any difference" in answer.cut_points.sentences()[0]


def test_what_no_sample_of_this_size_could_show_is_not_given_in_points():
    # With one respondent each a difference of 198 points would be needed.
    answer = nps.dominance(histograms([1, 0, 0], [0, 0, 1], metric=nps.NPS_CATEGORIES), reference="A")
    assert answer.cut_points.detectable.min() > 1
    assert "these samples could hardly have shown any difference there" in answer.sentences()[0]


def test_what_a_survey_would_find_has_the_error_of_compare():
    # Each household answers in both groups, much alike: their differences vary less than two samples apart.
    rng = np.random.default_rng(4)
    home = rng.integers(-2, 3, 60)
    rows = pd.DataFrame({"group": np.repeat(["A", "B"], 60), "home": np.tile(np.arange(60), 2)})
    rows["rating"] = np.clip(3 + np.tile(home, 2) + rng.integers(-1, 2, 120), 1, 5)
    survey = nps.tabulate_survey(rows, "rating", by="group", metric=nps.CSAT, cluster="home")
    answer = nps.dominance(survey, reference="A")
    error = np.array(
        [
            nps.compare(survey, reference="A", metric=nps.top_box(nps.CSAT.scale, boxes=boxes)).standard_error[0]
            for boxes in (4, 3, 2, 1)
        ]
    )
    # Found with probability 80 %: critical value + Phi^-1(0.8) standard errors.
    wanted = (answer.critical_value[0] + norm.ppf(0.8)) * error / 100
    assert answer.cut_points.detectable == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("level", [0.8, 0.99])
def test_a_single_cut_point_has_the_plain_level_of_a_survey_too(level):
    scale = nps.Scale(0, 1)
    rows = pd.DataFrame({"group": np.repeat(["A", "B"], 40), "rating": [0, 1] * 20 + [0, 1, 1, 1] * 10, "weight": 2.0})
    survey = nps.tabulate_survey(rows, "rating", by="group", metric=nps.mean_rating(scale), weight="weight")
    answer = nps.dominance(survey, reference="A", confidence_level=level)
    # The law of one statistic is computed by the routine for many, to some three digits.
    assert answer.critical_value[0] == pytest.approx(norm.ppf((1 + level) / 2), abs=2e-3)
    alone = nps.compare(survey, reference="A", metric=nps.top_box(scale, boxes=1), confidence_level=level)
    assert 100 * answer.cut_points.low[0] == pytest.approx(alone.low[0], abs=0.05)


def test_what_would_be_found_by_hand():
    counts = histograms([30, 20, 50], [20, 20, 60], metric=nps.NPS_CATEGORIES)
    answer = nps.dominance(counts, reference="A")
    # Pooled 25 % and 45 % below; (critical value + Phi^-1(0.8)) sqrt(P (1 - P) 2 / 100).
    pooled = np.array([0.25, 0.45])
    wanted = (answer.critical_value[0] + norm.ppf(0.8)) * np.sqrt(pooled * (1 - pooled) * 2 / 100)
    assert answer.cut_points.detectable == pytest.approx(wanted, rel=1e-12)


def test_references_are_those_of_compare():
    counts = histograms([10, 20, 30], [12, 18, 40], [5, 30, 50], metric=nps.NPS_CATEGORIES)
    for reference in ("A", "previous", "rest", "all-pairs"):
        answer = nps.dominance(counts, reference=reference)
        moves = nps.compare(counts, reference=reference, adjustment="none")
        assert answer.labels == moves.labels
        assert answer.reference == moves.reference
        assert answer.score_difference == pytest.approx(moves.difference)
        assert answer.n_reference.tolist() == moves.n_reference.tolist()


def test_every_form_of_the_result_has_all_rows():
    counts = histograms([10, 20, 30], [12, 18, 40], [5, 30, 50], metric=nps.NPS_CATEGORIES)
    answer = nps.dominance(counts, reference="previous")
    assert len(answer) == len(answer.to_frame()) == len(answer.sentences()) == len(answer.table().rows) == 2
    assert len(answer.cut_points) == len(answer.cut_points.to_frame()) == len(answer.cut_points.sentences()) == 4
    for result in (answer, answer.cut_points):
        assert result.to_dict()["confidence_level"] == 0.95
        assert "berger1982" in result.references
        assert result.cite()
        assert result.heading() in str(result)


def test_no_text_says_that_there_is_none():
    rng = np.random.default_rng(2)
    tables = rng.integers(0, 12, size=(9, 5)) + (rng.random((9, 5)) < 0.3)
    answer = nps.dominance(histograms(*tables, metric=nps.CSAT), reference="all-pairs")
    texts = [*answer.sentences(), *answer.cut_points.sentences(), answer.heading(), answer.method_text()]
    for text, word in itertools.product(texts, ("no difference", "equal ", "unchanged", "significant")):
        assert word not in text


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"confidence_level": 95}, ValueError, "confidence_level"),
        ({"reference": None}, TypeError, "reference"),
        ({"reference": "total"}, ValueError, "rest"),
        ({"metric": nps.CSAT}, ValueError, "scale"),
    ],
)
def test_bad_questions_are_refused(change, error, text):
    with pytest.raises(error, match=text):
        nps.dominance(SAME_SCORE, **{"reference": "A", **change})


def test_other_data_are_refused():
    with pytest.raises(TypeError, match="RatingCounts"):
        nps.dominance([1, 2, 3], reference="A")
    empty = histograms([1, 2, 3], [0, 0, 0], metric=nps.NPS_CATEGORIES)
    with pytest.raises(nps.UndefinedScoreError):
        nps.dominance(empty, reference="A")


# --------------------------------------------------------------------------------------------------- real data


def sfo(folder, year):
    frame = pd.read_csv(folder / "sfo" / f"{year}.csv", low_memory=False)
    frame.columns = frame.columns.str.strip()
    rating = pd.to_numeric(frame["NETPRO"], errors="coerce")
    return frame.assign(rating=rating, year=year)[rating.between(0, 10)]


def test_san_francisco_fell_at_most_cut_points(shared_data):
    frames = {year: sfo(shared_data, year) for year in (2017, 2018)}
    counts = nps.tabulate(pd.concat(frames.values()), rating="rating", by="year")
    answer = nps.dominance(counts, reference=2017)
    z = []
    for cut in range(1, 11):
        old, new = ((frame["rating"] >= cut) for frame in frames.values())
        pooled = np.concatenate([old, new]).mean()
        z.append((new.mean() - old.mean()) / np.sqrt(pooled * (1 - pooled) * (1 / len(old) + 1 / len(new))))
        row = answer.cut_points.cut.index(cut)
        assert answer.cut_points.difference[row] == pytest.approx(new.mean() - old.mean(), abs=1e-12)
    # The skewness correction and n - 1 move z in the third digit with 2,600 in each year.
    assert answer.cut_points.statistic == pytest.approx(np.array(z), abs=0.02)
    # Worse at all ten in the samples, but at the lowest two not by themselves.
    assert (answer.verdict, answer.observed) == (("behind",), ("dominated",))
    assert answer.worse[0] == (np.array(z) < -answer.critical_value[0]).sum() == 7
    assert answer.pvalue_dominance[0] == pytest.approx(2 * norm.sf(min(abs(size) for size in z)), rel=0.05)


def test_industries_of_the_american_index_are_ordered_two_by_two(shared_data):
    frame = pd.read_csv(shared_data / "acsi" / "acsi_2015.csv")
    frame = frame[frame["SATIS"].between(1, 10)]
    counts = nps.tabulate(frame, rating="SATIS", by="INDUSTRY", metric=nps.NPS_1_TO_10)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = nps.dominance(counts, reference="all-pairs")
    assert len(answer) == 6
    for label, reference, observed in zip(answer.labels, answer.reference, answer.observed, strict=True):
        own, other = (
            np.array([(frame.loc[frame["INDUSTRY"] == name, "SATIS"] >= cut).mean() for cut in range(2, 11)])
            for name in (label[0], reference)
        )
        signs = set(np.sign(own - other)) - {0.0}
        assert observed == {(1.0,): "dominates", (-1.0,): "dominated", (-1.0, 1.0): "crossing"}[tuple(sorted(signs))]
