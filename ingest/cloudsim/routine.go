package cloudsim

// routine is one kind of thing that happens in an organisation all day. Its share is how often, of all events; an event
// may leave several records.
type routine struct {
	share  int
	happen func(*scene) []record
}

// routines are the shares of an office whose people mostly read mail and documents.
var routines = []routine{
	{36, mail}, {24, files}, {16, logon}, {8, teams}, {6, upkeep}, {1, resync}, {2, settings}, {2, administration},
	{2, compliance}, {2, copilot}, {1, lossPrevention},
}

// background is one event of everyday life.
func background(s *scene) []record {
	total := 0
	for _, r := range routines {
		total += r.share
	}
	n := s.IntN(total)
	for _, r := range routines {
		if n -= r.share; n < 0 {
			return r.happen(s)
		}
	}
	return nil
}
