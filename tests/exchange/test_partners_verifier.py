"""A partner that has `contracts` and nothing else of ours opens our envelopes and comes to our verdict."""

import ast
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from pydantic import TypeAdapter

from contracts.border.items import Claims, ProcessContent, ProcessItem
from contracts.events.referral import ReferralCancelledV1
from contracts.tools.schema import claims_schema
from deploy.local.trust import TrustFiles
from tests.exchange.two_cells import Cell
from tests.exchange.world import RECIPIENT, SENDER, Case, now

ROOT = Path(__file__).parents[2]
VERIFIER = Path(__file__).with_name("partners_verifier.py")


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """A folder with `contracts` and the verifier, where neither chassis nor services can be imported."""
    ignored = shutil.ignore_patterns("__pycache__", "schemas", "released", "tools", "examples")
    shutil.copytree(ROOT / "contracts", tmp_path / "alone" / "contracts", ignore=ignored)
    shutil.copy(VERIFIER, tmp_path / "alone")
    return tmp_path / "alone"


def verdict(alone: Path, files: TrustFiles, raw: bytes, reader: str = "KH") -> dict[str, str]:
    keys = files.organisation_keys_dir(reader)
    command = [sys.executable, VERIFIER.name, str(files.directory), str(keys), "TH"]
    done = subprocess.run(
        command, cwd=alone, input=raw, capture_output=True, check=False, env={"PYTHONPATH": "."}
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_the_verifier_imports_contracts_alone_and_is_short() -> None:
    text = VERIFIER.read_text()
    tree = ast.parse(text)
    named = {n.module.partition(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    assert named & {"contracts", "chassis", "services", "deploy", "corridor", "tests"} == {"contracts"}
    assert len(text.splitlines()) <= 60


async def test_a_partner_opens_an_envelope_and_accepts_what_is_in_order(
    th: Cell, kh: Cell, files: TrustFiles, alone: Path
) -> None:
    case = Case(th.trust)
    await th.deliver(case.opened(), case.authorised(), case.logged())
    await th.work()
    [raw] = await th.leaving(kh)
    [item] = kh.open(raw, th.trust).claims.items
    assert verdict(alone, files, raw) == {str(item.id): "accepted"}
    assert verdict(alone, files, raw, "TH") == {"envelope": "wrong_recipient"}
    changed = raw[:-5] + (b"B" if raw[-5:-4] == b"A" else b"A") + raw[-4:]
    assert verdict(alone, files, changed) == {"envelope": "unreadable"}


async def test_a_partner_refuses_with_our_codes(th: Cell, kh: Cell, files: TrustFiles, alone: Path) -> None:
    case = Case(th.trust)
    await th.deliver(case.opened(), case.authorised(), case.logged())
    await th.work()
    [sealed] = await th.leaving(kh)
    [item] = kh.open(sealed, th.trust).claims.items
    more = replace(item.disclosure, data={**item.disclosure.data, "vic_TypeOfExploitation": ("Other",)})
    code = ProcessContent(item.agreement, "referral.forgotten", case.referral_id, now())
    process = ProcessItem(case.case_id, item.reference, code)
    raw = th.seal([replace(item, disclosure=more), process], RECIPIENT, SENDER, seq=2)
    assert verdict(alone, files, raw) == {
        str(item.id): "field_outside_agreement",
        str(process.id): "unknown_code",
    }


async def test_what_is_sealed_is_what_the_released_schema_says(th: Cell, kh: Cell) -> None:
    case = Case(th.trust)
    await th.deliver(case.opened(), case.authorised(), case.logged())
    cancelled = {"half": "outgoing", "sender": SENDER, "recipient": RECIPIENT, "at": now()}
    await th.deliver(ReferralCancelledV1(case_id=case.case_id, referral_id=case.referral_id, **cancelled))
    await th.work()
    await th.work()
    check = jsonschema.Draft202012Validator(claims_schema())
    opened = [kh.open(raw, th.trust).claims for raw in await th.leaving(kh)]
    assert sorted(item.item_class for claims in opened for item in claims.items) == ["disclosure", "process"]
    for claims in opened:
        document = TypeAdapter(Claims).dump_python(claims, mode="json", exclude_none=True)
        check.validate(document)
        [item] = document["items"]
        without = {name: value for name, value in item.items() if name != "item_class"}
        assert not check.is_valid({**document, "items": [without]})
