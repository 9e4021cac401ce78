/* The stage that takes PEM armour (RFC 7468, any label) off a CMS object. */
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "mime/transfer.h"
#include "smime/stage.h"

enum { LINE = 256, PIECE = 16 << 10 };

typedef struct pem {
	sn_stage stage;
	enum { BEFORE, INSIDE, AFTER } where;
	char line[LINE];        /* of the label lines, cut to that; data lines pass by */
	size_t line_size;
	bool at_line_start;
	bool is_label_line;
	sn_base64_decoder decoder;
	sn_stage *cms;
} pem;

static void pem_free(sn_stage *stage)
{
	pem *self = (pem *)stage;

	sn_stage_free(&self->cms);
	sn_free(stage->pass->plan->ctx, self);
}

static signet_status decode(pem *self, const uint8_t *data, size_t size, signet_error *err)
{
	uint8_t octets[PIECE / 4 * 3 + 3];

	while (size != 0) {
		const size_t piece = size < PIECE ? size : PIECE;
		const size_t got = sn_base64_decode(&self->decoder, data, piece, octets);
		signet_status status = self->cms->sink.write(&self->cms->sink, octets, got, err);

		if (status != SIGNET_OK)
			return status;
		data += piece;
		size -= piece;
	}
	return SIGNET_OK;
}

static signet_status end_label_line(pem *self, signet_error *err)
{
	uint8_t octets[3];
	size_t size = 0;

	if (self->where == BEFORE && sn_ascii_has_prefix_n(self->line, self->line_size,
	        "-----BEGIN "))
		self->where = INSIDE;
	else if (self->where == INSIDE) {
		self->where = AFTER;
		(void)sn_base64_decode_finish(&self->decoder, octets, &size);
		return self->cms->sink.write(&self->cms->sink, octets, size, err);
	}
	return SIGNET_OK;
}

/* What stands up to the end of the line, and no further. */
static signet_status take_line(pem *self, const uint8_t *data, size_t size, bool ends,
    signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (self->at_line_start) {
		self->is_label_line = size != 0 && data[0] == '-';
		self->line_size = 0;
	}
	if (self->is_label_line) {
		const size_t room = LINE - self->line_size;
		const size_t piece = size < room ? size : room;

		memcpy(self->line + self->line_size, data, piece);
		self->line_size += piece;
		if (ends)
			status = end_label_line(self, err);
	} else if (self->where == INSIDE)
		status = decode(self, data, size, err);
	self->at_line_start = ends;
	return status;
}

static signet_status pem_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	pem *self = (pem *)sink;

	while (size != 0 && self->where != AFTER) {
		const uint8_t *lf = memchr(data, '\n', size);
		const size_t line = lf == NULL ? size : (size_t)(lf - data) + 1;
		signet_status status = take_line(self, data, line, lf != NULL, err);

		if (status != SIGNET_OK)
			return status;
		data += line;
		size -= line;
	}
	return SIGNET_OK;
}

static signet_status pem_finish(signet_sink *sink, signet_error *err)
{
	pem *self = (pem *)sink;
	signet_error error;
	signet_status status = SIGNET_OK;

	/* the END line may lack its line end */
	if (!self->at_line_start && self->is_label_line && self->where == INSIDE)
		status = end_label_line(self, err);
	if (status != SIGNET_OK)
		return status;
	if (self->where == AFTER)
		return self->cms->sink.finish(&self->cms->sink, err);
	return sn_level_contain(sn_stage_level(&self->stage),
	    signet_fail(&error, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET, "the PEM has no %s line",
	        self->where == BEFORE ? "-----BEGIN" : "-----END"), &error, err);
}

static void pem_abort(signet_sink *sink)
{
	pem *self = (pem *)sink;

	self->where = AFTER;
	self->cms->sink.abort(&self->cms->sink);
}

signet_status sn_stage_pem_new(sn_pass *pass, size_t index, sn_stage **stage_out,
    signet_error *err)
{
	pem *self = sn_calloc(pass->plan->ctx, 1, sizeof(*self), err);
	signet_status status;

	if (self == NULL)
		return SIGNET_E_MEMORY;
	self->stage = (sn_stage){
		.sink = { .write = pem_write, .finish = pem_finish, .abort = pem_abort },
		.free = pem_free, .pass = pass, .index = index
	};
	self->at_line_start = true;
	status = sn_stage_cms_new(pass, index, false, &self->cms, err);
	if (status != SIGNET_OK) {
		pem_free(&self->stage);
		return status;
	}
	*stage_out = &self->stage;
	return SIGNET_OK;
}
