"""What consent is told from outside: nothing but what every service is."""

from chassis.settings import Settings

__all__ = ["Settings"]
