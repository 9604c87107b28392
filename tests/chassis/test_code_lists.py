"""Code lists as a client asks for them: in its language, with their version, and only when they have changed."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from chassis.web.code_lists import preferred
from contracts.codes import LANGUAGES, codes, content, labels, names
from deploy.local.testing import Databases
from services.notify.app import VERSIONS, build
from services.notify.settings import Settings
from tests.harness import Harness, running

ROOT = Path(__file__).parents[2]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    databases, directory = Databases(postgres_dsn), tmp_path_factory.mktemp("codes")
    async with running("notify", build, VERSIONS, Settings, databases, directory, vault=False) as harness:
        yield harness
    await databases.drop_all()


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def asked(service: Harness, path: str = "/v1/codes/referral_state", **headers: str) -> Any:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await service.client.get(path, headers={**service.as_("case_worker"), **sent})


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_list_is_served_with_a_label_for_every_code_in_the_language_asked_for(service, language):
    for name in names():
        answer = await asked(service, f"/v1/codes/{name}", Accept_Language=language)
        shown = {one["code"]: one["label"] for one in answer.json()["codes"]}
        assert (answer.status_code, answer.headers["content-language"]) == (200, language)
        assert shown == labels(name, language)
        assert list(shown) == list(codes(name))


async def test_the_answer_says_its_version_source_and_whether_anybody_reviewed_its_labels(service):
    english, khmer = [await asked(service, Accept_Language=language) for language in ("en", "km")]
    known = {name: content("referral_state")[name] for name in ("name", "version", "source")}
    for answer, reviewed in ((english, True), (khmer, False)):
        body = answer.json()
        assert {name: body[name] for name in known} == known
        assert body["reviewed"] is reviewed


async def test_a_list_says_what_nobody_chooses(service):
    purposes, services = [await asked(service, f"/v1/codes/{name}") for name in ("purpose", "service")]
    assert (purposes.json()["reserved"], services.json()["reserved"]) == (["audit"], [])


async def test_a_client_that_has_the_list_is_answered_304_and_nothing_more(service):
    first = await asked(service, Accept_Language="th")
    again = await asked(service, Accept_Language="th", If_None_Match=f'"other", W/{first.headers["etag"]}')
    assert (again.status_code, again.content) == (304, b"")
    for header in ("etag", "content-language", "vary", "cache-control"):
        assert again.headers[header] == first.headers[header]


async def test_another_language_has_another_etag_and_caches_are_told_what_it_varies_by(service):
    thai, khmer = [await asked(service, Accept_Language=language) for language in ("th", "km")]
    assert thai.headers["etag"] != khmer.headers["etag"]
    assert thai.headers["vary"] == "Accept-Language, Authorization"
    assert thai.headers["cache-control"] == "private, no-cache"
    assert (await asked(service, Accept_Language="km", If_None_Match=thai.headers["etag"])).status_code == 200


async def test_all_lists_are_named_with_their_versions(service):
    answer = await asked(service, "/v1/codes")
    body = answer.json()
    assert {one["name"]: (one["version"], one["size"]) for one in body["lists"]} == {
        name: (content(name)["version"], len(codes(name))) for name in names()
    }
    assert body["languages"] == list(LANGUAGES)
    assert (await asked(service, "/v1/codes", If_None_Match=answer.headers["etag"])).status_code == 304


async def test_the_events_of_the_cell_are_served_as_one_document_with_every_schema_in_it(service):
    answer = await asked(service, "/v1/asyncapi")
    served, written = answer.json(), yaml.safe_load((ROOT / "contracts/asyncapi.yaml").read_text())
    for kind, message in served["components"]["messages"].items():
        schema = json.loads((ROOT / "contracts/schemas" / f"{kind}.json").read_text())
        assert message.pop("payload") == schema
        assert written["components"]["messages"][kind].pop("payload") == {"$ref": f"./schemas/{kind}.json"}
    assert (answer.status_code, served) == (200, written)
    again = await asked(service, "/v1/asyncapi", If_None_Match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


async def test_a_list_that_is_not_there_is_not_found(service):
    assert (await asked(service, "/v1/codes/no_such_list")).status_code == 404
    assert (await asked(service, "/v1/codes/__init__")).status_code == 404


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("km", "km"),
        ("km-KH", "km"),
        ("TH", "th"),
        ("de", "en"),
        ("de, fr;q=0.8, es;q=0.9", "es"),
        ("fr;q=0, th;q=0.1", "th"),
        ("*", "en"),
        ("de;q=1, *;q=0.5, th;q=0.4", "en"),
        ("zh-Hant-TW, km;q=0.5", "km"),
        ("; , q=1, \x00", "en"),
        ("th;q=9", "en"),
    ],
)
async def test_the_language_is_the_first_of_ours_that_is_preferred(header, language):
    assert preferred(header) == language
