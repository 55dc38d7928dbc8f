#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints the first line that a guest's display says to libvirt's own library, through a descriptor that it is given and
through one that it brings: descriptors.py URI NAME"""
import os
import socket
import sys

import libvirt

libvirt.registerErrorHandler(lambda *_: None, None)
guest = libvirt.open(sys.argv[1]).lookupByName(sys.argv[2])
with os.fdopen(guest.openGraphicsFD(0), "rb") as viewer:
    print(viewer.readline().decode().strip())
ours, theirs = socket.socketpair()
guest.openGraphics(0, theirs.fileno(), libvirt.VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH)
theirs.close()
print(ours.makefile("rb").readline().decode().strip())
for ask in (lambda: guest.openGraphicsFD(7), lambda: guest.openGraphicsFD(0, 64),
            lambda: guest.openGraphics(0, os.open("/dev/null", os.O_RDONLY))):
    try:
        ask()
        print("it works")
    except libvirt.libvirtError as error:
        print(error.get_error_code(), error.get_error_domain(), error)
