/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Functions for QEMU's events, one for each row of event.c: in the monitors' thread, with the lock
 * held. data is the event's, borrowed, and may be NULL.
 */
#ifndef DRIVERS_QEMU_EVENT_H
#define DRIVERS_QEMU_EVENT_H

#include "drivers/qemu/qemu.h"

/* A new state with its reason, kept. */
void event_state(struct vm *vm, int state, int reason);

/* A machine that runs is paused for that reason, and clients are told. */
void event_pause(struct vm *vm, int reason);

/* -- passthrough.c -- */
/* Tells those who listen to the monitor itself; data is borrowed and may be NULL. */
void event_of_monitor(struct vm *vm, const char *name, const json_t *data, int64_t seconds,
					  int64_t microseconds);

/* -- event-device.c -- */
void event_balloon(struct vm *vm, const json_t *data);
void event_io_error(struct vm *vm, const json_t *data);
void event_memory_failure(struct vm *vm, const json_t *data);
void event_rtc(struct vm *vm, const json_t *data);
void event_tray(struct vm *vm, const json_t *data);
void event_watchdog(struct vm *vm, const json_t *data);

/* -- hotplug-remove.c -- */
void event_device_deleted(struct vm *vm, const json_t *data);

/* -- blockjob.c -- */
void event_job_status(struct vm *vm, const json_t *data);

/* -- guest-channel.c -- */
void event_port(struct vm *vm, const json_t *data);

/* -- disk-ops.c -- */
void event_write_threshold(struct vm *vm, const json_t *data);

/* -- event-graphics.c -- */
void event_graphics_connect(struct vm *vm, const json_t *data);
void event_graphics_initialize(struct vm *vm, const json_t *data);
void event_graphics_disconnect(struct vm *vm, const json_t *data);

/* -- event-power.c -- */
void event_panic(struct vm *vm, const json_t *data);
void event_crash_loaded(struct vm *vm, const json_t *data);
void event_suspend(struct vm *vm, const json_t *data);
void event_suspend_disk(struct vm *vm, const json_t *data);
void event_wakeup(struct vm *vm, const json_t *data);

#endif
