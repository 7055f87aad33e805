"""The pictures of how far metrics order units alike, and of the pairs that they order oppositely."""

import matplotlib as mpl
import pytest

import npsstats as nps

mpl.use("agg")


@pytest.fixture(scope="module")
def joint():
    questions = {"recommend": nps.NPS, "satisfied": nps.CSAT}
    return nps.tabulate_joint(nps.datasets.responses("sfo"), questions, by=["year", "area"])


def test_agreement_has_a_row_for_each_pair_of_metrics_and_block(joint):
    result = nps.rank_agreement(joint)
    axes = nps.plots.rank_agreement(result)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["2017: NPS, CSAT", "2018: NPS, CSAT"]
    points = next(line for line in axes.lines if line.get_marker() == "o")
    assert points.get_xdata().tolist() == result.tau_b.tolist()
    ends = [path.vertices[:, 0].tolist() for path in axes.collections[0].get_paths()]
    assert ends == [[low, high] for low, high in zip(result.low, result.high, strict=True)]
    assert "all there are" in axes.get_xlabel()
    assert "sample of many" in nps.plots.rank_agreement(nps.rank_agreement(joint, units="sampled")).get_xlabel()


def test_discordant_pairs_have_two_bars_in_standard_errors(joint):
    result = nps.discordant_units(joint)
    axes = nps.plots.discordant_units(result, most=4)
    widths = [bar.get_width() for bar in axes.patches]
    # The firmest of both years, the bars of the first metric first.
    firmest = sorted(range(len(result)), key=lambda row: -result.statistic[row])[:4]
    expected = [
        side[row]
        for side in (
            result.difference / result.standard_error,
            result.other_difference / result.other_standard_error,
        )
        for row in firmest
    ]
    assert widths == pytest.approx(expected)
    assert axes.get_xlabel().endswith(f"4 of {len(result)} pairs in opposite order, the firmest first")
    # None is shown: all bars are open.
    assert not result.shown.any()
    assert {bar.get_facecolor() for bar in axes.patches} == {(1.0, 1.0, 1.0, 1.0)}


def test_published_scores_without_errors_are_drawn_in_points_and_filled():
    scores = nps.PublishedScores([[70, 60], [60, 70]], names=("a", "b"), by=("state",), labels=[("X",), ("Y",)])
    result = nps.discordant_units(scores)
    axes = nps.plots.discordant_units(result)
    assert [bar.get_width() for bar in axes.patches] == [10, -10]
    assert axes.get_xlabel().startswith("difference in points; filled: all, as scores are known\n")
    assert (1.0, 1.0, 1.0, 1.0) not in {bar.get_facecolor() for bar in axes.patches}


def test_rounded_scores_are_shown_beyond_rounding():
    scores = nps.PublishedScores(
        [[70, 60], [60, 61]], names=("a", "b"), by=("state",), labels=[("X",), ("Y",)], rounding=1.0
    )
    axes = nps.plots.discordant_units(nps.discordant_units(scores))
    assert "filled: more than rounding explains" in axes.get_xlabel()
    # One point under the second metric may be rounding.
    assert {bar.get_facecolor() for bar in axes.patches} == {(1.0, 1.0, 1.0, 1.0)}


def test_without_a_pair_in_opposite_order_there_is_nothing_to_draw():
    scores = nps.PublishedScores([[70, 70], [60, 60]], names=("a", "b"), by=("state",), labels=[("X",), ("Y",)])
    with pytest.raises(ValueError, match="nothing to draw"):
        nps.plots.discordant_units(nps.discordant_units(scores))


def test_other_answers_are_refused():
    for picture in (nps.plots.rank_agreement, nps.plots.discordant_units):
        with pytest.raises(TypeError, match="`result` must be"):
            picture([1, 2])
