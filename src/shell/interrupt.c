/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Signals that end a wait and not the program.
 */
#include "config.h"
#include "interrupt.h"

#include <stddef.h>

static volatile sig_atomic_t came;

static const int signals[] = {SIGINT, SIGTERM};

static void on_signal(int number)
{
	came = number;
}

void interrupt_begin(struct interrupt *i)
{
	const struct sigaction act = {.sa_handler = on_signal};

	came = 0;
	for (size_t s = 0; s < 2; s++)
		sigaction(signals[s], &act, &i->old[s]);
}

bool interrupt_came(void)
{
	return came;
}

void interrupt_end(const struct interrupt *i)
{
	for (size_t s = 0; s < 2; s++)
		sigaction(signals[s], &i->old[s], NULL);
}
