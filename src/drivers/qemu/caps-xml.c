/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <capabilities>: what the host is, and what guests its binaries run.
 */
#include "config.h"
#include "drivers/qemu/caps-ops.h"

#include "base/uuid.h"
#include "drivers/qemu/cpu.h"
#include "drivers/qemu/qmp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void close_file(FILE *f)
{
	fclose(f);
}
DEFINE_CLEANUP(file, FILE *, close_file)

int caps_escape(struct buf *b, const char *text)
{
	int rc = 0;

	for (; *text; text++)
		rc |= *text == '\''  ? buf_puts(b, "&apos;")
			  : *text == '<' ? buf_puts(b, "&lt;")
			  : *text == '&' ? buf_puts(b, "&amp;")
							 : buf_add(b, text, 1);
	return rc;
}

int caps_attr(struct buf *b, const char *name, const char *value)
{
	return buf_printf(b, " %s='", name) | caps_escape(b, value) | buf_puts(b, "'");
}

/* What /proc/cpuinfo says of the first processor. */
static unsigned from_cpuinfo(const char *name)
{
	CLEANUP(cleanup_file) FILE *f = fopen("/proc/cpuinfo", "re");
	char line[256];
	unsigned value = 0;

	while (f && fgets(line, sizeof line, f)) {
		const char *colon = strchr(line, ':');

		if (colon && strncmp(line, name, strlen(name)) == 0) {
			value = (unsigned)strtoul(colon + 1, NULL, 0);
			break;
		}
	}
	return value;
}

static int write_model(struct buf *b, const struct host *h, const struct node *cpu)
{
	const struct node *vendor = node_child(cpu, "vendor");
	unsigned microcode = from_cpuinfo("microcode");
	bool scaling = false;
	uint64_t tsc;
	int rc = buf_printf(b, "      <model>%s</model>\n", node_child(cpu, "model")->text);

	if (vendor)
		rc |= buf_printf(b, "      <vendor>%s</vendor>\n", vendor->text);
	if (microcode)
		rc |= buf_printf(b, "      <microcode version='%u'/>\n", microcode);
	if (h->family > 0)
		rc |= buf_printf(b, "      <signature family='%d' model='%d' stepping='%d'/>\n", h->family,
						 h->model, h->stepping);
	if ((tsc = cpu_host_tsc(&scaling)))
		rc |= buf_printf(b, "      <counter name='tsc' frequency='%llu' scaling='%s'/>\n",
						 (unsigned long long)tsc, scaling ? "yes" : "no");
	return rc;
}

static int write_cpu(struct buf *b, const struct host *h)
{
	CLEANUP(cleanup_def) struct def *cpu = qemu_cpu_of_host();
	unsigned bits = from_cpuinfo("address sizes");
	int rc = buf_printf(b, "    <cpu>\n      <arch>%s</arch>\n", h->arch);

	if (cpu)
		rc |= write_model(b, h, cpu->root);
	rc |= buf_printf(b, "      <topology sockets='%u' dies='%u' cores='%u' threads='%u'/>\n",
					 h->sockets, h->dies, h->cores, h->threads);
	if (bits)
		rc |= buf_printf(b, "      <maxphysaddr mode='emulate' bits='%u'/>\n", bits);
	NODE_EACH(f, cpu ? cpu->root : NULL, "feature")
	rc |= buf_printf(b, "      <feature name='%s'/>\n", node_attr(f, "name"));
	for (unsigned i = 0; i < h->cells[0].n_pages; i++)
		rc |= buf_printf(b, "      <pages unit='KiB' size='%llu'/>\n",
						 (unsigned long long)h->cells[0].pages[i].size);
	return rc | buf_puts(b, "    </cpu>\n");
}

static int write_distances(struct buf *b, const struct host *h, const struct host_cell *cell)
{
	const char *at = cell->distances;
	char *end;
	int rc;

	if (!*at)
		return 0;
	rc = buf_puts(b, "          <distances>\n");
	for (unsigned i = 0; i < h->n_cells; i++) {
		long value = strtol(at, &end, 10);

		if (h->cells[i].present && end != at)
			rc |= buf_printf(b, "            <sibling id='%u' value='%ld'/>\n", i, value);
		at = end;
	}
	return rc | buf_puts(b, "          </distances>\n");
}

static int write_cell_cpus(struct buf *b, const struct host *h, unsigned cell)
{
	unsigned n = 0;
	int rc;

	for (unsigned i = 0; i < h->n_cpus; i++)
		n += h->cpus[i].present && h->cpus[i].cell == (int)cell;
	rc = buf_printf(b, "          <cpus num='%u'>\n", n);
	for (unsigned i = 0; i < h->n_cpus; i++) {
		const struct host_cpu *cpu = &h->cpus[i];

		if (!cpu->present || cpu->cell != (int)cell)
			continue;
		if (cpu->online)
			rc |= buf_printf(b,
							 "            <cpu id='%u' socket_id='%d' die_id='%d' core_id='%d' "
							 "siblings='%s'/>\n",
							 i, cpu->socket, cpu->die, cpu->core, cpu->siblings);
		else
			rc |= buf_printf(b, "            <cpu id='%u'/>\n", i);
	}
	return rc | buf_puts(b, "          </cpus>\n");
}

static int write_topology(struct buf *b, const struct host *h)
{
	unsigned present = 0;
	int rc;

	for (unsigned i = 0; i < h->n_cells; i++)
		present += h->cells[i].present;
	rc = buf_printf(b, "    <topology>\n      <cells num='%u'>\n", present);
	for (unsigned i = 0; i < h->n_cells; i++) {
		const struct host_cell *cell = &h->cells[i];

		if (!cell->present)
			continue;
		rc |= buf_printf(b, "        <cell id='%u'>\n          <memory unit='KiB'>%llu</memory>\n",
						 i, (unsigned long long)cell->memory);
		for (unsigned p = 0; p < cell->n_pages; p++)
			rc |= buf_printf(b, "          <pages unit='KiB' size='%llu'>%llu</pages>\n",
							 (unsigned long long)cell->pages[p].size,
							 (unsigned long long)cell->pages[p].total);
		rc |= write_distances(b, h, cell) | write_cell_cpus(b, h, i) |
			  buf_puts(b, "        </cell>\n");
	}
	return rc | buf_puts(b, "      </cells>\n    </topology>\n");
}

static int write_host(struct buf *b, const struct host *h, const unsigned char *uuid)
{
	char text[UUID_TEXT_LEN];
	int rc = buf_printf(b, "  <host>\n    <uuid>%s</uuid>\n", uuid_format(uuid, text));

	rc |= write_cpu(b, h);
	rc |= buf_puts(b, "    <power_management/>\n"
					  "    <iommu support='no'/>\n"
					  "    <migration_features>\n"
					  "      <live/>\n"
					  "      <uri_transports>\n"
					  "        <uri_transport>tcp</uri_transport>\n"
					  "        <uri_transport>rdma</uri_transport>\n"
					  "      </uri_transports>\n"
					  "    </migration_features>\n");
	return rc | write_topology(b, h) | buf_puts(b, "  </host>\n\n");
}

static int write_machine(struct buf *b, const json_t *m, const char *canonical)
{
	const char *name = canonical ? qmp_text(m, "alias") : qmp_text(m, "name");
	int rc = buf_puts(b, "      <machine");

	if (canonical)
		rc |= caps_attr(b, "canonical", canonical);
	rc |= buf_printf(b, " maxCpus='%lld'", qmp_int(m, "cpu-max", 1));
	if (!canonical && qmp_bool(m, "deprecated", false))
		rc |= buf_puts(b, " deprecated='yes'");
	return rc | buf_printf(b, ">%s</machine>\n", name);
}

/* The default first, and each alias behind what it stands for. */
static int write_machines(struct buf *b, const struct qemu_caps *caps)
{
	json_t *machines = (json_t *)(uintptr_t)qemu_caps_machines(caps), *m;
	const char *name;
	int rc = 0;

	for (int pass = 0; pass < 2; pass++) {
		json_object_foreach(machines, name, m)
		{
			if (qmp_bool(m, "is-default", false) != (pass == 0) || strcmp(name, "none") == 0)
				continue;
			rc |= write_machine(b, m, NULL);
			if (qmp_text(m, "alias"))
				rc |= write_machine(b, m, name);
		}
	}
	return rc;
}

static int write_guest(struct buf *b, const struct qemu_caps *caps)
{
	bool small = strcmp(qemu_caps_arch(caps), "i686") == 0;
	int rc = buf_printf(b,
						"  <guest>\n"
						"    <os_type>hvm</os_type>\n"
						"    <arch name='%s'>\n"
						"      <wordsize>%d</wordsize>\n"
						"      <emulator>%s</emulator>\n",
						qemu_caps_arch(caps), small ? 32 : 64, qemu_caps_path(caps));

	rc |= write_machines(b, caps) | buf_puts(b, "      <domain type='qemu'/>\n");
	if (qemu_caps_kvm(caps))
		rc |= buf_puts(b, "      <domain type='kvm'/>\n");
	rc |= buf_puts(b, "    </arch>\n    <features>\n");
	if (small)
		rc |= buf_puts(b, "      <pae/>\n      <nonpae/>\n");
	return rc | buf_puts(b, "      <acpi default='on' toggle='yes'/>\n"
							"      <apic default='on' toggle='no'/>\n"
							"      <cpuselection/>\n"
							"      <deviceboot/>\n"
							"      <disksnapshot default='on' toggle='no'/>\n"
							"    </features>\n"
							"  </guest>\n\n");
}

int caps_write(struct buf *b, const struct host *host, const unsigned char *uuid,
			   struct qemu_caps *const *binaries, size_t n)
{
	int rc = buf_puts(b, "<capabilities>\n\n");

	rc |= write_host(b, host, uuid);
	for (size_t i = 0; i < n; i++)
		rc |= write_guest(b, binaries[i]);
	return rc | buf_puts(b, "</capabilities>\n");
}
