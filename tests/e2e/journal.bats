# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The log in systemd's journal: a real journald, in a place of its own, and what journalctl finds there.

load ../lib/common

setup_file() {
  [ -x /lib/systemd/systemd-journald ] || need systemd-journald systemd
  need journalctl systemd
  need_cgroups journald
  peers_begin
}

# with_journal SCRIPT: journald serves the sockets that it has on every host.
with_journal() {
  apart -m '
    mount -t tmpfs tmpfs /run
    mkdir -p /run/log/journal "$PEERS/empty"
    mount --bind "$PEERS/empty" /var/log
    start_journald() {
      peer_start journald -- /lib/systemd/systemd-journald
      wait_until 10 test -S /run/systemd/journal/io.systemd.journal
    }
    trap "peer_stop rvirtd; peer_stop journald" EXIT
    # found FIELD [MATCH…]: the values of a field of the matching entries, a line each.
    found() {
      limit journalctl --sync
      limit journalctl -D /run/log/journal -o json --all --no-pager "${@:2}" | python3 -c "
import json, sys
for line in sys.stdin:
    print(json.loads(line).get(sys.argv[1]))" "$1"
    }
    # found_there PATTERN FIELD [MATCH…]
    found_there() {
      found "${@:2}" | grep -qE -- "$1"
    }
    '"$1"
}

@test "the daemon's lines have their level, their program and their place" {
  with_journal '
    start_journald
    rvirtd_start rvirtd "log_outputs = \"2:journald\""
    pid=$(peer_pid rvirtd)
    found_there "^listens on unix socket $PEERS/rvirtd/libvirt-sock$" MESSAGE SYSLOG_IDENTIFIER=rvirtd PRIORITY=6 _PID="$pid"
    found CODE_FILE _PID="$pid" SYSLOG_IDENTIFIER=rvirtd PRIORITY=6 | sort -u > "$PEERS/places"
    grep -qE "^[^[]*src/daemon/main.c$" "$PEERS/places"
    echo "nonsense = 1" >> "$PEERS/rvirtd/rvirtd.conf"
    kill -HUP "$pid"
    wait_until 10 found_there "^configuration not reloaded: .*unknown key .nonsense" MESSAGE PRIORITY=3 _PID="$pid"
    [ ! -s "$PEERS/rvirtd/log" ]'
}

@test "lines below the level of the output stay out, and other outputs have their own" {
  with_journal '
    start_journald
    rvirtd_start rvirtd "log_outputs = \"3:syslog:someone 2:stderr\""
    grep -q "listens on" "$PEERS/rvirtd/log"
    python3 "$RVIRT_SRCDIR/tests/e2e/daemon-client.py" "$PEERS/rvirtd/libvirt-sock" say "GET / HTTP/1.0" ended
    wait_until 10 found_there "the peer speaks HTTP" MESSAGE SYSLOG_IDENTIFIER=someone _PID="$(peer_pid rvirtd)"
    ! found_there "listens on" MESSAGE _PID="$(peer_pid rvirtd)" || exit 1'
}

@test "a daemon in the background uses the journal by itself" {
  with_journal '
    start_journald
    mkdir -p "$PEERS/rvirtd"
    printf "%s\n" "unix_sock_dir = \"$PEERS/rvirtd\"" "log_level = 2" > "$PEERS/conf"
    limit rvirtd -d -f "$PEERS/conf" -p "$PEERS/rvirtd/pid" 3>&-
    pid=$(cat "$PEERS/rvirtd/pid")
    wait_until 10 found_there "^listens on unix socket" MESSAGE SYSLOG_IDENTIFIER=rvirtd _PID="$pid"'
}

@test "no message forges lines or fields, and large ones arrive whole" {
  with_journal '
    start_journald
    limit "$RVIRT_BUILDDIR/tests/e2e/journal-lines" "one
PRIORITY=0" "$(printf "bell\a tab\t end")" @200000 @3000000
    [ "$(found MESSAGE SYSLOG_IDENTIFIER=journal-lines | head -n 2)" = "$(printf "one PRIORITY=0\nbell  tab  end")" ]
    [ "$(found PRIORITY SYSLOG_IDENTIFIER=journal-lines | sort -u)" = 6 ]
    [ "$(found MESSAGE SYSLOG_IDENTIFIER=journal-lines | tail -n 2 | tr -d "\n" | tr -s x)" = x ]
    [ "$(found MESSAGE SYSLOG_IDENTIFIER=journal-lines | tail -n 2 | awk "{ print length }" | paste -sd" ")" = "200000 3000000" ]'
}

@test "a journal that is asked for and not there is told at start" {
  with_journal '
    ! rvirtd_start rvirtd "log_outputs = \"3:journald\"" 2> "$PEERS/said" || exit 1
    grep -q "no systemd journal on this host" "$PEERS/said"'
}
