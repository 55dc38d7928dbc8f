/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who comes to look at a machine's screen, and leaves.
 */
#include "config.h"
#include "drivers/qemu/event.h"

#include <string.h>

/* Copies a text, missing being empty. */
static char *copy(const json_t *object, const char *key)
{
	const char *text = qmp_text(object, key);

	return strdup(text ? text : "");
}

static struct rvirt_wire_domain_event_graphics_address address(const json_t *side)
{
	const char *family = qmp_text(side, "family");
	const char *port_key = qmp_text(side, "service") ? "service" : "port";

	return (struct rvirt_wire_domain_event_graphics_address){
		.family = !family || strcmp(family, "ipv4") == 0 ? RVIRT_DOMAIN_EVENT_GRAPHICS_ADDRESS_IPV4
				  : strcmp(family, "ipv6") == 0          ? RVIRT_DOMAIN_EVENT_GRAPHICS_ADDRESS_IPV6
														 : RVIRT_DOMAIN_EVENT_GRAPHICS_ADDRESS_UNIX,
		.node = copy(side, "host"),
		.service = copy(side, port_key),
	};
}

/* Who it says to be. */
static void add_subject(struct rvirt_wire_domain_event_graphics_msg *m, const char *type,
						const char *name)
{
	m->subject[m->n_subject].type = strdup(type);
	m->subject[m->n_subject++].name = strdup(name);
}

static void tell(struct vm *vm, const json_t *data, int phase)
{
	const json_t *server = json_object_get(data, "server"),
				 *client = json_object_get(data, "client");
	const char *x509 = qmp_text(client, "x509_dname"), *sasl = qmp_text(client, "sasl_username");
	struct rvirt_wire_domain_event_callback_graphics_msg m = {
		.msg = {
			.phase = phase,
			.local = address(server),
			.remote = address(client),
			.auth_scheme = copy(server, "auth"),
		}};

	m.msg.subject = calloc(2, sizeof *m.msg.subject);
	if (m.msg.subject && x509)
		add_subject(&m.msg, "x509dname", x509);
	if (m.msg.subject && sasl)
		add_subject(&m.msg, "saslUsername", sasl);
	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_GRAPHICS, &m, &m.msg.dom);
}

void event_graphics_connect(struct vm *vm, const json_t *data)
{
	tell(vm, data, RVIRT_DOMAIN_EVENT_GRAPHICS_CONNECT);
}

void event_graphics_initialize(struct vm *vm, const json_t *data)
{
	tell(vm, data, RVIRT_DOMAIN_EVENT_GRAPHICS_INITIALIZE);
}

void event_graphics_disconnect(struct vm *vm, const json_t *data)
{
	tell(vm, data, RVIRT_DOMAIN_EVENT_GRAPHICS_DISCONNECT);
}
