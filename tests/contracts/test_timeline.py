"""Whatever is said about a case has its place: in the timeline with a label, or in a list of what is left out with a reason."""

from contracts.catalogue import CASE, CATALOGUE
from contracts.codes import codes
from services.audit.domain.timeline import LEFT_OUT, PROCESS


def test_every_event_about_a_case_is_in_the_timeline_or_left_out_for_a_reason():
    said = {entry.type for entry in CATALOGUE if entry.stream in {CASE, "about_id"}}
    shown = said - LEFT_OUT.keys() - {PROCESS}
    assert {type_.rpartition(".")[0] for type_ in shown} | set(codes("process")) == set(codes("timeline"))
    assert LEFT_OUT.keys() <= {entry.type for entry in CATALOGUE}
    assert all(LEFT_OUT.values())
