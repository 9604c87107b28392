"""A file that a browser sends: read in memory, never written to disk, and handed on without its name."""

from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from chassis.problems import BadRequest, TooLarge
from contracts.casefile.file_limits import MOST_FILE_BYTES
from services.console.commands.form import Typed, one

FORM_OVERHEAD = 50_000
MOST_READ = 20 * MOST_FILE_BYTES
"""Of a file that is too large so much is read and thrown away: a browser shows no answer before it has sent all."""


class InMemory(MultiPartParser):
    """Starlette's parser puts a part of more than a megabyte on disk, in clear. With 0 it never does."""

    spool_max_size = 0


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file, None where none was chosen, and the answers that were sent with it."""

    typed: Typed
    content: bytes | None = field(default=None, repr=False)
    too_large: bool = False

    def said(self, name: str) -> str:
        return one(self.typed, name)

    def anew(self) -> "SentFile":
        """The same as if nothing had been looked at yet."""
        return SentFile({name: said for name, said in self.typed.items() if name != "checked"})

    @property
    def digest(self) -> str:
        return sha256(self.content or b"").hexdigest()


async def sent_file(request: Request) -> SentFile:
    """The parts of the form. What stands before the file in it is kept also where the file is too large."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return _read(
            (await request.form(max_files=0, max_fields=20)).multi_items()
        )  # of a session that had ended
    parser = InMemory(request.headers, limited(request), max_files=1, max_fields=20)
    try:
        form = await parser.parse()
    except MultiPartException:
        raise BadRequest from None
    except TooLarge:
        return SentFile(_read(parser.items).typed, too_large=True)
    upload = form.get("file")
    content = await upload.read() if isinstance(upload, UploadFile) else None
    found = SentFile(_read(form.multi_items()).typed, content or None, len(content or b"") > MOST_FILE_BYTES)
    await form.close()
    return found


def _read(items: Iterable[tuple[str, object]]) -> SentFile:
    typed: dict[str, list[str]] = {}
    for name, value in items:
        if isinstance(value, str):
            typed.setdefault(name, []).append(value)
    return SentFile(typed)


async def limited(request: Request) -> AsyncGenerator[bytes, None]:
    """The body. Raises TooLarge when all of it has been sent."""
    seen = 0
    async for part in request.stream():
        seen += len(part)
        if seen > MOST_READ:
            break
        if seen <= MOST_FILE_BYTES + FORM_OVERHEAD:
            yield part
    if seen > MOST_FILE_BYTES + FORM_OVERHEAD:
        raise TooLarge
