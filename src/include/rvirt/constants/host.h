/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hosts and connections to them. Part of <rvirt/constants.h>.
 */
#ifndef RVIRT_CONSTANTS_HOST_H
#define RVIRT_CONSTANTS_HOST_H

enum rvirt_node_suspend_target {
	RVIRT_NODE_SUSPEND_TARGET_MEM = 0,
	RVIRT_NODE_SUSPEND_TARGET_DISK = 1,
	RVIRT_NODE_SUSPEND_TARGET_HYBRID = 2,
};

enum rvirt_node_get_cpu_stats_all_cp_us {
	RVIRT_NODE_CPU_STATS_ALL_CPUS = -1,
};

enum rvirt_node_get_memory_stats_all_cells {
	RVIRT_NODE_MEMORY_STATS_ALL_CELLS = -1,
};

enum rvirt_connect_flags {
	RVIRT_CONNECT_RO = 1,
	RVIRT_CONNECT_NO_ALIASES = 2,
};

enum rvirt_connect_credential_type {
	RVIRT_CRED_USERNAME = 1,
	RVIRT_CRED_AUTHNAME = 2,
	RVIRT_CRED_LANGUAGE = 3,
	RVIRT_CRED_CNONCE = 4,
	RVIRT_CRED_PASSPHRASE = 5,
	RVIRT_CRED_ECHOPROMPT = 6,
	RVIRT_CRED_NOECHOPROMPT = 7,
	RVIRT_CRED_REALM = 8,
	RVIRT_CRED_EXTERNAL = 9,
};

enum rvirt_cpu_compare_result {
	RVIRT_CPU_COMPARE_ERROR = -1,
	RVIRT_CPU_COMPARE_INCOMPATIBLE = 0,
	RVIRT_CPU_COMPARE_IDENTICAL = 1,
	RVIRT_CPU_COMPARE_SUPERSET = 2,
};

enum rvirt_connect_compare_cpu_flags {
	RVIRT_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE = 1,
	RVIRT_CONNECT_COMPARE_CPU_VALIDATE_XML = 2,
};

enum rvirt_connect_baseline_cpu_flags {
	RVIRT_CONNECT_BASELINE_CPU_EXPAND_FEATURES = 1,
	RVIRT_CONNECT_BASELINE_CPU_MIGRATABLE = 2,
};

enum rvirt_node_alloc_pages_flags {
	RVIRT_NODE_ALLOC_PAGES_ADD = 0,
	RVIRT_NODE_ALLOC_PAGES_SET = 1,
};

#endif
