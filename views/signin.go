package views

// SignInPage is the embedded auth-service's page for e-mail and password.
type SignInPage struct {
	Base
	Action     string   // the form posts to it
	Request    string   // the signed authorize request that the form carries along; empty: no form, only the way back
	Email      Field    // named "email"
	Password   Field    // named "password"
	Alert      *Alert   // wrong password, too many attempts; may be nil
	RetryAfter int      // seconds until another attempt is allowed; 0 for none
	Accounts   []string // of the demo, to copy; empty when there is none
}

// SignIn is the page that answers /v1/auth/oidc/authorize.
var SignIn = barePage[SignInPage]("signin/signin")
