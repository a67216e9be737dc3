// ends: processes that end in every way. For each a line of JSON has what wait(2) told.

#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *one_thread_ends(void *unused)
{
	(void)unused;
	usleep(20000); // the leader has gone by then
	syscall(SYS_exit, 7);
	return NULL;
}

static void *group_ends(void *unused)
{
	(void)unused;
	usleep(20000);
	syscall(SYS_exit_group, 9);
	return NULL;
}

static void *sleeps(void *unused)
{
	pause();
	return unused;
}

static pthread_t start(void *(*what)(void *))
{
	pthread_t thread;

	pthread_create(&thread, NULL, what, NULL);
	return thread;
}

static void normally(void) { exit(0); }
static void with_a_code(void) { exit(42); }
static void with_a_big_code(void) { exit(0x1ff); }
static void by_sigkill(void) { raise(SIGKILL); }
static void by_sigsegv(void) { raise(SIGSEGV); }
static void by_realtime_signal(void) { raise(SIGRTMIN + 3); }

static void with_a_core(void)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_CORE, &all);
	raise(SIGQUIT);
}

static void leader_first(void)
{
	start(one_thread_ends);
	syscall(SYS_exit, 5);
}

static void leader_first_then_the_group(void)
{
	start(group_ends);
	syscall(SYS_exit, 5);
}

static void thread_ends_all(void)
{
	start(group_ends);
	sleeps(NULL);
}

static void killed_with_threads(void)
{
	start(sleeps);
	start(sleeps);
	raise(SIGTERM);
}

static void after_a_thread_ended(void)
{
	pthread_join(start(one_thread_ends), NULL);
	exit(3);
}

static const struct {
	const char *name;
	void (*end)(void);
} ways[] = {
	{"normally", normally},
	{"with a code", with_a_code},
	{"with a big code", with_a_big_code},
	{"by SIGKILL", by_sigkill},
	{"by SIGSEGV", by_sigsegv},
	{"by a realtime signal", by_realtime_signal},
	{"with a core", with_a_core},
	{"leader first", leader_first},
	{"leader first, then the group", leader_first_then_the_group},
	{"a thread ends all", thread_ends_all},
	{"killed with threads", killed_with_threads},
	{"after a thread ended", after_a_thread_ended},
};

int main(void)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		pid_t pid = fork();
		int status;

		if (!pid) {
			ways[i].end();
			_exit(99);
		}
		waitpid(pid, &status, 0);
		printf("{\"name\": \"%s\", \"pid\": %d, \"status\": %d}\n", ways[i].name, pid, status);
		fflush(stdout); // a child must not have our lines to print
	}
	return 0;
}
