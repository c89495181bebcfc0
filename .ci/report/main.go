// Command report reads the output of go test -json.
//
//	report follow        shows, from standard input, one line a package and the output of what failed
//	report total FILE…   prints "N passed, N failed, N skipped" and fails unless all passed and none was skipped
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is one line of go test -json (go doc test2json).
type event struct {
	Action      string
	Package     string
	ImportPath  string
	Test        string
	Output      string
	Elapsed     float64
	FailedBuild string
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: report follow | report total FILE…")
		os.Exit(2)
	}
	var ok bool
	var err error
	if os.Args[1] == "follow" {
		ok, err = follow(os.Stdin)
	} else {
		ok, err = total(os.Args[2:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// follow prints as the tests run. Output of a test is kept until it has ended, and shown only when it failed or was
// skipped.
func follow(r io.Reader) (ok bool, err error) {
	ok = true
	output := map[string]*strings.Builder{}
	err = each(r, func(e event) {
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output":
			if output[key] == nil {
				output[key] = &strings.Builder{}
			}
			output[key].WriteString(e.Output)
		case "build-output":
			fmt.Print(e.Output)
		case "build-fail":
			ok = false
			fmt.Println("FAIL   ", e.ImportPath, "(does not compile)")
		case "pass", "fail", "skip":
			show(e, output[key])
			ok = ok && e.Action != "fail"
			delete(output, key)
		}
	})
	return ok, err
}

func show(e event, output *strings.Builder) {
	switch {
	case e.Test == "" && e.Action == "pass":
		fmt.Printf("ok      %s %.1f s\n", e.Package, e.Elapsed)
	case e.Test == "" && e.Action == "skip":
		fmt.Printf("-       %s has no tests\n", e.Package)
	case e.Action != "pass":
		fmt.Printf("%-7s %s %s %.1f s\n", strings.ToUpper(e.Action), e.Package, e.Test, e.Elapsed)
		if output != nil {
			fmt.Print(output.String())
		}
	}
}

// total counts tests and subtests over all files. A package that fails without a failing test (it does not compile, or
// its TestMain gave up) counts as one failure.
func total(files []string) (ok bool, err error) {
	count := map[string]int{}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return false, err
		}
		failed := map[string]bool{}
		err = each(f, func(e event) {
			switch {
			case e.Test != "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip"):
				count[e.Action]++
				failed[e.Package] = failed[e.Package] || e.Action == "fail"
			case e.Test == "" && e.Action == "fail" && !failed[e.Package]:
				count["fail"]++
			}
		})
		if err := f.Close(); err != nil {
			return false, err
		}
		if err != nil {
			return false, err
		}
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", count["pass"], count["fail"], count["skip"])
	return count["pass"] > 0 && count["fail"] == 0 && count["skip"] == 0, nil
}

// each decodes line by line. A line that is no event (a tool's own complaint) is printed as it is.
func each(r io.Reader, do func(event)) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Println(lines.Text())
			continue
		}
		do(e)
	}
	return lines.Err()
}
