"""The campaigns' pages of the operator's console: list, plan, launch gate, live board, review."""

from __future__ import annotations

from qunflow.engine.door import Door
from qunflow.features.campaigns.console_adviser import adviser_pages
from qunflow.features.campaigns.console_board import CampaignSheets, board_pages
from qunflow.features.campaigns.console_gate import gate_pages
from qunflow.features.campaigns.console_list import CampaignRows, list_pages
from qunflow.features.campaigns.console_photos import photo_pages
from qunflow.features.campaigns.console_report import report_pages
from qunflow.features.campaigns.console_risk import risk_pages
from qunflow.features.campaigns.console_stages import stage_pages
from qunflow.features.campaigns.console_votes import vote_pages
from qunflow.features.campaigns.console_wizard import wizard_pages
from qunflow.storage.blobs import BlobStore
from qunflow.web.desk import Pages
from qunflow.web.links import Links


def pages(door: Door, links: Links, blobs: BlobStore) -> Pages:
    """Every page of campaigns; what they read is shared by all who look."""
    rows, sheets = CampaignRows(door), CampaignSheets(door)
    return (
        *list_pages(rows),
        *adviser_pages(),
        *wizard_pages(door, rows),
        *gate_pages(door, links, rows),
        *board_pages(door, sheets, rows),
        *report_pages(door, sheets, rows),
        *risk_pages(door),
        *stage_pages(door),
        *vote_pages(door),
        *photo_pages(door, blobs),
    )
