"""Walking a routing plan for one call (pure)."""
