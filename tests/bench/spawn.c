/* spawn COUNT: COUNT times /bin/true by posix_spawn, one after the other. */
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv)
{
	char *child[] = {"/bin/true", NULL};

	for (long i = argc > 1 ? atol(argv[1]) : 0; i > 0; i--) {
		pid_t pid;

		if (posix_spawn(&pid, child[0], NULL, NULL, child, environ))
			return 1;
		if (waitpid(pid, NULL, 0) != pid)
			return 1;
	}
	return 0;
}
