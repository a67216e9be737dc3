/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Bytes that pass terminals, whichever way a plan gets hold of them.
 *
 * What a pane's terminal shows is what the tmux server reads from the pty master: after output
 * processing, with echo, whoever wrote it and however. What is typed into a pane is what is written
 * to that master, and what a person typed is what the server reads from the client's terminal.
 * Nothing that a program in the pane does on its side can make them differ.
 *
 * n_tty counts the bytes that were read from each terminal. Every record of a read carries that
 * count, so whatever was not recorded, for whatever reason, is a hole of known size at a known
 * place. Of what is written we keep the count ourselves.
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

/* Reads a line without showing it: a prompt for a password. */
static __always_inline bool lflag__asks_secret(u32 lflag)
{
	return (lflag & (ICANON | ECHO)) == ICANON;
}

static __always_inline bool tty__asks_secret(struct tty_struct *slave)
{
	u32 lflag = 0;

	RD(lflag, &slave->c_lflag);
	return lflag__asks_secret(lflag);
}

static __always_inline bool file__asks_secret(struct file *file)
{
	struct tty_struct *tty = file__tty(file), *slave = NULL;

	if (!tty || !tty__has_major(tty, PTY_MASTER_MAJOR))
		return false;
	RD(slave, &tty->link);
	return tty__asks_secret(slave);
}

/* Whether a pane of the server that runs asks for a secret: which one its client types into isn't
 * known yet. `found` is memory of a map, see struct path_walk. A server with more descriptors than
 * are looked at counts as asked. */
static __always_inline bool server__asks_secret(u64 *found)
{
	struct open_files open = {};

	open_files__of(&open, (void *)bpf_get_current_task());
	*found = open.room > TT_FD_SCAN_MAX;
	for (u32 fd = 0; fd < TT_FD_SCAN_MAX; fd++) {
		struct file *file;

		if (*found || fd >= open.room)
			break;
		file = open_files__get(&open, fd);
		if (file)
			*found = file__asks_secret(file);
	}
	return *found;
}

/* A record of what a server read, but for its bytes; returns its kind. 0: not to be told. */
static __always_inline u32 read__fill(struct tt_tty_data *data, struct tty_struct *tty,
				      u64 *scratch)
{
	u32 server_tgid = bpf_get_current_pid_tgid() >> 32;
	struct tty_struct *slave = NULL;

	if (tty__has_major(tty, PTY_MASTER_MAJOR)) {
		RD(slave, &tty->link);
		if (!slave)
			return 0;
		tty_data__fill(data, slave, (u64)tty, server_tgid);
		return excluded.lookup(&data->session) ? 0 : TT_KIND_PANE_OUTPUT;
	}
#ifdef TT_NO_INPUT
	return 0;
#else
	tty_data__fill(data, tty, (u64)tty, server_tgid);
	client__remember(data);
	if (server__asks_secret(scratch))
		data->header.flags = TT_INPUT_WITHHELD;
	return TT_KIND_CLIENT_INPUT;
#endif
}

/* The same for what anybody wrote to a pane's master. A stranger is told of before his bytes. */
static __always_inline u32 write__fill(struct tt_tty_data *data, struct tty_struct *master,
				       struct tty_struct *slave)
{
	struct lineage *line = slave__pane(slave);
	u32 server_tgid;

	if (!line)
		return 0;
	server_tgid = line->server_tgid;
	if (server_tgid != bpf_get_current_pid_tgid() >> 32)
		inject__send(slave, (u64)master, server_tgid, TT_INJECT_MASTER);
#ifdef TT_NO_INPUT
	return 0;
#else
	tty_data__fill(data, slave, (u64)master, server_tgid);
	if (lflag__asks_secret(data->lflag))
		data->header.flags = TT_INPUT_WITHHELD;
	return TT_KIND_PANE_INPUT;
#endif
}

/* Counted whether or not the ring has room: the hole in the count is how a loss is known. A count
 * that went back means another terminal at this address, or a flush of what nobody had read; so
 * does another leader, but a pane shows what is left of it when it has none any more. */
static __always_inline void tty_data__number(struct tt_tty_data *data, u32 kind)
{
	struct tty_key key = {.tty_id = data->tty_id, .kind = kind};
	struct tty_state *state = ttys.lookup(&key);
	struct tty_state first = {.began_ns = data->header.ktime_ns,
				  .nth = 1,
				  .server_tgid = data->server_tgid,
				  .session = data->session,
				  .tty = data->tty};
	u32 kept = data->header.flags & TT_INPUT_WITHHELD ? 0 : data->bytes;
	bool goes_on = state && (kind == TT_KIND_PANE_OUTPUT || state->session == data->session);

	if (kind == TT_KIND_PANE_INPUT)
		data->offset = goes_on ? state->end : 0;
	first.origin = data->offset;
	first.end = data->offset + data->bytes;
	if (goes_on && data->offset >= state->end) {
		data->nth = state->nth++;
		data->began_ns = state->began_ns;
		data->origin = state->origin;
		state->end = first.end;
	} else {
		data->nth = 0;
		data->began_ns = first.began_ns;
		data->origin = first.origin;
		ttys.update(&key, &first);
	}
	header__number(&data->header, kind, sizeof(*data) + kept);
}

/* Output floods; what people type must not be lost with it. */
static __always_inline void tty_data__send(struct tt_tty_data *data, u64 size)
{
	if (data->header.kind == TT_KIND_PANE_OUTPUT)
		bulk__send(data, size);
	else
		critical__send(data, size);
}
