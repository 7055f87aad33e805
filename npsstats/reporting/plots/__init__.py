"""Pictures of counts and results. Each function draws on Matplotlib axes and returns them."""

from npsstats.reporting.plots.bumps import ranks
from npsstats.reporting.plots.crossed import conflicting_customers, item_association
from npsstats.reporting.plots.cumulative import dominance
from npsstats.reporting.plots.curves import power_curve
from npsstats.reporting.plots.definitions import eights, sensitivity
from npsstats.reporting.plots.information import detractor_weight, efficiency, polarisation
from npsstats.reporting.plots.nonresponse import tipping_point
from npsstats.reporting.plots.orders import discordant_units, rank_agreement
from npsstats.reporting.plots.rows import density, forest
from npsstats.reporting.plots.several import contrast, opposite_moves
from npsstats.reporting.plots.shares import distribution, flows
from npsstats.reporting.plots.standing import profile
from npsstats.reporting.plots.steps import waterfall
from npsstats.reporting.plots.ties import score_flips
from npsstats.reporting.plots.timelines import changes, trend
from npsstats.reporting.plots.triangle import ternary
from npsstats.reporting.plots.validity import compare_validity, criterion_validity

__all__ = [
    "changes",
    "compare_validity",
    "conflicting_customers",
    "contrast",
    "criterion_validity",
    "density",
    "detractor_weight",
    "discordant_units",
    "distribution",
    "dominance",
    "efficiency",
    "eights",
    "flows",
    "forest",
    "item_association",
    "opposite_moves",
    "polarisation",
    "power_curve",
    "profile",
    "rank_agreement",
    "ranks",
    "score_flips",
    "sensitivity",
    "ternary",
    "tipping_point",
    "trend",
    "waterfall",
]
