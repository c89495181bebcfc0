package config

import "fmt"

// validateFirebase returns what is wrong with the settings of the Firebase window.
func (c Config) validateFirebase() []error {
	var errs []error
	bad := func(name, format string, args ...any) {
		errs = append(errs, fmt.Errorf(name+": "+format, args...))
	}
	if c.FirebaseLogin && c.PlatformURL == "" { // a remote platform has its own settings
		if c.FirebaseProject == "" {
			bad("FIREBASE_PROJECT_ID", "must name the Firebase project while LEGACY_FIREBASE_LOGIN_ENABLED is true")
		}
		if !isURL(c.FirebaseCerts) {
			bad("FIREBASE_CERTS_URL", "want a URL, got %q", c.FirebaseCerts)
		}
	}
	return errs
}
