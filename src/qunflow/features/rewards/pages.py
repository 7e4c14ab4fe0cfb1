"""The holder's phone pages: what was won and how it goes on, a code that is shown when asked for, an address.

Every page hangs on the person's signed link; nothing of another person can be named on it. No scripts but the one that
opens WeChat's page when money waits there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qunflow.domain.errors import NotFound, QunflowError
from qunflow.domain.facts import SamePerson
from qunflow.domain.reasons import Reason
from qunflow.domain.signals import Witness
from qunflow.engine.door import Door
from qunflow.features.rewards import acts, reading, store
from qunflow.features.rewards.items import CODED, RewardItem, item_stream
from qunflow.features.rewards.model import ADDRESSED, APPROVED, AWAITING, EXPIRED, ISSUED, REDEEMED
from qunflow.features.rewards.vault import Address, Vault
from qunflow.web.links import PersonLink
from qunflow.web.responses import SECURITY_HEADERS, Refusal, Site
from qunflow.web.small_forms import read_fields
from qunflow.web.taking import FindTakes, allow_script, no_takes
from qunflow.web.texts import LANGUAGES
from qunflow.web.visitors import is_robot

FIELDS = ("name", "phone", "region", "street", "postcode")


@dataclass(frozen=True, slots=True)
class Shown:
    """One grant on the page; ``slug`` stands for it in addresses."""

    slug: str
    grant: str
    title: str
    kind: str
    status: str
    words: str
    until: str
    has_code: bool
    wants_address: bool
    has_address: bool
    tracking: str
    carrier: str


def slug_of(grant: str) -> str:
    """A short name of a grant among those of its holder."""
    return hashlib.blake2b(grant.encode(), digest_size=9).hexdigest()


def reward_routes(
    door: Door, site: Site, vault: Vault, witness: Witness | None = None, find_takes: FindTakes = no_takes
) -> list[Route]:
    """``/p/{sealed}/rewards`` and what lies below it; the ``witness`` hears where parcels are to go.

    ``find_takes`` tells of money that waits to be taken.
    """
    found = RewardPages(door, site, vault, witness, find_takes)
    below = "/p/{sealed}/rewards"
    return [
        Route(below, site.guarded(found.overview), methods=["GET"], name="rewards"),
        Route(f"{below}/{{slug}}/code", site.guarded(found.code), methods=["POST"], name="reward_code"),
        Route(f"{below}/{{slug}}/address", site.guarded(found.address), methods=["GET"], name="reward_address"),
        Route(f"{below}/{{slug}}/address", site.guarded(found.give), methods=["POST"], name="give_address"),
    ]


class RewardPages:
    """The endpoints."""

    def __init__(
        self, door: Door, site: Site, vault: Vault, witness: Witness | None = None, find_takes: FindTakes = no_takes
    ) -> None:
        self._door, self._site, self._vault = door, site, vault
        self._witness = witness
        self._find_takes = find_takes

    async def overview(self, request: Request) -> Response:
        """Everything that the person won in this campaign."""
        link = self._site.links.open(request.path_params["sealed"])
        rows = [] if is_robot(request) else await self._read(link)
        takes = await self._find_takes(request, link)
        response = self._site.page(request, "rewards", rewards=rows, takes=takes, sealed=request.path_params["sealed"])
        allow_script(response, takes)
        return response

    async def code(self, request: Request) -> Response:
        """The code, shown because its holder asked for it: a preview of the link shows none."""
        link = self._site.links.open(request.path_params["sealed"])
        shown = await self._find(request, link)
        if not shown.has_code:
            raise NotFound("reward_code_none", "there is no code to show")
        code = await acts.show_code(self._door, self._vault, link.workspace, shown.grant, to_holder=True)
        return self._site.page(
            request, "reward_code", reward=shown, code=code, sealed=request.path_params["sealed"], path=_back(request)
        )

    async def address(self, request: Request) -> Response:
        """The form, with what was given before."""
        link = self._site.links.open(request.path_params["sealed"])
        shown = await self._find(request, link)
        known: Mapping[str, str] = dict.fromkeys(FIELDS, "")
        if shown.has_address and not is_robot(request):
            async with self._door.database.read(link.workspace) as unit:
                sealed = (await store.read_addresses(unit, [shown.grant])).get(shown.grant)
            if sealed is not None:
                told = self._vault.open_address(sealed)
                known = {name: getattr(told, name) for name in FIELDS}
        return self._form(request, shown, known)

    async def give(self, request: Request) -> Response:
        """Take the address; what is wrong with it stands on the form again."""
        link = self._site.links.open(request.path_params["sealed"])
        shown = await self._find(request, link)
        form = await read_fields(request)
        values = {name: form.get(name, "")[:200] for name in FIELDS}
        try:
            address = Address(**values)
            rejection = await acts.give_address(self._door, self._vault, link.workspace, shown.grant, address)
            if self._witness is not None and (rejection is None or rejection.reason == Reason.ADDRESS_USED):
                digest = self._vault.address_digest(address)
                await self._witness(link.workspace, link.person, "address", digest)
            if rejection is not None:
                raise Refusal(rejection)
        except QunflowError as error:
            _, text = self._site.ending(error)
            return self._form(request, shown, values, wrong=text, field=error.field, status=error.status)
        asked = request.query_params.get("lang", "")
        query = f"?lang={asked}" if asked in LANGUAGES else ""
        headers = {**SECURITY_HEADERS, "cache-control": "no-store"}
        return RedirectResponse(f"{_back(request)}{query}", status_code=303, headers=headers)

    def _form(self, request: Request, shown: Shown, values: Mapping[str, str], **more: Any) -> Response:
        if not (shown.wants_address or shown.has_address):
            raise NotFound("reward_no_parcel", "nothing is to be sent here")
        told = {"wrong": "", "field": "", **more, "sealed": request.path_params["sealed"]}
        return self._site.page(request, "reward_address", reward=shown, values=values, **told)

    async def _find(self, request: Request, link: PersonLink) -> Shown:
        slug = request.path_params["slug"]
        found = next((shown for shown in await self._read(link) if shown.slug == slug), None)
        if found is None:
            raise NotFound("reward_grant_unknown", "there is no such reward", way_out="Open the list again.")
        return found

    async def _read(self, link: PersonLink) -> list[Shown]:
        same: SamePerson | None = await self._door.look.ask(link.workspace, SamePerson, link.person)
        people = tuple(dict.fromkeys((link.person, same.kept, *same.gone))) if same is not None else (link.person,)
        async with self._door.database.read(link.workspace) as unit:
            rows = [row for person in people for row in await reading.read_person(unit, link.campaign, person)]
        names = sorted({str(row["item"]) for row in rows})
        found = await self._door.look.states(link.workspace, [item_stream(name) for name in names])
        items: dict[str, RewardItem] = {item.name: item for item in found if item is not None}
        return [_shown(row, items.get(row["item"], RewardItem())) for row in rows]


def _shown(row: Mapping[str, Any], item: RewardItem) -> Shown:
    status, parcel = str(row["status"]), str(row["parcel"] or "")
    words = f"parcel.{parcel}" if parcel and status in (APPROVED, "issuing", ISSUED) else status
    if status == "due" or (status == "held" and row["reason"]):
        words = f"{status}.{row['reason']}" if row["reason"] else status
    until = row["until"] if status in (ISSUED, REDEEMED, EXPIRED) else None
    return Shown(
        slug=slug_of(str(row["key"])),
        grant=str(row["key"]),
        title=item.title or str(row["item"]),
        kind=str(row["kind"] or item.kind),
        status=status,
        words=f"reward.words.{words}",
        until=until.date().isoformat() if until is not None else "",
        has_code=status in (ISSUED, REDEEMED) and row["kind"] in CODED,
        wants_address=parcel == AWAITING and status == APPROVED,
        has_address=parcel == ADDRESSED and status == APPROVED,
        tracking=str(row["tracking"] or ""),
        carrier=str(row["carrier"] or ""),
    )


def _back(request: Request) -> str:
    return f"/p/{request.path_params['sealed']}/rewards"
