"""Accounts of the console over an open data folder: for the console itself and for the command line."""

from __future__ import annotations

from qunflow.bootstrap.home import Home
from qunflow.console.office import Office


def open_office(home: Home) -> Office:
    """Who may come in; needs nothing of the browser's side."""
    return Office.join(home.database, home.keys.derive("console-forms"), home.settings.console_address)
