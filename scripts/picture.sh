#!/usr/bin/env bash
# Takes a picture of a page with Chromium, in its light or dark colours.
#   scripts/picture.sh PAGE.html PICTURE.png [light|dark] [WIDTHxHEIGHT]
set -euo pipefail
page=$(realpath "$1") picture=$(realpath -m "$2") colours=${3:-light} size=${4:-1000x1500}
chromium=$("$(dirname "$0")/chromium.sh")
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
# In Chromium 0 is dark and 1 is light.
scheme=1
[ "$colours" != dark ] || scheme=0
HOME=$profile "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$profile" \
	--blink-settings=preferredColorScheme=$scheme --window-size="${size/x/,}" --screenshot="$picture" "file://$page" 2>"$profile/log" ||
	{ cat "$profile/log" >&2; exit 1; }
test -s "$picture" || { cat "$profile/log" >&2; exit 1; }
