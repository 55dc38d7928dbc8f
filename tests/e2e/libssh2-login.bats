# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Host keys and logins of the libssh2 transport, with a real sshd, agent and keys. What is asked for is answered by
# $PEERS/askpass: the n-th question by line n of $ANSWERS, or by its only line.

load ../lib/sshd

setup_file() {
  need sshd openssh-server
  peers_begin
  sshd_start
  sshd_offers rvirt-gateway
  sed -i '/BatchMode/d;/IdentityFile/d' "$PEERS/sshd/ssh_config"
  export SSH_ASKPASS=$PEERS/askpass SSH_ASKPASS_REQUIRE=force
  cat > "$SSH_ASKPASS" << 'END'
#!/bin/sh
printf '%s\n' "$1" >> "$ANSWERS.asked"
n=$(grep -c '' "$ANSWERS.asked")
[ "$(grep -c '' "$ANSWERS")" = 1 ] && n=1
[ -s "$ANSWERS" ] && sed -n "${n}p" "$ANSWERS"
END
  chmod +x "$SSH_ASKPASS"
}

setup() {
  cd "$BATS_TEST_TMPDIR"
  export ANSWERS=$PWD/answers
  key=$PEERS/sshd/client_key
}

teardown() {
  [ -z "${SSH_AGENT_PID:-}" ] || kill "$SSH_AGENT_PID"
}

# reaches URI [ANSWER…]: logs in; the gateway there then finds no daemon.
reaches() {
  dials "$@"
  if [[ $output != *"ended with exit status"* ]]; then
    echo "$output"
    return 1
  fi
}

# fails WORDS URI [ANSWER…]: the login fails, and the error has the words.
fails() {
  local words=$1
  shift
  dials "$@"
  if [[ $output != *"$words"* ]]; then
    echo "$output"
    return 1
  fi
}

dials() {
  local uri=$1
  shift
  rm -f "$ANSWERS.asked"
  printf '%s\n' "$@" > "$ANSWERS"
  [ $# != 0 ] || : > "$ANSWERS"
  run limit rvirt-dial "$uri" < /dev/null
  [ "$status" = 1 ]
}

asked() {
  cat "$ANSWERS.asked" 2> /dev/null
}

# new_key NAME ARGUMENT…: a key that the host takes.
new_key() {
  local name=$1
  shift
  ssh-keygen -q -f "$name" "$@"
  cat "$name.pub" >> "$PEERS/sshd/authorized_keys"
}

# agent FILE…: an agent that has these keys.
agent() {
  eval "$(ssh-agent -a "$PWD/agent" 3>&-)" > /dev/null
  ssh-add -q "$@"
}

fingerprint() {
  ssh-keygen -lf "$1" | cut -d' ' -f2
}

# -- host keys --

@test "a host key that is not known is refused, shown, and not learnt" {
  fails "it is not known (ssh-ed25519, $(fingerprint "$PEERS/sshd/host_key.pub"))" \
    "test+libssh2://far/?keyfile=$key&known_hosts=$PWD/none&no_tty=1"
  [ ! -e none ]
  fails "it is not known (ssh-ed25519, " "test+libssh2://far/?keyfile=$key&known_hosts=$PWD/none"
  [ ! -e none ]
}

@test "a host key of another type than the known one is told apart, and not taken as new" {
  ssh-keygen -q -t ecdsa -N '' -f other
  echo "far $(cut -d' ' -f1,2 other.pub)" > known
  cp known before
  fails "not known, though keys of other types are (ssh-ed25519, SHA256:" \
    "test+libssh2://far/?keyfile=$key&known_hosts=$PWD/known&no_tty=1"
  [[ $output == *"ecdsa-sha2-nistp256 in $PWD/known, line 1"* ]]
  fails "though keys of other types are" \
    "test+libssh2://far/?keyfile=$key&known_hosts=$PWD/known&known_hosts_verify=auto"
  cmp known before
}

@test "a host key that has changed is refused by every mode but ignore" {
  ssh-keygen -q -t ed25519 -N '' -f other
  echo "far $(cut -d' ' -f1,2 other.pub)" > known
  cp known before
  for verify in normal auto; do
    fails "it is not the known one (ssh-ed25519, SHA256:" \
      "test+libssh2://far/?keyfile=$key&known_hosts=$PWD/known&known_hosts_verify=$verify" yes
    [[ $output == *"another one is in $PWD/known, line 1"* ]]
    [ -z "$(asked)" ]
  done
  reaches "test+libssh2://far/?keyfile=$key&known_hosts=$PWD/known&known_hosts_verify=ignore"
  reaches "test+libssh2://far/?keyfile=$key&known_hosts=$PWD/known&no_verify=1"
  cmp known before
}

@test "a host key that was revoked is refused by every mode" {
  echo "@revoked * $(cut -d' ' -f1,2 "$PEERS/sshd/host_key.pub")" > known
  for verify in normal auto ignore; do
    fails "it was revoked" "test+libssh2://far/?keyfile=$key&known_hosts=$PWD/known&known_hosts_verify=$verify" yes
  done
}

@test "the user is asked about a new host key: yes, no, or its fingerprint" {
  print=$(fingerprint "$PEERS/sshd/host_key.pub")
  sed -i s/StrictHostKeyChecking.*/StrictHostKeyChecking\ ask/ "$PEERS/sshd/ssh_config"
  uri="test+libssh2://far/?keyfile=$key&known_hosts=$PWD/known"
  fails "it was not accepted" "$uri" no
  [[ $(asked) == *"$print"* ]]
  [ ! -e known ]
  fails "it was not accepted" "$uri" SHA256:wrong
  reaches "$uri" "$print"
  reaches "$uri"
  [ -z "$(asked)" ]
  rm known
  reaches "$uri" yes
  [ "$(cut -d' ' -f2,3 known)" = "$(cut -d' ' -f1,2 "$PEERS/sshd/host_key.pub")" ]
  sed -i s/StrictHostKeyChecking.*/StrictHostKeyChecking\ yes/ "$PEERS/sshd/ssh_config"
}

@test "known_hosts_verify=auto learns a new host key once" {
  reaches "test+libssh2://far/?keyfile=$key&known_hosts=$PWD/known&known_hosts_verify=auto"
  reaches "test+libssh2://far/?keyfile=$key&known_hosts=$PWD/known"
  [ "$(grep -c '' known)" = 1 ]
}

@test "of several host keys the host is asked for one of a known type" {
  ssh-keygen -q -t ecdsa -N '' -f host_ecdsa
  sshd_restart "HostKey $PWD/host_ecdsa" "HostKey $PEERS/sshd/host_key"
  echo "far $(cut -d' ' -f1,2 host_ecdsa.pub)" > known
  reaches "test+libssh2://far/?keyfile=$key&known_hosts=$PWD/known"
  reaches "test+libssh2://far/?keyfile=$key"
  sshd_restart
}

@test "a host that has only an RSA key is told apart from one that does not speak ssh" {
  ssh-keygen -q -t rsa -N '' -f host_rsa
  sshd_restart "HostKey $PWD/host_rsa" "HostKeyAlgorithms rsa-sha2-512,rsa-sha2-256"
  fails "connect: ssh handshake: " "test+libssh2://far/?keyfile=$key"
  [[ $output == *"algorithms in common"*"transport ssh"* ]]
  sshd_restart
}

# -- logins --

@test "keys in files: ed25519 and ecdsa, with and without passphrase, with and without .pub" {
  new_key ed -t ed25519 -N ''
  new_key ec -t ecdsa -N ''
  new_key ec384 -t ecdsa -b 384 -N ''
  new_key pem -t ecdsa -m PEM -N ''
  new_key ed-secret -t ed25519 -N secret
  new_key ec-secret -t ecdsa -N secret
  new_key pem-secret -t ecdsa -m PEM -N secret
  for k in ed ec ec384 pem; do
    reaches "test+libssh2://far/?keyfile=$PWD/$k"
    [ -z "$(asked)" ]
  done
  for k in ed-secret ec-secret pem-secret; do
    reaches "test+libssh2://far/?keyfile=$PWD/$k" secret
    [ "$(asked)" = "Enter passphrase for key '$PWD/$k': " ]
    rm $k.pub
    reaches "test+libssh2://far/?keyfile=$PWD/$k" secret
    [ "$(asked)" = "Enter passphrase for key '$PWD/$k': " ]
  done
}

@test "a wrong passphrase is told so, after as many questions as ssh asks" {
  new_key secret -t ed25519 -N secret
  reaches "test+libssh2://far/?keyfile=$PWD/secret" wrong secret
  fails "key $PWD/secret: wrong passphrase" "test+libssh2://far/?keyfile=$PWD/secret" wrong wronger wrongest secret
  [ "$(asked | grep -c '')" = 3 ]
  fails "key $PWD/secret: its passphrase cannot be asked for" "test+libssh2://far/?keyfile=$PWD/secret&no_tty=1" secret
  [ -z "$(asked)" ]
}

@test "no passphrase is asked for a key that the host would not take" {
  ssh-keygen -q -t ed25519 -N secret -f stranger
  fails "user root is not let in" "test+libssh2://far/?keyfile=$PWD/stranger" secret
  [[ $output == *"the host takes publickey; tried: no agent; $PWD/stranger (ssh-ed25519); load keys"* ]]
  [ -z "$(asked)" ]
}

@test "a key that others can read is not used" {
  new_key open -t ed25519 -N ''
  chmod 644 open
  fails "key $PWD/open: not used, for others can read it" "test+libssh2://far/?keyfile=$PWD/open"
}

@test "an RSA key works, or the error says why not and what to do" {
  new_key rsa -t rsa -N ''
  dials "test+libssh2://far/?keyfile=$PWD/rsa"
  [[ $output == *"ended with exit status"* || $output == *"(ssh-rsa) not used; libssh2 1.10"*"or the transport ssh"* ]]
}

@test "the agent's keys: all of them, or only those that are named" {
  new_key mine -t ed25519 -N ''
  ssh-keygen -q -t ecdsa -N '' -f stranger
  ssh-keygen -q -t rsa -N '' -f rsa
  agent rsa stranger mine
  rm mine
  sed -i '/IdentitiesOnly/d' "$PEERS/sshd/ssh_config"
  reaches "test+libssh2://far/?sshauth=agent"
  reaches "test+libssh2://far/?sshauth=ssh-agent&keyfile=$PWD/mine"
  sed -i 's/^Host \*/&\n  IdentitiesOnly yes/' "$PEERS/sshd/ssh_config"
  reaches "test+libssh2://far/?sshauth=agent&keyfile=$PWD/mine"
  ssh-keygen -q -t ed25519 -N '' -f absent
  fails "the agent has no key that may be used" "test+libssh2://far/?sshauth=agent&keyfile=$PWD/absent"
  fails "agent's key " "test+libssh2://far/?sshauth=agent&keyfile=$PWD/stranger"
}

@test "an agent that does not answer, or is not there, is no reason to wait" {
  SSH_AUTH_SOCK=$PWD/nowhere
  export SSH_AUTH_SOCK
  reaches "test+libssh2://far/?keyfile=$key"
  fails "no agent answers at $PWD/nowhere" "test+libssh2://far/?sshauth=agent"
  with_deaf_agent "test+libssh2://far/?keyfile=$key&connect_timeout=2"
  [ "$status" = 1 ]
  [ "$SECONDS" -lt 20 ]
}

with_deaf_agent() {
  SECONDS=0
  run limit python3 - "$1" << 'END'
import os, socket, subprocess, sys
s = socket.socket(socket.AF_UNIX)
s.bind("deaf")
s.listen()
sys.exit(subprocess.run(["rvirt-dial", sys.argv[1]], stdin=subprocess.DEVNULL,
                        env={**os.environ, "SSH_AUTH_SOCK": os.path.abspath("deaf")}).returncode)
END
}

@test "passwords, questions of the host's, and two factors" {
  need_root "a user with a password"
  sshd_password guest geheim
  sshd_restart "PasswordAuthentication yes"
  for words in password ssh-password "agent,privkey,password"; do
    reaches "test+libssh2://guest@far/?sshauth=$words" geheim
    [ "$(asked)" = "guest@far's password: " ]
  done
  reaches "test+libssh2://guest@far/?sshauth=password" wrong geheim
  fails "tried: password" "test+libssh2://guest@far/?sshauth=password" wrong
  fails "user guest is not let in" "test+libssh2://guest@far/?no_tty=1" geheim
  sshd_restart "PasswordAuthentication yes" "AuthenticationMethods publickey,password"
  reaches "test+libssh2://guest@far/?keyfile=$key" geheim
  fails "$key (ssh-ed25519) taken" "test+libssh2://guest@far/?keyfile=$key&no_tty=1"
  sshd_restart "UsePAM yes" "KbdInteractiveAuthentication yes"
  reaches "test+libssh2://guest@far/?sshauth=keyboard-interactive" geheim
  [ "$(asked)" = "(guest@far) Password: " ]
  fails "tried: keyboard-interactive" "test+libssh2://guest@far/?sshauth=keyboard-interactive" wrong
  sshd_restart "UsePAM yes" "KbdInteractiveAuthentication yes" \
    "AuthenticationMethods publickey,keyboard-interactive"
  reaches "test+libssh2://guest@far/?keyfile=$key" geheim
  new_key second -t ed25519 -N ''
  sed -i '/IdentitiesOnly/d' "$PEERS/sshd/ssh_config"
  sshd_restart "AuthenticationMethods publickey,publickey"
  agent "$key" second
  reaches "test+libssh2://guest@far/?keyfile=$PWD/second"
  sshd_restart
}

@test "a host whose key has changed gets no password" {
  need_root "a user with a password"
  sshd_password guest geheim
  sshd_restart "PasswordAuthentication yes"
  ssh-keygen -q -t ed25519 -N '' -f other
  echo "far $(cut -d' ' -f1,2 other.pub)" > known
  fails "a host whose key has changed gets no password" \
    "test+libssh2://guest@far/?known_hosts=$PWD/known&known_hosts_verify=ignore" geheim
  [ -z "$(asked)" ]
  sshd_restart
}

@test "an unknown word in sshauth is refused" {
  fails "sshauth in the URI has 'magic'" "test+libssh2://far/?sshauth=agent,magic"
}

# -- what ssh's configuration says --

# configured LINE…: for host far, before all else.
configured() {
  { printf 'Host far\n'; printf '  %s\n' "$@"; cat "$PEERS/sshd/ssh_config"; } > "$PWD/ssh_config.new"
  cp "$PEERS/sshd/ssh_config" "$PWD/ssh_config.old"
  mv "$PWD/ssh_config.new" "$PEERS/sshd/ssh_config"
}

@test "AddressFamily counts, and what only ssh can honour is refused by name" {
  configured 'AddressFamily inet6'
  fails "resolve: " "test+libssh2://far/?keyfile=$key"
  mv "$PWD/ssh_config.old" "$PEERS/sshd/ssh_config"
  configured 'KnownHostsCommand /bin/true %H'
  fails "ssh configuration: KnownHostsCommand is '/bin/true %H' for host far" "test+libssh2://far/?keyfile=$key"
  reaches "test+ssh://far/?keyfile=$key"
  mv "$PWD/ssh_config.old" "$PEERS/sshd/ssh_config"
}

# -- at the terminal --

# types PROMPT TEXT… -- COMMAND…
types() {
  run env -u SSH_ASKPASS -u SSH_ASKPASS_REQUIRE timeout 60 python3 "$RVIRT_SRCDIR/tests/lib/at-terminal.py" "$@" 3>&-
}

@test "at a terminal: what is secret is not shown, and can be corrected" {
  new_key secret -t ed25519 -N geheim
  types "Enter passphrase" 'gehx\x7feim\n' -- rvirt-dial "test+libssh2://far/?keyfile=$PWD/secret"
  [[ $output == *"ended with exit status"*"echo on"* ]]
  [[ $output != *geh* ]]
  types "Enter passphrase" 'nothing\x15geheim\r' -- rvirt-dial "test+libssh2://far/?keyfile=$PWD/secret"
  [[ $output == *"ended with exit status"* ]]
}

@test "at a terminal: a question about a host key is shown as it is answered" {
  sed -i s/StrictHostKeyChecking.*/StrictHostKeyChecking\ ask/ "$PEERS/sshd/ssh_config"
  types "(yes/no/[fingerprint])? " 'yes\n' -- \
    rvirt-dial "test+libssh2://far/?keyfile=$key&known_hosts=$PWD/known"
  [[ $output == *"(yes/no/[fingerprint])? yes"*"ended with exit status"* ]]
  [ -s known ]
  sed -i s/StrictHostKeyChecking.*/StrictHostKeyChecking\ yes/ "$PEERS/sshd/ssh_config"
}

@test "at a terminal: an interrupt ends the program and leaves the terminal as it was" {
  new_key secret -t ed25519 -N geheim
  types "Enter passphrase" 'ge\x03' -- rvirt-dial "test+libssh2://far/?keyfile=$PWD/secret"
  [[ $output == *"signal 2"*"echo on"* ]]
  types "Enter passphrase" '\x04' -- rvirt-dial "test+libssh2://far/?keyfile=$PWD/secret"
  [[ $output == *"its passphrase cannot be asked for"*"exit 1"*"echo on"* ]]
}

@test "rvsh asks too, and the time that it takes does not count" {
  new_key secret -t ed25519 -N geheim
  printf '#!/bin/sh\nread -rt 7 x <> "$0.pipe"\necho geheim\n' > slow
  mkfifo slow.pipe
  chmod +x slow
  sed -i 's,^#!/bin/sh,#!/bin/bash,' slow
  SSH_ASKPASS=$PWD/slow run limit rvsh -c "test+libssh2://far/?keyfile=$PWD/secret&connect_timeout=6" list
  [[ $output == *"ended with exit status"* ]]
}
