#!/bin/sh
# Becomes the jsii runtime: requests on 3, answers on 4, everything printed to
# standard error. Its temporary files go into the run's own folder.
TMPDIR="$PGDR_JSII_RUN/tmp"
export TMPDIR
exec "$PGDR_JSII_NODE" --preserve-symlinks --no-deprecation --max-semi-space-size=64 \
  --require "$PGDR_JSII_RUN/node/preload.js" "$PGDR_JSII_RUN/runtime/lib/program.js" \
  3<&0 4>&1 </dev/null >&2
