"""The one base of everything that is sent to us: a body of a route, a question of another service, a file of a country."""

from pydantic import BaseModel, ConfigDict


class Form(BaseModel):
    """A member that is not known is a mistake, because whoever sent it believes that it counts; no error echoes what was sent."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
