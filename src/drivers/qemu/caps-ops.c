/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What clients ask about QEMU before they have a machine: versions, capabilities, models of
 * processors.
 */
#include "config.h"
#include "drivers/qemu/caps-ops.h"
#include "drivers/qemu/cpu.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/qemu.h"

#include "base/fd.h"
#include "conf/value.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static struct qemu_caps *native_caps(struct qemu *q)
{
	struct utsname host;
	const char *path;

	uname(&host);
	path = qemu_binary_for(host.machine);
	if (!path) {
		error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
				  "Cannot find suitable emulator for %s; on Debian: apt-get install "
				  "qemu-system-x86",
				  host.machine);
		return NULL;
	}
	return qemu_caps_get(q->caps, path);
}

int qemu_connect_get_version(struct driver_conn *conn, struct rvirt_wire_hv_ver_ret *ret)
{
	CLEANUP_QEMU_CAPS struct qemu_caps *caps = native_caps(qemu_of(conn));

	if (!caps)
		return -1;
	ret->hv_ver = (uint64_t)qemu_caps_version(caps);
	return 0;
}

/* The version of libvirt whose answers these are: clients judge by it what they may ask. */
int qemu_connect_get_lib_version(struct driver_conn *conn, struct rvirt_wire_lib_ver_ret *ret)
{
	(void)conn;
	ret->lib_ver = 9000000;
	return 0;
}

int qemu_connect_get_hostname(struct driver_conn *conn, struct rvirt_wire_hostname_ret *ret)
{
	char name[256] = "";

	(void)conn;
	if (gethostname(name, sizeof name - 1) < 0)
		snprintf(name, sizeof name, "localhost");
	ret->hostname = strdup(name);
	return ret->hostname ? 0 : error_oom();
}

int qemu_connect_get_max_vcpus(struct driver_conn *conn, const struct rvirt_wire_type_args *args,
							   struct rvirt_wire_max_vcpus_ret *ret)
{
	(void)conn;
	if (!args->type || strcmp(args->type, "qemu") == 0)
		ret->max_vcpus = 16;
	else if (strcmp(args->type, "kvm") == 0)
		ret->max_vcpus = 1024; /* what the kernel may be built for */
	else
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "unknown type '%s'", args->type);
	return 0;
}

/* A number that names this host: the system's own, as libvirt's host has one that is made up. */
static void host_uuid(unsigned char uuid[UUID_LEN])
{
	CLEANUP_FREE char *text = fd_read_regular_file("/etc/machine-id", 64, &(size_t){0});

	memset(uuid, 0, UUID_LEN);
	if (!text || uuid_parse(text, uuid) < 0)
		uuid_generate(uuid);
	error_reset();
}

/* An entry of a table of the firmware's, if it says something there. */
static int put_entry(struct buf *b, const char *file, const char *name)
{
	CLEANUP_FREE char *path = NULL, *text = NULL;
	int rc;

	if (asprintf(&path, "/sys/class/dmi/id/%s", file) < 0) {
		path = NULL;
		return error_oom();
	}
	text = fd_read_regular_file(path, 1024, &(size_t){0});
	if (!text)
		error_reset();
	else
		text[strcspn(text, "\n")] = '\0';
	if (!text || !*text)
		return 0;
	rc = buf_puts(b, "    <entry");
	rc |= caps_attr(b, "name", name) | buf_puts(b, ">");
	return rc | caps_escape(b, text) | buf_puts(b, "</entry>\n");
}

int qemu_connect_get_sysinfo(struct driver_conn *conn, const struct rvirt_wire_flags_args *args,
							 struct rvirt_wire_sysinfo_ret *ret)
{
	static const char *const tables[][8][2] = {{{"bios", NULL},
												{"bios_vendor", "vendor"},
												{"bios_version", "version"},
												{"bios_date", "date"},
												{"bios_release", "release"}},
											   {{"system", NULL},
												{"sys_vendor", "manufacturer"},
												{"product_name", "product"},
												{"product_version", "version"},
												{"product_serial", "serial"},
												{"product_uuid", "uuid"},
												{"product_sku", "sku"},
												{"product_family", "family"}},
											   {{"baseBoard", NULL},
												{"board_vendor", "manufacturer"},
												{"board_name", "product"},
												{"board_version", "version"},
												{"board_serial", "serial"},
												{"board_asset_tag", "asset"}},
											   {{"chassis", NULL},
												{"chassis_vendor", "manufacturer"},
												{"chassis_version", "version"},
												{"chassis_serial", "serial"},
												{"chassis_asset_tag", "asset"}}};
	CLEANUP_BUF struct buf b = {0};
	int rc;

	(void)conn;
	if (qemu_flags(args->flags, 0, "qemuConnectGetSysinfo") < 0)
		return -1;
	if (access("/sys/class/dmi/id/sys_vendor", R_OK) < 0)
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "Host SMBIOS information is not available");
	rc = buf_puts(&b, "<sysinfo type='smbios'>\n");
	for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
		rc |= buf_printf(&b, "  <%s>\n", tables[t][0][0]);
		for (size_t i = 1; i < 8 && tables[t][i][0]; i++)
			rc |= put_entry(&b, tables[t][i][0], tables[t][i][1]);
		rc |= buf_printf(&b, "  </%s>\n", tables[t][0][0]);
	}
	if (rc | buf_puts(&b, "</sysinfo>\n"))
		return -1;
	ret->sysinfo = buf_steal_text(&b);
	return ret->sysinfo ? 0 : -1;
}

int qemu_connect_get_capabilities(struct driver_conn *conn, struct rvirt_wire_capabilities_ret *ret)
{
	static const char *const arches[] = {"i686", "x86_64"};
	struct qemu_caps *binaries[2] = {NULL};
	CLEANUP_FREE struct host *host = NULL;
	CLEANUP_BUF struct buf b = {0};
	unsigned char uuid[UUID_LEN];
	size_t n = 0;
	int rc;

	if (host_read(&host) < 0)
		return -1;
	host_uuid(uuid);
	for (size_t i = 0; i < 2; i++) {
		const char *path = qemu_binary_for(arches[i]);

		if (path && (binaries[n] = qemu_caps_get(qemu_of(conn)->caps, path)))
			n++;
	}
	rc = caps_write(&b, host, uuid, binaries, n);
	for (size_t i = 0; i < n; i++)
		qemu_caps_unref(binaries[i]);
	ret->capabilities = rc ? NULL : buf_steal_text(&b);
	return ret->capabilities ? 0 : error_oom();
}

static bool is_x86(const char *arch)
{
	return strcmp(arch, "x86_64") == 0 || strcmp(arch, "i686") == 0;
}

struct qemu_caps *qemu_caps_pick(struct qemu *q, const char *path, const char *arch,
								 const char *machine, const char *type,
								 struct qemu_machine *ret_machine, bool *ret_kvm)
{
	CLEANUP_QEMU_CAPS struct qemu_caps *caps = NULL;
	struct utsname host;

	uname(&host);
	if (type && strcmp(type, "none") == 0)
		type = NULL;
	if (type && strcmp(type, "kvm") != 0 && strcmp(type, "qemu") != 0) {
		error_set(FROM_QEMU, ERR_INVALID_ARG, "unknown virttype: %s", type);
		return NULL;
	}
	if (arch && !value_is_arch(arch)) {
		error_set(FROM_QEMU, ERR_INVALID_ARG, "unknown architecture: %s", arch);
		return NULL;
	}
	if (!path && !(path = qemu_binary_for(arch ? arch : host.machine))) {
		error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
				  "unable to find any emulator to serve '%s' architecture",
				  arch ? arch : host.machine);
		return NULL;
	}
	if (!(caps = qemu_caps_get(q->caps, path)))
		return NULL;
	if (!is_x86(arch ? arch : host.machine)) {
		error_set(FROM_QEMU, ERR_INVALID_ARG,
				  "architecture from emulator '%s' doesn't match given architecture '%s'",
				  qemu_caps_arch(caps), arch ? arch : host.machine);
		return NULL;
	}
	*ret_kvm = type ? strcmp(type, "kvm") == 0 : qemu_caps_kvm(caps);
	if (*ret_kvm && !qemu_caps_kvm(caps)) {
		error_set(FROM_QEMU, ERR_INVALID_ARG,
				  "the accel 'kvm' is not supported by '%s' on this host", path);
		return NULL;
	}
	if (!qemu_caps_machine(caps, machine, ret_machine) || strcmp(ret_machine->name, "none") == 0) {
		error_set(FROM_QEMU, ERR_INVALID_ARG, "the machine '%s' is not supported by emulator '%s'",
				  machine, path);
		return NULL;
	}
	return steal(&caps);
}

int qemu_connect_get_domain_capabilities(
	struct driver_conn *conn, const struct rvirt_wire_connect_get_domain_capabilities_args *args,
	struct rvirt_wire_capabilities_ret *ret)
{
	CLEANUP_QEMU_CAPS struct qemu_caps *caps = NULL;
	CLEANUP_BUF struct buf b = {0};
	struct qemu_machine machine;
	bool kvm;

	if (qemu_flags(args->flags, 0, "qemuConnectGetDomainCapabilities") < 0)
		return -1;
	caps = qemu_caps_pick(qemu_of(conn), args->emulatorbin, args->arch, args->machine,
						  args->virttype, &machine, &kvm);
	if (!caps)
		return -1;
	if (domcaps_write(&b, caps, &machine, qemu_caps_arch(caps), kvm) < 0)
		return -1;
	ret->capabilities = buf_steal_text(&b);
	return ret->capabilities ? 0 : -1;
}
