/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What ssh is asked to run on the other host.
 */
#ifndef TRANSPORT_SSH_REMOTE_H
#define TRANSPORT_SSH_REMOTE_H

#include "base/buf.h"
#include "transport/uri.h"

#include <stdbool.h>

/* Appends the command line for the login shell of the other host, whichever shell that is. By
 * proxy=: native   rvirt-gateway [-r] URI, or rvirt-gateway -U SOCKET: plain words, no shell
 * syntax; netcat   (or with netcat=) NETCAT [-q0] -U SOCKET; auto     the first that is there:
 * rvirt-gateway, virt-ssh-helper (unless socket= is given), nc. The last two are one line for sh,
 * quoted for any login shell. -1 with ERR_INVALID_ARG for what cannot be asked so. */
int ssh_remote_command(const struct uri *uri, bool readonly, struct buf *out);

/* Rows of a table of struct process_cause: why that command may have ended. The words are those of
 * rvirt-gateway, virt-ssh-helper and nc. */
// clang-format off
#define SSH_REMOTE_CAUSES \
	{127, NULL, "gateway: install rvirt-gateway there, or name a program with netcat="}, \
	{126, NULL, "gateway: the program there cannot be run: look at its mode"}, \
	{2, "rvirt-gateway: ", "socket: start rvirtd or libvirtd there, or name its socket with socket="}, \
	{3, "rvirt-gateway: ", "socket: log in as one who may, or have the user put into that group"}, \
	{4, "rvirt-gateway: ", "call: look into the daemon's log there"}, \
	{1, "Failed to connect socket", "socket: does a daemon run there, and may this user connect?"}, \
	{1, "nc: ", "socket: does a daemon run there, and may this user connect?"}, \
	{-1, NULL, "gateway: what runs there in its place says this: look at the user's login shell, and at " \
	 "ForceCommand and command= of its sshd"}
// clang-format on

#endif
