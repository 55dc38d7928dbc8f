# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Clients that others wrote do a round of real work, first with libvirtd and then with rvirtd. Each sees the same, and
# leaves nothing behind.

load ../lib/libvirtd
load ../lib/rvirtd
load ../lib/sshd

setup_file() {
  need_libvirt
  need sshd openssh-server
  need_python libvirt python3-libvirt
  peers_begin
  libvirtd_start
  rvirtd_start
  sshd_start
  sshd_offers rvirt-gateway
  cat > "$PEERS/web.xml" << END
<domain type='test'>
  <name>web</name><uuid>$web</uuid><memory unit='MiB'>512</memory><vcpu>2</vcpu><os><type arch='i686'>hvm</type></os>
  <devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/default-pool/web.qcow2'/>
    <target dev='vda' bus='virtio'/></disk>
    <interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/></interface></devices>
</domain>
END
}

teardown() {
  release
}

clients=$RVIRT_SRCDIR/tests/interop/clients
web=11111111-2222-4333-8444-555555555555

# need_python MODULE PACKAGE: of the Python that Debian's packages are for
need_python() {
  /usr/bin/python3 -c "import $1" 2> /dev/null || need "python module $1" "$2"
}

# hold: a connection to $uri, so that the driver's state outlives those of the clients.
hold() {
  coproc HELD {
    exec 3>&-
    limit /usr/bin/python3 -c 'import libvirt, sys
held = libvirt.open(sys.argv[1])
print("held", flush=True)
sys.stdin.read()' "$uri"
  }
  held=$HELD_PID held_in=${HELD[1]}
  read -rt 30 -u "${HELD[0]}" _
}

release() {
  [ -n "${held:-}" ] || return 0
  exec {held_in}>&-
  wait "$held"
  held=
}

shell() {
  limit virsh -q -c "$uri" "$@"
}

# objects: all that a client could leave behind
objects() {
  shell "list --all; net-list --all; pool-list --all; vol-list default-pool; iface-list --all"
}

# descriptors NAME: how many a server has open
descriptors() {
  local open=("/proc/$(peer_pid "$1")/fd/"*)
  echo ${#open[@]}
}

has_descriptors() {
  [ "$(descriptors "$1")" = "$2" ]
}

# alike COMMAND…: runs COMMAND, which works on $uri, with either daemon, and compares what it prints. What differs by
# nature is made equal: the socket's path, UUIDs that a client chose, and what a driver calls a call that it lacks.
alike() {
  local daemon before
  for daemon in libvirtd rvirtd; do
    uri=$(daemon_uri "$daemon")
    if [ "${reach:-}" = ssh ]; then uri="test+ssh://far/default?netcat=rvirt-gateway&socket=$PEERS/$daemon/libvirt-sock"; fi
    before=$(descriptors "$daemon")
    hold
    objects > "$BATS_TEST_TMPDIR/before"
    if ! "$@" > "$BATS_TEST_TMPDIR/out" 2>&1; then
      echo "$daemon:"
      cat "$BATS_TEST_TMPDIR/out"
      return 1
    fi
    sed -E -e "s,$PEERS/(libvirtd|rvirtd),DIR,g" -e "/$web/!s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/g" \
      -e 's/(by the connection driver: ).*/\1CALL/' "$BATS_TEST_TMPDIR/out" > "$BATS_TEST_TMPDIR/$daemon"
    objects | diff -u "$BATS_TEST_TMPDIR/before" -
    release
    [ "$daemon" = libvirtd ] || wait_until 10 has_descriptors "$daemon" "$before"
  done
  diff -u "$BATS_TEST_TMPDIR/libvirtd" "$BATS_TEST_TMPDIR/rvirtd"
}

# shows TEXT: the client printed it, with both.
shows() {
  grep -qF -- "$1" "$BATS_TEST_TMPDIR/rvirtd"
}

python_round() {
  limit /usr/bin/python3 "$clients/../python-round.py" "$uri"
}

python_events() {
  limit /usr/bin/python3 "$clients/events.py" "$uri"
}

glib_round() {
  limit /usr/bin/python3 "$clients/glib.py" "$uri"
}

perl_round() {
  limit perl "$clients/sys-virt.pl" "$uri"
}

install_round() {
  local options=(--connect "$uri" --name web --uuid "$web" --memory "256,maxmemory=512" --vcpus "2,maxvcpus=4"
    --disk "path=/default-pool/web.qcow2,size=1,format=qcow2" --network "network=default,mac=52:54:00:11:22:33" --osinfo generic --import)
  limit virt-install "${options[@]}" --print-xml
  limit virt-install "${options[@]}" --noautoconsole
  shell "list --all; domiflist web; domblklist web; dumpxml web; vol-list default-pool; vol-dumpxml web.qcow2 default-pool"
  shell "destroy web; dumpxml web; undefine web; vol-delete web.qcow2 default-pool; pool-info default-pool"
}

xml_round() {
  shell "define $PEERS/web.xml"
  limit virt-xml --connect "$uri" web --edit --vcpus 3 --print-diff
  limit virt-xml --connect "$uri" web --edit --vcpus 3 --define
  limit virt-xml --connect "$uri" web --edit --metadata "title=A title" --define
  limit virt-xml --connect "$uri" web --add-device --network "default,mac=52:54:00:00:00:02,model=virtio" --define
  limit virt-xml --connect "$uri" web --edit "mac=52:54:00:00:00:02" --network "link.state=down" --define
  limit virt-xml --connect "$uri" web --remove-device --network 1 --define
  shell "dumpxml web"
  limit virt-xml --connect "$uri" web --add-device --network default --define --start
  shell "list --all; destroy web; undefine web"
}

hotplug_refused() {
  ! limit virt-xml --connect "$uri" test --add-device --network "default,mac=52:54:00:00:00:02" --update
}

clone_round() {
  shell "define $PEERS/web.xml; vol-create-as default-pool web.qcow2 2G --format qcow2"
  limit virt-clone --connect "$uri" --original web --name web2 --mac 52:54:00:00:00:03 --auto-clone --print-xml
  limit virt-clone --connect "$uri" --original web --name web2 --mac 52:54:00:00:00:03 --auto-clone
  shell "list --all; dumpxml web2; vol-list default-pool --details; start web2; destroy web2"
  shell "undefine web2; undefine web; vol-delete web.qcow2 default-pool; vol-delete web2.qcow2 default-pool"
  ! limit virt-clone --connect "$uri" --original test --name web2 --auto-clone
}

@test "python3-libvirt" {
  alike python_round
  shows "1 domain, then 2, then 1"
}

@test "python3-libvirt, events of every class, in order" {
  alike python_events
  shows "test's domain test 3 0"
  shows "any refreshed default-pool"
  shows "open to the end 0"
}

@test "python3-libvirt, events, over ssh" {
  reach=ssh
  alike python_events
  shows "open to the end 0"
}

@test "libvirt-glib" {
  need_python "gi.repository.LibvirtGObject" gir1.2-libvirt-glib-1.0
  alike glib_round
  shows "removed web"
}

@test "Perl's Sys::Virt" {
  perl -MSys::Virt -e 1 2> /dev/null || need Sys::Virt libsys-virt-perl
  alike perl_round
  shows "done"
}

@test "Perl's Sys::Virt, over ssh" {
  perl -MSys::Virt -e 1 2> /dev/null || need Sys::Virt libsys-virt-perl
  reach=ssh
  alike perl_round
  shows "done"
}

@test "virt-install" {
  need virt-install virtinst
  alike install_round
  shows "Domain creation completed."
}

@test "virt-xml" {
  need virt-xml virtinst
  alike xml_round
  shows "<title>A title</title>"
}

@test "virt-xml can't plug into what runs" {
  need virt-xml virtinst
  alike hotplug_refused
  shows "not supported by the connection driver"
}

@test "virt-clone" {
  need virt-clone virtinst
  alike clone_round
  shows "Clone 'web2' created successfully."
}
