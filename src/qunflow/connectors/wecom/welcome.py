"""Group welcome templates (wecom-api.md §5): a library. The group's owner chooses one by hand; no call attaches it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qunflow.connectors.wecom.bounds import check_bytes, check_id, refuse
from qunflow.connectors.wecom.content import check_attachment
from qunflow.connectors.wecom.transport import Transport
from qunflow.connectors.wecom.wire import Answer

_API = "externalcontact/group_welcome_template/"
MAX_TEXT = 3_000
MAX_TEMPLATES = 100


class WelcomeTemplates:
    """Makes, changes, reads and deletes templates; at most 100 a corp (41055), an app changes only its own (41058).

    WeCom has no list of them: keep the ids (:mod:`qunflow.connectors.wecom.kept`).
    """

    def __init__(self, calls: Transport, agent_id: int) -> None:
        self._calls = calls
        self._agent = agent_id

    async def add(self, text: str, attachment: Mapping[str, Any] | None = None, *, notify: bool = True) -> str:
        """The template_id of a new template; ``%NICKNAME%`` in the text becomes the newcomer's name.

        With ``notify`` the staff who own groups are told of it.
        """
        body = {**_content(text, attachment), "agentid": self._agent, "notify": int(notify)}
        return str((await self._calls.post(_API + "add", body)).get("template_id") or "")

    async def edit(self, template: str, text: str, attachment: Mapping[str, Any] | None = None) -> None:
        """Overwrite a template; groups that use it show the new one."""
        body = {"template_id": check_id("template", template), **_content(text, attachment), "agentid": self._agent}
        await self._calls.post(_API + "edit", body)

    async def get(self, template: str) -> Answer:
        """The content of a template, by WeCom's names."""
        answer = await self._calls.post(_API + "get", {"template_id": check_id("template", template)})
        return {name: value for name, value in answer.items() if name not in ("errcode", "errmsg")}

    async def delete(self, template: str) -> None:
        """Delete a template."""
        await self._calls.post(_API + "del", {"template_id": check_id("template", template), "agentid": self._agent})


def _content(text: str, attachment: Mapping[str, Any] | None) -> Answer:
    if not text and attachment is None:
        raise refuse("text", "A template needs a text or an attachment.", "Write one.")
    body: Answer = {"text": {"content": check_bytes("text", text, MAX_TEXT)}} if text else {}
    if attachment is not None:
        shaped = check_attachment(attachment)
        kind = shaped["msgtype"]
        body[kind] = shaped[kind]
    return body
