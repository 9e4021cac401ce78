/* Bare LF to CRLF. */
#include <string.h>

#include "base/mem.h"
#include "mime/canon.h"
#include "mime/mime_int.h"

enum { ROOM = 32 << 10 };

typedef struct crlf {
	signet_sink sink;
	const signet_context *ctx;
	signet_sink *next;
	uint8_t last;           /* the octet before, 0 at first */
	bool saw_bare_lf;
	bool is_ended;
	signet_status status;   /* the failure that sticks */
	signet_error error;
	size_t used;
	uint8_t room[ROOM];     /* lines on their way, so that next is not called for each */
} crlf;

static signet_status check(const crlf *self, signet_error *err)
{
	if (self->status != SIGNET_OK) {
		if (err != NULL)
			*err = self->error;
		return self->status;
	}
	if (self->is_ended)
		return signet_fail(err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET,
		    "a conversion of line ends that has ended was used");
	return SIGNET_OK;
}

static signet_status pass_on(crlf *self, const uint8_t *data, size_t size)
{
	self->status = self->next->write(self->next, data, size, &self->error);
	return self->status;
}

static signet_status flush(crlf *self)
{
	const size_t used = self->used;

	self->used = 0;
	return used == 0 ? SIGNET_OK : pass_on(self, self->room, used);
}

/* Long runs go by without a copy. */
static signet_status put(crlf *self, const uint8_t *data, size_t size)
{
	signet_status status = SIGNET_OK;

	if (size > ROOM - self->used)
		status = flush(self);
	if (status == SIGNET_OK && size >= ROOM / 4)
		status = flush(self) == SIGNET_OK ? pass_on(self, data, size) : self->status;
	else if (status == SIGNET_OK && size != 0) {
		memcpy(self->room + self->used, data, size);
		self->used += size;
	}
	return status;
}

static signet_status crlf_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	crlf *self = (crlf *)sink;
	signet_status status = check(self, err);

	while (status == SIGNET_OK && size != 0) {
		const size_t run = sn_mime_find_bare_lf(data, size, self->last);

		status = put(self, data, run);
		if (status == SIGNET_OK && run < size) {
			self->saw_bare_lf = true;
			status = put(self, (const uint8_t *)"\r\n", 2);
		}
		self->last = run < size ? '\n' : data[size - 1];
		data += run < size ? run + 1 : run;
		size -= run < size ? run + 1 : run;
	}
	if (status == SIGNET_OK)
		status = flush(self);
	if (status != SIGNET_OK && self->status != SIGNET_OK && err != NULL)
		*err = self->error;
	return status;
}

static signet_status crlf_finish(signet_sink *sink, signet_error *err)
{
	crlf *self = (crlf *)sink;
	signet_status status = check(self, err);

	if (status != SIGNET_OK)
		return status;
	self->status = self->next->finish(self->next, &self->error);
	self->is_ended = self->status == SIGNET_OK;
	if (self->status != SIGNET_OK && err != NULL)
		*err = self->error;
	return self->status;
}

static void crlf_abort(signet_sink *sink)
{
	crlf *self = (crlf *)sink;

	if (self->is_ended)
		return;
	self->is_ended = true;
	self->next->abort(self->next);
}

signet_status sn_mime_crlf_sink_new(const signet_context *ctx, signet_sink *next,
    signet_sink **sink_out, signet_error *err)
{
	crlf *self = sn_alloc(ctx, sizeof(*self), err);

	if (self == NULL)
		return SIGNET_E_MEMORY;
	/* all but the room, which is large */
	self->sink = (signet_sink){ crlf_write, crlf_finish, crlf_abort, NULL };
	self->ctx = ctx;
	self->next = next;
	self->last = 0;
	self->saw_bare_lf = false;
	self->is_ended = false;
	self->status = SIGNET_OK;
	self->error = (signet_error){ 0 };
	self->used = 0;
	*sink_out = &self->sink;
	return SIGNET_OK;
}

bool sn_mime_crlf_sink_saw_bare_lf(const signet_sink *sink)
{
	return ((const crlf *)sink)->saw_bare_lf;
}

void sn_mime_crlf_sink_free(signet_sink **sink)
{
	crlf *self = (crlf *)*sink;

	*sink = NULL;
	if (self != NULL)
		sn_free(self->ctx, self);
}
