/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * The programs at the scheduler's tracepoints: as raw ones, or as perf has them.
 *
 * On new kernels raw tracepoints are preemptible. A program is left out then while the same one is
 * under way on that CPU for another task, so that starts and ends would be lost. Perf's callbacks
 * can't be preempted, but bring less: numbers and text for objects.
 */

int rt_sched_fork(struct bpf_raw_tracepoint_args *ctx)
{
	return sched_fork__enter((void *)ctx->args[0], (void *)ctx->args[1]);
}

int rt_sched_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	struct linux_binprm *bprm = (void *)ctx->args[2];
	struct exec_record *record = exec__begin(task);
	const char *invoked = NULL;

	if (!record)
		return 0;
	RD(invoked, &bprm->filename);
	RD(record->fixed.argc, &bprm->argc);
	exec__finish(record, task, invoked);
	return 0;
}

int rt_sched_exit(struct bpf_raw_tracepoint_args *ctx)
{
	return sched_exit__enter((void *)ctx->args[0]);
}

#define CLONE_PARENT 0x00008000 /* include/uapi/linux/sched.h */
#define CLONE_THREAD 0x00010000

#define YOUNGEST_MAX 64 /* children that are looked at, the youngest first */

/* events/task/task_newtask/format */
struct newtask_context {
	u64 common;
	u32 pid;
	char comm[16];
	u32 pad;
	u64 clone_flags;
};

/* The child of this number, which is the youngest unless others of the same parent were faster. */
static __always_inline struct task_struct *task__child(struct task_struct *parent, u32 pid)
{
	void *entry = NULL;

	RD(entry, &parent->children_prev);
	for (int nth = 0; nth < YOUNGEST_MAX; nth++) {
		/* from the second pointer of its list_head */
		struct task_struct *child = entry + sizeof(void *) -
					    __builtin_offsetof(struct task_struct, sibling_prev);
		u32 found = 0;

		RD(found, &child->pid);
		if (found == pid)
			return child;
		RD(entry, &child->sibling_prev);
	}
	return NULL;
}

int tp_task_new(struct newtask_context *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task(), *parent = task, *child;

	if (ctx->clone_flags & CLONE_THREAD || !lineage__of_current())
		return 0;
	if (ctx->clone_flags & CLONE_PARENT)
		RD(parent, &task->real_parent);
	child = task__child(parent, ctx->pid);
	if (!child) {
		fault__count(FAULT_CHILD_NOT_FOUND);
		return 0;
	}
	return sched_fork__enter(task, child);
}

/* events/sched/sched_process_exec/format */
struct exec_context {
	u64 common;
	u32 filename; /* in its lower half: where it is, from here */
};

int tp_sched_exec(struct exec_context *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct exec_record *record = exec__begin(task);
	struct mm_struct *mm = NULL;
	u64 stack = 0;

	if (!record)
		return 0;
	RD(mm, &task->mm);
	RD(stack, &mm->start_stack);
	/* the first word, as of the ABI */
	bpf_probe_read_user(&record->fixed.argc, sizeof(record->fixed.argc), (void *)stack);
	exec__finish(record, task, (void *)ctx + (ctx->filename & 0xffff));
	return 0;
}

int tp_sched_exit(void *ctx)
{
	return sched_exit__enter((void *)bpf_get_current_task());
}
