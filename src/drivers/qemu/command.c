/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The whole of a command line, in the order in which libvirt writes it, and what belongs to no
 * device: name, monitor, clock, what boots, sandbox.
 */
#include "config.h"
#include "drivers/qemu/command.h"

#include <stdlib.h>
#include <time.h>

#include "drivers/qemu/command-impl.h"

static void command_name(struct line *l)
{
	struct buf b = {0};

	opt(&b, "guest", l->def->name);
	opt(&b, "debug-threads", "on");
	line_buf(l, "-name", &b);
	line_add(l, "-S");
}

static void command_monitor(struct line *l)
{
	struct buf b = {0};

	buf_puts(&b, "socket");
	opt(&b, "id", "charmonitor");
	if (l->env->monitor_fd >= 0)
		optf(&b, "fd", "%d", l->env->monitor_fd);
	else
		opt(&b, "path", l->env->monitor_path);
	opt(&b, "server", "on");
	opt(&b, "wait", "off");
	line_buf(l, "-chardev", &b);
	line_addf(l, "-mon", "chardev=charmonitor,id=monitor,mode=control");
}

static const struct node *timer(const struct line *l, const char *name)
{
	NODE_EACH(t, node_child(l->root, "clock"), "timer")
	{
		if (is(t, "name", name))
			return t;
	}
	return NULL;
}

void command_clock(struct line *l)
{
	const struct node *clock = node_child(l->root, "clock"), *rtc = timer(l, "rtc");
	const struct node *pit = timer(l, "pit"), *hpet = timer(l, "hpet");
	const char *start = node_attr(clock, "start"), *offset = node_attr(clock, "offset");
	struct buf b = {0};

	if (start || text_is(offset, "variable")) {
		time_t at = start ? (time_t)strtoull(start, NULL, 10)
						  : time(NULL) + (time_t)node_attr_num(clock, "adjustment", 0);
		struct tm parts;
		char text[32];

		if (!start && is(clock, "basis", "localtime"))
			localtime_r(&at, &parts);
		else
			gmtime_r(&at, &parts);
		strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
		opt(&b, "base", text);
	} else {
		opt(&b, "base",
			text_is(offset, "localtime") || text_is(offset, "timezone") ? "localtime" : "utc");
	}
	if (is(rtc, "track", "guest"))
		opt(&b, "clock", "vm");
	else if (is(rtc, "track", "realtime"))
		opt(&b, "clock", "rt");
	if (is(rtc, "tickpolicy", "catchup"))
		opt(&b, "driftfix", "slew");
	line_buf(l, "-rtc", &b);
	if (is(pit, "tickpolicy", "delay") || is(pit, "tickpolicy", "discard"))
		line_addf(l, "-global", "kvm-pit.lost_tick_policy=%s", node_attr(pit, "tickpolicy"));
	if (is(hpet, "present", "no"))
		line_add(l, "-no-hpet");
}

static void command_power(struct line *l)
{
	const struct node *pm = node_child(l->root, "pm");
	const char *chip = l->board == BOARD_Q35 ? "ICH9-LPC" : "PIIX4_PM";
	static const char *const states[][2] = {{"suspend-to-mem", "disable_s3"},
											{"suspend-to-disk", "disable_s4"}};

	line_add(l, "-no-shutdown");
	if (!node_child(l->root, "features/acpi"))
		line_add(l, "-no-acpi");
	for (size_t i = 0; i < 2; i++) {
		const char *enabled = child_attr(pm, states[i][0], "enabled");

		if (enabled)
			line_addf(l, "-global", "%s.%s=%d", chip, states[i][1], text_is(enabled, "no"));
	}
}

static void command_kernel(struct line *l)
{
	static const char *const parts[][2] = {
		{"kernel", "-kernel"}, {"initrd", "-initrd"}, {"cmdline", "-append"}, {"dtb", "-dtb"}};
	const struct node *os = node_child(l->root, "os");

	for (size_t i = 0; i < 4; i++) {
		const char *text = child_text(os, parts[i][0]);

		if (!text)
			continue;
		line_add(l, parts[i][1]);
		line_add(l, text);
	}
}

void command_boot(struct line *l)
{
	const struct node *os = node_child(l->root, "os"), *menu = node_child(os, "bootmenu");
	const struct node *bios = node_child(os, "bios");
	struct buf b = {0};

	if (node_attr(menu, "enable"))
		opt(&b, "menu", is(menu, "enable", "yes") ? "on" : "off");
	opt(&b, "splash-time", node_attr(menu, "timeout"));
	opt(&b, "reboot-timeout", node_attr(bios, "rebootTimeout"));
	opt(&b, "strict", "on");
	line_buf(l, "-boot", &b);
	command_kernel(l);
}

static void command_sandbox(struct line *l)
{
	if (!l->env->no_sandbox)
		line_addf(l, "-sandbox",
				  "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
}

static void command_incoming(struct line *l)
{
	if (l->env->incoming) {
		line_add(l, "-incoming");
		line_add(l, l->env->incoming);
	}
	if (l->env->snapshot) {
		line_add(l, "-loadvm");
		line_add(l, l->env->snapshot);
	}
}

static void command_start(struct line *l)
{
	line_add(l, qemu_caps_path(l->caps));
	command_name(l);
	command_firmware(l);
	command_machine(l);
	command_cpu(l);
	command_memory(l);
	command_smp(l);
	command_numa(l);
	line_add(l, "-uuid");
	line_add(l, child_text(l->root, "uuid"));
	command_smbios(l);
	if (!node_child(l->devices, "graphics")) {
		line_add(l, "-display");
		line_add(l, "none");
	}
	line_add(l, "-no-user-config");
	line_add(l, "-nodefaults");
	command_monitor(l);
	command_clock(l);
	command_power(l);
	command_boot(l);
}

static void command_devices(struct line *l)
{
	command_controllers(l);
	command_memory_devices(l);
	command_disks(l);
	command_filesystems(l);
	command_interfaces(l);
	command_chardevs(l);
	command_tpm(l);
	command_inputs(l);
	command_audio(l);
	command_graphics(l);
	command_videos(l);
	command_sounds(l);
	command_watchdog(l);
	command_redirdevs(l);
	command_hostdevs(l);
	command_incoming(l);
	command_balloon(l);
	command_rngs(l);
	command_passthrough(l);
	command_sandbox(l);
	command_panic(l);
	command_vsock(l);
	line_addf(l, "-msg", "timestamp=on");
}

static struct line line_of(const struct domain_def *def, const struct qemu_caps *caps,
						   const struct qemu_command_env *env)
{
	return (struct line){.def = def,
						 .root = def->root,
						 .devices = node_child(def->root, "devices"),
						 .caps = caps,
						 .env = env,
						 .board = qemu_board_of(def->root)};
}

int qemu_command_build(const struct domain_def *def, const struct qemu_caps *caps,
					   const struct qemu_command_env *env, struct qemu_command *ret_command)
{
	struct line l = line_of(def, caps, env);

	error_reset();
	command_start(&l);
	if (!l.failed)
		command_devices(&l);
	*ret_command = (struct qemu_command){.argv = l.argv, .argc = l.argc};
	if (!l.failed)
		return 0;
	qemu_command_clear(ret_command);
	return error_last()->code == ERR_OK ? error_oom() : -1;
}

void qemu_command_clear(struct qemu_command *command)
{
	for (size_t i = 0; i < command->argc; i++)
		free(command->argv[i]);
	free(command->argv);
	*command = (struct qemu_command){0};
}

json_t *qemu_device_json(const struct domain_def *def, const struct qemu_caps *caps,
						 const struct qemu_command_env *env, const struct node *n)
{
	static const struct {
		const char *element;
		json_t *(*make)(const struct line *l, const struct node *n);
	} kinds[] = {{"disk", device_disk},
				 {"interface", device_interface},
				 {"controller", device_controller},
				 {"input", device_input},
				 {"sound", device_sound},
				 {"serial", device_chardev},
				 {"parallel", device_chardev},
				 {"channel", device_chardev},
				 {"console", device_chardev},
				 {"rng", device_rng},
				 {"watchdog", device_watchdog},
				 {"hostdev", device_hostdev},
				 {"memory", device_memory},
				 {"hub", device_hub},
				 {"vsock", device_vsock},
				 {"memballoon", device_balloon},
				 {"redirdev", device_redirdev},
				 {"filesystem", device_filesystem}};
	struct line l = line_of(def, caps, env);

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (is_called(n, kinds[i].element))
			return kinds[i].make(&l, n);
	error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED, "<%s> can't be added to a running domain",
			  node_name(n));
	return NULL;
}

json_t *qemu_memory_json(const struct domain_def *def, const struct qemu_caps *caps,
						 const struct node *memory)
{
	struct qemu_command_env env = {.monitor_fd = -1, .vsock_fd = -1};
	struct line l = line_of(def, caps, &env);

	return object_memory(&l, memory);
}
