# SPDX-License-Identifier: LGPL-2.1-or-later
# A change of a number or a shape shows up here; to accept a wanted one:
#   scripts/gen-protocol snapshot src/protocol > tests/golden/protocol.txt

@test "numbers and shapes of the protocol are as they were" {
	python3 "$RVIRT_SRCDIR/scripts/gen-protocol" snapshot "$RVIRT_SRCDIR/src/protocol" |
		diff "$RVIRT_SRCDIR/tests/golden/protocol.txt" -
}
