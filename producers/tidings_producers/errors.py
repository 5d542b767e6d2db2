"""Errors of the sources; those of publishing are in `tidings_schemas.errors`."""

from tidings_schemas.errors import Permanent


class SourceUnusable(Permanent):
    """A source has nothing to read: its data or its repository are not there. The text says the remedy."""
