"""No module imports one that imports it again, by whatever way; imports for the sake of a type are imports too."""

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

ROOMS = ("contracts", "chassis", "services", "corridor", "deploy")


def test_no_modules_import_one_another_in_a_circle() -> None:
    graph = grimp.build_graph(*ROOMS, exclude_type_checking_imports=False, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(imports) > 400
    assert list(TopologicalSorter(imports).static_order())


def test_a_circle_is_named() -> None:
    with pytest.raises(CycleError) as found:
        TopologicalSorter({"record": {"facts"}, "facts": {"disclosure"}, "disclosure": {"record"}}).prepare()
    assert set(found.value.args[1]) == {"record", "facts", "disclosure"}
