# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The administrator's guide, word by word: on a host whose network and whose files are its own for as long as the test
# lasts, with a real sshd and libvirtd. What is played is systemd.

load ../lib/libvirtd
load ../lib/guide

setup_file() {
  need_libvirt
  need sshd openssh-server
  need systemd-socket-activate systemd
  need_root "a host of its own"
  need_cgroups journald
  peers_begin
}

# on_host SCRIPT: what is installed and changed there is gone afterwards.
on_host() {
  sbin=$(dirname "$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$RVIRT_BUILDDIR/src/daemon/systemd/rvirtd.service")")
  prefix=${sbin%/sbin}
  [[ $prefix == /usr* ]] || skip "it would be installed outside /usr"
  run_dir=$(sed -n 's,^ListenStream=\(.*\)/libvirt/.*,\1,p' "$RVIRT_BUILDDIR/src/daemon/systemd/rvirtd.socket")
  etc=$(sed -n 's,^EnvironmentFile=-\(.*\)/default/.*,\1,p' "$RVIRT_BUILDDIR/src/daemon/systemd/rvirtd.service")
  export sbin prefix run_dir etc OUTER_PATH=${PATH//$BATS_LIBEXEC:/}
  LIMIT=300 apart '-n -m' '
    . "$LIB/guide.bash"
    over=$PEERS/over
    mkdir -p "$over"
    mount -t tmpfs tmpfs "$over"
    for top in etc usr; do
      mkdir "$over/$top" "$over/$top.work"
      mount -t overlay overlay -o "lowerdir=/$top,upperdir=$over/$top,workdir=$over/$top.work" "/$top"
    done
    for top in /run /home /var/log /var/lib/libvirt /var/cache/libvirt; do
      mount -t tmpfs tmpfs "$top"
    done
    mkdir -p /run/sshd /run/log/journal /run/libvirt "$run_dir/libvirt"
    # as --runstatedir=/run has it
    [ "$run_dir" = /run ] || mount --bind /run/libvirt "$run_dir/libvirt"
    rm -rf /etc/pki "$etc/rvirt"
    ip link set lo up
    ip address add 192.0.2.1/32 dev lo
    echo "192.0.2.1 server.example.com" >> /etc/hosts
    peer_start journald -- /lib/systemd/systemd-journald
    '"$1"
}

# make and configure as the guide calls them: the tree that is tested is built already.
play_programs() {
  mkdir -p "$PEERS/bin" "$PEERS/root" "$PEERS/state"
  ln -sf "$RVIRT_SRCDIR/tests/lib/guide-systemctl" "$PEERS/bin/systemctl"
  cat > "$PEERS/bin/make" << 'END'
#!/bin/sh -e
PATH=$OUTER_PATH
[ "$*" != install ] || exec env -u MAKEFLAGS -u MAKELEVEL make -s -C "$RVIRT_BUILDDIR" install
END
  cat > "$PEERS/root/configure" << 'END'
#!/bin/sh -e
for option; do
  "$RVIRT_SRCDIR/configure" --help | grep -q -- "  ${option%%=*}="
done
END
  # shellcheck disable=SC2016
  printf '#!/bin/sh\ncat "$SYSTEMCTL_STATE/log"\n' > "$PEERS/bin/journalctl"
  chmod +x "$PEERS/bin/make" "$PEERS/bin/journalctl" "$PEERS/root/configure"
}

# far_begin: an sshd on port 22, root and watcher with their keys, and a client that knows them. As in the guide,
# watcher may only look.
far_begin() {
  local dir=$PEERS/far
  mkdir -p "$dir/keys" "$dir/bin"
  chmod 755 "$PEERS" "$dir" "$dir/keys"
  for key in host root watcher; do
    ssh-keygen -q -t ed25519 -N '' -C "$key" -f "$dir/$key"
  done
  useradd -M -d / -s /bin/sh -p '*' watcher
  cp "$dir/root.pub" "$dir/keys/root"
  sed -n 's/^\(restrict,command=.*\) ssh-ed25519.*/\1/p' "$RVIRT_SRCDIR/docs/admin.md" | tr '\n' ' ' |
    cat - "$dir/watcher.pub" > "$dir/keys/watcher"
  grep -q '^restrict,command=' "$dir/keys/watcher"
  cat > "$dir/sshd_config" << END
HostKey $dir/host
AuthorizedKeysFile $dir/keys/%u
PermitRootLogin yes
StrictModes no
UsePAM no
PidFile none
SetEnv PATH=$prefix/bin:/usr/bin:/bin
END
  echo "server.example.com $(cut -d' ' -f1,2 "$dir/host.pub")" > "$dir/known_hosts"
  printf '#!/bin/sh\nexec /usr/bin/ssh -F %s "$@"\n' "$dir/ssh_config" > "$dir/bin/ssh"
  chmod +x "$dir/bin/ssh"
  printf '%s\n' "Match user root" "IdentityFile $dir/root" "Match user watcher" "IdentityFile $dir/watcher" \
    "Match all" "UserKnownHostsFile $dir/known_hosts" "BatchMode yes" > "$dir/ssh_config"
  peer_start sshd 22 -- /usr/sbin/sshd -D -e -f "$dir/sshd_config"
}

# guide_command WHO COMMAND: root and alice on the host, and somebody at a desk.
guide_command() {
  local command=$2 path=$PEERS/bin:$sbin:$prefix/bin:/usr/sbin:/usr/bin:/sbin:/bin user=()
  command=${command//\/etc\/rvirt/$etc/rvirt}
  command=${command//\/usr\/local/$prefix}
  case $1 in
    desk) path=$PEERS/far/bin:$path ;;
    alice) user=(setpriv --reuid=alice --regid=alice --init-groups env -u XDG_RUNTIME_DIR -u XDG_CONFIG_HOME HOME=/home/alice) ;;
  esac
  # what a reload has written comes a moment later
  [[ $command != cat* ]] || command="until $command; do :; done"
  (cd "$PEERS/root" && SYSTEMCTL_STATE=$PEERS/state UNIT_DIR=$prefix/lib/systemd/system PATH=$path LIMIT=60 \
    limit "${user[@]}" bash -c "$command" 3>&- 4>&-)
}

@test "the guide, word by word" {
  export -f play_programs far_begin guide_command
  on_host '
    play_programs
    far_begin
    useradd -m alice
    trap "rm \"$PEERS/state/sockets\"; guide_command root \"systemctl stop rvirtd.service libvirtd.service\"; peer_stop sshd; peer_stop journald" EXIT
    guide_follow admin.md guide_command'
}

@test "a user's own certificates are found at home, and the host's in /etc/pki, by both clients and both daemons" {
  export -f play_programs guide_command
  on_host '
    play_programs
    useradd -m alice
    guide_command root "make install && ldconfig" > /dev/null
    guide_command root "rvirt-pki --key rsa ca && rvirt-pki server localhost && rvirt-pki --out desk client alice"
    chmod 755 "$PEERS"
    printf "%s\n" "listen_tls = 1" "auth_unix_rw = \"none\"" > "$PEERS/conf"
    trap "peer_stop rvirtd; peer_stop libvirtd; peer_stop journald" EXIT
    for daemon in rvirtd libvirtd; do
      [ "$daemon" = rvirtd ] && program=$sbin/rvirtd || program=/usr/sbin/libvirtd
      rm -rf /home/alice/.pki
      peer_start "$daemon" 16514 -- "$program" -l -f "$PEERS/conf"
      ! said=$(guide_command alice "rvsh -c test://localhost/default list" 2>&1) || exit 1
      [[ $said == *"it was shown no certificate"* ]]
      mkdir -p /home/alice/.pki/libvirt
      cp "$PEERS"/root/desk/*.pem /home/alice/.pki/libvirt/
      chown -R alice: /home/alice/.pki
      for shell in rvsh virsh; do
        guide_command alice "$shell -c test://localhost/default list --name" | grep -qx test
      done
      peer_stop "$daemon"
    done'
}
