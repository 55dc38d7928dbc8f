# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Secrets of the host by libvirt's own virsh: what it says is as with libvirt's daemon; and they are there when the
# daemon comes again, in files that nobody else reads.

load ../lib/qemu

setup_file() {
  both_start
}

uri_of() {
  echo "$1+unix:///system?socket=$PEERS/$2/libvirt-sock"
}

# secret NAME ATTRIBUTES UUID-DIGIT USAGE: a document.
secret() {
  cat > "$BATS_TEST_TMPDIR/$1.xml" << END
<secret $2><uuid>$3$3$3$3$3$3$3$3-2222-4333-8444-555555555555</uuid><description>of $1 &amp; co</description>$4</secret>
END
}

# seen DRIVER DAEMON: what virsh says of secrets that come, change and go.
seen() {
  local command uuid=2222-4333-8444-555555555555
  for command in "secret-define DIR/volume.xml" "secret-define DIR/ceph.xml" "secret-define DIR/private.xml" \
    "secret-define DIR/ephemeral.xml" "secret-define DIR/nothing.xml" "secret-define DIR/other.xml" "secret-define DIR/public.xml" \
    "secret-define DIR/renamed.xml" "secret-define DIR/volume.xml --validate" "secret-list" "secret-list --ephemeral" \
    "secret-list --no-ephemeral --private" "secret-list --no-private" "secret-dumpxml 11111111-$uuid" \
    "secret-dumpxml 99999999-$uuid" "secret-get-value 11111111-$uuid" "secret-set-value 11111111-$uuid aGVsbG8=" \
    "secret-set-value 33333333-$uuid aGVsbG8=" "secret-set-value 44444444-$uuid /+8A" "secret-get-value 11111111-$uuid" \
    "secret-get-value 33333333-$uuid" "secret-get-value 44444444-$uuid" "secret-get-value 99999999-$uuid" \
    "secret-undefine 22222222-$uuid" "secret-undefine 22222222-$uuid" "secret-list"; do
    echo "== $command"
    limit virsh -c "$(uri_of "$1" "$2")" "${command//DIR/$BATS_TEST_TMPDIR}" 2>&1 || echo "exit status $?"
  done | sed "s|$BATS_TEST_TMPDIR|DIR|g"
}

@test "virsh keeps secrets as with libvirt's daemon" {
  secret volume "" 1 "<usage type='volume'><volume>/a&lt;b</volume></usage>"
  secret ceph "" 2 "<usage type='ceph'><name>c</name></usage>"
  secret private "private='yes'" 3 "<usage type='tls'><name>t</name></usage>"
  secret ephemeral "ephemeral='yes'" 4 "<usage type='iscsi'><target>i</target></usage>"
  secret nothing "" 5 ""
  secret other "" 6 "<usage type='ceph'><name>c</name></usage>"
  secret public "private='no'" 3 "<usage type='tls'><name>t</name></usage>"
  secret renamed "" 2 "<usage type='ceph'><name>d</name></usage>"
  seen secret libvirtd > "$BATS_TEST_TMPDIR/expected"
  seen qemu rvirtd > "$BATS_TEST_TMPDIR/seen"
  diff -u "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/seen"
}

@test "secrets and their values are there when the daemon comes again, for nobody else to read" {
  uri=$(uri_of secret rvirtd)
  [ -z "$(find "$PEERS/state/secrets" -type f ! -perm 0600)" ]
  [ "$(stat -c %a "$PEERS/state/secrets")" = 700 ]
  # what is ephemeral is in no file
  [ "$(find "$PEERS/state/secrets" -name '44444444*')" = "" ]
  limit virsh -q -c "$uri" secret-list | grep -v 44444444 | sort > "$BATS_TEST_TMPDIR/before"
  peer_stop rvirtd
  echo nonsense > "$PEERS/state/secrets/77777777-2222-4333-8444-555555555555.xml"
  qemu_start
  limit virsh -q -c "$uri" secret-list | sort | diff -u "$BATS_TEST_TMPDIR/before" -
  [ "$(limit virsh -q -c "$uri" secret-get-value 11111111-2222-4333-8444-555555555555)" = "aGVsbG8=" ]
  limit virsh -q -c "$uri" secret-undefine 11111111-2222-4333-8444-555555555555
  [ "$(find "$PEERS/state/secrets" -name '11111111*')" = "" ]
}

@test "clients are told of secrets" {
  uri=$(uri_of qemu rvirtd)
  secret told "" 8 "<usage type='ceph'><name>told</name></usage>"
  limit virsh -c "$uri" secret-event --event lifecycle --loop --timeout 20 > "$BATS_TEST_TMPDIR/events" &
  pid=$!
  until grep -q Undefined "$BATS_TEST_TMPDIR/events"; do
    kill -0 "$pid"
    limit virsh -q -c "$uri" "secret-define $BATS_TEST_TMPDIR/told.xml; secret-undefine 88888888-2222-4333-8444-555555555555"
  done
  kill "$pid"
  grep -q "event 'lifecycle' for secret 88888888-2222-4333-8444-555555555555: Defined" "$BATS_TEST_TMPDIR/events"
}
