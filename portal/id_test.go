package portal

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNewID(t *testing.T) {
	at := time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC)
	var ids []string
	for i := range 100 {
		id := NewID("msg", at.Add(time.Duration(i)*time.Millisecond))
		if !ValidID("msg", id) {
			t.Fatalf("%q is not valid", id)
		}
		ids = append(ids, id)
	}
	if !slices.IsSorted(ids) {
		t.Error("ids do not sort by time")
	}
	if a, b := NewID("msg", at), NewID("msg", at); a == b {
		t.Error("two ids of one instant are equal")
	}
}

func TestEncodeID(t *testing.T) {
	var zero, ones [16]byte
	for i := range ones {
		ones[i] = 0xff
	}
	if got := encodeID(zero); got != strings.Repeat("0", 26) {
		t.Errorf("zero: %s", got)
	}
	if got := encodeID(ones); got != "7"+strings.Repeat("z", 25) {
		t.Errorf("ones: %s", got)
	}
}

func TestValidID(t *testing.T) {
	good := "msg_" + strings.Repeat("0", 26)
	for _, s := range []string{
		"", "msg_", good[1:], good + "0", "key_" + good[4:], strings.ToUpper(good), "msg-" + good[4:],
		"msg_" + strings.Repeat("0", 25) + "u", "msg_" + strings.Repeat("0", 25) + "\x00", "msg_" + strings.Repeat("0", 25) + ":",
	} {
		if ValidID("msg", s) {
			t.Errorf("%q is valid", s)
		}
	}
	if !ValidID("msg", good) {
		t.Errorf("%q is not valid", good)
	}
}
