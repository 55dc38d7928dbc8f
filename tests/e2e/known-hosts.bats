# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What our reader of known_hosts says, against what ssh's own programs say of the same files.

load ../lib/common

setup_file() {
  need ssh-keygen openssh-client
  need sshd openssh-server
  peers_begin
  keys=$PEERS/keys
  mkdir "$keys"
  for name in host other; do
    ssh-keygen -q -t ed25519 -N '' -C '' -f "$keys/$name"
  done
  ssh-keygen -q -t ecdsa -N '' -C '' -f "$keys/ecdsa"
  ssh-keygen -q -t rsa -b 2048 -N '' -C '' -f "$keys/rsa"
  printf 'HostKey %s\nUsePAM no\nPidFile none\nLogLevel QUIET\n' "$keys/host" > "$keys/sshd_config"
  export keys PATH=$RVIRT_BUILDDIR/tests/e2e:$PATH
}

@test "a line is about a host if and only if it is for ssh-keygen" {
  run limit python3 "$RVIRT_SRCDIR/tests/e2e/known-hosts.py" find "$keys" 400 "${SEED:-1}"
  echo "$output"
  [ "$status" = 0 ]
}

@test "a host's key is judged as ssh judges it" {
  [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
  LIMIT=120 run limit python3 "$RVIRT_SRCDIR/tests/e2e/known-hosts.py" verdict "$keys" 60 "${SEED:-1}"
  echo "$output"
  [ "$status" = 0 ]
}

@test "a key that we add is one that ssh knows" {
  read -r type text _ < "$keys/host.pub"
  touch "$PEERS/hosts"
  known-hosts-say add "$PEERS/hosts" host 22 "$type" "$text"
  known-hosts-say add "$PEERS/hosts" host 2222 "$type" "$text" hashed
  ssh-keygen -F host -f "$PEERS/hosts"
  ssh-keygen -F '[host]:2222' -f "$PEERS/hosts"
  ! grep 2222 "$PEERS/hosts"
}

@test "keys that many add at once are all there, each once and on a line of its own" {
  read -r type text _ < "$keys/host.pub"
  printf '# no newline' > "$PEERS/hosts"
  pids=()
  for i in {1..20}; do
    known-hosts-say add "$PEERS/hosts" "host$((i / 2))" 22 "$type" "$text" &
    pids+=($!)
  done
  wait "${pids[@]}"
  [ "$(grep -c . "$PEERS/hosts")" = 12 ]
  [ "$(cut -d' ' -f1 "$PEERS/hosts" | sort -u | wc -l)" = 12 ]
}
