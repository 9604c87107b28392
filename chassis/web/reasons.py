"""A command of an operator to the pipeline is given with a reason, and stands in the audit log with the operator."""

from typing import Annotated, Any

from pydantic import Field

from chassis.database import Transaction
from contracts.events.operations import OperationPerformedV1
from contracts.form import Form
from contracts.types import KnownCode, TicketId


class ReasonedCommand(Form):
    """A command of an operator. The words about it belong into the ticket: what is written here is kept for ever."""

    reason: Annotated[str, KnownCode("operation_reason"), Field(description="a code of `operation_reason`")]
    ticket: (
        Annotated[TicketId, Field(description="of the operators' own system, for example OPS-1042")] | None
    ) = None


def log_operation(tx: Transaction, operation: str, command: ReasonedCommand, **about: Any) -> None:
    """Log the command in the transaction that carries it out, so that nothing is done and not logged."""
    tx.say(
        OperationPerformedV1(
            operation=operation, operation_reason=command.reason, ticket=command.ticket, **about
        )
    )
