/* protect, sign, encrypt */
#include <string.h>

#include "app/files.h"
#include "app/message.h"
#include "cli/cmd.h"

typedef struct writing {
	app_session *session;
	signet_compose_options options;
	signet_input *input;
	signet_compose *header; /* a look at the header, before the signers are known */
	signet_compose *compose;
	app_identities given; /* --cert, --key, --p12 */
	app_identities signers;
	signet_cert *self; /* one's own, to encrypt to */
	const char *self_address;
} writing;

static signet_status read_headers_policy(writing *w, signet_error *err)
{
	static const char *const names[] = {
		[SIGNET_HEADERS_BASELINE] = "baseline",
		[SIGNET_HEADERS_SHY] = "shy",
		[SIGNET_HEADERS_NO_CONFIDENTIALITY] = "no-confidentiality",
		[SIGNET_HEADERS_NONE] = "none",
	};
	const char *text = app_value(&w->session->args, APP_OPTION_HEADERS);

	if (text == NULL)
		return SIGNET_OK;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(text, names[i]) == 0) {
			w->options.headers = (signet_header_policy)i;
			return SIGNET_OK;
		}
	}
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "--headers \"%.40s\" is none of baseline, shy, no-confidentiality, none", text);
}

/* RFC 9788 5.2: "auto" would ask whose programs know of protected fields, and nobody says so (8.1). */
static signet_status read_legacy_display(writing *w, signet_error *err)
{
	const char *text = app_value(&w->session->args, APP_OPTION_LEGACY_DISPLAY);

	w->options.legacy_display = text != NULL && strcmp(text, "always") == 0;
	if (text == NULL || w->options.legacy_display || strcmp(text, "none") == 0)
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "--legacy-display \"%.40s\" is none of always, none", text);
}

static signet_status read_key_transport(writing *w, signet_error *err)
{
	const char *text = app_value(&w->session->args, APP_OPTION_KEY_TRANSPORT);

	if (text != NULL && strcmp(text, "auto") != 0 && strcmp(text, "pkcs1") != 0 &&
	    strcmp(text, "oaep") != 0 && strcmp(text, "kem") != 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--key-transport \"%.40s\" is none of auto, pkcs1, oaep, kem", text);
	w->options.key_transport = text;
	return SIGNET_OK;
}

static signet_status read_options(writing *w, signet_error *err)
{
	const app_args *args = &w->session->args;
	signet_status status;

	w->options.protection = args->command->id == APP_COMMAND_SIGN ? SIGNET_SIGN
				: args->command->id == APP_COMMAND_ENCRYPT
				    ? SIGNET_ENCRYPT
				    : SIGNET_SIGN | SIGNET_ENCRYPT;
	w->options.time = w->session->now;
	w->options.opaque = app_has(args, APP_OPTION_OPAQUE);
	w->options.detached = app_has(args, APP_OPTION_DETACHED);
	w->options.ignore_sender = app_has(args, APP_OPTION_IGNORE_SENDER);
	w->options.digest = app_value(args, APP_OPTION_DIGEST);
	w->options.cipher = app_value(args, APP_OPTION_CIPHER);
	w->options.hidden_fields = args->values[APP_OPTION_KEEP_HIDDEN].text;
	w->options.hidden_field_count = args->values[APP_OPTION_KEEP_HIDDEN].count;
	w->options.cek_hkdf = app_has(args, APP_OPTION_CEK_HKDF);
	status = app_form(w->session, &w->options.form, err);
	if (status == SIGNET_OK)
		status = read_headers_policy(w, err);
	if (status == SIGNET_OK)
		status = read_legacy_display(w, err);
	if (status == SIGNET_OK)
		status = read_key_transport(w, err);
	if (status == SIGNET_OK && w->options.detached && w->options.form != SIGNET_FORM_DER &&
	    w->options.form != SIGNET_FORM_PEM)
		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--detached goes with --format der or pem; mail is signed clearly by itself");
	if (status == SIGNET_OK && app_has(args, APP_OPTION_OUTPUT) &&
	    app_has(args, APP_OPTION_OUTPUT_DIR))
		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "-o and --output-dir exclude each other");
	return status;
}

/* Who is named in the header must be known before anybody can be asked to sign. */
static signet_status look_at_header(writing *w, signet_error *err)
{
	signet_compose_options options = SIGNET_COMPOSE_OPTIONS_INIT;

	options.protection = SIGNET_ENCRYPT;
	options.form = w->options.form;
	options.time = w->options.time;
	options.ignore_sender = true;
	options.headers = SIGNET_HEADERS_BASELINE;
	return signet_compose_new(w->session->ctx, w->input, &options, &w->header, err);
}

static signet_status find_from(const writing *w, const char **from_out, signet_error *err)
{
	const char *from = signet_compose_address(w->header, SIGNET_FROM, 0);

	if (from == NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "there is no From that says who signs: give -u ADDR");
	if (signet_compose_address(w->header, SIGNET_FROM, 1) != NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the message has several From addresses: say with -u who signs");
	*from_out = from;
	return SIGNET_OK;
}

/*
 * What is given and signs. A PKCS#12 file may also hold a certificate for encryption alone, which
 * the signer's own copy is for; where nothing given signs, composing says why.
 */
static signet_status take_given(writing *w, signet_error *err)
{
	signet_status status = SIGNET_OK;
	size_t fit = 0;

	for (size_t i = 0; i < w->given.count; i++)
		fit += signet_cert_can_sign(signet_identity_cert(w->given.list[i]));
	for (size_t i = 0; status == SIGNET_OK && i < w->given.count; i++)
		if (fit == 0 || signet_cert_can_sign(signet_identity_cert(w->given.list[i])))
			status = app_identities_add(&w->signers, w->given.list[i], err);
	return status;
}

static signet_status find_signers(writing *w, signet_error *err)
{
	const app_values *names = &w->session->args.values[APP_OPTION_SIGNER];
	const char *from = NULL;
	signet_status status = SIGNET_OK;

	if (w->given.count > 0)
		return take_given(w, err);
	for (size_t i = 0; status == SIGNET_OK && i < names->count; i++)
		status = app_signer(w->session, names->text[i], &w->signers, err);
	if (status != SIGNET_OK || names->count > 0)
		return status;
	status = find_from(w, &from, err);
	if (status == SIGNET_OK)
		status = app_signer(w->session, from, &w->signers, err);
	return status;
}

/* The address that the signer's own copy is for. */
static const char *own_address(const writing *w)
{
	const char *named = app_value(&w->session->args, APP_OPTION_SIGNER);
	const char *from = signet_compose_address(w->header, SIGNET_FROM, 0);
	const signet_cert *cert;

	if (w->signers.count == 0)
		return from;
	cert = signet_identity_cert(w->signers.list[0]);
	if (named != NULL && signet_cert_has_address(cert, named))
		return named;
	if (from != NULL && signet_cert_has_address(cert, from))
		return from;
	return signet_cert_address(cert, 0);
}

static bool must_have_self(const writing *w)
{
	return w->options.protection == (SIGNET_SIGN | SIGNET_ENCRYPT) &&
	       !app_has(&w->session->args, APP_OPTION_NO_SELF);
}

/* RFC 8551 2.5.3: a signature also says which certificate answers are to be encrypted to. */
static signet_status find_self(writing *w, signet_error *err)
{
	signet_error why = { 0 };
	signet_status status = SIGNET_E_NO_CERT;

	w->self_address = own_address(w);
	if (w->self_address != NULL)
		status = app_own_recipient(w->session, &w->given, w->self_address, &w->self, &why);
	else
		(void)signet_fail(&why, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
		    "the signer's certificate has no address");
	if (status == SIGNET_E_NO_CERT && must_have_self(w))
		return signet_fail(err, status, SIGNET_NO_OFFSET,
		    "%.180s; --no-self leaves the signer's own copy out", why.text);
	if (status != SIGNET_OK && status != SIGNET_E_NO_CERT) {
		*err = why;
		return status;
	}
	if ((w->options.protection & SIGNET_SIGN) != 0)
		w->options.encryption_cert = w->self;
	return SIGNET_OK;
}

static signet_status add_recipients(writing *w, signet_error *err)
{
	signet_status status;

	if ((w->options.protection & SIGNET_ENCRYPT) == 0)
		return SIGNET_OK;
	status = app_recipients(w->session, w->header, w->compose, err);
	if (status == SIGNET_OK && w->self != NULL &&
	    !app_has(&w->session->args, APP_OPTION_NO_SELF))
		status = signet_compose_add_self(w->compose, w->self_address, w->self, err);
	return status;
}

/* Whether what is to be encrypted has a signature that is intact. */
static bool is_signed_inside(const writing *w)
{
	signet_open_options options = SIGNET_OPEN_OPTIONS_INIT;
	signet_result *result = NULL;
	bool is_signed = false;

	options.mode = SIGNET_VERIFY;
	options.time = w->options.time;
	options.ignore_sender = true;
	if (signet_open(w->session->ctx, w->input, &options, NULL, &result, NULL) == SIGNET_OK)
		is_signed = signet_result_is_signed(result);
	signet_result_free(&result);
	return is_signed;
}

/* The first copy by a cipher without a tag, or NULL. */
static const char *cbc_of(const writing *w)
{
	for (size_t i = 0; i < signet_compose_copy_count(w->compose); i++) {
		const char *cipher = signet_compose_copy_cipher(w->compose, i);
		const size_t size = strlen(cipher);

		if (size >= 4 && strcmp(cipher + size - 4, "-cbc") == 0)
			return cipher;
	}
	return NULL;
}

/* A reader withholds what has neither a tag nor, inside, a signature (INTERFACE: exit 5). */
static void warn_of_cbc(const writing *w)
{
	const char *cipher = w->options.protection == SIGNET_ENCRYPT ? cbc_of(w) : NULL;

	if (cipher != NULL && !is_signed_inside(w))
		app_say(w->session,
		    "warning: %s proves nothing about integrity and nothing inside is signed: "
		    "readers of this message will be warned, and signet open will end with 5",
		    cipher);
}

/* AES-CBC is for old clients, and around a signed message only. */
static void read_compatible(writing *w)
{
	w->options.compatible =
	    app_has(&w->session->args, APP_OPTION_COMPATIBLE) &&
	    ((w->options.protection & SIGNET_SIGN) != 0 || is_signed_inside(w));
}

static signet_status prepare(writing *w, signet_error *err)
{
	signet_status status = read_options(w, err);

	if (status == SIGNET_OK)
		status = app_identities_given(w->session, &w->given, err);
	if (status == SIGNET_OK)
		status = app_input_message(w->session, &w->input, err);
	if (status == SIGNET_OK)
		status = look_at_header(w, err);
	if (status == SIGNET_OK && (w->options.protection & SIGNET_SIGN) != 0)
		status = find_signers(w, err);
	if (status == SIGNET_OK)
		status = find_self(w, err);
	if (status == SIGNET_OK)
		read_compatible(w);
	w->options.signers = w->signers.list;
	w->options.signer_count = w->signers.count;
	return status;
}

static signet_status run(writing *w, app_report *report, signet_error *err)
{
	bool has_dir = app_has(&w->session->args, APP_OPTION_OUTPUT_DIR);
	signet_status status = app_report_begin(report, w->session, err);

	if (status == SIGNET_OK)
		status = app_check_outputs(w->session, report, !has_dir, err);
	if (status == SIGNET_OK)
		status = prepare(w, err);
	if (status == SIGNET_OK)
		status =
		    signet_compose_new(w->session->ctx, w->input, &w->options, &w->compose, err);
	if (status == SIGNET_OK)
		status = add_recipients(w, err);
	if (status == SIGNET_OK) {
		warn_of_cbc(w);
		status = app_write_copies(w->session, w->compose, report, err);
	}
	return status;
}

int cmd_write(app_session *session)
{
	writing w = { .session = session, .options = SIGNET_COMPOSE_OPTIONS_INIT };
	app_report report = { 0 };
	signet_error err = { 0 };
	signet_status status = run(&w, &report, &err);
	int code = 0;

	if (status != SIGNET_OK) {
		signet_error second = { 0 };

		code = app_fail(session, &err);
		if (app_report_failure(&report, &err, &second) != SIGNET_OK)
			code = app_fail(session, &second);
	}
	app_report_end(&report);
	signet_compose_free(&w.compose);
	signet_compose_free(&w.header);
	signet_input_free(&w.input);
	signet_cert_unref(&w.self);
	app_identities_clear(&w.signers);
	app_identities_clear(&w.given);
	return code;
}
