"""Net Promoter Score statistics: intervals, tests of change, and comparison with CSAT and CES, from counts."""

from npsstats import datasets
from npsstats.critique.contrasting import contrast
from npsstats.critique.opposition import opposite_moves
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
from npsstats.inference.continuum import resistance
from npsstats.inference.estimation import estimate
from npsstats.inference.heterogeneity import homogeneity
from npsstats.inference.movement import transitions
from npsstats.inference.nonresponse import nonresponse_bounds
from npsstats.inference.operating import operating_characteristics
from npsstats.inference.planning import detectable_difference, power, sample_size
from npsstats.inference.resampling import bootstrap_distribution
from npsstats.inference.sensitivity import nonresponse_sensitivity
from npsstats.inference.trends import trend
from npsstats.inference.weighting import describe_weights, design_effects
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.joint import JointCounts
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
    effort_score,
    mean_rating,
    mean_score,
    net_score,
    top_box,
)
from npsstats.ratings.surveys import SurveyCounts
from npsstats.reporting import plots
from npsstats.reporting.documents import Report, report
from npsstats.results.bounds import NonresponseBounds
from npsstats.results.changes import Changes
from npsstats.results.contrasts import Contrast
from npsstats.results.differences import Differences
from npsstats.results.effects import DesignEffects
from npsstats.results.equivalences import Equivalence
from npsstats.results.estimates import Estimates
from npsstats.results.flows import Transitions
from npsstats.results.homogeneities import Homogeneity
from npsstats.results.laws import BootstrapDistribution
from npsstats.results.operating import OperatingCharacteristics
from npsstats.results.oppositions import OppositeMoves
from npsstats.results.plans import Plan
from npsstats.results.posterior_differences import PosteriorDifference
from npsstats.results.posteriors import Posterior
from npsstats.results.resistances import Resistance
from npsstats.results.sensitivities import NonresponseSensitivity
from npsstats.results.trends import Trend
from npsstats.results.weightings import WeightReport
from npsstats.tabulation.joint import tabulate_joint
from npsstats.tabulation.pairs import tabulate_pairs
from npsstats.tabulation.replicates import RaoWu, ReplicateWeights
from npsstats.tabulation.sources import tabulate
from npsstats.tabulation.surveys import tabulate_survey
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
    "Contrast",
    "ConvergenceError",
    "DesignEffects",
    "Differences",
    "Equivalence",
    "Estimates",
    "Homogeneity",
    "InvalidRatingError",
    "JointCounts",
    "Metric",
    "NonresponseBounds",
    "NonresponseSensitivity",
    "OperatingCharacteristics",
    "OppositeMoves",
    "OverlapWarning",
    "PairedCounts",
    "Plan",
    "Posterior",
    "PosteriorDifference",
    "RaoWu",
    "RatingCounts",
    "ReplicateWeights",
    "Report",
    "Resistance",
    "Scale",
    "SmallSampleWarning",
    "SurveyCounts",
    "Transitions",
    "Trend",
    "UndefinedScoreError",
    "WeightReport",
    "__version__",
    "bootstrap_distribution",
    "compare",
    "contrast",
    "datasets",
    "describe_weights",
    "design_effects",
    "detectable_difference",
    "effort_score",
    "equivalence",
    "estimate",
    "find_changes",
    "homogeneity",
    "mean_rating",
    "mean_score",
    "net_score",
    "nonresponse_bounds",
    "nonresponse_sensitivity",
    "operating_characteristics",
    "opposite_moves",
    "plots",
    "posterior",
    "posterior_difference",
    "power",
    "report",
    "resistance",
    "sample_size",
    "tabulate",
    "tabulate_joint",
    "tabulate_pairs",
    "tabulate_survey",
    "top_box",
    "transitions",
    "trend",
]
