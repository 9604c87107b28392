"""What each service needs in its settings to be built without a server."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.local.trust import make_trust

NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:1/none"


def extras(name: str, directory: Path) -> dict[str, Any]:
    if name not in {"intake", "consent", "returns", "exchange", "interchange"}:
        return {}
    epoch = directory / "epoch.json"
    epoch.write_text(json.dumps({"current": "e", "keys": {"e": base64.b64encode(bytes(32)).decode()}}))
    border = make_trust(directory, ["TH"], now=datetime.now(UTC)).settings("TH") if name == "exchange" else {}
    return {"vault_url": NOWHERE, "vault_epoch_file": epoch, **border}
