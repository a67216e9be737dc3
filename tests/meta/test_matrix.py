"""docs/kernels.md is made from the data, and the data is of the matrix that there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guest import kernels, userlands
from tests.matrix import budget, cells, page, results
from tests.matrix.budget import Cost
from tests.matrix.results import Result

CELLS = {cell.name: cell for cell in cells.cells()}
PASSED = Result("passed", "2026-11-22", "abc1234", 60, passed=3)


def test_the_page_is_that_of_the_data() -> None:
    """If it isn't: python -m tests.matrix --table"""
    text = page.PAGE.read_text()
    assert page.with_tables(text) == text


def test_every_table_is_on_the_page() -> None:
    """What is recorded is shown, once."""
    text = page.PAGE.read_text()
    assert [text.count(f"<!-- {name} -->") for name in page.TABLES] == [1] * len(page.TABLES)


def test_results_are_of_cells_that_there_are() -> None:
    """A cell that was taken out leaves no result behind."""
    assert results.read().keys() <= CELLS.keys()


def test_what_passed_has_a_budget() -> None:
    """So that the next run of it is compared with something."""
    recorded = budget.read()
    for name, result in results.read().items():
        if result.outcome == "passed":
            kernel = CELLS[name].kernel
            kernel = result.release if kernel == kernels.HOST else kernel
            assert f"{kernel}/{result.plan}/LLVM {result.llvm}" in recorded, name


def test_every_plan_tmux_and_bcc_is_in_a_cell() -> None:
    """Whatever vagrant/boxes.toml names is run."""
    known = userlands.userlands()
    assert {cell.userland for cell in CELLS.values()} == set(known)
    for name, box in kernels.boxes().items():
        here = [cell for cell in CELLS.values() if cell.kernel == name]
        assert {cell.plan for cell in here} == set(box.plans)
        bccs = {known[cell.userland].bcc for cell in here}
        assert bccs in ({known[userlands.HOST].bcc}, {each.bcc for each in known.values()})


def test_cells_are_chosen_by_pattern() -> None:
    """As files are; one that matches nothing is a mistake."""
    assert [cell.name for cell in cells.matching(["6.1/fentry/*"])] == ["6.1/fentry/bookworm"]
    assert len(cells.matching(["6.1/*", "*"])) == len(CELLS)
    with pytest.raises(LookupError, match=r"6\.0"):
        cells.matching(["6.1/*", "6.0/*"])


def test_results_come_back(tmp_path: Path) -> None:
    """As they were kept, and in the same order whatever came first."""
    file = tmp_path / "results.json"
    found = {
        "b": PASSED,
        "a": PASSED._replace(outcome="failed", failed=("x", "y"), skipped={"z": 2}),
    }
    results.keep(found, file)
    text = file.read_text()
    assert results.read(file) == found
    results.keep(dict(sorted(found.items())), file)
    assert file.read_text() == text
    assert text.count("\n") == 4


@pytest.mark.parametrize(
    ("now", "loads", "told"),
    [
        ({"a": Cost(120, 2.4)}, True, []),
        ({"a": Cost(121, 9)}, False, ["a: 121 instructions, recorded 100"]),
        ({"a": Cost(1, 2.5)}, True, ["a: loads in 2.5 references, recorded 2"]),
        ({}, True, ["a is not there any more"]),
        ({"a": Cost(100, 2), "b": Cost(1, 0.1)}, True, ["b is not recorded"]),
    ],
)
def test_a_fifth_more_is_too_much(now: budget.Costs, loads: bool, told: list[str]) -> None:
    """Of instructions anywhere, of time where it means something; and nothing comes unseen."""
    assert list(budget.over(now, {"a": Cost(100, 2)}, loads=loads)) == told


def test_costs_come_back(tmp_path: Path) -> None:
    """As they were kept."""
    file = tmp_path / "budget.json"
    groups = {"b": {"p": Cost(1, 0.5)}, "a": {"q": Cost(2, 1.5), "p": Cost(3, 2.0)}}
    budget.keep(groups, file)
    assert budget.read(file) == groups
