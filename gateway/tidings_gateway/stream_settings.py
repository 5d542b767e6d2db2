"""Limits of the streams: plain data, so that any settings library may fill it in."""

from dataclasses import dataclass
from typing import Literal

#: Whether frames of one user each and the loop of sends are made in C: where it can be had (and for many streams); for
#: all, or not to start; never.
Native = Literal["auto", "on", "off"]


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """Times are seconds, sizes bytes. The defaults suit a few thousand streams a process.

    Attributes:
        heartbeat: a quiet stream's cursor moves on this often.
        retry: the browser's reconnection time that a stream opens with; drawn from 50–150 % of it.
        drain: over this window streams end after SIGTERM, each with its own `bye`.
        drain_retry, limit_retry: ranges of the random reconnection time that a `bye` carries, and one with `limit`.
        tail_bytes, tail_age: what one partition's tail holds at most.
        dedupe_window: notification ids that one partition remembers.
        dedupe_margin: records before a position that a resume from the log reads to recognise replays.
        rewind_events, rewind_age: how far back a resume may reach; beyond it: `reset` with `too-far`.
        rewind_reads: Kafka reads for resumes at one time, in all.
        write_buffer: bytes that may wait in one stream's transport before it counts as slow.
        conflate_above, summarise_above, reset_above: backlog of a slow stream, in bytes, at each step of the ladder.
        stall: a slow stream that takes nothing for so long is closed.
        per_user, per_address, total: open streams; beyond it 200, `bye` with `limit`, close.
        native: see `Native`.
        gzip: compress the streams of clients that accept it: a sixth of the bytes, more CPU and memory (ADR 112).
    """

    heartbeat: float = 15.0
    retry: float = 3.0
    drain: float = 10.0
    drain_retry: tuple[float, float] = (1.0, 5.0)
    limit_retry: tuple[float, float] = (5.0, 30.0)
    tail_bytes: int = 32 * 1024 * 1024
    tail_age: float = 3600.0
    dedupe_window: int = 20_000
    dedupe_margin: int = 2_000
    rewind_events: int = 200_000
    rewind_age: float = 14 * 24 * 3600.0
    rewind_reads: int = 4
    write_buffer: int = 64 * 1024
    conflate_above: int = 64 * 1024
    summarise_above: int = 256 * 1024
    reset_above: int = 1024 * 1024
    stall: float = 10.0
    per_user: int = 20
    per_address: int = 1_000
    total: int = 100_000
    native: Native = "auto"
    gzip: bool = False
