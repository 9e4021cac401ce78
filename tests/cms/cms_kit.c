#include "cms_kit.h"

#include <stdlib.h>
#include <string.h>

#include "ber/writer.h"
#include "cms/cms_int.h"

static sn_span copy(taken *t, sn_span span)
{
	uint8_t *octets = malloc(span.size + 1);

	assert_non_null(octets);
	assert_true(t->copy_count < sizeof(t->copies) / sizeof(t->copies[0]));
	if (span.size != 0)
		memcpy(octets, span.data, span.size);
	t->copies[t->copy_count++] = octets;
	return (sn_span){ octets, span.size };
}

static void take_signer(taken *t, const sn_cms_event *event)
{
	const signet_limits limits = SIGNET_LIMITS_DEFAULT;
	sn_ber_list list = sn_ber_list_of(copy(t, event->signer.der), 0);
	sn_ber_item item;
	signet_error err;

	assert_true(t->signer_count < TAKEN_MAX);
	must(sn_ber_list_next(&list, "signer", &item, &err), &err);
	must(sn_cms_signer_read(&limits, list, &item, &t->signers[t->signer_count++], &err), &err);
}

static void take_recipient(taken *t, const sn_cms_event *event)
{
	sn_ber_list list = sn_ber_list_of(copy(t, event->recipient.der), 0);
	sn_ber_list keys;
	sn_ber_item item;
	signet_error err;
	sn_cms_recipient *recipient = &t->recipients[t->recipient_count++];

	assert_true(t->recipient_count <= TAKEN_MAX);
	must(sn_ber_list_next(&list, "recipient", &item, &err), &err);
	must(sn_cms_recipient_read(list, &item, recipient, &keys, &err), &err);
	if (recipient->kind == SN_CMS_KEY_AGREEMENT)
		must(sn_cms_recipient_read_key(&keys, recipient, &err), &err);
}

static void take_algorithm(taken *t, const sn_cms_event *event)
{
	sn_ber_list list = sn_ber_list_of(copy(t, event->algorithm.der), 0);
	signet_error err;

	must(sn_cms_algorithm_read(&list, "encryption", &t->encryption, &err), &err);
}

static void take_event(taken *t, const sn_cms_event *event)
{
	switch (event->kind) {
	case SN_CMS_TYPE: t->type = event->type; break;
	case SN_CMS_CONTENT_TYPE:
	case SN_CMS_ENCRYPTION:
		assert_true(event->oid.size <= sizeof(t->content_type));
		memcpy(t->content_type, event->oid.data, event->oid.size);
		t->content_type_size = event->oid.size;
		t->has_content = event->has_content;
		if (event->kind == SN_CMS_ENCRYPTION)
			take_algorithm(t, event);
		break;
	case SN_CMS_CONTENT:
		assert_true(t->content_size + event->data.size <= sizeof(t->content));
		memcpy(t->content + t->content_size, event->data.data, event->data.size);
		t->content_size += event->data.size;
		break;
	case SN_CMS_CERTIFICATE:
		assert_true(t->certificate_count < TAKEN_MAX);
		t->certificates[t->certificate_count++] = copy(t, event->data);
		break;
	case SN_CMS_SIGNER: take_signer(t, event); break;
	case SN_CMS_RECIPIENT: take_recipient(t, event); break;
	case SN_CMS_MAC: t->mac = copy(t, event->data); break;
	case SN_CMS_AUTHENTICATED_ATTRIBUTES:
		t->authenticated_attributes = copy(t, event->data);
		break;
	default: break;
	}
}

taken *take_octets(kit *k, sn_span object)
{
	taken *t = calloc(1, sizeof(*t));
	sn_cms_reader *reader = NULL;
	sn_cms_event event;
	sn_cursor cursor;

	assert_non_null(t);
	t->object = copy(t, object);
	cursor = (sn_cursor){ t->object.data, t->object.data + object.size, true };
	must(sn_cms_reader_new(k->ctx, &reader, &k->err), &k->err);
	do {
		must(sn_cms_reader_next(reader, &cursor, &event, &k->err), &k->err);
		assert_int_not_equal(event.kind, SN_CMS_NEED_MORE);
		take_event(t, &event);
	} while (event.kind != SN_CMS_END);
	assert_ptr_equal(cursor.p, cursor.end);
	sn_cms_reader_free(&reader);
	return t;
}

taken *take_file(kit *k, const char *name)
{
	const sn_span data = read_data(name);
	taken *t = take_octets(k, data);

	free((void *)data.data);
	return t;
}

void taken_free(taken **t)
{
	while ((*t)->copy_count != 0)
		free((*t)->copies[--(*t)->copy_count]);
	free(*t);
	*t = NULL;
}

signet_cert *load_cert(kit *k, const char *name)
{
	const sn_span data = read_data(name);
	signet_cert *cert = NULL;

	must(signet_cert_new(k->ctx, data.data, data.size, &cert, &k->err), &k->err);
	free((void *)data.data);
	return cert;
}

signet_key *load_private(kit *k, const char *name)
{
	const sn_span data = read_data(name);
	signet_key *key = NULL;

	must(signet_key_read(k->ctx, data.data, data.size, name, NULL, &key, &k->err), &k->err);
	free((void *)data.data);
	return key;
}

static signet_status gather_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	gatherer *g = (gatherer *)sink;

	assert_int_equal(g->finished + g->aborted, 0);
	if (++g->writes == g->fail_at)
		return signet_fail(err, SIGNET_E_IO, SIGNET_NO_OFFSET, "the disk is full");
	return sn_buf_append(&g->out, data, size, err);
}

static signet_status gather_finish(signet_sink *sink, signet_error *err)
{
	(void)err;
	((gatherer *)sink)->finished++;
	return SIGNET_OK;
}

static void gather_abort(signet_sink *sink) { ((gatherer *)sink)->aborted++; }

void gatherer_init(gatherer *g, const signet_context *ctx)
{
	*g = (gatherer){ .sink = { gather_write, gather_finish, gather_abort, NULL } };
	sn_buf_init(&g->out, ctx, SIZE_MAX, "what a test gathers");
}

void gatherer_clear(gatherer *g) { sn_buf_clear(&g->out); }

typedef struct builder {
	sn_ber_writer w;
	size_t marks[32];
	bool indefinite[32];
	size_t level;
} builder;

static void build_begin(builder *b, uint8_t tag, bool is_indefinite)
{
	b->indefinite[b->level] = is_indefinite;
	if (is_indefinite)
		sn_ber_writer_indefinite(&b->w, tag);
	else
		b->marks[b->level] = sn_ber_writer_begin(&b->w, tag);
	b->level++;
}

static void build_end(builder *b)
{
	b->level--;
	if (b->indefinite[b->level])
		sn_ber_writer_end_of_contents(&b->w);
	else
		sn_ber_writer_end(&b->w, b->marks[b->level]);
}

static void build_all(builder *b, const char *p)
{
	for (; *p != '\0'; p++) {
		uint8_t octet;
		sn_span one;

		if (*p == ' ')
			continue;
		if (*p == '}' || *p == '>') {
			build_end(b);
			continue;
		}
		one = unhex((char[3]){ p[0], p[1], 0 }, &octet, 1);
		p++;
		if (p[1] == '{' || p[1] == '<')
			build_begin(b, octet, *++p == '<');
		else
			sn_ber_writer_raw(&b->w, one);
	}
}

sn_span build(sn_buf *out, const signet_context *ctx, const char *text)
{
	builder b = { .level = 0 };
	signet_error err;

	sn_buf_init(out, ctx, 1 << 16, "test");
	sn_ber_writer_init(&b.w, out, &err);
	build_all(&b, text);
	must(sn_ber_writer_finish(&b.w), &err);
	return (sn_span){ out->data, out->size };
}
