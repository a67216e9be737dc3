// lineage LEAF: runs LEAF in ways that leave the process tree. Each is named in its argv[0]; ends
// when all have ended.

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *leaf;

static void run(const char *way)
{
	execl(leaf, way, NULL);
	_exit(111);
}

static void in_fork(void (*what)(void))
{
	pid_t pid = fork();

	if (!pid) {
		what();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void vforked(void)
{
	if (!vfork())
		run("vfork");
}

static void daemonised(void)
{
	pid_t maker;

	if (fork())
		_exit(0);
	setsid();
	maker = getpid();
	if (fork())
		_exit(0);
	while (getppid() == maker)
		usleep(1000);
	run("double-fork-setsid");
}

static void sibling_of_its_maker(void)
{
	if (!syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0))
		run("clone-parent");
}

static void *fork_in_thread(void *unused)
{
	if (!fork())
		run("fork-from-a-thread");
	return unused;
}

static void from_a_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, fork_in_thread, NULL);
	pthread_join(thread, NULL);
}

static void in_a_new_pid_namespace(void)
{
	if (unshare(CLONE_NEWPID))
		_exit(112);
	if (!fork())
		run("new-pid-namespace");
	wait(NULL);
}

static void under_a_subreaper(void)
{
	pid_t reaper = getpid();

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (!fork()) {
		if (!fork()) {
			while (getppid() != reaper)
				usleep(1000);
			run("subreaper");
		}
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
}

static void own_group(void)
{
	setpgid(0, 0);
	signal(SIGHUP, SIG_IGN);
	run("own-process-group");
}

int main(int argc, char **argv)
{
	int alive[2];
	char byte;

	(void)argc;
	leaf = argv[1];
	if (pipe(alive)) // whoever comes from here holds the other end until it ends
		return 1;
	in_fork(vforked);
	in_fork(daemonised);
	in_fork(sibling_of_its_maker);
	in_fork(from_a_thread);
	in_fork(in_a_new_pid_namespace);
	in_fork(under_a_subreaper);
	in_fork(own_group);
	close(alive[1]);
	if (read(alive[0], &byte, 1))
		return 1;
	while (wait(NULL) > 0)
		;
	return 0;
}
