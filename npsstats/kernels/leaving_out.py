"""How badly an event is predicted by its frequency among respondents of the same class, in logarithms (log-loss)."""

import numpy as np
from scipy.special import xlogy

from npsstats.typing import BoolArray, FloatArray, IndexArray

__all__ = ["PRIOR", "apparent_losses", "leave_one_out_losses", "resampled_differences"]

# Added to events and to others in each class: Jeffreys's prior of a share, and Firth's correction of its logit.
PRIOR = 0.5

# Entries of the tables that are drawn together.
CHUNK = 4_000_000


def leave_one_out_losses(
    weights: FloatArray, respondents: FloatArray, classes: IndexArray, events: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Compute log-losses of predictions from the other respondents of the same class.

    Parameters
    ----------
    weights : ndarray, shape (groups, cells)
        Weights by cell, with a mean of 1 per respondent; the respondents, where all count the same.
    respondents : ndarray, shape (groups, cells)
        Respondents by cell; 0 for cells that do not take part.
    classes : ndarray, shape (cells,)
        The class of each cell, from 0.
    events : ndarray of bool, shape (cells,)
        Whether the event happened to those of the cell.

    Returns
    -------
    tuple of ndarray
        The mean loss in nats, shape (groups,), and that of each cell, shape (groups, cells): a respondent with the
        outcome y in a class of W others, W_y of them with y, has the loss -log((W_y + 1/2) / (W + 1)). This is the
        leave-one-out predictive density under Jeffreys's prior in closed form.
    """
    kind = classes * 2 + events
    alike = _added(weights, kind)
    same, all_of_class = alike[:, kind], _added(weights, classes)[:, classes]
    leaving = np.divide(weights, respondents, out=np.zeros_like(weights), where=respondents > 0)
    # Rounding may leave a little less than nothing.
    left = (same - leaving).clip(min=0)
    losses = -np.log((left + PRIOR) / ((all_of_class - leaving).clip(min=0) + 2 * PRIOR))
    mean: FloatArray = (weights * losses).sum(axis=1) / weights.sum(axis=1)
    return mean, losses


def apparent_losses(tables: FloatArray, classes: IndexArray, events: BoolArray) -> FloatArray:
    """Compute log-losses of predictions from all respondents of the same class, oneself included.

    Parameters
    ----------
    tables : ndarray, shape (tables, cells)
        Respondents by cell.
    classes, events
        As for `leave_one_out_losses`.

    Returns
    -------
    ndarray, shape (tables,)
        In nats.
    """
    happened = _added(tables * events, classes)
    total = _added(tables, classes)
    share = (happened + PRIOR) / (total + 2 * PRIOR)
    losses: FloatArray = -(xlogy(happened, share) + xlogy(total - happened, 1 - share)).sum(axis=1) / total.sum(axis=1)
    return losses


def resampled_differences(
    counts: FloatArray,
    classes: tuple[IndexArray, IndexArray],
    events: BoolArray,
    rng: np.random.Generator,
    n_resamples: int,
) -> FloatArray:
    """Draw respondents anew and compute how far the losses of two predictors are apart, both fitted again.

    Parameters
    ----------
    counts : ndarray, shape (cells,)
        Respondents by cell.
    classes : tuple of ndarray, each of shape (cells,)
        The classes of each predictor.
    events : ndarray of bool, shape (cells,)
        Whether the event happened.
    rng : numpy.random.Generator
        Where resamples come from.
    n_resamples : int
        How many there are.

    Returns
    -------
    ndarray, shape (n_resamples,)
        Apparent loss of the first minus that of the second.
    """
    # Cells that neither predictor nor outcome tells apart are one: fewer numbers to draw.
    kinds, place = np.unique(np.column_stack([*classes, events]), axis=0, return_inverse=True)
    table = np.bincount(place.ravel(), weights=counts)
    size, shares = int(counts.sum()), table / table.sum()
    answers, step = [], max(1, CHUNK // len(table))
    for start in range(0, n_resamples, step):
        drawn = rng.multinomial(size, shares, size=min(step, n_resamples - start)).astype(np.float64)
        first, second = (apparent_losses(drawn, kinds[:, i], kinds[:, 2] == 1) for i in (0, 1))
        answers.append(first - second)
    return np.concatenate(answers)


def _added(table: FloatArray, classes: IndexArray) -> FloatArray:
    """Add up cells by class."""
    members = np.eye(int(classes.max()) + 1)[classes]
    added: FloatArray = table @ members
    return added
