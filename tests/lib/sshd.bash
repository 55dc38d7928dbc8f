# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A private sshd on a port of 127.0.0.1 and ::1, and the client's side of it: `ssh` in $PEERS/sshd/bin knows host
# "far", its key (also as that of ::1) and nothing else. What the far side finds in its PATH is only what
# sshd_offers says, and the daemon at the usual place is only what sshd_serves says.

. "${BASH_SOURCE%/*}/common.bash"

# sshd_start: starts it, and puts its ssh first in PATH. Each connection logs in by itself unless its URI says share=.
sshd_start() {
  local dir=$PEERS/sshd
  mkdir -p "$XDG_CONFIG_HOME/rvirt"
  echo 'share = "no"' > "$XDG_CONFIG_HOME/rvirt/rvirt.conf"
  mkdir -p "$dir/bin" "$dir/path" "$dir/home" "$dir/run/sshd" "$dir/run/libvirt" "$dir/run/session"
  chmod 700 "$dir/run/session"
  ssh-keygen -q -t ed25519 -N '' -C host -f "$dir/host_key"
  ssh-keygen -q -t ed25519 -N '' -C client -f "$dir/client_key"
  cp "$dir/client_key.pub" "$dir/authorized_keys"
  sshd_offers sh
  for _ in 1 2 3; do
    free_port > "$dir/port"
    sshd_config "$dir" > "$dir/sshd_config"
    ssh_config "$dir" > "$dir/ssh_config"
    echo "far,[::1]:$(peer_port sshd) $(cut -d' ' -f1,2 "$dir/host_key.pub")" > "$dir/known_hosts"
    if peer_start sshd "$(peer_port sshd)" -- sshd_alone "$dir/run" -D -e -f "$dir/sshd_config"; then
      ssh_wrapper "$dir" > "$dir/bin/ssh"
      chmod +x "$dir/bin/ssh"
      export PATH=$dir/bin:$PATH
      return
    fi
  done
  return 1
}

# sshd_restart [LINE…]: the same again, with these lines in its configuration before the usual.
sshd_restart() {
  local dir=$PEERS/sshd
  peer_stop sshd
  # of this key the last line counts
  {
    sshd_config "$dir" | grep '^MaxStartups'
    printf '%s\n' "$@"
    sshd_config "$dir" | grep -v '^MaxStartups'
  } > "$dir/sshd_config"
  peer_start sshd "$(peer_port sshd)" -- sshd_alone "$dir/run" -D -e -f "$dir/sshd_config"
}

# sshd_password USER PASSWORD: from the next start on, somebody can log in so; with root's rights, and nowhere else.
sshd_password() {
  local dir=$PEERS/sshd
  { cat /etc/passwd; echo "$1:x:0:0:$1:$dir/home:/bin/sh"; } > "$dir/passwd"
  { cat /etc/shadow; echo "$1:$(openssl passwd -6 "$2"):19000:0:99999:7:::"; } > "$dir/shadow"
  chmod 600 "$dir/shadow"
}

# sshd_user USER UID: from the next start on, somebody without rights can log in so, by the client's key.
sshd_user() {
  local dir=$PEERS/sshd
  { cat /etc/passwd; echo "$1:x:$2:$2:$1:$dir/home:/bin/sh"; } > "$dir/passwd"
  { cat /etc/shadow; echo "$1:*:19000:0:99999:7:::"; } > "$dir/shadow"
  chmod 600 "$dir/shadow"
  chmod 711 "$PEERS"
}

# sshd_alone RUN ARGUMENT…: becomes an sshd whose logins see the directory RUN as /run. Only root can have that;
# others log in as themselves, and what they find is the session's.
sshd_alone() {
  local run=$1
  shift
  if [ "$(id -u)" != 0 ]; then
    exec /usr/sbin/sshd "$@"
  elif own_mounts; then
    # shellcheck disable=SC2016
    exec unshare -m sh -c '
      for f in passwd shadow; do
        if [ -e "$0/../$f" ]; then mount --bind "$0/../$f" "/etc/$f" || exit 1; fi
      done
      mount --bind "$0" /run && exec /usr/sbin/sshd "$@"' "$run" "$@"
  fi
  mkdir -p /run/sshd
  exec /usr/sbin/sshd "$@"
}

# sshd_serves [NAME]: whoever looks for a daemon on the far side, where such daemons are by default, finds server
# NAME. Without NAME there is none. A test is skipped where the far side cannot have a place of its own.
sshd_serves() {
  local dir=$PEERS/sshd/run sock
  if [ "$(id -u)" != 0 ]; then
    dir=$PEERS/sshd/run/session
  elif ! own_mounts; then
    [ -z "${BATS_VERSION:-}" ] || skip "needs a mount namespace: the far side has no place of its own"
    return 1
  fi
  rm -rf "$dir/libvirt"
  mkdir "$dir/libvirt"
  for sock in libvirt-sock libvirt-sock-ro; do
    [ -z "${1:-}" ] || ln -s "$PEERS/$1/$sock" "$dir/libvirt/$sock"
  done
}

sshd_config() {
  cat << END
ListenAddress 127.0.0.1:$(peer_port sshd)
ListenAddress [::1]:$(peer_port sshd)
HostKey $1/host_key
AuthorizedKeysFile $1/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
StrictModes no
UsePAM no
PidFile none
MaxStartups 500
MaxSessions 500
LogLevel VERBOSE
SetEnv PATH=$1/path HOME=$1/home XDG_RUNTIME_DIR=$1/run/session LC_ALL=C.UTF-8 RVIRT_TEST_MARK=$PEERS
END
}

ssh_config() {
  cat << END
Host far
  HostName 127.0.0.1
  HostKeyAlias far
  Port $(peer_port sshd)
Host *
  IdentityFile $1/client_key
  IdentitiesOnly yes
  UserKnownHostsFile $1/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
  ConnectTimeout 10
END
}

# Each call leaves its arguments as a line of ssh.calls.
ssh_wrapper() {
  cat << END
#!/bin/sh
echo "\$@" >> $1/ssh.calls
exec $(PATH=${PATH//$1\/bin:/} command -v ssh) -F $1/ssh_config "\$@"
END
}

# sshd_offers PROGRAM…: the far side's PATH holds these (a path, NAME=PATH, or a name found in PATH) beside
# what a login needs.
sshd_offers() {
  local program dir=$PEERS/sshd/path
  rm -f "$dir"/*
  for program in sh which grep id "$@"; do
    case $program in
      *=*) ln -sf "${program#*=}" "$dir/${program%%=*}" ;;
      *) ln -sf "$(command -v "$program")" "$dir/${program##*/}" ;;
    esac
  done
}

# sshd_logins: how often somebody has logged in since the start.
sshd_logins() {
  grep -c 'Accepted publickey' "$PEERS/sshd/log" || true
}

# dropbear_start: a second server, of another make. After sshd_start, which gives it what its logins find; host "drop"
# leads to it. Its logins take the keys of the home that the user has in a mount namespace of its own.
dropbear_start() {
  local dir=$PEERS/dropbear far=$PEERS/sshd
  mkdir -p "$dir/home/.ssh"
  chmod 700 "$dir/home" "$dir/home/.ssh"
  cp "$far/authorized_keys" "$dir/home/.ssh/"
  dropbearkey -t ed25519 -f "$dir/host_key" > "$dir/host_key.txt" 2>&1
  echo "drop $(grep -o '^ssh-ed25519 [^ ]*' "$dir/host_key.txt")" >> "$far/known_hosts"
  echo "root:x:0:0:root:$dir/home:/bin/sh" > "$dir/passwd"
  # shellcheck disable=SC2016
  printf '#!/bin/sh\nexport PATH=%q HOME=%q XDG_RUNTIME_DIR=%q RVIRT_TEST_MARK=%q\nexec sh -c "$SSH_ORIGINAL_COMMAND"\n' \
    "$far/path" "$far/home" "$far/run/session" "$PEERS" > "$dir/login"
  chmod +x "$dir/login"
  for _ in 1 2 3; do
    free_port > "$dir/port"
    if peer_start dropbear "$(peer_port dropbear)" -- dropbear_alone "$far/run" "$dir"; then
      printf 'Host drop\n  HostName 127.0.0.1\n  HostKeyAlias drop\n  Port %s\n%s\n' "$(peer_port dropbear)" \
        "$(cat "$far/ssh_config")" > "$far/ssh_config.new"
      mv "$far/ssh_config.new" "$far/ssh_config"
      return
    fi
  done
  return 1
}

# dropbear_alone RUN DIR: becomes a dropbear whose logins see RUN as /run, and are root's of DIR/passwd.
dropbear_alone() {
  # shellcheck disable=SC2016
  exec unshare -m sh -c 'mount --bind "$0" /run && mount --bind "$1/passwd" /etc/passwd &&
    exec dropbear -F -E -s -P "" -r "$1/host_key" -c "$1/login" -p "127.0.0.1:$2"' "$1" "$2" "$(cat "$2/port")"
}

# holds_the_place: a connection to sshd that does not log in, and was not dropped.
holds_the_place() {
  local banner
  exec 9<> "/dev/tcp/127.0.0.1/$(peer_port sshd)"
  read -rt 5 banner <&9 && [[ $banner == SSH-* ]]
}
