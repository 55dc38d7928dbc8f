# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests' agents and virtual CPUs: libvirt's own virsh shows the same of a guest, whether libvirt's daemon or ours runs
# it, and of an agent that is absent, hangs or talks nonsense.

load ../lib/qemu

setup_file() {
  both_start
}

CHANNEL="<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"

# alike: without what differs from guest to guest: times, sizes of the host, process ids.
alike() {
  sed -E "s/^(Time:|.*clock:).*/\1/; s/^(.*-bytes *: ).*/\1N/; s/(CPU time: +)[0-9.]+s/\1T/; s/^(CPU: +)[0-9]+/\1N/
    s/Guest agent not available for now|the guest agent did not answer in time/NO ANSWER/; s/ for now$//"
}

# try URI DIR COMMAND…: what virsh says to each.
try() {
  local command
  for command in "${@:3}"; do
    echo "== ${command//$2/DIR}"
    { limit virsh -q -c "$1" "$command" 2>&1 || echo "exit status $?"; } | sed "s|$2|DIR|g" | alike
  done
}

# inside DIR COMMAND: runs it in the guest, whose console is in DIR/console.
inside() {
  console_talk "$1/console" '' "$2; echo fini''shed" finished > /dev/null
}

# seen URI DIR
seen() {
  local dir=$2
  mkdir -p "$dir"
  chmod 755 "$dir"
  truncate -s 8M "$dir/disk.img"
  mke2fs -q -t ext4 "$dir/disk.img"
  guest_agent_image
  guest_xml agent vcpus=2 console="unix:$dir/console" log="$dir/log" uuid=11111111-2222-4333-8444-555555555560 devices="$CHANNEL
    <disk type='file'><driver name='qemu' type='raw' discard='unmap'/><source file='$dir/disk.img'/><target dev='vda' bus='virtio'/><serial>S1</serial></disk>" > "$dir/agent.xml"
  try "$1" "$dir" "define $dir/agent.xml" 'domtime agent' 'start agent' 'domtime agent'
  wait_for_console "$dir/log" "rvirt-guest: ready"
  wait_until 30 connected "$1"
  inside "$dir" 'mkdir /disk; mount /dev/vda /disk'
  try "$1" "$dir" 'domtime agent' 'domtime agent --pretty' 'domtime agent --sync' 'domtime agent --time 1500000000' \
    'domfsinfo agent' 'domfsfreeze agent' 'domfsfreeze agent' 'domfsthaw agent' 'domfsthaw agent' 'domfsfreeze agent /disk' \
    'domfsfreeze agent /nothing' 'domfsthaw agent /disk' 'domfsthaw agent' 'domfstrim agent' 'domfstrim agent --mountpoint /disk' \
    'domfstrim agent --minimum 4096' 'guestinfo agent' 'guestinfo agent --os --hostname' 'guestinfo agent --user' \
    'domhostname agent --source agent' 'domhostname agent' 'domifaddr agent --source agent' \
    'domifaddr agent' 'set-user-password agent root secret' 'set-user-password agent nobody secret' \
    'get-user-sshkeys agent root' 'get-user-sshkeys agent nobody' 'guestvcpus agent' 'guestvcpus agent --cpulist 1 --disable' 'guestvcpus agent' \
    'guestvcpus agent --cpulist 1 --enable' 'guestvcpus agent --cpulist 0 --disable' 'guestvcpus agent --cpulist 7 --enable' 'vcpucount agent --guest' \
    'setvcpus agent 1 --guest' 'vcpucount agent --guest' 'setvcpus agent 2 --guest' 'setvcpus agent 3 --guest' \
    "qemu-agent-command agent '{\"execute\":\"guest-ping\"}'" "qemu-agent-command agent '{\"execute\":\"nothing\"}'" \
    "qemu-agent-command agent --pretty '{\"execute\":\"guest-get-host-name\"}'" \
    "qemu-agent-command agent --block '{\"execute\":\"guest-ping\",\"id\":7}'" \
    "qemu-agent-command agent --timeout 3 '{\"execute\":\"guest-ping\"}'" 'qemu-agent-command agent []' \
    'guest-agent-timeout agent --timeout 1' 'dompmsuspend agent mem --duration 7' 'dompmsuspend agent disk' 'destroy agent' 'domtime agent' 'undefine agent'
}

connected() {
  [[ $(limit virsh -c "$1" dumpxml agent) == *"state='connected'"* ]]
}

@test "virsh talks to an agent as with libvirt's daemon" {
  seen "$(libvirtd_qemu_uri)" "$PEERS/libvirtd-guest" > "$PEERS/libvirtd.seen"
  seen "$(qemu_uri)" "$PEERS/rvirtd-guest" > "$PEERS/rvirtd.seen"
  diff -u "$PEERS/libvirtd.seen" "$PEERS/rvirtd.seen"
}
