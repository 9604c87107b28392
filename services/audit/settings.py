"""The settings of audit: none of its own."""

from chassis.settings import Settings

__all__ = ["Settings"]
