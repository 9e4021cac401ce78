/*
 * Which cipher a copy is encrypted by, and how keys go to RSA recipients: what the recipients of
 * that copy have said that they read (RFC 8551 2.7.1). The signer's own copy has no say: signet
 * reads all that it writes.
 */
#include "smime/compose_int.h"

#include <string.h>

/* Where a reader puts what every agent must read, unless he says himself. */
enum { LAST_PLACE = SN_CAPABILITIES_MAX };

static bool place_among(const char *const *names, const sn_alg *cipher, size_t *place_out)
{
	for (size_t i = 0; names[i] != NULL; i++) {
		if (strcmp(names[i], cipher->name) == 0) {
			*place_out = i;
			return true;
		}
	}
	return false;
}

/* RFC 8551 2.7: what agents must read; of whom nothing is known gets AES-256-GCM, 2.7.1.2. */
static bool place_with_stranger(
    const signet_compose *compose, const sn_alg *cipher, size_t *place_out)
{
	static const char *const modern[] = { "aes-256-gcm", "aes-128-gcm", "aes-128-cbc", NULL };
	static const char *const old[] = { "aes-128-cbc", NULL };

	return place_among(compose->compatible ? old : modern, cipher, place_out);
}

/* The place of a cipher in the order of one reader, 0 the best; false: he does not read it. */
static bool place_with(const signet_compose *compose, const sn_compose_recipient *who,
    const sn_alg *cipher, size_t *place_out)
{
	if (!who->is_known)
		return place_with_stranger(compose, cipher, place_out);
	for (size_t i = 0; i < who->known.cipher_count; i++) {
		if (who->known.ciphers[i] == cipher) {
			*place_out = i;
			return true;
		}
	}
	*place_out = LAST_PLACE;
	return strcmp(cipher->name, "aes-128-cbc") == 0;
}

static bool has_tag(const sn_alg *cipher) { return cipher->mode != SN_MODE_CBC; }

typedef struct candidate {
	const sn_alg *cipher;
	size_t places; /* the sum over the readers */
} candidate;

/* What proves itself unaltered first, then what the readers like best, then the longest key. */
static bool is_better(const candidate *a, const candidate *b)
{
	if (b->cipher == NULL || has_tag(a->cipher) != has_tag(b->cipher))
		return b->cipher == NULL || has_tag(a->cipher);
	if (a->places != b->places)
		return a->places < b->places;
	return a->cipher->key_size > b->cipher->key_size;
}

static bool all_read(const signet_compose *compose, const sn_compose_recipient *readers,
    size_t count, candidate *c)
{
	for (size_t i = 0; i < count; i++) {
		size_t place;

		if (!place_with(compose, &readers[i], c->cipher, &place))
			return false;
		c->places += place;
	}
	return true;
}

static const sn_alg *choose(
    const signet_compose *compose, const sn_compose_recipient *readers, size_t count)
{
	candidate best = { .cipher = NULL };
	const sn_alg *alg;

	for (size_t i = 0; (alg = sn_alg_at(i)) != NULL; i++) {
		candidate c = { .cipher = alg };

		if (alg->kind == SN_ALG_CIPHER && alg->write &&
		    sn_alg_is_available(compose->ctx, alg) &&
		    all_read(compose, readers, count, &c) && is_better(&c, &best))
			best = c;
	}
	/* they have nothing in common but what they must */
	return best.cipher != NULL ? best.cipher : sn_alg_by_name(SN_ALG_CIPHER, "aes-128-cbc");
}

const sn_alg *sn_compose_cipher_for(const signet_compose *compose, size_t copy)
{
	static const sn_compose_recipient stranger = { .is_known = false };
	const bool has_named = sn_compose_has_named_copy(compose);

	if (!compose->is_cipher_auto)
		return compose->cipher;
	if (!has_named || copy != 0)
		return choose(compose, &compose->blind.items[copy - has_named], 1);
	if (compose->named.count == 0)
		return choose(compose, &stranger, 1);
	return choose(compose, compose->named.items, compose->named.count);
}

sn_cms_rsa_way sn_compose_rsa_way(const signet_compose *compose, const sn_compose_recipient *who)
{
	if (compose->is_transport_auto && who->is_known && who->known.oaep)
		return SN_CMS_RSA_OAEP;
	return compose->rsa_way;
}

const char *signet_compose_copy_cipher(const signet_compose *compose, size_t copy)
{
	if ((compose->protection & SIGNET_ENCRYPT) == 0 ||
	    copy >= signet_compose_copy_count(compose))
		return NULL;
	return sn_compose_cipher_for(compose, copy)->name;
}

static void take(sn_compose_recipients *list, const signet_cert *cert,
    const sn_cms_capabilities *known, int64_t time)
{
	for (size_t i = 0; i < list->count; i++) {
		sn_compose_recipient *who = &list->items[i];

		if (!signet_cert_equal(who->cert, cert) || (who->is_known && time < who->known_since))
			continue;
		who->is_known = true;
		who->known = *known;
		who->known_since = time;
	}
}

void signet_compose_set_capabilities(signet_compose *compose, const signet_cert *cert,
    const uint8_t *capabilities, size_t size, int64_t time)
{
	sn_cms_capabilities known;

	if (!sn_cms_capabilities_read((sn_span){ capabilities, size }, &known))
		return;
	take(&compose->named, cert, &known, time);
	take(&compose->blind, cert, &known, time);
}

void sn_compose_recipient_read_cert(sn_compose_recipient *who)
{
	const sn_span octets = sn_cert_capabilities(who->cert);

	who->is_known = octets.size != 0 && sn_cms_capabilities_read(octets, &who->known);
	who->known_since = signet_cert_not_before(who->cert);
}
