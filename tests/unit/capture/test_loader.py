"""Loading: all or nothing, and nothing left."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.need import lacking
from tracer.capture.loader import LINEAGE_IGNORED, LoadedProgram, load
from tracer.errors import BpfRefused, TtytraceError
from tracer.model import abi
from tracer.model.events import Tty
from tracer.model.facts import TtyState
from tracer.probe.btf import Btf
from tracer.probe.catalog import Way
from tracer.probe.ktypes import kernel_types
from tracer.probe.plan import Plan, choose
from tracer.probe.survey import survey
from tracer.settings import RingSizes

pytestmark = pytest.mark.kernel
SMALL = RingSizes(critical_pages=2, bulk_pages=4)


@pytest.fixture(scope="module")
def offer() -> tuple[Plan, str]:
    """The plan of this kernel and its types."""
    try:
        btf = Btf.load()
        return choose(survey(btf)), kernel_types(btf)
    except TtytraceError as error:
        lacking(str(error))


@pytest.fixture
def program(offer: tuple[Plan, str]) -> Iterator[LoadedProgram]:
    loaded = load(*offer, SMALL)
    yield loaded
    loaded.close()


def bpf_descriptors() -> list[str]:
    """What this process holds of BPF and perf."""
    links = []
    for fd in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(fd.readlink()))
        except OSError:
            continue  # the directory that is being read
    return [link for link in links if "bpf" in link or "perf" in link]


def test_each_hook_of_the_plan_is_attached(offer: tuple[Plan, str], program: LoadedProgram) -> None:
    """A program for each function that the plan names, a link for each hook."""
    assert set(program.programs) == {hook.way.function for hook in offer[0].hooks}
    assert len(program._links) == len(offer[0].hooks)


def test_closing_leaves_nothing(
    offer: tuple[Plan, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither descriptors nor files; closing again is no error."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = bpf_descriptors()
    program = load(*offer, SMALL)
    assert len(bpf_descriptors()) > len(before)
    program.detach()
    program.close()
    assert bpf_descriptors() == before
    assert not list(tmp_path.iterdir())


def test_processes_are_followed_until_they_are_not(program: LoadedProgram) -> None:
    """The kernel half's table has what it is told."""
    table = program.bpf[b"lineage"]
    program.follow(4_000_001, 4_000_000, 4_000_001)
    program.follow(4_000_000, 4_000_000, 0)
    program.ignore_server(4_000_000)
    rows = {key.value: (v.server_tgid, v.pane_tgid, v.flags) for key, v in table.items()}
    assert rows[4_000_001] == (4_000_000, 4_000_001, 0)
    assert rows[4_000_000] == (4_000_000, 0, LINEAGE_IGNORED)
    for tgid in (4_000_001, 4_000_000, 4_000_002):
        program.unfollow(tgid)
    assert not {4_000_000, 4_000_001} & {key.value for key in table.keys()}  # noqa: SIM118


def test_only_output_has_an_account(program: LoadedProgram) -> None:
    """Each terminal is counted by kind, and the account is the output's."""
    table = program.bpf[b"ttys"]
    for kind, end in ((abi.KIND_PANE_INPUT, 3), (abi.KIND_PANE_OUTPUT, 50)):
        table[table.Key(0xFFFF8880, kind)] = table.Leaf(9, 1, end, 2, 100, 200, 136 << 20 | 3)
    (state,) = [state for state in program.tty_states() if state.tty_id == 0xFFFF8880]
    assert state == TtyState(0xFFFF8880, 9, 1, 50, 2, 100, 200, Tty(136, 3))


def test_the_environment_is_as_before(
    offer: tuple[Plan, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """BCC is told where the headers are by a variable, which is put back."""
    for value in ("/usr/src/mine", None):
        if value is None:
            monkeypatch.delenv("BCC_KERNEL_SOURCE")
        else:
            monkeypatch.setenv("BCC_KERNEL_SOURCE", value)
        load(*offer, SMALL).close()
        assert os.environ.get("BCC_KERNEL_SOURCE") == value


def test_another_layout_refuses_to_start(
    offer: tuple[Plan, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A field more on one side, and nothing is loaded: records would be read wrongly."""
    before = bpf_descriptors()
    wider = abi.Layout(abi._HEADER, abi.EXIT_FIELDS, "extra Q")
    monkeypatch.setitem(abi.LAYOUTS, "exit", wider)
    with pytest.raises(BpfRefused, match="tt_exit"):
        load(*offer, SMALL)
    assert bpf_descriptors() == before


def test_a_hook_that_is_refused_leaves_nothing(offer: tuple[Plan, str]) -> None:
    """The last of several hooks doesn't exist: those before it are detached."""
    plan, types = offer
    before = bpf_descriptors()
    way = Way("raw_tracepoint", "no_such_tracepoint", "rt_sched_exit")
    chosen = dataclasses.replace(plan.hooks[-1], way=way)
    broken = dataclasses.replace(plan, hooks=(*plan.hooks, chosen))
    with pytest.raises(BpfRefused, match="no_such_tracepoint"):
        load(broken, types, SMALL)
    assert bpf_descriptors() == before


def test_c_that_does_not_compile_says_so(offer: tuple[Plan, str]) -> None:
    """With clang's own message, in one sentence."""
    with pytest.raises(BpfRefused, match="unknown type name 'nonsense'"):
        load(offer[0], offer[1] + "\nnonsense x;\n", SMALL)
