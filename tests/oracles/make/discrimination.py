"""Makes tests/oracles/data/discrimination.json, from the respondents of discrimination_r.json.

    cd tests/oracles; python make/discrimination.py data/discrimination_r.json data/discrimination.json

Needs scikit-learn and statsmodels. Predictors are those of discrimination.R, in the same order. `weighted_areas` are
scikit-learn's areas with the weight 1 + (recommend + csat + event) mod 3 of each respondent. `log_losses` leave one
respondent after the other out: a logistic regression of statsmodels on the classes, fitted to the others and to half an
event and half a non-event in each class (which is Firth's correction of a saturated model), predicts the one left out;
scikit-learn's log_loss is the mean.
"""

import json
import sys
from pathlib import Path

import numpy as np
import sklearn
import statsmodels
import statsmodels.api as sm
from sklearn.metrics import log_loss, roc_auc_score

source, target = map(Path, sys.argv[1:3])
cells = json.loads(source.read_text())["cells"]
recommend, csat, event, n = (np.array(cells[name]) for name in ("recommend", "csat", "event", "n"))
predictors = [recommend, csat, np.searchsorted([7, 9], recommend, side="right"), (csat >= 4) * 1]

weight = n * (1 + (recommend + csat + event) % 3)
weighted_areas = [roc_auc_score(event, -x, sample_weight=weight) for x in predictors]


def left_out(x: np.ndarray) -> float:
    """Fit without one respondent of each cell in turn; those of a cell are alike."""
    kinds = np.unique(x)
    dummies = (x[:, None] == kinds) * 1.0
    pseudo = np.concatenate([np.eye(len(kinds)), np.eye(len(kinds))])
    design = np.concatenate([dummies, pseudo])
    y = np.concatenate([event, np.zeros(len(kinds)), np.ones(len(kinds))])
    predicted = np.empty(len(x))
    for i in range(len(x)):
        weights = np.concatenate([n.astype(float), np.full(2 * len(kinds), 0.5)])
        weights[i] -= 1
        keep = weights > 0
        model = sm.GLM(y[keep], design[keep], family=sm.families.Binomial(), freq_weights=weights[keep])
        predicted[i] = model.fit(tol=1e-14).predict(dummies[i : i + 1])[0]
    return float(log_loss(event, predicted, sample_weight=n))


out = {
    "made_by": f"scikit-learn {sklearn.__version__}, statsmodels {statsmodels.__version__}",
    "weighted_areas": weighted_areas,
    "log_losses": [left_out(x) for x in predictors],
}
target.write_text(json.dumps(out, indent=1) + "\n")
