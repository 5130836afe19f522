package sim

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/pgdr/pgdr/twin/sim/simapi"
)

// maxRequest bounds the body of a request in bytes.
const maxRequest = 16 << 20

// Handler serves the account:
//
//	POST /terraform/v1/<operation>  simapi.Request to simapi.Response; a
//	                                refusal is an answer too, with status 200
//	GET  /healthz                   status 200 as soon as the account is open
//	GET  /state/summary             [Summary]
//	GET  /state/resources?type=     resources of a type, or all, without secrets
//	POST /state/attribute           [AttributeChange]: a change behind
//	                                Terraform's back
func (c *Cloud) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /terraform/v1/{op}", c.serveTerraform)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]string{"status": "ok", "account": c.Account()})
	})
	mux.HandleFunc("GET /state/summary", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, c.Summary()) })
	mux.HandleFunc("GET /state/resources", c.serveResources)
	mux.HandleFunc("POST /state/attribute", c.serveAttribute)
	return mux
}

// AttributeChange is the body of POST /state/attribute; see
// [Cloud.SetAttribute].
type AttributeChange struct {
	Type      string `json:"type"`
	Region    string `json:"region,omitempty"`
	ID        string `json:"id"`
	Attribute string `json:"attribute"`
	Value     any    `json:"value"`
}

func (c *Cloud) serveTerraform(w http.ResponseWriter, r *http.Request) {
	var req simapi.Request
	if !decode(w, r, &req) {
		return
	}
	reply(w, http.StatusOK, c.Do(r.Context(), r.PathValue("op"), req))
}

func (c *Cloud) serveResources(w http.ResponseWriter, r *http.Request) {
	out := c.Resources(r.URL.Query().Get("type"))
	for i := range out {
		out[i].Hidden = nil
	}
	if out == nil {
		out = []Resource{}
	}
	reply(w, http.StatusOK, out)
}

func (c *Cloud) serveAttribute(w http.ResponseWriter, r *http.Request) {
	var change AttributeChange
	if !decode(w, r, &change) {
		return
	}
	err := c.SetAttribute(change.Type, change.Region, change.ID, change.Attribute, change.Value)
	switch {
	case err == nil:
		reply(w, http.StatusOK, map[string]string{"status": "ok"})
	case errors.Is(err, ErrNoResource):
		reply(w, http.StatusNotFound, map[string]string{"error": err.Error()})
	default:
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
	}
}

func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(into)
	if err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": "read request: " + err.Error()})
	}
	return err == nil
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A caller that has hung up cannot be told.
	_ = json.NewEncoder(w).Encode(body)
}
