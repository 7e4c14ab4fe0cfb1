"""All public phone pages, joined: what bootstrap mounts at the edge."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qunflow.engine.door import Door
from qunflow.features.campaigns import pages as campaign_pages
from qunflow.features.campaigns.leaderboard import Boards
from qunflow.features.campaigns.plays.pages import PlayPages
from qunflow.features.campaigns.plays.pages_arriving import Arrivals
from qunflow.features.campaigns.risk.acts import witness
from qunflow.features.campaigns.risk.pages import appeal_routes, watched
from qunflow.features.campaigns.risk.pages_challenge import challenge_routes
from qunflow.features.livecodes import pages as livecode_pages
from qunflow.features.livecodes.pages import CodeWorkspaces
from qunflow.features.merging.any_merged import AnyMerged
from qunflow.features.posters.drawing import PosterDesk
from qunflow.features.posters.model import INVITED_BY
from qunflow.features.referrals.pages import referral_routes
from qunflow.features.referrals.vault import ContactVault
from qunflow.features.rewards.pages import reward_routes
from qunflow.features.rewards.vault import Vault
from qunflow.features.tasks import pages as task_pages
from qunflow.features.tasks.pages_appeal import appeal_routes as proof_appeal_routes
from qunflow.pages.leaderboard import leaderboard_routes
from qunflow.pages.leading_on import leading_on
from qunflow.pages.paying import PayDesk, Prepare
from qunflow.pages.photos import photo_routes
from qunflow.pages.progress import ProgressPage
from qunflow.pages.staff import SignPage, staff_routes
from qunflow.pages.taking import Confirm, TakeDesk
from qunflow.pages.works import work_routes
from qunflow.storage.blobs import BlobStore
from qunflow.web.links import Links
from qunflow.web.responses import Site


def phone_routes(
    door: Door,
    links: Links,
    blobs: BlobStore,
    posters: PosterDesk,
    ask_invite: campaign_pages.MakeInvite | None = None,
    boards: Boards | None = None,
    sign: SignPage | None = None,
    prepare: Prepare | None = None,
    fresh_seconds: float = 3.0,
    vault: Vault | None = None,
    contacts: ContactVault | None = None,
    confirm: Confirm | None = None,
) -> list[Route]:
    """Every route that phones open.

    ``posters`` belongs to the caller, who closes it. ``ask_invite(code, mxid, visitor)`` makes the command of a channel
    that invites by name; without it that route does not exist. ``boards`` are own ones unless given;
    ``sign`` signs staff pages for one-tap links in the client. ``prepare`` asks the payment account for what a phone
    pays with; without it the shop collects by hand. Lists of units are at most ``fresh_seconds`` old.
    ``vault`` opens what rewards keep, ``contacts`` what friends leave; without one its pages do not exist.
    ``confirm`` tells what a phone takes a payout with; without it no page speaks of payouts.
    """
    site, workspaces, merged = Site(links), CodeWorkspaces(door), AnyMerged(door)
    pay_desk, take_desk = PayDesk(door, site, prepare), TakeDesk(door, site, confirm, merged)
    progress = ProgressPage(door, site, blobs, take_desk.find)
    plays = PlayPages(door, site, pay_desk.find, fresh_seconds, take_desk.find)
    arrivals = Arrivals(door, site)
    found = [
        *livecode_pages.routes(door, site, workspaces, partial(campaign_pages.pool_of, door), arrivals.scanned),
        *campaign_pages.poster_routes(door, site, posters.draw, INVITED_BY),
        *task_pages.routes(door, site, blobs, progress.show_refusal),
        *proof_appeal_routes(door, site, blobs, progress.show_refusal),
        *progress.routes(),
        *plays.routes(),
        *pay_desk.routes(),
        *take_desk.routes(),
        *_picture_routes(door, site, blobs, plays),
        *leaderboard_routes(door, site, boards or Boards(door)),
        *appeal_routes(door, site),
        *challenge_routes(door, site),
        *staff_routes(door, site, sign),
        _static_route(site),
    ]
    if vault is not None:
        found.extend(reward_routes(door, site, vault, witness(door, links.trace), take_desk.find))
    found.extend(referral_routes(door, site, contacts) if contacts is not None else ())
    if ask_invite is not None:
        found.extend(campaign_pages.invite_routes(door, site, workspaces.find, ask_invite))
    return leading_on(door, site, merged, arrivals.marked(watched(door, site, found)))


def _picture_routes(door: Door, site: Site, blobs: BlobStore, plays: PlayPages) -> list[Route]:
    """What models take in as pictures: works of a contest, check-ins."""
    return [*work_routes(door, site, blobs, plays), *photo_routes(door, site, blobs, plays)]


def _static_route(site: Site) -> Route:
    async def static(request: Request) -> Response:
        return site.assets.answer(request)

    return Route("/static/{name}", static, methods=["GET"], name="static")
