/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */

#define TT_F_MMAPABLE (1U << 10)

#define LINEAGE_IGNORED 1 /* behaves like a tmux server and was found not to be one */

struct lineage {
	u32 server_tgid; /* the nearest tmux server above; itself, if it is one */
	u32 pane_tgid;	 /* the child of that server above; 0 for the server */
	u32 flags;
};

struct tty_key {
	u64 tty_id;
	u64 kind; /* TT_KIND_* */
};

struct tty_state {
	u64 began_ns; /* when the first record was made */
	u64 origin;   /* bytes that passed before it */
	u64 end;      /* and after the last one */
	u32 nth;      /* records made */
	u32 server_tgid;
	u32 session; /* as the first record has it, and the terminal too */
	u32 tty;
};

struct client {
	u32 server_tgid; /* that took the terminal */
	u32 session;	 /* the leader on it then */
};

#define FAULT_LINEAGE_FULL    0 /* a process that is not followed, the table is full */
#define FAULT_DATA_READ	      1 /* output or input that could not be read */
#define FAULT_DATA_CUT	      2 /* a read or write in more pieces than are taken */
#define FAULT_CHILD_NOT_FOUND 3 /* a process that is not followed, its parent began too many */
#define FAULTS		      4

/* Two rings, so that a flood of output can never push out an exec. */
BPF_RINGBUF_OUTPUT(critical, TT_CRITICAL_RING_PAGES);
BPF_RINGBUF_OUTPUT(bulk, TT_BULK_RING_PAGES);

/* Records made, a row a CPU and a column a kind: what the consumer must have received. It and
 * `faults` are mapped by the consumer, because bpf(2) on a map switches kprobe programs off on
 * that CPU meanwhile (kernel/bpf/syscall.c, bpf_disable_instrumentation). */
BPF_F_TABLE("array", u32, u64, produced, TT_CPUS *TT_KINDS, TT_F_MMAPABLE);
BPF_F_TABLE("array", u32, u64, faults, FAULTS, TT_F_MMAPABLE);
BPF_ARRAY(sent_bytes, u64, 2); /* to each ring, to know when to wake the reader */

/* 1: the reader sleeps until it is woken; mapped by it, who sets it. */
BPF_F_TABLE("array", u32, u32, asleep, 1, TT_F_MMAPABLE);

BPF_HASH(lineage, u32, struct lineage, TT_PROCESSES_MAX);
BPF_HASH(excluded, u32, u32, TT_EXCLUDED_MAX);
BPF_TABLE("lru_hash", struct tty_key, struct tty_state, ttys, TT_TTYS_MAX);
BPF_TABLE("lru_hash", u64, struct client, clients, TT_CLIENTS_MAX);
BPF_TABLE("lru_hash", u32, u32, peers, TT_PEERS_MAX); /* tgid to the server's */
