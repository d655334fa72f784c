package cloudsim

import "net/http"

// listNotifications lists the attempts to notify a webhook. The simulation calls none, so after the checks that every
// listing makes there is nothing to list.
func (c *Cloud) listNotifications(w http.ResponseWriter, r *call) error {
	if _, err := c.listing(r); err != nil {
		return err
	}
	reply(w, http.StatusOK, []struct{}{})
	return nil
}
