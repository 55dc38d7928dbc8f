# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Commands of pools and volumes, option by option: rvsh prints what virsh prints, of libvirtd and of rvirtd.

load ../lib/storage

setup_file() {
  need_libvirt
  need_root "storage:///system"
  peers_begin
  libvirtd_start
  rvirtd_start rvirtd "state_dir = \"$PEERS/state\""
  mkdir "$PEERS/libvirtd-pool" "$PEERS/rvirtd-pool"
  cd "$PEERS" || return
  echo "<volume><name>six</name><capacity>6000000</capacity><target/></volume>" > six.xml
  echo "<volume><name>seven</name><capacity>7000000</capacity></volume>" > seven.xml
  echo "<source><host name='localhost'/></source>" > host.xml
  echo "<source>" > broken.xml
  for daemon in libvirtd rvirtd; do
    shell virsh "$daemon" "pool-create-as data dir --target $PEERS/$daemon-pool; vol-create-as data base 5M"
  done
}

# all GROUP…: each way sees the same as virsh does of libvirtd.
all() {
  local group way shell daemon
  cd "$PEERS" || return
  for group in "$@"; do
    observe virsh libvirtd "$(placed libvirtd "$group")" > "$BATS_TEST_TMPDIR/expected"
    for way in "rvsh libvirtd" "rvsh rvirtd" "virsh rvirtd"; do
      read -r shell daemon <<< "$way"
      observe "$shell" "$daemon" "$(placed "$daemon" "$group")" > "$BATS_TEST_TMPDIR/seen"
      diff -u --label "virsh libvirtd: $group" --label "$way" "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/seen"
    done
  done
}

@test "pool-define-as and pool-create-as: every option" {
  local as="pool-define-as n ty --print-xml" adapter="--adapter-wwnn w --adapter-wwpn x"
  local auth="--source-host h --auth-type a --auth-username"
  all "$as; $as --source-host h; $as --source-path p; $as --source-dev d; $as --source-name n; $as --source-format f; $as --target t; $as --source-initiator i" \
    "$as --source-host h --source-path p --source-dev d --source-name n --target t --source-format f --source-protocol-ver 3 --source-initiator i --adapter-name an $auth u --secret-usage s" \
    "$as --source-protocol-ver 3; $as --auth-type a; $as --auth-username u; $as --secret-usage u; $as --secret-uuid u; $as $auth u; $as $auth u --secret-uuid i; $as --secret-usage u --secret-uuid u" \
    "$as $adapter; $as --adapter-wwnn w; $as --adapter-wwpn w; $as --adapter-parent p; $as --adapter-parent p --adapter-name n; $as $adapter --adapter-parent p --adapter-parent-wwnn y --adapter-parent-wwpn z" \
    "$as $adapter --adapter-parent-wwnn y --adapter-parent-wwpn z; $as $adapter --adapter-parent-wwnn y --adapter-parent-fabric-wwn z; $as $adapter --adapter-parent-wwpn z; $as $adapter --adapter-name n" \
    "$as --target ''; $as --source-host ''; pool-create-as n ty --print-xml --build --overwrite; pool-create-as n dir --target /x --overwrite --no-overwrite; pool-create-as n nosuch"
}

@test "building and starting: --build, --overwrite, --no-overwrite" {
  all "pool-define-as b dir --target DIR/b; pool-start b --overwrite --no-overwrite; pool-build b --overwrite --no-overwrite; pool-build b --overwrite; pool-build b --no-overwrite; pool-build nosuch; pool-start b --build --overwrite; pool-start b --build --no-overwrite; pool-start b --build; pool-build b; pool-destroy b; pool-start b; pool-destroy b; pool-delete b; pool-undefine b" \
    "pool-create /nosuch --overwrite --no-overwrite; pool-create /nosuch; pool-define /nosuch --validate; pool-create-as b dir --target DIR/b --build --overwrite; pool-create-as b dir --target DIR/b --build; pool-destroy b"
}

@test "sources, from a file and from options" {
  all "find-storage-pool-sources dir; find-storage-pool-sources netfs; find-storage-pool-sources nosuch; find-storage-pool-sources netfs /nosuch; find-storage-pool-sources netfs broken.xml" \
    "find-storage-pool-sources-as fs h; find-storage-pool-sources-as netfs --port 3; find-storage-pool-sources-as netfs; find-storage-pool-sources; find-storage-pool-sources-as netfs ''"
}

# showmount asks a portmapper; here there is none.
@test "sources of a host that has none" {
  need showmount nfs-common
  run -1 shell rvsh rvirtd "find-storage-pool-sources netfs $PEERS/host.xml"
  [[ $output = *"no storage pools were found on host 'localhost'"* ]]
  run -1 shell rvsh rvirtd "find-storage-pool-sources-as netfs localhost --port x"
  [[ $output = *"Invalid value for attribute 'port' in element 'host': 'x'."* ]]
  run -1 shell rvsh rvirtd "find-storage-pool-sources-as netfs --host=-x"
  [[ $output = *"host name '-x' begins with '-'"* ]]
}

@test "vol-create-from, vol-clone, vol-pool" {
  all "vol-create-from data six.xml base; vol-create-from data six.xml base --inputpool data; vol-create-from data six.xml base --inputpool data; vol-info six data; vol-delete six data" \
    "vol-create-from data six.xml nosuch --inputpool data; vol-create-from data /nosuch base --inputpool data; vol-create-from nosuch six.xml base --inputpool data; vol-create-from data six.xml base --inputpool nosuch" \
    "vol-create-from data seven.xml DIR/base --validate; vol-create-from data seven.xml DIR/base; vol-delete seven data" \
    "vol-pool DIR/base --uuid; vol-pool DIR/base; vol-pool nosuch --uuid; vol-name DIR/base; vol-name base; vol-clone nosuch copy; vol-clone base copy --pool nosuch" \
    "vol-clone base base data; vol-clone base copy data --reflink; vol-clone base copy data --prealloc-metadata; vol-list data; vol-delete copy data"
}

# Attributes are in the other quotes: both print what their XML library does.
@test "vol-clone --print-xml" {
  all "vol-clone base copy data --print-xml"
  run -0 shell rvsh rvirtd "vol-list data"
  [[ $output != *copy* ]]
}

@test "vol-wipe: every algorithm" {
  local algorithm words=
  for algorithm in zero nnsa dod bsi gutmann schneier pfitzner7 pfitzner33 random trim nosuch; do
    words+="vol-wipe small data --algorithm $algorithm; "
  done
  all "vol-create-as data small 16k; $words vol-info small data; vol-delete small data"
}

@test "pool-edit" {
  cd "$PEERS"
  for daemon in libvirtd rvirtd; do
    shell virsh "$daemon" "pool-define-as edited dir --target /nosuch/one"
  done
  EDITOR=true VISUAL=true all "pool-edit edited; pool-edit nosuch"
  export EDITOR="sed -i s,nosuch/one,nosuch/two,"
  export VISUAL=$EDITOR
  for way in "virsh libvirtd" "rvsh rvirtd"; do
    read -r shell daemon <<< "$way"
    observe "$shell" "$daemon" "pool-edit edited; pool-dumpxml edited" > "$BATS_TEST_TMPDIR/$shell"
  done
  diff -u "$BATS_TEST_TMPDIR/virsh" "$BATS_TEST_TMPDIR/rvsh"
  grep -q /nosuch/two "$BATS_TEST_TMPDIR/rvsh"
  # the same document again, from where it was
  export EDITOR="sed -i s,nosuch/two,nosuch/one," VISUAL="sed -i s,nosuch/two,nosuch/one,"
  shell rvsh libvirtd "pool-edit edited"
  run -0 shell virsh libvirtd "pool-dumpxml edited"
  [[ $output = */nosuch/one* ]]
  for daemon in libvirtd rvirtd; do
    shell virsh "$daemon" "pool-undefine edited"
  done
}

@test "pool-event" {
  all "pool-event --list; pool-event; pool-event --event nosuch"
  local way shell daemon
  for way in "virsh libvirtd" "rvsh libvirtd" "rvsh rvirtd" "virsh rvirtd"; do
    read -r shell daemon <<< "$way"
    watch_events "$shell" "$daemon" > "$BATS_TEST_TMPDIR/${way/ /-}"
    diff -u "$BATS_TEST_TMPDIR/virsh-libvirtd" "$BATS_TEST_TMPDIR/${way/ /-}"
  done
  [ "$(wc -l < "$BATS_TEST_TMPDIR/rvsh-rvirtd")" = 6 ]
  run -0 shell rvsh rvirtd "pool-event --event refresh --pool data --timeout 1 --json" || true
}

# watch_events SHELL DAEMON: what happens to a pool in its life. It is seen once the watcher hears of it.
watch_events() {
  local out=$BATS_TEST_TMPDIR/$1-$2.events pid
  limit "$1" -c "storage+unix:///system?socket=$PEERS/$2/libvirt-sock" pool-event --event lifecycle --loop > "$out" 2>&1 3>&- < /dev/null &
  pid=$!
  wait_until 10 hears "$2" "$out"
  shell virsh "$2" "$(placed "$2" "pool-define-as w dir --target DIR/w; pool-build w; pool-start w; pool-refresh w; pool-destroy w; pool-delete w; pool-undefine w")" > /dev/null
  wait_until 10 grep -q "storage pool w: Undefined" "$out"
  kill "$pid"
  wait "$pid" || true
  grep " w: " "$out"
}

hears() {
  shell virsh "$1" "pool-define-as ping dir --target /nosuch/ping; pool-undefine ping" > /dev/null
  grep -q ping "$2"
}
