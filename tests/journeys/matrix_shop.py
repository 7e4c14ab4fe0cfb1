"""A merchant on one Matrix account: the operator, the server, a drafted campaign, and the steps that people take."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import yaml
from tests.journeys.operator import WORKSPACE, Operator
from tests.journeys.person import PersonClient
from tests.journeys.phone import browser, codes_in, screenshot
from tests.journeys.synapse import CHANNEL

from qunflow.connectors.matrix.registration import registration_data
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.features.campaigns import acts
from qunflow.features.campaigns.model import ParticipationState
from qunflow.features.campaigns.report import find_campaign
from qunflow.storage.accounts import read_balances

CAMPAIGN = "matrix-ladder"
TASK_FEN, INVITE_FEN = 200, 500


def plan_of(staff: str, **pool: Any) -> dict[str, Any]:
    """What the operator writes into the plan's file."""
    return {
        "campaign": CAMPAIGN,
        "title": "冬日暖心邀请季",
        "goal": "二十位新成员",
        "channel": CHANNEL,
        "starts_at": "2026-12-01T08:00:00+08:00",
        "ends_at": "2026-12-05T22:00:00+08:00",
        "staff": [staff],
        "budget_total_fen": 100_000,
        "reward_per_user_max_fen": 7_300,
        "hold_hours": 24,
        "expected_joins": 20,
        "ladder": {
            "mode": "marginal",
            "bands": [{"from": 1, "to": 3, "amount_fen": INVITE_FEN}, {"from": 4, "to": 10, "amount_fen": 800}],
        },
        "task": {"reward_fen": TASK_FEN, "attempts": 3},
        "pool": {"base_name": "暖心群", "soft_limit": 50, "low_at": 10, **pool},
        "poster": {
            "title": "邀请好友 一起领现金",
            "subtitle": "冬日暖心邀请季",
            "selling_point": "邀请 3 人得 15 元",
            "endorsement": "五年社群",
            "call_to_action": "扫码进群",
        },
    }


@dataclass
class Shop:
    """A campaign on one Matrix account, and the steps that its people take."""

    operator: Operator
    account: MatrixSettings
    staff: PersonClient

    async def participant(self, person: PersonClient) -> ParticipationState:
        """What is known of somebody's part in the campaign."""
        await self.operator.quiet()
        look = self.operator.application.door.look
        people: list[ParticipationState] = await look.all_of(WORKSPACE, "participation", f"participation:{CAMPAIGN}:")
        return next(state for state in people if state.external == person.mxid)

    async def scan_and_join(self, person: PersonClient, code: str) -> str:
        """Open what the QR says, type the Matrix id, follow the invitation; the room."""
        async with browser() as phone:
            assert await phone.open(code) == "invite"
            assert await phone.fill_in("no matrix id") == "invite"
            assert await phone.fill_in(person.mxid) == "invited"
        room = await person.invitation(within=20.0)
        await person.join(room)
        return room

    async def poster_of(self, person: PersonClient, room: str) -> bytes:
        """The personal poster that is shown to somebody in the room."""
        shown = await person.told(room, to=person.mxid, kind="m.image", within=20.0)
        return await person.download(shown["url"])

    async def prove(self, person: PersonClient, room: str, poster: bytes) -> str:
        """Post a screenshot that shows the own poster; what the answer says."""
        await person.show(room, screenshot(poster, f"look what I found {person.mxid}"), "image/jpeg")
        await person.told(room, "截图已收到", to=person.mxid, within=20.0)
        return str((await person.told(room, "审核通过", to=person.mxid, within=20.0))["body"])

    async def own_page(self, person: PersonClient) -> str:
        """The address of the own page, which came in the direct room."""
        direct = await person.invitation(within=20.0)
        await person.join(direct)
        return personal_links(str((await person.told(direct, "/p/", within=20.0))["body"]))[0]

    async def numbers(self, page: str, code: str) -> tuple[str, str, str]:
        """Confirmed and pending friends and yuan earned, as the own page shows them beside the poster with ``code``."""
        async with browser() as phone:
            assert await phone.open(page) == "progress"
            assert codes_in(await phone.poster()) == [code]
            return phone.text_of("confirmed"), phone.text_of("pending"), phone.text_of("earned")

    async def earned(self, part: ParticipationState) -> tuple[int, int]:
        """Fen in the ledger that are somebody's, and those that wait for a hold."""
        async with self.operator.application.home.database.unit(WORKSPACE) as unit:
            found = await read_balances(unit)
        return found.get(f"available:{part.person}", 0), found.get(f"pending:{part.person}", 0)


def personal_links(text: str) -> list[str]:
    """Addresses that open somebody's own page."""
    return re.findall(r"https?://\S+/p/[\w-]+", text)


async def open_shop(operator: Operator, account: MatrixSettings, staff: PersonClient, **pool: Any) -> Shop:
    """The operator adds the account, starts the server and drafts the campaign; ``staff`` is their person."""
    tmp_path = operator.folder
    tokens = {"as_token": account.as_token, "hs_token": account.hs_token}
    where = ["--homeserver-url", account.homeserver_url, "--server-name", account.server_name]
    who = ["--sender-localpart", account.sender_localpart, "--staff", staff.mxid]
    file = tmp_path / "registration.yaml"
    said = await operator.say(
        *("channel", "add", "matrix", CHANNEL, *where, *who, "--registration-file", str(file), "--json"), given=tokens
    )
    assert said.data()["callback_url"] == f"{account.base_url}/hooks/matrix/{CHANNEL}"
    assert yaml.safe_load(file.read_text()) == registration_data(account, CHANNEL)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert account.as_token not in said.out + said.err
    await operator.serve()
    plan = tmp_path / "plan.yaml"
    plan.write_text(yaml.safe_dump(plan_of(staff.mxid, **pool), allow_unicode=True))
    assert (await operator.say("campaign", "new", "--file", str(plan))).code == 0
    await staff.invitation(within=20.0)
    await operator.quiet()
    return Shop(operator, account, staff)


async def walk_it_oneself_and_launch(shop: Shop) -> tuple[str, str]:
    """Before launch our own person walks the whole path (M13, M14); the campaign's live code and its room."""
    operator, staff = shop.operator, shop.staff
    door, links = operator.application.door, operator.application.home.links
    gate = await acts.measure_gate(door, links, WORKSPACE, CAMPAIGN)
    assert [item.check for item in gate if not item.passed] == ["self_test", "staff_inside"]
    address = links.code((await find_campaign(door, WORKSPACE, CAMPAIGN)).code)
    room = await shop.scan_and_join(staff, address)
    await shop.prove(staff, room, await shop.poster_of(staff, room))
    await operator.live_through(timedelta(minutes=5))
    launched = (await operator.say("campaign", "launch", CAMPAIGN, "--json")).data()
    assert all(item["passed"] for item in launched["gate"])
    return address, room


async def newcomer(shop: Shop, person: PersonClient, code: str, room: str) -> tuple[PersonClient, bytes]:
    """Somebody scans a code, joins by the Matrix id, is welcomed by name and shown a poster of their own."""
    assert await shop.scan_and_join(person, code) == room
    await person.told(room, "欢迎参加「冬日暖心邀请季」", to=person.mxid, within=20.0)
    return person, await shop.poster_of(person, room)
