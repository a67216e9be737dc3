/*
 * evade TRUTH: shows one marker by each way that a program has to get bytes to its terminal, and
 * leaves in the file TRUTH a line of JSON for each: {"way", "marker", "error"}.
 *
 * A marker is [way way way ...] of a prime length of its own. The last way has none: a thread
 * rewrites the buffer while write(2) is blocked on it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

#define SEGMENTS      12
#define BLOCKED_BYTES (1 << 18)

typedef int way_fn(char *marker, size_t size);

/* 0, or what went wrong. A short write is a failure too. */
static int outcome(ssize_t written, size_t size)
{
	if (written < 0)
		return errno;
	return (size_t)written == size ? 0 : EIO;
}

static int by_write(char *marker, size_t size)
{
	return outcome(write(1, marker, size), size);
}

static void cut(struct iovec *segments, char *marker, size_t size, int from)
{
	int parts = SEGMENTS - from;

	for (int i = 0; i < SEGMENTS; i++)
		segments[i] = (struct iovec){.iov_base = marker, .iov_len = 0};
	for (int i = 0; i < parts; i++) {
		size_t at = size * i / parts, end = size * (i + 1) / parts;

		segments[from + i] = (struct iovec){.iov_base = marker + at, .iov_len = end - at};
	}
}

static int by_writev(char *marker, size_t size)
{
	struct iovec segments[SEGMENTS];

	cut(segments, marker, size, 0);
	return outcome(writev(1, segments, SEGMENTS), size);
}

static int by_late_segments(char *marker, size_t size)
{
	struct iovec segments[SEGMENTS];

	cut(segments, marker, size, 9);
	return outcome(writev(1, segments, SEGMENTS), size);
}

static int by_pwritev2(char *marker, size_t size)
{
	struct iovec segments[SEGMENTS];

	cut(segments, marker, size, 0);
	return outcome(pwritev2(1, segments, SEGMENTS, -1, 0), size);
}

static int file_with(char *marker, size_t size)
{
	int fd = memfd_create("marker", 0);

	if (fd < 0 || pwrite(fd, marker, size, 0) != (ssize_t)size)
		return -1;
	return fd;
}

static int by_sendfile(char *marker, size_t size)
{
	int fd = file_with(marker, size);
	ssize_t sent = fd < 0 ? -1 : sendfile(1, fd, NULL, size);

	close(fd);
	return outcome(sent, size);
}

static int by_splice(char *marker, size_t size)
{
	int ends[2];
	ssize_t sent;

	if (pipe(ends) || write(ends[1], marker, size) != (ssize_t)size)
		return errno;
	sent = splice(ends[0], NULL, 1, NULL, size, 0);
	close(ends[0]);
	close(ends[1]);
	return outcome(sent, size);
}

/* Pages that this process never touched: a copy at the entry of write(2) finds nothing there. */
static int by_untouched_pages(char *marker, size_t size)
{
	int fd = file_with(marker, size);
	char *pages = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	ssize_t written = pages == MAP_FAILED ? -1 : write(1, pages, size);

	close(fd);
	return outcome(written, size);
}

static int by_dev_tty(char *marker, size_t size)
{
	int fd = open("/dev/tty", O_WRONLY);
	ssize_t written = fd < 0 ? -1 : write(fd, marker, size);

	close(fd);
	return outcome(written, size);
}

/* Pushed back as if typed; the terminal echoes it. */
static int by_tiocsti(char *marker, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (ioctl(0, TIOCSTI, marker + i))
			return errno;
	return tcflush(0, TCIFLUSH) ? errno : 0;
}

#ifdef __x86_64__
static sigjmp_buf no_compat;

static void on_segv(int number)
{
	siglongjmp(no_compat, number);
}

static int by_int80(char *marker, size_t size)
{
	char *low = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long result = 4; /* write, in the table of 32-bit programs */

	if (low == MAP_FAILED)
		return errno;
	memcpy(low, marker, size);
	signal(SIGSEGV, on_segv);
	if (sigsetjmp(no_compat, 1))
		return ENOSYS;
	asm volatile("int $0x80"
		     : "+a"(result)
		     : "b"(1), "c"(low), "d"(size)
		     : "memory", "r8", "r9", "r10", "r11");
	signal(SIGSEGV, SIG_DFL);
	if (result < 0)
		return -result;
	return outcome(result, size);
}
#else
static int by_int80(char *marker, size_t size)
{
	(void)marker, (void)size;
	return ENOSYS;
}
#endif

struct ring {
	int fd;
	char *rings;
	struct io_uring_sqe *entries;
	struct io_uring_params params;
};

static int ring_open(struct ring *ring)
{
	struct io_uring_params *params = &ring->params;
	size_t bytes;

	memset(ring, 0, sizeof(*ring));
	ring->fd = syscall(SYS_io_uring_setup, 4, params);
	if (ring->fd < 0)
		return errno;
	if (!(params->features & IORING_FEAT_SINGLE_MMAP))
		return ENOSYS;
	bytes = params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe);
	ring->rings =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
	ring->entries = mmap(NULL, params->sq_entries * sizeof(struct io_uring_sqe),
			     PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQES);
	return ring->rings == MAP_FAILED || (void *)ring->entries == MAP_FAILED ? errno : 0;
}

/* Submits entry 0 and waits; what its completion says. */
static int ring_run(struct ring *ring, size_t size)
{
	struct io_uring_params *params = &ring->params;
	struct io_uring_cqe *done = (void *)(ring->rings + params->cq_off.cqes);
	unsigned int *tail = (void *)(ring->rings + params->sq_off.tail);

	((unsigned int *)(ring->rings + params->sq_off.array))[0] = 0;
	__atomic_store_n(tail, 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return errno;
	close(ring->fd);
	return done->res < 0 ? -done->res : outcome(done->res, size);
}

static int by_io_uring(char *marker, size_t size)
{
	struct ring ring;
	int error = ring_open(&ring);

	if (error)
		return error;
	ring.entries[0] = (struct io_uring_sqe){
		.opcode = IORING_OP_WRITE, .fd = 1, .addr = (unsigned long)marker, .len = size};
	return ring_run(&ring, size);
}

static int by_io_uring_fixed(char *marker, size_t size)
{
	struct iovec buffer = {.iov_base = marker, .iov_len = size};
	struct ring ring;
	int error = ring_open(&ring);

	if (error)
		return error;
	if (syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS, &buffer, 1))
		return errno;
	ring.entries[0] = (struct io_uring_sqe){.opcode = IORING_OP_WRITE_FIXED,
						.fd = 1,
						.addr = (unsigned long)marker,
						.len = size};
	return ring_run(&ring, size);
}

static char blocked[BLOCKED_BYTES];
static atomic_bool is_over;

static void *rewrite(void *unused)
{
	for (int letter = 'a'; !is_over; letter = letter == 'z' ? 'a' : letter + 1)
		memset(blocked, letter, sizeof(blocked));
	return unused;
}

static int by_rewritten_buffer(void)
{
	pthread_t thread;
	ssize_t written;

	memset(blocked, 'a', sizeof(blocked));
	if (pthread_create(&thread, NULL, rewrite, NULL))
		return EAGAIN;
	written = write(1, blocked, sizeof(blocked));
	is_over = true;
	pthread_join(thread, NULL);
	return outcome(written, sizeof(blocked));
}

static const struct {
	const char *name;
	way_fn *show;
	size_t size; /* of the marker: prime */
} ways[] = {
	{"write", by_write, 1009},
	{"writev", by_writev, 1013},
	{"late-segments", by_late_segments, 1019},
	{"pwritev2", by_pwritev2, 1021},
	{"sendfile", by_sendfile, 1031},
	{"splice", by_splice, 1033},
	{"untouched-pages", by_untouched_pages, 1039},
	{"dev-tty", by_dev_tty, 1049},
	{"tiocsti", by_tiocsti, 1051},
	{"int80", by_int80, 1061},
	{"io-uring", by_io_uring, 1063},
	{"io-uring-fixed", by_io_uring_fixed, 1069},
};

static void fill(char *marker, size_t size, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < size; i++)
		marker[i] = name[i % length];
	marker[0] = '[';
	marker[size - 1] = ']';
	marker[size] = '\0';
}

static void tell(FILE *truth, const char *name, const char *marker, int error)
{
	fprintf(truth, "{\"way\": \"%s\", \"marker\": \"%s\", \"error\": \"%s\"}\n", name, marker,
		error ? strerror(error) : "");
}

int main(int argc, char **argv)
{
	FILE *truth = argc > 1 ? fopen(argv[1], "w") : NULL;
	char marker[2048];

	if (!truth)
		return 2;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		fill(marker, ways[i].size, ways[i].name);
		tell(truth, ways[i].name, marker, ways[i].show(marker, ways[i].size));
		if (write(1, "\n", 1) != 1)
			return 1;
	}
	tell(truth, "rewritten-buffer", "", by_rewritten_buffer());
	return fclose(truth) ? 1 : 0;
}
