# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rvsh top: as a person sees it, and as a program reads it. The host is played, so that its numbers are known.

load ../lib/tmux

setup_file() {
  need tmux tmux
  need jq jq
  peers_begin
  mkdir "$PEERS/play"
  # the first look, and every later one: after it a has taken a minute of processor, b all of its network and disk
  {
    stats a 1 1000 500000 0 0 b 2 1000 900000 1000 1000
    stats a 1 60000001000 500000 0 0 b 2 2000 900000 90001000 90001000
  } > "$PEERS/play/script"
  peer_start play "$PEERS/play/socket" -- "$RVIRT_BUILDDIR/tests/lib/play-daemon" "$PEERS/play/socket" "$PEERS/play/script"
}

setup() {
  uri="test+unix:///default?socket=$PEERS/play/socket"
}

teardown() {
  tmux_end
}

# stats NAME ID CPU-NS MEMORY-KIB NET DISK…: the line of the script that answers with these.
stats() {
  python3 - "$@" << 'END'
import json, sys
words = sys.argv[1:]
records = []
while words:
    name, number, cpu, memory, net, disk = words[:6]
    words = words[6:]
    ul = {"cpu.time": cpu, "balloon.current": memory, "net.0.rx.bytes": net, "net.1.tx.bytes": net, "block.10.rd.bytes": disk}
    params = [{"field": "state.state", "value": {"i": 1}}, {"field": "vcpu.current", "value": {"ui": 2}}]
    params += [{"field": field, "value": {"ul": int(value)}} for field, value in ul.items()]
    uuid = "11111111-2222-4333-8444-%012d" % (9 - int(number))
    records.append({"dom": {"name": name, "uuid": uuid, "id": int(number)}, "params": params})
print("answer CONNECT_GET_ALL_DOMAIN_STATS", json.dumps({"ret_stats": records}))
END
}

@test "on a terminal: a table, other orders by s, the end by q" {
  tmux_start rvsh -c "$uri" top --delay 1
  tmux_sees '^2 domains, by CPU .*q: quit'
  tmux_sees '^ 1 +a +running +[0-9]{4}\.[0-9] +488M +2 +0B +0B +0B +-$' 4
  tmux_press s
  tmux_sees '^2 domains, by memory'
  tmux_sees '^ 2 +b +running' 4
  for order in network disk name CPU; do
    tmux_press s
    tmux_sees "^2 domains, by $order"
  done
  tmux_press q
  tmux_sees '^ended 0'
  # what was drawn has gone with the screen that it was on
  ! tmux_has '%CPU'
}

@test "on a terminal: Ctrl-C ends it and leaves the terminal as it was" {
  tmux_start rvsh -c "$uri"
  tmux_sees '^rvsh #'
  tmux_type 'top --delay 30'
  tmux_press Enter
  tmux_sees '^2 domains'
  tmux_press C-c
  tmux_sees '^rvsh # $|^rvsh #$'
  tmux_type 'echo still here'
  tmux_press Enter
  tmux_sees '^still here'
}

@test "on a small terminal: what does not fit is left out" {
  tmux_start rvsh -c "$uri" top --delay 30
  tmux_sees '^2 domains'
  tmux_do resize-window -t it -x 40 -y 3
  tmux_gone '^ 1 +a '
  [ "$(tmux_screen | grep -c .)" = 3 ]
}

@test "without a terminal: --count tables" {
  run -0 limit rvsh -q -c "$uri" top --count 2 --delay 0.1
  [ "$(grep -c '%CPU' <<< "$output")" = 2 ]
  [[ ${lines[2]} =~ ^\ 1\ +a\ +running\ +[0-9]+\.[0-9]\ +488M ]]
  run -0 limit rvsh -q -c "$uri" top --count 1 --delay 0.1 --sort network
  [[ ${lines[2]} =~ ^\ 2\ +b\ .*[0-9]{2,3}M\ +[0-9]{2,3}M\ +[0-9]{2,3}M\ +-$ ]]
}

@test "as JSON: a line for each table" {
  limit rvsh -c "$uri" top --count 2 --delay 0.2 --json > "$BATS_TEST_TMPDIR/lines"
  [ "$(wc -l < "$BATS_TEST_TMPDIR/lines")" = 2 ]
  head -n 1 "$BATS_TEST_TMPDIR/lines" | jq -e '.domains[0] | .name == "a" and .cpu_percent > 1000 and .memory_kib == 500000
    and .vcpus == 2 and .written_bytes == null and .written_bytes_per_s == null and .read_bytes_per_s == 0'
  head -n 1 "$BATS_TEST_TMPDIR/lines" | jq -e '.domains[1] | .rx_bytes == 90001000 and .tx_bytes_per_s > 1000000'
  # nothing has changed since
  tail -n 1 "$BATS_TEST_TMPDIR/lines" | jq -e '.domains[0].cpu_percent == 0'
}

@test "what is no number of seconds or tables is refused" {
  for wrong in "--delay 0" "--delay x" "--delay ''" "--count 0" "--count x" "--sort nosuch" "--sort ''"; do
    run -1 limit rvsh -c "$uri" "top $wrong"
  done
}
