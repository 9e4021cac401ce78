/* What modules above ask of an input besides its octets. */
#ifndef SN_CRYPT_INPUT_H
#define SN_CRYPT_INPUT_H

#include <signet/input.h>

/* The octets of a file or of memory, as of now; false where only reading will tell. */
bool sn_input_size(const signet_input *input, uint64_t *size_out);

#endif
