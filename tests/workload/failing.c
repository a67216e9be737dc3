// Preloaded, makes calls fail as a broken disk does. fail_next() says which: the next `count` calls
// named `call` on a file whose path contains `path`.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char failing_call[32], failing_path[256];
static int failing_errno, left;

void fail_next(const char *call, const char *path, int error, int count)
{
	snprintf(failing_call, sizeof(failing_call), "%s", call);
	snprintf(failing_path, sizeof(failing_path), "%s", path);
	failing_errno = error;
	left = count;
}

static int fails(const char *call, int fd)
{
	char link[64], path[4096];
	ssize_t size;

	if (!left || strcmp(call, failing_call))
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	size = readlink(link, path, sizeof(path) - 1);
	if (size < 0)
		return 0;
	path[size] = '\0';
	if (!strstr(path, failing_path))
		return 0;
	left--;
	errno = failing_errno;
	return 1;
}

#define REAL(name) ((typeof(name) *)dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *data, size_t size)
{
	return fails("write", fd) ? -1 : REAL(write)(fd, data, size);
}

int fdatasync(int fd)
{
	return fails("fdatasync", fd) ? -1 : REAL(fdatasync)(fd);
}

int fsync(int fd)
{
	return fails("fsync", fd) ? -1 : REAL(fsync)(fd);
}
