"""Each measurement in a size that says nothing about speed: it runs, looks at every answer, and its keys are there."""

from __future__ import annotations

import asyncio
import json
import sys
from subprocess import PIPE
from typing import Any

import pytest

from qunflow.bench.load import Job, carry_out, packed, percentile
from qunflow.bench.scan import ScanResult


async def bench(*words: str) -> tuple[int, dict[str, Any], str]:
    """Run ``qunflow bench … --json``; its code, its document and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "qunflow", "bench", *words, "--json", stdout=PIPE, stderr=PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    return process.returncode or 0, json.loads(out or b"{}"), err.decode()


@pytest.mark.long
async def test_scans_are_all_answered_and_each_has_its_place() -> None:
    code, found, said = await bench("scan", "--connections", "2,8", "--seconds", "0.5", "--rounds", "2")
    assert code == 0, said
    assert set(found) == {
        "at", "visitors", "reservations", "scans_recorded", "every_answer_right", "one_reservation_each",
    }  # fmt: skip
    assert found["visitors"] == found["reservations"] == found["scans_recorded"] > 0
    assert found["every_answer_right"] and found["one_reservation_each"]
    assert list(found["at"]) == ["2", "8"]
    for at in found["at"].values():
        assert set(at) == {"scans_per_second", "hello_per_second", "ratio", "rounds"}
        assert len(at["rounds"]) == 2 and at["ratio"] > 0
        for side in (at["rounds"][0]["scan"], at["rounds"][0]["hello"]):
            assert set(side) == {
                "right", "wrong", "broken", "per_second", "p50_ms", "p95_ms", "p99_ms", "seconds", "cpu_seconds",
                "server_us", "database_us", "load_us",
            }  # fmt: skip
            assert 0 < side["p50_ms"] <= side["p95_ms"] <= side["p99_ms"]


@pytest.mark.long
async def test_every_message_of_the_engine_gets_its_reply() -> None:
    code, found, said = await bench("engine", "--messages", "600", "--groups", "20")
    assert code == 0, said
    assert set(found) == {
        "messages", "groups", "per_second", "stored_per_second", "whole_per_second", "worker_us", "database_us",
        "events", "actions", "open", "dead", "every_message_answered",
    }  # fmt: skip
    assert found["messages"] == found["events"] == found["actions"] == 600
    assert found["every_message_answered"] and (found["open"], found["dead"]) == (0, 0)


@pytest.mark.long
async def test_every_callback_is_stored() -> None:
    code, found, said = await bench("intake", "--callbacks", "200", "--connections", "4", "--seconds", "20")
    assert code == 0, said
    assert set(found) == {
        "callbacks_per_second", "hello_per_second", "ratio", "callbacks", "hello", "answered", "stored",
        "every_answer_right", "every_answer_stored",
    }  # fmt: skip
    assert found["answered"] == found["stored"] == 200 and found["every_answer_right"]


@pytest.mark.long
async def test_every_proof_is_decided_by_what_its_picture_shows() -> None:
    code, found, said = await bench("review", "--submissions", "20", "--connections", "4")
    assert code == 0, said
    assert (found["answered"], found["approved"], found["queued"], found["other"]) == (20, 18, 2, 0)
    assert found["every_proof_decided"] and 0 < found["wait_p50"] <= found["wait_p95"]


@pytest.mark.long
async def test_the_idle_server_is_weighed() -> None:
    code, found, said = await bench("idle", "--rest", "0.4")
    assert code == 0, said
    assert set(found) == {
        "first_page_seconds", "console_seconds", "health_seconds", "server_mb", "database_mb", "total_mb", "processes",
        "cpu_percent",
    }  # fmt: skip
    assert 0 < found["health_seconds"] <= found["first_page_seconds"] <= found["console_seconds"]
    assert found["total_mb"] > found["server_mb"] > 10 and found["database_mb"] > 1 and found["processes"] > 3


@pytest.mark.parametrize("connections", ["", "0", "many", "5000", "1,,2"])
async def test_numbers_of_connections_that_are_none_are_refused(connections: str) -> None:
    code, _, said = await bench("scan", "--connections", connections)
    assert code == 1 and "bench_connections" in said


async def test_the_load_counts_wrong_answers_as_wrong() -> None:
    answers = iter([b"HTTP/1.1 200 OK", b"HTTP/1.1 500 No", b"HTTP/1.1 200 OK"])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for first in answers:
            asked = await reader.readuntil(b"\r\n\r\n")
            body = b"the marker" if asked.startswith(b"GET /a") else b"something else"
            head = first + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n"
            writer.write(head)
            await writer.drain()
            await asyncio.sleep(0.01)  # an answer may come in pieces
            writer.write(body)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    request = "GET /{} HTTP/1.1\r\n\r\n"
    async with server:
        counted = await carry_out(Job(port, 1, 0.5, request=request.format("a"), marker="the marker"))
    assert (counted.right, counted.wrong, counted.broken) == (2, 1, 1)


def test_requests_of_a_file_are_packed_with_their_lengths() -> None:
    assert packed([b"ab", b""]) == b"\0\0\0\2ab\0\0\0\0"


def test_percentiles_of_ordered_values() -> None:
    values = [float(number) for number in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99)] == [51.0, 96.0, 100.0]
    assert percentile([], 0.5) == 0.0


def test_the_ratio_is_the_middle_of_the_rounds() -> None:
    class Side:
        def __init__(self, speed: float) -> None:
            self.counted = self
            self.per_second = speed

    pairs: Any = [(Side(1.0), Side(10.0)), (Side(4.0), Side(10.0)), (Side(2.0), Side(10.0))]
    assert ScanResult({8: pairs}, 0, 0, 0).ratio(8) == 0.2
