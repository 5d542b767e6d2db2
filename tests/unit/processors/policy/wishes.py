"""A world in which a user has wishes, with time that passes by hand. NOW_MS is 8:00 UTC on a Friday."""

from datetime import UTC, datetime
from typing import Any

from tidings_schemas import Preference

from tests.unit.processors.builders import NOW_MS, rule_text, rules
from tests.unit.processors.policy.world import World

TEXT = '{en: {title: "{{ text }}"}}'
RULES = rules(
    rule_text("r", text=TEXT)
    + rule_text("s", text=TEXT, kind="other")
    + rule_text("d", text=TEXT, kind="d", digest="10m")
    + rule_text("hour", text=TEXT, digest="hourly")
    + rule_text("day", text=TEXT, digest="daily@02:30")
    + rule_text("short", text=TEXT, kind="short", ttl="5m")
    + rule_text("keyed", text=TEXT, kind="keyed", collapse_key='"{{ topic }}"')
    + rule_text("alarm", text=TEXT, kind="alarm", priority="critical", collapse_key='"{{ topic }}"')
)
MINUTE, HOUR = 60_000, 3_600_000
UNTIL_NINE = {"start_minute": 420, "end_minute": 540, "days": []}


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def prefers(user: str = "ann", **wishes: Any) -> Preference:
    return Preference(user=user, updated_at=None, **wishes)  # type: ignore[arg-type]


def a_world(user: str = "ann", **wishes: Any) -> World:
    world = World(RULES, NOW_MS)
    world.wishes[user] = prefers(user, **wishes)
    return world


def now(world: World) -> list[str]:
    """Deals with all that has come; returns the titles of all that was told so far."""
    world.tick()
    world.work()
    world.ack_all()
    return [told["title"] for told in world.told]


def later(world: World, ms: int) -> list[str]:
    world.now_ms += ms
    return now(world)


def words(world: World) -> list[str]:
    return [decision["word"] for decision in world.decisions]
