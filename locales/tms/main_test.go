package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func call(t *testing.T, env map[string]string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, func(name string) string { return env[name] }, &out)
	return out.String(), err
}

func TestRun_Usage(t *testing.T) {
	env := map[string]string{"TMS_LOCALES": folderOf(t, small)}
	for _, args := range [][]string{nil, {"fetch"}, {"pseudo"}, {"coverage", "-least", "3"}, {"pull", "x"}, {"push"}} {
		var usage usageError
		if _, err := call(t, env, args...); !errors.As(err, &usage) {
			t.Errorf("%q: %v", args, err)
		}
	}
	for _, service := range []string{"crowdin", "lokalise"} {
		env["TMS"] = service
		if _, err := call(t, env, "coverage"); err == nil || !strings.Contains(err.Error(), "PROJECT_ID") {
			t.Errorf("%s without a project: %v", service, err)
		}
	}
}

func TestRun_Check(t *testing.T) {
	if out, err := call(t, map[string]string{"TMS_LOCALES": ".."}, "check"); err != nil {
		t.Errorf("our own catalogues: %v\n%s", err, out)
	}
	bad := folderOf(t, map[string]map[string]string{"en": small["en"], "fa-AF": small["fa-AF"], "ar": small["ar"], "ps": {"a.send": "پیامک"}})
	_, err := call(t, map[string]string{"TMS_LOCALES": bad}, "check")
	if err == nil || !strings.Contains(err.Error(), "ps: a.keys: is missing") || !strings.Contains(err.Error(), "پیامک") {
		t.Errorf("faults: %v", err)
	}
}

func TestRun_Pseudo(t *testing.T) {
	dir := t.TempDir()
	if _, err := call(t, map[string]string{"TMS_LOCALES": folderOf(t, small)}, "pseudo", dir); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "en-XA", "messages.json"))
	if err != nil || !strings.Contains(string(raw), `"a.send": "⟦Šéñd~~⟧"`) {
		t.Errorf("%s, %v", raw, err)
	}
}
