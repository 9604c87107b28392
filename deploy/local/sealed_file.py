"""A file that is sealed as it is written: pieces under AES-256-GCM, in their order, none of which can be left out or changed."""

import os
import struct
from base64 import b64decode
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from deploy.local.trouble import Trouble

MAGIC = b"corridor backup 1\n"
KEY_BYTES, PREFIX_BYTES, TAG_BYTES = 32, 7, 16
PIECE = 1 << 20


class SealedFileError(Trouble):
    """The key is no key, or the file is not whole or was sealed under another one."""


def read_key(file: Path) -> AESGCM:
    """The operator's key: 32 random bytes in base64. Raises SealedFileError."""
    try:
        key = b64decode(file.read_text().strip(), validate=True)
    except (OSError, ValueError) as error:
        raise SealedFileError(f"{file} holds no key; make one with: openssl rand -base64 32") from error
    if len(key) != KEY_BYTES:
        raise SealedFileError(
            f"{file} holds no key of {KEY_BYTES} bytes; make one with: openssl rand -base64 32"
        )
    return AESGCM(key)


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + struct.pack(">I?", number, last)


class Sealer:
    """Takes bytes and writes them sealed; `close` seals the last piece, without which the file is not whole."""

    def __init__(self, out: IO[bytes], key: AESGCM) -> None:
        self._out, self._key, self._prefix = out, key, os.urandom(PREFIX_BYTES)
        self._held, self._number = bytearray(), 0
        out.write(MAGIC + self._prefix)

    def write(self, data: bytes) -> int:
        self._held += data
        while len(self._held) > PIECE:
            self._piece(PIECE, last=False)
        return len(data)

    def flush(self) -> None:
        """Nothing: a piece is written when it is whole."""

    def close(self) -> None:
        self._piece(len(self._held), last=True)

    def _piece(self, size: int, *, last: bool) -> None:
        piece, self._held = bytes(self._held[:size]), self._held[size:]
        self._out.write(self._key.encrypt(_nonce(self._prefix, self._number, last=last), piece, MAGIC))
        self._number += 1


class Unsealer:
    """Gives the bytes back. Raises SealedFileError at the first piece that is not what was sealed there."""

    def __init__(self, source: IO[bytes], key: AESGCM) -> None:
        self._source, self._key = source, key
        if source.read(len(MAGIC)) != MAGIC:
            raise SealedFileError("this is no backup of a cell")
        self._prefix = source.read(PREFIX_BYTES)
        self._next, self._number, self._ready = source.read(PIECE + TAG_BYTES), 0, bytearray()

    def read(self, size: int) -> bytes:
        while len(self._ready) < size and self._next is not None:
            self._open()
        given, self._ready = bytes(self._ready[:size]), self._ready[size:]
        return given

    def _open(self) -> None:
        piece, following = self._next, self._source.read(PIECE + TAG_BYTES)
        nonce = _nonce(self._prefix, self._number, last=not following)
        try:
            self._ready += self._key.decrypt(nonce, piece, MAGIC)
        except InvalidTag as error:
            raise SealedFileError("the backup is not whole, or was sealed under another key") from error
        self._number += 1
        self._next = following or None  # type: ignore[assignment]
