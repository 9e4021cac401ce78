/*
 * Prints docs/algorithms.md from the one table (src/crypt/algs.c):
 *
 *	build/tools/algorithms >docs/algorithms.md
 */
#include <stdio.h>
#include <string.h>

#include "crypt/algs.h"

typedef struct chapter {
	const char *title;
	const char *text;
} chapter;

/* A kind without a title is an error: who adds one says here what it is. */
static const chapter chapters[] = {
	[SN_ALG_DIGEST] = { "Digests", "Of content, in signatures and key derivation." },
	[SN_ALG_SIGNATURE] = { "Signatures",
	    "A name may stand in several rows: one for each digest, and identifiers that other "
	    "programs write. RSA-PSS is written by keys that are for it (id-RSASSA-PSS), as their "
	    "parameters demand." },
	[SN_ALG_CIPHER] = { "Content encryption",
	    "A cipher with a tag proves that the content is unaltered; what CBC encrypts is "
	    "released only when something intact is signed inside." },
	[SN_ALG_TRANSPORT] = { "Key transport", "To RSA recipients." },
	[SN_ALG_AGREEMENT] = { "Key agreement", "To recipients with keys on curves." },
	[SN_ALG_WRAP] = { "Key wrap", "Of the content's key under another one." },
	[SN_ALG_KEM] = { "Key encapsulation",
	    "In KEMRecipientInfo (RFC 9629). RSA-KEM (RFC 9690) is for RSA keys as key transport is; ML-KEM "
	    "is recognized and named, and cannot be read yet." },
	[SN_ALG_KDF] = { "Key derivation of key encapsulation",
	    "Of RSA-KEM and around it. KDF3 comes with SHA-256, SHA-384 or SHA-512." },
	[SN_ALG_PASSWORD] = { "Keys from passwords", "Of password recipients." },
	[SN_ALG_MAC] = { "Functions of key derivation", "Of PBKDF2." },
	[SN_ALG_DERIVATION] = { "Derivation of the content's key", "From the one that is sent." },
	[SN_ALG_COMPRESSION] = { "Compression", "" },
};

static const char introduction[] =
    "# Algorithms\n"
    "\n"
    "<!-- Written by tools/algorithms from src/crypt/algs.c; do not edit. -->\n"
    "\n"
    "Names are those of the options and of the report. Everything here is read; what libcrypto "
    "lacks at run\ntime is reported as `algorithm-unavailable`. *Weak* ones are read, reported as "
    "`weak-algorithm`, and\nnever written (as of a time before 2014, DSA and SHA-1 are not: they were in use then).\n";

static void print_notes(const sn_alg *alg)
{
	const char *between = "";

	if (alg->weak) {
		printf("%sweak", between);
		between = ", ";
	}
	if (alg->digest != NULL) {
		printf("%swith %s", between, alg->digest);
		between = ", ";
	}
	if (alg->key_size != 0) {
		printf("%s%zu-bit key", between, 8 * alg->key_size);
		between = ", ";
	}
	if (alg->kind == SN_ALG_CIPHER)
		printf("%s%s", between, alg->mode == SN_MODE_CBC ? "no tag" : "tag");
	if (alg->kind == SN_ALG_DIGEST)
		printf("%s%zu bits", between, 8 * alg->size);
}

static void print_row(const sn_alg *alg)
{
	char oid[SN_OID_TEXT];

	sn_oid_text((sn_span){ alg->oid, alg->oid_size }, oid);
	printf("| `%s` | %s | %s | ", alg->name, oid, alg->write ? "yes" : "no");
	print_notes(alg);
	printf(" |\n");
}

static bool print_chapter(sn_alg_kind kind)
{
	const sn_alg *alg;

	if ((size_t)kind >= sizeof(chapters) / sizeof(*chapters) || chapters[kind].title == NULL) {
		(void)fprintf(stderr, "tools/algorithms: kind %d has no title\n", (int)kind);
		return false;
	}
	printf("\n## %s\n\n", chapters[kind].title);
	if (chapters[kind].text[0] != '\0')
		printf("%s\n\n", chapters[kind].text);
	printf("| name | identifier | written | |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; (alg = sn_alg_at(i)) != NULL; i++)
		if (alg->kind == kind)
			print_row(alg);
	return true;
}

/* Whether a kind has had its chapter before the row. */
static bool is_done(size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (sn_alg_at(i)->kind == sn_alg_at(row)->kind)
			return true;
	return false;
}

int main(void)
{
	bool is_good = true;

	fputs(introduction, stdout);
	for (size_t i = 0; sn_alg_at(i) != NULL; i++)
		if (!is_done(i))
			is_good &= print_chapter(sn_alg_at(i)->kind);
	return is_good && fflush(stdout) == 0 ? 0 : 1;
}
