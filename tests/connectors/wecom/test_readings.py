"""Answers of reading calls to inbound bodies (wecom-api.md §3.1, §4, §6)."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.connectors.wecom.scripted import NOON

from qunflow.connectors.wecom.client import SendResult
from qunflow.connectors.wecom.readings import broadcast_read, contact_read, group_read
from qunflow.domain.inbound import MemberSeen


def test_a_group_is_read_with_staff_scenes_and_states() -> None:
    answer = {
        "chat_id": "wr1",
        "name": "夏日群",
        "owner": "lisi",
        "member_version": "v7",
        "member_list": [
            {"userid": "lisi", "type": 1, "join_time": 1795262400, "join_scene": 1, "name": "李四"},
            {"userid": "wm1", "type": 2, "join_time": 1795262460, "join_scene": 3, "state": "abc"},
            {"userid": "wm2", "type": 2, "join_scene": 2, "group_nickname": "小王"},
            {"userid": "wm3", "type": 2, "join_time": 0, "join_scene": 9},
            {"type": 2},
        ],
    }
    read = group_read("wr1", answer, NOON)
    assert (read.name, read.owner, read.version, read.read_at, read.gone) == (
        "夏日群",
        "lisi",
        "v7",
        NOON,
        False,
    )
    assert read.members == (
        MemberSeen("lisi", True, datetime(2026, 11, 21, 12, 0, tzinfo=UTC), "invited", "", "李四"),
        MemberSeen("wm1", False, datetime(2026, 11, 21, 12, 1, tzinfo=UTC), "qr", "abc"),
        MemberSeen("wm2", False, None, "link", "", "小王"),
        MemberSeen("wm3"),
    )


def test_absent_and_null_lists_are_empty() -> None:
    assert group_read("wr1", {"member_list": None}, NOON).members == ()
    assert contact_read("wm1", {}).states == {}


def test_a_contact_is_read_with_the_state_of_each_follower() -> None:
    answer = {
        "external_contact": {"external_userid": "wm1", "name": "张三", "unionid": "ou1"},
        "follow_user": [{"userid": "lisi", "state": "abc"}, {"userid": "wang"}],
    }
    read = contact_read("wm1", answer)
    assert (read.name, read.union_id, dict(read.states)) == ("张三", "ou1", {"lisi": "abc", "wang": ""})


def test_send_results_are_named_and_the_better_of_two_counts() -> None:
    rows = [
        SendResult("wm1", "lisi", 0),
        SendResult("wm2", "lisi", 1),
        SendResult("wm3", "lisi", 2),
        SendResult("wm4", "lisi", 3),
        SendResult("wm3", "wang", 1),
        SendResult("wm2", "wang", 3),
        SendResult("wm5", "wang", 99),
        SendResult("", "wang", 1),
    ]
    assert broadcast_read("b1", rows).results == {
        "wm1": "waiting",
        "wm2": "sent",
        "wm3": "sent",
        "wm4": "quota",
        "wm5": "waiting",
    }
