# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Programs of others with rvirtd's guests.

load ../lib/qemu

setup_file() {
  peers_begin
  qemu_start
}

# bootable FILE: an image whose first sector writes an exclamation mark on the serial console, and stops.
bootable() {
  # mov dx, 0x3f8; mov al, '!'; out dx, al; hlt
  printf '\xba\xf8\x03\xb0!\xee\xf4' > "$1"
  truncate -s 510 "$1"
  printf '\x55\xaa' >> "$1"
  truncate -s 1M "$1"
}

@test "virt-install imports an image and boots it" {
  need virt-install virtinst
  bootable "$PEERS/disk"
  LIMIT=60 limit virt-install --connect "$(qemu_uri)" --name imported --virt-type qemu --memory 64 --vcpus 1 --import \
    --osinfo detect=off,require=off --disk "path=$PEERS/disk,format=raw,bus=ide" --network none --graphics vnc \
    --serial "file,path=$PEERS/serial" --noautoconsole
  wait_until 30 grep -q '!' "$PEERS/serial"
  [[ $(on list --name) == imported ]]
  [[ $(on domdisplay imported) == vnc://* ]]
  on destroy imported
  on undefine imported
}
