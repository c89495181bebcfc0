package auth

import (
	"errors"
	"strings"
	"testing"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/portal"
)

func TestCreateAccount(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		a := NewAccount{
			Tenant: "Herat Pharmacy", Email: " Manager@Herat.example ", Name: "Nasima", Password: "correct horse battery", Locale: "ps", Roles: []string{"customer"},
		}
		must(t, s.svc.CreateAccount(t.Context(), a))
		s.wantStatus(s.signIn("manager@herat.example", "correct horse battery"), 200, "the new account")
		if err := s.svc.CreateAccount(t.Context(), a); portal.CodeOf(err) != portal.Conflict {
			t.Errorf("the address twice: %v", err)
		}
		a.Email = "second@herat.example"
		must(t, s.svc.CreateAccount(t.Context(), a))
		must(t, s.svc.CreateAccount(t.Context(), NewAccount{Email: "tam@ghasi.example", Name: "Tam", Password: "correct horse battery", Locale: "en", Roles: []string{"tam"}}))
		if n := s.count("SELECT count(*) FROM tenants WHERE name = 'Herat Pharmacy'"); n != 1 {
			t.Errorf("%d tenants of one name", n)
		}
	})
}

func TestCreateAccountChecks(t *testing.T) {
	s := lite(t)
	for field, change := range map[string]func(*NewAccount){
		"email":    func(a *NewAccount) { a.Email = "Nasima <n@herat.example>" },
		"name":     func(a *NewAccount) { a.Name = " " },
		"password": func(a *NewAccount) { a.Password = "short" },
		"locale":   func(a *NewAccount) { a.Locale = "xx" },
		"role":     func(a *NewAccount) { a.Roles = []string{"root"} },
		"tenant":   func(a *NewAccount) { a.Tenant = "" },
	} {
		a := NewAccount{Tenant: "T", Email: "n@herat.example", Name: "N", Password: strings.Repeat("p", 12), Locale: "en", Roles: []string{"customer"}}
		change(&a)
		var e *portal.Error
		if err := s.svc.CreateAccount(t.Context(), a); !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestPasswordHash(t *testing.T) {
	hash := HashPassword(password)
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(hash, password) {
		t.Errorf("hash %q", hash)
	}
	if again := HashPassword(password); again == hash {
		t.Error("two hashes of one password are the same: no salt")
	}
	h := newHasher()
	for name, tc := range map[string]struct {
		password, hash string
		want           bool
	}{
		"right":          {password, hash, true},
		"wrong":          {password + " ", hash, false},
		"empty":          {"", hash, false},
		"no account":     {password, "", false},
		"rubbish":        {password, "$argon2id$x", false},
		"other scheme":   {password, strings.Replace(hash, "argon2id", "argon2i", 1), false},
		"monstrous cost": {password, strings.Replace(hash, "m=19456", "m=999999999", 1), false},
		"cut":            {password, hash[:len(hash)-4], false},
	} {
		if got, err := h.verify(t.Context(), tc.password, tc.hash); got != tc.want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
