"""The settings of console: where it stands, where people sign in, and how long a session lives."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

import chassis.settings

Address = Annotated[str, Field(pattern=r"^https?://[^\s?#;,'\"]+$")]


class Settings(chassis.settings.Settings):
    public_url: Annotated[
        Address, Field(description="where browsers find it, without a slash at the end")
    ] = "http://localhost:8000"
    client_id: Annotated[str, Field(description="its name at the issuer")] = "console"
    client_secret: Annotated[
        SecretStr | None, Field(description="none: a public client, which PKCE alone protects")
    ] = None
    sign_in_url: Annotated[Address, Field(description="the issuer's page, as browsers reach it")] = (
        "http://localhost:8000/authorize"
    )
    sign_out_url: Annotated[Address, Field(description="the issuer's other page, as browsers reach it")] = (
        "http://localhost:8000/sign-out"
    )
    token_url: Annotated[Address, Field(description="the issuer's, as this service reaches it")] = (
        "http://localhost:8000/token"  # noqa: S105  # an address
    )
    revocation_url: Annotated[Address, Field(description="the issuer's, as this service reaches it")] = (
        "http://localhost:8000/revoke"
    )
    exit_url: Annotated[
        Address, Field(description="a page of everybody's days, to which `Exit this page` leads")
    ] = "https://www.wikipedia.org/"
    idle_minutes: Annotated[int, Field(description="a session without a request ends after these", ge=1)] = 15
    session_hours: Annotated[int, Field(description="a session ends after these at the latest", ge=1)] = 8

    @property
    def prefix(self) -> str:
        """The path before every path of its own: empty, or `/console` behind a front."""
        return urlsplit(self.public_url).path.rstrip("/")

    @property
    def redirect_uri(self) -> str:
        return f"{self.public_url}/signed-in"

    @property
    def elsewhere(self) -> list[str]:
        """The origins to which a form of its pages may lead: the issuer's, and that of the exit."""
        parts = [urlsplit(url) for url in (self.sign_in_url, self.sign_out_url, self.exit_url)]
        return sorted({f"{part.scheme}://{part.netloc}" for part in parts})
