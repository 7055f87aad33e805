"""Dominance: every monotone scoring on small scales, and how often a verdict is wrong, by complete enumeration."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from scipy.special import gammaln, xlogy

import npsstats as nps


def together(first, second, metric):
    """Compare each sample of one group with the sample of the other in the same row."""
    counts = nps.RatingCounts(
        np.stack([first, second], axis=1).reshape(-1, len(first[0])),
        metric=metric,
        missing=np.zeros(2 * len(first), int),
        by=("pair", "wave"),
        labels=[(i, wave) for i in range(len(first)) for wave in ("new", "old")],
    )
    return nps.dominance(counts, reference="old", confidence_level=0.95)


def monotone_scorings(cells, most):
    """All scorings with whole values from 0 to `most` that do not fall as ratings rise."""
    return np.array(list(itertools.combinations_with_replacement(range(most + 1), cells)))


@pytest.mark.parametrize(("cells", "most"), [(3, 4), (4, 3), (5, 3), (6, 2)])
def test_the_observed_order_is_that_of_all_monotone_scorings(cells, most):
    rng = np.random.default_rng(10 * cells + most)
    scorings = monotone_scorings(cells, most)
    first, second = rng.integers(0, 5, size=(2, 60, cells))
    # Every third pair is nearly the same, so that ties at cut points are among them.
    first[::3] = second[::3]
    first[::3, 0] += 1
    first[:, -1] += 1
    second[:, -1] += 1
    metric = nps.mean_rating(nps.Scale(1, cells))
    found = together(first, second, metric).observed
    words = set()
    for own, other, word in zip(first, second, found, strict=True):
        # In whole numbers: no rounding decides.
        ahead = np.sign(scorings @ own * other.sum() - scorings @ other * own.sum())
        up, down = (ahead > 0).any(), (ahead < 0).any()
        assert word == ("crossing" if up and down else "dominates" if up else "dominated" if down else "alike")
        words.add(word)
    assert {"dominates", "dominated", "crossing"} <= words


def everything(n, cells):
    """All samples of n respondents."""
    return [row for row in itertools.product(range(n + 1), repeat=cells) if sum(row) == n]


@pytest.fixture(scope="module")
def four():
    """All pairs of samples of 3 and of 4 respondents on four ratings, and both answers."""
    pairs = list(itertools.product(everything(3, 4), everything(4, 4)))
    counts = nps.RatingCounts(
        np.array(pairs).reshape(-1, 4),
        metric=nps.net_score(nps.Scale(1, 4), promoters_from=4, detractors_to=2),
        missing=np.zeros(2 * len(pairs), int),
        by=("pair", "wave"),
        labels=[(i, wave) for i in range(len(pairs)) for wave in ("old", "new")],
    )
    return pairs, nps.dominance(counts, reference="old"), nps.score_flips(counts, reference="old")


def net(row, top, bottom, weight=1):
    """A net score by hand, of ratings from 1 on."""
    values = [Fraction(1) if rating >= top else -Fraction(weight) if rating <= bottom else 0 for rating in range(1, 5)]
    return sum(value * many for value, many in zip(values, row, strict=True)) / sum(row)


def test_every_pair_of_small_samples_is_ordered_as_by_all_monotone_scorings(four):
    pairs, order, _ = four
    scorings = monotone_scorings(4, 3)
    for (old, new), word in zip(pairs, order.observed, strict=True):
        signs = set(np.sign(3 * scorings @ new - 4 * scorings @ old).tolist()) - {0}
        assert word == {(): "alike", (1,): "dominates", (-1,): "dominated", (-1, 1): "crossing"}[tuple(sorted(signs))]


def test_cut_points_that_turn_the_order_are_those_of_all_net_scores(four):
    pairs, _, flips = four
    cuts = [(top, bottom) for top in range(2, 5) for bottom in range(1, top)]
    for (old, new), better, worse in zip(pairs, flips.cuts_better, flips.cuts_worse, strict=True):
        moved = {cut: net(new, *cut) - net(old, *cut) for cut in cuts}
        assert set(better) == {cut for cut, size in moved.items() if size > 0}
        assert set(worse) == {cut for cut, size in moved.items() if size < 0}


def test_who_is_ahead_at_each_detractor_weight_is_as_by_hand(four):
    pairs, _, flips = four
    # Ties are ratios of whole numbers of twelfths: 1/12 and 12 at the ends.
    weights = sorted({Fraction(one, other) for one in range(1, 14) for other in range(1, 14)})
    names = {1: "group", -1: "reference", 0: "neither"}
    for i, (old, new) in enumerate(pairs):
        # By weight: the two shares that a net score is made of.
        up, down = (net(new, *cut, weight=0) - net(old, *cut, weight=0) for cut in ((4, 2), (3, 2)))
        signs = [int(np.sign(up - weight * -down)) for weight in weights]
        found = [names[sign] for sign in signs]
        assert found[0] == flips.ahead_below[i]
        assert found[-1] == flips.ahead_above[i]
        tie = next((weight for weight, sign in zip(weights, signs, strict=True) if sign == 0), None)
        if tie is not None and any(signs):
            assert flips.tie_weight[i] == pytest.approx(float(tie), rel=1e-12)
        elif any(signs):
            assert not 0 < flips.tie_weight[i] < np.inf


def test_verdicts_of_small_samples_are_borne_by_both_shares(four):
    _, _, flips = four
    both = ((flips.promoter_low > 0) | (flips.promoter_high < 0)) & (
        (flips.detractor_low > 0) | (flips.detractor_high < 0)
    )
    told = np.array(flips.verdict) != "undecided"
    assert told.any()
    assert (both | ~told).all()


def outcomes(n):
    """All (detractors, passives, promoters) of n respondents."""
    return np.array([(d, n - d - p, p) for d in range(n + 1) for p in range(n - d + 1)])


def probabilities(shares, table):
    n = table[0].sum()
    return np.exp(gammaln(n + 1) - gammaln(table + 1).sum(axis=1) + xlogy(table, np.array(shares)).sum(axis=1))


@pytest.fixture(scope="module")
def small():
    """The answer for every pair of samples of 7 and 9 respondents, in three categories."""
    first, second = outcomes(7), outcomes(9)
    pairs = np.array(list(itertools.product(range(len(first)), range(len(second)))))
    answer = together(first[pairs[:, 0]], second[pairs[:, 1]], nps.NPS_CATEGORIES)
    return first, second, pairs, answer


def weights(small, own, other):
    first, second, pairs, _ = small
    return probabilities(own, first)[pairs[:, 0]] * probabilities(other, second)[pairs[:, 1]]


@pytest.mark.parametrize("shares", [(0.3, 0.4, 0.3), (0.1, 0.3, 0.6), (0.5, 0.2, 0.3), (0.05, 0.15, 0.8)])
def test_a_verdict_on_equal_distributions_is_rare(small, shares):
    weight = weights(small, shares, shares)
    wrong = np.array(small[3].verdict) != "undecided"
    assert weight.sum() == pytest.approx(1, rel=1e-9)
    # The nominal level; over the whole triangle of shares, in steps of 2 %, it is 2.9 % in the mean and 4.4 % at most.
    assert weight @ wrong < 0.05


@pytest.mark.parametrize("promoters", [(0.7, 0.2), (0.5, 0.2), (0.3, 0.2)])
def test_no_wrong_statement_at_a_cut_point_where_the_shares_are_the_same(small, promoters):
    """Detractors are the same, promoters are not: only the first cut point can be told wrongly."""
    one, other = ((0.3, 0.7 - share, share) for share in promoters)
    weight = weights(small, one, other)
    shown = np.array(small[3].cut_points.shown).reshape(-1, 2)
    wrong = np.isin(shown[:, 0], ["better", "worse"])
    # One of two cut points, tested as if both could be wrong: about 2 %.
    assert weight @ wrong < 0.03


def test_the_proof_at_every_cut_point_keeps_its_level(small):
    """As many detractors in both, and far more promoters in one: the least favourable case of the proof."""
    weight = weights(small, (0.3, 0.0, 0.7), (0.3, 0.7, 0.0))
    verdict = np.array(small[3].verdict)
    # The proof is two-sided: dominance is claimed wrongly with half of 5 %.
    assert weight @ (verdict == "dominates") < 0.03
    # Only where nobody is a promoter, with probability 0.3^7, and the other cut point speaks alone.
    assert weight @ (verdict == "dominated") < 0.3**7


def test_limits_hold_together(small):
    shares = (0.2, 0.3, 0.5), (0.35, 0.35, 0.3)
    weight = weights(small, *shares)
    above = [np.cumsum(share[::-1])[::-1][1:] for share in shares]
    true = above[0] - above[1]
    cuts = small[3].cut_points
    low, high = cuts.low.reshape(-1, 2), cuts.high.reshape(-1, 2)
    covered = ((low <= true) & (true <= high)).all(axis=1)
    # Nominal 95 %; the enumeration has no error of its own.
    assert 0.94 < weight @ covered < 0.99


def test_wrong_statements_are_rare_wherever_distributions_differ():
    """Five ratings: the same shares below the first two cut points, others above, in samples of 150 and 250."""
    one, other = np.array([0.1, 0.2, 0.4, 0.1, 0.2]), np.array([0.1, 0.2, 0.1, 0.3, 0.3])
    rng = np.random.default_rng(77)
    many = 500
    answer = together(rng.multinomial(150, one, many), rng.multinomial(250, other, many), nps.CSAT)
    shown = np.array(answer.cut_points.shown).reshape(many, -1)
    wrong = np.isin(shown[:, :2], ["better", "worse"]).any(axis=1)
    # The two true hypotheses at the level of all four: below 5 %, with 3 standard errors of 500 samples.
    assert wrong.mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / many)
    assert (shown[:, 2] == "worse").mean() > 0.9
