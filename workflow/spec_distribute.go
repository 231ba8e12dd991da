package workflow

import (
	"slices"
)

// DistributeSpec is the spec of a zadig-distribute-image: it copies images from
// one registry to another, each as a run of its own. A start cannot change it.
type DistributeSpec struct {
	Follow                                  // Runtime or FromJob
	Method               string             `json:"distribute_method,omitempty"` // image_push or cloud_sync; empty: image_push
	SourceRegistry       string             `json:"source_registry_id,omitempty"`
	TargetRegistry       string             `json:"target_registry_id,omitempty"`
	Targets              []DistributeTarget `json:"targets,omitempty"` // with FromJob only how, not what
	TimeoutMins          int                `json:"timeout,omitempty"` // minutes; 0 means any time
	Cluster              string             `json:"cluster_id,omitempty"`
	Strategy             string             `json:"strategy_id,omitempty"`
	EnableTargetImageTag bool               `json:"enable_target_image_tag_rule,omitempty"`
	TargetImageTag       string             `json:"target_image_tag_rule,omitempty"`
	Architecture         string             `json:"architecture,omitempty"`
	Rest
}

// A DistributeTarget is an image that is copied.
type DistributeTarget struct {
	Service     string `json:"service_name"`
	Module      string `json:"service_module,omitempty"`
	SourceTag   string `json:"source_tag,omitempty"`
	TargetTag   string `json:"target_tag,omitempty"`
	ImageName   string `json:"image_name,omitempty"`
	SourceImage string `json:"source_image,omitempty"`
	TargetImage string `json:"target_image,omitempty"`
	UpdateTag   bool   `json:"update_tag,omitempty"`
	Rest
}

// Check reports what is wrong with the spec.
func (s *DistributeSpec) Check(c *Checker) {
	s.check(c, Runtime, FromJob)
	c.OneOf("distribute_method", s.Method, "", "image_push", "cloud_sync")
	c.Short("source_registry_id", s.SourceRegistry)
	c.Name("target_registry_id", s.TargetRegistry)
	c.Range("timeout", s.TimeoutMins, 0, MaxTimeout)
	c.Short("cluster_id", s.Cluster)
	c.Short("strategy_id", s.Strategy)
	c.Text("target_image_tag_rule", s.TargetImageTag, MaxValue)
	if s.EnableTargetImageTag && s.TargetImageTag == "" {
		c.Fault("target_image_tag_rule", "must not be empty with enable_target_image_tag_rule")
	}
	c.Short("architecture", s.Architecture)
	if s.FromJob() == "" {
		if s.SourceRegistry == "" {
			c.Fault("source_registry_id", "must not be empty unless source is fromjob")
		}
		if len(s.Targets) == 0 {
			c.Fault("targets", "must not be empty unless source is fromjob")
		}
	}
	if !c.Count("targets", len(s.Targets), MaxPieces) {
		return
	}
	seen := make(map[string]bool, len(s.Targets))
	for i, t := range s.Targets {
		at := c.At("targets[%d]", i)
		at.checkService(t.Service, t.Module, seen)
		for _, f := range []struct{ field, text string }{
			{"source_tag", t.SourceTag}, {"target_tag", t.TargetTag}, {"image_name", t.ImageName},
			{"source_image", t.SourceImage}, {"target_image", t.TargetImage},
		} {
			at.Text(f.field, f.text, MaxValue)
		}
		if s.FromJob() == "" && t.SourceTag == "" && t.SourceImage == "" {
			at.Fault("source_tag", "must not be empty unless source is fromjob")
		}
	}
}

// Fits returns why a job cannot be followed.
func (s *DistributeSpec) Fits(from Spec) error { return fitsImages(from) }

// Outputs returns the names of the outputs of each run.
func (s *DistributeSpec) Outputs() []string { return []string{"IMAGE"} }

// Timeout returns the minutes that each run may take; 0 means any time.
func (s *DistributeSpec) Timeout() int { return s.TimeoutMins }

// Expand returns one run for each image.
func (s *DistributeSpec) Expand(from Upstream) ([]Piece, error) {
	targets := s.Targets
	if s.FromJob() != "" {
		services, err := from.chosen(s.Follow)
		if err != nil {
			return nil, err
		}
		targets = nil
		for _, m := range services {
			t := DistributeTarget{Service: m.Service, Module: m.Module}
			if i := slices.IndexFunc(s.Targets, func(o DistributeTarget) bool { return o.Service == m.Service && o.Module == m.Module }); i >= 0 {
				t = s.Targets[i]
			}
			t.SourceImage = m.Image
			targets = append(targets, t)
		}
	}
	var all expansion
	pieces := make([]Piece, len(targets))
	for i, t := range targets {
		one := *s
		one.Targets = []DistributeTarget{t}
		text, err := all.encode(&one)
		if err != nil {
			return nil, err
		}
		m := ServiceModule{Service: t.Service, Module: t.Module}
		pieces[i] = Piece{
			Suffix: m.Suffix(), Spec: text, Services: []ServiceModule{m},
			Values: values(t.Service, t.Module, nil, nil),
		}
	}
	return pieces, nil
}
