"""Keys, trust list and agreements of a local set of cells, as the signed files that exchange reads. Development only.

Run again it keeps every key and every unchanged agreement, and vouches anew for the trust list.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from joserfc.jwk import OKPKey

from chassis.clock import utc_now
from contracts.border.governed import USES
from contracts.border.signed_file import AGREEMENT, QUORUM, TRUST_LIST, sign_document
from contracts.codes import codes
from contracts.organisations import cell_of
from deploy.local.countries import AgreementDraft, agreements, read_all
from deploy.local.place import COUNTRIES

LIFETIMES: Mapping[str, timedelta] = {"sign": timedelta(days=90), "agree": timedelta(days=180)}
ENDS_SOON, FOLLOWS_AFTER = timedelta(days=14), timedelta(hours=1)
"""A key's successor is made so long before its end, and used so long after it was listed."""
STILL_READ = timedelta(days=30)
"""The longest life of an envelope, and of a record in a topic."""
AGREEMENT_LIFETIME = timedelta(days=365)
GOVERNANCE_KEYS = 3


@dataclass(frozen=True, slots=True)
class TrustFiles:
    """The places of the files. Only `keys` holds secrets, and each cell is given its own folder alone."""

    directory: Path

    @property
    def trust_file(self) -> Path:
        return self.directory / "trust.json"

    def agreements_dir(self, cell: str) -> Path:
        """The agreements that the cell is a party to: those between two others are not its business."""
        return self.directory / "agreements" / cell

    def version_file(self, cell: str, agreement_id: str, version: int) -> Path:
        """A version that was signed by command; the one before it stays beside it, and counts until this one begins."""
        return self.agreements_dir(cell) / f"{agreement_id}.{version}.json"

    @property
    def governance_keys_file(self) -> Path:
        return self.directory / "governance.jwks.json"

    def organisation_keys_dir(self, cell: str) -> Path:
        return self.directory / "keys" / cell

    def settings(self, cell: str) -> dict[str, Path]:
        """The settings of exchange that name these files."""
        return {
            "trust_file": self.trust_file,
            "agreements_dir": self.agreements_dir(cell),
            "governance_keys_file": self.governance_keys_file,
            "organisation_keys_dir": self.organisation_keys_dir(cell),
        }


def make_trust(
    directory: Path,
    cells: Sequence[str],
    countries: Path = COUNTRIES,
    drafts: Sequence[AgreementDraft] | None = None,
    now: datetime | None = None,
) -> TrustFiles:
    """Make or renew the files. `drafts` are the agreements of the countries' folders, and `now`, when governance
    vouches for the list, is the present, unless told otherwise.
    """
    files, moment = TrustFiles(directory), now or utc_now()
    chosen = read_all(cells, countries)
    governance = _governance(files)
    names = [name for country in chosen.values() for name in country.organisations]
    known = KnownKeys.of(files.trust_file)
    listed = [_organisation(files, name, moment, known) for name in names]
    for draft in agreements(chosen) if drafts is None else drafts:
        _agreement(files, draft, governance, moment)
    document = {
        "kind": TRUST_LIST,
        "version": _version(files.trust_file) + 1,
        "issued": moment.isoformat(),
        "organisations": listed,
        "lost": list(known.lost.values()),
    }
    write_file(files.trust_file, sign_document(document, governance[:QUORUM]))
    return files


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """The keys of the trust list in a file, by thumbprint: those that are listed, and those that were lost."""

    listed: Mapping[str, Mapping[str, Any]]
    lost: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, trust_file: Path) -> "KnownKeys":
        """None of either where there is no file yet."""
        if not trust_file.exists():
            return cls({}, {})
        document = json.loads(trust_file.read_text(encoding="utf-8"))["document"]
        listed = {key["kid"]: key for one in document["organisations"] for key in one["keys"]}
        return cls(listed, {key["kid"]: key for key in document.get("lost", [])})


def _governance(files: TrustFiles) -> list[OKPKey]:
    """Three keys of which two sign. In production they are in three different hands."""
    secrets = files.directory / "governance"
    keys = [_key(secrets / f"{number}.jwk.json", "Ed25519") for number in range(1, GOVERNANCE_KEYS + 1)]
    public = {"keys": [key.as_dict(private=False) for key in keys]}
    write_file(files.governance_keys_file, public)
    return keys


def _organisation(files: TrustFiles, name: str, now: datetime, known: KnownKeys) -> dict[str, Any]:
    """The organisation's entry of the trust list; its private keys go into its cell's folder. A key lives as long as was said of it
    first, and its successor is made in time. One that was lost does not come back, not even with a backup.
    """
    cell = cell_of(name)
    path = files.organisation_keys_dir(cell) / f"{name}.jwk.json"
    content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    kept: dict[str, list[dict[str, Any]]] = {}
    entries: list[dict[str, Any]] = []
    for use, curve in USES.items():
        keys = [OKPKey.import_key(jwk) for jwk in as_list(content.get(use, []))]
        pairs = [(key, dict(known.listed.get(str(key.kid)) or entry_of(key, use, now))) for key in keys]
        pairs = [
            (key, entry) for key, entry in pairs if key.kid not in known.lost and not is_past(entry, now)
        ]
        if all(ends_soon(entry, now) for _, entry in pairs):
            key = new_key(curve)
            pairs.append((key, entry_of(key, use, now, after=bool(pairs))))
        kept[use] = [key.as_dict(private=True) for key, _ in pairs]
        entries += [entry for _, entry in pairs]
    if kept != content:
        write_file(path, kept, secret=True)
    return {"id": name, "cell": cell, "keys": entries}


def as_list(keys: Any) -> list[Any]:
    """A file of keys has one of a use, or several while one follows another."""
    return keys if isinstance(keys, list) else [keys]


def ends_soon(entry: Mapping[str, Any], now: datetime) -> bool:
    return datetime.fromisoformat(entry["not_after"]) - now < ENDS_SOON


def is_past(entry: Mapping[str, Any], now: datetime) -> bool:
    """True once nothing can come any more that was sealed to it in its time."""
    return now - datetime.fromisoformat(entry["not_after"]) > STILL_READ


def entry_of(key: OKPKey, use: str, now: datetime, *, after: bool = False) -> dict[str, Any]:
    """A key's entry of the trust list. `after`: it follows another, and is used once everybody has read of it."""
    begins = now + FOLLOWS_AFTER if after else now - timedelta(minutes=5)
    return {
        "kid": key.kid,
        "use": use,
        "jwk": key.as_dict(private=False),
        "not_before": begins.isoformat(),
        "not_after": (now + LIFETIMES[use]).isoformat(),
    }


def _agreement(files: TrustFiles, draft: AgreementDraft, governance: Sequence[OKPKey], now: datetime) -> None:
    """Sign an agreement. A changed draft becomes the next version, an unchanged one is left as it was signed; each
    party has a copy. One that holders of governance keys have signed by command since is theirs, and no draft's any more.
    """
    if any(any(files.agreements_dir(cell).glob(f"{draft.id}.*.json")) for cell in draft.cells):
        return
    path, *copies = (files.agreements_dir(cell) / f"{draft.id}.json" for cell in draft.cells)
    _signed_anew(path, draft, governance, now)
    for copy in copies:
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            write_file(copy, json.loads(path.read_text(encoding="utf-8")))


def _signed_anew(path: Path, draft: AgreementDraft, governance: Sequence[OKPKey], now: datetime) -> None:
    terms = {
        "cells": list(draft.cells),
        "purposes": list(draft.purposes),
        "fields": list(draft.fields),
        "process_codes": list(draft.process_codes or sorted(codes("process"))),
        "legal_basis": draft.legal_basis,
        "retention_days": draft.retention_days,
        "extract_reasons": list(draft.extract_reasons),
    }
    if path.exists():
        signed = json.loads(path.read_text(encoding="utf-8"))["document"]
        lasts = datetime.fromisoformat(signed["valid_until"]) > now
        if lasts and all(signed.get(name) == value for name, value in terms.items()):
            return
    document = {
        "kind": AGREEMENT,
        "id": draft.id,
        "version": _version(path) + 1,
        **terms,
        "valid_from": (now - timedelta(minutes=5)).isoformat(),
        "valid_until": (now + AGREEMENT_LIFETIME).isoformat(),
    }
    write_file(path, sign_document(document, governance[:QUORUM]))


def _version(path: Path) -> int:
    if not path.exists():
        return 0
    return int(json.loads(path.read_text(encoding="utf-8"))["document"]["version"])


def _key(path: Path, curve: str) -> OKPKey:
    if path.exists():
        return OKPKey.import_key(json.loads(path.read_text(encoding="utf-8")))
    key = new_key(curve)
    write_file(path, key.as_dict(private=True), secret=True)
    return key


def new_key(curve: Any) -> OKPKey:
    """A new key, whose `kid` is its thumbprint: that tells an onlooker no name."""
    key = OKPKey.generate_key(curve)
    return OKPKey.import_key({**key.as_dict(private=True), "kid": key.thumbprint()})


def write_file(path: Path, content: dict[str, Any], *, secret: bool = False) -> None:
    """Replace the file whole, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".new")
    half.touch(mode=0o600 if secret else 0o644)
    half.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    half.replace(path)
