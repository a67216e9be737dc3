"""Every hook as data: what it shows and the ways to attach it; and the plans made of them.

Invariant: one plan sees each byte of a pane once, because all its hooks on the bytes stand in one
way. PLANS is ordered by what loses least. Not here: what a kernel offers (survey.py), and the
choice (plan.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["raw_tracepoint", "tracepoint", "kprobe", "fentry", "fexit"]


@dataclass(frozen=True)
class Way:
    """One attachment: the function of bpf/ that runs at `target`.

    `target` is a kernel function, a raw tracepoint, or `group:event` of tracefs. BCC knows what a
    trampoline program is for by the prefix of its name, so `function` is kfunc__ or kretfunc__ and
    the target there.
    """

    kind: Kind
    target: str
    function: str


@dataclass(frozen=True)
class Option:
    """Attachments that go together, and why one would take them."""

    ways: tuple[Way, ...]
    why: str


@dataclass(frozen=True)
class Hook:
    """What is watched, and the options to do so in order of preference."""

    name: str
    shows: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Design:
    """A plan as it could be; `why` says why it stands where it does in PLANS."""

    name: str
    why: str
    hooks: tuple[Hook, ...]


def _process_hook(name: str, shows: str, tracepoint: str, function: str) -> Hook:
    way = Way("raw_tracepoint", tracepoint, function)
    return Hook(name, shows, (Option((way,), "a raw tracepoint costs least and skips nothing"),))


PROCESSES: Final = (
    _process_hook("fork", "lineage, inherited", "sched_process_fork", "rt_sched_fork"),
    _process_hook("exec", "programs, as they start", "sched_process_exec", "rt_sched_exec"),
    _process_hook("exit", "how processes end", "sched_process_exit", "rt_sched_exit"),
)


def _bytes_hook(*options: Option) -> Hook:
    return Hook("pane output", "what the tmux server reads from a pane's pty master", options)


def _end_hook(way: Way) -> Hook:
    why = "tty_read() lets the line discipline go at the end of each read"
    shows = "that a read is over, so that what was joined of it leaves"
    return Hook("pane read end", shows, (Option((way,), why),))


_BYTES_KPROBE: Final = _bytes_hook(
    Option(
        # void tty_audit_add_data(tty, data, size): n_tty calls it for each piece for a reader
        (Way("kprobe", "tty_audit_add_data", "kp_pane_bytes"),),
        "the bytes in kernel memory, at the entry of a function: no return probe can be missed",
    ),
)
_END_KPROBE: Final = _end_hook(Way("kprobe", "tty_ldisc_deref", "kp_pane_read_end"))
_BYTES_FENTRY: Final = _bytes_hook(
    Option(
        (Way("fexit", "n_tty_read", "kretfunc__n_tty_read"),),
        "the bytes in kernel memory with their true count; skipped runs are counted",
    ),
)
_END_FENTRY: Final = _end_hook(Way("fentry", "tty_ldisc_deref", "kfunc__tty_ldisc_deref"))
_BYTES_TRACEPOINT: Final = _bytes_hook(
    Option(
        tuple(
            Way("tracepoint", f"syscalls:sys_exit_{call}", "tp_read_exit")
            for call in ("read", "readv", "preadv2")
        ),
        "the read calls alone: any other system call costs 1.12 times itself",
    ),
    Option(
        (Way("raw_tracepoint", "sys_exit", "rt_sys_exit"),),
        "the exit of every system call, each of which then costs 1.8 times itself",
    ),
)

PLANS: Final = (
    Design(
        "kprobe",
        "reads kernel memory and lost nothing when it was measured under preemption",
        (*PROCESSES, _BYTES_KPROBE, _END_KPROBE),
    ),
    Design(
        "fentry",
        "reads kernel memory, but skips runs under preemption, up to 6.8 % in a contended test",
        (*PROCESSES, _BYTES_FENTRY, _END_FENTRY),
    ),
    Design(
        "tracepoint",
        "reads the server's own memory after its system calls, which other calls pay for",
        (*PROCESSES, _BYTES_TRACEPOINT),
    ),
)
