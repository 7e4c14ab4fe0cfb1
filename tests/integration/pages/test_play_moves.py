"""Moves over HTTP on the real engine: JSON and forms, repeats, bounds, and what is refused in which words."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.integration.pages.conftest import Stage

from qunflow.features.campaigns.plan_model import read_model

BARGAIN = {"kind": "bargain", "item": "mug", "original_fen": 9900, "floor_fen": 990, "stock_total": 1, "helpers": 2}


async def begin(stage: Stage, model: dict[str, Any], *names: str) -> dict[str, str]:
    """A running campaign with a model; the links of these people, who are in its group."""
    plan = {"task": None, "ladder": None, "reward_per_user_max_fen": 500_000, "model": read_model("model", model)}
    code = await stage.draft(**plan)
    await stage.open_group()
    await stage.open_contact(code)
    await stage.launch()
    links = {name: await stage.add_contact(name, code, name.title()) for name in names}
    await stage.join("g1", *names)
    return links


async def move(stage: Stage, link: str, name: str, unit: str = "", nonce: str = "", **params: Any) -> httpx.Response:
    stage.told += 1
    body = {"move": name, "unit": unit, "params": params, "nonce": nonce or f"nonce{stage.told:06}"}
    return await stage.http.post(f"/p/{link}/move", json=body)


async def test_a_move_sent_three_times_has_one_effect_and_one_answer(stage: Stage) -> None:
    links = await begin(stage, BARGAIN, "owner", "a")
    answers = [await move(stage, links["owner"], "open", nonce="tripletap1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({answer.text for answer in answers}) == 1
    unit = answers[0].json()["unit"]
    assert answers[0].json() == {"answer": unit, "unit": unit}
    helped = await move(stage, links["a"], "help", unit)
    assert (helped.status_code, helped.json()) == (200, {"answer": 1, "unit": unit})
    again = await move(stage, links["a"], "help", unit)
    assert again.status_code == 409 and again.json()["code"] == "already_helped"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"move": "open"}, 400, "move_nonce"),
        ({"move": "Open it", "nonce": "nonce000001"}, 400, "move_name"),
        ({"move": "open", "nonce": "nonce000001", "more": 1}, 400, "move_shape"),
        ({"move": "open", "nonce": "nonce000001", "params": {"a": "b"}}, 400, "move_params"),
        ({"move": "open", "nonce": "nonce000001", "params": {"a": "b" * 200}}, 400, "move_params"),
        ({"move": "help", "nonce": "nonce000001", "unit": "../x"}, 400, "unit_name"),
        ({"move": "help", "nonce": "nonce000001", "unit": "nosuchunit"}, 404, "unit_unknown"),
        ({"move": "flyaway", "nonce": "nonce000001", "unit": "u"}, 404, "move_unknown"),
        ({"move": "open", "nonce": "n" * 5000}, 413, "form_size"),
    ],
)
async def test_what_is_no_move_is_refused_with_its_field(
    stage: Stage, body: dict[str, Any], status: int, code: str
) -> None:
    links = await begin(stage, BARGAIN, "owner")
    answer = await stage.http.post(f"/p/{links['owner']}/move", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_link_that_we_did_not_sign_moves_nothing(stage: Stage) -> None:
    asks = {"accept": "application/json"}
    answer = await stage.http.post("/p/abcd/move", json={"move": "open", "nonce": "nonce000001"}, headers=asks)
    assert (answer.status_code, answer.json()["code"]) == (404, "link_unknown")
