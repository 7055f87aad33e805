"""From rows to counts."""
