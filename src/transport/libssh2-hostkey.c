/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Is the host who it should be? Offers the algorithms of its known keys first, and judges the key
 * that it shows as ssh would.
 */
#include "config.h"
#include "transport/libssh2-impl.h"

#include "base/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What ssh takes by default, as far as any libssh2 has it. */
static const char default_host_keys[] =
	"ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
	"rsa-sha2-512,rsa-sha2-256";
static const char default_kex[] =
	"curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
	"ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,"
	"diffie-hellman-group18-sha512,diffie-hellman-group14-sha256";
static const char default_ciphers[] =
	"aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr";
static const char default_macs[] =
	"hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512,"
	"hmac-sha1";

static int read_files(struct known_hosts *known, char *const *files)
{
	for (; *files; files++)
		if (known_hosts_read_file(known, *files) < 0)
			return -1;
	return 0;
}

/* Certificates of hosts are for ssh itself to judge. */
static int without_certificates(const char *names, struct buf *out)
{
	size_t n;

	for (; *names; names += n + (names[n] != '\0')) {
		n = strcspn(names, ",");
		if (!memmem(names, n, "-cert-v0", 8) &&
			buf_printf(out, "%s%.*s", buf_len(out) ? "," : "", (int)n, names) < 0)
			return -1;
	}
	return buf_puts(out, "");
}

static bool is_one_of(const char *const *names, int n_names, const char *name, size_t n)
{
	for (int i = 0; i < n_names; i++)
		if (strlen(names[i]) == n && !strncmp(names[i], name, n))
			return true;
	return false;
}

/* Those of the names that this libssh2 has. It must not be given others: libssh2 1.10 copies within
 * a piece of memory to pass over them. */
static int supported(struct ssh_session *s, int method, const char *names, struct buf *out)
{
	const char **known = NULL;
	int n_known = libssh2_session_supported_algs(s->ssh, method, &known), r = 0;
	size_t n;

	for (; r == 0 && *names; names += n + (names[n] != '\0')) {
		n = strcspn(names, ",");
		if (is_one_of(known, n_known, names, n))
			r = buf_printf(out, "%s%.*s", buf_len(out) ? "," : "", (int)n, names);
	}
	if (n_known > 0)
		libssh2_free(s->ssh, known);
	return r;
}

static int prefer(struct ssh_session *s, int method, const char *what, const char *names)
{
	CLEANUP_BUF struct buf usable = {0};

	if (supported(s, method, names, &usable) < 0)
		return -1;
	if (buf_len(&usable) &&
		libssh2_session_method_pref(s->ssh, method, (char *)buf_at(&usable)) == 0)
		return 0;
	return error_set(FROM_SSH, ERR_CONFIG_UNSUPPORTED,
					 "libssh2 %s has none of the %s that ssh's configuration allows (%s), %s; the "
					 "transport ssh may have",
					 libssh2_version(0), what, names, s->how);
}

static int prefer_both(struct ssh_session *s, int method, const char *what, const char *given,
					   const char *by_default)
{
	const char *names = given ? given : by_default;

	return prefer(s, method, what, names) < 0 || prefer(s, method + 1, what, names) < 0 ? -1 : 0;
}

int ssh_hostkey_prefer(struct ssh_session *s)
{
	const struct ssh_target *t = s->login->target;
	CLEANUP_BUF struct buf plain = {0}, names = {0};

	s->known = known_hosts_new(t->known_as, t->known_port);
	if (!s->known || read_files(s->known, t->user_known_hosts) < 0 ||
		read_files(s->known, t->global_known_hosts) < 0 ||
		without_certificates(t->host_key_algorithms ? t->host_key_algorithms : default_host_keys,
							 &plain) < 0 ||
		known_hosts_order(s->known, (char *)buf_at(&plain), &names) < 0)
		return -1;
	if (prefer(s, LIBSSH2_METHOD_HOSTKEY, "types of host keys", (char *)buf_at(&names)) < 0 ||
		prefer(s, LIBSSH2_METHOD_KEX, "key exchanges", t->kex ? t->kex : default_kex) < 0 ||
		prefer_both(s, LIBSSH2_METHOD_CRYPT_CS, "ciphers", t->ciphers, default_ciphers) < 0)
		return -1;
	return prefer_both(s, LIBSSH2_METHOD_MAC_CS, "MACs", t->macs, default_macs);
}

int ssh_hostkey_explain(struct ssh_session *s, int r)
{
	ssh_session_error(s, r, "connect: ssh handshake");
	if (libssh2_version(SSH_LIBSSH2_WITH_RSA_SHA2))
		return error_suffix("the host and libssh2 %s have no algorithms in common; the transport "
							"ssh may have some",
							libssh2_version(0));
	return error_suffix("the host and libssh2 %s have no algorithms in common: this libssh2 knows "
						"no RSA key of a host but by SHA-1; the host needs an ed25519 or ecdsa "
						"key (ssh-keygen -A there), or take the transport ssh",
						libssh2_version(0));
}

/* -- the verdict -- */

/* What is asked, and told. */
struct shown {
	const struct ssh_target *target;
	const void *key;
	size_t len;
	const char *type, *fingerprint;
	const struct known_host *entry;
};

static int refuse(const struct ssh_session *s, const struct shown *k, const char *why)
{
	return error_set(FROM_SSH, ERR_SSH, "host key of %s: %s (%s, %s), %s", k->target->known_as, why,
					 k->type, k->fingerprint, s->how);
}

static int refuse_changed(const struct ssh_session *s, const struct shown *k)
{
	refuse(s, k, "it is not the known one");
	return error_suffix("another one is in %s, line %d; somebody may be in between: ask who "
						"manages the host, or compare on its console; only if it has a new key, "
						"remove the old one with ssh-keygen -R '%s' -f %s",
						k->entry->file, k->entry->line, s->known->name, k->entry->file);
}

static int refuse_unknown(const struct ssh_session *s, const struct shown *k)
{
	if (!k->entry) {
		refuse(s, k, "it is not known");
		return error_suffix("compare the fingerprint with that on the host's console (ssh-keygen "
							"-lf its key), then log in once with ssh to accept it; "
							"known_hosts_verify=auto accepts the first key of each new host%s",
							known_hosts_has_authority(s->known)
								? "; the authority that known_hosts has for it is of use to the "
								  "transport ssh only"
								: "");
	}
	refuse(s, k, "it is not known, though keys of other types are");
	return error_suffix("%s in %s, line %d; compare the fingerprint with that on the host's "
						"console, then add this one too (ssh-keyscan shows both)",
						k->entry->type, k->entry->file, k->entry->line);
}

/* True if the answer means yes. */
static bool confirms(const char *answer, const char *fingerprint)
{
	return !strcasecmp(answer, "yes") || !strcmp(answer, fingerprint);
}

/* 0: people say yes. 1: they cannot be asked. -1: they say no. */
static int ask_people(struct ssh_session *s, const struct shown *k)
{
	CLEANUP_BUF struct buf prompt = {0};
	struct ask_question q = {.kind = ASK_CONFIRM};
	bool yes;

	if (k->target->batch || !s->login->asker || !s->login->asker->fn)
		return 1;
	if (buf_printf(&prompt,
				   "The authenticity of host '%s' can't be established%s.\n%s key "
				   "fingerprint is %s.\nAre you sure you want to continue connecting "
				   "(yes/no/[fingerprint])? ",
				   k->target->known_as,
				   k->entry ? ",\nthough it is known by a key of another type" : "", k->type,
				   k->fingerprint) < 0)
		return -1;
	q.prompt = (char *)buf_at(&prompt);
	if (asker_ask(s->login->asker, &q, 1) < 0)
		return error_prefix("host key of %s, %s", k->target->known_as, s->how);
	yes = confirms(q.answer, k->fingerprint);
	ask_wipe(q.answer);
	return yes ? 0 : refuse(s, k, "it was not accepted");
}

static int add(struct ssh_session *s, const struct shown *k)
{
	const struct ssh_target *t = k->target;

	if (!t->user_known_hosts[0])
		return 0;
	if (known_hosts_add(t->user_known_hosts[0], s->known->name, k->key, k->len,
						t->hash_known_hosts) < 0) {
		log_warning("the key of host %s is not remembered: %s", t->known_as, error_last()->message);
		error_reset();
	}
	return 0;
}

static int judge_new(struct ssh_session *s, const struct shown *k)
{
	int r = 1;

	if (k->target->verify == SSH_VERIFY_ACCEPT_NEW && !k->entry)
		r = 0;
	else if (k->target->verify == SSH_VERIFY_ASK)
		r = ask_people(s, k);
	if (r < 0)
		return -1;
	return r == 0 ? add(s, k) : refuse_unknown(s, k);
}

static int judge(struct ssh_session *s, struct shown *k)
{
	enum known_host_verdict verdict = known_hosts_check(s->known, k->key, k->len, &k->entry);

	if (verdict == KNOWN_HOST_OK)
		return 0;
	if (verdict == KNOWN_HOST_REVOKED) {
		refuse(s, k, "it was revoked");
		return error_suffix("%s, line %d", k->entry->file, k->entry->line);
	}
	if (k->target->verify == SSH_VERIFY_OFF) {
		log_warning("the key of host %s is not verified (%s, %s)", k->target->known_as, k->type,
					k->fingerprint);
		/* who may be anybody gets no password, as with ssh */
		s->untrusted = verdict == KNOWN_HOST_CHANGED;
		return verdict == KNOWN_HOST_UNKNOWN ? add(s, k) : 0;
	}
	return verdict == KNOWN_HOST_CHANGED ? refuse_changed(s, k) : judge_new(s, k);
}

int ssh_hostkey_check(struct ssh_session *s)
{
	CLEANUP_FREE char *fingerprint = NULL;
	struct shown k = {.target = s->login->target};
	int type, bits;

	k.key = libssh2_session_hostkey(s->ssh, &k.len, &type);
	k.type = k.key ? known_hosts_key_type(k.key, k.len) : NULL;
	if (!k.type)
		return error_set(FROM_SSH, ERR_SSH, "host key: the host shows none that is known here, %s",
						 s->how);
	fingerprint = known_hosts_fingerprint(k.key, k.len);
	if (!fingerprint)
		return -1;
	k.fingerprint = fingerprint;
	bits = known_hosts_rsa_bits(k.key, k.len);
	if (bits && bits < k.target->min_rsa_bits) {
		refuse(s, &k, "it is too short");
		return error_suffix("it has %d bits, and RequiredRSASize of ssh's configuration is %d: the "
							"host needs another key",
							bits, k.target->min_rsa_bits);
	}
	return judge(s, &k);
}
