package tests

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// workflow is what is read of a file in .github/workflows.
type workflow struct {
	On          any            `yaml:"on"`
	Permissions any            `yaml:"permissions"`
	Concurrency map[string]any `yaml:"concurrency"`
	Jobs        map[string]job `yaml:"jobs"`
}

type job struct {
	If          string `yaml:"if"`
	Needs       any    `yaml:"needs"`
	Environment any    `yaml:"environment"`
	Permissions any    `yaml:"permissions"`
	Timeout     int    `yaml:"timeout-minutes"`
	Steps       []step `yaml:"steps"`
}

type step struct {
	If   string            `yaml:"if"`
	Uses string            `yaml:"uses"`
	Run  string            `yaml:"run"`
	With map[string]string `yaml:"with"`
}

// action is a composite action beside the workflows.
type action struct {
	Runs struct {
		Steps []step `yaml:"steps"`
	} `yaml:"runs"`
}

var (
	pinned     = regexp.MustCompile(`^[A-Za-z0-9-]+/[A-Za-z0-9_./-]+@([0-9a-f]{40})$`)
	versioned  = regexp.MustCompile(`uses: ([^\s#]+)\s+# (v\d+\.\d+\.\d+)$`)
	makeCall   = regexp.MustCompile(`^make [a-z-]+$`)
	makeTarget = regexp.MustCompile(`(?m)^([a-z-]+):.*## `)
	// credential are ways to hand over a key that lasts.
	credential = regexp.MustCompile(`(?i)aws-access-key-id|aws-secret-access-key|AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|secrets\.|AKIA[0-9A-Z]{16}`)
)

// workflowFaults checks all files of .github, by their path below it, against
// the rules of docs/ci.md. One line a fault.
func workflowFaults(files map[string]string, makefile string) []string {
	c := &workflowCheck{targets: map[string]bool{}, pins: map[string]string{}, files: files}
	for _, match := range makeTarget.FindAllStringSubmatch(makefile, -1) {
		c.targets[match[1]] = true
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		c.name = name
		c.text(files[name])
		if strings.HasPrefix(name, "workflows/") {
			c.workflow(files[name])
		} else {
			c.action(files[name])
		}
	}
	return c.faults
}

// promised are the steps that docs/ci.md speaks of, by file and job, in their
// order. always: also after a step that failed.
var promised = map[string]map[string][]promise{
	"workflows/plan.yml": {
		"plan": {
			{step: "make ci-plan-read"}, {step: "make ci-review"}, {step: "make ci-summary", always: true},
			{step: "actions/upload-artifact", with: map[string]string{"name": "plans-${{ matrix.environment }}", "path": "plans"}, always: true},
		},
		// What is uploaded has the environment in its path, and is put together
		// whether one matches or many.
		"comment": {
			{step: "actions/download-artifact", with: map[string]string{"pattern": "plans-*", "path": "plans", "merge-multiple": "true"}},
			{step: "make ci-comment", always: true},
		},
	},
	"workflows/deploy.yml": {
		"plan": {
			{step: "make ci-plan"}, {step: "make ci-review"}, {step: "make ci-summary", always: true},
			{step: "actions/upload-artifact", with: map[string]string{"name": "plans", "path": "plans/${{ inputs.environment }}"}, always: true},
		},
		"deploy": {
			{step: "actions/download-artifact", with: map[string]string{"name": "plans", "path": "plans/${{ inputs.environment }}"}},
			{step: "make ci-apply"},
		},
	},
	"workflows/ci.yml": {"ci": {{step: "make ci"}}, "validate": {{step: "make validate"}}},
	"workflows/drift.yml": {
		"drift": {
			{step: "make drift"},
			{step: "actions/upload-artifact", with: map[string]string{"name": "plans-${{ matrix.environment }}", "path": "plans"}, always: true},
		},
		"issue": {
			{step: "actions/download-artifact", with: map[string]string{"pattern": "plans-*", "path": "plans", "merge-multiple": "true"}},
			{step: "make ci-drift-issue", always: true},
		},
	},
}

type promise struct {
	step   string
	with   map[string]string
	always bool
}

// promised wants the steps of a job, in their order.
func (c *workflowCheck) promised(name string, j job, want []promise) {
	at := 0
	for _, p := range want {
		i := slices.IndexFunc(j.Steps[at:], func(s step) bool {
			return s.Run == p.step || strings.HasPrefix(s.Uses, p.step+"@")
		})
		if i < 0 {
			c.fault("job %s lacks the step %s, or has it too early", name, p.step)
			continue
		}
		at += i + 1
		found := j.Steps[at-1]
		if p.always && found.If != "${{ !cancelled() }}" {
			c.fault("job %s: %s is skipped where a step before failed", name, p.step)
		}
		if !p.always && found.If != "" {
			c.fault("job %s: %s is not always run", name, p.step)
		}
		for key, value := range p.with {
			if found.With[key] != value {
				c.fault("job %s: %s has %s %q, want %q", name, p.step, key, found.With[key], value)
			}
		}
	}
	if first := map[string]string{"comment": "plan", "issue": "drift"}[name]; first != "" && (!strings.Contains(j.If, "!cancelled()") || j.Needs != first) {
		c.fault("job %s does not follow a %s that failed", name, first)
	}
}

type workflowCheck struct {
	name    string
	files   map[string]string
	targets map[string]bool
	// pins are the commits of each action seen so far.
	pins   map[string]string
	faults []string
}

func (c *workflowCheck) fault(format string, args ...any) {
	c.faults = append(c.faults, c.name+": "+fmt.Sprintf(format, args...))
}

// text checks what comments say, which the parsed file has lost.
func (c *workflowCheck) text(text string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if found := credential.FindString(line); found != "" {
			c.fault("a lasting credential: %s", found)
		}
		if strings.Contains(line, "uses: ") && !strings.Contains(line, "uses: ./") && !versioned.MatchString(line) {
			c.fault("no version beside the commit: %s", line)
		}
	}
}

func (c *workflowCheck) action(text string) {
	var a action
	if err := yaml.Unmarshal([]byte(text), &a); err != nil {
		c.fault("%v", err)
	}
	for _, s := range a.Runs.Steps {
		c.step(s)
	}
}

func (c *workflowCheck) workflow(text string) {
	var w workflow
	if err := yaml.Unmarshal([]byte(text), &w); err != nil {
		c.fault("%v", err)
	}
	if strings.Contains(text, "pull_request_target") {
		c.fault("pull_request_target runs a stranger's code with our rights")
	}
	c.permissions("the workflow", w.Permissions, "contents: read")
	if w.Concurrency["group"] == nil {
		c.fault("no concurrency group")
	}
	for name, steps := range promised[c.name] {
		c.promised(name, w.Jobs[name], steps)
	}
	for _, name := range slices.Sorted(maps.Keys(w.Jobs)) {
		c.job(name, w.Jobs[name], w.Permissions)
	}
}

func (c *workflowCheck) job(name string, j job, inherited any) {
	if j.Timeout == 0 {
		c.fault("job %s has no time limit", name)
	}
	granted := j.Permissions
	if granted == nil {
		granted = inherited
	}
	aws, role, opens := false, "", false
	for _, s := range j.Steps {
		c.step(s)
		opens = opens || s.Run == "make ci-plan"
		if strings.HasPrefix(s.Uses, "aws-actions/configure-aws-credentials@") {
			aws, role = true, s.With["role-to-assume"]
		}
	}
	if !aws {
		c.permissions("job "+name, granted, "contents: read", "pull-requests: write", "issues: write")
		return
	}
	c.permissions("job "+name, granted, "contents: read", "id-token: write")
	c.role(name, j, role, opens)
}

// role is what a job takes to speak to AWS. opens: it plans with the password.
func (c *workflowCheck) role(name string, j job, role string, opens bool) {
	switch {
	case strings.Contains(role, "AWS_PLAN_ROLE_ARN"), strings.Contains(role, "AWS_DEPLOY_PLAN_ROLE_ARN"):
		if opens && strings.Contains(role, "AWS_PLAN_ROLE_ARN") {
			c.fault("job %s opens the password for who may push a branch", name)
		}
		if j.Environment != nil {
			c.fault("job %s plans in a deployment environment", name)
		}
	case strings.Contains(role, "AWS_DEPLOY_ROLE_ARN"):
		if j.Environment == nil || j.Needs == nil {
			c.fault("job %s deploys without an approval of a plan", name)
		}
	case strings.Contains(role, "AWS_CHECK_ROLE_ARN"):
		// It may invoke the guard, which takes orders, too.
		if strings.Contains(c.files[c.name], "pull_request") || !strings.Contains(j.If, "github.ref == 'refs/heads/main'") {
			c.fault("job %s asks the guard for code that is not on main", name)
		}
	default:
		c.fault("job %s takes another role: %q", name, role)
	}
}

// permissions wants a list, and nothing in it but what is allowed.
func (c *workflowCheck) permissions(who string, granted any, allowed ...string) {
	list, ok := granted.(map[string]any)
	if !ok {
		c.fault("%s has no list of permissions: %v", who, granted)
	}
	for scope, access := range list {
		if grant := fmt.Sprintf("%s: %s", scope, access); !slices.Contains(allowed, grant) {
			c.fault("%s is granted %s", who, grant)
		}
	}
}

func (c *workflowCheck) step(s step) {
	if s.Run != "" {
		if !makeCall.MatchString(s.Run) {
			c.fault("a step that is no make target: %s", s.Run)
		} else if target := strings.TrimPrefix(s.Run, "make "); !c.targets[target] {
			c.fault("no such make target: %s", target)
		}
	}
	if local, ok := strings.CutPrefix(s.Uses, "./.github/"); ok {
		if _, there := c.files[local+"/action.yml"]; !there {
			c.fault("no such action: %s", s.Uses)
		}
		return
	}
	if s.Uses == "" {
		return
	}
	match := pinned.FindStringSubmatch(s.Uses)
	if match == nil {
		c.fault("not pinned by commit: %s", s.Uses)
		return
	}
	name, _, _ := strings.Cut(s.Uses, "@")
	if other := c.pins[name]; other != "" && other != match[1] {
		c.fault("two commits of %s", name)
	}
	c.pins[name] = match[1]
	if name == "actions/checkout" && s.With["persist-credentials"] != "false" {
		c.fault("a checkout that leaves its token behind")
	}
}

// github are the files of .github, and the Makefile.
func github(t *testing.T) (files map[string]string, makefile string) {
	t.Helper()
	files = map[string]string{}
	for _, pattern := range []string{"workflows/*.yml", "workflows/*.yaml", "actions/*/action.yml"} {
		names, err := filepath.Glob("../.github/" + pattern)
		require.NoError(t, err)
		for _, name := range names {
			raw, err := os.ReadFile(name)
			require.NoError(t, err)
			files[strings.TrimPrefix(filepath.ToSlash(name), "../.github/")] = string(raw)
		}
	}
	raw, err := os.ReadFile("../Makefile")
	require.NoError(t, err)
	return files, string(raw)
}

func TestWorkflows_KeepTheRules(t *testing.T) {
	files, makefile := github(t)
	for _, name := range []string{"workflows/plan.yml", "workflows/deploy.yml", "workflows/drift.yml", "workflows/ci.yml"} {
		require.Contains(t, files, name)
	}
	require.Empty(t, workflowFaults(files, makefile))
}

func TestWorkflows_PassActionlint(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "make", "-C", "..", "lint-workflows")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}

func TestWorkflowFaults_FindsEachBreach(t *testing.T) {
	for name, tt := range map[string]struct{ file, old, new, fault string }{
		"a tag":                      {"plan", "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2", "actions/checkout@v6 # v6.0.2", "not pinned by commit"},
		"a short commit":             {"plan", "@de0fac2e4500dabe0009e67214ff5f5447ce83dd", "@de0fac2", "not pinned by commit"},
		"no version":                 {"plan", "83dd # v6.0.2", "83dd", "no version beside the commit"},
		"two commits":                {"deploy", "actions/checkout@de", "actions/checkout@ed", "two commits of actions/checkout"},
		"a tag in the action":        {"tools", "@924ae3a1cded613372ab5595356fb5720e22ba16", "@v6", "not pinned by commit"},
		"an access key":              {"deploy", "role-to-assume: ${{ vars.AWS_DEPLOY_ROLE_ARN }}", "aws-access-key-id: ${{ vars.KEY }}", "a lasting credential"},
		"a secret":                   {"plan", "GH_TOKEN: ${{ github.token }}", "GH_TOKEN: ${{ secrets.PAT }}", "a lasting credential"},
		"another role":               {"plan", "vars.AWS_PLAN_ROLE_ARN }}", "vars.ADMIN_ROLE_ARN }}", "takes another role"},
		"the deploy role in plan":    {"plan", "role-to-assume: ${{ vars.AWS_PLAN_ROLE_ARN }}", "role-to-assume: ${{ vars.AWS_DEPLOY_ROLE_ARN }}", "deploys without an approval"},
		"no approval":                {"deploy", "    environment: ${{ inputs.environment }}\n", "", "deploys without an approval"},
		"no plan":                    {"deploy", "    needs: plan\n", "", "deploys without an approval"},
		"a plan that may deploy":     {"plan", "    timeout-minutes: 30\n", "    timeout-minutes: 30\n    environment: prod\n", "plans in a deployment environment"},
		"a plan that comments":       {"plan", "      id-token: write # for", "      pull-requests: write\n      id-token: write # for", "is granted pull-requests: write"},
		"a comment with a role":      {"plan", "      pull-requests: write # the", "      id-token: write\n      pull-requests: write # the", "is granted id-token: write"},
		"writing the code":           {"deploy", "contents: read", "contents: write", "is granted contents: write"},
		"all rights":                 {"deploy", "permissions: {}", "permissions: write-all", "no list of permissions"},
		"rights by default":          {"plan", "permissions: {}\n", "", "no list of permissions"},
		"a stranger's code":          {"plan", "  pull_request:\n", "  pull_request_target:\n", "pull_request_target"},
		"a script":                   {"ci", "run: make ci\n", "run: go test ./...\n", "no make target"},
		"more than a target":         {"ci", "run: make ci\n", "run: make ci && curl example.com\n", "no make target"},
		"an injected title":          {"plan", "run: make ci-plan-read", "run: make ci-plan-read ENV=${{ github.head_ref }}", "no make target"},
		"a target that is gone":      {"ci", "run: make ci\n", "run: make cii\n", "no such make target"},
		"an action that is gone":     {"ci", "./.github/actions/tools", "./.github/actions/tolls", "no such action"},
		"no concurrency":             {"deploy", "  group: deploy", "  grop: deploy", "no concurrency group"},
		"no time limit":              {"ci", "    timeout-minutes: 90\n", "", "no time limit"},
		"no review":                  {"plan", "      - run: make ci-review\n", "", "lacks the step make ci-review"},
		"a review that may fail":     {"deploy", "      - run: make ci-review\n", "      - run: make ci-review\n        if: false\n", "make ci-review is not always run"},
		"a plan with the password":   {"plan", "run: make ci-plan-read", "run: make ci-plan", "opens the password"},
		"a review before a plan":     {"plan", "      - run: make ci-plan-read\n      - run: make ci-review\n", "      - run: make ci-review\n      - run: make ci-plan-read\n", "lacks the step make ci-review, or has it too early"},
		"no summary":                 {"plan", "      - run: make ci-summary\n        if: ${{ !cancelled() }}\n", "", "lacks the step make ci-summary"},
		"a summary of good news":     {"plan", "make ci-summary\n        if: ${{ !cancelled() }}", "make ci-summary\n        if: ${{ success() }}", "make ci-summary is skipped"},
		"no comment":                 {"plan", "      - run: make ci-comment\n        if: ${{ !cancelled() }}\n", "", "lacks the step make ci-comment"},
		"no comment job":             {"plan", "  comment:\n", "  remark:\n", "job comment lacks the step make ci-comment"},
		"a comment of good news":     {"plan", "if: ${{ !cancelled() && github", "if: ${{ github", "does not follow a plan that failed"},
		"no artifact":                {"plan", "actions/upload-artifact@", "actions/upload-art@", "lacks the step actions/upload-artifact"},
		"artifacts that collide":     {"plan", "          path: plans\n          retention", "          path: plans/${{ matrix.environment }}\n          retention", "has path"},
		"one artifact elsewhere":     {"plan", "          merge-multiple: true\n", "", "has merge-multiple"},
		"nothing applied":            {"deploy", "      - run: make ci-apply\n", "", "lacks the step make ci-apply"},
		"a guard asked by a request": {"drift", "  workflow_dispatch:\n", "  workflow_dispatch:\n  pull_request:\n", "asks the guard for code that is not on main"},
		"a guard asked by a branch":  {"drift", " && github.ref == 'refs/heads/main'", "", "asks the guard for code that is not on main"},
		"a check that opens issues":  {"drift", "      id-token: write # for", "      issues: write\n      id-token: write # for", "is granted issues: write"},
		"an issue with a role":       {"drift", "      issues: write # the", "      id-token: write\n      issues: write # the", "is granted id-token: write"},
		"no issue":                   {"drift", "      - run: make ci-drift-issue\n        if: ${{ !cancelled() }}\n", "", "lacks the step make ci-drift-issue"},
		"an issue of good news":      {"drift", "if: ${{ !cancelled() && needs", "if: ${{ needs", "does not follow a drift that failed"},
		"a token left behind":        {"ci", "persist-credentials: false", "persist-credentials: true", "leaves its token behind"},
	} {
		t.Run(name, func(t *testing.T) {
			files, makefile := github(t)
			file := "workflows/" + tt.file + ".yml"
			if tt.file == "tools" {
				file = "actions/tools/action.yml"
			}
			require.Contains(t, files[file], tt.old)
			files[file] = strings.Replace(files[file], tt.old, tt.new, 1)
			require.Contains(t, strings.Join(workflowFaults(files, makefile), "\n"), tt.fault)
		})
	}
}

// TestDocs_RolesLetInNobodyElse reads the policies that docs/ci.md tells users
// to copy.
func TestDocs_RolesLetInNobodyElse(t *testing.T) {
	raw, err := os.ReadFile("../docs/ci.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(raw), -1)
	require.Len(t, blocks, 8)
	for _, block := range blocks {
		var policy any
		require.NoError(t, json.Unmarshal([]byte(block[1]), &policy), block[1])
	}
	require.Contains(t, string(raw), `"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"`)
	subjects := regexp.MustCompile(`"repo:[^"]*"`).FindAllString(string(raw), -1)
	require.Equal(t, []string{`"repo:ORG/REPO:pull_request"`, `"repo:ORG/REPO:ref:refs/heads/main"`, `"repo:ORG/REPO:ref:refs/heads/main"`, `"repo:ORG/REPO:ref:refs/heads/main"`, `"repo:ORG/REPO:environment:prod"`}, subjects)
	require.NotContains(t, string(raw), `"StringLike"`)
}
