package cloudsim

import "net/http"

// listNotifications lists the attempts to notify a webhook. The simulation calls none, so after the checks that every
// listing makes there is nothing to list.
func (c *Cloud) listNotifications(w http.ResponseWriter, r *call) error {
	kind, err := r.contentType()
	if err != nil {
		return err
	}
	if err := c.subscribed(r.tenant, kind); err != nil {
		return err
	}
	span, err := r.window()
	if err != nil {
		return err
	}
	if _, err := c.place(r, span); err != nil {
		return err
	}
	reply(w, http.StatusOK, []struct{}{})
	return nil
}
