/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Kernel objects into the fields of records. */

static __always_inline u32 pid__number(struct pid *pid)
{
	u32 nr = 0;

	if (pid)
		RD(nr, &pid->numbers[0].nr); /* as the first pid namespace counts */
	return nr;
}

static __always_inline u32 tty__device(struct tty_struct *tty)
{
	struct tty_driver *driver = NULL;
	u32 major = 0, first = 0, index = 0;

	RD(driver, &tty->driver);
	RD(major, &driver->major);
	RD(first, &driver->minor_start);
	RD(index, &tty->index);
	return major << 20 | (first + index);
}

static __always_inline u32 tty__session(struct tty_struct *tty)
{
	struct pid *session = NULL;

	RD(session, &tty->session);
	return pid__number(session);
}

static __always_inline u32 tty__foreground(struct tty_struct *tty)
{
	struct pid *group = NULL;

	RD(group, &tty->pgrp);
	return pid__number(group);
}

static __always_inline struct tty_struct *task__tty(struct task_struct *task)
{
	struct signal_struct *signal = NULL;
	struct tty_struct *tty = NULL;

	RD(signal, &task->signal);
	if (signal)
		RD(tty, &signal->tty);
	return tty;
}

static __always_inline u64 task__cgroup_id(struct task_struct *task)
{
	struct css_set *set = NULL;
	struct cgroup *cgroup = NULL;
	struct kernfs_node *node = NULL;
	u64 id = 0;

	RD(set, &task->cgroups);
	RD(cgroup, &set->dfl_cgrp);
	RD(node, &cgroup->kn);
	RD(id, &node->id);
	return id;
}

static __always_inline u64 task__start_time_ns(struct task_struct *task)
{
	struct task_struct *leader = NULL;
	u64 start = 0;

	RD(leader, &task->group_leader);
	RD(start, &leader->start_boottime);
	return start;
}

static __always_inline void header__fill(struct tt_header *header, struct task_struct *task)
{
	header->ktime_ns = bpf_ktime_get_boot_ns();
	header->start_time_ns = task__start_time_ns(task);
	RD(header->tgid, &task->tgid);
	RD(header->tid, &task->pid);
	header->flags = 0;
}

static __always_inline void who__fill_cred(struct tt_who *who, struct task_struct *task)
{
	const struct cred *cred = NULL;

	RD(cred, &task->cred);
	RD(who->uid, &cred->uid);
	RD(who->gid, &cred->gid);
	RD(who->euid, &cred->euid);
	RD(who->egid, &cred->egid);
}

static __always_inline void who__fill(struct tt_who *who, struct task_struct *task,
				      struct task_struct *parent, const struct lineage *line)
{
	struct tty_struct *tty = task__tty(task);

	who__fill_cred(who, task);
	who->server_tgid = line->server_tgid;
	who->pane_tgid = line->pane_tgid;
	who->pad = 0;
	RD(who->parent_tgid, &parent->tgid);
	who->parent_start_time_ns = task__start_time_ns(parent);
	who->cgroup_id = task__cgroup_id(task);
	who->loginuid = TT_UNSET;
	who->audit_session = TT_UNSET;
#ifndef NO_task_struct_loginuid
	RD(who->loginuid, &task->loginuid);
	RD(who->audit_session, &task->sessionid);
#endif
	who->session = 0;
	who->tty = 0;
	if (tty) {
		who->session = tty__session(tty);
		who->tty = tty__device(tty);
	}
}

/* The process that runs, whether or not it is followed. */
static __always_inline void current__fill(struct tt_header *header, struct tt_who *who)
{
	struct task_struct *task = (void *)bpf_get_current_task(), *parent = NULL;
	u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct lineage *known = lineage.lookup(&tgid), none = {};

	RD(parent, &task->real_parent);
	header__fill(header, task);
	who__fill(who, task, parent, known ? known : &none);
}

/* All but what counts bytes. `tty`: the terminal itself, or the slave of a pane. */
static __always_inline void tty_data__fill(struct tt_tty_data *data, struct tty_struct *tty,
					   u64 tty_id, u32 server_tgid)
{
	header__fill(&data->header, (void *)bpf_get_current_task());
	data->tty_id = tty_id;
	data->server_tgid = server_tgid;
	data->session = tty__session(tty);
	data->foreground = tty__foreground(tty);
	data->tty = tty__device(tty);
	RD(data->lflag, &tty->c_lflag);
	RD(data->rows, &tty->ws_row);
	RD(data->columns, &tty->ws_col);
}
