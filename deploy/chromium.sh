#!/bin/sh
# The browser of the tests: root on Debian or Ubuntu gets it installed, anybody else is told how.
set -eu
install="apt-get install --yes --no-install-recommends chromium"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "The tests of the API page need a browser; installing Debian's chromium."
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive $install >/dev/null; } ||
    { echo "chromium could not be installed; see the lines above, or install it by hand"; exit 1; }
else
  echo "The tests of the API page need a browser: install chromium, for example with 'sudo $install', and try again."
  exit 1
fi
