"""Payouts by hand: a list that staff pay from, and its results, taken in as often as one likes."""

from __future__ import annotations

import csv
import io
import subprocess
import sys

import pytest
from tests.integration.payouts.conftest import WORKSPACE, Shop

from qunflow.domain.errors import Conflict, InvalidInput
from qunflow.features.payouts import acts
from qunflow.features.payouts.model import AUDITED, FAILED, PAID, REQUESTED, RETURNED, SENDING
from qunflow.storage.people import store_names


async def agreed(desk: Shop, *people: str) -> list[str]:
    """Payouts of 500 fen for people that everybody agreed to."""
    for person in people:
        await desk.earn(person, 600)
    return [await desk.send(person, 500, f"grant-{person}") for person in people]


def filled(content: bytes, results: dict[str, str]) -> bytes:
    """The list with its last column filled in by staff."""
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows({**row, "result": results.get(row["number"], "")} for row in rows)
    return text.getvalue().encode()


async def test_list_pay_and_import_twice_pays_once(desk: Shop) -> None:
    one, two, three = await agreed(desk, "p1", "p2", "p3")
    assert (await desk.payout(one)).status == AUDITED
    content = await acts.export_manual(desk.door, WORKSPACE, "monday")
    assert (await desk.payout(one)).status == SENDING
    results = filled(content, {one: "paid", two: "失败"})
    first = await acts.import_results(desk.door, WORKSPACE, results, "amy")
    again = await acts.import_results(desk.door, WORKSPACE, results, "amy")
    assert (first.settled, first.same, again.settled, again.same) == (2, 0, 0, 2)
    assert [(await desk.payout(number)).status for number in (one, two, three)] == [PAID, FAILED, SENDING]
    found = await desk.balances()
    assert (found["external:manual"], found["available:p2"], found["clearing:manual"]) == (500, 600, 500)


async def test_a_payout_stands_on_one_list_and_the_list_can_be_had_again(desk: Shop) -> None:
    await agreed(desk, "p1")
    monday = await acts.export_manual(desk.door, WORKSPACE, "monday")
    await agreed(desk, "p2")
    tuesday = await acts.export_manual(desk.door, WORKSPACE, "tuesday")
    assert await acts.export_manual(desk.door, WORKSPACE, "monday") == monday
    assert b"p1" not in tuesday and b"p2" in tuesday


async def test_names_in_the_list_are_no_formulas(desk: Shop) -> None:
    await agreed(desk, "p1")
    async with desk.application.home.database.unit(WORKSPACE) as unit:
        await store_names(unit, {"p1": '=HYPERLINK("http://x")'})
    content = (await acts.export_manual(desk.door, WORKSPACE, "monday")).decode()
    (row,) = csv.DictReader(io.StringIO(content.removeprefix("\ufeff")))
    assert row["name"] == '\'=HYPERLINK("http://x")'
    assert (row["fen"], row["yuan"], row["result"]) == ("500", "5.00", "")


async def test_another_amount_the_opposite_and_unknown_numbers_are_refused_by_line(desk: Shop) -> None:
    one, two = await agreed(desk, "p1", "p2")
    content = filled(await acts.export_manual(desk.door, WORKSPACE, "monday"), {one: "paid", two: "paid"})
    await acts.import_results(desk.door, WORKSPACE, content.replace(two.encode(), b"q0"), "amy")
    report = await acts.import_results(desk.door, WORKSPACE, content.replace(b"paid", b"failed"), "amy")
    assert [reason for _, _, reason in report.refused] == ["wrong_state"]
    wrong = content.replace(b"500", b"501")
    report = await acts.import_results(desk.door, WORKSPACE, wrong, "amy")
    assert {reason for _, _, reason in report.refused} == {"amount_differs"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"a,b\n1,2\n", "payout_file_columns"),
        (b"\xff\xfe", "payout_file"),
        (b"number,fen,result\nq1,5.5,paid\n", "payout_file_fen"),
        (b"number,fen,result\nq1,5,maybe\n", "payout_file_result"),
        (b"number,fen,result\nq1,5,paid\nq1,5,paid\n", "payout_file_twice"),
        (b"number,fen,result\nq 1,5,paid\n", "payout_file_number"),
    ],
)
async def test_a_file_with_a_fault_changes_nothing(desk: Shop, content: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await acts.import_results(desk.door, WORKSPACE, content, "amy")
    assert caught.value.code == code


async def test_a_rejected_payout_gives_the_money_back_and_a_listed_one_cannot_be_rejected(desk: Shop) -> None:
    await desk.earn("p1", 600)
    asked = await desk.ask("p1", 500, "grant-1")
    assert (await desk.payout(asked)).status == REQUESTED
    state = await acts.reject_payout(desk.door, WORKSPACE, asked, "amy", "duplicate")
    assert (state.status, state.code, (await desk.balances())["available:p1"]) == (RETURNED, "duplicate", 600)
    number = await desk.send("p1", 500, "grant-2")
    await acts.export_manual(desk.door, WORKSPACE, "monday")
    with pytest.raises(Conflict):
        await acts.reject_payout(desk.door, WORKSPACE, number, "amy", "fraud")


async def test_the_same_key_is_the_same_payout_and_another_amount_is_refused(desk: Shop) -> None:
    await desk.earn("p1", 2_000)
    assert await desk.ask("p1", 500, "grant-1") == await desk.ask("p1", 500, "grant-1")
    with pytest.raises(Conflict) as caught:
        await desk.ask("p1", 600, "grant-1")
    assert caught.value.code == "payout_already_done"
    assert (await desk.balances())["clearing:manual"] == 500


async def test_commands_list_and_change_the_rules(desk: Shop, database_url: str) -> None:
    """The command line on the same data folder."""
    settings = desk.application.home.settings
    environment = {"QUNFLOW_DATA": str(settings.data), "QUNFLOW_DATABASE_URL": database_url, "PATH": ""}
    command = [sys.executable, "-m", "qunflow", "payout", "rules", "--max-fen", "5000", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (await acts.read_rules(desk.door, WORKSPACE)).max_fen == 5_000
    refused = subprocess.run(
        [*command[:5], "--min-fen", "1"], env=environment, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1 and "payout_min_fen" in refused.stderr
