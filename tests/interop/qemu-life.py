# SPDX-License-Identifier: LGPL-2.1-or-later
"""The life of a guest through libvirt's library: what is done, what is answered, which events come.

    qemu-life.py URI XML-FILE CONSOLE-FILE      prints all that a client sees; the same of every daemon
"""
import sys
import threading
import time

import libvirt

seen = []
changed = threading.Condition()


def note(*words):
    with changed:
        seen.append(" ".join(str(w) for w in words))
        changed.notify_all()


def wait_for(text, count=1):
    with changed:
        if not changed.wait_for(lambda: seen.count(text) >= count, 60):
            print("\n".join(seen))
            sys.exit(f"never came: {text}")


def press_until_off(dom):
    """A guest that is busy may miss the button."""
    with changed:
        for _ in range(20):
            if changed.wait_for(lambda: "lifecycle life 5 0" in seen, 3):
                return
            try:
                dom.shutdown()
            except libvirt.libvirtError:
                pass
    sys.exit("the guest does not power off:\n" + "\n".join(seen))


def run_loop():
    while True:
        libvirt.virEventRunDefaultImpl()


def listen(conn):
    def add(name, tell):
        conn.domainEventRegisterAny(None, getattr(libvirt, "VIR_DOMAIN_EVENT_ID_" + name), tell, None)

    add("LIFECYCLE", lambda c, d, event, detail, o: note("lifecycle", d.name(), event, detail))
    add("REBOOT", lambda c, d, o: note("reboot", d.name()))
    add("METADATA_CHANGE", lambda c, d, kind, uri, o: note("metadata", d.name(), kind, uri))
    add("BALLOON_CHANGE", lambda c, d, actual, o: note("balloon", d.name(), actual))


def attempt(words, call, *args):
    try:
        note(words, "->", call(*args))
    except libvirt.libvirtError as e:
        note(words, "failed:", e.get_error_code(), e.get_error_domain(), e.get_error_message())


def wait_on_console(path, text, count):
    end = time.monotonic() + 60
    while open(path, "rb").read().count(text.encode()) < count:
        if time.monotonic() > end:
            sys.exit(f"the console does not say '{text}' {count} times")
        time.sleep(0.05)


def main():
    uri, xml, console = sys.argv[1:]
    libvirt.virEventRegisterDefaultImpl()
    libvirt.registerErrorHandler(lambda ctx, e: None, None)
    threading.Thread(target=run_loop, daemon=True).start()
    conn = libvirt.open(uri)
    listen(conn)
    dom = conn.defineXML(open(xml, encoding="utf-8").read())
    attempt("suspend what is off", dom.suspend)
    attempt("destroy what is off", dom.destroy)
    attempt("create paused", dom.createWithFlags, libvirt.VIR_DOMAIN_START_PAUSED)
    attempt("create again", dom.create)
    attempt("state", dom.state)
    attempt("resume", dom.resume)
    attempt("resume again", dom.resume)
    wait_on_console(console, "rvirt-guest: ready", 1)
    attempt("suspend", dom.suspend)
    attempt("suspend again", dom.suspend)
    attempt("state", dom.state)
    attempt("resume", dom.resume)
    attempt("reset", dom.reset)
    wait_for("reboot life")
    wait_on_console(console, "rvirt-guest: ready", 2)
    attempt("state", dom.state)
    attempt("title", dom.setMetadata, libvirt.VIR_DOMAIN_METADATA_TITLE, "a title", None, None, 3)
    attempt("autostart", dom.setAutostart, 1)
    attempt("autostart", dom.autostart)
    attempt("shutdown", dom.shutdown)
    press_until_off(dom)
    attempt("state", dom.state)
    attempt("create", dom.create)
    attempt("undefine", dom.undefine)
    attempt("persistent", dom.isPersistent)
    attempt("destroy", dom.destroy)
    wait_for("lifecycle life 5 1")
    attempt("state of what is gone", dom.state)
    conn.close()
    # answers and events travel apart; a guest's firmware may reset it once more
    print("\n".join(line for line in seen if " -> " in line or " failed: " in line))
    events = [line for line in seen if " -> " not in line and " failed: " not in line]
    print("\n".join(line for i, line in enumerate(events) if i == 0 or line != events[i - 1] or line != "reboot life"))


main()
