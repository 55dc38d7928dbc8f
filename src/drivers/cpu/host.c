/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * This host's processor, asked by its own instruction. What only its kernel may read (an MSR, the
 * time stamp counter's frequency) is asked of the kernel, and is not there if that says nothing.
 */
#include "config.h"
#include "drivers/cpu/cpu.h"

#if defined(__x86_64__) || defined(__i386__)

#include "base/cleanup.h"

#include <cpuid.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { EXTENDED = 0x80000000, ARCH_CAPABILITIES = 0x10a };

static uint32_t top_of(uint32_t leaf)
{
	uint32_t r[4] = {0};

	__cpuid(leaf & EXTENDED, r[0], r[1], r[2], r[3]);
	return r[0];
}

static bool read_leaf(uint32_t leaf, uint32_t subleaf, uint32_t ret[4])
{
	uint32_t first[4];

	if (leaf > top_of(leaf))
		return false;
	if (leaf == 7 && subleaf) {
		__cpuid_count(leaf, 0, first[0], first[1], first[2], first[3]);
		if (subleaf > first[0])
			return false;
	}
	__cpuid_count(leaf, subleaf, ret[0], ret[1], ret[2], ret[3]);
	return true;
}

static bool read_msr(uint32_t number, uint64_t *ret)
{
	CLEANUP_CLOSE int device = open("/dev/cpu/0/msr", O_RDONLY | O_CLOEXEC);
	CLEANUP_CLOSE int kvm = -1;
	CLEANUP_FREE struct kvm_msrs *ask = calloc(1, sizeof *ask + sizeof *ask->entries);

	if (device >= 0 && pread(device, ret, sizeof *ret, number) == sizeof *ret)
		return true;
	if (!ask || (kvm = open("/dev/kvm", O_RDONLY | O_CLOEXEC)) < 0)
		return false;
	ask->nmsrs = 1;
	ask->entries[0].index = number;
	if (ioctl(kvm, KVM_GET_MSRS, ask) != 1)
		return false;
	*ret = ask->entries[0].data;
	return true;
}

/* A register of what a feature stands in; 0 if there is none. */
static uint32_t word_of(const struct cpu_feature *f, const struct cpu_set *so_far)
{
	int listed = cpu_feature_find("arch-capabilities");
	uint64_t value;
	uint32_t r[4];

	if (f->source == CPU_SOURCE_CPUID)
		return read_leaf(f->leaf, f->subleaf, r) ? r[f->reg] : 0;
	if (f->leaf != ARCH_CAPABILITIES || listed < 0 || !cpu_set_has(so_far, (size_t)listed) ||
		!read_msr(f->leaf, &value))
		return 0;
	return (uint32_t)(f->reg == CPU_EDX ? value >> 32 : value);
}

bool cpu_host_data(struct cpu_data *ret_data)
{
	struct cpu_data data = {.has_signature = true};
	const struct cpu_feature *last = NULL;
	uint32_t word = 0, r[4];
	char vendor[13] = "";

	if (!read_leaf(0, 0, r))
		return false;
	memcpy(vendor, &r[CPU_EBX], 4);
	memcpy(vendor + 4, &r[CPU_EDX], 4);
	memcpy(vendor + 8, &r[CPU_ECX], 4);
	data.vendor = cpu_vendor_of(vendor);
	if (read_leaf(1, 0, r)) {
		data.family = (r[0] >> 20 & 0xff) + (r[0] >> 8 & 0xf);
		data.model = (r[0] >> 12 & 0xf0) + (r[0] >> 4 & 0xf);
		data.stepping = r[0] & 0xf;
	}
	/* features of one register stand together */
	for (size_t i = 0; i < CPU_N_FEATURES; i++) {
		const struct cpu_feature *f = cpu_feature_at(i);

		if (!last || last->source != f->source || last->leaf != f->leaf ||
			last->subleaf != f->subleaf || last->reg != f->reg)
			word = word_of(f, &data.features);
		last = f;
		if (word >> f->bit & 1)
			cpu_set_put(&data.features, i, true);
	}
	*ret_data = data;
	return true;
}

uint64_t cpu_host_tsc(bool *ret_scaling)
{
	CLEANUP_CLOSE int kvm = -1, vm = -1, vcpu = -1;
	uint32_t r[4];
	int khz;

	if (!read_leaf(0x80000007, 0, r) || !(r[CPU_EDX] >> 8 & 1)) /* invariant */
		return 0;
	kvm = open("/dev/kvm", O_RDONLY | O_CLOEXEC);
	if (kvm < 0 || (vm = ioctl(kvm, KVM_CREATE_VM, 0)) < 0 ||
		(vcpu = ioctl(vm, KVM_CREATE_VCPU, 0)) < 0 || (khz = ioctl(vcpu, KVM_GET_TSC_KHZ)) <= 0)
		return 0;
	*ret_scaling = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_TSC_CONTROL) > 0;
	return (uint64_t)khz * 1000;
}

#else

bool cpu_host_data(struct cpu_data *ret_data)
{
	(void)ret_data;
	return false;
}

uint64_t cpu_host_tsc(bool *ret_scaling)
{
	(void)ret_scaling;
	return 0;
}

#endif
