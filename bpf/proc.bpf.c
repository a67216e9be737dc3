/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Processes: who descends from a tmux server, what they run, how they end. */

#define EXEC_INVOKED_END TT_INVOKED_MAX
#define EXEC_EXE_END	 (EXEC_INVOKED_END + TT_PATH_MAX)
#define EXEC_CWD_END	 (EXEC_EXE_END + TT_PATH_MAX)

/* State of loops rests in scratch memory: on the stack the verifier would follow each value that
 * it can take, and give up. */
struct path_walk {
	struct dentry *dentry;
	struct vfsmount *vfsmount;
	u64 at; /* end of what data[] holds */
};

struct exec_record {
	struct path_walk walk;
	u64 evidence;	     /* that the parent is a server */
	struct sock *client; /* that is connected to the parent */
	struct tt_exec fixed;
	/* each part may pass its end by one name before it is stopped */
	char data[EXEC_CWD_END + TT_NAME_MAX + TT_ARGV_MAX];
};

BPF_PERCPU_ARRAY(exec_scratch, struct exec_record, 1);

/* ---- recognising a server: it listens on a unix socket and holds the master of the pty whose
 * slave is the controlling terminal of its child ---- */

#define HOLDS_MASTER	1
#define LISTENS		2
#define IS_MULTIPLEXER	(HOLDS_MASTER | LISTENS)
#define HAS_CLIENT	4
#define TCP_ESTABLISHED 1 /* include/net/tcp_states.h, which unix sockets borrow */
#define TCP_LISTEN	10

static __always_inline u32 socket__evidence(struct file *file, struct sock **client)
{
	struct socket *socket = NULL;
	struct sock *sock = NULL;
	u16 family = 0;
	u8 state = 0;

	RD(socket, &file->private_data);
	RD(sock, &socket->sk);
	RD(family, &sock->skc_family);
	RD(state, &sock->skc_state);
	if (family != AF_UNIX)
		return 0;
	if (state == TCP_ESTABLISHED) {
		*client = sock;
		return HAS_CLIENT;
	}
	return state == TCP_LISTEN ? LISTENS : 0;
}

static __always_inline u32 file__evidence(struct file *file, struct tty_struct *master,
					  struct sock **client)
{
	struct inode *inode = NULL;
	u16 mode = 0;

	RD(inode, &file->f_inode);
	RD(mode, &inode->i_mode);
	if ((mode & S_IFMT) == S_IFSOCK)
		return socket__evidence(file, client);
	return file__tty(file) == master ? HOLDS_MASTER : 0;
}

static __always_inline bool task__is_multiplexer(struct exec_record *scratch,
						 struct task_struct *task,
						 struct tty_struct *master)
{
	struct open_files open = {};

	open_files__of(&open, task);
	scratch->evidence = 0;
	scratch->client = NULL;
	for (u32 fd = 0; fd < TT_FD_SCAN_MAX; fd++) {
		struct file *file;

		if (scratch->evidence == (IS_MULTIPLEXER | HAS_CLIENT) || fd >= open.room)
			break;
		file = open_files__get(&open, fd);
		if (file)
			scratch->evidence |= file__evidence(file, master, &scratch->client);
	}
	return (scratch->evidence & IS_MULTIPLEXER) == IS_MULTIPLEXER;
}

static __always_inline void server__send(struct task_struct *server, u32 server_tgid)
{
	struct lineage line = {.server_tgid = server_tgid};
	struct task_struct *parent = NULL;
	struct tt_server record = {};

	RD(parent, &server->real_parent);
	header__fill(&record.header, server);
	who__fill(&record.who, server, parent, &line);
	header__number(&record.header, TT_KIND_SERVER, sizeof(record));
	critical__send(&record, sizeof(record));
}

/* A session leader on a pty slave runs a program: the first of a pane, of an ssh login, of a
 * terminal window. If its parent is a tmux server, that is followed from now on. */
static __always_inline void exec__recognise(struct exec_record *scratch, struct task_struct *task,
					    u32 tgid)
{
	struct task_struct *parent = NULL;
	struct tty_struct *slave = task__tty(task), *master = NULL;
	struct lineage *line;
	u32 parent_tgid = 0;

	if (!slave || tty__session(slave) != tgid || !tty__has_major(slave, PTY_SLAVE_MAJOR))
		return;
	RD(parent, &task->real_parent);
	RD(parent_tgid, &parent->tgid);
	line = lineage.lookup(&parent_tgid);
	if (line && line->server_tgid == parent_tgid)
		return; /* known, and its children have their lineage from the fork */
	RD(master, &slave->link);
	if (!task__is_multiplexer(scratch, parent, master))
		return;
	lineage__set(parent_tgid, parent_tgid, 0);
	lineage__set(tgid, parent_tgid, tgid);
	server__send(parent, parent_tgid);
	if (scratch->client)
		peer__send(scratch->client, parent_tgid, 1); /* who started it, and spoke already */
}

/* ---- paths ---- */

static __always_inline struct mount *mount__of(struct vfsmount *vfsmount)
{
	return (void *)vfsmount - __builtin_offsetof(struct mount, mnt);
}

/* Appends one name and moves to its parent; false when there is no more, or no room. */
static __always_inline bool walk__append(struct exec_record *record, struct dentry *dentry,
					 struct dentry *parent, u32 end)
{
	const unsigned char *name = NULL;
	u64 at = record->walk.at;
	long bytes;

	if (at > end)
		return false;
	RD(name, &dentry->name);
	bytes = bpf_probe_read_kernel_str(record->data + at, TT_NAME_MAX, name);
	if (bytes > 0)
		record->walk.at = at + bytes;
	record->walk.dentry = parent;
	return true;
}

/* From the root of a mount to where it is mounted; false at the root of the mount tree. */
static __always_inline bool walk__leave_mount(struct exec_record *record)
{
	struct mount *mount = mount__of(record->walk.vfsmount), *above = NULL;

	RD(above, &mount->mnt_parent);
	if (!above || above == mount)
		return false;
	RD(record->walk.dentry, &mount->mnt_mountpoint);
	record->walk.vfsmount = &above->mnt;
	return true;
}

/* Appends the names of a path, leaf first, each with its NUL; the root has none. Goes up to the
 * root of the mount tree, as d_absolute_path() does, so that a chroot is seen from outside. */
static __always_inline void path__append(struct exec_record *record, u32 end, u32 cut_flag)
{
	for (int depth = 0; depth < TT_DEPTH_MAX; depth++) {
		struct dentry *dentry = record->walk.dentry, *top = NULL, *parent = NULL;

		RD(top, &record->walk.vfsmount->mnt_root);
		RD(parent, &dentry->d_parent);
		if (dentry == top) {
			if (!walk__leave_mount(record))
				return;
		} else if (!walk__append(record, dentry, parent, end)) {
			break;
		} else if (dentry == parent) {
			return; /* it is in no directory: memfd */
		}
	}
	record->fixed.header.flags |= cut_flag;
}

static __always_inline void exec__append_invoked(struct exec_record *record, const char *name)
{
	long bytes;

	record->walk.at = 0;
	bytes = bpf_probe_read_kernel_str(record->data, TT_INVOKED_MAX, name);
	if (bytes > 0)
		record->walk.at = bytes - 1;
	if (bytes == TT_INVOKED_MAX)
		record->fixed.header.flags |= TT_EXEC_INVOKED_CUT;
	record->fixed.invoked_bytes = record->walk.at;
}

static __always_inline void exec__append_exe(struct exec_record *record, struct task_struct *task)
{
	struct mm_struct *mm = NULL;
	struct file *file = NULL;
	struct inode *inode = NULL;
	struct super_block *super = NULL;
	u64 before = record->walk.at;

	RD(mm, &task->mm);
	RD(file, &mm->exe_file);
	RD(inode, &file->f_inode);
	RD(super, &inode->i_sb);
	RD(record->fixed.exe_inode, &inode->i_ino);
	RD(record->fixed.exe_links, &inode->i_nlink);
	RD(record->fixed.exe_device, &super->s_dev);
	RD(record->walk.dentry, &file->dentry);
	RD(record->walk.vfsmount, &file->mnt);
	path__append(record, EXEC_EXE_END, TT_EXEC_EXE_CUT);
	record->fixed.exe_bytes = record->walk.at - before;
}

static __always_inline void exec__append_cwd(struct exec_record *record, struct task_struct *task)
{
	struct fs_struct *fs = NULL;
	u64 before = record->walk.at;

	RD(fs, &task->fs);
	RD(record->walk.dentry, &fs->pwd_dentry);
	RD(record->walk.vfsmount, &fs->pwd_mnt);
	path__append(record, EXEC_CWD_END, TT_EXEC_CWD_CUT);
	record->fixed.cwd_bytes = record->walk.at - before;
}

/* From the new stack, where the kernel itself put the arguments: what execve was given can be
 * rewritten by another thread until then. */
static __always_inline void exec__append_argv(struct exec_record *record, struct task_struct *task)
{
	struct mm_struct *mm = NULL;
	u64 start = 0, end = 0, bytes, at = record->walk.at;

	RD(mm, &task->mm);
	RD(start, &mm->arg_start);
	RD(end, &mm->arg_end);
	record->fixed.argv_bytes = end - start;
	record->fixed.argv_kept_bytes = 0;
	bytes = end - start;
	if (bytes > TT_ARGV_MAX) {
		bytes = TT_ARGV_MAX;
		record->fixed.header.flags |= TT_EXEC_ARGV_CUT;
	}
	OPAQUE(bytes);
	if (bytes > TT_ARGV_MAX || at > EXEC_CWD_END + TT_NAME_MAX)
		return;
	if (bpf_probe_read_user(record->data + at, bytes, (void *)start)) {
		record->fixed.header.flags |= TT_EXEC_ARGV_FAULT;
		return;
	}
	record->fixed.argv_kept_bytes = bytes;
	record->walk.at = at + bytes;
}

/* ---- what is told; the programs are in sched.bpf.c ---- */

static __always_inline int sched_fork__enter(struct task_struct *parent, struct task_struct *child)
{
	struct tt_fork record = {};
	struct lineage *line = lineage__of_current();
	struct lineage inherited;
	u32 parent_tgid = 0, child_tgid = 0;

	if (!line)
		return 0;
	RD(parent_tgid, &parent->tgid);
	RD(child_tgid, &child->tgid);
	if (parent_tgid == child_tgid)
		return 0; /* a thread */
	inherited = *line;
	if (inherited.server_tgid == parent_tgid)
		inherited.pane_tgid = child_tgid;
	lineage__set(child_tgid, inherited.server_tgid, inherited.pane_tgid);
	header__fill(&record.header, child);
	who__fill(&record.who, child, parent, &inherited);
	header__number(&record.header, TT_KIND_FORK, sizeof(record));
	critical__send(&record, sizeof(record));
	return 0;
}

static __always_inline void exec__send(struct exec_record *record)
{
	u64 size = sizeof(record->fixed) + record->walk.at;

	header__number(&record->fixed.header, TT_KIND_EXEC, size);
	OPAQUE(size);
	if (size <= sizeof(record->fixed) + sizeof(record->data))
		critical__send(&record->fixed, size);
}

/* A record of the program that `task` runs from now on, but for how it was invoked; NULL: it isn't
 * followed. */
static __always_inline struct exec_record *exec__begin(struct task_struct *task)
{
	u32 zero = 0, tgid = bpf_get_current_pid_tgid() >> 32;
	struct task_struct *parent = NULL;
	struct exec_record *record;
	struct lineage *line;

	record = exec_scratch.lookup(&zero);
	if (!record)
		return NULL;
	exec__recognise(record, task, tgid);
	line = lineage.lookup(&tgid);
	if (!line)
		return NULL;
	header__fill(&record->fixed.header, task);
	RD(parent, &task->real_parent);
	who__fill(&record->fixed.who, task, parent, line);
	record->fixed.pad = 0;
	return record;
}

static __always_inline void exec__finish(struct exec_record *record, struct task_struct *task,
					 const char *invoked)
{
	exec__append_invoked(record, invoked);
	exec__append_exe(record, task);
	exec__append_cwd(record, task);
	exec__append_argv(record, task);
	exec__send(record);
}

/* What wait(2) will tell: kernel/exit.c, wait_task_zombie(). */
static __always_inline u32 signal__status(struct signal_struct *signal, struct task_struct *task)
{
	struct task_struct *leader = NULL;
	u32 flags = 0, status = 0;

	RD(flags, &signal->flags);
	if (flags & 4 /* SIGNAL_GROUP_EXIT */) {
		RD(status, &signal->group_exit_code);
		return status;
	}
	RD(leader, &task->group_leader);
	RD(status, &leader->exit_code);
	return status;
}

/* The server that a process descends from, or else is connected to; 0: neither. */
static __always_inline u32 exit__server(u32 tgid, u64 *flags)
{
	struct lineage *line = lineage.lookup(&tgid);
	u32 *server_tgid;

	if (line)
		return line->server_tgid;
	*flags = TT_EXIT_PEER;
	server_tgid = peers.lookup(&tgid);
	return server_tgid ? *server_tgid : 0;
}

static __always_inline int sched_exit__enter(struct task_struct *task)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct signal_struct *signal = NULL;
	struct tt_exit record = {};
	u64 flags = 0;
	long is_told;

	record.server_tgid = exit__server(tgid, &flags);
	if (!record.server_tgid)
		return 0;
	if (!task__is_over(task))
		return 0; /* other threads go on */
	is_told = peers.delete(&tgid);
	if (!flags)
		is_told = lineage.delete(&tgid);
	if (is_told)
		return 0; /* the last two threads went together, the other one tells */
	header__fill(&record.header, task);
	record.header.flags = flags;
	RD(signal, &task->signal);
	record.status = signal__status(signal, task);
	header__number(&record.header, TT_KIND_EXIT, sizeof(record));
	critical__send(&record, sizeof(record));
	return 0;
}
