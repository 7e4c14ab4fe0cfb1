"""Accounts of points: a unit of their own, so that points and fen never meet in one sum (campaigns.md §9)."""

from __future__ import annotations


def points(person: str) -> str:
    """Points that a person has."""
    return f"points:{person}"


def points_outside(campaign: str) -> str:
    """Where the points of a campaign come from and go back to. A campaign's name has no dot."""
    return f"external:points.{campaign}"


def points_debt(person: str) -> str:
    """Points that a person has to give back; never above 0."""
    return f"debt:points.{person}"
