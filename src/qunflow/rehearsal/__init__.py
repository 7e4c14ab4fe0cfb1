"""A simulated crowd and its staff: they go through the same doors as people do (N2)."""
