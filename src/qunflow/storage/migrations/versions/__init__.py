"""Migration steps in order of their numbers."""
