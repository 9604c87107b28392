"""An agreement added, or changed by its next version, while cells run: two holders of governance keys sign, one after the other, and until the
second has signed nothing changes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from joserfc.jwk import OKPKey

from contracts.border.governed import agreement, agreement_of
from contracts.border.signed_file import AGREEMENT, QUORUM, NotTrusted, sign_document
from contracts.codes import codes
from deploy.local.governance import Document, GovernanceError, countersigned, holders, waiting
from deploy.local.trust import TrustFiles, write_file

LISTS: Mapping[str, str] = MappingProxyType(
    {
        "purposes": "purpose",
        "fields": "field",
        "process_codes": "process",
        "extract_reasons": "extract_reason",
    }
)
"""The terms that are codes, each with its list."""
TERMS = frozenset({*LISTS, "id", "cells", "legal_basis", "retention_days", "valid_from", "valid_until"})


def versions(files: TrustFiles) -> list[Document]:
    """Every version of every agreement that two holders signed. Raises GovernanceError."""
    found: dict[tuple[str, int], Document] = {}
    try:
        governance = holders(files)
        for path in sorted((files.directory / "agreements").glob("*/*.json")):
            content = json.loads(path.read_text(encoding="utf-8"))
            agreement(content, governance)
            found[content["document"]["id"], content["document"]["version"]] = content["document"]
    except (OSError, ValueError) as error:  # NotTrusted is a ValueError
        raise GovernanceError(f"an agreement {error}") from error
    return [found[key] for key in sorted(found)]


def in_force(files: TrustFiles, agreement_id: str, now: datetime) -> Document | None:
    """The highest version that has begun, else the highest. Raises GovernanceError."""
    known = [document for document in versions(files) if document["id"] == agreement_id]
    return max(
        known, key=lambda d: (datetime.fromisoformat(d["valid_from"]) <= now, d["version"]), default=None
    )


def propose(files: TrustFiles, terms: Document, signers: Sequence[OKPKey]) -> bool:
    """Sign the next version of an agreement, or the first of another. True where two have signed; with one signer it waits for another's
    `confirm`. Raises GovernanceError.
    """
    signed = sign_document(following(files, terms), signers)
    if len({key.kid for key in signers}) < QUORUM:
        write_file(_place(files, terms["id"]), signed)
        return False
    _put_in_force(files, signed)
    return True


def confirm(files: TrustFiles, shown: Document, signer: OKPKey) -> Document:
    """Sign the proposal that was shown, whatever its file has become since, and put it in force. Raises GovernanceError."""
    signed = countersigned(shown, signer)
    document: Document = signed["document"]
    _put_in_force(files, signed)
    _place(files, document["id"]).unlink(missing_ok=True)
    return document


def proposal(files: TrustFiles, agreement_id: str) -> Document:
    """The version of an agreement that waits for a second signature. Raises GovernanceError."""
    nothing = f"no version of {agreement_id} waits for a second signature"
    return waiting(_place(files, agreement_id), nothing)


def proposed(files: TrustFiles) -> list[str]:
    """The agreements of which a version waits."""
    return sorted(path.stem for path in (files.directory / "proposed").glob("*.json"))


def terms_in(file: Path) -> Document:
    """The terms of a version that is to be signed, in a file. Raises GovernanceError."""
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise GovernanceError(f"{file} cannot be read") from error


def following(files: TrustFiles, terms: Document) -> Document:
    """The version that these terms would be. Raises GovernanceError, which names every mistake."""
    document = {**terms, "kind": AGREEMENT, "version": 1}
    mistakes = list(_mistakes(document))
    if mistakes:
        raise GovernanceError("; ".join(mistakes))
    known = [one for one in versions(files) if one["id"] == terms["id"]]
    if any(set(one["cells"]) != set(terms["cells"]) for one in known):
        raise GovernanceError("cells: an agreement stays between the same; another has another id")
    return {**document, "version": max((one["version"] for one in known), default=0) + 1}


def _mistakes(document: Document) -> Iterator[str]:
    """The mistakes in terms, before anybody signs them."""
    yield from (f"{name}: no such term" for name in sorted(document.keys() - TERMS - {"kind", "version"}))
    yield from (f"{name}: missing" for name in sorted(TERMS - document.keys()))
    try:
        agreement_of(document)
    except NotTrusted as error:
        yield f"it {error}: {error.__cause__}"
        return
    for term, name in LISTS.items():
        yield from (
            f"{term}: {one} is not of the list {name}" for one in document[term] if one not in codes(name)
        )


def _put_in_force(files: TrustFiles, signed: Document) -> None:
    """Give each party the version after all that there are, and no other: what was signed meanwhile is not undone."""
    document = signed["document"]
    if following(files, document)["version"] != document["version"]:
        raise GovernanceError("another version came into force meanwhile; propose it again")
    try:
        agreement(signed, holders(files))
    except NotTrusted as error:
        raise GovernanceError(f"the new version {error}") from error
    for cell in document["cells"]:
        write_file(files.version_file(cell, document["id"], document["version"]), signed)


def _place(files: TrustFiles, agreement_id: str) -> Path:
    return files.directory / "proposed" / f"{agreement_id}.json"
