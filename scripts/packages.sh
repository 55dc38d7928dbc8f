# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
#
# The Debian packages that a build and the tests need: the one list of them. Sourced by demo and check.

BUILD_PACKAGES="autoconf automake libtool pkg-config gcc make python3
  libgnutls28-dev libjansson-dev libmnl-dev libnftables-dev libssh2-1-dev libsystemd-dev libuv1-dev libxml2-dev libpopt-dev
  libreadline-dev uthash-dev"

DEMO_PACKAGES="openssh-server openssh-client"

TEST_PACKAGES="systemd
  bats libcmocka-dev libtirpc-dev rpcsvc-proto
  clang clang-format git libclang-rt-dev shellcheck valgrind xz-utils
  openssh-server openssh-client gnutls-bin openssl netcat-openbsd iproute2 socat expect tmux vim-tiny fish tcsh zsh
  jq libvirt-daemon libvirt-daemon-system libvirt-daemon-driver-qemu libvirt-clients iptables libvirt-dev python3-libvirt qemu-utils
  e2fsprogs fdisk lvm2 nfs-common parted scrub
  qemu-system-x86 ovmf swtpm swtpm-tools
  busybox-static dnsmasq-base nftables
  dropbear-bin golang-go golang-github-digitalocean-go-libvirt-dev
  gir1.2-libvirt-glib-1.0 python3-gi libsys-virt-perl virtinst"

# install_packages NAME…: installs those that are missing; asks nothing.
install_packages() {
  local name missing=() sudo=()
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2> /dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} != 0 ] || return 0
  if ! command -v apt-get > /dev/null; then
    echo "no apt-get here: install what Debian calls ${missing[*]}" >&2
    return 1
  fi
  [ "$(id -u)" = 0 ] || sudo=(sudo)
  "${sudo[@]}" apt-get -q update < /dev/null
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qy --no-install-recommends \
    -o Dpkg::Options::=--force-confold install "${missing[@]}" < /dev/null
}

# copy_sources FROM TO: the files of a checkout (or of an unpacked release), without what was built in it, so that
# a build elsewhere works whatever was done there.
copy_sources() {
  mkdir -p "$2"
  if git -C "$1" rev-parse --git-dir > /dev/null 2>&1; then
    git -C "$1" ls-files -z --cached --others --exclude-standard |
      (cd "$1" && xargs -0 sh -c 'for f; do [ ! -e "$f" ] || printf "%s\0" "$f"; done' sh) |
      tar -C "$1" --null -T - -cf - | tar -C "$2" -xf -
  else
    tar -C "$1" --exclude-vcs --exclude=./build* --exclude=./config.status -cf - . | tar -C "$2" -xf -
  fi
}
