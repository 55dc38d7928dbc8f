# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154
#
# A transport, as rvirt-dial opens it, to a daemon that is played (tests/e2e/transport-peer.py).

. "${BASH_SOURCE%/*}/common.bash"

# transport_data: makes ./data, which exchange sends.
transport_data() {
  head -c 3000000 /dev/urandom > data
  sum=$(sha256sum < data)
  export sum=${sum%% *}
}

# with ADDRESS… -- COMMAND…: runs it while a daemon is played.
with() {
  run limit python3 "$RVIRT_SRCDIR/tests/e2e/transport-peer.py" "$@" 3>&-
}

# exchange URI: sends data, and checks that every byte went and came, the answer after the end of the question.
exchange() {
  local line
  LIMIT=60 limit rvirt-dial "$1" < data > answer
  read -r line < answer
  [ "$line" = "3000000 $sum" ] && [ "$(tail -n +2 answer | sha256sum)" = "$ANSWER  -" ]
}

# far_end_first URI: the end of what comes leaves what goes running.
far_end_first() {
  local dial to from pid
  coproc dial { exec rvirt-dial "$1"; }
  to=${dial[1]} from=${dial[0]} pid=$!
  echo end >&"$to"
  read -rt 20 <&"$from" || return 1
  ! read -rt 20 <&"$from" || return 1
  echo more >&"$to"
  kill -0 "$pid" || return 1
  exec {to}>&-
  wait "$pid"
}
export -f exchange far_end_first limit

# fails URI WORDS: what is said on standard error has the words.
fails() {
  run limit rvirt-dial "$1" < /dev/null
  [ "$status" = 1 ]
  if [[ $output != *"$2"* ]]; then
    echo "$output"
    return 1
  fi
}
