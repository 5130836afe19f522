package pipeline

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Two small stacks for real Terraform, with no provider but its own.
const (
	primaryStack = `{
		"terraform": {"backend": {"local": {"path": "STATE/primary.tfstate"}}},
		"resource": {"terraform_data": {"thing": {"input": "INPUT"}}},
		"output": {"primary_vpc_id": {"value": "VPC"}}
	}`
	replicaStack = `{
		"terraform": {"backend": {"local": {"path": "STATE/replica.tfstate"}}},
		"data": {"terraform_remote_state": {"primary": {"backend": "local", "config": {"path": "STATE/primary.tfstate"}}}},
		"resource": {"terraform_data": {"thing": {"input": "${data.terraform_remote_state.primary.outputs.primary_vpc_id}"}}}
	}`
)

// world is a project whose program writes nothing: the stacks are there.
type world struct {
	*Pipeline
	t   *testing.T
	out *bytes.Buffer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir, out := t.TempDir(), &bytes.Buffer{}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module small\n\ngo 1.26\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o600))
	w := &world{t: t, out: out, Pipeline: &Pipeline{
		Stacks: Stacks{Project: dir, Outdir: filepath.Join(dir, "out"), Environment: "dev", Out: out, Base: os.Environ()},
		Plans:  filepath.Join(dir, "plans"), LockTimeout: time.Minute,
	}}
	w.write(primary, primaryStack)
	w.write(replica, replicaStack)
	return w
}

// write lays a stack, with more replacements of its text.
func (w *world) write(role, stack string, oldnew ...string) {
	w.t.Helper()
	stack = strings.NewReplacer(oldnew...).Replace(stack)
	stack = strings.ReplaceAll(stack, "STATE", filepath.Join(w.Project, "state"))
	require.NoError(w.t, os.MkdirAll(w.StackDir(role), 0o750))
	require.NoError(w.t, os.WriteFile(filepath.Join(w.StackDir(role), "cdk.tf.json"), []byte(stack), 0o600))
}

// plan wants an outcome of each stack.
func (w *world) plan(ofPrimary, ofReplica Outcome) {
	w.t.Helper()
	w.out.Reset()
	plans, err := w.Plan(w.t.Context())
	require.NoError(w.t, err, w.out)
	require.Equal(w.t, map[string]Outcome{primary: ofPrimary, replica: ofReplica}, plans.Stacks, w.out)
	require.Equal(w.t, ofPrimary == NoChanges && ofReplica == NoChanges, plans.Clean())
}

func (w *world) apply(want error) {
	w.t.Helper()
	w.out.Reset()
	require.ErrorIs(w.t, w.Apply(w.t.Context()), want, w.out)
}

// deployed is a world in which both stacks are applied.
func deployed(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.plan(Changes, NotYet)
	w.apply(ErrPlanAgain)
	w.plan(NoChanges, Changes)
	w.apply(nil)
	return w
}

func TestPlan_SaysInOneSentenceWhyTheReplicaHasNone(t *testing.T) {
	w := newWorld(t)
	w.plan(Changes, NotYet)
	require.Equal(t, 1, strings.Count(w.out.String(), "pgdr-replica-dev cannot be planned yet: it reads the outputs of pgdr-primary-dev, which is not deployed."))
	require.NotContains(t, w.out.String(), "Error")
	require.FileExists(t, w.planFile(primary, asJSON))
	require.NoFileExists(t, w.planFile(replica, asJSON))
	plans, err := ReadPlans(w.Plans)
	require.NoError(t, err)
	require.Equal(t, map[string]Missing{replica: {Why: "pgdr-replica-dev cannot be planned yet: it reads the outputs of pgdr-primary-dev, which is not deployed.", First: true}}, plans.Missing)
	require.Equal(t, []string{w.planFile(primary, asJSON)}, plans.Files(w.Plans))
}

// A missing plan is no matter of course where something is deployed.
func TestPlan_TellsAFirstDeploymentFromALaterOne(t *testing.T) {
	first := func(w *world) bool {
		w.plan(Changes, NotYet)
		plans, err := ReadPlans(w.Plans)
		require.NoError(t, err)
		return plans.Missing[replica].First
	}
	w := deployed(t)
	require.NoError(t, os.Remove(filepath.Join(w.Project, "state", "primary.tfstate")))
	require.False(t, first(w), "the replica is deployed")
	require.NoError(t, os.Remove(filepath.Join(w.Project, "state", "replica.tfstate")))
	require.True(t, first(w), "neither is")
}

func TestPlan_NamesTheOutputsThatAPrimaryLacks(t *testing.T) {
	w := deployed(t)
	w.write(replica, replicaStack, "outputs.primary_vpc_id", "outputs.primary_key_arn")
	w.plan(NoChanges, NotYet)
	require.Contains(t, w.out.String(), "which is not deployed in full: it lacks primary_key_arn.")
	plans, err := ReadPlans(w.Plans)
	require.NoError(t, err)
	require.False(t, plans.Missing[replica].First)
}

func TestPlan_IsCleanWhenAllIsApplied(t *testing.T) {
	deployed(t).plan(NoChanges, NoChanges)
}

func TestPlan_LeavesNothingOfAnEarlierOneWhenItFails(t *testing.T) {
	w := deployed(t)
	w.plan(NoChanges, NoChanges)
	for _, name := range reviewFiles {
		require.NoError(t, os.WriteFile(filepath.Join(w.Plans, name), []byte("CLEAN"), 0o600))
	}
	w.write(replica, replicaStack, `"terraform_data"`, `"terraform_nonsense"`)
	_, err := w.Plan(t.Context())
	require.Error(t, err)
	require.NoFileExists(t, w.planFile(replica, binary))
	for _, name := range reviewFiles {
		require.NoFileExists(t, filepath.Join(w.Plans, name), "a review of another plan")
	}
	w.apply(ErrNoPlans)
}

func TestApply_AsksForAnotherPlanAfterThePrimaryChangedAnOutput(t *testing.T) {
	w := deployed(t)
	w.write(primary, primaryStack, "VPC", "vpc-2")
	w.write(replica, replicaStack, `"input": "`, `"input": "changed `)
	w.plan(Changes, Changes)
	w.apply(ErrPlanAgain)
	require.Contains(t, w.out.String(), "its plan was made from outputs of pgdr-primary-dev that are others now")
	w.plan(NoChanges, Changes)
	require.Contains(t, w.out.String(), "changed vpc-2", "the plan made anew reads the new output")
}

func TestApply_AppliesBothWhereThePrimaryKeepsItsOutputs(t *testing.T) {
	w := deployed(t)
	w.write(primary, primaryStack, "INPUT", "another")
	w.write(replica, replicaStack, `"input": "`, `"input": "changed `)
	w.plan(Changes, Changes)
	w.apply(nil)
	w.plan(NoChanges, NoChanges)
}

func TestApply_AppliesWhatWasReviewedAndNotWhatTheCodeSaysSince(t *testing.T) {
	w := deployed(t)
	w.write(primary, primaryStack, "INPUT", "reviewed")
	w.plan(Changes, NoChanges)
	w.write(primary, primaryStack, "INPUT", "slipped in")
	w.apply(nil)
	state, err := os.ReadFile(filepath.Join(w.Project, "state", "primary.tfstate"))
	require.NoError(t, err)
	require.Contains(t, string(state), "reviewed")
	require.NotContains(t, string(state), "slipped in")
}

func TestApply_RefusesThePlansOfAnotherEnvironment(t *testing.T) {
	w := newWorld(t)
	w.plan(Changes, NotYet)
	w.Environment = "prod"
	require.ErrorContains(t, w.Apply(t.Context()), `are of environment "dev", not "prod"`)
}

func TestApply_RefusesWhatIsNoPlan(t *testing.T) {
	w := newWorld(t)
	w.apply(ErrNoPlans)
	for name, content := range map[string]string{
		"no JSON":            "plan",
		"without outcomes":   `{"environment":"dev"}`,
		"without a reason":   `{"environment":"dev","stacks":{"primary":"changes","replica":"not yet"}}`,
		"an unknown outcome": `{"environment":"dev","stacks":{"primary":"changes","replica":"perhaps"}}`,
	} {
		require.NoError(t, os.MkdirAll(w.Plans, 0o750))
		require.NoError(t, os.WriteFile(filepath.Join(w.Plans, plansFile), []byte(content), 0o600))
		require.ErrorContains(t, w.Apply(t.Context()), plansFile, name)
	}
}

func TestParsePlan_RefusesWhatDoesNotSayWhetherItChangesAnything(t *testing.T) {
	_, err := parsePlan([]byte(`{"format_version":"1.2"}`))
	require.ErrorContains(t, err, `found no "applyable"`)
}

func TestNew_RefusesTheSimulation(t *testing.T) {
	t.Setenv("PGDR_TWIN_DIR", ".twin")
	_, err := New("../..", "dev", "", &bytes.Buffer{})
	require.ErrorContains(t, err, "make plan")
}

func TestNew_KeepsThePlansOfEachEnvironmentApart(t *testing.T) {
	t.Setenv("CDKTF_OUTDIR", "")
	project, err := filepath.Abs("../..")
	require.NoError(t, err)
	p, err := New(project, "prod", "", &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, filepath.Join(project, "plans", "prod"), p.Plans)
	require.Equal(t, filepath.Join(project, "cdktf.out"), p.Outdir)
}

// openStack is a primary with the variable that the real one has.
const openStack = `{
	"terraform": {"backend": {"local": {"path": "STATE/primary.tfstate"}}},
	"variable": {"open_secrets": {"type": "bool", "default": true}},
	"resource": {"terraform_data": {"thing": {"input": "INPUT"}, "opened": {"input": "${var.open_secrets}"}}},
	"output": {"primary_vpc_id": {"value": "VPC"}}
}`

func TestApply_RefusesPlansThatWereMadeWithoutTheSecrets(t *testing.T) {
	w := newWorld(t)
	w.write(primary, openStack)
	w.NoSecrets = true
	w.plan(Changes, NotYet)
	w.NoSecrets = false
	w.apply(ErrNoSecrets)
	require.NoFileExists(t, filepath.Join(w.Project, "state", "primary.tfstate"), "nothing is applied")
	w.plan(Changes, NotYet)
	w.apply(ErrPlanAgain)
}

// A stack of before has no such variable: it would open the password all the same.
func TestPlan_WithoutSecretsFailsWhereTheStackCannotTell(t *testing.T) {
	w := newWorld(t)
	w.NoSecrets = true
	_, err := w.Plan(t.Context())
	require.Error(t, err)
	require.Contains(t, w.out.String(), "open_secrets")
	require.NoFileExists(t, filepath.Join(w.Plans, plansFile))
}

// unreachable sends Terraform's questions to a port on which no one answers.
func unreachable(t *testing.T) {
	t.Helper()
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:9")
	t.Setenv("NO_PROXY", "")
	t.Setenv("TF_REGISTRY_CLIENT_TIMEOUT", "2")
	t.Setenv("TF_REGISTRY_DISCOVERY_RETRY", "0")
	file := filepath.Join(t.TempDir(), "terraformrc")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	t.Setenv("TF_CLI_CONFIG_FILE", file)
	t.Setenv("TMPDIR", t.TempDir())
}

// synthesizing lets the project's program write stacks where it is told.
func (w *world) synthesizing(stack string) {
	w.t.Helper()
	program := fmt.Sprintf(`package main

import ("os"; "path/filepath")

func main() {
	for _, role := range []string{"primary", "replica"} {
		dir := filepath.Join(os.Getenv("CDKTF_OUTDIR"), "stacks", "pgdr-"+role+"-dev")
		if err := os.MkdirAll(dir, 0o750); err != nil { panic(err) }
		if err := os.WriteFile(filepath.Join(dir, "cdk.tf.json"), []byte(%q), 0o600); err != nil { panic(err) }
	}
}
`, stack)
	require.NoError(w.t, os.WriteFile(filepath.Join(w.Project, "main.go"), []byte(program), 0o600))
}

func TestValidate_SaysWhatCouldNotBeReachedAndLeavesNothing(t *testing.T) {
	unreachable(t)
	w := newWorld(t)
	w.synthesizing(`{"terraform": {"required_providers": {"aws": {"source": "aws", "version": "5.99.1"}}}}`)
	err := w.Validate(t.Context())
	require.ErrorIs(t, err, ErrNoProvider, w.out)
	require.ErrorContains(t, err, "hashicorp/aws 5.99.1 from registry.terraform.io: ")
	require.ErrorContains(t, err, "could not connect to registry.terraform.io")
	require.ErrorContains(t, err, "Next: allow this machine HTTPS to registry.terraform.io")
	left, readErr := os.ReadDir(os.Getenv("TMPDIR"))
	require.NoError(t, readErr)
	for _, f := range left {
		require.NotContains(t, f.Name(), "pgdr-validate")
	}
	require.NoDirExists(t, filepath.Join(w.Outdir, "stacks", "pgdr-primary-dev", ".terraform"), "the user's own output is left alone")
}

// What is wrong with the stack itself is no missing provider.
func TestValidate_LeavesOtherFaultsAsTheyAre(t *testing.T) {
	unreachable(t)
	w := newWorld(t)
	w.synthesizing(`{"terraform": {"required_providers": {"aws": {"source": "aws", "version": "5.99.1"}}}, "resource": 1}`)
	err := w.Validate(t.Context())
	require.Error(t, err)
	require.NotErrorIs(t, err, ErrNoProvider)
	w.synthesizing(`{"terraform": {}}`)
	require.ErrorContains(t, w.Validate(t.Context()), "found no provider aws among terraform.required_providers")
}

// Ctrl-C on a terminal interrupts all of its group, and the command's context
// interrupts what it runs: two interrupts make Terraform drop its state.
func TestCommand_IsInAProcessGroupOfItsOwn(t *testing.T) {
	cmd := newWorld(t).Command(t.Context(), "sleep", "300")
	require.NoError(t, cmd.Start())
	group, err := syscall.Getpgid(cmd.Process.Pid)
	require.NoError(t, err)
	require.Equal(t, cmd.Process.Pid, group)
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
}
