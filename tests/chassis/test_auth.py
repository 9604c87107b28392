"""Every way to confuse a token check is refused with 401 and tells nothing of the token."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Depends, FastAPI
from joserfc.jwk import OKPKey, RSAKey
from jwcrypto import jwk as second_jwk
from jwcrypto import jws as second_jws

from chassis.identity import tokens
from chassis.identity.auth import Actor, ServiceKeyMissing, ServiceTokens, TokenValidator, authenticate
from chassis.identity.jwks import KeySource, parse
from chassis.identity.policies import Policies
from chassis.identity.signing import sign
from chassis.identity.tokens import peek, verified
from chassis.problems import Unauthenticated, Unavailable
from chassis.web import answers

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ISSUER = "https://issuer.th.example"
CANARY = "Somchai-4f1c-canary"


def b64(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def claims(**changes: Any) -> dict[str, Any]:
    at = int(NOW.timestamp())
    made = {
        "iss": ISSUER,
        "sub": "worker-1",
        "aud": ["intake", "referral"],
        "iat": at,
        "exp": at + 300,
        "jti": "j1",
        "cell": "TH",
        "org": "th-care-agency",
        "roles": ["case_worker"],
    } | changes
    return {name: value for name, value in made.items() if value is not ...}


class UnheardOf:
    """The database of a service that knows others: what the token names counts."""

    async def look(self, *_: Any) -> Any:
        return self

    def one(self) -> Any:
        return SimpleNamespace(arrived=True, suspended=False, roles=None)


class World:
    """Keys, files and a validator for the service `referral` in the cell TH, at a clock that a test moves."""

    def __init__(self, directory: Path) -> None:
        self.now = NOW
        self.user, self.exchange, self.intake, self.stranger = (
            OKPKey.generate_key("Ed25519") for _ in range(4)
        )
        self.policies = Policies(Path("deploy/policies"))
        self.settings: Any = SimpleNamespace(
            cell="TH",
            issuer=ISSUER,
            jwks_url=None,
            jwks_file=self.jwks(directory / "people.json", k1=self.user),
            service_jwks_file=self.jwks(
                directory / "services.json", exchange=self.exchange, intake=self.intake
            ),
            service_key_file=directory / "exchange.json",
        )
        self.settings.service_key_file.write_text(json.dumps(self.exchange.as_dict(private=True)))
        self.validator = TokenValidator(self.settings, "referral", lambda: self.now)
        self.app = FastAPI()
        answers.install(self.app)
        self.app.state.validator, self.app.state.policies = self.validator, self.policies
        self.app.state.database = UnheardOf()

        @self.app.get("/me")
        async def me(actor: Actor = Depends(authenticate)) -> dict[str, Any]:  # noqa: B008
            return {"subject": actor.subject, "purpose": actor.purpose, "service": actor.service}

    @staticmethod
    def jwks(path: Path, **keys: OKPKey) -> Path:
        path.write_text(
            json.dumps({"keys": [{**key.as_dict(private=False), "kid": kid} for kid, key in keys.items()]})
        )
        return path

    def token(self, key: OKPKey | None = None, kid: str = "k1", **changes: Any) -> str:
        return sign(key or self.user, kid, claims(**changes))

    def raw(self, header: dict[str, Any], body: Any = None, key: OKPKey | None = None) -> str:
        """A token with any header, rightly signed by Ed25519 over what it says."""
        signing = f"{b64(header)}.{b64(claims() if body is None else body)}"
        private = (key or self.user).private_key
        assert isinstance(private, Ed25519PrivateKey)
        return f"{signing}.{b64(private.sign(signing.encode()))}"

    async def actor(self, token: str, purpose: str | None = None) -> Actor:
        return await self.validator.actor(token, purpose, self.policies)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


GOOD = {"alg": "Ed25519", "kid": "k1", "typ": "at+jwt"}


async def test_a_good_token_becomes_an_actor(world: World) -> None:
    actor = await world.actor(world.token())
    assert (actor.issuer, actor.subject, actor.cell, actor.organisation) == (
        ISSUER,
        "worker-1",
        "TH",
        "th-care-agency",
    )
    assert (actor.roles, actor.purpose, actor.service) == ({"case_worker"}, "case-management", False)
    origin = actor.origin()
    assert (origin.actor, origin.organisation, origin.purpose) == (
        "worker-1",
        "th-care-agency",
        "case-management",
    )
    assert origin.policy == world.policies.version


async def test_a_token_of_a_second_implementation_is_taken(world: World) -> None:
    made = second_jws.JWS(json.dumps(claims()).encode())
    made.allowed_algs = ["Ed25519", "EdDSA"]
    key = second_jwk.JWK.from_json(json.dumps(world.user.as_dict(private=True)))
    try:
        made.add_signature(key, alg="Ed25519", protected=json.dumps(GOOD))
    except (
        second_jws.InvalidJWSOperation
    ):  # it knows the algorithm by its older name alone; the bytes are the same
        assert "Ed25519" not in second_jws.default_allowed_algs
        return
    assert (await world.actor(made.serialize(compact=True))).subject == "worker-1"


@pytest.mark.parametrize(
    "header",
    [
        {**GOOD, "alg": "none"},
        {**GOOD, "alg": "None"},
        {**GOOD, "alg": "EdDSA"},
        {**GOOD, "alg": "HS256"},
        {**GOOD, "alg": "RS256"},
        {**GOOD, "alg": "Ed448"},
        {**GOOD, "alg": ["Ed25519"]},
        {**GOOD, "alg": None},
        {"kid": "k1", "typ": "at+jwt"},
        {**GOOD, "typ": "JWT"},
        {**GOOD, "typ": "jwt"},
        {**GOOD, "typ": "id+jwt"},
        {"alg": "Ed25519", "kid": "k1"},
        {**GOOD, "jku": "https://evil.example/jwks"},
        {**GOOD, "x5u": "https://evil.example/cert"},
        {**GOOD, "jwk": {"kty": "OKP"}},
        {**GOOD, "x5c": ["MIIB"]},
        {**GOOD, "crit": ["exp"]},
        {**GOOD, "b64": False, "crit": ["b64"]},
        {**GOOD, "zip": "DEF"},
        {**GOOD, "cty": "JWT"},
        {**GOOD, "kid": "k2"},
        {**GOOD, "kid": "../../etc/passwd"},
        {**GOOD, "kid": ["k1"]},
        {**GOOD, "kid": ""},
        {"alg": "Ed25519", "typ": "at+jwt"},
        ["alg"],
    ],
    ids=str,
)
async def test_a_header_that_is_not_exactly_ours_is_refused(world: World, header: Any) -> None:
    with pytest.raises(Unauthenticated):
        await world.actor(world.raw(header))


@pytest.mark.parametrize("algorithm", ["none", "EdDSA", "HS256", "RS256", "Ed448", "ed25519"])
def test_another_algorithm_is_refused_before_any_key_is_touched(world: World, algorithm: str) -> None:
    with pytest.raises(Unauthenticated, match="algorithm"):
        peek(world.raw({**GOOD, "alg": algorithm}))


def test_another_algorithm_is_refused_by_the_check_of_the_signature_too(world: World) -> None:
    with pytest.raises(Unauthenticated, match="signature"):
        verified(world.raw({**GOOD, "alg": "EdDSA"}), world.user)


async def test_the_raw_form_of_these_attacks_is_taken_when_its_header_is_right(world: World) -> None:
    assert (await world.actor(world.raw(GOOD))).subject == "worker-1"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": ""},
        {"iss": ...},
        {"iss": [ISSUER]},
        {"aud": "intake"},
        {"aud": ["intake"]},
        {"aud": []},
        {"aud": {"referral": True}},
        {"aud": ...},
        {"exp": int(NOW.timestamp()) - 6, "iat": int(NOW.timestamp()) - 100},
        {"exp": ...},
        {"exp": "9999999999"},
        {"exp": True},
        {"exp": int(NOW.timestamp()) + 601},
        {"exp": 10**30},
        {"iat": int(NOW.timestamp()) + 6},
        {"iat": ...},
        {"iat": -1},
        {"nbf": int(NOW.timestamp()) + 6},
        {"nbf": "soon"},
        {"jti": ...},
        {"jti": ""},
        {"sub": ...},
        {"sub": ""},
        {"sub": "Somchai Jaidee"},
        {"sub": "service:exchange"},
        {"sub": "system:intake"},
        {"cell": "KH"},
        {"cell": ...},
        {"cell": "th"},
        {"org": ...},
        {"org": "TH Care"},
        {"roles": ...},
        {"roles": "supervisor"},
        {"roles": [1]},
        {"roles": ["service"]},
        {"roles": ["case_worker", "service"]},
    ],
    ids=str,
)
async def test_a_claim_that_is_wrong_or_missing_is_refused(world: World, changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await world.actor(world.token(**changes))


async def test_five_seconds_of_leeway_and_no_more(world: World) -> None:
    token = world.token()
    for seconds, taken in ((-6, False), (-5, True), (305, True), (306, False)):
        world.now = NOW + timedelta(seconds=seconds)
        if taken:
            await world.actor(token)
        else:
            with pytest.raises(Unauthenticated):
                await world.actor(token)


async def test_a_token_that_was_taken_is_refused_when_its_key_is_another_one_now(world: World) -> None:
    token = world.token()
    await world.actor(token)
    await world.actor(token)
    world.validator._people._keys = parse(json.dumps(document(k1=world.stranger)))
    with pytest.raises(Unauthenticated):
        await world.actor(token)
    world.validator._people._keys = {}
    with pytest.raises(Unauthenticated):
        await world.actor(token)


async def test_a_flood_of_tokens_that_nobody_signed_pushes_no_good_one_out(world: World) -> None:
    await world.actor(world.token())
    for number in range(tokens.MOST_VERIFIED + 1):
        with pytest.raises(Unauthenticated):
            await world.actor(world.token()[:-80] + f"{number:080}")
    assert len(world.validator._verified._known) == 1


async def test_a_role_that_is_not_ours_gives_nothing(world: World) -> None:
    assert (await world.actor(world.token(roles=["offline_access", "admin", "auditor"]))).roles == {"auditor"}


async def test_a_token_signed_by_another_key_is_refused(world: World) -> None:
    for key in (world.stranger, world.exchange):
        with pytest.raises(Unauthenticated):
            await world.actor(world.token(key=key))


async def test_the_public_key_is_no_hmac_secret(world: World) -> None:
    public = base64.urlsafe_b64decode(world.user.as_dict(private=False)["x"] + "=")
    signing = f"{b64({**GOOD, 'alg': 'HS256'})}.{b64(claims())}"
    forged = f"{signing}.{b64(hmac.new(public, signing.encode(), hashlib.sha256).digest())}"
    with pytest.raises(Unauthenticated):
        await world.actor(forged)


async def test_any_changed_character_is_refused(world: World) -> None:
    token = world.token()
    for at, old in enumerate(token):
        new = "A" if old != "A" else "B"
        if (
            at == len(token) - 1
        ):  # the last of 86 characters carries bits that mean nothing; both readings are checked
            continue
        with pytest.raises(Unauthenticated):
            await world.actor(token[:at] + new + token[at + 1 :])


@pytest.mark.parametrize(
    "token", ["", "a", "a.b", "a.b.c.d", "a.b.c.d.e", "....", "é.é.é", "a.b.", ".b.c", "x" * 9000]
)
async def test_what_is_no_token_is_refused(world: World, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await world.actor(token)


async def test_a_member_that_stands_twice_is_refused(world: World) -> None:
    body = json.dumps(claims())[:-1] + ', "sub": "supervisor-1"}'
    for header, claimed in (
        (json.dumps(GOOD).encode(), body.encode()),
        (b'{"alg":"none","alg":"Ed25519","kid":"k1","typ":"at+jwt"}', None),
    ):
        with pytest.raises(Unauthenticated):
            await world.actor(world.raw(header, claimed))  # type: ignore[arg-type]


async def test_deep_and_odd_json_is_refused(world: World) -> None:
    for body in (b"[" * 4000, b'{"exp": NaN}', b"null", b"\xff\xfe", b'"text"'):
        with pytest.raises(Unauthenticated):
            await world.actor(world.raw(GOOD, body))


# Between services


async def test_a_service_calls_with_its_own_key(world: World) -> None:
    token = ServiceTokens(world.settings, "exchange", lambda: world.now).bearer("referral")
    actor = await world.actor(token)
    assert (actor.subject, actor.service, actor.roles) == ("service:exchange", True, {"service"})
    assert (actor.issuer, actor.organisation) == ("urn:corridor:th:service", "th-exchange")


async def test_a_service_token_lives_a_minute_and_is_for_one_callee(world: World) -> None:
    tokens = ServiceTokens(world.settings, "exchange", lambda: world.now)
    with pytest.raises(Unauthenticated):
        await world.actor(tokens.bearer("consent"))
    token = tokens.bearer("referral")
    world.now = NOW + timedelta(seconds=66)
    with pytest.raises(Unauthenticated):
        await world.actor(token)


def service_claims(**changes: Any) -> dict[str, Any]:
    at = int(NOW.timestamp())
    own = {"iss": "urn:corridor:th:service", "sub": "service:exchange", "aud": "referral", "exp": at + 60}
    return claims(org=..., roles=..., cell=..., **(own | changes))


@pytest.mark.parametrize(
    ("key", "kid", "changes"),
    [
        ("exchange", "exchange", {"sub": "service:intake"}),  # names another service
        ("exchange", "exchange", {"sub": "exchange"}),
        ("exchange", "intake", {"sub": "service:intake"}),  # signs with its key under another's name
        ("stranger", "exchange", {}),
        ("user", "k1", {"sub": "service:k1"}),  # the issuer of people vouches for no service
        ("exchange", "exchange", {"exp": int(NOW.timestamp()) + 61}),
        ("exchange", "exchange", {"iss": "urn:corridor:kh:service"}),
        ("exchange", "exchange", {"iss": ISSUER}),  # a service key makes no person
        ("exchange", "exchange", {"aud": "intake"}),
    ],
)
async def test_a_service_token_that_is_not_the_callers_own_is_refused(
    world: World, key: str, kid: str, changes: dict[str, Any]
) -> None:
    assert await world.actor(sign(world.exchange, "exchange", service_claims()))
    with pytest.raises(Unauthenticated):
        await world.actor(sign(getattr(world, key), kid, service_claims(**changes)))


async def test_a_cell_without_an_issuer_takes_no_person(world: World) -> None:
    world.settings.issuer = ""
    validator = TokenValidator(world.settings, "referral", lambda: world.now)
    with pytest.raises(Unauthenticated):
        await validator.actor(world.token(iss=""), None, world.policies)


def test_without_a_key_a_service_cannot_call(world: World) -> None:
    world.settings.service_key_file = None
    with pytest.raises(ServiceKeyMissing):
        ServiceTokens(world.settings, "exchange", lambda: world.now).bearer("intake")


# Over HTTP


async def ask(world: World, *headers: tuple[str, str]) -> httpx2.Response:
    transport = httpx2.ASGITransport(world.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
        return await client.get("/me", headers=list(headers))


async def test_the_header_gives_the_actor_and_the_purpose(world: World) -> None:
    bearer = ("Authorization", f"Bearer {world.token()}")
    assert (await ask(world, bearer)).json()["purpose"] == "case-management"
    assert (await ask(world, bearer, ("Corridor-Purpose", "legal-aid"))).json()["purpose"] == "legal-aid"
    auditor = ("Authorization", f"Bearer {world.token(roles=['auditor'])}")
    assert (await ask(world, auditor)).json()["purpose"] == "audit"


@pytest.mark.parametrize("purpose", ["enforcement", "deportation", "", CANARY])
async def test_an_unknown_purpose_is_refused_and_its_list_named(world: World, purpose: str) -> None:
    answer = await ask(world, ("Authorization", f"Bearer {world.token()}"), ("Corridor-Purpose", purpose))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown-code")
    assert "'purpose'" in answer.json()["errors"][0]["msg"]
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    "value", [None, "", "Bearer", "Bearer ", "Basic YTpi", f"Bearer {CANARY}", f"Bearer {CANARY}.{CANARY}.x"]
)
async def test_without_a_good_bearer_the_answer_is_401_and_echoes_nothing(
    world: World, value: str | None
) -> None:
    answer = await ask(world, *([] if value is None else [("Authorization", value)]))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert CANARY not in answer.text


async def test_two_authorization_headers_are_refused(world: World) -> None:
    bearer = ("Authorization", f"Bearer {world.token()}")
    assert (await ask(world, bearer, bearer)).status_code == 401


# Keys


def served(answers: list[Any]) -> tuple[httpx2.MockTransport, list[str]]:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        given = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(given, Exception):
            raise given
        return given if isinstance(given, httpx2.Response) else httpx2.Response(200, json=given)

    return httpx2.MockTransport(answer), asked


def document(**keys: Any) -> dict[str, Any]:
    return {"keys": [{**key.as_dict(private=False), "kid": kid} for kid, key in keys.items()]}


async def test_keys_are_fetched_once_and_again_for_a_new_kid_at_most_every_thirty_seconds(
    world: World,
) -> None:
    at = [0.0]
    transport, asked = served([document(k1=world.user), document(k1=world.user, k2=world.exchange)])
    source = KeySource(url="https://issuer/jwks", transport=transport, monotonic=lambda: at[0])
    assert await source.key("k1")
    assert await source.key("k1")
    assert await source.key("k2") is None
    assert len(asked) == 1
    at[0] = 30.0
    assert await source.key("k2")
    assert await source.key("k3") is None
    assert len(asked) == 2


async def test_an_issuer_that_is_away_is_503_at_first_and_no_matter_for_keys_that_are_known(
    world: World,
) -> None:
    at = [0.0]
    away = httpx2.ConnectError("no")
    transport, _ = served([away, document(k1=world.user), httpx2.Response(500), away])
    source = KeySource(url="https://issuer/jwks", transport=transport, monotonic=lambda: at[0])
    for _ in range(2):  # the second does not even ask
        with pytest.raises(Unavailable):
            await source.key("k1")
    at[0] = 1.0
    assert await source.key("k1")
    at[0] = 60.0
    assert await source.key("k9") is None
    assert await source.key("k1")


async def test_only_ed25519_signature_keys_are_taken_from_a_jwks(world: World) -> None:
    x25519 = {**OKPKey.generate_key("X25519").as_dict(private=False), "kid": "agree"}
    rsa = {**RSAKey.generate_key(2048).as_dict(private=False), "kid": "rsa"}
    secret = {"kty": "oct", "k": "c2VjcmV0", "kid": "oct"}
    encryption = {**world.intake.as_dict(private=False), "kid": "enc", "use": "enc"}
    everything = {"keys": [x25519, rsa, secret, encryption, *document(k1=world.user)["keys"]]}
    transport, _ = served([everything])
    source = KeySource(url="https://issuer/jwks", transport=transport)
    assert [kid for kid in ("agree", "rsa", "oct", "enc", "k1") if await source.key(kid)] == ["k1"]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"keys": 1},
        {"keys": [1]},
        [],
        httpx2.Response(302, headers={"location": "/x"}),
        httpx2.Response(203, json={"keys": []}),
        httpx2.Response(200, content=b"{" * 200_000),
    ],
)
async def test_what_is_no_jwks_is_not_believed(answer: Any) -> None:
    transport, _ = served([answer])
    with pytest.raises(Unavailable):
        await KeySource(url="https://issuer/jwks", transport=transport).key("k1")
