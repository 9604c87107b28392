"""The keys that wrap persons' keys, one for each epoch of 30 days. Destroying one completes every erasure of its time."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol

KEY_BYTES = 32


class EpochKeyMissing(LookupError):
    """No wrapping key of this epoch: it was never here, or it was destroyed and with it all keys that it wrapped."""


class FileKeysRefused(RuntimeError):
    """Keys in a file are for development: in production they come from a hardware module or a key service."""


class KeyProvider(Protocol):
    """The source of wrapping keys: a file here, PKCS#11 or a key service in production."""

    def current(self) -> str:
        """The epoch in which new keys are wrapped, for example `2026-11`."""

    def key(self, epoch: str) -> bytes:
        """The wrapping key, 32 bytes. Raises EpochKeyMissing."""


class FileKeys:
    """Wrapping keys from a JSON file: {"current": "2026-11", "keys": {"2026-11": "<base64 of 32 bytes>"}}."""

    def __init__(self, file: Path, mode: Literal["development", "production"]) -> None:
        if mode == "production":
            raise FileKeysRefused
        document = json.loads(file.read_text(encoding="utf-8"))
        keys: Mapping[str, str] = document["keys"]
        self._current: str = document["current"]
        self._keys = {epoch: base64.b64decode(key, validate=True) for epoch, key in keys.items()}
        if any(len(key) != KEY_BYTES for key in self._keys.values()):
            raise ValueError("each wrapping key must have 32 bytes")
        self.key(self._current)

    def current(self) -> str:
        return self._current

    def key(self, epoch: str) -> bytes:
        try:
            return self._keys[epoch]
        except KeyError:
            raise EpochKeyMissing(f"no wrapping key of the epoch {epoch}") from None
