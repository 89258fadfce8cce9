package main

import (
	"testing"

	"notifier/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
