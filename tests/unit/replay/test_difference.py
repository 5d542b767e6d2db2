"""What was sent beside what would be."""

from datetime import UTC, datetime
from typing import Any

from tidings.whatif.difference import ADDED, CHANGED, REMOVED, SAME, difference
from tidings.whatif.page import page

NOW = datetime(2013, 1, 10, tzinfo=UTC)


def _notification(user: str = "u", rule: str = "r", title: str = "late", **more: Any) -> dict[str, Any]:
    fields = {"body": "", "url": None, "priority": "normal", "topic": None, "kind": "k", "collapse_key": None}
    return {"user": user, "rule": rule, "title": title, "event_id": "e", "event_time": NOW, **fields, **more}


def test_each_notification_is_added_removed_changed_or_the_same() -> None:
    """By its id, which is made of event, user and rule."""
    sent = {"1": _notification(), "2": _notification(title="late"), "3": _notification("gone")}
    made = {"1": _notification(), "2": _notification(title="very late"), "4": _notification("new")}
    found = difference(sent, made)
    assert {kind: found.total(kind) for kind in (ADDED, REMOVED, CHANGED, SAME)} == dict.fromkeys(
        (ADDED, REMOVED, CHANGED, SAME), 1
    )
    (changed,) = [row for row in found.rows if row.change == CHANGED]
    assert (changed.before, changed.after, changed.fields) == ("late", "very late", "title")


def test_what_a_user_does_not_see_is_no_change() -> None:
    """When it was made, for example."""
    found = difference({"1": _notification(created_at=1)}, {"1": _notification(created_at=2)})
    assert found.rows == ()


def test_a_page_shows_titles_as_text() -> None:
    """Whatever an event brought into them."""
    text = page(difference({}, {"1": _notification(title="<script>alert(1)</script>")}), "What if", "3 events")
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text
