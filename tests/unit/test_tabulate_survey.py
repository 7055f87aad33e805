"""From rows to estimated totals: every kind of data, weights, recurring respondents, and what is refused."""

import json

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import npsstats as nps

# Sums of some hundred weights in another order.
ROUNDING = {"rtol": 1e-12, "atol": 1e-15}


def sample(seed=1, n=120):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "r": rng.integers(0, 11, n),
            "year": np.repeat([2024, 2025], n // 2),
            "shop": rng.choice(["east", "north", "west"], n),
            "w": rng.uniform(0.25, 4, n),
            "stratum": np.arange(n) // (n // 4),
            "cluster": np.arange(n) // 6,
            "person": np.tile(np.arange(n // 2), 2),
        }
    )


def told(data, rating="r", error=ValueError, **arguments):
    """The message of the error that the call raises."""
    with pytest.raises(error) as caught:
        nps.tabulate_survey(data, rating, **arguments)
    return str(caught.value)


def assert_same(found, expected):
    assert found.groups == expected.groups
    assert found.by == expected.by
    np.testing.assert_array_equal(found.respondents.counts, expected.respondents.counts)
    np.testing.assert_array_equal(found.missing, expected.missing)
    np.testing.assert_array_equal(found.df, expected.df)
    np.testing.assert_allclose(found.totals, expected.totals, **ROUNDING)
    np.testing.assert_allclose(found.squares, expected.squares, **ROUNDING)
    np.testing.assert_allclose(found.covariance, expected.covariance, rtol=1e-10, atol=1e-15)


DESIGN = {"by": ["shop", "year"], "weight": "w", "strata": "stratum", "cluster": "cluster"}


# --------------------------------------------------------------------------- kinds of data


def written(kind, rows, folder):
    path = folder / f"rows.{kind}"
    if kind == "csv":
        rows.to_csv(path, index=False)
    elif kind == "parquet":
        pl.from_pandas(rows).write_parquet(path)
    else:
        path.write_text(json.dumps(rows.to_dict(orient="records")))
    return path


@pytest.mark.parametrize("kind", ["csv", "parquet", "json"])
def test_a_file_gives_what_the_frame_gives(kind, tmp_path):
    rows = sample()
    assert_same(
        nps.tabulate_survey(written(kind, rows, tmp_path), "r", **DESIGN), nps.tabulate_survey(rows, "r", **DESIGN)
    )


def test_every_engine_gives_the_same():
    rows = sample()
    expected = nps.tabulate_survey(rows, "r", **DESIGN)
    for data in (pl.from_pandas(rows), pl.from_pandas(rows).lazy(), pl.from_pandas(rows).to_arrow()):
        assert_same(nps.tabulate_survey(data, "r", **DESIGN), expected)
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        relation = connection.sql("select * from rows order by person, year")
        assert_same(nps.tabulate_survey(relation, "r", **DESIGN), expected)


def test_many_rows_of_parquet_through_threads_keep_their_weights(tmp_path):
    """Read in pieces, rows must not be matched with the weights of others."""
    n = 300_000
    rows = pl.DataFrame({"r": np.arange(n) % 11, "w": np.arange(n) % 7 + 1.0, "c": np.arange(n) // 30})
    rows.write_parquet(tmp_path / "rows.parquet", row_group_size=9_000)
    found = nps.tabulate_survey(tmp_path / "rows.parquet", "r", weight="w", cluster="c")
    ratings, weights = np.arange(n) % 11, np.arange(n) % 7 + 1.0
    np.testing.assert_array_equal(found.totals[0], np.bincount(ratings, weights))
    centred = weights * (((ratings > 8) * 100.0 - (ratings < 7) * 100.0) - nps.estimate(found).score[0]) / weights.sum()
    by_cluster = centred.reshape(-1, 30).sum(axis=1)
    error = np.sqrt(10_000 / 9_999 * (by_cluster**2).sum())
    np.testing.assert_allclose(nps.estimate(found).standard_error, [error], rtol=1e-10)


def test_weights_written_as_text_are_numbers():
    rows = sample()
    texts = rows.assign(w=[repr(w) for w in rows["w"].tolist()])
    assert_same(nps.tabulate_survey(texts, "r", **DESIGN), nps.tabulate_survey(rows, "r", **DESIGN))


def test_periods_keep_the_order_of_categories():
    rows = sample().assign(year=lambda x: pd.Categorical(x["year"], [2025, 2024], ordered=True))
    assert nps.tabulate_survey(rows, "r", by="year").groups == (2025, 2024)


# --------------------------------------------------------------------------- weights


@pytest.mark.parametrize("design", [{}, {"by": "year"}, {"by": ["shop", "year"]}])
def test_weights_of_one_are_no_weights(design):
    rows = sample()
    simple = nps.tabulate(rows, rating="r", **design)
    for arguments in ({}, {"weight": "one"}):
        found = nps.tabulate_survey(rows.assign(one=1), "r", **design, **arguments)
        np.testing.assert_array_equal(found.totals, simple.counts)
        assert found.groups == simple.groups
        # The covariance of a multinomial, with n / (n - 1) of all rows: groups are parts of one sample.
        shares = simple.counts / simple.n[:, None]
        for g, p in enumerate(shares):
            block = slice(11 * g, 11 * g + 11)
            expected = (np.diag(p) - np.outer(p, p)) / simple.n[g] * len(rows) / (len(rows) - 1)
            np.testing.assert_allclose(found.covariance[block, block], expected, **ROUNDING)
        apart = np.kron(1 - np.eye(len(simple)), np.ones((11, 11)))
        np.testing.assert_allclose(found.covariance * apart, 0, atol=1e-17)


@pytest.mark.parametrize("factor", [1e-9, 3.0, 1e7])
def test_the_size_of_weights_does_not_matter(factor):
    rows = sample()
    here, there = (nps.tabulate_survey(data, "r", **DESIGN) for data in (rows, rows.assign(w=rows["w"] * factor)))
    np.testing.assert_allclose(there.covariance, here.covariance, rtol=1e-10, atol=1e-15)
    for column in ("score", "standard_error", "low", "high"):
        found, expected = (getattr(nps.estimate(counts.pool("year")), column) for counts in (there, here))
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_rating_with_weight_zero_counts_for_nothing_and_its_row_stays():
    rows = sample().assign(w=lambda x: np.where(x.index < 6, 0.0, x["w"]))
    counts = nps.tabulate_survey(rows, "r", weight="w", cluster="cluster")
    assert counts.n.tolist() == [114]
    assert counts.notes == ("6 ratings with weight 0 counted for nothing",)
    # A cluster without weight is no degree of freedom, and one of the 20 that were drawn.
    assert counts.df.tolist() == [18]
    without = nps.tabulate_survey(rows.iloc[6:], "r", weight="w", cluster="cluster")
    np.testing.assert_allclose(counts.covariance, without.covariance * (20 / 19) / (19 / 18), **ROUNDING)


def test_rows_without_a_rating_stay_in_the_sample():
    rows = sample().assign(r=lambda x: x["r"].astype("Int64").where(x.index % 12 > 5))
    counts = nps.tabulate_survey(rows, "r", by="year", weight="w", cluster="cluster")
    assert counts.missing.tolist() == [30, 30]
    assert counts.df.tolist() == [4, 4]  # 5 clusters of each year have ratings
    part = nps.tabulate_survey(rows.dropna(), "r", by="year", weight="w", cluster="cluster")
    np.testing.assert_allclose(counts.covariance, part.covariance * (20 / 19) / (10 / 9), **ROUNDING)


def test_codes_of_no_answer_are_missing():
    rows = sample().assign(r=lambda x: np.where(x.index < 7, 99, x["r"]))
    counts = nps.tabulate_survey(rows, "r", missing_codes=[99])
    assert (counts.n.tolist(), counts.missing.tolist()) == ([113], [7])


def test_no_ratings_at_all_are_counts_without_a_score():
    counts = nps.tabulate_survey(sample().assign(r=None), "r", by="year")
    assert counts.n.tolist() == [0, 0]
    with pytest.raises(nps.UndefinedScoreError, match="at least one rating with a weight; 2 of 2 groups have none"):
        nps.estimate(counts)


def test_a_group_whose_weights_are_all_zero_has_no_score():
    rows = sample().assign(w=lambda x: np.where(x["year"] == 2024, 0, x["w"]))
    with pytest.raises(nps.UndefinedScoreError, match=r"1 of 2 groups have none; the first is '2024'.*answered\(\)"):
        nps.estimate(nps.tabulate_survey(rows, "r", by="year", weight="w"))


# --------------------------------------------------------------------------- metrics


def test_metrics_of_several_items_add_them_up():
    rng = np.random.default_rng(2)
    rows = pd.DataFrame(rng.integers(1, 11, (60, 3)), columns=["a", "b", "c"]).assign(w=rng.uniform(1, 2, 60))
    counts = nps.tabulate_survey(rows, ["a", "b", "c"], weight="w", metric=nps.NKI)
    sums = rows[["a", "b", "c"]].sum(axis=1)
    np.testing.assert_allclose(counts.totals[0], np.bincount(sums - 3, rows["w"], minlength=28), rtol=1e-14)
    simple = nps.tabulate(rows, rating=["a", "b", "c"], metric=nps.NKI)
    np.testing.assert_array_equal(counts.respondents.counts, simple.counts)
    message = told(rows, ["a", "b"], metric=nps.NKI)
    assert message == "`rating` must name the 3 columns of the items; got ['a', 'b']."


def test_ratings_below_zero_have_their_place():
    rows = pd.DataFrame({"r": [1, -1, 0, 1], "w": [1, 2, 3, 4]})
    counts = nps.tabulate_survey(rows, "r", weight="w", metric=nps.NPS_CATEGORIES)
    np.testing.assert_array_equal(counts.totals, [[2, 3, 5]])


def test_ratings_from_one_on_have_their_place():
    rows = pd.DataFrame({"r": [1, 5, 5, 3], "w": [1, 2, 3, 4]})
    np.testing.assert_array_equal(nps.tabulate_survey(rows, "r", weight="w", metric=nps.CSAT).totals, [[1, 0, 4, 0, 5]])


# --------------------------------------------------------------------------- weights that are refused


@pytest.mark.parametrize(
    ("weight", "shown"), [(-1.0, "-1"), (np.nan, "no number"), (np.inf, "inf"), (-np.inf, "-inf"), (None, "no number")]
)
def test_a_weight_that_is_no_number_from_zero_on_is_refused_with_its_place(weight, shown):
    rows = sample()
    weights = rows["w"].astype(object)
    weights[[3, 8]] = weight
    assert told(rows.assign(w=weights), weight="w") == (
        f"`weight` must be finite numbers, 0 or more, one in each row; 2 of 120 in 'w' are not (first: {shown} at row "
        "4). Leave such rows out, or give them a weight."
    )


def test_weights_that_are_all_zero_are_refused():
    message = told(sample().assign(w=0), weight="w")
    assert message == "`weight` must be above 0 for some row; all 120 in 'w' are 0."


@pytest.mark.parametrize(
    ("weights", "error", "shown"),
    [
        ("heavy", ValueError, "'heavy' at row 1"),
        (True, TypeError, "True at row 1"),
        ("1,5", ValueError, "'1,5' at row 1"),
    ],
)
def test_weights_that_are_text_or_truth_values_are_refused(weights, error, shown):
    message = told(sample().assign(w=weights), weight="w", error=error)
    assert message.startswith(f"the column 'w' must hold numbers; 120 of 120 are not (first: {shown}).")


def test_a_wrong_weight_of_a_file_is_found_in_the_file(tmp_path):
    rows = sample()
    rows.loc[41, "w"] = -2
    path = written("csv", rows, tmp_path)
    assert f"(first: -2 at row 42 of {path})" in told(path, weight="w")


# --------------------------------------------------------------------------- columns that are refused


@pytest.mark.parametrize("argument", ["by", "weight", "strata", "cluster", "respondent", "fpc"])
def test_a_column_that_is_not_there_is_named_with_those_that_are(argument):
    message = told(sample(), **{argument: "cat"})
    assert message.startswith("there is no column 'cat'; did you mean one of 'r',")


def test_margins_of_a_column_that_is_not_there_are_refused():
    message = told(sample(), margins={"gender": {"f": 0.5, "m": 0.5}})
    assert message.startswith("there is no column 'gender'")


def test_the_rating_must_be_there_and_one():
    assert told(sample(), "rating").startswith("there is no column 'rating'")
    assert told(sample(), ["r", "w"]) == "`rating` must name the column of the ratings; got ['r', 'w']."


@pytest.mark.parametrize("argument", ["weight", "respondent"])
@pytest.mark.parametrize("value", [["w"], 3])
def test_a_single_column_must_be_a_name(argument, value):
    message = told(sample(), **{argument: value}, error=TypeError)
    assert message == f"`{argument}` must be the name of a column; got {value!r}."


@pytest.mark.parametrize("argument", ["by", "strata", "cluster"])
def test_columns_must_be_names(argument):
    message = told(sample(), **{argument: 3}, error=TypeError)
    assert message == f"`{argument}` must be the name of a column or a list of names; got 3."


def test_ratings_are_judged_as_by_tabulate():
    message = told(sample().assign(r=lambda x: x["r"] + 1), error=nps.InvalidRatingError)
    assert message.startswith("`r` must be whole numbers 0-10;")


def test_data_without_rows_are_refused():
    assert told(sample().iloc[:0]) == "`r` holds no rows; there is nothing to count."


def test_what_is_no_data_is_refused():
    counts = nps.tabulate_survey(sample(), "r")
    assert "`data` must be a frame or the path of a file; got SurveyCounts." in told(counts, error=TypeError)


@pytest.mark.parametrize(
    ("argument", "choices"),
    [("duplicates", "'error', 'first', 'last', 'all'"), ("lonely", "'error', 'adjust', 'certainty'")],
)
def test_words_are_refused_with_those_that_there_are(argument, choices):
    assert told(sample(), **{argument: "remove"}) == f"`{argument}` must be one of {choices}; got 'remove'."


def test_replicate_weights_must_say_what_they_are():
    message = told(sample(), replicate_weights=["w"], error=TypeError)
    assert message == (
        "`replicate_weights` must be npsstats.ReplicateWeights(columns, kind=...) or npsstats.RaoWu(); got ['w']."
    )


def test_too_many_groups_are_refused_with_a_way_out():
    rows = pd.DataFrame({"r": np.tile([9, 3], 600), "g": np.arange(1200) // 2})
    assert told(rows, by="g") == (
        "`by` makes 600 groups of 11 ratings; the covariance matrix is for up to 6,000 of both together. Take fewer "
        "groups at a time, or pass `replicate_weights=npsstats.RaoWu()`."
    )
    made = nps.tabulate_survey(rows, "r", by="g", replicate_weights=nps.RaoWu(20, rng=1))
    assert len(made) == 600


# --------------------------------------------------------------------------- respondents who answered more than once


def twice():
    """Person 1 answers twice in 2024, person 2 once in each year, person 3 with a blank first."""
    return pd.DataFrame(
        {
            "r": pd.array([9, 2, 10, 0, None, 7, 8], dtype="Int64"),
            "year": [2024, 2024, 2024, 2025, 2025, 2025, 2025],
            "person": ["p1", "p1", "p2", "p2", "p3", "p3", "p4"],
        }
    )


def test_several_ratings_of_a_respondent_in_a_period_are_refused_with_their_rows():
    message = told(twice(), by="year", respondent="person")
    assert message.startswith(
        "each respondent may have one rating in a group, such as a period; 1 have several (first: 'p1' of 2024 at "
        'row 1 and row 2). Pass `duplicates="first"` or `"last"` to keep one, in the order of the rows, or `"all"`'
    )


def test_without_periods_each_respondent_may_answer_once():
    message = told(twice(), respondent="person")
    assert "2 have several (first: 'p1' at row 1 and row 2)" in message


@pytest.mark.parametrize(("duplicates", "kept"), [("first", [0, 2, 3, 5, 6]), ("last", [1, 2, 3, 5, 6])])
def test_the_first_or_the_last_rating_in_a_period_is_kept(duplicates, kept):
    rows = twice()
    found = nps.tabulate_survey(rows, "r", by="year", respondent="person", duplicates=duplicates)
    assert_same(found, nps.tabulate_survey(rows.iloc[kept], "r", by="year", respondent="person"))
    assert found.notes == ("2 rows of respondents with another one in the same group left out",)


def test_all_ratings_of_a_respondent_are_a_cluster():
    rows = twice()
    found = nps.tabulate_survey(rows, "r", by="year", respondent="person", duplicates="all")
    assert_same(found, nps.tabulate_survey(rows, "r", by="year", cluster="person"))
    assert found.n.tolist() == [3, 3]


def test_a_blank_and_a_rating_are_one_rating():
    rows = twice().iloc[2:]
    counts = nps.tabulate_survey(rows, "r", by="year", respondent="person")
    assert (counts.n.tolist(), counts.missing.tolist()) == ([1, 3], [0, 1])


def test_first_and_last_are_those_of_the_rows_and_each_group_has_its_own():
    rng = np.random.default_rng(3)
    rows = sample(3).assign(person=rng.integers(0, 20, 120))
    for duplicates, keep in (("first", "first"), ("last", "last")):
        expected = rows[~rows.duplicated(["person", "shop", "year"], keep=keep)]
        found = nps.tabulate_survey(rows, "r", by=["shop", "year"], respondent="person", duplicates=duplicates)
        assert_same(found, nps.tabulate_survey(expected, "r", by=["shop", "year"], respondent="person"))


@pytest.mark.parametrize(("duplicates", "kept"), [("first", 1), ("last", 2)])
def test_a_row_that_counts_is_kept_rather_than_one_without_weight(duplicates, kept):
    rows = pd.DataFrame({"r": [9, 2, 10, 0, 8], "w": [0, 1, 2, 0, 1], "person": ["p", "p", "p", "p", "q"]})
    found = nps.tabulate_survey(rows, "r", weight="w", respondent="person", duplicates=duplicates)
    assert_same(found, nps.tabulate_survey(rows.iloc[[kept, 4]], "r", weight="w", respondent="person"))
    assert found.n.tolist() == [2]


def test_a_rating_without_weight_is_kept_rather_than_no_rating():
    rows = pd.DataFrame({"r": [None, 9, None, 8], "w": [1, 0, 1, 1], "person": ["p", "p", "p", "q"]})
    found = nps.tabulate_survey(rows, "r", weight="w", respondent="person", duplicates="last")
    assert found.missing.tolist() == [0]
    assert "1 rating with weight 0 counted for nothing" in found.notes


def test_duplicates_need_respondents():
    assert told(sample(), duplicates="first") == (
        "`duplicates` 'first' needs `respondent`, the column of the keys of the respondents."
    )


@pytest.mark.parametrize("argument", ["respondent", "cluster", "strata"])
def test_a_row_without_a_label_of_the_design_is_refused(argument):
    rows = sample()
    rows["person"] = rows["person"].astype(object)
    rows.loc[[7, 9], "person"] = None
    message = told(rows, by="year", **{argument: "person"})
    assert message.startswith(
        f"`{argument}` must be known for each row; 2 of 120 have no person (first: row 8). Fill them"
    )


@pytest.mark.parametrize("blank", ["", "  ", "\u00a0", None])
@pytest.mark.parametrize("argument", ["respondent", "cluster", "strata"])
def test_blank_text_is_no_label_of_the_design(argument, blank):
    """All rows with a blank would be one large cluster, one person, or one stratum."""
    rows = sample()
    rows["person"] = [f"p{i}" for i in range(120)]
    rows.loc[[7, 9, 11], "person"] = ["" if blank is None else blank, blank, blank]
    message = told(rows, by="year", **{argument: "person"})
    assert message.startswith(
        f"`{argument}` must be known for each row; 3 of 120 have no person or a blank one (first: row 8). Fill them"
    )
    counts = nps.tabulate_survey(rows.assign(person=rows.person.fillna("").str.strip()), "r", by="person")
    assert counts.n.max() == 3  # as a group column a blank is a label


def test_people_who_answered_once_each_are_no_clusters():
    rows = sample().assign(person=np.arange(120))
    found = nps.tabulate_survey(rows, "r", by="year", weight="w", respondent="person")
    assert_same(found, nps.tabulate_survey(rows, "r", by="year", weight="w"))
