/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a definition has a control group told, on a tree of files that stands for one.
 */
#include "config.h"
#include "unit.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "conf/domain.h"
#include "drivers/qemu/cgroup.h"
#include "drivers/qemu/threads.h"
#include "drivers/qemu/tune.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char group[] = "/tmp/rvirt-tune-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", group, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* The file begins with the text: what was there before may stand behind it. */
static void has(const char *name, const char *text)
{
	char path[256];
	CLEANUP_FREE char *found = NULL;

	snprintf(path, sizeof path, "%s/%s", group, name);
	found = fd_read_file(path, 4096, NULL);
	assert_non_null(found);
	if (strncmp(found, text, strlen(text)) != 0)
		fail_msg("%s has '%s', not '%s'", name, found, text);
}

static int make_tree(void **state)
{
	static const char *const dirs[] = {"vcpu0", "vcpu1", "iothread1", "emulator"};
	char path[256];

	(void)state;
	if (access(group, F_OK) < 0)
		assert_non_null(mkdtemp(group));
	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", group, dirs[i]);
		mkdir(path, 0755);
		snprintf(path, sizeof path, "%s/cgroup.threads", dirs[i]);
		put(path, "");
		snprintf(path, sizeof path, "%s/cpu.max", dirs[i]);
		put(path, "max 100000\n");
	}
	put("cgroup.controllers", "cpuset cpu io memory\n");
	put("cgroup.threads", "77\n");
	put("cpu.weight", "100\n");
	put("cpu.max", "max 100000\n");
	put("cpuset.mems", "\n");
	put("memory.max", "max\n");
	put("memory.high", "max\n");
	put("memory.swap.max", "max\n");
	put("io.weight", "default 100\n");
	put("io.max", "");
	put("cpu.stat", "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 0\n");
	return 0;
}

static struct domain_def *read_def(const char *tuning)
{
	char xml[2048];
	struct domain_def *def;

	snprintf(xml, sizeof xml,
			 "<domain type='test'><name>t</name><memory>8192</memory><vcpu>2</vcpu>"
			 "<iothreads>1</iothreads>%s<os><type>hvm</type></os></domain>",
			 tuning);
	if (domain_def_parse(xml, 0, &def) < 0)
		fail_msg("%s", error_last()->message);
	return def;
}

/* 0, or the error's code. */
static int tune(const char *tuning)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = read_def(tuning);

	error_reset();
	return tune_group(group, def) == 0 ? 0 : error_last()->code;
}

static void shares_and_limits_reach_their_files(void **state)
{
	(void)state;
	assert_int_equal(tune("<cputune><shares>2000</shares><global_period>50000</global_period>"
						  "<global_quota>25000</global_quota></cputune>"
						  "<memtune><hard_limit>1024</hard_limit><soft_limit>512</soft_limit>"
						  "<swap_hard_limit>1536</swap_hard_limit></memtune>"
						  "<blkiotune><weight>300</weight></blkiotune>"
						  "<numatune><memory mode='restrictive' nodeset='0'/></numatune>"),
					 0);
	has("cpu.weight", "2000");
	has("cpu.max", "25000 50000");
	has("memory.max", "1048576");
	has("memory.high", "524288");
	has("memory.swap.max", "524288"); /* without the memory */
	has("io.weight", "default 300");
	has("cpuset.mems", "0");
}

static void threads_get_groups_of_their_kind(void **state)
{
	struct vm_thread vcpus[] = {{.number = 0, .tid = 101}, {.number = 1, .tid = 102}};
	struct vm_thread iothreads[] = {{.number = 1, .tid = 103}};
	CLEANUP(cleanup_domain_def)
	struct domain_def *def =
		read_def("<cputune><period>20000</period><quota>10000</quota>"
				 "<emulator_quota>30000</emulator_quota><iothread_quota>-1</iothread_quota>"
				 "</cputune>");

	(void)state;
	assert_true(tune_has_bandwidths(def));
	assert_int_equal(tune_bandwidths(group, def, &(struct vm_threads){vcpus, 2},
									 &(struct vm_threads){iothreads, 1}),
					 0);
	has("vcpu0/cgroup.threads", "101");
	has("vcpu1/cgroup.threads", "102");
	has("iothread1/cgroup.threads", "103");
	has("emulator/cgroup.threads", "77");
	has("vcpu1/cpu.max", "10000 20000");
	has("emulator/cpu.max", "30000 100000");
	has("iothread1/cpu.max", "max 100000");
}

static void what_a_group_has_is_read(void **state)
{
	struct cgroup_times times;
	unsigned long long n;
	long long quota;
	unsigned weight;

	(void)state;
	put("cpu.max", "max 70000\n");
	assert_int_equal(cgroup_get_bandwidth(group, &n, &quota), 0);
	assert_int_equal(n, 70000);
	assert_true(quota == CGROUP_QUOTA_MAX);
	put("memory.max", "4096\n");
	assert_int_equal(cgroup_get_memory(group, "memory.max", &n), 0);
	assert_int_equal(n, 4096);
	assert_int_equal(cgroup_get_io_weight(group, &weight), 0);
	assert_int_equal(weight, 100);
	assert_int_equal(cgroup_get_times(group, &times), 0);
	assert_int_equal(times.total_ns, 30000);
	assert_int_equal(times.system_ns, 10000);
	put("cpu.max", "nonsense\n");
	assert_int_equal(cgroup_get_bandwidth(group, &n, &quota), -1);
}

static void what_the_host_lacks_is_refused_by_name(void **state)
{
	static const char *const tunings[] = {
		"<cputune><shares>100</shares></cputune>", "<cputune><quota>10000</quota></cputune>",
		"<memtune><hard_limit>1024</hard_limit></memtune>",
		"<blkiotune><weight>300</weight></blkiotune>",
		"<numatune><memory mode='restrictive' nodeset='0'/></numatune>"};

	(void)state;
	put("cgroup.controllers", "pids\n");
	for (size_t i = 0; i < sizeof tunings / sizeof tunings[0]; i++) {
		assert_int_equal(tune(tunings[i]), ERR_CONFIG_UNSUPPORTED);
		assert_non_null(strstr(error_last()->message, "cgroup"));
	}
	assert_int_equal(tune(""), 0);
	assert_int_equal(tune("<numatune><memory mode='strict' nodeset='4000'/></numatune>"),
					 ERR_CONFIG_UNSUPPORTED);
}

static void what_no_group_takes_is_refused(void **state)
{
	(void)state;
	assert_int_equal(tune("<cputune><shares>100000</shares></cputune>"), ERR_INVALID_ARG);
	assert_int_equal(tune("<blkiotune><weight>20000</weight></blkiotune>"), ERR_INVALID_ARG);
	assert_int_equal(tune("<blkiotune><device><path>/dev/null</path><weight>300</weight></device>"
						  "</blkiotune>"),
					 ERR_INVALID_ARG);
	assert_int_equal(tune("<blkiotune><device><path>/nowhere</path><weight>300</weight></device>"
						  "</blkiotune>"),
					 ERR_SYSTEM_ERROR);
}

static int remove_tree(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", group);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(shares_and_limits_reach_their_files, make_tree),
		cmocka_unit_test_setup(threads_get_groups_of_their_kind, make_tree),
		cmocka_unit_test_setup(what_a_group_has_is_read, make_tree),
		cmocka_unit_test_setup(what_the_host_lacks_is_refused_by_name, make_tree),
		cmocka_unit_test_setup(what_no_group_takes_is_refused, make_tree),
	};

	return cmocka_run_group_tests(tests, NULL, remove_tree);
}
