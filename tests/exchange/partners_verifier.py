"""A partner's own receiver, as far as trust goes: opens an envelope and judges every item, with nothing of ours but `contracts`.

partners_verifier.py <folder of the signed files> <folder of the own keys> <cell that sent it> < envelope
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from joserfc.jwk import OKPKey

from contracts.border import governed
from contracts.border.addressing import unveiled
from contracts.border.check import Way, check_claims, check_item
from contracts.border.envelope import KeyOf, UnopenedEnvelope, open_envelope
from contracts.border.items import ControlItem
from contracts.border.signed_file import public_keys
from contracts.organisations import cell_of


def loaded(path: Path) -> object:
    return json.loads(path.read_text(encoding="utf-8"))


def own_keys(path: Path) -> list[KeyOf]:
    """The keys by which an organisation of ours reads: one, or two while one follows another."""
    agree = loaded(path)["agree"]
    made = [OKPKey.import_key(entry) for entry in (agree if isinstance(agree, list) else [agree])]
    return [KeyOf(path.name.removesuffix(".jwk.json"), key.kid, key) for key in made]


def verify(raw: bytes, files: Path, own: Path, partner: str, now: datetime) -> dict[str, str]:
    """The verdict on each item of the envelope by its identifier: the code that refuses it, or `accepted`."""
    governance = public_keys(loaded(files / "governance.jwks.json"))
    trusted = governed.trust_list(loaded(files / "trust.json"), governance)
    signed = (files / "agreements" / own.name).glob("*.json")
    agreed = [governed.agreement(loaded(path), governance) for path in signed]
    agreements = {agreement.terms.id: agreement for agreement in agreed}
    keys = {key.kid: key for path in own.glob("*.jwk.json") for key in own_keys(path)}
    opened = open_envelope(raw, lambda kid: unveiled(kid, keys), lambda kid: trusted.signing_key(kid, now))
    claims = opened.claims
    refused = check_claims(claims, signer=opened.signer, reader=opened.reader, partner=partner, now=now)
    way = Way(claims.iss, partner, claims.aud, cell_of(claims.aud))
    verdicts = {}
    for item in claims.items:
        named = None if isinstance(item, ControlItem) else agreements.get(item.agreement.id)
        verdicts[str(item.id)] = refused or check_item(item, named, way, now) or "accepted"
    return verdicts


if __name__ == "__main__":
    try:
        answer = verify(
            sys.stdin.buffer.read(), Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], datetime.now(UTC)
        )
    except UnopenedEnvelope as refusal:
        answer = {"envelope": refusal.code}
    sys.stdout.write(json.dumps(answer))
