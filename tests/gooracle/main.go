// Command gooracle answers, with the real Go libraries, what a text means: the tests compare ours with it.
//
// One JSON request a line on stdin, {"op": "...", ...}; one JSON answer a line on stdout, {"ok": ...} or {"err": "..."}.
// With "bench FILE" it renders one set and says what that took, see bench.go.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "bench" {
		if err := bench(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "gooracle:", err)
			os.Exit(1)
		}
		return
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer out.Flush()
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			answer(out, line)
			// A batch of requests gets its answers together; the last one must not wait.
			if in.Buffered() == 0 {
				out.Flush()
			}
		}
		if err != nil {
			return
		}
	}
}

func answer(out *bufio.Writer, line []byte) {
	reply := map[string]any{}
	ok, err := dispatch(line)
	if err != nil {
		reply["err"] = err.Error()
		var of classified
		if errors.As(err, &of) {
			reply["class"] = of.class
		}
	} else {
		reply["ok"] = ok
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(reply); err != nil {
		fmt.Fprintf(out, "{\"err\":%q}\n", "gooracle: "+err.Error())
	}
}

func dispatch(line []byte) (ok any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	var req map[string]json.RawMessage
	if err := json.Unmarshal(line, &req); err != nil {
		return nil, fmt.Errorf("gooracle: not a request: %w", err)
	}
	var op string
	if err := json.Unmarshal(req["op"], &op); err != nil {
		return nil, fmt.Errorf("gooracle: no op: %w", err)
	}
	switch {
	case strings.HasPrefix(op, "yaml-"):
		return yamlOp(op, req)
	case op == "render":
		return renderTemplate(line)
	case op == "cel":
		return holds(line)
	case op == "objects":
		return renderObjects(line)
	default:
		return nil, fmt.Errorf("gooracle: unknown op %q", op)
	}
}
