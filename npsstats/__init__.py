"""Net Promoter Score statistics: intervals, tests of change, and comparison with CSAT and CES, from counts."""

from npsstats import datasets
from npsstats.critique.agreement import discordant_units, rank_agreement
from npsstats.critique.asymmetry import detractor_weight
from npsstats.critique.contrasting import contrast
from npsstats.critique.customers import conflicting_customers
from npsstats.critique.decomposition import decompose
from npsstats.critique.factors import decompose_factors
from npsstats.critique.flips import score_flips
from npsstats.critique.information import efficiency
from npsstats.critique.items import item_association
from npsstats.critique.opposition import opposite_moves
from npsstats.critique.ordering import dominance
from npsstats.critique.predictors import compare_validity
from npsstats.critique.profiling import profile
from npsstats.critique.ranks import unit_ranks
from npsstats.critique.shape import polarisation
from npsstats.critique.styles import eights, eights_difference
from npsstats.critique.validity import criterion_validity
from npsstats.critique.variants import score_variants, sensitivity
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
from npsstats.inference.tipping import nonresponse_sensitivity
from npsstats.inference.trends import trend
from npsstats.inference.weighting import describe_weights, design_effects
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.joint import JointCounts
from npsstats.ratings.pairs import PairedCounts
from npsstats.ratings.published import PublishedScores
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
from npsstats.results.agreements import RankAgreement
from npsstats.results.associations import ItemAssociation
from npsstats.results.bounds import NonresponseBounds
from npsstats.results.changes import Changes
from npsstats.results.conflicts import ConflictingCustomers
from npsstats.results.contrasts import Contrast
from npsstats.results.cuts import CutPoints
from npsstats.results.decompositions import Decomposition
from npsstats.results.definitions import Sensitivity
from npsstats.results.detractor_weights import DetractorWeight
from npsstats.results.differences import Differences
from npsstats.results.discordances import DiscordantUnits
from npsstats.results.effects import DesignEffects
from npsstats.results.efficiencies import Efficiency
from npsstats.results.equivalences import Equivalence
from npsstats.results.estimates import Estimates
from npsstats.results.factors import FactorDecomposition
from npsstats.results.flips import ScoreFlips
from npsstats.results.flows import Transitions
from npsstats.results.homogeneities import Homogeneity
from npsstats.results.laws import BootstrapDistribution
from npsstats.results.operating import OperatingCharacteristics
from npsstats.results.oppositions import OppositeMoves
from npsstats.results.orderings import Dominance
from npsstats.results.plans import Plan
from npsstats.results.polarisations import Polarisation
from npsstats.results.posterior_differences import PosteriorDifference
from npsstats.results.posteriors import Posterior
from npsstats.results.profiles import Profile
from npsstats.results.ranks import UnitRanks
from npsstats.results.resistances import Resistance
from npsstats.results.sensitivities import NonresponseSensitivity
from npsstats.results.styles import EightsBounds, EightsDifference
from npsstats.results.trends import Trend
from npsstats.results.validities import CriterionValidity
from npsstats.results.validity_differences import ValidityDifferences
from npsstats.results.variants import ScoreVariants
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
    "ConflictingCustomers",
    "Contrast",
    "ConvergenceError",
    "CriterionValidity",
    "CutPoints",
    "Decomposition",
    "DesignEffects",
    "DetractorWeight",
    "Differences",
    "DiscordantUnits",
    "Dominance",
    "Efficiency",
    "EightsBounds",
    "EightsDifference",
    "Equivalence",
    "Estimates",
    "FactorDecomposition",
    "Homogeneity",
    "InvalidRatingError",
    "ItemAssociation",
    "JointCounts",
    "Metric",
    "NonresponseBounds",
    "NonresponseSensitivity",
    "OperatingCharacteristics",
    "OppositeMoves",
    "OverlapWarning",
    "PairedCounts",
    "Plan",
    "Polarisation",
    "Posterior",
    "PosteriorDifference",
    "Profile",
    "PublishedScores",
    "RankAgreement",
    "RaoWu",
    "RatingCounts",
    "ReplicateWeights",
    "Report",
    "Resistance",
    "Scale",
    "ScoreFlips",
    "ScoreVariants",
    "Sensitivity",
    "SmallSampleWarning",
    "SurveyCounts",
    "Transitions",
    "Trend",
    "UndefinedScoreError",
    "UnitRanks",
    "ValidityDifferences",
    "WeightReport",
    "__version__",
    "bootstrap_distribution",
    "compare",
    "compare_validity",
    "conflicting_customers",
    "contrast",
    "criterion_validity",
    "datasets",
    "decompose",
    "decompose_factors",
    "describe_weights",
    "design_effects",
    "detectable_difference",
    "detractor_weight",
    "discordant_units",
    "dominance",
    "efficiency",
    "effort_score",
    "eights",
    "eights_difference",
    "equivalence",
    "estimate",
    "find_changes",
    "homogeneity",
    "item_association",
    "mean_rating",
    "mean_score",
    "net_score",
    "nonresponse_bounds",
    "nonresponse_sensitivity",
    "operating_characteristics",
    "opposite_moves",
    "plots",
    "polarisation",
    "posterior",
    "posterior_difference",
    "power",
    "profile",
    "rank_agreement",
    "report",
    "resistance",
    "sample_size",
    "score_flips",
    "score_variants",
    "sensitivity",
    "tabulate",
    "tabulate_joint",
    "tabulate_pairs",
    "tabulate_survey",
    "top_box",
    "transitions",
    "trend",
    "unit_ranks",
]
