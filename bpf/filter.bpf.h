/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Who is looked at: what descends from tmux servers, and nothing else. */

/* UNIX98 ptys, Documentation/admin-guide/devices.txt: part of the user ABI, unlike
 * tty_driver.subtype, whose values were renumbered between 6.12 and 6.18. */
#define PTY_MASTER_MAJOR 128
#define PTY_SLAVE_MAJOR	 136
#define PTY_MAJORS	 8
#define PTMX_DEVICE	 (5 << 20 | 2)

#define S_IFMT	 0170000
#define S_IFCHR	 0020000
#define S_IFSOCK 0140000

static __always_inline bool tty__has_major(struct tty_struct *tty, u32 first)
{
	struct tty_driver *driver = NULL;
	u32 major = 0;

	RD(driver, &tty->driver);
	RD(major, &driver->major);
	return major >= first && major < first + PTY_MAJORS;
}

/* The pty master behind an open file; NULL if it is something else. */
static __always_inline struct tty_struct *file__master(struct file *file)
{
	struct inode *inode = NULL;
	struct tty_file_private *private = NULL;
	struct tty_struct *tty = NULL;
	u32 device = 0;
	u16 mode = 0;

	RD(inode, &file->f_inode);
	RD(mode, &inode->i_mode);
	RD(device, &inode->i_rdev);
	if ((mode & S_IFMT) != S_IFCHR || device != PTMX_DEVICE)
		return NULL;
	RD(private, &file->private_data);
	if (private)
		RD(tty, &private->tty);
	return tty;
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
