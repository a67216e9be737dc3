/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* The kprobe and fentry plans: bytes in kernel memory, where the line discipline n_tty takes or
 * hands them out, in pieces which are joined until the read or write is over. */

#if defined(TT_PLAN_KPROBE) || defined(TT_PLAN_FENTRY)

struct join {
	u64 kind;
	u64 scratch;
	u64 written; /* bytes of the call of n_tty_write that is under way */
	struct tt_tty_data fixed;
	char data[2 * TT_DATA_MAX];
};

BPF_TABLE("lru_hash", u64, struct join, joins, TT_JOINS_MAX);
BPF_PERCPU_ARRAY(empty_join, struct join, 1);

static __always_inline bool join__is_withheld(struct join *join)
{
	return join->fixed.header.flags & TT_INPUT_WITHHELD;
}

static __always_inline void join__send(struct join *join)
{
	u64 size = sizeof(join->fixed);

	if (!join__is_withheld(join))
		size += join->fixed.bytes;
	tty_data__number(&join->fixed, join->kind);
	OPAQUE(size);
	if (size <= sizeof(join->fixed) + sizeof(join->data))
		tty_data__send(&join->fixed, size);
	join->fixed.bytes = 0;
}

static __always_inline struct join *join__of_current(void)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct join *join = joins.lookup(&thread);
	u32 zero = 0;

	if (join)
		return join;
	join = empty_join.lookup(&zero);
	if (join)
		joins.update(&thread, join);
	return joins.lookup(&thread);
}

static __always_inline void join__append(struct join *join, const void *from, u64 bytes)
{
	u64 at = join->fixed.bytes;

	OPAQUE(bytes);
	OPAQUE(at);
	if (bytes > TT_DATA_MAX || at > TT_DATA_MAX)
		return;
	if (!join__is_withheld(join) && bpf_probe_read_kernel(join->data + at, bytes, from))
		fault__count(FAULT_DATA_READ);
	else
		join->fixed.bytes = at + bytes;
}

/* Whether a piece can't go on with what is joined, which then has to leave. */
static __always_inline bool join__ends(struct join *join, struct tty_struct *tty, u64 bytes)
{
	return join->fixed.tty_id != (u64)tty || join->fixed.bytes + bytes > TT_DATA_MAX;
}

static __always_inline int read_bytes__enter(struct tty_struct *tty, const void *from, u64 bytes,
					     u64 offset)
{
	struct join *join;

	if (!bytes || !current__is_server())
		return 0;
	join = join__of_current();
	if (!join)
		return 0;
	if (join->fixed.bytes && (join__ends(join, tty, bytes) || kind__is_written(join->kind) ||
				  join->fixed.offset + join->fixed.bytes != offset))
		join__send(join);
	if (!join->fixed.bytes) {
		join->kind = read__fill(&join->fixed, tty, &join->scratch);
		if (!join->kind)
			return 0;
		join->fixed.offset = offset;
	}
	join__append(join, from, bytes);
	return 0;
}

/* At the entry, before the bytes can have any effect on the modes that decide what is withheld. */
static __always_inline int write_bytes__enter(struct tty_struct *tty, const void *from, u64 bytes)
{
	struct tty_struct *terminal = write__terminal(tty);
	struct join *join;
	u64 before;

	if (!terminal || !bytes)
		return 0;
	join = join__of_current();
	if (!join)
		return 0;
	if (join->fixed.bytes &&
	    (join__ends(join, tty, bytes) || !kind__is_written(join->kind) ||
	     (terminal != tty && join__is_withheld(join) != tty__asks_secret(terminal))))
		join__send(join);
	if (!join->fixed.bytes) {
		join->kind = write__fill(&join->fixed, tty, terminal);
		if (!join->kind)
			return 0;
	}
	before = join->fixed.bytes;
	join__append(join, from, bytes);
	join->written = join->fixed.bytes - before;
	return 0;
}

/* A short write is corrected; if its return was missed, the rest is told again with the next. */
static __always_inline int write_bytes__exit(s64 result)
{
	u64 thread = bpf_get_current_pid_tgid(), taken = result > 0 ? result : 0;
	struct join *join = joins.lookup(&thread);

	if (!join)
		return 0;
	if (join->written > taken && join->fixed.bytes >= join->written - taken)
		join->fixed.bytes -= join->written - taken;
	join->written = 0;
	return 0;
}

static __always_inline int transfer_end__enter(void)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct join *join = joins.lookup(&thread);

	if (join && join->fixed.bytes)
		join__send(join);
	return 0;
}

/* Modes that are set by way of a master are those of its slave. */
static __always_inline int set_termios__enter(struct tty_struct *tty, struct ktermios *modes)
{
	struct lineage *pane = slave__pane(tty);
	u32 lflag = 0;

	if (!current__is_server() || tty__has_major(tty, PTY_MASTER_MAJOR) ||
	    (pane && pane->server_tgid == bpf_get_current_pid_tgid() >> 32))
		return 0;
	RD(lflag, &modes->c_lflag);
	client_tty__send(tty, lflag);
	return 0;
}

/* Before it is done: a size that is set is that of the caller, and setting it can't fail. */
static __always_inline int tty_ioctl__enter(struct file *file, u32 command, void *argument)
{
	struct tty_struct *tty;

	if (!command__is_of_size(command) || !current__is_server())
		return 0;
	tty = file__tty(file);
	return tty ? size__note(tty, command, argument) : 0;
}

static __always_inline int unix_message__enter(struct socket *socket, u32 bytes)
{
	struct sock *sock = NULL;

	if (!current__is_server())
		return 0;
	RD(sock, &socket->sk);
	return message__enter(sock, bytes);
}

static __always_inline int ptrace_access__enter(struct task_struct *target, u32 mode)
{
	return mode & MODE_ATTACH ? trace_task__enter(target, TT_TRACE_MEMORY) : 0;
}
#endif

#ifdef TT_PLAN_KPROBE
/* void tty_audit_add_data(struct tty_struct *tty, const void *data, size_t size): n_tty calls it
 * for each piece that a reader gets, before it moves read_tail; drivers/tty/n_tty.c */
int kp_tty_read(struct pt_regs *ctx)
{
	struct tty_struct *tty = (void *)PT_REGS_PARM1(ctx);

	return read_bytes__enter(tty, (void *)PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx),
				 tty__bytes_read(tty));
}

/* ssize_t n_tty_write(struct tty_struct *tty, struct file *file, const u8 *buf, size_t nr) */
int kp_tty_write(struct pt_regs *ctx)
{
	return write_bytes__enter((void *)PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM3(ctx),
				  PT_REGS_PARM4(ctx));
}

int kp_tty_written(struct pt_regs *ctx)
{
	return write_bytes__exit(PT_REGS_RC(ctx));
}

/* void tty_ldisc_deref(struct tty_ldisc *ld): tty_read() or tty_write() is done with the line
 * discipline. At entry, so there is no return probe that could be missed; drivers/tty/tty_io.c */
int kp_tty_end(struct pt_regs *ctx)
{
	return transfer_end__enter();
}

/* int tty_set_termios(struct tty_struct *tty, struct ktermios *new); drivers/tty/tty_ioctl.c */
int kp_set_termios(struct pt_regs *ctx)
{
	return set_termios__enter((void *)PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM2(ctx));
}

/* long tty_ioctl(struct file *file, unsigned int cmd, unsigned long arg); drivers/tty/tty_io.c */
int kp_tty_ioctl(struct pt_regs *ctx)
{
	return tty_ioctl__enter((void *)PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx),
				(void *)PT_REGS_PARM3(ctx));
}

/* void tty_audit_tiocsti(struct tty_struct *tty, char ch): TIOCSTI was allowed */
int kp_tiocsti(struct pt_regs *ctx)
{
	return inject__enter((void *)PT_REGS_PARM1(ctx), TIOCSTI);
}

/* int paste_selection(struct tty_struct *tty): TIOCLINUX; drivers/tty/vt/selection.c */
int kp_paste(struct pt_regs *ctx)
{
	return inject__enter((void *)PT_REGS_PARM1(ctx), TIOCLINUX);
}

/* int unix_stream_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags): how
 * many bytes there are isn't known yet; net/unix/af_unix.c */
int kp_unix_receive(struct pt_regs *ctx)
{
	return unix_message__enter((void *)PT_REGS_PARM1(ctx), 1);
}

/* int unix_release(struct socket *sock): the server closes its end */
int kp_unix_release(struct pt_regs *ctx)
{
	return unix_message__enter((void *)PT_REGS_PARM1(ctx), 0);
}

/* int security_ptrace_access_check(struct task_struct *child, unsigned int mode): who asks has the
 * right user; a security module may still refuse */
int kp_ptrace_access(struct pt_regs *ctx)
{
	return ptrace_access__enter((void *)PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx));
}
#endif

#ifdef TT_PLAN_FENTRY
KRETFUNC_PROBE(n_tty_read, struct tty_struct *tty, struct file *file, void *kbuf, size_t nr,
	       void **cookie, unsigned long offset, ssize_t ret)
{
	return ret > 0 ? read_bytes__enter(tty, kbuf, ret, tty__bytes_read(tty) - ret) : 0;
}

KFUNC_PROBE(n_tty_write, struct tty_struct *tty, struct file *file, void *buf, size_t nr)
{
	return write_bytes__enter(tty, buf, nr);
}

KRETFUNC_PROBE(n_tty_write, struct tty_struct *tty, struct file *file, void *buf, size_t nr,
	       ssize_t ret)
{
	return write_bytes__exit(ret);
}

KFUNC_PROBE(tty_ldisc_deref, void *ld)
{
	return transfer_end__enter();
}

KFUNC_PROBE(tty_set_termios, struct tty_struct *tty, struct ktermios *modes)
{
	return set_termios__enter(tty, modes);
}

KFUNC_PROBE(tty_ioctl, struct file *file, unsigned int command, unsigned long argument)
{
	return tty_ioctl__enter(file, command, (void *)argument);
}

KFUNC_PROBE(tty_audit_tiocsti, struct tty_struct *tty)
{
	return inject__enter(tty, TIOCSTI);
}

KFUNC_PROBE(paste_selection, struct tty_struct *tty)
{
	return inject__enter(tty, TIOCLINUX);
}

KRETFUNC_PROBE(unix_stream_recvmsg, struct socket *sock, void *message, size_t size, int flags,
	       int ret)
{
	return ret >= 0 ? unix_message__enter(sock, ret) : 0;
}

KRETFUNC_PROBE(security_ptrace_access_check, struct task_struct *child, unsigned int mode, int ret)
{
	return ret ? 0 : ptrace_access__enter(child, mode);
}
#endif
