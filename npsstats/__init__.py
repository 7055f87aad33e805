"""Net Promoter Score statistics: intervals, tests of change, and comparison with CSAT and CES, from counts."""

from npsstats import datasets
from npsstats.errors import (
    ConvergenceError,
    InvalidRatingError,
    OverlapWarning,
    SmallSampleWarning,
    UndefinedScoreError,
)
from npsstats.inference.bayes import posterior, posterior_difference
from npsstats.inference.changes import find_changes
from npsstats.inference.closeness import equivalence
from npsstats.inference.comparison import compare
from npsstats.inference.estimation import estimate
from npsstats.inference.heterogeneity import homogeneity
from npsstats.inference.movement import transitions
from npsstats.inference.operating import operating_characteristics
from npsstats.inference.planning import detectable_difference, power, sample_size
from npsstats.inference.resampling import bootstrap_distribution
from npsstats.inference.trends import trend
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.pairs import PairedCounts
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
from npsstats.results.changes import Changes
from npsstats.results.differences import Differences
from npsstats.results.equivalences import Equivalence
from npsstats.results.estimates import Estimates
from npsstats.results.flows import Transitions
from npsstats.results.homogeneities import Homogeneity
from npsstats.results.laws import BootstrapDistribution
from npsstats.results.operating import OperatingCharacteristics
from npsstats.results.plans import Plan
from npsstats.results.posterior_differences import PosteriorDifference
from npsstats.results.posteriors import Posterior
from npsstats.results.trends import Trend
from npsstats.tabulation.pairs import tabulate_pairs
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
    "Changes",
    "ConvergenceError",
    "Differences",
    "Equivalence",
    "Estimates",
    "Homogeneity",
    "InvalidRatingError",
    "Metric",
    "OperatingCharacteristics",
    "OverlapWarning",
    "PairedCounts",
    "Plan",
    "Posterior",
    "PosteriorDifference",
    "RatingCounts",
    "Report",
    "Scale",
    "SmallSampleWarning",
    "Transitions",
    "Trend",
    "UndefinedScoreError",
    "__version__",
    "bootstrap_distribution",
    "compare",
    "datasets",
    "detectable_difference",
    "equivalence",
    "estimate",
    "find_changes",
    "homogeneity",
    "mean_rating",
    "mean_score",
    "net_score",
    "operating_characteristics",
    "plots",
    "posterior",
    "posterior_difference",
    "power",
    "report",
    "sample_size",
    "tabulate",
    "tabulate_pairs",
    "top_box",
    "transitions",
    "trend",
]
