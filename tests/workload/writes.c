/* writes COUNT BYTES: COUNT write(2) calls of BYTES each, of numbered lines of three-byte
 * characters, so that most writes cut a character. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long count = argc > 2 ? atol(argv[1]) : 0, bytes = argc > 2 ? atol(argv[2]) : 0;
	long total = count * bytes, at = 0;
	char *text = malloc(total + 64);

	if (!text || !total)
		return 2;
	for (long line = 0; at < total; line++)
		at += sprintf(text + at, "%ld €€€€€€€\n", line);
	for (long i = 0; i < count; i++)
		if (write(1, text + i * bytes, bytes) != bytes)
			return 1;
	return 0;
}
