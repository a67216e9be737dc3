"""The header tree that BCC compiles against, instead of the kernel's own.

BCC insists on a kernel source tree. Ours has the integer types, `pt_regs` and otherwise empty
files; the kernel types that bpf/ reads come from BTF (probe/ktypes.py). Invariant: nothing here
depends on the kernel that runs, so no linux-headers package is needed, and none can be stale.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_KCONFIG: Final = """\
#pragma once
#define __always_inline inline __attribute__((always_inline))
#define CONFIG_BPF_SYSCALL 1
#define PAGE_SIZE 4096
#define __bitwise
#define __aligned_u64 __u64 __attribute__((aligned(8)))
#define NULL ((void *)0)
typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __le16, __be16, __sum16;
typedef __u32 __le32, __be32, __wsum;
typedef __u64 __le64, __be64;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef unsigned long size_t;
typedef long ssize_t;
typedef unsigned long uintptr_t;
typedef _Bool bool;
typedef int pid_t;
enum { false = 0, true = 1 };
#if defined(__TARGET_ARCH_arm64) || defined(__aarch64__)
struct user_pt_regs { unsigned long regs[31], sp, pc, pstate; };
struct pt_regs {
	union {
		struct user_pt_regs user_regs;
		struct { unsigned long regs[31], sp, pc, pstate; };
	};
	unsigned long orig_x0;
	int syscallno;
};
#else
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip,
		cs, flags, sp, ss;
};
#endif
"""

# The opcodes that BCC's own copy of bpf.h takes from the kernel's bpf_common.h.
_BPF_COMMON: Final = """\
#pragma once
#define BPF_CLASS(code) ((code) & 0x07)
#define BPF_LD 0x00
#define BPF_LDX 0x01
#define BPF_ST 0x02
#define BPF_STX 0x03
#define BPF_ALU 0x04
#define BPF_JMP 0x05
#define BPF_RET 0x06
#define BPF_MISC 0x07
#define BPF_SIZE(code) ((code) & 0x18)
#define BPF_W 0x00
#define BPF_H 0x08
#define BPF_B 0x10
#define BPF_MODE(code) ((code) & 0xe0)
#define BPF_IMM 0x00
#define BPF_ABS 0x20
#define BPF_IND 0x40
#define BPF_MEM 0x60
#define BPF_LEN 0x80
#define BPF_MSH 0xa0
#define BPF_OP(code) ((code) & 0xf0)
#define BPF_ADD 0x00
#define BPF_SUB 0x10
#define BPF_MUL 0x20
#define BPF_DIV 0x30
#define BPF_OR 0x40
#define BPF_AND 0x50
#define BPF_LSH 0x60
#define BPF_RSH 0x70
#define BPF_NEG 0x80
#define BPF_MOD 0x90
#define BPF_XOR 0xa0
#define BPF_JA 0x00
#define BPF_JEQ 0x10
#define BPF_JGT 0x20
#define BPF_JGE 0x30
#define BPF_JSET 0x40
#define BPF_SRC(code) ((code) & 0x08)
#define BPF_K 0x00
#define BPF_X 0x08
#define BPF_MAXINSNS 4096
"""

# BCC compiles for the version that it is told; bpf/ asks for features only, so any will do.
_VERSION: Final = """\
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))
#define LINUX_VERSION_CODE KERNEL_VERSION(5, 8, 0)
"""

# What BCC's prelude includes and finds nothing in.
_EMPTY: Final = """
    linux/types.h linux/log2.h linux/ptrace.h linux/sched.h linux/compiler.h linux/bpf.h
    linux/if_ether.h linux/if_packet.h linux/in.h linux/ip.h linux/ipv6.h linux/tcp.h linux/udp.h
    linux/stddef.h linux/posix_types.h linux/kernel.h asm/page.h asm/types.h asm/ptrace.h
    uapi/linux/bpf.h uapi/linux/if_packet.h uapi/linux/if_ether.h uapi/linux/ip.h
    uapi/linux/ipv6.h uapi/linux/udp.h uapi/linux/tcp.h uapi/linux/ptrace.h uapi/linux/in.h
    uapi/linux/in6.h uapi/linux/if_arp.h uapi/linux/types.h uapi/linux/bpf_common.h
    generated/autoconf.h
""".split()


def write_headers(directory: Path) -> None:
    """Writes the tree under `directory`, which BCC then takes for the kernel's source."""
    files = dict.fromkeys(_EMPTY, "")
    files["linux/kconfig.h"] = _KCONFIG
    files["linux/version.h"] = _VERSION
    files["linux/bpf_common.h"] = _BPF_COMMON
    for name, text in files.items():
        path = directory / "include" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for arch in ("x86", "arm64"):
        (directory / "arch" / arch / "include" / "asm").mkdir(parents=True, exist_ok=True)
