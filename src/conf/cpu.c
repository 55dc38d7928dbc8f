/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The processor as a kind of definition, and its rules, which are a domain's as well.
 */
#include "config.h"
#include "conf/cpu.h"

#include <string.h>

#include "conf/cpu-format.h" /* the rules that cpu.fmt names: rule_NAME() */
#include "conf/domain-rules.h"
#include "conf/schema.h"
#include "conf/value.h"
#include "conf/xml.h"

static const char only_host[] = "host";

static const char *const files[] = SCHEMA_FILES("cpu.rng");

const struct def_kind *def_kind_cpu(void)
{
	static struct schema schema = SCHEMA(files);
	static const struct def_kind kind = {.root = "cpu",
										 .what = "(CPU_definition)",
										 .own_root = true,
										 .error_domain = FROM_CPU,
										 .format = format_cpu,
										 .schema = &schema};

	return &kind;
}

const struct def_kind *def_kind_host_cpu(void)
{
	static struct schema schema = SCHEMA(files);
	static const struct def_kind kind = {.root = "cpu",
										 .what = "(CPU_definition)",
										 .own_root = true,
										 .error_domain = FROM_CPU,
										 .data = only_host,
										 .format = format_cpu,
										 .schema = &schema};

	return &kind;
}

struct def *cpu_def_new(const char *model)
{
	CLEANUP(cleanup_def) struct def *def = calloc(1, sizeof *def);
	struct node *n;

	if (!def) {
		error_oom();
		return NULL;
	}
	def->kind = def_kind_cpu();
	if (!(def->root = node_new(format_cpu(), NULL)) || node_set(def->root, "mode", "custom") < 0 ||
		node_set(def->root, "match", "exact") < 0 || !(n = node_add(def->root, "model")) ||
		node_set(n, "fallback", "allow") < 0 || node_set_text(n, model) < 0)
		return NULL;
	return steal(&def);
}

/* Of a host's processor some attributes must not be said. */
int rule_cpu_kind(struct conf *c, struct node *n)
{
	struct node *arch = node_child(n, "arch");
	CLEANUP_FREE char *match = xml_attr(n->in, "match"), *mode = xml_attr(n->in, "mode");
	CLEANUP_FREE char *migratable = xml_attr(n->in, "migratable");

	if (!arch && c->data != only_host)
		return 0;
	if (match && c->data != only_host)
		return error_set(FROM_CPU, ERR_XML_ERROR,
						 "'arch' element cannot be used inside 'cpu' element with 'match' "
						 "attribute'");
	if (mode)
		return error_set(FROM_CPU, ERR_CONFIG_UNSUPPORTED,
						 "Attribute mode is only allowed for guest CPU");
	if (migratable)
		return error_set(FROM_CPU, ERR_CONFIG_UNSUPPORTED,
						 "Attribute migratable is only allowed for 'host-passthrough' / 'maximum' "
						 "CPU mode");
	if (!arch || !arch->text)
		return error_set(FROM_CPU, ERR_XML_ERROR, "Missing CPU architecture");
	if (!value_is_arch(arch->text))
		return error_set(FROM_CPU, ERR_CONFIG_UNSUPPORTED, "Unknown architecture %s", arch->text);
	return 0;
}

int rule_cpu_migratable(struct conf *c, struct node *n)
{
	(void)c;
	if (node_attr(n, "migratable") && !is(n, "mode", "host-passthrough") &&
		!is(n, "mode", "maximum"))
		return error_set(
			FROM_CPU, ERR_CONFIG_UNSUPPORTED,
			"Attribute migratable is only allowed for 'host-passthrough' / 'maximum' CPU "
			"mode");
	return 0;
}

int rule_cpu_model(struct conf *c, struct node *n)
{
	const struct node *model = node_child(n, "model"), *vendor = node_child(n, "vendor");
	const char *vendor_id = node_attr(model, "vendor_id");

	(void)c;
	if (vendor_id && strlen(vendor_id) != 12)
		return error_set(FROM_CPU, ERR_XML_ERROR, "vendor_id must be exactly %d characters long",
						 12);
	if (vendor_id && strchr(vendor_id, ','))
		return error_set(FROM_CPU, ERR_XML_ERROR, "vendor id is invalid");
	if (vendor && vendor->text && !(model && model->text))
		return error_set(FROM_CPU, ERR_XML_ERROR, "CPU vendor specified without CPU model");
	return 0;
}

int rule_cpu_features(struct conf *c, struct node *n)
{
	const struct node *model = node_child(n, "model");

	(void)c;
	if (node_child(n, "feature") && is(n, "mode", "custom") && !(model && model->text))
		return error_set(FROM_CPU, ERR_XML_ERROR,
						 "Non-empty feature list specified without CPU model");
	NODE_EACH(f, n, "feature")
	{
		if (!*node_attr(f, "name"))
			return error_set(FROM_CPU, ERR_XML_ERROR, "Invalid CPU feature name");
		if (domain_earlier(f, "name"))
			return error_set(FROM_CPU, ERR_XML_ERROR, "CPU feature '%s' specified more than once",
							 node_attr(f, "name"));
	}
	return 0;
}

int rule_cpu_cache(struct conf *c, struct node *n)
{
	long long level = node_attr_num(n, "level", 1);

	(void)c;
	return level < 1 || level > 3 ? error_set(FROM_CPU, ERR_XML_ERROR,
											  "invalid CPU cache level, must be in range [1,3]")
								  : 0;
}
