"""The staff's desk against a real sandbox's doors, and the reading of cards."""

from __future__ import annotations

from typing import Any

import pytest

from qunflow.rehearsal.staff import asked_groups


@pytest.mark.parametrize(
    ("card", "names"),
    [
        ({"msgtype": "text", "text": {"content": "请新建一个客户群\n群名：冬日群 3\n群名照抄上一行"}}, ["冬日群 3"]),
        ({"msgtype": "textcard", "textcard": {"title": "t", "description": "群名：冬日群3\n请新建"}}, ["冬日群3"]),
        ({"msgtype": "text", "text": {"content": "group: Winter 4"}}, ["Winter 4"]),
        ({"msgtype": "textcard", "textcard": {"description": '<div class="g">群名: 甲</div><div>x</div>'}}, ["甲"]),
        ({"msgtype": "text", "text": {"content": "this group: is full"}}, []),
        ({"msgtype": "text", "text": {"content": "群名：\n"}}, []),
        ({"msgid": "1", "at": 5}, []),
    ],
)
def test_a_card_names_the_group_it_asks_for(card: dict[str, Any], names: list[str]) -> None:
    assert asked_groups(card) == names
