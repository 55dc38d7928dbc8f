# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Consoles and channels of rvirtd's guests, for rvsh, virsh and libvirt's library.

load ../lib/qemu
load ../lib/sshd

setup_file() {
  need virsh libvirt-clients
  peers_begin
  guest_image
  qemu_start
  sshd_start
  uri=$(qemu_uri)
  export uri
  guest_xml tiny log="$PEERS/tiny.log" devices="<console type='pty'><target type='virtio' port='1'/></console>
    <channel type='unix'><target type='virtio' name='rvirt.echo'/></channel>" > "$PEERS/tiny.xml"
  on create "$PEERS/tiny.xml"
  wait_for_console "$PEERS/tiny.log" "rvirt-guest: ready"
}

# at_terminal [PROMPT TEXT]… -- COMMAND…
at_terminal() {
  LIMIT=40 limit python3 "$LIB/at-terminal.py" "$@"
}

# talks URI ARGUMENT…: rvsh types a line, which the guest's shell answers.
talks() {
  run -0 at_terminal 'Ctrl + ])' '\r' 'guest# ' 'echo a$((1+1))b\r' $'a2b\r\nguest# ' '\x1d' -- rvsh -c "$1" console tiny "${@:2}"
  [[ $output == *'echo a$((1+1))b'*a2b*"exit 0"*"echo on" ]]
}

# ticked PID: has the process ended, while the guest's other console makes it say something on the first?
ticked() {
  console_talk "$(cat "$PEERS/other-tty")" '' 'echo tick > /dev/ttyS0' 'guest# ' > "$PEERS/ticks"
  process_gone "$1"
}

@test "rvsh talks with a guest, here and over ssh" {
  sshd_offers sh rvirt-gateway
  talks "$uri"
  talks "$uri" --devname console1
  talks "qemu+ssh://far${uri#*//}"
}

@test "virsh talks with a guest" {
  on dumpxml tiny | sed -n "s/.*<console type='pty' tty='\([^']*\)'.*/\1/p" | tail -n 1 > "$PEERS/other-tty"
  # what is typed before virsh is ready it throws away: it is ready when it shows something
  at_terminal tick '\r' 'guest# ' 'echo a$((1+1))b\r' $'a2b\r\nguest# ' '\x1d' -- virsh -c "$uri" console tiny \
    > "$PEERS/virsh" 2>&1 3>&- &
  wait_until 30 ticked $!
  wait $!
  [[ $(< "$PEERS/virsh") == *'echo a$((1+1))b'*a2b*"exit 0"*"echo on" ]]
}

@test "channels, a session that is taken over, and a guest that takes nothing, by libvirt's library" {
  [ -e /usr/lib/python3/dist-packages/libvirt.py ] || need python3-libvirt python3-libvirt
  limit /usr/bin/python3 "$RVIRT_SRCDIR/tests/interop/qemu-console.py" "$uri" tiny
}

# The probe may be first: whoever is to have the console takes it by force.
busy() {
  run at_terminal 'Ctrl + ])' '\x1d' -- rvsh -c "$uri" console tiny --safe
  [[ $output == *"Active console session exists for this domain"* ]]
}

@test "a console is taken over by force" {
  at_terminal -- rvsh -c "$uri" console tiny --force > "$PEERS/first" 2>&1 3>&- &
  wait_until 20 busy
  run -0 at_terminal 'Ctrl + ])' '\x1d' -- virsh -c "$uri" console tiny --force
  wait $!
  [[ $(< "$PEERS/first") == *"error: operation aborted: another session took the device over"*"exit 1"*"echo on" ]]
}

@test "after the daemon was killed its guest's console is there again; the guest's end is told" {
  at_terminal -- rvsh -c "$uri" console tiny --force > "$PEERS/first" 2>&1 3>&- &
  first=$!
  wait_until 20 busy
  peer_stop rvirtd KILL
  wait "$first"
  cat "$PEERS/first"
  # a reset, where bytes were on their way to it
  [[ $(< "$PEERS/first") == *"error: call: "*"exit 1"*"echo on" ]]
  qemu_start
  talks "$uri"
  run -0 at_terminal 'Ctrl + ])' '\r' 'guest# ' 'poweroff -f\r' -- rvsh -c "$uri" console tiny
  [[ $output == *"The console of domain 'tiny' has ended"*"exit 0"*"echo on" ]]
}
