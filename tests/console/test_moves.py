"""Every move that a view offers has a form in the console, and what stands in its way is said in words."""

from datetime import UTC, datetime
from uuid import uuid4

from contracts.codes import codes
from deploy.messages import messages
from services.console.answers import Block, Fitness
from services.console.api.returns import found_fit, shown_blocks
from services.console.commands import COMMANDS, return_forms, work_forms
from services.returns.domain import fitness
from services.returns.domain.blocks import SUPPLIERS
from services.returns.domain.states import MOVES, Verb
from services.returns.queries import _ROUTES
from services.returns.sealing import _FITNESS
from tests.returns.making import SENDER


def test_every_move_that_a_return_can_offer_has_a_form():
    offered = {
        route for half in MOVES.values() for verb in half for route in _ROUTES.get(verb, (f"{verb}_return",))
    }
    without = offered - COMMANDS.keys()
    assert without == {f"{Verb.HAND_OVER}_return"}, "nobody gives that one: it follows a transfer"


def test_every_block_says_who_can_lift_it_in_words_of_the_catalogues_and_by_which_form_here():
    assert {one.who for one in SUPPLIERS.values()} <= set(messages())
    here = {code: one for code, one in SUPPLIERS.items() if one.service == "returns"}
    for code, supplier in here.items():
        route = supplier.route.replace("{return_id}", str(uuid4()))
        block = Block(code=code, organisation=SENDER, who=supplier.who, service="returns", route=route)
        (shown,) = shown_blocks([block], return_forms.FORMS)
        assert shown.here is not None, code
        assert shown_blocks([block], [])[0].here is None, "a form that is not offered is not shown"


def test_every_kind_of_check_can_be_recorded():
    assert {*return_forms.RECORDED_AS_CHECK, "fitness"} == codes("return_check").keys()


def test_every_kind_of_task_but_that_of_a_flag_can_be_added():
    assert {*work_forms.RAISED_BY_HAND, "urgent-step"} == codes("task_kind").keys()


def test_what_a_clinician_found_is_read_as_returns_keeps_it():
    day = datetime.now(UTC).date()
    certificate, flags = fitness.Certificate(day, day), frozenset({"late_pregnancy"})
    kept = fitness.Fitness(True, day, 33, True, day, True, True, certificate, flags)
    read = found_fit(_FITNESS.dump_json(kept).decode())
    assert read == Fitness(
        fit=True, assessed_on=day, weeks=33, multiple=True, birth_on=day, newborn=True, escort=True,
        certificate={"issued_on": day, "valid_until": day},
    )  # fmt: skip
    assert found_fit("no JSON") is None
