"""When a script is due: the way it takes on the channel, the action, and the outcome that ends it. Pure.

WeCom (architecture.md §6): the join script is the welcome message; all others wait on the progress page and are told
in at most one mass send a day. Matrix: everything is a message. A key that was wished before is never wished again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from qunflow.domain.actions import Attachment, DrawPoster, RemoveMember, SendImage, SendText, SendWelcome, Wish
from qunflow.domain.decisions import Chance, Decision, Needs, NewEvent
from qunflow.domain.events import ScriptDue
from qunflow.domain.facts import CampaignVoice, ParticipantProgress, PosterBrief, RewardItemFact
from qunflow.domain.inbound import ActionEnded, Message, PosterDrawn
from qunflow.domain.money import yuan
from qunflow.domain.outcomes import Outcome
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import LoadFacts, Reader, View
from qunflow.features.scripts.announcements import announcement, people_named, race_values
from qunflow.features.scripts.model import (
    ScriptEnded,
    ScriptsState,
    ScriptWished,
    SettleScripts,
    scripts_stream,
)
from qunflow.features.scripts.offers import OFFERS, offer_end, offer_values
from qunflow.features.scripts.prizes import prize_values
from qunflow.features.scripts.texts import fill, fit_bytes, reason_text, segments_of

#: A welcome code is good for twenty seconds (wecom-api.md §3.5).
WELCOME_LIFE = timedelta(seconds=20)
MAX_TEXT_BYTES = 4000
POSTER = "poster"
#: Posters for rooms are drawn by this connector of our own, after the commit.
DRAWING = "posters"
PersonUrl = Callable[[str, str, str, str], str]


@dataclass(frozen=True, slots=True)
class ScriptFacts:
    """The campaign's voice, the person's name and numbers, and their links."""

    voice: CampaignVoice | None = None
    nick: str = ""
    progress: ParticipantProgress | None = None
    page: str = ""
    entry: str = ""
    poster: str = ""
    elements: tuple[tuple[str, str], ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)  # of the people whom the script names
    item: RewardItemFact | None = None  # the prize that the script is about

    def voice_title(self) -> str:
        """The campaign's title, for link cards."""
        return self.voice.title if self.voice is not None else ""


def script_loader(person_url: PersonUrl) -> LoadFacts:
    """Reads what a script's text may say; ``person_url(workspace, campaign, person, page)`` makes links."""

    async def load(reader: Reader, message: Message) -> ScriptFacts:
        campaign, person = message.campaign, message.person
        voice: CampaignVoice | None = await reader.ask(CampaignVoice, campaign)
        nick = await reader.name(person)
        progress: ParticipantProgress | None = await reader.ask(ParticipantProgress, f"{campaign}:{person}")
        page, entry, poster = (
            person_url(reader.workspace, campaign, person, name) for name in (_page(message), "entry", "poster.jpg")
        )
        brief: PosterBrief | None = await reader.ask(PosterBrief, campaign) if _is_poster(message) else None
        elements = brief.elements if brief is not None else ()
        named = people_named(message.body.params) if isinstance(message.body, ScriptDue) else ()
        names = {who: await reader.name(who) for who in named}
        item = await _item(reader, message)
        return ScriptFacts(voice, nick, progress, page, entry, poster, elements, names, item)

    return load


def _page(message: Message) -> str:
    """The page that a text leads to: the one on which the person plays for an offer, else that of their progress."""
    return "play" if isinstance(message.body, ScriptDue) and message.body.script in OFFERS else ""


async def _item(reader: Reader, message: Message) -> RewardItemFact | None:
    """The item that a script names, from the reward inventory."""
    name = message.body.params.get("item") if isinstance(message.body, ScriptDue) else None
    found: RewardItemFact | None = await reader.ask(RewardItemFact, str(name)) if name else None
    return found


def _is_poster(message: Message) -> bool:
    return isinstance(message.body, ScriptDue) and message.body.script == POSTER


def need_scripts(message: Message, facts: object) -> Needs:
    """The person's scripts in the campaign."""
    return Needs(streams=(scripts_stream(message.campaign, message.person),))


def decide_due(message: Message, facts: ScriptFacts, view: View, chance: Chance) -> Decision:
    """A script is due: once for its key."""
    body: ScriptDue = message.body
    stream = scripts_stream(message.campaign, message.person)
    state: ScriptsState = view.state(stream)
    if facts.voice is None or body.key in state.wishes or _joined_before(state, body):
        return Decision(stop=Reason.ALREADY_DONE)
    wish, way = _way(message, body, facts) if body.script != POSTER else (_poster(message, body, facts), "message")
    wished = ScriptWished(body.key, body.script, way, body.external, body.params)
    event = NewEvent(stream, wished, message.person, "", message.campaign, message.channel)
    return Decision(events=(event,), wishes=(wish,) if wish is not None else ())


def _joined_before(state: ScriptsState, body: ScriptDue) -> bool:
    """Whether the join script reached the person already, or is on its way; a refused one may be sent again."""
    sent = [wish for wish in state.wishes.values() if wish.script == "join" and wish.way == "message"]
    return body.script == "join" and any(wish.outcome in ("", Outcome.DELIVERED) for wish in sent)


def _way(message: Message, body: ScriptDue, facts: ScriptFacts) -> tuple[Wish | None, str]:
    name = f"{message.campaign}:{message.person}:{body.key}"
    lane = f"person:{message.person}"
    text = render(body.script, facts, body.params)
    if body.welcome_code:
        links = (
            Attachment("link", facts.entry, _label(facts, "加入福利群", "Join the group"), facts.voice_title()),
            Attachment(
                "link", facts.page, _label(facts, "我的海报和进度", "My poster and progress"), facts.voice_title()
            ),
        )
        action = SendWelcome(body.external, body.welcome_code, fit_bytes(text, MAX_TEXT_BYTES), links, name)
        expires = message.at + WELCOME_LIFE
        return Wish(message.channel, action, lane_key=lane, expires_at=expires, priority=10), "message"
    if body.params.get("remove"):  # the removal carries its own explanation (M08)
        remove = RemoveMember(str(body.params["remove"]), body.external, text, name)
        return Wish(message.channel, remove, lane_key=lane), "message"
    announced = announcement(message, body, text, facts.voice, name)
    if announced is not None:
        return announced, "message"
    if body.params.get("direct"):
        action_direct = SendText(fit_bytes(text, MAX_TEXT_BYTES), "", body.external, name)
        over = offer_end(body.script, body.params)
        return Wish(message.channel, action_direct, lane_key=lane, expires_at=over), "message"
    if body.params.get("chat"):
        chat = str(body.params["chat"])
        action_text = SendText(fit_bytes(text, MAX_TEXT_BYTES), chat, body.external, name)
        return Wish(message.channel, action_text, lane_key=f"group:{message.channel}:{chat}"), "message"
    return None, "page"


def _poster(message: Message, body: ScriptDue, facts: ScriptFacts) -> Wish:
    name = f"{message.campaign}:{message.person}:{body.key}"
    draw = DrawPoster(
        message.campaign,
        message.person,
        message.channel,
        name,
        str(body.params["chat"]),
        body.external,
        facts.elements,
        str(body.params["code"]),
        facts.nick,
        facts.voice.language if facts.voice is not None else "zh",
    )
    return Wish(DRAWING, draw, lane_key=f"person:{message.person}")


def decide_poster_drawn(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """A poster lies in the store: send it to its room."""
    body: PosterDrawn = message.body
    action = SendImage(body.blob, "", body.chat, body.mention, body.wish)
    return Decision(wishes=(Wish(body.channel, action, lane_key=f"group:{body.channel}:{body.chat}"),))


def need_nothing(message: Message, facts: object) -> Needs:
    """For rules that only look at their message."""
    return Needs()


def render(script: str, facts: ScriptFacts, params: Mapping[str, object]) -> str:
    """The whole text of a script, its segments on lines of their own. A text for a room names no personal link."""
    voice = facts.voice
    assert voice is not None
    progress = facts.progress
    reward = params.get("reward", progress.reward_fen if progress else 0)
    elsewhere = _label(facts, "我们私聊里的专属链接", "the link in our direct chat")
    values = {
        "nick": facts.nick or _label(facts, "你好", "Hello"),
        "title": voice.title,
        "link": elsewhere if params.get("chat") or params.get("card") else facts.page,
        "done": str(progress.done if progress else 0),
        "need": str(progress.need if progress else 0),
        "deadline": progress.ends_at if progress else "",
        "left": str(params.get("left", "")),
        "reason": reason_text(str(params.get("reason", "")), voice.language),
        "reward": yuan(int(str(reward))),
        **race_values(script, params, facts.names, voice),
        **prize_values(script, params, facts.item, voice),
        **offer_values(script, params, voice),
    }
    return "\n".join(fill(segment, values) for segment in segments_of(script, dict(voice.scripts), voice.language))


def _label(facts: ScriptFacts, zh: str, en: str) -> str:
    return en if facts.voice is not None and facts.voice.language == "en" else zh


# --- outcomes ---------------------------------------------------------------------------------------------------------


def need_ended(message: Message, facts: object) -> Needs:
    """The scripts that the wish belongs to."""
    body: ActionEnded = message.body
    campaign, person, _ = body.wish.split(":", 2)
    return Needs(streams=(scripts_stream(campaign, person),))


def decide_ended(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """A message was sent or refused: the script has its outcome. A refused welcome falls back to the page."""
    body: ActionEnded = message.body
    campaign, person, key = body.wish.split(":", 2)
    stream = scripts_stream(campaign, person)
    state: ScriptsState = view.state(stream)
    return _end(stream, state, campaign, (key,), body.outcome, body.reason)


def decide_page_seen(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """The participant looked: what waited on the page is shown."""
    stream = scripts_stream(message.campaign, message.person)
    state: ScriptsState = view.state(stream)
    return _end(stream, state, message.campaign, state.open_on_page(), Outcome.SHOWN_ON_PAGE)


def decide_settle(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """The digest reached this person, or did not: end what was open when it was filed."""
    body: SettleScripts = message.body
    stream = scripts_stream(body.campaign, body.person)
    state: ScriptsState = view.state(stream)
    keys = tuple(key for key in state.open_on_page() if state.wishes[key].at <= body.filed_at)
    return _end(stream, state, body.campaign, keys, body.outcome, body.reason)


def need_settled(message: Message, facts: object) -> Needs:
    """The scripts of the person whom the digest reached."""
    return Needs(streams=(scripts_stream(message.body.campaign, message.body.person),))


def _end(
    stream: str, state: ScriptsState, campaign: str, keys: tuple[str, ...], outcome: str, reason: str = ""
) -> Decision:
    events = []
    for key in keys:
        wish = state.wishes.get(key)
        if wish is not None and not wish.outcome:
            ended = ScriptEnded(key, wish.script, outcome, reason)
            events.append(NewEvent(stream, ended, state.person, "", campaign, state.channel))
    return Decision(events=tuple(events))
