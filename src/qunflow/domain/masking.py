"""Names where everybody reads them: enough to know oneself again, too little to know others."""

from __future__ import annotations

STARS = "**"


def masked(name: str) -> str:
    """The first character of a name and two stars; only the stars where there is no name."""
    return name.strip()[:1] + STARS
