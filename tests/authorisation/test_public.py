"""What needs no token: to read the health and the document of a service, and to ask whether a paper is genuine where papers are printed."""

import httpx2
import pytest

from contracts.catalogue import SERVICES
from tests.authorisation.table import OF_PAPERS
from tests.authorisation.test_coverage import built

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
BELOW = ("/v1/papers", "/v1/papers/", "/v1/papers/A7K29QWE0H3MPX4T", "/v1/papers/A7K29QWE0H3MPX4T/cases")
READ = ("/health/live", "/health/ready", "/openapi.json")


async def _without_a_token(app) -> set[tuple[str, str]]:
    """The calls that are let in."""
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
        return {
            (method, path)
            for method in METHODS
            for path in (*BELOW, *READ)
            if (await client.request(method, path)).status_code != httpx2.codes.UNAUTHORIZED
        }


@pytest.mark.parametrize("name", SERVICES)
async def test_without_a_token_nothing_is_asked_but_what_is_listed(name, tmp_path):
    let_in = {("GET", path) for path in READ}
    if name in OF_PAPERS:
        let_in.add(("GET", "/v1/papers/A7K29QWE0H3MPX4T"))
    assert await _without_a_token(built(name, tmp_path)) == let_in
