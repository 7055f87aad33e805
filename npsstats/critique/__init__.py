"""Where the single number misleads: several metrics, whole distributions, other definitions, other mixes."""
