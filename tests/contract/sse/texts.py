"""Texts that would break a careless event stream."""

from hypothesis import strategies as st

_NASTY = st.sampled_from(
    ["\r", "\n", "\r\n", "\0", "\u2028", "\u0085", "\ufeff", "\ud800", "\udfff", " ", ":", "data: x", "\n\n"]
)

#: Any text at all, half surrogates included.
TEXT = st.lists(st.one_of(_NASTY, st.text(st.characters(), max_size=8)), max_size=8).map("".join)

#: What UTF-8, and so Avro, can carry.
UTF_8_TEXT = TEXT.map(lambda text: "".join(c for c in text if not "\ud800" <= c <= "\udfff"))
