"""`corridor operate`: shows the events and the work that stand still in a cell, and what an operator can do about
them. Each changing command has a reason.
"""

from typing import Annotated
from uuid import UUID

import typer

from corridor.case_name import CaseName
from corridor.console import call, console
from deploy.local.people import story

operate = typer.Typer(
    help="What stands still in a cell, and what an operator does about it.", no_args_is_help=True
)


def _capitals(code: str) -> str:
    return code.upper()


Cell = Annotated[
    str, typer.Argument(help=f"The jurisdiction, for example {story().sender}.", callback=_capitals)
]
Service = Annotated[str, typer.Argument(help="The service, for example consent.")]
Reason = Annotated[str, typer.Option("--why", help="A code of `operation_reason`, for the audit log.")]
Ticket = Annotated[str | None, typer.Option("--ticket", help="Where the words are, for example OPS-1042.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it would do, and do nothing.")]


@operate.command()
def ready(cell: Cell) -> None:
    """The state of each service by its own word: ready for its work, or why not."""
    from corridor import operating

    call(operating.ready(cell, console()))


@operate.command()
def causes(cell: Cell) -> None:
    """Parked streams by cause: the error's class and the line that raised it."""
    from corridor import operating

    call(operating.causes(cell, console()))


@operate.command()
def parked(
    cell: Cell, stream: Annotated[str | None, typer.Option(help="Only events of this stream.")] = None
) -> None:
    """The events that wait, each with its type and its cause; never their content."""
    from corridor import operating

    call(operating.parked(cell, stream, console()))


@operate.command()
def replay(
    cell: Cell,
    service: Service,
    cause: Annotated[str, typer.Argument(help="The cause's id, from `causes`.")],
    why: Reason,
    ticket: Ticket = None,
    over_gap: Annotated[
        bool, typer.Option("--over-gap", help="Accept that what is missing before a gap will never come.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Try every stream again that is parked for one cause, in order, as work with progress."""
    from corridor import operating

    call(
        operating.replay_cause(
            cell,
            service,
            cause,
            operating.OperatorReason(why, ticket),
            console(),
            over_gap=over_gap,
            dry_run=dry_run,
        )
    )


@operate.command("replay-stream")
def replay_stream(
    cell: Cell,
    service: Service,
    source: str,
    stream: str,
    why: Reason,
    ticket: Ticket = None,
    over_gap: Annotated[
        int | None,
        typer.Option(
            "--over-gap", help="The first sequence that waits: what is missing before it never comes."
        ),
    ] = None,
) -> None:
    """Try one parked stream again, in order, now."""
    from corridor import operating

    call(
        operating.replay_stream(
            cell, service, source, stream, operating.OperatorReason(why, ticket), console(), over_gap=over_gap
        )
    )


@operate.command()
def replays(cell: Cell) -> None:
    """The progress of replays by cause."""
    from corridor import operating

    call(operating.replays(cell, console()))


@operate.command("stop-replay")
def stop_replay(cell: Cell, service: Service, replay_id: UUID, why: Reason, ticket: Ticket = None) -> None:
    """Stop a replay by cause after the stream that it has in hand."""
    from corridor import operating

    call(
        operating.stop_replay(cell, service, str(replay_id), operating.OperatorReason(why, ticket), console())
    )


@operate.command()
def discard(
    cell: Cell,
    service: Service,
    source: str,
    stream: str,
    sequence: int,
    expected: Annotated[str, typer.Option(help="The cause's id that it is parked for, from `parked`.")],
    why: Reason,
    ticket: Ticket = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Give one parked event up for ever. Refused for a protective event."""
    from corridor import operating

    event = (source, stream, sequence)
    call(
        operating.discard(
            cell, service, event, expected, operating.OperatorReason(why, ticket), console(), dry_run=dry_run
        )
    )


@operate.command()
def offsets(cell: Cell) -> None:
    """The offset that each service reads next of each partition, and the range that the broker has of it."""
    from corridor import operating

    call(operating.offsets(cell, console()))


@operate.command("move-offset")
def move_offset(
    cell: Cell,
    service: Service,
    topic: str,
    partition: int,
    to: int,
    expected: Annotated[int, typer.Option(help="The offset as it is now, from `offsets`.")],
    why: Reason,
    ticket: Ticket = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Read a partition again, or from the first offset that the broker still has. No event that is there is passed over."""
    from corridor import operating

    where = (topic, partition)
    call(
        operating.move_offset(
            cell,
            service,
            where,
            to,
            expected,
            operating.OperatorReason(why, ticket),
            console(),
            dry_run=dry_run,
        )
    )


@operate.command()
def consumers(cell: Cell) -> None:
    """For each service: where and why its consumer is stopped, if it is, and how much more may be parked."""
    from corridor import operating

    call(operating.consumers(cell, console()))


@operate.command()
def resume(
    cell: Cell,
    service: Service,
    stop: Annotated[UUID, typer.Argument(help="The stop's id, from `consumers`.")],
    why: Reason,
    allow: Annotated[int, typer.Option(help="So many streams more than the limit may be parked.")] = 0,
    ticket: Ticket = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Let a stopped consumer go on; an event that it cannot handle is parked again."""
    from corridor import operating

    call(
        operating.resume(
            cell, service, str(stop), allow, operating.OperatorReason(why, ticket), console(), dry_run=dry_run
        )
    )


@operate.command()
def work(cell: Cell) -> None:
    """Work that failed for good."""
    from corridor import operating

    call(operating.work(cell, console()))


@operate.command()
def retry(cell: Cell, service: Service, work_id: UUID, why: Reason, ticket: Ticket = None) -> None:
    """Try failed work again, from its first attempt."""
    from corridor import operating

    call(operating.retry(cell, service, str(work_id), operating.OperatorReason(why, ticket), console()))


@operate.command()
def partners(cell: Cell) -> None:
    """The border: which partners are there, how many items wait, and why nothing is sealed."""
    from corridor import operating

    call(operating.partners(cell, console()))


@operate.command()
def envelopes(cell: Cell, case: CaseName) -> None:
    """The envelopes that left and came for a case, and their outcomes; never their content."""
    from corridor import operating

    call(operating.envelopes(cell, case, console()))


@operate.command()
def agreements(cell: Cell) -> None:
    """The agreements in force."""
    from corridor import operating

    call(operating.agreements(cell, console()))
