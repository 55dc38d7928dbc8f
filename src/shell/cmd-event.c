/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Waiting for events of domains. Every type has its own words, which are virsh's.
 */
#include "config.h"

#include "domain.h"
#include "event.h"
#include "output.h"
#include "table.h"
#include "typed.h"

#include <stddef.h>
#include <stdlib.h>

/* The word of a number that a host sent. */
static const char *pick(const char *const *words, size_t n, int which, const char *otherwise)
{
	return which >= 0 && (size_t)which < n ? words[which] : otherwise;
}

#define WORD_OR(otherwise_, which_, ...)                                                           \
	pick((const char *const[]){__VA_ARGS__},                                                       \
		 sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), which_, otherwise_)
#define WORD(which_, ...) WORD_OR("unknown", which_, __VA_ARGS__)

static const char *lifecycle_detail(int event, int detail)
{
	switch (event) {
	case RVIRT_DOMAIN_EVENT_DEFINED:
		return WORD(detail, "Added", "Updated", "Renamed", "Snapshot");
	case RVIRT_DOMAIN_EVENT_UNDEFINED:
		return WORD(detail, "Removed", "Renamed");
	case RVIRT_DOMAIN_EVENT_STARTED:
		return WORD(detail, "Booted", "Migrated", "Restored", "Snapshot", "Event wakeup");
	case RVIRT_DOMAIN_EVENT_SUSPENDED:
		return WORD(detail, "Paused", "Migrated", "I/O Error", "Watchdog", "Restored", "Snapshot",
					"API error", "Post-copy", "Post-copy Error");
	case RVIRT_DOMAIN_EVENT_RESUMED:
		return WORD(detail, "Unpaused", "Migrated", "Snapshot", "Post-copy", "Post-copy Error");
	case RVIRT_DOMAIN_EVENT_STOPPED:
		return WORD(detail, "Shutdown", "Destroyed", "Crashed", "Migrated", "Saved", "Failed",
					"Snapshot");
	case RVIRT_DOMAIN_EVENT_SHUTDOWN:
		return WORD(detail, "Finished", "Finished after guest request",
					"Finished after host request");
	case RVIRT_DOMAIN_EVENT_PMSUSPENDED:
		return WORD(detail, "Memory", "Disk");
	case RVIRT_DOMAIN_EVENT_CRASHED:
		return WORD(detail, "Panicked", "Crashloaded");
	}
	return "unknown";
}

static char *lifecycle_text(int event, int detail)
{
	return shell_printf(": %s %s",
						WORD(event, "Defined", "Undefined", "Started", "Suspended", "Resumed",
							 "Stopped", "Shutdown", "PMSuspended", "Crashed"),
						lifecycle_detail(event, detail));
}

static const char *io_error_word(int action)
{
	return WORD(action, "none", "pause", "report");
}

static char *job_text(const char *disk, int type, int status)
{
	return shell_printf(": %s for %s %s",
						WORD_OR("Unknown job", type, "Unknown job", "Block Pull", "Block Copy",
								"Block Commit", "Active Block Commit", "Backup"),
						disk, WORD(status, "completed", "failed", "canceled", "ready"));
}

static const char *or_null(const char *text)
{
	return text ? text : "<null>";
}

/* text with a line "\tname" sign "value" after it; text is released. */
static char *add_line(char *text, const char *name, const char *sign, const char *value)
{
	char *more = shell_printf("%s\n\t%s%s%s", text, name, sign, value);

	free(text);
	return more;
}

static char *graphics_text(const struct rvirt_wire_domain_event_graphics_msg *m)
{
	char *text = shell_printf(": %s local[%s %s %s] remote[%s %s %s] %s",
							  WORD(m->phase, "connect", "initialize", "disconnect"),
							  WORD(m->local.family, "IPv4", "IPv6", "unix"), m->local.node,
							  m->local.service, WORD(m->remote.family, "IPv4", "IPv6", "unix"),
							  m->remote.node, m->remote.service, m->auth_scheme);

	for (uint32_t i = 0; i < m->n_subject; i++)
		text = add_line(text, m->subject[i].type, "=", m->subject[i].name);
	return text;
}

static char *param_value(const struct rvirt_wire_typed_param *p)
{
	if (p->value.type == RVIRT_TYPED_PARAM_BOOLEAN)
		return shell_strdup(p->value.u.b ? "1" : "0");
	if (p->value.type == RVIRT_TYPED_PARAM_DOUBLE)
		return shell_printf("%g", p->value.u.d);
	return typed_format(p);
}

static char *params_text(const struct rvirt_wire_typed_param *list, uint32_t n)
{
	char *text = shell_strdup(":");

	for (uint32_t i = 0; i < n; i++) {
		CLEANUP_FREE char *value = param_value(&list[i]);

		text = add_line(text, list[i].field, ": ", value);
	}
	return text;
}

static char *agent_text(int state, int reason)
{
	return shell_printf(
		": state: '%s' reason: '%s'",
		WORD_OR("unsupported value", state, "unknown", "connected", "disconnected"),
		WORD_OR("unsupported value", reason, "unknown", "domain started", "channel event"));
}

static char *failure_text(int recipient, int action, unsigned flags)
{
	return shell_printf(
		":\nrecipient: %s\naction: %s\nflags:\n\taction required: %d\n\trecursive: %d",
		WORD_OR("unsupported value", recipient, "hypervisor", "guest"),
		WORD_OR("unsupported value", action, "ignore", "inject", "fatal", "reset"),
		(flags & RVIRT_DOMAIN_MEMORY_FAILURE_ACTION_REQUIRED) != 0,
		(flags & RVIRT_DOMAIN_MEMORY_FAILURE_RECURSIVE) != 0);
}

/* The describe function of a type: its message (what an old host sends alone, and others after the
 * callback's number), the domain in it, the text of the message m. */
#define DESCRIBE(name_, msg_, dom_, text_)                                                         \
	static const char *describe_##name_(const void *msg, char buf[37], char **ret_text)            \
	{                                                                                              \
		const struct rvirt_wire_domain_event_##msg_##_msg *m = msg;                                \
                                                                                                   \
		(void)buf;                                                                                 \
		*ret_text = text_;                                                                         \
		return m->dom_.name;                                                                       \
	}

DESCRIBE(lifecycle, lifecycle, dom, lifecycle_text(m->event, m->detail))
DESCRIBE(reboot, reboot, dom, NULL)
DESCRIBE(rtc_change, rtc_change, dom, shell_printf(": %lld", (long long)m->offset))
DESCRIBE(watchdog, watchdog, dom,
		 shell_printf(": %s", WORD(m->action, "none", "pause", "reset", "poweroff", "shutdown",
								   "debug", "inject-nmi")))
DESCRIBE(io_error, io_error, dom,
		 shell_printf(": %s (%s) %s", m->src_path, m->dev_alias, io_error_word(m->action)))
DESCRIBE(graphics, graphics, dom, graphics_text(m))
DESCRIBE(io_error_reason, io_error_reason, dom,
		 shell_printf(": %s (%s) %s due to %s", m->src_path, m->dev_alias, io_error_word(m->action),
					  m->reason))
DESCRIBE(control_error, control_error, dom, NULL)
DESCRIBE(block_job, block_job, dom, job_text(m->path, m->type, m->status))
DESCRIBE(disk_change, disk_change, dom,
		 shell_printf(" disk %s: %s -> %s: %s", m->dev_alias, or_null(m->old_src_path),
					  or_null(m->new_src_path), WORD(m->reason, "changed", "dropped")))
DESCRIBE(tray_change, tray_change, dom,
		 shell_printf(" disk %s: %s", m->dev_alias, WORD(m->reason, "opened", "closed")))
DESCRIBE(pm_wakeup, pmwakeup, dom, NULL)
DESCRIBE(pm_suspend, pmsuspend, dom, NULL)
DESCRIBE(balloon_change, balloon_change, dom,
		 shell_printf(": %lluKiB", (unsigned long long)m->actual))
DESCRIBE(pm_suspend_disk, pmsuspend_disk, dom, NULL)
DESCRIBE(device_removed, device_removed, dom, shell_printf(": %s", m->dev_alias))
DESCRIBE(block_job_2, block_job_2, dom, job_text(m->dst, m->type, m->status))
DESCRIBE(tunable, callback_tunable, dom, params_text(m->params, m->n_params))
DESCRIBE(agent_lifecycle, callback_agent_lifecycle, dom, agent_text(m->state, m->reason))
DESCRIBE(device_added, callback_device_added, dom, shell_printf(": %s", m->dev_alias))
DESCRIBE(migration_iteration, callback_migration_iteration, dom,
		 shell_printf(": iteration: '%d'", m->iteration))
DESCRIBE(job_completed, callback_job_completed, dom, params_text(m->params, m->n_params))
DESCRIBE(device_removal_failed, callback_device_removal_failed, dom,
		 shell_printf(": %s", m->dev_alias))
DESCRIBE(metadata_change, callback_metadata_change, dom,
		 shell_printf(": type %s, uri %s",
					  WORD_OR("unsupported value", m->type, "description", "title", "element"),
					  or_null(m->nsuri)))
DESCRIBE(block_threshold, block_threshold, dom,
		 shell_printf(": dev: %s(%s) %llu %llu", m->dev, or_null(m->path),
					  (unsigned long long)m->threshold, (unsigned long long)m->excess))
DESCRIBE(memory_failure, memory_failure, dom, failure_text(m->recipient, m->action, m->flags))
DESCRIBE(memory_device_size_change, memory_device_size_change, dom,
		 shell_printf(":\nalias: %s\nsize: %llu", m->alias, (unsigned long long)m->size))

/* A type that old hosts have too. */
#define OLD_TYPE(name_, proc_, msg_, fn_)                                                          \
	{                                                                                              \
		name_, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_##proc_, describe_##fn_,                           \
			RVIRT_PROC_DOMAIN_EVENT_##proc_,                                                       \
			offsetof(struct rvirt_wire_domain_event_callback_##msg_##_msg, msg)                    \
	}

static const struct event_type types[] = {
	OLD_TYPE("lifecycle", LIFECYCLE, lifecycle, lifecycle),
	OLD_TYPE("reboot", REBOOT, reboot, reboot),
	OLD_TYPE("rtc-change", RTC_CHANGE, rtc_change, rtc_change),
	OLD_TYPE("watchdog", WATCHDOG, watchdog, watchdog),
	OLD_TYPE("io-error", IO_ERROR, io_error, io_error),
	OLD_TYPE("graphics", GRAPHICS, graphics, graphics),
	OLD_TYPE("io-error-reason", IO_ERROR_REASON, io_error_reason, io_error_reason),
	OLD_TYPE("control-error", CONTROL_ERROR, control_error, control_error),
	OLD_TYPE("block-job", BLOCK_JOB, block_job, block_job),
	OLD_TYPE("disk-change", DISK_CHANGE, disk_change, disk_change),
	OLD_TYPE("tray-change", TRAY_CHANGE, tray_change, tray_change),
	OLD_TYPE("pm-wakeup", PMWAKEUP, pmwakeup, pm_wakeup),
	OLD_TYPE("pm-suspend", PMSUSPEND, pmsuspend, pm_suspend),
	OLD_TYPE("balloon-change", BALLOON_CHANGE, balloon_change, balloon_change),
	OLD_TYPE("pm-suspend-disk", PMSUSPEND_DISK, pmsuspend_disk, pm_suspend_disk),
	OLD_TYPE("device-removed", DEVICE_REMOVED, device_removed, device_removed),
	{"block-job-2", RVIRT_PROC_DOMAIN_EVENT_BLOCK_JOB_2, describe_block_job_2},
	{"tunable", RVIRT_PROC_DOMAIN_EVENT_CALLBACK_TUNABLE, describe_tunable},
	{"agent-lifecycle", RVIRT_PROC_DOMAIN_EVENT_CALLBACK_AGENT_LIFECYCLE, describe_agent_lifecycle},
	{"device-added", RVIRT_PROC_DOMAIN_EVENT_CALLBACK_DEVICE_ADDED, describe_device_added},
	{"migration-iteration", RVIRT_PROC_DOMAIN_EVENT_CALLBACK_MIGRATION_ITERATION,
	 describe_migration_iteration},
	{"job-completed", RVIRT_PROC_DOMAIN_EVENT_CALLBACK_JOB_COMPLETED, describe_job_completed},
	{"device-removal-failed", RVIRT_PROC_DOMAIN_EVENT_CALLBACK_DEVICE_REMOVAL_FAILED,
	 describe_device_removal_failed},
	{"metadata-change", RVIRT_PROC_DOMAIN_EVENT_CALLBACK_METADATA_CHANGE, describe_metadata_change},
	{"block-threshold", RVIRT_PROC_DOMAIN_EVENT_BLOCK_THRESHOLD, describe_block_threshold},
	{"memory-failure", RVIRT_PROC_DOMAIN_EVENT_MEMORY_FAILURE, describe_memory_failure},
	{"memory-device-size-change", RVIRT_PROC_DOMAIN_EVENT_MEMORY_DEVICE_SIZE_CHANGE,
	 describe_memory_device_size_change},
	{NULL}};

static int event_run_domain(struct shell *sh, const struct invocation *in)
{
	static const struct event_class c = {
		"domain", types, RVIRT_PROC_CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY,
		RVIRT_PROC_CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY, .is_domain = true};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	bool one = args_given(in, "domain");
	int rc;

	if (args_exclusive(sh, in, "all", "event") < 0 || args_exclusive(sh, in, "list", "all") < 0 ||
		args_exclusive(sh, in, "list", "event") < 0)
		return -1;
	if ((rc = event_prepare(sh, in, &c)) <= 0)
		return rc;
	if (one && domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	return event_run(sh, in, &c, one ? &dom : NULL);
}

static void event_complete_domain(struct shell *sh, const struct invocation *in, unsigned what,
								  struct strings *to)
{
	(void)sh;
	(void)in;
	(void)what;
	event_complete(types, to);
}

static const struct arg event_args[] = {
	{"domain", ARG_STRING, "only events of this domain (name, id or UUID)", 0, domain_complete, 0},
	ARG_EVENT(event_complete_domain),
	{"all", ARG_BOOL, "events of every type"},
	ARGS_EVENT_WAIT,
	{NULL},
};

const struct cmd *cmd_event_rows(void)
{
	static const struct cmd rows[] = {
		{"event", "domain", "wait for events of domains",
		 "Waits for an event of a domain, or lists the types.", event_args, 0, event_run_domain},
		{NULL},
	};

	return rows;
}
