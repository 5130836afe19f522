'use strict';
// Loaded by Node before the jsii runtime's own program. The order matters:
// the runtime must find its channels in place before anything can print.

const { join } = require('path');

const { connect, say } = require('./channels');
const { installLazyExports } = require('./exports');
const { installTrimmedTypes } = require('./types');

const run = process.env.PGDR_JSII_RUN;
const cache = process.env.PGDR_JSII_CACHE;

connect(join(run, 'pid'));
installLazyExports(say);
installTrimmedTypes(cache, say);
