"""What lies on Kafka as an AsyncAPI document, for tools that draw it, check it or make clients from it.

Pure: from the topics as data and the Avro schemas to plain JSON. Source: AsyncAPI 3.0.0, Kafka bindings 0.5.0.
"""

from collections.abc import Iterable
from typing import Any

from . import topics
from .catalogue import Schema
from .topics import Topic

_AVRO = "application/vnd.apache.avro+json;version=1.9.0"
_BINDING = "0.5.0"

#: Records of Tidings' own topics by their short names; every other record is an event.
RECORDS: dict[str, tuple[str, ...]] = {
    topics.FOLLOWS.name: ("Follow",),
    topics.PREFERENCES.name: ("Preference",),
    topics.FOLLOWABLES.name: ("Followable",),
    topics.MATCHES.name: ("Draft",),
    topics.MATCHES_URGENT.name: ("Draft",),
    topics.DRAFTS.name: ("Draft",),
    topics.DRAFTS_URGENT.name: ("Draft",),
    topics.POLICY.name: ("PolicyEntry",),
    topics.DECISIONS.name: ("Decision",),
    topics.NOTIFICATIONS.name: ("Notification", "SharedNotification", "ReadState"),
    topics.RECEIPTS.name: ("Receipt",),
    topics.DEAD_LETTERS.name: ("DeadLetter",),
}


def document(schemas: Iterable[Schema], version: str, partitions: int) -> dict[str, Any]:
    """An AsyncAPI document, ready for `json.dumps`.

    Args:
        schemas: those that ship and the user's own; events get a channel a domain.
        version: of Tidings.
        partitions: of topics that name no number of their own.
    """
    known = {schema.name: schema for schema in schemas}
    events = sorted(name for name in known if topics.is_event(name))
    channels = {t.name: _channel(t, _full_names(t), partitions) for t in topics.CORE if t.name in RECORDS}
    for domain in topics.domains_of(events):
        topic = topics.events_topic(domain)
        channels[topic.name] = _channel(topic, [e for e in events if topics.domain_of(e) == domain], partitions)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tidings on Kafka",
            "version": version,
            "description": "Events in, notifications per user out. Topic names carry the namespace's prefix, if any.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/avro",
        "channels": channels,
        "operations": _operations(channels),
        "components": {"messages": {name: _message(schema) for name, schema in sorted(known.items())}},
    }


def _full_names(topic: Topic) -> list[str]:
    return [f"tidings.{short}" for short in RECORDS[topic.name]]


def _channel(topic: Topic, records: list[str], partitions: int) -> dict[str, Any]:
    config = {
        "cleanup.policy": ["compact" if topic.compact else "delete"],
        "retention.ms": topic.retention_ms,
        "max.message.bytes": topic.max_message_bytes,
    }
    return {
        "address": topic.name,
        "description": topic.doc,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in records},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions or partitions,
                "topicConfiguration": {name: value for name, value in config.items() if value is not None},
                "bindingVersion": _BINDING,
            }
        },
        "x-key": topic.key,
    }


def _message(schema: Schema) -> dict[str, Any]:
    doc = schema.json.get("doc", "")
    message: dict[str, Any] = {
        "name": schema.name,
        "summary": doc.partition(". ")[0].rstrip("."),
        "contentType": "application/avro",
        "payload": {"schemaFormat": _AVRO, "schema": schema.json},
        "bindings": {
            "kafka": {
                "key": {"type": "string"},
                "schemaIdLocation": "payload",
                "schemaIdPayloadEncoding": "confluent",
                "schemaLookupStrategy": "RecordNameStrategy",
                "bindingVersion": _BINDING,
            }
        },
    }
    return message | ({"headers": _EVENT_HEADERS} if topics.is_event(schema.name) else {})


def _operations(channels: dict[str, Any]) -> dict[str, Any]:
    """What a service outside does: it is what this document is read for."""
    operations = {f"publish.{name}": _operation("receive", name) for name in channels if _holds_events(name)}
    return operations | {"notify": _operation("send", topics.NOTIFICATIONS.name)}


def _operation(action: str, channel: str) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}}


def _holds_events(channel: str) -> bool:
    return channel.startswith(topics.EVENTS_PREFIX)


_EVENT_HEADERS = {
    "type": "object",
    "description": "CloudEvents Kafka binding, binary mode. A record without them is an event too.",
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string"},
        "ce_source": {"type": "string"},
        "ce_type": {"type": "string"},
        "ce_subject": {"type": "string"},
        "ce_time": {"type": "string", "format": "date-time"},
        "traceparent": {"type": "string"},
    },
}
