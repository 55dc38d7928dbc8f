/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Making the host of test:///default. Hosts that a file describes are made in node-file.c.
 */
#include "config.h"
#include "drivers/test/node.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "drivers/test/domain.h"
#include "drivers/test/node-new.h"
#include "drivers/test/object.h"

#include <string.h>

static const char default_domain[] =
	"<domain type='test'>"
	"<name>test</name>"
	"<uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>"
	"<memory unit='KiB'>8388608</memory>"
	"<currentMemory unit='KiB'>2097152</currentMemory>"
	"<vcpu>2</vcpu>"
	"<os><type>hvm</type></os>"
	"<devices>"
	"<disk type='file' device='disk'>"
	"<source file='/guest/diskimage1'/>"
	"<target dev='vda' bus='virtio'/>"
	"<address type='pci' bus='1' slot='0'/>"
	"</disk>"
	"<interface type='network'>"
	"<mac address='aa:bb:cc:dd:ee:ff'/>"
	"<source network='default'/>"
	"<address type='pci' slot='1'/>"
	"</interface>"
	"<memballoon model='virtio'><address type='pci' slot='2'/></memballoon>"
	"</devices>"
	"</domain>";

struct test_node *test_node_new(void)
{
	struct test_node *node = calloc(1, sizeof *node);

	if (!node) {
		error_oom();
		return NULL;
	}
	hub_init(&node->hub);
	test_domains_init(&node->domains);
	node->info = (struct test_info){.model = "i686",
									.memory = 3 << 20,
									.cpus = 16,
									.mhz = 1400,
									.nodes = 2,
									.sockets = 2,
									.cores = 2,
									.threads = 2};
	return node;
}

int test_node_add_domain(struct test_node *node, struct domain_def **def,
						 const struct test_domain_start *how)
{
	struct domain *d;
	bool is_new;

	if (domain_def_name_interfaces(*def, TEST_INTERFACE_PREFIX) < 0 ||
		!(d = domains_add(&node->domains, def, false, &is_new)))
		return -1;
	d->persistent = !how->transient;
	d->managed_save = how->managed_save;
	if (how->state != RVIRT_DOMAIN_SHUTOFF &&
		test_domain_start(node, d, RVIRT_DOMAIN_RUNNING_BOOTED) < 0)
		return -1;
	domain_set_state(d, how->state, 0);
	return 0;
}

struct test_node *test_node_new_default(void)
{
	CLEANUP(cleanup_test_node) struct test_node *node = test_node_new();
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;

	if (!node || domain_def_parse(default_domain, 0, &def) < 0 ||
		test_node_add_domain(node, &def,
							 &(struct test_domain_start){.state = RVIRT_DOMAIN_RUNNING}) < 0 ||
		test_node_add_default_objects(node) < 0)
		return NULL;
	node->n_cells = 2;
	node->cells[0] = (struct test_cell){.memory = 2 << 20, .free = 1 << 20};
	node->cells[1] = (struct test_cell){.memory = 4 << 20, .free = 2 << 20};
	return steal(&node);
}

struct test_node *test_node_copy(struct test_node *from)
{
	CLEANUP(cleanup_test_node) struct test_node *node = test_node_new();

	if (!node)
		return NULL;
	node->info = from->info;
	node->n_cells = from->n_cells;
	memcpy(node->cells, from->cells, sizeof node->cells);
	for (const struct domain *d = from->domains.all; d; d = d->hh.next) {
		CLEANUP(cleanup_domain_def)
		struct domain_def *def = domain_def_copy(d->next ? d->next : d->def);

		if (!def ||
			test_node_add_domain(node, &def,
								 &(struct test_domain_start){.state = d->state,
															 .transient = !d->persistent,
															 .managed_save = d->managed_save}) < 0)
			return NULL;
	}
	for (int kind = 0; kind < TEST_N_KINDS; kind++)
		if (object_copy_list(from->objects[kind], true, &node->objects[kind]) < 0)
			return NULL;
	return steal(&node);
}

void test_node_free(struct test_node *node)
{
	if (!node)
		return;
	domains_clear(&node->domains);
	test_object_free_all(node);
	hub_clear(&node->hub);
	free(node);
}
