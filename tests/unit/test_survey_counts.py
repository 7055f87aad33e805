"""Counts of a survey as an object: what is kept when groups are chosen, left out or added up."""

import numpy as np
import pandas as pd
import pytest

import npsstats as nps

ROUNDING = {"rtol": 1e-11, "atol": 1e-15}


def sample(seed=1, n=180):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "r": rng.integers(0, 11, n),
            "shop": rng.choice(["east", "north", "west"], n),
            "year": rng.choice([2023, 2024, 2025], n),
            "w": rng.uniform(0.25, 4, n),
            "stratum": np.arange(n) // 60,
            "cluster": np.arange(n) // 6,
        }
    )


DESIGN = {"weight": "w", "strata": "stratum", "cluster": "cluster"}


def tabulated(by=("shop", "year"), variance="linearised"):
    made = {"replicate_weights": nps.RaoWu(40, rng=1)} if variance == "replicates" else {}
    return nps.tabulate_survey(sample(), "r", by=by, **DESIGN, **made)


def assert_same(found, expected):
    assert (found.groups, found.by, found.labels) == (expected.groups, expected.by, expected.labels)
    np.testing.assert_array_equal(found.n, expected.n)
    np.testing.assert_array_equal(found.missing, expected.missing)
    np.testing.assert_array_equal(found.df, expected.df)
    for name in ("totals", "squares", "proportions", "covariance"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), **ROUNDING)


both = pytest.mark.parametrize("variance", ["linearised", "replicates"])


@both
@pytest.mark.parametrize("keep", [(), ("shop",), ("year",), ("shop", "year")])
def test_adding_groups_up_is_tabulating_without_the_column(keep, variance):
    assert_same(tabulated(variance=variance).pool(*keep), tabulated(by=keep, variance=variance))


@both
def test_chosen_groups_keep_their_covariance_and_the_whole_sample(variance):
    counts = tabulated(by="year", variance=variance)
    chosen = counts.select(2025, 2023)
    assert chosen.groups == (2025, 2023)
    cells = np.concatenate([np.arange(22, 33), np.arange(11)])
    np.testing.assert_allclose(chosen.covariance, counts.covariance[np.ix_(cells, cells)], **ROUNDING)
    np.testing.assert_array_equal(chosen.df, counts.df[[2, 0]])
    np.testing.assert_array_equal(chosen.n, counts.n[[2, 0]])
    assert chosen.design.rows == counts.design.rows


def test_groups_chosen_in_steps_are_those_chosen_at_once():
    counts = tabulated()
    one = counts.select(("east", 2023), ("west", 2025), ("north", 2024)).select(("north", 2024), ("east", 2023))
    assert_same(one, counts.select(("north", 2024), ("east", 2023)))


def test_covariance_between_groups_that_share_clusters_is_not_zero():
    counts = tabulated(by="year")
    assert np.abs(counts.covariance[:11, 11:22]).max() > 1e-6


@both
def test_covariance_is_symmetric_with_sums_of_zero(variance):
    """Shares of a group add up to 1, whatever the sample."""
    counts = tabulated(variance=variance)
    covariance = counts.covariance
    np.testing.assert_allclose(covariance, covariance.T, rtol=0, atol=1e-17)
    np.testing.assert_allclose(covariance.reshape(99, 9, 11).sum(axis=2), 0, atol=1e-16)
    np.testing.assert_allclose(counts.proportions.sum(axis=1), 1, rtol=1e-14)
    assert np.linalg.eigvalsh(covariance).min() > -1e-15


def test_groups_without_a_rating_are_left_out():
    rows = sample().assign(r=lambda x: x["r"].astype("Int64").where(x["year"] != 2024))
    counts = nps.tabulate_survey(rows, "r", by="year", **DESIGN)
    assert counts.n[1] == 0
    assert np.isnan(counts.proportions[1]).all()
    assert np.isnan(counts.proportions).sum() == 11
    assert counts.df[1] == 0
    kept = counts.answered()
    assert_same(kept, counts.select(2023, 2025))
    assert np.isfinite(kept.covariance).all()
    # The covariance of those that have ratings is known beside one that has none.
    cells = np.r_[0:11, 22:33]
    np.testing.assert_allclose(counts.covariance[np.ix_(cells, cells)], kept.covariance, **ROUNDING)


def test_unknown_groups_and_columns_are_refused():
    counts = tabulated(by="year")
    with pytest.raises(ValueError, match="2026"):
        counts.select(2026)
    with pytest.raises(ValueError, match="shop"):
        counts.pool("shop")


def test_a_frame_shows_weighted_shares_and_respondents():
    counts = tabulated(by="year")
    frame = counts.to_frame()
    assert frame.columns.tolist() == ["year", *range(11), "n", "missing"]
    np.testing.assert_array_equal(frame[list(range(11))].to_numpy(), counts.proportions)
    assert frame["n"].tolist() == counts.n.tolist()
    assert frame["year"].tolist() == [2023, 2024, 2025]


def test_counts_say_in_a_line_what_they_are():
    assert repr(tabulated(by="year")) == (
        "SurveyCounts(3 groups by year; 0-10; n=180, missing=0; weights, 3 strata, 30 clusters)"
    )
    assert repr(nps.tabulate_survey(sample(), "r")) == (
        "SurveyCounts(1 group; 0-10; n=180, missing=0; simple random sample)"
    )
    assert "40 replicates by Rao and Wu's bootstrap" in repr(tabulated(variance="replicates"))


def test_properties_are_those_of_the_respondents():
    counts = tabulated()
    simple = nps.tabulate(sample(), rating="r", by=["shop", "year"])
    for name in ("metric", "scale", "by", "labels", "groups"):
        assert getattr(counts, name) == getattr(simple, name)
    np.testing.assert_array_equal(counts.respondents.counts, simple.counts)
    assert len(counts) == 9
    assert counts.positions([("west", 2025)]) == simple.positions([("west", 2025)])


def test_totals_cannot_be_changed():
    counts = tabulated()
    for array in (counts.totals, counts.squares):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError):
        counts.totals = counts.totals


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"respondents": [[1, 2]]}, TypeError, "`respondents` must be"),
        ({"totals": np.ones((2, 11))}, ValueError, r"`totals` must have shape \(3, 11\)"),
        ({"squares": np.ones(2)}, ValueError, r"`squares` must have shape \(3,\)"),
        ({"totals": np.full((3, 11), -1.0)}, ValueError, "`totals` must be finite numbers, 0 or more; got -1"),
        ({"totals": np.full((3, 11), np.nan)}, ValueError, "`totals` must be finite numbers, 0 or more; got nan"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changed, error, message):
    counts = tabulated(by="year")
    names = ("totals", "respondents", "variance", "design", "squares", "weighting")
    parts = {name: getattr(counts, name) for name in names} | changed
    with pytest.raises(error, match=message):
        nps.SurveyCounts(parts.pop("totals"), **parts)


def test_sums_of_squares_are_those_of_the_weights():
    rows = sample()
    counts = nps.tabulate_survey(rows, "r", by="year", **DESIGN)
    np.testing.assert_allclose(counts.squares, (rows["w"] ** 2).groupby(rows["year"]).sum(), rtol=1e-14)
    np.testing.assert_allclose(counts.totals.sum(axis=1), rows["w"].groupby(rows["year"]).sum(), rtol=1e-14)
