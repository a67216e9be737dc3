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

/* The terminal that bytes go to which are written to `tty`: the slave of a pane's master, or that of
 * a client, which its server writes to. NULL: neither. */
static __always_inline struct tty_struct *write__terminal(struct tty_struct *tty)
{
	if (tty__has_major(tty, PTY_MASTER_MAJOR))
		return master__pane_slave(tty);
#ifdef TT_NO_CLIENTS
	return NULL;
#else
	return current__is_server() ? tty : NULL;
#endif
}

/* The same for what anybody wrote to a pane's master. A stranger is told of before his bytes. */
static __always_inline u32 pane_write__fill(struct tt_tty_data *data, struct tty_struct *master,
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

/* The same for what was written to `tty`; `terminal`: its write__terminal(). */
static __always_inline u32 write__fill(struct tt_tty_data *data, struct tty_struct *tty,
				       struct tty_struct *terminal)
{
	if (terminal != tty)
		return pane_write__fill(data, tty, terminal);
	tty_data__fill(data, tty, (u64)tty, bpf_get_current_pid_tgid() >> 32);
	return TT_KIND_CLIENT_OUTPUT;
}

static __always_inline bool kind__is_written(u32 kind)
{
	return kind == TT_KIND_PANE_INPUT || kind == TT_KIND_CLIENT_OUTPUT;
}

/* Another leader means another terminal at this address, and another server has clients of its own
 * there; but a pane shows what is left of it when it has no leader any more. */
static __always_inline bool tty_state__goes_on(struct tty_state *state, struct tt_tty_data *data,
					       u32 kind)
{
	return state && state->server_tgid == data->server_tgid &&
	       (kind == TT_KIND_PANE_OUTPUT || state->session == data->session);
}

/* Counted whether or not the ring has room: the hole in the count is how a loss is known. A count
 * that went back means another terminal too, or a flush of what nobody had read. */
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
	bool goes_on = tty_state__goes_on(state, data, kind);

	if (kind__is_written(kind))
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
	if (data->header.kind == TT_KIND_PANE_OUTPUT || data->header.kind == TT_KIND_CLIENT_OUTPUT)
		bulk__send(data, size);
	else
		critical__send(data, size);
}

/* ---- sizes ---- */

#define TIOCGWINSZ 0x5413
#define TIOCSWINSZ 0x5414

/* A server sets the size of a pane. What a program sets inside comes by way of the slave. */
static __always_inline bool pane_size__fill(struct tt_tty_data *record, struct tty_struct *master,
					    const void *size)
{
	struct tty_struct *slave = master__pane_slave(master);
	struct {
		u16 rows, columns;
	} wanted = {}; /* how struct winsize begins */

	if (!slave || bpf_probe_read_user(&wanted, sizeof(wanted), size))
		return false;
	tty_data__fill(record, slave, (u64)master, bpf_get_current_pid_tgid() >> 32);
	record->rows = wanted.rows;
	record->columns = wanted.columns;
	record->offset = tty__bytes_read(master);
	return true;
}

/* A server looks at the size of a client's terminal, which others set. */
static __always_inline bool client_size__fill(struct tt_tty_data *record, struct tty_struct *tty)
{
#ifdef TT_NO_CLIENTS
	return false;
#else
	struct tty_key key = {.tty_id = (u64)tty, .kind = TT_KIND_CLIENT_OUTPUT};
	struct tty_state *state = ttys.lookup(&key);

	tty_data__fill(record, tty, (u64)tty, bpf_get_current_pid_tgid() >> 32);
	record->header.flags = TT_RESIZE_CLIENT;
	if (tty_state__goes_on(state, record, key.kind))
		record->offset = state->end;
	return true;
#endif
}

static __always_inline bool command__is_of_size(u32 command)
{
	return command == TIOCSWINSZ || command == TIOCGWINSZ;
}

/* `size`: where a server that calls ioctl(2) has what it sets. */
static __always_inline int size__note(struct tty_struct *tty, u32 command, const void *size)
{
	bool is_master = tty__has_major(tty, PTY_MASTER_MAJOR), is_told = false;
	struct tt_tty_data record = {};

	if (command == TIOCSWINSZ && is_master)
		is_told = pane_size__fill(&record, tty, size);
	if (command == TIOCGWINSZ && !is_master)
		is_told = client_size__fill(&record, tty);
	if (!is_told)
		return 0;
	header__number(&record.header, TT_KIND_RESIZE, sizeof(record));
	critical__send(&record, sizeof(record));
	return 0;
}
