"""What an operator may ask for: bounds that are named, and links as clients copy them."""

from __future__ import annotations

import pytest

from qunflow.community.acts import Act, ActOnGroup
from qunflow.community.desk import check_act, message_id
from qunflow.domain.errors import InvalidInput


@pytest.mark.parametrize(
    ("act", "fields", "field"),
    [
        (Act.BAN, {"note": "x" * 501}, "note"),
        (Act.BAN, {"external": "x" * 256}, "member"),
        (Act.TOPIC, {"value": "x" * 1_001}, "topic"),
        (Act.TOPIC, {"value": "a\x00b"}, "topic"),
        (Act.PIN, {}, "message"),
        (Act.REDACT, {"message": ""}, "message"),
        (Act.JOIN_RULE, {"value": "public"}, "rule"),
    ],
)
def test_what_breaks_a_bound_is_refused_by_its_name(act: Act, fields: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_act(ActOnGroup("a1", str(act), "g1", **fields))
    assert caught.value.field == field


@pytest.mark.parametrize("fields", [{}, {"value": ""}, {"value": "x" * 1_000}])
def test_an_empty_topic_takes_it_away(fields: dict[str, str]) -> None:
    check_act(ActOnGroup("a1", str(Act.TOPIC), "g1", **fields))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("$abc:x", "$abc:x"),
        ("https://matrix.to/#/!room:x/$abc?via=x", "$abc"),
        ("https://matrix.to/#/!room:x/%24abc_-", "$abc_-"),
        ("https://matrix.to/#/!room:x", "https://matrix.to/#/!room:x"),
    ],
)
def test_a_message_is_named_by_its_id_or_its_link(said: str, meant: str) -> None:
    assert message_id(said) == meant
