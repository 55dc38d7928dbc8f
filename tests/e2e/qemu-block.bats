# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Jobs on disks of running machines: what the images hold afterwards, whose they are, and what becomes of a job whose
# daemon or guest ends. Guests are paused: they write nothing.

load ../lib/qemu

setup_file() {
  peers_begin
  need qemu-img qemu-utils
  qemu_start
}

setup() {
  cd "$BATS_TEST_TMPDIR"
  chmod 755 "$BATS_TEST_TMPDIR"
}

# chain: base, mid, top; what top shows is kept in whole.raw.
chain() {
  qemu-img create -q -f qcow2 base.qcow2 8M
  qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 mid.qcow2
  qemu-img create -q -f qcow2 -b mid.qcow2 -F qcow2 top.qcow2
  qemu-io -c 'write -q -P 1 0 3M' base.qcow2
  qemu-io -c 'write -q -P 2 2M 2M' mid.qcow2
  qemu-io -c 'write -q -P 3 3M 2M' top.qcow2
  qemu-img convert -O raw top.qcow2 whole.raw
}

# start NAME FILE: a paused machine with that image.
start() {
  define "$1" kernel=no devices="<disk type='file'><driver name='qemu' type='qcow2'/><source file='$PWD/$2'/><target dev='vda' bus='virtio'/></disk>"
  on start "$1" --paused
}

# whole FILE FORMAT: it shows what the chain showed at first, and is sound.
whole() {
  qemu-img compare -q -f "$2" -F raw "$1" whole.raw
  [ "$2" = raw ] || qemu-img check -q -f "$2" "$1"
}

# job_is NAME TEXT: what blockjob says of vda.
job_is() {
  [[ $(on blockjob "$1" vda 2>&1) == *"$2"* ]]
}

# daemon_again: the daemon is killed, and another one finds the guests.
daemon_again() {
  peer_stop rvirtd KILL
  qemu_start
}

end() {
  on destroy "$1"
  on undefine "$1"
}

@test "data is pulled up, and committed down, by number, path and relative name" {
  chain
  chmod 600 base.qcow2
  owner=$(stat -c %u:%g base.qcow2)
  start p top.qcow2
  on blockpull p vda --base "vda[3]" --keep-relative --wait --verbose
  run ! open_by p "$PWD/mid.qcow2"
  open_by p "$PWD/base.qcow2"
  lacks p mid.qcow2
  [[ $(qemu-img info -U top.qcow2) == *"backing file: base.qcow2"* ]]
  on blockpull p vda --wait
  run ! open_by p "$PWD/base.qcow2"
  [ "$(stat -c %u:%g base.qcow2)" = "$owner" ]
  end p
  whole top.qcow2 qcow2
  [[ $(qemu-img info top.qcow2) != *"backing file:"* ]]

  rm ./*.qcow2
  chain
  owner=$(stat -c %u:%g base.qcow2)
  start p top.qcow2
  on blockcommit p vda --top "$PWD/mid.qcow2" --keep-relative --wait --verbose
  lacks p mid.qcow2
  [[ $(qemu-img info -U top.qcow2) == *"backing file: base.qcow2"* ]]
  run -1 on blockcommit p vda --wait
  [[ $output == *"active layer requires active flag"* ]]
  on blockcommit p vda --active --pivot --delete
  has p base.qcow2
  has p base.qcow2 --inactive
  [ ! -e top.qcow2 ]
  end p
  [ "$(stat -c %u:%g base.qcow2)" = "$owner" ]
  whole base.qcow2 qcow2
}

@test "a copy is ended either way, and whole" {
  chain
  truncate -s 8M there.raw
  owner=$(stat -c %u:%g there.raw)
  start c top.qcow2
  run -1 on blockcopy c vda "$PWD/new.raw"
  [[ $output == *"domain is not transient"* ]]
  on blockcopy c vda "$PWD/there.raw" --format raw --reuse-external --transient-job --wait --finish
  [ "$(stat -c %u:%g there.raw)" = "$owner" ]
  run ! open_by c "$PWD/there.raw"
  whole there.raw raw
  # given up before it is whole: nothing of it stays in the definition
  on blockcopy c vda "$PWD/half.qcow2" --transient-job --bytes 65536 --buf-size 65536
  job_is c "Block Copy: ["
  run -1 on blockjob c vda --pivot
  [[ $output == *"not ready for pivot yet"* ]]
  for command in 'blockpull c vda' 'blockcommit c vda --active' 'detach-disk c vda --live' 'save c x' \
    "blockcopy c vda $PWD/other.raw --transient-job"; do
    run -1 on $command
    [[ $output == *"active block job"* ]]
  done
  on blockjob c vda --abort
  job_is c "No current block job"
  lacks c half.qcow2
  run ! open_by c "$PWD/half.qcow2"
  [ ! -e other.raw ]
  # what can't be made leaves nothing behind
  on dumpxml c > before.xml
  for target in "$PWD/missing/x" "$PWD/top.qcow2" "$PWD"; do
    run -1 on blockcopy c vda "$target" --transient-job
    [[ $output == *"$target"* ]]
  done
  on dumpxml c > after.xml
  cmp before.xml after.xml
  on blockcopy c vda "$PWD/shallow.qcow2" --shallow --transient-job --synchronous-writes --granularity 65536 --wait --pivot
  has c shallow.qcow2 --inactive
  has c mid.qcow2
  run ! open_by c "$PWD/top.qcow2"
  open_by c "$PWD/base.qcow2"
  end c
  whole shallow.qcow2 qcow2
}

@test "jobs outlive the daemon, and end with their guest" {
  chain
  start k top.qcow2
  on blockcopy k vda "$PWD/copy.raw" --format raw --transient-job --bytes 65536 --buf-size 65536
  daemon_again
  job_is k "Block Copy: ["
  on blockjob k vda --bandwidth 100
  wait_until 20 job_is k '100 %'
  wait_until 20 has k "ready='yes'"
  daemon_again
  has k "ready='yes'"
  on blockjob k vda --pivot
  has k copy.raw
  has k copy.raw --inactive
  on blockcopy k vda "$PWD/back.qcow2" --format qcow2 --transient-job --wait
  end k
  whole copy.raw raw
  whole back.qcow2 qcow2
  # a job that ends while there is no daemon
  start k top.qcow2
  on blockpull k vda --bytes 2097152
  peer_stop rvirtd KILL
  pulled() { [[ $(qemu-img info -U top.qcow2) != *"backing file:"* ]]; }
  wait_until 30 pulled
  qemu_start
  wait_until 20 lacks k mid.qcow2
  on blockpull k vda --wait
  on blockcopy k vda "$PWD/rest.raw" --format raw --transient-job --bytes 65536 --buf-size 65536
  on destroy k
  whole top.qcow2 qcow2
  lacks k mirror
  on start k --paused
  job_is k "No current block job"
  on blockcopy k vda "$PWD/last.raw" --format raw --transient-job --wait --pivot
  end k
  whole last.raw raw
}

# limited N: another limit, of which whoever watches is told.
limited() {
  on blkdeviotune w vda --total-bytes-sec "$((RANDOM + 1000000000))" > /dev/null && grep -q "event 'tunable'" events
}

@test "limits hold from the start on, and what happens to disks is told" {
  chain
  qemu-img create -q -f raw disk.raw 1M
  qemu-io -f raw -c 'write -q -P 7 512 512' disk.raw
  define w kernel=no devices="<disk type='file'><driver name='qemu' type='qcow2'/><source file='$PWD/top.qcow2'/><target dev='vda' bus='virtio'/>
      <iotune><read_iops_sec>77</read_iops_sec><read_iops_sec_max>88</read_iops_sec_max></iotune></disk>
    <disk type='file'><driver name='qemu' type='raw'/><source file='$PWD/disk.raw'/><target dev='sda' bus='usb'/>
      <iotune><total_bytes_sec>5555555</total_bytes_sec><group_name>slow</group_name></iotune></disk>"
  on start w --paused
  [[ $(on blkdeviotune w vda) == *"read_iops_sec  : 77"*"read_iops_sec_max: 88"*"read_iops_sec_max_length: 1"* ]]
  [[ $(on blkdeviotune w sda) == *"total_bytes_sec: 5555555"*"group_name     : slow"* ]]
  timeout 50 rvsh -c "$(qemu_uri)" event w --all --loop > events 2>&1 3>&- &
  watcher=$!
  wait_until 20 limited
  on domblkthreshold w vda 4096
  on blockpull w vda --wait
  wait_until 20 grep -q "event 'block-threshold'.*: dev: vda($PWD/top.qcow2)  *4096 " events
  wait_until 20 grep -q "event 'block-job-2'.*: Block Pull for vda completed" events
  on blockcopy w vda "$PWD/copied.raw" --format raw --transient-job --wait
  on blockjob w vda --abort
  on blockcopy w vda "$PWD/copied.qcow2" --transient-job --wait --pivot
  wait_until 20 grep -q "event 'block-job'.*: Block Copy for $PWD/copied.qcow2 completed" events
  sed -n "s/^event 'block-job-2' .*: //p" events > jobs.seen
  diff jobs.seen - <<< "Block Pull for vda completed
Block Copy for vda ready
Block Copy for vda canceled
Block Copy for vda ready
Block Copy for vda completed"
  kill "$watcher"
  dom=$(on call domain-lookup-by-name '{"name": "w"}' | jq .dom)
  [ "$(on call domain-block-peek "{\"dom\": $dom, \"path\": \"sda\", \"offset\": 511, \"size\": 2}" | jq -r .buffer)" = 0007 ]
  run -1 on call domain-block-peek "{\"dom\": $dom, \"path\": \"sda\", \"offset\": 1048570, \"size\": 100}"
  [[ $output == *"has only 6 bytes available"* ]]
  run -1 on call domain-block-peek "{\"dom\": $dom, \"path\": \"vda\", \"size\": 100}"
  [[ $output == *"'raw' format not 'qcow2'"* ]]
  run -1 on call domain-block-peek "{\"dom\": $dom, \"path\": \"sda\", \"size\": 4194305}"
  # the reset vector of a PC jumps
  [[ $(on call domain-memory-peek "{\"dom\": $dom, \"offset\": 4294967280, \"size\": 1, \"flags\": 2}" | jq -r .buffer) == ea ]]
  [ -z "$(find "$PEERS/state/lib/qemu" -name 'peek.*')" ]
  [[ $(on domblkerror w) == "No errors found"* ]]
  end w
  whole copied.qcow2 qcow2
}
