/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Terminals that servers take for their clients, and ways past the keyboard: input that is put into
 * a terminal, and processes whose memory is taken hold of. */

#define TCSETS	       0x5402
#define TCSETSW	       0x5403
#define TCSETSF	       0x5404
#define TCSETS2	       0x402c542b
#define TCSETSW2       0x402c542c
#define TCSETSF2       0x402c542d
#define TIOCSTI	       0x5412
#define TIOCLINUX      0x541c
#define TIOCL_PASTESEL 3
#define PTRACE_ATTACH  16
#define PTRACE_SEIZE   0x4206
#define MODE_ATTACH    2 /* include/linux/ptrace.h, PTRACE_MODE_ATTACH */

static __always_inline void client__remember(struct tt_tty_data *data)
{
	struct client client = {.server_tgid = data->server_tgid, .session = data->session};

	clients.update(&data->tty_id, &client);
}

/* A server set the modes of a terminal that is none of its panes'. */
static __always_inline void client_tty__send(struct tty_struct *tty, u32 lflag)
{
	struct tt_tty_data record = {};

	tty_data__fill(&record, tty, (u64)tty, bpf_get_current_pid_tgid() >> 32);
	record.lflag = lflag;
	if (lflag & ICANON) {
		clients.delete(&record.tty_id);
	} else {
		record.header.flags = TT_TTY_TAKEN;
		client__remember(&record);
	}
	header__number(&record.header, TT_KIND_CLIENT_TTY, sizeof(record));
	critical__send(&record, sizeof(record));
}

/* The server that a terminal belongs to, as a pane's or as a client's; 0: none. */
static __always_inline u32 tty__server(struct tty_struct *tty)
{
	struct lineage *line = slave__pane(tty);
	u64 tty_id = (u64)tty;
	struct client *client;

	if (line)
		return line->server_tgid;
	client = clients.lookup(&tty_id);
	if (!client || client->session != tty__session(tty) ||
	    !lineage.lookup(&client->server_tgid))
		return 0;
	return client->server_tgid;
}

static __always_inline void inject__send(struct tty_struct *tty, u64 tty_id, u32 server_tgid,
					 u32 code)
{
	struct tt_inject record = {.tty_id = tty_id, .server_tgid = server_tgid, .code = code};

	current__fill(&record.header, &record.who);
	record.session = tty__session(tty);
	record.tty = tty__device(tty);
	header__number(&record.header, TT_KIND_INJECT, sizeof(record));
	critical__send(&record, sizeof(record));
}

static __always_inline int inject__enter(struct tty_struct *tty, u32 code)
{
	u32 server_tgid = tty__server(tty);

	if (server_tgid)
		inject__send(tty, (u64)tty, server_tgid, code);
	return 0;
}

/* `start_time_ns` is 0 where all that is known of the target is its pid. */
static __always_inline int trace__enter(u32 target_tgid, u64 start_time_ns, u32 request)
{
	struct lineage *line = lineage.lookup(&target_tgid);
	struct tt_trace record = {.target_tgid = target_tgid,
				  .target_start_time_ns = start_time_ns,
				  .request = request};

	if (!line || target_tgid == bpf_get_current_pid_tgid() >> 32)
		return 0;
	record.target_server_tgid = line->server_tgid;
	record.target_pane_tgid = line->pane_tgid;
	current__fill(&record.header, &record.who);
	header__number(&record.header, TT_KIND_TRACE, sizeof(record));
	critical__send(&record, sizeof(record));
	return 0;
}

static __always_inline int trace_task__enter(struct task_struct *target, u32 request)
{
	u32 tgid = 0;

	RD(tgid, &target->tgid);
	return trace__enter(tgid, task__start_time_ns(target), request);
}
