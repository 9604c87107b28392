"""`python -m deploy.messages`: brings the catalogues of the console up to its messages.

A message that is new stands in each without a translation, and a test fails until it has one; one that is gone is taken out.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from contracts.codes import ENGLISH, LANGUAGES

CONSOLE = Path(__file__).parents[1] / "services" / "console"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext.babel_extract")]
KEYWORDS = {"marked": None, "_": None, "say": None}
HEADER = """\
# The words of the console. No native speaker has reviewed this translation: whoever does takes out X-Unreviewed and this line.
msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"X-Unreviewed: by a native speaker\\n"

"""
"""The head of a new catalogue. That of one that is there stays as it is."""
WIDTH = 110
_BEFORE_MARK = re.compile(r" (?=[:;?!»])|(?<=«) ")


def messages() -> Iterator[str]:
    """Every message of the pages, in the order in which they stand in the files."""
    found = extract_from_dir(
        str(CONSOLE), METHODS, keywords=KEYWORDS, comment_tags=(), directory_filter=lambda path: "node_modules" not in path
    )  # fmt: skip
    seen = dict.fromkeys(message for _, _, message, _, _ in sorted(found) if isinstance(message, str))
    yield from seen


def catalogue(language: str) -> Catalog:
    """The catalogue of a language as it is; empty where there is none yet."""
    file = CONSOLE / "locale" / f"{language}.po"
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def brought_up(language: str) -> Catalog:
    """The same with exactly the messages that there are."""
    before, made = catalogue(language), Catalog(locale=language)
    for message in messages():
        known = before.get(message)
        made.add(message, _held_together(language, str(known.string)) if known is not None else "")
    return made


def _held_together(language: str, text: str) -> str:
    """French has a space before some marks, at which no line breaks."""
    return _BEFORE_MARK.sub("\u00a0", text) if language == "fr" else text


def write(language: str, made: Catalog) -> None:
    file = CONSOLE / "locale" / f"{language}.po"
    head = HEADER.format(language=language)
    if file.exists():
        head = file.read_text(encoding="utf-8").partition("\n\n")[0] + "\n\n"
    body = io.BytesIO()
    write_po(body, made, width=WIDTH, omit_header=True)
    file.write_text(head + body.getvalue().decode().strip() + "\n", encoding="utf-8")


def main() -> None:
    for language in LANGUAGES:
        if language != ENGLISH:
            write(language, brought_up(language))


if __name__ == "__main__":
    main()
