"""The notices that come with the release, in force from the first start on; whatever people did to one since stays so."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from pydantic import Field

from chassis.database import Transaction
from chassis.service import Service
from contracts.form import Form
from contracts.types import NoticeVersion
from services.consent.domain.notice import Notice, NoticeText
from services.consent.store import notices

FOLDER = "services.consent.texts"


class NoticeFile(Form):
    """A file of `texts/`: one version in one language. `reviewed`: a native speaker has looked at it."""

    version: NoticeVersion
    language: str
    reviewed: bool
    title: str = Field(min_length=1)
    paragraphs: list[str] = Field(min_length=1)


@cache
def shipped() -> tuple[NoticeFile, ...]:
    return tuple(sorted(_read(), key=lambda file: (file.version, file.language)))


def _read() -> Iterator[NoticeFile]:
    for path in files(FOLDER).iterdir():
        if path.name.endswith(".json"):
            yield NoticeFile.model_validate(json.loads(path.read_text(encoding="utf-8")))


class NoticeSeeding:
    """A loop of the service that has done its work when it has started."""

    name = "notices"

    def __init__(self, service: Service) -> None:
        self._service = service

    async def start(self) -> None:
        database = self._service.database
        async with database.transaction(database.system()) as tx:
            await ship(tx)

    async def stop(self) -> None:
        """Nothing to stop: nothing runs."""

    def healthy(self) -> str | None:
        return None


async def ship(tx: Transaction) -> None:
    """Take in every shipped text that this cell has not had yet."""
    for file in shipped():
        if await notices.find(tx, file.version, file.language) is None:
            text = NoticeText(file.title, tuple(file.paragraphs), file.reviewed)
            notice = Notice.of(file.version, file.language, text)
            first = not await notices.any_of(tx, file.language)
            await notices.add(tx, notice, notice.ship(tx.now, first=first))
