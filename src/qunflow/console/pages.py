"""Every page and file of the console in one list: the shell's own and those of the features."""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.console import (
    accounts_page,
    audit_page,
    channels_page,
    deliveries_page,
    groups_page,
    me_page,
    poster_page,
    rehearsal_page,
    today_page,
)
from qunflow.console.channel_desk import ChannelDesk
from qunflow.console.office import Office
from qunflow.console.rehearsal_chore import RehearsalChores
from qunflow.console.today_numbers import TodayNumbers
from qunflow.engine.door import Door
from qunflow.features.campaigns import console as campaign_pages
from qunflow.features.gathering import console as gathering_pages
from qunflow.features.livecodes import console as code_pages
from qunflow.features.merging import console as member_pages
from qunflow.features.posters.drawing import PosterDesk
from qunflow.features.referrals import console as referral_pages
from qunflow.features.referrals.vault import ContactVault
from qunflow.features.rewards import console as reward_pages
from qunflow.features.rewards.vault import Vault
from qunflow.features.tasks import console as review_pages
from qunflow.features.todos import console as todo_pages
from qunflow.storage.blobs import BlobStore
from qunflow.web.desk import Pages
from qunflow.web.links import Links


@dataclass(frozen=True, slots=True)
class Parts:
    """What pages are made of; bootstrap joins it."""

    door: Door
    office: Office
    links: Links
    blobs: BlobStore
    posters: PosterDesk
    channels: ChannelDesk
    rehearsals: RehearsalChores
    vault: Vault
    contacts: ContactVault


def all_pages(parts: Parts) -> Pages:
    """The declared pages: a feature adds one line here, ``*<feature>_pages.pages(parts.door, …)``."""
    return (
        *accounts_page.pages(parts.office, parts.door),
        *audit_page.pages(parts.office),
        *me_page.pages(parts.office, parts.door),
        *campaign_pages.pages(parts.door, parts.links, parts.blobs),
        *code_pages.pages(parts.door, parts.links),
        *channels_page.pages(parts.channels),
        *gathering_pages.pages(parts.door, parts.channels.ways),
        *groups_page.pages(parts.door, parts.channels),
        *member_pages.pages(parts.door),
        *poster_page.pages(parts.door, parts.links, parts.posters),
        *rehearsal_page.pages(parts.door, parts.rehearsals),
        *review_pages.pages(parts.door, parts.blobs),
        *referral_pages.pages(parts.door, parts.links, parts.contacts),
        *reward_pages.pages(parts.door, parts.vault),
        *todo_pages.pages(parts.door),
        *_today(parts),
    )


def _today(parts: Parts) -> Pages:
    """Today and deliveries share their figures."""
    numbers = TodayNumbers(parts.door, parts.links)
    return (*today_page.pages(parts.door, numbers), *deliveries_page.pages(parts.door, numbers))
