package workflow

import "strings"

// ellipsis is what stands where a text was cut off.
const ellipsis = "…"

// maskCut is [Masker.Mask] for a text of which parts were cut off before: what may be the
// beginning of a secret is masked there too.
func (m *Masker) maskCut(text string) string {
	text = m.Mask(text)
	if m.empty() || !strings.Contains(text, ellipsis) {
		return text
	}
	parts := strings.Split(text, ellipsis)
	for i, part := range parts[:len(parts)-1] {
		if at := m.hold([]byte(part)); at < len(part) {
			parts[i] = part[:at] + Masked
		}
	}
	return strings.Join(parts, ellipsis)
}
