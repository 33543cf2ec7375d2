package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	k8sjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// unstable marks a text whose meaning depends on Go's map order (keys that collide as text).
const unstable = "unstable: the answer changes from run to run"

// yamlOp answers the YAML questions:
//
//	yaml-read   {text}  the value sigs yaml reads, numbers typed (see typed)
//	yaml-write  {json}  the text sigs yaml's Marshal writes for a JSON value
//	yaml-stream {text}  the documents of a stream, nulls left out
func yamlOp(op string, req map[string]json.RawMessage) (any, error) {
	switch op {
	case "yaml-read":
		text, err := stringOf(req, "text")
		if err != nil {
			return nil, err
		}
		return yamlRead(text)
	case "yaml-write":
		return yamlWrite(req["json"])
	case "yaml-stream":
		text, err := stringOf(req, "text")
		if err != nil {
			return nil, err
		}
		return yamlStream(text)
	default:
		return nil, fmt.Errorf("gooracle: unknown op %q", op)
	}
}

func stringOf(req map[string]json.RawMessage, name string) (string, error) {
	var s string
	if err := json.Unmarshal(req[name], &s); err != nil {
		return "", fmt.Errorf("gooracle: %s: %w", name, err)
	}
	return s, nil
}

func yamlRead(text string) (any, error) {
	first, err := yaml.YAMLToJSON([]byte(text))
	// Colliding keys are rare and their texts short: ask again rather than analyse.
	if len(text) < 4096 {
		for range 4 {
			again, errAgain := yaml.YAMLToJSON([]byte(text))
			if (err == nil) != (errAgain == nil) || !bytes.Equal(first, again) {
				return nil, fmt.Errorf("%s", unstable)
			}
		}
	}
	if err != nil {
		return nil, err
	}
	return typed(first)
}

// typed decodes JSON as Kubernetes does and writes numbers as {"int": "…"} or {"float": "…"}, so that the reader cannot confuse them.
// A user's map of that shape would be misread; the generators do not make one.
func typed(text []byte) (any, error) {
	var value any
	if err := k8sjson.UnmarshalCaseSensitivePreserveInts(text, &value); err != nil {
		return nil, err
	}
	return typedValue(value), nil
}

func typedValue(value any) any {
	switch value := value.(type) {
	case int64:
		return map[string]any{"int": strconv.FormatInt(value, 10)}
	case float64:
		return map[string]any{"float": strconv.FormatFloat(value, 'e', -1, 64)}
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = typedValue(item)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(value))
		for key, item := range value {
			object[key] = typedValue(item)
		}
		return object
	default:
		return value
	}
}

func yamlWrite(text json.RawMessage) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	value, err := goNumbers(value)
	if err != nil {
		return nil, err
	}
	first, err := yaml.Marshal(value)
	if err != nil {
		return nil, err
	}
	for range 4 {
		// Key order runs in circles for some sets of keys.
		if again, err := yaml.Marshal(value); err != nil || !bytes.Equal(first, again) {
			return nil, fmt.Errorf("%s", unstable)
		}
	}
	return string(first), nil
}

// goNumbers makes floats of what looks like one; integers stay text and so keep all 64 bits.
func goNumbers(value any) (any, error) {
	switch value := value.(type) {
	case json.Number:
		if strings.ContainsAny(value.String(), ".eE") {
			return value.Float64()
		}
		return value, nil
	case []any:
		for i := range value {
			item, err := goNumbers(value[i])
			if err != nil {
				return nil, err
			}
			value[i] = item
		}
	case map[string]any:
		for key := range value {
			item, err := goNumbers(value[key])
			if err != nil {
				return nil, err
			}
			value[key] = item
		}
	}
	return value, nil
}

// document stands where Flux Operator has an unstructured object: it takes any JSON value.
type document struct {
	value any
}

func (d *document) UnmarshalJSON(text []byte) error {
	value, err := typed(text)
	d.value = value
	return err
}

func yamlStream(text string) (any, error) {
	decoder := utilyaml.NewYAMLOrJSONDecoder(strings.NewReader(text), 2048)
	values := []any{}
	for {
		var into document
		if err := decoder.Decode(&into); err == io.EOF {
			return values, nil
		} else if err != nil {
			return nil, err
		}
		if into.value != nil {
			values = append(values, into.value)
		}
	}
}
