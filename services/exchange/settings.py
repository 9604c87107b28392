"""The settings of exchange besides those of every service: its partners, its keys and the files of trust."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr

import chassis.settings


class Partner(BaseModel):
    """The way to a partner's broker: our own user there may read one topic and no more."""

    bootstrap: str
    user: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None
    topic_prefix: Annotated[str, Field(description="of the partner's topics; for tests")] = ""


class Settings(chassis.settings.Settings):
    partners: Annotated[
        dict[str, Partner],
        Field(default_factory=dict, description="cell → its broker; the own cell is one of them"),
    ]
    trust_file: Path = Path("trust/trust.json")
    agreements_dir: Path = Path("trust/agreements")
    governance_keys_file: Path = Path("trust/governance.jwks.json")
    organisation_keys_dir: Path = Path("keys")
    presence_seconds: Annotated[float, Field(gt=0, description="how often a sign of life is written")] = 2.0
    presence_lifetime_seconds: Annotated[float, Field(gt=0, description="older ones close the border")] = 10.0
    window: Annotated[int, Field(gt=0, description="envelopes that may wait for a receipt")] = 50
    backlog: Annotated[int, Field(gt=0, description="items waiting for one partner that readiness names")] = (
        1_000
    )
    envelope_hours: Annotated[float, Field(gt=0, description="how long an envelope may be opened")] = 72.0
    trust_seconds: Annotated[float, Field(gt=0, description="how often the signed files are looked at")] = 2.0
    wait_seconds: Annotated[
        float, Field(gt=0, description="until sealing looks again at a closed border")
    ] = 1.0

    def egress(self, cell: str) -> str:
        """The topic of this cell that a partner reads, without the prefix, which the outbox puts there."""
        return f"egress.{cell.lower()}"
