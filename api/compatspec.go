package api

import (
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"notifier/message/document"
)

// describeCompat tells in the document of the doors for those who are used to other
// services, which answer as those do.
func (h *handler) describeCompat(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas
	id, key := inPath("id", "The message's id.", "msg_06f3n5mmmt1fq2r6s0hj0v7k9c"), keyParameter()
	o := compatOperation("retry-timer", http.MethodPost, "/compat/timers/{id}/retry", "retry-message", id, key)
	o.Summary, o.Description = "Try a message again, as Conquer asks for it", "A refusal is 400 with a text for the person who asked. "+o.Description
	o.Responses = problems(schemas, []int{http.StatusConflict}, false)
	refused := &huma.Schema{Type: huma.TypeObject, Required: []string{"error_message"}, AdditionalProperties: false, Properties: map[string]*huma.Schema{
		"error_message": {Type: huma.TypeString, Description: "What to show to the person."},
	}}
	delete(o.Responses, "422")
	for _, status := range []int{400, 403, 500, 503} {
		o.Responses[strconv.Itoa(status)] = answers(titles[status]+".", refused)
	}
	o.Responses["200"] = once(answers("OK", schemas.Schema(reflect.TypeFor[timer](), true, "")))
	api.OpenAPI().AddOperation(o)
	h.describeDocuments(api, key)
	if h.o.Domains == nil {
		return
	}
	domain := inPath("domain", "A domain of the site.", "www.example.org")
	for _, row := range [][3]string{
		{"send-queue", "send_queue", "Send what is pending on the site of a domain, as chora does"},
		{"retry-queue", "retry_queue", "Try what is in error on the site of a domain again, as chora does"},
	} {
		o := compatOperation(row[0], http.MethodPost, "/compat/chora/{domain}/"+row[1], "act-on-messages", domain, key)
		if row[0] == "retry-queue" {
			o.Parameters = append(o.Parameters,
				&huma.Param{Name: "category", In: "query", Description: "Only errors of this category, for example address_unknown.", Schema: &huma.Schema{Type: "string"}},
				&huma.Param{Name: "all", In: "query", Description: "Every category, as chora does: also addresses that do not exist.", Schema: &huma.Schema{Type: "boolean"}})
		}
		o.Summary, o.Responses = row[2], problems(schemas, []int{http.StatusNotFound, http.StatusConflict}, false)
		o.Responses["200"] = once(answers("OK", schemas.Schema(reflect.TypeFor[flushed](), true, "")))
		api.OpenAPI().AddOperation(o)
	}
}

// documentDelivery is named apart from that of messages, to which it adds.
type documentDelivery document.Delivery

// describeDocuments tells of Trigger Email's documents.
func (h *handler) describeDocuments(api huma.API, key *huma.Param) {
	const all, one = "/compat/trigger-email/{collection}", "/compat/trigger-email/{collection}/{id}"
	schemas := api.OpenAPI().Components.Schemas
	collection, id := inPath("collection", "The collection, as mail.", "mail"), inPath("id", "The document's id.", "welcome-17")
	shown := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Required: []string{"delivery"}, Properties: map[string]*huma.Schema{
		"delivery": schemas.Schema(reflect.TypeFor[documentDelivery](), true, ""),
	}}
	for _, row := range []struct{ id, method, path, scopeOf, says string }{
		{"add-document", http.MethodPost, all, "send-message", "Add a document, which sends its mail, as Trigger Email takes it"},
		{"put-document", http.MethodPut, one, "send-message", "Write a document"},
		{"patch-document", http.MethodPatch, one, "send-message", "Change fields of a document; null takes one away"},
		{"get-document", http.MethodGet, one, "get-message", "A document and how its mail fares"},
	} {
		reads := row.method == http.MethodGet
		parameters, own := []*huma.Param{collection}, []int{http.StatusNotFound}
		if row.path == one {
			parameters = append(parameters, id)
		}
		if !reads {
			parameters, own = append(parameters, key), append(own, http.StatusConflict)
		}
		o := compatOperation(row.id, row.method, row.path, row.scopeOf, parameters...)
		o.Summary, o.Responses = row.says, problems(schemas, own, !reads)
		o.Responses["200"] = answers("OK", shown)
		if !reads {
			o.Responses["200"] = once(o.Responses["200"])
			o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{
				Type: huma.TypeObject, AdditionalProperties: true, Description: "to, cc, bcc, toUids, ccUids, bccUids, from, replyTo, headers, message or template; whatever else there is is kept.",
			}}}}
		}
		if row.method == http.MethodPost || row.method == http.MethodPut {
			o.Responses["201"] = answers("The document is new.", shown)
		}
		api.OpenAPI().AddOperation(o)
	}
}

// compatOperation needs the scope that an operation of ours does.
func compatOperation(id, method, path, like string, parameters ...*huma.Param) *huma.Operation {
	scope := string(needs[like].scope)
	return &huma.Operation{
		OperationID: id, Method: method, Path: path, Tags: []string{"compat"}, Parameters: parameters,
		Security: []map[string][]string{{"key": {scope}}}, Description: "Needs the scope " + scope + ".",
	}
}

func inPath(name, says, example string) *huma.Param {
	return &huma.Param{Name: name, In: "path", Required: true, Description: says, Schema: &huma.Schema{Type: huma.TypeString, Examples: []any{example}}}
}

// keyParameter is the parameter that Keyed makes.
func keyParameter() *huma.Param {
	longest := maxKey
	f, _ := reflect.TypeFor[Keyed]().FieldByName("Key")
	return &huma.Param{Name: f.Tag.Get("header"), In: "header", Description: f.Tag.Get("doc"), Schema: &huma.Schema{Type: huma.TypeString, MaxLength: &longest}}
}

func answers(says string, s *huma.Schema) *huma.Response {
	return &huma.Response{Description: says, Content: map[string]*huma.MediaType{"application/json": {Schema: s}}}
}

// once adds the header that Replayed makes.
func once(r *huma.Response) *huma.Response {
	r.Headers = map[string]*huma.Header{"Idempotent-Replayed": {Description: "true if the same request was answered before.", Schema: &huma.Schema{Type: huma.TypeString}}}
	return r
}
