"""A browser without JavaScript: cookies, links and forms, as the pages of the console give them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import httpx2

VOID = {"input", "meta", "link", "br"}


@dataclass
class SentForm:
    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """What stands on a page: its text, its links by their text, and its forms with what they hold."""

    def __init__(self, answer: httpx2.Response) -> None:
        super().__init__()
        self.answer, self.status, self.html = answer, answer.status_code, answer.text
        self.forms: list[SentForm] = []
        self.links: dict[str, str] = {}
        self._words: list[str] = []
        self._link, self._link_words, self._area = "", [], None
        self.feed(self.html)
        self.text = " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "form":
            self.forms.append(SentForm(found.get("action") or "", found.get("method", "get")))
        elif tag == "a":
            self._link, self._link_words = found.get("href", ""), []
        elif (
            self.forms
            and tag == "input"
            and (found.get("type") not in {"radio", "checkbox"} or "checked" in found)
        ):
            self.forms[-1].fields.append((found["name"], found.get("value", "")))
        elif self.forms and tag == "textarea":
            self._area = (found["name"], [])

    def handle_endtag(self, tag):
        if tag == "a":
            self.links[" ".join("".join(self._link_words).split())] = self._link
            self._link = ""
        elif tag == "textarea":
            name, words = self._area
            self.forms[-1].fields.append((name, "".join(words).removeprefix("\n")))
            self._area = None

    def handle_data(self, data):
        self._words.append(data)
        if self._link:
            self._link_words.append(data)
        if self._area is not None:
            self._area[1].append(data)

    def form(self, ending: str) -> SentForm:
        """The form that is sent to an address that ends like this."""
        return next(form for form in self.forms if form.action.endswith(ending))


class Browser:
    """One browser of one person. Without an app it goes over the network."""

    def __init__(self, app, origin: str) -> None:
        inside = None if app is None else httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        self.http = httpx2.AsyncClient(transport=inside, base_url=origin, trust_env=False, timeout=30)
        self.asked: list[str] = []

    async def get(self, path: str, **more) -> Page:
        return await self._followed(await self.http.get(path, **more))

    async def send(self, page_form: SentForm, again: bool = False, **typed) -> Page:
        """Send a form with what it holds, and with what is typed instead."""
        fields = [(name, value) for name, value in page_form.fields if name not in typed]
        for name, value in typed.items():
            fields += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        data: dict[str, list[str]] = {}
        for name, value in fields:
            data.setdefault(name, []).append(value)
        answer = await self.http.post(page_form.action, data=data)
        return await self._followed(answer)

    async def send_file(self, page_form: SentForm, content: bytes | None, name: str, **typed) -> Page:
        """Send a form with a file, as a browser does where the form says so; None: no file was chosen."""
        data = {**dict(page_form.fields), **typed}
        data.pop("file", None)
        chosen = (name, content, "text/csv") if content is not None else ("", b"", "application/octet-stream")
        return await self._followed(await self.http.post(page_form.action, data=data, files={"file": chosen}))

    async def _followed(self, answer: httpx2.Response) -> Page:
        self.asked.append(str(answer.url))
        while answer.is_redirect and answer.next_request.url.host == answer.url.host:
            answer = await self.http.get(answer.headers["Location"])
            self.asked.append(str(answer.url))
        return Page(answer)

    async def sign_in(self, name: str) -> Page:
        start = await self.get("/console/sign-in")
        choosing = await self.get(start.links["Sign in"])
        form = choosing.forms[0]
        form.action = form.action or str(choosing.answer.url.copy_with(query=None))
        return await self.send(form, person=name)


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))
