package detect

import (
	"testing"

	"ualstream/detect/rules"
	"ualstream/detect/sigma"
)

func TestTechniquesOfThePackHaveNames(t *testing.T) {
	set, _ := sigma.Compile(sigma.Load(rules.Files, sigma.Options{}))
	all := (&Engine{rules: set}).about()
	if len(all) == 0 {
		t.Fatal("no rules")
	}
	for _, a := range all {
		for _, x := range attacks(a.Tags) {
			for _, n := range []*named{x.Tactic, x.Technique, x.SubTechnique} {
				if n != nil && n.Name == "" {
					t.Errorf("%s: %s has no name", a.Title, n.UID)
				}
			}
		}
	}
}

func TestAnUnknownTechniqueIsToldByItsID(t *testing.T) {
	got := attacks([]string{"attack.t9999.001"})
	if len(got) != 1 || *got[0].Technique != (named{UID: "T9999"}) || *got[0].SubTechnique != (named{UID: "T9999.001"}) || got[0].Version != "19" {
		t.Errorf("%+v", got)
	}
}
