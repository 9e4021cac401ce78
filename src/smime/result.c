#include "smime/result.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"

signet_status sn_result_new(signet_context *ctx, signet_result **result_out, signet_error *err)
{
	signet_result *result = sn_calloc(ctx, 1, sizeof(*result), err);

	if (result == NULL)
		return SIGNET_E_MEMORY;
	result->ctx = sn_context_ref(ctx);
	result->verdict = SIGNET_VERDICT_UNPROTECTED;
	result->harvest_time = SN_TIME_NONE;
	*result_out = result;
	return SIGNET_OK;
}

/* Room for one element more, zeroed; counts and sizes are bounded by the limits of the message. */
static void *grown(const signet_context *ctx, void *array, size_t count, size_t size,
    signet_error *err)
{
	uint8_t *grown_array;

	/* doubling, so that adding stays linear: a power of two is full */
	if (count != 0 && (count & (count - 1)) != 0) {
		memset((uint8_t *)array + count * size, 0, size);
		return array;
	}
	grown_array = sn_realloc(ctx, array, (count == 0 ? 1 : count * 2) * size, err);
	if (grown_array != NULL)
		memset(grown_array + count * size, 0, size);
	return grown_array;
}

signet_status sn_result_add_layer(signet_result *result, sn_layer_result **layer_out,
    signet_error *err)
{
	sn_layer_result *layers =
	    grown(result->ctx, result->layers, result->layer_count, sizeof(*layers), err);

	if (layers == NULL)
		return SIGNET_E_MEMORY;
	result->layers = layers;
	*layer_out = &layers[result->layer_count++];
	return SIGNET_OK;
}

signet_status sn_result_add_signer(signet_result *result, sn_layer_result *layer,
    sn_signer_result **signer_out, signet_error *err)
{
	sn_signer_result *signers =
	    grown(result->ctx, layer->signers, layer->signer_count, sizeof(*signers), err);

	if (signers == NULL)
		return SIGNET_E_MEMORY;
	layer->signers = signers;
	*signer_out = &signers[layer->signer_count++];
	(*signer_out)->signing_time = SN_TIME_NONE;
	return SIGNET_OK;
}

signet_status sn_result_add_recipient(signet_result *result, sn_layer_result *layer,
    sn_recipient_result **recipient_out, signet_error *err)
{
	sn_recipient_result *recipients =
	    grown(result->ctx, layer->recipients, layer->recipient_count, sizeof(*recipients), err);

	if (recipients == NULL)
		return SIGNET_E_MEMORY;
	layer->recipients = recipients;
	*recipient_out = &recipients[layer->recipient_count++];
	return SIGNET_OK;
}

signet_status sn_result_add_part(signet_result *result, const char *path, signet_result *part,
    signet_error *err)
{
	sn_part_result *parts =
	    grown(result->ctx, result->parts, result->part_count, sizeof(*parts), err);
	signet_status status;

	if (parts == NULL) {
		signet_result_free(&part);
		return SIGNET_E_MEMORY;
	}
	result->parts = parts;
	parts[result->part_count].result = part;
	status = sn_strdup(result->ctx, path, &parts[result->part_count].path, err);
	result->part_count++;
	return status;
}

signet_status sn_result_add_name(signet_result *result, sn_name_list *list, const char *name,
    size_t size, signet_error *err)
{
	char **names = grown(result->ctx, list->names, list->count, sizeof(*names), err);

	if (names == NULL)
		return SIGNET_E_MEMORY;
	list->names = names;
	return sn_strndup(result->ctx, name, size, &names[list->count++], err);
}

signet_status sn_result_add_change(signet_result *result, const char *name, const char *outer,
    const char *inner, signet_error *err)
{
	sn_header_change *changes =
	    grown(result->ctx, result->changes, result->change_count, sizeof(*changes), err);
	sn_header_change *change;
	signet_status status;

	if (changes == NULL)
		return SIGNET_E_MEMORY;
	result->changes = changes;
	change = &changes[result->change_count++];
	status = sn_strdup(result->ctx, name, &change->name, err);
	if (status == SIGNET_OK)
		status = sn_strdup(result->ctx, outer, &change->outer, err);
	if (status == SIGNET_OK)
		status = sn_strdup(result->ctx, inner, &change->inner, err);
	return status;
}

signet_status sn_result_add_field(signet_result *result, const char *name, size_t size,
    sn_field_state state, signet_error *err)
{
	sn_field_result *fields =
	    grown(result->ctx, result->fields, result->field_count, sizeof(*fields), err);

	if (fields == NULL)
		return SIGNET_E_MEMORY;
	result->fields = fields;
	fields[result->field_count].state = state;
	return sn_strndup(result->ctx, name, size, &fields[result->field_count++].name, err);
}

static bool is_told(const signet_result *result, int layer, const char *code)
{
	for (size_t i = 0; i < result->problem_count; i++)
		if (result->problems[i].layer == layer && strcmp(result->problems[i].code, code) == 0)
			return true;
	return false;
}

signet_status sn_result_problem(signet_result *result, int layer, const char *code,
    signet_error *err, const char *format, ...)
{
	char text[512];
	sn_problem *problems;
	va_list args;

	if (is_told(result, layer, code))
		return SIGNET_OK;
	problems = grown(result->ctx, result->problems, result->problem_count, sizeof(*problems), err);
	if (problems == NULL)
		return SIGNET_E_MEMORY;
	result->problems = problems;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	problems[result->problem_count].code = code;
	problems[result->problem_count].layer = layer;
	return sn_strdup(result->ctx, text, &problems[result->problem_count++].text, err);
}

signet_status sn_result_problem_arg(signet_result *result, const char *name, const char *value,
    signet_error *err)
{
	sn_problem *problem = &result->problems[result->problem_count - 1];

	if (problem->arg_count == SN_PROBLEM_ARGS)
		return SIGNET_OK;
	problem->args[problem->arg_count].name = name;
	return sn_strdup(result->ctx, value, &problem->args[problem->arg_count++].value, err);
}

bool sn_result_has_problem(const signet_result *result, const char *code)
{
	for (size_t i = 0; i < result->problem_count; i++)
		if (strcmp(result->problems[i].code, code) == 0)
			return true;
	return false;
}

static void clear_layer(const signet_context *ctx, sn_layer_result *layer)
{
	for (size_t i = 0; i < layer->signer_count; i++) {
		signet_cert_unref(&layer->signers[i].cert);
		sn_free(ctx, layer->signers[i].issuer);
		sn_free(ctx, layer->signers[i].serial);
	}
	for (size_t i = 0; i < layer->recipient_count; i++) {
		sn_free(ctx, layer->recipients[i].id);
		sn_free(ctx, layer->recipients[i].algorithm);
	}
	sn_free(ctx, layer->signers);
	sn_free(ctx, layer->recipients);
	sn_free(ctx, layer->algorithm_text);
}

static void clear_problem(const signet_context *ctx, sn_problem *problem)
{
	for (size_t i = 0; i < problem->arg_count; i++)
		sn_free(ctx, problem->args[i].value);
	sn_free(ctx, problem->text);
}

static void clear_names(const signet_context *ctx, sn_name_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		sn_free(ctx, list->names[i]);
	sn_free(ctx, list->names);
}

static void clear_headers(signet_result *result)
{
	const signet_context *ctx = result->ctx;

	clear_names(ctx, &result->protected_names);
	clear_names(ctx, &result->hidden_names);
	clear_names(ctx, &result->legacy_parts);
	for (size_t i = 0; i < result->field_count; i++)
		sn_free(ctx, result->fields[i].name);
	sn_free(ctx, result->fields);
	for (size_t i = 0; i < result->change_count; i++) {
		sn_free(ctx, result->changes[i].name);
		sn_free(ctx, result->changes[i].outer);
		sn_free(ctx, result->changes[i].inner);
	}
	sn_free(ctx, result->changes);
}

static void clear_harvest(signet_result *result)
{
	sn_free(result->ctx, result->harvest_address);
	signet_cert_unref(&result->harvest_cert);
	signet_cert_unref(&result->harvest_encryption_cert);
	signet_cert_list_free(&result->harvest_chain);
	sn_free(result->ctx, result->harvest_capabilities);
}

/* Parts have no parts of their own, so this goes one level deep and no further. */
void signet_result_free(signet_result **result_ptr)
{
	signet_result *result = *result_ptr;
	signet_context *ctx;

	*result_ptr = NULL;
	if (result == NULL)
		return;
	ctx = result->ctx;
	for (size_t i = 0; i < result->layer_count; i++)
		clear_layer(ctx, &result->layers[i]);
	for (size_t i = 0; i < result->problem_count; i++)
		clear_problem(ctx, &result->problems[i]);
	for (size_t i = 0; i < result->part_count; i++) {
		sn_free(ctx, result->parts[i].path);
		signet_result_free(&result->parts[i].result);
	}
	clear_headers(result);
	clear_harvest(result);
	sn_free(ctx, result->layers);
	sn_free(ctx, result->problems);
	sn_free(ctx, result->parts);
	sn_free(ctx, result->summary);
	sn_free(ctx, result->from);
	sn_free(ctx, result->from_outer);
	sn_free(ctx, result);
	sn_context_unref(&ctx);
}
