# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Consoles of real guests at a terminal: virsh with libvirtd shows what rvsh must do.

load ../lib/libvirtd
load ../lib/guest

setup_file() {
  need_libvirt
  need qemu-system-x86_64 qemu-system-x86
  own_mounts || skip "needs a mount namespace: libvirtd's guests"
  peers_begin
  guest_image
  libvirtd_start
  uri=$(libvirtd_qemu_uri)
  export uri
  guest_xml tiny log="$PEERS/tiny.log" \
    devices="<console type='pty'><target type='virtio' port='1'/></console>" > "$PEERS/tiny.xml"
  guest_xml off kernel=no > "$PEERS/off.xml"
  limit virsh -c "$uri" create "$PEERS/tiny.xml"
  limit virsh -c "$uri" define "$PEERS/off.xml"
  # its daemon is killed, and then nothing tells any more whose it is
  marked_processes | sed -n 's/^\([0-9]*\) [^ ]*qemu-system.*guest=tiny.*/\1/p' > "$PEERS/qemu"
  [ -s "$PEERS/qemu" ]
  wait_for_console "$PEERS/tiny.log" "rvirt-guest: ready"
}

teardown_file() {
  [ ! -e "${PEERS:-}/qemu" ] || kill -9 "$(< "$PEERS/qemu")"
  peers_end
}

# at_terminal [PROMPT TEXT]… -- COMMAND…
at_terminal() {
  LIMIT=40 limit python3 "$LIB/at-terminal.py" "$@"
}

# console SHELL ARGUMENT…: a line of the guest's shell, typed once it is heard of, and the escape character.
console() {
  at_terminal 'Ctrl + ])' '\r' 'guest# ' 'echo a$((1+1))b\r' $'a2b\r\nguest# ' '\x1d' -- "$1" -c "$uri" console tiny "${@:2}"
}

# busy: has the console of tiny been taken?
busy() {
  run at_terminal 'Ctrl + ])' '\x1d' -- rvsh -c "$uri" console tiny --safe
  [[ $output == *"Active console session exists for this domain"* ]]
}

@test "a line is typed, its answer is seen, and the terminal is as it was" {
  run -0 console rvsh
  [[ $output == *"Connected to domain 'tiny'"*"Escape character is ^] (Ctrl + ])"* ]]
  [[ $output == *'echo a$((1+1))b'*a2b*"exit 0"*"echo on" ]]
}

@test "another device of the guest" {
  run -0 console rvsh --devname console1
  [[ $output == *a2b*"exit 0"*"echo on" ]]
  run -0 console rvsh --devname nosuch
  [[ $output == *"error: internal error: cannot find character device nosuch"*"exit 1"*"echo on" ]]
}

@test "another escape character" {
  run -0 at_terminal 'Ctrl + A)' '\r' 'guest# ' '\x01' -- rvsh -e ^A -c "$uri" console tiny
  [[ $output == *"Escape character is ^A (Ctrl + A)"*"exit 0"*"echo on" ]]
}

@test "what can't be connected is refused in virsh's words" {
  for args in "tiny" "off" "nosuch"; do
    run -1 limit virsh -c "$uri" console "$args" < /dev/null
    expected=$output
    run -1 limit rvsh -c "$uri" console "$args" < /dev/null
    [ "$output" = "$expected" ]
  done
}

@test "one session at a time, unless it is taken over by force" {
  at_terminal 'guest# ' 'echo here\r' -- rvsh -c "$uri" console tiny --force > "$PEERS/first" 2>&1 3>&- &
  first=$!
  wait_until 20 busy
  run -0 at_terminal 'Ctrl + ])' '\x1d' -- rvsh -c "$uri" console tiny --force
  [[ $output == *"exit 0"*"echo on" ]]
  wait $first
  [[ $(< "$PEERS/first") == *"error: stream had I/O failure"*"exit 1"*"echo on" ]]
}

@test "a console is there before its guest runs; the guest's end is told" {
  run -0 at_terminal 'rvirt-guest: ready' '\r' 'guest# ' 'poweroff -f\r' -- \
    rvsh -c "$uri" create --console <(guest_xml early)
  [[ $output == *"rvirt-guest: up"*"The console of domain 'early' has ended"*"exit 0"*"echo on" ]]
}

@test "a signal leaves the terminal as it was" {
  at_terminal -- sh -c 'echo $$ > "$PEERS/pid"; exec rvsh -c "$uri" console tiny --force' > "$PEERS/first" 2>&1 3>&- &
  first=$!
  wait_until 20 busy
  kill "$(< "$PEERS/pid")"
  wait $first
  [[ $(< "$PEERS/first") == *"signal 15"*"echo on" ]]
}

@test "a daemon that is killed is told, and the terminal is as it was" {
  at_terminal -- rvsh -c "$uri" console tiny --force > "$PEERS/first" 2>&1 3>&- &
  first=$!
  wait_until 20 busy
  peer_stop libvirtd KILL
  wait $first
  [[ $(< "$PEERS/first") == *"error: call: End of file while reading data: the daemon closed"*"exit 1"*"echo on" ]]
}
