"""What is stored comes back equal: every event, body and action, and the shapes their fields may have."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from qunflow.domain.actions import ACTIONS, Attachment
from qunflow.domain.codec import decode, encode
from qunflow.domain.events import SHARED_EVENTS
from qunflow.domain.inbound import INBOUND_BODIES
from qunflow.domain.outcomes import Outcome
from qunflow.features.campaigns.model import ParticipationState
from qunflow.ledger.settle import Amounts

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
instants = st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1))  # noqa: DTZ001 - naive by its contract


@dataclass(frozen=True, slots=True)
class Inner:
    name: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Everything:
    text: str
    number: int
    share: float
    yes: bool
    at: datetime
    day: date
    outcome: Outcome
    inner: Inner
    maybe: Inner | None = None
    many: tuple[Inner, ...] = ()
    pair: tuple[str, int] = ("", 0)
    bands: tuple[tuple[int, int, int], ...] = ()
    named: Mapping[str, Inner] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    letters: frozenset[str] = frozenset()
    anything: Any = None


inners = st.builds(Inner, texts, st.none() | instants)
everything = st.builds(
    Everything,
    texts,
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    instants,
    st.dates(),
    st.sampled_from(Outcome),
    inners,
    st.none() | inners,
    st.lists(inners, max_size=3).map(tuple),
    st.tuples(texts, st.integers()),
    st.lists(st.tuples(st.integers(), st.integers(), st.integers()), max_size=3).map(tuple),
    st.dictionaries(texts, inners, max_size=3),
    st.dictionaries(texts, st.lists(texts, max_size=2).map(tuple), max_size=3),
    st.frozensets(texts, max_size=4),
    st.none() | texts | st.lists(st.integers(), max_size=2),
)


@given(everything)
def test_a_value_comes_back_equal_through_json(value: Everything) -> None:
    assert decode(Everything, json.loads(json.dumps(encode(value)))) == value


KINDS = sorted({*SHARED_EVENTS, *INBOUND_BODIES, *ACTIONS}, key=lambda kind: kind.__name__)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: st.integers(),
    bool: st.booleans(),
    datetime: instants,
    Any: texts | st.integers(),
}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Values that a field of this annotation may have."""
    arguments = get_args(hint)
    if hint in PLAIN:
        return PLAIN[hint]
    if get_origin(hint) is types.UnionType:
        return st.none() | values_of(arguments[0])
    if get_origin(hint) is tuple and arguments[-1] is Ellipsis:
        return st.lists(values_of(arguments[0]), max_size=2).map(tuple)
    if get_origin(hint) is tuple:
        return st.tuples(*map(values_of, arguments))
    if get_origin(hint) is Mapping:
        return st.dictionaries(values_of(arguments[0]), values_of(arguments[1]), max_size=2)
    hints = get_type_hints(hint)
    return st.builds(hint, **{item.name: values_of(hints[item.name]) for item in fields(hint)})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_event_body_and_action_comes_back_equal(kind: type) -> None:
    @given(values_of(kind))
    @settings(max_examples=2, phases=[Phase.generate])
    def check(value: Any) -> None:
        assert decode(kind, json.loads(json.dumps(encode(value)))) == value

    check()


def test_empty_fields_are_left_out_and_take_their_default_again() -> None:
    assert encode(Inner("a")) == {"name": "a"}
    assert decode(Inner, {"name": "a"}) == Inner("a")


def test_fields_that_a_newer_version_wrote_are_passed_over() -> None:
    assert decode(Inner, {"name": "a", "colour": "red"}) == Inner("a")


def test_a_needed_field_that_is_absent_is_an_error() -> None:
    with pytest.raises(TypeError, match="name"):
        decode(Inner, {})


def test_what_is_no_dataclass_cannot_be_stored() -> None:
    with pytest.raises(TypeError, match="object is no dataclass"):
        encode(object())


def test_equal_sets_give_equal_data() -> None:
    one, two = frozenset(["b", "a", "c"]), frozenset(["c", "b", "a"])
    assert encode(one) == encode(two) == ["a", "b", "c"]


def test_nested_states_keep_their_classes() -> None:
    state = ParticipationState(person="p", posted={"ladder": Amounts(500, 1000)}, reached={"q": ("register",)})
    assert decode(ParticipationState, json.loads(json.dumps(encode(state)))) == state


def test_a_tuple_of_dataclasses_inside_an_action_comes_back() -> None:
    links = (Attachment("link", "https://x.example", "t"), Attachment("image", blob="ab"))
    assert decode(tuple[Attachment, ...], encode(links)) == links
