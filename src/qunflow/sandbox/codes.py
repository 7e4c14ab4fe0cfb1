"""Error codes of the platform and the form of its error replies (wecom-api.md §0)."""

from __future__ import annotations

import hashlib
from typing import Any

Json = dict[str, Any]

_MORE = "https://open.work.weixin.qq.com/devtool/query?e="

TEXTS: dict[int, str] = {
    -1: "system busy",
    40001: "invalid credential",
    40003: "invalid userid",
    40004: "invalid media type",
    40005: "invalid type",
    40006: "invalid file size",
    40007: "invalid media_id",
    40008: "invalid msgtype",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40029: "invalid oauth code",
    40032: "invalid userid list size",
    40050: "chatid not exist",
    40058: "invalid Request Parameter",
    40063: "some parameters are empty",
    40068: "invalid tag id",
    40071: "tag name already exists",
    40073: "invalid openid",
    40088: "jobid not exist",
    40093: "jsapi signature error",
    40096: "invalid external userid",
    40097: "the member has not resigned",
    40098: "the member is not verified",
    40123: "invalid image format",
    40126: "corp tag count exceeds limit",
    40128: "customer transferred too often",
    40129: "customer is being transferred",
    40130: "handover and takeover are the same",
    40131: "handover_userid does not follow the customer",
    41001: "access_token missing",
    41004: "corpsecret missing",
    41011: "agentid missing",
    41035: "missing external userid",
    41037: "missing contact way type",
    41038: "missing contact way scene",
    41039: "invalid contact way type",
    41040: "invalid contact way scene",
    41041: "contact way user count exceeds limit",
    41042: "invalid contact way style",
    41043: "missing contact way config id",
    41044: "invalid contact way config id",
    41045: "contact way count exceeds limit",
    41046: "missing group msg id",
    41047: "invalid group msg id",
    41048: "no customer to send",
    41049: "missing welcome code",
    41050: "invalid welcome code",
    41051: "customer has started chatting",
    41055: "group welcome template count exceeds limit",
    41058: "no right to edit this group welcome template",
    41059: "missing moment_id",
    41060: "invalid moment_id",
    41061: "the moment was not published by this member",
    41062: "the moment is not yet published by this member",
    41063: "group msg is dispatching",
    41064: "attachment count exceeds limit",
    41065: "invalid attachment type",
    41068: "sensitive word list exceeds limit",
    41069: "sensitive word rule count exceeds limit",
    41070: "invalid sensitive word rule id",
    41071: "sensitive word rule was deleted",
    41072: "attachment used in the wrong scene",
    41076: "sensitive word rule range exceeds limit",
    41077: "sensitive word rule name is not unique",
    41078: "moment tasks under way exceed limit",
    41079: "moment is dispatching",
    41083: "invalid sensitive word",
    41084: "invalid sensitive word semantics",
    41075: "invalid product album id",
    41085: "invalid product number",
    41086: "invalid product price",
    41087: "invalid product description",
    41088: "attachments are empty",
    41089: "moment text and attachments are both empty",
    41091: "join way chat count exceeds limit",
    41093: "group msg has been cancelled",
    41094: "remind group msg exceeds limit",
    41095: "acquisition link count exceeds limit",
    41096: "welcome message is being sent",
    42001: "access_token expired",
    42003: "code expired",
    42014: "invalid response_code",
    42022: "code has been used",
    42052: "msgid expired",
    44001: "empty media data",
    44004: "empty content",
    45001: "media size out of limit",
    45002: "content size out of limit",
    45007: "voice play time out of limit",
    45008: "article count out of limit",
    45009: "api freq out of limit",
    45033: "api concurrent out of limit",
    45035: "concurrent operation on the same customer",
    48002: "api forbidden",
    50001: "redirect_uri is not trusted",
    50100: "invalid cursor",
    60011: "no privilege to access",
    60020: "not allow to access from your ip",
    60030: "not in the app's visible range",
    60111: "userid not found",
    81011: "no privilege over the recipients",
    81013: "all recipients are invalid",
    81017: "visible range exceeds limit, owner filter needed",
    84061: "not external contact",
    84074: "no external contact privilege",
    90500: "the group owner has not resigned",
    90501: "not a customer group",
    90502: "the group owner has resigned",
    90504: "the group owner is unchanged",
    90507: "group transferred too often",
    90508: "the new owner's daily limit is reached",
    90511: "invalid opengid",
    301002: "not allow operate another agent with this accesstoken",
    600018: "invalid start or end time",
}


class PlatformError(Exception):
    """A refusal of the platform: ``code`` from the table above; ``detail`` goes into the errmsg."""

    def __init__(self, code: int, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code} {TEXTS[code]} {detail}")


def refuse(field: str, rule: str) -> PlatformError:
    """40058 for a parameter that breaks a rule; lists and texts over their limit come here too."""
    return PlatformError(40058, f"{field} {rule}")


def error_reply(error: PlatformError, number: int, at: int, client_ip: str) -> Json:
    """``errcode`` and ``errmsg``; 40014 comes without hint, as probed. ``number`` makes the hint unique."""
    text = TEXTS[error.code]
    if error.code == 40014:
        return {"errcode": error.code, "errmsg": text}
    detail = f": {error.detail}" if error.detail else ""
    trace = hashlib.blake2b(f"{at}:{number}".encode(), digest_size=16).hexdigest()
    hint = f"hint: [{at}_{number}_{trace}], from ip: {client_ip}, more info at {_MORE}{error.code}"
    return {"errcode": error.code, "errmsg": f"{text}{detail}, {hint}"}
