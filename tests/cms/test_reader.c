#include "cms_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ber/writer.h"
#include "cms/writer.h"

/* Events as text, content joined, so that cuts can be compared. */
typedef struct trace {
	const signet_context *ctx;
	sn_cms_reader *reader;
	char text[16384];
	size_t used;
	size_t content_size;
	unsigned content_sum;
	uint64_t failed_at;
	signet_status status;
	bool over;
	char expected[16384];
} trace;

static void put(trace *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(trace *t, const char *format, ...)
{
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(t->text + t->used, sizeof(t->text) - t->used, format, args);
	va_end(args);
	assert_true(size >= 0 && t->used + (size_t)size < sizeof(t->text));
	t->used += (size_t)size;
}

static unsigned sum(sn_span span)
{
	unsigned value = 5381;

	for (size_t i = 0; i < span.size; i++)
		value = value * 33 + span.data[i];
	return value % 10000;
}

static void put_id(trace *t, const sn_cms_identifier *id)
{
	if (id->is_key_id)
		put(t, " ski:%zu/%u", id->key_id.size, sum(id->key_id));
	else
		put(t, " ias:%zu/%u+%zu/%u", id->issuer.size, sum(id->issuer), id->serial.size,
		    sum(id->serial));
}

static void put_algorithm(trace *t, const sn_cms_algorithm *algorithm)
{
	char oid[SN_OID_TEXT];

	sn_oid_text(algorithm->oid, oid);
	put(t, " %s(%zu/%u)", oid, algorithm->parameters.size, sum(algorithm->parameters));
}

static void put_signer(trace *t, const sn_cms_signer *signer)
{
	put(t, "SIGNER v%u", signer->version);
	put_id(t, &signer->id);
	put_algorithm(t, &signer->digest);
	if (signer->has_signed_attributes)
		put(t, " attributes:%zu/%u", signer->signed_attributes.size,
		    sum(signer->signed_attributes));
	put_algorithm(t, &signer->signature_algorithm);
	put(t, " signature:%zu/%u unsigned:%zu\n", signer->signature.size, sum(signer->signature),
	    signer->unsigned_attributes.size);
}

static void put_recipient(trace *t, const sn_cms_recipient *recipient)
{
	put(t, "RECIPIENT %d v%u", (int)recipient->kind, recipient->version);
	put_id(t, &recipient->id);
	put_algorithm(t, &recipient->key_encryption);
	put(t, " key:%zu/%u originator:%d", recipient->encrypted_key.size,
	    sum(recipient->encrypted_key), (int)recipient->originator);
	put(t, " point:%zu/%u ukm:%d/%zu kdf:%d\n", recipient->originator_point.size,
	    sum(recipient->originator_point), recipient->has_ukm, recipient->ukm.size,
	    recipient->has_key_derivation);
}

static const char *const names[] = { "NEED_MORE", "TYPE", "DIGEST_ALGORITHM", "CONTENT_TYPE",
	"CONTENT", "CONTENT_END", "CERTIFICATE", "CRL", "SIGNER", "ORIGINATOR_CERT", "RECIPIENT",
	"ENCRYPTION", "COMPRESSION", "AUTHENTICATED_ATTRIBUTES", "MAC", "UNPROTECTED_ATTRIBUTES",
	"END" };

static void put_event(trace *t, const sn_cms_event *event)
{
	char oid[SN_OID_TEXT];

	switch (event->kind) {
	case SN_CMS_NEED_MORE: break;
	case SN_CMS_TYPE: put(t, "TYPE %d\n", (int)event->type); break;
	case SN_CMS_CONTENT_TYPE:
		sn_oid_text(event->oid, oid);
		put(t, "CONTENT_TYPE %s %d\n", oid, event->has_content);
		break;
	case SN_CMS_CONTENT:
		assert_true(event->data.size != 0);
		t->content_size += event->data.size;
		for (size_t i = 0; i < event->data.size; i++)
			t->content_sum = t->content_sum * 33 + event->data.data[i];
		break;
	case SN_CMS_CONTENT_END:
		put(t, "CONTENT_END %zu/%u\n", t->content_size, t->content_sum % 10000);
		break;
	case SN_CMS_CERTIFICATE:
	case SN_CMS_CRL:
	case SN_CMS_ORIGINATOR_CERT:
		put(t, "%s %zu/%u x509:%d\n", names[event->kind], event->data.size,
		    sum(event->data), event->is_x509);
		break;
	case SN_CMS_SIGNER: put_signer(t, &event->signer); break;
	case SN_CMS_RECIPIENT: put_recipient(t, &event->recipient); break;
	case SN_CMS_DIGEST_ALGORITHM:
	case SN_CMS_ENCRYPTION:
	case SN_CMS_COMPRESSION:
		sn_oid_text(event->oid, oid);
		put(t, "%s %s %d", names[event->kind], oid, event->has_content);
		put_algorithm(t, &event->algorithm);
		put(t, "\n");
		break;
	case SN_CMS_AUTHENTICATED_ATTRIBUTES:
	case SN_CMS_MAC:
	case SN_CMS_UNPROTECTED_ATTRIBUTES:
		put(t, "%s %zu/%u\n", names[event->kind], event->data.size, sum(event->data));
		break;
	case SN_CMS_END: put(t, "END\n"); break;
	}
}

static void begin(void *user)
{
	trace *t = user;
	signet_error err;

	t->used = 0;
	t->text[0] = '\0';
	t->content_size = 0;
	t->content_sum = 0;
	t->over = false;
	t->status = SIGNET_OK;
	must(sn_cms_reader_new(t->ctx, &t->reader, &err), &err);
}

static void feed(void *user, const uint8_t *piece, size_t size, bool last)
{
	trace *t = user;
	/* a copy of just that size: reading beyond a cut shows under AddressSanitizer */
	uint8_t *copy = malloc(size + 1);
	sn_cursor cursor = { copy, copy + size, last };
	sn_cms_event event = { 0 };

	assert_non_null(copy);
	if (size != 0)
		memcpy(copy, piece, size);
	while (!t->over) {
		signet_error err = { 0 };

		t->status = sn_cms_reader_next(t->reader, &cursor, &event, &err);
		if (t->status != SIGNET_OK) {
			put(t, "!%s\n", signet_status_code(t->status));
			t->failed_at = err.offset;
			t->over = true;
			assert_int_equal(
			    sn_cms_reader_next(t->reader, &cursor, &event, NULL), t->status);
			break;
		}
		put_event(t, &event);
		if (event.kind == SN_CMS_NEED_MORE) {
			assert_ptr_equal(cursor.p, cursor.end);
			break;
		}
		t->over = event.kind == SN_CMS_END;
	}
	free(copy);
}

static void end(void *user)
{
	trace *t = user;

	sn_cms_reader_free(&t->reader);
	assert_string_equal(t->text, t->expected);
}

static const split_stream stream = { begin, feed, end };

/* Once whole; t->text says what was read. */
static void run(trace *t, const signet_context *ctx, sn_span object)
{
	t->ctx = ctx;
	begin(t);
	feed(t, object.data, object.size, true);
	sn_cms_reader_free(&t->reader);
}

/* At every cut the same as whole. */
static void run_all(trace *t, const signet_context *ctx, sn_span object)
{
	run(t, ctx, object);
	memcpy(t->expected, t->text, t->used + 1);
	split_all(&stream, t, object.data, object.size);
}

/* --- real objects --- */

static void reader__objects_are_read_the_same_at_every_cut(void **state)
{
	static const struct {
		const char *name;
		const char *events; /* first words of the lines */
	} rows[] = {
		{ "rfc4134/3.1.bin", "TYPE CONTENT_END END " },
		{ "rfc4134/4.2.bin",
		    "TYPE DIGEST_ALGORITHM CONTENT_TYPE CONTENT_END CERTIFICATE SIGNER END " },
		{ "rfc4134/4.3.bin",
		    "TYPE DIGEST_ALGORITHM CONTENT_TYPE CONTENT_END CERTIFICATE SIGNER END " },
		{ "rfc4134/4.4.bin",
		    "TYPE DIGEST_ALGORITHM CONTENT_TYPE CONTENT_END CERTIFICATE CERTIFICATE "
		    "CERTIFICATE CRL SIGNER END " },
		{ "rfc4134/4.6.bin",
		    "TYPE DIGEST_ALGORITHM CONTENT_TYPE CONTENT_END CERTIFICATE CERTIFICATE "
		    "SIGNER SIGNER END " },
		{ "rfc4134/4.7.bin",
		    "TYPE DIGEST_ALGORITHM CONTENT_TYPE CONTENT_END CERTIFICATE SIGNER END " },
		{ "rfc4134/4.11.bin",
		    "TYPE CONTENT_TYPE CONTENT_END CERTIFICATE CERTIFICATE CRL END " },
		{ "rfc4134/5.1.bin", "TYPE RECIPIENT ENCRYPTION CONTENT_END END " },
		{ "rfc4134/5.2.bin", "TYPE RECIPIENT RECIPIENT ENCRYPTION CONTENT_END END " },
		{ "cms/signed-stream.ber",
		    "TYPE DIGEST_ALGORITHM CONTENT_TYPE CONTENT_END CERTIFICATE SIGNER END " },
		{ "cms/signed-detached.der",
		    "TYPE DIGEST_ALGORITHM CONTENT_TYPE CONTENT_END CERTIFICATE SIGNER END " },
		{ "cms/certs-only.der",
		    "TYPE CONTENT_TYPE CONTENT_END CERTIFICATE CERTIFICATE END " },
		{ "cms/enveloped-stream.ber", "TYPE RECIPIENT ENCRYPTION CONTENT_END END " },
		{ "cms/enveloped-many.der",
		    "TYPE RECIPIENT RECIPIENT RECIPIENT RECIPIENT ENCRYPTION "
		    "CONTENT_END END " },
		{ "cms/authenveloped-rsa.der", "TYPE RECIPIENT ENCRYPTION CONTENT_END MAC END " },
	};
	kit *k = *state;
	trace *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const sn_span object = read_data(rows[i].name);
		char words[1024] = "";
		char *save = NULL;

		print_message("%s\n", rows[i].name);
		run_all(t, k->ctx, object);
		for (char *line = strtok_r(t->text, "\n", &save); line != NULL;
		     line = strtok_r(NULL, "\n", &save)) {
			strncat(words, line, strcspn(line, " "));
			strcat(words, " ");
		}
		assert_string_equal(words, rows[i].events);
		free((void *)object.data);
	}
	free(t);
}

static void reader__content_and_its_type_are_as_sent(void **state)
{
	static const char *const rows[] = { "cms/signed-ec.der", "cms/signed-stream.ber",
		"cms/signed-no-attributes.der", "cms/signed-two.der" };
	kit *k = *state;
	const sn_span content = read_data("cms/content.txt");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		taken *t = take_file(k, rows[i]);

		assert_int_equal(t->type, SN_CMS_SIGNED);
		assert_true(t->has_content);
		assert_true(sn_span_equal(content, (sn_span){ t->content, t->content_size }));
		assert_true(sn_span_equal(
		    sn_cms_oid_data, (sn_span){ t->content_type, t->content_type_size }));
		taken_free(&t);
	}
	free((void *)content.data);
}

static void reader__fields_of_signers_are_read(void **state)
{
	kit *k = *state;
	taken *t = take_file(k, "cms/signed-key-id.der");

	assert_int_equal(t->signers[0].version, 3);
	assert_true(t->signers[0].id.is_key_id);
	assert_int_equal(t->signers[0].id.key_id.size, 20);
	assert_true(t->signers[0].has_signed_attributes);
	taken_free(&t);
	t = take_file(k, "cms/signed-no-attributes.der");
	assert_int_equal(t->signers[0].version, 1);
	assert_false(t->signers[0].id.is_key_id);
	assert_false(t->signers[0].has_signed_attributes);
	assert_int_equal(t->signers[0].signature.size, 256);
	taken_free(&t);
	t = take_file(k, "rfc4134/4.4.bin");
	assert_true(t->signers[0].unsigned_attributes.size > 100);
	taken_free(&t);
}

static void reader__each_kind_of_recipient_is_read(void **state)
{
	static const sn_cms_recipient_kind kinds[] = { SN_CMS_KEY_TRANSPORT, SN_CMS_KEY_AGREEMENT,
		SN_CMS_KEK, SN_CMS_PASSWORD };
	kit *k = *state;
	taken *t = take_file(k, "cms/enveloped-many.der");

	assert_int_equal(t->recipient_count, 4);
	for (size_t kind = 0; kind < 4; kind++) {
		const sn_cms_recipient *found = NULL;

		for (size_t i = 0; i < 4; i++)
			if (t->recipients[i].kind == kinds[kind])
				found = &t->recipients[i];
		assert_non_null(found);
		assert_true(found->encrypted_key.size >= 32);
		if (found->kind == SN_CMS_KEY_AGREEMENT) {
			assert_int_equal(found->originator, SN_CMS_ORIGINATOR_KEY);
			assert_int_equal(found->originator_point.size, 65);
		}
		if (found->kind == SN_CMS_KEK)
			assert_memory_equal(found->id.key_id.data, "\xc0\xff\xee", 3);
		if (found->kind == SN_CMS_PASSWORD)
			assert_true(found->has_key_derivation);
	}
	taken_free(&t);
}

/* --- objects made here --- */

#define OID_DATA "06092a864886f70d010701"
#define OID_SIGNED "06092a864886f70d010702"
#define OID_ENVELOPED "06092a864886f70d010703"
#define OID_AUTHENV "060b2a864886f70d0109100117"
#define OID_COMPRESSED "060b2a864886f70d0109100109"
#define SHA256 "30{0609608648016503040201}"
#define IAS "30{30{3100}020107}"
#define SIGNER "30{020101" IAS SHA256 "30{0609608648016503040201}040161}"
#define CBC "30{060960864801650304012a 0410000102030405060708090a0b0c0d0e0f}"
#define KTRI "30{020100" IAS "30{06092a864886f70d010101 0500}040161}"

static void reader__ber_of_every_shape_gives_the_same_events(void **state)
{
	static const char *const rows[] = {
		/* definite */
		"30{" OID_SIGNED "a0{30{020101 31{" SHA256 "} 30{" OID_DATA "a0{04026869}}"
		"a0{30{0500} a1{0500}} 31{" SIGNER "}}}}",
		/* indefinite everywhere, content in chunks in chunks */
		"30<" OID_SIGNED "a0<30<020101 31<" SHA256 "> 30<" OID_DATA
		"a0<24<040168 2403040169 0400>>> a0<30<0500> a1<0500>> 31<" SIGNER ">>>>",
		/* items of a definite length inside indefinite ones and the other way round */
		"30<" OID_SIGNED "a0{30<020101 31{" SHA256 "} 30{" OID_DATA "a0<24{040168 040169}>}"
		"a0<30{0500} a1{0500}> 31<30<020101 30<30<3100>020107>" SHA256
		"30<0609608648016503040201> 24<040161>>>>}>",
	};
	kit *k = *state;
	trace *t = calloc(1, sizeof(*t));
	char first[sizeof(t->text)];

	assert_non_null(t);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sn_buf out;

		run_all(t, k->ctx, build(&out, k->ctx, rows[i]));
		if (i == 0)
			memcpy(first, t->text, sizeof(first));
		assert_non_null(strstr(t->text, "END\n"));
		assert_non_null(strstr(t->text, "CERTIFICATE 4/"));
		assert_non_null(strstr(t->text, "x509:0"));
		assert_string_equal(t->text, first);
		sn_buf_clear(&out);
	}
	free(t);
}

static void reader__optional_fields_are_read(void **state)
{
	static const struct {
		const char *name;
		const char *object;
		const char *events;
	} rows[] = {
		{ "originatorInfo",
		    "30{" OID_ENVELOPED "a0{30{020102 a0{a0{30{0500}}a1{30{}}} 31{" KTRI
		    "} 30{" OID_DATA CBC "80036162 63} a1{30{060155 31{}}}}}}",
		    "TYPE ORIGINATOR_CERT RECIPIENT ENCRYPTION CONTENT_END UNPROTECTED_ATTRIBUTES "
		    "END " },
		{ "empty originatorInfo",
		    "30{" OID_ENVELOPED "a0{30{020102 a0{} 31{" KTRI "} 30{" OID_DATA CBC
		    "800161}}}}",
		    "TYPE RECIPIENT ENCRYPTION CONTENT_END END " },
		{ "no encryptedContent",
		    "30{" OID_ENVELOPED "a0{30{020100 31{" KTRI "} 30{" OID_DATA CBC "}}}}",
		    "TYPE RECIPIENT ENCRYPTION CONTENT_END END " },
		{ "encryptedContent in chunks",
		    "30<" OID_ENVELOPED "a0<30<020100 31<" KTRI "> 30<" OID_DATA CBC
		    "a0<040161 040162>>>>>",
		    "TYPE RECIPIENT ENCRYPTION CONTENT_END END " },
		{ "authAttrs and unauthAttrs",
		    "30{" OID_AUTHENV "a0{30{020100 31{" KTRI "} 30{" OID_DATA CBC
		    "800161} a1{30{060155 31{}}}"
		    "040461626364 a2{30{060155 31{}}}}}}",
		    "TYPE RECIPIENT ENCRYPTION CONTENT_END AUTHENTICATED_ATTRIBUTES MAC "
		    "UNPROTECTED_ATTRIBUTES END " },
		{ "mac in chunks",
		    "30{" OID_AUTHENV "a0{30{020100 31{" KTRI "} 30{" OID_DATA CBC "800161}"
		    "24<040161 040162>}}}",
		    "TYPE RECIPIENT ENCRYPTION CONTENT_END MAC END " },
		{ "compressed",
		    "30{" OID_COMPRESSED "a0{30{020100 30{060b2a864886f70d0109100308} 30{" OID_DATA
		    "a0{040161}}}}}",
		    "TYPE COMPRESSION CONTENT_TYPE CONTENT_END END " },
		{ "several RecipientEncryptedKeys",
		    "30{" OID_ENVELOPED "a0{30{020102 31{a1{020103 a0{a1{30{06032a0304}0303000405}}"
		    "a1{04020102} 30{06062b81040b0101 30{0609608648016503040105}} 30{30{" IAS
		    "040161}"
		    "30{a0{040142}040162} 30{" IAS "040163}}}} 30{" OID_DATA CBC "800161}}}}",
		    "TYPE RECIPIENT RECIPIENT RECIPIENT ENCRYPTION CONTENT_END END " },
		{ "static originator",
		    "30{" OID_ENVELOPED "a0{30{020102 31{a1{020103 a0{" IAS
		    "} 30{06032a0304} 30{30{" IAS "040161}}}} 30{" OID_DATA CBC "800161}}}}",
		    "TYPE RECIPIENT ENCRYPTION CONTENT_END END " },
		{ "unknown kinds of recipients",
		    "30{" OID_ENVELOPED
		    "a0{30{020103 31{a4{06032a0304 30{}} a5{0500} a9{}} 30{" OID_DATA CBC
		    "800161}}}}",
		    "TYPE RECIPIENT RECIPIENT RECIPIENT ENCRYPTION CONTENT_END END " },
		{ "KEM",
		    "30{" OID_ENVELOPED
		    "a0{30{020103 31{a4{060b2a864886f70d0109100d03 30{020100 80020102"
		    "30{06032a0304} 040163 30{06032a0305} 020120 30{06032a0306} 040164}}}"
		    "30{" OID_DATA CBC "800161}}}}",
		    "TYPE RECIPIENT ENCRYPTION CONTENT_END END " },
		{ "KEM with ukm",
		    "30{" OID_ENVELOPED
		    "a0{30{020103 31{a4{060b2a864886f70d0109100d03 30{020100 " IAS
		    "30{06032a0304} 040163 30{06032a0305} 020300ffff a0{040165}"
		    "30{06032a0306} 040164}}}"
		    "30{" OID_DATA CBC "800161}}}}",
		    "TYPE RECIPIENT ENCRYPTION CONTENT_END END " },
	};
	kit *k = *state;
	trace *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char words[1024] = "";
		char *save = NULL;
		sn_buf out;

		print_message("%s\n", rows[i].name);
		run_all(t, k->ctx, build(&out, k->ctx, rows[i].object));
		if (strcmp(rows[i].name, "KEM") == 0)
			assert_non_null(strstr(t->text, "RECIPIENT 4 v0 ski:2/"));
		if (strcmp(rows[i].name, "several RecipientEncryptedKeys") == 0)
			assert_non_null(strstr(t->text, "point:2"));
		if (strcmp(rows[i].name, "static originator") == 0)
			assert_non_null(strstr(t->text, "originator:1"));
		if (strcmp(rows[i].name, "no encryptedContent") == 0)
			assert_non_null(strstr(t->text, "1.2.840.113549.1.7.1 0 "));
		for (char *line = strtok_r(t->text, "\n", &save); line != NULL;
		     line = strtok_r(NULL, "\n", &save)) {
			strncat(words, line, strcspn(line, " "));
			strcat(words, " ");
		}
		assert_string_equal(words, rows[i].events);
		sn_buf_clear(&out);
	}
	free(t);
}

static void reader__malformed_is_refused_at_every_cut(void **state)
{
	static const struct {
		const char *name;
		const char *object;
	} rows[] = {
		{ "empty", "" },
		{ "no sequence", "0500" },
		{ "empty ContentInfo", "30{}" },
		{ "no content", "30{" OID_SIGNED "}" },
		{ "contentType of no octets", "30{0600 a0{040161}}" },
		{ "contentType with a bad arc", "30{06022a80 a0{040161}}" },
		{ "something behind content", "30{" OID_DATA "a0{040161}0500}" },
		{ "two contents", "30{" OID_DATA "a0{040161 040162}}" },
		{ "data without string", "30{" OID_DATA "a0{}}" },
		{ "data as a sequence", "30{" OID_DATA "a0{30{}}}" },
		{ "chunk of another type", "30{" OID_DATA "a0{24<0500>}}" },
		{ "unknown type", "30{06032a0304 a0{040161}}" },
		{ "no version", "30{" OID_SIGNED "a0{30{31{}}}}" },
		{ "negative version",
		    "30{" OID_SIGNED "a0{30{0201ff 31{} 30{" OID_DATA "} 31{}}}}" },
		{ "no digestAlgorithms", "30{" OID_SIGNED "a0{30{020101 30{" OID_DATA "} 31{}}}}" },
		{ "digestAlgorithm without OID",
		    "30{" OID_SIGNED "a0{30{020101 31{30{0500}} 30{" OID_DATA "} 31{}}}}" },
		{ "digestAlgorithm with three fields",
		    "30{" OID_SIGNED "a0{30{020101 31{30{060155 0500 0500}} 30{" OID_DATA
		    "} 31{}}}}" },
		{ "eContent not a string",
		    "30{" OID_SIGNED "a0{30{020101 31{} 30{" OID_DATA "a0{30{}}} 31{}}}}" },
		{ "no signerInfos", "30{" OID_SIGNED "a0{30{020101 31{} 30{" OID_DATA "}}}}" },
		{ "crls before certificates",
		    "30{" OID_SIGNED "a0{30{020101 31{} 30{" OID_DATA "} a1{} a0{} 31{}}}}" },
		{ "something behind signerInfos",
		    "30{" OID_SIGNED "a0{30{020101 31{} 30{" OID_DATA "} 31{} 0500}}}" },
		{ "signer not a sequence",
		    "30{" OID_SIGNED "a0{30{020101 31{} 30{" OID_DATA "} 31{0500}}}}" },
		{ "signer with a broken item",
		    "30{" OID_SIGNED "a0{30{020101 31{} 30{" OID_DATA "} 31{300402010130}}}}" },
		{ "signer without signature", "30{" OID_SIGNED "a0{30{020101 31{} 30{" OID_DATA
					      "} 31{30{020101" IAS SHA256 SHA256 "}}}}}" },
		{ "signer with an empty serial",
		    "30{" OID_SIGNED "a0{30{020101 31{} 30{" OID_DATA
		    "} 31{30{020101 30{30{}0200}" SHA256 SHA256 "040161}}}}}" },
		{ "signer with something behind",
		    "30{" OID_SIGNED "a0{30{020101 31{} 30{" OID_DATA
		    "} 31{30{020101" IAS SHA256 SHA256 "040161 a1{} 0500}}}}}" },
		{ "no recipientInfos",
		    "30{" OID_ENVELOPED "a0{30{020100 30{" OID_DATA CBC "800161}}}}" },
		{ "transport without key", "30{" OID_ENVELOPED "a0{30{020100 31{30{020100" IAS CBC
					   "}} 30{" OID_DATA CBC "800161}}}}" },
		{ "agreement without keys", "30{" OID_ENVELOPED "a0{30{020102 31{a1{020103 a0{" IAS
					    "} 30{060155} 30{}}} 30{" OID_DATA CBC "800161}}}}" },
		{ "agreement with a broken second key",
		    "30{" OID_ENVELOPED "a0{30{020102 31{a1{020103 a0{" IAS
		    "} 30{060155} 30{30{" IAS "040161}"
		    "0500}}} 30{" OID_DATA CBC "800161}}}}" },
		{ "originatorKey of half octets",
		    "30{" OID_ENVELOPED
		    "a0{30{020102 31{a1{020103 a0{a1{30{060155}03020401}} 30{060155} 30{30{" IAS
		    "040161}}}} 30{" OID_DATA CBC "800161}}}}" },
		{ "other recipient without value",
		    "30{" OID_ENVELOPED "a0{30{020103 31{a4{060155}} 30{" OID_DATA CBC
		    "800161}}}}" },
		{ "no algorithm",
		    "30{" OID_ENVELOPED "a0{30{020100 31{} 30{" OID_DATA "800161}}}}" },
		{ "no mac", "30{" OID_AUTHENV "a0{30{020100 31{} 30{" OID_DATA CBC "800161}}}}" },
		{ "attributes behind mac", "30{" OID_AUTHENV "a0{30{020100 31{} 30{" OID_DATA CBC
					   "800161} 040161 a1{}}}}" },
		{ "no compressionAlgorithm",
		    "30{" OID_COMPRESSED "a0{30{020100 30{" OID_DATA "a0{040161}}}}}" },
	};
	kit *k = *state;
	trace *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sn_buf out;
		const sn_span object = build(&out, k->ctx, rows[i].object);

		print_message("%s\n", rows[i].name);
		run_all(t, k->ctx, object);
		assert_int_equal(t->status, SIGNET_E_MALFORMED);
		assert_true(t->failed_at <= object.size);
		sn_buf_clear(&out);
	}
	free(t);
}

static void reader__truncated_anywhere_is_malformed(void **state)
{
	static const char *const rows[] = { "cms/signed-two.der", "cms/signed-stream.ber",
		"cms/enveloped-many.der", "cms/authenveloped-ec.der" };
	kit *k = *state;
	trace *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const sn_span object = read_data(rows[i]);

		for (size_t size = 0; size < object.size; size++) {
			run(t, k->ctx, (sn_span){ object.data, size });
			assert_int_equal(t->status, SIGNET_E_MALFORMED);
		}
		free((void *)object.data);
	}
	free(t);
}

static void reader__type_of_an_unknown_object_is_told(void **state)
{
	kit *k = *state;
	trace *t = calloc(1, sizeof(*t));
	const sn_span object = read_data("rfc4134/6.0.bin");

	assert_non_null(t);
	run_all(t, k->ctx, object);
	assert_string_equal(t->text, "TYPE 5\n!malformed\n");
	free((void *)object.data);
	free(t);
}

static void reader__what_follows_is_left_in_the_cursor(void **state)
{
	kit *k = *state;
	static const uint8_t octets[] = { 0x30, 0x10, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 0x01, 0x07, 0x01, 0xa0, 0x03, 0x04, 0x01, 0x61, 0x0d, 0x0a };
	sn_cursor cursor = { octets, octets + sizeof(octets), true };
	sn_cms_reader *reader = NULL;
	sn_cms_event event;

	must(sn_cms_reader_new(k->ctx, &reader, &k->err), &k->err);
	do
		must(sn_cms_reader_next(reader, &cursor, &event, &k->err), &k->err);
	while (event.kind != SN_CMS_END);
	assert_int_equal(cursor.end - cursor.p, 2);
	must(sn_cms_reader_next(reader, &cursor, &event, &k->err), &k->err);
	assert_int_equal(event.kind, SN_CMS_END);
	sn_cms_reader_free(&reader);
}

/* --- limits --- */

static void expect_limit(kit *k, const char *file, const char *words)
{
	const sn_span object = read_data(file);
	sn_cms_reader *reader = NULL;
	sn_cursor cursor = { object.data, object.data + object.size, true };
	sn_cms_event event;
	signet_status status;

	must(sn_cms_reader_new(k->ctx, &reader, &k->err), &k->err);
	do
		status = sn_cms_reader_next(reader, &cursor, &event, &k->err);
	while (status == SIGNET_OK && event.kind != SN_CMS_END);
	assert_int_equal(status, SIGNET_E_LIMIT);
	if (strstr(k->err.text, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", k->err.text, words);
	assert_true(k->err.offset < object.size);
	sn_cms_reader_free(&reader);
	free((void *)object.data);
}

static void limits__each_is_named_with_its_value(void **state)
{
	kit *k = *state;
	const signet_limits defaults = SIGNET_LIMITS_DEFAULT;
	signet_limits *limits = &k->ctx->limits;

	limits->signers = 1;
	expect_limit(k, "cms/signed-two.der", "limit of 1");
	*limits = defaults;
	limits->recipients = 3;
	expect_limit(k, "cms/enveloped-many.der", "recipients than the limit of 3");
	*limits = defaults;
	limits->certificates = 1000;
	expect_limit(k, "cms/certs-only.der", "certificates: longer than the limit of 1000 octets");
	expect_limit(k, "cms/signed-two.der", "certificates: longer than the limit of 1000 octets");
	*limits = defaults;
	limits->signer_info = 100;
	expect_limit(k, "cms/signed-ec.der", "signerInfos: longer than the limit of 100 octets");
	*limits = defaults;
	limits->recipient_info = 100;
	expect_limit(
	    k, "cms/enveloped-rsa.der", "recipientInfos: longer than the limit of 100 octets");
	*limits = defaults;
	limits->attributes = 50;
	expect_limit(k, "cms/signed-ec.der", "signedAttrs are longer than the limit of 50 octets");
	*limits = defaults;
	limits->ber_depth = 4;
	expect_limit(k, "cms/signed-ec.der", "limit of 4");
	*limits = defaults;
}

static void limits__announced_size_is_refused_before_it_comes(void **state)
{
	/* a certificate of 2^40 octets */
	static const uint8_t octets[] = { 0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 0x01, 0x07, 0x02, 0xa0, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0x31, 0x00, 0x30,
		0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01, 0xa0, 0x80,
		0x30, 0x86, 0x01, 0, 0, 0, 0, 0 };
	kit *k = *state;
	trace *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	run_all(t, k->ctx, (sn_span){ octets, sizeof(octets) });
	assert_int_equal(t->status, SIGNET_E_LIMIT);
	free(t);
}

static void limits__indefinite_item_is_refused_when_it_passes(void **state)
{
	kit *k = *state;
	trace *t = calloc(1, sizeof(*t));
	sn_buf out;
	sn_ber_writer w;

	assert_non_null(t);
	k->ctx->limits.recipient_info = 1000;
	(void)build(&out, k->ctx, "30<" OID_ENVELOPED "a0<30<020100 31<");
	sn_ber_writer_init(&w, &out, NULL);
	sn_ber_writer_indefinite(&w, SN_BER_SEQUENCE);
	for (int i = 0; i < 1000; i++)
		sn_ber_writer_null(&w);
	run(t, k->ctx, (sn_span){ out.data, out.size });
	assert_int_equal(t->status, SIGNET_E_LIMIT);
	k->ctx->limits = (signet_limits)SIGNET_LIMITS_DEFAULT;
	sn_buf_clear(&out);
	free(t);
}

static signet_status read_whole(signet_context *ctx, void *user, signet_error *err)
{
	const sn_span *object = user;
	sn_cursor cursor = { object->data, object->data + object->size, true };
	sn_cms_reader *reader = NULL;
	sn_cms_event event = { 0 };
	signet_status status = sn_cms_reader_new(ctx, &reader, err);

	while (status == SIGNET_OK && event.kind != SN_CMS_END)
		status = sn_cms_reader_next(reader, &cursor, &event, err);
	sn_cms_reader_free(&reader);
	return status;
}

static void reader__memory_running_out_is_clean(void **state)
{
	static const char *const rows[] = { "cms/signed-two.der", "cms/enveloped-many.der" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		sn_span object = read_data(rows[i]);

		assert_true(oom_all(read_whole, &object) >= 3);
		free((void *)object.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    reader__objects_are_read_the_same_at_every_cut, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    reader__content_and_its_type_are_as_sent, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    reader__fields_of_signers_are_read, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    reader__each_kind_of_recipient_is_read, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    reader__ber_of_every_shape_gives_the_same_events, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    reader__optional_fields_are_read, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    reader__malformed_is_refused_at_every_cut, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    reader__truncated_anywhere_is_malformed, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    reader__type_of_an_unknown_object_is_told, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    reader__what_follows_is_left_in_the_cursor, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    limits__each_is_named_with_its_value, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    limits__announced_size_is_refused_before_it_comes, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    limits__indefinite_item_is_refused_when_it_passes, kit_setup, kit_teardown),
		cmocka_unit_test(reader__memory_running_out_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
