package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// dieWithParent ends this process when the process named in CONTROLPLANE_PARENT is gone, and removes the directory named
// in CONTROLPLANE_REMOVE. A poll rather than PR_SET_PDEATHSIG: that signal follows the thread that forked, and test
// runners fork from threads that end long before the process does.
func dieWithParent() error {
	text := os.Getenv("CONTROLPLANE_PARENT")
	if text == "" {
		return nil
	}
	parent, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("CONTROLPLANE_PARENT must be a process id, not %q", text)
	}
	go func() {
		for range time.Tick(200 * time.Millisecond) {
			if err := syscall.Kill(parent, 0); errors.Is(err, syscall.ESRCH) || os.Getppid() != parent {
				if remove := os.Getenv("CONTROLPLANE_REMOVE"); remove != "" {
					// The others notice within one tick too; afterwards nobody writes there any more.
					time.Sleep(time.Second)
					_ = os.RemoveAll(remove)
				}
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
		}
	}()
	return nil
}
