package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ghasi.io/portal/config"
)

const (
	keycloakStart  = 4 * time.Minute // of a busy CI machine; 20 s is usual
	keycloakSecret = "only-for-tests-0123456789"
	keycloakWord   = "keycloak-demo" // everybody's password there
)

// keycloak is a running Keycloak with the realms of testdata/keycloak: ghasi, where the portal's people are, and
// partner, a company's own provider that ghasi knows as the identity provider "partner".
type keycloak struct{ url string }

// startKeycloak starts one on loopback, with its data in memory, and stops it at the end of the test.
func startKeycloak(t *testing.T) *keycloak {
	t.Helper()
	out, err := exec.Command("./keycloak.sh").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("get Keycloak: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	home := keycloakHome(t, strings.TrimSpace(string(out)))
	port, management := freePort(t), freePort(t)
	k := &keycloak{url: "http://127.0.0.1:" + port}
	log, err := os.Create(filepath.Join(home, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(home, "bin", "kc.sh"), "start", "--optimized", "--import-realm", "--cache=local",
		"--http-enabled=true", "--hostname="+k.url, "--http-host=127.0.0.1", "--http-port="+port,
		"--http-management-host=127.0.0.1", "--http-management-port="+management)
	cmd.Env = append(cmd.Environ(), "JAVA_OPTS_KC_HEAP=-Xms64m -Xmx512m", "TEST_KEYCLOAK_URL="+k.url, "TEST_CLIENT_SECRET="+keycloakSecret)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM} // the script and its Java
	started := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		stopKeycloak(t, cmd.Process.Pid, ended)
		_ = log.Close()
	})
	ready := "http://127.0.0.1:" + management + "/health/ready"
	for end := started.Add(keycloakStart); ; time.Sleep(200 * time.Millisecond) {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("Keycloak ended: %v\n%s", err, tail(log.Name()))
		default:
		}
		if answers(t.Context(), ready) && answers(t.Context(), k.issuer("ghasi")+"/.well-known/openid-configuration") {
			t.Logf("Keycloak started in %s", time.Since(started).Round(time.Second))
			return k
		}
		if time.Now().After(end) {
			t.Fatalf("Keycloak did not start in %s\n%s", keycloakStart, tail(log.Name()))
		}
	}
}

// keycloakHome is a home of its own for one run: the distribution by links, and the realms to import.
func keycloakHome(t *testing.T, dist string) string {
	t.Helper()
	home := t.TempDir()
	imports := filepath.Join(home, "data", "import")
	if err := errors.Join(os.Mkdir(filepath.Join(home, "bin"), 0o700), os.MkdirAll(imports, 0o700)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"conf", "lib", "providers", "themes", "version.txt"} {
		if err := os.Symlink(filepath.Join(dist, name), filepath.Join(home, name)); err != nil {
			t.Fatal(err)
		}
	}
	copies := map[string]string{filepath.Join(dist, "bin", "kc.sh"): filepath.Join(home, "bin", "kc.sh")}
	realms, err := filepath.Glob("testdata/keycloak/*.json")
	if err != nil || len(realms) != 2 {
		t.Fatalf("realms: %v, %v", realms, err)
	}
	for _, realm := range realms {
		copies[realm] = filepath.Join(imports, filepath.Base(realm))
	}
	for from, to := range copies { // the script finds its home by where it really lies
		b, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, b, 0o700)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return home
}

// stopKeycloak ends the process group of our own start.
func stopKeycloak(t *testing.T, pid int, ended <-chan error) {
	t.Helper()
	_ = syscall.Kill(-pid, syscall.SIGTERM) // it may have ended
	select {
	case err := <-ended:
		t.Logf("Keycloak stopped (%v)", err)
	case <-time.After(20 * time.Second):
		_ = syscall.Kill(-pid, syscall.SIGKILL)
		t.Error("Keycloak did not stop when asked to")
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func answers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

func tail(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(b, []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-30):], []byte("\n")))
}

func (k *keycloak) issuer(realm string) string { return k.url + "/realms/" + realm }

// site is a portal whose people sign in at k as the client named.
func (k *keycloak) site(t *testing.T, client string) *site {
	t.Helper()
	return newSite(t, func(c *config.Config) {
		c.OIDCIssuer, c.OIDCClientID, c.OIDCClientSecret = k.issuer("ghasi"), client, keycloakSecret
		c.OIDCScopes = []string{"openid", "profile", "email"}
		c.OIDCRolesClaim, c.OIDCTenantClaim, c.OIDCLocaleClaim = "realm_access.roles", "tenant", "locale"
		c.OIDCNameClaim, c.OIDCEmailClaim = "name", "email"
	})
}

// atKeycloak waits for the page with the password field of a realm.
func (b *tab) atKeycloak(k *keycloak, realm string) {
	b.t.Helper()
	b.until("the sign-in page of "+realm, fmt.Sprintf(
		`location.href.startsWith(%s) && !!document.querySelector('#password') && document.readyState === 'complete'`, quote(k.issuer(realm))))
}

// fillKeycloak types into that page and submits it by a click, as a person does.
func (b *tab) fillKeycloak(user, password string) {
	b.t.Helper()
	b.fill("#username", user)
	b.fill("#password", password)
	b.click("#kc-login")
}
