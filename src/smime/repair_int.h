/* What the files of repairing share: the search, and each kind of change. */
#ifndef SN_SMIME_REPAIR_INT_H
#define SN_SMIME_REPAIR_INT_H

#include "mime/header.h"
#include "smime/repair.h"

enum {
	SN_REPAIR_ROOM = 2 * SN_REPAIR_MAX + 4096,
	SN_REPAIR_LEAVES = 16,
	SN_REPAIR_FOOTER_LINES = 100,
	SN_REPAIR_INNER_LINES = 40
};

typedef struct sn_repair_search {
	const signet_context *ctx;
	const sn_alg *digest;
	sn_span wanted;
	sn_span came;
	sn_repair_form form;
	bool is_lf;             /* candidates are tried with LF in the place of CRLF */
	sn_buf text;            /* what came, with CRLF; or that with a first change undone */
	size_t body;            /* where its body begins in text */
	sn_repair_change first; /* the change that text has undone; code NULL: none */
	bool has_its_lines;     /* text has the lines that came */
	sn_buf candidate;
	sn_repair *repair;
} sn_repair_search;

static inline bool sn_repair_is_found(const sn_repair_search *s)
{
	return s->repair->change_count != 0;
}
/* Neither found nor at the end of the work: what is not hashed any more need not be built either. */
bool sn_repair_goes_on(const sn_repair_search *s);
/* Counts work besides hashing. */
void sn_repair_worked(sn_repair_search *s, size_t size);

/* repair.c: hashes the candidate; told as code and what if it is what was signed. */
signet_status sn_repair_try(sn_repair_search *s, const char *code, const char *what,
    signet_error *err) SIGNET_CHECKED;
/* Hashes the beginnings of text that end at the places given, upwards, all in one go. */
signet_status sn_repair_try_beginnings(sn_repair_search *s, const size_t *ends, size_t count,
    size_t *which_out, signet_error *err) SIGNET_CHECKED;
void sn_repair_tell(sn_repair_search *s, const char *code, const char *what);
/* What was found are lines from..to of text, added: "a footer". */
void sn_repair_tell_added(sn_repair_search *s, const char *code, const char *noun, size_t begin,
    size_t end);
/* Appends begin..end of text to the candidate. */
signet_status sn_repair_add(sn_repair_search *s, size_t begin, size_t end, signet_error *err)
    SIGNET_CHECKED;
/* The end of the line that begins at `at`, behind its line end; the begin of the line before. */
size_t sn_repair_line_end(const sn_buf *text, size_t at);
size_t sn_repair_line_before(const sn_buf *text, size_t at);

/* repair_lines.c: changes of each line. A candidate is made of text. */
typedef enum sn_repair_line {
	SN_REPAIR_BLANKS,       /* blanks at line ends */
	SN_REPAIR_FROM,         /* ">From " */
	SN_REPAIR_DOUBLE_CR,
	SN_REPAIR_DASHES,       /* "-- " lost its blank */
	SN_REPAIR_FLOWED,       /* and each line that another follows (RFC 3676) */
	SN_REPAIR_FLOWED_ALL,   /* each line that is not empty */
	SN_REPAIR_TABS_FRONT,   /* eight blanks in front were a tab */
	SN_REPAIR_TABS_FRONT_4,
	SN_REPAIR_TABS_ALL,     /* blanks up to a tab stop were a tab */
	SN_REPAIR_TABS_ONE,     /* a blank in front was a tab */
	SN_REPAIR_BLANKS_ALL    /* a tab was blanks up to the tab stop */
} sn_repair_line;
enum { SN_REPAIR_LINE_KINDS = SN_REPAIR_BLANKS_ALL + 1 };
signet_status sn_repair_make_lines(sn_repair_search *s, sn_repair_line kind, signet_error *err)
    SIGNET_CHECKED;
const char *sn_repair_line_code(sn_repair_line kind);
const char *sn_repair_line_what(sn_repair_line kind);
signet_status sn_repair_undo_lines(sn_repair_search *s, signet_error *err) SIGNET_CHECKED;
/* Blanks that were at the ends of some lines; an empty line that came behind each. */
signet_status sn_repair_undo_stripped(sn_repair_search *s, signet_error *err) SIGNET_CHECKED;
signet_status sn_repair_undo_double_lines(sn_repair_search *s, signet_error *err) SIGNET_CHECKED;
signet_status sn_repair_undo_end(sn_repair_search *s, signet_error *err) SIGNET_CHECKED;

/* repair_folds.c: long lines that were broken. */
signet_status sn_repair_undo_folds(sn_repair_search *s, signet_error *err) SIGNET_CHECKED;

/* repair_added.c */
signet_status sn_repair_undo_footer(sn_repair_search *s, signet_error *err) SIGNET_CHECKED;
signet_status sn_repair_undo_added(sn_repair_search *s, signet_error *err) SIGNET_CHECKED;

/* repair_header.c */
signet_status sn_repair_undo_header(sn_repair_search *s, signet_error *err) SIGNET_CHECKED;

/* repair_coding.c: leaves decoded and encoded anew, charsets with them. */
typedef struct sn_repair_leaf {
	size_t header, body, end;   /* in text */
	bool is_text;
	sn_mime_encoding encoding;
	char charset[24];           /* as it is named, lower case; "": none */
} sn_repair_leaf;

typedef struct sn_repair_leaves {
	sn_repair_leaf list[SN_REPAIR_LEAVES];
	size_t count;
} sn_repair_leaves;

signet_status sn_repair_find_leaves(sn_repair_search *s, sn_repair_leaves *leaves,
    signet_error *err) SIGNET_CHECKED;
signet_status sn_repair_undo_coding(sn_repair_search *s, signet_error *err) SIGNET_CHECKED;
/* With what was added inside, too. */
signet_status sn_repair_undo_coding_added(sn_repair_search *s, signet_error *err) SIGNET_CHECKED;

/* repair.c: with the candidate in the place of text, everything that may have been added. */
signet_status sn_repair_combine(sn_repair_search *s, const char *code, const char *what,
    bool has_its_lines, signet_error *err) SIGNET_CHECKED;

/* repair_text.c: text in other encodings and charsets, appended to out. */
typedef enum sn_repair_quoting {
	SN_QUOTING_GREEDY,      /* lines of up to 76 */
	SN_QUOTING_75,          /* up to 75 and the soft break */
	SN_QUOTING_73           /* broken as soon as 73 are reached */
} sn_repair_quoting;
enum { SN_QUOTINGS = SN_QUOTING_73 + 1 };
signet_status sn_repair_quote(sn_span text, sn_repair_quoting how, sn_buf *out, signet_error *err)
    SIGNET_CHECKED;
signet_status sn_repair_base64(sn_span octets, size_t width, sn_buf *out, signet_error *err)
    SIGNET_CHECKED;
/* false: a charset that is not known here, or characters that the second one lacks. */
signet_status sn_repair_convert(sn_span text, const char *from, const char *to, sn_buf *out,
    bool *done_out, signet_error *err) SIGNET_CHECKED;
signet_status sn_repair_decode(const signet_context *ctx, sn_span octets, sn_mime_encoding encoding,
    sn_buf *out, signet_error *err) SIGNET_CHECKED;

#endif
