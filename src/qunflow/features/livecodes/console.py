"""The live codes' pages of the operator's console: list, a code with its pool and its scans, a new code, QR files."""

from __future__ import annotations

from qunflow.engine.door import Door
from qunflow.features.livecodes.console_code import code_pages
from qunflow.features.livecodes.console_list import list_pages
from qunflow.features.livecodes.console_new import new_pages
from qunflow.features.livecodes.console_rows import CodeBook
from qunflow.web.desk import Pages
from qunflow.web.links import Links


def pages(door: Door, links: Links) -> Pages:
    """Every page of live codes; what they read is shared by all who look."""
    book = CodeBook(door)
    return (*list_pages(book), *new_pages(door, book), *code_pages(door, links, book))
