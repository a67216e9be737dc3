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
#define TT_TTYS_MAX	 4096  /* terminals and kinds whose record numbers are remembered */
#define TT_CLIENTS_MAX	 1024  /* terminals that servers have taken */
#define TT_PEERS_MAX	 4096  /* processes that are connected to servers */
#define TT_JOINS_MAX	 256   /* threads that are inside a read or write of a terminal */
#define TT_EXCLUDED_MAX	 64    /* sessions that show our own output */
#define TT_FD_SCAN_MAX	 512   /* descriptors of a server that are looked at */
#define TT_PIECES_MAX	 24    /* pieces of one read or write, at most TT_DATA_MAX bytes each */
