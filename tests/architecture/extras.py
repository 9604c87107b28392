"""What each service needs in its settings to be built without a server."""

from pathlib import Path
from typing import Any


def extras(name: str, directory: Path) -> dict[str, Any]:
    if name not in {"intake", "consent", "returns", "exchange"}:
        return {}
    return {"vault_url": "postgresql+asyncpg://nobody@127.0.0.1:1/none", "vault_epoch_file": directory / "epoch.json"}
