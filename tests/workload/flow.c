/* flow: shows about a megabyte a second until it is interrupted, in writes of a prime size. */
#include <string.h>
#include <unistd.h>

#define BYTES 997

int main(void)
{
	char line[BYTES];

	memset(line, '.', BYTES);
	line[BYTES - 1] = '\n';
	while (write(1, line, BYTES) == BYTES)
		usleep(1000);
	return 1;
}
