"""What `find_changes` promises: what it finds, how it says so, and every message."""

import datetime as dt
import json
import time

import numpy as np
import pytest
from scipy import stats

import npsstats as nps

MONTHS = [f"{year}-{month:02d}" for year in (2023, 2024) for month in range(1, 13)]


def counted(table, labels=MONTHS, by="month", metric=nps.NPS_CATEGORIES):
    table = np.array(table)
    return nps.RatingCounts(
        table, metric=metric, missing=np.zeros(len(table), int), by=(by,), labels=tuple((label,) for label in labels)
    )


def stepping(*levels, n=200, seed=1):
    """Counts of 24 months whose score steps through equally long segments."""
    rng = np.random.default_rng(seed)
    scores = np.repeat(levels, 24 // len(levels)) / 100
    shares = np.column_stack([0.35 - scores / 2, np.full(24, 0.3), 0.35 + scores / 2])
    return counted([rng.multinomial(n, row) for row in shares])


# -------------------------------------------------------------------------------------------------- what is found


def test_steps_are_found_where_they_are():
    found = nps.find_changes(stepping(0, 40, 10), rng=1)
    assert [label for (label,) in found.labels] == ["2023-09", "2024-05"]
    for first, true, last in zip(found.earliest, ("2023-09", "2024-05"), found.latest, strict=True):
        assert first <= true <= last
    # Segments of 1,600: their scores have errors of 2 points.
    np.testing.assert_allclose(found.score_before, [0, 40], atol=8)
    np.testing.assert_allclose(found.score_after, [40, 10], atol=8)
    assert (found.low < [40, -30]).all()
    assert (found.high > [40, -30]).all()
    assert found.n_before.tolist() == found.n_after.tolist() == [1600, 1600]
    assert (found.pvalue == 1 / 2000).all()


def test_differences_are_those_of_compare():
    counts = stepping(0, 40, 10)
    found = nps.find_changes(counts, rng=1, confidence_level=0.9)
    parts = [counts.select(*MONTHS[8 * i : 8 * i + 8]).pool() for i in range(3)]
    segments = sum(part.with_group("segment", i) for i, part in enumerate(parts))
    expected = nps.compare(segments, reference="previous", confidence_level=0.9)
    for name in ("difference", "low", "high"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_the_p_value_is_that_of_the_segments_beside():
    counts = stepping(0, 40, 10)
    both = nps.find_changes(counts, rng=1)
    first = nps.find_changes(counts.select(*MONTHS[:16]), rng=1)
    assert first.statistic[0] == both.statistic[0]
    assert (first.earliest[0], first.latest[0]) == (both.earliest[0], both.latest[0])


def test_the_p_value_is_that_of_the_places_that_were_left():
    # A change between two months that a large one cuts off from the rest: only one place is left for it.
    counts = counted([[70, 60, 70], [50, 60, 90]] + [[10, 20, 170]] * 22)
    found = nps.find_changes(counts, penalty=4, rng=1)
    assert found.labels == (("2023-02",), ("2023-03",))
    # One table of 2 by 3: chi-square with 2 degrees of freedom; 1,999 draws have an error of 0.005.
    np.testing.assert_allclose(found.pvalue[0], stats.chi2.sf(found.statistic[0], 2), rtol=0, atol=0.02)
    assert nps.find_changes(counts.select("2023-01", *MONTHS[2:]), rng=1).overall_pvalue[0] == 0.0005


def likelihood_ratios(table):
    """Of one change at each period, from the likelihood ratio test of tables."""
    halves = [np.array([table[:place].sum(axis=0), table[place:].sum(axis=0)]) for place in range(1, len(table))]
    return np.array([stats.chi2_contingency(half, lambda_="log-likelihood").statistic for half in halves])


@pytest.mark.parametrize(("level", "bound"), [(0.95, 7.352277), (0.8, 4.496664)])
def test_the_interval_of_the_place_holds_all_that_fall_short_by_no_more_than_the_bound(level, bound):
    narrower = wider = 0
    for seed in range(1, 16):
        counts = stepping(0, 25, n=40, seed=seed)
        found = nps.find_changes(
            counts, max_changes=1, penalty=1, n_resamples=19, rng=1, exchange="respondents", confidence_level=level
        )
        short = likelihood_ratios(counts.counts).max() - likelihood_ratios(counts.counts)

        def ends(reach, short=short):
            near = np.flatnonzero(short <= reach) + 1
            return MONTHS[near[0]], MONTHS[near[-1]]

        assert (found.earliest[0], found.latest[0]) == ends(bound)
        narrower += ends(bound - 1) != ends(bound)
        wider += ends(bound + 1) != ends(bound)
    # A bound that is off by 1 would have been seen.
    assert narrower
    assert wider


def test_without_a_change_one_is_found_about_as_often_as_the_level_says():
    rng = np.random.default_rng(8)
    tables = rng.multinomial(25, [0.2, 0.3, 0.5], size=(150, 24))
    for arguments in ({}, {"exchange": "periods"}):
        hits = sum(
            len(nps.find_changes(counted(table), rng=i, n_resamples=99, confidence_level=0.8, **arguments)) > 0
            for i, table in enumerate(tables)
        )
        # 20 % and a little more: 30 of 150 with an error of 4.9.
        assert 14 <= hits <= 48


def test_periods_that_vary_more_than_chance_ask_for_their_own_exchange():
    rng = np.random.default_rng(4)
    shares = rng.dirichlet([4, 6, 10], size=24)
    counts = counted([rng.multinomial(200, row) for row in shares])
    liberal = nps.find_changes(counts, rng=1)
    assert len(liberal) > 1
    assert any("exchange='periods' allows for it" in note for note in liberal.notes)
    assert "within segments, periods of 1 of 1 series vary more than chance explains" in liberal.notes[-1]
    careful = nps.find_changes(counts, rng=1, exchange="periods")
    assert len(careful) == 0
    assert (
        "times as much: places and p-values allow for it, the intervals of the differences do not" in careful.notes[0]
    )
    assert careful.penalty[0] > 3 * liberal.penalty[0]


def test_the_interval_of_the_place_grows_with_the_dispersion():
    rng = np.random.default_rng(6)
    noise = rng.normal(0, 12, 24)
    levels = np.repeat([-10, 10], 12) + noise
    counts = counted([rng.multinomial(200, [0.35 - x / 200, 0.3, 0.35 + x / 200]) for x in levels])
    by_answers, by_periods = (
        nps.find_changes(counts, rng=1, max_changes=1, penalty=40, exchange=exchange)
        for exchange in ("respondents", "periods")
    )
    assert by_answers.labels == by_periods.labels
    assert by_periods.dispersion[0] > 1.5
    places = [MONTHS.index(found.latest[0]) - MONTHS.index(found.earliest[0]) for found in (by_answers, by_periods)]
    assert places[1] > places[0]
    assert by_periods.detectable[0] > by_answers.detectable[0]


def test_ratings_change_where_the_score_does_not():
    rng = np.random.default_rng(2)
    early = [0.25, 0, 0, 0, 0, 0, 0, 0.2, 0.15, 0.2, 0.2]
    late = [0, 0, 0, 0, 0, 0, 0.25, 0.2, 0.15, 0.2, 0.2]
    counts = counted([rng.multinomial(80, early if i < 12 else late) for i in range(24)], metric=nps.NPS)
    assert len(nps.find_changes(counts, rng=1)) == 0
    found = nps.find_changes(counts, rng=1, on="ratings")
    assert found.labels == (("2024-01",),)
    assert found.sentences()[0].endswith("do not settle whether the score changed too, nor in which direction.")
    assert found.heading().startswith("Changes of the ratings along month: 1 change detected")


def test_a_penalty_and_a_number_of_changes_can_be_asked_for():
    counts = stepping(0, 40, 10)
    assert len(nps.find_changes(counts, rng=1, penalty=1e6)) == 0
    assert nps.find_changes(counts, rng=1, penalty=12).penalty.tolist() == [12]
    assert len(nps.find_changes(counts, rng=1, max_changes=1)) == 1
    assert len(nps.find_changes(counts, rng=1, max_changes=20)) == 2
    assert len(nps.find_changes(counts, rng=1, penalty=0.01, max_changes=7)) == 7


def test_each_series_is_searched_on_its_own():
    parts = {"a": stepping(0, 40), "b": stepping(20, 20, seed=5), "c": stepping(30, -10, 30)}
    both = sum(
        nps.RatingCounts(
            part.counts, metric=part.metric, missing=part.missing, by=("store", "month"),
            labels=tuple((store, label) for label in part.groups),
        )
        for store, part in parts.items()
    )  # fmt: skip
    found = nps.find_changes(both, rng=1)
    assert found.labels == (("a", "2024-01"), ("c", "2023-09"), ("c", "2024-05"))
    assert found.series == (("a",), ("b",), ("c",))
    texts = found.sentences()
    assert len(texts) == 4
    assert texts[0].startswith("The answers of a changed from 2024-01 on (")
    assert texts[1].startswith("No change of the answers of b was detected in 24 periods (n = 4,800; the likeliest ")


def test_the_same_seed_gives_the_same_answer():
    counts = stepping(0, 15)
    first, again = (nps.find_changes(counts, rng=7, n_resamples=199) for _ in range(2))
    assert first.to_dict() == again.to_dict()
    generator = nps.find_changes(counts, rng=np.random.default_rng(7), n_resamples=199)
    assert generator.to_dict() == first.to_dict()


def test_swapping_promoters_and_detractors_turns_the_differences_over():
    counts = stepping(0, 40, 10)
    turned = counted(counts.counts[:, ::-1])
    found, other = nps.find_changes(counts, rng=1), nps.find_changes(turned, rng=1)
    assert other.labels == found.labels
    np.testing.assert_allclose(other.statistic, found.statistic, rtol=1e-9)
    np.testing.assert_allclose(other.low, -found.high, atol=1e-8)  # limits are found to 1e-10 standard errors


def test_what_could_have_been_detected_is_detected():
    """At least four fifths of changes of that size, halfway."""
    base = counted(np.tile([50, 60, 90], (24, 1)))
    reach = nps.find_changes(base, rng=1).detectable[0] / 100
    hits = 0
    for seed in range(40):
        hits += len(nps.find_changes(stepping(20, 20 + 100 * reach, seed=seed), rng=seed, n_resamples=199)) > 0
    assert hits >= 29  # 32 of 40, less its error


def test_a_thousand_days_take_seconds():
    rng = np.random.default_rng(4)
    days = [dt.date(2022, 1, 1) + dt.timedelta(days=i) for i in range(1000)]
    table = np.concatenate([rng.multinomial(rng.poisson(4, 500), p) for p in ([0.2, 0.3, 0.5], [0.1, 0.3, 0.6])])
    start = time.perf_counter()
    found = nps.find_changes(counted(table, days, "day"), rng=1)
    assert time.perf_counter() - start < 30  # about 2 on an idle machine
    assert found.earliest[0] <= days[500] <= found.latest[0]
    assert found.notes[0].endswith("of 1000 groups have no rating and are left out")


# -------------------------------------------------------------------------------------------------------- words


def test_an_empty_answer_has_all_its_forms():
    found = nps.find_changes(stepping(20, 20, seed=5), rng=1)
    assert len(found) == 0
    assert len(found.to_frame()) == 0
    assert list(found.to_frame().columns)[:3] == ["month", "earliest", "latest"]
    assert found.to_records() == []
    assert found.heading() == "Changes of NPS along month: no change detected, 95 % intervals"
    (text,) = found.sentences()
    assert text.startswith("No change of the answers was detected in 24 periods (n = 4,800; the likeliest place is 20")
    assert "That does not rule changes out: of lasting changes of about " in text
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["difference"] == []
    assert str(found).count("\n") == 2


def test_a_change_is_said_with_its_place_and_its_size():
    found = nps.find_changes(stepping(0, 40), rng=1)
    (text,) = found.sentences()
    assert text.startswith("The answers changed from 2024-01 on (")
    assert "p = 0.0005): NPS " in text
    assert "as if the place had been known)." in text
    assert found.columns().keys() == set(found.to_frame().columns)
    assert "1,999 random allotments of answers" in found.method_text()
    assert "allotments of periods" in nps.find_changes(stepping(0, 40), rng=1, exchange="periods").method_text()


def test_labels_that_are_no_periods_need_times_unless_they_are_numbers():
    table = stepping(0, 40).counts
    waves = counted(table, [f"wave {i}" for i in range(24)], "wave")
    refused(ValueError, "the labels of 'wave' cannot all be read as periods of one kind .* or pass `times`", waves)
    assert nps.find_changes(waves, times=range(24), rng=1).labels == (("wave 12",),)
    refused(ValueError, "`times` must have one entry for each of the 24 groups; got 23", waves, times=range(23))
    refused(ValueError, "periods must be in order of time; 'wave 0' comes before", waves, times=range(24, 0, -1))
    assert nps.find_changes(counted(table, range(24)), rng=1).labels == ((12,),)
    refused(ValueError, "periods must be in order of time; 24 comes before 23", counted(table, range(24, 0, -1)))


def test_times_go_with_the_periods_that_have_ratings():
    table = stepping(0, 40).counts.copy()
    table[3] = 0
    found = nps.find_changes(counted(table, [f"wave {i}" for i in range(24)]), times=range(24), rng=1)
    assert found.labels == (("wave 12",),)
    assert found.n_periods.tolist() == [23]


def test_series_of_one_value_have_no_change_and_no_promise():
    found = nps.find_changes(counted([[0, 0, 9]] * 24), rng=1)
    assert len(found) == 0
    assert found.overall_pvalue.tolist() == [1]
    assert found.sentences()[0].endswith("was detected in 24 periods (n = 216; all ratings have the same value).")
    # The same score for 9 and 10: the ratings may change, the score cannot.
    ratings = nps.RatingCounts(
        np.pad([[5, 5]] * 24, ((0, 0), (9, 0))), metric=nps.NPS, missing=np.zeros(24, int), by=("month",),
        labels=tuple((month,) for month in MONTHS),
    )  # fmt: skip
    assert "the likeliest place is" in nps.find_changes(ratings, on="ratings", rng=1).sentences()[0]


def test_two_periods_can_be_told_apart():
    found = nps.find_changes(counted([[50, 0, 0], [0, 0, 50]], MONTHS[:2]), rng=1)
    assert found.labels == (("2023-02",),)


def test_it_can_be_cited():
    assert "Killick et al. 2012" in nps.find_changes(stepping(0, 40), rng=1).cite()


# ------------------------------------------------------------------------------------------------------- errors


def refused(kind, match, counts=None, **arguments):
    with pytest.raises(kind, match=match):
        nps.find_changes(stepping(0, 40) if counts is None else counts, **arguments)


def test_arguments_are_checked():
    refused(ValueError, "`on` must be 'distribution' or 'ratings'; got 'score'", on="score")
    refused(ValueError, "`exchange` must be 'respondents' or 'periods'; got None", exchange=None)
    for penalty in (0, -1, np.inf, np.nan):
        refused(ValueError, "`penalty` must be above 0 and finite", penalty=penalty)
    refused(TypeError, "`penalty` must be a number", penalty="bic")
    refused(ValueError, "`max_changes` must be 1 or more; got 0", max_changes=0)
    refused(TypeError, "`max_changes` must be a whole number", max_changes=2.0)
    refused(TypeError, "`rng` must be None, a seed", rng="a")
    refused(ValueError, "`confidence_level` must lie between 0 and 1", confidence_level=1)
    refused(ValueError, "is defined on the scale", metric=nps.CSAT)
    refused(TypeError, "`counts` must be RatingCounts", counts=[1, 2])


def test_resamples_must_be_enough_for_the_level():
    refused(ValueError, "`n_resamples` must be 19 or more for this `confidence_level`; got 18", n_resamples=18)
    refused(ValueError, "`n_resamples` must be 99 or more", n_resamples=98, confidence_level=0.99)
    refused(ValueError, "`n_resamples` must be 1 or more", n_resamples=0, penalty=9)
    assert len(nps.find_changes(stepping(0, 40), n_resamples=19, rng=1)) == 1
    assert len(nps.find_changes(stepping(0, 40), n_resamples=99, confidence_level=0.99, rng=1)) == 1
    assert nps.find_changes(stepping(0, 40), n_resamples=1, penalty=9, rng=1).pvalue[0] in (0.5, 1)


def test_periods_are_checked():
    swapped = stepping(0, 40).select(*MONTHS[::-1])
    refused(ValueError, "periods must be in order of time; '2024-12' comes before '2024-11'", counts=swapped)
    refused(ValueError, "needs at least two periods with ratings; the series has one", counts=swapped.select("2024-01"))
    single = nps.RatingCounts.from_categories(promoters=1, passives=1, detractors=1)
    refused(ValueError, "`find_changes` needs periods; these counts have one group only", counts=single)
    empty = counted(np.zeros((24, 3), int))
    refused(nps.UndefinedScoreError, "24 of 24 groups have none", counts=empty)
    two = nps.RatingCounts(
        [[1, 2, 3], [2, 2, 2], [3, 2, 1]], metric=nps.NPS_CATEGORIES, missing=[0, 0, 0], by=("store", "month"),
        labels=(("a", "2024-01"), ("a", "2024-02"), ("b", "2024-01")),
    )  # fmt: skip
    refused(ValueError, "the series of b has one", counts=two)
