"""How often the intervals of `eights` and `eights_difference` hold what they should, by complete enumeration."""

import numpy as np
import pytest
from scipy import stats

import npsstats as nps

# Detractors, sevens, eights, promoters.
POPULATIONS = {
    "realistic": (0.2, 0.2, 0.25, 0.35),
    "high": (0.05, 0.15, 0.3, 0.5),
    "few eights": (0.3, 0.25, 0.05, 0.4),
}
SCALE = nps.Scale(0, 3, labels=("detractor", "seven", "eight", "promoter"))
NET = nps.net_score(SCALE, promoters_from=3, detractors_to=0)
EIGHT = 2

# Limits at the place itself miss it by rounding only.
ROUNDING = 1e-9


def all_counts(n, cells):
    """All counts of n respondents in so many cells."""
    grid = np.stack(np.meshgrid(*[np.arange(n + 1)] * (cells - 1), indexing="ij"), axis=-1).reshape(-1, cells - 1)
    grid = grid[grid.sum(axis=1) <= n]
    return np.column_stack([grid, n - grid.sum(axis=1)])


def counted(table):
    """Each sample is a group."""
    labels = tuple((i,) for i in range(len(table)))
    return nps.RatingCounts(table, metric=NET, missing=np.zeros(len(table), int), by=("sample",), labels=labels)


def held(low, high, first, last, chance):
    return float(((low <= first + ROUNDING) & (last <= high + ROUNDING)) @ chance)


@pytest.mark.parametrize("most", [1.0, 0.02])
def test_intervals_of_scores_hold_them_wherever_the_share_is(most):
    n = 9
    table = all_counts(n, 4)
    bounds = nps.eights(counted(table), rating=EIGHT, most_share=most)
    for name, shares in POPULATIONS.items():
        chance = stats.multinomial.pmf(table, n, shares)
        net, width = 100 * (shares[3] - shares[0]), 100 * most * shares[2]
        ends = (net, net + width / 2, net + width)
        places = [held(bounds.low, bounds.high, place, place, chance) for place in ends]
        # The least is 95.9 % here; the score interval is no exact method, but safe in such small groups.
        assert min(places) > 0.955, (name, places)
        assert held(bounds.low_set, bounds.high_set, ends[0], ends[2], chance) > 0.955, name


def test_one_sided_limits_throughout_would_fall_short_where_bounds_are_narrow():
    # What the quantile of Imbens and Manski is for: with that of wide bounds, some 90 %.
    n, shares = 9, POPULATIONS["realistic"]
    table = all_counts(n, 4)
    chance = stats.multinomial.pmf(table, n, shares)
    one_sided = nps.eights(counted(table), rating=EIGHT, most_share=0.02, confidence_level=0.9)
    place = 100 * (shares[3] - shares[0])
    assert held(one_sided.low_set, one_sided.high_set, place, place, chance) < 0.92


def test_intervals_of_differences_hold_them_with_a_common_share_and_with_two():
    # Three respondents against two: all pairs of samples.
    sizes, tables = (3, 2), (all_counts(3, 4), all_counts(2, 4))
    own, other = (table.ravel() for table in np.meshgrid(*(np.arange(len(table)) for table in tables)))
    both = np.stack([tables[1][other], tables[0][own]], axis=1).reshape(-1, 4)
    counts = nps.RatingCounts(
        both,
        metric=NET,
        missing=np.zeros(len(both), int),
        by=("pair", "wave"),
        labels=tuple((i, wave) for i in range(own.size) for wave in ("old", "new")),
    )
    found = nps.eights_difference(counts, reference="old", rating=EIGHT)
    assert len(found) == own.size
    new, old = np.array(POPULATIONS["realistic"]), np.array(POPULATIONS["few eights"])
    chance = stats.multinomial.pmf(both[1::2], sizes[0], new) * stats.multinomial.pmf(both[::2], sizes[1], old)
    assert chance.sum() == pytest.approx(1)

    def net(shares, share):
        return 100 * (shares[3] - shares[0] + share * shares[2])

    for share in (0.0, 0.5, 1.0):
        place = net(new, share) - net(old, share)
        assert held(found.low, found.high, place, place, chance) > 0.945
    ends = [net(new, share) - net(old, share) for share in (0.0, 1.0)]
    # Not only each, but both at once.
    assert held(found.low, found.high, min(ends), max(ends), chance) > 0.945
    for share, theirs in ((0.0, 1.0), (1.0, 0.0), (0.0, 0.0)):
        place = net(new, share) - net(old, theirs)
        assert held(found.low_apart, found.high_apart, place, place, chance) > 0.945
