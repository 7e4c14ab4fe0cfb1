"""Hypothesis for the pure tests: no stored examples, no deadline on a shared machine."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "quick", max_examples=30, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
settings.load_profile("quick")
