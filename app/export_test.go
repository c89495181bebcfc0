package app

import "context"

// RotateKeys makes the embedded platform sign with a new key.
func (a *App) RotateKeys(ctx context.Context) error { return a.platform.RotateKeys(ctx) }
