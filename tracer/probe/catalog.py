"""Every hook as data: what it shows and the ways to attach it; and the plans made of them.

Invariant: one plan sees each byte of a pane once, because all its hooks on the bytes stand in one
way. PLANS is ordered by what loses least. Not here: what a kernel offers (survey.py), and the
choice (plan.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["raw_tracepoint", "tracepoint", "kprobe", "kretprobe", "fentry", "fexit"]


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


def _process_hook(name: str, shows: str, raw: Way, perf: Way) -> Hook:
    return Hook(
        name,
        shows,
        (
            Option((raw,), "a raw tracepoint costs least and skips nothing"),
            Option((perf,), "perf's tracepoints can't be preempted"),
        ),
    )


def _raw(tracepoint: str, function: str) -> Way:
    return Way("raw_tracepoint", tracepoint, function)


def _perf(target: str, function: str) -> Way:
    return Way("tracepoint", target, function)


PROCESSES: Final = (
    _process_hook(
        "fork",
        "lineage, inherited",
        _raw("sched_process_fork", "rt_sched_fork"),
        _perf("task:task_newtask", "tp_task_new"),
    ),
    _process_hook(
        "exec",
        "programs, as they start",
        _raw("sched_process_exec", "rt_sched_exec"),
        _perf("sched:sched_process_exec", "tp_sched_exec"),
    ),
    _process_hook(
        "exit",
        "how processes end",
        _raw("sched_process_exit", "rt_sched_exit"),
        _perf("sched:sched_process_exit", "tp_sched_exit"),
    ),
)


def _hook(name: str, shows: str, why: str, *ways: Way) -> Hook:
    return Hook(name, shows, (Option(ways, why),))


def _kprobe(target: str, function: str) -> Way:
    return Way("kprobe", target, function)


def _fentry(target: str) -> Way:
    return Way("fentry", target, f"kfunc__{target}")


def _fexit(target: str) -> Way:
    return Way("fexit", target, f"kretfunc__{target}")


_OUTPUT = ("pane output", "what the tmux server reads: a pane's pty master, a client's terminal")
_INPUT = (
    "pane input",
    "what is written to a pane's pty master, whoever does it, and by a server to its clients",
)
_END = ("end of transfer", "that a read or write is over, so that what was joined of it leaves")
_END_WHY = "tty_read() and tty_write() let the line discipline go at their end"
_CLIENTS = ("client terminals", "that the server takes a client's terminal, or puts it back")
_CLIENTS_WHY = "every way to set the modes of a terminal comes through here"
_SIZES = ("sizes", "that the server sets the size of a pane, or looks at that of a client")
_SIZES_WHY = "every ioctl on a terminal comes through here; only those of servers are looked at"
_INJECTED = ("injected input", "TIOCSTI on the terminal of a pane or a client")
_INJECTED_WHY = "it is called where TIOCSTI was allowed"
_PASTED = ("pasted input", "TIOCLINUX on the console of a client")
_PEERS = ("peers", "which process sends the server a message, or closed its end")
_MEMORY = ("memory", "who takes hold of a process under a server: ptrace and its like")
_MEMORY_WHY = "ptrace, /proc/PID/mem and process_vm_writev all ask here"


def _paste_hook(way: Way) -> Hook:
    without = Option((), "a kernel without consoles has nothing to paste into")
    return Hook(*_PASTED, (Option((way,), "the one function that pastes"), without))


_KPROBES: Final = (
    _hook(
        *_OUTPUT,
        "the bytes in kernel memory, at the entry of a function: no return probe can be missed",
        # void tty_audit_add_data(tty, data, size): n_tty calls it for each piece for a reader
        _kprobe("tty_audit_add_data", "kp_tty_read"),
    ),
    _hook(
        *_INPUT,
        "the bytes in kernel memory before they have any effect; the return corrects short writes",
        _kprobe("n_tty_write", "kp_tty_write"),
        Way("kretprobe", "n_tty_write", "kp_tty_written"),
    ),
    _hook(*_END, _END_WHY, _kprobe("tty_ldisc_deref", "kp_tty_end")),
    _hook(*_CLIENTS, _CLIENTS_WHY, _kprobe("tty_set_termios", "kp_set_termios")),
    _hook(*_SIZES, _SIZES_WHY, _kprobe("tty_ioctl", "kp_tty_ioctl")),
    _hook(*_INJECTED, _INJECTED_WHY, _kprobe("tty_audit_tiocsti", "kp_tiocsti")),
    _paste_hook(_kprobe("paste_selection", "kp_paste")),
    _hook(
        *_PEERS,
        "at entry, so a message has no length here",
        _kprobe("unix_stream_recvmsg", "kp_unix_receive"),
        _kprobe("unix_release", "kp_unix_release"),
    ),
    _hook(
        *_MEMORY,
        f"{_MEMORY_WHY}; a security module may refuse later",
        _kprobe("security_ptrace_access_check", "kp_ptrace_access"),
    ),
)
_TRAMPOLINES: Final = (
    _hook(
        *_OUTPUT,
        "the bytes in kernel memory with their true count; skipped runs are counted",
        _fexit("n_tty_read"),
    ),
    _hook(
        *_INPUT,
        "the bytes in kernel memory before they have any effect; the return corrects short writes",
        _fentry("n_tty_write"),
        _fexit("n_tty_write"),
    ),
    _hook(*_END, _END_WHY, _fentry("tty_ldisc_deref")),
    _hook(*_CLIENTS, _CLIENTS_WHY, _fentry("tty_set_termios")),
    _hook(*_SIZES, _SIZES_WHY, _fentry("tty_ioctl")),
    _hook(*_INJECTED, _INJECTED_WHY, _fentry("tty_audit_tiocsti")),
    _paste_hook(_fentry("paste_selection")),
    _hook(*_PEERS, "with the length of the message", _fexit("unix_stream_recvmsg")),
    _hook(*_MEMORY, _MEMORY_WHY, _fexit("security_ptrace_access_check")),
)
# The server's reads; what is written, by the server or a process under it; modes and sizes of
# terminals, TIOCSTI and TIOCLINUX; messages; memory of others.
_WRITES: Final = ("write", "writev", "pwritev2")
_CALLS: Final = ("read", "readv", "preadv2", *_WRITES, "ioctl", "recvmsg", "ptrace",
                 "process_vm_writev")  # fmt: skip
_SYSTEM_CALLS: Final = Hook(
    "system calls",
    "pane output, input, client terminals, sizes, injected input, peers and memory",
    (
        Option(
            (
                *(Way("tracepoint", f"syscalls:sys_exit_{c}", "tp_sys_exit") for c in _CALLS),
                *(Way("tracepoint", f"syscalls:sys_enter_{c}", "tp_write_enter") for c in _WRITES),
            ),
            "these calls alone: any other system call costs 1.5 times itself",
        ),
        Option(
            (
                Way("raw_tracepoint", "sys_exit", "rt_sys_exit"),
                Way("raw_tracepoint", "sys_enter", "rt_sys_enter"),
            ),
            "the begin and end of every system call, each of which costs about twice itself",
        ),
        Option(
            (
                Way("tracepoint", "raw_syscalls:sys_exit", "tp_sys_exit"),
                Way("tracepoint", "raw_syscalls:sys_enter", "tp_sys_enter"),
            ),
            "the same by perf's tracepoints, which can't be preempted and cost more",
        ),
    ),
)

PLANS: Final = (
    Design(
        "kprobe",
        "reads kernel memory and lost nothing when it was measured under preemption",
        (*PROCESSES, *_KPROBES),
    ),
    Design(
        "fentry",
        "reads kernel memory, but skips runs under preemption, up to 6.8 % in a contended test",
        (*PROCESSES, *_TRAMPOLINES),
    ),
    Design(
        "tracepoint",
        "reads the server's own memory after its system calls, which other calls pay for",
        (*PROCESSES, _SYSTEM_CALLS),
    ),
)
