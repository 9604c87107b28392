"""Intake, consent and returns of one cell, over one vault, as a person's key lies under all three of them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from contracts.catalogue import CATALOGUE
from services.consent import app as consent_app
from services.consent.settings import Settings as ConsentSettings
from services.intake import app as intake_app
from services.intake.settings import Settings as IntakeSettings
from services.returns import app as returns_app
from services.returns.settings import Settings as ReturnsSettings
from tests.consent.making import agreement_changed, directory_changed
from tests.harness import Harness, Keys, running

BY_TYPE = {entry.type: entry for entry in CATALOGUE if entry.publisher == "intake"}


@dataclass
class OneCell:
    """Three services that share a vault and nothing else; `tell` carries to the others what intake has said."""

    intake: Harness
    consent: Harness
    returns: Harness
    told: int = field(default=0)

    async def tell(self) -> None:
        said = await self.intake.said()
        for type_, body in said[self.told :]:
            entry = BY_TYPE[type_]
            for name in {"consent", "returns"} & {*entry.consumers}:
                await getattr(self, name).deliver(entry.event.model_validate(body))
        self.told = len(said)


@pytest.fixture
async def cell(postgres: Any, tmp_path: Path) -> AsyncIterator[OneCell]:
    keys = Keys(tmp_path)
    keys.write()
    async with AsyncExitStack() as stack:

        async def up(name: str, module: Any, settings: type[Any], **shared: Any) -> Harness:
            service = running(
                name,
                module.build,
                module.VERSIONS,
                settings,
                postgres,
                tmp_path,
                keys=keys,
                vault=not shared,
                **shared,
            )
            return await stack.enter_async_context(service)

        first = await up("intake", intake_app, IntakeSettings)
        shared = {"vault_url": first.service.settings.vault_url}
        second = await up("consent", consent_app, ConsentSettings, **shared)
        third = await up("returns", returns_app, ReturnsSettings, **shared)
        for event in (agreement_changed(), directory_changed()):
            await second.deliver(event)
        yield OneCell(first, second, third)
