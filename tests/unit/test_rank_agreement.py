"""Agreement of two metrics on the order of units, and the units that they order oppositely."""

import json

import numpy as np
import pytest
from scipy import stats

import npsstats as nps
from npsstats.kernels.rank_sets import order_quantile

HAPPY = nps.top_box(nps.Scale(0, 1), boxes=1, name="happy")


def published(scores, names="xyz", **known):
    scores = np.array(scores, dtype=float)
    labels = [(chr(97 + i),) for i in range(len(scores))]
    return nps.PublishedScores(scores, names=list(names[: scores.shape[1]]), by=["unit"], labels=labels, **known)


def joint(*tables):
    groups = list("ABCDEFGH"[: len(tables)])
    return nps.JointCounts.from_table(np.array(tables), metrics=[nps.NPS_CATEGORIES, HAPPY], groups=groups, by="store")


# Respondents by NPS category (down) and happiness (across). B: fewer detractors and fewer happy ones.
APART = joint([[300, 100], [100, 100], [0, 400]], [[100, 50], [300, 150], [300, 100]], [[700, 100], [50, 50], [50, 50]])
CLOSE = joint([[3, 1], [1, 1], [0, 4]], [[1, 1], [3, 1], [3, 1]], [[7, 1], [1, 0], [1, 1]])

FOUR = published([[71, 76], [70, 71], [66, 74], [62, 63]], rounding=1)


# ---------------------------------------------------------------------------------------------------------- agreement


def test_pairs_and_bounds_by_hand():
    found = nps.rank_agreement(FOUR)
    # Alike: ab, ac, ad, bd, cd; oppositely: bc. Open: ab under x (1 point), ac under y (2 points).
    assert (found.concordant[0], found.discordant[0], found.tied[0]) == (5, 1, 0)
    assert (found.shown_concordant[0], found.shown_discordant[0], found.undecided[0]) == (3, 1, 2)
    assert found.tau_b[0] == pytest.approx(4 / 6)
    assert (found.low[0], found.high[0]) == pytest.approx((0.0, 4 / 6))
    assert np.isnan(found.standard_error[0])


def test_scores_known_exactly_have_one_tau():
    found = nps.rank_agreement(published([[1, 1], [2, 2], [2, 3], [4, 3]]))
    tau = stats.kendalltau([1, 2, 2, 4], [1, 2, 3, 3]).statistic
    assert (found.low[0], found.tau_b[0], found.high[0]) == pytest.approx((tau,) * 3, abs=1e-12)
    assert (found.tied[0], found.undecided[0]) == (2, 0)
    assert "the scores taken as known exactly" in found.sentences()[0]


def test_all_units_alike_have_no_tau():
    found = nps.rank_agreement(published([[1, 1], [1, 2]]))
    assert np.isnan(found.tau_b[0])
    assert found.sentences()[0].endswith("all units tie under one of them, and tau-b has no value.")


def test_every_pair_of_metrics_has_a_row_in_every_block():
    labels = [(block, unit) for block in (1, 2) for unit in "ab"]
    scores = nps.PublishedScores(np.arange(12.0).reshape(4, 3), names=list("xyz"), by=["year", "unit"], labels=labels)
    found = nps.rank_agreement(scores)
    assert found.labels == ((1,),) * 3 + ((2,),) * 3
    assert list(zip(found.metric, found.other_metric, strict=True)) == [("x", "y"), ("x", "z"), ("y", "z")] * 2
    assert found.to_frame()["year"].tolist() == [1, 1, 1, 2, 2, 2]


def test_a_unit_without_a_score_is_left_out_of_its_pairs_and_named():
    found = nps.rank_agreement(published([[1, 1, 2], [2, np.nan, 1], [3, 3, 4]], rounding=0.1))
    assert found.n_units.tolist() == [2, 3, 2]
    assert found.notes[0] == "no score under y, therefore left out of pairs under it: b"


def test_respondents_of_both_metrics_count_together():
    # Two metrics of the same people that are all but one: no more than the quantile of one metric is asked for.
    twin = nps.top_box(nps.Scale(0, 1), boxes=1, name="twin")
    tables = [[[n, 0], [0, 100 - n]] for n in (20, 30, 60)]
    same = nps.JointCounts.from_table(tables, metrics=[HAPPY, twin], groups=list("ABC"))
    assert nps.discordant_units(same).sentences() == ["happy and twin order no pair of 3 oppositely by their scores."]
    shares = np.array([0.8, 0.7, 0.4])
    alone = order_quantile(np.diag(shares * (1 - shares)), 1, 0.95)
    labels = [(unit,) for unit in "ABC"]
    error = 100 * np.sqrt(shares * (1 - shares) / 99)[:, None] * np.ones(2)
    unknown = nps.PublishedScores(
        100 * shares[:, None] * np.ones(2), names=["x", "y"], by=["unit"], labels=labels, standard_errors=error
    )
    found = critical_value(same), critical_value(unknown)
    # The joint law is a mean over points, good to three digits.
    assert found[0] == pytest.approx(alone, abs=2e-3)
    assert found[1] == pytest.approx(order_quantile(np.diag(shares * (1 - shares)), 1, 0.975), abs=2e-3)
    assert found[0] < found[1]


def critical_value(counts):
    from npsstats.critique.units import look

    return look(counts).standing((), *counts.names).critical(0.95)


def test_bounds_of_few_respondents_are_wide_and_of_many_narrow():
    few, many = nps.rank_agreement(CLOSE), nps.rank_agreement(APART)
    assert (few.low[0], few.high[0]) == (-1, 1)
    # A and B are ordered oppositely for sure, C is last for sure under both.
    assert (many.shown_concordant[0], many.shown_discordant[0], many.undecided[0]) == (2, 1, 0)
    assert many.low[0] == many.high[0] == pytest.approx(1 / 3)


def test_sampled_units_have_a_standard_error_and_say_what_noise_does():
    rng = np.random.default_rng(1)
    found = nps.rank_agreement(published(rng.normal(size=(20, 2)), rounding=0.1), units="sampled")
    assert found.standard_error[0] > 0
    assert found.low[0] < found.tau_b[0] < found.high[0]
    assert "pulls tau-b towards 0" in found.notes[-1]
    assert "interval over units like these" in found.sentences()[0]
    assert "Long & Cliff 1997" in found.cite()


def test_two_sampled_units_have_no_interval():
    found = nps.rank_agreement(published([[1, 2], [2, 1]]), units="sampled")
    assert np.isnan([found.low[0], found.high[0], found.standard_error[0]]).all()


def test_the_readings_say_what_is_shown_and_what_is_not():
    shown, open_, alike = (
        nps.rank_agreement(counts) for counts in (APART, CLOSE, published([[1, 1], [5, 5]], rounding=1))
    )
    assert shown.sentences()[0] == (
        "Of 3 pairs of 3 units (store), NPS and happy order 2 alike and 1 oppositely (tau-b 0.33; 95 % bounds for "
        "these units 0.33 to 0.33). That NPS and happy order these units differently is shown: 1 pair is beyond "
        "sampling."
    )
    assert open_.sentences()[0].endswith(
        "That this pair is truly ordered oppositely is not shown: sampling can explain it. Nor is it shown that the "
        "two orders are the same."
    )
    assert alike.sentences()[0].endswith("No pair has scores in opposite orders.")
    half = nps.rank_agreement(published([[1, 1], [2, 5]], rounding=1))
    assert half.sentences()[0].endswith("No pair has scores in opposite orders; the true scores may.")


def test_the_table_and_the_dictionary_hold_the_row():
    found = nps.rank_agreement(FOUR)
    assert found.table().rows[0] == ["x", "y", "4", "0.67", "0.00", "0.67", "5", "1", "0", "3", "1", "2"]
    known = json.loads(json.dumps(found.to_dict()))
    assert (known["units"], known["errors"], known["tau_b"]) == ("fixed", "rounding", [pytest.approx(4 / 6)])
    assert known["standard_error"] == [None]


@pytest.mark.parametrize("ask", [nps.rank_agreement, nps.discordant_units])
def test_one_metric_has_nothing_to_agree_with(ask):
    with pytest.raises(ValueError, match="at least 2 metrics to compare orders; there is x only"):
        ask(published([[1], [2]]))


def test_units_are_fixed_or_sampled():
    with pytest.raises(ValueError, match=r"`units` must be 'fixed' .* or 'sampled' .*; got 'random'"):
        nps.rank_agreement(FOUR, units="random")


# ---------------------------------------------------------------------------------------------------- discordant units


def test_the_unit_named_first_is_better_under_the_first_metric():
    found = nps.discordant_units(FOUR)
    assert (found.unit, found.other_unit) == (("b",), ("c",))
    assert (found.difference[0], found.other_difference[0]) == (4, -3)
    assert found.verdict == ("shown",)


def test_differences_are_for_the_better_if_low_is_good():
    found = nps.discordant_units(published([[10, 1.0], [30, 2.0]], favourable=["high", "low"]))
    assert (found.unit, found.other_unit) == (("b",), ("a",))
    assert (found.difference[0], found.other_difference[0]) == (20, -1)


def test_rows_of_respondents_are_those_of_compare():
    found = nps.discordant_units(APART)
    assert (found.unit, found.other_unit, found.verdict) == (("B",), ("A",), ("shown",))
    p = []
    for name, difference, error in (
        ("NPS", found.difference, found.standard_error),
        ("happy", found.other_difference, found.other_standard_error),
    ):
        alone = nps.compare(APART.margin(name).select("B", "A"), reference="A")
        assert difference[0] == pytest.approx(alone.difference[0], abs=1e-9)
        assert error[0] == pytest.approx(alone.standard_error[0], rel=1e-9)
        p.append(alone.pvalue[0])
    # The normal deviate of the larger p-value.
    assert found.statistic[0] == pytest.approx(stats.norm.isf(max(p) / 2), rel=1e-9)


def test_the_firmest_pair_stands_first():
    scores = [[0, 6], [2, 3], [6, 0], [7, -10]]
    found = nps.discordant_units(published(scores, standard_errors=np.ones((4, 2))))
    assert (np.diff(found.statistic) <= 0).all()
    # d against b: 5 and 13 points, the surest of the smaller differences is that of a and c, or a and d: 6 and 7.
    assert (found.unit[0], found.other_unit[0]) == ("d", "a")
    assert found.statistic[0] == pytest.approx(7 / np.sqrt(2))


def test_what_would_have_been_needed_is_said():
    found = nps.discordant_units(CLOSE)
    assert found.verdict == ("not shown",)
    text = found.sentences()[0]
    assert text.startswith("NPS and happy order 1 of 3 pairs oppositely by their scores; of 0 that is shown.")
    assert text.endswith("would have been needed.")
    rounded = nps.discordant_units(published([[1, 2], [2, 1]], rounding=1))
    assert rounded.sentences()[0].endswith("rounding can explain one of the two differences.")


def test_no_discordant_pair_is_an_answer_too():
    found = nps.discordant_units(published([[1, 1], [2, 2]], rounding=0.1))
    assert len(found) == 0
    assert found.sentences() == ["x and y order no pair of 1 oppositely by their scores."]
    assert "0 of 1" in str(found)
    assert found.to_frame().empty
    assert json.loads(json.dumps(found.to_dict()))["pairs_compared"] == [["", "x", "y", 1]]


def test_long_tables_say_how_many_rows_are_left_out():
    scores = np.column_stack([np.arange(8.0), -np.arange(8.0)])
    found = nps.discordant_units(published(scores, rounding=0.1))
    assert len(found) == len(found.to_frame()) == len(found.table().rows) == 28
    assert str(found).endswith("... and 8 more; `to_frame` has all.")


def test_columns_without_sampling_errors_are_not_written():
    assert "standard error" not in nps.discordant_units(FOUR).table().headers
    assert nps.discordant_units(CLOSE).table().headers[-3:] == ["statistic", "needed", "ordered oppositely"]


def test_scores_without_any_known_error_show_nothing_against_chance():
    exact = published([[1, 2], [2, 1]])
    text = nps.rank_agreement(exact).sentences()[0]
    assert text.endswith("How uncertain the scores are is not known, so that none of this is told from chance.")
    text = nps.discordant_units(exact).sentences()[0]
    assert text.startswith("x and y order 1 of 1 pairs oppositely by their scores, which are taken as known exactly.")
    assert "shown" not in text


def test_two_sampled_units_have_no_interval_and_say_so():
    found = nps.rank_agreement(published([[1, 2], [2, 1]], rounding=0.1), units="sampled")
    assert np.isnan(found.low[0])
    assert np.isnan(found.standard_error[0])
    assert "(tau-b −1.00; no interval over units like these from fewer than three)" in found.sentences()[0]
