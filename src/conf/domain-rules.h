/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the description of the domain (domain.fmt) leaves to code: the rules of single elements, the
 * completion of the whole, the checks of the whole. Private to domain*.c.
 */
#ifndef CONF_DOMAIN_RULES_H
#define CONF_DOMAIN_RULES_H

#include "base/uuid.h"
#include "conf/common-rules.h"
#include "conf/domain-format.h" /* the rules that domain.fmt names: rule_NAME() */
#include "conf/domain.h"

/* Of one reading (conf.data). */
struct domain_reading {
	bool uuid_generated;
	const struct domain_profile *profile;
};

/* The checks that come before everything else: name, type, operating system type. 0 or -1. */
int domain_begin(struct conf *c, const xmlNode *domain);
/* Adds what every domain has, gives addresses. 0 or -1 with the error set. */
int domain_complete(struct conf *c);
/* Refuses what contradicts itself. 0 or -1 with the error set. */
int domain_check(struct conf *c);
int domain_complete_devices(struct conf *c);
int domain_complete_controllers(struct conf *c);
int domain_disk_index(const char *name);
int domain_complete_implicit(struct conf *c);
int domain_complete_console(struct conf *c, struct node *devices);
int domain_check_devices(struct conf *c);
int domain_check_disk(struct conf *c, const struct node *disk);
int domain_check_interface(struct conf *c, const struct node *n);
int domain_check_seclabels(struct conf *c, const struct node *source);
int domain_check_cells(struct conf *c);
const char *domain_disk_path(const struct node *disk);
const char *domain_disk_name(const struct node *disk);
bool domain_is_scsi_hostdev(const struct node *n);
struct node *domain_find_controller(const struct node *devices, const char *type, long long index);
/* The first child of the same name, before n, with the same value. */
const struct node *domain_earlier(const struct node *n, const char *attr);

/* Makes the list of single virtual CPUs, if there is one, say that so many are there. */
int domain_set_vcpu_states(struct node *root, unsigned vcpus);

/* error_set() for the two commonest codes; both return -1. */
#define refuse_xml(...) error_set(FROM_DOMAIN, ERR_XML_ERROR, __VA_ARGS__)
#define refuse_config(...) error_set(FROM_DOMAIN, ERR_CONFIG_UNSUPPORTED, __VA_ARGS__)
#define refuse_internal(...) error_set(FROM_DOMAIN, ERR_INTERNAL_ERROR, __VA_ARGS__)
#define refuse_detail(...) error_set(FROM_DOMAIN, ERR_XML_DETAIL, __VA_ARGS__)

bool domain_os_is(const struct conf *c, const char *type);
bool domain_arch_is_x86(const struct conf *c);
bool domain_is_virtio(const char *model);
/* "virtio options" that only virtio devices may have. */
int domain_check_no_virtio(const struct node *driver);

/* What needs all of vcpu, iothreads, cputune, numatune and the cells: once the document was read.
 */
int domain_finish_tuning(struct conf *c);

#endif
