package worker

import (
	"fmt"

	"ualstream/detect/sigma"
)

// Reload puts other rules in the place of those that this worker detects with, while it runs. The stages finish or give
// up the batch in flight, as when a partition moves, and go on with the new rules: nothing is lost and nothing is written
// twice. Events that were detected in before are not looked at again; what correlations have counted stays where their
// definition stays.
//
// Problems say why the rules that were read must not be used: then those that there are stay. It may be called at any
// time, by one goroutine at a time.
func (w *Worker) Reload(rules *sigma.Set, problems ...error) {
	log := w.options.Logger.With("stage", StageDetect)
	before, _, _ := w.turn.now()
	if len(problems) > 0 {
		for _, p := range problems {
			log.Error("rules that were read again cannot be used", "reason", p.Error())
		}
		log.Error("the rules stay as they were until all can be used: mend what is wrong and send SIGHUP again", "rules", hashOf(before), "loaded", counted(before))
		w.metrics.reloads.WithLabelValues(reloadRefused).Inc()
		return
	}
	w.metrics.reloads.WithLabelValues(reloadOK).Inc()
	if hashOf(before) == hashOf(rules) {
		log.Info("the rules were read again and are unchanged", "rules", hashOf(rules), "loaded", counted(rules))
		return
	}
	w.turn.replace(rules)
	w.countRules(rules)
	log.Info("rules are replaced", "rules", hashOf(rules), "loaded", counted(rules), "before", counted(before))
}

// The results of reading rules again.
const (
	reloadOK      = "ok"
	reloadRefused = "refused"
)

// counted says how many rules and correlations there are.
func counted(rules *sigma.Set) string {
	if rules == nil {
		return "none"
	}
	return fmt.Sprintf("%d rules, %d correlations", len(rules.Rules()), len(rules.Correlations()))
}

// countRules shows in the metrics how many rules there are.
func (w *Worker) countRules(rules *sigma.Set) {
	n := 0
	if rules != nil {
		n = len(rules.Rules()) + len(rules.Correlations())
	}
	w.metrics.rules.Set(float64(n))
	if !correlates(rules) {
		w.metrics.noLag(StageCorrelate)
	}
}
