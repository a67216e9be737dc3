/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Who talks to a tmux server: the process at the other end of its unix sockets. */

#define PIDTYPE_TGID 1

/* The first thread of a process; NULL: it is over and has been waited for. */
static __always_inline struct task_struct *pid__leader(struct pid *pid)
{
	struct hlist_node *node = NULL;

	RD(node, &pid->tasks[PIDTYPE_TGID].first);
	if (!node)
		return NULL;
	return (void *)node - __builtin_offsetof(struct task_struct, pid_links[PIDTYPE_TGID]);
}

static __always_inline bool task__is_over(struct task_struct *task)
{
	struct signal_struct *signal = NULL;
	u32 live = 0;

	RD(signal, &task->signal);
	RD(live, &signal->live);
	return !live;
}

/* Whether the server connected to somebody else's socket, the system bus for one. What it accepted
 * has the path of its own socket; of a socketpair neither end has a name, and the first client has
 * one. Nothing that a client does to its own end counts. */
static __always_inline bool sock__is_outbound(struct sock *sock)
{
#if !defined(NO_unix_sock_dentry) && !defined(NO_unix_sock_peer) && !defined(NO_unix_sock_addr)
	struct unix_sock *own = (void *)sock;
	struct dentry *path = NULL;
	struct sock *peer = NULL;
	void *name = NULL;

	RD(path, &own->dentry);
	if (path)
		return false;
	RD(peer, &own->peer);
	RD(name, &((struct unix_sock *)peer)->addr);
	return name;
#else
	return false;
#endif
}

static __always_inline void peer__fill(struct tt_peer *record, struct pid *pid, u32 server_tgid)
{
	struct lineage line = {.server_tgid = server_tgid}, *known;
	struct task_struct *task = pid__leader(pid), *parent = NULL;
	u32 tgid = record->header.tgid;

	if (!task) {
		record->header.ktime_ns = bpf_ktime_get_boot_ns();
		record->header.flags = TT_PEER_GONE | TT_PEER_OVER;
		record->who.server_tgid = server_tgid;
		return;
	}
	known = lineage.lookup(&tgid);
	if (known)
		line.pane_tgid = known->pane_tgid;
	RD(parent, &task->real_parent);
	header__fill(&record->header, task);
	who__fill(&record->who, task, parent, &line);
	if (!task__is_over(task))
		peers.update(&tgid, &server_tgid); /* so its exit is told */
	if (task__is_over(task))
		record->header.flags = TT_PEER_OVER; /* perhaps before that */
}

/* `bytes`: of the message, 0 for none any more. */
static __always_inline int peer__send(struct sock *sock, u32 server_tgid, u32 bytes)
{
	struct tt_peer record = {.socket_id = (u64)sock, .bytes = bytes};
	struct pid *pid = NULL;

	RD(pid, &sock->sk_peer_pid);
	record.header.tgid = pid__number(pid);
	if (!record.header.tgid || record.header.tgid == server_tgid || sock__is_outbound(sock))
		return 0;
	peer__fill(&record, pid, server_tgid);
	header__number(&record.header, TT_KIND_PEER, sizeof(record));
	critical__send(&record, sizeof(record));
	return 0;
}

static __always_inline int message__enter(struct sock *sock, u32 bytes)
{
	return peer__send(sock, bpf_get_current_pid_tgid() >> 32, bytes);
}
