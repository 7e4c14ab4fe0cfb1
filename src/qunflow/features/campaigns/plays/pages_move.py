"""``POST /p/{sealed}/move``: one move of a participant, as JSON or as a form; sent again it is answered again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import InvalidInput, QunflowError
from qunflow.domain.reasons import Reason
from qunflow.engine.commands import Answer
from qunflow.engine.door import Door
from qunflow.features.campaigns.mechanics.mechanic import Mechanic
from qunflow.features.campaigns.mechanics.settings import schema_of
from qunflow.features.campaigns.plays import acts
from qunflow.features.campaigns.risk.pages_challenge import challenge_path
from qunflow.web.links import PersonLink
from qunflow.web.responses import SECURITY_HEADERS, Refusal, Site, wants_json
from qunflow.web.texts import Texts

MAX_BYTES = 4096
MAX_PARAMS = 8
MAX_VALUE = 128
_SECONDS = 20.0
#: What stands for one submission.
NONCE = re.compile(r"[A-Za-z0-9]{8,64}")
_MOVE = re.compile(r"[a-z][a-z_]{0,39}")
_YUAN = re.compile(r"(\d{1,8})(?:\.(\d{1,2}))?")
#: Nobody is told why the risk rules refused something, nor what they counted (campaigns.md §6).
RISKY = (Reason.RISK_HOLD, Reason.RISK_CHALLENGE, Reason.RISK_DENIED)
_FORBIDDEN = (
    Reason.NOT_PARTICIPATING,
    Reason.NOT_IN_GROUP,
    Reason.NOT_NEW_USER,
    Reason.SELF_HELP,
    Reason.RISK_DENIED,
    Reason.FRAUD,
)
_UNKNOWN = (Reason.UNIT_UNKNOWN, Reason.MOVE_UNKNOWN)


@dataclass(frozen=True, slots=True)
class Asked:
    """A move as a phone sent it; ``nonce`` stands for one submission, however often it arrives."""

    move: str
    unit: str
    nonce: str
    params: Mapping[str, Any] = field(default_factory=dict)
    is_json: bool = False


def status_of(rejection: Rejection) -> int:
    """The HTTP status of a refused move: 404 what is not there, 403 who may not, 409 what does not go now."""
    if rejection.reason in _UNKNOWN:
        return 404
    return 403 if rejection.reason in _FORBIDDEN else 409


async def read_asked(request: Request) -> Asked:
    """The move of a request, JSON or form. Raises InvalidInput for what is too large, late or wrong."""
    content = await _content(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return _from_json(content)
    if kind == "application/x-www-form-urlencoded":
        return _from_form(content)
    raise InvalidInput("move_type", "a move is JSON or a form", field="content-type", status=415)


def refused_move(rejection: Rejection) -> Refusal:
    """A refused move as the error of a page."""
    refusal = Refusal(rejection)
    refusal.status = status_of(rejection)
    return refusal


async def make_move(door: Door, link: PersonLink, asked: Asked, model: Mechanic | None) -> Answer:
    """Carry the move out, once for its nonce; ``model`` types the texts of a form.

    Raises InvalidInput for parameters that the move does not take, and NotFound for a campaign without a model.
    """
    params = asked.params if model is None else typed(model, asked.move, asked.params)
    command_id = f"move:{link.campaign}:{link.person}:{asked.nonce}"
    return await acts.play(door, link.workspace, link.campaign, link.person, asked.move, asked.unit, params, command_id)


def json_answer(site: Site, request: Request, asked: Asked, answer: Answer) -> Response:
    """``{answer, unit}``, or ``{code, text, detail}`` with the refusal's status."""
    headers = {**SECURITY_HEADERS, "cache-control": "no-store"}
    refused = answer.rejection
    if refused is None:
        unit = asked.unit or str(answer.value)  # an opening move names no unit and is answered by its own
        return JSONResponse({"answer": answer.value, "unit": unit}, headers=headers)
    text = site.texts.say(site.language(request), reason_code(site.texts, str(refused.reason)))
    detail = {} if refused.reason in RISKY else dict(refused.detail)
    if refused.reason == Reason.RISK_CHALLENGE:
        detail = {"challenge": challenge_path(request.path_params["sealed"], asked.unit)}
    body = {"code": str(refused.reason), "text": text, "detail": detail}
    return JSONResponse(body, status_code=status_of(refused), headers=headers)


def reason_code(texts: Texts, reason: str, model: str = "") -> str:
    """The text that ends a refused move: the model's own, that of all models, or that of all pages."""
    for code in (f"play.reason.{model}.{reason}", f"play.reason.{reason}"):
        if texts.knows(code):
            return code
    return f"reason.{reason}"


def json_problem(error: QunflowError) -> Response:
    """An error for people as JSON: ``{code, field, rule, way_out}``."""
    headers = {**SECURITY_HEADERS, "cache-control": "no-store"}
    if error.status == 503:
        headers["retry-after"] = "3"
    return JSONResponse(error.as_data(), status_code=error.status, headers=headers)


def as_json(request: Request) -> bool:
    """Whether the caller speaks JSON: in what it sends, or in what it asks for."""
    return request.headers.get("content-type", "").startswith("application/json") or wants_json(request)


def typed(model: Mechanic, move: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The texts of a form as the move's record wants them: whole numbers, and yuan where it takes fen."""
    rule = model.moves.get(move)
    known = schema_of(rule.params) if rule is not None and rule.params is not None else {}
    found: dict[str, Any] = {}
    for name, value in params.items():
        setting = known[name][0] if name in known else None
        if setting is not None and setting.kind in ("whole", "fen") and value.isdecimal():
            found[name] = int(value)
        else:
            found[name] = value
    return found


def _from_json(content: bytes) -> Asked:
    try:
        data = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("move_shape", "a move is a JSON object", way_out="See the shape in the docs.") from error
    if not isinstance(data, dict) or not data.keys() <= {"move", "unit", "params", "nonce"}:
        raise InvalidInput("move_shape", "an object with move, unit, params and nonce")
    params = data.get("params") or {}
    if not isinstance(params, dict):
        raise InvalidInput("move_params", "an object of names and values", field="params")
    return _checked(data.get("move"), data.get("unit") or "", data.get("nonce"), params, True)


def _from_form(content: bytes) -> Asked:
    """``params.name=…``, and ``yuan.name=12.34`` for an amount that people write in yuan."""
    try:
        pairs = parse_qsl(content.decode(), keep_blank_values=True, max_num_fields=MAX_PARAMS + 4)
    except ValueError as error:
        raise InvalidInput("form_size", "this form has too many fields") from error
    given = dict(pairs)
    params: dict[str, Any] = {}
    for name, value in given.items():
        head, _, rest = name.partition(".")
        if head == "params" and rest:
            params[rest] = value
        if head == "yuan" and rest:
            params[rest] = str(fen_of(value))
    return _checked(given.get("move"), given.get("unit", ""), given.get("nonce"), params, False)


def fen_of(text: str) -> int:
    """Yuan as people write them, in fen. Raises InvalidInput."""
    found = _YUAN.fullmatch(text.strip())
    if found is None:
        raise InvalidInput("move_yuan", "an amount in yuan with at most two decimals", way_out="Write it like 12.50.")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def _checked(move: Any, unit: Any, nonce: Any, params: Mapping[str, Any], is_json: bool) -> Asked:
    if not isinstance(move, str) or not _MOVE.fullmatch(move):
        raise InvalidInput("move_name", "the name of a move", field="move")
    if not isinstance(unit, str):
        raise InvalidInput("unit_name", "the id of a unit, or nothing", field="unit")
    if not isinstance(nonce, str) or not NONCE.fullmatch(nonce):
        rule = "8 to 64 letters and digits, new for each submission and the same for its repeats"
        raise InvalidInput("move_nonce", rule, field="nonce")
    simple = all(isinstance(value, (str, int)) and len(str(value)) <= MAX_VALUE for value in params.values())
    if len(params) > MAX_PARAMS or not simple or any(len(str(name)) > MAX_VALUE for name in params):
        rule = f"at most {MAX_PARAMS} texts and numbers of {MAX_VALUE} characters"
        raise InvalidInput("move_params", rule, field="params")
    return Asked(move, acts.checked_unit(unit), nonce, params, is_json)


async def _content(request: Request) -> bytes:
    """The body up to 4 KiB. Raises QunflowError."""
    content = b""
    try:
        async with asyncio.timeout(_SECONDS):
            async for piece in request.stream():
                content += piece
                if len(content) > MAX_BYTES:
                    raise InvalidInput("form_size", f"a form has at most {MAX_BYTES} bytes", status=413)
    except TimeoutError as error:
        raise QunflowError("upload_slow", "the form did not arrive in time", status=408) from error
    except ClientDisconnect as error:
        raise InvalidInput("upload_broken", "the form did not arrive whole") from error
    return content
