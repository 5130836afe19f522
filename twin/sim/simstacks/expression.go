package simstacks

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simapi"
)

var (
	interpolation = regexp.MustCompile(`\$\{([^{}]*)\}`)
	output        = regexp.MustCompile(`^data\.terraform_remote_state\.primary\.outputs\.([a-z0-9_]+)(?:\[(\d+)\])?$`)
	attribute     = regexp.MustCompile(`^(aws_[a-z0-9_]+)\.([A-Za-z0-9_-]+)\.([a-z0-9_]+)$`)
	replacement   = regexp.MustCompile(`^replace\((.+), "([^"]*)", "([^"]*)"\)$`)
)

// value resolves the expressions in a value.
func (st *stack) value(ctx context.Context, raw any) (any, error) {
	switch v := raw.(type) {
	case string:
		return st.text(ctx, v)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			r, err := st.value(ctx, e)
			if err != nil {
				return nil, err
			}
			out[i] = r
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			r, err := st.value(ctx, e)
			if err != nil {
				return nil, err
			}
			out[k] = r
		}
		return out, nil
	}
	return raw, nil
}

// text resolves a string: one that is an expression as a whole keeps the type
// of its value.
func (st *stack) text(ctx context.Context, text string) (any, error) {
	if m := interpolation.FindStringSubmatch(text); m != nil && m[0] == text {
		return st.expression(ctx, m[1])
	}
	var failed error
	out := interpolation.ReplaceAllStringFunc(text, func(part string) string {
		v, err := st.expression(ctx, part[2:len(part)-1])
		if err != nil && failed == nil {
			failed = err
		}
		return fmt.Sprint(v)
	})
	return out, failed
}

func (st *stack) expression(ctx context.Context, text string) (any, error) {
	if m := output.FindStringSubmatch(text); m != nil {
		return st.element(ctx, m[1], m[2])
	}
	if m := attribute.FindStringSubmatch(text); m != nil {
		if m[1] == typeFunction && st.archive == "" {
			return st.function(m[2], m[3])
		}
		a, err := st.resource(ctx, m[1], m[2])
		return a[m[3]], err
	}
	if m := replacement.FindStringSubmatch(text); m != nil {
		v, err := st.expression(ctx, m[1])
		return strings.ReplaceAll(fmt.Sprint(v), m[2], m[3]), err
	}
	switch {
	case strings.HasPrefix(text, "data.aws_caller_identity."):
		return st.cloud.Account(), nil
	case strings.HasPrefix(text, "local."):
		return st.value(ctx, st.Locals[strings.TrimPrefix(text, "local.")])
	case strings.HasPrefix(text, "var.") && st.Variable[strings.TrimPrefix(text, "var.")].Default != nil:
		return st.Variable[strings.TrimPrefix(text, "var.")].Default, nil
	case strings.HasPrefix(text, "filebase64sha256("):
		return "as-given", nil // it is only compared with itself
	case strings.HasPrefix(text, "terraform_data."):
		return "generation", nil
	case text == "module.credentials.secret_arn":
		return st.secret(ctx)
	case text == "module.credentials.password":
		return Password, nil
	case text == "module.credentials.password_version":
		return float64(1), nil
	}
	return nil, fmt.Errorf("expression %q is not known", text)
}

// function is what others say of a function that is not laid into the account:
// it follows from its arguments.
func (st *stack) function(name, attribute string) (any, error) {
	called, _ := st.Resource[typeFunction][name]["function_name"].(string)
	switch attribute {
	case "function_name":
		return called, nil
	case "arn":
		return sim.ARN{
			Partition: "aws", Service: "lambda", Region: st.regionOf(st.Resource[typeFunction][name]), Account: st.cloud.Account(), Resource: "function:" + called,
		}.String(), nil
	}
	return nil, fmt.Errorf("attribute %s of function %s is not known", attribute, name)
}

// element is an output of the primary stack, or one element of it.
func (st *stack) element(ctx context.Context, name, index string) (any, error) {
	v, err := st.primary.output(ctx, name)
	if err != nil || index == "" {
		return v, err
	}
	i, err := strconv.Atoi(index)
	list, ok := v.([]any)
	if err != nil || !ok || i >= len(list) {
		return nil, fmt.Errorf("output %s has no element %s: %w", name, index, ErrReference)
	}
	return list[i], nil
}

func (st *stack) output(ctx context.Context, name string) (any, error) {
	o, ok := st.Output[name]
	if !ok {
		return nil, fmt.Errorf("the primary stack has no output %q: %w", name, ErrReference)
	}
	return st.value(ctx, o.Value)
}

// secret makes what the credentials module makes.
func (st *stack) secret(ctx context.Context) (any, error) {
	const address = "module.credentials"
	if a, ok := st.made[address]; ok {
		return a["arn"], nil
	}
	arguments, err := st.value(ctx, st.Module["credentials"])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	in := sim.Attrs(arguments.(map[string]any))
	region := st.regions["aws.primary"]
	a, err := st.create(ctx, simapi.Request{Type: "aws_secretsmanager_secret", Region: region, Attrs: sim.Attrs{
		"name": in.Str("name"), "kms_key_id": in.Str("kms_key_id"), "recovery_window_in_days": in["recovery_window_in_days"],
		"replica": []any{map[string]any{"region": in.Str("replica_region"), "kms_key_id": in.Str("replica_kms_key_id")}},
	}}, st.tags["aws.primary"])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	st.made[address] = a
	_, err = st.create(ctx, simapi.Request{
		Type: "aws_secretsmanager_secret_version", Region: region, Attrs: sim.Attrs{"secret_id": a.Str("arn")},
		WriteOnly: sim.Attrs{"secret_string_wo": fmt.Sprintf(`{"username":%q,"password":%q}`, in.Str("username"), Password)},
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return a["arn"], nil
}
