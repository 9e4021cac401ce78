#include "smime/unlock.h"

#include <string.h>

#include "base/mem.h"
#include "cert/cert.h"
#include "cms/recipient.h"

static signet_status recipient_id_text(const sn_plan *plan, const sn_cms_recipient *info,
    char **text_out, signet_error *err)
{
	const sn_cms_identifier *id = &info->id;
	sn_buf text;
	signet_status status = SIGNET_OK;
	const sn_span octets = id->is_key_id ? id->key_id : id->serial;

	*text_out = NULL;
	if (octets.size == 0)
		return SIGNET_OK;
	sn_buf_init(
	    &text, plan->ctx, plan->ctx->limits.recipient_info * 4 + 16, "a recipient's name");
	if (id->is_key_id)
		status = sn_buf_append_text(&text, "ski:", err);
	else
		status = sn_name_text(plan->ctx, id->issuer, &text, err);
	/* an issuer that is no Name names nobody; the serial still tells recipients apart */
	if (signet_status_exit(status) == 65)
		status = SIGNET_OK;
	if (status == SIGNET_OK && !id->is_key_id)
		status = sn_buf_append_text(&text, "#", err);
	for (size_t i = 0; i < octets.size && status == SIGNET_OK; i++)
		status = sn_buf_printf(&text, err, "%02x", octets.data[i]);
	if (status == SIGNET_OK)
		status = sn_strndup(plan->ctx, (const char *)text.data, text.size, text_out, err);
	sn_buf_clear(&text);
	return status;
}

static signet_status note_result(sn_plan *plan, sn_encrypted_level *enc,
    const sn_cms_recipient *info, bool mine, signet_error *err)
{
	const size_t count = enc->recipient_count;
	char algorithm[SN_OID_TEXT];
	sn_recipient_result *result;
	signet_status status;

	if ((count & (count - 1)) == 0) {
		sn_recipient_result *grown = sn_realloc(plan->ctx, enc->recipients,
		    (count == 0 ? 1 : count * 2) * sizeof(*grown), err);

		if (grown == NULL)
			return SIGNET_E_MEMORY;
		enc->recipients = grown;
	}
	result = &enc->recipients[count];
	*result = (sn_recipient_result){ .kind = info->kind, .mine = mine };
	enc->recipient_count++;
	status = recipient_id_text(plan, info, &result->id, err);
	if (status == SIGNET_OK && info->key_encryption.oid.size != 0)
		status = sn_strdup(plan->ctx, sn_cms_recipient_algorithm(info, algorithm),
		    &result->algorithm, err);
	return status;
}

signet_status sn_encrypted_note_originator(
    sn_plan *plan, sn_encrypted_level *enc, sn_span der, signet_error *err)
{
	signet_cert *cert = NULL;
	signet_status status = SIGNET_OK;

	if (enc->originators == NULL)
		status = signet_cert_list_new(plan->ctx, &enc->originators, err);
	if (status == SIGNET_OK && signet_cert_list_count(enc->originators) >= SN_CERTS_READ)
		return SIGNET_OK;
	if (status == SIGNET_OK)
		status = signet_cert_new(plan->ctx, der.data, der.size, &cert, err);
	if (status == SIGNET_E_MALFORMED || status == SIGNET_E_UNAVAILABLE)
		return SIGNET_OK;
	if (status == SIGNET_OK)
		status = signet_cert_list_add(enc->originators, cert, err);
	signet_cert_unref(&cert);
	return status;
}

/* By the certificate of one of my keys. */
static signet_status note_identities(sn_plan *plan, sn_encrypted_level *enc,
    const sn_cms_recipient *info, bool *mine, signet_error *err)
{
	signet_status status = sn_plan_load_identities(plan, err);

	for (size_t i = 0; i < plan->identity_count && status == SIGNET_OK; i++) {
		if (!sn_cms_recipient_is(info, signet_identity_cert(plan->identities[i])))
			continue;
		*mine = true;
		status = sn_encrypted_level_add_mine(
		    plan, enc, info, plan->identities[i], NULL, err);
	}
	return status;
}

static signet_status note_keks(sn_plan *plan, sn_encrypted_level *enc,
    const sn_cms_recipient *info, bool *mine, signet_error *err)
{
	const signet_open_options *options = plan->options;
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < options->kek_count && status == SIGNET_OK; i++) {
		const signet_kek *kek = &options->keks[i];

		if (!sn_cms_recipient_is_kek(info, (sn_span){ kek->id, kek->id_size }))
			continue;
		*mine = true;
		status = sn_encrypted_level_add_mine(plan, enc, info, NULL, kek, err);
	}
	return status;
}

signet_status sn_encrypted_note_recipient(
    sn_plan *plan, sn_encrypted_level *enc, const sn_cms_recipient *info, signet_error *err)
{
	bool mine = false;
	signet_status status = SIGNET_OK;

	switch (info->kind) {
	case SN_CMS_KEY_TRANSPORT:
	case SN_CMS_KEY_AGREEMENT:
	case SN_CMS_KEM: status = note_identities(plan, enc, info, &mine, err); break;
	case SN_CMS_KEK: status = note_keks(plan, enc, info, &mine, err); break;
	case SN_CMS_PASSWORD:
		/* whose it is shows only when the password fits */
		enc->has_password = true;
		if (plan->options->password != NULL)
			status = sn_encrypted_level_add_mine(plan, enc, info, NULL, NULL, err);
		break;
	case SN_CMS_OTHER_RECIPIENT: break;
	}
	return status == SIGNET_OK ? note_result(plan, enc, info, mine, err) : status;
}

static const sn_public_key *key_of(const sn_cms_identifier *id, const signet_cert *cert)
{
	const sn_public_key *key = NULL;

	if (!sn_cms_identifier_is(id, cert) || sn_cert_usable_key(cert, &key, NULL) != SIGNET_OK)
		return NULL;
	return key;
}

/* RFC 5753 3.1.1, static-static: the certificate is in originatorInfo, or one of my own. */
static const sn_public_key *originator_of(
    const sn_plan *plan, const sn_encrypted_level *enc, const sn_cms_recipient *info)
{
	const size_t count =
	    enc->originators != NULL ? signet_cert_list_count(enc->originators) : 0;
	const sn_public_key *key = NULL;

	for (size_t i = 0; i < count && key == NULL; i++)
		key = key_of(&info->originator_id, signet_cert_list_get(enc->originators, i));
	for (size_t i = 0; i < plan->identity_count && key == NULL; i++)
		key = key_of(&info->originator_id, signet_identity_cert(plan->identities[i]));
	return key;
}

/* The key lies on a token, and that is not there or does not work. */
static bool is_away(signet_status status)
{
	return status == SIGNET_E_TOKEN || status == SIGNET_E_UNAVAILABLE ||
	       status == SIGNET_E_NO_KEY;
}

/* away: gets the error of a key whose token is not there; another recipient may be mine, too. */
static signet_status unlock_by_identity(sn_plan *plan, sn_encrypted_level *enc,
    const sn_recipient *mine, signet_error *away, signet_error *err)
{
	const sn_public_key *originator = NULL;
	signet_key *key;
	signet_status status;

	if (mine->info.originator == SN_CMS_ORIGINATOR_ID) {
		originator = originator_of(plan, enc, &mine->info);
		if (originator == NULL) {
			enc->unlock = SN_UNLOCK_NO_ORIGINATOR;
			return SIGNET_OK;
		}
	}
	status = signet_identity_key(mine->identity, &key, err);
	if (status == SIGNET_OK)
		status = sn_cms_recipient_unwrap(plan->ctx, &mine->info, key, originator,
		    enc->cipher->key_size, &enc->key, err);
	if (is_away(status)) {
		if (err != NULL && away->status == SIGNET_OK)
			*away = *err;
		away->status = status;
		return SIGNET_OK;
	}
	if (signet_status_exit(status) == 2) {
		enc->unlock = status == SIGNET_E_ALGORITHM ? SN_UNLOCK_NO_ALGORITHM
							   : SN_UNLOCK_NO_PASSPHRASE;
		return SIGNET_OK;
	}
	if (status == SIGNET_OK)
		enc->unlock = SN_UNLOCK_DONE;
	return status;
}

static signet_status unlock_by_kek(
    sn_plan *plan, sn_encrypted_level *enc, const sn_recipient *mine, signet_error *err)
{
	sn_secret kek = { .size = mine->kek->key_size };
	signet_status status;

	if (kek.size > SN_SECRET_MAX)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a key-encryption key of %zu octets", kek.size);
	memcpy(kek.data, mine->kek->key, kek.size);
	status = sn_cms_recipient_unwrap_kek(
	    plan->ctx, &mine->info, &kek, enc->cipher->key_size, &enc->key, err);
	if (status == SIGNET_OK)
		enc->unlock = SN_UNLOCK_DONE;
	sn_secret_wipe(&kek);
	return status;
}

/* Many recipients with many iterations each would keep a reader busy for days. */
static signet_status spend(sn_plan *plan, const sn_cms_recipient *info, signet_error *err)
{
	const uint64_t limit = plan->ctx->limits.password_iterations;
	const uint64_t wanted = sn_cms_recipient_iterations(info);

	if (wanted > limit || plan->iterations > limit - wanted)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "the password is to be hashed more than %llu times, which takes too long",
		    (unsigned long long)limit);
	plan->iterations += wanted;
	return SIGNET_OK;
}

static signet_status unlock_by_password(
    sn_plan *plan, sn_encrypted_level *enc, const sn_recipient *mine, signet_error *err)
{
	const sn_span password = { plan->options->password, plan->options->password_size };
	bool fits = false;
	signet_status status = spend(plan, &mine->info, err);

	if (status == SIGNET_OK)
		status = sn_cms_recipient_unwrap_password(plan->ctx, &mine->info, password,
		    enc->cipher->key_size, &enc->key, &fits, err);
	if (status != SIGNET_OK)
		return status;
	enc->unlock = fits ? SN_UNLOCK_DONE : SN_UNLOCK_WRONG_PASSWORD;
	enc->recipients[mine->index].mine = fits;
	return SIGNET_OK;
}

/* Passwords come last: they cost time, and only those that fit count. */
static signet_status try_mine(
    sn_plan *plan, sn_encrypted_level *enc, bool passwords, signet_error *err)
{
	signet_error away = { .status = SIGNET_OK };
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < enc->mine_count && status == SIGNET_OK; i++) {
		const sn_recipient *mine = &enc->mine[i];

		if ((mine->info.kind == SN_CMS_PASSWORD) != passwords ||
		    !sn_cms_recipient_is_supported(plan->ctx, &mine->info))
			continue;
		if (passwords)
			status = unlock_by_password(plan, enc, mine, err);
		else if (mine->kek != NULL)
			status = unlock_by_kek(plan, enc, mine, err);
		else
			status = unlock_by_identity(plan, enc, mine, &away, err);
		if (enc->unlock == SN_UNLOCK_DONE)
			return status;
	}
	if (status == SIGNET_OK && away.status != SIGNET_OK) {
		if (err != NULL)
			*err = away;
		status = away.status;
	}
	return status;
}

static sn_unlock first_guess(const sn_encrypted_level *enc)
{
	if (enc->mine_count != 0)
		return SN_UNLOCK_NO_ALGORITHM;
	return enc->has_password ? SN_UNLOCK_NO_PASSWORD : SN_UNLOCK_NO_RECIPIENT;
}

/*
 * The key of the first recipient that is mine and can be tried. Once an identifier matches, what
 * is wrong with the wrapped key is never told: sn_cms_recipient_unwrap gives a random key then.
 */
signet_status sn_encrypted_unlock(sn_plan *plan, sn_encrypted_level *enc, signet_error *err)
{
	signet_status status;

	enc->unlock = first_guess(enc);
	if (enc->cipher == NULL || !sn_alg_is_available(plan->ctx, enc->cipher))
		return SIGNET_OK;
	status = try_mine(plan, enc, false, err);
	if (status == SIGNET_OK && enc->unlock != SN_UNLOCK_DONE)
		status = try_mine(plan, enc, true, err);
	return status;
}
