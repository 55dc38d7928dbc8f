/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the description of the domain (domain.fmt) leaves to code: the rules of single elements, the
 * completion of the whole, the checks of the whole. Private to domain*.c.
 */
#ifndef CONF_DOMAIN_RULES_H
#define CONF_DOMAIN_RULES_H

#include "base/error.h"
#include "base/uuid.h"
#include "conf/format.h"

/* Of one reading (conf.data). */
struct domain_reading {
	bool uuid_generated;
};

const struct row *format_domain(void);

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
int domain_check_devices(struct conf *c);
int domain_check_disk(struct conf *c, const struct node *disk);
int domain_check_seclabels(struct conf *c, const struct node *source);
int domain_check_cells(struct conf *c);
const char *domain_disk_path(const struct node *disk);

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

/* The rules that domain.fmt names: each after its element was read. 0 or -1 with the error set. */
int rule_acceleration(struct conf *c, struct node *n);
int rule_address(struct conf *c, struct node *n);
int rule_alias(struct conf *c, struct node *n);
int rule_audio_io(struct conf *c, struct node *n);
int rule_auth(struct conf *c, struct node *n);
int rule_backing(struct conf *c, struct node *n);
int rule_bandwidth(struct conf *c, struct node *n);
int rule_blkio_device(struct conf *c, struct node *n);
int rule_boot(struct conf *c, struct node *n);
int rule_bytes(struct conf *c, struct node *n);
int rule_cache(struct conf *c, struct node *n);
int rule_capabilities(struct conf *c, struct node *n);
int rule_channel(struct conf *c, struct node *n);
int rule_channel_target(struct conf *c, struct node *n);
int rule_clock(struct conf *c, struct node *n);
int rule_coalesce(struct conf *c, struct node *n);
int rule_console(struct conf *c, struct node *n);
int rule_controller(struct conf *c, struct node *n);
int rule_cookies(struct conf *c, struct node *n);
int rule_cpu_cache(struct conf *c, struct node *n);
int rule_cputune(struct conf *c, struct node *n);
int rule_database(struct conf *c, struct node *n);
int rule_device_seclabel(struct conf *c, struct node *n);
int rule_devices(struct conf *c, struct node *n);
int rule_dirty_ring(struct conf *c, struct node *n);
int rule_disk(struct conf *c, struct node *n);
int rule_disk_driver(struct conf *c, struct node *n);
int rule_distances(struct conf *c, struct node *n);
int rule_domain(struct conf *c, struct node *n);
int rule_encryption(struct conf *c, struct node *n);
int rule_filesystem(struct conf *c, struct node *n);
int rule_filterref(struct conf *c, struct node *n);
int rule_genid(struct conf *c, struct node *n);
int rule_geometry(struct conf *c, struct node *n);
int rule_graphics(struct conf *c, struct node *n);
int rule_hostdev(struct conf *c, struct node *n);
int rule_hostdev_scsi(struct conf *c, struct node *n);
int rule_hostdev_source(struct conf *c, struct node *n);
int rule_hub(struct conf *c, struct node *n);
int rule_hugepage(struct conf *c, struct node *n);
int rule_hyperv_vendor(struct conf *c, struct node *n);
int rule_idmap(struct conf *c, struct node *n);
int rule_input(struct conf *c, struct node *n);
int rule_input_source(struct conf *c, struct node *n);
int rule_interface(struct conf *c, struct node *n);
int rule_ip(struct conf *c, struct node *n);
int rule_keywrap(struct conf *c, struct node *n);
int rule_listen(struct conf *c, struct node *n);
int rule_log(struct conf *c, struct node *n);
int rule_mac(struct conf *c, struct node *n);
int rule_memory(struct conf *c, struct node *n);
int rule_net_model(struct conf *c, struct node *n);
int rule_net_source(struct conf *c, struct node *n);
int rule_net_target(struct conf *c, struct node *n);
int rule_numa(struct conf *c, struct node *n);
int rule_numa_cache(struct conf *c, struct node *n);
int rule_nvram(struct conf *c, struct node *n);
int rule_os(struct conf *c, struct node *n);
int rule_parallel(struct conf *c, struct node *n);
int rule_pci_address(struct conf *c, struct node *n);
int rule_perf(struct conf *c, struct node *n);
int rule_port_range(struct conf *c, struct node *n);
int rule_rate(struct conf *c, struct node *n);
int rule_rate_bytes(struct conf *c, struct node *n);
int rule_redirdev(struct conf *c, struct node *n);
int rule_reservations(struct conf *c, struct node *n);
int rule_rng(struct conf *c, struct node *n);
int rule_rom(struct conf *c, struct node *n);
int rule_route(struct conf *c, struct node *n);
int rule_bandwidth_class(struct conf *c, struct node *n);
int rule_guestfwd(struct conf *c, struct node *n);
int rule_iothreadpin(struct conf *c, struct node *n);
int rule_iothreads(struct conf *c, struct node *n);
int rule_numatune(struct conf *c, struct node *n);
int rule_numatune_memory(struct conf *c, struct node *n);
int rule_pins(struct conf *c, struct node *n);
int rule_schedulers(struct conf *c, struct node *n);
int rule_vcpupin(struct conf *c, struct node *n);
int rule_cpu_features(struct conf *c, struct node *n);
int rule_cpu_migratable(struct conf *c, struct node *n);
int rule_cpu_model(struct conf *c, struct node *n);
int rule_usb_controllers(struct conf *c, struct node *n);
int rule_usb_port(struct conf *c, struct node *n);
int rule_cells(struct conf *c, struct node *n);
int rule_network_source(struct conf *c, struct node *n);
int rule_resource(struct conf *c, struct node *n);
int rule_seclabel(struct conf *c, struct node *n);
int rule_secret(struct conf *c, struct node *n);
int rule_serial(struct conf *c, struct node *n);
int rule_shmem(struct conf *c, struct node *n);
int rule_shmem_size(struct conf *c, struct node *n);
int rule_slice(struct conf *c, struct node *n);
int rule_smartcard(struct conf *c, struct node *n);
int rule_source(struct conf *c, struct node *n);
int rule_spinlocks(struct conf *c, struct node *n);
int rule_stats(struct conf *c, struct node *n);
int rule_stimer(struct conf *c, struct node *n);
int rule_storage_host(struct conf *c, struct node *n);
int rule_sysinfo(struct conf *c, struct node *n);
int rule_teaming(struct conf *c, struct node *n);
int rule_title(struct conf *c, struct node *n);
int rule_tpm(struct conf *c, struct node *n);
int rule_tpm_backend(struct conf *c, struct node *n);
int rule_tseg(struct conf *c, struct node *n);
int rule_unix_source(struct conf *c, struct node *n);
int rule_usbdev(struct conf *c, struct node *n);
int rule_uuid(struct conf *c, struct node *n);
int rule_vcpu(struct conf *c, struct node *n);
int rule_vcpus(struct conf *c, struct node *n);
int rule_video(struct conf *c, struct node *n);
int rule_virtualport(struct conf *c, struct node *n);
int rule_vlan(struct conf *c, struct node *n);

/* What needs all of vcpu, iothreads, cputune, numatune and the cells: once the document was read.
 */
int domain_finish_tuning(struct conf *c);

#endif
