"""The settings of returns: none of its own."""

from chassis.settings import Settings

__all__ = ["Settings"]
