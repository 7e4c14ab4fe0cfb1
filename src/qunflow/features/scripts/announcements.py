"""What a group is told of a race: into the room where the channel can write, else on a card for staff. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from qunflow.domain.actions import SendText, TellStaff, Wish
from qunflow.domain.events import ScriptDue
from qunflow.domain.facts import CampaignVoice
from qunflow.domain.inbound import Message
from qunflow.domain.masking import masked
from qunflow.domain.money import yuan
from qunflow.features.scripts.texts import fit_bytes

#: Scripts that are said to a group.
ANNOUNCEMENTS = ("race_start", "race_over", "race_result")
MAX_TEXT_BYTES = 4000
#: What one message to staff carries on WeCom.
MAX_CARD_BYTES = 1900
_CARD = {
    "zh": ("请把这段话发到群里", "所有活动群"),
    "en": ("Please post this into the group", "all groups of the campaign"),
}
_NONE = {"zh": "无", "en": "none"}
_LINE = {"zh": "{place}. {name} {count} 人 +{fen} 元", "en": "{place}. {name} {count} invites +{fen} yuan"}


def people_named(params: Mapping[str, object]) -> tuple[str, ...]:
    """The people whose names a script's text shows."""
    top = params.get("top")
    return tuple(str(line[0]) for line in top) if isinstance(top, list | tuple) else ()


def race_values(
    script: str, params: Mapping[str, object], names: Mapping[str, str], voice: CampaignVoice
) -> dict[str, str]:
    """What the places in braces of a race's scripts say; nothing for any other script."""
    if script not in ANNOUNCEMENTS:
        return {}
    language = voice.language
    until = str(params.get("until", ""))
    prizes, top = params.get("prizes", ()), params.get("top", ())
    lines = [
        _LINE[language].format(place=place, name=masked(names.get(who, "")), count=count, fen=yuan(fen))
        for place, (who, count, fen) in enumerate(top if isinstance(top, list | tuple) else (), 1)
    ]
    fens = [yuan(fen) for fen in prizes] if isinstance(prizes, list | tuple) else []
    return {
        "minutes": str(params.get("minutes", "")),
        "until": datetime.fromisoformat(until).astimezone(ZoneInfo(voice.tz)).strftime("%H:%M") if until else "",
        "amount": yuan(int(str(params.get("amount", 0)))),
        "prizes": " / ".join(fens) or _NONE[language],
        "count": str(params.get("count", 0)),
        "hours": str(params.get("hours", "")),
        "top": "\n".join(lines) or _NONE[language],
    }


def announcement(message: Message, body: ScriptDue, text: str, voice: CampaignVoice | None, name: str) -> Wish | None:
    """The wish of a script that a group is told; None for a script to one person. A start is of no use afterwards."""
    if body.script not in ANNOUNCEMENTS or voice is None:
        return None
    until = body.params.get("until")
    expires = datetime.fromisoformat(str(until)) if until else None
    chat, staff = str(body.params.get("chat", "")), str(body.params.get("card", ""))
    if staff:
        title, everywhere = _CARD[voice.language]
        room = str(body.params.get("room", "")) or everywhere
        told = TellStaff(staff, title, fit_bytes(f"{room}\n{text}", MAX_CARD_BYTES), wish=name)
        return Wish(message.channel, told, lane_key=f"staff:{staff}", expires_at=expires)
    action = SendText(fit_bytes(text, MAX_TEXT_BYTES), chat, "", name)
    return Wish(message.channel, action, lane_key=f"group:{message.channel}:{chat}", expires_at=expires)
