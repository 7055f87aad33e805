"""Net Promoter Score statistics: intervals, tests of change, and comparison with CSAT and CES, from counts."""

from npsstats import datasets
from npsstats.errors import ConvergenceError, InvalidRatingError, SmallSampleWarning, UndefinedScoreError
from npsstats.inference.bayes import posterior, posterior_difference
from npsstats.inference.comparison import compare
from npsstats.inference.estimation import estimate
from npsstats.inference.operating import operating_characteristics
from npsstats.inference.resampling import bootstrap_distribution
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import (
    CES,
    CES_2,
    CES_2_TOP_BOX,
    CSAT,
    CSAT_MEAN,
    ENPS,
    NKI,
    NPS,
    NPS_1_TO_10,
    NPS_CATEGORIES,
    Metric,
    Scale,
    mean_rating,
    mean_score,
    net_score,
    top_box,
)
from npsstats.reporting import plots
from npsstats.reporting.documents import Report, report
from npsstats.results.differences import Differences
from npsstats.results.estimates import Estimates
from npsstats.results.laws import BootstrapDistribution
from npsstats.results.operating import OperatingCharacteristics
from npsstats.results.posterior_differences import PosteriorDifference
from npsstats.results.posteriors import Posterior
from npsstats.tabulation.sources import tabulate
from npsstats.version import __version__

__all__ = [
    "CES",
    "CES_2",
    "CES_2_TOP_BOX",
    "CSAT",
    "CSAT_MEAN",
    "ENPS",
    "NKI",
    "NPS",
    "NPS_1_TO_10",
    "NPS_CATEGORIES",
    "BootstrapDistribution",
    "ConvergenceError",
    "Differences",
    "Estimates",
    "InvalidRatingError",
    "Metric",
    "OperatingCharacteristics",
    "Posterior",
    "PosteriorDifference",
    "RatingCounts",
    "Report",
    "Scale",
    "SmallSampleWarning",
    "UndefinedScoreError",
    "__version__",
    "bootstrap_distribution",
    "compare",
    "datasets",
    "estimate",
    "mean_rating",
    "mean_score",
    "net_score",
    "operating_characteristics",
    "plots",
    "posterior",
    "posterior_difference",
    "report",
    "tabulate",
    "top_box",
]
