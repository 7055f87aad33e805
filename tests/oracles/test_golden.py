"""Numbers that others printed or computed, reproduced to the last printed digit.

The cases stand in the folder of published cases, each on the scale of its source; npsstats answers in points.
"""

import csv
import json
import math
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import npsstats as nps

# ---------------------------------------------------------------------------- published_cases.json: the answers


def estimate(counts, method="wald", **arguments):
    """One score with its limits; zero width is part of some published cases."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nps.SmallSampleWarning)
        return nps.estimate(counts, method=method, **arguments)


def compare(counts, method="wald", **arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nps.SmallSampleWarning)
        return nps.compare(counts, method=method, **arguments)


def counts_of(inputs):
    """The counts of a case, in whichever form its source gives them."""
    if "scores" in inputs:
        return nps.tabulate(inputs["scores"])
    if "histogram_0_10" in inputs:
        return nps.RatingCounts.from_histogram(inputs["histogram_0_10"])
    if "promoters_pct" in inputs:
        return nps.RatingCounts.from_percentages(
            promoters=inputs["promoters_pct"],
            passives=inputs.get("passives_pct"),
            detractors=inputs["detractors_pct"],
            n=100,
        )
    return nps.RatingCounts.from_categories(**{name: inputs[name] for name in ("promoters", "passives", "detractors")})


def answer_point(inputs):
    return {"nps": estimate(counts_of(inputs)).score[0]}


def answer_point_on_unit_scale(inputs):
    counts = counts_of(inputs)
    result = estimate(counts, confidence_level=inputs.get("level", 0.95))
    score, error, low, high = (x[0] / 100 for x in (result.score, result.standard_error, result.low, result.high))
    return {"nps": score, "se": error, "var": error**2 * counts.n[0], "lo": low, "hi": high}


def answer_half_width(inputs):
    result = estimate(counts_of(inputs), confidence_level=inputs["level"])
    return {"nps": result.score[0], "moe": (result.high[0] - result.low[0]) / 2}


def answer_top_box(inputs):
    top = round(inputs["p"] * inputs["n"])
    metric = nps.top_box(nps.Scale(1, 2), boxes=1)
    counts = nps.RatingCounts.from_histogram([inputs["n"] - top, top], scale=metric.scale, metric=metric)
    result = estimate(counts, confidence_level=inputs["level"])
    return {"moe": (result.high[0] - result.low[0]) / 2, "lo": result.low[0], "hi": result.high[0]}


def answer_width_constant(inputs):
    """The full width times sqrt(n) at shares of one third; the source rounds it before it goes on."""
    result = estimate(nps.RatingCounts.from_categories(promoters=1, passives=1, detractors=1))
    constant = (result.high[0] - result.low[0]) * math.sqrt(3)
    needed = {f"n{width}": (round(constant) / width) ** 2 for width in inputs["widths"]}
    return {"const": constant, **needed}


def answer_paired_core(inputs):
    """The intervals of a matched-pairs difference: discordant pairs are promoters and detractors."""
    counts = counts_of(inputs)
    level = {"confidence_level": inputs["level"]}
    wald, bonett = estimate(counts, **level), estimate(counts, "bonett-price", **level)
    score, test = estimate(counts, "tango", **level), compare(counts, "tango", reference=0.0)
    agresti = estimate(counts, "agresti-min", **level)
    points = {
        "est": wald.score[0], "lo": wald.low[0], "hi": wald.high[0],
        "wald_lo": wald.low[0], "wald_hi": wald.high[0],
        "bp_lo": bonett.low[0], "bp_hi": bonett.high[0],
        "score_lo": score.low[0], "score_hi": score.high[0],
        "am_lo": agresti.low[0], "am_hi": agresti.high[0], "am_est": (agresti.low[0] + agresti.high[0]) / 2,
    }  # fmt: skip
    return {
        **{name: value / 100 for name, value in points.items()},
        "mcnemar_z": test.statistic[0],
        "mcnemar_p": test.pvalue[0],
    }


def answer_goodman(inputs):
    result = estimate(counts_of(inputs), "goodman", confidence_level=inputs["level"])
    return {"lo": result.low[0] / 100, "hi": result.high[0] / 100}


def answer_mcnemar(inputs):
    test = compare(counts_of(inputs), "tango", reference=0.0)
    return {"chi2": test.statistic[0] ** 2, "p": test.pvalue[0]}


def answer_two_sample(inputs):
    counts = nps.RatingCounts.from_histogram([inputs["x_hist"], inputs["y_hist"]], groups=["x", "y"])
    test = compare(counts, reference="y", confidence_level=inputs["level"])
    points = {"diff": test.difference, "se": test.standard_error, "lo": test.low, "hi": test.high}
    return {**{name: value[0] / 100 for name, value in points.items()}, "p": test.pvalue[0]}


def answer_paired_waves(inputs):
    """Rows minus columns: the columns are the first wave. The source lists promoters first."""
    table = np.array(inputs["table_3x3"])[::-1, ::-1].T
    pairs = nps.PairedCounts.from_table(table, first="column", second="row")
    result = compare(pairs, confidence_level=inputs["level"])
    low, high, change, error = (x[0] / 100 for x in (result.low, result.high, result.difference, result.standard_error))
    # The source's score interval keeps the variance at no change, sum d^2 p / n, on its whole length.
    margin = (high - low) / 2 / error * math.hypot(error, change / math.sqrt(result.n[0]))
    return {
        "est": change,
        "wald_lo": low,
        "wald_hi": high,
        "Zw": result.statistic[0],
        "Pw": result.pvalue[0],
        "score_lo": change - margin,
        "score_hi": change + margin,
    }


def answer_one_sample(inputs):
    return {"p": compare(counts_of(inputs), reference=float(inputs["null"])).pvalue[0]}


def answer_periods(inputs):
    months = inputs["det_pas_pro_by_month"]
    detractors, passives, promoters = np.transpose(list(months.values()))
    counts = nps.RatingCounts.from_categories(
        detractors=detractors, passives=passives, promoters=promoters, groups=list(months), by="month"
    )
    result = estimate(counts)
    return dict(zip((label[0] for label in result.labels), result.score, strict=True))


def answer_ces(inputs):
    counts = nps.RatingCounts.from_histogram(inputs["counts_1_7"], scale=nps.Scale(1, 7), metric=nps.CES_2)
    mean = estimate(counts).score[0]
    return {"ces": mean, "sum": mean * counts.n[0]}


def answer_mean_score(inputs):
    metric = nps.mean_score(nps.Scale(0, 10))
    counts = nps.RatingCounts.from_histogram(inputs["counts_0_10"], metric=metric)
    return {"rate": estimate(counts).score[0] / 100}


def answer_share_of_maximum(inputs):
    scale = nps.Scale(1, inputs["max"])
    metric = nps.Metric("share of the maximum", scale, tuple(100 * scale.ratings / inputs["max"]))
    return {"pct": estimate(nps.tabulate(inputs["scores"], metric=metric)).score[0]}


def answer_csat(inputs):
    # Positive answers are 4 and 5; how they split is not published and does not matter.
    positive, other = inputs["positive"], inputs["n"] - inputs["positive"]
    counts = nps.RatingCounts.from_histogram([0, 0, other, positive, 0], scale=nps.Scale(1, 5), metric=nps.CSAT)
    return {"pct": estimate(counts).score[0]}


ANSWERS = {
    **dict.fromkeys(("PT02", "PT03", "PT04", "PT05", "PT06", "PT07"), answer_point),
    **dict.fromkeys(("SAME01", "SAME02", "SAME03", "SAME05", "SAME06", "SAME07"), answer_point),
    **dict.fromkeys(("FS01", "FS03", "NM01", "NM03"), answer_point),
    **dict.fromkeys(("RN01", "RN02", "RN03", "RN04", "RN07"), answer_point_on_unit_scale),
    **dict.fromkeys(("TD01", "TD02", "TD03", "TD05", "TD07", "TD09"), answer_point_on_unit_scale),
    **dict.fromkeys(("FL01", "FL02", "FL04", "TG02", "PC01", "PC03", "PC04"), answer_paired_core),
    **dict.fromkeys(("FT01", "FT03"), answer_periods),
    "GD02": answer_goodman,
    "SE02": answer_half_width,
    "SE04": answer_top_box,
    "SE05": answer_width_constant,
    "MC01": answer_mcnemar,
    "TW01": answer_two_sample,
    "OS01": answer_one_sample,
    "PR01": answer_paired_waves,
    "CE01": answer_ces,
    "CS01": answer_mean_score,
    "CS03": answer_share_of_maximum,
    "CS04": answer_csat,
}

LEFT_OUT = {
    "KE01": "p-values of correlations between firms; no score is estimated",
    "AC01": "an index of three weighted questions, defined without a published example",
}


def test_published_case_is_reproduced_to_its_printed_digits(published_case):
    if published_case["id"] in LEFT_OUT:
        pytest.skip(LEFT_OUT[published_case["id"]])
    answers = ANSWERS[published_case["id"]](published_case["inputs"])
    for name, check in published_case["checks"].items():
        expected = check["expected"]
        # Half a unit of the last printed digit; 4 ulp more where a value lies on a tie, or all digits are printed.
        tolerance = 0.5 * 10.0 ** -check["printed_dp"] + 4 * np.spacing(abs(expected))
        assert abs(answers[name] - expected) <= tolerance, (name, answers[name], expected)


def test_every_published_case_is_reproduced_or_left_out_for_a_reason(shared_golden):
    identifiers = [case["id"] for case in json.loads((shared_golden / "published_cases.json").read_text())]
    assert not set(ANSWERS) & set(LEFT_OUT)
    assert sorted([*ANSWERS, *LEFT_OUT]) == sorted(identifiers)


# --------------------------------------------------------------------------------------- rocks_r_cases.json

ROCKS_METHODS = {"wald": "wald", "adjusted.wald": "adjusted-wald"}
# The values carry 12 significant digits; R's and NumPy's arithmetic differ by a few ulp.
ROCKS_TOLERANCE = 1e-10


def assert_same_pvalue(pvalue, expected):
    # 12 significant digits; R's `2 * (1 - pnorm(z))` also rounds to a multiple of 2^-52, and small ones to 0.
    np.testing.assert_allclose(pvalue, float(expected), rtol=1e-10, atol=2.0**-52)  # nan equals nan
    assert pvalue != 0


def test_rocks_code_gives_the_same(rocks_case):
    method, level = ROCKS_METHODS[rocks_case["method"]], rocks_case["level"]
    expected = [rocks_case["lo"], rocks_case["hi"]]
    if rocks_case["kind"] == "one_sample":
        detractors, passives, promoters = map(int, rocks_case["det_pas_pro"])
        counts = nps.RatingCounts.from_categories(promoters=promoters, passives=passives, detractors=detractors)
        result = estimate(counts, method, confidence_level=level)
        pvalue = compare(counts, method, reference=0.0, confidence_level=level).pvalue[0]
        low, high = result.low[0], result.high[0]
    else:
        detractors, passives, promoters = np.transpose([rocks_case["x"], rocks_case["y"]]).astype(int)
        counts = nps.RatingCounts.from_categories(
            promoters=promoters, passives=passives, detractors=detractors, groups=["x", "y"]
        )
        result = compare(counts, method, reference="y", confidence_level=level)
        pvalue = result.pvalue[0]
        # His difference has lost its sign.
        low, high = (result.low[0], result.high[0]) if result.difference[0] > 0 else (-result.high[0], -result.low[0])
        # With pseudo-counts he prints the adjusted difference, the centre of the interval.
        np.testing.assert_allclose((low + high) / 200, rocks_case["abs_diff"], rtol=0, atol=ROCKS_TOLERANCE)
    np.testing.assert_allclose([low / 100, high / 100], expected, rtol=0, atol=ROCKS_TOLERANCE)
    assert_same_pvalue(pvalue, rocks_case["p"])


def test_rocks_cases_are_all_of_methods_that_are_offered(shared_golden):
    cases = json.loads((shared_golden / "rocks_r_cases.json").read_text())
    assert len(cases) == 110
    assert {case["method"] for case in cases} == set(ROCKS_METHODS)
    assert {case["kind"] for case in cases} == {"one_sample", "two_sample"}


# ------------------------------------------------------------------------------------ Preppin' Data, puzzles

RECOMMEND_AIRLINE = "How likely are you to recommend this airline?"


def test_preppin_airlines_give_the_published_counts_and_answer(shared_data, shared_golden):
    files = [shared_data / "preppin" / f"prep_air_airlines_{part}.csv" for part in (1, 2)]
    counts = nps.tabulate(files, rating=RECOMMEND_AIRLINE, by="Airline")
    with (shared_golden / "preppin2021w23_counts.csv").open(newline="") as file:
        published = {row["A"]: row for row in csv.DictReader(file)}
    large = counts.select(*[name for name, n in zip(counts.groups, counts.n, strict=True) if n >= 50])
    assert set(large.groups) == set(published)
    assert len(published) == 59
    table = large.counts
    categories = np.stack([table[:, 9:].sum(1), table[:, 7:9].sum(1), table[:, :7].sum(1)], axis=1)
    rows = [published[name] for name in large.groups]
    assert categories.tolist() == [[int(row[name]) for name in ("pro", "pas", "det")] for row in rows]
    # 14 decimals are printed.
    np.testing.assert_allclose(estimate(large).score, [float(row["nps"]) for row in rows], rtol=0, atol=1e-12)
    # The published answer floors both percentages before it subtracts.
    promoters, detractors = np.floor(100 * categories[:, [0, 2]] / large.n[:, None]).T
    floored = promoters - detractors
    (ours,) = floored[large.positions(["Prep Air"])]
    (answer,) = read_rows(shared_data / "preppin" / "prep_air_airlines_published_answer.csv")
    assert ours == float(answer["NPS"]) == 21
    assert f"{(ours - floored.mean()) / floored.std(ddof=1):.2f}" == answer["Z-Score"] == "1.12"


def test_preppin_sudzilla_gives_the_published_answer(shared_data):
    counts = nps.tabulate(
        shared_data / "preppin" / "sudzilla_2.csv", rating="On a scale of 0-10, how would you rate Sudzilla?"
    )
    (answer,) = read_rows(shared_data / "preppin" / "sudzilla_published_answer.csv")
    assert counts.n.tolist() == [int(answer["Total Respondents"])] == [39]
    assert counts.counts[0, 9:].sum() == int(answer["Promoter"]) == 8
    assert counts.counts[0, :7].sum() == int(answer["Detractor"]) == 22
    assert f"{estimate(counts).score[0]:.1f}" == answer["NPS Score"] == "-35.9"


def read_rows(path: Path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


# ------------------------------------------------------------------------------------------------- real data


def scores_by_label(counts):
    return dict(zip(counts.groups, estimate(counts).score, strict=True))


def test_sfo_blank_code_is_refused_and_counted(shared_data):
    with pytest.raises(nps.InvalidRatingError, match=r"\b84 of 2,?8\d\d\b.*11") as caught:
        nps.tabulate(shared_data / "sfo" / "2017.csv", rating="NETPRO")
    assert 11 in caught.value.codes


def test_sfo_recommend_gives_the_reported_scores_and_their_difference(shared_data):
    old = nps.tabulate(shared_data / "sfo" / "2017.csv", rating="NETPRO", missing_codes=[11])
    # The header ends in two spaces that year.
    with pytest.warns(UserWarning, match="NETPRO"):
        new = nps.tabulate(shared_data / "sfo" / "2018.csv", rating="NETPRO", missing_codes=[11])
    both = old.with_group("year", 2017) + new.with_group("year", 2018)
    assert both.n.tolist() == [2746, 2650]
    # Reported with two decimals.
    np.testing.assert_allclose(estimate(both).score, [39.84, 30.98], rtol=0, atol=0.005)
    change = compare(both, reference=2017)
    np.testing.assert_allclose(change.difference, -8.86, rtol=0, atol=0.005)
    # "About -4.5": one decimal.
    np.testing.assert_allclose(change.statistic, -4.5, rtol=0, atol=0.05)
    np.testing.assert_allclose(compare(both, "score", reference=2017).statistic, -4.5, rtol=0, atol=0.05)


@pytest.mark.parametrize(("year", "n", "top_two"), [(2017, 2688, 82.07), (2018, 2625, 78.44)])
def test_sfo_satisfaction_gives_the_reported_top_two_boxes(shared_data, year, n, top_two):
    counts = nps.tabulate(
        shared_data / "sfo" / f"{year}.csv", rating="Q7ALL", metric=nps.CSAT, missing_codes=["Blank", "BLANK"]
    )
    assert counts.n.tolist() == [n]
    np.testing.assert_allclose(estimate(counts).score, top_two, rtol=0, atol=0.005)  # two decimals


ACSI = {"metric": nps.NPS_1_TO_10, "missing_codes": [98, 99]}


def test_acsi_satisfaction_gives_the_reported_net_scores(shared_data):
    file = shared_data / "acsi" / "acsi_2015.csv"
    industries = nps.tabulate(file, rating="SATIS", by="INDUSTRY", **ACSI)
    complaints = nps.tabulate(file, rating="SATIS", by="COMP", **ACSI)
    found = {
        "all": estimate(industries.pool()).score[0],
        **scores_by_label(industries),
        **{f"complained {label}": score for label, score in scores_by_label(complaints).items()},
    }
    reported = {
        "all": 22.64, 1001: 47.31, 3003: 17.12, 3013: -7.76, 5001: 34.21,
        "complained 1": -28.83, "complained 0": 34.76,
    }  # fmt: skip
    for name, score in reported.items():
        assert abs(found[name] - score) <= 0.005, (name, found[name])  # two decimals


def test_acsi_missing_codes_are_refused_unless_declared(shared_data):
    file = shared_data / "acsi" / "acsi_2015.csv"
    with pytest.raises(nps.InvalidRatingError, match="244") as caught:
        nps.tabulate(file, rating="REPUR", metric=nps.NPS_1_TO_10)
    assert set(caught.value.codes) == {98, 99}
    counts = nps.tabulate(file, rating="REPUR", **ACSI)
    np.testing.assert_allclose(estimate(counts).score, 26.54, rtol=0, atol=0.005)  # two decimals
    # What the 244 codes would have made of it as promoters.
    (histogram,) = counts.counts
    wrong = 100 * (histogram[8:].sum() + 244 - histogram[:6].sum()) / (histogram.sum() + 244)
    np.testing.assert_allclose(wrong, 28.76, rtol=0, atol=0.005)


def test_soep_life_satisfaction_gives_the_reported_net_scores(shared_data):
    counts = nps.tabulate(shared_data / "soep" / "soep_practice_long.csv", rating="lebensz_org", by="syear")
    assert counts.groups == (2015, 2016, 2017, 2018, 2019)
    assert counts.missing.sum() == 611
    np.testing.assert_allclose(estimate(counts).score, [0.78, 0.66, -1.83, 0.99, 4.77], rtol=0, atol=0.005)


def test_ecsi_mobile_gives_the_reported_shares(shared_data):
    counts = nps.tabulate(shared_data / "ecsi" / "mobi.csv", rating="CUSL3", metric=nps.NPS_1_TO_10)
    (histogram,) = counts.counts
    shares = [100 * part.sum() / counts.n[0] for part in (histogram[8:], histogram[6:8], histogram[:6])]
    assert shares == [38.0, 38.0, 24.0]
    assert estimate(counts).score.tolist() == [14.0]


def test_ecsi_bank_gives_the_reported_shares_and_scores(shared_data):
    counts = nps.tabulate(shared_data / "ecsi" / "satisfaction.csv", rating="loy3", by="gender")
    pooled = counts.pool()
    (histogram,) = pooled.counts
    shares = [100 * part.sum() / pooled.n[0] for part in (histogram[9:], histogram[7:9], histogram[:7])]
    np.testing.assert_allclose(shares, [26.0, 39.6, 34.4], rtol=0, atol=1e-12)  # 250 answers: one decimal is exact
    np.testing.assert_allclose(estimate(pooled).score, -8.40, rtol=0, atol=0.005)
    scores = scores_by_label(counts)
    np.testing.assert_allclose([scores["female"], scores["male"]], [-2.70, -16.67], rtol=0, atol=0.005)


def hcahps(path, shared_data):
    rows = [row for row in read_rows(shared_data / "hcahps" / path) if row["Measure ID"] == "H_HSP_RATING"]
    top, middle, bottom = ([int(row[f"{box}-box Percentage"]) for row in rows] for box in ("Top", "Middle", "Bottom"))
    groups = [(row["Release Period"], row.get("State")) for row in rows]
    # Whole percentages of an unpublished number of respondents, so the score is their difference, for any n.
    return nps.RatingCounts.from_percentages(promoters=top, passives=middle, detractors=bottom, n=100, groups=groups)


def test_hcahps_gives_the_national_net_scores(shared_data):
    counts = hcahps("national_results.csv", shared_data)
    assert estimate(counts).score.tolist() == [63, 64, 66, 66, 65, 65, 66, 64, 61]
    assert re.search(r"rounded to 0 decimals", counts.notes[0])


def test_hcahps_gives_the_reported_span_of_states(shared_data):
    scores = estimate(hcahps("state_results.csv", shared_data)).score
    assert scores.size == 458
    assert (scores.min(), scores.max()) == (43, 77)
    np.testing.assert_allclose(scores.mean(), 64.05, rtol=0, atol=0.005)  # two decimals
