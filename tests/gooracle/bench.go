package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"sigs.k8s.io/yaml"
)

// benchRequest is a whole set: what a build of it reads.
type benchRequest struct {
	// Templates with their paths, each rendered with every input.
	Templates []struct {
		Path     string          `json:"path"`
		Template json.RawMessage `json:"template"`
	} `json:"templates"`
	Inputs []json.RawMessage `json:"inputs"`
}

// bench renders the set in the file and prints its objects, as a build does; what it took goes to stderr as JSON.
//
// As in Flux Operator, each input parses its template anew, because the functions hold the input.
func bench(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var set benchRequest
	if err := yaml.Unmarshal(text, &set); err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	// Every object is held until the last one is there: a late failure prints nothing.
	var all []object
	for _, template := range set.Templates {
		for _, inputs := range set.Inputs {
			line, err := json.Marshal(renderRequest{Path: template.Path, Template: template.Template, Inputs: inputs})
			if err != nil {
				return err
			}
			objects, err := renderObjects(bytes.TrimSpace(line))
			if err != nil {
				return err
			}
			all = append(all, objects.([]object)...)
		}
	}
	for _, object := range all {
		fmt.Fprintf(out, "---\n%s", object.YAML)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	peak, err := peakKiB()
	if err != nil {
		return err
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return err
	}
	cpu := float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)/1e6
	return json.NewEncoder(os.Stderr).Encode(map[string]any{
		"objects": len(all), "cpuSeconds": cpu, "peakKiB": peak,
	})
}

// peakKiB is the most memory this process ever held. Not from getrusage, which also counts what its parent held when it forked.
func peakKiB() (float64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for _, line := range strings.Split(string(status), "\n") {
		var peak float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &peak); err == nil {
			return peak, nil
		}
	}
	return 0, errors.New("no VmHWM in /proc/self/status")
}
