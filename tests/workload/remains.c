// remains zombie: makes a child that has ended and is not waited for, and prints its pid; at the
//   end of stdin waits for it.
// remains leaderless LEAF: its leader ends, a thread stays and, at the end of stdin, runs LEAF.
// remains reuse PID LEAF: runs LEAF in a process of that pid, which must be free.

#define _GNU_SOURCE
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void until_end_of_stdin(void)
{
	char byte;

	while (read(0, &byte, 1) > 0)
		;
}

static int zombie(void)
{
	siginfo_t info;
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	printf("%d\n", pid);
	fflush(stdout);
	until_end_of_stdin();
	return waitpid(pid, NULL, 0) != pid;
}

static void *stay(void *leaf)
{
	until_end_of_stdin();
	if (!fork()) {
		execl(leaf, "leaderless", NULL);
		_exit(111);
	}
	wait(NULL);
	exit(0);
}

static int leaderless(char *leaf)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, stay, leaf))
		return 1;
	printf("%d\n", getpid());
	fflush(stdout);
	syscall(SYS_exit, 0);
	return 1;
}

static int reuse(pid_t wanted, const char *leaf)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&wanted,
		.set_tid_size = 1,
	};
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));

	if (!pid) {
		execl(leaf, "stranger", NULL);
		_exit(111);
	}
	return pid != wanted || waitpid(pid, NULL, 0) != pid;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "zombie"))
		return zombie();
	if (argc == 3 && !strcmp(argv[1], "leaderless"))
		return leaderless(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "reuse"))
		return reuse(atoi(argv[2]), argv[3]);
	return 2;
}
