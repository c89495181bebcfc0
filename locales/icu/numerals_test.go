package icu

import (
	"math"
	"testing"
)

func TestAppendScaled(t *testing.T) {
	for _, tt := range []struct {
		n                  int64
		scale, least, most int
		want               string
	}{
		{84_210_000_000, 6, 2, 2, "84,210.00"},
		{0, 6, 2, 2, "0.00"},
		{5_000, 6, 2, 2, "0.01"},   // half a pul is rounded away from nought
		{4_999, 6, 2, 2, "0.00"},   // and not twice: 0.004999 is not 0.005
		{444_500, 6, 2, 2, "0.44"}, // 0.4445: the 5 must not travel
		{-5_000, 6, 2, 2, "-0.01"},
		{-4_999, 6, 2, 2, "0.00"},
		{325_000, 6, 2, 4, "0.325"},
		{1_750_000, 6, 2, 4, "1.75"},
		{123_456, 6, 2, 4, "0.1235"},
		{999_999, 6, 2, 2, "1.00"},
		{999_999_999, 6, 0, 0, "1,000"},
		{math.MaxInt64, 6, 2, 2, "9,223,372,036,854.78"},
		{math.MinInt64, 6, 2, 2, "-9,223,372,036,854.78"},
		{math.MinInt64, 0, 0, 0, "-9,223,372,036,854,775,808"},
	} {
		if got := string(latin.AppendScaled(nil, tt.n, tt.scale, tt.least, tt.most)); got != tt.want {
			t.Errorf("%d with %d–%d decimals is %s, want %s", tt.n, tt.least, tt.most, got, tt.want)
		}
	}
}

func TestAppendFloat(t *testing.T) {
	for _, tt := range []struct {
		v           float64
		least, most int
		want        string
	}{
		{1234.5, 0, 3, "1,234.5"},
		{1234.5, 2, 2, "1,234.50"},
		{-0.0004, 0, 3, "0"},
		{-1.25, 1, 1, "-1.3"}, // ties go away from nought
		{999.9996, 0, 3, "1,000"},
		{0, 0, 0, "0"},
		{1e21, 0, 0, "1,000,000,000,000,000,000,000"},
		{math.Inf(-1), 0, 3, "–"},
	} {
		if got := string(latin.AppendFloat(nil, tt.v, tt.least, tt.most)); got != tt.want {
			t.Errorf("%v with %d–%d decimals is %s, want %s", tt.v, tt.least, tt.most, got, tt.want)
		}
	}
}

func TestAppendInt(t *testing.T) {
	for n, want := range map[int64]string{
		0: "۰", 7: "۷", 999: "۹۹۹", 1000: "۱٬۰۰۰", -1234567: "−۱٬۲۳۴٬۵۶۷", math.MinInt64: "−۹٬۲۲۳٬۳۷۲٬۰۳۶٬۸۵۴٬۷۷۵٬۸۰۸",
	} {
		if got := string(arabic.AppendInt(nil, n)); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
	if got := string(arabic.AppendPlain(nil, 5, 2)); got != "۰۵" {
		t.Errorf("5 in two digits is %s", got)
	}
}
