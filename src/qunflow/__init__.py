"""qunflow runs communities for merchants: groups, fission campaigns, moderation, conversion."""

__version__ = "0.1.0"
