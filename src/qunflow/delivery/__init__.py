"""Carrying wishes out after the commit: the honest way on each channel, one receipt for each action."""
