"""Loading: all or nothing, and nothing left."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.need import lacking
from tracer.capture import maps
from tracer.capture.loader import load
from tracer.capture.program import LoadedProgram
from tracer.errors import BpfRefused, TtytraceError
from tracer.model import abi
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
    assert len(program.links) == len(offer[0].hooks)


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


def test_another_layout_of_a_map_refuses_to_start(
    offer: tuple[Plan, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two fields of equal size in another order, and nothing is loaded."""
    turned = abi.Layout("pane_tgid I, server_tgid I, flags I")
    monkeypatch.setitem(maps.LAYOUTS, "lineage", turned)
    with pytest.raises(BpfRefused, match=r"lineage\.pane_tgid"):
        load(*offer, SMALL)


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
