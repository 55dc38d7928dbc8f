# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What docs/json.md promises of --json is so; and the manual page has what the commands' rows have.

load ../lib/common

setup_file() {
  need jq jq
  peers_begin
}

setup() {
  # what commands write, and editors that change nothing
  cd "$BATS_TEST_TMPDIR" || return
  export EDITOR=true VISUAL=true RVIRT_DEFAULT_URI=test:///default
}

schema() {
  LIMIT=120 run limit python3 "$RVIRT_SRCDIR/tests/e2e/json-schema.py" "$1"
  echo "$output"
  [ "$status" = 0 ]
}

@test "every command has its row" { schema commands; }
@test "keys are those of the document, for a hundred commands" {
  schema keys
  [[ $output =~ ([0-9]+)" commands seen" ]]
  [ "${BASH_REMATCH[1]}" -gt 100 ]
}
@test "the examples work" { schema examples; }
@test "the manual page has every command with every option" { schema manual; }
