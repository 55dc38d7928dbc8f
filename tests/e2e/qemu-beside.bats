# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What runs beside a guest's QEMU: its TPM, folders of the host that it sees.

load ../lib/qemu

setup_file() {
  need swtpm swtpm
  need swtpm_setup swtpm-tools
  need_root "swtpm's own authority"
  peers_begin
  guest_image
  qemu_start
}

TPM="<tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>"

# kept NAME: where the TPM of a guest is kept.
kept() {
  echo "$PEERS/state/lib/qemu/swtpm/$(on domuuid "$1")/tpm2"
}

# beside NAME: the processes of its helpers.
beside() {
  sed -n "s/^ *<helper pid='\([0-9]*\)'.*/\1/p" "$PEERS/state/run/qemu/$1.xml"
}

@test "a TPM is made once, outlives the daemon, and ends with its guest" {
  local dir helper
  define trusted kernel=no devices="$TPM"
  dir=$(kept trusted)
  [ ! -e "$dir" ]
  on start trusted
  [ -s "$dir/tpm2-00.permall" ]
  helper=$(beside trusted)
  [[ $(tr '\0' ' ' < "/proc/$helper/cmdline") == *"swtpm socket "*"--tpm2"* ]]
  peer_stop rvirtd KILL
  qemu_start
  wait_until 10 state_is trusted running "(booted)"
  process_alive "$helper"
  on destroy trusted
  wait_until 10 process_gone "$helper"
  # the same one again
  stat -c %i "$dir" > "$BATS_TEST_TMPDIR/before"
  on start trusted
  stat -c %i "$dir" | cmp "$BATS_TEST_TMPDIR/before"
  on save trusted "$PEERS/trusted.image"
  on restore "$PEERS/trusted.image"
  helper=$(beside trusted)
  # QEMU alone ends it too
  kill -9 "$(guest_pid trusted)"
  wait_until 10 process_gone "$helper"
  wait_until 10 state_is trusted "shut off" "(crashed)"
  on undefine trusted --keep-tpm
  [ -s "$dir/tpm2-00.permall" ]
  on define "$BATS_TEST_TMPDIR/trusted.xml"
  rm -r "$dir"
  on undefine trusted
}

@test "a TPM goes with the definition, unless it is to persist" {
  local dir other
  define brief kernel=no devices="$TPM"
  define lasting kernel=no devices="${TPM/version/persistent_state=\'yes\' version}"
  dir=$(kept brief) other=$(kept lasting)
  on start brief --paused
  on start lasting --paused
  on destroy brief
  on destroy lasting
  on undefine brief
  [ ! -e "${dir%/*}" ]
  run -1 on undefine lasting --tpm --keep-tpm
  [[ $output == *exclusive* ]]
  on undefine lasting
  [ -s "$other/tpm2-00.permall" ]
}

@test "a TPM that can't be made is an error, and nothing is left" {
  define poor kernel=no devices="$TPM"
  mkdir -p "$(dirname "$(kept poor)")"
  ln -s /nowhere "$(kept poor)"
  run -1 on start poor
  [ "$(on domstate poor)" = "shut off" ]
  [ ! -e "$PEERS/state/run/qemu/poor.xml" ]
  rm "$(kept poor)"
  on undefine poor
}

@test "a guest reads and writes a folder of its host" {
  mkdir -p "$PEERS/shared"
  echo "from the host" > "$PEERS/shared/greeting"
  define sees top="<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>" console=pty \
    devices="<filesystem type='mount'><driver type='virtiofs' queue='512'/><source dir='$PEERS/shared'/>
      <target dir='tag'/></filesystem>"
  on start sees
  console_talk "$(on ttyconsole sees)" "guest# " "insmod /lib/modules/fuse.ko; insmod /lib/modules/virtiofs.ko" \
    "guest# " "mount -t virtiofs tag /mnt && cat /mnt/greeting" "from the host" "echo from the guest > /mnt/answer; echo do''ne" \
    "done"
  [ "$(cat "$PEERS/shared/answer")" = "from the guest" ]
  helper=$(beside sees)
  [[ $(tr '\0' ' ' < "/proc/$helper/cmdline") == *"-o source=$PEERS/shared "* ]]
  on destroy sees
  wait_until 10 process_gone "$helper"
  on undefine sees
}

@test "a folder that can't be shared, or memory that is not, is refused" {
  local fs="<filesystem type='mount'><driver type='virtiofs'/><source dir='/a,b'/><target dir='tag'/></filesystem>"
  run -1 define closed kernel=no devices="$fs"
  [[ $output == *"'virtiofs' requires shared memory"* ]]
  define comma kernel=no devices="$fs" top="<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"
  run -1 on start comma
  [[ $output == *"a comma or backslash in its name"* ]]
  on undefine comma
}
