package settings

import (
	"reflect"
	"slices"
	"strings"
)

// VariableNames are those of the environment that are understood.
func VariableNames() []string {
	var all []string
	for _, path := range paths("", reflect.New(reflect.TypeFor[Config]()).Elem()) {
		all = append(all, prefix+strings.ToUpper(strings.ReplaceAll(path, ".", "__")))
	}
	return all
}

// paths are those of all single values and lists of the configuration. Where names can
// be chosen a KIND stands for them.
func paths(at string, v reflect.Value) []string {
	switch {
	case v.Kind() == reflect.Map:
		return paths(at+".KIND", reflect.New(v.Type().Elem()).Elem())
	case v.Kind() != reflect.Struct || scalar(v):
		return []string{at}
	}
	var all []string
	for _, key := range keys(v) {
		all = append(all, paths(join(at, key), fields(v)[key])...)
	}
	slices.Sort(all)
	return all
}
