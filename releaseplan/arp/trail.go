package arp

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// trailOperations are those on the audit trail of a plan.
func trailOperations() []rest.Operation[*api] {
	return table("plans", []operation{
		{method: http.MethodGet, path: "/plans/{id}/trail", id: "exportTrail", summary: "Get the audit trail of a plan as a file", query: trailParams,
			types: []string{trailTypes[releaseplan.TrailJSONL], trailTypes[releaseplan.TrailCSV]},
			says:  wording{"trail", noPlan, badData}, handle: exportTrail},
		{method: http.MethodGet, path: "/plans/{id}/verification", id: "verifyPlan", summary: "Prove that the audit trail of a plan is what was stored", query: verifyParams,
			answer: verification{}, says: wording{"verification", noPlan, badData}, handle: verifyPlan},
	})
}

var trailParams = []openapi.Param{
	{Name: "format", Enum: []string{string(releaseplan.TrailJSONL), string(releaseplan.TrailCSV)}, About: "default: what the header Accept likes better, or else " + string(releaseplan.TrailJSONL)},
}

// trailTypes are the media types of the formats.
var trailTypes = map[releaseplan.TrailFormat]string{releaseplan.TrailJSONL: "application/jsonl", releaseplan.TrailCSV: "text/csv"}

// The headers that tell what a trail can be held against: its last entry, and the one that its first
// follows, if it was pruned.
const (
	headSeq  = "Trail-Head-Seq"
	headHash = "Trail-Head-Hash"
	fromSeq  = "Trail-From-Seq"
	fromHash = "Trail-From-Hash"
)

// pruneTries is how often a trail is begun again since it was pruned meanwhile.
const pruneTries = 3

// exportTrail writes the trail twice: the first time nowhere, which proves it and tells its head and length, and the
// second time to the client, as far as it went then. So every failure of the trail is told before it begins, and
// whatever fails later leaves a file that is shorter than was announced.
func exportTrail(r *request) error {
	if err := r.read(); err != nil {
		return err
	}
	format := r.trailFormat()
	whole, proof, err := r.measure(format)
	if err != nil {
		return err
	}
	h := r.W.Header()
	h.Set("Content-Type", trailTypes[format]+"; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="plan-%d-trail.%s"`, r.plan.Number(), format))
	h.Set("Content-Length", strconv.FormatInt(whole.n, 10))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Accept")
	h.Set(headSeq, strconv.FormatInt(proof.Head.Seq, 10))
	h.Set(headHash, proof.Head.Hash)
	if proof.From.Seq > 0 {
		h.Set(fromSeq, strconv.FormatInt(proof.From.Seq, 10))
		h.Set(fromHash, proof.From.Hash)
	}
	r.W.WriteHeader(http.StatusOK)
	if whole.n == 0 || r.R.Method == http.MethodHead {
		return nil
	}
	again := &repetition{w: r.W, left: whole.n, want: whole.sum.Sum(nil), sum: sha256.New()}
	_, err = r.Plans.ExportTrail(r.Context(), r.plan.ID(), format, again, r.Actor)
	switch {
	case again.left == 0 && (err == nil || errors.Is(err, errEnough)):
		return nil
	case err == nil:
		return errOther
	default:
		return err
	}
}

// measure proves a trail, and tells what there is to write.
func (r *request) measure(format releaseplan.TrailFormat) (*tally, releaseplan.Proof, error) {
	for range pruneTries {
		whole := &tally{sum: sha256.New()}
		proof, err := r.Plans.ExportTrail(r.Context(), r.plan.ID(), format, whole, r.Actor)
		switch {
		case errors.Is(err, releaseplan.ErrPruned):
			continue
		case errors.Is(err, releaseplan.ErrTampered):
			body := failure{Code: codeGeneric, Error: "The trail of the release plan is broken.", Details: err.Error()}
			return nil, proof, &failed{http.StatusInternalServerError, body, err}
		}
		return whole, proof, err
	}
	body := failure{Code: codeGeneric, Error: "The trail of the release plan is being pruned."}
	return nil, releaseplan.Proof{}, &failed{http.StatusServiceUnavailable, body, releaseplan.ErrPruned}
}

// A tally tells how much is written to it, and its digest.
type tally struct {
	n   int64
	sum hash.Hash
}

func (t *tally) Write(p []byte) (int, error) {
	t.n += int64(len(p))
	return t.sum.Write(p)
}

var (
	errEnough = errors.New("all that was announced is written")
	errOther  = errors.New("the trail is another than a moment ago")
)

// A repetition passes on what was written once before, and ends there. The last part of it is passed on
// only if all of it is the same.
type repetition struct {
	w    io.Writer
	left int64
	want []byte
	sum  hash.Hash
}

func (a *repetition) Write(p []byte) (int, error) {
	if a.left == 0 {
		return 0, errEnough
	}
	part := p[:min(int64(len(p)), a.left)]
	_, _ = a.sum.Write(part) // it never fails
	if int64(len(part)) == a.left && !bytes.Equal(a.sum.Sum(nil), a.want) {
		return 0, errOther
	}
	n, err := a.w.Write(part)
	if a.left -= int64(n); err == nil && n < len(p) {
		err = errEnough
	}
	return n, err
}

// trailFormat is the format that is asked for.
func (r *request) trailFormat() releaseplan.TrailFormat {
	accept := strings.Join(r.R.Header.Values("Accept"), ",")
	switch {
	case r.Has("format"):
		return releaseplan.TrailFormat(r.Query("format"))
	case liking(accept, trailTypes[releaseplan.TrailCSV]) > liking(accept, trailTypes[releaseplan.TrailJSONL]):
		return releaseplan.TrailCSV
	default:
		return releaseplan.TrailJSONL
	}
}

// liking is how much a header Accept likes a media type, from 0 to 1: what it says of the type itself
// goes before what it says of a range.
func liking(accept, media string) (quality float64) {
	group, _, _ := strings.Cut(media, "/")
	closest := 0
	for part := range strings.SplitSeq(accept, ",") {
		kind, params, err := mime.ParseMediaType(part)
		near := map[string]int{media: 3, group + "/*": 2, "*/*": 1}[kind]
		if err != nil || near <= closest {
			continue
		}
		closest, quality = near, 1
		if q, err := strconv.ParseFloat(params["q"], 64); err == nil {
			quality = q
		}
	}
	return quality
}
