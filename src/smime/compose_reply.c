/*
 * What was confidential stays so in a reply (RFC 9788 6.1): the fields that the caller names, and
 * those of which the draft says, by the HP-Outer fields of the message it answers, that they were
 * hidden.
 */
#include <string.h>

#include "base/ascii.h"
#include "smime/compose_int.h"
#include "smime/payload.h"

static bool is_named(const signet_compose *compose, const sn_mime_field *field)
{
	for (size_t i = 0; i < compose->hidden_count; i++)
		if (sn_mime_field_is(field, compose->hidden[i]))
			return true;
	return false;
}

static sn_span trimmed(sn_span text)
{
	while (text.size != 0 && sn_ascii_is_space(text.data[0]))
		text = (sn_span){ text.data + 1, text.size - 1 };
	while (text.size != 0 && sn_ascii_is_space(text.data[text.size - 1]))
		text.size--;
	return text;
}

static bool is_same(sn_span a, sn_span b)
{
	a = trimmed(a);
	b = trimmed(b);
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Which HP-Outer fields there are: any, one of that name, one of that name and value. */
typedef struct outer_look {
	bool any, like, same;
} outer_look;

static outer_look look_for(const sn_mime_header *header, const sn_mime_field *field)
{
	outer_look found = { 0 };

	for (size_t i = 0; i < header->count; i++) {
		sn_mime_field outer;

		if (!sn_mime_field_is(&header->fields[i], "HP-Outer") ||
		    !sn_payload_outer_field(&header->fields[i], &outer))
			continue;
		found.any = true;
		if (!sn_mime_field_is_like(&outer, field))
			continue;
		found.like = true;
		found.same = found.same || is_same(outer.body, field->body);
	}
	return found;
}

/* Free text, which a policy takes away altogether; of the others a reply has its own. */
static bool is_text(const sn_mime_field *field)
{
	return sn_mime_field_is(field, "Subject") || sn_mime_field_is(field, "Comments") ||
	    sn_mime_field_is(field, "Keywords");
}

bool sn_compose_keeps_hidden(const signet_compose *compose, const sn_mime_field *field)
{
	outer_look outer;

	if (is_named(compose, field))
		return true;
	outer = look_for(&compose->header.fields, field);
	if (!outer.any || outer.same)
		return false;
	return is_text(field) || (outer.like && (sn_mime_field_is(field, "From") ||
	    sn_mime_field_is(field, "To") || sn_mime_field_is(field, "Cc")));
}

signet_status sn_compose_check_hidden(const signet_compose *compose, signet_error *err)
{
	const sn_mime_header *header = &compose->header.fields;
	const bool can_hide = compose->protected.applies &&
	    (compose->protection & SIGNET_ENCRYPT) != 0;

	for (size_t i = 0; i < header->count && !can_hide; i++) {
		const sn_mime_field *field = &header->fields[i];

		if (sn_payload_is_protected(field) && sn_compose_keeps_hidden(compose, field))
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "the %.*s was confidential in the message that this one answers, and would be "
			    "sent in the clear: encrypt, with header protection",
			    (int)(field->name.size < 60 ? field->name.size : 60),
			    (const char *)field->name.data);
	}
	return SIGNET_OK;
}
