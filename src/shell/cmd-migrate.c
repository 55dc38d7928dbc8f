/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A domain's way to another host: migrate.
 */
#include "config.h"

#include "domain.h"
#include "file.h"
#include "output.h"
#include "strings.h"
#include "table.h"
#include "typed.h"
#include "watch.h"

#include <stdatomic.h>
#include <string.h>

static const struct args_bit flag_bits[] = {
	{"live", RVIRT_MIGRATE_LIVE},
	{"offline", RVIRT_MIGRATE_OFFLINE},
	{"p2p", RVIRT_MIGRATE_PEER2PEER},
	{"tunnelled", RVIRT_MIGRATE_TUNNELLED},
	{"persistent", RVIRT_MIGRATE_PERSIST_DEST},
	{"undefinesource", RVIRT_MIGRATE_UNDEFINE_SOURCE},
	{"suspend", RVIRT_MIGRATE_PAUSED},
	{"copy-storage-all", RVIRT_MIGRATE_NON_SHARED_DISK},
	{"copy-storage-inc", RVIRT_MIGRATE_NON_SHARED_INC},
	{"copy-storage-synchronous-writes", RVIRT_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES},
	{"change-protection", RVIRT_MIGRATE_CHANGE_PROTECTION},
	{"unsafe", RVIRT_MIGRATE_UNSAFE},
	{"compressed", RVIRT_MIGRATE_COMPRESSED},
	{"auto-converge", RVIRT_MIGRATE_AUTO_CONVERGE},
	{"rdma-pin-all", RVIRT_MIGRATE_RDMA_PIN_ALL},
	{"abort-on-error", RVIRT_MIGRATE_ABORT_ON_ERROR},
	{"postcopy", RVIRT_MIGRATE_POSTCOPY},
	{"postcopy-resume", RVIRT_MIGRATE_POSTCOPY_RESUME},
	{"zerocopy", RVIRT_MIGRATE_ZEROCOPY},
	{"tls", RVIRT_MIGRATE_TLS},
	{"parallel", RVIRT_MIGRATE_PARALLEL},
	{NULL, 0},
};

/* Which option is which parameter, and its kind. */
static const struct row {
	const char *option, *param;
	enum kind { TEXT, INT, SIZE, DOCUMENT, LIST } kind;
} rows[] = {
	{"migrateuri", RVIRT_MIGRATE_PARAM_URI, TEXT},
	{"dname", RVIRT_MIGRATE_PARAM_DEST_NAME, TEXT},
	{"graphicsuri", RVIRT_MIGRATE_PARAM_GRAPHICS_URI, TEXT},
	{"listen-address", RVIRT_MIGRATE_PARAM_LISTEN_ADDRESS, TEXT},
	{"disks-port", RVIRT_MIGRATE_PARAM_DISKS_PORT, INT},
	{"disks-uri", RVIRT_MIGRATE_PARAM_DISKS_URI, TEXT},
	{"xml", RVIRT_MIGRATE_PARAM_DEST_XML, DOCUMENT},
	{"persistent-xml", RVIRT_MIGRATE_PARAM_PERSIST_XML, DOCUMENT},
	{"migrate-disks", RVIRT_MIGRATE_PARAM_MIGRATE_DISKS, LIST},
	{"comp-methods", RVIRT_MIGRATE_PARAM_COMPRESSION, LIST},
	{"comp-mt-level", RVIRT_MIGRATE_PARAM_COMPRESSION_MT_LEVEL, INT},
	{"comp-mt-threads", RVIRT_MIGRATE_PARAM_COMPRESSION_MT_THREADS, INT},
	{"comp-mt-dthreads", RVIRT_MIGRATE_PARAM_COMPRESSION_MT_DTHREADS, INT},
	{"comp-xbzrle-cache", RVIRT_MIGRATE_PARAM_COMPRESSION_XBZRLE_CACHE, SIZE},
	{"auto-converge-initial", RVIRT_MIGRATE_PARAM_AUTO_CONVERGE_INITIAL, INT},
	{"auto-converge-increment", RVIRT_MIGRATE_PARAM_AUTO_CONVERGE_INCREMENT, INT},
	{"bandwidth", RVIRT_MIGRATE_PARAM_BANDWIDTH, SIZE},
	{"postcopy-bandwidth", RVIRT_MIGRATE_PARAM_BANDWIDTH_POSTCOPY, SIZE},
	{"parallel-connections", RVIRT_MIGRATE_PARAM_PARALLEL_CONNECTIONS, INT},
	{"tls-destination", RVIRT_MIGRATE_PARAM_TLS_DESTINATION, TEXT},
};

enum { MAX_LIST = 40 }; /* of texts in the options that are lists: all of them are 64 at most */

/* Options that exclude each other, and options that need another one. */
static const char *const exclusive[][2] = {
	{"live", "offline"},
	{"timeout-suspend", "timeout-postcopy"},
};
static const char *const needs[][2] = {
	{"postcopy-after-precopy", "postcopy"},
	{"postcopy-resume", "postcopy"},
	{"timeout-postcopy", "postcopy"},
	{"persistent-xml", "persistent"},
	{"tls-destination", "tls"},
};

/* One migration; belongs to the thread that watches, but for what migrate() reads. */
struct migration {
	struct shell *sh;
	struct rvirt_domain *dom;
	struct rvirt_wire_dom_args args; /* the same, borrowed */
	const char *dest_uri;
	struct rvirt_conn *dest; /* NULL: the source's daemon opens it */
	unsigned flags;
	struct typed params;
	struct strings texts; /* that params borrows */
	unsigned timeout;     /* seconds; 0: none */
	bool timeout_postcopy, after_precopy;
	atomic_int iteration; /* of the copying of memory, as events tell it */
};

static void clear_migration(struct migration *m)
{
	rvirt_domain_free(m->dom);
	rvirt_close(m->dest);
	strings_clear(&m->texts);
}

static int check_options(struct shell *sh, const struct invocation *in)
{
	for (size_t i = 0; i < sizeof exclusive / sizeof *exclusive; i++)
		if (args_exclusive(sh, in, exclusive[i][0], exclusive[i][1]) < 0)
			return -1;
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
		if (args_given(in, needs[i][0]) && !args_given(in, needs[i][1]))
			return out_refuse(sh, "Option --%s is required by option --%s", needs[i][1],
							  needs[i][0]);
	if (args_given(in, "copy-storage-synchronous-writes") && !args_given(in, "copy-storage-all") &&
		!args_given(in, "copy-storage-inc"))
		return out_refuse(sh, "'--copy-storage-synchronous-writes' requires one of "
							  "'--copy-storage-all', 'copy-storage-inc'");
	return 0;
}

static int add_list(struct shell *sh, struct migration *m, const struct row *row, const char *text)
{
	size_t i = m->texts.n;

	strings_split(&m->texts, text, ',');
	if (m->texts.n > MAX_LIST)
		return out_refuse(sh, "--%s: more than %d in all", row->option, MAX_LIST);
	for (; i < m->texts.n; i++)
		typed_text(&m->params, row->param, m->texts.at[i]);
	return 0;
}

static int add_param(struct shell *sh, const struct invocation *in, struct migration *m,
					 const struct row *row)
{
	uint64_t size;
	int number, given;
	const char *text;
	char *document;

	if (row->kind == INT) {
		given = args_get_int(sh, in, row->option, &number);
		if (given > 0)
			typed_int(&m->params, row->param, number);
		return given < 0 ? -1 : 0;
	}
	if (row->kind == SIZE) {
		given = args_get_ull(sh, in, row->option, &size);
		if (given > 0)
			typed_ull(&m->params, row->param, size);
		return given < 0 ? -1 : 0;
	}
	if (args_get_text(sh, in, row->option, &text) < 0)
		return -1;
	if (!text)
		return 0;
	if (row->kind == LIST)
		return add_list(sh, m, row, text);
	if (row->kind == DOCUMENT) {
		document = file_read(sh, text);
		if (!document)
			return -1;
		strings_take(&m->texts, document);
		text = document;
	}
	typed_text(&m->params, row->param, text);
	return 0;
}

static int get_timeout(struct shell *sh, const struct invocation *in, struct migration *m)
{
	if (args_get_uint(sh, in, "timeout", &m->timeout) < 0)
		return -1;
	if (m->timeout && !args_given(in, "live"))
		return out_refuse(sh, "migrate: Unexpected timeout for offline migration");
	if (!m->timeout && (args_given(in, "timeout-suspend") || args_given(in, "timeout-postcopy")))
		return out_refuse(sh, "migrate: Unexpected --timeout-* option without --timeout");
	m->timeout_postcopy = args_given(in, "timeout-postcopy");
	m->after_precopy = args_given(in, "postcopy-after-precopy");
	return 0;
}

/* -- while it is under way -- */

static int migrate(void *opaque)
{
	struct migration *m = opaque;
	struct rvirt_domain *there;

	if (!m->dest)
		return rvirt_domain_migrate_to_uri(m->dom, m->dest_uri, m->params.list, m->params.n,
										   m->flags);
	there = rvirt_domain_migrate(m->dom, m->dest, m->params.list, m->params.n, m->flags);
	rvirt_domain_free(there);
	return there ? 0 : -1;
}

static void start_postcopy(struct migration *m)
{
	const struct rvirt_wire_dom_flags_args args = {m->args.dom, 0};

	if (rvirt_call_domain_migrate_start_post_copy(m->sh->conn, &args) == 0)
		m->timeout = 0;
	m->after_precopy = false;
}

/* What fails here does not stop the migration. */
static void tick(void *opaque, double seconds)
{
	struct migration *m = opaque;

	if (m->after_precopy && atomic_load(&m->iteration) >= 2)
		start_postcopy(m);
	if (!m->timeout || seconds < m->timeout)
		return;
	m->timeout = 0;
	if (m->timeout_postcopy)
		start_postcopy(m);
	else
		rvirt_call_domain_suspend(m->sh->conn, &m->args);
}

static void on_event(int procedure, const void *msg, void *opaque)
{
	const struct rvirt_wire_domain_event_callback_migration_iteration_msg *event = msg;
	struct migration *m = opaque;

	if (procedure == RVIRT_PROC_DOMAIN_EVENT_CALLBACK_MIGRATION_ITERATION &&
		memcmp(event->dom.uuid, m->args.dom.uuid, RVIRT_UUID_LEN) == 0)
		atomic_store(&m->iteration, event->iteration);
}

/* Runs it, with events if they are needed. */
static int run(struct migration *m, const struct watch *w)
{
	struct rvirt_wire_event_id_dom_args wanted = {RVIRT_DOMAIN_EVENT_ID_MIGRATION_ITERATION,
												  &m->args.dom};
	struct rvirt_wire_callback_id_ret registered;
	struct rvirt_wire_callback_id_args gone;
	int r;

	if (!m->after_precopy)
		return watch_run(w);
	rvirt_conn_set_event_handler(m->sh->conn, on_event, m);
	r = rvirt_call_connect_domain_event_callback_register_any(m->sh->conn, &wanted, &registered);
	if (r < 0) {
		out_fail(m->sh);
	} else {
		r = watch_run(w);
		gone.callback_id = registered.callback_id;
		rvirt_call_connect_domain_event_callback_deregister_any(m->sh->conn, &gone);
	}
	rvirt_conn_set_event_handler(m->sh->conn, NULL, NULL);
	return r;
}

static int connect_destination(struct migration *m)
{
	const struct rvirt_open_options options = {.auth = rvirt_auth_terminal};

	if ((m->flags & RVIRT_MIGRATE_PEER2PEER))
		return 0;
	m->dest = rvirt_open(m->dest_uri, &options);
	return m->dest ? 0 : out_fail(m->sh);
}

static int migrate_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP(clear_migration) struct migration m = {.sh = sh, .flags = args_bits(in, flag_bits)};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct watch w = {.sh = sh,
					  .dom = &dom,
					  .label = "Migration",
					  .verbose = args_given(in, "verbose"),
					  .work = migrate,
					  .tick = tick,
					  .opaque = &m};

	if (check_options(sh, in) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_text(sh, in, "desturi", &m.dest_uri) < 0)
		return -1;
	m.args = domain_args(&dom);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (add_param(sh, in, &m, &rows[i]) < 0)
			return -1;
	if (get_timeout(sh, in, &m) < 0)
		return -1;
	m.dom = rvirt_domain_by_uuid(sh->conn, dom.uuid);
	if (!m.dom)
		return out_fail(sh);
	if (!args_given(in, "direct") && connect_destination(&m) < 0)
		return -1;
	if (run(&m, &w) < 0)
		return -1;
	return domain_done(sh, &dom, "migrated");
}

static const struct arg migrate_args[] = {
	ARG_DOMAIN_ANY(0),
	{"desturi", ARG_DATA,
	 "URI of the other host, as seen from here, or with --p2p from the source"},
	{"live", ARG_BOOL, "while the guest runs"},
	{"offline", ARG_BOOL, "only the definition"},
	{"p2p", ARG_BOOL, "the source's daemon speaks with the other one"},
	{"direct", ARG_BOOL, "the source's hypervisor alone does it"},
	{"tunnelled", ARG_BOOL, "the guest travels in the connection of the daemons; with --p2p"},
	{"persistent", ARG_BOOL, "define it on the other host"},
	{"undefinesource", ARG_BOOL, "undefine it here"},
	{"suspend", ARG_BOOL, "leave it paused on the other host"},
	{"copy-storage-all", ARG_BOOL, "copy its disks whole"},
	{"copy-storage-inc", ARG_BOOL, "copy what its disks have besides a base that both hosts have"},
	{"copy-storage-synchronous-writes", ARG_BOOL, "let the guest's writes wait for the copy"},
	{"change-protection", ARG_BOOL, "allow no changes of the domain meanwhile"},
	{"unsafe", ARG_BOOL, "even where data may be lost"},
	{"verbose", ARG_BOOL, "show how far it is"},
	{"compressed", ARG_BOOL, "compress pages that are sent again"},
	{"auto-converge", ARG_BOOL, "slow the guest down when it is too fast to be copied"},
	{"rdma-pin-all", ARG_BOOL, "pin all memory before an RDMA migration"},
	{"abort-on-error", ARG_BOOL, "end it when a disk has an error meanwhile"},
	{"postcopy", ARG_BOOL, "allow the switch by migrate-postcopy"},
	{"postcopy-after-precopy", ARG_BOOL, "switch after the first pass"},
	{"postcopy-resume", ARG_BOOL, "go on with one that broke after the switch"},
	{"zerocopy", ARG_BOOL, "send pages without copying them"},
	{"migrateuri", ARG_STRING, "where the hypervisors meet, such as tcp://host:port", ARG_NAMED},
	{"graphicsuri", ARG_STRING, "where viewers go to", ARG_NAMED},
	{"listen-address", ARG_STRING, "address on which the other host waits", ARG_NAMED},
	{"dname", ARG_STRING, "another name on the other host", ARG_NAMED},
	{"timeout", ARG_INT, "seconds after which --timeout-… is done, or the guest suspended",
	 ARG_NAMED},
	{"timeout-suspend", ARG_BOOL, "suspend the guest then"},
	{"timeout-postcopy", ARG_BOOL, "switch then"},
	{"xml", ARG_STRING, "file with the guest's XML for the other host", ARG_NAMED, file_complete},
	{"migrate-disks", ARG_STRING, "disks to copy, with commas between", ARG_NAMED},
	{"disks-port", ARG_INT, "port on which the other host takes disks", ARG_NAMED},
	{"disks-uri", ARG_STRING, "where the other host takes disks", ARG_NAMED},
	{"comp-methods", ARG_STRING, "ways to compress, with commas between", ARG_NAMED},
	{"comp-mt-level", ARG_INT, "level of threads that compress", ARG_NAMED},
	{"comp-mt-threads", ARG_INT, "how many threads compress", ARG_NAMED},
	{"comp-mt-dthreads", ARG_INT, "how many threads decompress", ARG_NAMED},
	{"comp-xbzrle-cache", ARG_INT, "bytes of the cache of pages", ARG_NAMED},
	{"auto-converge-initial", ARG_INT, "by how many percent the guest is slowed first", ARG_NAMED},
	{"auto-converge-increment", ARG_INT, "by how many more each time", ARG_NAMED},
	{"persistent-xml", ARG_STRING, "file with the definition's XML for the other host", ARG_NAMED,
	 file_complete},
	{"tls", ARG_BOOL, "let the hypervisors use TLS"},
	{"postcopy-bandwidth", ARG_INT, "MiB a second at most after the switch", ARG_NAMED},
	{"parallel", ARG_BOOL, "use several connections"},
	{"parallel-connections", ARG_INT, "how many connections --parallel uses", ARG_NAMED},
	{"bandwidth", ARG_INT, "MiB a second at most", ARG_NAMED},
	{"tls-destination", ARG_STRING, "name that the other host's certificate has", ARG_NAMED},
	{NULL},
};

const struct cmd *cmd_migrate_rows(void)
{
	static const struct cmd rows_[] = {
		{"migrate", "domain", "move a domain to another host",
		 "Moves a guest to another host, while it runs with --live, or only its definition with "
		 "--offline. Ctrl-C ends it: the guest stays where it was.",
		 migrate_args, CMD_WRITES, migrate_run},
		{NULL},
	};

	return rows_;
}
