"""Details of samples with a design that other tests do not see: each test is of one line that could be wrong."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

import npsstats as nps
from npsstats.kernels import linearisation
from npsstats.ratings.variances import Linearised, Replicates

METHODS = ("score", "likelihood", "t", "wald")

# Values of ratings 0-10 on the scale from 0 to 1.
UNIT = np.array([0.0] * 7 + [0.5] * 2 + [1.0] * 2)
POINTS = 200 * UNIT - 100

# Sums of some hundred products.
SUMS = {"rtol": 1e-11, "atol": 1e-15}

pytestmark = pytest.mark.filterwarnings("ignore::npsstats.SmallSampleWarning")


def sample(seed=1, n=240, clusters=12):
    """Clusters that lean to one side, weights, and margins that the ratings go along with."""
    rng = np.random.default_rng(seed)
    cluster = np.arange(n) % clusters
    lean = rng.normal(0, 1.5, clusters)[cluster]
    rating = np.clip(np.round(rng.normal(7.5, 2, n) + lean), 0, 10).astype(int)
    return pd.DataFrame(
        {
            "r": rating,
            "g": np.where(rng.random(n) < 0.5, "a", "b"),
            "w": rng.uniform(0.25, 4, n),
            "cluster": cluster,
            "sex": np.where(rng.random(n) < 0.3 + 0.04 * rating, "f", "m"),
            "age": rng.choice(["old", "middle", "young"], n, p=[0.5, 0.3, 0.2]),
        }
    )


MARGINS = {"sex": {"f": 520, "m": 480}, "age": {"old": 300, "middle": 330, "young": 370}}


def with_jackknife(rows, weight="w"):
    """Weights without one cluster at a time, and those left raised to the same number of clusters."""
    labels = rows["cluster"].unique()
    size = len(labels)
    names = [f"rep{i}" for i in range(size)]
    factors = np.where(rows["cluster"].to_numpy()[:, None] == labels, 0.0, size / (size - 1))
    weights = factors * rows[weight].to_numpy()[:, None] if weight else factors
    return rows.join(pd.DataFrame(weights, columns=names, index=rows.index)), names


# --------------------------------------------------------------------------- linearisation


def test_sums_of_many_strata_are_those_of_few(monkeypatch):
    """Above so many numbers the sums of strata are multiplied as sparse matrices; here the second stage has 40."""
    rng = np.random.default_rng(3)
    rows, schools, classes = 600, 40, 120
    klass = rng.integers(0, classes, rows)
    school_of_class, region_of_school = np.arange(classes) % schools, np.arange(schools) % 3
    fractions = rng.uniform(0.1, 0.9, 3), rng.uniform(0.1, 0.9, schools)
    stages = [
        linearisation.Stage(school_of_class[klass], region_of_school, np.bincount(region_of_school), fractions[0]),
        linearisation.Stage(klass, school_of_class, np.bincount(school_of_class), fractions[1]),
    ]
    entries = [
        (rng.integers(-1, 7, rows), rng.uniform(0.5, 3, rows)),
        (rng.integers(7, 12, rows), rng.uniform(0.5, 3, rows)),
    ]
    for policy in ("adjust", "certainty"):
        dense = linearisation.total_covariance(stages, entries, 12, policy)
        with monkeypatch.context() as few:
            few.setattr(linearisation, "MOST_DENSE", 0)
            sparse = linearisation.total_covariance(stages, entries, 12, policy)
        # Sums of 600 products in another order, beside the largest variance.
        np.testing.assert_allclose(sparse, dense, rtol=0, atol=1e-12 * dense.max())


@pytest.mark.parametrize(
    "design",
    [
        {"cluster": ["school", "class"], "fpc": ["all", "half"]},
        {"cluster": "school", "strata": "region", "fpc": "some"},
    ],
    ids=["all clusters, half of their people", "all of one stratum, half of another"],
)
def test_a_sample_that_is_whole_in_part_leaves_room_for_chance(design):
    """The ratings of group b agree, and could be otherwise in the part of the population that was not asked."""
    rows = sample().assign(school=lambda x: x["cluster"])
    rows = rows.assign(
        region=rows["school"] % 2,
        some=np.where(rows["school"] % 2, 1.0, 0.5),
        all=1.0,
        half=0.5,
        r=np.where(rows["g"] == "b", 10, rows["r"]),
        **{"class": np.arange(len(rows)) // 2},
    )
    counts = nps.tabulate_survey(rows, "r", by="g", **design)
    effects = nps.design_effects(counts)
    sizes = rows[rows["g"] == "b"].groupby("school").size()
    # Each cluster counts once: by its size, (sum t)^2 / sum t^2.
    np.testing.assert_allclose(effects.effective_n[1], sizes.sum() ** 2 / (sizes**2).sum(), rtol=1e-12)
    found = nps.estimate(counts)
    simple = nps.estimate(nps.tabulate(rows, rating="r", by="g"))
    assert found.high[1] == 100
    assert found.low[1] < simple.low[1]


# --------------------------------------------------------------------------- replicates


def test_a_mean_of_replicates_is_of_those_that_have_the_group():
    """Group a is 1/2, 1/4, 3/4 and missing: around their mean 1/2. Group b: 1/5 to 4/5, around 1/2."""
    totals = np.array(
        [
            [[1.0, 1.0], [4.0, 1.0]],
            [[3.0, 1.0], [3.0, 2.0]],
            [[0.0, 0.0], [2.0, 3.0]],
            [[1.0, 3.0], [1.0, 4.0]],
        ]
    )
    variance = Replicates(totals, np.array([1.0, 2.0, 3.0, 4.0]), "mean")
    found = variance.of_means(totals[0], np.eye(2), np.array([[0.0], [1.0]]))
    # Squares of a: 0, 1/16, none, 1/16 times 1, 2, 3, 4; of b: 9, 1, 1, 9 hundredths; products of those that have both.
    first, second = 6 / 16, (9 + 2 + 3 + 36) / 100
    both = 2 * (-0.25) * (-0.1) + 4 * 0.25 * 0.3
    np.testing.assert_allclose(found, [[first, both], [both, second]], rtol=1e-14)


def test_deviations_of_a_bootstrap_count_for_one_replicate_each():
    """V = sum (theta_r - theta)^2 / R: around the estimate no degree of freedom is used up."""
    rows = sample()
    counts = nps.tabulate_survey(
        rows, "r", by="g", weight="w", cluster="cluster", replicate_weights=nps.RaoWu(5, rng=3)
    )
    each = counts.variance.totals @ POINTS / counts.variance.totals.sum(axis=2)
    scores = counts.totals @ POINTS / counts.totals.sum(axis=1)
    deviations = each - scores
    values = np.kron(np.eye(2), POINTS[:, None])
    found = values.T @ counts.covariance @ values
    np.testing.assert_allclose(found, deviations.T @ deviations / 5, **SUMS)
    np.testing.assert_allclose(nps.estimate(counts).standard_error, np.sqrt((deviations**2).mean(axis=0)), rtol=1e-12)


def test_factors_multiply_the_weights_before_calibration():
    """Linear calibration to two margins does not forget where it started, so that this makes a difference."""
    rows, names = with_jackknife(sample(), weight=None)
    products = rows.assign(**{name: rows[name] * rows["w"] for name in names})
    asked = {"by": "g", "weight": "w", "margins": MARGINS, "calibration": "linear"}
    found, expected, other = (
        nps.tabulate_survey(
            data, "r", **asked, replicate_weights=nps.ReplicateWeights(names, kind="JK1", combined=combined)
        )
        for data, combined in ((rows, False), (products, True), (rows, True))
    )
    # Newton's method meets totals to 1e-12 of each.
    np.testing.assert_allclose(found.variance.totals, expected.variance.totals, rtol=1e-9)
    np.testing.assert_allclose(found.covariance, expected.covariance, rtol=1e-7, atol=1e-9 * found.covariance.max())
    there = expected.variance.totals > 0
    assert np.abs(other.variance.totals[there] / expected.variance.totals[there] - 1).max() > 0.01


def test_each_bootstrap_replicate_is_calibrated_from_the_weights_before():
    """w = d (1 + x' lambda), lambda from X'DX lambda = T - X'd, of each replicate: by hand."""
    rows = sample()
    drawn = {"weight": "w", "cluster": "cluster", "replicate_weights": nps.RaoWu(6, rng=8)}
    # The factors of the clusters are the ratios of their totals; the same seed draws the same ones.
    plain = nps.tabulate_survey(rows, "r", by="cluster", **drawn)
    factors = plain.variance.totals.sum(axis=2) / plain.totals.sum(axis=1)
    counts = nps.tabulate_survey(rows, "r", by="g", margins=MARGINS, calibration="linear", **drawn)
    x = np.column_stack([rows[name] == cell for name, cells in MARGINS.items() for cell in cells]).astype(float)
    target = np.array([total for cells in MARGINS.values() for total in cells.values()], dtype=float)
    y = np.zeros((len(rows), 22))
    y[np.arange(len(rows)), np.where(rows["g"] == "a", 0, 11) + rows["r"]] = 1
    place = {label: i for i, (label,) in enumerate(plain.labels)}
    expected = []
    for factor in factors:
        d = rows["w"].to_numpy() * factor[rows["cluster"].map(place)]
        d = d * 1000 / d.sum()
        # Both margins add up to the same, so one column is redundant: any solution gives the same weights.
        way = np.linalg.lstsq(x.T @ (d[:, None] * x), target - x.T @ d, rcond=1e-10)[0]
        expected.append((d * (1 + x @ way)) @ y)
    found = counts.variance.totals.reshape(6, 22)
    # Newton's method meets totals to 1e-12 of each; so does the system of five unknowns.
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9)


@pytest.fixture(scope="module")
def bootstrapped():
    """Forty bootstrap replicates of ten clusters, to four decimals, as they are published."""
    rows = sample(clusters=10)
    draws = np.random.default_rng(4).multinomial(9, np.full(10, 0.1), size=40)
    factors = draws[:, rows["cluster"]] * 10 / 9
    names = [f"rep{i}" for i in range(40)]
    weights = pd.DataFrame((factors * rows["w"].to_numpy()).T.round(4), columns=names)
    assert np.linalg.matrix_rank(factors) == 10
    return rows.join(weights), names


def test_rounded_replicate_weights_have_the_rank_of_what_was_rounded(bootstrapped):
    rows, names = bootstrapped
    counts = nps.tabulate_survey(
        rows, "r", by="g", weight="w", replicate_weights=nps.ReplicateWeights(names, kind="bootstrap")
    )
    # Left over by rounding: 1e-4 of weights around 2. Without a tolerance for it the rank is much higher.
    assert np.linalg.matrix_rank(rows[names].to_numpy()) > 25
    assert counts.df.tolist() == [9, 9]
    assert counts.pool().df.tolist() == [9]


def test_replicates_know_of_a_group_what_its_rows_tell(bootstrapped):
    """Group a is of three clusters and b, of four respondents, of two others; c is all the rest."""
    rows, names = bootstrapped
    assert rows["cluster"][:20].tolist() == [*range(10), *range(10)]
    rows = rows.assign(g="c")
    rows.loc[[0, 1, 2], "g"] = "a"
    rows.loc[[5, 6, 15, 16], "g"] = "b"
    counts = nps.tabulate_survey(
        rows, "r", by="g", weight="w", replicate_weights=nps.ReplicateWeights(names, kind="bootstrap")
    )
    assert counts.df.tolist() == [2, 1, 9]
    # Together a rank of 3 and one of 2; with c, all ten.
    assert counts.select("a", "b").pool().df.tolist() == [4]
    assert counts.pool().df.tolist() == [9]
    found = nps.estimate(counts, method="t")
    reach = stats.t.isf(0.025, [2, 1, 9]) * found.standard_error
    np.testing.assert_allclose(found.high - found.score, reach, rtol=1e-10)
    change = nps.compare(counts, reference="a", method="t")
    np.testing.assert_allclose(change.pvalue, 2 * stats.t.sf(np.abs(change.statistic), [4, 9]), rtol=1e-10)


@pytest.mark.parametrize("df", [None, 30])
def test_three_respondents_have_two_degrees_of_freedom_whatever_the_replicates(df):
    """Jackknife of 120 clusters, which have the rank 120; also where the publisher says 30."""
    rows, names = with_jackknife(sample(clusters=120))
    rows["g"] = np.where(rows.index < 3, "few", "others")
    rows.loc[:2, "r"] = [10, 8, 9]
    replicates = nps.ReplicateWeights(names, kind="JK1", df=df)
    counts = nps.tabulate_survey(rows, "r", by="g", weight="w", replicate_weights=replicates)
    found = nps.estimate(counts, method="t")
    np.testing.assert_allclose(
        found.high - found.score, stats.t.isf(0.025, [2, df or 119]) * found.standard_error, rtol=1e-10
    )
    assert nps.design_effects(counts).df.tolist() == [2, df or 119]


# --------------------------------------------------------------------------- differences


def likelihood_tilt(shares, values, mean):
    """The shares of greatest likelihood with a mean: p = w / (1 + lambda (c - mean)) (Owen 2001)."""
    gap = values - mean
    low, high = -1 / gap.max(), -1 / gap.min()

    def slope(multiplier):
        return (shares * gap / (1 + multiplier * gap)).sum()

    # Between the poles, where a share would be infinite.
    inside = 1e-9 * (high - low)
    multiplier = optimize.brentq(slope, low + inside, high - inside, xtol=1e-15, rtol=1e-14)
    return shares / (1 + multiplier * gap), multiplier


def test_respondents_tell_of_the_spread_and_clusters_of_the_difference():
    """The score statistic of two groups of clusters of six, all of it by hand.

    With V of each group by its C clusters, V = C / (C - 1) sum (mean_c - mean)^2 / C^2, it counts like
    m = n / (n - 1) S / V respondents; the variance under the hypothesis is v n / (n - 1) / m with v of the shares of
    greatest likelihood, and z solves A (z^2 - 1) + z = s (Gart & Nam 1988).
    """
    rng = np.random.default_rng(6)
    clusters = np.array([7, 9])
    cluster = np.repeat(np.arange(16), 6)
    group = (cluster >= 7).astype(int)
    lean = rng.normal([7.0, 8.2], 1.2, (16, 2))[cluster, group]
    rows = pd.DataFrame(
        {"r": np.clip(np.round(rng.normal(lean, 1.5)), 0, 10).astype(int), "g": group, "cluster": cluster}
    )
    levels, values = np.array([0.0, 0.5, 1.0]), UNIT[rows["r"]]
    shares = np.array([[(values[group == g] == level).mean() for level in levels] for g in (0, 1)])
    mean, n = shares @ levels, 6 * clusters
    of_clusters = values.reshape(16, 6).mean(axis=1)
    parts = [of_clusters[:7], of_clusters[7:]]
    variance = np.array([part.var(ddof=1) / part.size for part in parts])
    spread = (shares * (levels - mean[:, None]) ** 2).sum(axis=1)
    m = n / (n - 1) * spread / variance

    def balance(theta):
        # Both groups have the same mean, and one multiplier: lambda_i = a_i mu / m_i.
        return sum(size * likelihood_tilt(w, levels, theta)[1] for size, w in zip(m, shares, strict=True))

    theta = optimize.brentq(balance, *sorted(mean), xtol=1e-15, rtol=1e-14)
    tilted = np.array([likelihood_tilt(w, levels, theta)[0] for w in shares])
    second, third = ((tilted * (levels - theta) ** power).sum(axis=1) for power in (2, 3))
    total = (second * n / (n - 1) / m).sum()
    score = (mean[1] - mean[0]) / np.sqrt(total)
    skewness = (third[1] / m[1] ** 2 - third[0] / m[0] ** 2) / (6 * total**1.5)
    z = (-1 + np.sqrt(1 + 4 * skewness * (skewness + score))) / (2 * skewness)
    counts = nps.tabulate_survey(rows, "r", by="g", cluster="cluster")
    found = nps.compare(counts, reference=0)
    # Multipliers are roots to 1e-14 near poles, and the solution of the quadratic loses two digits.
    np.testing.assert_allclose(found.statistic, [z], rtol=1e-8)
    # Six to a cluster count like so few that n / (n - 1) and m / (m - 1) are told apart.
    assert ((m / (m - 1)) / (n / (n - 1)) > 1.02).all()


def test_a_season_of_a_survey_without_design_is_tested_as_in_simple_counts():
    """By chi-square, as respondents are many; 47 degrees of freedom would change the p-value."""
    rng = np.random.default_rng(2)
    quarters = [f"{year}Q{quarter}" for year in (2023, 2024) for quarter in (1, 2, 3, 4)]
    rows = pd.DataFrame({"q": np.repeat(quarters, 6), "r": rng.choice([3, 8, 10, 9, 7], 48)})
    rows.loc[rows["q"].str.endswith("Q2") & (rows["r"] == 3), "r"] = 10
    asked = {"season": "quarter", "overdispersion": False}
    simple = nps.trend(nps.tabulate(rows, rating="r", by="q"), **asked)
    for design in ({}, {"weight": "w"}):
        survey = nps.trend(nps.tabulate_survey(rows.assign(w=2.5), "r", by="q", **design), **asked)
        for name in ("estimate", "standard_error", "low", "high", "pvalue", "season_pvalue"):
            # Decorrelated scores of periods that do not correlate: rounding only.
            np.testing.assert_allclose(getattr(survey, name), getattr(simple, name), rtol=1e-8, err_msg=name)
    chi2 = stats.chi2.isf(simple.season_pvalue[0], 3)
    assert stats.f.sf(chi2 / 3 * 45 / 47, 3, 45) > 1.05 * simple.season_pvalue[0]


# --------------------------------------------------------------------------- weights


def test_weights_raised_to_the_least_one_are_told():
    """Two of ten weigh less than a half of the mean, none more than three times."""
    rows = pd.DataFrame({"r": [10, 9, 3, 8, 10, 0, 7, 9, 10, 6], "w": [0.1, 0.2] + [1.0] * 8})
    counts = nps.tabulate_survey(rows, "r", weight="w", trim=(0.5, 3))
    assert counts.weighting.trimmed == 2
    assert counts.notes == ("2 weights cut off by trimming",)
    assert "Trimming cut 2 of them" in nps.describe_weights(counts).sentences()[0]
    both = nps.tabulate_survey(rows.assign(w=[0.1, 0.2] + [1.0] * 7 + [9.0]), "r", weight="w", trim=(0.5, 3))
    # Of a mean weight of 1.63: the two, and the one of nine.
    assert both.weighting.trimmed == 3


# --------------------------------------------------------------------------- a group in one cluster


@pytest.fixture(scope="module")
def one_cluster():
    """Groups b and c share eleven clusters; a is all of the twelfth."""
    rows = sample(n=360)
    rows["g"] = np.where(rows["cluster"] == 4, "a", np.where(rows["g"] == "a", "c", "b"))
    counts = nps.tabulate_survey(rows, "r", by="g", weight="w", cluster="cluster")
    assert counts.df.tolist() == [0, 10, 10]
    return counts


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("reference", ["b", "rest", "total", 20])
def test_nothing_is_known_of_a_difference_to_a_group_in_one_cluster(one_cluster, reference, method):
    found = nps.compare(one_cluster, reference=reference, method=method, adjustment="none")
    share = one_cluster.totals[0].sum() / one_cluster.totals.sum()
    # A group minus all is 1 - share times the group minus the others.
    low, high = {"total": (-200 * (1 - share), 200 * (1 - share)), 20: (-120, 80)}.get(reference, (-200, 200))
    assert found.labels[0] == ("a",)
    np.testing.assert_allclose([found.low[0], found.high[0]], [low, high], rtol=1e-12)
    assert found.pvalue[0] == 1
    if reference in ("b", 20):
        # Differences between the other groups are known as before.
        assert (found.high[1:] - found.low[1:] < 200).all()
        assert (found.pvalue[1:] < 1).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_reference_in_one_cluster_leaves_every_difference_open(one_cluster, method):
    found = nps.compare(one_cluster, reference="a", method=method, adjustment="none")
    np.testing.assert_array_equal([found.low, found.high], [[-200, -200], [200, 200]])
    np.testing.assert_array_equal(found.pvalue, 1)


@pytest.mark.parametrize("alternative", ["less", "greater"])
@pytest.mark.parametrize("method", METHODS)
def test_one_sided_tests_of_a_group_in_one_cluster_are_open(one_cluster, alternative, method):
    found = nps.compare(one_cluster, reference="a", method=method, alternative=alternative, adjustment="none")
    np.testing.assert_array_equal(found.pvalue, 0.5)


@pytest.mark.parametrize("method", METHODS)
def test_equivalence_of_a_group_in_one_cluster_is_not_shown(one_cluster, method):
    """Even within a margin that all but the ends of the scale keep."""
    found = nps.equivalence(one_cluster, reference="a", margin=199, method=method)
    np.testing.assert_array_equal([found.low, found.high], [[-200, -200], [200, 200]])
    assert (found.pvalue >= 0.5).all()


@pytest.mark.parametrize("method", ["score", "wald"])
def test_homogeneity_has_no_answer_with_a_group_in_one_cluster(one_cluster, method):
    found = nps.homogeneity(one_cluster, method=method)
    assert np.isnan(found.pvalue).all()
    words = " ".join(found.sentences())
    assert "has no answer" in words
    for claim in ("no difference is detected", "is not detected", "equal"):
        assert claim not in words
    assert np.isfinite(nps.homogeneity(one_cluster.select("b", "c"), method=method).pvalue).all()


def test_a_trend_refuses_a_period_in_one_cluster_with_a_way_out():
    rows = sample(n=480, clusters=24)
    rows["year"] = 2020 + rows["cluster"] % 6
    rows.loc[(rows["year"] == 2023) & (rows["cluster"] != 3), "year"] = 2024
    counts = nps.tabulate_survey(rows, "r", by="year", weight="w", cluster="cluster")
    with pytest.raises(ValueError, match="1 of 6 have one") as caught:
        nps.trend(counts)
    assert "(first: 2023)" in str(caught.value)
    kept = [year for year in counts.groups if year != 2023]
    assert np.isfinite(nps.trend(counts.select(*kept)).high).all()


def test_one_cluster_has_no_standard_error(one_cluster):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nps.SmallSampleWarning)
        scores, moves = nps.estimate(one_cluster), nps.compare(one_cluster, reference=one_cluster.groups[0])
    alone = one_cluster.df < 1
    assert alone.any()
    np.testing.assert_array_equal(np.isnan(scores.standard_error), alone)
    np.testing.assert_array_equal(np.isnan(nps.design_effects(one_cluster).standard_error), alone)
    assert np.isnan(moves.standard_error[alone[0] | alone[1:]]).all()
    assert scores.to_dict()["standard_error"][int(np.argmax(alone))] is None


def test_design_effects_say_that_the_variance_of_one_cluster_is_unknown(one_cluster):
    first, *others = nps.design_effects(one_cluster).sentences()[:3]
    assert "Of the variance of NPS" in first
    assert "in one cluster tell nothing" in first
    for sentence in others:
        assert "nothing" not in sentence


def test_design_effects_of_one_respondent_know_no_variance():
    rows = pd.DataFrame({"r": [9, 3, 10, 4, 8], "g": [1, 2, 2, 2, 2]})
    assert nps.design_effects(nps.tabulate_survey(rows, "r", by="g")).sentences()[0] == (
        "1: Of the variance of NPS one respondent tells nothing."
    )


# --------------------------------------------------------------------------- clusters that agree by chance


def twins(clusters):
    """A promoter and a detractor in each."""
    return pd.DataFrame({"r": np.tile([10, 0], clusters), "c": np.repeat(np.arange(clusters), 2)})


@pytest.mark.parametrize("method", ["score", "likelihood"])
def test_clusters_that_agree_by_chance_count_once_each(method):
    """No variance between four clusters of two is no certainty; the score is 0, as of two and two."""
    counts = nps.tabulate_survey(twins(4), "r", cluster="c")
    assert nps.design_effects(counts).effective_n.tolist() == pytest.approx([4])
    found = nps.estimate(counts, method=method)
    four = nps.estimate(nps.RatingCounts.from_categories(promoters=2, passives=0, detractors=2), method=method)
    eight = nps.estimate(nps.RatingCounts.from_categories(promoters=4, passives=0, detractors=4), method=method)
    assert found.low[0] < eight.low[0]
    # The spread of eight ratings is known a little better than that of four: 8 / 7 and 4 / 3.
    assert four.low[0] - 1e-9 <= found.low[0]
    np.testing.assert_allclose(found.low, -found.high, atol=1e-9)
    change = nps.compare(counts, reference=30.0, method=method)
    assert change.pvalue[0] > 0.3


@pytest.mark.parametrize("method", ["score", "likelihood"])
def test_two_groups_of_clusters_that_agree_by_chance_are_not_told_apart_for_certain(method):
    """Four clusters with (10, 0), and four with (10, 8): -50 points, as of four and four respondents at the most."""
    rows = pd.concat([twins(4), twins(4).assign(c=lambda x: x["c"] + 4, r=lambda x: x["r"].replace(0, 8))])
    counts = nps.tabulate_survey(rows.assign(g=np.repeat(["a", "b"], 8)), "r", by="g", cluster="c")
    found = nps.compare(counts, reference="b", method=method)
    assert found.difference.tolist() == [-50]
    assert found.low[0] < -50 < 0 < found.high[0]
    assert found.pvalue[0] > 0.2


# --------------------------------------------------------------------------- replicates and linearisation


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_jackknife_of_twelve_clusters_is_as_wide_as_their_linearisation(seed, method):
    """The same sample; only that replicate weights do not say how large the clusters are."""
    rows = sample(seed, n=360)
    rows["w"] = np.random.default_rng(seed).lognormal(0, 1, 360)
    rows, names = with_jackknife(rows)
    supplied = nps.tabulate_survey(
        rows, "r", by="g", weight="w", replicate_weights=nps.ReplicateWeights(names, kind="JK1")
    )
    linearised = nps.tabulate_survey(rows, "r", by="g", weight="w", cluster="cluster")
    for ask in (nps.estimate, lambda counts, method: nps.compare(counts, reference="a", method=method)):
        found, expected = ask(supplied, method=method), ask(linearised, method=method)
        np.testing.assert_allclose(found.high - found.low, expected.high - expected.low, rtol=0.2)


@pytest.mark.parametrize("seed", [1, 2])
def test_promoters_only_count_like_their_clusters_with_replicates_too(seed):
    rows, names = with_jackknife(sample(seed, n=360).assign(r=10))
    supplied = nps.tabulate_survey(rows, "r", weight="w", replicate_weights=nps.ReplicateWeights(names, kind="JK1"))
    found = nps.estimate(supplied)
    expected = nps.estimate(nps.tabulate_survey(rows, "r", weight="w", cluster="cluster"))
    assert found.high[0] == expected.high[0] == 100
    np.testing.assert_allclose(100 - found.low, 100 - expected.low, rtol=0.2)


# --------------------------------------------------------------------------- a part and its whole


@pytest.mark.parametrize("metric", [nps.NPS, nps.mean_rating(nps.Scale(0, 10))], ids=["nps", "mean"])
def test_a_share_that_varies_between_clusters_is_part_of_the_error_of_a_part(metric):
    """Clusters are nearly all a or nearly all b, and the groups differ: their shares are chance, too."""
    rng = np.random.default_rng(12)
    cluster = np.repeat(np.arange(20), 30)
    rate = np.tile([0.95, 0.1], 10)[cluster]
    group = np.where(rng.random(600) < rate, "a", "b")
    rating = np.clip(np.round(rng.normal(np.where(group == "a", 9.0, 5.0), 1.5)), 0, 10).astype(int)
    rows = pd.DataFrame({"r": rating, "g": group, "cluster": cluster, "w": rng.uniform(0.5, 2, 600)})
    counts = nps.tabulate_survey(rows, "r", by="g", weight="w", cluster="cluster")
    found = nps.compare(counts, reference="total", metric=metric)
    # Of (group, all): the variance of the difference, with shares that vary.
    sides = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    covariance = counts.variance.of_means(counts.totals, sides, np.array(metric.values)[:, None])
    contrasts = np.array([[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]])
    error = np.sqrt(np.diag(contrasts @ covariance @ contrasts.T))
    # Less what a simple sample of 600 would add, which simple counts leave out: a part in thirty or so of this.
    np.testing.assert_allclose(found.standard_error, error, rtol=0.05)
    fixed = nps.compare(counts, reference="rest", metric=metric).standard_error * (
        1 - counts.totals.sum(axis=1) / counts.totals.sum()
    )
    assert (error > 1.3 * fixed).all()
    # The interval rests on it, too.
    wald = nps.compare(counts, reference="total", metric=metric, method="wald", adjustment="none")
    np.testing.assert_allclose((wald.high - wald.low) / 2, stats.norm.isf(0.025) * wald.standard_error, rtol=1e-9)
    score = nps.compare(counts, reference="total", metric=metric, adjustment="none")
    assert (score.high - score.low > 2 * 1.2 * stats.norm.isf(0.025) * fixed).all()


def test_the_variance_of_a_part_and_its_whole_is_that_of_sums_of_clusters():
    rows = sample()
    counts = nps.tabulate_survey(rows, "r", by="g", weight="w", cluster="cluster")
    assert isinstance(counts.variance, Linearised)
    w, v, own = rows["w"].to_numpy(), POINTS[rows["r"]], (rows["g"] == "a").to_numpy()
    u = own * w * (v - np.average(v[own], weights=w[own])) / w[own].sum() - w * (v - np.average(v, weights=w)) / w.sum()
    sums = np.bincount(rows["cluster"], u)
    sides = np.array([[1.0, 0.0], [1.0, 1.0]])
    covariance = counts.variance.of_means(counts.totals, sides, POINTS[:, None])
    difference = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    np.testing.assert_allclose(difference, 12 / 11 * (sums**2).sum(), rtol=1e-9)  # four terms that nearly cancel


# --------------------------------------------------------------------------- what is detectable


def test_few_clusters_detect_less_than_many():
    """(t + t) standard errors rather than (1.96 + 0.84): with four degrees of freedom 3.7 and not 2.8."""
    ratios = {}
    for clusters in (5, 300):
        rng = np.random.default_rng(3)
        rows = pd.DataFrame(
            {
                "r": rng.choice([3, 8, 9, 10], 1200),
                "g": np.tile(["a", "b"], 600),
                "cluster": np.repeat(np.arange(clusters), 1200 // clusters),
            }
        )
        found = nps.compare(nps.tabulate_survey(rows, "r", by="g", cluster="cluster"), reference="a")
        ratios[clusters] = found.detectable[0] / found.standard_error[0]
    normal = stats.norm.isf(0.025) + stats.norm.isf(0.2)
    # The scale of searches is a standard error with a respondent more at each end: some percent.
    assert ratios[300] == pytest.approx(normal, rel=0.03)
    assert ratios[5] > 1.15 * normal
