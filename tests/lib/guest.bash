# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A guest that is up in a second or two without KVM: Debian's kernel and busybox, fetched once a build tree and never
# installed. What it says and does is in guest/init. Needs root for nothing.

. "${BASH_SOURCE%/*}/common.bash"

# The modules that it loads, in this order.
GUEST_MODULES="drivers/virtio/virtio_ring drivers/virtio/virtio drivers/virtio/virtio_pci_modern_dev
  drivers/virtio/virtio_pci_legacy_dev drivers/virtio/virtio_pci drivers/acpi/button drivers/input/evdev
  drivers/block/virtio_blk net/core/failover drivers/net/net_failover drivers/net/virtio_net
  drivers/char/virtio_console drivers/virtio/virtio_balloon drivers/char/hw_random/virtio-rng
  drivers/scsi/scsi_common drivers/scsi/scsi_mod drivers/scsi/sd_mod drivers/scsi/virtio_scsi drivers/cdrom/cdrom
  drivers/scsi/sr_mod drivers/ata/libata drivers/ata/ata_piix"

# Modules that are there for those who load them.
GUEST_MODULES_MORE="fs/fuse/fuse fs/fuse/virtiofs"

# Options that make it start sooner where every instruction is emulated.
GUEST_APPEND="console=ttyS0 quiet loglevel=0 panic=-1 mitigations=off nokaslr tsc=reliable no_timer_check
  random.trust_cpu=on cryptomgr.notests"

# guest_image: exports GUEST_KERNEL and GUEST_INITRD, which are made where they are not there yet.
guest_image() {
  local build=${RVIRT_BUILDDIR:-$PEERS}
  local dir=${RVIRT_GUEST_DIR:-${build%/build-asan}/tests/guest}
  export GUEST_KERNEL=$dir/vmlinuz GUEST_INITRD=$dir/initrd
  mkdir -p "$dir"
  # who comes first makes it, the others wait
  (
    flock 9
    [ -z "$(find "$LIB/guest.bash" "$LIB/guest" -newer "$GUEST_INITRD" 2>&1)" ] || guest_make "$dir" > "$dir/log" 2>&1 || {
      cat "$dir/log" >&2
      exit 1
    }
  ) 9> "$dir/lock"
}

# guest_agent_image: the same, with the agent of QEMU's guests in it (see guest/agent).
guest_agent_image() {
  local dir
  guest_image
  dir=${GUEST_INITRD%/*}
  (
    flock 9
    [ "$dir/initrd-agent" -nt "$GUEST_INITRD" ] || guest_make_agent "$dir" > "$dir/log" 2>&1 || {
      cat "$dir/log" >&2
      exit 1
    }
  ) 9> "$dir/lock"
  GUEST_INITRD=$dir/initrd-agent
}

# guest_make_agent DIR: an archive behind the other one, which the kernel unpacks into the same place.
guest_make_agent() {
  local dir=$1 library
  (
    set -e
    cd "$dir"
    guest_package qemu-guest-agent
    rm -rf agent
    mkdir -p agent/usr/sbin agent/sbin agent/etc agent/root agent/tmp agent/run
    cp qemu-guest-agent/usr/sbin/qemu-ga agent/usr/sbin/
    for library in $(ldd agent/usr/sbin/qemu-ga | grep -o '/[^ ]*'); do
      mkdir -p "agent$(dirname "$library")"
      cp -L "$library" "agent$library"
    done
    cp "$LIB/guest/agent" agent/
    printf '#!/bin/sh\ncase " $* " in *" -r "*) reboot -f ;; *) poweroff -f ;; esac\n' > agent/sbin/shutdown
    chmod 755 agent/sbin/shutdown
    ln -s ../bin/busybox agent/sbin/hwclock
    ln -s ../../bin/busybox agent/usr/sbin/chpasswd
    echo 'root:x:0:0:root:/root:/bin/sh' > agent/etc/passwd
    echo 'root:x:0:' > agent/etc/group
    (umask 077 && echo 'root:*:19000:0:99999:7:::' > agent/etc/shadow)
    printf 'ID=rvirt\nNAME=Guest\nPRETTY_NAME="Guest of tests"\nVERSION_ID=1\n' > agent/etc/os-release
    (cd agent && find . | busybox cpio -o -H newc) > initrd-agent.more
    cat initrd initrd-agent.more > initrd-agent.new
    mv initrd-agent.new initrd-agent
    rm -rf agent qemu-guest-agent initrd-agent.more
  )
}

# guest_make DIR
guest_make() {
  local dir=$1 kernel modules module
  (
    set -e
    cd "$dir"
    kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p')
    guest_package busybox-static
    guest_package "$kernel"
    rm -rf root
    mkdir -p root/bin root/dev root/mnt root/proc root/sys root/etc/udhcpc root/lib/modules
    cp "$LIB/guest/init" "$LIB/guest/shell" root/
    cp "$LIB/guest/dhcp" root/etc/udhcpc/default.script
    cp busybox-static/bin/busybox root/bin/
    ln -s busybox root/bin/sh
    modules=$(echo "$kernel"/lib/modules/*/kernel)
    for module in $GUEST_MODULES; do
      cp "$modules/$module.ko" root/lib/modules/
      echo "${module##*/}.ko"
    done > root/lib/modules/order
    for module in $GUEST_MODULES_MORE; do
      cp "$modules/$module.ko" root/lib/modules/
    done
    (cd root && find . | ../busybox-static/bin/busybox cpio -o -H newc) > initrd.new
    cp "$kernel"/boot/vmlinuz-* vmlinuz
    mv initrd.new initrd
    rm -rf root busybox-static "$kernel"
  )
}

# guest_package NAME: unpacks it into ./NAME.
guest_package() {
  local deb
  rm -f "$1"_*.deb
  LIMIT=240 limit apt-get -q -o APT::Sandbox::User=root download "$1" || return
  deb=$(echo "$1"_*.deb)
  dpkg -x "$deb" "$1"
  rm "$deb"
}

# guest_xml NAME [KEY=VALUE…]: its domain XML, on stdout. Keys, with what is taken where they are not given:
#   machine=pc memory=128 (MiB) vcpus=1 uuid= (none) type=qemu
#   kernel=yes   no: nothing to boot, for a guest that is started paused or that only has to be there
#   append=      more words for its kernel: count=1
#   console=pty  or file:PATH, unix:PATH (QEMU listens there), none
#   balloon=none or virtio
#   log=PATH     what its console says goes there too
#   features=XML devices=XML top=XML   more elements in <features>, in <devices>, before <devices>
guest_xml() {
  local name=$1 machine=pc memory=128 vcpus=1 type=qemu kernel=yes console=pty balloon=none
  local uuid='' append='' log='' features='' devices='' top=''
  shift
  while [ $# != 0 ]; do
    local "${1%%=*}=${1#*=}"
    shift
  done
  cat << END
<domain type='$type'>
  <name>$name</name>
  ${uuid:+<uuid>$uuid</uuid>}
  <memory unit='MiB'>$memory</memory>
  <vcpu>$vcpus</vcpu>
  <os>
    <type arch='x86_64' machine='$machine'>hvm</type>
    $(guest_boot_xml "$kernel" "$append")
  </os>
  <features><acpi/>$features</features>
  <on_reboot>restart</on_reboot>
  $top
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    $(guest_console_xml "$console" "$log")
    $devices
    <memballoon model='$balloon'/>
  </devices>
</domain>
END
}

guest_boot_xml() {
  local words
  [ "$1" = yes ] || return 0
  words=$(echo $GUEST_APPEND $2)
  echo "<kernel>$GUEST_KERNEL</kernel><initrd>$GUEST_INITRD</initrd><cmdline>$words</cmdline>"
}

guest_console_xml() {
  local source='' log=${2:+<log file=\'$2\'/>}
  case $1 in
    none) return ;;
    file:*) source="<source path='${1#*:}'/>" ;;
    unix:*) source="<source mode='bind' path='${1#*:}'/>" ;;
  esac
  echo "<serial type='${1%%:*}'>$source$log<target port='0'/></serial>"
}

# wait_for_console FILE TEXT [SECONDS]: until the file that a console writes (console=file:… or log=…) has the text.
wait_for_console() {
  wait_until "${3:-60}" grep -qaF -- "$2" "$1" 2> /dev/null && return
  echo "no \"$2\" on the console; it says:" >&2
  tail -n 20 "$1" >&2
  return 1
}

# console_talk WHERE [EXPECTED [TYPED]]…: at a console (a pty's path, or a unix socket's) waits for each EXPECTED and
# answers TYPED and return. Prints all that came.
console_talk() {
  limit python3 "$LIB/console.py" "$@"
}
