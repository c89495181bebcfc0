package app

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"ghasi.io/portal/config"
)

// tamCommand says which technical account manager looks after which tenant of the embedded platform.
func tamCommand(version string) *cobra.Command {
	root := &cobra.Command{Use: "tam", Short: "Which technical account manager looks after which tenant"}
	add := func(use, short, done string, change func(a *App, cmd *cobra.Command, email, tenant string) error) {
		root.AddCommand(&cobra.Command{
			Use: use + " EMAIL TENANT", Short: short, Args: cobra.ExactArgs(2),
			Example: "  portal tam " + use + " zahra@ghasi.example 'Pamir Logistics'",
			RunE: func(cmd *cobra.Command, args []string) error {
				cfg, err := config.Load()
				if err != nil {
					return err
				}
				if cfg.PlatformURL != "" {
					return errors.New("PLATFORM_URL names a remote platform: assign there")
				}
				return offline(cmd.Context(), cfg, version, func(a *App) error {
					if err := change(a, cmd, args[0], args[1]); err != nil {
						return err
					}
					_, err := fmt.Fprintf(cmd.OutOrStdout(), done, args[0], args[1])
					return err
				})
			},
		})
	}
	add("assign", "Assign a tenant, named by its id or its name", "%s looks after %s\n",
		func(a *App, cmd *cobra.Command, email, tenant string) error {
			return a.platform.AssignTAM(cmd.Context(), email, tenant)
		})
	add("unassign", "Take an assignment back", "%s no longer looks after %s\n",
		func(a *App, cmd *cobra.Command, email, tenant string) error {
			return a.platform.UnassignTAM(cmd.Context(), email, tenant)
		})
	return root
}
