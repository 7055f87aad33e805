"""Limits on scales without ends: where they are known, and how the two scales hang together."""

import numpy as np
import pytest

from npsstats.kernels.transformed_limits import fisher_limits, logit_limits

Z_95 = 1.959963984540054


@pytest.mark.parametrize(("limits", "ends"), [(logit_limits, (0.0, 1.0)), (fisher_limits, (-1.0, 1.0))])
def test_nothing_is_known_at_an_end_or_without_an_error(limits, ends):
    inside = 0.3
    estimate = np.array([*ends, inside, inside, np.nan, inside])
    error = np.array([0.1, 0.1, 0.0, np.nan, 0.1, 0.1])
    low, high = limits(estimate, error, Z_95)
    for limit in (low, high):
        assert np.isnan(limit).tolist() == [True] * 5 + [False]
    assert ends[0] < low[-1] < inside < high[-1] < ends[1]


@pytest.mark.parametrize(("limits", "ends"), [(logit_limits, (0.0, 1.0)), (fisher_limits, (-1.0, 1.0))])
def test_an_infinite_quantile_leaves_the_whole_scale(limits, ends):
    low, high = limits(np.array([0.2, 0.2]), np.array([0.1, 0.1]), np.array([np.inf, Z_95]))
    assert (low[0], high[0]) == ends
    assert ends[0] < low[1] < high[1] < ends[1]


def test_limits_of_a_correlation_are_those_of_half_of_one_more_on_the_logit_scale():
    # artanh(r) = logit((1 + r) / 2) / 2
    r, error = np.array([-0.97, -0.2, 0.0, 0.55, 0.999]), np.array([0.02, 0.1, 0.3, 0.07, 0.001])
    of_shares = logit_limits((1 + r) / 2, error / 2, Z_95)
    for limit, share in zip(fisher_limits(r, error, Z_95), of_shares, strict=True):
        # 2 p - 1 costs some digits.
        np.testing.assert_allclose(limit, 2 * share - 1, rtol=0, atol=1e-13)
