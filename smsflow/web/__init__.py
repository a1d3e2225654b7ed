"""Ways in by HTTP."""
