import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_look(workplace):
    case = await workplace.case({"cor_FullName": "Sokha"})
    b = workplace.browser()
    home = await b.sign_in("th.worker")
    print(home.status, home.text)
    cases = await b.get("/console/cases")
    print(cases.status, cases.text)
    one = await b.get(f"/console/cases/{case}")
    print(one.status, one.text)
    form = await b.get(one.links["Add a note"])
    print(form.text)
    saved = await b.send(
        form.form("write_note"), category="call", text="She called <script>alert(1)</script>"
    )
    print(saved.status, saved.text)
    assert 0
