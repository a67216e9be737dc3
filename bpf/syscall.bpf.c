/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* The tracepoint plan: system calls as they end, and the bytes in the memory of who called. Of a
 * write also its begin: who asks for a secret may have it, and show what is typed again, before the
 * write that brought it is over. */

#ifdef TT_PLAN_TRACEPOINT

/* where a call has its bytes: one buffer, or a vector of them */
struct user_bytes {
	u64 next;    /* the next iovec */
	u64 vectors; /* from there on */
	u64 at;	     /* in the present buffer */
	u64 room;    /* left in it */
	u64 left;    /* of the bytes that passed */
};

struct transfer {
	struct user_bytes from; /* here and not on the stack: see struct path_walk */
	u64 kind;
	u64 scratch;
	struct tt_tty_data fixed;
	char data[TT_DATA_MAX];
};

BPF_PERCPU_ARRAY(transfers, struct transfer, 1);
/* threads whose write to a pane began while that asked for a secret */
BPF_TABLE("lru_hash", u64, u32, secret_writes, TT_JOINS_MAX);

static __always_inline bool user_bytes__advance(struct user_bytes *from)
{
	struct {
		u64 base, bytes;
	} vector = {};

	if (!from->vectors || bpf_probe_read_user(&vector, sizeof(vector), (void *)from->next))
		return false;
	from->next += sizeof(vector);
	from->vectors--;
	from->at = vector.base;
	from->room = vector.bytes;
	return true;
}

/* The next piece: numbered even if it can't be read, since the hole is what tells. */
static __always_inline void transfer__send_piece(struct transfer *transfer)
{
	struct user_bytes *from = &transfer->from;
	u64 bytes = from->left < from->room ? from->left : from->room;

	OPAQUE(bytes);
	if (bytes > TT_DATA_MAX)
		bytes = TT_DATA_MAX;
	transfer->fixed.bytes = bytes;
	tty_data__number(&transfer->fixed, transfer->kind);
	if (bpf_probe_read_user(transfer->data, bytes, (void *)from->at))
		fault__count(FAULT_DATA_READ);
	else
		tty_data__send(&transfer->fixed, sizeof(transfer->fixed) + bytes);
	from->at += bytes;
	from->room -= bytes;
	from->left -= bytes;
	transfer->fixed.offset += bytes;
}

/* What was written is counted by us, so what isn't taken of it is a hole only if we make it one. */
static __always_inline void transfer__skip_rest(struct transfer *transfer)
{
	transfer->fixed.bytes = transfer->from.left;
	if (kind__is_written(transfer->kind))
		tty_data__number(&transfer->fixed, transfer->kind);
}

static __always_inline void transfer__send(struct transfer *transfer)
{
	for (int piece = 0; piece < TT_PIECES_MAX && transfer->from.left; piece++) {
		if (!transfer->from.room && !user_bytes__advance(&transfer->from))
			break;
		if (transfer->from.room)
			transfer__send_piece(transfer);
	}
	if (!transfer->from.left)
		return;
	fault__count(FAULT_DATA_CUT);
	transfer__skip_rest(transfer);
}

static __always_inline void transfer__withhold(struct transfer *transfer, u32 bytes)
{
	transfer->fixed.bytes = bytes;
	tty_data__number(&transfer->fixed, transfer->kind);
	tty_data__send(&transfer->fixed, sizeof(transfer->fixed));
}

static __always_inline struct file *call__file(struct pt_regs *regs)
{
	struct open_files open = {};
	u64 fd = 0;

	RD(fd, &SYSCALL_ARG1(regs));
	open_files__of(&open, (void *)bpf_get_current_task());
	return open_files__get(&open, fd);
}

static __always_inline bool call__is_write(u32 number)
{
	return number == NR_write || number == NR_writev || number == NR_pwritev2;
}

static __always_inline bool call__is_read(u32 number)
{
	return number == NR_read || number == NR_readv || number == NR_preadv2;
}

static __always_inline u32 transfer__fill(struct transfer *transfer, struct tty_struct *tty,
					  bool is_write)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct tty_struct *terminal;
	u32 kind;

	if (!is_write)
		return read__fill(&transfer->fixed, tty, &transfer->scratch);
	terminal = write__terminal(tty);
	if (!terminal)
		return 0;
	kind = write__fill(&transfer->fixed, tty, terminal);
	if (kind == TT_KIND_PANE_INPUT && secret_writes.lookup(&thread))
		transfer->fixed.header.flags = TT_INPUT_WITHHELD;
	return kind;
}

static __always_inline int transfer__exit(struct pt_regs *regs, u32 number, u64 bytes)
{
	struct file *file = call__file(regs);
	struct tty_struct *tty = file ? file__tty(file) : NULL;
	struct transfer *transfer;
	u32 zero = 0;

	transfer = transfers.lookup(&zero);
	if (!tty || !transfer)
		return 0;
	transfer->kind = transfer__fill(transfer, tty, call__is_write(number));
	if (!transfer->kind)
		return 0;
	transfer->fixed.offset = tty__bytes_read(tty) - bytes;
	transfer->from = (struct user_bytes){.left = bytes};
	if (number == NR_read || number == NR_write) {
		RD(transfer->from.at, &SYSCALL_ARG2(regs));
		transfer->from.room = bytes;
	} else {
		RD(transfer->from.next, &SYSCALL_ARG2(regs));
		RD(transfer->from.vectors, &SYSCALL_ARG3(regs));
	}
	if (transfer->fixed.header.flags & TT_INPUT_WITHHELD)
		transfer__withhold(transfer, bytes);
	else
		transfer__send(transfer);
	return 0;
}

static __always_inline int write__enter(struct pt_regs *regs)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct tty_struct *tty, *slave;
	struct file *file;
	u32 yes = 1;

	if (!lineage__of_current())
		return 0;
	file = call__file(regs);
	tty = file ? file__tty(file) : NULL;
	if (!tty || !tty__has_major(tty, PTY_MASTER_MAJOR))
		return 0;
	slave = master__pane_slave(tty);
	if (!slave)
		return 0;
	if (tty__asks_secret(slave))
		secret_writes.update(&thread, &yes);
	else
		secret_writes.delete(&thread);
	return 0;
}

static __always_inline bool command__sets_modes(u32 command)
{
	return (command >= TCSETS && command <= TCSETSF) ||
	       (command >= TCSETS2 && command <= TCSETSF2);
}

static __always_inline bool command__pastes(struct pt_regs *regs, u32 command)
{
	u64 argument = 0;
	char subcode = 0;

	if (command != TIOCLINUX)
		return false;
	RD(argument, &SYSCALL_ARG3(regs));
	bpf_probe_read_user(&subcode, sizeof(subcode), (void *)argument);
	return subcode == TIOCL_PASTESEL;
}

static __always_inline int size__exit(struct pt_regs *regs, struct tty_struct *tty, u32 command)
{
	u64 size = 0;

	RD(size, &SYSCALL_ARG3(regs));
	return size__note(tty, command, (void *)size);
}

static __always_inline int ioctl__exit(struct pt_regs *regs)
{
	bool is_servers, injects;
	struct tty_struct *tty;
	struct file *file;
	u32 command = 0, lflag = 0;

	RD(command, (u32 *)&SYSCALL_ARG2(regs));
	is_servers = (command__sets_modes(command) || command__is_of_size(command)) &&
		     current__is_server();
	injects = command == TIOCSTI || command__pastes(regs, command);
	if (!is_servers && !injects)
		return 0;
	file = call__file(regs);
	tty = file ? file__tty(file) : NULL;
	if (!tty)
		return 0;
	if (command__is_of_size(command))
		return size__exit(regs, tty, command);
	if (tty__has_major(tty, PTY_MASTER_MAJOR))
		return 0;
	if (injects)
		return inject__enter(tty, command);
	RD(lflag, &tty->c_lflag);
	client_tty__send(tty, lflag);
	return 0;
}

static __always_inline int recvmsg__exit(struct pt_regs *regs, u64 bytes)
{
	struct file *file = call__file(regs);
	struct inode *inode = NULL;
	struct socket *socket = NULL;
	struct sock *sock = NULL;
	u16 mode = 0, family = 0;

	RD(inode, &file->f_inode);
	RD(mode, &inode->i_mode);
	if ((mode & S_IFMT) != S_IFSOCK)
		return 0;
	RD(socket, &file->private_data);
	RD(sock, &socket->sk);
	RD(family, &sock->skc_family);
	return family == AF_UNIX ? message__enter(sock, bytes) : 0;
}

/* What was attached last stands first in the list of who attached it (kernel/ptrace.c,
 * __ptrace_link), which spares to look up a pid of whatever namespace. */
static __always_inline int ptrace__exit(struct pt_regs *regs)
{
	struct task_struct *tracer = (void *)bpf_get_current_task();
	u64 request = 0;
	void *entry = NULL;

	RD(request, &SYSCALL_ARG1(regs));
	if (request != PTRACE_ATTACH && request != PTRACE_SEIZE)
		return 0;
	RD(entry, &tracer->ptraced_next);
	entry -= __builtin_offsetof(struct task_struct, ptrace_entry_next);
	return trace_task__enter(entry, request);
}

static __always_inline int vm_write__exit(struct pt_regs *regs)
{
	u64 pid = 0;

	RD(pid, &SYSCALL_ARG1(regs));
	return trace__enter(pid, 0, TT_TRACE_MEMORY);
}

static __always_inline int syscall__exit(struct pt_regs *regs, u32 number, s64 result)
{
	if (result < 0)
		return 0;
	if (call__is_read(number) || call__is_write(number)) {
		if (!result ||
		    !(call__is_write(number) ? !!lineage__of_current() : current__is_server()))
			return 0;
		return transfer__exit(regs, number, result);
	}
	switch (number) {
	case NR_ioctl:
		return ioctl__exit(regs);
	case NR_recvmsg:
		return current__is_server() ? recvmsg__exit(regs, result) : 0;
	case NR_ptrace:
		return ptrace__exit(regs);
	case NR_process_vm_writev:
		return result ? vm_write__exit(regs) : 0;
	}
	return 0;
}

#ifdef TT_RAW_SYSCALLS
int rt_sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
	return call__is_write(ctx->args[1]) ? write__enter((void *)ctx->args[0]) : 0;
}

int rt_sys_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (void *)ctx->args[0];
	u64 number = 0;

	RD(number, &SYSCALL_NR(regs));
	return syscall__exit(regs, number, ctx->args[1]);
}
#else
int tp_write_enter(void *ctx)
{
	return write__enter(tt_task_registers(tt_current_task()));
}

/* events/raw_syscalls/sys_enter/format */
struct sys_enter_context {
	u64 common;
	u32 number;
};

int tp_sys_enter(struct sys_enter_context *ctx)
{
	return call__is_write(ctx->number) ? write__enter(tt_task_registers(tt_current_task())) : 0;
}

/* what perf hands to programs on syscalls:sys_exit_*, syscall_tp_t of kernel/trace/trace_syscalls.c,
 * and on raw_syscalls:sys_exit. The number was a long once and is an int now (6.18 has garbage in
 * the upper half). */
struct sys_exit_context {
	u64 regs; /* not readable by a program */
	u32 number;
	u32 garbage;
	s64 result;
};

int tp_sys_exit(struct sys_exit_context *ctx)
{
	return syscall__exit(tt_task_registers(tt_current_task()), ctx->number, ctx->result);
}
#endif
#endif /* TT_PLAN_TRACEPOINT */
