/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * The contract between the kernel half and tracer/model/abi.py: every byte that crosses a ring.
 *
 * Fixed-width fields, widest first, named pads that are zero. Kinds are append-only. It also
 * compiles with cc, so that a test can compare each offsetof with the Python half.
 */
#ifndef TTYTRACE_ABI_H
#define TTYTRACE_ABI_H

#define TT_ABI_VERSION 3

#define TT_KIND_FORK	      1
#define TT_KIND_EXEC	      2
#define TT_KIND_EXIT	      3
#define TT_KIND_SERVER	      4
#define TT_KIND_PANE_OUTPUT   5
#define TT_KIND_CLIENT_INPUT  6
#define TT_KIND_PANE_INPUT    7
#define TT_KIND_CLIENT_TTY    8
#define TT_KIND_PEER	      9
#define TT_KIND_INJECT	      10
#define TT_KIND_TRACE	      11
#define TT_KIND_CLIENT_OUTPUT 12
#define TT_KIND_RESIZE	      13
#define TT_KINDS	      16 /* room in tables that are indexed by kind */

/* tt_header.flags, by kind */
#define TT_EXEC_ARGV_CUT    0x01 /* argv is longer than what follows: see argv_bytes */
#define TT_EXEC_ARGV_FAULT  0x02 /* argv could not be read */
#define TT_EXEC_INVOKED_CUT 0x04 /* the invoked path is longer than what follows */
#define TT_EXEC_EXE_CUT	    0x08 /* the resolved path has more parts than what follows */
#define TT_EXEC_CWD_CUT	    0x10 /* the working directory has more parts than what follows */

#define TT_EXIT_PEER	  0x01 /* was connected to a server, and doesn't descend from one */
#define TT_INPUT_WITHHELD 0x01 /* while a terminal asked for a secret: no bytes follow */
#define TT_TTY_TAKEN	  0x01 /* set up for a client; else put back as it was */
#define TT_RESIZE_CLIENT  0x01 /* of the terminal of a client; else of a pane */
#define TT_PEER_GONE	  0x01 /* over already: nothing of it is known but its pid */
#define TT_PEER_OVER	  0x02 /* over already: there may be no TT_KIND_EXIT of it to come */

#define TT_ARGV_MAX    4096 /* bytes of argv that a record carries */
#define TT_INVOKED_MAX 1024 /* bytes of the invoked path, its NUL included */
#define TT_PATH_MAX    4096 /* bytes of one resolved path, as NUL-ended names */
#define TT_NAME_MAX    256  /* bytes of one name, its NUL included */
#define TT_DEPTH_MAX   48   /* names in one resolved path */
#define TT_DATA_MAX    4096 /* bytes of output or input that a record carries */

#define TT_UNSET 0xffffffffU /* the kernel's own "not set" for loginuid and audit session */

/* every record begins so; about `tgid` as it was at `ktime_ns` */
struct tt_header {
	__u64 ktime_ns;	     /* CLOCK_BOOTTIME */
	__u64 start_time_ns; /* of the process, CLOCK_BOOTTIME; with tgid its key */
	__u32 seq;	     /* counts the records of this kind on this CPU */
	__u32 size;	     /* of the whole record */
	__u32 tgid;
	__u32 tid;
	__u16 kind;
	__u16 flags;
	__u16 cpu;
	__u16 pad;
};

/* who a process is: credentials, audit identity, terminal, place */
struct tt_who {
	__u64 cgroup_id; /* of the unified hierarchy */
	__u64 parent_start_time_ns;
	__u32 parent_tgid; /* real_parent; the forking process in a fork record */
	__u32 server_tgid; /* the tmux server that it descends from */
	__u32 pane_tgid; /* the child of that server that it descends from, as inherited at fork */
	__u32 pad;
	__u32 uid;
	__u32 gid;
	__u32 euid;
	__u32 egid;
	__u32 loginuid;	     /* TT_UNSET: never logged in */
	__u32 audit_session; /* TT_UNSET: none */
	__u32 session;	     /* pid of the session leader; 0: has no controlling terminal */
	__u32 tty;	     /* controlling terminal, major << 20 | minor; 0: none */
};

struct tt_fork {
	struct tt_header header; /* the child */
	struct tt_who who;
};

struct tt_exec {
	struct tt_header header;
	struct tt_who who;
	__u64 exe_inode;
	__u64 argv_bytes; /* true length of argv */
	__u32 exe_device; /* kernel's s_dev: major << 20 | minor */
	__u32 exe_links;  /* 0: deleted, or never had a name (memfd) */
	__u32 argc;
	__u32 pad;
	__u16 invoked_bytes; /* the four parts that follow, in this order */
	__u16 exe_bytes;
	__u16 cwd_bytes;
	__u16 argv_kept_bytes;
	/* char invoked[], exe[] and cwd[] (names, leaf first, each NUL-ended), argv[] */
};

struct tt_exit {
	struct tt_header header;
	__u32 status;	   /* as wait(2) gives it */
	__u32 server_tgid; /* that it descended from, or was connected to */
};

/* a process was recognised as a tmux server by what it does; the header is the server's */
struct tt_server {
	struct tt_header header;
	struct tt_who who;
};

/*
 * Bytes that passed a terminal, and the terminal as it was then. Six kinds begin so:
 *
 * PANE_OUTPUT: what a tmux server read from the pty master of a pane, which is what its terminal
 * showed. CLIENT_INPUT: what a server read from the terminal of a client. PANE_INPUT: what a
 * process (the header's) wrote to the pty master of a pane. CLIENT_OUTPUT: what a server wrote to
 * the terminal of a client. CLIENT_TTY: a server set up the terminal of a client, or put it back; no
 * bytes. RESIZE: a server gave a pane this size, or looked at that of a client's terminal, which may
 * be the same as before; no bytes, and `offset` is that of the output that comes next.
 */
struct tt_tty_data {
	struct tt_header header; /* who read or wrote: the server, but for foreign PANE_INPUT */
	__u64 tty_id;		 /* of the terminal, or of the pane's master, while it lives */
	__u64 began_ns;		 /* when its recording began: the id is used again */
	__u64 offset; /* bytes that passed before: as n_tty counts for what is read, as we count
			   * since began_ns for what is written */
	__u64 origin; /* that count at began_ns */
	__u32 nth;    /* counts the records of this kind on this terminal */
	__u32 bytes;  /* that passed; they follow, unless TT_INPUT_WITHHELD */
	__u32 session; /* pid of the session leader on the terminal (a pane: on the slave); 0: gone */
	__u32 foreground; /* process group in the foreground there */
	__u32 tty;	  /* the terminal (a pane: the slave), major << 20 | minor */
	__u32 lflag;	  /* its c_lflag */
	__u32 server_tgid;
	__u16 rows;
	__u16 columns;
	/* char data[] */
};

/* a server got a message from a process that is connected to it, or found it gone; the header and
 * who are that process's, and who.server_tgid is the server */
struct tt_peer {
	struct tt_header header;
	struct tt_who who;
	__u64 socket_id; /* identity of the server's end while it lives */
	__u32 bytes;	 /* of the message, or 1 where that isn't known; 0: it has closed its end */
	__u32 pad;
};

#define TT_INJECT_MASTER 0 /* wrote to the master of a pane, and isn't its server */

/* a process put input into the terminal of a pane or a client past the keyboard; the header and who
 * are that process's */
struct tt_inject {
	struct tt_header header;
	struct tt_who who;
	__u64 tty_id;
	__u32 session; /* as in tt_tty_data */
	__u32 tty;
	__u32 server_tgid; /* to which the terminal belongs */
	__u32 code;	   /* TIOCSTI, TIOCLINUX or TT_INJECT_MASTER */
};

/* a process took hold of the memory or the registers of one under a server; header and who are
 * those of the former */
struct tt_trace {
	struct tt_header header;
	struct tt_who who;
	__u64 target_start_time_ns; /* 0: not known, it was named by its pid */
	__u32 target_tgid;
	__u32 target_server_tgid;
	__u32 target_pane_tgid;
	__u32 request; /* of ptrace(2), or TT_TRACE_MEMORY */
};

#define TT_TRACE_MEMORY \
	0xffffffffU /* process_vm_writev(2), or any way where the kernel doesn't say */

#endif /* TTYTRACE_ABI_H */
