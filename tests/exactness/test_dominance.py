"""Dominance: every monotone scoring on small scales, and how often a verdict is wrong, by complete enumeration."""

import itertools

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
    # The nominal level; over the whole triangle of shares it is 2.9 % in the mean and 4.4 % at most.
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
    strict = np.array(small[3].strict)
    # The proof is two-sided: dominance is claimed wrongly with half of 5 %.
    assert weight @ (strict == "dominates") < 0.03
    # Only where nobody is a promoter, with probability 0.3^7, and the other cut point speaks alone.
    assert weight @ (strict == "dominated") < 0.3**7


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
