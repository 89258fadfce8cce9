// A module of its own, so that a program that calls the service fetches none of what the
// service needs: the standard library alone.
module notifier/client

go 1.26.0
