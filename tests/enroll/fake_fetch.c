#include "fake_fetch.h"

#include <stdio.h>
#include <string.h>

static void remember(fake_fetch *fake, const signet_fetch_request *request)
{
	const size_t i = fake->asked;
	const char *method = request->method != NULL ? request->method
			     : request->body != NULL ? "POST"
						     : "GET";

	(void)snprintf(fake->url[i], sizeof(fake->url[i]), "%s", request->url);
	(void)snprintf(fake->method[i], sizeof(fake->method[i]), "%s", method);
	(void)snprintf(fake->header[i], sizeof(fake->header[i]), "%s",
	    request->header_count == 0 ? "" : request->headers[0]);
	(void)snprintf(fake->body[i], sizeof(fake->body[i]), "%.*s", (int)request->body_size,
	    request->body == NULL ? "" : (const char *)request->body);
	fake->login = request->login;
}

static signet_status fetch(void *user, const signet_fetch_request *request,
    signet_fetch_answer *answer, signet_error *err)
{
	fake_fetch *fake = user;
	const fake_step *step = &fake->steps[fake->asked];
	const char *body = step->body == NULL ? "" : step->body;
	size_t size = step->size == 0 ? strlen(body) : step->size;
	signet_status status;

	if (fake->asked >= fake->step_count)
		return signet_fail(
		    err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET, "nobody expected %s", request->url);
	remember(fake, request);
	fake->asked++;
	if (step->status == 0) {
		answer->body->abort(answer->body);
		return signet_fail(err, step->error, SIGNET_NO_OFFSET, "the port failed");
	}
	status = answer->body->write(answer->body, (const uint8_t *)body, size, err);
	if (status == SIGNET_OK)
		status = answer->body->finish(answer->body, err);
	if (status != SIGNET_OK)
		return status;
	answer->status = step->status;
	for (size_t i = 0; i < FAKE_FIELDS && answer->field != NULL; i++)
		if (step->fields[i][0] != NULL)
			answer->field(answer->field_user, step->fields[i][0], step->fields[i][1]);
	return SIGNET_OK;
}

void fake_fetch_init(fake_fetch *fake)
{
	memset(fake, 0, sizeof(*fake));
	fake->port = (signet_fetch){ .fetch = fetch, .user = fake };
}

fake_step *fake_fetch_add(fake_fetch *fake, int status, const char *type, const void *body)
{
	fake_step *step = &fake->steps[fake->step_count++];

	*step = (fake_step){ .status = status, .body = body };
	if (type != NULL) {
		step->fields[0][0] = "Content-Type";
		step->fields[0][1] = type;
	}
	return step;
}
