#include "smime/compose_int.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "mime/scanner.h"

enum { READ_SIZE = 16u << 10 };

/* Takes what the scanner finds in one cut; *done_out: the header section has ended. */
static signet_status scan_cut(sn_mime_scanner *scanner, sn_cursor *cursor,
    sn_compose_header *header, bool *done_out, signet_error *err)
{
	for (;;) {
		sn_mime_event event;
		signet_status status = sn_mime_scanner_next(scanner, cursor, &event, err);

		if (status != SIGNET_OK)
			return status;
		if (event.kind == SN_MIME_NEED_MORE)
			return SIGNET_OK;
		if (event.kind == SN_MIME_MBOX_FROM) {
			header->has_mbox_line = true;
			continue;
		}
		if (event.kind != SN_MIME_HEADER) {
			*done_out = true;
			return SIGNET_OK;
		}
		status =
		    sn_buf_append(&header->section, event.raw.data, event.raw.size, err);
		if (status != SIGNET_OK)
			return status;
	}
}

/* Reads the header section alone: the body may be long, and is read when it is needed. */
static signet_status read_section(signet_compose *compose, signet_error *err)
{
	sn_mime_scanner *scanner = NULL;
	uint8_t *block = NULL;
	sn_cursor cursor = { 0 };
	size_t kept = 0;
	uint64_t offset = 0;
	bool done = false;
	signet_status status = sn_mime_scanner_new(compose->ctx, &scanner, err);

	if (status != SIGNET_OK)
		goto out;
	block = sn_alloc(compose->ctx, READ_SIZE, err);
	if (block == NULL) {
		status = SIGNET_E_MEMORY;
		goto out;
	}
	while (!done) {
		size_t got = 0;

		if (kept == READ_SIZE) {
			status = signet_fail(
			    err, SIGNET_E_INTERNAL, offset, "the scanner takes nothing");
			goto out;
		}
		status = compose->input->read(
		    compose->input, offset, block + kept, READ_SIZE - kept, &got, err);
		if (status != SIGNET_OK)
			goto out;
		offset += got;
		cursor = (sn_cursor){ block, block + kept + got, got == 0 };
		status = scan_cut(scanner, &cursor, &compose->header, &done, err);
		if (status != SIGNET_OK)
			goto out;
		done = done || got == 0;
		kept = (size_t)(cursor.end - cursor.p);
		memmove(block, cursor.p, kept);
	}
out:
	sn_free(compose->ctx, block);
	sn_mime_scanner_free(&scanner);
	return status;
}

static signet_status read_addresses(sn_compose_header *header, signet_error *err)
{
	static const char *const names[SN_COMPOSE_ROLES] = {
		[SIGNET_FROM] = "From", [SIGNET_TO] = "To", [SIGNET_CC] = "Cc", [SIGNET_BCC] = "Bcc"
	};

	for (size_t i = 0; i < header->fields.count; i++) {
		const sn_mime_field *field = &header->fields.fields[i];

		for (size_t role = 0; role < SN_COMPOSE_ROLES; role++) {
			signet_status status;

			if (!sn_mime_field_is(field, names[role]))
				continue;
			status = sn_mime_address_list_add(&header->addresses[role], field, err);
			if (status != SIGNET_OK)
				return status;
		}
	}
	return SIGNET_OK;
}

static bool is_bare(const sn_mime_header *fields)
{
	for (size_t i = 0; i < fields->count; i++)
		if (!sn_mime_field_is_content(&fields->fields[i]) &&
		    !sn_mime_field_is(&fields->fields[i], "MIME-Version"))
			return false;
	return true;
}

signet_status sn_compose_header_read(signet_compose *compose, signet_error *err)
{
	const signet_context *ctx = compose->ctx;
	sn_compose_header *header = &compose->header;
	signet_status status;

	sn_buf_init(&header->section, ctx, ctx->limits.header, "the header section");
	for (size_t role = 0; role < SN_COMPOSE_ROLES; role++)
		header->addresses[role].ctx = ctx;
	if (compose->form != SIGNET_FORM_MIME)
		return SIGNET_OK;
	status = read_section(compose, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_mime_header_parse(
	    ctx, (sn_span){ header->section.data, header->section.size }, &header->fields, err);
	if (status != SIGNET_OK)
		return status;
	if (header->fields.count == 0)
		return signet_fail(err, SIGNET_E_NO_HEADER, 0,
		    "the input has no header section, so it "
		    "is no message; --format der (or pem) takes its octets as they are");
	header->is_bare = is_bare(&header->fields);
	return read_addresses(header, err);
}

void sn_compose_header_clear(sn_compose_header *header)
{
	for (size_t role = 0; role < SN_COMPOSE_ROLES; role++)
		sn_mime_address_list_clear(&header->addresses[role]);
	sn_mime_header_clear(&header->fields);
	sn_buf_clear(&header->section);
}

const char *sn_compose_header_address(
    const sn_compose_header *header, signet_address_role role, size_t index)
{
	const sn_mime_address_list *list;

	if ((unsigned)role >= SN_COMPOSE_ROLES)
		return NULL;
	list = &header->addresses[role];
	return index < list->count ? list->mailboxes[index].address : NULL;
}

/* RFC 8550 3: an address of the certificate should be the From of the message. */
static signet_status check_signer(
    const sn_mime_address_list *from, const signet_cert *cert, signet_error *err)
{
	const char *address = signet_cert_address(cert, 0);

	for (size_t i = 0; i < from->count; i++)
		if (signet_cert_has_address(cert, from->mailboxes[i].address))
			return SIGNET_OK;
	return signet_fail(err, SIGNET_E_SIGNER_MISMATCH, SIGNET_NO_OFFSET,
	    "the signer %.80s is not the From %.80s of the message",
	    address != NULL ? address : signet_cert_subject(cert), from->mailboxes[0].address);
}

signet_status sn_compose_header_check_signers(const signet_compose *compose, signet_error *err)
{
	const sn_compose_header *header = &compose->header;
	const sn_mime_address_list *from = &header->addresses[SIGNET_FROM];

	if (compose->ignore_sender || compose->form != SIGNET_FORM_MIME || header->is_bare)
		return SIGNET_OK;
	/* RFC 5322 3.6: one From field; of two, every reader would choose his own */
	if (sn_mime_header_count(&header->fields, "From") > 1)
		return signet_fail(err, SIGNET_E_MALFORMED,
		    sn_mime_header_find(&header->fields, "From")->offset,
		    "the message has several From fields");
	if (from->count == 0)
		return signet_fail(err, SIGNET_E_SIGNER_MISMATCH, SIGNET_NO_OFFSET,
		    "the message has no From address, so the signer %.80s cannot be its sender",
		    signet_cert_subject(signet_identity_cert(compose->signers[0].identity)));
	for (size_t i = 0; i < compose->signer_count; i++) {
		signet_status status =
		    check_signer(from, signet_identity_cert(compose->signers[i].identity), err);

		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}
