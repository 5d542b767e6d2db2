"""A notification's id: uuid5 of event source, event id, rule and user; the same at every replay.

Processors make it for a user's record, gateways for each reader of a shared one; so it is the same on both ways.
By hashlib instead of the uuid module, which also draws random numbers and so has no place in a core.
Layout of the name: `source \\n event id \\n rule \\n user`, UTF-8. The first three hold no control characters (the
match stage sees to it), so two different quadruples never give the same name.
Source: RFC 9562, §5.5.
"""

from hashlib import sha1

#: UUID namespace of notification ids: a7e645b6-7b10-4dc8-8b47-520fb3f81042.
NAMESPACE = bytes.fromhex("a7e645b67b104dc88b47520fb3f81042")
MARK = 8  # bytes of `mark_of`
_VARIANT = {digit: f"{int(digit, 16) & 0x3 | 0x8:x}" for digit in "0123456789abcdef"}


def notification_id(source: str, event_id: str, rule: str, user: str) -> str:
    """The id of what `rule` tells `user` about this event, as a UUID's text."""
    name = f"{source}\n{event_id}\n{rule}\n{user}".encode()
    h = sha1(NAMESPACE + name, usedforsecurity=False).hexdigest()
    return f"{h[:8]}-{h[8:12]}-5{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:32]}"


def mark_of(user: str) -> bytes:
    """Eight bytes that stand for a user where many are listed (`SharedNotification.excepted`)."""
    return sha1(user.encode(errors="surrogatepass"), usedforsecurity=False).digest()[:MARK]


def is_marked(user: str, marks: bytes | None) -> bool:
    """Whether a user is among those who are listed by their marks, one behind the other."""
    found = marks or b""
    return mark_of(user) in {found[at : at + MARK] for at in range(0, len(found), MARK)}


def packed(notification_id: str) -> bytes:
    """The 16 bytes of a UUID's text: what windows of many ids keep.

    Raises:
        ValueError: it is no UUID.
    """
    raw = bytes.fromhex(notification_id.replace("-", ""))
    if len(raw) != 16:
        raise ValueError(f"{notification_id!r} is no UUID")
    return raw
