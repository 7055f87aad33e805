"""The stored tables of exact coverage: complete, reproducible, and what they promise."""

import csv
from pathlib import Path

import numpy as np
import pytest

import npsstats as nps
from npsstats.inference.intervals import ONE_SAMPLE_METHODS

FOLDER = Path(__file__).parents[2] / "benchmarks" / "coverage"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the tests stand alone: the folder benchmarks/coverage of the repository is not here"
)


def rows_of(path):
    with (FOLDER / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table(method):
    return {(row["populations"], int(row["n"])): row for row in rows_of(f"methods/{method}.csv")}


@pytest.fixture(scope="module")
def populations():
    namespace = {}
    exec(compile((FOLDER / "populations.py").read_text(encoding="utf-8"), "populations.py", "exec"), namespace)
    return namespace["POPULATIONS"]


def test_populations_are_what_they_are_called(populations):
    realistic, extreme, triangle = (populations[name] for name in ("realistic", "extreme", "triangle"))
    assert len(realistic) == len(extreme) == 1_500
    for shares in populations.values():
        np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-14)
    assert (realistic[:, 0] >= 0.02).all()
    assert (realistic[:, 0] <= 0.5).all()
    assert (realistic[:, 2] >= 0.1).all()
    assert (realistic[:, 2] <= 0.85).all()
    rarer = np.minimum(extreme[:, 0], extreme[:, 2])
    assert (rarer >= 0.002).all()
    assert (rarer <= 0.05).all()
    assert (triangle.min(axis=1) == 0).any()


@pytest.mark.parametrize("method", ONE_SAMPLE_METHODS)
def test_every_method_has_a_table_of_this_version(method):
    rows = table(method)
    assert {kind for kind, _ in rows} == {"realistic", "extreme", "triangle"}
    assert {row["npsstats"] for row in rows.values()} == {nps.__version__}
    # n = 10, 20 and 30 at least; those that list no samples of samples go on to 1,000.
    assert {n for _, n in rows} >= {10, 20, 30}
    if method not in ("exact", "lloyd", "bootstrap-t"):
        assert max(n for _, n in rows) == 1_000
    for row in rows.values():
        total = sum(float(row[name]) for name in ("coverage_mean", "miss_away_mean", "miss_towards_mean"))
        np.testing.assert_allclose(total, 100, rtol=0, atol=2e-4)  # four decimals each
        assert float(row["coverage_min"]) <= float(row["coverage_mean"])


@pytest.mark.parametrize("method", ONE_SAMPLE_METHODS)
def test_a_table_can_be_computed_again(method, populations):
    n = 10
    for kind, row in ((kind, table(method)[kind, n]) for kind in ("realistic", "extreme")):
        found = nps.operating_characteristics(method, n=n, probabilities=populations[kind])
        # Four decimals of a percentage.
        np.testing.assert_allclose(100 * found.coverage.mean(), float(row["coverage_mean"]), rtol=0, atol=1e-4)
        np.testing.assert_allclose(100 * found.coverage.min(), float(row["coverage_min"]), rtol=0, atol=1e-4)
        np.testing.assert_allclose(found.expected_width.mean(), float(row["width_mean"]), rtol=0, atol=1e-4)


# Mean coverage over 1,500 other vectors of the same regions, computed by other code when the methods were chosen.
PUBLISHED = {
    ("wald", "realistic"): {10: 89.1, 20: 92.2, 30: 93.1, 50: 93.9, 100: 94.5, 200: 94.7},
    ("t", "realistic"): {10: 93.2, 20: 94.2, 30: 94.5, 50: 94.7, 100: 94.9, 200: 94.9},
    ("goodman", "realistic"): {10: 93.7, 20: 96.4, 30: 97.2, 50: 97.8, 100: 98.2, 200: 98.4},
    ("adjusted-wald", "realistic"): {10: 95.0, 20: 94.9, 30: 94.9, 50: 94.9, 100: 95.0, 200: 95.0},
    ("bonett-price", "realistic"): {10: 96.3, 20: 95.6, 30: 95.4, 50: 95.2, 100: 95.1, 200: 95.0},
    ("tango", "realistic"): {10: 96.2, 20: 95.3, 30: 95.1, 50: 95.0, 100: 95.0, 200: 95.0},
    ("score", "realistic"): {10: 97.3, 20: 95.9, 30: 95.5, 50: 95.3, 100: 95.1, 200: 95.1},
    ("likelihood", "realistic"): {10: 93.5, 20: 94.1, 30: 94.4, 50: 94.7, 100: 94.9, 200: 94.9},
    ("mover-wilson", "realistic"): {10: 94.4, 20: 94.8, 30: 94.9, 50: 95.0, 100: 95.0, 200: 95.0},
    ("bootstrap-percentile", "realistic"): {10: 89.4, 20: 92.3, 30: 93.5, 50: 94.2, 100: 94.6, 200: 94.8},
    ("bootstrap-bca", "realistic"): {10: 91.9, 20: 94.4, 30: 94.7, 50: 94.9, 100: 95.0, 200: 95.0},
    ("bootstrap-t", "realistic"): {10: 90.0, 20: 94.0, 30: 95.1, 50: 95.4},
    ("exact", "realistic"): {10: 96.9, 20: 95.9, 30: 95.7},
    ("lloyd", "realistic"): {10: 96.1, 20: 95.5, 30: 95.3},
    ("score", "extreme"): {10: 98.5, 20: 97.3, 30: 96.3, 50: 95.4, 100: 95.1, 200: 95.1},
    ("wald", "extreme"): {50: 93.3, 100: 94.2, 200: 94.6},
    ("exact", "extreme"): {10: 98.0, 20: 97.2, 30: 96.4},
}


@pytest.mark.parametrize(("method", "kind"), PUBLISHED)
def test_mean_coverage_is_that_of_the_published_comparison(method, kind):
    found = {n: float(row["coverage_mean"]) for (name, n), row in table(method).items() if name == kind}
    for n, mean in PUBLISHED[method, kind].items():
        # Both are means over 1,500 vectors, drawn differently; coverage varies most in small samples.
        allowed = (1.1 if method.startswith("bootstrap") else 0.4) if n <= 20 else 0.3
        assert abs(found[n] - mean) <= allowed, (n, found[n], mean)


def test_the_default_keeps_its_level_at_every_n_from_10_to_200():
    rows = {(row["populations"], int(row["n"])): row for row in rows_of("default.csv")}
    assert {n for _, n in rows} == set(range(10, 201))
    least = {key: float(row["coverage_min"]) for key, row in rows.items() if key[0] != "triangle"}
    # 93.5 % is the aim. It is missed at three n, among the extreme populations, by less than a quarter of a point.
    below = {key for key, value in least.items() if value < 93.5}
    assert below == {("extreme", 40), ("extreme", 119), ("extreme", 130)}
    assert min(least.values()) >= 93.25


def test_the_default_misses_as_often_on_either_side_of_realistic_populations():
    rows = [row for row in rows_of("default.csv") if row["populations"] == "realistic" and int(row["n"]) >= 30]
    assert len(rows) == 171
    for row in rows:
        assert abs(float(row["miss_away_mean"]) - float(row["miss_towards_mean"])) < 0.1


def test_the_exact_interval_never_falls_below_its_level():
    assert min(float(row["coverage_min"]) for row in table("exact").values()) >= 95


def test_no_other_method_for_any_metric_has_a_higher_least_coverage_than_the_default():
    for (kind, n), row in table("score").items():
        if kind == "triangle" or n > 100:
            continue
        for method in ("tango", "likelihood", "wald", "t", "bootstrap-percentile", "bootstrap-basic", "bootstrap-bca"):
            # Differences of less than a tenth of a point are those between two populations.
            assert float(table(method)[kind, n]["coverage_min"]) <= float(row["coverage_min"]) + 0.1, (method, kind, n)


def test_where_methods_do_not_warn_they_cover_at_least_91_5_per_cent():
    rows = rows_of("needs.csv")
    assert {row["method"] for row in rows} == set(ONE_SAMPLE_METHODS)
    for row in rows:
        needs = ONE_SAMPLE_METHODS[row["method"]].needs
        assert (float(row["needs_n"]), float(row["needs_per_kurtosis"])) == (needs.n, needs.per_kurtosis), row["method"]
        if row["coverage_min_met"]:
            assert float(row["coverage_min_met"]) >= 91.5, row


def test_where_methods_warn_some_population_falls_below():
    rows = rows_of("needs.csv")
    for method, one in ONE_SAMPLE_METHODS.items():
        if one.needs.per_kurtosis:
            assert min(float(row["coverage_min_all"]) for row in rows if row["method"] == method) < 91.5, method
