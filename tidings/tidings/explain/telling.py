"""The third stage and what came after it: decisions, the notification, receipts. Pure."""

from __future__ import annotations

from tidings_processors.core.policy import Word, in_words
from tidings_schemas import Decision
from tidings_schemas.identity import is_marked, notification_id

from .account import Account, Outcome
from .evidence import Evidence, Found, followed_at
from .wording import nothing_on, timed

_WAITING = {Word.HELD_QUIET_HOURS, Word.HELD_DIGEST, Word.CAPPED}
_IN_ANOTHER = {Word.DIGESTED, Word.SUMMED, Word.COLLAPSED}


def delivered(evidence: Evidence, account: Account, topics: list[str], drafts: list[Found], reached: bool) -> None:
    envelope = evidence.event.envelope
    wanted = notification_id(envelope.source, envelope.id, account.rule, evidence.user)
    decisions = [Decision.from_avro(found.fields) for found in evidence.decisions if found.fields["id"] == wanted]
    places = [found.place for found in evidence.decisions if found.fields["id"] == wanted]
    for decision, place in zip(decisions, places, strict=True):
        account.say("deliver", in_words(decision), place)
    told = _told(evidence, account, wanted) or _shared(evidence, account, topics)
    if told is not None:
        account.outcome, account.notification = Outcome.TOLD, wanted
        _receipts(evidence, account, wanted, told)
    elif decisions:
        account.notification = wanted
        _decided(evidence, account, decisions[-1])
    elif reached and account.outcome is Outcome.UNKNOWN:
        account.say("deliver", nothing_on("notifications", evidence) if drafts else nothing_on("drafts", evidence))


def _told(evidence: Evidence, account: Account, wanted: str) -> Found | None:
    for found in evidence.notifications:
        if found.fields["id"] == wanted:
            account.say("notification", f"{wanted}: {found.fields['title']}{_expiry(evidence, found)}", found.place)
            return found
    return None


def _shared(evidence: Evidence, account: Account, topics: list[str]) -> Found | None:
    for found in evidence.shared:
        fields = found.fields
        same = fields["rule"] == account.rule and fields["topic"] in topics
        if not same or is_marked(evidence.user, fields["excepted"]):
            continue
        if followed_at(evidence.follows, fields["topic"], fields["created_at"]):
            title = fields["texts"][0]["title"]
            account.say("notification", f"shared by the followers of {fields['topic']}: {title}", found.place)
            return found
    return None


def _expiry(evidence: Evidence, found: Found) -> str:
    expires = found.fields["expires_at"]
    return f" (expired at {timed(expires)})" if expires is not None and expires <= evidence.now else ""


def _decided(evidence: Evidence, account: Account, last: Decision) -> None:
    if last.word in _WAITING:
        account.outcome = Outcome.WAITING
        return
    account.outcome = Outcome.SILENT
    if last.word not in _IN_ANOTHER:
        return
    for found in evidence.notifications:
        if found.fields["id"] == last.by:
            account.say("notification", f"told in {last.by}: {found.fields['title']}", found.place)
            account.outcome = Outcome.TOLD
            _receipts(evidence, account, found.fields["id"], found)


def _receipts(evidence: Evidence, account: Account, notification: str, told: Found) -> None:
    said = [
        state
        for state in evidence.read_states
        if state.place.offset > told.place.offset
        and (notification in state.fields["notifications"] or not state.fields["notifications"])
    ]
    for state in said:
        device = f" on {state.fields['device']}" if state.fields["device"] else ""
        every = "" if state.fields["notifications"] else ", as all so far"
        account.say("receipts", f"{state.fields['state']} at {timed(state.fields['at'])}{device}{every}", state.place)
    if not said:
        account.say("receipts", "not seen or read yet")
