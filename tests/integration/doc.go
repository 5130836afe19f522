// Package integration is one suite for two targets: the stacks in a simulated
// account that lives on this machine (the default), and the same stacks on AWS.
//
//	make test-integration                    # on this machine
//	PGDR_TARGET=aws PGDR_ACCOUNT_ID=123456789012 ENVIRONMENT_SUFFIX=it \
//	  PGDR_ENVIRONMENT_FILE=environments/dev.yaml PGDR_INTEGRATION_DIR=$HOME/pgdr-it make test-integration
//
// Stages run in order; each is left out where SKIP_<stage> is set, as users of
// Terratest know it: synth, deploy, outputs, replan, connect, ready, failover,
// failed_over, destroy. To come back to what a run left (SKIP_destroy), name
// its folder in PGDR_INTEGRATION_DIR. A report says of each stage whether it
// passed, failed, was skipped, or could not be covered on the target and why.
//
// What the suite deployed it destroys, also when a stage fails or a
// person presses Ctrl-C. On AWS it works only in the account that PGDR_ACCOUNT_ID
// names, in an environment that is declared disposable and does not exist yet.
// docs/integration.md has the whole.
package integration
