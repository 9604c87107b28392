"""The settings of directory besides those of every service: the files with which its organisations and its staff begin."""

from pathlib import Path

from pydantic import Field

import chassis.settings


class Settings(chassis.settings.Settings):
    directory_file: Path | None = Field(
        default=None,
        description="organisations and services of its own country and of its partners, taken in at every start",
    )
    staff_file: Path | None = Field(
        default=None, description="who signs in for which organisation of this cell, taken in at every start"
    )
