package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// object is one rendered object.
type object struct {
	YAML string          `json:"yaml"`
	JSON json.RawMessage `json:"json"`
	// Kept is false for what Flux Operator leaves out of resourcesTemplate silently: nameless objects and
	// kustomize's own Kustomizations.
	Kept bool `json:"kept"`
}

// renderObjects answers {"op": "objects"}: the objects of one template with one input.
func renderObjects(line []byte) (any, error) {
	text, path, err := rendered(line)
	if err != nil {
		return nil, err
	}
	objects := []object{}
	keep := func(value *unstructured.Unstructured, kept bool) error {
		// What cannot be written as YAML is compared as JSON alone.
		text, _ := yaml.Marshal(value.Object)
		encoded, err := json.Marshal(value.Object)
		objects = append(objects, object{YAML: string(text), JSON: encoded, Kept: kept})
		return err
	}
	if path == "resources" {
		value := &unstructured.Unstructured{}
		if err := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 2048).Decode(value); err != nil {
			return nil, classified{"yaml", err}
		}
		if err := keep(value, true); err != nil {
			return nil, classified{"yaml", err}
		}
		return objects, nil
	}
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 2048)
	for {
		next := optional{}
		if err := decoder.Decode(&next); errors.Is(err, io.EOF) {
			return objects, nil
		} else if err != nil {
			return nil, classified{"yaml", err}
		}
		value := &next.value
		switch {
		case value.Object == nil:
		case value.IsList():
			err := value.EachListItem(func(item runtime.Object) error {
				child, ok := item.(*unstructured.Unstructured)
				if !ok {
					return fmt.Errorf("gooracle: an item is a %T", item)
				}
				return keep(child, true)
			})
			if err != nil {
				return nil, classified{"yaml", err}
			}
		default:
			nameless := value.GetName() == "" || value.GetAPIVersion() == ""
			kustomization := strings.EqualFold(value.GetKind(), "Kustomization") &&
				strings.HasPrefix(value.GetAPIVersion(), "kustomize.config.k8s.io/")
			if err := keep(value, !nameless && !kustomization); err != nil {
				return nil, classified{"yaml", err}
			}
		}
	}
}

// optional is an object or nothing: null documents are passed over.
type optional struct {
	value unstructured.Unstructured
}

func (o *optional) UnmarshalJSON(text []byte) error {
	if string(bytes.TrimSpace(text)) == "null" {
		return nil
	}
	return json.Unmarshal(text, &o.value)
}
