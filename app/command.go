package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"ghasi.io/portal/config"
)

// Command is the binary's command line: without arguments it serves.
func Command(version string) *cobra.Command {
	root := &cobra.Command{
		Use: "portal", Short: "The Ghasi customer portal, with the SMS platform built in", Version: version,
		SilenceUsage: true, SilenceErrors: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), cmd.OutOrStdout(), version) },
	}
	root.AddCommand(
		&cobra.Command{
			Use: "config", Short: "Check the settings and print them, without secrets", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				cfg, err := config.Load()
				if err != nil {
					return err
				}
				return config.Print(cmd.OutOrStdout(), cfg)
			},
		},
		accountCommand(version),
		tamCommand(version),
		healthCommand(version),
	)
	root.AddCommand(billingCommands(version)...)
	return root
}

// gcPercent lets the heap grow to four times what lives: little does, so that costs some megabytes and saves a tenth of a
// page's CPU.
const gcPercent = 300

func serve(ctx context.Context, out io.Writer, version string) error {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	if previous := debug.SetGCPercent(gcPercent); previous != 100 {
		debug.SetGCPercent(previous) // GOGC was set: the operator knows better
	}
	a, err := New(ctx, cfg, Options{Log: logger(cfg, os.Stderr), Now: time.Now, Build: version})
	if err != nil {
		return err
	}
	a.greet(out)
	err = a.Run(ctx)
	return errors.Join(err, a.Close())
}

func logger(cfg config.Config, w io.Writer) *slog.Logger {
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// greet prints where the portal is and, for a demo, who can sign in.
func (a *App) greet(w io.Writer) {
	_, _ = fmt.Fprintf(w, "Ghasi customer portal on %s\n", a.URL())
	if !a.demo || a.cfg.OIDCIssuer != "" { // at another provider the demo's accounts can't sign in
		return
	}
	_, _ = fmt.Fprint(w, `Demo accounts (password portal-demo):
  customer@demo.ghasi.test  customer, Pamir Logistics
  manager@demo.ghasi.test   customer, Herat Pharmacy
  tam@demo.ghasi.test       technical account manager
  admin@demo.ghasi.test     platform administrator
  norole@demo.ghasi.test    no role: sign-in is refused
`)
}
