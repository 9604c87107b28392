"""The documents that governance signs: the trust list with everybody's public keys, and the agreements between cells."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from contracts.border.addressing import veiled
from contracts.border.check import Agreement
from contracts.border.envelope import AGREE_CURVE, SIGN_CURVE, KeyOf
from contracts.border.signed_file import AGREEMENT, TRUST_LIST, NotTrusted, document_sha256, verified
from contracts.disclosure import AgreementTerms
from contracts.organisations import authority, cell_of

LONGEST_RETENTION_DAYS = 3_660
_AGREEMENT_ID, _CELL = re.compile(r"[a-z0-9\-]{1,60}"), re.compile(r"[A-Z]{2}")

USES: Mapping[str, str] = {"sign": SIGN_CURVE, "agree": AGREE_CURVE}


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A public key of an organisation, and when it may be used."""

    key: KeyOf
    use: str
    not_before: datetime
    not_after: datetime

    def valid(self, now: datetime) -> bool:
        return self.not_before <= now < self.not_after


@dataclass(frozen=True, slots=True)
class LostKey:
    """A key that is in other hands or in nobody's since an instant: nothing is sealed to it, and nothing that it signed counts."""

    kid: str
    organisation: str
    use: str
    since: datetime


@dataclass(frozen=True, slots=True)
class TrustList:
    """Organisations and their public keys. `issued` is when governance last vouched for all of it. A key that was lost is never among
    the others again.
    """

    version: int
    issued: datetime
    sha256: str
    keys: Mapping[str, ListedKey] = field(repr=False)
    lost: Mapping[str, LostKey] = field(default_factory=dict)

    def signing_key(self, kid: str, now: datetime) -> KeyOf | None:
        listed = self.keys.get(kid)
        return listed.key if listed is not None and listed.use == "sign" and listed.valid(now) else None

    def newest_signing_key(self, kids: Collection[str], now: datetime) -> str | None:
        """The one of these keys that began last among those that sign now."""
        found = [self.keys[kid] for kid in kids if self.signing_key(kid, now) is not None]
        return max(found, key=lambda k: k.not_before).key.kid if found else None

    def agreement_key(self, organisation: str, now: datetime) -> KeyOf | None:
        """The newest key to encrypt to an organisation; None for one that is not on the list."""
        ours = [
            k
            for k in self.keys.values()
            if k.key.organisation == organisation and k.use == "agree" and k.valid(now)
        ]
        return max(ours, key=lambda k: k.not_before).key if ours else None

    def recipient_keys(self, organisation: str, now: datetime) -> tuple[KeyOf, KeyOf] | None:
        """The key to encrypt to, and that of the authority by which its cell is told whose it is; None also where that
        cell has no authority on the list.
        """
        key = self.agreement_key(organisation, now)
        receiving = self.agreement_key(authority(cell_of(organisation)), now)
        return None if key is None or receiving is None else (key, receiving)

    def recipient(self, organisation: str, now: datetime) -> KeyOf | None:
        """The key to encrypt to, under a `kid` that only its cell can read."""
        keys = self.recipient_keys(organisation, now)
        return None if keys is None else veiled(*keys)


def trust_list(content: Any, governance: Mapping[str, OKPKey]) -> TrustList:
    """The trust list in the content of its file. Raises NotTrusted."""
    return trust_list_of(verified(content, TRUST_LIST, governance))


def trust_list_of(document: Mapping[str, Any]) -> TrustList:
    """The trust list that a document says, whoever signed it. Raises NotTrusted."""
    try:
        lost = {entry["kid"]: _lost(entry) for entry in document.get("lost", [])}
        keys = {k.key.kid: k for k in _listed(document["organisations"]) if k.key.kid not in lost}
        issued, version = _instant(document["issued"]), _version(document["version"])
        return TrustList(version, issued, document_sha256(document), keys, lost)
    except (ValueError, KeyError, TypeError, JoseError) as error:
        raise NotTrusted("is no trust list") from error


def _listed(organisations: list[dict[str, Any]]) -> Iterator[ListedKey]:
    for organisation in organisations:
        name = str(organisation["id"])
        if organisation["cell"] != cell_of(name):
            raise ValueError("an organisation belongs to the cell that its name begins with")
        for entry in organisation["keys"]:
            jwk = entry["jwk"]
            if jwk.get("crv") != USES[entry["use"]] or "d" in jwk:
                raise ValueError("a listed key is public and fits its use")
            not_before, not_after = (_instant(entry[m]) for m in ("not_before", "not_after"))
            public = OKPKey.import_key(jwk)
            if public.thumbprint() != entry["kid"]:
                raise ValueError("a key is named by its own thumbprint")
            yield ListedKey(KeyOf(name, entry["kid"], public), entry["use"], not_before, not_after)


def _lost(entry: Mapping[str, Any]) -> LostKey:
    if entry["use"] not in USES:
        raise ValueError("a key signs or agrees")
    return LostKey(str(entry["kid"]), str(entry["organisation"]), entry["use"], _instant(entry["since"]))


def agreement(content: Any, governance: Mapping[str, OKPKey]) -> Agreement:
    """The agreement in the content of its file. Raises NotTrusted."""
    return agreement_of(verified(content, AGREEMENT, governance))


def governed(content: Any, governance: Mapping[str, OKPKey]) -> TrustList | Agreement:
    """Whichever of the two the content of a signed file is. Raises NotTrusted."""
    try:
        kind = content["document"]["kind"]
    except (KeyError, TypeError) as error:
        raise NotTrusted("cannot be read") from error
    if kind == TRUST_LIST:
        return trust_list(content, governance)
    return agreement(content, governance)


def agreement_of(document: Mapping[str, Any]) -> Agreement:
    """The agreement that a document says, whoever signed it. Raises NotTrusted."""
    try:
        terms = AgreementTerms(
            id=_matching(_AGREEMENT_ID, document["id"]),
            version=_version(document["version"]),
            sha256=document_sha256(document),
            cells=_cells(document["cells"]),
            purposes=_names(document["purposes"]),
            fields=_names(document["fields"]),
            valid_from=_instant(document["valid_from"]),
            valid_until=_instant(document["valid_until"]),
            retention_days=_retention(document.get("retention_days", 0)),
        )
        reasons = _names(document.get("extract_reasons", []))
        return Agreement(terms, _names(document["process_codes"]), str(document["legal_basis"]), reasons)
    except (ValueError, KeyError, TypeError) as error:
        raise NotTrusted("is no agreement") from error


def _matching(pattern: re.Pattern[str], value: str) -> str:
    if pattern.fullmatch(value) is None:
        raise ValueError("a name is in its form")
    return value


def _cells(value: object) -> tuple[str, ...]:
    """One, or two that are different."""
    cells = _names(value)
    if not 1 <= len(cells) <= 2 or len(set(cells)) < len(cells):
        raise ValueError("an agreement is inside a cell, or between two")
    return tuple(_matching(_CELL, cell) for cell in cells)


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError("a list of names")
    return tuple(value)


def _instant(value: str) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError("an instant has a zone")
    return instant


def _version(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**31:
        raise ValueError("versions are counted from one")
    return value


def _retention(days: object) -> int:
    if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= LONGEST_RETENTION_DAYS:
        raise ValueError("days from none to ten years")
    return days
