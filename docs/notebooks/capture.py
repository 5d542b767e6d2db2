"""Runs every command of docs/replay.md on the played day and writes its output in: `python docs/notebooks/capture.py`.

A block that begins with `$ ` holds commands, each with its output below. Long lines and outputs are cut with `…`.
"""

import os
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flights_day import fill, until_quiet
from tidings.local.ports import free_ports
from tidings_bench import stack
from tidings_bench.services import environment, prepared
from tidings_schemas import Follow, Preference, framing
from tidings_schemas.catalogue import load
from tidings_schemas.codec import Codec
from tidings_schemas.partitioner import partition_of
from tidings_schemas.producer import Producer
from tidings_schemas.registry import Registry
from tidings_schemas.settings import Settings
from tidings_schemas.topics import FOLLOWS, PREFERENCES, follow_key

ROOT = Path(__file__).parents[2]
PAGE, RULES = ROOT / "docs" / "replay.md", ROOT / "processors" / "tidings_processors" / "rules.yaml"
FLIGHT = "flight:UA1643"  # 42 minutes late at EWR that day
PORT = "8610"  # the page's; a free one is used
LINES, WIDTH, TOKEN = 40, 400, 110
_BLOCK = re.compile(r"```\n(\$ .*?)```", re.S)


def people(settings: Settings, codec: Codec) -> None:
    """ann and bob follow one flight; bob has quiet hours all day."""
    now = datetime.now(UTC)
    quiet = {"start_minute": 0, "end_minute": 1439, "days": []}
    bob = Preference("bob", now, time_zone="Europe/Vienna", quiet_hours=quiet)
    with Producer(settings) as producer:
        place = partition_of("bob", settings.partitions)
        producer.produce(PREFERENCES, b"bob", codec.encode(Preference.avro_name, bob.to_avro()), partition=place)
        for user in ("ann", "bob"):
            value = codec.encode(Follow.avro_name, Follow(FLIGHT, user, now).to_avro())
            place = partition_of(FLIGHT, settings.partitions)
            producer.produce(FOLLOWS, follow_key(FLIGHT, user), value, partition=place)


def spoil(settings: Settings, registry: Registry) -> None:
    """Nine records that do not decode, of two causes."""
    import confluent_kafka

    schema = load()["tidings.flights.FlightCancelled"]
    values = [framing.prefix(9999) + b"\x0f\x00"] * 6 + [framing.prefix(registry.id_of(schema)) + b"\x0a"] * 3
    producer = confluent_kafka.Producer(settings.kafka())
    for value in values:
        producer.produce(settings.namespace.name("events.flights"), value, "x", partition=3)
    producer.flush(30)


@contextmanager
def serving(folder: Path, env: dict[str, str], port: str):  # type: ignore[no-untyped-def]  # a script
    """`tidings replay-server`, its log in the folder."""
    command = [sys.executable, "-m", "tidings", "replay-server", "--port", port, "--public", "events.flights"]
    with (folder / "replay-server.log").open("wb") as log, subprocess.Popen(command, env=env, stderr=log) as child:
        try:
            until_up = ["--retry", "60", "--retry-delay", "1", "--retry-connrefused", "-o", "/dev/null"]
            subprocess.run(["curl", "-s", *until_up, f"http://127.0.0.1:{port}/readyz"], check=True)
            yield
        finally:
            child.terminate()


def output(command: str, folder: Path, env: dict[str, str], port: str) -> list[str]:
    """What a command prints, cut for the page."""
    endless = command.startswith("curl -N")
    run = command.replace(PORT, port).replace("curl ", "timeout 10 curl -s ", 1 if command.startswith("curl") else 0)
    done = subprocess.run(["bash", "-c", run], cwd=folder, env=env, stdout=-1, stderr=-2, text=True, timeout=180)
    if done.returncode and not endless:
        raise SystemExit(f"{command}\n{done.stdout}")
    lines = done.stdout.replace(port, PORT).rstrip("\n").split("\n")
    if endless:
        lines = [line for line in lines if not line.startswith(":")][:3]
    cut = [*lines[:LINES], f"… {len(lines) - LINES} more lines"] if len(lines) > LINES + 1 else lines
    return [_short(line.rstrip(), TOKEN if "--resume r1." in line else WIDTH) for line in cut]


def _short(line: str, width: int) -> str:
    return line if len(line) <= width else line[:width] + " …"


def page(text: str, folder: Path, env: dict[str, str], port: str) -> str:
    """The page with today's outputs."""

    def block(found: re.Match[str]) -> str:
        commands = [line[2:] for line in found[1].split("\n") if line.startswith("$ ")]
        shown = ["\n".join([f"$ {command}", *output(command, folder, env, port)]) for command in commands]
        return "```\n" + "\n\n".join(shown) + "\n```"

    return _BLOCK.sub(block, text)


def main() -> None:
    """Plays the day, runs the commands, writes the page."""
    with prepared(("flights",)) as settings, tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), str(free_ports().gateway)
        (folder / "rules.new.yaml").write_text(RULES.read_text().replace("delay_minutes >= 30", "delay_minutes >= 60"))
        env = environment(settings) | {
            "TIDINGS_DOMAINS": "flights",
            "TIDINGS_HOME": name,
            "TIDINGS_MASKING_SECRET": "of the page",
            "TIDINGS_DEV_KEY_FILE": f"{name}/dev.key",
            "COLUMNS": "120",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        os.environ.update(env)
        registry = Registry(settings.registry_url)
        worker = stack.worker(settings, folder, TIDINGS_DOMAINS="flights")
        with stack.running(worker):
            people(settings, Codec(load(), registry))
            fill(settings)
            spoil(settings, registry)
            until_quiet(settings)
            with serving(folder, dict(os.environ), port):
                PAGE.write_text(page(PAGE.read_text(), folder, dict(os.environ), port))


if __name__ == "__main__":
    main()
