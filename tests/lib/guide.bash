# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Follows a guide of docs/ word by word: each line of its ```console blocks is a command, "# " before root's on the
# host that the guide is about, "NAME# " or "NAME$ " before those of other hosts or users.

# guide_follow FILE FUNCTION: calls FUNCTION NAME COMMAND for each of them ("root" for "# "), until one fails.
guide_follow() {
  local prompt command lines
  lines=$(sed -n '/^```console$/,/^```$/{/^```/d;p}' "$RVIRT_SRCDIR/docs/$1")
  [ -n "$lines" ]
  if grep -vE '^[a-z]*[#$] .' <<< "$lines"; then
    echo "no command of $1"
    return 1
  fi
  while read -r prompt command <&4; do
    [ "$prompt" != '#' ] || prompt='root#'
    echo "${prompt%[#$]}: $command"
    "$2" "${prompt%[#$]}" "$command" || return 1
  done 4<<< "$lines"
}
