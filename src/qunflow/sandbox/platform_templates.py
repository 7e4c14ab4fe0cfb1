"""The library of group welcomes (wecom-api.md §5)."""

from __future__ import annotations

from qunflow.sandbox.attachments import Content, check_content_of_kinds
from qunflow.sandbox.codes import Json, PlatformError, refuse
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.offers import WelcomeTemplate
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

_KINDS = ("image", "link", "miniprogram", "file", "video")
_TEXT_BYTES = 3_000
_TEMPLATES_MOST = 100
_ROOT = "/cgi-bin/externalcontact/group_welcome_template/"


def _read_template(world: World, fields: Fields) -> tuple[Json, Content]:
    """Text and at most one attachment, as sent; 301002 for another app's agentid."""
    if fields.has("agentid") and fields.integer("agentid", low=0, high=2**40) != world.corp.agentid:
        raise PlatformError(301002)
    fields.integer("notify", low=0, high=1, default=1)
    named = [kind for kind in _KINDS if fields.has(kind)]
    if len(named) > 1:
        raise PlatformError(41064, "one attachment at most")
    content = check_content_of_kinds(world, fields, named, text_bytes=_TEXT_BYTES)
    shown: Json = {"text": {"content": content.text}} if content.text else {}
    for entry in content.attachments:
        shown[entry["msgtype"]] = entry[entry["msgtype"]]
    return shown, content


def add_template(world: World, call: Call) -> Json:
    """Content, then the cap of 100 (41055). No group uses it until its owner chooses it."""
    shown, content = _read_template(world, Fields(call.body, refuse))
    if len(world.offers.templates) >= _TEMPLATES_MOST:
        raise PlatformError(41055)
    template_id = "msg" + world.mint("template")
    world.offers.templates[template_id] = WelcomeTemplate(template_id, shown, content.text, content.on_phone)
    return {"template_id": template_id}


def _named_template(world: World, fields: Fields) -> WelcomeTemplate:
    found = world.offers.templates.get(fields.text("template_id", most=128))
    if found is None:
        raise PlatformError(41058)
    return found


def edit_template(world: World, call: Call) -> Json:
    """Replaces the content."""
    fields = Fields(call.body, refuse)
    template = _named_template(world, fields)
    shown, content = _read_template(world, fields)
    template.fields, template.text, template.on_phone = shown, content.text, content.on_phone
    return {}


def get_template(world: World, call: Call) -> Json:
    """The content as it was given."""
    return dict(_named_template(world, Fields(call.body, refuse)).fields)


def del_template(world: World, call: Call) -> Json:
    """Groups that chose it greet nobody any more."""
    del world.offers.templates[_named_template(world, Fields(call.body, refuse)).template_id]
    return {}


APIS: dict[str, Api] = {
    _ROOT + "add": Api(add_template),
    _ROOT + "edit": Api(edit_template),
    _ROOT + "get": Api(get_template),
    _ROOT + "del": Api(del_template),
}
