/* clock: shows what time it is each few milliseconds, as <nanoseconds since 1970>, until it is
 * hung up. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	struct timespec now;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (!clock_gettime(CLOCK_REALTIME, &now) &&
	       printf("<%ld%09ld>\n", (long)now.tv_sec, now.tv_nsec) > 0)
		usleep(3000);
	return 1;
}
