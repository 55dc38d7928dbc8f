# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A terminal as a person has it: tmux draws it, types into it and tells what is on it. Its server is of the test alone.

. "${BASH_SOURCE%/*}/common.bash"

# tmux_start COMMAND…: runs a command on a terminal of 100 columns and 30 lines, which stays when the command ends.
tmux_start() {
  tmux_do new-session -d -s it -x 100 -y 30 "$(printf '%q ' "$@")"'; echo "ended $?"; exec cat'
}

tmux_do() {
  TERM=screen limit tmux -f /dev/null -S "$PEERS/tmux" "$@"
}

# tmux_type TEXT: letter by letter. tmux_press KEY…: by names, as Enter, Tab, C-c.
tmux_type() {
  tmux_do send-keys -t it -l -- "$1"
}
tmux_press() {
  tmux_do send-keys -t it "$@"
}

tmux_screen() {
  tmux_do capture-pane -p -t it
}

# tmux_sees PATTERN [LINES]: waits until a line of the screen (of its first LINES) has PATTERN, as grep -E has it.
tmux_sees() {
  wait_until 20 tmux_has "$@" && return
  echo "not seen: $1; there is:" >&2
  tmux_screen >&2
  return 1
}
tmux_has() {
  tmux_screen | head -n "${2:-30}" | grep -qE -- "$1"
}

# tmux_gone PATTERN: waits until no line has it.
tmux_gone() {
  wait_until 20 tmux_lacks "$1"
}
tmux_lacks() {
  ! tmux_has "$1"
}

tmux_end() {
  tmux_do kill-server 2> /dev/null || true
}
