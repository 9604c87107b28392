"""The trust of this cell: whose keys count and on what terms, by the trust list and the agreements, read from signed
files when they change.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from chassis.vault.epochs import FileKeysRefused
from contracts.border import governed
from contracts.border.addressing import unveiled
from contracts.border.check import Agreement
from contracts.border.differences import agreement_differences, list_differences
from contracts.border.envelope import KeyOf
from contracts.border.governed import TrustList
from contracts.border.items import AgreementReference
from contracts.border.signed_file import TRUST_LIST, NotTrusted, public_keys
from contracts.organisations import cell_of
from services.exchange.settings import Settings

T = TypeVar("T")
Mode = Literal["development", "production"]


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """The private keys of this cell's organisations, from the key folder. Production takes them from a token instead."""

    signing: Mapping[str, Sequence[KeyOf]] = field(repr=False)
    """Signing keys by organisation: one, or two while one follows the other."""
    agreeing: Mapping[str, KeyOf] = field(repr=False)
    """Decryption keys by thumbprint."""

    def reader(self, kid: str) -> KeyOf | None:
        """The organisation of this cell that an envelope is for, with its key, by the `kid` that stands outside of it."""
        return unveiled(kid, self.agreeing)


def read(path: Path, parse: Callable[[Any], T]) -> T:
    """The content of a file that governance signed, or of the file of its keys. Raises NotTrusted, which names the file."""
    try:
        return parse(json.loads(path.read_text(encoding="utf-8")))
    except NotTrusted as error:
        raise NotTrusted(f"{path.name} {error}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise NotTrusted(f"{path.name} cannot be read") from error


def governance_keys(path: Path) -> dict[str, OKPKey]:
    """The governance keys in a JWKS file. Raises NotTrusted."""
    try:
        return read(path, public_keys)
    except NotTrusted as error:
        raise NotTrusted(f"{path.name} holds no governance keys") from error


def read_trust_list(path: Path, governance: Mapping[str, OKPKey]) -> TrustList:
    """The trust list in a file. Raises NotTrusted."""
    return read(path, lambda content: governed.trust_list(content, governance))


def read_agreement(path: Path, governance: Mapping[str, OKPKey]) -> Agreement:
    """The agreement in a file. Raises NotTrusted."""
    return read(path, lambda content: governed.agreement(content, governance))


def counted_agreements(agreements: Iterable[Agreement], now: datetime) -> dict[str, Agreement]:
    """The agreements by identifier: of each its highest version that has begun."""
    found: dict[str, Agreement] = {}
    for agreement in agreements:
        kept = found.get(agreement.terms.id)
        if kept is None or _rank(agreement, now) > _rank(kept, now):
            found[agreement.terms.id] = agreement
    return found


def _rank(agreement: Agreement, now: datetime) -> tuple[bool, int]:
    return agreement.terms.valid_from <= now, agreement.terms.version


def read_own_keys(directory: Path, cell: str) -> OwnKeys:
    """The own keys, from one file `<organisation>.jwk.json` each, with its keys `sign` and `agree`. Raises NotTrusted."""
    signing: dict[str, Sequence[KeyOf]] = {}
    agreeing: dict[str, KeyOf] = {}
    for path in sorted(directory.glob("*.jwk.json")):
        organisation = path.name.removesuffix(".jwk.json")
        if cell_of(organisation) != cell:
            raise NotTrusted(f"{path.name} is of another cell")
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            signing[organisation] = _keys_of(organisation, content["sign"])
            agreeing |= {key.kid: key for key in _keys_of(organisation, content["agree"])}
        except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
            raise NotTrusted(f"{path.name} holds no keys of an organisation") from error
    return OwnKeys(signing, agreeing)


def _keys_of(organisation: str, content: Any) -> list[KeyOf]:
    entries = content if isinstance(content, list) else [content]
    return [KeyOf(organisation, entry["kid"], OKPKey.import_key(entry)) for entry in entries]


class Trust:
    """The trust list and the agreements in force. A changed file that does not hold leaves those in force, and is named."""

    def __init__(
        self, trust_file: Path, agreements: Path, keys: Path, governance: Path, cell: str, mode: Mode
    ) -> None:
        """Raises FileKeysRefused in production: the organisations' private keys are read from files here."""
        if mode == "production":
            raise FileKeysRefused
        self._trust_file, self._agreements_dir, self._keys_dir, self._governance = (
            trust_file,
            agreements,
            keys,
            governance,
        )
        self._cell = cell
        self._seen: tuple[tuple[str, int, int], ...] = ()
        self._confirmed: Sequence[Any] = ()
        self._least = (0, "")
        self._least_agreements: dict[str, AgreementReference] = {}
        self.list: TrustList | None = None
        self.own = OwnKeys({}, {})
        self.agreements: dict[str, Agreement] = {}
        self.problem: str | None = "the trust list was not read yet"

    @classmethod
    def of(cls, settings: Settings) -> "Trust":
        return cls(
            settings.trust_file,
            settings.agreements_dir,
            settings.organisation_keys_dir,
            settings.governance_keys_file,
            settings.cell,
            settings.mode,
        )

    def no_older_than(self, trust_list: tuple[int, str], agreements: Sequence[AgreementReference]) -> None:
        """Refuse what is older than the trust list and the agreements in force before a restart, which memory does not outlive."""
        self._least = max(self._least, trust_list)
        self._least_agreements |= {agreement.id: agreement for agreement in agreements}

    def take(self, confirmed: Sequence[Any]) -> None:
        """Read also what operators put in and confirmed. It is verified as the files are: governance signed it, or it does not count."""
        self._confirmed, self._seen = confirmed, ()

    def refresh(self, now: datetime) -> bool:
        """Read the files if any of them changed. True where something new is trusted now."""
        seen = self._fingerprint(now)
        if seen == self._seen:
            return False
        try:
            governance = governance_keys(self._governance)
            confirmed = [governed.governed(content, governance) for content in self._confirmed]
            trust_list = self._newest_list(governance, confirmed)
            agreements = counted_agreements(self._all_agreements(governance, confirmed), now)
            own = read_own_keys(self._keys_dir, self._cell)
            self._accept(trust_list, agreements, now)
        except NotTrusted as error:
            self.problem = str(error)
            return False
        self._seen, self.own, self.problem = seen, own, None
        return True

    def judge(self, content: Any) -> TrustList | Agreement:
        """The document that an operator puts in. Raises NotTrusted where it would not count here after what does now."""
        found = governed.governed(content, governance_keys(self._governance))
        if isinstance(found, TrustList):
            self._require_following_list(found, "the trust list")
            known = self.list is not None and self.list.sha256 == found.sha256
        else:
            self._require_own(found, found.terms.id)
            self._require_following(found.reference)
            known = self._least_agreements.get(found.terms.id) == found.reference
        if known:
            raise NotTrusted("is in force already")
        return found

    def differences(self, document: Mapping[str, Any]) -> list[str]:
        """The changes that a document brings to what is in force, a line each. Raises NotTrusted."""
        if document["kind"] == TRUST_LIST:
            return list(list_differences(self.list, governed.trust_list_of(document)))
        after = governed.agreement_of(document)
        return list(agreement_differences(self.agreements.get(after.terms.id), after))

    def signer(self, organisation: str, now: datetime) -> KeyOf | None:
        """The own key to sign with: the newest that is on the list now, since with any other nobody believes us."""
        own = {key.kid: key for key in self.own.signing.get(organisation, ())}
        listed = None if self.list is None else self.list.newest_signing_key(own, now)
        return None if listed is None else own[listed]

    def agreement(self, agreement_id: str) -> Agreement | None:
        return self.agreements.get(agreement_id)

    def _newest_list(
        self, governance: Mapping[str, OKPKey], confirmed: Iterable[TrustList | Agreement]
    ) -> TrustList:
        """A cell that was given a list by its operators needs no file of it."""
        lists = [one for one in confirmed if isinstance(one, TrustList)]
        if not lists or self._trust_file.exists():
            lists.append(read_trust_list(self._trust_file, governance))
        return max(lists, key=lambda one: one.version)

    def _all_agreements(
        self, governance: Mapping[str, OKPKey], confirmed: Iterable[TrustList | Agreement]
    ) -> Iterator[Agreement]:
        for path in sorted(self._agreements_dir.glob("*.json")):
            agreement = read_agreement(path, governance)
            self._require_own(agreement, path.name)
            yield agreement
        yield from (one for one in confirmed if isinstance(one, Agreement))

    def _accept(self, trust_list: TrustList, agreements: dict[str, Agreement], now: datetime) -> None:
        """Accept what governance signed. A list older than the one in force would bring back keys that were taken off, an older
        agreement what was taken back since. Raises NotTrusted.
        """
        self._require_following_list(trust_list, self._trust_file.name)
        for agreement in agreements.values():
            self._require_following(agreement.reference)
        self.list, self._least = trust_list, (trust_list.version, trust_list.sha256)
        self.agreements = agreements
        begun = [one.reference for one in agreements.values() if one.terms.valid_from <= now]
        self._least_agreements |= {reference.id: reference for reference in begun}

    def _require_own(self, agreement: Agreement, name: str) -> None:
        if self._cell not in agreement.terms.cells:
            raise NotTrusted(f"{name} is of other cells")

    def _require_following_list(self, trust_list: TrustList, name: str) -> None:
        """Raises NotTrusted where it is older than the list in force, or the same one with other content."""
        version, sha256 = self._least
        if trust_list.version < version:
            raise NotTrusted(f"{name} is older than the list in force")
        if trust_list.version == version and trust_list.sha256 != sha256:
            raise NotTrusted(f"{name} is not the list in force, and is numbered like it")

    def _require_following(self, agreement: AgreementReference) -> None:
        """Raises NotTrusted where it is older than the version in force, or the same one with other terms."""
        before = self._least_agreements.get(agreement.id, agreement)
        if agreement.version < before.version:
            raise NotTrusted(f"{agreement.id} is older than the version in force")
        if agreement.version == before.version and agreement != before:
            raise NotTrusted(f"{agreement.id} is not the version in force, and is numbered like it")

    def _fingerprint(self, now: datetime) -> tuple[tuple[str, int, int], ...]:
        """Names, times and sizes of the files; the hour too, for an agreement may begin without a file changing."""
        paths = [self._trust_file, self._governance]
        paths += sorted(self._agreements_dir.glob("*.json")) + sorted(self._keys_dir.glob("*.json"))
        stats = []
        for path in paths:
            try:
                stat = path.stat()
            except OSError:
                continue
            stats.append((str(path), stat.st_mtime_ns, stat.st_size))
        return (*stats, ("minute", int(now.timestamp()) // 60, 0))
