"""Row-level security, the second wall: raw SQL as a service's own role reads no row of another organisation."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.migrate import migrate
from services.consent.app import VERSIONS as CONSENT
from services.exchange.app import VERSIONS as EXCHANGE
from services.intake.app import VERSIONS as INTAKE
from services.interchange.app import VERSIONS as INTERCHANGE
from services.notify.app import VERSIONS as NOTIFY
from services.referral.app import VERSIONS as REFERRAL
from services.returns.app import VERSIONS as RETURNS

OURS, THEIRS = "th-care-agency", "th-legal-aid"
VERSIONS = {
    "intake": INTAKE,
    "consent": CONSENT,
    "referral": REFERRAL,
    "returns": RETURNS,
    "notify": NOTIFY,
    "exchange": EXCHANGE,
    "interchange": INTERCHANGE,
}
FREE = {
    "intake": {
        "accepted_referrals",
        "attention",
        "authorised",
        "file_rows",
        "limits_passed",
        "opened_cases",
        "statistics",
    },
    "consent": {"agreements", "notices"},
    "referral": {"offered"},
    "returns": set(),
    "notify": set(),
    "exchange": {
        "agreements",
        "distrusts",
        "gaps",
        "incoming_chains",
        "listed_keys",
        "listings",
        "offsets",
        "outgoing_chains",
        "partners",
        "trust",
        "trust_documents",
    },
    "interchange": set(),
}
"""Tables without anything about a person, or that hold it sealed for the moment of an import. The list only shrinks."""

ROWS = {
    "intake": [
        (
            "insert into intake.cases (id, person_id, organisation, channel, urgency, opened_at, opened_by)"
            " values (:case, :case, :org, 'hotline', 'urgent', now(), 'th.worker')"
        ),
        (
            "insert into intake.fields (case_id, field, source, organisation, value, recorded_at, recorded_by)"
            " values (:case, 'cor_FullName', 'own', :org, 'v1.x', now(), 'th.worker')"
        ),
        (
            "insert into intake.needs (id, case_id, organisation, urgency, needs, at, by)"
            " values (:case, :case, :org, 'urgent', 'v1.x', now(), 'th.worker')"
        ),
    ],
    "consent": [
        (
            "insert into consent.records (id, case_id, organisation, state, revision, head, salt, valid_until, terms, sealed)"
            " values (:case, :case, :org, 'given', 1, 'h', 's', now(), '{}', '{}')"
        ),
        "insert into consent.revisions (consent_id, number, body, hash) values (:case, 1, '{}', 'h')",
        (
            "insert into consent.ledger (disclosure_id, case_id, organisation, step, recipient, recipient_cell, fields)"
            " values (:case, :case, :org, 'authorised', 'x', 'KH', '{}')"
        ),
    ],
    "referral": [
        (
            "insert into referral.referrals (id, half, case_id, organisation, sender, sender_cell, recipient, recipient_cell,"
            " recipient_role, service, purpose, urgency, asked, created_at, kind, state, fields, withheld, version)"
            " values (:case, 'outgoing', :case, :org, :org, 'TH', 'x', 'KH', 'shelter', 'shelter', 'protection', 'routine',"
            " '[]', now(), 'referral', 'draft', '[]', '[]', 1)"
        ),
        (
            "insert into referral.consents (consent_id, case_id, revision, purposes, recipients, valid_until)"
            " values (:case, :case, 1, '[]', '[]', now())"
        ),
        "insert into referral.age_groups (case_id, age_group, basis) values (:case, 'child', 'flag')",
    ],
    "returns": [
        "insert into returns.known (case_id, holds, accepted) values (:case, '{}', '{}')",
        (
            "insert into returns.returns (id, half, case_id, organisation, sender, receiver, receiver_cell, requested_at,"
            " state, version) values (:case, 'sending', :case, :org, :org, 'x', 'KH', now(), 'requested', 1)"
        ),
    ],
    "notify": [
        (
            "insert into notify.notifications (id, case_id, own, organisation, audience, template, priority, created_at)"
            " values (:case, :case, false, :org, 'holder', 'act_now', 'today', now())"
        ),
        "insert into notify.readings (notification_id, reader, at) values (:case, 'x', now())",
    ],
    "exchange": [
        (
            "insert into exchange.relations (own, other, reference, case_id, other_cell)"
            " values (:org, 'x', :case, :case, 'KH')"
        ),
        "insert into exchange.disclosures (id, case_id, state, sender, recipient) values (:case, :case, 'due', :org, 'x')",
        (
            "insert into exchange.process_items (item_id, case_id, own, other, code, subject_id, at)"
            " values (:case, :case, :org, 'x', 'c', :case, now())"
        ),
        (
            "insert into exchange.envelopes (id, cell, sender, recipient, seq, sha256, bytes, sealed_at)"
            " values (:case, 'KH', :org, cast(gen_random_uuid() as text), 1, 'h', 1, now())"
        ),
        (
            "insert into exchange.envelope_items (envelope_id, item_id, item_class, cell, state)"
            " values (:case, :case, 'disclosure', 'KH', 'waiting')"
        ),
        (
            "insert into exchange.incoming_envelopes (id, cell, sender, recipient, seq, sha256, place, received_at)"
            " values (:case, 'KH', 'x', :org, 1, 'h', 'next', now())"
        ),
        (
            "insert into exchange.incoming_items (cell, item_id, envelope_id, item_class, outcome, at)"
            " values ('KH', :case, :case, 'disclosure', 'accepted', now())"
        ),
        (
            "insert into exchange.received (sender_cell, id, state, case_id, recipient, at)"
            " values ('KH', :case, 'here', :case, :org, now())"
        ),
    ],
    "interchange": [
        (
            "insert into interchange.imports (id, organisation, by, purpose, policy, total, done, errors, at)"
            " values (:case, :org, 'th.officer', 'case-management', 'p', 1, 0, 0, now())"
        ),
        "insert into interchange.results (import_id, line, outcome, case_id) values (:case, 2, 'opened', :case)",
    ],
}
ACCESS = "insert into chassis.case_access (case_id, organisation) values (:case, :org)"
TABLES = {
    "intake": ("cases", "fields", "needs"),
    "consent": ("records", "revisions", "ledger"),
    "referral": ("referrals", "consents", "age_groups"),
    "returns": ("returns", "known"),
    "notify": ("notifications", "readings"),
    "exchange": (
        "disclosures",
        "relations",
        "process_items",
        "envelopes",
        "envelope_items",
        "incoming_envelopes",
        "incoming_items",
        "received",
    ),
    "interchange": ("imports", "results"),
}
MOVED = {
    "intake": ("fields", "case_id"),
    "notify": ("notifications", "organisation"),
    "exchange": ("disclosures", "sender"),
    "interchange": ("imports", "organisation"),
}
"""A table and the column that says whose its rows are, where it is not the first and `case_id`."""
BROUGHT = {"interchange": {"chunks"}}
"""Shown to nobody, and yet written by the organisation whose file it is."""
OWNED_BY = {"exchange": "sender"}
"""The column that names the organisation, where it is not `organisation`."""


@pytest.fixture(params=sorted(VERSIONS))
async def filled(request, postgres):
    """A service's name, an engine of its own role, and a case of each organisation."""
    name, versions = request.param, VERSIONS[request.param]
    _, url = await postgres.create_migrated(
        f"secured_{name}", lambda owner, _: migrate(owner, name, versions)
    )
    engine, cases = create_async_engine(url), {OURS: uuid4(), THEIRS: uuid4()}
    async with engine.begin() as conn:
        await whose(conn, "*")
        for organisation, case in cases.items():
            for statement in (ACCESS, *ROWS[name]):
                await conn.execute(text(statement), {"case": case, "org": organisation})
    yield name, engine, cases
    await engine.dispose()


async def whose(conn, organisation: str) -> None:
    await conn.execute(text("select set_config('corridor.organisation', :o, true)"), {"o": organisation})


async def done_as(engine, organisation: str, statement: str, parameters) -> None:
    async with engine.begin() as conn:
        await whose(conn, organisation)
        await conn.execute(text(statement), parameters)


async def seen(conn, name: str) -> list[int]:
    return [(await conn.execute(text(f"select count(*) from {name}.{t}"))).scalar_one() for t in TABLES[name]]


async def test_every_table_that_holds_a_case_s_data_is_secured_and_forced(filled):
    name, engine, _ = filled
    async with engine.connect() as conn:
        rows = await conn.execute(
            text(
                "select relname, relrowsecurity and relforcerowsecurity as held, pg_get_userbyid(relowner) = current_user as own"
                " from pg_class where relnamespace = cast(:schema as regnamespace) and relkind = 'r'"
            ),
            {"schema": name},
        )
        found = {row.relname: row for row in rows if row.relname != "alembic_version"}
    assert {table for table, row in found.items() if not row.held} == FREE[name]
    assert not any(row.own for row in found.values())


@pytest.mark.parametrize(
    ("organisation", "expected"),
    [("", 0), (THEIRS, 1), ("th-nobody", 0), ("*", 2)],
)
async def test_raw_sql_reads_the_rows_of_the_organisation_that_acts(filled, organisation, expected):
    name, engine, _ = filled
    async with engine.begin() as conn:
        await whose(conn, organisation)
        assert await seen(conn, name) == [expected] * len(TABLES[name])


async def test_a_transaction_in_which_nobody_was_named_reads_nothing(filled):
    """Also on a connection in whose last transaction somebody was."""
    name, engine, _ = filled
    async with engine.connect() as conn:
        async with conn.begin():
            await whose(conn, "*")
        assert set(await seen(conn, name)) == {0}


async def test_another_organisation_changes_and_deletes_nothing(filled):
    name, engine, cases = filled
    column = "id" if name in {"intake", "interchange"} else "case_id"
    table = f"{name}.{TABLES[name][0]}"
    async with engine.begin() as conn:
        await whose(conn, OURS)
        for verb in (
            f"update {table} set {OWNED_BY.get(name, 'organisation')} = :org where {column} = :case",
            f"delete from {table} where {column} = :case",
        ):
            done = await conn.execute(
                text(verb),
                {"org": OURS, "case": cases[THEIRS]} if ":org" in verb else {"case": cases[THEIRS]},
            )
            assert done.rowcount == 0


async def test_no_organisation_plants_a_row_with_a_case_or_in_the_name_of_another(filled):
    """Each statement of `ROWS`, in the name of whose it is not: a consent that nobody gave, a finding, a notice, an envelope."""
    name, engine, cases = filled
    for statement in ROWS[name]:
        with pytest.raises(DBAPIError, match="row-level security"):
            await done_as(engine, THEIRS, statement, {"case": cases[OURS], "org": OURS})


async def test_an_organisation_writes_what_is_its_own(filled):
    name, engine, _ = filled
    new = {"case": uuid4(), "org": OURS}
    async with engine.begin() as conn:
        await whose(conn, OURS)
        for statement in (ACCESS, *ROWS[name]):
            await conn.execute(text(statement), new)
        assert await seen(conn, name) == [2] * len(TABLES[name])


async def test_no_organisation_hands_a_row_to_another(filled):
    name, engine, cases = filled
    table, column = MOVED.get(name, (TABLES[name][0], "case_id"))
    to = cases if column == "case_id" else {OURS: OURS, THEIRS: THEIRS}
    # without a condition: one that reads a column has the new row held to what is shown in any case
    statement = f"update {name}.{table} set {column} = :theirs"
    with pytest.raises(DBAPIError, match="row-level security"):
        await done_as(engine, OURS, statement, {"theirs": to[THEIRS]})


async def test_what_is_written_is_checked_as_what_is_shown(filled):
    """Every secured table, so that a new one is not forgotten."""
    name, engine, _ = filled
    async with engine.connect() as conn:
        rows = await conn.execute(
            text(
                "select tablename, cmd, qual, with_check from pg_policies where schemaname = :s and policyname <> 'shared'"
            ),
            {"s": name},
        )
        policies = {(row.tablename, row.cmd): row for row in rows}
    tables = {table for table, _ in policies} - BROUGHT.get(name, set())
    shown = {table: policies[table, "SELECT"].qual for table in tables}
    for command in ("INSERT", "UPDATE"):
        assert {table: policies[table, command].with_check for table in tables} == shown


@pytest.mark.parametrize("filled", ["intake"], indirect=True)
async def test_what_is_shared_is_read_by_others_and_changed_by_none_of_them(filled):
    _, engine, _ = filled
    statement = (
        "insert into intake.incidents (id, organisation, kind, month, certainty, with_all, shared_with, state, revision, recorded_at,"
        " recorded_by, updated_at, updated_by) select gen_random_uuid(), :org, 'labour', now(), 'likely', with_all, shared_with,"
        " 'standing', 1, now(), 'x', now(), 'x' from (values (true, '{}'::text[]), (false, '{th-legal-aid}'), (false, '{}'))"
        " as t (with_all, shared_with)"
    )
    await done_as(engine, OURS, statement, {"org": OURS})
    for organisation, expected in ((OURS, 3), (THEIRS, 2), ("th-nobody", 1), ("", 0)):
        async with engine.begin() as conn:
            await whose(conn, organisation)
            count = text("select count(*) from intake.incidents")
            assert (organisation, (await conn.execute(count)).scalar_one()) == (organisation, expected)
            if organisation != OURS:
                for verb in ("update intake.incidents set with_all = false", "delete from intake.incidents"):
                    assert (await conn.execute(text(verb))).rowcount == 0


async def test_a_service_s_role_may_do_with_its_tables_what_a_service_does_and_no_more(filled):
    name, engine, _ = filled
    async with engine.connect() as conn:
        rows = await conn.execute(
            text(
                "select table_schema, array_agg(distinct privilege_type order by privilege_type) as rights"
                " from information_schema.role_table_grants where grantee = current_user group by table_schema, table_name"
            )
        )
        found = {(row.table_schema, *row.rights) for row in rows}
    rights = ("DELETE", "INSERT", "SELECT", "UPDATE")
    assert found == {("chassis", *rights), (name, *rights)}


async def test_nothing_is_written_where_nobody_is_named(filled):
    name, engine, _ = filled
    with pytest.raises(DBAPIError, match="row-level security"):
        async with engine.begin() as conn:
            await conn.execute(text(ROWS[name][0]), {"case": uuid4(), "org": OURS})


async def test_a_person_s_transaction_sees_their_organisation_and_a_service_s_sees_all(tmp_path, postgres):
    """What the chassis sets, for each kind of caller; the purpose that somebody claims widens nothing."""
    from services.intake.app import build
    from services.intake.settings import Settings
    from tests.harness import running

    async with running("intake", build, INTAKE, Settings, postgres, tmp_path) as h:
        policies, validator = h.service.policies, h.service.validator

        async def rows_of(headers: dict[str, str], purpose: str | None) -> str:
            token = headers["Authorization"].removeprefix("Bearer ")
            origin = (await validator.actor(token, purpose, policies)).origin()
            async with h.service.database.transaction(origin) as tx:
                return str(
                    (
                        await tx.execute(text("select current_setting('corridor.organisation', true)"))
                    ).scalar_one()
                )

        assert await rows_of(h.as_("case_worker", org=OURS), None) == OURS
        assert await rows_of(h.as_("supervisor", org=OURS), "audit") == OURS
        assert await rows_of(h.as_("auditor", org=OURS), None) == "*"
        assert await rows_of(h.as_service("exchange"), None) == "*"
        async with h.service.database.transaction(h.service.database.system()) as tx:
            case = UUID(int=0)
            assert (
                await tx.execute(text("select count(*) from intake.cases where id = :c"), {"c": case})
            ).scalar_one() == 0


@pytest.mark.parametrize("name", sorted(VERSIONS))
async def test_what_only_the_service_works_with_is_shown_to_no_organisation(name, postgres):
    nobodys = {
        "notify": ("unaddressed",),
        "exchange": ("receipts", "inbox", "quarantine", "extract_evidence"),
        "interchange": ("chunks",),
    }
    _, url = await postgres.create_migrated(
        f"secured_{name}", lambda owner, _: migrate(owner, name, VERSIONS[name])
    )
    engine = create_async_engine(url)
    async with engine.begin() as conn:
        rows = await conn.execute(
            text("select tablename, qual from pg_policies where schemaname = :s and cmd = 'SELECT'"),
            {"s": name},
        )
        closed = {
            row.tablename for row in rows if "exists" not in row.qual.lower() and " OR " not in row.qual
        }
    await engine.dispose()
    assert closed == set(nobodys.get(name, ()))
