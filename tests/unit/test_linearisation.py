"""The covariance of estimated totals against sums over units, one by one, in fractions; and few degrees of freedom."""

import itertools
from fractions import Fraction

import mpmath
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import npsstats as nps
from npsstats.kernels.effective import critical_values, tails
from npsstats.kernels.linearisation import Stage, presence_patterns, total_covariance, unit_totals

# Some ten sums of small fractions, against the same in fractions.
EXACT = {"rtol": 1e-12, "atol": 1e-15}

# The ratings of the samples of these tests.
GIVEN = [0, 3, 8, 9, 10]


def variance_between(deviations, stages, lonely, let_through=Fraction(1)):
    """Of the sum of one number for each row: V = (1 - f) n / (n - 1) sum (z - zbar)^2, and f times the next stage.

    `deviations` are (number, ((stratum, unit), fraction) of each stage) of the rows of one stratum or of all.
    """
    if not stages:
        return Fraction(0)
    place = stages[0]
    total = Fraction(0)
    strata = {}
    for row in deviations:
        strata.setdefault(row[place]["stratum"], []).append(row)
    for rows in strata.values():
        units = {}
        for row in rows:
            units.setdefault(row[place]["unit"], []).append(row)
        f, n = rows[0][place]["fraction"], len(units)
        sums = [sum((row["z"] for row in unit), Fraction(0)) for unit in units.values()]
        if n > 1:
            mean = sum(sums, Fraction(0)) / n
            total += let_through * (1 - f) * Fraction(n, n - 1) * sum((s - mean) ** 2 for s in sums)
        elif lonely == "adjust":
            total += let_through * (1 - f) * sums[0] ** 2
        for unit in units.values():
            total += variance_between(unit, stages[1:], lonely, let_through * f)
    return total


def covariance_by_hand(design, entries, lonely="adjust"):
    """Of the totals of several cells, from variances: cov(a, b) = (var(a + b) - var(a) - var(b)) / 2.

    `design` are, row by row, the (stratum, unit, fraction) of each stage; `entries` the numbers of each row by cell.
    """
    cells = len(entries[0])

    def variance(which):
        rows = [
            {
                "z": sum((numbers[cell] for cell in which), Fraction(0)),
                **{s: dict(zip(("stratum", "unit", "fraction"), at, strict=True)) for s, at in enumerate(stages)},
            }
            for stages, numbers in zip(design, entries, strict=True)
        ]
        return variance_between(rows, list(range(len(design[0]))), lonely)

    alone = [variance([cell]) for cell in range(cells)]
    table = np.zeros((cells, cells))
    for a, b in itertools.product(range(cells), repeat=2):
        table[a, b] = alone[a] if a == b else (variance([a, b]) - alone[a] - alone[b]) / 2
    return table


def used(covariance):
    """The part of the ratings that were given, of two groups."""
    cells = [11 * g + k for g in range(2) for k in GIVEN]
    return covariance[np.ix_(cells, cells)]


def linearised(rows):
    """u = w (1[x = k] - p_gk) / W_g of each row, for each group and rating, in fractions."""
    groups = sorted({row["g"] for row in rows})
    rated = [row for row in rows if row["r"] is not None]
    size = {g: sum((row["w"] for row in rated if row["g"] == g), Fraction(0)) for g in groups}
    share = {
        (g, k): sum((row["w"] for row in rated if row["g"] == g and row["r"] == k), Fraction(0)) / size[g]
        for g in groups
        for k in GIVEN
    }
    zero = Fraction(0)
    return [
        [
            zero if row["r"] is None or row["g"] != g else row["w"] * ((row["r"] == k) - share[g, k]) / size[g]
            for g in groups
            for k in GIVEN
        ]
        for row in rows
    ]


def survey(seed, schools=6, classes=3, pupils=2):
    """Rows of two stages; groups cut across clusters, some answers are missing, weights are fractions of 4."""
    rng = np.random.default_rng(seed)
    return [
        {
            "r": None if rng.random() < 0.1 else int(rng.choice(GIVEN)),
            "g": "ab"[int(rng.integers(2))],
            "w": Fraction(int(rng.integers(1, 12)), 4),
            "region": int(school // 3),
            "school": int(school),
            "class": int(school * classes + klass),
            "schools": [7, 12][school // 3],
            "classes": int(4 + school),
        }
        for school in range(schools)
        for klass in range(classes)
        for _ in range(pupils)
    ]


def frame_of(rows):
    return pd.DataFrame(rows).assign(
        r=pd.array([row["r"] for row in rows], dtype="Int64"), w=[float(row["w"]) for row in rows]
    )


# What each row is in, stage by stage: stratum, unit, sampling fraction; and how the package is told.
DESIGNS = {
    "respondents": (lambda row, i: [(0, i, Fraction(0))], {}),
    "strata": (lambda row, i: [(row["region"], i, Fraction(0))], {"strata": "region"}),
    "clusters": (lambda row, i: [(0, row["school"], Fraction(0))], {"cluster": "school"}),
    "clusters in strata": (
        lambda row, i: [(row["region"], row["school"], Fraction(0))],
        {"strata": "region", "cluster": "school"},
    ),
    "finite strata": (
        lambda row, i: [(row["region"], row["school"], Fraction(3, row["schools"]))],
        {"strata": "region", "cluster": "school", "fpc": "schools"},
    ),
    "two stages without populations": (
        lambda row, i: [(0, row["school"], Fraction(0))],
        {"cluster": ["school", "class"]},
    ),
    "two stages": (
        lambda row, i: [
            (row["region"], row["school"], Fraction(3, row["schools"])),
            (row["school"], row["class"], Fraction(3, row["classes"])),
        ],
        {"strata": "region", "cluster": ["school", "class"], "fpc": ["schools", "classes"]},
    ),
    "two stages, the second of a large population": (
        lambda row, i: [
            (row["region"], row["school"], Fraction(3, row["schools"])),
            (row["school"], row["class"], Fraction(0)),
        ],
        {"strata": "region", "cluster": ["school", "class"], "fpc": "schools"},
    ),
}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("design", DESIGNS)
def test_covariance_of_shares_is_the_sum_over_units_one_by_one(design, seed):
    where, told = DESIGNS[design]
    rows = survey(seed)
    expected = covariance_by_hand([where(row, i) for i, row in enumerate(rows)], linearised(rows))
    counts = nps.tabulate_survey(frame_of(rows), "r", by="g", weight="w", **told)
    np.testing.assert_allclose(used(counts.covariance), expected, **EXACT)


def test_designs_of_these_tests_differ():
    rows = frame_of(survey(1))
    errors = [
        nps.tabulate_survey(rows, "r", by="g", weight="w", **told).covariance[0, 0] for _, told in DESIGNS.values()
    ]
    # Classes without populations add nothing to schools.
    assert len({round(error, 12) for error in errors}) == len(DESIGNS) - 1


def test_nested_labels_that_start_anew_are_those_of_different_clusters():
    rows = frame_of(survey(3))
    anew = rows.assign(school=rows["school"] % 3)
    counts = nps.tabulate_survey(rows, "r", by="g", weight="w", strata="region", cluster="school")
    nested = nps.tabulate_survey(anew, "r", by="g", weight="w", strata="region", cluster="school", nest=True)
    np.testing.assert_array_equal(nested.covariance, counts.covariance)


def test_later_stages_are_always_nested():
    rows = frame_of(survey(3))
    told = {"strata": "region", "fpc": ["schools", "classes"], "cluster": ["school", "class"], "weight": "w"}
    anew = rows.assign(**{"class": rows["class"] % 3})
    expected = nps.tabulate_survey(rows, "r", by="g", **told).covariance
    np.testing.assert_array_equal(nps.tabulate_survey(anew, "r", by="g", **told).covariance, expected)


@pytest.mark.parametrize("lonely", ["adjust", "certainty"])
def test_lonely_clusters_count_their_distance_from_all_or_nothing(lonely):
    rows = survey(4, schools=5)
    for row in rows:
        row["region"] = 2 if row["school"] == 4 else row["school"] // 2
    design = [[(row["region"], row["school"], Fraction(0))] for row in rows]
    expected = covariance_by_hand(design, linearised(rows), lonely)
    counts = nps.tabulate_survey(
        frame_of(rows), "r", by="g", weight="w", strata="region", cluster="school", lonely=lonely
    )
    np.testing.assert_allclose(used(counts.covariance), expected, **EXACT)


@pytest.mark.parametrize("lonely", ["adjust", "certainty"])
def test_a_lonely_cluster_of_a_later_stage_counts_likewise(lonely):
    rows = [row for row in survey(5) if not (row["school"] == 0 and row["class"] > 0)]
    design = [
        [
            (row["region"], row["school"], Fraction(3, row["schools"])),
            (row["school"], row["class"], Fraction(1 if row["school"] == 0 else 3, row["classes"])),
        ]
        for row in rows
    ]
    expected = covariance_by_hand(design, linearised(rows), lonely)
    told = {"strata": "region", "cluster": ["school", "class"], "fpc": ["schools", "classes"], "lonely": lonely}
    counts = nps.tabulate_survey(frame_of(rows), "r", by="g", weight="w", **told)
    np.testing.assert_allclose(used(counts.covariance), expected, **EXACT)


@pytest.mark.parametrize("lonely", ["error", "adjust", "certainty"])
def test_a_lone_cluster_that_is_the_whole_stratum_is_certain(lonely):
    rows = survey(6, schools=5)
    for row in rows:
        row["region"] = 2 if row["school"] == 4 else row["school"] // 2
        row["schools"] = 1 if row["school"] == 4 else 8
    design = [
        [(row["region"], row["school"], Fraction(1 if row["region"] == 2 else 2, row["schools"]))] for row in rows
    ]
    expected = covariance_by_hand(design, linearised(rows), "certainty")
    told = {"strata": "region", "cluster": "school", "fpc": "schools", "lonely": lonely}
    counts = nps.tabulate_survey(frame_of(rows), "r", by="g", weight="w", **told)
    np.testing.assert_allclose(used(counts.covariance), expected, **EXACT)


def test_a_group_is_not_estimated_as_if_the_rest_had_not_been_asked():
    """Schools without pupils of the group count: 3 of 6 have any, and their number could have been another."""
    rows = survey(7)
    for row in rows:
        row["g"] = "a" if row["school"] % 2 else "b"
    frame = frame_of(rows)
    whole = nps.tabulate_survey(frame, "r", by="g", weight="w", cluster="school").select("a")
    part = nps.tabulate_survey(frame[frame["g"] == "a"], "r", by="g", weight="w", cluster="school")
    np.testing.assert_allclose(whole.proportions, part.proportions, rtol=1e-14)
    # n / (n - 1) of 6 schools, and of 3: the sums themselves are the same, as those of no rating are 0.
    np.testing.assert_allclose(whole.covariance, part.covariance * (6 / 5) / (3 / 2), **EXACT)


def test_weights_of_one_give_the_textbook_variance_of_a_mean():
    ratings = np.array([0, 3, 9, 10, 10, 7, 8, 2, 5, 10])
    counts = nps.tabulate_survey(pd.DataFrame({"r": ratings}), "r")
    mean = nps.mean_rating(nps.Scale(0, 10))
    found = nps.estimate(counts, metric=mean).standard_error
    np.testing.assert_allclose(found, [ratings.std(ddof=1) / np.sqrt(10)], rtol=1e-14)


# --------------------------------------------------------------------------- the kernel by itself


def test_units_add_up_all_cells_that_a_row_is_in():
    unit = np.array([0, 0, 1, 2])
    first = (np.array([0, 1, 1, -1]), np.array([1.0, 2.0, 4.0, 8.0]))
    second = (np.array([2, 2, 0, 2]), np.array([16.0, 32.0, 64.0, 0.0]))
    table = unit_totals(unit, 3, [first, second], 3).toarray()
    np.testing.assert_array_equal(table, [[1, 2, 48], [64, 4, 0], [0, 0, 0]])


def test_a_unit_without_entries_counts_in_its_stratum():
    """Three units, one with 6: n / (n - 1) sum (z - 2)^2 = 3 / 2 * 24."""
    stage = Stage(np.array([0, 1, 2]), np.zeros(3, int), np.array([3]), np.zeros(1))
    found = total_covariance([stage], [(np.array([0, -1, -1]), np.array([6.0, 5.0, 5.0]))], 1, "adjust")
    np.testing.assert_allclose(found, [[36]], rtol=1e-15)


def test_later_stages_count_only_where_the_fraction_before_is_known():
    first = Stage(np.array([0, 0, 1, 1]), np.zeros(2, int), np.array([2]), np.array([0.0]))
    second = Stage(np.arange(4), np.array([0, 0, 1, 1]), np.array([2, 2]), np.zeros(2))
    entries = [(np.zeros(4, int), np.array([1.0, 3.0, 2.0, 8.0]))]
    # Totals 4 and 10: 2 * (9 + 9) = 36.
    np.testing.assert_allclose(total_covariance([first, second], entries, 1, "adjust"), [[36]], rtol=1e-15)
    known = Stage(first.unit, first.stratum, first.drawn, np.array([0.5]))
    # Half of that; and half of 2 * (1 + 1) + 2 * (9 + 9) = 40 within.
    np.testing.assert_allclose(total_covariance([known, second], entries, 1, "adjust"), [[38]], rtol=1e-15)


def test_the_first_stage_taken_whole_leaves_the_variance_within():
    """Of a stratified sample: stages whose fraction is 1 are strata."""
    rng = np.random.default_rng(8)
    unit = np.repeat(np.arange(4), 5)
    entries = [(rng.integers(0, 3, 20), rng.uniform(1, 2, 20))]
    whole = Stage(unit, np.zeros(4, int), np.array([4]), np.ones(1))
    within = Stage(np.arange(20), unit, np.full(4, 5), np.zeros(4))
    as_strata = Stage(np.arange(20), unit, np.full(4, 5), np.zeros(4))
    found = total_covariance([whole, within], entries, 3, "adjust")
    np.testing.assert_allclose(found, total_covariance([as_strata], entries, 3, "adjust"), rtol=1e-14)


def test_three_stages_are_those_by_hand():
    rng = np.random.default_rng(9)
    a, b, c = np.repeat(np.arange(3), 8), np.repeat(np.arange(6), 4), np.repeat(np.arange(12), 2)
    fractions = [np.array([0.25]), np.array([0.5, 0.125, 0.75]), np.array([0.5, 0.25, 0.125, 0.5, 0.75, 0.25])]
    stages = [
        Stage(a, np.zeros(3, int), np.array([3]), fractions[0]),
        Stage(b, np.arange(6) // 2, np.full(3, 2), fractions[1]),
        Stage(c, np.arange(12) // 2, np.full(6, 2), fractions[2]),
    ]
    cell, added = rng.integers(0, 2, 24), rng.integers(1, 9, 24)
    design = [
        [
            (0, int(a[i]), Fraction(fractions[0][0])),
            (int(a[i]), int(b[i]), Fraction(fractions[1][a[i]])),
            (int(b[i]), int(c[i]), Fraction(fractions[2][b[i]])),
        ]
        for i in range(24)
    ]
    entries = [[Fraction(int(added[i])) if cell[i] == k else Fraction(0) for k in range(2)] for i in range(24)]
    found = total_covariance(stages, [(cell, added.astype(float))], 2, "adjust")
    np.testing.assert_allclose(found, covariance_by_hand(design, entries), **EXACT)


def test_units_present_in_the_same_groups_are_gathered():
    table = np.array([[1, 0, 0], [2, 0, 0], [1, 1, 0], [0, 0, 0], [3, 1, 0], [1, 1, 0], [0, 0, 5]])
    stratum = np.array([0, 0, 0, 0, 1, 0, 1])
    entries = [(np.full(7, g), table[:, g].astype(float)) for g in range(3)]
    found = presence_patterns(unit_totals(np.arange(7), 7, entries, 3), stratum)
    gathered = {(int(h), tuple(map(bool, there))): int(n) for h, there, n in zip(*found, strict=True)}
    yes, no = True, False
    assert gathered == {(0, (yes, no, no)): 2, (0, (yes, yes, no)): 2, (1, (yes, yes, no)): 1, (1, (no, no, yes)): 1}


def test_patterns_of_more_groups_than_bits_of_a_byte_are_told_apart():
    rng = np.random.default_rng(10)
    table, stratum = rng.random((200, 19)) < 0.1, rng.integers(0, 300, 200)
    entries = [(np.full(200, g), table[:, g].astype(float)) for g in range(19)]
    _, presence, multiplicity = presence_patterns(unit_totals(np.arange(200), 200, entries, 19), stratum)
    np.testing.assert_array_equal(multiplicity @ presence, table.sum(axis=0))
    assert multiplicity.sum() == table.any(axis=1).sum()


# --------------------------------------------------------------------------- few degrees of freedom

DF, LARGEST = np.array([1.0, 2, 3, 7, 40]), np.array([9.0, 50, 4, 1000, 41])


@pytest.mark.parametrize("tail", [0.4, 0.05, 0.025, 0.0005])
def test_critical_values_are_normal_ones_stretched_by_student_quantiles(tail):
    expected = stats.norm.isf(tail) * stats.t.isf(tail, DF) / stats.t.isf(tail, LARGEST)
    np.testing.assert_allclose(critical_values(tail, DF, LARGEST), expected, rtol=1e-12)


@pytest.mark.parametrize("tail", [0.4, 0.025, 1e-8, 1e-30])
def test_tails_belong_to_the_critical_values(tail):
    c = critical_values(tail, DF, LARGEST)
    # The quantile of 40 degrees of freedom carries 40 times the relative error of its tail, which before SciPy 1.17 is
    # up to 1e-10 far out.
    np.testing.assert_allclose(tails(c, DF, LARGEST), tail, rtol=1e-8)


def test_tails_far_out_are_those_in_fifty_digits():
    """z t_2 / t_50 at the tail 1e-12, each root found in 50 digits."""
    with mpmath.workdps(50):

        def beyond(df, t):
            return mpmath.betainc(mpmath.mpf(df) / 2, 0.5, 0, df / (df + t * t), regularized=True) / 2

        tail = mpmath.mpf(10) ** -12
        t_2 = mpmath.findroot(lambda t: mpmath.log(beyond(2, t) / tail), (1e5, 1e7), solver="anderson", tol=1e-40)
        t_50 = mpmath.findroot(lambda t: mpmath.log(beyond(50, t) / tail), (8, 12), solver="anderson", tol=1e-40)
        z = mpmath.findroot(lambda x: mpmath.log(mpmath.erfc(x / mpmath.sqrt(2)) / 2 / tail), (6, 8), tol=1e-40)
        size = np.array([float(z * t_2 / t_50)])
    np.testing.assert_allclose(tails(size, np.array([2.0]), np.array([50.0])), 1e-12, rtol=1e-10)  # quantiles of SciPy


def test_as_many_clusters_as_respondents_leave_the_normal_law():
    n = np.array([5.0, 5.0])
    np.testing.assert_array_equal(critical_values(0.025, n, np.array([5.0, 4.0])), stats.norm.isf(0.025))
    np.testing.assert_allclose(tails(np.array([3.0, 40.0]), n, n), stats.norm.sf([3, 40]), rtol=1e-13)


def test_nothing_is_known_without_degrees_of_freedom():
    none = np.array([0.0, -1.0])
    assert (critical_values(0.025, none, np.full(2, 9.0)) == np.inf).all()
    np.testing.assert_array_equal(tails(np.array([0.0, 50.0]), none, np.full(2, 9.0)), 0.5)


@pytest.mark.parametrize(("df", "largest"), [(1.0, 2.0), (2.0, 500.0), (30.0, 31.0), (5.0, 1e7)])
def test_tails_fall_as_statistics_grow(df, largest):
    size = np.concatenate([[0], np.geomspace(1e-6, 1e9, 200)])
    found = tails(size, np.full(size.size, df), np.full(size.size, largest))
    assert found[0] == 0.5
    # Roots are found to a relative 1e-15.
    assert (np.diff(found) <= 1e-15).all()
    # A Student law of 31 degrees of freedom has left the floating-point numbers by then.
    assert found[size <= 1e6].min() > 0 or df == 30


@pytest.mark.parametrize(("df", "largest"), [(1.0, 2.0), (2.0, 500.0), (30.0, 31.0)])
def test_a_statistic_that_is_rounding_has_a_tail_of_one_half(df, largest):
    size = np.array([1e-300, 1e-20, 1e-16, 1e-9])
    np.testing.assert_allclose(tails(size, np.full(4, df), np.full(4, largest)), 0.5, rtol=1e-8)
