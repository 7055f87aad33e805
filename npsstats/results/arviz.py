"""Posteriors as ArviZ objects; the only module that imports ArviZ."""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from npsstats.kernels.dirichlet import log_shares
from npsstats.ratings.checks import check_rng, check_whole_number
from npsstats.results.protocol import group_text
from npsstats.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from npsstats.results.posteriors import Posterior

__all__ = ["to_arviz"]

DIMENSIONS = {
    "share": ["group", "category"],
    "score": ["group"],
    "count": ["group", "category"],
    "answer": ["respondent"],
    "respondent_group": ["respondent"],
}

# 160 MB.
MOST_LOG_LIKELIHOODS = 20_000_000


def to_arviz(
    posterior: "Posterior",
    *,
    n_draws: int,
    n_chains: int,
    log_likelihood: bool | None,
    rng: np.random.Generator | int | None,
) -> Any:
    """Make the object that `Posterior.to_arviz` describes."""
    for name, number in (("n_draws", n_draws), ("n_chains", n_chains)):
        if check_whole_number(name, number) < 1:
            msg = f"`{name}` must be 1 or more; got {number!r}."
            raise ValueError(msg)
    generator = check_rng(rng)
    size = (n_chains, n_draws)
    counts = _counts_by_level(posterior)
    logs = log_shares(posterior.concentration, size, generator)
    shares = np.exp(logs)
    groups: dict[str, dict[str, NDArray[Any]]] = {
        "posterior": {"share": shares, "score": shares @ posterior.levels},
        "posterior_predictive": {"count": _replicated(posterior.n, shares, generator)},
        "observed_data": {"count": counts},
    }
    if (posterior.prior_concentration > 0).all():
        before = np.exp(log_shares(posterior.prior_concentration, size, generator))
        groups["prior"] = {"share": before, "score": before @ posterior.levels}
    coords: dict[str, Any] = {"group": _group_names(posterior), "category": list(posterior.categories)}
    respondents = int(posterior.n.sum())
    if log_likelihood is None:
        log_likelihood = respondents * n_chains * n_draws <= MOST_LOG_LIKELIHOODS
    if log_likelihood:
        group, category = (np.repeat(index.ravel(), counts.ravel()) for index in np.indices(counts.shape))
        # Beside the observed counts they would have no counterpart in the posterior predictive.
        groups["constant_data"] = {"answer": category, "respondent_group": group}
        groups["log_likelihood"] = {"answer": logs[:, :, group, category]}
        coords["respondent"] = np.arange(respondents)
    return _assembled(posterior, groups, coords)


def _counts_by_level(posterior: "Posterior") -> IntArray:
    """Add up the counts of the ratings with the same value."""
    column = np.searchsorted(posterior.levels, posterior.metric.values)
    table = np.zeros((len(posterior), posterior.levels.size), dtype=np.int64)
    np.add.at(table.T, column, posterior.counts.counts.T)
    return table


def _replicated(n: IntArray, shares: FloatArray, rng: np.random.Generator) -> IntArray:
    """Draw new samples of the same sizes."""
    return rng.multinomial(n, shares / shares.sum(-1, keepdims=True))


def _group_names(posterior: "Posterior") -> list[str]:
    """Write the labels as text; labels that read the same, such as 1 and "1", as code."""
    if not posterior.by:
        return ["all"]
    names = [group_text(label) for label in posterior.labels]
    return names if len(set(names)) == len(names) else [", ".join(map(repr, label)) for label in posterior.labels]


def _assembled(posterior: "Posterior", groups: dict[str, dict[str, NDArray[Any]]], coords: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        # ArviZ 0.23 announces its successor on import.
        warnings.simplefilter("ignore", FutureWarning)
        import arviz

    used = {name for variables in groups.values() for name in variables}
    described: dict[str, Any] = {"coords": coords, "dims": {name: DIMENSIONS[name] for name in sorted(used)}}
    # From version 1 on, all groups are one argument.
    modern = int(arviz.__version__.split(".")[0]) >= 1
    arguments: dict[str, Any] = described | ({"data": groups} if modern else groups)
    data = arviz.from_dict(**arguments)
    about = {name: str(value) for name, value in posterior.provenance().items() if name not in _OF_INTERVALS}
    about["notes"] = " ".join(posterior.notes)
    data["posterior"].attrs.update(about)
    for group in ("posterior", "prior"):
        if group in groups:
            data[group]["score"].attrs["units"] = "points"
    return data


_OF_INTERVALS = ("interval_kind", "confidence_level")
