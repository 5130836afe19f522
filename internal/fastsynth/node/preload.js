'use strict';
// Loaded by Node before the jsii runtime's own program. The order matters:
// the runtime must find its channels in place before anything can print.

const { join } = require('path');

const { connect, say } = require('./channels');
const { installCompiledCode } = require('./compiled');
const { installLazyExports } = require('./exports');
const { installOneVersionCheck } = require('./repeats');
const { installTrimmedTypes } = require('./types');

const run = process.env.PGDR_JSII_RUN;
const cache = process.env.PGDR_JSII_CACHE;

connect(join(run, 'pid'));
installLazyExports(say);
installCompiledCode(cache, say);
installTrimmedTypes(cache, say);
installOneVersionCheck();
