package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ghasi.io/portal/config"
	"ghasi.io/portal/platform"
)

// accountCommand manages the embedded platform's accounts. The password comes from standard input, so that it stands in
// no process list and no shell history.
func accountCommand(version string) *cobra.Command {
	var account platform.NewAccount
	create := &cobra.Command{
		Use: "create", Short: "Create an account of the embedded platform; the password is read from standard input",
		Example: "  printf '%s' \"$PASSWORD\" | portal account create --email ahmad@example.af --name Ahmad --tenant 'Example Ltd'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return createAccount(cmd, account, version)
		},
	}
	f := create.Flags()
	f.StringVar(&account.Email, "email", "", "e-mail address to sign in with")
	f.StringVar(&account.Name, "name", "", "the person's name")
	f.StringVar(&account.Tenant, "tenant", "", "the business; it is created when it is new (staff have none)")
	f.StringVar(&account.Locale, "locale", "en", "en, fa-AF, ps or ar")
	f.StringSliceVar(&account.Roles, "role", []string{"customer"}, "customer, tam or platform_admin")
	root := &cobra.Command{Use: "account", Short: "Accounts of the embedded platform"}
	root.AddCommand(create)
	return root
}

func createAccount(cmd *cobra.Command, account platform.NewAccount, version string) error {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	if cfg.PlatformURL != "" {
		return errors.New("PLATFORM_URL names a remote platform: create the account there")
	}
	line, err := bufio.NewReader(io.LimitReader(cmd.InOrStdin(), 1<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read password: %w", err)
	}
	account.Password = strings.TrimRight(line, "\r\n")
	return offline(cmd.Context(), cfg, version, func(a *App) error {
		if err := a.platform.CreateAccount(cmd.Context(), account); err != nil {
			return err
		}
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "created %s\n", account.Email)
		return err
	})
}

// offline builds the app for a command: nothing is served meanwhile.
func offline(ctx context.Context, cfg config.Config, version string, fn func(*App) error) error {
	cfg.Addr, cfg.AdminAddr, cfg.HTTPAddr, cfg.Demo = "127.0.0.1:0", "", "", "false"
	a, err := New(ctx, cfg, Options{Log: slog.New(slog.DiscardHandler), Now: time.Now, Build: version})
	if err != nil {
		return err
	}
	return errors.Join(fn(a), a.Close())
}
