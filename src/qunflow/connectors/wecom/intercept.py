"""敏感词: what staff may not send to customers (wecom-api.md §7). Customers' own words are not touched by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from qunflow.connectors.wecom.bounds import check_chars, check_choice, check_count, check_id, check_ids, refuse
from qunflow.connectors.wecom.transport import Transport
from qunflow.connectors.wecom.wire import Answer, instant, mapping, number, texts

_API = "externalcontact/"
MAX_WORDS = 300
MAX_RANGE = 1_000
#: WeCom's own patterns.
SEMANTICS: Mapping[str, int] = {"phone": 1, "email": 2, "red_packet": 3}
BLOCK, WARN = 1, 2
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InterceptRule:
    """A rule: ``words`` and ``semantics`` (phone, email, red_packet), for staff and departments.

    With ``block`` the message is stopped, else staff are warned only.
    """

    name: str
    words: tuple[str, ...]
    semantics: tuple[str, ...] = ()
    block: bool = False
    staff: tuple[str, ...] = ()
    departments: tuple[int, ...] = ()
    rule: str = ""
    made_at: datetime | None = None


class InterceptRules:
    """Makes, changes, reads and deletes rules; at most 100. Raises WecomError, or InvalidInput before a call."""

    def __init__(self, calls: Transport) -> None:
        self._calls = calls

    async def add(self, rule: InterceptRule) -> str:
        """The rule_id of a new rule."""
        if not rule.staff and not rule.departments:
            raise refuse("staff", "A rule is for staff or departments.", "Name them.")
        body = _words(rule.name, rule.words, rule.block)
        if rule.semantics:
            body["semantics_list"] = _semantics(rule.semantics)
        body["applicable_range"] = _range(rule.staff, rule.departments)
        return str((await self._calls.post(_API + "add_intercept_rule", body)).get("rule_id") or "")

    async def list(self) -> tuple[InterceptRule, ...]:
        """All rules, by name and time; their words are told by :meth:`get`."""
        answer = await self._calls.get(_API + "get_intercept_rule_list")
        found = [mapping(row) for row in answer.get("rule_list") or ()]
        return tuple(
            InterceptRule(
                str(row.get("rule_name") or ""),
                (),
                rule=str(row.get("rule_id") or ""),
                made_at=instant(row.get("create_time")),
            )
            for row in found
        )

    async def get(self, rule: str) -> InterceptRule:
        """One rule whole; its patterns may stand beside the words or in ``extra_rule``."""
        answer = await self._calls.post(_API + "get_intercept_rule", {"rule_id": check_id("rule", rule)})
        row = mapping(answer.get("rule"))
        names = {number_: name for name, number_ in SEMANTICS.items()}
        patterns = row.get("semantics_list") or mapping(row.get("extra_rule")).get("semantics_list") or ()
        scope = mapping(row.get("applicable_range"))
        return InterceptRule(
            name=str(row.get("rule_name") or ""),
            words=texts(row.get("word_list")),
            semantics=tuple(names[item] for item in map(number, patterns) if item in names),
            block=number(row.get("intercept_type")) == BLOCK,
            staff=texts(scope.get("user_list")),
            departments=tuple(number(item) for item in scope.get("department_list") or ()),
            rule=rule,
            made_at=instant(row.get("create_time")),
        )

    async def update(self, old: InterceptRule, new: InterceptRule) -> None:
        """Change the rule that :meth:`get` told; the range changes by what is added and removed."""
        body = {"rule_id": check_id("rule", old.rule), **_words(new.name, new.words, new.block)}
        body["extra_rule"] = {"semantics_list": _semantics(new.semantics)}
        added = (_missing(new.staff, old.staff), _missing(new.departments, old.departments))
        removed = (_missing(old.staff, new.staff), _missing(old.departments, new.departments))
        if any(added):
            body["add_applicable_range"] = _range(*added)
        if any(removed):
            body["remove_applicable_range"] = _range(*removed)
        await self._calls.post(_API + "update_intercept_rule", body)

    async def delete(self, rule: str) -> None:
        """Delete a rule."""
        await self._calls.post(_API + "del_intercept_rule", {"rule_id": check_id("rule", rule)})


def _words(name: str, words: Sequence[str], block: bool) -> Answer:
    check_count("words", words, 1, MAX_WORDS)
    return {
        "rule_name": check_chars("name", name, 20, 1),
        "word_list": [check_chars("words", word, 32, 1) for word in words],
        "intercept_type": BLOCK if block else WARN,
    }


def _semantics(names: Sequence[str]) -> list[int]:
    for name in names:
        check_choice("semantics", name, tuple(SEMANTICS))
    return [SEMANTICS[name] for name in names]


def _range(staff: Sequence[str], departments: Sequence[int]) -> Answer:
    check_count("departments", departments, 0, MAX_RANGE)
    return {"user_list": check_ids("staff", staff, 0, MAX_RANGE), "department_list": list(departments)}


def _missing(items: Sequence[T], among: Sequence[T]) -> tuple[T, ...]:
    return tuple(item for item in items if item not in among)
