"""Who is looking at a page, JS-SDK tickets, and ids of other worlds (wecom-api.md §10)."""

from __future__ import annotations

from qunflow.sandbox.codes import Json, PlatformError, refuse
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.offers import OAuthCode, Ticket
from qunflow.sandbox.platform_contacts import known_customer, known_staff
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.tokens import Window
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

CODE_SECONDS = 300
_USER_TICKET_SECONDS = 1_800
_TICKET_SECONDS = 7_200
_CODE_MOST = 512
_CORP_AN_HOUR, _APP_AN_HOUR = 400, 100


def _take_code(world: World, call: Call) -> OAuthCode:
    """40029 for a code that is unknown, used, or older than five minutes."""
    code = call.query.get("code", "")
    found = world.offers.oauth_codes.get(code) if len(code) <= _CODE_MOST else None
    if found is None or found.used or world.instant() - found.issued > CODE_SECONDS:
        raise PlatformError(40029)
    found.used = True
    return found


def getuserinfo(world: World, call: Call) -> Json:
    """A member with a user_ticket when the page asked for private info; a customer by openid."""
    code = _take_code(world, call)
    if code.staff is not None:
        shown: Json = {"userid": code.staff.userid}
        if code.private:
            ticket = "ut" + world.mint("user-ticket")
            world.offers.user_tickets[ticket] = (code.staff, world.instant() + _USER_TICKET_SECONDS)
            shown["user_ticket"] = ticket
        return shown
    assert code.phone is not None  # a code stands for one of both
    shown = {"openid": openid_of(world, code.phone.phone)}
    if any(relation.staff.in_range for relation in code.phone.follows.values()):
        shown["external_userid"] = code.phone.external_userid
    return shown


def old_getuserinfo(world: World, call: Call) -> Json:
    """The older alias, which spells its fields with capitals."""
    told = getuserinfo(world, call)
    names = {"userid": "UserId", "openid": "OpenId"}
    return {names.get(name, name): value for name, value in told.items()}


def getuserdetail(world: World, call: Call) -> Json:
    """What a member let the page know; 42022 once the ticket has ended."""
    held = world.offers.user_tickets.get(Fields(call.body, refuse).text("user_ticket", most=512))
    if held is None:
        raise refuse("user_ticket", "is unknown")
    staff, ends = held
    if ends <= world.instant():
        raise PlatformError(42022)
    blank = dict.fromkeys(("avatar", "qr_code", "email", "biz_mail", "address"), "")
    return {"userid": staff.userid, "gender": "0", "mobile": staff.mobile, **blank}


def openid_of(world: World, name: str) -> str:
    """The openid of a phone or a member, always the same."""
    return "o" + world.alias("openid", name)[:27]


def _ticket(world: World, kind: str, an_hour: int) -> Json:
    """The valid ticket and the seconds left; 45009 when asked for too often."""
    now = world.instant()
    window = world.ticket_windows.setdefault(kind, Window(3_600))
    if not window.admits(now, an_hour):
        raise PlatformError(45009)
    held = world.offers.tickets.get(kind)
    if held is None or held.ends <= now:
        held = world.offers.tickets[kind] = Ticket(world.mint(kind) + world.mint(f"{kind}-tail"), now + _TICKET_SECONDS)
    return {"ticket": held.value, "expires_in": int(held.ends - now)}


def corp_ticket(world: World, call: Call) -> Json:
    """For wx.config."""
    return _ticket(world, "config", _CORP_AN_HOUR)


def app_ticket(world: World, call: Call) -> Json:
    """For wx.agentConfig; the type must say so."""
    if call.query.get("type") != "agent_config":
        raise refuse("type", "must be agent_config")
    return _ticket(world, "agent_config", _APP_AN_HOUR)


def customer_openid(world: World, call: Call) -> Json:
    """The openid of a customer."""
    phone = known_customer(world, Fields(call.body, refuse).text("external_userid", default=""))
    return {"openid": openid_of(world, phone.phone)}


def staff_openid(world: World, call: Call) -> Json:
    """The openid of a member."""
    return {"openid": openid_of(world, known_staff(world, Fields(call.body, refuse).text("userid", default="")).userid)}


def opengid_to_chatid(world: World, call: Call) -> Json:
    """The chat_id behind a mini-program's group id; 90511 for one nobody has."""
    opengid = Fields(call.body, refuse).text("opengid", most=128)
    for chat_id, group in world.groups.items():
        if not group.dismissed and opengid_of(world, chat_id) == opengid:
            return {"chat_id": chat_id}
    raise PlatformError(90511)


def opengid_of(world: World, chat_id: str) -> str:
    """A group's id as mini-programs see it."""
    return "og" + world.alias("opengid", chat_id)


APIS: dict[str, Api] = {
    "/cgi-bin/auth/getuserinfo": Api(getuserinfo),
    "/cgi-bin/user/getuserinfo": Api(old_getuserinfo),
    "/cgi-bin/auth/getuserdetail": Api(getuserdetail),
    "/cgi-bin/get_jsapi_ticket": Api(corp_ticket),
    "/cgi-bin/ticket/get": Api(app_ticket),
    "/cgi-bin/user/convert_to_openid": Api(staff_openid),
    "/cgi-bin/externalcontact/convert_to_openid": Api(customer_openid),
    "/cgi-bin/externalcontact/opengid_to_chatid": Api(opengid_to_chatid),
}
