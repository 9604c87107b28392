"""The settings of notify: the server and the sender of mail, its recipients by organisation, and the address where a
worker signs in.
"""

from pydantic import Field

import chassis.settings


class Settings(chassis.settings.Settings):
    smtp_host: str | None = None
    smtp_port: int = 25
    mail_from: str = "notices@localhost"
    mail_attempts: int = Field(default=8, ge=1)
    mail_addresses: dict[str, str] = Field(
        default={}, description="organisation → its mailbox; none: inbox only"
    )
    organisation_languages: dict[str, str] = Field(
        default={}, description="organisation → BCP 47 language; default en"
    )
    sign_in_url: str = "http://localhost/"

    @property
    def mailboxes(self) -> frozenset[str]:
        """The organisations that can be mailed to."""
        return frozenset() if self.smtp_host is None else frozenset(self.mail_addresses)
