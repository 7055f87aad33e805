"""Pictures of counts and results. Each function draws on Matplotlib axes and returns them."""

from npsstats.reporting.plots.curves import power_curve
from npsstats.reporting.plots.nonresponse import tipping_point
from npsstats.reporting.plots.rows import density, forest
from npsstats.reporting.plots.shares import distribution, flows
from npsstats.reporting.plots.timelines import changes, trend

__all__ = ["changes", "density", "distribution", "flows", "forest", "power_curve", "tipping_point", "trend"]
