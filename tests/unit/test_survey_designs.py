"""How samples are drawn: strata, clusters, populations, panels and replicate weights, through `tabulate_survey`."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import npsstats as nps
from npsstats.kernels.calibration import trim_weights

ROUNDING = {"rtol": 1e-12, "atol": 1e-15}


def sample(seed=1, n=120):
    """Four strata of five clusters of six."""
    rng = np.random.default_rng(seed)
    cluster = np.arange(n) // 6
    lean = rng.normal(0, 2, n // 6)[cluster]
    return pd.DataFrame(
        {
            "r": np.clip(np.round(rng.normal(7.5, 2.5, n) + lean), 0, 10).astype(int),
            "w": rng.uniform(0.25, 4, n),
            "stratum": np.arange(n) // (n // 4),
            "cluster": cluster,
            "class": np.arange(n) // 2,
            "year": np.where(np.arange(n) % 2, 2024, 2025),
        }
    )


def tabulated(rows, **design):
    return nps.tabulate_survey(rows, "r", weight="w", **design)


def error_of(rows, **design):
    return nps.estimate(tabulated(rows, **design)).standard_error


def told(rows, error=ValueError, **design):
    with pytest.raises(error) as caught:
        tabulated(rows, **design)
    return str(caught.value)


pytestmark = pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")

# --------------------------------------------------------------------------- finite populations


@pytest.mark.parametrize("design", [{}, {"cluster": "cluster"}])
def test_a_population_shrinks_the_error_by_the_part_that_was_asked(design):
    rows = sample()
    drawn = 20 if design else 120
    plain = error_of(rows, **design)
    expected = plain * np.sqrt(1 - drawn / 300)
    for fpc in (300, drawn / 300, "N", "f"):
        found = error_of(rows.assign(N=300, f=drawn / 300), **design, fpc=fpc)
        np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_each_stratum_has_its_own_population():
    """Strata are drawn independently: V = sum of those of each stratum alone, for a mean of known parts."""
    rows = sample().assign(N=lambda x: np.array([10, 20, 5, 1000])[x["stratum"]])
    numbers = rows["N"].to_numpy()
    parts = rows.assign(f=5 / numbers)
    by_number = tabulated(rows, strata="stratum", cluster="cluster", fpc="N").covariance
    np.testing.assert_allclose(
        tabulated(parts, strata="stratum", cluster="cluster", fpc="f").covariance, by_number, **ROUNDING
    )
    # The third stratum was taken whole: it adds nothing. The sum over the others, in full.
    values = np.where(rows["r"] > 8, 100.0, np.where(rows["r"] < 7, -100.0, 0.0))
    u = rows["w"] * (values - np.average(values, weights=rows["w"])) / rows["w"].sum()
    sums = u.groupby(rows["cluster"]).sum().to_numpy().reshape(4, 5)
    expected = ((1 - 5 / np.array([10, 20, 5, 1000])) * 5 * sums.var(axis=1, ddof=1)).sum()
    found = error_of(rows, strata="stratum", cluster="cluster", fpc="N")
    np.testing.assert_allclose(found, [np.sqrt(expected)], rtol=1e-12)


def test_respondents_of_a_panel_are_the_units_of_the_population():
    rows = sample().assign(person=lambda x: np.arange(len(x)) // 2, N=100)
    found = error_of(rows, by="year", respondent="person", fpc="N")
    np.testing.assert_allclose(
        found, error_of(rows, by="year", respondent="person") * np.sqrt(1 - 60 / 100), rtol=1e-13
    )


def test_numbers_of_later_stages_count_only_where_those_before_are_known():
    rows = sample().assign(N=40, M=10)
    one = error_of(rows, cluster=["cluster", "class"])
    np.testing.assert_allclose(error_of(rows, cluster="cluster"), one, rtol=1e-14)
    whole_classes = error_of(rows.assign(M=3), cluster=["cluster", "class"], fpc=["N", "M"])
    np.testing.assert_allclose(whole_classes, one * np.sqrt(1 - 20 / 40), rtol=1e-13)
    assert error_of(rows, cluster=["cluster", "class"], fpc=["N", "M"]) > whole_classes


@pytest.mark.parametrize("fpc", [120, 1.0, 1, "N"])
@pytest.mark.parametrize("method", ["t", "wald"])
def test_where_all_were_asked_nothing_is_left_open(fpc, method):
    found = nps.estimate(tabulated(sample().assign(N=120), by="year", fpc=fpc), method=method)
    np.testing.assert_allclose(found.standard_error, 0, atol=1e-12)
    np.testing.assert_allclose([found.low, found.high], [found.score] * 2, rtol=1e-12)


@pytest.mark.parametrize("method", ["score", "likelihood"])
def test_where_all_were_asked_limits_are_the_score_to_what_is_shown(method):
    """10^12 effective respondents stand for all: 4 sqrt(1e4 / 1e12) points."""
    counts = tabulated(sample(), by="year", fpc=120)
    found = nps.estimate(counts, method=method)
    np.testing.assert_allclose([found.low, found.high], [found.score] * 2, atol=4e-4)
    change = nps.compare(counts, reference=2024, method=method)
    np.testing.assert_allclose([change.low, change.high], [change.difference] * 2, atol=8e-4)


@pytest.mark.parametrize("method", ["score", "likelihood"])
def test_where_all_were_asked_and_agree_nothing_is_left_open(method):
    found = nps.estimate(tabulated(sample().assign(r=10), fpc=120), method=method)
    np.testing.assert_allclose(found.low, 100, atol=4e-4)


@pytest.mark.parametrize("method", ["t", "wald"])
def test_equal_scores_of_whole_populations_are_not_found_different(method):
    """Promoters 3 / 10 and 6 / 20, written as weights of thirds: equal but for rounding."""
    rows = pd.DataFrame({"r": [10, 0, 8] * 2, "g": list("aaabbb"), "w": [0.3, 0.1, 0.6, 0.2 + 0.1, 0.1, 0.6]})
    found = nps.compare(nps.tabulate_survey(rows, "r", by="g", weight="w", fpc=1.0), reference="a", method=method)
    assert not found.pvalue[0] < 1


@pytest.mark.parametrize(
    ("fpc", "design", "message"),
    [
        (100, {}, "it is 100, where the sample has 120 rows."),
        (
            19,
            {"cluster": "cluster"},
            "it is 19, where the sample has 20 clusters. It counts clusters of the population.",
        ),
        ("N", {"cluster": "cluster"}, "'N' is 3, where the sample has 20 clusters."),
        ("N", {"cluster": "cluster", "strata": "stratum"}, "'N' is 3 in stratum 0, where the sample has 5 clusters."),
        (
            ["K", "M"],
            {"cluster": ["cluster", "class"]},
            "'M' is 2 in a cluster of stage 1, where the sample has 3 clus",
        ),
    ],
)
def test_a_population_smaller_than_the_sample_is_refused(fpc, design, message):
    found = told(sample().assign(N=3, K=30, M=2), fpc=fpc, **design)
    assert found.startswith("`fpc` must be at least the number of units in the sample; ")
    assert message in found


def test_the_population_of_respondents_is_of_respondents():
    rows = sample().assign(person=lambda x: np.arange(len(x)) // 2)
    assert told(rows, respondent="person", by="year", fpc=50) == (
        "`fpc` must be at least the number of units in the sample; it is 50, where the sample has 60 respondents. It "
        "counts respondents of the population."
    )


def staff(**columns):
    """All 400 of a company, of whom 300 answered: 90 promoters, 60 detractors."""
    return pd.DataFrame({"r": [10] * 90 + [8] * 150 + [4] * 60 + [None] * 100, **columns})


@pytest.mark.parametrize("fpc", [400, 1.0, "N"])
def test_those_who_did_not_answer_are_no_part_of_a_known_population(fpc):
    rows = staff(N=400)
    with pytest.raises(ValueError, match="are no respondents") as caught:
        nps.tabulate_survey(rows, "r", fpc=fpc)
    assert str(caught.value) == (
        "`fpc` says that the 400 rows are the whole population, which would leave no room for chance; but those "
        "without a rating, 100 of them, are no respondents. Leave their rows out, and pass as `fpc` how many the "
        "population has: the fraction is then that of those who answered."
    )
    # The advice: a quarter of the population is unknown, whose variance is left.
    found = nps.estimate(nps.tabulate_survey(rows.dropna(), "r", fpc=400))
    plain = nps.estimate(nps.tabulate_survey(rows.dropna(), "r"))
    np.testing.assert_allclose(found.standard_error, plain.standard_error * 0.5, rtol=1e-12)


def test_a_known_stratum_with_people_who_did_not_answer_is_named():
    rows = staff(site=np.repeat(["a", "b"], 200), N=np.repeat([300, 200], 200))
    with pytest.raises(ValueError, match=r"that the 200 rows of stratum 'b' are the whole population.* rating, 100 of"):
        nps.tabulate_survey(rows, "r", strata="site", fpc="N")


def test_respondents_who_never_gave_a_rating_are_no_part_of_a_known_population():
    rows = staff(person=np.repeat(np.arange(200), 2), year=np.tile([2024, 2025], 200))
    with pytest.raises(
        ValueError, match=r"that the 200 people are the whole population.* without a rating, 50 of them"
    ):
        nps.tabulate_survey(rows, "r", by="year", respondent="person", fpc=200)
    # A person with one rating answered.
    rows.loc[rows.year == 2025, "r"] = None
    rows.loc[rows.year == 2024, "r"] = 9
    assert nps.tabulate_survey(rows, "r", by="year", respondent="person", fpc=200).n.tolist() == [200, 0]


def test_a_fraction_is_said_to_be_that_of_those_asked():
    rows = staff(w=1.0)
    counts = nps.tabulate_survey(rows, "r", fpc=800)
    assert counts.notes == ("100 rows without a rating count as asked; the sampling fraction is that of those asked",)
    # The numbers are those of the design, as in R: half of the population was asked.
    expected = nps.tabulate_survey(rows, "r").covariance / 2
    np.testing.assert_allclose(counts.covariance, expected, **ROUNDING)
    one = nps.tabulate_survey(rows.iloc[:301], "r", fpc=0.5)
    assert one.notes == ("1 row without a rating counts as asked; the sampling fraction is that of those asked",)
    assert nps.tabulate_survey(rows.dropna(), "r", fpc=800).notes == ()
    assert nps.tabulate_survey(rows, "r").notes == ()


def test_whole_clusters_may_have_rows_without_a_rating():
    rows = staff(team=np.arange(400) // 10)
    assert nps.tabulate_survey(rows, "r", cluster="team", fpc=80).notes == ()


@pytest.mark.parametrize(("value", "shown"), [(np.nan, "nan"), (-5, "-5"), (0, "0")])
def test_a_population_that_is_no_number_above_zero_is_refused(value, shown):
    rows = sample().assign(N=lambda x: np.where(x.index == 4, value, 40.0))
    assert told(rows, cluster="cluster", fpc="N") == (
        "`fpc` must hold numbers of units in the population, or sampling fractions up to 1, above 0; 1 of 120 in 'N' "
        f"are not (first: {shown} at row 5)."
    )


def test_a_population_that_varies_within_a_stratum_is_refused():
    rows = sample().assign(N=lambda x: np.where(x.index == 33, 41, 40))
    message = told(rows, strata="stratum", cluster="cluster", fpc="N")
    assert message.startswith("`fpc` must be the same for all rows of a stratum; 'N' has ")
    assert "40" in message
    assert "41" in message
    assert "in stratum 1" in message


def test_one_number_is_no_population_of_several_strata():
    message = told(sample(), strata="stratum", fpc=500)
    assert message.startswith("`fpc` must be a column")
    assert "4 strata" in message
    assert message.endswith("got 500.")


def test_more_populations_than_stages_are_refused():
    message = told(sample().assign(N=40, M=3), cluster="cluster", fpc=["N", "M"])
    assert message == "`fpc` may have one column for each stage of the sample; got ['N', 'M'] for 1."


def test_truth_values_and_texts_are_no_populations():
    assert told(sample(), fpc=True, error=TypeError) == "`fpc` must be a number; got True."
    assert told(sample().assign(N="many"), fpc="N").startswith("the column 'N' must hold numbers;")


# --------------------------------------------------------------------------- strata and clusters


def test_crossed_strata_are_those_of_the_pairs():
    rows = sample().assign(both=lambda x: [f"{s} {y}" for s, y in zip(x["stratum"], x["year"], strict=True)])
    found, expected = tabulated(rows, strata=["stratum", "year"]), tabulated(rows, strata="both")
    np.testing.assert_array_equal(found.covariance, expected.covariance)
    np.testing.assert_array_equal(found.df, expected.df)


def test_a_cluster_in_two_strata_is_refused_unless_labels_start_anew():
    rows = sample().assign(cluster=lambda x: x["cluster"] % 5)
    assert told(rows, cluster="cluster", strata="stratum") == (
        "a cluster must lie in one stratum; 5 of 5 in 'cluster' do not (first: 0, in 0 and 3). If labels start anew in "
        "each stratum, pass `nest=True`; if people or places were drawn once and asked in several periods, the period "
        "is no stratum."
    )
    nested = tabulated(rows, cluster="cluster", strata="stratum", nest=True)
    assert nested.df.tolist() == [20 - 4]
    np.testing.assert_array_equal(
        nested.covariance, tabulated(sample(), cluster="cluster", strata="stratum").covariance
    )


def test_people_in_two_strata_are_told_that_a_period_is_no_stratum():
    rows = sample().assign(person=lambda x: np.arange(len(x)) // 2)
    # The first row is of 2025, and each person's last one of 2024. The advice works.
    assert told(rows, respondent="person", by="year", strata="year") == (
        "a respondent must lie in one stratum; 60 of 60 in 'person' do not (first: 0, in 2025 and 2024). Leave the "
        "period out of `strata`, if it is there: people were drawn once, and asked in several periods."
    )
    assert "60 respondents as clusters" in tabulated(rows, respondent="person", by="year").design.description


def test_a_stratum_with_one_cluster_is_refused_with_ways_out():
    rows = sample().assign(stratum=lambda x: np.where(x["cluster"] == 7, 9, x["stratum"]))
    assert told(rows, strata="stratum", cluster="cluster") == (
        "1 of 5 strata have one cluster only (first: 9), which tells nothing of the variance between clusters. Join "
        'strata that are alike, or say what such a stratum counts: `lonely="adjust"`, its distance from the whole '
        'sample (careful), or `lonely="certainty"`, nothing, as it was sure to be in the sample.'
    )
    certain, adjusted = (
        error_of(rows, strata="stratum", cluster="cluster", lonely=lonely) for lonely in ("certainty", "adjust")
    )
    assert (certain > 0).all()
    assert (certain < adjusted).all()


def test_one_cluster_is_no_sample_of_clusters():
    message = told(sample().assign(one=1), cluster="one")
    assert message == (
        "the sample has one cluster only, which tells nothing of the variance between clusters. If rows are the units "
        "that were drawn, leave `cluster` out."
    )
    assert tabulated(sample()).n.tolist() == [120]


def test_one_respondent_is_no_sample():
    assert told(sample().iloc[:1]) == (
        'the sample has one row only, which tells nothing of the variance between rows. Pass `lonely="adjust"`, which '
        "leaves everything open, or count it with `npsstats.tabulate`."
    )
    assert told(sample().iloc[:2].assign(person=1), respondent="person", by="year") == (
        "the sample has one respondent only, which tells nothing of the variance between respondents. If rows are of "
        "different people, leave `respondent` out."
    )
    message = told(sample().iloc[:3], strata="year")
    assert message.startswith(
        "1 of 2 strata have one row only (first: 2024), which tells nothing of the variance between rows. "
    )
    found = nps.estimate(tabulated(sample().iloc[:1], lonely="adjust"))
    assert (found.low[0], found.high[0]) == (-100, 100)


def test_a_lonely_cluster_of_a_later_stage_is_refused():
    rows = sample().assign(N=40, M=10)
    rows = rows[(rows["cluster"] != 3) | (rows["class"] == 9)]
    assert "have one unit of stage 2 only" in told(rows, cluster=["cluster", "class"], fpc=["N", "M"])


@pytest.mark.parametrize(
    ("design", "df"),
    [
        ({}, 119),
        ({"strata": "stratum"}, 116),
        ({"cluster": "cluster"}, 19),
        ({"cluster": "cluster", "strata": "stratum"}, 16),
        ({"cluster": ["cluster", "class"], "strata": "stratum"}, 16),
    ],
)
def test_degrees_of_freedom_are_clusters_minus_strata(design, df):
    assert tabulated(sample(), **design).df.tolist() == [df]


def test_degrees_of_freedom_of_a_group_are_of_clusters_and_strata_with_its_ratings():
    rows = sample().assign(shop=lambda x: np.where(x["cluster"].isin([0, 1, 5]), "a", "b"))
    counts = tabulated(rows, by="shop", cluster="cluster", strata="stratum")
    assert counts.df.tolist() == [3 - 2, 17 - 4]
    assert counts.pool().df.tolist() == [16]


# --------------------------------------------------------------------------- the same people in several periods


def panel(seed=5, people=60, repeat=2, weights=False):
    rng = np.random.default_rng(seed)
    lean = rng.normal(7.5, 2, people)
    drawn = np.concatenate(
        [np.clip(np.round(lean - wave + rng.normal(0, 1.5, people)), 0, 10) for wave in range(repeat)]
    )
    return pd.DataFrame(
        {
            "r": drawn.astype(int),
            "wave": np.repeat(np.arange(repeat), people),
            "person": np.tile(np.arange(people), repeat),
            "w": np.tile(rng.uniform(0.5, 2, people) if weights else np.ones(people), repeat),
        }
    )


def points(ratings):
    return np.where(ratings > 8, 100.0, np.where(ratings < 7, -100.0, 0.0))


def test_the_change_of_a_panel_is_that_of_its_pairs():
    rows = panel()
    counts = tabulated(rows, by="wave", respondent="person")
    found = nps.compare(counts, reference=0, method="t")
    values = points(rows["r"].to_numpy()).reshape(2, -1)
    paired = stats.ttest_rel(values[1], values[0])
    np.testing.assert_allclose(found.difference, [(values[1] - values[0]).mean()], rtol=1e-12)
    np.testing.assert_allclose(found.statistic, [paired.statistic], rtol=1e-11)
    np.testing.assert_allclose(found.pvalue, [paired.pvalue], rtol=1e-10)
    limits = paired.confidence_interval()
    np.testing.assert_allclose([found.low[0], found.high[0]], [limits.low, limits.high], rtol=1e-11)
    independent = nps.compare(tabulated(rows, by="wave"), reference=0)
    assert found.standard_error < 0.9 * independent.standard_error


def test_the_covariance_of_waves_with_weights_is_that_of_the_pairs():
    rows = panel(weights=True)
    counts = tabulated(rows, by="wave", respondent="person")
    w = rows["w"].to_numpy()[:60] / rows["w"][:60].sum()
    values = points(rows["r"].to_numpy()).reshape(2, -1)
    u = w * (values - (values @ w)[:, None])
    expected = 60 / 59 * u @ u.T
    score = np.kron(np.eye(2), np.array(nps.NPS.values)[:, None])
    np.testing.assert_allclose(score.T @ counts.covariance @ score, expected, rtol=1e-11)


def test_the_covariance_of_partly_the_same_people_counts_those_in_both():
    rows = panel(people=40)
    rows = rows[~((rows["wave"] == 0) & (rows["person"] < 10)) & ~((rows["wave"] == 1) & (rows["person"] >= 30))]
    counts = tabulated(rows, by="wave", respondent="person")
    values = rows.assign(v=points(rows["r"].to_numpy())).pivot_table(index="person", columns="wave", values="v")
    u = ((values - values.mean()) / values.notna().sum()).fillna(0).to_numpy()
    expected = 40 / 39 * u.T @ u
    score = np.kron(np.eye(2), np.array(nps.NPS.values)[:, None])
    np.testing.assert_allclose(score.T @ counts.covariance @ score, expected, rtol=1e-11)
    assert counts.df.tolist() == [29, 29]
    assert counts.pool().df.tolist() == [39]


def test_clusters_that_recur_join_waves_as_people_do():
    """As R's package survey takes clusters that are asked in both years: by the sums of each cluster."""
    rows = sample()
    counts = tabulated(rows, by="year", cluster="cluster")
    v, w = points(rows["r"].to_numpy()), rows["w"].to_numpy()
    u = []
    for year in (2024, 2025):
        own = np.where(rows["year"] == year, w, 0)
        u.append(np.bincount(rows["cluster"], own * (v - np.average(v, weights=own)) / own.sum()))
    u = np.array(u)
    expected = 20 / 19 * (u @ u.T)
    found = nps.compare(counts, reference=2024)
    np.testing.assert_allclose(
        found.standard_error, [np.sqrt(expected[0, 0] + expected[1, 1] - 2 * expected[0, 1])], rtol=1e-11
    )


def test_people_lie_in_clusters_that_were_drawn():
    rows = panel().assign(school=lambda x: x["person"] // 6)
    both = tabulated(rows, by="wave", respondent="person", cluster="school")
    np.testing.assert_array_equal(both.covariance, tabulated(rows, by="wave", cluster="school").covariance)
    moved = rows.assign(school=lambda x: np.where((x["wave"] == 1) & (x["person"] == 0), 9, x["school"]))
    message = told(moved, by="wave", respondent="person", cluster="school")
    assert message.startswith(
        "`cluster` must hold all rows of a respondent; 1 in 'person' have rows in several of 'school'"
    )


def test_people_in_clusters_of_the_same_label_in_two_strata_are_refused():
    rows = panel().assign(school=lambda x: x["person"] // 6)
    message = told(rows, by="wave", respondent="person", cluster="school", strata="wave", nest=True)
    assert "person" in message


# --------------------------------------------------------------------------- replicate weights


def with_jackknife(rows, cluster="cluster"):
    """Weights without one cluster at a time, and those left raised to the same sum of clusters."""
    clusters = rows[cluster].unique()
    size = len(clusters)
    names = {
        f"rep{i}": np.where(rows[cluster] == c, 0.0, rows["w"] * size / (size - 1)) for i, c in enumerate(clusters)
    }
    return rows.assign(**names), list(names)


def test_jackknife_of_clusters_of_equal_weight_is_linearisation():
    """theta_(c) - theta = (theta - m_c) / (C - 1) exactly: both are sum (m_c - theta)^2 / (C (C - 1))."""
    rows = sample().assign(w=1.0)
    rows, names = with_jackknife(rows)
    found = error_of(rows, replicate_weights=nps.ReplicateWeights(names, kind="JK1"))
    np.testing.assert_allclose(found, error_of(rows, cluster="cluster"), rtol=1e-12)
    values = points(rows["r"].to_numpy()).reshape(20, 6).mean(axis=1)
    np.testing.assert_allclose(found, [stats.sem(values)], rtol=1e-12)


def test_jackknife_by_hand_with_weights():
    rows, names = with_jackknife(sample())
    counts = tabulated(rows, by="year", replicate_weights=nps.ReplicateWeights(names, kind="JK1"))
    v = points(rows["r"].to_numpy())
    own = (rows["year"] == 2025).to_numpy()
    full = np.average(v[own], weights=rows["w"][own])
    each = np.array([np.average(v[own], weights=rows[name][own]) for name in names])
    np.testing.assert_allclose(
        nps.estimate(counts).standard_error[1], np.sqrt(19 / 20 * ((each - full) ** 2).sum()), rtol=1e-12
    )
    assert counts.df.tolist() == [19, 19]
    around_mean = nps.ReplicateWeights(names, kind="JK1", centre="mean")
    np.testing.assert_allclose(
        error_of(rows[own], replicate_weights=around_mean), [np.sqrt(19 * each.var())], rtol=1e-12
    )


def test_factors_are_replicate_weights_without_the_weight():
    rows, names = with_jackknife(sample())
    factors = rows.assign(**{name: rows[name] / rows["w"] for name in names})
    whole = nps.ReplicateWeights(names, kind="JK1")
    apart = nps.ReplicateWeights(names, kind="JK1", combined=False, df=19)
    np.testing.assert_allclose(
        error_of(factors, replicate_weights=apart), error_of(rows, replicate_weights=whole), rtol=1e-12
    )


def test_given_degrees_of_freedom_are_taken():
    rows, names = with_jackknife(sample())
    counts = tabulated(rows, by="year", replicate_weights=nps.ReplicateWeights(names, kind="JK1", df=7))
    assert counts.df.tolist() == [7, 7]


def test_a_replicate_without_a_group_says_nothing_of_it():
    """With all 'a' in the first cluster, its replicate has none."""
    rows = sample().assign(shop=lambda x: np.where(x["cluster"] < 2, "a", "b"))
    rows, names = with_jackknife(rows)
    rows[names[1]] = np.where(rows["shop"] == "a", 0.0, rows[names[1]])
    counts = tabulated(rows, by="shop", replicate_weights=nps.ReplicateWeights(names, kind="JK1"))
    assert np.isfinite(counts.covariance).all()


@pytest.mark.parametrize(("argument", "value"), [("strata", "stratum"), ("cluster", "cluster"), ("fpc", 500)])
def test_replicate_weights_hold_the_design_already(argument, value):
    rows, names = with_jackknife(sample())
    message = told(rows, **{argument: value}, replicate_weights=nps.ReplicateWeights(names, kind="JK1"))
    assert message == (
        f"`{argument}` is for variances by linearisation or Rao and Wu's bootstrap; replicate weights of the data hold "
        "the design already. Leave it out."
    )


def test_replicate_weights_need_the_weights_they_were_made_from():
    """An unweighted estimate would be compared with weighted replicates."""
    rows, names = with_jackknife(sample())
    with pytest.raises(ValueError, match="`weight`") as caught:
        nps.tabulate_survey(rows, "r", replicate_weights=nps.ReplicateWeights(names, kind="JK1"))
    assert str(caught.value) == (
        "`weight` must be given with combined replicate weights, which vary around it: name the column of the weights "
        "of the whole sample. If the replicates are factors of weights, pass `combined=False`."
    )
    # Factors of weights of one are weights.
    ones, names = with_jackknife(sample().assign(w=1.0))
    apart = nps.ReplicateWeights(names, kind="JK1", combined=False)
    found = nps.estimate(nps.tabulate_survey(ones, "r", replicate_weights=apart)).standard_error
    np.testing.assert_allclose(found, error_of(ones, cluster="cluster"), rtol=1e-12)


def test_trimming_would_leave_replicate_weights_as_they_are():
    rows, names = with_jackknife(sample())
    message = told(rows, replicate_weights=nps.ReplicateWeights(names, kind="JK1"), trim=(0.5, 1.5))
    assert message == (
        "`trim` would change `weight` and not the replicate weights that were made from it. Leave `trim` out; or "
        "divide the replicate weights by `weight` and pass them with `combined=False`, as factors of what trimming "
        "leaves."
    )
    # The advice: factors of trimmed weights are the replicates of weights that were trimmed before.
    factors = rows.assign(**{name: rows[name] / rows["w"] for name in names})
    apart = nps.ReplicateWeights(names, kind="JK1", combined=False)
    part = rows["w"].to_numpy()
    found = tabulated(factors, replicate_weights=apart, trim=(0.5, 1.5))
    trimmed = trim_weights(part, 0.5, 1.5)
    before, names = with_jackknife(rows.assign(w=trimmed))
    expected = tabulated(before, replicate_weights=nps.ReplicateWeights(names, kind="JK1"))
    np.testing.assert_allclose(found.covariance, expected.covariance, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize(("value", "shown"), [(-1.0, "-1"), (np.nan, "nan"), (np.inf, "inf")])
def test_a_replicate_weight_that_is_no_number_is_refused(value, shown):
    rows, names = with_jackknife(sample())
    rows.loc[5, "rep3"] = value
    assert told(rows, replicate_weights=nps.ReplicateWeights(names, kind="JK1")) == (
        f"`replicate_weights` must be finite numbers, 0 or more; 1 of 120 in 'rep3' are not (first: {shown} at row 6)."
    )


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"columns": "rep1", "kind": "JK1"}, TypeError, "`columns` must be a list of column names"),
        ({"columns": ["rep1"], "kind": "JK1"}, ValueError, "`columns` must name two replicates or more"),
        ({"kind": "jackknife"}, ValueError, "`kind` must be one of 'JK1', 'JKn', 'BRR', 'Fay', 'bootstrap', 'other'"),
        ({"kind": "JK2"}, ValueError, "got 'JK2'. JK2 is 'JKn' with `scales` of 1; successive differences are 'other'"),
        ({"kind": "Fay"}, ValueError, "`fay` is the factor of kind 'Fay', and needed there"),
        ({"kind": "BRR", "fay": 0.5}, ValueError, "`fay` is the factor of kind 'Fay'"),
        ({"kind": "Fay", "fay": 1.0}, ValueError, "`fay` must be 0 or more and below 1; got 1.0"),
        ({"kind": "JKn"}, ValueError, "`scales` must be given for kind 'JKn'"),
        ({"kind": "JKn", "scales": [0.5]}, ValueError, "for each of the 2 replicates"),
        ({"kind": "JKn", "scales": [0.5, -1]}, ValueError, "`scales` must hold a number, 0 or more"),
        ({"kind": "other"}, ValueError, "`scale` or `scales` must be given for kind 'other'"),
        ({"kind": "JK1", "scale": 0}, ValueError, "`scale` must be above 0; got 0"),
        ({"kind": "JK1", "centre": "median"}, ValueError, "`centre` must be 'estimate' or 'mean'; got 'median'"),
        ({"kind": "JK1", "df": 0}, ValueError, "`df` must be 1 or more; got 0"),
        ({"kind": "JK1", "df": 2.5}, (TypeError, ValueError), "`df`"),
    ],
)
def test_what_does_not_fit_the_kind_of_replicates_is_refused(arguments, error, message):
    with pytest.raises(error) as caught:
        nps.ReplicateWeights(**{"columns": ["rep1", "rep2"], **arguments})
    assert message in str(caught.value)


def test_a_bootstrap_with_a_seed_is_reproducible():
    rows, design = sample(), {"by": "year", "cluster": "cluster", "strata": "stratum"}

    def covariance(rng):
        return tabulated(rows, **design, replicate_weights=nps.RaoWu(50, rng=rng)).covariance

    np.testing.assert_array_equal(covariance(3), covariance(3))
    np.testing.assert_array_equal(covariance(np.random.default_rng(3)), covariance(3))
    assert not np.array_equal(covariance(3), covariance(4))
    assert not np.array_equal(covariance(None), covariance(None))


def test_a_bootstrap_has_the_errors_and_degrees_of_freedom_of_linearisation():
    rows, design = sample(), {"cluster": "cluster", "strata": "stratum"}
    counts = tabulated(rows, **design, replicate_weights=nps.RaoWu(4000, rng=11))
    assert counts.df.tolist() == [16]
    # Chance leaves 1 / sqrt(8000) = 1.1 %, terms of second order some percent; the seed is fixed.
    np.testing.assert_allclose(nps.estimate(counts).standard_error, error_of(rows, **design), rtol=0.06)


def test_a_bootstrap_does_not_pass_over_how_lone_clusters_count():
    """Either it counts their distance, or it says that it cannot."""
    rows = sample().assign(stratum=lambda x: np.where(x["cluster"] == 7, 9, x["stratum"]))
    design = {"strata": "stratum", "cluster": "cluster", "replicate_weights": nps.RaoWu(50, rng=1)}
    try:
        found = error_of(rows, **design, lonely="adjust")
    except ValueError:
        return
    assert found > error_of(rows, **design, lonely="certainty")


def test_a_bootstrap_does_not_pass_over_later_stages():
    """Nearly all clusters were drawn, so most of the variance is within them: or it says that it cannot."""
    rows, design = sample().assign(N=21, M=50), {"cluster": ["cluster", "class"], "fpc": ["N", "M"]}
    try:
        found = error_of(rows, **design, replicate_weights=nps.RaoWu(1000, rng=1))
    except ValueError:
        return
    np.testing.assert_allclose(found, error_of(rows, **design), rtol=0.15)


@pytest.mark.parametrize("replicates", [1, 0, -3])
def test_a_bootstrap_has_two_replicates_or_more(replicates):
    with pytest.raises(ValueError, match=f"`replicates` must be 2 or more; got {replicates}"):
        nps.RaoWu(replicates)
