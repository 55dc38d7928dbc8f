# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a client must be able to do with a daemon's test driver, whichever client it is and however it gets there.
# shellcheck disable=SC2154  # "run" sets output

# manages SHELL URI: a list, and a change that the next command sees.
manages() {
  run -0 limit "$1" -c "$2" 'list --all; suspend test; domstate test; resume test; dumpxml test'
  [[ $output == *" 1    test   running"*"Domain 'test' suspended"*paused*"Domain 'test' resumed"*"</domain>"* ]]
}

# refuses_writes SHELL OPTION…: it lists, and a change is refused because the connection is read-only.
refuses_writes() {
  run -0 limit "$@" list
  [[ $output == *" 1    test   running"* ]]
  run -1 limit "$@" suspend test
  [[ $output == *"read only"* || $output == *"read-only"* ]]
}
