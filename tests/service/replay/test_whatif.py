"""What-if on real topics: past events, follows and preferences, through other rules."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tidings_schemas.identity import mark_of, notification_id

from tests.service.replay.corner import T0, Corner

pytestmark = pytest.mark.kafka
RULES = """
rules:
  - name: told
    match: tidings.demo.Message
    when: sequence >= 5
    audience: {followers: ["{topic}"]}
    kind: told
    text:
      en: {title: "{{ text }}", body: "again"}
"""


def _headers(n: int) -> list[tuple[str, bytes | None]]:
    pairs = {"ce_id": f"e{n}", "ce_source": "/t", "ce_type": "tidings.demo.Message", "ce_subject": "s"}
    return [(name, value.encode()) for name, value in pairs.items()]


def _sent(corner: Corner, n: int, user: str, title: str) -> bytes:
    record: dict[str, Any] = {
        "id": notification_id("/t", f"e{n}", "told", user), "user": user, "rule": "told", "kind": "told", "topic": "x",
        "title": title, "body": "again", "url": None, "priority": "normal", "collapse_key": None, "locale": "en",
        "event_id": f"e{n}", "event_type": "tidings.demo.Message", "event_time": T0, "created_at": T0,
        "expires_at": None, "count": 1, "items": [],
    }  # fmt: skip
    return corner.codec.encode("tidings.Notification", record)


@pytest.fixture
def past(corner: Corner) -> Corner:
    """Ten events on topic x; ann followed it all along, bob only from the eighth on; dan muted it."""
    for name in ("events.demo", "notifications", "follows", "preferences"):
        corner.topic(name)
    corner.put(
        "events.demo", [corner.message(n, topic="x") for n in range(10)], headers=[_headers(n) for n in range(10)]
    )
    since = {"ann": T0 - timedelta(days=1), "dan": T0 - timedelta(days=1), "bob": T0 + timedelta(seconds=8)}
    follows = [corner.codec.encode("tidings.Follow", {"topic": "x", "user": u, "since": at}) for u, at in since.items()]
    corner.put("follows", follows, keys=[f"x|{user}" for user in since])
    muted = {"user": "dan", "updated_at": T0, "muted_topics": ["x"], "locale": "en", "time_zone": "UTC", "muted_kinds":
    [],
             "channels": {}, "quiet_hours": None, "caps": {}, "digests": {}}  # fmt: skip
    corner.put("preferences", [corner.codec.encode("tidings.Preference", muted)], keys=["dan"])
    sent = [_sent(corner, 3, "ann", "text 3"), _sent(corner, 5, "ann", "text 5"), _sent(corner, 6, "ann", "old text")]
    corner.put("notifications", sent, keys=["ann"] * 3)
    return corner


@pytest.fixture
def rules(tmp_path: Path) -> str:
    """A file of the rules to try."""
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return str(path)


def test_the_difference_to_what_was_sent_is_told(past: Corner, rules: str) -> None:
    """Ann: 3 no more, 5 the same, 6 in other words, 7 to 9 more. Bob: 8 and 9. Dan has muted it."""
    told = json.loads(past.tidings("whatif", rules, "events.demo", "--json").stdout)
    counts = {kind: told[kind] for kind in ("added", "removed", "changed", "same")}
    assert counts == {"added": 5, "removed": 1, "changed": 1, "same": 1}
    assert told["silent"] == {"muted-topic": 5}
    assert (told["events"], told["users_before"], told["users_after"]) == (10, 1, 2)


def test_what_followers_share_counts_as_sent_to_each(past: Corner, rules: str) -> None:
    """One record of event 8: for ann the same as by the new rules; not for dan, who is excepted, nor for bob, who began
    to follow after it."""
    shared: dict[str, Any] = {
        "id": "shared", "rule": "told", "kind": "told", "topic": "x", "url": None, "priority": "normal",
        "texts": [{"locale": "en", "title": "text 8", "body": "again", "readers": ["en UTC"]}],
        "collapse_key": None, "event_id": "e8", "event_source": "/t", "event_type": "tidings.demo.Message",
        "event_time": T0, "created_at": T0 + timedelta(seconds=7), "expires_at": None, "excepted": mark_of("dan"),
    }  # fmt: skip
    past.put("notifications", [past.codec.encode("tidings.SharedNotification", shared)], keys=[""])
    told = json.loads(past.tidings("whatif", rules, "events.demo", "--json").stdout)
    counts = {kind: told[kind] for kind in ("added", "removed", "changed", "same")}
    assert counts == {"added": 4, "removed": 1, "changed": 1, "same": 2}


def test_replay_through_rules_writes_all_of_it(past: Corner, rules: str, tmp_path: Path) -> None:
    """As Parquet and as a page; users are pseudonyms unless they may be shown."""
    file, page = tmp_path / "x.parquet", tmp_path / "x.html"
    past.tidings("replay", "events.demo", "--through", rules, "-o", str(file), "--html", str(page))
    rows = pq.read_table(file).to_pylist()
    assert len(rows) == 7
    assert all(row["user"].startswith("masked:") for row in rows)
    assert "ann" not in page.read_text().split("<body")[-1].replace("channel", "")
    past.tidings("replay", "events.demo", "--through", rules, "-o", str(file), "--personal")
    assert {row["user"] for row in pq.read_table(file).to_pylist()} == {"ann", "bob"}


def test_nothing_is_sent(past: Corner, rules: str) -> None:
    """The topics are as they were."""
    past.tidings("whatif", rules, "events.demo")
    assert len(past.rows("notifications")) == 3
