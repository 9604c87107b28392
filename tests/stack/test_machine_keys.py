"""A machine shows that it has its key (private_key_jwt), and is given a token of a minute; whatever else it shows is refused."""

import json
import os
import re
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from contracts import base64url
from deploy.local.assertions import FORMAT
from deploy.local.issuer import build_issuer
from deploy.local.machine_keys import KEYS_FILE, BadKeyError, MachineKeys, read_public
from deploy.local.people import load_machines, load_people, mint

URL = "http://127.0.0.1:1/issuer"
NAME = "machine:th.case-system"
OTHER = "machine:th.records-system"
ROOT = Path(__file__).parents[2]
ED25519, P256 = (
    lambda: OKPKey.generate_key("Ed25519"),
    lambda: ECKey.generate_key("P-256"),
)


@pytest.fixture
def issuer(tmp_path):
    """The issuer's key, and the keys of its machines in their file."""
    key = OKPKey.generate_key("Ed25519", {"kid": "issuer"})
    (tmp_path / "issuer.jwk.json").write_text(json.dumps(key.as_dict(private=True)))
    return tmp_path


@pytest.fixture
def keys(issuer):
    return MachineKeys(issuer / KEYS_FILE)


@pytest.fixture
async def http(issuer, monkeypatch):
    """An issuer that started a while ago."""
    started = time.time() - 10
    with monkeypatch.context() as at_start:
        at_start.setattr("deploy.local.assertions.time", SimpleNamespace(time=lambda: started))
        app = build_issuer(issuer / "issuer.jwk.json", URL, load_people("TH"), load_machines("TH"))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://issuer") as client:
        yield client


def public(key):
    return type(key).import_key(key.as_dict(private=False))


def assertion(key, algorithm="Ed25519", header=None, **changes):
    """A change that is a span of time is counted from now: a test has the same name in every process."""
    now = int(time.time())
    changes = {name: at(now, value) for name, value in changes.items()}
    claims = {"iss": NAME, "sub": NAME, "aud": URL, "iat": now, "exp": now + 60, "jti": str(uuid4())}
    said = {name: value for name, value in {**claims, **changes}.items() if value is not ...}
    algorithms = [algorithm]
    return jwt.encode({"alg": algorithm, **(header or {})}, said, key, algorithms=algorithms)


def at(now, value):
    return now + int(value.total_seconds()) if isinstance(value, timedelta) else value


async def ask(http, signed, **form):
    data = {"grant_type": "client_credentials", "client_assertion_type": FORMAT, "client_assertion": signed}
    return await http.post("/token", data={**data, **form})


def said(answer):
    return answer.status_code, answer.json().get("error")


REFUSED = (401, "invalid_client")


@pytest.mark.parametrize(
    ("make", "algorithm"),
    [(ED25519, "Ed25519"), (ED25519, "EdDSA"), (P256, "ES256")],
    ids=["Ed25519", "EdDSA", "ES256"],
)
async def test_who_has_the_key_of_a_machine_is_given_its_token_of_a_minute(http, keys, make, algorithm):
    key = make()
    kid = keys.add(NAME, public(key))
    answer = await ask(http, assertion(key, algorithm, {"kid": kid, "typ": "JWT"}))
    granted = answer.json()
    assert (answer.status_code, granted["expires_in"], answer.headers["Cache-Control"]) == (
        200,
        60,
        "no-store",
    )
    assert "refresh_token" not in granted
    published = KeySet.import_key_set((await http.get("/jwks.json")).json())
    claims = jwt.decode(granted["access_token"], published, algorithms=["Ed25519"]).claims
    assert (claims["sub"], claims["org"], claims["roles"]) == (
        NAME,
        "th-screening-unit",
        ["submitting_machine"],
    )
    assert claims["aud"] == ["intake", "interchange", "directory"]
    assert claims["exp"] - claims["iat"] == 60


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": OTHER},
        {"sub": OTHER},
        {"iss": OTHER, "sub": OTHER},
        {"iss": "th.officer", "sub": "th.officer"},
        {"sub": ...},
        {"sub": [NAME]},
        {"aud": "http://127.0.0.1:2/issuer"},
        {"aud": [URL, "http://evil.test"]},
        {"aud": {"x": URL}},
        {"aud": ...},
        {"exp": timedelta(seconds=3600)},
        {"exp": ...},
        {"exp": True},
        {"iat": ...},
        {"iat": timedelta(seconds=-120), "exp": timedelta(seconds=-60)},
        {"iat": timedelta(seconds=-3600), "exp": timedelta(seconds=30)},
        {"iat": timedelta(seconds=600), "exp": timedelta(seconds=630)},
        {"nbf": timedelta(seconds=600)},
        {"jti": ...},
        {"jti": ""},
        {"jti": 7},
    ],
    ids=str,
)
async def test_an_assertion_that_says_anything_else_is_refused(http, keys, changes):
    key = ED25519()
    keys.add(NAME, public(key))
    keys.add(OTHER, public(ED25519()))
    assert said(await ask(http, assertion(key, **changes))) == REFUSED


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "at+jwt"},
        {"typ": ["JWT"]},
        {"kid": "another"},
        {"jku": "https://evil.test/jwks"},
        {"x5u": "https://evil.test/cert"},
        {"cty": "JWT"},
        {},
    ],
    ids=str,
)
async def test_an_assertion_with_another_header_is_refused_and_without_one_taken(http, keys, header):
    key = ED25519()
    keys.add(NAME, public(key))
    now = int(time.time())
    claims = {"iss": NAME, "sub": NAME, "aud": URL, "iat": now, "exp": now + 60, "jti": "once"}
    parts = (json.dumps(part).encode() for part in ({"alg": "Ed25519", **header}, claims))
    signing = ".".join(map(base64url.encode, parts))
    signed = f"{signing}.{base64url.encode(key.private_key.sign(signing.encode()))}"
    assert said(await ask(http, signed)) == (REFUSED if header else (200, None))


async def test_a_signature_by_another_key_or_algorithm_is_refused(http, keys):
    key, curve = ED25519(), P256()
    keys.add(NAME, public(key))
    keys.add(OTHER, public(curve))
    shared = OctKey.import_key(json.dumps(public(key).as_dict(private=False)))
    for signed in (
        assertion(ED25519()),
        assertion(curve, "ES256"),
        assertion(shared, "HS256"),
        assertion(RSAKey.generate_key(2048), "RS256"),
        assertion(key).rpartition(".")[0] + ".",
        "a.b.c",
        "",
        "x" * 5000,
    ):
        assert said(await ask(http, signed)) == REFUSED


async def test_an_assertion_is_good_once(http, keys):
    key = ED25519()
    keys.add(NAME, public(key))
    signed = assertion(key)
    assert (await ask(http, signed)).status_code == 200
    assert said(await ask(http, signed)) == REFUSED
    assert said(await ask(http, assertion(key, jti="again"))) == (200, None)
    assert said(await ask(http, assertion(key, jti="again"))) == REFUSED


async def test_an_assertion_from_before_the_issuer_started_is_refused_for_it_may_have_been_used(http, keys):
    key = ED25519()
    keys.add(NAME, public(key))
    for signed, expected in ((-30, REFUSED), (-6, REFUSED), (-3, (200, None))):
        then = int(time.time()) + signed
        assert said(await ask(http, assertion(key, iat=then, exp=then + 60))) == expected


async def test_keys_are_rotated_two_at_once_and_taken_away_at_once(http, keys):
    old, new = ED25519(), P256()
    first = keys.add(NAME, public(old))
    second = keys.add(NAME, public(new))
    assert (await ask(http, assertion(old))).status_code == 200
    assert (await ask(http, assertion(new, "ES256", {"kid": second}))).status_code == 200
    with pytest.raises(BadKeyError, match="has 2 keys"):
        keys.add(NAME, public(ED25519()))
    keys.remove(NAME, first)
    assert said(await ask(http, assertion(old))) == REFUSED
    assert (await ask(http, assertion(new, "ES256"))).status_code == 200
    keys.remove(NAME, second)
    assert said(await ask(http, assertion(new, "ES256"))) == REFUSED
    with pytest.raises(BadKeyError, match="has no key"):
        keys.remove(NAME, second)


def test_no_two_machines_have_one_key(keys):
    key = public(ED25519())
    keys.add(NAME, key)
    for name in (NAME, OTHER):
        with pytest.raises(BadKeyError, match="there already"):
            keys.add(name, key)


async def test_another_grant_or_kind_of_assertion_is_refused(http, keys):
    key = ED25519()
    keys.add(NAME, public(key))
    for form in (
        {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
        {"grant_type": "authorization_code"},
        {"grant_type": "password", "username": NAME},
    ):
        assert (await ask(http, assertion(key), **form)).status_code == 400


def test_a_machines_token_lives_no_longer_than_a_minute(issuer):
    (machine, *_) = load_machines("TH")
    with pytest.raises(ValueError, match="1 to 60 seconds"):
        mint(issuer / "issuer.jwk.json", machine, URL, 61)


@pytest.mark.parametrize("make", [ED25519, P256], ids=["Ed25519", "P-256"])
def test_a_public_key_is_taken_from_pem_or_jwk_and_a_private_one_never(tmp_path, make):
    key = make()
    for content in (key.as_pem(private=False), json.dumps(key.as_dict(private=False)).encode()):
        (tmp_path / "key").write_bytes(content)
        assert read_public(tmp_path / "key").thumbprint() == key.thumbprint()
    for content in (key.as_pem(private=True), json.dumps(key.as_dict(private=True)).encode()):
        (tmp_path / "key").write_bytes(content)
        with pytest.raises(BadKeyError, match="private key"):
            read_public(tmp_path / "key")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"{",
        b"[]",
        RSAKey.generate_key(2048).as_pem(private=False),
        json.dumps(ECKey.generate_key("P-384").as_dict(private=False)).encode(),
        ECKey.generate_key("P-384").as_pem(private=False),
        b'{"kty": "oct", "k": "c2VjcmV0"}',
    ],
    ids=["empty", "no members", "no JSON", "a list", "RSA", "P-384", "P-384 as PEM", "a secret"],
)
def test_what_is_no_such_key_is_refused(tmp_path, content):
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(BadKeyError, match="holds no public key"):
        read_public(tmp_path / "key")


def command(state, *arguments):
    ran = subprocess.run(
        [sys.executable, "-m", "corridor", "machine", *arguments],
        cwd=ROOT,
        env={"PATH": "", "CORRIDOR_STATE": str(state), "HOME": str(state)},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout


def test_by_command_a_key_is_added_listed_and_taken_away(tmp_path):
    cell = tmp_path / "th"
    cell.mkdir()
    facts = {"cell": "TH", "port": 1, "issuer": URL, "keys": str(cell)}
    (cell / "cell.json").write_text(json.dumps(facts))
    key = next(key for key in iter(ED25519, None) if key.thumbprint().startswith("-"))
    (tmp_path / "key.pem").write_bytes(key.as_pem(private=False))
    code, kid = command(tmp_path, "add-key", NAME, str(tmp_path / "key.pem"))
    assert (code, kid.strip()) == (0, key.thumbprint())
    code, listed = command(tmp_path, "list", "TH")
    assert (code, NAME in listed, kid.strip() in listed) == (0, True, True)
    assert command(tmp_path, "remove-key", NAME, kid.strip())[0] == 0
    code, told = command(tmp_path, "remove-key", NAME, kid.strip())
    assert (code, told.strip()) == (1, f"{NAME} has no key {kid.strip()}")
    code, told = command(tmp_path, "add-key", "machine:th.nobody", str(tmp_path / "key.pem"))
    assert (code, told.partition(";")[0]) == (1, "no machine is called machine:th.nobody")


async def test_the_example_of_the_page_is_given_a_token(http, keys, tmp_path):
    blocks = re.findall(
        r"^```sh\n(.*?)^```$", (ROOT / "docs" / "machines.md").read_text(), re.DOTALL | re.MULTILINE
    )
    script = f"set -e\ncd {tmp_path}\n{blocks[0]}\n{blocks[2]}\nprintf %s $assertion"
    ran = subprocess.run(
        ["bash", "-c", script], env={**os.environ, "ISSUER": URL}, capture_output=True, text=True, check=True
    )
    keys.add(NAME, read_public(tmp_path / "case-system.pub.pem"))
    assert said(await ask(http, ran.stdout)) == (200, None)
