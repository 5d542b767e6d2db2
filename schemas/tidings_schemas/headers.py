"""A record's headers, read so that what cannot be read is an error, and never a crash."""

from operator import methodcaller
from typing import Any

from confluent_kafka import Message

#: `Message.headers()`, or SystemError if a name is not UTF-8. Ask a message once: confluent-kafka's second answer is
#: a list with a hole in it, at which the process crashes. Where `message.headers()` is written that may be the first
#: answer: an interpreter that has learnt what is called there looks for no error behind a result. Here it looks.
headers_of = methodcaller("headers")


def readable_headers(message: Message) -> list[tuple[str, Any]]:
    """A record's headers; empty if it has none, or they cannot be read. Ask a message once."""
    try:
        return headers_of(message) or []
    except SystemError:  # a name that is not UTF-8
        return []
