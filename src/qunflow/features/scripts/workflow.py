"""The feature's door."""

from __future__ import annotations

from qunflow.domain.events import CampaignLaunched, ScriptDue
from qunflow.domain.inbound import ActionEnded, BroadcastFiled, BroadcastRead, PosterDrawn
from qunflow.engine.feature import Feature, Handler, StreamType
from qunflow.features.scripts import decide, digest
from qunflow.features.scripts.decide import PersonUrl, script_loader
from qunflow.features.scripts.model import (
    BODIES,
    EVENTS,
    DigestDue,
    DigestState,
    PageSeen,
    PollDigest,
    ScriptsState,
    SettleScripts,
    evolve,
    evolve_digest,
)


def scripts_feature(person_url: PersonUrl) -> Feature:
    """The feature; ``person_url`` makes the signed links that stand in its texts."""
    load = script_loader(person_url)
    return Feature(
        name="scripts",
        handlers=(
            Handler("scripts.due", ScriptDue, decide.need_scripts, decide.decide_due, load),
            Handler("scripts.poster_drawn", PosterDrawn, decide.need_nothing, decide.decide_poster_drawn),
            Handler("scripts.ended", ActionEnded, decide.need_ended, decide.decide_ended),
            Handler("scripts.page_seen", PageSeen, decide.need_scripts, decide.decide_page_seen),
            Handler("scripts.settle", SettleScripts, decide.need_settled, decide.decide_settle),
            Handler(
                "scripts.launched", CampaignLaunched, digest.need_nothing, digest.decide_launched, digest.load_voice
            ),
            Handler("scripts.digest_due", DigestDue, digest.need_due, digest.decide_digest, digest.load_digest),
            Handler("scripts.digest_filed", BroadcastFiled, digest.need_digest, digest.decide_filed),
            Handler("scripts.digest_poll", PollDigest, digest.need_digest, digest.decide_poll),
            Handler("scripts.digest_read", BroadcastRead, digest.need_digest, digest.decide_read),
        ),
        streams=(
            StreamType("scripts", ScriptsState, ScriptsState(), evolve),
            StreamType("digest", DigestState, DigestState(), evolve_digest),
        ),
        events=EVENTS,
        bodies=BODIES,
    )
