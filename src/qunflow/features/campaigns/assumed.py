"""What an expected cost rests on: shares of people, in basis points, with defaults that have no data behind them."""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.domain.money import BPS, share_bps


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Of those who join: how many were brought by a friend and stayed, bring friends, finish the task, play the model.

    ``returns_bps`` are those who come back on the next day, asked anew each day; ``buys_bps`` those of the friends who
    reach the next stage, or order where the model waits for an order. The last three are a rehearsal's defaults.
    """

    brought_bps: int = 6000
    inviters_bps: int = 2000
    finish_bps: int = 5000
    plays_bps: int = 8500
    returns_bps: int = 4500
    buys_bps: int = 6000


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many people that makes of ``joins``: friends who were brought, who bring some, who finish, who play."""

    joins: int
    friends: int
    inviters: int
    finishers: int
    players: int
    assumed: Assumptions


def crowd_of(joins: int, assumed: Assumptions) -> Crowd:
    """The people whom the assumptions make of so many joins; nobody brings fewer than one friend."""
    friends = share_bps(joins, assumed.brought_bps)
    inviters = min(-(-joins * assumed.inviters_bps // BPS), friends)
    finishers, players = share_bps(joins, assumed.finish_bps), share_bps(joins, assumed.plays_bps)
    return Crowd(joins, friends, inviters, finishers, players, assumed)


def shared_out(total: int, among: int) -> tuple[tuple[int, int], ...]:
    """(how much each gets, how many get that) when a number is shared evenly: some get one more than the others."""
    if among < 1:
        return ()
    each, more = divmod(total, among)
    return tuple(pair for pair in ((each + 1, more), (each, among - more)) if pair[1])
