# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rvirtd with many connections.

load ../lib/rvirtd

setup_file() {
  ulimit -n "$(ulimit -Hn)"
  peers_begin
  rvirtd_start
}

descriptors() {
  ls "/proc/$(peer_pid rvirtd)/fd" | wc -l
}

has_descriptors() {
  [ "$(descriptors)" -le "$1" ]
}

@test "1,000 connections are open together, and each is served" {
  run -0 limit rvsh -c "$(rvirtd_uri)" hostname
  before=$(descriptors)
  run -0 limit python3 "$RVIRT_SRCDIR/tests/e2e/many.py" "$PEERS/rvirtd/libvirt-sock" 1000
  [ "$output" = 1000 ]
  run -0 limit rvsh -c "$(rvirtd_uri)" hostname
  wait_until 10 has_descriptors "$before"
}

@test "64 shells at once change and list" {
  local pids=() failed=0
  for i in {1..64}; do
    limit rvsh -c "$(rvirtd_uri)" "suspend test; list --all; resume test" > "$BATS_TEST_TMPDIR/$i" 2>&1 3>&- &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    # A machine that another shell has suspended already is an error that is in order; a crash is not.
    wait "$pid" || [ $? = 1 ] || failed=1
  done
  [ $failed = 0 ]
  [ "$(grep -l '1    test' "$BATS_TEST_TMPDIR"/* | wc -l)" = 64 ]
}

# documents_with WORKERS: what documents.py prints of a daemon with so many workers at the most.
documents_with() {
  rvirtd_start "workers$1" "max_workers = $1" 'max_client_requests = 5' || return
  limit python3 "$RVIRT_SRCDIR/tests/e2e/documents.py" "$PEERS/workers$1/libvirt-sock" 4 "$(peer_pid "workers$1")" || return
  peer_stop "workers$1"
}

@test "long documents are read by workers, as many as are allowed, and others are served meanwhile" {
  run -0 documents_with 1
  [ "${lines[0]}" = 1 ]
  [ "${lines[1]}" = served ]
  run -0 documents_with 3
  [ "${lines[0]}" = 3 ]
  [ "${lines[1]}" = served ]
}
