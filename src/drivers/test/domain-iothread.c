/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A domain's I/O threads: which there are stands in its definition; how they poll is only
 * remembered.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/domains/threads.h"
#include "drivers/params.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"
#include "conf/value.h"

#include <string.h>

enum { AFFECT = RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG, DEFAULT_POLL_NS = 32768 };

/* How a thread polls, made with the defaults if nobody has asked before; NULL with NO_MEMORY. */
static struct test_iothread *polling(struct domain *d, unsigned id)
{
	struct test_iothread *more;

	for (size_t i = 0; i < test_own(d)->n_iothreads; i++)
		if (test_own(d)->iothreads[i].id == id)
			return &test_own(d)->iothreads[i];
	if (!(more = realloc(test_own(d)->iothreads, (test_own(d)->n_iothreads + 1) * sizeof *more))) {
		error_oom();
		return NULL;
	}
	test_own(d)->iothreads = more;
	more[test_own(d)->n_iothreads] =
		(struct test_iothread){.id = id, .poll_max_ns = DEFAULT_POLL_NS};
	return &more[test_own(d)->n_iothreads++];
}

static void forget_polling(struct domain *d, unsigned id)
{
	for (size_t i = 0; i < test_own(d)->n_iothreads; i++) {
		if (test_own(d)->iothreads[i].id != id)
			continue;
		test_own(d)->n_iothreads--;
		memmove(&test_own(d)->iothreads[i], &test_own(d)->iothreads[i + 1],
				(test_own(d)->n_iothreads - i) * sizeof *test_own(d)->iothreads);
		return;
	}
}

int test_domain_add_iothread(struct driver_conn *conn,
							 const struct rvirt_wire_dom_iothread_id_flags_args *args)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	struct domain_def *def;

	if (args_flags(FROM_TEST, args->flags, AFFECT, "testDomainAddIOThread") < 0)
		return -1;
	if (!args->iothread_id)
		return error_set(FROM_TEST, ERR_INVALID_ARG, "invalid value of 0 for iothread_id");
	if (!(d = test_find(node, &args->dom)) || !(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	return domain_add_iothread(def, args->iothread_id, FROM_TEST) < 0 ||
				   !polling(d, args->iothread_id)
			   ? -1
			   : 0;
}

int test_domain_del_iothread(struct driver_conn *conn,
							 const struct rvirt_wire_dom_iothread_id_flags_args *args)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	struct domain_def *def;

	if (args_nonzero(args->iothread_id, "iothread_id", "virDomainDelIOThread") < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT, "testDomainDelIOThread") < 0 ||
		!(d = test_find(node, &args->dom)) ||
		args_exclusive(args->flags, "virDomainDelIOThread") < 0 ||
		!(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	if (domain_delete_iothread(def, args->iothread_id) < 0)
		return -1;
	forget_polling(d, args->iothread_id);
	return 0;
}

/* Where a thread may run: one that was not pinned, where the domain may, else on as many CPUs as
 * the domain has. */
static void thread_cpus(const struct domain_def *def, unsigned id, struct bits *ret)
{
	const char *set = domain_iothread_set(def, id);

	memset(ret, 0, sizeof *ret);
	if (set && bits_parse(set, ret) == 0)
		return;
	for (unsigned i = 0; i < def->vcpus && i < VALUE_SET_MAX; i++)
		bits_put(ret, (int)i, true);
}

int test_domain_get_iothread_info(struct driver_conn *conn,
								  const struct rvirt_wire_dom_flags_args *args,
								  struct rvirt_wire_domain_get_iothread_info_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct domain_def *def;
	const struct node *list;
	struct bits cpus;

	if (args_exclusive(args->flags, "virDomainGetIOThreadInfo") < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT, "testDomainGetIOThreadInfo") < 0 ||
		!(d = test_find(node, &args->dom)) || !(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	list = node_child(def->root, "iothreadids");
	if (!(ret->info = calloc(node_count(list, "iothread") + 1, sizeof *ret->info)))
		return error_oom();
	NODE_EACH(t, list, "iothread")
	{
		struct rvirt_wire_domain_iothread_info *info = &ret->info[ret->n_info];

		info->iothread_id = (unsigned)node_attr_num(t, "id", 0);
		thread_cpus(def, info->iothread_id, &cpus);
		if (domain_map_give(&cpus, &info->n_cpumap, &info->cpumap) < 0)
			return -1;
		ret->n_info++;
	}
	ret->count = ret->n_info;
	return 0;
}

int test_domain_pin_iothread(struct driver_conn *conn,
							 const struct rvirt_wire_domain_pin_iothread_args *args)
{
	static const char function[] = "virDomainPinIOThread";
	TEST_LOCKED(node, conn);
	CLEANUP_FREE char *set = domain_map_text(args->cpumap, args->n_cpumap);
	struct domain *d;
	struct domain_def *def;

	if (!set || args_there(args->n_cpumap ? args : NULL, "cpumap", function) < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT, "testDomainPinIOThread") < 0 ||
		!(d = test_find(node, &args->dom)) || args_exclusive(args->flags, function) < 0 ||
		!(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	if (!*set)
		return error_set(FROM_TEST, ERR_INVALID_ARG, "Empty iothread cpumap list for pinning");
	if (!domain_iothread(def, args->iothreads_id))
		return error_set(FROM_TEST, ERR_INVALID_ARG, "iothreadid %u not found", args->iothreads_id);
	return domain_pin_iothread(def, args->iothreads_id, set);
}

int test_domain_set_iothread_params(struct driver_conn *conn,
									const struct rvirt_wire_domain_set_iothread_params_args *args)
{
	static const struct param_rule rules[] = {{"poll_max_ns", RVIRT_TYPED_PARAM_ULLONG},
											  {"poll_grow", RVIRT_TYPED_PARAM_UINT},
											  {"poll_shrink", RVIRT_TYPED_PARAM_UINT},
											  {0}};
	TEST_LOCKED(node, conn);
	struct domain *d;
	struct domain_def *def;
	struct test_iothread *t;

	if (args_there(args->n_params ? args : NULL, "params", "virDomainSetIOThreadParams") < 0 ||
		args_flags(FROM_TEST, args->flags, RVIRT_DOMAIN_AFFECT_LIVE,
				   "testDomainSetIOThreadParams") < 0)
		return -1;
	if (!args->iothread_id)
		return error_set(FROM_TEST, ERR_INVALID_ARG, "invalid value of 0 for iothread_id");
	if (!(d = test_find(node, &args->dom)) || !(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	if (!domain_iothread(def, args->iothread_id))
		return error_set(FROM_TEST, ERR_INVALID_ARG, "cannot find IOThread '%u' in iothreadids",
						 args->iothread_id);
	if (params_check(args->params, args->n_params, rules) < 0 ||
		!(t = polling(d, args->iothread_id)))
		return -1;
	for (uint32_t i = 0; i < args->n_params; i++) {
		const struct rvirt_wire_typed_param *p = &args->params[i];

		if (p->value.type == RVIRT_TYPED_PARAM_ULLONG)
			t->poll_max_ns = p->value.u.ul;
		else if (strcmp(p->field, "poll_grow") == 0)
			t->poll_grow = p->value.u.ui;
		else
			t->poll_shrink = p->value.u.ui;
	}
	return 0;
}
