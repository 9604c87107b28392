"""`corridor check-extract FILE`: what a partner's auditor released, checked without either cell by the trust list alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from contracts.border.envelope import FindKey, KeyOf, UnopenedEnvelope, read_signed
from contracts.border.extract import Extract, fault, fault_of_all
from contracts.border.governed import TrustList
from contracts.border.signed_file import NotTrusted
from contracts.organisations import authority, cell_of
from deploy.local.trouble import Trouble
from services.exchange.trust import governance_keys, read_trust_list

SENTENCES = {
    "unknown_key": "was signed by no key of the trust list",
    "bad_signature": "was changed after it was signed",
    "invalid_value": "was signed, and is nothing that an authority of a border sends",
}
"""By the code of what is not right; anything else is no signed text at all."""


class BrokenExtractError(Trouble):
    """The file is not what a partner's auditor released."""


@dataclass(frozen=True, slots=True)
class SignedPart:
    """One line: the part, and by whom, to whom and when it was signed."""

    extract: Extract
    sender: str
    recipient: str
    at: datetime


def check_extract(file: Path, trust_list: Path, governance: Path, console: Console) -> None:
    """Raises BrokenExtractError where a signature, a proof, a part or their order does not fit."""
    try:
        trusted = read_trust_list(trust_list, governance_keys(governance))
    except NotTrusted as error:
        raise BrokenExtractError(str(error)) from error
    lines = file.read_bytes().splitlines()
    if not lines:
        raise BrokenExtractError("the file is empty")
    parts = [_part(number, line, trusted) for number, line in enumerate(lines, 1)]
    _require_one_answer(parts)
    console.print(_told(parts), markup=False, soft_wrap=True)


def _part(number: int, line: bytes, trusted: TrustList) -> SignedPart:
    try:
        claims, signer = read_signed(line, _key_of(trusted))
    except UnopenedEnvelope as error:
        said = SENTENCES.get(error.code, "is no text that a border signs")
        raise BrokenExtractError(f"line {number} {said}") from error
    at = datetime.fromtimestamp(claims.iat, UTC)
    if (listed := trusted.keys.get(signer.kid)) is None or not listed.valid(at):
        raise BrokenExtractError(f"line {number} was signed with a key that was not valid then")
    sender, extract = claims.iss, claims.extract
    if signer.organisation != sender or sender != authority(cell_of(sender)) or extract is None:
        raise BrokenExtractError(f"line {number} is no extract that the authority of a cell signed")
    if (wrong := fault(extract)) is not None:
        raise BrokenExtractError(f"line {number} {wrong}")
    return SignedPart(extract, sender, claims.aud, at)


def _key_of(trusted: TrustList) -> FindKey:
    def signing(kid: str) -> KeyOf | None:
        listed = trusted.keys.get(kid)
        return listed.key if listed is not None and listed.use == "sign" else None

    return signing


def _require_one_answer(parts: Sequence[SignedPart]) -> None:
    if len({(one.sender, one.recipient) for one in parts}) != 1:
        raise BrokenExtractError("the parts are not from one cell to one other")
    if (wrong := fault_of_all([one.extract for one in parts])) is not None:
        raise BrokenExtractError(wrong)


def _told(parts: Sequence[SignedPart]) -> str:
    first, head = parts[0], parts[0].extract.head
    entries = sum(len(one.extract.entries) for one in parts)
    about = ", ".join(map(str, first.extract.about))
    return (
        f"{entries} entries of {cell_of(first.sender)} to {cell_of(first.recipient)}, {first.extract.withheld} withheld,"
        f" asked for by {first.extract.request_id} ({first.extract.reason}) about {about}: whole."
        f" Signed {first.at:%Y-%m-%d %H:%M} UTC over a log of {head.entries} entries with the head {head.hash}"
    )
