/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The virtual machines of this host that QEMU runs. What the driver's files share, and the rules
 * for whoever adds an operation:
 *
 * One lock, the hub's, guards the list and every field of every struct vm. It is held for moments
 * only, never while QEMU, a disk or a process is waited for: vm_call() and vm_unlocked() release
 * it. What keeps others off a machine meanwhile is its job. An operation looks like this:
 *
 *     int qemu_domain_thing(struct driver_conn *conn, const struct rvirt_wire_… *args)
 *     {
 *         QEMU_LOCKED(q, conn);
 *         VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);
 *         CLEANUP_JSON json_t *answer = NULL;
 *
 *         if (!vm || vm_check_active(vm) < 0 ||
 *             vm_call(vm, "a-command", json_pack("{s:s}", "id", "x"), &answer) < 0)
 *             return -1;
 *         … change vm->d.def by the answer …
 *         vm_tell_lifecycle(vm, …);
 *         return vm_save_status(vm);
 *     }
 *
 * and has its row in ops.def. What only looks at fields needs no job, QEMU_LOCKED and vm_find() are
 * enough; so a machine that hangs still has a state.
 *
 * - Whoever changes vm->d.def or vm->d.next has a job (MODIFY, or an asynchronous one) and the
 * lock; who has a job may read both without the lock.
 * - After each vm_call() or vm_unlocked() the machine may have ended: vm_call() then fails, and
 *   vm_active_still() asks. The struct stays as long as the job.
 * - The live definition is in the status file: vm_save_status() after each change of it. The
 *   persistent one is vm->d.next of a running machine: vm_save_config() after each change.
 * - What takes long (a migration, a save) has an asynchronous job, during which the jobs that it
 *   allows may run; in between it calls QEMU with vm_async_call().
 * - Events of QEMU are rows of event.c; their functions run in the monitors' thread with the lock
 *   held, must not wait, and hand over what has to (vm_task()).
 */
#ifndef DRIVERS_QEMU_QEMU_H
#define DRIVERS_QEMU_QEMU_H

#include "base/cleanup.h"
#include "base/error.h"
#include "drivers/args.h"
#include "drivers/domains/domains.h"
#include "drivers/driver.h"
#include "drivers/hub.h"
#include "drivers/qemu/caps.h"
#include "drivers/qemu/ports.h"
#include "drivers/qemu/prepare.h"
#include "drivers/qemu/qmp.h"

#include <sys/types.h>

extern const struct driver qemu_driver;

/* -- the driver's state -- */

struct qemu {
	struct hub hub; /* its lock guards all */
	struct domains domains;
	struct driver_host *host;
	const struct driver_peers *peers; /* NULL: no other host can be reached */
	unsigned char host_uuid[UUID_LEN];
	struct qmp_loop *loop;
	struct qemu_caps_cache *caps;  /* of the binaries */
	struct qemu_ports *ports;      /* of graphics */
	struct qemu_session *sessions; /* open streams of consoles and channels */
	bool privileged;               /* qemu:///system is served */
	bool drop;                     /* guests run as uid and gid */
	uid_t uid;
	gid_t gid;
	struct access_owners *owners;     /* of files that guests have (access.h) */
	char *config_dir, *autostart_dir; /* definitions; links to those that start by themselves */
	char *run_dir;                    /* status files */
	char *lib_dir;                    /* a folder for each running guest: sockets */
	char *nvram_dir;                  /* variables of UEFI, in lib_dir */
	char *tpm_dir;                    /* what emulated TPMs keep, there too */
	char *log_dir, *cache_dir;
	char *migrate_tls_dir; /* certificates of QEMUs that speak with each other */
	bool migrate_tls_verify;
	unsigned n_tasks;          /* threads of vm_task() */
	pthread_cond_t tasks_done; /* signalled when one ends */
	bool ending;
};

struct agent;

struct qemu_conn {
	struct driver_conn conn;
	struct qemu *qemu;
	struct hub_member member;
};

static inline struct qemu *qemu_of(struct driver_conn *conn)
{
	return ((struct qemu_conn *)conn)->qemu;
}

/* Locks the driver of a connection for the caller's scope, and tells what has happened afterwards:
 * QEMU_LOCKED(q, conn); */
struct qemu *qemu_lock(struct driver_conn *conn);
void qemu_unlock(struct qemu **q);
#define QEMU_LOCKED(name, conn)                                                                    \
	__attribute__((cleanup(qemu_unlock))) struct qemu *name = qemu_lock(conn)

/* "unsupported flags (0x8) in function X"; 0 or -1 */
#define qemu_flags(flags, allowed, function) args_flags(FROM_QEMU, flags, allowed, function)

/* -- machines -- */

/* Short work on a machine, one at a time. */
enum vm_job {
	VM_JOB_NONE,
	VM_JOB_QUERY,   /* looks */
	VM_JOB_DESTROY, /* ends it */
	VM_JOB_SUSPEND, /* stops virtual CPUs */
	VM_JOB_MODIFY,  /* may change anything */
	VM_JOB_ABORT,   /* ends the asynchronous job */
	VM_N_JOBS
};

/* Long work, during which some short work goes on. */
enum vm_async {
	VM_ASYNC_NONE,
	VM_ASYNC_MIGRATION_OUT,
	VM_ASYNC_MIGRATION_IN,
	VM_ASYNC_SAVE,
	VM_ASYNC_DUMP,
	VM_ASYNC_SNAPSHOT,
	VM_ASYNC_START,
	VM_ASYNC_BACKUP,
	VM_N_ASYNCS
};

enum { VM_JOB_WAIT_MS = 30000, VM_CALL_MS = 60000 };

struct vm {
	struct domain d;
	struct qemu *qemu;
	unsigned refs; /* the list's, and of whoever works on it */
	bool removed;  /* in the list no more */

	pthread_cond_t changed; /* broadcast when a job ends, an event came or the machine ended */
	enum vm_job job;
	enum vm_async async;
	unsigned allowed;      /* jobs (1 << enum vm_job) that may run during async */
	const char *job_owner; /* which operation holds job, async; for messages */
	const char *async_owner;
	int64_t job_since_ms, async_since_ms;
	bool abort_wanted; /* DOMAIN_ABORT_JOB was called: who has async looks */

	/* while it runs */
	struct qemu_caps *caps; /* of its binary */
	pid_t pid;
	unsigned long long start_time; /* of the process, as /proc has it */
	int pidfd;                     /* or -1 */
	struct qmp *monitor;           /* NULL: not connected */
	bool destroying;               /* a client has asked for its end */
	bool hung_up;                  /* QEMU has closed it: all that it told has come */
	unsigned calls;                /* that use the monitor now */
	char *dir;                     /* its folder in lib_dir */
	char *cgroup;                  /* of its process, or NULL */
	struct access_file *given;     /* that its user got (access.h) */
	struct blockjob *blockjobs;    /* on its disks (blockjob.h) */
	struct helper *helpers;        /* programs beside it (helper.h) */
	struct perf *perf;             /* counters on it (perf.h), or NULL */
	bool dying;                    /* somebody ends it, or it has ended */
	bool shutdown_seen;            /* its guest has powered off */
	bool reboot_wanted;            /* once the guest has powered off, it is to start again */
	bool quiet;                    /* its end is told to nobody */
	bool restarting;               /* its guest is being started again */
	bool starting;                 /* vm_start() is at it */
	bool staying;                  /* in the list, though it ends and is transient */
	struct migration *migration;   /* the one under way or the last (migrate.h); or NULL */
	long long clock_began_at;      /* of a clock that the guest may change: seconds from UTC */
	const char *unplugging;        /* the device that a job waits for to go, or NULL */
	bool unplugged;                /* it has gone */
	struct agent *agent;           /* of its guest, connected; or NULL (guest.h) */
	bool agent_broken;             /* what it said made no sense; until its channel opens again */
	const char *agent_owner;       /* which operation asks it, or NULL; for messages */
	int agent_timeout;             /* seconds, as DOMAIN_AGENT_SET_RESPONSE_TIMEOUT has them */
	int pause_reason, run_reason;  /* why the next STOP and RESUME of QEMU come, or 0 */
};

/* From the list's domain to the machine. */
static inline struct vm *vm_of(struct domain *d)
{
	return (struct vm *)d;
}

/* The machine that a caller means; borrowed while the lock is held. NULL with the error set. */
struct vm *vm_find(struct qemu *q, const struct rvirt_wire_domain *dom);

/* 0, or -1 with "domain is not running". */
int vm_check_active(const struct vm *vm);

static inline bool vm_active(const struct vm *vm)
{
	return domain_active(&vm->d);
}

void vm_ref(struct vm *vm);
void vm_unref(struct vm *vm); /* NULL is allowed */

/* Reads a definition and refuses what this driver can't run. 0 or -1. */
int qemu_read_def(const struct qemu *q, const char *xml, bool validate, struct domain_def **ret);

/* -- job.c -- */

/* Waits until no other job runs, at most VM_JOB_WAIT_MS, releasing the lock, and takes it: with a
 * reference. 0, or -1 with OPERATION_TIMEOUT "cannot acquire state change lock (held by …)", or
 * OPERATION_INVALID where the running asynchronous job does not allow it. owner is a constant. */
int vm_job_begin(struct vm *vm, enum vm_job job, const char *owner);
void vm_job_end(struct vm *vm);

/* For who has to end it, whatever goes on: waits as long as it takes, for a dead monitor's calls
 * end soon. */
void vm_job_begin_end(struct vm *vm);

/* The same of an asynchronous job; allowed are the jobs (1 << enum vm_job) that may run during it.
 */
int vm_async_begin(struct vm *vm, enum vm_async async, unsigned allowed, const char *owner);
void vm_async_end(struct vm *vm);
enum { VM_ASYNC_ALLOWS = 1 << VM_JOB_QUERY | 1 << VM_JOB_DESTROY | 1 << VM_JOB_ABORT };

/* Finds the machine and begins a job for the caller's scope: VM_JOB(vm, q, &args->dom,
 * VM_JOB_MODIFY); vm is NULL with the error set where that fails. */
struct vm *vm_enter(struct qemu *q, const struct rvirt_wire_domain *dom, enum vm_job job,
					const char *owner);
void vm_leave(struct vm **vm);
#define VM_JOB(name, q, dom, job)                                                                  \
	__attribute__((cleanup(vm_leave))) struct vm *name = vm_enter(q, dom, job, __func__)

/* Waits for vm->changed until a time of now_ms(). false at that time. */
bool vm_wait(struct vm *vm, int64_t deadline_ms);

/* -- monitor.c: with a job, and the lock, which they release meanwhile -- */

/* Makes a QMP call; args (NULL: none) is stolen, ret_value may be NULL. 0, or -1 with the error set
 * ("domain is not running" where it ended). */
int vm_call(struct vm *vm, const char *command, json_t *args, json_t **ret_value);

/* The same with another deadline, and with a descriptor that QEMU gets a copy of (-1: none). */
int vm_call_for(struct vm *vm, const char *command, json_t *args, int fd, int timeout_ms,
				json_t **ret_value);

/* Sends a whole request (stolen) and gives the whole answer, be it a refusal, as qmp_exchange(). */
int vm_exchange(struct vm *vm, json_t *request, int fd, json_t **ret_answer);

/* The same as vm_call() for who has the asynchronous job: takes a nested job around the call, which
 * others may have. */
int vm_async_call(struct vm *vm, const char *command, json_t *args, json_t **ret_value);

/* Takes the nested job alone, for several calls; vm_job_end() ends it. 0 or -1. */
int vm_nested_begin(struct vm *vm);

/* Releases the lock for a while, and takes it again. */
void vm_unlocked(struct vm *vm);
void vm_locked(struct vm *vm);

/* Connects the monitor of a machine whose process runs. 0 or -1. */
int vm_connect(struct vm *vm, int fd, int timeout_ms);
/* Closes it; waits for calls under way, which fail. */
void vm_disconnect(struct vm *vm);

/* Runs work in a thread of its own, which has a reference and not the lock. */
void vm_task(struct vm *vm, void (*work)(struct vm *vm));

/* -- life.c: with a job, and the lock, which they release meanwhile -- */

/* Starts the process and connects to it: the machine is active then, its virtual CPUs do not run
 * yet. incoming: what -incoming is given, or NULL. 0, or -1 with the error set and nothing left. */
int vm_start(struct vm *vm, const char *incoming);

/* The same with the memory and the disks of a snapshot in its images. */
int vm_start_from(struct vm *vm, const char *snapshot);

/* How a running machine's definition was prepared, and what is added to it is. */
struct qemu_prepare vm_prepare_how(const struct vm *vm);

/* Has a machine that vm_start() started run, or (paused) not, and tells of both. */
int vm_boot(struct vm *vm, bool paused);

/* Starts the virtual CPUs, stops them; state, status file and event follow by event.c. */
int vm_run_cpus(struct vm *vm, int reason);
int vm_pause_cpus(struct vm *vm, int reason);

/* Ends the process, whatever it does, without a job; graceful: not by SIGKILL. What comes of it is
 * the caller's (vm_stopped()). 0, or -1 if it is still there. */
int vm_kill(struct vm *vm, bool graceful);

/* After the process has ended: inactive, events, files removed; a transient one leaves the list. */
void vm_stopped(struct vm *vm, int reason, int detail);

/* vm_kill() and vm_stopped(), from within a job. */
void vm_abandon(struct vm *vm, int reason, int detail);

/* Only asks the process to end; for event.c. */
void vm_signal_end(struct vm *vm);
/* dump.c; part of a task: the memory of a guest that has crashed goes into lib_dir/dump. What can't
 * be is logged. */
void vm_dump_crashed(struct vm *vm);
/* Tasks: the guest is to start again in its process; the process has ended by itself. */
void vm_restart(struct vm *vm);
void vm_ended(struct vm *vm);

/* -- state.c: what is kept on disk -- */

int vm_save_status(struct vm *vm);
void vm_forget_status(struct vm *vm);

/* The persistent definition; the link for its start with the daemon; both removed. 0 or -1. */
int vm_save_config(struct vm *vm);
int vm_save_autostart(struct vm *vm);
int vm_forget_config(struct vm *vm);

/* The same of a definition that no machine has yet, and of a name that none has any more. */
int qemu_save_def(struct qemu *q, const struct domain_def *def);
void qemu_forget_name(struct qemu *q, const char *name);

/* Reads all definitions and states, finds running guests again. 0, or -1 with the error set. */
int qemu_load(struct qemu *q);

/* -- event.c -- */

extern const struct qmp_handler vm_events;

void vm_tell_lifecycle(struct vm *vm, int event, int detail);
/* Queues any event; msg begins with callback_id and dom, which this fills in; what it holds changes
 * owner. */
void vm_tell(struct vm *vm, int procedure, void *msg, struct rvirt_wire_domain *dom);

#endif
