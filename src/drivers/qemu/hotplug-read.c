/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A device is read together with the whole definition that it comes to: what it gets by default and
 * where it has its place follow from the others.
 */
#include "config.h"
#include "drivers/qemu/hotplug.h"

#include "base/buf.h"
#include "conf/xml.h"
#include "drivers/qemu/define.h"
#include "drivers/qemu/device.h"

#include <string.h>
#include <strings.h>

xmlDoc *hotplug_parse(const char *xml)
{
	return xml_parse(xml, "(device_definition)", NULL, FROM_XML);
}

static const char *name_of(xmlDoc *device)
{
	return (const char *)xmlDocGetRootElement(device)->name;
}

static char *attr_of(xmlDoc *device, const char *child, const char *attr)
{
	return xml_attr(xml_child(xmlDocGetRootElement(device), child), attr);
}

/* The definition's document with the element in it; owned by the caller. Only that element is
 * taken over, whatever else stood around it. */
static char *join(const struct domain_def *base, xmlDoc *device)
{
	static const char end[] = "\n  </devices>";
	CLEANUP_FREE char *xml = domain_def_format(base, DOMAIN_FORMAT_SECURE | DOMAIN_FORMAT_INACTIVE);
	CLEANUP_BUF struct buf b = {0};
	const char *at = NULL;

	if (!xml)
		return NULL;
	for (const char *p = xml; (p = strstr(p, end)); p++)
		at = p;
	if (!at) {
		error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "the definition has no devices");
		return NULL;
	}
	if (buf_add(&b, xml, (size_t)(at - xml)) < 0 || buf_puts(&b, "\n    ") < 0 ||
		xml_write(&b, xmlDocGetRootElement(device), 4) < 0 || buf_puts(&b, at) < 0)
		return NULL;
	return buf_steal_text(&b);
}

static int unlocked_define(struct vm *vm, const char *xml, struct domain_def **ret)
{
	int r;

	vm_unlocked(vm);
	r = qemu_define(vm->qemu->caps, xml, 0, ret, NULL);
	vm_locked(vm);
	return r;
}

int hotplug_read(struct vm *vm, const struct domain_def *base, xmlDoc *device,
				 struct domain_def **ret_def, struct node **ret_device)
{
	const char *name = name_of(device);
	CLEANUP_FREE char *target = attr_of(device, "target", "dev");
	CLEANUP_FREE char *xml = join(base, device);
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
	size_t n = node_count(node_child(base->root, "devices"), name);

	if (!xml || unlocked_define(vm, xml, &def) < 0)
		return -1;
	if (node_count(node_child(def->root, "devices"), name) != n + 1)
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED, "a device <%s> can't be added", name);
	/* disks are sorted, others stand behind those of their name */
	*ret_device = strcmp(name, "disk") == 0 && target ? domain_def_find_device(def, name, target)
													  : domain_def_device(def, name, n);
	if (!*ret_device)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "the device is not in its definition");
	*ret_def = steal(&def);
	return 0;
}

/* -- finding -- */

/* All that the element says is said by the node too. */
static bool agrees(const struct node *n, const xmlNode *wish)
{
	for (const xmlAttr *a = wish->properties; a; a = a->next) {
		CLEANUP_FREE char *value = xml_attr(wish, (const char *)a->name);
		const char *own = node_attr(n, (const char *)a->name);

		if (!value || !own || strcasecmp(own, value) != 0)
			return false;
	}
	for (const xmlNode *c = wish->children; c; c = c->next) {
		bool found = false;

		/* a name that a device has only while it runs */
		if (c->type != XML_ELEMENT_NODE || (xml_is(c, "alias") && !node_child(n, "alias")))
			continue;
		NODE_EACH(own, n, (const char *)c->name)
		{
			found = found || agrees(own, c);
		}
		if (!found)
			return false;
	}
	return true;
}

static struct node *find_disk(const struct domain_def *def, xmlDoc *device)
{
	CLEANUP_FREE char *target = attr_of(device, "target", "dev");

	NODE_EACH(disk, node_child(def->root, "devices"), "disk")
	{
		if (text_is(child_attr(disk, "target", "dev"), target ? target : ""))
			return disk;
	}
	error_set(FROM_QEMU, ERR_DEVICE_MISSING, "disk %s not found", target ? target : "");
	return NULL;
}

/* Of an interface only what tells it from others counts. */
static bool is_meant(const struct node *n, const xmlNode *wish)
{
	static const char *const keys[] = {"mac", "alias", "address"};

	if (!is_called(n, "interface"))
		return agrees(n, wish);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		const xmlNode *key = xml_child(wish, keys[i]);

		if (key && xml_is(key, "alias") && !node_child(n, "alias"))
			continue;
		if (key && (!node_child(n, keys[i]) || !agrees(node_child(n, keys[i]), key)))
			return false;
	}
	return true;
}

static struct node *find_graphics(const struct domain_def *def, xmlDoc *device)
{
	CLEANUP_FREE char *type = xml_attr(xmlDocGetRootElement(device), "type");

	NODE_EACH(n, node_child(def->root, "devices"), "graphics")
	{
		if (is(n, "type", type ? type : ""))
			return n;
	}
	error_set(FROM_QEMU, ERR_DEVICE_MISSING,
			  "cannot find existing graphics device to modify of type '%s'", type ? type : "");
	return NULL;
}

struct node *hotplug_find(const struct domain_def *def, xmlDoc *device)
{
	const xmlNode *wish = xmlDocGetRootElement(device);
	CLEANUP_FREE char *mac = attr_of(device, "mac", "address");
	struct node *found = NULL;

	if (strcmp(name_of(device), "disk") == 0)
		return find_disk(def, device);
	if (strcmp(name_of(device), "graphics") == 0)
		return find_graphics(def, device);
	NODE_EACH(n, node_child(def->root, "devices"), name_of(device))
	{
		if (!is_meant(n, wish))
			continue;
		if (found) {
			error_set(FROM_QEMU, ERR_OPERATION_FAILED, "multiple devices matching %s found",
					  mac ? mac : name_of(device));
			return NULL;
		}
		found = n;
	}
	if (!found && mac && strcmp(name_of(device), "interface") == 0)
		error_set(FROM_QEMU, ERR_DEVICE_MISSING, "no device matching MAC address %s found", mac);
	else if (!found)
		error_set(FROM_QEMU, ERR_DEVICE_MISSING, "no matching <%s> device was found",
				  name_of(device));
	return found;
}
