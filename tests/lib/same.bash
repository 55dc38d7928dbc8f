# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs the same commands in virsh and rvsh against libvirtd and rvirtd. What virsh shows of libvirtd is what the other
# three pairs must show: both streams and the exit status. Needs servers "libvirtd" and "rvirtd", the latter with a
# test driver that starts anew as libvirtd's does, so that every run finds the same state.

. "${BASH_SOURCE%/*}/libvirtd.bash"
. "${BASH_SOURCE%/*}/rvirtd.bash"

# same COMMAND… [-- OPTION…]: each COMMAND as one argument of virsh ("list --all; domstate test"); OPTIONs go before.
same() {
  local options=() commands=()
  while [ $# != 0 ] && [ "$1" != -- ]; do
    commands+=("$1")
    shift
  done
  [ $# = 0 ] || options=("${@:2}")
  observe virsh libvirtd > "$BATS_TEST_TMPDIR/expected"
  same_as_expected virsh rvirtd
  same_as_expected rvsh libvirtd
  same_as_expected rvsh rvirtd
}

same_as_expected() {
  local seen=$BATS_TEST_TMPDIR/$1-$2
  observe "$1" "$2" > "$seen"
  diff -u --label "virsh, libvirtd" --label "$1, $2" "$BATS_TEST_TMPDIR/expected" "$seen"
}

# observe SHELL DAEMON: what is seen, with what differs by nature made equal: paths of the socket, the shell's own name
# and library, what counts time, what a driver that lacks a call names it, and a "(null)" that libvirtd prints where
# there is no text.
observe() {
  local status=0
  limit "$1" -c "test+unix:///default?socket=$PEERS/$2/libvirt-sock" "${options[@]}" "${commands[@]}" \
    > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" < /dev/null || status=$?
  for stream in out err; do
    echo "--- $stream"
    sed -E -e "s,$PEERS/(libvirtd|rvirtd),DIR,g" -e 's/\b(virsh|rvsh)\b/SHELL/g' \
      -e 's/(CPU time: +)[0-9.]+s/\1TIME/' -e 's/(cpu\.(time|user|system)|vcpu\.[0-9]+\.(time|wait|delay))=[0-9]+/\1=TIME/' \
      -e 's/(library: )(libvirt|rvirt) [0-9.]+/\1NAME VERSION/' -e 's/(by the connection driver:).*/\1 CALL/' \
      -e 's/^\(null\)$//' "$BATS_TEST_TMPDIR/$stream"
  done
  echo "--- exit status $status"
}
