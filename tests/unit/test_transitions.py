"""Who moved: the flows, who moved up and down, what is said of them, and every error message."""

import csv
import json
import math
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from scipy.special import ndtri

import npsstats as nps
from npsstats.inference.movement import transitions
from npsstats.ratings.pairs import PairedCounts
from npsstats.results.flows import Movers, Transitions

LAW = settings(derandomize=True, deadline=None, max_examples=25)
TABLE = [[12, 5, 3], [4, 30, 9], [1, 6, 30]]
LEVELS = ("detractor", "passive", "promoter")


def pairs_of(table=TABLE, **more):
    return PairedCounts.from_table(table, **({"first": "spring", "second": "autumn"} | more))


def two_groups(**more):
    return pairs_of([TABLE, np.transpose(TABLE)], groups=["A", "B"], **more)


# ----------------------------------------------------------------------------------------------- the hand case


def test_flows_of_the_hand_case():
    flows = transitions(pairs_of())
    assert isinstance(flows, Transitions)
    assert flows.origin == tuple(name for name in LEVELS for _ in LEVELS)
    assert flows.destination == LEVELS * 3
    assert flows.labels == ((),) * 9
    assert flows.n.tolist() == [12, 5, 3, 4, 30, 9, 1, 6, 30]
    assert flows.share.tolist() == [12, 5, 3, 4, 30, 9, 1, 6, 30]  # of 100
    # 20, 43 and 37 began as detractor, passive and promoter.
    np.testing.assert_allclose(
        flows.share_of_origin, 100 * np.array(TABLE).ravel() / np.repeat([20, 43, 37], 3), rtol=1e-15
    )
    # A detractor who becomes a promoter counts 200 points, over 100 respondents.
    assert flows.points.tolist() == [0, 5, 6, -4, 0, 9, -2, -6, 0]


def test_movers_of_the_hand_case():
    movers = transitions(pairs_of()).movers()
    assert isinstance(movers, Movers)
    for name, expected in {
        "n": 100, "moved_up": 17, "moved_down": 11, "stayed": 72, "middle": 43, "middle_up": 9, "middle_down": 4,
        "points_up": 20, "points_down": -12, "difference": 8,
    }.items():  # fmt: skip
        assert getattr(movers, name).tolist() == [expected], name
    # 2 P(X >= 17) of X ~ Bin(28, 1/2).
    assert movers.up_down_pvalue[0] == pytest.approx(
        2 * sum(math.comb(28, k) for k in range(17, 29)) / 2**28, rel=1e-13
    )


def skewness_corrected(count, n, share):
    """Laud's (2017) statistic of a proportion: z of A (z^2 - 1) + z = s, from two-point moments."""
    variance = share * (1 - share) / (n - 1)
    third = share * (1 - share) * (1 - 2 * share) / n**2
    score, a = (count / n - share) / variance**0.5, third / (6 * variance**1.5)
    return (-1 + np.sqrt(1 + 4 * a * (a + score))) / (2 * a) if a else score


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_interval_of_a_share_is_that_of_a_proportion(level):
    flows = transitions(pairs_of(), confidence_level=level)
    z = ndtri((1 + level) / 2)
    for count, low, high in zip(flows.n, flows.low, flows.high, strict=True):
        found = [
            100 * optimize.brentq(lambda p, k=count, s=sign: skewness_corrected(k, 100, p) - s * z, *ends, xtol=1e-14)
            for sign, ends in ((1, (1e-4, count / 100)), (-1, (count / 100, 0.75)))
        ]
        np.testing.assert_allclose([low, high], found, rtol=1e-9)  # brentq stops at 1e-14 of a share above 1e-4


def test_an_empty_flow_and_a_full_one_have_limits_too():
    flows = transitions(pairs_of([[0, 0, 0], [0, 0, 0], [0, 0, 50]]))
    assert flows.low[:8].tolist() == [0] * 8
    assert flows.high[8] == 100
    assert (flows.high[:8] > 5).all()
    np.testing.assert_allclose(flows.low[8], 100 - flows.high[0], rtol=1e-12)
    assert np.isnan(flows.share_of_origin[:6]).all()
    assert flows.share_of_origin[6:].tolist() == [0, 0, 100]


def test_one_respondent_says_nothing_of_a_share():
    flows = transitions(pairs_of([[0, 1, 0], [0, 0, 0], [0, 0, 0]]))
    assert flows.low.tolist() == [0] * 9
    assert flows.high.tolist() == [100] * 9
    assert flows.movers().up_down_pvalue.tolist() == [1]


# -------------------------------------------------------------------------------------------------------- laws


METRICS = [nps.NPS_CATEGORIES, nps.NPS, nps.CSAT, nps.CES_2, nps.NPS_1_TO_10]


@st.composite
def any_pairs(draw):
    """Cross-tables of several metrics, with many empty cells or few."""
    metric = draw(st.sampled_from(METRICS))
    groups, largest, empty = draw(st.integers(1, 3)), draw(st.integers(1, 60)), draw(st.sampled_from([0, 0.5, 0.95]))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    shape = (groups, metric.scale.size, metric.scale.size)
    counts = rng.integers(0, largest, shape, endpoint=True) * (rng.random(shape) >= empty)
    counts[:, rng.integers(shape[1]), rng.integers(shape[2])] += 1
    return pairs_of(counts, metric=metric, groups=range(groups))


@LAW
@given(any_pairs())
def test_shares_add_up_to_100_and_points_to_the_change_of_the_score(pairs):
    flows = transitions(pairs)
    movers = flows.movers()
    cells = len(pairs.metric.level_names) ** 2
    np.testing.assert_allclose(flows.share.reshape(-1, cells).sum(axis=1), 100, rtol=1e-13)  # at most 49 terms
    first, second = (nps.estimate(wave).score for wave in pairs.margins())
    # Sums of up to 49 terms of up to 100 points.
    np.testing.assert_allclose(flows.points.reshape(-1, cells).sum(axis=1), second - first, rtol=0, atol=1e-11)
    np.testing.assert_allclose(movers.difference, second - first, rtol=0, atol=1e-11)
    np.testing.assert_array_equal(movers.moved_up + movers.moved_down + movers.stayed, pairs.n)
    assert (flows.low <= flows.share + 1e-9).all()
    assert (flows.share <= flows.high + 1e-9).all()


@LAW
@given(any_pairs())
def test_swapped_waves_reverse_the_flows(pairs):
    there, back = transitions(pairs), transitions(pairs.reversed())
    size = len(pairs.metric.level_names)

    def turned(column):
        return np.asarray(column).reshape(-1, size, size).swapaxes(1, 2).ravel()

    for name in ("n", "share", "low", "high"):
        np.testing.assert_array_equal(turned(getattr(back, name)), getattr(there, name))
    np.testing.assert_array_equal(turned(back.points), -there.points)
    assert turned(back.origin).tolist() == list(there.destination)
    assert (back.first, back.second) == (there.second, there.first)
    ahead, behind = there.movers(), back.movers()
    np.testing.assert_array_equal(ahead.moved_up, behind.moved_down)
    np.testing.assert_array_equal(ahead.stayed, behind.stayed)
    np.testing.assert_array_equal(ahead.up_down_pvalue, behind.up_down_pvalue)
    # Values of CES 2.0 and NPS are whole numbers, and so are their sums.
    np.testing.assert_array_equal(ahead.points_up, -behind.points_down)
    np.testing.assert_array_equal(ahead.difference, -behind.difference)


@LAW
@given(any_pairs())
def test_each_group_stands_by_itself(pairs):
    together = transitions(pairs)
    alone = [transitions(pairs.select(group)) for group in pairs.groups]
    for name, values in together.columns().items():
        parts = [value for part in alone for value in part.columns()[name]]
        # The roots of the limits are found to 1e-15 wherever the search begins.
        if name in ("low", "high", "share_of_origin"):
            np.testing.assert_allclose(values, parts, rtol=1e-12, atol=1e-12)
        else:
            assert list(values) == parts


def value_of(rating):
    return 100 if rating >= 9 else -100 if rating <= 6 else 0


def test_flows_are_those_counted_from_rows():
    rng = np.random.default_rng(4)
    rows = [(group, *rng.integers(0, 11, 2)) for group in rng.choice(["x", "y"], 500)]
    counts = np.zeros((2, 11, 11), int)
    for group, a, b in rows:
        counts["xy".index(group), a, b] += 1
    flows = transitions(pairs_of(counts, groups=["x", "y"], metric=nps.NPS))
    names = {-100: "detractor", 0: "passive", 100: "promoter"}
    for group, origin, destination, n, points in zip(
        flows.labels, flows.origin, flows.destination, flows.n, flows.points, strict=True
    ):
        own = [(value_of(a), value_of(b)) for name, a, b in rows if (name,) == group]
        those = [(a, b) for a, b in own if (names[a], names[b]) == (origin, destination)]
        assert len(those) == n
        assert points == pytest.approx(sum(b - a for a, b in those) / len(own), abs=1e-12)
    movers = flows.movers()
    for i, group in enumerate(("x", "y")):
        own = [(value_of(a), value_of(b)) for name, a, b in rows if name == group]
        assert movers.moved_up[i] == sum(b > a for a, b in own)
        assert movers.moved_down[i] == sum(b < a for a, b in own)
        assert movers.middle[i] == sum(a == 0 for a, b in own)
        assert movers.middle_up[i] == sum(a == 0 < b for a, b in own)
        assert movers.middle_down[i] == sum(b < 0 == a for a, b in own)
        assert movers.difference[i] == pytest.approx(np.mean([b - a for a, b in own]), abs=1e-12)


def test_all_who_begin_between_the_ends_are_in_the_middle():
    counts = np.arange(49).reshape(7, 7)
    movers = transitions(pairs_of(counts, metric=nps.CES_2)).movers()
    assert movers.middle == counts[1:6].sum()
    assert movers.middle_up == np.triu(counts, 1)[1:6].sum()
    assert movers.middle_down == np.tril(counts, -1)[1:6].sum()


def test_two_levels_have_no_middle():
    movers = transitions(pairs_of(np.arange(25).reshape(5, 5), metric=nps.CSAT)).movers()
    assert (movers.middle, movers.middle_up, movers.middle_down) == (0, 0, 0)
    assert "began" not in movers.sentences()[0]
    assert not [header for header in movers.table().headers if "from" in header]


def test_the_stayers_of_soep(shared_data):
    """Life satisfaction of the persons rated in 2015 and in 2019, counted here row by row."""
    path = shared_data / "soep" / "soep_practice_long.csv"
    waves = {"2015": {}, "2019": {}}
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["syear"] in waves and row["lebensz_org"].lstrip("-").isdigit() and int(row["lebensz_org"]) >= 0:
                waves[row["syear"]][row["id"]] = int(row["lebensz_org"])
    old, new = waves.values()
    counts = np.zeros((11, 11), int)
    for person in old.keys() & new.keys():
        counts[old[person], new[person]] += 1
    flows = transitions(pairs_of(counts, metric=nps.NPS, first=2015, second=2019))
    movers = flows.movers()
    assert movers.n == 3311
    assert round(movers.difference[0], 2) == 0.85
    moves = [value_of(new[person]) - value_of(old[person]) for person in old.keys() & new.keys()]
    assert (movers.moved_up, movers.moved_down) == (sum(d > 0 for d in moves), sum(d < 0 for d in moves))
    assert flows.n[2] == moves.count(200)
    assert flows.sentences()[0].startswith(
        f"Of 3,311 respondents rated in 2015 and in 2019, {movers.moved_up[0]} moved"
    )


# ------------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (nps.NPS, LEVELS),
        (nps.NPS_CATEGORIES, LEVELS),
        (nps.CSAT, ("other", "top")),
        (nps.CES, ("1", "2", "3", "4", "5")),
        (nps.mean_score(nps.Scale(1, 3)), ("1", "2", "3")),
        # Without one category for a value, the value stands for it; levels ascend by value.
        (nps.Metric("halves", nps.Scale(1, 4), (2.5, 2.5, -1.0, 7.0)), ("3", "2.5", "4")),
        # No two levels have one name.
        (nps.Metric("mean", nps.Scale(1, 3), (1.0, 2.0, 2.5), categories=("low", "low", "high")), ("1", "2", "2.5")),
    ],
)
def test_levels_are_named_by_category_or_value(metric, expected):
    assert metric.level_names == expected


def test_a_metric_can_be_chosen():
    counts = np.ones((11, 11), int)
    strict = nps.net_score(nps.Scale(0, 10), promoters_from=10, detractors_to=4)
    flows = transitions(pairs_of(counts, metric=nps.NPS), metric=strict)
    assert flows.metric == strict
    assert flows.n.tolist() == [25, 25, 5, 25, 25, 5, 5, 5, 1]


# ------------------------------------------------------------------------------------------------ as an answer


def test_results_are_frozen_and_slotted():
    flows = transitions(pairs_of())
    for result in (flows, flows.movers()):
        with pytest.raises(FrozenInstanceError):
            result.first = 1
        assert not hasattr(result, "__dict__")


def test_columns_and_provenance_are_fixed():
    flows = transitions(two_groups())
    assert list(flows.to_frame().columns) == [
        "group", "origin", "destination", "n", "share", "low", "high", "share_of_origin", "points",
    ]  # fmt: skip
    assert len(flows) == len(flows.to_frame()) == 18
    assert flows.to_frame()["group"].tolist() == ["A"] * 9 + ["B"] * 9
    movers = flows.movers()
    assert list(movers.to_frame().columns) == [
        "group", "n", "moved_up", "moved_down", "stayed", "up_down_pvalue", "middle", "middle_up", "middle_down",
        "points_up", "points_down", "difference",
    ]  # fmt: skip
    assert len(movers) == len(movers.to_frame()) == 2
    assert movers.labels == (("A",), ("B",))
    shared = {
        "metric": "NPS", "scale": "detractor/passive/promoter", "first": "spring", "second": "autumn",
        "confidence_level": 0.95, "notes": [], "npsstats_version": nps.__version__,
    }  # fmt: skip
    assert flows.provenance() == {**shared, "interval_method": "score"}
    assert movers.provenance() == shared


def test_dictionaries_are_safe_for_json():
    flows = transitions(pairs_of([[0, 0, 0], [1, 2, 3], [0, 0, 1]], first=2015, second=np.datetime64("2019-01-01")))
    data = json.loads(json.dumps([flows.to_dict(), flows.movers().to_dict(), flows.to_records()], allow_nan=False))
    assert data[0]["share_of_origin"][0] is None
    assert data[0]["first"] == 2015
    assert data[1]["moved_up"] == [3]


def test_tables_show_the_waves_and_rounded_numbers():
    flows = transitions(two_groups(first=2015, second=2019))
    table = flows.table()
    assert table.headers == ["group", "2015", "2019", "n", "% of all", "low", "high", "% of origin", "points"]
    assert table.rows[2][:5] == ["A", "detractor", "promoter", "3", "3.0"]
    assert table.rows[2][-1] == "+6.00"
    assert table.text_columns == 3
    movers = flows.movers().table()
    assert movers.rows[1] == ["B", "100", "11", "17", "72", "0.345", "6", "5", "+12.0", "−20.0", "−8.0"]
    assert len(movers.headers) == len(movers.rows[0])
    for result in (flows, flows.movers()):
        assert str(result).startswith(result.heading())
        assert "<table>" in result._repr_html_()
        assert result.to_markdown().count("\n") == len(result) + 1


def test_shares_of_nobody_are_a_dash():
    flows = transitions(pairs_of([[0, 0, 0], [1, 2, 3], [0, 0, 1]]))
    assert flows.table().rows[0][-2] == "–"


def test_headings_say_what_is_shown():
    flows = transitions(two_groups(), confidence_level=0.9)
    assert flows.heading() == (
        "NPS: flows from spring to autumn by group, 90 % skewness-corrected score interval of the share of all"
    )
    assert flows.movers().heading() == (
        "NPS: who moved from spring to autumn by group, exact sign test of up against down"
    )


def test_sentences_say_who_moved():
    flows = transitions(two_groups())
    first, second = flows.sentences()
    assert first == (
        "Of 100 respondents of A rated in spring and in autumn, 17 moved up and 11 down, 72 stayed (exact sign test of "
        "up against down: p = 0.345). These data do not settle whether more people move up or down. Of the 43 who "
        "began as passive, 9 moved up and 4 down. In points of NPS, +20.0 by moves up and −12.0 by moves down make "
        "+8.0. The flow that raised the score most went from passive to promoter: 9, 9.0 % of all (95 % interval 4.5 "
        "to 15.9 %). The flow that lowered the score most went from promoter to passive: 6, 6.0 % of all (95 % "
        "interval 2.5 to 12.1 %)."
    )
    assert second.startswith(flows.movers().sentences()[1])
    assert "went from promoter to passive: 9" in second


def test_a_settled_question_is_not_called_open():
    many = pairs_of(1000 * np.array(TABLE))
    text = transitions(many).sentences()[0]
    assert "settle" not in text
    movers = transitions(many).movers()
    assert movers.up_down_pvalue[0] < 1e-280
    assert "p <1e-300" in replace(movers, up_down_pvalue=np.array([1e-305])).sentences()[0]
    # p = 0.345: open at 95 and 66 %, not at 65 %.
    for level, is_open in ((0.95, True), (0.66, True), (0.65, False)):
        assert ("settle" in transitions(pairs_of(), confidence_level=level).sentences()[0]) is is_open


@pytest.mark.parametrize("table", [TABLE, np.diag([3, 4, 5]), [[0, 0, 0], [0, 1, 0], [0, 0, 0]], [[1, 2, 0]] * 3])
def test_not_detected_is_never_called_absent(table):
    flows = transitions(pairs_of(table))
    said = " ".join([*flows.sentences(), flows.heading(), flows.method_text(), str(flows.movers())]).lower()
    for claim in ("no change", "no difference", "unchanged", "equal", "significant", "the same score"):
        assert claim not in said
    assert "do not settle" in said


def test_nobody_moved_and_no_flow_moved_the_score():
    text = transitions(pairs_of(np.diag([3, 4, 5]))).sentences()[0]
    assert "0 moved up and 0 down, 12 stayed" in text
    assert "most" not in text


def test_one_respondent_is_one_and_nobody_in_the_middle_is_not_mentioned():
    assert (
        transitions(pairs_of([[0, 1, 0], [0, 0, 0], [0, 0, 0]])).sentences()[0].startswith("Of 1 respondent rated in ")
    )
    text = transitions(pairs_of([[3, 0, 2], [0, 0, 0], [0, 0, 1]])).sentences()[0]
    assert "began" not in text


def test_moves_one_way_name_the_flow_that_way_only():
    text = transitions(pairs_of([[3, 2, 0], [0, 1, 0], [0, 0, 1]])).sentences()[0]
    assert "raised the score most went from detractor to passive: 2" in text
    assert "lowered" not in text


def test_what_is_left_out_is_said():
    pairs = pairs_of(first_only=[1, 2, 1000], second_only=[0, 0, 4])
    notes = transitions(pairs).notes
    assert notes == (
        "flows are those of respondents rated in both waves; left out are 1,003 rated in spring only and 4 rated in "
        "autumn only",
    )
    assert transitions(pairs).movers().notes == notes
    assert transitions(pairs_of()).notes == ()
    # One side is enough.
    assert "0 rated in spring only and 4" in transitions(pairs_of(second_only=[0, 0, 4])).notes[0]
    assert "3 rated in spring only and 0" in transitions(pairs_of(first_only=[1, 2, 0])).notes[0]
    assert transitions(pairs_of()).n.tolist() == transitions(pairs).n.tolist()


def test_sources_are_those_of_metric_interval_and_test():
    flows = transitions(pairs_of())
    assert flows.reference_keys()[:2] == ("reichheld2003", "mcnemar1947")
    assert "laud2017" in flows.reference_keys()
    assert flows.movers().reference_keys() == ("reichheld2003", "mcnemar1947")
    assert "McNemar 1947" in flows.cite()
    assert "McNemar 1947" in flows.movers().cite()


# --------------------------------------------------------------------------------------------------- bad input


def test_only_pairs_have_flows():
    counts = nps.RatingCounts.from_categories(promoters=1, passives=1, detractors=1)
    with pytest.raises(TypeError, match=r"`pairs` must be PairedCounts; got RatingCounts\. Make them with"):
        transitions(counts)


def test_both_waves_must_have_one_metric():
    mixed = pairs_of(np.ones((11, 5), int), metric=nps.NPS, metric_second=nps.CSAT)
    with pytest.raises(ValueError, match="both waves must have the same metric"):
        transitions(mixed)


def test_the_metric_must_be_on_the_scale_of_the_pairs():
    with pytest.raises(ValueError, match="`metric` CSAT is defined on the scale 1-5"):
        transitions(pairs_of(), metric=nps.CSAT)
    with pytest.raises(TypeError, match="`metric` must be a Metric"):
        transitions(pairs_of(), metric="NPS")


def test_each_group_needs_a_pair():
    pairs = pairs_of([TABLE, np.zeros((3, 3), int)], groups=["A", "B"])
    with pytest.raises(nps.UndefinedScoreError, match=r"1 of 2 groups have none \(first: B\)"):
        transitions(pairs)
    assert transitions(pairs.answered()).n.sum() == 100


@pytest.mark.parametrize("level", [0, 1, 95, -0.5, float("nan")])
def test_the_level_lies_between_0_and_1(level):
    with pytest.raises(ValueError, match="`confidence_level` must lie between 0 and 1"):
        transitions(pairs_of(), confidence_level=level)


@pytest.mark.parametrize("name", ["origin", "destination", "share", "share_of_origin", "points"])
def test_group_columns_cannot_hide_columns_of_the_flows(name):
    with pytest.raises(ValueError, match=f"a group column cannot be called '{name}'.*rename it"):
        transitions(pairs_of([TABLE], groups=["A"], by=name))
