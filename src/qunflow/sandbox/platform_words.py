"""Rules for what staff may write to customers (wecom-api.md §7)."""

from __future__ import annotations

from qunflow.sandbox.codes import Json, PlatformError, refuse
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.platform_contacts import known_staff
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

_RULES_MOST = 100
_WORDS_MOST, _RANGE_MOST = 300, 1_000
_SEMANTICS = (1, 2, 3)
_ROOT = "/cgi-bin/externalcontact/"


def _words(fields: Fields) -> list[str]:
    if len(fields.texts("word_list", most=100_000, longest=10_000)) > _WORDS_MOST:
        raise PlatformError(41068)
    words = fields.texts("word_list", most=_WORDS_MOST, longest=10_000)
    if any(len(word) > 32 for word in words):
        raise PlatformError(41083)
    return words


def _semantics(fields: Fields) -> list[int]:
    found = fields.integers("semantics_list", most=len(_SEMANTICS))
    if any(entry not in _SEMANTICS for entry in found):
        raise PlatformError(41084)
    return found


def _staff_range(world: World, fields: Fields, name: str) -> list[str]:
    """Members of a range; more than 1,000 are 41076, departments do not exist."""
    entry = fields.record(name)
    if entry is None:
        return []
    users = entry.texts("user_list", most=100_000)
    if len(users) > _RANGE_MOST:
        raise PlatformError(41076)
    if entry.integers("department_list", most=_RANGE_MOST):
        raise refuse("department_list", "names a department and this corp has none")
    return [known_staff(world, userid).userid for userid in users]


def _check_name(world: World, name: str, own: str = "") -> None:
    if any(rule["rule_name"] == name and rule_id != own for rule_id, rule in world.offers.rules.items()):
        raise PlatformError(41077)


def add_intercept_rule(world: World, call: Call) -> Json:
    """Name, words, semantics, type, range, cap (41069), in this order."""
    fields = Fields(call.body, refuse)
    name = fields.text("rule_name", most=20)
    _check_name(world, name)
    words, semantics = _words(fields), _semantics(fields)
    if not words and not semantics:
        raise PlatformError(41083, "no words")
    kind = fields.integer("intercept_type", low=1, high=2)
    users = _staff_range(world, fields, "applicable_range")
    if not users:
        raise PlatformError(40063, "applicable_range")
    if len(world.offers.rules) >= _RULES_MOST:
        raise PlatformError(41069)
    rule_id = "rule" + world.mint("rule")
    world.offers.rules[rule_id] = {
        "rule_id": rule_id,
        "rule_name": name,
        "word_list": words,
        "semantics_list": semantics,
        "extra_rule": {"semantics_list": semantics},
        "intercept_type": kind,
        "applicable_range": {"user_list": users, "department_list": []},
        "create_time": world.seconds(),
    }
    return {"rule_id": rule_id}


def _named_rule(world: World, fields: Fields) -> Json:
    found = world.offers.rules.get(fields.text("rule_id", most=128))
    if found is None:
        raise PlatformError(41070)
    return found


def list_rules(world: World, call: Call) -> Json:
    """Names and ids of all rules."""
    names = ("rule_id", "rule_name", "create_time")
    return {"rule_list": [{name: rule[name] for name in names} for rule in world.offers.rules.values()]}


def get_rule(world: World, call: Call) -> Json:
    """One rule whole."""
    return {"rule": _named_rule(world, Fields(call.body, refuse))}


def update_rule(world: World, call: Call) -> Json:
    """Overwrites what is named; members are added to the range and taken out of it."""
    fields = Fields(call.body, refuse)
    rule = _named_rule(world, fields)
    name = fields.text("rule_name", most=20, default=rule["rule_name"])
    _check_name(world, name, rule["rule_id"])
    words = _words(fields) if fields.has("word_list") else rule["word_list"]
    extra = fields.record("extra_rule")
    semantics = _semantics(extra) if extra else rule["semantics_list"]
    kind = fields.integer("intercept_type", low=1, high=2, default=rule["intercept_type"])
    added = _staff_range(world, fields, "add_applicable_range")
    removed = _staff_range(world, fields, "remove_applicable_range")
    users = list(dict.fromkeys([*rule["applicable_range"]["user_list"], *added]))
    users = [userid for userid in users if userid not in removed]
    if len(users) > _RANGE_MOST:
        raise PlatformError(41076)
    rule |= {"rule_name": name, "word_list": words, "semantics_list": semantics, "intercept_type": kind}
    rule |= {
        "extra_rule": {"semantics_list": semantics},
        "applicable_range": {"user_list": users, "department_list": []},
    }
    return {}


def del_rule(world: World, call: Call) -> Json:
    """The rule binds nobody any more."""
    del world.offers.rules[_named_rule(world, Fields(call.body, refuse))["rule_id"]]
    return {}


APIS: dict[str, Api] = {
    _ROOT + "add_intercept_rule": Api(add_intercept_rule),
    _ROOT + "get_intercept_rule_list": Api(list_rules, {"rule_list": []}),
    _ROOT + "get_intercept_rule": Api(get_rule),
    _ROOT + "update_intercept_rule": Api(update_rule),
    _ROOT + "del_intercept_rule": Api(del_rule),
}
