package portal

import (
	"errors"
	"fmt"
	"testing"
)

func TestCodeOf(t *testing.T) {
	cause := errors.New("cause")
	for name, c := range map[string]struct {
		err  error
		want Code
	}{
		"nil":     {nil, ""},
		"foreign": {cause, Internal},
		"plain":   {Fail(NotFound, nil), NotFound},
		"wrapped": {fmt.Errorf("read: %w", Fail(Unavailable, cause)), Unavailable},
	} {
		if got := CodeOf(c.err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if !errors.Is(Fail(Unavailable, cause), cause) {
		t.Error("the cause is lost")
	}
}
