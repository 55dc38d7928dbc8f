# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rvsh as a person uses it: typed at a terminal, with Tab, and with vi where XML is to be changed.

load ../lib/libvirtd
load ../lib/tmux

setup_file() {
  need tmux tmux
  need vi vim-tiny
  need_libvirt
  peers_begin
  libvirtd_start
  export VISUAL='vi -u NONE' EDITOR='vi -u NONE'
}

teardown() {
  tmux_end
}

# say LINE: types a line and Enter.
say() {
  tmux_type "$1"
  tmux_press Enter
}

# in_vi WORDS LINE…: waits until vi shows a text with these words, and types the commands.
in_vi() {
  tmux_sees "$1"
  shift
  for line in "$@"; do
    say "$line"
  done
}

shell() {
  tmux_start rvsh -c "${1:-test:///default}"
  tmux_sees '^rvsh #'
}

@test "edit" {
  shell
  say 'edit test'
  in_vi '<currentMemory unit=.KiB.>2097152' ':%s/2097152/1048576/' ':wq'
  tmux_sees "^Domain 'test' XML configuration edited."
  say 'dumpxml test --inactive --xpath //currentMemory'
  tmux_sees '<currentMemory unit="KiB">1048576'
  # without a change
  say 'edit test'
  in_vi '^<domain' ':q'
  tmux_sees 'XML configuration not changed.'
}

@test "edit of what the host refuses: the text is there again" {
  shell
  say 'edit test'
  in_vi '<name>test' ':%s/<vcpu/<vpcu/' ':wq'
  tmux_sees '^error: '
  tmux_sees '\[y,n,.*\]'
  tmux_type y
  tmux_press Enter
  in_vi '<vpcu' ':%s/vpcu/vcpu/g' ':%s/2097152/1048576/' ':wq'
  tmux_sees "^Domain 'test' XML configuration edited."
}

@test "net-edit" {
  shell
  say 'net-destroy default'
  tmux_sees 'Network default destroyed'
  say 'net-edit default'
  in_vi "<bridge name='virbr0'" ':%s/virbr0/virbr7/' ':wq'
  tmux_sees '^Network default XML configuration edited.'
  say 'net-dumpxml default --xpath //bridge'
  tmux_sees '^<bridge name="virbr7"'
}

@test "iface-edit" {
  shell
  say 'iface-edit eth1'
  in_vi "<mtu size='1492'" ':%s/1492/1500/' ':wq'
  tmux_sees '^Interface eth1 XML configuration edited.'
}

@test "snapshot-edit" {
  shell
  say 'snapshot-create-as test first'
  tmux_sees 'Domain snapshot first created'
  say 'snapshot-edit test first'
  in_vi '<name>first' ':%s/<creationTime>.*</<creationTime>5</' ':wq'
  tmux_sees '^Snapshot first edited.'
  say 'snapshot-list test'
  tmux_sees '^ first +1970-01-01'
}

# nwfilter_uri: of libvirtd's own driver, which needs no hypervisor.
nwfilter_uri() {
  echo "nwfilter+unix:///system?socket=$PEERS/libvirtd/libvirt-sock"
}

@test "nwfilter-edit" {
  need_root "nwfilter:///system"
  echo "<filter name='clean' chain='root'><uuid>11111111-2222-4333-8444-555555555555</uuid><rule action='drop' direction='in' priority='500'/></filter>" > "$PEERS/filter.xml"
  limit virsh -c "$(nwfilter_uri)" nwfilter-define "$PEERS/filter.xml"
  shell "$(nwfilter_uri)"
  say 'nwfilter-edit clean'
  in_vi "priority='500'" ":%s/'500'/'400'/" ':wq'
  tmux_sees '^Network filter clean XML configuration edited.'
  run -0 limit virsh -c "$(nwfilter_uri)" nwfilter-dumpxml clean
  [[ $output == *"priority='400'"* ]]
  # completed from the host
  tmux_type 'nwfilter-undefine cl'
  tmux_press Tab
  tmux_sees '^rvsh # nwfilter-undefine clean'
  tmux_press Enter
  tmux_sees '^Network filter clean undefined'
}

@test "vol-create-as, with Tab" {
  shell
  tmux_type 'vol-create-a'
  tmux_press Tab
  tmux_type 'def'
  tmux_press Tab
  tmux_sees '^rvsh # vol-create-as default-pool'
  say 'disk1 10M --allocation 0 --format qcow2'
  tmux_sees '^Vol disk1 created'
  tmux_type 'vol-info --pool default-pool dis'
  tmux_press Tab
  tmux_sees '^rvsh # vol-info --pool default-pool disk1'
  tmux_press Enter
  tmux_sees '^Capacity: +10.00 MiB'
}

@test "attach-disk, with Tab, and detach-disk" {
  shell
  tmux_type 'attach-disk te'
  tmux_press Tab
  tmux_sees '^rvsh # attach-disk test'
  tmux_type '/nosuch/image vdb --pri'
  tmux_press Tab
  tmux_sees '^rvsh # attach-disk test /nosuch/image vdb --print-xml'
  tmux_press Enter
  tmux_sees "^ +<source file='/nosuch/image'/>"
  say 'attach-disk test /nosuch/image vdb'
  tmux_sees '^(Disk attached successfully|error: .*not supported)'
}

@test "what was typed before comes back, and Ctrl-C throws a line away" {
  shell
  say 'echo one'
  tmux_sees '^one'
  tmux_press Up
  tmux_sees '^rvsh # echo one$'
  tmux_press C-c
  say 'echo two'
  tmux_sees '^two'
  say quit
  tmux_sees '^ended 0'
}

# offers URI WORD… -- NAME: completion offers this name.
offers() {
  local words=("$@")
  run -0 limit rvsh -c "$1" complete -- "${words[@]:1:$#-3}" ""
  echo "$output"
  grep -qxF -- "${!#}" <<< "$output"
}

# holds COMMANDS: what the shell that stays connected runs.
holds() {
  local line=
  echo "$1; echo held" >&"${COPROC[1]}"
  while read -rt 20 line <&"${COPROC[0]}" && [ "$line" != held ]; do :; done
  [ "$line" = held ]
}

@test "names of objects of every kind are offered, also without a terminal" {
  need_root "secret:///system"
  cd "$PEERS"
  uri=$(libvirtd_uri)
  echo "<secret><uuid>22222222-2222-4333-8444-555555555555</uuid></secret>" > secret.xml
  limit virsh -c "secret+unix:///system?socket=$PEERS/libvirtd/libvirt-sock" secret-define secret.xml
  echo "<filter name='other'/>" > other.xml
  limit virsh -c "$(nwfilter_uri)" nwfilter-define other.xml
  # the test driver's state lasts as long as somebody is connected
  coproc { exec rvsh -c "$uri"; }
  # shellcheck disable=SC2153
  holder=$COPROC_PID
  holds "snapshot-create-as test snap; vol-create-as default-pool vol 1M"
  offers "$uri" dominfo -- test
  offers "$uri" snapshot-info test -- snap
  offers "$uri" pool-info -- default-pool
  offers "$uri" vol-info --pool default-pool --vol -- vol
  offers "$uri" net-info -- default
  offers "$uri" iface-dumpxml -- eth1
  offers "$uri" nodedev-info -- computer
  offers "secret+unix:///system?socket=$PEERS/libvirtd/libvirt-sock" secret-dumpxml -- 22222222-2222-4333-8444-555555555555
  offers "$(nwfilter_uri)" nwfilter-dumpxml -- other
  offers "$uri" event --event -- lifecycle
  holds "snapshot-delete test snap; checkpoint-create-as test check"
  offers "$uri" checkpoint-info test -- check
  kill "$holder"
  wait "$holder" || true
}
