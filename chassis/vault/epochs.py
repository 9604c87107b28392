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
    """Wrapping keys from a JSON file: {"current": "2026-11", "keys": {"2026-11": "<base64 of 32 bytes>"}}.

    A file that was replaced is read again, so that a process follows into a new epoch, and forgets a key that was destroyed,
    without being started again.
    """

    def __init__(self, file: Path, mode: Literal["development", "production"]) -> None:
        if mode == "production":
            raise FileKeysRefused
        self._file = file
        self._seen = _version(file)
        self._current, self._keys = _read(file)

    def current(self) -> str:
        self._refresh()
        return self._current

    def key(self, epoch: str) -> bytes:
        self._refresh()
        try:
            return self._keys[epoch]
        except KeyError:
            raise EpochKeyMissing(f"no wrapping key of the epoch {epoch}") from None

    def _refresh(self) -> None:
        """A file that is away or broken leaves the keys that are known."""
        try:
            seen = _version(self._file)
            if seen != self._seen:
                self._current, self._keys = _read(self._file)
                self._seen = seen
        except (OSError, ValueError, LookupError):
            return


def _version(file: Path) -> tuple[int, int, int]:
    stat = file.stat()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _read(file: Path) -> tuple[str, Mapping[str, bytes]]:
    """The present epoch and the wrapping keys. Raises ValueError, KeyError and EpochKeyMissing."""
    document = json.loads(file.read_text(encoding="utf-8"))
    current: str = document["current"]
    keys = {epoch: base64.b64decode(key, validate=True) for epoch, key in document["keys"].items()}
    if any(len(key) != KEY_BYTES for key in keys.values()):
        raise ValueError("each wrapping key must have 32 bytes")
    if current not in keys:
        raise EpochKeyMissing(f"no wrapping key of the epoch {current}")
    return current, keys
