#!/usr/bin/env bash
# Renders a D2 file to SVG, and stamps the SVG with the hash of the D2: a test
# without d2 finds an SVG that is older than its source.
#   scripts/draw.sh D2-PROGRAM FILE.d2 FILE.svg
# The text is measured in DejaVu, which is embedded: it is wider than most
# fonts, so no text overflows in a viewer that replaces it.
set -euo pipefail
d2=$1 source=$2 target=$3

fonts=$(go mod download -json github.com/go-fonts/dejavu@v0.3.2 | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
"$d2" --layout dagre --pad 24 \
	--font-regular "$fonts/dejavusans/DejaVuSans.ttf" \
	--font-italic "$fonts/dejavusansoblique/DejaVuSans-Oblique.ttf" \
	--font-bold "$fonts/dejavusansbold/DejaVuSans-Bold.ttf" \
	--font-semibold "$fonts/dejavusansbold/DejaVuSans-Bold.ttf" \
	"$source" "$target"
printf '<!-- %s sha256:%s -->\n' "$(basename "$source")" "$(sha256sum "$source" | cut -d' ' -f1)" >>"$target"
