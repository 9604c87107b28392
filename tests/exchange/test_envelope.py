"""The envelope: what goes in comes out, and nothing that was changed on the way is opened."""

import base64
import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from joserfc import jwe as joserfc_jwe
from joserfc import jws as joserfc_jws
from joserfc.jwk import OKPKey
from jwcrypto import jwe, jwk, jws

from contracts.border import envelope
from contracts.border.check import check_claims
from contracts.border.envelope import KeyOf, UnopenedEnvelope, open_envelope, seal
from contracts.border.items import (
    AgreementReference,
    Claims,
    ConsentReference,
    ControlItem,
    DisclosureContent,
    DisclosureItem,
    Item,
    Presence,
    ProcessContent,
    ProcessItem,
    Proof,
)
from contracts.border.wire import BUCKETS, TooLargeToSeal, UnparsableClaims, from_bytes, to_bytes

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NAME = "นางสาว สมใจ"


def key(organisation: str, curve: str) -> KeyOf:
    made = OKPKey.generate_key(curve)
    return KeyOf(organisation, made.thumbprint(), made)


SIGNER, READER = key("th-care-agency", "Ed25519"), key("kh-reintegration-agency", "X25519")


def known(*keys: KeyOf) -> Callable[[str], KeyOf | None]:
    return {k.kid: k for k in keys}.get


def a_disclosure() -> Item:
    content = DisclosureContent(
        disclosure_id=UUID(int=5),
        referral_id=UUID(int=6),
        service="shelter",
        urgency="urgent",
        agreement=AgreementReference("th-kh", 1, "c" * 64),
        consent=ConsentReference(
            UUID(int=7), 3, "a" * 64, "protection", ("identity",), NOW + timedelta(days=9), ("outcome",)
        ),
        legal_basis="a law",
        fields=("cor_FullName", "prs_Citizenship"),
        data={"cor_FullName": NAME, "prs_Citizenship": ("KH", "TH")},
        proof=Proof(7, "b" * 64),
    )
    return DisclosureItem(UUID(int=1), UUID(int=2), content)


def claims(*items: Item, **changes: object) -> Claims:
    issued = int(NOW.timestamp())
    made = Claims(
        iss=SIGNER.organisation,
        aud=READER.organisation,
        jti=UUID(int=9),
        iat=issued,
        exp=issued + 3600,
        seq=4,
        prev="d" * 64,
        items=items or (a_disclosure(),),
    )
    return replace(made, **changes)


def opened(raw: bytes) -> Claims:
    return replace(open_envelope(raw, known(READER), known(SIGNER)).claims, pad="")


def refusal(raw: bytes, reader: KeyOf = READER, signer: KeyOf = SIGNER) -> str | None:
    try:
        open_envelope(raw, known(reader), known(signer))
    except UnopenedEnvelope as error:
        return error.code
    return None


def test_what_was_sealed_is_what_is_opened() -> None:
    process = ProcessItem(
        uuid4(),
        uuid4(),
        ProcessContent(AgreementReference("x", 1, "0" * 64), "return.arrived", uuid4(), NOW),
    )
    presence = ControlItem(uuid4(), Presence({0: 12, 3: 4}, {"th-exchange": 9}))
    sent = claims(a_disclosure(), process, presence)
    assert opened(seal(sent, SIGNER, READER)) == sent


def test_the_opener_is_told_who_signed_and_keeps_the_signed_text_as_evidence() -> None:
    found = open_envelope(seal(claims(), SIGNER, READER), known(READER), known(SIGNER))
    assert (found.signer, found.reader) == ("th-care-agency", "kh-reintegration-agency")
    kept = joserfc_jws.deserialize_compact(found.evidence, SIGNER.key, registry=envelope._jws_registry())
    assert json.loads(kept.payload)["jti"] == str(UUID(int=9))


def test_outside_there_is_nothing_but_algorithms_a_version_and_an_opaque_key() -> None:
    raw = seal(claims(), SIGNER, READER)
    outside = json.loads(base64.urlsafe_b64decode(raw.split(b".")[0] + b"=="))
    assert outside.pop("epk").keys() == {"kty", "crv", "x"}
    assert outside == {
        "alg": "ECDH-ES+A256KW",
        "enc": "A256GCM",
        "typ": "corridor+jwe",
        "ver": 1,
        "kid": READER.key.thumbprint(),
    }
    assert NAME.encode() not in raw


def test_envelopes_of_different_content_have_the_same_size() -> None:
    short = replace(a_disclosure(), reference=UUID(int=0))
    content = replace(short.disclosure, data={"cor_FullName": "A", "prs_Citizenship": ("KH",)})
    sizes = {
        len(seal(claims(a_disclosure()), SIGNER, READER)),
        len(seal(claims(replace(short, disclosure=content)), SIGNER, READER)),
    }
    assert len(sizes) == 1


def test_every_body_fills_a_bucket_to_the_byte() -> None:
    items = [a_disclosure() for _ in range(100)]
    sizes = [len(to_bytes(claims(*items[:n]))) for n in (1, 5, 20, 50, 100)]
    assert set(sizes) <= set(BUCKETS)
    assert sizes == sorted(sizes)


def test_what_is_larger_than_the_largest_bucket_is_not_sealed() -> None:
    content = replace(a_disclosure().disclosure, legal_basis="x" * 500_000)
    with pytest.raises(TooLargeToSeal):
        seal(claims(replace(a_disclosure(), disclosure=content)), SIGNER, READER)


def test_the_largest_envelope_is_small_enough_for_the_broker_and_can_be_opened() -> None:
    content = replace(a_disclosure().disclosure, data={f"f{n}": "x" * 2_000 for n in range(225)})
    sent = claims(replace(a_disclosure(), disclosure=content))
    raw = seal(sent, SIGNER, READER)
    assert len(raw) < 900_000
    assert opened(raw) == sent


def test_every_single_byte_changed_is_refused() -> None:
    raw = seal(claims(), SIGNER, READER)
    random.seed(7)
    for position in range(len(raw)):
        changed = bytearray(raw)
        changed[position] ^= random.randrange(1, 256)
        assert refusal(bytes(changed)) is not None, position


def test_a_byte_added_or_taken_away_is_refused() -> None:
    raw = seal(claims(), SIGNER, READER)
    for changed in (raw[:-1], raw[1:], raw + b"A", raw + b"=", raw + b"\n", b"", b"....", raw + b"." + raw):
        assert refusal(changed) == "unreadable"


def test_another_spelling_of_the_same_bytes_is_refused() -> None:
    head, *rest, tag = seal(claims(), SIGNER, READER).split(b".")
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(tag[-1])
    other = tag[:-1] + bytes([alphabet[last ^ 1]])  # the tag's last character has four bits that say nothing
    assert base64.urlsafe_b64decode(other + b"==") == base64.urlsafe_b64decode(tag + b"==")
    assert refusal(b".".join([head, *rest, other])) == "unreadable"


def test_a_key_that_is_not_on_the_trust_list_is_refused() -> None:
    stranger = key("th-care-agency", "Ed25519")
    assert refusal(seal(claims(), stranger, READER)) == "unknown_key"


def test_another_recipients_envelope_cannot_be_opened() -> None:
    other = key("kh-health-agency", "X25519")
    assert refusal(seal(claims(), SIGNER, other)) == "wrong_recipient"


def test_a_signature_by_another_key_under_a_known_name_is_refused() -> None:
    stranger = KeyOf(SIGNER.organisation, SIGNER.kid, OKPKey.generate_key("Ed25519"))
    assert refusal(seal(claims(), stranger, READER)) == "bad_signature"


def outer(signed: bytes, **changes: object) -> bytes:
    header = {
        "alg": "ECDH-ES+A256KW",
        "enc": "A256GCM",
        "typ": "corridor+jwe",
        "ver": 1,
        "kid": READER.kid,
        **changes,
    }
    registry = joserfc_jwe.JWERegistry(
        header_registry=envelope._VERSION_HEADER,
        algorithms=["ECDH-ES+A256KW", "ECDH-ES", "A256GCM", "A128GCM", "DEF"],
    )
    return joserfc_jwe.encrypt_compact(header, signed, READER.key, registry=registry).encode()


def inner(payload: bytes, **changes: object) -> bytes:
    header = {"alg": "Ed25519", "typ": "corridor+jws", "ver": 1, "kid": SIGNER.kid, **changes}
    registry = joserfc_jws.JWSRegistry(
        header_registry=envelope._VERSION_HEADER,
        algorithms=["Ed25519", "EdDSA", "none"],
        strict_check_header=False,
    )
    return joserfc_jws.serialize_compact(header, payload, SIGNER.key, registry=registry).encode()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (lambda: outer(inner(to_bytes(claims())), ver=2), "unsupported_version"),
        (lambda: outer(inner(to_bytes(claims())), enc="A128GCM"), "wrong_algorithm"),
        (lambda: outer(inner(to_bytes(claims())), alg="ECDH-ES"), "wrong_algorithm"),
        (lambda: outer(inner(to_bytes(claims())), typ="corridor+jws"), "wrong_algorithm"),
        (lambda: outer(inner(to_bytes(claims())), zip="DEF"), "unreadable"),
        (lambda: outer(inner(to_bytes(claims()), typ="at+jwt")), "wrong_algorithm"),
        (lambda: outer(inner(to_bytes(claims()), ver=7)), "unsupported_version"),
        (lambda: outer(inner(to_bytes(claims()), jwk=SIGNER.key.as_dict(private=False))), "unreadable"),
        (lambda: outer(b"no signature at all"), "unreadable"),
        (lambda: outer(inner(b"[]")), "invalid_value"),
        (lambda: outer(inner(b'{"iss":"a","iss":"b"}')), "invalid_value"),
        (lambda: outer(inner(b"[" * 100_000)), "invalid_value"),
        (lambda: b"x" * 900_001, "too_large"),
    ],
)
def test_what_is_not_exactly_our_format_is_refused(raw: Callable[[], bytes], code: str) -> None:
    assert refusal(raw()) == code


def test_an_unsigned_body_is_refused() -> None:
    header = base64.urlsafe_b64encode(
        json.dumps({"alg": "none", "typ": "corridor+jws", "ver": 1, "kid": SIGNER.kid}).encode()
    ).rstrip(b"=")
    body = base64.urlsafe_b64encode(to_bytes(claims())).rstrip(b"=")
    assert refusal(outer(header + b"." + body + b".AAAA")) == "wrong_algorithm"


def test_a_second_implementation_opens_what_we_seal() -> None:
    token = jwe.JWE(algs=["ECDH-ES+A256KW", "A256GCM"])
    token.deserialize(seal(claims(), SIGNER, READER).decode(), jwk.JWK(**READER.key.as_dict(private=True)))
    signed = jws.JWS()
    signed.allowed_algs = ["Ed25519", "EdDSA"]
    signed.deserialize(token.payload.decode())
    signed.verify(jwk.JWK(**SIGNER.key.as_dict(private=False)), alg=None)
    assert replace(from_bytes(signed.payload), pad="") == claims()


def test_we_open_what_a_second_implementation_seals() -> None:
    signed = jws.JWS(to_bytes(claims()))
    signed.allowed_algs = ["Ed25519", "EdDSA"]
    header = {"alg": "Ed25519", "typ": "corridor+jws", "ver": 1, "kid": SIGNER.kid}
    signed.add_signature(jwk.JWK(**SIGNER.key.as_dict(private=True)), None, json.dumps(header))
    outside = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "typ": "corridor+jwe", "ver": 1, "kid": READER.kid}
    token = jwe.JWE(signed.serialize(compact=True).encode(), json.dumps(outside))
    token.add_recipient(jwk.JWK(**READER.key.as_dict(private=False)))
    assert opened(token.serialize(compact=True).encode()) == claims()


@pytest.mark.parametrize(
    ("changes", "signer", "reader", "at", "code"),
    [
        ({}, "th-care-agency", "kh-reintegration-agency", NOW, None),
        ({}, "th-legal-aid", "kh-reintegration-agency", NOW, "sender_mismatch"),
        ({"iss": "kh-health-agency"}, "kh-health-agency", "kh-reintegration-agency", NOW, "sender_mismatch"),
        ({}, "th-care-agency", "kh-health-agency", NOW, "wrong_recipient"),
        ({}, "th-care-agency", "kh-reintegration-agency", NOW + timedelta(hours=1), "expired"),
        ({}, "th-care-agency", "kh-reintegration-agency", NOW - timedelta(seconds=61), "not_yet_valid"),
        ({}, "th-care-agency", "kh-reintegration-agency", NOW - timedelta(seconds=59), None),
        ({"items": ()}, "th-care-agency", "kh-reintegration-agency", NOW, "invalid_value"),
        (
            {"items": (a_disclosure(),) * 101},
            "th-care-agency",
            "kh-reintegration-agency",
            NOW,
            "invalid_value",
        ),
        ({"seq": 0}, "th-care-agency", "kh-reintegration-agency", NOW, "invalid_value"),
    ],
)
def test_the_claims_are_held_against_the_keys(
    changes: dict[str, object], signer: str, reader: str, at: datetime, code: str | None
) -> None:
    made = replace(claims(), **changes)
    assert check_claims(made, signer=signer, reader=reader, partner="TH", now=at) == code


def test_nothing_of_an_unparsable_body_is_echoed() -> None:
    with pytest.raises(UnparsableClaims) as caught:
        from_bytes(json.dumps({"iss": NAME}).encode())
    assert NAME not in str(caught.value)
    assert caught.value.__cause__ is None


def written(**item: object) -> bytes:
    """The claims of one disclosure as JSON, with members of its item changed or, as None, left out."""
    document = json.loads(to_bytes(claims()))
    [first] = document["items"]
    document["items"] = [{name: value for name, value in {**first, **item}.items() if value is not None}]
    return json.dumps(document).encode()


PROCESS = {
    "agreement": {"id": "th-kh", "version": 1, "sha256": "c" * 64},
    "code": "return.departed",
    "subject_id": str(UUID(int=6)),
    "at": NOW.isoformat(),
}


@pytest.mark.parametrize(
    "item",
    [
        {"process": PROCESS},
        {"control": {"kind": "void", "recipient": "th-care-agency", "seq": 1}},
        {"item_class": "control"},
        {"item_class": "process"},
        {"item_class": "letter"},
        {"item_class": ["disclosure"]},
        {"item_class": None},
        {"disclosure": None},
        {"disclosure": None, "process": PROCESS},
        {"reference": None},
        {"item_class": "process", "disclosure": None, "process": PROCESS, "reference": None},
    ],
)
def test_an_item_carries_exactly_the_content_of_its_class(item: dict[str, object]) -> None:
    assert from_bytes(written()) == from_bytes(to_bytes(claims()))
    with pytest.raises(UnparsableClaims):
        from_bytes(written(**item))


@pytest.mark.parametrize(
    ("expected_at", "taken"),
    [("2026-11-25T08:00:00Z", True), ("2026-11-25T08:00:00", False), ("2096-11-25T08:00:00Z", False)],
)
def test_the_time_at_which_she_is_expected_has_a_zone_and_is_near(expected_at: str, taken: bool) -> None:
    journey = {"expected_at": expected_at, "handover": "land-border", "escorted": True}
    raw = written(item_class="process", disclosure=None, process={**PROCESS, "journey": journey})
    if taken:
        assert from_bytes(raw).items[0].process.journey.expected_at.hour == 8
        return
    with pytest.raises(UnparsableClaims):
        from_bytes(raw)


@pytest.mark.parametrize("issued", [2**52, 4 * 10**11])
def test_an_envelope_of_no_time_is_no_envelope(issued: int) -> None:
    with pytest.raises(UnparsableClaims):
        from_bytes(to_bytes(claims(iat=issued)))
