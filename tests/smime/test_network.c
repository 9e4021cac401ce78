/*
 * Who is asked while a message is opened, and that nobody is before its signatures have verified; what
 * came with the message about revocation (RFC 5652 10.2.1); and certificates that share issuer and serial.
 */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/cms.h>

#include <signet/verdict.h>

#include "cert/issue.h"
#include "cert/x509.h"
#include "crypt/evp.h"
#include "crypt/public_key.h"
#include "smime/result.h"

#define LIST_URL "http://crl.example/ca.crl"
#define TEXT "From: alice@example.com\r\nSubject: x\r\n\r\nThe money is yours.\r\n"

/* Alice and Bob, whose certificates name a distribution point; a network that counts. */
typedef struct stage {
	fixture f;
	person alice, bob;
	sn_buf list;                    /* what the distribution point has */
	unsigned asked;
	signet_fetch fetch;
	signet_network network;
} stage;

static signet_status fetch(void *user, const signet_fetch_request *request,
    signet_fetch_answer *answer, signet_error *err)
{
	stage *s = user;
	signet_status status;

	s->asked++;
	assert_string_equal(request->url, LIST_URL);
	answer->status = 200;
	status = answer->body->write(answer->body, s->list.data, s->list.size, err);
	return status == SIGNET_OK ? answer->body->finish(answer->body, err) : status;
}

static void person_init(stage *s, person *p, const char *subject, const char *address)
{
	signet_error err;
	sn_public_key *public_key = NULL;
	sn_issue_request request = { .profile = SN_ISSUE_BOTH, .subject = subject, .addresses = &address,
		.address_count = 1, .not_before = FIXTURE_TIME - 86400, .not_after = FIXTURE_TIME + 86400,
		.issuer = s->f.ca, .issuer_key = s->f.ca_key, .crl_url = LIST_URL };

	assert_int_equal(signet_key_generate(s->f.ctx, "p-256", &p->key, &err), SIGNET_OK);
	assert_int_equal(sn_public_key_of(p->key, &public_key, &err), SIGNET_OK);
	request.public_key = public_key;
	assert_int_equal(sn_issue(s->f.ctx, &request, &p->cert, &err), SIGNET_OK);
	assert_int_equal(signet_identity_new(s->f.ctx, p->cert, NULL, p->key, &p->identity, &err), SIGNET_OK);
	sn_public_key_unref(&public_key);
}

static void person_clear(person *p)
{
	signet_identity_unref(&p->identity);
	signet_cert_unref(&p->cert);
	signet_key_unref(&p->key);
}

static void make_list(stage *s, const signet_cert *revoked)
{
	signet_error err = { 0 };
	const sn_crl_entry entry = {
		revoked != NULL ? signet_cert_serial(revoked) : NULL, FIXTURE_TIME - 500, 1 };

	sn_buf_reset(&s->list);
	if (sn_crl_make(s->f.ctx, s->f.ca, s->f.ca_key, &entry, revoked != NULL, 1, FIXTURE_TIME - 1000,
		FIXTURE_TIME + 1000, &s->list, &err) != SIGNET_OK)
		fail_msg("%s", err.text);
}

static void begin(stage *s)
{
	memset(s, 0, sizeof(*s));
	fixture_init(&s->f, "p-256");
	signet_trust_set_revocation(s->f.trust, SIGNET_REVOCATION_AVAILABLE);
	person_init(s, &s->alice, "CN=Alice", "alice@example.com");
	person_init(s, &s->bob, "CN=Bob", "bob@example.com");
	sn_buf_init(&s->list, s->f.ctx, 1 << 20, "a CRL");
	make_list(s, NULL);
	s->fetch = (signet_fetch){ fetch, s };
	s->network = (signet_network){ .fetch = &s->fetch };
}

static void end(stage *s)
{
	sn_buf_clear(&s->list);
	person_clear(&s->alice);
	person_clear(&s->bob);
	fixture_clear(&s->f);
}

static void use_network(signet_open_options *options, void *user)
{
	options->network = &((stage *)user)->network;
}

/* Opens, and says what the first signer's revocation is in the report. */
static void expect(stage *s, const octets *message, signet_verdict verdict, const char *code,
    unsigned asked)
{
	opened o = fixture_open(&s->f, message->data, message->size, use_network, s);

	if (o.status != SIGNET_OK)
		fail_msg("%s", o.err.text);
	if (signet_result_verdict(o.result) != verdict)
		fail_msg("verdict %d: %s", (int)signet_result_verdict(o.result), signet_result_summary(o.result));
	if (code != NULL)
		assert_true(sn_result_has_problem(o.result, code));
	assert_int_equal(s->asked, asked);
	opened_free(&o);
}

static octets sign(stage *s, const person *who, bool opaque)
{
	return fixture_write(
	    &s->f, TEXT, SIGNET_SIGN, who, NULL, opaque, NULL, SIGNET_FORM_MIME);
}

static void signature__intact_asks_once(void **state)
{
	stage s;
	octets message;

	(void)state;
	begin(&s);
	message = sign(&s, &s.alice, false);
	expect(&s, &message, SIGNET_VERDICT_VALID, NULL, 1);
	make_list(&s, s.alice.cert);
	expect(&s, &message, SIGNET_VERDICT_UNTRUSTED, "cert-revoked", 2);
	octets_free(&message);
	end(&s);
}

/* Also where it is found out how it was altered: as it was signed it is valid, and nobody learns. */
static void signature__altered_asks_nobody(void **state)
{
	static const char *const insertions[] = { "x", " " };

	(void)state;
	for (size_t i = 0; i < sizeof(insertions) / sizeof(insertions[0]); i++) {
		stage s;
		octets message, altered;
		const char *at;
		size_t before;

		begin(&s);
		message = sign(&s, &s.alice, false);
		at = strstr((const char *)message.data, "yours.");
		assert_non_null(at);
		before = (size_t)(at - (const char *)message.data) + 6;
		altered = (octets){ calloc(1, message.size + 2), message.size + 1 };
		memcpy(altered.data, message.data, before);
		memcpy(altered.data + before, insertions[i], 1);
		memcpy(altered.data + before + 1, message.data + before, message.size - before);
		expect(&s, &altered, SIGNET_VERDICT_TAMPERED, NULL, 0);
		octets_free(&altered);
		octets_free(&message);
		end(&s);
	}
}

/* What is below a layer that was altered is none of anybody's business. */
static void encryption__altered_asks_nobody(void **state)
{
	static const struct {
		const char *cipher;
		signet_verdict verdict;
		unsigned asked;
		size_t from_end;
	} rows[] = {
		{ "aes-256-gcm", SIGNET_VERDICT_VALID, 1, 0 },
		{ "aes-256-gcm", SIGNET_VERDICT_TAMPERED, 0, 1 },
		{ "aes-256-gcm", SIGNET_VERDICT_TAMPERED, 0, 400 },
		{ "aes-256-cbc", SIGNET_VERDICT_VALID, 1, 0 },
		{ "aes-256-cbc", SIGNET_VERDICT_UNAUTHENTICATED, 0, 400 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stage s;
		octets message;

		begin(&s);
		message = fixture_write(&s.f, TEXT, SIGNET_SIGN | SIGNET_ENCRYPT, &s.alice,
		    &s.f.bob, false, rows[i].cipher, SIGNET_FORM_DER);
		if (rows[i].from_end != 0)
			message.data[message.size - rows[i].from_end] ^= 1;
		expect(&s, &message, rows[i].verdict, NULL, rows[i].asked);
		octets_free(&message);
		end(&s);
	}
}

/* A SignedData by libcrypto: signers, then what else lies in it. */
static CMS_ContentInfo *begin_cms(BIO **in)
{
	CMS_ContentInfo *cms;

	*in = BIO_new_mem_buf("The money is yours.\r\n", -1);
	cms = CMS_sign(NULL, NULL, NULL, *in, CMS_BINARY | CMS_PARTIAL | CMS_STREAM);
	assert_non_null(cms);
	return cms;
}

static void add_signer(CMS_ContentInfo *cms, const person *who, unsigned flags)
{
	assert_non_null(CMS_add1_signer(cms, sn_cert_x509(who->cert), sn_key_evp(who->key),
	    EVP_sha256(), CMS_BINARY | flags));
}

static octets end_cms(CMS_ContentInfo *cms, BIO *in)
{
	unsigned char *der = NULL;
	int size;
	octets message;

	assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
	size = i2d_CMS_ContentInfo(cms, &der);
	assert_true(size > 0);
	message = (octets){ malloc((size_t)size), (size_t)size };
	memcpy(message.data, der, (size_t)size);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return message;
}

/* One signer is intact, the other is not: nobody is asked about either. */
static void signers__one_of_them_bad_ask_nobody(void **state)
{
	stage s;
	BIO *in;
	CMS_ContentInfo *cms;
	octets message;

	(void)state;
	begin(&s);
	cms = begin_cms(&in);
	add_signer(cms, &s.alice, 0);
	add_signer(cms, &s.bob, 0);
	message = end_cms(cms, in);
	/* of both the list is the same */
	expect(&s, &message, SIGNET_VERDICT_VALID, NULL, 1);
	message.data[message.size - 1] ^= 1;
	expect(&s, &message, SIGNET_VERDICT_TAMPERED, NULL, 1);
	octets_free(&message);
	end(&s);
}

static void add_list(stage *s, CMS_ContentInfo *cms)
{
	const unsigned char *p = s->list.data;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)s->list.size);

	assert_int_equal(CMS_add1_crl(cms, crl), 1);
	X509_CRL_free(crl);
}

static void list__in_the_message_is_used(void **state)
{
	(void)state;
	for (int is_revoked = 0; is_revoked < 2; is_revoked++) {
		stage s;
		BIO *in;
		CMS_ContentInfo *cms;
		octets message;

		begin(&s);
		make_list(&s, is_revoked ? s.alice.cert : s.bob.cert);
		cms = begin_cms(&in);
		add_signer(cms, &s.alice, 0);
		add_list(&s, cms);
		message = end_cms(cms, in);
		expect(&s, &message, is_revoked ? SIGNET_VERDICT_UNTRUSTED : SIGNET_VERDICT_VALID,
		    is_revoked ? "cert-revoked" : NULL, 0);
		octets_free(&message);
		end(&s);
	}
}

/* A certificate of the CA with Alice's issuer and serial, and another's key and address. */
static signet_cert *twin(stage *s, const person *who)
{
	X509 *copy = X509_dup(sn_cert_x509(s->alice.cert));
	signet_cert *cert = NULL;
	signet_error err;

	assert_int_equal(X509_set_pubkey(copy, sn_key_evp(who->key)), 1);
	assert_int_equal(X509_set_subject_name(copy, X509_get_subject_name(sn_cert_x509(who->cert))), 1);
	assert_true(X509_sign(copy, sn_key_evp(s->f.ca_key), EVP_sha256()) > 0);
	assert_int_equal(sn_cert_from_x509(s->f.ctx, copy, &cert, &err), SIGNET_OK);
	X509_free(copy);
	return cert;
}

/* Whose key made the signature is the signer, in whatever order they stand; the other is nobody. */
static void certificates__of_one_issuer_and_serial_are_told_apart(void **state)
{
	(void)state;
	for (int by_twin = 0; by_twin < 2; by_twin++) {
		stage s;
		BIO *in;
		CMS_ContentInfo *cms;
		octets message;
		person other;
		opened o;

		begin(&s);
		other = (person){ .key = s.bob.key, .cert = twin(&s, &s.bob) };
		cms = begin_cms(&in);
		add_signer(cms, by_twin ? &other : &s.alice, CMS_NOCERTS);
		assert_int_equal(CMS_add1_cert(cms, sn_cert_x509(s.alice.cert)), 1);
		assert_int_equal(CMS_add1_cert(cms, sn_cert_x509(other.cert)), 1);
		message = end_cms(cms, in);
		o = fixture_open(&s.f, message.data, message.size, use_network, &s);
		assert_int_equal(o.status, SIGNET_OK);
		assert_int_equal(signet_result_verdict(o.result), SIGNET_VERDICT_VALID);
		assert_true(signet_cert_equal(
		    o.result->layers[0].signers[0].cert, by_twin ? other.cert : s.alice.cert));
		opened_free(&o);
		/* neither key made it: tampered, not a matter of whom to believe */
		message.data[message.size - 1] ^= 1;
		expect(&s, &message, SIGNET_VERDICT_TAMPERED, NULL, 1);
		octets_free(&message);
		signet_cert_unref(&other.cert);
		end(&s);
	}
}

/* The twin alone in the message: its key does not fit, and the true one is not there. */
static void certificate__of_the_same_issuer_and_serial_is_no_stand_in(void **state)
{
	stage s;
	BIO *in;
	CMS_ContentInfo *cms;
	octets message;
	signet_cert *other;

	(void)state;
	begin(&s);
	other = twin(&s, &s.bob);
	cms = begin_cms(&in);
	add_signer(cms, &s.alice, CMS_NOCERTS);
	assert_int_equal(CMS_add1_cert(cms, sn_cert_x509(other)), 1);
	message = end_cms(cms, in);
	expect(&s, &message, SIGNET_VERDICT_TAMPERED, NULL, 0);
	octets_free(&message);
	signet_cert_unref(&other);
	end(&s);
}

/* 300 others, of which 256 are read; what is left out is no signer's. */
static void certificates__by_the_hundred_are_left_out(void **state)
{
	stage s;
	BIO *in;
	CMS_ContentInfo *cms;
	octets message;
	opened o;

	(void)state;
	begin(&s);
	cms = begin_cms(&in);
	add_signer(cms, &s.alice, 0);
	for (long i = 0; i < 300; i++) {
		X509 *copy = X509_dup(sn_cert_x509(s.alice.cert));

		assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(copy), i + 1), 1);
		assert_true(X509_sign(copy, sn_key_evp(s.bob.key), EVP_sha256()) > 0);
		assert_int_equal(CMS_add1_cert(cms, copy), 1);
		X509_free(copy);
	}
	message = end_cms(cms, in);
	o = fixture_open(&s.f, message.data, message.size, use_network, &s);
	assert_int_equal(o.status, SIGNET_OK);
	/* Alice's, which has the longest serial, comes last in DER */
	assert_int_equal(signet_result_verdict(o.result), SIGNET_VERDICT_UNTRUSTED);
	assert_true(sn_result_has_problem(o.result, "certificate-missing"));
	assert_int_equal(s.asked, 0);
	opened_free(&o);
	octets_free(&message);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signature__intact_asks_once),
		cmocka_unit_test(signature__altered_asks_nobody),
		cmocka_unit_test(encryption__altered_asks_nobody),
		cmocka_unit_test(signers__one_of_them_bad_ask_nobody),
		cmocka_unit_test(list__in_the_message_is_used),
		cmocka_unit_test(certificates__of_one_issuer_and_serial_are_told_apart),
		cmocka_unit_test(certificate__of_the_same_issuer_and_serial_is_no_stand_in),
		cmocka_unit_test(certificates__by_the_hundred_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
