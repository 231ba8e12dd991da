package workflow

import "github.com/penstock-go/penstock"

// MaxRunOutputs bounds what the jobs of a run have put out, all together: in bytes of the JSON
// that is stored.
const MaxRunOutputs = 4 << 20

// mayPutOut refuses outputs of a job with which those of the run would be too large.
func (r *Run) mayPutOut(job string, outputs map[string]string) error {
	if len(outputs) == 0 {
		return nil
	}
	total := outputsSize(job, outputs)
	for other, stored := range r.outputs {
		if other != job {
			total += outputsSize(other, stored)
		}
	}
	if total > MaxRunOutputs {
		return penstock.Invalid("outputs", "the outputs of the run are too large: with those of job %s %d bytes of JSON, at most %d", job, total, MaxRunOutputs)
	}
	return nil
}

// outputsSize is how many bytes of JSON the outputs of a job take, about.
func outputsSize(job string, outputs map[string]string) int {
	n := len(job) + len(`"":{},`)
	for name, value := range outputs {
		n += len(name) + len(`"":"",`) + jsonSize(value)
	}
	return n
}

// jsonSize returns at least as many bytes as a text takes within the quotes of JSON.
func jsonSize(text string) (n int) {
	for _, c := range text {
		n += jsonWidth(c)
	}
	return n
}

// jsonWidth is how many bytes a character takes in JSON.
func jsonWidth(c rune) int {
	const escaped = len(`\u0000`)
	switch {
	case c == '\n', c == '\r', c == '\t':
		return 2
	case c < ' ', c == '<', c == '>', c == '&':
		return escaped
	case c == '"', c == '\\':
		return 2
	case c < 0x80:
		return 1
	case c < 0x800:
		return 2
	case c == '\u2028', c == '\u2029', c == '\uFFFD': // which also stands for what is not UTF-8
		return escaped
	case c < 0x10000:
		return 3
	default:
		return 4
	}
}
