#include "smime/evidence.h"

#include <string.h>

#include "base/ascii.h"
#include "mime/scanner.h"
#include "mime/header.h"

enum { NOTE_SIZE = 240 };

static signet_status enter(const signet_context *ctx, sn_mime_scanner *scanner, sn_span section,
    signet_error *err)
{
	sn_mime_header header = { 0 };
	sn_mime_value type = { 0 };
	const char *boundary = NULL;
	signet_status status = sn_mime_header_parse(ctx, section, &header, err);

	if (status == SIGNET_OK)
		status = sn_mime_content_type(ctx, &header, &type, err);
	if (status == SIGNET_OK && sn_mime_value_is(&type, "multipart/"))
		boundary = sn_mime_value_param(&type, "boundary");
	if (boundary != NULL)
		status = sn_mime_scanner_enter_multipart(scanner, boundary, strlen(boundary), err);
	else if (status == SIGNET_OK)
		sn_mime_scanner_enter_leaf(scanner);
	sn_mime_value_clear(&type);
	sn_mime_header_clear(&header);
	return status;
}

signet_status sn_evidence_is_cut(const signet_context *ctx, sn_span entity, bool *is_cut_out,
    signet_error *err)
{
	sn_mime_scanner *scanner = NULL;
	sn_cursor cursor = { entity.data, entity.data + entity.size, true };
	sn_mime_event event = { .kind = SN_MIME_NEED_MORE };
	size_t begin = 0;
	signet_status status = sn_mime_scanner_new(ctx, &scanner, err);

	*is_cut_out = false;
	while (status == SIGNET_OK && event.kind != SN_MIME_END && !*is_cut_out) {
		status = sn_mime_scanner_next(scanner, &cursor, &event, err);
		if (status != SIGNET_OK)
			break;
		if (event.kind == SN_MIME_PART_BEGIN)
			begin = (size_t)event.offset + event.raw.size;
		else if (event.kind == SN_MIME_HEADER_END)
			status = enter(ctx, scanner,
			    (sn_span){ entity.data + begin, (size_t)event.offset - begin }, err);
		else if (event.kind == SN_MIME_MULTIPART_END)
			*is_cut_out = event.is_unclosed;
	}
	sn_mime_scanner_free(&scanner);
	/* what cannot be scanned tells nothing */
	return status != SIGNET_OK && signet_status_exit(status) == 65 ? SIGNET_OK : status;
}

/* As mailing lists, virus scanners and mail programs write, in lower case. */
static const char *const notes[] = { "attachment was scrubbed", "attachment was removed",
	"attachment has been removed", "attachment was deleted", "attachment has been deleted",
	"attachment was stripped", "attachment has been stripped", "attachment was blocked",
	"attachment has been blocked", "attachment was quarantined", "attachment has been quarantined",
	"attachments were removed", "attachments have been removed", "attachments removed",
	"attachment removed", "attachment deleted", "deleted attachment", "removed attachment",
	"removed from this document as it", "x-mozilla-altered: attachment", "file was removed",
	"file has been removed", "anhang wurde entfernt", "has been replaced by this text",
	"was removed by" };

static bool is_note(const uint8_t *line, size_t size)
{
	uint8_t text[NOTE_SIZE];

	size = size < NOTE_SIZE ? size : NOTE_SIZE;
	for (size_t i = 0; i < size; i++)
		text[i] = sn_ascii_lower(line[i]);
	for (size_t n = 0; n < sizeof(notes) / sizeof(*notes); n++) {
		const size_t length = strlen(notes[n]);

		for (size_t at = 0; at + length <= size; at++)
			if (memcmp(text + at, notes[n], length) == 0)
				return true;
	}
	return false;
}

unsigned sn_evidence_removed(sn_span entity)
{
	unsigned number = 1;

	for (size_t at = 0; at < entity.size; number++) {
		const uint8_t *lf = memchr(entity.data + at, '\n', entity.size - at);
		const size_t end = lf == NULL ? entity.size : (size_t)(lf - entity.data);

		if (is_note(entity.data + at, end - at))
			return number;
		at = end + 1;
	}
	return 0;
}
