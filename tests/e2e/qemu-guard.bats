# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What guests may do on their host: another user, a control group and a sandbox, files that are theirs for a while.

load ../lib/qemu

setup_file() {
  need qemu-img qemu-utils
  need_root "guests of another user"
  peers_begin
  # the guests' user has to get to its files
  chmod 711 "$PEERS"
  mkdir -m 711 "$PEERS/images"
  qemu_start 'qemu_user = "nobody"'
}

# owner PATH
owner() {
  stat -c %U "$1"
}

disk() {
  echo "<disk type='file'><driver name='qemu' type='$2'/><source file='$1'/><target dev='$3' bus='virtio'/>${4:-}</disk>"
}

@test "a guest runs as the user of the configuration, without rights and in a sandbox" {
  define tame kernel=no
  on start tame
  pid=$(guest_pid tame)
  [ "$(stat -c %U "/proc/$pid")" = nobody ]
  grep -q '^Uid:\s65534\s65534\s65534\s65534$' "/proc/$pid/status"
  grep -q '^CapEff:\s0000000000000000$' "/proc/$pid/status"
  grep -q '^NoNewPrivs:\s1$' "/proc/$pid/status"
  grep -q '^Seccomp:\s2$' "/proc/$pid/status"
  on destroy tame
  on undefine tame
}

@test "a TPM belongs to the guest's user, and so does the process that emulates it" {
  local helper
  need swtpm_setup swtpm-tools
  define trusted kernel=no devices="<tpm><backend type='emulator'/></tpm>"
  on start trusted
  helper=$(sed -n "s/^ *<helper pid='\([0-9]*\)'.*/\1/p" "$PEERS/state/run/qemu/trusted.xml")
  [ "$(owner "/proc/$helper")" = nobody ]
  [ "$(owner "$PEERS/state/lib/qemu/swtpm/$(on domuuid trusted)/tpm2/tpm2-00.permall")" = nobody ]
  on destroy trusted
  on undefine trusted
}

@test "images are the guest's while it runs, and given back, whoever ends it" {
  qemu-img create -q -f qcow2 "$PEERS/images/base" 1M
  qemu-img create -q -f qcow2 -b base -F qcow2 "$PEERS/images/top"
  truncate -s 1M "$PEERS/images/open" "$PEERS/images/raw"
  chmod 600 "$PEERS"/images/*
  chmod 644 "$PEERS/images/open"
  chown daemon "$PEERS/images/raw"
  define lent kernel=no devices="$(disk "$PEERS/images/top" qcow2 vda)$(disk "$PEERS/images/raw" raw vdb)$(disk \
    "$PEERS/images/open" raw vdc '<readonly/>')"
  on start lent
  [ "$(owner "$PEERS/images/top")" = nobody ]
  [ "$(owner "$PEERS/images/base")" = nobody ]
  [ "$(owner "$PEERS/images/raw")" = nobody ]
  [ "$(owner "$PEERS/images/open")" = root ]
  on destroy lent
  [ "$(owner "$PEERS/images/top")" = root ]
  [ "$(owner "$PEERS/images/base")" = root ]
  [ "$(owner "$PEERS/images/raw")" = daemon ]
  # a daemon that was killed knows whose they were
  on start lent
  peer_stop rvirtd KILL
  qemu_start 'qemu_user = "nobody"'
  on destroy lent
  [ "$(owner "$PEERS/images/raw")" = daemon ]
  on undefine lent
}

@test "a raw image that says to stand on another one gives nobody that one" {
  touch "$PEERS/images/secret"
  chmod 600 "$PEERS/images/secret"
  qemu-img create -q -f qcow2 -u -b secret -F raw "$PEERS/images/liar" 1M
  define liar kernel=no devices="$(disk "$PEERS/images/liar" raw vda)"
  on start liar
  [ "$(owner "$PEERS/images/liar")" = nobody ]
  [ "$(owner "$PEERS/images/secret")" = root ]
  on destroy liar
  on undefine liar
}

@test "a start that fails says what QEMU said, and leaves nothing" {
  echo 'no image' > "$PEERS/images/broken"
  chmod 600 "$PEERS/images/broken"
  define broken kernel=no devices="$(disk "$PEERS/images/broken" qcow2 vda)"
  run -1 on start broken
  [[ $output == *'process exited while connecting to monitor: '*'Image is not in qcow2 format'* ]]
  [ "$(owner "$PEERS/images/broken")" = root ]
  state_is broken 'shut off (failed)'
  [ -z "$(find "$PEERS/state/lib/qemu" "$PEERS/state/run/qemu" -name '*broken*')" ]
  on undefine broken
}

@test "a user that does not exist is refused at the daemon's start" {
  run -1 limit rvirtd -f <(echo "unix_sock_dir = \"$PEERS/none\"
listen_tls = 0
qemu_user = \"no-such-user\"")
  [[ $output == *"qemu_user: there is no user 'no-such-user'"* ]]
}

@test "an image that comes to a running machine is given to its user, and given back when it goes" {
  truncate -s 1M "$PEERS/images/hot.img"
  define hot kernel=no devices="<controller type='scsi' model='virtio-scsi'/>"
  on start hot
  on attach-disk hot "$PEERS/images/hot.img" sda --targetbus scsi --live
  [ "$(stat -c %U "$PEERS/images/hot.img")" = nobody ]
  on detach-disk hot sda --live
  [ "$(stat -c %U "$PEERS/images/hot.img")" = "$(id -un)" ]
  on destroy hot
  on undefine hot
}

@test "an image that two guests have is given back when the last one stops, whatever daemon knows of it" {
  truncate -s 1M "$PEERS/images/shared"
  chmod 600 "$PEERS/images/shared"
  for name in first second; do
    define "$name" kernel=no devices="$(disk "$PEERS/images/shared" raw vda '<shareable/>')"
    on start "$name"
  done
  [ "$(owner "$PEERS/images/shared")" = nobody ]
  on destroy first
  [ "$(owner "$PEERS/images/shared")" = nobody ]
  on start first
  on destroy second
  [ "$(owner "$PEERS/images/shared")" = nobody ]
  on start second
  peer_stop rvirtd
  qemu_start 'qemu_user = "nobody"'
  on destroy second
  [ "$(owner "$PEERS/images/shared")" = nobody ]
  on destroy first
  [ "$(owner "$PEERS/images/shared")" = root ]
  on undefine first
  on undefine second
}
