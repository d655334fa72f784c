package cloudsim

import "net/http"

const roleRead = "ActivityFeed.Read"

func (c *Cloud) routes() http.Handler { return http.NewServeMux() }
