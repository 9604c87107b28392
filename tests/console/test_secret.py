"""The secret of a cookie, and the paths to which people are sent back: no database, no network."""

import pytest

from services.console.domain.own_path import own_path
from services.console.domain.secret import NoSecret, Secret, challenge


def test_what_is_sealed_opens_with_the_same_secret_and_with_no_other():
    secret = Secret.new()
    sealed = secret.seal("a token")
    assert Secret.read(secret.cookie).open(sealed) == "a token"
    assert b"a token" not in sealed
    with pytest.raises(NoSecret):
        Secret.new().open(sealed)
    with pytest.raises(NoSecret):
        secret.open(sealed[:-1] + bytes([sealed[-1] ^ 1]))


@pytest.mark.parametrize("cookie", ["", "short", "=" * 43, "A" * 44, "A" * 42 + "é", "../" * 20])
def test_what_is_no_secret_is_refused(cookie):
    with pytest.raises(NoSecret):
        Secret.read(cookie)


def test_the_parts_of_a_secret_are_all_different_and_tell_nothing_of_it():
    secret = Secret.new()
    words = [secret.word(name) for name in ("state", "nonce", "verifier")]
    assert len({*words, secret.cookie, secret.session_id}) == 5
    assert repr(secret) == object.__repr__(secret)
    assert len(challenge(words[2])) == 43


def test_a_form_token_fits_this_form_of_this_session_alone():
    secret, bound = Secret.new(), ("write_note", "case", "seen", "key")
    token = secret.form_token(*bound)
    assert secret.fits(token, *bound)
    assert not Secret.new().fits(token, *bound)
    assert not any(secret.fits(token, *bound[:n], "other", *bound[n + 1 :]) for n in range(len(bound)))
    assert not secret.fits("ข้อความ", *bound)


@pytest.mark.parametrize(
    "path", ["/", "/cases", "/cases/4f0c-1", "/cases/4f0c/write_note", "/grants/4f0c.1/x"]
)
def test_a_path_of_the_console_is_kept(path):
    assert own_path(path) == path


@pytest.mark.parametrize(
    "said",
    [
        None, "", "//evil.example", "/\\evil.example", "https://evil.example", "/cases//evil", "javascript:alert(1)",
        "/cases?next=https://evil.example", "/cases#x", "/%2F/evil", "/cases\r\nSet-Cookie: x=y", "/" + "a" * 200, "/../x", "/" + "a" * 100 + "!", "/" + "a." * 60,
    ],
)  # fmt: skip
def test_whatever_else_is_said_leads_to_the_first_page(said):
    assert own_path(said) == "/"
