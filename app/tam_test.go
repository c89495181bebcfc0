package app

import (
	"bytes"
	"strings"
	"testing"
)

// TestCommand_Staff: a demo's account manager is given the third tenant and loses it again; scores are made by hand.
func TestCommand_Staff(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PORTAL_DATA_DIR", dir)
	t.Setenv("PORTAL_ADMIN_ADDR", "")
	WithDemo(t, dir)
	a, err := newApp(t, settings(dir))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, error) {
		var out bytes.Buffer
		cmd := Command("test")
		cmd.SetArgs(args)
		cmd.SetOut(&out)
		err := cmd.ExecuteContext(t.Context())
		return out.String(), err
	}
	for _, args := range [][]string{
		{"tam", "assign", "tam@demo.ghasi.test", "Kabul Courier"}, {"tam", "unassign", "tam@demo.ghasi.test", "Kabul Courier"},
	} {
		if out, err := run(args...); err != nil || !strings.Contains(out, "Kabul Courier") {
			t.Errorf("%v: %q, %v", args, out, err)
		}
	}
	for _, args := range [][]string{
		{"tam", "unassign", "tam@demo.ghasi.test", "Kabul Courier"}, {"tam", "assign", "admin@demo.ghasi.test", "Kabul Courier"},
		{"tam", "assign", "tam@demo.ghasi.test", "Nobody"}, {"tam", "assign", "tam@demo.ghasi.test"},
		{"health", "recompute", "--tenant", "Nobody"}, {"health", "recompute", "--day", "tomorrow"},
	} {
		if out, err := run(args...); err == nil {
			t.Errorf("%v: %q", args, out)
		}
	}
	out, err := run("health", "recompute")
	if err != nil || strings.Count(out, "\n") != 3 || strings.Contains(out, "too little") {
		t.Errorf("all: %q, %v", out, err)
	}
	out, err = run("health", "recompute", "--tenant", "Pamir Logistics", "--day", "2020-01-01")
	if err != nil || !strings.Contains(out, "too little is known") {
		t.Errorf("a day without messages: %q, %v", out, err)
	}
}
