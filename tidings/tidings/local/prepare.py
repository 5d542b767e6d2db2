"""Topics and schemas: what must be there before anything else runs. Doing it again changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidings_schemas.settings import Settings


def topics(settings: Settings) -> list[str]:
    """Make the topics that are missing, also those of the user's own events; returns their names.

    Raises what `tidings_schemas.admin` raises.
    """
    from tidings_schemas import admin, catalogue
    from tidings_schemas.topics import domains_of

    domains = domains_of(schema.name for schema in catalogue.load())
    return admin.ensure_topics(settings, admin.default_topics(domains))


def schemas(settings: Settings) -> dict[str, int]:
    """Register every schema; returns ids by name. Raises what `tidings_schemas.registry` raises."""
    from tidings_schemas import catalogue
    from tidings_schemas.registry import Registry, register_all

    client = Registry(settings.registry_url, settings.registry_auth.get_secret_value())
    try:
        return register_all(client, catalogue.load())
    finally:
        client.close()
