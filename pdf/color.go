package pdf

// Color is 0xRRGGBB. The zero Color, black, stands for the default of where it is used; [Ink] is what text is written in.
type Color uint32

// The house's colours on paper.
const (
	Ink     Color = 0x1d2536
	Muted   Color = 0x5b6478
	Hair    Color = 0xdfe3ea // lines
	Tint    Color = 0xf4f6fb // grounds
	Brand   Color = 0x2448a8
	Pale    Color = 0xaebbe3 // of the brand: what is compared with
	Accent  Color = 0xf5b440
	Success Color = 0x1d7a4b
	Warning Color = 0x9a5b00
	Danger  Color = 0xb3302a
	White   Color = 0xffffff
)

// or returns c, or other when c is the zero Color.
func (c Color) or(other Color) Color {
	if c == 0 {
		return other
	}
	return c
}

// operands writes the three components and an operator.
func (c Color) operands(dst []byte, operator string) []byte {
	for shift := 16; shift >= 0; shift -= 8 {
		dst = append(appendNum(dst, float64(c>>shift&0xff)/255), ' ')
	}
	return append(append(dst, operator...), '\n')
}
