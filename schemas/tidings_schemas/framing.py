"""Confluent's wire format: magic byte 0, schema id as big-endian uint32, Avro body.

Source: Confluent Schema Registry documentation, "Wire format".
"""

import struct

from .errors import UndecodableValue

_FRAME = struct.Struct(">bI")
SIZE = _FRAME.size


def prefix(schema_id: int) -> bytes:
    """The five bytes that stand before an Avro body."""
    return _FRAME.pack(0, schema_id)


def schema_id_of(value: bytes | None) -> int:
    """The id of the schema that wrote `value`.

    Raises:
        UndecodableValue: a tombstone, too short, or another magic byte.
    """
    if value is None:
        raise UndecodableValue("the value is empty (a tombstone)")
    if len(value) < SIZE:
        raise UndecodableValue(f"{len(value)} bytes are too few for magic byte and schema id")
    magic, schema_id = _FRAME.unpack_from(value)
    if magic != 0:
        raise UndecodableValue(f"magic byte is {magic}, not 0: the value is not in Confluent's wire format")
    return int(schema_id)
