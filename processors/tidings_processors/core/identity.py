"""A notification's id, as the stages make it; see `tidings_schemas.identity`."""

from tidings_schemas.identity import NAMESPACE, notification_id, packed

__all__ = ["NAMESPACE", "notification_id", "packed"]
