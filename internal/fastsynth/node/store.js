'use strict';
// Files of the cache: a line with the SHA-256 of the rest, then the rest.
// They are replaced in one step, and one that is not whole does not exist.

const { createHash } = require('crypto');
const fs = require('fs');
const { dirname } = require('path');

const DAY_MS = 86_400_000;
const { readFileSync } = fs;

const digest = (parts) => parts.reduce((sum, part) => sum.update(part), createHash('sha256')).digest('hex');

/** Returns the rest as a buffer, or undefined if there is no such file or it is not whole. */
function readWhole(path) {
  let content;
  try {
    content = readFileSync(path);
  } catch {
    return undefined;
  }
  const end = content.indexOf(10);
  const body = content.subarray(end + 1);
  if (end < 0 || digest([body]) !== content.toString('latin1', 0, end)) {
    return undefined;
  }
  touch(path);
  return body;
}

/** Keeps what is in use from being pruned, at the cost of a write a day. */
function touch(path) {
  try {
    if (Date.now() - fs.statSync(path).mtimeMs > DAY_MS) {
      fs.utimesSync(path, new Date(), new Date());
    }
  } catch {
    // Pruning then costs one slower run.
  }
}

/** Writes the file of these buffers in one step, so that a reader sees the old or the new. */
function writeWhole(path, parts) {
  const temporary = `${path}.${process.pid}.tmp`;
  fs.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    fs.writeFileSync(temporary, Buffer.concat([Buffer.from(`${digest(parts)}\n`), ...parts]), { mode: 0o600 });
    fs.renameSync(temporary, path);
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

module.exports = { readWhole, writeWhole };
