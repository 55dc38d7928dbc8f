# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Machines saved to files and started from them, and dumps.

load ../lib/qemu

setup_file() {
  peers_begin
  qemu_start
}

setup() {
  cd "$BATS_TEST_TMPDIR"
}

# last FILE: the number that a counting guest has come to.
last() {
  grep -a '^count ' "$1" | tail -n 1 | tr -dc 0-9
}

beyond() {
  [ "$(last "$1")0" -gt "${2}0" ]
}

@test "a guest that counts is saved, and goes on counting where it was" {
  guest_image
  define counter append=count=1 log="$PEERS/counter.log"
  on start counter
  wait_for_console "$PEERS/counter.log" "count 5"
  on save counter "$PWD/image" --verbose
  state_is counter 'shut off (saved)'
  stopped=$(last "$PEERS/counter.log")
  [ "$(head -c 16 image)" = LibvirtQemudSave ]
  [[ $(on save-image-dumpxml "$PWD/image") == *"<name>counter</name>"* ]]
  on restore "$PWD/image" --paused
  state_is counter 'paused (from snapshot)'
  on resume counter
  wait_until 30 beyond "$PEERS/counter.log" "$stopped"
  # the log begins anew, the numbers do not, and none is left out
  numbers=$(grep -a '^count ' "$PEERS/counter.log" | tr -dc '0-9\n')
  first=$(head -n 1 <<< "$numbers")
  [ "$first" -ge "$stopped" ]
  [ "$first" -le $((stopped + 3)) ]
  [ "$numbers" = "$(seq "$first" "$(tail -n 1 <<< "$numbers")")" ]
  on managedsave counter
  [[ $(on list --all --managed-save) == *saved* ]]
  run -1 on undefine counter
  [[ $output == *"managed save image exists"* ]]
  peer_stop rvirtd
  qemu_start
  stopped=$(last "$PEERS/counter.log")
  on start counter
  wait_until 30 beyond "$PEERS/counter.log" "$stopped"
  [ -z "$(find "$PEERS/state" -name '*.save')" ]
  on destroy counter
  on undefine counter
}

@test "a save that fails leaves the machine running and no file" {
  define kept kernel=no
  on start kept
  run -1 on save kept /nonexistent/image
  [[ $output == *"/nonexistent/image"* ]]
  state_is kept 'running (booted)'
  truncate -s 50 short
  run -1 on restore "$PWD/short"
  [[ $output == *"failed to read qemu header"* ]]
  head -c 4096 /dev/zero > wrong
  run -1 on restore "$PWD/wrong"
  [[ $output == *"image magic is incorrect"* ]]
  on save kept "$PWD/image" --paused
  head -c 60000 image > "cut"
  run -1 on restore "$PWD/cut"
  [[ $output == *"job 'start' failed"* ]] || [[ $output == *"exited"* ]] || [[ $output == *"not running"* ]]
  # QEMU ends by itself, or is ended
  state_is kept 'shut off (failed)' || state_is kept 'shut off (crashed)'
  on restore "$PWD/image"
  state_is kept 'paused (from snapshot)'
  run -1 on restore "$PWD/image"
  [[ $output == *"already active"* ]]
  on destroy kept
  on undefine kept
}

@test "dumps: of the memory for debuggers, of all, and the machine goes on or not" {
  define d kernel=no
  on start d
  on dump d "$PWD/elf" --memory-only
  [ "$(head -c 4 elf | tail -c 3)" = ELF ]
  state_is d 'running (unpaused)'
  on dump d "$PWD/zlib" --memory-only --format kdump-zlib --live
  [ "$(head -c 5 zlib)" = KDUMP ] || [[ $(head -c 16 zlib) == makedumpfile* ]]
  run -1 on dump d "$PWD/x" --format kdump-zlib
  [[ $output == *memory-only* ]]
  on dump d "$PWD/all" --crash
  [ -s all ]
  state_is d 'shut off (crashed)'
  on undefine d
}
