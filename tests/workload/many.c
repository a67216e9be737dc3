// many COUNT LEAF DIRECTORY...: runs COUNT programs, some at a time, each with arguments of its
// own, in one of the directories, with an end of its own. For each a line of JSON says what it
// was given and what wait(2) told.

#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_A_TIME 4

struct child {
	pid_t pid;
	int number, status;
};

static const int deadly[] = {1, 2, 9, 13, 15};

static void spawn(struct child *child, const char *leaf, const char *directory)
{
	int n = child->number;
	char name[32], number[32], square[32], end[32];
	char *argv[] = {name, "--number", number, "\xff\xfe \"two\nlines\" ", square, NULL};
	char *envp[] = {end, NULL};
	posix_spawn_file_actions_t actions;

	sprintf(name, "leaf-%d", n);
	sprintf(number, "%d", n);
	sprintf(square, "%lld", (long long)n * n);
	if (n % 7 == 3)
		sprintf(end, "END=signal %d", deadly[n % 5]);
	else
		sprintf(end, "END=exit %d", n % 256);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addchdir_np(&actions, directory);
	if (posix_spawn(&child->pid, leaf, &actions, NULL, argv, envp))
		exit(1);
	posix_spawn_file_actions_destroy(&actions);
}

int main(int argc, char **argv)
{
	int count = atoi(argv[1]), directories = argc - 3, started = 0, running = 0, status;
	struct child *children = calloc(count, sizeof(*children));

	while (started < count || running) {
		if (started < count && running < AT_A_TIME) {
			children[started].number = started;
			// chosen by a hash, so that neighbours differ
			spawn(&children[started], argv[2],
			      argv[3 + started * 2654435761U % directories]);
			started++;
			running++;
			continue;
		}
		pid_t pid = wait(&status);
		// The latest child with that number: an earlier one may have had it too.
		for (int i = started - 1; i >= 0; i--)
			if (children[i].pid == pid) {
				children[i].status = status;
				break;
			}
		running--;
	}
	for (int i = 0; i < count; i++)
		printf("{\"number\": %d, \"pid\": %d, \"directory\": %u, \"status\": %d}\n", i,
		       children[i].pid, i * 2654435761U % directories, children[i].status);
	return 0;
}
