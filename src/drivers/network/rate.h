/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How fast a device of the host sends, which is how fast the machine at its other end receives.
 */
#ifndef DRIVERS_NETWORK_RATE_H
#define DRIVERS_NETWORK_RATE_H

/* As documents have it: kilobytes a second (1000 bytes), and kilobytes (1024) at once. peak and
 * burst 0: the rate itself, and what suits it. */
struct rate {
	unsigned long long average, peak, burst;
};

/* Shapes what the device sends, in place of what it was told before; average 0: as fast as it can.
 * 0, or -1 with an error of FROM_NETWORK set that names the device. */
int rate_set(const char *device, const struct rate *rate);

#endif
