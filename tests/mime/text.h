/* Tables of header fields in tests: each row's text becomes a section of one field "X". */
#ifndef MIME_TEXT_H
#define MIME_TEXT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "mime/header.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* A field whose body is that text, in memory of its own size; freed by free(field.raw.data). */
static inline sn_mime_field field_of(const char *body, size_t size)
{
	uint8_t *copy = malloc(size + 3);

	assert_non_null(copy);
	memcpy(copy, "X:", 2);
	memcpy(copy + 2, body, size);
	return (sn_mime_field){ .raw = { copy, size + 2 }, .name = { copy, 1 },
		.body = { copy + 2, size } };
}

static inline void field_drop(sn_mime_field *field)
{
	free((void *)(uintptr_t)field->raw.data);
}

static inline bool is_text(const char *name, const char *got, const char *wanted)
{
	if (got == wanted || (got != NULL && wanted != NULL && strcmp(got, wanted) == 0))
		return true;
	printf("%s: [%s], not [%s]\n", name, got == NULL ? "(none)" : got,
	    wanted == NULL ? "(none)" : wanted);
	return false;
}

#define assert_text(name, got, wanted) assert_true(is_text(name, got, wanted))

#endif
