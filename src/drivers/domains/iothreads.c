/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The list of I/O threads of a definition.
 */
#include "config.h"
#include "drivers/domains/threads.h"

#include "base/error.h"

enum { IOTHREADS_MAX = 16384 };

struct node *domain_iothread(const struct domain_def *def, unsigned id)
{
	NODE_EACH(t, node_child(def->root, "iothreadids"), "iothread")
	{
		if (node_attr_num(t, "id", 0) == (long long)id)
			return t;
	}
	return NULL;
}

/* Brings <iothreads> in line with the list. */
static int count_threads(struct domain_def *def)
{
	struct node *list = node_child(def->root, "iothreadids"), *count;
	size_t n = node_count(list, "iothread");

	if (!n) {
		node_remove_all(def->root, "iothreadids");
		node_remove_all(def->root, "iothreads");
		return 0;
	}
	count = node_need(def->root, "iothreads");
	return count ? node_set_textf(count, "%zu", n) : -1;
}

int domain_add_iothread(struct domain_def *def, unsigned id, int error_domain)
{
	struct node *list = node_child(def->root, "iothreadids"), *t;

	if (domain_iothread(def, id))
		return error_set(FROM_DOMAIN, ERR_INVALID_ARG,
						 "an IOThread is already using iothread_id '%u'", id);
	if (node_count(list, "iothread") >= IOTHREADS_MAX)
		return error_set((enum error_domain)error_domain, ERR_OPERATION_INVALID,
						 "more than %d iothreads", IOTHREADS_MAX);
	if (!(list = node_need(def->root, "iothreadids")) || !(t = node_add(list, "iothread")) ||
		node_setf(t, "id", "%u", id) < 0)
		return -1;
	list->show &= ~(unsigned)SHOW_NEVER;
	return count_threads(def);
}

int domain_check_iothread(const struct domain_def *def, unsigned id)
{
	if (domain_iothread(def, id))
		return 0;
	return error_set(FROM_DOMAIN, ERR_INVALID_ARG, "cannot find IOThread '%u' in iothreadids list",
					 id);
}

static void drop_pin(struct domain_def *def, unsigned id)
{
	struct node *tune = node_child(def->root, "cputune");

	NODE_EACH(pin, tune, "iothreadpin")
	{
		if (node_attr_num(pin, "iothread", 0) != (long long)id)
			continue;
		node_remove(pin);
		if (!tune->children)
			node_remove(tune);
		return;
	}
}

int domain_delete_iothread(struct domain_def *def, unsigned id)
{
	struct node *t = domain_iothread(def, id);

	if (domain_check_iothread(def, id) < 0)
		return -1;
	/* those behind no longer have the ids that their number alone gives them */
	if (node_next(t))
		t->parent->show &= ~(unsigned)SHOW_NEVER;
	node_remove(t);
	drop_pin(def, id);
	return count_threads(def);
}
