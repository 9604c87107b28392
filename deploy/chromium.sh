#!/bin/sh
# The browser of the tests: root on Debian or Ubuntu gets it installed, anybody else is told how.
set -eu
install="apt-get install --yes --no-install-recommends"
small="chromium-headless-shell" # Chromium without windows: half the work of Chromium that hides its own
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "The tests of the pages need a browser; installing Debian's $small."
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && { $install $small >/dev/null 2>&1 || $install chromium >/dev/null; }; } ||
    { echo "neither $small nor chromium could be installed; see the lines above, or install one by hand"; exit 1; }
else
  echo "The tests of the pages need a browser: install one, for example with 'sudo $install $small' (or chromium), and try again."
  exit 1
fi
