"""Signing in at the local issuer by a page: a code for one address, good once, with the verifier that belongs to it."""

import json
from hashlib import sha256

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from contracts import base64url
from deploy.local.authorising import CODE_SECONDS, Authorisations
from deploy.local.issuer import build_issuer
from deploy.local.people import load_people
from tests.console.browsing import query_of

CONSOLE = "http://127.0.0.1:1/console"
VERIFIER = "v" * 43
ASKED = {
    "response_type": "code",
    "client_id": "console",
    "redirect_uri": f"{CONSOLE}/signed-in",
    "state": "s",
    "nonce": "n",
    "code_challenge": base64url.encode(sha256(VERIFIER.encode()).digest()),
    "code_challenge_method": "S256",
}
REDEEMED = {
    "grant_type": "authorization_code",
    "redirect_uri": ASKED["redirect_uri"],
    "code_verifier": VERIFIER,
}


@pytest.fixture
def key() -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": "issuer"})


@pytest.fixture
async def http(tmp_path, key):
    file = tmp_path / "issuer.jwk.json"
    file.write_text(json.dumps(key.as_dict(private=True)))
    app = build_issuer(file, "http://127.0.0.1:1/issuer", load_people("TH"), console=CONSOLE)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://issuer"
    ) as client:
        yield client


async def given(http, **asked) -> str:
    chosen = await http.post("/authorize", data={**ASKED, "person": "th.worker", **asked})
    assert chosen.status_code == 303
    return query_of(chosen.headers["Location"])["code"]


async def test_the_page_lists_everybody_with_what_to_try_and_runs_nothing(http):
    page = await http.get("/authorize", params={**ASKED, "state": '"><script>'})
    assert [person.name for person in load_people("TH") if f'value="{person.name}"' not in page.text] == []
    assert (page.status_code, "To try:" in page.text, "<script>" in page.text) == (200, True, False)
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")


@pytest.mark.parametrize(
    "other",
    [
        {"redirect_uri": f"{CONSOLE}/signed-in/"}, {"redirect_uri": "https://evil.example/signed-in"}, {"redirect_uri": f"{CONSOLE}/signed-in?x=1"},
        {"client_id": "another"}, {"response_type": "token"}, {"code_challenge": ""}, {"code_challenge_method": "plain"}, {"person": "kh.worker"},
    ],
)  # fmt: skip
async def test_whatever_does_not_fit_gets_no_code_and_leads_nowhere(http, other):
    if "person" not in other:
        assert (await http.get("/authorize", params=ASKED | other)).status_code == 400
    refused = await http.post("/authorize", data={**ASKED, "person": "th.worker", **other})
    assert (refused.status_code, "location" in refused.headers) == (400, False)


async def test_a_code_is_good_once_for_tokens_and_says_who_she_is(http, key):
    code = await given(http)
    tokens = (await http.post("/token", data={**REDEEMED, "code": code})).json()
    claims = jwt.decode(tokens["id_token"], key, algorithms=["Ed25519"]).claims
    assert {claims[name] for name in ("sub", "aud", "nonce", "cell")} == {"th.worker", "console", "n", "TH"}
    assert jwt.decode(tokens["access_token"], key, algorithms=["Ed25519"]).claims["sub"] == "th.worker"
    again = await http.post("/token", data={**REDEEMED, "code": code})
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize(
    "other", [{"code_verifier": "w" * 43}, {"redirect_uri": f"{CONSOLE}/"}, {"code": "x"}]
)
async def test_a_code_without_what_belongs_to_it_is_refused_and_gone(http, other):
    code = await given(http)
    refused = await http.post("/token", data={**REDEEMED, "code": code, **other})
    assert refused.json() == {"error": "invalid_grant"}
    if "code" not in other:
        assert (await http.post("/token", data={**REDEEMED, "code": code})).status_code == 400


async def test_a_refresh_token_that_was_revoked_gives_nothing(http):
    tokens = (await http.post("/token", data={**REDEEMED, "code": await given(http)})).json()
    again = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert (await http.post("/token", data=again)).status_code == 200
    assert (await http.post("/revoke", data={"token": "nonsense"})).status_code == 200
    await http.post("/revoke", data={"token": tokens["refresh_token"]})
    assert (await http.post("/token", data=again)).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(("wanted", "status"), [(f"{CONSOLE}/sign-in", 303), ("https://evil.example/", 200)])
async def test_signing_out_leads_to_the_console_and_nowhere_else(http, wanted, status):
    out = await http.get("/sign-out", params={"client_id": "console", "post_logout_redirect_uri": wanted})
    assert (out.status_code, out.headers.get("location")) == (status, wanted if status == 303 else None)


def test_a_code_that_nobody_fetches_ends_after_a_minute_and_without_a_console_there_is_none():
    now = [0.0]
    issuer = Authorisations(CONSOLE, load_people("TH"), lambda: now[0])
    code = query_of(issuer.chosen({**ASKED, "person": "th.worker"}))["code"]
    now[0] = CODE_SECONDS
    assert issuer.redeemed(code, VERIFIER, ASKED["redirect_uri"]) is None
    nowhere = {**ASKED, "redirect_uri": "/signed-in", "person": "th.worker"}
    assert Authorisations("", load_people("TH")).chosen(nowhere) is None
