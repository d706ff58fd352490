package components

import (
	"fmt"
	"strconv"

	"rsc.io/qr"
)

// qrMargin is the empty space around a code that scanners need, in modules (ISO/IEC 18004).
const qrMargin = 4

// qrCode is a QR code to draw: the length of a side in modules, and the path of its dark ones.
type qrCode struct {
	size int
	path string
}

// newQR encodes text at level M, which may lose 15 % to a reflection. It returns an error for text that is too long.
func newQR(text string) (qrCode, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return qrCode{}, fmt.Errorf("draw a QR code: %w", err)
	}
	path := make([]byte, 0, 8<<10)
	put := func(letter string, n int) { path = strconv.AppendInt(append(path, letter...), int64(n), 10) }
	for y := range code.Size {
		x, here := 0, 0
		for x < code.Size {
			if !code.Black(x, y) {
				x++
				continue
			}
			start := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if here == 0 {
				put("M", start+qrMargin)
				put(" ", y+qrMargin)
			} else {
				put("m", start-here)
				path = append(path, " 0"...)
			}
			put("h", x-start)
			here = x
		}
	}
	return qrCode{code.Size + 2*qrMargin, string(path)}, nil
}

// viewBox is the square that the code is drawn in. A line is as thick as a module and drawn along its middle.
func (c qrCode) viewBox() string { return fmt.Sprintf("0 -.5 %d %[1]d", c.size) }

// side is how wide it is drawn, in pixels, so that it fits a narrow screen with large text. Cameras read modules of
// three pixels as well as those of four.
func (c qrCode) side() string {
	if 4*c.size > 200 {
		return strconv.Itoa(3 * c.size)
	}
	return strconv.Itoa(4 * c.size)
}

// ground is the square behind it.
func (c qrCode) ground() string { return fmt.Sprintf("M0-.5h%dv%[1]dH0z", c.size) }
