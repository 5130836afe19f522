// Command embed is a cdktf app of another module that holds both stacks beside
// one of its own.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
	"github.com/pgdr/pgdr/spec"
	"github.com/pgdr/pgdr/stacks"
)

func main() {
	defer jsii.Close()
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		jsii.Close()
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	cfg := spec.Default()
	cfg.Environment = "shop"
	cfg.Monitoring.Emails = []string{"oncall@example.com"}

	archive, err := stacks.BuildFunction(ctx, ".", "dist")
	if err != nil {
		return err
	}
	app := cdktf.NewApp(nil)
	primary, err := stacks.NewPrimary(app, stacks.PrimaryProps{Config: cfg})
	if err != nil {
		return err
	}
	if _, err := stacks.NewReplica(app, stacks.ReplicaProps{Config: cfg, Primary: primary, FunctionArchive: archive}); err != nil {
		return err
	}
	newShop(app, primary, cfg.Environment)
	app.Synth()
	return nil
}

// newShop is a stack of the app's own, which uses an output of the database's.
func newShop(app cdktf.App, database *stacks.PrimaryOutputs, environment string) {
	stack := cdktf.NewTerraformStack(app, jsii.String("shop"))
	state, err := filepath.Abs(filepath.Join("state", environment, "shop.tfstate"))
	if err != nil {
		panic(err)
	}
	cdktf.NewLocalBackend(stack, &cdktf.LocalBackendConfig{Path: jsii.String(state)})
	cdktf.NewTerraformOutput(stack, jsii.String("database_url"), &cdktf.TerraformOutputConfig{
		Value: jsii.String("postgres://" + database.DatabaseCNAME + "/" + database.DatabaseName),
	})
}
