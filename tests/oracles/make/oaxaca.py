"""Makes tests/oracles/data/oaxaca.json: the parts of a change of NPS, by the OaxacaBlinder of statsmodels.

    python tests/oracles/make/oaxaca.py tests/oracles/data/oaxaca.json

Histograms of ratings 0-10 by segment and period are drawn here and stored. Each respondent is a row with a dummy for
each segment and the value -100, 0 or 100. "two_fold" weighs the coefficients of both periods equally (Reimers);
"three_fold" has the endowments, coefficients and interaction. All are period 1 minus period 0.
"""

import json
import sys
from pathlib import Path

import numpy as np
import statsmodels
from statsmodels.stats.oaxaca import OaxacaBlinder


def histograms(rng, segments):
    sizes = rng.integers(30, 200, (2, segments))
    shapes = rng.dirichlet(np.linspace(0.3, 2.5, 11), (2, segments))
    return np.array([[rng.multinomial(sizes[t, s], shapes[t, s]) for s in range(segments)] for t in (0, 1)])


def case(counts):
    segments = counts.shape[1]
    values = np.where(np.arange(11) >= 9, 100.0, np.where(np.arange(11) <= 6, -100.0, 0.0))
    value, segment, period = [], [], []
    for t, s, k in np.ndindex(counts.shape):
        value += [values[k]] * counts[t, s, k]
        segment += [s] * counts[t, s, k]
        period += [t] * counts[t, s, k]
    dummies = (np.array(segment)[:, None] == np.arange(segments)).astype(float)
    # Without swapping, differences are of the first group minus the second; periods are turned so that 1 is first.
    model = OaxacaBlinder(
        np.array(value), np.column_stack([dummies, 1 - np.array(period)]), segments, hasconst=True, swap=False
    )
    unexplained, explained, gap = model.two_fold(two_fold_type="reimers").params
    endowments, coefficients, interaction, gap_of_three = model.three_fold().params
    return {
        "counts": counts.tolist(),
        "two_fold": {"explained": explained, "unexplained": unexplained, "gap": gap},
        "three_fold": {
            "endowments": endowments,
            "coefficients": coefficients,
            "interaction": interaction,
            "gap": gap_of_three,
        },
    }


if __name__ == "__main__":
    rng = np.random.default_rng(20261123)
    cases = [case(histograms(rng, segments)) for segments in (2, 3, 5, 8)]
    versions = {"statsmodels": statsmodels.__version__, "numpy": np.__version__}
    Path(sys.argv[1]).write_text(json.dumps({"versions": versions, "cases": cases}, indent=1) + "\n")
