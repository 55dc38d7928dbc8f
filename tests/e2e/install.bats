# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What `make install` leaves, and that `make uninstall` takes all of it away.

load ../lib/common

# make_outside ARGUMENT…: make as a user calls it, not as a part of the make and the Bats that run this.
make_outside() {
  env -u MAKEFLAGS -u MAKELEVEL PATH="${PATH//$BATS_LIBEXEC:/}" make -s -C "$RVIRT_BUILDDIR" "$@"
}

setup_file() {
  export DEST=$BATS_FILE_TMPDIR/dest
  make_outside install DESTDIR="$DEST" > "$BATS_FILE_TMPDIR/log" 2>&1 3>&- || {
    cat "$BATS_FILE_TMPDIR/log"
    return 1
  }
}

installed() {
  [ -n "$(find "$DEST" -path "*/$1")" ]
}

@test "programs, each with a manual page" {
  for program in bin/rvsh bin/rvirt-gateway bin/rvirt-dial bin/rvirt-pki sbin/rvirtd; do
    installed "$program"
    installed "man/man[18]/${program#*/}.[18]"
  done
}

@test "the library, its headers and rvirt.pc" {
  installed "lib/librvirt.so.0"
  installed "include/rvirt/rvirt.h"
  installed "pkgconfig/rvirt.pc"
}

@test "the library exports rvirt_ names and nothing else" {
  run -0 nm -D --defined-only "$(find "$DEST" -name librvirt.so.0)"
  [ -n "$output" ]
  [ -z "$(awk '$2 != "A" && $3 !~ /^rvirt_/' <<< "$output")" ]
}

@test "programs are hardened" {
  # shellcheck disable=SC2044 # names without blanks
  for program in $(find "$DEST" -path '*/bin/rvsh' -o -path '*/sbin/rvirtd' -o -path '*/bin/rvirt-gateway'); do
    readelf -h "$program" | grep -q 'DYN'
    readelf -d "$program" | grep -q 'BIND_NOW\|NOW'
    readelf -l "$program" | grep -q GNU_RELRO
  done
}

@test "a program is compiled and linked with pkg-config" {
  cat > "$BATS_TEST_TMPDIR/p.c" << 'END'
#include <rvirt/rvirt.h>
#include <stdio.h>
int main(void)
{
	struct rvirt_conn *conn = rvirt_open("test:///default", NULL);
	struct rvirt_domain *dom = conn ? rvirt_domain_by_name(conn, "test") : NULL;
	puts(dom ? rvirt_domain_name(dom) : rvirt_last_error().message);
	rvirt_domain_free(dom);
	rvirt_close(conn);
	return !dom;
}
END
  pc=$(dirname "$(find "$DEST" -name rvirt.pc)")
  export PKG_CONFIG_PATH=$pc PKG_CONFIG_SYSROOT_DIR=$DEST
  # A sanitized library wants its runtime to come first.
  sanitize=
  ! nm -D "$(find "$DEST" -name librvirt.so.0)" | grep -q __asan_init || sanitize=-fsanitize=address
  # shellcheck disable=SC2046,SC2086
  ${CC:-cc} $sanitize -o "$BATS_TEST_TMPDIR/p" "$BATS_TEST_TMPDIR/p.c" $(pkg-config --cflags --libs rvirt)
  LD_LIBRARY_PATH=$(dirname "$pc") run -0 limit "$BATS_TEST_TMPDIR/p"
  [ "$output" = test ]
}

@test "each header stands alone" {
  # shellcheck disable=SC2044 # names without blanks
  for header in $(find "$DEST" -path '*/include/rvirt/*.h'); do
    ${CC:-cc} -Wall -Wextra -Werror -std=c99 -I "$(dirname "$header")/.." -fsyntax-only -x c "$header"
  done
}

@test "units of systemd that start what was installed" {
  for file in systemd/system/rvirtd.service systemd/system/rvirtd{,-ro,-tcp,-tls}.socket \
    sysusers.d/rvirt.conf tmpfiles.d/rvirt.conf etc/default/rvirtd; do
    installed "$file"
  done
  started=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$(find "$DEST" -name rvirtd.service)")
  [ -x "$DEST$started" ]
}

@test "a default file that somebody has changed stays" {
  file=$(find "$DEST" -path '*/etc/default/rvirtd')
  cp "$file" "$BATS_TEST_TMPDIR/before"
  echo 'RVIRTD_ARGS=' > "$file"
  make_outside install-systemd DESTDIR="$DEST"
  [ "$(cat "$file")" = 'RVIRTD_ARGS=' ]
  cp "$BATS_TEST_TMPDIR/before" "$file"
}

@test "uninstall leaves no file" {
  make_outside uninstall DESTDIR="$DEST"
  run -0 find "$DEST" ! -type d
  [ -z "$output" ]
}
