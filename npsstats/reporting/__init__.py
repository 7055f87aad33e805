"""From results to people: plots and the report."""
