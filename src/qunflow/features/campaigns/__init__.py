"""Campaigns (裂变活动): plan, launch gate, participations; ``mechanics/`` holds one pure file per model."""
