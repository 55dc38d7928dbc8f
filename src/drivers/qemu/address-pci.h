/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The PCI buses of a domain with what is taken on them. Private to address-pci*.c.
 */
#ifndef DRIVERS_QEMU_ADDRESS_PCI_H
#define DRIVERS_QEMU_ADDRESS_PCI_H

#include "drivers/qemu/define-impl.h"

/* What a device must be plugged into, and what a bus takes. */
enum pci_kind {
	PCI_DEVICE = 1,
	PCIE_DEVICE = 2,
	PCIE_ROOT_PORT = 4,
	PCIE_UPSTREAM = 8,
	PCIE_DOWNSTREAM = 16,
	PCI_BRIDGE = 32,
	DMI_BRIDGE = 64,
	PCIE_BRIDGE = 128,
	PCI_KINDS = 255,
	PCI_AUTO = 256,   /* places for it may be given on buses that say the same, not on others */
	PCI_SHARED = 512, /* several may be functions of one slot */
};

enum { PCI_BUSES = 256, PCI_SLOTS = 32, PCI_FUNCTIONS = 8 };

struct pci_place {
	unsigned bus, slot, function;
};

struct pci_bus {
	const char *model; /* NULL: no such bus */
	unsigned kinds;    /* of enum pci_kind */
	unsigned first, last;
	struct {
		unsigned char functions; /* those taken, as bits */
		bool shared;
	} slot[PCI_SLOTS];
};

struct pci_buses {
	unsigned count;
	bool trial; /* nothing is written, buses are added where there is no place */
	struct pci_bus bus[PCI_BUSES];
};

/* The kind of a device, 0 if it is none on a PCI bus. */
unsigned pci_kind_of(const struct defining *d, const struct node *n);

/* Whether a device of a kind that is not 0 still needs an address. */
bool pci_is_wanted(const struct node *n);

/* The buses of a domain, with what has an address. -1 with the error set. */
int pci_buses_collect(struct pci_buses *b, const struct defining *d);

int pci_bus_set_model(struct pci_bus *bus, const char *model);
bool pci_slot_is_free(const struct pci_buses *b, unsigned bus, unsigned slot);

/* Takes a place: -1 with the error set if it is taken already, or is no place. */
int pci_take(struct pci_buses *b, const struct pci_place *at, unsigned kind);
/* Takes the first free place for the kind (function 0 of a slot, but for shared ones: `function`)
 * and writes it into n, which may be NULL. */
int pci_take_next(struct pci_buses *b, struct node *n, unsigned kind, unsigned function);
int pci_set_address(struct node *n, const struct pci_place *at);

#endif
