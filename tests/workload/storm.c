/* storm COUNT MARKER: for each line on stdin, COUNT times fork, exec of itself as `leaf`, wait;
 * then it shows MARKER. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int run_leaf(void)
{
	pid_t child = vfork();

	if (!child) {
		execl("/proc/self/exe", "leaf", NULL);
		_exit(127);
	}
	return child > 0 && waitpid(child, NULL, 0) == child ? 0 : -1;
}

int main(int argc, char **argv)
{
	if (!strcmp(argv[0], "leaf"))
		return 0;
	if (argc != 3)
		return 2;
	setvbuf(stdout, NULL, _IONBF, 0);
	printf("ready");
	while (getchar() == '\n') {
		for (long i = atol(argv[1]); i > 0; i--)
			if (run_leaf())
				return 1;
		printf("%s", argv[2]);
	}
	return 0;
}
