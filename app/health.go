package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"ghasi.io/portal/config"
	"ghasi.io/portal/portal"
)

// healthCommand makes health scores by hand, in place of waiting for the night.
func healthCommand(version string) *cobra.Command {
	var tenant, day string
	recompute := &cobra.Command{
		Use: "recompute", Short: "Make the health scores of a day anew, of one tenant or of all; without a day also those that are missing before it",
		Example: "  portal health recompute --day 2026-11-23 --tenant 'Pamir Logistics'", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load()
			if err != nil {
				return err
			}
			return offline(cmd.Context(), cfg, version, func(a *App) error { return a.recompute(cmd, tenant, day) })
		},
	}
	recompute.Flags().StringVar(&tenant, "tenant", "", "a tenant's id or name; empty = all")
	recompute.Flags().StringVar(&day, "day", "", "YYYY-MM-DD in Kabul; empty = yesterday")
	root := &cobra.Command{Use: "health", Short: "Health scores of the tenants"}
	root.AddCommand(recompute)
	return root
}

func (a *App) recompute(cmd *cobra.Command, tenant, day string) error {
	ctx := cmd.Context()
	if day == "" {
		day = a.health.Yesterday()
		if err := a.health.CatchUp(ctx, day); err != nil {
			return err
		}
	}
	ids, err := a.tenantsNamed(ctx, tenant)
	if err != nil {
		return err
	}
	for _, t := range ids {
		score, err := a.health.Recompute(ctx, t.TenantID, day)
		if err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		result := strconv.Itoa(score.Score)
		if !score.Known {
			result = "too little is known for a score"
		}
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s\t%s\t%s\n", day, t.Name, result); err != nil {
			return err
		}
	}
	return nil
}

// tenantsNamed finds tenants by id or name; all when named is empty.
func (a *App) tenantsNamed(ctx context.Context, named string) ([]portal.Tenant, error) {
	all, err := a.api.Tenants(ctx)
	if err != nil || named == "" {
		return all, err
	}
	var found []portal.Tenant
	for _, t := range all {
		if t.TenantID == named || t.Name == named {
			found = append(found, t)
		}
	}
	if len(found) == 0 {
		return nil, errors.New("there is no such tenant")
	}
	return found, nil
}
