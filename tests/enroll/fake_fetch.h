/* A fetch that answers by a script and remembers what it was asked. */
#ifndef FAKE_FETCH_H
#define FAKE_FETCH_H

#include <signet/sys/fetch.h>

enum { FAKE_STEPS = 32, FAKE_FIELDS = 4 };

typedef struct fake_step {
	int status;                 /* 0: the port fails by error */
	signet_status error;
	const char *fields[FAKE_FIELDS][2];
	const void *body;
	size_t size;                /* 0: strlen of body */
} fake_step;

typedef struct fake_fetch {
	signet_fetch port;
	fake_step steps[FAKE_STEPS];
	size_t step_count;
	size_t asked;
	char url[FAKE_STEPS][256];
	char method[FAKE_STEPS][8];
	char header[FAKE_STEPS][128]; /* the first */
	char body[FAKE_STEPS][8192];
	const signet_fetch_login *login;
} fake_fetch;

void fake_fetch_init(fake_fetch *fake);
/* The next answer; body may be NULL. */
fake_step *fake_fetch_add(fake_fetch *fake, int status, const char *type, const void *body);

#endif
