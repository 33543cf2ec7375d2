package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"text/template"
	"time"

	sprig "github.com/go-task/slim-sprig/v3"
	"github.com/gosimple/slug"
	k8sjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// classified is an error and the step that made it: convert, parse or exec.
type classified struct {
	class string
	err   error
}

func (c classified) Error() string { return c.err.Error() }

// renderRequest asks for one template with one input.
type renderRequest struct {
	// Path is resources (the template is an object) or resourcesTemplate (the template is text).
	Path      string          `json:"path"`
	Template  json.RawMessage `json:"template"`
	Inputs    json.RawMessage `json:"inputs"`
	Inputless bool            `json:"inputless"`
}

// renderTemplate answers {"op": "render"}: the rendered text in base64, because it need not be UTF-8.
func renderTemplate(line []byte) (any, error) {
	text, _, err := rendered(line)
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.EncodeToString(text), nil
}

// rendered is the text of a template with one input, and the field that the template stands in.
func rendered(line []byte) ([]byte, string, error) {
	var req renderRequest
	if err := json.Unmarshal(line, &req); err != nil {
		return nil, "", fmt.Errorf("gooracle: not a render request: %w", err)
	}
	var text string
	if req.Path == "resources" {
		template, err := asGoWrites(req.Template)
		if err != nil {
			return nil, "", fmt.Errorf("gooracle: template: %w", err)
		}
		converted, err := yaml.JSONToYAML(template)
		if err != nil {
			return nil, "", classified{"convert", err}
		}
		text = string(converted)
	} else if err := json.Unmarshal(req.Template, &text); err != nil {
		return nil, "", fmt.Errorf("gooracle: template: %w", err)
	}
	var inputs map[string]any
	if !req.Inputless {
		if err := k8sjson.UnmarshalCaseSensitivePreserveInts(req.Inputs, &inputs); err != nil {
			return nil, "", fmt.Errorf("gooracle: inputs: %w", err)
		}
	}
	parsed, err := template.New("resourceset").Delims("<<", ">>").Option("missingkey=error").Funcs(functions(inputs)).Parse(text)
	if err != nil {
		return nil, "", classified{"parse", err}
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, nil); err != nil {
		return nil, "", classified{"exec", err}
	}
	return out.Bytes(), req.Path, nil
}

// asGoWrites is the same JSON with the escapes that Go writes: an object comes here from a manifest by way of Go's encoder.
func asGoWrites(text json.RawMessage) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

func functions(inputs map[string]any) template.FuncMap {
	slug.MaxLength = 63
	time.Local = time.UTC
	all := sprig.HermeticTxtFuncMap()
	all["inputs"] = func() map[string]any { return inputs }
	all["uid"] = func() string {
		if inputs == nil {
			return ""
		}
		return "0123456789abcdef"
	}
	all["slugify"] = slug.Make
	all["toYaml"] = func(value any) string {
		text, err := yaml.Marshal(value)
		if err != nil {
			return ""
		}
		return string(text)
	}
	all["mustToYaml"] = func(value any) (string, error) {
		text, err := yaml.Marshal(value)
		return string(text), err
	}
	return all
}
