"""Join ways of customer groups whole (wecom-api.md §4). WeCom has no list of them: store every config_id."""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.connectors.wecom.bounds import check_bytes, check_chars, check_choice, check_id, check_ids, check_number
from qunflow.connectors.wecom.transport import Transport
from qunflow.connectors.wecom.wire import Answer, mapping, texts

_API = "externalcontact/groupchat/"
MAX_CHATS = 5


@dataclass(frozen=True, slots=True)
class JoinWay:
    """A join code and the groups behind it now."""

    config_id: str
    qr_code: str
    chats: tuple[str, ...]
    state: str = ""


@dataclass(frozen=True, slots=True)
class JoinWayPlan:
    """What a join code shall be. ``scene`` 2 has a QR, 1 is for a mini program.

    With ``auto_create`` WeCom makes a new group, ``base_name`` and a number from ``base_number``, when all are full.
    """

    chats: tuple[str, ...]
    state: str = ""
    remark: str = ""
    auto_create: bool = False
    base_name: str = ""
    base_number: int = 1
    scene: int = 2
    mark_source: bool = True


class JoinWays:
    """Makes and changes join codes; an app manages only its own. Raises WecomError, or InvalidInput before a call."""

    def __init__(self, calls: Transport) -> None:
        self._calls = calls

    async def add(self, plan: JoinWayPlan) -> str:
        """The config_id of a new code; its QR is told by :meth:`get` only."""
        answer = await self._calls.post(_API + "add_join_way", join_way_body(plan))
        return str(answer.get("config_id", ""))

    async def get(self, config: str) -> JoinWay:
        """A code as WeCom holds it, with the groups that it made by itself."""
        answer = await self._calls.post(_API + "get_join_way", {"config_id": check_id("config", config)})
        way = mapping(answer.get("join_way"))
        return JoinWay(config, str(way.get("qr_code", "")), texts(way.get("chat_id_list")), str(way.get("state", "")))

    async def update(self, config: str, plan: JoinWayPlan) -> None:
        """Overwrite a code whole."""
        await self._calls.post(
            _API + "update_join_way", {"config_id": check_id("config", config), **join_way_body(plan)}
        )

    async def delete(self, config: str) -> None:
        """Delete a code; who scans its QR afterwards gets nowhere."""
        await self._calls.post(_API + "del_join_way", {"config_id": check_id("config", config)})


def join_way_body(plan: JoinWayPlan) -> Answer:
    """The body of add_join_way. Raises InvalidInput naming the field."""
    check_choice("scene", plan.scene, (1, 2))
    body: Answer = {
        "scene": plan.scene,
        "remark": check_chars("remark", plan.remark, 30),
        "auto_create_room": int(plan.auto_create),
        "chat_id_list": check_ids("chats", plan.chats, 1, MAX_CHATS),
        "state": check_bytes("state", plan.state, 30),
    }
    if plan.auto_create:
        body["room_base_name"] = check_chars("base_name", plan.base_name, 40)
        body["room_base_id"] = check_number("base_number", plan.base_number, 1, 2**31 - 1)
    if not plan.mark_source:
        body["mark_source"] = False
    return body
