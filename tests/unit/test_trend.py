"""What `trend` promises: laws of the line, and every message."""

import datetime as dt
import json

import numpy as np
import pytest

import npsstats as nps

MONTHS = [f"{year}-{month:02d}" for year in (2022, 2023, 2024) for month in range(1, 13)]
QUARTERS = [f"{year}Q{quarter}" for year in (2022, 2023, 2024) for quarter in (1, 2, 3, 4)]


def counted(table, labels, by="period", metric=nps.NPS_CATEGORIES):
    table = np.array(table)
    return nps.RatingCounts(
        table, metric=metric, missing=np.zeros(len(table), int), by=(by,), labels=tuple((label,) for label in labels)
    )


def random_counts(labels, seed=1, mean=60):
    rng = np.random.default_rng(seed)
    return counted(rng.multinomial(rng.poisson(mean, len(labels)) + 1, [0.2, 0.3, 0.5]), labels)


def moved(labels, sizes, levels):
    """Counts of so many answers with, to the nearest answer, such scores and 30 % passives."""
    rows = [
        [round(n * (0.35 - x / 200)), round(0.3 * n), round(n * (0.35 + x / 200))]
        for n, x in zip(sizes, levels, strict=True)
    ]
    return counted(rows, labels)


# ---------------------------------------------------------------------------------------------------------- laws


def test_scores_on_a_line_give_that_line():
    line = nps.trend(moved(QUARTERS, [1000] * 12, np.arange(12) * 2.0))
    # Two points a quarter; the counts of 1,000 hold them exactly.
    np.testing.assert_allclose(line.estimate, [8, 11], rtol=1e-12)
    np.testing.assert_allclose(line.period_fitted, np.arange(12) * 2.0, atol=1e-10)
    np.testing.assert_allclose(line.dispersion, 0, atol=1e-20)
    assert line.middle.tolist() == [2023.5]


def test_gaps_count():
    labels = ["2022-01", "2022-02", "2022-03", "2023-01", "2024-03"]
    months = np.array([0, 1, 2, 12, 26])
    line = nps.trend(moved(labels, [1000] * 5, months * 1.0))
    np.testing.assert_allclose(line.estimate[0], 12, rtol=1e-12)


def test_seasons_are_recovered():
    effects = np.array([6.0, -2.0, -8.0, 4.0])
    levels = np.arange(12) * 1.0 + np.tile(effects, 3)
    line = nps.trend(moved(QUARTERS, [1000] * 12, levels), season="quarter")
    np.testing.assert_allclose(line.estimate, [4, 5.5, *effects], rtol=1e-10)
    assert line.term == ("slope per year", "level in the middle", "Q1", "Q2", "Q3", "Q4")


@pytest.mark.parametrize("season", ["half", "quarter", "month"])
def test_effects_of_the_season_add_up_to_nothing(season):
    line = nps.trend(random_counts(MONTHS), season=season)
    np.testing.assert_allclose(line.estimate[2:].sum(), 0, atol=1e-10)


def test_effects_of_quarters_fit_no_worse_than_a_wave():
    counts = random_counts(QUARTERS)
    by_factor, by_wave = nps.trend(counts, season="quarter"), nps.trend(counts, season=1)
    # Four quarters have three contrasts, of which a wave is two.
    assert by_factor.df == by_wave.df - 1
    assert by_factor.dispersion * by_factor.df <= by_wave.dispersion * by_wave.df + 1e-12


def test_swapping_promoters_and_detractors_turns_the_line_over():
    counts = random_counts(MONTHS)
    turned = counted(counts.counts[:, ::-1], MONTHS)
    line, other = nps.trend(counts, season=2), nps.trend(turned, season=2)
    np.testing.assert_allclose(other.estimate, -line.estimate, atol=1e-10)
    np.testing.assert_allclose(other.low, -line.high, atol=1e-10)
    np.testing.assert_allclose(other.pvalue, line.pvalue, rtol=1e-8)
    less = nps.trend(turned, season=2, alternative="less")
    np.testing.assert_allclose(less.pvalue, nps.trend(counts, season=2, alternative="greater").pvalue, rtol=1e-8)


def test_labels_and_times_give_the_same_line():
    counts = random_counts(QUARTERS)
    line = nps.trend(counts)
    for times in (2022 + (np.arange(12) + 0.5) / 4, QUARTERS, (np.arange(12) + 0.5) / 4):
        other = nps.trend(counts, times=times)
        np.testing.assert_allclose(other.estimate, line.estimate, rtol=1e-9)
        np.testing.assert_allclose(other.pvalue, line.pvalue, rtol=1e-9)


def test_days_months_and_numbers_of_years_have_the_same_unit():
    days = [dt.date(2022 + i // 12, i % 12 + 1, 15) for i in range(36)]
    table = random_counts(MONTHS).counts
    daily, monthly = nps.trend(counted(table, days)), nps.trend(counted(table, MONTHS))
    # Months have 28 to 31 days.
    np.testing.assert_allclose(daily.estimate, monthly.estimate, rtol=0.02)


def test_each_series_has_its_own_line():
    parts = {"a": random_counts(QUARTERS, 1), "b": random_counts(QUARTERS[2:9], 2)}
    both = sum(nps.RatingCounts(
        part.counts, metric=part.metric, missing=part.missing, by=("store", "quarter"),
        labels=tuple((store, label) for label in part.groups),
    ) for store, part in parts.items())  # fmt: skip
    line = nps.trend(both, season=1)
    for i, (store, part) in enumerate(parts.items()):
        alone = nps.trend(part, season=1)
        rows = [j for j, label in enumerate(line.labels) if label == (store,)]
        for name in ("estimate", "standard_error", "low", "high", "statistic", "pvalue"):
            np.testing.assert_array_equal(getattr(line, name)[rows], getattr(alone, name))
        assert line.dispersion[i] == alone.dispersion[0]
        fitted = line.fitted().query("store == @store")
        np.testing.assert_array_equal(fitted["fitted"], alone.fitted()["fitted"])
    assert line.series == (("a",), ("b",))
    assert line.n_periods.tolist() == [12, 7]


@pytest.mark.parametrize("overdispersion", [True, False])
@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
def test_the_test_rejects_where_the_interval_leaves_out_0(overdispersion, alternative):
    for seed in range(60):
        counts = random_counts(QUARTERS[: 4 + seed % 8], seed, mean=5)
        line = nps.trend(counts, overdispersion=overdispersion, alternative=alternative, confidence_level=0.8)
        assert (line.pvalue[0] < 0.2) == (not line.low[0] < 0 < line.high[0])


def test_overdispersion_only_widens():
    for seed in range(40):
        counts = random_counts(QUARTERS, seed, mean=4)
        wide, narrow = nps.trend(counts), nps.trend(counts, overdispersion=False)
        np.testing.assert_array_equal(wide.estimate, narrow.estimate)
        assert (wide.low <= narrow.low).all()
        assert (wide.standard_error >= narrow.standard_error).all()
        assert (wide.pvalue[[0]] >= narrow.pvalue[[0]]).all()


def test_days_of_one_answer_are_ordinary_periods():
    """The variance of one answer is 0; weights made of it would be infinite."""
    rng = np.random.default_rng(4)
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=i) for i in range(300)]
    line = nps.trend(counted(rng.multinomial(1, [0.1, 0.2, 0.7], size=300), days))
    # The error of a slope over 0.82 years of 300 answers: 66 / sqrt(300) / (0.82 / sqrt(12)), in points per year.
    np.testing.assert_allclose(line.standard_error[0], 16, rtol=0.2)
    np.testing.assert_allclose(line.dispersion, 1, atol=0.1)


def test_another_metric_is_read_in_its_own_points():
    rng = np.random.default_rng(2)
    table = rng.integers(0, 9, (12, 11)) + 1
    counts = counted(table, QUARTERS, metric=nps.NPS)
    line = nps.trend(counts, metric=nps.mean_rating(nps.Scale(0, 10)))
    means = table @ np.arange(11) / table.sum(axis=1)
    np.testing.assert_allclose(line.fitted()["score"], means, rtol=1e-12)
    assert 0 < line.estimate[1] < 10


def test_periods_without_ratings_are_left_out_and_noted():
    table = random_counts(QUARTERS).counts.copy()
    table[3] = 0
    counts = counted(table, QUARTERS)
    line = nps.trend(counts)
    assert line.notes == ("1 of 12 groups have no rating and are left out",)
    np.testing.assert_array_equal(line.estimate, nps.trend(counts.answered()).estimate)
    assert line.n_periods.tolist() == [11]
    timed = nps.trend(counts, times=QUARTERS)
    np.testing.assert_array_equal(timed.estimate, line.estimate)


def test_no_hypothesis_belongs_to_the_level():
    line = nps.trend(random_counts(QUARTERS))
    assert np.isnan(line.statistic[1])
    assert np.isnan(line.pvalue[1])
    assert np.isnan(line.season_pvalue).all()


# -------------------------------------------------------------------------------------------------------- words


def test_sentences_say_what_moved_and_what_is_open():
    (rising,) = nps.trend(moved(QUARTERS, [1000] * 12, np.arange(12) * 2.0)).sentences()
    # The error: 83 points / sqrt(12,000) / 0.863 years is 0.88.
    start = "NPS rose by 8.0 points a year, 2.00 a quarter (95 % interval 6.3 to 9.7 a year; p = "
    assert rising.startswith(start)
    assert rising.endswith("; 12 quarters, n = 12,000).")
    flat = nps.trend(moved(QUARTERS, [100] * 12, [2, -2] * 6)).sentences()[0]
    assert flat.endswith("These data do not settle whether there is a trend, nor in which direction.")
    assert flat.startswith("NPS fell by ")
    one = nps.trend(moved(QUARTERS, [100] * 12, [2, -2] * 6), alternative="greater").sentences()[0]
    assert "one-sided 95 % limit: at least −" in one
    assert one.endswith("These data do not settle whether the score has been rising.")
    for text in (flat, one):
        assert "no change" not in text.lower()


def test_sentences_speak_of_season_and_dispersion():
    levels = np.tile([30.0, -10, -30, 10], 3) + np.repeat([0, 12, 0], 4)
    counts = moved(QUARTERS, [400] * 12, levels)
    text = nps.trend(counts, season="quarter").sentences()[0]
    assert "The score changes with the season (effects of quarters; p = " in text
    plain = nps.trend(counts, overdispersion=False).sentences()[0]
    assert "times what chance makes it; the interval does not allow for it." in plain
    assert "does not allow" not in nps.trend(counts).sentences()[0]
    calm = nps.trend(moved(QUARTERS, [400] * 12, np.arange(12.0)), season="half").sentences()[0]
    assert "do not settle whether the score changes with the season (effects of half-years; p = " in calm


def test_less_than_a_year_is_said_with_the_move_that_was_seen():
    short = nps.trend(moved(QUARTERS[:4], [1000] * 4, np.arange(4) * 2.0))
    np.testing.assert_allclose(short.span, 0.75, rtol=0, atol=1e-12)
    assert short.sentences()[0].startswith(
        "NPS rose by 8.0 points a year, 2.00 a quarter, 6.0 from the first quarter to the last ("
    )
    assert "from the first" not in nps.trend(moved(QUARTERS[:5], [1000] * 5, np.arange(5) * 2.0)).sentences()[0]


def test_a_slope_of_next_to_nothing_has_no_direction():
    text = nps.trend(moved(QUARTERS, [100] * 12, [2, -2, -2, 2] * 3)).sentences()[0]
    assert text.startswith("NPS moved by less than 0.1 points a year (")


def test_the_result_has_its_columns_and_is_safe_for_json():
    line = nps.trend(random_counts(QUARTERS), alternative="less")
    names = ["term", "estimate", "standard_error", "low", "high", "statistic", "pvalue"]
    assert list(line.to_frame().columns) == names
    assert line.low[0] == -np.inf
    made = json.loads(json.dumps(line.to_dict(), allow_nan=False))
    assert made["low"] == [None, None]
    assert made["df"] == [10]
    assert str(line).startswith("NPS: straight line over time, 95 % intervals, one-sided (less)\n\nterm ")
    assert list(line.fitted().columns) == ["period", "n", "score", "fitted", "low", "high"]
    assert "weighted least squares" in line.method_text()
    assert len(line) == 2


def test_it_can_be_cited():
    assert "McCullagh & Nelder 1989" in nps.trend(random_counts(QUARTERS)).cite()


# ------------------------------------------------------------------------------------------------------- errors


def refused(kind, match, labels=QUARTERS, counts=None, **arguments):
    with pytest.raises(kind, match=match):
        nps.trend(random_counts(labels) if counts is None else counts, **arguments)


def test_labels_that_are_no_periods_are_refused_with_both_ways_out():
    labels = ["wave 1", "wave 2", "wave 3", "wave 4"]
    match = (
        r"labels of 'period' cannot all be read as periods of one kind \('wave 1', 'wave 2', 'wave 3', \.\.\.\)\. Write"
    )
    refused(ValueError, match, labels)
    refused(ValueError, "or pass `times`: for each group when it was asked, in years", labels)
    assert nps.trend(random_counts(labels), times=[2020, 2021, 2022.5, 2023]).kind == "period"


def test_periods_out_of_order_are_refused_with_the_first_pair():
    labels = ["2024Q1", "2024Q3", "2024Q2", "2024Q4"]
    match = r"'2024Q3' comes before '2024Q2'\. .*`counts\.select\('2024Q1', '2024Q2', '2024Q3', '2024Q4'\)`"
    refused(ValueError, match, labels)
    nps.trend(random_counts(labels).select("2024Q1", "2024Q2", "2024Q3", "2024Q4"))


def test_the_same_period_twice_is_refused():
    refused(ValueError, "'2024Q1' and 'Q1 2024' are the same", ["2024Q1", "Q1 2024", "Q2 2024"])


def test_times_are_checked():
    refused(ValueError, "one entry for each of the 12 groups; got 2", times=[1, 2])
    refused(ValueError, "must be finite numbers of years; got nan", times=[np.nan, *range(11)])
    refused(ValueError, r"`times` cannot all be read .*\('a', 'b', 'c', \.\.\.\)", times=list("abcdefghijkl"))
    refused(ValueError, "in order of time; '2022Q2' comes before '2022Q3'", times=[1, 3, 2, *range(4, 13)])
    refused(TypeError, "sequence with one entry for each group; got '2024'", times="2024")
    refused(TypeError, "sequence with one entry for each group; got 2024", times=2024)


def test_seasons_are_checked():
    refused(ValueError, "'month' needs periods that each lie in one month; these are quarters", season="month")
    refused(ValueError, "these are numbers", season="quarter", times=np.arange(12) / 4)
    refused(ValueError, "too many harmonics for quarters: at most 1", season=2)
    refused(ValueError, "too many harmonics for months: at most 5", MONTHS, season=6)
    for season in (0, -1, 1.0, True, "year", "quarterly"):
        refused(ValueError, "`season` must be None, 'half', 'quarter', 'month' or a number", season=season)
    refused(
        ValueError, "in at least two of H1, H2; all are in H1", ["2023Q1", "2024Q1", "2024Q2", "2025Q1"], season="half"
    )


def test_too_few_periods_are_refused():
    refused(ValueError, "2 parameters and needs at least 3 periods with ratings; the series has 2", QUARTERS[:2])
    refused(ValueError, "effects of quarters has 5 parameters and needs at least 6", QUARTERS[:5], season="quarter")


def test_a_season_that_is_the_slope_is_refused():
    # Half-years see the cosine of a wave, but not its sine.
    halves, quarters = np.arange(6) / 2, np.arange(6) / 4
    refused(ValueError, "tell 1 harmonic of the year and the slope apart", QUARTERS[:6], season=1, times=halves)
    nps.trend(random_counts(QUARTERS[:6]), season=1, times=quarters)


def test_arguments_are_checked():
    refused(TypeError, "`overdispersion` must be True or False; got 1", overdispersion=1)
    refused(ValueError, "`confidence_level` must lie between 0 and 1", confidence_level=95)
    refused(ValueError, "`alternative` must be one of", alternative="both")
    refused(TypeError, "`counts` must be RatingCounts", counts=[1, 2])
    single = nps.RatingCounts.from_categories(promoters=1, passives=1, detractors=1)
    refused(ValueError, "`trend` needs periods; these counts have one group only", counts=single)
    refused(nps.UndefinedScoreError, "12 of 12 groups have none", counts=counted(np.zeros((12, 3), int), QUARTERS))
    refused(ValueError, "is defined on the scale", metric=nps.CSAT)


def test_a_series_of_one_value_has_a_line_but_no_error():
    counts = counted([[0, 0, 9]] * 5, QUARTERS[:5])
    with pytest.warns(nps.SmallSampleWarning, match="all ratings of 1 of 1 series have the same value"):
        line = nps.trend(counts)
    np.testing.assert_allclose(line.estimate, [0, 100], atol=1e-10)
    assert np.isnan([line.standard_error, line.low, line.high, line.pvalue]).all()
    assert line.sentences() == [
        "NPS was 100.0 in all 5 quarters (n = 45): all ratings have the same value, which leaves a trend without an "
        "interval."
    ]
    with pytest.warns(nps.SmallSampleWarning):
        assert np.isnan(nps.trend(counts, season=1).season_pvalue).all()
