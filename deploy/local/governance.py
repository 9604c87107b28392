"""The trust list signed anew while cells run: vouched for again, a key added, a key declared lost. Two holders of governance keys sign, one
after the other; until the second has signed nothing changes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from joserfc.jwk import OKPKey

from contracts.border.governed import USES, trust_list
from contracts.border.signed_file import QUORUM, NotTrusted, public_keys, sign_document
from contracts.organisations import cell_of
from deploy.local.trouble import Trouble
from deploy.local.trust import TrustFiles, as_list, entry_of, new_key, write_file

PROPOSED = "trust.proposed.json"

Document = dict[str, Any]


class GovernanceError(Trouble):
    """Nothing was changed; the message says why."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of a new version: entries of keys to add by their organisation, and keys that were lost, with since when."""

    added: Sequence[tuple[str, Document]] = ()
    lost: Sequence[tuple[str, datetime]] = ()


def renewed(document: Document, changes: Changes, now: datetime) -> Document:
    """The next version of a trust list. A key that was lost goes from its organisation's and is named among the lost, for good.

    Raises GovernanceError.
    """
    organisations = {one["id"]: {**one, "keys": list(one["keys"])} for one in document["organisations"]}
    lost = {entry["kid"]: entry for entry in document.get("lost", [])}
    for kid, since in changes.lost:
        name, entry = _listed(organisations, kid)
        organisations[name]["keys"].remove(entry)
        since_then = {"since": since.isoformat()}
        lost[kid] = {"kid": kid, "organisation": name, "use": entry["use"], **since_then}
    for name, entry in changes.added:
        if entry["kid"] in lost or any(
            entry["kid"] == k["kid"] for o in organisations.values() for k in o["keys"]
        ):
            raise GovernanceError(f"the key {entry['kid']} is on the list, or was lost")
        one = organisations.setdefault(name, {"id": name, "cell": cell_of(name), "keys": []})
        one["keys"].append(entry)
    return {
        **document,
        "version": document["version"] + 1,
        "issued": now.isoformat(),
        "organisations": list(organisations.values()),
        "lost": list(lost.values()),
    }


def _listed(organisations: Document, kid: str) -> tuple[str, Document]:
    for name, one in organisations.items():
        for entry in one["keys"]:
            if entry["kid"] == kid:
                return name, entry
    raise GovernanceError(f"no key {kid} is on the trust list")


def renew(files: TrustFiles, signers: Sequence[OKPKey], changes: Changes, now: datetime) -> bool:
    """Sign the next version. True where it is in force; with one signer it waits for another. Raises GovernanceError."""
    signed = sign_document(renewed(in_force(files), changes, now), signers)
    if len({key.kid for key in signers}) < QUORUM:
        write_file(files.directory / PROPOSED, signed)
        return False
    _put_in_force(files, signed)
    return True


def confirm(files: TrustFiles, shown: Document, signer: OKPKey) -> Document:
    """Sign the proposal that was shown, whatever its file has become since, and put it in force. Raises GovernanceError."""
    signed = countersigned(shown, signer)
    _put_in_force(files, signed)
    (files.directory / PROPOSED).unlink(missing_ok=True)
    document: Document = signed["document"]
    return document


def countersigned(proposed: Document, signer: OKPKey) -> Document:
    """The same with another holder's signature. Raises GovernanceError."""
    again = sign_document(proposed["document"], [signer])["signatures"]
    if again[0]["kid"] in {one["kid"] for one in proposed["signatures"]}:
        raise GovernanceError("the same key signed it before; another holder confirms it")
    return {**proposed, "signatures": proposed["signatures"] + again}


def proposal(files: TrustFiles) -> Document:
    """The list that waits for a second signature. Raises GovernanceError."""
    return waiting(files.directory / PROPOSED, "no trust list waits for a second signature")


def waiting(path: Path, nothing: str) -> Document:
    """The document that waits in a file for a second signature. Raises GovernanceError."""
    try:
        found: Document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GovernanceError(nothing) from error
    return found


def in_force(files: TrustFiles) -> Document:
    """The document in force, whole and signed. Raises GovernanceError."""
    try:
        content = json.loads(files.trust_file.read_text(encoding="utf-8"))
        trust_list(content, holders(files))
    except (OSError, ValueError) as error:  # NotTrusted is a ValueError
        raise GovernanceError(f"{files.trust_file.name} {error}") from error
    document: Document = content["document"]
    return document


def _put_in_force(files: TrustFiles, signed: Document) -> None:
    """Replace the list by the one after it, and by no other: what was signed meanwhile is not undone."""
    before = in_force(files)["version"]
    if signed["document"]["version"] != before + 1:
        raise GovernanceError("another version came into force meanwhile; propose it again")
    try:
        trust_list(signed, holders(files))
    except NotTrusted as error:
        raise GovernanceError(f"the new list {error}") from error
    write_file(files.trust_file, signed)


def holders(files: TrustFiles) -> dict[str, OKPKey]:
    """The public governance keys. Raises OSError or ValueError where the file has none."""
    return public_keys(json.loads(files.governance_keys_file.read_text(encoding="utf-8")))


def signing_key(file: Path) -> OKPKey:
    """A holder's private key. Raises GovernanceError."""
    try:
        return OKPKey.import_key(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GovernanceError(f"{file} holds no governance key") from error


def replacement(
    files: TrustFiles, organisation: str, use: str, former: str, now: datetime, *, follows: bool = False
) -> Document:
    """A new key after one that was lost or that ends (`follows`: the new one is used when everybody has read of it), in the folder of its cell;
    its entry for the trust list, which the cells' operators compare by telephone. The former one stays beside it, and a lost one goes at the
    first start after the list has named it: what is refused meanwhile is refused for good. Raises GovernanceError.
    """
    path = files.organisation_keys_dir(cell_of(organisation)) / f"{organisation}.jwk.json"
    try:
        content: Document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GovernanceError(f"{organisation} has no keys here") from error
    if all(jwk["kid"] != former for jwk in as_list(content[use])):
        raise GovernanceError(f"{organisation} has no key {former} here")
    key = new_key(USES[use])
    write_file(path, {**content, use: [*as_list(content[use]), key.as_dict(private=True)]}, secret=True)
    return entry_of(key, use, now, after=follows)


def entry_in(file: Path) -> tuple[str, Document]:
    """An organisation and the entry of its key, in a file that came from its cell. Raises GovernanceError."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return str(content["organisation"]), dict(content["key"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GovernanceError(f"{file} is no key of an organisation") from error
