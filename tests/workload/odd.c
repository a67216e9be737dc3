// odd WAY LEAF [N]: runs LEAF, which tells what it sees, in a way that few programs do.

#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *leaf;
static int number;

static void *must(void *made)
{
	if (!made || made == MAP_FAILED)
		_exit(112);
	return made;
}

static void many_arguments(void)
{
	char **argv = must(calloc(number + 1, sizeof(char *)));

	argv[0] = "many";
	for (int i = 1; i < number; i++)
		if (asprintf(&argv[i], "argument-%d", i) < 0)
			return;
	execv(leaf, argv);
}

// One argument may have at most 128 KiB (MAX_ARG_STRLEN): `number` bytes in pieces of 100,000.
static void huge_arguments(void)
{
	int pieces = number / 100000;
	char **argv = must(calloc(pieces + 2, sizeof(char *)));

	argv[0] = "huge";
	for (int i = 0; i < pieces; i++) {
		argv[i + 1] = must(malloc(100000));
		memset(argv[i + 1], 'a' + i % 26, 99999);
		argv[i + 1][99999] = 0;
	}
	execv(leaf, argv);
}

static void raw_bytes(void)
{
	execv(leaf, (char *[]){"raw", "\xff\xfe\x80", "new\nline\r\t", "\"'\\{}", "\x1b]0;x\a",
			       "", "last", NULL});
}

static void empty_name(void)
{
	execv(leaf, (char *[]){"", "after-an-empty-name", NULL});
}

// Linux 5.18 and later make an argv[0] of it: fs/exec.c, bprm_stack_limits()
static void no_arguments(void)
{
	syscall(SYS_execve, leaf, (char *[]){NULL}, environ);
}

static int copy_of_leaf(int to)
{
	int from = open(leaf, O_RDONLY);
	struct stat stat;

	if (fstat(from, &stat) || sendfile(to, from, NULL, stat.st_size) != stat.st_size)
		_exit(113);
	close(from);
	return to;
}

static void from_memory(void)
{
	int fd = copy_of_leaf(memfd_create("innocent", MFD_CLOEXEC));

	fexecve(fd, (char *[]){"from-memory", NULL}, environ);
}

static void from_a_deleted_file(void)
{
	char path[] = "/tmp/deleted-XXXXXX";
	int fd = copy_of_leaf(mkstemp(path)), again;

	fchmod(fd, 0755);
	again = open(path, O_RDONLY | O_CLOEXEC); // a file that is open for writing can't run
	close(fd);
	unlink(path);
	fexecve(again, (char *[]){"from-a-deleted-file", path, NULL}, environ);
}

static void *exec_in_thread(void *unused)
{
	(void)unused;
	execv(leaf, (char *[]){"from-a-thread", NULL});
	_exit(114);
}

static void from_a_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, exec_in_thread, NULL);
	for (;;)
		pause();
}

static char flipping[4000];

static void *flip(void *unused)
{
	for (unsigned i = 0;; i++)
		memset(flipping, i % 2 ? 'A' : 'B', sizeof(flipping) - 1);
	return unused;
}

static void while_arguments_flip(void)
{
	pthread_t thread;

	memset(flipping, 'A', sizeof(flipping) - 1);
	pthread_create(&thread, NULL, flip, NULL);
	usleep(random() % 300);
	execv(leaf, (char *[]){"flipping", flipping, NULL});
}

static void by_int80(void)
{
#ifdef __x86_64__
	char *page = must(mmap(NULL, 65536, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));
	uint32_t *argv = (uint32_t *)page, *envp = argv + 8;
	char *text = page + 4096;
	long result;

#define PUT(string) ((uint32_t)(uintptr_t)strcpy(text, string)); text += strlen(text) + 1
	uint32_t path = PUT(leaf);
	argv[0] = PUT("by-int80");
	argv[1] = PUT("compat");
	for (int i = 0; environ[i] && i < 100; i++) { // PUT is two statements
		envp[i] = PUT(environ[i]);
	}
	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(11), "b"(path), "c"(argv), "d"(envp)
		     : "memory");
#endif
}

// None of these runs a program.
static void failing(void)
{
	execl("/nonexistent/failing", "failing", "1", NULL);
	execl("/", "failing", "2", NULL);
	execl("/etc/passwd", "failing", "3", NULL);
	execl("/proc/self/status", "failing", "4", NULL);
	_exit(0);
}

static const struct {
	const char *name;
	void (*run)(void);
} ways[] = {
	{"many-arguments", many_arguments},
	{"huge-arguments", huge_arguments},
	{"raw-bytes", raw_bytes},
	{"empty-name", empty_name},
	{"no-arguments", no_arguments},
	{"from-memory", from_memory},
	{"from-a-deleted-file", from_a_deleted_file},
	{"from-a-thread", from_a_thread},
	{"flipping", while_arguments_flip},
	{"by-int80", by_int80},
	{"failing", failing},
};

int main(int argc, char **argv)
{
	int status = 0, repeat = 1;

	leaf = argv[2];
	number = argc > 3 ? atoi(argv[3]) : 0;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		if (strcmp(ways[i].name, argv[1]))
			continue;
		if (ways[i].run == while_arguments_flip)
			repeat = number;
		while (repeat--) {
			pid_t pid = fork();

			if (!pid) {
				srandom(repeat);
				ways[i].run();
				_exit(115);
			}
			waitpid(pid, &status, 0);
			if (status)
				return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
		}
		return 0;
	}
	return 2;
}
