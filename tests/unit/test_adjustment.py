"""P-values that are adjusted for their number, by hand, and against statsmodels."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from npsstats.inference.adjustment import ADJUSTMENTS, adjusted_pvalues, check_adjustment

STATSMODELS = {"holm": "holm", "benjamini-hochberg": "fdr_bh"}


def random_families(count):
    """P-values of 1 to 40 rows, of all sizes, with ties, zeros and ones."""
    rng = np.random.default_rng(17)
    for _ in range(count):
        p = rng.uniform(0, 1, rng.integers(1, 41)) ** rng.choice([1, 4, 40])
        yield np.where(rng.uniform(size=p.size) < 0.3, rng.choice([0.0, 0.01, 0.05, 1.0], p.size), p)


def test_holm_multiplies_the_smallest_by_all_the_next_by_one_fewer():
    # 4 x 0.005, 3 x 0.01, 2 x 0.03; 0.04 may not fall below what a smaller p-value became.
    found = adjusted_pvalues([0.01, 0.04, 0.03, 0.005], "holm")
    np.testing.assert_allclose(found, [0.03, 0.06, 0.06, 0.02], rtol=1e-15)


def test_benjamini_hochberg_multiplies_by_the_number_over_the_rank():
    # 4/1 x 0.005, 4/2 x 0.01, 4/3 x 0.03 = 0.04, 0.04
    found = adjusted_pvalues([0.01, 0.04, 0.03, 0.005], "benjamini-hochberg")
    np.testing.assert_allclose(found, [0.02, 0.04, 0.04, 0.02], rtol=1e-15)


def test_none_leaves_p_values_as_they_are():
    p = np.array([0.2, np.nan, 0.01])
    found = adjusted_pvalues(p, "none")
    np.testing.assert_array_equal(found, p)
    assert found is not p  # a copy: nobody's array is changed by what is done to the answer


@pytest.mark.parametrize("adjustment", STATSMODELS)
def test_adjusted_p_values_are_those_of_statsmodels(adjustment):
    # Few: statsmodels collects garbage at each call of Holm's method, which takes 0.1 seconds.
    for p in random_families(15):
        expected = multipletests(p, method=STATSMODELS[adjustment])[1]
        # One product of two or three factors, in another order.
        np.testing.assert_allclose(adjusted_pvalues(p, adjustment), expected, rtol=1e-14, atol=1e-320)


@pytest.mark.parametrize("adjustment", STATSMODELS)
def test_adjusted_p_values_keep_bounds_and_order_and_do_not_depend_on_the_order_of_rows(adjustment):
    rng = np.random.default_rng(18)
    for p in random_families(200):
        found = adjusted_pvalues(p, adjustment)
        assert (found >= p).all()
        assert (found <= 1).all()
        # Below the smallest normal number a product has fewer digits than 1e-15.
        assert (found <= p.size * p * (1 + 1e-15) + 1e-320).all()
        assert (np.diff(found[np.argsort(p, kind="stable")]) >= 0).all()
        shuffled = rng.permutation(p.size)
        np.testing.assert_array_equal(adjusted_pvalues(p[shuffled], adjustment), found[shuffled])


@pytest.mark.parametrize("adjustment", STATSMODELS)
def test_a_row_without_a_p_value_stays_without_and_is_not_counted(adjustment):
    p = np.array([np.nan, 0.01, 0.04, np.nan, 0.02])
    found = adjusted_pvalues(p, adjustment)
    assert np.isnan(found[[0, 3]]).all()
    np.testing.assert_array_equal(found[[1, 2, 4]], adjusted_pvalues(p[[1, 2, 4]], adjustment))
    assert np.isnan(adjusted_pvalues([np.nan], adjustment)).all()


@pytest.mark.parametrize("adjustment", STATSMODELS)
def test_a_single_comparison_is_not_adjusted_and_none_is_none(adjustment):
    assert adjusted_pvalues([0.3], adjustment).tolist() == [0.3]
    assert adjusted_pvalues([], adjustment).size == 0


def test_benjamini_hochberg_never_exceeds_holm():
    p = np.random.default_rng(3).uniform(0, 0.2, 50)
    assert (adjusted_pvalues(p, "benjamini-hochberg") <= adjusted_pvalues(p, "holm")).all()


@pytest.mark.parametrize("adjustment", ADJUSTMENTS)
def test_known_adjustments_are_accepted_and_cite_their_source(adjustment):
    check_adjustment(adjustment)
    assert bool(ADJUSTMENTS[adjustment]) == (adjustment != "none")


def test_an_unknown_adjustment_is_refused_with_the_names():
    with pytest.raises(ValueError, match=r"one of 'none', 'holm', 'benjamini-hochberg', 'max-z'; got 'bonferroni'\."):
        check_adjustment("bonferroni")
    with pytest.raises(TypeError, match=r"`adjustment` must be text; got None\."):
        check_adjustment(None)
    with pytest.raises(ValueError, match="'Holm'"):
        adjusted_pvalues([0.1], "Holm")


def test_the_joint_adjustment_asks_for_more_than_p_values():
    with pytest.raises(ValueError, match="needs the joint distribution"):
        adjusted_pvalues([0.1], "max-z")
