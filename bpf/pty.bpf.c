/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * What a pane's terminal shows is what the tmux server reads from the pty master: after output
 * processing, with echo, whoever wrote it and however. Nothing that a program in the pane does
 * on its side can make the two differ.
 *
 * n_tty counts the bytes that were read from each master. Every record carries that count, so
 * whatever was not recorded, for whatever reason, is a hole of known size at a known place.
 */

static __always_inline u64 tty__bytes_read(struct tty_struct *tty)
{
	struct n_tty_data *data = NULL;
	u64 count = 0;

	RD(data, &tty->disc_data);
	if (data)
		RD(count, &data->read_tail);
	return count;
}

/* Fills all but offset, number and bytes. False: this pane shows what we print, or is no pane. */
static __always_inline bool pane_output__fill(struct tt_tty_data *out, struct tty_struct *master)
{
	struct tty_struct *slave = NULL;
	struct pid *foreground = NULL;
	u32 *is_excluded;

	RD(slave, &master->link);
	if (!slave)
		return false;
	out->session = tty__session(slave);
	is_excluded = excluded.lookup(&out->session);
	if (is_excluded)
		return false;
	header__fill(&out->header, (void *)bpf_get_current_task());
	out->server_tgid = out->header.tgid;
	RD(out->lflag, &slave->c_lflag);
	RD(foreground, &slave->pgrp);
	out->foreground = pid__number(foreground);
	out->tty_id = (u64)master;
	out->tty = tty__device(slave);
	RD(out->rows, &slave->ws_row);
	RD(out->columns, &slave->ws_col);
	return true;
}

/* Counted whether or not the ring has room: the hole in the count is how a loss is known. A count
 * that went back means another pty at this address, or a flush of what nobody had read. */
static __always_inline void pane_output__number(struct tt_tty_data *out)
{
	struct tty_state first = {.began_ns = out->header.ktime_ns,
				  .origin = out->offset,
				  .end = out->offset + out->bytes,
				  .nth = 1,
				  .server_tgid = out->header.tgid,
				  .session = out->session,
				  .tty = out->tty};
	struct tty_state *state = ttys.lookup(&out->tty_id);

	if (state && out->offset >= state->end) {
		out->nth = state->nth++;
		out->began_ns = state->began_ns;
		out->origin = state->origin;
		state->end = first.end;
	} else {
		out->nth = 0;
		out->began_ns = first.began_ns;
		out->origin = first.origin;
		ttys.update(&out->tty_id, &first);
	}
	header__number(&out->header, TT_KIND_PANE_OUTPUT, sizeof(*out) + out->bytes);
}

#ifdef TT_PLAN_TRACEPOINT
/* ---- at the exit of the server's system call ---- */

/* where a read left its bytes: one buffer, or a vector of them */
struct destination {
	u64 next;    /* the next iovec */
	u64 vectors; /* from there on */
	u64 at;	     /* in the present buffer */
	u64 room;    /* left in it */
	u64 left;    /* of the bytes that were read */
};

struct output_record {
	struct destination to; /* here and not on the stack: see struct path_walk */
	struct tt_tty_data fixed;
	char data[TT_DATA_MAX];
};

BPF_PERCPU_ARRAY(output_scratch, struct output_record, 1);

static __always_inline bool destination__advance(struct destination *to)
{
	struct {
		u64 base, bytes;
	} vector = {};

	if (!to->vectors || bpf_probe_read_user(&vector, sizeof(vector), (void *)to->next))
		return false;
	to->next += sizeof(vector);
	to->vectors--;
	to->at = vector.base;
	to->room = vector.bytes;
	return true;
}

/* The next piece: numbered even if it can't be read, since the hole is what tells. */
static __always_inline void output__send_piece(struct output_record *record)
{
	struct destination *to = &record->to;
	u64 bytes = to->left < to->room ? to->left : to->room;

	OPAQUE(bytes);
	if (bytes > TT_DATA_MAX)
		bytes = TT_DATA_MAX;
	record->fixed.bytes = bytes;
	pane_output__number(&record->fixed);
	if (bpf_probe_read_user(record->data, bytes, (void *)to->at))
		fault__count(FAULT_OUTPUT_READ);
	else
		bulk__send(&record->fixed, sizeof(record->fixed) + bytes);
	to->at += bytes;
	to->room -= bytes;
	to->left -= bytes;
	record->fixed.offset += bytes;
}

static __always_inline void output__send(struct output_record *record)
{
	for (int piece = 0; piece < TT_PIECES_MAX; piece++) {
		if (!record->to.left)
			return;
		if (record->to.room)
			output__send_piece(record);
		else if (!destination__advance(&record->to))
			break;
	}
	fault__count(FAULT_OUTPUT_CUT);
}

static __always_inline struct file *current__file(u64 fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct files_struct *files = NULL;
	struct fdtable *table = NULL;
	struct file **array = NULL, *file = NULL;
	u32 open_max = 0;

	RD(files, &task->files);
	RD(table, &files->fdt);
	RD(open_max, &table->max_fds);
	RD(array, &table->fd);
	if (fd < open_max)
		RD(file, array + fd);
	return file;
}

static __always_inline int read__exit(struct pt_regs *regs, u64 number, s64 result)
{
	struct output_record *record;
	struct tty_struct *master;
	struct file *file;
	u64 fd = 0;
	u32 zero = 0;

	RD(fd, &SYSCALL_ARG1(regs));
	file = current__file(fd);
	master = file ? file__master(file) : NULL;
	record = output_scratch.lookup(&zero);
	if (!master || !record || !pane_output__fill(&record->fixed, master))
		return 0;
	record->fixed.offset = tty__bytes_read(master) - result;
	record->to = (struct destination){.left = result};
	if (number == NR_read) {
		RD(record->to.at, &SYSCALL_ARG2(regs));
		record->to.room = result;
	} else {
		RD(record->to.next, &SYSCALL_ARG2(regs));
		RD(record->to.vectors, &SYSCALL_ARG3(regs));
	}
	output__send(record);
	return 0;
}

#ifdef TT_RAW_SYSCALLS
int rt_sys_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (void *)ctx->args[0];
	u64 number = 0;

	if ((s64)ctx->args[1] <= 0)
		return 0;
	RD(number, &SYSCALL_NR(regs));
	if (number != NR_read && number != NR_readv && number != NR_preadv2)
		return 0;
	return current__is_server() ? read__exit(regs, number, ctx->args[1]) : 0;
}
#else
/* what perf hands to programs on syscalls:sys_exit_*: syscall_tp_t of kernel/trace/trace_syscalls.c.
 * The number was a long once and is an int now (6.18 has garbage in the upper half). */
struct sys_exit_context {
	u64 regs; /* not readable by a program */
	u32 number;
	u32 garbage;
	s64 result;
};

int tp_read_exit(struct sys_exit_context *ctx)
{
	if (ctx->result <= 0 || !current__is_server())
		return 0;
	return read__exit((void *)bpf_task_pt_regs(bpf_get_current_task_btf()), ctx->number,
			  ctx->result);
}
#endif
#endif /* TT_PLAN_TRACEPOINT */

#if defined(TT_PLAN_KPROBE) || defined(TT_PLAN_FENTRY)
/* ---- where n_tty hands bytes to a reader: kernel memory, in pieces of up to 64 bytes, which are
 * joined until the read is over ---- */

struct join {
	struct tt_tty_data fixed;
	char data[2 * TT_DATA_MAX];
};

BPF_TABLE("lru_hash", u64, struct join, joins, TT_JOINS_MAX);
BPF_PERCPU_ARRAY(empty_join, struct join, 1);

static __always_inline void join__send(struct join *join)
{
	u64 size = sizeof(join->fixed) + join->fixed.bytes;

	pane_output__number(&join->fixed);
	OPAQUE(size);
	if (size <= sizeof(*join))
		bulk__send(join, size);
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
	if (bpf_probe_read_kernel(join->data + at, bytes, from))
		fault__count(FAULT_OUTPUT_READ);
	else
		join->fixed.bytes = at + bytes;
}

static __always_inline int pane_bytes__enter(struct tty_struct *tty, const void *from, u64 bytes,
					     u64 offset)
{
	struct join *join;

	if (!bytes || !tty__has_major(tty, PTY_MASTER_MAJOR))
		return 0;
	join = join__of_current();
	if (!join)
		return 0;
	if (join->fixed.bytes &&
	    (join->fixed.tty_id != (u64)tty || join->fixed.offset + join->fixed.bytes != offset ||
	     join->fixed.bytes + bytes > TT_DATA_MAX))
		join__send(join);
	if (!join->fixed.bytes) {
		if (!pane_output__fill(&join->fixed, tty))
			return 0;
		join->fixed.offset = offset;
	}
	join__append(join, from, bytes);
	return 0;
}

static __always_inline int pane_read_end__enter(void)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct join *join;

	if (!current__is_server())
		return 0;
	join = joins.lookup(&thread);
	if (join && join->fixed.bytes)
		join__send(join);
	return 0;
}
#endif

#ifdef TT_PLAN_KPROBE
/* void tty_audit_add_data(struct tty_struct *tty, const void *data, size_t size): n_tty calls it
 * for each piece that a reader gets, before it moves read_tail; drivers/tty/n_tty.c */
int kp_pane_bytes(struct pt_regs *ctx)
{
	struct tty_struct *tty = (void *)PT_REGS_PARM1(ctx);

	if (!current__is_server())
		return 0;
	return pane_bytes__enter(tty, (void *)PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx),
				 tty__bytes_read(tty));
}

/* void tty_ldisc_deref(struct tty_ldisc *ld): tty_read() is done with the line discipline. At
 * entry, so there is no return probe that could be missed; drivers/tty/tty_io.c */
int kp_pane_read_end(struct pt_regs *ctx)
{
	return pane_read_end__enter();
}
#endif

#ifdef TT_PLAN_FENTRY
KRETFUNC_PROBE(n_tty_read, struct tty_struct *tty, struct file *file, void *kbuf, size_t nr,
	       void **cookie, unsigned long offset, ssize_t ret)
{
	if (ret <= 0 || !current__is_server())
		return 0;
	return pane_bytes__enter(tty, kbuf, ret, tty__bytes_read(tty) - ret);
}

KFUNC_PROBE(tty_ldisc_deref, void *ld)
{
	return pane_read_end__enter();
}
#endif
