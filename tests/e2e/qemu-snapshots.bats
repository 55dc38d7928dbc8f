# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Snapshots of machines: a guest goes back to where it was, and the daemon may be killed at any time.

load ../lib/qemu

setup_file() {
  need qemu-img qemu-utils
  peers_begin
  qemu_start
}

setup() {
  cd "$BATS_TEST_TMPDIR"
  chmod 755 "$BATS_TEST_TMPDIR"
}

# last FILE: the number that a counting guest has come to.
last() {
  grep -a '^count ' "$1" | tail -n 1 | tr -dc 0-9
}

# first FILE: the number that it began with.
first() {
  grep -a '^count ' "$1" | head -n 1 | tr -dc 0-9
}

counts() {
  grep -qa '^count ' "$1"
}

# disk FILE [TARGET [ATTRIBUTES]]: a qcow2 image as a disk.
disk() {
  echo "<disk type='file' $3><driver name='qemu' type='qcow2'/><source file='$1'/><target dev='${2:-vda}' bus='virtio'/></disk>"
}

image() {
  limit qemu-img create -q -f qcow2 "$1" 16M
}

# snapshots NAME: its snapshots and which is current, in one line.
snapshots() {
  echo "$(on snapshot-list "$1" --name | sed '/^$/d' | sort | tr '\n' ' ')($(on snapshot-current "$1" --name 2> /dev/null))"
}

@test "a guest that counts goes back to the count of its snapshot" {
  guest_image
  image count.qcow2
  define counter append=count=1 log="$PEERS/counter.log" devices="$(disk "$PWD/count.qcow2")"
  on start counter
  wait_for_console "$PEERS/counter.log" "count 5"
  on snapshot-create-as counter early
  state_is counter 'running (unpaused)'
  taken=$(last "$PEERS/counter.log")
  wait_for_console "$PEERS/counter.log" "count $((taken + 20))"
  on snapshot-create-as counter late --halt
  state_is counter 'shut off (from snapshot)'
  ended=$(last "$PEERS/counter.log")
  on snapshot-revert counter early
  state_is counter 'running (from snapshot)'
  wait_until 20 counts "$PEERS/counter.log"
  [ "$(first "$PEERS/counter.log")" -le $((taken + 5)) ]
  # from one that runs to the other
  on snapshot-revert counter late --paused
  state_is counter 'paused (from snapshot)'
  on resume counter
  wait_until 20 counts "$PEERS/counter.log"
  wait_for_console "$PEERS/counter.log" "count $((ended + 5))"
  [ "$(first "$PEERS/counter.log")" -ge "$ended" ]
  [ "$(first "$PEERS/counter.log")" -le $((ended + 5)) ]
  on snapshot-delete counter early
  [ "$(snapshots counter)" = 'late (late)' ]
  on destroy counter
  on undefine counter --snapshots-metadata
}

@test "a daemon that is killed keeps its snapshots" {
  image kept.qcow2
  define kept kernel=no devices="$(disk "$PWD/kept.qcow2")"
  for name in a 'b & "c"' d; do
    on snapshot-create-as kept "$name" "text <$name>"
  done
  on snapshot-revert kept 'b & "c"'
  on start kept
  on snapshot-create-as kept e
  on snapshot-dumpxml kept e > before.xml
  peer_stop rvirtd KILL
  # what else lies there harms nobody
  echo rubbish > "$PEERS/state/lib/qemu/snapshot/kept/rubbish.xml"
  sed 's|<name>a</name>|<name>x</name>|' "$PEERS/state/lib/qemu/snapshot/kept/a.xml" \
    > "$PEERS/state/lib/qemu/snapshot/kept/other.xml"
  qemu_start
  rm "$PEERS/state/lib/qemu/snapshot/kept/"{rubbish,other}.xml
  on snapshot-dumpxml kept e | cmp - before.xml
  [ "$(snapshots kept)" = 'a b & "c" d e (e)' ]
  [ "$(on snapshot-parent kept e)" = 'b & "c"' ]
  # killed between two documents: both say that they are current, the one that was written last is
  peer_stop rvirtd KILL
  sed -i 's|<active>0|<active>1|' "$PEERS/state/lib/qemu/snapshot/kept/d.xml"
  qemu_start
  [ "$(on snapshot-current kept --name)" = d ]
  on snapshot-revert kept a
  state_is kept 'shut off (from snapshot)'
  on snapshot-delete kept a --children
  [ -z "$(limit qemu-img snapshot -l kept.qcow2)" ]
  [ "$(snapshots kept)" = '()' ]
  on undefine kept
  [ ! -e "$PEERS/state/lib/qemu/snapshot/kept/a.xml" ]
}

@test "documents of snapshots leave with their machine, and not without being asked for" {
  image left.qcow2
  define left kernel=no memory=32 uuid=11111111-2222-4333-8444-55555555556b devices="$(disk "$PWD/left.qcow2")"
  on snapshot-create-as left one
  run -1 on undefine left
  [[ $output == *"cannot delete inactive domain with 1 snapshots"* ]]
  run -1 on domrename left other
  [[ $output == *snapshots* ]]
  on snapshot-dumpxml left one > one.xml
  on undefine left --snapshots-metadata
  [ ! -e "$PEERS/state/lib/qemu/snapshot/left" ]
  on define left.xml
  on snapshot-create left one.xml --redefine --current
  on snapshot-revert left one
  # a transient machine takes its documents along, not its data
  on start left
  on undefine left
  on snapshot-revert left one --running
  state_is left 'running (booted)'
  on snapshot-create-as left two
  on snapshot-revert left two
  on destroy left
  [ ! -e "$PEERS/state/lib/qemu/snapshot/left" ]
  [[ $(limit qemu-img snapshot -l left.qcow2) == *one*two* ]]
}

@test "new images take what changes after an external snapshot" {
  image base.qcow2
  truncate -s 1M raw.img
  owner=$(stat -c %u:%g base.qcow2)
  define stacked kernel=no memory=32 devices="$(disk "$PWD/base.qcow2")
    <disk type='file'><driver name='qemu' type='raw'/><source file='$PWD/raw.img'/><target dev='vdb' bus='virtio'/></disk>"
  on snapshot-create-as stacked off --disk-only
  [[ $(on domblklist stacked) == *"$PWD/base.off"*"$PWD/raw.off"* ]]
  [[ $(limit qemu-img info "$PWD/raw.off") == *"backing file: $PWD/raw.img"*"format: raw"* ]]
  on start stacked
  on snapshot-create-as stacked live --disk-only --diskspec "vda,file=$PWD/a,,b.qcow2" --diskspec vdb,snapshot=no
  [[ $(on domblklist stacked) == *"$PWD/a,b.qcow2"*"$PWD/raw.off"* ]]
  [[ $(on domblklist stacked --inactive) == *"$PWD/a,b.qcow2"*"$PWD/raw.off"* ]]
  find "/proc/$(guest_pid stacked)/fd" -lname "$PWD/a,b.qcow2" | grep -q .
  run -1 on snapshot-create-as stacked again --disk-only --diskspec "vda,file=$PWD/raw.img"
  [[ $output == *"already exists and is not a block device"* ]]
  run -1 on snapshot-create-as stacked missing --disk-only --diskspec "vda,file=$PWD/nowhere/x" --diskspec vdb,snapshot=no
  [[ $(on domblklist stacked) == *"$PWD/a,b.qcow2"* ]]
  run -1 on snapshot-create-as stacked memory --memspec "$PWD/memory"
  [[ $output == *"with memory is not supported"* ]]
  run -1 on snapshot-revert stacked live
  [[ $output == *"revert to external snapshot not supported yet"* ]]
  run -1 on snapshot-delete stacked live
  [[ $output == *"blockcommit"* ]]
  # another daemon knows the images, and the next start does
  peer_stop rvirtd
  qemu_start
  on destroy stacked
  on start stacked
  on destroy stacked
  [ "$(stat -c %u:%g base.qcow2)" = "$owner" ]
  [ "$(snapshots stacked)" = 'live off (live)' ]
  on undefine stacked --snapshots-metadata
}
