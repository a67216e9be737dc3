/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* The one place that knows that kernels and machines differ; by feature, never by version. */

#define RD(dst, src) bpf_probe_read_kernel(&(dst), sizeof(dst), (src))

/* Makes a value unknown to clang, which else proves a bound itself and drops the check that the
 * verifier needs to see. */
#define OPAQUE(x) asm volatile("" : "+r"(x))

/* Helpers by their numbers in include/uapi/linux/bpf.h: BCC 0.18 has no names for them yet. */
static void *(*tt_current_task)(void) = (void *)158;	 /* bpf_get_current_task_btf */
static void *(*tt_task_registers)(void *) = (void *)175; /* bpf_task_pt_regs */

/* Arguments of a system call as they were at entry, read when it is over. */
#if defined(__TARGET_ARCH_arm64) || defined(__aarch64__)
#define SYSCALL_NR(regs)     ((regs)->syscallno)
#define SYSCALL_ARG1(regs)   ((regs)->orig_x0)
#define SYSCALL_ARG2(regs)   ((regs)->user_regs.regs[1])
#define SYSCALL_ARG3(regs)   ((regs)->user_regs.regs[2])
#define NR_read		     63
#define NR_readv	     65
#define NR_preadv2	     286
#define NR_write	     64
#define NR_writev	     66
#define NR_pwritev2	     287
#define NR_ioctl	     29
#define NR_recvmsg	     212
#define NR_ptrace	     117
#define NR_process_vm_writev 271
#else
#define SYSCALL_NR(regs)     ((regs)->orig_ax)
#define SYSCALL_ARG1(regs)   ((regs)->di)
#define SYSCALL_ARG2(regs)   ((regs)->si)
#define SYSCALL_ARG3(regs)   ((regs)->dx)
#define NR_read		     0
#define NR_readv	     19
#define NR_preadv2	     327
#define NR_write	     1
#define NR_writev	     20
#define NR_pwritev2	     328
#define NR_ioctl	     16
#define NR_recvmsg	     47
#define NR_ptrace	     101
#define NR_process_vm_writev 311
#endif
