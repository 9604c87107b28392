"""The settings of referral: none of its own."""

from chassis.settings import Settings

__all__ = ["Settings"]
