/* realpath(3) */
#define _XOPEN_SOURCE 700
#include "app/mailbox.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/files.h"
#include "base/ascii.h"

enum {
	DEPTH_MAX = 32,
	MAIL_MAX = 64 << 20, /* of an mbox, where a mail is held in memory */
	BLOCK = 256 << 10
};

typedef struct walk {
	app_session *session;
	app_mail_visit *visit;
	void *user;
} walk;

static signet_status visit_file(walk *w, const char *path, const char *item, signet_error *err)
{
	signet_input *input = NULL;
	signet_status status = signet_input_file_new(w->session->ctx, path, &input, NULL);

	if (status == SIGNET_E_MEMORY)
		return signet_fail(err, status, SIGNET_NO_OFFSET, "out of memory");
	status = w->visit(w->user, status == SIGNET_OK ? input : NULL, item, err);
	signet_input_free(&input);
	return status;
}

/* The name of a file in a Maildir stays when its folder (new, cur) and its flags (":2,S") change. */
static signet_status visit_named(walk *w, const char *folder, const char *name, bool is_maildir,
    signet_error *err)
{
	const char *flags = is_maildir ? strstr(name, ":2,") : NULL;
	const int size = (int)(flags == NULL ? strlen(name) : (size_t)(flags - name));
	char path[APP_PATH_MAX], item[APP_PATH_MAX + 16];
	char *whole;
	signet_status status;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return w->visit(w->user, NULL, name, err);
	if (is_maildir) {
		(void)snprintf(item, sizeof(item), "maildir:%.*s", size, name);
	} else {
		whole = realpath(path, NULL);
		(void)snprintf(item, sizeof(item), "file:%s", whole == NULL ? path : whole);
		free(whole);
	}
	status = visit_file(w, path, item, err);
	return status;
}

static bool is_called(const char *name, const char *end)
{
	const size_t size = strlen(name), end_size = strlen(end);

	return size > end_size && sn_ascii_equal(name + size - end_size, end);
}

/* Folders that wait to be walked: no recursion, and a bound to how deep. */
typedef struct folder {
	struct folder *next;
	unsigned depth;
	char path[];
} folder;

static signet_status push(folder **stack, const char *path, const char *name, unsigned depth,
    signet_error *err)
{
	const size_t size = strlen(path) + strlen(name) + 2;
	folder *f = malloc(sizeof(*f) + size);

	if (f == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	(void)snprintf(f->path, size, "%s%s%s", path, name[0] == '\0' ? "" : "/", name);
	f->depth = depth;
	f->next = *stack;
	*stack = f;
	return SIGNET_OK;
}

static signet_status walk_entry(walk *w, folder **stack, const folder *f, const char *name,
    bool is_maildir, signet_error *err)
{
	char path[APP_PATH_MAX];
	struct stat st;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    snprintf(path, sizeof(path), "%s/%s", f->path, name) >= (int)sizeof(path) ||
	    lstat(path, &st) != 0)
		return SIGNET_OK;
	if (S_ISDIR(st.st_mode))
		return f->depth < DEPTH_MAX && strcmp(name, "tmp") != 0
		    ? push(stack, f->path, name, f->depth + 1, err)
		    : SIGNET_OK;
	if (!S_ISREG(st.st_mode) || (!is_maildir && !is_called(name, ".eml")))
		return SIGNET_OK;
	return visit_named(w, f->path, name, is_maildir, err);
}

static signet_status walk_folder(walk *w, folder **stack, const folder *f, signet_error *err)
{
	const bool is_maildir = is_called(f->path, "/cur") || is_called(f->path, "/new");
	DIR *dir = opendir(f->path);
	const struct dirent *entry;
	signet_status status = SIGNET_OK;

	if (dir == NULL && f->depth > 0)
		return w->visit(w->user, NULL, f->path, err);
	if (dir == NULL)
		return signet_fail_sys(err, errno == EACCES ? SIGNET_E_PERMISSION : SIGNET_E_NO_INPUT,
		    "cannot open the folder %.120s", f->path);
	while (status == SIGNET_OK && (entry = readdir(dir)) != NULL)
		status = walk_entry(w, stack, f, entry->d_name, is_maildir, err);
	(void)closedir(dir);
	return status;
}

static signet_status walk_folders(walk *w, const char *path, signet_error *err)
{
	folder *stack = NULL;
	signet_status status = push(&stack, path, "", 0, err);

	while (stack != NULL) {
		folder *f = stack;

		stack = f->next;
		if (status == SIGNET_OK)
			status = walk_folder(w, &stack, f, err);
		free(f);
	}
	return status;
}

/* One mail of an mbox, as it grows. */
typedef struct mbox {
	walk *w;
	const char *path;
	sn_buf mail;
	uint64_t begin;       /* of the mail, in the file */
	uint64_t at;
	bool is_begun;
	bool is_too_large;
	bool was_empty_line;  /* before the present one */
} mbox;

static signet_status end_mail(mbox *m, signet_error *err)
{
	char item[APP_PATH_MAX + 64];
	signet_input *input = NULL;
	signet_status status = SIGNET_OK;

	if (!m->is_begun)
		return SIGNET_OK;
	(void)snprintf(item, sizeof(item), "mbox:%s@%llu+%llu", m->path,
	    (unsigned long long)m->begin, (unsigned long long)(m->at - m->begin));
	if (!m->is_too_large)
		status = signet_input_memory_new(
		    m->w->session->ctx, m->mail.data, m->mail.size, &input, err);
	if (status == SIGNET_OK)
		status = m->w->visit(m->w->user, input, item, err);
	signet_input_free(&input);
	sn_buf_reset(&m->mail);
	m->is_too_large = false;
	return status;
}

/* A line, or a piece of a long one: is_begin says that it stands at the beginning of its line. */
static signet_status add_piece(
    mbox *m, const char *piece, size_t size, bool is_begin, signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (is_begin && size >= 5 && memcmp(piece, "From ", 5) == 0 &&
	    (!m->is_begun || m->was_empty_line)) {
		status = end_mail(m, err);
		m->begin = m->at;
		m->is_begun = true;
	}
	if (status == SIGNET_OK && m->is_begun && !m->is_too_large) {
		if (m->mail.size + size > MAIL_MAX)
			m->is_too_large = true;
		else
			status = sn_buf_append(&m->mail, piece, size, err);
	}
	m->at += size;
	m->was_empty_line = is_begin && (size == 1 || (size == 2 && piece[0] == '\r')) &&
			    piece[size - 1] == '\n';
	return status;
}

/* Of a block: whole lines; the rest is kept for the next block, unless the block is one line. */
static size_t cut(const char *block, size_t size, bool is_end)
{
	const char *p = block + size;

	if (is_end)
		return size;
	while (p > block && p[-1] != '\n')
		p--;
	return p == block ? size : (size_t)(p - block);
}

static signet_status add_block(
    mbox *m, const char *block, size_t size, bool *is_begin, signet_error *err)
{
	signet_status status = SIGNET_OK;

	while (status == SIGNET_OK && size > 0) {
		const char *end = memchr(block, '\n', size);
		const size_t taken = end == NULL ? size : (size_t)(end - block) + 1;

		status = add_piece(m, block, taken, *is_begin, err);
		*is_begin = end != NULL;
		block += taken;
		size -= taken;
	}
	return status;
}

static signet_status read_mbox(mbox *m, FILE *file, signet_error *err)
{
	char *block = malloc(BLOCK);
	size_t held = 0;
	bool is_end = false, is_begin = true;
	signet_status status = SIGNET_OK;

	if (block == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	while (status == SIGNET_OK && !is_end) {
		const size_t got = fread(block + held, 1, BLOCK - held, file);
		size_t taken;

		if (ferror(file)) {
			status = signet_fail_sys(err, SIGNET_E_IO, "cannot read %.150s", m->path);
			break;
		}
		is_end = got == 0;
		held += got;
		taken = cut(block, held, is_end);
		status = add_block(m, block, taken, &is_begin, err);
		held -= taken;
		memmove(block, block + taken, held);
	}
	if (status == SIGNET_OK)
		status = end_mail(m, err);
	free(block);
	return status;
}

static signet_status walk_mbox(walk *w, const char *path, FILE *file, signet_error *err)
{
	char *whole = realpath(path, NULL);
	mbox m = { .w = w, .path = whole == NULL ? path : whole };
	signet_status status;

	sn_buf_init(&m.mail, w->session->ctx, MAIL_MAX + BLOCK, "a mail of an mbox");
	status = read_mbox(&m, file, err);
	sn_buf_clear(&m.mail);
	free(whole);
	return status;
}

static signet_status walk_file(walk *w, const char *path, signet_error *err)
{
	FILE *file = fopen(path, "rb");
	char begin[5] = { 0 };
	char item[APP_PATH_MAX + 16];
	char *whole;
	signet_status status;

	if (file == NULL)
		return signet_fail_sys(err, errno == EACCES ? SIGNET_E_PERMISSION : SIGNET_E_NO_INPUT,
		    "cannot open %.150s", path);
	if (fread(begin, 1, sizeof(begin), file) == sizeof(begin) && memcmp(begin, "From ", 5) == 0) {
		rewind(file);
		status = walk_mbox(w, path, file, err);
	} else {
		whole = realpath(path, NULL);
		(void)snprintf(item, sizeof(item), "file:%s", whole == NULL ? path : whole);
		free(whole);
		status = visit_file(w, path, item, err);
	}
	(void)fclose(file);
	return status;
}

signet_status app_mailbox_each(app_session *session, const char *path, app_mail_visit *visit,
    void *user, signet_error *err)
{
	walk w = { .session = session, .visit = visit, .user = user };
	struct stat st;

	if (stat(path, &st) != 0)
		return signet_fail_sys(err, SIGNET_E_NO_INPUT, "there is no %.150s", path);
	return S_ISDIR(st.st_mode) ? walk_folders(&w, path, err) : walk_file(&w, path, err);
}
