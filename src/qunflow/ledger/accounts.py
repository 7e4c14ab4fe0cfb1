"""Accounts of money that people pay (campaigns.md §9): in from ``external``, kept in ``escrow``, earned as ``revenue``.

Fen.
"""

from __future__ import annotations


def external(campaign: str) -> str:
    """The world outside: where money of a campaign comes from and goes to."""
    return f"external:{campaign}"


def escrow(campaign: str, unit: str) -> str:
    """What was paid for a unit and is neither earned nor given back."""
    return f"escrow:{campaign}:{unit}"


def revenue(campaign: str) -> str:
    """What a campaign sold."""
    return f"revenue:{campaign}"


def available(person: str) -> str:
    """What a person earned for good."""
    return f"available:{person}"


def debt(person: str) -> str:
    """What a person has to give back; never above 0."""
    return f"debt:{person}"
