package sigma

// skim tells at a glance that none of many texts is in a value, as Wu and Manber do (1994): it looks at three bytes at
// a time and skips ahead as far as no text allows. It may be wrong when it says that one might be.
type skim struct {
	window int // length of the shortest text
	skip   [1 << 14]uint8
}

const block = 3

// newSkim gives nil where a text is too short to skip ahead.
func newSkim(texts []string) *skim {
	s := &skim{window: maxNeedle}
	for _, text := range texts {
		s.window = min(s.window, len(text))
	}
	if len(texts) == 0 || s.window < block {
		return nil
	}
	for i := range s.skip {
		s.skip[i] = uint8(s.window - block + 1)
	}
	for _, text := range texts {
		for end := block; end <= s.window; end++ {
			at := hash(text[end-3], text[end-2], text[end-1])
			s.skip[at] = min(s.skip[at], uint8(s.window-end))
		}
	}
	return s
}

// hash of three bytes, ASCII letters without case. Setting bit 5 makes letters small; that it makes other characters
// alike, too, only costs a second look.
func hash(a, b, c byte) uint32 {
	return (uint32(a|0x20)*0x9e5 ^ uint32(b|0x20)*0x1f3 ^ uint32(c|0x20)) & (1<<14 - 1)
}

// might says whether one of the texts may be in a value.
func (s *skim) might(text string) bool {
	if !isASCII(text) {
		return true // folding may change its bytes
	}
	for end := s.window; end <= len(text); {
		skip := s.skip[hash(text[end-3], text[end-2], text[end-1])]
		if skip == 0 {
			return true
		}
		end += int(skip)
	}
	return false
}

func isASCII(s string) bool {
	var all byte
	for ; len(s) >= 8; s = s[8:] {
		all |= s[0] | s[1] | s[2] | s[3] | s[4] | s[5] | s[6] | s[7]
	}
	for i := range len(s) {
		all |= s[i]
	}
	return all < 0x80
}
