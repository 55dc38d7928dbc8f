# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A user's own daemon: it is there when it is wanted, here and behind ssh, and ends when nobody needs it.

load ../lib/qemu
load ../lib/sshd

setup_file() {
  need qemu-system-x86_64 qemu-system-x86
  need_root "logs in as another user"
  setpriv --reuid 65433 --clear-groups test -x "$(command -v rvirtd)" || skip "what was built is not open to others"
  peers_begin
  chmod 711 "$PEERS"
  mkdir -p "$PEERS/own/run"
  chown -R 65433 "$PEERS/own"
  chmod 700 "$PEERS/own/run"
}

# mine COMMAND…: as a user without rights, at home.
mine() {
  limit setpriv --reuid 65433 --regid 65433 --clear-groups env -u XDG_CONFIG_HOME -u XDG_CACHE_HOME HOME="$PEERS/own" \
    XDG_RUNTIME_DIR="$PEERS/own/run" "$@"
}

# daemons: the process ids of those of the user.
daemons() {
  pgrep -u 65433 -x rvirtd || true
}

alone() {
  [ "$(daemons | wc -l)" = 1 ]
}

none() {
  [ -z "$(daemons)" ]
}

end_daemon() {
  local pid
  for pid in $(daemons); do
    kill "$pid"
  done
  wait_until 10 none
}

teardown() {
  end_daemon
}

@test "it starts with the first client, and is the same for the next" {
  none
  mine rvsh -c qemu:///session list
  alone
  first=$(daemons)
  guest_xml one kernel=no > "$PEERS/own/one.xml"
  mine rvsh -c qemu:///session "define $PEERS/own/one.xml; start one --paused"
  [ "$(mine rvsh -c qemu:///session domstate one)" = paused ]
  [ "$(daemons)" = "$first" ]
  [ "$(ps -o user:32= -p "$(pgrep -u 65433 -f 'guest=one')")" = 65433 ]
  # another one finds the guest
  kill -9 "$first"
  wait_until 10 none
  [ "$(mine rvsh -c qemu:///session domstate one)" = paused ]
  mine rvsh -c qemu:///session 'destroy one; undefine one'
}

@test "of many clients at once one starts it" {
  local pids=() pid
  for _ in 1 2 3 4 5 6; do
    mine rvsh -c qemu:///session list > /dev/null 3>&- &
    pids+=("$!")
  done
  for pid in "${pids[@]}"; do
    wait "$pid"
  done
  # those that came too late are gone, or about to
  wait_until 10 alone
}

@test "it is not started for those who do not want that, and without /session" {
  LIBVIRT_AUTOSTART=0 run mine rvsh -c qemu:///session list
  [ "$status" = 1 ]
  [[ "$output" == *"no daemon listens there"* ]]
  run mine rvsh -c test+unix:///default list
  [ "$status" = 1 ]
  none
}

@test "one that can't be started says why" {
  mkdir -p "$PEERS/own/.config/rvirt"
  echo 'auth_unix_rw = "polkit"' > "$PEERS/own/.config/rvirt/rvirtd.conf"
  run mine rvsh -c qemu:///session list
  rm -r "$PEERS/own/.config"
  [ "$status" = 1 ]
  [[ "$output" == *"none could be started"*"polkit"* ]]
}

@test "behind ssh, by rvsh and by virsh" {
  sshd_start
  sshd_user guest 65433
  sshd_restart
  chown -R 65433 "$PEERS/sshd/home" "$PEERS/sshd/run/session"
  sshd_offers "rvirt-gateway" "virt-ssh-helper=$(command -v rvirt-gateway)" rvirtd
  guest_xml two kernel=no > "$PEERS/own/two.xml"
  limit rvsh -c qemu+ssh://guest@far/session "define $PEERS/own/two.xml; start two --paused"
  alone
  [ "$(limit rvsh -c qemu+ssh://guest@far/session domstate two)" = paused ]
  if command -v virsh > /dev/null; then
    [ "$(limit virsh -c qemu+ssh://guest@far/session domstate two)" = paused ]
  fi
  limit rvsh -c qemu+ssh://guest@far/session "destroy two; undefine two"
  end_daemon
  # where no daemon is installed that is said
  sshd_offers rvirt-gateway
  [ -x /usr/sbin/libvirtd ] || [ -x /usr/sbin/rvirtd ] || {
    run limit rvsh -c qemu+ssh://guest@far/session list
    [[ "$output" == *"no daemon is running here"* ]]
  }
}

@test "a daemon that nobody uses ends, but not while a machine runs" {
  guest_xml three kernel=no > "$PEERS/own/three.xml"
  mine rvirtd -d -t 1
  mine rvsh -c qemu:///session "create $PEERS/own/three.xml --paused"
  # the time that it needs to end when it may
  mine rvsh -c qemu:///session list --name > /dev/null
  pid=$(daemons)
  timeout 3 tail --pid "$pid" -f /dev/null || [ $? = 124 ]
  [ "$(daemons)" = "$pid" ]
  mine rvsh -c qemu:///session destroy three
  wait_until 20 none
}
