#include <string.h>

#include "base/ascii.h"
#include "smime/carrier.h"
#include "smime/compose_int.h"

static const char begin[] = "-----BEGIN ";

/* A line that is no label. */
static signet_status plain(const sn_carrier_pem *pem, const sn_carrier_spec *spec,
    sn_carrier_body *body, const uint8_t *data, size_t size, signet_error *err)
{
	if (pem->where == SN_PEM_INSIDE)
		return sn_carrier_body_write(body, data, size, err);
	return spec->out != NULL ? spec->out->write(spec->out, data, size, err) : SIGNET_OK;
}

/* RFC 7468 3: -----BEGIN, the label, -----. */
static signet_status open_armor(sn_carrier_pem *pem, const sn_carrier_spec *spec,
    sn_carrier_body *body, signet_error *err)
{
	const char *text = pem->line + sizeof(begin) - 1;
	const size_t room = pem->line_size - (sizeof(begin) - 1);
	char label[SN_PEM_LABEL];
	size_t size = 0;

	while (size < room && text[size] != '-' && (uint8_t)text[size] >= ' ')
		size++;
	if (size >= sizeof(label))
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the label of the PEM is longer than %zu octets", sizeof(label) - 1);
	memcpy(label, text, size);
	label[size] = '\0';
	pem->where = SN_PEM_INSIDE;
	return sn_carrier_body_open(body, spec, SN_MIME_BASE64, true, label, err);
}

static signet_status end_label_line(sn_carrier_pem *pem, const sn_carrier_spec *spec,
    sn_carrier_body *body, signet_error *err)
{
	if (pem->where == SN_PEM_BEFORE &&
	    sn_ascii_has_prefix_n(pem->line, pem->line_size, begin))
		return open_armor(pem, spec, body, err);
	if (pem->where == SN_PEM_INSIDE) {
		pem->where = SN_PEM_AFTER;
		return sn_carrier_body_finish(body, err);
	}
	return plain(pem, spec, body, (const uint8_t *)pem->line, pem->line_size, err);
}

/* What stands up to the end of the line, and no further. */
static signet_status take_line(sn_carrier_pem *pem, const sn_carrier_spec *spec,
    sn_carrier_body *body, const uint8_t *data, size_t size, bool ends, signet_error *err)
{
	signet_status status;

	if (!pem->is_in_line) {
		pem->is_label_line = data[0] == '-' && pem->where != SN_PEM_AFTER;
		pem->line_size = 0;
	}
	pem->is_in_line = !ends;
	if (!pem->is_label_line)
		return plain(pem, spec, body, data, size, err);
	if (size > sizeof(pem->line) - pem->line_size) {
		/* too long for a label */
		pem->is_label_line = false;
		status = plain(
		    pem, spec, body, (const uint8_t *)pem->line, pem->line_size, err);
		return status == SIGNET_OK ? plain(pem, spec, body, data, size, err) : status;
	}
	memcpy(pem->line + pem->line_size, data, size);
	pem->line_size += size;
	return ends ? end_label_line(pem, spec, body, err) : SIGNET_OK;
}

signet_status sn_carrier_pem_write(sn_carrier_pem *pem, const sn_carrier_spec *spec,
    sn_carrier_body *body, const uint8_t *data, size_t size, signet_error *err)
{
	signet_status status = SIGNET_OK;

	while (size != 0 && status == SIGNET_OK) {
		const uint8_t *lf = memchr(data, '\n', size);
		const size_t line = lf == NULL ? size : (size_t)(lf - data) + 1;

		status = take_line(pem, spec, body, data, line, lf != NULL, err);
		data += line;
		size -= line;
	}
	return status;
}

signet_status sn_carrier_pem_finish(sn_carrier_pem *pem, const sn_carrier_spec *spec,
    sn_carrier_body *body, signet_error *err)
{
	signet_status status = SIGNET_OK;

	/* the END line may lack its line end */
	if (pem->is_in_line && pem->is_label_line)
		status = end_label_line(pem, spec, body, err);
	if (status != SIGNET_OK || pem->where == SN_PEM_AFTER)
		return status;
	return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET, "the PEM has no %s line",
	    pem->where == SN_PEM_BEFORE ? "-----BEGIN" : "-----END");
}
