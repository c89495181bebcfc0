package portal

import "testing"

func TestPresentable(t *testing.T) {
	for _, name := range []string{"Order service", "می\u200cشود ۸۰", "ز\u200dا", "👩\u200d💻", "-", "١", "e\u0301"} {
		if !Presentable(name) {
			t.Errorf("%q is refused", name)
		}
	}
	for _, harm := range []rune{
		0x1b, '\n', 0x7f, 0x85, 0x61c, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069,
		0xfeff, 0xe0000, 0xe0041, 0xe007f,
	} {
		if Presentable("a" + string(harm) + "b") {
			t.Errorf("%U passes", harm)
		}
	}
	for _, blank := range []string{"", " \u00a0\u3000", "\u200c", "\u200d\u200c \u200d", "\u3164", "\u2800", "\ufe0f", "\u00ad"} {
		if Presentable(blank) {
			t.Errorf("%q passes, though there is nothing to see", blank)
		}
	}
}
