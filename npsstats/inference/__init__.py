"""Questions on a score."""
