/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files share that write command lines. Private to command*.c.
 */
#ifndef DRIVERS_QEMU_COMMAND_IMPL_H
#define DRIVERS_QEMU_COMMAND_IMPL_H

#include "base/buf.h"
#include "base/error.h"
#include "drivers/qemu/alias.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/qmp.h"

/* A command line under work. What fails is remembered, so that callers need not look: end. */
struct line {
	const struct domain_def *def;
	const struct node *root, *devices;
	const struct qemu_caps *caps;
	const struct qemu_command_env *env;
	enum qemu_board board;
	char **argv;
	size_t argc, size;
	bool failed; /* the error is set */
};

/* Adds an argument as it is. */
void line_add(struct line *l, const char *text);
/* Adds an option with a value that is written here: values in it must not come from a document. */
void line_addf(struct line *l, const char *option, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds an option with an object of JSON, which is stolen; NULL: that failed before. */
void line_json(struct line *l, const char *option, json_t *value);
/* Adds an option with what is in the buffer, which is empty afterwards. */
void line_buf(struct line *l, const char *option, struct buf *b);

/* Appends ",key=value" (",": not at the beginning) with commas doubled, as QEMU's own syntax has
 * them; nothing if value is NULL. */
void opt(struct buf *b, const char *key, const char *value);
void optf(struct buf *b, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Members of an object; nothing is set where the value is NULL. */
void put(json_t *o, const char *key, const char *value);
void putf(json_t *o, const char *key, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void put_int(json_t *o, const char *key, long long value);
void put_bool(json_t *o, const char *key, bool value);
/* A number, or "on" and "off" as a boolean, if the attribute is there. */
void put_number(json_t *o, const char *key, const struct node *n, const char *attr);
void put_onoff(json_t *o, const char *key, const struct node *n, const char *attr);

/* "virtio-blk-pci", "virtio-blk-pci-transitional" … by a device's model. */
void put_virtio_driver(json_t *o, const char *base, const char *model);
/* What <driver> says of any virtio device: iommu, ats, packed, page_per_vq. */
void put_virtio_options(json_t *o, const struct node *driver);
/* Where it is plugged in. */
void put_address(json_t *o, const struct line *l, const struct node *device);
void put_alias(json_t *o, const struct node *device);
/* The place of a device in the order of booting, 0 if it has none. */
long long boot_order(const struct line *l, const struct node *device);
void put_boot(json_t *o, const struct line *l, const struct node *device);
void put_rom(json_t *o, const struct node *device);

/* An escaped text is not needed where JSON is written; paths that QEMU must not take for an option
 * are given as absolute ones. */

void command_machine(struct line *l);
void command_cpu(struct line *l);
void command_memory(struct line *l);
void command_smp(struct line *l);
void command_numa(struct line *l);
void command_smbios(struct line *l);
void command_clock(struct line *l);
void command_boot(struct line *l);
void command_firmware(struct line *l);
void command_controllers(struct line *l);
void command_memory_devices(struct line *l);
void command_disks(struct line *l);
void command_filesystems(struct line *l);
void command_interfaces(struct line *l);
void command_chardevs(struct line *l);
void command_tpm(struct line *l);
void command_inputs(struct line *l);
void command_audio(struct line *l);
void command_graphics(struct line *l);
void command_videos(struct line *l);
void command_sounds(struct line *l);
void command_watchdog(struct line *l);
void command_hostdevs(struct line *l);
void command_redirdevs(struct line *l);
void command_balloon(struct line *l);
void command_rngs(struct line *l);
void command_vsock(struct line *l);
void command_panic(struct line *l);
void command_passthrough(struct line *l);

/* -chardev for a device of that name. */
void command_chardev(struct line *l, const struct node *n, const char *alias);

/* Objects of one device; NULL with the error set. */
json_t *device_disk(const struct line *l, const struct node *n);
json_t *device_interface(const struct line *l, const struct node *n);
json_t *device_controller(const struct line *l, const struct node *n);
json_t *device_input(const struct line *l, const struct node *n);
json_t *device_sound(const struct line *l, const struct node *n);
json_t *device_chardev(const struct line *l, const struct node *n);
json_t *device_rng(const struct line *l, const struct node *n);
json_t *device_watchdog(const struct line *l, const struct node *n);
json_t *device_hostdev(const struct line *l, const struct node *n);
json_t *object_memory(const struct line *l, const struct node *n);
json_t *device_memory(const struct line *l, const struct node *n);
json_t *device_hub(const struct line *l, const struct node *n);
json_t *device_vsock(const struct line *l, const struct node *n);
json_t *device_balloon(const struct line *l, const struct node *n);
json_t *device_redirdev(const struct line *l, const struct node *n);
json_t *device_video(const struct line *l, const struct node *n, bool primary);
json_t *device_filesystem(const struct line *l, const struct node *n);

#endif
