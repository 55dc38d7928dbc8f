# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What running machines are asked for: figures, a picture of their screen, keys.

load ../lib/qemu

setup_file() {
  peers_begin
  qemu_start
  chmod 755 "$PEERS"
  head -c 3M /dev/urandom > "$PEERS/disk.img"
  define one kernel=no balloon=virtio vcpus=2 devices="<video><model type='vga'/></video>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='$PEERS/disk.img'/><target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>
    <interface type='user'><model type='virtio'/></interface>" > /dev/null
  on start one > /dev/null
  # for the last test, which then has waited long enough
  define held kernel=no > /dev/null
  on start held > /dev/null
  kill -STOP "$(guest_pid held)"
  LIMIT=100 limit rvsh -c "$(qemu_uri)" suspend held > "$PEERS/holder" 2>&1 3>&- &
  wait_until 10 is_asked held
  LIMIT=100 limit rvsh -c "$(qemu_uri)" suspend held > "$PEERS/waiter" 2>&1 3>&- &
}

setup() {
  BATS_TEST_TMPDIR=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}
  cd "$BATS_TEST_TMPDIR"
}

@test "disks: what was read and written, how large they are" {
  run -0 on domblkinfo one vda
  [[ $output =~ Capacity:\ +3145728 ]]
  [[ $output =~ Physical:\ +3145728 ]]
  # the firmware looks for something to boot
  wait_until 20 has_read
  run -0 on domblkstat one
  [[ $output == *" rd_req "* ]]
  run -1 on domblkinfo one vdz
  [[ $output == *"invalid path: vdz"* ]]
}

has_read() {
  [[ $(on domblkstat one vda) =~ rd_bytes\ [1-9] ]]
}

@test "memory: what the balloon leaves, and how often the guest tells" {
  run -0 on dommemstat one
  [[ $output =~ actual\ 131072 ]]
  [[ $output =~ rss\ [1-9] ]]
  on dommemstat one --period 5 --live
  [[ $(on dumpxml one) == *"<stats period='5'/>"* ]]
  on setmem one 65536 --live
  run -1 on setmem one 999999 --live
  [[ $output == *"higher than max memory"* ]]
  run -1 on setmaxmem one 262144 --live
  [[ $output == *"cannot resize the maximum memory on an active domain"* ]]
  on setmaxmem one 262144 --config
  [[ $(on dumpxml one --inactive) == *"<memory unit='KiB'>262144</memory>"* ]]
}

@test "statistics of all in one call" {
  run -0 on domstats one
  for line in state.state=1 vcpu.current=2 vcpu.maximum=2 vcpu.1.state=1 balloon.maximum=131072 net.count=1 \
    block.count=2 block.0.name=vda "block.0.path=$PEERS/disk.img" block.0.capacity=3145728 block.1.name=sda; do
    [[ $output == *"  $line"* ]]
  done
  [[ $output =~ cpu.time=[1-9] ]]
  [[ $output =~ vcpu.0.time=[1-9] ]]
  [ "$(on domstats one --state --enforce | wc -l)" = "$(on domstats one --state | wc -l)" ]
}

@test "a machine that hangs is passed over in statistics that do not wait" {
  pid=$(guest_pid one)
  kill -STOP "$pid"
  LIMIT=100 limit rvsh -c "$(qemu_uri)" dommemstat one &
  waiter=$!
  wait_until 10 is_asked one
  run -0 on domstats one --nowait
  kill -CONT "$pid"
  wait "$waiter"
  [[ $output == *"state.state=1"* ]]
  [[ $output != *"rd.reqs"* ]]
}

# is_asked NAME: of a guest that hangs
is_asked() {
  [ "$(on domcontrol "$1")" != ok ]
}

@test "the screen is taken as a picture" {
  on screenshot one shot.ppm
  [ "$(head -c 2 shot.ppm)" = P6 ]
  [ -z "$(find "$PEERS/state" -name 'screen*')" ]
  run -1 on screenshot one shot.ppm --screen 1
  [[ $output == *"only the first one"* ]]
}

@test "keys reach the machine by every code set that is known" {
  on send-key one KEY_LEFTCTRL KEY_LEFTALT KEY_DELETE
  on send-key one --codeset usb 4 76
  on send-key one --codeset atset1 30 57427
  on send-key one --codeset qnum 211 --holdtime 10
  run -1 on send-key one --codeset win32 65
  [[ $output == *"cannot translate keycode 65"* ]]
  on inject-nmi one
}

@test "of a machine that does not run nothing is asked" {
  define off kernel=no
  for command in "domblkinfo off vda" "dommemstat off" "screenshot off x" "send-key off 30" "inject-nmi off"; do
    # shellcheck disable=SC2086
    run -1 on $command
    [[ $output == *"domain is not running"* ]]
  done
  [[ $(on domstats off) == *"state.state=5"* ]]
  on setmem off 65536 --config
  on undefine off
}

@test "who waits 30 seconds for a machine is told who has it" {
  [ "$(LIMIT=5 on domstate held)" = running ]
  wait_until 45 grep -q "cannot acquire state change lock (held by monitor=[a-z_]*suspend" "$PEERS/waiter"
  kill -CONT "$(guest_pid held)"
  wait_until 10 state_is held paused "(user)"
  on destroy held
  on undefine held
}
