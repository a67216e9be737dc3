/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* The only file that touches the rings. */

#define RING_CRITICAL 0
#define RING_BULK     1

#define TT_RB_NO_WAKEUP	   1
#define TT_RB_FORCE_WAKEUP 2

static __always_inline void fault__count(u32 reason)
{
	u64 *count = faults.lookup(&reason);

	if (count)
		__sync_fetch_and_add(count, 1);
}

/* A plain increment will do: probes on one CPU don't interrupt each other, except fentry ones on
 * a preemptible kernel, where a number may then be used twice, which hides nothing. */
static __always_inline void header__number(struct tt_header *header, u32 kind, u32 size)
{
	u32 cpu = bpf_get_smp_processor_id();
	u32 slot = cpu * TT_KINDS + kind;
	u64 *count = produced.lookup(&slot);

	header->kind = kind;
	header->size = size;
	header->cpu = cpu;
	header->pad = 0;
	header->seq = 0;
	if (count)
		header->seq = (u32)(*count)++;
}

/* Only the first record wakes a reader that sleeps. It looks again some milliseconds after it has
 * said that it will sleep, so it needn't be told of what was under way just then. */
static __always_inline bool reader__wake(void)
{
	u32 zero = 0;
	u32 *sleeps = asleep.lookup(&zero);

	if (!sleeps || !*sleeps)
		return false;
	*sleeps = 0;
	return true;
}

/* Wakes the reader each time an eighth of the ring has been sent. A wake-up for each record would
 * cost the traced program more than all the rest; the reader's timer fetches what is below the
 * mark. Two CPUs that pass the mark together may both miss it: the timer again. */
static __always_inline u64 ring__wakeup(u32 ring, u64 size, u64 mark)
{
	u64 *sent = sent_bytes.lookup(&ring);
	u64 before;

	if (reader__wake() || !sent)
		return TT_RB_FORCE_WAKEUP;
	before = *sent;
	__sync_fetch_and_add(sent, size);
	return before / mark == (before + size) / mark ? TT_RB_NO_WAKEUP : TT_RB_FORCE_WAKEUP;
}

/* A record that finds no room leaves a hole in the numbers, which says all there is to say. */
static __always_inline void critical__send(void *record, u64 size)
{
	u64 flags = ring__wakeup(RING_CRITICAL, size, TT_CRITICAL_RING_PAGES * 512);

	critical.ringbuf_output(record, size, flags);
}

static __always_inline void bulk__send(void *record, u64 size)
{
	u64 flags = ring__wakeup(RING_BULK, size, TT_BULK_RING_PAGES * 512);

	bulk.ringbuf_output(record, size, flags);
}
