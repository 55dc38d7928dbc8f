# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What we make of documents of objects other than domains is what libvirt makes of them.

load ../lib/libvirtd
load ../lib/rvirtd

setup_file() {
  need libvirtd libvirt-daemon-system
  peers_begin
  libvirtd_start
  rvirtd_start
}

# same_documents KIND COUNT
same_documents() {
  need virsh libvirt-clients
  /usr/bin/python3 -c 'import libvirt' || skip "needs python3-libvirt"
  run timeout 300 /usr/bin/python3 "$BATS_TEST_DIRNAME/object-xml.py" "$RVIRT_BUILDDIR/tests/lib/object-xml" \
    "$1" "$2" 1 "$PEERS/libvirtd/libvirt-sock"
  echo "$output" | tail -n 40
  [ "$status" -eq 0 ]
}

@test "1,000 varied networks are written, or refused, as libvirt writes and refuses them" {
  same_documents network 1000
}

@test "600 varied interfaces are written, or refused, as libvirt writes and refuses them" {
  same_documents interface 600
}

@test "1,000 varied devices are written, or refused, as libvirt writes and refuses them" {
  same_documents device 1000
}

@test "500 varied secrets are written, or refused, as libvirt writes and refuses them" {
  same_documents secret 500
}

@test "1,000 varied filters are written, or refused, as libvirt writes and refuses them" {
  same_documents filter 1000
}

@test "1,000 varied storage pools are written, or refused, as libvirt writes and refuses them" {
  same_documents pool 1000
}

@test "900 varied volumes are written, or refused, as libvirt writes and refuses them" {
  same_documents volume/dir 500
  same_documents volume/disk 200
  same_documents volume/logical 200
}

# same_moments KIND COUNT
same_moments() {
  need virsh libvirt-clients
  /usr/bin/python3 -c 'import libvirt' || skip "needs python3-libvirt"
  run timeout 300 /usr/bin/python3 "$BATS_TEST_DIRNAME/moment-xml.py" "$1" "$(rvirtd_uri)" "$2"
  echo "$output" | tail -n 40
  [ "$status" -eq 0 ]
}

@test "1,000 varied snapshots are written, or refused, as libvirt writes and refuses them" {
  same_moments snapshot 1000
}

@test "1,000 varied checkpoints are written, or refused, as libvirt writes and refuses them" {
  same_moments checkpoint 1000
}
