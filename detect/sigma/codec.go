package sigma

import (
	"encoding/binary"
	"time"
)

// encode appends the window to dst, to be read by decode of the same correlation in the same version of this package.
func (w *Window) encode(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(w.samples)))
	for _, s := range w.samples {
		dst = binary.AppendVarint(dst, s.at)
		dst = binary.AppendUvarint(dst, uint64(s.Input))
		dst = appendText(dst, s.Ref)
		dst = appendTexts(dst, s.Values)
		dst = appendTexts(dst, s.Carry)
	}
	for _, e := range w.episodes {
		dst = appendText(dst, e.Ref)
		dst = binary.AppendVarint(dst, nanos(e.First))
		dst = binary.AppendVarint(dst, nanos(e.Last))
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendTexts(dst []byte, all []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(all)))
	for _, s := range all {
		dst = appendText(dst, s)
	}
	return dst
}

// decode reads what encode wrote. Damaged bytes give what could be read before the damage.
func (c *Correlation) decode(data []byte, w *Window) {
	d := decoder{data: data}
	for range d.count() {
		s := Sample{Time: d.time(), Input: d.number(), Ref: d.text(), Values: d.texts(), Carry: d.texts()}
		if d.bad || s.Input >= len(c.Rules) {
			return
		}
		w.samples = append(w.samples, c.sample(s))
	}
	for len(d.data) > 0 {
		e := Episode{Ref: d.text(), First: d.time(), Last: d.time()}
		if d.bad {
			return
		}
		w.episodes = append(w.episodes, e)
	}
}

// decoder reads from the begin of data.
type decoder struct {
	data []byte
	bad  bool
}

func (d *decoder) number() int {
	v, n := binary.Uvarint(d.data)
	if n <= 0 || v > 1<<31 {
		d.data, d.bad = nil, true
		return 0
	}
	d.data = d.data[n:]
	return int(v)
}

// count reads how many bytes or texts follow: never more than there are bytes.
func (d *decoder) count() int {
	n := d.number()
	if n > len(d.data) {
		d.data, d.bad = nil, true
		return 0
	}
	return n
}

func (d *decoder) time() time.Time {
	v, n := binary.Varint(d.data)
	if n <= 0 {
		d.data, d.bad = nil, true
		return time.Time{}
	}
	d.data = d.data[n:]
	return time.Unix(0, v).UTC()
}

func (d *decoder) text() string {
	n := d.count()
	s := string(d.data[:n])
	d.data = d.data[n:]
	return s
}

func (d *decoder) texts() []string {
	var all []string
	for range d.count() {
		all = append(all, d.text())
	}
	return all
}
