"""The phone pages of campaign models: a participant's own page, a friend's view of a unit, and their moves."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qunflow.domain.errors import InvalidInput, NotFound, QunflowError
from qunflow.domain.money import yuan
from qunflow.domain.reasons import Reason
from qunflow.engine.door import Door
from qunflow.features.campaigns.mechanics.group_alone import is_alone
from qunflow.features.campaigns.mechanics.mechanic import Unit
from qunflow.features.campaigns.mechanics.rain import windows
from qunflow.features.campaigns.model import CampaignState, ParticipationState, campaign_stream, participation_stream
from qunflow.features.campaigns.pages import deadline
from qunflow.features.campaigns.plan_model import model_of
from qunflow.features.campaigns.plays import pages_links
from qunflow.features.campaigns.plays.pages_move import (
    Asked,
    as_json,
    json_answer,
    json_problem,
    make_move,
    read_asked,
    reason_code,
    refused_move,
)
from qunflow.features.campaigns.plays.pages_offers import openers_of
from qunflow.features.campaigns.plays.pages_units import (
    Scene,
    UnitLists,
    load_balance,
    load_friends,
    load_own,
    load_scene,
    load_units,
    may_win,
)
from qunflow.features.campaigns.plays.pages_view import (
    OrderShown,
    UnitShown,
    did_code,
    glance_at,
    headline_of,
    is_ranked,
    left_words,
    move_code,
    order_of,
    people_in,
    show_unit,
    with_order,
)
from qunflow.features.campaigns.risk.pages_challenge import challenge_path, is_asked
from qunflow.storage.people import find_names
from qunflow.web.links import PersonLink, UnitLink
from qunflow.web.responses import SECURITY_HEADERS, Refusal, Site
from qunflow.web.taking import FindTakes, allow_script, no_takes
from qunflow.web.texts import LANGUAGES
from qunflow.web.visitors import is_robot

#: What is known of an order's payment: the order as the unit tells it → the same with how it can be paid.
FindOrder = Callable[[PersonLink, OrderShown], Awaitable[OrderShown]]
#: Pages whose payment is being prepared load themselves again after so many seconds.
SOON = 3
_GOT = re.compile(r"[a-z0-9-]{1,40}(,[a-z0-9-]{1,40})?")
_UNIT = re.compile(r"[A-Za-z0-9-]{1,64}")
_MOVE = re.compile(r"[a-z_]{1,40}")
_PAY_POLICY = SECURITY_HEADERS["content-security-policy"] + "; script-src 'self'"


class PlayPages:
    """Renders the pages and takes the moves."""

    def __init__(
        self,
        door: Door,
        site: Site,
        find_order: FindOrder,
        fresh_seconds: float = 3.0,
        find_takes: FindTakes = no_takes,
    ) -> None:
        self._door = door
        self._site = site
        self._find_order = find_order
        self._find_takes = find_takes
        self._lists = UnitLists(door, fresh_seconds)

    def routes(self) -> list[Route]:
        """``/p/{sealed}/play``, ``/u/{sealed}`` and ``POST /p/{sealed}/move``."""
        guarded = self._site.guarded
        return [
            Route("/p/{sealed}/play", guarded(self._own_page), methods=["GET"], name="play"),
            Route("/p/{sealed}/move", guarded(self._move), methods=["POST"], name="play_move"),
            Route("/u/{sealed}", guarded(self._unit_page), methods=["GET"], name="unit"),
        ]

    # --- the participant's own page -----------------------------------------------------------------------------------

    async def _own_page(self, request: Request) -> Response:
        link = self._site.links.open(request.path_params["sealed"])
        if is_robot(request):
            return self._site.page(request, "bare")
        state: CampaignState | None = await self._door.look.state(link.workspace, campaign_stream(link.campaign))
        if state is not None and model_of(state.plan) is None:
            return self._redirect(request, f"/p/{request.path_params['sealed']}")
        return await self.show_own(request, link)

    async def show_own(
        self, request: Request, link: PersonLink, error: QunflowError | None = None, named: str = ""
    ) -> Response:
        """The page, with the reason of a refused move on top."""
        scene = await load_scene(self._door, link)
        if not scene.state.person:
            raise NotFound("campaign_unknown", "this campaign does not exist any more, or you take no part in it")
        named = named or _asked(request, "unit", _UNIT) or pages_links.remembered_unit(request, self._site.links, link)
        own = await load_own(self._door, scene)
        friends = [unit for unit in await load_friends(self._door, scene, named) if not _is_in(unit, own)]
        others = await self._lists.view(scene, is_ranked(scene, scene.frame, self._door.clock.now()))
        others = [unit for unit in others if not _is_in(unit, own) and not _is_in(unit, friends)]
        shown = await self._shown(scene, [*own, *friends, *others])
        mine = [unit for unit in shown if unit.mine]
        orders = [unit.order for unit in shown if unit.order is not None]
        room = self._has_room(scene, mine) and await may_win(self._door, scene)
        openers = openers_of(scene.model, scene.frame) if self._runs(scene) else ()
        counts = (len(own), len(own) + len(friends))
        values = {
            **self._shared(request, scene, error),
            **self._mood(request, scene, error, any(unit.matched for unit in shown if unit.unit == named)),
            "openers": tuple(one for one in openers if room or scene.model.moves[one.move].apart),
            "can_enter": scene.model.name == "voting" and room,
            "units": shown[: counts[0]],
            "friends": shown[counts[0] : counts[1]],
            "others": [unit for unit in shown[counts[1] :] if unit.shown.get("status") != "pending"],
            "balance": await load_balance(self._door, scene) if scene.model.name == "distribution" else 0,
            "next_at": self._next_rain(scene),
            "takes": await self._find_takes(request, link),
        }
        values["challenge"] = await self._challenge(link, scene, named, values["did"], error)
        values["nothing"] = not (shown or values["openers"] or values["next_at"] or values["can_enter"])
        pending = any(order.status == "opening" for order in orders)
        response = self._site.page(
            request,
            "play",
            status=error.status if error is not None else 200,
            refresh=SOON if pending and error is None and request.method == "GET" else 0,
            **values,
        )
        if any(order.values for order in orders):
            response.headers["content-security-policy"] = _PAY_POLICY
        allow_script(response, values["takes"])
        pages_links.remember(request, response, self._site.links, pages_links.ME, self._site.links.seal(link))
        return response

    def _mood(
        self, request: Request, scene: Scene, error: QunflowError | None, matched: bool = False
    ) -> Mapping[str, Any]:
        """What a move that was just made is answered with."""
        did = _asked(request, "did", _MOVE) if error is None else ""
        got = _asked(request, "got", _GOT) if did else ""
        known = did if did in scene.model.moves else ""
        said = "matched" if matched and known == "open" else known
        code = did_code(self._site.texts, scene.model.name, said, got) if known else ""
        titles = {kind.card: kind.called for kind in scene.frame.settings.kinds} if scene.model.name == "cards" else {}
        cards = [titles.get(one, one) for one in got.split(",")]
        return {"did": code, "got": got, "cards": cards, "got_fen": int(got) if got.isdecimal() else 0}

    async def _challenge(self, link: PersonLink, scene: Scene, unit: str, did: str, error: QunflowError | None) -> str:
        """Where a question is answered without which what was just done does not count; empty where there is none."""
        held = error is not None and error.code == Reason.RISK_CHALLENGE
        if not unit or not (held or did) or not await is_asked(self._door, link, unit):
            return ""
        return challenge_path(self._site.links.seal(link), unit)

    def _has_room(self, scene: Scene, mine: Sequence[UnitShown]) -> bool:
        """Whether the person may begin a unit: the campaign runs, and not too many of theirs are open."""
        places = sum(not unit.over and not unit.shown.get("alone") for unit in mine)
        return self._runs(scene) and places < scene.frame.rules.open_units

    def _runs(self, scene: Scene) -> bool:
        return scene.campaign.status == "running" or (scene.campaign.status == "draft" and scene.state.test)

    def _next_rain(self, scene: Scene) -> str:
        if scene.model.name != "rain":
            return ""
        now = self._door.clock.now()
        following = [window.start for window in windows(scene.frame) if window.start > now]
        return deadline(following[0], scene.plan.tz) if following else ""

    # --- a friend's view ----------------------------------------------------------------------------------------------

    async def _unit_page(self, request: Request) -> Response:
        """A unit for whoever got its address; who takes part moves here, others are led to the right live code."""
        links = self._site.links
        link = links.open_unit(request.path_params["sealed"])
        if is_robot(request):
            return self._site.page(request, "bare")
        person = pages_links.remembered_person(request, links, link.workspace)
        mine = PersonLink(link.workspace, link.campaign, person)
        scene = await load_scene(self._door, mine)
        found = await load_units(self._door, scene, [link.unit])
        if not found or (is_alone(found[0]) and found[0].owner != person):
            raise NotFound("unit_unknown", "this campaign has no such unit")
        (shown,) = await self._shown(scene, found)
        values = {
            **self._shared(request, scene, None),
            "unit": shown,
            "headline": headline_of(scene.model, scene.frame),
            "code": await self._code_of(scene, found[0]) if not scene.state.person else "",
        }
        response = self._site.page(request, "play_friend", **values)
        pages_links.remember(request, response, links, pages_links.UNIT, links.seal_unit(link))
        return response

    async def _code_of(self, scene: Scene, unit: Unit) -> str:
        """The live code that brings a stranger in as the owner's guest; the campaign's own one without an owner."""
        if unit.owner:
            owner: ParticipationState | None
            stream = participation_stream(scene.link.campaign, unit.owner)
            owner = await self._door.look.state(scene.link.workspace, stream)
            if owner is not None and owner.code:
                return owner.code
        return scene.campaign.code

    # --- moves --------------------------------------------------------------------------------------------------------

    async def _move(self, request: Request) -> Response:
        try:
            link = self._site.links.open(request.path_params["sealed"])
            if not as_json(request):
                return await self._move_by_form(request, link)
            asked = await read_asked(request)
            scene = await load_scene(self._door, link) if not asked.is_json else None
            answer = await make_move(self._door, link, asked, scene.model if scene is not None else None)
            return json_answer(self._site, request, asked, answer)
        except QunflowError as error:
            if not as_json(request):
                raise
            return json_problem(error)

    async def _move_by_form(self, request: Request, link: PersonLink) -> Response:
        scene = await load_scene(self._door, link)
        asked: Asked | None = None
        try:
            asked = await read_asked(request)
            answer = await make_move(self._door, link, asked, scene.model)
        except InvalidInput as error:
            return await self.show_own(request, link, error, asked.unit if asked is not None else "")
        if answer.rejection is not None:
            return await self.show_own(request, link, refused_move(answer.rejection), asked.unit)
        done = _done(asked, answer.value, scene)
        response = self._redirect(request, f"/p/{request.path_params['sealed']}/play", done)
        seated = scene.model.name == "group-buy" and not scene.model.moves[asked.move].apart
        if seated and done.get("unit"):  # a seat may be in the group of a stranger
            links, unit = self._site.links, UnitLink(link.workspace, link.campaign, done["unit"])
            pages_links.remember(request, response, links, pages_links.UNIT, links.seal_unit(unit))
        return response

    # --- pieces -------------------------------------------------------------------------------------------------------

    async def _shown(self, scene: Scene, units: Sequence[Unit]) -> list[UnitShown]:
        """Units for the templates, with names and orders."""
        now = self._door.clock.now()
        glances = [glance_at(scene, unit, now) for unit in units]
        people = list(dict.fromkeys(person for glance in glances for person in people_in(glance)))
        async with self._door.database.read(scene.link.workspace) as unit:
            names = await find_names(unit, people) if people else {}
        found = []
        for glance in glances:
            shown = show_unit(scene, glance, names, self._site.texts)
            order = order_of(glance, scene.model) if scene.state.person else None
            found.append(with_order(shown, await self._find_order(scene.link, order) if order is not None else None))
        return found

    def _shared(self, request: Request, scene: Scene, error: QunflowError | None) -> dict[str, Any]:
        """What both pages need."""
        links, model = self._site.links, scene.model.name
        asked = request.query_params.get("lang", "")
        return {
            "title": scene.plan.title,
            "model": model,
            "campaign_status": scene.campaign.status,
            "deadline": deadline(scene.plan.ends_at, scene.plan.tz),
            "zone": scene.plan.tz,
            "rules": scene.plan.rules,
            "test": scene.state.test,
            "in_group": bool(scene.state.groups),
            "earned_fen": sum(amounts.available for amounts in scene.state.posted.values()),
            "hoped_fen": sum(amounts.pending for amounts in scene.state.posted.values()),
            "sealed": links.seal(scene.link) if scene.state.person else "",
            "path": _path(request),
            "query": f"?lang={asked}" if asked in LANGUAGES else "",
            "notice": self._ending(error, model) if error is not None else "",
            "refused": error.code if error is not None else "",
            "nonce": lambda: secrets.token_hex(8),
            "share": lambda unit: links.unit(UnitLink(scene.link.workspace, scene.link.campaign, unit)),
            "beside": lambda unit: f"/u/{links.seal_unit(UnitLink(scene.link.workspace, scene.link.campaign, unit))}",
            "at_clock": lambda at: deadline(at, scene.plan.tz),
            "word": lambda kind, move: move_code(self._site.texts, kind, model, move),
            "left": lambda delta: left_words(self._site.texts, self._site.language(request), delta),
            "knows": self._site.texts.knows,
            "settings": scene.frame.settings,
            "balance": 0,
            "yuan": yuan,
        }

    def _ending(self, error: QunflowError, model: str) -> str:
        """The text of an ending, in this page's own words where it has some."""
        refused = isinstance(error, Refusal)
        return reason_code(self._site.texts, error.code, model) if refused else self._site.ending(error)[1]

    def _redirect(self, request: Request, path: str, more: Mapping[str, str] | None = None) -> Response:
        asked = request.query_params.get("lang", "")
        query = {**(more or {}), **({"lang": asked} if asked in LANGUAGES else {})}
        tail = "&".join(f"{name}={value}" for name, value in query.items())
        headers = {**SECURITY_HEADERS, "cache-control": "no-store"}
        return RedirectResponse(f"{path}?{tail}" if tail else path, status_code=303, headers=headers)


def _done(asked: Asked, value: Any, scene: Scene) -> dict[str, str]:
    """What the page after a move is told: the move, its unit, and a number or cards that it brought."""
    rule = scene.model.moves[asked.move]
    unit = str(value) if rule.opens else asked.unit
    got = ",".join(value) if isinstance(value, (list, tuple)) else str(value) if isinstance(value, int) else ""
    kept = {"did": asked.move, "unit": unit, "got": got if _GOT.fullmatch(got) else ""}
    return {name: text for name, text in kept.items() if text}


def _asked(request: Request, name: str, shape: re.Pattern[str]) -> str:
    value = request.query_params.get(name, "")
    return value if len(value) <= 100 and shape.fullmatch(value) else ""


def _path(request: Request) -> str:
    """The address for the link to the other language: that of the page, also when a form was answered by it."""
    head, _, tail = request.url.path.rpartition("/")
    return f"{head}/play" if tail in ("move", "work", "photo") else request.url.path


def _is_in(unit: Unit, units: Sequence[Unit]) -> bool:
    return any(other.unit == unit.unit for other in units)
