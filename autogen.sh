#!/bin/sh
# Makes the configure script from configure.ac; needed once in a fresh clone.
set -eu
cd "$(dirname "$0")"
exec autoreconf --install --force --warnings=all,no-portability
