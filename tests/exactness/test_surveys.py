"""Coverage of the intervals for surveys: small simulations through the front door, and what the stored tables claim."""

import csv
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import npsstats as nps
from npsstats.inference.effective import SURVEY_METHODS
from npsstats.inference.methods import Settings

FOLDER = Path(__file__).parents[2] / "benchmarks" / "coverage"

with_tables = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the tests stand alone: the folder benchmarks/coverage of the repository is not here"
)

DRAWS = 1_000
SHARES = np.array([0.2, 0.35, 0.45])
SCORE = 25.0
RATINGS = np.array([3, 7, 10])


@pytest.fixture(scope="module")
def clustered():
    """Samples of 10 clusters of 20 with the correlation 0.1 within clusters: each one a stratum and a group."""
    rng = np.random.default_rng(20260602)
    own = rng.dirichlet(SHARES * (1 - 0.1) / 0.1, (DRAWS, 10))
    counts = rng.multinomial(20, own)
    draw, cluster, level = np.nonzero(counts)
    rows = np.repeat(np.column_stack([draw, 10 * draw + cluster, RATINGS[level]]), counts[draw, cluster, level], axis=0)
    return pd.DataFrame(rows, columns=["draw", "cluster", "rating"])


def misses(found):
    """Per cent of samples whose interval leaves the score out."""
    return 100 * ((found.low > SCORE) | (found.high < SCORE)).mean()


def categories(frame):
    """Three ratings in place of eleven: less to compute."""
    return frame.assign(rating=np.searchsorted(RATINGS, frame["rating"]) - 1)


def test_intervals_by_the_design_keep_their_level_and_those_that_ignore_clusters_do_not(clustered):
    frame = categories(clustered)
    counts = nps.tabulate_survey(
        frame, "rating", by="draw", cluster="cluster", strata="draw", metric=nps.NPS_CATEGORIES
    )
    assert set(counts.df) == {9}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nps.SmallSampleWarning)
        missed = {method: misses(nps.estimate(counts, method=method)) for method in ("score", "t", "wald")}
    # 5 % of 1,000 has a standard error of 0.7 points; three of them each way.
    assert 2.9 < missed["score"] < 7.1
    assert 2.9 < missed["t"] < 7.1
    # 9 degrees of freedom: t exceeds 1.96 in 8.2 %.
    assert 5.6 < missed["wald"] < 10.8
    # The variance is 1 + 19 / 10 = 2.9 times that of independent respondents: 1.96 becomes 1.15, for 25 %.
    alone = nps.tabulate(frame, rating="rating", by="draw", metric=nps.NPS_CATEGORIES)
    assert 20.9 < misses(nps.estimate(alone)) < 29.1


# ------------------------------------------------------------------------------------------------ the simulation


@pytest.fixture(scope="module")
def simulation():
    """The modules of the simulation, as its script imports them."""
    sys.path.insert(0, str(FOLDER))
    try:
        import surveys
        import surveys_samples
    finally:
        sys.path.remove(str(FOLDER))
    return surveys, surveys_samples


def frame_of(samples, place):
    """The rows of one sample, with the mean weight of their cluster, group and rating; those of no group come last."""
    respondents = samples.respondents[place]
    cluster, group, level = np.nonzero(respondents)
    many = respondents[cluster, group, level]
    weight = samples.totals[place][cluster, group, level] / many
    frame = pd.DataFrame(
        {
            "cluster": np.repeat(cluster, many),
            "group": np.repeat(group, many),
            "rating": np.repeat(RATINGS[level], many).astype(float),
            "weight": np.repeat(weight, many),
        }
    )
    others = int(np.broadcast_to(samples.others, len(samples.totals))[place])
    if others:
        # Each cluster is in the sample, whether or not it has members of the domain.
        clusters = np.arange(others) % respondents.shape[0]
        frame = pd.concat([frame, pd.DataFrame({"cluster": clusters, "group": 9, "rating": np.nan, "weight": 1.0})])
    return frame.assign(stratum=samples.stratum[frame["cluster"]])


EASY = {"promoters": 0.3, "detractors": 0.1, "icc": 0.05}


@with_tables
@pytest.mark.parametrize(
    "design",
    [
        {"clusters": 10, "size": "unequal", "strata": 5},
        {"clusters": 8, "size": 5, "strata": 2, "weights": "related"},
        {"kind": "domain", "clusters": 20, "strata": 2},
        {"kind": "crossed", "clusters": 10, "weights": "cv 1"},
        {"kind": "nested", "clusters": 12, "strata": 2, "change": True},
        {"kind": "lopsided", "clusters": 15, "size": "unequal"},
        {"kind": "panel", "clusters": 60},
    ],
    ids=lambda design: design.get("kind", "one") + f" {design['clusters']}",
)
def test_simulated_samples_have_the_limits_of_estimate_and_compare(simulation, design):
    _, made = simulation
    samples = next(made.draw(made.Design(**EASY | design), 3, np.random.default_rng(7)))
    problem = made.problem_of(samples)
    strata = "stratum" if "strata" in design else ()
    for place in range(len(samples.totals)):
        counts = nps.tabulate_survey(
            frame_of(samples, place), "rating", by="group", weight="weight", cluster="cluster", strata=strata
        ).answered()
        for method in SURVEY_METHODS:
            low, high = (
                limit[place] for limit in SURVEY_METHODS[method].limits(problem, Settings(confidence_level=0.95))
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", nps.SmallSampleWarning)
                if len(counts) == 1:
                    found = nps.estimate(counts, method=method)
                    expected = 200 * np.array([low, high]) - 100
                else:
                    found = nps.compare(counts, reference=0, method=method)
                    expected = 200 * np.array([low, high])
            # Points; limits are solved to about 1e-12 of the unit scale.
            np.testing.assert_allclose([found.low[0], found.high[0]], expected, atol=1e-9)


@with_tables
@pytest.mark.parametrize(
    ("kind", "weights"),
    [
        ("one", "cv 1"),
        ("one", "related"),
        ("domain", "equal"),
        ("crossed", "cv 1"),
        ("lopsided", "equal"),
        ("panel", "equal"),
    ],
)
def test_the_truth_of_a_design_is_the_mean_of_its_samples(simulation, kind, weights):
    _, made = simulation
    design = made.Design(
        **EASY, kind=kind, weights=weights, clusters=200, size=10, change=kind not in ("one", "domain")
    )
    parts = list(made.draw(design, 1_000, np.random.default_rng(11)))
    estimates = np.concatenate([made.problem_of(samples).estimate for samples in parts])
    # Four standard errors; a ratio of totals of 2,000 respondents is biased by less than a hundredth of that.
    assert abs(estimates.mean() - design.truth) < 4 * estimates.std() / np.sqrt(estimates.size)


# ------------------------------------------------------------------------------------------------ the tables


@pytest.fixture(scope="module")
def rows():
    with (FOLDER / "surveys.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


REALISTIC = ("12/36/52", "10/60/30", "25/30/45")


def covered(rows, method, *blocks, populations=None, least=0):
    """The coverage of a method over blocks of designs, for groups of so many clusters or more."""
    return np.array(
        [
            float(row["coverage"])
            for row in rows
            if row["method"] == method
            and row["block"] in blocks
            and (populations is None or row["population"] in populations)
            and int(row["clusters"]) >= least
        ]
    )


@with_tables
def test_every_design_has_a_row_for_every_method_of_this_version(rows, simulation):
    script, _ = simulation
    designs = list(script.designs())
    assert len(rows) == len(designs) * len(SURVEY_METHODS)
    assert [row["block"] for row in rows[:: len(SURVEY_METHODS)]] == [block for block, _ in designs]
    assert {row["npsstats"] for row in rows} == {nps.__version__}
    for row in rows:
        missed = float(row["miss_left"]) + float(row["miss_right"])
        assert missed == pytest.approx(100 - float(row["coverage"]), abs=2e-3)  # three decimals each
        # Samples without a rating in a group are left out.
        assert 4_800 <= int(row["samples"]) <= script.SAMPLES


@with_tables
def test_rows_can_be_computed_again(rows, simulation):
    script, _ = simulation
    place = 8  # 5 clusters
    block, design = list(script.designs())[place]
    start = place * len(SURVEY_METHODS)
    for stored, made in zip(rows[start:], script.rows_of(place, block, design), strict=False):
        for name in ("method", "samples", "df"):
            assert str(made[name]) == stored[name]
        # A limit that is the truth but for rounding may fall on either side in one sample of 5,000.
        assert float(made["coverage"]) == pytest.approx(float(stored["coverage"]), abs=0.05)
        assert float(made["width"]) == pytest.approx(float(stored["width"]), abs=2e-3)


@with_tables
@pytest.mark.parametrize("blocks", [("equal clusters",), ("panel",)])
def test_the_default_keeps_its_level_in_realistic_populations_and_clusters_of_one_size(rows, blocks):
    found = covered(rows, "score", *blocks, populations=REALISTIC)
    # 5,000 samples: three standard errors are 0.9 points.
    assert found.min() > 94
    assert 94.5 < found.mean() < 96


@with_tables
def test_the_default_is_closer_to_its_level_than_t_and_wald_in_nearly_all_kinds_of_designs(rows):
    short = {
        method: {
            block: (95 - covered(rows, method, block)).clip(min=0).mean() for block in {row["block"] for row in rows}
        }
        for method in ("score", "t", "wald")
    }
    for block, shortfall in short["score"].items():
        assert shortfall < short["wald"][block]
        if block not in ("lopsided", "panel", "crossed", "nested"):
            assert shortfall < short["t"][block]


@with_tables
def test_t_and_wald_fail_where_hardly_anybody_differs(rows):
    """3 % passives in clusters of 20, the rest promoters: many samples have none, or all in one cluster."""
    for method in ("t", "wald"):
        assert covered(rows, method, "equal clusters", populations=["0/3/97"]).min() < 65
    assert covered(rows, "score", "equal clusters", populations=["0/3/97"]).min() > 90


@with_tables
def test_the_default_keeps_its_level_in_realistic_populations_where_clusters_differ_in_size(rows):
    for block in ("unequal clusters", "strata", "weights", "domain", "crossed", "nested"):
        found = covered(rows, "score", block, populations=REALISTIC)
        assert found.min() > 93.5
        assert found.mean() < 97


@with_tables
def test_the_default_covers_where_few_clusters_stand_against_many_and_t_does_not(rows):
    assert covered(rows, "score", "lopsided").min() > 88
    assert covered(rows, "t", "lopsided").min() < 75


@with_tables
def test_least_coverage_of_the_default_over_all_designs(rows):
    blocks = {row["block"] for row in rows}
    assert covered(rows, "score", *blocks).min() > 87.5
    assert covered(rows, "score", *blocks).mean() > 94.8
