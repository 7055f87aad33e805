"""The methods for the change of the same people: those of one score, on the differences of the two ratings."""

import numpy as np

from npsstats.inference.intervals import ONE_SAMPLE_METHODS, Limits, Needs, OneSampleMethod, Significance, of_tails
from npsstats.inference.methods import Settings, UnitProblem
from npsstats.kernels import sign_flip
from npsstats.typing import FloatArray

__all__ = ["PAIRED_METHODS"]

FROM_ONE_SAMPLE = (
    "score",
    "tango",
    "likelihood",
    "wald",
    "t",
    "bootstrap-percentile",
    "bootstrap-bca",
    "bootstrap-t",
    "exact",
    "lloyd",
)


def _flip_limits(problem: UnitProblem, settings: Settings) -> Limits:
    return sign_flip.sign_flip_limits(
        problem.counts,
        problem.values,
        settings.tail,
        rng=np.random.default_rng(settings.seed),
        n_resamples=settings.n_resamples,
    )


def _flip_test(problem: UnitProblem, null: FloatArray, settings: Settings) -> Significance:
    below, above = sign_flip.sign_flip_tails(
        problem.counts,
        problem.values,
        null,
        rng=np.random.default_rng(settings.seed),
        n_resamples=settings.n_resamples,
    )
    return of_tails(below, above, settings)


def _flip_notes(problem: UnitProblem, settings: Settings) -> tuple[str, ...]:
    simulated = int(sign_flip.needs_flipping(problem.counts).sum())
    if not simulated:
        return ()
    return (
        f"sign flips of {simulated} of {len(problem.counts)} groups are simulated from {settings.n_resamples:,} draws; "
        "another seed gives slightly other limits",
    )


PAIRED_METHODS = {
    **{name: ONE_SAMPLE_METHODS[name] for name in FROM_ONE_SAMPLE},
    "sign-flip": OneSampleMethod(
        title="sign-flip interval",
        references=("hartigan1969",),
        limits=_flip_limits,
        test=_flip_test,
        notes=_flip_notes,
        # As a test of no change it keeps its level; as an interval it is as short as that of t.
        needs=Needs(per_kurtosis=15),
    ),
}
