# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What libvirt's own virsh says of a machine's share of the host, and changes of it, is as with libvirt's daemon.

load ../lib/qemu

setup_file() {
  both_start
}

# alike: without what is meant to differ.
alike() {
  sed -E "/<resource>/,/<\/resource>/d; /<seclabel/,/<\/seclabel>/d; /<cpu /,/<\/cpu>/d; s|/dev/pts/[0-9]+|PTS|
    s/is not implemented yet/is not supported/"
}

# both FILE [FILTER]: runs the commands of a file, where DIR is a folder with images, with virsh on both daemons.
both() {
  local who uri images command
  for who in libvirtd rvirtd; do
    uri=$(libvirtd_qemu_uri)
    [ "$who" = libvirtd ] || uri=$(qemu_uri)
    images=$PEERS/$who-images
    mkdir -p "$images"
    chmod 755 "$images"
    truncate -s 1M "$images/a.img"
    guest_xml tuned kernel=no vcpus=3 balloon=virtio uuid=11111111-2222-4333-8444-555555555560 \
      top="<iothreads>1</iothreads>" devices="<disk type='file'><source file='$images/a.img'/><target dev='vda' bus='virtio'/></disk>
        <interface type='user'><mac address='52:54:00:00:00:0a'/></interface>" > "$images/tuned.xml"
    while read -r command; do
      echo "== $command"
      { limit virsh -c "$uri" "${command//DIR/$images}" 2>&1 < /dev/null || echo "exit status $?"; } | sed "s|$images|DIR|g" | alike | ${2:-cat}
    done < "$1" > "$PEERS/$who.seen"
  done
  diff -u "$PEERS/libvirtd.seen" "$PEERS/rvirtd.seen"
}

@test "where threads run" {
  cat > "$BATS_TEST_TMPDIR/commands" << 'END'
define DIR/tuned.xml
vcpupin tuned
emulatorpin tuned
iothreadinfo tuned
vcpupin tuned 2 0 --config
vcpupin tuned 0 0 --config
vcpupin tuned 5 0 --config
emulatorpin tuned 0 --config
iothreadadd tuned 3 --config
iothreadadd tuned 3 --config
iothreadpin tuned 3 0 --config
iothreadpin tuned 7 0 --config
iothreaddel tuned 7 --config
iothreadset tuned 3 --poll-max-ns 100 --config
iothreadinfo tuned --config
dumpxml tuned
start tuned
vcpupin tuned
vcpupin tuned 0 0 --live
vcpupin tuned 1 0 --live --config
vcpupin tuned 5 0 --live
vcpupin tuned --config
emulatorpin tuned 0
emulatorpin tuned
iothreadadd tuned 4 --live
iothreadadd tuned 4 --live --config
iothreadpin tuned 4 0 --live
iothreadpin tuned 9 0 --live
iothreadset tuned 4 --poll-max-ns 1000 --poll-grow 2 --poll-shrink 3 --live
iothreadset tuned 9 --poll-max-ns 1000 --live
iothreadset tuned 4 --thread-pool-min 1 --thread-pool-max 4 --live
iothreadset tuned 4 --thread-pool-min 9 --thread-pool-max 4 --live
iothreadinfo tuned
dumpxml tuned
iothreaddel tuned 4 --live
iothreaddel tuned 4 --live
dumpxml tuned --inactive
destroy tuned
undefine tuned
END
  both "$BATS_TEST_TMPDIR/commands"
}

@test "shares, limits and nodes, where the host has no controllers" {
  cat > "$BATS_TEST_TMPDIR/commands" << 'END'
define DIR/tuned.xml
schedinfo tuned
schedinfo tuned --set cpu_shares=512 --config
schedinfo tuned --set vcpu_quota=50000 --config
schedinfo tuned --set vcpu_period=5 --config
schedinfo tuned --set bogus=5 --config
schedinfo tuned --set iothread_quota=-1 --config
schedinfo tuned --set vcpu_quota=999 --config
schedinfo tuned --set global_period=100000 --config
memtune tuned 100M --config
memtune tuned --soft-limit 50M --config
memtune tuned --swap-hard-limit 50M --config
memtune tuned --swap-hard-limit 200M --config
memtune tuned --config
blkiotune tuned --weight 500 --config
blkiotune tuned --device-weights /dev/null,500 --config
blkiotune tuned --device-read-iops-sec DIR/a.img,500 --config
blkiotune tuned --device-weights /dev/null,0 --config
blkiotune tuned --config
numatune tuned --mode strict --nodeset 0 --config
numatune tuned --nodeset 7 --config
numatune tuned --mode preferred
numatune tuned --config
dumpxml tuned
undefine tuned
define DIR/tuned.xml
start tuned
schedinfo tuned
memtune tuned
blkiotune tuned
numatune tuned
memtune tuned --config
blkiotune tuned --config
schedinfo tuned --set cpu_shares=512 --live
memtune tuned 100M --live
blkiotune tuned --weight 500 --live
numatune tuned --nodeset 0 --live
destroy tuned
undefine tuned
END
  both "$BATS_TEST_TMPDIR/commands"
}

# keys: statistics by their names, since no two daemons count the same; the time of what does not run is libvirt's own.
keys() {
  sed -E '/^  (state|dirtyrate|vcpu\.current|balloon\.(current|maximum)|block\.count|block.*(path|capacity))/!s/=.*//; /start_time/d'
}

@test "figures, counters, memory and what becomes of a machine" {
  cat > "$BATS_TEST_TMPDIR/commands" << 'END'
define DIR/tuned.xml
perf tuned
perf tuned --enable cpu_clock,task_clock --config
perf tuned --enable bogus --config
perf tuned --disable task_clock --config
perf tuned --config
set-lifecycle-action tuned crash coredump-destroy --config
set-lifecycle-action tuned poweroff rename-restart --config
set-lifecycle-action tuned poweroff coredump-restart --config
setmaxmem tuned 256M --config
setmem tuned 200M --config
setmem tuned 300M --config
setmem tuned 0 --config
domstats tuned --state --balloon --vcpu --block --perf --iothread --memory --dirtyrate
domcontrol tuned
cpu-stats tuned
domiftune tuned 52:54:00:00:00:0a
domiftune tuned 52:54:00:00:00:0b
domiftune tuned 52:54:00:00:00:0a --inbound 100,200,300 --config
start tuned
domiftune tuned 52:54:00:00:00:0a --inbound 100 --live
domiftune tuned 52:54:00:00:00:0b --inbound 100 --live
domstats tuned
domstats tuned --backing --block
domstats tuned --enforce --vm
perf tuned --enable page_faults --live
perf tuned --enable cmt --live
perf tuned
domstats tuned --perf
domdirtyrate-calc tuned --seconds 100
domdirtyrate-calc tuned --seconds 1 --mode dirty-ring
domdirtyrate-calc tuned --seconds 60
domdirtyrate-calc tuned --seconds 1
domstats tuned --dirtyrate
domcontrol tuned
dommemstat tuned --period 5 --live --config
setmem tuned 100M
setmem tuned 300M --live
setmaxmem tuned 300M --live
set-lifecycle-action tuned crash coredump-restart --live --config
set-lifecycle-action tuned poweroff preserve --live
set-lifecycle-action tuned reboot destroy
domlaunchsecinfo tuned
vcpucount tuned
dumpxml tuned
dumpxml tuned --inactive
destroy tuned
undefine tuned
END
  both "$BATS_TEST_TMPDIR/commands" keys
}
