/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Who is looked at: what descends from tmux servers, and nothing else. */

/* UNIX98 ptys, Documentation/admin-guide/devices.txt: part of the user ABI, unlike
 * tty_driver.subtype, whose values were renumbered between 6.12 and 6.18. */
#define PTY_MASTER_MAJOR 128
#define PTY_SLAVE_MAJOR	 136
#define PTY_MAJORS	 8

#define S_IFMT	 0170000
#define S_IFCHR	 0020000
#define S_IFSOCK 0140000
#define AF_UNIX	 1

#define ICANON 2 /* c_lflag, include/uapi/asm-generic/termbits.h */
#define ECHO   8

static __always_inline bool tty__has_major(struct tty_struct *tty, u32 first)
{
	struct tty_driver *driver = NULL;
	u32 major = 0;

	RD(driver, &tty->driver);
	RD(major, &driver->major);
	return major >= first && major < first + PTY_MAJORS;
}

/* The terminal behind an open file, by whatever name it was opened; NULL if it is something else. */
static __always_inline struct tty_struct *file__tty(struct file *file)
{
	struct inode *inode = NULL;
	struct tty_file_private *private = NULL;
	struct tty_struct *tty = NULL;
	struct file *back = NULL;
	u16 mode = 0;

	RD(inode, &file->f_inode);
	RD(mode, &inode->i_mode);
	if ((mode & S_IFMT) != S_IFCHR)
		return NULL;
	RD(private, &file->private_data);
	RD(back, &private->file);
	if (back == file)
		RD(tty, &private->tty);
	return tty;
}

struct open_files {
	struct file **array;
	u64 room;
};

static __always_inline void open_files__of(struct open_files *open, struct task_struct *task)
{
	struct files_struct *files = NULL;
	struct fdtable *table = NULL;
	u32 room = 0;

	RD(files, &task->files);
	RD(table, &files->fdt);
	RD(room, &table->max_fds);
	RD(open->array, &table->fd);
	open->room = room;
}

static __always_inline struct file *open_files__get(struct open_files *open, u64 fd)
{
	struct file *file = NULL;

	if (fd < open->room)
		RD(file, open->array + fd);
	return file;
}

static __always_inline struct lineage *lineage__of_current(void)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32;

	return lineage.lookup(&tgid);
}

static __always_inline bool current__is_server(void)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct lineage *line = lineage.lookup(&tgid);

	return line && line->server_tgid == tgid && !(line->flags & LINEAGE_IGNORED);
}

static __always_inline void lineage__set(u32 tgid, u32 server_tgid, u32 pane_tgid)
{
	struct lineage line = {.server_tgid = server_tgid, .pane_tgid = pane_tgid};

	if (lineage.update(&tgid, &line))
		fault__count(FAULT_LINEAGE_FULL);
}

/* The lineage of the first process of the pane whose terminal this is; NULL: it is none. A terminal
 * that a program inside a pane made has another leader. */
static __always_inline struct lineage *slave__pane(struct tty_struct *slave)
{
	u32 session = tty__session(slave);
	struct lineage *line = lineage.lookup(&session);

	return line && line->pane_tgid == session ? line : NULL;
}

/* The slave whose master this is, if it is the terminal of a pane. */
static __always_inline struct tty_struct *master__pane_slave(struct tty_struct *master)
{
	struct tty_struct *slave = NULL;

	RD(slave, &master->link);
	return slave && slave__pane(slave) ? slave : NULL;
}
