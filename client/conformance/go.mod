// The tests that join the client with the service. They are a module of their own because
// neither of the two may require the other; go.work joins them, and nobody fetches this one.
module notifier/client/conformance

go 1.26.0
