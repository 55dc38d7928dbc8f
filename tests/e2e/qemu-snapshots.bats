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
  run -1 on snapshot-create-as stacked memory --memspec "$PWD/memory" --live
  [[ $output == *"(live) is not supported"* ]]
  run -1 on snapshot-revert stacked live
  [[ $output == *"revert to external snapshot not supported yet"* ]]
  run -1 on snapshot-delete stacked off
  [[ $output == *"with children not supported"* ]]
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

# holds FILE FORMAT OFFSET PATTERN: what 64 KiB there are.
holds() {
  limit qemu-io -r -f "$2" -c "read -P $4 $3 64k" "$1" | grep -q '^read 65536/65536' &&
    ! limit qemu-io -r -f "$2" -c "read -P $4 $3 64k" "$1" | grep -q failed
}

@test "to delete an external snapshot writes its images into the old ones" {
  image merge.qcow2
  truncate -s 1M other.img
  define merged kernel=no memory=32 devices="$(disk "$PWD/merge.qcow2")
    <disk type='file'><driver name='qemu' type='raw'/><source file='$PWD/other.img'/><target dev='vdb' bus='virtio'/></disk>"
  on snapshot-create-as merged off --disk-only
  limit qemu-io -f qcow2 -c 'write -P 2 0 64k' merge.off > /dev/null
  on start merged --paused
  on snapshot-create-as merged live --disk-only --diskspec "vda,file=$PWD/merge.live" --diskspec vdb,snapshot=no
  on qemu-monitor-command merged --hmp 'qemu-io -d virtio-disk0/virtio-backend "write -P 3 65536 64k"'
  run -1 on snapshot-delete merged off
  [[ $output == *"with children not supported"* ]]
  run -1 on snapshot-create-as merged quiet --disk-only --quiesce
  [[ $output == *"domain is not running"* || $output == *"agent is not"* ]]
  # of a machine that runs
  on snapshot-delete merged live
  [[ $(on domblklist merged) == *"$PWD/merge.off"* ]]
  [[ $(on domblklist merged --inactive) == *"$PWD/merge.off"* ]]
  [ ! -e merge.live ]
  [ "$(snapshots merged)" = 'off (off)' ]
  on destroy merged
  holds merge.off qcow2 65536 3
  # and of one that does not
  on snapshot-delete merged off
  [[ $(on domblklist merged) == *"$PWD/merge.qcow2"*"$PWD/other.img"* ]]
  [ ! -e merge.off ]
  holds merge.qcow2 qcow2 0 2
  holds merge.qcow2 qcow2 65536 3
  [ "$(snapshots merged)" = '()' ]
  # images that are not the machine's any more are not touched
  on snapshot-create-as merged gone --disk-only --diskspec "vda,file=$PWD/gone.1" --diskspec vdb,snapshot=no
  on start merged --paused
  on blockcommit merged vda --active --pivot
  touch gone.1
  limit qemu-img create -q -f qcow2 -b other.img -F raw gone.2
  on destroy merged
  on dumpxml merged --inactive | sed "s,$PWD/merge.qcow2,$PWD/gone.2," > merged.xml
  on define merged.xml
  run -1 on snapshot-delete merged gone
  [[ $output == *"does not use the image of snapshot 'gone' any more"* ]]
  [ -e gone.1 ]
  on snapshot-delete merged gone --metadata
  on undefine merged
}

@test "memory goes into a file beside new images, and the guest can be started from there" {
  guest_image
  image whole.qcow2
  define whole append=count=1 log="$PEERS/whole.log" devices="$(disk "$PWD/whole.qcow2")"
  on start whole
  wait_for_console "$PEERS/whole.log" "count 5"
  on snapshot-create-as whole now --memspec "$PWD/now.mem" --diskspec "vda,file=$PWD/whole.now"
  state_is whole 'running (unpaused)'
  taken=$(last "$PEERS/whole.log")
  [[ $(on domblklist whole) == *"$PWD/whole.now"* ]]
  [[ $(on snapshot-dumpxml whole now) == *"<memory snapshot='external' file='$PWD/now.mem'/>"* ]]
  wait_for_console "$PEERS/whole.log" "count $((taken + 10))"
  run -1 on snapshot-create-as whole bad --memspec "$PWD/nowhere/mem" --diskspec "vda,file=$PWD/whole.bad"
  [ ! -e whole.bad ]
  state_is whole 'running (unpaused)'
  on destroy whole
  on restore now.mem
  wait_until 20 counts "$PEERS/whole.log"
  [ "$(first "$PEERS/whole.log")" -le $((taken + 5)) ]
  on destroy whole
  on snapshot-delete whole now
  [ ! -e now.mem ]
  [ ! -e whole.now ]
  [[ $(on domblklist whole) == *"$PWD/whole.qcow2"* ]]
  on undefine whole
}
