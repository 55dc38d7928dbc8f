/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A domain's definition: read from XML by the description in domain.fmt, checked and completed as
 * libvirt does, changed, and written again. What is not named below is reached through the tree
 * (tree.h), by the names of the XML.
 */
#ifndef CONF_DOMAIN_H
#define CONF_DOMAIN_H

#include <libxml/tree.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/uuid.h"
#include "conf/tree.h"

/* A document may be as long as a string of the protocol. */
#define DOMAIN_XML_MAX (4u << 20)

/* How to write; the numbers are those of the protocol's DOMAIN_GET_XML_DESC. */
enum domain_format {
	DOMAIN_FORMAT_SECURE = 1,
	DOMAIN_FORMAT_INACTIVE = 2,
	DOMAIN_FORMAT_MIGRATABLE = 8,
};

/* How to read. */
enum domain_parse {
	DOMAIN_PARSE_VALIDATE = 1, /* against libvirt's schema first, if it is installed */
};

/* The fields are for reading; the functions below change them together with the tree. */
struct domain_def {
	struct node *root;
	xmlDoc *metadata; /* whose root is <metadata>, or NULL */
	/* of <qemu:commandline>, whose namespace is QEMU's: arguments as they are */
	char **args;
	size_t n_args;
	int id; /* -1: not running */
	unsigned char uuid[UUID_LEN];
	const char *name, *title, *description;                /* the last two may be NULL */
	const char *type;                                      /* test, kvm … */
	const char *os_type, *arch;                            /* hvm …, i686 … */
	unsigned long long memory, current_memory, max_memory; /* KiB; max_memory 0: no hotplug */
	unsigned vcpus, max_vcpus;
	const char *on_poweroff, *on_reboot, *on_crash;
};

/* What a driver adds to the reading. */
struct domain_profile {
	const char *arch; /* of documents that name none */
	bool passthrough; /* <qemu:commandline> is read, and kept */
	bool running;     /* the document is of a running domain: what is its while it runs is kept */
	/* gives what the driver has by default, where libvirt's drivers do: once all is read and
	 * controllers have their numbers, before anything is completed. 0, or -1 with the error set */
	int (*complete)(struct node *domain, void *opaque);
	void *opaque;
};

/* Reads a document; flags are of enum domain_parse. 0, or -1 with the error set as libvirt sets it:
 * XML_ERROR, CONFIG_UNSUPPORTED … */
int domain_def_parse(const char *xml, unsigned flags, struct domain_def **ret_def);
/* The same of a <domain> inside another document, which nothing validates. */
int domain_def_parse_node(const xmlNode *domain, struct domain_def **ret_def);
/* The same two with a driver's profile, which is borrowed. */
int domain_def_parse_for(const char *xml, unsigned flags, const struct domain_profile *profile,
						 struct domain_def **ret_def);
int domain_def_parse_node_for(const xmlNode *domain, const struct domain_profile *profile,
							  struct domain_def **ret_def);

/* The document, ending in a newline; owned by the caller. NULL with the error set. */
char *domain_def_format(const struct domain_def *def, unsigned flags);
/* Appends the document as it looks `indent` blanks deep inside another. 0 or -1. */
int domain_def_write(const struct domain_def *def, unsigned flags, unsigned indent, struct buf *b);

struct domain_def *domain_def_copy(const struct domain_def *def);
void domain_def_free(struct domain_def *def);
DEFINE_CLEANUP(domain_def, struct domain_def *, domain_def_free)

/* Changes; 0 or -1 with the error set. They check nothing but that the result can be written. */
void domain_def_set_id(struct domain_def *def, int id);
int domain_def_set_name(struct domain_def *def, const char *name);
int domain_def_set_title(struct domain_def *def, const char *title);             /* NULL removes */
int domain_def_set_description(struct domain_def *def, const char *description); /* NULL removes */
int domain_def_set_memory(struct domain_def *def,
						  unsigned long long kib); /* lowers current_memory */
int domain_def_set_current_memory(struct domain_def *def, unsigned long long kib);
int domain_def_set_vcpus(struct domain_def *def, unsigned vcpus);
int domain_def_set_max_vcpus(struct domain_def *def, unsigned vcpus); /* lowers vcpus */
/* on_poweroff, on_reboot or on_crash. */
int domain_def_set_lifecycle(struct domain_def *def, const char *event, const char *action);

/* The metadata element of a namespace as text without that namespace's prefix declared twice: what
 * DOMAIN_GET_METADATA answers. Owned by the caller; NULL with NO_DOMAIN_METADATA set if there is
 * none. */
char *domain_def_metadata(const struct domain_def *def, const char *uri);
/* Puts xml (one element) in place of that namespace's element, with key as its prefix; xml NULL
 * removes it. 0, or -1 with the error set. */
int domain_def_set_metadata(struct domain_def *def, const char *uri, const char *key,
							const char *xml);

/* Gives each interface without a target name the first free PREFIX0, PREFIX1 … 0 or -1. */
int domain_def_name_interfaces(struct domain_def *def, const char *prefix);

/* A value below the root by path, made where it is missing: ("cputune/shares", "1024"); NULL
 * removes the element. 0 or -1. */
int domain_def_set_text(struct domain_def *def, const char *path, const char *text);

/* The n-th device of that element name (from 0), or the one whose target dev, mac or alias is name.
 */
struct node *domain_def_device(const struct domain_def *def, const char *element, size_t n);
struct node *domain_def_find_device(const struct domain_def *def, const char *element,
									const char *name);

#endif
