"""The answer to "what do the data, and a prior, say about the score?": its exact distribution."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npsstats.kernels.contour import BoolArray, Law, Support, mean_law, mean_support
from npsstats.kernels.dirichlet import has_one_mode, log_shares
from npsstats.ratings.checks import check_rng, check_whole_number
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.distributions import LEVEL, Distribution, distribution_provenance
from npsstats.results.format import Table
from npsstats.results.protocol import group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["Posterior"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Posterior(Distribution):
    """Exact posterior distributions of scores, one per group; made by `posterior`.

    `posterior_difference` gives the posterior of the difference of two groups.

    Attributes
    ----------
    counts : RatingCounts
        The data.
    metric : Metric
        What the score is.
    levels : ndarray, shape (levels,)
        The distinct values of the metric, in points, ascending.
    concentration, prior_concentration : ndarray, shape (groups, levels)
        The parameters of the Dirichlet distributions of the shares at the levels, after and before the data.
    prior : str
        The prior, in words.
    references : tuple of str
        Bibliography keys of the metric.
    version : str
        The version of npsstats.
    """

    counts: RatingCounts
    metric: Metric
    levels: FloatArray
    concentration: FloatArray
    prior_concentration: FloatArray
    prior: str
    references: tuple[str, ...]
    version: str = __version__

    @property
    def by(self) -> tuple[str, ...]:
        """The names of the group columns."""
        return self.counts.by

    @property
    def labels(self) -> tuple[Label, ...]:
        """The label of each group, one entry per group column."""
        return self.counts.labels

    @property
    def n(self) -> IntArray:
        """Respondents with a rating."""
        return self.counts.n

    @property
    def missing(self) -> IntArray:
        """Respondents without a rating."""
        return self.counts.missing

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know about the counts."""
        return self.counts.notes

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories at each level: those of the metric, joined by ``/`` where several have one value."""
        pairs = list(zip(self.metric.values, self.metric.categories, strict=True))
        names = ["/".join(dict.fromkeys(name for value, name in pairs if value == level)) for level in self.levels]
        if len(set(names)) < len(names):
            names = [f"{name} ({level:g})" for name, level in zip(names, self.levels, strict=True)]
        return tuple(names)

    def draws(self, n_draws: int, *, rng: np.random.Generator | int | None = None) -> FloatArray:
        """Draw scores from the posterior.

        Parameters
        ----------
        n_draws : int
            How many for each group.
        rng : Generator or int, optional
            The random numbers, or their seed.

        Returns
        -------
        ndarray, shape (groups, n_draws)
            In points.

        Raises
        ------
        TypeError, ValueError
            If `n_draws` is not a positive whole number, or `rng` no seed or generator.
        """
        if check_whole_number("n_draws", n_draws) < 1:
            msg = f"`n_draws` must be 1 or more; got {n_draws!r}."
            raise ValueError(msg)
        shares = np.exp(log_shares(self.concentration, (n_draws,), check_rng(rng)))
        scores: FloatArray = (shares @ self.levels).T
        return scores

    def to_arviz(
        self,
        *,
        n_draws: int = 1000,
        n_chains: int = 4,
        log_likelihood: bool | None = None,
        rng: np.random.Generator | int | None = None,
    ) -> Any:
        """Give draws as an ArviZ object: an InferenceData (ArviZ below 1) or a DataTree (ArviZ 1).

        Parameters
        ----------
        n_draws, n_chains : int
            Draws per chain, and chains. The draws are independent.
        log_likelihood : bool, optional
            Whether to include the log-likelihood of each respondent, which `arviz.loo` needs. By default it is
            included if it has at most 20 million values.
        rng : Generator or int, optional
            The random numbers, or their seed.

        Returns
        -------
        arviz.InferenceData or xarray.DataTree
            To be saved with its own ``to_netcdf``; with ArviZ 1 that needs ``npsstats[netcdf]``. With the groups

            - posterior and prior: ``share`` (chain, draw, group, category), ``score`` (chain, draw, group), in points;
              an improper prior, with a parameter of 0, is left out;
            - observed_data: ``count`` (group, category);
            - posterior_predictive: ``count`` (chain, draw, group, category), a new sample of the same size;
            - log_likelihood: ``answer`` (chain, draw, respondent), and with it constant_data: ``answer`` and
              ``respondent_group`` (respondent), the numbers of the category and of the group.

        Raises
        ------
        TypeError, ValueError
            If a number is not a positive whole number.

        Notes
        -----
        The unit of the log-likelihood is the respondent: leaving one out changes a posterior little, which is what
        makes importance sampling of leave-one-out reliable. With the group as the unit every group would leave out
        all that is known of it, and Pareto k would be high for all. A respondent who is alone in a category has a
        Pareto k of about 1 / (1 + a), with a the parameter of the prior there: 0.67 for Jeffreys. Where there are too
        many respondents nothing is lost: what `arviz.loo` estimates is the sum of log((a_k - 1) / (A - 1)) over the
        respondents, with a_k the concentration at their category and A that of their group.
        """
        from npsstats.results.arviz import to_arviz

        return to_arviz(self, n_draws=n_draws, n_chains=n_chains, log_likelihood=log_likelihood, rng=rng)

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, n, missing, mean, sd, median, low, high, with the 95 % equal-tailed interval.
        """
        low, high = self.interval()
        numbers: dict[str, Any] = {
            "mean": self.mean,
            "sd": self.sd,
            "median": self.quantile(0.5),
            "low": low,
            "high": high,
        }
        sizes: dict[str, Any] = {"n": self.n, "missing": self.missing}
        return {**group_columns(self.by, self.labels), **sizes, **numbers}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return distribution_provenance(self.metric, self.prior, self.notes, self.version)

    def table(self) -> Table:
        """Give the rounded table that people read.

        Returns
        -------
        Table
        """
        columns = self.columns()
        places = write.decimals_for(self.metric.bounds)
        cells = [[write.integer(x) for x in columns[name]] for name in ("n", "missing")]
        cells += [
            [write.number(x, places + (name == "sd")) for x in columns[name]]
            for name in ("mean", "sd", "median", "low", "high")
        ]
        rows = [
            [*map(group_text, label), *rest]
            for label, *rest in zip(self.labels, *cells, strict=True)
        ]  # fmt: skip
        return Table(
            headers=[*self.by, "n", "missing", "mean", "sd", "median", "low", "high"],
            rows=rows,
            text_columns=len(self.by),
        )

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        by = f" by {', '.join(self.by)}" if self.by else ""
        return f"Posterior of {self.metric.name}{by}, {self.prior}, {write.level(LEVEL)} equal-tailed interval"

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        places = write.decimals_for(self.metric.bounds)
        low, high = self.interval()
        return [
            f"{self.metric.name}{' of ' + group_text(label) if label else ''}: posterior mean "
            f"{write.number(mean, places)} ({write.level(LEVEL)} credible interval "
            f"{write.interval(below, above, places)}; n = {write.integer(n)})."
            for label, n, mean, below, above in zip(self.labels, self.n, self.mean, low, high, strict=True)
        ]

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return (
            f"Exact posterior of {self.metric.name} ({self.metric.description or 'custom metric'}) with "
            f"{self.prior} and {write.level(LEVEL)} equal-tailed intervals"
        )

    def __len__(self) -> int:
        return len(self.counts.labels)

    @property
    def _origin(self) -> float:
        return self.metric.bounds[0]

    @property
    def _end(self) -> float:
        return self.metric.bounds[1]

    def _unit_values(self) -> FloatArray:
        return (self.levels - self._origin) / self._width

    def _law(self) -> Law:
        return mean_law(self.concentration, self._unit_values())

    def _support(self) -> Support:
        return mean_support(self.concentration, self._unit_values())

    def _one_mode(self) -> BoolArray:
        return has_one_mode(self.concentration)
