/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The command line that a document would be started with, for a shell. Nothing is made for it:
 * what a guest's start makes (sockets, interfaces, variables of UEFI) is only named.
 */
#include "config.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/cpu.h"
#include "drivers/qemu/define.h"
#include "drivers/qemu/ops.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

/* A word as a shell reads it. */
static int add_word(struct buf *b, const char *word)
{
	int rc = 0;

	if (*word && !strpbrk(word, "\r\t\n !\"#$&'()*;<>?[\\]^`{|}~"))
		return buf_puts(b, word);
	rc |= buf_puts(b, "'");
	for (; *word; word++)
		rc |= *word == '\'' ? buf_puts(b, "'\\''") : buf_add(b, word, 1);
	return rc | buf_puts(b, "'");
}

static int write_command(const struct qemu_command *command, char **ret_text)
{
	CLEANUP_BUF struct buf b = {0};
	int rc = 0;

	for (size_t i = 0; i < command->argc; i++)
		rc |= (i ? buf_puts(&b, " ") : 0) | add_word(&b, command->argv[i]);
	if (rc)
		return -1;
	*ret_text = buf_steal_text(&b);
	return *ret_text ? 0 : -1;
}

static int build(struct domain_def *def, const struct qemu_caps *caps,
				 const struct qemu_prepare *how, char **ret_text)
{
	CLEANUP_QEMU_COMMAND struct qemu_command command = {0};
	CLEANUP_FREE char *monitor = NULL;
	struct qemu_command_env env = {.dir = how->dir, .monitor_fd = -1, .vsock_fd = -1};
	int res;

	if (asprintf(&monitor, "%s/monitor.sock", how->dir) < 0) {
		monitor = NULL;
		return error_oom();
	}
	env.monitor_path = monitor;
	res = qemu_prepare(def, how);
	if (res == 0)
		res = qemu_command_build(def, caps, &env, &command);
	qemu_unprepare(def, how);
	return res < 0 ? -1 : write_command(&command, ret_text);
}

int qemu_connect_domain_xml_to_native(
	struct driver_conn *conn, const struct rvirt_wire_connect_domain_xml_to_native_args *args,
	struct rvirt_wire_native_config_ret *ret)
{
	struct qemu *q = qemu_of(conn);
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
	CLEANUP_QEMU_CAPS struct qemu_caps *caps = NULL;
	CLEANUP_FREE char *dir = NULL;
	struct qemu_prepare how = {
		.ports = q->ports, .nvram_dir = q->nvram_dir, .only_looks = true, .without_images = true};

	if (qemu_flags(args->flags, 0, "qemuConnectDomainXMLToNative") < 0)
		return -1;
	if (strcmp(args->native_format, "qemu-argv") != 0)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "unsupported config type %s",
						 args->native_format);
	if (qemu_define(q->caps, args->domain_xml, 0, &def, &caps) < 0 ||
		qemu_cpu_prepare(def->root, caps) < 0)
		return -1;
	if (asprintf(&dir, "%s/domain--1-%.20s", q->lib_dir, def->name) < 0) {
		dir = NULL;
		return error_oom();
	}
	how.dir = dir;
	return build(def, caps, &how, &ret->native_config);
}
