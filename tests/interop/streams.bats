# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Streams between our programs and libvirt's: each shell with each daemon.

load ../lib/libvirtd
load ../lib/rvirtd

setup_file() {
  need_libvirt
  need jq jq
  peers_begin
  libvirtd_start
  rvirtd_start
}

# picture SHELL DAEMON: takes a screenshot, between other calls of the connection, and looks at it.
picture() {
  cd "$BATS_TEST_TMPDIR" || return
  run -0 limit "$1" -c "test+unix:///default?socket=$PEERS/$2/libvirt-sock" \
    "domid test; screenshot test $1-$2.png; screenshot test again.png --screen 0; domstate test"
  [[ $output = *"Screenshot saved to $1-$2.png, with type of image/png"*running* ]]
  [ "$(head -c 8 "$1-$2.png" | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ]
  cmp "$1-$2.png" again.png
}

@test "virsh takes a screenshot from rvirtd" { picture virsh rvirtd; }
@test "rvsh takes a screenshot from libvirtd" {
  picture rvsh libvirtd
  picture virsh libvirtd
  cmp rvsh-libvirtd.png virsh-libvirtd.png
}
@test "rvsh takes a screenshot from rvirtd" { picture rvsh rvirtd; }
@test "rvsh takes a screenshot in its own process" {
  cd "$BATS_TEST_TMPDIR"
  run -0 limit rvsh -c test:///default screenshot test
  [[ $output = "Screenshot saved to test-"*.png", with type of image/png"* ]]
  [ "$(head -c 8 test-*.png | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ]
}

@test "screenshots that can't be taken or stored" {
  cd "$BATS_TEST_TMPDIR"
  for commands in "screenshot nosuch" "screenshot test /nosuch/file" "screenshot test f --screen many" "screenshot"; do
    for shell in virsh rvsh; do
      limit "$shell" -c "test+unix:///default?socket=$PEERS/libvirtd/libvirt-sock" "$commands" > "$shell.out" 2>&1 && return 1
      sed -i "s/$shell/SHELL/g" "$shell.out"
    done
    diff -u virsh.out rvsh.out
  done
}

@test "any call that opens a stream is made by its name" {
  local dom='{"dom": {"name": "test", "uuid": "6695eb01-f6a4-8304-79aa-97f2502e193f", "id": 1}}'
  cd "$BATS_TEST_TMPDIR"
  for daemon in libvirtd rvirtd; do
    uri="test+unix:///default?socket=$PEERS/$daemon/libvirt-sock"
    run -0 limit rvsh -c "$uri" call DOMAIN_SCREENSHOT "$dom" --to-file called.png
    [ "$(jq -r .mime <<< "$output")" = image/png ]
    limit rvsh -q -c "$uri" screenshot test asked.png
    cmp called.png asked.png
    limit rvsh -c "$uri" call DOMAIN_SCREENSHOT "$dom" --to-file - | cmp - asked.png
    run -1 limit rvsh -c "$uri" call DOMAIN_SCREENSHOT "$dom"
    [[ $output = *"DOMAIN_SCREENSHOT opens a stream"* ]]
  done
}
