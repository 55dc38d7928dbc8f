# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rvsh migrate between two of libvirt's daemons, which take themselves for two hosts: the library's part of a migration
# against daemons that we did not write.

load ../lib/libvirtd
load ../lib/guest

setup_file() {
  need_libvirt
  need qemu-system-x86_64 qemu-system-x86
  need_root "guests of a private libvirtd"
  peers_begin
  guest_image
  LIBVIRTD_HOST=alpha libvirtd_start alpha 'host_uuid = "11111111-1111-4111-8111-111111111111"'
  LIBVIRTD_HOST=beta libvirtd_start beta 'host_uuid = "22222222-2222-4222-8222-222222222222"'
  guest_xml still kernel=no memory=32 console=none > "$PEERS/still.xml"
}

setup() {
  A=$(libvirtd_qemu_uri alpha)
  B=$(libvirtd_qemu_uri beta)
}

teardown() {
  local guest
  for guest in still counter; do
    for uri in "$A" "$B"; do
      limit virsh -q -c "$uri" destroy "$guest" || :
      limit virsh -q -c "$uri" undefine "$guest" || :
    done
  done > "$PEERS/teardown.log" 2>&1
}

# migrate OPTION…: of the guest "still" from alpha to beta
migrate() {
  limit rvsh -q -c "$A" migrate still "$B" "$@"
}

still() {
  limit virsh -q -c "$A" create "$PEERS/still.xml" --paused
}

# here URI: the guests of a daemon, with their states
here() {
  limit virsh -q -c "$1" list --all | sed 's/^ *[0-9-]* *//; s/  */ /g; s/ $//'
}

at_beta=tcp://127.0.0.1

@test "a guest that is paused goes to the other host and stays paused" {
  still
  run migrate --live --migrateuri "$at_beta" --verbose
  [ "$status" = 0 ]
  [[ $output == *"Migration: [100 %]"* ]]
  [ -z "$(here "$A")" ]
  [ "$(here "$B")" = "still paused" ]
}

@test "a guest that counts on its console goes on counting on the other host" {
  guest_xml counter append=count=1 "console=file:$PEERS/count" > "$PEERS/counter.xml"
  limit virsh -q -c "$A" create "$PEERS/counter.xml"
  wait_for_console "$PEERS/count" "count 5"
  run limit rvsh -q -c "$A" migrate counter "$B" --live --migrateuri "$at_beta" --persistent
  [ "$status" = 0 ]
  [ -z "$(here "$A")" ]
  [ "$(here "$B")" = "counter running" ]
  before=$(grep -ac . "$PEERS/count")
  wait_for_console "$PEERS/count" "count $((before + 5))"
  # it has not begun anew
  [ "$(tr -d '\r' < "$PEERS/count" | grep -axc 'count 1')" -le 1 ]
}

@test "peer-to-peer" {
  still
  migrate --live --p2p --migrateuri "$at_beta"
  [ "$(here "$A") to $(here "$B")" = " to still paused" ]
}

@test "tunnelled through the connection of the daemons" {
  still
  migrate --live --p2p --tunnelled
  [ "$(here "$A") to $(here "$B")" = " to still paused" ]
}

@test "offline: only the definition goes, and leaves the source" {
  limit virsh -q -c "$A" define "$PEERS/still.xml"
  migrate --offline --persistent --undefinesource --migrateuri "$at_beta"
  [ "$(here "$A") to $(here "$B")" = " to still shut off" ]
}

@test "with another name" {
  still
  migrate --live --dname other --migrateuri "$at_beta"
  [ "$(here "$B")" = "other paused" ]
  limit virsh -q -c "$B" destroy other
}

@test "with changed XML" {
  still
  limit virsh -c "$A" dumpxml --migratable still | sed 's,<devices>,<title>moved</title>&,' > "$PEERS/changed.xml"
  migrate --live --xml "$PEERS/changed.xml" --migrateuri "$at_beta"
  [ "$(limit virsh -c "$B" desc --title still)" = moved ]
}

@test "what the destination can't have is refused in prepare, and the guest stays usable" {
  still
  limit virsh -q -c "$B" create <(guest_xml still kernel=no memory=32 console=none) --paused
  run migrate --live --migrateuri "$at_beta"
  [ "$status" = 1 ]
  [[ $output == *"already exists"* || $output == *"already"* ]]
  [ "$(here "$A")" = "still paused" ]
  limit virsh -c "$A" domjobinfo still | grep -q None
}

@test "what can't be reached fails in perform, and nothing is left of it on the destination" {
  still
  run migrate --live --migrateuri tcp://127.0.0.2:49999 --listen-address 127.0.0.1
  [ "$status" = 1 ]
  [ "$(here "$A") to $(here "$B")" = "still paused to " ]
  limit virsh -c "$A" domjobinfo still | grep -q None
}

@test "Ctrl-C ends it, and the guest goes on where it was" {
  guest_xml counter append=count=1 "console=file:$PEERS/count2" > "$PEERS/counter.xml"
  limit virsh -q -c "$A" create "$PEERS/counter.xml"
  wait_for_console "$PEERS/count2" "count 2"
  (
    wait_until 20 job_is_there
    : > "$PEERS/now"
  ) 3>&- &
  run limit python3 "$LIB/../e2e/ctrl-c.py" "$PEERS/now" \
    rvsh -c "$A" migrate counter "$B" --live --verbose --bandwidth 1 --migrateuri "$at_beta"
  [ "$status" = 1 ]
  [[ $output == *"Migration: ["*" %]"* ]]
  [[ $output == *"canceled by client"* || $output == *"aborted"* ]]
  [ "$(here "$A") to $(here "$B")" = "counter running to " ]
}

job_is_there() {
  limit virsh -c "$A" domjobinfo counter | grep -q 'Memory processed'
}

@test "--timeout suspends a guest that takes too long" {
  guest_xml counter append=count=1 "console=file:$PEERS/count3" > "$PEERS/counter.xml"
  limit virsh -q -c "$A" create "$PEERS/counter.xml"
  wait_for_console "$PEERS/count3" "count 2"
  # at this speed it takes minutes, unless the guest stands still
  limit rvsh -q -c "$A" migrate counter "$B" --live --bandwidth 1 --timeout 1 --migrateuri "$at_beta" 3>&- &
  migration=$!
  wait_until 20 suspended
  limit virsh -q -c "$A" domjobabort counter
  ! wait "$migration"
  [ "$(here "$A") to $(here "$B")" = "counter running to " ]
}

suspended() {
  [ "$(limit virsh -c "$A" domstate counter)" = paused ]
}

@test "options are refused as virsh refuses them" {
  local options words
  still
  for options in "--live --offline" "--timeout 3" "--live --timeout-suspend" "--live --timeout 0" \
    "--live --timeout 3 --timeout-postcopy" "--postcopy-after-precopy" "--persistent-xml x" "--tls-destination x" \
    "--direct" "--bandwidth x" "--live --parallel-connections 2" "--disks-port x" \
    "--comp-methods foo --live" "--copy-storage-synchronous-writes --live" "--offline" "--live --tls-destination x" \
    "--live --postcopy --postcopy-resume" "--live --auto-converge-initial 20" "--live --comp-xbzrle-cache 5" \
    "--live --p2p --tunnelled --migrateuri tcp://x"; do
    read -ra words <<< "$options"
    limit virsh -c "$A" migrate still "$B" "${words[@]}" > "$PEERS/theirs" 2>&1 || :
    limit rvsh -c "$A" migrate still "$B" "${words[@]}" > "$PEERS/ours" 2>&1 || :
    diff "$PEERS/theirs" "$PEERS/ours" || {
      echo "differ: $options"
      return 1
    }
  done
}
