/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Arguments of calls that every driver of domains reads in the same way.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/domains/domains.h"
#include "drivers/domains/limits.h"

#include <string.h>

int domain_check_cpu_stats(const struct rvirt_wire_domain_get_cpu_stats_args *args)
{
	enum { STATS_NCPUS_MAX = 128 };
	static const char function[] = "virDomainGetCPUStats";

	if (args->nparams > DOMAIN_PARAMS_MAX)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "nparams too large");
	if (args->ncpus > STATS_NCPUS_MAX)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "ncpus too large");
	if (args->start_cpu < -1)
		return args_not_negative(args->start_cpu, "start_cpu", function);
	if (args->start_cpu == -1 && args->ncpus != 1)
		return args_refuse(FROM_DOMAIN, function, "start_cpu",
						   "ncpus must be 1 when start_cpu is -1");
	return args->nparams ? args_there(args->ncpus ? args : NULL, "params", function) : 0;
}

int domain_read_lifecycle(unsigned type, unsigned action, const char **ret_event,
						  const char **ret_action)
{
	static const char *const actions[] = {"destroy",  "restart",          "rename-restart",
										  "preserve", "coredump-destroy", "coredump-restart"};
	static const char *const events[] = {"on_poweroff", "on_reboot", "on_crash"};
	enum { N_ACTIONS = 6, N_EVENTS = 3, EVENT_CRASH = 2, FIRST_COREDUMP_ACTION = 4 };

	if (type >= N_EVENTS)
		return error_set(FROM_DOMAIN, ERR_INVALID_ARG, "invalid lifecycle type '%u'", type);
	if (action >= N_ACTIONS)
		return error_set(FROM_DOMAIN, ERR_INVALID_ARG, "invalid lifecycle action '%u'", action);
	*ret_event = events[type];
	*ret_action = actions[action];
	if (action < FIRST_COREDUMP_ACTION || type == EVENT_CRASH)
		return 0;
	return error_set(FROM_DOMAIN, ERR_CONFIG_UNSUPPORTED,
					 "Lifecycle event '%s' doesn't support '%s' action",
					 events[type] + strlen("on_"), actions[action]);
}

int domain_change_max_memory(struct domain_def *def, unsigned long long kib, int error_domain)
{
	enum error_domain from = (enum error_domain)error_domain;

	if (node_child(def->root, "cpu/numa/cell"))
		return error_set(from, ERR_OPERATION_INVALID,
						 "initial memory size of a domain with NUMA nodes cannot be modified with "
						 "this API");
	if (def->max_memory && def->max_memory < kib)
		return error_set(from, ERR_OPERATION_INVALID,
						 "cannot set initial memory size greater than the maximum memory size");
	return domain_def_set_memory(def, kib);
}
