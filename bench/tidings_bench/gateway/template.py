"""A notification encoded once, and patched for each that is written: the writer must never be what is measured."""

from collections.abc import Callable

_ID, _TITLE = b"~id~".ljust(32, b"."), b"~title~".ljust(100, b".")


class Template:
    """Notifications that differ in id and title.

    Args:
        encode: title and id → the notification's bytes.
    """

    __slots__ = ("_after", "_before", "_between")

    def __init__(self, encode: Callable[[str, str], bytes]) -> None:
        self._before, _, rest = encode(_TITLE.decode(), _ID.decode()).partition(_ID)
        self._between, _, self._after = rest.partition(_TITLE)

    def value(self, id: bytes, title: bytes) -> bytes:
        """Its bytes. The `id` has 32 bytes, the `title` 100, since Avro writes a text's size before it."""
        return b"".join((self._before, id, self._between, title, self._after))
