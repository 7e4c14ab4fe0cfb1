"""What opens a person's page to take a transfer lies sealed wherever it is kept: messages, log, states, backups."""

from __future__ import annotations

import base64

from qunflow.storage.sealing import Keys

_MARK = "sealed:"


class PackageVault:
    """Seals and opens packages, each for the one payout that it belongs to."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def seal(self, number: str, package: str) -> str:
        """A package for keeping; none stays none."""
        if not package:
            return ""
        return _MARK + base64.urlsafe_b64encode(self._keys.seal(package.encode(), _purpose(number))).decode()

    def open(self, number: str, kept: str) -> str:
        """A kept package; older ones were kept as they came. Raises QunflowError under another key or number."""
        if not kept.startswith(_MARK):
            return kept
        return self._keys.open(base64.urlsafe_b64decode(kept.removeprefix(_MARK)), _purpose(number)).decode()


def _purpose(number: str) -> str:
    return f"payout.package:{number}"
