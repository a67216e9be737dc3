/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * The contract between the kernel half and tracer/model/abi.py: every byte that crosses a ring.
 *
 * Fixed-width fields, widest first, named pads that are zero. Kinds are append-only. It also
 * compiles with cc, so that a test can compare each offsetof with the Python half.
 */
#ifndef TTYTRACE_ABI_H
#define TTYTRACE_ABI_H

#define TT_ABI_VERSION 1

#define TT_KIND_FORK	    1
#define TT_KIND_EXEC	    2
#define TT_KIND_EXIT	    3
#define TT_KIND_SERVER	    4
#define TT_KIND_PANE_OUTPUT 5
#define TT_KINDS	    8 /* room in tables that are indexed by kind */

/* tt_header.flags, by kind */
#define TT_EXEC_ARGV_CUT    0x01 /* argv is longer than what follows: see argv_bytes */
#define TT_EXEC_ARGV_FAULT  0x02 /* argv could not be read */
#define TT_EXEC_INVOKED_CUT 0x04 /* the invoked path is longer than what follows */
#define TT_EXEC_EXE_CUT	    0x08 /* the resolved path has more parts than what follows */
#define TT_EXEC_CWD_CUT	    0x10 /* the working directory has more parts than what follows */

#define TT_ARGV_MAX    4096 /* bytes of argv that a record carries */
#define TT_INVOKED_MAX 1024 /* bytes of the invoked path, its NUL included */
#define TT_PATH_MAX    4096 /* bytes of one resolved path, as NUL-ended names */
#define TT_NAME_MAX    256  /* bytes of one name, its NUL included */
#define TT_DEPTH_MAX   48   /* names in one resolved path */
#define TT_OUTPUT_MAX  4096 /* bytes of output that a record carries */

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
	__u32 status; /* as wait(2) gives it */
	__u32 server_tgid;
};

/* a process was recognised as a tmux server by what it does; the header is the server's */
struct tt_server {
	struct tt_header header;
	struct tt_who who;
};

/* what a tmux server read from a pty master: what the terminal of a pane showed */
struct tt_pane_output {
	struct tt_header header; /* the server */
	__u64 tty_id;		 /* identity of the pty while it lives; not for display */
	__u64 began_ns;		 /* when its recording began: the id is used again */
	__u64 offset;	  /* bytes read from this master before these, as the kernel counts */
	__u64 origin;	  /* that count at began_ns */
	__u32 nth;	  /* counts the records of this pty */
	__u32 bytes;	  /* that follow */
	__u32 session;	  /* pid of the slave's session leader; 0: it has gone */
	__u32 foreground; /* process group in the foreground */
	__u32 tty;	  /* of the slave, major << 20 | minor */
	__u16 rows;
	__u16 columns;
	/* char data[] */
};

#endif /* TTYTRACE_ABI_H */
