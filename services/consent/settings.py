"""The settings of consent: none but those of every service."""

from chassis.settings import Settings

__all__ = ["Settings"]
