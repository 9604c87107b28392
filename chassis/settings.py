"""The settings of a service, told from outside: environment variables with the prefix CORRIDOR_."""

import ssl
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.country.reading import Country, CountryError, read_country

COUNTRIES = Path("countries")
LOOPBACK = "127.0.0.1"


class Settings(BaseSettings):
    """Settings that all services share; a service adds its own in `services/<name>/settings.py`."""

    model_config = SettingsConfigDict(env_prefix="CORRIDOR_", extra="ignore", hide_input_in_errors=True)

    cell: Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="the jurisdiction, ISO 3166-1 alpha-2")]
    mode: Literal["development", "production"] = "production"
    host: str = "127.0.0.1"
    port: int = 8000

    country_dir: Annotated[
        Path | None,
        Field(description="the folder of the cell's country; none: countries/<cell>"),
    ] = None
    tls_certificate_file: Path | None = None
    tls_key_file: Path | None = None
    tls_ca_file: Annotated[
        Path | None,
        Field(description="the cell's authority, which its services are trusted by"),
    ] = None

    database_url: Annotated[SecretStr, Field(description="postgresql+asyncpg://…, the app role")]
    owner_url: Annotated[SecretStr | None, Field(description="the owner role, for `migrate` only")] = None
    vault_url: SecretStr | None = None
    vault_epoch_file: Path | None = None
    pool_size: int = 16

    kafka_bootstrap: str
    kafka_user: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca_file: Path | None = None
    topic_prefix: Annotated[str, Field(description="set before every topic's name; for tests")] = ""

    issuer: str = ""
    jwks_url: str | None = None
    jwks_file: Path | None = None
    service_key_file: Path | None = None
    service_jwks_file: Path | None = None
    policies_dir: Path = Path("deploy/policies")
    peers: Annotated[
        dict[str, str], Field(description="service name → base URL, for the few synchronous calls")
    ] = {}

    batch: Annotated[int, Field(description="events in one transaction of the consumer", ge=1, le=5000)] = 500
    park_streams: Annotated[
        int,
        Field(
            description="streams that may be parked in `park_hours`; the consumer stops before one more", ge=1
        ),
    ] = 25
    park_share: Annotated[
        float, Field(description="the share of one batch that may be parked, beyond five streams", gt=0, le=1)
    ] = 0.1
    park_hours: Annotated[int, Field(description="the window of `park_streams`", ge=1, le=720)] = 24
    poll_seconds: Annotated[
        float,
        Field(
            description="how long relay and work sleep at most: a wake that was lost is made good then", gt=0
        ),
    ] = 30.0
    heard_seconds: Annotated[
        float,
        Field(
            description="how long a request waits for this service to hear of its case, before it is answered 503",
            ge=0,
        ),
    ] = 1.0
    outbox_hours: Annotated[
        float,
        Field(description="how long events are kept once published: a restored cell says them again", ge=0),
    ] = 48.0
    max_body_bytes: int = 1_000_000
    papers_url: Annotated[
        str,
        Field(
            description="stands on printed papers, with the code behind it: where anybody may ask whether one is genuine."
            " It is to say nothing of what these services are for"
        ),
    ] = "http://localhost/papers"
    otlp_endpoint: str | None = None
    metrics_port: Annotated[
        int | None, Field(description="where Prometheus reads `/metrics`; none: nowhere")
    ] = None
    metrics_host: Annotated[
        str,
        Field(
            description="beyond this machine only over TLS, to whoever has a certificate of the cell's own"
        ),
    ] = LOOPBACK

    @model_validator(mode="after")
    def _place(self) -> Self:
        """A service that does not know in which country it stands, and so which day it is, does not start."""
        try:
            code = self.country.code
        except CountryError as error:
            raise ValueError(f"CORRIDOR_COUNTRY_DIR must name the folder of a country: {error}") from None
        if code != self.cell:
            raise ValueError(f"CORRIDOR_COUNTRY_DIR is the folder of {code}, and the cell is {self.cell}")
        return self

    @model_validator(mode="after")
    def _operators_alone(self) -> Self:
        """The metrics ask nobody for a token, so nobody reaches them who is not of this machine or of this cell."""
        of_the_cell = self.tls() is not None and self.tls_ca_file is not None
        if self.metrics_port is not None and self.metrics_host != LOOPBACK and not of_the_cell:
            raise ValueError(
                "CORRIDOR_METRICS_HOST is beyond this machine: it needs TLS and the cell's authority"
            )
        return self

    @cached_property
    def country(self) -> Country:
        """The country: its calendar, periods of law, languages and words."""
        return _country(self.country_dir or COUNTRIES / self.cell)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the days of this cell begin."""
        return self.country.zone

    def topic(self, name: str) -> str:
        return self.topic_prefix + name

    def tls(self) -> tuple[str, str] | None:
        """Certificate and key of this service's own port, where it speaks TLS."""
        if self.tls_certificate_file is None or self.tls_key_file is None:
            return None
        return str(self.tls_certificate_file), str(self.tls_key_file)

    def trusted(self) -> ssl.SSLContext:
        """The authorities that must have certified a peer: the cell's own, or those of the machine."""
        return _trusting(self.tls_ca_file)

    def source(self, service: str) -> str:
        """The CloudEvents `source` of this service in this cell, for example `/th/referral`."""
        return f"/{self.cell.lower()}/{service}"


@cache
def _country(folder: Path) -> Country:
    """The folder of a country is read once for all services of a process, and what changes in it is seen by the next process."""
    return read_country(folder)


@cache
def _trusting(authority: Path | None) -> ssl.SSLContext:
    """The trust store, once in a process, which has all services of a local cell: the machine's authorities take 0.05
    s to read.
    """
    return ssl.create_default_context(cafile=authority)
