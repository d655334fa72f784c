package sigma

// Correlation is a placeholder until the correlation section is read.
type Correlation struct{ About }

func parseCorrelation(n *node) (*Correlation, *fault) {
	return nil, refuse(n.line, "", "correlations are not read yet")
}

type feed struct{}

func (b *compiler) addCorrelations(c *Collection) {}
