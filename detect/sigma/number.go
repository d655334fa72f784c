package sigma

import (
	"cmp"
	"math"
	"strconv"
)

// number is a decimal number. Whole numbers within 64 bits keep every digit: account numbers and identifiers must not
// become equal by rounding. Two numbers are equal exactly if the structs are.
type number struct {
	whole bool
	int   int64   // of a whole number
	float float64 // of every number
}

// exactly is the least whole number that a float64 may have rounded.
const exactly = 1 << 53

// parseNumber reads a decimal number: digits with an optional sign, point and exponent, and nothing else. It takes no
// blanks, hexadecimal digits, infinities or underscores, because the text of an event is hardly ever meant so.
func parseNumber(s string) (number, bool) {
	if !isDecimal(s) {
		return number{}, false
	}
	if v, err := strconv.ParseInt(s, 10, 64); err == nil {
		return wholeOf(v), true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return number{}, false
	}
	if f == math.Trunc(f) && math.Abs(f) < exactly {
		return wholeOf(int64(f)), true
	}
	return number{float: f}, true
}

func wholeOf(v int64) number { return number{whole: true, int: v, float: float64(v)} }

// isDecimal is a quick no for the texts that are no numbers, which are nearly all, and spares the errors of strconv.
func isDecimal(s string) bool {
	digits, points, exponents := 0, 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			digits++
		case c == '.':
			points++
		case (c == 'e' || c == 'E') && digits > 0:
			exponents++
		case (c == '+' || c == '-') && (i == 0 || s[i-1] == 'e' || s[i-1] == 'E'):
		default:
			return false
		}
	}
	return digits > 0 && points <= 1 && exponents <= 1 && len(s) <= 64
}

// compare orders numbers, whole ones exactly.
func (n number) compare(m number) int {
	if n.whole && m.whole {
		return cmp.Compare(n.int, m.int)
	}
	return cmp.Compare(n.float, m.float)
}

// String gives the shortest decimal text: 1.10 is 1.1, 0x17 is 23.
func (n number) String() string {
	if n.whole {
		return strconv.FormatInt(n.int, 10)
	}
	return strconv.FormatFloat(n.float, 'f', -1, 64)
}
