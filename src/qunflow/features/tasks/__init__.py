"""Proof of tasks and its review (M09, campaigns.md §8): nothing is rewarded before a pass."""
