package app

import (
	"context"
	"errors"
	"time"

	"ghasi.io/portal/telemetry"
)

// flushTimeout bounds the last sending of spans: a collector that is down must not hold up the end.
const flushTimeout = 3 * time.Second

// trace turns tracing on when the settings name a collector.
func (a *App) trace(ctx context.Context) error {
	if a.tracer.On() {
		return nil
	}
	tracer, err := telemetry.Export(ctx, telemetry.Options{
		Endpoint: a.cfg.Traces(), Service: "customer-portal", Version: a.build,
	})
	if err != nil {
		return err
	}
	a.tracer = tracer
	return nil
}

// flush sends the spans and faults that are still waiting.
func (a *App) flush() error {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	return errors.Join(a.tracer.Close(ctx), a.faults.Close(ctx))
}
