#include "smime/html.h"

#include <string.h>

#include "base/ascii.h"

static bool starts(sn_span text, size_t at, const char *word)
{
	const size_t size = strlen(word);

	return size <= text.size - at &&
	    sn_ascii_equal_n(text.data + at, size, word);
}

size_t sn_html_end_of_tag(sn_span text, size_t at)
{
	uint8_t quote = 0;

	if (starts(text, at, "<!--")) {
		for (size_t i = at + 4; i + 3 <= text.size; i++)
			if (memcmp(text.data + i, "-->", 3) == 0)
				return i + 3;
		return text.size;
	}
	for (size_t i = at + 1; i < text.size; i++) {
		const uint8_t c = text.data[i];

		if (quote != 0)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '>')
			return i + 1;
	}
	return text.size;
}

bool sn_html_is_tag(sn_span text, size_t at, const char *name)
{
	const size_t end = at + strlen(name);

	return starts(text, at, name) && end < text.size &&
	    (sn_ascii_is_space(text.data[end]) || text.data[end] == '>' || text.data[end] == '/');
}
