# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The storage driver answers as libvirt's does: virsh runs the same commands with both daemons. And contents of volumes
# travel between each shell and each daemon.

load ../lib/storage

setup_file() {
  need_libvirt
  need qemu-img qemu-utils
  need_root "storage:///system"
  peers_begin
  libvirtd_start
  rvirtd_start rvirtd "state_dir = \"$PEERS/state\""
  mkdir "$PEERS/libvirtd-pool" "$PEERS/rvirtd-pool"
  head -c 3000000 /dev/urandom > "$PEERS/data"
  truncate -s 40M "$PEERS/sparse"
  dd if=/dev/urandom of="$PEERS/sparse" bs=64k count=3 seek=100 conv=notrunc status=none
  dd if=/dev/urandom of="$PEERS/sparse" bs=64k count=1 seek=400 conv=notrunc status=none
  cat > "$PEERS/vol.xml" << 'END'
<volume><name>described</name><capacity unit='M'>5</capacity><allocation>0</allocation>
  <target><format type='raw'/><permissions><mode>0640</mode></permissions></target></volume>
END
  echo "<volume><capacity>5</capacity></volume>" > "$PEERS/nameless.xml"
  for daemon in libvirtd rvirtd; do
    shell virsh "$daemon" "pool-define-as data dir --target $PEERS/$daemon-pool; pool-start data"
  done
}

@test "pools: define, build, start, describe, stop, remove" { scene_pools_define_build_start_descr; }
@test "pools: define, build, start, describe, stop, remove, with rvsh" { SHELL_UNDER_TEST=rvsh scene_pools_define_build_start_descr; }

scene_pools_define_build_start_descr() {
  cd "$PEERS"
  same "pool-define-as other dir --target DIR/sub/deep; pool-list --all; pool-info other; pool-dumpxml other" \
    "pool-start other; pool-build other; pool-start other; pool-start other; pool-info other; pool-dumpxml other" \
    "pool-list; pool-list --inactive; pool-list --all --persistent; pool-list --transient; pool-list --type fs; pool-list --details --all" \
    "pool-autostart other; pool-list --autostart; pool-autostart other --disable; pool-list --all --no-autostart" \
    "pool-undefine other; pool-destroy other; pool-destroy other; pool-refresh other; vol-list other; pool-delete other; pool-undefine other; pool-undefine other"
}

@test "pools: transient ones, twins, documents that are none" { scene_pools_transient_ones_twins_doc; }
@test "pools: transient ones, twins, documents that are none, with rvsh" { SHELL_UNDER_TEST=rvsh scene_pools_transient_ones_twins_doc; }

scene_pools_transient_ones_twins_doc() {
  cd "$PEERS"
  same "pool-create-as brief dir --target DIR/brief --build; pool-list --all; pool-autostart brief; pool-destroy brief; pool-list --all" \
    "pool-define-as data dir --target /elsewhere; pool-define-as twin dir --target DIR; pool-create-as twin dir --target DIR" \
    "pool-define-as nowhere dir --target /nosuch/folder; pool-start nowhere; pool-delete nowhere; pool-undefine nowhere" \
    "pool-define nameless.xml; pool-define-as a/b dir --target /x; pool-define-as nosuch dir"
}

@test "volumes: create, list, describe" { scene_volumes_create_list_describe; }
@test "volumes: create, list, describe, with rvsh" { SHELL_UNDER_TEST=rvsh scene_volumes_create_list_describe; }

scene_volumes_create_list_describe() {
  cd "$PEERS"
  same "vol-create-as data raw1 10M; vol-create-as data raw2 10M --allocation 0; vol-create data vol.xml; vol-dumpxml described data; vol-dumpxml raw1 data" \
    "vol-create-as data q1 10M --format qcow2; vol-dumpxml q1 data; vol-create-as data q2 20M --format qcow2 --backing-vol q1 --backing-vol-format qcow2; vol-dumpxml q2 data" \
    "vol-list data; vol-list data --details; vol-info raw1 data; vol-info raw2 data --bytes; vol-info q1 data --physical" \
    "vol-create data vol.xml; vol-create data nameless.xml; vol-create-as data x/y 1M; vol-create-as data weird 1M --format nosuch" \
    "vol-key raw1 data; vol-path raw1 data; vol-name DIR/raw1; vol-pool DIR/raw1; vol-info nosuch data; vol-info DIR/raw1; vol-dumpxml nosuch" \
    "vol-delete raw1 data; vol-delete raw2 data; vol-delete described data; vol-delete q2 data; vol-delete q1 data; vol-delete q1 data; vol-list data"
}

@test "volumes: clone, resize, wipe" { scene_volumes_clone_resize_wipe; }
@test "volumes: clone, resize, wipe, with rvsh" { SHELL_UNDER_TEST=rvsh scene_volumes_clone_resize_wipe; }

scene_volumes_clone_resize_wipe() {
  cd "$PEERS"
  same "vol-create-as data from 10M --allocation 0; vol-upload from data --pool data; vol-clone from copy data; vol-info copy data; vol-dumpxml copy data" \
    "vol-create-as data qfrom 10M --format qcow2; vol-clone qfrom qcopy data; vol-dumpxml qcopy data" \
    "vol-resize from 20M data; vol-resize from 5M data; vol-resize from 5M data --shrink; vol-info from data; vol-resize from 1M data --delta; vol-info from data" \
    "vol-resize qfrom 20M data; vol-info qfrom data; vol-resize from 12M data --allocate; vol-info from data" \
    "vol-wipe copy data; vol-info copy data; vol-wipe nosuch data; vol-wipe copy data --algorithm nosuch" \
    "vol-delete from data; vol-delete copy data; vol-delete qfrom data; vol-delete qcopy data"
}

# A file found in the folder is a volume once the pool is refreshed.
@test "volumes: those that others made" {
  for daemon in libvirtd rvirtd; do
    head -c 1000 /dev/zero > "$PEERS/$daemon-pool/found"
    qemu-img create -q -f qcow2 "$PEERS/$daemon-pool/found.qcow2" 7M
    qemu-img create -q -f vmdk "$PEERS/$daemon-pool/found.vmdk" 7M
    mkdir "$PEERS/$daemon-pool/folder"
    mkfifo "$PEERS/$daemon-pool/pipe"
    ln -s nowhere "$PEERS/$daemon-pool/dangling"
  done
  same "vol-info found data; pool-refresh data; vol-info found data; vol-info found.qcow2 data; vol-info found.vmdk data; vol-info folder data; vol-info pipe data; vol-info dangling data" \
    "vol-dumpxml found.qcow2 data" "vol-delete found data; vol-delete found.qcow2 data; vol-delete found.vmdk data; vol-delete folder data"
  rm -f "$PEERS"/*-pool/{pipe,dangling}
}

# move SHELL DAEMON: a file into a volume and back, whole, in part, and with its holes.
move() {
  local pool=$PEERS/$2-pool
  cd "$BATS_TEST_TMPDIR" || return
  shell "$1" "$2" "vol-create-as data whole 3000000b --allocation 0; vol-upload whole $PEERS/data --pool data; vol-download whole back --pool data"
  cmp "$PEERS/data" "$pool/whole"
  cmp "$PEERS/data" back
  shell "$1" "$2" "vol-download whole part --pool data --offset 1000 --length 70000; vol-upload whole part --pool data --offset 2000000"
  cmp part <(tail -c +1001 "$PEERS/data" | head -c 70000)
  cmp part <(tail -c +2000001 "$pool/whole" | head -c 70000)
  shell "$1" "$2" "vol-create-as data holes 40M --allocation 0; vol-upload holes $PEERS/sparse --pool data --sparse; vol-download holes thin --pool data --sparse"
  cmp "$PEERS/sparse" "$pool/holes"
  cmp "$PEERS/sparse" thin
  [ "$(stat -c %b "$pool/holes")" -lt 2000 ]
  [ "$(stat -c %b thin)" -lt 2000 ]
  shell virsh "$2" "vol-delete whole data; vol-delete holes data"
}

@test "rvsh moves contents from and to rvirtd" { move_with rvsh rvirtd; }
@test "rvsh moves contents from and to libvirtd" { move_with rvsh libvirtd; }
@test "virsh moves contents from and to rvirtd" { move_with virsh rvirtd; }

# rvsh has no command that creates a volume: virsh does that before.
move_with() {
  if [ "$1" = rvsh ]; then
    shell virsh "$2" "vol-create-as data whole 3000000b --allocation 0; vol-create-as data holes 40M --allocation 0"
    cd "$BATS_TEST_TMPDIR" || return
    shell rvsh "$2" "vol-upload whole $PEERS/data --pool data; vol-download whole back --pool data --verify; vol-download whole part --pool data --offset 1000 --length 70000; vol-upload holes $PEERS/sparse --pool data --sparse --verify; vol-download holes thin --pool data --sparse"
    cmp "$PEERS/data" "$PEERS/$2-pool/whole"
    cmp "$PEERS/data" back
    cmp part <(tail -c +1001 "$PEERS/data" | head -c 70000)
    cmp "$PEERS/sparse" "$PEERS/$2-pool/holes"
    cmp "$PEERS/sparse" thin
    [ "$(stat -c %b "$PEERS/$2-pool/holes")" -lt 2000 ]
    [ "$(stat -c %b thin)" -lt 2000 ]
    shell virsh "$2" "vol-delete whole data; vol-delete holes data"
  else
    move "$@"
  fi
}

# at_terminal COMMANDS: what rvsh shows of them on a terminal, in $shown.
at_terminal() {
  shown=$(limit python3 "$RVIRT_SRCDIR/tests/lib/at-terminal.py" -- rvsh -c "storage+unix:///system?socket=$PEERS/rvirtd/libvirt-sock" "$1")
}

@test "a bar shows on a terminal how far a transfer is, and goes; elsewhere there is none" {
  cd "$BATS_TEST_TMPDIR"
  shell virsh rvirtd "vol-create-as data barred 3000000b --allocation 0"
  at_terminal "vol-upload barred $PEERS/data --pool data"
  [[ $shown == *$'\r''upload: ['[-#]*'] '*'% '*'iB'* ]]
  # wiped, and nothing after it
  [[ ${shown##*\]} == *$'\r\e[K'* && ${shown##*$'\e[K'} == $'\n'*'exit 0'* ]]
  at_terminal "vol-download barred back --pool data --verify"
  [[ $shown == *$'\r''download: ['*$'\r''comparing: ['*$'\r\e[K'*'exit 0'* ]]
  cmp "$PEERS/data" back
  for quiet in -q --json; do
    at_terminal "vol-download barred back --pool data"
    limit python3 "$RVIRT_SRCDIR/tests/lib/at-terminal.py" -- rvsh $quiet -c "storage+unix:///system?socket=$PEERS/rvirtd/libvirt-sock" \
      "vol-download barred back --pool data" > "shown$quiet"
    ! grep 'download: ' "shown$quiet"
  done
  limit rvsh -c "storage+unix:///system?socket=$PEERS/rvirtd/libvirt-sock" "vol-download barred back --pool data --verify" 2> errors
  [ ! -s errors ]
  shell virsh rvirtd "vol-delete barred data"
}

@test "rvsh says what virsh says of transfers that fail" {
  cd "$BATS_TEST_TMPDIR"
  shell virsh rvirtd "vol-create-as data v 3000000b --allocation 0"
  shell virsh libvirtd "vol-create-as data v 3000000b --allocation 0"
  while read -r line; do
    for daemon in libvirtd rvirtd; do
      observe virsh "$daemon" "$line" > expected
      observe rvsh "$daemon" "$line" > seen
      diff -u expected seen
    done
  done << END
vol-upload v $PEERS/data data
vol-upload v $PEERS/data --length 1000 --pool data
vol-upload v /nosuch --pool data
vol-upload nosuch $PEERS/data --pool data
vol-upload nosuch $PEERS/data
vol-upload v $PEERS/data --pool nosuch
vol-download v /nosuch/x --pool data
vol-download v out --pool data --length 99999999999
vol-upload v $PEERS/data --pool data --offset -1
vol-download v
END
}

@test "an upload that was interrupted goes on, and a download too" {
  cd "$BATS_TEST_TMPDIR"
  shell virsh rvirtd "vol-create-as data half 3000000b --allocation 0"
  head -c 2200000 "$PEERS/data" > begin
  shell rvsh rvirtd "vol-upload half begin --pool data"
  run -0 shell rvsh rvirtd "vol-upload half $PEERS/data --pool data --resume --verify --json"
  [ "$(jq .bytes <<< "$output")" = 3000000 ]
  cmp "$PEERS/data" "$PEERS/rvirtd-pool/half"
  head -c 1000000 "$PEERS/data" > back
  shell rvsh rvirtd "vol-download half back --pool data --resume --verify"
  cmp "$PEERS/data" back
  shell rvsh rvirtd "vol-download half back --pool data --resume"
  cmp "$PEERS/data" back
  echo different > back
  run shell rvsh rvirtd "vol-download half back --pool data --resume --verify"
  [ "$status" = 1 ]
  [[ $output = *"are not the same"* ]]
  shell virsh rvirtd "vol-delete half data"
}

@test "pools, what is active and what starts by itself outlast the daemon" {
  shell virsh rvirtd "pool-define-as kept dir --target $PEERS/kept; pool-build kept; pool-autostart kept; pool-define-as off dir --target $PEERS/off"
  shell virsh rvirtd "vol-create-as data survivor 1M"
  peer_stop rvirtd KILL
  rvirtd_start rvirtd "state_dir = \"$PEERS/state\""
  run -0 shell virsh rvirtd "pool-list --all"
  [[ $output = *"data "*active*no*kept*active*yes*"off "*inactive*no* ]]
  shell virsh rvirtd "vol-info survivor data; vol-delete survivor data"
  shell virsh rvirtd "pool-destroy kept; pool-undefine kept; pool-undefine off"
}

@test "a client that goes in the middle of an upload leaves the volume to others" {
  shell virsh rvirtd "vol-create-as data dropped 100M --allocation 0"
  mkfifo "$BATS_TEST_TMPDIR/source"
  exec 9<> "$BATS_TEST_TMPDIR/source"
  rvsh -c "storage+unix:///system?socket=$PEERS/rvirtd/libvirt-sock" "vol-upload dropped $BATS_TEST_TMPDIR/source --pool data" 3>&- 9>&- &
  limit head -c 1000000 /dev/zero >&9
  wait_until 10 in_use
  kill -KILL $!
  wait_until 10 shell virsh rvirtd "vol-delete dropped data"
  exec 9>&-
}

in_use() {
  [[ $(shell virsh rvirtd "vol-delete dropped data" 2>&1) = *"still in use"* ]]
}
