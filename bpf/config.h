/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Sizes that the loader may override with -D; the tests shrink the rings to make them overflow. */

#ifndef TT_CRITICAL_RING_PAGES
#define TT_CRITICAL_RING_PAGES 512
#endif

#ifndef TT_BULK_RING_PAGES
#define TT_BULK_RING_PAGES 2048
#endif

#ifndef TT_CPUS
#define TT_CPUS 1024 /* rows in the table of sequence numbers */
#endif

#define TT_PROCESSES_MAX 65536 /* processes under tmux servers at one time */
#define TT_TTYS_MAX	 4096  /* ptys whose record numbers are remembered */
#define TT_JOINS_MAX	 256   /* threads that are inside a read of a pty master */
#define TT_EXCLUDED_MAX	 64    /* sessions that show our own output */
#define TT_FD_SCAN_MAX	 512   /* descriptors looked at to recognise a server */
#define TT_PIECES_MAX	 24    /* pieces of one read, at most TT_DATA_MAX bytes each */
