package spec

import "path/filepath"

// UsesTwin tells whether the configuration is for the local simulation: then
// Terraform's state is under [Config.TwinDir] whatever backend was configured,
// so that nothing done locally can read, change or destroy real state.
func (c Config) UsesTwin() bool { return c.TwinDir != "" }

// forceTwin points the configuration at the simulation in dir. The configured
// backend was validated before; nothing of it remains.
func (c *Config) forceTwin(dir string) {
	c.TwinDir = dir
	c.Backend = twinBackend(dir, c.Environment)
}

func twinBackend(dir, environment string) Backend {
	return Backend{Type: "local", Path: filepath.Join(dir, environment, "state")}
}
