"""What backend services use to publish events, and the sources that come with Tidings."""

from .publisher import AsyncPublisher, Publisher

__all__ = ["AsyncPublisher", "Publisher"]
