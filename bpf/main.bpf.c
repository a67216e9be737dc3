/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Includes only. capture/flatten.py makes one text of it, after the kernel's types. */

#include "config.h"
#include "abi.h"
#include "compat.bpf.h"
#include "maps.bpf.h"
#include "ring.bpf.h"
#include "fill.bpf.h"
#include "filter.bpf.h"
#include "sock.bpf.c"
#include "proc.bpf.c"
#include "sched.bpf.c"
#include "guard.bpf.c"
#include "tty.bpf.c"
#include "syscall.bpf.c"
#include "ntty.bpf.c"
