#!/usr/bin/env bash
# Prints the path of a Chromium that runs without a screen, or fails with the
# reason: PGDR_CHROMIUM, else what is in PATH or where Playwright puts it.
set -euo pipefail
for name in "${PGDR_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable chrome chrome-headless-shell headless_shell; do
	if [ -n "$name" ] && command -v "$name"; then exit 0; fi
done
find "$HOME"/.cache/{ms-playwright,puppeteer,chromium-headless} -type f \( -name chrome -o -name chrome-headless-shell -o -name headless_shell \) -perm -u+x -print -quit 2>/dev/null | grep . && exit 0
echo 'found no Chromium: install it (apt-get install chromium) or name it in PGDR_CHROMIUM' >&2
exit 1
