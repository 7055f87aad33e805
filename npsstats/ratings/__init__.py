"""What was measured: scales, metrics and counts."""
