"""returns needs no settings of its own."""

from chassis.settings import Settings

__all__ = ["Settings"]
