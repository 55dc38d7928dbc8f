# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rvsh shows what virsh shows, byte for byte, for every command with its options: each with a libvirtd of its own, and
# with the test driver of its own process.

load ../lib/libvirtd

setup_file() {
  need_libvirt
  peers_begin
  export VISUAL=true EDITOR=true
  libvirtd_start
  libvirtd_start other
  mkdir "$PEERS"/{virsh,rvsh}
  cd "$PEERS/virsh" || return
  domain web 1111 > web.xml
  domain Db 2222 > Db.xml
  domain uni 3333 > uni.xml
  domain 'ünï機械ﬁ' 4444 > wide.xml
  domain disk 5555 "<devices><disk type='file'><source file='/nosuch/x'/><target dev='vda'/></disk></devices>" > disk.xml
  domain drives 7777 "<devices><disk type='file' device='cdrom'><source file='/cd' startupPolicy='optional'/><target dev='hdc'/></disk>
    <disk type='block' device='floppy'><target dev='fda'/></disk><disk><source file='/d'/><target dev='vda'/></disk></devices>" > drives.xml
  memory one "<memory model='virtio-mem'><target><size>131072</size><node>0</node><block>2048</block><requested>65536</requested></target></memory>"
  memory two "<memory model='dimm'><target><size>131072</size><node>0</node></target></memory><memory model='dimm'><target><size>65536</size><node>1</node></target></memory>"
  echo "<domain type='test'><name>broken</name>" > broken.xml
  echo "<domain type='test'><name>empty</name></domain>" > empty.xml
  echo "<cpu><model>core2duo</model></cpu>" > cpu.xml
  graphics vnc "<graphics type='vnc' port='5901'/>"
  graphics vnc2 "<graphics type='vnc' port='5901' passwd='ab c' listen='0.0.0.0'/><graphics type='rdp' port='3389'/>"
  graphics spice "<graphics type='spice' port='5910' tlsPort='5911' passwd='x' listen='::1'/>"
  graphics spice2 "<graphics type='spice' tlsPort='5911' passwd='x' listen='1.2.3.4'/><graphics type='vnc' port='5902' listen='1.2.3.4'/>"
  graphics socket "<graphics type='vnc' socket='/x/y' passwd='x'/>"
  graphics tty "<console type='pty' tty='/dev/pts/3'/>"
  cp ./*.xml ../rvsh
}

# graphics NAME XML: a domain with these devices.
graphics() {
  domain graphics 6666 "<devices>$2</devices>" > "$1.xml"
}

# memory NAME XML: a domain with two NUMA nodes and these memory devices.
memory() {
  domain "$1" 8888 "<maxMemory slots='4' unit='GiB'>4</maxMemory><cpu><numa><cell id='0' cpus='0' memory='256' unit='MiB'/>
    <cell id='1' cpus='1' memory='256' unit='MiB'/></numa></cpu><devices>$2</devices>" > "$1.xml"
}

# domain NAME DIGITS [XML]
domain() {
  echo "<domain type='test'><name>$1</name><uuid>$2$2-2222-4333-8444-555555555555</uuid><memory unit='MiB'>512</memory>" \
    "<vcpu>2</vcpu><os><type>hvm</type></os>${3:-}</domain>"
}

# same GROUP…: with libvirtd.
same() {
  OTHER=$(libvirtd_uri other) same_at "$(libvirtd_uri)" "$@"
}

# same_at URI GROUP…
same_at() {
  cd "$PEERS" || return
  LIMIT=280 run limit python3 "$RVIRT_SRCDIR/tests/interop/rvsh-vs-virsh.py" "$1" "${OTHER:-$1}" "${@:2}"
  echo "$output" | tail -n 200
  [ "$status" = 0 ]
}

@test "list" { same list; }
@test "what a domain is" { same info; }
@test "statistics of several domains" { same stats; }
@test "turning domains on and off, defining and undefining" { same lifecycle; }
@test "memory, virtual CPUs, descriptions" { same tuning; }
@test "disks and network interfaces" { same devices; }
@test "what a guest is asked" { same guest; }
@test "threads and where they may run" { same pins; }
@test "domains in files" { same save; }
@test "tunables and processor time" { same tunables; }
@test "keys, signals, ends of a guest" { same input; }
@test "devices plugged in and out" { same plugging; }
@test "jobs of a host" { same jobs; }
@test "jobs of disks" { same blockjobs; }
@test "in process: a host's pages and CPUs" { same_at test:///default node; }
@test "in process: how guests are reached" { same_at test:///default reach; }
@test "in process: trees of snapshots" { same_at test:///default snapshots; }
@test "in process: trees of checkpoints" { same_at test:///default checkpoints; }
@test "what the host is" { same host; }
@test "the command line's syntax" { same shell; }
@test "options before the command" { same options; }

@test "in process: list" { same_at test:///default list; }
@test "in process: what a domain is" { same_at test:///default info; }
@test "in process: turning domains on and off, defining and undefining" { same_at test:///default lifecycle; }
@test "in process: memory, virtual CPUs, descriptions" { same_at test:///default tuning; }
@test "in process: what the host is" { same_at test:///default host; }
@test "in process: the command line's syntax" { same_at test:///default shell; }
@test "in process: options before the command" { same_at test:///default options; }

@test "in a pipe" {
  for shell in virsh rvsh; do
    limit "$shell" -c "$(libvirtd_uri)" > "$BATS_TEST_TMPDIR/$shell.out" 2> "$BATS_TEST_TMPDIR/$shell.err" << 'END'
list
nosuch

  # remark
cd /
pwd
domstate test; domid test
echo "a b" 'c'
quit
list
END
    sed -i "s/$shell/SHELL/g" "$BATS_TEST_TMPDIR/$shell.out" "$BATS_TEST_TMPDIR/$shell.err"
  done
  diff -u "$BATS_TEST_TMPDIR/virsh.out" "$BATS_TEST_TMPDIR/rvsh.out"
  diff -u "$BATS_TEST_TMPDIR/virsh.err" "$BATS_TEST_TMPDIR/rvsh.err"
}
