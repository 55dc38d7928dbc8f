# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What we make of domain documents is what libvirt's test driver makes of them.

load ../lib/common

@test "2,000 varied domains are written, or refused, as libvirt writes and refuses them" {
  need virsh libvirt-clients
  /usr/bin/python3 -c 'import libvirt' || skip "needs python3-libvirt"
  run timeout 300 /usr/bin/python3 "$BATS_TEST_DIRNAME/domain-xml.py" "$RVIRT_BUILDDIR/tests/lib/domain-xml" 2000 1
  echo "$output" | tail -n 40
  [ "$status" -eq 0 ]
}
