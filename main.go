// Command portal is the Ghasi customer portal: one binary with the portal and, unless a remote one is named, the SMS
// platform that it is the portal of.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"ghasi.io/portal/app"
)

// version is set by the linker (make build).
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := app.Command(version).ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "portal:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has run
	}
}
