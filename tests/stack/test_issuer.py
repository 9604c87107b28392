"""The local issuer: its tokens are what the services take, and nobody else's are."""

import json

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from chassis.identity.tokens import peek
from contracts.catalogue import SERVICES
from deploy.local.issuer import build_issuer
from deploy.local.people import load_people, mint

URL = "http://127.0.0.1:1/issuer"


@pytest.fixture
def key() -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": "issuer"})


@pytest.fixture
def key_file(key, tmp_path):
    file = tmp_path / "issuer.jwk.json"
    file.write_text(json.dumps(key.as_dict(private=True)))
    return file


@pytest.fixture
async def http(key_file):
    app = build_issuer(key_file, URL, load_people("TH"))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://issuer") as client:
        yield client


async def sign_in(http, **form):
    return await http.post("/token", data={"grant_type": "password", "username": "th.officer"} | form)


async def test_a_token_verifies_with_the_published_keys_and_says_who_she_is(http):
    granted = (await sign_in(http)).json()
    keys = KeySet.import_key_set((await http.get("/jwks.json")).json())
    token = jwt.decode(granted["access_token"], keys, algorithms=["Ed25519"])
    claims = token.claims
    assert token.header == {"alg": "Ed25519", "typ": "at+jwt", "kid": "issuer"}
    assert (claims["iss"], claims["sub"], claims["aud"]) == (URL, "th.officer", list(SERVICES))
    assert (claims["cell"], claims["org"], claims["roles"]) == (
        "TH",
        "th-screening-unit",
        ["screening_officer"],
    )
    assert claims["exp"] - claims["iat"] == granted["expires_in"] == 600
    assert claims["jti"]


async def test_the_published_keys_have_no_private_part(http):
    assert all("d" not in key for key in (await http.get("/jwks.json")).json()["keys"])


async def test_the_services_can_choose_the_key_by_the_token(http):
    assert peek((await sign_in(http)).json()["access_token"]) == ("issuer", URL)


async def test_a_refresh_token_is_good_for_another_access_token_and_for_nothing_else(http):
    first = (await sign_in(http)).json()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = await http.post("/token", data=form)
    assert second.status_code == 200
    assert second.json()["access_token"] != first["access_token"]
    swapped = await http.post("/token", data=form | {"refresh_token": first["access_token"]})
    assert (swapped.status_code, swapped.json()) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"username": "kh.worker"}, "invalid_grant"),
        ({"username": "nobody"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "not.a.token"}, "invalid_grant"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
    ],
)
async def test_a_sign_in_that_is_not_right_is_refused(http, form, error):
    refused = await sign_in(http, **form)
    assert (refused.status_code, refused.json()) == (400, {"error": error})


async def test_discovery_points_to_the_keys_and_the_tokens(http):
    told = (await http.get("/.well-known/openid-configuration")).json()
    assert (told["issuer"], told["jwks_uri"]) == (URL, f"{URL}/jwks.json")


async def test_the_people_are_listed_for_the_sign_in_page(http):
    names = [person["name"] for person in (await http.get("/people")).json()]
    assert names == [
        f"th.{who}"
        for who in (
            "officer",
            "worker",
            "supervisor",
            "auditor",
            "operator",
            "other-worker",
            "other-operator",
        )
    ]


def test_no_token_lives_longer_than_ten_minutes(key_file):
    officer = load_people("TH")[0]
    assert peek(mint(key_file, officer, URL, 600)) == ("issuer", URL)
    with pytest.raises(ValueError, match="1 to 600 seconds"):
        mint(key_file, officer, URL, 601)
