// Command terraform-provider-aws is the local stand-in for Terraform's AWS
// provider. Terraform starts it from the mirror that twin lays out;
// it speaks to the simulated account only, never to AWS.
package main

import (
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"

	"github.com/pgdr/pgdr/internal/child"
	"github.com/pgdr/pgdr/twin/sim/provider"
	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/simaws"
)

const address = "registry.terraform.io/hashicorp/aws"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "terraform-provider-aws (stand-in):", err)
		os.Exit(1)
	}
}

func run() error {
	child.EndWithParent()
	server, err := provider.New(os.Getenv(simapi.SocketEnv), simaws.Types())
	if err != nil {
		return fmt.Errorf("start the provider: %w", err)
	}
	serve := func() tfprotov5.ProviderServer { return server }
	if err := tf5server.Serve(address, serve, tf5server.WithoutLogStderrOverride()); err != nil {
		return fmt.Errorf("serve Terraform: %w", err)
	}
	return nil
}
