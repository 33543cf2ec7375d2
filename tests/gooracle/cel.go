package main

import (
	"encoding/json"
	"fmt"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"
	kjson "sigs.k8s.io/json"
)

// holds evaluates {"op": "cel", "expression": "...", "object": {...}} on an object whose top-level fields are the variables,
// with the libraries that readyExpr of Flux has. The expression is parsed and not type-checked, because the types of an object
// are unknown before it is read.
//
// The answer is true or false; a refusal has the class "parse", "evaluate" or "not-boolean".
func holds(line []byte) (any, error) {
	var req struct {
		Expression string          `json:"expression"`
		Object     json.RawMessage `json:"object"`
	}
	if err := json.Unmarshal(line, &req); err != nil {
		return nil, err
	}
	var object map[string]any
	// As the Kubernetes client decodes objects: whole numbers are int64, others float64.
	if err := kjson.UnmarshalCaseSensitivePreserveInts(req.Object, &object); err != nil {
		return nil, err
	}
	env, err := cel.NewEnv(
		cel.DefaultUTCTimeZone(true),
		cel.CrossTypeNumericComparisons(true),
		cel.OptionalTypes(),
		ext.Strings(),
		ext.Sets(),
		ext.Encoders(),
	)
	if err != nil {
		return nil, err
	}
	ast, issues := env.Parse(req.Expression)
	if issues.Err() != nil {
		return nil, classified{class: "parse", err: issues.Err()}
	}
	program, err := env.Program(ast)
	if err != nil {
		return nil, classified{class: "parse", err: err}
	}
	value, _, err := program.Eval(object)
	if err != nil {
		return nil, classified{class: "evaluate", err: err}
	}
	holds, ok := value.Value().(bool)
	if !ok {
		return nil, classified{class: "not-boolean", err: fmt.Errorf("the value is of type %s", value.Type().TypeName())}
	}
	return holds, nil
}
